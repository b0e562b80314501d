//! What is asked about a certificate, and whom.

use aws_lc_rs::digest;
use gateway_outbound::http::Url;
use rustls::crypto::aws_lc_rs as aws_lc_rs_provider;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::der::{INTEGER, OCTET_STRING, OID, SEQUENCE, element};

/// 1.3.14.3.2.26. Responders are required to understand this digest and no other; nothing rests on its strength, for it names an
/// issuer and what is asked for is signed with another.
pub(crate) const SHA1: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1A];
/// 1.3.6.1.5.5.7.48.1
const RESPONDER: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 48, 1];

/// The longest address of a responder.
const LONGEST: usize = 2048;

/// A question about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whom to ask: what the certificate says (RFC 5280 §4.2.2.1), over plain HTTP, for the answer is signed.
    pub responder: Url,
    /// The request (`application/ocsp-request`).
    pub request: Vec<u8>,
    /// Who issued the certificate and answers for it.
    pub issuer: CertificateDer<'static>,
    pub(crate) name_hash: Vec<u8>,
    pub(crate) key_hash: Vec<u8>,
    pub(crate) serial: Vec<u8>,
}

/// Why nobody can be asked about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unaskable {
    /// It, or the one that issued it, does not parse.
    #[error("the certificate is not readable")]
    Unreadable,
    /// Who issued it is not known, so an answer could not be judged.
    #[error("the certificate of its issuer does not follow it in `cert`")]
    NoIssuer,
    /// It names no responder.
    #[error("it names no OCSP responder")]
    NoResponder,
    /// It names none that can be asked.
    #[error("its OCSP responder has no address of the form http://host/path")]
    Address,
}

impl Question {
    /// About the first certificate of `chain`; another one in it must be its issuer's.
    ///
    /// # Errors
    /// [`Unaskable`].
    pub fn about(chain: &[CertificateDer<'static>]) -> Result<Question, Unaskable> {
        let (first, others) = chain.split_first().ok_or(Unaskable::Unreadable)?;
        let (_, own) = X509Certificate::from_der(first).map_err(|_| Unaskable::Unreadable)?;
        let responders = own.extensions().iter().flat_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => access.accessdescs.as_slice(),
            _ => &[],
        });
        let is_responder = |oid: &x509_parser::oid_registry::Oid<'_>| oid.iter().is_some_and(|oid| oid.eq(RESPONDER));
        let uris = responders.filter_map(|access| match &access.access_location {
            GeneralName::URI(uri) if is_responder(&access.access_method) => Some(*uri),
            _ => None,
        });
        let responder = responder(uris)?;
        let issuer = issuer(&own, others).ok_or(Unaskable::NoIssuer)?;
        let (_, theirs) = X509Certificate::from_der(issuer).map_err(|_| Unaskable::Unreadable)?;
        let name_hash = sha1(own.issuer().as_raw());
        let key_hash = sha1(&theirs.public_key().subject_public_key.data);
        let serial = own.raw_serial().to_vec();
        Ok(Question {
            responder,
            request: request(&name_hash, &key_hash, &serial),
            issuer: issuer.clone(),
            name_hash,
            key_hash,
            serial,
        })
    }
}

/// The first of the addresses that a certificate names which can be asked.
fn responder<'a>(uris: impl Iterator<Item = &'a str>) -> Result<Url, Unaskable> {
    let mut uris = uris.peekable();
    uris.peek().ok_or(Unaskable::NoResponder)?;
    uris.find_map(address).ok_or(Unaskable::Address)
}

/// Who issued a certificate, among others: by name, and where several have that name (an authority that has changed its key) by
/// whose key has signed it.
fn issuer<'c>(own: &X509Certificate<'_>, others: &'c [CertificateDer<'static>]) -> Option<&'c CertificateDer<'static>> {
    let named = |der: &&CertificateDer<'static>| {
        X509Certificate::from_der(der).is_ok_and(|(_, other)| other.subject().as_raw() == own.issuer().as_raw())
    };
    let mut named = others.iter().filter(named);
    let first = named.next()?;
    let mut rest = named.peekable();
    if rest.peek().is_none() {
        return Some(first);
    }
    let algorithms = aws_lc_rs_provider::default_provider().signature_verification_algorithms;
    let signed = |der: &&CertificateDer<'static>| {
        let Ok(key) = EndEntityCert::try_from(*der) else { return false };
        let (content, signature) = (own.tbs_certificate.as_ref(), &own.signature_value.data);
        algorithms.all.iter().any(|one| key.verify_signature(*one, content, signature).is_ok())
    };
    std::iter::once(first).chain(rest).find(signed).or(Some(first))
}

/// The address of a responder, if it is one that is asked: no other scheme, no credentials.
fn address(uri: &str) -> Option<Url> {
    let url = Url::parse(uri).ok().filter(|_| uri.len() <= LONGEST)?;
    let plain = url.scheme() == "http" && url.has_host() && url.username().is_empty() && url.password().is_none();
    plain.then_some(url)
}

pub(crate) fn sha1(of: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, of).as_ref().to_vec()
}

/// `OCSPRequest` (RFC 6960 §4.1.1) with one question and nothing else, so that a responder may have its answer ready.
fn request(name_hash: &[u8], key_hash: &[u8], serial: &[u8]) -> Vec<u8> {
    const NULL: [u8; 2] = [5, 0];
    let algorithm = element(SEQUENCE, &[&element(OID, &[SHA1]), &NULL]);
    let [name_hash, key_hash] = [name_hash, key_hash].map(|hash| element(OCTET_STRING, &[hash]));
    let id = element(SEQUENCE, &[&algorithm, &name_hash, &key_hash, &element(INTEGER, &[serial])]);
    // Request, requestList, TBSRequest, OCSPRequest.
    (0..4).fold(id, |inner, _| element(SEQUENCE, &[&inner]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_that_can_be_asked_is() {
        let of = |uris: &[&str]| responder(uris.iter().copied()).map(|url| url.to_string());
        assert_eq!(of(&["ldap://a/b", "https://b/", "http://c/", "http://d/"]), Ok("http://c/".to_owned()));
        assert_eq!(of(&["ldap://a/b"]), Err(Unaskable::Address));
        assert_eq!(of(&[]), Err(Unaskable::NoResponder));
    }

    #[test]
    fn only_plain_addresses_are_asked() {
        for good in ["http://ocsp.test", "http://ocsp.test:8080/a/b", "http://10.0.0.1/"] {
            assert!(address(good).is_some(), "{good}");
        }
        let long = format!("http://a/{}", "x".repeat(LONGEST));
        for bad in
            ["https://ocsp.test", "ftp://a", "file:///etc/passwd", "http://user:word@a/", "http://", "/a", "", &long]
        {
            assert!(address(bad).is_none(), "{bad}");
        }
    }
}
