//! Consumers, and the resources that are little more than a set of plugins.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{Labels, Malformed, Plugins};

/// A caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Consumer {
    /// Its id.
    pub username: String,
    /// What users noted on it; `custom_id` goes to the upstream.
    pub labels: Labels,
    /// Its credentials, and what its requests run beyond their routes.
    pub plugins: Plugins,
    /// The plugins it shares with others.
    pub group_id: Option<String>,
}

/// One more credential of a consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    /// Its short id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What users noted on it.
    pub labels: Labels,
    /// One auth plugin.
    pub plugins: Plugins,
}

macro_rules! plugin_set {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// Its id.
            pub id: String,
            /// What people call it.
            pub name: Option<String>,
            /// What users noted on it.
            pub labels: Labels,
            /// The plugins.
            pub plugins: Plugins,
        }

        impl $name {
            /// Makes one of a checked value.
            ///
            /// # Errors
            /// A field that is not of its type.
            pub fn from_value(value: &Value) -> Result<Self, Malformed> {
                let f = Fields::of(value)?;
                Ok(Self { id: f.own_id()?, name: f.string("name")?, labels: f.labels()?, plugins: f.plugins()? })
            }
        }
    };
}

plugin_set!(
    /// Plugins that several consumers share.
    ConsumerGroup
);
plugin_set!(
    /// Plugins that run for every request.
    GlobalRule
);
plugin_set!(
    /// Plugins that several routes share.
    PluginConfig
);

/// Settings of a plugin for the whole gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginMetadata {
    /// The plugin's name.
    pub id: String,
    /// All fields, with their defaults.
    pub fields: Map<String, Value>,
}

/// A protobuf definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proto {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Source, or a descriptor set in base64.
    pub content: String,
}

impl Consumer {
    /// Makes a consumer of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        Ok(Consumer {
            username: f.required("username", f.string("username")?)?,
            labels: f.labels()?,
            plugins: f.plugins()?,
            group_id: f.id("group_id")?,
        })
    }
}

impl Credential {
    /// Makes a credential of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        let id = f.own_id()?;
        // Bundles write the whole id.
        let id = id.rsplit_once("/credentials/").map_or(id.as_str(), |(_, short)| short).to_owned();
        Ok(Credential { id, name: f.string("name")?, labels: f.labels()?, plugins: f.plugins()? })
    }
}

impl PluginMetadata {
    /// Makes the settings of a checked value, which names its plugin in `id`.
    ///
    /// # Errors
    /// It does not.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        Ok(PluginMetadata { id: f.required("id", f.string("id")?)?, fields: f.all() })
    }
}

impl Proto {
    /// Makes a definition of a checked value.
    ///
    /// # Errors
    /// A field that is not of its type.
    pub fn from_value(value: &Value) -> Result<Self, Malformed> {
        let f = Fields::of(value)?;
        Ok(Proto { id: f.own_id()?, name: f.string("name")?, content: f.required("content", f.string("content")?)? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_is_made_of_its_fields() {
        let consumer =
            Consumer::from_value(&json!({"username": "bob", "group_id": 1, "plugins": {"key-auth": {"key": "k"}}}))
                .unwrap();
        assert_eq!((consumer.username.as_str(), consumer.group_id.as_deref()), ("bob", Some("1")));
        assert!(Consumer::from_value(&json!({})).is_err());
        let credential = Credential::from_value(&json!({"id": "bob/credentials/c1"})).unwrap();
        assert_eq!(credential.id, "c1");
        let metadata = PluginMetadata::from_value(&json!({"id": "p", "k": 1})).unwrap();
        assert_eq!((metadata.id.as_str(), &metadata.fields["k"]), ("p", &json!(1)));
        assert_eq!(GlobalRule::from_value(&json!({"id": "1", "plugins": {"p": {}}})).unwrap().plugins.len(), 1);
        assert_eq!(Proto::from_value(&json!({"id": "1", "content": "x"})).unwrap().content, "x");
    }
}
