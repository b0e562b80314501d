//! The state of the terminal UI: what is known, which screen is shown, what lies above it, what is being done.

mod actions;
mod conflict;
mod drafts;
mod line;
mod mouse;
mod unsaved;
mod update;
mod work;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ratatui::layout::Rect;

pub(crate) use drafts::{Again, Draft, Store};
pub(crate) use line::{Line, Typed};
pub(crate) use update::{settle, update};
pub(crate) use work::Step;

use super::data::Data;
use super::dialogs::Dialog;
use super::keys::{Bindings, Key};
use super::msg::{Arguments, Cmd, Source, Ticket};
use super::screens::{self, Context, Event, Screen};
use super::theme::{Depth, Glyphs, Mood, Theme};
use super::widgets::{Hits, Look};
use super::wish::{Place, Wish};
use crate::context::{Accent, Confirm};
use crate::world::Env;

/// Time that charts show, in seconds.
const RANGES: [u32; 4] = [60, 300, 900, 3_600];
/// How long a toast is shown, in milliseconds.
const TOAST: u64 = 5_000;
/// Places that are remembered.
const PLACES: usize = 100;

/// What the program was started with.
pub(crate) struct Options {
    /// Name of the server, for the head.
    pub(crate) context: String,
    /// Its address.
    pub(crate) server: String,
    pub(crate) theme: String,
    pub(crate) accent: Option<Accent>,
    pub(crate) depth: Depth,
    pub(crate) glyphs: Glyphs,
    pub(crate) bindings: Bindings,
    pub(crate) read_only: bool,
    pub(crate) confirm: Confirm,
    /// The first screen.
    pub(crate) screen: &'static str,
    /// How often numbers are told.
    pub(crate) refresh: Duration,
    /// Names and addresses of the servers one can go to.
    pub(crate) contexts: Vec<(String, String)>,
    /// Where themes of the user are.
    pub(crate) env: Env,
}

/// Something that the user is told for a moment.
#[derive(Debug, Clone)]
pub(crate) struct Toast {
    /// When it goes, in milliseconds since 1970.
    pub(crate) until: u64,
    pub(crate) mood: Mood,
    pub(crate) text: String,
}

/// How far a recording is that is shown in the place of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    /// It is being told.
    Told,
    /// All of it was told.
    Ended,
}

/// The state.
pub(crate) struct App {
    pub(crate) options: Options,
    pub(crate) data: Data,
    /// What is shown in the place of what is known.
    pub(crate) frozen: Option<Box<Data>>,
    pub(crate) theme: Theme,
    screens: BTreeMap<&'static str, Box<dyn Screen>>,
    /// Where the user was, and is.
    places: Vec<Place>,
    at: usize,
    /// Where the user was before, for going to and fro.
    before: Option<Place>,
    pub(crate) dialogs: Vec<Dialog>,
    pub(crate) line: Option<Typed>,
    /// Commands that were typed.
    commands: Vec<String>,
    /// Keys that may become more.
    pub(crate) pending: Vec<Key>,
    pub(crate) toasts: VecDeque<Toast>,
    calls: BTreeMap<Ticket, work::Then>,
    next: Ticket,
    watched: BTreeMap<Source, Arguments>,
    pub(crate) range: u32,
    pub(crate) size: Rect,
    pub(crate) hits: Hits,
    pub(crate) expanded: bool,
    /// Moves on with the time.
    pub(crate) spin: usize,
    /// Something was told since screens were.
    fresh: bool,
    /// Something has changed since it was drawn.
    dirty: bool,
    /// A click that may become a double one: where, and when.
    clicked: Option<(u16, u16, u64)>,
    dragged: Option<u8>,
    /// An editor is open.
    editing: bool,
    /// It is a recording that is shown.
    pub(crate) recorded: Option<Recording>,
}

impl App {
    /// The state at the start, with the theme that was asked for.
    pub(crate) fn new(options: Options, theme: Theme) -> App {
        let first = Place::screen(options.screen);
        App {
            theme: theme.with_accent(options.accent),
            options,
            data: Data::default(),
            frozen: None,
            screens: BTreeMap::new(),
            places: vec![first],
            at: 0,
            before: None,
            dialogs: Vec::new(),
            line: None,
            commands: Vec::new(),
            pending: Vec::new(),
            toasts: VecDeque::new(),
            calls: BTreeMap::new(),
            next: 1,
            watched: BTreeMap::new(),
            range: 300,
            size: Rect { x: 0, y: 0, width: 80, height: 24 },
            hits: Hits::default(),
            expanded: false,
            spin: 0,
            fresh: true,
            dirty: true,
            clicked: None,
            dragged: None,
            editing: false,
            recorded: None,
        }
    }

    /// Shows the first screen: what it needs is asked for.
    pub(crate) fn start(&mut self) -> Vec<Cmd> {
        let mut commands = Vec::new();
        let place = self.place().clone();
        self.tell(Event::Shown(&place), &mut commands);
        self.watch(&mut commands);
        commands
    }

    /// Where the user is.
    pub(crate) fn place(&self) -> &Place {
        static NOWHERE: Place = Place { screen: "overview", id: None, filter: None, tab: None };
        self.places.get(self.at).unwrap_or(&NOWHERE)
    }

    /// Whether nothing may be changed on the server.
    pub(crate) fn is_read_only(&self) -> bool {
        self.options.read_only || self.data.info.viewer
    }

    /// What is shown: what is known, or what was when the screen was frozen.
    pub(crate) fn shown(&self) -> &Data {
        self.frozen.as_deref().unwrap_or(&self.data)
    }

    /// The screen that is shown, once it was told something.
    pub(crate) fn screen(&self) -> Option<&dyn Screen> {
        self.screens.get(self.place().screen).map(|screen| &**screen)
    }

    /// Calls that are on their way, and an editor.
    pub(crate) fn busy(&self) -> usize {
        self.calls.len()
    }

    /// Everything that a view is a function of.
    pub(crate) fn look(&self) -> Look<'_> {
        Look {
            data: self.shown(),
            theme: &self.theme,
            glyphs: &self.options.glyphs,
            bindings: &self.options.bindings,
            range: self.range,
            read_only: self.is_read_only(),
            stale: matches!(self.data.link, super::msg::Link::Lost { .. } | super::msg::Link::Refused { .. }),
            expanded: self.expanded,
            hits: &self.hits,
        }
    }

    /// Whether everything that the screen needs was told, or cannot be.
    pub(crate) fn is_told(&self) -> bool {
        // Rows come when there are some.
        let waits = |source: &Source| !matches!(source, Source::Events | Source::Logs | Source::Tap);
        // A server that is not there may come.
        let may_come = matches!(self.data.link, super::msg::Link::Lost { .. });
        !may_come
            && self
                .watched
                .keys()
                .filter(|source| waits(source))
                .all(|source| self.data.state(*source) != super::data::State::Loading)
    }

    /// Whether something has changed since this was asked last.
    pub(crate) fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Tells the screen something and does what it wishes; whether it was for the screen.
    fn tell(&mut self, event: Event<'_>, commands: &mut Vec<Cmd>) -> bool {
        let name = self.place().screen;
        self.tell_to(name, event, commands)
    }

    fn tell_to(&mut self, name: &'static str, event: Event<'_>, commands: &mut Vec<Cmd>) -> bool {
        self.dirty = true;
        let Some(entry) = screens::find(name) else { return false };
        let read_only = self.is_read_only();
        let area = super::view::body(self.size);
        let screen = self.screens.entry(name).or_insert_with(entry.make);
        let data = self.frozen.as_deref().unwrap_or(&self.data);
        let mut context = Context::new(data, &self.options.glyphs, read_only, area);
        let taken = screen.update(event, &mut context);
        let wishes = context.into_wishes();
        for wish in wishes {
            self.fulfil(wish, commands);
        }
        taken
    }

    /// Asks for what the screen needs and leaves what nobody needs.
    fn watch(&mut self, commands: &mut Vec<Cmd>) {
        let mut wanted: BTreeMap<Source, Arguments> = BTreeMap::new();
        wanted.insert(Source::Info, Vec::new());
        wanted.insert(Source::Stats, stats_arguments(self.options.refresh));
        wanted.extend(self.screen().map(Screen::sources).unwrap_or_default());
        // Lists stay: changes keep them current at no cost. Of a server without changes they are read again and again.
        let keeps_lists = !matches!(self.data.link, super::msg::Link::Up { live: false });
        let kept = |source: &Source| keeps_lists && matches!(source, Source::List(_) | Source::Plugins);
        let gone: Vec<Source> =
            self.watched.keys().filter(|source| !wanted.contains_key(source) && !kept(source)).copied().collect();
        for source in gone {
            self.watched.remove(&source);
            commands.push(Cmd::Unwatch(source));
        }
        for (source, arguments) in wanted {
            if self.watched.get(&source) != Some(&arguments) {
                self.watched.insert(source, arguments.clone());
                commands.push(Cmd::Watch(source, arguments));
            }
        }
    }

    /// Tells the user something for a moment, and keeps it.
    fn say(&mut self, mood: Mood, text: &str) {
        self.data.say(mood, text);
        let until = self.data.now_ms.saturating_add(TOAST);
        self.toasts.push_back(Toast { until, mood, text: crate::output::clean::line(text) });
        while self.toasts.len() > 4 {
            self.toasts.pop_front();
        }
        self.dirty = true;
    }

    /// Goes to a place and remembers it.
    fn go(&mut self, place: Place, commands: &mut Vec<Cmd>) {
        let here = self.place().clone();
        if here.screen != place.screen || place.id.is_some() || place.filter.is_some() || place.tab.is_some() {
            self.before = Some(here);
            self.places.truncate(self.at + 1);
            self.places.push(place);
            if self.places.len() > PLACES {
                self.places.remove(0);
            }
            self.at = self.places.len() - 1;
        }
        self.show(commands);
    }

    /// Shows the place one is at.
    fn show(&mut self, commands: &mut Vec<Cmd>) {
        self.expanded = false;
        self.line = None;
        let place = self.place().clone();
        self.tell(Event::Shown(&place), commands);
        self.watch(commands);
    }

    /// Steps back or forward through where one was; whether there was something.
    fn step(&mut self, forward: bool, commands: &mut Vec<Cmd>) -> bool {
        let next = if forward { self.at + 1 } else { self.at.wrapping_sub(1) };
        if next >= self.places.len() {
            return false;
        }
        self.before = Some(self.place().clone());
        self.at = next;
        self.show(commands);
        true
    }

    /// A number for a call, and what its answer is for.
    fn ticket(&mut self, then: work::Then) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        self.calls.insert(ticket, then);
        ticket
    }

    fn fulfil(&mut self, wish: Wish, commands: &mut Vec<Cmd>) {
        self.dirty = true;
        match wish {
            Wish::Say(mood, text) => self.say(mood, &text),
            Wish::Go(place) => self.go(place, commands),
            Wish::Call(number, call) => {
                let screen = self.place().screen;
                let ticket = self.ticket(work::Then::Screen(screen, number));
                commands.push(Cmd::Call(ticket, call));
            }
            Wish::Refresh(source) => commands.push(Cmd::Refresh(source)),
            Wish::Copy(text, what) => {
                commands.push(Cmd::Copy(text));
                self.say(Mood::Good, &format!("{what} copied"));
            }
            Wish::Dialog(dialog) => self.dialogs.push(dialog),
            Wish::Act(action) => self.act(action, commands),
            Wish::Clear(Source::Logs) => self.data.clear_logs(),
            Wish::Clear(_) => self.data.clear_tap(),
            Wish::Theme(name) => self.set_theme(&name),
            Wish::Key(key) => commands.push(Cmd::Key(key)),
            Wish::Context(name) => commands.push(Cmd::Context(name)),
            Wish::Quit => commands.push(Cmd::Quit),
            Wish::Again(again) => self.again(*again, commands),
            Wish::Keep(draft) => self.keep(&draft, commands),
            work => self.work(work, commands),
        }
    }

    fn set_theme(&mut self, name: &str) {
        match Theme::load(name, self.options.depth, &self.options.env) {
            Ok(theme) => self.theme = theme.with_accent(self.options.accent),
            Err(error) => self.say(Mood::Bad, error.message()),
        }
    }
}

fn stats_arguments(refresh: Duration) -> Arguments {
    let seconds = refresh.as_secs_f64().max(0.1);
    vec![
        ("interval", if seconds.fract() == 0.0 { format!("{seconds}s") } else { format!("{}ms", refresh.as_millis()) }),
        ("by", "route,service,upstream,consumer,protocol,node".to_owned()),
        ("top", "500".to_owned()),
    ]
}

/// `5 min`.
pub(crate) fn range_word(seconds: u32) -> String {
    if seconds >= 3_600 { format!("{} h", seconds / 3_600) } else { format!("{} min", seconds / 60) }
}
