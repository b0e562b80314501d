//! Points and lengths of time as ISO 8601 has them, in the forms that `java.time` prints.

use std::fmt::Write;

const DAY_S: i64 = 86_400;

/// A point in time in UTC, by its seconds since 1970 and what is beyond, in nanoseconds.
pub(super) fn instant(seconds: i64, nanos: u32) -> String {
    let mut text = date(seconds.div_euclid(DAY_S));
    let of_day = seconds.rem_euclid(DAY_S);
    let _ = write!(text, "T{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
    fraction(&mut text, nanos);
    text.push('Z');
    text
}

/// A day, by its number since 1970-01-01 (proleptic Gregorian calendar).
fn date(days: i64) -> String {
    // Days since 0000-03-01, in eras of 400 years; seconds of 64 bits are far fewer days than overflow here.
    let shifted = days.saturating_add(719_468);
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{}-{month:02}-{day:02}", Year(year))
}

/// A year of four digits at least; one that has more is signed.
pub(super) struct Year(pub(super) i64);

impl std::fmt::Display for Year {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            year @ 0..=9999 => write!(f, "{year:04}"),
            year if year > 0 => write!(f, "+{year}"),
            year => write!(f, "-{:04}", year.unsigned_abs()),
        }
    }
}

/// `.016`, with as many groups of three digits as are needed.
pub(super) fn fraction(text: &mut String, nanos: u32) {
    let _ = match nanos {
        0 => Ok(()),
        _ if nanos.is_multiple_of(1_000_000) => write!(text, ".{:03}", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1000) => write!(text, ".{:06}", nanos / 1000),
        _ => write!(text, ".{nanos:09}"),
    };
}

/// An offset from UTC in seconds: `+01:00`, `Z`.
pub(super) fn offset(seconds: i32) -> String {
    if seconds == 0 {
        return "Z".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let mut text = format!("{sign}{:02}:{:02}", all / 3600, all / 60 % 60);
    if !all.is_multiple_of(60) {
        let _ = write!(text, ":{:02}", all % 60);
    }
    text
}

/// A length of time, whose nanoseconds count upwards from its seconds: `PT1H0.5S`.
pub(super) fn duration(seconds: i64, nanos: u32) -> String {
    if (seconds, nanos) == (0, 0) {
        return "PT0S".into();
    }
    // Below zero the fraction is what lacks to the next second.
    let below = seconds < 0 && nanos > 0;
    let whole = if below { seconds.saturating_add(1) } else { seconds };
    let (hours, minutes, rest) = (whole / 3600, whole % 3600 / 60, whole % 60);
    let mut text = String::from("PT");
    if hours != 0 {
        let _ = write!(text, "{hours}H");
    }
    if minutes != 0 {
        let _ = write!(text, "{minutes}M");
    }
    if rest != 0 || nanos != 0 {
        let sign = if below && rest == 0 { "-" } else { "" };
        let _ = write!(text, "{sign}{rest}");
        if nanos > 0 {
            let shown = if below { 1_000_000_000u32.saturating_sub(nanos) } else { nanos };
            let digits = format!("{shown:09}");
            let _ = write!(text, ".{}", digits.trim_end_matches('0'));
        }
        text.push('S');
    }
    text
}

/// The point in time that a text names, in seconds since 1970 and nanoseconds: a day (its beginning in UTC), or a day and a time
/// with an offset. `None`: it is neither.
pub(super) fn parse(text: &str) -> Option<(i64, u32)> {
    let (day, rest) = text.split_at_checked(10)?;
    let days = parse_day(day)?;
    if rest.is_empty() {
        return Some((days * DAY_S, 0));
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, time) = time.split_at_checked(5)?;
    let (hours, minutes) = pair(clock, ':')?;
    let (seconds, time) = match time.strip_prefix(':') {
        Some(rest) => {
            let (seconds, rest) = rest.split_at_checked(2)?;
            (number(seconds)?, rest)
        }
        None => (0, time),
    };
    let (nanos, zone) = match time.strip_prefix('.') {
        Some(rest) => {
            let len = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, rest) = rest.split_at_checked(len).filter(|_| (1..=9).contains(&len))?;
            (format!("{digits:0<9}").parse::<u32>().ok()?, rest)
        }
        None => (0, time),
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let zone = zone.strip_prefix(['+', '-'])?;
            let (hours, minutes) = match zone.len() {
                5 => pair(zone, ':')?,
                4 => (number(zone.get(..2)?)?, number(zone.get(2..)?)?),
                _ => (number(zone)?, 0),
            };
            if hours > 18 || minutes > 59 || zone.len() < 2 {
                return None;
            }
            sign * (hours * 3600 + minutes * 60)
        }
    };
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some((days * DAY_S + hours * 3600 + minutes * 60 + seconds - offset, nanos))
}

pub(super) fn parse_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let len = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=len).contains(&day) {
        return None;
    }
    // The reverse of `date`: years begin in March.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468)
}

/// Two numbers of two digits.
fn pair(text: &str, between: char) -> Option<(i64, i64)> {
    let (a, b) = text.split_once(between)?;
    if (a.len(), b.len()) == (2, 2) { Some((number(a)?, number(b)?)) } else { None }
}

fn number(digits: &str) -> Option<i64> {
    let good = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    good.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn points_in_time() {
        let cases = [
            (0, 0, "1970-01-01T00:00:00Z"),
            (-1, 999_000_000, "1969-12-31T23:59:59.999Z"),
            (1_700_000_000, 123_000_000, "2023-11-14T22:13:20.123Z"),
            (1_709_212_455, 16_000, "2024-02-29T13:14:15.000016Z"),
            (253_402_300_799, 1, "9999-12-31T23:59:59.000000001Z"),
            (253_402_300_800, 0, "+10000-01-01T00:00:00Z"),
            (-62_167_219_200, 0, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, 0, "-0001-12-31T23:59:59Z"),
            (9_223_372_036_854_775, 807_000_000, "+292278994-08-17T07:12:55.807Z"),
        ];
        for (seconds, nanos, expected) in cases {
            assert_eq!(instant(seconds, nanos), expected);
        }
        assert!(instant(i64::MIN, 0).starts_with('-') && instant(i64::MAX, 0).starts_with('+'));
    }

    #[test]
    fn lengths_of_time_as_java_prints_them() {
        let cases = [
            (0, 0, "PT0S"),
            (90, 500_000_000, "PT1M30.5S"),
            (3600, 0, "PT1H"),
            (3661, 1, "PT1H1M1.000000001S"),
            (-1, 500_000_000, "PT-0.5S"),
            (-2, 500_000_000, "PT-1.5S"),
            (-90, 0, "PT-1M-30S"),
            (86_400, 0, "PT24H"),
        ];
        for (seconds, nanos, expected) in cases {
            assert_eq!(duration(seconds, nanos), expected);
        }
        duration(i64::MIN, u32::MAX);
    }

    #[test]
    fn offsets() {
        for (seconds, expected) in [(0, "Z"), (3600, "+01:00"), (-12_600, "-03:30"), (1, "+00:00:01")] {
            assert_eq!(offset(seconds), expected);
        }
        offset(i32::MIN);
    }

    #[test]
    fn texts_that_name_a_point_in_time() {
        let cases = [
            ("1970-01-01", Some((0, 0))),
            ("2023-11-14T22:13:20.123Z", Some((1_700_000_000, 123_000_000))),
            ("2023-11-14T23:13:20+01:00", Some((1_700_000_000, 0))),
            ("2023-11-14 23:13:20.5+0100", Some((1_700_000_000, 500_000_000))),
            ("2023-11-14T18:43-0330", Some((1_699_999_980, 0))),
            ("2023-11-14T22:13:20", None),
            ("2023-02-29", None),
            ("2024-13-01", None),
            ("2024-00-01", None),
            ("2024-01-00", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T10:00:00.Z", None),
            ("2024-01-01T10:00:00.1234567890Z", None),
            ("2024-01-01T10:00:00+1", None),
            ("2024-01-01T10:00:00+é0", None),
            ("2024-01-0é", None),
            ("+024-01-01", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in -62_167_219_200i64..253_402_300_800, nanos in 0u32..1_000_000_000) {
            prop_assert_eq!(parse(&instant(seconds, nanos)), Some((seconds, nanos)));
        }

        #[test]
        fn whatever_comes_is_a_time_or_none(text in ".{0,40}", seconds: i64, nanos: u32) {
            let _ = parse(&text);
            instant(seconds, nanos);
            duration(seconds, nanos);
        }
    }
}
