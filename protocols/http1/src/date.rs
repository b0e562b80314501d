//! The `Date` line, rendered once a second.

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
    let mut line = [b' '; 37];
    let text = format!("Date: {}\r\n", httpdate::fmt_http_date(SystemTime::now()));
    if let Some(text) = text.as_bytes().first_chunk() {
        line = *text;
    }
    NOW.set((second, line));
    line
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_line_is_a_date_of_the_usual_form() {
        let line = super::line();
        let text = std::str::from_utf8(&line).unwrap().strip_prefix("Date: ").unwrap().strip_suffix("\r\n").unwrap();
        assert!(httpdate::parse_http_date(text).is_ok(), "{text}");
    }
}
