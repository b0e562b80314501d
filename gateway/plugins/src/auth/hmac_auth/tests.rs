use super::*;
use crate::testkit::{Kit, Outcome};
use proptest::prelude::*;
use serde_json::json;

fn kit() -> Kit {
    let kit = Kit::new();
    kit.consumer(
        json!({"username": "jack", "plugins": {"hmac-auth": {"key_id": "my-key", "secret_key": "my-secret"}}}),
    );
    kit.consumer(json!({"username": "nobody", "plugins": {}}));
    kit
}

/// What a client does that has the secret.
struct Client {
    key_id: &'static str,
    secret: &'static str,
    algorithm: Algorithm,
    headers: &'static str,
    age_s: i64,
}

const JACK: Client = Client {
    key_id: "my-key",
    secret: "my-secret",
    algorithm: Algorithm::Sha256,
    headers: "@request-target date",
    age_s: 0,
};

impl Client {
    /// The lines of a request for this target, with further lines that are part of `headers` where it names them.
    fn request(&self, method: &str, target: &str, lines: &[(&str, &str)]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let date = UNIX_EPOCH + std::time::Duration::from_secs(now.checked_add_signed(-self.age_s).unwrap());
        let date = httpdate::fmt_http_date(date);
        let mut signed = format!("{}\n", self.key_id);
        for name in self.headers.split(' ') {
            match (name, lines.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))) {
                ("@request-target", _) => signed.push_str(&format!("{method} {target}\n")),
                ("date", _) => signed.push_str(&format!("date: {date}\n")),
                (name, Some((_, value))) => signed.push_str(&format!("{name}: {value}\n")),
                _ => {}
            }
        }
        let key = hmac::Key::new(self.algorithm.hmac(), self.secret.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        let algorithm = ["hmac-sha1", "hmac-sha256", "hmac-sha512"][self.algorithm as usize];
        let (key_id, headers) = (self.key_id, self.headers);
        let mut text = format!(
            "{method} {target} HTTP/1.1\nDate: {date}\nAuthorization: Signature keyId=\"{key_id}\", algorithm=\"{algorithm}\",headers=\"{headers}\",signature=\"{signature}\""
        );
        for (name, value) in lines {
            text.push_str(&format!("\n{name}: {value}"));
        }
        text
    }
}

/// `None`: let in.
fn refusal(kit: &Kit, conf: Value, request: &str) -> Option<(u16, String)> {
    let plugin = kit.plugin(NAME, conf);
    let mut x = kit.exchange(request);
    match kit.rewrite(&plugin, &mut x) {
        Outcome::Next => {
            assert_eq!(x.consumer.as_ref().unwrap().username(), "jack");
            None
        }
        Outcome::Exit(exit) => {
            assert!(x.consumer.is_none());
            if exit.status == 401 {
                assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("hmac realm=\"hmac\""));
            }
            Some((exit.status, Kit::text(&exit)))
        }
        other => panic!("{request}: {other:?}"),
    }
}

fn refused(text: &str) -> Option<(u16, String)> {
    Some((401, format!("{{\"message\":\"client request can't be validated{text}\"}}\n")))
}

#[test]
fn signatures_of_all_algorithms_let_in() {
    let kit = kit();
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let client = Client { algorithm, ..JACK };
        assert_eq!(refusal(&kit, json!({}), &client.request("GET", "/a?b=c%20d", &[])), None);
    }
    let client = Client { headers: "@request-target date x-a x-absent", ..JACK };
    let conf = json!({"signed_headers": ["date", "x-a"]});
    assert_eq!(refusal(&kit, conf.clone(), &client.request("POST", "/", &[("X-A", "1 2")])), None);
    assert_eq!(refusal(&kit, conf, &JACK.request("POST", "/", &[("X-A", "1 2")])), refused(""), "x-a must be signed");
}

#[test]
fn a_reference_signature_made_elsewhere() {
    // printf 'my-key\nGET /a\ndate: Thu, 26 Nov 2026 07:00:00 GMT\n' | openssl dgst -sha256 -hmac my-secret -binary | base64
    let kit = kit();
    let line =
        "Signature keyId=\"my-key\",algorithm=\"hmac-sha256\",headers=\"@request-target date\",signature=\"SIG\"";
    let x = kit.exchange(&format!("GET /a HTTP/1.1\nDate: Thu, 26 Nov 2026 07:00:00 GMT\nAuthorization: {line}"));
    let sent = Parameters::read(x.req.head.get(name::AUTHORIZATION).unwrap()).unwrap();
    let lines = sent.signed_lines(b"my-key", &x).unwrap();
    assert_eq!(lines, b"my-key\nGET /a\ndate: Thu, 26 Nov 2026 07:00:00 GMT\n");
    let made = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"my-secret"), &lines);
    assert_eq!(STANDARD.encode(made), "9mwEHQTT/up1zw7dg4df5XuCsQ1dBfUwyTFb9viBEhY=");
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let kit = kit();
    let good = JACK.request("GET", "/a", &[]);
    assert_eq!(refusal(&kit, json!({}), &good), None);
    let other = |from: &str, to: &str| refusal(&kit, json!({}), &good.replacen(from, to, 1));
    assert_eq!(other("GET", "POST"), refused(""));
    assert_eq!(other("/a", "/b"), refused(""));
    assert_eq!(other("my-key", "your-key"), refused(""));
    assert_eq!(other("hmac-sha256", "hmac-sha512"), refused(""));
    assert_eq!(other("hmac-sha256", "none"), refused(""));
    assert_eq!(other("signature=\"", "signature=\"AAAA"), refused(""));
    assert_eq!(other("signature=\"", "signature=\"?"), refused(""));
    assert_eq!(
        other("Authorization: ", "Authorization: Bearer "),
        refused(": Authorization header does not start with 'Signature'")
    );
    assert_eq!(other("Authorization", "X-Authorization"), refused(": missing Authorization header"));
    for (name, with) in [("keyId=", "k="), ("algorithm=", "a="), ("signature=", "s="), ("headers=", "h=")] {
        assert_eq!(other(name, with), refused(""), "{name}");
    }
    let wrong = Client { secret: "other", ..JACK };
    assert_eq!(refusal(&kit, json!({}), &wrong.request("GET", "/a", &[])), refused(""));
    let twice = Client { headers: "@request-target date x-a", ..JACK };
    assert_eq!(refusal(&kit, json!({}), &twice.request("GET", "/a", &[("X-A", "1"), ("x-a", "2")])), refused(""));
}

#[test]
fn target_and_date_are_always_signed() {
    let kit = kit();
    for headers in ["date", "@request-target", "", "x-a"] {
        let client = Client { headers, ..JACK };
        let request = client.request("GET", "/a", &[("x-a", "1")]);
        assert_eq!(refusal(&kit, json!({"signed_headers": []}), &request), refused(""), "{headers}");
    }
}

#[test]
fn clocks_may_differ_by_so_much() {
    let kit = kit();
    for (age_s, skew, admitted) in
        [(290, 300, true), (-290, 300, true), (310, 300, false), (-310, 300, false), (40, 30, false)]
    {
        let client = Client { age_s, ..JACK };
        let refused = refusal(&kit, json!({"clock_skew": skew}), &client.request("GET", "/", &[]));
        assert_eq!(refused.is_none(), admitted, "{age_s} {skew}");
    }
    let request = JACK.request("GET", "/", &[]);
    for date in ["Date: never", "X-Date: x"] {
        let at = request.find("Date: ").unwrap();
        let end = at + request[at..].find('\n').unwrap();
        assert_eq!(refusal(&kit, json!({}), &format!("{}{date}{}", &request[..at], &request[end..])), refused(""));
    }
}

#[test]
fn bodies_must_have_their_digest() {
    let kit = kit();
    let digest_of = |body: &str| format!("SHA-256={}", STANDARD.encode(digest(&SHA256, body.as_bytes())));
    let conf = json!({"validate_request_body": true, "max_req_body_size": 10});
    let cases = [
        (digest_of("hello"), "\n\nhello", None),
        (digest_of("hello"), "\n\nhellO", refused("")),
        (digest_of(""), "", None),
        (digest_of("x"), "", refused("")),
        (String::new(), "\n\nhello", refused("")),
    ];
    for (told, body, expected) in cases {
        let lines: &[(&str, &str)] = if told.is_empty() { &[] } else { &[("Digest", &told)] };
        let request = JACK.request("POST", "/", lines) + body;
        assert_eq!(refusal(&kit, conf.clone(), &request), expected, "{told} {body}");
    }
    let long = JACK.request("POST", "/", &[("Digest", &digest_of("hello world"))]) + "\n\nhello world";
    let text = "{\"message\":\"request size 11 is greater than the maximum size 10 allowed\"}\n";
    assert_eq!(refusal(&kit, conf.clone(), &long), Some((413, text.into())));

    let mut x = kit.exchange(&JACK.request("POST", "/", &[("Digest", &digest_of("hello"))]));
    x.req.framing = Framing::Stream;
    assert!(matches!(kit.rewrite(&kit.plugin(NAME, conf), &mut x), Outcome::Body));
}

#[test]
fn strangers_and_hidden_credentials() {
    let kit = kit();
    let plugin = kit.plugin(NAME, json!({"anonymous_consumer": "nobody", "hide_credentials": true}));
    for (request, user) in
        [(JACK.request("GET", "/", &[]), "jack"), ("GET / HTTP/1.1\nauthorization: x".into(), "nobody")]
    {
        let mut x = kit.exchange(&request);
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
        assert_eq!(x.consumer.as_ref().unwrap().username(), user);
        assert_eq!(kit.request_field(&x, "authorization"), None);
    }
    let plugin = kit.plugin(NAME, json!({"anonymous_consumer": "gone", "realm": "mine"}));
    let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange("GET / HTTP/1.1")) else { panic!() };
    assert_eq!(Kit::text(&exit), "{\"message\":\"Invalid user authorization\"}\n");
    assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("hmac realm=\"mine\""));
}

#[test]
fn configurations() {
    let kit = kit();
    kit.refuses(NAME, json!({"clock_skew": 0}), "clock_skew");
    kit.refuses(NAME, json!({"allowed_algorithms": ["hmac-md5"]}), "matches none of the enum values");
    kit.refuses(NAME, json!({"allowed_algorithms": []}), "expect array to have at least 1 items");
}

proptest! {
    #[test]
    fn whatever_is_sent_is_no_panic(line in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Some(sent) = Parameters::read(&[b"Signature ", &line[..]].concat()) {
            prop_assert!(sent.headers().count() <= 120);
        }
    }
}
