//! `-o template=…`: a Jinja template over the document, whose fields are its variables.

use std::collections::{BTreeMap, HashSet};

use minijinja::{Environment, Value as Jinja};
use serde_json::{Number, Value};

use crate::error::{Error, Result};

/// A template that was read.
#[derive(Debug)]
pub(crate) struct Template(String);

impl Template {
    /// Reads a template. `\n` and `\t`, which a shell makes hard to type, stand for what they say.
    ///
    /// # Errors
    /// Usage, with the line.
    pub(crate) fn parse(text: &str) -> Result<Template> {
        let text = text.replace("\\n", "\n").replace("\\t", "\t");
        environment().template_from_str(&text).map_err(|error| wrong(&error, &text))?;
        Ok(Template(text))
    }

    /// The text for a document.
    ///
    /// # Errors
    /// Usage: an unknown filter, a value of the wrong type, a name that a list of objects does not have.
    pub(crate) fn run(&self, document: &Value) -> Result<String> {
        let environment = environment();
        let template = environment.template_from_str(&self.0).map_err(|error| wrong(&error, &self.0))?;
        if let Some(name) = unknown(&template.undeclared_variables(false), &environment, document) {
            let error = Error::usage(format!("template: a list has no \"{name}\""));
            return Err(error.hint("its objects are items: {% for item in items %}{{ item.id }} {% endfor %}"));
        }
        template.render(value(document)).map_err(|error| wrong(&error, &self.0))
    }
}

/// The first name, by its letters, that is neither one of a list nor of the language. What an object lacks is empty.
fn unknown(names: &HashSet<String>, environment: &Environment<'_>, document: &Value) -> Option<String> {
    let list = document.as_object().filter(|fields| fields.get("items").is_some_and(Value::is_array))?;
    let own = |name: &&String| list.contains_key(*name) || environment.globals().any(|(global, _)| global == *name);
    names.iter().filter(|name| !own(name)).min().cloned()
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.add_filter("json", |value: Jinja| json(&value).to_string());
    environment
}

fn wrong(error: &minijinja::Error, text: &str) -> Error {
    let line = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let told = Error::usage(format!("template: {what}{line}"));
    match is_of_go(text) {
        true => told.hint("templates are those of Jinja: {{ id }}, {% for item in items %}{{ item.id }}{% endfor %}"),
        false => told,
    }
}

/// As Go has it: `{{.id}}`, `{{range .items}}`, `{{ printf "%s" .id }}`.
fn is_of_go(text: &str) -> bool {
    let words =
        [".", "range ", "printf ", "if ", "end", "else", "with ", "len ", "index ", "template ", "define ", "$"];
    let bodies = text.split("{{").skip(1).map(|rest| rest.trim_start_matches('-').trim_start());
    bodies.into_iter().any(|body| words.iter().any(|word| body.starts_with(word)))
}

fn value(document: &Value) -> Jinja {
    match document {
        Value::Null => Jinja::from(()),
        Value::Bool(flag) => Jinja::from(*flag),
        Value::Number(number) => self::number(number),
        Value::String(text) => Jinja::from(text.as_str()),
        Value::Array(items) => Jinja::from(items.iter().map(value).collect::<Vec<_>>()),
        Value::Object(map) => {
            Jinja::from(map.iter().map(|(name, inner)| (name.clone(), value(inner))).collect::<BTreeMap<_, _>>())
        }
    }
}

fn number(number: &Number) -> Jinja {
    if let Some(integer) = number.as_i64() {
        Jinja::from(integer)
    } else if let Some(integer) = number.as_u64() {
        Jinja::from(integer)
    } else {
        number.as_f64().map_or_else(|| Jinja::from(number.to_string()), Jinja::from)
    }
}

/// A value of a template as JSON, for the filter `json`.
fn json(value: &Jinja) -> Value {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => value.to_string().parse::<Number>().map_or(Value::Null, Value::Number),
        ValueKind::Seq | ValueKind::Iterable => {
            Value::Array(value.try_iter().into_iter().flatten().map(|item| json(&item)).collect())
        }
        ValueKind::Map => {
            let keys = value.try_iter().into_iter().flatten();
            Value::Object(
                keys.map(|key| (key.to_string(), value.get_item(&key).map_or(Value::Null, |v| json(&v)))).collect(),
            )
        }
        _ => Value::String(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn templates() {
        let document = json!({"id": "a", "n": 18446744073709551615u64, "labels": {"x-y": [1, 0.5, null, true]}});
        for (text, expected) in [
            ("{{ id }} {{ n }}", "a 18446744073709551615"),
            ("{% for x in labels['x-y'] %}{{ x }};{% endfor %}", "1;0.5;None;True;"),
            ("{{ id | upper }}\\n.", "A\n."),
            ("{{ labels | json }}", "{\"x-y\":[1,0.5,null,true]}"),
            ("{{ missing }}|", "|"),
            ("{% if id == 'a' %}yes{% endif %}", "yes"),
        ] {
            assert_eq!(Template::parse(text).unwrap().run(&document).unwrap(), expected, "{text}");
        }
        for text in ["{{ id", "{% for %}", "{{ id | nothing }}"] {
            let error = Template::parse(text).and_then(|template| template.run(&document)).unwrap_err();
            assert!(error.message().starts_with("template: "), "{}", error.message());
            assert!(error.helps().is_empty());
        }
        for text in [
            "{{.id}}",
            "{{ .id }}",
            "{{range .items}}{{.id}}{{end}}",
            "{{- printf \"%s\" .id }}",
            "{{ if .x }}a{{ end }}",
        ] {
            let error = Template::parse(text).and_then(|template| template.run(&document)).unwrap_err();
            assert!(error.helps()[0].contains("Jinja"), "{text} {error:?}");
        }
    }

    #[test]
    fn names_that_a_list_has_not() {
        let list = json!({"items": [{"id": "a"}, {"id": "b"}], "total": 2});
        let run = |text: &str| Template::parse(text).unwrap().run(&list);
        for (text, expected) in [
            ("{% for r in items %}{{ r.id }}{{ r.none }}{% endfor %} {{ total }}", "ab 2"),
            ("{% for r in items %}{{ loop.index }}{% endfor %}", "12"),
            ("{% set x = total %}{{ x }}{% for i in range(2) %}{{ i }}{% endfor %}", "201"),
        ] {
            assert_eq!(run(text).unwrap(), expected, "{text}");
        }
        let error = run("{{ id }}").unwrap_err();
        assert_eq!(error.message(), "template: a list has no \"id\"");
        assert!(error.helps()[0].contains("for item in items"));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a{}% |.\\[\\]()\"0-9]{0,24}") {
            if let Ok(template) = Template::parse(&text) {
                let _ = template.run(&json!({"a": [1, {"b": "x"}]}));
            }
        }
    }
}
