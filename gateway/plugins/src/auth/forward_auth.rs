//! `forward-auth`: asks an HTTP service whether a request may pass.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::authority::authority;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::expr::{Lookup, Template, Var};
use gateway_engine::headers::{HeaderName, Name, check_value, name};
use gateway_engine::log_pace::LogPace;
use gateway_engine::plugin::{Build, Definition, Exit, Flow, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use gateway_outbound::http::{Answer, Call, Method, Settings, Url, call};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{header_name, int, parse, server};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ForwardAuth::compile(conf).map(drop)),
            ..PluginSpec::new("forward-auth", 2002, include_str!("../schemas/forward-auth.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(ForwardAuth::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Asks an HTTP service whether a request may pass. The service gets `X-Forwarded-Proto`, `X-Forwarded-Method`, \
            `X-Forwarded-Host`, `X-Forwarded-Uri` (path in the normal form that routes see, and query) and `X-Forwarded-For` (the \
            client's address), the `extra_headers`, and of the client's headers those in `request_headers`; with `POST` also the body.\n\n\
            A status of 2xx lets the request pass. Any other is the client's answer, with the service's body and the headers in \
            `client_headers`; redirects are not followed. Where there is no answer in time, or one longer than 1 MiB, the client gets \
            `status_on_error`, unless `allow_degradation` lets it pass.\n\n\
            Of the headers in `upstream_headers` the upstream gets what the service says and never what the client says, neither \
            where the service says nothing nor where it is spelled with `_`. What of the answer may not stand in a header is left out, and the \
            error log says so.",
    fields: &[
        ("uri", "The service, `http` or `https`."),
        ("request_method", "How it is asked."),
        ("request_headers", "Headers of the client that it gets."),
        ("upstream_headers", "Headers of its answer that the upstream gets."),
        ("client_headers", "Headers of its answer that the client gets where it refuses."),
        ("extra_headers", "More headers that it gets; variables (`$arg_user`, `$post_arg.tenant`) are replaced."),
        ("timeout", "Milliseconds for the whole call."),
        ("keepalive", "Whether connections to it are kept."),
        ("keepalive_timeout", "Milliseconds for which an idle connection is kept."),
        ("keepalive_pool", "Idle connections that are kept, by worker."),
        ("ssl_verify", "Whether its certificate is checked."),
        ("allow_degradation", "Whether requests pass when it cannot be asked."),
        ("status_on_error", "Status of the client's answer when it cannot be asked."),
        (
            "max_req_body_size",
            "Bytes of a body that is sent to it or looked at by `$post_arg`; longer ones are refused with 413.",
        ),
    ],
    example: Example {
        about: "The service that decides is another route of the gateway here: it knows Jane by her password, and says who she is.",
        objects: &[
            (
                "consumers/jane",
                r#"{"username": "jane", "plugins": {"basic-auth": {"username": "jane", "password": "janes-password"}}}"#,
            ),
            (
                "routes/auth",
                r#"{
  "uri": "/auth",
  "plugins": {
    "basic-auth": {},
    "mocking": {"response_example": "fine", "response_headers": {"X-User-Id": "4711"}}
  }
}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "forward-auth": {
      "uri": "http://127.0.0.1:9080/auth",
      "request_headers": ["Authorization"],
      "upstream_headers": ["X-User-Id"],
      "client_headers": ["WWW-Authenticate"]
    }
  }
}"#,
            ),
        ],
        requests: r#"$ curl -i http://127.0.0.1:9080/orders
HTTP/1.1 401 Unauthorized
Server: gateway
Content-Type: text/plain; charset=utf-8
WWW-Authenticate: Basic realm="basic"
Date: …
Content-Length: 47

{"message":"Missing authorization in request"}
$ curl -s http://127.0.0.1:9080/orders -u jane:janes-password -H 'X-User-Id: 1' | grep x-user-id
    "x-user-id": "4711""#,
    },
};

#[derive(Deserialize)]
struct Conf {
    uri: String,
    request_method: String,
    request_headers: Vec<String>,
    upstream_headers: Vec<String>,
    client_headers: Vec<String>,
    #[serde(default)]
    extra_headers: BTreeMap<String, String>,
    #[serde(deserialize_with = "int")]
    timeout: u64,
    keepalive: bool,
    #[serde(deserialize_with = "int")]
    keepalive_timeout: u64,
    #[serde(deserialize_with = "int")]
    keepalive_pool: usize,
    ssl_verify: bool,
    allow_degradation: bool,
    #[serde(deserialize_with = "int")]
    status_on_error: u16,
    #[serde(deserialize_with = "int")]
    max_req_body_size: usize,
}

struct ForwardAuth {
    url: Url,
    settings: Settings,
    post: bool,
    /// The service gets these of the client.
    request: Box<[Header]>,
    /// The upstream gets these of the service.
    upstream: Box<[Header]>,
    /// The client gets these of the service.
    client: Box<[Header]>,
    extra: Box<[(http::HeaderName, Template)]>,
    /// The longest body that is collected; `None`: none is.
    body: Option<usize>,
    degrades: bool,
    status_on_error: u16,
}

/// A header's name as either side has it.
struct Header {
    ours: HeaderName,
    theirs: http::HeaderName,
}

/// The longest answer of a service.
const ANSWER_LIMIT: usize = 1 << 20;

impl ForwardAuth {
    fn compile(conf: &Value) -> Result<ForwardAuth, String> {
        let conf: Conf = parse(conf)?;
        let url = server("uri", &conf.uri)?;
        let extra: Vec<_> = conf
            .extra_headers
            .iter()
            .map(|(name, value)| Ok((Header::new(name)?.theirs, Template::parse(value))))
            .collect::<Result<_, String>>()?;
        let post = conf.request_method == "POST";
        let looks = extra.iter().any(|(_, value)| value.needs_body());
        Ok(ForwardAuth {
            url,
            settings: Settings {
                verify: conf.ssl_verify,
                timeout: Duration::from_millis(conf.timeout),
                keepalive: conf.keepalive.then(|| Duration::from_millis(conf.keepalive_timeout)),
                pool: conf.keepalive_pool,
                ..Settings::default()
            },
            post,
            request: Header::list(&conf.request_headers)?,
            upstream: Header::list(&conf.upstream_headers)?,
            client: Header::list(&conf.client_headers)?,
            extra: extra.into(),
            body: (post || looks).then_some(conf.max_req_body_size),
            degrades: conf.allow_degradation,
            status_on_error: conf.status_on_error,
        })
    }

    /// What the service is asked. `None`: a value may not stand in a header.
    fn question(&self, x: &Exchange) -> Option<Call> {
        let mut headers = HeaderMap::new();
        let mut told = |name: &'static str, value: &[u8]| {
            headers.insert(name, HeaderValue::from_bytes(value).ok()?);
            Some(())
        };
        let var = |var: Var| x.var(&var).map(|v| v.to_bytes().into_owned()).unwrap_or_default();
        told("x-forwarded-proto", &var(Var::Scheme))?;
        told("x-forwarded-method", x.method())?;
        told("x-forwarded-host", x.host())?;
        told("x-forwarded-uri", &var(Var::RequestUri))?;
        told("x-forwarded-for", &var(Var::RemoteAddr))?;
        if self.post
            && let Some(coding) = x.req.head.get(name::CONTENT_ENCODING)
        {
            told("content-encoding", coding)?;
        }
        for (name, template) in &self.extra {
            let mut value = Vec::new();
            template.render(x, &mut value);
            headers.insert(name, HeaderValue::from_bytes(&value).ok()?);
        }
        for header in &self.request {
            if headers.contains_key(&header.theirs) {
                continue;
            }
            for value in x.req.head.get_all(header.ours.as_name()) {
                headers.append(&header.theirs, HeaderValue::from_bytes(value).ok()?);
            }
        }
        let (method, body) = match self.post {
            true => (Method::POST, x.req.collected.clone().unwrap_or_default()),
            false => (Method::GET, Bytes::new()),
        };
        Some(Call { method, url: self.url.clone(), headers, body })
    }

    /// Takes out of the request what only the service may say (hardening path.13).
    fn strip(&self, x: &mut Exchange) {
        for header in &self.upstream {
            x.req.head.remove(header.ours.as_name());
        }
        if !self.upstream.is_empty() && x.req.head.has_unknown() {
            x.req.head.remove_where(|id, text| id == 0 && self.upstream.iter().any(|h| h.is_spelled(text)));
        }
    }

    fn pass(&self, x: &mut Exchange, answer: &Answer) {
        let longest = x.worker().with_settings(|s| s.limits.header_bytes);
        for header in &self.upstream {
            let name = header.ours.as_name();
            let values = answer.headers.get_all(&header.theirs);
            // Half of what the service says may mean something else: the header is absent then.
            if let Some(why) = values.iter().find_map(|value| unfit(name, value.as_bytes(), longest)) {
                leave_out(header, why);
            } else if values.iter().any(|value| x.req.head.append(name, value.as_bytes()).is_err()) {
                x.req.head.remove(name);
                leave_out(header, "there is no room for it");
            }
        }
    }

    fn refusal(&self, answer: Answer) -> Exit {
        let mut exit = Exit::text(answer.status.as_u16(), answer.body);
        for header in &self.client {
            for value in answer.headers.get_all(&header.theirs) {
                if let Some(why) = unfit(header.ours.as_name(), value.as_bytes(), ANSWER_LIMIT) {
                    leave_out(header, why);
                    continue;
                }
                let value = Bytes::copy_from_slice(value.as_bytes());
                match header.ours.as_name() == name::CONTENT_TYPE {
                    true => exit.content_type = Some(value),
                    false => exit.headers.push((header.ours.clone(), value)),
                }
            }
        }
        exit
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> Flow {
        if self.degrades {
            tracing::warn!(error = %why, "forward-auth could not ask: the request passes");
            return Flow::Next;
        }
        tracing::warn!(error = %why, "forward-auth could not ask: the request is refused");
        Flow::Exit(Box::new(Exit::text(self.status_on_error, Bytes::new())))
    }
}

impl Header {
    fn new(text: &str) -> Result<Header, String> {
        let ours = header_name(text)?;
        let theirs = http::HeaderName::from_bytes(text.as_bytes());
        Ok(Header { ours, theirs: theirs.map_err(|_| "invalid field character in header")? })
    }

    /// Those of a list that one message may hand on to another.
    fn list(texts: &[String]) -> Result<Box<[Header]>, String> {
        let all = texts.iter().map(|text| Header::new(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().filter(|header| !KEPT.contains(&header.ours.as_name())).collect())
    }

    /// Whether a name is this one with `_` where it has `-`, or the other way around.
    fn is_spelled(&self, text: &[u8]) -> bool {
        let plain = |b: u8| if b == b'_' { b'-' } else { b.to_ascii_lowercase() };
        let own = self.ours.as_str().as_bytes();
        own.len() == text.len() && own.iter().zip(text).all(|(a, b)| plain(*a) == plain(*b))
    }
}

/// Why a value of the service's answer may not stand in another message: its client takes more than the gateway's own parsers do.
fn unfit(name: Name<'_>, value: &[u8], longest: usize) -> Option<&'static str> {
    if value.len() > longest {
        return Some("it is longer than a head may be");
    }
    if check_value(value).is_err() {
        return Some("it holds a control character");
    }
    (name == name::HOST && authority(value).is_none()).then_some("it is no host")
}

#[cold]
fn leave_out(header: &Header, why: &str) {
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    let Some(left_out) = PACE.with(LogPace::admit) else { return };
    tracing::warn!(header = header.ours.as_str(), why, left_out, "forward-auth: a header of the answer is left out");
}

/// What says how one message travels on one connection.
const KEPT: [Name<'static>; 10] = [
    name::CONNECTION,
    name::CONTENT_LENGTH,
    name::TRANSFER_ENCODING,
    name::UPGRADE,
    name::TE,
    name::TRAILER,
    name::KEEP_ALIVE,
    name::PROXY_CONNECTION,
    name::EXPECT,
    name::HTTP2_SETTINGS,
];

impl Plugin for ForwardAuth {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = self.body {
            match &x.req.collected {
                Some(body) if body.len() > limit => return Step::exit(413),
                None if x.req.framing != Framing::None => return Step::Body(limit),
                _ => {}
            }
        }
        let question = self.question(x);
        self.strip(x);
        let Some(question) = question else {
            // Somebody tries to slip a header in: no reason to let it pass.
            tracing::warn!("forward-auth: a value may not stand in a header, the request is refused");
            return Step::Exit(Box::new(Exit::text(self.status_on_error, Bytes::new())));
        };
        Step::wait(async move {
            match call(&self.settings, question, ANSWER_LIMIT).await {
                Ok(answer) if answer.status.is_success() => {
                    self.pass(x, &answer);
                    Flow::Next
                }
                // Nobody asked for another protocol: that is no answer, neither yes nor no.
                Ok(answer) if answer.status.is_informational() => {
                    Flow::Exit(Box::new(Exit::text(self.status_on_error, Bytes::new())))
                }
                Ok(answer) => Flow::Exit(Box::new(self.refusal(answer))),
                Err(error) => self.failed(&error),
            }
        })
    }
}

#[cfg(test)]
mod tests;
