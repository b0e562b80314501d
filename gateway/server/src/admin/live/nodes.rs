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
use super::rates::Told;
use crate::control_http::{self, Answer};
use crate::state::now_ms;

impl Api {
    /// The nodes of all upstreams, or of one: `?upstream=ID`, or where it is configured (`routes/ID`).
    pub(super) async fn nodes(&self, query: &Query) -> Result<Answer, Refusal> {
        let wanted = query.get("upstream").filter(|key| !key.is_empty()).map(str::to_owned);
        let (shared, rates) = (Arc::clone(self.state.shared()), Arc::clone(&self.rates));
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
            let told = rates.told(&shared);
            Ok(upstreams.into_iter().flat_map(|upstream| rows(&shared, upstream, told.as_deref())).collect())
        };
        let rows = tokio::task::spawn_blocking(collect).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &rows?))
    }
}

/// A row for each node of an upstream.
fn rows(shared: &Shared, upstream: &Upstream, told: Option<&Told>) -> Vec<Value> {
    let checker = shared.checkers.get(&upstream.key).filter(|checker| checker.checks().is_awake());
    let nodes = upstream.nodes.list().iter().enumerate();
    nodes
        .map(|(at, node)| {
            let state = upstream.shared.as_ref().and_then(|states| states.nodes.get(at)).map(|state| &**state);
            let condition = checker.as_ref().and_then(|checker| condition(checker, node));
            let mut row = row(upstream, node, state, condition);
            let rate = told.map(|told| told.of(name(upstream), &node.addr.to_string()));
            row.insert("rps".to_owned(), rate.map(|rate| thousandths(rate.rps)).into());
            row.insert("p99_ms".to_owned(), rate.and_then(|rate| rate.p99_ms).map(thousandths).into());
            Value::Object(row)
        })
        .collect()
}

/// How statistics name an upstream: its id, or where it is configured.
fn name(upstream: &Upstream) -> &str {
    upstream.key.strip_prefix("upstreams/").unwrap_or(&upstream.key)
}

fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// What checks know of a node, and when they probed it last; the checker may be of another version of the upstream.
fn condition(checker: &Checker, node: &Node) -> Option<(Condition, Option<u64>)> {
    let at = checker.nodes().iter().position(|known| known.id() == node.id())?;
    Some((checker.condition(at), checker.probed_ms(at)))
}

fn row(
    upstream: &Upstream,
    node: &Node,
    state: Option<&NodeState>,
    checked: Option<(Condition, Option<u64>)>,
) -> Map<String, Value> {
    let clock = clock_ms();
    // Clocks of two kinds: the process's own for times, that of the day for people.
    let until = state.and_then(NodeState::ejected_until_ms);
    let until = until.map(|until| (now_ms() + until.saturating_sub(clock)) as f64 / 1000.0);
    let word = match (until, checked) {
        (Some(_), _) => "ejected",
        (None, Some((condition, _))) => condition.state.as_str(),
        (None, None) => "unchecked",
    };
    let probed = checked.and_then(|(_, probed)| probed);
    let probed = probed.map(|at| now_ms().saturating_sub(clock.saturating_sub(at)) as f64 / 1000.0);
    let checks = checked.map(|(of, _)| {
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
    set("last_check", probed.into());
    set("active", state.map(NodeState::in_flight).into());
    set("latency_ms", latency.map(|ms| (f64::from(ms) * 1000.0).round() / 1000.0).into());
    set("ejected_until", until.into());
    set("source", source.into());
    fields
}
