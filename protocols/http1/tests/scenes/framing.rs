//! How bodies are delimited, on the way in and on the way out.

use super::world::{Answer, Setup, scene, scene_with};
use serde_json::json;

#[test]
fn the_answers_framing_is_the_clients_own() {
    let cases: &[(&str, &str)] = &[
        // What the origin says, how the answer ends.
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        ("HTTP/1.1 204 None\r\n\r\n", " GMT\r\nConnection: close\r\n\r\n"),
        ("HTTP/1.1 304 Same\r\nContent-Length: 7\r\nETag: x\r\n\r\n", " GMT\r\nConnection: close\r\n\r\n"),
        // All of it was there at once, so its length is known.
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "\r\nhi"),
    ];
    scene(|w| async move {
        for (answer, end) in cases {
            w.origin.answer(answer);
            let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
            assert!(text.ends_with(end), "{answer:?} gave {text}");
        }
    });
}

#[test]
fn an_answer_that_ends_with_its_connection_ends_with_the_last_chunk() {
    scene(|w| async move {
        w.origin.then(Answer::Last(b"HTTP/1.0 200 OK\r\n\r\nhello".to_vec()));
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let text = client.until("0\r\n\r\n").await;
        assert!(text.contains("\r\nTransfer-Encoding: chunked\r\n") && text.contains("5\r\nhello\r\n"), "{text}");
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.until("ok").await;
        assert_eq!(w.origin.accepted.get(), 2);
    });
}

/// A world where `/?no` is answered by the gateway itself.
fn partly_routed() -> Setup {
    Setup { route: json!({ "vars": [["arg_no", "!", "==", ""]] }), ..Setup::default() }
}

#[test]
fn a_head_request_gets_the_head_of_the_answer() {
    scene_with(partly_routed(), |w| async move {
        let mut client = w.client().await;
        for answer in
            ["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
        {
            w.origin.answer(answer);
            client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            let text = client.until("\r\n\r\n").await;
            assert_eq!(text.contains("\r\nContent-Length: 7\r\n"), answer.contains('7'), "{text}");
        }
        // One that the gateway makes.
        client.send("HEAD /?no HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let text = client.until("\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 404 ") && text.contains("\r\nContent-Length: "), "{text}");
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(client.rest().await.ends_with("ok"));
        assert_eq!(w.origin.accepted.get(), 1);
        // A path that nobody should have sent ends the connection.
        let text = w.ask("HEAD /%zz HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 400 ") && text.contains("\r\nConnection: close\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\n") && text.matches("HTTP/1.1 ").count() == 1, "{text}");
    });
}

#[test]
fn a_client_that_asks_is_told_to_go_on() {
    scene_with(partly_routed(), |w| async move {
        let mut client = w.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
        assert_eq!(client.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hello").await;
        assert!(client.until("ok").await.starts_with("HTTP/1.1 200 OK\r\n"));
        let seen = w.origin.only();
        assert!(seen.ends_with("hello") && !seen.contains("Expect"), "{seen}");

        // Who has sent the body already is not told.
        client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello").await;
        assert!(client.until("ok").await.starts_with("HTTP/1.1 200 OK\r\n"));

        // Refused before the body is read: it may come or not, so the connection cannot go on.
        client.send("POST /?no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await;
        let text = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 404 ") && text.contains("\r\nConnection: close\r\n"), "{text}");
    });
}

#[test]
fn interim_answers_are_passed_over() {
    scene(|w| async move {
        w.origin.answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let text = w.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("ok") && !text.contains("Link"), "{text}");
    });
}

#[test]
fn h1_30_the_unread_rest_of_a_body_is_drained_or_the_connection_closed() {
    scene_with(partly_routed(), |w| async move {
        let mut client = w.client().await;
        client.send("POST /?no HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n").await;
        let text = client.until("}\n").await;
        assert!(!text.contains("Connection: close"), "{text}");
        client.send("x".repeat(10_000)).await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.until("ok").await;

        client.send("POST /?no HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n").await;
        client.send("x".repeat(30_000)).await;
        let text = client.rest().await;
        assert!(
            text.contains("\r\nConnection: close\r\n") && text.ends_with("}\n"),
            "the answer arrives whole: {text}"
        );
        assert_eq!(w.origin.seen.borrow().len(), 1);
    });
}

#[test]
fn up_09_an_answer_before_the_request_is_whole_is_passed_on() {
    scene(|w| async move {
        w.origin.then(Answer::Early(
            b"HTTP/1.1 413 Too Long\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig".to_vec(),
        ));
        let mut client = w.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nbeginning").await;
        let text = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 413 ") && text.ends_with("big"), "{text}");
        assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
    });
}
