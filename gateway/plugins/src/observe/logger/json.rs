//! JSON of entries, written straight into their bytes. Whatever a client sends, an entry stays one object on one line.

/// The longest text of an entry that is no body (`hardening` §7).
const FIELD_BYTES: usize = 8 << 10;

/// What stands in the place of a credential.
pub(in crate::observe) const MASK: &[u8] = b"***";

/// A text of at most [`FIELD_BYTES`].
pub(in crate::observe) fn field(text: &[u8], out: &mut Vec<u8>) {
    string(text.get(..FIELD_BYTES).unwrap_or(text), out);
}

/// A text of any length. Bytes that are not UTF-8 become `\xHH`.
pub(in crate::observe) fn string(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        plain(chunk.valid().as_bytes(), out);
        for byte in chunk.invalid() {
            out.extend_from_slice(b"\\\\x");
            hex(*byte, out);
        }
    }
    out.push(b'"');
}

fn plain(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b < 0x20 || matches!(b, b'"' | b'\\' | 0x7f)) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let Some((byte, after)) = after.split_first() else { break };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                out.extend_from_slice(b"\\u00");
                hex(*control, out);
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}

fn hex(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Below 16 both.
    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// A whole number.
pub(in crate::observe) fn number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// An object that is being written, member by member.
pub(in crate::observe) struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    /// Begins one.
    pub(in crate::observe) fn begin(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, empty: true }
    }

    /// Where the value of the next member goes; its name must need no escapes.
    pub(in crate::observe) fn member(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Where the value of the next member goes; its name is anything, written as JSON already.
    pub(in crate::observe) fn named(&mut self, name: &[u8]) -> &mut Vec<u8> {
        self.comma();
        self.out.extend_from_slice(name);
        self.out.push(b':');
        self.out
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
    }

    /// A member that is a text.
    pub(in crate::observe) fn text(&mut self, name: &str, text: &[u8]) {
        field(text, self.member(name));
    }

    /// A member that is a number.
    pub(in crate::observe) fn number(&mut self, name: &str, value: u64) {
        number(value, self.member(name));
    }

    /// Ends it.
    pub(in crate::observe) fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &[u8]) -> String {
        let mut out = Vec::new();
        string(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain \xc3\xa9", "\"plain \u{e9}\""),
            (b"a\"b\\c\n\r\t\x00\x7f", r#""a\"b\\c\n\r\t\u0000\u007f""#),
            (b"\xff\xfeok\xc3", r#""\\xff\\xfeok\\xc3""#),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), *expected);
        }
    }

    #[test]
    fn a_field_is_bounded_a_body_is_not() {
        let mut out = Vec::new();
        field(&vec![b'a'; 100_000], &mut out);
        assert_eq!(out.len(), FIELD_BYTES + 2);
        assert_eq!(written(&vec![b'a'; 100_000]).len(), 100_002);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_one_line_of_json(text in prop::collection::vec(any::<u8>(), 0..80)) {
            let written = written(&text);
            prop_assert!(!written.bytes().any(|b| b < 0x20));
            let back: String = serde_json::from_str(&written).unwrap();
            if let Ok(same) = std::str::from_utf8(&text) {
                prop_assert_eq!(back, same);
            }
        }
    }
}
