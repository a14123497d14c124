//! From runs to rows: what the seeds of a method have in common.

use crate::{
    collect::{Collection, Content, FinishedRun},
    config::{Judgement, Metric, Scale, Target},
    departure::departures,
    statistics::Spread,
    verdict::{self, Verdict},
};
use herring_protocol::{Method, Variant};
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
    /// What the verdicts may claim.
    pub judgement: Judgement,
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

/// The number of a run for a column.
pub(crate) fn metric_of(run: &FinishedRun, metric: Metric) -> f64 {
    let result = &run.result;
    match metric {
        Metric::Auc => result.test.auc,
        Metric::Iou => result.localisation.iou,
        Metric::Iop => result.localisation.iop,
        Metric::Iot => result.localisation.iot,
        Metric::BestEpoch => result.best_epoch as f64,
    }
}

impl Results {
    /// The table of what a folder holds.
    pub fn of(collection: &Collection) -> Self {
        let plan = &collection.plan;
        let mut rows: Vec<Row> = plan.methods().into_iter().map(|method| row(collection, method)).collect();
        let judgement = judgement(collection);
        let verdicts: Vec<_> = rows.iter().map(|row| verdict::of(row, &rows, judgement, &collection.targets)).collect();
        for (row, verdict) in rows.iter_mut().zip(verdicts) {
            row.verdict = verdict;
        }
        Self { experiment: plan.experiment.clone(), scale: plan.scale, variant: plan.variant, judgement, rows }
    }

    /// Runs without a result.
    pub fn failed(&self) -> usize {
        self.rows.iter().map(|row| row.failed).sum()
    }
}

/// What the configuration claims for its scale, or less where the runs do not bear it out.
fn judgement(collection: &Collection) -> Judgement {
    let claimed = collection.configuration.setting(collection.plan.scale).judgement;
    if collection.targets.experiment != collection.plan.experiment {
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
    for metric in Metric::ALL {
        let numbers: Vec<f64> = collection.finished(method).map(|(_, run)| metric_of(run, metric)).collect();
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
