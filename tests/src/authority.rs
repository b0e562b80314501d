//! An authority of certificates: issues them, and says what became of them (OCSP, RFC 6960).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// An authority.
pub struct Authority {
    key: EcdsaKeyPair,
    name: Vec<u8>,
    own: Vec<u8>,
    issued: AtomicU8,
}

/// A certificate with its key.
pub struct Issued {
    /// The certificate and the authority's behind it, PEM.
    pub chain: String,
    /// The key, PEM.
    pub key: String,
}

/// What an answer says of a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Says {
    /// `good`, `revoked` or `unknown`.
    pub status: &'static str,
    /// From when on it holds, in seconds from now.
    pub from: i64,
    /// Until when; `None`: it does not say.
    pub until: Option<i64>,
    /// About a certificate with this last byte of its number instead.
    pub other: Option<u8>,
}

impl Says {
    /// Good, for a day.
    pub const GOOD: Says = Says { status: "good", from: -60, until: Some(86_400), other: None };
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const BITS: u8 = 3;
const OCTETS: u8 = 4;
const OID: u8 = 6;
const TEXT: u8 = 12;
const UTC_TIME: u8 = 23;
const TIME: u8 = 24;

impl Authority {
    /// A new one of this name.
    pub fn new(name: &str) -> Authority {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let name = named(name);
        // basicConstraints: it is an authority.
        let constraints = extension(&[0x55, 0x1D, 19], &seq(&[&[1, 1, 0xFF]]));
        let own = certificate(&key, 1, &name, &name, &key, &[constraints]);
        Authority { key, name, own, issued: AtomicU8::new(1) }
    }

    /// A certificate for a name, that says that `responder` may be asked about it.
    pub fn issue(&self, name: &str, responder: SocketAddr) -> Issued {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let uri = format!("http://{responder}/ocsp");
        let access = seq(&[&tlv(OID, &[&[0x2B, 6, 1, 5, 5, 7, 0x30, 1]]), &tlv(0x86, &[uri.as_bytes()])]);
        let extensions = [
            extension(&[0x55, 0x1D, 17], &seq(&[&tlv(0x82, &[name.as_bytes()])])),
            extension(&[0x2B, 6, 1, 5, 5, 7, 1, 1], &seq(&[&access])),
        ];
        let number = self.issued.fetch_add(1, Ordering::Relaxed) + 1;
        let own = certificate(&self.key, number, &self.name, &named(name), &key, &extensions);
        Issued {
            chain: [pem("CERTIFICATE", &own), pem("CERTIFICATE", &self.own)].concat(),
            key: pem("PRIVATE KEY", key.to_pkcs8v1().unwrap().as_ref()),
        }
    }

    /// The answer to a request about one certificate.
    pub fn answer(&self, request: &[u8], says: Says) -> Vec<u8> {
        // Four sequences of one element around it, each shorter than 128 bytes.
        let mut id = request[8..].to_vec();
        if let (Some(other), Some(last)) = (says.other, id.last_mut()) {
            *last = other;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let status = match says.status {
            "good" => tlv(0x80, &[]),
            "revoked" => tlv(0xA1, &[&time(now - 3600)]),
            _ => tlv(0x82, &[]),
        };
        let until = says.until.map(|until| tlv(0xA0, &[&time(now + until)])).unwrap_or_default();
        let answer = seq(&[&id, &status, &time(now + says.from), &until]);
        let data = seq(&[&tlv(0xA1, &[&self.name]), &time(now), &seq(&[&answer])]);
        let basic = seq(&[&data, &algorithm(), &bits(&signature(&self.key, &data))]);
        let typed = seq(&[&tlv(OID, &[&[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1]]), &tlv(OCTETS, &[&basic])]);
        seq(&[&[10, 1, 0], &tlv(0xA0, &[&typed])])
    }
}

fn certificate(
    authority: &EcdsaKeyPair,
    number: u8,
    issuer: &[u8],
    subject: &[u8],
    key: &EcdsaKeyPair,
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let valid = seq(&[&tlv(UTC_TIME, &[b"200101000000Z"]), &tlv(UTC_TIME, &[b"491231235959Z"])]);
    // id-ecPublicKey on prime256v1.
    let kind = seq(&[
        &tlv(OID, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]]),
        &tlv(OID, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]]),
    ]);
    let public = seq(&[&kind, &bits(key.public_key().as_ref())]);
    let data = seq(&[
        &tlv(0xA0, &[&[INTEGER, 1, 2]]),
        &tlv(INTEGER, &[&[0x40, number]]),
        &algorithm(),
        issuer,
        &valid,
        subject,
        &public,
        &tlv(0xA3, &[&seq(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>())]),
    ]);
    seq(&[&data, &algorithm(), &bits(&signature(authority, &data))])
}

fn named(name: &str) -> Vec<u8> {
    seq(&[&tlv(0x31, &[&seq(&[&tlv(OID, &[&[0x55, 4, 3]]), &tlv(TEXT, &[name.as_bytes()])])])])
}

fn extension(oid: &[u8], content: &[u8]) -> Vec<u8> {
    seq(&[&tlv(OID, &[oid]), &tlv(OCTETS, &[content])])
}

/// ecdsa-with-SHA256
fn algorithm() -> Vec<u8> {
    seq(&[&tlv(OID, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2]])])
}

fn signature(key: &EcdsaKeyPair, of: &[u8]) -> Vec<u8> {
    key.sign(&SystemRandom::new(), of).unwrap().as_ref().to_vec()
}

fn bits(content: &[u8]) -> Vec<u8> {
    tlv(BITS, &[&[0], content])
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len() as u8;
    let head = match content.len() {
        0..0x80 => vec![tag, length],
        0x80..0x100 => vec![tag, 0x81, length],
        long => vec![tag, 0x82, (long >> 8) as u8, length],
    };
    [head, content].concat()
}

/// A `GeneralizedTime`, in seconds since 1970.
fn time(seconds: i64) -> Vec<u8> {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds as u64));
    let parts: Vec<&str> = date.split(' ').collect();
    let [_, day, month, year, clock, _] = parts[..] else { panic!("{date}") };
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec".find(month).unwrap() / 3 + 1;
    tlv(TIME, &[format!("{year}{month:02}{day}{}Z", clock.replace(':', "")).as_bytes()])
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
