//! A perceptually uniform colour scale.
//!
//! It is a path through the OKLab colour space (Ottosson 2020) along which lightness grows evenly,
//! from a dark violet over red to a light yellow, so that twice the value looks twice as bright, in
//! grey and to colour-blind eyes too.

/// The colour for `value` in `[0, 1]`, as sRGB.
pub fn colour(value: f64) -> [u8; 3] {
    let value = value.clamp(0.0, 1.0);
    let lightness = 0.22 + 0.73 * value;
    let hue = (-60.0 + 165.0 * value).to_radians();
    // The most colourful in the middle, where sRGB has room for it.
    let chroma = 0.05 + 0.14 * (std::f64::consts::PI * (0.12 + 0.80 * value)).sin();
    from_oklab(lightness, chroma * hue.cos(), chroma * hue.sin())
}

/// The colour of a difference in `[-1, 1]`: blue below zero, near white at it, red above, equally far from
/// white at equal distances.
pub fn diverging(value: f64) -> [u8; 3] {
    let value = value.clamp(-1.0, 1.0);
    let far = value.abs();
    let hue: f64 = if value < 0.0 { 255.0 } else { 30.0 };
    let chroma = 0.17 * far.powf(0.9);
    let hue = hue.to_radians();
    from_oklab(0.97 - 0.47 * far, chroma * hue.cos(), chroma * hue.sin())
}

/// sRGB of a colour in OKLab, cut off where sRGB ends.
fn from_oklab(lightness: f64, a: f64, b: f64) -> [u8; 3] {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ]
    .map(encode)
}

/// The sRGB byte of a linear intensity.
fn encode(linear: f64) -> u8 {
    let linear = linear.clamp(0.0, 1.0);
    let encoded = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_symmetric_in_darkness_and_apart_in_hue() {
        let [low, none, high] = [-1.0, 0.0, 1.0].map(diverging);
        assert!(none.iter().all(|part| *part > 235), "{none:?}");
        assert!(low[2] > low[0] && high[0] > high[2], "{low:?} {high:?}");
    }

    #[test]
    fn brightness_grows_all_along() {
        let luminance = |[red, green, blue]: [u8; 3]| {
            0.2126 * f64::from(red) + 0.7152 * f64::from(green) + 0.0722 * f64::from(blue)
        };
        let steps: Vec<f64> = (0..=50).map(|step| luminance(colour(f64::from(step) / 50.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }

    #[test]
    fn white_and_black_are_those_of_srgb() {
        assert_eq!(from_oklab(1.0, 0.0, 0.0), [255, 255, 255]);
        assert_eq!(from_oklab(0.0, 0.0, 0.0), [0, 0, 0]);
    }
}
