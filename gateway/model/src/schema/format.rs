//! The values of the `format` keyword that are checked.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format this validator knows; others are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Ipv4,
    Ipv6,
    Email,
    Hostname,
    Uuid,
    Date,
    DateTime,
    Uri,
}

impl Format {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "email" => Self::Email,
            "hostname" => Self::Hostname,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "date-time" => Self::DateTime,
            "uri" => Self::Uri,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Email => "email",
            Self::Hostname => "hostname",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::DateTime => "date-time",
            Self::Uri => "uri",
        }
    }

    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Email => email(text),
            Self::Hostname => hostname(text),
            Self::Uuid => uuid(text),
            Self::Date => date(text),
            Self::DateTime => date_time(text),
            Self::Uri => uri(text),
        }
    }
}

fn email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !local.contains(|c: char| c.is_whitespace() || c == '@') && hostname(domain)
    })
}

/// RFC 1123 §2.1.
fn hostname(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A number of exactly `width` digits within the range.
fn digits(text: &str, width: usize, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
    if text.len() != width || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|n| range.contains(n))
}

/// `full-date` of RFC 3339 §5.6.
fn date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Some(year), Some(month)) = (digits(year, 4, 0..=9999), digits(month, 2, 1..=12)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    digits(day, 2, 1..=last).is_some()
}

/// `date-time` of RFC 3339 §5.6.
fn date_time(text: &str) -> bool {
    let Some((day, time)) = text.split_once(['T', 't', ' ']) else { return false };
    let (clock, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let zoned = zone.eq_ignore_ascii_case("z")
        || zone
            .get(1..)
            .and_then(|z| z.split_once(':'))
            .is_some_and(|(hours, minutes)| digits(hours, 2, 0..=23).is_some() && digits(minutes, 2, 0..=59).is_some());
    let (whole, fraction) = clock.split_once('.').map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let told = parts.next().is_some_and(|h| digits(h, 2, 0..=23).is_some())
        && parts.next().is_some_and(|m| digits(m, 2, 0..=59).is_some())
        && parts.next().is_some_and(|s| digits(s, 2, 0..=60).is_some())
        && parts.next().is_none();
    date(day) && zoned && told && fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()))
}

/// A scheme and something behind it, without blanks (RFC 3986 §3).
fn uri(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && !rest.is_empty()
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_takes_its_own() {
        let cases: &[(Format, &[&str], &[&str])] = &[
            (Format::Ipv4, &["127.0.0.1"], &["127.0.0", "256.1.1.1", "::1", "1.2.3.4/8"]),
            (Format::Ipv6, &["::1", "fe80::1", "::ffff:1.2.3.4"], &["127.0.0.1", ":::", "g::"]),
            (Format::Email, &["a@b.org"], &["a", "@b", "a b@c.org", "a@@b"]),
            (Format::Hostname, &["a.b-c", "localhost"], &["", "-a", "a..b", "a_b"]),
            (Format::Uuid, &["123e4567-e89b-12d3-a456-426614174000"], &["123e4567", ""]),
            (Format::Date, &["2024-02-29"], &["2023-02-29", "2024-13-01", "2024-1-01"]),
            (Format::DateTime, &["2024-02-29T12:00:00Z", "2024-02-29t12:00:60.5+01:00"], &["2024-02-29", "x"]),
            (Format::Uri, &["http://a/b", "urn:x"], &["a/b", "http:", "http://a b"]),
        ];
        for (format, good, bad) in cases {
            assert_eq!(Format::from_name(format.name()), Some(*format));
            good.iter().for_each(|text| assert!(format.fits(text), "{format:?} refuses {text}"));
            bad.iter().for_each(|text| assert!(!format.fits(text), "{format:?} takes {text}"));
        }
    }
}
