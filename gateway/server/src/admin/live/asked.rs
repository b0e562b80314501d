//! A request that `live/explain` is asked about, as the gateway would get it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use gateway_engine::exchange::{Call, Conn, Exchange, Framing, Protocol, Version};
use gateway_engine::headers::{HeaderName, Span};
use gateway_engine::router::method_bit;
use gateway_engine::snapshot::Snapshot;
use gateway_engine::tls::{ClientCheck, Identity, TlsSession};
use gateway_engine::worker::Worker;
use gateway_http1::{Limits, Refuse};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Refusal, body};
use crate::config::{Listener, Speaks};

/// What is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    method: Option<String>,
    /// `scheme://host:port/path?query`, or the path alone.
    url: Option<String>,
    /// Texts, or lists of texts for fields that occur more than once.
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<String>,
    /// The client: an address, with or without a port.
    client_addr: Option<String>,
    #[serde(default)]
    protocol: Spoken,
    /// The name that a client over TLS asks for.
    sni: Option<String>,
    /// Whether a client over TLS shows a certificate that is trusted.
    #[serde(default)]
    client_cert: bool,
    /// The port of the listener.
    port: Option<u16>,
    /// What is called, for `dubbo`.
    #[serde(default, deserialize_with = "body::within")]
    dubbo: Option<Invocation>,
}

/// What the client speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Spoken {
    #[default]
    Http1,
    Http2,
    Grpc,
    WebSocket,
    Dubbo,
    Triple,
}

/// A call of Dubbo.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Invocation {
    interface: String,
    method: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    attachments: Map<String, Value>,
}

/// A request that nobody sends.
pub(super) struct Unsent {
    pub(super) x: Box<Exchange>,
    /// Where it would come in.
    pub(super) listener: Option<Listener>,
    /// The name that TLS would be asked for, or that stands for none.
    pub(super) server_name: Option<String>,
    /// What would be shown for it.
    pub(super) identity: Option<Arc<Identity>>,
    /// Why it would not become a request at all.
    pub(super) refused: Option<Refuse>,
}

impl Asked {
    /// Reads what is asked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(body: Option<Value>) -> Result<Asked, Refusal> {
        let body = body.ok_or_else(|| Refusal::bad("missing request body: {\"method\", \"url\", …}"))?;
        let asked: Asked = body::asked(body)?;
        let bare = |text: &str| !text.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0));
        for (name, value) in asked.lines()? {
            if !bare(name) || !bare(value) || HeaderName::new(name).is_err() {
                return Err(Refusal::bad(format!("headers: {name:?} is no field")));
            }
        }
        let words = [asked.method.as_deref(), asked.url.as_deref()];
        if words.into_iter().flatten().any(|word| !bare(word) || word.contains(' ')) {
            return Err(Refusal::bad("method and url have neither spaces nor line ends"));
        }
        let url = asked.url.as_deref().filter(|_| asked.protocol != Spoken::Dubbo);
        if let Some(why) = url.and_then(no_url) {
            return Err(Refusal::bad(format!("url: {why}")));
        }
        if asked.sni.as_deref().is_some_and(|name| !is_server_name(name)) {
            return Err(Refusal::bad("sni: should be the name of a server"));
        }
        match (asked.protocol, &asked.dubbo, &asked.url) {
            (Spoken::Dubbo, None, None) => Err(Refusal::bad("missing dubbo: {\"interface\", \"method\", …}")),
            (Spoken::Dubbo, _, _) | (_, _, Some(_)) => Ok(asked),
            (_, _, None) => Err(Refusal::bad("missing url")),
        }
    }

    fn lines(&self) -> Result<Vec<(&str, &str)>, Refusal> {
        let mut lines = Vec::new();
        for (name, value) in &self.headers {
            let values = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in values {
                let text = value.as_str();
                lines.push((name.as_str(), text.ok_or_else(|| Refusal::bad(format!("headers.{name}: no text")))?));
            }
        }
        Ok(lines)
    }

    /// The request on a worker.
    ///
    /// # Errors
    /// What is wrong with what was asked.
    pub(super) fn unsent(&self, worker: &Rc<Worker>, doors: &[Listener]) -> Result<Unsent, Refusal> {
        let url = Url::of(self.url.as_deref().unwrap_or_default());
        let tls = url.secure || self.sni.is_some();
        let listener = self.listener(doors, &url, tls)?;
        let local =
            listener.as_ref().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9080)), |door| reached(door.addr));
        let protocol = match self.protocol {
            Spoken::Http1 | Spoken::WebSocket => Protocol::Http1,
            Spoken::Http2 | Spoken::Grpc | Spoken::Triple => Protocol::Http2,
            Spoken::Dubbo => Protocol::Dubbo,
        };
        let tls = listener.as_ref().map_or(tls, |door| door.tls);
        let mut conn = Conn::new(Rc::clone(worker), self.client()?, local, protocol, tls);
        let snapshot = worker.snapshot();
        let server_name = tls.then(|| self.server_name(&url, &snapshot)).transpose()?;
        let identity = server_name.as_deref().and_then(|name| snapshot.certificates.find(name)).cloned();
        // Of one that is shut no session comes.
        if let (Some(identity), Some(name)) = (identity.as_ref().filter(|identity| !identity.is_shut()), &server_name) {
            let shown = self.client_cert && identity.client.is_some();
            let check = if shown { ClientCheck::Verified } else { ClientCheck::None };
            conn.session = Some(Rc::new(TlsSession::supposed(Arc::clone(identity), name, check)));
        }
        let conn = Rc::new(conn);
        conn.requests.set(1);
        let mut x = worker.exchange(&conn);
        let refused = match self.protocol {
            Spoken::Dubbo => {
                self.call(&mut x, &url)?;
                None
            }
            _ => self.head(&mut x, &url, local)?,
        };
        if let Some(body) = &self.body {
            x.req.collected = Some(body.clone().into_bytes().into());
            x.req.framing = Framing::Length(body.len() as u64);
        }
        Ok(Unsent { x, listener, server_name, identity, refused })
    }

    /// The name that the client asks for over TLS: the one that is said, else the host; without one, what stands for none.
    fn server_name(&self, url: &Url<'_>, snapshot: &Snapshot) -> Result<String, Refusal> {
        let name = match &self.sni {
            Some(sni) => sni.clone(),
            None => {
                let lines = self.lines()?;
                let host = lines.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| *value);
                let host = host.unwrap_or(url.authority);
                let bare = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
                bare.map_or(host, |(name, _)| name).to_owned()
            }
        };
        match (&*name, snapshot.certificates.fallback()) {
            ("", Some(fallback)) => Ok(fallback.to_owned()),
            _ => Ok(name.to_ascii_lowercase()),
        }
    }

    fn client(&self) -> Result<SocketAddr, Refusal> {
        let Some(text) = &self.client_addr else { return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))) };
        let plain = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0));
        plain.or_else(|_| text.parse()).map_err(|_| Refusal::bad(format!("client_addr: {text:?} is no address")))
    }

    /// The listener of a port that was named; else the first one that speaks what is spoken.
    fn listener(&self, doors: &[Listener], url: &Url<'_>, tls: bool) -> Result<Option<Listener>, Refusal> {
        let serves = |door: &&Listener| match self.protocol {
            Spoken::Dubbo => door.speaks != Speaks::Http,
            Spoken::Http1 | Spoken::WebSocket => door.speaks != Speaks::Dubbo && door.tls == tls,
            _ => door.speaks != Speaks::Dubbo && door.tls == tls && door.http2,
        };
        let Some(port) = self.port else {
            let named = url.port().and_then(|port| doors.iter().find(|door| door.addr.port() == port));
            return Ok(named.filter(serves).or_else(|| doors.iter().find(serves)).cloned());
        };
        let here = doors.iter().find(|door| door.addr.port() == port);
        here.cloned().map(Some).ok_or_else(|| Refusal::bad(format!("port: no listener has {port}")))
    }

    /// The head of an HTTP request, read as the gateway reads them.
    fn head(&self, x: &mut Exchange, url: &Url<'_>, local: SocketAddr) -> Result<Option<Refuse>, Refusal> {
        let given = self.lines()?;
        let has = |name: &str| given.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let calls = matches!(self.protocol, Spoken::Grpc | Spoken::Triple);
        let method = self.method.as_deref().unwrap_or(if calls { "POST" } else { "GET" });
        let mut text = format!("{method} {} HTTP/1.1\r\n", url.target);
        let mut add = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        };
        if !has("host") {
            match url.authority {
                "" => add("Host", &local.to_string()),
                authority => add("Host", authority),
            }
        }
        let mut unless_given = |name: &str, value: &str| {
            if !has(name) {
                add(name, value);
            }
        };
        if calls {
            unless_given("Content-Type", "application/grpc");
            unless_given("TE", "trailers");
        }
        if self.protocol == Spoken::WebSocket {
            unless_given("Connection", "Upgrade");
            unless_given("Upgrade", "websocket");
            unless_given("Sec-WebSocket-Version", "13");
            unless_given("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==");
        }
        if let Some(body) = &self.body {
            unless_given("Content-Length", &body.len().to_string());
        }
        given.iter().for_each(|(name, value)| add(name, value));
        text.push_str("\r\n");
        let head = match gateway_http1::request(text.as_bytes(), &Limits::REQUEST, &mut x.req.head) {
            Ok(Some(head)) => head,
            Ok(None) => return Err(Refusal::bad("method, url and headers make no request")),
            Err(refuse) => return Ok(Some(refuse)),
        };
        let req = &mut x.req;
        req.method = head.method;
        req.method_bit = method_bit(req.head.text(head.method));
        (req.target, req.authority, req.host) = (head.target, head.authority, head.host);
        (req.framing, req.websocket, req.received) = (head.framing, head.websocket, head.len as u64);
        req.version = if x.conn.protocol == Protocol::Http2 { Version::Http2 } else { head.version };
        Ok(None)
    }

    /// A call of Dubbo: its names as the gateway reads them out of a body, its attachments as fields.
    fn call(&self, x: &mut Exchange, url: &Url<'_>) -> Result<(), Refusal> {
        let mut by_url = Invocation::default();
        let asked = match &self.dubbo {
            Some(dubbo) => dubbo,
            None => {
                let path = url.target.split('?').next().unwrap_or_default().trim_start_matches('/');
                let (interface, method) =
                    path.rsplit_once('/').ok_or_else(|| Refusal::bad("url: should be /interface/method"))?;
                (by_url.interface, by_url.method) = (interface.to_owned(), method.to_owned());
                &by_url
            }
        };
        let req = &mut x.req;
        let attached = asked.attachments.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
        for (name, value) in attached.chain(self.lines()?) {
            // What cannot stand in a field stays hidden in a call, too.
            if let Ok(name) = HeaderName::new(name) {
                let _ = req.head.append(name.as_name(), value.as_bytes());
            }
        }
        for (name, value) in [("tri-service-version", &asked.version), ("tri-service-group", &asked.group)] {
            if let (false, Ok(name)) = (value.is_empty(), HeaderName::new(name)) {
                let _ = req.head.set(name.as_name(), value.as_bytes());
            }
        }
        let mut store = |text: &str| if text.is_empty() { Span::EMPTY } else { req.head.store(text.as_bytes()) };
        let call = Call {
            interface: store(&asked.interface),
            method: store(&asked.method),
            version: store(&asked.version),
            group: store(&asked.group),
            serialization: 2,
            ..Call::default()
        };
        let (method, host) = (store("POST"), store(&asked.interface.to_ascii_lowercase()));
        let target = store(&format!("/{}/{}", asked.interface, asked.method));
        (req.method, req.method_bit) = (method, method_bit(b"POST"));
        (req.target, req.authority, req.host) = (target, call.interface, host);
        (req.version, req.call) = (Version::Dubbo2, Some(call));
        Ok(())
    }
}

/// Why a text is neither a path nor a URL that a request may go to.
fn no_url(text: &str) -> Option<&'static str> {
    const SCHEMES: [&str; 6] = ["http", "https", "ws", "wss", "grpc", "grpcs"];
    if text.starts_with('/') || text == "*" {
        return None;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("should be a path, which begins with /, or http://HOST/PATH");
    };
    if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        return Some("should be of http, https, ws, wss, grpc or grpcs");
    }
    rest.starts_with(['/', '?', '#', ':']).then_some("names no host").or(rest.is_empty().then_some("names no host"))
}

/// Whether a client over TLS could ask for this name. An empty one stands for none.
fn is_server_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The address that a client on this machine reaches a listener at: one on all addresses has none of its own.
fn reached(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// The parts of a URL, as they came.
struct Url<'u> {
    secure: bool,
    authority: &'u str,
    target: String,
}

impl Url<'_> {
    fn of(url: &str) -> Url<'_> {
        let url = url.split('#').next().unwrap_or_default();
        let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?'])) else {
            let target = if url.is_empty() { "/" } else { url };
            return Url { secure: false, authority: "", target: target.to_owned() };
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let secure = matches!(&*scheme.to_ascii_lowercase(), "https" | "wss" | "grpcs");
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Url { secure, authority, target }
    }

    fn port(&self) -> Option<u16> {
        self.authority.rsplit_once(':')?.1.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_host_is_all_addresses() {
        for (listens, host) in [
            ("0.0.0.0:9080", "127.0.0.1:9080"),
            ("[::]:9080", "[::1]:9080"),
            ("10.0.0.5:9080", "10.0.0.5:9080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ] {
            assert_eq!(reached(listens.parse().unwrap()).to_string(), host);
        }
    }

    #[test]
    fn urls() {
        for (url, secure, authority, target, port) in [
            ("/a?b#c", false, "", "/a?b", None),
            ("", false, "", "/", None),
            ("http://h:81", false, "h:81", "/", Some(81)),
            ("HTTPS://h?x=http://y/", true, "h", "/?x=http://y/", None),
            ("/x?u=http://y", false, "", "/x?u=http://y", None),
            ("wss://[::1]:9443/a/../b", true, "[::1]:9443", "/a/../b", Some(9443)),
            ("*", false, "", "*", None),
        ] {
            let got = Url::of(url);
            assert_eq!(
                (got.secure, got.authority, &*got.target, got.port()),
                (secure, authority, target, port),
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_refused() {
        for (body, says) in [
            (serde_json::json!({}), "missing url"),
            (serde_json::json!({"url": "/a b"}), "neither spaces"),
            (serde_json::json!({"url": ""}), "url: should be a path"),
            (serde_json::json!({"url": "::::"}), "url: should be a path"),
            (serde_json::json!({"url": "ftp://x/"}), "url: should be of http"),
            (serde_json::json!({"url": "http:///x"}), "url: names no host"),
            (serde_json::json!({"url": "http://"}), "url: names no host"),
            (serde_json::json!({"url": "/", "sni": "\0"}), "sni: "),
            (serde_json::json!({"url": "/", "port": "x"}), "port: invalid type"),
            (serde_json::json!({"url": "/", "dubbo": ["a", "b"]}), "dubbo: should be an object, is a list"),
            (serde_json::json!([]), "should be an object"),
            (serde_json::json!({"url": "/", "headers": {"A": "b\r\nC: d"}}), "is no field"),
            (serde_json::json!({"url": "/", "headers": {"A": 1}}), "headers.A"),
            (serde_json::json!({"url": "/", "nonsense": 1}), "nonsense"),
            (serde_json::json!({"url": "/", "protocol": "http9"}), "http9"),
            (serde_json::json!({"protocol": "dubbo"}), "missing dubbo"),
        ] {
            let refused = Asked::read(Some(body.clone())).err().map(|refusal| format!("{refusal:?}"));
            assert!(refused.as_ref().is_some_and(|text| text.contains(says)), "{body}: {refused:?}");
        }
    }
}
