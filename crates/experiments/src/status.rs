//! The status of every run of a folder. Read-only.

use crate::{
    collect::CollectError,
    event::RunName,
    plan::PlannedRun,
    store::{RunProgress, RunState, Store, StoreError, run_progress, run_state},
};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::path::Path;

/// The status of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has a result.
    Finished,
    /// It failed.
    Failed,
    /// A process does it.
    Running,
    /// No process does it; it has a checkpoint.
    Interrupted,
    /// It has not been started.
    Missing,
}

impl State {
    /// Every state, in the order in which they are counted.
    pub const ALL: [Self; 5] = [Self::Finished, Self::Running, Self::Interrupted, Self::Missing, Self::Failed];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Missing => "missing",
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunStatus {
    /// Which.
    #[serde(flatten)]
    pub run: RunName,
    /// Its status.
    pub state: State,
    /// Details as text: its process, its progress, or why it failed.
    pub detail: String,
    /// Job and index of the cluster task that does it, if any.
    #[serde(skip)]
    pub task: Option<(u64, Option<u64>)>,
    /// Its state on the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// Every run of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// In the order of the plan.
    pub runs: Vec<RunStatus>,
}

impl Status {
    /// Reads the folder `out`.
    ///
    /// # Errors
    /// If it holds no plan, or a file of it cannot be read or is damaged.
    pub fn read(out: &Path) -> Result<Self, CollectError> {
        let plan = Store::read_plan(out)?;
        let runs = plan.runs.iter().enumerate().map(|(index, run)| status(out, index, run));
        Ok(Self { runs: runs.collect::<Result<_, _>>()? })
    }

    /// How many runs are in a state.
    pub fn count(&self, state: State) -> usize {
        self.runs.iter().filter(|run| run.state == state).count()
    }

    /// A table with one line for each run, and a line of counts.
    pub fn table(&self) -> String {
        let clustered = self.runs.iter().any(|run| run.cluster.is_some());
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let mut head = vec!["index", "id", "method", "seed", "state", ""];
        if clustered {
            head.insert(5, "cluster");
        }
        table.set_header(head);
        for status in &self.runs {
            let RunName { index, id, method, seed } = &status.run;
            let mut row = vec![
                index.to_string(),
                id.to_string(),
                method.to_string(),
                seed.to_string(),
                status.state.name().to_owned(),
                status.detail.clone(),
            ];
            if clustered {
                row.insert(5, status.cluster.clone().unwrap_or_default());
            }
            table.add_row(row);
        }
        let counts: Vec<String> = State::ALL
            .into_iter()
            .filter(|state| self.count(*state) > 0)
            .map(|state| format!("{} {}", self.count(state), state.name()))
            .collect();
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        format!("{}\n\n{} runs: {}", lines.join("\n"), self.runs.len(), counts.join(", "))
    }

    /// The status as JSON.
    pub fn json(&self) -> String {
        // Numbers and text always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn status(out: &Path, index: usize, run: &PlannedRun) -> Result<RunStatus, StoreError> {
    let mut task = None;
    let (state, detail) = match run_state(out, run)? {
        RunState::Finished(_) => (State::Finished, String::new()),
        RunState::Failed(_, failed) => (State::Failed, failed.message),
        RunState::Missing => match run_progress(out, run)? {
            RunProgress::Running(holder, position) => {
                task = holder.task.as_ref().map(|task| (task.job, task.task));
                let epochs = position.map_or(0, |position| position.epochs);
                let whole = run.spec.training.epochs;
                (State::Running, format!("{holder} since {}, {epochs} of {whole} epochs kept", holder.since))
            }
            RunProgress::Interrupted(position) => {
                (State::Interrupted, format!("{} of {} epochs kept", position.epochs, run.spec.training.epochs))
            }
            RunProgress::NotBegun => (State::Missing, String::new()),
        },
    };
    Ok(RunStatus { run: RunName::new(index, run), state, detail, task, cluster: None })
}
