//! What an upstream demands beyond its schema.

use serde_json::Value;

use super::{Context, Invalid, certificate, run};
use crate::{nodes, schemas};

/// Checks an upstream that conforms to its schema, so that its defaults are there: what the schema cannot say.
///
/// # Errors
/// The first failure.
pub fn check(upstream: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let text = |field: &str| upstream.get(field).and_then(Value::as_str);
    if let Some(list) = upstream.get("nodes") {
        nodes::parse(list, text("scheme").unwrap_or("http"))?;
    }
    if text("pass_host") == Some("rewrite") && text("upstream_host").is_none_or(str::is_empty) {
        return Err(Invalid::new("upstream_host", "`upstream_host` can't be empty when `pass_host` is `rewrite`")
            .at("/upstream_host"));
    }
    if let Some(tls) = upstream.get("tls") {
        certificate::check_client_pair(tls, cx)?;
    }
    if let Some(active) = upstream.get("checks").and_then(|checks| checks.get("active")) {
        probes(active)?;
    }
    if text("type") == Some("chash") {
        hash_key(text("hash_on").unwrap_or("vars"), upstream.get("key"))?;
    }
    Ok(())
}

/// What a probe sends is written as it stands: nothing in it may end a line, or the request.
fn probes(active: &Value) -> Result<(), Invalid> {
    let refuse = |field: String, why: &str| {
        let message = format!("invalid configuration: checks.active.{field} {why}");
        let place = field.replace(['[', '.'], "/").replace(']', "");
        Err(Invalid::new("checks", message).at(format!("/checks/active/{place}")))
    };
    let text = |field: &str| active.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("http_path").bytes().any(|b| b <= b' ' || b == 0x7f) {
        return refuse("http_path".into(), "must not hold white space or control characters");
    }
    let lines = active.get("req_headers").and_then(Value::as_array);
    for (n, line) in lines.into_iter().flatten().enumerate() {
        let line = line.as_str().unwrap_or_default();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let named = line.split_once(':').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(token));
        if !named || line.bytes().any(|b| (b < b' ' && b != b'\t') || b == 0x7f) {
            return refuse(format!("req_headers[{n}]"), "must be one header line, `Name: value`");
        }
    }
    Ok(())
}

/// Whether a variable is of a Dubbo call: those of APISIX's own list know nothing of such.
fn of_call(key: &str) -> bool {
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    match key.strip_prefix("dubbo_") {
        Some("interface" | "method" | "version" | "group" | "app") => true,
        Some(rest) => {
            rest.strip_prefix("arg_").is_some_and(number)
                || rest.strip_prefix("attachment_").is_some_and(|name| !name.is_empty())
        }
        None => false,
    }
}

fn hash_key(hash_on: &str, key: Option<&Value>) -> Result<(), Invalid> {
    if hash_on == "consumer" {
        return Ok(());
    }
    let Some(key) = key else { return Err(Invalid::new("key", "missing key").at("/key")) };
    if hash_on == "vars" && key.as_str().is_some_and(of_call) {
        return Ok(());
    }
    match schemas::of_hash_key(hash_on) {
        Some(schema) => run(schema.as_ref(), &mut key.clone(), "invalid configuration: ", "/key"),
        None => Ok(()),
    }
}
