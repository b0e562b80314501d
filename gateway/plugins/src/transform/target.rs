//! Targets and locations that are made of what a client sent, written so that no byte of it can end a line or begin a word.

use gateway_engine::expr::{Lookup, Value, Var};
use gateway_engine::path::{self, BadPath};
use gateway_engine::regex::Groups;

/// Values of an exchange, and the groups of a regular expression as `$1`, `$2`….
pub(crate) struct WithGroups<'a> {
    pub(crate) values: &'a dyn Lookup,
    /// The groups, and the text they lie in.
    pub(crate) groups: Option<(&'a Groups, &'a [u8])>,
}

impl Lookup for WithGroups<'_> {
    fn var(&self, var: &Var) -> Option<Value<'_>> {
        match (var, self.groups) {
            (Var::Capture(number), Some((groups, text))) => {
                let number = usize::try_from(*number).ok()?;
                groups.text(number, text).map(Value::from)
            }
            _ => self.values.var(var),
        }
    }
}

/// Appends a rewritten target: its path percent-encoded where a path must be, in its query controls, spaces, `#` and 8-bit
/// bytes.
pub(crate) fn escape(target: &[u8], out: &mut Vec<u8>) {
    let (path, query) = split_query(target);
    path::escape(path, out);
    keep(query, out);
}

/// As [`escape`], for a target that is made of values: its path is brought into the normal form again.
///
/// # Errors
/// As [`path::rewritten`].
pub(crate) fn rewritten(target: &[u8], out: &mut Vec<u8>) -> Result<(), BadPath> {
    let (path, query) = split_query(target);
    path::rewritten(path, out)?;
    keep(query, out);
    Ok(())
}

/// The path, and the query with its `?`.
pub(crate) fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(b'?', target).unwrap_or(target.len());
    target.split_at_checked(at).unwrap_or((target, &[]))
}

/// Appends text percent-encoding only what may stand in no target at all.
pub(crate) fn keep(text: &[u8], out: &mut Vec<u8>) {
    text.iter().for_each(|byte| escape_unfit(*byte, out));
}

/// Appends a location: only controls percent-encoded, which could end the header.
pub(crate) fn keep_location(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        if byte.is_ascii_control() { encode(byte, out) } else { out.push(byte) }
    }
}

/// Appends a query behind what is there: with `&` if there is one already, else with `?`.
pub(crate) fn append_query(query: &[u8], out: &mut Vec<u8>) {
    out.push(if out.contains(&b'?') { b'&' } else { b'?' });
    out.extend_from_slice(query);
}

fn escape_unfit(byte: u8, out: &mut Vec<u8>) {
    if byte.is_ascii_graphic() && byte != b'#' { out.push(byte) } else { encode(byte, out) }
}

fn encode(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    // Both below 16.
    out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes() {
        let cases = [
            ("/a b?c d#e\r\n", "/a%20b?c%20d%23e%0D%0A"),
            ("/a?b?c", "/a?b?c"),
            ("/%2F%zz", "/%2F%25zz"),
            ("/é?é", "/%C3%A9?%C3%A9"),
        ];
        for (text, expected) in cases {
            let mut out = Vec::new();
            escape(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
        let mut out = Vec::new();
        keep_location(b"/a b\r\nX: y", &mut out);
        assert_eq!(out, b"/a b%0D%0AX: y");
    }

    proptest! {
        #[test]
        fn nothing_that_ends_a_word_is_left(text in proptest::collection::vec(any::<u8>(), 0..64)) {
            for write in [escape, keep] {
                let mut out = Vec::new();
                write(&text, &mut out);
                prop_assert!(out.iter().all(u8::is_ascii_graphic));
            }
        }
    }
}
