//! `client-control`: how long a request's body may be on a route.

use std::sync::Arc;

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, RequestFilter, Step};
use gateway_engine::wire::WireError;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{maybe_int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ClientControl::compile(conf).map(drop)),
            ..PluginSpec::new("client-control", 22000, include_str!("../schemas/client-control.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(ClientControl::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Bounds the length of request bodies on a route. A request that announces a longer one is answered 413 before any of its \
            body is read; one that does not announce a length gets 413 as soon as it has sent more.\n\n\
            The bound of the whole gateway (`nginx_config.http.client_max_body_size`, none by default) is judged before a route is \
            found, so this plugin can lower it for a route but not raise it.",
    fields: &[("max_body_size", "Longest body, in bytes; 0 or absent: as the gateway bounds it.")],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"client-control": {"max_body_size": 10}}
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders -d '{"id": 1}' | grep body
  "body": "{\"id\": 1}"
$ curl -i http://127.0.0.1:9080/orders -d '{"id": 10000}'
HTTP/1.1 413 Request Entity Too Large
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 45

{"error_msg":"413 Request Entity Too Large"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    #[serde(default, deserialize_with = "maybe_int")]
    max_body_size: Option<u64>,
}

struct ClientControl {
    /// `None`: no bound of its own.
    limit: Option<u64>,
}

impl ClientControl {
    fn compile(conf: &Value) -> Result<ClientControl, String> {
        let conf: Conf = parse(conf)?;
        Ok(ClientControl { limit: conf.max_body_size.filter(|limit| *limit > 0) })
    }
}

impl Plugin for ClientControl {
    fn phases(&self) -> Phases {
        match self.limit {
            Some(_) => Phases::REWRITE,
            None => Phases::default(),
        }
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let Some(limit) = self.limit else { return Step::Next };
        let known = match (&x.req.collected, x.req.framing) {
            (Some(body), _) => Some(body.len() as u64),
            (None, Framing::Length(length)) => Some(length),
            (None, Framing::None) => Some(0),
            (None, _) => None,
        };
        match known {
            Some(length) if length > limit => Step::exit(413),
            Some(_) => Step::Next,
            None => {
                x.req.watch_body(Box::new(Counted { left: limit }));
                Step::Next
            }
        }
    }
}

/// A body whose length is not known, on its way.
struct Counted {
    left: u64,
}

impl RequestFilter for Counted {
    fn piece(&mut self, piece: &mut Chunk, _: bool) -> Result<(), WireError> {
        self.left = self.left.checked_sub(piece.len() as u64).ok_or(WireError::TooLarge)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;
    use crate::testkit::{Kit, Outcome};
    use gateway_engine::buf::Chunk;
    use gateway_engine::exchange::Framing;
    use gateway_engine::plugin::RequestFilter;
    use gateway_engine::wire::WireError;
    use serde_json::json;

    const NAME: &str = "client-control";

    #[test]
    fn announced_lengths_are_judged_before_the_body() {
        let kit = Kit::new();
        let refused = |size: u64, framing: Framing| {
            let mut x = kit.exchange("POST / HTTP/1.1");
            x.req.framing = framing;
            let plugin = kit.plugin(NAME, json!({"max_body_size": size}));
            matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(exit) if exit.status == 413)
        };
        assert!(refused(5, Framing::Length(6)));
        for framing in [Framing::Length(5), Framing::None, Framing::Stream] {
            assert!(!refused(5, framing));
        }
        assert!(!refused(0, Framing::Length(u64::MAX)));
        let mut x = kit.exchange("POST / HTTP/1.1\n\n123456");
        let plugin = kit.plugin(NAME, json!({"max_body_size": 5}));
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(exit) if exit.status == 413));
        kit.refuses(NAME, json!({"max_body_size": -1}), "expected -1 to be at least 0");
    }

    #[test]
    fn streamed_bodies_are_counted() {
        let mut counted = Counted { left: 5 };
        let mut piece = |text: &'static [u8]| counted.piece(&mut Chunk::from(bytes::Bytes::from_static(text)), false);
        assert_eq!(piece(b"12345"), Ok(()));
        assert_eq!(piece(b""), Ok(()));
        assert_eq!(piece(b"6"), Err(WireError::TooLarge));
    }
}
