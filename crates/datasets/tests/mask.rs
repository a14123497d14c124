//! Dilation against SciPy's Gaussian filter followed by `> 0`; `golden/make_golden.py` made the values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::{Image, mask};
use serde_json::Value;

fn image(rows: &Value) -> Image {
    let rows: Vec<&str> = rows.as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    let values = rows.concat().bytes().map(|b| f32::from(u8::from(b == b'#'))).collect();
    Image::new(1, rows.len(), rows[0].len(), values).unwrap()
}

#[test]
fn dilation_is_the_gaussian_above_zero() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("golden/dilation.json")).unwrap();
    assert_eq!(cases.len(), 52);
    for case in cases {
        let sigma = case["sigma"].as_f64().unwrap();
        let dilated = mask::dilate(&image(&case["mask"]), sigma).unwrap();
        assert_eq!(dilated, image(&case["dilated"]), "{} at {sigma}", case["name"]);
    }
}
