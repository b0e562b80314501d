//! The TLS side of connections to Redis.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// What servers' certificates are checked against, and the clients that do so.
#[derive(Default)]
pub(super) struct Roots {
    pem: OnceLock<Box<[u8]>>,
    /// With and without a check.
    clients: Mutex<[Option<Arc<ClientConfig>>; 2]>,
}

impl Roots {
    pub(super) fn set(&self, pem: &[u8]) {
        // Said once; a second time nothing has changed.
        let _ = self.pem.set(pem.into());
    }

    pub(super) fn client(&self, verify: bool) -> Result<Arc<ClientConfig>, String> {
        let mut clients = self.clients.lock();
        let [checked, unchecked] = &mut *clients;
        let kept = if verify { checked } else { unchecked };
        if let Some(client) = kept {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.build(verify)?);
        *kept = Some(Arc::clone(&client));
        Ok(client)
    }

    fn build(&self, verify: bool) -> Result<ClientConfig, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?;
        let trusting = match verify {
            true => versions.with_root_certificates(self.roots()?),
            false => versions.dangerous().with_custom_certificate_verifier(Arc::new(Unchecked(provider))),
        };
        Ok(trusting.with_no_client_auth())
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        match self.pem.get() {
            Some(pem) => {
                let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
                roots.add_parsable_certificates(certificates);
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        match roots.is_empty() {
            true => Err("there are no trusted certificates to check Redis by".to_owned()),
            false => Ok(roots),
        }
    }
}

/// Takes any certificate (`redis_ssl_verify` is false), but only from who has its key.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
