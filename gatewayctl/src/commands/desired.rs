//! What has to be done so that the server holds an object as a file says it. Secrets that the file masks, and private keys
//! that it leaves out, stay as the server has them.

use reqwest::Method;
use serde_json::{Map, Value};

use super::App;
use super::change::{self, writable_fields};
use crate::admin::{self, Write};
use crate::defaults::{self, Told};
use crate::error::{Error, Kind, Result};
use crate::files::Object;
use crate::lint;
use crate::normal;
use crate::output::{diff, mask};
use crate::refusal;
use crate::resources::{Item, Reference};

/// What has to be done for an object.
#[derive(Debug)]
pub(crate) enum Wish {
    Nothing,
    Create(Value),
    Replace(Value),
    /// Merged into what is stored, because a part of that never leaves the server.
    Merge {
        patch: Value,
        /// What it will be, as far as the server tells it.
        whole: Value,
    },
}

impl Wish {
    /// The word for it once it is done.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Wish::Nothing => "unchanged",
            Wish::Create(_) => "created",
            Wish::Replace(_) | Wish::Merge { .. } => "configured",
        }
    }

    /// The object as it will be, without what the server never tells; `None` where it stays as it is.
    pub(crate) fn after(&self) -> Option<&Value> {
        match self {
            Wish::Nothing => None,
            Wish::Create(value) | Wish::Replace(value) | Wish::Merge { whole: value, .. } => Some(value),
        }
    }

    /// The same as the server judges it: with something in the place of a private key that it keeps.
    pub(crate) fn whole(&self) -> Option<Value> {
        let mut whole = self.after()?.clone();
        if matches!(self, Wish::Merge { .. }) {
            lint::stand_in(&mut whole);
        }
        Some(whole)
    }
}

/// Before and after of an object in the form in which they are compared; of a certificate nobody compares the key.
pub(crate) fn sides(
    reference: &Reference,
    before: Option<&Item>,
    after: Option<&Value>,
) -> (Option<Value>, Option<Value>) {
    let of = |value: &Value| {
        let form = normal::form(&writable_fields(reference, value));
        if reference.resource.name == "ssls" { without_private_keys(&form) } else { form }
    };
    let now = before.map(|item| of(&item.value));
    let then = after.map(of);
    // A default that is stored stays.
    let settled = |then: Value| match &now {
        Some(now) => defaults::settled(reference, &then, now, None),
        None => then,
    };
    (now.clone(), then.map(settled))
}

/// The lines of a unified diff of an object, secrets masked.
pub(crate) fn unified(
    reference: &Reference,
    before: Option<&Item>,
    after: Option<&Value>,
    paint: impl Fn(&str, &str) -> String,
) -> String {
    let (before, after) = sides(reference, before, after);
    diff::unified(&reference.to_string(), before.as_ref(), after.as_ref(), paint)
}

/// Refuses where an object has another revision than the one wanted.
///
/// # Errors
/// Rejected.
pub(crate) fn unmoved(reference: &Reference, item: Option<&Item>, wanted: Option<u64>) -> Result<()> {
    let now = item.and_then(Item::revision);
    if wanted.is_none() || wanted == now {
        return Ok(());
    }
    Err(change::moved(reference, now, wanted.unwrap_or_default()))
}

/// Compares an object with what the server holds. Where that is the object and more, the server is asked what it defaults to.
///
/// # Errors
/// Usage: a secret is masked for which nothing is stored; those of the calls.
pub(crate) async fn wish(app: &App<'_>, object: &Object, item: Option<&Item>) -> Result<Wish> {
    let known = wish_of(object, item, None)?;
    let (Some(item), Some(after)) = (item, known.after()) else { return Ok(known) };
    let reference = &object.reference;
    let form = normal::form(&item.value);
    if !defaults::says_more(&form, &defaults::settled(reference, &compared(reference, after), &item.value, None)) {
        return Ok(known);
    }
    let told = Told::ask(&app.admin, reference, after).await?;
    wish_of(object, Some(item), Some(&told))
}

/// What of an object can be compared with what the server tells.
fn compared(reference: &Reference, value: &Value) -> Value {
    if reference.resource.name == "ssls" { without_private_keys(value) } else { value.clone() }
}

fn wish_of(object: &Object, item: Option<&Item>, told: Option<&Told>) -> Result<Wish> {
    let mut new = object.value.clone();
    let is_ssl = object.reference.resource.name == "ssls";
    let Some(item) = item else {
        if let Err(pointer) = mask::restore(&mut new, None) {
            return Err(masked(object, &pointer));
        }
        return Ok(Wish::Create(new));
    };
    // Private keys are never told: what the file leaves out or masks is kept, and cannot be compared.
    let hidden = is_ssl && keeps_private_key(&mut new);
    mask::restore(&mut new, Some(&item.value)).map_err(|pointer| masked(object, &pointer))?;
    let open = compared(&object.reference, &new);
    if normal::same(&open, &item.value)
        || defaults::settled(&object.reference, &open, &item.value, told) == normal::form(&item.value)
    {
        return Ok(Wish::Nothing);
    }
    if hidden { Ok(Wish::Merge { patch: merge_patch(&new, &item.value), whole: new }) } else { Ok(Wish::Replace(new)) }
}

/// Has the server do it; `if_match`: only while the object has that revision; `dry_run`: only say whether it would.
///
/// # Errors
/// Rejected; those of the calls.
pub(crate) async fn carry_out(
    app: &App<'_>,
    reference: &Reference,
    wish: &Wish,
    if_match: Option<u64>,
    dry_run: bool,
) -> Result<&'static str> {
    let (method, value) = match wish {
        Wish::Nothing => return Ok("unchanged"),
        Wish::Create(value) | Wish::Replace(value) => (Method::PUT, value),
        Wish::Merge { patch, .. } => (Method::PATCH, patch),
    };
    let path = reference.path();
    // What was not there when it was looked for is made only if it still is not: of two who make the same one does.
    let makes = matches!(wish, Wish::Create(_));
    let if_match = if makes { if_match.or(Some(0)) } else { if_match };
    let write = Write { method, path: &path, value, if_match, dry_run, about: Some(reference) };
    let written = app.admin.write(&write).await.map_err(|error| match error.status() {
        Some(412) if makes => made_meanwhile(reference, error),
        _ => error,
    });
    let whole = || wish.whole().unwrap_or_default();
    let answer = written.map_err(|error| refusal::explained(error, reference, &whole()))?;
    Ok(match answer.status {
        _ if dry_run => wish.word(),
        201 => "created",
        _ => "configured",
    })
}

/// Somebody else has made an object between the look and the write.
fn made_meanwhile(reference: &Reference, error: Error) -> Error {
    let made = Error::new(Kind::Rejected, "somebody else has made it meanwhile").http_of(error);
    made.about(reference.resource.singular, &reference.id).hint("run it again: what is there is compared, and changed")
}

/// Takes masked private keys out of a certificate object. `true` if the stored one is to be kept.
pub(crate) fn keeps_private_key(value: &mut Value) -> bool {
    let Value::Object(fields) = value else { return false };
    for field in ["key", "keys"] {
        if fields.get(field).is_some_and(|value| mask::find_mask(value).is_some()) {
            fields.shift_remove(field);
        }
    }
    !fields.contains_key("key") || fields.contains_key("certs") && !fields.contains_key("keys")
}

/// What can be compared of a certificate object: a certificate that is the same has the same private key, unless that is
/// only referred to.
pub(crate) fn without_private_keys(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        let written = |value: &Value| value.as_str().is_some_and(|text| !mask::is_reference(text));
        fields.retain(|name, value| match name.as_str() {
            "key" => !written(value),
            "keys" => !value.as_array().is_some_and(|keys| keys.iter().all(written)),
            _ => true,
        });
    }
    value
}

/// What turns `stored` into `new` by the server's merge: objects key by key, `null` removes. What the server never tells
/// is not touched.
pub(crate) fn merge_patch(new: &Value, stored: &Value) -> Value {
    let (Value::Object(new), Value::Object(stored)) = (new, stored) else { return new.clone() };
    let mut patch = Map::new();
    for (name, value) in new {
        match stored.get(name) {
            Some(old) if old == value => {}
            Some(old) => {
                patch.insert(name.clone(), merge_patch(value, old));
            }
            None => {
                patch.insert(name.clone(), value.clone());
            }
        }
    }
    let only_of_server = ["id", "create_time", "update_time"];
    for name in stored.keys().filter(|name| !new.contains_key(*name) && !only_of_server.contains(&name.as_str())) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

fn masked(object: &Object, pointer: &str) -> Error {
    Error::usage(format!("{pointer} is masked, and the server holds nothing to keep there"))
        .field(Some(pointer.to_owned()))
        .at(object.source(Some(pointer)))
        .hint("write the value itself, or a reference like $secret://vault/1/name")
}

/// The server's words about an object, with the field at fault and its place in the file.
pub(crate) fn refused(object: &Object, message: &str) -> Error {
    refused_with(object, &object.value, message, &Value::Null)
}

/// The same with the object as the server judges it, and what the result of a step tells beside its message.
pub(crate) fn refused_with(object: &Object, whole: &Value, message: &str, result: &Value) -> Error {
    let field = admin::field_of(&Value::Null, message);
    let plain = message.strip_prefix("invalid configuration: ").unwrap_or(message);
    let error = Error::new(Kind::Rejected, plain).hints(admin::hint(&object.reference, message)).field(field);
    let told = refusal::details(result);
    located(refusal::with_details(error, &told, &object.reference, whole), object)
}

/// Adds the place in the file to what the server said about a field.
pub(crate) fn located(error: Error, object: &Object) -> Error {
    match error.kind() {
        Kind::Rejected | Kind::NotFound => {
            let source = object.source(error.field_pointer());
            error.at(source)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_leaves_what_is_hidden() {
        let stored = json!({"id":"1","cert":"C","snis":["a"],"labels":{"x":"1","y":"2"},"create_time":1,"update_time":2,"status":0});
        let new = json!({"cert":"C","snis":["b"],"labels":{"x":"1"}});
        assert_eq!(merge_patch(&new, &stored), json!({"snis":["b"],"labels":{"y":null},"status":null}));
    }

    #[test]
    fn private_keys_that_are_kept() {
        for (mut value, keeps, rest) in [
            (json!({"cert":"C"}), true, json!({"cert":"C"})),
            (json!({"cert":"C","key":mask::MASK,"keys":[mask::MASK]}), true, json!({"cert":"C"})),
            (json!({"cert":"C","key":"K"}), false, json!({"cert":"C","key":"K"})),
            (
                json!({"cert":"C","key":"K","certs":["D"],"keys":[mask::MASK]}),
                true,
                json!({"cert":"C","key":"K","certs":["D"]}),
            ),
        ] {
            assert_eq!(keeps_private_key(&mut value), keeps);
            assert_eq!(value, rest);
        }
    }
}
