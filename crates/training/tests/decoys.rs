//! Runs on images with decoys: versions, teachers, annotations, and what is measured of them.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::*;
use herring_protocol::*;

/// The decoy-MNIST of the sample, small.
fn digits(training: TrainingVersion, fraction: f64) -> DataSpec {
    DataSpec::Decoys(DecoysSpec {
        collection: CollectionName::MnistSample,
        files: None,
        decoy: DecoyName::Patch,
        size: 28,
        split_seed: 0,
        class_limit: Some(6),
        training,
        fraction,
        saliency_limit: Some(2),
    })
}

fn run_on(data: DataSpec, penalties: Vec<PenaltySpec>) -> RunSpec {
    let plain = spec(with(penalties));
    RunSpec {
        data,
        model: ModelSpec::TwoLayer { width: 3 },
        optimiser: OptimiserSpec::Sgd { learning_rate: 5e-3, momentum: 0.9 },
        training: TrainingSpec { epochs: 2, batch_size: 20, trained: TrainedPart::All },
        selection: SelectionSpec::LastEpoch,
        evaluation: EvaluationSpec { auc: AucKind::Roc, decoy_quantile: Some(0.75), ..plain.evaluation.clone() },
        ..plain
    }
}

fn teacher() -> (One, TeacherSpec) {
    let spec = run_on(digits(TrainingVersion::Clean, 0.5), Vec::new());
    let run_id = RunId::of(&spec);
    let weights = run(&spec).unwrap().0.weights;
    (One { run: run_id.clone(), weights }, TeacherSpec { run: run_id, model: spec.model })
}

const TAP: PenaltySpec = PenaltySpec::Tap { weight: 1e-2, reading: TapReading::Released };

#[test]
fn the_three_sets_and_the_overlaps_are_scored() {
    let (outcome, _) = run(&run_on(digits(TrainingVersion::Contaminated, 1.0), vec![TAP])).unwrap();
    let sets: Vec<&String> = outcome.scores.selected.keys().collect();
    assert_eq!(sets, ["clean", "contaminated", "permuted", "valid"]);
    let maps: Vec<&String> = outcome.scores.decoys.keys().collect();
    assert_eq!(maps, ["gradient", "tap-1", "tap-2"]);
    for found in outcome.scores.decoys.values() {
        assert_eq!(found.images, 20);
        assert!((0.0..=1.0).contains(&found.iot) && (0.0..=1.0).contains(&found.iop));
    }
    let score = |name: &str| name.parse::<ScoreName>().unwrap().of(&outcome.scores, AucKind::Roc).unwrap();
    let (permuted, contaminated) = (score("permuted_accuracy"), score("contaminated_accuracy"));
    assert_eq!(score("permuted_minus_contaminated_accuracy"), permuted - contaminated);
    assert!(score("decoy_recall_gradient") <= 1.0);
}

#[test]
fn version_and_share_of_the_training_images_decide_the_run() {
    let steps = |data| run(&run_on(data, Vec::new())).unwrap().1.steps;
    let contaminated = steps(digits(TrainingVersion::Contaminated, 1.0));
    let clean = steps(digits(TrainingVersion::Clean, 1.0));
    assert_eq!((contaminated.len(), clean.len()), (2 * 3, 2 * 3), "60 images in batches of 20, two epochs");
    assert_ne!(contaminated[0].cross_entropy, clean[0].cross_entropy);
    assert_eq!(steps(digits(TrainingVersion::Clean, 0.5)).len(), 2 * 2);
    let mut other = run_on(digits(TrainingVersion::Clean, 0.5), Vec::new());
    other.seed += 1;
    assert_ne!(
        run(&other).unwrap().1.steps[0].cross_entropy,
        steps(digits(TrainingVersion::Clean, 0.5))[0].cross_entropy
    );
}

#[test]
fn a_teacher_annotates_and_noise_does_so_at_random() {
    let (finished, teacher) = teacher();
    let start = || RunStart { snapshot: None, finished: &finished };
    let given = run_on(digits(TrainingVersion::Contaminated, 1.0), vec![TAP]);
    let cut = CutName::Quantile;
    let taught = |tau| RunSpec {
        annotations: AnnotationSpec::Teacher { tau, cut },
        teacher: Some(teacher.clone()),
        ..given.clone()
    };
    let (outcome, watch) = run_from(&taught(0.25), start()).unwrap();
    let annotations = &outcome.scores.decoys[ANNOTATIONS];
    assert_eq!(annotations.images, 60);
    assert_ne!(watch.steps[0].penalty, run(&given).unwrap().1.steps[0].penalty);
    assert_eq!(run_from(&taught(0.25), start()).unwrap().0, outcome, "the same bytes twice");
    // All pixels are penalised at a quantile of 1: the decoy is covered, and its share of the image is the precision.
    let all = run_from(&taught(1.0), start()).unwrap().0.scores.decoys[ANNOTATIONS].clone();
    assert!((all.iot - 1.0).abs() < 1e-9 && (all.iop - 16.0 / 784.0).abs() < 1e-9, "{all:?}");
    let random = RunSpec { annotations: AnnotationSpec::Random { tau: 0.25, cut }, ..given };
    let noise = run(&random).unwrap().0.scores.decoys[ANNOTATIONS].clone();
    assert!((noise.iot - 0.25).abs() < 0.06 && (noise.iop - 16.0 / 784.0).abs() < 0.006, "{noise:?}");
}

#[test]
fn runs_with_a_teacher_resume_from_every_step() {
    let (finished, teacher) = teacher();
    let data = digits(TrainingVersion::Contaminated, 1.0);
    let cut = CutName::Quantile;
    let annotated = RunSpec {
        annotations: AnnotationSpec::Teacher { tau: 0.1, cut },
        teacher: Some(teacher.clone()),
        ..run_on(data.clone(), vec![TAP])
    };
    resumes_everywhere("annotated by a teacher", &annotated, &finished);
    let copies = [
        PenaltySpec::AttentionTransfer { weight: 0.1 },
        PenaltySpec::Distillation { weight: 0.1, temperature: 2.0 },
        PenaltySpec::JacobianTransfer { weight: 0.1 },
    ];
    let student = RunSpec { teacher: Some(teacher), ..run_on(data, copies.to_vec()) };
    resumes_everywhere("transfer from a teacher", &student, &finished);
}

#[test]
fn dropout_resumes_from_every_step() {
    let model = ModelSpec::Vgg { width: 1, hidden: 8, taps: VggTapsName::Pools, head: VggHeadName::Pytorch };
    let mut spec = run_on(digits(TrainingVersion::Contaminated, 1.0), vec![TAP]);
    // VGG needs 32 pixels; the crosses have 28, and so have the digits.
    assert_eq!(
        line(&RunFailure::from(RunSpec { model, ..spec.clone() }.check().unwrap_err())),
        "model: found images of 28 pixels, expected at least 32 for this network"
    );
    spec.objective = with(vec![PenaltySpec::L2 { weight: 1e-3 }]);
    resumes_everywhere("momentum", &spec, &NoWeights);
}

#[test]
fn a_teacher_that_is_missing_or_does_not_fit_is_refused_in_one_line() {
    let (finished, teacher) = teacher();
    let spec = RunSpec {
        annotations: AnnotationSpec::Teacher { tau: 0.1, cut: CutName::Quantile },
        ..run_on(digits(TrainingVersion::Contaminated, 1.0), vec![TAP])
    };
    assert_eq!(
        line(&run(&spec).map(|_| ()).unwrap_err()),
        "teacher: found none, expected one: the annotations are its attributions"
    );
    let with = |teacher: TeacherSpec| {
        let spec = RunSpec { teacher: Some(teacher), ..spec.clone() };
        line(&run_from(&spec, RunStart { snapshot: None, finished: &finished }).map(|_| ()).unwrap_err())
    };
    let wide = with(TeacherSpec { model: ModelSpec::TwoLayer { width: 4 }, ..teacher.clone() });
    assert!(wide.starts_with(&format!("it needs the run {}, whose weights do not fit: ", teacher.run)), "{wide}");
    let other = RunId::of(&spec);
    let missing = with(TeacherSpec { run: other.clone(), ..teacher });
    assert_eq!(missing, format!("it needs the run {other}, whose weights are not available"));
}
