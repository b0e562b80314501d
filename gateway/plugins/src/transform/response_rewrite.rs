//! `response-rewrite`: the client gets another status, body or other headers than the upstream sent.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::expr::Expr;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin};
use gateway_engine::regex::{Bounds, Regex, Replacement, Unreplaced};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::decode::{Coding, grown};
use super::fields::{Edits, Side};
use crate::conf::{int, maybe_int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ResponseRewrite::compile(conf).map(drop)),
            ..PluginSpec::new("response-rewrite", 899, include_str!("../schemas/response-rewrite.json"))
        },
        phases: Phases::HEADER_FILTER | Phases::BODY_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(ResponseRewrite::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Changes answers: their status, headers and body, whether the upstream or the gateway made them.\n\n\
            `body` replaces the body. `filters` replace text in it: the whole body is collected (up to `max_resp_body_size`, what \
            is beyond is dropped), taken out of `gzip` or `br`, and sent without a coding. A body in another coding, or one that \
            cannot be decoded, is passed on as it is; a decoded body may be at most 100 times as long as it was. \
            So may what the filters make of it, and no longer than `max_resp_body_size` (64 KiB are always allowed); where they make \
            more of it, or take longer than a second, the answer is a 500 without a body, or, where its head has been sent, the body \
            without the filters.\n\n\
            Headers are added first, then set, then removed; their values may hold variables. `Server` is the gateway's own and is \
            written after the plugins: `apisix.enable_server_tokens` takes it away.",
    fields: &[
        ("status_code", "The new status."),
        ("body", "The new body. Excludes `filters`."),
        ("body_base64", "`body` is written in base64."),
        (
            "headers",
            "Headers: an object with `add` (list of `Name: value`), `set` (names to values) and `remove` (names), or an object of \
             names to values to set.",
        ),
        ("filters", "Replacements in the body, made in order. Excludes `body`."),
        ("filters[].regex", "Regular expression to find."),
        ("filters[].replace", "What to put there; `$1` is a group."),
        ("filters[].scope", "Whether the first match or every match is replaced."),
        ("filters[].options", "Flags of the regular expression, as OpenResty names them: `i`, `m`, `s`, `x`, …"),
        ("vars", "Condition under which the answer is changed, such as `[[\"status\", \"==\", 500]]`."),
        ("max_resp_body_size", "Most bytes collected for `filters`."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "response-rewrite": {
      "headers": {"set": {"X-Served-By": "$balancer_ip"}, "remove": ["Date"]},
      "filters": [{"regex": "\"service\": \"echo\"", "replace": "\"service\": \"orders\""}],
      "vars": [["status", "==", 200]]
    }
  }
}"#,
        )],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 200 OK
Server: gateway
content-type: application/json
X-Served-By: 127.0.0.1
Date: …
Transfer-Encoding: chunked

{
  "service": "orders",
…
}"#,
    },
};

/// How long all filters of a body may take; the worker serves nobody else meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Conf {
    #[serde(default, deserialize_with = "maybe_int")]
    status_code: Option<u16>,
    body: Option<String>,
    body_base64: bool,
    headers: Option<Value>,
    #[serde(default)]
    filters: Vec<FilterConf>,
    vars: Option<Value>,
    #[serde(deserialize_with = "int")]
    max_resp_body_size: usize,
}

#[derive(Deserialize)]
struct FilterConf {
    regex: String,
    replace: String,
    scope: String,
    options: String,
}

struct ResponseRewrite {
    status: Option<u16>,
    body: Option<Bytes>,
    filters: Box<[Filter]>,
    edits: Edits,
    vars: Option<Expr>,
    limit: usize,
}

struct Filter {
    regex: Regex,
    replacement: Replacement,
    everywhere: bool,
}

/// What instances do to the body of an exchange.
#[derive(Default)]
struct Works(Vec<Work>);

struct Work {
    /// Which instance: the route and a global rule may each have one.
    owner: usize,
    coding: Coding,
    held: Vec<u8>,
    done: bool,
}

impl ResponseRewrite {
    fn compile(conf: &Value) -> Result<ResponseRewrite, String> {
        let conf: Conf = parse(conf)?;
        let body = match (conf.body, conf.body_base64) {
            (body, false) => body.map(Bytes::from),
            (body, true) => {
                let decoded = body.filter(|b| !b.is_empty()).and_then(|b| BASE64.decode(b).ok());
                Some(Bytes::from(decoded.ok_or("invalid base64 content")?))
            }
        };
        let vars = match &conf.vars {
            None => None,
            Some(vars) => {
                Some(Expr::parse(vars).map_err(|e| format!("failed to validate the 'vars' expression: {e}"))?)
            }
        };
        Ok(ResponseRewrite {
            status: conf.status_code,
            body,
            filters: conf.filters.iter().map(Filter::new).collect::<Result<_, _>>()?,
            edits: edits(conf.headers.as_ref())?,
            vars: vars.filter(|v| !v.is_always()),
            limit: conf.max_resp_body_size,
        })
    }

    fn id(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Says that the body will change, and remembers how.
    fn announce(&self, x: &mut Exchange) {
        let coding = Coding::of(&x.resp.head);
        if self.body.is_none() && (self.filters.is_empty() || coding.is_none()) {
            return;
        }
        x.resp.body_will_change();
        if x.resp.framing == Framing::None && self.body.is_some() && x.method() != b"HEAD" {
            // The upstream's answer had none.
            x.resp.framing = Framing::Stream;
        }
        let work = Work { owner: self.id(), coding: coding.unwrap_or(Coding::Identity), held: Vec::new(), done: false };
        x.state::<Works>().0.push(work);
    }

    /// The body after all filters; the body as it was where one of them made too much of it or took too long.
    fn filtered(&self, body: Vec<u8>, until: Instant) -> Result<Vec<u8>, Vec<u8>> {
        let bytes = grown(body.len(), self.limit);
        let mut changed = None;
        for filter in &self.filters {
            let text = changed.as_ref().unwrap_or(&body);
            let bounds = Bounds { matches: if filter.everywhere { usize::MAX } else { 1 }, bytes, until };
            match filter.regex.replace_within(text, &filter.replacement, bounds) {
                Ok(Some(text)) => changed = Some(text),
                Ok(None) => {}
                Err(Unreplaced::Search(error)) => {
                    tracing::warn!(regex = filter.regex.as_str(), %error, "response-rewrite: a filter was left out")
                }
                Err(error) => {
                    tracing::warn!(regex = filter.regex.as_str(), %error, "response-rewrite: the body cannot be rewritten");
                    return Err(body);
                }
            }
        }
        Ok(changed.unwrap_or(body))
    }
}

impl Plugin for ResponseRewrite {
    fn phases(&self) -> Phases {
        match self.body.is_some() || !self.filters.is_empty() {
            true => Phases::HEADER_FILTER | Phases::BODY_FILTER,
            false => Phases::HEADER_FILTER,
        }
    }

    fn header_filter(&self, x: &mut Exchange) {
        if self.vars.as_ref().is_some_and(|vars| !vars.eval(x)) {
            return;
        }
        if let Some(status) = self.status {
            x.resp.status = status;
        }
        self.announce(x);
        self.edits.apply(x, Side::Answer, |x, template, out| {
            template.render(x, out);
        });
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        let (id, started, is_head) = (self.id(), x.resp.started, x.method() == b"HEAD");
        if x.peek_state::<Works>().is_none() {
            return;
        }
        let Some(work) = x.state::<Works>().0.iter_mut().find(|w| w.owner == id) else { return };
        let arrived = std::mem::take(piece);
        if work.done || is_head {
            return;
        }
        if let Some(body) = &self.body {
            work.done = true;
            *piece = Chunk::from(Bytes::clone(body));
            return;
        }
        let room = self.limit.saturating_sub(work.held.len());
        let cut = arrived.len() > room;
        work.held.extend_from_slice(arrived.as_slice().get(..room).unwrap_or(arrived.as_slice()));
        if !(last || cut) {
            return;
        }
        work.done = true;
        let (held, coding) = (std::mem::take(&mut work.held), work.coding);
        match coding.decode(&held, self.limit, cut) {
            Some(body) => match self.filtered(body, Instant::now() + PATIENCE) {
                Ok(body) => *piece = Chunk::from(Bytes::from(body)),
                Err(body) if started => *piece = Chunk::from(Bytes::from(body)),
                // Nothing is out yet. What the filters were to take away must not leave.
                Err(_) => x.resp.status = 500,
            },
            None => {
                tracing::warn!(?coding, bytes = held.len(), "response-rewrite: the body cannot be decoded");
                if !started {
                    // The head is still here: the body can be told as what it is.
                    let coding = if coding == Coding::Brotli { "br" } else { "gzip" };
                    x.resp.head.set_static(name::CONTENT_ENCODING, coding);
                }
                *piece = Chunk::from(Bytes::from(held));
            }
        }
    }
}

impl Filter {
    fn new(conf: &FilterConf) -> Result<Filter, String> {
        let bad = |text: String| format!("regex \"{}\" validation failed: {text}", conf.regex);
        Ok(Filter {
            regex: Regex::new(&conf.regex, &conf.options).map_err(|e| bad(e.to_string()))?,
            replacement: Replacement::parse(&conf.replace).map_err(|e| bad(e.to_string()))?,
            everywhere: conf.scope == "global",
        })
    }
}

static ADDED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^([^:\s]+)\s*:\s*([^:]+)$", "jo").ok());

fn edits(headers: Option<&Value>) -> Result<Edits, String> {
    let mut edits = Edits::default();
    let Some(fields) = headers.and_then(Value::as_object) else { return Ok(edits) };
    let add = fields.get("add").and_then(Value::as_array);
    let set = fields.get("set").and_then(Value::as_object);
    let remove = fields.get("remove").and_then(Value::as_array);
    if add.is_none() && set.is_none() && remove.is_none() {
        for (name, value) in fields {
            edits.set(name, value)?;
        }
        return Ok(edits);
    }
    for line in add.into_iter().flatten().filter_map(Value::as_str) {
        let groups = ADDED.as_ref().and_then(|r| r.captures(line.as_bytes()).ok().flatten());
        let part = |n: usize| groups.as_ref().and_then(|g| g.get(n)).and_then(|range| line.get(range));
        let (Some(name), Some(value)) = (part(1), part(2)) else {
            return Err(format!("invalid header to add: {line}"));
        };
        edits.add(name, &Value::from(value))?;
    }
    for (name, value) in set.into_iter().flatten() {
        edits.set(name, value)?;
    }
    for name in remove.into_iter().flatten().filter_map(Value::as_str) {
        edits.remove(name)?;
    }
    Ok(edits)
}

#[cfg(test)]
#[path = "response_rewrite/tests.rs"]
mod tests;
