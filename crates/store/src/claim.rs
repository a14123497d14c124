//! Claims: at most one attempt at a run at a time, even from several machines on a shared folder.
//!
//! An attempt claims a run by a file `claim-NNNN` in the run's working folder. It holds a lock on the file while its
//! process lives, so processes on the same machine see at once when it has died. File locks may not reach other
//! machines. Therefore the attempt also appends a byte every [`HEARTBEAT_INTERVAL`], and another machine takes the run
//! over if the file has not changed for [`HEARTBEAT_TIMEOUT`] by its own clock (for [`LOCK_TIMEOUT`] if the file is
//! still locked). A task that a cluster has requeued takes over from its earlier start without waiting.
//!
//! The numbers are fencing tokens: an attempt whose run was taken over finds a higher number when it continues, and then
//! neither writes checkpoints nor publishes.

use crate::clock;
use crate::{
    StoreError,
    files::{FolderLock, entries},
};
use herring_cluster::Attempt as Task;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long an unchanged but locked claim of another machine counts as alive. Some file systems keep the locks of a
/// machine that is gone.
const LOCK_TIMEOUT: Duration = HEARTBEAT_TIMEOUT.saturating_mul(5);
/// How often an attempt shows that it is alive.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// How long without a heartbeat until an attempt on another machine counts as dead.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(120);

const CLAIM: &str = "claim-";
pub(crate) const ATTEMPT: &str = "attempt-";

/// Who holds a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Format of the claim's file.
    format: u32,
    /// The machine's name.
    pub host: String,
    /// Its process id.
    pub process: u32,
    /// Counts the claims of this process.
    serial: u64,
    /// The machine's boot id.
    boot: String,
    /// Time of the claim (UTC, RFC 3339).
    pub since: String,
    /// The cluster's task, if any. A requeued task has the same numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

/// Number of claims that this process has made.
static SERIAL: AtomicU64 = AtomicU64::new(0);

impl Holder {
    /// This process.
    pub fn current(task: Option<Task>) -> Self {
        let name = hostname::get().unwrap_or_default();
        Self {
            format: crate::STORE_FORMAT,
            host: name.to_string_lossy().into_owned(),
            process: std::process::id(),
            serial: 0,
            // Empty on other systems: there a reboot is noticed by the missing heartbeat.
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned(),
            since: clock::now(),
            task,
        }
    }

    /// Whether both are processes of one machine since its last boot.
    pub fn same_machine(&self, other: &Self) -> bool {
        !self.boot.is_empty() && (&self.host, &self.boot) == (&other.host, &other.boot)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {} on {}", self.process, self.host)
    }
}

/// The claims of others as one process has seen them: content, and when it last changed.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<PathBuf, (String, Instant)>,
}

impl Watch {
    /// How long a claim has not changed.
    fn unchanged_for(&mut self, path: &Path, content: &str) -> Duration {
        let seen = self.seen.entry(path.to_owned()).or_insert_with(|| (content.to_owned(), Instant::now()));
        if seen.0 != content {
            *seen = (content.to_owned(), Instant::now());
        }
        seen.1.elapsed()
    }
}

/// The right to do a run, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    number: u32,
    /// Identifies this claim, even among claims with the same number.
    first_line: String,
    // Locked until the claim is dropped.
    _file: File,
    heartbeat: Option<(Sender<()>, JoinHandle<()>)>,
}

/// The result of an attempt to claim a run.
#[derive(Debug)]
pub enum ClaimOutcome {
    /// The caller has the run.
    Granted(Claim),
    /// Another process has it; the holder, if that can be read.
    HeldBy(Option<Holder>),
}

impl Claim {
    /// Claims the run with the working folder `folder` for `own`, unless a living process holds it.
    pub(crate) fn take(
        _locked: &FolderLock,
        folder: &Path,
        own: &Holder,
        watch: &mut Watch,
    ) -> Result<ClaimOutcome, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::system("create", folder))?;
        let (newest, attempts) = (highest(folder, CLAIM)?, highest(folder, ATTEMPT)?);
        // A claim below the last attempt was superseded already.
        if newest > 0 && newest >= attempts {
            let path = folder.join(name(CLAIM, newest));
            match read_claim(&path) {
                Ok(seen) => {
                    let superseded = match (&own.task, seen.holder.as_ref().and_then(|holder| holder.task.as_ref())) {
                        (Some(own), Some(other)) => own.supersedes(other),
                        _ => false,
                    };
                    let near = seen.holder.as_ref().is_some_and(|holder| holder.same_machine(own));
                    let silence = watch.unchanged_for(&path, &seen.content);
                    let dead = match (near, seen.locked) {
                        (true, locked) => !locked,
                        (false, false) => silence >= HEARTBEAT_TIMEOUT,
                        (false, true) => silence >= LOCK_TIMEOUT,
                    };
                    if !(dead || superseded) {
                        return Ok(ClaimOutcome::HeldBy(seen.holder));
                    }
                }
                // Released at this moment.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::system("read", &path)(error)),
            }
        }
        Self::create(folder, newest.max(attempts) + 1, own)
    }

    fn create(folder: &Path, number: u32, own: &Holder) -> Result<ClaimOutcome, StoreError> {
        let own = Holder { serial: SERIAL.fetch_add(1, Ordering::Relaxed) + 1, since: clock::now(), ..own.clone() };
        let path = folder.join(name(CLAIM, number));
        let draft = folder.join(format!(".{}-{}", own.host, own.process));
        let refused = |error: std::io::Error| {
            // Report the first error.
            let _ = fs::remove_file(&draft);
            StoreError::system("create", &path)(error)
        };
        let mut file = File::create(&draft).map_err(refused)?;
        let first_line = serde_json::to_string(&own).map_err(|error| refused(error.into()))?;
        // Locked and complete before it gets its name, so that no process mistakes it for an abandoned claim.
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => refused(ErrorKind::WouldBlock.into()),
            TryLockError::Error(error) => refused(error),
        })?;
        writeln!(file, "{first_line}").map_err(refused)?;
        // The link fails if another machine, which the folder's lock does not reach, was quicker.
        match fs::hard_link(&draft, &path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let _ = fs::remove_file(&draft);
                return Ok(ClaimOutcome::HeldBy(None));
            }
            // File systems without hard links are not shared between machines.
            Err(_) => fs::rename(&draft, &path).map_err(refused)?,
            Ok(()) => fs::remove_file(&draft).map_err(refused)?,
        }
        for lower in 1..number {
            // Superseded.
            let _ = fs::remove_file(folder.join(name(CLAIM, lower)));
        }
        let beating = file.try_clone().map_err(|error| StoreError::system("open", &path)(error))?;
        let heartbeat = Some(start_heartbeat(beating));
        Ok(ClaimOutcome::Granted(Self { folder: folder.to_owned(), number, first_line, _file: file, heartbeat }))
    }

    /// Releases the claim and removes the working folder if it is empty.
    pub(crate) fn release(self, _locked: &FolderLock) {
        let folder = self.folder.clone();
        drop(self);
        // Fails if an attempt has left files.
        let _ = fs::remove_dir(folder);
    }

    /// Which attempt at the run this is, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// An error if another attempt has taken the run over.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let newest = highest(&self.folder, CLAIM)?.max(highest(&self.folder, ATTEMPT)?);
        if newest == self.number && self.is_there() {
            return Ok(());
        }
        Err(StoreError::Superseded { path: self.folder.clone() })
    }

    /// Whether the claim's file exists and is this claim's.
    fn is_there(&self) -> bool {
        fs::read_to_string(self.path()).is_ok_and(|text| text.lines().next() == Some(&self.first_line))
    }

    fn path(&self) -> PathBuf {
        self.folder.join(name(CLAIM, self.number))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((stop, heartbeat)) = self.heartbeat.take() {
            drop(stop);
            let _ = heartbeat.join();
        }
        // Released, so that others need not wait for the timeout. The attempt's folder keeps the number in use.
        if self.is_there() {
            let _ = fs::remove_file(self.path());
        }
    }
}

/// Appends a byte every [`HEARTBEAT_INTERVAL`] until the sender is dropped.
fn start_heartbeat(mut file: File) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel();
    let heartbeat = std::thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(HEARTBEAT_INTERVAL) {
            // The disk may be full for a while; the lock still holds on this machine.
            let _ = file.write_all(b".");
        }
    });
    (stop, heartbeat)
}

struct ClaimState {
    holder: Option<Holder>,
    content: String,
    locked: bool,
}

fn read_claim(path: &Path) -> std::io::Result<ClaimState> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let content = String::from_utf8_lossy(&bytes).into_owned();
    let holder = content.lines().next().and_then(|line| serde_json::from_str(line).ok());
    let locked = match file.try_lock_shared() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(error)) => return Err(error),
    };
    Ok(ClaimState { holder, content, locked })
}

/// The holder of the newest claim in a run's working folder, if it may be alive.
pub(crate) fn holder(folder: &Path) -> Result<Option<Holder>, StoreError> {
    let newest = highest(folder, CLAIM)?;
    if newest == 0 || newest < highest(folder, ATTEMPT)? {
        return Ok(None);
    }
    let path = folder.join(name(CLAIM, newest));
    match read_claim(&path) {
        Ok(seen) => {
            let here = Holder::current(None);
            Ok(seen.holder.filter(|holder| seen.locked || !holder.same_machine(&here)))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::system("read", &path)(error)),
    }
}

/// The name of the file or folder with this number.
pub(crate) fn name(kind: &str, number: u32) -> String {
    format!("{kind}{number:04}")
}

/// The highest number of a kind in a run's working folder; 0 without any.
pub(crate) fn highest(folder: &Path, kind: &str) -> Result<u32, StoreError> {
    Ok(entries(folder)?.iter().filter_map(|path| number(path, kind)).max().unwrap_or(0))
}

/// The number in a name made by [`name`]; `None` for another kind.
pub(crate) fn number(path: &Path, kind: &str) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix(kind)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(folder: &Path) -> FolderLock {
        FolderLock::acquire(folder).unwrap()
    }

    fn take(out: &Path, own: &Holder, watch: &mut Watch) -> ClaimOutcome {
        Claim::take(&locked(out), &out.join("run"), own, watch).unwrap()
    }

    #[track_caller]
    fn yes(claimed: ClaimOutcome) -> Claim {
        match claimed {
            ClaimOutcome::Granted(claim) => claim,
            ClaimOutcome::HeldBy(holder) => panic!("taken by {holder:?}"),
        }
    }

    #[test]
    fn one_has_it_until_it_is_given_back() {
        let out = tempfile::tempdir().unwrap();
        let (own, mut watch) = (Holder::current(None), Watch::default());
        let claim = yes(take(out.path(), &own, &mut watch));
        assert!(
            matches!(take(out.path(), &own, &mut watch), ClaimOutcome::HeldBy(Some(holder)) if holder.same_machine(&own))
        );
        claim.check().unwrap();
        claim.release(&locked(out.path()));
        assert!(!out.path().join("run").exists(), "an unused claim leaves no folder");
        yes(take(out.path(), &own, &mut watch));
    }

    #[test]
    fn a_dead_one_here_gives_way_at_once_and_one_elsewhere_after_its_silence() {
        let out = tempfile::tempdir().unwrap();
        let (own, mut watch) = (Holder::current(None), Watch::default());
        // As a process leaves it that is killed.
        fs::create_dir(out.path().join("run")).unwrap();
        let left = |holder: &Holder| serde_json::to_string(holder).unwrap() + "\n..";
        fs::write(out.path().join("run/claim-0003"), left(&own)).unwrap();
        let claim = yes(take(out.path(), &own, &mut watch));
        assert_eq!(claim.number(), 4);
        drop(claim);

        let elsewhere = Holder { host: "elsewhere".to_owned(), ..own.clone() };
        assert!(!out.path().join("run/claim-0003").exists(), "superseded claims are removed");
        fs::write(out.path().join("run/claim-0004"), left(&elsewhere)).unwrap();
        assert!(matches!(take(out.path(), &own, &mut watch), ClaimOutcome::HeldBy(Some(_))));
        for (_, since) in watch.seen.values_mut() {
            *since -= HEARTBEAT_TIMEOUT;
        }
        fs::write(out.path().join("run/claim-0004"), left(&elsewhere) + ".").unwrap();
        assert!(
            matches!(take(out.path(), &own, &mut watch), ClaimOutcome::HeldBy(Some(_))),
            "a heartbeat has arrived since"
        );
        for (_, since) in watch.seen.values_mut() {
            *since -= HEARTBEAT_TIMEOUT;
        }
        assert_eq!(yes(take(out.path(), &own, &mut watch)).number(), 5);
    }

    #[test]
    fn a_task_started_again_takes_over_and_its_predecessor_is_fenced() {
        let out = tempfile::tempdir().unwrap();
        let task = |restart| Holder::current(Some(Task { job: 7, task: Some(3), restart }));
        let mut watch = Watch::default();
        let zombie = yes(take(out.path(), &task(0), &mut watch));
        assert!(
            matches!(take(out.path(), &task(0), &mut watch), ClaimOutcome::HeldBy(_)),
            "the same task is not its successor"
        );
        let successor = yes(take(out.path(), &task(1), &mut watch));
        successor.check().unwrap();
        assert!(matches!(zombie.check(), Err(StoreError::Superseded { .. })));
        fs::create_dir(out.path().join("run").join(name(ATTEMPT, successor.number()))).unwrap();
        drop(successor);
        assert!(matches!(zombie.check(), Err(StoreError::Superseded { .. })), "also once the successor is gone");
    }
}
