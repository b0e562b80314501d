//! What the gateway says of a request, in three parts.

use serde_json::Value;

use crate::filter::text_of;
use crate::output::clean;
use crate::tui::data::{flag, items, shown, text, whole};
use crate::tui::screens::routes;
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, width};

/// A part of the answer.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) lines: Vec<Line>,
}

/// Rows of any list that are shown.
const ROWS: usize = 200;

/// All parts: which route, what runs, where it goes.
pub(super) fn parts(told: &Value, look: &Look<'_>) -> [Part; 3] {
    [
        Part { title: "Route", lines: route(told, look) },
        Part { title: "Plugins", lines: plugins(told, look) },
        Part { title: "Upstream", lines: upstream(told, look) },
    ]
}

fn list<'v>(value: &'v Value, name: &str) -> Vec<&'v Value> {
    items(value.get(name).unwrap_or(&Value::Null)).take(ROWS).collect()
}

fn object<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|value| value.is_object())
}

fn route(told: &Value, look: &Look<'_>) -> Vec<Line> {
    let mut lines = vec![chosen(told, look)];
    if let Some(consumer) = object(told, "consumer") {
        let more = [("by", "by "), ("credential", "credential "), ("group", "group ")]
            .map(|(name, word)| (word, shown(consumer, name)))
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(word, value)| format!("  {word}{value}"));
        lines.push(Line::field("consumer", format!(" {}{}", shown(consumer, "username"), more.collect::<String>())));
    } else {
        lines.push(Line::of(Role::Dim, "consumer ").with(Role::Dim, "none"));
    }
    let all = list(told, "candidates");
    if all.is_empty() {
        lines.push(Line::of(Role::Dim, "no route comes near"));
    }
    let wide = all.iter().map(|candidate| width(&shown(candidate, "route_id"))).max().unwrap_or_default().min(24);
    lines.extend(all.iter().map(|candidate| self::candidate(candidate, wide, look)));
    match whole(told, "more_candidates") {
        0 => {}
        more => lines.push(Line::of(Role::Dim, format!("and {more} more"))),
    }
    lines.push(listener(told));
    if let Some(tls) = object(told, "tls") {
        let certificate = match shown(tls, "ssl_id") {
            id if id.is_empty() => "no certificate".to_owned(),
            id => format!("certificate ssl/{id}"),
        };
        lines.push(Line::field("tls", format!(" {}  {certificate}", shown(tls, "sni"))));
    }
    lines
}

fn chosen(told: &Value, look: &Look<'_>) -> Line {
    let id = shown(told, "route_id");
    let line = Line::of(Role::Dim, "route    ");
    if id.is_empty() {
        return line.with(Role::Bad, look.mood(Mood::Bad, "none takes it"));
    }
    let name = shown(told, "route_name");
    let name = if name.is_empty() || name == id { String::new() } else { format!(" ({name})") };
    let service = shown(told, "service_id");
    let service = if service.is_empty() { String::new() } else { format!("  of service/{service}") };
    line.with(Role::Good, look.mood(Mood::Good, &format!("{id}{name}"))).with(Role::Text, service)
}

fn listener(told: &Value) -> Line {
    let line = Line::of(Role::Dim, "listener ");
    let Some(listener) = object(told, "listener") else { return line.with(Role::Warn, "none speaks this") };
    let speaks = [("tls", "  TLS"), ("http2", "  HTTP/2")];
    let speaks: String = speaks.iter().filter(|(name, _)| flag(listener, name)).map(|(_, word)| *word).collect();
    line.with(Role::Text, format!("{}{speaks}  ({})", shown(listener, "addr"), shown(told, "protocol")))
}

/// `✗ pay  /orders/pay  vars: … does not hold`.
fn candidate(candidate: &Value, wide: usize, look: &Look<'_>) -> Line {
    let matched = flag(candidate, "matched");
    let mood = if matched { Mood::Good } else { Mood::Bad };
    let id = format!("{:<wide$}", shown(candidate, "route_id"));
    let line = Line::of(mood.role(), look.mood(mood, &id)).with(Role::Dim, format!("  {}  ", shown(candidate, "uri")));
    match (matched, shown(candidate, "failed_on"), shown(candidate, "detail")) {
        (true, ..) => line.with(Role::Good, "chosen"),
        (false, on, detail) if detail.is_empty() => line.with(Role::Warn, on),
        (false, on, detail) => line.with(Role::Warn, format!("{on}: ")).with(Role::Text, detail),
    }
}

fn plugins(told: &Value, look: &Look<'_>) -> Vec<Line> {
    let all = list(told, "plugins");
    let mut lines: Vec<Line> = Vec::new();
    let wide = all.iter().map(|plugin| width(&shown(plugin, "name"))).max().unwrap_or_default().min(28);
    for (place, plugin) in all.iter().enumerate() {
        let origin = match shown(plugin, "origin_id") {
            id if id.is_empty() => shown(plugin, "origin"),
            id => format!("{}/{id}", shown(plugin, "origin")),
        };
        let phases: Vec<String> =
            list(plugin, "phases").into_iter().map(|phase| clean::line(&text_of(phase))).collect();
        let (verdict, why) = (shown(plugin, "verdict"), shown(plugin, "skipped"));
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        lines.push(
            Line::of(Role::Dim, format!("{:>2} ", place + 1))
                .with(Role::Text, format!("{:<wide$} ", shown(plugin, "name")))
                .with(Role::Dim, format!("{:>5}  {:<8}  ", shown(plugin, "priority"), phases.join(",")))
                .with(Role::Text, format!("{origin}  "))
                .with(verdict_role(&verdict), format!("{verdict}{why}")),
        );
    }
    if all.is_empty() {
        lines.push(Line::of(Role::Dim, "no plugin runs"));
    }
    if let Some(answer) = object(told, "answer") {
        let by = shown(answer, "by");
        let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
        let said = [shown(answer, "body"), shown(answer, "reason")].into_iter().filter(|said| !said.is_empty());
        let said: String = said.map(|said| format!("  {said}")).collect();
        let line = Line::of(Role::Dim, "answer   ");
        lines.push(
            line.with(Role::Bad, look.mood(Mood::Bad, &format!("{}{by}", shown(answer, "status"))))
                .with(Role::Text, said),
        );
    }
    lines
}

fn verdict_role(verdict: &str) -> Role {
    match verdict {
        "pass" => Role::Good,
        verdict if verdict.starts_with("exit") => Role::Bad,
        "skipped" | "not reached" => Role::Off,
        _ => Role::Dim,
    }
}

fn upstream(told: &Value, look: &Look<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    match object(told, "upstream") {
        None => lines.push(Line::of(Role::Dim, "none is asked")),
        Some(upstream) => nodes(upstream, look, &mut lines),
    }
    let Some(request) = object(told, "request").filter(|_| object(told, "upstream").is_some()) else { return lines };
    let forwarded = format!("{} {}", shown(request, "method"), shown(request, "uri"));
    if forwarded.trim().is_empty() {
        return lines;
    }
    lines.push(Line::default());
    lines.push(Line::of(Role::Title, "what it gets"));
    lines.push(Line::of(Role::Text, forwarded.trim().to_owned()));
    let host = shown(request, "host");
    if !host.is_empty() {
        lines.push(Line::of(Role::Dim, "host: ").with(Role::Text, host));
    }
    for (name, value) in request.get("headers").and_then(Value::as_object).into_iter().flatten().take(ROWS) {
        let values: Vec<String> = match value {
            Value::Array(values) => values.iter().map(|value| text_of(value).into_owned()).collect(),
            one => vec![text_of(one).into_owned()],
        };
        if !name.eq_ignore_ascii_case("host") {
            let line = Line::of(Role::Dim, format!("{}: ", clean::line(name)));
            lines.push(line.with(Role::Text, clean::line(&values.join(", "))));
        }
    }
    lines
}

fn nodes(upstream: &Value, look: &Look<'_>, lines: &mut Vec<Line>) {
    let name = match shown(upstream, "owner") {
        owner if owner.is_empty() => shown(upstream, "id"),
        owner => owner,
    };
    let kinds: Vec<String> =
        ["scheme", "type"].iter().map(|name| shown(upstream, name)).filter(|kind| !kind.is_empty()).collect();
    if !name.is_empty() {
        lines.push(Line::field("upstream", format!(" {name}  {}", kinds.join(" "))));
    }
    let error = shown(upstream, "error");
    if !error.is_empty() {
        lines.push(Line::of(Role::Dim, "error    ").with(Role::Bad, look.mood(Mood::Bad, &error)));
    }
    let (node, owner) = (text(upstream, "node"), text(upstream, "owner"));
    for of in list(upstream, "nodes") {
        let usable = of.get("healthy").and_then(Value::as_bool) != Some(false);
        let state = shown(of, "state");
        // That a node may be asked does not say that anybody has looked.
        let known = look.data.nodes_of(owner).iter().find(|node| node.addr == shown(of, "addr"));
        let (mood, word) = match (usable, state.is_empty(), known) {
            (false, true, _) => (Mood::Bad, "unhealthy".to_owned()),
            (false, false, _) => (Mood::Bad, state),
            (true, true, Some(node)) => (routes::mood(node.state), node.word.clone()),
            (true, true, None) => (Mood::Off, String::new()),
            (true, false, _) => (Mood::Good, state),
        };
        let chosen = !node.is_empty() && text(of, "addr") == node;
        let pointer = if chosen { look.glyphs.pointer } else { ' ' };
        lines.push(
            Line::of(Role::Focus, pointer.to_string())
                .with(mood.role(), format!("{:<24}", look.mood(mood, &shown(of, "addr"))))
                .with(Role::Text, format!(" weight {:>3}  ", shown(of, "weight")))
                .with(mood.role(), word)
                .with(Role::Accent, if chosen { "  goes here" } else { "" }),
        );
    }
}
