//! `-o jq=…`: a jq filter over the document.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::error::{Error, Result};

type Filter = jaq_core::Filter<data::JustLut<Val>>;

/// A compiled filter.
pub(crate) struct Jq(Filter);

/// A filter may give so many results; a generator without an end is a mistake.
const MAX_RESULTS: usize = 1_000_000;

impl Jq {
    /// Compiles a filter.
    ///
    /// # Errors
    /// Usage: what is wrong, and where as far as it is known.
    pub(crate) fn parse(text: &str) -> Result<Jq> {
        let arena = Arena::default();
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let loader = Loader::new(defs);
        let modules = loader.load(&arena, File { code: text, path: () }).map_err(|errors| {
            let near = errors.into_iter().find_map(|(_, error)| match error {
                jaq_core::load::Error::Lex(errors) => errors.into_iter().next().map(|(_, near)| near),
                jaq_core::load::Error::Parse(errors) => errors.into_iter().next().map(|(_, near)| near),
                jaq_core::load::Error::Io(_) => None,
            });
            wrong(near, "not a jq filter")
        })?;
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let compiled = Compiler::default().with_funs(funs).compile(modules);
        compiled.map(Jq).map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
            wrong(first.map(|(name, _)| name), "undefined in jq")
        })
    }

    /// The results for a document, in order.
    ///
    /// # Errors
    /// Usage: the filter failed on this document.
    pub(crate) fn run(&self, document: &Value) -> Result<Vec<Value>> {
        let failed = |why: String| {
            let short: String = why.chars().take(160).collect();
            Error::usage(format!("jq: {short}{}", if short.len() < why.len() { "..." } else { "" }))
        };
        let input = read::parse_single(document.to_string().as_bytes()).map_err(|error| failed(error.to_string()))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let mut results = Vec::new();
        for result in self.0.id.run((context, input)).map(unwrap_valr) {
            let value = result.map_err(|error| failed(error.to_string()))?;
            if results.len() == MAX_RESULTS {
                return Err(failed(format!("more than {MAX_RESULTS} results")));
            }
            let text = value.to_string();
            // What JSON cannot say (not a number) is shown as jq shows it.
            results.push(serde_json::from_str(&text).unwrap_or(Value::String(text)));
        }
        Ok(results)
    }
}

fn wrong(near: Option<&str>, what: &str) -> Error {
    let near: String = near.unwrap_or_default().chars().take(30).collect();
    Error::usage(if near.is_empty() { format!("jq: {what} at the end") } else { format!("jq: {what} at \"{near}\"") })
}

impl std::fmt::Debug for Jq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jq")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn filters() {
        let document = json!({"items": [{"id": "a", "n": 18446744073709551615u64}, {"id": "b", "n": 0.1}], "total": 2});
        for (text, expected) in [
            (".items[].id", vec![json!("a"), json!("b")]),
            (".items | length", vec![json!(2)]),
            ("[.items[] | select(.id == \"b\") | .n]", vec![json!([0.1])]),
            (".items[0].n", vec![json!(18446744073709551615u64)]),
            ("[.items[].id | ascii_upcase] | join(\"-\")", vec![json!("A-B")]),
            (".items[] | select(.id | test(\"^a\")) | .id", vec![json!("a")]),
            (".items | map({(.id): .n | floor}) | .[1]", vec![json!({"b": 0})]),
            (".none", vec![Value::Null]),
            ("empty", vec![]),
        ] {
            assert_eq!(Jq::parse(text).unwrap().run(&document).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn mistakes() {
        let mut all = String::new();
        for text in [".items[", ".a |", "nothing(.)", "$x", "\"open"] {
            all.push_str(&format!("{text:12} {}\n", Jq::parse(text).unwrap_err().message()));
        }
        all.push_str(Jq::parse(".a.b").unwrap().run(&json!({"a": 1})).unwrap_err().message());
        insta::assert_snapshot!(all);
        assert!(Jq::parse("repeat(1)").unwrap().run(&Value::Null).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[.a\\[\\]{}|()\"$, 0-9]{0,16}") {
            if let Ok(jq) = Jq::parse(&text) {
                let _ = jq.run(&json!({"a": [1, {"b": "x"}]}));
            }
        }
    }
}
