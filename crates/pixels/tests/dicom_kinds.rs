//! DICOM files that are built here, element by element: what is bright in them, how their bytes lie, and what others
//! read although the standard says otherwise. The expected values are those of pydicom 3.0.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::dicom_file::{BIG, EXPLICIT, File, IMPLICIT, RLE, meta, painted};
use herring_pixels::{
    Crop, Limits, Monochrome1, PixelNote, Preparation, Range, Resize, Values, decode, prepare, probe,
};

fn settings() -> Preparation {
    Preparation { range: Range::Unit, crop: Crop::Whole, resize: Resize::None, ..Preparation::xray(2) }
}

fn shares(file: &File, preparation: &Preparation) -> Vec<f32> {
    let picture = decode(&file.bytes(), &Limits::default()).unwrap();
    prepare(&picture, preparation).unwrap().values().to_vec()
}

fn close(found: &[f32], expected: [f64; 4]) {
    let near = found.iter().zip(expected).all(|(one, other)| (f64::from(*one) - other).abs() < 1e-6);
    assert!(near && found.len() == 4, "{found:?} {expected:?}");
}

fn refusal(bytes: &[u8]) -> String {
    decode(bytes, &Limits::default()).unwrap_err().to_string()
}

const UPRIGHT: [f64; 4] = [0., 1000. / 4095., 2000. / 4095., 1.];

fn turned() -> [f64; 4] {
    UPRIGHT.map(|share| 1. - share)
}

#[test]
fn bright_is_what_the_modality_transformation_and_the_photometric_interpretation_make_of_it() {
    let falling: Vec<u16> = (0..4096).map(|value| 4095 - value).collect();
    let rising: Vec<u16> = (0..4096).map(|value| value / 2).collect();
    for syntax in [EXPLICIT, IMPLICIT, BIG] {
        let two = File::twelve(syntax);
        let one = two.clone().text(0x28, 4, b"CS", "MONOCHROME1");
        let slope =
            |file: &File, text: &str| file.clone().text(0x28, 0x1053, b"DS", text).text(0x28, 0x1052, b"DS", "4095");
        for (file, expected) in [
            (two.clone(), UPRIGHT),
            (one.clone(), turned()),
            (slope(&two, "-1"), turned()),
            (slope(&one, "-1"), UPRIGHT),
            (slope(&two, "-0.5"), turned()),
            (slope(&two, "-1.000000e+00"), turned()),
            (slope(&two, "1.0000e+00"), UPRIGHT),
            (slope(&one, "2"), turned()),
            (two.clone().lut(0, &falling), turned()),
            (one.clone().lut(0, &falling), UPRIGHT),
            (two.clone().lut(0, &rising), UPRIGHT),
            (one.clone().lut(0, &rising), turned()),
            // The table counts, and not a slope beside it.
            (slope(&two.clone().lut(0, &rising), "-1"), UPRIGHT),
        ] {
            close(&shares(&file, &settings()), expected);
            // pydicom's pixel_array, whatever the file says of it.
            let stored = Preparation { monochrome1: Monochrome1::AsStored, ..settings() };
            close(&shares(&file, &stored), UPRIGHT);
        }
        let dark = |file: &File| decode(&file.bytes(), &Limits::default()).unwrap().dark_is_high();
        assert_eq!(
            [dark(&two), dark(&one), dark(&slope(&two, "-1")), dark(&slope(&one, "-1"))],
            [false, true, true, false]
        );
    }
}

#[test]
fn a_transformation_that_is_applied_turns_the_values_itself() {
    let rescaled = Preparation { rescale: true, maximum: Some(4095), ..settings() };
    let two = File::twelve(EXPLICIT);
    let one = two.clone().text(0x28, 4, b"CS", "MONOCHROME1");
    let slope = |file: &File| file.clone().text(0x28, 0x1053, b"DS", "-1").text(0x28, 0x1052, b"DS", "4095");
    close(&shares(&slope(&two), &rescaled), turned());
    close(&shares(&slope(&one), &rescaled), UPRIGHT);
    // pydicom's apply_modality_lut of stored values 0, 1, 2, 40: those behind the table mean what its last does.
    let pixels: Vec<u8> = [0u16, 1, 2, 40].iter().flat_map(|value| value.to_le_bytes()).collect();
    let table: Vec<u16> = (0..16).map(|value| 1000 - 10 * value).collect();
    let few = File::grey(EXPLICIT, [2, 2], 16, (b"OW", pixels)).lut(0, &table);
    let thousand = Preparation { rescale: true, maximum: Some(1000), ..settings() };
    close(&shares(&few, &thousand), [1., 0.99, 0.98, 0.85]);
    let inverted = few.text(0x28, 4, b"CS", "MONOCHROME1");
    let whole = Preparation { rescale: true, maximum: Some(65_535), ..settings() };
    close(&shares(&inverted, &whole), [1000., 990., 980., 850.].map(|value| (65_535. - value) / 65_535.));
}

#[test]
fn a_table_that_goes_neither_way_is_refused_unless_it_is_applied_or_nothing_is() {
    let uneven = File::twelve(EXPLICIT).lut(0, &[0, 9, 4]);
    let picture = decode(&uneven.bytes(), &Limits::default()).unwrap();
    let text = prepare(&picture, &settings()).unwrap_err().to_string();
    assert!(text.contains("a modality LUT that neither rises nor falls"), "{text}");
    assert!(prepare(&picture, &Preparation { monochrome1: Monochrome1::AsStored, ..settings() }).is_ok());
    assert!(prepare(&picture, &Preparation { rescale: true, maximum: Some(65_535), ..settings() }).is_ok());
}

#[test]
fn bytes_that_lie_as_big_endian_words_are_put_back_in_pairs() {
    let values: Vec<u8> = (1..=6).collect();
    let exchanged = vec![2, 1, 4, 3, 6, 5];
    let read = |file: &File| decode(&file.bytes(), &Limits::default()).unwrap().values().clone();
    assert_eq!(read(&File::grey(BIG, [2, 3], 8, (b"OW", exchanged.clone()))), Values::U8(values.clone()));
    assert_eq!(read(&File::grey(BIG, [2, 3], 8, (b"OB", values.clone()))), Values::U8(values.clone()));
    assert_eq!(read(&File::grey(EXPLICIT, [2, 3], 8, (b"OW", values.clone()))), Values::U8(values));
    // Of an odd number the last one's partner is padding.
    assert_eq!(read(&File::grey(BIG, [1, 3], 8, (b"OW", vec![2, 1, 0, 3]))), Values::U8(vec![1, 2, 3]));
    let colour =
        File::grey(BIG, [1, 1], 8, (b"OW", vec![8, 7, 0, 9])).number(2, 3).text(0x28, 4, b"CS", "RGB").number(6, 0);
    assert_eq!(read(&colour), Values::U8(vec![7, 8, 9]));
}

#[test]
fn what_other_programs_read_is_read_with_a_note() {
    let file = File::twelve(EXPLICIT);
    let expected = decode(&file.bytes(), &Limits::default()).unwrap();
    assert_eq!(expected.notes(), []);
    let whole = file.bytes();
    let comma = |text: &str| file.clone().text(0x28, 0x1052, b"DS", text).text(0x28, 0x1053, b"DS", "1").bytes();
    let implicit = File::twelve(IMPLICIT).body();
    let with_meta = |meta: Vec<u8>, body: &[u8]| [&[0; 128][..], b"DICM", &meta, body].concat();
    let without_length = meta(EXPLICIT, 0).split_off(12);
    for (bytes, note) in [
        (whole[132..].to_vec(), PixelNote::DicomWithoutPreamble),
        (with_meta(meta(EXPLICIT, 8), &file.body()), PixelNote::DicomMetaLength),
        (with_meta(meta(EXPLICIT, -4), &file.body()), PixelNote::DicomMetaLength),
        (with_meta(without_length, &file.body()), PixelNote::DicomMetaLength),
        ([&whole[..], &[0; 100]].concat(), PixelNote::DicomPadded),
        (comma("-1,5"), PixelNote::DicomDecimalComma),
        (with_meta(meta(EXPLICIT, 0), &implicit), PixelNote::DicomOtherLayout),
        (with_meta(meta(IMPLICIT, 0), &file.body()), PixelNote::DicomOtherLayout),
    ] {
        let picture = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!((picture.values(), picture.notes()), (expected.values(), &[note][..]));
        assert_eq!(probe(&bytes).unwrap(), picture.info());
    }
    assert_eq!(decode(&comma("-1,5"), &Limits::default()).unwrap().rescale(), Some([1., -1.5]));
}

#[test]
fn what_is_refused_says_what_it_is() {
    let file = File::twelve(EXPLICIT);
    let mut report = File { syntax: EXPLICIT, elements: Vec::new() }.text(8, 0x60, b"CS", "SR");
    assert!(refusal(&report.bytes()).contains("a structured report without an image"), "{}", refusal(&report.bytes()));
    report = report.text(8, 0x60, b"CS", "ECG");
    assert!(refusal(&report.bytes()).contains("waveforms without an image"));
    let floats = file.clone().set(0x7fe0, 8, b"OF", vec![0; 16]);
    assert!(refusal(&floats.bytes()).contains("pixels that are floating-point numbers"));
    assert!(refusal(&file.clone().text(0x28, 8, b"IS", "30").bytes()).contains("found 30 frames, expected 1 frame"));
    assert!(refusal(&file.clone().number(0x102, 15).bytes()).contains("high bit 15 of 12 stored"));
    assert!(refusal(&file.clone().number(0x100, 32).bytes()).contains("12 bits stored in 32"));
    let palette = file.clone().text(0x28, 4, b"CS", "PALETTE COLOR");
    assert!(refusal(&palette.bytes()).contains("the red palette is missing"), "{}", refusal(&palette.bytes()));
    let segments = palette.set(0x28, 0x1221, b"OW", vec![0, 0, 1, 0, 9, 0]);
    assert!(refusal(&segments.bytes()).contains("a palette coded in segments"));
    assert!(refusal(&file.body()).contains("no transfer syntax"), "{}", refusal(&file.body()));
    let nothing = file.clone().text(0x28, 0x1053, b"DS", "one");
    assert!(refusal(&nothing.bytes()).contains("RescaleSlope (0028,1053) holds \"one\", expected a number"));
    // Only what is sound is called so.
    for end in [0, 100, 131, 140, 170, file.bytes().len() - 1] {
        assert!(decode(&file.bytes()[..end], &Limits::default()).is_err(), "{end}");
    }
}

/// Values before the first and behind the last have those colours, as pydicom's `apply_color_lut` has them.
#[test]
fn places_in_a_palette_are_colours() {
    for syntax in [IMPLICIT, EXPLICIT, BIG] {
        let bytes = painted(syntax, 8, [vec![10, 20, 30], vec![40, 50, 60], vec![70, 80, 255]]).bytes();
        let picture = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(*picture.values(), Values::U8(vec![10, 40, 70, 10, 40, 70, 20, 50, 80, 30, 60, 255]), "{syntax}");
        assert_eq!((picture.channels(), picture.bits(), picture.maximum()), (3, 8, 255));
        assert_eq!(probe(&bytes).unwrap(), picture.info());
    }
    // Under 16 bits, and where a file keeps 16 bits under a descriptor of 8.
    for bits in [16, 8] {
        let bytes = painted(EXPLICIT, bits, [vec![1000, 2, 3], vec![0; 3], vec![65_535; 3]]).bytes();
        let picture = decode(&bytes, &Limits::default()).unwrap();
        let expected = vec![1000, 0, 65_535, 1000, 0, 65_535, 2, 0, 65_535, 3, 0, 65_535];
        assert_eq!((picture.values(), picture.bits()), (&Values::U16(expected), 16));
        assert_eq!(probe(&bytes).unwrap(), picture.info());
    }
    let short = painted(EXPLICIT, 8, [vec![1], vec![1; 3], vec![1; 3]]).bytes();
    assert!(refusal(&short).contains("the red palette has 2 bytes for 3 values"), "{}", refusal(&short));
}

#[test]
fn colours_are_red_green_and_blue() {
    let colour = |kind: &str, pixels: Vec<u8>| File::colour(kind, [1, 2], pixels);
    let read = |file: &File| decode(&file.bytes(), &Limits::default()).unwrap().values().clone();
    assert_eq!(read(&colour("RGB", vec![1, 2, 3, 4, 5, 6])), Values::U8(vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(read(&colour("RGB", vec![1, 4, 2, 5, 3, 6]).number(6, 1)), Values::U8(vec![1, 2, 3, 4, 5, 6]));
    // Red, and grey of 100, of pydicom's conversion.
    assert_eq!(read(&colour("YBR_FULL", vec![76, 85, 255, 100, 128, 128])), Values::U8(vec![254, 0, 0, 100, 100, 100]));
    let halved = read(&colour("YBR_FULL_422", vec![76, 100, 128, 128]));
    assert_eq!(halved, Values::U8(vec![76, 76, 76, 100, 100, 100]));
    // Run lengths: a plane after the other, each a run of its own.
    let mut frame = vec![0u8; 64];
    frame[..16].copy_from_slice(&[3u32, 64, 67, 70].map(u32::to_le_bytes).concat());
    frame.extend([1, 1, 4, 1, 2, 5, 1, 3, 6, 0]);
    let item = |bytes: &[u8]| [&[0xfe, 0xff, 0, 0xe0][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
    let pixels = [item(&[]), item(&frame), vec![0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]].concat();
    let mut head = colour("RGB", vec![]);
    head.syntax = RLE;
    head.elements.retain(|(group, ..)| *group != 0x7fe0);
    let end = [&[0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff][..], &pixels].concat();
    let bytes = [head.bytes(), end].concat();
    assert_eq!(decode(&bytes, &Limits::default()).unwrap().values(), &Values::U8(vec![1, 2, 3, 4, 5, 6]));
}

/// A lossless JPEG of grey values (T.81, annex H), predicted from the left, with a restart behind every `rows` rows,
/// without the lowest `point` bits.
fn lossless(values: &[u16], [height, width]: [usize; 2], bits: u32, rows: usize, point: u32) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xc3, 0, 11, bits as u8];
    file.extend([(height as u16).to_be_bytes(), (width as u16).to_be_bytes()].concat());
    file.extend([1, 1, 0x11, 0]);
    // A code of five bits for each of 17 sizes.
    file.extend([0xff, 0xc4, 0, 19 + 17, 0]);
    file.extend((1..=16).map(|length| if length == 5 { 17 } else { 0 }));
    file.extend(0..17);
    if rows < height {
        let interval = ((rows * width) as u16).to_be_bytes();
        file.extend([0xff, 0xdd, 0, 4, interval[0], interval[1]]);
    }
    file.extend([0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, point as u8]);
    let value = |row: usize, column: usize| i32::from(values[row * width + column]) >> point;
    for begin in (0..height).step_by(rows) {
        if begin > 0 {
            file.extend([0xff, 0xd0 + ((begin / rows - 1) % 8) as u8]);
        }
        let mut text = String::new();
        for row in begin..height.min(begin + rows) {
            for column in 0..width {
                let predicted = match (row == begin, column) {
                    (true, 0) => 1 << (bits - point - 1),
                    (false, 0) => value(row - 1, 0),
                    _ => value(row, column - 1),
                };
                let difference = value(row, column) - predicted;
                let size = 32 - difference.unsigned_abs().leading_zeros();
                let coded = if difference < 0 { difference + (1 << size) - 1 } else { difference };
                text.push_str(&format!("{size:05b}"));
                if size > 0 {
                    text.push_str(&format!("{coded:0width$b}", width = size as usize));
                }
            }
        }
        while !text.len().is_multiple_of(8) {
            text.push('1');
        }
        for byte in text.as_bytes().chunks(8) {
            let byte = u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap();
            file.push(byte);
            if byte == 0xff {
                file.push(0);
            }
        }
    }
    file.extend([0xff, 0xd9]);
    file
}

#[test]
fn lossless_jpeg_with_restarts_and_a_point_transform_gives_back_what_was_coded() {
    let (height, width) = (7, 5);
    let values: Vec<u16> = (0..35u16).map(|index| index * index * 3 % 4096).collect();
    for (rows, point) in [(7, 0), (1, 0), (2, 0), (3, 2), (7, 3)] {
        let coded = lossless(&values, [height, width], 12, rows, point);
        let mut file = File::grey(EXPLICIT, [height as u16, width as u16], 12, (b"OB", vec![])).number(0x100, 16);
        file.syntax = "1.2.840.10008.1.2.4.57";
        file.elements.retain(|(group, ..)| *group != 0x7fe0);
        let even = [coded.clone(), vec![0; coded.len() % 2]].concat();
        let item = |bytes: &[u8]| [&[0xfe, 0xff, 0, 0xe0][..], &(bytes.len() as u32).to_le_bytes(), bytes].concat();
        let head = &[0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff][..];
        let end = vec![0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
        let bytes = [file.bytes(), head.to_vec(), item(&[]), item(&even), end].concat();
        let picture =
            decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{rows} rows, {point}: {error}"));
        let expected: Vec<u16> = values.iter().map(|value| value >> point << point).collect();
        assert_eq!(picture.values(), &Values::U16(expected), "a restart every {rows} rows, point transform {point}");
    }
}
