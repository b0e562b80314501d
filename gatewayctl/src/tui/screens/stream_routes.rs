//! The screen `stream-routes`.

use serde_json::Value;

use super::Screen;
use super::list::{HISTORY, REFERENCES, SUMMARY, YAML};
use super::objects::{self, PLUGINS, Spec};
use super::routes::{mood, or, several};
use crate::filter::text_of;
use crate::output::clean;
use crate::tui::data::{Data, Health, Node, Row, shown, text};
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;
use crate::tui::wish::Place;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "stream-routes",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("NAME", 5, 6, 24),
        Column::number("PORT", 1, 5),
        Column::text("SNI", 3, 6, 32),
        Column::text("REMOTE", 4, 6, 24),
        Column::text("PROTOCOL", 6, 8, 12),
        Column::text("TARGET", 2, 8, 32),
        Column::text("PLUGINS", 7, 8, 40).wide(),
        Column::text("LABELS", 7, 8, 40).wide(),
        Column::number("REV", 8, 8).wide(),
    ],
    cell: |column, row, _, data| match column {
        "PORT" => match row.value.get("server_port").and_then(Value::as_u64) {
            Some(port) => Cell::number(port as f64, port.to_string()),
            None => Cell::none("*"),
        },
        "SNI" => Cell::text(or(shown(&row.value, "sni"), "*")),
        "REMOTE" => Cell::text(several(&row.value, "remote_addr", "remote_addrs")),
        "PROTOCOL" => Cell::text(protocol(&row.value)),
        _ => target(row, data),
    },
    tabs: &[SUMMARY, PLUGINS, YAML, REFERENCES, HISTORY],
    tab: |tab, row, look| if tab == SUMMARY { summary(row, look) } else { Vec::new() },
    lists: &["upstreams", "services"],
    nodes: true,
    uses: objects::uncounted,
    target: Some(|row, _| {
        let own = row.value.get("upstream_id").map(|id| text_of(id).into_owned());
        let service = || row.value.get("service_id").map(|id| format!("services/{}", text_of(id)));
        Some(Place::id("upstreams", own.or_else(service)?))
    }),
    template: || serde_json::json!({ "server_port": 9100, "upstream": { "type": "roundrobin", "nodes": [{ "host": "127.0.0.1", "port": 1883, "weight": 1 }] } }),
};

fn protocol(value: &Value) -> String {
    or(value.pointer("/protocol/name").and_then(Value::as_str).map(clean::line).unwrap_or_default(), "tcp")
}

/// The name of what a stream route goes to, and the nodes of it that are known.
fn goes_to<'d>(row: &Row, data: &'d Data) -> (String, &'d [Node]) {
    let value = &*row.value;
    let id = |field: &str| value.get(field).map(|id| text_of(id).into_owned());
    let service = id("service_id");
    let of_service = service.as_ref().and_then(|id| data.object("services", id));
    let upstream = id("upstream_id")
        .or_else(|| of_service.and_then(|service| service.value.get("upstream_id")).map(|id| text_of(id).into_owned()));
    let (name, owner) = match (upstream, value.get("upstream"), service) {
        (Some(id), ..) => (id.clone(), format!("upstreams/{id}")),
        (None, Some(upstream), _) => {
            let name = match text(upstream, "service_name") {
                "" => "inline".to_owned(),
                name => format!("{}:{name}", text(upstream, "discovery_type")),
            };
            (name, format!("stream_routes/{}", row.id))
        }
        (None, None, Some(id)) => (format!("service {id}"), format!("services/{id}")),
        (None, None, None) => return (String::new(), &[]),
    };
    (clean::line(&name), data.nodes_of(&owner))
}

/// `u1 3/3`.
fn target(row: &Row, data: &Data) -> Cell {
    let (name, nodes) = goes_to(row, data);
    if nodes.is_empty() {
        return Cell::text(or(name, "-"));
    }
    let health = Health::of(nodes);
    Cell::text(format!("{name} {}", health.told())).role(health.role())
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let value = &*row.value;
    let port = or(shown(value, "server_port"), "*");
    let mut line = Line::field("target", target(row, look.data).text);
    for node in goes_to(row, look.data).1.iter().take(6) {
        let mood = mood(node.state);
        line = line.with(mood.role(), format!("  {} {}", node.addr, look.glyphs.mood(mood)));
    }
    vec![
        Line::field(
            "match",
            format!(
                "port {port}   address {}   sni {}   from {}",
                or(shown(value, "server_addr"), "*"),
                or(shown(value, "sni"), "*"),
                several(value, "remote_addr", "remote_addrs")
            ),
        ),
        Line::field("talks", protocol(value)),
        line,
    ]
}
