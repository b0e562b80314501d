use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::testkit::{Kit, Outcome};
use serde_json::json;

const NAME: &str = "forward-auth";

/// A recorder in the service's place: tells what it was asked, in lower case, and gives each the same answer.
struct Service {
    uri: String,
    asked: Receiver<String>,
}

impl Service {
    fn new(answer: &'static str) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}/auth?a=b", listener.local_addr().unwrap());
        let (say, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut text, mut piece) = (String::new(), [0; 4096]);
                loop {
                    let n = stream.read(&mut piece).unwrap();
                    text.push_str(&String::from_utf8_lossy(&piece[..n]).to_lowercase());
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().find_map(|l| l.strip_prefix("content-length: "));
                    if body.len() >= length.map_or(0, |l| l.parse().unwrap()) {
                        break;
                    }
                }
                let _ = say.send(text);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Service { uri, asked }
    }
}

fn access(plugin: &Arc<dyn Plugin>, x: &mut Exchange) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let flow = match plugin.access(x) {
        Step::Next => Flow::Next,
        Step::Exit(exit) => Flow::Exit(exit),
        Step::Body(limit) => Flow::Body(limit),
        Step::Wait(future) => runtime.block_on(future),
    };
    match flow {
        Flow::Next => Outcome::Next,
        Flow::Exit(exit) => Outcome::Exit(*exit),
        Flow::Body(_) => Outcome::Body,
    }
}

const YES: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-User-Id: jack\r\nX-Roles: a\r\nX-Roles: b\r\nConnection: close\r\n\r\n";

#[test]
fn the_service_is_told_of_the_request_and_the_upstream_what_it_says() {
    let kit = Kit::new();
    let service = Service::new(YES);
    let plugin = kit.plugin(
        NAME,
        json!({"uri": service.uri, "request_headers": ["Authorization", "X-Forwarded-Host", "Content-Length", "X-Many"],
            "upstream_headers": ["X-User-ID", "X-Roles", "X-Absent", "Authorization"], "extra_headers": {"X-Kind": "of $arg_k", "X-Many": "one"}}),
    );
    let mut x = kit.exchange(
        "POST /%61/../b?k=1%202 HTTP/1.1\nHost: Shop.com:8080\nAuthorization: 111\nX-Forwarded-Host: evil\nX-Many: two\n\
         X-User-Id: admin\nx_user_id: admin\nX_ABSENT: admin\nX-Roles: root\nX-Other: y\n\nbody",
    );
    assert!(matches!(access(&plugin, &mut x), Outcome::Next));
    let asked = service.asked.recv().unwrap();
    assert!(asked.starts_with("get /auth?a=b http/1.1\r\n"), "{asked}");
    for line in [
        "x-forwarded-proto: http",
        "x-forwarded-method: post",
        "x-forwarded-host: shop.com",
        "x-forwarded-uri: /b?k=1%202",
        "x-forwarded-for: 127.0.0.1",
        "authorization: 111",
        "x-kind: of 1 2",
        "x-many: one",
    ] {
        assert_eq!(asked.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line}: {asked}");
    }
    for text in ["evil", "two", "content-length: 4", "x-user-id", "body"] {
        assert!(!asked.contains(text), "{text}: {asked}");
    }
    for (name, value) in [
        ("x-user-id", Some("jack")),
        ("x-roles", Some("a, b")),
        ("x_user_id", None),
        ("x-absent", None),
        ("x_absent", None),
        ("authorization", None),
        ("x-other", Some("y")),
    ] {
        assert_eq!(kit.request_field(&x, name).as_deref(), value, "{name}");
    }
}

#[test]
fn a_refusal_is_the_services_own() {
    let kit = Kit::new();
    let service = Service::new(
        "HTTP/1.1 302 Found\r\nLocation: http://example.com/auth\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\
         Content-Length: 4\r\nConnection: close\r\n\r\ngo!\n",
    );
    let headers = ["Location", "Content-Type", "Set-Cookie", "Content-Length", "Connection"];
    let plugin =
        kit.plugin(NAME, json!({"uri": service.uri, "client_headers": headers, "upstream_headers": ["X-User"]}));
    let mut x = kit.exchange("GET / HTTP/1.1\nx-user: me");
    let Outcome::Exit(exit) = access(&plugin, &mut x) else { panic!() };
    assert_eq!((exit.status, Kit::text(&exit).as_str()), (302, "go!\n"));
    assert_eq!(exit.content_type.as_deref(), Some(&b"text/html"[..]));
    let headers: Vec<_> =
        exit.headers.iter().map(|(n, v)| format!("{}: {}", n.as_str(), String::from_utf8_lossy(v))).collect();
    assert_eq!(headers, ["Location: http://example.com/auth", "Set-Cookie: a=b", "Set-Cookie: c=d"]);
    assert_eq!(kit.request_field(&x, "x-user"), None);

    let plugin = kit.plugin(NAME, json!({"uri": service.uri}));
    let Outcome::Exit(exit) = access(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!() };
    assert!(exit.headers.is_empty() && exit.content_type.is_none());
}

#[test]
fn bodies_are_sent_with_post() {
    let kit = Kit::new();
    let service = Service::new(YES);
    let conf = json!({"uri": service.uri, "request_method": "POST", "max_req_body_size": 10});
    let plugin = kit.plugin(NAME, conf);
    let request = "PUT / HTTP/1.1\nContent-Encoding: gzip\nTransfer-Encoding: chunked";
    assert!(matches!(access(&plugin, &mut kit.exchange(&format!("{request}\n\n0123456789"))), Outcome::Next));
    let asked = service.asked.recv().unwrap();
    assert!(asked.starts_with("post /auth?a=b") && asked.ends_with("\r\n\r\n0123456789"), "{asked}");
    assert!(
        asked.contains("\r\ncontent-length: 10\r\n") && asked.contains("\r\ncontent-encoding: gzip\r\n"),
        "{asked}"
    );
    assert!(!asked.contains("chunked"), "{asked}");
    let outcome = access(&plugin, &mut kit.exchange(&format!("{request}\n\n01234567890")));
    assert!(matches!(outcome, Outcome::Exit(exit) if exit.status == 413));
    let mut x = kit.exchange(request);
    x.req.framing = Framing::Stream;
    assert!(matches!(access(&plugin, &mut x), Outcome::Body));

    let plugin = kit.plugin(NAME, json!({"uri": service.uri, "extra_headers": {"tenant": "$post_arg.tenant"}}));
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/json");
    x.req.framing = Framing::Stream;
    assert!(matches!(access(&plugin, &mut x), Outcome::Body));
    let mut x = kit.exchange("POST / HTTP/1.1\nContent-Type: application/json\n\n{\"tenant\":123}");
    assert!(matches!(access(&plugin, &mut x), Outcome::Next));
    assert!(service.asked.recv().unwrap().contains("\r\ntenant: 123\r\n"));
}

#[test]
fn who_cannot_be_asked_refuses_unless_told_otherwise() {
    let kit = Kit::new();
    let long = Service::new("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\nConnection: close\r\n\r\n");
    let broken = Service::new("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nx");
    for uri in ["http://127.0.0.1:1/", &long.uri, &broken.uri] {
        for (conf, expected) in [
            (json!({}), Some(403)),
            (json!({"status_on_error": 503}), Some(503)),
            (json!({"allow_degradation": true}), None),
        ] {
            let mut conf = conf;
            conf["uri"] = json!(uri);
            conf["upstream_headers"] = json!(["x-user"]);
            let mut x = kit.exchange("GET / HTTP/1.1\nx-user: me");
            match (access(&kit.plugin(NAME, conf), &mut x), expected) {
                (Outcome::Next, None) => {}
                (Outcome::Exit(exit), Some(status)) => {
                    assert_eq!((exit.status, Kit::text(&exit).as_str()), (status, ""))
                }
                (outcome, _) => panic!("{uri}: {outcome:?}"),
            }
            assert_eq!(kit.request_field(&x, "x-user"), None);
        }
    }
}

#[test]
fn no_header_is_slipped_in() {
    let kit = Kit::new();
    let conf =
        json!({"uri": "http://127.0.0.1:1/", "extra_headers": {"X-User": "$arg_user"}, "allow_degradation": true});
    let plugin = kit.plugin(NAME, conf);
    let outcome = access(&plugin, &mut kit.exchange("GET /?user=guest%0d%0ax-user1:%20admin HTTP/1.1"));
    assert!(matches!(outcome, Outcome::Exit(exit) if exit.status == 403));
}

#[test]
fn configurations() {
    let kit = Kit::new();
    let uri = "https://auth.example.com";
    for (conf, text) in [
        (json!({}), "property \"uri\" is required"),
        (json!({"uri": "auth"}), "property \"uri\" validation failed"),
        (json!({"uri": "http://a/\r\nX: y"}), "property \"uri\" validation failed: it holds a space"),
        (json!({"uri": "http://a/b c"}), "property \"uri\" validation failed: it holds a space"),
        (json!({"uri": "file:///etc/passwd"}), "expected http or https, got file"),
        (json!({"uri": uri, "request_method": "PUT"}), "matches none of the enum values"),
        (json!({"uri": uri, "timeout": 0}), "timeout"),
        (json!({"uri": uri, "client_headers": ["a b"]}), "invalid field character in header"),
        (json!({"uri": uri, "extra_headers": {}}), "expect object to have at least 1 properties"),
    ] {
        kit.refuses(NAME, conf, text);
    }
}

#[test]
fn what_is_neither_yes_nor_no_refuses() {
    let kit = Kit::new();
    let service = Service::new("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    let plugin = kit.plugin(NAME, json!({"uri": service.uri, "status_on_error": 503}));
    let Outcome::Exit(exit) = access(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!("let through") };
    assert_eq!(exit.status, 503);
}

/// The client of the service takes more than the gateway's own parsers do.
#[test]
fn what_may_not_stand_in_a_request_is_left_out() {
    let kit = Kit::new();
    let long = "x".repeat(200_000);
    let answer: &'static str = Box::leak(
        format!(
            "HTTP/1.1 200 OK\r\nHost: a b/c\r\nX-Roles: a\r\nX-Roles: b\r\nX-Long: short\r\nX-Long: {long}\r\nX-Tab: a\tb\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .into_boxed_str(),
    );
    let service = Service::new(answer);
    let names = ["Host", "X-Roles", "X-Long", "X-Tab"];
    let plugin = kit.plugin(NAME, json!({"uri": service.uri, "upstream_headers": names}));
    let mut x = kit.exchange("GET / HTTP/1.1\nHost: shop.com\nX-Long: mine");
    assert!(matches!(access(&plugin, &mut x), Outcome::Next));
    for (name, value) in [("host", None), ("x-roles", Some("a, b")), ("x-long", None), ("x-tab", Some("a\tb"))] {
        assert_eq!(kit.request_field(&x, name).as_deref(), value, "{name}");
    }
    for (name, value, fits) in [
        (name::HOST, &b"shop.com:8080"[..], true),
        (name::HOST, b"[::1]", true),
        (name::HOST, b"a@b", false),
        (name::HOST, b"a b", false),
        (name::HOST, b"", false),
        (name::COOKIE, b"a b", true),
        (name::COOKIE, b"a\r\nX: y", false),
        (name::COOKIE, b"a\0", false),
        (name::COOKIE, b"a long one, too long", false),
    ] {
        assert_eq!(unfit(name, value, 15).is_none(), fits, "{value:?}");
    }
}
