//! `POST live/explain`: what a request would come to, and why, without sending it.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::Field;
use gateway_engine::pipeline::{Candidate, Explained, Failed, Level, Seen, Verdict, protocol_name};
use gateway_engine::plugin::ExitBody;
use gateway_engine::router::{RouteKey, Routed, Router, method_bit};
use gateway_engine::snapshot::Snapshot;
use gateway_engine::tls::{ClientCheck, Identity};
use gateway_engine::upstream::{Balancer, HostRule, LocalUpstream};
use gateway_engine::worker::{Target, Worker};
use gateway_model::{Kind, json};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::super::{Api, Refusal};
use super::asked::{Asked, Unsent};
use super::{hidden, shown};
use crate::config::Listener;
use crate::control_http::{self, Answer};
use crate::masks;
use crate::state::{State, Tables};

/// Routes that are switched off, of those that are told.
const OFF: usize = 10;

/// Bytes of an answer's body that are told.
const BODY: usize = 1024;

impl Api {
    /// Explains a request.
    pub(super) async fn explain(&self, body: Option<Value>) -> Result<Answer, Refusal> {
        let asked = Asked::read(body)?;
        let (state, process) = (self.state.clone(), Arc::clone(&self.process));
        // On a thread where it keeps nobody waiting; what runs there is as on a worker.
        let explain = move || {
            let worker = Worker::aside(Arc::clone(state.shared()));
            let unsent = asked.unsent(&worker, &process.doors)?;
            Ok(Story { state: &state, worker }.tell(unsent))
        };
        let told: Result<Value, Refusal> =
            tokio::task::spawn_blocking(explain).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &told?))
    }
}

/// What is known where a request is explained.
struct Story<'s> {
    state: &'s State,
    worker: Rc<Worker>,
}

impl Story<'_> {
    fn tell(&self, unsent: Unsent) -> Value {
        let Unsent { mut x, listener, server_name, identity, refused } = unsent;
        let snapshot = self.worker.snapshot();
        let mut told = Map::new();
        let mut tell = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
        tell("rev", snapshot.revision.into());
        tell("listener", listener.map_or(Value::Null, |door| listener_of(&door)));
        tell("tls", server_name.map_or(Value::Null, |name| tls(&x, &name, identity.as_deref())));
        tell("protocol", protocol_name(&x).into());
        if let Some(refuse) = refused {
            tell("candidates", json!([]));
            tell("answer", json!({ "status": refuse.status, "by": null, "reason": refuse.reason }));
            return Value::Object(told);
        }
        let explained = gateway_engine::pipeline::explain(&mut x);
        // Whether it is a call of gRPC is known by now.
        tell("protocol", protocol_name(&x).into());
        let off = self.switched_off(&x, &snapshot);
        self.state.read(|tables| {
            let mut candidates: Vec<Value> =
                explained.candidates.iter().map(|candidate| one(&x, candidate, tables)).collect();
            candidates.extend(off);
            tell("candidates", candidates.into());
            tell("more_candidates", explained.more.into());
            let local = x.route.as_ref();
            tell("route_id", local.map(|local| &*local.route.id).into());
            tell("route_name", local.and_then(|local| local.route.name.as_deref()).into());
            let service = local.and_then(|local| local.service.as_ref());
            tell("service_id", service.map(|service| &*service.id).into());
            tell("consumer", consumer(&x));
            tell("plugins", explained.plugins.iter().map(|seen| self.plugin(&x, seen, tables)).collect());
        });
        tell("answer", answer(&explained));
        let upstream = upstream_of(&x);
        // Which host it gets is up to the upstream.
        if let Ok(Some(upstream)) = &upstream {
            x.upstream.upstream = Some(Rc::clone(upstream));
            x.upstream.node = sole_node(&x, upstream);
        }
        tell(
            "upstream",
            match &upstream {
                Ok(Some(upstream)) => told_upstream(&x, upstream),
                Ok(None) => Value::Null,
                Err(status) => json!({ "error": format!("there is no such upstream ({status})") }),
            },
        );
        tell("request", request(&x));
        Value::Object(told)
    }

    /// A plugin with its configuration, which is that of the object that brings it.
    fn plugin(&self, x: &Exchange, seen: &Seen, tables: &Tables) -> Value {
        let (origin, kind, id) = origin(x, seen, tables);
        let stored = id.as_deref().and_then(|id| tables.get(kind, id));
        let specs = &**self.state.registry();
        let object = stored.map(|stored| shown::object(kind, &stored.bytes, specs));
        let config = object.and_then(|mut object| object.get_mut("plugins")?.get_mut(&*seen.name).map(Value::take));
        let (verdict, skipped) = match seen.verdict {
            Verdict::Pass => ("pass".to_owned(), None),
            Verdict::Exit(status) => (format!("exit {status}"), None),
            Verdict::Filtered => ("skipped".to_owned(), Some("its _meta.filter does not hold")),
            Verdict::Disabled => ("skipped".to_owned(), Some("it is switched off (_meta.disable)")),
            Verdict::GaveWay => ("skipped".to_owned(), Some("the route has its own (run_policy)")),
            Verdict::TooLate => {
                ("skipped".to_owned(), Some("it came with the consumer, after the route's own had run"))
            }
            Verdict::NotTried => ("not tried".to_owned(), None),
            Verdict::NotReached => ("not reached".to_owned(), None),
            Verdict::Later => ("later".to_owned(), None),
        };
        json!({
            "name": &*seen.name,
            "priority": seen.priority,
            "phases": seen.phases.names().collect::<Vec<_>>(),
            "origin": origin,
            "origin_id": id,
            "config": config,
            "verdict": verdict,
            "skipped": skipped,
        })
    }

    /// Routes that the request would be asked of if they were not switched off.
    fn switched_off(&self, x: &Exchange, snapshot: &Snapshot) -> Vec<Value> {
        let mode = snapshot.router.mode();
        let mut router = Router::new(mode);
        self.state.read(|tables| {
            // Few routes say it, and to read all of them takes long.
            let says = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"\"status\"");
            let off = tables.iter(Kind::Route).filter(|(_, stored)| says(&stored.bytes));
            for (slot, (id, stored)) in off.enumerate() {
                let Ok(route) = json::parse(&stored.bytes) else { continue };
                if route.get("status").and_then(Value::as_u64) != Some(0) {
                    continue;
                }
                let hosts = hosts(&route, tables);
                let uris = texts(&route, "uri", "uris");
                if RouteKey::check_places(mode, id, uris.len(), hosts.len()).is_err() {
                    continue;
                }
                let mut key = RouteKey::new(mode, &uris, &hosts);
                key.methods = texts(&route, "", "methods").iter().fold(0, |all, m| all | method_bit(m.as_bytes()));
                key.slot = u32::try_from(slot).unwrap_or(u32::MAX);
                let name = route.get("name").and_then(Value::as_str).map(str::to_owned);
                router.insert(&Arc::new(Off { key, id: id.to_owned(), name, uris }));
            }
        });
        let mut told = Vec::new();
        let host = if mode == gateway_engine::router::Mode::HostUri { x.host() } else { x.authority() };
        router.walk_candidates(host, x.path(), x.req.method_bit, &mut |cand, verdict| {
            if verdict.method && verdict.host && verdict.path {
                let uri = cand.pattern().and_then(|at| cand.route.uris.get(at));
                told.push(json!({
                    "route_id": cand.route.id, "name": cand.route.name, "uri": uri, "matched": false,
                    "failed_on": "status", "detail": "the route is switched off (status 0)",
                }));
            }
            if told.len() < OFF { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        told
    }
}

/// A route that is switched off.
struct Off {
    key: RouteKey,
    id: String,
    name: Option<String>,
    uris: Vec<String>,
}

impl Routed for Off {
    fn key(&self) -> &RouteKey {
        &self.key
    }
}

/// A field that is one text, or another that is a list of them.
fn texts(object: &Value, one: &str, many: &str) -> Vec<String> {
    let many = object.get(many).and_then(Value::as_array).into_iter().flatten();
    object.get(one).into_iter().chain(many).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The hosts of a route, or its service's.
fn hosts(route: &Value, tables: &Tables) -> Vec<String> {
    let own = texts(route, "host", "hosts");
    if !own.is_empty() {
        return own;
    }
    let id = match route.get("service_id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return own,
    };
    let service = tables.get(Kind::Service, &id).and_then(|stored| json::parse(&stored.bytes).ok());
    service.map_or(own, |service| texts(&service, "", "hosts"))
}

fn listener_of(door: &Listener) -> Value {
    json!({ "addr": door.addr.to_string(), "tls": door.tls, "http2": door.http2 })
}

fn tls(x: &Exchange, name: &str, identity: Option<&Identity>) -> Value {
    let shown = x.conn.session.as_ref().is_some_and(|session| session.check == ClientCheck::Verified);
    match identity {
        Some(identity) => json!({
            "sni": name, "ssl_id": &*identity.id, "client_cert": identity.asks, "client_cert_shown": shown,
            "shut": identity.is_shut(),
        }),
        None => json!({ "sni": name, "ssl_id": null }),
    }
}

/// A candidate, and why it is not the one.
fn one(x: &Exchange, candidate: &Candidate, tables: &Tables) -> Value {
    let route = &candidate.route;
    let uri = candidate.pattern.and_then(|at| route.uris.get(at));
    let told = candidate.failed.as_ref().map(|failed| reason(x, candidate, failed, tables));
    let (on, detail) = told.unzip();
    json!({
        "route_id": &*route.id, "name": route.name.as_deref(), "uri": uri, "matched": candidate.failed.is_none(),
        "failed_on": on, "detail": detail,
    })
}

fn reason(x: &Exchange, candidate: &Candidate, failed: &Failed, tables: &Tables) -> (&'static str, String) {
    let route = &candidate.route;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match failed {
        Failed::Method(methods) => ("method", format!("{} not in [{}]", text(x.method()), methods.join(", "))),
        Failed::Host => ("host", format!("{} not in [{}]", text(x.host()), route.hosts.join(", "))),
        Failed::Uri => ("uri", format!("{} does not fit [{}]", text(x.path()), route.uris.join(", "))),
        Failed::Protocol => ("protocol", format!("{} is not in downstream_protocol", protocol_name(x))),
        Failed::RemoteAddr => ("remote_addr", format!("{} is not in remote_addrs", x.remote_addr())),
        Failed::Vars(what) => ("vars", vars(x, what.as_ref(), &route.id, tables)),
        Failed::Order => {
            let first = x.route.as_ref().map_or("another route", |local| &*local.route.id);
            ("priority", format!("everything holds, but {first} goes before it"))
        }
    }
}

/// Which condition does not hold, as it is written, and the value it sees.
fn vars(
    x: &Exchange,
    what: Option<&(usize, Option<gateway_engine::expr::Looked>)>,
    id: &str,
    tables: &Tables,
) -> String {
    let Some((at, looked)) = what else { return "the expression does not hold".to_owned() };
    let route = tables.get(Kind::Route, id).and_then(|stored| json::parse(&stored.bytes).ok());
    let conditions = route.as_ref().and_then(|route| route.get("vars")).and_then(Value::as_array);
    let word = conditions.and_then(|all| all.first()).is_some_and(Value::is_string);
    let condition = conditions.and_then(|all| all.get(at + usize::from(word))).cloned();
    let written = condition.map(|mut condition| {
        masks::part(&mut condition);
        condition.to_string()
    });
    let written = written.unwrap_or_else(|| format!("condition {}", at + 1));
    match looked {
        None => format!("{written} does not hold"),
        Some((name, None)) => format!("{written} does not hold: {name} is absent"),
        Some((name, Some(value))) => {
            match hidden::variable(x, name, value.get(..BODY.min(value.len())).unwrap_or_default()) {
                None => format!("{written} does not hold"),
                Some(value) => format!("{written} does not hold: {name} is {:?}", String::from_utf8_lossy(&value)),
            }
        }
    }
}

fn consumer(x: &Exchange) -> Value {
    let Some(found) = &x.consumer else { return Value::Null };
    let by = Some(&*found.plugin).filter(|plugin| !plugin.is_empty());
    json!({
        "username": found.username(), "by": by, "credential": found.credential_id(), "group": found.group_id(),
    })
}

/// Where a plugin comes from: the level, and the object.
fn origin(x: &Exchange, seen: &Seen, tables: &Tables) -> (&'static str, Kind, Option<String>) {
    let local = x.route.as_ref();
    let consumer = x.consumer.as_ref();
    match seen.level {
        Level::Global => {
            let names = |stored: &[u8]| {
                json::parse(stored).is_ok_and(|rule| rule.get("plugins").is_some_and(|p| p.get(&*seen.name).is_some()))
            };
            let rule = tables.iter(Kind::GlobalRule).find(|(_, stored)| names(&stored.bytes));
            ("global_rule", Kind::GlobalRule, rule.map(|(id, _)| id.to_owned()))
        }
        Level::Service => {
            let service = local.and_then(|local| local.service.as_ref());
            ("service", Kind::Service, service.map(|service| service.id.to_string()))
        }
        Level::PluginConfig => {
            let config = local.and_then(|local| local.config.as_ref());
            ("plugin_config", Kind::PluginConfig, config.map(|config| config.id.to_string()))
        }
        Level::Route => ("route", Kind::Route, local.map(|local| local.route.id.to_string())),
        Level::Group => {
            let group = consumer.and_then(|found| found.group_id());
            ("consumer_group", Kind::ConsumerGroup, group.map(str::to_owned))
        }
        Level::Consumer => ("consumer", Kind::Consumer, consumer.map(|found| found.username().to_owned())),
    }
}

/// What answers instead of an upstream.
fn answer(explained: &Explained) -> Value {
    let Some((by, exit)) = &explained.exit else { return Value::Null };
    let body = match &exit.body {
        ExitBody::Page => None,
        ExitBody::Text(text) => Some(String::from_utf8_lossy(text.get(..BODY.min(text.len())).unwrap_or_default())),
    };
    let mut answer = json!({ "status": exit.status, "by": by.as_deref(), "body": body });
    if let Some(reason) = &explained.reason {
        answer["reason"] = reason.as_str().into();
    }
    answer
}

/// Where it would go; `Ok(None)`: nowhere, `Err`: to what does not exist.
fn upstream_of(x: &Exchange) -> Result<Option<Rc<LocalUpstream>>, u16> {
    if let Some(chosen) = &x.upstream.upstream {
        return Ok(Some(Rc::clone(chosen)));
    }
    match x.route.as_ref().map(|local| &local.target) {
        Some(Target::Upstream(upstream)) => Ok(Some(Rc::clone(upstream))),
        Some(Target::Missing) => Err(502),
        Some(Target::None) | None => Ok(None),
    }
}

/// The node, where it is sure which it would be: there is one, or it is found by a hash.
fn sole_node(x: &Exchange, upstream: &LocalUpstream) -> Option<Rc<gateway_engine::upstream::LocalNode>> {
    let sure = upstream.upstream().nodes.len() == 1 || upstream.upstream().balancer == Balancer::Chash;
    sure.then(|| upstream.pick(x).ok()).flatten()
}

fn told_upstream(x: &Exchange, local: &LocalUpstream) -> Value {
    let upstream = local.upstream();
    let states = upstream.shared.as_ref().map(|shared| &shared.nodes);
    let nodes = upstream.nodes.list().iter().enumerate().map(|(at, node)| {
        let state = states.and_then(|states| states.get(at));
        let healthy = state.is_none_or(|state| state.usable());
        let why = match state {
            Some(state) if state.is_down() => Some("down"),
            Some(state) if state.is_ejected() => Some("ejected"),
            _ => None,
        };
        json!({
            "addr": node.addr.to_string(), "host": &*node.host, "weight": node.weight, "priority": node.priority,
            "healthy": healthy, "state": why,
        })
    });
    let nodes: Vec<Value> = nodes.collect();
    let kind = match upstream.balancer {
        Balancer::RoundRobin => "roundrobin",
        Balancer::Chash => "chash",
        Balancer::LeastConn => "least_conn",
        Balancer::Ewma => "ewma",
    };
    let pass_host = match &upstream.host {
        HostRule::Pass => "pass",
        HostRule::Node | HostRule::NodeName => "node",
        HostRule::Rewrite(_) => "rewrite",
    };
    json!({
        "id": upstream.key.strip_prefix("upstreams/"), "owner": &*upstream.key, "scheme": upstream.scheme.as_str(),
        "type": kind, "pass_host": pass_host, "nodes": nodes,
        "node": x.upstream.node.as_ref().map(|node| node.addr.to_string()), "error": upstream.broken.as_deref(),
    })
}

/// The request as an upstream would get it, as far as plugins were tried.
fn request(x: &Exchange) -> Value {
    let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes));
    let mut headers: Map<String, Value> = Map::new();
    let head = &x.req.head;
    let forwards = x
        .upstream
        .upstream
        .as_ref()
        .is_some_and(|upstream| matches!(upstream.upstream().scheme.as_str(), "http" | "https" | "grpc" | "grpcs"));
    let passed = head.fields().iter().filter(|field| {
        field.flags & Field::DEAD == 0 && (field.flags & Field::HOP == 0 || field.flags & Field::EDITED != 0)
    });
    for field in passed {
        let name = String::from_utf8_lossy(head.name(field).text()).into_owned();
        if name.eq_ignore_ascii_case("host") || forwards && name.eq_ignore_ascii_case("x-forwarded-for") {
            continue;
        }
        let value = text(&hidden::field(x, &name, head.value(field)));
        match headers.get_mut(&name) {
            None => drop(headers.insert(name, value)),
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    if forwards {
        forwarding(x, &mut headers);
    }
    // Which node it is, and so which host, may be open.
    let host = Some(x.upstream_host()).filter(|host| !host.is_empty()).map(text);
    json!({
        "method": text(x.upstream_method()), "uri": text(&hidden::url(x, x.upstream_target())), "host": host, "headers": headers,
    })
}

/// The fields by which an upstream learns who the client is, unless they are there.
fn forwarding(x: &Exchange, headers: &mut Map<String, Value>) {
    let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes));
    let mut add = |name: &str, value: Value| {
        if !headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            headers.insert(name.to_owned(), value);
        }
    };
    add("X-Real-IP", x.remote_addr().to_canonical().to_string().into());
    add("X-Forwarded-Proto", x.conn.scheme().into());
    add("X-Forwarded-Port", text(x.conn.local_port_text()));
    add("X-Forwarded-For", text(&x.forwarded_for()));
    if !x.authority().is_empty() {
        add("X-Forwarded-Host", text(x.authority()));
    }
}
