//! The pipeline against scripted sides: no sockets, every piece and every fault placed by hand.

mod script;
mod watched;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use self::script::{Down, Fault, Script, World, answer, probe};
use super::{Contained, Panicked, run};
use crate::exchange::Framing;
use crate::wire::WireError;
use gateway_model::Kind;

const NODE: &str = "127.0.0.1:1";

fn one_route(extra: serde_json::Value) -> World {
    let mut route = json!({ "uri": "/*", "upstream": { "nodes": { NODE: 1 } } });
    if let (Some(route), Some(extra)) = (route.as_object_mut(), extra.as_object()) {
        route.extend(extra.clone());
    }
    World::new(&[(Kind::Route, "r", route)])
}

#[test]
fn a_request_goes_to_its_upstream_and_the_answer_back() {
    let world = one_route(json!({}));
    world.upstream(answer(200, &[("X-Up", "1")], &["hello", " world"]));
    let (x, down) = world.get("/a?b=1");
    assert_eq!(down.status, 200);
    assert_eq!(down.body, b"hello world");
    assert!(down.finished && !down.aborted);
    assert_eq!(x.resp.head.get(crate::headers::Name::new(b"x-up").unwrap()), Some(&b"1"[..]));
    assert_eq!(world.sent(), ["GET /a?b=1"]);
    assert_eq!(world.released(), 1);
}

#[test]
fn an_exchange_in_flight_is_a_small_future() {
    let world = one_route(json!({}));
    let mut x = world.exchange("GET", "/", Framing::None);
    let mut down = Down::new(&[], Framing::None);
    let size = size_of_val(&run(&mut x, &mut down));
    // Allocators have a short way up to a KiB.
    assert!(size <= 1024, "{size} bytes: what is rare belongs into a box");
}

#[test]
fn who_cannot_judge_without_a_secret_refuses_and_who_only_watches_is_left_out() {
    const NOWHERE: &str = "$env://NOBODY_SETS_THIS";
    for (plugins, status, trace) in [
        (json!({ "probe": { "name": "a", "secret": NOWHERE } }), 503, vec![]),
        (json!({ "probe": { "name": NOWHERE } }), 503, vec![]),
        (
            json!({ "probe": { "name": "a", "other": NOWHERE } }),
            200,
            vec!["a rewrite", "a access", "a before", "a header", "a body", "a log"],
        ),
        (json!({ "probe2": { "name": NOWHERE } }), 200, vec![]),
    ] {
        let world = one_route(json!({ "plugins": plugins }));
        world.upstream(answer(200, &[], &["x"]));
        assert_eq!(world.get("/a").1.status, status, "{plugins}");
        assert_eq!(world.trace(), trace, "{plugins}");
    }
}

#[test]
fn a_plugin_that_cannot_use_its_metadata_runs_without_it() {
    for (metadata, told) in [
        (json!({ "name": "a" }), Some("a".to_owned())),
        (json!({ "name": "$env://NOBODY_SETS_THIS" }), None),
        (json!({ "name": "a", "other": "$env://NOBODY_SETS_THIS" }), Some("a".to_owned())),
    ] {
        let world = World::new(&[(Kind::PluginMetadata, "probe", metadata.clone())]);
        let found = world.worker.snapshot().metadata::<String>("probe");
        assert_eq!(found.as_deref(), told.as_ref(), "{metadata}");
    }
}

#[test]
fn no_route_is_404_after_the_global_rules() {
    let world = World::new(&[(Kind::GlobalRule, "g", json!({ "plugins": { "probe": { "name": "g" } } }))]);
    let (_, down) = world.get("/nothing");
    assert_eq!(down.status, 404);
    assert_eq!(down.body, b"{\"error_msg\":\"404 Route Not Found\"}\n");
    assert_eq!(world.trace(), ["g rewrite", "g access", "g header", "g body", "g log"]);
}

#[test]
fn phases_run_in_order_global_rules_around_the_route() {
    let mut route = json!({ "uri": "/*", "upstream": { "nodes": { NODE: 1 } } });
    route["plugins"] = json!({ "probe": { "name": "r" } });
    let world = World::new(&[
        (Kind::GlobalRule, "g", json!({ "plugins": { "probe2": { "name": "g" } } })),
        (Kind::Route, "r", route),
    ]);
    world.upstream(answer(200, &[], &["x"]));
    let (_, down) = world.get("/");
    assert_eq!(down.status, 200);
    assert_eq!(
        world.trace(),
        [
            "g rewrite",
            "r rewrite",
            "g access",
            "r access",
            "g before",
            "r before",
            "g header",
            "r header",
            "g body",
            "r body",
            "g log",
            "r log",
        ]
    );
}

#[test]
fn an_exit_answers_at_once_and_still_passes_the_filters() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "exit": "rewrite" } } }));
    let (_, down) = world.get("/");
    assert_eq!(down.status, 403);
    assert_eq!(down.body, b"{\"error_msg\":\"403 Forbidden\"}\n");
    assert_eq!(world.trace(), ["r rewrite", "r header", "r body", "r log"]);
    assert!(world.sent().is_empty());
}

#[test]
fn error_response_replaces_a_refusals_body() {
    let conf = json!({ "name": "r", "exit": "access", "_meta": { "error_response": { "why": "no" } } });
    let world = one_route(json!({ "plugins": { "probe": conf } }));
    let (_, down) = world.get("/");
    assert_eq!((down.status, &down.body[..]), (403, &b"{\"why\":\"no\"}\n"[..]));
}

#[test]
fn a_filter_that_says_no_keeps_the_plugin_out_of_every_phase() {
    let conf = json!({ "name": "r", "_meta": { "filter": [["arg_on", "==", "1"]] } });
    let world = one_route(json!({ "plugins": { "probe": conf } }));
    world.upstream(answer(200, &[], &["x"]));
    world.get("/?on=0");
    assert!(world.trace().is_empty());
    world.upstream(answer(200, &[], &["x"]));
    world.get("/?on=1");
    assert_eq!(world.trace().len(), 6);
}

#[test]
fn a_filter_that_cannot_be_judged_lets_the_plugin_run() {
    // The pattern gives up: nothing is said about whether it matches.
    let conf = json!({ "name": "r", "_meta": { "filter": [["uri", "~~", "^/(a|a)*(?<!a)b$"]] } });
    let world = one_route(json!({ "plugins": { "probe": conf } }));
    world.upstream(answer(200, &[], &["x"]));
    world.get(&format!("/{}", "a".repeat(64)));
    assert_eq!(world.trace().len(), 6);
}

#[test]
fn a_connect_failure_goes_to_the_next_node_whatever_the_method() {
    let world = one_route(json!({ "upstream": { "nodes": { NODE: 1, "127.0.0.1:2": 1 } } }));
    world.fault(Fault::Connect(WireError::Connect));
    world.upstream(answer(200, &[], &["ok"]));
    let (x, down) = world.post("/", &["body"]);
    assert_eq!(down.status, 200);
    assert_eq!(x.upstream.failed.len(), 1);
    assert_eq!(world.sent(), ["POST / body"]);
}

#[test]
fn a_post_is_not_sent_twice() {
    let world = one_route(json!({ "upstream": { "nodes": { NODE: 1, "127.0.0.1:2": 1 } } }));
    world.fault(Fault::Answer(WireError::Closed));
    let (_, down) = world.post("/", &["body"]);
    assert_eq!(down.status, 502);
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_put_is_sent_again_with_its_whole_body() {
    let world = one_route(json!({ "upstream": { "nodes": { NODE: 1, "127.0.0.1:2": 1 } } }));
    world.fault(Fault::Answer(WireError::Closed));
    world.upstream(answer(200, &[], &["ok"]));
    let (_, down) = world.put("/", &["part one,", "part two"]);
    assert_eq!(down.status, 200);
    assert_eq!(world.sent().last().map(String::as_str), Some("PUT / part one,part two"));
}

#[test]
fn when_every_node_failed_the_last_failure_is_the_answer() {
    let world = one_route(json!({ "upstream": { "nodes": { NODE: 1, "127.0.0.1:2": 1 } } }));
    world.fault(Fault::Connect(WireError::Connect));
    world.fault(Fault::Connect(WireError::Timeout));
    let (_, down) = world.get("/");
    assert_eq!(down.status, 504);
    assert_eq!(down.body, b"{\"error_msg\":\"504 Gateway Time-out\"}\n");
}

#[test]
fn a_kept_connection_that_died_is_replaced_once_without_counting_as_a_try() {
    let world = one_route(json!({ "upstream": { "nodes": { NODE: 1 }, "retries": 0 } }));
    world.fault(Fault::Stale);
    world.upstream(answer(200, &[], &["ok"]));
    let (_, down) = world.get("/");
    assert_eq!(down.status, 200);
}

#[test]
fn up_07_a_body_that_breaks_off_aborts_the_client() {
    let world = one_route(json!({}));
    let mut up = answer(200, &[], &["begin"]);
    up.breaks = Some(WireError::Closed);
    world.upstream(up);
    let (x, down) = world.get("/");
    assert!(down.aborted);
    assert_eq!(down.status, 200);
    assert!(!x.resp.finished);
    assert_eq!(world.released(), 0);
}

#[test]
fn up_06_a_101_that_nobody_asked_for_is_502() {
    let world = one_route(json!({}));
    world.upstream(answer(101, &[], &[]));
    assert_eq!(world.get("/").1.status, 502);
}

#[test]
fn up_09_an_answer_before_the_request_is_whole_stops_the_upload() {
    let world = one_route(json!({}));
    let mut up = answer(413, &[], &["too much"]);
    up.early = true;
    world.upstream(up);
    let mut down = Down::new(&["first"], Framing::Stream);
    down.stalls = true;
    let (_, down) = world.run("POST", "/", down);
    assert_eq!((down.status, &down.body[..]), (413, &b"too much"[..]));
    assert!(down.stopped);
    assert_eq!(world.released(), 0, "a connection with half a request on it is not kept");
}

#[test]
fn a_body_is_collected_for_a_plugin_that_asks_and_sent_whole() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "body": 16 } } }));
    world.upstream(answer(200, &[], &["x"]));
    let (x, down) = world.post("/", &["four", "more"]);
    assert_eq!(down.status, 200);
    assert_eq!(x.req.collected.as_deref(), Some(&b"fourmore"[..]));
    assert_eq!(world.sent(), ["POST / fourmore"]);
}

#[test]
fn a_body_over_the_plugins_limit_is_413() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "body": 4 } } }));
    let (_, down) = world.post("/", &["four", "more"]);
    assert_eq!(down.status, 413);
    assert!(world.sent().is_empty());
}

#[test]
fn a_body_of_the_client_that_breaks_off_is_not_answered() {
    let world = one_route(json!({}));
    let mut up = answer(200, &[], &["x"]);
    up.early = false;
    world.upstream(up);
    let mut down = Down::new(&["first"], Framing::Stream);
    down.breaks = Some(WireError::Closed);
    let (x, down) = world.run("POST", "/", down);
    assert!(down.aborted);
    assert_eq!(x.resp.status, 499);
}

#[test]
fn op_17_a_panic_in_any_phase_ends_that_request_alone() {
    for phase in ["rewrite", "access", "before", "header", "body"] {
        let world = one_route(json!({ "plugins": { "probe": { "name": "r", "panic": phase } } }));
        world.upstream(answer(200, &[], &["x"]));
        let mut x = world.exchange("GET", "/", Framing::None);
        let mut down = Down::new(&[], Framing::None);
        let outcome = world.block_on(Contained::new(run(&mut x, &mut down)));
        assert_eq!(outcome, Err(Panicked), "{phase}");
        // The worker goes on.
        let world = one_route(json!({}));
        world.upstream(answer(200, &[], &["fine"]));
        assert_eq!(world.get("/").1.body, b"fine");
    }
}

#[test]
fn a_panic_in_the_log_phase_is_counted_and_the_others_still_log() {
    let mut route = json!({ "uri": "/*", "upstream": { "nodes": { NODE: 1 } } });
    route["plugins"] = json!({ "probe": { "name": "r", "panic": "log" }, "probe2": { "name": "s" } });
    let world = World::new(&[(Kind::Route, "r", route)]);
    world.upstream(answer(200, &[], &["x"]));
    let (_, down) = world.get("/");
    assert_eq!(down.status, 200);
    assert!(world.trace().contains(&"s log".to_owned()));
    assert_eq!(world.worker.counters.panics.get(), 1);
}

#[test]
fn what_a_route_lacks_decides_the_status() {
    let nowhere = World::new(&[(Kind::Route, "r", json!({ "uri": "/*", "plugins": { "probe": { "name": "r" } } }))]);
    assert_eq!(nowhere.get("/").1.status, 503);
    let unknown = World::new(&[(Kind::Route, "r", json!({ "uri": "/*", "upstream_id": "none" }))]);
    assert_eq!(unknown.get("/").1.status, 502);
    let service = World::new(&[(Kind::Route, "r", json!({ "uri": "/*", "service_id": "none" }))]);
    assert_eq!(service.get("/").1.status, 404);
    let config = World::new(&[(
        Kind::Route,
        "r",
        json!({ "uri": "/*", "plugin_config_id": "none", "upstream": { "nodes": { NODE: 1 } } }),
    )]);
    assert_eq!(config.get("/").1.status, 503);
    let empty = World::new(&[(Kind::Route, "r", json!({ "uri": "/*", "upstream": { "nodes": [] } }))]);
    assert_eq!(empty.get("/").1.status, 503);
}

#[test]
fn a_change_relinks_only_what_it_touches() {
    let mut world = World::new(&[
        (Kind::Upstream, "u", json!({ "nodes": { NODE: 1 } })),
        (Kind::Route, "a", json!({ "uri": "/a", "upstream_id": "u" })),
        (Kind::Route, "b", json!({ "uri": "/b", "upstream_id": "u" })),
    ]);
    let local = |world: &World, path: &str| {
        world.upstream(answer(200, &[], &["x"]));
        world.get(path).0.route.clone().unwrap()
    };
    let (a, b) = (local(&world, "/a"), local(&world, "/b"));
    world.change(Kind::Route, "a", Some(json!({ "uri": "/a", "upstream_id": "u", "name": "new" })));
    assert!(!Rc::ptr_eq(&a, &local(&world, "/a")));
    assert!(Rc::ptr_eq(&b, &local(&world, "/b")));
    world.change(Kind::Upstream, "u", Some(json!({ "nodes": { "127.0.0.1:9": 1 } })));
    assert!(!Rc::ptr_eq(&b, &local(&world, "/b")));
    world.change(Kind::Route, "b", None);
    assert_eq!(world.get("/b").1.status, 404);
}

#[test]
fn old_snapshots_go_when_nobody_holds_them() {
    let mut world = one_route(json!({}));
    let held = world.worker.shared.snapshot();
    for n in 0..5 {
        world.change(Kind::Route, "r", Some(json!({ "uri": format!("/{n}"), "upstream": { "nodes": { NODE: 1 } } })));
    }
    assert!(Arc::strong_count(&held) >= 1);
    assert_eq!(world.worker.shared.generation.load(Ordering::Relaxed), world.generation_expected());
}

#[test]
fn path_13_identity_headers_of_the_client_do_not_reach_anybody() {
    let world = one_route(json!({}));
    world.upstream(answer(200, &[], &["x"]));
    let mut x = world.exchange("GET", "/", Framing::None);
    for (name, value) in [
        ("X-Consumer-Username", "root"),
        ("X_Consumer_Username", "root"),
        ("X-Userinfo", "e30="),
        ("X-User-Role", "admin"),
        ("X-Forwarded-Host", "evil"),
        ("X_Forwarded_For", "1.1.1.1"),
        ("X-Kept", "yes"),
    ] {
        probe::set(&mut x, name, value);
    }
    let mut down = Down::new(&[], Framing::None);
    world.block_on(run(&mut x, &mut down));
    let left: Vec<String> = x.req.head.iter().map(|(n, _)| n.as_str().to_owned()).collect();
    assert_eq!(left, ["Host", "X-Kept"]);
}

#[test]
fn trailers_go_behind_the_body_unless_a_plugin_takes_them() {
    let trailers = vec![("grpc-status", "202"), ("x-sum", "1")];
    let world = one_route(json!({}));
    world.upstream(Script { trailers: trailers.clone(), ..answer(200, &[], &["a", "b"]) });
    let (_, down) = world.get("/");
    assert_eq!((down.status, &down.body[..], &*down.trailers), (200, &b"ab"[..], "grpc-status: 202\nx-sum: 1\n"));

    // A head that waits can still be changed by what stands in the trailers.
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "holds": true } } }));
    world.upstream(Script { trailers, ..answer(200, &[], &["a", "b"]) });
    let (_, down) = world.get("/");
    assert_eq!((down.status, &down.body[..], &*down.trailers), (202, &b"ab"[..], ""));
}

#[test]
fn a_body_that_breaks_off_while_the_head_waits_is_an_answer_of_its_own() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "holds": true } } }));
    for (error, status) in [(WireError::Closed, 502), (WireError::Timeout, 504)] {
        world.upstream(Script { breaks: Some(error), ..answer(200, &[], &["a"]) });
        let (x, down) = world.post("/", &["x"]);
        assert_eq!((down.status, down.aborted), (status, false));
        assert_eq!(x.upstream.tries, 1);
    }
}

#[test]
fn a_request_body_passes_its_filters_piece_by_piece() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "filter": "upper" } } }));
    world.upstream(answer(200, &[], &["x"]));
    let (x, down) = world.post("/", &["ab", "cd", "e"]);
    assert_eq!((down.status, world.sent()), (200, vec!["POST / ABCDE!".to_owned()]));
    assert_eq!(x.req.received, 5, "what came of the client is counted");

    // Another try sends what the filters gave.
    let mut route = json!({ "uri": "/*", "upstream": { "nodes": { NODE: 1, "127.0.0.1:2": 1 } } });
    route["plugins"] = json!({ "probe": { "name": "r", "filter": "upper" } });
    let world = World::new(&[(Kind::Route, "r", route)]);
    world.fault(Fault::Answer(WireError::Closed));
    world.upstream(answer(200, &[], &["x"]));
    let (_, down) = world.put("/", &["ab", "c"]);
    assert_eq!((down.status, world.sent()), (200, vec!["PUT / ABC!".to_owned(), "PUT / ABC!".to_owned()]));

    // A plugin behind that collects gets what the filters gave.
    let mut route = json!({ "uri": "/*", "upstream": { "nodes": { NODE: 1 } } });
    route["plugins"] = json!({ "probe": { "name": "r", "filter": "upper" }, "probe2": { "name": "s", "late": 9 } });
    let world = World::new(&[(Kind::Route, "r", route)]);
    world.upstream(answer(200, &[], &["x"]));
    let (x, _) = world.post("/", &["ab", "c"]);
    assert_eq!(x.req.collected.as_deref(), Some(&b"ABC!"[..]));
    assert_eq!(world.sent(), ["POST / ABC!"]);
}

#[test]
fn a_filter_that_refuses_the_body_is_the_clients_fault() {
    let world = one_route(json!({ "plugins": { "probe": { "name": "r", "filter": "refuse" } } }));
    world.upstream(answer(200, &[], &["x"]));
    let (_, down) = world.post("/", &["ab", "cd"]);
    assert_eq!((down.status, down.aborted), (400, false));
    assert!(world.sent().is_empty());
}
