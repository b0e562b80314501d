//! `public-api`: makes an API of another plugin reachable on the proxy's listeners.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;

use crate::conf::parse;
use crate::docs::{Doc, Example};

const NAME: &str = "public-api";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new(NAME, 501, include_str!("../schemas/public-api.json")),
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(parse::<PublicApi>(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Answers a route's requests by an API of another plugin: `/apisix/prometheus/metrics` (`GET`, of `prometheus`), \
            `/apisix/batch-requests` (`POST`, of `batch-requests`). Without a route that has this plugin nobody reaches them there. \
            What else the route has (authentication, limits) runs before. A path or method that no API takes gets 404.",
    fields: &[("uri", "Path of the API where it is not the request's own.")],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{"uri": "/internal/metrics", "plugins": {"public-api": {"uri": "/apisix/prometheus/metrics"}, "ip-restriction": {"whitelist": ["127.0.0.1"]}}}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/internal/metrics | grep '^apisix_node_info'
apisix_node_info{hostname="…",version="…"} 1"#,
    },
};

#[derive(Deserialize)]
struct PublicApi {
    uri: Option<String>,
}

impl Plugin for PublicApi {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let uri = self.uri.as_ref().map_or_else(|| x.path(), |uri| uri.as_bytes());
        match x.worker().shared.registry.api(x.method(), uri) {
            Some(endpoint) => endpoint.serve(x),
            None => Step::exit(404),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    #[test]
    fn only_an_api_that_a_plugin_offers_answers() {
        let kit = Kit::new();
        crate::prometheus::provide(&kit.shared.registry.states, Arc::new(|| "metrics".to_owned()));
        let status = |conf: serde_json::Value, line: &str| {
            let plugin = kit.plugin("public-api", conf);
            match kit.access(&plugin, &mut kit.exchange(line)) {
                Outcome::Exit(exit) => exit.status,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(status(json!({}), "GET /apisix/prometheus/metrics HTTP/1.1"), 200);
        assert_eq!(status(json!({}), "PATCH /apisix/prometheus/metrics HTTP/1.1"), 404);
        assert_eq!(status(json!({"uri": "/apisix/prometheus/metrics"}), "GET /mine HTTP/1.1"), 200);
        assert_eq!(status(json!({}), "GET /apisix/admin/routes HTTP/1.1"), 404);
        assert_eq!(status(json!({"uri": "/nothing"}), "GET /apisix/prometheus/metrics HTTP/1.1"), 404);
    }
}
