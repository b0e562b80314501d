//! Certificates and algorithms in the words of nginx and OpenSSL.

use std::fmt::Write;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::NamedGroup;
use rustls::pki_types::CertificateDer;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate, X509Name};

use super::unix_seconds;
use crate::expr::Var;

/// OpenSSL's name of a group.
pub(super) fn group(group: NamedGroup) -> String {
    match group {
        NamedGroup::secp256r1 => "prime256v1".to_owned(),
        NamedGroup::secp384r1 => "secp384r1".to_owned(),
        NamedGroup::secp521r1 => "secp521r1".to_owned(),
        other => format!("{other:?}"),
    }
}

/// What a variable `ssl_client_*` says of the client's certificate.
pub(super) fn certificate(der: &CertificateDer<'_>, var: &Var) -> Option<String> {
    match var {
        Var::SslClientRawCert => return Some(pem(der)),
        Var::SslClientCert => return Some(pem(der).replace('\n', "\n\t")),
        Var::SslClientEscapedCert => return Some(escaped(&pem(der))),
        Var::SslClientFingerprint => {
            return Some(hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref(), false));
        }
        _ => {}
    }
    let (_, cert) = X509Certificate::from_der(der).ok()?;
    Some(match var {
        Var::SslClientSDn => rfc2253(cert.subject()),
        Var::SslClientIDn => rfc2253(cert.issuer()),
        Var::SslClientSDnLegacy => oneline(cert.subject()),
        Var::SslClientIDnLegacy => oneline(cert.issuer()),
        Var::SslClientSerial => serial(cert.raw_serial()),
        Var::SslClientVStart => time(&cert.validity().not_before),
        Var::SslClientVEnd => time(&cert.validity().not_after),
        Var::SslClientVRemain => {
            let left = cert.validity().not_after.timestamp().saturating_sub(unix_seconds());
            (left.max(0) / 86_400).to_string()
        }
        _ => return None,
    })
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::with_capacity(text.len() + text.len() / 64 + 60);
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END CERTIFICATE-----");
    pem
}

/// All but the unreserved characters of RFC 3986 as `%XX`. nginx ends the text with a line end here, not in the raw form.
fn escaped(pem: &str) -> String {
    let mut out = String::with_capacity(pem.len() + pem.len() / 4);
    for byte in pem.bytes().chain([b'\n']) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                // Writing to a string does not fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

pub(super) fn hex(bytes: &[u8], upper: bool) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
    }
    out
}

/// A serial number without the zero that only says it is positive.
pub(super) fn serial(raw: &[u8]) -> String {
    match raw {
        [0, rest @ ..] if !rest.is_empty() => hex(rest, true),
        raw => hex(raw, true),
    }
}

/// `Jun  4 22:18:05 2019 GMT`.
fn time(at: &ASN1Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = at.to_datetime();
    let month = MONTHS.get(usize::from(u8::from(at.month())).saturating_sub(1)).copied().unwrap_or_default();
    format!("{month} {:2} {:02}:{:02}:{:02} {} GMT", at.day(), at.hour(), at.minute(), at.second(), at.year())
}

/// The most specific part first, escaped as RFC 2253 §2.4 says.
pub(super) fn rfc2253(name: &X509Name<'_>) -> String {
    let mut sets: Vec<String> = Vec::new();
    for set in name.iter() {
        let mut text = String::new();
        for attribute in set.iter() {
            if !text.is_empty() {
                text.push('+');
            }
            text.push_str(&abbreviation(attribute.attr_type()));
            text.push('=');
            match attribute.as_str() {
                Ok(value) => escape_dn(value, &mut text),
                Err(_) => {
                    text.push('#');
                    text.push_str(&hex(attribute.as_slice(), true));
                }
            }
        }
        sets.push(text);
    }
    sets.reverse();
    sets.join(",")
}

fn escape_dn(value: &str, out: &mut String) {
    let last = value.len().saturating_sub(1);
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'#' if at == 0 => out.push_str("\\#"),
            b' ' if at == 0 || at == last => out.push_str("\\ "),
            0x20..=0x7E => out.push(char::from(byte)),
            // Control characters and what is not ASCII.
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
}

/// `/C=…/CN=…`, as OpenSSL wrote names before it knew the RFC.
fn oneline(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    for attribute in name.iter_attributes() {
        text.push('/');
        text.push_str(&abbreviation(attribute.attr_type()));
        text.push('=');
        for byte in attribute.as_slice() {
            match byte {
                0x20..=0x7E => text.push(char::from(*byte)),
                _ => {
                    let _ = write!(text, "\\x{byte:02X}");
                }
            }
        }
    }
    text
}

fn abbreviation(oid: &x509_parser::der_parser::Oid<'_>) -> String {
    oid2abbrev(oid, oid_registry()).map_or_else(|_| oid.to_id_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn a_certificate_in_nginx_words() {
        let text = include_str!("../upstream/testdata/client.pem");
        let der = CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
        let say = |var| certificate(&der, &var).unwrap();
        assert_eq!(say(Var::SslClientRawCert), text.trim_end());
        assert_eq!(say(Var::SslClientCert), text.trim_end().replace('\n', "\n\t"));
        assert!(say(Var::SslClientEscapedCert).starts_with("-----BEGIN%20CERTIFICATE-----%0A"));
        assert_eq!(say(Var::SslClientFingerprint).len(), 40);
        assert!(say(Var::SslClientSDn).contains("CN="), "{}", say(Var::SslClientSDn));
        assert!(say(Var::SslClientSDnLegacy).starts_with('/'));
        assert!(say(Var::SslClientVEnd).ends_with(" GMT"));
        assert!(say(Var::SslClientVRemain).parse::<u64>().unwrap() > 1000);
        assert!(certificate(&der, &Var::Host).is_none());
    }

    #[test]
    fn names_are_escaped() {
        let mut out = String::new();
        escape_dn("# a,b+\"c\" é ", &mut out);
        assert_eq!(out, "\\# a\\,b\\+\\\"c\\\" \\C3\\A9\\ ");
    }

    #[test]
    fn serials_have_no_sign() {
        assert_eq!(serial(&[0, 0x8A, 1]), "8A01");
        assert_eq!(serial(&[1]), "01");
        assert_eq!(serial(&[0]), "00");
    }
}
