//! `cors`: tells browsers which pages of other origins may use an API (the Fetch standard, "CORS protocol").

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{HeaderName, Name, check_value, name};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::regex::Regex;
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "cors";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/cors.metadata.json"))),
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Ok(()),
                _ => Cors::compile(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 4000, include_str!("../schemas/cors.json"))
        },
        phases: Phases::REWRITE | Phases::HEADER_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(Cors::compile(build.conf)?)),
        metadata: Some(|value| Ok(Arc::new(parse::<Metadata>(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Tells browsers which pages of other origins may use an API. Every `OPTIONS` request is answered at once with 200 and \
            no body; other answers get the `Access-Control-*` headers where the request's `Origin` is allowed, and none where \
            it is not. Headers of the upstream of the same name are replaced.\n\n\
            Where answers depend on who asks, they say `Vary: Origin`.",
    fields: &[
        (
            "allow_origins",
            "`*`, `**` (whatever origin asks, also with credentials), `null`, or origins separated by commas: `https://a.com,http://b.com:8080`.",
        ),
        ("allow_methods", "`*`, `**` for every method, or methods separated by commas."),
        ("allow_headers", "`*`, `**` for whatever a preflight asks for, or headers separated by commas."),
        ("expose_headers", "Headers of the answer that pages may read."),
        ("max_age", "Seconds for which a preflight's answer may be kept; -1 turns that off."),
        ("allow_credential", "Lets requests carry cookies and authorization. Then no other option may be `*`."),
        (
            "allow_origins_by_regex",
            "Regular expressions, one of which an origin must match; `allow_origins` is then not looked at.",
        ),
        ("allow_origins_by_metadata", "Names of lists in the plugin's metadata that are looked at first."),
        ("timing_allow_origins", "Origins that may read resource timings, written like `allow_origins`."),
        ("timing_allow_origins_by_regex", "Regular expressions for the same."),
        ("metadata:allow_origins", "Lists of origins by name."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "cors": {
      "allow_origins": "https://shop.example.com",
      "allow_credential": true,
      "allow_methods": "GET,POST",
      "allow_headers": "Content-Type",
      "max_age": 600
    }
  }
}"#,
        )],
        requests: r#"# What a browser asks before it sends a request of a page of the shop:
$ curl -i -X OPTIONS http://127.0.0.1:9080/orders -H 'Origin: https://shop.example.com' -H 'Access-Control-Request-Method: POST'
HTTP/1.1 200 OK
Server: gateway
Content-Type: text/plain; charset=utf-8
Vary: Origin
Access-Control-Allow-Origin: https://shop.example.com
Access-Control-Allow-Methods: GET,POST
Access-Control-Max-Age: 600
Access-Control-Allow-Headers: Content-Type
Access-Control-Allow-Credentials: true
Date: …
Content-Length: 0
# The request itself, and one of another page:
$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'Origin: https://shop.example.com' | grep -i -e access-control -e vary
Vary: Origin
Access-Control-Allow-Origin: https://shop.example.com
Access-Control-Allow-Methods: GET,POST
Access-Control-Max-Age: 600
Access-Control-Allow-Headers: Content-Type
Access-Control-Allow-Credentials: true
$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'Origin: https://example.org' | grep -i -e access-control -e vary
Vary: Origin"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    allow_origins: String,
    allow_methods: String,
    allow_headers: String,
    expose_headers: Option<String>,
    #[serde(deserialize_with = "int")]
    max_age: i64,
    allow_credential: bool,
    allow_origins_by_regex: Option<Vec<String>>,
    #[serde(default)]
    allow_origins_by_metadata: Vec<String>,
    timing_allow_origins: Option<String>,
    timing_allow_origins_by_regex: Option<Vec<String>>,
}

/// Lists of origins for all routes.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    allow_origins: HashMap<String, Origins>,
}

/// Which origins are allowed.
#[derive(Deserialize)]
#[serde(from = "String")]
enum Origins {
    /// `**`: the one that asks, or all.
    Whoever,
    /// One, `*`, or `null`: told as it is.
    One(Box<[u8]>),
    /// Those in a list.
    Any(Box<[Box<[u8]>]>),
}

impl From<String> for Origins {
    fn from(text: String) -> Origins {
        match text.as_str() {
            "**" => Origins::Whoever,
            list if list.contains(',') => Origins::Any(list.split(',').map(|o| o.trim().as_bytes().into()).collect()),
            one => Origins::One(one.as_bytes().into()),
        }
    }
}

impl Origins {
    /// What to tell an origin; it may name another one.
    fn answer<'a>(&'a self, asking: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match self {
            Origins::Whoever => Some(asking.unwrap_or(b"*")),
            Origins::One(origin) => Some(origin),
            Origins::Any(list) => asking.filter(|asking| list.iter().any(|o| **o == **asking)),
        }
    }
}

/// Origins by list or by regular expressions.
struct Rule {
    origins: Option<Origins>,
    patterns: Option<Box<[Regex]>>,
}

impl Rule {
    fn new(origins: Option<String>, patterns: Option<Vec<String>>) -> Result<Rule, String> {
        let compile = |p: Vec<String>| p.iter().map(|p| Regex::new(p, "jo").map_err(|e| e.to_string())).collect();
        Ok(Rule { origins: origins.map(Origins::from), patterns: patterns.map(compile).transpose()? })
    }

    fn answer<'a>(&'a self, asking: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match &self.patterns {
            Some(patterns) => asking.filter(|asking| patterns.iter().any(|p| p.is_match(asking))),
            None => self.origins.as_ref()?.answer(asking),
        }
    }
}

struct Cors {
    rule: Rule,
    lists: Box<[String]>,
    /// `allow_origins` is `*`.
    any: bool,
    /// Answers depend on who asks.
    varies: bool,
    timing: Rule,
    methods: Box<[u8]>,
    /// `None`: whatever a preflight asks for.
    headers: Option<Box<[u8]>>,
    exposed: Option<Box<[u8]>>,
    max_age: Box<[u8]>,
    credentials: bool,
    names: Names,
}

struct Names {
    methods: HeaderName,
    headers: HeaderName,
    exposed: HeaderName,
    max_age: HeaderName,
    credentials: HeaderName,
    requested: HeaderName,
    timing: HeaderName,
}

/// The request's `Origin` as it came, whatever later plugins do to it.
#[derive(Default)]
struct Asking(Bytes);

impl Cors {
    fn compile(conf: &Value) -> Result<Cors, String> {
        let conf: Conf = parse(conf)?;
        let timing = conf.timing_allow_origins.as_deref();
        let open = [&*conf.allow_origins, &*conf.allow_methods, &*conf.allow_headers]
            .into_iter()
            .chain(conf.expose_headers.as_deref())
            .chain(timing)
            .any(|option| option == "*");
        if conf.allow_credential && open {
            return Err("you can not set '*' for other option when 'allow_credential' is true".into());
        }
        let value = |text: &str| match check_value(text.as_bytes()) {
            Ok(()) => Ok(Box::<[u8]>::from(text.as_bytes())),
            Err(_) => Err("invalid value character in header".to_owned()),
        };
        value(&conf.allow_origins)?;
        let methods = match &*conf.allow_methods {
            "**" => "GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE",
            methods => methods,
        };
        Ok(Cors {
            any: conf.allow_origins == "*",
            varies: conf.allow_origins != "*"
                || conf.allow_origins_by_regex.as_ref().is_some_and(|all| !all.is_empty())
                || !conf.allow_origins_by_metadata.is_empty(),
            rule: Rule::new(Some(conf.allow_origins), conf.allow_origins_by_regex)?,
            lists: conf.allow_origins_by_metadata.into(),
            timing: Rule::new(conf.timing_allow_origins, conf.timing_allow_origins_by_regex)?,
            methods: value(methods)?,
            headers: if conf.allow_headers == "**" { None } else { Some(value(&conf.allow_headers)?) },
            exposed: conf.expose_headers.filter(|h| !h.is_empty()).map(|h| value(&h)).transpose()?,
            max_age: conf.max_age.to_string().into_bytes().into(),
            credentials: conf.allow_credential,
            names: Names {
                methods: header_name("Access-Control-Allow-Methods")?,
                headers: header_name("Access-Control-Allow-Headers")?,
                exposed: header_name("Access-Control-Expose-Headers")?,
                max_age: header_name("Access-Control-Max-Age")?,
                credentials: header_name("Access-Control-Allow-Credentials")?,
                requested: header_name("Access-Control-Request-Headers")?,
                timing: header_name("Timing-Allow-Origin")?,
            },
        })
    }

    /// The origin to allow: the plugin's metadata goes first where it is named.
    fn allowed<'a>(&'a self, metadata: Option<&Metadata>, asking: Option<&'a [u8]>) -> Option<&'a [u8]> {
        if !self.lists.is_empty() {
            if let Some(origin) = self.by_metadata(metadata, asking) {
                return Some(origin);
            }
            if self.any {
                return None;
            }
        }
        self.rule.answer(asking).filter(|answer| fits(answer, asking))
    }

    fn by_metadata<'a>(&self, metadata: Option<&Metadata>, asking: Option<&'a [u8]>) -> Option<&'a [u8]> {
        let lists = &metadata?.allow_origins;
        let matches = |key: &String| lists.get(key).and_then(|o| o.answer(asking)).is_some_and(|a| fits(a, asking));
        self.lists.iter().any(matches).then_some(asking).flatten()
    }

    fn tell(&self, x: &mut Exchange, origin: &[u8]) {
        let head = &mut x.resp.head;
        let mut set = |name: Name<'_>, value: &[u8]| {
            // Values of the configuration were checked; an origin is a header's value already.
            let _ = head.set(name, value);
        };
        set(name::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(self.names.methods.as_name(), &self.methods);
        set(self.names.max_age.as_name(), &self.max_age);
        if let Some(exposed) = &self.exposed {
            set(self.names.exposed.as_name(), exposed);
        }
        match &self.headers {
            Some(headers) => set(self.names.headers.as_name(), headers),
            None => {
                if let Some(asked) = x.req.head.get(self.names.requested.as_name()) {
                    set(self.names.headers.as_name(), asked);
                }
            }
        }
        if self.credentials {
            set(self.names.credentials.as_name(), b"true");
        }
    }
}

/// An answer is of use to an origin.
fn fits(answer: &[u8], asking: Option<&[u8]>) -> bool {
    answer == b"*" || asking == Some(answer)
}

impl Plugin for Cors {
    fn phases(&self) -> Phases {
        Phases::REWRITE | Phases::HEADER_FILTER
    }

    fn rehearses(&self) -> Phases {
        self.phases()
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(origin) = x.req.head.get(name::ORIGIN) {
            let origin = Bytes::copy_from_slice(origin);
            x.state::<Asking>().0 = origin;
        }
        if x.method() == b"OPTIONS" {
            return Step::Exit(Box::new(Exit::text(200, Bytes::new())));
        }
        Step::Next
    }

    fn header_filter(&self, x: &mut Exchange) {
        let asking = match x.peek_state::<Asking>() {
            Some(asking) => Some(Bytes::clone(&asking.0)),
            // A plugin before this one answered: `rewrite` did not run.
            None => x.req.head.get(name::ORIGIN).map(Bytes::copy_from_slice),
        };
        let asking = asking.as_deref();
        if self.varies {
            let _ = x.resp.head.append(name::VARY, b"Origin");
        }
        let snapshot = x.worker().snapshot();
        let metadata = match self.lists.is_empty() {
            true => None,
            false => snapshot.metadata.get(NAME).and_then(|m| m.downcast_ref::<Metadata>()),
        };
        if let Some(origin) = self.allowed(metadata, asking) {
            self.tell(x, origin);
        }
        if let Some(origin) = self.timing.answer(asking).filter(|answer| fits(answer, asking)) {
            let _ = x.resp.head.set(self.names.timing.as_name(), origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const HEADERS: [&str; 6] = [
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
        "Access-Control-Expose-Headers",
        "Access-Control-Max-Age",
        "Access-Control-Allow-Credentials",
    ];

    /// The plugin's headers of an answer that says `Vary: Via`, and its `Vary`.
    fn answer(kit: &Kit, conf: Value, origin: Option<&str>) -> ([Option<String>; 6], Option<String>) {
        let plugin = kit.plugin(NAME, conf);
        let line = origin.map(|o| format!("\nOrigin: {o}")).unwrap_or_default();
        let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAccess-Control-Request-Headers: asked-h{line}"));
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
        x.req.head.remove(name::ORIGIN);
        kit.answer(&mut x, "200\nVary: Via\nAccess-Control-Max-Age: 9");
        plugin.header_filter(&mut x);
        let vary = kit.answer_field(&mut x, "Vary");
        (HEADERS.map(|name| kit.answer_field(&mut x, name)), vary)
    }

    fn some(values: [&str; 6]) -> [Option<String>; 6] {
        values.map(|v| (!v.is_empty()).then(|| v.to_owned()))
    }

    const NOTHING: [&str; 6] = ["", "", "", "", "9", ""];

    #[test]
    fn origins_are_allowed_or_not() {
        let kit = Kit::new();
        let lists = json!({"allow_origins": {"key_1": "https://domain.com",
            "key_2": "https://sub.domain.com,https://sub2.domain.com", "key_3": "*"}});
        kit.metadata(NAME, &lists);
        let regex = json!({"allow_origins": "*", "allow_methods": "GET,POST", "allow_headers": "request-h",
            "expose_headers": "expose-h", "max_age": 10, "allow_origins_by_regex": [".*\\.domain.com$"]});
        let by = |keys: &[&str]| json!({"allow_origins": "https://test.com", "allow_origins_by_metadata": keys});
        let plain = |origin: &'static str| [origin, "*", "*", "", "5", ""];
        let credentials =
            json!({"allow_origins": "**", "allow_methods": "**", "allow_headers": "**", "allow_credential": true});
        let all = "GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE";
        let (via, origin) = ("Via", "Via, Origin");
        let cases: Vec<(Value, Option<&str>, [&str; 6], &str)> = vec![
            (json!({}), None, plain("*"), via),
            (json!({}), Some("http://a.com"), plain("*"), via),
            (regex.clone(), Some("http://sub.test.com"), NOTHING, origin),
            (regex.clone(), None, NOTHING, origin),
            (
                regex,
                Some("http://sub.domain.com"),
                ["http://sub.domain.com", "GET,POST", "request-h", "expose-h", "10", ""],
                origin,
            ),
            (json!({"allow_origins": "http://a.com"}), Some("http://a.com"), plain("http://a.com"), origin),
            (json!({"allow_origins": "http://a.com"}), Some("http://b.com"), NOTHING, origin),
            (json!({"allow_origins": "http://a.com"}), None, NOTHING, origin),
            (
                json!({"allow_origins": "http://a.com,http://b.com"}),
                Some("http://b.com"),
                plain("http://b.com"),
                origin,
            ),
            (json!({"allow_origins": "http://a.com,http://b.com"}), Some("http://b.co"), NOTHING, origin),
            (json!({"allow_origins": "**"}), None, plain("*"), origin),
            (credentials, Some("http://b.com"), ["http://b.com", all, "asked-h", "", "5", "true"], origin),
            (by(&["key_1"]), Some("http://foo.example.org"), NOTHING, origin),
            (by(&["key_1"]), Some("https://test.com"), plain("https://test.com"), origin),
            (by(&["key_1"]), Some("https://domain.com"), plain("https://domain.com"), origin),
            (by(&["key_1", "key_2"]), Some("https://sub.domain.com"), plain("https://sub.domain.com"), origin),
            (by(&["key_3"]), Some("http://foo.example.org"), plain("http://foo.example.org"), origin),
            (json!({"allow_origins_by_metadata": ["key_1"]}), Some("http://foo.example.org"), NOTHING, origin),
            (
                json!({"allow_origins_by_metadata": ["key_1"]}),
                Some("https://domain.com"),
                plain("https://domain.com"),
                origin,
            ),
        ];
        for (conf, asking, expected, vary) in cases {
            let (headers, got_vary) = answer(&kit, conf.clone(), asking);
            assert_eq!(headers, some(expected), "{conf} {asking:?}");
            assert_eq!(got_vary.as_deref(), Some(vary), "{conf} {asking:?}");
        }
    }

    #[test]
    fn preflights_are_answered_at_once_and_get_the_headers() {
        let kit = Kit::new();
        let plugin = kit.plugin(NAME, json!({"timing_allow_origins": "http://a.com"}));
        let mut x = kit.exchange("OPTIONS / HTTP/1.1\nOrigin: http://a.com");
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut x) else { panic!() };
        assert_eq!((exit.status, Kit::text(&exit).as_str()), (200, ""));
        plugin.header_filter(&mut x);
        assert_eq!(kit.answer_field(&mut x, "Access-Control-Allow-Origin").as_deref(), Some("*"));
        assert_eq!(kit.answer_field(&mut x, "Timing-Allow-Origin").as_deref(), Some("http://a.com"));
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let good = ["*", "**", "null", "http://y.com.uk", "https://x.com,http://y.com.uk:12000,http://c.tv"];
        let bad = [
            "",
            "*a",
            "*,http://y.com",
            "nulll",
            "http//y.com.uk",
            "x.com",
            "https://x.com,y.com.uk",
            "https://x.com,*,https://y.com.uk",
            "https://x.com,http://y.com.uk,http:c.tv",
        ];
        for origins in good {
            kit.plugin(NAME, json!({"allow_origins": origins}));
            kit.metadata(NAME, &json!({"allow_origins": {"key": origins}}));
        }
        for origins in bad {
            kit.refuses(NAME, json!({"allow_origins": origins}), "failed to match pattern");
            kit.refuses_metadata(NAME, &json!({"allow_origins": {"key": origins}}), "failed to match pattern");
        }
        let star = "you can not set '*' for other option when 'allow_credential' is true";
        kit.refuses(NAME, json!({"allow_credential": true}), star);
        kit.refuses(NAME, json!({"allow_origins_by_regex": ["[a"]}), "err: ");
    }
}
