//! What a paper's report is made of.

use herring_experiments::{Catalogue, Paper, collect::Collection, config::Differences, results::Results};

/// What a section of a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// What the folder holds.
    pub collection: &'a Collection,
    /// Its rows.
    pub results: &'a Results,
    /// Where the paper's text and its released code differ.
    pub differences: &'a Differences,
}

/// A section of a report, as HTML; empty where there is nothing to show.
pub type Section = fn(&Page<'_>) -> String;

/// How the results of a paper are shown.
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

/// All papers of a program with their reports.
#[derive(Debug, Clone, Copy)]
pub struct Reports {
    /// The papers themselves.
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
