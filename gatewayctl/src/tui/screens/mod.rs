//! The screens, a file each. A screen owns what moves on it, says what it needs to be told and what can be done on it, and
//! draws itself; what it wants done outside of itself it wishes for.
//!
//! To add one: a file with a type that is a [`Screen`] (or a [`list::Kind`], for a table with details), and a line in
//! [`ALL`].

pub(crate) mod list;

mod certs;
mod consumer_groups;
mod consumers;
mod discovery;
pub(crate) mod events;
mod explain;
mod global_rules;
mod graphql_costs;
mod logs;
mod messages;
mod metrics;
mod objects;
mod overview;
mod plugin_configs;
mod plugin_metadata;
mod plugins;
mod protos;
mod routes;
mod rpc;
mod secrets;
mod stat;
mod stream_routes;
mod traffic;
mod tree;
mod upstreams;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use super::action::Action;
use super::data::Data;
use super::msg::{Arguments, Failure, Source};
use super::theme::{Glyphs, Mood};
use super::widgets::table::Seen;
use super::widgets::{Hit, Look};
use super::wish::{Place, Wish};

/// What a screen is told.
pub(crate) enum Event<'a> {
    /// It is shown now: again, or because of a place that names what to select or to filter.
    Shown(&'a Place),
    /// What is known has changed.
    Data,
    /// A key, a click or the palette.
    Action(Action),
    /// A key that is bound or not: only for a screen that [captures](Screen::captures) keys.
    Key(KeyEvent),
    /// A text that was pasted: as keys.
    Paste(&'a str),
    /// The filter is this now; it was typed, letter by letter.
    Filter(&'a str),
    /// The filter is typed: it stays as it was told last.
    Filtered,
    /// A click; twice if the second one came soon.
    Click(Hit, bool),
    /// The wheel over a panel, in lines.
    Wheel(u8, isize),
    /// A divider is dragged to this column and row.
    Drag(u8, u16, u16),
    /// A column of its table is to be shown or not.
    Column(&'static str),
    /// What came of a call of this screen, by the number that the screen gave it.
    Answer(u32, &'a Result<Value, Failure>),
}

/// What a screen works with when it is told something.
pub(crate) struct Context<'a> {
    /// What is shown: with a frozen screen that is older than what is known.
    pub(crate) data: &'a Data,
    pub(crate) glyphs: &'a Glyphs,
    /// Nothing can be changed on the server.
    pub(crate) read_only: bool,
    /// Where the whole screen is, without head and hints.
    pub(crate) area: Rect,
    wishes: Vec<Wish>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(data: &'a Data, glyphs: &'a Glyphs, read_only: bool, area: Rect) -> Context<'a> {
        Context { data, glyphs, read_only, area, wishes: Vec::new() }
    }

    /// Wants something done, when the screen is through.
    pub(crate) fn wish(&mut self, wish: Wish) {
        self.wishes.push(wish);
    }

    /// Tells the user something.
    pub(crate) fn say(&mut self, mood: Mood, text: impl Into<String>) {
        self.wish(Wish::Say(mood, text.into()));
    }

    /// Goes elsewhere.
    pub(crate) fn go(&mut self, place: Place) {
        self.wish(Wish::Go(place));
    }

    pub(crate) fn into_wishes(self) -> Vec<Wish> {
        self.wishes
    }
}

/// A screen.
pub(crate) trait Screen {
    /// What it has to be told while it is shown. Asked for after every event; what has changed is watched anew.
    fn sources(&self) -> Vec<(Source, Arguments)>;

    /// What can be done on it, the most useful first: hints, help and palette are made of these. What every screen has
    /// (moving between screens, help, …) is not among them.
    fn actions(&self) -> Vec<Action>;

    /// Takes an event in, and says whether it was for this screen. An [`Action::Back`] that it does not take goes back to
    /// the screen before.
    fn update(&mut self, event: Event<'_>, context: &mut Context<'_>) -> bool;

    /// Draws all of it, in any size from 1×1.
    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>);

    /// What it shows, for the head: `routes (42)  filter: api`.
    fn crumb(&self, data: &Data) -> String;

    /// Whether there is no row that an action could be about; hints leave those out that [need one](Action::needs_row).
    fn is_empty(&self) -> bool {
        false
    }

    /// The filter as it is, for the line that changes it.
    fn filter(&self) -> String {
        String::new()
    }

    /// Whether keys go to it as they are, because a field of it is typed into.
    fn captures(&self) -> bool {
        false
    }

    /// The columns of its table, and which are on the screen.
    fn columns(&self) -> Vec<(&'static str, Seen)> {
        Vec::new()
    }
}

/// A screen by its name.
pub(crate) struct Entry {
    /// As it is called with `:`.
    pub(crate) name: &'static str,
    /// Other words for it.
    pub(crate) aliases: &'static [&'static str],
    /// As the tabs call it; empty for those that have no tab.
    pub(crate) title: &'static str,
    /// The action whose key goes to it.
    pub(crate) action: Option<Action>,
    pub(crate) make: fn() -> Box<dyn Screen>,
}

const fn tab(
    action: Action,
    name: &'static str,
    aliases: &'static [&'static str],
    title: &'static str,
    make: fn() -> Box<dyn Screen>,
) -> Entry {
    Entry { name, aliases, title, action: Some(action), make }
}

const fn other(name: &'static str, aliases: &'static [&'static str], make: fn() -> Box<dyn Screen>) -> Entry {
    Entry { name, aliases, title: "", action: None, make }
}

/// Every screen; those with a tab first, in the order of the tabs.
pub(crate) static ALL: [Entry; 24] = [
    tab(Action::Overview, "overview", &["o", "home"], "Overview", overview::screen),
    tab(Action::Routes, "routes", &["r", "route"], "Routes", routes::screen),
    tab(Action::Upstreams, "upstreams", &["up", "services", "svc", "nodes"], "Upstreams", upstreams::screen),
    tab(Action::Consumers, "consumers", &["c", "credentials"], "Consumers", consumers::screen),
    tab(Action::Certs, "certs", &["ssls", "ssl", "certificates"], "Certs", certs::screen),
    tab(Action::Plugins, "plugins", &["plugin"], "Plugins", plugins::screen),
    tab(Action::Traffic, "traffic", &["tap"], "Traffic", traffic::screen),
    tab(Action::Rpc, "rpc", &["dubbo", "grpc"], "RPC", rpc::screen),
    tab(Action::Discovery, "discovery", &["registries"], "Discovery", discovery::screen),
    tab(Action::Events, "events", &["changes", "history"], "Events", events::screen),
    tab(Action::Logs, "logs", &["log"], "Logs", logs::screen),
    other("stream-routes", &["sr"], stream_routes::screen),
    other("global-rules", &["gr"], global_rules::screen),
    other("plugin-configs", &["pc"], plugin_configs::screen),
    other("consumer-groups", &["cg"], consumer_groups::screen),
    other("plugin-metadata", &["pm"], plugin_metadata::screen),
    other("protos", &["proto"], protos::screen),
    other("secrets", &["secret"], secrets::screen),
    other("graphql-costs", &["graphql-cost-decorations", "gqlcost"], graphql_costs::screen),
    other("tree", &["xray"], tree::screen),
    other("explain", &["trace"], explain::screen),
    other("stat", &["top"], stat::screen),
    other("metrics", &[], metrics::screen),
    other("messages", &["msg"], messages::screen),
];

/// The screen of a name or another word for it.
pub(crate) fn find(word: &str) -> Option<&'static Entry> {
    let word = word.to_ascii_lowercase().replace('_', "-");
    ALL.iter().find(|entry| entry.name == word || entry.aliases.contains(&word.as_str()))
}

/// The screen that shows the objects of a resource, by its plural name.
pub(crate) fn of_resource(name: &str) -> Option<&'static str> {
    match name {
        "services" | "upstreams" => Some("upstreams"),
        "consumers" | "credentials" => Some("consumers"),
        "ssls" => Some("certs"),
        other => find(other).map(|entry| entry.name),
    }
}
