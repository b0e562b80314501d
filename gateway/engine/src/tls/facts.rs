//! What people want to know of a certificate.

use aws_lc_rs::digest;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::describe::{hex, rfc2253, serial};

/// Names of a certificate that are told.
const MOST_NAMES: usize = 100;

/// A certificate in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whose it is (RFC 2253).
    pub subject: String,
    /// Who vouches for it (RFC 2253).
    pub issuer: String,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// The names and addresses it is for (`subjectAltName`).
    pub names: Vec<String>,
    /// From when on it is valid (seconds since 1970).
    pub not_before: i64,
    /// Until when it is valid (seconds since 1970).
    pub not_after: i64,
    /// Its key: `rsa2048`, `ec256`, `ed25519`.
    pub key: String,
    /// The fingerprint, in hexadecimal digits.
    pub sha256: String,
    /// How it is signed, where that is not to be trusted any more (`sha1WithRSAEncryption`).
    pub weak_signature: Option<String>,
}

impl Facts {
    /// Of a certificate; `None`: it cannot be read.
    pub fn of(der: &CertificateDer<'_>) -> Option<Facts> {
        let (_, cert) = X509Certificate::from_der(der).ok()?;
        Some(Facts {
            subject: rfc2253(cert.subject()),
            issuer: rfc2253(cert.issuer()),
            serial: serial(cert.raw_serial()),
            names: names(&cert),
            not_before: cert.validity().not_before.timestamp(),
            not_after: cert.validity().not_after.timestamp(),
            key: key(&cert),
            sha256: hex(digest::digest(&digest::SHA256, der).as_ref(), false),
            weak_signature: weak(&cert),
        })
    }

    /// Whether its key is one that is too short by now (NIST SP 800-131A: RSA below 2048 bits).
    pub fn is_weak(&self) -> bool {
        self.key.strip_prefix("rsa").and_then(|bits| bits.parse::<u32>().ok()).is_some_and(|bits| bits < 2048)
    }

    /// Whether it is for a name as an `ssl` object has it, `*.example.com` too (RFC 6125, section 6.4: of one label).
    pub fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|own| {
            let own = own.to_ascii_lowercase();
            own == name
                || own
                    .strip_prefix("*.")
                    .is_some_and(|rest| name.split_once('.').is_some_and(|(label, tail)| label != "*" && tail == rest))
        })
    }
}

fn names(cert: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = cert.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress([a, b, c, d]) => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
        GeneralName::IPAddress(bytes) => {
            <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string())
        }
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).take(MOST_NAMES).collect()
}

fn key(cert: &X509Certificate<'_>) -> String {
    match cert.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("rsa{}", key.key_size()),
        Ok(PublicKey::EC(point)) => format!("ec{}", point.key_size()),
        // RFC 8410.
        _ => match cert.public_key().algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => "ed25519".to_owned(),
            "1.3.101.113" => "ed448".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// The name of a signature by MD5 or SHA-1 (RFC 8017, RFC 5758).
fn weak(cert: &X509Certificate<'_>) -> Option<String> {
    let name = match cert.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" => "sha1WithRSAEncryption",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn facts() -> Facts {
        let text = include_str!("../upstream/testdata/server.pem");
        Facts::of(&CertificateDer::from_pem_slice(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_certificate_in_words() {
        let facts = facts();
        assert!(facts.subject.contains("CN=") && facts.issuer.contains("CN="), "{facts:?}");
        assert!(facts.not_before < facts.not_after);
        assert_eq!(facts.sha256.len(), 64);
        assert!(facts.key.starts_with("ec") || facts.key.starts_with("rsa"), "{facts:?}");
        assert!(!facts.is_weak() && facts.weak_signature.is_none());
        assert!(Facts::of(&CertificateDer::from(vec![0x30, 0x03, 1, 1, 0])).is_none());
    }

    #[test]
    fn names_cover_others_of_one_label() {
        let facts = Facts { names: vec!["a.test".into(), "*.b.test".into()], ..facts() };
        for (name, covered) in [
            ("a.test", true),
            ("x.b.test", true),
            ("*.b.test", true),
            ("x.y.b.test", false),
            ("b.test", false),
            ("*.a.test", false),
            ("", false),
        ] {
            assert_eq!(facts.covers(name), covered, "{name}");
        }
        let weak = |key: &str| Facts { key: key.into(), ..facts.clone() }.is_weak();
        assert!(weak("rsa1024") && !weak("rsa2048") && !weak("ec256"));
    }
}
