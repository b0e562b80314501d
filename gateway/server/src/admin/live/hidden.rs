//! What of a request is shown to nobody: credentials, by their names and by what plugins and consumers say of them.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Value, Var};

use crate::masks::{self, MASK, is_credential};

/// A target or URL, its secrets masked.
pub(super) fn url<'t>(x: &Exchange, text: &'t [u8]) -> Cow<'t, [u8]> {
    masks::url(text, &|name, value| reads(x, name) || is_key(x, value))
}

/// The value of a field, masked whole or where a URL in it has secrets.
pub(super) fn field<'t>(x: &Exchange, name: &str, value: &'t [u8]) -> Cow<'t, [u8]> {
    match is_credential(name) || reads(x, name.as_bytes()) || is_key(x, value) {
        true => MASK.as_bytes().into(),
        false => url(x, value),
    }
}

/// The value of a variable; `None`: it is a credential.
pub(super) fn variable<'t>(x: &Exchange, name: &str, value: &'t [u8]) -> Option<Cow<'t, [u8]>> {
    let cookie = name.starts_with("cookie_");
    let of_request = masks::is_hidden(name) || masks::read_by(name).is_some_and(|name| reads(x, name.as_bytes()));
    // Names of fields have `_` for `-` here.
    let of_field = name.strip_prefix("http_").is_some_and(|name| reads(x, name.replace('_', "-").as_bytes()));
    (!cookie && !of_request && !of_field && !is_key(x, value)).then(|| url(x, value))
}

/// Whether a variable is of what viewers are never shown, whatever the request: a credential by its name, a cookie, a body, and what
/// is made of them.
pub(super) fn is_hidden(var: &Var) -> bool {
    match var {
        Var::Cookie(_) | Var::UpstreamCookie(_) | Var::HttpCookieLine | Var::RateLimitingInfo => true,
        Var::PostArg(_) | Var::PostArgPath(_) | Var::DubboArg(_) | Var::RequestBody | Var::RespBody => true,
        Var::Custom(name) => is_credential(name) || name.starts_with("jwt_"),
        _ => masks::is_hidden(&var.name()),
    }
}

/// What viewers see of the value of a variable.
pub(super) fn seen<'x>(x: &'x Exchange, var: &Var, value: Value<'x>) -> Value<'x> {
    match (var, value) {
        (var, _) if is_hidden(var) => MASK.into(),
        // Rows show these as they are.
        (Var::RouteId | Var::RouteName | Var::ServiceId | Var::ServiceName | Var::ConsumerName, value) => value,
        (_, Value::Bytes(Cow::Borrowed(text))) => variable(x, &var.name(), text).map_or(MASK.into(), Value::from),
        (_, Value::Bytes(Cow::Owned(text))) => {
            let seen = variable(x, &var.name(), &text).map(Cow::into_owned);
            seen.map_or(MASK.into(), Value::from)
        }
        (_, value) => value,
    }
}

/// Whether a plugin of this request finds the consumer by a field or argument of this name.
fn reads(x: &Exchange, name: &[u8]) -> bool {
    let chains = [&x.chain, &x.globals];
    !name.is_empty() && chains.iter().any(|chain| chain.entries.iter().any(|entry| entry.plugin.reads_credential(name)))
}

/// Whether a text is what the consumer was found by, or looks like a token.
fn is_key(x: &Exchange, text: &[u8]) -> bool {
    let found = x.consumer.as_ref().filter(|found| found.key.len() > 3);
    let token = text.starts_with(b"eyJ") && text.iter().filter(|b| **b == b'.').count() == 2;
    token || found.is_some_and(|found| verify_slices_are_equal(&found.key, text).is_ok())
}
