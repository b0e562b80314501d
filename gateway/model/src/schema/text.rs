//! The spelling of values in messages: as Lua prints them.

use std::fmt::Write;

use serde_json::Value;

/// The name of a value's type as Lua's `type` gives it.
pub(crate) fn lua_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "userdata",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "table",
    }
}

/// A string as Lua's `%q` prints it: in quotes, with quotes, backslashes and line ends escaped by a backslash and
/// other control characters as decimal escapes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' | '\n' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_control() => {
                // Three digits only where a digit follows: the short form would swallow it.
                let wide = chars.peek().is_some_and(char::is_ascii_digit);
                let code = u32::from(c);
                let _ = if wide { write!(out, "\\{code:03}") } else { write!(out, "\\{code}") };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A number as C's `%.14g` prints it: `0.1`, `65536`, `1e-05`, `1e+15`.
pub fn number(x: f64) -> String {
    const DIGITS: i32 = 14;
    if x == 0.0 {
        return if x.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    if !x.is_finite() {
        return if x.is_nan() {
            "nan".into()
        } else if x > 0.0 {
            "inf".into()
        } else {
            "-inf".into()
        };
    }
    let scientific = format!("{x:.13e}");
    // `{:e}` always writes an exponent; without one the text is as good as it gets.
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
        return trimmed(&format!("{x:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

/// Without the zeros behind the point that say nothing.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_percent_g() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (0.1, "0.1"),
            (0.00001, "1e-05"),
            (0.0001, "0.0001"),
            (65536.0, "65536"),
            (1e15, "1e+15"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (1.0 / 3.0, "0.33333333333333"),
            (1e100, "1e+100"),
            (f64::INFINITY, "inf"),
        ];
        for (x, text) in cases {
            assert_eq!(number(*x), *text);
        }
    }

    #[test]
    fn strings_print_as_percent_q() {
        assert_eq!(quoted("$#^@"), "\"$#^@\"");
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\\nd\"");
        assert_eq!(quoted("\r1\u{1}x\u{7f}"), "\"\\0131\\1x\\127\"");
    }
}
