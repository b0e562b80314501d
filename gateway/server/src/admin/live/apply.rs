//! `POST live/apply`: many changes at once, all of them or none.

use gateway_model::{Kind, ids};
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::super::auth::Caller;
use super::super::conditions::rehearsal;
use super::super::query::Query;
use super::super::target::{Place, Target};
use super::super::write::with_id;
use super::super::{Api, Refusal, answers, body, configs};
use super::batch::{self, Outcome, Step, Wish};
use crate::control_http::{self, Answer};
use crate::state::{Draft, Written};

/// Most changes at once.
const MOST: usize = 50_000;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apply {
    /// Read one by one.
    #[serde(rename = "ops")]
    _ops: Vec<IgnoredAny>,
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Op {
    op: Verb,
    path: String,
    value: Option<Value>,
    if_match: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Put,
    Patch,
    Delete,
}

impl Api {
    /// Makes all the changes, or says of each what is wrong with it.
    pub(super) async fn apply(
        &self,
        head: &Parts,
        body: Incoming,
        query: &Query,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        self.in_parts()?;
        let tried = rehearsal(query)?;
        let bytes = body::read(head, body, configs::LONGEST.max(self.body_bytes)).await?;
        let streams = self.stream_mode;
        let read = move || read(bytes, streams);
        let (steps, dry_run) = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::internal())??;
        let dry_run = dry_run || tried;
        let job = move |draft: &mut Draft<'_>| {
            let outcomes = batch::run(draft, steps);
            finish(draft, outcomes, dry_run)
        };
        let written = self.state.write(caller.origin(), "APPLY", job).await.map_err(Refusal::from)?;
        Ok(done(&written, dry_run))
    }

    /// # Errors
    /// The configuration comes as a whole, and would go back to what it was with the next one.
    pub(super) fn in_parts(&self) -> Result<(), Refusal> {
        match self.whole {
            None => Ok(()),
            Some(_) => Err(Refusal::new(
                StatusCode::CONFLICT,
                "the configuration of this gateway comes whole, through PUT /apisix/admin/configs: put what it is to be there",
            )),
        }
    }
}

/// The end of the writer's part: nothing, where one of the outcomes is an error.
///
/// # Errors
/// It is; with all outcomes.
pub(super) fn finish(draft: &mut Draft<'_>, outcomes: Vec<Outcome>, dry_run: bool) -> Result<Vec<Outcome>, Refusal> {
    if let Some((path, error)) = outcomes.iter().find_map(Outcome::error) {
        let results: Vec<Value> = outcomes.iter().map(|outcome| outcome.shown(None)).collect();
        let body = json!({ "error_msg": format!("nothing has changed: {path}: {error}"), "results": results });
        return Err(Refusal::json(StatusCode::BAD_REQUEST, body));
    }
    if dry_run {
        draft.rehearse();
    }
    Ok(outcomes)
}

/// What is answered.
pub(super) fn done(written: &Written<Vec<Outcome>>, dry_run: bool) -> Answer {
    let rev = (!dry_run).then_some(written.revision);
    let results: Vec<Value> = written.answer.iter().map(|outcome| outcome.shown(rev)).collect();
    let body = json!({ "rev": written.revision, "dry_run": dry_run, "results": results });
    let mut answer = control_http::json(StatusCode::OK, &body);
    if dry_run {
        answers::rehearsed(&mut answer);
    }
    answer
}

/// The steps of a body, and whether they are only tried.
fn read(bytes: Bytes, streams: bool) -> Result<(Vec<Step>, bool), Refusal> {
    let mut body = body::json(bytes)?.ok_or_else(|| Refusal::bad("invalid request body: empty request body"))?;
    // Taken out before the rest is read, which copies: of so many there need not be two.
    let ops = body.get_mut("ops").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let Apply { dry_run, .. } = body::asked(body)?;
    if ops.len() > MOST {
        let message = format!("invalid request body: {} ops, more than the {MOST} allowed", ops.len());
        return Err(Refusal::bad(message));
    }
    let named =
        |(at, op)| body::by_name(op).map_err(|why| Refusal::bad(format!("invalid request body: ops[{at}]: {why}")));
    let steps = ops.into_iter().enumerate().map(|op| Ok(step(named(op)?, streams)));
    Ok((steps.collect::<Result<_, Refusal>>()?, dry_run))
}

fn step(op: Op, streams: bool) -> Step {
    let Op { op, path, value, if_match } = op;
    let wrong = |path: String, error: String| Step {
        kind: Kind::Route,
        id: String::new(),
        path,
        if_match: None,
        wish: Err(error),
    };
    let place = match place(&path, streams) {
        Ok(place) => place,
        Err(error) => return wrong(path, error),
    };
    let wish = match (op, value) {
        (Verb::Delete, None) => {
            ids::needed(place.kind, place.told().as_deref()).map(|id| (id.to_owned(), Wish::Delete))
        }
        (Verb::Delete, Some(_)) => return wrong(path, "a deletion has no value".to_owned()),
        (Verb::Put | Verb::Patch, None) => return wrong(path, "missing configurations".to_owned()),
        (Verb::Patch, Some(patch)) => {
            ids::needed(place.kind, place.told().as_deref()).map(|id| (id.to_owned(), Wish::Merge(patch)))
        }
        (Verb::Put, Some(value)) => object(&place, value).map(|(id, value)| (id, Wish::Put(value))),
    };
    match wish {
        Ok((told, wish)) => Step { kind: place.kind, id: place.stored(&told), path, if_match, wish: Ok(wish) },
        Err(invalid) => wrong(path, invalid.message),
    }
}

/// The id of an object that is put, and the object with it.
fn object(place: &Place, value: Value) -> Result<(String, Value), gateway_model::check::Invalid> {
    let told = ids::put(place.kind, place.told().as_deref(), &value)?;
    if place.kind != Kind::PluginMetadata {
        ids::refuse_times(&value)?;
    }
    let value = with_id(place.kind, value, &told, place.id.is_some());
    Ok((told, value))
}

/// What a path names, with or without that of the API before it.
fn place(path: &str, streams: bool) -> Result<Place, String> {
    const PREFIX: &str = "/apisix/admin";
    let whole = if path.starts_with(PREFIX) { path.to_owned() } else { format!("{PREFIX}{path}") };
    match Target::of(&whole) {
        Some(Target::Object(place)) if place.kind == Kind::StreamRoute && !streams => {
            Err("stream mode is disabled, can not add stream routes".to_owned())
        }
        Some(Target::Object(place)) if place.sub.is_empty() => Ok(place),
        Some(Target::Unknown(resource)) => Err(format!("Unsupported resource type: {resource}")),
        _ => Err("the path names no object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(body: &str) -> Result<(usize, bool), String> {
        let read = read(Bytes::copy_from_slice(body.as_bytes()), false);
        read.map(|(steps, dry_run)| (steps.len(), dry_run)).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn a_body_is_read_op_by_op() {
        assert_eq!(steps(r#"{"ops":[]}"#), Ok((0, false)));
        let two = r#"{"op":"put","path":"/routes/1","value":{"uri":"/"}},{"op":"delete","path":"/routes/2"}"#;
        assert_eq!(steps(&format!(r#"{{"dry_run":true,"ops":[{two}]}}"#)), Ok((2, true)));
        let many = r#"{"op":"delete","path":"/routes/2"},"#.repeat(MOST);
        assert_eq!(steps(&format!(r#"{{"ops":[{}]}}"#, many.trim_end_matches(','))), Ok((MOST, false)));
        for (body, why) in [
            ("", "empty request body"),
            ("[]", "should be an object, is a list"),
            ("{}", "missing field `ops`"),
            (r#"{"ops":5}"#, "ops: invalid type"),
            (r#"{"ops":{}}"#, "ops: invalid type"),
            (r#"{"ops":null}"#, "ops: invalid type"),
            (r#"{"ops":[],"more":1}"#, "unknown field `more`"),
            (r#"{"ops":[],"dry_run":1}"#, "dry_run: invalid type"),
            (r#"{"ops":[{"op":"delete","path":"/routes/2"},5]}"#, "ops[1]: should be an object, is a number"),
            (r#"{"ops":[{"op":"make","path":"/routes/2"}]}"#, "ops[0]: "),
            (r#"{"ops":[{"path":"/routes/2"}]}"#, "ops[0]: missing field `op`"),
            (&format!(r#"{{"ops":[{many}1]}}"#), "50001 ops, more than the 50000 allowed"),
        ] {
            let told = steps(body).expect_err(body.get(..60).unwrap_or(body));
            assert!(told.contains(why), "{told}");
        }
    }
}
