//! `example-plugin`: the one that comes with APISIX to be read and tried out.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step, UpstreamRef};
use gateway_model::check;
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde_json::{Value, json};

use crate::docs::Doc;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/example-plugin.metadata.json"))),
            check: Some(|conf, place, cx| match upstream(conf) {
                Some(upstream) if place != SchemaType::Metadata => {
                    check::upstream(&upstream, cx).map_err(|invalid| invalid.message)
                }
                _ => Ok(()),
            }),
            ..PluginSpec::new("example-plugin", 0, include_str!("../schemas/example-plugin.json"))
        },
        build: |build: &Build<'_>| {
            let target = upstream(build.conf).map(|upstream| build.upstreams.inline(&upstream));
            Ok(Arc::new(ExamplePlugin { target }))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "The example that comes with APISIX, for trying out how plugins are configured. With `ip` it sends requests there; its \
            other fields do nothing.",
    fields: &[
        ("i", "A number."),
        ("s", "A text."),
        ("t", "A list."),
        ("ip", "Where requests go instead of the route's upstream."),
        ("port", "The port there; 80 where it is absent."),
        ("metadata:ikey", "A number."),
        ("metadata:skey", "A text."),
    ],
    example: r#"{"example-plugin": {"i": 1, "ip": "127.0.0.1", "port": 1981}}"#,
};

struct ExamplePlugin {
    target: Option<Arc<UpstreamRef>>,
}

/// The upstream that a configuration asks for.
fn upstream(conf: &Value) -> Option<Value> {
    let host = conf.get("ip")?;
    let port = conf.get("port").cloned().unwrap_or_else(|| 80.into());
    Some(json!({ "type": "roundrobin", "nodes": [{ "host": host, "port": port, "weight": 1 }] }))
}

impl Plugin for ExamplePlugin {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        match &self.target {
            Some(target) if !x.choose_upstream(target) => Step::exit(500),
            _ => Step::Next,
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_model::Kind;

    use super::*;
    use crate::testkit::{Kit, Outcome};

    #[test]
    fn requests_go_where_it_says() {
        let kit = Kit::new();
        for (conf, goes) in [
            (json!({"i": 1}), None),
            (json!({"i": 1, "ip": "127.0.0.1", "port": 1981}), Some("127.0.0.1:1981")),
            (json!({"i": 1, "ip": "127.0.0.1"}), Some("127.0.0.1:80")),
        ] {
            kit.put(Kind::Route, "1", &json!({"uri": "/*", "plugins": {"example-plugin": conf}}));
            let mut x = kit.exchange("GET / HTTP/1.1");
            kit.route(&mut x);
            let chain = std::rc::Rc::clone(&x.chain);
            assert!(matches!(kit.access(&chain.entries[0].plugin, &mut x), Outcome::Next), "{conf}");
            let upstream = x.upstream.upstream.as_ref();
            let addr = upstream.and_then(|u| u.pick(&x).ok()).map(|node| node.addr.to_string());
            assert_eq!(addr.as_deref(), goes, "{conf}");
        }
    }
}
