//! HTTP/2 upstreams that do not mean well (`reference/hardening` section 3, the other way round): the request gets its error, the
//! connection is replaced, and the gateway's memory stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use gateway_tests::frames::{self, END_HEADERS, END_STREAM, H2, block, code, frame, kind};
use gateway_tests::{Answer, Client, Gateway, H2Upstream, wait_for, well};
use serde_json::{Value, json};

const HEAD: &[(&str, &str)] = &[(":status", "200")];

/// One worker: its connections are all there are.
fn gateway() -> Gateway {
    Gateway::configured(json!({ "nginx_config": { "worker_processes": 1 } }))
}

/// A gateway with a route at `/` to this upstream, which is asked once only.
fn routed(upstream: &H2Upstream) -> Gateway {
    let gateway = gateway();
    route(&gateway, upstream, json!({ "retries": 0 }));
    gateway
}

fn route(gateway: &Gateway, upstream: &H2Upstream, more: Value) {
    let mut object = json!({
        "type": "roundrobin", "scheme": "http", "http_version": "2", "nodes": { upstream.node(): 1 },
        "timeout": { "connect": 1, "send": 1, "read": 1 },
    });
    for (key, value) in more.as_object().unwrap() {
        object[key] = value.clone();
    }
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": object }));
}

fn ask(gateway: &Gateway) -> Answer {
    gateway.get_with("/", &[("Connection", "close")])
}

/// Runs `script` on the first connection while the others are of good will: the first request ends with `status`, the next one
/// is served.
fn expect(
    gateway: &Gateway,
    what: &str,
    status: u16,
    script: impl Fn(&mut H2, u32) + Send + Sync + 'static,
) -> H2Upstream {
    let upstream = H2Upstream::new(move |peer, number, stream| match number {
        0 => script(peer, stream),
        _ => well(peer, stream),
    });
    route(gateway, &upstream, json!({ "retries": 0 }));
    let before = gateway.memory();
    assert_eq!(ask(gateway).status, status, "{what}");
    let growth = gateway.memory().saturating_sub(before);
    assert!(growth <= 64 << 10, "{what}: memory grew by {growth} KiB");
    upstream
}

/// The same, and the connection is gone afterwards.
fn replaced(gateway: &Gateway, what: &str, script: impl Fn(&mut H2, u32) + Send + Sync + 'static) {
    let upstream = expect(gateway, what, 502, script);
    let answer = ask(gateway);
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{what}");
    // The next request may still have met the first connection, and gone elsewhere when that ended.
    assert!(upstream.connections() == 2 && upstream.requests() <= 3, "{what}: {}", upstream.requests());
    wait_for(what, || (upstream.open() <= 1).then_some(()));
}

/// The same, and the connection goes on.
fn kept(gateway: &Gateway, what: &str, script: impl Fn(&mut H2, u32) + Send + Sync + 'static) {
    let upstream = expect(gateway, what, 502, move |peer, stream| match stream {
        1 => script(peer, stream),
        _ => well(peer, stream),
    });
    let answer = ask(gateway);
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{what}");
    assert_eq!((upstream.connections(), upstream.requests()), (1, 2), "{what}");
}

#[test]
fn h2_07_floods_of_an_upstream_end_its_connection() {
    let gateway = gateway();
    type Flood = fn(u32) -> Vec<u8>;
    let floods: [(&str, Flood); 11] = [
        ("SETTINGS", |_| frame(kind::SETTINGS, 0, 0, &[])),
        ("PING", |_| frame(kind::PING, 0, 0, &[0; 8])),
        ("answers to PING", |_| frame(kind::PING, 1, 0, &[0; 8])),
        ("PRIORITY", |id| frame(kind::PRIORITY, 0, id, &[0, 0, 0, 0, 1])),
        ("WINDOW_UPDATE", |_| frame(kind::WINDOW_UPDATE, 0, 0, &1u32.to_be_bytes())),
        ("unknown", |_| frame(99, 0, 0, b"what")),
        ("GOAWAY", |_| frame(kind::GOAWAY, 0, 0, &[0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
        ("empty DATA", |id| frame(kind::DATA, 0, id, &[])),
        ("padding", |id| frame(kind::DATA, 8, id, &[[9u8; 1].as_slice(), &[0; 9]].concat())),
        ("interim heads", |id| frame(kind::HEADERS, END_HEADERS, id, &block(&[(":status", "103")]))),
        ("resets", |id| frame(kind::RST_STREAM, 0, id, &code::CANCEL.to_be_bytes())),
    ];
    for (what, flood) in floods {
        replaced(&gateway, what, move |peer, id| {
            peer.polite = false;
            let many = flood(id).repeat(100);
            while peer.write(&many) {}
        });
    }
    let log = gateway.stderr();
    assert!(log.len() < 32 << 10, "floods fill the log: {}", &log[..2000]);
}

#[test]
fn floods_behind_an_answer_end_the_connection_and_harm_no_request() {
    let upstream = H2Upstream::new(|peer, number, stream| {
        well(peer, stream);
        if number == 0 {
            let many = frame(kind::PING, 0, 0, &[0; 8]).repeat(100);
            while peer.write(&many) {}
        }
    });
    let gateway = routed(&upstream);
    assert_eq!(ask(&gateway).status, 200);
    wait_for("the end", || (upstream.open() == 0).then_some(()));
    for _ in 0..3 {
        assert_eq!(ask(&gateway).status, 200);
    }
    assert_eq!(upstream.connections(), 2);
}

#[test]
fn h2_03_streams_that_the_upstream_makes_us_reset_are_few() {
    let upstream = H2Upstream::new(|peer, number, stream| {
        if number > 0 || stream > 1 {
            return well(peer, stream);
        }
        well(peer, stream);
        // Whoever has said all says more, and more.
        while peer.send(kind::DATA, 0, stream, b"more") {}
    });
    let gateway = routed(&upstream);
    assert_eq!(ask(&gateway).status, 200);
    wait_for("the end", || (upstream.open() == 0).then_some(()));
    assert_eq!(ask(&gateway).status, 200);
}

#[test]
fn h2_04_h2_05_heads_of_an_upstream_have_bounds() {
    let gateway = gateway();
    kept(&gateway, "a field too long", |peer, id| {
        let value = "v".repeat(70_000);
        let fields = block(&[(":status", "200"), ("x", &value)]);
        let mut pieces = fields.chunks(16_000);
        peer.send(kind::HEADERS, 0, id, pieces.next().unwrap());
        let rest: Vec<_> = pieces.collect();
        for (n, piece) in rest.iter().enumerate() {
            peer.send(kind::CONTINUATION, if n + 1 == rest.len() { END_HEADERS } else { 0 }, id, piece);
        }
    });
    kept(&gateway, "too many fields", |peer, id| {
        let mut fields = block(HEAD);
        for _ in 0..1100 {
            fields.extend(block(&[("x", "")]));
        }
        peer.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &fields);
    });
    kept(&gateway, "a bomb of references", |peer, id| {
        let mut fields = block(HEAD);
        fields.push(0x40);
        frames::string(b"x-bomb", &mut fields);
        frames::string(&[b'v'; 3900], &mut fields);
        fields.extend(std::iter::repeat_n(0x80 | 62, 12_000));
        peer.send(kind::HEADERS, END_HEADERS | END_STREAM, id, &fields);
    });
    for (what, piece) in [("empty continuations", vec![]), ("continuations", block(&[("x", "y")]))] {
        replaced(&gateway, what, move |peer, id| {
            peer.send(kind::HEADERS, 0, id, &block(HEAD));
            let many = frame(kind::CONTINUATION, 0, id, &piece).repeat(10);
            while peer.write(&many) {}
        });
    }
}

#[test]
fn answers_that_are_none_are_502_and_end_no_more_than_their_stream() {
    let gateway = gateway();
    let head = |fields: &[(&str, &str)]| block(fields);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no status", head(&[("x", "y")])),
        ("an upper-case name", head(&[(":status", "200"), ("X", "y")])),
        ("a late status", head(&[("x", "y"), (":status", "200")])),
        ("a status of four digits", head(&[(":status", "2000")])),
        ("a status of letters", head(&[(":status", "abc")])),
        ("a switch", head(&[(":status", "101")])),
        ("connection", head(&[(":status", "200"), ("connection", "close")])),
        ("transfer-encoding", head(&[(":status", "200"), ("transfer-encoding", "chunked")])),
        ("lengths", head(&[(":status", "200"), ("content-length", "1"), ("content-length", "2")])),
        ("no length", head(&[(":status", "200"), ("content-length", "x")])),
        ("a line's end in a value", head(&[(":status", "200"), ("x", "a\r\nb: c")])),
    ];
    for (what, fields) in cases {
        let upstream = expect(&gateway, what, 502, move |peer, id| match id {
            1 => _ = peer.send(kind::HEADERS, END_HEADERS, id, &fields),
            _ => well(peer, id),
        });
        assert_eq!(ask(&gateway).status, 200, "{what}");
        assert!(upstream.requests() == 2, "{what}");
    }
}

#[test]
fn what_breaks_the_protocol_ends_the_connection() {
    let gateway = gateway();
    type Attack = fn(&mut H2, u32);
    let attacks: [(&str, Attack); 11] = [
        ("DATA before a head", |peer, id| _ = peer.send(kind::DATA, END_STREAM, id, b"x")),
        ("a stream that nobody opened", |peer, _| _ = peer.send(kind::HEADERS, END_HEADERS, 99, &block(HEAD))),
        ("a stream of its own", |peer, _| _ = peer.send(kind::HEADERS, END_HEADERS, 2, &block(HEAD))),
        ("a push", |peer, id| {
            let push = [&2u32.to_be_bytes()[..], &block(&frames::request("GET", "/pushed"))].concat();
            peer.send(5, END_HEADERS, id, &push);
        }),
        ("a window of the connection that grows by nothing", |peer, _| {
            _ = peer.send(kind::WINDOW_UPDATE, 0, 0, &[0; 4])
        }),
        ("a window of the connection too large", |peer, _| {
            peer.send(kind::WINDOW_UPDATE, 0, 0, &0x7fff_ffffu32.to_be_bytes());
        }),
        ("windows too large", |peer, _| _ = peer.send(kind::SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])),
        ("frames too small", |peer, _| _ = peer.send(kind::SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
        ("a frame too large", |peer, id| _ = peer.send(kind::DATA, 0, id, &[0; 20_000])),
        ("a table that is not there", |peer, id| _ = peer.send(kind::HEADERS, END_HEADERS, id, &[0x80 | 70])),
        ("HTTP/1.1", |peer, _| {
            peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }),
    ];
    for (what, attack) in attacks {
        replaced(&gateway, what, attack);
    }
}

#[test]
fn interim_heads_are_few() {
    let gateway = gateway();
    kept(&gateway, "interim heads", |peer, id| {
        for _ in 0..9 {
            peer.send(kind::HEADERS, END_HEADERS, id, &block(&[(":status", "103"), ("link", "</a>")]));
        }
        well(peer, id);
    });
}

#[test]
fn an_answer_is_as_long_as_was_said() {
    let gateway = gateway();
    for (said, sent) in [("2", "more"), ("10", "less"), ("0", "x")] {
        let upstream = H2Upstream::new(move |peer, _, id| {
            peer.send(kind::HEADERS, END_HEADERS, id, &block(&[(":status", "200"), ("content-length", said)]));
            peer.send(kind::DATA, END_STREAM, id, sent.as_bytes());
        });
        route(&gateway, &upstream, json!({ "retries": 0 }));
        let reply = H2::connect(gateway.proxy).ask("/");
        assert!(reply.reset.is_some() || reply.status == 502, "{said} {sent}: {reply:?}");
        assert!(said == "10" || reply.status == 502 || reply.body.is_empty(), "{said} {sent}: {reply:?}");
    }
}

#[test]
fn h2_06_windows_that_an_upstream_keeps_shut_hold_little_and_not_for_long() {
    let gateway = gateway();
    let body = vec![b'x'; 8 << 20];
    for shrinks in [false, true] {
        let settings: &[(u16, u32)] = if shrinks { &[] } else { &[(4, 0)] };
        let upstream = H2Upstream::greeting(settings, move |peer, _, _| {
            peer.generous = false;
            if shrinks {
                peer.send(kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
            }
        });
        route(&gateway, &upstream, json!({ "retries": 0 }));
        let before = gateway.memory();
        let mut clients: Vec<H2> = (0..4).map(|_| H2::connect(gateway.proxy)).collect();
        for client in &mut clients {
            for _ in 0..8 {
                let id = client.head(&frames::request("POST", "/"), false);
                client.data(id, &body[..16_000], false);
            }
        }
        for client in &mut clients {
            client.until(|c| c.replies.len() == 8 && c.replies.values().all(|r| r.whole || r.reset.is_some()));
            let statuses: Vec<u16> = client.replies.values().map(|r| r.status).collect();
            assert!(statuses.iter().all(|s| *s == 504), "{shrinks}: {statuses:?}");
        }
        assert!(gateway.memory().saturating_sub(before) < 64 << 10);
    }
}

#[test]
fn a_window_of_ours_is_kept_or_the_connection_ends() {
    let upstream = H2Upstream::new(|peer, number, id| {
        if number > 0 {
            return well(peer, id);
        }
        peer.send(kind::HEADERS, END_HEADERS, id, &block(HEAD));
        let piece = frame(kind::DATA, 0, id, &[b'x'; 16_000]);
        while peer.write(&piece) {}
    });
    let gateway = routed(&upstream);
    let before = gateway.memory();
    let mut client = H2::with(gateway.proxy, &[(4, 0)]);
    client.generous = false;
    let reply = client.ask("/");
    assert!(reply.reset.is_some() && reply.body.is_empty(), "{reply:?}");
    assert!(gateway.memory().saturating_sub(before) < 64 << 10);
    assert_eq!(ask(&gateway).status, 200);
    assert_eq!(upstream.connections(), 2);
}

fn goaway(last: u32, why: u32) -> Vec<u8> {
    frame(kind::GOAWAY, 0, 0, &[last.to_be_bytes(), why.to_be_bytes()].concat())
}

#[test]
fn goodbyes_without_end_are_believed_a_few_times() {
    let upstream = H2Upstream::new(|peer, _, _| _ = peer.write(&goaway(0, code::NO_ERROR)));
    let gateway = routed(&upstream);
    assert_eq!(ask(&gateway).status, 502);
    assert!(upstream.requests() <= 4, "{}", upstream.requests());
    wait_for("their ends", || (upstream.open() == 0).then_some(()));
}

#[test]
fn a_goodbye_with_an_error_does_not_send_again_what_may_have_been_done() {
    let upstream = H2Upstream::new(|peer, number, id| {
        if number > 0 {
            return well(peer, id);
        }
        peer.write(&goaway(id, code::INTERNAL_ERROR));
        let _ = peer.socket().shutdown(std::net::Shutdown::Both);
    });
    let gateway = routed(&upstream);
    route(&gateway, &upstream, json!({ "retries": 3 }));
    let answer = Client::connect(gateway.proxy).request("POST", "/", &[("Connection", "close")], b"once");
    assert_eq!((answer.status, upstream.requests()), (502, 1));
    assert_eq!(ask(&gateway).status, 200);
}

#[test]
fn a_goodbye_that_takes_its_word_back_ends_the_connection() {
    let gateway = gateway();
    replaced(&gateway, "rising", |peer, id| _ = peer.write(&[goaway(id, 0), goaway(id + 2, 0)].concat()));
}

#[test]
fn an_upstream_that_takes_no_stream_is_not_waited_for_without_end() {
    let upstream = H2Upstream::greeting(&[(3, 0)], |_, _, _| {});
    let gateway = routed(&upstream);
    let status = ask(&gateway).status;
    assert!((502..=504).contains(&status), "{status}");
    assert!(upstream.connections() <= 4, "{}", upstream.connections());
}

/// A node that answers whatever comes with `first`, and goes on listening.
fn stranger(first: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 64]).and_then(|_| stream.write_all(first));
            open.push(stream);
        }
    });
    addr
}

#[test]
fn up_a_node_that_does_not_speak_http2_costs_a_connect_and_the_next_one_is_asked() {
    let good = H2Upstream::new(|peer, _, stream| well(peer, stream));
    let gateway = gateway();
    let cases: [(&[u8], &str); 4] = [
        (b"", "it said nothing to the first words of HTTP/2"),
        (b"\xda\xbb\x02\x14\0\0\0\0\0\0\0\0\0\0\0\0", "it answers in Dubbo2"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "it answers in HTTP/1"),
        (b"Unsupported command: PRI\r\ndubbo>", "what it says first is no HTTP/2"),
    ];
    for (first, why) in cases {
        let bad = stranger(first);
        let nodes = json!({ "nodes": { bad.to_string(): 100, good.node(): 1 }, "retries": 1 });
        route(&gateway, &good, nodes);
        let began = std::time::Instant::now();
        let mut client = Client::connect(gateway.proxy);
        // A POST as well: the node has got nothing of it.
        let answer = client.request("POST", "/", &[], b"once");
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"), "{why}");
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{why}");
        wait_for(why, || gateway.stderr().contains(why).then_some(()));
    }
    assert_eq!(good.requests(), 4);
}
