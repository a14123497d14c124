//! Colour pictures: three channels, luminance, and grey pictures among them.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::must;
use herring_pixels::{Channels, Crop, Limits, Picture, Preparation, Resize, Values, decode, prepare};

fn opened(name: &str) -> Picture {
    decode(&must(name), &Limits::default()).unwrap()
}

/// Channel `channel` of a picture as a picture of its own.
fn plane(picture: &Picture, channel: usize, preparation: &Preparation) -> Vec<f32> {
    let one = Preparation { channels: Channels::First, resize: Resize::None, ..preparation.clone() };
    let whole = Preparation { channels: Channels::Colour, ..one };
    let image = prepare(picture, &whole).unwrap();
    let length = whole.size * whole.size;
    image.values()[channel * length..][..length].to_vec()
}

#[test]
fn each_channel_is_scaled_and_resized_by_itself() {
    for name in ["colour8.png", "colour-444.jpg", "colour8.dcm"] {
        let picture = opened(name);
        let side = picture.height().min(picture.width());
        let whole = Preparation::photograph(side);
        let Values::U8(stored) = picture.values() else { panic!("{name} has 8 bits") };
        let [top, left] = [picture.height() / 2 - side / 2, picture.width() / 2 - side / 2];
        for channel in 0..3 {
            let found = plane(&picture, channel, &whole);
            for (place, value) in found.iter().enumerate() {
                let (row, column) = (top + place / side, left + place % side);
                let at = (row * picture.width() + column) * picture.channels() + channel;
                assert_eq!(*value, f32::from(stored[at]) / 255.0, "{name}, channel {channel}, pixel {place}");
            }
        }
        let small = prepare(&picture, &Preparation::photograph(9)).unwrap();
        assert_eq!(small.shape(), [3, 9, 9]);
        let first =
            prepare(&picture, &Preparation { channels: Channels::First, ..Preparation::photograph(9) }).unwrap();
        assert_eq!(small.values()[..81], *first.values());
        assert_ne!(small.values()[..81], small.values()[81..162], "{name} has colours");
    }
}

#[test]
fn a_grey_picture_has_three_equal_channels_and_opacity_is_none() {
    for name in ["grey8.png", "grey16.png", "interlaced16.png", "explicit12.dcm"] {
        let picture = opened(name);
        let image = prepare(&picture, &Preparation::photograph(16)).unwrap();
        let one = prepare(&picture, &Preparation { channels: Channels::First, ..Preparation::photograph(16) }).unwrap();
        let channels: Vec<&[f32]> = image.values().chunks_exact(256).collect();
        assert_eq!(channels, [one.values(); 3], "{name}");
        assert_eq!(picture.without_opacity().channels(), 1);
        assert_eq!(picture.luminance(), picture.first_channel(), "{name}");
    }
    let opaque = opened("alpha8.png");
    let colours = opaque.without_opacity();
    assert_eq!((opaque.channels(), colours.channels(), colours.without_opacity() == colours), (4, 3, true));
    assert_eq!(prepare(&opaque, &Preparation::photograph(16)), prepare(&colours, &Preparation::photograph(16)));
}

/// A picture of 16 bits a colour, 9 x 11 pixels.
fn deep() -> Picture {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 11, 9);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Sixteen);
    let values: Vec<u8> = (0..9 * 11 * 3_u32).flat_map(|index| ((index * 40_503) as u16).to_be_bytes()).collect();
    encoder.write_header().unwrap().write_image_data(&values).unwrap();
    decode(&file, &Limits::default()).unwrap()
}

/// Bytes are compared with Pillow's in `bytes.rs`; deeper values are weighted likewise.
#[test]
fn luminance_of_deep_pictures_is_the_weighted_sum() {
    let picture = deep();
    assert!(picture.has_colours() && picture.bits() == 16);
    let luminance = picture.luminance();
    for row in 0..picture.height() {
        for column in 0..picture.width() {
            let [red, green, blue] = [0, 1, 2].map(|channel| i64::from(picture.get(row, column, channel).unwrap()));
            let expected = (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) / 65_536;
            assert_eq!(luminance.get(row, column, 0).map(i64::from), Some(expected));
        }
    }
    let side = picture.height().min(picture.width());
    let through = Preparation { channels: Channels::Luminance, crop: Crop::Center, ..Preparation::photograph(side) };
    let image = prepare(&picture, &through).unwrap();
    assert_eq!(image.shape(), [1, side, side]);
    assert_eq!(image, prepare(&luminance, &Preparation { channels: Channels::First, ..through }).unwrap());
}

#[test]
fn keys_of_one_channel_stay_what_they_were() {
    assert!(!Preparation::xray(8).key().unwrap().contains("channels"));
    let key = Preparation::photograph(8).key().unwrap();
    assert!(key.ends_with(r#""size":8,"channels":"colour"}}"#), "{key}");
    let read: Preparation = serde_json::from_str(&serde_json::to_string(&Preparation::photograph(8)).unwrap()).unwrap();
    assert_eq!(read, Preparation::photograph(8));
}
