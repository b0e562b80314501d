//! GET of one object, and what of an object its readers may see.

use hyper::StatusCode;
use serde_json::Value;

use super::answers::{self, Refusal};
use super::auth::Caller;
use super::target::Place;
use super::{Api, Call, v2};
use crate::control_http::{self, Answer};
use crate::masks;
use crate::state::{State, Stored, keys};

impl Api {
    pub(super) async fn get(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let Some(told) = place.told() else { return self.list(call, place).await };
        let id = place.stored(&told);
        let kind = place.kind;
        let wanted = id.clone();
        let stored = self.look(move |tables| tables.get(kind, &wanted).cloned()).await?;
        let stored = stored.ok_or_else(Refusal::key_not_found)?;
        let node = View::of(self, call.caller).node(&place, &id, &stored);
        let body = if self.version == "v3" { node } else { v2::one("get", node) };
        let mut answer = control_http::json(StatusCode::OK, &body);
        answers::entity_tag(&mut answer, stored.modified);
        Ok(answer)
    }
}

/// How somebody sees stored objects.
pub(super) struct View {
    state: State,
    secrets: bool,
}

impl View {
    pub(super) fn of(api: &Api, caller: &Caller) -> View {
        View { state: api.state.clone(), secrets: caller.sees_secrets() }
    }

    /// An object as answers show it.
    pub(super) fn node(&self, place: &Place, id: &str, stored: &Stored) -> Value {
        answers::node(keys::key(place.kind, id), self.value(place, stored), stored)
    }

    /// Administrators see the secrets of plugins in the clear, viewers none, nobody a certificate's private key.
    fn value(&self, place: &Place, stored: &Stored) -> Value {
        let value = self.state.show(place.kind, stored);
        if self.secrets { value } else { masks::object(place.kind, &value, &**self.state.registry()) }
    }
}
