//! What arrives on either side.

use super::world::{Answer, Setup, scene, scene_with};
use gateway_engine::settings::Settings;
use serde_json::json;

#[test]
fn a_request_is_written_anew_and_says_who_asked() {
    scene(|w| async move {
        let text = w
            .ask(
                "GET /a/b?c=d HTTP/1.1\r\nHost: example.com:81\r\naccept: */*\r\nX-Odd:no space  \r\nKeep-Alive: 5\r\n\
                 TE: gzip\r\nX-Hop: 1\r\nForwarded: for=1\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-Host: evil\r\nX-Consumer-Username: root\r\n\
                 x_consumer_username: root\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: close, X-Hop\r\n\r\n",
            )
            .await;
        let want = format!(
            "GET /a/b?c=d HTTP/1.1\r\nHost: example.com:81\r\naccept: */*\r\nX-Odd: no space\r\nX-Real-IP: 127.0.0.1\r\n\
             X-Forwarded-Proto: http\r\nX-Forwarded-Port: {}\r\nX-Forwarded-For: 9.9.9.9, 127.0.0.1\r\n\
             X-Forwarded-Host: example.com:81\r\n\r\n",
            w.port()
        );
        assert_eq!(w.origin.only(), want);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\nServer: gateway\r\nDate: "), "{text}");
        assert!(text.ends_with("\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), "{text}");
    });
}

#[test]
fn an_answer_keeps_its_fields_and_loses_what_is_between_the_two_of_us() {
    scene(|w| async move {
        w.origin.answer(
            "HTTP/1.1 404 Nothing Here\r\nServer: origin\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nSet-Cookie: a\r\nset-cookie: b\r\n\
             Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 9\r\nContent-Length: 0005\r\nX-Odd:v\r\n\r\nhello",
        );
        let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert_eq!(
            text,
            "HTTP/1.1 404 Not Found\r\nServer: gateway\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nSet-Cookie: a\r\nset-cookie: b\r\n\
             X-Odd: v\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
        );
    });
}

#[test]
fn both_connections_serve_many_exchanges() {
    scene(|w| async move {
        let mut client = w.client().await;
        for i in 0..5 {
            w.origin.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{i}"));
            client.send(format!("GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
            let text = client.until(&format!("\r\n\r\n{i}")).await;
            assert!(!text.contains("Connection:"), "{text}");
        }
        assert_eq!((w.origin.accepted.get(), w.origin.seen.borrow().len()), (1, 5));
    });
}

#[test]
fn requests_sent_at_once_are_answered_in_their_order() {
    scene(|w| async move {
        for i in 1..4 {
            w.origin.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{i}"));
        }
        let text = w
            .ask(
                "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /4 HTTP/1.1\r\n",
            )
            .await;
        let bodies: Vec<char> = text.split("\r\n\r\n").skip(1).filter_map(|part| part.chars().next()).collect();
        assert_eq!(bodies, ['1', '2', '3'], "{text}");
        let seen = w.origin.seen.borrow();
        assert_eq!(seen.len(), 3, "nothing after Connection: close is parsed");
        assert!(seen[1].ends_with("\r\nContent-Length: 5\r\n\r\nabcde"), "{}", seen[1]);
    });
}

#[test]
fn an_http_1_0_client_gets_what_it_understands() {
    scene(|w| async move {
        w.origin.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        let mut client = w.client().await;
        client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
        client.until("\r\n\r\nabc").await;
        drop(client);

        w.origin.answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        let mut client = w.client().await;
        client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").await;
        let text = client.until("\r\n\r\nx").await;
        assert!(text.contains("\r\nConnection: keep-alive\r\n"), "{text}");
        client.send("GET / HTTP/1.0\r\n\r\n").await;
        let text = client.rest().await;
        assert!(text.ends_with("\r\nConnection: close\r\n\r\nok"), "{text}");
        let seen = w.origin.seen.borrow();
        let host = format!("GET / HTTP/1.1\r\nHost: {}\r\n", w.origin.addr);
        assert!(seen[2].starts_with(&host), "without a Host, the node's own is sent: {}", seen[2]);
    });
}

#[test]
fn large_bodies_go_both_ways_with_any_framing() {
    scene(|w| async move {
        let body: String = (0..400_000).map(|i| char::from(b'a' + (i % 26) as u8)).collect();
        let chunked: String = body
            .as_bytes()
            .chunks(9999)
            .map(|c| format!("{:x}\r\n{}\r\n", c.len(), String::from_utf8_lossy(c)))
            .collect();
        for (request, answer) in [(false, false), (true, false), (false, true), (true, true)] {
            w.origin.seen.borrow_mut().clear();
            w.origin.answer(match answer {
                true => format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}0\r\n\r\n"),
                false => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            });
            let text = w
                .ask(match request {
                    true => format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}0\r\n\r\n"),
                    false => format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
                })
                .await;
            assert!(unframed(&text) == body, "answer, {request} {answer}");
            assert!(unframed(&w.origin.only()) == body, "request, {request} {answer}");
        }
        assert_eq!(w.origin.accepted.get(), 1);
    });
}

/// The body of a message.
fn unframed(text: &str) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    if !head.contains("Transfer-Encoding: chunked") {
        return body.to_owned();
    }
    let (mut rest, mut all) = (body, String::new());
    loop {
        let (size, after) = rest.split_once("\r\n").unwrap();
        let n = usize::from_str_radix(size, 16).unwrap();
        all.push_str(&after[..n]);
        rest = &after[n + 2..];
        if n == 0 {
            return all;
        }
    }
}

#[test]
fn trailers_that_were_announced_go_on() {
    scene(|w| async move {
        w.origin.answer(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\nX-Other: 8\r\nContent-Length: 9\r\n\r\n",
        );
        let mut client = w.client().await;
        client
            .send(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Up, Host\r\n\
                 Expect: 100-continue\r\n\r\n",
            )
            .await;
        client.until("100 Continue\r\n\r\n").await;
        client.send("2\r\nhi\r\n0\r\nX-Up: 1\r\nHost: evil\r\nX-Own: 2\r\n\r\n").await;
        let text = client.rest().await;
        assert!(text.ends_with("3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n"), "{text}");
        let seen = w.origin.only();
        assert!(seen.ends_with("2\r\nhi\r\n0\r\nX-Up: 1\r\n\r\n"), "{seen}");
    });
}

#[test]
fn a_websocket_is_a_tunnel_only_after_the_upstreams_101() {
    let handshake = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let setup = || Setup { route: json!({ "enable_websocket": true }), ..Setup::default() };
    scene_with(setup(), |w| async move {
        let yes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s\r\n\r\n";
        w.origin.then(Answer::Echo(yes.into()));
        let mut client = w.client().await;
        client.send(format!("{handshake}early bytes")).await;
        let text = client.until("\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{text}");
        assert!(text.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), "{text}");
        assert_eq!(client.until("early bytes").await, "early bytes");
        client.send(b"\x81\x02hi").await;
        client.until("hi").await;
        let seen = w.origin.only();
        assert!(seen.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), "{seen}");
        assert!(seen.contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{seen}");
    });
    scene_with(setup(), |w| async move {
        // Refused by the upstream: what follows the head is the next request.
        w.origin.answer("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
        let text = w.ask(format!("{handshake}GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
        assert!(text.starts_with("HTTP/1.1 403 Forbidden\r\n") && text.ends_with("\r\n\r\nok"), "{text}");
        assert!(w.origin.seen.borrow()[1].starts_with("GET /next HTTP/1.1\r\n"));
    });
    scene(|w| async move {
        // The route does not allow it: an ordinary request without the upgrade.
        let text = w.ask(format!("{handshake}GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(!w.origin.seen.borrow()[0].contains("Upgrade"));
    });
}

#[test]
fn the_proxy_protocol_says_who_the_client_is() {
    let setup = || Setup { proxy_protocol: true, ..Setup::default() };
    scene_with(setup(), |w| async move {
        let text = w
            .ask(
                "PROXY TCP4 203.0.113.7 198.51.100.1 4000 80\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            )
            .await;
        assert!(text.ends_with("ok"), "{text}");
        let seen = w.origin.only();
        assert!(
            seen.contains("\r\nX-Real-IP: 203.0.113.7\r\n") && seen.contains("\r\nX-Forwarded-For: 203.0.113.7\r\n"),
            "{seen}"
        );
    });
    scene_with(setup(), |w| async move {
        let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert_eq!(text, "", "a connection without the header is closed without an answer");
        assert!(w.origin.seen.borrow().is_empty());
    });
}

#[test]
fn an_upstream_over_tls_is_an_upstream_like_any_other() {
    let setup = Setup { tls: true, upstream: json!({ "scheme": "https" }), ..Setup::default() };
    scene_with(setup, |w| async move {
        let body = "x".repeat(300_000);
        let mut client = w.client().await;
        for i in 0..3 {
            w.origin.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}{i}", body.len() + 1));
            client.send(format!("POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
            assert!(client.until(&format!("x{i}")).await.ends_with(&format!("{body}{i}")));
        }
        assert!(w.origin.seen.borrow().iter().all(|seen| seen.ends_with(&body)));
        // Session tickets that came late are no reason to open another connection.
        assert_eq!(w.origin.accepted.get(), 1);
        w.origin.then(Answer::Last(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort".to_vec()));
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(client.rest().await.ends_with("short"), "an end without the rest is no end");
    });
}

#[test]
fn trailers_of_one_answer_are_not_the_next_ones() {
    scene(|w| async move {
        let mut client = w.client().await;
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
        w.origin.answer(format!("{chunked}Trailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n"));
        w.origin.answer(format!("{chunked}\r\n1\r\nb\r\n0\r\nX-Sum: 8\r\n\r\n"));
        for _ in 0..2 {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        }
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        let text = client.rest().await;
        assert_eq!(text.matches("X-Sum").count(), 1, "{text}");
    });
}

#[test]
fn trailers_of_a_request_go_on_however_it_came_and_are_not_the_next_ones() {
    scene(|w| async move {
        let mut client = w.client().await;
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";
        let body = "2\r\nhi\r\n0\r\nX-Up: 1\r\nX-Own: 2\r\n\r\n";
        // The whole body with the head, then after it.
        client.send(format!("{chunked}Trailer: X-Up\r\n\r\n{body}")).await;
        client.until("ok").await;
        client.send(format!("{chunked}Trailer: X-Up\r\nExpect: 100-continue\r\n\r\n")).await;
        client.until("100 Continue\r\n\r\n").await;
        client.send(body).await;
        client.until("ok").await;
        client.send(format!("{chunked}\r\n2\r\nho\r\n0\r\n\r\n")).await;
        client.until("ok").await;
        let seen = w.origin.seen.borrow();
        for with in &seen[..2] {
            assert!(with.ends_with("2\r\nhi\r\n0\r\nX-Up: 1\r\n\r\n"), "{with}");
        }
        assert!(!seen[2].contains("X-Up"), "{}", seen[2]);
        assert_eq!(w.origin.accepted.get(), 1, "all on one connection");
    });
}

#[test]
fn a_body_that_conditions_were_to_look_at_is_forwarded_whole_or_not_at_all() {
    let setup = || Setup {
        settings: Settings { max_post_args_bytes: 8, ..Settings::default() },
        route: json!({ "vars": [["post_arg_a", "!", "==", "1"]] }),
        ..Setup::default()
    };
    let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    scene_with(setup(), |w| async move {
        // Too long from the first: the conditions see none, and it streams.
        let text = w.ask(format!("{head}Content-Length: 9\r\n\r\nb=1234567")).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        assert!(w.origin.only().ends_with("\r\n\r\nb=1234567"), "{}", w.origin.only());
        // Turns out to be too long: its beginning is read already.
        let text = w.ask(format!("{head}Transfer-Encoding: chunked\r\n\r\n9\r\nb=1234567\r\n0\r\n\r\n")).await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
        assert_eq!(w.origin.seen.borrow().len(), 1);
    });
}
