//! A request as a span.

use std::time::{SystemTime, UNIX_EPOCH};

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Var};
use gateway_engine::headers::name;
use gateway_outbound::queue::Entry;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message;

use super::Begun;
use crate::observe::logger::{is_secret_field, masked_uri};
use crate::observe::prometheus::{code, matched_uri, source};

/// A span that waits to be sent.
pub(super) struct Finished(pub(super) Span);

impl Entry for Finished {
    fn size(&self) -> usize {
        // In memory every attribute is a few words beside its text.
        self.0.encoded_len() + self.0.attributes.len() * 64 + size_of::<Span>()
    }
}

/// Request headers that become attributes.
pub(super) struct Wanted {
    /// In lower case.
    name: Box<str>,
    prefix: bool,
}

impl Wanted {
    pub(super) fn new(text: &str) -> Wanted {
        let lower = text.to_ascii_lowercase();
        match lower.strip_suffix('*') {
            Some(prefix) => Wanted { name: prefix.into(), prefix: true },
            None => Wanted { name: lower.into(), prefix: false },
        }
    }

    fn takes(&self, name: &str) -> bool {
        match self.prefix {
            true => name.starts_with(&*self.name) && !is_secret_field(name.as_bytes()),
            false => name == &*self.name,
        }
    }
}

/// The span of an exchange that is over.
pub(super) fn finished(x: &Exchange, begun: &Begun, variables: &[(Box<str>, Var)], headers: &[Wanted]) -> Finished {
    let path = matched_uri(x);
    let method = String::from_utf8_lossy(x.method());
    let status = code(x);
    Finished(Span {
        trace_id: begun.context.trace.0.to_vec(),
        span_id: begun.context.span.0.to_vec(),
        trace_state: begun.state.clone(),
        parent_span_id: begun.parent.map(|id| id.0.to_vec()).unwrap_or_default(),
        flags: 1,
        name: if path.is_empty() { method.clone().into_owned() } else { format!("{method} {path}") },
        kind: SpanKind::Server.into(),
        start_time_unix_nano: begun.start_ns,
        end_time_unix_nano: now_ns().max(begun.start_ns),
        attributes: attributes(x, &method, path, status, variables, headers),
        status: (status >= 500)
            .then(|| Status { message: format!("{} error: {status}", source(x)), code: StatusCode::Error.into() }),
        ..Span::default()
    })
}

fn attributes(
    x: &Exchange,
    method: &str,
    path: &str,
    status: u16,
    variables: &[(Box<str>, Var)],
    headers: &[Wanted],
) -> Vec<KeyValue> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = vec![
        text("net.host.name", lossy(x.host())),
        text("http.method", method.to_owned()),
        text("http.scheme", x.conn.scheme().to_owned()),
        text("http.target", lossy(&masked_uri(x))),
        text("http.request.method", method.to_owned()),
        text("url.scheme", x.conn.scheme().to_owned()),
        text("url.path", lossy(x.path())),
    ];
    if let Some(agent) = x.req.head.get(name::USER_AGENT) {
        all.extend(["http.user_agent", "user_agent.original"].map(|name| text(name, lossy(agent))));
    }
    if let Some(local) = &x.route {
        all.push(text("apisix.route_id", local.route.id.to_string()));
        all.extend(local.route.name.as_deref().map(|name| text("apisix.route_name", name.to_owned())));
        all.push(text("http.route", path.to_owned()));
        if let Some(service) = &local.service {
            all.push(text("apisix.service_id", service.id.to_string()));
            all.extend(service.name.as_deref().map(|name| text("apisix.service_name", name.to_owned())));
        }
    }
    for (name, var) in variables {
        all.extend(x.var(var).map(|value| text(name, lossy(&value.to_bytes()))));
    }
    if !headers.is_empty() {
        for (name, value) in x.req.head.iter() {
            let name = name.as_str().to_ascii_lowercase();
            if headers.iter().any(|wanted| wanted.takes(&name)) {
                all.push(text(&name, lossy(value)));
            }
        }
    }
    all.extend(["http.status_code", "http.response.status_code"].map(|name| KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::IntValue(status.into())) }),
        ..KeyValue::default()
    }));
    all.push(text("apisix.response_source", source(x).to_owned()));
    all
}

/// An attribute that is a text.
pub(super) fn text(name: &str, value: String) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value)) }),
        ..KeyValue::default()
    }
}

/// The wall clock, in nanoseconds since 1970.
pub(super) fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}
