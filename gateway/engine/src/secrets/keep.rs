//! What is remembered of references that nobody uses at present: an object that is deleted and put again asks nobody.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::{Found, SecretsSettings};

#[derive(Default)]
pub(super) struct Kept {
    all: HashMap<Arc<str>, (Found, Instant)>,
}

impl Kept {
    /// Remembers what a reference led to. Where there is no room, what ends first goes.
    pub(super) fn put(&mut self, text: &Arc<str>, found: Found, until: Instant, settings: &SecretsSettings) {
        let now = Instant::now();
        let negative = match found {
            Found::Pending => return,
            Found::Value(_) => false,
            Found::Nothing(_) => true,
        };
        let most = if negative { settings.negative_count } else { settings.count };
        let alike = |found: &Found| matches!(found, Found::Nothing(_)) == negative;
        if self.all.values().filter(|(found, _)| alike(found)).count() >= most {
            self.all.retain(|_, (_, until)| *until > now);
        }
        let full = self.all.values().filter(|(found, _)| alike(found)).count() >= most;
        if full {
            let first = self.all.iter().filter(|(_, (found, _))| alike(found)).min_by_key(|(_, (_, until))| *until);
            let Some(first) = first.map(|(text, _)| Arc::clone(text)) else { return };
            self.all.remove(&first);
        }
        self.all.insert(Arc::clone(text), (found, until));
    }

    /// What is remembered of a reference, and until when it holds.
    pub(super) fn take(&mut self, text: &str) -> Option<(Found, Instant)> {
        let (found, until) = self.all.remove(text)?;
        (until > Instant::now()).then_some((found, until))
    }

    /// Forgets those that `test` names.
    pub(super) fn forget(&mut self, test: impl Fn(&str) -> bool) {
        self.all.retain(|text, _| !test(text));
    }
}
