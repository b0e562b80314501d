//! An `ssl` object ready to be shown: certificates, keys, and one finished configuration for each set of protocols.

use std::fmt;
use std::sync::Arc;

use gateway_model::Ssl;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::client::ClientAuth;
use super::staple::Staple;
use super::unix_seconds;

/// How long before its end a certificate is warned of, in seconds: 30 days.
pub const SOON: i64 = 30 * 86_400;

/// An `ssl` object of `type: server`.
pub struct Identity {
    /// Its id.
    pub id: Box<str>,
    /// Whom it is for.
    pub names: Box<[Pattern]>,
    /// What clients must show, if anything.
    pub client: Option<Arc<ClientAuth>>,
    /// Whether clients must show anything; of one that is [shut](Identity::is_shut) this alone is known.
    pub asks: bool,
    pub(super) pairs: Arc<Pairs>,
    pub(super) configs: Option<Configs>,
}

/// What connections are served with, by what the listener speaks.
#[derive(Clone)]
pub(super) struct Configs {
    pub(super) http1: Arc<ServerConfig>,
    pub(super) http2: Arc<ServerConfig>,
}

impl Identity {
    /// The configuration for connections to a listener that speaks HTTP/2, or only HTTP/1.1; `None`: it is shut.
    pub fn config(&self, http2: bool) -> Option<&Arc<ServerConfig>> {
        let configs = self.configs.as_ref()?;
        Some(if http2 { &configs.http2 } else { &configs.http1 })
    }

    /// One whose certificate cannot be had: its names are its own, but nobody is served under them.
    pub fn shut(ssl: &Ssl) -> Identity {
        Identity {
            id: ssl.id.as_str().into(),
            names: ssl.snis.iter().map(|name| Pattern::new(name, ssl.alone)).collect(),
            client: None,
            asks: ssl.client.is_some(),
            pairs: Arc::new(Pairs(Box::default())),
            configs: None,
        }
    }

    /// Whether nobody is served with it, for what its object refers to is not there.
    pub fn is_shut(&self) -> bool {
        self.configs.is_none()
    }

    /// Whether one of its certificates is valid at a time (seconds since 1970).
    pub fn valid_at(&self, now: i64) -> bool {
        self.pairs.0.iter().any(|pair| pair.valid_at(now))
    }

    /// When its certificates end, the earliest one first to do so (seconds since 1970).
    pub fn not_after(&self) -> i64 {
        self.pairs.0.iter().map(|pair| pair.not_after).min().unwrap_or_default()
    }

    /// Its certificates, each with those that vouch for it behind it, as they are shown.
    pub fn chains(&self) -> impl Iterator<Item = &[CertificateDer<'static>]> {
        self.pairs.0.iter().map(|pair| pair.key.cert.as_slice())
    }

    /// What its certificates' authorities say of them; none where `ocsp_stapling` is off.
    pub fn staples(&self) -> impl Iterator<Item = &Arc<Staple>> {
        self.pairs.0.iter().filter_map(|pair| pair.staple.as_ref())
    }

    /// One line in the log where a certificate has ended, or does soon.
    pub fn warn_of_its_end(&self, now: i64) {
        if self.is_shut() {
            return;
        }
        let names = || self.names().collect::<Vec<_>>().join(" ");
        match self.not_after().saturating_sub(now) {
            left if left < 0 => tracing::warn!(ssl = %self.id, names = names(), "a certificate has expired"),
            left if left < SOON => {
                tracing::warn!(ssl = %self.id, names = names(), days = left / 86_400, "a certificate expires soon");
            }
            _ => {}
        }
    }

    /// The same under another id and name.
    #[cfg(test)]
    pub(super) fn renamed(&self, id: &str, name: &str) -> Identity {
        Identity {
            id: id.into(),
            names: [Pattern::new(name, true)].into(),
            client: self.client.clone(),
            asks: self.asks,
            pairs: Arc::clone(&self.pairs),
            configs: self.configs.clone(),
        }
    }

    /// Its names as configured, in lower case.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.names.iter().map(Pattern::text)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).field("names", &self.names).finish_non_exhaustive()
    }
}

/// A name that an identity is for. Kept reversed, as the tree wants it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    reversed: Box<[u8]>,
    kind: PatternKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternKind {
    /// The name itself.
    Exact,
    /// `*…`: one more label, or a part of one.
    OneLabel,
    /// `*` alone as `sni`: every name.
    Any,
}

impl Pattern {
    /// Of a name in lower case; `alone`: it stands in `sni`, not in `snis`, where `*` means names without a dot only.
    pub fn new(name: &str, alone: bool) -> Pattern {
        let (text, kind) = match name.strip_prefix('*') {
            Some("") if alone => ("", PatternKind::Any),
            Some(rest) => (rest, PatternKind::OneLabel),
            None => (name, PatternKind::Exact),
        };
        Pattern { reversed: text.bytes().rev().collect(), kind }
    }

    /// Where it stands in the tree.
    pub(super) fn key(&self) -> (&[u8], bool) {
        (&self.reversed, self.kind != PatternKind::Exact)
    }

    /// Whether it means a name that begins, reversed, with its key.
    pub(super) fn fits(&self, reversed: &[u8]) -> bool {
        match self.kind {
            PatternKind::Exact | PatternKind::Any => true,
            PatternKind::OneLabel => reversed.get(self.reversed.len()..).is_some_and(|label| !label.contains(&b'.')),
        }
    }

    fn text(&self) -> String {
        let star = if self.kind == PatternKind::Exact { "" } else { "*" };
        let rest: Vec<u8> = self.reversed.iter().rev().copied().collect();
        format!("{star}{}", String::from_utf8_lossy(&rest))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The certificates of one identity, those that cost less to sign with first.
#[derive(Debug)]
pub(super) struct Pairs(pub(super) Box<[Pair]>);

/// A certificate chain with its key.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) staple: Option<Arc<Staple>>,
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

impl Pair {
    fn valid_at(&self, now: i64) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The certificate as it is shown now: with what its authority says of it, where that is known.
    fn shown(&self) -> Arc<CertifiedKey> {
        let stapled = self.staple.as_ref().and_then(|staple| staple.key(unix_seconds()));
        stapled.unwrap_or_else(|| Arc::clone(&self.key))
    }
}

impl ResolvesServerCert for Pairs {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let [only] = &*self.0 {
            return Some(only.shown());
        }
        let now = unix_seconds();
        let offered = hello.signature_schemes();
        let usable = || self.0.iter().filter(|pair| pair.key.key.choose_scheme(offered).is_some());
        let best = usable().find(|pair| pair.valid_at(now)).or_else(|| usable().next());
        best.map(Pair::shown)
    }
}
