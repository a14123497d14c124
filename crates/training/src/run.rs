//! The training loop, by the authors' rules (iclr2021, section 5).
//!
//! One epoch is one pass over the training images in a new order, each batch with a new permutation
//! of what lies outside the masks, then the validation; the test set is looked at only where the
//! validation selects the model. Running statistics take over each forward pass in its order.

use crate::{
    data::{self, training_batch},
    evaluate::{Pass, evaluate},
    finite::weights_are_finite,
    look::{look, smoothing},
    method::{self, Loss, Model},
    random::{self, Purpose, stream},
    selection::Selection,
    snapshot::{self, Means, Progress, SelectedAt},
};
use burn::{
    module::AutodiffModule,
    tensor::{ElementConversion, Tensor},
};
use herring_backend::{Adam, AdamSettings, Autodiff, Job, Kernels};
use herring_datasets::{
    batch::Batches,
    listed::{Listed, Listings},
};
use herring_losses::{Batch, Objective};
use herring_models::{Classifier, Depth, ResNet, ResNetConfig, Saved, weights};
use herring_protocol::{
    Control, EpochRecord, Method, ModelSpec, Observer, Position, RunFailure, RunOutcome, RunSpec, Scores, StepRecord,
    Variant,
};

/// One run, for whichever backend was chosen.
pub(crate) struct TrainingRun<'a> {
    pub(crate) spec: &'a RunSpec,
    pub(crate) images: &'a dyn Listings,
    pub(crate) snapshot: Option<&'a [u8]>,
    pub(crate) observer: &'a mut dyn Observer,
}

impl Job for TrainingRun<'_> {
    type Output = Result<RunOutcome, RunFailure>;

    fn run<B: Kernels>(self, device: &B::Device) -> Self::Output {
        check(self.spec)?;
        let images = data::images_of(&self.spec.data, self.spec.seed, self.images)?;
        let (mut state, model) = State::<B>::new(self.spec, device.clone(), &images)?;
        let (model, going) = match self.snapshot {
            Some(bytes) => state.restore(model, bytes)?,
            None => (model, Going::new(self.spec)),
        };
        state.train(model, going, self.observer)
    }
}

/// What the configuration's own checks cannot see.
fn check(spec: &RunSpec) -> Result<(), RunFailure> {
    let wrong = |field: &str, found: String, expected: &str| {
        Err(RunFailure::Specification { field: field.to_owned(), found, expected: expected.to_owned() })
    };
    let training = &spec.training;
    if training.burn_in > training.epochs {
        return wrong("training.burn_in", training.burn_in.to_string(), "at most the number of epochs");
    }
    if training.patience == 0 {
        return wrong("training.patience", "0".to_owned(), "at least 1");
    }
    if spec.model.width == 0 {
        return wrong("model.width", "0".to_owned(), "at least 1");
    }
    let rates = [Some(training.learning_rate), spec.discriminator.as_ref().map(|settings| settings.learning_rate)];
    if let Some(rate) = rates.into_iter().flatten().find(|rate| !(rate.is_finite() && *rate > 0.0)) {
        return wrong("learning_rate", rate.to_string(), "a finite number above 0");
    }
    if spec.discriminator.as_ref().is_some_and(|settings| settings.hidden == 0 || settings.every == 0) {
        return wrong(
            "discriminator",
            "no hidden units, or an update every 0 batches".to_owned(),
            "at least 1 of each",
        );
    }
    if let Err(error) = smoothing(&spec.evaluation).check() {
        return wrong("evaluation", error.to_string(), "a Gaussian of finite size");
    }
    if spec.discriminator.is_some() != (spec.method == Method::Adversarial) {
        let found = if spec.discriminator.is_some() { "settings" } else { "nothing" };
        return wrong("discriminator", found.to_owned(), "settings exactly where the method is adversarial");
    }
    depth(&spec.model).map(|_| ())
}

fn depth(spec: &ModelSpec) -> Result<Depth, RunFailure> {
    match spec.depth {
        18 => Ok(Depth::ResNet18),
        34 => Ok(Depth::ResNet34),
        other => Err(RunFailure::Specification {
            field: "model.depth".to_owned(),
            found: other.to_string(),
            expected: "18 or 34".to_owned(),
        }),
    }
}

/// The model as it was when the validation chose it.
struct Selected<B: Kernels> {
    epoch: usize,
    model: ResNet<B>,
    valid: Scores,
    test: Scores,
}

struct State<'a, B: Kernels> {
    spec: &'a RunSpec,
    device: B::Device,
    images: &'a Listed,
    loss: Loss<B>,
    optimiser: Adam<B>,
}

/// What changes from step to step, beside the weights and what belongs to optimiser and loss.
struct Going<B: Kernels> {
    position: Position,
    /// Words drawn from the current epoch's stream of permutations.
    permutation: u64,
    means: Means,
    selection: Selection,
    selected: Option<Selected<B>>,
    history: Vec<EpochRecord>,
}

impl<B: Kernels> Going<B> {
    /// Before the first step.
    fn new(spec: &RunSpec) -> Self {
        Self {
            position: Position::default(),
            permutation: 0,
            means: Means::default(),
            selection: Selection::new(spec.training.burn_in, spec.training.patience),
            selected: None,
            history: Vec::with_capacity(spec.training.epochs),
        }
    }

    /// Whether the selected model is the one that is trained on, as it is now.
    fn selected_is_current(&self) -> bool {
        self.position.steps == 0 && self.selected.as_ref().is_some_and(|model| model.epoch == self.position.epochs)
    }
}

impl<'a, B: Kernels> State<'a, B> {
    fn new(spec: &'a RunSpec, device: B::Device, images: &'a Listed) -> Result<(Self, Model<B>), RunFailure> {
        let config = ResNetConfig {
            depth: depth(&spec.model)?,
            channels: images.splits.train.image_shape()[0],
            width: spec.model.width,
            classes: images.splits.train.classes(),
            ..ResNetConfig::default()
        };
        let model = ResNet::new(&config, &mut stream(spec.seed, Purpose::Weights, 0), &device);
        let features = spec.model.width << 3;
        let settings = method::Settings {
            method: spec.method,
            variant: spec.variant,
            weight: spec.training.penalty_weight,
            discriminator: spec.discriminator.as_ref(),
        };
        let mut random = stream(spec.seed, Purpose::Discriminator, 0);
        let state = Self {
            loss: method::penalty::<B>(&settings, features, &mut random, &device)?,
            optimiser: Adam::new(AdamSettings::new(spec.training.learning_rate)),
            spec,
            device,
            images,
        };
        Ok((state, model))
    }

    fn train(
        mut self,
        mut model: Model<B>,
        mut going: Going<B>,
        observer: &mut dyn Observer,
    ) -> Result<RunOutcome, RunFailure> {
        let training = &self.spec.training;
        while going.position.epochs < training.epochs && !going.selection.exhausted() {
            model = self.train_epoch(model, &mut going, observer)?;
            let record = self.end_epoch(&model, &mut going)?;
            let control = observer.epoch(&record);
            self.offer(&model, &going, observer)?;
            if control == Control::Stop {
                return Err(RunFailure::Interrupted);
            }
        }
        let selected = going.selected.ok_or_else(|| RunFailure::Specification {
            field: "training.epochs".to_owned(),
            found: training.epochs.to_string(),
            expected: "at least one epoch after the burn-in".to_owned(),
        })?;
        self.finish(selected, going.history)
    }

    /// The training steps of an epoch that are not done yet.
    fn train_epoch(
        &mut self,
        mut model: Model<B>,
        going: &mut Going<B>,
        observer: &mut dyn Observer,
    ) -> Result<Model<B>, RunFailure> {
        let (seed, epoch) = (self.spec.seed, going.position.epochs + 1);
        let mut order = stream(seed, Purpose::Order, epoch);
        let mut permutation = stream(seed, Purpose::Permutation, epoch);
        permutation.set_word_pos(going.permutation.into());
        let images = self.images;
        let batches =
            Batches::shuffled(&images.splits.train, self.spec.training.batch_size, &mut order).map_err(|error| {
                RunFailure::Specification {
                    field: "training.batch_size".to_owned(),
                    found: error.to_string(),
                    expected: "at least 1".to_owned(),
                }
            })?;
        let steps = batches.len();
        for (index, packed) in batches.enumerate().skip(going.position.steps) {
            let packed = packed.map_err(data::unreadable)?;
            let what = (self.spec.method, self.spec.variant);
            let batch = training_batch(&packed, what, &mut permutation, &self.device);
            let mut record = StepRecord {
                epoch,
                step: index + 1,
                steps,
                cross_entropy: 0.0,
                penalty: 0.0,
                discriminator: None,
                updated: false,
            };
            model = self.step(model, batch, &mut record)?;
            going.means.cross_entropy += record.cross_entropy;
            going.means.penalty += record.penalty;
            going.means.steps += 1;
            going.position.steps = index + 1;
            going.permutation = random::position(&permutation);
            let control = observer.step(&record);
            self.offer(&model, going, observer)?;
            if control == Control::Stop {
                return Err(RunFailure::Interrupted);
            }
        }
        Ok(model)
    }

    /// Validation and selection after the steps of an epoch.
    fn end_epoch(&mut self, model: &Model<B>, going: &mut Going<B>) -> Result<EpochRecord, RunFailure> {
        let epoch = going.position.epochs + 1;
        let candidate = model.valid();
        if !weights_are_finite(&candidate) {
            let quantity = "a weight".to_owned();
            return Err(RunFailure::NotFinite { epoch, step: 0, quantity });
        }
        let valid = self.evaluate(&candidate, Set::Valid, epoch)?;
        let chosen = going.selection.accept(epoch, valid.cross_entropy);
        let means = going.means;
        let mut record = EpochRecord {
            epoch,
            train_cross_entropy: means.cross_entropy / means.steps.max(1) as f64,
            train_penalty: means.penalty / means.steps.max(1) as f64,
            valid: valid.clone(),
            test: None,
            selected: chosen,
        };
        if chosen {
            let test = self.evaluate(&candidate, Set::Test, epoch)?;
            record.test = Some(test.clone());
            going.selected = Some(Selected { epoch, model: candidate, valid, test });
        }
        going.history.push(record.clone());
        going.position = Position { epochs: epoch, steps: 0 };
        going.permutation = 0;
        going.means = Means::default();
        Ok(record)
    }

    /// Lets the observer keep the present state.
    fn offer(&self, model: &Model<B>, going: &Going<B>, observer: &mut dyn Observer) -> Result<(), RunFailure> {
        observer.checkpoint(going.position, &mut || self.save(model, going))
    }

    fn save(&self, model: &Model<B>, going: &Going<B>) -> Result<Vec<u8>, RunFailure> {
        let mut saved = Saved::default();
        saved.insert_below("model.", Saved::module(model));
        saved.insert_below("optimiser.", Saved::optimiser::<Autodiff<B>, _>(&self.optimiser, model));
        saved.insert_below("loss.", self.loss.save());
        if let Some(selected) = going.selected.as_ref().filter(|_| !going.selected_is_current()) {
            saved.insert_below("selected.", Saved::module(&selected.model));
        }
        let progress = Progress {
            position: going.position,
            permutation: going.permutation,
            means: going.means,
            selection: going.selection.state(),
            selected: going.selected.as_ref().map(|selected| SelectedAt {
                epoch: selected.epoch,
                valid: selected.valid.clone(),
                test: selected.test.clone(),
            }),
            history: &going.history,
        };
        snapshot::write(self.spec, progress, saved)
    }

    /// The model and the rest of the state as [`save`](Self::save) saw them.
    fn restore(&mut self, model: Model<B>, bytes: &[u8]) -> Result<(Model<B>, Going<B>), RunFailure> {
        let refused = snapshot::refused;
        let (header, saved) = snapshot::read(self.spec, bytes)?;
        let model = saved.below("model.").restore_module(model).map_err(refused)?;
        saved.below("optimiser.").restore_optimiser::<Autodiff<B>, _>(&mut self.optimiser, &model).map_err(refused)?;
        self.loss.restore(&saved.below("loss.")).map_err(refused)?;
        let mut going = Going::new(self.spec);
        going.position = header.position;
        going.permutation = header.permutation;
        going.means = header.means;
        going.selection.restore(header.selection);
        going.history = header.history;
        if let Some(SelectedAt { epoch, valid, test }) = header.selected {
            going.selected = Some(Selected { epoch, model: model.valid(), valid, test });
            if !going.selected_is_current() {
                let own = saved.below("selected.").restore_module(model.valid()).map_err(refused)?;
                going.selected = going.selected.map(|selected| Selected { model: own, ..selected });
            }
        }
        Ok((model, going))
    }

    /// One evaluation of the loss and, where it is the encoder's turn, one step of the optimiser.
    fn step(
        &mut self,
        mut model: Model<B>,
        batch: Batch<Autodiff<B>>,
        record: &mut StepRecord,
    ) -> Result<Model<B>, RunFailure> {
        let Objective { logits, penalty, statistics, update, auxiliary } = self.loss.objective(&model, &batch);
        let cross_entropy = herring_losses::cross_entropy(logits, batch.labels);
        let total = match &penalty {
            Some(penalty) => cross_entropy.clone() + penalty.clone(),
            None => cross_entropy.clone(),
        };
        let finite = |quantity: &str, value: f64| match value.is_finite() {
            true => Ok(value),
            false => {
                Err(RunFailure::NotFinite { epoch: record.epoch, step: record.step, quantity: quantity.to_owned() })
            }
        };
        let cross_entropy = finite("cross-entropy", number(cross_entropy))?;
        let penalty = finite("penalty", penalty.map_or(0.0, number))?;
        let discriminator = auxiliary.map(|loss| finite("discriminator loss", number(loss))).transpose()?;
        for pass in statistics {
            model = model.absorb(pass);
        }
        if update {
            let mut gradients = total.backward();
            model = self.optimiser.step::<Autodiff<B>, _>(model, &mut gradients);
        }
        record.cross_entropy = cross_entropy;
        record.penalty = penalty;
        record.discriminator = discriminator;
        record.updated = update;
        Ok(model)
    }

    fn evaluate(&mut self, model: &ResNet<B>, set: Set, epoch: usize) -> Result<Scores, RunFailure> {
        let dataset = match set {
            Set::Valid => &self.images.splits.valid,
            Set::Test => &self.images.splits.test,
        };
        let masked = self.spec.method == Method::MaskAll && set.masked(self.spec.variant);
        let batch_size = self.spec.training.batch_size;
        for _ in 0..dataset.len().div_ceil(batch_size) {
            self.loss.passed_by();
        }
        let kind = self.spec.evaluation.auc;
        evaluate::<B, _>(model, dataset, &Pass { batch_size, masked, epoch, auc: kind }, &self.device)
    }

    fn finish(self, selected: Selected<B>, history: Vec<EpochRecord>) -> Result<RunOutcome, RunFailure> {
        let spec = self.spec;
        let seen = look::<B, _>(&selected.model, self.images, spec, selected.epoch, &self.device)?;
        let weights = weights::to_bytes(&selected.model).map_err(|error| RunFailure::Device(error.to_string()))?;
        Ok(RunOutcome {
            best_epoch: selected.epoch,
            valid: selected.valid,
            test: selected.test,
            localisation: seen.localisation,
            attributions: seen.attributions,
            history,
            pictures: seen.pictures,
            weights,
        })
    }
}

#[derive(Clone, Copy)]
enum Set {
    Valid,
    Test,
}

impl Set {
    /// Whether the upper bound sees these images masked; see [`Method::MaskAll`].
    fn masked(self, variant: Variant) -> bool {
        matches!((self, variant), (Self::Test, _) | (Self::Valid, Variant::Paper))
    }
}

fn number<B: Kernels>(tensor: Tensor<B, 1>) -> f64 {
    tensor.into_scalar().elem()
}
