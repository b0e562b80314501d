//! OCSP stapling: clients are shown what the authority of a certificate says of it, and nothing that proves nothing. The responder
//! is one of the tests' own, which signs what it is told to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use gateway_tests::{Authority, Gateway, Received, Says, Tls, Upstream, free_port, wait_for};
use serde_json::{Value, json};

/// What a responder answers to a request.
type Answering = dyn Fn(&Authority, &[u8]) -> Vec<u8> + Send + Sync;

/// A gateway that serves HTTPS, an authority and its responder.
struct Stapling {
    gateway: Gateway,
    https: SocketAddr,
    authority: Arc<Authority>,
    answering: Arc<Mutex<Box<Answering>>>,
    responder: Upstream,
}

impl Stapling {
    fn start(answer: impl Fn(&Authority, &[u8]) -> Vec<u8> + Send + Sync + 'static) -> Stapling {
        Stapling::configured(json!({}), answer)
    }

    fn configured(
        mut config: Value,
        answer: impl Fn(&Authority, &[u8]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Stapling {
        let port = free_port();
        config["apisix"]["ssl"]["listen"] = json!([{ "ip": "127.0.0.1", "port": port }]);
        let authority = Arc::new(Authority::new("An authority for tests"));
        let answering: Arc<Mutex<Box<Answering>>> = Arc::new(Mutex::new(Box::new(answer)));
        let (own, answers) = (Arc::clone(&authority), Arc::clone(&answering));
        let responder = Upstream::new(move |got: &Received, stream| {
            let answer = answers.lock().unwrap()(&own, &got.body);
            stream.write_all(&answer).is_ok()
        });
        let https = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Stapling { gateway: Gateway::configured(config), https, authority, answering, responder }
    }

    fn answers(&self, answer: impl Fn(&Authority, &[u8]) -> Vec<u8> + Send + Sync + 'static) {
        *self.answering.lock().unwrap() = Box::new(answer);
    }

    /// Puts a certificate of its own under a name; `how` is `ocsp_stapling`.
    fn put(&self, id: &str, name: &str, how: Value) {
        let own = self.authority.issue(name, self.responder.addr);
        let object = json!({ "sni": name, "cert": own.chain, "key": own.key, "ocsp_stapling": how });
        self.gateway.put(&format!("/ssls/{id}"), &object);
    }

    fn stapled(&self, name: &str) -> Vec<u8> {
        Tls::new().stapled(self.https, name).unwrap()
    }

    fn stapled_at_last(&self, name: &str) -> Vec<u8> {
        wait_for("an OCSP answer in a handshake", || Some(self.stapled(name)).filter(|answer| !answer.is_empty()))
    }

    /// Waits for a line of the log that says why there is no answer.
    fn complains(&self, why: &str) {
        wait_for(why, || self.gateway.stderr().contains(why).then_some(()));
    }

    fn count(&self, status: &str) -> u64 {
        self.gateway.metric(&format!("apisix_gateway_ocsp_certificates{{status=\"{status}\"}}"))
    }
}

fn ok(body: Vec<u8>) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}

fn says(says: Says) -> impl Fn(&Authority, &[u8]) -> Vec<u8> + Send + Sync {
    move |authority, request| ok(authority.answer(request, says))
}

#[test]
fn a_good_answer_is_shown_in_both_versions_and_asked_for_once() {
    let stapling = Stapling::start(says(Says::GOOD));
    stapling.put("1", "a.test", json!({ "enabled": true }));
    let answer = stapling.stapled_at_last("a.test");
    assert_eq!(Tls::old().stapled(stapling.https, "a.test").unwrap(), answer);
    let got = stapling.responder.last();
    assert_eq!(got.line, "POST /ocsp HTTP/1.1");
    assert_eq!(got.header("content-type"), Some("application/ocsp-request"));
    assert_eq!(stapling.count("good"), 1);
    let until = stapling.gateway.metric("apisix_gateway_ocsp_answer_until_seconds{id=\"1\",sni=\"a.test\"}");
    assert!(until > 1_700_000_000, "{until}");

    // Another name on the object, and a change elsewhere: the certificate is the same.
    stapling.gateway.call("PATCH", "/ssls/1", Some(&json!({ "sni": "b.test" })));
    stapling.put("2", "c.test", json!({ "enabled": false }));
    assert_eq!(stapling.stapled("b.test"), answer);
    assert_eq!(stapling.stapled("c.test"), b"");
    assert_eq!(stapling.responder.received().len(), 1);
}

#[test]
fn certificates_without_the_field_or_without_the_plugin_are_shown_alone() {
    let stapling = Stapling::configured(json!({ "plugins": ["key-auth"] }), says(Says::GOOD));
    stapling.put("1", "a.test", json!({ "enabled": true }));
    stapling.complains("the plugin ocsp-stapling is switched off");
    assert_eq!(stapling.stapled("a.test"), b"");
    assert!(stapling.responder.received().is_empty());
    let refused = stapling.gateway.call("PATCH", "/ssls/1", Some(&json!({ "ocsp_stapling": { "cache_ttl": 59 } })));
    assert_eq!(refused.status, 400);
}

#[test]
fn what_proves_nothing_is_not_shown() {
    let rival = Authority::new("An authority for tests");
    let cases: Vec<(&str, Box<Answering>)> = vec![
        ("it is no OCSP response", Box::new(|_, _| ok(b"<html>It works!</html>".to_vec()))),
        ("it is about another certificate", Box::new(says(Says { other: Some(99), ..Says::GOOD }))),
        ("it is out of date", Box::new(says(Says { from: -3600, until: Some(-1800), ..Says::GOOD }))),
        ("it holds only from a later time on", Box::new(says(Says { from: 3600, ..Says::GOOD }))),
        ("the responder does not know the certificate", Box::new(says(Says { status: "unknown", ..Says::GOOD }))),
        ("its signature is not right", Box::new(move |_, request| ok(rival.answer(request, Says::GOOD)))),
        ("the responder refuses: tryLater", Box::new(|_, _| ok(vec![0x30, 3, 10, 1, 3]))),
        ("the answer is longer than 16384 bytes", Box::new(|_, _| ok(vec![0x30; 1 << 20]))),
        (
            "the responder answers with status 503",
            Box::new(|_, _| b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ),
        (
            "the responder answers with status 302",
            Box::new(|_, _| {
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec()
            }),
        ),
    ];
    let stapling = Stapling::start(|_, _| Vec::new());
    for (n, (why, answer)) in cases.into_iter().enumerate() {
        *stapling.answering.lock().unwrap() = answer;
        let name = format!("n{n}.test");
        stapling.put(&n.to_string(), &name, json!({ "enabled": true }));
        stapling.complains(why);
        assert_eq!(stapling.stapled(&name), b"", "{why}");
        stapling.gateway.delete(&format!("/ssls/{n}"));
    }
}

#[test]
fn a_responder_that_comes_back_is_asked_again() {
    let stapling = Stapling::start(|_, _| Vec::new());
    stapling.answers(|_, _| b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n".to_vec());
    stapling.put("1", "a.test", json!({ "enabled": true }));
    stapling.complains("the responder answers with status 500");
    assert_eq!(stapling.count("failed"), 1);
    stapling.answers(says(Says::GOOD));
    stapling.stapled_at_last("a.test");
    assert_eq!((stapling.count("failed"), stapling.count("good")), (0, 1));
}

#[test]
fn an_answer_is_renewed_and_a_revoked_certificate_is_shown_alone() {
    let stapling = Stapling::start(says(Says { until: Some(6), ..Says::GOOD }));
    stapling.put("1", "a.test", json!({ "enabled": true }));
    let first = stapling.stapled_at_last("a.test");
    wait_for("another answer", || (stapling.stapled("a.test") != first).then_some(()));
    stapling.answers(says(Says { status: "revoked", ..Says::GOOD }));
    stapling.complains("a certificate has been revoked by its issuer");
    assert_eq!(stapling.stapled("a.test"), b"");
    assert_eq!(stapling.count("revoked"), 1);
}

#[test]
fn signatures_are_not_looked_at_where_the_object_says_so() {
    let rival = Authority::new("An authority for tests");
    let stapling = Stapling::start(move |_, request| ok(rival.answer(request, Says::GOOD)));
    stapling.put("1", "a.test", json!({ "enabled": true, "skip_verify": true }));
    stapling.stapled_at_last("a.test");
}

#[test]
fn a_responder_that_does_not_answer_holds_up_nobody() {
    let stapling = Stapling::start(|_, _| {
        std::thread::park();
        Vec::new()
    });
    stapling.put("1", "a.test", json!({ "enabled": true }));
    wait_for("the question", || (!stapling.responder.received().is_empty()).then_some(()));
    assert_eq!(stapling.stapled("a.test"), b"");
    assert_eq!(stapling.count("waiting"), 1);
}

#[test]
fn a_certificate_that_cannot_be_asked_about_is_named_and_served() {
    let stapling = Stapling::start(says(Says::GOOD));
    let own = stapling.authority.issue("a.test", stapling.responder.addr);
    let alone = own.chain.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    let object = json!({ "sni": "a.test", "cert": alone, "key": own.key, "ocsp_stapling": { "enabled": true } });
    stapling.gateway.put("/ssls/1", &object);
    stapling.complains("the certificate of its issuer does not follow it in `cert`");
    assert_eq!(stapling.stapled("a.test"), b"");
    assert!(stapling.responder.received().is_empty());
}

/// Responders that hang take all turns; who waits behind them for a certificate that has gone is not asked about it.
#[test]
fn a_certificate_that_went_while_it_waited_for_its_turn_is_not_asked_about() {
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let one_worker = json!({ "nginx_config": { "worker_processes": 1 } });
    let stapling = Stapling::configured(one_worker, move |authority, request| {
        let _ = wait.lock().unwrap().recv();
        ok(authority.answer(request, Says::GOOD))
    });
    let turns = 16;
    for n in 0..turns {
        stapling.put(&n.to_string(), &format!("n{n}.test"), json!({ "enabled": true }));
    }
    wait_for("all turns to be taken", || (stapling.responder.received().len() == turns).then_some(()));
    let other = Upstream::text("nobody asks");
    let own = stapling.authority.issue("gone.test", other.addr);
    let object = json!({ "sni": "gone.test", "cert": own.chain, "key": own.key, "ocsp_stapling": { "enabled": true } });
    stapling.gateway.put("/ssls/gone", &object);
    stapling.put("last", "last.test", json!({ "enabled": true }));
    stapling.gateway.delete("/ssls/gone");
    // A worker has a certificate until it looks at what is new, with a request or at its next tick; the next change drops it.
    stapling.gateway.get("/");
    stapling.put("0", "other.test", json!({ "enabled": false }));
    drop(release);
    stapling.stapled_at_last("last.test");
    assert!(other.received().is_empty());
}
