//! What clients of HTTP/2 do that do not mean well (`reference/hardening` section 3). Each attack goes on until the gateway has
//! had enough of it, and panics if it never has. Tests run each once beside a client of good will, `benches/floods` again and
//! again with figures of what that client feels.

use std::io::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::frames::{self, Door, END_HEADERS, END_STREAM, H2, block, code, frame, kind, request};
use crate::{Upstream, wait_for};

/// An attack.
pub struct Flood {
    /// What it does.
    pub name: &'static str,
    /// Does it.
    pub attack: fn(&Door),
}

/// All of them.
pub const ALL: [Flood; 20] = [
    Flood { name: "rapid reset", attack: rapid_reset },
    Flood {
        name: "provoked: WINDOW_UPDATE 0",
        attack: |d| provoke(d, |id| frame(kind::WINDOW_UPDATE, 0, id, &[0; 4])),
    },
    Flood {
        name: "provoked: window overflow",
        attack: |d| provoke(d, |id| frame(kind::WINDOW_UPDATE, 0, id, &OVERFLOW)),
    },
    Flood { name: "provoked: DATA after the end", attack: |d| provoke(d, |id| frame(kind::DATA, 0, id, b"x")) },
    Flood { name: "provoked: PRIORITY on itself", attack: |d| provoke(d, on_itself) },
    Flood { name: "streams beyond the limit", attack: too_many_streams },
    Flood { name: "empty CONTINUATION", attack: |d| continuations(d, b"") },
    Flood { name: "CONTINUATION of small fields", attack: |d| continuations(d, &[0, 1, b'x', 1, b'y']) },
    Flood { name: "HPACK bomb", attack: bomb },
    Flood { name: "HPACK bomb of cookie crumbs", attack: crumbs },
    Flood { name: "stalled windows", attack: shut_windows },
    Flood { name: "a client that reads nothing", attack: deaf },
    Flood { name: "SETTINGS", attack: |d| control(d, &frame(kind::SETTINGS, 0, 0, &[])) },
    Flood { name: "PING", attack: |d| control(d, &frame(kind::PING, 0, 0, &[0; 8])) },
    Flood { name: "PRIORITY", attack: |d| control(d, &frame(kind::PRIORITY, 0, 1, &[0, 0, 0, 0, 1])) },
    Flood { name: "WINDOW_UPDATE", attack: |d| control(d, &frame(kind::WINDOW_UPDATE, 0, 0, &1u32.to_be_bytes())) },
    Flood { name: "empty DATA", attack: |d| control(d, &frame(kind::DATA, 0, 1, &[])) },
    Flood {
        name: "DATA of padding alone",
        attack: |d| control(d, &frame(kind::DATA, 8, 1, &[9, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
    },
    Flood { name: "unknown frames", attack: |d| control(d, &frame(99, 0, 0, b"what")) },
    Flood { name: "requests without a pause", attack: busy },
];

const OVERFLOW: [u8; 4] = 0x7fff_ffff_u32.to_be_bytes();

/// The attack of a name.
pub fn named(name: &str) -> &'static Flood {
    ALL.iter().find(|flood| flood.name == name).unwrap_or_else(|| panic!("no flood {name}"))
}

/// The configuration under which no attack takes long.
pub fn config() -> Value {
    json!({
        "nginx_config": { "http": { "send_timeout": "1s" } },
        "gateway": { "limits": { "http2_block_ms": 300 } },
    })
}

/// An upstream for all of them: of `/slow` it waits until the gateway closes, `/big` is a MiB.
pub fn upstream() -> Upstream {
    let big = Arc::new(vec![b'x'; 1 << 20]);
    Upstream::new(move |got, stream| {
        if got.line.contains("/slow") {
            let _ = std::io::Read::read(stream, &mut [0]);
            return false;
        }
        let length = if got.line.contains("/big") { big.len() } else { 0 };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&big[..length])).is_ok()
    })
}

/// The connection ended, and where the client could hear it, it was told why.
pub fn assert_calm(mut client: H2) {
    let code = client.goodbye();
    assert!(client.ended);
    assert!(matches!(code, Some(code::ENHANCE_YOUR_CALM) | None), "{code:?}");
}

fn rapid_reset(door: &Door) {
    let mut client = door.connect();
    for _ in 0..5000 {
        let id = client.stream_id();
        let request = frame(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&request("GET", "/slow")));
        let reset = frame(kind::RST_STREAM, 0, id, &code::CANCEL.to_be_bytes());
        if !client.write(&[request, reset].concat()) {
            break;
        }
    }
    assert_calm(client);
}

fn provoke(door: &Door, provoke: fn(u32) -> Vec<u8>) {
    let mut client = door.connect();
    for _ in 0..5000 {
        let id = client.stream_id();
        let request = frame(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&request("GET", "/slow")));
        if !client.write(&[request, provoke(id)].concat()) {
            break;
        }
    }
    let code = client.goodbye();
    assert!(client.ended);
    // Some of these end a connection at the first: then there is nothing to count.
    assert!(code.is_none_or(|code| code != code::NO_ERROR), "{code:?}");
}

fn on_itself(id: u32) -> Vec<u8> {
    frame(kind::PRIORITY, 0, id, &[&id.to_be_bytes()[..], &[1]].concat())
}

fn too_many_streams(door: &Door) {
    let mut client = door.connect();
    for _ in 0..130 {
        client.get("/slow");
    }
    client.until(|c| c.replies.values().filter(|r| r.reset == Some(code::REFUSED_STREAM)).count() == 2);
    let refused: Vec<u32> = client.replies.keys().copied().collect();
    assert_eq!(refused, [257, 259], "the first 128 run");
    for _ in 0..1200 {
        let id = client.stream_id();
        if !client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &block(&request("GET", "/slow"))) {
            break;
        }
    }
    assert_calm(client);
}

fn continuations(door: &Door, piece: &[u8]) {
    let mut client = door.connect();
    let id = client.stream_id();
    client.send(kind::HEADERS, END_STREAM, id, &block(&request("GET", "/")));
    for _ in 0..100_000 {
        if !client.send(kind::CONTINUATION, 0, id, piece) {
            break;
        }
    }
    assert_calm(client);
}

/// A long field enters the table, then each byte refers to it.
fn bomb(door: &Door) {
    let mut fields = block(&request("GET", "/"));
    fields.push(0x40);
    frames::string(b"x-bomb", &mut fields);
    frames::string(&[b'v'; 3900], &mut fields);
    fields.extend(std::iter::repeat_n(0x80 | 62, 12_000));
    refused(door, &fields, 60);
}

/// The same with crumbs of cookies, which each are small.
fn crumbs(door: &Door) {
    let mut fields = block(&request("GET", "/"));
    fields.push(0x40);
    frames::string(b"cookie", &mut fields);
    frames::string(b"", &mut fields);
    fields.extend(std::iter::repeat_n(0x80 | 62, 800));
    refused(door, &fields, 60);
}

/// Sends a head again and again: it is refused each time, or the connection ends.
fn refused(door: &Door, fields: &[u8], times: usize) {
    let mut client = door.connect();
    let mut refused = 0;
    for _ in 0..times {
        let id = client.stream_id();
        if !client.send(kind::HEADERS, END_HEADERS | END_STREAM, id, fields) {
            break;
        }
        let reply = client.reply(id);
        assert!(reply.status == 431 || reply.reset.is_some() || client.ended, "{reply:?}");
        refused += 1;
    }
    assert!(refused > 0);
}

fn shut_windows(door: &Door) {
    let mut clients: Vec<H2> = (0..2).map(|_| door.with(&[(4, 0)])).collect();
    for client in &mut clients {
        client.generous = false;
        for _ in 0..100 {
            client.get("/big");
        }
        let stuck = client.until(|c| c.replies.values().filter(|r| r.reset == Some(code::CANCEL)).count() == 100);
        assert!(stuck, "each is reset: {:?}", client.goaways);
    }
}

fn deaf(door: &Door) {
    let mut client = door.with(&[(4, 0x7fff_ffff)]);
    client.send(kind::WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
    for _ in 0..100 {
        client.get("/big");
    }
    // Its own side of the connection goes when the gateway has waited long enough.
    wait_for("the end", || (!client.send(kind::PING, 0, 0, &[0; 8])).then_some(()));
}

fn control(door: &Door, flood: &[u8]) {
    let mut client = door.connect();
    client.polite = false;
    client.head(&request("POST", "/"), false);
    let many = flood.repeat(100);
    let over = (0..10_000).any(|_| !client.write(&many));
    assert!(over, "taken for ever");
    assert_calm(client);
}

/// As much as fits: requests that are allowed, and keep a worker busy.
fn busy(door: &Door) {
    let mut client = door.connect();
    for _ in 0..100 {
        let ids: Vec<u32> = (0..32).map(|_| client.get("/busy")).collect();
        for id in ids {
            assert_eq!(client.reply(id).status, 200);
        }
    }
}
