//! The screen `secrets`: where secrets are kept elsewhere. What is kept there is not shown.

use serde_json::Value;

use super::Screen;
use super::list::{HISTORY, SUMMARY, YAML};
use super::objects::{self, Spec};
use super::routes::or;
use crate::output::{clean, mask};
use crate::tui::data::{Row, shown};
use crate::tui::widgets::Look;
use crate::tui::widgets::table::{Cell, Column};
use crate::tui::widgets::text::Line;

/// The tab of the objects that refer to it.
const USED: &str = "Used by";
/// Lists of the objects that may refer to one.
const USERS: &[&str] = &[
    "routes",
    "services",
    "upstreams",
    "consumers",
    "consumer-groups",
    "ssls",
    "global-rules",
    "plugin-configs",
    "plugin-metadata",
    "stream-routes",
];

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    objects::screen(&SPEC)
}

static SPEC: Spec = Spec {
    name: "secrets",
    columns: &[
        Column::text("ID", 0, 8, 32),
        Column::text("MANAGER", 1, 7, 12),
        Column::text("AT", 2, 10, 60),
        Column::text("PREFIX", 3, 6, 40),
        Column::text("DESC", 5, 8, 40).wide(),
        Column::number("REV", 6, 8).wide(),
    ],
    cell: |column, row, _, _| match column {
        "MANAGER" => Cell::text(manager(row)),
        "AT" => Cell::text(or(place(&row.value), "-")),
        _ => Cell::text(or(shown(&row.value, "prefix"), "-")),
    },
    tabs: &[SUMMARY, YAML, USED, HISTORY],
    tab: |tab, row, look| match tab {
        SUMMARY => summary(row, look),
        _ => {
            let reference = reference(row);
            objects::found(USERS, look.data, |value| mentions(value, &reference, 0))
        }
    },
    lists: USERS,
    nodes: false,
    uses: objects::uncounted,
    target: None,
    template: || serde_json::json!({ "id": "vault/new", "uri": "http://127.0.0.1:8200", "prefix": "kv/gateway", "token": "$ENV://VAULT_TOKEN" }),
};

fn manager(row: &Row) -> String {
    clean::line(row.id.split('/').next().unwrap_or_default())
}

/// Where the manager is: an address, a region, or whoever asks.
fn place(value: &Value) -> String {
    let fields = ["uri", "endpoint_url", "region"].into_iter().map(|field| shown(value, field));
    let account = value.pointer("/auth_config/client_email").and_then(Value::as_str).map(clean::line);
    fields.chain(account).find(|text| !text.is_empty()).unwrap_or_default()
}

/// What values that are kept there begin with.
fn reference(row: &Row) -> String {
    format!("$secret://{}/", row.id)
}

/// Whether any text within a value has another one.
fn mentions(value: &Value, wanted: &str, depth: usize) -> bool {
    /// Deeper than any object that the gateway takes.
    const DEEPEST: usize = 64;
    match value {
        Value::String(text) => text.to_ascii_lowercase().contains(&wanted.to_ascii_lowercase()),
        _ if depth > DEEPEST => false,
        Value::Array(items) => items.iter().any(|item| mentions(item, wanted, depth + 1)),
        Value::Object(fields) => fields.values().any(|item| mentions(item, wanted, depth + 1)),
        _ => false,
    }
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let none = look.glyphs.none;
    let masked = mask::masked(&row.value, false);
    let keys = ["token", "access_key_id", "secret_access_key", "session_token", "auth_file", "namespace"];
    let mut with = keys.into_iter().filter_map(|key| {
        let text = shown(&masked, key);
        (!text.is_empty()).then(|| format!("{key} {text}"))
    });
    let first = with.next().unwrap_or_else(|| none.to_owned());
    vec![
        Line::field("manager", manager(row)),
        Line::field("at", or(place(&row.value), none)),
        Line::field("prefix", or(shown(&row.value, "prefix"), none)),
        Line::field("with", std::iter::once(first).chain(with).collect::<Vec<_>>().join("  ")),
        Line::field("as", clean::line(&format!("{}KEY", reference(row)))),
    ]
}
