//! One report on a table of one's own: what a run would refuse, and what gives reason to doubt the images.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_cache::Cache;
use herring_datasets::{
    DatasetError, Table,
    confounded::{ConfoundedSettings, Parts, Rule, split},
};
use herring_images::{CheckSettings, Colour, Depth, ImageSettings, check, doubts, prepare};
use herring_pixels::{Channels, Crop, MaskSettings, Monochrome1, Preparation, Range, Resize};
use herring_tables::{CheckReport, FindingKind, OwnOptions, survey};
use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};
use tempfile::TempDir;

const PARTS: [&str; 3] = ["train", "valid", "test"];

/// A folder with `per` images of each part, environment and class, each with its own pixels, and their table.
struct Own {
    folder: TempDir,
    header: String,
    rows: Vec<BTreeMap<&'static str, String>>,
}

impl Own {
    fn new(per: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = Vec::new();
        for part in PARTS {
            for environment in ["grass", "snow"] {
                for label in ["dog", "wolf"] {
                    for _ in 0..per {
                        let number = rows.len();
                        let name = format!("{number:03}.png");
                        grey(number).save(folder.path().join(&name)).unwrap();
                        rows.push(BTreeMap::from([
                            ("image", name),
                            ("label", label.to_owned()),
                            ("environment", environment.to_owned()),
                            ("split", part.to_owned()),
                        ]));
                    }
                }
            }
        }
        Self { folder, header: "image,label,environment,mask,boxes,split,group,maximum".to_owned(), rows }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&mut self, row: usize, column: &'static str, value: &str) {
        self.rows[row].insert(column, value.to_owned());
    }

    fn manifest(&self) -> PathBuf {
        let mut text = format!("{}\n", self.header);
        for row in &self.rows {
            let fields: Vec<&str> =
                self.header.split(',').map(|column| row.get(column).map_or("", String::as_str)).collect();
            writeln!(text, "{}", fields.join(",")).unwrap();
        }
        let file = self.path("m.csv");
        fs::write(&file, text).unwrap();
        file
    }

    fn check(&self, depth: Depth) -> CheckReport {
        let images = settings();
        check(
            survey(&self.manifest(), &OwnOptions::default()),
            &CheckSettings { images: &images, depth, cell_limit: None, split: &splits },
        )
        .unwrap()
    }

    /// Everything that a check of the pixels finds, without the folder.
    fn found(&self) -> Vec<(FindingKind, String)> {
        let folder = format!("{}/", self.folder.path().display());
        let report = self.check(Depth::Pixels);
        report.findings.iter().map(|finding| (finding.kind, finding.to_string().replace(&folder, ""))).collect()
    }

    fn of_kind(&self, kind: FindingKind) -> Vec<String> {
        self.found().into_iter().filter(|(found, _)| *found == kind).map(|(_, text)| text).collect()
    }
}

fn grey(number: usize) -> GrayImage {
    GrayImage::from_fn(16, 16, |x, y| Luma([if (x, y) == (0, 0) { number as u8 } else { (x * 16) as u8 }]))
}

fn settings() -> ImageSettings {
    let preparation = Preparation {
        range: Range::Unit,
        maximum: None,
        bits: None,
        monochrome1: Monochrome1::Inverted,
        rescale: false,
        crop: Crop::Center,
        resize: Resize::Pillow,
        size: 8,
        channels: Channels::First,
    };
    ImageSettings {
        preparations: vec![preparation],
        colour: Colour::Refused,
        original: None,
        reductions: Vec::new(),
        saliency_size: 8,
        saliency_limit: None,
        mask: MaskSettings::default(),
        facts: true,
        reading: None,
        excluded: Vec::new(),
    }
}

/// The parts of the table, or two draws.
fn splits(table: &Table) -> Vec<Result<Parts, DatasetError>> {
    if table.records().iter().any(|record| record.part.is_some()) {
        return vec![Parts::given(table)];
    }
    let settings = |seed| ConfoundedSettings { ratio: 0.75, rule: Rule::Printed, seed, cell_limit: None };
    vec![split(table, &settings(1)), split(table, &settings(2))]
}

/// What a run says of the same table, a line an image or less.
fn refused(own: &Own) -> String {
    let reading = herring_tables::own(&own.manifest()).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let parts = splits(&reading.table).remove(0).unwrap();
    let opened = Cache::open(cache.path()).unwrap();
    let data = (reading.root.as_path(), &reading.table);
    let result = prepare(&opened, data, &[parts], &settings(), &mut |_| {}, &AtomicBool::new(false));
    result.unwrap_err().to_string()
}

#[test]
fn sound_images_have_no_findings_and_their_range_is_told() {
    let report = Own::new(10).check(Depth::Pixels);
    assert_eq!(report.findings, []);
    assert_eq!(report.opened, 120);
    let range = "8 bits, values up to 240 where 255 is white (94 %)";
    assert_eq!(report.details, [format!("grass: {range}"), format!("snow: {range}")]);
    assert!(report.to_string().starts_with("own: 0 errors, 0 warnings\n"), "{report}");
    assert_eq!(Own::new(10).check(Depth::Headers).findings, []);
}

#[test]
fn whatever_a_run_refuses_is_found_in_the_same_words() {
    let mut own = Own::new(10);
    RgbImage::from_fn(16, 16, |x, y| Rgb([7, 7, if (x, y) == (5, 3) { 8 } else { 7 }]))
        .save(own.path("000.png"))
        .unwrap();
    own.set(1, "boxes", "0.5 0.5 0.4 0.4");
    own.set(2, "boxes", "10 0 8 4");
    GrayImage::from_pixel(9, 16, Luma([255])).save(own.path("small.png")).unwrap();
    own.set(3, "mask", "small.png");
    let whole = fs::read(own.path("004.png")).unwrap();
    fs::write(own.path("004.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(own.path("cut.png"), &whole[..whole.len() / 2]).unwrap();
    own.set(5, "mask", "cut.png");
    own.set(6, "maximum", "100");
    let run = refused(&own);
    let errors: Vec<(FindingKind, String)> = own.found().into_iter().filter(|(kind, _)| kind.is_error()).collect();
    use FindingKind::*;
    let kinds: Vec<FindingKind> = errors.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [ImageUnreadable, ImageUnreadable, ImageColour, BoxOutside, BoxOutside, MaskUnreadable, MaskSize]
    );
    for (_, error) in &errors {
        let (_, message) = error.split_once(": ").unwrap();
        let (message, origin) = message.rsplit_once(", named by ").unwrap();
        assert!(
            run.lines().any(|line| line.contains(&format!("{origin}: ")) && line.ends_with(message)),
            "{error}\n{run}"
        );
    }
    assert!(run.starts_with("7 images cannot be used"), "{run}");
    assert!(errors[2].1.contains("000.png: colour at row 3, column 5: expected a grey picture"), "{}", errors[2].1);
    // Headers tell what they can.
    let headers = own.check(Depth::Headers);
    let kinds: Vec<FindingKind> = headers.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [BoxOutside, BoxOutside, MaskSize], "{headers}");
}

#[test]
fn missing_files_of_images_and_masks_are_found_at_once() {
    let mut own = Own::new(10);
    own.set(0, "image", "none.png");
    own.set(0, "mask", "no-mask.png");
    own.set(1, "mask", "001.png");
    fs::create_dir(own.path("folder")).unwrap();
    own.set(2, "image", "folder");
    use FindingKind::*;
    let found: Vec<_> = own.found().into_iter().filter(|(kind, _)| kind.is_error()).collect();
    assert_eq!(
        found,
        [
            (ImageMissing, "none.png: named by m.csv:2".replace("m.csv", &own.path("m.csv").display().to_string())),
            (
                ImageUnreadable,
                format!("folder: found a folder, expected a file, named by {}:4", own.path("m.csv").display())
            ),
            (MaskMissing, format!("no-mask.png: named by {}:2", own.path("m.csv").display())),
        ]
        .map(|(kind, text)| (kind, text.replace(&format!("{}/", own.folder.path().display()), "")))
    );
}

#[test]
fn an_image_is_looked_at_also_where_its_mask_is_missing() {
    let mut own = Own::new(10);
    let whole = fs::read(own.path("004.png")).unwrap();
    fs::write(own.path("004.png"), &whole[..whole.len() / 2]).unwrap();
    own.set(4, "mask", "no-mask.png");
    let kinds: Vec<FindingKind> = own.found().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [FindingKind::ImageUnreadable, FindingKind::MaskMissing]);
}

#[test]
fn a_part_without_a_class_and_a_split_that_cannot_be_drawn_are_errors() {
    for part in PARTS {
        let mut own = Own::new(10);
        own.rows.retain(|row| (row["split"].as_str(), row["label"].as_str()) != (part, "wolf"));
        let found = own.of_kind(FindingKind::PartIncomplete);
        let expected =
            format!("m.csv: {part}: found no image of class \"wolf\", expected images of every class in every part");
        assert_eq!(found, [expected]);
    }
    let mut own = Own::new(10);
    own.rows.retain(|row| row["split"] != "test");
    assert_eq!(own.of_kind(FindingKind::PartIncomplete), ["m.csv: test is empty, expected at least one record"]);
    // A third class that only the tests have.
    let mut own = Own::new(10);
    own.set(119, "label", "fox");
    assert_eq!(own.of_kind(FindingKind::PartIncomplete).len(), 2, "training and validation lack it");
    let mut own = Own::new(10);
    own.header = "image,label,environment".to_owned();
    own.rows.retain(|row| (row["environment"].as_str(), row["label"].as_str()) != ("snow", "wolf"));
    let found = own.of_kind(FindingKind::PartIncomplete);
    assert_eq!(found.len(), 1, "each once, whatever the number of seeds: {found:?}");
    assert!(found[0].contains("cell is empty for environment 'snow' and class 'wolf'"), "{found:?}");
}

#[test]
fn few_images_and_what_is_left_out_are_said() {
    let mut own = Own::new(10);
    own.header = "image,label,environment".to_owned();
    let mut rare = 0;
    own.rows.retain(|row| {
        let is = (row["environment"].as_str(), row["label"].as_str()) == ("snow", "wolf");
        rare += usize::from(is);
        !is || rare <= 3
    });
    let report = own.check(Depth::Headers);
    assert!(report.details.contains(&"note: 12 of 93 images are used, since snow, wolf has 3".to_owned()), "{report}");
    let few = own.of_kind(FindingKind::FewImages);
    assert!(
        few.contains(&"train has 2 of class \"wolf\", expected at least 10 for reliable scores".to_owned()),
        "{few:?}"
    );
    // Nine of ten.
    let mut own = Own::new(5);
    own.rows.remove(0);
    let few = own.of_kind(FindingKind::FewImages);
    assert_eq!(few, ["train has 9 of class \"dog\", expected at least 10 for reliable scores"]);
}

#[test]
fn equal_images_in_two_parts_are_found_by_their_bytes_and_by_their_pixels() {
    let own = Own::new(10);
    fs::copy(own.path("000.png"), own.path("100.png")).unwrap();
    fs::copy(own.path("000.png"), own.path("001.png")).unwrap();
    // The same pixels in other bytes: grey saved as colour.
    let grey = grey(2);
    RgbImage::from_fn(16, 16, |x, y| Rgb([grey.get_pixel(x, y)[0]; 3])).save(own.path("050.png")).unwrap();
    assert_eq!(
        own.of_kind(FindingKind::DuplicateAcrossParts),
        [
            "050.png: in valid, has the same pixels as 002.png in train",
            "100.png: in test, has the same bytes as 000.png in train"
        ]
    );
    assert_eq!(own.check(Depth::Pixels).errors(), 0);
}

#[test]
fn depth_and_range_of_each_environment() {
    let own = Own::new(10);
    let deep = |own: &Own, factor: u16| {
        for row in own.rows.iter().filter(|row| row["environment"] == "snow") {
            let path = own.path(&row["image"]);
            let grey = image::open(&path).unwrap().to_luma8();
            let deep: ImageBuffer<Luma<u16>, Vec<u16>> =
                ImageBuffer::from_fn(16, 16, |x, y| Luma([u16::from(grey.get_pixel(x, y)[0]) * factor]));
            deep.save(&path).unwrap();
        }
    };
    // Twelve bits in sixteen.
    deep(&own, 16);
    let dark = own.of_kind(FindingKind::RangeUnused);
    let expected = "snow: 16 bits, values up to 3840 where 65535 is white (6 %): these images are dark compared with \
                    others; set `maximum` for the environment to the value that is white";
    assert_eq!(dark, [expected]);
    assert_eq!(own.of_kind(FindingKind::DepthsDiffer).len(), 1);
    // With a maximum for each file, as the column says it, nothing is dark and the depths mean something.
    let mut told = own;
    for row in 0..told.rows.len() {
        let maximum = if told.rows[row]["environment"] == "snow" { "4095" } else { "255" };
        told.set(row, "maximum", maximum);
    }
    let range = told.check(Depth::Pixels).details;
    assert_eq!(range[1], "snow: 16 bits, values up to 3840 where 4095 is white (94 %)");
    assert!(told.of_kind(FindingKind::RangeUnused).is_empty());
    // The full range of another depth is bright enough, but another depth.
    let own = Own::new(10);
    deep(&own, 257);
    assert!(own.of_kind(FindingKind::RangeUnused).is_empty());
    assert_eq!(own.of_kind(FindingKind::DepthsDiffer).len(), 1);
}

#[test]
fn groups_in_two_parts_are_named_and_counted() {
    let mut own = Own::new(10);
    for row in 0..120 {
        own.set(row, "group", &format!("patient {}", row / 2));
    }
    let report = own.check(Depth::Headers);
    assert!(report.details.contains(&"groups: 20 in train, 20 in valid, 20 in test".to_owned()), "{report}");
    assert!(own.of_kind(FindingKind::GroupAcrossParts).is_empty());
    own.set(119, "group", "patient 0");
    own.set(118, "group", "");
    assert_eq!(own.of_kind(FindingKind::GroupAcrossParts), ["m.csv: group \"patient 0\" has 2 in train, 1 in test"]);
    // In a drawn split they are kept together.
    own.header = "image,label,environment,group".to_owned();
    assert!(own.of_kind(FindingKind::GroupAcrossParts).is_empty());
}

#[test]
fn masks_that_are_doubtful_are_named() {
    let mut own = Own::new(10);
    let mask = |own: &mut Own, row: usize, name: &str, image: GrayImage| {
        image.save(own.path(name)).unwrap();
        own.set(row, "mask", name);
    };
    mask(&mut own, 0, "none.png", GrayImage::new(16, 16));
    mask(&mut own, 1, "all.png", GrayImage::from_pixel(16, 16, Luma([255])));
    mask(&mut own, 2, "soft.png", GrayImage::from_fn(16, 16, |x, _| Luma([(x * 17) as u8])));
    mask(&mut own, 3, "sharp.png", GrayImage::from_fn(16, 16, |x, _| Luma([if x < 4 { 255 } else { 0 }])));
    assert_eq!(own.of_kind(FindingKind::MaskEmpty), ["none.png: 0 of 256 pixels are inside"]);
    assert_eq!(own.of_kind(FindingKind::MaskFull), ["all.png: 256 of 256 pixels are inside"]);
    assert_eq!(own.of_kind(FindingKind::MaskIntermediate), ["soft.png: 128 of 256 pixels are inside"]);
    assert!(own.of_kind(FindingKind::MaskLossy).is_empty());
}

#[test]
fn a_run_has_the_same_doubts_also_when_everything_is_cached_already() {
    let mut own = Own::new(10);
    fs::copy(own.path("000.png"), own.path("100.png")).unwrap();
    GrayImage::new(16, 16).save(own.path("none.png")).unwrap();
    own.set(7, "mask", "none.png");
    let checked = own.check(Depth::Pixels).findings;
    assert_eq!(checked.len(), 2);
    let reading = herring_tables::own(&own.manifest()).unwrap();
    let parts = vec![Parts::given(&reading.table).unwrap()];
    let cache = tempfile::tempdir().unwrap();
    let run = |root: &Path| {
        let opened = Cache::open(cache.path()).unwrap();
        let stop = AtomicBool::new(false);
        let prepared = prepare(&opened, (root, &reading.table), &parts, &settings(), &mut |_| {}, &stop).unwrap();
        let found = doubts(root, &reading.table, &parts, &prepared.facts);
        (prepared.decoded, found)
    };
    let (decoded, first) = run(&reading.root);
    assert!(decoded > 0);
    assert_eq!(first, checked);
    assert_eq!(run(&reading.root), (0, checked.clone()));
    // What was prepared without being asked is looked at once more.
    fs::remove_dir_all(cache.path().join("facts")).unwrap();
    assert_eq!(run(&reading.root), (0, checked));
}
