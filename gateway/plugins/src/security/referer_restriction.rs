//! `referer-restriction`: lets requests in by the page they come from (`Referer`), or keeps them out.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::name;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use serde_json::Value;

use super::listed::Listed;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new("referer-restriction", 2990, include_str!("../schemas/referer-restriction.json")),
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(RefererRestriction::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets requests in by the host of the page they come from (`Referer`), or keeps them out. Browsers tell the truth there, \
            other clients need not.\n\n\
            Only the host counts, in any case of letters, not the port. A `Referer` that is no `http` or `https` address, or has a \
            user or a fragment in it, which no browser sends, counts as missing. Refusals are 403 `{\"message\": …}`.",
    fields: &[
        (
            "whitelist",
            "Hosts: only requests from their pages get in. `*.example.com` stands for all below. Excludes `blacklist`.",
        ),
        ("blacklist", "Hosts: requests from their pages are kept out. Excludes `whitelist`."),
        ("bypass_missing", "Lets requests without a (valid) `Referer` in."),
        ("message", "Text of refusals."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/images/*",
  "upstream_id": "demo-echo",
  "plugins": {"referer-restriction": {"whitelist": ["example.com", "*.example.com"], "bypass_missing": true}}
}"#,
        )],
        requests: r#"$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/images/1 -e https://shop.example.com/cart
200
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/images/1
200
$ curl -i http://127.0.0.1:9080/images/1 -e https://example.org/
HTTP/1.1 403 Forbidden
Server: gateway
Content-Type: text/plain; charset=utf-8
Date: …
Content-Length: 47

{"message":"Your referer host is not allowed"}"#,
    },
};

struct RefererRestriction(Listed<Host>);

/// A host of the list, in lower case.
enum Host {
    Exact(Box<[u8]>),
    /// `*.example.com`, without the star.
    Suffix(Box<[u8]>),
}

impl RefererRestriction {
    fn compile(conf: &Value) -> Result<RefererRestriction, String> {
        let host = |text: &str| match text.strip_prefix('*') {
            Some(suffix) => Ok(Host::Suffix(suffix.to_ascii_lowercase().into_bytes().into())),
            None => Ok(Host::Exact(text.to_ascii_lowercase().into_bytes().into())),
        };
        Ok(RefererRestriction(Listed::compile(conf, host)?))
    }
}

impl Host {
    fn is(&self, host: &[u8]) -> bool {
        match self {
            Host::Exact(exact) => host.eq_ignore_ascii_case(exact),
            Host::Suffix(suffix) => {
                let end = host.len().checked_sub(suffix.len()).and_then(|at| host.get(at..));
                end.is_some_and(|end| end.eq_ignore_ascii_case(suffix))
            }
        }
    }
}

/// The host of an `http` or `https` address (the scheme may be left out), with the brackets of an IPv6 address.
fn host_of(address: &[u8]) -> Option<&[u8]> {
    let slashes = memchr::memmem::find(address, b"//")?;
    let (scheme, rest) = (address.get(..slashes)?, address.get(slashes + 2..)?);
    if !(scheme.is_empty() || scheme.eq_ignore_ascii_case(b"http:") || scheme.eq_ignore_ascii_case(b"https:")) {
        return None;
    }
    let authority = rest.split(|b| matches!(b, b'/' | b'?')).next()?;
    let (host, port) = match authority.strip_prefix(b"[") {
        Some(_) => authority.split_at_checked(authority.iter().position(|b| *b == b']')? + 1)?,
        None => authority.split_at(authority.iter().position(|b| *b == b':').unwrap_or(authority.len())),
    };
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'[' | b']' | b':');
    let port_fits = port.is_empty() || port.first() == Some(&b':') && port.iter().skip(1).all(u8::is_ascii_digit);
    (!host.is_empty() && host.iter().all(plain) && port_fits).then_some(host)
}

impl Plugin for RefererRestriction {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let host = x.req.head.get(name::REFERER).and_then(host_of);
        self.0.judge(host.map(|host| self.0.items.iter().any(|listed| listed.is(host))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const NAME: &str = "referer-restriction";

    fn admitted(kit: &Kit, conf: &Value, referer: &str) -> bool {
        let line = if referer.is_empty() { String::new() } else { format!("\nReferer: {referer}") };
        let plugin = kit.plugin(NAME, conf.clone());
        matches!(kit.access(&plugin, &mut kit.exchange(&format!("GET / HTTP/1.1{line}"))), Outcome::Next)
    }

    #[test]
    fn pages_of_hosts_get_in_or_stay_out() {
        let kit = Kit::new();
        let cases = [
            ("http://www.xx.com", true),
            ("https://a.b.xx.com/x//y?z", true),
            ("https://yy.com/am", true),
            ("https://YY.com:8443?x", true),
            ("//yy.com/", true),
            ("http://xx.com", false),
            ("https://www.yy.com/am", false),
            ("https://[::1]:80/", true),
        ];
        for (referer, listed) in cases {
            let list = json!(["*.xx.com", "yy.com", "[::1]"]);
            assert_eq!(admitted(&kit, &json!({"whitelist": list}), referer), listed, "{referer}");
            assert_eq!(admitted(&kit, &json!({"blacklist": list}), referer), !listed, "{referer}");
        }
        assert!(admitted(&kit, &json!({"whitelist": ["*"]}), "http://anybody"));
    }

    #[test]
    fn what_is_no_address_is_missing() {
        let kit = Kit::new();
        let cases = [
            "",
            "www.yy.com",
            "ftp://yy.com",
            "http://",
            "http://yy.com@evil.com/",
            "http://evil.com#.yy.com",
            "http://[yy.com",
        ];
        for referer in cases {
            for list in ["whitelist", "blacklist"] {
                assert!(!admitted(&kit, &json!({list: ["*yy.com"]}), referer), "{referer}");
                assert!(admitted(&kit, &json!({list: ["*yy.com"], "bypass_missing": true}), referer), "{referer}");
            }
        }
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.refuses(NAME, json!({"whitelist": ["x.*"]}), "failed to match pattern");
        kit.refuses(NAME, json!({"whitelist": ["a"], "blacklist": ["a"]}), "matches both schemas 1 and 2");
        let plugin = kit.plugin(NAME, json!({"blacklist": ["yy.com"], "message": "no"}));
        let outcome = kit.access(&plugin, &mut kit.exchange("GET / HTTP/1.1\nReferer: http://yy.com"));
        let Outcome::Exit(exit) = outcome else { panic!("{outcome:?}") };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (403, "{\"message\":\"no\"}\n"));
    }
}
