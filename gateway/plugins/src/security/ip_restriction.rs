//! `ip-restriction`: lets client addresses in, or keeps them out.

use std::sync::Arc;

use gateway_engine::cidr::IpSet;
use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{int, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| IpRestriction::compile(conf).map(drop)),
            ..PluginSpec::new("ip-restriction", 3000, include_str!("../schemas/ip-restriction.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(IpRestriction::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets only some client addresses in, or keeps some out. What counts is the address of the connection (or the one that \
            the `real-ip` plugin or a PROXY protocol header gave), never `X-Forwarded-For`.\n\n\
            Refusals have the status `response_code` and the body `{\"message\": …}`.",
    fields: &[
        ("whitelist", "Addresses and CIDR blocks, IPv4 or IPv6: only these get in. Excludes `blacklist`."),
        ("blacklist", "Addresses and CIDR blocks, IPv4 or IPv6: these are kept out. Excludes `whitelist`."),
        ("message", "Text of refusals."),
        ("response_code", "Status of refusals."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"ip-restriction": {"whitelist": ["127.0.0.0/8", "fd00::/8"]}}
}"#,
            ),
            (
                "routes/closed",
                r#"{
  "uri": "/closed",
  "upstream_id": "demo-echo",
  "plugins": {"ip-restriction": {"blacklist": ["127.0.0.1"], "message": "not from here", "response_code": 404}}
}"#,
            ),
        ],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders
200
$ curl -i http://127.0.0.1:9080/closed -H 'X-Forwarded-For: 10.0.0.1'
HTTP/1.1 404 Not Found
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 28

{"message":"not from here"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    whitelist: Option<Vec<String>>,
    blacklist: Option<Vec<String>>,
    message: String,
    #[serde(deserialize_with = "int")]
    response_code: u16,
}

struct IpRestriction {
    set: IpSet,
    /// What the set's members get.
    admits: bool,
    refusal: Exit,
}

impl IpRestriction {
    fn compile(conf: &Value) -> Result<IpRestriction, String> {
        let conf: Conf = parse(conf)?;
        // The schema takes one of the two; where both got in another way, the list of the admitted decides.
        let admits = conf.whitelist.is_some();
        let entries = conf.whitelist.or(conf.blacklist).unwrap_or_default();
        Ok(IpRestriction {
            set: IpSet::parse(entries).map_err(|e| e.to_string())?,
            admits,
            refusal: Exit::message(conf.response_code, &conf.message),
        })
    }
}

impl Plugin for IpRestriction {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if self.set.contains(x.remote_addr()) == self.admits {
            return Step::Next;
        }
        Step::Exit(Box::new(self.refusal.clone()))
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const NAME: &str = "ip-restriction";

    #[test]
    fn addresses_get_in_or_stay_out() {
        let kit = Kit::new();
        let (white, black) = ("whitelist", "blacklist");
        let cases = [
            (white, vec!["127.0.0.0/24", "113.74.26.106"], "127.0.0.1", true),
            (white, vec!["127.0.0.0/24", "113.74.26.106"], "113.74.26.106", true),
            (white, vec!["127.0.0.0/24", "113.74.26.106"], "114.114.114.114", false),
            (white, vec!["127.0.0.0/24"], "2001:db8::2", false),
            (white, vec!["0.0.0.0/0"], "::ffff:10.0.0.1", true),
            (black, vec!["127.0.0.0/24", "113.74.26.106"], "127.0.0.1", false),
            (black, vec!["127.0.0.0/24"], "2001:db8::2", true),
            (black, vec!["::1", "fe80::/32"], "127.0.0.1", true),
            (black, vec!["::1", "fe80::/32"], "::1", false),
            (black, vec!["::1", "fe80::/32"], "fe80::1:1", false),
        ];
        for (list, entries, address, admitted) in cases {
            let plugin = kit.plugin(NAME, json!({list: entries}));
            let peer = std::net::SocketAddr::new(address.parse().unwrap(), 1);
            let mut x = kit.exchange_from("GET / HTTP/1.1\nX-Forwarded-For: 127.0.0.1", peer, false);
            match kit.access(&plugin, &mut x) {
                Outcome::Next => assert!(admitted, "{list} {entries:?} {address}"),
                Outcome::Exit(exit) => {
                    assert!(!admitted, "{list} {entries:?} {address}");
                    assert_eq!(exit.status, 403);
                    assert_eq!(Kit::text(&exit), "{\"message\":\"Your IP address is not allowed\"}\n");
                }
                other => panic!("{other:?}"),
            }
        }
        let conf =
            json!({"blacklist": ["127.0.0.1"], "message": "Do you want to do something bad?", "response_code": 404});
        let Outcome::Exit(exit) = kit.access(&kit.plugin(NAME, conf), &mut kit.exchange("GET / HTTP/1.1")) else {
            panic!()
        };
        assert_eq!(
            (exit.status, Kit::text(&exit).as_str()),
            (404, "{\"message\":\"Do you want to do something bad?\"}\n")
        );
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.plugin(NAME, json!({"whitelist": ["::1", "fe80::/32", "2001:DB8:0:23:8:800:200C:417A"]}));
        let refused = [
            (
                json!({"whitelist": ["10.255.256.0/24"]}),
                "failed to validate item 1: object matches none of the required",
            ),
            (
                json!({"whitelist": ["10.255.254.0/38"]}),
                "failed to validate item 1: object matches none of the required",
            ),
            (json!({}), "value should match only one schema, but matches none"),
            (json!({"blacklist": {}}), "expect array to have at least 1 items"),
            (
                json!({"blacklist": ["10.255.0.0/16"], "whitelist": ["172.17.40.0/24"]}),
                "value should match only one schema, but matches both schemas 1 and 2",
            ),
            (json!({"whitelist": ["::1/129"]}), "invalid ip address: ::1/129"),
            (json!({"whitelist": ["::ffgg"]}), "matches none"),
            (json!({"whitelist": ["1.1.1.1"], "message": ""}), "string too short, expected at least 1, got 0"),
            (
                json!({"whitelist": ["1.1.1.1"], "message": "x".repeat(1025)}),
                "string too long, expected at most 1024, got 1025",
            ),
            (
                json!({"whitelist": ["1.1.1.1"], "response_code": 409}),
                "property \"response_code\" validation failed: expected 409 to be at most 404",
            ),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
