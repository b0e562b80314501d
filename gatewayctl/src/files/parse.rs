//! YAML and JSON text as values that know where they stand, so that an error names file, line and column.

use std::collections::{BTreeMap, HashMap};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{json, scalars};
use crate::error::{Error, Result, Source};
use crate::output::mask;

/// One parsed document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    /// The file's name as the user would write it.
    pub(crate) file: String,
    pub(crate) value: Value,
    /// Line and column of each value, by JSON pointer.
    places: HashMap<String, (u64, u64)>,
    /// The numbers that JSON has no such form of, as they are written, by JSON pointer. [`scalars::settle`] knows what they are.
    odd: BTreeMap<String, String>,
}

impl Document {
    /// The JSON pointer, the line and the column of every value in it.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.places.iter().map(|(pointer, (line, column))| (pointer.as_str(), *line, *column))
    }

    /// The numbers at and below a pointer that JSON has no such form of: their pointers, and how they are written.
    pub(crate) fn odd(&self, pointer: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.odd.iter().map(|(at, text)| (at.as_str(), text.as_str()));
        all.filter(move |(at, _)| at.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The same document with another value, and its numbers that JSON has no such form of.
    pub(crate) fn with(&self, value: Value, odd: BTreeMap<String, String>) -> Document {
        Document { file: self.file.clone(), value, places: self.places.clone(), odd }
    }

    /// How the number at a pointer is written that JSON has no such form of.
    pub(crate) fn odd_at(&self, pointer: &str) -> Option<&str> {
        self.odd.get(pointer).map(String::as_str)
    }

    /// The place of the value at a pointer, or of the nearest thing around it that has one.
    pub(crate) fn source(&self, pointer: &str) -> Source {
        let mut pointer = pointer;
        loop {
            if let Some((line, column)) = self.places.get(pointer) {
                return Source { file: self.file.clone(), line: Some(*line), column: Some(*column) };
            }
            match pointer.rfind('/') {
                Some(end) => pointer = pointer.get(..end).unwrap_or_default(),
                None => return Source { file: self.file.clone(), line: None, column: None },
            }
        }
    }
}

/// Why a text is neither YAML nor JSON, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct ParseError {
    pub(crate) message: String,
    pub(crate) place: Option<(u64, u64)>,
}

/// What is said of a key that is null.
const EMPTY_KEY: &str = "a key is empty";

/// What stands in front of what is no YAML.
const INVALID: &str = "not valid YAML: ";

impl ParseError {
    /// The parser's message ends with the place, which is told apart.
    pub(crate) fn from_yaml(error: &serde_saphyr::Error) -> ParseError {
        let place = error.location().map(|location| (location.line(), location.column()));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let message = match message {
            _ if message.starts_with("budget breached: ") && message.contains("Depth") => "it is nested too deeply",
            _ if message.starts_with("budget breached: ") => "it holds more than is read of one file",
            // NUL is no part of a text.
            _ if message.contains("`\\u{0}'") => "a NUL byte, so this is no text",
            // Nothing but keys has to be text.
            _ if message.starts_with("cannot deserialize null into string") => EMPTY_KEY,
            "expected mapping start" => "fields and their values are to be here",
            _ => message,
        };
        // Advice for programmers.
        let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
        ParseError { message: format!("{INVALID}{message}"), place }
    }

    /// The same for a text that is to be more than YAML: where it is YAML, that is not what is wrong.
    pub(crate) fn of_settings(error: &serde_saphyr::Error, text: &str) -> ParseError {
        let mut told = ParseError::from_yaml(error);
        if let Err(error) = parse_yaml(text) {
            told = error;
        } else if let Some(own) = told.message.strip_prefix(INVALID) {
            // Keys are read by now.
            let own = if own == EMPTY_KEY { "a text is to be here" } else { own };
            told.message = own.to_owned();
        }
        told
    }

    pub(crate) fn in_file(self, file: &str) -> Error {
        let (line, column) = self.place.unzip();
        Error::usage(self.message).at(Source { file: file.to_owned(), line, column })
    }
}

/// Parses the text of one file or stream as YAML or JSON.
///
/// # Errors
/// Usage, with line and column.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Document>> {
    let mut documents = parse_yaml(text).or_else(|error| {
        // JSON that YAML does not take, such as tabs for indentation.
        match json::values(text) {
            Ok(values) => Ok(values.into_iter().map(|value| Document { value, ..Document::default() }).collect()),
            Err(json) if file.ends_with(".json") || json.is_data() => {
                let place = u64::try_from(json.line()).ok().zip(u64::try_from(json.column()).ok());
                let message = json.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                Err(ParseError { message: format!("not valid JSON: {message}"), place }.in_file(file))
            }
            Err(_) => Err(error.in_file(file)),
        }
    })?;
    for document in &mut documents {
        file.clone_into(&mut document.file);
    }
    Ok(documents)
}

/// Parses YAML (of which JSON is nearly a part) and keeps the place of every value.
pub(crate) fn parse_yaml(text: &str) -> std::result::Result<Vec<Document>, ParseError> {
    let options = serde_saphyr::options! {
        // A file of many thousand objects is a normal one; the limits on aliases stay.
        budget: serde_saphyr::budget! {
            max_events: 100_000_000,
            max_nodes: 50_000_000,
            max_documents: 1_000_000,
            max_total_scalar_bytes: 1 << 30,
        },
        // `on` and `yes` are words.
        strict_booleans: true,
        // Text, where no number is wanted.
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    let parsed: Vec<Spanned<Node>> =
        serde_saphyr::from_multiple_with_options(text, options).map_err(|error| ParseError::from_yaml(&error))?;
    let documents = parsed.into_iter().filter(|node| !matches!(node.value, Node::Leaf(Value::Null)));
    Ok(documents
        .map(|node| {
            let mut reading = Reading { text, document: Document::default() };
            let value = reading.plain(node, &mut String::new());
            Document { value, ..reading.document }
        })
        .collect())
}

/// A value whose parts still know where they stand.
enum Node {
    Leaf(Value),
    /// One that may be written otherwise than JSON would.
    Number(f64),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(String, Spanned<Node>)>),
}

/// A document while it is made of its nodes.
struct Reading<'t> {
    text: &'t str,
    document: Document,
}

impl Reading<'_> {
    fn plain(&mut self, node: Spanned<Node>, pointer: &mut String) -> Value {
        self.document.places.insert(pointer.clone(), (node.referenced.line(), node.referenced.column()));
        let length = pointer.len();
        match node.value {
            Node::Leaf(Value::Number(number)) => self.number(number.to_string(), node.defined, pointer),
            Node::Leaf(value) => value,
            Node::Number(number) => self.number(number.to_string(), node.defined, pointer),
            Node::Sequence(items) => {
                let items = items.into_iter().enumerate().map(|(i, item)| {
                    pointer.push_str(&format!("/{i}"));
                    let value = self.plain(item, pointer);
                    pointer.truncate(length);
                    value
                });
                Value::Array(items.collect())
            }
            Node::Mapping(entries) => {
                let entries = entries.into_iter().map(|(key, inner)| {
                    pointer.push_str(&format!("/{}", mask::escape(&key)));
                    let value = self.plain(inner, pointer);
                    pointer.truncate(length);
                    (key, value)
                });
                Value::Object(entries.collect())
            }
        }
    }

    /// A number as it is written. What JSON would not write so is a text, unless nobody could take it for anything else.
    fn number(&mut self, read: String, place: serde_saphyr::Location, pointer: &str) -> Value {
        let span = place.span();
        let range = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
            let (start, length) = (usize::try_from(start).ok()?, usize::try_from(length).ok()?);
            Some(start..start.checked_add(length)?)
        });
        let written = range.and_then(|range| self.text.get(range)).map(str::trim).filter(|text| scalars::begins(text));
        let written = written.unwrap_or(&read);
        if let Some(number) = scalars::plain(written) {
            return Value::Number(number);
        }
        self.document.odd.insert(pointer.to_owned(), written.to_owned());
        scalars::decimal(written).map_or_else(|| written.into(), Value::Number)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(Value::Null))
    }

    fn visit_none<E>(self) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(Value::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(Value::Bool(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> std::result::Result<Node, E> {
        Ok(Node::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(text.into()))
    }

    fn visit_string<E>(self, text: String) -> std::result::Result<Node, E> {
        Ok(Node::Leaf(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> std::result::Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_kept() {
        let documents =
            parse("gw.yaml", "routes:\n  - id: 1\n    uri: /a\n    methods: [GET, on]\n---\nx: {a: 0.5}\n").unwrap();
        let values: Vec<&Value> = documents.iter().map(|document| &document.value).collect();
        assert_eq!(values, [&json!({"routes":[{"id":1,"uri":"/a","methods":["GET","on"]}]}), &json!({"x":{"a":0.5}})]);
        let place = |pointer: &str| documents.first().unwrap().source(pointer);
        let at = |line, column| Source { file: "gw.yaml".into(), line: Some(line), column: Some(column) };
        assert_eq!(place("/routes/0"), at(2, 5));
        assert_eq!(place("/routes/0/uri"), at(3, 10));
        assert_eq!(place("/routes/0/methods/1"), at(4, 20));
        assert_eq!(place("/routes/0/uri/not/there"), at(3, 10));
    }

    #[test]
    fn numbers_are_what_is_written() {
        let text = "ä: 007\nb: [1_000, &n 0x1F, *n, 1.10, 1e3, +5, .5, \"010\", !!str 8]\n---\nc: {d: .inf, e: 1e999, f: 12345678901234567890123}\n";
        let documents = parse("gw.yaml", text).unwrap();
        let values: Vec<String> = documents.iter().map(|document| document.value.to_string()).collect();
        assert_eq!(
            values,
            [
                r#"{"ä":"007","b":["1_000","0x1F","0x1F",1.10,1000,5,0.5,"010","8"]}"#,
                r#"{"c":{"d":".inf","e":"1e999","f":12345678901234567890123}}"#
            ]
        );
        let odd: Vec<(&str, &str)> = documents.iter().flat_map(|document| document.odd("")).collect();
        let expected = [
            ("/b/0", "1_000"),
            ("/b/1", "0x1F"),
            ("/b/2", "0x1F"),
            ("/b/4", "1e3"),
            ("/b/5", "+5"),
            ("/b/6", ".5"),
            ("/ä", "007"),
            ("/c/d", ".inf"),
            ("/c/e", "1e999"),
        ];
        assert_eq!(odd, expected);
    }

    #[test]
    fn keys_that_are_null_are_named_with_their_place() {
        for (text, line) in
            [("a: 1\n: [\n", 2), (": 1", 1), ("a:\n  null: 3\n", 2), ("a: 1\nb: 2\n~: x\n", 3), ("? \n: 1", 2)]
        {
            let error = parse("gw.yaml", text).unwrap_err();
            assert_eq!(error.message(), "not valid YAML: a key is empty", "{text:?}");
            assert_eq!(error.source().and_then(|place| place.line), Some(line), "{text:?}");
        }
        // As text it is one.
        assert_eq!(parse("gw.yaml", "\"null\": 1\n\"\": 2").unwrap()[0].value, json!({"null": 1, "": 2}));
        for key in ["1: 2", "true: x", "1.5: 2", "[a]: b", "{a: b}: c"] {
            if let Err(error) = parse("gw.yaml", key) {
                for word in ["deserialize", "Option", "serde", "Rust"] {
                    assert!(!error.message().contains(word), "{key}: {}", error.message());
                }
            }
        }
    }

    #[test]
    fn json_of_all_kinds() {
        for text in
            ["{\"a\": [1, {\"b\": null}], \"c\": \"\\u00e4\"}", "{\n\t\"a\":\t[1,\n\t{\"b\":null}],\t\"c\":\"ä\"\n}"]
        {
            let documents = parse("x.json", text).unwrap();
            let values: Vec<&Value> = documents.iter().map(|document| &document.value).collect();
            assert_eq!(values, [&json!({"a":[1,{"b":null}],"c":"ä"})], "{text}");
        }
        let many = parse("-", "{\"a\":1}\n{\"a\":2}\n").unwrap();
        assert_eq!(many.len(), 2);
    }

    #[test]
    fn nothing_is_no_document() {
        for text in ["", "\n", "# only a comment\n", "---\n---\n", "#END\n"] {
            assert_eq!(parse("x.yaml", text).unwrap().len(), 0, "{text:?}");
        }
    }

    #[test]
    fn errors_say_where() {
        for (file, text) in [
            ("a.yaml", "a: 1\nb: [1, 2\nc: 3\n"),
            ("b.yaml", "a: 1\na: 2\n"),
            ("c.json", "{\"a\": 1,}x"),
            ("d.yaml", "a: *nothing\n"),
            ("e.json", "{\t\"a\": 1, \"a\": 2}"),
        ] {
            let error = parse(file, text).unwrap_err();
            insta::assert_snapshot!(file, error.print(crate::error::Form::Text, str::to_owned));
        }
    }

    #[test]
    fn aliases_cannot_explode() {
        let mut text = String::from("a0: &a0 [x]\n");
        for i in 1..40 {
            text.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1));
        }
        assert!(parse("bomb.yaml", &text).is_err());
    }
}
