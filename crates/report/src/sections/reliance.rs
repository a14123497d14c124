//! What an audit found, in words ([`Page::findings`]).

use super::{escape, section};
use crate::Page;

/// The section; empty before a run of the plain classifier has finished.
pub fn render(page: &Page<'_>) -> String {
    if page.findings.is_empty() {
        return String::new();
    }
    let body: String = page.findings.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
    section("found", "What was found", &body)
}
