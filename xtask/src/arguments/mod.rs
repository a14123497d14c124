//! The command line's arguments and their help.

mod bench;
mod data;
mod explain;
mod running;
mod search;
mod selection;

pub(crate) use bench::{BenchCommand, BenchCompare, BenchGpu, BenchStep};
pub(crate) use data::{CheckData, DataCommand, SplitData, SplitRule, Standin, StandinData, StandinEdition};
pub(crate) use explain::{Explain, Missing};
pub(crate) use running::{Cluster, Executor, Running};
pub(crate) use search::{Proposals, Search};
pub(crate) use selection::{ImagePlaces, Selection, TableOptions, experiments, folder_prefix};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::PossibleValue};
use herring_experiments::Paper;
use herring_papers::CATALOGUE;
use std::path::PathBuf;

/// Trains image classifiers under attribution priors and reproduces papers about them.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    arg_required_else_help = true,
    after_help = EXIT_CODES,
)]
pub(crate) struct Xtask {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    everything is done
  1    at least one run or check failed; the others are done
  2    the command line or a configuration file is invalid
  3    a disk, folder or device is full, missing or failed
  130  stopped by Ctrl-C or a signal; finished runs and checkpoints are kept";

const REPRO_HELP: &str = "\
Examples:
  cargo xtask repro-iclr2021
      The paper's first experiment at the scale `quick` on the CPU, then the table and report.html.
  cargo xtask repro-iclr2021 --scale smoke
      The same in under a minute, to check that everything runs on this machine.
  cargo xtask repro-iclr2021 --resume
      Continues after Ctrl-C or a crash from the last checkpoint; finished runs are never repeated.
  cargo xtask repro-iclr2021 --experiment all --data-root /data
      Everything in the paper. Experiments whose images are missing are reported and left out.
  cargo run --release -p xtask --features cuda -- repro-iclr2021 --scale paper --backend cuda
      The paper's setting on a GPU. Backends other than the CPU are features of the build.

`cargo xtask papers iclr2021` lists experiments and methods.

Runs that are already in the folder:
  Finished runs are never repeated, with or without --resume. Neither are runs that failed
  because a number was not finite: they would fail again. More methods or seeds of the same
  scale, variant and backend can be added to a folder. If runs of an earlier command are not
  finished, --resume is required.

Exit codes:
  0    all runs have results
  1    at least one run failed (its loss was not finite, the device failed), or one of several
       experiments lacks its files; the others are done
  2    the command line or the configuration is invalid
  3    a disk, folder or device is full, missing or failed
  130  stopped by Ctrl-C or a signal; finished runs and checkpoints are kept. A second Ctrl-C
       ends at once";

const AUDIT_HELP: &str = "\
Examples:
  cargo xtask data stand-in shapes --root data
      Small images in colour that are generated, to try it with.
  cargo xtask audit --manifest data/shapes/manifest.csv
      Says what it understood, trains, and says what came out; then the table and report.html.
  cargo xtask audit --manifest mine.csv --scale smoke
      The same in under a minute, to check that everything runs; its numbers mean nothing.
  cargo xtask audit --manifest mine.csv --ratio 0.5 --out runs/control
      The control for two environments: no correlation in training.
  cargo xtask audit --manifest images --grey --resume
      A folder images/ENVIRONMENT/LABEL/, reduced to luminance; continues after Ctrl-C.

See docs/own-images.md. Finished runs are never repeated; unfinished ones need --resume.

Exit codes:
  0    all runs have results
  1    at least one run failed, or a seed was left out; the others are done
  2    the command line, the configuration or the images are invalid
  3    a disk, folder or device is full, missing or failed
  130  stopped by Ctrl-C or a signal; finished runs and checkpoints are kept";

const PLAN_HELP: &str = "\
Examples:
  cargo xtask plan iclr2021 --scale paper --out runs/paper
      The sixty runs of the paper's table: index, id, method and seed of each.
  cargo xtask run --out runs/paper --indexes 0-5
  cargo xtask status --out runs/paper
  cargo xtask report --out runs/paper

A run's id is a hash of everything that determines its result. Planning again adds new runs
and does not change the others.";

const RUN_HELP: &str = "\
Examples:
  cargo xtask run --out runs/paper --jobs 4
      All runs of the plan that are not finished, four at a time.
  cargo xtask run --out runs/paper --ids 288058951b406bd1,5fa1
      Two runs, by id or its first digits.
  cargo xtask run --out runs/paper --indexes 0-5,12
      Some runs, by their indexes in the plan.
  cargo xtask run --out runs/paper --executor slurm --partition gpu --gpus 1 --time 2:00:00
      A job array on a Slurm cluster; `status` and `report` read the same folder.

Any number of processes may be started, on this machine and on others that share the folder: one
process at a time does a run. The others wait for it, and resume it from its last checkpoint if
its process dies. To resume after an interruption, start the same command again.";

const SEARCH_HELP: &str = "\
Examples:
  cargo run --release -p xtask --features search -- search iclr2021 --method actdiff
      5 random points and 20 of a Gaussian process. To resume, start it again.
  cargo xtask search iclr2021 --method actdiff --strategy random --scale smoke
      Random points; they need no feature of the build.
  cargo xtask repro-iclr2021 --from-search runs/iclr2021-search-actdiff-quick-released-cpu
      Trains all seeds with the values found.

A trial's score is the validation AUC at the epoch of the lowest validation cross-entropy: the
ROC AUC for images of your own, the authors' score for the paper's experiments. A failed trial
has no score and is not used by the Gaussian process.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists the papers with their experiments, tables, figures and methods
    Papers(PapersArguments),
    /// Writes the list of an experiment's runs into a folder and prints it, without training
    #[command(after_long_help = PLAN_HELP)]
    Plan(PlanArguments),
    /// Trains the planned runs of a folder; may be started several times in parallel
    #[command(after_long_help = RUN_HELP)]
    Run(RunArguments),
    /// Shows which runs of a folder are done, running, interrupted, failed or missing
    Status(StatusArguments),
    /// Exports the results of a folder as CSV, JSON, Markdown, LaTeX or for MLflow
    Collect(CollectArguments),
    /// Searches the hyper-parameters of one method, as the paper did
    #[command(after_long_help = SEARCH_HELP)]
    Search(Search),
    /// Makes the table and the report of a reproduction's folder again
    Report(FolderArguments),
    /// A process of `run --jobs`; not to be called by users
    #[command(hide = true)]
    Worker(WorkerArguments),
    /// Checks folders of images, splits tables, writes generated stand-ins for data sets
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Shows where a trained network looks: attribution maps of images, with checks, scores and a page
    #[command(after_long_help = explain::HELP)]
    Explain(Box<Explain>),
    /// Lists the available devices
    Devices,
    /// Measures speed
    Bench {
        #[command(subcommand)]
        command: BenchCommand,
    },
    /// Runs every check of the workspace: format, lints, documentation, all tests
    Test(TestArguments),
}

#[derive(Args)]
pub(crate) struct Repro {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Continue the unfinished reproduction in the folder
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) running: Running,
}

#[derive(Args)]
pub(crate) struct PapersArguments {
    /// Show only this paper, with its methods
    #[arg(value_name = "PAPER", value_parser = paper)]
    pub(crate) paper: Option<&'static Paper>,
}

/// The paper of that name.
pub(crate) fn paper(name: &str) -> Result<&'static Paper, String> {
    let names = || CATALOGUE.papers.iter().map(|paper| paper.name).collect::<Vec<_>>().join(", ");
    CATALOGUE.paper(name).ok_or_else(|| format!("expected one of {}", names()))
}

/// The parsed command line.
pub(crate) enum Invocation {
    /// `repro-<paper>` or `audit`, from the catalogue.
    Reproduction(&'static Paper, Box<Repro>),
    /// Any other command.
    Command(Box<Command>),
}

impl Invocation {
    /// Parses the command line: the command of each paper of the catalogue, and the others.
    pub(crate) fn parse() -> Result<Self, clap::Error> {
        let mut command = Xtask::command();
        for paper in CATALOGUE.papers {
            command = command.subcommand(repro_command(paper));
        }
        let matches = command.try_get_matches()?;
        if let Some((name, matches)) = matches.subcommand()
            && let Some(paper) = CATALOGUE.papers.iter().find(|paper| paper.command == name)
        {
            return Ok(Self::Reproduction(paper, Box::new(Repro::from_arg_matches(matches)?)));
        }
        Ok(Self::Command(Box::new(Xtask::from_arg_matches(&matches)?.command)))
    }
}

fn repro_command(paper: &'static Paper) -> clap::Command {
    let values = paper.names().map(|(name, help)| PossibleValue::new(name).help(help)).collect::<Vec<_>>();
    let published = paper.is_published();
    let about = if published { format!("Reproduces \"{}\"", paper.title) } else { paper.title.to_owned() };
    let help = if published { REPRO_HELP.replace("iclr2021", paper.name) } else { AUDIT_HELP.to_owned() };
    Repro::augment_args(clap::Command::new(paper.command))
        .about(about.clone())
        .long_about(format!("{about}\n\n{}", paper.help))
        .after_long_help(help)
        .mut_arg("experiment", |argument| argument.value_parser(values))
}

#[derive(Args)]
pub(crate) struct PlanArguments {
    /// Which paper
    #[arg(value_name = "PAPER", value_parser = paper)]
    pub(crate) paper: &'static Paper,
    #[command(flatten)]
    pub(crate) selection: Selection,
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// The folder of the plan
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Only the runs with these ids (or their first digits), separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ID,...", conflicts_with = "indexes")]
    pub(crate) ids: Option<Vec<String>>,
    /// Only the runs with these indexes in the plan, from 0, for instance `0-5,12`
    #[arg(long, value_name = "INDEXES")]
    pub(crate) indexes: Option<String>,
    /// The folder of the prepared images, if they were moved; it is stored for later commands
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// A file of weights that runs start from, if it was moved; it is stored for later commands
    #[arg(long, value_parser = crate::weights::named, value_name = "NAME=FILE")]
    pub(crate) weights: Vec<crate::weights::Named>,
    #[command(flatten)]
    pub(crate) running: Running,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
}

#[derive(Args)]
pub(crate) struct WorkerArguments {
    #[arg(long)]
    pub(crate) out: PathBuf,
    #[arg(long)]
    pub(crate) indexes: String,
    #[arg(long)]
    pub(crate) device: usize,
    #[arg(long)]
    pub(crate) deterministic: bool,
    #[arg(long)]
    pub(crate) cache: Option<PathBuf>,
    #[arg(long)]
    pub(crate) checkpoint_steps: Option<usize>,
}

#[derive(Args)]
pub(crate) struct FolderArguments {
    /// The reproduction's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct StatusArguments {
    /// The reproduction's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Formats of exported results.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values (RFC 4180)
    Csv,
    /// A JSON array
    Json,
    /// A table in Markdown
    Markdown,
    /// A tabular in LaTeX, for the package booktabs
    Latex,
}

/// What a row is.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Rows {
    /// One row for each run
    Runs,
    /// One row for each cell of the table: method and metric, with interval and the paper's value
    Cells,
}

#[derive(Args)]
pub(crate) struct CollectArguments {
    /// The reproduction's folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Format
    #[arg(long, default_value = "csv")]
    pub(crate) format: Format,
    /// What a row is
    #[arg(long, default_value = "cells")]
    pub(crate) rows: Rows,
    /// Write to this file instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Only write the runs into this folder, for `mlflow ui --backend-store-uri DIR`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["format", "rows", "to"])]
    pub(crate) mlflow: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Cargo features to check with, separated by commas: cuda, wgpu, vulkan
    #[arg(long, value_name = "FEATURE,...")]
    pub(crate) features: Option<String>,
}
