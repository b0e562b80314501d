//! What a client of HTTP/2 that does not mean well gets, in clear and over TLS: a test for each row of `reference/hardening`
//! section 3.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::floods::{self, Flood, assert_calm};
use gateway_tests::frames::{self, END_HEADERS, END_STREAM, block, code, integer, kind, request};
use gateway_tests::scene::{Doors, attacked};
use gateway_tests::{Upstream, wait_for};
use serde_json::json;

/// Runs attacks through both doors while others are served; gives the upstream of both.
fn all(names: &[&str]) -> (Doors, Upstream) {
    let upstream = floods::upstream();
    let doors = Doors::open(&upstream, floods::config());
    for name in names {
        let Flood { attack, .. } = floods::named(name);
        for door in doors.both() {
            attacked(&doors, || attack(&door));
        }
    }
    (doors, upstream)
}

fn asked(upstream: &Upstream, path: &str) -> usize {
    upstream.received().iter().filter(|got| got.line.contains(path)).count()
}

#[test]
fn h2_01_rapid_resets_end_the_connection() {
    let (_doors, upstream) = all(&["rapid reset"]);
    let worked = asked(&upstream, "/slow");
    assert!(worked <= 2 * 112, "of the streams of two connections {worked} reached the upstream");
}

#[test]
fn h2_02_resets_that_the_client_provokes_end_the_connection() {
    let names = [
        "provoked: WINDOW_UPDATE 0",
        "provoked: window overflow",
        "provoked: DATA after the end",
        "provoked: PRIORITY on itself",
    ];
    let (_doors, upstream) = all(&names);
    let worked = asked(&upstream, "/slow");
    assert!(worked <= 2 * 130 * names.len(), "{worked} streams reached the upstream");
}

#[test]
fn h2_03_streams_beyond_those_announced_are_refused_and_a_thousand_end_the_connection() {
    let (_doors, upstream) = all(&["streams beyond the limit"]);
    wait_for("all that were announced", || (asked(&upstream, "/slow") >= 2 * 128).then_some(()));
    assert_eq!(asked(&upstream, "/slow"), 2 * 128);
}

#[test]
fn h2_04_a_flood_of_continuations_ends_the_connection() {
    let (doors, upstream) = all(&["empty CONTINUATION", "CONTINUATION of small fields"]);
    assert!(upstream.received().iter().all(|got| got.line.contains("/good")));
    for door in doors.both() {
        // Five are fine.
        let mut client = door.connect();
        let id = client.stream_id();
        client.send(kind::HEADERS, END_STREAM, id, &block(&request("GET", "/")));
        for n in 0..5 {
            client.send(kind::CONTINUATION, if n == 4 { END_HEADERS } else { 0 }, id, &block(&[("x-a", "b")]));
        }
        assert_eq!(client.reply(id).status, 200);
        // A block whose end does not come.
        let id = client.stream_id();
        client.send(kind::HEADERS, END_STREAM, id, &block(&request("GET", "/")));
        assert_calm(client);
    }
}

#[test]
fn h2_05_a_bomb_of_references_is_refused_without_memory_for_each() {
    let (doors, upstream) = all(&["HPACK bomb", "HPACK bomb of cookie crumbs"]);
    assert!(upstream.received().iter().all(|got| got.line.contains("/good")));
    // The bound is announced.
    const MAX_HEADER_LIST_SIZE: [u8; 6] = [0, 6, 0, 0, 0x80, 0];
    let settings = doors.clear().connect().next_frame().unwrap();
    assert!(settings.payload.chunks(6).any(|setting| setting == MAX_HEADER_LIST_SIZE), "{settings:?}");
}

#[test]
fn h2_06_windows_that_stay_shut_hold_little_and_not_for_long() {
    all(&["stalled windows", "a client that reads nothing"]);
}

#[test]
fn h2_07_floods_of_control_frames_end_the_connection() {
    all(&["SETTINGS", "PING", "PRIORITY", "WINDOW_UPDATE", "empty DATA", "DATA of padding alone", "unknown frames"]);
}

#[test]
fn h2_08_what_cannot_be_decompressed_ends_the_connection() {
    let (doors, _upstream) = all(&[]);
    let mut larger = Vec::new();
    integer(0x20, 5, 1 << 20, &mut larger);
    let cases: [(&str, Vec<u8>); 4] = [
        ("a table larger than allowed", larger),
        ("an entry that is not there", vec![0x80 | 70]),
        ("EOS in Huffman code", [&[0x00, 0x84][..], &[0xff; 4], &[0x01, b'x']].concat()),
        ("padding of more than seven bits", [&[0x00, 0x82][..], &[0x1f, 0xff], &[0x01, b'x']].concat()),
    ];
    for (what, bad) in cases {
        for door in doors.both() {
            let mut client = door.connect();
            let id = client.stream_id();
            client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &bad);
            let code = client.goodbye();
            // The codec has one name for all of it.
            assert!(matches!(code, Some(code::COMPRESSION_ERROR | code::PROTOCOL_ERROR)), "{what}: {code:?}");
        }
    }
    assert_eq!(doors.gateway.get("/").status, 200);
}

#[test]
fn h2_09_settings_that_nobody_acknowledges_end_the_connection() {
    let upstream = Upstream::text("ok");
    let doors = Doors::open(&upstream, json!({ "gateway": { "limits": { "http2_settings_ms": 500 } } }));
    for door in doors.both() {
        let mut client = door.connect();
        client.polite = false;
        assert_eq!(client.goodbye(), Some(code::SETTINGS_TIMEOUT));
        // A preface that does not go on.
        let mut client = door.silent();
        client.write(&frames::PREFACE[..18]);
        assert_eq!(client.goodbye(), None);
        assert!(client.ended);
        assert_eq!(door.connect().ask("/").status, 200, "who does is served");
    }
}

#[test]
fn h2_10_one_busy_connection_leaves_room_for_others() {
    let upstream = floods::upstream();
    let doors = Doors::open(&upstream, json!({ "nginx_config": { "worker_processes": 1 } }));
    for door in doors.both() {
        attacked(&doors, || (floods::named("requests without a pause").attack)(&door));
    }
}
