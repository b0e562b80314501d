//! The listeners beside the proxy: a head has its time, and who shows no key holds no places.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use gateway_tests::{Client, Gateway};
use serde_json::json;

const SLOW: &[u8] = b"GET /apisix/admin/live/info HTTP/1.1\r\nHost: 127";

#[test]
fn a_head_that_does_not_end_is_answered_408_and_silence_ends() {
    let gateway = Gateway::configured(json!({ "nginx_config": { "http": { "client_header_timeout": "700ms" } } }));
    for listener in [gateway.admin, gateway.control, gateway.status, gateway.metrics] {
        let begun = Instant::now();
        let (mut slow, mut silent) = (Client::connect(listener), Client::connect(listener));
        slow.write(SLOW);
        let answer = slow.answer(false);
        assert_eq!((answer.status, answer.header("Connection")), (408, Some("close")), "{listener}");
        assert!(answer.text().contains("408"), "{}", answer.text());
        assert!(silent.closed(), "{listener}");
        let took = begun.elapsed();
        assert!((Duration::from_millis(700)..Duration::from_secs(10)).contains(&took), "{listener}: {took:?}");
    }
    // A connection that waits for its next request is no head.
    let mut idle = Client::connect(gateway.admin);
    for pause in [1_000, 0] {
        let fields = [("Host", "localhost"), ("X-API-KEY", gateway.key())];
        assert_eq!(idle.request("GET", "/apisix/admin/live/info", &fields, b"").status, 200);
        std::thread::sleep(Duration::from_millis(pause));
    }
}

#[test]
fn who_shows_no_key_keeps_nobody_out() {
    let gateway = Gateway::configured(json!({ "gateway": { "limits": { "admin_connections": 20 } } }));
    let fields = [("Host", "localhost"), ("X-API-KEY", gateway.key())];
    let mut mine = Client::connect(gateway.admin);
    assert_eq!(mine.request("GET", "/apisix/admin/live/info", &fields, b"").status, 200);
    let mut others = Vec::new();
    for number in 0..60 {
        let mut client = Client::connect(gateway.admin);
        match number % 3 {
            0 => client.write(SLOW),
            // One that was refused, and stays.
            1 => assert_eq!(client.request("GET", "/apisix/admin/routes", &[("Host", "localhost")], b"").status, 401),
            _ => {}
        }
        others.push(client);
    }
    let begun = Instant::now();
    for _ in 0..30 {
        let mut client = Client::connect(gateway.admin);
        assert_eq!(client.request("GET", "/apisix/admin/live/info", &fields, b"").status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(mine.request("GET", "/apisix/admin/live/info", &fields, b"").status, 200, "a known one stays");
    let mut first = others.iter_mut().take(20).enumerate().filter(|(number, _)| number % 3 != 0);
    assert!(first.all(|(_, client)| client.closed()), "the first ones have given way");
}

#[test]
fn metrics_and_control_have_room_too() {
    let gateway = Gateway::start();
    let held: Vec<Client> = (0..150)
        .map(|number| {
            let mut client = Client::connect(if number % 2 == 0 { gateway.metrics } else { gateway.control });
            client.write(SLOW);
            client
        })
        .collect();
    let begun = Instant::now();
    assert!(gateway.metrics().contains("apisix_"));
    let schema = Client::connect(gateway.control).request("GET", "/v1/schema", &[("Host", "localhost")], b"");
    assert_eq!((schema.status, held.len()), (200, 150));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}
