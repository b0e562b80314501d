//! What a client must show: verification of its certificate against `client.ca`.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use gateway_model::resource::ClientVerification;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::regex::Regex;

/// Who is let in, and where nobody has to show anything.
pub struct ClientAuth {
    anchors: Vec<TrustAnchor<'static>>,
    subjects: Vec<DistinguishedName>,
    depth: usize,
    skip: Box<[Regex]>,
    algorithms: WebPkiSupportedAlgorithms,
    /// What tells it from others: another authority or depth is another door.
    print: u64,
}

/// Why a certificate does not let its holder in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted(pub(super) webpki::Error);

impl ClientAuth {
    /// Of the object's `client`, with `ca` in the clear.
    pub(super) fn compile(
        of: &ClientVerification,
        ca: &str,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> Result<ClientAuth, String> {
        let (mut anchors, mut subjects) = (Vec::new(), Vec::new());
        for der in CertificateDer::pem_slice_iter(ca.as_bytes()) {
            let der = der.map_err(|e| format!("client.ca: {e}"))?;
            let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|e| format!("client.ca: {e}"))?.to_owned();
            subjects.push(DistinguishedName::in_sequence(&anchor.subject));
            anchors.push(anchor);
        }
        if anchors.is_empty() {
            return Err("client.ca: there is no certificate in it".to_owned());
        }
        let skip = of
            .skip_uri_regex
            .iter()
            .map(|pattern| Regex::new(pattern, "").map_err(|e| format!("client.skip_mtls_uri_regex {pattern:?}: {e}")));
        let mut print = DefaultHasher::new();
        (ca, of.depth).hash(&mut print);
        Ok(ClientAuth {
            anchors,
            subjects,
            depth: usize::try_from(of.depth).unwrap_or(usize::MAX),
            skip: skip.collect::<Result<_, _>>()?,
            algorithms,
            print: print.finish(),
        })
    }

    /// Whether a request may pass without a certificate: its path, in normal form, is one of those named.
    pub fn skips(&self, path: &[u8]) -> bool {
        self.skip.iter().any(|pattern| pattern.is_match(path))
    }

    /// Whether the handshake goes on without a good certificate, and each request is judged by its path.
    pub fn judges_requests(&self) -> bool {
        !self.skip.is_empty()
    }

    /// Whether who was verified by `other` was verified as this one would.
    pub fn same_door(&self, other: &ClientAuth) -> bool {
        self.print == other.print
    }

    /// Whether `chain` (the client's own certificate first) leads to one of the authorities with at most `depth` others between.
    ///
    /// # Errors
    /// [`Untrusted`], with the reason.
    pub fn verify(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Untrusted> {
        let Some((own, others)) = chain.split_first() else {
            return Err(Untrusted(webpki::Error::UnknownIssuer));
        };
        let own = webpki::EndEntityCert::try_from(own).map_err(Untrusted)?;
        let short_enough = |path: &webpki::VerifiedPath<'_>| {
            let between = path.intermediate_certificates().count();
            if between > self.depth { Err(webpki::Error::MaximumPathDepthExceeded) } else { Ok(()) }
        };
        own.verify_for_usage(
            self.algorithms.all,
            &self.anchors,
            others,
            now,
            webpki::KeyUsage::client_auth(),
            None,
            Some(&short_enough),
        )
        .map_err(Untrusted)?;
        Ok(())
    }
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAuth")
            .field("authorities", &self.anchors.len())
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use webpki::Error as E;
        // In the words that OpenSSL has for it, where logs and rules may look for them.
        match &self.0 {
            E::CertExpired { .. } => f.write_str("certificate has expired"),
            E::CertNotValidYet { .. } => f.write_str("certificate is not yet valid"),
            E::UnknownIssuer => f.write_str("unable to verify the first certificate"),
            E::MaximumPathDepthExceeded => f.write_str("certificate chain too long"),
            E::InvalidSignatureForPublicKey => f.write_str("certificate signature failure"),
            E::RequiredEkuNotFoundContext(_) => f.write_str("unsuitable certificate purpose"),
            other => write!(f, "{other}"),
        }
    }
}

impl std::error::Error for Untrusted {}

/// Asks each client of an identity.
#[derive(Debug)]
pub(super) struct Asking(pub(super) Arc<ClientAuth>);

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        !self.0.judges_requests()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.0.subjects
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // Where requests are judged, what came of it is found once the handshake is over.
        if self.0.judges_requests() {
            return Ok(ClientCertVerified::assertion());
        }
        let chain: Vec<CertificateDer<'_>> = std::iter::once(own).chain(others).cloned().collect();
        match self.0.verify(&chain, now) {
            Ok(()) => Ok(ClientCertVerified::assertion()),
            Err(untrusted) => Err(alerted(untrusted)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.algorithms.supported_schemes()
    }
}

/// The error whose alert tells the client what is wrong.
fn alerted(untrusted: Untrusted) -> Error {
    use webpki::Error as E;
    Error::InvalidCertificate(match untrusted.0 {
        E::CertExpired { .. } => CertificateError::Expired,
        E::CertNotValidYet { .. } => CertificateError::NotValidYet,
        E::UnknownIssuer => CertificateError::UnknownIssuer,
        E::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        E::BadDer | E::BadDerTime => CertificateError::BadEncoding,
        _ => CertificateError::Other(rustls::OtherError(Arc::new(untrusted))),
    })
}
