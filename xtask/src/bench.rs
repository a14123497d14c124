//! `bench step`.

use crate::{arguments::BenchStep, failure::Failure, print};
use herring_experiments::Exit;
use herring_protocol::{Method, UnknownName};
use herring_training::{Device, bench};

pub(crate) fn step(arguments: &BenchStep) -> Result<Exit, Failure> {
    let device = Device::new(arguments.backend, arguments.device).map_err(Failure::device)?;
    let settings = bench::Settings {
        width: arguments.width,
        size: arguments.size,
        batch: arguments.batch,
        steps: arguments.steps,
    };
    for &method in &arguments.methods {
        let milliseconds = bench::step(&device, &settings, method).map_err(Failure::device)?;
        print(&format!("{} {milliseconds:.1} ms/step", name(method)))?;
    }
    Ok(Exit::Done)
}

/// `base` is the plain step that others are measured against.
fn name(method: Method) -> &'static str {
    match method {
        Method::Baseline => "base",
        other => other.name(),
    }
}

pub(crate) fn method(text: &str) -> Result<Method, UnknownName> {
    match text.trim() {
        "base" => Ok(Method::Baseline),
        other => other
            .parse()
            .map_err(|error: UnknownName| UnknownName { expected: format!("base, {}", error.expected), ..error }),
    }
}

/// A size or a count that a step can have.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let range = 1..=1024;
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("expected a whole number from {} to {}", range.start(), range.end()))
}
