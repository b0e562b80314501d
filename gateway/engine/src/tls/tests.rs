use std::sync::Arc;

use gateway_model::Ssl;
use proptest::prelude::*;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};

use super::*;

// Made for tests alone; valid from 2020 to 2119.
const CERT: &str = include_str!("../upstream/testdata/server.pem");
const KEY: &str = include_str!("../upstream/testdata/server.key");
const CA: &str = include_str!("../upstream/testdata/ca.pem");
const CLIENT: &str = include_str!("../upstream/testdata/client.pem");
const CLIENT_KEY: &str = include_str!("../upstream/testdata/client.key");

fn make(more: Value) -> Result<Arc<Identity>, Unusable> {
    let mut object = json!({ "id": "1", "cert": CERT, "key": KEY });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    TlsServers::default().identity(&Ssl::from_value(&object).unwrap()).map(Arc::new)
}

fn named(id: &str, names: Value) -> Arc<Identity> {
    let mut more = names;
    more["id"] = json!(id);
    make(more).unwrap()
}

fn found(certificates: &Certificates, name: &str) -> Option<String> {
    certificates.find(name).map(|identity| identity.id.to_string())
}

#[test]
fn names_and_patterns() {
    let mut certificates = Certificates::default();
    for (id, names) in [
        ("exact", json!({ "sni": "a.test" })),
        ("label", json!({ "snis": ["*.a.test", "B.Test."] })),
        ("deep", json!({ "sni": "*.x.a.test" })),
        ("part", json!({ "sni": "*part.test" })),
    ] {
        certificates.insert(&named(id, names));
    }
    let cases = [
        ("a.test", Some("exact")),
        ("A.TEST.", Some("exact")),
        ("x.a.test", Some("label")),
        ("y.x.a.test", Some("deep")),
        ("z.y.x.a.test", None),
        ("b.test", Some("label")),
        ("apart.test", Some("part")),
        ("a.part.test", None),
        ("test", None),
        ("", None),
        (".a.test", Some("label")),
    ];
    for (name, id) in cases {
        assert_eq!(found(&certificates, name).as_deref(), id, "{name:?}");
    }
    assert_eq!(certificates.len(), 4);
    assert_eq!(certificates.all().iter().map(|i| &*i.id).collect::<Vec<_>>(), ["deep", "exact", "label", "part"]);
    assert_eq!(certificates.all()[2].names().collect::<Vec<_>>(), ["*.a.test", "b.test"]);
}

#[test]
fn a_star_alone_is_every_name_and_one_of_many_a_name_without_a_dot() {
    let mut certificates = Certificates::default();
    let many = named("many", json!({ "snis": ["*", "a.test"] }));
    certificates.insert(&many);
    assert_eq!(found(&certificates, "localhost").as_deref(), Some("many"));
    assert_eq!(found(&certificates, "b.test"), None);
    certificates.insert(&named("one", json!({ "sni": "*" })));
    assert_eq!(found(&certificates, "b.test").as_deref(), Some("one"));
    certificates.remove(&many);
    assert_eq!(found(&certificates, "a.test").as_deref(), Some("one"));
}

#[test]
fn of_equals_the_one_that_asks_for_a_certificate_and_then_the_first_by_id() {
    let mut certificates = Certificates::default();
    let (a, b) = (named("a", json!({ "sni": "x.test" })), named("b", json!({ "sni": "x.test" })));
    let asks = named("c", json!({ "sni": "x.test", "client": { "ca": CA } }));
    certificates.insert(&b);
    certificates.insert(&a);
    assert_eq!(found(&certificates, "x.test").as_deref(), Some("a"));
    assert!(!certificates.any_asks());
    certificates.insert(&asks);
    assert_eq!(found(&certificates, "x.test").as_deref(), Some("c"));
    assert!(certificates.any_asks());
    let before = certificates.clone();
    certificates.remove(&asks);
    certificates.remove(&a);
    assert_eq!(found(&certificates, "x.test").as_deref(), Some("b"));
    assert!(!certificates.any_asks());
    certificates.remove(&b);
    assert!(certificates.is_empty() && found(&certificates, "x.test").is_none());
    assert_eq!(found(&before, "x.test").as_deref(), Some("c"), "an old version stays as it was");
}

proptest! {
    #[test]
    fn the_tree_finds_what_a_scan_finds(
        patterns in proptest::collection::vec("(\\*\\.)?[ab]{1,2}(\\.[ab]{1,2}){0,2}", 0..12),
        names in proptest::collection::vec("[ab]{1,2}(\\.[ab]{1,2}){0,3}", 1..12),
    ) {
        let template = make(json!({ "sni": "none.test" })).unwrap();
        let mut certificates = Certificates::default();
        for (n, pattern) in patterns.iter().enumerate() {
            certificates.insert(&Arc::new(template.renamed(&format!("{n:02}"), pattern)));
        }
        for name in &names {
            let exact = patterns.iter().position(|p| p == name);
            let star = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
            let scanned = exact.or_else(|| patterns.iter().position(|p| Some(p) == star.as_ref()));
            prop_assert_eq!(found(&certificates, name), scanned.map(|n| format!("{n:02}")), "{} in {:?}", name, patterns);
        }
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    let error = |more| make(more).unwrap_err().to_string();
    assert!(
        error(json!({ "sni": "a", "key": CLIENT_KEY })).starts_with("the certificate and key cannot be used together")
    );
    assert!(error(json!({ "sni": "a", "cert": "junk" })).starts_with("there is no certificate in it"));
    assert!(error(json!({ "sni": "a", "key": "junk" })).starts_with("the key is not readable"));
    assert!(error(json!({ "sni": "a", "ssl_protocols": ["TLSv1.1"] })).starts_with("ssl_protocols"));
    assert!(error(json!({ "sni": "a", "client": { "ca": "junk" } })).starts_with("client.ca"));
    assert!(
        error(json!({ "sni": "a", "client": { "ca": CA, "skip_mtls_uri_regex": ["("] } }))
            .contains("skip_mtls_uri_regex")
    );
    let reference = |text: &str| make(json!({ "sni": "a", "cert": text })).unwrap_err();
    assert!(matches!(reference("$secret://vault/1/a/b"), Unusable::Reference(_)));
    assert!(matches!(reference("$ENV://NOBODY_SETS_THIS"), Unusable::Reference(_)));
}

#[test]
fn clients_are_verified_up_to_a_depth() {
    let identity = make(json!({ "sni": "a", "client": { "ca": CA } })).unwrap();
    let client = identity.client.as_ref().unwrap();
    let own = CertificateDer::from_pem_slice(CLIENT.as_bytes()).unwrap();
    assert_eq!(client.verify(std::slice::from_ref(&own), UnixTime::now()), Ok(()));
    assert!(client.verify(&[], UnixTime::now()).is_err());
    let late = UnixTime::since_unix_epoch(std::time::Duration::from_secs(10_000_000_000));
    let error = client.verify(&[own], late).unwrap_err();
    assert_eq!(error.to_string(), "certificate has expired");
    let other = make(json!({ "sni": "a", "client": { "ca": CA, "depth": 2 } })).unwrap();
    assert!(client.same_door(client) && !client.same_door(other.client.as_ref().unwrap()));
}

#[test]
fn suites_have_openssl_s_names() {
    assert_eq!(cipher_suite("ECDHE-RSA-AES128-GCM-SHA256"), Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256));
    assert_eq!(cipher_suite("DHE-RSA-AES128-GCM-SHA256"), None);
}

/// Remembers what it was to keep.
#[derive(Default)]
struct Asked(parking_lot::Mutex<Vec<String>>);

impl Stapler for Asked {
    fn keep(&self, staple: &Arc<Staple>) {
        self.0.lock().push(staple.id().to_owned());
    }
}

#[test]
fn a_certificate_is_asked_about_once_it_is_live_and_its_answer_is_every_object_s() {
    let asked = Arc::new(Asked::default());
    let servers = TlsServers::default().staple(Arc::clone(&asked) as _);
    let make = |id: &str, stapling: Value| {
        let object = json!({ "id": id, "sni": "a", "cert": CERT, "key": KEY, "ocsp_stapling": stapling });
        servers.identity(&Ssl::from_value(&object).unwrap()).unwrap()
    };
    assert!(make("off", json!({ "enabled": false })).staples().next().is_none());
    drop(make("tried", json!({ "enabled": true })));
    let (one, other) = (make("one", json!({ "enabled": true })), make("other", json!({ "enabled": true })));
    let apart = make("apart", json!({ "enabled": true, "cache_ttl": 60 }));
    assert!(asked.0.lock().is_empty());
    [&one, &other, &apart].into_iter().for_each(|identity| servers.begin(identity));
    assert_eq!(*asked.0.lock(), ["one", "apart"]);

    let shown = |identity: &Identity, now| identity.staples().next().unwrap().key(now).and_then(|key| key.ocsp.clone());
    let staple = Arc::clone(one.staples().next().unwrap());
    assert_eq!((shown(&one, 0), staple.status(), staple.until()), (None, StapleStatus::Waiting, 0));
    staple.good(b"good".to_vec(), 100);
    assert_eq!((shown(&other, 99), shown(&other, 100), shown(&apart, 99)), (Some(b"good".to_vec()), None, None));
    staple.failed();
    assert_eq!((shown(&one, 99), staple.status()), (Some(b"good".to_vec()), StapleStatus::Failed));
    staple.revoked();
    assert_eq!((shown(&one, 99), staple.status(), staple.until()), (None, StapleStatus::Revoked, 0));
}
