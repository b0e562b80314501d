//! The table of the tap.

use serde_json::Value;

use crate::filter::text_of;
use crate::output::clean;
use crate::tui::data::{Data, Row, number, shown, whole};
use crate::tui::theme::Role;
use crate::tui::widgets::table::{Cell, Column, Rows};
use crate::tui::widgets::{clock, ms};

pub(super) struct Requests;

pub(super) static COLUMNS: [Column; 16] = [
    Column::text("TIME", 1, 12, 12),
    Column::text("PROTO", 3, 5, 6),
    Column::text("CLIENT", 4, 8, 22),
    Column::text("METH", 2, 4, 7),
    Column::text("HOST", 2, 8, 28),
    Column::text("PATH", 0, 10, 60),
    Column::text("ST", 0, 3, 4),
    Column::text("ROUTE", 1, 6, 20),
    Column::text("NODE", 5, 10, 22),
    Column::number("MS", 0, 6),
    Column::text("CONSUMER", 8, 6, 16).wide(),
    Column::number("TRIES", 8, 5).wide(),
    Column::number("RX", 9, 6).wide(),
    Column::number("TX", 9, 6).wide(),
    Column::text("PLUGINS", 9, 8, 40).wide(),
    Column::text("ERROR", 7, 8, 40).wide(),
];

impl Rows for Requests {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, _: &Data) -> Cell {
        let value = &*row.value;
        let of = |pointer: &str| Cell::text(or_dash(at(value, pointer)));
        let size = |name: &str| Cell::number(number(value, name), crate::tui::widgets::count(number(value, name)));
        match COLUMNS.get(column).map_or("", |column| column.name) {
            "TIME" => Cell::number(number(value, "ts"), time(number(value, "ts"))),
            "PROTO" => Cell::text(protocol(value)),
            "CLIENT" => Cell::text(or_dash(client(value))),
            "METH" => of("/method"),
            "HOST" => Cell::text(or_dash(host(value))),
            "PATH" => Cell::text(or_dash(path(value))),
            "ST" => status(value),
            "ROUTE" => Cell::text(or_dash(route(value))),
            "NODE" => of("/upstream/node"),
            "MS" => {
                let total = value.pointer("/ms/total").and_then(Value::as_f64).unwrap_or_default();
                Cell::number(total, ms(total))
            }
            "CONSUMER" => of("/consumer"),
            "TRIES" => {
                let tries = value.get("upstream").map(|upstream| whole(upstream, "tries")).unwrap_or_default();
                let cell = Cell::number(tries as f64, tries.to_string());
                if tries > 1 { cell.role(Role::Warn) } else { cell }
            }
            "RX" => size("rx"),
            "TX" => size("tx"),
            "PLUGINS" => Cell::text(or_dash(plugins(value))),
            _ => match at(value, "/error") {
                none if none.is_empty() => Cell::text("-"),
                error => Cell::text(error).role(Role::Bad),
            },
        }
    }
}

/// What a pointer leads to, clean; empty where that is nothing.
pub(super) fn at(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).filter(|found| !found.is_null());
    found.map(|found| clean::line(&text_of(found))).unwrap_or_default()
}

pub(super) fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// `12:03:07.131`, UTC.
pub(super) fn time(unix_s: f64) -> String {
    let millis = (unix_s * 1_000.0).round() as i64;
    format!("{}.{:03}", clock(millis.div_euclid(1_000)), millis.rem_euclid(1_000))
}

fn protocol(value: &Value) -> String {
    match crate::tui::data::text(value, "protocol") {
        "http1" => "h1".to_owned(),
        "http2" => "h2".to_owned(),
        "websocket" => "ws".to_owned(),
        _ => or_dash(shown(value, "protocol")),
    }
}

/// Without the port.
fn client(value: &Value) -> String {
    let client = shown(value, "client");
    client.rsplit_once(':').map_or(client.clone(), |(addr, _)| addr.to_owned())
}

/// The call of Dubbo that a request is.
fn call(value: &Value) -> Option<&Value> {
    value.get("dubbo").filter(|call| call.is_object())
}

fn host(value: &Value) -> String {
    match call(value).map(|call| shown(call, "interface")) {
        Some(interface) if !interface.is_empty() => interface,
        _ => shown(value, "host"),
    }
}

fn path(value: &Value) -> String {
    match call(value).map(|call| shown(call, "method")) {
        Some(method) if !method.is_empty() => format!("{method}(..)"),
        _ => shown(value, "path"),
    }
}

pub(super) fn route(value: &Value) -> String {
    match at(value, "/route/name") {
        name if name.is_empty() => at(value, "/route/id"),
        name => name,
    }
}

/// Whether the method threw: its word, or the class of what it threw.
pub(super) fn threw(value: &Value) -> bool {
    match call(value).and_then(|call| call.get("exception")) {
        Some(Value::Bool(threw)) => *threw,
        Some(Value::String(class)) => !class.is_empty(),
        _ => false,
    }
}

/// The status in the terms of the protocol.
pub(super) fn status(value: &Value) -> Cell {
    if threw(value) {
        return Cell::number(599.0, "EXC").role(Role::Bad);
    }
    let of_call = call(value).and_then(|call| call.get("status")).and_then(Value::as_u64);
    let of_grpc = value.get("grpc_status").and_then(Value::as_u64);
    let (status, role) = match (of_call, of_grpc) {
        (Some(status), _) => (status, if status == 20 { Role::Good } else { Role::Bad }),
        (_, Some(status)) => (status, if status == 0 { Role::Good } else { Role::Bad }),
        _ => match whole(value, "status") {
            0 => return Cell::none("-"),
            status @ 500.. => (status, Role::Bad),
            status @ 400..=499 => (status, Role::Warn),
            status => (status, Role::Good),
        },
    };
    Cell::number(status as f64, status.to_string()).role(role)
}

/// `key-auth, limit-count exit 429`.
fn plugins(value: &Value) -> String {
    let all = crate::tui::data::items(value.get("plugins").unwrap_or(&Value::Null)).map(|plugin| {
        let verdict = shown(plugin, "verdict");
        let verdict = if verdict == "pass" || verdict.is_empty() { String::new() } else { format!(" {verdict}") };
        format!("{}{verdict}", shown(plugin, "name"))
    });
    all.collect::<Vec<_>>().join(", ")
}
