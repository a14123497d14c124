//! Where something stands in a text or a file, for error messages.

use std::path::Path;

/// The line and the column of a byte of `text`, both counted from 1; the column counts characters. A byte past the
/// end stands for the end.
pub fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}

/// A file with the line and the column that are known of a place in it, both counted from 1; 0 for unknown:
/// `plan.json:3:14`, `plan.json:3` or `plan.json`.
pub fn place(path: &Path, line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => path.display().to_string(),
        (line, 0) => format!("{}:{line}", path.display()),
        (line, column) => format!("{}:{line}:{column}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        let text = "a\nµb\n";
        let of = |byte| line_and_column(text, byte);
        assert_eq!([of(0), of(1), of(2), of(4), of(6), of(99)], [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 1)]);
    }

    #[test]
    fn only_what_is_known_is_named() {
        let of = |line, column| place(Path::new("plan.json"), line, column);
        assert_eq!([of(0, 0), of(3, 0), of(3, 14)], ["plan.json", "plan.json:3", "plan.json:3:14"]);
    }
}
