//! `-o template=…`: a Jinja template over the document, whose fields are its variables.

use std::collections::{BTreeMap, HashSet};

use minijinja::{Environment, ErrorKind, Value as Jinja};
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
        let environment = environment();
        environment.template_from_str(&text).map_err(|error| wrong(&error, &text))?;
        for (probe, line) in probes(&text) {
            if let Some(what) = unheard_of(&environment, &probe) {
                return Err(Error::usage(format!("template: {what} in line {line}")));
            }
        }
        Ok(Template(text))
    }

    /// Refuses a template that is wrong whatever document it is for: a filter, test or function that there is none of, a name
    /// that no list like this one has.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn check(&self, sample: &Value) -> Result<()> {
        let environment = environment();
        let template = environment.template_from_str(&self.0).map_err(|error| wrong(&error, &self.0))?;
        self.known(&template, &environment, sample)
    }

    /// The text for a document.
    ///
    /// # Errors
    /// Usage: an unknown filter, a value of the wrong type, a name that a list of objects does not have.
    pub(crate) fn run(&self, document: &Value) -> Result<String> {
        let environment = environment();
        let template = environment.template_from_str(&self.0).map_err(|error| wrong(&error, &self.0))?;
        self.known(&template, &environment, document)?;
        template.render(value(document)).map_err(|error| wrong(&error, &self.0))
    }

    fn known(
        &self,
        template: &minijinja::Template<'_, '_>,
        environment: &Environment<'_>,
        document: &Value,
    ) -> Result<()> {
        match unknown(&template.undeclared_variables(false), environment, document) {
            None => Ok(()),
            Some(name) => {
                let error = Error::usage(format!("template: a list has no \"{name}\""));
                Err(error.hint("its objects are items: {% for item in items %}{{ item.id }} {% endfor %}"))
            }
        }
    }
}

/// A small template for each filter and test that a template names, and the line where it does. What there is none of would
/// else only be found where it is used.
fn probes(text: &str) -> Vec<(String, usize)> {
    let mut probes = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')).map(|found| at + found) {
        let rest = text.get(open..).unwrap_or_default();
        let (end, body) = match rest.get(..2) {
            Some("{#") => (rest.find("#}"), None),
            Some("{{") => tag(rest, "}}"),
            Some("{%") if rest[2..].trim_start_matches('-').trim_start().starts_with("raw") => {
                (rest.find("endraw"), None)
            }
            Some("{%") => tag(rest, "%}"),
            _ => (Some(0), None),
        };
        let line = text.get(..open).unwrap_or_default().lines().count().max(1);
        let mut before: [&str; 2] = ["", ""];
        for word in body.unwrap_or_default() {
            let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            match before {
                [_, "|"] if is_name => probes.push((format!("{{{{ 0|{word} }}}}"), line)),
                [_, "is"] | ["is", "not"] if is_name && word != "not" => {
                    probes.push((format!("{{{{ 0 is {word} }}}}"), line));
                }
                _ => {}
            }
            // A field may be called so.
            before = [before[1], if before[1] == "." { "" } else { word }];
        }
        at = open + end.unwrap_or(rest.len()).max(1);
    }
    probes
}

/// Where a tag ends, and its words and signs, without what stands in quotes.
fn tag<'t>(rest: &'t str, close: &str) -> (Option<usize>, Option<Vec<&'t str>>) {
    let mut words = Vec::new();
    let mut at = 2;
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with(close) {
            return (Some(at + close.len()), Some(words));
        }
        let first = left.chars().next().unwrap_or_default();
        let length = match first {
            '"' | '\'' => {
                let mut escaped = false;
                let end = left.char_indices().skip(1).find(|(_, c)| {
                    let ends = *c == first && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                });
                end.map_or(left.len(), |(end, c)| end + c.len_utf8())
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                left.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(left.len())
            }
            c => c.len_utf8(),
        };
        if !first.is_whitespace() {
            words.push(left.get(..length).unwrap_or_default());
        }
        at += length;
    }
    (None, Some(words))
}

/// What a probe names that there is none of, in words.
fn unheard_of(environment: &Environment<'_>, probe: &str) -> Option<String> {
    let made = environment.template_from_str(probe).and_then(|template| template.render(()));
    let error = made.err().filter(|error| matches!(error.kind(), ErrorKind::UnknownFilter | ErrorKind::UnknownTest))?;
    Some(error.detail().map_or_else(|| error.kind().to_string(), str::to_owned))
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
            "{% if false %}{{ id | nothing }}{% endif %}",
            "a\n{% for x in items if x is nothing %}{% endfor %}",
            "{{ 'it''s' ~ id|upper|nothing(1) }}",
            "{{ x is not nothing }}",
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.message().contains("nothing is unknown in line "), "{text} {}", error.message());
        }
        for text in [
            "{{ '| nothing' }} | nothing {# | nothing #}{% raw %}{{ x | nothing }}{% endraw %}",
            "{{ x.is }} {{ x is defined and x is not none and x is divisibleby(3) or not x is in [1] }}",
            "{{ \"a\\\"|nothing\" }}{{ x | default('|nothing') | json }}",
        ] {
            assert!(Template::parse(text).is_ok(), "{text} {:?}", Template::parse(text));
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
