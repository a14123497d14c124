//! A run's identity: a hash of everything that decides its result.

use herring_protocol::RunSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// Raised whenever equal specifications come to give other results, so that old runs are not taken
/// for new ones.
const RESULT_FORMAT: u32 = 1;

/// Sixteen hexadecimal digits that stand for a [`RunSpec`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// The identity of `spec`: the head of the SHA-256 of its canonical JSON and the result format.
    pub fn of(spec: &RunSpec) -> Self {
        let mut text = format!("red-herring run {RESULT_FORMAT}\n");
        write_canonical(&json(spec), &mut text);
        let digest = Sha256::digest(text.as_bytes());
        Self(hexadecimal(&digest[..8]))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Where two specifications differ, as `(dotted field, value in one, value in the other)`, in the
/// order of the fields' names. A field that one lacks has the value `none` there.
pub(crate) fn differing_fields(one: &RunSpec, other: &RunSpec) -> Vec<(String, String, String)> {
    let (left, right) = (flat_fields(one), flat_fields(other));
    let lookup = |fields: &[(String, String)], name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map_or_else(|| "none".to_owned(), |(_, value)| value.clone())
    };
    let mut names: Vec<&String> = left.iter().chain(&right).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let both = names.into_iter().map(|name| (name.clone(), lookup(&left, name), lookup(&right, name)));
    both.filter(|(_, left, right)| left != right).collect()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every field of a specification with its dotted name, as text.
pub(crate) fn flat_fields(spec: &RunSpec) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    flatten(&json(spec), "", &mut fields);
    fields
}

fn json(spec: &RunSpec) -> Value {
    // A RunSpec is numbers, text and structures of them, which always have a JSON form.
    serde_json::to_value(spec).unwrap_or(Value::Null)
}

/// Writes JSON without spaces and with sorted keys, whatever order the library keeps them in.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(value, text);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn flatten(value: &Value, prefix: &str, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(value, &path, fields);
            }
        }
        Value::String(text) => fields.push((prefix.to_owned(), text.clone())),
        scalar => fields.push((prefix.to_owned(), scalar.to_string())),
    }
}
