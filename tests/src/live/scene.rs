//! A gateway in front of upstreams of each protocol.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use super::Plan;
use crate::grpc::{GrpcServer, Manners};
use crate::{Gateway, Options, Upstream, free_port, ws_echo};

/// The name clients ask for.
pub(super) const NAME: &str = "one.test";

/// What a plain request is answered.
pub(super) const TEXT: &str = "a plain answer of some length, as answers are";

const ONE: [&str; 2] =
    [include_str!("../../tests/certificates/one.pem"), include_str!("../../tests/certificates/one.key")];
const OTHER: [&str; 2] =
    [include_str!("../../tests/certificates/one-rsa.pem"), include_str!("../../tests/certificates/one-rsa.key")];

/// A gateway and its upstreams.
pub struct Scene {
    /// The gateway.
    pub gateway: Gateway,
    /// Its port for TLS.
    pub secure: SocketAddr,
    /// Where calls go.
    pub grpc: GrpcServer,
    plain: Upstream,
    chat: Upstream,
}

impl Scene {
    /// One whose upstream says goodbye after `calls` of a connection (0: never), with `config` merged over the usual configuration.
    pub fn start(calls: usize, config: Value) -> Scene {
        let port = free_port();
        let mut all = json!({ "apisix": { "ssl": { "listen": [{ "ip": "127.0.0.1", "port": port }] } } });
        crate::gateway::merge(&mut all, config);
        let gateway = Gateway::with(Options { config: Some(all), ..Options::default() });
        let scene = Scene {
            gateway,
            secure: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            grpc: GrpcServer::with(Manners { calls, ..Manners::default() }),
            plain: Upstream::text(TEXT),
            chat: ws_echo(),
        };
        let upstream = |node: String, scheme: &str| json!({ "scheme": scheme, "nodes": { (node): 1 }, "timeout": { "connect": 5, "send": 60, "read": 60 } });
        let put = |id: &str, route: Value| scene.gateway.put(&format!("/routes/{id}"), &route);
        put("grpc", json!({ "uri": "/echo.Echo/*", "upstream": upstream(scene.grpc.node(), "grpc") }));
        put("plain", json!({ "uri": "/plain", "upstream": upstream(scene.plain.node(), "http") }));
        let chat = upstream(scene.chat.node(), "http");
        put("chat", json!({ "uri": "/chat", "enable_websocket": true, "upstream": chat }));
        scene.certificate(false);
        scene
    }

    /// Puts one of two certificates for the name in place.
    pub fn certificate(&self, other: bool) {
        let [cert, key] = if other { OTHER } else { ONE };
        self.gateway.put("/ssls/1", &json!({ "sni": NAME, "cert": cert, "key": key }));
    }

    /// A load of this gateway.
    pub fn plan(&self) -> Plan {
        Plan {
            clear: self.gateway.proxy,
            secure: self.secure,
            callers: 4,
            rate: None,
            renews: 0,
            streams: 8,
            websockets: 8,
        }
    }
}
