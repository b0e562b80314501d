//! Plugins that take no part in requests: what they are for happens elsewhere, or always.

use std::sync::Arc;

use gateway_engine::plugin::{Build, Phases, Plugin};

/// A plugin without phases.
struct Inert;

impl Plugin for Inert {
    fn phases(&self) -> Phases {
        Phases::default()
    }
}

/// Builds one, whatever its configuration says.
pub(crate) fn build(_: &Build<'_>) -> Result<Arc<dyn Plugin>, String> {
    Ok(Arc::new(Inert))
}
