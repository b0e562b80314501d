//! Times and sizes as people write them.

use std::time::Duration;

/// `500ms`, `60s`, `1m30s`, `1h`, `1d`, or a plain number of `plain_ms` milliseconds each (fractions allowed). nginx's `M`
/// (months) and `y` are not taken.
pub(super) fn duration(text: &str, plain_ms: u64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number * plain_ms as f64 / 1000.0);
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            _ => return None,
        };
        total = total.checked_add(seconds(number.parse::<f64>().ok()? * scale)?)?;
        rest = tail.trim_start();
    }
    (!text.is_empty()).then_some(total)
}

/// `8192`, `8k`, `8K`, `8KiB`, `1m`, `1g`: powers of 1024, as nginx reads them.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

/// A time in the largest unit that shows it exactly.
pub(super) fn show_ms(ms: u64) -> String {
    match ms {
        0 => "0".into(),
        _ if ms.is_multiple_of(86_400_000) => format!("{}d", ms / 86_400_000),
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
        _ => format!("{ms}ms"),
    }
}

/// A size in the largest unit that shows it exactly.
pub(super) fn show_bytes(bytes: u64) -> String {
    match bytes {
        0 => "0".into(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{}g", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{}m", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{}k", bytes >> 10),
        _ => bytes.to_string(),
    }
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number)
        .ok()
        .map(|d| Duration::from_millis(u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let cases: &[(&str, Option<u64>)] = &[
            ("60s", Some(60_000)),
            ("500ms", Some(500)),
            ("1m30s", Some(90_000)),
            ("1h 5m", Some(3_900_000)),
            ("0.1", Some(100)),
            ("5", Some(5000)),
            ("1.5s", Some(1500)),
            ("0", Some(0)),
            ("", None),
            ("s", None),
            ("-1", None),
            ("5 parsecs", None),
            ("1e300", None),
            ("nan", None),
            ("inf", None),
            ("1.1.1s", None),
        ];
        for (text, ms) in cases {
            assert_eq!(duration(text, 1000), ms.map(Duration::from_millis), "{text}");
        }
        assert_eq!(duration("250", 1), Some(Duration::from_millis(250)));
    }

    #[test]
    fn sizes() {
        let cases: &[(&str, Option<u64>)] = &[
            ("8192", Some(8192)),
            ("8k", Some(8192)),
            ("8KiB", Some(8192)),
            ("1m", Some(1 << 20)),
            ("2G", Some(2 << 30)),
            ("0", Some(0)),
            ("k", None),
            ("-1", None),
            ("1.5k", None),
            ("99999999999999999999", None),
            ("18446744073709551615g", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(size(text), *bytes, "{text}");
        }
    }

    #[test]
    fn shown_values_read_back() {
        for ms in [0, 1, 999, 1000, 1500, 60_000, 5_400_000, 86_400_000] {
            assert_eq!(duration(&show_ms(ms), 1), Some(Duration::from_millis(ms)));
        }
        for bytes in [0, 1, 1000, 1024, 65536, 1_572_864, 1 << 30] {
            assert_eq!(size(&show_bytes(bytes)), Some(bytes));
        }
    }
}
