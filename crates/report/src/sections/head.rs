//! The head of the report: what was run and on which device.

use super::escape;
use crate::Page;
use herring_experiments::{
    collect::{Collection, Content},
    config::Judgement,
    results::Results,
    store::RunProvenance,
    store::clock::format_duration,
};

/// The head of the page.
pub fn render(page: &Page<'_>) -> String {
    let Page { collection, results, .. } = page;
    let plan = &collection.plan;
    let provenances: Vec<&RunProvenance> =
        collection.runs.iter().filter_map(|stored| provenance(&stored.content)).collect();
    let mut facts = vec![
        ("Scale", format!("{}{}", plan.scale, scale_words(results))),
        ("Seeds", join(plan.seeds().iter().map(u32::to_string))),
        ("Runs", runs_words(collection, results)),
    ];
    if !collection.is_of_own_images() {
        facts.insert(1, ("Variant", variant_words(collection)));
    }
    if let Some(images) = &collection.images {
        facts.push(("Classes", images.classes.join(", ")));
        facts.push(("Environments", images.environments.join(", ")));
    }
    if let Some(issue) = &results.unknown_images {
        facts.push(("Images", format!("not the paper’s: {issue}")));
    }
    for (name, values) in [
        ("Backend", distinct(&provenances, |of| of.computed_by.backend.clone())),
        ("Device", distinct(&provenances, device)),
        ("Versions", distinct(&provenances, versions)),
    ] {
        if !values.is_empty() {
            facts.push((name, values.join("; ")));
        }
    }
    let seconds: f64 = provenances.iter().map(|provenance| provenance.wall_seconds).sum();
    if seconds > 0.0 {
        facts.push(("Training time", format!("{} in all runs together", format_duration(seconds))));
    }
    let first = provenances.iter().map(|provenance| provenance.started.as_str()).min();
    if let Some(first) = first {
        facts.push(("First run started", first.replace('T', " ").replace('Z', " UTC")));
    }
    let list: String =
        facts.iter().map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escape(value))).collect();
    format!(
        "<header>\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n<p class=\"paper\">{}</p>\n\
         {}<dl class=\"facts\">\n{list}</dl>\n</header>\n",
        if collection.is_of_own_images() { "Audit report" } else { "Reproduction report" },
        escape(&collection.configuration.title),
        escape(&collection.configuration.paper),
        introduction(collection),
    )
}

/// What a reader has to know before any number; empty where the configuration says nothing.
fn introduction(collection: &Collection) -> String {
    match collection.configuration.caption("head") {
        "" => String::new(),
        caption => format!("<p class=\"introduction\">{}</p>\n", escape(caption)),
    }
}

/// The provenance of a run, if it has ended.
pub(super) fn provenance(content: &Content) -> Option<&RunProvenance> {
    match content {
        Content::Finished(run) => Some(&run.provenance),
        Content::Failed(run) => Some(&run.provenance),
        Content::Missing => None,
    }
}

fn scale_words(results: &Results) -> &'static str {
    match results.judgement {
        Judgement::Paper => ", the paper’s setting",
        _ if !results.has_targets() => "",
        Judgement::Findings | Judgement::None => ", not the paper’s setting",
    }
}

fn variant_words(collection: &Collection) -> String {
    let words = match collection.plan.variant {
        herring_protocol::Variant::Paper => "what the paper’s text says",
        herring_protocol::Variant::Released => "what the authors’ released code does",
    };
    format!("{}: {words}", collection.plan.variant)
}

fn runs_words(collection: &Collection, results: &Results) -> String {
    let finished: usize = results.rows.iter().map(|row| row.finished).sum();
    let mut text = format!("{finished} of {} finished", collection.runs.len());
    if results.failed() > 0 {
        text.push_str(&format!(", {} failed", results.failed()));
    }
    text
}

fn device(provenance: &RunProvenance) -> String {
    let by = &provenance.computed_by;
    match by.threads {
        1 => format!("{} (1 thread)", by.device),
        threads => format!("{} ({threads} threads)", by.device),
    }
}

fn versions(provenance: &RunProvenance) -> String {
    let parts = provenance.computed_by.versions.iter().map(|(name, version)| format!("{name} {version}"));
    let parts = parts.filter(|part| *part != provenance.program);
    join(std::iter::once(provenance.program.clone()).chain(parts))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// The distinct values of the runs, in the order of their first occurrence.
fn distinct(provenances: &[&RunProvenance], of: impl Fn(&RunProvenance) -> String) -> Vec<String> {
    let mut values = Vec::new();
    for provenance in provenances {
        let value = of(provenance);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}
