//! `papers`: lists the papers that can be reproduced.

use crate::{arguments::PapersArguments, failure::Failure, print};
use herring_experiments::{Exit, Paper};
use herring_papers::CATALOGUE;

pub(crate) fn run(arguments: &PapersArguments) -> Result<Exit, Failure> {
    match arguments.paper {
        Some(paper) => {
            show(paper)?;
            methods(paper)?;
        }
        None => CATALOGUE.papers.iter().try_for_each(|paper| show(paper))?,
    }
    Ok(Exit::Done)
}

fn show(paper: &Paper) -> Result<(), Failure> {
    print(&format!("{}  {}", paper.name, paper.title))?;
    print(&format!("  start with: cargo xtask {}", paper.command))?;
    print("  experiments (needs; time on two cores at smoke, quick, paper):")?;
    for experiment in paper.experiments {
        let [smoke, quick, full] = experiment.duration;
        print(&format!("    {:14} {}", experiment.name, experiment.help))?;
        print(&format!("    {:14} needs {}; {smoke}, {quick}, {full}", "", experiment.needs))?;
    }
    for group in paper.groups {
        print(&format!("    {:14} {}", group.name, group.help))?;
    }
    print("  in the report:")?;
    for line in paper.contents {
        print(&format!("    {line}"))?;
    }
    Ok(())
}

fn methods(paper: &Paper) -> Result<(), Failure> {
    for experiment in paper.experiments {
        let configuration = CATALOGUE.configuration(experiment)?;
        print(&format!("  methods of {}:", experiment.name))?;
        for row in &configuration.methods {
            let optional = if row.optional { " (only with --methods)" } else { "" };
            print(&format!("    {:32} {}{optional}", row.method, row.label))?;
        }
    }
    Ok(())
}
