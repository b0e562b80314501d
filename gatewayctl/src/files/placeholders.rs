//! `${{ … }}` that `config render` puts values in the place of. What holds one is not ready for a server.

use serde_json::Value;

use super::Object;
use crate::error::{Error, Result};
use crate::output::mask::escape;

const HINTS: [&str; 2] =
    ["gatewayctl config render -f FILE puts the values in, for apply -f - to read", "--literal takes ${{ … }} as text"];

/// The first placeholder of a value that only `config render` can have been meant to fill: `${{ env.NAME }}`,
/// `${{ file.PATH }}`, `${{ NAME:=default }}`; with the JSON pointer of where it stands. `${{ NAME }}` alone may be text.
pub(crate) fn first(value: &Value) -> Option<(String, String)> {
    match value {
        Value::String(text) => in_text(text).map(|found| (String::new(), found)),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, item)| first(item).map(|(at, found)| (format!("/{i}{at}"), found)))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| {
            let at = || format!("/{}", escape(name));
            let own = in_text(name).map(|found| (at(), found));
            own.or_else(|| first(inner).map(|(below, found)| (at() + &below, found)))
        }),
        _ => None,
    }
}

fn in_text(text: &str) -> Option<String> {
    text.split("${{").skip(1).filter_map(|rest| rest.split_once("}}")).find_map(|(name, _)| {
        let name = name.trim();
        let is_one =
            name.strip_prefix("env.").or_else(|| name.strip_prefix("file.")).is_some_and(|rest| !rest.is_empty())
                || name.split_once(":=").is_some_and(|(name, _)| is_name(name.trim()));
        is_one.then(|| format!("${{{{ {name} }}}}"))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Refuses an object of no file that holds one.
///
/// # Errors
/// Usage.
pub(crate) fn refuse_value(value: &Value) -> Result<()> {
    match first(value) {
        None => Ok(()),
        Some((pointer, name)) => {
            let error = Error::usage(format!("{name} has no value yet")).field(Some(pointer));
            Err(error.hints(HINTS.map(str::to_owned)))
        }
    }
}

/// Refuses objects that hold one.
///
/// # Errors
/// Usage, with all of them and their places.
pub(crate) fn refuse(objects: &[Object]) -> Result<()> {
    let found = objects.iter().filter_map(|object| {
        let (pointer, name) = first(&object.value)?;
        let error = Error::usage(format!("{}: {name} has no value yet", object.reference));
        Some(error.field(Some(pointer.clone())).at(object.source(Some(&pointer))))
    });
    let mut found: Vec<Error> = found.collect();
    if let Some(last) = found.pop() {
        found.push(last.hints(HINTS.map(str::to_owned)));
    }
    Error::all(found).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_rendering_can_fill() {
        for (value, found) in [
            (json!({"uri": "/${{ env.PFX }}/x"}), Some(("/uri", "${{ env.PFX }}"))),
            (json!({"nodes": {"${{env.B}}": 1}}), Some(("/nodes/${{env.B}}", "${{ env.B }}"))),
            (json!({"cert": ["${{ file.cert.pem }}"]}), Some(("/cert/0", "${{ file.cert.pem }}"))),
            (json!({"id": "${{ name:=shop }}"}), Some(("/id", "${{ name:=shop }}"))),
            (
                json!({"a": "${{y}}", "b": "{{ env.X }}", "c": "${{ env.X", "d": "${{ a b := c }}", "e": "$env://X"}),
                None,
            ),
        ] {
            let expected = found.map(|(at, name)| (at.to_owned(), name.to_owned()));
            assert_eq!(first(&value), expected, "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,20}[$]?[{]{0,3}.{0,10}[}]{0,3}.{0,5}") {
            let _ = first(&Value::String(text));
        }
    }
}
