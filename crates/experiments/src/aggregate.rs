//! From runs to rows: what the seeds of a method have in common.

use crate::{
    collect::{Collection, Content, FinishedRun},
    config::{Judgement, Known, Metric, Scale, Target},
    departure::departures,
    statistics::Spread,
    verdict::{self, Verdict},
};
use herring_protocol::{AucKind, Localisation, Method, Variant};
use serde::Serialize;

/// The table of a reproduction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// Which experiment.
    pub experiment: String,
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// Which score is its AUC.
    pub auc: AucKind,
    /// What the verdicts may claim.
    pub judgement: Judgement,
    /// What the images are called, where they are of no known issue of the paper's tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_images: Option<String>,
    /// A row a method, in the order of the paper's tables.
    pub rows: Vec<Row>,
}

/// One method over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which method.
    pub method: Method,
    /// Its name for people.
    pub label: String,
    /// Every column; empty where no run finished.
    #[serde(serialize_with = "crate::json::as_map")]
    pub values: Vec<(Metric, Spread)>,
    /// Runs with a result.
    pub finished: usize,
    /// Runs without.
    pub failed: usize,
    /// Runs that were not done yet.
    pub missing: usize,
    /// The paper's numbers.
    pub target: Option<Target>,
    /// How the two compare, as far as the scale allows.
    pub verdict: Verdict,
}

impl Row {
    /// A column, if any run finished.
    pub fn value(&self, metric: Metric) -> Option<&Spread> {
        let found = self.values.iter().find(|(other, _)| *other == metric);
        found.map(|(_, spread)| spread)
    }
}

/// The number of a run for a column, if it has one; `auc` is what its experiment calls AUC.
pub(crate) fn metric_of(run: &FinishedRun, auc: AucKind, metric: Metric) -> Option<f64> {
    let result = &run.result;
    let by = |name: &str, value: fn(&Localisation) -> f64| {
        let found = result.attributions.iter().find(|(other, _)| other == name);
        found.filter(|(_, localisation)| localisation.images > 0).map(|(_, localisation)| value(localisation))
    };
    let own = (result.localisation.images > 0).then_some(&result.localisation);
    match metric {
        Metric::Auc => Some(auc.of(&result.test)),
        Metric::RocAuc => Some(AucKind::Roc.of(&result.test)),
        Metric::AuthorsAuc => Some(AucKind::Authors.of(&result.test)),
        Metric::Iou => own.map(|found| found.iou),
        Metric::Iop => own.map(|found| found.iop),
        Metric::Iot => own.map(|found| found.iot),
        Metric::BestEpoch => Some(result.best_epoch as f64),
        Metric::IouIntegratedGradients => by("integrated-gradients", |found| found.iou),
        Metric::IopIntegratedGradients => by("integrated-gradients", |found| found.iop),
        Metric::IotIntegratedGradients => by("integrated-gradients", |found| found.iot),
        Metric::IouOcclusion => by("occlusion", |found| found.iou),
        Metric::IopOcclusion => by("occlusion", |found| found.iop),
        Metric::IotOcclusion => by("occlusion", |found| found.iot),
        Metric::WorstAuc => auc.worst(&result.test),
        Metric::WorstAccuracy => result.test.worst_accuracy(),
    }
}

impl Results {
    /// The table of what a folder holds.
    pub fn of(collection: &Collection) -> Self {
        let plan = &collection.plan;
        let mut rows: Vec<Row> = plan.methods().into_iter().map(|method| row(collection, method)).collect();
        let unknown_images = unknown_images(collection);
        let judgement = judgement(collection, unknown_images.is_some());
        let verdicts: Vec<_> = rows
            .iter()
            .map(|row| match (unknown_images.is_some(), collection.targets.targets.is_empty()) {
                _ if row.finished == 0 => verdict::of(row, &rows, judgement, &collection.targets),
                (_, true) => Verdict::unjudged("no published numbers to compare with"),
                (true, false) => Verdict::unjudged("these images are of no known issue of the paper's tables"),
                (false, false) => verdict::of(row, &rows, judgement, &collection.targets),
            })
            .collect();
        for (row, verdict) in rows.iter_mut().zip(verdicts) {
            row.verdict = verdict;
        }
        Self {
            experiment: plan.experiment.clone(),
            scale: plan.scale,
            variant: plan.variant,
            auc: plan.auc(),
            judgement,
            unknown_images,
            rows,
        }
    }

    /// Runs without a result.
    pub fn failed(&self) -> usize {
        self.rows.iter().map(|row| row.failed).sum()
    }
}

/// What the images are called, if no manifest knows them.
fn unknown_images(collection: &Collection) -> Option<String> {
    collection.plan.other_issue().filter(|issue| Known::is_unknown(issue))
}

/// What the configuration claims for its scale, or less where the runs do not bear it out.
fn judgement(collection: &Collection, unknown_images: bool) -> Judgement {
    let claimed = collection.configuration.setting(collection.plan.scale).judgement;
    if collection.targets.experiment != collection.plan.experiment {
        return Judgement::None;
    }
    // Nothing that is seen on other images says anything about the paper's.
    if unknown_images {
        return Judgement::None;
    }
    let pictures_only = |field: &str| field == "evaluation.picture_samples";
    let departs = departures(collection).iter().any(|departure| !pictures_only(&departure.field));
    match claimed {
        Judgement::Paper if departs => Judgement::Findings,
        other => other,
    }
}

fn row(collection: &Collection, method: Method) -> Row {
    let count = |wanted: fn(&Content) -> bool| collection.of(method).filter(|stored| wanted(&stored.content)).count();
    let mut values = Vec::new();
    for metric in Metric::all() {
        let numbers: Vec<f64> =
            collection.finished(method).filter_map(|(_, run)| metric_of(run, collection.plan.auc(), metric)).collect();
        if let Some(spread) = Spread::of(&numbers, metric.range()) {
            values.push((metric, spread));
        }
    }
    Row {
        method,
        label: collection.label(method).to_owned(),
        values,
        finished: count(|content| matches!(content, Content::Finished(_))),
        failed: count(|content| matches!(content, Content::Failed(_))),
        missing: count(|content| matches!(content, Content::Missing)),
        target: collection
            .targets
            .target(method)
            .filter(|_| collection.targets.experiment == collection.plan.experiment)
            .cloned(),
        verdict: Verdict::unjudged("not judged yet"),
    }
}
