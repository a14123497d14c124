//! Two quotings: of arguments for the shell, and of values in `#SBATCH` lines, which `sbatch` reads itself.

/// `text` as one word of a shell's command line.
pub(crate) fn shell(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `text` as a value in a `#SBATCH` line.
///
/// `sbatch` understands both kinds of quotes, but inside them still reads a backslash as an escape and `#`
/// as the start of a comment.
pub(crate) fn directive(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '#') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-./,:=@%+".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in
            ["plain-1.0/x", "", "two words", "it's", "$HOME `id` $(id)", "a\\b\"c", "line\nbreak", "~", "#", "ü*"]
        {
            let script = format!("printf %s {}", shell(text));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{script}");
        }
    }

    #[test]
    fn a_directive_escapes_what_sbatch_would_read_otherwise() {
        assert_eq!(directive("gpu:a100:1"), "gpu:a100:1");
        assert_eq!(directive("a b"), "\"a b\"");
        assert_eq!(directive("a\"b\\c#d'e"), "\"a\\\"b\\\\c\\#d'e\"");
    }
}
