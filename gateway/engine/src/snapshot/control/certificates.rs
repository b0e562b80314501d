//! The `ssl` objects: certificates that listeners show, and those that upstreams are shown.

use std::sync::Arc;

use gateway_model::Ssl;
use gateway_model::resource::SslKind;
use serde_json::Value;

use super::{Certified, Control, Rejected, Values};
use crate::snapshot::compile::CompileError;
use crate::tls::{self, Identity, Unusable, unix_seconds};
use crate::upstream::ClientCert;

impl Control {
    /// `None`: it is switched off.
    pub(super) fn prepare_ssl(&self, value: &Value, values: Values) -> Result<Option<Certified>, Rejected> {
        let ssl = Ssl::from_value(value).map_err(|e| CompileError(e.to_string()))?;
        if ssl.kind == SslKind::Server && !ssl.enabled {
            return Ok(None);
        }
        let made = match ssl.kind {
            SslKind::Client => client_cert(&ssl).map(Certified::Client),
            SslKind::Server => self.servers.identity(&ssl).map(|identity| Certified::Server(Arc::new(identity))),
        };
        match made {
            Ok(made) => Ok(Some(made)),
            Err(Unusable::Content(error)) if !values.lenient() => Err(CompileError(error)),
            // What it refers to may be there tomorrow. Until then its names are served by nobody: not by a certificate that fits
            // them less well, and asks clients for less.
            Err(error) => {
                if values != Values::Awaited {
                    tracing::error!(ssl = %ssl.id, %error, "this certificate is not used, and its names are not served");
                }
                Ok((ssl.kind == SslKind::Server).then(|| Certified::Server(Arc::new(Identity::shut(&ssl)))))
            }
        }
    }

    pub(super) fn install_identity(&mut self, id: &str, made: Option<Arc<Identity>>) {
        if let Some(before) = self.identities.remove(id) {
            self.next.certificates.remove(&before);
        }
        if let Some(identity) = made {
            self.next.certificates.insert(&identity);
            identity.warn_of_its_end(unix_seconds());
            self.servers.begin(&identity);
            self.identities.insert(id.to_owned(), identity);
        }
    }

    /// A client certificate has changed: upstreams that use it are compiled again.
    pub(super) fn install_cert(&mut self, id: String, made: Option<ClientCert>) {
        match made {
            Some(cert) => self.certs.insert(id.clone(), cert),
            None => self.certs.remove(&id),
        };
        let users: Vec<(u32, Value)> = self
            .cert_users
            .iter()
            .filter(|(_, (cert, _))| *cert == id)
            .map(|(slot, (_, value))| (*slot, value.clone()))
            .collect();
        for (slot, value) in users {
            self.with_present_certificate(slot, &value);
        }
    }

    /// Compiles an upstream again whose client certificate has changed.
    pub(super) fn with_present_certificate(&mut self, slot: u32, value: &Value) {
        let Some(key) = self.next.upstreams.get(slot).map(|u| Arc::clone(&u.key)) else { return };
        match self.prepare_upstream(slot, &key, value, Values::Plain) {
            Ok(made) => self.set_upstream(slot, made.upstream),
            Err(error) => tracing::error!(upstream = &*key, %error, "an upstream keeps its former certificate"),
        }
    }
}

/// The certificate and key of an `ssl` object of `type: client`.
fn client_cert(ssl: &Ssl) -> Result<ClientCert, Unusable> {
    let Some((cert, key)) = ssl.pairs.first() else { return Err(Unusable::Content("there is no certificate".into())) };
    Ok(ClientCert { cert: tls::clear("cert", cert)?.into(), key: tls::clear("key", key)?.into() })
}
