//! `data check` and `data stand-in` for volumes: the Medical Segmentation Decathlon.

use crate::failure::Failure;
use herring_experiments::config::Scale;
use herring_standins::{DecathlonSettings, StandinError, Summary};
use herring_tables::CheckReport;
use herring_volumes::Task;
use std::path::Path;

/// The tasks that a name of `data check` stands for, if it stands for volumes.
pub(crate) fn tasks(name: &str) -> Option<Vec<Task>> {
    if name == "decathlon" {
        return Some(Task::ALL.to_vec());
    }
    Task::named(name).map(|task| vec![task])
}

/// A report for each task below `root`.
pub(crate) fn check(tasks: &[Task], root: &Path, headers: bool) -> Result<Vec<CheckReport>, Failure> {
    if !root.is_dir() {
        let names = Task::ALL.map(Task::folder).join(", ");
        let root = root.display();
        return Err(crate::images::bad(format!("{root}: found no such folder, expected one that holds {names}")));
    }
    Ok(tasks.iter().map(|task| herring_volumes::check(root, *task, headers)).collect())
}

/// Writes generated volumes; so many of each task, or as many as a scale needs.
pub(crate) fn stand_in(root: &Path, volumes: Option<usize>, scale: Scale, seed: u32) -> Result<Summary, StandinError> {
    let small = DecathlonSettings { seed, ..DecathlonSettings::default() };
    let settings = match scale {
        Scale::Smoke | Scale::Quick => small,
        // Enough slices of both classes in each part for the numbers that the paper draws.
        Scale::Paper => DecathlonSettings { volumes: 20, side: 128, slices: 60, ..small },
    };
    let volumes = volumes.unwrap_or(settings.volumes);
    herring_standins::decathlon(root, &DecathlonSettings { volumes, ..settings })
}
