//! Differences between a paper's text and its released code, and what this program does.

use super::{
    ConfigError,
    text::{Text, check_format, method_named},
};
use herring_protocol::{MethodName, Variant};
use serde::Deserialize;
use toml::Spanned;

/// One difference between text and code.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Its topic.
    pub topic: String,
    /// The experiments it applies to; empty for all.
    pub experiments: Vec<String>,
    /// The methods it applies to; empty for all.
    pub methods: Vec<MethodName>,
    /// What the paper says.
    pub paper: String,
    /// What the released code does.
    pub released: String,
    /// What the variant `paper` does where the paper's text is ambiguous.
    pub reading: Option<String>,
    /// What this program does in both variants, if it follows neither.
    pub ours: Option<String>,
}

impl Difference {
    /// What runs of `variant` do.
    pub fn behaviour(&self, variant: Variant) -> &str {
        match (&self.ours, variant) {
            (Some(ours), _) => ours,
            (None, Variant::Paper) => self.reading.as_ref().unwrap_or(&self.paper),
            (None, Variant::Released) => &self.released,
        }
    }

    /// Whether it applies to the experiment of this name.
    pub fn applies_in(&self, experiment: &str) -> bool {
        self.experiments.is_empty() || self.experiments.iter().any(|name| name == experiment)
    }

    /// Whether it applies to one of `methods`.
    pub fn applies_to(&self, methods: &[MethodName]) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|method| methods.contains(method))
    }
}

/// Differences between a paper's text and its released code.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    /// In the order of the file.
    pub differences: Vec<Difference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDifferences {
    format: Spanned<u32>,
    differences: Vec<RawDifference>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDifference {
    topic: String,
    #[serde(default)]
    experiments: Vec<String>,
    #[serde(default)]
    methods: Vec<Spanned<String>>,
    paper: String,
    released: String,
    reading: Option<String>,
    ours: Option<String>,
}

impl Differences {
    /// Parses and checks `content`; errors call the text `name`.
    ///
    /// # Errors
    /// With file, line and column, what is malformed.
    pub fn parse(name: &str, content: &str) -> Result<Self, ConfigError> {
        let text = Text::new(name, content);
        let raw: RawDifferences = text.parse()?;
        check_format(&text, &raw.format)?;
        let mut differences = Vec::new();
        for difference in raw.differences {
            let methods = difference.methods.iter().map(|method| method_named(&text, method));
            differences.push(Difference {
                topic: difference.topic,
                experiments: difference.experiments,
                methods: methods.collect::<Result<_, _>>()?,
                paper: difference.paper,
                released: difference.released,
                reading: difference.reading,
                ours: difference.ours,
            });
        }
        Ok(Self { differences })
    }
}
