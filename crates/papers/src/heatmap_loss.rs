//! "Integrating feature attribution methods into the loss function of deep learning classifiers" (code: J. Callanan).

use herring_experiments::{Experiment, Group, Paper, source};
use herring_report::{
    PaperReport,
    sections::{
        choices, curves, evidence, examples, head, heat, populations, readings, runs, saliency, setting, summary,
    },
};

/// About how long each scale takes on two processor cores.
const DURATION: [&str; 3] = ["under 1 min", "5 min", "a GPU, or weeks"];

/// What an experiment needs.
const NEEDS: &str = "nothing; at paper --weights vgg16=FILE";

/// The paper.
pub static PAPER: Paper = Paper {
    name: "heatmap-loss",
    command: "repro-heatmap-loss",
    title: "Integrating feature attribution methods into the loss function of deep learning classifiers",
    help: "Trains groups of networks on drawn sections of hearts, with cross-entropy and with a loss on class activation maps \
           outside the heart, compares where the groups look, prints a table next to the paper's numbers and writes a report. \
           Nothing is downloaded: the scales smoke and quick start from random weights; at paper VGG-16's are yours to obtain.",
    experiments: &[
        Experiment {
            name: "1",
            help: "Figures 1 to 6: size of heart and fat depend on the sex; nothing is needed at smoke and quick",
            needs: NEEDS,
            duration: DURATION,
            configuration: source!("heatmap-loss/experiment-1.toml"),
            targets: source!("heatmap-loss/targets/experiment-1.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "2",
            help: "Figure 7: a white square marks the images of men; nothing is needed at smoke and quick",
            needs: NEEDS,
            duration: DURATION,
            configuration: source!("heatmap-loss/experiment-2.toml"),
            targets: source!("heatmap-loss/targets/experiment-2.toml"),
            search: None,
            published: true,
        },
    ],
    groups: &[Group { name: "all", help: "Everything in the paper", experiments: &["1", "2"] }],
    bases: &[("heatmap-loss", source!("heatmap-loss/base.toml"))],
    differences: source!("heatmap-loss/differences.toml"),
    contents: &[
        "Groups of models compared by the share of their heat in the heart, and in the marker: tests beside the paper's",
        "The same comparison with both groups trained alike",
        "Figure 1 (class activation maps inside and outside the heart)",
        "Figures 2 to 5 (example images)",
        "Figures 6 and 7 (histograms of the groups)",
    ],
};

/// Its report.
pub static REPORT: PaperReport = PaperReport {
    paper: &PAPER,
    sections: &[
        head::render,
        evidence::render,
        summary::render,
        populations::render,
        setting::render,
        choices::render,
        curves::accuracy_by_group,
        examples::render,
        heat::render,
        saliency::render,
        readings::render,
        runs::render,
    ],
    overview: &["accuracy", "heat_mask_hirescam"],
    overview_figure: None,
    overview_finding: "",
};
