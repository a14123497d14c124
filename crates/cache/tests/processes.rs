//! Several processes on one cache: killed at any moment, at once, and with no room on the disk.
//!
//! The other processes are this test's own program, told what to do by variables.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cache::{Cache, CacheError, FillSettings, Key, Request};
use herring_datasets::Image;
use rand::{RngExt, SeedableRng};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::AtomicBool,
    time::Duration,
};

const COUNT: usize = 1500;

fn requests() -> Vec<Request> {
    let request = |number: usize| Request {
        id: number.to_string(),
        origin: String::new(),
        sources: Vec::new(),
        recipe: format!("drawn {number}"),
    };
    (0..COUNT).map(request).collect()
}

fn drawn(number: usize) -> Image {
    let values = (0..2 * 9 * 10).map(|value| (number * 1000 + value) as f32).collect();
    Image::new(2, 9, 10, values).unwrap()
}

fn key(number: usize) -> Key {
    Key::new(&[], &format!("drawn {number}"))
}

fn fill(folder: &Path, pack_bytes: u64, pause: Duration) -> Result<(), String> {
    let cache = Cache::open(folder).map_err(|error| error.to_string())?;
    let decode = |request: &Request, _: &[Vec<u8>]| {
        std::thread::sleep(pause);
        Ok(drawn(request.id.parse().unwrap()))
    };
    let settings = FillSettings { workers: 2, pack_bytes, ..FillSettings::default() };
    let filled = cache.fill(&requests(), decode, &settings, &mut |_| {}, &AtomicBool::new(false));
    let filled = filled.map_err(|error| error.to_string())?;
    assert!(filled.keys.iter().enumerate().all(|(number, made)| *made == Ok(key(number))));
    Ok(())
}

/// Not a test by itself: what the other processes do.
#[test]
fn other_process() {
    let Some(folder) = std::env::var_os("HERRING_CACHE_TEST_FOLDER") else {
        return;
    };
    let pack_bytes = std::env::var("HERRING_CACHE_TEST_PACK").unwrap().parse().unwrap();
    match fill(Path::new(&folder), pack_bytes, Duration::from_micros(300)) {
        Ok(()) => {}
        Err(message) => {
            fs::write(Path::new(&folder).join("message"), message).unwrap();
            std::process::exit(7);
        }
    }
}

fn command(folder: &Path, pack_bytes: u64, shell: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{shell} exec \"$0\" --exact other_process")).arg(std::env::current_exe().unwrap());
    command.env("HERRING_CACHE_TEST_FOLDER", folder).env("HERRING_CACHE_TEST_PACK", pack_bytes.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn start(folder: &Path, pack_bytes: u64) -> Child {
    command(folder, pack_bytes, "").spawn().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    // The folder may not be there yet.
    let entries = fs::read_dir(folder.join("packs-v1")).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Everything that is visible is right; how much that is.
fn all_right(cache: &Cache) -> usize {
    let verified = cache.verify().unwrap();
    assert_eq!(verified.damage, []);
    let there: Vec<usize> = (0..COUNT).filter(|&number| cache.contains(&key(number))).collect();
    assert_eq!(there.len(), verified.whole);
    assert!(there.iter().all(|&number| cache.get(&key(number)).unwrap() == drawn(number)));
    there.len()
}

#[test]
fn a_process_may_be_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let (mut leftovers, mut before) = (0, 0);
    for round in 0..20 {
        let mut child = start(folder.path(), 15_000);
        // Every other time it is writing for sure, however slow it was to start.
        let writes = || names(folder.path()).iter().any(|name| name.ends_with(".partial"));
        while round % 2 == 0 && child.try_wait().unwrap().is_none() && !writes() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(random.random_range(0..60_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        leftovers += names(folder.path()).iter().filter(|name| name.ends_with(".partial")).count();

        let cache = Cache::open(folder.path()).unwrap();
        let names = names(folder.path());
        assert!(!names.iter().any(|name| name.ends_with(".partial")), "{names:?}");
        let stems = |ending| names.iter().filter_map(move |name| name.strip_suffix(ending)).collect::<Vec<_>>();
        assert_eq!(stems(".pack"), stems(".index"));
        let now = all_right(&cache);
        assert!(now >= before, "published blocks stay");
        before = now;
    }
    assert!(leftovers > 0, "no process was killed while it wrote");
    fill(folder.path(), 15_000, Duration::ZERO).unwrap();
    assert_eq!(all_right(&Cache::open(folder.path()).unwrap()), COUNT);
}

#[test]
fn two_processes_fill_at_once_while_a_third_reads() {
    let folder = tempfile::tempdir().unwrap();
    let reader = Cache::open(folder.path()).unwrap();
    let mut children = [start(folder.path(), 20_000), start(folder.path(), 30_000)];
    let mut seen = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        let now = all_right(&reader);
        assert!(now >= seen);
        seen = now;
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(all_right(&reader), COUNT);
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!((all_right(&cache), cache.len()), (COUNT, COUNT));
    assert!(!names(folder.path()).iter().any(|name| name.ends_with(".partial")));
}

#[test]
fn no_room_is_one_clear_error_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    // No file may have more than 64 blocks of 512 (elsewhere 1024) bytes; the pack would have a million.
    let limited = "trap '' XFSZ; ulimit -f 64;";
    let status = command(folder.path(), 1 << 30, limited).status().unwrap();
    assert_eq!(status.code(), Some(7));
    let message = fs::read_to_string(folder.path().join("message")).unwrap();
    assert!(message.starts_with("cannot write ") && message.contains(".partial: File too large"), "{message}");
    assert!(!message.contains('\n'));
    assert_eq!(names(folder.path()), [".lock"]);

    // What was closed before stays.
    fs::remove_file(folder.path().join("message")).unwrap();
    let status = command(folder.path(), 15_000, limited).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(all_right(&Cache::open(folder.path()).unwrap()), COUNT);
}

/// Not a test by itself: what a user does who may only read.
#[test]
fn another_user() {
    let Some(folder) = std::env::var_os("HERRING_CACHE_TEST_READER") else {
        return;
    };
    let folder = Path::new(&folder);
    assert!(fs::write(folder.join("written"), "").is_err(), "this user may write");
    // All is there: opening and filling write nothing.
    for cache in [Cache::open_to_read(folder).unwrap(), Cache::open(folder).unwrap()] {
        assert_eq!(cache.get(&key(7)).unwrap(), drawn(7));
        assert_eq!(cache.len(), COUNT);
    }
    fill(folder, 1 << 20, Duration::ZERO).unwrap();
    // Something is not.
    let request = Request { recipe: "another".to_owned(), ..requests().remove(0) };
    let cache = Cache::open(folder).unwrap();
    let decode = |_: &Request, _: &[Vec<u8>]| Ok(drawn(0));
    let stop = AtomicBool::new(false);
    let error = cache.fill(&[request], decode, &FillSettings::default(), &mut |_| {}, &stop).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CacheError::NotWritable { .. }), "{text}");
    assert!(text.contains("this cache is read-only") && !text.contains('\n'), "{text}");
    assert!(Cache::open(folder.join("new")).unwrap_err().to_string().contains("is read-only"));
    assert!(matches!(Cache::open_to_read(folder.join("new")).unwrap_err(), CacheError::System { .. }));
}

#[test]
fn the_cache_of_another_user_is_read() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cache");
    fill(&folder, 1 << 20, Duration::ZERO).unwrap();
    let mode = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(place.path(), 0o755);
    for entry in fs::read_dir(folder.join("packs-v1")).unwrap() {
        mode(&entry.unwrap().path(), 0o444);
    }
    let folders = [folder.join("packs-v1"), folder.clone()];
    folders.iter().for_each(|folder| mode(folder, 0o555));
    // Permissions do not bind root, who becomes nobody.
    let root = fs::write(folder.join("written"), "").is_ok();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "another_user", "--nocapture"]).env("HERRING_CACHE_TEST_READER", &folder);
    if root {
        fs::remove_file(folder.join("written")).unwrap();
        command.uid(65534).gid(65534);
    }
    match command.output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(output.status.success(), "{said}");
        }
        // The test's program may lie where nobody may enter.
        Err(error) => eprintln!("SKIPPED the_cache_of_another_user_is_read: cannot start as another user: {error}"),
    }
    folders.iter().rev().for_each(|folder| mode(folder, 0o755));
}
