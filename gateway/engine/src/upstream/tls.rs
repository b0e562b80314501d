//! TLS towards upstreams: one client configuration for each distinct setting, shared by all upstreams that have it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// What makes one TLS client differ from another.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct TlsSettings {
    /// Whether the upstream's certificate must be valid for the name it is asked for.
    pub verify: bool,
    /// The certificate shown to the upstream, when it asks for one.
    pub client: Option<ClientCert>,
    /// Protocols offered by ALPN, most wanted first; none: ALPN is not sent, as nginx does towards HTTP/1.1 upstreams.
    pub alpn: Vec<Vec<u8>>,
}

/// A client certificate with its chain and key, both PEM.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientCert {
    /// The certificate, then its issuers.
    pub cert: Arc<str>,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: Arc<str>,
}

impl std::fmt::Debug for ClientCert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientCert(…)")
    }
}

/// A TLS client, ready to use. Its session cache is shared by all who use it.
#[derive(Debug)]
pub struct TlsClient {
    /// The configuration for a connector.
    pub config: Arc<ClientConfig>,
    /// Distinguishes it in keys of connection pools.
    pub id: u64,
    /// Whether certificates are verified.
    pub verify: bool,
}

/// Why there is no TLS client for a setting.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `client_cert` is no PEM certificate.
    #[error("the client certificate is not readable: {0}")]
    Cert(String),
    /// `client_key` is no PEM key.
    #[error("the client key is not readable: {0}")]
    Key(String),
    /// They do not belong together, or are of a kind that is not supported.
    #[error("the client certificate and key cannot be used: {0}")]
    Pair(rustls::Error),
    /// There is nothing to verify against.
    #[error("no trusted certificates: {0}")]
    Roots(String),
}

/// Where the certificates that upstreams are verified against come from.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// The system's store, read when an upstream first needs it.
    #[default]
    System,
    /// These, PEM (`apisix.ssl.ssl_trusted_certificate`).
    Pem(Arc<[u8]>),
}

/// All TLS clients in use. Lives on the control side: an upstream takes its client when it is compiled.
pub struct TlsClients {
    trust: Trust,
    sni: bool,
    provider: Arc<CryptoProvider>,
    clients: Mutex<HashMap<TlsSettings, Weak<TlsClient>>>,
    roots: Mutex<Option<Arc<RootCertStore>>>,
    ids: AtomicU64,
}

impl TlsClients {
    /// None yet; verifies against `trust`.
    pub fn new(trust: Trust) -> Self {
        Self {
            trust,
            sni: true,
            provider: Arc::new(aws_lc_rs::default_provider()),
            clients: Mutex::default(),
            roots: Mutex::default(),
            ids: AtomicU64::new(1),
        }
    }

    /// Whether upstreams are told which name they are asked for (SNI).
    #[must_use]
    pub fn send_server_name(mut self, sni: bool) -> Self {
        self.sni = sni;
        self
    }

    /// The client of these settings, made when nobody uses such a one.
    ///
    /// # Errors
    /// [`TlsError`] when the certificate or key is unusable, or there are no roots to verify against.
    pub fn get(&self, settings: &TlsSettings) -> Result<Arc<TlsClient>, TlsError> {
        let mut clients = self.clients.lock();
        if let Some(client) = clients.get(settings).and_then(Weak::upgrade) {
            return Ok(client);
        }
        clients.retain(|_, client| client.strong_count() > 0);
        let config = Arc::new(self.build(settings)?);
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let client = Arc::new(TlsClient { config, id, verify: settings.verify });
        clients.insert(settings.clone(), Arc::downgrade(&client));
        Ok(client)
    }

    fn build(&self, settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
        let versions = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?;
        let trusting = if settings.verify {
            versions.with_root_certificates(self.roots()?)
        } else {
            let verifier = Arc::new(Unverified(Arc::clone(&self.provider)));
            versions.dangerous().with_custom_certificate_verifier(verifier)
        };
        let mut config = match &settings.client {
            None => trusting.with_no_client_auth(),
            Some(client) => {
                let (chain, key) = client.parse()?;
                trusting.with_client_auth_cert(chain, key).map_err(TlsError::Pair)?
            }
        };
        config.enable_sni = self.sni;
        config.time_provider = Arc::new(WallClock);
        config.alpn_protocols.clone_from(&settings.alpn);
        Ok(config)
    }

    fn roots(&self) -> Result<Arc<RootCertStore>, TlsError> {
        let mut kept = self.roots.lock();
        if let Some(roots) = kept.as_ref() {
            return Ok(Arc::clone(roots));
        }
        let roots = Arc::new(match &self.trust {
            Trust::System => system_roots()?,
            Trust::Pem(pem) => pem_roots(pem)?,
        });
        *kept = Some(Arc::clone(&roots));
        Ok(roots)
    }
}

/// The wall clock, from 1970 on: the library's own panics where the machine's is earlier.
#[derive(Debug)]
pub(crate) struct WallClock;

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Some(UnixTime::since_unix_epoch(since.unwrap_or_default()))
    }
}

impl std::fmt::Debug for TlsClients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsClients").field("trust", &self.trust).finish_non_exhaustive()
    }
}

impl ClientCert {
    /// Reads both texts.
    ///
    /// # Errors
    /// [`TlsError::Cert`], [`TlsError::Key`]; whether they fit each other shows when a client is made.
    pub fn parse(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.cert.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|e| TlsError::Cert(e.to_string()))?;
        if chain.is_empty() {
            return Err(TlsError::Cert("there is no certificate in it".to_owned()));
        }
        // The error's text names the kind of defect, never the key's bytes.
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(|e| TlsError::Key(e.to_string()))?;
        Ok((chain, key))
    }
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a part of the system's trusted certificates is not readable");
    }
    let mut roots = RootCertStore::empty();
    // Stores hold a few certificates that no verifier takes; the others count.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() { Err(TlsError::Roots("the system has none".to_owned())) } else { Ok(roots) }
}

fn pem_roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for cert in CertificateDer::pem_slice_iter(pem) {
        let cert = cert.map_err(|e| TlsError::Roots(e.to_string()))?;
        roots.add(cert).map_err(|e| TlsError::Roots(e.to_string()))?;
    }
    if roots.is_empty() { Err(TlsError::Roots("there is no certificate in the file".to_owned())) } else { Ok(roots) }
}

/// Takes any certificate, as users of APISIX expect without `tls.verify`; the peer must still hold its key.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl Unverified {
    /// Certificates that cannot be parsed (version 1, odd extensions) have no checkable signature; they pass as nginx lets
    /// them.
    fn lenient(
        result: Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match result {
            Err(rustls::Error::InvalidCertificate(e)) if e != CertificateError::BadSignature => {
                Ok(HandshakeSignatureValid::assertion())
            }
            other => other,
        }
    }
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::lenient(verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Self::lenient(verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::ServerConfig;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::super::server_name;
    use super::*;

    // Made for these tests alone: a CA, a server certificate for "up.test", a client certificate; valid from 2020 to 2119.
    const CA: &str = include_str!("testdata/ca.pem");
    const SERVER: &str = include_str!("testdata/server.pem");
    const SERVER_KEY: &str = include_str!("testdata/server.key");
    const CLIENT: &str = include_str!("testdata/client.pem");
    const CLIENT_KEY: &str = include_str!("testdata/client.key");

    fn cert(cert: &str, key: &str) -> ClientCert {
        ClientCert { cert: cert.into(), key: key.into() }
    }

    fn clients() -> TlsClients {
        TlsClients::new(Trust::Pem(CA.as_bytes().into()))
    }

    /// Greets a server through a connection in memory; `ask` makes it ask for a client certificate.
    async fn greet(client: &TlsClient, host: &str, ask: bool) -> std::io::Result<(Option<String>, bool)> {
        let (chain, key) = cert(SERVER, SERVER_KEY).parse().unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let builder = match ask {
            true => {
                let roots = Arc::new(pem_roots(CA.as_bytes()).unwrap());
                let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.unwrap().with_client_cert_verifier(verifier.build().unwrap())
            }
            false => builder.unwrap().with_no_client_auth(),
        };
        let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
        let (near, far) = tokio::io::duplex(16 << 10);
        let server = async {
            let mut stream = acceptor.accept(far).await?;
            stream.write_all(b"hello").await?;
            stream.flush().await?;
            let (_, connection) = stream.get_ref();
            Ok::<_, std::io::Error>((
                connection.server_name().map(str::to_owned),
                connection.peer_certificates().is_some(),
            ))
        };
        let connector = TlsConnector::from(Arc::clone(&client.config));
        let connect = async {
            let mut stream = connector.connect(server_name(host.as_bytes(), [127, 0, 0, 1].into()), near).await?;
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).await
        };
        let (seen, read) = tokio::join!(server, connect);
        read?;
        seen
    }

    #[tokio::test]
    async fn upstreams_are_not_told_their_name_where_that_is_off() {
        for (sni, told) in [(true, Some("up.test".to_owned())), (false, None)] {
            let client = clients().send_server_name(sni).get(&TlsSettings::default()).unwrap();
            assert_eq!(greet(&client, "up.test", false).await.unwrap().0, told);
        }
    }

    #[test]
    fn one_client_a_setting() {
        let clients = clients();
        let plain = clients.get(&TlsSettings::default()).unwrap();
        let same = clients.get(&TlsSettings::default()).unwrap();
        assert!(Arc::ptr_eq(&plain, &same));
        let h2 = clients.get(&TlsSettings { alpn: vec![b"h2".to_vec()], ..TlsSettings::default() }).unwrap();
        assert_ne!(plain.id, h2.id);
        assert_eq!(h2.config.alpn_protocols, [b"h2"]);
        drop((plain, same));
        clients.get(&TlsSettings { verify: true, ..TlsSettings::default() }).unwrap();
        assert_eq!(clients.clients.lock().len(), 2, "what nobody uses goes");
    }

    #[test]
    fn unusable_certificates() {
        let clients = clients();
        let error = |c, k| {
            let client = Some(cert(c, k));
            clients.get(&TlsSettings { client, ..TlsSettings::default() }).unwrap_err().to_string()
        };
        assert_eq!(error("junk", CLIENT_KEY), "the client certificate is not readable: there is no certificate in it");
        assert!(error(CLIENT, "junk").starts_with("the client key is not readable: "));
        assert!(error(CLIENT, SERVER_KEY).starts_with("the client certificate and key cannot be used: "));
        let none = TlsClients::new(Trust::Pem(b"junk".as_slice().into()));
        let error = none.get(&TlsSettings { verify: true, ..TlsSettings::default() }).unwrap_err();
        assert_eq!(error.to_string(), "no trusted certificates: there is no certificate in the file");
        assert_eq!(format!("{:?}", cert(CLIENT, CLIENT_KEY)), "ClientCert(…)");
    }

    #[tokio::test]
    async fn verified_and_not() {
        let clients = clients();
        let lax = clients.get(&TlsSettings::default()).unwrap();
        let strict = clients.get(&TlsSettings { verify: true, ..TlsSettings::default() }).unwrap();
        assert_eq!(greet(&strict, "up.test:8443", false).await.unwrap(), (Some("up.test".to_owned()), false));
        assert_eq!(greet(&lax, "other.test", false).await.unwrap(), (Some("other.test".to_owned()), false));
        assert_eq!(greet(&lax, "127.0.0.1:8443", false).await.unwrap(), (None, false));
        let error = greet(&strict, "other.test", false).await.unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
    }

    #[tokio::test]
    async fn a_client_certificate_is_shown_when_asked_for() {
        let clients = clients();
        let with = TlsSettings { client: Some(cert(CLIENT, CLIENT_KEY)), ..TlsSettings::default() };
        let with = clients.get(&with).unwrap();
        assert_eq!(greet(&with, "up.test", true).await.unwrap(), (Some("up.test".to_owned()), true));
        assert_eq!(greet(&with, "up.test", false).await.unwrap(), (Some("up.test".to_owned()), false));
        let without = clients.get(&TlsSettings::default()).unwrap();
        assert!(greet(&without, "up.test", true).await.is_err());
    }
}
