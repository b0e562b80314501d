//! `GET live/nodes`: every node that requests may go to, and how it is.

use std::sync::Arc;

use gateway_engine::snapshot::Shared;
use gateway_engine::upstream::health::{Checker, Condition};
use gateway_engine::upstream::{Node, NodeState, Upstream};
use gateway_engine::worker::clock_ms;
use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::super::query::Query;
use super::super::{Api, Refusal};
use crate::control_http::{self, Answer};
use crate::state::now_ms;

impl Api {
    /// The nodes of all upstreams, or of one: `?upstream=ID`, or where it is configured (`routes/ID`).
    pub(super) async fn nodes(&self, query: &Query) -> Result<Answer, Refusal> {
        let wanted = query.get("upstream").filter(|key| !key.is_empty()).map(str::to_owned);
        let shared = Arc::clone(self.state.shared());
        let collect = move || -> Result<Value, Refusal> {
            let snapshot = shared.snapshot();
            let mut upstreams: Vec<&Arc<Upstream>> = snapshot.upstreams.iter().collect();
            if let Some(wanted) = &wanted {
                let whole = format!("upstreams/{wanted}");
                upstreams.retain(|upstream| *upstream.key == **wanted || *upstream.key == *whole);
                if upstreams.is_empty() {
                    let message = format!("there is no upstream {wanted}");
                    return Err(Refusal::new(StatusCode::NOT_FOUND, message));
                }
            }
            upstreams.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(upstreams.into_iter().flat_map(|upstream| rows(&shared, upstream)).collect())
        };
        let rows = tokio::task::spawn_blocking(collect).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &rows?))
    }
}

/// A row for each node of an upstream.
fn rows(shared: &Shared, upstream: &Upstream) -> Vec<Value> {
    let checker = shared.checkers.get(&upstream.key).filter(|checker| checker.checks().is_awake());
    let nodes = upstream.nodes.list().iter().enumerate();
    nodes
        .map(|(at, node)| {
            let state = upstream.shared.as_ref().and_then(|states| states.nodes.get(at)).map(|state| &**state);
            let condition = checker.as_ref().and_then(|checker| condition(checker, node));
            row(upstream, node, state, condition)
        })
        .collect()
}

/// What checks know of a node; the checker may be of another version of the upstream.
fn condition(checker: &Checker, node: &Node) -> Option<Condition> {
    let at = checker.nodes().iter().position(|known| known.id() == node.id())?;
    Some(checker.condition(at))
}

fn row(upstream: &Upstream, node: &Node, state: Option<&NodeState>, checked: Option<Condition>) -> Value {
    let clock = clock_ms();
    // Clocks of two kinds: the process's own for times, that of the day for people.
    let until = state.and_then(NodeState::ejected_until_ms);
    let until = until.map(|until| (now_ms() + until.saturating_sub(clock)) as f64 / 1000.0);
    let word = match (until, checked) {
        (Some(_), _) => "ejected",
        (None, Some(condition)) => condition.state.as_str(),
        (None, None) => "unchecked",
    };
    let checks = checked.map(|of| {
        json!({
            "success": of.successes,
            "tcp_failure": of.tcp_failures,
            "http_failure": of.http_failures,
            "timeout_failure": of.timeouts,
        })
    });
    let source = match (&upstream.discovery, node.named) {
        (Some(registry), _) => registry,
        (None, true) => "dns",
        (None, false) => "static",
    };
    let latency = state.map(|state| state.latency_ms(clock)).filter(|ms| *ms > 0.0);
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("owner", (*upstream.key).into());
    set("scheme", upstream.scheme.as_str().into());
    set("addr", node.addr.to_string().into());
    set("host", (*node.host).into());
    set("weight", node.weight.into());
    set("priority", node.priority.into());
    set("state", word.into());
    set("usable", state.is_none_or(NodeState::usable).into());
    set("checks", checks.into());
    set("active", state.map(NodeState::in_flight).into());
    set("latency_ms", latency.map(|ms| (f64::from(ms) * 1000.0).round() / 1000.0).into());
    set("ejected_until", until.into());
    set("source", source.into());
    Value::Object(fields)
}
