//! The class of a row by its labels: as substrings of the field, or as whole labels of a list.
//!
//! The released code looks for substrings, so that `"normal"` is also found in `abnormal foreign body`, and
//! `"pleural thickening"` in `apical pleural thickening`. For a finding other than the paper's most matches can
//! be of this kind; whole labels avoid them.

use serde::Deserialize;

/// A class by labels, case-sensitively. The positive one is looked for first, so that a row that
/// matches both is positive; a row that matches neither is left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelRule {
    /// The column.
    pub column: String,
    /// What a positive row contains.
    pub positive: String,
    /// What a negative row contains.
    pub negative: String,
    /// What an empty field means.
    pub empty: EmptyLabel,
    /// Whether the two texts are looked for anywhere in the field, or among the labels of its list.
    #[serde(default, rename = "match")]
    pub matching: Matching,
    /// How the field lists its labels; needed for [`Matching::Exact`].
    pub list: Option<ListForm>,
}

/// What to do with a row whose label is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyLabel {
    /// The official table has none: it is damage.
    Refuse,
    /// The official table has some: they are left out and counted.
    LeaveOut,
}

/// How a label is matched in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// Anywhere in the text of the field, as the released code does it.
    #[default]
    Substring,
    /// As a whole label of the field's list, without spaces at its ends.
    Exact,
}

/// How a field lists labels.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ListForm {
    /// As Python writes a list of texts: `['a', "b's"]`. In a manifest `list = "python"`.
    Python,
    /// Separated by this text: `a|b`. In a manifest `list = "|"`.
    Separated(String),
}

impl TryFrom<String> for ListForm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "" => Err("found an empty text, expected \"python\" or what stands between two labels".into()),
            "python" => Ok(Self::Python),
            _ => Ok(Self::Separated(text)),
        }
    }
}

impl LabelRule {
    /// The class of a field that is not empty: 0, 1, or `None` for neither.
    ///
    /// # Errors
    /// What was expected instead, if the field is no list where one is needed.
    pub(crate) fn class(&self, field: &str) -> Result<Option<usize>, String> {
        let (positive, negative) = match (self.matching, &self.list) {
            (Matching::Substring, _) => (field.contains(&self.positive), field.contains(&self.negative)),
            (Matching::Exact, form) => {
                let labels = match form {
                    Some(ListForm::Separated(separator)) => {
                        field.split(separator.as_str()).map(str::to_owned).collect()
                    }
                    Some(ListForm::Python) => python_list(field).ok_or("a list of texts such as ['a', 'b']")?,
                    None => vec![field.to_owned()],
                };
                let has = |wanted: &str| labels.iter().any(|label| label.trim() == wanted.trim());
                (has(&self.positive), has(&self.negative))
            }
        };
        Ok(match (positive, negative) {
            (true, _) => Some(1),
            (false, true) => Some(0),
            (false, false) => None,
        })
    }

    /// The reason for which a row of neither class is left out.
    pub(crate) fn neither(&self) -> String {
        let what = match self.matching {
            Matching::Substring => "",
            Matching::Exact => "the label ",
        };
        format!("{} has neither {what}{:?} nor {:?}", self.column, self.positive, self.negative)
    }

    /// What a field must have for its row to be used.
    pub(crate) fn wanted(&self) -> String {
        let verb = match self.matching {
            Matching::Substring => "contains",
            Matching::Exact => "lists",
        };
        format!("at least one row that {verb} {:?} or {:?}", self.positive, self.negative)
    }

    /// Checks that the types do not express.
    pub(crate) fn validate(&self) -> Result<(), (&'static str, String, &'static str)> {
        if self.matching == Matching::Exact && self.list.is_none() {
            return Err(("label.list", "none".into(), "\"python\" or a separator, since match is \"exact\""));
        }
        Ok(())
    }
}

/// The texts of a list as Python writes it, or `None` if it is none.
fn python_list(field: &str) -> Option<Vec<String>> {
    let mut rest = field.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let mut label = String::new();
        let mut characters = rest[1..].char_indices();
        let end = loop {
            match characters.next()? {
                (place, character) if character == quote => break 1 + place + 1,
                // Python escapes the quote and the backslash in this way; no label has other escapes.
                (_, '\\') => label.push(characters.next().filter(|(_, next)| matches!(next, '\\' | '\'' | '"'))?.1),
                (_, character) => label.push(character),
            }
        };
        labels.push(label);
        rest = rest[end..].trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    Some(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(matching: Matching, list: ListForm) -> LabelRule {
        LabelRule {
            column: "Labels".into(),
            positive: "pleural thickening".into(),
            negative: "normal".into(),
            empty: EmptyLabel::LeaveOut,
            matching,
            list: Some(list),
        }
    }

    #[test]
    fn whole_labels_and_substrings() {
        let fields = [
            ("['pleural thickening']", Some(1), Some(1)),
            ("['apical pleural thickening']", Some(1), None),
            ("['abnormal foreign body']", Some(0), None),
            ("['normal']", Some(0), Some(0)),
            ("['normal', ' pleural thickening ']", Some(1), Some(1)),
            ("[\"normal\"]", Some(0), Some(0)),
            ("['Normal']", None, None),
            ("['pleural', 'thickening']", None, None),
            ("['']", None, None),
            ("[]", None, None),
            ("[ 'nodule' ,'normal' , ]", Some(0), Some(0)),
        ];
        for (field, substring, exact) in fields {
            assert_eq!(rule(Matching::Substring, ListForm::Python).class(field), Ok(substring), "{field}");
            assert_eq!(rule(Matching::Exact, ListForm::Python).class(field), Ok(exact), "{field}");
        }
    }

    #[test]
    fn separated_lists() {
        let rule = rule(Matching::Exact, ListForm::Separated("|".into()));
        for (field, class) in [
            ("normal", Some(0)),
            ("nodule| normal ", Some(0)),
            ("normal|pleural thickening", Some(1)),
            ("abnormal|apical pleural thickening", None),
            ("pleural thickening, normal", None),
        ] {
            assert_eq!(rule.class(field), Ok(class), "{field}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_where_one_is_needed() {
        for field in
            ["normal", "['normal'", "[normal]", "['a' 'b']", "['a\\n']", "['a'", "['", "[,]", "['a',, 'b']", "[é]"]
        {
            assert_eq!(python_list(field), None, "{field}");
            assert!(rule(Matching::Exact, ListForm::Python).class(field).is_err(), "{field}");
            assert!(rule(Matching::Substring, ListForm::Python).class(field).is_ok(), "{field}");
        }
        assert_eq!(python_list(r#"['it\'s', "b's", 'é\\']"#).unwrap(), ["it's", "b's", "é\\"]);
    }
}
