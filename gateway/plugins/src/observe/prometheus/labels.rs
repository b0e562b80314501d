//! The labels of a request.

use std::borrow::Cow;
use std::collections::HashMap;

use gateway_engine::exchange::{Exchange, Origin};
use gateway_engine::snapshot::Route;
use serde::Deserialize;

use super::settings::MetricSettings;

/// Labels to leave empty, by metric (the plugin's metadata).
#[derive(Deserialize, Default)]
pub(super) struct Disabled {
    #[serde(default)]
    disabled_labels: HashMap<String, Vec<String>>,
}

impl Disabled {
    fn of(&self, metric: &str) -> &[String] {
        self.disabled_labels.get(metric).map_or(&[], Vec::as_slice)
    }
}

/// Where in its route's patterns a request was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Matched {
    pub(super) uri: Option<u16>,
    pub(super) host: Option<u16>,
}

impl Matched {
    pub(super) fn of(x: &Exchange) -> Matched {
        let Some(local) = &x.route else { return Matched::default() };
        let route = &local.route;
        Matched {
            uri: position(&route.uris, |p| uri_fits(p.as_bytes(), x.path())),
            host: position(&route.hosts, |p| host_fits(p.as_bytes(), x.host())),
        }
    }

    fn uri_of(self, route: &Route) -> &str {
        self.uri.and_then(|n| route.uris.get(usize::from(n))).map_or("", |u| u)
    }

    fn host_of(self, route: &Route) -> &str {
        self.host.and_then(|n| route.hosts.get(usize::from(n))).map_or("", |h| h)
    }
}

/// The pattern of its route that a request matched; empty where no route did.
pub(in crate::observe) fn matched_uri(x: &Exchange) -> &str {
    x.route.as_ref().map_or("", |local| Matched::of(x).uri_of(&local.route))
}

/// Who made the answer, as metrics and traces name it.
pub(in crate::observe) fn source(x: &Exchange) -> &'static str {
    match x.resp.origin {
        Origin::Upstream => "upstream",
        Origin::Proxy => "nginx",
        Origin::Gateway => "apisix",
    }
}

/// The only pattern, or the longest that fits: the order of the router.
fn position(patterns: &[Box<str>], fits: impl Fn(&str) -> bool) -> Option<u16> {
    if patterns.len() <= 1 {
        return patterns.first().map(|_| 0);
    }
    let fitting = patterns.iter().enumerate().filter(|(_, p)| fits(p));
    let longest = fitting.max_by_key(|(_, p)| (!p.contains('*'), p.len()));
    longest.and_then(|(n, _)| u16::try_from(n).ok())
}

/// `*` stands for anything, `:name` for one segment.
fn uri_fits(pattern: &[u8], path: &[u8]) -> bool {
    let (mut pattern, mut path) = (pattern, path);
    loop {
        match (pattern, path) {
            ([], []) => return true,
            ([b'*', ..], _) => return true,
            ([b'/', b':', rest @ ..], [b'/', here @ ..]) => {
                let segment = |text: &[u8]| text.iter().position(|b| *b == b'/').unwrap_or(text.len());
                let (name, length) = (segment(rest), segment(here));
                (pattern, path) = (rest.get(name..).unwrap_or_default(), here.get(length..).unwrap_or_default());
            }
            ([p, rest @ ..], [b, after @ ..]) if p == b => (pattern, path) = (rest, after),
            _ => return false,
        }
    }
}

fn host_fits(pattern: &[u8], host: &[u8]) -> bool {
    match pattern.strip_prefix(b"*") {
        Some(suffix) => host.len() > suffix.len() && host.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase()),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// The values of a request's labels.
pub(super) struct Values<'x> {
    x: &'x Exchange,
    code: u16,
    route: &'x str,
    service: &'x str,
    uri: &'x str,
    host: &'x str,
    node: String,
    /// `request_type`, `request_llm_model`, `llm_model`.
    kind: [Cow<'x, str>; 3],
    disabled: Option<&'x Disabled>,
}

/// Longest name of a model.
const MODEL_CHARS: usize = 128;

impl<'x> Values<'x> {
    pub(super) fn new(
        x: &'x Exchange,
        matched: Matched,
        prefer_name: bool,
        disabled: Option<&'x Disabled>,
    ) -> Values<'x> {
        let local = x.route.as_ref();
        let named = |name: Option<&'x str>, id: &'x str| match name {
            Some(name) if prefer_name => name,
            _ => id,
        };
        let service = local.and_then(|l| l.service.as_ref());
        let custom = |name: &str| String::from_utf8_lossy(x.custom_var(name).unwrap_or_default());
        let model = |name: &str| match custom(name) {
            short if short.len() <= MODEL_CHARS => short,
            long => Cow::Owned(long.chars().take(MODEL_CHARS).collect()),
        };
        let mut kind = custom("request_type");
        if kind.is_empty() {
            kind = Cow::Borrowed("traditional_http");
        }
        Values {
            x,
            code: code(x),
            route: local.map_or("", |l| named(l.route.name.as_deref(), &l.route.id)),
            service: service.map_or("", |s| named(s.name.as_deref(), &s.id)),
            uri: local.map_or("", |l| matched.uri_of(&l.route)),
            host: local.map_or("", |l| matched.host_of(&l.route)),
            node: x.upstream.node.as_ref().map(|n| n.addr.ip().to_string()).unwrap_or_default(),
            kind: [kind, model("request_llm_model"), model("llm_model")],
            disabled,
        }
    }

    /// The label set of `http_status`.
    pub(super) fn status(&self, settings: &MetricSettings, overflow: bool) -> String {
        let mut out = Writer::new(self.disabled.map_or(&[], |d| d.of("http_status")), overflow);
        out.fixed("code", itoa::Buffer::new().format(self.code));
        out.open("route", self.route);
        out.open("matched_uri", self.uri);
        out.open("matched_host", self.host);
        self.common(&mut out);
        out.fixed("response_source", source(self.x));
        self.extra(&mut out, settings);
        out.text
    }

    /// The label set of `http_latency` or `bandwidth`, without its type.
    pub(super) fn typed(&self, metric: &str, settings: &MetricSettings, overflow: bool) -> String {
        let mut out = Writer::new(self.disabled.map_or(&[], |d| d.of(metric)), overflow);
        out.open("route", self.route);
        self.common(&mut out);
        self.extra(&mut out, settings);
        out.text
    }

    fn common(&self, out: &mut Writer<'_>) {
        out.open("service", self.service);
        out.open("consumer", self.x.consumer.as_ref().map_or("", |c| c.username()));
        out.open("node", &self.node);
        for (name, value) in ["request_type", "request_llm_model", "llm_model"].iter().zip(&self.kind) {
            out.open(name, value);
        }
    }

    fn extra(&self, out: &mut Writer<'_>, settings: &MetricSettings) {
        for (name, template) in &settings.extra {
            let mut value = Vec::new();
            template.render(self.x, &mut value);
            out.open(name, &String::from_utf8_lossy(&value));
        }
    }
}

/// The status for metrics; 499 as nginx names it where the client did not stay for an answer.
pub(in crate::observe) fn code(x: &Exchange) -> u16 {
    if x.resp.started { x.resp.status } else { 499 }
}

/// Writes `name="value"` pairs.
struct Writer<'d> {
    text: String,
    disabled: &'d [String],
    overflow: bool,
}

impl<'d> Writer<'d> {
    fn new(disabled: &'d [String], overflow: bool) -> Writer<'d> {
        Writer { text: String::with_capacity(192), disabled, overflow }
    }

    /// A label of few values: told even where there is no room for others.
    fn fixed(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(name);
        self.text.push_str("=\"");
        if !self.disabled.iter().any(|d| d == name) {
            escape(value, &mut self.text);
        }
        self.text.push('"');
    }

    /// A label of any number of values.
    fn open(&mut self, name: &str, value: &str) {
        match (self.overflow, name) {
            (false, _) => self.fixed(name, value),
            (true, "route") => self.fixed(name, "overflow"),
            (true, _) => self.fixed(name, ""),
        }
    }
}

/// Appends a label's value as the text format wants it.
pub(super) fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_the_router() {
        let uris = [
            ("/foo*", "/foo1", true),
            ("/foo*", "/fo", false),
            ("/*", "/x/y", true),
            ("/hello", "/hello", true),
            ("/hello", "/hello/", false),
            ("/user/:id", "/user/7", true),
            ("/user/:id/x", "/user/7/x", true),
            ("/user/:id/x", "/user/7/y", false),
            ("/a/*rest", "/a/b/c", true),
        ];
        for (pattern, path, fits) in uris {
            assert_eq!(uri_fits(pattern.as_bytes(), path.as_bytes()), fits, "{pattern} {path}");
        }
        let hosts = [("foo.com", "foo.com", true), ("*.foo.com", "a.foo.com", true), ("*.foo.com", "foo.com", false)];
        for (pattern, host, fits) in hosts {
            assert_eq!(host_fits(pattern.as_bytes(), host.as_bytes()), fits, "{pattern} {host}");
        }
        let patterns: [Box<str>; 3] = ["/*".into(), "/foo*".into(), "/foo".into()];
        let best = |path: &str| position(&patterns, |p| uri_fits(p.as_bytes(), path.as_bytes()));
        assert_eq!((best("/foo"), best("/foo1"), best("/x")), (Some(2), Some(1), Some(0)));
    }

    #[test]
    fn values_are_escaped() {
        let mut out = String::new();
        escape("a\"b\\c\nd", &mut out);
        assert_eq!(out, "a\\\"b\\\\c\\nd");
    }
}
