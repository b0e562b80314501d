//! `grpc-web`: calls of browsers (gRPC-Web) become gRPC calls (the gRPC project's "gRPC Web" protocol).
//!
//! A gRPC-Web body is a gRPC body, in base64 where the caller asks for text, and ends with the trailers as one more message.
//! Both bodies pass piece by piece; nothing is collected.

mod base64;

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing, Origin};
use gateway_engine::headers::{HeaderName, Headers, Name, check_value, name};
use gateway_engine::path;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, RequestFilter, Step};
use gateway_engine::wire::WireError;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::base64::{Decoder, encode};
use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "grpc-web";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| GrpcWeb::compile(conf).map(drop)),
            ..PluginSpec::new(NAME, 505, include_str!("../schemas/grpc-web.json"))
        },
        phases: Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(GrpcWeb::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets browsers call gRPC services: gRPC-Web, binary (`application/grpc-web`, `application/grpc-web+proto`) or text \
            (`application/grpc-web-text`, `application/grpc-web-text+proto`), becomes gRPC. The upstream's scheme is `grpc` or \
            `grpcs`.\n\n\
            On a route such as `/web/*` what the `*` stands for becomes the path of the call; a route without a wildcard passes the \
            path as it is. Both bodies are passed on as they come. The trailers of the answer, `grpc-status` and `grpc-message` \
            first, are the last message of the body; an answer that ends without a status gets status 2.\n\n\
            `OPTIONS` is answered with 204, every method but `POST` with 405, another content type and text that is no base64, padding and all, with \
            400, a body over `max_req_body_size` with 413. Answers say `Access-Control-Allow-Origin: *`, unless the plugin `cors` is \
            there to decide about that. What the gateway itself refuses is a gRPC status in the head of the answer.",
    fields: &[
        ("cors_allow_headers", "Headers that a page may send, as the answer to a preflight names them."),
        ("max_req_body_size", "Longest request body, in bytes as sent."),
    ],
    example: Example {
        about: "It needs a gRPC server beside the demo: the greeter of [gRPC's quick start](https://grpc.io/docs/languages/python/quickstart/), on port 50051.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/web/*",
  "upstream": {"scheme": "grpc", "nodes": {"127.0.0.1:50051": 1}},
  "plugins": {"grpc-web": {}}
}"#,
        )],
        requests: r#"# A call as a library in a browser sends it: the message behind a byte for its kind and four for its length.
$ printf '\0\0\0\0\7\n\5world' > /tmp/call
$ curl -s http://127.0.0.1:9080/web/helloworld.Greeter/SayHello -H 'Content-Type: application/grpc-web+proto' --data-binary @/tmp/call |
    grep -a -o -e 'Hello[ -~]*' -e 'grpc-status:[0-9]*'
Hello, world!
grpc-status:0
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/web/helloworld.Greeter/SayHello
405"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    cors_allow_headers: String,
    #[serde(deserialize_with = "int")]
    max_req_body_size: u64,
}

struct GrpcWeb {
    allow_headers: Box<[u8]>,
    limit: u64,
    names: Names,
}

struct Names {
    methods: HeaderName,
    headers: HeaderName,
    exposed: HeaderName,
}

/// What this plugin knows of a call that it has let through.
#[derive(Default)]
struct Call {
    text: bool,
    /// The content type as the caller wrote it; empty: nothing was let through.
    kind: Bytes,
    /// The answer is the upstream's, or a status in the gateway's own.
    answers: bool,
    /// The status stands in the head: no trailers follow.
    head_only: bool,
}

impl GrpcWeb {
    fn compile(conf: &Value) -> Result<GrpcWeb, String> {
        let conf: Conf = parse(conf)?;
        check_value(conf.cors_allow_headers.as_bytes()).map_err(|_| "invalid value character in header".to_owned())?;
        Ok(GrpcWeb {
            allow_headers: conf.cors_allow_headers.into_bytes().into(),
            limit: conf.max_req_body_size,
            names: Names {
                methods: header_name("Access-Control-Allow-Methods")?,
                headers: header_name("Access-Control-Allow-Headers")?,
                exposed: header_name("Access-Control-Expose-Headers")?,
            },
        })
    }

    /// Makes a gRPC call of the request, or says with which status it is refused.
    fn accept(&self, x: &mut Exchange) -> Result<(), u16> {
        match x.method() {
            b"OPTIONS" => return Err(204),
            b"POST" => {}
            _ => return Err(405),
        }
        let kind = x.req.head.get(name::CONTENT_TYPE).unwrap_or_default();
        let text = is_text(kind).ok_or(400u16)?;
        let kind = Bytes::copy_from_slice(kind);
        if let Framing::Length(length) = x.req.framing
            && length > self.limit
        {
            return Err(413);
        }
        // No base64 has this length; what comes without one is found out on its way.
        if let (true, Framing::Length(length)) = (text, x.req.framing)
            && length % 4 != 0
        {
            return Err(400);
        }
        let mut body = Body { left: self.limit, base64: text.then(Decoder::default) };
        match x.req.collected.take() {
            None => x.req.filter_body(Box::new(body)),
            Some(whole) => {
                let mut whole = Chunk::from(whole);
                body.piece(&mut whole, true).map_err(|e| if e == WireError::TooLarge { 413u16 } else { 400 })?;
                x.req.collected = Some(whole.into_bytes());
            }
        }
        if let Some(target) = target(x) {
            x.set_upstream_target(&target);
        }
        x.req.head.set_static(name::CONTENT_TYPE, "application/grpc");
        x.req.head.set_static(name::TE, "trailers");
        *x.state::<Call>() = Call { text, kind, ..Call::default() };
        // From here on an answer of the gateway's own is a status.
        x.req.grpc = true;
        Ok(())
    }
}

impl Plugin for GrpcWeb {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        match self.accept(x) {
            Ok(()) => Step::Next,
            Err(status) => Step::Exit(Box::new(Exit::page(status))),
        }
    }

    fn header_filter(&self, x: &mut Exchange) {
        let decided = x.chain.has("cors") || x.globals.has("cors");
        if x.method() == b"OPTIONS" {
            x.resp.head.set_static(self.names.methods.as_name(), "POST");
            // Checked when it was configured.
            let _ = x.resp.head.set(self.names.headers.as_name(), &self.allow_headers);
        }
        if !decided {
            x.resp.head.set_static(name::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
        x.resp.head.set_static(self.names.exposed.as_name(), "grpc-message,grpc-status");
        let head_only = x.resp.head.contains(name::GRPC_STATUS);
        let answers = x.resp.origin == Origin::Upstream || head_only;
        let Some(kind) = x.peek_state::<Call>().map(|call| Bytes::clone(&call.kind)).filter(|kind| !kind.is_empty())
        else {
            return;
        };
        if !answers {
            return;
        }
        x.resp.body_will_change();
        if x.resp.framing == Framing::None && x.resp.status == 200 && !head_only {
            x.resp.framing = Framing::Stream;
        }
        // It stood in the request's head.
        let _ = x.resp.head.set(name::CONTENT_TYPE, &kind);
        let call = x.state::<Call>();
        call.answers = true;
        call.head_only = head_only;
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        let Some(&Call { text, answers: true, head_only, .. }) = x.peek_state::<Call>() else { return };
        let trailers = if last { x.resp.trailers.take() } else { None };
        let frame = (last && !head_only && x.resp.framing != Framing::None).then(|| trailer_frame(trailers.as_deref()));
        if text {
            let mut out = Vec::with_capacity(piece.len() / 3 * 4 + 4 + frame.as_ref().map_or(0, |f| f.len() * 2));
            encode(piece.as_slice(), &mut out);
            if let Some(frame) = frame {
                encode(&frame, &mut out);
            }
            *piece = Chunk::from(Bytes::from(out));
        } else if let Some(frame) = frame {
            let fits = match piece {
                Chunk::Buf(buf) => buf.append(&frame),
                Chunk::Bytes(_) => false,
            };
            if !fits {
                *piece = Chunk::from(Bytes::from([piece.as_slice(), &frame].concat()));
            }
        }
    }
}

/// Whether a content type of gRPC-Web is the one in base64; `None`: it is none of gRPC-Web.
fn is_text(content_type: &[u8]) -> Option<bool> {
    let kind = content_type.split(|b| *b == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    match &*kind {
        b"application/grpc-web" | b"application/grpc-web+proto" => Some(false),
        b"application/grpc-web-text" | b"application/grpc-web-text+proto" => Some(true),
        _ => None,
    }
}

/// The target of the call: what the route's wildcard stands for. `None`: the path as it is.
fn target(x: &Exchange) -> Option<Vec<u8>> {
    let rest = match x.captures.get(b":ext") {
        Some(rest) => rest,
        None => behind_prefix(x)?,
    };
    if rest.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(rest.len() + x.query().len() + 2);
    if rest.first() != Some(&b'/') {
        out.push(b'/');
    }
    path::escape(rest, &mut out);
    if x.req.has_query {
        out.push(b'?');
        out.extend_from_slice(x.query());
    }
    Some(out)
}

/// What the only wildcard of a prefix route stands for.
fn behind_prefix(x: &Exchange) -> Option<&[u8]> {
    let route = x.route.as_ref()?;
    let prefixes = route.route.uris.iter().filter_map(|uri| uri.strip_suffix('*'));
    prefixes.filter_map(|prefix| x.path().strip_prefix(prefix.as_bytes())).min_by_key(|rest| rest.len())
}

/// The last message of a body: the trailers, as a head of HTTP/1 would hold them.
fn trailer_frame(trailers: Option<&Headers>) -> Vec<u8> {
    let of = |name: Name<'static>| trailers.and_then(|t| t.get(name));
    let (status, message) = match of(name::GRPC_STATUS).filter(|s| !s.is_empty()) {
        Some(status) => (status, of(name::GRPC_MESSAGE).unwrap_or_default()),
        None => (&b"2"[..], &b"upstream grpc status not received"[..]),
    };
    let mut out = vec![0x80, 0, 0, 0, 0];
    let mut line = |name: &[u8], value: &[u8]| {
        out.extend(name.iter().map(u8::to_ascii_lowercase));
        out.push(b':');
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    };
    line(b"grpc-status", status);
    line(b"grpc-message", message);
    for (name, value) in trailers.iter().flat_map(|t| t.iter()) {
        if ![name::GRPC_STATUS.id(), name::GRPC_MESSAGE.id()].contains(&name.id()) {
            line(name.text(), value);
        }
    }
    // A head is far shorter than 4 GiB.
    let length = u32::try_from(out.len() - 5).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(1..5) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    out
}

/// A request's body on its way: counted, and out of base64.
struct Body {
    left: u64,
    base64: Option<Decoder>,
}

impl RequestFilter for Body {
    fn piece(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        self.left = self.left.checked_sub(piece.len() as u64).ok_or(WireError::TooLarge)?;
        let Some(decoder) = &mut self.base64 else { return Ok(()) };
        let mut out = Vec::with_capacity(piece.len() / 4 * 3 + 3);
        decoder.piece(piece.as_slice(), last, &mut out).map_err(|_| WireError::Protocol("no base64"))?;
        *piece = Chunk::from(Bytes::from(out));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
