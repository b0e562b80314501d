//! Requests of the tap in the forms of other tools: HTTP Archive 1.2, command lines of curl.

use serde_json::{Map, Value, json};

use super::rows::text;
use super::tap::moment;
use crate::commands::App;
use crate::error::Result;
use crate::output::clean;

/// An archive that is written entry by entry.
pub(super) struct Har<'a> {
    app: &'a App<'a>,
    entries: usize,
}

impl<'a> Har<'a> {
    pub(super) fn begin(app: &'a App<'a>) -> Har<'a> {
        Har { app, entries: 0 }
    }

    fn head(&mut self) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(
            "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"gatewayctl\",\"version\":\"{version}\"}},\"entries\":["
        );
        self.app.out.bytes(head.as_bytes())
    }

    /// One request.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn row(&mut self, row: &Value) -> Result<()> {
        if self.entries == 0 {
            self.head()?;
        }
        let comma = if self.entries > 0 { "," } else { "" };
        self.entries += 1;
        self.app.out.bytes(format!("{comma}\n{}", clean::json(&entry(row).to_string())).as_bytes())?;
        self.app.out.flush()
    }

    /// Makes the archive whole.
    ///
    /// # Errors
    /// The output cannot be written.
    pub(super) fn end(mut self) -> Result<()> {
        if self.entries == 0 {
            self.head()?;
        }
        self.app.out.bytes(b"\n]}}\n")?;
        self.app.out.flush()
    }
}

/// An entry of an archive.
fn entry(row: &Value) -> Value {
    let number = |pointer: &str| row.pointer(pointer).and_then(Value::as_f64);
    let total = number("/ms/total").unwrap_or_default();
    let connect = number("/upstream/connect_ms");
    let started = row.get("ts").and_then(Value::as_f64).unwrap_or_default() - total / 1000.0;
    let http =
        if text(row, "protocol") == "http1" || text(row, "protocol") == "websocket" { "HTTP/1.1" } else { "HTTP/2" };
    let url = url(row);
    let query: Vec<Value> = reqwest::Url::parse(&url)
        .map(|url| url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect())
        .unwrap_or_default();
    let sent: Vec<Value> = pairs(row.get("req_headers"))
        .into_iter()
        .filter(|(name, _)| !is_of_gateway(name))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let mut request = json!({
        "method": text(row, "method"), "url": url, "httpVersion": http, "cookies": [],
        "headers": sent, "queryString": query, "headersSize": -1,
        "bodySize": row.get("rx").cloned().unwrap_or_else(|| json!(-1)),
    });
    if let Some(body) = row.get("req_body").and_then(Value::as_str) {
        request["postData"] = json!({ "mimeType": kind(row, "req_headers"), "text": body });
    }
    let mut content =
        json!({ "size": row.get("tx").cloned().unwrap_or_default(), "mimeType": kind(row, "resp_headers") });
    if let Some(body) = row.get("resp_body").and_then(Value::as_str) {
        content["text"] = body.into();
    }
    json!({
        "startedDateTime": moment(started),
        "time": total,
        "request": request,
        "response": {
            "status": row.get("status").cloned().unwrap_or_default(), "statusText": "", "httpVersion": http, "cookies": [],
            "headers": headers(row.get("resp_headers")), "content": content, "redirectURL": "", "headersSize": -1,
            "bodySize": row.get("tx").cloned().unwrap_or_else(|| json!(-1)),
        },
        "cache": {},
        "timings": { "send": 0, "wait": total, "receive": 0, "connect": connect.unwrap_or(-1.0) },
        "serverIPAddress": text(row.get("upstream").unwrap_or(&Value::Null), "node"),
        "_gateway": {
            "id": row.get("id"), "route": row.get("route"), "service": row.get("service"), "consumer": row.get("consumer"),
            "upstream": row.get("upstream"), "ms": row.get("ms"), "plugins": row.get("plugins"), "error": row.get("error"),
        },
    })
}

fn url(row: &Value) -> String {
    let scheme = if row.get("tls").is_some_and(|tls| !tls.is_null()) { "https" } else { "http" };
    format!("{scheme}://{}{}", text(row, "host"), text(row, "path"))
}

fn kind(row: &Value, headers: &str) -> String {
    row.get(headers).map(|headers| text(headers, "content-type")).unwrap_or_default()
}

/// Names and values, one for each time that a name occurs.
fn pairs(headers: Option<&Value>) -> Vec<(String, String)> {
    let nothing = Map::new();
    let headers = headers.and_then(Value::as_object).unwrap_or(&nothing);
    let mut pairs = Vec::new();
    for (name, value) in headers {
        match value {
            Value::Array(values) => {
                pairs.extend(values.iter().map(|value| (name.clone(), crate::filter::text_of(value).into_owned())));
            }
            value => pairs.push((name.clone(), crate::filter::text_of(value).into_owned())),
        }
    }
    pairs
}

fn headers(headers: Option<&Value>) -> Vec<Value> {
    pairs(headers).into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// Whether a field of a request says who the client is. Those of clients are removed, so it is the gateway that has set it.
pub(crate) fn is_of_gateway(name: &str) -> bool {
    const EXACT: [&str; 6] = [
        "x-consumer-username",
        "x-consumer-custom-id",
        "x-credential-identifier",
        "x-userinfo",
        "x-access-token",
        "x-id-token",
    ];
    let name = name.to_ascii_lowercase();
    EXACT.contains(&name.as_str()) || name.starts_with("x-wolf-")
}

/// A command line that sends the request again. What is masked in it has to be put in by hand.
pub(crate) fn curl(row: &Value) -> String {
    let mut line = String::from("curl");
    let method = text(row, "method");
    let body = row.get("req_body").and_then(Value::as_str).filter(|body| !body.is_empty());
    if method == "HEAD" {
        line.push_str(" -I");
    } else if method != "GET" || body.is_some() {
        line.push_str(&format!(" -X {}", quoted(&method)));
    }
    match text(row, "protocol").as_str() {
        "http1" | "websocket" => {}
        _ if row.get("tls").is_some_and(|tls| !tls.is_null()) => line.push_str(" --http2"),
        _ => line.push_str(" --http2-prior-knowledge"),
    }
    line.push_str(&format!(" {}", quoted(&url(row))));
    let of_curl = ["host", "content-length", "connection", "transfer-encoding"];
    let left_out = |name: &str| of_curl.contains(&name) || is_of_gateway(name);
    for (name, value) in pairs(row.get("req_headers")).iter().filter(|(name, _)| !left_out(name)) {
        line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
    }
    if let Some(body) = body {
        line.push_str(&format!(" --data-raw {}", quoted(body)));
    }
    line
}

/// One word of a shell, whatever is in it. A line end is written so that the command stays one line.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.chars().any(clean::is_dangerous) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    // ANSI-C quoting, which bash, zsh and ksh know.
    let mut out = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if clean::is_dangerous(c) => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_a_shell() {
        for (text, word) in
            [("a/b", "a/b"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("a\nb'", "$'a\\nb\\''")]
        {
            assert_eq!(quoted(text), word);
        }
    }

    proptest! {
        #[test]
        fn a_word_is_one_line_and_ends(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
            let word = quoted(&text);
            prop_assert!(!word.chars().any(clean::is_dangerous));
            if !word.starts_with("$'") {
                prop_assert_eq!(crate::commands::alias::words(&format!("x {word}")).pop(), Some(text));
            }
        }
    }
}
