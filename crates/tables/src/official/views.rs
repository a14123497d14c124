//! Views from the headers of DICOM files, for a collection without a table of headers.

use std::{
    collections::BTreeMap,
    num::NonZero,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use herring_datasets::Origin;
use herring_pixels::view_position;

use crate::{
    error::{Problem, ProblemKind, one_line},
    layout::Files,
    manifest::FullImages,
};

/// Reads the view of each patient from its file, on all cores. A patient without a file, or whose file cannot be read,
/// is a problem: without its view, the images that a split draws are undefined.
pub(super) fn read(
    full: &FullImages,
    ids: &[&str],
    (root, files): (&Path, &Files),
    known: &mut BTreeMap<String, (usize, String)>,
    problems: &mut Vec<Problem>,
) {
    let next = AtomicUsize::new(0);
    let view = |id: &str| {
        let name = format!("{id}.{}", full.format);
        let Some(file) = files.full(&name) else {
            let origin = Origin { file: root.join(&name), line: 0 };
            let expected = format!("the file of this patient ({})", full.layout);
            return Err(Problem::new(ProblemKind::Missing, origin, "image", "none", expected));
        };
        let path = root.join(file);
        view_position(&path).map(Option::unwrap_or_default).map_err(|error| {
            let found = one_line(&error.to_string());
            Problem::new(ProblemKind::Image, Origin { file: path, line: 0 }, "view", found, "a header with a view")
        })
    };
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(id) = ids.get(index) else { return found };
            found.push((index, view(id)));
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(ids.len());
    let mut found: Vec<(usize, Result<String, Problem>)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect()
    });
    found.sort_by_key(|(index, _)| *index);
    let mut views: Vec<Option<Result<String, Problem>>> = ids.iter().map(|_| None).collect();
    for (index, view) in found {
        views[index] = Some(view);
    }
    for (id, found) in ids.iter().zip(views) {
        // A thread that ended early leaves its patients to this one.
        match found.unwrap_or_else(|| view(id)) {
            Ok(view) => {
                known.insert((*id).to_owned(), (0, view));
            }
            Err(problem) => problems.push(problem),
        }
    }
}
