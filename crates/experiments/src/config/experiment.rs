//! An experiment: its rows with their tuned hyper-parameters, and its scales.

use super::{
    ConfigError, ImagesTable, Known, Scale, Setting,
    images::RawImages,
    scale::{Kind, RawSetting},
    text::{Text, check_format},
};
use herring_protocol::{AucKind, Method};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// An experiment without contradictions.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Identifies the experiment in run specifications, for instance `iclr2021-crosses`.
    pub experiment: String,
    /// For people.
    pub title: String,
    /// The paper that is reproduced.
    pub paper: String,
    /// The rows, in the order of the table.
    pub methods: Vec<MethodRow>,
    /// Which score is its AUC. A configuration that does not say has the authors' where a paper's numbers
    /// stand beside, and the ROC AUC on images of one's own.
    pub auc: AucKind,
    /// What is said of the images, if they are files.
    pub images: Option<ImagesTable>,
    /// Where example images get an arrow in the report.
    pub arrows: Vec<Arrow>,
    /// What the report says of the experiment.
    pub captions: Captions,
    smoke: Setting,
    quick: Setting,
    full: Setting,
    text: String,
}

/// One row of the table with its tuned hyper-parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodRow {
    /// Which method.
    pub method: Method,
    /// Its name for people.
    pub label: String,
    /// The paper's family of methods: `baseline`, `mask`, `domain invariance` or `saliency`.
    pub group: String,
    /// Learning rate of Adam on the encoder.
    pub learning_rate: f64,
    /// Enlarges the training masks, in pixels; 0 where images are files.
    pub dilation_sigma: f64,
    /// Weight of the penalty; 0 for a method without one.
    pub penalty_weight: f64,
    /// Present exactly for the adversarial method.
    pub discriminator: Option<Discriminator>,
    /// Whether it runs only when asked for by name.
    pub optional: bool,
}

/// Hyper-parameters of the adversarial method's discriminator.
#[derive(Debug, Clone, PartialEq)]
pub struct Discriminator {
    /// Learning rate of its own Adam.
    pub learning_rate: f64,
    /// The encoder is updated once every so many loss evaluations.
    pub every: usize,
}

/// Points at something in an example image.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// The example's name, as the trainer gives it.
    pub example: String,
    /// Pixels from the top.
    pub row: f64,
    /// Pixels from the left.
    pub column: f64,
}

/// Sentences of the report about the experiment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Captions {
    /// Below the example images.
    pub examples: String,
    /// Above the curves of the validation.
    pub curves: String,
    /// Above the mean saliency maps.
    pub saliency: String,
    /// Above generalisation against localisation.
    pub scatter: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfiguration {
    format: Spanned<u32>,
    experiment: Spanned<String>,
    title: String,
    paper: String,
    auc: Option<Spanned<String>>,
    images: Option<Spanned<RawImages>>,
    setting: Spanned<RawSetting>,
    methods: Spanned<Vec<Spanned<RawMethod>>>,
    scales: RawScales,
    #[serde(default)]
    arrows: Vec<RawArrow>,
    #[serde(default)]
    captions: Captions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArrow {
    example: Spanned<String>,
    row: Spanned<f64>,
    column: Spanned<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScales {
    smoke: Spanned<RawSetting>,
    quick: Spanned<RawSetting>,
    paper: Spanned<RawSetting>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMethod {
    name: Spanned<String>,
    label: String,
    group: String,
    learning_rate: Spanned<f64>,
    dilation_sigma: Option<Spanned<f64>>,
    penalty_weight: Option<Spanned<f64>>,
    discriminator: Option<Spanned<RawDiscriminator>>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDiscriminator {
    learning_rate: Spanned<f64>,
    every: Spanned<usize>,
}

impl Configuration {
    /// An experiment as it comes with the program.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Self::parse`].
    pub fn embedded(known: Known) -> Result<Self, ConfigError> {
        let (name, content) = known.texts().configuration;
        Self::parse(name, content)
    }

    /// Reads a configuration of one's own.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`Self::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::check(&Text::read(path)?)
    }

    /// Parses and checks `content`; `name` stands for it in errors.
    ///
    /// # Errors
    /// With file, line and column: malformed TOML, unknown or missing keys, values out of range, and
    /// values that contradict each other.
    pub fn parse(name: &str, content: &str) -> Result<Self, ConfigError> {
        Self::check(&Text::new(name, content))
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What all rows share at a scale.
    pub fn setting(&self, scale: Scale) -> &Setting {
        match scale {
            Scale::Smoke => &self.smoke,
            Scale::Quick => &self.quick,
            Scale::Paper => &self.full,
        }
    }

    /// The row of a method, if the experiment has it.
    pub fn row(&self, method: Method) -> Option<&MethodRow> {
        self.methods.iter().find(|row| row.method == method)
    }

    /// The methods that run when none is asked for.
    pub fn default_methods(&self) -> Vec<Method> {
        let wanted = self.methods.iter().filter(|row| !row.optional);
        wanted.map(|row| row.method).collect()
    }

    /// The first thing in which `other` would show runs of this configuration as something else:
    /// `(what, here, in the other)`. Rows may be added, and what decides a result is not looked at.
    pub(crate) fn clash(&self, other: &Self, scale: Scale) -> Option<(String, String, String)> {
        let judgement = |of: &Self| format!("{:?}", of.setting(scale).judgement).to_lowercase();
        let mut pairs = vec![
            ("title".to_owned(), self.title.clone(), other.title.clone()),
            ("paper".to_owned(), self.paper.clone(), other.paper.clone()),
            (format!("judgement of scale {scale}"), judgement(self), judgement(other)),
        ];
        for row in &self.methods {
            let same = other.row(row.method);
            let theirs = |of: fn(&MethodRow) -> &String| same.map_or("none".to_owned(), |row| of(row).clone());
            pairs.push((format!("label of {}", row.method), row.label.clone(), theirs(|row| &row.label)));
            pairs.push((format!("group of {}", row.method), row.group.clone(), theirs(|row| &row.group)));
        }
        pairs.into_iter().find(|(_, here, there)| here != there)
    }

    fn check(text: &Text) -> Result<Self, ConfigError> {
        let raw: RawConfiguration = text.parse()?;
        check_format(text, &raw.format)?;
        let experiment = raw.experiment.get_ref();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if experiment.is_empty() || !experiment.chars().all(plain) {
            let expected = "letters, digits and hyphens";
            return Err(text.invalid(raw.experiment.span(), "experiment", format!("'{experiment}'"), expected));
        }
        let kind = if raw.images.is_some() { Kind::Images } else { Kind::Crosses };
        let mut methods: Vec<MethodRow> = Vec::new();
        for row in raw.methods.get_ref() {
            let row = MethodRow::check(text, kind, row)?;
            if methods.iter().any(|other| other.method == row.method) {
                let place = raw.methods.get_ref()[methods.len()].get_ref().name.span();
                return Err(text.invalid(place, "methods", format!("'{}' twice", row.method), "each method once"));
            }
            methods.push(row);
        }
        if methods.iter().all(|row| row.optional) {
            let expected = "at least one that is not optional";
            return Err(text.invalid(raw.methods.span(), "methods", "none to run", expected));
        }
        let images = raw.images.as_ref().map(|images| ImagesTable::check(text, images.get_ref())).transpose()?;
        let auc = match &raw.auc {
            Some(name) => name.get_ref().parse().map_err(|error: herring_protocol::UnknownName| {
                text.invalid(name.span(), "auc", format!("'{}'", error.found), format!("one of {}", error.expected))
            })?,
            None => images.as_ref().map_or(AucKind::Authors, |images| images.table.auc()),
        };
        Ok(Self {
            experiment: experiment.clone(),
            title: raw.title,
            paper: raw.paper,
            methods,
            auc,
            images,
            arrows: raw.arrows.iter().map(|arrow| Arrow::check(text, arrow)).collect::<Result<_, _>>()?,
            captions: raw.captions,
            smoke: Setting::resolve(text, kind, &raw.setting, &raw.scales.smoke)?,
            quick: Setting::resolve(text, kind, &raw.setting, &raw.scales.quick)?,
            full: Setting::resolve(text, kind, &raw.setting, &raw.scales.paper)?,
            text: text.content().to_owned(),
        })
    }
}

/// The example images that a trainer hands back.
const EXAMPLES: [&str; 4] = ["train, class 0", "train, class 1", "valid, class 0", "valid, class 1"];

impl Arrow {
    fn check(text: &Text, raw: &RawArrow) -> Result<Self, ConfigError> {
        let example = raw.example.get_ref();
        if !EXAMPLES.contains(&example.as_str()) {
            let expected = format!("one of '{}'", EXAMPLES.join("', '"));
            return Err(text.invalid(raw.example.span(), "example", format!("'{example}'"), expected));
        }
        let place = |field: &str, value: &Spanned<f64>| {
            text.check(field, value, "a number of pixels from 0 to 28", |pixels| (0.0..=28.0).contains(&pixels))
        };
        Ok(Self { example: example.clone(), row: place("row", &raw.row)?, column: place("column", &raw.column)? })
    }
}

impl MethodRow {
    fn check(text: &Text, kind: Kind, raw: &Spanned<RawMethod>) -> Result<Self, ConfigError> {
        let row = raw.get_ref();
        let method = method_named(text, &row.name)?;
        let rate = |field: &str, value: &Spanned<f64>| {
            text.check(field, value, "a learning rate above 0, at most 1", |rate| rate > 0.0 && rate <= 1.0)
        };
        let penalised = matches!(method, Method::ActDiff | Method::Adversarial | Method::GradMask | Method::Rrr);
        let penalty_weight = match (&row.penalty_weight, penalised) {
            (Some(weight), true) => text.check("penalty_weight", weight, "a finite number from 0 up", |weight| {
                weight >= 0.0 && weight.is_finite()
            })?,
            (None, false) => 0.0,
            (Some(weight), false) => {
                let expected = format!("none: '{method}' has no penalty");
                return Err(text.invalid(weight.span(), "penalty_weight", weight.get_ref(), expected));
            }
            (None, true) => {
                let expected = format!("the weight of the penalty of '{method}'");
                return Err(text.invalid(row.name.span(), "penalty_weight", "nothing", expected));
            }
        };
        let discriminator = match (&row.discriminator, method == Method::Adversarial) {
            (Some(given), true) => Some(Discriminator {
                learning_rate: rate("discriminator.learning_rate", &given.get_ref().learning_rate)?,
                every: text.check(
                    "discriminator.every",
                    &given.get_ref().every,
                    "a number of loss evaluations from 1 to 1000",
                    |every| (1..=1000).contains(&every),
                )?,
            }),
            (None, false) => None,
            (Some(given), false) => {
                let expected = format!("none: '{method}' has no discriminator");
                return Err(text.invalid(given.span(), "discriminator", "one", expected));
            }
            (None, true) => {
                let expected = "one: 'adversarial' needs it";
                return Err(text.invalid(row.name.span(), "discriminator", "nothing", expected));
            }
        };
        Ok(Self {
            method,
            label: row.label.clone(),
            group: row.group.clone(),
            learning_rate: rate("learning_rate", &row.learning_rate)?,
            dilation_sigma: match (&row.dilation_sigma, kind) {
                (Some(sigma), Kind::Crosses) => {
                    text.check("dilation_sigma", sigma, "a number of pixels from 0 to 28", |sigma| {
                        (0.0..=28.0).contains(&sigma)
                    })?
                }
                (None, Kind::Images) => 0.0,
                (Some(sigma), Kind::Images) => {
                    let expected = "none: masks of files are not dilated";
                    return Err(text.invalid(sigma.span(), "dilation_sigma", sigma.get_ref(), expected));
                }
                (None, Kind::Crosses) => {
                    let expected = "a number of pixels from 0 to 28";
                    return Err(text.invalid(row.name.span(), "dilation_sigma", "nothing", expected));
                }
            },
            penalty_weight,
            discriminator,
            optional: row.optional,
        })
    }
}

/// The method that a text names.
pub(crate) fn method_named(text: &Text, name: &Spanned<String>) -> Result<Method, ConfigError> {
    name.get_ref().parse().map_err(|error: herring_protocol::UnknownName| {
        text.invalid(name.span(), "method", format!("'{}'", error.found), format!("one of {}", error.expected))
    })
}
