//! Every text of every paper is sound, and every name leads somewhere.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_experiments::config::Scale;
use herring_papers::CATALOGUE;
use herring_protocol::Variant;

#[test]
fn every_text_of_every_paper_is_read() {
    for paper in CATALOGUE.papers {
        for experiment in paper.experiments {
            let configuration = CATALOGUE.configuration(experiment).unwrap();
            assert_eq!(configuration.experiment, paper.identifier(experiment));
            let targets = CATALOGUE.targets(experiment).unwrap();
            assert_eq!(targets.experiment, configuration.experiment);
            for target in &targets.targets {
                let row = configuration.row(&target.method);
                assert!(row.is_some(), "{}: target {} is no row", configuration.experiment, target.method);
            }
            for finding in &targets.findings {
                assert!(configuration.row(&finding.method).is_some(), "{}: {finding:?}", configuration.experiment);
            }
            if let Some(space) = CATALOGUE.search_space(experiment).unwrap() {
                assert!(space.experiments.contains(&configuration.experiment), "{}", configuration.experiment);
            }
            paper.differences_of(experiment.name).unwrap();
            for scale in Scale::ALL {
                for &variant in Variant::ALL {
                    let runs = configuration.templates(scale, variant).count();
                    assert_eq!(runs, configuration.methods.len());
                }
            }
        }
    }
}

#[test]
fn every_name_of_a_paper_stands_for_experiments() {
    for paper in CATALOGUE.papers {
        for (name, help) in paper.names() {
            assert!(!paper.selection(name).is_empty() && !help.is_empty(), "{}: {name}", paper.name);
        }
        for group in paper.groups {
            assert_eq!(paper.selection(group.name).len(), group.experiments.len(), "{}", group.name);
        }
    }
}
