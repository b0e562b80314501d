use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use super::bucket::Bucket;
use super::*;

/// A route as its configuration has it, with the key that was made of it.
#[derive(Debug)]
struct Rule {
    key: RouteKey,
    uris: Vec<String>,
    hosts: Vec<String>,
    /// Beyond [`Equals`]: a request with this mark is refused.
    refuses: Option<u8>,
}

impl Routed for Rule {
    fn key(&self) -> &RouteKey {
        &self.key
    }
}

fn rule(mode: Mode, slot: u32, uris: &[&str], hosts: &[&str]) -> Rule {
    let mut key = RouteKey::new(mode, uris, hosts);
    key.slot = slot;
    key.seq = u64::from(slot);
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Rule { key, uris: owned(uris), hosts: owned(hosts), refuses: None }
}

fn router(mode: Mode, rules: Vec<Rule>) -> Router<Rule> {
    let mut router = Router::new(mode);
    for rule in rules {
        router.insert(&Arc::new(rule));
    }
    router
}

fn slot(router: &Router<Rule>, host: &str, path: &str) -> Option<u32> {
    let mut captures = Captures::default();
    let found = router.find(host.as_bytes(), path.as_bytes(), method_bit(b"GET"), |_| true, &mut captures);
    found.map(|cand| cand.slot)
}

#[test]
fn buckets_fit_an_edge() {
    assert_eq!(size_of::<Option<Bucket<Rule>>>(), 16);
    assert_eq!(size_of::<Edge<Bucket<Rule>>>(), 64);
    assert_eq!(size_of::<Router<Rule>>(), 24);
}

#[test]
fn methods_have_bits_and_others_match_only_routes_without_methods() {
    assert_eq!(method_bit(b"GET"), 1);
    assert_eq!(method_bit(b"PURGE"), 1 << 9);
    assert_eq!(method_bit(b"get"), 0);
    let mut listed = rule(Mode::HostUri, 1, &["/a"], &[]);
    listed.key.methods = method_bit(b"GET") | method_bit(b"PURGE");
    let router = router(Mode::HostUri, vec![listed, rule(Mode::HostUri, 2, &["/*"], &[])]);
    let find = |method: &[u8]| {
        let found = router.find(b"h", b"/a", method_bit(method), |_| true, &mut Captures::default());
        found.map(|cand| cand.slot)
    };
    assert_eq!([&b"GET"[..], b"PURGE", b"POST", b"BREW"].map(find), [Some(1), Some(1), Some(2), Some(2)]);
}

#[test]
fn the_host_decides_before_the_path_in_the_default_mode() {
    let mode = Mode::HostUri;
    let router = router(
        mode,
        vec![
            rule(mode, 1, &["/*"], &["a.com"]),
            rule(mode, 2, &["/x"], &[]),
            rule(mode, 3, &["/y", "/only/*"], &["*.A.com", "*"]),
            rule(mode, 4, &["/y"], &["*.b.a.com"]),
            rule(mode, 5, &["/z"], &["c.com:8080"]),
        ],
    );
    let cases = [
        ("a.com", "/x", Some(1)),
        ("a.com:9080", "/x", Some(1)),
        ("a.com.", "/x", Some(1)),
        ("b.com", "/x", Some(2)),
        ("b.com", "/y", Some(3)),
        ("", "/y", Some(3)),
        ("c.a.com", "/y", Some(3)),
        (".a.com", "/only/1", Some(3)),
        ("x.b.a.com", "/y", Some(4)),
        ("b.a.com", "/y", Some(3)),
        // falls through from the longer wildcard to the shorter, then to the routes without host
        ("x.b.a.com", "/only/1", Some(3)),
        ("x.b.a.com", "/x", Some(2)),
        // a pattern with a port never matches in this mode
        ("c.com:8080", "/z", None),
        ("c.com", "/z", None),
        ("b.com", "/w", None),
    ];
    for (host, path, expected) in cases {
        assert_eq!(slot(&router, host, path), expected, "{host} {path}");
    }
}

#[test]
fn the_path_decides_before_the_host_in_the_other_modes() {
    let mode = Mode::Uri;
    let router = router(
        mode,
        vec![
            rule(mode, 1, &["/*"], &["a.com"]),
            rule(mode, 2, &["/x"], &[]),
            rule(mode, 3, &["/y"], &["*.a.com"]),
            rule(mode, 5, &["/z"], &["c.com:8080", "[::1]"]),
        ],
    );
    let cases = [
        ("a.com", "/x", Some(2)),
        ("a.com", "/y", Some(1)),
        ("b.a.com", "/y", Some(3)),
        ("c.com:8080", "/z", Some(5)),
        ("c.com", "/z", None),
        ("[::1]:9080", "/z", Some(5)),
        ("b.com", "/y", None),
    ];
    for (host, path, expected) in cases {
        assert_eq!(slot(&router, host, path), expected, "{host} {path}");
    }
}

#[test]
fn priority_orders_only_the_same_prefix_then_length_then_load_order() {
    let mode = Mode::Uri;
    let with = |slot, uri: &str, priority| {
        let mut rule = rule(mode, slot, &[uri], &[]);
        rule.key.priority = priority;
        rule
    };
    let router = router(
        mode,
        vec![
            with(1, "/a*", 100),
            with(2, "/a/b", -1),
            with(3, "/c/*", 0),
            with(4, "/c/*x", 1),
            with(5, "/d/*", 0),
            with(6, "/d/*longer", 0),
            with(7, "/e", 0),
            with(8, "/e", 0),
            with(9, "/*", i32::MAX),
            with(10, "/f*", i32::MIN),
        ],
    );
    let cases = [("/a/b", 2), ("/a/c", 1), ("/a", 1), ("/c/1", 4), ("/d/1", 6), ("/e", 7), ("/f", 10), ("/", 9)];
    for (path, expected) in cases {
        assert_eq!(slot(&router, "h", path), Some(expected), "{path}");
    }
}

#[test]
fn wildcards_capture_and_literals_are_literal() {
    let with = Mode::UriWithParameter;
    // (mode, pattern, path, captures or no match)
    type Case<'a> = (Mode, &'a str, &'a str, Option<&'a [(&'a str, &'a str)]>);
    let cases: &[Case<'_>] = &[
        (with, "/v1/:id/products/:type/list", "/v1/a/products/b/list", Some(&[("id", "a"), ("type", "b")])),
        (with, "/v1/:id/products/:type/list", "/v1/a/products/b/list/", None),
        (with, "/v1/:id/products/:type/list", "/v1//products/b/list", None),
        (with, "/v1/:id", "/v1/te%2Fst", Some(&[("id", "te%2Fst")])),
        (with, "/name/:name/bar", "/name/with space/bar", Some(&[("name", "with space")])),
        (with, "/name/:name/bar", "/name/with space/foo", None),
        (with, "/trailing/:name/", "/trailing/x/", Some(&[("name", "x")])),
        (with, "/trailing/:name/", "/trailing/x", None),
        (with, "/file:list", "/file:list", Some(&[])),
        (with, "/file:list", "/file:other", None),
        (with, "/:", "/:", Some(&[])),
        (with, "/user/:id/?", "/user/1/?", Some(&[("id", "1")])),
        (with, "/user/:id/?", "/user/1", None),
        (with, "/:a/*", "/x/y/z", Some(&[("a", "x"), (":ext", "y/z")])),
        (with, "/:a/*rest/:b", "/x/y/z/w", Some(&[("a", "x"), ("rest", "y/z"), ("b", "w")])),
        (Mode::HostUri, "/v1/:id", "/v1/:id", Some(&[])),
        (Mode::HostUri, "/v1/:id", "/v1/1", None),
        (Mode::HostUri, "/a/*", "/a/b", Some(&[])),
        (Mode::HostUri, "/a/*rest", "/a/", Some(&[("rest", "")])),
        (Mode::HostUri, "/a/*rest", "/a/b\n/c", Some(&[("rest", "b\n/c")])),
        (Mode::HostUri, "/a/*/c", "/a/b/d/c", Some(&[(":ext", "b/d")])),
        (Mode::HostUri, "/a/*/c", "/a/b/d", None),
        (Mode::HostUri, "/a/*/c", "/a/c", None),
        (Mode::HostUri, "/a/*x/b/*y", "/a/1/b/2/b/3", Some(&[("x", "1/b/2"), ("y", "3")])),
        (Mode::HostUri, "/*x/b/*y/c/*z", "/b/b/c/c/b/c/d", Some(&[("x", "b"), ("y", "c/c/b"), ("z", "d")])),
        (Mode::HostUri, "/a.b/*x", "/acb/1", None),
        (Mode::HostUri, "/a*/c", "/ab", Some(&[])),
        (Mode::HostUri, "*", "", Some(&[])),
        (Mode::HostUri, "/a%20b/*x", "/a b/c", Some(&[("x", "c")])),
    ];
    for &(mode, pattern, path, expected) in cases {
        let router = router(mode, vec![rule(mode, 1, &[pattern], &[])]);
        let mut captures = Captures::default();
        let found = router.find(b"h", path.as_bytes(), 1, |_| true, &mut captures).is_some();
        let read: Vec<(&[u8], &[u8])> = captures.iter().collect();
        let expected =
            expected.map(|list| list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect());
        assert_eq!(found.then_some(read), expected, "{pattern} {path}");
    }
}

#[test]
fn a_refused_candidate_leaves_no_captures() {
    let mode = Mode::UriWithParameter;
    let mut first = rule(mode, 1, &["/a/:id"], &[]);
    first.key.conditions = true;
    let router = router(mode, vec![first, rule(mode, 2, &["/a/*"], &[])]);
    let mut captures = Captures::default();
    let mut find = |accept: bool| {
        let found = router.find(b"h", b"/a/7", 1, |_| accept, &mut captures).map(|cand| cand.slot);
        (found, captures.get(b"id").map(<[u8]>::to_vec))
    };
    assert_eq!(find(true), (Some(1), Some(b"7".to_vec())));
    assert_eq!(find(false), (Some(2), None));
}

#[test]
fn a_route_with_more_patterns_than_numbers_is_found_by_each() {
    let mode = Mode::UriWithParameter;
    let uris: Vec<String> = (0..300).map(|at| format!("/p{at}/:id/x")).chain(["/q*".to_owned()]).collect();
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    let many = Arc::new(rule(mode, 1, &uris, &[]));
    let mut router = Router::new(mode);
    router.insert(&many);
    for path in ["/p0/1/x", "/p254/1/x", "/p255/1/x", "/p299/1/x", "/qq"] {
        assert_eq!(slot(&router, "h", path), Some(1), "{path}");
    }
    for path in ["/p254/1/y", "/p255/1/y", "/p299/x"] {
        assert_eq!(slot(&router, "h", path), None, "{path}");
    }
    router.remove(&many);
    assert!(router.is_empty());
}

#[test]
fn candidates_are_shown_in_order_with_the_reason() {
    let mode = Mode::Uri;
    let mut post = rule(mode, 1, &["/a/b"], &[]);
    post.key.methods = method_bit(b"POST");
    let rules =
        vec![rule(mode, 4, &["/*"], &[]), rule(mode, 3, &["/a/*"], &["x.com"]), rule(mode, 2, &["/a/*/c"], &[]), post];
    let router = router(mode, rules);
    let mut seen = Vec::new();
    router.walk_candidates(b"h", b"/a/b", method_bit(b"GET"), &mut |cand, verdict| {
        seen.push((cand.slot, verdict.method, verdict.host, verdict.path));
        ControlFlow::Continue(())
    });
    let expected = [(1, false, true, true), (2, true, true, false), (3, true, false, true), (4, true, true, true)];
    assert_eq!(seen, expected);
}

/// Counts whom it asks.
struct Counting<'v> {
    variable: &'v str,
    asked: usize,
}

impl<'a> Probe<'a, Rule> for Counting<'_> {
    fn check(&mut self, cand: &'a Cand<Rule>) -> bool {
        self.asked += 1;
        cand.route.key.equals.as_ref().is_none_or(|equals| *equals.value == *self.variable.as_bytes())
    }

    fn variable(&mut self, _: &'a str, _: &'a Cand<Rule>) -> Variable<'_> {
        Variable::Text(Cow::Borrowed(self.variable.as_bytes()))
    }
}

#[test]
fn a_crowded_prefix_asks_only_those_that_can_match() {
    let mode = Mode::UriWithParameter;
    let with = |slot: u32, uri: String, equals: Option<String>| {
        let mut rule = rule(mode, slot, &[&uri], &[]);
        rule.key.conditions = true;
        rule.key.equals =
            equals.map(|value| Equals { variable: "arg_u".into(), value: value.into_bytes().into_boxed_slice() });
        rule
    };
    let crowds: [Vec<Rule>; 3] = [
        // told apart by a variable, by the segment behind a parameter, by both
        (0..2000).map(|slot| with(slot, "/a/*".into(), Some(format!("u{slot}")))).collect(),
        (0..2000).map(|slot| with(slot, format!("/a/:x/s{slot}"), None)).collect(),
        (0..2000).map(|slot| with(slot, format!("/a/:x/s{}", slot / 50), Some(format!("u{}", slot % 50)))).collect(),
    ];
    for (crowd, (path, variable)) in
        crowds.into_iter().zip([("/a/1", "u1234"), ("/a/1/s1234", ""), ("/a/1/s24", "u34")])
    {
        let mut router = router(mode, crowd);
        router.insert(&Arc::new(with(5000, "/a/*".into(), None)));
        let mut probe = Counting { variable, asked: 0 };
        let found = router.find_with(b"h", path.as_bytes(), 1, &mut probe, &mut Captures::default());
        assert_eq!((found.map(|cand| cand.slot), probe.asked), (Some(1234), 1), "{path} {variable}");
    }
}

#[test]
fn one_change_in_a_crowd_leaves_most_of_it_shared() {
    let mode = Mode::HostUri;
    let rules: Vec<Arc<Rule>> = (0..20_000).map(|slot| Arc::new(rule(mode, slot, &["/*"], &[]))).collect();
    let mut router = Router::new(mode);
    for rule in &rules {
        router.insert(rule);
    }
    let counts = || rules.iter().filter(|rule| Arc::strong_count(rule) > 2).count();
    assert_eq!(counts(), 0);
    let old = router.clone();
    router.remove(&rules[10_000]);
    let copied = counts();
    assert!(copied < 100, "{copied} candidates were copied");
    assert_eq!(slot(&old, "h", "/x"), Some(0));
}

/// A request of the model test.
#[derive(Clone, Debug)]
struct Ask {
    host: &'static str,
    path: String,
    method: u16,
    mark: u8,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Ask {
    fn accepts(&self, rule: &Rule) -> bool {
        let equal = rule.key.equals.as_ref().is_none_or(|equals| {
            self.variables.get(&*equals.variable).is_some_and(|value| value.as_bytes() == &*equals.value)
        });
        equal && rule.refuses != Some(self.mark)
    }
}

impl<'a> Probe<'a, Rule> for &Ask {
    fn check(&mut self, cand: &'a Cand<Rule>) -> bool {
        self.accepts(&cand.route)
    }

    fn variable(&mut self, name: &'a str, sample: &'a Cand<Rule>) -> Variable<'_> {
        assert_eq!(sample.route.key.equals.as_ref().map(|equals| &*equals.variable), Some(name));
        self.variables.get(name).map_or(Variable::Absent, |value| Variable::Text(Cow::Borrowed(value.as_bytes())))
    }
}

/// The path against a pattern, read as the reference describes it: greedy, with backtracking.
fn naive_match(segments: &[&str], path: &str, parameters: bool) -> bool {
    let Some((&segment, rest)) = segments.split_first() else { return path.is_empty() };
    let follows = |path: &str| {
        if rest.is_empty() {
            return path.is_empty();
        }
        path.strip_prefix('/').is_some_and(|path| naive_match(rest, path, parameters))
    };
    if segment.starts_with('*') {
        return (0..=path.len()).rev().any(|end| path.is_char_boundary(end) && follows(&path[end..]));
    }
    if parameters && segment.starts_with(':') && segment.len() > 1 {
        let end = path.find('/').unwrap_or(path.len());
        return end > 0 && follows(&path[end..]);
    }
    path.strip_prefix(segment).is_some_and(follows)
}

/// The places (exact first, then longer literal prefixes first) where a path finds a pattern.
fn naive_place(uri: &str, path: &str, parameters: bool) -> Option<(bool, std::cmp::Reverse<usize>)> {
    let segments: Vec<&str> = uri.split('/').collect();
    let captures = |segment: &&str| segment.starts_with('*') || (parameters && segment.starts_with(':'));
    let first = segments.iter().position(captures);
    let begin = first.map(|at| segments[..at].iter().map(|segment| segment.len() + 1).sum::<usize>());
    let cut = [begin, uri.find('*')].into_iter().flatten().min();
    let Some(cut) = cut else { return (uri == path).then_some((false, std::cmp::Reverse(0))) };
    let fits = path.starts_with(&uri[..cut]) && (first.is_none() || naive_match(&segments, path, parameters));
    fits.then_some((true, std::cmp::Reverse(cut)))
}

fn naive_hosts(mode: Mode, rule: &Rule, host: &str) -> Vec<usize> {
    if rule.hosts.is_empty() {
        return vec![usize::MAX];
    }
    let ranks = rule.hosts.iter().filter_map(|known| match known.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix).then_some(1000 - suffix.len()),
        None => (known == host).then_some(0),
    });
    ranks.map(|rank| if mode == Mode::HostUri { rank } else { usize::MAX }).collect()
}

fn naive(mode: Mode, rules: &BTreeMap<u32, Arc<Rule>>, ask: &Ask) -> Option<u32> {
    let parameters = mode == Mode::UriWithParameter;
    let mut fitting = Vec::new();
    for rule in rules.values() {
        let listed = rule.key.methods == 0 || rule.key.methods & ask.method != 0;
        if !listed || !ask.accepts(rule) {
            continue;
        }
        for host in naive_hosts(mode, rule, ask.host) {
            for uri in &rule.uris {
                if let Some(place) = naive_place(uri, &ask.path, parameters) {
                    let order = (std::cmp::Reverse(rule.key.priority), std::cmp::Reverse(uri.len()), rule.key.seq);
                    fitting.push((host, place, order, rule.key.slot));
                }
            }
        }
    }
    fitting.into_iter().min().map(|(.., slot)| slot)
}

const URIS: &[&str] = &[
    "/",
    "/*",
    "/a",
    "/a*",
    "/a/b",
    "/a/*",
    "/a/*x",
    "/a/*/b",
    "/a/*/c",
    "/a/:x",
    "/a/:x/b",
    "/a/:x/c",
    "/a/:x/b/:y",
    "/:x/b",
    "/:x/*y",
    "/*x/b/*y/c",
    "/a/:x/b/*",
    "/a*/c",
    "/abc",
    "/ab*",
];
const HOSTS: &[&str] = &["a.com", "b.a.com", "*.a.com", "*.com", "*", "*a.com"];
const VARIABLES: &[&str] = &["arg_u", "http_x"];
const VALUES: &[&str] = &["", "1", "2", "3", "4"];

fn any_rule(mode: Mode) -> impl Strategy<Value = Rule> {
    // Two in three share the prefix `/a/`, so that it becomes a crowd.
    let uri = prop_oneof![prop::sample::select(&URIS[5..13]), prop::sample::select(URIS)];
    let uris = prop::collection::vec(uri, 1..3);
    let hosts = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(prop::sample::select(HOSTS), 1..3)];
    let methods = prop_oneof![3 => Just(0u16), 1 => 1..8u16];
    let equals = prop::option::weighted(0.6, (prop::sample::select(VARIABLES), prop::sample::select(VALUES)));
    let refuses = prop::option::weighted(0.4, 0..3u8);
    (uris, hosts, methods, -2..3i32, 0..20u64, equals, refuses).prop_map(
        move |(uris, hosts, methods, priority, seq, equals, refuses)| {
            let mut rule = rule(mode, 0, &uris, &hosts);
            rule.key.methods = methods;
            rule.key.priority = priority;
            rule.key.seq = seq;
            rule.key.conditions = equals.is_some() || refuses.is_some();
            rule.key.equals =
                equals.map(|(name, value)| Equals { variable: name.into(), value: value.as_bytes().into() });
            rule.refuses = refuses;
            rule
        },
    )
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let host = prop::sample::select(vec!["a.com", "b.a.com", "c.b.a.com", "xa.com", "com", "", ".a.com", "z.org"]);
    let segment = prop::sample::select(vec!["a", "b", "c", "ab", "abc", ""]);
    let path = prop::collection::vec(segment, 1..6).prop_map(|segments| format!("/{}", segments.join("/")));
    let method = prop::sample::select(vec![0, 1, 2, 4, 8]);
    let variables = prop::collection::btree_map(prop::sample::select(VARIABLES), prop::sample::select(VALUES), 0..3);
    (host, path, method, 0..3u8, variables).prop_map(|(host, path, method, mark, variables)| Ask {
        host,
        path,
        method,
        mark,
        variables,
    })
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![Mode::HostUri, Mode::Uri, Mode::UriWithParameter])
}

fn check(mode: Mode, router: &Router<Rule>, rules: &BTreeMap<u32, Arc<Rule>>, ask: &Ask) {
    let expected = naive(mode, rules, ask);
    let (host, path) = (ask.host.as_bytes(), ask.path.as_bytes());
    let mut captures = Captures::default();
    let closure = router.find(host, path, ask.method, |cand| ask.accepts(&cand.route), &mut captures);
    assert_eq!(closure.map(|cand| cand.slot), expected, "asked one by one: {ask:?}");
    let indexed = router.find_with(host, path, ask.method, &mut &*ask, &mut captures);
    assert_eq!(indexed.map(|cand| cand.slot), expected, "asked by index: {ask:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn it_finds_what_a_scan_finds_and_old_versions_stay(
        (mode, rules) in any_mode().prop_flat_map(|mode| (Just(mode), prop::collection::vec(any_rule(mode), 1..150))),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..150),
        asks in prop::collection::vec(any_ask(), 1..40),
    ) {
        let mut router = Router::new(mode);
        let mut model = BTreeMap::new();
        for (slot, mut rule) in (0..).zip(rules) {
            rule.key.slot = slot;
            let rule = Arc::new(rule);
            router.insert(&rule);
            model.insert(rule.key.slot, rule);
        }
        let old = (router.clone(), model.clone());
        for ask in &asks {
            check(mode, &router, &model, ask);
        }
        for index in &removed {
            let slots: Vec<u32> = model.keys().copied().collect();
            if let Some(rule) = (!slots.is_empty()).then(|| model.remove(index.get(&slots))).flatten() {
                router.remove(&rule);
            }
        }
        for ask in &asks {
            check(mode, &router, &model, ask);
            check(mode, &old.0, &old.1, ask);
        }
        for rule in model.values() {
            router.remove(rule);
        }
        prop_assert!(router.is_empty());
        drop(old);
        // Nothing keeps a removed route alive.
        prop_assert!(model.values().all(|rule| Arc::strong_count(rule) == 1));
    }
}
