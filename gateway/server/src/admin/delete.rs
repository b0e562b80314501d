//! DELETE, and what still uses what.

use gateway_model::{Kind, ids, references};
use hyper::StatusCode;
use serde_json::json;

use super::answers::Refusal;
use super::target::Place;
use super::{Api, Call, audit, v2};
use crate::control_http::{self, Answer};
use crate::state::{Draft, keys};

impl Api {
    pub(super) async fn delete(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let told = ids::needed(place.kind, place.told().as_deref())?.to_owned();
        let (kind, force) = (place.kind, call.query.force());
        let id = place.stored(&told);
        let key = keys::key(kind, &id);
        let job = move |draft: &mut Draft<'_>| {
            let Some(before) = draft.tables().get(kind, &id).map(|stored| (stored.created, stored.modified)) else {
                return Err(Refusal::key_not_found());
            };
            if !force {
                references::check_unused(kind, &id, draft.tables())?;
            }
            if kind == Kind::Consumer {
                let below = format!("{id}/credentials/");
                let credentials: Vec<String> =
                    draft.tables().below(Kind::Credential, &below).map(|(id, _)| id.to_owned()).collect();
                for credential in credentials {
                    draft.delete(Kind::Credential, &credential)?;
                }
            }
            draft.delete(kind, &id)?;
            Ok(before)
        };
        let written = self.write(call.caller, job).await?;
        let (created, modified) = written.answer;
        audit(call.caller, "DELETE", &key, Some(modified), written.revision);
        let body = match self.version {
            "v3" => json!({ "deleted": "1", "key": key }),
            _ => v2::deleted(&key, created, written.revision),
        };
        Ok(control_http::json(StatusCode::OK, &body))
    }
}
