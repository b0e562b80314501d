//! Makes identities: what `apisix.ssl` says for all of them, and what they share.

use std::sync::Arc;

use gateway_model::resource::{Ssl, TlsVersion};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ProducesTickets, ServerSessionMemoryCache, StoresServerSessions};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ServerConfig, SignatureAlgorithm, SupportedProtocolVersion, version};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::client::{Asking, ClientAuth};
use super::identity::{Configs, Identity, Pair, Pairs, Pattern};
use super::staple::{Stapler, Staples};

/// Sessions that may be resumed, over all identities, where no tickets are used: as many as nginx keeps in the room that APISIX
/// gives it, about.
const SESSIONS: usize = 40_000;

/// What `apisix.ssl` says for all listeners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Versions of TLS (`ssl_protocols`).
    pub versions: Versions,
    /// Suites of TLS 1.2 that are allowed (`ssl_ciphers`); `None`: all that this build has. Those of TLS 1.3 are all allowed.
    pub ciphers: Option<Vec<CipherSuite>>,
    /// Sessions are resumed by tickets that the client keeps (`ssl_session_tickets`), else by what this process remembers.
    pub tickets: bool,
    /// What a client that names nobody is taken to mean (`fallback_sni`).
    pub fallback_sni: Option<String>,
}

/// Versions of TLS that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// 1.2.
    pub tls12: bool,
    /// 1.3.
    pub tls13: bool,
}

impl Default for Versions {
    fn default() -> Self {
        Versions { tls12: true, tls13: true }
    }
}

impl Versions {
    /// Those of an object that names its own; versions before 1.2 are not spoken.
    fn of(named: &[TlsVersion]) -> Versions {
        Versions { tls12: named.contains(&TlsVersion::Tls12), tls13: named.contains(&TlsVersion::Tls13) }
    }

    fn list(self) -> Vec<&'static SupportedProtocolVersion> {
        let mut list = Vec::new();
        if self.tls13 {
            list.push(&version::TLS13);
        }
        if self.tls12 {
            list.push(&version::TLS12);
        }
        list
    }
}

/// The suite of TLS 1.2 that OpenSSL, and so `ssl_ciphers`, knows by this name; `None`: it is not spoken here.
pub fn cipher_suite(name: &str) -> Option<CipherSuite> {
    SUITES.iter().find(|(openssl, _)| *openssl == name).map(|(_, suite)| *suite)
}

/// OpenSSL's name of a suite.
pub(super) fn cipher_name(suite: CipherSuite) -> Option<&'static str> {
    if let Some((name, _)) = SUITES.iter().find(|(_, s)| *s == suite) {
        return Some(name);
    }
    Some(match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        _ => return None,
    })
}

const SUITES: [(&str, CipherSuite); 6] = [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-RSA-AES128-GCM-SHA256", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("ECDHE-ECDSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-RSA-AES256-GCM-SHA384", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ("ECDHE-ECDSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ("ECDHE-RSA-CHACHA20-POLY1305", CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
];

/// Makes identities out of `ssl` objects. Lives on the control side.
pub struct TlsServers {
    terms: Terms,
    provider: Arc<CryptoProvider>,
    /// Both are only for identities that ask for no client certificate: a session must not be the way around one, so those
    /// that ask resume none.
    tickets: Option<Arc<dyn ProducesTickets>>,
    sessions: Arc<dyn StoresServerSessions>,
    staples: Option<Staples>,
}

impl TlsServers {
    /// On these terms.
    ///
    /// # Errors
    /// There is no key for tickets: the system gives no random bytes.
    pub fn new(terms: Terms) -> Result<TlsServers, rustls::Error> {
        let mut provider = aws_lc_rs::default_provider();
        if let Some(allowed) = &terms.ciphers {
            provider.cipher_suites.retain(|suite| suite.tls13().is_some() || allowed.contains(&suite.suite()));
        }
        // Its keys rotate every six hours, and the one before is still accepted.
        let tickets = if terms.tickets { Some(aws_lc_rs::Ticketer::new()?) } else { None };
        let sessions = ServerSessionMemoryCache::new(if terms.tickets { 1 } else { SESSIONS });
        Ok(TlsServers { terms, provider: Arc::new(provider), tickets, sessions, staples: None })
    }

    /// Who asks the authorities of certificates about them (`ocsp_stapling`). Without it nobody does.
    #[must_use]
    pub fn staple(mut self, stapler: Arc<dyn Stapler>) -> TlsServers {
        self.staples = Some(Staples::new(stapler));
        self
    }

    /// An identity is live from now on.
    pub(crate) fn begin(&self, identity: &Identity) {
        if let Some(staples) = &self.staples {
            identity.staples().for_each(|staple| staples.begin(staple));
        }
    }

    /// The terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Makes an object of `type: server` ready. What it referred to stands in it.
    ///
    /// # Errors
    /// What cannot be used: a certificate, a key, a version, a reference.
    pub fn identity(&self, ssl: &Ssl) -> Result<Identity, Unusable> {
        let versions = if ssl.protocols.is_empty() { self.terms.versions } else { Versions::of(&ssl.protocols) };
        let versions = versions.list();
        if versions.is_empty() {
            return Err("ssl_protocols: versions before TLSv1.2 are not supported".to_owned().into());
        }
        let pair = |(cert, key): &(String, String)| Ok(self.pair(clear("cert", cert)?, clear("key", key)?)?);
        let mut pairs: Vec<Pair> = ssl.pairs.iter().map(pair).collect::<Result<_, Unusable>>()?;
        // An ECDSA signature takes a tenth of the time of an RSA one.
        pairs.sort_by_key(|pair| pair.key.key.algorithm() == SignatureAlgorithm::RSA);
        if let Some(terms) = &ssl.stapling {
            if self.staples.is_none() {
                tracing::warn!(ssl = %ssl.id, "ocsp_stapling does nothing: the plugin ocsp-stapling is switched off");
            }
            for pair in &mut pairs {
                pair.staple = self.staples.as_ref().map(|staples| staples.of(&ssl.id, terms, &pair.key));
            }
        }
        let pairs = Arc::new(Pairs(pairs.into()));
        let client = match &ssl.client {
            Some(client) => {
                let ca = clear("client.ca", &client.ca)?;
                let algorithms = self.provider.signature_verification_algorithms;
                Some(Arc::new(ClientAuth::compile(client, ca, algorithms)?))
            }
            None => None,
        };
        let config = |alpn: &[&[u8]]| self.config(&versions, &pairs, client.as_ref(), alpn);
        Ok(Identity {
            id: ssl.id.as_str().into(),
            names: ssl.snis.iter().map(|name| Pattern::new(name, ssl.alone)).collect(),
            configs: Some(Configs {
                http1: config(&[b"http/1.1", b"http/1.0"])?,
                http2: config(&[b"h2", b"http/1.1", b"http/1.0"])?,
            }),
            asks: client.is_some(),
            pairs,
            client,
        })
    }

    fn config(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        pairs: &Arc<Pairs>,
        client: Option<&Arc<ClientAuth>>,
        alpn: &[&[u8]],
    ) -> Result<Arc<ServerConfig>, String> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(versions)
            .map_err(|e| format!("ssl_protocols: {e}"))?;
        let builder = match client {
            Some(client) => builder.with_client_cert_verifier(Arc::new(Asking(Arc::clone(client)))),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::clone(pairs) as _);
        config.time_provider = Arc::new(crate::upstream::WallClock);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        if client.is_some() {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        } else {
            config.session_storage = Arc::clone(&self.sessions);
            // One is enough for a client that keeps what it has; each costs a seal and a write.
            config.send_tls13_tickets = 1;
            if let Some(tickets) = &self.tickets {
                config.ticketer = Arc::clone(tickets);
            }
        }
        Ok(Arc::new(config))
    }

    fn pair(&self, cert: &str, key: &str) -> Result<Pair, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(cert.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|e| format!("the certificate is not readable: {e}"))?;
        let first = chain.first().ok_or("there is no certificate in it")?;
        let (_, parsed) =
            X509Certificate::from_der(first).map_err(|e| format!("the certificate is not readable: {e}"))?;
        let (not_before, not_after) =
            (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        // The error's text names the kind of defect, never the key's bytes.
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| format!("the key is not readable: {e}"))?;
        let key =
            self.provider.key_provider.load_private_key(key).map_err(|e| format!("the key cannot be used: {e}"))?;
        let key = CertifiedKey::new(chain, key);
        match key.keys_match() {
            // A key that does not tell its public half is taken at its word.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(e) => return Err(format!("the certificate and key cannot be used together: {e}")),
        }
        Ok(Pair { key: Arc::new(key), staple: None, not_before, not_after })
    }
}

impl Default for TlsServers {
    /// On the terms that hold where nothing is said.
    fn default() -> Self {
        TlsServers {
            terms: Terms::default(),
            provider: Arc::new(aws_lc_rs::default_provider()),
            tickets: None,
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            staples: None,
        }
    }
}

/// Why an object cannot be made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Something it refers to is not there, or not to be had by this build.
    #[error("{0}")]
    Reference(String),
    /// Something in it.
    #[error("{0}")]
    Content(String),
}

impl From<String> for Unusable {
    fn from(text: String) -> Self {
        Unusable::Content(text)
    }
}

/// A text that is no reference any more.
pub(crate) fn clear<'a>(field: &str, text: &'a str) -> Result<&'a str, Unusable> {
    match gateway_model::secret::is_reference(text) {
        true => Err(Unusable::Reference(format!("{field}: {text} is not resolved"))),
        false => Ok(text),
    }
}
