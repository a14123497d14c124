//! "Targeted Activation Penalties Help CNNs Ignore Spurious Signals" (Zhang et al., AAAI 2024, with the tables of the
//! extended version).

use herring_experiments::{Experiment, Group, Paper, source};
use herring_report::{
    PaperReport,
    sections::{curves, evidence, examples, head, images, readings, runs, saliency, setting, summary},
};

/// Files required for the digits.
const MNIST: &str = "nothing; at paper --data-root with mnist/";

/// The paper.
pub static PAPER: Paper = Paper {
    name: "tap2024",
    title: "Targeted Activation Penalties Help CNNs Ignore Spurious Signals (AAAI 2024)",
    help: "Trains networks on images in which a decoy tells the class, with penalties on activations (TAP) and on input \
           gradients (RRR, RBR), prints a table next to the paper's numbers and writes a report. Nothing is downloaded: \
           the scales smoke and quick use a sample of MNIST that the program carries; MNIST itself is yours to obtain.",
    experiments: &[
        Experiment {
            name: "mnist",
            help: "Table 9 and Figure 5: decoy-MNIST; nothing is needed at smoke and quick",
            needs: MNIST,
            duration: ["under 1 min", "7 min", "days"],
            configuration: source!("tap2024/mnist.toml"),
            targets: source!("tap2024/targets/mnist.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "mnist-teacher",
            help: "Tables 12 and 15, Figure 16: annotations of teachers; nothing is needed at smoke and quick",
            needs: MNIST,
            duration: ["under 1 min", "5 min", "days"],
            configuration: source!("tap2024/mnist-teacher.toml"),
            targets: source!("tap2024/targets/mnist-teacher.toml"),
            search: None,
            published: true,
        },
    ],
    groups: &[Group { name: "all", help: "Everything that can be run", experiments: &["mnist", "mnist-teacher"] }],
    bases: &[("tap2024-mnist", source!("tap2024/base.toml", "tap2024/mnist-base.toml"))],
    differences: source!("tap2024/differences.toml"),
    contents: &[
        "Table 9 and Figure 5 (accuracy on contaminated, permuted and clean digits)",
        "A row of Tables 12 and 15 (TAP with a teacher's annotations, and the teacher)",
        "Figure 4 (example images)",
    ],
};

/// Its report.
pub static REPORT: PaperReport = PaperReport {
    paper: &PAPER,
    sections: &[
        head::render,
        evidence::render,
        summary::render,
        setting::render,
        curves::accuracy_by_group,
        images::render,
        examples::render,
        saliency::render,
        readings::render,
        runs::render,
    ],
    overview: &["contaminated_accuracy", "permuted_accuracy", "clean_accuracy"],
    overview_figure: None,
    overview_finding: "",
};
