//! The configuration of an experiment: methods with their settings, variants and scales.

use super::{
    ConfigError, DataSetting, RunTemplate, Scale,
    judgement::Judgement,
    layers::{self, Layer, Table},
    populations::{Populations, RawPopulations},
    text::{Text, check_format, method_named},
};
use herring_protocol::{AucKind, BackendKind, MethodName, ScoreName, SpecError, Variant, differing_fields};
use serde::Deserialize;
use std::{collections::BTreeMap, ops::Range, path::Path};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Base texts that configurations extend.
pub trait Bases {
    /// Path (for errors) and content of the base text with this name.
    fn base(&self, name: &str) -> Option<(&'static str, &'static str)>;
    /// The names of all base texts.
    fn names(&self) -> Vec<&'static str>;
}

/// A checked configuration of an experiment.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Identifies the experiment in run specifications, for instance `iclr2021-crosses`.
    pub experiment: String,
    /// Title of reports.
    pub title: String,
    /// The paper that is reproduced.
    pub paper: String,
    /// The rows, in the order of the table.
    pub methods: Vec<MethodRow>,
    /// The columns of the table.
    pub columns: Vec<ScoreName>,
    /// The name of the paper's image tables, if it uses any.
    pub official_issue: Option<String>,
    /// Whether there is a distribution shift: the confounder's correlation differs between training and test images.
    pub shift: bool,
    /// Share of pixels, those with the largest values, that figures of single maps show in colour; in `(0, 1]`.
    pub explained_share: f64,
    /// Arrows on example images in the report.
    pub arrows: Vec<Arrow>,
    /// Sentences of the report about the experiment, by section.
    pub captions: BTreeMap<String, String>,
    /// Names of the classes, in the order of their labels, where the images do not come with names; empty without.
    pub classes: Vec<String>,
    /// The groups of models that the report compares, if it does.
    pub populations: Option<Populations>,
    scales: BTreeMap<Scale, ScaleSetting>,
    templates: BTreeMap<(Scale, Variant, MethodName), RunTemplate>,
    text: String,
    base: Option<String>,
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodRow {
    /// Its name.
    pub method: MethodName,
    /// Its label in tables and figures.
    pub label: String,
    /// The group of methods that it belongs to, by which tables and figures may be divided.
    pub group: String,
    /// The name of its style (colour, stroke and marker) in figures.
    pub style: String,
    /// Whether it runs only if it is named on the command line.
    pub optional: bool,
}

/// The settings of a scale that are not settings of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleSetting {
    /// Seeds, all different.
    pub seeds: Vec<u32>,
    /// What verdicts may state.
    pub judgement: Judgement,
    /// Methods that run at this scale only if they are named on the command line.
    pub leave_out: Vec<MethodName>,
}

/// An arrow that points at something in an example image.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrow {
    /// The example's name, as the trainer gives it: `train, class 0` and so on.
    pub example: String,
    /// Pixels from the top.
    pub row: f64,
    /// Pixels from the left.
    pub column: f64,
}

/// The keys of the file that are not layers.
#[derive(Deserialize)]
struct Head {
    format: Spanned<u32>,
    experiment: Spanned<String>,
    title: String,
    paper: String,
    #[serde(default)]
    seeds: Option<Spanned<Vec<Spanned<u32>>>>,
    columns: Vec<ScoreName>,
    official_issue: Option<String>,
    #[serde(default = "yes")]
    shift: bool,
    explained_share: Option<Spanned<f64>>,
    #[serde(default)]
    arrows: Vec<Arrow>,
    #[serde(default)]
    captions: BTreeMap<String, String>,
    #[serde(default)]
    classes: Vec<String>,
    populations: Option<RawPopulations>,
    methods: Spanned<Vec<Spanned<MethodHead>>>,
    scales: Scales,
}

fn yes() -> bool {
    true
}

/// The keys of a method that are not settings of its run.
#[derive(Deserialize)]
struct MethodHead {
    name: Spanned<String>,
    label: String,
    group: String,
    #[serde(default = "default_style")]
    style: String,
    #[serde(default)]
    optional: bool,
}

/// The keys of [`MethodHead`], which are not settings of the run.
const METHOD_HEAD: [&str; 5] = ["name", "label", "group", "style", "optional"];
/// The keys of [`Head`] and of the layers.
const HEAD: [&str; 20] = [
    "format",
    "base",
    "experiment",
    "title",
    "paper",
    "seeds",
    "columns",
    "official_issue",
    "shift",
    "explained_share",
    "arrows",
    "captions",
    "classes",
    "populations",
    "methods",
    "scales",
    "variants",
    "run",
    "models",
    "penalties",
];

fn default_style() -> String {
    "baseline".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scales {
    smoke: ScaleHead,
    quick: ScaleHead,
    paper: ScaleHead,
}

#[derive(Deserialize)]
struct ScaleHead {
    judgement: Judgement,
    seeds: Option<Spanned<Vec<Spanned<u32>>>>,
    #[serde(default)]
    leave_out: Vec<Spanned<String>>,
}

/// The keys of a scale.
const SCALE: [&str; 7] = ["judgement", "leave_out", "seeds", "run", "models", "penalties", "methods"];
/// The keys of a variant.
const VARIANT: [&str; 4] = ["run", "models", "penalties", "methods"];

impl Configuration {
    /// Reads a user's configuration file.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`Self::parse`].
    pub fn read(path: &Path, bases: &dyn Bases) -> Result<Self, ConfigError> {
        Self::check(with_base(Text::read(path)?, bases)?)
    }

    /// Parses and checks `content`; errors call it `name`. A file may extend one of `bases`, which it names under
    /// `base`.
    ///
    /// # Errors
    /// With file, line and column: malformed TOML, unknown or missing keys, values out of range, and
    /// contradictory values.
    pub fn parse(name: &str, content: &str, bases: &dyn Bases) -> Result<Self, ConfigError> {
        Self::check(with_base(Text::new(name, content), bases)?)
    }

    /// Parses and checks `content`, which extends the text `base`.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn parse_with_base(content: (&str, &str), base: Option<(&str, &str)>) -> Result<Self, ConfigError> {
        let text = Text::new(content.0, content.1);
        Self::check(match base {
            Some((name, base)) => text.with_base(Text::new(name, base)),
            None => text,
        })
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The base text that it extends, if any.
    pub fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// The settings of a scale that are not settings of its runs.
    pub fn scale(&self, scale: Scale) -> &ScaleSetting {
        // Parsing requires every scale.
        &self.scales[&scale]
    }

    /// The run of a method at a scale in a variant, if the experiment has the method.
    pub fn template(&self, scale: Scale, variant: Variant, method: &MethodName) -> Option<&RunTemplate> {
        self.templates.get(&(scale, variant, method.clone()))
    }

    /// The runs of a scale in a variant, in the order of the table.
    pub fn templates(&self, scale: Scale, variant: Variant) -> impl Iterator<Item = &RunTemplate> {
        self.methods.iter().filter_map(move |row| self.template(scale, variant, &row.method))
    }

    /// Which AUC the experiment uses.
    pub fn auc(&self) -> AucKind {
        self.templates(Scale::Paper, Variant::Released).next().map_or(AucKind::Authors, |run| run.evaluation.auc)
    }

    /// The row of a method, if the experiment has it.
    pub fn row(&self, method: &MethodName) -> Option<&MethodRow> {
        self.methods.iter().find(|row| row.method == *method)
    }

    /// The methods that run at a scale by default.
    pub fn default_methods(&self, scale: Scale) -> Vec<MethodName> {
        let left_out = &self.scale(scale).leave_out;
        let wanted = self.methods.iter().filter(|row| !row.optional && !left_out.contains(&row.method));
        wanted.map(|row| row.method.clone()).collect()
    }

    /// The sentence of a section of the report; empty if there is none.
    pub fn caption(&self, section: &str) -> &str {
        self.captions.get(section).map_or("", String::as_str)
    }

    /// The first field in which `other` is incompatible with runs of this configuration: `(field, value here, value in
    /// other)`. `other` may have additional rows; the runs of `planned` must be the same in both.
    pub(crate) fn clash(
        &self,
        other: &Self,
        (scale, variant): (Scale, Variant),
        planned: &[MethodName],
    ) -> Option<(String, String, String)> {
        let judgement = |of: &Self| format!("{:?}", of.scale(scale).judgement).to_lowercase();
        let mut pairs = vec![
            ("title".to_owned(), self.title.clone(), other.title.clone()),
            ("paper".to_owned(), self.paper.clone(), other.paper.clone()),
            (format!("judgement of scale {scale}"), judgement(self), judgement(other)),
        ];
        for row in &self.methods {
            let same = other.row(&row.method);
            let theirs = |of: fn(&MethodRow) -> &String| same.map_or("none".to_owned(), |row| of(row).clone());
            pairs.push((format!("label of {}", row.method), row.label.clone(), theirs(|row| &row.label)));
            pairs.push((format!("group of {}", row.method), row.group.clone(), theirs(|row| &row.group)));
        }
        for row in self.methods.iter().filter(|row| planned.contains(&row.method)) {
            let run = |of: &Self| {
                let template = of.template(scale, variant, &row.method)?;
                Some(template.draft(&row.method, variant, BackendKind::Cpu))
            };
            if let (Some(here), Some(there)) = (run(self), run(other)) {
                let fields = differing_fields(&here, &there).into_iter();
                pairs.extend(fields.map(|(field, here, there)| (format!("{field} of {}", row.method), here, there)));
            }
        }
        pairs.into_iter().find(|(_, here, there)| here != there)
    }

    fn check(text: Text) -> Result<Self, ConfigError> {
        let shifted = text.shifted();
        let parse = |content| DeTable::parse(content).map(Spanned::into_inner).map_err(|error| text.malformed(&error));
        let own = parse(&shifted)?;
        let base = text.base().map(|base| parse(base.content())).transpose()?;
        let whole = base.as_ref().map_or_else(|| own.clone(), |base| layers::merged(base, &own));
        if let Some(format) = own.get("format") {
            // Checked first, so that a file of another format gets this error.
            let found = Spanned::new(format.span(), integer(format).unwrap_or(0));
            check_format(&text, &found)?;
        }
        known_keys(&text, &whole, &HEAD, "")?;
        let head: Head = deserialise(&text, &whole)?;
        check_format(&text, &head.format)?;
        let experiment = head.experiment.get_ref();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if experiment.is_empty() || !experiment.chars().all(plain) {
            let expected = "letters, digits and hyphens";
            return Err(text.invalid(head.experiment.span(), "experiment", format!("'{experiment}'"), expected));
        }
        let explained_share = match &head.explained_share {
            None => 1.0,
            Some(share) if *share.get_ref() > 0.0 && *share.get_ref() <= 1.0 => *share.get_ref(),
            Some(share) => {
                let expected = "a share of the pixels above 0, at most 1";
                return Err(text.invalid(share.span(), "explained_share", share.get_ref(), expected));
            }
        };
        let methods = rows(&text, &head)?;
        let populations = head
            .populations
            .as_ref()
            .map(|raw| Populations::check(&text, raw, |method| methods.iter().any(|row| row.method == *method)))
            .transpose()?;
        let mut found = Self {
            experiment: experiment.clone(),
            title: head.title,
            paper: head.paper,
            methods,
            columns: head.columns,
            official_issue: head.official_issue,
            shift: head.shift,
            explained_share,
            arrows: head.arrows,
            captions: head.captions,
            classes: head.classes,
            populations,
            scales: BTreeMap::new(),
            templates: BTreeMap::new(),
            text: text.content().to_owned(),
            base: text.base().map(|base| base.content().to_owned()),
        };
        for (scale, says) in
            [(Scale::Smoke, &head.scales.smoke), (Scale::Quick, &head.scales.quick), (Scale::Paper, &head.scales.paper)]
        {
            let Some(listed) = says.seeds.as_ref().or(head.seeds.as_ref()) else {
                let place = layers::at(&whole, &format!("scales.{scale}")).map_or(0..0, Spanned::span);
                return Err(text.invalid(place, "seeds", "nothing", "a list here or for all scales"));
            };
            let mut leave_out = Vec::with_capacity(says.leave_out.len());
            for name in &says.leave_out {
                let method = method_named(&text, name)?;
                if found.row(&method).is_none() {
                    let expected = "a method of this file";
                    return Err(text.invalid(name.span(), "leave_out", format!("'{method}'"), expected));
                }
                leave_out.push(method);
            }
            let setting = ScaleSetting { seeds: seeds(&text, listed)?, judgement: says.judgement, leave_out };
            found.scales.insert(scale, setting);
        }
        found.templates = templates(&text, &whole, &found.methods)?;
        Ok(found)
    }
}

fn with_base(text: Text, bases: &dyn Bases) -> Result<Text, ConfigError> {
    #[derive(Deserialize)]
    struct Named {
        base: Option<Spanned<String>>,
    }
    let named: Named = text.parse()?;
    let Some(name) = named.base else { return Ok(text) };
    match bases.base(name.get_ref()) {
        Some((path, content)) => Ok(text.with_base(Text::new(path, content))),
        None => {
            let expected = format!("one of {}", bases.names().join(", "));
            Err(text.invalid(name.span(), "base", format!("'{}'", name.get_ref()), expected))
        }
    }
}

fn integer(value: &Spanned<DeValue<'_>>) -> Option<u32> {
    value.get_ref().as_integer()?.as_str().parse().ok()
}

fn deserialise<T: for<'de> Deserialize<'de>>(text: &Text, table: &Table<'_>) -> Result<T, ConfigError> {
    let whole = Spanned::new(0..0, table.clone());
    T::deserialize(toml::de::Deserializer::from(whole)).map_err(|error| text.malformed(&error))
}

/// An error for a key that is not in `known`.
fn known_keys(text: &Text, table: &Table<'_>, known: &[&str], path: &str) -> Result<(), ConfigError> {
    match table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        Some(key) => {
            let expected = format!("one of {}", known.join(", "));
            Err(text.invalid(key.span(), &format!("{path}key"), format!("'{}'", key.get_ref()), expected))
        }
        None => Ok(()),
    }
}

fn rows(text: &Text, head: &Head) -> Result<Vec<MethodRow>, ConfigError> {
    let mut methods: Vec<MethodRow> = Vec::new();
    for row in head.methods.get_ref() {
        let row = row.get_ref();
        let method = method_named(text, &row.name)?;
        if methods.iter().any(|other| other.method == method) {
            let found = format!("'{method}' twice");
            return Err(text.invalid(row.name.span(), "methods", found, "each method once"));
        }
        methods.push(MethodRow {
            method,
            label: row.label.clone(),
            group: row.group.clone(),
            style: row.style.clone(),
            optional: row.optional,
        });
    }
    if methods.iter().all(|row| row.optional) {
        let expected = "at least one that is not optional";
        return Err(text.invalid(head.methods.span(), "methods", "none to run", expected));
    }
    Ok(methods)
}

/// The run of every method at every scale in every variant.
fn templates(
    text: &Text,
    whole: &Table<'_>,
    methods: &[MethodRow],
) -> Result<BTreeMap<(Scale, Variant, MethodName), RunTemplate>, ConfigError> {
    let (names, own) = own_tables(whole);
    let file = Layer::of(whole).with_methods(own);
    let mut found = BTreeMap::new();
    let below = |key: &str, name: &str| layers::table(&layers::table(whole, key), name);
    known_keys(text, &layers::table(whole, "variants"), &["paper", "released"], "variants: ")?;
    for &variant in Variant::ALL {
        let says = below("variants", variant.name());
        known_keys(text, &says, &VARIANT, &format!("variants.{variant}: "))?;
        for scale in Scale::ALL {
            let scaled = below("scales", scale.name());
            known_keys(text, &scaled, &SCALE, &format!("scales.{scale}: "))?;
            for table in [&says, &scaled] {
                known_methods(text, table, methods)?;
            }
            let layer = file.overridden_by(&Layer::of(&says)).overridden_by(&Layer::of(&scaled));
            for row in methods {
                let place = names.get(row.method.as_str()).cloned().unwrap_or(0..0);
                let run = layer.run_of(row.method.as_str()).map_err(|(span, name)| {
                    let expected = format!("one of {}", layer.model_names().join(", "));
                    text.invalid(span, "model", format!("'{name}'"), expected)
                })?;
                let template: RunTemplate = deserialise(text, &layers::listed_penalties(&run))
                    .map_err(|error| with_place(text, error, &place, &row.method))?;
                check_template(text, &run, &template, (row, scale, variant), &place)?;
                found.insert((scale, variant, row.method.clone()), template);
            }
        }
    }
    Ok(found)
}

/// The places of the methods' names, and each method's run settings by its name.
fn own_tables<'i>(whole: &Table<'i>) -> (BTreeMap<String, Range<usize>>, Table<'i>) {
    let (mut names, mut own) = (BTreeMap::new(), Table::new());
    let Some(DeValue::Array(methods)) = whole.get("methods").map(Spanned::get_ref) else {
        return (names, own);
    };
    for method in methods.iter() {
        let DeValue::Table(table) = method.get_ref() else { continue };
        let Some(name) = table.get("name") else { continue };
        let mut run = table.clone();
        for key in METHOD_HEAD {
            run.remove(key);
        }
        let text = name.get_ref().as_str().unwrap_or_default().to_owned();
        names.insert(text.clone(), name.span());
        own.insert(Spanned::new(name.span(), text.into()), Spanned::new(method.span(), DeValue::Table(run)));
    }
    (names, own)
}

fn known_methods(text: &Text, layer: &Table<'_>, methods: &[MethodRow]) -> Result<(), ConfigError> {
    let names: Vec<&str> = methods.iter().map(|row| row.method.as_str()).collect();
    known_keys(text, &layers::table(layer, "methods"), &names, "methods: ")
}

/// If the parser's error has no place, as for a key that is missing in every layer, uses the place of the method's
/// name.
fn with_place(text: &Text, error: ConfigError, place: &Range<usize>, method: &MethodName) -> ConfigError {
    match error {
        ConfigError::Malformed { line: 1, column: 1, message, .. } => {
            text.invalid(place.clone(), method.as_str(), message, "a complete run")
        }
        other => other,
    }
}

/// Checks ranges and combinations of settings; errors name the place of the setting.
fn check_template(
    text: &Text,
    run: &Table<'_>,
    template: &RunTemplate,
    (row, scale, variant): (&MethodRow, Scale, Variant),
    place: &Range<usize>,
) -> Result<(), ConfigError> {
    let at = |field: &str| layers::at(run, field).map_or_else(|| place.clone(), Spanned::span);
    let wrong = |SpecError { field, found, expected }: SpecError| {
        text.invalid(at(&field), &format!("{field} of {} at scale {scale}", row.method), found, expected)
    };
    if let DataSetting::Images(images) = &template.data {
        let own = images.table == herring_protocol::TableName::Own;
        let values = images.maximum.values();
        if !values.is_empty() && (!own || !values.iter().all(|value| (1..=65_535).contains(value))) {
            let expected = "1 to 65535, for all or for each environment, in an experiment on images of your own";
            return Err(text.invalid(at("data.maximum"), "data.maximum", format!("{values:?}"), expected));
        }
        if let Some(threshold) = images.mask_threshold.filter(|share| !(own && *share > 0.0 && *share <= 1.0)) {
            let expected = "a share above 0 and at most 1, in an experiment on images of your own";
            return Err(text.invalid(at("data.mask_threshold"), "data.mask_threshold", threshold, expected));
        }
    }
    let spec = template.draft(&row.method, variant, BackendKind::Cpu);
    spec.check().map_err(wrong)?;
    for draw in &template.draws {
        if let Some(expected) = draw.wrong() {
            let found = format!("from {} to {}", draw.from, draw.to);
            return Err(text.invalid(at("draws"), &format!("draws of {}", row.method), found, expected));
        }
        for value in [draw.from, draw.to] {
            let drawn = spec.with_value(&draw.field, value).map_err(|error| {
                text.invalid(at("draws"), "draws.field", error.to_string(), "a number of the run, by its dotted name")
            })?;
            drawn.check().map_err(wrong)?;
        }
    }
    for choice in &template.choose {
        if choice.values.is_empty() {
            let expected = "at least one value";
            return Err(text.invalid(at("choose"), "choose.values", "none", expected));
        }
        for value in &choice.values {
            let tried = spec.with_value(&choice.field, *value).map_err(|error| {
                text.invalid(at("choose"), "choose.field", error.to_string(), "a number of the run, by its dotted name")
            })?;
            tried.check().map_err(wrong)?;
        }
    }
    Ok(())
}

fn seeds(text: &Text, seeds: &Spanned<Vec<Spanned<u32>>>) -> Result<Vec<u32>, ConfigError> {
    let mut seen = Vec::new();
    for seed in seeds.get_ref() {
        if seen.contains(seed.get_ref()) {
            let found = format!("{} twice", seed.get_ref());
            return Err(text.invalid(seed.span(), "seeds", found, "seeds that are all different"));
        }
        seen.push(*seed.get_ref());
    }
    if seen.is_empty() {
        return Err(text.invalid(seeds.span(), "seeds", "none", "at least one seed"));
    }
    Ok(seen)
}
