//! Papers as data: their experiments with configurations.
//!
//! A paper is one value of [`Paper`]. Its files lie under `experiments/<paper>/` and are compiled into the program. This
//! crate names no paper: the caller passes a [`Catalogue`].

use crate::config::{Bases, ConfigError, Configuration, Differences, Targets};
use crate::search::SearchSpace;

/// A text compiled into the program, with its name in errors.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// For instance `experiments/iclr2021/crosses.toml`.
    pub name: &'static str,
    /// What it holds.
    pub text: &'static str,
}

/// Compiles in the text of a file, or of several, concatenated; paths are relative to the folder `experiments` beside the
/// `Cargo.toml` of the crate that calls it.
#[macro_export]
macro_rules! source {
    ($first:literal, $($more:literal),+) => {
        $crate::Source {
            name: concat!("experiments/", $first $(, " and ", $more)+),
            text: concat!(
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/", $first))
                $(, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/", $more)))+
            ),
        }
    };
    ($path:literal) => {
        $crate::Source {
            name: concat!("experiments/", $path),
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/", $path)),
        }
    };
}

/// One experiment of a paper.
#[derive(Debug, Clone, Copy)]
pub struct Experiment {
    /// Its name on the command line, for instance `crosses`.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What the user must provide, as help text; `nothing` if images are generated.
    pub needs: &'static str,
    /// Approximate duration of the scales smoke, quick and paper, as help text.
    pub duration: [&'static str; 3],
    /// Its configuration.
    pub configuration: Source,
    /// The paper's numbers and findings.
    pub targets: Source,
    /// Its search space, if the paper searched hyper-parameters.
    pub search: Option<Source>,
    /// Whether the paper published numbers for this experiment; false for the user's own images.
    pub published: bool,
}

/// Several experiments under one name.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its name on the command line, for instance `xray`.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// The names of its experiments.
    pub experiments: &'static [&'static str],
}

/// A paper that can be reproduced.
#[derive(Debug, Clone, Copy)]
pub struct Paper {
    /// Its name on the command line and in folders, for instance `iclr2021`.
    pub name: &'static str,
    /// The command that runs its experiments, for instance `repro-iclr2021`.
    pub command: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Its help text.
    pub help: &'static str,
    /// Its experiments, in the order of the paper; the first is the default.
    pub experiments: &'static [Experiment],
    /// Names for several of them.
    pub groups: &'static [Group],
    /// Base texts of configurations, by the name used under `base`.
    pub bases: &'static [(&'static str, Source)],
    /// Differences between the paper's text and its released code.
    pub differences: Source,
    /// The tables and figures in its report, as help text.
    pub contents: &'static [&'static str],
}

impl Paper {
    /// Whether it published numbers; false for the audit of the user's own images.
    pub fn is_published(&self) -> bool {
        self.experiments.iter().any(|experiment| experiment.published)
    }

    /// The experiment of that name.
    pub fn experiment(&self, name: &str) -> Option<&'static Experiment> {
        self.experiments.iter().find(|experiment| experiment.name == name)
    }

    /// The name of an experiment in run specifications, for instance `iclr2021-crosses`.
    pub fn identifier(&self, experiment: &Experiment) -> String {
        format!("{}-{}", self.name, experiment.name)
    }

    /// Names of experiments and groups, with help, in the order in which they are listed.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let experiments = self.experiments.iter().map(|experiment| (experiment.name, experiment.help));
        experiments.chain(self.groups.iter().map(|group| (group.name, group.help)))
    }

    /// The experiments with this name or in the group of this name, in the order of the paper; empty for an unknown name.
    pub fn selection(&self, name: &str) -> Vec<&'static Experiment> {
        let group = self.groups.iter().find(|group| group.name == name);
        let names = group.map_or(std::slice::from_ref(&name), |group| group.experiments);
        self.experiments.iter().filter(|experiment| names.contains(&experiment.name)).collect()
    }

    /// All differences between text and code.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Differences::parse`].
    pub fn all_differences(&self) -> Result<Differences, ConfigError> {
        Differences::parse(self.differences.name, self.differences.text)
    }

    /// The differences between text and code that apply to an experiment.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Differences::parse`].
    pub fn differences_of(&self, experiment: &str) -> Result<Differences, ConfigError> {
        let mut all = self.all_differences()?;
        all.differences.retain(|difference| difference.applies_in(experiment));
        Ok(all)
    }
}

impl Bases for Catalogue {
    fn base(&self, name: &str) -> Option<(&'static str, &'static str)> {
        let all = self.papers.iter().flat_map(|paper| paper.bases);
        { all }.find(|(other, _)| *other == name).map(|(_, source)| (source.name, source.text))
    }

    fn names(&self) -> Vec<&'static str> {
        self.papers.iter().flat_map(|paper| paper.bases).map(|(name, _)| *name).collect()
    }
}

/// All papers of a program.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue {
    /// In the order in which they are listed.
    pub papers: &'static [&'static Paper],
}

impl Catalogue {
    /// The paper of that name.
    pub fn paper(&self, name: &str) -> Option<&'static Paper> {
        self.papers.iter().copied().find(|paper| paper.name == name)
    }

    /// The paper and experiment that a run's specification names.
    pub fn find(&self, identifier: &str) -> Option<(&'static Paper, &'static Experiment)> {
        let all =
            self.papers.iter().flat_map(|paper| paper.experiments.iter().map(move |experiment| (*paper, experiment)));
        { all }.find(|(paper, experiment)| paper.identifier(experiment) == identifier)
    }

    /// An experiment's configuration, as it comes with the program.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Configuration::parse`].
    pub fn configuration(&self, experiment: &Experiment) -> Result<Configuration, ConfigError> {
        Configuration::parse(experiment.configuration.name, experiment.configuration.text, self)
    }

    /// An experiment's targets, as they come with the program.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Targets::parse`].
    pub fn targets(&self, experiment: &Experiment) -> Result<Targets, ConfigError> {
        Targets::parse(experiment.targets.name, experiment.targets.text)
    }

    /// The search space of an experiment; `None` if the paper searched nothing.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`SearchSpace::parse`].
    pub fn search_space(&self, experiment: &Experiment) -> Result<Option<SearchSpace>, ConfigError> {
        experiment.search.map(|source| SearchSpace::parse(source.name, source.text)).transpose()
    }
}
