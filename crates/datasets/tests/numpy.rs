//! The legacy stream against NumPy itself; `golden/make_golden.py` made the values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::numpy::LegacyRandom;
use serde_json::{Value, json};

fn numbers(count: usize, mut draw: impl FnMut() -> u32) -> Value {
    (0..count).map(|_| draw()).collect::<Vec<_>>().into()
}

#[test]
fn streams_equal_numpys_for_every_seed() {
    let golden: Value = serde_json::from_str(include_str!("golden/numpy.json")).unwrap();
    let cases = golden["streams"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let seed = case["seed"].as_u64().unwrap() as u32;
        let fresh = || LegacyRandom::new(seed);

        let mut random = fresh();
        assert_eq!(numbers(10, || random.next_u32()), case["words_start"]);
        for _ in 0..1280 {
            random.next_u32();
        }
        assert_eq!(numbers(10, || random.next_u32()), case["words_end"]);

        for interval in case["intervals"].as_array().unwrap() {
            let max = interval["max"].as_u64().unwrap() as u32;
            let mut random = fresh();
            let values = numbers(20, || random.interval(max));
            assert_eq!(values, interval["values"], "seed {seed}, max {max}");
        }

        let mut random = fresh();
        let values = numbers(40, || random.randint(1, 3).unwrap());
        assert_eq!(values, case["randint"]);

        let mut letters: Vec<usize> = (0..17).collect();
        fresh().shuffle(&mut letters).unwrap();
        assert_eq!(json!(letters), case["shuffle_17"]);
        for n in [256, 700] {
            let shuffled = fresh().permutation(n).unwrap();
            assert_eq!(json!(shuffled), case[format!("permutation_{n}")]);
        }
        let choice = fresh().choice_without_replacement(26, 5).unwrap();
        assert_eq!(json!(choice), case["choice_5_of_26"]);
    }
}
