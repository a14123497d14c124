//! Files of every kind give the same tensors, and what is no file of weights is said in one line.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{all, fixture, two_layer, values};
use herring_weights::{FileKind, NoWeightFiles, WeightFiles, WeightPaths, WeightsError, read};

fn refused(name: &str) -> WeightsError {
    let error = read(&fixture(name)).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(name), "{text}");
    error
}

#[test]
fn one_network_in_four_containers() {
    let files = [
        ("two-layer.pth", FileKind::PytorchZip),
        ("two-layer-legacy.pth", FileKind::PytorchLegacy),
        ("two-layer-tar.pth", FileKind::PytorchTar),
        ("two-layer.safetensors", FileKind::Safetensors),
    ];
    for (name, kind) in files {
        let file = read(&fixture(name)).unwrap();
        assert_eq!(file.kind, kind);
        assert_eq!(all(&file.tensors), all(&two_layer()), "{name}");
        assert_eq!(file.tensors.path(), fixture(name));
    }
}

#[test]
fn the_content_decides_and_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    std::fs::copy(fixture("two-layer-legacy.pth"), &path).unwrap();
    let file = read(&path).unwrap();
    assert_eq!(file.kind, FileKind::PytorchLegacy);
    assert_eq!(file.sha256, read(&fixture("two-layer-legacy.pth")).unwrap().sha256);
}

#[test]
fn the_hash_is_that_of_the_file() {
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), b"abc").unwrap();
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(herring_weights::hash(path.path()).unwrap(), (expected.to_owned(), 3));
}

#[test]
fn every_float_becomes_single_precision_and_counters_are_passed_over() {
    let tensors = read(&fixture("elements.pth")).unwrap().tensors;
    assert_eq!(tensors.names().collect::<Vec<_>>(), ["brain", "double", "half", "transposed"]);
    let values = |name: &str| tensors.get(name).unwrap().1.to_vec();
    assert_eq!(values("double"), [0.5, -2.0]);
    assert_eq!(values("half"), [0.5, -2.0, 65504.0]);
    assert_eq!(values("brain"), [0.5, -2.0]);
    assert_eq!(tensors.get("transposed").unwrap(), (&[3, 2][..], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0][..]));
}

/// Kernels of Keras: the element of output `o`, input `i` and position `p` of layer `k` is at `(p inputs + i) outputs + o`.
#[test]
fn keras_layers_have_torchvision_s_names_and_order() {
    for name in ["keras.h5", "keras-model.h5"] {
        let file = read(&fixture(name)).unwrap();
        assert_eq!(file.kind, FileKind::Hdf5);
        let tensors = file.tensors;
        assert_eq!(tensors.names().count(), 26, "{name}");
        let (shape, kernel) = tensors.get("features.7.weight").unwrap();
        assert_eq!(shape, [2, 2, 3, 3]);
        for (place, value) in kernel.iter().enumerate() {
            let (output, input, position) = (place / 18, place / 9 % 2, place % 9);
            assert_eq!(*value, 3.0 + ((position * 2 + input) * 2 + output) as f32 / 64.0);
        }
        assert_eq!(tensors.get("features.28.bias").unwrap(), (&[8][..], values(12, &[8]).as_slice()));
        assert_eq!(tensors.get("features.0.weight").unwrap().0, [1, 3, 3, 3]);
    }
}

#[test]
fn another_keras_network_is_refused() {
    let error = refused("keras-short.h5").to_string();
    assert!(
        error.ends_with("not a complete HDF5 file of Keras' VGG-16: the layer 'block2_conv1' is missing"),
        "{error}"
    );
    let error = refused("keras-top.h5").to_string();
    assert!(error.contains("the layer 'block1_conv2' is missing"), "{error}");
}

#[test]
fn a_hostile_pickle_is_named_and_not_run() {
    let mark = std::path::Path::new("/tmp/red-herring-hostile-pickle");
    let root = "its root";
    for (name, place) in [("hostile.pth", "'extra'"), ("hostile-legacy.pth", root)] {
        let error = refused(name);
        let WeightsError::Foreign { name: found_at, found, .. } = &error else { unreachable!("{error}") };
        assert_eq!((found_at.as_str(), found.as_str()), (place, "posix.system"));
        assert!(error.to_string().ends_with("nothing of it was run"), "{error}");
    }
    assert!(matches!(refused("hostile.pkl"), WeightsError::Kind { found, .. } if found.contains("plain pickle")));
    assert!(!mark.exists(), "a pickle was run");
}

#[test]
fn what_is_no_state_dictionary_is_said() {
    let error = refused("checkpoint.pth").to_string();
    assert!(error.contains("the pickle holds an int at 'epoch', expected tensors by name alone"), "{error}");
    assert!(matches!(refused("integers.pth"), WeightsError::Element { found, .. } if found == "I64"));
    assert!(matches!(refused("not-finite.pth"), WeightsError::NotFinite { name, .. } if name == "a"));
    assert!(matches!(refused("other.zip"), WeightsError::Format { reason, .. } if reason.contains("data.pkl")));
    assert!(matches!(refused("make.py"), WeightsError::Kind { found, .. } if found.starts_with("a text that begins")));
    assert!(matches!(read("no/such/file.pth".as_ref()).unwrap_err(), WeightsError::Read { .. }));
}

#[test]
fn an_archive_that_grows_is_refused_before_it_does() {
    let error = refused("bomb.pth").to_string();
    assert!(error.contains("'archive/data.pkl' is compressed, and torch.save compresses nothing"), "{error}");
}

/// A tensor of 2^40 elements, all the one element of its storage.
#[test]
fn tensors_that_are_larger_than_the_file_are_refused() {
    let mut bytes = std::fs::read(fixture("two-layer-legacy.pth")).unwrap();
    // (5,) and (1,) of fc.bias: BININT1 5 TUPLE1 ... BININT1 1 TUPLE1, made a longer shape with stride 0.
    let shape = bytes.windows(3).rposition(|window| window == [b'K', 5, 0x85]).unwrap();
    let long = [0x8a, 6, 0, 0, 0, 0, 0, 1, 0x85];
    bytes.splice(shape..shape + 3, long);
    let stride =
        shape + long.len() + bytes[shape + long.len()..].windows(3).position(|w| w == [b'K', 1, 0x85]).unwrap();
    bytes[stride + 1] = 0;
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), bytes).unwrap();
    let error = read(path.path()).unwrap_err().to_string();
    assert!(error.contains("would materialize") || error.contains("its tensors would take"), "{error}");
}

#[test]
fn a_run_gets_the_file_that_it_names_and_no_other() {
    let known = read(&fixture("two-layer.pth")).unwrap();
    let files = WeightPaths([("mine".to_owned(), fixture("two-layer.pth"))].into());
    assert_eq!(files.open("mine", &known.sha256).unwrap().sha256, known.sha256);
    let error = files.open("mine", &"0".repeat(64)).unwrap_err();
    assert!(matches!(&error, WeightsError::Other { found, .. } if *found == known.sha256), "{error}");
    let error = files.open("yours", &known.sha256).unwrap_err().to_string();
    assert_eq!(error, "no file was given for the weights 'yours': expected --weights yours=FILE");
    assert!(NoWeightFiles.open("mine", &known.sha256).is_err());
}
