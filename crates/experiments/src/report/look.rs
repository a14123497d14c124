//! How each method looks in every figure: a colour, a stroke and a marker, so that no difference is
//! one of colour alone.

use herring_protocol::Method;

/// The class of the style sheet that holds the method's colour.
pub(super) fn class(method: Method) -> &'static str {
    match method {
        Method::Baseline => "m-baseline",
        Method::Masked => "m-masked",
        Method::MaskedZero => "m-masked-zero",
        Method::MaskAll => "m-mask-all",
        Method::ActDiff => "m-actdiff",
        Method::Adversarial => "m-adversarial",
        Method::GradMask => "m-gradmask",
        Method::Rrr => "m-rrr",
    }
}

/// The dashes of the method's line, in pixels; empty for a solid one.
pub(super) fn dashes(method: Method) -> &'static str {
    match method {
        Method::Baseline | Method::ActDiff => "",
        Method::Masked => "9 4",
        Method::MaskedZero => "9 3 2 3",
        Method::MaskAll => "2 2 9 2",
        Method::Adversarial => "5 3",
        Method::GradMask => "2 3",
        Method::Rrr => "12 3 3 3",
    }
}

/// The method's marker, as an SVG path about `(x, y)` with radius `r`.
pub(super) fn marker(method: Method, x: f64, y: f64, r: f64) -> String {
    let polygon = |corners: &[(f64, f64)]| {
        let points = corners.iter().enumerate().map(|(index, (dx, dy))| {
            let command = if index == 0 { 'M' } else { 'L' };
            format!("{command}{:.2} {:.2}", x + dx * r, y + dy * r)
        });
        format!("{}Z", points.collect::<String>())
    };
    match method {
        Method::Baseline => {
            format!("M{:.2} {y:.2}a{r:.2} {r:.2} 0 1 0 {:.2} 0a{r:.2} {r:.2} 0 1 0 {:.2} 0Z", x - r, 2.0 * r, -2.0 * r)
        }
        Method::Masked => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Method::MaskedZero => polygon(&[(-1.3, -0.65), (1.3, -0.65), (1.3, 0.65), (-1.3, 0.65)]),
        Method::MaskAll => polygon(&[(-0.65, -1.3), (0.65, -1.3), (0.65, 1.3), (-0.65, 1.3)]),
        Method::ActDiff => polygon(&[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)]),
        Method::Adversarial => polygon(&[(0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)]),
        Method::GradMask => polygon(&[(0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)]),
        Method::Rrr => polygon(&[
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
        ]),
    }
}

/// A legend: an entry for each method with its line, its marker or both.
pub(super) fn legend(entries: &[(Method, String)], line: bool, marked: bool) -> String {
    let mut text = String::from("<ul class=\"legend\" aria-hidden=\"true\">\n");
    for (method, label) in entries {
        let class = class(*method);
        let stroke = format!(
            "<line class=\"curve {class}\" x1=\"1\" y1=\"8\" x2=\"33\" y2=\"8\" stroke-dasharray=\"{}\"/>",
            dashes(*method)
        );
        let mark = format!("<path class=\"mark {class}\" d=\"{}\"/>", marker(*method, 17.0, 8.0, 5.0));
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
