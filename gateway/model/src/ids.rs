//! Which id a write is about, and what its body may not say.

use serde_json::Value;

use crate::Kind;
use crate::check::Invalid;
use crate::references::id_text;

/// The id of a PUT: from the URI, else from the body (`username` for consumers); both must be the same.
/// For credentials the URI gives the short id, for secrets `<manager>/<id>`.
///
/// # Errors
/// The texts of the Admin API: no id, or two that differ.
pub fn put(kind: Kind, uri: Option<&str>, body: &Value) -> Result<String, Invalid> {
    let (field, word) = match kind {
        Kind::Consumer => ("username", "username".to_owned()),
        Kind::Credential => ("id", "credential id".to_owned()),
        kind => ("id", format!("{} id", kind.word())),
    };
    let told = body.get(field).filter(|id| !id.is_null());
    match (uri, told) {
        (Some(uri), Some(told)) if id_text(told).as_deref() != Some(uri) => {
            Err(Invalid::new("id", format!("wrong {word}")).at(format!("/{field}")))
        }
        (Some(uri), _) => Ok(uri.to_owned()),
        // Neither a string nor a number: the schema says so better.
        (None, Some(told)) if kind != Kind::PluginMetadata => Ok(id_text(told).unwrap_or_default()),
        // A consumer without a name is refused by its schema.
        (None, None) if kind == Kind::Consumer => Ok(String::new()),
        (None, _) => Err(missing(kind)),
    }
}

/// A POST may name no id, neither in the URI nor in the body.
///
/// # Errors
/// It does.
pub fn post(kind: Kind, uri: Option<&str>, body: &Value) -> Result<(), Invalid> {
    if uri.is_some() || body.get("id").is_some_and(|id| !id.is_null()) {
        return Err(Invalid::new("id", format!("wrong {} id, do not need it", kind.word())).at("/id"));
    }
    Ok(())
}

/// The id of a DELETE or PATCH, which must be there.
///
/// # Errors
/// It is not.
pub fn needed(kind: Kind, uri: Option<&str>) -> Result<&str, Invalid> {
    uri.ok_or_else(|| missing(kind))
}

/// What is said where an id is missing.
pub fn missing(kind: Kind) -> Invalid {
    Invalid::new(
        "id",
        match kind {
            Kind::PluginMetadata => "missing plugin name".to_owned(),
            Kind::Secret => "no secret id".to_owned(),
            kind => format!("missing {} id", kind.word()),
        },
    )
}

/// Times are the gateway's to set: PUT and POST bodies must not hold them.
///
/// # Errors
/// The first that is there.
pub fn refuse_times(body: &Value) -> Result<(), Invalid> {
    for (inner, prefix) in [(Some(body), ""), (body.get("upstream"), "upstream."), (body.get("plugins"), "plugins.")] {
        for field in ["create_time", "update_time"] {
            if inner.is_some_and(|value| value.get(field).is_some()) {
                return Err(Invalid::new("forbidden", format!("the property is forbidden:  {prefix}{field}"))
                    .at(format!("/{}{field}", prefix.replace('.', "/"))));
            }
        }
    }
    Ok(())
}

/// A generated id: the store's revision, padded to 20 digits.
pub fn generated(revision: u64) -> String {
    format!("{revision:020}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn put_takes_the_id_from_either_place() {
        let cases = [
            (Kind::Route, Some("1"), json!({}), Ok("1")),
            (Kind::Route, Some("1"), json!({"id": 1}), Ok("1")),
            (Kind::Route, None, json!({"id": "a"}), Ok("a")),
            (Kind::Route, Some("1"), json!({"id": "2"}), Err("wrong route id")),
            (Kind::GlobalRule, None, json!({}), Err("missing global rule id")),
            (Kind::Consumer, None, json!({"username": "bob"}), Ok("bob")),
            (Kind::Consumer, Some("bob"), json!({"username": "bo"}), Err("wrong username")),
            (Kind::Consumer, None, json!({}), Ok("")),
            (Kind::Credential, None, json!({}), Err("missing credential id")),
            (Kind::PluginMetadata, None, json!({"k": "v"}), Err("missing plugin name")),
            (Kind::Secret, Some("vault/1"), json!({"id": "1"}), Err("wrong secret id")),
        ];
        for (kind, uri, body, expected) in cases {
            let got = put(kind, uri, &body).map_err(|invalid| invalid.message);
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{kind} {uri:?} {body}");
        }
    }

    #[test]
    fn post_takes_none() {
        let text = |uri, body| post(Kind::Service, uri, &body).unwrap_err().message;
        assert_eq!(text(Some("1"), json!({})), "wrong service id, do not need it");
        assert_eq!(text(None, json!({"id": 1})), "wrong service id, do not need it");
        assert_eq!(post(Kind::Service, None, &json!({})), Ok(()));
        assert_eq!(needed(Kind::Secret, None).unwrap_err().message, "no secret id");
        assert_eq!(generated(1234), "00000000000000001234");
    }

    #[test]
    fn times_are_refused_with_two_blanks() {
        let text = |body| refuse_times(&body).unwrap_err().message;
        assert_eq!(text(json!({"create_time": 1})), "the property is forbidden:  create_time");
        assert_eq!(text(json!({"upstream": {"update_time": 1}})), "the property is forbidden:  upstream.update_time");
        assert_eq!(text(json!({"plugins": {"create_time": {}}})), "the property is forbidden:  plugins.create_time");
        assert_eq!(refuse_times(&json!({"uri": "/"})), Ok(()));
    }
}
