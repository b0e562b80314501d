//! `example-plugin`: a plugin to learn from. It sends requests to the address in its configuration.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step, UpstreamRef};
use gateway_model::check;
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::conf::{maybe_int, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "example-plugin";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/example-plugin.metadata.json"))),
            check: Some(|conf, place, cx| match (place, upstream(conf)?) {
                (SchemaType::Plugin, Some(upstream)) => check::upstream(&upstream, cx).map_err(|e| e.message),
                _ => Ok(()),
            }),
            ..PluginSpec::new(NAME, 0, include_str!("../schemas/example-plugin.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| {
            let upstream = upstream(build.conf)?.map(|upstream| build.upstreams.inline(&upstream));
            Ok(Arc::new(Elsewhere { upstream }))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "A plugin to learn from and to try clients of the Admin API with. Where it has an `ip`, requests go there instead of to the \
            route's upstream; the other fields are checked and mean nothing.",
    fields: &[
        ("i", "A number."),
        ("s", "A text."),
        ("t", "A list."),
        ("ip", "Where requests go."),
        ("port", "The port there; 80 unless it is given."),
        ("metadata:ikey", "A number."),
        ("metadata:skey", "A text."),
    ],
    example: Example {
        about: "Its requests go to the gateway itself, to the route `/hello` of the demo.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/example",
  "upstream_id": "demo-echo",
  "plugins": {
    "proxy-rewrite": {"uri": "/hello"},
    "example-plugin": {"i": 1, "ip": "127.0.0.1", "port": 9080}
  }
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/example
Hello from the gateway, 127.0.0.1!"#,
    },
};

/// The upstream that a configuration names.
fn upstream(conf: &Value) -> Result<Option<Value>, String> {
    #[derive(Deserialize)]
    struct Conf {
        ip: Option<String>,
        #[serde(default, deserialize_with = "maybe_int")]
        port: Option<u16>,
    }
    let conf: Conf = parse(conf)?;
    Ok(conf
        .ip
        .map(|ip| json!({"type": "roundrobin", "nodes": [{"host": ip, "port": conf.port.unwrap_or(80), "weight": 1}]})))
}

struct Elsewhere {
    upstream: Option<Arc<UpstreamRef>>,
}

impl Plugin for Elsewhere {
    fn phases(&self) -> Phases {
        if self.upstream.is_some() { Phases::ACCESS } else { Phases::default() }
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        match &self.upstream {
            Some(upstream) if !x.choose_upstream(upstream) => Step::exit(502),
            _ => Step::Next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;

    #[test]
    fn only_an_address_makes_it_do_something() {
        let kit = Kit::new();
        assert_eq!(kit.plugin(NAME, json!({"i": 1, "s": "x", "t": [1]})).phases(), Phases::default());
        assert_eq!(kit.plugin(NAME, json!({"i": 1, "ip": "127.0.0.1"})).phases(), Phases::ACCESS);
        let node = upstream(&json!({"ip": "127.0.0.1"})).unwrap().unwrap()["nodes"][0].clone();
        assert_eq!(node, json!({"host": "127.0.0.1", "port": 80, "weight": 1}));
    }

    #[test]
    fn what_is_refused() {
        let kit = Kit::new();
        kit.refuses(NAME, json!({"s": "x"}), "property \"i\" is required");
        kit.refuses(NAME, json!({"i": 1, "t": {}}), "expect array to have at least 1 items");
        kit.refuses(NAME, json!({"i": 1, "ip": "127.0.0.1", "port": 70000}), "number out of range");
        kit.refuses_metadata(NAME, &json!({"skey": "val"}), "property \"ikey\" is required");
    }
}
