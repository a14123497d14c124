//! What is planned, and that an id stands for all that decides a result.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

use herring_experiments::{
    RunId,
    config::{Configuration, Scale},
    plan::{Plan, PlanError, Request},
};
use herring_protocol::{BackendKind, Method, Variant};

fn request(scale: Scale) -> Request {
    Request { scale, variant: Variant::Released, backend: BackendKind::Cpu, methods: None, seeds: None }
}

fn plan(request: &Request) -> Result<Plan, PlanError> {
    Plan::new(&Configuration::embedded().unwrap(), request)
}

#[test]
fn the_paper_has_sixty_runs_and_goes_seed_by_seed() {
    let plan = plan(&request(Scale::Paper)).unwrap();
    assert_eq!(plan.runs.len(), 60);
    let first: Vec<_> = plan.runs[..6].iter().map(|run| run.spec.method).collect();
    assert_eq!(first, plan.methods());
    assert!(plan.runs[..6].iter().all(|run| run.spec.seed == 1234));
    assert_eq!(plan.seeds().len(), 10);
    for run in &plan.runs {
        assert_eq!(run.spec.discriminator.is_some(), run.spec.method == Method::Adversarial);
    }
}

#[test]
fn ids_are_stable_and_differ_with_everything() {
    let plan = plan(&request(Scale::Quick)).unwrap();
    let run = &plan.runs[0];
    // SHA-256 of the canonical JSON, made with Python's hashlib and json.
    assert_eq!(run.id.as_str(), "288058951b406bd1");
    assert_eq!(run.folder(), format!("baseline-1234-{}", run.id));

    let mut ids: Vec<_> = plan.runs.iter().map(|run| run.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), plan.runs.len());

    let mut other = run.spec.clone();
    other.evaluation.smoothing_truncate = 4.0;
    assert_ne!(RunId::of(&other), run.id);
    let mut other = run.spec.clone();
    other.variant = Variant::Paper;
    assert_ne!(RunId::of(&other), run.id);
}

#[test]
fn editing_a_configuration_changes_only_the_ids_it_should() {
    let before = plan(&request(Scale::Quick)).unwrap();
    let text = Configuration::embedded().unwrap().text().to_owned();
    let changed = |from: &str, to: &str| -> Vec<Method> {
        assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
        let edited = Configuration::parse("my.toml", &text.replace(from, to)).unwrap();
        let after = Plan::new(&edited, &request(Scale::Quick)).unwrap();
        let pairs = before.runs.iter().zip(&after.runs).filter(|(one, other)| one.id != other.id);
        let mut methods: Vec<_> = pairs.map(|(one, _)| one.spec.method).collect();
        methods.sort();
        methods.dedup();
        methods
    };
    assert_eq!(changed("penalty_weight = 0.203439", "penalty_weight = 0.2"), [Method::GradMask]);
    assert_eq!(changed("every = 10", "every = 5"), [Method::Adversarial]);
    assert_eq!(changed("width = 16", "width = 8"), before.methods());
    assert_eq!(changed("label = \"RRR\"", "label = \"Right\""), [], "a name decides no result");
    assert_eq!(changed("width = 4\n", "width = 8\n"), [], "another scale is not concerned");
    assert_eq!(changed("# ResNet-18", "# eighteen"), [], "nor is a comment anything");
}

#[test]
fn a_specification_survives_its_file() {
    for run in plan(&request(Scale::Paper)).unwrap().runs {
        let text = serde_json::to_string(&run.spec).unwrap();
        let back: herring_protocol::RunSpec = serde_json::from_str(&text).unwrap();
        assert_eq!(back, run.spec);
        assert_eq!(RunId::of(&back), run.id);
    }
}

#[test]
fn what_cannot_be_planned_is_said_in_a_line() {
    let mut twice = request(Scale::Quick);
    twice.seeds = Some(vec![1, 2, 1]);
    assert_eq!(plan(&twice).unwrap_err().to_string(), "seed 1 was given twice: expected each once");

    let mut twice = request(Scale::Quick);
    twice.methods = Some(vec![Method::Rrr, Method::Rrr]);
    assert_eq!(plan(&twice).unwrap_err().to_string(), "method rrr was given twice: expected each once");

    let text = Configuration::embedded().unwrap().text().to_owned();
    let without = Configuration::parse("my.toml", text.split("# Not a row of the paper's tables").next().unwrap());
    assert!(without.is_err(), "scales are missing");

    let shorter = text.replace("name = \"masked-zero\"", "name = \"masked\"").replacen(
        "name = \"masked\"\n",
        "name = \"masked-zero\"\n",
        1,
    );
    assert!(Configuration::parse("my.toml", &shorter).is_ok());
}
