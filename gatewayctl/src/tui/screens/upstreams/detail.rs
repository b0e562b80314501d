//! The other tabs: what it is, how it is checked, who leads to it.

use serde_json::Value;

use super::{Of, id, rate, target, upstream};
use crate::filter::text_of;
use crate::output::{clean, mask};
use crate::tui::data::{By, Data, Object, Row, flag, shown};
use crate::tui::screens::objects::ends;
use crate::tui::screens::routes::{error_role, mood, or, plugin_names, several};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self, Line};
use crate::tui::widgets::{Look, count, ms, time};

/// What a row is, in a few lines.
pub(super) fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let of = Of::row(row);
    let (upstream, owner) = upstream(row, look.data);
    let mut lines = Vec::new();
    let name = or(shown(&row.value, "name"), look.glyphs.none);
    lines.push(Line::field("name", format!("{name}   {}", of.word())));
    if of == Of::Service {
        lines.push(Line::field("hosts", several(&row.value, "host", "hosts")));
    }
    match upstream {
        Some(upstream) => lines.extend(balancing(upstream, look)),
        None if row.value.get("upstream_id").is_some() => {
            let missing = format!("upstream {} is missing", shown(&row.value, "upstream_id"));
            lines.push(Line::of(Role::Dim, "target  ").with(Role::Bad, look.mood(Mood::Bad, &missing)));
        }
        None => lines.push(Line::field("target", "none: routes of it name their own")),
    }
    let nodes = look.data.nodes_of(&owner);
    if !nodes.is_empty() {
        let mut line = Line::of(Role::Dim, "nodes   ");
        for node in nodes.iter().take(8) {
            let mood = mood(node.state);
            line = line.with(mood.role(), format!("{}  ", look.mood(mood, &node.addr)));
        }
        if nodes.len() > 8 {
            line = line.with(Role::Dim, format!("and {} more", nodes.len() - 8));
        }
        lines.push(line);
    }
    if let Some(rate) = rate(row, look.data) {
        let role = error_role(rate.err);
        lines.push(
            Line::field("rate", format!("{} requests/s  ", count(rate.rps)))
                .with(role, format!("errors {:.2} %", rate.err * 100.0))
                .with(Role::Text, format!("  p50 {}  p99 {}", time(rate.p50), time(rate.p99))),
        );
    }
    if row.value.get("plugins").is_some() {
        lines.push(Line::field("plugins", or(plugin_names(&row.value), look.glyphs.none)));
    }
    lines.extend(ends(of.list(), id(row), row, look.data));
    lines
}

/// How requests are spread, and what happens if one fails.
fn balancing(upstream: &Value, look: &Look<'_>) -> Vec<Line> {
    let kind = or(shown(upstream, "type"), "roundrobin");
    let hash = match kind.as_str() {
        "chash" => format!(" on {} {}", or(shown(upstream, "hash_on"), "vars"), shown(upstream, "key")),
        _ => String::new(),
    };
    let scheme = or(shown(upstream, "scheme"), "http");
    let mut lines = vec![
        Line::field("target", target(upstream)),
        Line::field("spread", format!("{kind}{hash} {scheme}   host {}", or(shown(upstream, "pass_host"), "pass"))),
    ];
    let timeout = upstream.get("timeout").filter(|timeout| timeout.is_object());
    let part = |name: &str| or(timeout.map(|timeout| shown(timeout, name)).unwrap_or_default(), look.glyphs.none);
    lines.push(Line::field(
        "tries",
        format!(
            "retries {}   time-outs connect {} send {} read {} s",
            or(shown(upstream, "retries"), look.glyphs.none),
            part("connect"),
            part("send"),
            part("read")
        ),
    ));
    let checks = upstream.get("checks").and_then(Value::as_object);
    let has = |name: &str| checks.is_some_and(|checks| checks.contains_key(name));
    let words = match (has("active"), has("passive")) {
        (true, true) => "active and passive",
        (true, false) => "active",
        (false, true) => "passive",
        (false, false) => "none",
    };
    lines.push(Line::field("checks", words));
    if let Some(pool) = upstream.get("keepalive_pool").filter(|pool| pool.is_object()) {
        let field = |name: &str| or(shown(pool, name), look.glyphs.none);
        lines.push(Line::field(
            "pool",
            format!("size {}   idle {} s   requests {}", field("size"), field("idle_timeout"), field("requests")),
        ));
    }
    if flag(upstream.get("tls").unwrap_or(&Value::Null), "verify") {
        lines.push(Line::field("tls", "certificates are verified"));
    }
    lines
}

/// The health checks as configured.
pub(super) fn checks(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let Some(upstream) = upstream(row, look.data).0 else {
        return vec![Line::of(Role::Dim, "its upstream is not known")];
    };
    match upstream.get("checks").filter(|checks| checks.as_object().is_some_and(|checks| !checks.is_empty())) {
        // Masked from above: what is secret depends on where it is.
        Some(_) => mask::masked(upstream, false).get("checks").map(text::yaml).unwrap_or_default(),
        None => vec![Line::of(Role::Dim, "nodes of it are not checked: those that fail are tried again and again")],
    }
}

/// Whether a route leads to a row, by itself or through its service.
fn leads(route: &Object, row: &Row, data: &Data) -> bool {
    let names = |value: &Value, field: &str, id: &str| value.get(field).is_some_and(|named| *text_of(named) == *id);
    match Of::row(row) {
        Of::Route => *route.id == *id(row),
        Of::Service => names(&route.value, "service_id", id(row)),
        Of::Upstream if route.value.get("upstream_id").is_some() => names(&route.value, "upstream_id", &row.id),
        Of::Upstream => {
            let service = route.value.get("service_id").and_then(|id| data.object("services", &text_of(id)));
            service.is_some_and(|service| names(&service.value, "upstream_id", &row.id))
        }
    }
}

/// The routes that lead to it, with what goes through each; the busiest first.
pub(super) fn routes(row: &Row, look: &Look<'_>) -> Vec<Line> {
    /// More are found on the screen of the routes.
    const MOST: usize = 200;
    let data = look.data;
    let mut found: Vec<(f64, &Object)> = data
        .list("routes")
        .iter()
        .filter(|route| leads(route, row, data))
        .map(|route| (data.stats.rate(By::Route, &route.id).map_or(0.0, |rate| rate.rps), route))
        .collect();
    if found.is_empty() {
        return vec![Line::of(Role::Dim, "no route leads to it")];
    }
    found.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.id.cmp(&y.id)));
    let wide =
        found.iter().take(MOST).map(|(_, route)| route.id.chars().count()).max().unwrap_or_default().clamp(5, 24);
    let mut lines = vec![Line::of(Role::Head, format!("{:<wide$}     RPS  ERR%     P99  URI", "ROUTE"))];
    for (_, route) in found.iter().take(MOST) {
        let line = Line::of(Role::Text, format!("{:<wide$}", clean::line(&route.id)));
        let line = match data.stats.rate(By::Route, &route.id) {
            Some(rate) => line
                .with(Role::Text, format!("  {:>6}", count(rate.rps)))
                .with(error_role(rate.err), format!(" {:>5.1}", rate.err * 100.0))
                .with(Role::Text, format!("  {:>6}", ms(rate.p99))),
            None => line.with(Role::Off, format!("  {0:>6} {0:>5}  {0:>6}", look.glyphs.none)),
        };
        lines.push(line.with(Role::Dim, format!("  {}", several(&route.value, "uri", "uris"))));
    }
    if found.len() > MOST {
        lines.push(Line::of(Role::Dim, format!("and {} more", found.len() - MOST)));
    }
    lines
}
