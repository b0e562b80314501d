//! Health checks as the process has them: who probes, and how the nodes are, for people (Control API) and for metrics.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use gateway_engine::snapshot::Shared;
use gateway_engine::upstream::health::{Checker, Checkers, Condition, State, Verdict};
use gateway_health::{Bounds, Prober};
use gateway_model::resource::CheckKind;
use gateway_plugins::prometheus::{Extra, Sample};
use serde_json::{Value, json};

use crate::background;
use crate::boot::BootError;
use crate::config::Config;
use crate::state::keys;

/// Starts to probe; `None` where checks are switched off. `open_files` is how many files the process may have.
///
/// # Errors
/// The system refuses the thread.
pub(crate) fn start(config: &Config, shared: &Shared, open_files: u64) -> Result<Option<Prober>, BootError> {
    if !config.upstream.health_checks {
        return Ok(None);
    }
    // Where files are few, clients need them more.
    let fit = usize::try_from(open_files / 16).unwrap_or(usize::MAX).max(1);
    let bounds = Bounds { probes: config.limits.health_checks.min(fit) };
    Ok(Some(Prober::start(Arc::clone(&shared.checkers), bounds, background::step_back)?))
}

/// All checkers that have begun, as the Control API shows them.
pub(crate) fn all(checkers: &Checkers) -> Vec<Value> {
    checkers.list().iter().filter(|checker| checker.checks().is_awake()).map(|checker| shown(checker)).collect()
}

/// The checker of one upstream, by where it is configured (`routes/1`); `None`: it has none, or none that has begun.
pub(crate) fn one(checkers: &Checkers, key: &str) -> Option<Value> {
    checkers.get(key).filter(|checker| checker.checks().is_awake()).map(|checker| shown(&checker))
}

fn shown(checker: &Checker) -> Value {
    let active = &checker.checks().rules().active;
    let nodes = checker.nodes().iter().enumerate().map(|(at, node)| {
        let Condition { state, successes, http_failures, tcp_failures, timeouts } = checker.condition(at);
        json!({
            "ip": node.addr.ip().to_string(),
            "port": node.port,
            "hostname": active.hostname(node),
            "status": state.as_str(),
            "counter": {
                "success": successes,
                "http_failure": http_failures,
                "tcp_failure": tcp_failures,
                "timeout_failure": timeouts,
            },
        })
    });
    json!({ "name": name(checker), "type": kind(active.kind), "nodes": nodes.collect::<Vec<_>>() })
}

/// The checker's name: the key of what holds the upstream.
fn name(checker: &Checker) -> String {
    format!("{}/{}", keys::PREFIX, checker.key())
}

fn kind(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Http => "http",
        CheckKind::Https => "https",
        CheckKind::Tcp => "tcp",
        CheckKind::Grpc => "grpc",
        CheckKind::Dubbo => "dubbo",
    }
}

/// The page for a browser, of what [`all`] or [`one`] gave.
pub(crate) fn page(checkers: &[Value]) -> String {
    let mut html = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Health of upstream nodes</title></head>\n<body>\n\
         <h1>Health of upstream nodes</h1>\n<table border=\"1\" cellspacing=\"0\" cellpadding=\"3\">\n\
         <tr><th>Index</th><th>Upstream</th><th>Check type</th><th>Host</th><th>Status</th><th>Success counts</th>\
         <th>TCP Failures</th><th>HTTP Failures</th><th>TIMEOUT Failures</th></tr>\n",
    );
    let rows = checkers.iter().flat_map(|checker| {
        let nodes = checker.get("nodes").and_then(Value::as_array);
        nodes.into_iter().flatten().map(move |node| (checker, node))
    });
    for (index, (checker, node)) in rows.enumerate() {
        let text = |of: &Value, field: &str| escaped(of.get(field).and_then(Value::as_str).unwrap_or_default());
        let number =
            |of: Option<&Value>, field: &str| of.and_then(|of| of.get(field)).and_then(Value::as_u64).unwrap_or(0);
        let counter = node.get("counter");
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}:{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            index + 1,
            text(checker, "name"),
            text(checker, "type"),
            text(node, "ip"),
            number(Some(node), "port"),
            text(node, "status"),
            number(counter, "success"),
            number(counter, "tcp_failure"),
            number(counter, "http_failure"),
            number(counter, "timeout_failure"),
        );
    }
    html.push_str("</table>\n</body>\n</html>\n");
    html
}

/// Text that cannot be mistaken for markup.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut all, c| {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            c => all.push(c),
        }
        all
    })
}

/// Most nodes with a series of their own; all are in `gateway_health_nodes`.
const SERIES: usize = 10_000;

/// The health of nodes, and what probes found.
pub(crate) fn metrics(checkers: &Checkers) -> Vec<Extra> {
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut status: BTreeMap<(String, String, u16), u64> = BTreeMap::new();
    let mut states = [0; State::ALL.len()];
    for checker in checkers.list().iter().filter(|checker| checker.checks().is_awake()) {
        for (at, node) in checker.nodes().iter().enumerate() {
            let state = checker.condition(at).state;
            if let Some(count) = states.get_mut(state as usize) {
                *count += 1;
            }
            if status.len() < SERIES {
                // Two names may lead to one address; where one of them is down, that is what counts.
                let key = (name(checker), node.addr.ip().to_string(), node.port);
                let up = status.entry(key).or_insert(1);
                *up = (*up).min(u64::from(state.is_up()));
            }
        }
    }
    let verdicts = [CheckKind::Http, CheckKind::Https, CheckKind::Tcp, CheckKind::Grpc, CheckKind::Dubbo]
        .into_iter()
        .flat_map(|of| {
            Verdict::ALL.map(|verdict| Sample {
                labels: vec![label("type", kind(of)), label("result", verdict.as_str())],
                value: checkers.counted(of, verdict),
            })
        });
    vec![
        Extra {
            name: "upstream_status".to_owned(),
            help: "Whether health checks hold a node for well".to_owned(),
            counter: false,
            samples: status
                .into_iter()
                .map(|((name, ip, port), up)| Sample {
                    labels: vec![label("name", &name), label("ip", &ip), label("port", &port.to_string())],
                    value: up,
                })
                .collect(),
        },
        Extra {
            name: "gateway_health_nodes".to_owned(),
            help: "Nodes that are checked, by their state".to_owned(),
            counter: false,
            samples: State::ALL
                .iter()
                .zip(states)
                .map(|(state, value)| Sample { labels: vec![label("status", state.as_str())], value })
                .collect(),
        },
        Extra {
            name: "gateway_health_checks_total".to_owned(),
            help: "Active health checks by what they found; not_made: this machine was short of files, ports or memory"
                .to_owned(),
            counter: true,
            samples: verdicts.collect(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_page_is_markup() {
        let checker = json!({
            "name": "/apisix/routes/<b>\"&",
            "type": "http",
            "nodes": [{"ip": "10.0.0.1", "port": 80, "status": "healthy", "counter": {"success": 1, "tcp_failure": 2, "http_failure": 3, "timeout_failure": 4}}],
        });
        let page = page(&[checker]);
        let row = "<tr><td>1</td><td>/apisix/routes/&lt;b&gt;&quot;&amp;</td><td>http</td><td>10.0.0.1:80</td><td>healthy</td><td>1</td><td>2</td><td>3</td><td>4</td></tr>";
        assert!(page.contains(row), "{page}");
    }
}
