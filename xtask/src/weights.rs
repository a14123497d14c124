//! Files of weights that runs start from.

use crate::{
    failure::{Failure, bad_input},
    print, say,
};
use herring_experiments::{
    Exit,
    config::{Configuration, Scale},
    plan::named_weights,
    weights::WeightsPlaces,
};
use herring_protocol::Variant;
use herring_weights::{KnownFile, WeightPaths};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A file of weights with the name that a configuration has for it.
pub(crate) type Named = (String, PathBuf);

/// Parses `NAME=FILE`.
pub(crate) fn named(text: &str) -> Result<Named, String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("expected NAME=FILE, for instance resnet18=resnet18-f37072fd.pth".to_owned()),
    }
}

/// The places that are kept in a folder, with those of `given` in their stead, which must be files.
pub(crate) fn places(out: &Path, given: &[Named]) -> Result<WeightsPlaces, Failure> {
    let mut absolute = Vec::with_capacity(given.len());
    for (name, path) in given {
        if !path.is_file() {
            return Err(bad_input(format!("--weights {name}: {}: found no file", path.display())));
        }
        absolute.push((name.clone(), std::path::absolute(path).map_err(Failure::device)?));
    }
    Ok(WeightsPlaces::of(out)?.with(absolute))
}

/// The SHA-256 of each file of weights that the runs of a configuration start from. A missing one is an error at the
/// scale `paper`; otherwise a line says that its runs start from random weights.
pub(crate) fn prepare(
    (configuration, scale, variant): (&Configuration, Scale, Variant),
    places: &WeightsPlaces,
) -> Result<BTreeMap<String, String>, Failure> {
    let known = herring_weights::known_files().map_err(Failure::device)?;
    let mut found = BTreeMap::new();
    let needed = named_weights(configuration, scale, variant);
    for (name, path) in places.files.iter().filter(|(name, _)| !needed.contains(*name)) {
        say(&format!(
            "note: the weights '{name}' ({}) are not used: no run starts from them at the scale {scale}",
            path.display()
        ));
    }
    for name in needed {
        let entry = known.iter().find(|known| known.name == name);
        let Some(path) = places.files.get(&name) else {
            let text = lacking(&name, entry);
            if scale == Scale::Paper {
                return Err(bad_input(text));
            }
            say(&format!("note: {text}; these runs start from random weights"));
            continue;
        };
        let file = herring_weights::read(path).map_err(|error| bad_input(format!("--weights {name}: {error}")))?;
        if let Some(entry) = entry.filter(|entry| entry.sha256 != file.sha256) {
            say(&format!("note: {} is not {}, whose SHA-256 is {}", path.display(), entry.file, entry.sha256));
        }
        found.insert(name, file.sha256);
    }
    Ok(found)
}

/// That a file of weights was not given, and where it is from.
fn lacking(name: &str, entry: Option<&KnownFile>) -> String {
    let from = entry.map_or_else(String::new, |entry| format!(" ({} from {})", entry.file, entry.source));
    format!("the weights '{name}' are missing: expected --weights {name}=FILE{from}")
}

/// The files of weights for the runs of a folder.
pub(crate) fn files(out: &Path) -> Result<Box<WeightPaths>, Failure> {
    Ok(Box::new(WeightPaths(WeightsPlaces::of(out)?.files)))
}

/// `data check weights`: which of the known files a folder holds, and what else of weights.
pub(crate) fn check(folder: &Path) -> Result<Exit, Failure> {
    let report = herring_weights::inspect(folder).map_err(bad_input)?;
    for line in report.lines() {
        print(&line)?;
    }
    Ok(if report.is_sound() { Exit::Done } else { Exit::SomeFailed })
}
