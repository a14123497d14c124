//! Finds columns by their names.
//!
//! An official table has its columns by their exact names. A table of the user's own may have them in other
//! case, or under another name whose meaning is certain. The exact name takes precedence if several match.

use crate::error::quote;

/// A column that a reader requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    name: &'a str,
    required: bool,
    any_case: bool,
    others: &'a [&'a str],
    alone: bool,
    near: &'a [&'a str],
    certain: bool,
}

impl<'a> Column<'a> {
    /// A column whose absence is a problem.
    pub(crate) const fn required(name: &'a str) -> Self {
        Self { name, required: true, any_case: false, others: &[], alone: false, near: &[], certain: false }
    }

    /// A column whose absence reads as an empty field in each row.
    pub(crate) const fn optional(name: &'a str) -> Self {
        Self { required: false, ..Self::required(name) }
    }

    /// The same column, also in other case, and without it under any of the names `others`.
    pub(crate) const fn or(self, others: &'a [&'a str]) -> Self {
        Self { any_case: true, others, ..self }
    }

    /// The same column, where two of its names in one table contradict each other.
    pub(crate) const fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// The same column, with similar names that are suggested in messages but not read.
    pub(crate) const fn near(self, near: &'a [&'a str]) -> Self {
        Self { near, ..self }
    }

    /// The same column, whose absence is a problem where another column may be meant by it.
    pub(crate) const fn certain(self) -> Self {
        Self { certain: true, ..self }
    }

    /// Its position; several if it is ambiguous.
    fn places(&self, names: &[String]) -> Vec<usize> {
        let of = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
            names.iter().enumerate().filter(|(_, name)| fits(name)).map(|(place, _)| place).collect()
        };
        let exact = of(&|name| name == self.name);
        if !self.any_case || (!exact.is_empty() && !self.alone) {
            return exact;
        }
        let in_any_case = of(&|name| name.eq_ignore_ascii_case(self.name));
        if !in_any_case.is_empty() && !self.alone {
            return in_any_case;
        }
        let fits = |name: &str| {
            name.eq_ignore_ascii_case(self.name) || self.others.iter().any(|other| name.eq_ignore_ascii_case(other))
        };
        of(&fits)
    }

    /// Which of `names` may be meant by it.
    fn meant<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], "");
        let wanted = plain(self.name);
        let known = |name: &&String| self.near.iter().any(|near| plain(near) == plain(name));
        let close = |name: &&String| {
            let name = plain(name);
            name.len() > 2 && strsim::damerau_levenshtein(&name, &wanted) <= wanted.len().min(8) / 4
        };
        names.iter().find(|name| plain(name) == wanted).or_else(|| names.iter().find(known)).or_else(|| {
            let named = names.iter().filter(|name| name.len() <= 64);
            named.into_iter().find(close)
        })
    }
}

/// How many of `columns` are among `names`, and whether all that are required are.
pub(super) fn known(names: &[String], columns: &[Column<'_>]) -> (usize, bool) {
    let there = |column: &&Column<'_>| !column.places(names).is_empty();
    (columns.iter().filter(there).count(), columns.iter().filter(|column| column.required).all(|column| there(&column)))
}

/// The first row of a table.
pub(super) struct Header {
    /// The position of each requested column.
    pub(super) places: Vec<Option<usize>>,
    /// How many fields a row needs.
    pub(super) named: usize,
    /// How many fields the header has.
    pub(super) width: usize,
    pub(super) names: Vec<String>,
}

impl Header {
    /// Looks for `columns` among `names`.
    ///
    /// # Errors
    /// For each column that is missing or ambiguous: its name, what was found, what was expected.
    pub(super) fn new(names: Vec<String>, columns: &[Column<'_>]) -> Result<Self, Vec<(String, String, String)>> {
        let mut wrong = Vec::new();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let found = column.places(&names);
            let mut fail = |found: String, expected: String| wrong.push((column.name.to_owned(), found, expected));
            match found.as_slice() {
                [] if column.required || (column.certain && column.meant(&names).is_some()) => {
                    let mut expected = "a column of this name".to_owned();
                    if let Some(name) = column.meant(&names) {
                        expected.push_str(&format!("; did you mean {}? rename it then", quote(name)));
                    }
                    fail(format!("the columns {}", spell(&names)), expected);
                }
                [] | [_] => {}
                [first, rest @ ..] if rest.iter().all(|&place| names[place] == names[*first]) => {
                    fail("the column twice".into(), "it once".into());
                }
                several => {
                    let several: Vec<String> = several.iter().map(|&place| names[place].clone()).collect();
                    fail(format!("the columns {}", spell(&several)), "one of them".into());
                }
            }
            places.push(found.first().copied());
        }
        let named = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        if wrong.is_empty() { Ok(Self { places, named, width: names.len(), names }) } else { Err(wrong) }
    }

    /// Columns that are read under another name, and those that are not read.
    pub(super) fn notes(&self, columns: &[Column<'_>]) -> Vec<String> {
        let mut notes = Vec::new();
        for (column, place) in columns.iter().zip(&self.places) {
            if let Some(name) = place.map(|place| &self.names[place]).filter(|name| *name != column.name) {
                notes.push(format!("the column {name:?} is read as {:?}", column.name));
            }
        }
        for (place, name) in self.names.iter().enumerate() {
            if !name.is_empty() && !self.places.contains(&Some(place)) {
                let missing = columns.iter().zip(&self.places).filter(|(_, place)| place.is_none());
                let meant =
                    missing.map(|(column, _)| column).find(|column| column.meant(std::slice::from_ref(name)).is_some());
                let hint = meant.map(|column| format!("; is it {:?}? rename it then", column.name)).unwrap_or_default();
                notes.push(format!("the column {name:?} is not read{hint}"));
            }
        }
        notes
    }
}

fn spell(names: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = names.iter().take(SHOWN).map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
