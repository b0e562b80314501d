//! The rows of `live/stats`: what they are about, and their columns.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::filter::{compare, text_of};
use crate::output::list::{Head, Record, head, wide_head};
use crate::suggest;

/// What rows may be about: as the gateway calls it, and words for it.
const DIMENSIONS: [(&str, &[&str]); 7] = [
    ("route", &["routes", "r"]),
    ("service", &["services", "svc"]),
    ("upstream", &["upstreams", "up"]),
    ("node", &["nodes"]),
    ("consumer", &["consumers", "c"]),
    ("protocol", &["protocols"]),
    ("status", &["statuses"]),
];

/// What there is traffic by.
pub(crate) fn dimensions() -> impl Iterator<Item = &'static str> {
    DIMENSIONS.iter().map(|(name, _)| *name)
}

/// The dimension of a word.
///
/// # Errors
/// Usage, with what was probably meant.
pub(super) fn dimension(word: &str) -> Result<&'static str> {
    let found = DIMENSIONS.iter().find(|(name, others)| *name == word || others.contains(&word));
    found.map(|(name, _)| *name).ok_or_else(|| {
        let names = DIMENSIONS.iter().map(|(name, _)| *name);
        let all = || format!("there is traffic by {}", names.clone().collect::<Vec<_>>().join(", "));
        Error::usage(format!("no traffic by \"{word}\"")).hint(suggest::hint(word, names.clone()).unwrap_or_else(all))
    })
}

/// The columns, of which the first is what the rows are about.
pub(super) fn heads(dimension: &'static str) -> Vec<Head> {
    let first = match dimension {
        "route" => "ROUTE",
        "service" => "SERVICE",
        "upstream" => "UPSTREAM",
        "node" => "NODE",
        "consumer" => "CONSUMER",
        "protocol" => "PROTOCOL",
        _ => "STATUS",
    };
    vec![
        head(first, 1),
        head(if dimension == "node" { "UPSTREAM" } else { "NAME" }, 2),
        head("RPS", 0),
        head("SUCCESS", 0),
        head("4XX", 0),
        head("5XX", 0),
        head("P50", 0),
        head("P90", 0),
        head("P95", 0),
        head("P99", 0),
        head("MAX", 0),
        wide_head("REQUESTS", 0),
        wide_head("RX-BPS", 0),
        wide_head("TX-BPS", 0),
    ]
}

/// Rows of a dimension, of these ids where some are named.
pub(super) fn of<'v>(stats: &'v Value, dimension: &str, ids: &[String]) -> Vec<&'v Value> {
    let all = stats.pointer(&format!("/by/{dimension}")).and_then(Value::as_array).into_iter().flatten();
    let named = |row: &&Value| {
        ids.is_empty() || ids.iter().any(|id| ["id", "name"].iter().any(|field| text(row, field) == *id))
    };
    all.filter(named).collect()
}

/// A field to order by: RPS and the like with the largest first, names from A.
pub(super) fn sort(rows: &mut [&Value], field: &str) {
    let pointer = match field {
        "name" | "id" => "/id",
        "errors" | "success" => "/err",
        "5xx" => "/codes/5xx",
        "4xx" => "/codes/4xx",
        "p50" => "/p50",
        "p90" => "/p90",
        "p95" => "/p95",
        "p99" => "/p99",
        "max" => "/max",
        "tx" => "/tx_bps",
        "rx" => "/rx_bps",
        _ => "/rps",
    };
    rows.sort_by(|a, b| {
        let order = match (a.pointer(pointer), b.pointer(pointer)) {
            (Some(a), Some(b)) => compare(a, b).unwrap_or(std::cmp::Ordering::Equal),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        if pointer == "/id" { order } else { order.reverse() }
    });
}

/// What can be ordered by.
pub(super) const SORTS: [&str; 10] = ["rps", "name", "errors", "5xx", "4xx", "p50", "p95", "p99", "max", "tx"];

/// One row.
pub(super) fn record(dimension: &str, row: &Value) -> Record {
    let id = match text(row, "id") {
        id if id.is_empty() => "(others)".to_owned(),
        id => id,
    };
    let second = if dimension == "node" { text(row, "upstream") } else { text(row, "name") };
    let number = |pointer: &str| row.pointer(pointer).and_then(Value::as_f64);
    let shown = |pointer: &str| number(pointer).map_or("-".to_owned(), rounded);
    let count = |pointer: &str| row.pointer(pointer).and_then(Value::as_u64).map_or("-".to_owned(), |n| n.to_string());
    let success = number("/err").map_or("-".to_owned(), |err| format!("{:.2}%", (1.0 - err) * 100.0));
    let cells = vec![
        id.clone(),
        if second.is_empty() { "-".to_owned() } else { second },
        shown("/rps"),
        success,
        count("/codes/4xx"),
        count("/codes/5xx"),
        shown("/p50"),
        shown("/p90"),
        shown("/p95"),
        shown("/p99"),
        shown("/max"),
        count("/n"),
        number("/rx_bps").map_or("-".to_owned(), |bytes| format!("{bytes:.0}")),
        number("/tx_bps").map_or("-".to_owned(), |bytes| format!("{bytes:.0}")),
    ];
    Record { name: format!("{dimension}/{id}"), cells, document: row.clone() }
}

/// Two digits behind the point below ten, one below a hundred, else none.
pub(super) fn rounded(number: f64) -> String {
    match number.abs() {
        small if small < 10.0 => format!("{number:.2}"),
        middle if middle < 100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).map(|value| text_of(value).into_owned()).unwrap_or_default()
}

/// All traffic in a line.
pub(super) fn summary(stats: &Value) -> String {
    let number = |pointer: &str| stats.pointer(pointer).and_then(Value::as_f64).map_or("-".to_owned(), rounded);
    let count = |pointer: &str| stats.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    format!(
        "{} requests a second, {} under way, {} connections; p50 {} ms, p99 {} ms; 4xx {}, 5xx {}",
        number("/req/rps"),
        count("/req/active"),
        count("/conn/active"),
        number("/req/latency_ms/p50"),
        number("/req/latency_ms/p99"),
        count("/req/codes/4xx"),
        count("/req/codes/5xx"),
    )
}
