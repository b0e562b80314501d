//! The screen `routes`.

use gateway_model::merge::{self, Level};
use serde_json::{Map, Value, json};

use super::Screen;
use super::list::{HISTORY, Kind, ListScreen, REFERENCES, SUMMARY, TRAFFIC, YAML};
use crate::filter::text_of;
use crate::output::clean;
use crate::tui::action::Action;
use crate::tui::data::{By, Data, Health, Node, NodeState, Row, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, count, ms};
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Routes, Table::default()))
}

pub(super) struct Routes;

pub(super) static COLUMNS: [Column; 13] = [
    Column::text("ID", 0, 6, 24),
    Column::text("NAME", 6, 6, 24),
    Column::text("METHODS", 5, 4, 12),
    Column::text("HOST", 4, 8, 32),
    Column::text("URI", 1, 8, 40),
    Column::text("TARGET", 2, 8, 26),
    Column::number("RPS", 1, 6),
    Column::number("ERR%", 2, 5),
    Column::number("P99", 2, 6),
    Column::text("STATE", 7, 8, 8),
    Column::number("PRIO", 8, 5).wide(),
    Column::text("PLUGINS", 9, 8, 40).wide(),
    Column::text("LABELS", 9, 8, 40).wide(),
];

impl Rows for Routes {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        let rate = data.stats.rate(By::Route, &row.id);
        let off = is_off(value);
        let number = |of: Option<(f64, String)>| match of {
            Some((number, text)) => Cell::number(number, text),
            None => Cell::none("-"),
        };
        let cell = match COLUMNS.get(column).map_or("", |column| column.name) {
            "ID" => Cell::text(clean::line(&row.id)),
            "NAME" => Cell::text(or_dash(shown(value, "name"))),
            "METHODS" => Cell::text(methods(value)),
            "HOST" => Cell::text(several(value, "host", "hosts")),
            "URI" => Cell::text(several(value, "uri", "uris")),
            "TARGET" => target(value, data),
            "RPS" if off => return Cell { text: "off".to_owned(), role: Role::Off, number: Some(-1.0) },
            "RPS" => number(rate.map(|rate| (rate.rps, count(rate.rps)))),
            "ERR%" => match rate {
                Some(rate) if !off => {
                    let percent = rate.err * 100.0;
                    Cell::number(percent, format!("{percent:.1}")).role(error_role(rate.err))
                }
                _ => Cell::none("-"),
            },
            "P99" => number(rate.filter(|_| !off).map(|rate| (rate.p99, ms(rate.p99)))),
            "STATE" => Cell::text(if off { "disabled" } else { "enabled" }),
            "PRIO" => Cell::number(crate::tui::data::number(value, "priority"), or(shown(value, "priority"), "0")),
            "PLUGINS" => Cell::text(or_dash(plugin_names(value))),
            _ => Cell::text(or_dash(labels(value))),
        };
        if off && cell.role == Role::Text { cell.role(Role::Off) } else { cell }
    }
}

impl Kind for Routes {
    fn name(&self) -> &'static str {
        "routes"
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        vec![
            (Source::List("routes"), Vec::new()),
            (Source::List("services"), Vec::new()),
            (Source::List("upstreams"), Vec::new()),
            (Source::List("plugin-configs"), Vec::new()),
            (Source::List("global-rules"), Vec::new()),
            (Source::Nodes, Vec::new()),
            (Source::Plugins, Vec::new()),
        ]
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        data.list("routes").iter().map(|route| route.row()).collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, "Plugins", "Target", YAML, REFERENCES, TRAFFIC, HISTORY]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, _: u16) -> Vec<Line> {
        match tab {
            "Plugins" => plugins(row, look),
            "Target" => nodes(row, look),
            _ => summary(row, look),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Tap, Action::Explain, Action::Target]
    }

    fn by(&self) -> Option<By> {
        Some(By::Route)
    }

    fn target(&self, row: &Row, data: &Data) -> Option<Place> {
        let id = upstream_id(&row.value, data)?;
        Some(Place::id("upstreams", id))
    }

    fn tap(&self, row: &Row) -> Option<String> {
        Some(format!("route={}", row.id))
    }

    fn template(&self) -> Option<Value> {
        Some(json!({
            "name": "new",
            "uri": "/new/*",
            "methods": ["GET"],
            "plugins": {},
            "upstream": { "type": "roundrobin", "nodes": [{ "host": "127.0.0.1", "port": 80, "weight": 1 }] },
        }))
    }

    fn empty(&self) -> String {
        "no routes; N makes the first one".to_owned()
    }
}

/// Above 1 % of failures something is worth a look, above 5 % it is broken.
pub(super) fn error_role(share: f64) -> Role {
    match share {
        share if share >= 0.05 => Role::Bad,
        share if share >= 0.01 => Role::Warn,
        _ => Role::Text,
    }
}

pub(super) fn is_off(value: &Value) -> bool {
    value.get("status").and_then(Value::as_u64) == Some(0)
}

pub(super) fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

pub(super) fn or_dash(text: String) -> String {
    or(text, "-")
}

/// One field, or the first of the other and how many more there are.
pub(super) fn several(value: &Value, one: &str, many: &str) -> String {
    let first = shown(value, one);
    if !first.is_empty() {
        return first;
    }
    let mut all = crate::tui::data::items(value.get(many).unwrap_or(&Value::Null));
    let Some(first) = all.next().map(|item| clean::line(&text_of(item))) else { return "*".to_owned() };
    match all.count() {
        0 => first,
        more => format!("{first} +{more}"),
    }
}

fn methods(value: &Value) -> String {
    let all: Vec<&str> =
        crate::tui::data::items(value.get("methods").unwrap_or(&Value::Null)).filter_map(Value::as_str).collect();
    if all.is_empty() { "*".to_owned() } else { clean::line(&all.join(",")) }
}

pub(super) fn plugin_names(value: &Value) -> String {
    let plugins = value.get("plugins").and_then(Value::as_object);
    plugins.map(|all| clean::line(&all.keys().map(String::as_str).collect::<Vec<_>>().join(","))).unwrap_or_default()
}

pub(super) fn labels(value: &Value) -> String {
    let labels = value.get("labels").and_then(Value::as_object).into_iter().flatten();
    clean::line(&labels.map(|(name, value)| format!("{name}={}", text_of(value))).collect::<Vec<_>>().join(","))
}

/// The id of the upstream that a route goes to, of its own or through its service.
pub(super) fn upstream_id(value: &Value, data: &Data) -> Option<String> {
    if let Some(id) = value.get("upstream_id") {
        return Some(text_of(id).into_owned());
    }
    let service = data.object("services", &text_of(value.get("service_id")?))?;
    service.value.get("upstream_id").map(|id| text_of(id).into_owned())
}

/// The nodes of a route: those of its upstream, its service or its own.
fn nodes_of<'d>(route: &Value, data: &'d Data) -> &'d [Node] {
    let of = |owner: String| Some(data.nodes_of(&owner)).filter(|nodes| !nodes.is_empty());
    let own = |list: &str, field: &str| of(format!("{list}/{}", text_of(route.get(field)?)));
    let named = upstream_id(route, data).and_then(|id| of(format!("upstreams/{id}")));
    named.or_else(|| own("routes", "id")).or_else(|| own("services", "service_id")).unwrap_or_default()
}

/// `u1 3/3`, `nacos:pay`, and `u1 3 ?` where nobody looks at the nodes.
fn target(value: &Value, data: &Data) -> Cell {
    let id = upstream_id(value, data);
    let upstream = match &id {
        Some(id) => data.object("upstreams", id).map(|upstream| &*upstream.value),
        None => value.get("upstream"),
    };
    let kind = upstream.map(|upstream| text(upstream, "discovery_type")).unwrap_or_default();
    let name = match (&id, upstream) {
        (_, Some(upstream)) if !kind.is_empty() => format!("{kind}:{}", text(upstream, "service_name")),
        (Some(id), _) => id.clone(),
        (None, Some(_)) => "inline".to_owned(),
        (None, None) => match value.get("service_id") {
            Some(service) => format!("service {}", text_of(service)),
            None => return Cell::text("-").role(Role::Off),
        },
    };
    let health = Health::of(nodes_of(value, data));
    if health.all == 0 {
        return Cell::text(clean::line(&name));
    }
    Cell::text(clean::line(&format!("{name} {}", health.told()))).role(health.role())
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let value = &*row.value;
    let vars = value.get("vars").filter(|vars| vars.as_array().is_some_and(|all| !all.is_empty()));
    let none = look.glyphs.none;
    let mut lines = vec![Line::field(
        "match",
        format!(
            "{} {} {}   priority {}   vars {}   websocket {}",
            methods(value),
            several(value, "host", "hosts"),
            several(value, "uri", "uris"),
            or(shown(value, "priority"), "0"),
            vars.map_or(none.to_owned(), |vars| clean::line(&crate::output::mask::masked(vars, false).to_string())),
            if crate::tui::data::flag(value, "enable_websocket") { "yes" } else { "no" },
        ),
    )];
    let effective = effective(row, look.data);
    let mut plugins = Line::of(Role::Dim, "plugins ");
    for plugin in &effective {
        let priority = plugin.priority.map(|priority| format!(" {priority}")).unwrap_or_default();
        plugins = plugins
            .with(Role::Text, format!("{}{priority} ", plugin.name))
            .with(Role::Dim, format!("({})  ", plugin.origin));
    }
    lines.push(if effective.is_empty() { plugins.with(Role::Dim, none) } else { plugins });
    let mut target_line = Line::field("target", target(value, look.data).text);
    for node in nodes_of(value, look.data).iter().take(6) {
        let mood = mood(node.state);
        target_line = target_line.with(mood.role(), format!("  {} {}", node.addr, look.glyphs.mood(mood)));
    }
    lines.push(target_line);
    let state = if is_off(value) {
        Line::of(Role::Dim, "state   ").with(Role::Off, look.mood(Mood::Off, "disabled"))
    } else {
        Line::of(Role::Dim, "state   ").with(Role::Good, look.mood(Mood::Good, "enabled"))
    };
    lines.push(state);
    lines.push(Line::field("changed", changed("routes", &row.id, row, look.data)));
    for (name, text) in [("labels", labels(value)), ("desc", shown(value, "desc"))] {
        if !text.is_empty() {
            lines.push(Line::field(name, text));
        }
    }
    lines
}

/// When a row's object was changed, by whom, and to which revision; `of` is its resource as the server calls it.
pub(super) fn changed(of: &str, id: &str, row: &Row, data: &Data) -> String {
    let now = crate::output::clock::Now::at(data.now()).relative(true);
    let all = data.events.iter().chain(&data.history);
    if let Some(change) =
        all.filter(|change| change.resource == of && &*change.id == id).max_by_key(|change| change.rev)
    {
        return format!("{} by {}, rev {}", now.show(change.at), change.by, change.rev);
    }
    let at = crate::commands::live::moment(&row.value, "update_time");
    let rev = crate::tui::data::whole(&row.value, "modifiedIndex");
    format!("{}, rev {rev}", at.map_or("unknown".to_owned(), |at| now.show(at)))
}

/// The symbol and colour of a node.
pub(super) fn mood(state: NodeState) -> Mood {
    match state {
        NodeState::Good => Mood::Good,
        NodeState::Doubtful => Mood::Warn,
        NodeState::Bad => Mood::Bad,
        NodeState::Unknown => Mood::Off,
    }
}

fn nodes(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let mut lines = vec![Line::field("target", target(&row.value, look.data).text)];
    for node in nodes_of(&row.value, look.data) {
        let mood = mood(node.state);
        lines.push(
            Line::of(mood.role(), format!("  {:<22}", look.mood(mood, &node.addr)))
                .with(Role::Text, format!(" {:<16} weight {:>4}", node.word, node.weight))
                .with(Role::Text, format!("  {:>6} rps  p99 {:>6} ms", count(node.rps), ms(node.p99))),
        );
    }
    if lines.len() == 1 {
        lines.push(Line::of(Role::Dim, "  no node of it is known"));
    }
    lines
}

/// A plugin that runs.
struct Effective {
    name: String,
    priority: Option<i64>,
    origin: String,
}

/// The plugins of a route in the order in which they run, and where each comes from.
fn effective(row: &Row, data: &Data) -> Vec<Effective> {
    let of = |value: &Value| value.get("plugins").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut levels: Vec<(Level, String, Map<String, Value>)> = vec![(Level::Route, "route".to_owned(), of(&row.value))];
    for (level, list, field, word) in [
        (Level::Service, "services", "service_id", "service"),
        (Level::PluginConfig, "plugin-configs", "plugin_config_id", "plugin config"),
    ] {
        let id = row.value.get(field).map(|id| text_of(id).into_owned());
        if let Some(object) = id.as_deref().and_then(|id| data.object(list, id)) {
            levels.push((level, format!("{word} {}", clean::line(&object.id)), of(&object.value)));
        }
    }
    let make = |name: &str, origin: String, config: &Value| Effective {
        name: clean::line(name),
        priority: config
            .pointer("/_meta/priority")
            .and_then(Value::as_i64)
            .or_else(|| data.plugins.get(name).map(|plugin| plugin.priority)),
        origin,
    };
    let mut first: Vec<Effective> = Vec::new();
    for rule in data.list("global-rules").iter() {
        let origin = format!("global rule {}", clean::line(&rule.id));
        first.extend(of(&rule.value).iter().map(|(name, config)| make(name, origin.clone(), config)));
    }
    let entries = levels.iter().flat_map(|(level, origin, plugins)| {
        plugins.iter().map(move |(name, config)| (*level, name.as_str(), (origin, config)))
    });
    let merged = merge::plugins(entries);
    let mut then: Vec<Effective> =
        merged.into_iter().map(|plugin| make(plugin.name, plugin.value.0.clone(), plugin.value.1)).collect();
    for part in [&mut first, &mut then] {
        part.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.name.cmp(&b.name)));
    }
    first.append(&mut then);
    first
}

fn plugins(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let all = effective(row, look.data);
    if all.is_empty() {
        return vec![Line::of(Role::Dim, "no plugin runs on it")];
    }
    let wide = all.iter().map(|plugin| crate::tui::widgets::width(&plugin.name)).max().unwrap_or_default();
    let line = |plugin: &Effective| {
        let priority = plugin.priority.map_or_else(|| "-".to_owned(), |priority| priority.to_string());
        Line::of(Role::Text, format!("{:<wide$}  {priority:>6}  ", plugin.name)).with(Role::Dim, plugin.origin.clone())
    };
    all.iter().map(line).collect()
}
