//! Differences between the paper's text and its released code, and which was followed.

use super::{escape, scroll, section};
use crate::Page;
use herring_protocol::Variant;

/// The section; empty if no difference applies to the methods that were run.
pub fn render(page: &Page<'_>) -> String {
    let Page { collection, differences, .. } = page;
    let plan = &collection.plan;
    let methods = collection.methods();
    let concerned: Vec<_> =
        differences.differences.iter().filter(|difference| difference.applies_to(&methods)).collect();
    if concerned.is_empty() {
        return String::new();
    }
    let rows: String = concerned
        .iter()
        .map(|difference| {
            let follows = |variant: Variant| {
                let followed = difference.ours.is_none() && plan.variant == variant;
                if followed { " class=\"followed\"" } else { "" }
            };
            let own = match (&difference.ours, plan.variant, &difference.reading) {
                (Some(own), ..) => escape(own),
                (None, Variant::Paper, Some(reading)) => escape(reading),
                (None, Variant::Paper, None) => "As in the paper.".to_owned(),
                (None, Variant::Released, _) => "As in the released code.".to_owned(),
            };
            format!(
                "<tr><th scope=\"row\">{}</th><td data-label=\"Paper\"{}>{}</td>\
                 <td data-label=\"Released code\"{}>{}</td><td data-label=\"Used here\">{own}</td></tr>\n",
                escape(&difference.topic),
                follows(Variant::Paper),
                escape(&difference.paper),
                follows(Variant::Released),
                escape(&difference.released),
            )
        })
        .collect();
    let body = format!(
        "<p>The paper’s text and its released code, which produced the numbers, differ. This reproduction \
         was made with the variant <i>{}</i>; where it decides, the reading used is marked.</p>\n\
         {}<table class=\"readings\">\n<caption>What paper and released code say</caption>\n<thead><tr><th scope=\"col\">Topic</th>\
         <th scope=\"col\">Paper</th><th scope=\"col\">Released code</th><th scope=\"col\">Used here</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        plan.variant,
        scroll("Paper and released code"),
    );
    section("readings", "Paper and released code", &body)
}
