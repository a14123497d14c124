//! Aggregates the runs of each method over its seeds into the rows of the table.

use crate::{
    collect::{Collection, Content, FinishedRun},
    config::Judgement,
    deviation::deviations,
    plan::images_of,
    results::{Results, Row, Verdict},
    statistics::Spread,
    store::FailureKind,
    verdict,
};
use herring_protocol::{AucKind, DecoyOverlap, MethodName, OverlapKind, ScoreKind, ScoreName, ScoredModel, VALID};

/// The scores of a finished run, in the order of the files: the table's columns first.
pub fn scores_of(run: &FinishedRun, auc: AucKind, columns: &[ScoreName]) -> Vec<(ScoreName, f64)> {
    let scores = &run.result.scores;
    let mut names = columns.to_vec();
    let mut add = |name: ScoreName| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    let kinds = || ScoreKind::ALL.iter().copied().filter(|kind| *kind != ScoreKind::Auc);
    // Test sets first, then the validation set, which selected the epoch.
    let (valid, tests): (Vec<&String>, Vec<&String>) = scores.selected.keys().partition(|set| *set == VALID);
    for set in tests.into_iter().chain(valid) {
        for kind in std::iter::once(ScoreKind::Auc).chain(kinds()) {
            add(ScoreName::OnSet { model: ScoredModel::Selected, set: set.clone(), kind });
        }
    }
    for set in scores.last.keys() {
        for kind in [ScoreKind::Accuracy, ScoreKind::Auc, ScoreKind::RocAuc] {
            add(ScoreName::OnSet { model: ScoredModel::Last, set: set.clone(), kind });
        }
    }
    for attribution in scores.localisation.keys() {
        for &kind in OverlapKind::ALL {
            add(ScoreName::Overlap { attribution: attribution.clone(), kind });
        }
    }
    for map in scores.decoys.keys() {
        for &kind in DecoyOverlap::ALL {
            add(ScoreName::Decoy { map: map.clone(), kind });
        }
    }
    for (map, regions) in &scores.heat {
        for region in regions.keys() {
            add(ScoreName::Heat { region: region.clone(), map: map.clone() });
        }
    }
    add(ScoreName::BestEpoch);
    names.into_iter().filter_map(|name| name.of(scores, auc).map(|value| (name, value))).collect()
}

impl Results {
    /// The table of a folder's runs.
    pub fn of(collection: &Collection) -> Self {
        let plan = &collection.plan;
        let mut rows: Vec<Row> = collection.methods().iter().map(|method| row(collection, method)).collect();
        let unknown_images = unknown_images(collection);
        let judgement = judgement(collection, unknown_images.is_some());
        let verdicts: Vec<_> = rows
            .iter()
            .map(|row| match (unknown_images.is_some(), collection.targets.targets.is_empty()) {
                _ if row.finished == 0 => verdict::of(row, &rows, judgement, &collection.targets),
                (_, true) => Verdict::unjudged("no published numbers to compare with"),
                (true, false) => Verdict::unjudged("not the paper's images: no comparison"),
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
            columns: collection.configuration.columns.clone(),
            note: collection.configuration.caption("columns").to_owned(),
            rows,
        }
    }
}

/// The name of the images, if they are not the paper's.
fn unknown_images(collection: &Collection) -> Option<String> {
    let images = images_of(&collection.plan);
    images
        .into_values()
        .find(|images| !images.issue_known)
        .filter(|_| collection.configuration.official_issue.is_some())
        .map(|images| images.issue)
}

/// The judgement that the configuration states for its scale, or a weaker one if the runs do not justify it.
fn judgement(collection: &Collection, unknown_images: bool) -> Judgement {
    let claimed = collection.configuration.scale(collection.plan.scale).judgement;
    if collection.targets.experiment != collection.plan.experiment {
        return Judgement::None;
    }
    // Results on other images cannot be compared with the paper's.
    if unknown_images {
        return Judgement::None;
    }
    let pictures_only = |field: &str| field == "evaluation.picture_samples";
    let deviates = deviations(collection).iter().any(|deviation| !pictures_only(&deviation.field));
    match claimed {
        Judgement::Paper if deviates => Judgement::Findings,
        other => other,
    }
}

fn row(collection: &Collection, method: &MethodName) -> Row {
    let count = |wanted: fn(&Content) -> bool| collection.of(method).filter(|stored| wanted(&stored.content)).count();
    let auc = collection.plan.auc();
    let columns = &collection.configuration.columns;
    let runs: Vec<_> = collection.finished(method).map(|(_, run)| scores_of(run, auc, columns)).collect();
    let mut names: Vec<ScoreName> = Vec::new();
    for (name, _) in runs.iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut values = Vec::new();
    for name in names {
        let numbers: Vec<f64> =
            runs.iter().flatten().filter(|(other, _)| *other == name).map(|(_, value)| *value).collect();
        if let Some(spread) = Spread::of(&numbers, name.range()) {
            values.push((name, spread));
        }
    }
    let known = collection.configuration.row(method);
    Row {
        method: method.clone(),
        label: collection.label(method).to_owned(),
        group: known.map(|row| row.group.clone()).unwrap_or_default(),
        style: known.map(|row| row.style.clone()).unwrap_or_default(),
        values,
        finished: count(|content| matches!(content, Content::Finished(_))),
        failed: count(|content| matches!(content, Content::Failed(_))),
        diverged: count(|content| match content {
            Content::Failed(run) => matches!(run.failed.failure, FailureKind::NotFinite { .. }),
            Content::Finished(_) | Content::Missing => false,
        }),
        missing: count(|content| matches!(content, Content::Missing)),
        target: collection
            .targets
            .target(method)
            .filter(|_| collection.targets.experiment == collection.plan.experiment)
            .cloned(),
        verdict: Verdict::unjudged("not judged yet"),
    }
}
