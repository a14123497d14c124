//! Programs in turns: this one and PyTorch's variants, row by row and round by round.

use super::{
    busy,
    child::{self, Ended},
    rows::Row,
    sample::{self, Reason, Sample, Series, Spread},
    torch::{Torch, Variant},
};
use crate::{failure::Failure, say};
use herring_protocol::BackendKind;
use serde::Serialize;
use std::{path::PathBuf, process::Command, time::Instant};

/// Where this program runs.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    pub(crate) program: PathBuf,
    pub(crate) backend: BackendKind,
    pub(crate) device: usize,
    pub(crate) threads: usize,
}

impl Here {
    pub(crate) fn new(backend: BackendKind, device: usize, threads: usize) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(Failure::device)?;
        Ok(Self { program, backend, device, threads })
    }

    /// `bench step` of a row, with so many threads.
    pub(crate) fn step(&self, row: &Row, steps: usize, threads: usize) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["bench", "step"]).args(row.options());
        command.args(["--backend", self.backend.name(), "--device", &self.device.to_string()]);
        command.args(["--steps", &steps.to_string(), row.method]);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        command
    }

    fn measure(&self, row: &Row, steps: usize, deadline: Option<Instant>) -> Result<Sample, Reason> {
        match child::run(&mut self.step(row, steps, self.threads), "", deadline) {
            Ended::Done(output) => sample::parse(output.trim()),
            Ended::Failed(said, _) => Err(Reason::Failed(said)),
            Ended::TooLate => Err(Reason::NoTime),
        }
    }
}

/// The measurements of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) row: Row,
    pub(crate) here: Series,
    pub(crate) pytorch: Vec<OfVariant>,
    /// The largest share of the processors' time that other programs took just before a round of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) busy: Option<f64>,
}

/// The measurements of a variant of PyTorch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OfVariant {
    pub(crate) variant: Variant,
    #[serde(flatten)]
    pub(crate) series: Series,
}

impl Measured {
    /// The variant of PyTorch with the smallest median.
    pub(crate) fn best(&self) -> Option<&OfVariant> {
        let median = |found: &OfVariant| found.series.milliseconds().map(|spread| spread.median);
        let measured = self.pytorch.iter().filter_map(|found| median(found).map(|median| (median, found)));
        measured.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, found)| found)
    }

    /// This program's time by that of the best PyTorch.
    pub(crate) fn ratio(&self) -> Option<Spread> {
        self.here.ratio(&self.best()?.series)
    }

    /// Whether every variant of PyTorch that can do this was measured, so that the best of them is the best.
    pub(crate) fn is_compared(&self) -> bool {
        let mut series = self.pytorch.iter().map(|found| &found.series);
        series.all(|series| !series.samples.is_empty() || matches!(series.ended, Some(Reason::Cannot(_))))
    }

    /// Whether there was no time for it.
    pub(crate) fn is_not_run(&self) -> bool {
        self.here.samples.is_empty() && self.here.ended == Some(Reason::NoTime)
    }

    /// How programs failed; one that cannot do this did not.
    pub(crate) fn failures(&self) -> Vec<String> {
        let series = std::iter::once(("here", &self.here));
        let series = series.chain(self.pytorch.iter().map(|found| (found.variant.name(), &found.series)));
        let failed = series.filter_map(|(program, series)| match &series.ended {
            Some(Reason::Failed(said)) => Some(format!("{}, {program}: {said}", self.row.name)),
            _ => None,
        });
        failed.collect()
    }
}

/// What is measured how often.
#[derive(Debug)]
pub(crate) struct Turns<'a> {
    pub(crate) rows: Vec<&'static Row>,
    pub(crate) here: &'a Here,
    pub(crate) torch: Option<&'a Torch>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) rounds: usize,
    pub(crate) steps: usize,
    /// The end of all of it, of which a measurement has its share.
    pub(crate) deadline: Option<Instant>,
}

impl Turns<'_> {
    /// Measures; `after` sees what there is after each round.
    pub(crate) fn run(
        &self,
        after: &mut dyn FnMut(&[Measured]) -> Result<(), Failure>,
    ) -> Result<Vec<Measured>, Failure> {
        let variants = if self.torch.is_some() { &self.variants[..] } else { &[] };
        let fresh = |row: &&'static Row| {
            let of = |&variant: &Variant| OfVariant { variant, series: Series::default() };
            Measured { row: **row, here: Series::default(), pytorch: variants.iter().map(of).collect(), busy: None }
        };
        let mut found: Vec<Measured> = self.rows.iter().map(fresh).collect();
        for round in 1..=self.rounds {
            for measured in &mut found {
                self.row(round, measured);
            }
            after(&found)?;
        }
        Ok(found)
    }

    /// One round of a row. A program that once said no is not asked again.
    fn row(&self, round: usize, measured: &mut Measured) {
        let Measured { row, here, pytorch, busy } = measured;
        let late = || self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if here.ended.is_none() && !late() {
            let now = busy::busy();
            if let Some(now) = now.filter(|now| *now >= busy::NOTICED) {
                say(&format!("note: other programs take {:.0} % of the processor", 100.0 * now));
            }
            *busy = [*busy, now].into_iter().flatten().reduce(f64::max);
        }
        let turn = |program: &str, series: &mut Series, measure: &dyn Fn() -> Result<Sample, Reason>| {
            if series.ended.is_some() {
                return;
            }
            if late() {
                return series.add(Err(Reason::NoTime));
            }
            let found = measure();
            let told = match &found {
                Ok(sample) => format!("{:.1} ms", sample.milliseconds),
                Err(Reason::Cannot(said)) => format!("cannot: {said}"),
                Err(Reason::Failed(said)) => format!("failed: {said}"),
                Err(Reason::NoTime) => "not finished in time".to_owned(),
            };
            say(&format!("round {round} of {}: {}, {program}: {told}", self.rounds, row.name));
            series.add(found);
        };
        let own = || self.deadline.map(child::own);
        turn("here", here, &|| self.here.measure(row, self.steps, own()));
        let Some(torch) = self.torch else { return };
        // Without a measurement of this program there is nothing to compare, and the time serves the other rows.
        let alone = here.samples.is_empty() && here.ended == Some(Reason::NoTime);
        for OfVariant { variant, series } in pytorch {
            match alone {
                true => series.ended = Some(Reason::NoTime),
                false => turn(variant.name(), series, &|| torch.measure(row, *variant, self.steps, own())),
            }
        }
    }
}

/// A sentence about other work on the machine during these measurements.
pub(crate) fn beside(found: &[Measured]) -> String {
    match found.iter().filter_map(|measured| measured.busy).reduce(f64::max) {
        Some(most) if most >= busy::NOTICED => {
            format!("Other programs took up to {:.0} % of the processor", 100.0 * most)
        }
        Some(_) => "Nothing else kept the processor busy".to_owned(),
        None => "What else was running is not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::rows::ROWS;

    fn series(times: &[f64]) -> Series {
        let samples = times.iter().map(|&milliseconds| Sample { milliseconds, mebibytes: None });
        Series { samples: samples.collect(), ended: None }
    }

    #[test]
    fn the_best_pytorch_is_the_variant_with_the_smallest_median() {
        let of = |variant, times: &[f64]| OfVariant { variant, series: series(times) };
        let measured = Measured {
            row: ROWS[0],
            here: series(&[5.0, 6.0, 9.0]),
            pytorch: vec![
                of(Variant::Eager, &[10.0, 1.0, 20.0]),
                of(Variant::ChannelsLast, &[10.0, 8.0, 9.0]),
                of(Variant::Compiled, &[]),
            ],
            busy: None,
        };
        assert_eq!(measured.best().unwrap().variant, Variant::ChannelsLast);
        let ratio = measured.ratio().unwrap();
        assert_eq!((ratio.median, ratio.least, ratio.most), (0.75, 0.5, 1.0));
    }
}
