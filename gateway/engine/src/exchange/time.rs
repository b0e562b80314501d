//! Dates as logs write them, in UTC. A clock that is out of the years 1970 to 9999, the ones that every form of a date can
//! tell, is taken for the nearest second within.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second of the year 9999.
const LAST: u64 = 253_402_300_799;

/// The wall clock as a date of HTTP can tell it (RFC 9110 §5.6.7 has four digits for the year).
pub fn tellable(now: SystemTime) -> SystemTime {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH.checked_add(since.min(Duration::from_secs(LAST))).unwrap_or(UNIX_EPOCH)
}

/// Year, month, day, hour, minute, second of a Unix time (days to civil date, proleptic Gregorian calendar).
fn civil(unix_s: u64) -> (u64, usize, u64, u64, u64, u64) {
    let unix_s = unix_s.min(LAST);
    let days = unix_s / 86_400;
    let rest = unix_s % 86_400;
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day, rest / 3600, rest / 60 % 60, rest % 60)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2026-11-25T21:03:00+00:00`.
pub fn iso8601(unix_s: u64) -> String {
    let (year, month, day, h, m, s) = civil(unix_s);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}+00:00")
}

/// `25/Nov/2026:21:03:00 +0000`, the common log format.
pub fn common_log(unix_s: u64) -> String {
    let (year, month, day, h, m, s) = civil(unix_s);
    let name = MONTHS.get(month - 1).copied().unwrap_or("Jan");
    format!("{day:02}/{name}/{year:04}:{h:02}:{m:02}:{s:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (unix, iso, log) in [
            (0, "1970-01-01T00:00:00+00:00", "01/Jan/1970:00:00:00 +0000"),
            (951_782_400, "2000-02-29T00:00:00+00:00", "29/Feb/2000:00:00:00 +0000"),
            (1_795_986_180, "2026-11-29T21:03:00+00:00", "29/Nov/2026:21:03:00 +0000"),
            (LAST, "9999-12-31T23:59:59+00:00", "31/Dec/9999:23:59:59 +0000"),
            (LAST + 1, "9999-12-31T23:59:59+00:00", "31/Dec/9999:23:59:59 +0000"),
            (u64::MAX, "9999-12-31T23:59:59+00:00", "31/Dec/9999:23:59:59 +0000"),
            (4_107_542_399, "2100-02-28T23:59:59+00:00", "28/Feb/2100:23:59:59 +0000"),
        ] {
            assert_eq!(iso8601(unix), iso);
            assert_eq!(common_log(unix), log);
        }
    }

    #[test]
    fn clocks_that_are_out_of_bounds() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let ago = |seconds| UNIX_EPOCH - Duration::from_secs(seconds);
        for (clock, told) in [
            (at(1_795_986_180), at(1_795_986_180)),
            (UNIX_EPOCH, UNIX_EPOCH),
            (ago(1), UNIX_EPOCH),
            (ago(1 << 40), UNIX_EPOCH),
            (at(LAST), at(LAST)),
            (at(LAST + 1), at(LAST)),
            (at(1 << 62), at(LAST)),
        ] {
            assert_eq!(tellable(clock), told);
        }
    }
}
