//! The frame of a chart: axes, ticks and grid, in SVG.

use super::escape;
use crate::number::power_of_ten;

/// One axis.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Value at the start.
    pub(super) from: f64,
    /// Value at the end.
    pub(super) to: f64,
    /// Distance of two ticks; 0 for no ticks.
    pub(super) step: f64,
    /// Decimal digits of tick labels.
    pub(super) digits: usize,
    /// What it shows, with its unit.
    pub(super) label: String,
    numbers: Numbers,
}

/// What stands at the ticks of an axis.
#[derive(Debug, Clone, Copy)]
enum Numbers {
    /// The value itself.
    Values,
    /// Ten to the power of the value; lesser values than `from` have no tick.
    Powers {
        /// The least power of ten.
        from: f64,
    },
}

impl Axis {
    /// From `from` to `to` with about `ticks` ticks at round numbers.
    pub(super) fn new(from: f64, to: f64, ticks: usize, label: &str) -> Self {
        let rough = (to - from).max(f64::MIN_POSITIVE) / ticks.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.75)
            .unwrap_or(rough);
        let digits = (-step.log10().floor()).max(0.0) as usize;
        Self { from, to, step, digits, label: label.to_owned(), numbers: Numbers::Values }
    }

    /// The powers of ten from `least` to `greatest` with about `ticks` ticks. Values of this axis are powers, and it starts
    /// `room` of them below the least one.
    pub(super) fn powers(least: i32, greatest: i32, room: f64, ticks: usize, label: &str) -> Self {
        let (least, greatest) = (f64::from(least), f64::from(greatest));
        let even = Self::new(least, greatest, ticks, label);
        let numbers = Numbers::Powers { from: least };
        Self { from: least - room, step: even.step.max(1.0), numbers, ..even }
    }

    /// The same axis without ticks and numbers.
    pub(super) fn without_ticks(self) -> Self {
        Self { step: 0.0, ..self }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        // Empty without a step.
        let (first, last) = match self.step > 0.0 {
            true => ((self.from / self.step - 1e-9).ceil() as i64, (self.to / self.step + 1e-9).floor() as i64),
            false => (1, 0),
        };
        let values = (first..=last).map(|index| index as f64 * self.step);
        values.filter(|value| match self.numbers {
            Numbers::Values => true,
            Numbers::Powers { from } => *value > from - 1e-9,
        })
    }

    /// What stands at the tick of a value.
    fn number(&self, value: f64) -> String {
        match self.numbers {
            Numbers::Values => format!("{value:.digits$}", digits = self.digits),
            Numbers::Powers { .. } => power_of_ten(value.round() as i32),
        }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }
}

/// A chart's place and axes. Lengths are in the SVG's own pixels.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Of the whole SVG.
    pub(super) width: f64,
    /// Of the whole SVG.
    pub(super) height: f64,
    /// Space at the left for labels of the vertical axis, [`LEFT`] for numbers.
    pub(super) left: f64,
    /// Space at the right for labels.
    pub(super) right: f64,
    /// The horizontal axis.
    pub(super) x: Axis,
    /// The vertical axis.
    pub(super) y: Axis,
}

/// Space for the ticks and the label of the vertical axis.
pub(super) const LEFT: f64 = 54.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 46.0;

impl Frame {
    /// Where a value of the horizontal axis lies.
    pub(super) fn at_x(&self, value: f64) -> f64 {
        self.left + self.x.share(value) * (self.width - self.left - self.right)
    }

    /// Where a value of the vertical axis lies.
    pub(super) fn at_y(&self, value: f64) -> f64 {
        let inner = self.height - TOP - BOTTOM;
        TOP + (1.0 - self.y.share(value)) * inner
    }

    /// The complete SVG: frame, `content`, and `title` as text for screen readers.
    pub(super) fn svg(&self, class: &str, title: &str, content: &str) -> String {
        let (left, right) = (self.left, self.width - self.right);
        let (top, bottom) = (TOP, self.height - BOTTOM);
        let mut text = format!(
            "<svg class=\"chart {class}\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\">\n<title>{}</title>\n",
            self.width,
            self.height,
            escape(title)
        );
        for value in self.y.ticks() {
            let y = self.at_y(value);
            text.push_str(&format!(
                "<line class=\"grid\" x1=\"{left:.1}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                left - 8.0,
                y + 4.0,
                self.y.number(value),
            ));
        }
        for value in self.x.ticks() {
            let x = self.at_x(value);
            text.push_str(&format!(
                "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{bottom:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>\
                 <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                bottom + 5.0,
                bottom + 19.0,
                self.x.number(value),
            ));
        }
        let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        text.push_str(&format!(
            "<path class=\"axis\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>\n\
             <text class=\"label\" x=\"{middle_x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text class=\"label\" transform=\"translate(14 {middle_y:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
            bottom + 38.0,
            escape(&self.x.label),
            escape(&self.y.label),
        ));
        text.push_str(content);
        text.push_str("</svg>\n");
        text
    }
}

/// A path through points, with two digits after the point.
pub(super) fn path(points: &[(f64, f64)]) -> String {
    let parts = points.iter().enumerate().map(|(index, (x, y))| {
        let command = if index == 0 { 'M' } else { 'L' };
        format!("{command}{x:.2} {y:.2}")
    });
    parts.collect()
}
