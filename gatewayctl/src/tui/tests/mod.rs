//! What the tests of all screens share: a gateway as messages ([`fixture`]), a screen as text ([`shows`]), keys that are
//! pressed ([`press`]).

mod certs;
mod consumers;
mod contexts;
mod discovery;
mod docs;
mod drafts;
mod events;
mod explain;
mod fixture;
mod frame;
mod keys;
mod logs;
mod metrics;
mod objects;
mod overview;
mod plugins;
mod rescue;
mod robust;
mod routes;
mod rpc;
mod stat;
mod svg;
mod traffic;
mod tree;
mod upstreams;

use std::collections::BTreeMap;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

pub(super) use fixture::{NOW_MS, State, told};

use super::app::{App, Options, settle, update};
use super::keys::Bindings;
use super::msg::{Cmd, Link, Msg};
use super::theme::{Depth, Glyphs, Theme};
use super::view::view;
use crate::context::Confirm;
use crate::world::Env;

/// The sizes at which every screen is shown.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// What a test program is started with.
pub(super) fn options(screen: &'static str) -> Options {
    Options {
        context: "local".to_owned(),
        server: "127.0.0.1:9180".to_owned(),
        theme: "default".to_owned(),
        accent: None,
        depth: Depth::True,
        glyphs: Glyphs::unicode(),
        bindings: Bindings::new(&BTreeMap::new()).unwrap(),
        read_only: false,
        confirm: Confirm::Deletes,
        screen,
        refresh: Duration::from_secs(1),
        contexts: vec![
            ("local".to_owned(), "http://127.0.0.1:9180".to_owned()),
            ("prod".to_owned(), "https://gw.example".to_owned()),
        ],
        env: Env::of([("HOME", "/nowhere")]),
    }
}

/// A program at a screen, told everything of a state.
pub(super) fn app(screen: &'static str, state: State) -> App {
    app_with(options(screen), state)
}

/// The same with other options.
pub(super) fn app_with(options: Options, state: State) -> App {
    let mut app = App::new(options, Theme::builtin("default", Depth::True));
    let mut commands = app.start();
    for message in fixture::messages(state) {
        if matches!(message, Msg::Link(Link::Lost { .. })) {
            // What screens ask for by themselves was answered before.
            commands.extend(settle(&mut app));
            answer(&mut app, &commands);
        }
        commands.extend(update(&mut app, message));
    }
    app.set_clock(NOW_MS);
    commands.extend(settle(&mut app));
    answer(&mut app, &commands);
    app
}

/// Answers the calls that the fixture has answers to.
pub(super) fn answer(app: &mut App, commands: &[Cmd]) {
    for command in commands {
        if let Cmd::Call(ticket, call) = command
            && let Some(value) = fixture::answer(&call.path)
        {
            update(app, Msg::Answer { ticket: *ticket, result: Ok(value) });
        }
    }
}

/// What a program shows.
pub(super) fn screen(app: &mut App, (width, height): (u16, u16)) -> String {
    update(app, Msg::Input(Event::Resize(width, height)));
    settle(app);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    super::view::text(terminal.backend().buffer())
}

/// A screen in a state, as text.
pub(super) fn shows(name: &'static str, size: (u16, u16), state: State) -> String {
    screen(&mut app(name, state), size)
}

/// Presses keys one after the other: letters as they are, others as `<Enter>`, `<Ctrl-p>`, `<Esc>`, `<Space>`.
pub(super) fn press(app: &mut App, keys: &str) -> Vec<Cmd> {
    let mut commands = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let (event, length) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            Some((name, _)) if name.len() > 1 => (named(name), name.len() + 2),
            _ => (KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE), first.len_utf8()),
        };
        rest = &rest[length..];
        commands.extend(update(app, Msg::Input(Event::Key(event))));
        commands.extend(settle(app));
    }
    commands
}

fn named(name: &str) -> KeyEvent {
    if let Some(c) = name.strip_prefix("Ctrl-") {
        let code = if c == "Space" { KeyCode::Char(' ') } else { KeyCode::Char(c.chars().next().unwrap()) };
        return KeyEvent::new(code, KeyModifiers::CONTROL);
    }
    let code = match name {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Shift-Tab" => KeyCode::BackTab,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        other => panic!("no key {other}"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Every state of a screen at every size, with the facts that it must show when it is full, at the sizes that show them.
/// `insta` keeps the pictures.
pub(super) fn all_states(name: &'static str, facts: &[&str]) {
    for (width, height) in SIZES {
        for state in State::ALL {
            let text = shows(name, (width, height), state);
            if state == State::Full {
                for fact in facts {
                    assert!(text.contains(fact), "{name} at {width}x{height} does not show {fact}:\n{text}");
                }
            }
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
                insta::assert_snapshot!(format!("{name}-{}-{width}x{height}", state.name()), text);
            });
        }
    }
}

/// The calls among commands.
pub(super) fn calls(commands: &[Cmd]) -> Vec<String> {
    let call = |command: &Cmd| match command {
        Cmd::Call(_, call) => Some(format!("{} {}", call.method, call.path)),
        _ => None,
    };
    commands.iter().filter_map(call).collect()
}

/// What a screen says at every size where there are no rows, where none came yet, and where none can be told.
pub(super) fn without_rows(name: &'static str, empty: &str) {
    for size in SIZES {
        for (state, fact) in [
            (State::Empty, empty.to_owned()),
            (State::Loading, format!("loading {name}")),
            (State::Error, format!("{name}: the server answered 500")),
            (State::Error, "gatewayctl doctor".to_owned()),
            (State::Disconnected, "reconnecting 3 (4 s)".to_owned()),
        ] {
            let text = shows(name, size, state);
            assert!(text.contains(&fact), "{name} at {size:?} does not show {fact}:\n{text}");
        }
    }
}
