//! Exports runs as a folder for MLflow (`mlflow ui --backend-store-uri DIR`).
//!
//! The layout is MLflow's file store: one folder for each experiment, in it one for each run with `meta.yaml`, a file for
//! each parameter, and a file for each metric with a line `time value step` for each epoch. These are text files, so no
//! MLflow client is needed to write them. Values of the table are metrics without a history.

use herring_experiments::{
    Catalogue,
    aggregate::scores_of,
    collect::{CollectError, Collection, Content, StoredRun},
    store::clock,
    store::{RunProvenance, StoreError, replace},
};
use herring_protocol::{AucKind, EpochRecord, hexadecimal};
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// MLflow's status numbers of runs.
const FINISHED: u8 = 3;
const FAILED: u8 = 4;
/// The text that MLflow shows with a run.
const NOTE: &str = "tags/mlflow.note.content";

/// Writes every finished and failed run of the folder `out` into the MLflow folder `to`; returns their number.
/// Existing runs are overwritten with the same content.
///
/// # Errors
/// If the folder holds no reproduction, a file of it is damaged, or an I/O operation fails.
pub fn write(out: &Path, to: &Path, catalogue: &Catalogue) -> Result<usize, CollectError> {
    let collection = Collection::read(out, catalogue)?;
    let plan = &collection.plan;
    let name = format!("{} {} {} {}", plan.experiment, plan.scale, plan.variant, plan.backend);
    let experiment = digits(&name, 18);
    let folder = to.join(&experiment);
    let first = collection.runs.iter().filter_map(|run| provenance(run).map(|of| milliseconds(&of.started))).min();
    let created = first.unwrap_or_default();
    write_file(
        &folder.join("meta.yaml"),
        &format!(
            "artifact_location: {}\ncreation_time: {created}\nexperiment_id: '{experiment}'\n\
             last_update_time: {created}\nlifecycle_stage: active\nname: {}\n",
            quoted(&folder.display().to_string()),
            quoted(&name),
        ),
    )?;
    let mut written = 0;
    for stored in &collection.runs {
        if let Some(provenance) = provenance(stored) {
            run(&folder, &experiment, stored, provenance)?;
            written += 1;
        }
    }
    Ok(written)
}

fn provenance(stored: &StoredRun) -> Option<&RunProvenance> {
    match &stored.content {
        Content::Finished(finished) => Some(&finished.provenance),
        Content::Failed(failed) => Some(&failed.provenance),
        Content::Missing => None,
    }
}

fn run(experiment: &Path, id: &str, stored: &StoredRun, provenance: &RunProvenance) -> Result<(), StoreError> {
    let spec = &stored.run.spec;
    let run = hexadecimal(&Sha256::digest(stored.run.folder())[..16]);
    let folder = experiment.join(&run);
    let started = milliseconds(&provenance.started);
    let ended = started + (provenance.wall_seconds * 1e3) as u64;
    let status = if matches!(stored.content, Content::Finished(_)) { FINISHED } else { FAILED };
    write_file(
        &folder.join("meta.yaml"),
        &format!(
            "artifact_uri: {}\nend_time: {ended}\nentry_point_name: ''\nexperiment_id: '{id}'\n\
             lifecycle_stage: active\nrun_id: {run}\nrun_name: {}\nrun_uuid: {run}\nsource_name: ''\n\
             source_type: 4\nsource_version: ''\nstart_time: {started}\nstatus: {status}\ntags: []\nuser_id: ''\n",
            quoted(&folder.join("artifacts").display().to_string()),
            quoted(&stored.run.label()),
        ),
    )?;
    let artifacts = folder.join("artifacts");
    fs::create_dir_all(&artifacts).map_err(StoreError::system("create", &artifacts))?;
    for (name, value) in spec.fields() {
        write_file(&folder.join("params").join(name), &value)?;
    }
    write_file(&folder.join("tags/mlflow.runName"), &stored.run.label())?;
    write_file(&folder.join("tags/red-herring.id"), stored.run.id.as_str())?;
    write_file(&folder.join("tags/red-herring.device"), &provenance.computed_by.device)?;
    match &stored.content {
        Content::Finished(finished) => {
            // Left by an earlier failure.
            let _ = fs::remove_file(folder.join(NOTE));
            for (score, value) in scores_of(finished, spec.evaluation.auc, &[]) {
                write_file(&folder.join("metrics").join(score.to_string()), &format!("{ended} {value} 0\n"))?;
            }
            history(&folder, started, spec.evaluation.auc, &finished.result.history)
        }
        Content::Failed(failed) => write_file(&folder.join(NOTE), &failed.failed.message),
        Content::Missing => Ok(()),
    }
}

fn history(folder: &Path, started: u64, auc: AucKind, history: &[EpochRecord]) -> Result<(), StoreError> {
    type Value<'a> = &'a dyn Fn(&EpochRecord) -> f64;
    let columns: [(&str, Value<'_>); 8] = [
        ("train_cross_entropy", &|record| record.train_cross_entropy),
        ("train_penalty", &|record| record.train_penalty),
        ("valid_auc", &|record| auc.of(&record.valid)),
        ("valid_roc_auc", &|record| AucKind::Roc.of(&record.valid)),
        ("valid_cross_entropy", &|record| record.valid.cross_entropy),
        ("valid_accuracy", &|record| record.valid.accuracy),
        ("valid_loss", &|record| record.valid.task_loss()),
        ("left_out", &|record| record.left_out as f64),
    ];
    let other_loss = history.iter().any(|record| record.valid.loss.is_some());
    let any_left_out = history.iter().any(|record| record.left_out > 0);
    // Where they would say nothing new.
    let is_redundant = |name: &str| (name == "valid_loss" && !other_loss) || (name == "left_out" && !any_left_out);
    for (name, value) in columns.into_iter().filter(|(name, _)| !is_redundant(name)) {
        // The times of epochs are not stored, so they are made up in order.
        let lines = history
            .iter()
            .map(|record| format!("{} {} {}\n", started + record.epoch as u64, value(record), record.epoch));
        write_file(&folder.join("metrics").join(name), &lines.collect::<String>())?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StoreError::system("create", folder))?;
    }
    replace(path, text.as_bytes())
}

/// A YAML string in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Milliseconds since 1970; 0 where the text is not a time.
fn milliseconds(time: &str) -> u64 {
    clock::seconds(time).unwrap_or_default() * 1000
}

/// Decimal digits derived from a text; the first is not 0.
fn digits(text: &str, count: usize) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let digit = |(index, byte): (usize, &u8)| if index == 0 { 1 + byte % 9 } else { byte % 10 };
    bytes.iter().enumerate().take(count).map(digit).map(|digit| digit.to_string()).collect()
}
