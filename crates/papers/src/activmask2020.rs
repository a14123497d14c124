//! "Underwhelming Generalization Improvements From Controlling Feature Attribution" (Viviano et al., submitted to
//! ICLR 2020), the predecessor of [`iclr2021`](crate::iclr2021).

use herring_experiments::{Experiment, Group, Paper, source};
use herring_report::{
    PaperReport,
    sections::{
        curves, evidence, examples, explained, fractions, head, images, readings, runs, saliency, setting, summary,
    },
};

/// About how long each scale of an experiment on volumes takes on two processor cores.
const VOLUMES: [&str; 3] = ["under 1 min", "3 min", "a GPU, or weeks"];

/// Files required for the radiographs.
const EMPHYSEMA: &str = "--data-root with nih/ and padchest/";
/// About how long each scale of an experiment on radiographs takes on two processor cores.
const RADIOGRAPHS: [&str; 3] = ["under 1 min", "5 min", "a GPU, or days"];

/// The paper.
pub static PAPER: Paper = Paper {
    name: "activmask2020",
    command: "repro-activmask2020",
    title: "Underwhelming Generalization Improvements From Controlling Feature Attribution (2020)",
    help: "Trains four networks (CNN, convolutional auto-encoder, UNet, ResNet-18) with ActDiff, GradMask, \
           reconstruction and masking, prints a table next to the paper's numbers and writes a report. The crosses are \
           generated; nothing is downloaded: volumes and radiographs are yours to obtain.",
    experiments: &[
        Experiment {
            name: "crosses",
            help: "Table 1 and the synthetic column of Table 2; nothing is needed",
            needs: "nothing",
            duration: ["under 1 min", "3 min", "a GPU, or weeks"],
            configuration: source!("activmask2020/crosses.toml"),
            targets: source!("activmask2020/targets/crosses.toml"),
            search: Some(source!("activmask2020/search/crosses.toml")),
            published: true,
        },
        Experiment {
            name: "maxmasks",
            help: "Figure 6 on the crosses: ActDiff with a fraction of the masks; nothing is needed",
            needs: "nothing",
            duration: ["under 1 min", "4 min", "a GPU, or weeks"],
            configuration: source!("activmask2020/maxmasks.toml"),
            targets: source!("activmask2020/targets/maxmasks.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "heart",
            help: "Table 2, column Cardiac: slices of the Medical Segmentation Decathlon",
            needs: "--data-root with Task02_Heart/",
            duration: VOLUMES,
            configuration: source!("activmask2020/heart.toml"),
            targets: source!("activmask2020/targets/heart.toml"),
            search: Some(source!("activmask2020/search/volumes.toml")),
            published: true,
        },
        Experiment {
            name: "liver",
            help: "Table 2, column Liver: slices of the Medical Segmentation Decathlon",
            needs: "--data-root with Task03_Liver/",
            duration: VOLUMES,
            configuration: source!("activmask2020/liver.toml"),
            targets: source!("activmask2020/targets/liver.toml"),
            search: Some(source!("activmask2020/search/volumes.toml")),
            published: true,
        },
        Experiment {
            name: "pancreas",
            help: "Table 2, column Pancreas: slices of the Medical Segmentation Decathlon",
            needs: "--data-root with Task07_Pancreas/",
            duration: VOLUMES,
            configuration: source!("activmask2020/pancreas.toml"),
            targets: source!("activmask2020/targets/pancreas.toml"),
            search: Some(source!("activmask2020/search/volumes.toml")),
            published: true,
        },
        Experiment {
            name: "emphysema-spc",
            help: "Table 5b, with the site-pathology correlation only",
            needs: EMPHYSEMA,
            duration: RADIOGRAPHS,
            configuration: source!("activmask2020/emphysema-spc.toml"),
            targets: source!("activmask2020/targets/emphysema-spc.toml"),
            search: Some(source!("activmask2020/search/emphysema.toml")),
            published: true,
        },
        Experiment {
            name: "emphysema-no-spc",
            help: "Table 5b, without the correlation only",
            needs: EMPHYSEMA,
            duration: RADIOGRAPHS,
            configuration: source!("activmask2020/emphysema-no-spc.toml"),
            targets: source!("activmask2020/targets/emphysema-no-spc.toml"),
            search: Some(source!("activmask2020/search/emphysema.toml")),
            published: true,
        },
        Experiment {
            name: "maxmasks-heart",
            help: "Figure 6, column Cardiac: ActDiff with a fraction of the masks",
            needs: "--data-root with Task02_Heart/",
            duration: VOLUMES,
            configuration: source!("activmask2020/maxmasks-heart.toml"),
            targets: source!("activmask2020/targets/maxmasks-heart.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "maxmasks-liver",
            help: "Figure 6, column Liver: ActDiff with a fraction of the masks",
            needs: "--data-root with Task03_Liver/",
            duration: VOLUMES,
            configuration: source!("activmask2020/maxmasks-liver.toml"),
            targets: source!("activmask2020/targets/maxmasks-liver.toml"),
            search: None,
            published: true,
        },
        Experiment {
            name: "maxmasks-pancreas",
            help: "Figure 6, column Pancreas: ActDiff with a fraction of the masks",
            needs: "--data-root with Task07_Pancreas/",
            duration: VOLUMES,
            configuration: source!("activmask2020/maxmasks-pancreas.toml"),
            targets: source!("activmask2020/targets/maxmasks-pancreas.toml"),
            search: None,
            published: true,
        },
    ],
    groups: &[
        Group {
            name: "volumes",
            help: "Table 2: slices of the Medical Segmentation Decathlon",
            experiments: &["heart", "liver", "pancreas"],
        },
        Group {
            name: "fractions",
            help: "Figure 6: ActDiff with a fraction of the masks, on the crosses and on slices",
            experiments: &["maxmasks", "maxmasks-heart", "maxmasks-liver", "maxmasks-pancreas"],
        },
        Group {
            name: "emphysema",
            help: "Table 5b: emphysema on NIH and PadChest, with and without the correlation",
            experiments: &["emphysema-spc", "emphysema-no-spc"],
        },
        Group {
            name: "all",
            help: "Everything in the paper",
            experiments: &[
                "crosses",
                "maxmasks",
                "heart",
                "liver",
                "pancreas",
                "emphysema-spc",
                "emphysema-no-spc",
                "maxmasks-heart",
                "maxmasks-liver",
                "maxmasks-pancreas",
            ],
        },
    ],
    bases: &[
        ("activmask2020", source!("activmask2020/base.toml")),
        ("activmask2020-networks", source!("activmask2020/base.toml", "activmask2020/networks.toml")),
        ("activmask2020-fractions", source!("activmask2020/base.toml", "activmask2020/fractions.toml")),
    ],
    differences: source!("activmask2020/differences.toml"),
    contents: &[
        "Table 1 (training and validation accuracy at the last epoch, best epoch)",
        "Table 2 (test accuracy at the best epoch, on the crosses and on slices of three organs)",
        "Table 5b (emphysema: test accuracy at the best epoch)",
        "Figure 1 (example images)",
        "Figure 3 (maps and reconstructions of single images)",
        "Figure 4 (mean saliency maps on slices)",
        "Figure 5a (maps of single radiographs)",
        "Figure 6 (test accuracy and best epoch by the fraction of masks)",
        "Figure 7 (validation accuracy by epoch, one panel for each family of networks)",
        "Figure 8 (mean radiographs of the two hospitals)",
        "Figure 9 (maps of single slices, the strongest tenth of the gradient)",
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
        fractions::render,
        curves::accuracy_by_group,
        images::render,
        examples::render,
        explained::render,
        saliency::render,
        readings::render,
        runs::render,
    ],
    overview: &["accuracy", "roc_auc"],
    overview_figure: None,
    overview_finding: "",
};
