//! What an audit found, in words ([`crate::reliance`]).

use super::{escape, section};
use crate::{Page, reliance::findings};

/// The section; empty before a run of the plain classifier has finished.
pub fn render(page: &Page<'_>) -> String {
    let paragraphs = findings(page.collection, page.results);
    if paragraphs.is_empty() {
        return String::new();
    }
    let body: String = paragraphs.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
    section("found", "What was found", &body)
}
