//! What an upstream demands beyond its schema.

use serde_json::Value;

use super::{Context, Invalid, certificate, run};
use crate::{nodes, schemas};

/// Checks an upstream that conforms to its schema, so that its defaults are there.
pub(super) fn check(upstream: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
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
    if text("type") == Some("chash") {
        hash_key(text("hash_on").unwrap_or("vars"), upstream.get("key"))?;
    }
    Ok(())
}

fn hash_key(hash_on: &str, key: Option<&Value>) -> Result<(), Invalid> {
    if hash_on == "consumer" {
        return Ok(());
    }
    let Some(key) = key else { return Err(Invalid::new("key", "missing key").at("/key")) };
    match schemas::of_hash_key(hash_on) {
        Some(schema) => run(schema.as_ref(), &mut key.clone(), "invalid configuration: ", "/key"),
        None => Ok(()),
    }
}
