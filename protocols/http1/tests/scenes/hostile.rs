//! Peers that break the rules, on either side.

use super::world::{Answer, Setup, scene, scene_with};
use gateway_engine::settings::Settings;
use std::time::Duration;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn h1_29_nothing_after_a_refused_request_is_parsed() {
    let cases: &[(&str, u16)] = &[
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n", 417),
    ];
    scene(|w| async move {
        for (request, status) in cases {
            let text = w.ask(format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?} gave {text}");
            assert!(text.contains("\r\nConnection: close\r\n") && text.ends_with("}\n"), "{text}");
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        }
        assert!(w.origin.seen.borrow().is_empty());
        assert_eq!(w.worker.counters.refused.get(), cases.len() as u64);
    });
}

#[test]
fn long_heads_are_refused_with_answers_of_their_own() {
    scene(|w| async move {
        let long = "a".repeat(9000);
        assert!(w.ask(format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")).await.starts_with("HTTP/1.1 414 "));
        assert!(w.ask(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n")).await.starts_with("HTTP/1.1 431 "));
        let many = "X: y\r\n".repeat(101);
        assert!(w.ask(format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await.starts_with("HTTP/1.1 431 "));
    });
}

#[test]
fn a_head_that_comes_byte_by_byte_is_the_same_head() {
    scene(|w| async move {
        let mut client = w.client().await;
        for byte in
            format!("POST / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\nContent-Length: 2\r\n\r\nhi", "v".repeat(2000)).bytes()
        {
            client.send([byte]).await;
            tokio::task::yield_now().await;
        }
        client.until("ok").await;
        assert!(w.origin.only().ends_with("hi"));
    });
}

#[test]
fn h1_08_a_body_over_the_limit_is_refused_with_or_without_a_length() {
    let mut settings = Settings::default();
    settings.limits.body_bytes = 10;
    scene_with(Setup { settings, ..Setup::default() }, |w| async move {
        let text = w.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
        let text = w.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n").await;
        assert!(text.starts_with("HTTP/1.1 413 "), "by its size line alone: {text}");
        let mut client = w.client().await;
        client
            .send(format!(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{}\r\n",
                "x".repeat(11)
            ))
            .await;
        let text = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
        assert!(w.origin.seen.borrow().is_empty());
    });
}

#[test]
fn broken_chunks_never_reach_the_upstream_as_a_whole_request() {
    scene(|w| async move {
        for body in [
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "0x3\r\nabc\r\n0\r\n\r\n",
            "3\r\nabc\r\n0\r\nX : y\r\n\r\n",
            "ffffffffffffffff\r\nabc",
        ] {
            let text = w
                .ask(format!(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}GET /smuggled HTTP/1.1\r\n"
                ))
                .await;
            assert!(text.starts_with("HTTP/1.1 400 "), "{body:?} gave {text}");
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        }
        assert!(w.origin.seen.borrow().is_empty());
    });
}

#[test]
fn up_01_up_04_up_05_up_06_answers_that_are_none_are_502() {
    let cases = [
        "hello\r\n\r\n".to_owned(),
        "HTTP/1.1 1000 Big\r\n\r\n".to_owned(),
        "HTTP/1.1 600 Big\r\n\r\n".to_owned(),
        "HTTP/2.0 200 OK\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(70_000)),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1001)),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(9),
        "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".to_owned(),
        String::new(),
        "HTTP/1.1 200 OK\r\nContent-".to_owned(),
    ];
    scene(|w| async move {
        for answer in cases {
            w.origin.seen.borrow_mut().clear();
            w.origin.then(Answer::Last(answer.clone().into_bytes()));
            let text = w.ask(GET).await;
            let shown = &answer[..answer.len().min(80)];
            assert!(text.starts_with("HTTP/1.1 502 ") && text.ends_with("}\n"), "{shown:?} gave {text}");
        }
    });
}

#[test]
fn up_07_a_body_that_breaks_off_is_seen_by_the_client_as_broken_off() {
    scene(|w| async move {
        w.origin.then(Answer::Last(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello".to_vec()));
        let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(text.contains("\r\nContent-Length: 10\r\n") && text.ends_with("hello"), "{text}");

        w.origin.then(Answer::Last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec()));
        let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(text.contains("5\r\nhello\r\n") && !text.contains("\r\n0\r\n"), "{text}");

        // For HTTP/1.0 the end of the connection is the end of the body: only a reset tells.
        w.origin.then(Answer::Last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec()));
        let mut client = w.client().await;
        client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
        assert!(client.is_reset().await);
    });
}

#[test]
fn up_08_a_connection_with_bytes_left_over_is_not_used_again() {
    scene(|w| async move {
        w.origin
            .answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        assert!(w.ask(GET).await.ends_with("\r\n\r\nok"));
        assert!(w.ask(GET).await.ends_with("\r\n\r\nok"));
        w.origin.answer("HTTP/1.1 204 None\r\n\r\nevil");
        assert!(w.ask(GET).await.ends_with("\r\n\r\n"));
        assert!(w.ask(GET).await.ends_with("\r\n\r\nok"));
        assert_eq!(w.origin.accepted.get(), 3);
    });
}

#[test]
fn up_10_a_pooled_connection_that_died_is_tried_once_more() {
    scene(|w| async move {
        for _ in 0..3 {
            w.origin.then(Answer::Last(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()));
            assert!(w.ask(GET).await.ends_with("\r\n\r\nok"));
        }
    });
}

#[test]
fn a_client_that_does_not_read_is_reset() {
    let mut settings = Settings::default();
    settings.timeouts.send = Duration::from_millis(200);
    scene_with(Setup { settings, ..Setup::default() }, |w| async move {
        let body = "x".repeat(20 << 20);
        w.origin.then(Answer::Last(
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        ));
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        while w.worker.counters.active.get() > 0
            || w.worker.counters.accepted.get() > 0
            || w.origin.seen.borrow().is_empty()
        {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(client.is_reset().await);
    });
}
