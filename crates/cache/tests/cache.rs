//! A cache through its public face: round trips, keys, failures, the wish to stop, damage.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Files, decode, request};
use herring_cache::{Cache, CacheError, Cause, Damage, FillSettings, Filled, Key, Request, SourceHash};
use herring_datasets::Image;
use proptest::prelude::*;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

fn fill(cache: &Cache, requests: &[Request]) -> Filled {
    fill_with(cache, requests, &FillSettings { workers: 3, ..FillSettings::default() })
}

fn fill_with(cache: &Cache, requests: &[Request], settings: &FillSettings) -> Filled {
    cache.fill(requests, decode, settings, &mut |_| {}, &AtomicBool::new(false)).unwrap()
}

fn keys(filled: &Filled) -> Vec<Key> {
    filled.keys.iter().map(|key| key.clone().unwrap()).collect()
}

fn files_of(cache: &Cache, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(cache.folder().join("packs-v1")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    paths.sort();
    paths
}

/// One of several packs that has all of its 16 blocks.
fn full_pack(cache: &Cache) -> PathBuf {
    let packs = files_of(cache, ".pack");
    packs.into_iter().find(|pack| fs::metadata(pack).unwrap().len() == 400).unwrap()
}

/// Small packs, so that there are several.
fn several_packs() -> FillSettings {
    FillSettings { pack_bytes: 400, ..FillSettings::default() }
}

#[track_caller]
fn one_line(message: &str, parts: &[&str]) {
    assert!(!message.contains('\n'), "{message}");
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn what_was_filled_is_read_now_and_by_the_next_process() {
    let files = Files::new(40);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let filled = fill_with(&cache, &files.requests("2x3"), &several_packs());
    assert_eq!((filled.decoded, filled.found, filled.failed, filled.stopped), (40, 0, 0, 0));
    assert_eq!(filled.bytes, 40 * 24);
    assert!(files_of(&cache, ".pack").len() > 2);
    let keys = keys(&filled);
    for opened in [&cache, &Cache::open(files.folder("cache")).unwrap()] {
        assert_eq!(opened.len(), 40);
        for (number, key) in keys.iter().enumerate() {
            assert!(opened.contains(key));
            assert_eq!(opened.shape(key), Some([1, 2, 3]));
            assert_eq!(
                opened.get(key).unwrap(),
                decode(&files.requests("2x3")[number], &[files.bytes(number)]).unwrap()
            );
        }
        let verified = opened.verify().unwrap();
        assert_eq!((verified.whole, verified.bytes, verified.damage), (40, 960, vec![]));
        assert_eq!(opened.sizes().into_iter().collect::<Vec<_>>(), [([1, 2, 3], 40)]);
    }
    let again = fill(&cache, &files.requests("2x3"));
    assert_eq!((again.decoded, again.found), (0, 40));
    assert_eq!(self::keys(&again), keys);
    let usage = cache.usage().unwrap();
    assert_eq!((usage.blocks, usage.block_bytes), (40, 960));
    assert!(usage.file_bytes > 960 + 40 * 56 && usage.packs == files_of(&cache, ".pack").len());
}

#[test]
fn values_come_back_bit_for_bit() {
    let files = Files::new(0);
    let cache = Cache::open(files.folder("cache")).unwrap();
    // Longer than what is read at once, with every kind of value.
    let special = [f32::NAN, -0.0, f32::INFINITY, f32::MIN_POSITIVE / 2.0, -1024.0];
    let values: Vec<f32> =
        (0..3 * 97 * 211).map(|number| special.get(number).copied().unwrap_or(number as f32 / 7.0)).collect();
    let drawn = |_: &Request, _: &[Vec<u8>]| Image::new(3, 97, 211, values.clone()).map_err(|error| error.to_string());
    let asked = [request("drawn", vec![], "no source")];
    let filled = cache.fill(&asked, drawn, &FillSettings::default(), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let key = Key::new(&[], "no source");
    assert_eq!(keys(&filled), [key]);
    let mut out = vec![0.0; values.len()];
    assert_eq!(cache.read(&key, &mut out).unwrap(), [3, 97, 211]);
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&out), bits(&values));
    for length in [0, values.len() - 1, values.len() + 1] {
        let error = cache.read(&key, &mut vec![0.0; length]).unwrap_err();
        one_line(&error.to_string(), &["found room for", "expected 61401"]);
    }
    let error = cache.get(&Key::new(&[], "another")).unwrap_err();
    assert!(matches!(error, CacheError::Missing { .. }));
    one_line(&error.to_string(), &["found no block", &Key::new(&[], "another").to_string()]);
}

#[test]
fn a_changed_file_or_recipe_is_another_block() {
    let files = Files::new(3);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let first = keys(&fill(&cache, &files.requests("2x3")));
    let source = SourceHash::of(&files.bytes(0));
    assert_eq!(first[0], Key::new(&[source], "2x3"));

    let resized = fill(&cache, &files.requests("3x2"));
    assert_eq!(resized.decoded, 3);
    fs::write(files.path(1), [9; 6]).unwrap();
    let changed = fill(&cache, &files.requests("2x3"));
    assert_eq!((changed.decoded, changed.found), (1, 2));
    let changed = keys(&changed);
    assert_eq!((changed[0], changed[2]), (first[0], first[2]));
    assert_eq!(cache.get(&changed[1]).unwrap().values(), [9.0; 6]);
    assert_ne!(cache.get(&first[1]).unwrap().values(), [9.0; 6], "the old block is what it was");

    let both = vec![files.path(0), files.path(2)];
    let both = [request("ab", both.clone(), "2x3"), request("ba", both.into_iter().rev().collect(), "2x3")];
    let both = keys(&fill(&cache, &both));
    assert_eq!(both[0], Key::new(&[source, SourceHash::of(&files.bytes(2))], "2x3"));
    assert_ne!(both[0], both[1]);
}

#[test]
fn settled_sources_are_not_read_again_unless_they_changed() {
    let files = Files::new(6);
    files.settle();
    let cache = Cache::open(files.folder("cache")).unwrap();
    let first = keys(&fill(&cache, &files.requests("2x3")));
    assert!(fs::read_to_string(cache.folder().join("packs-v1/sources")).unwrap().lines().count() == 7);

    // Hashes are remembered, not files.
    let moved = files.folder("moved");
    fs::rename(files.path(1), &moved).unwrap();
    let filled = fill(&cache, &files.requests("2x3"));
    assert_eq!((filled.found, filled.failed), (5, 1));
    fs::rename(&moved, files.path(1)).unwrap();

    // Another length, other times, and the same bytes under other times.
    fs::write(files.path(2), [1; 7]).unwrap();
    fs::write(files.path(3), [2; 6]).unwrap();
    fs::write(files.path(4), files.bytes(4)).unwrap();
    let filled = fill(&cache, &files.requests("2x3"));
    assert_eq!((filled.decoded, filled.failed), (1, 1));
    one_line(&filled.keys[2].as_ref().unwrap_err().to_string(), &["table.csv:4", "00002.raw", "found 7 bytes"]);
    assert_ne!(*filled.keys[3].as_ref().unwrap(), first[3]);
    assert_eq!(*filled.keys[4].as_ref().unwrap(), first[4]);

    let rehash = FillSettings { rehash: true, ..FillSettings::default() };
    assert_eq!(fill_with(&cache, &files.requests("2x3"), &rehash).found, 5);
    fs::write(cache.folder().join("packs-v1/sources"), "garbage\n").unwrap();
    assert_eq!(fill(&cache, &files.requests("2x3")).found, 5);
}

#[test]
fn what_fails_is_listed_and_the_others_go_on() {
    let files = Files::new(8);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let mut requests = files.requests("2x3");
    requests[1].sources = vec![files.folder("absent.raw")];
    fs::write(files.path(2), [0; 5]).unwrap();
    requests[3].recipe = "panic".to_owned();
    requests[4].sources = vec![files.folder("")];
    fs::write(files.path(5), [0; 900]).unwrap();
    requests[6].origin = String::new();
    requests[6].recipe = "lines".to_owned();
    let settings = FillSettings { largest_source: 800, ..FillSettings::default() };
    let mut last = None;
    let filled = cache
        .fill(&requests, decode, &settings, &mut |progress| last = Some(*progress), &AtomicBool::new(false))
        .unwrap();
    assert_eq!((filled.decoded, filled.failed, filled.stopped), (2, 6, 0));
    let last = last.unwrap();
    assert_eq!((last.requests, last.done, last.decoded, last.failed, last.bytes), (8, 8, 2, 6, 48));
    let message = |place: usize| filled.keys[place].as_ref().unwrap_err().to_string();
    one_line(&message(1), &["table.csv:3: ", "absent.raw: cannot read: "]);
    one_line(&message(2), &["table.csv:4: ", "00002.raw: found 5 bytes, expected 6"]);
    one_line(&message(3), &["table.csv:5: ", "00003.raw: the decoder panicked: found a surprise"]);
    one_line(&message(4), &["table.csv:6: ", "cannot read: found a folder, pipe or device, expected a file"]);
    one_line(&message(5), &["table.csv:7: ", "00005.raw: cannot read: found 900 bytes, expected at most 800"]);
    one_line(&message(6), &["image 6: ", "two lines"]);
    assert_eq!(cache.len(), 2);
}

#[test]
fn blocks_of_the_same_sources_are_made_together_and_only_those_that_lack() {
    let files = Files::new(3);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let both = |number: usize| ["2x3", "3x2"].map(|recipe| request(recipe, vec![files.path(number)], recipe));
    fill(&cache, &both(0)[..1]);
    let calls = std::sync::Mutex::new(Vec::new());
    let together = |requests: &[&Request], sources: &[Vec<u8>]| {
        calls
            .lock()
            .unwrap()
            .push((sources[0][0], requests.iter().map(|request| request.id.clone()).collect::<Vec<_>>()));
        requests.iter().map(|request| decode(request, sources)).collect()
    };
    let mut requests: Vec<Request> = (0..2).flat_map(both).collect();
    requests.extend(both(1));
    requests.push(request("bad", vec![files.path(2)], "bad"));
    requests.push(request("2x3", vec![files.path(2)], "2x3"));
    requests.extend(["2x3", "3x2"].map(|recipe| request(recipe, vec![files.path(9)], recipe)));
    let (settings, stop) = (FillSettings { workers: 1, ..FillSettings::default() }, AtomicBool::new(false));
    let filled = cache.fill_together(&requests, together, &settings, &mut |_| {}, &stop).unwrap();
    assert_eq!((filled.decoded, filled.found, filled.failed), (4, 3, 3));
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let expected = [(0, texts(&["3x2"])), (1, texts(&["2x3", "3x2"])), (2, texts(&["bad", "2x3"]))];
    assert_eq!(*calls.lock().unwrap(), expected, "file 0 has one of its blocks, file 1 is asked for twice");
    for (request, key) in requests.iter().zip(&filled.keys) {
        match key {
            Ok(key) => {
                let expected = decode(request, &[fs::read(&request.sources[0]).unwrap()]).unwrap();
                assert_eq!(cache.get(key).unwrap(), expected);
            }
            Err(failure) if request.id == "bad" => one_line(&failure.to_string(), &["two lines", "00002.raw"]),
            Err(failure) => one_line(&failure.to_string(), &["cannot read", "00009.raw"]),
        }
    }
}

#[test]
fn a_block_that_is_wanted_twice_is_made_once() {
    let files = Files::new(30);
    for number in 0..30 {
        fs::write(files.path(number), [number as u8 % 5; 6]).unwrap();
    }
    let cache = Cache::open(files.folder("cache")).unwrap();
    let count = AtomicUsize::new(0);
    let counted = |request: &Request, sources: &[Vec<u8>]| {
        count.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(5));
        decode(request, sources)
    };
    let settings = FillSettings { workers: 4, pack_bytes: 30, ..FillSettings::default() };
    let filled = cache.fill(&files.requests("2x3"), counted, &settings, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((filled.decoded, filled.found, count.into_inner()), (5, 25, 5));
    let keys = keys(&filled);
    assert!((0..30).all(|number| keys[number] == keys[number % 5]));
}

#[test]
fn a_request_does_not_fail_with_another_of_the_same_key() {
    // Both ask for one block at the same time, and what makes it fails for the first of them. Which of the two comes
    // first is up to the system, so that this is repeated until it is the one that fails.
    for _ in 0..100 {
        let files = Files::new(2);
        fs::write(files.path(1), files.bytes(0)).unwrap();
        let cache = Cache::open(files.folder("cache")).unwrap();
        fill(&cache, &files.requests("2x3"));
        let requests = files.requests("3x2");
        let slow_then_none = |asked: &Request, sources: &[Vec<u8>]| {
            if asked.id == requests[0].id {
                std::thread::sleep(Duration::from_millis(300));
                return Err("found nothing".to_owned());
            }
            decode(asked, sources)
        };
        let settings = FillSettings { workers: 2, ..FillSettings::default() };
        let filled = cache.fill(&requests, slow_then_none, &settings, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        let second = filled.keys[1].clone().unwrap();
        assert_eq!(cache.get(&second).unwrap().shape(), [1, 3, 2]);
        assert_eq!(filled.decoded, 1);
        if filled.failed == 1 {
            return;
        }
    }
    panic!("the request that fails was never the first");
}

#[test]
fn the_wish_to_stop_keeps_what_is_done() {
    let files = Files::new(60);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let stop = AtomicBool::new(false);
    let settings = FillSettings { workers: 2, ..FillSettings::default() };
    let mut progress = |progress: &herring_cache::Progress| stop.store(progress.done >= 7, Ordering::Relaxed);
    let slowly = |request: &Request, sources: &[Vec<u8>]| {
        std::thread::sleep(Duration::from_millis(2));
        decode(request, sources)
    };
    let filled = cache.fill(&files.requests("2x3"), slowly, &settings, &mut progress, &stop).unwrap();
    assert!((7..40).contains(&filled.decoded), "{}", filled.decoded);
    assert_eq!(filled.decoded + filled.stopped, 60);
    for key in &filled.keys {
        match key {
            Ok(key) => assert!(cache.contains(key)),
            Err(failure) => assert_eq!(failure.cause, Cause::Stopped),
        }
    }
    assert_eq!(Cache::open(cache.folder()).unwrap().verify().unwrap().whole, filled.decoded);
    assert_eq!(fill(&cache, &files.requests("2x3")).found, filled.decoded);
}

/// Fills, damages with `damage` (index, pack), and checks what is said and that it is made good.
fn damaged(damage: impl Fn(&Path, &Path), parts: &[&str], lost: std::ops::RangeInclusive<usize>) {
    let files = Files::new(40);
    let folder = files.folder("cache");
    let cache = Cache::open(&folder).unwrap();
    let keys = keys(&fill_with(&cache, &files.requests("2x3"), &several_packs()));
    let pack = full_pack(&cache);
    let index = pack.with_extension("index");
    damage(&index, &pack);

    for cache in [cache, Cache::open(&folder).unwrap()] {
        // No block is wrong without an error.
        for (number, key) in keys.iter().enumerate() {
            match cache.get(key) {
                Ok(image) => assert_eq!(image, decode(&files.requests("2x3")[number], &[files.bytes(number)]).unwrap()),
                Err(error) => one_line(&error.to_string(), &[&key.to_string()]),
            }
        }
    }
    let cache = Cache::open(&folder).unwrap();
    let verified = cache.verify().unwrap();
    assert!(lost.contains(&(40 - verified.whole)), "{}", verified.whole);
    assert_eq!(verified.damage.len(), 1);
    one_line(&verified.damage[0].to_string(), parts);
    let name = pack.file_stem().unwrap().to_str().unwrap();
    one_line(&verified.damage[0].to_string(), &[name]);

    let forgotten = cache.forget_damaged().unwrap();
    assert_eq!(forgotten, verified.damage);
    assert_eq!(cache.forget_damaged().unwrap(), []);
    let filled = fill(&cache, &files.requests("2x3"));
    assert_eq!((filled.found, filled.decoded, filled.damage), (verified.whole, 40 - verified.whole, vec![]));
    assert_eq!(self::keys(&fill(&cache, &files.requests("2x3"))), keys);
    assert_eq!(Cache::open(&folder).unwrap().verify().unwrap().whole, 40);
}

#[test]
fn a_wrong_byte_in_a_pack() {
    let flip = |_: &Path, pack: &Path| {
        let mut bytes = fs::read(pack).unwrap();
        bytes[16 + 24 * 3 + 5] ^= 16;
        fs::write(pack, bytes).unwrap();
    };
    damaged(flip, &["block ", "is damaged: found CRC-32 ", ".pack"], 1..=1);
}

#[test]
fn a_pack_that_is_cut_off_or_empty() {
    let cut =
        |length| move |_: &Path, pack: &Path| File::options().write(true).open(pack).unwrap().set_len(length).unwrap();
    damaged(cut(16 + 24 * 5 + 3), &["found a pack of 139 bytes, expected ", "11 of its 16 blocks are lost"], 11..=11);
    damaged(cut(0), &["found a pack of 0 bytes", "16 of its 16 blocks are lost"], 16..=16);
    damaged(cut(1000), &["found a pack of 1000 bytes", "0 of its 16 blocks are lost"], 0..=0);
}

#[test]
fn a_pack_that_is_missing() {
    damaged(
        |_, pack| fs::remove_file(pack).unwrap(),
        &["found no pack, expected one of 400 bytes: its 16 blocks are lost"],
        16..=16,
    );
}

#[test]
fn an_index_that_is_cut_off_or_garbage() {
    let write = |bytes: &'static [u8]| move |index: &Path, _: &Path| fs::write(index, bytes).unwrap();
    damaged(write(b""), &["the index is damaged: found other bytes at its start"], 16..=16);
    damaged(write(b"HRNGINDX\x01"), &["the index is damaged: found 9 bytes, expected at least 28"], 16..=16);
    damaged(write(&[0xff; 3000]), &["the index is damaged: found other bytes"], 16..=16);
    damaged(write(b"HRNGINDX\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), &["found format 2, expected 1"], 16..=16);
    let cut = |index: &Path, _: &Path| File::options().write(true).open(index).unwrap().set_len(500).unwrap();
    damaged(cut, &["the index is damaged: found 500 bytes, expected 924 for its 16 blocks"], 16..=16);
    let flip = |index: &Path, _: &Path| {
        let mut bytes = fs::read(index).unwrap();
        bytes[100] ^= 1;
        fs::write(index, bytes).unwrap();
    };
    damaged(flip, &["the index is damaged: found CRC-32 "], 16..=16);
}

#[test]
fn a_cache_with_damage_is_filled_and_says_so() {
    let files = Files::new(40);
    let cache = Cache::open(files.folder("cache")).unwrap();
    fill_with(&cache, &files.requests("2x3"), &several_packs());
    fs::write(full_pack(&cache).with_extension("index"), "garbage").unwrap();
    let filled = fill(&cache, &files.requests("2x3"));
    assert_eq!((filled.decoded, filled.found, filled.damage.len()), (16, 24, 1));
    assert!(matches!(filled.damage[0], Damage::Index { .. }));
    assert_eq!(cache.len(), 40);
}

#[test]
fn chosen_blocks_can_be_dropped() {
    let files = Files::new(40);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let keys = keys(&fill_with(&cache, &files.requests("2x3"), &several_packs()));
    cache.forget(&keys[3..6]).unwrap();
    assert_eq!(cache.len(), 37);
    assert!(!cache.contains(&keys[4]));
    cache.forget(&keys).unwrap();
    assert!(cache.is_empty() && files_of(&cache, ".pack").is_empty() && files_of(&cache, ".index").is_empty());
    assert_eq!(fill(&cache, &files.requests("2x3")).decoded, 40);
}

#[test]
fn a_second_cache_on_the_folder_sees_what_the_first_publishes() {
    let files = Files::new(5);
    let (writer, reader) = (Cache::open(files.folder("cache")).unwrap(), Cache::open(files.folder("cache")).unwrap());
    let keys = keys(&fill(&writer, &files.requests("2x3")));
    assert!(!reader.contains(&keys[0]));
    assert_eq!(reader.get(&keys[0]).unwrap(), writer.get(&keys[0]).unwrap());
    assert_eq!(reader.len(), 5);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_one_is_an_error() {
    let files = Files::new(1);
    let error = Cache::open(files.path(0)).unwrap_err();
    one_line(&error.to_string(), &["cannot create ", "00000.raw/packs-v1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_images_come_back(
        shapes in prop::collection::vec((1usize..4, 1usize..20, 1usize..20), 1..20),
        pack_bytes in 0u64..4000,
        workers in 0usize..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let requests: Vec<_> = (0..shapes.len()).map(|place| request(&place.to_string(), vec![], &place.to_string())).collect();
        let drawn = |place: usize| {
            let (channels, height, width) = shapes[place];
            let values = (0..channels * height * width).map(|value| (value * 31 + place) as f32).collect();
            Image::new(channels, height, width, values).unwrap()
        };
        let cache = Cache::open(folder.path()).unwrap();
        let settings = FillSettings { workers, pack_bytes, ..FillSettings::default() };
        let decode = |request: &Request, _: &[Vec<u8>]| Ok(drawn(request.id.parse().unwrap()));
        let filled = cache.fill(&requests, decode, &settings, &mut |_| {}, &AtomicBool::new(false)).unwrap();
        for (place, key) in keys(&filled).iter().enumerate() {
            prop_assert_eq!(cache.get(key).unwrap(), drawn(place));
        }
    }
}

#[test]
fn a_source_of_this_moment_is_read_again() {
    let files = Files::new(1);
    let cache = Cache::open(files.folder("cache")).unwrap();
    let time = SystemTime::now();
    let set = || File::options().write(true).open(files.path(0)).unwrap().set_modified(time).unwrap();
    set();
    let before = keys(&fill(&cache, &files.requests("2x3")));
    // Rewritten within the moment: same length, same time of modification.
    fs::write(files.path(0), [77; 6]).unwrap();
    set();
    let after = keys(&fill(&cache, &files.requests("2x3")));
    assert_ne!(before, after);
}
