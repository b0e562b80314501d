//! The screen `events`: changes of the configuration, who made them, what they changed, and the way back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::list::{Kind, ListScreen, SUMMARY, YAML};
use super::{Context, Screen};
use crate::commands::live::moment;
use crate::filter::text_of;
use crate::output::clean;
use crate::output::clock::Now;
use crate::resources::{self, Reference, Resource};
use crate::tui::action::Action;
use crate::tui::data::{Change, Data, Row, shown, text, whole};
use crate::tui::dialogs::Dialog;
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::table::{Cell, Column, Rows, Table};
use crate::tui::widgets::text::{self as lines, Line};
use crate::tui::widgets::{Look, clock};
use crate::tui::wish::{Place, Wish};

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(ListScreen::new(Changes, Table::sorted(1, true)))
}

struct Changes;

const DIFF: &str = "Diff";
const BEFORE: &str = "Before";
const AFTER: &str = "After";

/// Lines of a comparison that are shown.
const LONGEST: usize = 5_000;

static COLUMNS: [Column; 6] = [
    Column::text("TIME", 0, 11, 11),
    Column::number("REV", 1, 7),
    Column::text("WHAT", 1, 7, 7),
    Column::text("OBJECT", 0, 12, 40),
    Column::text("BY", 2, 8, 32),
    Column::text("CHANGED", 3, 8, 60),
];

impl Rows for Changes {
    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn cell(&self, row: &Row, column: usize, data: &Data) -> Cell {
        let value = &*row.value;
        match column {
            0 => {
                let at = moment(value, "ts").unwrap_or_default();
                Cell::number(at as f64, time(at, data.now()))
            }
            1 => {
                let rev = whole(value, "rev");
                Cell::number(rev as f64, rev.to_string())
            }
            2 => Cell::text(done(value)).role(role(value)),
            3 => Cell::text(object(value)),
            4 => Cell::text(or_dash(by(value))),
            _ => Cell::text(or_dash(changed(value))),
        }
    }
}

impl Kind for Changes {
    fn name(&self) -> &'static str {
        "events"
    }

    fn resource(&self) -> Option<&'static Resource> {
        None
    }

    fn sources(&self) -> Vec<(Source, Arguments)> {
        // As much as the journal has.
        vec![(Source::History, vec![("limit", "1000".to_owned())]), (Source::Events, Vec::new())]
    }

    fn rows(&self, data: &Data) -> Vec<Row> {
        let mut seen = BTreeSet::new();
        let row = |change: &Change| {
            let id: Arc<str> = format!("{} {}/{}", change.rev, change.resource, change.id).into();
            seen.insert(Arc::clone(&id)).then(|| Row { id, value: Arc::clone(&change.value) })
        };
        data.events.iter().chain(&data.history).filter_map(row).collect()
    }

    fn tabs(&self) -> &'static [&'static str] {
        &[DIFF, SUMMARY, BEFORE, AFTER, YAML]
    }

    fn tab(&self, tab: &str, row: &Row, look: &Look<'_>, _: u16) -> Vec<Line> {
        match tab {
            BEFORE | AFTER => match side(&row.value, if tab == BEFORE { "before" } else { "after" }) {
                Some(value) => lines::yaml(value),
                None => vec![Line::of(Role::Dim, "there was no such object")],
            },
            DIFF => {
                let mut all = vec![head(&row.value, look.data.now()), Line::default()];
                let (before, after) = (side(&row.value, "before"), side(&row.value, "after"));
                all.extend(compared(&row.value, before, after, secrets(&row.value)));
                all
            }
            _ => summary(row, look),
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Diff, Action::RollBack, Action::Target, Action::Edit]
    }

    fn act(&mut self, action: Action, rows: &[Row], context: &mut Context<'_>) -> bool {
        match (action, rows) {
            (Action::Diff, rows) => compare(rows, context),
            (Action::RollBack, [row]) => context.wish(Wish::RollBack(whole(&row.value, "rev"))),
            (Action::RollBack, _) => {
                context.say(Mood::Warn, "several changes are marked; a roll-back is to one of them")
            }
            (Action::Target | Action::Edit, [row, ..]) => match reference(&row.value) {
                Some(of) if action == Action::Edit => context.wish(Wish::Edit(of)),
                Some(of) => match super::of_resource(of.resource.name) {
                    Some(screen) => context.go(Place::id(screen, of.id)),
                    None => context.say(Mood::Off, format!("no screen shows {of}")),
                },
                None => context.say(Mood::Off, "it names no object that can be shown"),
            },
            (Action::CopyId, [row, ..]) => {
                context.wish(Wish::Copy(whole(&row.value, "rev").to_string(), "revision"));
            }
            // Changes are no objects: they are neither made, nor switched, nor deleted here.
            (Action::New | Action::Toggle | Action::Delete | Action::Explain, _) => {}
            _ => return false,
        }
        true
    }

    fn tap(&self, row: &Row) -> Option<String> {
        let filter = match text(&row.value, "resource") {
            "routes" => "route",
            "services" => "service",
            "upstreams" => "upstream",
            "consumers" => "consumer",
            _ => return None,
        };
        Some(format!("{filter}={}", id(&row.value)))
    }

    fn follows(&self) -> bool {
        true
    }

    fn empty(&self) -> String {
        "no change is known: the journal of the gateway is empty".to_owned()
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// `20:01:07`, with the day where it was another one.
fn time(at: i64, now: i64) -> String {
    if at.div_euclid(86_400) == now.div_euclid(86_400) {
        return clock(at);
    }
    let date = Now::at(at).date();
    format!("{} {}", date.get(5..).unwrap_or_default(), clock(at).get(..5).unwrap_or_default())
}

fn id(value: &Value) -> String {
    clean::line(&value.get("id").map(text_of).unwrap_or_default())
}

/// `route/pay`.
fn object(value: &Value) -> String {
    let resource = text(value, "resource");
    let resource = resources::find(resource).map_or(resource, |of| of.singular);
    clean::line(&format!("{resource}/{}", id(value)))
}

fn reference(value: &Value) -> Option<Reference> {
    let resource = resources::find(text(value, "resource")).ok()?;
    Reference::new(resource, &value.get("id").map(text_of)?).ok()
}

fn done(value: &Value) -> String {
    match text(value, "op") {
        "create" => "created".to_owned(),
        "update" => "updated".to_owned(),
        "delete" => "deleted".to_owned(),
        _ => shown(value, "op"),
    }
}

fn role(value: &Value) -> Role {
    match text(value, "op") {
        "create" => Role::Added,
        "delete" => Role::Removed,
        _ => Role::Text,
    }
}

/// `admin from 127.0.0.1`.
fn by(value: &Value) -> String {
    match value.get("by") {
        Some(Value::String(name)) => clean::line(name),
        Some(by) => match (shown(by, "key"), shown(by, "addr")) {
            (key, addr) if addr.is_empty() => key,
            (key, addr) => format!("{key} from {addr}"),
        },
        None => String::new(),
    }
}

/// The object before or after a change, where there was one.
fn side<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).filter(|side| !side.is_null())
}

/// The fields that came (`+`), went (`-`) and changed (`~`), by name; of a whole object the sign stands once.
fn changed(value: &Value) -> String {
    let fields = |name| side(value, name).and_then(Value::as_object);
    let names =
        |of: &serde_json::Map<String, Value>| clean::line(&of.keys().map(String::as_str).collect::<Vec<_>>().join(" "));
    let (before, after) = match (fields("before"), fields("after")) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(after)) => return format!("+ {}", names(after)),
        (Some(before), None) => return format!("- {}", names(before)),
        (None, None) => return String::new(),
    };
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let word = |name: &&String| match (before.get(*name), after.get(*name)) {
        (None, Some(_)) => Some(format!("+{name}")),
        (Some(_), None) => Some(format!("-{name}")),
        (a, b) if a != b => Some(format!("~{name}")),
        _ => None,
    };
    let own = |name: &&String| !matches!(name.as_str(), "update_time" | "create_time");
    let mut words: Vec<String> = all.into_iter().filter(own).filter_map(|name| word(&name)).collect();
    if !secrets(value).is_empty() {
        words.push("(secret changed)".to_owned());
    }
    clean::line(&words.join(" "))
}

/// Where secrets were replaced, `plugins.key-auth.key`: their texts are told of neither side.
fn secrets(value: &Value) -> Vec<String> {
    let all = value.get("secrets_changed").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    all.map(|pointer| clean::line(&pointer.trim_start_matches('/').replace('/', "."))).collect()
}

/// `route/pay updated by admin from 127.0.0.1, rev 4711, 2m ago`.
fn head(value: &Value, now: i64) -> Line {
    let ago = Now::at(now).relative(true).show(moment(value, "ts").unwrap_or_default());
    let by = by(value);
    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
    Line::of(Role::Title, object(value))
        .with(role(value), format!(" {}", done(value)))
        .with(Role::Dim, format!("{by}, rev {}, {ago}", whole(value, "rev")))
}

/// What differs between two forms of the object of a change, and which of its secrets were replaced.
fn compared(
    value: &Value,
    before: Option<&Value>,
    after: Option<&Value>,
    secrets: impl IntoIterator<Item = String>,
) -> Vec<Line> {
    for (name, words) in [("too_large", "is too large to be told"), ("unreadable", "cannot be read by the gateway")] {
        if [before, after].into_iter().flatten().any(|side| side.get(name).is_some()) {
            return vec![Line::of(Role::Warn, format!("{} {words}", object(value)))];
        }
    }
    let mut all = lines::diff(&object(value), before, after);
    for secret in secrets {
        all.push(Line::of(Role::Warn, format!("{} {secret} (secret changed)", object(value))));
    }
    all.truncate(LONGEST);
    if all.is_empty() { vec![Line::of(Role::Dim, format!("{}: nothing differs", object(value)))] } else { all }
}

fn summary(row: &Row, look: &Look<'_>) -> Vec<Line> {
    let value = &*row.value;
    let at = moment(value, "ts").unwrap_or_default();
    let ago = Now::at(look.data.now()).relative(true).show(at);
    let mut all = vec![
        Line::field("object", object(value)),
        Line::of(Role::Dim, format!("{:<8}", "what")).with(role(value), done(value)),
        Line::field("when", format!("{} ({ago})", Now::at(at).rfc3339())),
        Line::field("by", or_dash(by(value))),
        Line::field("rev", whole(value, "rev").to_string()),
        Line::field("changed", or_dash(changed(value))),
    ];
    let newest = all_changes(look.data).into_iter().rfind(|change| same(&change.value, value));
    all.push(match newest {
        Some(newest) if newest.rev > whole(value, "rev") => {
            Line::field("since", format!("changed again, last in rev {}", newest.rev))
        }
        _ => Line::field("since", "not changed any more"),
    });
    all
}

/// All changes that are known, the oldest first, each once.
fn all_changes(data: &Data) -> Vec<&Change> {
    let mut all: Vec<&Change> = data.events.iter().chain(&data.history).collect();
    all.sort_by(|a, b| (a.rev, &a.resource, &a.id).cmp(&(b.rev, &b.resource, &b.id)));
    all.dedup_by(|a, b| (a.rev, &a.resource, &a.id) == (b.rev, &b.resource, &b.id));
    all
}

/// Whether two changes are about the same object.
fn same(a: &Value, b: &Value) -> bool {
    text(a, "resource") == text(b, "resource") && id(a) == id(b)
}

/// Shows what differs between two marked changes, or between one and what is now.
fn compare(rows: &[Row], context: &mut Context<'_>) {
    let (from, to) = match rows {
        [one] => (&*one.value, None),
        [a, b] if whole(&a.value, "rev") <= whole(&b.value, "rev") => (&*a.value, Some(&*b.value)),
        [a, b] => (&*b.value, Some(&*a.value)),
        _ => return context.say(Mood::Off, "mark two changes to compare, or none to compare with now"),
    };
    let since = whole(from, "rev");
    let until = to.map_or(u64::MAX, |to| whole(to, "rev"));
    // Of the same object only that; else all that was changed between the two.
    let only = to.is_none_or(|to| same(from, to)).then_some(from);
    let wanted = |change: &Change| {
        change.rev > since && change.rev <= until && only.is_none_or(|only| same(&change.value, only))
    };
    let spans = spans(context.data, wanted);
    if spans.is_empty() {
        return context.say(Mood::Off, format!("{} was not changed after revision {since}", object(from)));
    }
    let mut all = Vec::new();
    for Span { first, last, secrets } in spans {
        all.push(head(&last.value, context.data.now()));
        all.extend(compared(&last.value, side(&first.value, "before"), side(&last.value, "after"), secrets));
        all.push(Line::default());
    }
    all.truncate(LONGEST);
    let until = if to.is_none() { "now".to_owned() } else { format!("revision {until}") };
    context.wish(Wish::Dialog(Dialog::text(format!("From revision {since} to {until}"), all)));
}

/// What became of an object by some changes.
struct Span<'d> {
    first: &'d Change,
    last: &'d Change,
    /// The secrets that any of them replaced.
    secrets: BTreeSet<String>,
}

/// What became of each object, by those changes that are wanted.
fn spans(data: &Data, wanted: impl Fn(&Change) -> bool) -> Vec<Span<'_>> {
    let mut spans: BTreeMap<(&str, &str), Span<'_>> = BTreeMap::new();
    for change in all_changes(data).into_iter().filter(|change| wanted(change)) {
        let begin = || Span { first: change, last: change, secrets: BTreeSet::new() };
        let span = spans.entry((&change.resource, &change.id)).or_insert_with(begin);
        span.last = change;
        span.secrets.extend(secrets(&change.value));
    }
    spans.into_values().collect()
}

/// What going back to a revision does to each object that has changed since, as far as the changes are known.
pub(crate) fn undone(data: &Data, rev: u64) -> Vec<Line> {
    let mut all = Vec::new();
    for span in spans(data, |change| change.rev > rev) {
        let (before, after) = (side(&span.last.value, "after"), side(&span.first.value, "before"));
        all.extend(compared(&span.last.value, before, after, span.secrets));
    }
    all.truncate(LONGEST);
    all
}

/// The same in a line an object, out of what the server says it would do: `update route/pay (secret changed)`.
pub(crate) fn steps(data: &Data, rev: u64, told: &[&Value]) -> Vec<Line> {
    let spans = spans(data, |change| change.rev > rev);
    let line = |row: &&Value| {
        let path = text(row, "path");
        let (role, word) = match text(row, "status") {
            "created" => (Role::Added, "create".to_owned()),
            "updated" => (Role::Warn, "update".to_owned()),
            "deleted" => (Role::Removed, "delete".to_owned()),
            "unchanged" => return None,
            _ => (Role::Bad, shown(row, "status")),
        };
        let label = resources::label_of_path(path.trim_start_matches("/apisix/admin"));
        let of = |span: &&Span<'_>| resources::label(&span.last.resource, &span.last.id) == label;
        let replaced = spans.iter().find(of).is_some_and(|span| !span.secrets.is_empty());
        let secret = if replaced { " (secret changed)" } else { "" };
        let why = shown(row, "error_msg");
        let why = if why.is_empty() { why } else { format!(": {why}") };
        Some(Line::of(role, clean::line(&format!("  {word} {label}{secret}{why}"))))
    };
    told.iter().filter_map(line).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_times() {
        let change = json!({"before": {"a": 1, "b": 1, "update_time": 1}, "after": {"a": 2, "c": 1, "update_time": 2}});
        assert_eq!(changed(&change), "~a -b +c");
        assert_eq!(changed(&json!({"before": null, "after": {"a": 1}})), "+ a");
        assert_eq!(changed(&json!({"before": {"a": 1}, "after": null})), "- a");
        let hidden = json!({"username": "bob", "plugins": {"key-auth": {"key": "***"}}});
        let secret = json!({"resource": "consumers", "id": "bob", "before": hidden, "after": hidden,
            "secrets_changed": ["/plugins/key-auth/key"]});
        assert_eq!(changed(&secret), "(secret changed)");
        let lines = compared(&secret, Some(&hidden), Some(&hidden), secrets(&secret));
        assert_eq!(lines[0].0[0].text, "consumer/bob plugins.key-auth.key (secret changed)");
        assert_eq!((time(90_000, 90_100), time(3_600, 90_000)), ("01:00:00".into(), "01-01 01:00".into()));
        assert!(!by(&json!({"by": "x\u{1b}[2J"})).contains('\u{1b}'));
    }
}
