//! DELETE, and what still uses what.

use gateway_model::{ids, references};
use hyper::StatusCode;
use serde_json::{Value, json};

use super::answers::Refusal;
use super::target::Place;
use super::{Api, Call, v2};
use crate::control_http::{self, Answer};
use crate::state::{Draft, keys};

impl Api {
    pub(super) async fn delete(&self, call: Call<'_>, place: Place) -> Result<Answer, Refusal> {
        let told = ids::needed(place.kind, place.told().as_deref())?.to_owned();
        let (kind, force) = (place.kind, call.query.force());
        let id = place.stored(&told);
        let key = keys::key(kind, &id);
        let conditions = call.conditions.clone();
        let job = move |draft: &mut Draft<'_>| {
            let before = draft.tables().get(kind, &id).map(|stored| (stored.created, stored.modified));
            let (created, modified) = before.ok_or_else(Refusal::key_not_found)?;
            conditions.check(Some(modified))?;
            if !force {
                references::check_unused(kind, &id, draft.tables())?;
            }
            for child in kind.children() {
                let below = child.below(&id);
                let all: Vec<String> = draft.tables().below(child, &below).map(|(id, _)| id.to_owned()).collect();
                for id in all {
                    draft.delete(child, &id)?;
                }
            }
            let warnings = references::still_named(kind, &id, draft.tables());
            draft.delete(kind, &id)?;
            if conditions.rehearsal {
                draft.rehearse();
            }
            Ok((created, warnings))
        };
        let written = self.write(call.caller, "DELETE", job).await?;
        let (created, warnings) = written.answer;
        let mut body = match self.version {
            "v3" => json!({ "deleted": "1", "key": key }),
            _ => v2::deleted(&key, created, written.revision),
        };
        if let (Value::Object(fields), true, false) = (&mut body, call.more, warnings.is_empty()) {
            fields.insert("warnings".to_owned(), json!(warnings));
        }
        Ok(control_http::json(StatusCode::OK, &body))
    }
}
