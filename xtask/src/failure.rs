//! Errors as one line and an exit code.

use clap::error::ErrorKind;
use herring_experiments::Exit;
use std::fmt::Display;

/// An error: a message and an exit code.
pub(crate) struct Failure {
    /// One line.
    pub(crate) text: String,
    /// The exit code.
    pub(crate) exit: Exit,
}

impl<E: Display> From<E> for Failure
where
    for<'a> Exit: From<&'a E>,
{
    fn from(error: E) -> Self {
        Self { exit: Exit::from(&error), text: error.to_string() }
    }
}

impl Failure {
    /// A device is missing or failed.
    pub(crate) fn device(error: impl Display) -> Self {
        Self { text: error.to_string(), exit: Exit::Environment }
    }
}

/// The command line or a file that the user gave cannot be used.
pub(crate) fn bad_input(error: impl Display) -> Failure {
    Failure { text: error.to_string(), exit: Exit::BadInput }
}

/// Handles the argument parser's result: prints help, or returns its error in one line.
pub(crate) fn usage(error: &clap::Error) -> Result<Exit, Failure> {
    let help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if help {
        let _ = error.print();
        return Ok(Exit::Done);
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Ok(Exit::BadInput);
    }
    let text = error.to_string();
    let told = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"));
    let told = told.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    Err(Failure { text: told.trim_start_matches("error: ").to_owned(), exit: Exit::BadInput })
}
