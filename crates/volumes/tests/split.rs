//! Splits and draws against NumPy, index for index; `golden/make_draws.py` made them.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_volumes::{draw_slices, split_volumes};

#[test]
fn splits_and_draws_are_those_of_numpy() {
    let mut seen = [0, 0];
    for line in include_str!("golden/draws.txt").lines() {
        let (what, rest) = line.split_once(' ').unwrap();
        let numbers =
            |text: &str| -> Vec<usize> { text.split_whitespace().map(|word| word.parse().unwrap()).collect() };
        if what == "split" {
            let parts: Vec<Vec<usize>> = rest.split('|').map(numbers).collect();
            let [count, seed, ref train @ ..] = parts[0][..] else { panic!("{line}") };
            let split = split_volumes(count, seed as u32).unwrap();
            assert_eq!((split.train.as_slice(), &split.valid, &split.test), (train, &parts[1], &parts[2]), "{line}");
            seen[0] += 1;
        } else {
            let all = numbers(rest);
            let [length, start, end, count, seed, ref expected @ ..] = all[..] else { panic!("{line}") };
            let classes: Vec<bool> =
                (0..length).map(|place| (start..end).contains(&place) && place != start + 3).collect();
            assert_eq!(draw_slices(&classes, count, seed as u32).unwrap(), expected, "{line}");
            seen[1] += 1;
        }
    }
    assert_eq!(seen, [6, 5]);
}

#[test]
fn the_tasks_are_split_as_the_paper_has_them() {
    for (count, sizes) in [(20, [6, 6, 8]), (131, [39, 39, 53]), (281, [84, 84, 113]), (4, [1, 1, 2]), (3, [0, 0, 3])] {
        let split = split_volumes(count, 0).unwrap();
        assert_eq!([split.train.len(), split.valid.len(), split.test.len()], sizes);
    }
    assert!(draw_slices(&[true, false, true], 4, 0).is_err());
}
