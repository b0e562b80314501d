//! kubectl's JSONPath: text with paths in braces, `{range .items[*]}{.id}{"\n"}{end}`. A path without braces is one, too.
//!
//! Of a path there are `.name`, `['name']`, `[0]`, `[-1]`, `[0:2]`, `[0,2]`, `[*]`, `.*`, `..name` (at any depth) and
//! `[?(@.weight>1)]`; `$` is the document, `@` what a range or filter is at.

mod eval;
mod parse;

use serde_json::Value;

use crate::error::Result;
use crate::filter::text_of;

/// A template that was read.
#[derive(Debug)]
pub(crate) struct JsonPath(Vec<Node>);

/// A part of the template.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Node>),
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Root,
    Current,
    Field(String),
    Each,
    /// Everything at any depth, itself first.
    Deep,
    Index(i64),
    Slice(Option<i64>, Option<i64>, i64),
    Union(Vec<Step>),
    Filter(Vec<Step>, Option<(Op, Operand)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Value(Value),
    Path(Vec<Step>),
}

impl JsonPath {
    /// Reads a template.
    ///
    /// # Errors
    /// Usage, with the column.
    pub(crate) fn parse(text: &str) -> Result<JsonPath> {
        parse::parse(text).map(JsonPath).map_err(|problem| problem.in_text("jsonpath", text))
    }

    /// The text for a document: values of one path with blanks between them, text as it is, everything else as JSON.
    ///
    /// # Errors
    /// Usage: too many results.
    pub(crate) fn run(&self, document: &Value) -> Result<String> {
        let mut text = String::new();
        eval::render(&self.0, document, document, &mut text)?;
        Ok(text)
    }

    /// The values of all paths, for a column.
    ///
    /// # Errors
    /// Usage: too many results.
    pub(crate) fn column(&self, document: &Value) -> Result<Option<String>> {
        let mut all = Vec::new();
        for node in &self.0 {
            if let Node::Path(steps) = node {
                all.extend(eval::find(steps, document, document)?.into_iter().map(|value| text_of(value).into_owned()));
            }
        }
        Ok((!all.is_empty()).then(|| all.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "items": [
                {"id": "a", "labels": {"a.b": "x", "team": "blue"}, "nodes": [{"host": "h1", "weight": 1}, {"host": "h2", "weight": 9}]},
                {"id": "b", "labels": {"team": "red"}, "nodes": [], "on": true},
                {"id": "c", "n": null},
            ],
            "total": 3,
        })
    }

    #[test]
    fn paths() {
        let document = document();
        for (text, expected) in [
            ("{.total}", "3"),
            (".total", "3"),
            ("total", "3"),
            ("{$.items[0].id}", "a"),
            ("{.items[*].id}", "a b c"),
            ("{.items[-1].id}", "c"),
            ("{.items[0:2].id}", "a b"),
            ("{.items[1:].id}", "b c"),
            ("{.items[::2].id}", "a c"),
            ("{.items[0,2].id}", "a c"),
            ("{.items[0]['id','labels'].team}", "blue"),
            ("{.items[0].labels.a\\.b}", "x"),
            ("{.items[0].labels['a.b']}", "x"),
            ("{..id}", "a b c"),
            ("{..nodes[*].host}", "h1 h2"),
            ("{.items[?(@.id==\"b\")].labels.team}", "red"),
            ("{.items[?(@.id!='b')].id}", "a c"),
            ("{.items[?(@.on)].id}", "b"),
            ("{.items[0].nodes[?(@.weight>1)].host}", "h2"),
            ("{.items[0].nodes[?(@.weight<=1)].host}", "h1"),
            ("{.items[0].labels}", "{\"a.b\":\"x\",\"team\":\"blue\"}"),
            ("{.items[0].labels.*}", "x blue"),
            ("{.none.at.all}", ""),
            ("{range .items[*]}{.id}{\"\\t\"}{.labels.team}{'\\n'}{end}", "a\tblue\nb\tred\nc\t\n"),
            ("total: {.total}!", "total: 3!"),
            ("{range .items[*]}{@.id}{range .nodes[*]} {.host}{end};{end}", "a h1 h2;b;c;"),
        ] {
            let path = JsonPath::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.message()));
            assert_eq!(path.run(&document).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_say_where() {
        let mut all = String::new();
        for text in [
            "{.a",
            "{.a[}",
            "{.a[x]}",
            "{range .a}",
            "{end}",
            "{.a[?(@.b==)]}",
            "{.a[?(@.b=1)]}",
            "a}",
            "{\"x}",
            "{.a[::0]}",
            "{}",
        ] {
            let said = match JsonPath::parse(text) {
                Ok(_) => "fine".to_owned(),
                Err(error) => error.message().to_owned(),
            };
            all.push_str(&format!("{text:16} {said}\n"));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn results_are_bounded() {
        let wide = Value::Array(vec![Value::Array(vec![Value::Null; 1_000]); 1_000]);
        assert!(JsonPath::parse("{..*..*..*..*}").unwrap().run(&wide).is_err());
        let deep = format!("{}{}", "{range .[*]}".repeat(1_000), "{end}".repeat(1_000));
        assert!(JsonPath::parse(&deep).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[.a-c0-9\\[\\]{}@$*?():=<\"',\\- \\\\]{0,24}|\\PC{0,16}") {
            if let Ok(path) = JsonPath::parse(&text) {
                let _ = path.run(&document());
            }
        }

        #[test]
        fn every_field_can_be_named(name in "\\PC{1,8}") {
            let document = json!({ name.clone(): "found" });
            let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
            prop_assert_eq!(JsonPath::parse(&format!("{{['{quoted}']}}")).unwrap().run(&document).unwrap(), "found");
        }
    }
}
