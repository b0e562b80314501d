//! For the fuzz target: answers about one certificate, judged with and without their signatures.

use std::sync::LazyLock;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::Question;
use crate::response::{Unusable, Verdict, judge};

static QUESTION: LazyLock<Option<Question>> = LazyLock::new(|| {
    let pem: [&[u8]; 2] = [include_bytes!("../testdata/leaf.pem"), include_bytes!("../testdata/ca.pem")];
    let chain: Result<Vec<_>, _> = pem.into_iter().map(CertificateDer::from_pem_slice).collect();
    Question::about(&chain.ok()?).ok()
});

/// When the answers in `testdata` were made, about (seconds since 1970).
pub const MADE: i64 = 1_795_690_386;

/// The digests of the issuer's name and key, and the number of the certificate.
pub fn asked() -> Option<(&'static [u8], &'static [u8], &'static [u8])> {
    QUESTION.as_ref().map(|q| (q.name_hash.as_slice(), q.key_hash.as_slice(), q.serial.as_slice()))
}

/// Judges an answer a minute after [`MADE`].
///
/// # Errors
/// As [`judge`].
pub fn judged(der: &[u8], verify: bool) -> Result<Verdict, Unusable> {
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    let question = QUESTION.as_ref().ok_or(Unusable::Unreadable)?;
    judge(der, question, MADE + 60, verify.then_some(&algorithms))
}
