//! `ocsp-stapling`: a name. While it is switched on, `ocsp_stapling` of `ssl` objects is what says how certificates are shown.

use gateway_engine::plugin::{Definition, Phases};
use gateway_model::plugin::PluginSpec;

use crate::docs::{Doc, Example};
use crate::inert;

/// The plugin's name: while it is switched on, the authorities of certificates are asked about them.
pub const NAME: &str = "ocsp-stapling";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new(NAME, -44, include_str!("../schemas/ocsp-stapling.json")),
        phases: Phases::NONE,
        build: inert::build,
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Shows clients with a certificate what its authority says of it, so that they need not ask themselves. While the plugin is \
            switched on, which it is unless `plugins` of the configuration file leaves it out, each `ssl` object may ask for that with \
            `ocsp_stapling`: `enabled` (`false`), `skip_verify` (`false`), `cache_ttl` (3600 seconds). See \
            [HTTPS](../https.md#ocsp-stapling).\n\n\
            It works on handshakes, not on requests: among the `plugins` of a route it is accepted and does nothing.",
    fields: &[],
    example: Example {
        about: "The route shows that the plugin is there and changes nothing; the certificate names nobody who could be asked.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/stapled",
  "upstream_id": "demo-echo",
  "plugins": {"ocsp-stapling": {}}
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/stapled | grep uri
  "uri": "/stapled",
$ openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=shop.example.com -keyout /tmp/shop.key -out /tmp/shop.pem 2> /dev/null
$ curl -s -o /dev/null -w '%{http_code}\n' -X PUT -H "X-API-KEY: $KEY" $ADMIN/ssls/stapled -d '{
  "sni": "shop.example.com",
  "cert": "'"$(awk '{printf "%s\\n", $0}' /tmp/shop.pem)"'",
  "key": "'"$(awk '{printf "%s\\n", $0}' /tmp/shop.key)"'",
  "ocsp_stapling": {"enabled": true}
}'
201
# It is served, without an answer:
$ curl -s http://127.0.0.1:9091/apisix/prometheus/metrics | grep ^apisix_gateway_ocsp_certificates
apisix_gateway_ocsp_certificates{status="waiting"} 0
apisix_gateway_ocsp_certificates{status="good"} 0
apisix_gateway_ocsp_certificates{status="revoked"} 0
apisix_gateway_ocsp_certificates{status="failed"} 1"#,
    },
};

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use gateway_engine::plugin::Phases;
    use serde_json::json;

    #[test]
    fn it_costs_nothing() {
        let kit = Kit::new();
        assert_eq!(kit.plugin(super::NAME, json!({})).phases(), Phases::default());
    }
}
