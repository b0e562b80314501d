//! The entry of a request. Credentials in it are masked; who needs them names them in a format.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Var, args};
use gateway_engine::headers::Headers;
use gateway_engine::worker::now_ms;

use super::bodies::Kept;
use super::format::Format;
use super::json::{self, MASK, Object};

/// What an entry shows beside a custom format whatever that says.
const IDS: [&str; 2] = ["\"service_id\"", "\"route_id\""];

/// Fields of requests and answers that hold credentials.
const SECRET_FIELDS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "apikey",
    "x-api-key",
    "x-auth-token",
    "x-amz-security-token",
    "x-vault-token",
];

/// Arguments of queries that hold credentials.
const SECRET_ARGUMENTS: [&str; 8] =
    ["apikey", "api_key", "api-key", "jwt", "token", "access_token", "password", "client_secret"];

/// The entry of a `log_format`.
pub(super) fn custom(x: &Exchange, format: &Format, bodies: &Kept<'_>, no_route: Option<&str>, out: &mut Vec<u8>) {
    let mut entry = Object::begin(out);
    format.write(x, bodies, &IDS, &mut entry);
    match &x.route {
        Some(local) => {
            if let Some(service) = &local.service {
                entry.text("service_id", service.id.as_bytes());
            }
            entry.text("route_id", local.route.id.as_bytes());
        }
        None => {
            if let Some(text) = no_route {
                entry.text("route_id", text.as_bytes());
            }
        }
    }
    entry.end();
}

/// The entry where nobody says what it should hold.
pub(super) fn usual(
    x: &Exchange,
    extra: Option<&Format>,
    bodies: &Kept<'_>,
    no_route: Option<&str>,
    out: &mut Vec<u8>,
) {
    let mut entry = Object::begin(out);
    request(x, bodies, entry.member("request"));
    response(x, bodies, entry.member("response"));
    let mut server = Object::begin(entry.member("server"));
    if let Some(name) = x.var(&Var::Hostname) {
        server.text("hostname", &name.to_bytes());
    }
    server.text("version", crate::APISIX_VERSION.as_bytes());
    server.end();
    if let Some(addr) = x.var(&Var::UpstreamAddr) {
        entry.text("upstream", &addr.to_bytes());
    }
    match &x.route {
        Some(local) => {
            entry.text("service_id", local.service.as_ref().map_or(b"", |s| s.id.as_bytes()));
            entry.text("route_id", local.route.id.as_bytes());
        }
        None => {
            entry.text("service_id", x.host());
            if let Some(text) = no_route {
                entry.text("route_id", text.as_bytes());
            }
        }
    }
    if let Some(consumer) = &x.consumer {
        let mut object = Object::begin(entry.member("consumer"));
        object.text("username", consumer.username().as_bytes());
        object.end();
    }
    entry.text("client_ip", &x.client_text().to_bytes());
    times(x, &mut entry);
    if let Some(extra) = extra {
        extra.write(x, bodies, &USUAL, &mut entry);
    }
    entry.end();
}

/// What `log_format_extra` does not overwrite.
const USUAL: [&str; 12] = [
    "\"request\"",
    "\"response\"",
    "\"server\"",
    "\"upstream\"",
    "\"service_id\"",
    "\"route_id\"",
    "\"consumer\"",
    "\"client_ip\"",
    "\"start_time\"",
    "\"latency\"",
    "\"upstream_latency\"",
    "\"apisix_latency\"",
];

fn times(x: &Exchange, entry: &mut Object<'_>) {
    let times = &x.times;
    let end = if times.end_ms > 0 { times.end_ms } else { now_ms() };
    let latency = end.saturating_sub(times.start_ms);
    entry.number("start_time", started_ms(x));
    entry.number("latency", latency);
    let upstream = times.upstream_took_ms(end);
    if let Some(upstream) = upstream {
        entry.number("upstream_latency", upstream);
    }
    entry.number("apisix_latency", latency.saturating_sub(upstream.unwrap_or_default()));
}

/// When the request began, in milliseconds since 1970.
fn started_ms(x: &Exchange) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    let ago = now_ms().saturating_sub(x.times.start_ms);
    u64::try_from(now).unwrap_or(u64::MAX).saturating_sub(ago)
}

fn request(x: &Exchange, bodies: &Kept<'_>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    let uri = masked_uri(x);
    let mut url = Vec::with_capacity(uri.len() + 64);
    url.extend_from_slice(x.conn.scheme().as_bytes());
    url.extend_from_slice(b"://");
    url.extend_from_slice(x.host());
    url.push(b':');
    url.extend_from_slice(x.conn.local_port_text());
    url.extend_from_slice(&uri);
    object.text("url", &url);
    object.text("uri", &uri);
    object.text("method", x.method());
    fields(&x.req.head, object.member("headers"));
    arguments(x, object.member("querystring"));
    object.number("size", x.req.received);
    if let Some(body) = bodies.included_request() {
        json::string(&body, object.member("body"));
    }
    object.end();
}

fn response(x: &Exchange, bodies: &Kept<'_>, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("status", x.resp.status.into());
    fields(&x.resp.head, object.member("headers"));
    object.number("size", x.resp.sent);
    if let Some(body) = bodies.response() {
        json::string(&body, object.member("body"));
    }
    object.end();
}

/// The target as `$request_uri` shows it, without the credentials in its query.
pub(in crate::observe) fn masked_uri(x: &Exchange) -> Vec<u8> {
    let whole = x.var(&Var::RequestUri).map(|v| v.to_bytes().into_owned()).unwrap_or_default();
    let Some(at) = whole.iter().position(|b| *b == b'?') else { return whole };
    let (path, query) = whole.split_at(at + 1);
    let secret = |name: &[u8]| is_secret(&SECRET_ARGUMENTS, &args::decode(name));
    if !query.split(|b| *b == b'&').any(|pair| secret(name_of(pair))) {
        return whole;
    }
    let mut out = path.to_vec();
    for (n, pair) in query.split(|b| *b == b'&').enumerate() {
        if n > 0 {
            out.push(b'&');
        }
        let name = name_of(pair);
        out.extend_from_slice(name);
        if secret(name) {
            out.push(b'=');
            out.extend_from_slice(MASK);
        } else {
            out.extend_from_slice(pair.get(name.len()..).unwrap_or_default());
        }
    }
    out
}

fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|b| *b == b'=').next().unwrap_or_default()
}

pub(in crate::observe) fn is_secret_field(name: &[u8]) -> bool {
    is_secret(&SECRET_FIELDS, name)
}

fn is_secret(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|secret| secret.as_bytes().eq_ignore_ascii_case(name))
}

/// Names in lower case; what occurs several times is a list.
fn fields(head: &Headers, out: &mut Vec<u8>) {
    let all: Vec<(Cow<'_, [u8]>, &[u8])> = head
        .iter()
        .map(|(name, value)| {
            let text = name.text();
            let lower = match text.iter().any(u8::is_ascii_uppercase) {
                true => Cow::Owned(text.to_ascii_lowercase()),
                false => Cow::Borrowed(text),
            };
            let shown = if is_secret_field(&lower) { MASK } else { value };
            (lower, shown)
        })
        .collect();
    grouped(&all, out, |value, out| json::field(value, out));
}

/// A name, and a value that may be absent.
type Pair<'a> = (Cow<'a, [u8]>, Option<Cow<'a, [u8]>>);

/// The query's arguments, decoded; one without `=` is `true`.
fn arguments(x: &Exchange, out: &mut Vec<u8>) {
    let all: Vec<Pair<'_>> = x
        .args()
        .map(|arg| {
            let name = arg.name();
            let value = match is_secret(&SECRET_ARGUMENTS, &name) {
                true => Some(Cow::Borrowed(MASK)),
                false => arg.raw_value.is_some().then(|| arg.value()),
            };
            (name, value)
        })
        .collect();
    grouped(&all, out, |value, out| match value {
        Some(value) => json::field(value, out),
        None => out.extend_from_slice(b"true"),
    });
}

/// An object of pairs in which a name may occur several times. There are at most a hundred of them.
fn grouped<V>(pairs: &[(Cow<'_, [u8]>, V)], out: &mut Vec<u8>, write: impl Fn(&V, &mut Vec<u8>)) {
    let mut object = Object::begin(out);
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs.iter().take(at).any(|(earlier, _)| earlier == name) {
            continue;
        }
        let mut more = pairs.iter().skip(at + 1).filter(|(later, _)| later == name).peekable();
        let mut key = Vec::with_capacity(name.len() + 2);
        json::field(name, &mut key);
        let out = object.named(&key);
        if more.peek().is_none() {
            write(value, out);
            continue;
        }
        out.push(b'[');
        write(value, out);
        for (_, value) in more {
            out.push(b',');
            write(value, out);
        }
        out.push(b']');
    }
    object.end();
}
