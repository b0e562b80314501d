//! One request of the tap: where its time went, what each plugin did, its fields.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use super::rows::{at, or_dash, route, status, threw, time};
use crate::commands::traffic::is_of_gateway;
use crate::filter::text_of;
use crate::output::clean;
use crate::tui::data::{Row, items, number, shown, whole};
use crate::tui::screens::list::{SUMMARY, YAML};
use crate::tui::theme::Role;
use crate::tui::widgets::text::{self, Line};
use crate::tui::widgets::waterfall::{self, Part};
use crate::tui::widgets::{Look, bytes, ms, put, width};

/// The fields of request and answer.
pub(super) const HEADERS: &str = "Headers";
/// What ran.
pub(super) const PLUGINS: &str = "Plugins";
/// The tabs.
pub(super) const TABS: [&str; 4] = [SUMMARY, HEADERS, PLUGINS, YAML];

/// Where the time of a request went, on one line.
pub(super) fn timing(buffer: &mut Buffer, area: Rect, look: &Look<'_>, row: &Row) {
    let total = format!("total {} ", ms(part(&row.value, "/ms/total")));
    let x = put(buffer, area, 0, 0, &total, look.style(Role::Title));
    let area = Rect { x: area.x + x.min(area.width), width: area.width.saturating_sub(x), height: 1, ..area };
    let parts = parts(&row.value);
    let least: usize = parts.iter().map(|part| width(part.name) + width(&ms(part.ms)) + 5).sum();
    if least > usize::from(area.width) {
        let words: Vec<String> = parts.iter().map(|part| format!("{} {}", part.name, ms(part.ms))).collect();
        put(buffer, area, 0, 0, &words.join("  "), look.style(Role::Text));
        return;
    }
    waterfall::draw(buffer, area, look, &parts);
}

fn part(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).filter(|ms| ms.is_finite() && *ms >= 0.0).unwrap_or_default()
}

/// What a request did one after the other, in milliseconds.
fn parts(value: &Value) -> Vec<Part<'static>> {
    let part = |pointer: &str| part(value, pointer);
    let plugins: f64 =
        items(value.get("plugins").unwrap_or(&Value::Null)).map(|plugin| number(plugin, "ms").max(0.0)).sum();
    let (upstream, connect, first) =
        (part("/ms/upstream"), part("/upstream/connect_ms"), part("/upstream/first_byte_ms"));
    let mut all = vec![
        Part { name: "plugins", ms: plugins, role: Role::Accent },
        Part { name: "gateway", ms: (part("/ms/gateway") - plugins).max(0.0), role: Role::Dim },
    ];
    if value.get("upstream").is_some_and(Value::is_object) {
        all.push(Part { name: "connect", ms: connect, role: Role::Warn });
        if first > connect && first <= upstream {
            all.push(Part { name: "first byte", ms: first - connect, role: Role::Chart });
            all.push(Part { name: "answer", ms: upstream - first, role: Role::Good });
        } else {
            all.push(Part { name: "upstream", ms: (upstream - connect).max(0.0), role: Role::Chart });
        }
    }
    all
}

/// The lines of a tab, in so many columns.
pub(super) fn lines(tab: &str, row: &Row, none: &str, viewer: bool, wide: usize) -> Vec<Line> {
    let lines = match tab {
        HEADERS => headers(&row.value, viewer),
        PLUGINS => plugins(&row.value),
        YAML => return text::wrapped_yaml(text::yaml(&row.value), wide),
        _ => summary(&row.value, none),
    };
    text::wrapped(lines, wide)
}

fn summary(value: &Value, none: &str) -> Vec<Line> {
    let mut lines = vec![ran(value)];
    let failed = items(value.pointer("/upstream/failed").unwrap_or(&Value::Null));
    for failed in failed.take(8) {
        let line = Line::of(Role::Dim, "retry   ").with(Role::Warn, format!("{} ", at(failed, "/node")));
        lines.push(line.with(Role::Dim, or_dash(shown(failed, "status"))));
    }
    let error = at(value, "/error");
    if !error.is_empty() {
        lines.push(Line::of(Role::Dim, "error   ").with(Role::Bad, error));
    }
    if threw(value) {
        let what = match value.pointer("/dubbo/exception") {
            Some(Value::String(class)) => clean::line(class),
            _ => "the method threw".to_owned(),
        };
        lines.push(Line::of(Role::Dim, "threw   ").with(Role::Bad, what));
    }
    let of = status(value);
    let http = at(value, "/status");
    let also = if http.is_empty() || http == of.text { String::new() } else { format!("  (HTTP {http})") };
    lines.push(Line::of(Role::Dim, "status  ").with(of.role, of.text).with(Role::Dim, also));
    lines.push(Line::field("request", request(value)));
    lines.push(Line::field("client", client(value)));
    let service = at(value, "/service");
    let service = if service.is_empty() { String::new() } else { format!("  service {service}") };
    lines.push(Line::field(
        "route",
        format!("{}{service}  consumer {}", or_dash(route(value)), or_dash(at(value, "/consumer"))),
    ));
    lines.push(Line::field("node", node(value, none)));
    lines.push(Line::field("bytes", format!("in {}  out {}", bytes(number(value, "rx")), bytes(number(value, "tx")))));
    lines.push(Line::field("when", format!("{} UTC  id {}", time(number(value, "ts")), at(value, "/id"))));
    lines
}

/// `key-auth pass 0.1   limit-count exit 429 0.1`.
fn ran(value: &Value) -> Line {
    let mut line = Line::of(Role::Dim, "plugins ");
    let mut any = false;
    for plugin in items(value.get("plugins").unwrap_or(&Value::Null)).take(64) {
        any = true;
        let verdict = shown(plugin, "verdict");
        line = line
            .with(Role::Text, format!("{} ", shown(plugin, "name")))
            .with(verdict_role(&verdict), verdict)
            .with(Role::Dim, format!(" {:.2}   ", number(plugin, "ms")));
    }
    if any { line } else { line.with(Role::Dim, "none ran") }
}

fn verdict_role(verdict: &str) -> Role {
    match verdict {
        "pass" | "" => Role::Good,
        _ => Role::Bad,
    }
}

fn request(value: &Value) -> String {
    let call = value.get("dubbo").filter(|call| call.is_object());
    match call {
        Some(call) => {
            let more = [("version", "version"), ("group", "group")].map(|(name, word)| match shown(call, name) {
                text if text.is_empty() => String::new(),
                text => format!("  {word} {text}"),
            });
            format!("{}.{}(..){}", shown(call, "interface"), shown(call, "method"), more.concat())
        }
        None => format!("{} {}{}", or_dash(at(value, "/method")), at(value, "/host"), at(value, "/path")),
    }
}

fn client(value: &Value) -> String {
    let tls = match value.get("tls").filter(|tls| tls.is_object()) {
        Some(tls) => format!("  TLS {} {}", shown(tls, "version"), shown(tls, "sni")),
        None => String::new(),
    };
    format!("{}  {}{tls}", or_dash(at(value, "/client")), at(value, "/protocol"))
}

fn node(value: &Value, none: &str) -> String {
    let Some(upstream) = value.get("upstream").filter(|upstream| upstream.is_object()) else {
        return format!("{none} (no upstream was asked)");
    };
    let tries = whole(upstream, "tries");
    let tries = if tries > 1 { format!("  {tries} tries") } else { String::new() };
    let status = at(upstream, "/status");
    let status = if status.is_empty() { String::new() } else { format!("  status {status}") };
    format!("{} of upstream {}{status}{tries}", or_dash(at(upstream, "/node")), or_dash(at(upstream, "/id")))
}

fn headers(value: &Value, viewer: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    // The gateway tells of a request as its plugins have left it.
    for (title, name) in [("request, as forwarded", "req_headers"), ("answer", "resp_headers")] {
        lines.push(Line::of(Role::Title, title));
        let fields = value.get(name).and_then(Value::as_object);
        let before = lines.len();
        for (name, value) in fields.into_iter().flatten().take(256) {
            let values = match value {
                Value::Array(values) => values.iter().map(|value| text_of(value).into_owned()).collect(),
                one => vec![text_of(one).into_owned()],
            };
            for value in values {
                let line = Line::of(Role::Dim, format!("  {}: ", clean::line(name)));
                let line = line.with(Role::Text, clean::line(&value));
                let added = title.starts_with("request") && is_of_gateway(name);
                lines.push(if added { line.with(Role::Dim, "  (of the gateway)") } else { line });
            }
        }
        if lines.len() == before {
            let why = if viewer { "  shown to keys of the role admin only" } else { "  not told" };
            lines.push(Line::of(Role::Dim, why));
        }
    }
    lines
}

fn plugins(value: &Value) -> Vec<Line> {
    let all: Vec<&Value> = items(value.get("plugins").unwrap_or(&Value::Null)).take(256).collect();
    if all.is_empty() {
        return vec![Line::of(Role::Dim, "no plugin ran")];
    }
    let wide = all.iter().map(|plugin| width(&shown(plugin, "name"))).max().unwrap_or_default().min(40);
    let line = |plugin: &&Value| {
        let verdict = shown(plugin, "verdict");
        Line::of(Role::Text, format!("{:<wide$}  ", shown(plugin, "name")))
            .with(Role::Dim, format!("{:<14}{:>8.2} ms  ", shown(plugin, "phase"), number(plugin, "ms")))
            .with(verdict_role(&verdict), verdict)
    };
    all.iter().map(line).collect()
}

/// The request as `live/explain` is asked about it.
pub(super) fn question(value: &Value) -> Value {
    let text = |name: &str| crate::tui::data::text(value, name);
    if let Some(call) = value.get("dubbo").filter(|call| call.is_object()) {
        let of = |name: &str| crate::tui::data::text(call, name);
        return serde_json::json!({ "protocol": "dubbo", "dubbo": {
            "interface": of("interface"), "method": of("method"), "version": of("version"), "group": of("group") } });
    }
    let tls = value.get("tls").is_some_and(Value::is_object);
    let scheme = if tls { "https" } else { "http" };
    let mut asked = serde_json::json!({
        "method": if text("method").is_empty() { "GET" } else { text("method") },
        "url": format!("{scheme}://{}{}", text("host"), text("path")),
    });
    let client = text("client");
    let addr = client.parse::<std::net::SocketAddr>().map(|addr| addr.ip().to_string());
    let sni = value.pointer("/tls/sni").and_then(Value::as_str).map(str::to_owned);
    let protocol = Some(if text("protocol") == "h2" { "http2" } else { text("protocol") }.to_owned());
    // What the gateway says itself it takes from nobody.
    let headers = value.get("req_headers").and_then(Value::as_object).map(|all| {
        let sent = all.iter().filter(|(name, _)| !is_of_gateway(name));
        sent.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
    });
    let headers = headers.filter(|all| !all.is_empty()).map(Value::from);
    let more = [
        ("client_addr", addr.ok().map(Value::from)),
        ("sni", sni.map(Value::from)),
        ("protocol", protocol.filter(|protocol| !protocol.is_empty()).map(Value::from)),
        ("headers", headers),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            asked[name] = value;
        }
    }
    asked
}
