//! Filling a cache: many threads read, hash and decode, one writes.
//!
//! ```text
//! requests ─┬─ worker: sources → hashes → key ── known? ──────────────┐
//!           ├─ worker:                 └─ decode → bytes, CRC-32 ─────┼─ a few blocks ─ writer → packs
//!           └─ worker: ...                                            ┘
//! ```
//!
//! A worker holds one request's sources and one block (with [`Cache::fill_together`], one group's sources and
//! its blocks); between workers and writer there are at most as many blocks as workers. So memory does not grow
//! with the number of requests, except for the list of keys that is returned.

use crate::{
    Cache, CacheError, Damage, Key, SourceHash,
    memo::{Memo, Stamp},
    pack::{Block, Draft},
};
use herring_datasets::Image;
use std::{
    any::Any,
    collections::HashMap,
    fs::{self, File},
    io::Read,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
};

/// Packs stay below the largest size that an index can address, whatever the setting.
const LARGEST_PACK: u64 = 8 << 30;

/// One block that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Identity, for messages.
    pub id: String,
    /// Where the request comes from, for messages: `table.csv:17`.
    pub origin: String,
    /// The files it is made of; none if the recipe alone determines the block.
    pub sources: Vec<PathBuf>,
    /// Everything that is done to the sources, as text: see [`Key`].
    pub recipe: String,
}

/// How to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillSettings {
    /// Threads that decode; 0 for one per core.
    pub workers: usize,
    /// Reads all sources again, also those whose length and times are unchanged. Needed only where a file may
    /// have been rewritten with the same length and times: see [`Cache::fill`].
    pub rehash: bool,
    /// A pack is closed, and its blocks become visible, once it has this many bytes.
    pub pack_bytes: u64,
    /// Larger sources are refused, so that no single file takes all memory; in bytes.
    pub largest_source: u64,
}

impl Default for FillSettings {
    /// One worker per core, packs of 256 MiB, sources of at most 1 GiB.
    fn default() -> Self {
        Self { workers: 0, rehash: false, pack_bytes: 256 << 20, largest_source: 1 << 30 }
    }
}

/// The progress of a filling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// All requests.
    pub requests: usize,
    /// Those that are done: decoded, found and failed.
    pub done: usize,
    /// Decoded now.
    pub decoded: usize,
    /// In the cache already, or asked for twice.
    pub found: usize,
    /// Without a block.
    pub failed: usize,
    /// Bytes of the blocks decoded now.
    pub bytes: u64,
}

/// The outcome of filling a cache.
#[derive(Debug)]
pub struct Filled {
    /// For each request, in their order, its block or why there is none.
    pub keys: Vec<Result<Key, Box<Failure>>>,
    /// Decoded now.
    pub decoded: usize,
    /// In the cache already, or asked for twice.
    pub found: usize,
    /// Requests that failed; not those that were not reached.
    pub failed: usize,
    /// Requests that were not reached because filling was stopped.
    pub stopped: usize,
    /// Bytes of the blocks decoded now.
    pub bytes: u64,
    /// Damaged packs that were found; those of their blocks that were requested were made again. Show them to
    /// the user: see [`Cache::forget_damaged`].
    pub damage: Vec<Damage>,
}

/// Why a request has no block. Shown as one line: origin, file, what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {cause}", place(origin, id), file.as_ref().map(|file| format!(": {}", file.display())).unwrap_or_default())]
pub struct Failure {
    /// The request's identity.
    pub id: String,
    /// Where the request comes from.
    pub origin: String,
    /// The source that caused the failure, if it is known.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub cause: Cause,
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A source is missing, too large or cannot be read.
    #[error("cannot read: {0}")]
    Source(String),
    /// The decoder's message.
    #[error("{0}")]
    Decode(String),
    /// It was not reached.
    #[error("not reached: filling was stopped")]
    Stopped,
}

/// The origin, or the identity where there is none.
fn place<'a>(origin: &'a str, id: &'a str) -> &'a str {
    if origin.is_empty() { id } else { origin }
}

impl Failure {
    fn of(request: &Request, file: Option<&Path>, cause: Cause) -> Box<Self> {
        let Request { id, origin, .. } = request;
        Box::new(Self { id: id.clone(), origin: origin.clone(), file: file.map(Path::to_owned), cause })
    }
}

/// The outcome of a request in a worker.
enum Outcome {
    Found(Key),
    /// The same block as that of another request, which is being made.
    Same(usize, Key),
    Made(Block),
    Failed(Box<Failure>),
}

/// What the writer has so far.
struct Writer {
    all: Progress,
    keys: Vec<Option<Result<Key, Box<Failure>>>>,
    /// The open pack.
    draft: Option<Draft>,
}

/// What a worker does with a key.
enum Claim {
    Found,
    Same(usize),
    Mine,
}

impl Cache {
    /// Makes sure that the cache has a block for every request: reads and hashes the sources, and decodes what
    /// is not there yet. `decode` gets the request and its sources' bytes, in their order, and must depend on
    /// nothing that the recipe does not say; it runs in several threads at once, and a panic counts as an error.
    ///
    /// A request that fails is listed in [`Filled::keys`], and the others continue. A block is visible, to this
    /// process and others, once its pack is closed; all packs are when this returns. `progress` is called in the
    /// calling thread after every request. When `stop` becomes true, what is done is kept and the rest is listed
    /// as [`Cause::Stopped`].
    ///
    /// Sources that were hashed before are recognised by path, length, and times of modification and change (the
    /// latter on Unix), and are not read again. A file that is rewritten with the same length and times is not
    /// noticed; [`FillSettings::rehash`] reads them all.
    ///
    /// # Errors
    /// [`CacheError::System`] if the cache cannot be written: packs that were closed before stay, the open one
    /// is removed.
    pub fn fill<D>(
        &self,
        requests: &[Request],
        decode: D,
        settings: &FillSettings,
        progress: &mut dyn FnMut(&Progress),
        stop: &AtomicBool,
    ) -> Result<Filled, CacheError>
    where
        D: Fn(&Request, &[Vec<u8>]) -> Result<Image, String> + Sync,
    {
        let decode = |requests: &[&Request], sources: &[Vec<u8>]| {
            requests.iter().map(|request| decode(request, sources)).collect::<Vec<_>>()
        };
        let groups = (0..requests.len()).map(|place| place..place + 1).collect();
        self.fill_groups((requests, groups), decode, settings, progress, stop)
    }

    /// Like [`Cache::fill`] where several blocks are made of the same sources, for instance the slices of a
    /// volume: neighbouring requests with equal sources form a group, whose sources are read once. `decode` gets
    /// those requests of a group that have no block yet and gives a block or a message for each, in their order.
    ///
    /// A worker holds the sources of one group and its blocks.
    ///
    /// # Errors
    /// As [`Cache::fill`].
    pub fn fill_together<D>(
        &self,
        requests: &[Request],
        decode: D,
        settings: &FillSettings,
        progress: &mut dyn FnMut(&Progress),
        stop: &AtomicBool,
    ) -> Result<Filled, CacheError>
    where
        D: Fn(&[&Request], &[Vec<u8>]) -> Vec<Result<Image, String>> + Sync,
    {
        let mut groups = Vec::new();
        let mut next = 0;
        for group in requests.chunk_by(|one, other| one.sources == other.sources) {
            groups.push(next..next + group.len());
            next += group.len();
        }
        self.fill_groups((requests, groups), decode, settings, progress, stop)
    }

    fn fill_groups<D>(
        &self,
        (requests, groups): (&[Request], Vec<Range<usize>>),
        decode: D,
        settings: &FillSettings,
        progress: &mut dyn FnMut(&Progress),
        stop: &AtomicBool,
    ) -> Result<Filled, CacheError>
    where
        D: Fn(&[&Request], &[Vec<u8>]) -> Vec<Result<Image, String>> + Sync,
    {
        // As on opening: no other process may open the cache for a long time.
        let _ = crate::files::tidy(self.packs());
        self.refresh()?;
        let sources = self.packs().join("sources");
        let job = Job {
            cache: self,
            requests,
            groups,
            decode,
            settings,
            memo: Memo::load(&sources),
            started: Mutex::default(),
            next: AtomicUsize::new(0),
            halt: AtomicBool::new(false),
            stop,
        };
        let filled = job.run(progress);
        // It only saves time, and a read-only cache has none.
        let _ = job.memo.save(self.packs(), &sources);
        filled
    }
}

struct Job<'a, D> {
    cache: &'a Cache,
    requests: &'a [Request],
    /// Places of requests with the same sources.
    groups: Vec<Range<usize>>,
    decode: D,
    settings: &'a FillSettings,
    memo: Memo,
    /// Blocks that are being made or wait in the open pack, and for which request.
    started: Mutex<HashMap<Key, usize>>,
    next: AtomicUsize,
    /// The writer has failed.
    halt: AtomicBool,
    stop: &'a AtomicBool,
}

impl<D> Job<'_, D>
where
    D: Fn(&[&Request], &[Vec<u8>]) -> Vec<Result<Image, String>> + Sync,
{
    fn run(&self, progress: &mut dyn FnMut(&Progress)) -> Result<Filled, CacheError> {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let workers = if self.settings.workers == 0 { cores() } else { self.settings.workers };
        let workers = workers.min(self.groups.len()).max(1);
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(workers);
            for _ in 0..workers {
                let sender = sender.clone();
                let work = move || {
                    while let Some(outcomes) = self.next() {
                        for outcome in outcomes {
                            // The writer has failed and reports the error.
                            if sender.send(outcome).is_err() {
                                return;
                            }
                        }
                    }
                };
                if let Err(error) = thread::Builder::new().name("decode".to_owned()).spawn_scoped(scope, work) {
                    self.halt.store(true, Ordering::Relaxed);
                    return Err(CacheError::system("start a thread for", self.cache.folder())(error));
                }
            }
            drop(sender);
            let written = self.write(receiver, progress);
            self.halt.store(true, Ordering::Relaxed);
            written
        })
    }

    /// The writer's side.
    fn write(
        &self,
        outcomes: Receiver<(usize, Outcome)>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Filled, CacheError> {
        let mut writer = Writer {
            all: Progress { requests: self.requests.len(), ..Progress::default() },
            keys: vec![None; self.requests.len()],
            draft: None,
        };
        let mut same = Vec::new();
        for (place, outcome) in outcomes {
            match outcome {
                Outcome::Same(first, key) => same.push((place, first, key)),
                outcome => {
                    self.take(&mut writer, place, outcome)?;
                    progress(&writer.all);
                }
            }
        }
        for (place, first, key) in same {
            let outcome = match &writer.keys[first] {
                Some(Ok(made)) if *made == key => Outcome::Found(key),
                // The other request failed, or its source has changed meanwhile: this request is processed on
                // its own.
                _ if self.stop.load(Ordering::Relaxed) => continue,
                _ => match self.group(place..place + 1).pop() {
                    Some((_, Outcome::Same(_, key))) => Outcome::Found(key),
                    Some((_, outcome)) => outcome,
                    None => continue,
                },
            };
            self.take(&mut writer, place, outcome)?;
            progress(&writer.all);
        }
        if let Some(draft) = writer.draft.take() {
            self.publish(draft)?;
        }
        let Progress { decoded, found, failed, bytes, .. } = writer.all;
        let stopped = writer.keys.iter().filter(|key| key.is_none()).count();
        let keys = writer.keys.into_iter().zip(self.requests);
        let keys = keys.map(|(key, request)| key.unwrap_or_else(|| Err(Failure::of(request, None, Cause::Stopped))));
        Ok(Filled { keys: keys.collect(), decoded, found, failed, stopped, bytes, damage: self.cache.damage() })
    }

    fn take(&self, writer: &mut Writer, place: usize, outcome: Outcome) -> Result<(), CacheError> {
        let Writer { all, keys, draft } = writer;
        all.done += 1;
        keys[place] = Some(match outcome {
            Outcome::Found(key) | Outcome::Same(_, key) => {
                all.found += 1;
                Ok(key)
            }
            Outcome::Made(block) => {
                let mut open = match draft.take() {
                    Some(draft) => draft,
                    None => Draft::create(self.cache.packs())?,
                };
                open.append(&block)?;
                all.decoded += 1;
                all.bytes += block.bytes.len() as u64;
                if open.bytes() >= self.settings.pack_bytes.min(LARGEST_PACK) {
                    self.publish(open)?;
                } else {
                    *draft = Some(open);
                }
                Ok(block.key)
            }
            Outcome::Failed(failure) => {
                all.failed += 1;
                Err(failure)
            }
        });
        Ok(())
    }

    fn publish(&self, draft: Draft) -> Result<(), CacheError> {
        let keys: Vec<Key> = draft.keys().collect();
        draft.publish()?;
        self.cache.refresh()?;
        let mut started = self.started();
        for key in keys {
            started.remove(&key);
        }
        Ok(())
    }

    fn started(&self) -> std::sync::MutexGuard<'_, HashMap<Key, usize>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's side: the outcomes of the next group's requests, if there is one and filling was not stopped.
    fn next(&self) -> Option<Vec<(usize, Outcome)>> {
        if self.stop.load(Ordering::Relaxed) || self.halt.load(Ordering::Relaxed) {
            return None;
        }
        let group = self.groups.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some(self.group(group.clone()))
    }

    /// The outcomes of requests with the same sources, with the place of each.
    fn group(&self, places: Range<usize>) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::with_capacity(places.len());
        if let Err((path, cause)) = self.try_group(places.clone(), &mut outcomes) {
            // Those that are not done yet; their claims are released.
            let done: Vec<usize> = outcomes.iter().map(|(place, _)| *place).collect();
            let left = places.filter(|place| !done.contains(place));
            let failed = |place: usize| {
                let failure = Failure::of(&self.requests[place], Some(&path), cause.clone());
                (place, Outcome::Failed(failure))
            };
            outcomes.extend(left.map(failed));
        }
        outcomes
    }

    /// Puts the outcome of each request into `outcomes`; fails with the source because of which the others have
    /// no block.
    fn try_group(&self, places: Range<usize>, outcomes: &mut Vec<(usize, Outcome)>) -> Result<(), (PathBuf, Cause)> {
        let paths = self.requests.get(places.start).map(|request| request.sources.as_slice()).unwrap_or_default();
        let mut sources = Vec::with_capacity(paths.len());
        for path in paths {
            let known = if self.settings.rehash { None } else { self.remembered(path) };
            sources.push(match known {
                Some(hash) => (hash, None),
                None => self.load(path).map(|(hash, bytes)| (hash, Some(bytes)))?,
            });
        }
        let mut mine = self.claim_each(places, &sources, outcomes);
        if mine.is_empty() {
            return Ok(());
        }
        // The bytes that are decoded are those that were hashed, even if a file has changed since its hash was
        // stored.
        let before: Vec<SourceHash> = sources.iter().map(|(hash, _)| *hash).collect();
        for (path, source) in paths.iter().zip(&mut sources) {
            if source.1.is_none() {
                let (hash, bytes) = self.load(path)?;
                *source = (hash, Some(bytes));
            }
        }
        if sources.iter().map(|(hash, _)| *hash).ne(before) {
            let places: Vec<usize> = mine.iter().map(|(place, _)| *place).collect();
            // The old keys are released for others.
            drop(mine);
            mine = self.claim_each(places, &sources, outcomes);
            if mine.is_empty() {
                return Ok(());
            }
        }
        let sources: Vec<Vec<u8>> = sources.into_iter().filter_map(|(_, bytes)| bytes).collect();
        let requests: Vec<&Request> = mine.iter().map(|(place, _)| &self.requests[*place]).collect();
        let images = catch_unwind(AssertUnwindSafe(|| (self.decode)(&requests, &sources))).unwrap_or_else(|panic| {
            vec![Err(format!("the decoder panicked: {}", panic_text(&*panic))); requests.len()]
        });
        drop(sources);
        let mut images = images.into_iter();
        for (place, claimed) in mine {
            let key = claimed.key;
            let image = images.next().unwrap_or_else(|| Err("the decoder gave no block".to_owned()));
            let outcome = match image.and_then(|image| block(key, &image)) {
                Ok(block) => {
                    claimed.keep();
                    Outcome::Made(block)
                }
                Err(message) => {
                    // A library's message may have several lines; this one has one.
                    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
                    let request = &self.requests[place];
                    let file = request.sources.first().map(PathBuf::as_path);
                    Outcome::Failed(Failure::of(request, file, Cause::Decode(message)))
                }
            };
            outcomes.push((place, outcome));
        }
        Ok(())
    }

    /// Claims the blocks of requests. Those that are there or being made are done; the others are this worker's.
    fn claim_each(
        &self,
        places: impl IntoIterator<Item = usize>,
        sources: &[(SourceHash, Option<Vec<u8>>)],
        outcomes: &mut Vec<(usize, Outcome)>,
    ) -> Vec<(usize, Claimed<'_>)> {
        let mut mine = Vec::new();
        for place in places {
            let key = key(sources, &self.requests[place]);
            match self.claim(key, place) {
                Claim::Found => outcomes.push((place, Outcome::Found(key))),
                Claim::Same(first) => outcomes.push((place, Outcome::Same(first, key))),
                Claim::Mine => mine.push((place, Claimed { started: &self.started, key, kept: false })),
            }
        }
        mine
    }

    fn claim(&self, key: Key, place: usize) -> Claim {
        let mut started = self.started();
        // Under the lock: a block is published before it is taken off the list.
        if self.cache.contains(&key) {
            return Claim::Found;
        }
        match started.get(&key) {
            Some(&first) => Claim::Same(first),
            None => {
                started.insert(key, place);
                Claim::Mine
            }
        }
    }

    fn remembered(&self, path: &Path) -> Option<SourceHash> {
        let metadata = fs::metadata(path).ok()?;
        self.memo.find(path, Stamp::of(&metadata))
    }

    fn load(&self, path: &Path) -> Result<(SourceHash, Vec<u8>), (PathBuf, Cause)> {
        let refused = |message: String| (path.to_owned(), Cause::Source(message));
        let broken = |error: std::io::Error| refused(error.to_string());
        let largest = self.settings.largest_source;
        let too_large = |found: u64| refused(format!("found {found} bytes, expected at most {largest}"));
        // Before it is opened: opening a pipe waits for a writer.
        if !fs::metadata(path).map_err(broken)?.is_file() {
            return Err(refused("found a folder, pipe or device, expected a file".to_owned()));
        }
        let file = File::open(path).map_err(broken)?;
        let before = file.metadata().map_err(broken)?;
        if before.len() > largest {
            return Err(too_large(before.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
        // A file may grow meanwhile, and a device has no length.
        (&file).take(largest.saturating_add(1)).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 > largest {
            return Err(too_large(bytes.len() as u64));
        }
        let hash = SourceHash::of(&bytes);
        let (before, after) = (Stamp::of(&before), Stamp::of(&file.metadata().map_err(broken)?));
        if before == after {
            self.memo.learn(path, after, hash);
        }
        Ok((hash, bytes))
    }
}

/// Takes the key off the list when no block was made, so that a later request tries again.
struct Claimed<'a> {
    started: &'a Mutex<HashMap<Key, usize>>,
    key: Key,
    kept: bool,
}

impl Claimed<'_> {
    /// The block is with the writer, which takes the key off the list once it is published.
    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.started.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        }
    }
}

fn key(sources: &[(SourceHash, Option<Vec<u8>>)], request: &Request) -> Key {
    let hashes: Vec<SourceHash> = sources.iter().map(|(hash, _)| *hash).collect();
    Key::new(&hashes, &request.recipe)
}

fn block(key: Key, image: &Image) -> Result<Block, String> {
    let [channels, height, width] = image.shape();
    let shape = [channels, height, width].map(u32::try_from);
    let [Ok(channels), Ok(height), Ok(width)] = shape else {
        return Err(format!("found an image of {channels} x {height} x {width} values, expected sides below 2^32"));
    };
    let mut bytes = vec![0; size_of_val(image.values())];
    for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(image.values()) {
        *bytes = value.to_le_bytes();
    }
    Ok(Block { key, shape: [channels, height, width], crc: crc32fast::hash(&bytes), bytes })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
