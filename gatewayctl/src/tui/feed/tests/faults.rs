//! Servers that go, come back, refuse, stall, flood and tell nonsense.

use super::server::{Mood, Server};
use super::*;

#[test]
fn what_was_lost_comes_back() {
    let server = Server::start();
    server.change("routes", "a", Some(json!({"uri": "/a"})));
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    shell.watch(Source::Info);
    shell.same(&server);
    eventually("the changes are read", || server.times("/live/events") > 0);
    server.becomes(Mood::Gone);
    let lost = shell.link("lost for the second time", |link| matches!(link, Link::Lost { tries: 2.., .. }));
    let Link::Lost { next, why, .. } = lost else { panic!() };
    assert!(next >= Duration::from_millis(300) && next <= Duration::from_secs(10) && !why.is_empty(), "{next:?} {why}");
    let infos = server.times("/live/info");
    server.change("routes", "a", Some(json!({"uri": "/b"})));
    server.change("routes", "c", Some(json!({"uri": "/c"})));
    server.becomes(Mood::Well);
    shell.feed.ask(Ask::Refresh(Source::Info));
    shell.up();
    shell.same(&server);
    shell.has(Source::Events, |value| value["id"] == "c");
    eventually("documents are polled again", || server.times("/live/info") > infos);
    // A stream alone that breaks is no loss.
    shell.links.clear();
    let streams = server.times("/live/events");
    server.cut("events");
    eventually("it is begun again", || server.times("/live/events") > streams);
    server.change("routes", "d", Some(json!({"uri": "/d"})));
    shell.same(&server);
    assert_eq!(shell.links, []);
}

#[test]
fn another_store_behind_the_address_is_begun_anew() {
    let server = Server::start();
    server.change("routes", "a", Some(json!({"uri": "/a"})));
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    shell.same(&server);
    server.becomes(Mood::Gone);
    shell.link("lost", |link| matches!(link, Link::Lost { .. }));
    {
        let mut state = server.state();
        state.revision = 3;
        state.objects.clear();
        state.changes.clear();
        state.change("routes", "z", Some(json!({"uri": "/z"})));
    }
    server.becomes(Mood::Well);
    shell.up();
    shell.same(&server);
    server.change("routes", "y", Some(json!({"uri": "/y"})));
    shell.same(&server);
}

#[test]
fn a_gateway_that_is_back_before_anybody_asks_is_begun_anew() {
    let server = Server::start();
    for id in ["a", "b"] {
        server.change("routes", id, Some(json!({"uri": "/old"})));
    }
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    shell.watch(Source::History);
    shell.same(&server);
    // Other data, of a lower revision, of the same and of a higher one; the last is the same data with a change that was not told.
    for (instance, revision, keeps) in [("a2", 3, false), ("a3", 4, false), ("a4", 900, false), ("a5", 901, true)] {
        eventually("changes are read", || server.streams("events") > 0);
        let history = server.times("/live/history");
        {
            let mut state = server.state();
            (state.instance, state.revision) = (instance.to_owned(), revision);
            if !keeps {
                state.objects.clear();
            }
            state.changes.clear();
            state.objects.insert(format!("routes/{instance}"), (json!({"uri": "/new"}), revision));
        }
        server.cut("");
        shell.same(&server);
        eventually("what depends on it is read, too", || server.times("/live/history") > history);
        server.change("routes", "y", Some(json!({"uri": format!("/{instance}")})));
        shell.same(&server);
    }
}

#[test]
fn what_an_earlier_try_has_done_is_no_refusal() {
    let server = Server::start();
    let shell = Shell::start(&server);
    let mut shell = shell;
    shell.up();
    let mut call = |ticket, method: Method, value: Option<Value>| {
        server.state().lost = 1;
        let call = Call { method, path: "/routes/new".to_owned(), body: value, if_match: Some(0), patience: None };
        shell.feed.ask(Ask::Call(ticket, call));
        shell.answer(ticket)
    };
    assert!(call(1, Method::PUT, Some(json!({"uri": "/a"}))).is_ok());
    // Of somebody else it is one.
    let other = call(2, Method::PUT, Some(json!({"uri": "/b"}))).unwrap_err();
    assert_eq!(other.status, Some(412));
    assert!(call(3, Method::DELETE, None).is_ok());
    assert_eq!(server.state().objects.len(), 0);
}

#[test]
fn any_404_of_live_is_a_server_without() {
    let server = Server::start();
    {
        let mut state = server.state();
        (state.live, state.words) = (false, Some("no no".to_owned()));
    }
    server.change("routes", "a", Some(json!({"uri": "/a"})));
    let mut shell = Shell::start(&server);
    shell.watch(ROUTES);
    shell.watch(Source::Info);
    assert_eq!(shell.link("up", |link| matches!(link, Link::Up { .. })), Link::Up { live: false });
    shell.same(&server);
    assert_eq!(shell.value(Source::Info)["live"], Value::Null);
}

#[test]
fn a_key_that_is_refused_is_asked_for() {
    let server = Server::start();
    let mut shell = Shell::of(&settings(&server, "wrong"), options(), 64);
    shell.watch(Source::Info);
    let refused = |link: &Link| matches!(link, Link::Refused { .. });
    assert_eq!(shell.link("refused", refused), Link::Refused { why: "failed to check token: wrong apikey".to_owned() });
    let asked = server.times("/live");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(server.times("/live"), asked, "it waits for a key");
    shell.feed.ask(Ask::Key(KEY.to_owned()));
    shell.up();
    shell.value(Source::Info);
    // And one that is taken away.
    server.state().key = "other".to_owned();
    shell.feed.ask(Ask::Refresh(Source::Info));
    shell.link("refused again", refused);
    shell.call(1, Method::GET, "/routes", None);
    let failure = shell.answer(1).unwrap_err();
    assert_eq!(failure.status, Some(401));
    assert!(failure.hints[0].contains("is not one of the gateway's admin keys"), "{failure:?}");
    shell.feed.ask(Ask::Key("other".to_owned()));
    shell.up();
    shell.value(Source::Info);
}

#[test]
fn a_server_that_stalls_is_lost_and_found() {
    let server = Server::start();
    let mut shell = Shell::start(&server);
    shell.watch(Source::Tap);
    shell.up();
    eventually("the tap is read", || server.push("tap", "{}") > 0);
    // A stream that is silent, of a server that is there, is begun again.
    let taps = server.times("/live/tap");
    eventually("silence", || server.times("/live/tap") > taps);
    server.becomes(Mood::Stalled);
    let stalled = std::time::Instant::now();
    let lost = shell.link("stalled", |link| matches!(link, Link::Lost { .. }));
    let Link::Lost { why, .. } = lost else { panic!() };
    // All the time that passed, not only that of the last question.
    let told: u64 = why
        .strip_prefix("nothing came for ")
        .and_then(|rest| rest.strip_suffix(" s"))
        .unwrap_or_else(|| panic!("{why}"))
        .parse()
        .unwrap();
    assert!((3..=stalled.elapsed().as_secs() + 4).contains(&told), "{why}");
    server.becomes(Mood::Well);
    shell.up();
    eventually("the tap is read again", || server.push("tap", "{}") > 0);
}

#[test]
fn a_flood_is_thinned_and_counted_while_answers_arrive() {
    let server = Server::start();
    let mut shell = Shell::of(&settings(&server, KEY), options(), 8);
    shell.watch(Source::Tap);
    shell.up();
    const ROWS: u64 = 5_000;
    let line = json!({"padding": "x".repeat(500)}).to_string();
    eventually("the tap is read", || server.push("tap", &line) > 0);
    for _ in 1..ROWS {
        assert_eq!(server.push("tap", &line), 1);
    }
    shell.call(1, Method::GET, "/routes", None);
    assert!(shell.answer(1).is_ok());
    server.push("tap", "{\"last\":true}");
    let count = |shell: &Shell| {
        let rows = shell.told.iter().filter(|told| told.source == Source::Tap);
        rows.map(|told| told::dropped(&told.value).unwrap_or(1)).sum::<u64>()
    };
    shell.until("all rows, or their number", |_, shell| (count(shell) >= ROWS).then_some(()));
    let dropped = shell.told.iter().filter_map(|told| told::dropped(&told.value)).sum::<u64>();
    // How many are passed on depends on how quickly they are taken here.
    let told = shell.told.len() as u64;
    assert!(dropped > ROWS / 2 && told < ROWS / 2, "{dropped} {told}");
}

#[test]
fn garbage_is_told_once_and_does_no_harm() {
    let server = Server::start();
    server.state().documents.insert("/live/nodes".into(), (200, "<html>".into()));
    server.state().documents.insert("/live/discovery".into(), (200, "{}".into()));
    server.state().documents.insert("/live/logs".into(), (503, json!({"error_msg": "too many streams"}).to_string()));
    server.state().documents.insert("/routes".into(), (200, json!({"list": 1}).to_string()));
    let mut shell = Shell::start(&server);
    for source in [Source::Nodes, Source::Discovery, Source::Logs, ROUTES, Source::Stats] {
        shell.watch(source);
    }
    assert!(shell.failure(ROUTES).message.starts_with("GET /routes"));
    for (source, message) in [
        (Source::Nodes, "GET /apisix/admin/live/nodes answered something that is not JSON"),
        (Source::Discovery, "GET /live/discovery: the answer is no list"),
        (Source::Logs, "too many streams"),
    ] {
        let told = shell.told.iter().find(|told| told.source == source).map(|told| told::failure(&told.value).unwrap());
        let failure = told.unwrap_or_else(|| shell.failure(source));
        assert!(failure.message.starts_with(message), "{failure:?}");
    }
    eventually("stats are read", || server.push("stats", "{\"n\":1}") > 0);
    server.push("stats", "nonsense");
    assert!(shell.failure(Source::Stats).message.contains("sent a line that is not JSON"));
    std::thread::sleep(Duration::from_millis(1_500));
    let failures = |source| {
        let of = shell.told.iter().filter(|told| told.source == source);
        of.filter(|told| told::failure(&told.value).is_some()).count()
    };
    assert_eq!([failures(Source::Nodes), failures(Source::Logs), failures(Source::Stats)], [1, 1, 1]);
    assert!(server.times("/live/logs") < 6 && server.times("/live/stats") < 3);
    assert!(shell.links.iter().all(|link| !matches!(link, Link::Lost { .. })), "{:?}", shell.links);
    // Nothing but garbage is no server.
    server.becomes(Mood::Garbage);
    server.cut("");
    let lost = shell.link("lost", |link| matches!(link, Link::Lost { .. }));
    assert!(matches!(lost, Link::Lost { why, .. } if why.contains("not JSON")));
}

#[test]
fn what_is_no_admin_api_is_no_link() {
    let server = Server::start();
    let nowhere = (404, json!({"error_msg": "404 Route Not Found"}).to_string());
    server.state().documents.insert("/live".into(), nowhere.clone());
    server.state().documents.insert("/routes".into(), nowhere);
    let mut shell = Shell::start(&server);
    let lost = shell.link("lost", |link| matches!(link, Link::Lost { .. }));
    assert!(matches!(&lost, Link::Lost { why, .. } if why.contains("is not an Admin API")), "{lost:?}");
}

#[test]
fn a_server_without_live_endpoints_is_polled() {
    let server = Server::start();
    {
        let mut state = server.state();
        state.live = false;
        let checks = json!([{"name": "/apisix/upstreams/1", "nodes": [{"ip": "10.0.0.5", "port": 80, "status": "healthy", "counter": {"success": 1}}]}]);
        state.documents.insert("/v1/healthcheck".into(), (200, checks.to_string()));
        state.documents.insert("/metrics".into(), (200, "apisix_http_status{code=\"200\",route=\"1\"} 5\n".into()));
        state.change("routes", "1", Some(json!({"uri": "/a"})));
    }
    let mut shell = Shell::start(&server);
    shell.up();
    assert_eq!(shell.links.last(), Some(&Link::Up { live: false }));
    for source in [Source::Tap, Source::Logs, Source::Events, Source::Certs] {
        shell.watch(source);
        assert_eq!(shell.failure(source).message, format!("APISIX/3.18.0 has no live/{}", told::name(source)));
    }
    shell.watch(Source::Info);
    assert_eq!(shell.value(Source::Info), json!({"name": "APISIX", "version": "3.18.0", "live": null}));
    shell.watch(Source::Nodes);
    assert_eq!(shell.value(Source::Nodes)[0]["owner"], "upstreams/1");
    shell.watch(ROUTES);
    shell.same(&server);
    shell.feed.ask(Ask::Watch(Source::Stats, vec![("by", "route".to_owned())]));
    eventually("metrics are read", || server.times("/metrics") > 0);
    server
        .state()
        .documents
        .insert("/metrics".into(), (200, "apisix_http_status{code=\"200\",route=\"1\"} 9\n".into()));
    let stats = shell.value(Source::Stats);
    assert_eq!((&stats["req"]["n"], &stats["by"]["route"][0]["id"]), (&json!(4), &json!("1")));
    assert!(stats["ts"].as_f64().is_some());
    server.change("routes", "2", Some(json!({"uri": "/b"})));
    shell.same(&server);
    // Metrics that are gone are no lost link.
    server.state().documents.insert("/metrics".into(), (404, "no".into()));
    assert!(shell.failure(Source::Stats).message.contains("its metrics at"));
    assert!(shell.links.iter().all(|link| !matches!(link, Link::Lost { .. })));
}
