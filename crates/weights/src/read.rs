//! Any file of weights.

use crate::{
    FileKind, WeightsError,
    error::{Problem, printable},
    keras, kind,
    names::{is_counter, present},
    pytorch, safe,
    tensors::Tensors,
};
use herring_models::weights::NamedTensors;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// A file of weights that was read.
#[derive(Debug, Clone)]
pub struct WeightsFile {
    /// What it is.
    pub kind: FileKind,
    /// The SHA-256 of all of its bytes, in 64 hexadecimal digits.
    pub sha256: String,
    /// Its tensors in single precision, under torchvision's present names; counters of batches are left out.
    pub tensors: NamedTensors,
}

/// Reads a file of weights, whatever its name is.
///
/// Memory: the tensors in single precision and, for safetensors and HDF5, the file.
///
/// # Errors
/// The file cannot be read, is of another kind, is damaged, or holds something else than finite floats.
pub fn read(path: &Path) -> Result<WeightsFile, WeightsError> {
    let failed = |source| WeightsError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    (&mut file).take(kind::START as u64).read_to_end(&mut bytes).map_err(failed)?;
    let kind = FileKind::of(&bytes)
        .ok_or_else(|| WeightsError::Kind { path: path.to_owned(), found: kind::beginning(&bytes) })?;
    let (sha256, tensors) = match kind {
        FileKind::Safetensors | FileKind::Hdf5 => {
            file.read_to_end(&mut bytes).map_err(failed)?;
            let sha256 = hexadecimal(Sha256::digest(&bytes).as_ref());
            let tensors = isolated(|| match kind {
                FileKind::Hdf5 => keras::read(bytes),
                _ => safe::read(&bytes),
            });
            (sha256, tensors)
        }
        FileKind::PytorchZip | FileKind::PytorchLegacy | FileKind::PytorchTar => {
            let (sha256, length) = hash(path).map_err(failed)?;
            (sha256, isolated(|| pytorch::read(path, kind, length)))
        }
    };
    let tensors = named(path, kind, tensors.map_err(|problem| problem.at(path, kind))?)?;
    Ok(WeightsFile { kind, sha256, tensors })
}

/// The SHA-256 of a file in hexadecimal digits, and its length in bytes.
///
/// # Errors
/// The file cannot be read.
pub fn hash(path: &Path) -> io::Result<(String, u64)> {
    let (mut file, mut hasher, mut length) = (File::open(path)?, Sha256::new(), 0);
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok((hexadecimal(hasher.finalize().as_ref()), length)),
            read => {
                hasher.update(&block[..read]);
                length += read as u64;
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The libraries check what they read; should one of them panic over a file all the same, the file is at fault and the
/// process goes on.
fn isolated(read: impl FnOnce() -> Result<Tensors, Problem>) -> Result<Tensors, Problem> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Problem::Format("reading it failed, so it is damaged".to_owned())))
}

/// The tensors under their present names, after the checks that every kind has in common.
fn named(path: &Path, kind: FileKind, read: Tensors) -> Result<NamedTensors, WeightsError> {
    let damaged = |reason| WeightsError::Format { path: path.to_owned(), kind, reason };
    let mut tensors = NamedTensors::at(path);
    for (name, shape, values) in read.into_iter().filter(|(name, ..)| !is_counter(name)) {
        let name = present(&name);
        if let Some(found) = values.iter().copied().find(|value| !value.is_finite()) {
            return Err(WeightsError::NotFinite { path: path.to_owned(), name: printable(&name), found });
        }
        if shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side)) != Some(values.len()) {
            let found = values.len();
            return Err(damaged(format!("the tensor '{}' holds {found} values for {shape:?}", printable(&name))));
        }
        if tensors.get(&name).is_ok() {
            return Err(damaged(format!("the tensor '{}' is there twice", printable(&name))));
        }
        tensors.insert(name, shape, values);
    }
    if tensors.names().next().is_none() {
        return Err(damaged("it holds no tensors".to_owned()));
    }
    Ok(tensors)
}
