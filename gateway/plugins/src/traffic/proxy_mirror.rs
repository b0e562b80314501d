//! `proxy-mirror`: copies of requests go to another server, whose answers nobody reads.

mod copies;
mod mark;

use std::sync::Arc;
use std::time::Duration;

use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::{Flags, Head, Serialization, Status};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::rewrite::{self, Change, Edit};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{Field, name};
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, RequestFilter, Step};
use gateway_engine::wire::WireError;
use gateway_model::check::unspaced;
use gateway_model::plugin::PluginSpec;
use gateway_outbound::http::{Call, Method, Settings, Url};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::copies::Copies;
use self::copies::{MOST_BODY, Share, Target};
use crate::conf::parse;
use crate::docs::{Doc, Example};

const NAME: &str = "proxy-mirror";

/// The port of a provider whose address has none.
const DUBBO_PORT: u16 = 20880;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ProxyMirror::compile(conf, &Value::Null).map(drop)),
            ..PluginSpec::new(NAME, 1010, include_str!("../schemas/proxy-mirror.json"))
        },
        phases: Phases::REWRITE | Phases::BEFORE_PROXY,
        build: |build: &Build<'_>| {
            let (mut made, to) = ProxyMirror::compile(build.conf, build.attr)?;
            made.target = build.states.get::<Copies>().target(&to, build.states);
            Ok(Arc::new(made))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Sends copies of requests to another server and throws its answers away: to try a new version with real traffic. The \
            request itself never waits for its copy, and never fails because of it.\n\n\
            A copy has the method, headers and body that the upstream gets, its `Host` too; its path is the one this plugin sees, which by \
            default is the one before `proxy-rewrite`. It is sent when the body has passed, so requests whose body does not end \
            (streams, and those that are answered before their end) have none, nor those that an earlier plugin answered. Calls of gRPC with one message \
            are copied also where the answer was there before the end of the stream. `grpc` and `grpcs` speak HTTP/2, `http` and `https` HTTP/1.1. `dubbo` takes calls of Dubbo2, each as the upstream gets it and one-way, so \
            that the provider answers nobody; other requests have no copy there.\n\n\
            A copy says that it is one: in the field `X-Gateway-Mirrored`, of a call in the attachment `x-gateway-mirrored`, stands the mark of the gateway, \
            which is made at random when it starts. A copy that comes back to the gateway that made it, perhaps through others, is not copied again, and counted as \
            `returned`: so a mirror that points at the gateway itself does not go round for ever. What clients put there themselves changes nothing.\n\n\
            Bounds: bodies of up to 1 MiB, 256 copies under way to a server, 64 MiB in all copies together. What exceeds them is \
            not copied, and counted in the metric `gateway_mirrored_requests_total`, by `outcome`: `sent`, `dropped`, `failed`, `returned`. A copy \
            may take as long as `plugin_attr.proxy-mirror.timeout` says with `connect`, `send` and `read` together (in seconds, 60 each).\n\n\
            Copies carry what requests carry, credentials too. So the certificate of an `https` or `grpcs` server is checked, unless \
            `ssl_verify` is `false`.",
    fields: &[
        (
            "host",
            "The server: scheme (`http`, `https`, `grpc`, `grpcs`, or ours, `dubbo`), name or address, and perhaps a port.",
        ),
        (
            "path",
            "Path of the copies, without a query; absent: that of the request. The request's query stays. Not with `dubbo`: a copy of a call is for the same service and method.",
        ),
        ("path_concat_mode", "Whether `path` stands instead of the request's path or before it."),
        ("sample_ratio", "Share of the requests that are copied."),
        ("ssl_verify", "Whether the server's certificate is checked. APISIX has no such field, and does not check."),
    ],
    example: Example {
        about: "The server that gets the copies is the gateway itself here, under another path.",
        objects: &[
            (
                "routes/copies",
                r#"{
  "uri": "/copies/*",
  "upstream_id": "demo-echo",
  "plugins": {"file-logger": {"path": "/tmp/copies.log", "log_format": {"copy": "$request_method $uri"}}}
}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "proxy-mirror": {"host": "http://127.0.0.1:9080", "path": "/copies", "path_concat_mode": "prefix", "sample_ratio": 1}
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders | grep uri
  "uri": "/orders",
# A moment later:
$ cat /tmp/copies.log
{"copy":"GET /copies/orders","route_id":"copies"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    host: String,
    path: Option<String>,
    path_concat_mode: String,
    sample_ratio: f64,
    ssl_verify: bool,
}

/// `plugin_attr.proxy-mirror`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attr {
    timeout: Timeout,
}

#[derive(Deserialize)]
#[serde(default)]
struct Timeout {
    connect: f64,
    read: f64,
    send: f64,
}

impl Default for Timeout {
    fn default() -> Self {
        Timeout { connect: 60.0, read: 60.0, send: 60.0 }
    }
}

struct ProxyMirror {
    target: Arc<Target>,
    path: Option<Box<str>>,
    prefixes: bool,
    ratio: f64,
    grpc: bool,
}

/// Where copies go, and how.
struct To {
    /// `http://host:port`.
    origin: String,
    /// `host:port` of a provider of Dubbo.
    calls_at: Option<String>,
    settings: Settings,
}

/// Where the copies of an exchange go, by plugin instance: the route and a global rule may each have one.
#[derive(Default)]
struct Chosen(Vec<(usize, Url)>);

impl ProxyMirror {
    fn compile(conf: &Value, attr: &Value) -> Result<(ProxyMirror, To), String> {
        let conf: Conf = parse(conf)?;
        let attr =
            if attr.is_null() { Attr::default() } else { parse(attr).map_err(|e| format!("plugin_attr: {e}"))? };
        let (scheme, authority) = conf.host.split_once("://").ok_or("host: expected scheme://host")?;
        let grpc = scheme.starts_with("grpc");
        let origin = match scheme {
            "dubbo" => conf.host.clone(),
            _ => format!("{}://{authority}", if scheme.ends_with('s') { "https" } else { "http" }),
        };
        unspaced(&origin).map_err(|what| format!("property \"host\" validation failed: {what}"))?;
        let parsed = Url::parse(&origin).map_err(|e| format!("host: {e}"))?;
        let calls_at = (scheme == "dubbo").then(|| match parsed.port() {
            Some(_) => authority.to_owned(),
            None => format!("{authority}:{DUBBO_PORT}"),
        });
        if let Some(path) = conf.path.as_ref().filter(|_| scheme == "dubbo") {
            return Err(format!(
                "property \"path\" validation failed: a copy of a call is for the same service and method, so {path} says nothing where \
                 \"host\" is dubbo://"
            ));
        }
        if let Some(path) = &conf.path {
            unspaced(path).map_err(|what| format!("property \"path\" validation failed: {what}"))?;
        }
        let all = attr.timeout.connect + attr.timeout.read + attr.timeout.send;
        let timeout = Duration::try_from_secs_f64(all).ok().filter(|t| !t.is_zero());
        let settings = Settings {
            verify: conf.ssl_verify,
            timeout: timeout.ok_or("plugin_attr: timeout: expected seconds above 0")?,
            pool: 64,
            http2: grpc,
            ..Settings::default()
        };
        let made = ProxyMirror {
            target: Arc::default(),
            path: conf.path.map(Into::into),
            prefixes: conf.path_concat_mode == "prefix",
            ratio: conf.sample_ratio,
            grpc,
        };
        Ok((made, To { origin, calls_at, settings }))
    }

    /// A call of Dubbo, as its upstream gets it, to a provider that is to answer nobody.
    fn copy_call(&self, x: &Exchange) {
        let marked = x.req.call.as_ref().zip(x.call_body());
        let marked = marked.and_then(|(call, body)| Some((call, self.marked(x, call.serialization, &body)?)));
        let Some((call, body)) = marked else { return self.target.drop_one() };
        let (len, share) = (u32::try_from(body.len()), self.target.share(body.len()));
        let (Ok(len), Some(share), true) = (len, share, body.len() <= MOST_BODY) else { return self.target.drop_one() };
        let flags = Flags::one_way(Serialization(call.serialization));
        let head = Head { flags, status: Status::from_code(0), id: 0, len };
        let mut frame = Vec::with_capacity(head.frame_len());
        frame.extend_from_slice(&head.encode());
        frame.extend_from_slice(&body);
        self.target.send_frame(frame, share);
    }

    /// The body of a call with the mark of a copy; `None`: nothing can be added to it.
    fn marked(&self, x: &Exchange, serialization: u8, body: &[u8]) -> Option<Vec<u8>> {
        let marks = self.target.mark.behind(x);
        match Serialization(serialization) {
            Serialization::HESSIAN2 => {
                let edit = Edit { attachments: &[Change::Set(mark::FIELD, &marks)], ..Edit::default() };
                rewrite::call(body, &edit, Limits::default()).ok()
            }
            Serialization::FASTJSON2 => fastjson2::with_attachment(body, mark::FIELD, &marks),
            _ => None,
        }
    }

    fn id(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Where the copy of this request goes.
    fn url(&self, x: &Exchange) -> Option<Url> {
        let target = std::str::from_utf8(x.upstream_target()).ok()?;
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut text = self.target.origin.to_string();
        text.push_str(self.path.as_deref().unwrap_or_default());
        if self.path.is_none() || self.prefixes {
            text.push_str(path);
        }
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        Url::parse(&text).ok()
    }

    /// The copy without its body.
    fn call(&self, x: &Exchange, url: Url) -> Option<Call> {
        let method = Method::from_bytes(x.upstream_method()).ok()?;
        let mut headers = HeaderMap::with_capacity(x.req.head.len() + 6);
        let mut add = |name: &[u8], value: &[u8]| {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                headers.append(name, value);
            }
        };
        let head = &x.req.head;
        for field in head.fields().iter().filter(|f| f.flags & (Field::DEAD | Field::HOP) == 0) {
            let name = head.name(field);
            if (name.bit() & NEVER == 0 || name.id() == 0) && name != mark::NAME {
                add(name.text(), head.value(field));
            }
        }
        add(b"host", x.upstream_host());
        add(b"x-forwarded-for", &x.forwarded_for());
        add(mark::FIELD.as_bytes(), self.target.mark.behind(x).as_bytes());
        let client = x.client_text();
        let client = client.to_bytes();
        let seen: [(_, &[u8]); 4] = [
            (name::X_REAL_IP, &client),
            (name::X_FORWARDED_PROTO, x.conn.scheme().as_bytes()),
            (name::X_FORWARDED_PORT, x.conn.local_port_text()),
            (name::X_FORWARDED_HOST, x.authority()),
        ];
        for (name, value) in seen {
            if !head.contains(name) {
                add(name.text(), value);
            }
        }
        if self.grpc {
            add(b"te", b"trailers");
        }
        Some(Call { method, url, headers, body: bytes::Bytes::new() })
    }
}

/// Fields that a copy has anew, or not at all.
const NEVER: u64 = gateway_engine::headers::name::HOP_BY_HOP
    | name::HOST.bit()
    | name::CONTENT_LENGTH.bit()
    | name::EXPECT.bit()
    | name::X_FORWARDED_FOR.bit();

impl Plugin for ProxyMirror {
    fn phases(&self) -> Phases {
        Phases::REWRITE | Phases::BEFORE_PROXY
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if self.target.mark.is_on(x) {
            self.target.return_one();
            return Step::Next;
        }
        if (self.ratio >= 1.0 || fastrand::f64() < self.ratio)
            && let Some(url) = self.url(x)
        {
            x.state::<Chosen>().0.push((self.id(), url));
        }
        Step::Next
    }

    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let id = self.id();
        // Taken out: a retry makes no other copy.
        let Some(chosen) = x.peek_state::<Chosen>().and_then(|all| all.0.iter().position(|(owner, _)| *owner == id))
        else {
            return Step::Next;
        };
        let (_, url) = x.state::<Chosen>().0.swap_remove(chosen);
        if self.target.takes_calls() {
            self.copy_call(x);
            return Step::Next;
        }
        let Some(mut call) = self.call(x, url) else { return Step::Next };
        let known = match (&x.req.collected, x.req.framing) {
            (Some(body), _) => Some(body.len()),
            (None, Framing::Length(length)) => usize::try_from(length).ok().or(Some(usize::MAX)),
            (None, Framing::None) => Some(0),
            (None, _) => None,
        };
        let share = match known {
            Some(length) if length > MOST_BODY => None,
            Some(length) => self.target.share(length),
            None => self.target.share(0),
        };
        let Some(share) = share else {
            self.target.drop_one();
            return Step::Next;
        };
        match &x.req.collected {
            Some(body) => {
                call.body.clone_from(body);
                self.target.send(call, share);
            }
            None if x.req.framing == Framing::None => self.target.send(call, share),
            None => {
                let target = Arc::clone(&self.target);
                x.req.watch_body(Box::new(Tee {
                    target,
                    left: Some((call, share)),
                    body: Vec::new(),
                    grpc: self.grpc,
                }));
            }
        }
        Step::Next
    }
}

/// Copies a body that passes.
struct Tee {
    target: Arc<Target>,
    /// `None`: the copy has been sent, or given up.
    left: Option<(Call, Share)>,
    body: Vec<u8>,
    /// Of messages of gRPC.
    grpc: bool,
}

/// Whether `body` is one message of gRPC, and a whole one
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, Length-Prefixed-Message).
fn one_message(body: &[u8]) -> bool {
    let Some((&[_, a, b, c, d], message)) = body.split_first_chunk::<5>() else { return false };
    u32::from_be_bytes([a, b, c, d]).try_into() == Ok(message.len())
}

impl RequestFilter for Tee {
    fn piece(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        let Some((_, share)) = &mut self.left else { return Ok(()) };
        let length = self.body.len() + piece.len();
        if length > MOST_BODY || !share.grow(length) {
            self.target.drop_one();
            self.left = None;
            self.body = Vec::new();
            return Ok(());
        }
        self.body.extend_from_slice(piece.as_slice());
        if last && let Some((mut call, share)) = self.left.take() {
            call.body = std::mem::take(&mut self.body).into();
            self.target.send(call, share);
        }
        Ok(())
    }
}

impl Drop for Tee {
    /// The exchange is over, and its body had not ended: the upstream answered before. Of a call of gRPC with one message
    /// nothing but the end of its stream may be missing, which says nothing more; else there is no whole request to copy.
    fn drop(&mut self) {
        let Some((mut call, share)) = self.left.take() else { return };
        if !self.grpc || !one_message(&self.body) {
            return self.target.drop_one();
        }
        call.body = std::mem::take(&mut self.body).into();
        self.target.send(call, share);
    }
}

#[cfg(test)]
mod tests;
