//! What does not speak Dubbo2 on a port of it, and requests that are no calls for providers of it.

use super::super::*;
use gateway_tests::Upstream;
use std::io::Read;
use std::net::TcpStream;

/// What a port of Dubbo2 says to `first` before it closes.
fn said(scene: &Scene, first: &[u8]) -> String {
    let mut stream = TcpStream::connect(scene.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(first).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn other_protocols_on_a_port_of_dubbo2_are_told_in_the_log() {
    let scene = Scene::new();
    let http = said(&scene, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(http.starts_with("HTTP/1.1 400 Bad Request\r\n") && http.ends_with("Dubbo2 and not HTTP.\n"), "{http}");
    assert_eq!(said(&scene, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"), "");
    assert_eq!(said(&scene, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), "");
    assert_eq!(said(&scene, b"status\r\n"), "");
    for what in ["HTTP/1", "HTTP/2", "TLS"] {
        let line = format!("{what} on a port of Dubbo2 alone: with `detect: true`");
        wait_for(what, || scene.gateway.stderr().contains(&line).then_some(()));
    }
    assert_eq!(scene.gateway.stderr().matches("on a port of Dubbo2").count(), 3);
}

#[test]
fn calls_in_front_of_what_is_no_frame_are_answered() {
    let scene = Scene::configured(json!({}), json!({ "dubbo_frame_ms": 100 }));
    let slow = Provider::new(|got, stream| {
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(&answer(got, 20, value("slow"))).is_ok()
    });
    scene.route(&[&slow.node()], json!({}));
    let too_long = [&hello_frame(9)[..12], b"\x7f\xff\xff\xff"].concat();
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 100_000], b"\xda\xba", &too_long] {
        let mut peer = scene.peer();
        peer.send(&[&hello_frame(1)[..], garbage].concat());
        if garbage == too_long {
            assert_eq!((peer.frame().status, peer.frame().id), (25, 1));
        } else {
            is_value(&peer.frame(), "slow");
        }
        assert_eq!(peer.maybe(), None);
    }
}

#[test]
fn a_request_that_nothing_makes_a_call_of_is_told_in_one_line() {
    let scene = Scene::new();
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({}));
    assert_eq!(scene.gateway.get("/acme.Orders/hello").status, 502);
    wait_for("the line", || scene.gateway.stderr().contains("nothing makes a call of the request").then_some(()));
    assert_eq!(scene.gateway.stderr().matches("upstream: ").count(), 1, "{}", scene.gateway.stderr());
    // Its node is not to blame, and was not asked.
    assert_eq!(provider.connections(), 0);
    is_value(&scene.call(&hello()), "p hello");
}

/// A server of HTTP knows nothing of a call's bytes, and whatever it says is no result.
#[test]
fn a_call_goes_to_no_server_of_http_unless_something_makes_a_request_of_it() {
    let (scene, server) = (Scene::new(), Upstream::text("\"ok\""));
    for scheme in ["http", "grpc"] {
        let upstream = json!({ "scheme": scheme, "nodes": { (server.node()): 1 } });
        scene.gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": upstream }));
        let why = "the upstream takes requests, and nothing makes one of a call of Dubbo";
        is_exception(&scene.call(&hello()), 5, why);
    }
    assert!(server.received().is_empty(), "{:?}", server.received());
    wait_for("the line", || scene.gateway.stderr().contains("nothing makes a request of the call").then_some(()));
}
