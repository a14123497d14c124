//! What `torch.save` writes: the zip archive of today, the pickles of before 1.6, and the tar archive of before 0.1.10.
//!
//! The pickle is interpreted by `pytorch-reader`, which runs nothing of it: a call of anything but the functions that put
//! tensors together becomes the name of what would have been called. The library passes over what is no tensor; here
//! it is looked for first, and refused.
//!
//! Two sizes are checked before the library believes them: the archive's entries, which may be compressed and grow when
//! they are read (`torch.save` stores them as they are), and the tensors, which may be views of one another with any
//! shape.

use crate::{
    FileKind,
    elements::{Element, Order, floats},
    error::Problem,
    names::is_counter,
    tensors::Tensors,
};
use pytorch_reader::{DType, PickleValue, PytorchReader};
use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};
use zip::CompressionMethod;

/// The longest pickle of an archive; 400 tensors take some 40 KB.
const LONGEST_PICKLE: u64 = 4 << 20;

/// What PyTorch keeps beside the tensors of a state dictionary: versions of modules.
const METADATA: &str = "_metadata";

/// The type of an entry that is a tensor, as the library calls it.
const TENSOR: &str = "torch.Tensor";

/// The tensors of a file of `length` bytes, without counters.
pub(crate) fn read(path: &Path, kind: FileKind, length: u64) -> Result<Tensors, Problem> {
    match kind {
        FileKind::PytorchZip => check_zip(path, length)?,
        FileKind::PytorchTar => check_tar(path)?,
        FileKind::PytorchLegacy | FileKind::Safetensors | FileKind::Hdf5 => {}
    }
    let names = names(PytorchReader::read_pickle_data(path, None).map_err(Problem::of)?)?;
    let reader = PytorchReader::new(path).map_err(Problem::of)?;
    let bytes: u64 = reader.tensors().values().map(|tensor| tensor.byte_len() as u64).fold(0, u64::saturating_add);
    if bytes > length {
        return Err(Problem::Format(format!("its tensors would take {bytes} bytes, the file has {length}")));
    }
    let mut tensors = Tensors::new();
    for name in names.into_iter().filter(|name| !is_counter(name)) {
        let Some(tensor) = reader.get(&name) else {
            return Err(Problem::Foreign { name: format!("'{name}'"), found: "the class torch.Tensor".to_owned() });
        };
        let element = match tensor.dtype() {
            DType::F16 => Element::F16,
            DType::BF16 => Element::Bf16,
            DType::F32 => Element::F32,
            DType::F64 => Element::F64,
            other => return Err(Problem::Element { name, found: format!("{other:?}") }),
        };
        let values = floats(element, Order::Native, &tensor.read().map_err(Problem::of)?);
        tensors.push((name, tensor.shape().to_vec(), values));
    }
    Ok(tensors)
}

/// The names of a state dictionary, sorted, if there is nothing in it but tensors.
fn names(root: PickleValue) -> Result<Vec<String>, Problem> {
    let PickleValue::Dict(entries) = root else {
        return Err(Problem::Foreign { name: "its root".to_owned(), found: type_of(&root) });
    };
    let mut entries: Vec<(String, PickleValue)> = entries.into_iter().collect();
    entries.sort_by(|(first, _), (second, _)| first.cmp(second));
    let mut names = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        match value {
            PickleValue::Unsupported(kind) if kind == TENSOR => names.push(name),
            value if name == METADATA && is_plain(&value) => {}
            value => return Err(Problem::Foreign { name: format!("'{name}'"), found: type_of(&value) }),
        }
    }
    Ok(names)
}

/// Whether a value is made of numbers and texts alone.
fn is_plain(value: &PickleValue) -> bool {
    match value {
        PickleValue::List(items) => items.iter().all(is_plain),
        PickleValue::Dict(entries) => entries.values().all(is_plain),
        PickleValue::Unsupported(_) => false,
        PickleValue::None
        | PickleValue::Bool(_)
        | PickleValue::Int(_)
        | PickleValue::Float(_)
        | PickleValue::String(_)
        | PickleValue::Bytes(_) => true,
    }
}

/// What Python would say that a value is.
fn type_of(value: &PickleValue) -> String {
    match value {
        PickleValue::None => "None".to_owned(),
        PickleValue::Bool(_) => "a bool".to_owned(),
        PickleValue::Int(_) => "an int".to_owned(),
        PickleValue::Float(_) => "a float".to_owned(),
        PickleValue::String(_) => "a str".to_owned(),
        PickleValue::Bytes(_) => "bytes".to_owned(),
        PickleValue::List(_) => "a list".to_owned(),
        PickleValue::Dict(_) => "a dict".to_owned(),
        PickleValue::Unsupported(name) => name.clone(),
    }
}

/// That an archive holds nothing that grows when it is read, and no pickle that is longer than those of networks.
fn check_zip(path: &Path, length: u64) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(BufReader::new(open(path)?)).map_err(Problem::of)?;
    let mut total = 0u64;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(Problem::of)?;
        let (name, size) = (entry.name(), entry.size());
        if entry.compression() != CompressionMethod::Stored {
            return Err(Problem::of(format!("its entry '{name}' is compressed, and torch.save compresses nothing")));
        }
        if name.ends_with("data.pkl") && size > LONGEST_PICKLE {
            return Err(Problem::of(format!("its pickle has {size} bytes, expected at most {LONGEST_PICKLE}")));
        }
        total = total.saturating_add(size);
    }
    if total > length {
        return Err(Problem::Format(format!("its entries claim {total} bytes, the file has {length}")));
    }
    Ok(())
}

/// That a tar archive holds plain files alone: others, sparse ones for instance, may claim any length.
fn check_tar(path: &Path) -> Result<(), Problem> {
    const BLOCK: usize = 512;
    let mut file = BufReader::new(open(path)?);
    let mut header = [0u8; BLOCK];
    loop {
        file.read_exact(&mut header).map_err(Problem::of)?;
        if header == [0; BLOCK] {
            return Ok(());
        }
        if !matches!(header[156], b'0' | b'5' | 0) {
            return Err(Problem::Format("its tar archive holds something else than plain files".to_owned()));
        }
        let size = std::str::from_utf8(&header[124..136]).ok().map(|text| text.trim_matches(['\0', ' ']));
        let size = size.and_then(|text| u64::from_str_radix(text, 8).ok());
        let size = size.ok_or_else(|| Problem::Format("a length in its tar archive is no number".to_owned()))?;
        // An octal number of eleven digits stays far below the largest offset.
        file.seek(SeekFrom::Current(size.next_multiple_of(BLOCK as u64) as i64)).map_err(Problem::of)?;
    }
}

fn open(path: &Path) -> Result<File, Problem> {
    File::open(path).map_err(Problem::of)
}
