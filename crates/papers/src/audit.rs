//! The audit of a classifier on images of the user's own. It has no published numbers; its methods are those of iclr2021, and
//! reference rows that know the environments alone.

use herring_experiments::{Experiment, Paper, source};
use herring_report::{PaperReport, sections};

/// The audit.
pub static PAPER: Paper = Paper {
    name: "audit",
    command: "audit",
    title: "Audit: does a classifier of your own images rely on their environment?",
    help: "Reads a table of your images, says what it understood, trains a plain classifier and each remedy that applies on a \
           split in which the environment predicts the class, tests them where it misleads, and says in plain words what \
           came out. See docs/own-images.md.",
    experiments: &[Experiment {
        name: "images",
        help: "Images of your own; see --manifest",
        needs: "--manifest with images of your own",
        duration: ["under 1 min", "minutes", "a GPU, or days"],
        configuration: source!("audit/images.toml"),
        targets: source!("audit/targets.toml"),
        search: Some(source!("audit/search.toml")),
        published: false,
    }],
    groups: &[],
    bases: &[],
    differences: source!("audit/differences.toml"),
    contents: &[
        "What was found, in words: reliance on the environment, localisation, remedies, and what cannot be concluded",
        "Mean images by environment and class, and images with their masks",
        "Scores by environment and class",
        "Mean saliency maps; generalisation against localisation",
    ],
};

/// Its report.
pub static REPORT: PaperReport = PaperReport {
    paper: &PAPER,
    sections: &[
        sections::head::render,
        sections::reliance::render,
        sections::evidence::render,
        sections::summary::render,
        sections::setting::render,
        sections::choices::render,
        sections::curves::render,
        sections::images::render,
        sections::examples::render,
        sections::saliency::render,
        sections::heat::render,
        sections::scatter::render,
        sections::further::render,
        sections::tuning::render,
        sections::runs::render,
    ],
    overview: &["accuracy", "worst_accuracy", "iop"],
    overview_figure: None,
    overview_finding: "",
};
