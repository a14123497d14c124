//! Who does a run: at most one attempt at a time, also over several machines on one folder.
//!
//! An attempt owns a run by a file `claim-NNNN` in the run's working folder. It keeps the file locked
//! for as long as it lives, so that on its own machine its death is seen at once, however it died. A
//! lock may not reach other machines; for them it appends a byte every [`HEARTBEAT_INTERVAL`], and they take the run
//! over once they have watched the file for [`HEARTBEAT_TIMEOUT`] by their own clock without a change (for
//! [`LOCK_TIMEOUT`] where it is still locked). A task
//! that a cluster has started again takes over from its predecessor without waiting.
//!
//! The numbers fence: an attempt that was given up for dead and comes back finds a higher number, and
//! neither keeps checkpoints nor publishes any more.

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

/// A lock that outlives its process, as some file systems keep it for a machine that is gone, counts for
/// so long.
const LOCK_TIMEOUT: Duration = HEARTBEAT_TIMEOUT.saturating_mul(5);
/// How often a living attempt says so.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(20);
/// How long it takes without a sign of life until an attempt on another machine counts as dead.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(120);

const CLAIM: &str = "claim-";
pub(crate) const ATTEMPT: &str = "attempt-";

/// Who holds a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Of the claim's file.
    format: u32,
    /// The machine's name.
    pub host: String,
    /// Number of the process there.
    pub process: u32,
    /// Which of its claims this is.
    serial: u64,
    /// Which start of the machine.
    boot: String,
    /// When, in UTC, as in RFC 3339.
    pub since: String,
    /// The cluster's task, if it is one: it may be started again under the same numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
}

/// Claims that this process has made.
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
            // Elsewhere a machine that was started again is told by its silence.
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned(),
            since: clock::now(),
            task,
        }
    }

    /// Whether both are processes of one machine, since it was started.
    pub fn same_machine(&self, other: &Self) -> bool {
        !self.boot.is_empty() && (&self.host, &self.boot) == (&other.host, &other.boot)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "process {} on {}", self.process, self.host)
    }
}

/// What one process has seen of others' claims: their content, and since when it is that.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<PathBuf, (String, Instant)>,
}

impl Watch {
    /// For how long a claim has not changed.
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
    /// Tells this claim from every other, also from a later one of the same number.
    first_line: String,
    // Locked for as long as the claim lives.
    _file: File,
    heartbeat: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What came of an attempt to claim a run.
#[derive(Debug)]
pub enum ClaimOutcome {
    /// The run is the caller's.
    Granted(Claim),
    /// Another one does it; who, if that can be read.
    HeldBy(Option<Holder>),
}

impl Claim {
    /// Claims the run with the working folder `folder` for `own`, unless another lives that holds it.
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
                // Given back in this moment.
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
            // The first error is the one to tell.
            let _ = fs::remove_file(&draft);
            StoreError::system("create", &path)(error)
        };
        let mut file = File::create(&draft).map_err(refused)?;
        let first_line = serde_json::to_string(&own).map_err(|error| refused(error.into()))?;
        // Locked and complete before it has its name: nobody takes it for one that was left.
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => refused(ErrorKind::WouldBlock.into()),
            TryLockError::Error(error) => refused(error),
        })?;
        writeln!(file, "{first_line}").map_err(refused)?;
        // Another machine that the folder's lock does not reach may have been quicker: a link fails then.
        match fs::hard_link(&draft, &path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let _ = fs::remove_file(&draft);
                return Ok(ClaimOutcome::HeldBy(None));
            }
            // A file system without links is none that machines share.
            Err(_) => fs::rename(&draft, &path).map_err(refused)?,
            Ok(()) => fs::remove_file(&draft).map_err(refused)?,
        }
        for lower in 1..number {
            // Superseded; nobody waits for it any more.
            let _ = fs::remove_file(folder.join(name(CLAIM, lower)));
        }
        let beating = file.try_clone().map_err(|error| StoreError::system("open", &path)(error))?;
        let heartbeat = Some(start_heartbeat(beating));
        Ok(ClaimOutcome::Granted(Self { folder: folder.to_owned(), number, first_line, _file: file, heartbeat }))
    }

    /// Gives the claim back with a working folder in which nothing was done.
    pub(crate) fn release(self, _locked: &FolderLock) {
        let folder = self.folder.clone();
        drop(self);
        // Stays where an attempt has left something.
        let _ = fs::remove_dir(folder);
    }

    /// Which attempt at the run this is, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Refuses once another attempt has taken the run over.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let newest = highest(&self.folder, CLAIM)?.max(highest(&self.folder, ATTEMPT)?);
        if newest == self.number && self.is_there() {
            return Ok(());
        }
        Err(StoreError::Superseded { path: self.folder.clone() })
    }

    /// Whether the claim's file is there and this claim's.
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
        // Given back: nobody needs to wait for its silence. The number stays taken by the attempt.
        if self.is_there() {
            let _ = fs::remove_file(self.path());
        }
    }
}

/// Appends a byte now and then until the sender is gone.
fn start_heartbeat(mut file: File) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel();
    let heartbeat = std::thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(HEARTBEAT_INTERVAL) {
            // A disk that is full for a while is no death; the lock still holds here.
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

/// Who holds the newest claim in a run's working folder, if its holder may be alive.
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

/// The file or folder of a number.
pub(crate) fn name(kind: &str, number: u32) -> String {
    format!("{kind}{number:04}")
}

/// The highest number of a kind in a run's working folder; 0 where there is none.
pub(crate) fn highest(folder: &Path, kind: &str) -> Result<u32, StoreError> {
    Ok(entries(folder)?.iter().filter_map(|path| number(path, kind)).max().unwrap_or(0))
}

/// The number in a name that [`name`] gave; none where it is of another kind.
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
        assert!(!out.path().join("run").exists(), "nothing is left of a claim that was not used");
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
        assert!(!out.path().join("run/claim-0003").exists(), "superseded claims are no longer waited for");
        fs::write(out.path().join("run/claim-0004"), left(&elsewhere)).unwrap();
        assert!(matches!(take(out.path(), &own, &mut watch), ClaimOutcome::HeldBy(Some(_))));
        for (_, since) in watch.seen.values_mut() {
            *since -= HEARTBEAT_TIMEOUT;
        }
        fs::write(out.path().join("run/claim-0004"), left(&elsewhere) + ".").unwrap();
        assert!(matches!(take(out.path(), &own, &mut watch), ClaimOutcome::HeldBy(Some(_))), "it has beaten since");
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
