use super::*;
use crate::testkit::{Kit, Outcome};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

const SECRET: &str = "a secret of more than thirty-two bytes";

fn kit() -> Kit {
    let kit = Kit::new();
    consumer(&kit, json!({"key": "user-key", "secret": SECRET}));
    kit.consumer(json!({"username": "nobody", "plugins": {}}));
    kit
}

fn consumer(kit: &Kit, conf: Value) {
    kit.consumer(json!({"username": "jack", "plugins": {"jwt-auth": conf}}));
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn sign(header: &str, claims: &str, signer: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = signer(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hs(algorithm: hmac::Algorithm, secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, secret);
    move |signed| hmac::sign(&key, signed).as_ref().to_vec()
}

fn hs256(header: &str, claims: &Value) -> String {
    sign(header, &claims.to_string(), hs(hmac::HMAC_SHA256, SECRET.as_bytes()))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Lets a token in as jack, or refuses it with this message.
fn outcome(kit: &Kit, conf: &Value, token: &str) -> Result<(), String> {
    let plugin = kit.plugin(NAME, conf.clone());
    let mut x = kit.exchange(&format!("GET / HTTP/1.1\nAuthorization: Bearer {token}"));
    match kit.rewrite(&plugin, &mut x) {
        Outcome::Next => {
            assert_eq!(x.consumer.as_ref().unwrap().username(), "jack");
            Ok(())
        }
        Outcome::Exit(exit) => {
            assert_eq!(exit.status, 401);
            assert_eq!(Kit::field(&exit, "WWW-Authenticate").as_deref(), Some("Bearer realm=\"jwt\""));
            let body: Value = serde_json::from_str(&Kit::text(&exit)).unwrap();
            Err(body["message"].as_str().unwrap().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn tokens_come_in_header_query_or_cookie_and_can_be_hidden() {
    let kit = kit();
    let token = hs256(HEADER, &json!({"key": "user-key"}));
    let plugin = kit.plugin(NAME, json!({"hide_credentials": true}));
    let cases = [
        (format!("GET / HTTP/1.1\nAuthorization: Bearer {token}"), "/", None),
        (format!("GET / HTTP/1.1\nAuthorization: bearer {token}"), "/", None),
        (format!("GET / HTTP/1.1\nAuthorization: {token}"), "/", None),
        (format!("GET /?a=1&jwt={token} HTTP/1.1\nCookie: a=b"), "/?a=1", Some("a=b")),
        (format!("GET / HTTP/1.1\nCookie: a=b;jwt={token}; c=d=e\nCookie: f=g"), "/", Some("a=b; c=d=e; f=g")),
        (format!("GET / HTTP/1.1\nCookie: jwt={token}"), "/", None),
    ];
    for (request, target, cookies) in cases {
        let mut x = kit.exchange(&request);
        assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next), "{request}");
        assert_eq!(kit.request_field(&x, "x-consumer-username").as_deref(), Some("jack"));
        assert_eq!(kit.request_field(&x, "authorization"), None);
        assert_eq!(kit.request_field(&x, "cookie").as_deref(), cookies);
        assert_eq!(String::from_utf8_lossy(x.upstream_target()), target);
    }
    let own = kit.plugin(NAME, json!({"header": "jwt-header", "query": "jwt-query", "cookie": "jwt-cookie"}));
    for request in [
        format!("GET / HTTP/1.1\njwt-header: bearer {token}"),
        format!("GET /?jwt-query={token} HTTP/1.1"),
        format!("GET / HTTP/1.1\ncookie: jwt-cookie={token}"),
    ] {
        let mut x = kit.exchange(&request);
        assert!(matches!(kit.rewrite(&own, &mut x), Outcome::Next), "{request}");
        assert_eq!(x.req.head.get(name::AUTHORIZATION), None);
        assert!(x.custom_var("jwt_auth_payload").is_none());
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let kit = kit();
    let token = hs256(HEADER, &json!({"key": "user-key"}));
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, mac) = (parts[0], parts[1], parts[2]);
    let text = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let cases = [
        (String::new(), "JWT token invalid"),
        (format!("{header}.{claims}"), "JWT token invalid"),
        (format!("{token}.x"), "JWT token invalid"),
        (format!("invalid-{token}"), "JWT token invalid"),
        (format!("{header}=.{claims}.{mac}"), "JWT token invalid"),
        (format!("{}.{claims}.{mac}", text("[]")), "JWT token invalid"),
        (format!("{header}.{}.{mac}", text("7")), "JWT token invalid"),
        (format!("{header}.{}.{mac}", text("{\"key\":")), "JWT token invalid"),
        (format!("{header}.{}.{mac}", text(&format!("{}{}", "[".repeat(9000), "]".repeat(9000)))), "JWT token invalid"),
        (hs256(HEADER, &json!({"k": "user-key"})), "missing user key in JWT token"),
        (hs256(HEADER, &json!({"key": "nobody's"})), "Invalid user key in JWT token"),
        (hs256(HEADER, &json!({"key": ""})), "Invalid user key in JWT token"),
        (hs256(HEADER, &json!({"key": 7})), "Invalid user key in JWT token"),
        (format!("{header}.{claims}."), "failed to verify jwt"),
        (format!("{header}.{claims}.YWJj"), "failed to verify jwt"),
        (format!("{header}.{claims}.{}", "A".repeat(4000)), "failed to verify jwt"),
        (format!("{header}.{}.{mac}", text("{\"key\":\"user-key\" }")), "failed to verify jwt"),
    ];
    for (token, message) in cases {
        assert_eq!(outcome(&kit, &json!({}), &token), Err(message.to_owned()), "{token:.200}");
    }
    let plugin = kit.plugin(NAME, json!({}));
    for (request, message) in [
        ("GET / HTTP/1.1".to_owned(), "Missing JWT token in request"),
        ("GET /?jwt HTTP/1.1".to_owned(), "JWT token invalid"),
        (format!("GET /?jwt={token}&jwt={token} HTTP/1.1"), "JWT token invalid"),
        (format!("GET /?jwt={token} HTTP/1.1\nauthorization: Basic eA=="), "JWT token invalid"),
    ] {
        let Outcome::Exit(exit) = kit.rewrite(&plugin, &mut kit.exchange(&request)) else { panic!("{request}") };
        assert_eq!(Kit::text(&exit), format!("{{\"message\":\"{message}\"}}\n"), "{request}");
    }
}

#[test]
fn the_algorithm_is_the_consumers() {
    let kit = kit();
    let claims = json!({"key": "user-key"}).to_string();
    let mac = hs(hmac::HMAC_SHA256, SECRET.as_bytes());
    let refused = Err("failed to verify jwt".to_owned());
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
    ] {
        assert_eq!(outcome(&kit, &json!({}), &sign(header, &claims, &mac)), refused, "{header}");
        assert_eq!(outcome(&kit, &json!({}), &sign(header, &claims, |_| Vec::new())), refused, "{header}");
    }
    // What else a header says is not looked at.
    let header = r#"{"kid":"x","jku":"http://a","jwk":{"kty":"oct","k":""},"alg":"HS256"}"#;
    assert_eq!(outcome(&kit, &json!({}), &sign(header, &claims, &mac)), Ok(()));

    // The classic: the public key as a secret.
    let pem = PEM_RSA_2048;
    consumer(&kit, json!({"key": "user-key", "algorithm": "RS256", "public_key": pem}));
    assert_eq!(outcome(&kit, &json!({}), &sign(HEADER, &claims, hs(hmac::HMAC_SHA256, pem.as_bytes()))), refused);
}

#[test]
fn macs_of_all_lengths() {
    let kit = kit();
    let claims = json!({"key": "user-key", "nbf": 1_727_274_983}).to_string();
    for (name, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        let header = format!("{{\"alg\":\"{name}\"}}");
        consumer(&kit, json!({"key": "user-key", "algorithm": name, "secret": SECRET}));
        assert_eq!(
            outcome(&kit, &json!({}), &sign(&header, &claims, hs(algorithm, SECRET.as_bytes()))),
            Ok(()),
            "{name}"
        );
        let half = |signed: &[u8]| hs(algorithm, SECRET.as_bytes())(signed)[..16].to_vec();
        assert!(outcome(&kit, &json!({}), &sign(&header, &claims, half)).is_err(), "{name}");
        consumer(
            &kit,
            json!({"key": "user-key", "algorithm": name, "secret": STANDARD.encode([0, 255, 7]), "base64_secret": true}),
        );
        assert_eq!(outcome(&kit, &json!({}), &sign(&header, &claims, hs(algorithm, &[0, 255, 7]))), Ok(()), "{name}");
    }
}

fn pem(der: impl AsRef<[u8]>) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn spki<K: AsDer<PublicKeyX509Der<'static>>>(key: &K) -> String {
    pem(key.as_der().unwrap().as_ref())
}

#[test]
fn signatures_of_all_kinds() {
    let random = SystemRandom::new();
    let kit = kit();
    let claims = json!({"key": "user-key"}).to_string();
    let try_with = |name: &str, public: String, signer: &dyn Fn(&[u8]) -> Vec<u8>| {
        consumer(&kit, json!({"key": "user-key", "algorithm": name, "public_key": public}));
        let token = sign(&format!("{{\"alg\":\"{name}\"}}"), &claims, signer);
        assert_eq!(outcome(&kit, &json!({}), &token), Ok(()), "{name}");
        let bent = |signed: &[u8]| {
            let mut signature = signer(signed);
            signature[10] ^= 1;
            signature
        };
        let token = sign(&format!("{{\"alg\":\"{name}\"}}"), &claims, bent);
        assert_eq!(outcome(&kit, &json!({}), &token), Err("failed to verify jwt".to_owned()), "{name}");
    };
    let pair = signature::RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let rsa: [(&str, &dyn signature::RsaEncoding); 6] = [
        ("RS256", &signature::RSA_PKCS1_SHA256),
        ("RS384", &signature::RSA_PKCS1_SHA384),
        ("RS512", &signature::RSA_PKCS1_SHA512),
        ("PS256", &signature::RSA_PSS_SHA256),
        ("PS384", &signature::RSA_PSS_SHA384),
        ("PS512", &signature::RSA_PSS_SHA512),
    ];
    for (name, encoding) in rsa {
        try_with(name, spki(pair.public_key()), &|signed| {
            let mut out = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &random, signed, &mut out).unwrap();
            out
        });
    }
    for (name, algorithm) in [
        ("ES256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        ("ES384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        ("ES512", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
    ] {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        try_with(name, spki(pair.public_key()), &|signed| pair.sign(&random, signed).unwrap().as_ref().to_vec());
    }
    let pair = Ed25519KeyPair::generate().unwrap();
    try_with("EdDSA", spki(pair.public_key()), &|signed| pair.sign(signed).as_ref().to_vec());
}

/// Tokens and keys that OpenSSL made.
#[test]
fn tokens_made_elsewhere() {
    let kit = kit();
    for (conf, token) in [
        (json!({"key": "user-key", "secret": "my-secret-key"}), TOKEN_HS256),
        (json!({"key": "user-key", "algorithm": "RS256", "public_key": PEM_RSA_1024}), TOKEN_RSA_1024),
        (json!({"key": "user-key", "algorithm": "ES256", "public_key": PEM_P256}), TOKEN_P256),
    ] {
        consumer(&kit, conf);
        assert_eq!(outcome(&kit, &json!({}), token), Ok(()), "{token}");
    }
}

#[test]
fn keys_that_cannot_be_used_open_nothing() {
    let kit = kit();
    let claims = json!({"key": "user-key"}).to_string();
    for (algorithm, key) in [
        ("RS256", PEM_RSA_512),
        ("RS256", PEM_P256),
        ("PS256", PEM_P256),
        ("ES256", PEM_RSA_2048),
        ("ES384", PEM_P256),
        ("EdDSA", PEM_P256),
        ("RS256", "somekey"),
        ("RS256", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"),
    ] {
        consumer(&kit, json!({"key": "user-key", "algorithm": algorithm, "public_key": key}));
        for signature in [vec![], vec![0; 64], vec![1; 256]] {
            let token = sign(&format!("{{\"alg\":\"{algorithm}\"}}"), &claims, |_| signature.clone());
            assert_eq!(outcome(&kit, &json!({}), &token), Err("failed to verify jwt".to_owned()), "{algorithm} {key}");
        }
    }
}

#[test]
fn times_are_looked_at() {
    let kit = kit();
    let now = now_s();
    let (exp, nbf, both, any) = (json!(["exp"]), json!(["nbf"]), json!(["exp", "nbf"]), json!([]));
    let cases = [
        (&any, json!({}), true),
        (&any, json!({"exp": now + 30}), true),
        (&any, json!({"exp": now - 1}), false),
        (&any, json!({"exp": now}), false),
        (&any, json!({"nbf": now - 30}), true),
        (&any, json!({"nbf": now + 30}), false),
        (&any, json!({"exp": now as f64 + 30.5}), true),
        (&any, json!({"exp": (now + 30).to_string()}), false),
        (&any, json!({"exp": null}), false),
        (&any, json!({"exp": true}), false),
        (&any, json!({"nbf": "0"}), false),
        (&any, json!({"nbf": [0]}), false),
        (&exp, json!({}), false),
        (&exp, json!({"exp": now + 30}), true),
        (&exp, json!({"exp": now + 30, "nbf": now + 30}), false),
        (&nbf, json!({"exp": now + 30}), false),
        (&nbf, json!({"nbf": now - 1}), true),
        (&nbf, json!({"nbf": now - 1, "exp": now - 1}), false),
        (&both, json!({"nbf": now - 1, "exp": now + 30}), true),
        (&both, json!({"nbf": now - 1}), false),
    ];
    for (verify, mut claims, admitted) in cases {
        claims["key"] = json!("user-key");
        let conf = json!({"claims_to_verify": verify});
        assert_eq!(outcome(&kit, &conf, &hs256(HEADER, &claims)).is_ok(), admitted, "{verify} {claims}");
    }
    // Not a number that says when.
    for claims in [r#"{"key":"user-key","exp":1e400}"#, r#"{"key":"user-key","nbf":-1e400}"#] {
        let token = sign(HEADER, claims, hs(hmac::HMAC_SHA256, SECRET.as_bytes()));
        assert!(outcome(&kit, &json!({}), &token).is_err(), "{claims}");
    }
    for (grace, age, admitted) in
        [(0, 1, false), (10, 5, true), (10, 11, false), (60, 50, true), (86_400, 50, true), (86_400, 70, false)]
    {
        consumer(&kit, json!({"key": "user-key", "secret": SECRET, "lifetime_grace_period": grace}));
        for claims in [json!({"key": "user-key", "exp": now - age}), json!({"key": "user-key", "nbf": now_s() + age})] {
            assert_eq!(outcome(&kit, &json!({}), &hs256(HEADER, &claims)).is_ok(), admitted, "{grace} {claims}");
        }
    }
}

#[test]
fn claims_are_kept_for_later_plugins_and_the_key_may_be_another_claim() {
    let kit = kit();
    let plugin = kit.plugin(NAME, json!({"store_in_ctx": true, "key_claim_name": "iss"}));
    let token = hs256(HEADER, &json!({"iss": "user-key", "role": "x"}));
    let mut x = kit.exchange(&format!("GET / HTTP/1.1\nauthorization: {token}"));
    assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
    assert_eq!(x.custom_var("jwt_auth_payload"), Some(&br#"{"iss":"user-key","role":"x"}"#[..]));
}

#[test]
fn strangers_become_the_anonymous_consumer() {
    let kit = kit();
    let plugin = kit.plugin(NAME, json!({"anonymous_consumer": "nobody", "hide_credentials": true}));
    let mut x = kit.exchange("GET / HTTP/1.1\nauthorization: Bearer x.y.z");
    assert!(matches!(kit.rewrite(&plugin, &mut x), Outcome::Next));
    assert_eq!(x.consumer.as_ref().unwrap().username(), "nobody");
    assert_eq!(kit.request_field(&x, "authorization"), None);
}

#[test]
fn configurations() {
    let kit = kit();
    kit.refuses(NAME, json!({"header": "a b"}), "invalid field character in header");
    kit.refuses(NAME, json!({"key_claim_name": ""}), "string too short");
    kit.refuses(NAME, json!({"claims_to_verify": ["aud"]}), "matches none of the enum values");
    let refused = [
        (json!({}), "property \"key\" is required"),
        (json!({"key": 1}), "property \"key\" validation failed: wrong type: expected string, got number"),
        (json!({"key": "a"}), "property \"secret\" is required when using HS based algorithms"),
        (json!({"key": "a", "algorithm": "HS384"}), "property \"secret\" is required when using HS based algorithms"),
        (json!({"key": "a", "secret": ""}), "string too short, expected at least 1, got 0"),
        (json!({"key": "a", "algorithm": "RS256"}), "failed to validate dependent schema for \"algorithm\""),
        (json!({"key": "a", "algorithm": "none", "secret": "x"}), "matches none of the enum values"),
        (
            json!({"key": "a", "secret": "{^c0j4&]2!=J=", "base64_secret": true}),
            "base64_secret required but the secret is not in base64 format",
        ),
        (json!({"key": "a", "secret": PEM_P256}), "the secret is a key in PEM"),
        (json!({"key": "a", "secret": STANDARD.encode(PEM_P256), "base64_secret": true}), "the secret is a key in PEM"),
    ];
    for (conf, text) in refused {
        kit.refuses_consumer(NAME, conf, text);
    }
}

#[test]
fn references_that_are_not_resolved_open_nothing() {
    let kit = kit();
    consumer(&kit, json!({"key": "user-key", "secret": "$env://NOWHERE"}));
    let claims = json!({"key": "user-key"}).to_string();
    let token = sign(HEADER, &claims, hs(hmac::HMAC_SHA256, b"$env://NOWHERE"));
    assert_eq!(outcome(&kit, &json!({}), &token), Err("Invalid user key in JWT token".to_owned()));
}

proptest! {
    #[test]
    fn whatever_is_sent_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), parts in prop::array::uniform3(".{0,60}")) {
        let mut room = Vec::new();
        let _ = Token::read(&bytes, &mut room);
        let text = parts.map(|p| URL_SAFE_NO_PAD.encode(p)).join(".");
        let mut room = Vec::new();
        if let Some(token) = Token::read(text.as_bytes(), &mut room) {
            let key = Key::compile(&json!({"key": "k", "secret": SECRET})).unwrap();
            prop_assert!(!key.verifies(&token));
        }
    }
}

const PEM_RSA_512: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALRFFG6hXdl1RVioBS9BjKTScOFGnJFK\n\
    HkKQqdRkUDIBuh0+UMOaIocmCIVCr9GmkzmLk+zo7JacSacJ7NUEE/sCAwEAAQ==\n\
    -----END PUBLIC KEY-----";
const PEM_RSA_1024: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDpzpg8qHlNgtu6a1OJUZtDG/kw\n\
    JIhB9jUTRJOHq+J532jOW2cPPGmTMWbxq/wsUaRDKQWeHlB3NZ8l4DAtfxjVQicC\n\
    G5HzOJAoEUCOGzaU2TeTw6Xf/gCqfXHOsjR8++7HPVqd4R9giAxRN8YPi7umzNSC\n\
    FEz9XEYsGgE6gCB51wIDAQAB\n\
    -----END PUBLIC KEY-----";
const PEM_RSA_2048: &str = "-----BEGIN PUBLIC KEY-----\n\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvX261GDvB1Z+sz70GMyr\n\
    XPZoHLTpRopSngNMaCfGXyGv30wxK9LFZG9jrCLa8D0lPFQ3O37E5TqFKWpQBMv+\n\
    H/M0/nnrcSXo7btvNfpSwuA700Y65gfPvvUaBS8VpZlO6jHRRmdQZx4Yc7HDlD/7\n\
    cK47D6IHFfLpm4puF3a0USsG8W+mXaHAShs1G4XmsBxkzbo7xAENZoLPVrpFAJLt\n\
    hIe9J55o9jjcCwnBt7jg8oVBY+NqN7XVuISl/HZt8A4ZDb0cwFU5lcHmqvK6kawB\n\
    9XdLxrAv5RMHGJh2OHADb5lYFPj9SHXqtIEurk2z89uGNpcQUvvtBC9ltEhFmgCg\n\
    hQIDAQAB\n\
    -----END PUBLIC KEY-----";
const PEM_P256: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn12ztS0dllavPX8BM5+Zm4SRWtN5\n\
    9c8Kgm+vERc1+TPEZH/W3Vrb3tgEPtQA5kb1XFp8++jiXhITd0zKqSxjZg==\n\
    -----END PUBLIC KEY-----";
const TOKEN_RSA_1024: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJrZXkiOiJ1c2VyLWtleSIsIm5iZiI6MTcyNzI3NDk4M30.t27Q3GsvE3nlgz4yu00i5GChHoCXaR1zWiCv7pekeBRz3YU49IcMlx0WTuobl4PIOHy2fFhQKnW1_FDtH9NBYDaMhVThgSp9hWwhKOMrAgkYNWKAwWMotQ8StOE5DtrDUykSElXZDkbS-0ddzcY-A5erByq2d0PCqe9u50kH3po";
const TOKEN_P256: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJrZXkiOiJ1c2VyLWtleSJ9.xXexeI7nQ5CM-RJQMkakqlnq5mEFA_jQEQ7GKE_rGxbRn-DONjVJn2UDRP2WeDl1zoyXGzUtIcku-qcj9PdfRg";
const TOKEN_HS256: &str =
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJrZXkiOiJ1c2VyLWtleSJ9.LmkQyM4BpoicA-8mKBahQP4wxXM50bm4IcFO2uYaGYA";
