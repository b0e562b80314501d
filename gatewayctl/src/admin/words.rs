//! The words of a server that refuses something: what they are, which field they are about, and what helps.

use serde_json::Value;

use crate::error::{Error, Kind};
use crate::resources::{IdForm, Reference};

/// The server's words in an error body.
pub(super) fn said(body: &Value) -> Option<String> {
    let text = body.get("error_msg").or_else(|| body.get("message"))?.as_str()?.to_owned();
    match body.get("description").and_then(Value::as_str) {
        Some(more) => Some(format!("{text}: {more}")),
        None => Some(text),
    }
}

/// What is wrong with one object of many, as (resource, index, text).
pub(super) fn failed_item(error: &Value) -> Option<(String, usize, String)> {
    let resource = error.get("resource_type")?.as_str()?.to_owned();
    let index = usize::try_from(error.get("index")?.as_u64()?).ok()?;
    Some((resource, index, error.get("error")?.as_str()?.to_owned()))
}

/// The JSON pointer of the field at fault: told by the server, else read out of its words.
pub(crate) fn field_of(body: &Value, said: &str) -> Option<String> {
    let told = body.pointer("/details/0/path").and_then(Value::as_str).filter(|path| !path.is_empty());
    if let Some(told) = told {
        return Some(told.to_owned());
    }
    let mut pointer = String::new();
    let mut rest = said;
    loop {
        if let Some(after) = rest
            .strip_prefix("invalid configuration: ")
            .or_else(|| rest.strip_prefix("invalid plugins configuration: "))
        {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("failed to check the configuration of plugin ") {
            let (plugin, after) = after.split_once(" err: ")?;
            pointer.push_str(&format!("/plugins/{plugin}"));
            rest = after;
        } else if let Some((name, after)) = quoted(rest, "property \"") {
            pointer.push_str(&format!("/{}", crate::output::mask::escape(name)));
            rest = match after.strip_prefix(" validation failed: ") {
                Some(after) => after,
                // The place of something that is missing is where it should be.
                None if after.starts_with(" is required") => break,
                None => return None,
            };
        } else if let Some(after) = rest.strip_prefix("failed to validate item ") {
            let (number, after) = after.split_once(": ")?;
            pointer.push_str(&format!("/{}", number.parse::<u64>().ok()?.checked_sub(1)?));
            rest = after;
        } else if let Some(name) = rest.strip_prefix("additional properties forbidden, found ") {
            pointer.push_str(&format!("/{name}"));
            break;
        } else if let Some((what, _)) =
            rest.strip_prefix("failed to fetch ").and_then(|after| after.split_once(" info by "))
        {
            let field = match what {
                "upstream" => "/upstream_id",
                "service" => "/service_id",
                "plugin config" => "/plugin_config_id",
                "consumer group" => "/group_id",
                _ => return None,
            };
            pointer.push_str(field);
            break;
        } else if let Some(after) = rest.strip_prefix("unknown plugin [") {
            pointer.push_str(&format!("/plugins/{}", after.strip_suffix(']')?));
            break;
        } else {
            break;
        }
    }
    (!pointer.is_empty()).then_some(pointer)
}

fn quoted<'t>(text: &'t str, head: &str) -> Option<(&'t str, &'t str)> {
    text.strip_prefix(head)?.split_once('"')
}

/// A command that says what the server would have taken.
pub(crate) fn hint(reference: &Reference, said: &str) -> Option<String> {
    if said.contains("unknown plugin [") {
        return Some("gatewayctl plugins list".to_owned());
    }
    if said.contains("still using it") {
        return Some("delete what uses it first, or --force".to_owned());
    }
    let about_fields = said.starts_with("invalid configuration: ") || said.contains("configuration of plugin ");
    about_fields.then(|| {
        let mut path = reference.resource.singular.to_owned();
        // Of each secret manager and each plugin's metadata its own fields.
        if matches!(reference.resource.id, IdForm::Secret | IdForm::Plugin)
            && let Some(own) = reference.id.split('/').next().filter(|own| !own.is_empty())
        {
            path.push_str(&format!(".{own}"));
        }
        for name in field_of(&Value::Null, said).unwrap_or_default().split('/').skip(1) {
            // Places in lists have no explanation of their own, nor has a field that there is none of.
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if !plain || said.ends_with(&format!("found {name}")) {
                break;
            }
            if !name.chars().all(|c| c.is_ascii_digit()) {
                path.push_str(&format!(".{name}"));
            }
        }
        format!("gatewayctl explain {path}")
    })
}

/// The refusal of a write to an object that has another revision, `now`, than the one that was wanted: somebody has changed
/// it since.
pub(crate) fn moved(about: Option<&Reference>, now: &str) -> Error {
    let error = Error::new(Kind::Rejected, format!("somebody else has changed it: its revision is {now}"));
    let Some(reference) = about else { return error.hint(format!("gatewayctl config history {now} says what")) };
    let look = format!("gatewayctl config history {now} says what, gatewayctl get {reference} -o yaml what it is now");
    error.about(reference.resource.singular, &reference.id).hint(look)
}

/// The refusal of a creation: there is such an object already.
pub(crate) fn exists(about: Option<&Reference>) -> Error {
    let error = Error::new(Kind::Rejected, "exists already");
    let Some(reference) = about else { return error };
    error
        .about(reference.resource.singular, &reference.id)
        .hint(format!("gatewayctl edit {reference}"))
        .hint("`apply -f` creates or changes")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_field_is_read_out_of_the_servers_words() {
        for (said, field) in [
            (
                "invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number",
                Some("/uri"),
            ),
            (
                "invalid configuration: property \"upstream\" validation failed: property \"nodes\" validation failed: object matches none of the required",
                Some("/upstream/nodes"),
            ),
            (
                "invalid configuration: property \"methods\" validation failed: failed to validate item 2: matches none of the enum values",
                Some("/methods/1"),
            ),
            (
                "failed to check the configuration of plugin limit-count err: property \"count\" is required",
                Some("/plugins/limit-count/count"),
            ),
            ("invalid configuration: additional properties forbidden, found urri", Some("/urri")),
            ("unknown plugin [limit-cuont]", Some("/plugins/limit-cuont")),
            (
                "invalid plugins configuration: failed to check the configuration of plugin key-auth err: property \"key\" is required",
                Some("/plugins/key-auth/key"),
            ),
            ("failed to fetch upstream info by upstream id [u1], response code: 404", Some("/upstream_id")),
            ("failed to fetch ssl info by ssl id [1], response code: 404", None),
            ("", None),
        ] {
            assert_eq!(field_of(&Value::Null, said).as_deref(), field, "{said}");
        }
        assert_eq!(field_of(&json!({"details":[{"path":"/a/b"}]}), "x").as_deref(), Some("/a/b"));
    }
}
