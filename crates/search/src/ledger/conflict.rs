//! Whether two studies are equal, and the first field in which they differ.

use crate::{SearchError, Study};
use serde_json::Value;
use std::path::Path;

/// Refuses the study in `folder` if it differs from the one asked for.
pub(super) fn refuse(folder: &Path, there: &Study, asked: &Study) -> Result<(), SearchError> {
    if there == asked {
        return Ok(());
    }
    let json =
        |study| serde_json::to_value(study).map_err(|error| SearchError::system("compare", folder)(error.into()));
    let (field, found, expected) = first_difference("", &json(there)?, &json(asked)?)
        .unwrap_or_else(|| ("study".to_owned(), format!("{there:?}"), format!("{asked:?}")));
    Err(SearchError::Conflict { path: folder.to_owned(), field, found, expected })
}

/// `(field, there, asked for)`; fields in the order of their names.
fn first_difference(field: &str, there: &Value, asked: &Value) -> Option<(String, String, String)> {
    if there == asked {
        return None;
    }
    let inner = match (there, asked) {
        (Value::Object(there), Value::Object(asked)) if there.keys().eq(asked.keys()) => {
            there.iter().zip(asked.values()).find_map(|((name, there), asked)| {
                let dot = if field.is_empty() { "" } else { "." };
                first_difference(&format!("{field}{dot}{name}"), there, asked)
            })
        }
        (Value::Array(there), Value::Array(asked)) if there.len() == asked.len() => there
            .iter()
            .zip(asked)
            .enumerate()
            .find_map(|(index, (there, asked))| first_difference(&format!("{field}[{index}]"), there, asked)),
        _ => None,
    };
    inner.or_else(|| Some((field.to_owned(), there.to_string(), asked.to_string())))
}
