//! Days, clocks and lengths of time of no certain point in time, as ISO 8601 has them.

use super::time;

/// Year, month and day.
pub(super) type Day = (i32, i32, i32);

/// Hour, minute, second and nanoseconds.
pub(super) type Clock = (i32, i32, i32, i32);

/// `2024-02-29`, with years of four digits.
pub(super) fn day(text: &str) -> Option<Day> {
    time::parse_day(text)?;
    let mut parts = text.split('-').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// `13:14:15.016`; seconds and their fraction may be left out.
pub(super) fn clock(text: &str) -> Option<Clock> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(two);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next();
    if parts.next().is_some() || text.ends_with('.') || second.is_none() && !fraction.is_empty() {
        return None;
    }
    let second = second.unwrap_or(Some(0))?;
    let good = fraction.len() <= 9 && fraction.bytes().all(|b| b.is_ascii_digit());
    let nanos = format!("{fraction:0<9}").parse().ok().filter(|_| good)?;
    (hour < 24 && minute < 60 && second < 60).then_some((hour, minute, second, nanos))
}

/// A day and a clock, with `T` between them.
pub(super) fn day_and_clock(text: &str) -> Option<(Day, Clock)> {
    let (date, rest) = text.split_once(['T', 't'])?;
    Some((day(date)?, clock(rest)?))
}

/// A day, a clock and an offset in seconds, `+01:00` or `Z`.
pub(super) fn with_offset(text: &str) -> Option<(Day, Clock, i32)> {
    let (local, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(local) => (local, 0),
        None => {
            let at = text.rfind(['+', '-']).filter(|at| *at > 10)?;
            let (local, zone) = text.split_at_checked(at)?;
            (local, offset(zone)?)
        }
    };
    let (date, time) = day_and_clock(local)?;
    Some((date, time, zone))
}

fn offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (two(hours)?, two(minutes)?),
        None if digits.len() == 4 => (two(digits.get(..2)?)?, two(digits.get(2..)?)?),
        None => (two(digits)?, 0),
    };
    let seconds = hours * 3600 + minutes * 60;
    (minutes < 60 && seconds <= 18 * 3600).then_some(sign * seconds)
}

/// `PT1H30M2.5S`, `P1DT2H`, `-PT3S`: seconds, and nanoseconds that count upwards from them.
pub(super) fn duration(text: &str) -> Option<(i64, i32)> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = rest.strip_prefix('P')?;
    let (days, clock) = rest.split_once('T').map_or((rest, None), |(days, clock)| (days, Some(clock)));
    let mut nanos: i128 = 0;
    let mut some = false;
    if !days.is_empty() {
        nanos = amount(days.strip_suffix('D')?)?.checked_mul(86_400)?;
        some = true;
    }
    let mut left = clock.unwrap_or_default();
    for (unit, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
        let Some((number, rest)) = left.split_once(unit) else { continue };
        if unit != 'S' && number.contains('.') {
            return None;
        }
        nanos = nanos.checked_add(amount(number)?.checked_mul(seconds)?)?;
        left = rest;
        some = true;
    }
    if !some || !left.is_empty() || clock == Some("") || days.contains('.') {
        return None;
    }
    let nanos = if negative { nanos.checked_neg()? } else { nanos };
    let seconds = i64::try_from(nanos.div_euclid(GIGA)).ok()?;
    Some((seconds, i32::try_from(nanos.rem_euclid(GIGA)).ok()?))
}

const GIGA: i128 = 1_000_000_000;

/// A number of seconds, hours or days with a sign and a fraction, in billionths.
fn amount(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let good =
        |digits: &str, most| !digits.is_empty() && digits.len() <= most && digits.bytes().all(|b| b.is_ascii_digit());
    if !good(whole, 18) || !good(fraction, 9) {
        return None;
    }
    let nanos = whole.parse::<i128>().ok()? * GIGA + format!("{fraction:0<9}").parse::<i128>().ok()?;
    Some(if negative { -nanos } else { nanos })
}

/// A number of two digits.
fn two(text: &str) -> Option<i32> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_of_time() {
        assert_eq!(day("2024-02-29"), Some((2024, 2, 29)));
        assert_eq!(day("2023-02-29"), None);
        assert_eq!(clock("13:14:15.016"), Some((13, 14, 15, 16_000_000)));
        assert_eq!(clock("13:14"), Some((13, 14, 0, 0)));
        for bad in
            ["", "13", "24:00:00", "13:60", "13:14:60", "13:14:15.", "13:14.5", "13:14:15.1234567890", "1:2:3", "+1:14"]
        {
            assert_eq!(clock(bad), None, "{bad}");
        }
        assert_eq!(day_and_clock("2024-02-29T13:14"), Some(((2024, 2, 29), (13, 14, 0, 0))));
        assert_eq!(with_offset("2024-02-29T13:14:15+01:00").map(|it| it.2), Some(3600));
        assert_eq!(with_offset("2024-02-29T13:14:15-0330").map(|it| it.2), Some(-12_600));
        assert_eq!(with_offset("2024-02-29T13:14:15Z").map(|it| it.2), Some(0));
        for bad in ["2024-02-29T13:14:15", "2024-02-29T13:14:15+19:00", "2024-02-29", "é", "2024-02-29T13:14:15+1"] {
            assert_eq!(with_offset(bad), None, "{bad}");
        }
    }

    #[test]
    fn lengths_of_time() {
        for (text, expected) in [
            ("PT0S", Some((0, 0))),
            ("PT1M30.5S", Some((90, 500_000_000))),
            ("PT-0.5S", Some((-1, 500_000_000))),
            ("PT-1M-30S", Some((-90, 0))),
            ("-PT3S", Some((-3, 0))),
            ("P1DT2H", Some((93_600, 0))),
            ("P2D", Some((172_800, 0))),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("PT5", None),
            ("PT1S1M", None),
            ("PT1.5H", None),
            ("P1.5D", None),
            ("P1Y", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_length_of_time_is_read_as_it_is_written(seconds in -(1i64 << 50)..1 << 50, nanos in 0i32..1_000_000_000) {
            prop_assert_eq!(duration(&time::duration(seconds, nanos as u32)), Some((seconds, nanos)));
        }

        #[test]
        fn whatever_comes_is_one_or_none(text in r"[-+PTDHMSZ0-9:.é]{0,30}") {
            let _ = (day(&text), clock(&text), day_and_clock(&text), with_offset(&text), duration(&text));
        }
    }
}
