//! The report: one HTML file that needs nothing else, neither files nor scripts.
//!
//! Figures are SVG within the page and take their colours from its style sheet, so that they follow
//! the reader's light or dark setting; images are PNG within the SVG. The page reads well on a phone
//! and on paper.
//!
//! *Invariant:* text that comes from files or devices goes through [`escape`].

mod colormap;
mod curves;
mod evidence;
mod examples;
mod figure;
mod further;
mod head;
mod images;
mod look;
pub(crate) mod overview;
mod picture;
mod readings;
mod runs;
mod saliency;
mod scatter;
mod setting;
mod summary;
mod tuning;

use crate::{aggregate::Results, collect::Collection, config::Differences, search::Found};

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub(crate) fn render(collection: &Collection, results: &Results, differences: &Differences) -> String {
    let sections = [
        head::render(collection, results),
        evidence::render(collection),
        summary::render(collection, results),
        setting::render(collection),
        curves::render(collection),
        images::render(collection),
        examples::render(collection),
        saliency::render(collection, results),
        scatter::render(collection),
        further::render(collection, results),
        tuning::render(&collection.found, &|method| collection.label(method).to_owned()),
        readings::render(collection, differences),
        runs::render(collection),
    ];
    let title = format!("{}: reproduction at scale {}", collection.configuration.title, results.scale);
    page(&title, &sections.concat())
}

/// The page of a search: what was tried and how hard it was to tune.
pub(crate) fn render_search(found: &Found) -> String {
    let Found { method, scale, variant, experiment, .. } = found;
    let title = format!("Search for {method}");
    let head =
        format!("<h1>{title}</h1>\n<p>Experiment {}, scale {scale}, variant {variant}.</p>\n", escape(experiment));
    let tuning = tuning::render(std::slice::from_ref(found), &|method| method.to_string());
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
