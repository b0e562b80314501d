//! gRPC for operators: which services the gateway knows, what their messages are, and calls of them off the request path
//! (`live/grpc`).

mod connection;
mod invoke;
mod known;
mod told;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway_engine::upstream::Upstream;
use gateway_grpc::{Definitions, MethodDescriptor, ServiceDescriptor, method_document, missing};
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use self::invoke::{Invoke, Question, Sink};
use self::known::{Asked, Known, Place, choose};
use self::told::{Told, told};
use super::auth::Caller;
use super::by_hand::{ByHand, Spoken};
use super::live::{Form, Line};
use super::query::Query;
use super::{Api, Refusal, body};
use crate::control_http::{self, Answer};

/// Calls under way at a time, of all callers.
const MOST_CALLS: usize = 8;

/// Upstreams whose servers are asked for a list.
const MOST_ASKED: usize = 64;

static CALLS: Semaphore = Semaphore::const_new(MOST_CALLS);

impl Api {
    /// `GET live/grpc/services`: what servers of upstreams tell by reflection, and what stored definitions say. With
    /// `?refresh=true` servers are asked again.
    pub(super) async fn grpc_services(&self, query: &Query) -> Result<Answer, Refusal> {
        let known = Arc::new(self.grpc_known().await?);
        let anew = query.get("refresh") == Some("true");
        let mut shown = Vec::new();
        for (upstream, told) in all_told(&known.upstreams, anew).await {
            rows_of(&upstream, &told, &mut shown);
        }
        for upstream in known.upstreams.iter().skip(MOST_ASKED) {
            let why = format!("not asked: {MOST_ASKED} upstreams are");
            shown.push(row("", &[], upstream.nodes.list().len(), &upstream.key, "reflection", Some(&why)));
        }
        for proto in &known.protos {
            let source = format!("protos/{}", proto.id);
            match &*proto.definitions().await {
                Ok(definitions) => shown.extend(definitions.services().iter().map(|service| {
                    let name = service.full_name();
                    row(name, &methods(service), known.nodes_of(name), &source, "proto", None)
                })),
                Err(why) => shown.push(row("", &[], 0, &source, "proto", Some(why))),
            }
        }
        Ok(control_http::json(StatusCode::OK, &Value::Array(shown)))
    }

    /// `GET live/grpc/definitions?service=NAME[&proto=ID][&upstream=ID]`: all that is known of a service (a method of it or a
    /// message may be named as well), as a descriptor set in base64.
    pub(super) async fn grpc_definitions(&self, query: &Query) -> Result<Answer, Refusal> {
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        let service = given("service").ok_or_else(|| Refusal::bad("missing argument service: package.Service"))?;
        let known = self.grpc_known().await?;
        let asked = Asked { upstream: given("upstream"), ..Asked::default() };
        let (definitions, source) = defining(&known, service, asked, given("proto")).await?;
        let body = json!({ "service": service, "source": source, "set": BASE64.encode(definitions.encoded()) });
        Ok(control_http::json(StatusCode::OK, &body))
    }

    /// `POST live/grpc/invoke`: a call. Only nodes of upstreams are called.
    pub(super) async fn grpc_invoke(
        &self,
        head: &Parts,
        body: Option<Value>,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        let Some(body) = body else { return Err(Refusal::bad("missing request body")) };
        let asked: Invoke = body::asked(body)?;
        asked.checked().map_err(Refusal::bad)?;
        let Ok(permit) = CALLS.try_acquire() else {
            return Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{MOST_CALLS} calls are under way already: try again when one has ended"),
            ));
        };
        let known = self.grpc_known().await?;
        let upstreams = destination(&known, &asked).await?;
        let place = choose(&upstreams, asked.asked())?;
        let method = defined(&known, &asked, &place).await?;
        let question = asked.question(method).map_err(Refusal::bad)?;
        let node = place.node().map(|node| node.addr.to_string()).unwrap_or_default();
        let by = ByHand::begins(Spoken::Grpc, caller, &asked.service, &asked.method, node);
        match Form::of(head) {
            Form::Document => whole(by, &place, question).await,
            form => self.grpc_stream(head, form, (by, place), question, permit),
        }
    }

    /// The same, each message as it comes, and how the call ended behind them.
    fn grpc_stream(
        &self,
        head: &Parts,
        form: Form,
        (mut by, place): (ByHand, Place),
        question: Question,
        permit: SemaphorePermit<'static>,
    ) -> Result<Answer, Refusal> {
        let (feed, answer) = self.streams.open(head, form)?;
        let feed = Arc::new(feed);
        tokio::spawn(async move {
            let mut sink = Sink::Read(Arc::clone(&feed));
            let done = tokio::select! {
                done = question.call(&place, &mut sink) => Some(done),
                () = feed.closed() => None,
            };
            let end = match done {
                Some(Ok(outcome)) => {
                    by.ended(outcome.ended.name());
                    json!({ "end": outcome.told(by.node()) })
                }
                Some(Err((why, _))) => {
                    by.ended("failed");
                    json!({ "error_msg": why, "node": by.node() })
                }
                None => Value::Null,
            };
            // Written down before its end is told.
            drop(by);
            feed.send(Line::new("end", end.to_string())).await;
            drop(permit);
        });
        Ok(answer)
    }

    async fn grpc_known(&self) -> Result<Known, Refusal> {
        let snapshot = self.state.shared().snapshot();
        self.look(move |tables| Known::of(tables, &snapshot)).await
    }
}

/// The call as one answer.
async fn whole(mut by: ByHand, place: &Place, question: Question) -> Result<Answer, Refusal> {
    let mut sink = Sink::Kept(Vec::new());
    match question.call(place, &mut sink).await {
        Ok(outcome) => {
            let messages = if let Sink::Kept(messages) = sink { messages } else { Vec::new() };
            by.ended(outcome.ended.name());
            let mut told = outcome.told(by.node());
            told.shift_insert(0, "messages".to_owned(), Value::Array(messages));
            Ok(control_http::json(StatusCode::OK, &Value::Object(told)))
        }
        Err((why, late)) => {
            by.ended("failed");
            let status = if late { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
            Err(Refusal::json(status, json!({ "error_msg": why, "node": by.node() })))
        }
    }
}

/// What the servers of all these upstreams tell, in their order.
async fn all_told(upstreams: &[Arc<Upstream>], anew: bool) -> Vec<(Arc<Upstream>, Told)> {
    let mut asking = JoinSet::new();
    for (n, upstream) in upstreams.iter().take(MOST_ASKED).cloned().enumerate() {
        asking.spawn(async move {
            let told = told(&upstream, None, anew).await;
            (n, upstream, told)
        });
    }
    let mut all = asking.join_all().await;
    all.sort_by_key(|(n, ..)| *n);
    all.into_iter().map(|(_, upstream, told)| (upstream, told)).collect()
}

/// The services of an upstream, and what could not be learnt of them.
fn rows_of(upstream: &Upstream, told: &Told, rows: &mut Vec<Value>) {
    let nodes = upstream.nodes.list().len();
    let mut push = |name: &str, methods: &[Value], error: Option<&str>| {
        rows.push(row(name, methods, nodes, &upstream.key, "reflection", error));
    };
    match &**told {
        Err(why) => push("", &[], Some(why)),
        Ok(reflected) => {
            let undefined = missing(reflected);
            for name in &reflected.services {
                let service = reflected.definitions.service(name);
                let methods = service.as_ref().map(methods).unwrap_or_default();
                let error = undefined.contains(&name.as_str()).then(|| {
                    let trouble = reflected.troubles.iter().find(|trouble| trouble.starts_with(name.as_str()));
                    trouble.or(reflected.troubles.first()).map_or("the server does not define it", String::as_str)
                });
                push(name, &methods, error);
            }
            if reflected.services.is_empty() {
                push("", &[], Some(reflected.troubles.first().map_or("the server names no services", String::as_str)));
            }
        }
    }
}

fn methods(service: &ServiceDescriptor) -> Vec<Value> {
    service.methods().map(|method| method_document(&method)).collect()
}

fn row(service: &str, methods: &[Value], nodes: usize, source: &str, by: &str, error: Option<&str>) -> Value {
    json!({ "service": service, "methods": methods, "nodes": nodes, "source": source, "by": by, "error": error })
}

/// The upstreams that a call may go to: those that are asked for, whose routes name the service, whose servers say that they have
/// it, or to which routes for anything lead.
async fn destination(known: &Known, asked: &Invoke) -> Result<Vec<Arc<Upstream>>, Refusal> {
    let (service, method) = (&*asked.service, &*asked.method);
    let named = known.named(service, method, asked.asked())?;
    if !named.is_empty() {
        return Ok(named);
    }
    let serves =
        |told: &Told| told.as_ref().as_ref().is_ok_and(|told| told.services.iter().any(|name| name == service));
    let all = all_told(&known.upstreams, false).await;
    let serving: Vec<Arc<Upstream>> =
        all.into_iter().filter(|(_, told)| serves(told)).map(|(upstream, _)| upstream).collect();
    let found = if serving.is_empty() { known.wide(service, method) } else { serving };
    if found.is_empty() {
        let message = format!("no upstream for gRPC leads to {service}, or none has nodes");
        return Err(Refusal::new(StatusCode::NOT_FOUND, message));
    }
    Ok(found)
}

/// The method that is to be called.
async fn defined(known: &Known, asked: &Invoke, place: &Place) -> Result<MethodDescriptor, Refusal> {
    let service = &*asked.service;
    let (definitions, source) = match asked.definitions().await.map_err(Refusal::bad)? {
        Some(definitions) => (definitions, "definitions".to_owned()),
        None => definitions(known, service, Some(place), &place.upstream.key, asked.proto.as_deref()).await?,
    };
    definitions.method(service, &asked.method).ok_or_else(|| {
        let names: Vec<String> = definitions
            .service(service)
            .map(|service| service.methods().map(|method| method.name().to_owned()).collect())
            .unwrap_or_default();
        let message = format!("{service} has no method {} ({source}); it has {}", asked.method, names.join(", "));
        Refusal::json(StatusCode::NOT_FOUND, json!({ "error_msg": message, "methods": names }))
    })
}

/// What is known of a service, wherever it is.
async fn defining(
    known: &Known,
    service: &str,
    asked: Asked<'_>,
    proto: Option<&str>,
) -> Result<(Definitions, String), Refusal> {
    let mut upstreams = known.named(service, "", asked)?;
    if upstreams.is_empty() && proto.is_none() {
        upstreams.clone_from(&known.upstreams);
    }
    for (upstream, told) in all_told(&upstreams, false).await {
        if proto.is_none()
            && let Ok(reflected) = &*told
            && reflected.definitions.defines(service)
        {
            return Ok((reflected.definitions.clone(), upstream.key.to_string()));
        }
    }
    definitions(known, service, None, "", proto).await
}

/// What a service is: as the stored definition says that is asked for, the server, or any stored one; and where that stands.
///
/// # Errors
/// Nobody says.
async fn definitions(
    known: &Known,
    service: &str,
    place: Option<&Place>,
    upstream: &str,
    proto: Option<&str>,
) -> Result<(Definitions, String), Refusal> {
    let not_found = |message: String| Refusal::new(StatusCode::NOT_FOUND, message);
    if let Some(id) = proto {
        let proto = known.proto(id).ok_or_else(|| not_found(format!("there is no proto {id}")))?;
        let compiled = proto.definitions().await;
        let definitions = compiled.as_ref().as_ref().map_err(|why| Refusal::bad(format!("protos/{id}: {why}")))?;
        if !definitions.defines(service) {
            return Err(not_found(format!("protos/{id} has no service {service}")));
        }
        return Ok((definitions.clone(), format!("protos/{id}")));
    }
    let mut silent = String::new();
    if let Some(place) = place {
        match &*told(&place.upstream, Some(place), false).await {
            Ok(told) if told.definitions.defines(service) => {
                return Ok((told.definitions.clone(), place.upstream.key.to_string()));
            }
            Ok(_) => silent = format!("; the server of {upstream} does not tell of it"),
            Err(why) => silent = format!("; {upstream}: {why}"),
        }
    }
    for proto in known.protos_for(upstream) {
        if let Ok(definitions) = &*proto.definitions().await
            && definitions.defines(service)
        {
            return Ok((definitions.clone(), format!("protos/{}", proto.id)));
        }
    }
    Err(not_found(format!("nothing defines {service}: no proto does{silent}")))
}
