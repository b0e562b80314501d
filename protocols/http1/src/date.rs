//! The `Date` line, rendered once a second.

use gateway_engine::exchange::time::tellable;
use gateway_engine::worker::now_ms;
use std::cell::Cell;
use std::time::SystemTime;

/// `Date: Thu, 01 Jan 1970 00:00:00 GMT CRLF`.
pub(crate) type Line = [u8; 37];

/// The line as of now.
#[inline]
pub(crate) fn line() -> Line {
    let second = now_ms() / 1000;
    match NOW.get() {
        (known, line) if known == second => line,
        _ => render(second),
    }
}

thread_local! {
    static NOW: Cell<(u64, Line)> = const { Cell::new((u64::MAX, [b' '; 37])) };
}

#[cold]
fn render(second: u64) -> Line {
    let line = line_at(SystemTime::now());
    NOW.set((second, line));
    line
}

fn line_at(now: SystemTime) -> Line {
    let text = format!("Date: {}\r\n", httpdate::fmt_http_date(tellable(now)));
    text.as_bytes().first_chunk().copied().unwrap_or([b' '; 37])
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_line_is_a_date_of_the_usual_form() {
        let line = super::line();
        let text = std::str::from_utf8(&line).unwrap().strip_prefix("Date: ").unwrap().strip_suffix("\r\n").unwrap();
        assert!(httpdate::parse_http_date(text).is_ok(), "{text}");
    }

    #[test]
    fn a_clock_that_is_out_of_bounds_has_a_date() {
        use std::time::{Duration, UNIX_EPOCH};
        let far = Duration::from_secs(1 << 40);
        for (clock, expected) in [
            (UNIX_EPOCH - far, "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
            (UNIX_EPOCH + far, "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
        ] {
            assert_eq!(std::str::from_utf8(&super::line_at(clock)).unwrap(), expected);
        }
    }
}
