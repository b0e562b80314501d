//! YAML and JSON text as values that know where they stand, so that an error names file, line and column.

use std::collections::HashMap;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::Spanned;

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
}

impl Document {
    /// The JSON pointer, the line and the column of every value in it.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.places.iter().map(|(pointer, (line, column))| (pointer.as_str(), *line, *column))
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

/// What stands in front of what is no YAML.
const INVALID: &str = "not valid YAML: ";

impl ParseError {
    /// The parser's message ends with the place, which is told apart.
    pub(crate) fn from_yaml(error: &serde_saphyr::Error) -> ParseError {
        let place = error.location().map(|location| (location.line(), location.column()));
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        // Advice for programmers.
        let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
        ParseError { message: format!("{INVALID}{message}"), place }
    }

    /// The same for a text that is to be more than YAML: where it is YAML, that is not what is wrong.
    pub(crate) fn of_settings(error: &serde_saphyr::Error, text: &str) -> ParseError {
        let mut told = ParseError::from_yaml(error);
        if parse_yaml(text).is_ok()
            && let Some(own) = told.message.strip_prefix(INVALID)
        {
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
        let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        match stream.collect::<std::result::Result<Vec<Value>, _>>() {
            Ok(values) => Ok(values.into_iter().map(|value| Document { value, ..Document::default() }).collect()),
            Err(json) if file.ends_with(".json") => {
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
        with_snippet: false,
    };
    let parsed: Vec<Spanned<Node>> =
        serde_saphyr::from_multiple_with_options(text, options).map_err(|error| ParseError::from_yaml(&error))?;
    let documents = parsed.into_iter().filter(|node| !matches!(node.value, Node::Leaf(Value::Null)));
    Ok(documents
        .map(|node| {
            let mut places = HashMap::new();
            let value = plain(node, &mut String::new(), &mut places);
            Document { file: String::new(), value, places }
        })
        .collect())
}

/// A value whose parts still know where they stand.
enum Node {
    Leaf(Value),
    Sequence(Vec<Spanned<Node>>),
    Mapping(Vec<(String, Spanned<Node>)>),
}

fn plain(node: Spanned<Node>, pointer: &mut String, places: &mut HashMap<String, (u64, u64)>) -> Value {
    places.insert(pointer.clone(), (node.referenced.line(), node.referenced.column()));
    let length = pointer.len();
    match node.value {
        Node::Leaf(value) => value,
        Node::Sequence(items) => Value::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(i, item)| {
                    pointer.push_str(&format!("/{i}"));
                    let value = plain(item, pointer, places);
                    pointer.truncate(length);
                    value
                })
                .collect(),
        ),
        Node::Mapping(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(key, inner)| {
                    pointer.push_str(&format!("/{}", mask::escape(&key)));
                    let value = plain(inner, pointer, places);
                    pointer.truncate(length);
                    (key, value)
                })
                .collect(),
        ),
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

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> std::result::Result<Node, E> {
        let number = Number::from_f64(number).ok_or_else(|| E::custom("a number without a value"))?;
        Ok(Node::Leaf(Value::Number(number)))
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
            ("e.yaml", "a: .nan\n"),
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
