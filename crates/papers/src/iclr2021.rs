//! "Saliency is a Possible Red Herring When Diagnosing Poor Generalization" (Viviano et al., ICLR 2021).

use herring_experiments::{Experiment, Group, Paper, source};
use herring_report::{PaperReport, sections};

/// Files required for the radiographs.
const XRAY: &str = "--data-root with nih/ and padchest/";
/// Files required for the radiographs of the RSNA.
const RSNA: &str = "--data-root with rsna/";
/// About how long each scale of an experiment on radiographs takes on two processor cores.
const RADIOGRAPHS: [&str; 3] = ["under 1 min", "8 to 10 min", "a GPU, or days"];

/// The paper.
pub static PAPER: Paper = Paper {
    name: "iclr2021",
    command: "repro-iclr2021",
    title: "Saliency is a Possible Red Herring When Diagnosing Poor Generalization (ICLR 2021)",
    help: "Makes or prepares the images, trains every method with every seed, evaluates the selected models, prints a \
           table next to the paper's numbers and writes a report. Nothing is downloaded: the crosses are generated, \
           radiographs are yours to obtain.",
    experiments: &[
        Experiment {
            name: "crosses",
            help: "The synthetic crosses; nothing is needed",
            needs: "nothing",
            duration: ["10 s", "7 min", "a GPU, or days"],
            configuration: source!("iclr2021/crosses.toml"),
            targets: source!("iclr2021/targets/crosses.toml"),
            search: Some(source!("iclr2021/search/crosses.toml")),
            published: true,
        },
        Experiment {
            name: "xray-spc",
            help: "Table 1, with the site-pathology correlation only",
            needs: XRAY,
            duration: RADIOGRAPHS,
            configuration: source!("iclr2021/xray-spc.toml"),
            targets: source!("iclr2021/targets/xray-spc.toml"),
            search: Some(source!("iclr2021/search/xray.toml")),
            published: true,
        },
        Experiment {
            name: "xray-no-spc",
            help: "Table 1, without the correlation only",
            needs: XRAY,
            duration: RADIOGRAPHS,
            configuration: source!("iclr2021/xray-no-spc.toml"),
            targets: source!("iclr2021/targets/xray-no-spc.toml"),
            search: Some(source!("iclr2021/search/xray.toml")),
            published: true,
        },
        Experiment {
            name: "rsna-vpc",
            help: "Table 2, with the view-pathology correlation only",
            needs: RSNA,
            duration: RADIOGRAPHS,
            configuration: source!("iclr2021/rsna-vpc.toml"),
            targets: source!("iclr2021/targets/rsna-vpc.toml"),
            search: Some(source!("iclr2021/search/rsna.toml")),
            published: true,
        },
        Experiment {
            name: "rsna-no-vpc",
            help: "Table 2, without the correlation only",
            needs: RSNA,
            duration: RADIOGRAPHS,
            configuration: source!("iclr2021/rsna-no-vpc.toml"),
            targets: source!("iclr2021/targets/rsna-no-vpc.toml"),
            search: Some(source!("iclr2021/search/rsna.toml")),
            published: true,
        },
    ],
    groups: &[
        Group {
            name: "xray",
            help: "Table 1: cardiomegaly on NIH and PadChest, with and without the correlation",
            experiments: &["xray-spc", "xray-no-spc"],
        },
        Group {
            name: "rsna",
            help: "Table 2: pneumonia on RSNA, with and without the correlation",
            experiments: &["rsna-vpc", "rsna-no-vpc"],
        },
        Group {
            name: "all",
            help: "Everything in the paper",
            experiments: &["crosses", "xray-spc", "xray-no-spc", "rsna-vpc", "rsna-no-vpc"],
        },
    ],
    bases: &[("iclr2021", source!("iclr2021/base.toml"))],
    differences: source!("iclr2021/differences.toml"),
    contents: &[
        "Tables 1 and 2 (test AUC, IoU, IoP, IoT, best epoch)",
        "Figure 1 (mean images by environment and class)",
        "Figure 3 (example images)",
        "Figures 4 and A.2 (validation AUC by epoch)",
        "Figures 5 to 7 (mean saliency maps)",
        "Figure 8 (generalisation against localisation)",
        "Figure A.1 (how hard the methods were to tune)",
    ],
};

/// Its report.
pub static REPORT: PaperReport = PaperReport {
    paper: &PAPER,
    sections: sections::STANDARD,
    overview: &["auc", "roc_auc", "iop"],
    overview_figure: Some("Figure 8"),
    overview_finding: "The paper finds a positive relation on the synthetic data only.",
};
