//! Certificates and keys: both parse, and belong together.
//!
//! APISIX never looks whether a key belongs to its certificate and fails in the handshake then. Here it is compared as
//! far as the key tells its public half: RSA keys always do, EC keys mostly, Ed25519 keys seldom.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::{Context, Invalid};
use crate::schema::Pattern;
use crate::secret::is_reference;

/// Checks an `ssl` object: the first pair, the counts, each further pair, the client's authority.
pub(super) fn check_ssl(ssl: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let text = |field: &str| ssl.get(field).and_then(Value::as_str).unwrap_or_default();
    pair(text("cert"), text("key"), cx).map_err(|text| refused(text, "/cert"))?;
    let list = |field: &str| ssl.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (certs, keys) = (list("certs"), list("keys"));
    if certs.len() != keys.len() {
        return Err(refused("mismatched number of certs and keys".into(), "/certs"));
    }
    for (at, (cert, key)) in certs.iter().zip(keys).enumerate() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pair(&text(cert), &text(key), cx).map_err(|text| {
            refused(format!("failed to handle cert-key pair[{}]: {text}", at + 1), &format!("/certs/{at}"))
        })?;
    }
    match ssl.get("client") {
        Some(client) => client_verification(client),
        None => Ok(()),
    }
}

/// Checks the pair an upstream's `tls` shows to nodes.
pub(super) fn check_client_pair(tls: &Value, cx: &Context<'_>) -> Result<(), Invalid> {
    let text = |field: &str| tls.get(field).and_then(Value::as_str);
    match (text("client_cert"), text("client_key")) {
        (Some(cert), Some(key)) => pair(cert, key, cx).map_err(|text| refused(text, "/tls/client_cert")),
        _ => Ok(()),
    }
}

fn client_verification(client: &Value) -> Result<(), Invalid> {
    let ca = client.get("ca").and_then(Value::as_str).unwrap_or_default();
    if !is_reference(ca) {
        certificate(ca).map_err(|text| refused(format!("failed to validate client_cert: {text}"), "/client/ca"))?;
    }
    let patterns = client.get("skip_mtls_uri_regex").and_then(Value::as_array).into_iter().flatten();
    for (at, pattern) in patterns.filter_map(Value::as_str).enumerate() {
        Pattern::new(pattern).map_err(|error| {
            refused(
                format!("invalid skip_mtls_uri_regex \"{pattern}\": {error}"),
                &format!("/client/skip_mtls_uri_regex/{at}"),
            )
        })?;
    }
    Ok(())
}

fn refused(text: String, path: &str) -> Invalid {
    Invalid::new("certificate", text).at(path)
}

const NO_CERTIFICATE: &str = "failed to parse cert: PEM_read_bio_X509_AUX() failed";
const NO_KEY: &str = "failed to parse key: PEM_read_bio_PrivateKey() failed";

/// A certificate and its key, either of which may be a reference.
fn pair(cert: &str, key: &str, cx: &Context<'_>) -> Result<(), String> {
    let cert = if is_reference(cert) { None } else { Some(certificate(cert)?) };
    if is_reference(key) {
        return Ok(());
    }
    let key = if key.starts_with("---") {
        private_key(key)?
    } else {
        // Not PEM: as the store holds it.
        let clear = cx.decrypt.and_then(|decrypt| decrypt(key));
        private_key(&clear.ok_or("failed to decrypt previous encrypted key")?)?
    };
    match cert {
        Some(cert) if !belong_together(&cert, &key) => Err("key does not belong to the certificate".into()),
        _ => Ok(()),
    }
}

/// The first certificate of a chain; the others must parse too.
fn certificate(pem: &str) -> Result<CertificateDer<'static>, String> {
    let mut first = None;
    for der in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let der = der.map_err(|_| NO_CERTIFICATE)?;
        X509Certificate::from_der(&der).map_err(|_| NO_CERTIFICATE)?;
        first.get_or_insert(der);
    }
    first.ok_or_else(|| NO_CERTIFICATE.into())
}

fn private_key(pem: &str) -> Result<Public, String> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NO_KEY)?;
    let public = match &key {
        PrivateKeyDer::Pkcs1(der) => rsa(der.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(der) => ec(der.secret_sec1_der()),
        PrivateKeyDer::Pkcs8(der) => pkcs8(der.secret_pkcs8_der()),
        _ => None,
    };
    public.ok_or_else(|| NO_KEY.into())
}

/// The public half of a private key.
#[derive(Debug, PartialEq, Eq)]
enum Public {
    /// The modulus, without zeros in front.
    Rsa(Vec<u8>),
    /// The point, if the key tells it.
    Ec(Option<Vec<u8>>),
    /// Another algorithm.
    Other,
}

fn belong_together(cert: &CertificateDer<'_>, key: &Public) -> bool {
    let Ok((_, cert)) = X509Certificate::from_der(cert) else { return false };
    match (cert.public_key().parsed(), key) {
        (Ok(PublicKey::RSA(theirs)), Public::Rsa(ours)) => stripped(theirs.modulus) == ours.as_slice(),
        (Ok(PublicKey::EC(theirs)), Public::Ec(Some(ours))) => theirs.data() == ours.as_slice(),
        (Ok(PublicKey::EC(_)), Public::Ec(None)) => true,
        (Ok(PublicKey::RSA(_) | PublicKey::EC(_)), _) => false,
        (_, Public::Other) => true,
        _ => false,
    }
}

fn stripped(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[1]` of SEC 1: the public key.
const CONTEXT_1: u8 = 0xA1;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

/// One element of DER: its tag, its content, what lies behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7F => (usize::from(short), rest),
        long => {
            let count = usize::from(long & 0x7F);
            if !(1..=4).contains(&count) {
                return None;
            }
            let digits = rest.get(..count)?;
            (digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit)), rest.get(count..)?)
        }
    };
    Some((*tag, rest.get(..length)?, rest.get(length..)?))
}

fn expect(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(found, _, _)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// `RSAPrivateKey` of RFC 8017 §A.1.2: version, modulus, …
fn rsa(der: &[u8]) -> Option<Public> {
    let (fields, _) = expect(der, SEQUENCE)?;
    let (_, fields) = expect(fields, INTEGER)?;
    let (modulus, _) = expect(fields, INTEGER)?;
    Some(Public::Rsa(stripped(modulus).to_vec()))
}

/// `ECPrivateKey` of RFC 5915 §3: version, key, parameters, public key.
fn ec(der: &[u8]) -> Option<Public> {
    let (fields, _) = expect(der, SEQUENCE)?;
    let (_, fields) = expect(fields, INTEGER)?;
    let (_, mut fields) = expect(fields, OCTET_STRING)?;
    while let Some((tag, content, rest)) = element(fields) {
        if tag == CONTEXT_1 {
            let (bits, _) = expect(content, BIT_STRING)?;
            // The first byte counts the unused bits of the last one.
            return Some(Public::Ec(Some(bits.get(1..)?.to_vec())));
        }
        fields = rest;
    }
    Some(Public::Ec(None))
}

/// `PrivateKeyInfo` of RFC 5208 §5: version, algorithm, key.
fn pkcs8(der: &[u8]) -> Option<Public> {
    let (fields, _) = expect(der, SEQUENCE)?;
    let (_, fields) = expect(fields, INTEGER)?;
    let (algorithm, fields) = expect(fields, SEQUENCE)?;
    let (algorithm, _) = expect(algorithm, OBJECT_IDENTIFIER)?;
    let (key, _) = expect(fields, OCTET_STRING)?;
    match algorithm {
        RSA_ENCRYPTION => rsa(key),
        EC_PUBLIC_KEY => ec(key),
        _ => Some(Public::Other),
    }
}

#[cfg(test)]
mod tests;
