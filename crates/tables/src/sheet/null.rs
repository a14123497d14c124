//! The spellings of a missing value.

/// Whether a field of an official table means "no value". These are the spellings that pandas reads as
/// NaN, with which the released code reads the tables.
pub(crate) fn is_null(field: &str) -> bool {
    const NULLS: [&str; 19] = [
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
        "NULL", "NaN", "None", "n/a", "nan", "null",
    ];
    NULLS.contains(&field)
}

/// Whether a name in a table of the user's own images means a missing value: a spelling of [`is_null`], one
/// of them in other case, or what a spreadsheet shows for an error.
///
/// `None` and `NA` count in this spelling only: no program writes `none` or `na` for a missing value, and "no
/// marker" is a sensible name of an environment.
pub(crate) fn is_nothing(name: &str) -> bool {
    const IN_ANY_CASE: [&str; 15] = [
        "nan", "-nan", "nat", "null", "n/a", "<na>", "#n/a", "#n/a n/a", "#na", "#value!", "#ref!", "#name?",
        "#div/0!", "#num!", "#null!",
    ];
    is_null(name) || IN_ANY_CASE.iter().any(|word| word.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_write_is_no_name() {
        for word in
            ["", "nan", "NAN", "None", "NA", "null", "Null", "NULL", "N/A", "n/A", "<NA>", "<na>", "NaT", "#REF!"]
        {
            assert!(is_nothing(word), "{word:?}");
        }
        for word in ["none", "NONE", "na", "Na", "0", "nano", "null hypothesis", "N A", "nat.", "-"] {
            assert!(!is_nothing(word), "{word:?}");
        }
        assert!(is_null("None") && !is_null("Null") && !is_null("none"), "the official tables go by pandas' list");
    }
}
