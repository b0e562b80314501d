//! PATCH: merging into an object, or setting one place in it.

use gateway_model::{Kind, ids, patch};
use hyper::StatusCode;
use serde_json::Value;

use super::answers::Refusal;
use super::target::Place;
use super::write::{Stamp, store, with_id};
use super::{Api, Call};
use crate::control_http::Answer;
use crate::state::Draft;

impl Api {
    pub(super) async fn patch(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let told = ids::needed(place.kind, place.told().as_deref())?.to_owned();
        if call.body.is_none() {
            return Err(Refusal::bad("missing new configuration"));
        }
        if place.kind == Kind::GraphqlCostDecoration {
            refuse_service(&place, call.body.as_ref())?;
        }
        let (kind, ttl, body, steps) = (place.kind, call.ttl, call.body.clone(), place.sub.clone());
        let id = place.stored(&told);
        let conditions = call.conditions.clone();
        let job = move |draft: &mut Draft<'_>| {
            let before = draft.tables().get(kind, &id).cloned().ok_or_else(Refusal::key_not_found)?;
            conditions.check(Some(before.modified))?;
            // Secrets are merged in the clear and encrypted again.
            let object = draft.tables().open(kind, &before).ok_or_else(|| {
                Refusal::bad("the stored object cannot be read (a secret cannot be decrypted?); put it whole")
            })?;
            let merged = match steps.as_slice() {
                [] => patch::merge(&object, body.as_ref())?,
                steps => patch::set(&object, steps.iter().map(String::as_str), body.as_ref())?,
            };
            ids::put(kind, Some(&told), &merged)?;
            let sets_time =
                steps.is_empty() && body.is_some_and(|b| b.get("update_time").is_some_and(|t| !t.is_null()));
            let stamp = if sets_time { Stamp::KeepUpdate } else { Stamp::Both };
            let merged = with_id(kind, merged, &told, false);
            let mut done = store(draft, kind, &id, merged, Some(&before), stamp, ttl)?;
            hide_keys(kind, &mut done.value);
            if conditions.rehearsal {
                draft.rehearse();
            }
            Ok(done)
        };
        let written = self.write(call.caller, "PATCH", job).await?;
        Ok(self.wrote(&call, "PATCH", StatusCode::OK, written))
    }
}

/// A decoration stays with its service.
fn refuse_service(place: &Place, body: Option<&Value>) -> Result<(), Refusal> {
    let named = match place.sub.first() {
        Some(step) => step == "service_id",
        None => body.is_some_and(|body| body.get("service_id").is_some()),
    };
    if named { Err(Refusal::bad("service_id can not be patched")) } else { Ok(()) }
}

/// A private key that the client did not send is not told to it, not even encrypted.
fn hide_keys(kind: Kind, value: &mut Value) {
    if let (Kind::Ssl, Value::Object(fields)) = (kind, value) {
        fields.shift_remove("key");
        fields.shift_remove("keys");
    }
}
