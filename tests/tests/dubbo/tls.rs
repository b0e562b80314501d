//! Calls over TLS.

use super::super::*;
use gateway_tests::Tls;

#[test]
fn calls_come_over_tls_as_well() {
    for (listen, alpn) in [
        (json!({ "tls": true }), &[][..]),
        (json!({ "detect": true }), &[]),
        (json!({ "detect": true }), &["http/1.1"]),
    ] {
        let scene = Scene::configured(listen.clone(), json!({}));
        let provider = Provider::named("p");
        scene.route(&[&provider.node()], json!({}));
        let (cert, key) = (include_str!("../certificates/one.pem"), include_str!("../certificates/one.key"));
        scene.gateway.put("/ssls/1", &json!({ "sni": "one.test", "cert": cert, "key": key }));
        let mut client = Tls::new().alpn(alpn).connect(scene.addr, Some("one.test")).unwrap();
        if alpn.is_empty() {
            client.write(hello_frame(5));
            let expected = Frame { flags: flag::ANSWER, status: 20, id: 5, body: value("p hello") }.bytes();
            assert_eq!(client.take(expected.len()), expected, "{listen}");
        } else {
            // HTTP was agreed on: a request that is no call, for an upstream of calls.
            assert_eq!(client.request("GET", "/x", &[("Host", "one.test")], b"").status, 502);
        }
    }
}

#[test]
fn a_certificate_is_replaced_under_calls() {
    let scene = Scene::configured(json!({ "tls": true }), json!({}));
    let provider = Provider::named("p");
    scene.route(&[&provider.node()], json!({}));
    let put =
        |cert: &str, key: &str| scene.gateway.put("/ssls/1", &json!({ "sni": "one.test", "cert": cert, "key": key }));
    let connect = || Tls::new().connect(scene.addr, Some("one.test")).unwrap();
    let shown = || connect().tls().peer_certificates().unwrap()[0].to_vec();
    put(include_str!("../certificates/one.pem"), include_str!("../certificates/one.key"));
    let before = shown();
    let mut client = connect();
    let mut call = |id: i64| {
        client.write(hello_frame(id));
        let expected = Frame { flags: flag::ANSWER, status: 20, id, body: value("p hello") }.bytes();
        assert_eq!(client.take(expected.len()), expected);
    };
    call(1);
    put(include_str!("../certificates/two.pem"), include_str!("../certificates/two.key"));
    wait_for("the other certificate", || Some(shown()).filter(|now| *now != before));
    call(2);
}
