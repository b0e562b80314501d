//! What has changed, who did it, those who follow it, and the way back: on the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gateway_tests::{Answer, Client, Gateway, Reader, Upstream, head, wait_for};
use rustix::process::Signal;
use serde_json::{Value, json};

/// What changes behind a revision.
fn events(gateway: &Gateway, since: u64) -> Reader {
    Reader::open(gateway, &format!("/live/events?since={since}"), "Accept: application/x-ndjson\r\n")
}

fn route(n: u64) -> Value {
    json!({ "uri": format!("/{n}"), "name": n.to_string(), "upstream": { "nodes": { "127.0.0.1:1": 1 } } })
}

fn post(gateway: &Gateway, path: &str, body: Value) -> Answer {
    gateway.call("POST", path, Some(&body))
}

#[test]
fn no_change_is_lost_or_made_up_whatever_kills_the_process() {
    let mut gateway = Gateway::start();
    for round in 0..3 {
        let (admin, key) = (gateway.admin, gateway.key());
        let stop = AtomicBool::new(false);
        let (gateway, stop) = (&mut gateway, &stop);
        let acknowledged: Vec<u64> = thread::scope(|scope| {
            // Two clients that write at once.
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    scope.spawn(move || {
                        let mut client = Client::connect(admin);
                        let mut written = Vec::new();
                        for n in (round * 100_000 + writer * 10_000).. {
                            if stop.load(Ordering::Acquire) {
                                break;
                            }
                            let path = format!("/apisix/admin/routes/r{}", n % 20);
                            let body = route(n).to_string();
                            let answer = client.request("PUT", &path, &[("X-API-KEY", key)], body.as_bytes());
                            // The last one finds nobody who answers.
                            if answer.status == 0 {
                                break;
                            }
                            assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
                            written.push(n);
                        }
                        written
                    })
                })
                .collect();
            let history = || gateway.call("GET", "/live/history?limit=1", None).json()["rev"].as_u64().unwrap();
            let goal = history() + 40;
            wait_for("writes", || (history() >= goal).then_some(()));
            gateway.signal(Signal::KILL);
            gateway.wait();
            stop.store(true, Ordering::Release);
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        gateway.restart();
        let history = gateway.call("GET", "/live/history?limit=1000", None).json();
        let changes = history["changes"].as_array().unwrap();
        let revisions: Vec<u64> = changes.iter().map(|change| change["rev"].as_u64().unwrap()).collect();
        assert!(revisions.windows(2).all(|pair| pair[0] == pair[1] + 1), "{revisions:?}");
        for n in acknowledged {
            let name = json!(n.to_string());
            let told = changes.iter().filter(|change| change["after"]["name"] == name).count();
            assert!(told == 1 || history["more"] == true, "round {round}: {n} is told {told} times");
        }
        // What is told last of each object is what is stored.
        for id in 0..20 {
            let path = format!("/routes/r{id}");
            let Some(last) = changes.iter().find(|change| change["path"] == path) else { continue };
            assert_eq!(gateway.call("GET", &path, None).json()["value"], last["after"]);
        }
    }
}

#[test]
fn before_the_first_change_there_is_nothing_more() {
    let gateway = Gateway::start();
    let history = |query: &str| gateway.call("GET", &format!("/live/history{query}"), None).json();
    assert_eq!(history(""), json!({ "rev": 0, "oldest": 0, "changes": [], "more": false, "next": null }));
    (1..=2).for_each(|n| gateway.put("/routes/1", &route(n)));
    for (query, more) in [("?limit=1", true), ("?limit=1000", false), ("?before=2", false)] {
        let told = history(query);
        assert!(told["more"] == more && told["rev"] == 2 && told["oldest"] == 1, "{query}: {told}");
    }
}

#[test]
fn who_follows_goes_on_where_it_was_when_the_gateway_died() {
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &route(1));
    let mut reader = events(&gateway, 0);
    assert_eq!(reader.next().unwrap()["rev"], 1);
    gateway.put("/routes/2", &route(2));
    let second = reader.next().unwrap();
    assert_eq!((&second["rev"], &second["by"]["key"]), (&json!(2), &json!("admin")));
    gateway.put("/routes/3", &route(3));
    gateway.signal(Signal::KILL);
    gateway.wait();
    gateway.restart();
    gateway.put("/routes/4", &route(4));
    let mut reader = events(&gateway, 2);
    assert_eq!(reader.next().unwrap()["rev"], 3);
    assert_eq!(reader.next().unwrap()["rev"], 4);
    // At the end of the process the stream ends as it should.
    gateway.signal(Signal::TERM);
    assert_eq!(reader.next(), None);
    assert!(gateway.wait().success());
}

#[test]
fn a_reader_who_does_not_read_holds_up_nobody() {
    let gateway = Gateway::start();
    let mut slow = events(&gateway, 0);
    let mut client = Client::connect(gateway.admin);
    let text = "x".repeat(60_000);
    const WRITES: u64 = 1300;
    let proto = json!({ "content": format!("syntax = \"proto3\"; // {text}") }).to_string();
    for n in 1..=WRITES {
        let answer = client.request("PUT", "/apisix/admin/protos/1", &[("X-API-KEY", gateway.key())], proto.as_bytes());
        assert!(matches!(answer.status, 200 | 201), "{n}: {}", answer.text());
    }
    // All it missed is told, in the place where it is missing.
    let (mut next, mut dropped) = (1, 0);
    while next <= WRITES {
        let line = slow.next().unwrap();
        match line["dropped"].as_u64() {
            Some(number) => {
                dropped += number;
                next += number;
            }
            None => {
                assert_eq!(line["rev"], next);
                next += 1;
            }
        }
    }
    assert!((1..WRITES - 1000).contains(&dropped), "the journal has what memory has not, and no more: {dropped}");
}

#[test]
fn so_many_streams_and_no_more_until_one_reader_goes() {
    let gateway = Gateway::start();
    let mut readers: Vec<Reader> = (0..32).map(|_| events(&gateway, 0)).collect();
    let one_more = || {
        let mut client = Client::connect(gateway.admin);
        client.write(format!(
            "GET /apisix/admin/live/events HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: {}\r\nAccept: text/event-stream\r\n\r\n",
            gateway.key()
        ));
        head(&mut client)
    };
    let head = one_more();
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("retry-after: 1\r\n"), "{head}");
    // Documents are no streams, and writes go on.
    assert_eq!(gateway.call("GET", "/live/events", None).status, 200);
    readers.pop();
    wait_for("the place of who has gone", || one_more().starts_with("HTTP/1.1 200 ").then_some(()));
    gateway.put("/routes/1", &route(1));
    for reader in &mut readers {
        assert_eq!(reader.next().unwrap()["path"], "/routes/1");
    }
}

#[test]
fn two_clients_who_apply_at_once_do_not_overwrite_each_other() {
    let gateway = Gateway::start();
    gateway.put("/services/counter", &json!({ "desc": "0" }));
    const EACH: u64 = 25;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    loop {
                        let now = gateway.call("GET", "/services/counter", None).json();
                        let n: u64 = now["value"]["desc"].as_str().unwrap().parse().unwrap();
                        let value = json!({ "desc": (n + 1).to_string() });
                        let op = json!({ "op": "put", "path": "/services/counter", "value": value, "if_match": now["modifiedIndex"] });
                        let answer = post(&gateway, "/live/apply", json!({ "ops": [op] }));
                        if answer.status == 200 {
                            break;
                        }
                        assert!(answer.text().contains("revision is "), "{}", answer.text());
                    }
                }
            });
        }
    });
    let end = gateway.call("GET", "/services/counter", None).json();
    assert_eq!(end["value"]["desc"], (2 * EACH).to_string());
}

#[test]
fn going_back_is_live_at_once_secrets_included() {
    let upstream = Upstream::text("ok");
    let mut gateway = Gateway::start();
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/upstreams/u", &nodes);
    gateway.put("/consumers", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "first" } } }));
    gateway.put("/routes/1", &json!({ "uri": "/a", "plugins": { "key-auth": {} }, "upstream_id": "u" }));
    let rev = gateway.call("GET", "/live/history", None).json()["rev"].as_u64().unwrap();
    let with = |path: &str, key: &str| gateway_get(&gateway, path, key);
    assert_eq!(with("/a", "first"), 200);
    gateway.put("/consumers", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "second" } } }));
    gateway.put("/routes/2", &json!({ "uri": "/b", "upstream_id": "u" }));
    gateway.delete("/routes/1");
    assert_eq!((with("/a", "first"), with("/b", "")), (404, 200));
    let answer = post(&gateway, "/live/rollback", json!({ "rev": rev }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((with("/a", "first"), with("/a", "second"), with("/b", "")), (200, 401, 404));
    let line = r#"verb="ROLLBACK" key="/apisix/routes/1""#;
    wait_for("its line in the log", || gateway.stderr().contains(line).then_some(()));
    gateway.crash_and_restart();
    let with = |path: &str, key: &str| gateway_get(&gateway, path, key);
    assert_eq!((with("/a", "first"), with("/a", "second"), with("/b", "")), (200, 401, 404));
    for path in ["/live/history", "/live/events"] {
        let text = gateway.call("GET", path, None).text();
        assert!(!text.contains("first") && !text.contains("second"), "{text}");
    }
}

fn gateway_get(gateway: &Gateway, path: &str, key: &str) -> u16 {
    gateway.get_with(path, &[("apikey", key)]).status
}

#[test]
fn where_the_configuration_comes_whole_nothing_goes_back_in_parts() {
    let config = json!({ "deployment": { "role": "traditional", "role_traditional": { "config_provider": "yaml" } } });
    let gateway = Gateway::configured(config);
    let headers = [("X-API-KEY", gateway.key()), ("X-Digest", "1"), ("Connection", "close")];
    let body =
        json!({ "routes": [{ "id": "1", "uri": "/a", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }] }).to_string();
    let answer = Client::connect(gateway.admin).request("PUT", "/apisix/admin/configs", &headers, body.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.text());
    let history = gateway.call("GET", "/live/history", None).json();
    assert_eq!(
        (&history["changes"][0]["path"], &history["changes"][0]["by"]["key"]),
        (&json!("/routes/1"), &json!("admin"))
    );
    for (path, body) in [("/live/rollback", json!({ "rev": 0 })), ("/live/apply", json!({ "ops": [] }))] {
        let answer = post(&gateway, path, body);
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.text().contains("PUT /apisix/admin/configs"), "{}", answer.text());
    }
    let abilities = gateway.call("GET", "/live", None).json()["abilities"].clone();
    let has = |name: &str| abilities.as_array().unwrap().contains(&json!(name));
    assert!(has("events") && has("history") && !has("apply") && !has("rollback"), "{abilities}");
}

/// A result tells the first fault in words, and all of them beside that.
#[test]
fn all_that_is_wrong_with_an_object_is_told() {
    let gateway = Gateway::start();
    let value = json!({ "uri": "/a", "upstream_id": "none", "priority": "high", "surplus": 1 });
    let answer =
        post(&gateway, "/live/apply", json!({ "ops": [{ "op": "put", "path": "/routes/a", "value": value }] }));
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = answer.json();
    let details = answer["results"][0]["details"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert!(details.iter().any(|detail| detail["path"] == "/priority"), "{answer}");
    assert!(details.len() > 1 && details.iter().all(|detail| detail["message"].is_string()), "{answer}");
    let one = json!({ "uri": "/a", "upstream_id": "none" });
    let answer = post(&gateway, "/live/apply", json!({ "ops": [{ "op": "put", "path": "/routes/a", "value": one }] }));
    assert!(answer.json()["results"][0]["details"].is_null(), "{}", answer.text());
}
