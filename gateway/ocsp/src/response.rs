//! What a responder's answer says: read (RFC 6960 §4.2.1) and judged (§3.2) before it is shown to anybody.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

use crate::der::{BIT_STRING, ENUMERATED, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Unexpected};
use crate::question::{Question, SHA1, sha1};

/// The longest answer that is taken, in bytes: it is sent in every handshake.
pub const LONGEST: usize = 16 << 10;

/// How far ahead a responder's clock may be, in seconds.
const AHEAD: i64 = 300;

/// How old an answer may be that names no end, in seconds: 10 days, the longest for which authorities let an answer hold. It comes over
/// plain HTTP, and whoever has kept an old one could show it for ever.
const OLDEST: i64 = 10 * 86_400;

/// The most certificates in an answer that are looked at: it takes one to sign it.
const SIGNERS: usize = 4;

/// 1.3.6.1.5.5.7.48.1.1
const BASIC: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 0x30, 1, 1];
/// 1.3.6.1.5.5.7.3.9, which a certificate must have that answers for its issuer.
const OCSP_SIGNING: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 9];

/// What a usable answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The certificate has been revoked.
    pub revoked: bool,
    /// From when on it was known to hold (seconds since 1970).
    pub this_update: i64,
    /// By when there will be a newer answer; `None`: at any time.
    pub next_update: Option<i64>,
}

/// Why an answer is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is no OCSP response, or none of the basic kind.
    #[error("it is no OCSP response")]
    Unreadable,
    /// The responder refuses to answer.
    #[error("the responder refuses: {0}")]
    Refused(&'static str),
    /// It says nothing of the certificate that was asked about.
    #[error("it is about another certificate")]
    OtherCertificate,
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    Unknown,
    /// It holds only later than now.
    #[error("it holds only from a later time on")]
    Early,
    /// It does not hold any more.
    #[error("it is out of date")]
    Late,
    /// Who signed it is neither the issuer nor, by the issuer's word, entitled to answer for it.
    #[error("its signer may not answer for the issuer")]
    Signer,
    /// Its signature is not right, or of a kind that is not trusted.
    #[error("its signature is not right")]
    Signature,
}

impl From<Unexpected> for Unusable {
    fn from(_: Unexpected) -> Self {
        Unusable::Unreadable
    }
}

/// Judges an answer at a time (seconds since 1970). Without `algorithms` its signature is not looked at.
///
/// # Errors
/// [`Unusable`].
pub fn judge(
    der: &[u8],
    question: &Question,
    now: i64,
    algorithms: Option<&WebPkiSupportedAlgorithms>,
) -> Result<Verdict, Unusable> {
    let basic = basic(der)?;
    let data = ResponseData::read(basic.signed)?;
    let verdict = about(data.answers, question)?;
    if verdict.this_update > now.saturating_add(AHEAD) {
        return Err(Unusable::Early);
    }
    let late = match verdict.next_update {
        Some(next) => next <= now || next < verdict.this_update,
        None => verdict.this_update < now.saturating_sub(OLDEST),
    };
    if late {
        return Err(Unusable::Late);
    }
    if let Some(algorithms) = algorithms {
        signed(&basic, data.responder, question, now, algorithms)?;
    }
    Ok(verdict)
}

/// `BasicOCSPResponse`.
struct Basic<'a> {
    /// What is signed, head and all.
    signed: &'a [u8],
    /// The content of its `AlgorithmIdentifier`.
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: Reader<'a>,
}

/// Reads `OCSPResponse` down to the part that is signed.
fn basic(der: &[u8]) -> Result<Basic<'_>, Unusable> {
    let mut outside = Reader::new(der);
    let mut response = outside.sequence()?;
    outside.end()?;
    let status = response.take(ENUMERATED)?;
    if status != [0] {
        return Err(Unusable::Refused(refusal(status)));
    }
    let mut bytes = Reader::new(response.context(0)?.ok_or(Unusable::Unreadable)?);
    response.end()?;
    let mut typed = bytes.sequence()?;
    bytes.end()?;
    if typed.take(OID)? != BASIC {
        return Err(Unusable::Unreadable);
    }
    let mut inside = Reader::new(typed.take(OCTET_STRING)?);
    typed.end()?;
    let mut basic = inside.sequence()?;
    inside.end()?;
    let signed = basic.whole()?;
    let algorithm = basic.take(SEQUENCE)?;
    // The first byte counts the unused bits of the last one.
    let [0, signature @ ..] = basic.take(BIT_STRING)? else { return Err(Unusable::Unreadable) };
    let certificates = match basic.context(0)? {
        Some(list) => {
            let mut list = Reader::new(list);
            let certificates = list.sequence()?;
            list.end()?;
            certificates
        }
        None => Reader::new(&[]),
    };
    basic.end()?;
    Ok(Basic { signed, algorithm, signature, certificates })
}

/// `OCSPResponseStatus` in words.
fn refusal(status: &[u8]) -> &'static str {
    match status {
        [1] => "malformedRequest",
        [2] => "internalError",
        [3] => "tryLater",
        [5] => "sigRequired",
        [6] => "unauthorized",
        _ => "an unknown status",
    }
}

/// `ResponseData`.
struct ResponseData<'a> {
    responder: Responder<'a>,
    answers: Reader<'a>,
}

/// `ResponderID`: who says that it signed.
#[derive(Debug, Clone, Copy)]
enum Responder<'a> {
    /// By its name.
    Name(&'a [u8]),
    /// By the digest of its key.
    Key(&'a [u8]),
}

impl<'a> ResponseData<'a> {
    fn read(whole: &'a [u8]) -> Result<ResponseData<'a>, Unusable> {
        let mut outside = Reader::new(whole);
        let mut data = outside.sequence()?;
        if let Some(version) = data.context(0)? {
            // 1, which is the default, is written as 0.
            if Reader::new(version).take(INTEGER)? != [0] {
                return Err(Unusable::Unreadable);
            }
        }
        let responder = match data.any_context()? {
            (1, name) => Responder::Name(name),
            (2, key) => Responder::Key(Reader::new(key).take(OCTET_STRING)?),
            _ => return Err(Unusable::Unreadable),
        };
        time(data.take(GENERALIZED_TIME)?)?;
        let answers = data.sequence()?;
        // Extensions, which are for the client to judge.
        data.context(1)?;
        data.end()?;
        Ok(ResponseData { responder, answers })
    }
}

impl Responder<'_> {
    fn is(self, certificate: &X509Certificate<'_>) -> bool {
        match self {
            Responder::Name(name) => certificate.subject().as_raw() == name,
            Responder::Key(hash) => sha1(&certificate.public_key().subject_public_key.data) == hash,
        }
    }
}

/// What the answers say of the certificate that was asked about.
fn about(mut answers: Reader<'_>, question: &Question) -> Result<Verdict, Unusable> {
    while !answers.is_empty() {
        let mut answer = answers.sequence()?;
        let mut id = answer.sequence()?;
        let mut algorithm = id.sequence()?;
        let same = algorithm.take(OID)? == SHA1;
        // Parameters: none, which may be written out.
        if !algorithm.is_empty() {
            algorithm.whole()?;
            algorithm.end()?;
        }
        let same = (id.take(OCTET_STRING)? == question.name_hash) & same;
        let same = (id.take(OCTET_STRING)? == question.key_hash) & same;
        let same = (id.take(INTEGER)? == question.serial) & same;
        id.end()?;
        let (status, _) = answer.any_context()?;
        let this_update = time(answer.take(GENERALIZED_TIME)?)?;
        let next_update = match answer.context(0)? {
            Some(next) => Some(time(Reader::new(next).take(GENERALIZED_TIME)?)?),
            None => None,
        };
        answer.context(1)?;
        answer.end()?;
        match status {
            _ if !same => {}
            0 | 1 => return Ok(Verdict { revoked: status == 1, this_update, next_update }),
            2 => return Err(Unusable::Unknown),
            _ => return Err(Unusable::Unreadable),
        }
    }
    Err(Unusable::OtherCertificate)
}

/// A `GeneralizedTime` as DER has it (`YYYYMMDDHHMMSSZ`), in seconds since 1970.
fn time(content: &[u8]) -> Result<i64, Unusable> {
    let der = crate::der::element(GENERALIZED_TIME, &[content]);
    let (_, time) = ASN1Time::from_der(&der).map_err(|_| Unusable::Unreadable)?;
    if content.len() == 15 && content.last() == Some(&b'Z') { Ok(time.timestamp()) } else { Err(Unusable::Unreadable) }
}

/// Whether the issuer signed, or somebody to whom it gave the right.
fn signed(
    basic: &Basic<'_>,
    responder: Responder<'_>,
    question: &Question,
    now: i64,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Unusable> {
    let issuer = &question.issuer;
    if X509Certificate::from_der(issuer).is_ok_and(|(_, issuer)| responder.is(&issuer)) {
        return fits(basic, issuer, algorithms);
    }
    let anchor = [webpki::anchor_from_trusted_cert(issuer).map_err(|_| Unusable::Signer)?];
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now).unwrap_or_default()));
    let mut certificates = basic.certificates;
    for _ in 0..SIGNERS {
        if certificates.is_empty() {
            break;
        }
        let der = CertificateDer::from(certificates.whole()?);
        if !X509Certificate::from_der(&der).is_ok_and(|(_, own)| responder.is(&own)) {
            continue;
        }
        let signer = EndEntityCert::try_from(&der).map_err(|_| Unusable::Signer)?;
        let usage = KeyUsage::required(OCSP_SIGNING);
        signer.verify_for_usage(algorithms.all, &anchor, &[], now, usage, None, None).map_err(|_| Unusable::Signer)?;
        return fits(basic, &der, algorithms);
    }
    Err(Unusable::Signer)
}

/// Whether the signature is right for the key of a certificate.
fn fits(basic: &Basic<'_>, of: &CertificateDer<'_>, algorithms: &WebPkiSupportedAlgorithms) -> Result<(), Unusable> {
    let signer = EndEntityCert::try_from(of).map_err(|_| Unusable::Signer)?;
    // An identifier may mean several, by the curve of the key.
    let mut meant = algorithms.all.iter().filter(|one| one.signature_alg_id().as_ref() == basic.algorithm);
    if meant.any(|one| signer.verify_signature(*one, basic.signed, basic.signature).is_ok()) {
        Ok(())
    } else {
        Err(Unusable::Signature)
    }
}
