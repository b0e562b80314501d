//! What actions do that are not a screen's own.

use super::{App, Line, RANGES, Typed};
use crate::tui::action::{Action, Group};
use crate::tui::dialogs::{Choice, Choose, Dialog, Line1, What};
use crate::tui::find;
use crate::tui::keys::{Found, Key};
use crate::tui::msg::Cmd;
use crate::tui::screens::{self, Event, Screen};
use crate::tui::theme::{self, Mood, Role};
use crate::tui::widgets::input::Input;
use crate::tui::widgets::table::Seen;
use crate::tui::widgets::text::Line as Shown;
use crate::tui::wish::{Place, Wish};

/// What every screen has.
const EVERYWHERE: [Action; 9] = [
    Action::Filter,
    Action::Command,
    Action::Palette,
    Action::Freeze,
    Action::Expand,
    Action::Theme,
    Action::Contexts,
    Action::Help,
    Action::Quit,
];

impl App {
    /// Whether the screen has an action.
    pub(super) fn has_action(&self, action: Action) -> bool {
        self.screen().is_some_and(|screen| screen.actions().contains(&action))
    }

    /// What can be done now, the screen's own first. Nothing that writes in a read-only session.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let mut all = self.screen().map(Screen::actions).unwrap_or_default();
        all.extend(EVERYWHERE.iter().filter(|action| !all.contains(action)).copied().collect::<Vec<_>>());
        all.retain(|action| !(action.writes() && self.is_read_only()));
        all
    }

    /// The same for the line of hints: without what does nothing now.
    pub(crate) fn hints(&self) -> Vec<Action> {
        let mut all = self.actions();
        if self.screen().is_some_and(Screen::is_empty) {
            all.retain(|action| !action.needs_row());
        }
        all
    }

    pub(super) fn act(&mut self, action: Action, commands: &mut Vec<Cmd>) {
        self.dirty = true;
        if action.writes() && self.is_read_only() {
            return self.say(Mood::Warn, "this session is read-only");
        }
        if let Some(screen) = action.screen() {
            return self.go(Place::screen(screen), commands);
        }
        if self.act_on_program(action, commands) || self.tell(Event::Action(action), commands) {
            return;
        }
        match action {
            Action::Back if self.expanded => self.expanded = false,
            Action::Back if self.frozen.is_some() => self.freeze(),
            Action::Back => {
                self.step(false, commands);
            }
            Action::NextPanel => self.next_screen(true, commands),
            Action::PreviousPanel => self.next_screen(false, commands),
            _ => {}
        }
    }

    fn act_on_program(&mut self, action: Action, commands: &mut Vec<Cmd>) -> bool {
        match action {
            Action::LastView => {
                if let Some(place) = self.before.clone() {
                    self.go(place, commands);
                }
            }
            Action::HistoryBack => {
                self.step(false, commands);
            }
            Action::HistoryForward => {
                self.step(true, commands);
            }
            Action::Filter => {
                let now = find::to_go_on(self.screen().map(Screen::filter).unwrap_or_default());
                self.line = Some(Typed::new(Line::Filter, &now));
            }
            Action::Command => self.line = Some(Typed::new(Line::Command, "")),
            Action::Freeze => self.freeze(),
            Action::Expand => self.expanded = !self.expanded,
            Action::Longer => self.set_range(true),
            Action::Shorter => self.set_range(false),
            Action::Help => self.help(),
            Action::Theme => self.choose_theme(),
            Action::Palette => self.choose_action(),
            Action::Contexts => self.choose_context(),
            Action::Key => self.ask_key(""),
            Action::Columns => self.choose_columns(),
            Action::Redraw => commands.push(Cmd::Redraw),
            Action::Sleep if cfg!(unix) => commands.push(Cmd::Sleep),
            Action::Sleep => self.say(Mood::Off, "this system has no shell to go back to"),
            Action::Quit => self.quit(commands),
            Action::QuitNow => self.quit_now(commands),
            _ => return false,
        }
        true
    }

    fn quit(&mut self, commands: &mut Vec<Cmd>) {
        let words = self.work_in_words();
        if words.is_empty() {
            commands.push(Cmd::Quit);
            return;
        }
        let lines = words.into_iter().map(|line| Shown::of(Role::Text, line)).collect();
        self.dialogs.push(Dialog::ask("Quit?", lines, vec![Wish::Quit]));
    }

    /// Whether nothing is on its way, asked or typed that an end would cut off.
    pub(crate) fn may_quit_unasked(&self) -> bool {
        let typing = self.line.is_some() || self.screen().is_some_and(Screen::captures);
        self.dialogs.is_empty() && !typing && self.work_in_words().is_empty()
    }

    /// What a key does that is pressed where the screen has no room, and nobody sees what it is for: it ends the program,
    /// gives the terminal back or draws anew, and nothing else.
    pub(super) fn unseen(&mut self, key: Key, commands: &mut Vec<Cmd>) {
        self.pending.push(key);
        let found = self.options.bindings.find(&self.pending);
        if matches!(found, Found::Begun) {
            return;
        }
        self.pending.clear();
        match found {
            Found::Action(Action::Quit) if !self.may_quit_unasked() => {}
            Found::Action(action @ (Action::Quit | Action::QuitNow | Action::Sleep | Action::Redraw)) => {
                self.act(action, commands);
            }
            _ => {}
        }
    }

    /// Ends at once; what was written and not sent is kept.
    fn quit_now(&mut self, commands: &mut Vec<Cmd>) {
        for dialog in std::mem::take(&mut self.dialogs) {
            for wish in dialog.otherwise() {
                self.fulfil(wish, commands);
            }
        }
        commands.push(Cmd::Quit);
    }

    /// Asks for another admin key; `why` is what the server says of the one before.
    pub(super) fn ask_key(&mut self, why: &str) {
        let why = crate::output::clean::line(why);
        self.dialogs.push(Dialog::Input(Line1 {
            title: if why.is_empty() { "Another admin key" } else { "The server does not take the key" }.to_owned(),
            label: if why.is_empty() { "the admin key:".to_owned() } else { format!("{why}; the admin key:") },
            input: Input::secret(),
            then: Wish::Key,
        }));
    }

    fn freeze(&mut self) {
        self.frozen = match self.frozen.take() {
            Some(_) => None,
            None => Some(Box::new(self.data.clone())),
        };
        self.fresh = true;
    }

    fn set_range(&mut self, longer: bool) {
        let at = RANGES.iter().position(|range| *range == self.range).unwrap_or(1);
        let next = if longer { (at + 1).min(RANGES.len() - 1) } else { at.saturating_sub(1) };
        self.range = RANGES.get(next).copied().unwrap_or(300);
    }

    fn next_screen(&mut self, forward: bool, commands: &mut Vec<Cmd>) {
        let tabs: Vec<&'static str> =
            screens::ALL.iter().filter(|entry| !entry.title.is_empty()).map(|entry| entry.name).collect();
        let at = tabs.iter().position(|name| *name == self.place().screen).unwrap_or_default();
        let next = if forward { at + 1 } else { at + tabs.len().max(1) - 1 } % tabs.len().max(1);
        if let Some(screen) = tabs.get(next % tabs.len().max(1)) {
            self.go(Place::screen(screen), commands);
        }
    }

    fn help(&mut self) {
        let own = self.actions();
        let line = |action: Action| {
            let keys = self.options.bindings.keys(action).join(" ");
            let help = if action.writes() && self.is_read_only() { "(read-only)" } else { action.help() };
            Shown::of(Role::Key, format!("  {keys:<16}"))
                .with(Role::Text, format!("{:<18}", action.name()))
                .with(Role::Dim, help)
        };
        let mut lines = vec![Shown::of(Role::Title, format!("On this screen ({})", self.place().screen))];
        lines.extend(own.iter().map(|action| line(*action)));
        let mut group: Option<Group> = None;
        for action in Action::ALL.iter().copied().filter(|action| !own.contains(action)) {
            if group != Some(action.group()) {
                group = Some(action.group());
                lines.push(Shown::default());
                lines.push(Shown::of(Role::Title, action.group().title()));
            }
            lines.push(line(action));
        }
        lines.push(Shown::default());
        lines.push(Shown::of(Role::Title, "Filters (/)"));
        for (form, help) in [
            ("text", "a regular expression over what is shown"),
            ("!text", "what does not match"),
            ("-f letters", "letters in their order"),
            ("-l team=a", "by labels"),
            ("uri=/pay status=1", "by fields; != for others"),
            ("= status >= 500", "by an expression, as --where"),
        ] {
            lines.push(Shown::of(Role::Key, format!("  {form:<20}")).with(Role::Dim, help));
        }
        lines.push(Shown::default());
        lines.push(Shown::of(Role::Title, "Commands (:)"));
        let names: Vec<&str> = screens::ALL.iter().map(|entry| entry.name).collect();
        for names in names.chunks(6) {
            lines.push(Shown::of(Role::Text, format!("  {}", names.join("  "))));
        }
        self.dialogs.push(Dialog::text("Help", lines));
    }

    fn choose(&mut self, title: &str, what: What, choices: Vec<Choice>) {
        let at = choices.iter().position(|choice| choice.on && what != What::Column).unwrap_or_default();
        let choose = Choose { title: title.to_owned(), choices, input: Input::default(), at, what };
        self.dialogs.push(Dialog::Choose(choose));
    }

    fn choose_theme(&mut self) {
        let mut names: Vec<String> = theme::NAMES.iter().map(|name| (*name).to_owned()).collect();
        let files = theme::folder(&self.options.env).and_then(|folder| std::fs::read_dir(folder).ok());
        for file in files.into_iter().flatten().flatten().take(200) {
            if let Some(name) = file.file_name().to_str().and_then(|name| name.strip_suffix(".toml")) {
                names.push(crate::output::clean::line(name));
            }
        }
        let choice = |name: String| Choice { on: name == self.theme.name, name, ..Choice::default() };
        let choices = names.into_iter().map(choice).collect();
        self.choose("Theme", What::Theme, choices);
    }

    fn choose_action(&mut self) {
        let own = self.actions();
        let (possible, others): (Vec<Action>, Vec<Action>) = Action::ALL
            .iter()
            .copied()
            .filter(|action| !own.contains(action) && (!self.is_read_only() || !action.writes()))
            .partition(|action| self.reaches(*action));
        let key = |action: Action| self.options.bindings.key(action).unwrap_or_default();
        let choice = |action: Action| Choice {
            name: action.name().to_owned(),
            detail: format!("{}  {}", action.help(), key(action)),
            ..Choice::default()
        };
        let mut choices: Vec<Choice> = own.iter().copied().chain(possible).map(choice).collect();
        let screens: Vec<(&'static str, Vec<Action>)> =
            screens::ALL.iter().map(|entry| (entry.name, (entry.make)().actions())).collect();
        let with = |action: Action| screens.iter().filter(move |(_, all)| all.contains(&action)).map(|(name, _)| *name);
        choices.extend(others.into_iter().map(|action| {
            let why = match with(action).take(3).collect::<Vec<_>>().join(", ") {
                on if on.is_empty() => "not on this screen".to_owned(),
                on => format!("not here, but on {on}"),
            };
            Choice { name: action.name().to_owned(), detail: format!("{}  {why}", action.help()), not: true, on: false }
        }));
        self.choose("Palette", What::Action, choices);
    }

    /// Whether an action that the screen does not name does something on it.
    fn reaches(&self, action: Action) -> bool {
        match action.group() {
            Group::Go | Group::Program | Group::Move | Group::Find => true,
            Group::Shape if action == Action::Columns => {
                self.screen().is_some_and(|screen| !screen.columns().is_empty())
            }
            Group::Shape => self.has_action(Action::Sort),
            Group::Mark => self.has_action(Action::Mark),
            Group::Look => action != Action::Pause,
            Group::Act | Group::Relate => false,
        }
    }

    fn choose_context(&mut self) {
        if self.options.contexts.is_empty() {
            return self.say(Mood::Off, "the configuration file has no contexts; gatewayctl context create makes one");
        }
        let choice = |(name, server): &(String, String)| Choice {
            on: *name == self.options.context,
            name: crate::output::clean::line(name),
            detail: crate::output::clean::line(server),
            not: false,
        };
        let choices = self.options.contexts.iter().map(choice).collect();
        self.choose("Contexts", What::Context, choices);
    }

    fn choose_columns(&mut self) {
        let columns = self.screen().map(Screen::columns).unwrap_or_default();
        if columns.is_empty() {
            return self.say(Mood::Off, "this screen has no columns to choose");
        }
        let wide = self.options.bindings.key(Action::Wide).unwrap_or_else(|| ":wide".to_owned());
        let choice = |(name, seen): (&str, Seen)| {
            let detail = match seen {
                Seen::NoRoom => "no room for it now".to_owned(),
                Seen::Wide => format!("{wide} shows it"),
                Seen::Yes | Seen::Hidden => String::new(),
            };
            Choice { name: name.to_owned(), on: seen != Seen::Hidden, detail, not: false }
        };
        self.choose("Columns (space switches, Esc closes)", What::Column, columns.into_iter().map(choice).collect());
    }

    pub(super) fn palette(&mut self, name: &str, commands: &mut Vec<Cmd>) {
        if let Some(action) = Action::find(name) {
            self.act(action, commands);
        }
    }
}
