//! HTTPS: which certificate a client is shown, what it must show itself, and that changes touch nobody who is connected.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr};

use gateway_tests::{Client, Gateway, Tls, Upstream, free_port, wait_for};
use serde_json::{Value, json};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("certificates/", $name))
    };
}

const CA: &str = pem!("ca.pem");
const ONE: (&str, &str) = (pem!("one.pem"), pem!("one.key"));
const ONE_RSA: (&str, &str) = (pem!("one-rsa.pem"), pem!("one-rsa.key"));
const TWO: (&str, &str) = (pem!("two.pem"), pem!("two.key"));
const EXPIRED: (&str, &str) = (pem!("expired.pem"), pem!("expired.key"));
const CLIENT: (&str, &str) = (pem!("client.pem"), pem!("client.key"));
const STRANGER: (&str, &str) = (pem!("stranger.pem"), pem!("stranger.key"));
const DEEP: (&str, &str) = (pem!("deep.pem"), pem!("deep.key"));

/// A gateway that serves HTTPS, with a route for everything.
struct Secure {
    gateway: Gateway,
    https: SocketAddr,
    upstream: Upstream,
}

impl Secure {
    fn start() -> Secure {
        Secure::with(json!({}))
    }

    /// `ssl` is merged over `apisix.ssl`.
    fn with(ssl: Value) -> Secure {
        Secure::configured(json!({ "apisix": { "ssl": ssl } }))
    }

    fn configured(mut config: Value) -> Secure {
        let port = free_port();
        config["apisix"]["ssl"]["listen"] = json!([{ "ip": "127.0.0.1", "port": port, "enable_http2": false }]);
        let gateway = Gateway::configured(config);
        let upstream = Upstream::text("hello");
        gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
        Secure { gateway, https: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), upstream }
    }

    fn ssl(&self, id: &str, sni: &str, pair: (&str, &str)) {
        self.gateway.put(&format!("/ssls/{id}"), &json!({ "sni": sni, "cert": pair.0, "key": pair.1 }));
    }

    /// One that asks for a client certificate.
    fn asking(&self, id: &str, sni: &str, pair: (&str, &str), client: Value) {
        let object = json!({ "sni": sni, "cert": pair.0, "key": pair.1, "client": client });
        self.gateway.put(&format!("/ssls/{id}"), &object);
    }

    fn connect(&self, name: &str) -> Result<Client, String> {
        Tls::new().connect(self.https, Some(name))
    }

    /// Whether the certificate of `pair` is what a client is shown that asks for `name`.
    fn shows(&self, name: &str, pair: (&str, &str)) -> bool {
        shown(&self.connect(name).unwrap()) == der(pair)
    }
}

fn shown(client: &Client) -> Vec<u8> {
    client.tls().peer_certificates().unwrap()[0].to_vec()
}

fn der(pair: (&str, &str)) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::from_pem_slice(pair.0.as_bytes()).unwrap().to_vec()
}

fn get(client: &mut Client, host: &str, path: &str) -> (u16, String) {
    let answer = client.request("GET", path, &[("Host", host)], b"");
    (answer.status, answer.text())
}

/// The outcome of a request on a connection that may not come to be. With TLS 1.3 a refused certificate shows only at the
/// first read.
fn ask(tls: &Tls, at: &Secure, name: &str, host: &str, path: &str) -> u16 {
    tls.connect(at.https, Some(name)).map_or(0, |mut client| get(&mut client, host, path).0)
}

#[test]
fn the_name_chooses_the_certificate() {
    let at = Secure::start();
    assert!(
        at.connect("one.test").unwrap_err().contains("UnrecognisedName"),
        "nothing is shown before there is anything"
    );
    at.ssl("1", "one.test", ONE);
    at.ssl("2", "*.two.test", TWO);
    let mut client = at.connect("one.test").unwrap();
    assert_eq!(get(&mut client, "one.test", "/x"), (200, "hello".to_owned()));
    assert_eq!(shown(&client), der(ONE));
    let received = &at.upstream.received()[0];
    assert_eq!(received.header("x-forwarded-proto"), Some("https"));
    assert_eq!(received.header("x-forwarded-port"), Some(at.https.port().to_string().as_str()));
    assert!(at.shows("a.two.test", TWO) && at.shows("A.Two.Test", TWO));
    for nobody in ["two.test", "b.a.two.test", "other.test"] {
        assert!(at.connect(nobody).unwrap_err().contains("UnrecognisedName"), "{nobody}");
    }
    assert!(Tls::new().connect(at.https, None).is_err());
    // An exact name goes before a pattern, a pattern before `*`.
    at.ssl("3", "a.two.test", ONE);
    at.ssl("4", "*", ONE_RSA);
    assert!(at.shows("a.two.test", ONE) && at.shows("b.two.test", TWO) && at.shows("c.b.two.test", ONE_RSA));
    assert!(at.gateway.metric("apisix_gateway_tls_handshakes_total{result=\"failed\"}") >= 5);
}

#[test]
fn a_name_stands_for_none() {
    let at = Secure::with(json!({ "fallback_sni": "One.test" }));
    at.ssl("1", "one.test", ONE);
    let mut client = Tls::new().connect(at.https, None).unwrap();
    assert_eq!(shown(&client), der(ONE));
    assert_eq!(get(&mut client, "whoever", "/").0, 200);
}

#[test]
fn a_change_is_live_and_touches_no_connection() {
    let at = Secure::start();
    at.ssl("1", "one.test", ONE);
    let mut before = at.connect("one.test").unwrap();
    assert_eq!(get(&mut before, "one.test", "/").0, 200);
    at.ssl("1", "one.test", ONE_RSA);
    assert!(at.shows("one.test", ONE_RSA));
    assert_eq!(get(&mut before, "one.test", "/").0, 200);
    assert_eq!(at.gateway.call("PATCH", "/ssls/1", Some(&json!({ "status": 0 }))).status, 200);
    assert!(at.connect("one.test").is_err());
    assert_eq!(at.gateway.call("PATCH", "/ssls/1", Some(&json!({ "status": 1 }))).status, 200);
    assert!(at.shows("one.test", ONE_RSA));
    at.gateway.delete("/ssls/1");
    assert!(at.connect("one.test").is_err());
    assert_eq!(get(&mut before, "one.test", "/").0, 200);
}

#[test]
fn certificates_survive_a_crash() {
    let mut at = Secure::start();
    at.ssl("1", "one.test", ONE);
    at.gateway.crash_and_restart();
    assert!(at.shows("one.test", ONE));
}

#[test]
fn ecdsa_and_rsa_side_by_side() {
    let at = Secure::start();
    let object = json!({ "sni": "one.test", "cert": ONE_RSA.0, "key": ONE_RSA.1, "certs": [ONE.0], "keys": [ONE.1] });
    at.gateway.put("/ssls/1", &object);
    assert!(at.shows("one.test", ONE), "the cheaper one, where the client takes it");
    for tls in [Tls::new().rsa_only(), Tls::old().rsa_only()] {
        assert_eq!(shown(&tls.connect(at.https, Some("one.test")).unwrap()), der(ONE_RSA));
    }
    assert_eq!(shown(&Tls::old().connect(at.https, Some("one.test")).unwrap()), der(ONE));
}

#[test]
fn a_valid_certificate_goes_before_one_that_has_expired() {
    let at = Secure::start();
    // Within one object, and among objects of one name.
    at.gateway.put(
        "/ssls/5",
        &json!({ "sni": "one.test", "cert": EXPIRED.0, "key": EXPIRED.1, "certs": [ONE_RSA.0], "keys": [ONE_RSA.1] }),
    );
    assert!(at.shows("one.test", ONE_RSA));
    at.ssl("5", "one.test", EXPIRED);
    assert!(at.shows("one.test", EXPIRED), "better than nothing");
    at.ssl("9", "one.test", ONE);
    assert!(at.shows("one.test", ONE));
    let expired = "apisix_gateway_certificate_not_after_seconds{id=\"5\",sni=\"one.test\"}";
    assert_eq!(at.gateway.metric(expired), 1_580_515_200);
    assert_eq!(at.gateway.metric("apisix_gateway_certificates_expiring"), 1);
    wait_for("a line in the error log", || at.gateway.stderr().contains("a certificate has expired").then_some(()));
}

#[test]
fn an_object_s_own_versions_hold() {
    let at = Secure::start();
    for (id, name, versions) in
        [("1", "one.test", json!(["TLSv1.3"])), ("2", "two.test", json!(["TLSv1.1", "TLSv1.2"]))]
    {
        let object = json!({ "sni": name, "cert": ONE.0, "key": ONE.1, "ssl_protocols": versions });
        at.gateway.put(&format!("/ssls/{id}"), &object);
    }
    assert!(Tls::old().connect(at.https, Some("one.test")).is_err());
    let version = |name| at.connect(name).unwrap().tls().protocol_version().unwrap();
    assert_eq!(version("one.test"), rustls::ProtocolVersion::TLSv1_3);
    assert_eq!(version("two.test"), rustls::ProtocolVersion::TLSv1_2);
    let object = json!({ "sni": "three.test", "cert": ONE.0, "key": ONE.1, "ssl_protocols": ["TLSv1.1"] });
    let answer = at.gateway.call("PUT", "/ssls/3", Some(&object));
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("ssl_protocols"), "{}", answer.text());
}

#[test]
fn the_listener_s_versions_and_suites_hold() {
    let at = Secure::with(json!({ "ssl_protocols": "TLSv1.2", "ssl_ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305" }));
    at.ssl("1", "one.test", ONE);
    let client = at.connect("one.test").unwrap();
    assert_eq!(client.tls().protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
    let suite = client.tls().negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256);
}

#[test]
fn sessions_are_resumed_under_one_name_and_never_where_certificates_are_asked_for() {
    for tickets in [false, true] {
        let at = Secure::with(json!({ "ssl_session_tickets": tickets }));
        at.ssl("1", "one.test", ONE);
        at.asking("2", "two.test", TWO, json!({ "ca": CA }));
        let kind = |tls: &Tls, name: &str| {
            let mut client = tls.connect(at.https, Some(name)).unwrap();
            // The ticket comes with the answer.
            assert_eq!(get(&mut client, name, "/").0, 200);
            client.tls().handshake_kind().unwrap()
        };
        let tls = Tls::showing(CLIENT.0, CLIENT.1);
        for (name, second) in [("one.test", rustls::HandshakeKind::Resumed), ("two.test", rustls::HandshakeKind::Full)]
        {
            assert_eq!(kind(&tls, name), rustls::HandshakeKind::Full, "{name}, tickets {tickets}");
            assert_eq!(kind(&tls, name), second, "{name}, tickets {tickets}");
        }
        // What opened a door of which nothing was asked does not open the one behind which something is.
        at.asking("1", "one.test", ONE, json!({ "ca": CA }));
        assert_eq!(kind(&tls, "one.test"), rustls::HandshakeKind::Full, "tickets {tickets}");
    }
}

#[test]
fn clients_must_show_a_certificate_of_the_authority() {
    let at = Secure::start();
    at.asking("1", "one.test", ONE, json!({ "ca": CA, "depth": 0 }));
    at.asking("2", "two.test", TWO, json!({ "ca": CA }));
    let status = |tls: &Tls, name: &str| ask(tls, &at, name, name, "/");
    assert_eq!(status(&Tls::new(), "one.test"), 0, "none");
    assert_eq!(status(&Tls::showing(STRANGER.0, STRANGER.1), "one.test"), 0, "another authority's");
    assert_eq!(status(&Tls::showing(CLIENT.0, CLIENT.1), "one.test"), 200);
    assert_eq!(status(&Tls::showing(DEEP.0, DEEP.1), "one.test"), 0, "one between is one too many");
    assert_eq!(status(&Tls::showing(DEEP.0, DEEP.1), "two.test"), 200);
}

#[test]
fn a_certificate_opens_only_the_host_that_asked_for_it() {
    let at = Secure::start();
    at.ssl("0", "free.test", ONE);
    at.asking("1", "one.test", ONE, json!({ "ca": CA }));
    at.asking("2", "two.test", TWO, json!({ "ca": CA, "depth": 3 }));
    at.asking("3", "*.wild.test", TWO, json!({ "ca": CA }));
    let with = Tls::showing(CLIENT.0, CLIENT.1);
    for (name, host, status) in [
        ("one.test", "one.test", 200),
        ("one.test", "ONE.test:8443", 200),
        ("free.test", "one.test", 421),
        ("two.test", "one.test", 421),
        ("one.test", "free.test", 200),
        ("one.test", "unknown.test", 200),
        ("a.wild.test", "a.wild.test", 200),
        ("a.wild.test", "b.wild.test", 421),
    ] {
        assert_eq!(ask(&with, &at, name, host, "/"), status, "{name} → {host}");
    }
    let mut client = with.connect(at.https, Some("free.test")).unwrap();
    let (_, text) = get(&mut client, "one.test", "/");
    assert!(text.contains("421 Misdirected Request") && text.contains("400 Bad Request"), "{text}");
    assert!(client.closed(), "the client has to open another");
}

#[test]
fn some_paths_need_no_certificate() {
    let at = Secure::start();
    at.asking("1", "one.test", ONE, json!({ "ca": CA, "skip_mtls_uri_regex": ["^/open(/|$)"] }));
    let (none, bad, good) = (Tls::new(), Tls::showing(STRANGER.0, STRANGER.1), Tls::showing(CLIENT.0, CLIENT.1));
    for (path, status) in [("/open", 200), ("/open/a", 200), ("/shut", 400), ("/open/../shut", 400), ("/%6Fpen", 200)] {
        for tls in [&none, &bad] {
            assert_eq!(ask(tls, &at, "one.test", "one.test", path), status, "{path}");
        }
        assert_eq!(ask(&good, &at, "one.test", "one.test", path), 200, "{path}");
    }
}

#[test]
fn who_was_let_in_before_a_certificate_was_asked_for_comes_again() {
    let at = Secure::start();
    at.ssl("1", "one.test", ONE);
    let tls = Tls::showing(CLIENT.0, CLIENT.1);
    let mut client = tls.connect(at.https, Some("one.test")).unwrap();
    assert_eq!(get(&mut client, "one.test", "/").0, 200);
    at.asking("1", "one.test", ONE, json!({ "ca": CA }));
    assert_eq!(get(&mut client, "one.test", "/").0, 421);
    assert!(client.closed());
    assert_eq!(ask(&tls, &at, "one.test", "one.test", "/"), 200);
}

#[test]
fn variables_tell_what_was_agreed() {
    let at = Secure::start();
    at.asking("1", "one.test", ONE, json!({ "ca": CA }));
    let fields = json!({
        "X-Sni": "$ssl_server_name", "X-Protocol": "$ssl_protocol", "X-Cipher": "$ssl_cipher", "X-Verify": "$ssl_client_verify",
        "X-Subject": "$ssl_client_s_dn", "X-Issuer": "$ssl_client_i_dn", "X-Serial": "$ssl_client_serial",
        "X-Scheme": "$scheme $https", "X-Reused": "$ssl_session_reused", "X-Alpn": "$ssl_alpn_protocol",
        "X-Cert": "$ssl_client_escaped_cert", "X-End": "$ssl_client_v_end",
    });
    let node = at.upstream.node();
    let route = json!({ "uri": "/*", "upstream": { "nodes": { (node): 1 } }, "plugins": { "proxy-rewrite": { "headers": { "set": fields } } } });
    at.gateway.put("/routes/1", &route);
    let tls = Tls::showing(CLIENT.0, CLIENT.1).alpn(&["h2", "http/1.1"]);
    let mut client = tls.connect(at.https, Some("one.test")).unwrap();
    assert_eq!(client.tls().alpn_protocol(), Some(&b"http/1.1"[..]), "the listener speaks no HTTP/2");
    assert_eq!(get(&mut client, "one.test", "/").0, 200);
    let received = at.upstream.last();
    for (name, value) in [
        ("x-sni", "one.test"),
        ("x-protocol", "TLSv1.3"),
        ("x-verify", "SUCCESS"),
        ("x-subject", "C=DE,O=Tests,CN=a client"),
        ("x-issuer", "CN=ca"),
        ("x-scheme", "https on"),
        ("x-reused", "."),
        ("x-alpn", "http/1.1"),
        ("x-end", "Jan  1 00:00:00 2119 GMT"),
    ] {
        assert_eq!(received.header(name), Some(value), "{name}");
    }
    assert!(received.header("x-cipher").unwrap().starts_with("TLS_"));
    assert!(received.header("x-cert").unwrap().starts_with("-----BEGIN%20CERTIFICATE-----%0A"));
}

#[test]
fn alpn_says_who_serves() {
    let at = Secure::start();
    at.ssl("1", "one.test", ONE);
    let port = free_port();
    let mut gateway = at.gateway;
    gateway.reconfigure(json!({ "apisix": { "ssl": { "listen": [{ "ip": "127.0.0.1", "port": port }] } } }));
    gateway.crash_and_restart();
    let https = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut client = Tls::new().alpn(&["h2", "http/1.1"]).connect(https, Some("one.test")).unwrap();
    assert_eq!(client.tls().alpn_protocol(), Some(&b"h2"[..]));
    client.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert_eq!(client.take(9)[3], 4, "SETTINGS come first");
    for alpn in [&["http/1.1"][..], &[]] {
        let mut client = Tls::new().alpn(alpn).connect(https, Some("one.test")).unwrap();
        assert_eq!(get(&mut client, "one.test", "/").0, 200, "{alpn:?}");
    }
    assert!(Tls::new().alpn(&["acme-tls/1"]).connect(https, Some("one.test")).is_err());
}

#[test]
fn slow_02_a_handshake_that_does_not_come_to_its_end_is_given_up() {
    let at = Secure::configured(json!({ "apisix": {}, "gateway": { "limits": { "tls_handshake_ms": 500 } } }));
    at.ssl("1", "one.test", ONE);
    let mut silent = Client::connect(at.https);
    let mut half = Client::connect(at.https);
    half.write([0x16, 3, 1, 1, 0, 1]);
    assert!(silent.closed());
    assert!(half.closed());
    assert!(at.shows("one.test", ONE));
}

#[test]
fn h1_28_what_is_no_tls_is_refused_and_harms_nobody() {
    let at = Secure::start();
    at.ssl("1", "one.test", ONE);
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        &[0; 64],
        &[0x16, 3, 1, 0xFF, 0xFF, 1, 2, 3],
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    ] {
        let mut client = Client::connect(at.https);
        client.write(bytes);
        client.finish();
        client.rest();
    }
    wait_for("the failures to be counted", || {
        (at.gateway.metric("apisix_gateway_tls_handshakes_total{result=\"failed\"}") >= 4).then_some(())
    });
    assert!(at.shows("one.test", ONE));
    wait_for("the connections to be gone", || {
        (at.gateway.metric("apisix_nginx_http_current_connections{state=\"active\"}") == 0).then_some(())
    });
}

#[test]
fn a_proxy_protocol_header_comes_before_the_handshake() {
    let port = free_port();
    let at = Secure::configured(
        json!({ "apisix": { "proxy_protocol": { "listen_https_port": format!("127.0.0.1:{port}") } } }),
    );
    at.ssl("1", "one.test", ONE);
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let header = b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n";
    let mut client = Tls::new().connect_after(addr, Some("one.test"), header).unwrap();
    assert_eq!(get(&mut client, "one.test", "/").0, 200);
    assert_eq!(at.upstream.last().header("x-real-ip"), Some("192.0.2.7"));
    assert!(Tls::new().connect(addr, Some("one.test")).is_err(), "without it nothing is served");
}

#[test]
fn bodies_of_any_size_pass_both_ways() {
    let at = Secure::start();
    at.ssl("1", "one.test", ONE);
    let big: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", big.len());
    let answer = [head.as_bytes(), &big].concat();
    let upstream = Upstream::answering(answer);
    at.gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut client = at.connect("one.test").unwrap();
    for _ in 0..2 {
        let answer = client.request("POST", "/", &[("Host", "one.test")], &big);
        assert_eq!(answer.status, 200);
        assert!(answer.whole && answer.body == big);
        assert!(upstream.last().body == big);
    }
}
