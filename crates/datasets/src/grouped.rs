//! A confounded split that keeps every group (patient, subject) within one part.
//!
//! The target sizes are those of the split by images ([`crate::confounded`]): a number of images of each
//! environment and class in each part. Groups are assigned one after the other, the largest first and groups
//! of one size in a random order, each to the part that can take most of its images without exceeding a size;
//! between parts that can take equally many, to the one that lacks the larger share of its target. Images of
//! a group for which its part has no room are left out, so that no size is exceeded; a part may end below its
//! sizes where groups do not divide as the images would.
//!
//! The papers have no such split. Where every group has one image, the split is that by images.

use std::collections::BTreeMap;

use crate::{DatasetError, numpy::LegacyRandom, record::Table};

/// How many images of each cell each part should have: `[part][cell]`, cells by environment, then class.
pub(crate) type Sizes = [Vec<usize>; 3];

/// Whether `table` asks for whole groups and has one with more than one image.
pub(crate) fn applies(table: &Table) -> bool {
    table.whole_groups() && groups(table).iter().any(|group| group.len() > 1)
}

/// Assigns the groups of `table` to parts; returns the positions of the records in each part, by cell and
/// position.
pub(crate) fn split(table: &Table, sizes: &Sizes, seed: u32) -> Result<[Vec<usize>; 3], DatasetError> {
    let classes = table.classes().len();
    let cell = |index: usize| {
        let record = &table.records()[index];
        record.environment * classes + record.label
    };
    let mut groups = groups(table);
    LegacyRandom::new(seed).shuffle(&mut groups)?;
    // The sort is stable: groups of one size stay in their random order.
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));

    let mut room = sizes.clone();
    let wanted: Vec<usize> = sizes.iter().map(|part| part.iter().sum::<usize>().max(1)).collect();
    let mut parts: [Vec<usize>; 3] = Default::default();
    for group in &groups {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for &index in group {
            *counts.entry(cell(index)).or_default() += 1;
        }
        let fits = |part: usize| -> usize { counts.iter().map(|(&cell, &count)| count.min(room[part][cell])).sum() };
        // The share of its images in these cells that a part still lacks, in whole numbers: a * d > c * b is
        // a / b > c / d.
        let lacks = |part: usize| -> usize { counts.keys().map(|&cell| room[part][cell]).sum() };
        let better = |one: usize, other: usize| {
            fits(one).cmp(&fits(other)).then((lacks(one) * wanted[other]).cmp(&(lacks(other) * wanted[one])))
        };
        let mut best = 0;
        for part in 1..parts.len() {
            if better(part, best).is_gt() {
                best = part;
            }
        }
        for &index in group {
            let left = &mut room[best][cell(index)];
            if *left > 0 {
                *left -= 1;
                parts[best].push(index);
            }
        }
    }
    for part in &mut parts {
        part.sort_unstable_by_key(|&index| (cell(index), index));
    }
    Ok(parts)
}

/// Positions of the records of each group, in the order of their first records; a record without a group is
/// its own group.
fn groups(table: &Table) -> Vec<Vec<usize>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, record) in table.records().iter().enumerate() {
        match record.group.as_deref() {
            Some(name) => match places.get(name) {
                Some(&place) => groups[place].push(index),
                None => {
                    places.insert(name, groups.len());
                    groups.push(vec![index]);
                }
            },
            None => groups.push(vec![index]),
        }
    }
    groups
}
