//! "Targeted Activation Penalties Help CNNs Ignore Spurious Signals" (Zhang et al., AAAI 2024, with the tables of the
//! extended version).

use herring_experiments::{Experiment, Group, Paper, source};
use herring_report::{
    PaperReport,
    sections::{curves, decoys, evidence, examples, head, images, readings, runs, saliency, setting, summary},
};

/// Files required for the digits.
const MNIST: &str = "nothing; at paper --data-root with mnist/";

/// Files required for the chest radiographs.
const PNEUMONIA: &str = "--data-root with chest_xray/";
/// Files required for the knee radiographs.
const KNEES: &str = "--data-root with kneeKL224/";
/// About how long each scale of an experiment on radiographs takes on two processor cores.
const RADIOGRAPHS: [&str; 3] = ["under 1 min", "15 min", "a GPU, or weeks"];

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
            help: "Tables 12 and 15, Figure 16: TAP on annotations of teachers; nothing is needed at smoke and quick",
            needs: MNIST,
            duration: ["under 1 min", "5 min", "days"],
            configuration: source!("tap2024/mnist-teacher.toml"),
            targets: source!("tap2024/targets/mnist-teacher.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "mnist-distillation",
            help: "Table 18: attention transfer, Jacobian transfer, distillation; nothing is needed at smoke and quick",
            needs: MNIST,
            duration: ["under 1 min", "10 min", "days"],
            configuration: source!("tap2024/mnist-distillation.toml"),
            targets: source!("tap2024/targets/mnist-distillation.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "pneu",
            help: "Tables 4 and 10, Figure 6: chest radiographs with text decoys",
            needs: PNEUMONIA,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/pneu.toml"),
            targets: source!("tap2024/targets/pneu.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "pneu-stripes",
            help: "Table 7: chest radiographs with stripe decoys",
            needs: PNEUMONIA,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/pneu-stripes.toml"),
            targets: source!("tap2024/targets/pneu-stripes.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "pneu-teacher",
            help: "Tables 13 and 15, Figures 8 and 9: TAP on annotations of teachers",
            needs: PNEUMONIA,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/pneu-teacher.toml"),
            targets: source!("tap2024/targets/pneu-teacher.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "pneu-annotations",
            help: "Table 16: RRR and RBR on annotations of a teacher or of noise",
            needs: PNEUMONIA,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/pneu-annotations.toml"),
            targets: source!("tap2024/targets/pneu-annotations.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "pneu-distillation",
            help: "Table 19: attention transfer, Jacobian transfer, distillation",
            needs: PNEUMONIA,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/pneu-distillation.toml"),
            targets: source!("tap2024/targets/pneu-distillation.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "knee",
            help: "Tables 5 and 11, Figure 7: knee radiographs with text decoys",
            needs: KNEES,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/knee.toml"),
            targets: source!("tap2024/targets/knee.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "knee-stripes",
            help: "Table 8: knee radiographs with stripe decoys",
            needs: KNEES,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/knee-stripes.toml"),
            targets: source!("tap2024/targets/knee-stripes.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "knee-teacher",
            help: "Tables 14 and 15, Figures 8 and 9: TAP on annotations of teachers",
            needs: KNEES,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/knee-teacher.toml"),
            targets: source!("tap2024/targets/knee-teacher.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "knee-annotations",
            help: "Table 17: RRR and RBR on annotations of a teacher or of noise",
            needs: KNEES,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/knee-annotations.toml"),
            targets: source!("tap2024/targets/knee-annotations.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "knee-distillation",
            help: "Table 20: attention transfer, Jacobian transfer, distillation",
            needs: KNEES,
            duration: RADIOGRAPHS,
            configuration: source!("tap2024/knee-distillation.toml"),
            targets: source!("tap2024/targets/knee-distillation.toml"),
            search: None,
            published: true,
        },
    ],
    groups: &[
        Group {
            name: "digits",
            help: "Decoy-MNIST: everything",
            experiments: &["mnist", "mnist-teacher", "mnist-distillation"],
        },
        Group {
            name: "chests",
            help: "Chest radiographs: everything",
            experiments: &["pneu", "pneu-stripes", "pneu-teacher", "pneu-annotations", "pneu-distillation"],
        },
        Group {
            name: "knees",
            help: "Knee radiographs: everything",
            experiments: &["knee", "knee-stripes", "knee-teacher", "knee-annotations", "knee-distillation"],
        },
        Group {
            name: "all",
            help: "Everything in the paper",
            experiments: &[
                "mnist",
                "mnist-teacher",
                "mnist-distillation",
                "pneu",
                "pneu-stripes",
                "pneu-teacher",
                "pneu-annotations",
                "pneu-distillation",
                "knee",
                "knee-stripes",
                "knee-teacher",
                "knee-annotations",
                "knee-distillation",
            ],
        },
    ],
    bases: &[
        ("tap2024-mnist", source!("tap2024/base.toml", "tap2024/mnist-base.toml")),
        ("tap2024-pneu", source!("tap2024/base.toml", "tap2024/pneu-base.toml")),
        ("tap2024-knee", source!("tap2024/base.toml", "tap2024/knee-base.toml")),
    ],
    differences: source!("tap2024/differences.toml"),
    contents: &[
        "Tables 4 and 5 (overlap of input gradients and activations with decoys)",
        "Tables 7 and 8 (stripe decoys)",
        "Table 9 and Figure 5 (accuracy on contaminated, permuted and clean digits)",
        "Tables 10 and 11, Figures 6 and 7 (text decoys)",
        "Tables 12 to 14, Figures 9 and 16 (annotations of teachers and of noise)",
        "Table 15 (teachers)",
        "Tables 16 and 17 (RRR and RBR on annotations of a teacher)",
        "Tables 18 to 20 (knowledge transfer)",
        "Figures 4 and 13 (example images)",
        "Figure 8 (recall and precision of annotations, in `collect`)",
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
        decoys::render,
        saliency::render,
        readings::render,
        runs::render,
    ],
    overview: &["contaminated_accuracy", "permuted_accuracy", "clean_accuracy"],
    overview_figure: None,
    overview_finding: "",
};
