//! What was measured of one program.

use serde::Serialize;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Sample {
    /// Median milliseconds of a step.
    pub(crate) milliseconds: f64,
    /// The most memory that the process had, where the system tells.
    pub(crate) mebibytes: Option<u64>,
}

/// Why a program is not measured, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "reason", rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// It cannot do this.
    Cannot(String),
    /// It failed.
    Failed(String),
    /// There was not enough time.
    NoTime,
}

/// The line that both programs print: `NAME 12.34 ms/step, 567 MiB at most`, or `NAME cannot: REASON`.
pub(crate) fn parse(line: &str) -> Result<Sample, Reason> {
    let unreadable = || Reason::Failed(format!("found '{line}', expected 'NAME 12.34 ms/step'"));
    let (_, told) = line.trim().split_once(' ').ok_or_else(unreadable)?;
    if let Some(reason) = told.strip_prefix("cannot: ") {
        return Err(Reason::Cannot(reason.to_owned()));
    }
    let (time, memory) = told.trim().split_once(" ms/step").ok_or_else(unreadable)?;
    let milliseconds: f64 = time.trim().parse().map_err(|_| unreadable())?;
    let mebibytes = memory.strip_prefix(", ").and_then(|text| text.split_once(" MiB")?.0.parse().ok());
    Ok(Sample { milliseconds, mebibytes })
}

/// The measurements of one program, one a round.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Series {
    /// In the order of the rounds.
    pub(crate) samples: Vec<Sample>,
    /// Why there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<Reason>,
}

impl Series {
    /// Takes over a measurement.
    pub(crate) fn add(&mut self, found: Result<Sample, Reason>) {
        match found {
            Ok(sample) => self.samples.push(sample),
            Err(reason) => self.ended = Some(reason),
        }
    }

    /// Milliseconds over the rounds; none without a round.
    pub(crate) fn milliseconds(&self) -> Option<Spread> {
        Spread::of(self.samples.iter().map(|sample| sample.milliseconds))
    }

    /// The most memory over the rounds.
    pub(crate) fn mebibytes(&self) -> Option<u64> {
        self.samples.iter().filter_map(|sample| sample.mebibytes).max()
    }

    /// This one's time by the other's, round by round.
    pub(crate) fn ratio(&self, other: &Self) -> Option<Spread> {
        let pairs = self.samples.iter().zip(&other.samples);
        Spread::of(pairs.map(|(own, other)| own.milliseconds / other.milliseconds))
    }
}

/// A median with the smallest and the largest value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// How many values.
    pub(crate) count: usize,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let count = values.len();
        Some(Self { median: f64::midpoint(values[(count - 1) / 2], values[count / 2]), least, most, count })
    }

    /// `186.4 (180.2–191.0)`; of one value that value.
    pub(crate) fn text(&self, digits: usize) -> String {
        let Self { median, least, most, count } = self;
        match count {
            1 => format!("{median:.digits$}"),
            _ => format!("{median:.digits$} ({least:.digits$}–{most:.digits$})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_programs_are_read() {
        assert_eq!(
            parse("base 12.34 ms/step, 567 MiB at most"),
            Ok(Sample { milliseconds: 12.34, mebibytes: Some(567) })
        );
        assert_eq!(parse("rrr 9 ms/step"), Ok(Sample { milliseconds: 9.0, mebibytes: None }));
        assert_eq!(parse("rrr cannot: it does not compile"), Err(Reason::Cannot("it does not compile".to_owned())));
        for line in ["", "base", "base fast ms/step", "Traceback (most recent call last):"] {
            assert!(matches!(parse(line), Err(Reason::Failed(_))), "{line}");
        }
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        let series = |times: &[f64]| Series {
            samples: times.iter().map(|&milliseconds| Sample { milliseconds, mebibytes: None }).collect(),
            ended: None,
        };
        let ratio = series(&[1.0, 4.0, 9.0]).ratio(&series(&[2.0, 4.0])).unwrap();
        assert_eq!((ratio.median, ratio.least, ratio.most), (0.75, 0.5, 1.0));
        assert_eq!(ratio.text(2), "0.75 (0.50–1.00)");
        assert_eq!(series(&[2.0]).milliseconds().unwrap().text(1), "2.0");
        assert!(Series::default().milliseconds().is_none());
    }
}
