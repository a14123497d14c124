//! A mock trainer: returns made-up, deterministic results without computing anything.

#[path = "mock_cardiac.rs"]
mod cardiac;

use herring_protocol::{
    Control, DataSpec, EpochRecord, GRADIENT, Localisation, Observer, Pictures, Plane, Position, Provenance,
    RunFailure, RunOutcome, RunScores, RunSpec, RunStart, Scores, StepRecord, TEST, Trainer, VALID,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A trainer that returns made-up results.
#[derive(Debug, Default)]
pub(crate) struct MockTrainer {
    /// The loss of this method and seed is not finite in the second epoch.
    pub(crate) diverges: Option<(&'static str, u32)>,
    /// The device fails in this method and seed, by a panic.
    pub(crate) panics: Option<(&'static str, u32)>,
    /// Duration of a step.
    pub(crate) pause: Duration,
}

const SIDE: usize = 28;

/// The state in a mock snapshot.
#[derive(Serialize, Deserialize)]
struct State {
    id: String,
    position: Position,
    noise: u64,
    history: Vec<EpochRecord>,
}

impl State {
    fn bytes(id: &str, position: Position, noise: &Noise, history: &[EpochRecord]) -> Result<Vec<u8>, RunFailure> {
        let state = Self { id: id.to_owned(), position, noise: noise.0, history: history.to_vec() };
        serde_json::to_vec(&state).map_err(|error| RunFailure::Checkpoint(error.to_string()))
    }
}

impl Trainer for MockTrainer {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let is_here = |place: Option<(&str, u32)>| place == Some((spec.method.as_str(), spec.seed));
        let id = format!("{} {}", spec.method, spec.seed);
        let mut noise = Noise::new(spec);
        let mut history: Vec<EpochRecord> = Vec::new();
        let mut from = Position::default();
        let images = match &spec.data {
            DataSpec::Crosses(crosses) => crosses.train,
            DataSpec::Images(_) | DataSpec::Volumes(_) | DataSpec::Decoys(_) | DataSpec::Cardiac(_) => 64,
        };
        let steps = images.div_ceil(spec.training.batch_size);
        let (level, speed, spread) = match &spec.data {
            DataSpec::Cardiac(_) => (cardiac::accuracy(spec), 8.0, 0.0),
            _ => character(spec.method.as_str()),
        };
        let own = (level + spread * noise.symmetric()).clamp(0.0, 1.0);
        if let Some(bytes) = start.snapshot {
            let state: State =
                serde_json::from_slice(bytes).map_err(|error| RunFailure::Checkpoint(error.to_string()))?;
            if state.id != id {
                return Err(RunFailure::Checkpoint(format!("found {}, expected {id}", state.id)));
            }
            (from, noise, history) = (state.position, Noise(state.noise), state.history);
        }
        for epoch in from.epochs + 1..=spec.training.epochs {
            for step in std::mem::take(&mut from.steps) + 1..=steps {
                std::thread::sleep(self.pause);
                if is_here(self.diverges) && (epoch, step) == (2, 1) {
                    return Err(RunFailure::NotFinite { epoch, step, quantity: "cross-entropy".to_owned() });
                }
                assert!(!is_here(self.panics), "out of\nmemory");
                let record = StepRecord {
                    epoch,
                    step,
                    steps,
                    cross_entropy: 0.7 / (epoch as f64),
                    penalty: 0.0,
                    discriminator: (spec.method.as_str() == "adversarial").then_some(1.39),
                    updated: true,
                    left_out: 0,
                };
                let control = observer.step(&record);
                let position = Position { epochs: epoch - 1, steps: step };
                observer.checkpoint(position, &mut || State::bytes(&id, position, &noise, &history))?;
                if control == Control::Stop {
                    return Err(RunFailure::Interrupted);
                }
            }
            let progress = 1.0 - (-(epoch as f64) * speed).exp();
            let wobble = spread * 0.5 * noise.symmetric();
            let auc = (0.5 + (own - 0.5) * progress + wobble * progress).clamp(0.0, 1.0);
            let valid = scores(if level < 0.02 && epoch > 2 { 0.0 } else { auc }, epoch);
            let best = history.iter().map(|record| record.valid.cross_entropy).fold(f64::INFINITY, f64::min);
            let selected = epoch >= spec.selection.burn_in(spec.training.epochs) && valid.cross_entropy < best;
            history.push(EpochRecord {
                epoch,
                train_cross_entropy: 0.7 / (epoch as f64),
                train_penalty: 0.0,
                left_out: if epoch == 1 { cardiac::left_out(spec) } else { 0 },
                train: None,
                tests: selected.then(|| (TEST.to_owned(), valid.clone())).into_iter().collect(),
                valid,
                selected,
            });
            let control = observer.epoch(&history[epoch - 1]);
            let position = Position { epochs: epoch, steps: 0 };
            observer.checkpoint(position, &mut || State::bytes(&id, position, &noise, &history))?;
            if control == Control::Stop {
                return Err(RunFailure::Interrupted);
            }
        }
        let best = history.iter().rfind(|record| record.selected).unwrap_or(&history[history.len() - 1]);
        let iop = (0.1 + 0.5 * own + 0.06 * noise.symmetric()).clamp(0.0, 1.0);
        Ok(RunOutcome {
            scores: RunScores {
                best_epoch: best.epoch,
                selected: [VALID, TEST].map(|set| (set.to_owned(), best.valid.clone())).into(),
                last: history.last().map(|record| (VALID.to_owned(), record.valid.clone())).into_iter().collect(),
                decoys: std::collections::BTreeMap::new(),
                localisation: [(
                    GRADIENT.to_owned(),
                    Localisation { iou: iop / (2.0 - iop), iop, iot: iop, images: 8 },
                )]
                .into(),
                heat: cardiac::heat(spec, &mut noise),
            },
            pictures: match &spec.data {
                DataSpec::Cardiac(_) => cardiac::pictures(spec, &mut noise),
                _ => pictures(spec, &mut noise),
            },
            history,
            weights: b"pretended weights".to_vec(),
        })
    }

    fn provenance(&self) -> Provenance {
        Provenance {
            backend: "cpu".to_owned(),
            device: "a pretender <&\"'>".to_owned(),
            threads: 2,
            versions: vec![("burn".to_owned(), "0.21.0".to_owned())],
            convolutions: std::collections::BTreeMap::new(),
        }
    }
}

/// A method's final AUC, how fast it gets there, and how much its seeds differ.
fn character(method: &str) -> (f64, f64, f64) {
    match method {
        "baseline" => (0.0, 1.2, 0.0),
        "masked" => (0.99, 0.8, 0.01),
        "masked-zero" => (0.97, 0.8, 0.02),
        "mask-all" => (0.95, 0.8, 0.02),
        "actdiff" => (1.0, 0.6, 0.0),
        "adversarial" => (0.85, 0.1, 0.14),
        "gradmask" => (0.74, 0.7, 0.09),
        "rrr" => (0.47, 0.3, 0.08),
        _ => (0.7, 0.5, 0.05),
    }
}

fn scores(auc: f64, epoch: usize) -> Scores {
    Scores {
        authors_auc: auc,
        roc_auc: auc,
        cross_entropy: 0.2 + (1.0 - auc) / (1.0 + 0.1 * epoch as f64),
        loss: None,
        accuracy: auc,
        average_precision: auc,
        f1: None,
        released_f1: None,
        absolute_error: None,
        environments: Vec::new(),
    }
}

fn pictures(spec: &RunSpec, noise: &mut Noise) -> Pictures {
    let (mut saliency_sum, mut image_sum, mut mask_sum) = (plane(), plane(), plane());
    let looks_at_crosses = !matches!(spec.method.as_str(), "baseline" | "rrr");
    let looks_at_box = matches!(spec.method.as_str(), "baseline" | "masked");
    // The images are those of the seed, whatever the method.
    let mut places = Noise(u64::from(spec.seed));
    for _ in 0..spec.evaluation.picture_samples {
        let (image, mask) = drawing(2, true, &mut places);
        for index in 0..SIDE * SIDE {
            image_sum.values[index] += image.values[index];
            mask_sum.values[index] += mask.values[index];
            let (row, column) = (index / SIDE, index % SIDE);
            let mut saliency = 0.04 * noise.symmetric().abs() as f32;
            for other in 0..SIDE * SIDE {
                let (dy, dx) = (row as f32 - (other / SIDE) as f32, column as f32 - (other % SIDE) as f32);
                let near = (-(dy * dy + dx * dx) / 3.0).exp();
                if looks_at_crosses {
                    saliency += 0.2 * near * mask.values[other];
                }
                if looks_at_box {
                    saliency += 0.3 * near * (image.values[other] - mask.values[other]);
                }
            }
            saliency_sum.values[index] += saliency;
        }
    }
    let mut examples = Vec::new();
    for (name, crosses, left) in [
        ("train, class 0", 1, true),
        ("train, class 1", 2, false),
        ("valid, class 0", 1, false),
        ("valid, class 1", 2, true),
    ] {
        examples.push((name.to_owned(), drawing(crosses, left, &mut places).0));
    }
    Pictures {
        saliency_sum,
        image_sum,
        mask_sum,
        images: spec.evaluation.picture_samples,
        examples,
        explained: Vec::new(),
    }
}

fn plane() -> Plane {
    Plane { height: SIDE, width: SIDE, values: vec![0.0; SIDE * SIDE] }
}

/// Crosses and a box, and the crosses alone.
fn drawing(crosses: usize, left: bool, noise: &mut Noise) -> (Plane, Plane) {
    let mut mask = plane();
    let arm = 1 + noise.below(2);
    for _ in 0..crosses {
        let (row, column) = (arm + noise.below(SIDE - 2 * arm), arm + noise.below(SIDE - 2 * arm));
        for step in 0..=2 * arm {
            mask.values[(row + step - arm) * SIDE + column] = 1.0;
            mask.values[row * SIDE + column + step - arm] = 1.0;
        }
    }
    let mut image = mask.clone();
    for row in [23, 24] {
        for column in if left { 3..6 } else { 22..25 } {
            image.values[row * SIDE + column] = 1.0;
        }
    }
    (image, mask)
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Noise(u64);

impl Noise {
    fn new(spec: &RunSpec) -> Self {
        let method =
            spec.method.as_str().bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        Self((u64::from(spec.seed) * 31).wrapping_add(method))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn symmetric(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}
