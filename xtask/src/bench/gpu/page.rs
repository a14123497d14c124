//! The page of a device.

use super::{Findings, Measuring, ROUNDS, STEPS, throughput::Throughput};
use crate::bench::{
    page::Cells,
    sample::Reason,
    turns::{self, Measured},
};
use std::fmt::Write;

/// Everything that was found, in Markdown.
pub(super) fn markdown(findings: &Findings) -> String {
    let Findings { machine, device, seconds, devices, suites, determinism, throughput, beside, rows } = findings;
    let Measuring { backend, index, name } = device;
    let mut text = format!("# {name}\n\nThe backend `{backend}`, device {index}. {}.\n", machine.text());
    let mut add = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    add(&format!("\nIt took {}, without {} of compiling.", minutes(*seconds), minutes(suites.compiling_seconds)));
    match &findings.problems()[..] {
        [] => add(&match findings.unfinished() {
            (0, _) => "Nothing failed.".to_owned(),
            (some, all) => format!("Nothing failed, but there was not enough time for {some} of {all} parts."),
        }),
        problems => {
            add("\n**Problems**\n");
            problems.iter().for_each(|problem| add(&format!("- {problem}")));
        }
    }
    add("\n## Devices of this build\n");
    devices.iter().for_each(|line| add(&format!("    {line}")));
    add("\n## Is it right?\n");
    if let Some(said) = &suites.missing {
        add(&format!("- not run: {said}"));
    }
    for suite in &suites.suites {
        add(&format!("- {}", suite.text()));
        suite.details().for_each(|line| add(&format!("  - {line}")));
    }
    add("\n## Is it repeatable?\n");
    add(&format!("- {}", determinism.text()));
    add("\n## Several processes at once\n");
    add("| | processes | steps a second, all together | by one |\n|---|---|---|---|");
    for found in throughput {
        let Throughput { row, jobs, .. } = found;
        let alone = throughput.iter().find(|other| other.row == *row && other.jobs == 1);
        let (steps, share) = match found.steps_per_second {
            Some(steps) => {
                let alone = alone.and_then(|alone| alone.steps_per_second);
                (format!("{steps:.1}"), alone.map_or_else(String::new, |alone| format!("{:.2}", steps / alone)))
            }
            None => (not_measured(found.ended.as_ref()), String::new()),
        };
        add(&format!("| {row} | {jobs} | {steps} | {share} |"));
    }
    add("\n## Training steps\n");
    let (measured, rest): (Vec<Measured>, Vec<Measured>) = rows.iter().cloned().partition(|row| !row.is_not_run());
    add(&format!(
        "Median milliseconds (smallest–largest round) of up to {ROUNDS} rounds of {STEPS} steps, {beside}. {}.\n",
        turns::beside(rows)
    ));
    if !measured.is_empty() {
        add(Cells::new(&measured, *backend == "cpu").markdown().trim_end());
    }
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|row| row.row.name).collect();
        add(&format!("\nNot measured, because there was not enough time: {}.", names.join(", ")));
    }
    text
}

fn not_measured(reason: Option<&Reason>) -> String {
    match reason {
        Some(Reason::NoTime) | None => "no time".to_owned(),
        Some(Reason::Cannot(said) | Reason::Failed(said)) => said.replace('|', "/"),
    }
}

fn minutes(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{} min {} s", whole / 60, whole % 60)
}
