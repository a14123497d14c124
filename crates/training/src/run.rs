//! The one training loop, for every paper.
//!
//! One epoch is one pass over the training images in a new order, or as many draws from their groups, each batch with a new permutation
//! of the pixels outside the masks, followed by validation; test images are scored only if the validation
//! selects the model. Running statistics are updated by each forward pass in order. What a specification may
//! choose is in [`parts`](crate::parts), [`selection`](crate::selection), [`data`](crate::data) and
//! [`explain`](crate::explain).

use crate::{
    annotations::annotated,
    data::{self, training_batch},
    decoys::decoy_overlaps,
    evaluate::{Pass, evaluate, wrong_batch_size},
    explain::explain,
    finite::weights_are_finite,
    heat,
    parts::{self, Loss},
    random::{self, Purpose, batch_stream, stream},
    results::{self, StepResults},
    selection::Selection,
    snapshot::{self, Means, Progress, SelectedAt},
};
use burn::{
    module::{AutodiffModule, Module},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{AnyOptimiser, Autodiff, Job, Kernels, Optimiser};
use herring_datasets::{
    Cells, Dataset,
    batch::Batches,
    listed::{Listed, Listings},
};
use herring_losses::{Batch, TeacherPass};
use herring_models::{Classifier, Network, Saved, freeze_body, weights};
use herring_protocol::{
    ANNOTATIONS, Control, EpochRecord, ExplainedModel, FinishedWeights, GroupsSpec, Observer, Position, RunFailure,
    RunId, RunOutcome, RunScores, RunSpec, RunStart, Scores, SpecError, TRAIN, TrainScores, TrainedPart, VALID,
    WeightsSpec,
};
use herring_weights::WeightFiles;
use rand::Rng;
use std::collections::BTreeMap;

/// A network on the level of autodiff that it is trained on.
type Model<B> = Network<Autodiff<B>>;

/// One run, generic over the backend.
pub(crate) struct TrainingJob<'a> {
    pub(crate) spec: &'a RunSpec,
    pub(crate) listings: &'a dyn Listings,
    pub(crate) weights: &'a dyn WeightFiles,
    pub(crate) start: RunStart<'a>,
    pub(crate) observer: &'a mut dyn Observer,
}

impl Job for TrainingJob<'_> {
    type Output = Result<RunOutcome, RunFailure>;

    fn run<B: Kernels>(self, device: &B::Device) -> Self::Output {
        self.spec.check()?;
        if let Some(need) = self.spec.needs.first() {
            return Err(RunFailure::Specification(SpecError {
                field: need.field.clone(),
                found: "a value that other runs decide".to_owned(),
                expected: "the value that they decided".to_owned(),
            }));
        }
        let mut images = data::images_of(self.spec, self.listings)?;
        data::check_sets(self.spec, &images)?;
        let teacher = self.teacher::<B>(&images, device)?;
        let (train, annotations) = annotated(images.splits.train, self.spec, teacher.as_ref(), device)?;
        images.splits.train = train;
        let (mut run, model) = TrainingRun::<B>::new(self.spec, device.clone(), &images, teacher);
        let (model, state) = match (self.start.snapshot, &self.spec.weights) {
            (Some(bytes), _) => run.restore(model, bytes)?,
            (None, WeightsSpec::Random) => (model, TrainingState::new(self.spec)),
            (None, WeightsSpec::Run { run: of }) => {
                (with_weights_of(model, of, self.start.finished)?, TrainingState::new(self.spec))
            }
            (None, WeightsSpec::File { name, sha256 }) => {
                let useless = |error: herring_weights::WeightsError| RunFailure::Weights(error.to_string());
                let file = self.weights.open(name, sha256).map_err(useless)?;
                let fitted = herring_weights::fit(model, &file.tensors).map_err(useless)?;
                if let Some(note) = fitted.note() {
                    self.observer.note(&format!("weights '{name}': {note}"));
                }
                (fitted.network, TrainingState::new(self.spec))
            }
        };
        let mut outcome = run.train(model, state, self.observer)?;
        outcome.scores.decoys.extend(annotations.map(|found| (ANNOTATIONS.to_owned(), found)));
        Ok(outcome)
    }
}

impl TrainingJob<'_> {
    /// The network that the run learns from, if it has a teacher.
    fn teacher<B: Kernels>(&self, images: &Listed, device: &B::Device) -> Result<Option<Network<B>>, RunFailure> {
        let Some(teacher) = &self.spec.teacher else { return Ok(None) };
        let valid = &images.splits.valid;
        let network = parts::network(&teacher.model, valid.image_shape(), valid.classes());
        let model = Network::new(&network, &mut stream(self.spec.seed, Purpose::Weights, 0), device);
        with_weights_of(model, &teacher.run, self.start.finished).map(Some)
    }
}

/// The model with the selected weights of another run.
fn with_weights_of<B: Backend, M: Module<B>>(
    model: M,
    run: &RunId,
    finished: &dyn FinishedWeights,
) -> Result<M, RunFailure> {
    let bytes = finished.weights(run)?;
    let useless = |error: weights::WeightsError| RunFailure::Need {
        run: run.clone(),
        reason: format!("whose weights do not fit: {error}"),
    };
    let tensors = weights::NamedTensors::from_bytes(&bytes).map_err(useless)?;
    weights::load(model, &tensors).map_err(useless)
}

/// A copy of the selected model.
struct Selected<B: Kernels> {
    epoch: usize,
    model: Network<B>,
    /// By set: validation images and test images.
    scores: BTreeMap<String, Scores>,
}

/// What is constant during training, and the states of optimiser and loss.
struct TrainingRun<'a, B: Kernels> {
    spec: &'a RunSpec,
    device: B::Device,
    images: &'a Listed,
    /// The groups of the training images.
    cells: Cells,
    teacher: Option<Network<B>>,
    loss: Loss<B>,
    optimiser: AnyOptimiser<B>,
}

/// The training state except weights and the states of optimiser and loss.
struct TrainingState<B: Kernels> {
    position: Position,
    /// Words drawn from the current epoch's stream of permutations.
    permutation: u64,
    means: Means,
    selection: Selection,
    selected: Option<Selected<B>>,
    history: Vec<EpochRecord>,
}

impl<B: Kernels> TrainingState<B> {
    /// Before the first step.
    fn new(spec: &RunSpec) -> Self {
        Self {
            position: Position::default(),
            permutation: 0,
            means: Means::default(),
            selection: Selection::new(&spec.selection, spec.training.epochs),
            selected: None,
            history: Vec::with_capacity(spec.training.epochs),
        }
    }

    /// Whether the selected model equals the current model.
    fn selected_is_current(&self) -> bool {
        self.position.steps == 0 && self.selected.as_ref().is_some_and(|model| model.epoch == self.position.epochs)
    }
}

impl<'a, B: Kernels> TrainingRun<'a, B> {
    fn new(spec: &'a RunSpec, device: B::Device, images: &'a Listed, teacher: Option<Network<B>>) -> (Self, Model<B>) {
        let valid = &images.splits.valid;
        let network = parts::network(&spec.model, valid.image_shape(), valid.classes());
        let mut model: Model<B> = Network::new(&network, &mut stream(spec.seed, Purpose::Weights, 0), &device);
        if spec.training.trained == TrainedPart::Head {
            // What is loaded or restored into it keeps what is frozen.
            model = freeze_body(model);
        }
        let cells = Cells::of(&images.splits.train);
        let mut random = stream(spec.seed, Purpose::Discriminator, 0);
        let run = Self {
            loss: parts::training_loss::<B>(
                &spec.objective,
                (network.features(), spec.model.taps()),
                &cells.counts(),
                &mut random,
                &device,
            ),
            optimiser: parts::optimiser(&spec.optimiser),
            spec,
            device,
            images,
            cells,
            teacher,
        };
        (run, model)
    }

    fn train(
        mut self,
        mut model: Model<B>,
        mut state: TrainingState<B>,
        observer: &mut dyn Observer,
    ) -> Result<RunOutcome, RunFailure> {
        let training = &self.spec.training;
        while state.position.epochs < training.epochs && !state.selection.exhausted() {
            model = self.train_epoch(model, &mut state, observer)?;
            let record = self.end_epoch(&model, &mut state)?;
            let control = observer.epoch(&record);
            self.offer_checkpoint(&model, &state, observer)?;
            if control == Control::Stop {
                return Err(RunFailure::Interrupted);
            }
        }
        let selected = state.selected.ok_or_else(|| {
            RunFailure::Specification(SpecError {
                field: "training.epochs".to_owned(),
                found: training.epochs.to_string(),
                expected: "at least one epoch that may be selected".to_owned(),
            })
        })?;
        let explained = match self.spec.evaluation.explained_model {
            ExplainedModel::Selected => selected.model.clone(),
            ExplainedModel::Last => model.valid(),
        };
        self.finish(selected, &explained, state.history)
    }

    /// Does the remaining training steps of an epoch.
    fn train_epoch(
        &mut self,
        mut model: Model<B>,
        state: &mut TrainingState<B>,
        observer: &mut dyn Observer,
    ) -> Result<Model<B>, RunFailure> {
        let (seed, epoch) = (self.spec.seed, state.position.epochs + 1);
        let mut order = stream(seed, Purpose::Order, epoch);
        let mut permutation = stream(seed, Purpose::Permutation, epoch);
        permutation.set_word_pos(state.permutation.into());
        let images = self.images;
        let (train, batch_size) = (&images.splits.train, self.spec.training.batch_size);
        let batches = match self.spec.objective.groups.as_ref().is_some_and(GroupsSpec::balances) {
            true => Batches::balanced(train, batch_size, &self.cells, &mut order),
            false => Batches::shuffled(train, batch_size, &mut order),
        }
        .map_err(|error| wrong_batch_size(&error))?;
        let steps = batches.len();
        let mut unread = Vec::with_capacity(B::STEPS_BETWEEN_READS);
        for (index, packed) in batches.enumerate().skip(state.position.steps) {
            let packed = packed.map_err(data::unreadable)?;
            let packed = data::augmented_batch(packed, self.spec, Purpose::Augmentation, epoch, index)?;
            let mut batch = training_batch(&packed, &self.spec.objective, &self.cells, &mut permutation, &self.device);
            let needs = self.loss.needs_teacher();
            if let Some(teacher) = self.teacher.as_ref().filter(|_| needs.any()) {
                batch.teacher = Some(TeacherPass::of(teacher, batch.images.clone(), batch.labels.clone(), needs));
            }
            let noise = batch_stream(seed, Purpose::Noise, epoch, index).next_u64();
            let (moved, results) = self.step(model.with_noise(noise), &batch, [epoch, index + 1, steps]);
            model = moved;
            unread.push(results);
            state.position.steps = index + 1;
            state.permutation = random::position(&permutation);
            if unread.len() < B::STEPS_BETWEEN_READS && index + 1 < steps {
                continue;
            }
            let mut control = Control::Continue;
            for record in results::read(&std::mem::take(&mut unread))? {
                state.means.cross_entropy += record.cross_entropy;
                state.means.penalty += record.penalty;
                state.means.steps += 1;
                state.means.left_out += record.left_out;
                if observer.step(&record) == Control::Stop {
                    control = Control::Stop;
                }
            }
            self.offer_checkpoint(&model, state, observer)?;
            if control == Control::Stop {
                return Err(RunFailure::Interrupted);
            }
        }
        Ok(model)
    }

    /// Validation and selection after the steps of an epoch.
    fn end_epoch(&mut self, model: &Model<B>, state: &mut TrainingState<B>) -> Result<EpochRecord, RunFailure> {
        let epoch = state.position.epochs + 1;
        let candidate = model.valid();
        if !weights_are_finite(&candidate) {
            let quantity = "a weight".to_owned();
            return Err(RunFailure::NotFinite { epoch, step: 0, quantity });
        }
        let images = self.images;
        let valid = self.evaluate(&candidate, (VALID, &images.splits.valid), epoch)?;
        let selected = state.selection.accept(epoch, &valid);
        let means = state.means;
        let mut record = EpochRecord {
            epoch,
            train_cross_entropy: means.cross_entropy / means.steps.max(1) as f64,
            train_penalty: means.penalty / means.steps.max(1) as f64,
            left_out: means.left_out,
            train: None,
            valid: valid.clone(),
            tests: BTreeMap::new(),
            selected,
        };
        if selected {
            for (name, dataset) in &images.splits.tests {
                record.tests.insert(name.clone(), self.evaluate(&candidate, (name, dataset), epoch)?);
            }
        }
        let last = epoch == self.spec.training.epochs || state.selection.exhausted();
        if match self.spec.evaluation.train_scores {
            TrainScores::Never => false,
            TrainScores::Last => last,
            TrainScores::Each => true,
        } {
            record.train = Some(self.evaluate(&candidate, (TRAIN, &images.splits.train), epoch)?);
        }
        if selected {
            let mut scores = record.tests.clone();
            scores.insert(VALID.to_owned(), valid);
            state.selected = Some(Selected { epoch, model: candidate, scores });
        }
        state.history.push(record.clone());
        state.position = Position { epochs: epoch, steps: 0 };
        state.permutation = 0;
        state.means = Means::default();
        Ok(record)
    }

    /// Offers the current state to the observer.
    fn offer_checkpoint(
        &self,
        model: &Model<B>,
        state: &TrainingState<B>,
        observer: &mut dyn Observer,
    ) -> Result<(), RunFailure> {
        observer.checkpoint(state.position, &mut || self.save(model, state))
    }

    fn save(&self, model: &Model<B>, state: &TrainingState<B>) -> Result<Vec<u8>, RunFailure> {
        let mut saved = Saved::default();
        saved.insert_below("model.", Saved::module(model));
        saved.insert_below("optimiser.", Saved::optimiser::<Autodiff<B>, _>(&self.optimiser, model));
        saved.insert_below("loss.", self.loss.save());
        if let Some(selected) = state.selected.as_ref().filter(|_| !state.selected_is_current()) {
            saved.insert_below("selected.", Saved::module(&selected.model));
        }
        let progress = Progress {
            position: state.position,
            permutation: state.permutation,
            means: state.means,
            selection: state.selection.state(),
            selected: state
                .selected
                .as_ref()
                .map(|selected| SelectedAt { epoch: selected.epoch, scores: selected.scores.clone() }),
            history: &state.history,
        };
        snapshot::write(self.spec, progress, saved)
    }

    /// Restores model and state from the bytes of [`save`](Self::save).
    fn restore(&mut self, model: Model<B>, bytes: &[u8]) -> Result<(Model<B>, TrainingState<B>), RunFailure> {
        let refused = snapshot::refused;
        let (header, saved) = snapshot::read(self.spec, bytes)?;
        let model = saved.below("model.").restore_module(model).map_err(refused)?;
        saved.below("optimiser.").restore_optimiser::<Autodiff<B>, _>(&mut self.optimiser, &model).map_err(refused)?;
        self.loss.restore(&saved.below("loss.")).map_err(refused)?;
        let mut state = TrainingState::new(self.spec);
        state.position = header.position;
        state.permutation = header.permutation;
        state.means = header.means;
        state.selection.restore(header.selection);
        state.history = header.history;
        if let Some(SelectedAt { epoch, scores }) = header.selected {
            state.selected = Some(Selected { epoch, model: model.valid(), scores });
            if !state.selected_is_current() {
                let own = saved.below("selected.").restore_module(model.valid()).map_err(refused)?;
                state.selected = state.selected.map(|selected| Selected { model: own, ..selected });
            }
        }
        Ok((model, state))
    }

    /// One evaluation of the loss and one optimiser step, unless a penalty skips it.
    fn step(
        &mut self,
        mut model: Model<B>,
        batch: &Batch<Autodiff<B>>,
        place: [usize; 3],
    ) -> (Model<B>, StepResults<B>) {
        let objective = self.loss.objective(&model, batch);
        let total = objective.total();
        let results = StepResults {
            place,
            updated: objective.update,
            task: objective.task.inner(),
            penalty: objective.penalty.map(Tensor::inner),
            left_out: objective.left_out.map(Tensor::inner),
            discriminator: objective.auxiliary.map(Tensor::inner),
        };
        // The running statistics belong to the body.
        if self.spec.training.trained == TrainedPart::All {
            for pass in objective.statistics {
                model = model.absorb(pass);
            }
        }
        if results.updated {
            let mut gradients = total.backward();
            model = self.optimiser.step::<Autodiff<B>, _>(model, &mut gradients);
        }
        (model, results)
    }

    fn evaluate(
        &mut self,
        model: &Network<B>,
        (set, dataset): (&str, &Dataset),
        epoch: usize,
    ) -> Result<Scores, RunFailure> {
        let evaluation = &self.spec.evaluation;
        let zeroed = evaluation.zeroed_sets.iter().any(|name| name == set);
        let batch_size = self.spec.training.batch_size;
        // The training images were evaluated as such already.
        if set != TRAIN {
            for _ in 0..dataset.len().div_ceil(batch_size) {
                self.loss.skipped_batch();
            }
        }
        // Training images are scored as they are trained on, with draws of their own (activmask2020, released code).
        let augmented_batch = |packed, batch| match set {
            TRAIN => data::augmented_batch(packed, self.spec, Purpose::TrainScores, epoch, batch),
            _ => Ok(packed),
        };
        let (auc, task) = (evaluation.auc, &self.spec.objective.task);
        let pass = Pass { batch_size, zeroed, epoch, auc, task, augmented_batch: &augmented_batch };
        evaluate::<B, _>(model, dataset, &pass, &self.device)
    }

    fn finish(
        self,
        selected: Selected<B>,
        explained: &Network<B>,
        history: Vec<EpochRecord>,
    ) -> Result<RunOutcome, RunFailure> {
        let found = explain::<B, _>(explained, self.images, self.spec, selected.epoch, &self.device)?;
        let decoys = match self.spec.evaluation.decoy_quantile {
            None => BTreeMap::new(),
            Some(quantile) => {
                let settings = (quantile, self.spec.training.batch_size);
                decoy_overlaps::<B, _>(explained, &self.images.saliency, settings, &self.device)?
            }
        };
        let heat = match self.spec.evaluation.heat {
            None => BTreeMap::new(),
            Some(spec) => {
                let settings = (self.spec.training.batch_size, selected.epoch);
                heat::shares::<B, _>(explained, self.images, spec, settings, &self.device)?
            }
        };
        let weights = weights::to_bytes(&selected.model).map_err(|error| RunFailure::Device(error.to_string()))?;
        let mut last = BTreeMap::new();
        if let Some(record) = history.last() {
            last.insert(VALID.to_owned(), record.valid.clone());
            last.extend(record.train.clone().map(|scores| (TRAIN.to_owned(), scores)));
        }
        Ok(RunOutcome {
            scores: RunScores {
                best_epoch: selected.epoch,
                selected: selected.scores,
                last,
                localisation: found.localisation,
                decoys,
                heat,
            },
            history,
            pictures: found.pictures,
            weights,
        })
    }
}
