//! The screen `certs`: the certificates of the gateway, and how long each has.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Screen;
use super::list::{HISTORY, Kind, ListScreen, REFERENCES, SUMMARY, YAML};
use crate::commands::live::moment;
use crate::output::clean;
use crate::output::clock::Now;
use crate::resources::{self, Resource};
use crate::tui::action::Action;
use crate::tui::data::{Cert, Data, Row, Shared, State, items, shown, text};
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{self, Cell, Column, Rows, Table};
use crate::tui::widgets::text::Line;
use crate::tui::widgets::{Look, width};

/// Days that a full bar stands for.
const FULL: i64 = 90;
/// Days before its end from which a certificate is told about.
const SOON: i64 = 30;
/// Days before its end from which that is urgent.
const URGENT: i64 = 7;
/// Columns of a bar.
const BAR: usize = 10;
/// What an object has beside its certificate.
const CHAIN: &str = "Chain";

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Certs, Table::default()))
}

struct Certs;

static COLUMNS: [Column; 12] = [
    Column::text("SNI", 0, 12, 40),
    Column::number("DAYS", 0, 5),
    Column::text("LEFT", 1, BAR as u16, BAR as u16),
    Column::text("STATE", 0, 8, 12),
    Column::text("CHAIN", 2, 8, 32),
    Column::text("ISSUER", 3, 10, 32),
    Column::text("KEY", 4, 6, 10),
    Column::text("ID", 5, 3, 20),
    Column::text("ENDS", 6, 10, 10),
    Column::text("TYPE", 8, 6, 8).wide(),
    Column::text("SUBJECT", 8, 10, 40).wide(),
    Column::text("SHA256", 9, 8, 64).wide(),
];

/// How a certificate is, in a colour and a word.
struct Health {
    mood: Mood,
    word: &'static str,
    /// Whole days that are left, where its end is known.
    days: Option<i64>,
}

impl Health {
    /// Of a row of `live/certs`, or of a stored object of which nothing else is known.
    fn of(value: &Value, data: &Data) -> Health {
        let days = moment(value, "not_after").map(|end| Now::at(data.now()).days_until(end));
        let off = text(value, "status") == "disabled" || value.get("status").and_then(Value::as_u64) == Some(0);
        let early = moment(value, "not_before").is_some_and(|begin| begin > data.now());
        let (mood, word) = match days {
            _ if off => (Mood::Off, "disabled"),
            None if text(value, "status") == "unreadable" => (Mood::Bad, "unreadable"),
            None => (Mood::Off, "unknown"),
            Some(..0) => (Mood::Bad, "ended"),
            Some(_) if early => (Mood::Bad, "not yet"),
            Some(0..URGENT) => (Mood::Bad, "urgent"),
            Some(URGENT..SOON) => (Mood::Warn, "soon"),
            Some(_) => (Mood::Good, "good"),
        };
        Health { mood, word, days }
    }

    /// `12 days left`, `ended 3 days ago`.
    fn words(&self) -> String {
        let days = |days: i64| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
        match self.days {
            None => self.word.to_owned(),
            Some(left) if left < 0 => format!("ended {} ago", days(-left)),
            Some(left) => format!("{}, {} left", self.word, days(left)),
        }
    }

    fn bar(&self) -> Option<Cell> {
        let days = self.days?;
        let share = days.clamp(0, FULL) as f64 / FULL as f64;
        // What has not ended yet has at least a bit of a bar.
        Some(table::bar(if days >= 0 { share.max(0.01) } else { 0.0 }, BAR, days as f64).role(self.mood.role()))
    }
}

/// The names that a certificate is chosen by.
fn names(value: &Value) -> Vec<String> {
    let one = value.get("sni").and_then(Value::as_str);
    let many = items(value.get("snis").unwrap_or(&Value::Null)).filter_map(Value::as_str);
    one.into_iter().chain(many).map(clean::line).collect()
}

fn warnings(value: &Value) -> Vec<String> {
    items(value.get("warnings").unwrap_or(&Value::Null)).filter_map(Value::as_str).map(clean::line).collect()
}

/// The first, and how many more there are.
fn first(all: &[String], none: &str) -> String {
    match all {
        [] => none.to_owned(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

impl Rows for Certs {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        let health = || Health::of(value, data);
        match COLUMNS.get(column).map_or("", |column| column.name) {
            "SNI" => Cell::text(first(&names(value), "-")),
            "DAYS" => match health() {
                Health { days: Some(days), mood, .. } => Cell::number(days as f64, days.to_string()).role(mood.role()),
                _ => Cell::none("-"),
            },
            "LEFT" => health().bar().unwrap_or_else(|| Cell::none("-")),
            "STATE" => {
                let health = health();
                Cell::text(health.word).role(health.mood.role())
            }
            "CHAIN" => match warnings(value).as_slice() {
                [] if value.get("chain_len").is_none() => Cell::none("-"),
                [] => Cell::text("ok"),
                some => Cell::text(first(some, "")).role(Role::Warn),
            },
            "ISSUER" => Cell::text(or_dash(shown(value, "issuer"))),
            "KEY" => Cell::text(or_dash(shown(value, "key"))),
            "ID" => Cell::text(clean::line(&row.id)),
            "ENDS" => match moment(value, "not_after") {
                Some(end) => Cell::number(end as f64, Now::at(end).date()),
                None => Cell::none("-"),
            },
            "TYPE" => Cell::text(or_dash(shown(value, "type"))),
            "SUBJECT" => Cell::text(or_dash(shown(value, "subject"))),
            _ => Cell::text(or_dash(shown(value, "sha256"))),
        }
    }
}

impl Kind for Certs {
    fn name(&self) -> &'static str {
        "certs"
    }

    fn resource(&self) -> Option<&'static Resource> {
        resources::find("ssls").ok()
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        let lists = ["ssls", "upstreams", "services", "routes"].map(Source::List);
        std::iter::once(Source::Certs).chain(lists).map(|source| (source, Vec::new())).collect()
    }

    /// A row an object, with the certificate of it that ends first; behind them the objects of which none is told.
    fn rows(&self, data: &Data) -> Vec<Row> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let told = data.certs.iter().filter(|cert| !cert.id.is_empty() && seen.insert(&cert.id));
        let mut rows: Vec<Row> =
            told.map(|cert| Row { id: cert.id.as_str().into(), value: Arc::clone(&cert.value) }).collect();
        rows.extend(data.list("ssls").iter().filter(|object| !seen.contains(&*object.id)).map(|object| object.row()));
        rows
    }

    fn object(&self, row: &Row, data: &Data) -> Option<Shared> {
        data.object("ssls", &row.id).map(|object| Arc::clone(&object.value))
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[SUMMARY, CHAIN, YAML, REFERENCES, HISTORY]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, room: u16) -> Vec<Line> {
        match tab {
            CHAIN => chain(row, look),
            _ => summary(row, look, room),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Tap]
    }

    fn tap(&self, row: &Row) -> Option<String> {
        // Of a wildcard there are many hosts, of which none is asked for.
        names(&row.value).into_iter().find(|name| !name.contains('*')).map(|name| format!("host={name}"))
    }

    fn template(&self) -> Option<Value> {
        Some(json!({
            "snis": ["new.example"],
            "cert": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "key": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        }))
    }

    fn empty(&self) -> String {
        "no certificates; N makes the first one, gatewayctl certs upload takes files".to_owned()
    }
}

/// All certificates of an object, the first to end in front.
fn of_object<'d>(row: &Row, data: &'d Data) -> Vec<&'d Cert> {
    data.certs.iter().filter(|cert| *cert.id == *row.id).take(16).collect()
}

fn field(name: &str, value: impl Into<String>) -> Line {
    Line::of(Role::Dim, format!("{name:<9}")).with(Role::Text, value)
}

fn summary(row: &Row, look: &Look<'_>, room: u16) -> Vec<Line> {
    let certs = of_object(row, look.data);
    let mut lines = vec![field("names", or_dash(names(&row.value).join("  ")))];
    if certs.is_empty() {
        let health = Health::of(&row.value, look.data);
        lines.push(Line::of(Role::Dim, "state    ").with(health.mood.role(), look.mood(health.mood, health.word)));
        if let State::Failed(failure) = look.data.state(Source::Certs) {
            lines.extend(
                super::list::failed("certificates", failure).into_iter().map(|line| Line::of(Role::Warn, line)),
            );
        } else {
            lines.push(Line::of(Role::Dim, "the gateway tells nothing of its certificate"));
        }
    }
    for (at, cert) in certs.iter().enumerate() {
        if at > 0 {
            lines.push(Line::default());
        }
        one(cert, look, room, &mut lines);
    }
    let changed = look.data.object("ssls", &row.id).map(|object| object.rev);
    if let Some(rev) = changed {
        lines.push(field("rev", rev.to_string()));
    }
    lines
}

/// What there is to know of one certificate.
fn one(cert: &Cert, look: &Look<'_>, room: u16, lines: &mut Vec<Line>) {
    let value = &*cert.value;
    let health = Health::of(value, look.data);
    let mut left = Line::of(Role::Dim, "left     ");
    if let Some(days) = health.days {
        let most = usize::from(room).saturating_sub(9 + width(&health.words()) + 3).min(40);
        let full = (days.clamp(0, FULL) as usize * most).div_ceil(FULL as usize);
        let rest = look.glyphs.shades[1].to_string().repeat(most - full.min(most));
        left =
            left.with(health.mood.role(), look.glyphs.bar.to_string().repeat(full)).with(Role::Dim, format!("{rest} "));
    }
    lines.push(left.with(health.mood.role(), look.mood(health.mood, &health.words())));
    let date = |name: &str| moment(value, name).map_or_else(|| "-".to_owned(), |at| Now::at(at).date());
    lines.push(field("valid", format!("{} to {}", date("not_before"), date("not_after"))));
    for (name, word) in [("subject", "subject"), ("issuer", "issuer"), ("key", "key"), ("serial", "serial")] {
        let text = shown(value, name);
        if !text.is_empty() {
            lines.push(field(word, text));
        }
    }
    let other: Vec<String> =
        items(value.get("names").unwrap_or(&Value::Null)).filter_map(Value::as_str).map(clean::line).collect();
    if !other.is_empty() {
        lines.push(field("is for", other.join("  ")));
    }
    lines.push(field("sha256", or_dash(shown(value, "sha256"))));
    lines.extend(faults(value, look));
}

fn faults(value: &Value, look: &Look<'_>) -> Vec<Line> {
    let all = warnings(value);
    if all.is_empty() {
        let length = shown(value, "chain_len");
        let word = if length == "1" { "certificate".to_owned() } else { format!("{length} certificates") };
        let good = if length.is_empty() { "nothing is wrong with it".to_owned() } else { format!("{word}, in order") };
        return vec![Line::of(Role::Dim, "chain    ").with(Role::Good, look.mood(Mood::Good, &good))];
    }
    let line = |text: &String| Line::of(Role::Dim, "chain    ").with(Role::Warn, look.mood(Mood::Warn, text));
    all.iter().map(line).collect()
}

/// What is wrong with each of an object's certificates.
fn chain(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let certs = of_object(row, look.data);
    if certs.is_empty() {
        return vec![Line::of(Role::Dim, "the gateway tells nothing of its chain")];
    }
    let mut lines = Vec::new();
    for cert in certs {
        let value = &*cert.value;
        lines.push(Line::of(Role::Title, or_dash(shown(value, "subject"))));
        lines.push(Line::of(Role::Dim, "  by     ").with(Role::Text, or_dash(shown(value, "issuer"))));
        lines.push(Line::of(Role::Dim, "  length ").with(Role::Text, or_dash(shown(value, "chain_len"))));
        lines.extend(faults(value, look));
        lines.push(Line::default());
    }
    lines
}
