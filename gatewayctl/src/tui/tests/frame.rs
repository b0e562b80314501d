use std::time::Duration;

use super::*;
use crate::tui::msg::Link;

#[test]
fn the_link_is_told() {
    let mut app = app("overview", State::Full);
    let next = Duration::from_secs(4);
    update(&mut app, Msg::Link(Link::Lost { tries: 3, next, why: "x".to_owned() }));
    app.set_clock(NOW_MS + 9_000);
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("○ reconnecting 3 (4 s), data 9s"), "{text}");
    update(&mut app, Msg::Link(Link::Up { live: false }));
    assert!(screen(&mut app, (80, 24)).contains("● polling"));
    update(&mut app, Msg::Link(Link::Refused { why: "401".to_owned() }));
    assert!(screen(&mut app, (80, 24)).contains("The server does not take the key"));
    assert_eq!(press(&mut app, "abc<Enter>"), [Cmd::Key("abc".to_owned())]);
}

#[test]
fn a_frozen_screen_stays_as_it_is() {
    let mut app = app("overview", State::Full);
    press(&mut app, "f");
    update(&mut app, told(crate::tui::msg::Source::Nodes, serde_json::json!([])));
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("frozen") && text.contains("10.0.0.7:80 down"), "{text}");
    press(&mut app, "f");
    assert!(!screen(&mut app, (80, 24)).contains("10.0.0.7:80 down"));
}

#[test]
fn read_only_has_no_writes() {
    let mut read_only = options("routes");
    read_only.read_only = true;
    let mut app = app_with(read_only, State::Full);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("read-only") && !text.contains("e edit"), "{text}");
    assert_eq!(press(&mut app, "e"), []);
    assert!(screen(&mut app, (120, 40)).contains("this session is read-only"));
    press(&mut app, "<Ctrl-p>delete");
    assert!(!screen(&mut app, (120, 40)).contains("delete  D"));
}

#[test]
fn commands_filters_and_completion() {
    let mut app = app("overview", State::Full);
    press(&mut app, ":rou<Tab><Enter>");
    assert_eq!(app.place().screen, "routes");
    press(&mut app, ":routes pay<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("▸pay"));
    press(&mut app, ":<Up><Up><Enter>");
    assert_eq!(app.place().screen, "routes");
    press(&mut app, ":rotues<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("did you mean \"routes\"?"));
    press(&mut app, ":messages<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("unknown command \"rotues\""));
    assert_eq!(press(&mut app, ":q<Enter>"), [Cmd::Quit]);
    assert_eq!(press(&mut app, ":ctx prod<Enter>"), [Cmd::Context("prod".to_owned())]);
    press(&mut app, ":theme nord<Enter>");
    assert_eq!(app.theme.name, "nord");
    press(&mut app, "2/(");
    assert!(screen(&mut app, (120, 40)).contains("is no regular expression"));
}

#[test]
fn help_palette_and_dialogs() {
    let mut app = app("routes", State::Full);
    press(&mut app, "?");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("On this screen (routes)") && text.contains("explain"), "{text}");
    press(&mut app, "<Esc><Ctrl-p>freeze<Enter>");
    assert!(app.frozen.is_some());
    press(&mut app, "fTnord<Enter>");
    assert_eq!(app.theme.name, "nord");
    assert_eq!(press(&mut app, "Xprod<Enter>"), [Cmd::Context("prod".to_owned())]);
    assert_eq!(press(&mut app, "q"), [Cmd::Quit]);
    assert_eq!(press(&mut app, "<Ctrl-c>"), [Cmd::Quit]);
}

#[test]
fn ascii_has_no_other_character() {
    let mut ascii = options("overview");
    ascii.glyphs = Glyphs::ascii();
    let mut app = app_with(ascii, State::Full);
    for keys in ["1", "2/svc<Enter>", "?"] {
        press(&mut app, keys);
        let text = screen(&mut app, (120, 40));
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn themes_without_colours_have_none() {
    use ratatui::style::Color;
    let options = Options { depth: Depth::None, ..options("overview") };
    let mut app = App::new(options, Theme::builtin("default", Depth::None));
    app.start();
    for message in fixture::messages(State::Full) {
        update(&mut app, message);
    }
    settle(&mut app);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| view(&app, frame)).unwrap();
    let plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
    assert!(terminal.backend().buffer().content().iter().all(plain));
}
