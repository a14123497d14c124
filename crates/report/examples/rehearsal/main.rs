//! A reproduction with a mock trainer: plan, runs, folder, table and report are real, the numbers are made up. Replace
//! it with your own implementation of `herring_protocol::Trainer`.
//!
//! `cargo run --release -p herring-report --example rehearsal -- [FOLDER] [SCALE] [PAPER] [EXPERIMENT] [SEEDS]`, by
//! default the first experiment of iclr2021 with the seeds of the scale. It must be one that needs no files at that scale; SEEDS is
//! how many seeds to take, from 1.

mod mock_trainer;

use herring_experiments::{
    Origin, add_plan,
    config::Scale,
    plan::{Request, plan_runs},
    progress, reproduce,
    store::Store,
};
use herring_papers::{CATALOGUE, REPORTS, iclr2021};
use herring_protocol::{BackendKind, Variant};
use herring_report::write_outputs;
use mock_trainer::MockTrainer;
use std::{error::Error, path::PathBuf, sync::atomic::AtomicBool};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().map_or_else(|| std::env::temp_dir().join("rehearsal"), PathBuf::from);
    let scale: Scale = arguments.next().as_deref().unwrap_or("quick").parse()?;

    let paper = arguments.next().unwrap_or_else(|| iclr2021::PAPER.name.to_owned());
    let paper = CATALOGUE.paper(&paper).ok_or_else(|| format!("no paper is called {paper}"))?;
    let experiment = match arguments.next() {
        Some(name) => paper.experiment(&name).ok_or_else(|| format!("{} has no experiment {name}", paper.name))?,
        None => &paper.experiments[0],
    };
    let seeds: Option<u32> = arguments.next().map(|seeds| seeds.parse()).transpose()?;
    let (configuration, targets) = (CATALOGUE.configuration(experiment)?, CATALOGUE.targets(experiment)?);
    let request = Request {
        scale,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: None,
        seeds: seeds.map(|seeds| (1..=seeds).collect()),
        images: Default::default(),
        weights: Default::default(),
    };
    let plan = plan_runs(&configuration, &request)?;
    let store = Store::open(&out)?;
    let origin = Origin { configuration: &configuration, targets: &targets, searches: &[] };
    add_plan(&store, &plan, &origin, true)?;
    let mut progress = progress::for_standard_error();
    let stop = AtomicBool::new(false);
    reproduce(&plan, &store, &MockTrainer::default(), progress.as_mut(), &stop)?;
    let outputs = write_outputs(&out, &REPORTS)?;
    println!("{}\nreport: {}", outputs.table, outputs.report.display());
    Ok(())
}
