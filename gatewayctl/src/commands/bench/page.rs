//! What a load came to, for people and for programs.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::load::{Measured, Plan};
use crate::call::Call;
use crate::call::send::millis;
use crate::commands::App;
use crate::output::mask;
use crate::output::page::Page;

/// Percentiles that are told: name, and parts of 100,000.
const PERCENTILES: [(&str, u64); 6] =
    [("p50", 50_000), ("p75", 75_000), ("p90", 90_000), ("p95", 95_000), ("p99", 99_000), ("p999", 99_900)];

/// Bounds of the histogram, in milliseconds, and in microseconds.
const BOUNDS: [(&str, u64); 13] = [
    ("0.5", 500),
    ("1", 1_000),
    ("2", 2_000),
    ("5", 5_000),
    ("10", 10_000),
    ("20", 20_000),
    ("50", 50_000),
    ("100", 100_000),
    ("200", 200_000),
    ("500", 500_000),
    ("1000", 1_000_000),
    ("2000", 2_000_000),
    ("5000", 5_000_000),
];

/// How long the longest bar is.
const BAR: u128 = 40;

fn per_second(count: u64, took: Duration) -> u64 {
    let millis = took.as_millis().max(1);
    u64::try_from(u128::from(count) * 1000 / millis).unwrap_or(u64::MAX)
}

/// For programs: milliseconds, bytes, counts.
pub(super) fn document(call: &Call, plan: &Plan, measured: &Measured) -> Value {
    let mut latency = Map::new();
    latency.insert("min".into(), millis(measured.times.least()));
    latency.insert("mean".into(), millis(measured.times.mean()));
    for (name, part) in PERCENTILES {
        latency.insert(name.into(), millis(measured.times.quantile(part)));
    }
    latency.insert("max".into(), millis(measured.times.most()));
    let le: Vec<f64> = BOUNDS.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    let statuses: Map<String, Value> =
        measured.statuses.iter().map(|(status, count)| (status.to_string(), (*count).into())).collect();
    json!({
        "request": { "method": call.method.as_str(), "url": mask::text(&call.target) },
        "connections": plan.connections,
        "rate": plan.rate,
        "seconds": measured.took.as_secs_f64(),
        "answered": measured.answered(),
        "failed": measured.failed(),
        "rps": per_second(measured.answered(), measured.took),
        "body_bytes": measured.bytes,
        "latency_ms": latency,
        "statuses": statuses,
        "errors": measured.errors,
        "hist": { "le_ms": le, "n": measured.times.within(&BOUNDS.map(|(_, us)| us)) },
    })
}

/// For people.
pub(super) fn of(call: &Call, plan: &Plan, measured: &Measured, app: &App<'_>) -> String {
    let mut page = Page::new(app.out.look());
    page.pair("request", &format!("{} {}", call.method, mask::text(&call.target)));
    let rate = plan.rate.map(|rate| format!(", {rate} a second wanted")).unwrap_or_default();
    page.pair("load", &format!("{} connections for {:.1} s{rate}", plan.connections, measured.took.as_secs_f64()));
    page.pair(
        "answered",
        &format!("{} requests, {} a second", measured.answered(), per_second(measured.answered(), measured.took)),
    );
    page.pair("bodies", &format!("{} bytes, {} a second", measured.bytes, per_second(measured.bytes, measured.took)));
    let statuses: Vec<String> = measured.statuses.iter().map(|(status, count)| format!("{status} x {count}")).collect();
    page.pair("statuses", &statuses.join(", "));
    for (text, count) in &measured.errors {
        page.pair("failed", &format!("{count} x {text}"));
    }
    if measured.answered() == 0 {
        return page.text().to_owned();
    }
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    let named = PERCENTILES.map(|(name, part)| (name.to_uppercase(), measured.times.quantile(part)));
    let ends = [("MIN".to_owned(), measured.times.least()), ("MEAN".to_owned(), measured.times.mean())];
    let all: Vec<(String, Duration)> =
        ends.into_iter().chain(named).chain([("MAX".to_owned(), measured.times.most())]).collect();
    let heads: Vec<(&str, u8)> = all.iter().map(|(name, _)| (name.as_str(), 0)).collect();
    let cells: Vec<String> = all.iter().map(|(_, time)| ms(*time)).collect();
    // Where they have no room beside each other they stand below each other.
    let needed: usize = all.iter().zip(&cells).map(|((name, _), cell)| name.len().max(cell.len()) + 2).sum();
    if page.is_narrower_than(needed) {
        let rows = all.iter().zip(cells).map(|((name, _), cell)| vec![name.clone(), cell]);
        page.table("milliseconds", &[("PART", 0), ("MS", 0)], rows.collect());
    } else {
        page.table("milliseconds", &heads, vec![cells]);
    }
    let counts = measured.times.within(&BOUNDS.map(|(_, us)| us));
    let most = u128::from(counts.iter().copied().max().unwrap_or(1).max(1));
    let labels = BOUNDS.iter().map(|(name, _)| format!("<= {name}")).chain(["more".to_owned()]);
    let first = counts.iter().position(|count| *count > 0).unwrap_or_default();
    let last = counts.iter().rposition(|count| *count > 0).unwrap_or_default();
    let rows =
        labels.zip(&counts).enumerate().filter(|(i, _)| (first..=last).contains(i)).map(|(_, (label, count))| {
            let bar = usize::try_from((u128::from(*count) * BAR).div_ceil(most)).unwrap_or_default();
            vec![label, count.to_string(), "#".repeat(bar)]
        });
    page.table("histogram", &[("MS", 0), ("COUNT", 0), ("", 1)], rows.collect());
    page.text().to_owned()
}
