//! What a consumer's tokens are checked with, made when the consumer is configured.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateway_model::secret::is_reference;
use serde_json::Value;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::super::secret;
use super::token::Token;
use crate::conf::integer;

/// The key of a consumer, with the algorithm that it alone is used with.
pub(crate) struct Key {
    algorithm: &'static str,
    way: Way,
    grace_s: u8,
}

// One a consumer; a box would be one more step for each token.
#[allow(clippy::large_enum_variant)]
enum Way {
    Mac(hmac::Key),
    Signature(ParsedPublicKey),
    /// The configuration is kept as it is, and no token is good.
    Unusable,
}

/// An algorithm of RFC 7518 §3.1 and RFC 8037 §3.1.
struct Algorithm {
    name: &'static str,
    way: Kind,
}

enum Kind {
    Mac(hmac::Algorithm),
    Signature(&'static dyn VerificationAlgorithm),
}

/// The algorithms. A key too small for one (RSA) or of another curve is refused with it.
static ALGORITHMS: [Algorithm; 13] = [
    Algorithm { name: "HS256", way: Kind::Mac(hmac::HMAC_SHA256) },
    Algorithm { name: "HS384", way: Kind::Mac(hmac::HMAC_SHA384) },
    Algorithm { name: "HS512", way: Kind::Mac(hmac::HMAC_SHA512) },
    // Keys of 1024 bits are in use still.
    Algorithm { name: "RS256", way: Kind::Signature(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY) },
    Algorithm { name: "RS384", way: Kind::Signature(&signature::RSA_PKCS1_2048_8192_SHA384) },
    Algorithm { name: "RS512", way: Kind::Signature(&signature::RSA_PKCS1_2048_8192_SHA512) },
    Algorithm { name: "PS256", way: Kind::Signature(&signature::RSA_PSS_2048_8192_SHA256) },
    Algorithm { name: "PS384", way: Kind::Signature(&signature::RSA_PSS_2048_8192_SHA384) },
    Algorithm { name: "PS512", way: Kind::Signature(&signature::RSA_PSS_2048_8192_SHA512) },
    Algorithm { name: "ES256", way: Kind::Signature(&signature::ECDSA_P256_SHA256_FIXED) },
    Algorithm { name: "ES384", way: Kind::Signature(&signature::ECDSA_P384_SHA384_FIXED) },
    Algorithm { name: "ES512", way: Kind::Signature(&signature::ECDSA_P521_SHA512_FIXED) },
    Algorithm { name: "EdDSA", way: Kind::Signature(&signature::ED25519) },
];

/// The longest signature there is: RSA of 8192 bits.
const LONGEST: usize = 1024;

/// The most by which clocks may differ, in seconds.
const MOST_GRACE_S: u8 = 60;

/// What the schema of a consumer's configuration cannot say.
pub(super) fn check(conf: &Value) -> Result<(), String> {
    let text = |field: &str| conf.get(field).and_then(Value::as_str);
    let Kind::Mac(_) = algorithm(conf)?.way else {
        return text("public_key").map(drop).ok_or_else(|| "missing valid public key".into());
    };
    let secret = text("secret").ok_or("property \"secret\" is required when using HS based algorithms")?;
    if is_reference(secret) {
        return Ok(());
    }
    bytes_of(conf, secret).map(drop)
}

/// The secret's bytes.
fn bytes_of(conf: &Value, secret: &str) -> Result<Vec<u8>, String> {
    let bytes = match conf.get("base64_secret").and_then(Value::as_bool) {
        Some(true) => {
            STANDARD.decode(secret).map_err(|_| "base64_secret required but the secret is not in base64 format")?
        }
        _ => secret.as_bytes().to_vec(),
    };
    if memchr::memmem::find(&bytes, b"-----BEGIN ").is_some() {
        // A public key that is known to all is the classic way to forge tokens.
        return Err("the secret is a key in PEM: a key like that belongs in public_key, with its own algorithm".into());
    }
    Ok(bytes)
}

fn algorithm(conf: &Value) -> Result<&'static Algorithm, String> {
    let name = conf.get("algorithm").and_then(Value::as_str).unwrap_or("HS256");
    ALGORITHMS.iter().find(|a| a.name == name).ok_or_else(|| format!("unknown algorithm {name}"))
}

impl Key {
    /// Of a consumer's configuration.
    pub(crate) fn compile(conf: &Value) -> Result<Key, String> {
        let algorithm = algorithm(conf)?;
        let way = match algorithm.way {
            Kind::Mac(mac) => {
                let bytes = bytes_of(conf, secret(conf, "secret")?)?;
                if bytes.len() < mac.digest_algorithm().output_len() {
                    warn_of_short_secrets();
                }
                Way::Mac(hmac::Key::new(mac, &bytes))
            }
            Kind::Signature(kind) => {
                let pem = secret(conf, "public_key")?;
                public_key(pem, kind).map_or_else(|error| unusable(conf, &error), Way::Signature)
            }
        };
        let grace_s = conf.get("lifetime_grace_period").and_then(integer::<u64>).unwrap_or(0);
        Ok(Key { algorithm: algorithm.name, way, grace_s: u8::try_from(grace_s).unwrap_or(u8::MAX).min(MOST_GRACE_S) })
    }

    /// Whether the token is signed with this key, by the algorithm that is this key's.
    pub(super) fn verifies(&self, token: &Token<'_>) -> bool {
        let [said, critical] = token.header.pick([b"alg", b"crit"]);
        let said = said.and_then(|alg| alg.text());
        if said.as_deref() != Some(self.algorithm.as_bytes()) || critical.is_some() {
            return false;
        }
        let mut room = [0; LONGEST];
        let Ok(length) = URL_SAFE_NO_PAD.decode_slice(token.signature, &mut room) else { return false };
        let Some(signature) = room.get(..length) else { return false };
        match &self.way {
            Way::Mac(key) => hmac::verify(key, token.signed, signature).is_ok(),
            Way::Signature(key) => key.verify_sig(token.signed, signature).is_ok(),
            Way::Unusable => false,
        }
    }

    /// By how many seconds clocks may differ.
    pub(super) fn grace_s(&self) -> u8 {
        self.grace_s
    }
}

/// A public key of PEM, for an algorithm.
fn public_key(pem: &str, kind: &'static dyn VerificationAlgorithm) -> Result<ParsedPublicKey, String> {
    let (pem, _) = Pem::read(std::io::Cursor::new(pem)).map_err(|e| e.to_string())?;
    let der = match pem.label.as_str() {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => pem.contents,
        "CERTIFICATE" => {
            let (_, cert) = X509Certificate::from_der(&pem.contents).map_err(|e| e.to_string())?;
            cert.public_key().raw.to_vec()
        }
        other => return Err(format!("{other} is no public key")),
    };
    if let Ok((_, info)) = SubjectPublicKeyInfo::from_der(&der)
        && let Ok(PublicKey::RSA(key)) = info.parsed()
        && key.key_size() < 1024
    {
        return Err(format!("an RSA key of {} bits can be broken", key.key_size()));
    }
    ParsedPublicKey::new(kind, der).map_err(|e| format!("no key for this algorithm: {e}"))
}

fn unusable(conf: &Value, error: &str) -> Way {
    let key = conf.get("key").and_then(Value::as_str).unwrap_or_default();
    tracing::warn!(key, error, "the public key of a jwt-auth consumer cannot be used: its tokens are refused");
    Way::Unusable
}

/// Once: there may be as many as there are consumers.
fn warn_of_short_secrets() {
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        tracing::warn!(
            "a jwt-auth secret is shorter than the hash of its algorithm (32 bytes for HS256): such can be guessed; there may be more"
        );
    });
}
