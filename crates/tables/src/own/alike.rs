//! Names that look like one name written in several ways.
//!
//! pandas writes the whole numbers of a column with a gap as `1.0`; people write `Wolf` and `wolf`. As text
//! these are two classes, although nothing in the images distinguishes them. The user decides whether they
//! are one ([`super::LabelNames`]).

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

/// A name with the number of rows that have it.
pub(super) type Counted = (String, usize);

/// Names that differ only in case, spaces, Unicode composition or the way a number is written: groups of two
/// or more, each sorted by name, with their rows.
pub(super) fn groups<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<Counted>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut groups: BTreeMap<String, Vec<Counted>> = BTreeMap::new();
    for (name, rows) in counts {
        groups.entry(key(name)).or_default().push((name.to_owned(), rows));
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

/// The names of a group with their rows: `"0" (12 rows) and "0.0" (11 rows)`.
pub(super) fn spell(group: &[Counted]) -> String {
    let spelled = group.iter().map(|(name, rows)| {
        let unit = if *rows == 1 { "row" } else { "rows" };
        format!("{} ({rows} {unit})", crate::error::quote(name))
    });
    spelled.collect::<Vec<_>>().join(" and ")
}

/// How the names of a group differ.
pub(super) fn difference(group: &[Counted]) -> &'static str {
    if group.iter().all(|(name, _)| decimal(&plain(name)).is_some()) {
        "the way the number is written"
    } else {
        "case or spaces"
    }
}

/// The name used for its group: the most frequent one, of equally frequent ones the first in order.
pub(super) fn leader(group: &[Counted]) -> Option<&str> {
    let most = group.iter().map(|(_, rows)| *rows).max()?;
    group.iter().find(|(_, rows)| *rows == most).map(|(name, _)| name.as_str())
}

fn key(name: &str) -> String {
    let plain = plain(name);
    decimal(&plain).unwrap_or(plain)
}

/// Without spaces, visible or not, in lower case and composed.
fn plain(name: &str) -> String {
    let is_space = |letter: &char| letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{2060}' | '\u{feff}');
    let letters = name.chars().filter(|letter| !is_space(letter)).flat_map(char::to_lowercase);
    letters.nfc().collect()
}

/// A decimal number in its one normal form, exact at any length: numbers of patients can be longer than the
/// 16 digits that a float holds.
fn decimal(text: &str) -> Option<String> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let stripped = digits.trim_end_matches('0');
    let exponent = i64::from(exponent) + i64::try_from(digits.len() - stripped.len()).ok()?
        - i64::try_from(fraction.len()).ok()?;
    let stripped = stripped.trim_start_matches('0');
    Some(if stripped.is_empty() { "0e0".into() } else { format!("{sign}{stripped}e{exponent}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(names: &[&str]) -> Vec<Vec<String>> {
        let groups = groups(names.iter().copied()).into_iter();
        groups.map(|group| group.into_iter().map(|(name, _)| name).collect()).collect()
    }

    #[test]
    fn one_name_in_several_ways() {
        for names in [
            ["1", "1.0"],
            ["01", "1"],
            ["1", "1e0"],
            ["100", "1E2"],
            ["+.5", "0.50"],
            ["-0.0", "0"],
            ["1.", "1"],
            ["10e-1", "1.000"],
            ["Wolf", "wolf"],
            ["ÄRZTE", "ärzte"],
            ["snow  wolf", "snow wolf"],
            ["snow\u{a0}wolf", "snow wolf"],
            ["wolf", "wolf\u{200b}"],
            ["caf\u{e9}", "cafe\u{301}"],
        ] {
            assert_eq!(alike(&names).len(), 1, "{names:?}");
        }
        for names in [
            ["1", "10"],
            ["1", "-1"],
            ["0.1", "0.01"],
            ["9007199254740992", "9007199254740993"],
            ["1", "1e99999999999"],
            ["e1", "e01"],
            [".", "0"],
            ["", "0"],
            ["inf", "infinity"],
            ["wolf", "wolves"],
            ["1", "1,0"],
        ] {
            assert_eq!(alike(&names).len(), 0, "{names:?}");
        }
        assert_eq!(alike(&["1", "1.0", "2", "b", "B", "1e0"]), [vec!["1", "1.0", "1e0"], vec!["B", "b"]]);
    }

    #[test]
    fn the_most_frequent_name_leads() {
        let names = ["b", "B", "b", "1.0", "1"];
        let groups = groups(names.into_iter());
        assert_eq!(groups.iter().map(|group| leader(group)).collect::<Vec<_>>(), [Some("1"), Some("b")]);
        assert_eq!(spell(&groups[1]), "\"B\" (1 row) and \"b\" (2 rows)");
        assert_eq!(
            groups.iter().map(|group| difference(group)).collect::<Vec<_>>(),
            ["the way the number is written", "case or spaces"]
        );
    }
}
