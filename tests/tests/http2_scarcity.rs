//! Scarce connections and memory as clients of HTTP/2 meet them, in clear and over TLS (`reference/hardening` section 4).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::frames::{Door, H2, code};
use gateway_tests::scene::Doors;
use gateway_tests::{Upstream, wait_for};
use serde_json::json;

#[test]
fn slow_06_at_the_limit_idle_connections_are_told_goodbye() {
    let upstream = Upstream::stalling();
    let config = json!({
        "nginx_config": { "worker_processes": 1 },
        "gateway": { "limits": { "connections": 3 } },
    });
    for secure in [false, true] {
        let doors = Doors::open(&upstream, config.clone());
        let door = if secure { doors.secure() } else { doors.clear() };
        let before = upstream.received().len();
        let mut busy = door.connect();
        busy.get("/slow");
        wait_for("the request at the upstream", || (upstream.received().len() == before + 1).then_some(()));
        let mut idle: Vec<H2> = (0..2).map(|_| door.connect()).collect();
        for client in &mut idle {
            assert_eq!(client.ask("/good").status, 200);
        }
        // There is no room for this one before another goes.
        let mut late = door.connect();
        assert_eq!(late.ask("/good").status, 200);
        assert_eq!(idle[0].goodbye(), Some(code::NO_ERROR), "the one that has idled longest goes first");
        assert!(busy.ask("/good").status == 200 && busy.goaways.is_empty(), "one that works is left alone");
    }
}

/// A client whose form has come except for its last byte.
fn form(door: &Door, mib: usize) -> (H2, u32) {
    let mut client = door.connect();
    let length = ((mib << 20) + 7).to_string();
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/form"),
        (":authority", "localhost"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", &length),
    ];
    let id = client.head(&fields, false);
    let body = [&b"a=1&b="[..], &vec![b'x'; mib << 20]].concat();
    client.upload_some(id, &body, false);
    (client, id)
}

#[test]
fn slow_08_bodies_that_are_collected_do_not_eat_the_memory() {
    let upstream = Upstream::text("ok");
    let doors = Doors::open(
        &upstream,
        json!({ "gateway": { "limits": {
        "memory_bytes": 400 << 20, "memory_soft": 50, "memory_hard": 100
    } } }),
    );
    let node = upstream.node();
    let collected =
        json!({ "uri": "/form", "vars": [["post_arg_a", "==", "1"]], "upstream": { "nodes": { (node): 1 } } });
    doors.gateway.put("/routes/2", &collected);
    let mut idle: Vec<H2> = doors.both().iter().map(Door::connect).collect();
    for client in &mut idle {
        assert_eq!(client.ask("/").status, 200);
    }
    let forms: Vec<(H2, u32)> = (0..4).map(|n| form(&doors.both()[n % 2], 50)).collect();
    // Nobody new is served, and the idle go.
    let refused = wait_for("new clients to be refused", || Some(doors.gateway.get("/")).filter(|a| a.status != 200));
    assert_eq!((refused.status, refused.header("Connection")), (503, Some("close")));
    for client in &mut idle {
        assert_eq!(client.goodbye(), Some(code::NO_ERROR));
    }
    // Who is served is served to the end.
    for (mut client, id) in forms {
        client.data(id, b"x", true);
        assert_eq!(client.reply(id).status, 200);
    }
    wait_for("room again", || (doors.gateway.get("/").status == 200).then_some(()));
}
