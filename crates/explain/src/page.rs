//! The page: what was explained, how far the maps can be trusted, and the first images with their maps and scores.
//!
//! It stands alone: images are inlined, and there is no script.

use crate::{
    record::{Failed, ImageRecord, MapRecord, MethodSummary},
    view::Sign,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use herring_report::{
    colormap,
    html::{escape, page, scroll, section},
    picture,
};

/// What the page shows of an image, as addresses of PNG and SVG paths.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Place of the record.
    pub(crate) record: usize,
    pub(crate) image: Vec<u8>,
    pub(crate) overlays: Vec<Vec<u8>>,
    pub(crate) mask: Option<Vec<f32>>,
}

/// All that stands on the page.
pub(crate) struct Content<'a> {
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) summary: &'a [MethodSummary],
    pub(crate) records: &'a [ImageRecord],
    pub(crate) failures: &'a [Failed],
    pub(crate) shown: &'a [Shown],
    pub(crate) size: [usize; 2],
    pub(crate) sign: Sign,
    /// The mean curves of each method: name, deletion, insertion.
    pub(crate) curves: Vec<(&'static str, Vec<f64>, Vec<f64>)>,
}

/// Additional style: panels of one image in a row, and the two curves.
const STYLE: &str = "<style>
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; margin-top: .8rem; }
.maps .panel image { image-rendering: auto; }
.case { margin-top: 2rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
.case h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
.case p { margin: .2rem 0 0; font: .85rem/1.45 system-ui, sans-serif; color: var(--soft); font-variant-numeric: tabular-nums; max-width: none; }
.case p strong { color: var(--ink); }
.deletion { --own: var(--gradmask); } .insertion { --own: var(--adversarial); }
.pair { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem 1.6rem; margin-top: 1rem; }
.pair .chart { max-width: 20rem; }
</style>\n";

/// The whole page.
pub(crate) fn render(content: &Content<'_>) -> String {
    let mut body = String::from(STYLE);
    body.push_str(
        "<header>\n<p class=\"kicker\">Explanations</p>\n<h1>Where the network looks</h1>\n<dl class=\"facts\">\n",
    );
    for (name, value) in &content.facts {
        body.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value)));
    }
    body.push_str("</dl>\n</header>\n");
    body.push_str(&summary(content));
    body.push_str(&curves(content));
    body.push_str(&randomisation(content.summary));
    body.push_str(&images(content));
    body.push_str(&failures(content.failures));
    page("Explanations", &body)
}

/// A number with three digits behind the point, or a dash.
fn number(value: Option<f64>) -> String {
    // What rounds to zero has no sign.
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.3}", (value * 1000.0).round() / 1000.0 + 0.0))
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", 100.0 * value))
}

/// A column of the summary: its head, a note below it, and a method's cell.
type Column = (&'static str, &'static str, fn(&MethodSummary) -> String);

fn summary(content: &Content<'_>) -> String {
    let all = content.summary;
    let masked = all.iter().any(|method| method.masked > 0);
    let curves = all.iter().any(|method| method.deletion.is_some());
    let complete = all.iter().any(|method| method.completeness.is_some());
    let fresh = all.iter().any(|method| !method.randomisation.is_empty());
    if !(masked || curves || complete || fresh) {
        return String::new();
    }
    let mut columns: Vec<Column> = vec![("Maps", "", |method| method.images.to_string())];
    if complete {
        columns.push(("Incomplete by", "median", |method| percent(method.completeness)));
    }
    if curves {
        columns.push(("Deletion", "lower is better", |method| number(method.deletion)));
        columns.push(("Insertion", "higher is better", |method| number(method.insertion)));
    }
    if masked {
        columns.push(("With a mask", "", |method| method.masked.to_string()));
        columns.push(("IoU", "", |method| number(method.iou)));
        columns.push(("IoP", "", |method| number(method.iop)));
        columns.push(("Pointing game", "", |method| percent(method.pointing)));
    }
    if fresh {
        columns.push(("All weights fresh", "rank correlation", |method| {
            number(method.randomisation.last().and_then(|stage| stage.absolute))
        }));
    }
    let mut rows = String::new();
    for method in all {
        rows.push_str(&format!("<tr><th scope=\"row\">{}</th>", escape(method.method)));
        for (.., value) in &columns {
            rows.push_str(&format!("<td>{}</td>", escape(&value(method))));
        }
        rows.push_str("</tr>\n");
    }
    let head: String = columns
        .iter()
        .map(|(name, note, _)| match *note {
            "" => format!("<th scope=\"col\">{name}</th>"),
            note => format!("<th scope=\"col\">{name}<br><small>{note}</small></th>"),
        })
        .collect();
    let mut notes = Vec::new();
    if complete {
        notes.push(
            "The values of integrated gradients should sum to the difference between the logits of image and baseline; \
                    how far they are off says whether there were enough steps.",
        );
    }
    if curves {
        notes.push("Deletion and insertion are areas under the class’s probability as the map’s first pixels are deleted from the \
                    image, or inserted into its blurred copy.");
    }
    if masked {
        notes.push("IoU and IoP compare as many pixels of the map as the mask has; the chance level of IoP is the mask’s share of \
                    the image. The pointing game asks whether the largest value is on the mask or near it.");
    }
    if fresh {
        notes.push("A map that stays much the same with fresh weights, a rank correlation far from 0, does not show what the network \
                    has learnt.");
    }
    let body = format!(
        "{}<table class=\"plain\"><thead><tr><th scope=\"col\">Method</th>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
         <p class=\"remark\">{}</p>\n",
        scroll("Scores of each method"),
        notes.join(" ")
    );
    section("scores", "How far the maps can be trusted", &body)
}

/// The mean curves of each method.
fn curves(content: &Content<'_>) -> String {
    if content.curves.is_empty() {
        return String::new();
    }
    let mut charts = String::new();
    for (method, deletion, insertion) in &content.curves {
        let line = |class: &str, values: &[f64]| {
            let step = 240.0 / (values.len().saturating_sub(1).max(1)) as f64;
            let points: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(place, value)| format!("{:.1},{:.1}", 34.0 + step * place as f64, 10.0 + 120.0 * (1.0 - value)))
                .collect();
            format!("<g class=\"{class}\"><polyline class=\"curve\" points=\"{}\"/></g>", points.join(" "))
        };
        charts.push_str(&format!(
            "<figure><svg class=\"chart\" viewBox=\"0 0 290 168\" role=\"img\"><title>Deletion and insertion by {0}</title>\
             <path class=\"axis\" d=\"M34 10V130H274\"/>\
             <text class=\"tick\" x=\"28\" y=\"14\" text-anchor=\"end\">1</text>\
             <text class=\"tick\" x=\"28\" y=\"134\" text-anchor=\"end\">0</text>\
             <text class=\"tick\" x=\"34\" y=\"148\">0 %</text><text class=\"tick\" x=\"274\" y=\"148\" text-anchor=\"end\">100 %</text>\
             <text class=\"tick\" x=\"154\" y=\"163\" text-anchor=\"middle\">pixels changed</text>{1}{2}</svg>\
             <figcaption class=\"remark\">{0}</figcaption></figure>\n",
            escape(method),
            line("deletion", deletion),
            line("insertion", insertion),
        ));
    }
    let legend = "<ul class=\"legend\"><li class=\"deletion\"><span class=\"swatch\"></span>deletion</li>\
                  <li class=\"insertion\"><span class=\"swatch\"></span>insertion</li></ul>\n";
    let body = format!(
        "<p>The probability of the explained class, mean over the images, as pixels are changed in the order of the map.</p>\n\
         {legend}<div class=\"pair\">\n{charts}</div>\n"
    );
    section("curves", "Deletion and insertion", &body)
}

fn randomisation(summary: &[MethodSummary]) -> String {
    let Some(stages) = summary.iter().map(|method| &method.randomisation).find(|stages| !stages.is_empty()) else {
        return String::new();
    };
    let head: String = stages
        .iter()
        .map(|stage| format!("<th scope=\"col\">{}<br><small>from {}</small></th>", stage.layers, escape(&stage.from)))
        .collect();
    let mut rows = String::new();
    for method in summary {
        for (name, value) in
            [("absolute", 0), ("signed", 1)].map(|(name, place)| (format!("{}, {name}", method.method), place))
        {
            // A map without negative values has one correlation.
            if value == 1 && method.randomisation.iter().all(|stage| stage.absolute == stage.signed) {
                continue;
            }
            let cells = method.randomisation.iter().map(|stage| [stage.absolute, stage.signed][value]);
            let cells: String = cells.map(|found| format!("<td>{}</td>", number(found))).collect();
            rows.push_str(&format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(&name)));
        }
    }
    let body = format!(
        "<p>Spearman’s correlation over the pixels between the map and that of the network whose last layers have fresh weights, \
         mean over the first images (Adebayo et al. 2018).</p>\n{}<table class=\"plain\"><thead><tr><th scope=\"col\">Fresh layers\
         </th>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n",
        scroll("Correlation with maps of fresh weights"),
    );
    section("randomisation", "Fresh weights", &body)
}

fn images(content: &Content<'_>) -> String {
    let mut cases = String::new();
    for shown in content.shown {
        let record = &content.records[shown.record];
        cases.push_str(&case(record, shown, content.size));
    }
    let left = content.records.len().saturating_sub(content.shown.len());
    if left > 0 {
        let are = if left == 1 { "image is" } else { "images are" };
        cases.push_str(&format!(
            "<p class=\"remark\">{left} more {are} in the folder: <a href=\"scores.csv\">scores.csv</a>, \
             <a href=\"scores.json\">scores.json</a>, maps and overlays.</p>\n"
        ));
    }
    if cases.is_empty() {
        return String::new();
    }
    let scale = match content.sign {
        Sign::Absolute | Sign::Positive => picture::scale_bar("largest value"),
        Sign::Signed => signed_scale(),
    };
    section("images", "Images", &format!("{scale}{cases}"))
}

/// The legend of the colours of maps with both signs.
fn signed_scale() -> String {
    let steps = 65;
    let address = picture::address(1, steps, |_, column| colormap::diverging(column as f64 / (steps / 2) as f64 - 1.0));
    format!(
        "<p class=\"scale\" aria-hidden=\"true\"><span>against the class</span><img alt=\"\" src=\"{address}\">\
         <span>for the class</span></p>\n"
    )
}

fn case(record: &ImageRecord, shown: &Shown, [height, width]: [usize; 2]) -> String {
    let outline = shown.mask.as_ref().map_or_else(String::new, |mask| {
        let path = picture::outline(height, width, |row, column| mask[row * width + column] >= 0.5);
        format!("<path class=\"outline strong\" d=\"{path}\"/>")
    });
    let panel = |title: &str, png: &[u8], caption: &str| {
        let address = format!("data:image/png;base64,{}", STANDARD.encode(png));
        picture::panel((height, width), title, &address, &outline, caption)
    };
    let mut panels = panel(&format!("{} as the network sees it", record.path), &shown.image, "image");
    for (map, png) in record.maps.iter().zip(&shown.overlays) {
        let caption = format!("{}<br><span>{}</span>", escape(map.method), scores(map).join("<br>"));
        panels.push_str(&panel(&format!("{} of {}", map.method, record.path), png, &caption));
    }
    let predicted: Vec<String> = record
        .predicted
        .iter()
        .map(|prediction| format!("{} {}", escape(&prediction.label), percent(Some(prediction.probability))))
        .collect();
    format!(
        "<article class=\"case\">\n<h3>{}</h3>\n<p>explained: <strong>{}</strong>, {}; predicted: {}</p>\n\
         <div class=\"maps\">\n{panels}</div>\n</article>\n",
        escape(&record.path),
        escape(&record.target.label),
        percent(Some(record.target.probability)),
        predicted.join(", "),
    )
}

fn scores(map: &MapRecord) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(completeness) = &map.completeness {
        found.push(format!("incomplete by {}", percent(Some(completeness.relative()))));
    }
    if let (Some(deletion), Some(insertion)) = (&map.deletion, &map.insertion) {
        found.push(format!("deletion {:.3}, insertion {:.3}", deletion.area, insertion.area));
    }
    if let Some(overlap) = &map.overlap {
        let points = if overlap.pointing { "points at it" } else { "points beside it" };
        found.push(format!("IoU {:.2}, IoP {:.2}, {points}", overlap.iou, overlap.iop));
    }
    found
}

fn failures(failures: &[Failed]) -> String {
    if failures.is_empty() {
        return String::new();
    }
    let rows: String = failures
        .iter()
        .map(|failed| {
            format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape(&failed.path), escape(&failed.error))
        })
        .collect();
    let body = format!(
        "{}<table class=\"plain\"><tbody>\n{rows}</tbody></table></div>\n",
        scroll("Images that were left out")
    );
    section("failures", "Left out", &body)
}
