//! `bench compare`: this program and PyTorch in turns, as a table.

use super::{
    machine::{self, Machine},
    page::{self, Cells, Page},
    rows,
    torch::{Torch, Variant},
    turns::{self, Here, Measured, Turns},
};
use crate::{arguments::BenchCompare, failure::Failure, print, say};
use herring_experiments::Exit;
use herring_protocol::BackendKind;
use serde::Serialize;

/// What `--out` writes.
#[derive(Serialize)]
struct Document<'a> {
    machine: &'a Machine,
    rounds: usize,
    steps: usize,
    rows: &'a [Measured],
}

pub(crate) fn run(arguments: &BenchCompare) -> Result<Exit, Failure> {
    let BenchCompare { python, rows, variants, rounds, steps, threads, out, markdown } = arguments;
    let threads = threads.unwrap_or_else(machine::cores);
    let page = markdown.as_deref().map(Page::open).transpose()?;
    out.as_deref().map_or(Ok(()), page::has_folder)?;
    let torch = Torch::find(python, threads)?;
    let here = Here::new(BackendKind::Cpu, 0, threads)?;
    let machine = Machine::new(threads, Some(torch.versions.clone()));
    print(&machine.text())?;
    let turns = Turns {
        rows: rows::chosen(rows),
        here: &here,
        torch: Some(&torch),
        variants: if variants.is_empty() { Variant::ALL.to_vec() } else { variants.clone() },
        rounds: *rounds,
        steps: *steps,
        deadline: None,
    };
    // After each round, so that hours are not lost with the last minute.
    let found = turns.run(&mut |rows| match out {
        Some(path) => {
            let document = Document { machine: &machine, rounds: *rounds, steps: *steps, rows };
            page::write(path, &json(&document)?)
        }
        None => Ok(()),
    })?;
    print(Cells::new(&found, true).text().trim_end())?;
    let beside = turns::beside(&found);
    print(&format!("{beside}."))?;
    if let Some(page) = page {
        let repeated = format!("{rounds} rounds of {steps} steps: medians (smallest–largest round). {beside}.");
        page.write(&format!("{}. {repeated}\n\n{}", machine.text(), Cells::new(&found, true).markdown()))?;
    }
    let failures: Vec<String> = found.iter().flat_map(Measured::failures).collect();
    failures.iter().for_each(|failure| say(failure));
    Ok(if failures.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

/// A document as a file of JSON.
pub(crate) fn json(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(document).map(|text| text + "\n").map_err(Failure::device)
}
