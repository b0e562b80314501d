//! Dubbo for operators: which services the gateway knows, and calls of them off the request path (`live/dubbo`).

mod call;
mod counted;
mod known;
mod openapi;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_dubbo_codec::generic::{Answer as Called, Exception};
use gateway_dubbo_codec::unserved::Asked;
use gateway_engine::calls::Calls;
use gateway_engine::upstream::{Description, Services};
use gateway_plugins::DubboDescribed;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::call::{Failed, Question};
use self::counted::Counted;
use self::known::Known;
use super::auth::Caller;
use super::by_hand::{ByHand, Spoken};
use super::query::Query;
use super::{Api, Refusal, answers, body};
use crate::control_http::{self, Answer};

/// Calls under way at a time, of all callers.
const MOST_CALLS: usize = 8;

/// How long a call may take where nobody says, and what may be said, in milliseconds.
const USUAL_MS: u64 = 5000;
const TIMES_MS: RangeInclusive<u64> = 1..=60_000;

/// How long registries may take to say what methods services have.
const PATIENCE: Duration = Duration::from_secs(3);

/// Services whose methods are asked for at a time.
const MOST_DESCRIBED: usize = 256;

static CALLS: Semaphore = Semaphore::const_new(MOST_CALLS);

/// The body of `POST live/dubbo/invoke`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Invoke {
    interface: String,
    method: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    args: Vec<Value>,
    #[serde(default)]
    attachments: Map<String, Value>,
    node: Option<String>,
    serialization: Option<String>,
    timeout_ms: Option<Value>,
}

impl Api {
    /// `GET live/dubbo/services`: what routes and registries name.
    pub(super) async fn dubbo_services(&self) -> Result<Answer, Refusal> {
        let known = self.known().await?;
        let services: Arc<Services> = self.state.registry().states.get();
        let mut asked = JoinSet::new();
        for (n, service) in known.services.iter().enumerate() {
            let Some(key) = service.key.as_ref().filter(|_| n < MOST_DESCRIBED) else { continue };
            if let Some(describing) = services.describe(key.clone()) {
                asked.spawn(async move { (n, timeout(PATIENCE, describing).await) });
            }
        }
        let mut descriptions: Vec<Option<Arc<Description>>> = vec![None; known.services.len()];
        while let Some(described) = asked.join_next().await {
            if let Ok((n, Ok(Ok(description)))) = described
                && let Some(place) = descriptions.get_mut(n)
            {
                *place = Some(description);
            }
        }
        let states = counted::States::of(self.state.checkers());
        let mut counted = Counted::of(&self.state.registry().states.get::<Calls>());
        let shown = known.services.iter().zip(&descriptions).map(|(service, description)| {
            let nodes = service.nodes.iter().collect();
            counted.service(service).shown(description.as_deref(), nodes, &states)
        });
        let mut shown: Vec<Value> = shown.collect();
        shown.extend(counted.rest(&known, &states));
        Ok(control_http::json(StatusCode::OK, &Value::Array(shown)))
    }

    /// `GET live/dubbo/openapi?service=interface[:version[:group]]`: the service as clients of `dubbo-bridge` see it.
    pub(super) async fn dubbo_openapi(&self, query: &Query) -> Result<Answer, Refusal> {
        let asked = query.get("service").filter(|service| !service.is_empty());
        let asked = asked.ok_or_else(|| Refusal::bad("missing argument service: interface[:version[:group]]"))?;
        let known = self.known().await?;
        let service = known.services.iter().find(|service| service.key.is_some() && service.is(asked));
        let key = service.and_then(|service| service.key.clone());
        let key = key
            .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, format!("no registry tells of the service {asked}")))?;
        let version = service.map(|service| service.version.clone()).unwrap_or_default();
        let services: Arc<Services> = self.state.registry().states.get();
        let describing = services.describe(key);
        let described = match describing {
            Some(describing) => {
                timeout(PATIENCE, describing).await.map_err(|_| "it has not answered in time".to_owned())
            }
            None => Err("there is no such registry".to_owned()),
        };
        match described {
            Ok(Ok(description)) => Ok(control_http::json(StatusCode::OK, &openapi::document(&description, &version))),
            Ok(Err(why)) => {
                Err(Refusal::new(StatusCode::NOT_FOUND, format!("the registry does not describe {asked}: {why}")))
            }
            Err(why) => {
                Err(Refusal::new(StatusCode::BAD_GATEWAY, format!("the registry does not describe {asked}: {why}")))
            }
        }
    }

    /// `POST live/dubbo/invoke`: a generic call. Only nodes of upstreams are called.
    pub(super) async fn dubbo_invoke(&self, body: Option<Value>, caller: &Caller) -> Result<Answer, Refusal> {
        let Some(body) = body else { return Err(Refusal::bad("missing request body")) };
        let asked: Invoke = body::asked(body)?;
        let attachments = checked(&asked).map_err(Refusal::bad)?;
        written(asked.serialization.as_deref()).map_err(Refusal::bad)?;
        let within = within(asked.timeout_ms.as_ref()).map_err(Refusal::bad)?;
        let known = self.known().await?;
        let (node, token) =
            known.node(&asked.interface, &asked.method, (&asked.version, &asked.group), asked.node.as_deref())?;
        let Ok(_permit) = CALLS.try_acquire() else {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{MOST_CALLS} calls are under way already: try again when one has ended"),
            ));
        };
        let described = self.described(&known, &asked).await;
        if let Some(of) = &described {
            of.counts(&asked.method, asked.args.len()).map_err(Refusal::bad)?;
        }
        let types: Vec<&str> = asked.types.iter().map(String::as_str).collect();
        let of = described.as_ref().and_then(|of| {
            let only = of.only(&asked.method, asked.args.len(), Some(&*types).filter(|types| !types.is_empty()));
            Some((only?, of.types()))
        });
        let question = Question {
            interface: &asked.interface,
            method: &asked.method,
            version: &asked.version,
            group: &asked.group,
            types: &asked.types,
            args: &asked.args,
            of,
            attachments: &attachments,
            token: token.as_deref(),
            within,
        };
        let bytes = question.frame().map_err(Refusal::bad)?;
        let began = Instant::now();
        let mut by = ByHand::begins(Spoken::Dubbo, caller, &asked.interface, &asked.method, node.to_string());
        let answered = timeout(within, call::call(&node, &bytes)).await.unwrap_or(Err(Failed::Late(within)));
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        by.ended(match &answered {
            Ok(Called::Value(_)) => "value",
            Ok(Called::Exception(_)) => "exception",
            Err(_) => "failed",
        });
        let shown = match answered {
            Ok(Called::Value(json)) => ("value", json),
            Ok(Called::Exception(exception)) => ("exception", shown_exception(exception).to_string().into_bytes()),
            Err(failed) => {
                let mut body =
                    json!({ "error_msg": failed.to_string(), "dubbo_status": failed.status(), "node": node });
                let (interface, version, group) = (&*asked.interface, &*asked.version, &*asked.group);
                if let Some(hint) = failed.hint(Asked { interface, version, group }) {
                    body["hint"] = hint.into();
                }
                return Err(Refusal::json(failed.http(), body));
            }
        };
        let rest = json!({ "ms": (ms * 1000.0).round() / 1000.0, "node": node });
        Ok(control_http::answer(StatusCode::OK, answers::JSON, came_to(shown, &rest)))
    }

    /// What the registry of a service that is to be called says of it, if it does.
    async fn described(&self, known: &Known, asked: &Invoke) -> Option<DubboDescribed> {
        let key = known.key(&asked.interface, (&asked.version, &asked.group))?;
        let services: Arc<Services> = self.state.registry().states.get();
        let description = timeout(PATIENCE, services.describe(key.clone())?).await.ok()?.ok()?;
        Some(DubboDescribed::new(description))
    }

    /// What the configuration and the registries know.
    async fn known(&self) -> Result<Known, Refusal> {
        let mut known = self.look(Known::of).await?;
        let services: Arc<Services> = self.state.registry().states.get();
        known.add(&services);
        Ok(known)
    }
}

/// The answer to a call that came to something. What that is has its JSON already, which is handed on as it is: it may hold what no
/// reader here would take, as numbers beyond a double and keys that come twice.
fn came_to((name, json): (&str, Vec<u8>), rest: &Value) -> Vec<u8> {
    let rest = rest.to_string();
    let rest = rest.strip_prefix('{').unwrap_or("}");
    [b"{\"", name.as_bytes(), b"\":", &json, b",", rest.as_bytes(), b"\n"].concat()
}

/// How long the call may take.
///
/// # Errors
/// What is asked for is none of the times that may be; in words.
fn within(asked: Option<&Value>) -> Result<Duration, String> {
    let millis = match asked {
        None | Some(Value::Null) => Some(USUAL_MS),
        Some(asked) => asked.as_u64().filter(|millis| TIMES_MS.contains(millis)),
    };
    millis.map(Duration::from_millis).ok_or_else(|| {
        let (from, to) = TIMES_MS.into_inner();
        format!("invalid request body: timeout_ms is a number of milliseconds from {from} to {to}")
    })
}

/// Whether a call can be written so: in hessian2, which all providers read.
///
/// # Errors
/// Why it cannot; in words.
fn written(asked: Option<&str>) -> Result<(), String> {
    let why = match asked {
        None | Some("hessian2") => return Ok(()),
        Some("fastjson2") => {
            "of fastjson2 the gateway reads what a call is routed by, and writes nothing; hessian2 is written"
        }
        Some("json") => "no provider of Dubbo 3 reads calls in json; args are JSON here, and are written in hessian2",
        Some(_) => "hessian2 is written",
    };
    Err(format!("invalid request body: serialization {:?}: {why}", asked.unwrap_or_default()))
}

/// The attachments, which are texts.
///
/// # Errors
/// Something in the body is not what it should be; in words.
fn checked(asked: &Invoke) -> Result<Vec<(String, String)>, String> {
    let begins = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    let word = |part: &str| part.starts_with(begins) && part.chars().all(|c| begins(c) || c.is_numeric());
    if asked.interface.len() > 512 || !asked.interface.split('.').all(word) {
        return Err("invalid request body: interface is the full name of a Java interface".into());
    }
    if asked.method.len() > 256 || !word(&asked.method) {
        return Err("invalid request body: method is the name of a Java method".into());
    }
    if !asked.types.is_empty() && asked.types.len() != asked.args.len() {
        let message = "invalid request body: there are";
        return Err(format!("{message} {} types and {} args", asked.types.len(), asked.args.len()));
    }
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(value) => Ok((name.clone(), value.clone())),
        _ => Err(format!("invalid request body: the attachment {name:?} is no text")),
    };
    asked.attachments.iter().map(text).collect()
}

/// An exception; a generic call does not bring back the trace of what the method threw.
fn shown_exception(exception: Exception) -> Value {
    json!({ "class": exception.class, "message": exception.message, "stack": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_their_range_or_refused() {
        for (asked, expected) in
            [(None, 5000), (Some(json!(null)), 5000), (Some(json!(1)), 1), (Some(json!(60_000)), 60_000)]
        {
            assert_eq!(within(asked.as_ref()), Ok(Duration::from_millis(expected)));
        }
        for bad in [json!(0), json!(60_001), json!(-1), json!(1.5), json!("5000"), json!(u64::MAX)] {
            let why = within(Some(&bad)).unwrap_err();
            assert!(why.ends_with("timeout_ms is a number of milliseconds from 1 to 60000"), "{why}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_by_its_name() {
        assert!(written(None).is_ok() && written(Some("hessian2")).is_ok());
        for other in ["fastjson2", "json", "kryo", ""] {
            let why = written(Some(other)).unwrap_err();
            assert!(why.contains(&format!("serialization {other:?}: ")) && why.contains("hessian2"), "{why}");
        }
    }

    #[test]
    fn what_a_call_came_to_is_handed_on_as_it_is() {
        let answer = came_to(("value", b"{\"1\":1e400,\"1\":2}".to_vec()), &json!({"ms": 1.5, "node": "a:1"}));
        let expected = "{\"value\":{\"1\":1e400,\"1\":2},\"ms\":1.5,\"node\":\"a:1\"}\n";
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }

    #[test]
    fn what_is_asked_is_checked() {
        let asked = |more: Value| {
            let mut body = json!({"interface": "a.B", "method": "m"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::from_value::<Invoke>(body).map_err(|error| error.to_string()).and_then(|asked| checked(&asked))
        };
        assert_eq!(asked(json!({"attachments": {"k": "v"}})).unwrap(), [("k".to_owned(), "v".to_owned())]);
        for bad in [
            json!({"interface": "a..B"}),
            json!({"interface": "a/B"}),
            json!({"method": "m()"}),
            json!({"types": ["int"]}),
            json!({"attachments": {"k": 1}}),
            json!({"args": {}}),
            json!({"nodes": []}),
        ] {
            assert!(asked(bad.clone()).is_err(), "{bad}");
        }
    }
}
