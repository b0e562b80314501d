//! How connections begin, wait and end.

use super::world::{Setup, scene_with};
use gateway_engine::settings::Settings;
use std::time::Duration;

fn with(change: impl FnOnce(&mut Settings)) -> Setup {
    let mut settings = Settings::default();
    change(&mut settings);
    Setup { settings, ..Setup::default() }
}

#[test]
fn slow_01_a_slow_head_is_told_so_and_a_silent_client_is_not() {
    let setup = || with(|s| s.timeouts.client_header = Duration::from_millis(100));
    scene_with(setup(), |w| async move {
        let text = w.ask("GET / HTTP/1.1\r\nHost:").await;
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("\r\nConnection: close\r\n"), "{text}");
        assert_eq!(w.ask("").await, "");
        assert_eq!(w.worker.counters.active.get(), 0);
        assert_eq!(w.worker.counters.waiting.get(), 0);
    });
}

#[test]
fn slow_03_a_body_that_stalls_or_drips_is_cut() {
    scene_with(with(|s| s.timeouts.client_body = Duration::from_millis(100)), |w| async move {
        let text = w.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe").await;
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    });
    // Also while a condition of the route waits for the whole of it.
    let collecting = Setup {
        route: serde_json::json!({ "vars": [["post_arg_a", "==", "1"]] }),
        ..with(|s| s.timeouts.client_body = Duration::from_millis(100))
    };
    scene_with(collecting, |w| async move {
        let text = w.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe").await;
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    });
    scene_with(with(|s| s.limits.body_rate_window = Duration::from_millis(200)), |w| async move {
        let mut client = w.client().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n").await;
        let drip = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if w.worker.counters.active.get() == 0 {
                    return;
                }
            }
        };
        let (mut read, mut write) = client.stream.into_split();
        let dripping = async {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if tokio::io::AsyncWriteExt::write_all(&mut write, b"x").await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut text = Vec::new();
        tokio::select! {
            () = dripping => {}
            () = drip => {}
            _ = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut text) => {}
        }
        assert!(text.is_empty() || text.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&text));
    });
}

#[test]
fn slow_05_an_idle_connection_is_closed_after_its_time() {
    scene_with(with(|s| s.timeouts.keepalive = Duration::from_millis(100)), |w| async move {
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.until("ok").await;
        assert_eq!(client.rest().await, "");
    });
}

#[test]
fn the_last_request_of_a_connection_is_told_so() {
    scene_with(with(|s| s.limits.requests_per_connection = 2), |w| async move {
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(!client.until("ok").await.contains("Connection:"));
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(client.rest().await.contains("\r\nConnection: close\r\n"));
    });
}

#[test]
fn a_drain_closes_after_the_answer_and_lets_nobody_idle() {
    scene_with(Setup::default(), |w| async move {
        let mut busy = w.client().await;
        let mut idle = w.client().await;
        idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        idle.until("ok").await;
        w.worker.draining.set(true);
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(busy.rest().await.contains("\r\nConnection: close\r\n"));
        assert_eq!(idle.rest().await, "");
    });
}

#[test]
fn op_19_a_client_that_has_said_all_still_gets_its_answer() {
    scene_with(Setup::default(), |w| async move {
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        tokio::io::AsyncWriteExt::shutdown(&mut client.stream).await.unwrap();
        assert!(client.rest().await.ends_with("ok"));
    });
}

#[test]
fn counters_tell_what_is_open_and_what_waits() {
    scene_with(Setup::default(), |w| async move {
        let mut client = w.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        client.until("ok").await;
        while w.worker.counters.waiting.get() != 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(w.worker.counters.active.get(), 1);
        drop(client);
        while w.worker.counters.active.get() != 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(w.worker.counters.waiting.get(), 0);
    });
}
