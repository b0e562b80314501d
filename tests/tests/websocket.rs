//! WebSockets through the gateway: how long they live, who ends them and how, and what is told of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateway_tests::frames::{H2, request};
use gateway_tests::{
    Client, Gateway, H2Sockets, H2Upstream, Upstream, WebSocket, first, wait_for, well, ws_echo, ws_frame, ws_read,
    ws_upstream,
};
use rustix::process::Signal;
use serde_json::{Value, json};

const GOING_AWAY: u16 = 1001;
const PROTOCOL: u16 = 1002;
const TOO_BIG: u16 = 1009;

fn route(gateway: &Gateway, upstream: &Upstream, more: Value) {
    let mut route = json!({ "uri": "/*", "enable_websocket": true, "upstream": { "type": "roundrobin", "nodes": { (upstream.node()): 1 } } });
    for (key, value) in more.as_object().unwrap() {
        route[key] = value.clone();
    }
    gateway.put("/routes/1", &route);
}

fn limited(limits: Value) -> Gateway {
    Gateway::configured(json!({ "gateway": { "limits": limits } }))
}

/// An upstream that tells every frame it gets and says what it is told to.
struct Told {
    upstream: Upstream,
    frames: Receiver<Option<(u8, Vec<u8>)>>,
    say: Sender<Vec<u8>>,
}

impl Told {
    fn new() -> Told {
        let (tell, frames) = channel();
        let (say, said) = channel::<Vec<u8>>();
        let ends = Mutex::new(Some((tell, said)));
        let upstream = ws_upstream(move |_, mut peer| {
            let Some((tell, said)) = ends.lock().unwrap().take() else { return };
            let mut out = peer.stream.try_clone().unwrap();
            std::thread::spawn(move || said.iter().all(|bytes| out.write_all(&bytes).is_ok()));
            while let Some(frame) = peer.next() {
                let close = frame.0 == first::CLOSE;
                let _ = tell.send(Some(frame.clone()));
                if close {
                    peer.send(first::CLOSE, &frame.1);
                }
            }
            let _ = tell.send(None);
        });
        Told { upstream, frames, say }
    }

    /// A client's WebSocket through `gateway` to such an upstream; `more` stands on the route.
    fn beyond(gateway: &Gateway, more: Value) -> (Told, WebSocket<Client>) {
        let told = Told::new();
        route(gateway, &told.upstream, more);
        (told, WebSocket::open(gateway.proxy, "/chat"))
    }

    fn next(&self) -> Option<(u8, Vec<u8>)> {
        self.frames.recv_timeout(Duration::from_secs(20)).expect("something comes")
    }

    fn closed_with(&self) -> u16 {
        match self.next() {
            Some((first::CLOSE, payload)) => u16::from_be_bytes([payload[0], payload[1]]),
            other => panic!("no close: {other:?}"),
        }
    }
}

#[test]
fn at_a_shutdown_both_sides_are_told_and_the_process_does_not_wait() {
    let mut gateway = Gateway::start();
    let (told, mut client) = Told::beyond(&gateway, json!({}));
    assert!(client.send(first::TEXT, b"hello"));
    assert_eq!(told.next(), Some((first::TEXT, b"hello".to_vec())));
    gateway.signal(Signal::TERM);
    assert_eq!(client.closed_with(), GOING_AWAY);
    assert_eq!(told.closed_with(), GOING_AWAY);
    client.send(first::CLOSE, &GOING_AWAY.to_be_bytes());
    assert_eq!(client.next(), None, "the server closes first");
    assert_eq!(told.next(), None);
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn at_a_shutdown_a_frame_on_its_way_arrives_whole_before_the_close() {
    let mut gateway = Gateway::start();
    let (told, mut client) = Told::beyond(&gateway, json!({}));
    let payload = vec![b'x'; 70_000];
    let (up, down) = (ws_frame(true, first::BINARY, &payload), ws_frame(false, first::BINARY, &payload));
    client.stream.write_all(&up[..9]).unwrap();
    told.say.send(down[..30_000].to_vec()).unwrap();
    let mut begin = vec![0; 30_000];
    client.stream.read_exact(&mut begin).unwrap();
    gateway.signal(Signal::TERM);
    wait_for("the drain", || {
        (gateway_tests::send(gateway.status, "GET /status/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .status
            != 200)
            .then_some(())
    });
    // One after the other: an upstream that has heard the close answers it, wherever in a frame it is.
    told.say.send(down[30_000..].to_vec()).unwrap();
    let mut rest = vec![0; down.len() - 30_000];
    client.stream.read_exact(&mut rest).unwrap();
    let got = [begin, rest].concat();
    let differs = got.iter().zip(&down).position(|(got, sent)| got != sent);
    assert_eq!(differs.map(|at| &got[at..got.len().min(at + 20)]), None, "from byte {differs:?} on");
    assert_eq!(client.closed_with(), GOING_AWAY);
    client.stream.write_all(&up[9..]).unwrap();
    assert_eq!(told.next(), Some((first::BINARY, payload)));
    assert_eq!(told.closed_with(), GOING_AWAY);
    // This client never answers: it is not waited for for ever.
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn at_a_shutdown_one_on_an_http2_stream_is_told_as_well() {
    let upstream = ws_echo();
    let mut gateway = Gateway::start();
    route(&gateway, &upstream, json!({}));
    let mut client = H2::connect(gateway.proxy);
    let id = extended(&mut client, "/chat");
    client.until(|c| c.replies.get(&id).is_some_and(|r| r.status != 0));
    assert_eq!(client.replies[&id].status, 200);
    client.data(id, &ws_frame(true, first::TEXT, b"hello"), false);
    client.until(|c| ws_read(&c.replies[&id].body).is_some());
    let (used, ..) = ws_read(&client.replies[&id].body).unwrap();
    gateway.signal(Signal::TERM);
    client.until(|c| ws_read(&c.replies[&id].body[used..]).is_some());
    let (_, masked, first, payload) = ws_read(&client.replies[&id].body[used..]).unwrap();
    assert_eq!((masked, first, payload), (false, first::CLOSE, GOING_AWAY.to_be_bytes().to_vec()));
    client.data(id, &ws_frame(true, first::CLOSE, &GOING_AWAY.to_be_bytes()), false);
    let reply = client.reply(id);
    assert!(reply.whole && reply.reset.is_none(), "{reply:?}");
    drop(client);
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn an_answer_of_the_gateways_own_arrives_on_a_stream() {
    let upstream = ws_echo();
    let gateway = Gateway::start();
    let dead = json!({ "type": "roundrobin", "nodes": { "127.0.0.1:1": 1 } });
    let routes = [
        ("dead", 502, json!({ "upstream": dead })),
        ("mocking", 502, json!({ "plugins": { "mocking": { "response_example": "hi" } } })),
        ("refused", 401, json!({ "plugins": { "key-auth": {} } })),
    ];
    for (name, _, more) in &routes {
        let mut route = json!({ "uri": format!("/{name}"), "enable_websocket": true,
            "upstream": { "type": "roundrobin", "nodes": { upstream.node(): 1 } } });
        route.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gateway.put(&format!("/routes/{name}"), &route);
    }
    let mut client = H2::connect(gateway.proxy);
    for (name, status, _) in routes {
        let id = extended(&mut client, &format!("/{name}"));
        client.until(|c| c.replies.get(&id).is_some_and(|r| r.whole || r.reset.is_some()));
        let reply = &client.replies[&id];
        assert_eq!(reply.status, status, "{name}: {reply:?}");
    }
}

#[test]
fn another_answer_that_a_plugin_makes_of_a_101_ends() {
    let upstream = ws_echo();
    let gateway = Gateway::start();
    for (rewrite, over_stream, over_http1, body) in [
        (json!({ "status_code": 403, "body": "no" }), 403, 403, "no"),
        (json!({ "status_code": 403 }), 403, 403, ""),
        (json!({ "status_code": 404, "filters": [{ "regex": "a", "replace": "b" }] }), 404, 404, ""),
        (json!({ "status_code": 204 }), 502, 204, ""),
        // A stream would be open with a 2xx.
        (json!({ "status_code": 200, "body": "hello" }), 502, 200, "hello"),
    ] {
        route(&gateway, &upstream, json!({ "plugins": { "response-rewrite": rewrite } }));
        let mut client = H2::connect(gateway.proxy);
        let id = extended(&mut client, "/chat");
        client.until(|c| c.replies.get(&id).is_some_and(|r| r.whole || r.reset.is_some()));
        let reply = &client.replies[&id];
        assert_eq!((reply.status, reply.whole), (over_stream, true), "{rewrite}: {reply:?}");
        if over_stream == over_http1 {
            assert_eq!(String::from_utf8_lossy(&reply.body), body, "{rewrite}");
        }
        let (_, answer) = WebSocket::<Client>::ask(gateway.proxy, "/chat", &[]);
        assert_eq!((answer.status, answer.text()), (over_http1, body.into()), "{rewrite}");
        assert!(answer.whole && answer.header("upgrade").is_none(), "{rewrite}: {answer:?}");
    }
    // A body alone says nothing of the protocol: the WebSocket is one.
    route(&gateway, &upstream, json!({ "plugins": { "response-rewrite": { "body": "x" } } }));
    let mut client = H2::connect(gateway.proxy);
    let id = extended(&mut client, "/chat");
    client.data(id, &ws_frame(true, first::TEXT, b"hello"), false);
    client.until(|c| c.replies.get(&id).is_some_and(|r| ws_read(&r.body).is_some()));
    client.data(id, b"", true);
    assert!(client.reply(id).whole);
}

fn extended(client: &mut H2, path: &str) -> u32 {
    let mut fields = request("CONNECT", path);
    fields.insert(1, (":protocol", "websocket"));
    fields.push(("sec-websocket-version", "13"));
    client.head(&fields, false)
}

#[test]
fn one_that_nobody_uses_is_closed_on_both_sides() {
    // By the setting, or by the route's read timeout.
    for (limits, more) in [
        (json!({ "websocket_idle_ms": 300 }), json!({})),
        (json!({}), json!({ "timeout": { "connect": 5, "send": 5, "read": 1 } })),
    ] {
        let gateway = limited(limits);
        let (told, mut client) = Told::beyond(&gateway, more);
        assert_eq!(client.closed_with(), GOING_AWAY);
        assert_eq!(told.closed_with(), GOING_AWAY);
        client.send(first::CLOSE, &GOING_AWAY.to_be_bytes());
        assert_eq!(client.next(), None);
        assert_eq!(told.next(), None);
    }
}

#[test]
fn silent_sides_are_asked_and_their_answers_are_not_passed_on() {
    let gateway = limited(json!({ "websocket_ping_ms": 250, "websocket_idle_ms": 60000 }));
    let (told, mut client) = Told::beyond(&gateway, json!({}));
    for _ in 0..3 {
        // Each answers what it is asked, in turn or not.
        let (first, payload) = client.next().unwrap();
        assert_eq!(first, first::PING);
        client.send(first::PONG, &payload);
        let (first, payload) = told.next().unwrap();
        assert_eq!(first, first::PING, "nothing but pings comes");
        told.say.send(ws_frame(false, first::PONG, &payload)).unwrap();
    }
    // Pongs that answer nothing are the sides' own.
    client.send(first::PONG, b"unasked");
    loop {
        match told.next().unwrap() {
            (first::PING, payload) => told.say.send(ws_frame(false, first::PONG, &payload)).unwrap(),
            other => break assert_eq!(other, (first::PONG, b"unasked".to_vec())),
        }
    }
}

#[test]
fn a_side_that_does_not_answer_is_gone_and_the_other_is_told() {
    let gateway = limited(json!({ "websocket_ping_ms": 250 }));
    let (told, mut client) = Told::beyond(&gateway, json!({}));
    // The upstream answers pings, the client reads them and says nothing.
    let code = loop {
        match told.next().unwrap() {
            (first::PING, payload) => told.say.send(ws_frame(false, first::PONG, &payload)).unwrap(),
            (first::CLOSE, payload) => break u16::from_be_bytes([payload[0], payload[1]]),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, GOING_AWAY);
    while client.next().is_some() {}

    let mute = ws_upstream(|_, mut peer| while peer.next().is_some() {});
    route(&gateway, &mute, json!({}));
    let mut client = WebSocket::open(gateway.proxy, "/");
    let code = loop {
        match client.next().unwrap() {
            (first::PING, payload) => client.send(first::PONG, &payload),
            (first::CLOSE, payload) => break u16::from_be_bytes([payload[0], payload[1]]),
            other => panic!("{other:?}"),
        };
    };
    assert_eq!(code, GOING_AWAY);
}

#[test]
fn a_message_may_be_as_long_as_is_configured() {
    let gateway = limited(json!({ "websocket_message_bytes": 1000 }));
    let (told, mut client) = Told::beyond(&gateway, json!({}));
    client.send(first::BINARY, &[1; 1000]);
    assert_eq!(told.next(), Some((first::BINARY, vec![1; 1000])));
    client.send(0x02, &[2; 600]);
    assert_eq!(told.next(), Some((0x02, vec![2; 600])));
    client.send(first::PING, &[3; 100]);
    assert_eq!(told.next(), Some((first::PING, vec![3; 100])), "control frames do not count");
    client.send(0x80, &[4; 401]);
    assert_eq!(client.closed_with(), TOO_BIG);
    assert_eq!(told.closed_with(), GOING_AWAY, "nothing of the frame has come");
    client.send(first::CLOSE, &TOO_BIG.to_be_bytes());
    assert_eq!(client.next(), None);

    let (told, mut client) = Told::beyond(&gateway, json!({}));
    // A head is enough: what it announces need not come.
    told.say.send(ws_frame(false, first::TEXT, &[b'a'; 2000])[..4].to_vec()).unwrap();
    assert_eq!(client.closed_with(), GOING_AWAY);
    assert_eq!(told.closed_with(), TOO_BIG);
}

#[test]
fn where_frames_are_read_they_have_to_be_frames() {
    let gateway = limited(json!({ "websocket_message_bytes": 1000 }));
    let bad: [(&str, &[u8]); 4] = [
        ("no mask", &[0x81, 1, b'a']),
        ("a kind that there is not", &[0x83, 0x80, 0, 0, 0, 0]),
        ("a fragmented ping", &[0x09, 0x80, 0, 0, 0, 0]),
        ("more of no message", &[0x80, 0x80, 0, 0, 0, 0]),
    ];
    for (what, bytes) in bad {
        let (told, mut client) = Told::beyond(&gateway, json!({}));
        client.send(first::TEXT, b"good");
        client.stream.write_all(bytes).unwrap();
        assert_eq!(told.next(), Some((first::TEXT, b"good".to_vec())), "{what}");
        assert_eq!(told.closed_with(), GOING_AWAY, "{what}");
        assert_eq!(client.closed_with(), PROTOCOL, "{what}");
        assert_eq!(client.next(), None, "{what}");
    }
}

#[test]
fn a_close_of_their_own_is_theirs() {
    let upstream = ws_echo();
    for limits in [json!({}), json!({ "websocket_message_bytes": 1000, "websocket_ping_ms": 60000 })] {
        let gateway = limited(limits);
        route(&gateway, &upstream, json!({}));
        let mut client = WebSocket::open(gateway.proxy, "/");
        let close = ws_frame(true, first::CLOSE, &[&4321u16.to_be_bytes()[..], b"reason"].concat());
        // What follows it is for nobody.
        client.stream.write_all(&[close, ws_frame(true, first::TEXT, b"more")].concat()).unwrap();
        assert_eq!(client.next(), Some((first::CLOSE, [&4321u16.to_be_bytes()[..], b"reason"].concat())));
        assert_eq!(client.next(), None, "once");
    }
}

#[test]
fn nobody_is_read_faster_than_the_other_side_takes_it() {
    const WHOLE: usize = 256 << 20;
    let (stalled, wait) = channel();
    let stalled = Arc::new(Mutex::new(stalled));
    let upstream = ws_upstream(move |_, peer| {
        let piece = vec![b'z'; 1 << 20];
        peer.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        let (mut left, mut told) = (WHOLE, false);
        while left > 0 {
            match peer.stream.write(&piece[..left.min(piece.len())]) {
                Ok(n) => left -= n,
                Err(_) if !told => {
                    told = true;
                    stalled.lock().unwrap().send(left).unwrap();
                }
                Err(_) => {}
            }
        }
    });
    let gateway = Gateway::start();
    route(&gateway, &upstream, json!({}));
    let mut client = WebSocket::open(gateway.proxy, "/");
    let left = wait.recv_timeout(Duration::from_secs(30)).expect("the upstream has to wait");
    assert!(left > 0, "the client has read nothing");
    let (mut got, mut bytes) = (0, vec![0; 1 << 20]);
    while got < WHOLE {
        match client.stream.read(&mut bytes) {
            Ok(n) if n > 0 => got += n,
            other => panic!("{other:?} after {got}"),
        }
        assert!(bytes[..1].iter().all(|b| *b == b'z'));
    }
    assert_eq!(got, WHOLE);
}

#[test]
fn they_are_counted_while_they_are_open_and_logged_when_they_end() {
    let upstream = ws_echo();
    let gateway = Gateway::configured(json!({ "nginx_config": { "http": {
        "access_log_format": "$status $uri received=$request_length sent=$body_bytes_sent time=$request_time"
    } } }));
    route(&gateway, &upstream, json!({ "plugins": { "prometheus": {} } }));
    let open = r#"apisix_gateway_websocket_connections{route="1",service="",consumer="",node="127.0.0.1",request_type="traditional_http",request_llm_model="",llm_model=""}"#;
    let mut client = WebSocket::open(gateway.proxy, "/one");
    let mut other = H2::connect(gateway.proxy);
    let id = extended(&mut other, "/two");
    other.until(|c| c.replies.get(&id).is_some_and(|r| r.status != 0));
    assert_eq!(other.replies[&id].status, 200);
    wait_for("both to be open", || (gateway.metric(open) == 2).then_some(()));
    assert_eq!(gateway.metric("apisix_gateway_websockets_open"), 2);
    assert_eq!(gateway.access_log(), "", "they have not ended");
    client.send(first::TEXT, &[b'a'; 300]);
    assert_eq!(client.next().unwrap().1.len(), 300);
    client.send(first::CLOSE, &1000u16.to_be_bytes());
    while client.next().is_some() {}
    // The other one just goes.
    drop(other);
    wait_for("both to end", || (gateway.metric(open) == 0).then_some(()));
    assert_eq!(gateway.metric("apisix_gateway_websockets_open"), 0);
    assert_eq!(gateway.metric("apisix_gateway_websockets_total"), 2);
    assert_eq!(gateway.metric(&open.replace("connections", "connections_total")), 2);
    assert_eq!(gateway.metric(&open.replace("connections", "duration_seconds_count")), 2);
    let log = wait_for("the log", || {
        let log = gateway.access_log();
        (log.lines().count() == 2).then_some(log)
    });
    // 304 and 4 bytes went down: the messages with their heads; the request's length is that of its head and what came behind.
    let line = log.lines().find(|l| l.contains("/one")).unwrap();
    assert!(line.starts_with("101 /one received=") && line.contains(" sent=308 time="), "{log}");
    let received: usize = line.split("received=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(received > 316, "{log}");
}

#[test]
fn a_route_that_does_not_allow_them_gets_an_ordinary_request() {
    let upstream = ws_echo();
    let gateway = Gateway::start();
    route(&gateway, &upstream, json!({ "enable_websocket": false }));
    let (_, answer) = WebSocket::<Client>::ask(gateway.proxy, "/", &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(upstream.last().header("upgrade"), None);
}

fn over_http2(gateway: &Gateway, node: String, scheme: &str) {
    let mut upstream = json!({ "type": "roundrobin", "scheme": scheme, "nodes": { (node): 1 } });
    if scheme == "http" {
        upstream["http_version"] = "2".into();
    }
    gateway.put("/routes/1", &json!({ "uri": "/*", "enable_websocket": true, "upstream": upstream }));
}

#[test]
fn an_upstream_of_http2_gets_a_stream() {
    let upstream = H2Sockets::answering(200);
    let gateway = Gateway::start();
    for scheme in ["http", "grpc"] {
        over_http2(&gateway, upstream.node(), scheme);
        // From a client of HTTP/1.1, twice on the same connection.
        for _ in 0..2 {
            let (mut client, answer) = WebSocket::<Client>::ask(
                gateway.proxy,
                "/chat?x=1",
                &[("Sec-WebSocket-Protocol", "chat"), ("Origin", "http://a")],
            );
            assert_eq!(answer.status, 101);
            assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
            assert_eq!(answer.header("sec-websocket-protocol"), Some("chat"));
            let asked = upstream.last();
            assert_eq!(
                (asked.method().as_str(), asked.uri().path(), asked.uri().query()),
                ("CONNECT", "/chat", Some("x=1"))
            );
            assert_eq!(asked.extensions().get::<h2::ext::Protocol>().map(|p| p.as_str()), Some("websocket"));
            let field = |name: &str| asked.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
            assert_eq!(field("sec-websocket-version").as_deref(), Some("13"));
            assert_eq!(
                (field("sec-websocket-protocol").as_deref(), field("origin").as_deref()),
                (Some("chat"), Some("http://a"))
            );
            assert_eq!((field("sec-websocket-key"), field("upgrade"), field("connection")), (None, None, None));
            // An echo of bytes: what comes back is masked as it was.
            let frame = ws_frame(true, first::BINARY, &vec![b'b'; 200_000]);
            let mut out = client.stream.socket().try_clone().unwrap();
            let sent = frame.clone();
            let writer = std::thread::spawn(move || out.write_all(&sent).unwrap());
            let mut back = vec![0; frame.len()];
            client.stream.read_exact(&mut back).unwrap();
            writer.join().unwrap();
            assert!(back == frame);
        }
        // And from one of HTTP/2.
        let mut client = H2::connect(gateway.proxy);
        let id = extended(&mut client, "/chat");
        client.until(|c| c.replies.get(&id).is_some_and(|r| r.status != 0));
        assert_eq!(client.replies[&id].status, 200);
        client.data(id, &ws_frame(true, first::TEXT, b"hello"), false);
        client.until(|c| ws_read(&c.replies[&id].body).is_some());
        client.data(id, b"", true);
        let reply = client.reply(id);
        assert!(reply.whole && reply.reset.is_none(), "{reply:?}");
    }
}

#[test]
fn an_upstream_of_http2_may_refuse_and_one_that_has_no_sockets_is_named() {
    let refusing = H2Sockets::answering(403);
    let gateway = Gateway::start();
    over_http2(&gateway, refusing.node(), "http");
    let (_, answer) = WebSocket::<Client>::ask(gateway.proxy, "/", &[]);
    assert_eq!(answer.status, 403);

    let plain = H2Upstream::new(|peer, _, stream| well(peer, stream));
    over_http2(&gateway, plain.node(), "http");
    let (_, answer) = WebSocket::<Client>::ask(gateway.proxy, "/", &[]);
    assert_eq!(answer.status, 502, "{}", answer.text());
    wait_for("the log to say why", || gateway.stderr().contains("RFC 8441").then_some(()));
    assert_eq!(gateway.get("/").status, 200, "other requests are served");
    assert_eq!(plain.requests(), 1);
}
