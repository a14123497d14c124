//! From a generated Decathlon to samples: what is listed, what is read back, and every kind of damage.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use herring_cache::Cache;
use herring_datasets::{Dataset, listed::Listings};
use herring_images::CachedListings;
use herring_standins::DecathlonSettings;
use herring_tables::{CheckReport, FindingKind};
use herring_volumes::{
    Collection, Prepared, Task, Volume, VolumeSettings, VolumesError, check, draw_slices, prepare, slice_image,
    slice_mask, split_volumes,
};
use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};
use tempfile::TempDir;

/// Eight volumes of 24 x 24 x 12 voxels a task.
fn written() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    herring_standins::decathlon(folder.path(), &DecathlonSettings { side: 24, ..DecathlonSettings::default() })
        .unwrap();
    folder
}

/// The paper's with fewer slices: parts have 2, 2 and 4 volumes of 12 slices.
fn settings(task: Task) -> VolumeSettings {
    VolumeSettings {
        train_slices: 8,
        valid_slices: 6,
        test_slices: 16,
        train_size: 33,
        size: 30,
        dilation_sigma: 0.5,
        saliency_limit: Some(2),
        ..VolumeSettings::paper(task)
    }
}

fn try_prepare(root: &Path, settings: &VolumeSettings) -> Result<Prepared, VolumesError> {
    let cache = Cache::open(root.join("cache")).unwrap();
    prepare(&cache, root, settings, &mut |_| {}, &AtomicBool::new(false))
}

#[track_caller]
fn refused(root: &Path, settings: &VolumeSettings, expected: &str) {
    let message = try_prepare(root, settings).unwrap_err().to_string();
    let message = message.replace(&format!("{}/", root.display()), "");
    assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[track_caller]
fn found(root: &Path, task: Task, kind: FindingKind, expected: &str) {
    let report = check(root, task, false);
    let texts: Vec<String> = report.findings.iter().filter(|each| each.kind == kind).map(ToString::to_string).collect();
    let text = texts.join("\n").replace(&format!("{}/", root.display()), "");
    assert!(text.contains(expected), "{text:?} lacks {expected:?}");
    assert_eq!(texts.len(), 1, "{text}");
}

fn only(report: &CheckReport) -> Vec<FindingKind> {
    report.counts().into_keys().collect()
}

/// All voxels of a volume, and the lengths of its axes.
fn voxels(path: &Path) -> (Vec<Vec<f64>>, [usize; 3], bool) {
    let mut volume = Volume::open(path).unwrap();
    let (shape, whole) = (volume.header().shape, volume.header().is_whole());
    let mut slice = vec![0.0; shape[0] * shape[1]];
    let mut slices = Vec::new();
    while volume.next_slice(&mut slice).unwrap().is_some() {
        slices.push(slice.clone());
    }
    (slices, shape, whole)
}

/// Changes the unpacked bytes of a packed file.
fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    change(&mut bytes);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&bytes).unwrap();
    fs::write(path, packed.finish().unwrap()).unwrap();
}

/// A file of the volume that is first in the validation part.
fn of_valid(root: &Path, task: Task, folder: &str) -> PathBuf {
    let collection = Collection::read(root, task).unwrap();
    let place = split_volumes(collection.volumes.len(), 0).unwrap().valid[0];
    let files = &collection.volumes[place];
    if folder == "imagesTr" { files.image.clone() } else { files.label.clone() }
}

#[test]
fn samples_are_the_slices_that_numpy_draws() {
    let folder = written();
    let root = folder.path();
    for task in Task::ALL {
        let settings = settings(task);
        let prepared = try_prepare(root, &settings).unwrap();
        assert_eq!(prepared.decoded, 8 + 6 + 16);
        let listed = CachedListings::of(root.join("cache")).open(&prepared.name).unwrap();
        let collection = Collection::read(root, task).unwrap();
        let split = split_volumes(8, 0).unwrap();
        let parts: [(&Dataset, &[usize], usize, usize, f64); 3] = [
            (&listed.splits.train, &split.train, 8, 33, 0.5),
            (&listed.splits.valid, &split.valid, 6, 30, 0.0),
            (listed.splits.test("test").unwrap(), &split.test, 16, 30, 0.0),
        ];
        for (dataset, volumes, count, size, sigma) in parts {
            assert_eq!(dataset.image_shape(), [1, size, size]);
            assert_eq!(dataset.class_counts(), [count / 2, count / 2]);
            // Everything anew, from the arrays.
            let mut all = Vec::new();
            for place in volumes {
                let files = &collection.volumes[*place];
                let (image, shape, whole) = voxels(&files.image);
                assert_eq!(whole, task != Task::Heart, "the heart's intensities are fractions");
                let (label, ..) = voxels(&files.label);
                for (number, (image, label)) in image.into_iter().zip(label).enumerate() {
                    let class = label.iter().sum::<f64>() > 1.0;
                    all.push((format!("{}/{number}", files.name), image, label, shape, whole, class));
                }
            }
            let classes: Vec<bool> = all.iter().map(|slice| slice.5).collect();
            let drawn = draw_slices(&classes, count, 0).unwrap();
            for (sample, place) in dataset.samples().unwrap().iter().zip(drawn) {
                let (id, image, label, [rows, columns, _], whole, class) = &all[place];
                assert_eq!((&sample.id, sample.label, sample.environment), (id, usize::from(*class), 0));
                assert_eq!(sample.image, slice_image(0, image, [*rows, *columns], *whole, size).unwrap());
                if *class {
                    let mask = slice_mask(label, [*rows, *columns], sigma, size).unwrap();
                    assert_eq!(sample.mask, mask);
                    assert!(mask.values().contains(&1.0) && mask.values().contains(&0.0), "{id}");
                } else {
                    assert!(sample.mask.values().iter().all(|&value| value == 1.0));
                }
            }
        }
        assert_eq!(listed.saliency.class_counts(), [2, 2]);
        assert_eq!(prepared.listing.environments, [task.folder()]);
        let again = try_prepare(root, &settings).unwrap();
        assert_eq!((again.decoded, again.found, &again.name), (0, 30, &prepared.name));
        let [train, _, test] = &prepared.facts.parts;
        assert_eq!((train.volumes.len(), test.volumes.len(), train.drawn), (2, 4, 8));
        assert_eq!(train.slices[0] + train.slices[1], 24);
        let limited = VolumeSettings { volumes_per_part: Some(1), test_slices: 4, train_slices: 4, ..settings };
        assert_eq!(try_prepare(root, &limited).unwrap().facts.parts[2].volumes.len(), 1);
    }
}

#[test]
fn too_little_to_draw_from_is_refused_with_counts() {
    let folder = written();
    let root = folder.path();
    let many = VolumeSettings { test_slices: 256, ..settings(Task::Liver) };
    refused(root, &many, "Task03_Liver: part test, slices without the organ: found ");
    refused(root, &many, " in 4 volumes, expected at least 128: ask for fewer slices, or use more volumes");
    refused(
        root,
        &VolumeSettings { valid_slices: 1, ..settings(Task::Liver) },
        "valid_slices is 1, expected at least 2",
    );
    refused(root, &VolumeSettings { dilation_sigma: -1.0, ..settings(Task::Liver) }, "dilation_sigma is -1");
    let few = tempfile::tempdir().unwrap();
    herring_standins::decathlon(few.path(), &DecathlonSettings { volumes: 3, side: 16, ..Default::default() }).unwrap();
    refused(
        few.path(),
        &settings(Task::Heart),
        "Task02_Heart: found 3 volumes, expected at least 4: training and validation get 3 of 10 each",
    );
    found(few.path(), Task::Heart, FindingKind::PartIncomplete, "found 3 volumes, expected at least 4");
}

#[test]
fn a_sound_folder_has_no_errors() {
    let folder = written();
    let report = check(folder.path(), Task::Pancreas, false);
    assert_eq!((report.errors(), report.opened), (0, 16));
    assert_eq!(only(&report), [FindingKind::FewImages], "fewer slices than the paper draws");
    let text = report.to_string();
    assert!(text.contains("8 volumes with labels 0 background, 1 pancreas, 2 cancer"), "{text}");
    assert!(text.contains("train: 2 volumes, slices "), "{text}");
    assert!(check(folder.path(), Task::Pancreas, true).findings.is_empty());
}

#[test]
fn files_that_are_missing() {
    let folder = written();
    let root = folder.path();
    fs::remove_file(of_valid(root, Task::Heart, "imagesTr")).unwrap();
    let name = of_valid(root, Task::Heart, "imagesTr").file_name().unwrap().to_str().unwrap().to_owned();
    refused(root, &settings(Task::Heart), &format!("Task02_Heart/imagesTr/{name}: cannot read: No such file"));
    found(root, Task::Heart, FindingKind::ImageMissing, "expected a volume that dataset.json names");
    fs::remove_file(of_valid(root, Task::Liver, "labelsTr")).unwrap();
    refused(root, &settings(Task::Liver), "labelsTr/liver_");
    found(root, Task::Liver, FindingKind::MaskMissing, "expected a volume that dataset.json names");
    fs::remove_dir_all(root.join("Task07_Pancreas")).unwrap();
    refused(root, &settings(Task::Pancreas), "Task07_Pancreas/dataset.json: file: found No such file");
    found(root, Task::Pancreas, FindingKind::FolderMissing, "found no such folder, expected the task's");
}

#[test]
fn files_that_are_cut_off_or_of_another_shape() {
    let folder = written();
    let root = folder.path();
    let image = of_valid(root, Task::Heart, "imagesTr");
    let bytes = fs::read(&image).unwrap();
    fs::write(&image, &bytes[..bytes.len() / 2]).unwrap();
    let expected = "expected 28000 (24 x 24 x 12 voxels of float32)";
    refused(root, &settings(Task::Heart), expected);
    refused(root, &settings(Task::Heart), "Task02_Heart/imagesTr/la_");
    found(root, Task::Heart, FindingKind::ImageUnreadable, expected);

    let label = of_valid(root, Task::Liver, "labelsTr");
    let bytes = fs::read(&label).unwrap();
    fs::write(&label, &bytes[..bytes.len() - 20]).unwrap();
    refused(root, &settings(Task::Liver), "the file is cut off: found ");
    found(root, Task::Liver, FindingKind::MaskUnreadable, "the file is cut off: found ");

    let label = of_valid(root, Task::Pancreas, "labelsTr");
    change(&label, |bytes| bytes[46] = 11);
    let expected = "24 x 24 x 11 voxels, expected 24 x 24 x 12";
    refused(root, &settings(Task::Pancreas), expected);
    found(root, Task::Pancreas, FindingKind::MaskSize, expected);
}

#[test]
fn labels_that_nothing_names_and_volumes_of_four_axes() {
    let folder = written();
    let root = folder.path();
    change(&of_valid(root, Task::Heart, "labelsTr"), |bytes| bytes[352 + 3 * 24 * 24] = 7);
    let expected = "slice 3: found the label 7, expected one of 0, 1 as dataset.json names them";
    refused(root, &settings(Task::Heart), expected);
    found(root, Task::Heart, FindingKind::MaskLabel, expected);

    change(&of_valid(root, Task::Liver, "imagesTr"), |bytes| {
        bytes[40] = 4;
        bytes[46] = 6;
        bytes[48] = 2;
    });
    let expected = "found 4 axes (24 x 24 x 6 x 2), expected one volume of 3 axes";
    refused(root, &settings(Task::Liver), expected);
    found(root, Task::Liver, FindingKind::ImageUnreadable, expected);

    // Intensities of a heart are fractions, so that one can be no number; the slice must be drawn to be refused.
    let image = of_valid(root, Task::Pancreas, "imagesTr");
    change(&image, |bytes| bytes[112..120].copy_from_slice(&[0, 0, 128, 127, 0, 0, 128, 127]));
    assert!(try_prepare(root, &settings(Task::Pancreas)).is_ok(), "an infinite slope is none");
    change(&image, |bytes| bytes[112..116].copy_from_slice(&2_f32.to_le_bytes()));
    refused(root, &settings(Task::Pancreas), "scl_inter: found inf, expected a finite number with a slope");
}

#[test]
fn stray_files_and_counts_are_warnings() {
    let folder = written();
    let root = folder.path();
    let images = root.join("Task02_Heart/imagesTr");
    fs::write(images.join("._la_002.nii.gz"), b"Mac OS X").unwrap();
    found(root, Task::Heart, FindingKind::ImageExtra, "._la_002.nii.gz: a file of macOS, no volume; it is not read");
    assert_eq!(check(root, Task::Heart, true).errors(), 0);
    let listed = root.join("Task03_Liver/dataset.json");
    let text = fs::read_to_string(&listed).unwrap();
    fs::write(&listed, text.replace("\"numTraining\": 8", "\"numTraining\": 9")).unwrap();
    found(root, Task::Liver, FindingKind::Counts, "numTraining: found 9, expected 8");
    assert!(try_prepare(root, &settings(Task::Heart)).is_ok() && try_prepare(root, &settings(Task::Liver)).is_ok());
}

#[test]
fn a_dataset_file_that_cannot_be_used_is_refused_by_field() {
    let folder = written();
    let root = folder.path();
    let path = root.join("Task02_Heart/dataset.json");
    let text = fs::read_to_string(&path).unwrap();
    let cases = [
        ("{".to_owned(), "Task02_Heart/dataset.json: file: found EOF while parsing"),
        (text.replace("./imagesTr/la_003.nii.gz", "./imagesTr/la_002.nii.gz"), "training: found la_002.nii.gz twice"),
        (
            text.replace("./labelsTr/la_003.nii.gz", "../x.nii.gz"),
            "training.label: found \"../x.nii.gz\", expected a file within",
        ),
        (
            text.replace("\"1\": \"left", "\"one\": \"left"),
            "labels: found the value \"one\", expected whole numbers from 0",
        ),
        ("{\"labels\": {}, \"training\": []}".to_owned(), "training: found no volumes, expected at least one"),
    ];
    for (text, expected) in cases {
        fs::write(&path, text).unwrap();
        refused(root, &settings(Task::Heart), expected);
        assert_eq!(only(&check(root, Task::Heart, false)), [FindingKind::Table]);
    }
}

#[test]
fn the_wish_to_stop_is_heard() {
    let folder = written();
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let stop = AtomicBool::new(true);
    let error = prepare(&cache, folder.path(), &settings(Task::Heart), &mut |_| {}, &stop).unwrap_err();
    assert!(matches!(error, VolumesError::Interrupted { done: 0, .. }), "{error}");
}

/// A real CT a task in the Decathlon's layout, where the variable says so.
#[test]
fn real_volumes_are_read() {
    let Some(root) = std::env::var_os("HERRING_MSD").map(PathBuf::from) else { return };
    for task in Task::ALL {
        let report = check(&root, task, false);
        assert_eq!(report.opened, 2 * Collection::read(&root, task).unwrap().volumes.len(), "{report}");
        let kinds = only(&report);
        let usual = [FindingKind::PartIncomplete, FindingKind::FewImages, FindingKind::ImageExtra, FindingKind::Counts];
        assert!(kinds.iter().all(|kind| usual.contains(kind)), "{report}");
    }
}
