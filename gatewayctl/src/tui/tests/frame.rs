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

#[test]
fn without_a_key_lists_say_how_to_enter_one() {
    let mut app = app("routes", State::Loading);
    update(&mut app, Msg::Link(Link::Refused { why: "wrong apikey".to_owned() }));
    let text = screen(&mut app, (120, 40));
    for fact in ["The server does not take the key", "wrong apikey; the admin key:", "Esc closes", "Ctrl-c quits"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "<Esc>");
    for name in ["routes", "upstreams", "overview", "plugins", "metrics", "events", "discovery"] {
        press(&mut app, &format!(":{name}<Enter>"));
        let text = screen(&mut app, (120, 40));
        assert!(text.contains("no key that the server takes; K enters one"), "{name}:\n{text}");
        assert!(!text.contains("loading"), "{name}:\n{text}");
    }
    press(&mut app, "K");
    assert!(screen(&mut app, (80, 24)).contains("Another admin key"));
    assert_eq!(press(&mut app, "abc<Enter>"), [Cmd::Key("abc".to_owned())]);
    press(&mut app, "<Ctrl-p>enter another<Enter>");
    assert_eq!(press(&mut app, "d<Enter>"), [Cmd::Key("d".to_owned())]);
    // What comes with a key that is taken is shown.
    update(&mut app, Msg::Link(Link::Up { live: true }));
    press(&mut app, "2");
    assert!(screen(&mut app, (120, 40)).contains("loading routes"));
}

#[test]
fn one_key_quits_at_once_everywhere() {
    for (name, keys) in [
        ("routes", ""),
        ("routes", "?"),
        ("routes", "<Ctrl-p>"),
        ("routes", ":rou"),
        ("routes", "/a"),
        ("routes", "D"),
        ("routes", "<Space><Space>D2"),
        ("routes", "K"),
        ("explain", "<Enter>GET /"),
        ("traffic", "/path"),
        ("rpc", "<Enter>i"),
    ] {
        let mut app = app(name, State::Full);
        press(&mut app, keys);
        assert!(press(&mut app, "<Ctrl-c>").contains(&Cmd::Quit), "{name} {keys}");
    }
    // A letter that is bound to it can be typed all the same.
    let own = BTreeMap::from([("quit-now".to_owned(), vec!["Z".to_owned()])]);
    let bound = Options { bindings: Bindings::new(&own).unwrap(), ..options("routes") };
    let mut app = app_with(bound, State::Full);
    assert_eq!(press(&mut app, "/Z"), []);
    press(&mut app, "<Esc>");
    assert_eq!(press(&mut app, "Z"), [Cmd::Quit]);
}

#[test]
fn the_palette_has_all_actions_and_says_why_one_is_not_possible() {
    let mut app = app("overview", State::Full);
    press(&mut app, "<Ctrl-p>roll-back");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("roll-back") && text.contains("not here, but on routes"), "{text}");
    assert_eq!(press(&mut app, "<Enter>"), []);
    assert!(screen(&mut app, (120, 40)).contains("Palette"));
    press(&mut app, "<Esc><Ctrl-p>reverse<Enter>");
    assert!(!screen(&mut app, (120, 40)).contains("Palette"));
    let mut read_only = options("routes");
    read_only.read_only = true;
    let mut app = app_with(read_only, State::Full);
    for action in crate::tui::action::Action::ALL.iter().filter(|action| action.writes()) {
        press(&mut app, &format!("<Ctrl-p>{}", action.name()));
        let text = screen(&mut app, (120, 40));
        let listed = |line: &str| line.contains(&format!(" {} ", action.name())) && !line.contains("> ");
        assert!(text.contains("Palette") && !text.lines().any(listed), "{text}");
        press(&mut app, "<Esc>");
    }
    for action in crate::tui::action::Action::ALL {
        let mut app = self::app("routes", State::Full);
        press(&mut app, &format!("<Ctrl-p>{}", action.name()));
        let text = screen(&mut app, (120, 60));
        assert!(text.contains(&format!(" {}", action.name())), "{}:\n{text}", action.name());
    }
}

#[test]
fn the_clock_says_whose_it_is() {
    assert!(shows("routes", (80, 24), State::Full).contains("20:03:07 UTC"));
}

#[test]
fn tabs_that_have_no_room_are_marked_and_the_chosen_one_is_whole() {
    for (name, tabs) in [
        ("upstreams", &["Nodes", "Summary", "Checks", "Routes", "YAML", "References", "Traffic", "History"][..]),
        ("routes", &["Summary", "Plugins", "Target", "YAML", "References", "Traffic", "History"]),
    ] {
        for size in SIZES {
            let mut app = app(name, State::Full);
            for (place, tab) in tabs.iter().enumerate() {
                let text = screen(&mut app, size);
                let line = text.lines().find(|line| line.contains(&format!("[{tab}]")));
                let line = line.unwrap_or_else(|| panic!("{name} at {size:?}: no [{tab}]:\n{text}"));
                let whole = tabs.iter().all(|tab| line.contains(tab));
                assert!(whole || line.contains('…'), "{name} at {size:?} {place}: {line}");
                press(&mut app, "l");
            }
        }
    }
}
