//! What a task may use: a small TOML file whose keys are all optional.
//!
//! ```toml
//! partition = "gpu"
//! account = "vision"
//! qos = "normal"
//! time = "04:00:00"
//! memory = "16G"
//! cpus = 4
//! gpus = 1                      # or, with the kind, gres = "gpu:a100:1"
//! constraint = "a100|h100"
//! at_once = 8                   # tasks of one array that run at the same time
//! setup = ["module load cuda"]  # lines of shell before the program; one that fails ends the task
//! options = ["--exclude=n17"]   # further options of sbatch, as they are
//! ```
//!
//! A missing key means the cluster's default. Values are passed to `sbatch` unchecked, except that none may be
//! empty or contain a line break.
//!
//! At the time limit the program gets SIGTERM and, after the cluster's `KillWait` (usually 30 s), SIGKILL. One
//! that needs longer to stop asks for an earlier warning: `options = ["--signal=B:TERM@300"]`. Its state is
//! then "failed" with its own exit code instead of "out of time".

use crate::{ClusterError, quote, text::Text};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// What a task may use. For a field that is `None` or empty the cluster's default applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// `--partition`.
    pub partition: Option<String>,
    /// `--account`.
    pub account: Option<String>,
    /// `--qos`.
    pub qos: Option<String>,
    /// `--time`, the limit of one task: minutes, `hours:minutes:seconds`, `days-hours`.
    pub time: Option<String>,
    /// `--mem`, such as `16G`.
    pub memory: Option<String>,
    /// `--cpus-per-task`.
    pub cpus: Option<u32>,
    /// `--gpus`; not with `gres`.
    pub gpus: Option<u32>,
    /// `--gres`, such as `gpu:a100:1`; not with `gpus`.
    pub gres: Option<String>,
    /// `--constraint`.
    pub constraint: Option<String>,
    /// Tasks of one array that run at the same time. A plan split into several arrays has this limit in each.
    pub at_once: Option<u32>,
    /// Lines of shell that run before the program.
    pub setup: Vec<String>,
    /// Further options of `sbatch`, such as `--exclude=n17`.
    pub options: Vec<String>,
}

/// The file, with the position of every value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    partition: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    qos: Option<Spanned<String>>,
    time: Option<Spanned<String>>,
    memory: Option<Spanned<String>>,
    cpus: Option<Spanned<u32>>,
    gpus: Option<Spanned<u32>>,
    gres: Option<Spanned<String>>,
    constraint: Option<Spanned<String>>,
    at_once: Option<Spanned<u32>>,
    #[serde(default)]
    setup: Vec<Spanned<String>>,
    #[serde(default)]
    options: Vec<Spanned<String>>,
}

impl Resources {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ClusterError> {
        Self::from_text(&Text::read(path)?)
    }

    /// Parses `content`; `name` is the file name in errors.
    ///
    /// ```
    /// use herring_cluster::Resources;
    ///
    /// let resources = Resources::parse("gpu.toml", "time = \"4:00:00\"\ngpus = 1\n")?;
    /// assert_eq!(resources.gpus, Some(1));
    ///
    /// let error = Resources::parse("gpu.toml", "gpus = 1\ncpus = 0\n").unwrap_err();
    /// assert_eq!(error.to_string(), "gpu.toml:2:8: cpus: found 0, expected at least 1");
    /// # Ok::<(), herring_cluster::ClusterError>(())
    /// ```
    pub fn parse(name: &str, content: &str) -> Result<Self, ClusterError> {
        Self::from_text(&Text::new(name, content))
    }

    fn from_text(text: &Text) -> Result<Self, ClusterError> {
        let raw: Raw = text.parse()?;
        let word = |field, value| one(text, field, value, |value: &String| word_fault(value));
        let count = |field, value| one(text, field, value, |&value| count_fault(value));
        if let (Some(_), Some(gres)) = (&raw.gpus, &raw.gres) {
            return Err(text.invalid(gres.span(), "gres", "both gpus and gres".into(), ONE_OF_BOTH));
        }
        Ok(Self {
            partition: word("partition", raw.partition)?,
            account: word("account", raw.account)?,
            qos: word("qos", raw.qos)?,
            time: word("time", raw.time)?,
            memory: word("memory", raw.memory)?,
            cpus: count("cpus", raw.cpus)?,
            gpus: count("gpus", raw.gpus)?,
            gres: word("gres", raw.gres)?,
            constraint: word("constraint", raw.constraint)?,
            at_once: count("at_once", raw.at_once)?,
            setup: many(text, "setup", raw.setup, word_fault)?,
            options: many(text, "options", raw.options, option_fault)?,
        })
    }

    /// These values, replaced by what `other` sets. A list that is not empty replaces the whole list, `gpus`
    /// replaces `gres`, and `gres` replaces `gpus`.
    pub fn replaced_by(self, other: Self) -> Self {
        let (gpus, gres) = if other.gpus.is_some() || other.gres.is_some() {
            (other.gpus, other.gres)
        } else {
            (self.gpus, self.gres)
        };
        let longer = |mine: Vec<String>, theirs: Vec<String>| if theirs.is_empty() { mine } else { theirs };
        Self {
            partition: other.partition.or(self.partition),
            account: other.account.or(self.account),
            qos: other.qos.or(self.qos),
            time: other.time.or(self.time),
            memory: other.memory.or(self.memory),
            cpus: other.cpus.or(self.cpus),
            gpus,
            gres,
            constraint: other.constraint.or(self.constraint),
            at_once: other.at_once.or(self.at_once),
            setup: longer(self.setup, other.setup),
            options: longer(self.options, other.options),
        }
    }

    /// Checks values that do not come from a file as [`Self::read`] does.
    pub fn check(&self) -> Result<(), ClusterError> {
        let refuse = |field, found, expected| Err(ClusterError::Value { field, found, expected });
        for (field, _, value) in self.words() {
            if let Some((found, expected)) = value.and_then(|value| word_fault(value)) {
                return refuse(field, found, expected);
            }
        }
        for (field, value) in [("cpus", self.cpus), ("gpus", self.gpus), ("at_once", self.at_once)] {
            if let Some((found, expected)) = value.and_then(count_fault) {
                return refuse(field, found, expected);
            }
        }
        if self.gpus.is_some() && self.gres.is_some() {
            return refuse("gres", "both gpus and gres".into(), ONE_OF_BOTH);
        }
        if let Some((found, expected)) = self.setup.iter().find_map(|line| word_fault(line)) {
            return refuse("setup", found, expected);
        }
        match self.options.iter().find_map(|option| option_fault(option)) {
            Some((found, expected)) => refuse("options", found, expected),
            None => Ok(()),
        }
    }

    /// The `#SBATCH` lines, without line breaks.
    pub(crate) fn directives(&self) -> Vec<String> {
        let words = self.words().into_iter().filter_map(|(_, option, value)| {
            value.map(|value| format!("#SBATCH --{option}={}", quote::directive(value)))
        });
        let counts = [("cpus-per-task", self.cpus), ("gpus", self.gpus)]
            .into_iter()
            .filter_map(|(option, value)| value.map(|value| format!("#SBATCH --{option}={value}")));
        words.chain(counts).chain(self.options.iter().map(|option| format!("#SBATCH {option}"))).collect()
    }

    /// The fields that are words: their name, the option of `sbatch`, the value.
    fn words(&self) -> [(&'static str, &'static str, Option<&String>); 7] {
        [
            ("partition", "partition", self.partition.as_ref()),
            ("account", "account", self.account.as_ref()),
            ("qos", "qos", self.qos.as_ref()),
            ("time", "time", self.time.as_ref()),
            ("memory", "mem", self.memory.as_ref()),
            ("gres", "gres", self.gres.as_ref()),
            ("constraint", "constraint", self.constraint.as_ref()),
        ]
    }
}

const ONE_OF_BOTH: &str = "one of them";

/// What is wrong with a value, and what is expected.
type Fault = (String, &'static str);

fn word_fault(value: &str) -> Option<Fault> {
    let wrong = value.trim().is_empty() || value.contains(char::is_control);
    wrong.then(|| (format!("{value:?}"), "text of one line, not empty"))
}

fn count_fault(value: u32) -> Option<Fault> {
    (value == 0).then(|| (value.to_string(), "at least 1"))
}

/// Options that the scripts set themselves, or with which `sbatch` would not submit them.
const RESERVED: [&str; 10] =
    ["--array", "-a", "--dependency", "-d", "--parsable", "--test-only", "--wait", "-W", "--wrap", "--chdir"];

fn option_fault(value: &str) -> Option<Fault> {
    let name = value.split(['=', ' ']).next().unwrap_or_default();
    if word_fault(value).is_some() || !value.starts_with('-') {
        Some((format!("{value:?}"), "an option of sbatch in one line, such as \"--exclude=n17\""))
    } else if RESERVED.contains(&name) {
        Some((format!("{value:?}"), "an option that the scripts do not set themselves"))
    } else {
        None
    }
}

fn one<T>(
    text: &Text,
    field: &'static str,
    value: Option<Spanned<T>>,
    fault: impl Fn(&T) -> Option<Fault>,
) -> Result<Option<T>, ClusterError> {
    let Some(value) = value else { return Ok(None) };
    match fault(value.get_ref()) {
        Some((found, expected)) => Err(text.invalid(value.span(), field, found, expected)),
        None => Ok(Some(value.into_inner())),
    }
}

fn many(
    text: &Text,
    field: &'static str,
    values: Vec<Spanned<String>>,
    fault: impl Fn(&str) -> Option<Fault>,
) -> Result<Vec<String>, ClusterError> {
    let checked = values.into_iter().map(|value| match fault(value.get_ref()) {
        Some((found, expected)) => Err(text.invalid(value.span(), field, found, expected)),
        None => Ok(value.into_inner()),
    });
    checked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"
partition = "gpu"
account = "vision"
qos = "normal"
time = "04:00:00"
memory = "16G"
cpus = 4
gpus = 1
constraint = "a100|h100"
at_once = 8
setup = ["module load cuda", "export A=1"]
options = ["--exclude=n17", "--mail-type=FAIL"]
"#;

    #[test]
    fn every_key_becomes_its_option() {
        let resources = Resources::parse("r.toml", ALL).unwrap();
        let expected = [
            "#SBATCH --partition=gpu",
            "#SBATCH --account=vision",
            "#SBATCH --qos=normal",
            "#SBATCH --time=04:00:00",
            "#SBATCH --mem=16G",
            "#SBATCH --constraint=\"a100|h100\"",
            "#SBATCH --cpus-per-task=4",
            "#SBATCH --gpus=1",
            "#SBATCH --exclude=n17",
            "#SBATCH --mail-type=FAIL",
        ];
        assert_eq!(resources.directives(), expected);
        resources.check().unwrap();
        assert_eq!(Resources::parse("r.toml", "").unwrap(), Resources::default());
        assert!(Resources::default().directives().is_empty());
    }

    #[test]
    fn refusals_say_where() {
        let cases = [
            ("\n gpu = 1", "r.toml:2:2: unknown field `gpu`: expected one of"),
            ("time = \"\"", "r.toml:1:8: time: found \"\", expected text of one line, not empty"),
            ("qos = \"a\\nb\"", "r.toml:1:7: qos: found \"a\\nb\", expected text of one line, not empty"),
            ("at_once = 0", "r.toml:1:11: at_once: found 0, expected at least 1"),
            ("cpus = -1", "r.toml:1:8: invalid value: integer `-1`: expected u32"),
            ("gpus = 1\ngres = \"gpu:1\"", "r.toml:2:8: gres: found both gpus and gres, expected one of them"),
            ("setup = [\"a\", \"\"]", "r.toml:1:15: setup: found \"\", expected text of one line, not empty"),
            ("options = [\"n17\"]", "r.toml:1:12: options: found \"n17\", expected an option of sbatch"),
            ("options = [\"--array=0-9\"]", "r.toml:1:12: options: found \"--array=0-9\", expected an option that"),
        ];
        for (content, expected) in cases {
            let error = Resources::parse("r.toml", content).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn what_is_set_replaces_and_the_rest_stays() {
        let file = Resources::parse("r.toml", ALL).unwrap();
        let other = Resources {
            time: Some("1:00:00".into()),
            gres: Some("gpu:2".into()),
            setup: vec!["true".into()],
            ..Resources::default()
        };
        let merged = file.clone().replaced_by(other);
        let expected = Resources {
            time: Some("1:00:00".into()),
            gpus: None,
            gres: Some("gpu:2".into()),
            setup: vec!["true".into()],
            ..file.clone()
        };
        assert_eq!(merged, expected);
        assert_eq!(file.clone().replaced_by(Resources::default()), file);
    }

    #[test]
    fn values_from_elsewhere_are_checked_too() {
        let cases = [
            Resources { partition: Some(" ".into()), ..Resources::default() },
            Resources { cpus: Some(0), ..Resources::default() },
            Resources { gpus: Some(1), gres: Some("gpu:1".into()), ..Resources::default() },
            Resources { setup: vec!["a\nb".into()], ..Resources::default() },
            Resources { options: vec!["--wait".into()], ..Resources::default() },
        ];
        for resources in cases {
            assert!(matches!(resources.check(), Err(ClusterError::Value { .. })), "{resources:?}");
        }
    }
}
