//! The page of `trace`.

use serde_json::Value;

use super::App;
use crate::call::Call;
use crate::call::send::Sent;
use crate::commands::test::show;
use crate::filter::text_of;
use crate::output::mask;
use crate::output::page::Page;
use crate::resources::label_of_path;

/// What the gateway said, for people; and the answer, where the request was sent.
pub(super) fn of(told: &Value, call: Option<&Call>, sent: Option<&(Sent, Option<Value>)>, app: &App<'_>) -> String {
    let mut page = Page::new(app.out.look());
    let protocol = text(told, "protocol");
    match call {
        Some(call) => page.pair("request", &format!("{} {} ({protocol})", call.method, mask::text(&call.target))),
        None => page.pair("request", &format!("a call of {protocol}")),
    }
    page.pair("listener", &listener(told));
    page.pair("tls", &tls(told));
    candidates(told, &mut page);
    page.pair("route", &route(told));
    page.pair("consumer", &consumer(told));
    plugins(told, &mut page);
    page.pair("answer", &answer(told));
    upstream(told, &mut page);
    // What is answered here goes nowhere.
    if told.get("answer").is_none_or(Value::is_null) {
        rewritten(told, call, &mut page);
    }
    if let Some((sent, seen)) = sent {
        page.pair("sent", &show::line(sent));
        page.pair("body", &show::short_body(sent));
        ran(seen.as_ref(), &mut page);
    }
    page.text().to_owned()
}

/// What the gateway saw: times in milliseconds, and what each plugin did.
fn ran(seen: Option<&Value>, page: &mut Page) {
    let Some(seen) = seen else { return };
    let ms = |pointer: &str| seen.pointer(pointer).filter(|value| !value.is_null()).map(|value| format!("{value} ms"));
    let part = |name: &str, pointer: &str| ms(pointer).map(|time| format!("{name} {time}"));
    let times = [
        ("all", "/ms/total"),
        ("upstream", "/ms/upstream"),
        ("gateway", "/ms/gateway"),
        ("connect", "/upstream/connect_ms"),
    ];
    let times: Vec<String> = times.iter().filter_map(|(name, pointer)| part(name, pointer)).collect();
    page.pair("took", &times.join(", "));
    let node = seen.pointer("/upstream/node").map(|node| text_of(node).into_owned()).unwrap_or_default();
    let tries = seen.pointer("/upstream/tries").and_then(Value::as_u64).filter(|tries| *tries > 1);
    page.pair("node", &format!("{node}{}", tries.map(|tries| format!(" ({tries} tries)")).unwrap_or_default()));
    let row = |plugin: &Value| ["name", "phase", "ms", "verdict"].map(|name| text(plugin, name)).to_vec();
    let heads = [("PLUGIN", 0), ("PHASE", 0), ("MS", 0), ("VERDICT", 1)];
    page.table("ran", &heads, list(seen, "plugins").map(row).collect());
    page.pair("error", &text(seen, "error"));
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).map(|value| text_of(value).into_owned()).unwrap_or_default()
}

fn is_true(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool) == Some(true)
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn listener(told: &Value) -> String {
    let Some(listener) = told.get("listener").filter(|listener| !listener.is_null()) else {
        return "none that speaks this".to_owned();
    };
    let speaks = [("tls", " TLS"), ("http2", " HTTP/2")];
    let speaks: String = speaks.iter().filter(|(name, _)| is_true(listener, name)).map(|(_, word)| *word).collect();
    format!("{}{speaks}", text(listener, "addr"))
}

fn tls(told: &Value) -> String {
    let Some(tls) = told.get("tls").filter(|tls| !tls.is_null()) else { return String::new() };
    let certificate = match tls.get("ssl_id").and_then(Value::as_str) {
        Some(id) => format!("certificate of ssl/{id}"),
        None => "no certificate".to_owned(),
    };
    let client = match (is_true(tls, "client_cert"), is_true(tls, "client_cert_shown")) {
        (false, _) => "",
        (true, true) => ", asks for the client's, and gets it",
        (true, false) => ", asks for the client's, and gets none (--client-cert)",
    };
    let shut = if is_true(tls, "shut") { ", switched off" } else { "" };
    format!("{}: {certificate}{client}{shut}", text(tls, "sni"))
}

fn candidates(told: &Value, page: &mut Page) {
    let row = |candidate: &Value| {
        let chosen = is_true(candidate, "matched");
        let why = match (chosen, text(candidate, "failed_on"), text(candidate, "detail")) {
            (true, ..) => "chosen".to_owned(),
            (false, on, why) if why.is_empty() => on,
            (false, on, why) => format!("{on}: {why}"),
        };
        let mark = if chosen { "yes" } else { "no" };
        vec![
            mark.to_owned(),
            text(candidate, "route_id"),
            dash(text(candidate, "name")),
            dash(text(candidate, "uri")),
            why,
        ]
    };
    let rows: Vec<_> = list(told, "candidates").map(row).collect();
    if rows.is_empty() {
        page.pair("candidates", "no route comes near");
    }
    page.table("candidates", &[("FITS", 0), ("ROUTE", 1), ("NAME", 3), ("URI", 2), ("WHY", 4)], rows);
    match told.get("more_candidates").and_then(Value::as_u64) {
        None | Some(0) => {}
        Some(more) => page.line(&format!("  and {more} more")),
    }
}

fn route(told: &Value) -> String {
    match (text(told, "route_id"), text(told, "route_name"), text(told, "service_id")) {
        (id, ..) if id.is_empty() => "none".to_owned(),
        (id, name, service) => {
            let name = if name.is_empty() || name == id { String::new() } else { format!(" ({name})") };
            let service = if service.is_empty() { String::new() } else { format!(" of service/{service}") };
            format!("route/{id}{name}{service}")
        }
    }
}

fn consumer(told: &Value) -> String {
    let Some(consumer) = told.get("consumer").filter(|consumer| !consumer.is_null()) else { return String::new() };
    let parts = [("by", " by "), ("credential", ", credential "), ("group", ", group ")];
    let more: String = parts
        .iter()
        .map(|(name, word)| (word, text(consumer, name)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| format!("{word}{value}"))
        .collect();
    format!("{}{more}", text(consumer, "username"))
}

fn plugins(told: &Value, page: &mut Page) {
    let row = |plugin: &Value| {
        let from = match text(plugin, "origin_id") {
            id if id.is_empty() => text(plugin, "origin").replace('_', "-"),
            id => format!("{}/{id}", text(plugin, "origin").replace('_', "-")),
        };
        let verdict = match text(plugin, "skipped") {
            why if why.is_empty() => text(plugin, "verdict"),
            why => format!("{}: {why}", text(plugin, "verdict")),
        };
        let phases: Vec<String> = list(plugin, "phases").map(|phase| text_of(phase).into_owned()).collect();
        let config = plugin.get("config").filter(|config| !config.is_null()).map(Value::to_string).unwrap_or_default();
        vec![text(plugin, "name"), text(plugin, "priority"), phases.join(","), from, verdict, dash(config)]
    };
    let heads = [("PLUGIN", 0), ("PRIORITY", 0), ("PHASES", 2), ("FROM", 1), ("VERDICT", 3), ("CONFIG", 4)];
    page.table("plugins", &heads, list(told, "plugins").map(row).collect());
}

fn answer(told: &Value) -> String {
    let Some(answer) = told.get("answer").filter(|answer| !answer.is_null()) else { return String::new() };
    let by = match text(answer, "by") {
        by if by.is_empty() => String::new(),
        by => format!(" by {by}"),
    };
    let said = [text(answer, "body"), text(answer, "reason")];
    let said: String =
        said.iter().filter(|said| !said.is_empty()).map(|said| format!(": {}", said.trim_end())).collect();
    format!("{}{by}{said}", text(answer, "status"))
}

fn upstream(told: &Value, page: &mut Page) {
    let Some(upstream) = told.get("upstream").filter(|upstream| !upstream.is_null()) else { return };
    let error = text(upstream, "error");
    if upstream.get("scheme").is_none() {
        return page.pair("upstream", &error);
    }
    let name = match (text(upstream, "owner"), text(upstream, "id")) {
        (owner, id) if owner.is_empty() => id,
        (owner, _) => label_of_path(&owner),
    };
    let node = match text(upstream, "node") {
        node if node.is_empty() => String::new(),
        node => format!(", to {node}"),
    };
    let error = if error.is_empty() { String::new() } else { format!(": {error}") };
    page.pair("upstream", &format!("{name} ({}, {}){node}{error}", text(upstream, "scheme"), text(upstream, "type")));
    let row = |node: &Value| {
        let usable = node.get("healthy").and_then(Value::as_bool) != Some(false);
        let state = match (text(node, "state"), usable) {
            (state, _) if !state.is_empty() => state,
            (_, true) => "-".to_owned(),
            (_, false) => "unhealthy".to_owned(),
        };
        vec![text(node, "addr"), text(node, "weight"), text(node, "priority"), state]
    };
    let heads = [("NODE", 1), ("WEIGHT", 0), ("PRIORITY", 0), ("STATE", 0)];
    page.table("nodes", &heads, list(upstream, "nodes").map(row).collect());
}

/// What an upstream would get, where that is another thing than what was asked.
fn rewritten(told: &Value, call: Option<&Call>, page: &mut Page) {
    let upstream = told.get("upstream").is_some_and(|upstream| !upstream.is_null());
    let Some(request) = told.get("request").filter(|request| upstream && !request.is_null()) else { return };
    if call.is_none() && text(request, "uri").is_empty() {
        return;
    }
    let line = [text(request, "method"), text(request, "uri")].join(" ");
    page.pair("forwards", line.trim());
    let host = text(request, "host");
    let headers = request.get("headers").and_then(Value::as_object).into_iter().flatten();
    let fields = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("host")).map(|(name, value)| {
        let values: Vec<String> = match value {
            Value::Array(values) => values.iter().map(|value| text_of(value).into_owned()).collect(),
            one => vec![text_of(one).into_owned()],
        };
        vec![name.clone(), values.join(", ")]
    });
    let host = (!host.is_empty()).then(|| vec!["host".to_owned(), host]);
    page.table("fields", &[("NAME", 0), ("VALUE", 1)], host.into_iter().chain(fields).collect());
}

fn dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}
