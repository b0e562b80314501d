//! One function over everything here that reads bytes from outside, for a fuzz target.

use serde_json::Value;

use crate::check::{self, AnyExpression, Context};
use crate::resource::Malformed;
use crate::schema::Schema;
use crate::{Kind, NoPlugins, NoReferences, json, patch, resource};

/// Reads `bytes`, checks what they hold as every kind of object, makes types of what passes, patches it, and runs it
/// as a schema over itself.
///
/// # Panics
/// Something passes the checks that is no resource, or changes when it is checked again; what is told first of all faults is
/// not what is told where one is asked for.
pub fn object(bytes: &[u8]) {
    let Ok(value) = json::parse(bytes) else { return };
    let cx = Context::new(&NoPlugins, &NoReferences, &AnyExpression);
    for kind in Kind::ALL {
        let checked = check::object(kind, "vault/1", &value, &cx);
        let faults = check::faults(kind, "vault/1", &value, &cx);
        assert_eq!(faults.first(), checked.as_ref().err(), "{kind}: all faults begin with the first");
        let Ok(checked) = checked else { continue };
        assert!(made(kind, &checked).is_ok(), "{kind} passes and is none: {checked}");
        assert_eq!(check::object(kind, "vault/1", &checked, &cx).as_ref(), Ok(&checked), "{kind} changes");
    }
    if let Ok(merged) = patch::merge(&value, Some(&value)) {
        let _ = patch::set(&merged, ["a", "b"], Some(&value));
    }
    if let Ok(schema) = Schema::compile(&value) {
        let _ = schema.check(&mut value.clone());
    }
}

/// Makes the type of a kind.
pub(crate) fn made(kind: Kind, value: &Value) -> Result<(), Malformed> {
    match kind {
        Kind::Route => resource::Route::from_value(value).map(drop),
        Kind::Service => resource::Service::from_value(value).map(drop),
        Kind::Upstream => resource::Upstream::from_value(value).map(drop),
        Kind::Consumer => resource::Consumer::from_value(value).map(drop),
        Kind::Credential => resource::Credential::from_value(value).map(drop),
        Kind::ConsumerGroup => resource::ConsumerGroup::from_value(value).map(drop),
        Kind::GlobalRule => resource::GlobalRule::from_value(value).map(drop),
        Kind::PluginConfig => resource::PluginConfig::from_value(value).map(drop),
        Kind::PluginMetadata => resource::PluginMetadata::from_value(value).map(drop),
        Kind::Ssl => resource::Ssl::from_value(value).map(drop),
        Kind::Proto => resource::Proto::from_value(value).map(drop),
        Kind::StreamRoute => resource::StreamRoute::from_value(value).map(drop),
        Kind::Secret | Kind::GraphqlCostDecoration => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn holds_for_anything(value in crate::check::arbitrary::json(), cut in 0usize..400) {
            let text = value.to_string();
            super::object(text.as_bytes());
            super::object(text.as_bytes().get(..cut).unwrap_or_default());
        }
    }
}
