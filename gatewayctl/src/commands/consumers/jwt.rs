//! Tokens (JWT, RFC 7519) that are signed with a shared secret (RFC 7518, section 3.2).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// A token, taken apart.
pub(super) struct Token<'t> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// What is signed.
    signed: &'t str,
    signature: Vec<u8>,
}

/// Takes a token apart; `None`: it is none.
pub(super) fn read(text: &str) -> Option<Token<'_>> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let object = |part: &str| match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    Some(Token { header: object(header)?, claims: object(claims)?, signed, signature })
}

impl Token<'_> {
    /// Whether it was signed with this secret; `None`: by another kind of key.
    pub(super) fn is_signed_by(&self, secret: &[u8]) -> Option<bool> {
        let algorithm = algorithm(self.header.get("alg")?.as_str()?)?;
        Some(hmac::verify(&hmac::Key::new(algorithm, secret), self.signed.as_bytes(), &self.signature).is_ok())
    }
}

/// Makes a token; `None`: the algorithm is none with a shared secret.
pub(super) fn sign(name: &str, claims: &Map<String, Value>, secret: &[u8]) -> Option<String> {
    let algorithm = algorithm(name)?;
    let header = serde_json::json!({ "typ": "JWT", "alg": name }).to_string();
    let claims = Value::Object(claims.clone()).to_string();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The secret of a configuration of `jwt-auth`, which may be written in base64.
pub(super) fn secret(config: &Value) -> Option<Vec<u8>> {
    let text = config.get("secret")?.as_str()?;
    match config.get("base64_secret").and_then(Value::as_bool) {
        Some(true) => STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        _ => Some(text.as_bytes().to_vec()),
    }
}

fn algorithm(name: &str) -> Option<hmac::Algorithm> {
    match name {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The first example of RFC 7515, appendix A.1.
    #[test]
    fn a_token_of_the_standard() {
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let token = read(text).unwrap();
        let key = URL_SAFE_NO_PAD.decode(key).unwrap();
        assert_eq!((token.claims.get("iss"), token.is_signed_by(&key)), (Some(&json!("joe")), Some(true)));
        assert_eq!(token.is_signed_by(b"other"), Some(false));
        assert!(read("a.b.c").is_none() && read("").is_none());
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read(key in "[a-z]{1,9}", secret in "[ -~]{1,40}", at in 0_usize..3) {
            let name = ["HS256", "HS384", "HS512"][at];
            let mut claims = Map::new();
            claims.insert("key".to_owned(), key.as_str().into());
            let text = sign(name, &claims, secret.as_bytes()).unwrap();
            let token = read(&text).unwrap();
            prop_assert_eq!(&token.claims, &claims);
            prop_assert_eq!(token.is_signed_by(secret.as_bytes()), Some(true));
        }

        #[test]
        fn no_text_does_harm(text in "[A-Za-z0-9_.-]{0,80}") {
            let _ = read(&text).map(|token| token.is_signed_by(b"x"));
        }
    }
}
