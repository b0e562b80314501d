use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::check::AnyExpression;
use crate::{NoPlugins, NoReferences};

const EC: &str = include_str!("testdata/ec.crt");
const EC_KEY: &str = include_str!("testdata/ec.key");
const EC_PKCS8: &str = include_str!("testdata/ec.p8.key");
const EC_WITHOUT_PUBLIC: &str = include_str!("testdata/ec.nopub.key");
const OTHER_KEY: &str = include_str!("testdata/other.key");
const RSA: &str = include_str!("testdata/rsa.crt");
const RSA_KEY: &str = include_str!("testdata/rsa.key");
const RSA_PKCS8: &str = include_str!("testdata/rsa.p8.key");
const ED: &str = include_str!("testdata/ed.crt");
const ED_KEY: &str = include_str!("testdata/ed.key");

const MISMATCH: &str = "key does not belong to the certificate";

fn cx() -> Context<'static> {
    Context::new(&NoPlugins, &NoReferences, &AnyExpression)
}

fn text(ssl: Value) -> Result<(), String> {
    check_ssl(&ssl, &cx()).map_err(|invalid| invalid.message)
}

#[test]
fn pairs_that_belong_together_pass() {
    let pairs = [
        (EC, EC_KEY),
        (EC, EC_PKCS8),
        (EC, EC_WITHOUT_PUBLIC),
        (RSA, RSA_KEY),
        (RSA, RSA_PKCS8),
        (ED, ED_KEY),
        ("$env://CERT", EC_KEY),
        (EC, "$secret://vault/1/key"),
    ];
    for (cert, key) in pairs {
        assert_eq!(text(json!({"cert": cert, "key": key})), Ok(()));
    }
    let chain = format!("{EC}{RSA}");
    assert_eq!(text(json!({"cert": chain, "key": EC_KEY, "certs": [RSA], "keys": [RSA_KEY]})), Ok(()));
}

#[test]
fn pairs_that_do_not_are_refused() {
    for (cert, key) in [(EC, OTHER_KEY), (EC, RSA_KEY), (RSA, EC_KEY), (ED, RSA_KEY), (EC, ED_KEY)] {
        assert_eq!(text(json!({"cert": cert, "key": key})), Err(MISMATCH.into()));
    }
    let broken = EC.replacen("MII", "AII", 1);
    let cases = [
        (json!({"cert": broken, "key": EC_KEY}), NO_CERTIFICATE),
        (json!({"cert": "x", "key": EC_KEY}), NO_CERTIFICATE),
        (json!({"cert": format!("{EC}{broken}"), "key": EC_KEY}), NO_CERTIFICATE),
        (json!({"cert": EC, "key": EC_KEY.replacen("MHc", "AHc", 1)}), NO_KEY),
        (json!({"cert": EC, "key": "-----BEGIN EC PRIVATE KEY-----"}), NO_KEY),
        (json!({"cert": EC, "key": "AAAA"}), "failed to decrypt previous encrypted key"),
        (json!({"cert": EC, "key": EC_KEY, "certs": [EC]}), "mismatched number of certs and keys"),
        (
            json!({"cert": EC, "key": EC_KEY, "certs": [RSA, "x"], "keys": [RSA_KEY, "y"]}),
            "failed to handle cert-key pair[2]: failed to parse cert: PEM_read_bio_X509_AUX() failed",
        ),
        (
            json!({"cert": EC, "key": EC_KEY, "client": {"ca": "x"}}),
            "failed to validate client_cert: failed to parse cert: PEM_read_bio_X509_AUX() failed",
        ),
    ];
    for (ssl, message) in cases {
        assert_eq!(text(ssl.clone()), Err(message.into()), "{ssl}");
    }
    let regex = json!({"cert": EC, "key": EC_KEY, "client": {"ca": EC, "skip_mtls_uri_regex": ["/a", "("]}});
    assert!(text(regex).unwrap_err().starts_with("invalid skip_mtls_uri_regex \"(\": "));
}

#[test]
fn stored_keys_are_decrypted_first() {
    let decrypt = |text: &str| (text == "stored").then(|| EC_KEY.to_owned());
    let cx = Context { decrypt: Some(&decrypt), ..cx() };
    assert_eq!(check_ssl(&json!({"cert": EC, "key": "stored"}), &cx), Ok(()));
    assert!(check_ssl(&json!({"cert": EC, "key": "other"}), &cx).is_err());
    let tls = json!({"client_cert": RSA, "client_key": "stored"});
    assert_eq!(check_client_pair(&tls, &cx).unwrap_err().message, MISMATCH);
}

proptest! {
    #[test]
    fn der_of_any_kind_never_panics(der in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = (rsa(&der), ec(&der), pkcs8(&der));
    }
}
