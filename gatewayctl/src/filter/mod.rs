//! Which objects are meant: label selectors (`-l`), expressions (`--where`) and paths into a document. `get`, the tap, the
//! statistics and the terminal UI share them.

mod eval;
mod lex;
mod parse;
pub(crate) mod path;
pub(crate) mod selector;
mod sight;

pub(crate) use eval::{compare, text_of};
pub(crate) use path::Path;
pub(crate) use selector::Selector;
pub(crate) use sight::Sight;

use serde_json::Value;

use crate::error::{Error, Result};
use parse::Expr;

/// A condition on a document, such as `status>=500 && path =~ "^/api" && !has(labels.team)`.
///
/// `||`, `&&`, `!` and brackets combine comparisons `==`, `!=`, `<`, `<=`, `>`, `>=`, `=~` (regular expression), `!~` and
/// `in [a, b]`. Operands are paths (`labels.team`, `plugins["limit-count"].count`, `nodes[0].host`), text in quotes,
/// numbers, `true`, `false`, `null`, `len(x)` and `lower(x)`. `has(path)` asks whether something is there, and so does a
/// path alone, unless what is there is `false` or `null`. A list equals, matches or is greater if one of its elements is;
/// `!=` and `!~` are the opposites of `==` and `=~`.
#[derive(Debug, Clone)]
pub(crate) struct Filter(Expr);

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// Usage, with the column (counted in characters from 1).
    pub(crate) fn parse(text: &str) -> Result<Filter> {
        parse::parse(text).map(Filter).map_err(|problem| problem.in_text("--where", text))
    }

    /// Whether the condition holds for a document.
    pub(crate) fn matches(&self, document: &Value) -> bool {
        self.holds(document, None)
    }

    /// The same where values are also looked for in a fuller form of the document, which has its defaults. Whether
    /// something is there, only the document itself says.
    pub(crate) fn holds(&self, document: &Value, fuller: Option<&Value>) -> bool {
        eval::holds(&self.0, eval::Document { itself: document, fuller })
    }

    /// The places in a document that it looks at.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.0.paths(&mut paths);
        paths
    }
}

/// What is wrong with an expression, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Problem {
        Problem { at, message: message.into() }
    }

    /// The error for a person, who counts characters.
    pub(crate) fn in_text(&self, what: &str, text: &str) -> Error {
        let before = text.get(..self.at).unwrap_or(text);
        let column = before.chars().count() + 1;
        let rest: String = text.get(self.at..).unwrap_or_default().chars().take(20).collect();
        let place = if rest.is_empty() { "at the end".to_owned() } else { format!("at column {column}, \"{rest}\"") };
        Error::usage(format!("{what}: {} {place}", self.message))
    }
}

/// Expressions are typed by people; longer ones are a mistake.
pub(crate) const MAX_LENGTH: usize = 16 * 1024;

/// How deep brackets may be.
pub(crate) const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions() {
        let document = json!({
            "id": "7", "status": 503, "path": "/api/x", "ratio": 0.25, "on": true, "off": false, "none": null,
            "methods": ["GET", "POST"], "labels": {"team": "blue", "a.b": "c"},
            "plugins": {"limit-count": {"count": 2}}, "nodes": [{"host": "a", "weight": 1}, {"host": "b", "weight": 9}],
            "big": 18446744073709551615u64,
        });
        for (text, expected) in [
            ("status>=500", true),
            ("status >= 500 && path =~ \"^/api\" && !has(labels.team)", false),
            ("status >= 500 && path =~ \"^/api\" && has(labels.team)", true),
            ("status==503", true),
            ("status==\"503\"", true),
            ("id==7", true),
            ("id<10", true),
            ("status < 500 || ratio <= 0.25", true),
            ("!(status==503)", false),
            ("!off && on", true),
            ("off || none || missing", false),
            ("missing == null", true),
            ("missing != null", false),
            ("none == null", true),
            ("missing == 1", false),
            ("missing != 1", true),
            ("missing < 1 || missing > 1", false),
            ("methods == \"GET\"", true),
            ("methods != \"GET\"", false),
            ("methods == \"PUT\"", false),
            ("methods =~ \"^P\"", true),
            ("methods !~ \"^P\"", false),
            ("labels.team in [\"red\", \"blue\"]", true),
            ("status in [1, 2]", false),
            ("plugins.limit-count.count == 2", true),
            ("plugins[\"limit-count\"].count == 2", true),
            ("labels[\"a.b\"] == 'c'", true),
            ("has(plugins.limit-count) && !has(plugins.cors)", true),
            ("nodes[0].host == \"a\"", true),
            ("nodes[-1].host == \"b\"", true),
            ("nodes[2].host == \"b\"", false),
            ("nodes[*].weight > 5", true),
            ("len(methods) == 2 && len(path) == 6 && len(labels) == 2", true),
            ("lower(\"ABC\") == \"abc\"", true),
            ("lower(methods) == \"get\"", true),
            ("big == 18446744073709551615", true),
            ("big > 18446744073709551614", true),
            ("path < \"/b\"", true),
            ("on == true && off == false", true),
            (".status == 503", true),
        ] {
            let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.message()));
            assert_eq!(filter.matches(&document), expected, "{text}");
        }
    }

    #[test]
    fn mistakes_say_where() {
        let mut all = String::new();
        for text in [
            "",
            "status >=",
            "status >= 5x0",
            "(a",
            "a)",
            "a &&",
            "a & b",
            "a = 1",
            "path =~ \"(\"",
            "path =~ x",
            "has(1)",
            "foo(a)",
            "a == \"open",
            "ä == 1 %",
            "a in 5",
            "a in [1",
            "a[",
            "a[x]",
            "1 == 2 == 3",
            "a.b. == 1",
        ] {
            let error = Filter::parse(text).unwrap_err();
            all.push_str(&format!("{text:20} {}\n", error.message()));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
        assert!(Filter::parse(&deep(MAX_DEPTH - 1)).is_ok());
        assert!(Filter::parse(&deep(100_000)).is_err());
        assert!(Filter::parse(&deep(1_000)).is_err());
        assert!(Filter::parse(&format!("{}a", "!".repeat(1_000))).is_err());
        assert!(Filter::parse(&vec!["a"; 5_000].join("&&")).is_ok());
        assert!(Filter::parse(&"a".repeat(MAX_LENGTH + 1)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-z0-9 .()!&|=<>~\\[\\]\"'*,-]{0,40}|\\PC{0,20}") {
            match Filter::parse(&text) {
                Ok(filter) => { filter.matches(&json!({"a": [1, "x", {"b": null}]})); }
                Err(error) => prop_assert!(error.message().starts_with("--where: ")),
            }
        }

        #[test]
        fn numbers_compare_as_numbers(a in any::<i64>(), b in any::<i64>()) {
            let document = json!({"a": a, "text": b.to_string()});
            for (op, expected) in
                [("<", a < b), ("<=", a <= b), (">", a > b), (">=", a >= b), ("==", a == b), ("!=", a != b)]
            {
                prop_assert_eq!(Filter::parse(&format!("a {op} {b}")).unwrap().matches(&document), expected);
                prop_assert_eq!(Filter::parse(&format!("a {op} text")).unwrap().matches(&document), expected);
            }
        }

        #[test]
        fn text_is_what_was_quoted(text in "\\PC{0,12}") {
            let quoted = serde_json::to_string(&text).unwrap();
            let holds = Filter::parse(&format!("t == {quoted}")).unwrap().matches(&json!({"t": text}));
            prop_assert!(holds);
        }

        #[test]
        fn and_or_not_are_what_they_say(a in any::<bool>(), b in any::<bool>(), c in any::<bool>()) {
            let document = json!({"a": a, "b": b, "c": c});
            let holds = |text: &str| Filter::parse(text).unwrap().matches(&document);
            prop_assert_eq!(holds("a && b || c"), a && b || c);
            prop_assert_eq!(holds("a || b && c"), a || b && c);
            prop_assert_eq!(holds("(a || b) && !c"), (a || b) && !c);
            prop_assert_eq!(holds("!(a && b)"), holds("!a || !b"));
        }
    }
}
