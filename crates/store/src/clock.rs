//! The only place that reads the time; used for provenance only.

use std::time::{SystemTime, UNIX_EPOCH};

/// The current time in UTC as in RFC 3339 (`2026-01-31T23:59:59Z`).
pub fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc_3339(since.as_secs())
}

fn rfc_3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Seconds since 1970 of a time as [`now`] gives it.
pub fn seconds(time: &str) -> Option<u64> {
    let part = |range: std::ops::Range<usize>| time.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let clock = part(11..13)? * 3600 + part(14..16)? * 60 + part(17..19)?;
    // The search starts before the day: leap days and months longer than 28 days are not counted.
    let after = (year.checked_sub(1970)? * 365 + (month.max(1) - 1) * 28)..;
    let days = after.take(1000).find(|days| date(*days) == (year, month, day))?;
    Some(days * 86_400 + clock)
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01.
fn date(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

/// A readable duration: `42 s`, `3 min 20 s`, `2 h 05 min`.
pub fn format_duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 if seconds < 10.0 => format!("{:.1} s", seconds.max(0.0)),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_the_calendar() {
        assert_eq!(rfc_3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc_3339(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(rfc_3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc_3339(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(rfc_3339(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn times_are_read_back() {
        for seconds in [0, 951_782_399, 951_782_400, 1_795_265_411, 4_107_542_399, 4_107_542_400] {
            assert_eq!(super::seconds(&rfc_3339(seconds)), Some(seconds));
        }
        assert_eq!(super::seconds("yesterday"), None);
    }

    #[test]
    fn durations_are_readable() {
        assert_eq!(format_duration(4.26), "4.3 s");
        assert_eq!(format_duration(42.4), "42 s");
        assert_eq!(format_duration(200.0), "3 min 20 s");
        assert_eq!(format_duration(7500.0), "2 h 05 min");
    }
}
