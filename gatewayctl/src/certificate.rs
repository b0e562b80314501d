//! Certificates: what stands in them, what is wrong with a chain of them, and whether a private key belongs to one.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Certificates of a chain that are looked at.
const MOST_OF_A_CHAIN: usize = 16;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// The end of validity of the first certificate in PEM text, in Unix seconds.
pub(crate) fn not_after(pem: &str) -> Option<i64> {
    let block =
        Pem::iter_from_buffer(pem.as_bytes()).filter_map(Result::ok).find(|block| block.label == "CERTIFICATE")?;
    let certificate = block.parse_x509().ok()?;
    Some(certificate.validity().not_after.timestamp())
}

/// What stands in a certificate.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// In hexadecimal digits.
    pub(crate) serial: String,
    /// The names and addresses it is for.
    pub(crate) names: Vec<String>,
    /// Unix seconds.
    pub(crate) not_before: i64,
    /// Unix seconds.
    pub(crate) not_after: i64,
    /// `rsa2048`, `ec256`, `ed25519`.
    pub(crate) key: String,
    /// The fingerprint, in hexadecimal digits.
    pub(crate) sha256: String,
    /// By what it is signed, where that is not to be trusted any more.
    pub(crate) weak_signature: Option<&'static str>,
}

impl Facts {
    /// Of a certificate; `None`: it cannot be read.
    pub(crate) fn of(der: &CertificateDer<'_>) -> Option<Facts> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Some(Facts {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: hex(certificate.raw_serial()),
            names: names(&certificate),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            key: key(&certificate),
            sha256: hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref()),
            weak_signature: weak(&certificate),
        })
    }

    /// Whether it is for a name, which may be a wildcard itself (RFC 6125 §6.4.3: `*` is one label).
    pub(crate) fn covers(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.names.iter().any(|own| {
            let own = own.to_ascii_lowercase();
            own == name
                || own
                    .strip_prefix("*.")
                    .is_some_and(|rest| name.split_once('.').is_some_and(|(label, tail)| label != "*" && tail == rest))
        })
    }

    /// In a word, as `live/certs` has it.
    pub(crate) fn status(&self, now: i64) -> &'static str {
        match self.not_after.saturating_sub(now) {
            ..0 => "expired",
            _ if self.not_before > now => "not_yet_valid",
            left if left < 30 * DAY => "expires_soon",
            _ => "valid",
        }
    }
}

/// The certificates of PEM text, as far as they can be read.
pub(crate) fn chain(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).take(MOST_OF_A_CHAIN).collect()
}

/// What is wrong with a chain that is to serve these names, in words.
pub(crate) fn faults(chain: &[CertificateDer<'_>], served: &[String], now: i64) -> Vec<String> {
    let all: Vec<Option<Facts>> = chain.iter().map(Facts::of).collect();
    let Some(Some(own)) = all.first() else { return vec!["the certificate cannot be read".to_owned()] };
    let mut found = Vec::new();
    match own.status(now) {
        "expired" => found.push(format!("it has expired, {} days ago", (now - own.not_after) / DAY)),
        "not_yet_valid" => found.push("it is not valid yet".to_owned()),
        _ => {}
    }
    let uncovered: Vec<&str> =
        served.iter().map(String::as_str).filter(|name| *name != "*" && !own.covers(name)).collect();
    if !uncovered.is_empty() {
        found.push(format!("it is not for {}", uncovered.join(", ")));
    }
    // NIST SP 800-131A.
    if own.key.strip_prefix("rsa").and_then(|bits| bits.parse::<u32>().ok()).is_some_and(|bits| bits < 2048) {
        found.push(format!("the key is weak: {}", own.key));
    }
    if let Some(weak) = own.weak_signature {
        found.push(format!("the signature is weak: {weak}"));
    }
    for pair in all.windows(2) {
        match pair {
            [Some(lower), Some(upper)] if lower.issuer != upper.subject => {
                let (lower, upper) = (&lower.subject, &upper.subject);
                found.push(format!("the chain is out of order: {lower} is not vouched for by {upper}"));
            }
            [_, Some(upper)] if upper.not_after < now => {
                found.push(format!("a certificate of the chain has expired: {}", upper.subject));
            }
            [_, None] => found.push("a certificate of the chain cannot be read".to_owned()),
            _ => {}
        }
    }
    found
}

/// Whether a private key in PEM text belongs to the first certificate of a chain.
///
/// # Errors
/// In words: it does not, or there is no key that can be read.
pub(crate) fn matches(chain: &[CertificateDer<'static>], key: &[u8]) -> Result<(), String> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "there is no private key in it".to_owned())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    match CertifiedKey::from_der(chain.to_vec(), key, &provider) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err("the key is not that of the certificate".to_owned()),
        Err(_) => Err("the key is of a kind that cannot be used".to_owned()),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(bytes) => Some(std::net::Ipv4Addr::from(bytes).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}

fn key(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("rsa{}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("ec{}", point.key_size()),
        // RFC 8410.
        _ => match certificate.public_key().algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => "ed25519".to_owned(),
            "1.3.101.113" => "ed448".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// A signature by MD5 or SHA-1 (RFC 8017, RFC 5758).
fn weak(certificate: &X509Certificate<'_>) -> Option<&'static str> {
    match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => Some("md5WithRSAEncryption"),
        "1.2.840.113549.1.1.5" => Some("sha1WithRSAEncryption"),
        "1.2.840.10045.4.1" => Some("ecdsa-with-SHA1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEM: &[u8] = include_bytes!("../tests/cli/certificate.pem");

    #[test]
    fn a_certificate_in_words() {
        let chain = chain(PEM);
        let facts = Facts::of(&chain[0]).unwrap();
        assert!(facts.not_before < facts.not_after && facts.sha256.len() == 64, "{facts:?}");
        assert_eq!(facts.status(facts.not_after + 1), "expired");
        assert_eq!(facts.status(facts.not_before - 1), "not_yet_valid");
        assert_eq!(faults(&chain, &["other.example".to_owned()], facts.not_before).len(), 1);
        assert!(faults(&[], &[], 0)[0].contains("cannot be read"));
        assert!(matches(&chain, b"no key").is_err());
    }

    #[test]
    fn wildcards_are_of_one_label() {
        let facts = Facts { names: vec!["*.a.test".into(), "b.test".into()], ..Facts::of(&chain(PEM)[0]).unwrap() };
        for (name, covered) in [
            ("x.a.test", true),
            ("X.A.test", true),
            ("a.test", false),
            ("x.y.a.test", false),
            ("*.a.test", true),
            ("b.test", true),
            ("", false),
        ] {
            assert_eq!(facts.covers(name), covered, "{name}");
        }
    }

    proptest! {
        /// Files and servers may hold anything.
        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Facts::of(&CertificateDer::from(bytes.clone()));
            let _ = faults(&chain(&bytes), &[], 0);
            let _ = matches(&[CertificateDer::from(bytes.clone())], &bytes);
        }
    }
}
