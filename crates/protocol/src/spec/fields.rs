//! The fields of a specification by their dotted names, for tables of differences, searches and grids.
//!
//! A list of tagged tables, such as the penalties, is named by its tags:
//! `objective.penalties.gradmask.weight`.

use crate::RunSpec;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A field that a specification does not have, or a value that it does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// The dotted name.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl RunSpec {
    /// Every field with its dotted name and its value as text, in a fixed order.
    pub fn fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        flatten(&json(self), "", &mut fields);
        fields
    }

    /// The same with another number in a field.
    ///
    /// # Errors
    /// If there is no such field, or the number is not valid for it.
    pub fn with_value(&self, field: &str, value: f64) -> Result<Self, FieldError> {
        let wrong = |message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
        let mut whole = json(self);
        let place = find(&mut whole, field).ok_or_else(|| wrong("the run has no such field"))?;
        *place = match place {
            // Whole numbers are stored as integers, so that a count can be read back.
            Value::Number(number) if !number.is_f64() && value.fract() == 0.0 && value >= 0.0 => {
                Value::from(value as u64)
            }
            Value::Number(_) => Value::from(value),
            _ => return Err(wrong("the field holds no number")),
        };
        serde_json::from_value(whole).map_err(|error| wrong(&error.to_string()))
    }
}

/// Where two specifications differ, as `(dotted field, value in one, value in the other)`, in the
/// order of the fields' names. A field that one lacks has the value `none` there.
pub fn differing_fields(one: &RunSpec, other: &RunSpec) -> Vec<(String, String, String)> {
    let (left, right) = (one.fields(), other.fields());
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

pub(crate) fn json(spec: &RunSpec) -> Value {
    // A RunSpec is numbers, text and structures of them, which always have a JSON form.
    serde_json::to_value(spec).unwrap_or(Value::Null)
}

/// Refuses fields next to the tag of a choice without settings: serde accepts unknown fields there, in spite
/// of `deny_unknown_fields`.
pub(crate) fn nothing_else<'de, D: Deserializer<'de>>(fields: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(fields).map(|Nothing {}| ())
}

/// Whether a setting has its default, which specifications leave out.
pub(crate) fn is_default<T: Default + PartialEq>(setting: &T) -> bool {
    *setting == T::default()
}

/// The tag of a table in a list of tagged tables.
fn tag(value: &Value) -> Option<&str> {
    value.as_object()?.get("kind")?.as_str()
}

fn find<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |value, name| match value {
        Value::Object(fields) => fields.get_mut(name),
        Value::Array(values) => values.iter_mut().find(|value| tag(value) == Some(name)),
        _ => None,
    })
}

fn flatten(value: &Value, prefix: &str, fields: &mut Vec<(String, String)>) {
    let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Object(inner) => {
            for (name, value) in inner {
                flatten(value, &below(name), fields);
            }
        }
        Value::Array(values) if !values.is_empty() && values.iter().all(|value| tag(value).is_some()) => {
            for value in values {
                if let Some(name) = tag(value) {
                    flatten(value, &below(name), fields);
                }
            }
        }
        Value::String(text) => fields.push((prefix.to_owned(), text.clone())),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            fields.push((prefix.to_owned(), texts.join(", ")));
        }
        scalar => fields.push((prefix.to_owned(), scalar.to_string())),
    }
}
