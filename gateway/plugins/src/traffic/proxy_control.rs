//! `proxy-control`: whether a request's body is taken whole before the upstream is asked.

use std::sync::Arc;

use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::parse;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new("proxy-control", 21990, include_str!("../schemas/proxy-control.json")),
        phases: Phases::BEFORE_PROXY,
        build: |build: &Build<'_>| Ok(Arc::new(ProxyControl::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Says whether request bodies are taken whole before the upstream is asked. Without this plugin the gateway passes a body \
            on as it comes, whatever its length.\n\n\
            With `request_buffering` a body that announces at most 1 MiB is taken whole first: a slow client then holds no connection \
            of the upstream, and the request can be tried again at another node as a whole. Longer bodies, and those that do not \
            announce a length, are passed on as they come all the same: nothing is written to disk. Without it every body is passed \
            on as it comes.",
    fields: &[("request_buffering", "Whether bodies of up to 1 MiB are taken whole first.")],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"proxy-control": {"request_buffering": true}}
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders -d '{"id": 1}' | grep -e length -e body
    "content-length": "9",
  "body": "{\"id\": 1}""#,
    },
};

/// The longest body that is taken whole, in bytes.
const MOST: usize = 1 << 20;

#[derive(Deserialize)]
struct Conf {
    request_buffering: bool,
}

struct ProxyControl {
    buffers: bool,
}

impl ProxyControl {
    fn compile(conf: &Value) -> Result<ProxyControl, String> {
        let conf: Conf = parse(conf)?;
        Ok(ProxyControl { buffers: conf.request_buffering })
    }
}

impl Plugin for ProxyControl {
    fn phases(&self) -> Phases {
        match self.buffers {
            true => Phases::BEFORE_PROXY,
            false => Phases::default(),
        }
    }

    /// As late as it can be: nobody is made to send a body that is not wanted.
    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        match x.req.framing {
            Framing::Length(length) if length <= MOST as u64 && x.req.collected.is_none() => Step::Body(MOST),
            _ => Step::Next,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use gateway_engine::exchange::Framing;
    use gateway_engine::plugin::{Phases, Step};
    use serde_json::json;

    #[test]
    fn short_bodies_are_taken_whole() {
        let kit = Kit::new();
        let plugin = kit.plugin("proxy-control", json!({}));
        let waits = |framing: Framing| {
            let mut x = kit.exchange("POST / HTTP/1.1");
            x.req.framing = framing;
            matches!(plugin.before_proxy(&mut x), Step::Body(_))
        };
        assert!(waits(Framing::Length(1)) && waits(Framing::Length(1 << 20)));
        assert!(!waits(Framing::Length((1 << 20) + 1)) && !waits(Framing::Stream) && !waits(Framing::None));
        assert_eq!(kit.plugin("proxy-control", json!({"request_buffering": false})).phases(), Phases::default());
    }
}
