//! What was agreed on one connection, for requests, variables and logs.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CipherSuite, HandshakeKind, NamedGroup, ProtocolVersion, ServerConnection};

use super::client::Untrusted;
use super::describe;
use super::identity::Identity;
use super::servers::cipher_name;
use crate::expr::{Value, Var};

/// What client and gateway agreed on.
pub struct TlsSession {
    /// The name the client asked for, in lower case.
    pub server_name: Option<Box<str>>,
    /// What it was shown.
    pub identity: Arc<Identity>,
    /// What is spoken inside.
    pub alpn: Option<Alpn>,
    /// What came of the client's certificate.
    pub check: ClientCheck,
    /// Where the client really is and what it really asked for, as a PROXY protocol header before the handshake said.
    pub proxied: Option<(SocketAddr, SocketAddr)>,
    certificate: Option<Box<CertificateDer<'static>>>,
    version: Option<ProtocolVersion>,
    suite: Option<CipherSuite>,
    group: Option<NamedGroup>,
    resumed: bool,
}

/// A protocol of ALPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// `http/1.1` or `http/1.0`.
    Http1,
    /// `h2`.
    Http2,
}

/// What came of the client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCheck {
    /// It showed none, or was asked for none.
    None,
    /// It leads to the authority.
    Verified,
    /// It does not.
    Failed(Untrusted),
}

impl TlsSession {
    /// What `connection` has agreed on.
    pub(super) fn of(
        connection: &ServerConnection,
        identity: Arc<Identity>,
        server_name: Option<Box<str>>,
        proxied: Option<(SocketAddr, SocketAddr)>,
    ) -> TlsSession {
        let chain = connection.peer_certificates().unwrap_or_default();
        let check = match (&identity.client, chain) {
            (Some(client), [_, ..]) if client.judges_requests() => match client.verify(chain, UnixTime::now()) {
                Ok(()) => ClientCheck::Verified,
                Err(untrusted) => ClientCheck::Failed(untrusted),
            },
            // The handshake would not have been over.
            (Some(_), [_, ..]) => ClientCheck::Verified,
            _ => ClientCheck::None,
        };
        TlsSession {
            server_name,
            identity,
            alpn: match connection.alpn_protocol() {
                Some(b"h2") => Some(Alpn::Http2),
                Some(_) => Some(Alpn::Http1),
                None => None,
            },
            check,
            proxied,
            certificate: chain.first().map(|own| Box::new(own.clone().into_owned())),
            version: connection.protocol_version(),
            suite: connection.negotiated_cipher_suite().map(|suite| suite.suite()),
            group: connection.negotiated_key_exchange_group().map(|group| group.name()),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// A session that nobody has opened, to see what a request on it would come to: a client that asks for `server_name` (in lower
    /// case), of whose certificate `check` came.
    pub fn supposed(identity: Arc<Identity>, server_name: &str, check: ClientCheck) -> TlsSession {
        TlsSession {
            server_name: (!server_name.is_empty()).then(|| server_name.into()),
            identity,
            alpn: None,
            check,
            proxied: None,
            certificate: None,
            version: None,
            suite: None,
            group: None,
            resumed: false,
        }
    }

    /// `TLSv1.2` or `TLSv1.3`.
    pub fn version(&self) -> &'static str {
        match self.version {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "",
        }
    }

    /// The value of one of the variables `ssl_*`. `None`: it has none on this connection.
    pub fn var(&self, var: &Var) -> Option<Value<'_>> {
        Some(match var {
            Var::SslProtocol => self.version().into(),
            Var::SslCipher => cipher_name(self.suite?)?.into(),
            Var::SslCurve => describe::group(self.group?).into(),
            Var::SslServerName => self.server_name.as_deref()?.into(),
            Var::SslAlpnProtocol => match self.alpn? {
                Alpn::Http1 => "http/1.1".into(),
                Alpn::Http2 => "h2".into(),
            },
            Var::SslSessionReused => if self.resumed { "r" } else { "." }.into(),
            Var::SslClientVerify => match &self.check {
                ClientCheck::None => "NONE".into(),
                ClientCheck::Verified => "SUCCESS".into(),
                ClientCheck::Failed(why) => format!("FAILED:{why}").into(),
            },
            _ => describe::certificate(self.certificate.as_deref()?, var)?.into(),
        })
    }
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession")
            .field("server_name", &self.server_name)
            .field("identity", &self.identity.id)
            .field("alpn", &self.alpn)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}
