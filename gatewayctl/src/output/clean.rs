//! Text from the server cannot drive the terminal, nor look like other text: control characters (C0, DEL, C1) and the
//! characters that reorder text or are not to be seen are shown escaped.

use std::fmt::Write as _;

/// For one line of a table or a message: line breaks are escaped too.
pub(crate) fn line(text: &str) -> String {
    escape(text, |_| false)
}

/// For text of several lines: line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// For JSON text as `serde_json` writes it: what it leaves as it is (DEL, C1, reordering, invisible) becomes `\uXXXX`, which
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
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character could move the cursor, change colours, or make text look like other text.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control() || (c >= '\u{ad}' && is_invisible(c))
}

/// Format characters (category Cf), the ends of lines and paragraphs, and letters that have no shape: nobody sees that they are
/// there, or they change how others look. Marks that choose the form of the character before them are not among them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
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
        assert_eq!(line("grüße 中文 ❤\u{fe0f} e\u{301} שלום"), "grüße 中文 ❤\u{fe0f} e\u{301} שלום");
    }

    #[test]
    fn escapes_what_nobody_sees() {
        let text = "a\u{200d}b\u{600}c\u{6dd}d\u{70f}e\u{e0041}f\u{ad}g\u{feff}";
        assert_eq!(line(text), "a\\u{200d}b\\u{600}c\\u{6dd}d\\u{70f}e\\u{e0041}f\\u{ad}g\\u{feff}");
        assert_eq!(json("\"\u{e0041}\u{200d}\""), "\"\\udb40\\udc41\\u200d\"");
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

        #[test]
        fn invisible_json_keeps_its_meaning(text in "[a\u{ad}\u{200d}\u{e0041}\u{110bd}\u{fff9}]{0,6}") {
            let written = json(&serde_json::to_string(&text).unwrap());
            prop_assert!(written.is_ascii());
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
