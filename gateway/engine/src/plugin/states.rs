//! What plugins remember across exchanges and across changes of the configuration: rate windows, breakers, caches.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// One value of each type a plugin asks for, shared by the whole process and made on first use. Looked up when a plugin is built,
/// never on the way of a request.
#[derive(Default)]
pub struct States {
    values: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl States {
    /// The process's value of type `T`.
    pub fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut values = self.values.lock();
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default());
        // The value was made with this type under this key; a fresh one would be as good.
        Arc::clone(value).downcast::<T>().unwrap_or_default()
    }
}
