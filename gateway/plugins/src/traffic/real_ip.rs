//! `real-ip`: who the client is, told by a field, an argument or a PROXY protocol header.

use std::sync::Arc;

use gateway_engine::cidr::IpSet;
use gateway_engine::client_addr::{address, named};
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Var};
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::parse;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| RealIp::compile(conf).map(drop)),
            ..PluginSpec::new("real-ip", 23000, include_str!("../schemas/real-ip.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| {
            let made = RealIp::compile(build.conf)?;
            if made.trusted.is_none() {
                tracing::warn!(
                    object = build.parent,
                    "real-ip without trusted_addresses: any client can choose its address"
                );
            }
            Ok(Arc::new(made))
        },
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Takes the client's address from where a proxy in front of the gateway tells it. Every plugin behind it (address \
            restrictions, limits, loggers), `$remote_addr` and `$remote_port`, and `X-Real-IP` and `X-Forwarded-For` towards the \
            upstream go by that address; `$realip_remote_addr` is the connection's own. The route has been found before.\n\n\
            Of `http_x_forwarded_for` the last address counts; with `recursive` the list is walked from the right, over all lines of \
            the field, to the first address that is not one of `trusted_addresses`. Other sources are one address. It may have a \
            port, before which an IPv6 address stands in brackets. What is no address changes nothing.\n\n\
            Without `trusted_addresses` every client can choose its address: name your proxies there. Where \
            `apisix.trusted_addresses` is set, `X-Forwarded-For` of other peers is gone before this plugin sees it.",
    fields: &[
        (
            "source",
            "The variable that holds the address: `http_x_forwarded_for`, `http_x_real_ip`, `arg_realip`, `proxy_protocol_addr`.",
        ),
        ("trusted_addresses", "Addresses and CIDR blocks of the peers that are believed; absent: all."),
        ("recursive", "Passes over trusted addresses in `X-Forwarded-For`; needs `trusted_addresses`."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "real-ip": {"source": "http_x_forwarded_for", "trusted_addresses": ["127.0.0.0/8", "10.0.0.0/8"], "recursive": true},
    "ip-restriction": {"blacklist": ["203.0.113.7"]}
  }
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/orders -H 'X-Forwarded-For: 198.51.100.1, 10.0.0.1' | grep x-real-ip
    "x-real-ip": "198.51.100.1"
$ curl -i http://127.0.0.1:9080/orders -H 'X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.0.0.1'
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 45

{"message":"Your IP address is not allowed"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    source: String,
    trusted_addresses: Option<Vec<String>>,
    recursive: bool,
}

struct RealIp {
    source: Source,
    trusted: Option<IpSet>,
    recursive: bool,
}

enum Source {
    ForwardedFor,
    Variable(Var),
}

impl RealIp {
    fn compile(conf: &Value) -> Result<RealIp, String> {
        let conf: Conf = parse(conf)?;
        let source = match conf.source.as_str() {
            "http_x_forwarded_for" => Source::ForwardedFor,
            other => Source::Variable(Var::parse(other)),
        };
        let trusted = conf.trusted_addresses.map(IpSet::parse).transpose().map_err(|e| e.to_string())?;
        Ok(RealIp { source, recursive: conf.recursive && trusted.is_some(), trusted })
    }

    fn client(&self, x: &Exchange) -> Option<std::net::SocketAddr> {
        match &self.source {
            Source::ForwardedFor => {
                let mut lines: smallvec::SmallVec<[&[u8]; 4]> = x.req.head.get_all(name::X_FORWARDED_FOR).collect();
                if !self.recursive {
                    // The last line alone is looked at.
                    lines = lines.pop().into_iter().collect();
                }
                match &self.trusted {
                    Some(trusted) => named(&lines, trusted, self.recursive),
                    None => named(&lines, &IpSet::default(), false),
                }
            }
            Source::Variable(variable) => x.var(variable)?.with_text(|text| address(text.trim_ascii()))?,
        }
    }
}

impl Plugin for RealIp {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let believed = self.trusted.as_ref().is_none_or(|trusted| trusted.contains(x.remote_addr()));
        if believed && let Some(client) = self.client(x) {
            x.client_addr = Some(client);
        }
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use crate::testkit::Kit;
    use gateway_engine::expr::{Lookup, Var};
    use serde_json::{Value, json};

    const NAME: &str = "real-ip";

    /// The client's address and port after the plugin; the connection's is 127.0.0.1:40000.
    fn client(kit: &Kit, conf: &Value, request: &str) -> String {
        let mut x = kit.exchange(request);
        kit.rewrite(&kit.plugin(NAME, conf.clone()), &mut x);
        let of = |name: &str| String::from_utf8(x.var(&Var::parse(name)).unwrap().to_bytes().into_owned()).unwrap();
        assert_eq!(of("realip_remote_addr"), "127.0.0.1");
        format!("{} {}", of("remote_addr"), of("remote_port"))
    }

    #[test]
    fn sources_are_one_address() {
        let kit = Kit::new();
        let own = "127.0.0.1 40000";
        let cases = [
            ("1.1.1.1", "1.1.1.1 0"),
            ("1.1.1.1:80", "1.1.1.1 80"),
            ("::2", "::2 0"),
            ("[::2]", "::2 0"),
            ("[::2]:80", "::2 80"),
            ("1.1.1.1.1", own),
            ("1.1.1.1:65536", own),
            ("1.1.1.1:0", own),
            ("1.1.1.1, 2.2.2.2", own),
            ("", own),
        ];
        for (value, expected) in cases {
            let request = format!("GET / HTTP/1.1\nXFF: {value}");
            assert_eq!(client(&kit, &json!({"source": "http_xff"}), &request), expected, "{value}");
        }
        assert_eq!(client(&kit, &json!({"source": "http_xff"}), "GET / HTTP/1.1"), own);
        assert_eq!(client(&kit, &json!({"source": "arg_ip"}), "GET /?ip=9.9.9.9 HTTP/1.1"), "9.9.9.9 0");
        assert_eq!(client(&kit, &json!({"source": "proxy_protocol_addr"}), "GET / HTTP/1.1"), own);
    }

    #[test]
    fn path_12_forwarded_for_is_believed_of_trusted_peers_and_walked_from_the_right() {
        let kit = Kit::new();
        let own = "127.0.0.1 40000";
        let (all, mine) = (json!({}), json!({"trusted_addresses": ["192.128.0.0/16", "127.0.0.0/24"]}));
        let recursive = json!({"trusted_addresses": ["192.128.0.0/16", "127.0.0.0/24"], "recursive": true});
        let others = json!({"trusted_addresses": ["192.128.0.0/16"], "recursive": true});
        let cases: &[(&Value, &[&str], &str)] = &[
            (&all, &["::1, ::2"], "::2 0"),
            (&all, &["::1", "::2"], "::2 0"),
            (&all, &[], own),
            (&mine, &["1.1.1.1"], "1.1.1.1 0"),
            (&mine, &["1.1.1.1, 192.128.1.1"], "192.128.1.1 0"),
            (&recursive, &["1.1.1.1, 192.128.1.1, 127.0.0.1"], "1.1.1.1 0"),
            (&recursive, &["6.6.6.6, 1.1.1.1", "192.128.1.1", "127.0.0.1"], "1.1.1.1 0"),
            (&recursive, &["192.128.1.2, 192.128.1.1"], "192.128.1.2 0"),
            (&recursive, &["1.1.1.1, nonsense, 127.0.0.1"], "127.0.0.1 0"),
            (&others, &["1.1.1.1"], own),
        ];
        for (conf, lines, expected) in cases {
            let mut conf = (*conf).clone();
            conf["source"] = json!("http_x_forwarded_for");
            let fields: String = lines.iter().map(|l| format!("\nX-Forwarded-For: {l}")).collect();
            assert_eq!(client(&kit, &conf, &format!("GET / HTTP/1.1{fields}")), *expected, "{conf} {lines:?}");
        }
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let trusted = |entry: &str| json!({"source": "http_xff", "trusted_addresses": [entry]});
        kit.refuses(NAME, json!({}), "property \"source\" is required");
        kit.refuses(NAME, trusted("127.0.0.1/33"), "failed to validate item 1: object matches none of the required");
        kit.refuses(NAME, trusted("::1/129"), "invalid ip address: ::1/129");
    }
}
