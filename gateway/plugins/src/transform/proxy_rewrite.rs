//! `proxy-rewrite`: the upstream gets another path, host, method or other headers than the client sent.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Template;
use gateway_engine::expr::json::write_string;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::path::{self, BadPath};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::regex::{Groups, Regex, Replacement, StepLimit};
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::fields::{Edits, Side};
use super::missing_body;
use super::target::{WithGroups, append_query, escape, keep, rewritten, split_query};
use crate::conf::parse;
use crate::docs::{Doc, Example};

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| ProxyRewrite::compile(conf).map(drop)),
            ..PluginSpec::new("proxy-rewrite", 1008, include_str!("../schemas/proxy-rewrite.json"))
        },
        phases: Phases::REWRITE,
        build: |build: &Build<'_>| Ok(Arc::new(ProxyRewrite::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Changes what the upstream gets: path, host, method, headers. The route has been matched before and is not matched \
            again.\n\n\
            The new path is `uri`, or what the first matching pair of `regex_uri` makes of the request's normalised path. It is \
            percent-encoded where it must be, and the client's query is put behind it unchanged. A `?` in a variable's value or \
            in the request's path is written `%3F`. What variables and groups put into a path is normalised as a request's path \
            is; where they bring in a `..`, or something that has no normal form, the request is refused with 400. A `Host` that \
            can be none is refused so too.\n\n\
            Header values may hold variables, and with `regex_uri` its groups as `$1`. Headers are added first, then set, then \
            removed; one that is set to nothing is taken away.",
    fields: &[
        ("uri", "The new path, a template, perhaps with a query. Goes before `regex_uri`."),
        (
            "regex_uri",
            "Pairs of a regular expression and a replacement with `$1`, tried in order against the path; without a match the path \
             stays.",
        ),
        (
            "host",
            "`Host` for the upstream, perhaps with a port. An upstream's `pass_host: node` or `rewrite` goes before it.",
        ),
        ("method", "Method for the upstream."),
        (
            "headers",
            "Headers: an object with `add`, `set` (names to values or lists of values) and `remove` (names), or, as before APISIX 3, an object of names to values to set.",
        ),
        (
            "use_real_request_uri_unsafe",
            "Sends the target as the client wrote it, not its normal form. Where the two differ, a request whose route \
             authenticates it or blocks by path is refused with 400, since its upstream might read another path than was checked.",
        ),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/v1/*",
  "upstream_id": "demo-echo",
  "plugins": {
    "proxy-rewrite": {
      "regex_uri": ["^/v1/(.*)", "/$1"],
      "headers": {"set": {"X-Api-Version": "1"}, "remove": ["X-Debug"]}
    }
  }
}"#,
        )],
        requests: r#"$ curl -s 'http://127.0.0.1:9080/v1/orders?id=1' -H 'X-Debug: yes' | grep -e '"uri"' -e version -e debug
  "uri": "/orders?id=1",
    "x-api-version": "1","#,
    },
};

#[derive(Deserialize)]
struct Conf {
    uri: Option<String>,
    regex_uri: Option<Vec<String>>,
    host: Option<String>,
    method: Option<String>,
    headers: Option<Value>,
    use_real_request_uri_unsafe: bool,
}

struct ProxyRewrite {
    uri: Option<Template>,
    /// The new path, percent-encoded, where `uri` has no variables.
    fixed: Option<Box<[u8]>>,
    pairs: Box<[Pair]>,
    host: Option<Box<[u8]>>,
    method: Option<Box<[u8]>>,
    edits: Edits,
    sets_host: bool,
    verbatim: bool,
    needs_body: bool,
}

struct Pair {
    pattern: Regex,
    replacement: Replacement,
}

/// What the pattern that matched found, and in what.
struct Matched {
    groups: Groups,
    base: Vec<u8>,
}

impl ProxyRewrite {
    fn compile(conf: &Value) -> Result<ProxyRewrite, String> {
        let conf: Conf = parse(conf)?;
        let edits = edits(conf.headers.as_ref())?;
        let uri = conf.uri.as_deref().map(Template::parse);
        let verbatim = conf.use_real_request_uri_unsafe;
        let fixed = uri.as_ref().and_then(Template::as_literal).map(|text| {
            let mut target = Vec::with_capacity(text.len());
            if verbatim {
                keep(text, &mut target)
            } else {
                escape(text, &mut target)
            }
            target.into_boxed_slice()
        });
        Ok(ProxyRewrite {
            fixed,
            pairs: pairs(conf.regex_uri.as_deref().unwrap_or_default())?,
            host: conf.host.map(|h| h.into_bytes().into()),
            method: conf.method.map(|m| m.into_bytes().into()),
            needs_body: edits.needs_body() || uri.as_ref().is_some_and(Template::needs_body),
            uri,
            sets_host: edits.sets(&HeaderName::from(name::HOST)),
            edits,
            verbatim,
        })
    }

    /// Gives the upstream its new target, and what the pattern found.
    fn retarget(&self, x: &mut Exchange) -> Result<Option<Matched>, Refused> {
        if let Some(fixed) = &self.fixed {
            send(x, fixed.to_vec(), true);
            return Ok(None);
        }
        if let Some(uri) = &self.uri {
            let mut text = Vec::with_capacity(128);
            uri.render_with(&*x, &mut text, question_marks_escaped);
            let mut target = Vec::with_capacity(text.len() + x.query().len() + 16);
            if self.verbatim {
                // What is sent is what was written, if the values keep their places.
                let (path, _) = split_query(&text);
                path::rewritten(path, &mut target)?;
                target.clear();
                keep(&text, &mut target);
            } else {
                rewritten(&text, &mut target)?;
            }
            send(x, target, true);
            return Ok(None);
        }
        let matched = self.find(x)?;
        match matched {
            Some((pair, matched)) => {
                let mut text = Vec::with_capacity(matched.base.len() + 32);
                let whole = matched.groups.whole();
                text.extend_from_slice(matched.base.get(..whole.start).unwrap_or_default());
                pair.replacement.expand(&matched.groups, &matched.base, &mut text);
                text.extend_from_slice(matched.base.get(whole.end..).unwrap_or_default());
                let mut target = Vec::with_capacity(text.len() + x.query().len() + 16);
                if self.verbatim {
                    keep(&text, &mut target);
                } else {
                    rewritten(&text, &mut target)?;
                }
                // The base of a verbatim target holds the query already.
                send(x, target, !self.verbatim);
                x.set_var("proxy_rewrite_regex_uri_captures", captures(&matched));
                Ok(Some(matched))
            }
            None => {
                if self.verbatim {
                    x.req.upstream_target = Some(x.req.target);
                }
                Ok(None)
            }
        }
    }

    /// The first pair whose pattern matches.
    fn find(&self, x: &Exchange) -> Result<Option<(&Pair, Matched)>, StepLimit> {
        if self.pairs.is_empty() {
            return Ok(None);
        }
        let base = if self.verbatim { x.req.head.text(x.req.target) } else { x.path() };
        let mut escaped = Vec::new();
        let base = if !self.verbatim && base.contains(&b'?') {
            // Decoded from `%3F`: it must not begin a query.
            question_marks_escaped(base, &mut escaped);
            &escaped
        } else {
            base
        };
        for pair in &self.pairs {
            if let Some(groups) = pair.pattern.captures(base)? {
                return Ok(Some((pair, Matched { groups, base: base.to_vec() })));
            }
        }
        Ok(None)
    }

    /// The client's own form of the path goes upstream though something else was checked.
    fn hides_path(&self, x: &Exchange) -> bool {
        self.verbatim
            && self.uri.is_none()
            && x.req.upstream_target.is_some()
            && x.chain.entries.iter().any(|e| e.auth || &*e.name == "uri-blocker")
    }
}

impl Plugin for ProxyRewrite {
    fn phases(&self) -> Phases {
        Phases::REWRITE
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        if self.hides_path(x) {
            return Step::exit(400);
        }
        let matched = match self.retarget(x) {
            Ok(matched) => matched,
            Err(Refused::Path(error)) => {
                tracing::warn!(%error, "proxy-rewrite: the new path is refused");
                return Step::exit(400);
            }
            Err(Refused::Search(error)) => return Step::Exit(Box::new(Exit::error_msg(500, &error.to_string()))),
        };
        if let Some(host) = &self.host
            && !x.set_upstream_host(host)
        {
            return bad_host();
        }
        let host_left_out = self.edits.apply(x, Side::Request, |x, template, out| {
            let groups = matched.as_ref().map(|m| (&m.groups, &m.base[..]));
            template.render(&WithGroups { values: x, groups }, out);
        });
        if host_left_out {
            return bad_host();
        }
        if self.sets_host
            && let Some(host) = x.req.head.get(name::HOST).map(<[u8]>::to_vec)
            && !x.set_upstream_host(&host)
        {
            return bad_host();
        }
        if let Some(method) = &self.method {
            x.set_upstream_method(method);
        }
        Step::Next
    }
}

/// Why a request gets no new target.
enum Refused {
    Path(BadPath),
    Search(StepLimit),
}

impl From<BadPath> for Refused {
    fn from(error: BadPath) -> Refused {
        Refused::Path(error)
    }
}

impl From<StepLimit> for Refused {
    fn from(error: StepLimit) -> Refused {
        Refused::Search(error)
    }
}

fn bad_host() -> Step<'static> {
    tracing::warn!("proxy-rewrite: the new Host is refused");
    Step::exit(400)
}

fn send(x: &mut Exchange, mut target: Vec<u8>, with_query: bool) {
    if with_query && x.req.has_query {
        append_query(x.query(), &mut target);
    }
    x.set_upstream_target(&target);
}

fn question_marks_escaped(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        if byte == b'?' { out.extend_from_slice(b"%3F") } else { out.push(byte) }
    }
}

/// `$proxy_rewrite_regex_uri_captures`: the groups as a JSON list, the whole match first.
fn captures(matched: &Matched) -> Bytes {
    let mut text = vec![b'['];
    for number in 0..matched.groups.count() {
        if number > 0 {
            text.push(b',');
        }
        write_string(matched.groups.text(number, &matched.base).unwrap_or_default(), &mut text);
    }
    text.push(b']');
    text.into()
}

/// Pairs of pattern and replacement, each tried on a sample path so that a bad group is found now.
fn pairs(given: &[String]) -> Result<Box<[Pair]>, String> {
    if !given.len().is_multiple_of(2) {
        return Err("The length of regex_uri should be an even number".into());
    }
    let pair = |pair: &[String]| {
        let [pattern, replacement] = pair else { return Err("invalid regex_uri".to_owned()) };
        let bad = |text: String| format!("invalid regex_uri({pattern}, {replacement}): {text}");
        Ok(Pair {
            pattern: Regex::new(pattern, "jo").map_err(|e| bad(e.to_string()))?,
            replacement: Replacement::parse(replacement).map_err(|e| bad(e.to_string()))?,
        })
    };
    given.chunks(2).map(pair).collect()
}

static NO_FIELDS: LazyLock<serde_json::Map<String, Value>> = LazyLock::new(serde_json::Map::new);

fn edits(headers: Option<&Value>) -> Result<Edits, String> {
    let fields = headers.and_then(Value::as_object).unwrap_or(&NO_FIELDS);
    let mut edits = Edits::default();
    let nested = ["add", "set"].iter().any(|k| fields.get(*k).is_some_and(Value::is_object))
        || fields.get("remove").is_some_and(Value::is_array);
    if !nested {
        for (name, value) in fields {
            edits.set(name, value)?;
        }
        return Ok(edits);
    }
    let members = |key: &str| fields.get(key).and_then(Value::as_object).unwrap_or(&NO_FIELDS);
    for (name, value) in members("add") {
        edits.add(name, value)?;
    }
    for (name, value) in members("set") {
        edits.set(name, value)?;
    }
    for name in fields.get("remove").and_then(Value::as_array).into_iter().flatten() {
        edits.remove(name.as_str().unwrap_or_default())?;
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const NAME: &str = "proxy-rewrite";

    fn changed(kit: &Kit, conf: Value, request: &str) -> Box<Exchange> {
        let plugin = kit.plugin(NAME, conf);
        let mut x = kit.exchange(request);
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next), "{request}");
        x
    }

    #[test]
    fn targets() {
        let kit = Kit::new();
        let uri = |uri: &str| json!({"uri": uri});
        let raw = |uri: &str| json!({"uri": uri, "use_real_request_uri_unsafe": true});
        let regex = |pairs: &[&str]| json!({"regex_uri": pairs});
        let cases = [
            (uri("/new"), "/hello", "/new"),
            (uri("/new"), "/hello?q=apisix&a=iresty", "/new?q=apisix&a=iresty"),
            (uri("/new"), "/hello?", "/new?"),
            (uri("/new?q=apisix"), "/hello?a=iresty", "/new?q=apisix&a=iresty"),
            (uri("/new"), "/hello?name=a%20b&x=1", "/new?name=a%20b&x=1"),
            (uri("/new"), "/hello?a=1?b=2", "/new?a=1?b=2"),
            (uri("/$arg_new_uri"), "/test?new_uri=hello", "/hello?new_uri=hello"),
            (uri("/$arg_u"), "/test?u=a%3Fb%20c", "/a%3Fb%20c?u=a%3Fb%20c"),
            (uri("/x?u=$arg_u"), "/test?u=%0d%0aA:b", "/x?u=%0D%0AA:b&u=%0d%0aA:b"),
            (uri("/a b"), "/hello", "/a%20b"),
            (regex(&["^/test/(.*)/(.*)/(.*)", "/$1_$2_$3"]), "/test/plugin/proxy/rewrite", "/plugin_proxy_rewrite"),
            (regex(&["^/test/(.*)/(.*)/(.*)", "/$1_$2_$3"]), "/test/not", "/test/not"),
            (regex(&["^/no", "/a", "^/test/(.*)", "/b/${1}1"]), "/test/x?y", "/b/x1?y"),
            (
                regex(&["^(/reflect.*)", "/seen?orig=$1"]),
                "/reflect%0d%0aX-Injected:pwn",
                "/seen?orig=/reflect%0D%0AX-Injected:pwn",
            ),
            (regex(&["b", "c"]), "/a%20b/b", "/a%20c/b"),
            (json!({"uri": "/hello", "regex_uri": ["^/test/(.*)", "/${1}1"]}), "/test/hello", "/hello"),
            (json!({"headers": {"a": "b"}}), "/a/../b?c", "/b?c"),
            (raw("/new"), "/hello?q=apisix&a=iresty", "/new?q=apisix&a=iresty"),
            (raw("/new"), "/hello", "/new"),
            (raw("/new?x=1"), "/hello?q=apisix", "/new?x=1&q=apisix"),
            (raw("/new"), "/hello?name=a%20b&x=%E4%B8%AD", "/new?name=a%20b&x=%E4%B8%AD"),
            (raw("/$arg_a"), "/hello?a=%0d%0a%20b", "/%0D%0A%20b?a=%0d%0a%20b"),
            (json!({"use_real_request_uri_unsafe": true}), "/a//b/../%41?q=1", "/a//b/../%41?q=1"),
            (json!({"use_real_request_uri_unsafe": true, "regex_uri": ["^/a(.*)", "/z$1"]}), "/a//b?q=1", "/z//b?q=1"),
        ];
        for (conf, target, expected) in cases {
            let x = changed(&kit, conf.clone(), &format!("GET {target} HTTP/1.1"));
            assert_eq!(String::from_utf8_lossy(x.upstream_target()), expected, "{conf} {target}");
        }
    }

    #[test]
    fn a_path_that_was_not_checked_is_refused() {
        let kit = Kit::new();
        kit.put(
            gateway_model::Kind::Route,
            "1",
            &json!({"uri": "/*", "plugins": {"key-auth": {}, "proxy-rewrite": {"use_real_request_uri_unsafe": true}}}),
        );
        let plugin = kit.plugin(NAME, json!({"use_real_request_uri_unsafe": true}));
        for (target, refused) in [("/a//b", true), ("/a/b?x=//", false)] {
            let mut x = kit.exchange(&format!("GET {target} HTTP/1.1"));
            kit.route(&mut x);
            assert_eq!(
                matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(e) if e.status == 400),
                refused,
                "{target}"
            );
        }
    }

    #[test]
    fn headers_of_the_request() {
        let kit = Kit::new();
        let old =
            json!({"headers": {"X-Api-Version": "v2", "x-n": 3, "X-Test": "", "name": "$arg_name", "x-no": "$arg_no"}});
        let x = changed(&kit, old, "GET /hello?name=Bill HTTP/1.1\nX-Api-Version: v1\nX-Test: foo");
        let expected = [
            ("x-api-version", Some("v2")),
            ("x-n", Some("3")),
            ("name", Some("Bill")),
            ("x-test", None),
            ("x-no", None),
        ];
        for (name, value) in expected {
            assert_eq!(kit.request_field(&x, name).as_deref(), value, "{name}");
        }
        let origin = "GET /test/echo HTTP/1.1\nx-multi: origin\nx-src: from-src\nx-gone: 1";
        let set = json!({"headers": {"set": {"x-multi": ["val1", "val2"]}, "remove": ["X-Gone"]}});
        let x = changed(&kit, set, origin);
        assert_eq!(kit.request_field(&x, "x-multi").as_deref(), Some("val1, val2"));
        assert_eq!(kit.request_field(&x, "x-gone"), None);
        let add = json!({"headers": {"add": {"x-multi": ["val1", 2]}}});
        assert_eq!(kit.request_field(&changed(&kit, add, origin), "x-multi").as_deref(), Some("origin, val1, 2"));
        let groups = json!({"regex_uri": ["^/test/(.*)", "/new"],
            "headers": {"set": {"x-multi": ["cap-$1", "${1}-$http_x_src", "$2"]}}});
        let x = changed(&kit, groups, origin);
        assert_eq!(kit.request_field(&x, "x-multi").as_deref(), Some("cap-echo, echo-from-src"));
        assert_eq!(x.custom_var("proxy_rewrite_regex_uri_captures"), Some(&b"[\"/test/echo\",\"echo\"]"[..]));
        // A value that cannot be sent takes the client's own away.
        let bad = json!({"headers": {"set": {"x-src": "$arg_a"}}});
        let x = changed(&kit, bad, "GET /?a=%0a HTTP/1.1\nx-src: client");
        assert_eq!(kit.request_field(&x, "x-src"), None);
    }

    #[test]
    fn host_and_method() {
        let kit = Kit::new();
        let x = changed(&kit, json!({"host": "test.com:6443", "method": "POST"}), "GET / HTTP/1.1\nHost: a");
        assert_eq!(
            (x.upstream_host(), x.upstream_method(), x.method()),
            (&b"test.com:6443"[..], &b"POST"[..], &b"GET"[..])
        );
        let x = changed(&kit, json!({"headers": {"Host": "h-$arg_x"}}), "GET /?x=1 HTTP/1.1\nHost: a");
        assert_eq!(x.upstream_host(), b"h-1");
        let refused = [
            (json!({"headers": {"Host": "h-$arg_x"}}), "/?x=a%20b"),
            (json!({"headers": {"set": {"Host": "$arg_x"}}}), "/?x=a%2fb"),
            (json!({"headers": {"set": {"Host": "$arg_x"}}}), "/?x=u@a"),
            (json!({"headers": {"set": {"host": "$arg_x"}}}), "/?x=a:99999"),
            (json!({"headers": {"set": {"Host": "h-$arg_x"}}}), "/?x=a%0d%0aX:%20y"),
            (json!({"headers": {"set": {"Host": ["h-$arg_x"]}}}), "/?x=%00"),
            (json!({"host": "a.com:99999"}), "/"),
        ];
        for (conf, target) in refused {
            refuses_request(&kit, conf, &format!("GET {target} HTTP/1.1\nHost: a"));
        }
    }

    fn refuses_request(kit: &Kit, conf: Value, request: &str) {
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = kit.exchange(request);
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Exit(e) if e.status == 400), "{conf} {request}");
    }

    #[test]
    fn no_value_leaves_its_place_in_the_path() {
        let kit = Kit::new();
        let tenant = json!({"uri": "/api/$http_tenant/items"});
        let sent = [
            (&tenant, "/x", "acme", "/api/acme/items"),
            (&tenant, "/x", "a//./b", "/api/a/b/items"),
            (&tenant, "/x", "..a", "/api/..a/items"),
            (&tenant, "/x", "", "/api/items"),
            (&json!({"uri": "/$http_tenant"}), "/x", "/evil.com/a", "/evil.com/a"),
            (&json!({"uri": "/a/../b//c"}), "/x", "", "/a/../b//c"),
            (&json!({"uri": "/n?p=$arg_p"}), "/x?p=../..", "", "/n?p=../..&p=../.."),
            (&json!({"regex_uri": ["^/(.*)", "/x/$1"]}), "/a%3Fb=1", "", "/x/a%3Fb=1"),
        ];
        for (conf, target, header, expected) in sent {
            let x = changed(&kit, conf.clone(), &format!("GET {target} HTTP/1.1\nTenant: {header}"));
            assert_eq!(String::from_utf8_lossy(x.upstream_target()), expected, "{conf} {target} {header}");
        }
        let refused = [
            (&tenant, "/x", "../../admin"),
            (&tenant, "/x", "../admin"),
            (&tenant, "/x", "%2e%2e/admin"),
            (&tenant, "/x", "..;/admin"),
            (&tenant, "/x", "%00"),
            (&tenant, "/x", "%c0%ae"),
            (&json!({"uri": "/n/$arg_p"}), "/x?p=%252e%252e%2fadmin", ""),
            (&json!({"uri": "/n/$arg_p"}), "/x?p=%2e%2e%2fadmin", ""),
            (&json!({"uri": "/n/$arg_p$http_tenant"}), "/x?p=.", "."),
            (&json!({"uri": "/n/$arg_p", "use_real_request_uri_unsafe": true}), "/x?p=../admin", ""),
            (&json!({"regex_uri": ["^/y/(.*)-(.*)$", "/$1$2"]}), "/y/a/.-./secret", ""),
            (&json!({"regex_uri": ["^/y(.*)$", "http:/$1"]}), "/y/evil.com/", ""),
        ];
        for (conf, target, header) in refused {
            refuses_request(&kit, conf.clone(), &format!("GET {target} HTTP/1.1\nTenant: {header}"));
        }
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        kit.plugin(NAME, json!({"host": "apisix.iresty.com", "uri": "/apisix/home"}));
        let refused = [
            (
                json!({"uri": "home"}),
                "property \"uri\" validation failed: failed to match pattern \"^\\\\/.*\" with \"home\"",
            ),
            (json!({"regex_uri": ["a"]}), "expect array to have at least 2 items"),
            (json!({"regex_uri": ["a", "b", "c"]}), "The length of regex_uri should be an even number"),
            (json!({"regex_uri": ["[^/test/(.*)", "/$1"]}), "invalid regex_uri([^/test/(.*), /$1): "),
            (json!({"regex_uri": ["^/test/(.*)", "/$`1"]}), "invalid regex_uri(^/test/(.*), /$`1): "),
            (json!({"headers": {"X-Api:Version": "v2"}}), "invalid field character in header"),
            (json!({"headers": {"X-Api-Version": "v2\r\n"}}), "invalid value character in header"),
            (json!({"headers": {"": "v2"}}), "invalid field length in header"),
            (json!({"method": "GIT"}), "matches none of the enum values"),
            (json!({"host": "a/b"}), "property \"host\" validation failed"),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
