//! Requests that somebody watches.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;

use super::one_route;
use super::script::{World, answer};
use crate::exchange::{Exchange, Framing};
use crate::expr::{Value, Var};
use crate::watch::{Filter, Statuses, WATCHERS, Watcher};

/// Writes down what it is told.
#[derive(Default)]
struct Reader {
    /// It wants no request without this in its path.
    chooses: Option<&'static str>,
    statuses: Statuses,
    bodies: usize,
    /// It wants to know nothing of plugins.
    blind: bool,
    asked: Mutex<usize>,
    told: Mutex<Vec<String>>,
}

impl Watcher for Reader {
    fn may_want(&self, x: &Exchange) -> bool {
        *self.asked.lock() += 1;
        self.chooses.is_none_or(|part| x.path().windows(part.len()).any(|window| window == part.as_bytes()))
    }

    fn finished(&self, x: &Exchange) {
        let plugins: Vec<String> = x
            .watched
            .ran(&x.chain, &x.globals)
            .map(|ran| match ran.exit {
                Some(status) => format!("{} {} {status}", ran.name, ran.phase),
                None => format!("{} {}", ran.name, ran.phase),
            })
            .collect();
        let text = |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let bodies = (text(x.watched.asked().as_deref()), text(x.watched.answered()));
        let bodies = if bodies == (None, None) { String::new() } else { format!(" {bodies:?}") };
        self.told.lock().push(format!("{} [{}]{bodies}", x.resp.status, plugins.join(", ")));
    }

    fn traces(&self) -> bool {
        !self.blind
    }

    fn bodies(&self) -> usize {
        self.bodies
    }

    fn chooses(&self) -> bool {
        self.chooses.is_some()
    }

    fn statuses(&self) -> Statuses {
        self.statuses
    }
}

impl Reader {
    fn of(reader: Reader, world: &World) -> (Arc<Reader>, Arc<dyn Watcher>) {
        let reader = Arc::new(reader);
        let watcher = Arc::clone(&reader) as Arc<dyn Watcher>;
        assert!(world.worker.shared.watch.add(Arc::clone(&watcher)));
        (reader, watcher)
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock())
    }
}

fn statuses(keeps: impl Fn(u16) -> bool) -> Statuses {
    let mut all = Statuses::ALL;
    all.retain(keeps);
    all
}

/// A request by an exchange that goes back to the worker.
fn get(world: &World, target: &str, status: u16) {
    world.upstream(answer(status, &[], &["a body", " of an answer"]));
    let (x, down) = world.get(target);
    assert_eq!(down.status, status);
    world.worker.recycle(x);
}

#[test]
fn each_is_told_of_what_it_wants_and_asked_no_more_than_it_must_be() {
    let world = one_route(json!({}));
    let (all, _) = Reader::of(Reader::default(), &world);
    let (found, _) = Reader::of(Reader { statuses: statuses(|status| status == 404), ..Reader::default() }, &world);
    let (chosen, _) = Reader::of(Reader { chooses: Some("x"), ..Reader::default() }, &world);
    for (target, status) in [("/a", 200), ("/x", 200), ("/a", 404), ("/x", 404), ("/a", 503), ("/a", 200)] {
        get(&world, target, status);
    }
    assert_eq!(all.told(), ["200 []", "200 []", "404 []", "404 []", "503 []", "200 []"]);
    assert_eq!(found.told(), ["404 []", "404 []"]);
    assert_eq!(chosen.told(), ["200 []", "404 []"]);
    let asked = [&all, &found, &chosen].map(|reader| *reader.asked.lock());
    assert_eq!(asked, [0, 0, 6]);
}

#[test]
fn what_one_request_left_is_not_told_of_another() {
    let world =
        one_route(json!({ "plugins": { "probe": { "name": "a" }, "probe2": { "name": "b", "exit": "access" } } }));
    let (seeing, seeing_too) = Reader::of(Reader { bodies: 8, ..Reader::default() }, &world);
    let get = || {
        let (x, down) = world.get("/");
        assert_eq!(down.status, 403);
        world.worker.recycle(x);
    };
    let phases = "probe rewrite, probe2 rewrite, probe access, probe2 access 403, probe header_filter, \
                  probe2 header_filter, probe body_filter, probe2 body_filter";
    (0..3).for_each(|_| get());
    let (told, row) = (seeing.told(), format!("403 [{phases}] (Some(\"\"), Some("));
    assert!(told.len() == 3 && told.iter().all(|told| told.starts_with(&row)), "{told:?}");
    // Who wants no plugins is told of none, though there is room for them.
    let (blind, _) = Reader::of(Reader { blind: true, ..Reader::default() }, &world);
    world.worker.shared.watch.remove(&seeing_too);
    get();
    assert_eq!((blind.told(), seeing.told().len()), (vec!["403 []".to_owned()], 0));
}

#[test]
fn nothing_is_held_of_who_has_gone() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "a" } } }));
    let (reader, watcher) = Reader::of(Reader::default(), &world);
    get(&world, "/", 200);
    world.worker.tick();
    world.worker.recycle(world.exchange("GET", "/", Framing::None));
    assert_eq!(reader.told().len(), 1);
    world.worker.shared.watch.remove(&watcher);
    drop(watcher);
    assert!(Arc::strong_count(&reader) > 1, "the worker and its exchange know it");
    world.worker.tick();
    assert_eq!(Arc::strong_count(&reader), 1);
    get(&world, "/", 200);
    assert!(reader.told().is_empty());
}

#[test]
fn bodies_that_are_kept_are_counted_as_long_as_the_request_lasts() {
    let world = one_route(json!({}));
    let (reader, _) = Reader::of(Reader { bodies: 4 << 20, ..Reader::default() }, &world);
    for _ in 0..8 {
        get(&world, "/", 200);
    }
    // There is room for two at a time.
    let (told, row) = (reader.told(), "200 [] (Some(\"\"), Some(\"a body of an answer\"))");
    assert!(told.len() == 8 && told.iter().all(|told| told == row), "{told:?}");
}

#[test]
fn as_many_as_there_may_be_are_told_each_what_it_wants() {
    let world = one_route(json!({}));
    let readers: Vec<_> = (0..WATCHERS)
        .map(|n| {
            let chooses = (n % 2 == 0).then_some("x");
            let statuses = if n % 3 == 0 { statuses(|status| status >= 400) } else { Statuses::ALL };
            Reader::of(Reader { chooses, statuses, ..Reader::default() }, &world).0
        })
        .collect();
    for (target, status) in [("/a", 200), ("/x", 200), ("/a", 404), ("/x", 404)] {
        get(&world, target, status);
    }
    for (n, reader) in readers.iter().enumerate() {
        let (any_target, any_status) = (n % 2 != 0, n % 3 != 0);
        let wanted = |target: bool, status: bool| (any_target || target) && (any_status || status);
        let wanted = [wanted(false, false), wanted(true, false), wanted(false, true), wanted(true, true)];
        assert_eq!(reader.told().len(), wanted.into_iter().filter(|wanted| *wanted).count(), "{n}");
    }
}

/// Arguments and paths look like stars from their first `K` on.
fn veil<'x>(_: &'x Exchange, var: &Var, value: Value<'x>) -> Value<'x> {
    let text = value.to_bytes().into_owned();
    match (var, text.iter().position(|b| *b == b'K')) {
        (Var::Arg(_) | Var::Uri | Var::Http(_), Some(at)) => [&text[..at], b"***"].concat().into(),
        _ => value,
    }
}

#[test]
fn a_filter_with_a_veil_compares_what_is_seen() {
    let world = one_route(json!({}));
    world.upstream(answer(200, &[], &["a body"]));
    let (x, _) = world.get("/Key/x?a=Key&b=seen");
    let wants = |args: &[(&str, &str)], mut filter: Filter| {
        args.iter().for_each(|(name, value)| assert_eq!(filter.take(name, value), Ok(true), "{name}={value}"));
        filter.may_want(&x) && filter.wants(&x)
    };
    for (name, value, plain, veiled) in [
        ("vars", r#"[["arg_a", "==", "Key"]]"#, true, false),
        ("vars", r#"[["arg_a", "~=", "Key"]]"#, false, true),
        ("vars", r#"[["arg_a", "~=", "Kex"]]"#, true, true),
        ("vars", r#"[["arg_a", "~~", "^Ke"]]"#, true, false),
        ("vars", r#"[["arg_a", "in", ["Key", "x"]]]"#, true, false),
        ("vars", r#"[["arg_a", "==", "***"]]"#, false, true),
        ("vars", r#"[["arg_b", "==", "seen"], ["status", 200]]"#, true, true),
        ("vars", r#"[["OR", ["arg_b", "==", "no"], ["arg_a", "==", "Key"]]]"#, true, false),
        ("path", "/Ke*", true, false),
        ("path", "/*", true, true),
        ("path", "/*/x", true, false),
    ] {
        let told = [Filter::default(), Filter::veiled(veil)].map(|filter| wants(&[(name, value)], filter));
        assert_eq!(told, [plain, veiled], "{name}={value}");
    }
    // The last one of a name holds here too.
    let mut two =
        [Filter::default(), Filter::veiled(veil)].map(|filter| wants(&[("path", "/no"), ("path", "/*")], filter));
    assert_eq!(two, [true, true]);
    two = [Filter::default(), Filter::veiled(veil)].map(|filter| wants(&[("path", "/*"), ("path", "/no")], filter));
    assert_eq!(two, [false, false]);
}

#[test]
fn fields_are_seen_through_the_veil_and_are_there_without_it() {
    let world = one_route(json!({}));
    let mut x = world.exchange("GET", "/", Framing::None);
    for (name, value) in [("x-a", "Key"), ("x-a", "plain"), ("x-b", "Key")] {
        x.req.head.append(crate::headers::HeaderName::new(name).unwrap().as_name(), value.as_bytes()).unwrap();
    }
    for (value, plain, veiled) in [
        ("X-A: Key", true, false),
        ("X-A: pl*n", true, true),
        ("X-B: K*", true, false),
        ("X-B: *e*", true, false),
        ("X-B: **", true, true),
        ("X-B", true, true),
        ("X-B:", false, false),
        ("X-C", false, false),
        ("X-C: *", false, false),
    ] {
        let told = [Filter::default(), Filter::veiled(veil)].map(|mut filter| {
            assert_eq!(filter.take("header", value), Ok(true), "{value}");
            filter.may_want(&x) && filter.wants(&x)
        });
        assert_eq!(told, [plain, veiled], "{value}");
    }
}
