//! Text from the server cannot drive the terminal: control characters (C0, DEL, C1) and the characters that reorder
//! or hide text are shown escaped.

use std::fmt::Write as _;

/// For one line of a table or a message: line breaks are escaped too.
pub(crate) fn line(text: &str) -> String {
    escape(text, |_| false)
}

/// For text of several lines: line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// For JSON text as `serde_json` writes it: what it leaves as it is (DEL, C1, reordering) becomes `\uXXXX`, which
/// means the same to every parser.
pub(crate) fn json(text: &str) -> String {
    json_of(text.to_owned())
}

/// The same of a text that nobody else needs, which may be long.
pub(crate) fn json_of(text: String) -> String {
    if !text.chars().any(|c| c != '\n' && is_dangerous(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c != '\n' && is_dangerous(c) {
            // All of them are in the basic plane: one escape each.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character could move the cursor, change colours, or make text look like other text.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    if !text.chars().any(|c| is_dangerous(c) && !keep(c)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_dangerous(c) || keep(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_what_drives_a_terminal() {
        assert_eq!(line("a\u{1b}[31mb\n\u{9b}c\u{202e}d"), "a\\u{1b}[31mb\\n\\u{9b}c\\u{202e}d");
        assert_eq!(lines("a\nb\tc\r"), "a\nb\tc\\r");
        assert_eq!(line("grüße 中文"), "grüße 中文");
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(text in any::<String>()) {
            prop_assert!(!line(&text).chars().any(is_dangerous));
        }

        #[test]
        fn json_keeps_its_meaning(text in any::<String>()) {
            let written = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(!written.chars().any(is_dangerous));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
