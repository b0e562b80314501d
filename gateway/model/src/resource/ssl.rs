//! Certificates with their keys.

use serde_json::Value;

use super::fields::Fields;
use super::{Labels, Malformed};

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Ssl {
    /// Its id.
    pub id: String,
    /// What users noted on it.
    pub labels: Labels,
    /// Whether it is for listeners or for upstreams.
    pub kind: SslKind,
    /// Names it is for, in lower case.
    pub snis: Vec<String>,
    /// There is one name, in `sni`, where `*` means every name; in `snis` it means those without a dot.
    pub alone: bool,
    /// Certificate chains and keys, PEM or references; the first is `cert` and `key`.
    pub pairs: Vec<(String, String)>,
    /// What clients must show.
    pub client: Option<ClientVerification>,
    /// How its authorities are asked about its certificates; `None`: they are not.
    pub stapling: Option<Stapling>,
    /// Versions it allows; empty: the listener's.
    pub protocols: Vec<TlsVersion>,
    /// `status: 1`; others are not loaded.
    pub enabled: bool,
}

/// Whom a certificate is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslKind {
    /// Clients.
    Server,
    /// Upstreams.
    Client,
}

/// What clients must show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientVerification {
    /// PEM.
    pub ca: String,
    /// Longest chain.
    pub depth: u32,
    /// Paths that need no client certificate.
    pub skip_uri_regex: Vec<String>,
}

/// How the authority of a certificate is asked about it (`ocsp_stapling`, enabled).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stapling {
    /// Its answers' signatures are not looked at.
    pub skip_verify: bool,
    /// The longest time until it is asked again, in seconds.
    pub cache_ttl: u32,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// 1.1.
    Tls11,
    /// 1.2.
    Tls12,
    /// 1.3.
    Tls13,
}

impl Ssl {
    /// Makes a certificate of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        let mut pairs = vec![(f.required("cert", f.string("cert")?)?, f.required("key", f.string("key")?)?)];
        pairs.extend(f.strings("certs")?.into_iter().zip(f.strings("keys")?));
        let client = match f.object("client")? {
            None => None,
            Some(client) => Some(ClientVerification {
                ca: client.required("ca", client.string("ca")?)?,
                depth: client.integer("depth")?.unwrap_or(1),
                skip_uri_regex: client.strings("skip_mtls_uri_regex")?,
            }),
        };
        let stapling = match f.object("ocsp_stapling")? {
            Some(stapling) if stapling.bool("enabled")?.unwrap_or(false) => Some(Stapling {
                skip_verify: stapling.bool("skip_verify")?.unwrap_or(false),
                cache_ttl: stapling.integer("cache_ttl")?.unwrap_or(3600),
            }),
            _ => None,
        };
        let versions = f.strings("ssl_protocols")?;
        let protocols = versions.iter().map(|name| f.required("ssl_protocols", TlsVersion::from_name(name)));
        Ok(Ssl {
            id: f.own_id()?,
            labels: f.labels()?,
            kind: match f.string("type")?.as_deref() {
                Some("client") => SslKind::Client,
                _ => SslKind::Server,
            },
            snis: f.hosts("sni", "snis")?,
            alone: value.get("sni").is_some(),
            pairs,
            client,
            stapling,
            protocols: protocols.collect::<Result<_, _>>()?,
            enabled: f.enabled()?,
        })
    }
}

/// Keys stay out of logs.
impl std::fmt::Debug for Ssl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ssl")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("snis", &self.snis)
            .finish_non_exhaustive()
    }
}

impl TlsVersion {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "TLSv1.1" => Self::Tls11,
            "TLSv1.2" => Self::Tls12,
            "TLSv1.3" => Self::Tls13,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pairs_and_names_are_collected() {
        let ssl = Ssl::from_value(&json!({"id": "1", "cert": "c0", "key": "secret", "certs": ["c1"], "keys": ["k1"],
            "snis": ["A.com.", "*.b.com"], "ssl_protocols": ["TLSv1.3"], "client": {"ca": "ca"}}))
        .unwrap();
        assert_eq!(ssl.pairs.len(), 2);
        assert_eq!(ssl.snis, ["a.com", "*.b.com"]);
        assert_eq!(ssl.protocols, [TlsVersion::Tls13]);
        assert_eq!(ssl.client.as_ref().unwrap().depth, 1);
        assert!(!format!("{ssl:?}").contains("secret"));
    }
}
