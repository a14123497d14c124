//! `collect`.

use crate::{
    arguments::{CollectArguments, Format, Rows},
    failure::Failure,
    print,
};
use herring_experiments::Exit;
use herring_papers::CATALOGUE;
use herring_report::{
    export::{self, Table},
    mlflow,
};

pub(crate) fn run(arguments: &CollectArguments) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.mlflow {
        let written = mlflow::write(&arguments.out, folder, &CATALOGUE)?;
        print(&format!("{written} runs: {}", folder.display()))?;
        return Ok(Exit::Done);
    }
    let table = match arguments.rows {
        Rows::Runs => Table::runs(&arguments.out, &CATALOGUE)?,
        Rows::Cells => Table::cells(&arguments.out, &CATALOGUE)?,
    };
    let text = match arguments.format {
        Format::Csv => export::csv(&table),
        Format::Json => export::json(&table),
        Format::Markdown => export::markdown(&table),
        Format::Latex => export::latex(&table),
    };
    match &arguments.to {
        Some(path) => export::write(path, &text)?,
        None => print(text.trim_end())?,
    }
    Ok(Exit::Done)
}
