//! What the commands share that ask the live endpoints: what a server without them is told as, and fields as text.

use reqwest::{Method, Url};
use serde_json::Value;

use super::App;
use crate::client::Request;
use crate::context::Listener;
use crate::error::{Error, Kind, Result};

/// A document of a live endpoint that nothing can stand for.
///
/// # Errors
/// Server: it has no such endpoint; those of the call.
pub(crate) async fn needed(app: &App<'_>, path: &str) -> Result<Value> {
    app.admin.live(path).await?.ok_or_else(|| app.admin.lacks(path))
}

/// Asks a listener that is no Admin API; the key is not sent.
///
/// # Errors
/// Unreachable; the kind of a status that is no success.
pub(crate) async fn ask(app: &App<'_>, listener: &Listener, path: &str) -> Result<Vec<u8>> {
    let mut url = listener.url.clone();
    if !path.is_empty() {
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
    }
    let answer = app
        .client
        .send(Request { method: Method::GET, url, body: None, admin: false, if_match: None, patience: None })
        .await?;
    if answer.is_success() {
        Ok(answer.body)
    } else {
        Err(Error::new(Kind::of_status(answer.status), format!("answered {}", answer.status)))
    }
}

/// A path with a query of these pairs, escaped.
pub(crate) fn path(name: &str, pairs: &[(&str, Option<String>)]) -> String {
    let Ok(mut url) = Url::parse("http://x") else { return name.to_owned() };
    for (key, value) in pairs {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(key, value);
        }
    }
    url.query().map_or_else(|| name.to_owned(), |query| format!("{name}?{query}"))
}

/// The text of a field, empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    value.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A moment in seconds since 1970, which the server may tell with a fraction.
pub(crate) fn moment(value: &Value, name: &str) -> Option<i64> {
    let seconds = value.get(name)?;
    // Times beyond those that a clock shows only make ages wrong.
    seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))
}

/// `10.0.0.7:8080`, or `[::1]:80`.
pub(crate) fn address(host: &str, port: &str) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The nodes that health checks look at, in the words of `live/nodes`, from the Control API's list of checkers.
pub(crate) fn checked_nodes(body: &[u8]) -> Vec<Value> {
    let Ok(Value::Array(checkers)) = serde_json::from_slice(body) else { return Vec::new() };
    let mut found = Vec::new();
    for checker in &checkers {
        // "/apisix/upstreams/1" is told as "upstreams/1".
        let name = text(checker, "name");
        let owner = name.trim_start_matches('/').split_once('/').map_or(name, |(_, rest)| rest);
        // APISIX 2 has the addresses of nodes as keys.
        for node in checker.get("nodes").and_then(Value::as_array).into_iter().flatten() {
            let port = node.get("port").map(Value::to_string).unwrap_or_default();
            let mut row = serde_json::Map::new();
            row.insert("owner".to_owned(), owner.into());
            row.insert("addr".to_owned(), address(text(node, "ip"), &port).into());
            row.insert("state".to_owned(), text(node, "status").into());
            row.insert("checks".to_owned(), node.get("counter").cloned().unwrap_or_default());
            found.push(Value::Object(row));
        }
    }
    found
}

/// Whether a node of this state gets no requests, or soon will not.
pub(crate) fn is_bad(state: &str) -> bool {
    state.ends_with("unhealthy") || state == "ejected"
}

/// Bytes for people: `42.9 MB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut size = count as f64;
    let mut unit = "B";
    for next in UNITS {
        if size < 1000.0 {
            break;
        }
        size /= 1000.0;
        unit = next;
    }
    if unit == "B" { format!("{count} B") } else { format!("{size:.1} {unit}") }
}

/// A length of time for people: `3d 4h`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans() {
        assert_eq!((bytes(999), bytes(42_860_544), bytes(1_000)), ("999 B".into(), "42.9 MB".into(), "1.0 kB".into()));
        assert_eq!(span(59), "59s");
        assert_eq!((span(61), span(7_384), span(100_000)), ("1m 1s".into(), "2h 3m".into(), "1d 3h".into()));
        assert_eq!(address("::1", "80"), "[::1]:80");
    }
}
