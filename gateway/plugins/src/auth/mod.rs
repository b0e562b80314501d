//! Who asks: plugins that find the consumer of a request.

pub(crate) mod attach_consumer_label;
pub(crate) mod basic_auth;
pub(crate) mod forward_auth;
pub(crate) mod hmac_auth;
pub(crate) mod jwt_auth;
pub(crate) mod key_auth;
pub(crate) mod multi_auth;

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{HeaderName, name};
use gateway_engine::plugin::{Exit, Step};
use gateway_engine::snapshot::{Credentialed, Snapshot};
use gateway_model::secret::is_reference;
use serde_json::Value;

/// What an auth plugin does with requests that name no consumer.
pub(crate) struct Stranger {
    /// The consumer they become (`anonymous_consumer`).
    anonymous: Option<Box<str>>,
    /// `WWW-Authenticate` of refusals.
    challenge: Bytes,
}

impl Stranger {
    /// `scheme` and `realm` make the challenge; a realm holds neither quotes nor backslashes (its schema's pattern).
    pub(crate) fn new(anonymous: Option<String>, scheme: &str, realm: &str) -> Stranger {
        Stranger { anonymous: anonymous.map(Into::into), challenge: format!("{scheme} realm=\"{realm}\"").into() }
    }

    /// Lets the request pass as the anonymous consumer, or refuses it with `message`.
    #[cold]
    pub(crate) fn meet(&self, x: &mut Exchange, snapshot: &Snapshot, message: &'static str) -> Step<'static> {
        let Some(name) = &self.anonymous else { return self.refuse(message) };
        let Some(consumer) = snapshot.consumers.named(name) else {
            tracing::error!(consumer = &**name, "the anonymous consumer does not exist");
            return self.refuse("Invalid user authorization");
        };
        x.attach_consumer(Arc::new(Credentialed::anonymous(consumer)));
        Step::Next
    }

    fn refuse(&self, message: &'static str) -> Step<'static> {
        let exit = Exit::message(401, message);
        Step::Exit(Box::new(exit.header(HeaderName::from(name::WWW_AUTHENTICATE), Bytes::clone(&self.challenge))))
    }
}

/// What the auth plugin of a name compares requests with, made of a consumer's configuration of it.
pub(crate) fn credential(plugin: &str, conf: &Value) -> Result<Option<Arc<dyn Any + Send + Sync>>, String> {
    Ok(match plugin {
        basic_auth::NAME => Some(Arc::new(basic_auth::Password::compile(conf)?)),
        hmac_auth::NAME => Some(Arc::new(hmac_auth::Secret::compile(conf)?)),
        jwt_auth::NAME => Some(Arc::new(jwt_auth::Key::compile(conf)?)),
        _ => None,
    })
}

/// A text of a consumer's configuration that must be kept secret.
///
/// # Errors
/// It is absent, or a reference to a secret: who sends the reference's text must not be let in.
fn secret<'c>(conf: &'c Value, field: &str) -> Result<&'c str, String> {
    let text = conf.get(field).and_then(Value::as_str).ok_or_else(|| format!("there is no {field}"))?;
    if is_reference(text) {
        return Err(format!("the reference in {field} has not been resolved"));
    }
    Ok(text)
}

/// Takes every argument of a name out of the query; the others stay byte for byte.
pub(crate) fn hide_argument(x: &mut Exchange, hidden: &[u8]) {
    let mut kept: Vec<u8> = Vec::with_capacity(x.query().len());
    let mut found = false;
    for piece in x.query().split(|b| *b == b'&') {
        let name = piece.split(|b| *b == b'=').next().unwrap_or_default();
        if *gateway_engine::expr::args::decode(name) == *hidden {
            found = true;
            continue;
        }
        if !kept.is_empty() {
            kept.push(b'&');
        }
        kept.extend_from_slice(piece);
    }
    if found {
        x.set_query((!kept.is_empty()).then_some(&kept[..]));
    }
}
