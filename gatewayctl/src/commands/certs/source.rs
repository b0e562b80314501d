//! Where certificates are taken from: files, `ssl` objects, and whoever answers at an address.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::Value;

use crate::certificate;
use crate::client::NO_TLS;
use crate::commands::App;
use crate::commands::live::texts;
use crate::error::{Error, Kind, Result};
use crate::resources::{self, Reference};

/// A chain, and what it is to serve.
pub(super) struct Source {
    /// As it was typed, or the object.
    pub(super) name: String,
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The names that it has to be for; none where nobody says.
    pub(super) served: Vec<String>,
    /// What a handshake came to: `TLSv1_3 …`.
    pub(super) handshake: Option<String>,
}

/// `ssl/ID`, `HOST:PORT`, or a file.
///
/// # Errors
/// Usage: no certificate in a file; not found; unreachable.
pub(super) async fn read(app: &App<'_>, what: &str, sni: Option<&str>) -> Result<Vec<Source>> {
    let is_file = std::path::Path::new(what).is_file();
    if !is_file && let Some(id) = what.strip_prefix("ssl/").or_else(|| what.strip_prefix("ssls/")) {
        return object(app, id).await;
    }
    let address = what.strip_prefix("https://").unwrap_or(what).trim_end_matches('/');
    let port = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let port = port.or_else(|| what.starts_with("https://").then_some((address, 443)));
    if !is_file && let Some((host, port)) = port {
        let limit = app.settings.timeout.unwrap_or(Duration::from_secs(60));
        let greeted = tokio::time::timeout(limit, greet(host.trim_matches(['[', ']']), port, sni)).await;
        let late = |_| Error::new(Kind::Unreachable, format!("{host}:{port} did not greet within {limit:?}"));
        let mut source = greeted.map_err(late)??;
        what.clone_into(&mut source.name);
        return Ok(vec![source]);
    }
    let pem = crate::input::bytes(what).map_err(|error| {
        Error::usage(format!("cannot read {what}: {error}")).hint("a file of PEM text, ssl/ID, or HOST:PORT")
    })?;
    let chain = certificate::chain(&pem);
    if chain.is_empty() {
        return Err(Error::usage(format!("no certificate in {what}")).hint("a file of PEM text, ssl/ID, or HOST:PORT"));
    }
    let served = sni.map(str::to_owned).into_iter().collect();
    Ok(vec![Source { name: what.to_owned(), chain, served, handshake: None }])
}

async fn object(app: &App<'_>, id: &str) -> Result<Vec<Source>> {
    let reference = Reference::new(resources::find("ssls")?, id)?;
    let item = crate::commands::change::stored(app, &reference).await?;
    let value = &item.value;
    let mut served: Vec<String> = texts(value, "snis").into_iter().map(str::to_owned).collect();
    served.extend(value.get("sni").and_then(Value::as_str).map(str::to_owned));
    if value.get("type").and_then(Value::as_str) == Some("client") {
        served.clear();
    }
    let pems = value.get("cert").and_then(Value::as_str).into_iter().chain(texts(value, "certs"));
    Ok(pems
        .map(|pem| Source {
            name: reference.to_string(),
            chain: certificate::chain(pem.as_bytes()),
            served: served.clone(),
            handshake: None,
        })
        .collect())
}

/// What a server shows in a handshake. Whether it is to be trusted is not asked: it is to be looked at.
async fn greet(host: &str, port: u16, sni: Option<&str>) -> Result<Source> {
    let failed = |why: String| Error::new(Kind::Unreachable, format!("{host}:{port}: {why}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let seen = Arc::new(Seen { provider: Arc::clone(&provider), chain: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&seen) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let wanted = sni.unwrap_or(host).to_owned();
    let name = ServerName::try_from(wanted.clone())
        .map_err(|_| Error::usage(format!("\"{wanted}\" is no name of a server")))?;
    let plain =
        |error: std::io::Error| failed(error.to_string().split(" (os error").next().unwrap_or_default().to_owned());
    let socket = tokio::net::TcpStream::connect((host, port)).await.map_err(plain)?;
    let connected = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, socket).await;
    let chain = seen.chain.lock().map(|chain| chain.clone()).unwrap_or_default();
    // A server that wants a certificate of ours has shown its own.
    let handshake = match &connected {
        Ok(stream) => {
            let (_, session) = stream.get_ref();
            let version = session.protocol_version().map(|version| format!("{version:?}"));
            let suite = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
            version.into_iter().chain(suite).collect::<Vec<_>>().join(" ")
        }
        Err(error) if chain.is_empty() && error.to_string().contains(NO_TLS) => {
            return Err(failed("it does not speak TLS".to_owned()).hint(format!("http://{host}:{port}?")));
        }
        Err(error) if chain.is_empty() => {
            let hint = unknown_name(&error.to_string(), sni, &wanted);
            return Err(failed(format!("no handshake: {error}")).hints(hint));
        }
        Err(error) => format!("not finished: {error}"),
    };
    Ok(Source { name: String::new(), chain, served: vec![wanted], handshake: Some(handshake) })
}

/// What helps where a server has no certificate for the name that it was asked for.
fn unknown_name(error: &str, sni: Option<&str>, wanted: &str) -> Option<String> {
    let unknown = error.to_ascii_lowercase().replace([' ', '_'], "").contains("unrecognisedname");
    unknown.then(|| match sni {
        None => format!("it serves no certificate for {wanted}; --sni NAME asks for the one of a name"),
        Some(name) => format!("it serves no certificate for {name}"),
    })
}

/// Takes note of what a server shows.
#[derive(Debug)]
struct Seen {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut chain) = self.chain.lock() {
            *chain = std::iter::once(end_entity).chain(intermediates).map(|cert| cert.clone().into_owned()).collect();
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_served() {
        let error = "received fatal alert: UnrecognisedName";
        assert!(unknown_name(error, None, "127.0.0.1").unwrap().contains("--sni NAME"));
        assert!(!unknown_name(error, Some("a.example"), "a.example").unwrap().contains("--sni"));
        assert_eq!(unknown_name("received fatal alert: HandshakeFailure", None, "h"), None);
    }
}
