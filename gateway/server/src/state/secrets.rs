//! Secrets at rest: encrypted before they are stored, decrypted before they are used.

use std::convert::Infallible;

use gateway_model::Kind;
use gateway_model::plugin::PluginSpecs;
use gateway_model::secret::{self, Field};
use gateway_store::keyring::{Keyring, KeyringError};
use serde_json::Value;

/// Encrypts the secrets of an object in place; without a ring they stay.
///
/// # Errors
/// The ring cannot encrypt.
pub(super) fn seal(
    keyring: Option<&Keyring>,
    kind: Kind,
    value: &mut Value,
    specs: &dyn PluginSpecs,
) -> Result<(), KeyringError> {
    let Some(keyring) = keyring else { return Ok(()) };
    secret::each(kind, value, specs, &mut |field, text| {
        // A private key that is no PEM text is encrypted already, or a reference.
        if field == Field::Plugin || text.starts_with("---") {
            *text = keyring.encrypt(text)?;
        }
        Ok(())
    })
}

/// Decrypts all of them in place. What no key opens stays as it is.
pub(super) fn open(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) {
    decrypt(keyring, kind, value, specs, |_| true);
}

/// Decrypts private keys only: clients may send those as they got them, encrypted. A plugin's secret that a client sends is in the
/// clear, and must not be taken for an encrypted one because it looks like it.
pub(super) fn open_keys(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) {
    decrypt(keyring, kind, value, specs, |field| field == Field::Key);
}

/// Decrypts what administrators may see: the secrets of plugins. Private keys of certificates are left out, others stay encrypted.
pub(super) fn show(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) {
    if let (Kind::Ssl, Value::Object(fields)) = (kind, &mut *value) {
        fields.shift_remove("key");
        fields.shift_remove("keys");
    }
    decrypt(keyring, kind, value, specs, |field| field == Field::Plugin);
}

fn decrypt(
    keyring: Option<&Keyring>,
    kind: Kind,
    value: &mut Value,
    specs: &dyn PluginSpecs,
    wanted: impl Fn(Field) -> bool,
) {
    let Some(keyring) = keyring else { return };
    let opened: Result<(), Infallible> = secret::each(kind, value, specs, &mut |field, text| {
        if wanted(field) && (field == Field::Plugin || !text.starts_with("---")) {
            let plain = keyring.decrypt(text).into_owned();
            *text = plain;
        }
        Ok(())
    });
    let Ok(()) = opened;
}
