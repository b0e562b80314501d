use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Framing;
use serde_json::{Value, json};

use super::{Copies, MOST_BODY, NAME};
use crate::testkit::Kit;

/// What a server was sent: request line and fields, sorted, and the body.
type Sent = (Vec<String>, Vec<u8>);

/// A server that tells what it is sent.
fn recorder() -> (String, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (said, hear) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let said = said.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                loop {
                    let mut head = Vec::new();
                    loop {
                        let mut line = String::new();
                        match reader.read_line(&mut line) {
                            Ok(n) if n > 2 => head.push(line.trim_end().to_owned()),
                            Ok(n) if n > 0 => break,
                            _ => return,
                        }
                    }
                    let length =
                        head.iter().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                    let mut body = vec![0; length.unwrap_or(0)];
                    reader.read_exact(&mut body).unwrap();
                    head[1..].sort_by_key(|l| l.to_lowercase());
                    if said.send((head, body)).is_err()
                        || reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    (origin, hear)
}

/// The copy of a request whose body is in hand.
fn copied(kit: &Kit, conf: Value, request: &str) {
    let plugin = kit.plugin(NAME, conf);
    let mut x = kit.exchange(request);
    kit.rewrite(&plugin, &mut x);
    let _ = plugin.before_proxy(&mut x);
    // Another try: no other copy.
    let _ = plugin.before_proxy(&mut x);
}

fn outcomes(kit: &Kit) -> [u64; 4] {
    kit.shared.registry.states.get::<Copies>().outcomes().map(|(_, n)| n)
}

#[test]
fn a_recorder_gets_the_request_as_the_upstream_does() {
    let kit = Kit::new();
    let (origin, hear) = recorder();
    let request = "POST /a%20b?c=d&e HTTP/1.1\nHost: example.com:81\nX-Own: 1\nConnection: keep-alive\nExpect: 100-continue\nX-Forwarded-For: 9.9.9.9\n\nhello";
    copied(&kit, json!({"host": origin}), request);
    let (mut head, body) = hear.recv().unwrap();
    // What is at random.
    let mark = head.iter().position(|line| line.starts_with("x-gateway-mirrored: ")).expect("a mark");
    assert_eq!(head.remove(mark).len(), "x-gateway-mirrored: ".len() + 32);
    let expected = [
        "POST /a%20b?c=d&e HTTP/1.1",
        "accept: */*",
        "content-length: 5",
        "host: example.com:81",
        "x-forwarded-for: 9.9.9.9, 127.0.0.1",
        "x-forwarded-host: example.com:81",
        "x-forwarded-port: 9080",
        "x-forwarded-proto: http",
        "x-own: 1",
        "x-real-ip: 127.0.0.1",
    ];
    assert_eq!((head.as_slice(), body.as_slice()), (&expected.map(str::to_owned)[..], &b"hello"[..]));
}

#[test]
fn a_copy_that_comes_back_is_not_copied_again() {
    let kit = Kit::new();
    let (origin, hear) = recorder();
    let marks = || {
        let (head, _) = hear.recv().unwrap();
        let all: Vec<_> = head.iter().filter_map(|line| line.strip_prefix("x-gateway-mirrored: ")).collect();
        assert_eq!(all.len(), 1, "{head:?}");
        all[0].to_owned()
    };
    let other = "0123456789abcdef".repeat(2);
    // What others have written there stays, as far as it is a mark.
    let sent = format!("GET / HTTP/1.1\nX-Gateway-Mirrored: yes, {other}");
    copied(&kit, json!({"host": origin}), &sent);
    let marked = marks();
    let own = marked.strip_prefix(&format!("{other},")).unwrap().to_owned();
    assert!(own.len() == 32 && own != other);
    for back in
        [own.clone(), format!("{other}, {own}"), format!("{own},{other}"), format!("x\nX-Gateway-Mirrored: {own}")]
    {
        copied(&kit, json!({"host": origin}), &format!("GET /back HTTP/1.1\nx-gateway-mirrored: {back}"));
    }
    assert_eq!(outcomes(&kit)[3], 4);
    // A client's own makes no difference, and does not grow without end.
    let many = vec![other.as_str(); 100].join(",");
    for forged in ["", "true", &own[1..], &own.to_uppercase(), &many] {
        copied(&kit, json!({"host": origin}), &format!("GET /forged HTTP/1.1\nX-Gateway-Mirrored: {forged}"));
        let marked = marks();
        assert!(marked.ends_with(&own) && marked.len() <= 33 * 16, "{marked}");
    }
    assert_eq!(outcomes(&kit)[3], 4);
    // Another gateway has another mark.
    copied(&Kit::new(), json!({"host": origin}), "GET / HTTP/1.1");
    assert_ne!(marks(), own);
}

#[test]
fn a_recorder_gets_the_path_of_the_configuration() {
    let kit = Kit::new();
    let (origin, hear) = recorder();
    for (more, expected) in [
        (json!({"path": "/x"}), "GET /x?q=1 HTTP/1.1"),
        (json!({"path": "/x", "path_concat_mode": "prefix"}), "GET /x/hello?q=1 HTTP/1.1"),
        (json!({}), "GET /hello?q=1 HTTP/1.1"),
    ] {
        let mut conf = more;
        conf["host"] = json!(origin);
        copied(&kit, conf, "GET /hello?q=1 HTTP/1.1");
        assert_eq!(hear.recv().unwrap().0[0], expected);
    }
}

#[test]
fn a_recorder_gets_a_body_that_passes_in_pieces() {
    let kit = Kit::new();
    let (origin, hear) = recorder();
    let plugin = kit.plugin(NAME, json!({"host": origin}));
    let mut x = kit.exchange("POST /a HTTP/1.1");
    x.req.framing = Framing::Length(11);
    kit.rewrite(&plugin, &mut x);
    let _ = plugin.before_proxy(&mut x);
    assert_eq!(x.req.framing, Framing::Length(11), "what is known of the body stays known");
    for (piece, last) in [("hello", false), (" world", true)] {
        let mut chunk = Chunk::from(bytes::Bytes::from_static(piece.as_bytes()));
        kit.pass(&mut x, &mut chunk, last).unwrap();
        assert_eq!(chunk.as_slice(), piece.as_bytes());
    }
    assert_eq!(hear.recv().unwrap().1, b"hello world");
}

#[test]
fn what_is_too_long_has_no_copy_and_passes() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"host": "http://127.0.0.1:1"}));
    let mut x = kit.exchange("POST /a HTTP/1.1");
    x.req.framing = Framing::Length(MOST_BODY as u64 + 1);
    kit.rewrite(&plugin, &mut x);
    let _ = plugin.before_proxy(&mut x);
    assert_eq!(outcomes(&kit), [0, 1, 0, 0]);
    let mut x = kit.exchange("POST /a HTTP/1.1");
    x.req.framing = Framing::Stream;
    kit.rewrite(&plugin, &mut x);
    let _ = plugin.before_proxy(&mut x);
    for _ in 0..3 {
        let mut chunk = Chunk::from(bytes::Bytes::from(vec![0; MOST_BODY / 2 + 1]));
        kit.pass(&mut x, &mut chunk, false).unwrap();
        assert_eq!(chunk.len(), MOST_BODY / 2 + 1);
    }
    assert_eq!(outcomes(&kit), [0, 2, 0, 0]);
}

#[test]
fn a_server_that_does_not_answer_holds_up_nobody() {
    let kit = Kit::new();
    // Takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let conf = json!({"host": format!("http://{}", listener.local_addr().unwrap())});
    let plugin = kit.plugin(NAME, conf);
    for _ in 0..300 {
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.rewrite(&plugin, &mut x);
        let _ = plugin.before_proxy(&mut x);
    }
    assert_eq!(outcomes(&kit), [0, 300 - 256, 0, 0]);
}

#[test]
fn a_share_of_the_requests_is_copied() {
    let kit = Kit::new();
    let plugin = kit.plugin(NAME, json!({"host": "http://127.0.0.1:1", "sample_ratio": 0.00001}));
    let chosen = (0..100).filter(|_| {
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.rewrite(&plugin, &mut x);
        x.peek_state::<super::Chosen>().is_some_and(|c| !c.0.is_empty())
    });
    // More than 20 of 100 at one in 100,000: less than once in 10^70 runs.
    assert!(chosen.count() < 20);
}

#[test]
fn configurations() {
    let kit = Kit::new();
    for host in [
        "http://127.0.0.1",
        "http://a",
        "https://ab.com",
        "http://[::1]",
        "http://[::1]:202",
        "grpc://127.0.0.1:1986",
        "grpcs://h",
    ] {
        kit.plugin(NAME, json!({"host": host}));
    }
    for host in [
        "ftp://127.0.0.1:1999",
        "http://127.0.0.1::1999",
        "127.0.0.1:1999",
        "http://127.0.0.1:1999/uri",
        "http://127.0.0.1:99999",
    ] {
        kit.refuses(NAME, json!({"host": host}), "host");
    }
    kit.plugin(NAME, json!({"host": "dubbo://127.0.0.1"}));
    kit.refuses(
        NAME,
        json!({"host": "dubbo://127.0.0.1", "path": "/a"}),
        "property \"path\" validation failed: a copy of a call",
    );
    let host = "http://127.0.0.1:1986";
    kit.refuses(NAME, json!({}), "property \"host\" is required");
    kit.refuses(NAME, json!({"host": host, "sample_ratio": 10}), "expected 10 to be at most 1");
    kit.refuses(NAME, json!({"host": host, "path": "a"}), "path");
    kit.refuses(NAME, json!({"host": host, "path": "/a?a=c"}), "path");
    kit.refuses(NAME, json!({"host": host, "path": "/a\r\nb"}), "property \"path\" validation failed");
    kit.refuses(NAME, json!({"host": format!("{host}\n")}), "property \"host\" validation failed");
    let bad = Kit::with(json!({"proxy-mirror": {"timeout": {"connect": -200}}}), Default::default());
    assert!(bad.try_plugin("/apisix/routes/1", NAME, json!({"host": host})).is_err());
}
