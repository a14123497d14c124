//! The numbers of an audit.

use herring_experiments::{
    collect::{Collection, FinishedRun},
    config::Scale,
    results::{Results, Row},
};
use herring_protocol::{MethodName, OverlapKind, ScoreKind, ScoreName, TEST, TRAIN, VALID};
use herring_stats::{interval::student_mean_interval, shares, summary::mean};
use std::collections::BTreeMap;

/// Coverage of all intervals.
pub(super) const LEVEL: f64 = 0.95;
/// From this many seeds on an interval is one over seeds; over fewer it is one of counted images.
const SEEDS: usize = 3;
/// Of fewer test images of a class in an environment an accuracy says little.
const LEAST: usize = 10;
/// Parts whose shares of images at home differ by less are alike.
const ALIKE: f64 = 0.1;

/// An audit's numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Audit {
    pub(super) classes: Vec<String>,
    pub(super) environments: Vec<String>,
    /// Images of training, validation and test.
    pub(super) images: [usize; 3],
    /// Share of the images of each part that are of their class's most frequent environment in training.
    pub(super) at_home: [f64; 3],
    /// The plain classifier.
    pub(super) baseline: Method,
    pub(super) reliance: Reliance,
    /// Every other method, in the order of the table.
    pub(super) remedies: Vec<Method>,
    /// Share of the images that masks cover, where saliency was scored: what a random map would have as IoP.
    pub(super) covered: Option<f64>,
    /// Seeds that were left out.
    pub(super) left_out: usize,
    /// Whether the scale only shows that everything runs.
    pub(super) too_small: bool,
}

/// What the environment's part can be measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reliance {
    /// All images are of one environment.
    OneEnvironment,
    /// The drop from validation to test.
    FromValidation(Change),
    /// The drop, among test images, from classes' home environments to their others.
    FromHome(Change),
    /// Neither can be measured: no class has test images of two environments.
    Untestable,
}

/// A difference of two shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub(super) from: f64,
    pub(super) to: f64,
    /// `from - to`, mean over seeds.
    pub(super) drop: f64,
    pub(super) interval: (f64, f64),
    pub(super) over: Over,
}

/// What an interval generalises over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// That many seeds.
    Seeds(usize),
    /// The images of one seed's parts.
    Images,
}

/// A method's numbers, means over seeds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Method {
    pub(super) label: String,
    pub(super) seeds: usize,
    /// Accuracy on the test images.
    pub(super) accuracy: f64,
    /// Accuracy on those of each environment, in order, where it has any.
    pub(super) environments: Vec<(usize, f64)>,
    /// The least of the mean accuracies of a class in an environment, of those with at least [`LEAST`] test images.
    pub(super) worst: Option<f64>,
    /// Share of the strongest pixels of the saliency that lie in the masks.
    pub(super) iop: Option<f64>,
    /// Difference of its test accuracy from the plain classifier's, over the seeds that both have; `None` without such seeds,
    /// and of the plain classifier itself.
    pub(super) gain: Option<Change>,
}

/// The numbers of a folder.
pub(super) fn audit(collection: &Collection, results: &Results) -> Option<Audit> {
    let images = collection.images.as_ref()?;
    let counts = |name: &str| images.parts.iter().find(|(part, _)| part == name).map(|(_, counts)| counts);
    let [train, valid, test] = [counts(TRAIN)?, counts(VALID)?, counts(TEST)?];
    let plain = results.rows.iter().find(|row| row.group == "baseline" && row.finished > 0)?;
    let homes: Vec<usize> = (0..images.classes.len()).map(|class| home(train, class)).collect();
    let at_home = [train, valid, test].map(|counts| share_at_home(counts, &homes));
    let total = |counts: &[Vec<usize>]| counts.iter().flatten().sum::<usize>();
    let sizes = [total(train), total(valid), total(test)];
    let baseline = method((collection, test), plain, None)?;
    let runs: Vec<&FinishedRun> = collection.finished(&plain.method).map(|(_, run)| run).collect();
    let reliance = match images.environments.len() {
        0 | 1 => Reliance::OneEnvironment,
        _ if at_home[1] - at_home[2] >= ALIKE || is_control(&at_home, images.environments.len()) => {
            from_validation(&runs, sizes).map_or(Reliance::Untestable, Reliance::FromValidation)
        }
        _ => from_home(&runs, test, &homes).map_or(Reliance::Untestable, Reliance::FromHome),
    };
    let others = results.rows.iter().filter(|row| row.method != plain.method && row.finished > 0);
    Some(Audit {
        classes: images.classes.clone(),
        environments: images.environments.clone(),
        images: sizes,
        at_home,
        baseline,
        reliance,
        remedies: others.filter_map(|row| method((collection, test), row, Some(plain))).collect(),
        covered: covered(collection, &plain.method),
        left_out: images.left_out.len(),
        too_small: results.scale == Scale::Smoke,
    })
}

/// Whether the environment says nothing about the class in training.
pub(super) fn is_control(at_home: &[f64; 3], environments: usize) -> bool {
    environments > 1 && at_home[0] < 1.0 / environments as f64 + ALIKE
}

/// The environment from which most training images of a class are; the first of several.
fn home(train: &[Vec<usize>], class: usize) -> usize {
    let of = |environment: usize| train[environment].get(class).copied().unwrap_or_default();
    (0..train.len()).rev().max_by_key(|environment| of(*environment)).unwrap_or_default()
}

fn share_at_home(counts: &[Vec<usize>], homes: &[usize]) -> f64 {
    let at_home: usize = homes.iter().enumerate().map(|(class, home)| counts[*home][class]).sum();
    at_home as f64 / counts.iter().flatten().sum::<usize>().max(1) as f64
}

/// The accuracy of each run on a set.
fn accuracies(runs: &[&FinishedRun], set: &str) -> Option<Vec<f64>> {
    runs.iter().map(|run| Some(run.result.scores.selected.get(set)?.accuracy)).collect()
}

fn from_validation(runs: &[&FinishedRun], [_, valid, test]: [usize; 3]) -> Option<Change> {
    change(&accuracies(runs, VALID)?, &accuracies(runs, TEST)?, [valid, test])
}

/// Accuracy on test images of classes' homes, and on the others.
fn from_home(runs: &[&FinishedRun], test: &[Vec<usize>], homes: &[usize]) -> Option<Change> {
    let all: usize = test.iter().flatten().sum();
    let at_home: usize = homes.iter().enumerate().map(|(class, home)| test[*home][class]).sum();
    let of = |run: &&FinishedRun| {
        let (mut hits, mut counts) = ([0.0; 2], [0.0; 2]);
        for scores in &run.result.scores.selected.get(TEST)?.environments {
            let images = test.get(scores.environment)?;
            for (class, (accuracy, images)) in scores.class_accuracies.iter().zip(images).enumerate() {
                let away = usize::from(homes.get(class) != Some(&scores.environment));
                hits[away] += accuracy.unwrap_or_default() * *images as f64;
                counts[away] += *images as f64;
            }
        }
        counts.iter().all(|count| *count > 0.0).then(|| [hits[0] / counts[0], hits[1] / counts[1]])
    };
    let each: Vec<[f64; 2]> = runs.iter().map(of).collect::<Option<_>>()?;
    let side = |side: usize| each.iter().map(|pair| pair[side]).collect::<Vec<f64>>();
    change(&side(0), &side(1), [at_home, all - at_home])
}

fn change(from: &[f64], to: &[f64], images: [usize; 2]) -> Option<Change> {
    let drops: Vec<f64> = from.iter().zip(to).map(|(from, to)| from - to).collect();
    let (from, to, drop) = (mean(from).ok()?, mean(to).ok()?, mean(&drops).ok()?);
    let (found, over) = match drops.len() {
        SEEDS.. => (student_mean_interval(&drops, LEVEL).ok()?, Over::Seeds(drops.len())),
        _ => {
            let hits = |share: f64, images: usize| ((share * images as f64).round() as usize, images);
            (shares::difference(hits(from, images[0]), hits(to, images[1]), LEVEL).ok()?, Over::Images)
        }
    };
    Some(Change { from, to, drop, interval: (found.low.max(-1.0), found.high.min(1.0)), over })
}

fn method((collection, test): (&Collection, &[Vec<usize>]), row: &Row, plain: Option<&Row>) -> Option<Method> {
    let value = |score: &ScoreName| row.value(score).map(|spread| spread.mean);
    Some(Method {
        label: row.label.clone(),
        seeds: row.finished,
        accuracy: value(&ScoreName::test(ScoreKind::Accuracy))?,
        environments: by_environment(collection, &row.method),
        worst: worst(collection, test, &row.method),
        iop: value(&ScoreName::gradient(OverlapKind::Iop)),
        gain: plain.and_then(|plain| gain(collection, &row.method, &plain.method, test)),
    })
}

/// The change of the test accuracy from one method to another, seed by seed: both had the same images.
fn gain(collection: &Collection, method: &MethodName, plain: &MethodName, test: &[Vec<usize>]) -> Option<Change> {
    let of = |method: &MethodName| -> BTreeMap<u32, f64> {
        let runs = collection.finished(method);
        runs.filter_map(|(seed, run)| Some((seed, run.result.scores.selected.get(TEST)?.accuracy))).collect()
    };
    let (ours, theirs) = (of(method), of(plain));
    let pairs: Vec<(f64, f64)> = ours.iter().filter_map(|(seed, of)| Some((*of, *theirs.get(seed)?))).collect();
    let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let images = test.iter().flatten().sum();
    change(&ours, &theirs, [images, images])
}

/// The mean accuracy over runs on the test images of each environment.
fn by_environment(collection: &Collection, method: &MethodName) -> Vec<(usize, f64)> {
    let mut found: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (_, run) in collection.finished(method) {
        for scores in run.result.scores.selected.get(TEST).iter().flat_map(|scores| &scores.environments) {
            found.entry(scores.environment).or_default().push(scores.accuracy);
        }
    }
    found.into_iter().filter_map(|(environment, values)| Some((environment, mean(&values).ok()?))).collect()
}

/// The least of the mean accuracies over runs of a class in an environment, of those with enough test images.
fn worst(collection: &Collection, test: &[Vec<usize>], method: &MethodName) -> Option<f64> {
    let mut found: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for (_, run) in collection.finished(method) {
        for scores in run.result.scores.selected.get(TEST).iter().flat_map(|scores| &scores.environments) {
            let accuracies = scores.class_accuracies.iter().enumerate();
            for (class, accuracy) in accuracies.filter_map(|(class, accuracy)| Some((class, (*accuracy)?))) {
                found.entry((scores.environment, class)).or_default().push(accuracy);
            }
        }
    }
    let enough = |(environment, class): &(usize, usize)| test.get(*environment)?.get(*class).filter(|of| **of >= LEAST);
    let means = found.iter().filter(|(cell, _)| enough(cell).is_some()).filter_map(|(_, values)| mean(values).ok());
    means.min_by(f64::total_cmp)
}

/// The mean share of the images that masks cover, over the pictured images of a method's runs.
fn covered(collection: &Collection, method: &MethodName) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for (_, run) in collection.finished(method) {
        sum += run.pictures.mask_sum.values.iter().map(|value| f64::from(*value)).sum::<f64>();
        count += (run.pictures.images * run.pictures.mask_sum.values.len()) as f64;
    }
    (count > 0.0).then(|| sum / count)
}
