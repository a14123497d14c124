//! What is planned, and that an id stands for all that decides a result.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{configuration_of, crosses, method, parse, request, with_needs};
use herring_experiments::{
    config::{Scale, SeedImages},
    plan::{Plan, PlanError, Request, named_weights, plan_runs, weights_of},
    weights::WeightsPlaces,
};
use herring_protocol::{MethodName, RunId, Variant, WeightsSpec};

fn plan(request: &Request) -> Result<Plan, PlanError> {
    plan_runs(&crosses(), request)
}

/// Runs on files hold the listing of their images, and cannot be planned without.
#[test]
fn runs_on_files_are_told_by_their_listings() {
    let configuration = configuration_of("rsna-vpc");
    let request = |images: &[(u32, &str)]| Request {
        images: images
            .iter()
            .map(|(seed, listing)| {
                let images = SeedImages { listing: (*listing).to_owned(), ..SeedImages::default() };
                (*seed, images)
            })
            .collect(),
        ..request(Scale::Quick, Some(&["baseline"]), Some(&[1, 2]))
    };
    let plan = |images: &[(u32, &str)]| plan_runs(&configuration, &request(images));
    let planned = plan(&[(1, "a"), (2, "b")]).unwrap();
    let ids = |plan: &Plan| plan.runs.iter().map(|run| run.id.clone()).collect::<Vec<_>>();
    let other = plan(&[(1, "a"), (2, "c")]).unwrap();
    assert_eq!(ids(&planned)[0], ids(&other)[0]);
    assert_ne!(ids(&planned)[1], ids(&other)[1]);
    assert_eq!(herring_experiments::plan::images_of(&planned)[&2].listing, "b");
    let error = plan(&[(1, "a")]).unwrap_err().to_string();
    assert_eq!(error, "the images of seed 2 are not prepared: expected a listing of them");
    // What was written is read back as what it was.
    let json = serde_json::to_string(&planned).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), planned);
}

#[test]
fn the_paper_has_sixty_runs_and_goes_seed_by_seed() {
    let plan = plan(&request(Scale::Paper, None, None)).unwrap();
    assert_eq!(plan.runs.len(), 60);
    let first: Vec<_> = plan.runs[..6].iter().map(|run| run.spec.method.clone()).collect();
    assert_eq!(first, plan.methods());
    assert!(plan.runs[..6].iter().all(|run| run.spec.seed == 1234));
    assert_eq!(plan.seeds().len(), 10);
}

#[test]
fn ids_are_stable_and_differ_with_everything() {
    let plan = plan(&request(Scale::Quick, None, None)).unwrap();
    let run = &plan.runs[0];
    // SHA-256 of the canonical JSON, made with Python's hashlib and json.
    assert_eq!(run.id.as_str(), "960d62080c5e213e");
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
    let before = plan(&request(Scale::Quick, None, None)).unwrap();
    let text = crosses().text().to_owned();
    let changed = |from: &str, to: &str| -> Vec<MethodName> {
        assert_eq!(text.matches(from).count(), 1, "'{from}' must occur once");
        let after = plan_runs(&parse(&text.replace(from, to)).unwrap(), &request(Scale::Quick, None, None)).unwrap();
        let pairs = before.runs.iter().zip(&after.runs).filter(|(one, other)| one.id != other.id);
        let mut methods: Vec<_> = pairs.map(|(one, _)| one.spec.method.clone()).collect();
        methods.sort();
        methods.dedup();
        methods
    };
    let mut all = before.methods();
    all.sort();
    assert_eq!(changed("weight = 0.203439", "weight = 0.2"), [method("gradmask")]);
    assert_eq!(changed("every = 10", "every = 5"), [method("adversarial")]);
    assert_eq!(changed("run.model.width = 16", "run.model.width = 8"), all);
    assert_eq!(changed("label = \"RRR\"", "label = \"Right\""), [], "a name decides no result");
    assert_eq!(changed("train = 32", "train = 64"), [], "another scale is not concerned");
    assert_eq!(changed("# ... and here", "# and there"), [], "nor is a comment anything");
}

#[test]
fn a_specification_survives_its_file() {
    for run in plan(&request(Scale::Paper, None, None)).unwrap().runs {
        let text = serde_json::to_string(&run.spec).unwrap();
        let back: herring_protocol::RunSpec = serde_json::from_str(&text).unwrap();
        assert_eq!(back, run.spec);
        assert_eq!(RunId::of(&back), run.id);
    }
}

#[test]
fn what_cannot_be_planned_is_said_in_a_line() {
    let twice = request(Scale::Quick, None, Some(&[1, 2, 1]));
    assert_eq!(plan(&twice).unwrap_err().to_string(), "seed 1 was given twice: expected each once");
    let twice = request(Scale::Quick, Some(&["rrr", "rrr"]), None);
    assert_eq!(plan(&twice).unwrap_err().to_string(), "method rrr was given twice: expected each once");
    let unknown = request(Scale::Quick, Some(&["baseline", "actdif"]), None);
    let error = plan(&unknown).unwrap_err().to_string();
    assert!(error.starts_with("the experiment has no method 'actdif': expected one of baseline, masked"), "{error}");
}

#[test]
fn runs_stand_behind_those_that_they_need() {
    let configuration = parse(&with_needs()).unwrap();
    let asked = request(Scale::Smoke, Some(&["tuned", "chosen"]), Some(&[1, 2]));
    let plan = plan_runs(&configuration, &asked).unwrap();
    let labels: Vec<String> = plan.runs.iter().map(|run| run.label()).collect();
    assert_eq!(
        labels,
        [
            "masked, seed 1",
            "tuned, seed 1",
            "chosen-try-1, seed 1",
            "chosen-try-2, seed 1",
            "chosen, seed 1",
            "masked, seed 2",
            "tuned, seed 2",
            "chosen, seed 2"
        ]
    );
    assert_eq!(plan.runs[1].spec.weights, WeightsSpec::Run { run: plan.runs[0].id.clone() });
    let depths: Vec<usize> = (0..plan.runs.len()).map(|place| plan.depth(place)).collect();
    assert_eq!(depths, [0, 1, 0, 0, 1, 0, 1, 1]);
    let tried: Vec<&RunId> = plan.runs[7].spec.needed_runs();
    assert_eq!(tried, [&plan.runs[2].id, &plan.runs[3].id], "the grid of seed 1 decides for seed 2");
}

#[test]
fn methods_that_need_each_other_are_refused() {
    let text = with_needs()
        .replace("name = \"masked\"\n", "name = \"masked\"\nweights = { start = \"method\", method = \"tuned\" }\n");
    let configuration = parse(&text).unwrap();
    let error = plan_runs(&configuration, &request(Scale::Smoke, Some(&["tuned"]), None)).unwrap_err().to_string();
    let expected = "methods need each other in a cycle: tuned -> masked -> tuned: expected one of them to need none \
                    of the others";
    assert_eq!(error, expected);
}

#[test]
fn the_trials_of_two_choices_are_runs_of_their_own_and_those_of_a_seed_are_the_same_whichever_comes_first() {
    let text = with_needs().replace(
        "choose = [{",
        "weights = { start = \"method\", method = \"masked\" }\n\
         choose = [{ field = \"optimiser.learning_rate\", score = \"valid_auc\", values = [1e-3, 1e-4] }, {",
    );
    let configuration = parse(&text).unwrap();
    let planned =
        |seeds: &[u32]| plan_runs(&configuration, &request(Scale::Smoke, Some(&["chosen"]), Some(seeds))).unwrap();
    let both = planned(&[1, 2]);
    let chosen = |plan: &Plan, seed: u32| {
        { plan.runs.iter() }.find(|run| run.label() == format!("chosen, seed {seed}")).unwrap().clone()
    };
    let run = chosen(&both, 1);
    let names: Vec<Vec<String>> = { run.spec.needs.iter() }
        .map(|need| need.alternatives.iter().map(|tried| both.run(&tried.run).unwrap().label()).collect())
        .collect();
    assert_eq!(names[0], ["chosen-try-1, seed 1", "chosen-try-2, seed 1"]);
    assert_eq!(names[1], ["chosen-try-3, seed 1", "chosen-try-4, seed 1"]);
    for other in [planned(&[2, 1]), planned(&[2])] {
        assert_eq!(chosen(&other, 2), chosen(&both, 2), "what is asked for beside it makes it no other run");
        let place = |run: &RunId| other.runs.iter().position(|there| there.id == *run).unwrap();
        for (index, run) in other.runs.iter().enumerate() {
            assert!(run.spec.needed_runs().into_iter().all(|needed| place(needed) < index), "{}", run.label());
        }
    }
}

#[test]
fn a_method_that_is_called_like_a_trial_is_refused() {
    let configuration = parse(&with_needs().replace("name = \"tuned\"", "name = \"chosen-try-2\"")).unwrap();
    let error = plan_runs(&configuration, &request(Scale::Smoke, Some(&["chosen-try-2", "chosen"]), None)).unwrap_err();
    let expected =
        "method 'chosen': choose: the run that tries 10 is called chosen-try-2: expected no method of that name";
    assert_eq!(error.to_string(), expected);
}

/// The crosses with a method that starts from a file of weights.
fn with_file() -> herring_experiments::config::Configuration {
    let more = "\n[[methods]]\nname = \"pretrained\"\nlabel = \"Pretrained\"\ngroup = \"baseline\"\n\
                weights = { start = \"file\", name = \"resnet18\" }\n\
                optimiser.learning_rate = 1e-4\ndata.dilation_sigma = 1.0\n";
    let text = crosses().text().to_owned();
    parse(&text.replace("\n[scales.quick]\n", &format!("{more}\n[scales.quick]\n"))).unwrap()
}

/// The hash of the file is part of a run's id. Without it small runs start from random weights, and the paper's are not
/// planned.
#[test]
fn runs_from_files_of_weights_are_told_by_the_hash() {
    let configuration = with_file();
    let plan = |scale: Scale, sha256: Option<&str>| {
        let weights = sha256.map(|sha256| ("resnet18".to_owned(), sha256.to_owned())).into_iter().collect();
        plan_runs(&configuration, &Request { weights, ..request(scale, Some(&["pretrained"]), Some(&[1])) })
    };
    let id = |sha256| plan(Scale::Quick, sha256).unwrap().runs[0].id.clone();
    assert_ne!(id(Some("a")), id(Some("b")));
    let without = plan(Scale::Quick, None).unwrap();
    assert_eq!(without.runs[0].spec.weights, WeightsSpec::Random);
    let error = plan(Scale::Paper, None).unwrap_err().to_string();
    assert_eq!(error, "the weights 'resnet18' are missing: expected --weights resnet18=FILE");
    let with = plan(Scale::Paper, Some("a")).unwrap();
    let file = WeightsSpec::File { name: "resnet18".to_owned(), sha256: "a".to_owned() };
    assert_eq!(with.runs[0].spec.weights, file);
    assert_eq!(weights_of(&with), [("resnet18".to_owned(), "a".to_owned())].into());
    let named = named_weights(&configuration, Scale::Smoke, Variant::Released);
    assert_eq!(named, ["resnet18".to_owned()].into());
    let json = serde_json::to_string(&with).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), with);
}

#[test]
fn places_of_weights_are_kept_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let none = WeightsPlaces::of(folder.path()).unwrap();
    assert_eq!(none, WeightsPlaces::default());
    none.write(folder.path()).unwrap();
    assert!(!folder.path().join("weights.json").exists(), "nothing to say");
    let given = none.with([("resnet18".to_owned(), "/data/resnet18.pth".into())]);
    given.write(folder.path()).unwrap();
    let moved = WeightsPlaces::of(folder.path()).unwrap().with([("resnet18".to_owned(), "/moved.pth".into())]);
    moved.write(folder.path()).unwrap();
    assert_eq!(WeightsPlaces::of(folder.path()).unwrap().files["resnet18"].to_string_lossy(), "/moved.pth");
    std::fs::write(folder.path().join("weights.json"), "{").unwrap();
    assert!(WeightsPlaces::of(folder.path()).is_err());
}

#[test]
fn each_seed_draws_its_own_value_and_rows_with_one_range_draw_the_same() {
    let rate = "optimiser.learning_rate = 3.11e-4";
    let draws = "draws = [{ field = \"optimiser.learning_rate\", from = 1e-5, to = 1e-3 }]";
    let configuration = parse(&crosses().text().replacen(rate, &format!("{rate}\n{draws}"), 2)).unwrap();
    let rates = |seeds: &[u32]| -> Vec<f64> {
        let plan = plan_runs(&configuration, &request(Scale::Smoke, None, Some(seeds))).unwrap();
        plan.runs.iter().map(|run| run.spec.optimiser.learning_rate()).filter(|rate| *rate != 3.11e-4).collect()
    };
    let drawn: Vec<f64> =
        rates(&[7]).into_iter().filter(|rate| rates(&[7]).iter().filter(|other| *other == rate).count() > 1).collect();
    assert_eq!(drawn.len(), 2, "two rows draw: {drawn:?}");
    assert!((1e-5..1e-3).contains(&drawn[0]));
    assert!(!rates(&[8]).contains(&drawn[0]));
}
