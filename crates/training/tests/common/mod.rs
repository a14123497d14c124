//! Tiny runs on the processor, and who watches them.
#![allow(dead_code, reason = "each test file uses its own part")]

use herring_protocol::*;

/// A trainer on the processor.
pub(crate) fn trainer() -> Box<dyn Trainer> {
    herring_training::trainer(BackendKind::Cpu, 0).unwrap()
}

/// A run of three epochs of three steps on 20 crosses, the last batch of an epoch being smaller.
pub(crate) fn spec(objective: ObjectiveSpec) -> RunSpec {
    RunSpec {
        experiment: "test".to_owned(),
        method: "tiny".parse().unwrap(),
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec { train: 20, valid: 8, test: 8, dilation_sigma: 0.8, split_seed: None }),
        annotations: AnnotationSpec::Given { fraction: 1.0 },
        teacher: None,
        model: ModelSpec::Resnet {
            depth: 18,
            stem: StemName::Small,
            width: 2,
            pooling: PoolingName::Global,
            initialisation: InitialisationName::KaimingNormal,
            layers: ResnetLayersName::Normalised,
        },
        weights: WeightsSpec::Random,
        objective,
        optimiser: OptimiserSpec::adam(1e-3),
        training: TrainingSpec { epochs: 3, batch_size: 8, trained: TrainedPart::All },
        selection: SelectionSpec::LowestLoss { burn_in: 2, patience: Some(3) },
        evaluation: EvaluationSpec {
            auc: AucKind::Authors,
            zeroed_sets: Vec::new(),
            train_scores: TrainScores::Never,
            explained_model: ExplainedModel::Selected,
            explained_images: 0,
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 2,
            attributions: Vec::new(),
            attribution_limit: None,
            decoy_quantile: None,
            heat: None,
        },
        needs: Vec::new(),
    }
}

/// Cross-entropy alone.
pub(crate) fn plain() -> ObjectiveSpec {
    on(TrainingImages::Whole, Vec::new())
}

/// Cross-entropy with penalties.
pub(crate) fn with(penalties: Vec<PenaltySpec>) -> ObjectiveSpec {
    on(TrainingImages::Whole, penalties)
}

/// Cross-entropy on one version of the images, with penalties.
pub(crate) fn on(images: TrainingImages, penalties: Vec<PenaltySpec>) -> ObjectiveSpec {
    ObjectiveSpec { images, task: TaskSpec::cross_entropy(), groups: None, penalties }
}

pub(crate) fn actdiff(layers: ActDiffLayers, distance: ActDiffDistance) -> PenaltySpec {
    PenaltySpec::Actdiff { weight: 0.1, weighted: true, layers, distance, offset: 1e-6 }
}

pub(crate) fn gradmask(norm: GradientNorm) -> PenaltySpec {
    PenaltySpec::Gradmask { weight: 0.1, norm }
}

/// heatmap-loss's penalty, in its released reading but for `map` and `outside`.
pub(crate) fn heatmap(map: CamName, outside: HeatOutside) -> PenaltySpec {
    PenaltySpec::Heatmap {
        weight: 0.1,
        map,
        tap: None,
        target: CamTarget::Predicted,
        channels: CamChannels::Mean,
        scale: HeatScale::Maximum,
        outside,
        mask: MaskResize::Bilinear,
        mode: CamMode::Train,
        without_heat: WithoutHeat::Nothing,
    }
}

/// GroupDRO with a step that shows within a few batches.
pub(crate) fn robust(draw: GroupDraw) -> GroupsSpec {
    GroupsSpec::Robust { step: 0.5, adjustment: 1.0, draw }
}

pub(crate) fn adversarial(released: bool) -> PenaltySpec {
    PenaltySpec::Adversarial { weight: 0.1, released, learning_rate: 1e-3, every: 4, hidden: 8, layers: 3 }
}

/// What the papers minimise, in all readings.
pub(crate) fn objectives() -> Vec<(&'static str, ObjectiveSpec)> {
    let pooled = |weighted, offset| PenaltySpec::Actdiff {
        weight: 0.1,
        weighted,
        layers: ActDiffLayers::Pooled,
        distance: ActDiffDistance::Image,
        offset,
    };
    vec![
        ("cross-entropy", plain()),
        ("permuted images", on(TrainingImages::Permuted, Vec::new())),
        ("zeroed images", on(TrainingImages::Zeroed, Vec::new())),
        ("pooled activation difference", with(vec![pooled(true, 0.0)])),
        ("released activation difference", with(vec![pooled(false, 1e-6)])),
        ("activation difference by image", with(vec![actdiff(ActDiffLayers::All, ActDiffDistance::Image)])),
        ("activation difference by position", with(vec![actdiff(ActDiffLayers::All, ActDiffDistance::Position)])),
        ("adversarial", with(vec![adversarial(false)])),
        ("released adversarial", with(vec![adversarial(true)])),
        ("gradmask", with(vec![gradmask(GradientNorm::Image)])),
        ("released gradmask", with(vec![gradmask(GradientNorm::Absolute)])),
        ("rrr", with(vec![PenaltySpec::Rrr { weight: 0.1, offset: 0.0, reading: RrrReading::Pixels }])),
        ("released rrr", with(vec![PenaltySpec::Rrr { weight: 0.1, offset: 1e-11, reading: RrrReading::Pixels }])),
        ("rrr by area", with(vec![PenaltySpec::Rrr { weight: 0.1, offset: 0.0, reading: RrrReading::Area }])),
        ("rbr", with(vec![PenaltySpec::Rbr { weight: 0.1, influence: RbrInfluence::Partial }])),
        ("rbr with the full influence", with(vec![PenaltySpec::Rbr { weight: 0.1, influence: RbrInfluence::Full }])),
        (
            "class weights",
            ObjectiveSpec { task: TaskSpec::CrossEntropy { class_weights: vec![0.75, 0.25] }, ..plain() },
        ),
        (
            // The groups of the crosses are equal, so that another task tells it from the others.
            "reweighted groups",
            ObjectiveSpec { task: TaskSpec::SquaredError, groups: Some(GroupsSpec::Reweighted), ..plain() },
        ),
        ("resampled groups", ObjectiveSpec { groups: Some(GroupsSpec::Resampled), ..plain() }),
        ("robust groups", ObjectiveSpec { groups: Some(robust(GroupDraw::Balanced)), ..plain() }),
        (
            "robust groups with a penalty",
            ObjectiveSpec { groups: Some(robust(GroupDraw::Shuffled)), ..with(vec![gradmask(GradientNorm::Image)]) },
        ),
        ("normalised sigmoids", ObjectiveSpec { task: TaskSpec::NormalisedSigmoids, ..plain() }),
        (
            "hirescam",
            ObjectiveSpec { task: TaskSpec::SquaredError, ..with(vec![heatmap(CamName::Hirescam, HeatOutside::Mean)]) },
        ),
        ("grad-cam", with(vec![heatmap(CamName::GradCam, HeatOutside::Dice)])),
        ("l2", with(vec![PenaltySpec::L2 { weight: 0.1 }])),
        ("tap", with(vec![PenaltySpec::Tap { weight: 0.1, reading: TapReading::Paper }])),
        ("released tap", with(vec![PenaltySpec::Tap { weight: 0.1, reading: TapReading::Released }])),
    ]
}

/// Remembers what a run reports, and stops it after a step.
pub(crate) struct Watch {
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) epochs: usize,
    pub(crate) stop_at: usize,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { steps: Vec::new(), epochs: 0, stop_at: usize::MAX }
    }
}

impl Observer for Watch {
    fn step(&mut self, record: &StepRecord) -> Control {
        self.steps.push(record.clone());
        if self.steps.len() == self.stop_at { Control::Stop } else { Control::Continue }
    }

    fn epoch(&mut self, _: &EpochRecord) -> Control {
        self.epochs += 1;
        Control::Continue
    }
}

/// Carries out a run from its beginning.
pub(crate) fn run(spec: &RunSpec) -> Result<(RunOutcome, Watch), RunFailure> {
    run_from(spec, RunStart::fresh())
}

/// Carries out a run.
pub(crate) fn run_from(spec: &RunSpec, start: RunStart<'_>) -> Result<(RunOutcome, Watch), RunFailure> {
    let mut watch = Watch::new();
    let outcome = trainer().run(spec, start, &mut watch)?;
    Ok((outcome, watch))
}

/// The line with which a run is refused or fails.
pub(crate) fn failure(spec: &RunSpec) -> String {
    line(&run(spec).map(|_| ()).unwrap_err())
}

/// The message of a failure, which must be one line.
pub(crate) fn line(failure: &RunFailure) -> String {
    let message = failure.to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

/// Keeps every snapshot of a run.
#[derive(Default)]
pub(crate) struct Keeper {
    pub(crate) snapshots: Vec<(Position, Vec<u8>)>,
    pub(crate) steps: Vec<StepRecord>,
}

impl Observer for Keeper {
    fn step(&mut self, record: &StepRecord) -> Control {
        self.steps.push(record.clone());
        Control::Continue
    }

    fn epoch(&mut self, _: &EpochRecord) -> Control {
        Control::Continue
    }

    fn checkpoint(&mut self, position: Position, snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        self.snapshots.push((position, snapshot()?));
        Ok(())
    }
}

/// Has the weights of one run.
pub(crate) struct One {
    pub(crate) run: RunId,
    pub(crate) weights: Vec<u8>,
}

impl FinishedWeights for One {
    fn weights(&self, run: &RunId) -> Result<Vec<u8>, RunFailure> {
        if *run == self.run { Ok(self.weights.clone()) } else { NoWeights.weights(run) }
    }
}

/// Carries out a run, goes on from each of its snapshots, and asserts that it ends in the same bytes by the
/// same steps. Returns its outcome.
pub(crate) fn resumes_everywhere(name: &str, spec: &RunSpec, finished: &dyn FinishedWeights) -> RunOutcome {
    let trainer = trainer();
    let steps_an_epoch = 3;
    let mut whole = Keeper::default();
    let outcome = trainer.run(spec, RunStart { snapshot: None, finished }, &mut whole).unwrap();
    assert_eq!(whole.snapshots.len(), spec.training.epochs * (steps_an_epoch + 1), "{name}");
    for (index, (position, bytes)) in whole.snapshots.iter().enumerate() {
        let mut rest = Keeper::default();
        // A run that is taken up needs no other run's weights any more, unless it has a teacher.
        let finished = if spec.teacher.is_some() { finished } else { &NoWeights };
        let start = RunStart { snapshot: Some(bytes), finished };
        let resumed = trainer.run(spec, start, &mut rest).unwrap();
        assert_eq!(resumed, outcome, "{name}, {position:?}");
        assert_eq!(rest.snapshots, whole.snapshots[index + 1..], "{name}, {position:?}");
        let done = position.epochs * steps_an_epoch + position.steps;
        assert_eq!(rest.steps, whole.steps[done..], "{name}, {position:?}");
    }
    outcome
}
