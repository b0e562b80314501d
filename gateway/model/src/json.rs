//! The reader of everything that comes from outside: strict JSON, but for raw control characters within strings, which
//! clients send (multi-line proto files, certificates).
//!
//! Refused: nesting over [`MAX_DEPTH`], duplicate keys (which of two values counts is a question attackers ask),
//! numbers beyond a double, lone surrogates, bytes that are no UTF-8. Numbers keep all their digits.

use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// Reads one JSON value.
///
/// # Errors
/// What is wrong and where, to be shown behind `invalid request body: `.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    read(bytes, false)
}

/// Reads one JSON value, in which numbers may be beyond a double (`1e400`): for those who go by digits, and bound themselves what they
/// make of them.
///
/// # Errors
/// As of [`parse`].
pub fn parse_exact(bytes: &[u8]) -> Result<Value, String> {
    read(bytes, true)
}

fn read(bytes: &[u8], exact: bool) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let mut reader = Reader { text, at: 0, exact };
    let read = reader.document();
    read.map_err(|reason| {
        let (line, column) = reader.position();
        format!("{reason} at line {line} column {column}")
    })
}

/// Whether arrays and objects in `value` nest at most `max` deep. Needs no stack.
pub fn within_depth(value: &Value, max: usize) -> bool {
    let mut waiting = vec![(value, 1)];
    while let Some((value, depth)) = waiting.pop() {
        if depth > max && matches!(value, Value::Array(_) | Value::Object(_)) {
            return false;
        }
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => waiting.extend(fields.values().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    true
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Numbers may be beyond a double.
    exact: bool,
}

type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The bytes from `start` to here. Both lie beside ASCII bytes, so this can't split a character.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn position(&self) -> (usize, usize) {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        (line, column)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected<T>(&self, wanted: &str) -> Read<T> {
        Err(match self.peek() {
            None => format!("expected {wanted}, found the end"),
            Some(_) => {
                let found = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or('?');
                format!("expected {wanted}, found '{}'", found.escape_debug())
            }
        })
    }

    fn document(&mut self) -> Read<Value> {
        self.blanks();
        let value = self.value(0)?;
        self.blanks();
        if self.peek().is_some() { self.unexpected("the end") } else { Ok(value) }
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        match self.peek() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Err(format!("nesting deeper than {MAX_DEPTH}")),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.unexpected("a value"),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(value);
        }
        self.unexpected("a value")
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.blanks();
            items.push(self.value(depth)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return self.unexpected("',' or ']'"),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.at += 1;
        let mut fields = Map::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(fields));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return self.unexpected("a key");
            }
            let start = self.at;
            let key = self.string()?;
            self.blanks();
            if self.peek() != Some(b':') {
                return self.unexpected("':'");
            }
            self.at += 1;
            self.blanks();
            let value = self.value(depth)?;
            match fields.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => {
                    self.at = start;
                    return Err(format!("duplicate key \"{}\"", place.key().escape_debug()));
                }
            }
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(fields));
                }
                _ => return self.unexpected("',' or '}'"),
            }
        }
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.unexpected("a digit") } else { Ok(()) }
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1; // nothing but a point or an exponent may follow: 01 is no number
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
        let text = self.since(start);
        // The plain integers that most numbers are need no second reading.
        if let Ok(plain) = text.parse::<i64>()
            && text != "-0"
        {
            return Ok(Value::Number(Number::from(plain)));
        }
        let finite = self.exact || text.parse::<f64>().is_ok_and(f64::is_finite);
        match text.parse::<Number>() {
            Ok(number) if finite => Ok(Value::Number(number)),
            _ => {
                self.at = start;
                Err("number out of range".into())
            }
        }
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut out = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                None => return self.unexpected("'\"'"),
                Some(b'"') => {
                    out.push_str(self.since(start));
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.push_str(self.since(start));
                    self.at += 1;
                    out.push(self.escape()?);
                    start = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return self.unexpected("an escape"),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Read<char> {
        let first = self.hex()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
                    return Err("lone surrogate".into());
                }
                self.at += 2;
                let second = self.hex()?;
                if !(0xDC00..=0xDFFF).contains(&second) {
                    return Err("lone surrogate".into());
                }
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| "lone surrogate".into())
    }

    fn hex(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            match self.peek().and_then(|b| char::from(b).to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return self.unexpected("a hexadecimal digit"),
            }
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_json_is_read() {
        let cases: &[(&str, Value)] = &[
            (
                " {\"a\" : [1, -2.5e3 ,true,false,null] } ",
                serde_json::from_str(r#"{"a":[1,-2.5e3,true,false,null]}"#).unwrap(),
            ),
            ("\"a\nb\tc\"", json!("a\nb\tc")),
            (r#""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\""#, json!("é😀/\u{8}\u{c}\n\r\t\"\\")),
            ("[]", json!([])),
            ("{}", json!({})),
            ("\"é\"", json!("é")),
        ];
        for (text, value) in cases {
            assert_eq!(parse(text.as_bytes()).as_ref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["1.0", "1e+2", "123456789012345678901234567890", "0.10", "-0"] {
            assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["1e+400", "-1e-400", "1e+99999999999999999999"] {
            assert_eq!(parse_exact(text.as_bytes()).unwrap().to_string(), text);
        }
        assert!(
            parse(b"[1e400]").is_err()
                && parse_exact(b"[1e]").is_err()
                && parse_exact(b"{\"a\":1,\"a\":1e400}").is_err()
        );
    }

    #[test]
    fn what_is_not_json_is_refused_and_placed() {
        let cases: &[(&str, &str)] = &[
            ("", "expected a value, found the end at line 1 column 1"),
            ("{\n \"a\":x}", "expected a value, found 'x' at line 2 column 6"),
            ("{\"a\":1,\"a\":2}", "duplicate key \"a\" at line 1 column 8"),
            ("[1,]", "expected a value, found ']' at line 1 column 4"),
            ("{a:1}", "expected a key, found 'a' at line 1 column 2"),
            ("01", "expected the end, found '1' at line 1 column 2"),
            ("1.", "expected a digit, found the end at line 1 column 3"),
            ("NaN", "expected a value, found 'N' at line 1 column 1"),
            ("nul", "expected a value, found 'n' at line 1 column 1"),
            ("1e999", "number out of range at line 1 column 1"),
            (r#""\ud800x""#, "lone surrogate at line 1 column 8"),
            (r#""\q""#, "expected an escape, found 'q' at line 1 column 3"),
            ("\"a", "expected '\"', found the end at line 1 column 3"),
            ("1 é", "expected the end, found 'é' at line 1 column 3"),
        ];
        for (text, error) in cases {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), *error, "{text}");
        }
        assert_eq!(parse(b"\"\xff\"").unwrap_err(), "invalid UTF-8 at byte 1");
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err().starts_with("nesting deeper than 64"));
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
        let value = parse(nested(3).as_bytes()).unwrap();
        assert!(within_depth(&value, 3));
        assert!(!within_depth(&value, 2));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (parse(&bytes), parse_exact(&bytes));
        }

        #[test]
        fn reads_what_serde_writes(value in crate::check::arbitrary::json()) {
            let text = value.to_string();
            prop_assert_eq!(parse_exact(text.as_bytes()), parse(text.as_bytes()));
            prop_assert_eq!(parse(text.as_bytes()), Ok(value));
        }
    }
}
