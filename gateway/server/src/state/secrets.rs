//! Secrets at rest: encrypted before they are stored, decrypted before they are used.

use std::convert::Infallible;

use gateway_model::Kind;
use gateway_model::plugin::PluginSpecs;
use gateway_model::secret::{self, Field};
use gateway_store::keyring::{Keyring, KeyringError, Unreadable, is_sealed};
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
    // APISIX keeps the objects of secret managers in the clear: with its ring they are for it to read too.
    if kind == Kind::Secret && keyring.is_configured() {
        return Ok(());
    }
    secret::each(kind, value, specs, &mut |field, text| {
        // A private key that is no PEM text is encrypted already, or a reference.
        if field == Field::Plugin || text.starts_with("---") {
            *text = keyring.encrypt(text)?;
        }
        Ok(())
    })
}

/// Decrypts all of them in place.
///
/// # Errors
/// One that no key opens: the object must not be used, for a ciphertext that is taken for a secret lets in whoever has seen it.
pub(super) fn open(
    keyring: Option<&Keyring>,
    kind: Kind,
    value: &mut Value,
    specs: &dyn PluginSpecs,
) -> Result<(), Unreadable> {
    secret::each(kind, value, specs, &mut |field, text| decrypt(keyring, field, text))
}

/// Whether a plugin's secret that a client sends is the encrypted form of one. Stored as it is, the ciphertext would be the secret.
pub(super) fn holds_sealed(kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) -> bool {
    let look = &mut |field: Field, text: &mut String| match field == Field::Plugin && is_sealed(text) {
        true => Err(()),
        false => Ok(()),
    };
    secret::each(kind, value, specs, look).is_err()
}

/// Decrypts private keys only: clients may send those as they got them, encrypted. A plugin's secret that a client sends is in the
/// clear, and must not be taken for an encrypted one because it looks like it.
pub(super) fn open_keys(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) {
    decrypt_some(keyring, kind, value, specs, Field::Key);
}

/// Decrypts what administrators may see: the secrets of plugins. Private keys of certificates are left out, others stay encrypted.
pub(super) fn show(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs) {
    if let (Kind::Ssl, Value::Object(fields)) = (kind, &mut *value) {
        fields.shift_remove("key");
        fields.shift_remove("keys");
    }
    decrypt_some(keyring, kind, value, specs, Field::Plugin);
}

/// Decrypts one kind of field. What no key opens stays encrypted.
fn decrypt_some(keyring: Option<&Keyring>, kind: Kind, value: &mut Value, specs: &dyn PluginSpecs, wanted: Field) {
    let opened: Result<(), Infallible> = secret::each(kind, value, specs, &mut |field, text| {
        if field == wanted {
            let _ = decrypt(keyring, field, text);
        }
        Ok(())
    });
    let Ok(()) = opened;
}

fn decrypt(keyring: Option<&Keyring>, field: Field, text: &mut String) -> Result<(), Unreadable> {
    if field == Field::Key && text.starts_with("---") {
        return Ok(());
    }
    match keyring {
        Some(keyring) => {
            let plain = keyring.decrypt(text)?.into_owned();
            *text = plain;
            Ok(())
        }
        None if is_sealed(text) => Err(Unreadable),
        None => Ok(()),
    }
}
