//! The command line of red-herring: parses arguments, calls the crates and prints.

mod allocator;
mod arguments;
mod audit;
mod bench;
mod cache_folder;
mod checks;
mod cluster;
mod collect;
mod data;
mod decoys;
mod devices;
mod execute;
mod explain;
mod failure;
mod images;
mod listings;
mod papers;
mod prepared;
mod radiographs;
mod repro;
mod search;
mod seeds;
mod signals;
mod status;
mod volumes;
mod weights;

use arguments::{Command, Invocation};
use failure::Failure;
use herring_experiments::Exit;
use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    allocator::keep_freed_memory();
    let ended = match Invocation::parse() {
        Ok(Invocation::Reproduction(paper, arguments)) => repro::run(paper, &arguments),
        Ok(Invocation::Command(command)) => run(*command),
        Err(error) => failure::usage(&error),
    };
    if let Some(folder) = herring_files::not_syncable() {
        say(&format!("note: {folder}"));
    }
    let exit = ended.unwrap_or_else(|failure| {
        // Ignore a closed standard error.
        let _ = writeln!(std::io::stderr(), "error: {}", failure.text);
        failure.exit
    });
    ExitCode::from(exit.code())
}

fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Papers(arguments) => papers::run(&arguments),
        Command::Plan(arguments) => repro::plan(&arguments),
        Command::Run(arguments) => execute::run(&arguments),
        Command::Worker(arguments) => execute::worker(&arguments),
        Command::Status(arguments) => status::show(&arguments.out, arguments.json),
        Command::Collect(arguments) => collect::run(&arguments),
        Command::Search(arguments) => search::run(&arguments),
        Command::Report(arguments) => repro::report(&arguments.out),
        Command::Data { command } => data::run(&command),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Devices => devices::run(),
        Command::Bench { command } => bench::run(&command),
        Command::Test(arguments) => checks::run(&arguments),
    }
}

/// Prints a line on standard error; ignores a closed one.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line on standard output. A closed standard output is ignored; other errors are returned.
fn print(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure { text: format!("cannot write to standard output: {error}"), exit: Exit::Environment })
        }
        _ => Ok(()),
    }
}
