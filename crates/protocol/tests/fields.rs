//! Specifications as text: JSON both ways, fields by their dotted names, and identities.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{images, resnet, spec};
use herring_protocol::*;
use serde_json::{Value, json};

fn value_of(spec: &RunSpec, field: &str) -> Option<String> {
    spec.fields().into_iter().find(|(name, _)| name == field).map(|(_, value)| value)
}

#[test]
fn every_choice_survives_json() {
    let mut of_files = spec();
    of_files.data = DataSpec::Images(images());
    of_files.model = resnet(PoolingName::Window);
    of_files.weights = WeightsSpec::Run { run: RunId::of(&spec()) };
    of_files.objective.penalties.truncate(4);
    of_files.selection = SelectionSpec::HighestAccuracy { patience: None };
    let mut least = spec();
    least.objective.penalties.clear();
    least.objective.images = TrainingImages::Zeroed;
    least.selection = SelectionSpec::WorstGroup { burn_in: 3, patience: Some(4) };
    least.objective.groups = Some(GroupsSpec::Reweighted);
    least.evaluation.zeroed_sets.clear();
    least.evaluation.attributions.clear();
    least.evaluation.attribution_limit = None;
    least.data = DataSpec::Crosses(CrossesSpec { split_seed: None, ..common::crosses() });
    for spec in [spec(), of_files, least] {
        let text = serde_json::to_string(&spec).unwrap();
        let again: RunSpec = serde_json::from_str(&text).unwrap();
        assert_eq!(again, spec);
        assert_eq!(RunId::of(&again), RunId::of(&spec));
    }
}

#[test]
fn a_setting_that_was_added_later_leaves_the_text_of_older_specifications() {
    let text = |penalty| serde_json::to_string(&penalty).unwrap();
    let rbr = |influence| PenaltySpec::Rbr { weight: 0.5, influence };
    assert_eq!(text(rbr(RbrInfluence::Partial)), r#"{"kind":"rbr","weight":0.5}"#);
    assert_eq!(text(rbr(RbrInfluence::Full)), r#"{"kind":"rbr","weight":0.5,"influence":"full"}"#);
    assert_eq!(serde_json::from_str::<PenaltySpec>(&text(rbr(RbrInfluence::Full))).unwrap(), rbr(RbrInfluence::Full));
    let plain = TaskSpec::cross_entropy();
    assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"kind":"cross-entropy"}"#);
    assert_eq!(serde_json::from_str::<TaskSpec>(r#"{"kind":"cross-entropy"}"#).unwrap(), plain);
    let weighted: TaskSpec = serde_json::from_str(r#"{"kind":"cross-entropy","class_weights":[0.75,0.25]}"#).unwrap();
    assert_eq!(weighted, TaskSpec::CrossEntropy { class_weights: vec![0.75, 0.25] });
    let robust = |adjustment, draw| GroupsSpec::Robust { step: 0.01, adjustment, draw };
    for (groups, text) in [
        (GroupsSpec::Reweighted, r#"{"kind":"reweighted"}"#),
        (GroupsSpec::Resampled, r#"{"kind":"resampled"}"#),
        (robust(0.0, GroupDraw::Balanced), r#"{"kind":"robust","step":0.01}"#),
        (robust(2.0, GroupDraw::Shuffled), r#"{"kind":"robust","step":0.01,"adjustment":2.0,"draw":"shuffled"}"#),
    ] {
        assert_eq!(serde_json::to_string(&groups).unwrap(), text);
        assert_eq!(serde_json::from_str::<GroupsSpec>(text).unwrap(), groups);
        let with_more = text.replace('}', r#","surprise":1}"#);
        assert!(serde_json::from_str::<GroupsSpec>(&with_more).unwrap_err().to_string().contains("surprise"));
    }
    assert!(!serde_json::to_string(&spec()).unwrap().contains("groups"));
    for (kind, penalty) in [
        ("attention-transfer", PenaltySpec::AttentionTransfer { weight: 1.0 }),
        ("distillation", PenaltySpec::Distillation { weight: 1.0, temperature: 1.0 }),
        ("jacobian-transfer", PenaltySpec::JacobianTransfer { weight: 1.0 }),
        ("l2", PenaltySpec::L2 { weight: 1.0 }),
    ] {
        assert_eq!(penalty.kind(), kind);
        assert!(text(penalty).contains(&format!(r#""kind":"{kind}""#)), "{kind}");
    }
}

#[test]
fn what_a_specification_does_not_know_is_refused() {
    let whole = serde_json::to_value(spec()).unwrap();
    let places = ["", "/data", "/annotations", "/model", "/weights", "/objective", "/objective/penalties/0"];
    let places = places.into_iter().chain(["/optimiser", "/training", "/selection", "/evaluation"]);
    for place in places.chain(["/objective/task", "/evaluation/attributions/0"]) {
        let mut more = whole.clone();
        more.pointer_mut(place).unwrap().as_object_mut().unwrap().insert("surprise".to_owned(), json!(1));
        let message = serde_json::from_value::<RunSpec>(more).err().unwrap_or_else(|| panic!("{place}")).to_string();
        assert!(message.contains("unknown field `surprise`"), "{place}: {message}");
    }
    let mut last = whole.clone();
    last["selection"] = json!({"rule": "last-epoch", "patience": 3});
    let message = serde_json::from_value::<RunSpec>(last).unwrap_err().to_string();
    assert!(message.contains("unknown field `patience`"), "{message}");
    let mut other = whole.clone();
    other["objective"]["penalties"][2]["norm"] = json!("largest");
    let message = serde_json::from_value::<RunSpec>(other).unwrap_err().to_string();
    assert!(message.contains("unknown norm 'largest': expected one of image, absolute"), "{message}");
    // A specification of format 1 had no objective.
    let mut older = whole;
    older.as_object_mut().unwrap().remove("objective");
    let message = serde_json::from_value::<RunSpec>(older).unwrap_err().to_string();
    assert!(message.contains("missing field `objective`"), "{message}");
}

#[test]
fn fields_have_dotted_names_and_lists_are_named_by_their_kinds() {
    let spec = spec();
    for (field, value) in [
        ("method", "all-of-them"),
        ("data.train", "500"),
        ("data.split_seed", "0"),
        ("model.architecture", "conv-net"),
        ("objective.penalties.gradmask.weight", "0.25"),
        ("objective.penalties.actdiff.distance", "position"),
        ("selection.rule", "lowest-loss"),
        ("evaluation.zeroed_sets", "valid, test"),
        ("evaluation.attributions.occlusion.window", "2"),
    ] {
        assert_eq!(value_of(&spec, field).as_deref(), Some(value), "{field}");
    }
    let mut names: Vec<_> = spec.fields().into_iter().map(|(name, _)| name).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "no name twice");
}

#[test]
fn a_number_is_set_by_its_field_and_whole_numbers_stay_whole() {
    let spec = spec();
    let wider = spec.with_value("model.width", 16.0).unwrap();
    assert_eq!(wider.model.width(), 16);
    let stronger = spec.with_value("objective.penalties.rrr.weight", 3.0).unwrap();
    let expected = PenaltySpec::Rrr { weight: 3.0, offset: 1e-11, reading: RrrReading::Pixels };
    assert_eq!(stronger.objective.penalties[4], expected);
    assert_eq!(RunSpec { objective: spec.objective.clone(), ..stronger }, spec, "nothing else changes");
    for (field, value, message) in [
        ("objective.penalties.lasso.weight", 1.0, "the run has no such field"),
        ("training.rate", 1.0, "the run has no such field"),
        ("method", 1.0, "the field holds no number"),
        ("objective.penalties", 1.0, "the field holds no number"),
        ("training.epochs", 2.5, "invalid type"),
        ("training.epochs", -1.0, "invalid type"),
        ("optimiser.learning_rate", f64::NAN, "invalid type"),
    ] {
        let error = spec.with_value(field, value).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{field}: {message}")), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn differences_are_listed_by_field_and_a_missing_one_is_none() {
    let mut other = spec();
    other.seed = 2;
    other.selection = SelectionSpec::LastEpoch;
    other.objective.penalties.remove(4);
    let found = differing_fields(&spec(), &other);
    let of = |field: &str, one: &str, other: &str| (field.to_owned(), one.to_owned(), other.to_owned());
    let expected = [
        of("objective.penalties.rrr.kind", "rrr", "none"),
        of("objective.penalties.rrr.offset", "1e-11", "none"),
        of("objective.penalties.rrr.weight", "0.5", "none"),
        of("seed", "1234", "2"),
        of("selection.burn_in", "2", "none"),
        of("selection.patience", "5", "none"),
        of("selection.rule", "lowest-loss", "last-epoch"),
    ];
    assert_eq!(found, expected);
    assert_eq!(differing_fields(&spec(), &spec()), []);
}

#[test]
fn the_identity_is_that_of_the_content_and_not_of_its_order() {
    let reversed = |value: Value| -> Value {
        let Value::Object(fields) = value else { return value };
        Value::Object(fields.into_iter().rev().collect())
    };
    let again: RunSpec = serde_json::from_value(reversed(serde_json::to_value(spec()).unwrap())).unwrap();
    assert_eq!(RunId::of(&again), RunId::of(&spec()));
    assert_eq!(RunId::of(&spec()).as_str().len(), 16);
    for (field, value) in [("seed", 1.0), ("data.split_seed", 1.0), ("objective.penalties.gradmask.weight", 0.26)] {
        assert_ne!(RunId::of(&spec().with_value(field, value).unwrap()), RunId::of(&spec()), "{field}");
    }
}
