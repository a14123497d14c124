//! The styles of methods in figures: colour, stroke and marker, so that no two methods differ in colour only. A
//! configuration names a style for each of its methods.

/// How one method is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// The class of the style sheet that holds the colour.
    pub(super) class: &'static str,
    /// The dashes of a line, in pixels; empty for a solid one.
    pub(super) dashes: &'static str,
    marker: Marker,
}

/// A marker: a circle, or the corners of a polygon in units of the radius.
#[derive(Debug, Clone, Copy)]
enum Marker {
    Circle,
    Polygon(&'static [(f64, f64)]),
}

const CROSS: [(f64, f64); 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

/// All styles by name. To add one, add a line here and a colour to the style sheet.
const STYLES: [(&str, Style); 26] = [
    ("baseline", Style { class: "m-baseline", dashes: "", marker: Marker::Circle }),
    ("masked", polygon("m-masked", "9 4", &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
    ("masked-zero", polygon("m-masked-zero", "9 3 2 3", &[(-1.3, -0.65), (1.3, -0.65), (1.3, 0.65), (-1.3, 0.65)])),
    ("mask-all", polygon("m-mask-all", "2 2 9 2", &[(-0.65, -1.3), (0.65, -1.3), (0.65, 1.3), (-0.65, 1.3)])),
    ("actdiff", polygon("m-actdiff", "", &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)])),
    ("adversarial", polygon("m-adversarial", "5 3", &[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)])),
    ("gradmask", polygon("m-gradmask", "2 3", &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)])),
    ("rrr", polygon("m-rrr", "12 3 3 3", &CROSS)),
    ("actdiff-gradmask", polygon("m-actdiff-gradmask", "7 2 2 2", &[(-1.2, 0.0), (0.8, -1.1), (0.8, 1.1)])),
    ("reconstruct", polygon("m-reconstruct", "4 2", &[(1.2, 0.0), (-0.8, -1.1), (-0.8, 1.1)])),
    ("reweighted", polygon("m-reweighted", "10 3", &[(-1.3, -0.65), (1.3, -0.65), (1.3, 0.65), (-1.3, 0.65)])),
    ("group-dro", polygon("m-group-dro", "3 2 7 2", &[(-0.8, -1.1), (1.2, 0.0), (-0.8, 1.1)])),
    ("base", Style { class: "m-base", dashes: "3 3", marker: Marker::Circle }),
    ("rbr", polygon("m-rbr", "8 3 2 3", &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
    ("tap", polygon("m-tap", "", &[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)])),
    ("tap-teacher", polygon("m-tap", "6 3", &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)])),
    ("teacher", polygon("m-teacher", "2 3", &[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)])),
    ("cce", Style { class: "m-cce", dashes: "", marker: Marker::Circle }),
    ("heatmap", polygon("m-heatmap", "", &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)])),
    ("cce-trained", polygon("m-cce-trained", "8 3", &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
    ("heatmap-frozen", polygon("m-heatmap-frozen", "5 3", &[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)])),
    // One method with several shares of its masks: the longer the dashes, the more masks.
    ("share-20", polygon("m-actdiff", "1 3", &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)])),
    ("share-40", polygon("m-actdiff", "4 3", &[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)])),
    ("share-60", polygon("m-actdiff", "8 3", &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])),
    ("share-80", polygon("m-actdiff", "14 3", &CROSS)),
    ("share-100", Style { class: "m-actdiff", dashes: "", marker: Marker::Circle }),
];

const fn polygon(class: &'static str, dashes: &'static str, corners: &'static [(f64, f64)]) -> Style {
    Style { class, dashes, marker: Marker::Polygon(corners) }
}

/// The style with this name; the first one for an unknown name.
pub(super) fn style(name: &str) -> Style {
    STYLES.iter().find(|(other, _)| *other == name).unwrap_or(&STYLES[0]).1
}

/// Styles by the order in which markers are given out, those first that differ most.
const ORDER: [&str; 10] = [
    "baseline",
    "masked",
    "actdiff",
    "rrr",
    "adversarial",
    "gradmask",
    "masked-zero",
    "mask-all",
    "actdiff-gradmask",
    "reconstruct",
];

/// The style with a marker of its own for the `index`-th of several groups; after the last the first is used again.
pub(super) fn numbered(index: usize) -> Style {
    style(ORDER[index % ORDER.len()])
}

impl Style {
    /// The same strokes and marker in the colour of another class.
    pub(super) fn in_colour(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// The marker, as an SVG path about `(x, y)` with radius `r`.
    pub(super) fn mark(&self, x: f64, y: f64, r: f64) -> String {
        match self.marker {
            Marker::Circle => {
                let (left, width) = (x - r, 2.0 * r);
                format!("M{left:.2} {y:.2}a{r:.2} {r:.2} 0 1 0 {width:.2} 0a{r:.2} {r:.2} 0 1 0 {:.2} 0Z", -width)
            }
            Marker::Polygon(corners) => {
                let points = corners.iter().enumerate().map(|(index, (dx, dy))| {
                    let command = if index == 0 { 'M' } else { 'L' };
                    format!("{command}{:.2} {:.2}", x + dx * r, y + dy * r)
                });
                format!("{}Z", points.collect::<String>())
            }
        }
    }
}

/// A legend: an entry for each method, by its style and label, with its line, its marker or both.
pub(super) fn legend(entries: &[(Style, String)], line: bool, marked: bool) -> String {
    let mut text = String::from("<ul class=\"legend\" aria-hidden=\"true\">\n");
    for (style, label) in entries {
        let Style { class, dashes, .. } = style;
        let stroke = format!(
            "<line class=\"curve {class}\" x1=\"1\" y1=\"8\" x2=\"33\" y2=\"8\" stroke-dasharray=\"{dashes}\"/>"
        );
        let mark = format!("<path class=\"mark {class}\" d=\"{}\"/>", style.mark(17.0, 8.0, 5.0));
        text.push_str(&format!(
            "<li><svg viewBox=\"0 0 34 16\" width=\"34\" height=\"16\">{}{}</svg>{}</li>\n",
            if line { stroke.as_str() } else { "" },
            if marked { mark.as_str() } else { "" },
            super::escape(label)
        ));
    }
    text.push_str("</ul>\n");
    text
}
