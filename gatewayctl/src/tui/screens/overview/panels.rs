//! The panels of the overview.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use crate::tui::data::{By, Data, NodeState, Row, State, items, number, shown, text, whole};
use crate::tui::msg::Source;
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::Cell;
use crate::tui::widgets::text::{Line, wrapped_sentence};
use crate::tui::widgets::{Look, bytes, clock, count, fit, heat, ms, put, spark, time};
use crate::tui::wish::Place;

/// Days before its end from which a certificate is told about.
const SOON: i64 = 30;

/// Requests by class of status.
pub(super) fn codes(data: &Data) -> Vec<(&'static str, Option<f64>)> {
    let known = data.stats.knows_codes();
    let number = |class: &str| known.then(|| data.stats.number(&format!("/req/codes/{class}")));
    ["2xx", "3xx", "4xx", "5xx"].map(|class| (class, number(class))).to_vec()
}

/// Where the requests of a route go.
pub(super) fn target(row: &Row, data: &Data) -> Cell {
    use crate::tui::widgets::table::Rows as _;
    // As on the screen of the routes.
    super::super::routes::COLUMNS
        .iter()
        .position(|column| column.name == "TARGET")
        .map_or_else(|| Cell::none("-"), |column| super::super::routes::Routes.cell(row, column, data))
}

pub(super) fn requests(buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let stats = &look.data.stats;
    let Some(now) = stats.now() else { return };
    let spark = |value: fn(&crate::tui::data::Point) -> f32, taken: u16, least: f64| {
        spark::of(stats, look.range, usize::from(area.width.saturating_sub(taken + 1)), look.glyphs, least, value)
    };
    let line = |value, taken| spark(value, taken, 0.0);
    let x = put(buffer, area, 1, 0, &count(f64::from(now.rps)), look.style(Role::Accent)).max(7) + 1;
    put(buffer, area, x, 0, &line(|point| point.rps, x), look.style(Role::Chart));
    let (role, errors) = match stats.knows_codes() {
        true => (super::super::routes::error_role(f64::from(now.err)), format!("errors {:.2} %", now.err * 100.0)),
        false => (Role::Off, format!("errors {}", look.glyphs.none)),
    };
    let x = put(buffer, area, 1, 1, &errors, look.style(role)).max(15) + 1;
    put(buffer, area, x, 1, &spark(|point| point.err, x, 0.05), look.style(Role::Bad));
    let mut rows = vec![connections(look.data), protocols(look.data)];
    // What is not told is not 0.
    let told = |pointer: &str, text: fn(f64) -> String| stats.told(pointer).map_or(look.glyphs.none.to_owned(), text);
    let per_second = |number: f64| format!("{}/s", bytes(number));
    rows.push(format!("in {}  out {}", told("/req/rx_bps", per_second), told("/req/tx_bps", per_second)));
    rows.push(format!(
        "cpu {}  rss {}  fds {}",
        told("/proc/cpu_pct", |percent| format!("{percent:.0} %")),
        told("/proc/rss_bytes", bytes),
        told("/proc/fds", count)
    ));
    rows.push(format!(
        "retries {}  timeouts {}  limited {}",
        told("/req/retries", count),
        told("/req/timeouts", count),
        told("/req/limited", count)
    ));
    for (y, row) in (2..area.height).zip(rows) {
        put(
            buffer,
            area,
            1,
            y,
            &fit(&row, usize::from(area.width.saturating_sub(2)), look.glyphs.more),
            look.style(Role::Text),
        );
    }
    if area.height > 10 {
        let x =
            put(buffer, area, 1, 8, &format!("p99 {}", time(f64::from(now.p99))), look.style(Role::Dim)).max(15) + 1;
        put(buffer, area, x, 8, &line(|point| point.p99, x), look.style(Role::Chart));
        let x = put(buffer, area, 1, 9, &format!("conns {}", count(f64::from(now.conns))), look.style(Role::Dim))
            .max(15)
            + 1;
        put(buffer, area, x, 9, &line(|point| point.conns, x), look.style(Role::Chart));
    }
}

fn connections(data: &Data) -> String {
    let mut line = format!("conns {}", count(data.stats.number("/conn/active")));
    for (name, short) in [
        ("http1", "h1"),
        ("http2", "h2"),
        ("h2", "h2"),
        ("grpc", "grpc"),
        ("websocket", "ws"),
        ("dubbo", "db"),
        ("tcp", "tcp"),
    ] {
        let active = data.stats.number(&format!("/conn/by/{name}"));
        if active > 0.0 {
            line.push_str(&format!("  {short} {}", count(active)));
        }
    }
    line
}

fn protocols(data: &Data) -> String {
    let mut line = "rps".to_owned();
    for rate in data.stats.rates(By::Protocol).iter().filter(|rate| rate.rps > 0.0).take(8) {
        line.push_str(&format!("  {} {}", crate::output::clean::line(&rate.id), count(rate.rps)));
    }
    if line == "rps" { "rps  -".to_owned() } else { line }
}

/// The heat map, and the percentiles on the lower border of its panel.
pub(super) fn latency(buffer: &mut Buffer, whole: Rect, area: Rect, look: &Look<'_>) {
    heat::draw(buffer, area, look, &look.data.stats);
    let Some(now) = look.data.stats.now() else { return };
    let number = |value: f32| ms(f64::from(value));
    let words =
        format!(" p50 {} p95 {} p99 {} max {} ", number(now.p50), number(now.p95), number(now.p99), number(now.max));
    if whole.height > 2 {
        let room = usize::from(whole.width.saturating_sub(4));
        put(buffer, whole, 2, whole.height - 1, &fit(&words, room, look.glyphs.more), look.style(Role::Text));
    }
}

/// Something that is not as it should be.
pub(super) struct Trouble {
    mood: Mood,
    text: String,
    pub(super) place: Place,
}

/// All of it, the worst first.
pub(super) fn attention(data: &Data) -> Vec<Trouble> {
    let mut found = Vec::new();
    let mut add = |mood, text, place| found.push(Trouble { mood, text, place });
    if let Some(error) = &data.info.last_error {
        add(Mood::Bad, format!("configuration: {error}"), Place::screen("events"));
    }
    for node in data.nodes.iter().filter(|node| node.state <= NodeState::Doubtful) {
        let (mood, word) = match node.state {
            NodeState::Bad if node.word == "ejected" => (Mood::Bad, "ejected"),
            NodeState::Bad => (Mood::Bad, "down"),
            _ => (Mood::Warn, node.word.as_str()),
        };
        // As checks have it: nobody took the connection.
        let refuses = node.value.get("checks").is_some_and(|checks| whole(checks, "tcp_failure") > 0);
        let why = if refuses { ": refuses" } else { "" };
        let text = format!("{} {} {word}{why}", node.owner_id(), node.addr);
        add(mood, text, Place::id("upstreams", node.owner_id()));
    }
    // Of nodes that nobody checks only requests tell that they fail.
    let told = data.stats.value.pointer("/by/node").unwrap_or(&Value::Null);
    for node in items(told).filter(|node| number(node, "err") >= 0.05 && number(node, "rps") > 0.0) {
        let owner = text(node, "upstream");
        let path = if owner.contains('/') { owner.to_owned() } else { format!("upstreams/{owner}") };
        let addr = shown(node, "id");
        if data.nodes_of(&path).iter().any(|known| known.state != NodeState::Unknown && known.addr == addr) {
            continue;
        }
        let text = format!("{} {addr}: errors {:.1} %", shown(node, "upstream"), number(node, "err") * 100.0);
        add(Mood::Bad, text, Place::id("upstreams", owner));
    }
    let retries = data.stats.number("/req/retries");
    if retries >= 1.0 {
        add(Mood::Warn, format!("retries {}", count(retries)), Place::screen("upstreams"));
    }
    for cert in &data.certs {
        let days = cert.days(data.now());
        let (mood, text) = match days {
            ..0 => (Mood::Bad, format!("{} cert has ended", cert.name())),
            0..7 => (Mood::Bad, format!("{} cert {days} d", cert.name())),
            7..SOON => (Mood::Warn, format!("{} cert {days} d", cert.name())),
            _ => match cert.warnings.first() {
                Some(warning) => (Mood::Warn, format!("{} cert: {warning}", cert.name())),
                None => continue,
            },
        };
        add(mood, text, Place::id("certs", cert.id.clone()));
    }
    for registry in data.discovery.iter().filter(|registry| registry.state != "connected") {
        add(Mood::Warn, format!("{} {}", registry.kind, registry.state), Place::screen("discovery"));
    }
    for rate in data.stats.rates(By::Route).iter().filter(|rate| rate.err >= 0.01 && rate.rps >= 1.0) {
        let mood = if rate.err >= 0.05 { Mood::Bad } else { Mood::Warn };
        let name = if rate.name.is_empty() { crate::output::clean::line(&rate.id) } else { rate.name.clone() };
        add(mood, format!("route {name}: errors {:.1} %", rate.err * 100.0), Place::id("routes", rate.id.clone()));
    }
    found.sort_by_key(|trouble| trouble.mood);
    found
}

/// What nobody tells, so that something may be wrong with it all the same.
fn untold(data: &Data) -> Vec<&'static str> {
    let fails = |source| matches!(data.state(source), State::Failed(failure) if !failure.is_of_absence());
    let sources = [(Source::Nodes, "nodes"), (Source::Certs, "certificates"), (Source::Discovery, "registries")];
    let errors = Some("errors").filter(|_| !data.stats.knows_codes());
    errors.into_iter().chain(sources.into_iter().filter(|(source, _)| fails(*source)).map(|(_, name)| name)).collect()
}

pub(super) fn draw_attention(buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let all = attention(look.data);
    if all.is_empty() {
        let (mood, text) = match untold(look.data) {
            none if none.is_empty() => (Mood::Good, "nothing".to_owned()),
            untold => (Mood::Off, format!("nothing; not told: {}", untold.join(", "))),
        };
        let line = Line::of(mood.role(), look.mood(mood, &text));
        let lines = wrapped_sentence(line, usize::from(area.width.saturating_sub(2)));
        for (y, line) in (0..area.height).zip(lines) {
            put(buffer, area, 1, y, &line.plain(), look.style(mood.role()));
        }
    }
    let room = usize::from(area.width.saturating_sub(2));
    let lines = usize::from(area.height);
    for (y, trouble) in (0..area.height).zip(&all) {
        let rest = all.len() - usize::from(y);
        if usize::from(y) + 1 == lines && rest > 1 {
            put(buffer, area, 1, y, &format!("and {rest} more"), look.style(Role::Dim));
            break;
        }
        let text = look.mood(trouble.mood, &trouble.text);
        put(buffer, area, 1, y, &fit(&text, room, look.glyphs.more), look.style(trouble.mood.role()));
    }
}

pub(super) fn changes(buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
    let all = if look.data.events.is_empty() {
        look.data.history.iter().take(64).collect::<Vec<_>>()
    } else {
        look.data.events.iter().take(64).collect()
    };
    if all.is_empty() {
        put(buffer, area, 1, 0, "none seen", look.style(Role::Dim));
    }
    for (y, change) in (0..area.height).zip(all) {
        let x = put(buffer, area, 1, y, clock(change.at).get(..5).unwrap_or_default(), look.style(Role::Dim)) + 1;
        let text = format!("{} {}", change.object(), change.done());
        let room = usize::from(area.width.saturating_sub(x + 1));
        put(buffer, area, x, y, &fit(&text, room, look.glyphs.more), look.style(Role::Text));
    }
}
