//! Moments as people and machines read them, without a time-zone library: UTC in machine formats, "3m ago" on a terminal.

/// The moment at which a command runs (or any other), in Unix seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Now {
    seconds: i64,
    /// Whether times are shown relative to it.
    relative: bool,
}

const DAY: i64 = 86_400;

impl Now {
    pub(crate) fn at(seconds: i64) -> Now {
        Now { seconds, relative: false }
    }

    /// Times shown by [`Now::show`] become "3m ago".
    pub(crate) fn relative(self, relative: bool) -> Now {
        Now { relative, ..self }
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.seconds
    }

    /// Whole days from now until then, negative once it has passed.
    pub(crate) fn days_until(self, then: i64) -> i64 {
        then.saturating_sub(self.seconds).div_euclid(DAY)
    }

    /// A past moment: relative or as [`Now::rfc3339`].
    pub(crate) fn show(self, then: i64) -> String {
        let ago = self.seconds.saturating_sub(then);
        if !self.relative || ago < 0 {
            return Now::at(then).rfc3339();
        }
        match ago {
            0..60 => format!("{ago}s ago"),
            60..3_600 => format!("{}m ago", ago / 60),
            3_600..DAY => format!("{}h ago", ago / 3_600),
            _ => format!("{}d ago", ago / DAY),
        }
    }

    /// `2026-11-25`, in UTC.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil(self.seconds.div_euclid(DAY));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `2026-11-25T20:59:06Z` (RFC 3339).
    pub(crate) fn rfc3339(self) -> String {
        let rest = self.seconds.rem_euclid(DAY);
        format!("{}T{:02}:{:02}:{:02}Z", self.date(), rest / 3_600, rest / 60 % 60, rest % 60)
    }
}

/// The Gregorian date of a day counted from 1970-01-01. Years are taken to begin in March, so that the leap day is the
/// last of its year, and 400 years are one cycle of 146,097 days.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day.saturating_add(719_468);
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Now::at(seconds).rfc3339(), text);
        }
    }

    #[test]
    fn relative_times_and_days() {
        let now = Now::at(1_000_000).relative(true);
        for (ago, text) in [(5, "5s ago"), (190, "3m ago"), (7_300, "2h ago"), (200_000, "2d ago")] {
            assert_eq!(now.show(1_000_000 - ago), text);
        }
        assert_eq!(now.show(2_000_000), "1970-01-24T03:33:20Z");
        assert_eq!(now.days_until(1_000_000 + 3 * DAY + 5), 3);
        assert_eq!(now.days_until(999_999), -1);
    }
}
