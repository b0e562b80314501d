//! The file as a tree that remembers where everything stood. JSON is read by the same parser, being YAML.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry::Vacant;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use serde_json::Value as Json;

use super::diagnostic::{Diagnostic, Position};

/// How large a file may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Its bytes.
    pub(super) bytes: usize,
    /// The values in it, those that aliases repeat included: a few lines of aliases of aliases would stand for billions. A long text
    /// counts as several ([`TEXT`]).
    pub(super) nodes: usize,
}

/// A configuration file.
const BOUNDS: Bounds = Bounds { bytes: 4 << 20, nodes: 200_000 };
/// Bytes of a text that count as a value.
const TEXT: usize = 256;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Position,
    /// It is a text in quotes, or in a block of its own: whatever it looks like, it is a text.
    pub(super) quoted: bool,
}

/// What a file can hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Position,
    pub(super) node: Node,
}

impl Node {
    /// The value of `key` where this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// The entries of a map; none for anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What merge messages call it.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nil",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::Float(_) => "number",
            Value::Text(_) => "string",
            Value::List(_) | Value::Map(_) => "table",
        }
    }

    /// Without the places.
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(i) => Json::from(*i),
            Value::Float(f) => serde_json::Number::from_f64(*f).map_or(Json::Null, Json::Number),
            Value::Text(t) => Json::String(t.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => Json::Object(entries.iter().map(|e| (e.key.clone(), e.node.to_json())).collect()),
        }
    }
}

/// Reads a whole configuration file. An empty one is an empty map.
pub(super) fn parse(text: &str) -> Result<Node, Box<Diagnostic>> {
    parse_within(text, BOUNDS)
}

/// The same within other bounds.
pub(super) fn parse_within(text: &str, bounds: Bounds) -> Result<Node, Box<Diagnostic>> {
    if text.len() > bounds.bytes {
        return Err(problem(None, format!("the file is larger than {} MiB", bounds.bytes >> 20)));
    }
    let text = surrogates(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut reader =
        Reader { events: Parser::new_from_str(&text), anchors: HashMap::new(), nodes: 0, most: bounds.nodes, depth: 0 };
    reader.file()
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// Values with an anchor, and how many nodes each holds.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    /// The most there may be.
    most: usize,
    depth: usize,
}

type Read<T> = Result<T, Box<Diagnostic>>;

impl<'a> Reader<'a> {
    fn file(&mut self) -> Read<Node> {
        let mut root = None;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(problem(Some(at), "the file holds more than one document".into()));
                }
                Event::DocumentStart(_) => {
                    let (event, at) = self.next()?;
                    root = Some(self.node(event, at)?);
                }
                Event::StreamEnd => break,
                _ => return Err(problem(Some(at), "unexpected content".into())),
            }
        }
        let start = Position { line: 1, column: 1 };
        match root {
            None => Ok(Node { value: Value::Map(Vec::new()), at: start, quoted: false }),
            Some(Node { value: Value::Null, at, quoted }) => Ok(Node { value: Value::Map(Vec::new()), at, quoted }),
            Some(node @ Node { value: Value::Map(_), .. }) => Ok(node),
            Some(node) => {
                Err(problem(Some(node.at), format!("the file must hold keys and values, not a {}", node.kind())))
            }
        }
    }

    fn next(&mut self) -> Read<(Event<'a>, Position)> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, position(&span.start))),
            Some(Err(error)) => Err(scan(&error)),
            None => Ok((Event::StreamEnd, Position { line: 1, column: 1 })),
        }
    }

    fn node(&mut self, event: Event<'a>, at: Position) -> Read<Node> {
        self.count(1, at)?;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let more = text.len() / TEXT;
                self.count(more, at)?;
                let quoted = !matches!(style, ScalarStyle::Plain);
                let node = Node { value: scalar(&text, style, tag.as_deref()), at, quoted };
                self.remember(anchor, &node, 1 + more);
                Ok(node)
            }
            Event::SequenceStart(anchor, _) => {
                let before = self.nodes;
                let node = Node { value: Value::List(self.nested(at, Self::list)?), at, quoted: false };
                self.remember(anchor, &node, self.nodes - before + 1);
                Ok(node)
            }
            Event::MappingStart(anchor, _) => {
                let before = self.nodes;
                let node = Node { value: Value::Map(self.nested(at, Self::map)?), at, quoted: false };
                self.remember(anchor, &node, self.nodes - before + 1);
                Ok(node)
            }
            Event::Alias(anchor) => {
                // An alias inside the value it names is not known yet: no loops.
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(problem(Some(at), "this alias names nothing that stands before it".into()));
                };
                self.count(size, at)?;
                Ok(node)
            }
            _ => Err(problem(Some(at), "a value is missing".into())),
        }
    }

    fn nested<T>(&mut self, at: Position, read: fn(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == MAX_DEPTH {
            return Err(problem(Some(at), format!("nested deeper than {MAX_DEPTH}")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn list(&mut self) -> Read<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, at) => items.push(self.node(event, at)?),
            }
        }
    }

    fn map(&mut self) -> Read<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        // Where each key stands.
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let plain = matches!(&event, Event::Scalar(_, ScalarStyle::Plain, _, _));
            let key = match event {
                Event::Scalar(text, ..) => text.into_owned(),
                Event::Alias(_) => match self.node(event, at)?.value {
                    Value::Text(text) => text,
                    _ => return Err(problem(Some(at), "a key must be text".into())),
                },
                _ => return Err(problem(Some(at), "a key must be text".into())),
            };
            let (event, value_at) = self.next()?;
            let node = self.node(event, value_at)?;
            if plain && key == "<<" {
                merged.push(node);
                continue;
            }
            if let Some(line) = lines.insert(key.clone(), at.line) {
                let mut twice = Diagnostic::error(key, Some(at), format!("this key already stands in line {line}"));
                twice.remedy = Some("keep one of them".into());
                return Err(Box::new(twice));
            }
            entries.push(Entry { key, at, node });
        }
        for node in merged {
            merge_in(&mut entries, &mut lines, node)?;
        }
        Ok(entries)
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    fn count(&mut self, more: usize, at: Position) -> Read<()> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > self.most {
            let message = format!("the file stands for more than {} values, aliases counted", self.most);
            return Err(problem(Some(at), message));
        }
        Ok(())
    }
}

/// `<<: *base` (YAML 1.1): what the map does not say itself comes from there.
fn merge_in(entries: &mut Vec<Entry>, lines: &mut HashMap<String, usize>, node: Node) -> Read<()> {
    match node.value {
        Value::Map(base) => {
            for entry in base {
                if let Vacant(vacant) = lines.entry(entry.key.clone()) {
                    vacant.insert(entry.at.line);
                    entries.push(entry);
                }
            }
            Ok(())
        }
        Value::List(items) => items.into_iter().try_for_each(|item| match item.value {
            Value::Map(_) => merge_in(entries, lines, item),
            _ => Err(problem(Some(item.at), "`<<` takes maps".into())),
        }),
        _ => Err(problem(Some(node.at), "`<<` takes maps".into())),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    if let Some(tag) = tag.filter(|t| t.is_yaml_core_schema()) {
        match tag.suffix.as_str() {
            "str" => return Value::Text(text.to_owned()),
            "null" => return Value::Null,
            _ => return plain(text),
        }
    }
    match style {
        ScalarStyle::Plain => plain(text),
        _ => Value::Text(text.to_owned()),
    }
}

/// The core schema of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// A number as YAML 1.2 writes it, without infinities and NaN.
pub(super) fn number(text: &str) -> Option<Value> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with(['+', '-'])).map(Value::Int);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok().filter(|_| !digits.starts_with(['+', '-'])).map(Value::Int);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        // `007` is a name rather than a number, and octal to some: its digits stay as they are.
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        return text.parse().ok().map(Value::Int);
    }
    text.parse().ok().filter(|f: &f64| f.is_finite()).map(Value::Float)
}

/// JSON writes characters beyond U+FFFF as two escapes (`\ud83d\ude00`), which YAML does not know: they become the character.
fn surrogates(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with('{') || !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        out.push_str(before);
        let pair = unit(escape).zip(escape.get(6..).and_then(unit));
        let (text, length) = match pair.and_then(|(high, low)| char::decode_utf16([high, low]).next()?.ok()) {
            // Two units that are one character: neither stands alone.
            Some(c) if c > '\u{ffff}' => (c.to_string(), 12),
            // Any other escape, so that the second of two backslashes begins nothing.
            _ => {
                let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                (escape.get(..length).unwrap_or(escape).to_owned(), length)
            }
        };
        out.push_str(&text);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The number of `\uXXXX` at the beginning of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

fn scan(error: &ScanError) -> Box<Diagnostic> {
    problem(Some(position(error.marker())), format!("not YAML or JSON: {}", error.info()))
}

fn problem(at: Option<Position>, message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("", at, message))
}
