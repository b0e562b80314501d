//! `GET live/credentials`: how many credentials of which kind each consumer has, never what is in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateway_model::Kind;
use hyper::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::super::{Api, Refusal};
use crate::control_http::{self, Answer};
use crate::state::State;

/// What is read of a credential: the names of its plugins.
#[derive(Debug, Deserialize)]
struct Held {
    #[serde(default)]
    plugins: BTreeMap<String, IgnoredAny>,
}

impl Api {
    /// A row for each consumer that has any, by name: `{"consumer","total","kinds":{"key-auth":2}}`.
    pub(super) async fn credentials(&self) -> Result<Answer, Refusal> {
        let state = self.state.clone();
        let rows = tokio::task::spawn_blocking(move || rows(&state)).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &rows))
    }
}

fn rows(state: &State) -> Value {
    // Read behind the lock, counted in front of it: writes need not wait.
    let stored: Vec<(String, Arc<[u8]>)> = state.read(|tables| {
        let credentials = tables.iter(Kind::Credential);
        let owned = credentials.filter_map(|(id, stored)| {
            let (consumer, _) = Kind::Credential.split_id(id)?;
            Some((consumer.to_owned(), Arc::clone(&stored.bytes)))
        });
        owned.collect()
    });
    let mut consumers: BTreeMap<String, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
    for (consumer, bytes) in stored {
        let (total, kinds) = consumers.entry(consumer).or_default();
        *total += 1;
        for name in serde_json::from_slice::<Held>(&bytes).map(|held| held.plugins).unwrap_or_default().into_keys() {
            *kinds.entry(name).or_default() += 1;
        }
    }
    consumers
        .into_iter()
        .map(|(consumer, (total, kinds))| json!({ "consumer": consumer, "total": total, "kinds": kinds }))
        .collect()
}
