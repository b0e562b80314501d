//! `redirect`: sends clients elsewhere.

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Template, Var};
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::path;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::regex::{Regex, Replacement};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::missing_body;
use super::target::{append_query, keep_location};
use crate::conf::{final_status, integer, parse};
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| Redirect::compile(conf, &Value::Null).map(drop)),
            ..PluginSpec::new("redirect", 900, include_str!("../schemas/redirect.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(Redirect::compile(build.conf, build.attr)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Answers with a `Location` instead of asking the upstream. Exactly one of `http_to_https`, `uri` and `regex_uri` says \
            where to.\n\n\
            `http_to_https` sends requests that came without TLS to the same place with it: 301 for `GET` and `HEAD`, 308 for \
            others, whatever `ret_code` says. The port is `plugin_attr.redirect.https_port`, else one of the TLS listeners'; 443 \
            is left out. Behind a proxy of `apisix.trusted_addresses` its `X-Forwarded-Proto` decides.\n\n\
            Control characters in a location are percent-encoded.",
    fields: &[
        ("http_to_https", "Sends plain requests to HTTPS."),
        ("uri", "Where to: a template such as `https://$host$request_uri`. `\\$` keeps a variable's name as it is."),
        (
            "regex_uri",
            "A regular expression and a replacement with `$1`, for the path; without a match the request goes on.",
        ),
        ("ret_code", "Status of the answer, for `uri` and `regex_uri`."),
        ("encode_uri", "Percent-encodes the location up to its `?`."),
        ("append_query_string", "Puts the client's query behind the location. Not with `http_to_https`."),
    ],
    example: Example {
        about: "",
        objects: &[
            (
                "routes/example",
                r#"{"uri": "/v1/*", "plugins": {"redirect": {"regex_uri": ["^/v1/(.*)", "/v2/$1"], "append_query_string": true, "ret_code": 301}}}"#,
            ),
            (
                "routes/shop",
                r#"{"host": "shop.example.com", "uri": "/*", "plugins": {"redirect": {"http_to_https": true}}}"#,
            ),
        ],
        requests: r#"$ curl -i 'http://127.0.0.1:9080/v1/orders?id=1'
HTTP/1.1 301 Moved Permanently
Server: gateway
Content-Type: text/plain; charset=utf-8
Location: /v2/orders?id=1
Date: …
Content-Length: 38

{"error_msg":"301 Moved Permanently"}
$ curl -s -o /dev/null -w '%{http_code} %{redirect_url}\n' -X POST http://127.0.0.1:9080/cart -H 'Host: shop.example.com'
308 https://shop.example.com/cart"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    #[serde(default)]
    http_to_https: bool,
    uri: Option<String>,
    regex_uri: Option<Vec<String>>,
    #[serde(deserialize_with = "final_status")]
    ret_code: u16,
    encode_uri: bool,
    append_query_string: bool,
}

struct Redirect {
    to: To,
    status: u16,
    encode: bool,
    with_query: bool,
}

enum To {
    /// The ports of which one is named; none: the scheme's own.
    Https(Box<[u16]>),
    Template(Template),
    Pattern(Box<(Regex, Replacement)>),
    Nowhere,
}

impl Redirect {
    fn compile(conf: &Value, attr: &Value) -> Result<Redirect, String> {
        let conf: Conf = parse(conf)?;
        if conf.http_to_https && conf.append_query_string {
            return Err("only one of `http_to_https` and `append_query_string` can be configured.".into());
        }
        let to = match (&conf.uri, conf.regex_uri.as_deref()) {
            _ if conf.http_to_https => To::Https(https_ports(attr)),
            (Some(uri), _) => To::Template(Template::parse(&braced(uri))),
            (None, Some([pattern, replacement])) => {
                let bad = |text: String| format!("invalid regex_uri ({pattern}, {replacement}), err:{text}");
                let regex = Regex::new(pattern, "jo").map_err(|e| bad(e.to_string()))?;
                let with = Replacement::parse(replacement).map_err(|e| bad(e.to_string()))?;
                To::Pattern(Box::new((regex, with)))
            }
            _ => To::Nowhere,
        };
        Ok(Redirect { to, status: conf.ret_code, encode: conf.encode_uri, with_query: conf.append_query_string })
    }

    fn location(&self, x: &Exchange) -> Option<Vec<u8>> {
        let mut text = Vec::with_capacity(128);
        match &self.to {
            To::Template(template) => drop(template.render(x, &mut text)),
            // A pattern that gives up has not matched.
            To::Pattern(pair) => text = pair.0.replace_once(x.path(), &pair.1).ok().flatten()?,
            To::Https(_) | To::Nowhere => return None,
        }
        let mut location = Vec::with_capacity(text.len() + x.query().len() + 1);
        if self.encode {
            let at = memchr::memchr(b'?', &text).unwrap_or(text.len());
            let (path, query) = text.split_at_checked(at).unwrap_or((&text, &[]));
            path::escape(path, &mut location);
            keep_location(query, &mut location);
        } else {
            keep_location(&text, &mut location);
        }
        if self.with_query && x.req.has_query {
            append_query(x.query(), &mut location);
        }
        Some(location)
    }
}

impl Plugin for Redirect {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let needs_body = matches!(&self.to, To::Template(template) if template.needs_body());
        if let Some(limit) = missing_body(needs_body, x) {
            return Step::Body(limit);
        }
        if let To::Https(ports) = &self.to {
            let scheme = x.req.head.get(name::X_FORWARDED_PROTO).unwrap_or(x.conn.scheme().as_bytes());
            if scheme == b"https" {
                return Step::Next;
            }
            let status = if matches!(x.method(), b"GET" | b"HEAD") { 301 } else { 308 };
            return sent(status, https(x, ports));
        }
        match self.location(x) {
            Some(location) => sent(self.status, location),
            None => Step::Next,
        }
    }
}

/// The same template with every name in braces: here a name ends before a dot, so that `$host.example.com` is what it looks like.
fn braced(uri: &str) -> String {
    let mut out = String::with_capacity(uri.len() + 8);
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        out.push('$');
        let len = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, tail) = after.split_at_checked(len).unwrap_or(("", after));
        if name.is_empty() || before.ends_with('\\') {
            out.push_str(name);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn sent(status: u16, location: Vec<u8>) -> Step<'static> {
    Step::Exit(Box::new(Exit::page(status).header(HeaderName::from(name::LOCATION), Bytes::from(location))))
}

/// The same place over TLS.
fn https(x: &Exchange, ports: &[u16]) -> Vec<u8> {
    let mut location = b"https://".to_vec();
    keep_location(x.host(), &mut location);
    let port = ports.get(fastrand::usize(..ports.len().max(1)));
    if let Some(port) = port.filter(|port| **port != 443) {
        location.push(b':');
        location.extend_from_slice(itoa::Buffer::new().format(*port).as_bytes());
    }
    if let Some(target) = x.var(&Var::RequestUri) {
        keep_location(&target.to_bytes(), &mut location);
    }
    location
}

/// `https_port`, else the ports of the TLS listeners, which the server adds as `tls_ports`. What is no port counts for nothing.
fn https_ports(attr: &Value) -> Box<[u16]> {
    let port = |value: &Value| integer::<u16>(value).or_else(|| value.as_str()?.parse().ok()).filter(|port| *port > 0);
    match (attr.get("https_port"), attr.get("tls_ports")) {
        (Some(given), _) if !given.is_null() => port(given).into_iter().collect(),
        (_, Some(Value::Array(ports))) => ports.iter().filter_map(port).collect(),
        _ => Box::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use gateway_engine::settings::Settings;
    use serde_json::json;

    const NAME: &str = "redirect";

    fn answer(kit: &Kit, conf: Value, request: &str, tls: bool) -> Option<(u16, String)> {
        let plugin = kit.plugin(NAME, conf);
        let mut x = kit.exchange_on(request, tls);
        match kit.rewrite(&plugin, &mut x) {
            Outcome::Next => None,
            Outcome::Exit(exit) => {
                assert_eq!(Kit::text(&exit), format!("page {}", exit.status));
                Some((exit.status, Kit::field(&exit, "Location").unwrap()))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn locations() {
        let kit = Kit::new();
        let uri = |uri: &str| json!({"uri": uri, "ret_code": 301});
        let regex = json!({"regex_uri": ["^/test/(.*)", "http://test.com/${1}"]});
        let cases = [
            (uri("/test/add"), "/hello", Some("/test/add")),
            (uri("$uri/test/add"), "/hello", Some("/hello/test/add")),
            (uri("$uri/test/a${arg_name}c"), "/hello?name=json", Some("/hello/test/ajsonc")),
            (uri("/foo$$uri"), "/hello?name=json", Some("/foo$/hello")),
            (uri("\\$uri/foo$uri\\$uri/bar"), "/hello", Some("\\$uri/foo/hello\\$uri/bar")),
            (uri("$uri/$bad_var/bar"), "/hello", Some("/hello//bar")),
            (uri("https://$host$request_uri"), "/hello?a=b", Some("https://foo.com/hello?a=b")),
            (uri("https://$host.example.com/${uri}.html"), "/a", Some("https://foo.com.example.com//a.html")),
            (uri("/x$arg_a"), "/?a=%0d%0aSet-Cookie:%20x", Some("/x%0D%0ASet-Cookie: x")),
            (regex.clone(), "/test/1", Some("http://test.com/1")),
            (regex, "/hello", None),
            (
                json!({"regex_uri": ["^/test/(.*)", "http://test.com/${1}"], "encode_uri": true}),
                "/test/with%20space",
                Some("http://test.com/with%20space"),
            ),
            (json!({"uri": "$uri?a b", "encode_uri": true}), "/hello/with%20space", Some("/hello/with%20space?a b")),
            (json!({"uri": "$uri", "append_query_string": true}), "/hello?name=json", Some("/hello?name=json")),
            (
                json!({"uri": "$uri?type=string", "append_query_string": true}),
                "/hello?name=json",
                Some("/hello?type=string&name=json"),
            ),
            (
                json!({"regex_uri": ["^/test/(.*)", "http://test.com/${1}?q=apisix"], "append_query_string": true}),
                "/test/hello?o=apache",
                Some("http://test.com/hello?q=apisix&o=apache"),
            ),
            (json!({"http_to_https": false}), "/hello", None),
        ];
        for (conf, target, expected) in cases {
            let status = if conf.get("ret_code").is_some() { 301 } else { 302 };
            let got = answer(&kit, conf.clone(), &format!("GET {target} HTTP/1.1\nHost: foo.com:80"), false);
            assert_eq!(got, expected.map(|l| (status, l.to_owned())), "{conf} {target}");
        }
    }

    #[test]
    fn plain_requests_go_to_https() {
        let https = json!({"http_to_https": true, "ret_code": 307});
        let attrs = [
            (json!({"redirect": {"https_port": 8443, "tls_ports": [9443]}}), ":8443"),
            (json!({"redirect": {"tls_ports": [9443]}}), ":9443"),
            (json!({"redirect": {"https_port": 443}}), ""),
            (json!({"redirect": {"https_port": 70000}}), ""),
            (json!({}), ""),
        ];
        for (attrs, port) in attrs {
            let kit = Kit::with(attrs, Settings::default());
            let location = format!("https://foo.com{port}/hello?a");
            for (method, status) in [("GET", 301), ("HEAD", 301), ("POST", 308)] {
                let request = format!("{method} /hello?a HTTP/1.1\nHost: foo.com:80");
                assert_eq!(answer(&kit, https.clone(), &request, false), Some((status, location.clone())));
                assert_eq!(answer(&kit, https.clone(), &request, true), None);
            }
        }
        // A trusted proxy has said so; the pipeline has removed it from anybody else.
        let kit = Kit::new();
        let proxied = |scheme: &str| format!("GET / HTTP/1.1\nHost: foo.com\nX-Forwarded-Proto: {scheme}");
        assert_eq!(answer(&kit, https.clone(), &proxied("https"), false), None);
        assert!(answer(&kit, https.clone(), &proxied("any"), false).is_some());
        assert!(answer(&kit, https, &proxied("http"), true).is_some());
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused = [
            (
                json!({"http_to_https": true, "uri": "/hello"}),
                "value should match only one schema, but matches both schemas 1 and 3",
            ),
            (
                json!({"http_to_https": true, "append_query_string": true}),
                "only one of `http_to_https` and `append_query_string` can be configured.",
            ),
            (json!({"regex_uri": ["[a", "/"]}), "invalid regex_uri ([a, /), err:"),
            (json!({"regex_uri": ["a", "/$`"]}), "invalid regex_uri (a, /$`), err:"),
            (json!({}), "value should match only one schema, but matches none"),
            (json!({"uri": "/a", "ret_code": 1000}), "1000 is no status of a final answer: expected 200 to 999"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
