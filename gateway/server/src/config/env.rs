//! `${{VAR}}` and `${{VAR:=default}}` in keys and values, replaced after the file has been parsed.

use super::diagnostic::{Diagnostic, Report};
use super::yaml::{Node, Value, number};

/// Where variables come from: the process environment, or a table in tests.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What becomes of a text that is a variable and now looks like a number or a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retype {
    /// It is one: `config.yaml`, which APISIX replaces after parsing.
    Always,
    /// It is one unless it stands in quotes: standalone files, which APISIX replaces before parsing.
    Plain,
}

/// Replaces every variable in `node`; one error a missing one.
pub(super) fn substitute(node: &mut Node, path: &str, types: Retype, lookup: Lookup<'_>, report: &mut Report) {
    let at = node.at;
    match &mut node.value {
        Value::Text(text) => match replace(text, lookup) {
            Ok(None) => {}
            Ok(Some(new)) if node.quoted && types == Retype::Plain => node.value = Value::Text(new),
            Ok(Some(new)) => node.value = retype(new),
            // The text of an object may be about anything.
            Err(Fault::Open) if types == Retype::Plain => {}
            Err(fault) => {
                report.push(fault.told(path, at));
                // One problem is enough: what is left of the text would be told to be no number too.
                node.value = Value::Null;
            }
        },
        Value::List(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                substitute(item, &format!("{path}[{i}]"), types, lookup, report);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                match replace(&entry.key, lookup) {
                    Ok(None) => {}
                    Ok(Some(new)) => entry.key = new,
                    Err(fault) => report.push(fault.told(path, entry.at)),
                }
                let path = super::check::join(path, &entry.key);
                substitute(&mut entry.node, &path, types, lookup, report);
            }
        }
        _ => {}
    }
}

/// Why a text cannot be replaced.
enum Fault {
    /// There is no variable of that name, and no default.
    Missing(String),
    /// `${{` without `}}`.
    Open,
}

impl Fault {
    fn told(&self, path: &str, at: super::diagnostic::Position) -> Diagnostic {
        match self {
            Fault::Missing(name) => {
                let message = format!("failed to handle configuration: can't find environment variable {name}");
                Diagnostic::error(path, Some(at), message)
                    .remedy(format!("set {name}, or write ${{{{{name}:=default}}}}"))
            }
            Fault::Open => Diagnostic::error(path, Some(at), "`${{` without `}}`").remedy("write `${{NAME}}`"),
        }
    }
}

/// The text with its variables replaced, `None` if it has none; the first fault.
fn replace(text: &str, lookup: Lookup<'_>) -> Result<Option<String>, Fault> {
    if !text.contains("${{") {
        return Ok(None);
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut found) = (text, false);
    while let Some((before, after)) = rest.split_once("${{") {
        out.push_str(before);
        let (inner, tail) = after.split_once("}}").ok_or(Fault::Open)?;
        let Some((name, default)) = variable(inner) else {
            out.push_str("${{");
            rest = after;
            continue;
        };
        match lookup(name).or_else(|| default.map(str::to_owned)) {
            Some(value) => out.push_str(&value),
            None => return Err(Fault::Missing(name.to_owned())),
        }
        found = true;
        rest = tail;
    }
    out.push_str(rest);
    Ok(found.then_some(out))
}

/// `NAME` or `NAME:=default`, spaces around allowed.
fn variable(inner: &str) -> Option<(&str, Option<&str>)> {
    let inner = inner.trim();
    let (name, default) = match inner.split_once(":=") {
        Some((name, default)) => (name.trim(), Some(default.trim())),
        None => (inner, None),
    };
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    valid.then_some((name, default))
}

/// What came from a variable is a number or boolean if all of it looks like one.
fn retype(text: String) -> Value {
    match text.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(&text).unwrap_or(Value::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn run(text: &str) -> (serde_json::Value, Vec<String>) {
        let lookup = |name: &str| match name {
            "HOST" => Some("example.com".to_owned()),
            "PORT" => Some("9080".to_owned()),
            "ON" => Some("true".to_owned()),
            "ZEROS" => Some("007".to_owned()),
            "EMPTY" => Some(String::new()),
            "EVIL" => Some("a: [${{HOST}}]".to_owned()),
            _ => None,
        };
        let mut node = yaml::parse(text).unwrap();
        let mut report = Report::new("f");
        substitute(&mut node, "", Retype::Always, &lookup, &mut report);
        (node.to_json(), report.diagnostics.iter().map(Diagnostic::to_string).collect())
    }

    #[test]
    fn values_and_keys_are_replaced_and_typed() {
        let cases = [
            ("a: ${{PORT}}", r#"{"a":9080}"#),
            ("a: \"${{ PORT }}\"", r#"{"a":9080}"#),
            ("a: ${{ON}}", r#"{"a":true}"#),
            ("a: x${{PORT}}", r#"{"a":"x9080"}"#),
            ("a: ${{ZEROS}}", r#"{"a":"007"}"#),
            ("a: ${{NONE:=5s}}", r#"{"a":"5s"}"#),
            ("a: ${{ NONE := 5 }}", r#"{"a":5}"#),
            ("a: ${{NONE:=}}", r#"{"a":""}"#),
            ("a: ${{EMPTY:=x}}", r#"{"a":""}"#),
            ("a: ${{HOST}}:${{PORT}}", r#"{"a":"example.com:9080"}"#),
            ("${{HOST}}: 1", r#"{"example.com":1}"#),
            ("${{PORT}}: 1", r#"{"9080":1}"#),
            ("a: [\"${{PORT}}\"]", r#"{"a":[9080]}"#),
            ("a: ${{no name}}", r#"{"a":"${{no name}}"}"#),
            ("a: ${{EVIL}}", r#"{"a":"a: [${{HOST}}]"}"#),
        ];
        for (text, expected) in cases {
            let (value, problems) = run(text);
            assert_eq!(value.to_string(), expected, "{text}");
            assert!(problems.is_empty(), "{text}: {problems:?}");
        }
    }

    #[test]
    fn each_missing_variable_is_named() {
        let (_, problems) = run("a: ${{PORT\nb: 1");
        assert_eq!(problems, ["a: `${{` without `}}`; write `${{NAME}}`"]);
        let (_, problems) = run("a: {b: \"${{NO_B}}\"}\n${{NO_KEY}}: 1");
        assert_eq!(
            problems,
            [
                "a.b: failed to handle configuration: can't find environment variable NO_B; set NO_B, or write ${{NO_B:=default}}",
                "failed to handle configuration: can't find environment variable NO_KEY; set NO_KEY, or write ${{NO_KEY:=default}}",
            ]
        );
    }
}
