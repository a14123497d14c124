//! What is planned, and that an id stands for all that decides a result.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

use herring_experiments::{
    RunId,
    config::{Configuration, Known, Scale},
    plan::{Plan, PlanError, Request, SeedImages},
};
use herring_protocol::{BackendKind, Method, Variant};

fn request(scale: Scale) -> Request {
    Request {
        scale,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: None,
        seeds: None,
        images: Default::default(),
    }
}

fn plan(request: &Request) -> Result<Plan, PlanError> {
    Plan::new(&Configuration::embedded(Known::Crosses).unwrap(), request)
}

/// Runs on files hold the listing of their images, and cannot be planned without.
#[test]
fn runs_on_files_are_told_by_their_listings() {
    let configuration = Configuration::embedded(Known::RsnaVpc).unwrap();
    let request = |images: &[(u32, &str)]| Request {
        scale: Scale::Quick,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: Some(vec![Method::Baseline]),
        seeds: Some(vec![1, 2]),
        images: images
            .iter()
            .map(|(seed, listing)| {
                let images = SeedImages {
                    listing: (*listing).to_owned(),
                    issue: "none".to_owned(),
                    table_sha256: "0".to_owned(),
                    parts_given: false,
                };
                (*seed, images)
            })
            .collect(),
    };
    let plan = |images: &[(u32, &str)]| Plan::new(&configuration, &request(images));
    let planned = plan(&[(1, "a"), (2, "b")]).unwrap();
    let ids = |plan: &Plan| plan.runs.iter().map(|run| run.id.clone()).collect::<Vec<_>>();
    let other = plan(&[(1, "a"), (2, "c")]).unwrap();
    assert_eq!(ids(&planned)[0], ids(&other)[0]);
    assert_ne!(ids(&planned)[1], ids(&other)[1]);
    assert_eq!(planned.images()[&2].listing, "b");
    let error = plan(&[(1, "a")]).unwrap_err().to_string();
    assert_eq!(error, "the images of seed 2 are not prepared: expected a listing of them");
    // What was written is read back as what it was.
    let json = serde_json::to_string(&planned).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), planned);
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
    let text = Configuration::embedded(Known::Crosses).unwrap().text().to_owned();
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

    let text = Configuration::embedded(Known::Crosses).unwrap().text().to_owned();
    let without = Configuration::parse("my.toml", text.split("# Not a row of the paper's tables").next().unwrap());
    assert!(without.is_err(), "scales are missing");

    let shorter = text.replace("name = \"masked-zero\"", "name = \"masked\"").replacen(
        "name = \"masked\"\n",
        "name = \"masked-zero\"\n",
        1,
    );
    assert!(Configuration::parse("my.toml", &shorter).is_ok());
}
