//! A TLS client that trusts anybody and tells what it was shown.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
    SupportedProtocolVersion, version,
};

use crate::Client;

/// How connections are opened; sessions are kept between them.
#[derive(Clone)]
pub struct Tls {
    config: ClientConfig,
}

impl Default for Tls {
    fn default() -> Self {
        Tls::speaking(&[&version::TLS13, &version::TLS12], None)
    }
}

impl Tls {
    /// One that shows nothing.
    pub fn new() -> Tls {
        Tls::default()
    }

    /// One that shows a certificate (PEM).
    pub fn showing(cert: &str, key: &str) -> Tls {
        Tls::speaking(&[&version::TLS13, &version::TLS12], Some((cert, key)))
    }

    /// One that speaks TLS 1.2 only.
    pub fn old() -> Tls {
        Tls::speaking(&[&version::TLS12], None)
    }

    fn speaking(versions: &[&'static SupportedProtocolVersion], own: Option<(&str, &str)>) -> Tls {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody::default()));
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).collect::<Result<_, _>>().unwrap();
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
            }
        };
        Tls { config }
    }

    /// Takes no ECDSA signature.
    #[must_use]
    pub fn rsa_only(mut self) -> Tls {
        self.config.dangerous().set_certificate_verifier(Arc::new(Anybody { rsa_only: true, ..Anybody::default() }));
        self
    }

    /// Offers these by ALPN.
    #[must_use]
    pub fn alpn(mut self, protocols: &[&str]) -> Tls {
        self.config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        self
    }

    /// The same for who opens connections itself.
    pub fn config(&self) -> ClientConfig {
        self.config.clone()
    }

    /// Opens a connection; `name` is the SNI, none: it is not sent.
    ///
    /// # Errors
    /// The handshake failed.
    pub fn connect(&self, addr: SocketAddr, name: Option<&str>) -> Result<Client, String> {
        self.connect_after(addr, name, b"")
    }

    /// Opens a connection that resumes nothing; gives the OCSP answer that came with the certificate, empty where there was none.
    ///
    /// # Errors
    /// The handshake failed.
    pub fn stapled(&self, addr: SocketAddr, name: &str) -> Result<Vec<u8>, String> {
        let mut own = self.clone();
        let anybody = Arc::new(Anybody::default());
        own.config.dangerous().set_certificate_verifier(Arc::clone(&anybody) as _);
        own.config.resumption = Resumption::disabled();
        own.connect(addr, Some(name))?;
        let stapled = anybody.stapled.lock().unwrap().clone();
        Ok(stapled)
    }

    /// Like [`Tls::connect`], with bytes in front of the handshake.
    ///
    /// # Errors
    /// The handshake failed.
    pub fn connect_after(&self, addr: SocketAddr, name: Option<&str>, before: &[u8]) -> Result<Client, String> {
        let mut stream = TcpStream::connect(addr).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        io::Write::write_all(&mut stream, before).unwrap();
        let mut config = self.config.clone();
        config.enable_sni = name.is_some();
        if name.is_none() {
            config.resumption = Resumption::disabled();
        }
        let name = ServerName::try_from(name.unwrap_or("nobody").to_owned()).unwrap();
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|e| e.to_string())?;
        }
        Ok(Client::over(StreamOwned::new(connection, stream)))
    }
}

/// Takes any certificate.
#[derive(Debug, Default)]
struct Anybody {
    rsa_only: bool,
    /// What came with the certificate.
    stapled: Mutex<Vec<u8>>,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        stapled: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.stapled.lock().unwrap() = stapled.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = vec![SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        if !self.rsa_only {
            schemes.insert(0, SignatureScheme::ECDSA_NISTP256_SHA256);
        }
        schemes
    }
}
