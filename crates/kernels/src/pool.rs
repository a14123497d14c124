//! Where work runs: on the threads of a rayon pool, which stay awake between short calls.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::{ThreadPoolBuilder, Yield};

use crate::buffers;

/// How long a thread looks for work before it may sleep.
///
/// A training step makes hundreds of calls, some of them shorter than the 50 microseconds that a virtual processor takes to
/// wake up a thread.
const PATIENCE: Duration = Duration::from_micros(500);

/// Bytes of a thread's stack: as many as a program's first thread has.
const STACK: usize = 8 << 20;

/// Threads that look for work now, those of all pools together.
static AWAKE: AtomicUsize = AtomicUsize::new(0);

/// Runs `work` on a thread of a rayon pool of its own, with as many threads as the current one has.
///
/// A call of this crate from outside of a pool wakes the pool up and waits for it, and its data move to another core's caches.
/// A program that makes many calls in a row saves both by making them all in here. The pool is its own because a thread
/// that waits for a part of its work does any other work of its pool meanwhile: of two such programs in one pool, one could
/// begin within a call of the other, which may hold a lock that the first needs.
///
/// At its end, [memory that nothing uses](buffers::release) is given back.
pub fn in_own_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let threads = rayon::current_num_threads();
    let result = match ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        // The system gives no more threads. Everything works from outside of a pool as well.
        Err(_) => work(),
    };
    buffers::release();
    result
}

/// Runs `work` on a thread of the current pool; at once where this already is one.
///
/// A call has several parallel stages, and each would otherwise wake up the pool again and wait for it.
pub(crate) fn in_pool(work: impl FnOnce() + Send) {
    rayon::scope(|_| {
        keep_awake();
        work();
    });
}

/// Makes the other threads of this pool look for work for a while.
fn keep_awake() {
    if AWAKE.load(Ordering::Relaxed) > 0 || rayon::current_num_threads() < 2 {
        return;
    }
    let caller = rayon::current_thread_index();
    rayon::spawn_broadcast(move |thread| {
        if Some(thread.index()) != caller {
            AWAKE.fetch_add(1, Ordering::Relaxed);
            look_for_work();
            AWAKE.fetch_sub(1, Ordering::Relaxed);
        }
    });
}

/// Does what work there is until there has been none for [`PATIENCE`].
fn look_for_work() {
    let mut last = Instant::now();
    while last.elapsed() < PATIENCE {
        match rayon::yield_now() {
            Some(Yield::Executed) => last = Instant::now(),
            _ => hint::spin_loop(),
        }
    }
}
