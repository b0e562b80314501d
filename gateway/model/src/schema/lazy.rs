//! A schema kept as text until somebody needs it.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::Value;

use super::{CompileError, Schema};

/// A schema's JSON text, compiled at its first use and then kept. Ninety plugins are built in and a gateway uses five:
/// the others cost their text only.
#[derive(Debug)]
pub struct LazySchema {
    text: Cow<'static, str>,
    plugin: bool,
    compiled: OnceLock<Result<Schema, CompileError>>,
}

impl LazySchema {
    /// A schema as it is.
    pub const fn new(text: &'static str) -> Self {
        LazySchema { text: Cow::Borrowed(text), plugin: false, compiled: OnceLock::new() }
    }

    /// A plugin's schema: `_meta` and the marker of injected schemas are added to it, and what it takes over from resources by
    /// `{"$use": "upstream"}` is put in.
    pub const fn plugin(text: &'static str) -> Self {
        LazySchema { text: Cow::Borrowed(text), plugin: true, compiled: OnceLock::new() }
    }

    /// The same for a text that is put together at run time.
    pub fn owned(text: String) -> Self {
        LazySchema { text: Cow::Owned(text), plugin: false, compiled: OnceLock::new() }
    }

    /// The same for a plugin that is known only at run time (wasm).
    pub fn plugin_owned(text: String) -> Self {
        LazySchema { text: Cow::Owned(text), plugin: true, compiled: OnceLock::new() }
    }

    /// The schema as the schema endpoints serve it. Parsed anew each time: it is asked for rarely.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn value(&self) -> Result<Value, CompileError> {
        let mut value: Value = serde_json::from_str(&self.text)
            .map_err(|error| CompileError { path: "/".into(), reason: error.to_string() })?;
        if self.plugin {
            value = crate::schemas::resolved(value);
            crate::schemas::inject_meta(&mut value);
        }
        Ok(value)
    }

    /// The compiled schema.
    ///
    /// # Errors
    /// The text is not JSON, or no schema.
    pub fn compiled(&self) -> Result<&Schema, &CompileError> {
        self.compiled.get_or_init(|| Schema::compile(&self.value()?)).as_ref()
    }
}
