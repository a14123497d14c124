//! A paper that no crate knows: its texts, its registry and a section of its report are in this file and its
//! folder, and it runs from configuration to report with the real trainer.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_experiments::{
    Catalogue, Exit, Experiment, Origin, Paper, Source, add_plan,
    config::{Configuration, Scale},
    event::NoEvents,
    plan::{Request, plan_runs},
    reproduce,
    results::Row,
    store::Store,
};
use herring_protocol::{BackendKind, PenaltySpec, Variant};
use herring_report::{
    Page, PaperReport, Reports,
    sections::{head, readings, summary},
    write_outputs,
};
use std::{fs, sync::atomic::AtomicBool};

static TOY: Paper = Paper {
    name: "toy2026",
    command: "repro-toy2026",
    title: "A toy (2026)",
    help: "Trains a small network twice.",
    experiments: &[Experiment {
        name: "dots",
        help: "Few crosses; nothing is needed",
        needs: "nothing",
        duration: ["1 s", "1 s", "1 s"],
        configuration: Source { name: "tests/toy/dots.toml", text: include_str!("../toy/dots.toml") },
        targets: Source { name: "tests/toy/targets.toml", text: include_str!("../toy/targets.toml") },
        search: None,
        published: true,
    }],
    groups: &[],
    bases: &[("toy2026", Source { name: "tests/toy/base.toml", text: include_str!("../toy/base.toml") })],
    differences: Source { name: "tests/toy/differences.toml", text: include_str!("../toy/differences.toml") },
    contents: &["Table 1"],
};

static REPORT: PaperReport = PaperReport {
    paper: &TOY,
    sections: &[head::render, summary::render, lessons, readings::render],
    overview: &["accuracy"],
    overview_figure: None,
    overview_finding: "",
};

static CATALOGUE: Catalogue = Catalogue { papers: &[&TOY] };
static REPORTS: Reports = Reports { catalogue: &CATALOGUE, papers: &[&REPORT] };

/// A section of the paper's own: the weights of the penalties that each row's runs were trained with.
fn lessons(page: &Page<'_>) -> String {
    let Page { collection, results, differences, .. } = page;
    let line = |row: &Row| {
        let weights = collection.of(&row.method).map(|stored| {
            let penalties = &stored.run.spec.objective.penalties;
            penalties.iter().map(PenaltySpec::weight).collect::<Vec<_>>()
        });
        format!("<li>{}: {:?}</li>\n", row.label, weights.collect::<Vec<_>>())
    };
    let lines: String = results.rows.iter().map(line).collect();
    let caption = collection.configuration.caption("lessons");
    format!("<section id=\"lessons\">\n<p>{caption} {}</p>\n{lines}</section>\n", differences.differences[0].topic)
}

fn request(scale: Scale) -> Request {
    Request {
        scale,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: None,
        seeds: None,
        images: Default::default(),
        weights: Default::default(),
    }
}

#[test]
fn a_paper_out_of_the_tree_goes_from_configuration_to_report() {
    let source = TOY.experiments[0].configuration;
    let configuration = Configuration::parse(source.name, source.text, &CATALOGUE).unwrap();
    let targets = CATALOGUE.targets(&TOY.experiments[0]).unwrap();
    let plan = plan_runs(&configuration, &request(Scale::Quick)).unwrap();
    let labels: Vec<String> = plan.runs.iter().map(|run| run.label()).collect();
    assert_eq!(labels, ["plain, seed 3", "guided, seed 3", "plain, seed 4", "guided, seed 4"]);

    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    let origin = Origin { configuration: &configuration, targets: &targets, searches: &[] };
    add_plan(&store, &plan, &origin, false).unwrap();
    let trainer = herring_training::trainer(BackendKind::Cpu, 0).unwrap();
    let summary = reproduce(&plan, &store, trainer.as_ref(), &mut NoEvents, &AtomicBool::new(false)).unwrap();
    assert_eq!((summary.done, Exit::from(&summary)), (4, Exit::Done));

    let outputs = write_outputs(out.path(), &REPORTS).unwrap();
    for column in ["Test accuracy", "Valid average precision", "Train accuracy, last epoch", "0.625±0.125"] {
        assert!(outputs.table.contains(column), "{column}: {}", outputs.table);
    }
    let page = fs::read_to_string(&outputs.report).unwrap();
    let (_, own) = page.split_once("<section id=\"lessons\">").unwrap();
    let (own, after) = own.split_once("</section>").unwrap();
    assert!(own.contains("What the toy teaches. Toys"), "{own}");
    assert!(own.contains("<li>Plain: [[], []]</li>") && own.contains("<li>Guided: [[0.5], [0.5]]</li>"), "{own}");
    assert!(after.contains("Are for everyone."), "the sections stand in the paper's order");
    assert!(page.contains("paper 0.625 ± 0.125") && page.contains("data-label=\"Valid average precision\""));
    assert!(!page.contains("id=\"curves\"") && !page.contains("IoU"), "no section or column of another paper");

    // Another program's catalogue does not know the paper; the folder is readable all the same.
    let stranger = Reports { catalogue: &Catalogue { papers: &[] }, papers: &[] };
    let outputs = write_outputs(out.path(), &stranger).unwrap();
    assert!(outputs.table.contains("Valid average precision"), "{}", outputs.table);
    assert!(!fs::read_to_string(&outputs.report).unwrap().contains("What the toy teaches"));
}

#[test]
fn the_registry_answers_for_the_paper() {
    assert_eq!(CATALOGUE.find("toy2026-dots").unwrap().1.name, "dots");
    assert!(CATALOGUE.find("iclr2021-crosses").is_none());
    let text = TOY.experiments[0].configuration.text.replace("base = \"toy2026\"", "base = \"iclr2021\"");
    let error = Configuration::parse("dots.toml", &text, &CATALOGUE).unwrap_err().to_string();
    assert!(error.starts_with("dots.toml:4:") && error.ends_with("expected one of toy2026"), "{error}");
    for scale in Scale::ALL {
        plan_runs(&CATALOGUE.configuration(&TOY.experiments[0]).unwrap(), &request(scale)).unwrap();
    }
}
