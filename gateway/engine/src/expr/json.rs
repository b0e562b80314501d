//! JSON of clients, read where it lies.
//!
//! A body of many megabytes must not become a tree many times its size for one value, so nothing is built: a document
//! is checked once ([`validate`]), not recursively, and values are then found by walking over its bytes ([`Node`]).

use std::borrow::Cow;

use super::value::Value;

/// Nesting a document may have.
pub const MAX_DEPTH: u32 = 64;

/// Whether the bytes are one JSON document (RFC 8259) nested at most [`MAX_DEPTH`] deep. Text is not checked to be UTF-8.
#[must_use]
pub fn validate(text: &[u8]) -> bool {
    let mut scan = Scan { text, at: 0 };
    scan.document().is_some()
}

/// A value inside a valid document, by its raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'t> {
    raw: &'t [u8],
}

impl<'t> Node<'t> {
    /// The document's value; `None` if it is not valid.
    #[must_use]
    pub fn parse(text: &'t [u8]) -> Option<Self> {
        validate(text).then(|| Self::trusted(text))
    }

    /// The value of a text that [`validate`] accepted before.
    pub(super) fn trusted(text: &'t [u8]) -> Self {
        Self { raw: text.trim_ascii() }
    }

    /// The value's bytes.
    #[must_use]
    pub fn raw(&self) -> &'t [u8] {
        self.raw
    }

    /// The member of an object. Of several with one name the last counts, as most parsers behind us see it.
    #[must_use]
    pub fn member(&self, name: &[u8]) -> Option<Self> {
        self.members().filter(|(key, _)| key_is(key, name)).last().map(|(_, value)| value)
    }

    /// [`member`](Self::member) for several names, in one walk over the object.
    #[must_use]
    pub fn pick<const N: usize>(&self, names: [&[u8]; N]) -> [Option<Self>; N] {
        let mut found = [None; N];
        for (key, value) in self.members() {
            for (name, found) in names.iter().zip(&mut found) {
                if key_is(key, name) {
                    *found = Some(value);
                }
            }
        }
        found
    }

    /// The members of an object (raw keys with their quotes, and values); nothing for other values.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'t [u8], Node<'t>)> + use<'t> {
        let object = self.raw.first() == Some(&b'{');
        let mut scan = Scan { text: self.raw, at: 1 };
        std::iter::from_fn(move || {
            if !object || !scan.more() {
                return None;
            }
            let key = scan.skipped()?;
            scan.space();
            scan.at += 1; // the colon: the document is valid
            scan.space();
            Some((key, Node { raw: scan.skipped()? }))
        })
    }

    /// The elements of an array; nothing for other values.
    pub(super) fn elements(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let array = self.raw.first() == Some(&b'[');
        let mut scan = Scan { text: self.raw, at: 1 };
        std::iter::from_fn(move || {
            if !array || !scan.more() {
                return None;
            }
            Some(Node { raw: scan.skipped()? })
        })
    }

    /// The text of a string; `None` for other values.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'t, [u8]>> {
        (self.raw.first() == Some(&b'"')).then(|| string(self.raw))
    }

    /// The value for expressions; `None` for null.
    #[must_use]
    pub fn value(&self) -> Option<Value<'t>> {
        Some(match self.raw.first()? {
            b'"' => Value::Bytes(string(self.raw)),
            b't' => Value::Bool(true),
            b'f' => Value::Bool(false),
            b'n' => return None,
            b'[' => Value::List(self.elements().filter_map(|e| e.value()).collect()),
            b'{' => Value::Json(Cow::Borrowed(self.raw)),
            _ => Value::Num(std::str::from_utf8(self.raw).ok()?.parse().ok()?),
        })
    }
}

/// Whether a raw key (with quotes) is that name.
pub(super) fn key_is(raw: &[u8], name: &[u8]) -> bool {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if memchr::memchr(b'\\', inner).is_none() { inner == name } else { *string(raw) == *name }
}

/// The text of a raw string (with quotes). A lone surrogate becomes U+FFFD.
pub(super) fn string(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let (mut out, mut rest) = (Vec::with_capacity(inner.len()), inner);
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = unescape(tail, &mut out);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Appends text as a JSON string.
pub fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b < b' ' || matches!(b, b'"' | b'\\')) {
        let (plain, behind) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&b, behind)) = behind.split_first() else { break };
        match b {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1f => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.extend_from_slice(&[b'\\', b]),
        }
        rest = behind;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Decodes the escape at the start of `text`; what follows it.
fn unescape<'t>(text: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let (c, rest) = match text {
        [b'\\', c, rest @ ..] => (*c, rest),
        _ => return &[],
    };
    match c {
        b'u' => {
            let (code, rest) = code_point(rest);
            out.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
            return rest;
        }
        b'b' => out.push(8),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        c => out.push(c),
    }
    rest
}

/// Four hexadecimal digits, and the other half of a pair of surrogates.
fn code_point(text: &[u8]) -> (char, &[u8]) {
    let unit = |t: &[u8]| {
        let digits = t.get(..4).and_then(|d| std::str::from_utf8(d).ok())?;
        u32::from_str_radix(digits, 16).ok()
    };
    let rest = text.get(4..).unwrap_or_default();
    let Some(first) = unit(text) else { return (char::REPLACEMENT_CHARACTER, rest) };
    if let (0xd800..=0xdbff, Some(next)) = (first, rest.strip_prefix(b"\\u"))
        && let Some(second @ 0xdc00..=0xdfff) = unit(next)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        let rest = next.get(4..).unwrap_or_default();
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), rest);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// A position in a text.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, b: u8) -> Option<()> {
        (self.peek() == Some(b)).then(|| self.at += 1)
    }

    /// One document and nothing else. `open` holds a bit for each array or object around, 1 for objects.
    fn document(&mut self) -> Option<()> {
        let (mut open, mut depth) = (0u64, 0u32);
        loop {
            self.space();
            let opened = match self.peek()? {
                b @ (b'{' | b'[') => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return None;
                    }
                    open = open << 1 | u64::from(b == b'{');
                    self.at += 1;
                    self.space();
                    let close = if b == b'{' { b'}' } else { b']' };
                    self.peek()? != close
                }
                _ => {
                    self.scalar()?;
                    false
                }
            };
            if opened {
                if open & 1 == 1 {
                    self.key()?;
                }
                continue;
            }
            // A value ended: commas go on, brackets end the one around.
            loop {
                self.space();
                if depth == 0 {
                    return (self.at == self.text.len()).then_some(());
                }
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if open & 1 == 1 {
                            self.space();
                            self.key()?;
                        }
                        break;
                    }
                    b if b == if open & 1 == 1 { b'}' } else { b']' } => {
                        self.at += 1;
                        depth -= 1;
                        open >>= 1;
                    }
                    _ => return None,
                }
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        self.string()?;
        self.space();
        self.eat(b':')
    }

    fn scalar(&mut self) -> Option<()> {
        let word: &[u8] = match self.peek()? {
            b'"' => return self.string(),
            b't' => b"true",
            b'f' => b"false",
            b'n' => b"null",
            _ => return self.number(),
        };
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    fn string(&mut self) -> Option<()> {
        self.eat(b'"')?;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => match self.text.get(self.at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                    b'u' if self.text.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => {
                        self.at += 6;
                    }
                    _ => return None,
                },
                0..=0x1f => return None,
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Inside an array or object of a valid document: whether another item follows, and the position is at it.
    fn more(&mut self) -> bool {
        self.space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.space();
        }
        !matches!(self.peek(), None | Some(b'}' | b']'))
    }

    /// The raw value here, in a valid document.
    fn skipped(&mut self) -> Option<&'t [u8]> {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string(),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => self.skip_word(),
            }
            if depth == 0 {
                return self.text.get(start..self.at);
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(n) if rest.get(n) == Some(&b'"') => {
                    self.at += n + 1;
                    return;
                }
                Some(n) => self.at += n + 2,
                None => {
                    self.at = self.text.len();
                    return;
                }
            }
        }
    }

    /// A number or a word: up to what may follow one.
    fn skip_word(&mut self) {
        while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b':')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_json() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let good = [
            "0",
            "-0.5e+10",
            "\"\"",
            "true",
            "null",
            "[]",
            "{}",
            " [ 1 , 2 ] ",
            r#"{"a":{"b":[{}]}}"#,
            r#""\u00e9\n""#,
            "[[],[]]",
            &deep(64),
        ];
        let bad = [
            "",
            " ",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "tru",
            "truex",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "[1",
            "]",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "[1}",
            "{\"a\":1]",
            "1 2",
            "NaN",
            &deep(65),
            "{\"a\" 1}",
            "{,}",
        ];
        for text in good {
            assert!(validate(text.as_bytes()), "{text}");
        }
        for text in bad {
            assert!(!validate(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn members_and_values() {
        let text =
            br#" {"a": {"b": [1, "x", null, true, {"c":1}]}, "d\u0061": "q\"\\\ud83d\ude00\ud800", "a2":1, "a2":2.5} "#;
        let doc = Node::parse(text).unwrap();
        let list = doc.member(b"a").unwrap().member(b"b").unwrap();
        assert_eq!(list.elements().count(), 5);
        assert_eq!(
            list.value(),
            Some(Value::List(vec![
                Value::Num(1.0),
                "x".into(),
                Value::Bool(true),
                Value::Json(br#"{"c":1}"#.as_slice().into())
            ]))
        );
        assert_eq!(doc.member(b"da").unwrap().value(), Some("q\"\\😀\u{fffd}".into()));
        assert_eq!(doc.member(b"a2").unwrap().value(), Some(Value::Num(2.5)));
        assert_eq!(doc.member(b"x"), None);
        // One walk finds what several do, each name for itself.
        let names: [&[u8]; 4] = [b"a2", b"x", b"da", b"a2"];
        assert_eq!(doc.pick(names), names.map(|name| doc.member(name)));
        assert_eq!(list.pick([b"a"]), [None]);
        assert_eq!(list.member(b"a"), None);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "\\PC{0,6}|[\\x00-\\x7f]{0,6}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec(("[ab\\\\\"é]{0,2}", inner), 0..4)
                    .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_a_parser(doc in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&doc) } else { serde_json::to_string(&doc) }.unwrap();
            let node = Node::parse(text.as_bytes()).unwrap();
            if let Some(map) = doc.as_object() {
                prop_assert_eq!(node.members().count(), map.len());
                for (key, value) in map {
                    let found = node.member(key.as_bytes()).unwrap();
                    let found: serde_json::Value = serde_json::from_slice(found.raw()).unwrap();
                    prop_assert_eq!(&found, value);
                }
            }
            if let Some(list) = doc.as_array() {
                let found: Vec<serde_json::Value> = node.elements().map(|e| serde_json::from_slice(e.raw()).unwrap()).collect();
                prop_assert_eq!(&found, list);
            }
        }

        #[test]
        fn accepts_what_a_parser_accepts(text in "[\\[\\]{},:\"\\\\ 0-9eE.+\\-truefalsn\n]{0,24}") {
            // Lone surrogates are the one text that we take and the other refuses; the alphabet has no hexadecimal `d8`.
            prop_assert_eq!(validate(text.as_bytes()), serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn strings_come_back(text in prop::collection::vec(any::<u8>(), 0..24)) {
            let mut raw = Vec::new();
            write_string(&text, &mut raw);
            prop_assert!(validate(&raw));
            prop_assert_eq!(&*string(&raw), &text[..]);
        }

        #[test]
        fn never_panics(text in prop::collection::vec(any::<u8>(), 0..48)) {
            // Walking an invalid document is not meant to happen, but must not harm.
            let node = Node::trusted(&text);
            let _ = (validate(&text), node.members().count(), node.elements().count(), node.value());
        }
    }
}
