//! Consumers of Dubbo2 and providers of Triple, and the other way round: what each gets of the other through the gateway, with no plugin
//! for it. Real consumers and providers: tests/peers/dubbo.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod triple {
    mod frames;
    mod to_dubbo;
    mod to_triple;
    mod variables;
}

use std::net::{Ipv4Addr, SocketAddr};

use gateway_tests::dubbo::{Call, Peer, text};
use gateway_tests::grpc::GrpcClient;
use gateway_tests::{Gateway, free_port};
use serde_json::{Value, json};

/// A gateway that both kinds of consumers reach.
struct Scene {
    gateway: Gateway,
    dubbo: SocketAddr,
}

impl Scene {
    fn new() -> Scene {
        Scene::configured(json!({}))
    }

    /// `config` is merged over the usual configuration.
    fn configured(config: Value) -> Scene {
        let dubbo = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut all = json!({ "gateway": { "dubbo": { "listen": [{ "ip": "127.0.0.1", "port": dubbo.port() }] } } });
        merge(&mut all, &config);
        Scene { gateway: Gateway::configured(all), dubbo }
    }

    /// Puts a route of everything to nodes of a scheme, with `more` on it.
    fn route(&self, scheme: &str, nodes: &[String], more: Value) {
        let nodes: serde_json::Map<_, _> = nodes.iter().map(|node| (node.clone(), json!(1))).collect();
        let mut route = json!({ "uri": "/*", "upstream": { "type": "roundrobin", "scheme": scheme, "nodes": nodes } });
        merge(&mut route, &more);
        self.gateway.put("/routes/1", &route);
    }

    fn consumer(&self) -> Peer {
        Peer::connect(self.dubbo)
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::connect(self.gateway.proxy)
    }
}

fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().unwrap() {
        match into.get_mut(key) {
            Some(old) if old.is_object() && value.is_object() => merge(old, value),
            _ => into[key] = value.clone(),
        }
    }
}

/// A call of a method of `acme.Orders` with these arguments.
fn call(method: &str, descriptor: &str, arguments: &[u8]) -> Call {
    let mut call = Call::new("acme.Orders", method, "");
    (call.descriptor, call.arguments) = (descriptor.into(), arguments.to_vec());
    call
}

/// An object of a class with one field, where the class is defined, and then another one of it.
fn two_of_a_class() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let define = |value: &[u8]| [b"C", &text("acme.Item")[..], b"\x91", &text("n"), b"\x60", value].concat();
    (define(b"\x91"), define(b"\x92"), b"\x60\x92".to_vec())
}
