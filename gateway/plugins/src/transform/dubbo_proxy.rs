//! `dubbo-proxy`: a request as one map, for methods that answer with one.

use std::sync::Arc;

use bytes::Bytes;
use gateway_dubbo_codec::frame::Status;
use gateway_dubbo_codec::generic::{GenericCall, Mode};
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use gateway_dubbo_codec::json::{self, Style};
use gateway_dubbo_codec::outcome::{Kind, Outcome};
use gateway_engine::exchange::{Exchange, Framing, Reply};
use gateway_engine::headers::{Name, name};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::dubbo::{self, Answers, Target, refusal};
use crate::conf::parse;
use crate::docs::{Doc, Example};

const NAME: &str = "dubbo-proxy";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new(NAME, 507, include_str!("../schemas/dubbo-proxy.json")),
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(DubboProxy::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Calls a method `Map<String, Object> method(Map<String, Object>)` of a Dubbo service. The map that it gets holds the fields \
            of the request by their names in lower case, and its body (bytes) as `body`. Of the map that it returns, `status` becomes \
            the status (200 where there is none), `body` the body, every other entry a field of the answer. The nodes of the route's \
            upstream are Dubbo providers (protocol Dubbo2); its scheme may be `dubbo` or stay `http`.\n\n\
            For methods with parameters of their own there is [`dubbo-bridge`](dubbo-bridge.md). A call that fails, or returns no \
            map, answers with 502, one that takes too long with 504.",
    fields: &[
        ("service_name", "Full name of the interface."),
        ("service_version", "Version of the service; `0.0.0`: it has none."),
        ("method", "The method. Without it, that which the path names behind its first slash."),
    ],
    example: Example {
        about: "It needs a Dubbo provider on port 20880 that serves `org.acme.Pages`, version 1.0.0, whose method `page` returns what \
                stands behind `body` and `status`.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/page",
  "upstream": {"scheme": "dubbo", "nodes": {"127.0.0.1:20880": 1}},
  "plugins": {"dubbo-proxy": {"service_name": "org.acme.Pages", "service_version": "1.0.0"}}
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/page -H 'X-Name: Ada' -w '%{http_code}\n'
a page for Ada
201"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    service_name: String,
    service_version: String,
    method: Option<String>,
}

struct DubboProxy {
    interface: Box<str>,
    version: Box<str>,
    method: Option<Box<str>>,
}

impl DubboProxy {
    fn compile(conf: &Value) -> Result<DubboProxy, String> {
        let conf: Conf = parse(conf)?;
        Ok(DubboProxy {
            interface: conf.service_name.into(),
            version: conf.service_version.into(),
            method: conf.method.map(Into::into),
        })
    }

    fn call(&self, x: &mut Exchange) -> Result<(), Box<Exit>> {
        let from_path = String::from_utf8_lossy(x.path().strip_prefix(b"/").unwrap_or_default()).into_owned();
        let method = match &self.method {
            Some(method) => method,
            None if dubbo::is_method(&from_path) => &*from_path,
            None => return Err(refusal(404, "the path names no method")),
        };
        let call = GenericCall {
            interface: &self.interface,
            version: &self.version,
            group: "",
            method,
            mode: Mode::default(),
            class_keys: false,
        };
        let fields: Vec<(String, String)> = x
            .req
            .head
            .iter()
            .filter(|(name, _)| !of_connection(*name))
            .map(|(name, value)| (name.as_str().to_ascii_lowercase(), String::from_utf8_lossy(value).into_owned()))
            .collect();
        let entries = fields.iter().filter(|(name, _)| name != "body").map(|(name, value)| (&**name, &**value));
        let body = x.req.collected.as_deref().filter(|body| !body.is_empty());
        let body = call.map_body(entries, body.map(|body| ("body", body)));
        let target = Target { interface: &self.interface, method, version: &self.version, group: "" };
        dubbo::send(x, &target, body, Arc::new(Page))
    }
}

impl Plugin for DubboProxy {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if x.req.call.is_some() {
            return Step::Next;
        }
        if x.req.collected.is_none() && x.req.framing != Framing::None {
            let most = x.worker().with_settings(|s| s.limits.dubbo.payload_bytes);
            return Step::Body(usize::try_from(most).unwrap_or(usize::MAX));
        }
        match self.call(x) {
            Ok(()) => Step::Next,
            Err(exit) => Step::Exit(exit),
        }
    }
}

/// Fields that end with the connection they came on (RFC 9110 §7.6.1).
fn of_connection(name: Name<'_>) -> bool {
    const ALL: [&str; 8] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    ];
    ALL.iter().any(|known| name.as_str().eq_ignore_ascii_case(known))
}

/// Answers out of maps.
struct Page;

impl Answers for Page {
    fn answer(&self, x: &mut Exchange, reply: Reply, body: &Bytes) -> Bytes {
        let status = if x.resp.status == 504 { 504 } else { 502 };
        if Status::from_code(reply.status) != Status::Ok || reply.threw {
            return dubbo::failed(x, status, reply, body, false);
        }
        let decoded = Outcome::parse(body).ok().filter(|outcome| outcome.kind == Kind::Value).and_then(|outcome| {
            let mut decoder = Decoder::at(body, outcome.value_at(), dubbo::limits());
            let id = decoder.value().ok()?;
            Some((decoder.into_tree(), id))
        });
        let Some((tree, id)) = decoded else { return dubbo::unreadable(x, &"it is no map") };
        let Node::Map { entries, .. } = tree.node(id) else { return dubbo::unreadable(x, &"it is no map") };
        page(x, &tree, entries)
    }
}

fn page(x: &mut Exchange, tree: &Tree, entries: &[(NodeId, NodeId)]) -> Bytes {
    x.resp.status = 200;
    let mut body = Bytes::new();
    for (key, value) in entries {
        let Some(key) = tree.text(*key) else { continue };
        match key {
            "body" => body = bytes(tree, *value),
            "status" => {
                let status = std::str::from_utf8(&bytes(tree, *value)).ok().and_then(|text| text.trim().parse().ok());
                x.resp.status = status.filter(|status| (200..600).contains(status)).unwrap_or(200);
            }
            _ => {
                // What may not stand in a head, or is the connection's, is left out.
                let Some(name) = Name::new(key.as_bytes()).filter(|name| !of_connection(*name)) else { continue };
                let _ = x.resp.head.append(name, &bytes(tree, *value));
            }
        }
    }
    if !x.resp.head.contains(name::CONTENT_TYPE) {
        x.resp.head.set_static(name::CONTENT_TYPE, "text/plain; charset=utf-8");
    }
    body
}

/// A value as bytes: of a text its own, of others their JSON.
fn bytes(tree: &Tree, id: NodeId) -> Bytes {
    match tree.node(id) {
        Node::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        Node::Binary(bytes) => Bytes::copy_from_slice(bytes),
        Node::Null => Bytes::new(),
        _ => {
            let mut out = Vec::new();
            let _ = json::write(tree, id, &Style::default(), &mut out);
            out.into()
        }
    }
}

#[cfg(test)]
mod tests;
