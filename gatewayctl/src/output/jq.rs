//! `-o jq=…`: a jq filter over the document, within [bounds].

mod bounds;

use std::collections::HashMap;

use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data};
use jaq_json::{Map, Rc, Val, read};
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

use crate::error::{Error, Result};

type Filter = jaq_core::Filter<data::JustLut<Val>>;

/// A compiled filter.
pub(crate) struct Jq(Filter);

/// What a filter is called among jq's own definitions.
const MAIN: &str = "gatewayctl_main";

/// A filter may give so many results; a generator without an end is a mistake.
const MAX_RESULTS: usize = 1_000_000;

impl Jq {
    /// Compiles a filter.
    ///
    /// # Errors
    /// Usage: what is wrong, and where as far as it is known.
    pub(crate) fn parse(text: &str) -> Result<Jq> {
        bounds::text(text).map_err(|why| Error::usage(format!("jq: {why}")))?;
        let arena = Arena::default();
        // As it is, for what is wrong with it.
        Loader::new([]).load(&arena, File { code: text, path: () }).map_err(|errors| {
            let near = errors.into_iter().find_map(|(_, error)| match error {
                jaq_core::load::Error::Lex(errors) => errors.into_iter().next().map(|(_, near)| near),
                jaq_core::load::Error::Parse(errors) => errors.into_iter().next().map(|(_, near)| near),
                jaq_core::load::Error::Io(_) => None,
            });
            wrong(near, "not a jq filter")
        })?;
        let term = jaq_core::load::parse(text, |parser| parser.term()).ok_or_else(|| wrong(None, "not a jq filter"))?;
        let main = Def { name: MAIN, args: Vec::new(), body: term };
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let loader = Loader::new(defs.map(bounds::of_library).chain([bounds::definition(main)]));
        let modules = loader.load(&arena, File { code: MAIN, path: () }).map_err(|_| wrong(None, "not a jq filter"))?;
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain([bounds::step()]);
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
        let mut results = Vec::new();
        self.each(Turner::default().turn(document), &mut |result| {
            results.push(serde_json::to_value(&result).unwrap_or_default());
            Ok(())
        })?;
        Ok(results)
    }

    /// Visits the results for a value, in order.
    ///
    /// # Errors
    /// Usage: the filter failed on this value, after the results before that were visited; those of `visit`.
    pub(crate) fn each(&self, input: Val, visit: &mut dyn FnMut(Answer) -> Result<()>) -> Result<()> {
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let is_list = matches!(&input, Val::Obj(fields) if fields.iter().any(|(name, _)| name_of(name) == "items"));
        bounds::begin();
        for (count, result) in self.0.id.run((context, input)).enumerate() {
            let value = result.map_err(|end| match (bounds::why(), end.get_err()) {
                (Some(why), _) => failed(why),
                (None, Ok(error)) => {
                    let hint = is_list.then(|| "the objects of a list are .items[], as in .items[].id".to_owned());
                    failed(&error.to_string()).hints(hint)
                }
                (None, Err(_)) => failed("halt is not for filters"),
            })?;
            if count == MAX_RESULTS {
                return Err(failed(&format!("more than {MAX_RESULTS} results")));
            }
            visit(Answer(value))?;
        }
        Ok(())
    }
}

fn failed(why: &str) -> Error {
    let short: String = why.chars().take(160).collect();
    Error::usage(format!("jq: {short}{}", if short.len() < why.len() { "..." } else { "" }))
}

/// One result; it is written as JSON without a tree of its own.
pub(crate) struct Answer(Val);

impl Answer {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.0 {
            Val::TStr(text) | Val::BStr(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Part(&self.0).serialize(serializer)
    }
}

struct Part<'v>(&'v Val);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0 {
            Val::Null => serializer.serialize_unit(),
            Val::Bool(flag) => serializer.serialize_bool(*flag),
            // What JSON cannot say (not a number) is shown as jq shows it.
            Val::Num(number) => match number.to_string() {
                text if text.parse::<Number>().is_ok() => {
                    text.parse::<Number>().unwrap_or(0.into()).serialize(serializer)
                }
                text => serializer.serialize_str(&text),
            },
            Val::TStr(text) | Val::BStr(text) => serializer.serialize_str(&String::from_utf8_lossy(text)),
            Val::Arr(items) => serializer.collect_seq(items.iter().map(Part)),
            Val::Obj(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name_of(name), Part(value)))),
        }
    }
}

/// The names of fields are texts in JSON.
fn name_of(name: &Val) -> String {
    match name {
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into_owned(),
        other => other.to_string(),
    }
}

/// Turns documents into values of jq. What comes again and again (texts, and parts such as time-outs and configurations of
/// plugins) is kept once.
#[derive(Default)]
pub(crate) struct Turner {
    texts: HashMap<String, Val>,
    /// By their JSON.
    parts: HashMap<String, Val>,
}

/// How many texts and parts are looked for again, and how long they are at most.
const KNOWN: usize = 4096;
const SHORT: usize = 64;
const SMALL: usize = 512;

impl Turner {
    pub(crate) fn turn(&mut self, document: &Value) -> Val {
        match document {
            Value::Null => Val::Null,
            Value::Bool(flag) => Val::Bool(*flag),
            Value::Number(number) => {
                let text = number.to_string();
                read::parse_single_num(text.as_bytes()).map_or_else(|| Val::from(text), Val::Num)
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => Val::Arr(Rc::new(items.iter().map(|item| self.part(item)).collect())),
            Value::Object(fields) => {
                let mut map = Map::with_capacity_and_hasher(fields.len(), Default::default());
                for (name, value) in fields {
                    map.insert(self.text(name), self.part(value));
                }
                Val::Obj(Rc::new(map))
            }
        }
    }

    /// A value within a document.
    fn part(&mut self, value: &Value) -> Val {
        if !value.is_object() && !value.is_array() {
            return self.turn(value);
        }
        let text = value.to_string();
        if let Some(known) = self.parts.get(&text) {
            return known.clone();
        }
        let turned = self.turn(value);
        if text.len() <= SMALL && self.parts.len() < KNOWN {
            self.parts.insert(text, turned.clone());
        }
        turned
    }

    fn text(&mut self, text: &str) -> Val {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let value = Val::from(text.to_owned());
        if text.len() <= SHORT && self.texts.len() < KNOWN {
            self.texts.insert(text.to_owned(), value.clone());
        }
        value
    }
}

/// The entries of a list that a filter is to see as a whole.
#[derive(Default)]
pub(crate) struct Items {
    turner: Turner,
    items: Vec<Val>,
}

impl Items {
    pub(crate) fn push(&mut self, mut document: Value) {
        document.sort_all_objects();
        self.items.push(self.turner.turn(&document));
    }

    /// `{"items":[…],"total":N}`.
    pub(crate) fn whole(mut self) -> Val {
        let total = self.items.len();
        let fields = [("items", Val::Arr(Rc::new(self.items))), ("total", Val::from(total))];
        let fields = fields.map(|(name, value)| (self.turner.text(name), value));
        Val::Obj(Rc::new(fields.into_iter().collect::<Map>()))
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
    fn a_list_is_what_its_document_would_be() {
        let entries = [json!({"id": "a", "n": 1.5}), json!({"id": "b", "deep": [{"x": null}]})];
        let mut items = Items::default();
        entries.iter().for_each(|entry| items.push(entry.clone()));
        let mut seen = Vec::new();
        let jq = Jq::parse(".").unwrap();
        let mut visit = |answer| {
            seen.push(serde_json::to_value(&answer).unwrap());
            Ok(())
        };
        jq.each(items.whole(), &mut visit).unwrap();
        assert_eq!(seen, [json!({"items": entries, "total": 2})]);
        assert_eq!(
            jq.run(&json!({"n": 0.1, "m": 18446744073709551615u64, "k": -3})).unwrap()[0].to_string(),
            r#"{"n":0.1,"m":18446744073709551615,"k":-3}"#
        );
        assert_eq!(Jq::parse("nan, infinite").unwrap().run(&Value::Null).unwrap(), [json!("NaN"), json!("Infinity")]);
    }

    #[test]
    fn mistakes() {
        let mut all = String::new();
        for text in [".items[", ".a |", "nothing(.)", "$x", "\"open"] {
            all.push_str(&format!("{text:12} {}\n", Jq::parse(text).unwrap_err().message()));
        }
        all.push_str(Jq::parse(".a.b").unwrap().run(&json!({"a": 1})).unwrap_err().message());
        insta::assert_snapshot!(all);
        let list = json!({"items": [{"id": "a"}], "total": 1});
        assert!(Jq::parse(".[].id").unwrap().run(&list).unwrap_err().helps()[0].contains(".items[].id"));
        assert!(Jq::parse(".a.b").unwrap().run(&json!({"a": 1})).unwrap_err().helps().is_empty());
        assert!(Jq::parse("repeat(1)").unwrap().run(&Value::Null).is_err());
    }

    /// Programs that nest, recurse or go on without an end are errors, and neither ends the process nor keep it.
    #[test]
    fn what_has_no_end_has_one_here() {
        let nested = |open: &str, close: &str, count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
        for (text, said) in [
            (nested("[", "]", 8000).as_str(), "128 deep"),
            (&nested("\"\\(", ")\"", 8000), "128 deep"),
            (&nested("-", "", 8000), "operators"),
            (&nested("", "|1", 8000), "operators"),
            (&nested("if 1 then ", " end", 8000), "64 KiB"),
            (&nested("try ", "", 8000), "operators"),
            (&" ".repeat(70_000), "64 KiB"),
            ("def f: [f]; f", "recurses"),
            ("def f: f, 1; f", "it "),
            ("def f: 1 + f; f", "it "),
            ("def f: {a: f}; f", "recurses"),
            ("def f: try error(f) catch f; f", "it "),
            ("def f(g): f(g | g); f(.)", "it "),
            ("def f: f; f", "steps"),
            ("def f: f | f; f", "it "),
            ("def f: try f catch f; f", "it "),
            ("def f: if true then f else 1 end; f", "steps"),
            ("[repeat(1)]", "steps"),
            ("last(range(infinite))", "steps"),
            ("[range(infinite) | select(false)]", "steps"),
            ("[range(infinite) as $x | empty]", "steps"),
            ("reduce range(infinite) as $x (0; .)", "steps"),
            ("reduce range(infinite) as $x (.; [.])", "1,000 deep"),
            ("reduce range(infinite) as $x (.; {a: .})", "1,000 deep"),
            ("reduce range(infinite) as $x (\"x\"; . + .)", "64 MiB"),
            ("any(range(infinite); false)", "steps"),
            ("until(false; .)", "steps"),
            ("[limit(3; repeat(empty))]", "steps"),
            ("first(repeat(empty))", "steps"),
            ("halt", "halt"),
        ] {
            let short: String = text.chars().take(40).collect();
            let error = Jq::parse(text).and_then(|jq| jq.run(&Value::Null)).expect_err(&short);
            assert!(error.message().contains(said), "{short}: {}", error.message());
        }
        let document = json!({"items": [{"id": "a", "n": [3, 1, 2]}, {"id": "b", "x": {"y": null}}]});
        for (text, expected) in [
            ("[limit(3; repeat(1))]", json!([1, 1, 1])),
            ("def f: if . > 9 then . else . + 1 | f end; 0 | f", json!(10)),
            (".items[0].n |= sort | .items[0].n", json!([1, 2, 3])),
            ("[paths]| length", json!(11)),
            ("[.items[] | to_entries[] | .key]", json!(["id", "n", "id", "x"])),
            ("path(.items[0].n | first)", json!(["items", 0, "n", 0])),
            ("walk(if type == \"number\" then . + 1 else . end) | .items[0].n", json!([4, 2, 3])),
            ("reduce range(5000) as $x (0; . + $x)", json!(12_497_500)),
            ("del(.items[1]) | .items | length", json!(1)),
            (".items | map(select(.id == \"b\")) | .[0].x.y", json!(null)),
            ("\"\\(.items[0].id)-[[[(((\"", json!("a-[[[(((")),
            ("[.items[].n?] | flatten | add", json!(6)),
            ("{$__loc__} | length", json!(1)),
        ] {
            let got = Jq::parse(text).and_then(|jq| jq.run(&document));
            match got {
                Ok(got) => assert_eq!(got, [expected], "{text}"),
                Err(error) => assert!(text.contains("__loc__"), "{text}: {}", error.message()),
            }
        }
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
