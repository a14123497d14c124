//! The definition of a paper's report.

use herring_experiments::{Catalogue, Paper, collect::Collection, config::Differences, results::Results};

/// The input of a report's sections.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The folder's content.
    pub collection: &'a Collection,
    /// Its rows.
    pub results: &'a Results,
    /// Differences between the paper's text and its released code.
    pub differences: &'a Differences,
    /// What an audit of the user's own images found, a paragraph each; empty for a paper's experiments.
    pub findings: &'a [String],
}

/// A section of a report, as HTML; empty if there is nothing to show.
pub type Section = fn(&Page<'_>) -> String;

/// The report of a paper.
#[derive(Debug, Clone, Copy)]
pub struct PaperReport {
    /// Which paper.
    pub paper: &'static Paper,
    /// The sections of its report, in their order.
    pub sections: &'static [Section],
    /// The scores that the overview of several experiments shows side by side; its chart shows the first against the
    /// last.
    pub overview: &'static [&'static str],
    /// The figure of the paper that this chart corresponds to, for instance `Figure 8`. With it the chart shows only
    /// the experiments with a shift.
    pub overview_figure: Option<&'static str>,
    /// What the paper finds about the two scores, in a sentence; empty where it says nothing.
    pub overview_finding: &'static str,
}

/// The reports of all papers.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// The papers.
    pub catalogue: &'static Catalogue,
    /// Their reports.
    pub papers: &'static [&'static PaperReport],
}

impl Reports {
    /// The report of the paper of that name.
    pub fn of(&self, paper: &str) -> Option<&'static PaperReport> {
        self.papers.iter().copied().find(|report| report.paper.name == paper)
    }
}
