//! What is expected of an answer, and what came instead.

use std::time::Duration;

use regex::Regex;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::Came;
use crate::call::grpc;
use crate::call::websocket::Message;
use crate::error::{Error, Result};
use crate::output::jq::Jq;

/// Longest text of what came that is shown, in characters.
const SHOWN: usize = 120;

/// Everything that is expected.
#[derive(Default)]
pub(super) struct Expect {
    statuses: Option<(String, Vec<(u16, u16)>)>,
    headers: Vec<(HeaderName, Wanted)>,
    json: Vec<(String, Jq)>,
    body: Vec<Wanted>,
    pub(super) route: Option<String>,
    pub(super) upstream: Option<String>,
    pub(super) time: Option<Duration>,
    /// The answer comes over HTTP/2.
    pub(super) http2: bool,
    grpc_status: Option<u32>,
}

impl std::fmt::Debug for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Expect")
    }
}

/// What a text has to be.
#[derive(Debug, Clone)]
enum Wanted {
    Absent,
    Present,
    Text(String),
    Regex(Regex),
}

impl Wanted {
    fn read(text: &str) -> Result<Wanted> {
        match text.strip_prefix('~') {
            Some(pattern) => {
                let regex = Regex::new(pattern.trim());
                regex.map(Wanted::Regex).map_err(|_| Error::usage(format!("\"{pattern}\" is no regular expression")))
            }
            None => Ok(Wanted::Text(text.to_owned())),
        }
    }

    fn told(&self) -> String {
        match self {
            Wanted::Absent => "not there".to_owned(),
            Wanted::Present => "there".to_owned(),
            Wanted::Text(text) => format!("\"{text}\""),
            Wanted::Regex(regex) => format!("~{regex}"),
        }
    }
}

/// Whether one of them holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) ok: bool,
    /// What is expected, as in `status 200`.
    pub(super) what: String,
    /// What came instead.
    pub(super) found: String,
}

impl Outcome {
    /// In one line.
    pub(super) fn told(&self) -> String {
        match self.ok {
            true => self.what.clone(),
            false => format!("expected {}, got {}", self.what, self.found),
        }
    }

    pub(super) fn document(&self) -> Value {
        json!({ "expected": self.what, "ok": self.ok, "found": self.found })
    }
}

impl Expect {
    /// Whether the gateway has to be asked about the request.
    pub(super) fn asks_gateway(&self) -> bool {
        self.route.is_some() || self.upstream.is_some()
    }

    /// Whether something is said of the status.
    pub(super) fn has_status(&self) -> bool {
        self.statuses.is_some() || self.grpc_status.is_some()
    }

    /// `200`, `2xx`, `200-204`, and lists of them.
    pub(super) fn status(&mut self, text: &str) -> Result<()> {
        let wrong = || Error::usage(format!("\"{text}\" is no status")).hint("200, 2xx, 200-204, or a list of them");
        let one = |part: &str| {
            let part = part.trim().to_ascii_lowercase();
            let range = match (part.strip_suffix("xx"), part.split_once('-')) {
                (Some(class), _) => class.parse().ok().map(|class: u16| (class * 100, class * 100 + 99)),
                (None, Some((from, to))) => from.trim().parse().ok().zip(to.trim().parse().ok()),
                (None, None) => part.parse().ok().map(|status| (status, status)),
            };
            range.filter(|(from, to)| (100..=999).contains(from) && to >= from && *to <= 999)
        };
        let ranges = text.split(',').map(one).collect::<Option<Vec<(u16, u16)>>>().ok_or_else(wrong)?;
        self.statuses = Some((text.trim().to_owned(), ranges));
        Ok(())
    }

    /// `Name: value`, `Name: ~regex`, `Name`, `!Name`.
    pub(super) fn header(&mut self, text: &str) -> Result<()> {
        let (name, wanted) = match (text.strip_prefix('!'), text.split_once(':')) {
            (Some(name), None) => (name, Wanted::Absent),
            (_, Some((name, value))) if !value.trim().is_empty() => (name, Wanted::read(value.trim())?),
            (_, Some((name, _))) => (name, Wanted::Present),
            (None, None) => (text, Wanted::Present),
        };
        let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| {
            Error::usage(format!("\"{text}\" is no field")).hint("'Name: value', 'Name: ~regex', '!Name'")
        })?;
        self.headers.push((name, wanted));
        Ok(())
    }

    pub(super) fn json(&mut self, text: &str) -> Result<()> {
        self.json.push((text.to_owned(), Jq::parse(text)?));
        Ok(())
    }

    pub(super) fn body(&mut self, text: &str) -> Result<()> {
        self.body.push(Wanted::read(text)?);
        Ok(())
    }

    pub(super) fn grpc_status(&mut self, text: &str) -> Result<()> {
        let named = (0..17).find(|status| grpc::name(*status).eq_ignore_ascii_case(text));
        let status = text.parse().ok().or(named);
        self.grpc_status = Some(status.ok_or_else(|| Error::usage(format!("\"{text}\" is no status of gRPC")))?);
        Ok(())
    }

    /// Compares. `told` is what the gateway says of the request.
    pub(super) fn check(&self, came: &Came, told: Option<&Value>, grpc_call: bool) -> Vec<Outcome> {
        let mut all = Vec::new();
        let mut push = |ok: bool, what: String, found: String| all.push(Outcome { ok, what, found });
        let (status, headers, version) = match came {
            Came::Answer(sent) => (sent.status, &sent.headers, sent.version),
            Came::Talk(talk) => (talk.status, &talk.headers, talk.version),
        };
        if let Some((text, ranges)) = &self.statuses {
            let ok = ranges.iter().any(|(from, to)| (*from..=*to).contains(&status));
            push(ok, format!("status {text}"), status.to_string());
        }
        if self.http2 {
            push(version == "HTTP/2", "HTTP/2".to_owned(), version.to_owned());
        }
        for (name, wanted) in &self.headers {
            let value = field(headers, name).or_else(|| match came {
                Came::Answer(sent) => field(&sent.trailers, name),
                Came::Talk(_) => None,
            });
            let ok = match (wanted, &value) {
                (Wanted::Absent, value) => value.is_none(),
                (Wanted::Present, value) => value.is_some(),
                (Wanted::Text(text), Some(value)) => value == text,
                (Wanted::Regex(regex), Some(value)) => regex.is_match(value),
                (_, None) => false,
            };
            push(ok, format!("{name}: {}", wanted.told()), value.map_or("none".to_owned(), |value| shortened(&value)));
        }
        let body = text_of(came);
        for wanted in &self.body {
            let ok = match wanted {
                Wanted::Text(text) => body.contains(text.as_str()),
                Wanted::Regex(regex) => regex.is_match(&body),
                _ => true,
            };
            push(ok, format!("a body with {}", wanted.told()), shortened(&body));
        }
        for (text, jq) in &self.json {
            let (ok, found) = json_holds(jq, &body);
            push(ok, text.clone(), found);
        }
        if let Some(limit) = self.time
            && let Came::Answer(sent) = came
        {
            push(sent.total <= limit, format!("all of it within {limit:?}"), super::show::ms(sent.total));
        }
        if let Some(wanted) = self.grpc_status.or((grpc_call && self.statuses.is_none()).then_some(0)) {
            let found = match came {
                Came::Answer(sent) => grpc::status(sent),
                Came::Talk(_) => None,
            };
            let what = format!("gRPC status {wanted} {}", grpc::name(wanted));
            let shown = match &found {
                Some((status, said)) => format!("{status} {} {said}", grpc::name(*status)).trim().to_owned(),
                None => format!("none (HTTP {status})"),
            };
            push(found.is_some_and(|(status, _)| status == wanted), what, shown);
        }
        all.extend(told.into_iter().flat_map(|told| self.of_gateway(told)));
        all
    }

    /// Route and node, as the gateway says.
    fn of_gateway(&self, told: &Value) -> Vec<Outcome> {
        let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
        let route = self.route.iter().map(|wanted| {
            let found = text("/route_id");
            Outcome { ok: found == *wanted, what: format!("route {wanted}"), found }
        });
        let upstream = self.upstream.iter().map(|wanted| {
            let mut nodes = told
                .pointer("/upstream/nodes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|node| node.get("addr").and_then(Value::as_str));
            let sure = text("/upstream/node");
            let found = match told.pointer("/upstream/node").is_some_and(Value::is_string) {
                true => sure.clone(),
                false if nodes.any(|node| node == wanted) => format!("{wanted} or another node: which one is not sure"),
                false => text("/upstream/owner"),
            };
            Outcome { ok: sure == *wanted, what: format!("node {wanted}"), found }
        });
        route.chain(upstream).collect()
    }
}

fn field(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<String> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn text_of(came: &Came) -> String {
    match came {
        Came::Answer(sent) => String::from_utf8_lossy(&sent.body).into_owned(),
        Came::Talk(talk) => {
            let text = |message: &Message| match message {
                Message::Text(text) => text.clone(),
                Message::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            };
            talk.messages.iter().map(text).collect::<Vec<String>>().join("\n")
        }
    }
}

fn json_holds(jq: &Jq, body: &str) -> (bool, String) {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return (false, format!("no JSON: {}", shortened(body)));
    };
    match jq.run(&value) {
        Ok(results) => {
            let ok = !results.is_empty() && !results.iter().any(|one| matches!(one, Value::Null | Value::Bool(false)));
            let found: Vec<String> = results.iter().map(Value::to_string).collect();
            (ok, if ok { found.join(" ") } else { shortened(&format!("{} of {body}", found.join(" "))) })
        }
        Err(error) => (false, error.message().to_owned()),
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    if short.is_empty() { "nothing".to_owned() } else { short }
}
