//! The report: one HTML file that needs nothing else, neither files nor scripts.
//!
//! Figures are SVG within the page and take their colours from its style sheet, so that they follow
//! the reader's light or dark setting; images are PNG within the SVG. The page reads well on a phone
//! and on paper.
//!
//! *Invariant:* text that comes from files or devices goes through [`escape`].

mod colormap;
pub mod curves;
pub mod evidence;
pub mod examples;
mod figure;
pub mod explained;
pub mod fractions;
pub mod further;
pub mod head;
pub mod images;
pub(crate) mod overview;
mod picture;
pub mod readings;
pub mod runs;
pub mod saliency;
pub mod scatter;
pub mod setting;
mod style;
pub mod summary;
pub mod tuning;

use crate::{Page, Section, search::Found};

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(crate) fn render(content: &Page<'_>) -> String {
    let sections = content.collection.known.map_or(STANDARD, |(paper, _)| paper.sections);
    let body: String = sections.iter().map(|section| section(content)).collect();
    let title =
        format!("{}: reproduction at scale {}", content.collection.configuration.title, content.results.scale);
    page(&title, &body)
}

/// The sections of an experiment that belongs to no paper of the program.
pub const STANDARD: &[Section] = &[
    head::render,
    evidence::render,
    summary::render,
    setting::render,
    curves::render,
    images::render,
    examples::render,
    saliency::render,
    scatter::render,
    further::render,
    tuning::render,
    readings::render,
    runs::render,
];

/// The page of a search: what was tried and how hard it was to tune.
pub(crate) fn render_search(found: &Found) -> String {
    let Found { method, scale, variant, experiment, .. } = found;
    let title = format!("Search for {method}");
    let head =
        format!("<h1>{title}</h1>\n<p>Experiment {}, scale {scale}, variant {variant}.</p>\n", escape(experiment));
    let tuning = tuning::of(std::slice::from_ref(found), &|method| (method.to_string(), method.to_string()));
    page(&title, &format!("{head}{tuning}{}", tuning::trials(found)))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// Text as it may stand in HTML, also between quotation marks.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // They stand for nothing in HTML, and some may not occur in it.
            control if control.is_control() && !matches!(control, '\n' | '\t') => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// The beginning of a region that scrolls sideways where it is too wide, also by keyboard.
fn scroll(name: &str) -> String {
    format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">", escape(name))
}

/// A section with its heading.
fn section(id: &str, heading: &str, body: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n{body}</section>\n", escape(heading))
}
