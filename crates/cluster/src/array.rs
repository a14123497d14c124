//! From a list of tasks to scripts that the cluster accepts.
//!
//! Slurm's array indexes lie below `MaxArraySize` (1001 by default), so the plan's indexes are split into
//! ranges of that size, each with its offset. Slurm also refuses a list of indexes whose text is too long,
//! which happens when many tasks in between are done already; then one range is split into several scripts.

use crate::{ClusterError, Resources, Script, ranges, script::Frame};
use std::{collections::BTreeSet, path::PathBuf};

/// Tasks of a plan, all run by one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// The name that `squeue` shows: letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// An absolute path that every node sees; gets `scripts/`, `logs/` and the ledger.
    pub folder: PathBuf,
    /// An absolute path and arguments; the plan's index of the task is appended.
    pub program: Vec<String>,
    /// The plan's indexes of the tasks to run, in any order; an index named twice is run once.
    pub indexes: Vec<usize>,
    /// Jobs that must have ended, successfully or not, before a task begins; empty for tasks without
    /// dependencies.
    pub after: Vec<u64>,
    /// The number of its first script: the count of existing scripts of this name in the folder.
    pub first_script: usize,
}

/// Slurm refuses 4096 bytes of `--array`; the difference leaves room for the limit of tasks at once.
const LONGEST_LIST: usize = 4000;

/// The scripts that [`crate::Slurm::submit`] would submit on a cluster with this `MaxArraySize`. Writes
/// nothing.
pub fn dry_run(array: &Array, resources: &Resources, max_array_size: usize) -> Result<Vec<Script>, ClusterError> {
    let refuse = |field, found, expected| Err(ClusterError::Value { field, found, expected });
    if max_array_size == 0 {
        return refuse("MaxArraySize", "0".into(), "at least 1 (0 means that the cluster has no job arrays)");
    }
    let indexes: Vec<usize> = BTreeSet::from_iter(array.indexes.iter().copied()).into_iter().collect();
    if indexes.is_empty() {
        return refuse("indexes", "none".into(), "at least one task");
    }
    let frame = Frame::new(&array.name, &array.folder, &array.program, resources)?;
    let stretches = indexes.chunk_by(|before, after| before / max_array_size == after / max_array_size);
    let parts = stretches.flat_map(|stretch| {
        let offset = stretch[0] / max_array_size * max_array_size;
        ranges::groups(stretch, LONGEST_LIST).into_iter().map(move |group| (offset, group))
    });
    Ok(parts
        .enumerate()
        .map(|(number, (offset, group))| frame.array(array.first_script + number, offset, group))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(indexes: Vec<usize>) -> Array {
        Array {
            name: "demo".into(),
            folder: "/data/demo".into(),
            program: vec!["/bin/true".into()],
            indexes,
            after: Vec::new(),
            first_script: 0,
        }
    }

    fn line<'a>(script: &'a Script, start: &str) -> &'a str {
        script.text.lines().find(|line| line.starts_with(start)).unwrap()
    }

    #[test]
    fn no_index_reaches_the_largest_size() {
        let scripts = dry_run(&array((0..20).collect()), &Resources::default(), 8).unwrap();
        let lists: Vec<&str> = scripts.iter().map(|script| line(script, "#SBATCH --array")).collect();
        assert_eq!(lists, ["#SBATCH --array=0-7", "#SBATCH --array=0-7", "#SBATCH --array=0-3"]);
        let offsets: Vec<usize> = scripts.iter().map(|script| script.offset).collect();
        assert_eq!(offsets, [0, 8, 16]);
        let indexes: Vec<usize> = scripts.iter().flat_map(|script| script.indexes.clone()).collect();
        assert_eq!(indexes, Vec::from_iter(0..20));
    }

    #[test]
    fn scripts_are_numbered_from_the_first() {
        let second = Array { first_script: 3, ..array((0..20).collect()) };
        let paths = dry_run(&second, &Resources::default(), 8).unwrap().into_iter().map(|script| script.path);
        let names: Vec<_> = paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["demo-3.sh", "demo-4.sh", "demo-5.sh"]);
    }

    #[test]
    fn stretches_without_tasks_have_no_script() {
        let scripts = dry_run(&array(vec![25, 3, 3, 24]), &Resources::default(), 8).unwrap();
        assert_eq!(scripts.len(), 2);
        assert_eq!((scripts[0].offset, scripts[0].indexes.as_slice()), (0, [3].as_slice()));
        assert_eq!((scripts[1].offset, scripts[1].indexes.as_slice()), (24, [24, 25].as_slice()));
        assert_eq!(line(&scripts[1], "#SBATCH --array"), "#SBATCH --array=0,1");
    }

    #[test]
    fn a_long_list_becomes_several_scripts_with_one_offset() {
        let indexes: Vec<usize> = (0..9000).step_by(2).collect();
        let resources = Resources { at_once: Some(u32::MAX), ..Resources::default() };
        let scripts = dry_run(&array(indexes.clone()), &resources, 100_000).unwrap();
        assert!(scripts.len() > 1);
        assert!(scripts.iter().all(|script| line(script, "#SBATCH --array").len() < 4096));
        assert!(scripts.iter().all(|script| script.offset == 0));
        let paths = BTreeSet::from_iter(scripts.iter().map(|script| script.path.clone()));
        assert_eq!(paths.len(), scripts.len());
        assert_eq!(scripts.into_iter().flat_map(|script| script.indexes).collect::<Vec<_>>(), indexes);
    }

    #[test]
    fn what_cannot_be_an_array_is_refused() {
        let error = dry_run(&array(vec![1]), &Resources::default(), 0).unwrap_err();
        assert!(error.to_string().starts_with("MaxArraySize: found 0, expected at least 1"));
        let error = dry_run(&array(vec![]), &Resources::default(), 8).unwrap_err();
        assert_eq!(error.to_string(), "indexes: found none, expected at least one task");
    }
}
