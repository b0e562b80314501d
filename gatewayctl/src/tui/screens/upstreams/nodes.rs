//! The tab of the nodes.

use serde_json::Value;

use super::{addresses, upstream};
use crate::commands::live;
use crate::output::clock::Now;
use crate::tui::data::{Node, NodeState, Row, State, flag, shown, whole};
use crate::tui::msg::Source;
use crate::tui::screens::routes::mood;
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count, fit, ms, time, width};

/// The columns that an address takes at most.
const ADDRESS: usize = 39;

/// A node in its line or lines: how it is, what goes to it, what checks found.
pub(super) fn lines(row: &Row, look: &Look<'_>, room: usize) -> Vec<Line> {
    let (configured, owner) = upstream(row, look.data);
    let mut nodes: Vec<&Node> = look.data.nodes_of(&owner).iter().collect();
    if nodes.is_empty() {
        return unknown(configured, look);
    }
    // Those that need a look are in front, and of the rest those that are asked first.
    nodes.sort_by(|a, b| {
        let place = |node: &Node| node.value.get("priority").and_then(Value::as_i64).unwrap_or_default();
        a.state.cmp(&b.state).then_with(|| place(b).cmp(&place(a))).then_with(|| a.addr.cmp(&b.addr))
    });
    let wide = nodes.iter().map(|node| width(&node.addr)).max().unwrap_or_default().clamp(4, ADDRESS);
    let words = nodes.iter().map(|node| width(&node.word)).max().unwrap_or_default().clamp(5, 18);
    let more: Vec<String> = nodes.iter().map(|node| more(node, look)).collect();
    let head = head(wide, words);
    let numbers_take = width(&head.plain());
    let aligned = room >= numbers_take;
    let one_line = room >= numbers_take + 2 + more.iter().map(|more| width(more)).max().unwrap_or_default();
    let mut lines = Vec::new();
    if aligned {
        lines.push(head);
    }
    for (node, more) in nodes.into_iter().zip(more) {
        let first = numbers(node, look, wide, words, aligned);
        if one_line {
            lines.push(first.with(Role::Dim, format!("  {more}")));
        } else {
            lines.extend([first, Line::of(Role::Dim, format!("    {more}"))]);
        }
    }
    lines
}

/// The nodes that are configured, where nothing is told of them.
fn unknown(configured: Option<&Value>, look: &Look<'_>) -> Vec<Line> {
    let mut lines = match look.data.state(Source::Nodes) {
        State::Loading => vec![Line::of(Role::Dim, format!("loading nodes{}", look.glyphs.more))],
        State::Failed(failure) => {
            let lines = crate::tui::screens::list::failed("nodes", failure);
            lines.into_iter().map(|line| Line::of(Role::Bad, line)).collect()
        }
        State::Known => vec![Line::of(Role::Dim, "no node of it is known")],
    };
    let Some(configured) = configured else {
        lines.push(Line::of(Role::Bad, look.mood(Mood::Bad, "it names an upstream that is missing")));
        return lines;
    };
    let all = addresses(configured);
    let line = |addr: &String| Line::of(Role::Off, format!("  {}", look.mood(Mood::Off, addr)));
    lines.extend(all.iter().map(line));
    lines
}

fn head(wide: usize, words: usize) -> Line {
    Line::of(Role::Head, format!("  {:<wide$}  {:<words$}  WEIGHT PRIO ACTIVE    RPS    P99", "NODE", "STATE"))
}

fn numbers(node: &Node, look: &Look<'_>, wide: usize, words: usize, aligned: bool) -> Line {
    let mood = mood(node.state);
    let symbol = format!("{} ", look.glyphs.mood(mood));
    let none = look.glyphs.none;
    let value = &*node.value;
    let some =
        |name: &str, text: String| if value.get(name).is_some_and(Value::is_number) { text } else { none.to_owned() };
    let addr = padded(&node.addr, wide, look);
    let (rps, p99) = (some("rps", count(node.rps)), some("p99_ms", ms(node.p99)));
    let per_second = if rps == none { none.to_owned() } else { format!("{rps}/s") };
    let line = Line::of(mood.role(), symbol);
    if !aligned {
        return line.with(Role::Text, format!("{addr} ")).with(mood.role(), node.word.clone()).with(
            Role::Text,
            format!(" w{} {} {}", node.weight, per_second, some("p99_ms", time(node.p99).replace(' ', ""))),
        );
    }
    let active = some("active", whole(value, "active").to_string());
    let priority = some("priority", shown(value, "priority"));
    let role = if node.weight == 0 { Role::Warn } else { Role::Text };
    line.with(Role::Text, format!("{addr}  "))
        .with(mood.role(), format!("{}  ", padded(&node.word, words, look)))
        .with(role, format!("{:>6}", node.weight))
        .with(Role::Text, format!(" {priority:>4} {active:>6} {rps:>6} {p99:>6}"))
}

/// The text in exactly so many columns.
fn padded(text: &str, wide: usize, look: &Look<'_>) -> String {
    let mut text = fit(text, wide, look.glyphs.more);
    text.push_str(&" ".repeat(wide.saturating_sub(width(&text))));
    text
}

/// What checks found, when, until when it is left out, and where it comes from.
fn more(node: &Node, look: &Look<'_>) -> String {
    let value = &*node.value;
    let now = look.data.now();
    let mut parts = Vec::new();
    match value.get("checks").filter(|checks| checks.is_object()) {
        Some(checks) => {
            let number = |name: &str| whole(checks, name);
            parts.push(format!(
                "ok {} tcp {} http {} timeout {}",
                number("success"),
                number("tcp_failure"),
                number("http_failure"),
                number("timeout_failure")
            ));
        }
        None => parts.push("no checks".to_owned()),
    }
    if let Some(at) = live::moment(value, "last_check") {
        parts.push(format!("checked {}", Now::at(now).relative(true).show(at)));
    }
    match live::moment(value, "ejected_until") {
        Some(until) => parts
            .push(format!("ejected for {}", live::span(u64::try_from(until.saturating_sub(now)).unwrap_or_default()))),
        None if node.word == "ejected" => parts.push("ejected".to_owned()),
        None => {}
    }
    if node.state != NodeState::Bad && value.get("usable").is_some() && !flag(value, "usable") {
        parts.push("not used".to_owned());
    }
    let source = shown(value, "source");
    if !source.is_empty() {
        parts.push(format!("from {source}"));
    }
    parts.join("  ")
}
