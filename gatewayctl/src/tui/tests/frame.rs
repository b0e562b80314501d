use std::time::Duration;

use super::*;
use crate::tui::action::Action;
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
fn why_there_is_no_server_is_told() {
    let mut app = app("routes", State::Loading);
    let why = "cannot reach http://127.0.0.1:9180: Connection refused";
    let lost = |tries| Msg::Link(Link::Lost { tries, next: Duration::from_secs(2), why: why.to_owned() });
    (1..4).for_each(|tries| drop(update(&mut app, lost(tries))));
    assert!(screen(&mut app, (120, 40)).contains("reconnecting 3 (2 s): Connection refused"));
    for name in ["routes", "overview", "plugins", "tree", "traffic"] {
        press(&mut app, &format!(":{name}<Enter>"));
        for size in SIZES {
            let text = screen(&mut app, size);
            assert!(text.contains("Connection refused") && !text.contains("loading"), "{name}:\n{text}");
        }
    }
    press(&mut app, ":messages<Enter>");
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("messages (1)") && text.contains(why), "{text}");
    update(&mut app, Msg::Link(Link::Up { live: true }));
    press(&mut app, "2");
    assert!(screen(&mut app, (80, 24)).contains("loading routes"));
}

#[test]
fn a_recording_is_not_taken_for_a_server() {
    let mut app = app("routes", State::Full);
    app.recorded = Some(crate::tui::app::Recording::Told);
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("▶ replay") && !text.contains("live 1s"), "{text}");
    update(&mut app, Msg::Over { cut: true });
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("replay ended") && text.contains("the last line of the recording is cut off"), "{text}");
}

#[test]
fn the_screen_is_drawn_anew_wherever_one_is() {
    let mut app = app("routes", State::Full);
    for keys in ["", "/x", "<Esc>:", "<Esc>?", "<Esc><Ctrl-p>"] {
        press(&mut app, keys);
        assert!(press(&mut app, "<Ctrl-l>").contains(&Cmd::Redraw), "{keys}");
    }
}

#[test]
fn columns_without_room_are_not_sorted_by() {
    let mut app = app("routes", State::Full);
    let head = |app: &mut App| screen(app, (120, 40)).lines().nth(2).unwrap_or_default().to_owned();
    assert!(!head(&mut app).contains("NAME"));
    for _ in 0..20 {
        press(&mut app, "s");
        assert!(head(&mut app).contains(['▴', '▾']), "{}", head(&mut app));
    }
    press(&mut app, "C");
    let text = screen(&mut app, (120, 40));
    for (name, words) in [("NAME", "no room for it now"), ("PRIO", "w shows it"), ("URI", "")] {
        let line = text.lines().find(|line| line.contains(&format!(" {name} "))).unwrap_or_default();
        assert!(line.contains(words), "{name}:\n{text}");
    }
}

#[test]
fn filters_without_a_row_say_why() {
    let mut app = app("routes", State::Full);
    for (filter, why) in [
        ("rps > 0", "it was looked for as a text; = rps > 0 looks at fields"),
        ("= rps > 0", "none of them has a field rps"),
        ("rps=1", "none of them has a field rps"),
    ] {
        press(&mut app, &format!("/<Ctrl-u>{filter}<Enter>"));
        let text = screen(&mut app, (80, 24));
        assert!(text.contains(&format!("none of 42 matches {filter}")) && text.contains(why), "{text}");
    }
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
fn names_have_no_other_character_in_ascii_either() {
    let route = serde_json::json!({"id": "a", "name": "évil 日本語", "uri": "/\u{1f469}", "desc": "grüße"});
    for name in ["routes", "tree"] {
        let mut app = app_with(Options { glyphs: Glyphs::ascii(), ..options(name) }, State::Empty);
        update(&mut app, told(crate::tui::msg::Source::List("routes"), serde_json::json!([route])));
        settle(&mut app);
        for keys in ["", "y", "d"] {
            press(&mut app, keys);
            let text = screen(&mut app, (120, 40));
            assert!(text.is_ascii() && text.contains("?vil ??"), "{text}");
        }
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
    for action in Action::ALL.iter().filter(|action| action.writes()) {
        press(&mut app, &format!("<Ctrl-p>{}", action.name()));
        let text = screen(&mut app, (120, 40));
        let listed = |line: &str| line.contains(&format!(" {} ", action.name())) && !line.contains("> ");
        assert!(text.contains("Palette") && !text.lines().any(listed), "{text}");
        press(&mut app, "<Esc>");
    }
    for action in Action::ALL {
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

#[test]
fn keys_do_nothing_where_the_terminal_is_too_small_to_show_what() {
    let small = [(79, 24), (80, 23), (40, 12), (1, 1)];
    for size in small {
        let mut app = app("routes", State::Full);
        let text = screen(&mut app, size);
        assert!(size.0 < 20 || (text.contains("too small") && text.contains("q quits")), "{text}");
        for key in ["D", "y", "E", "e", "N", "<Enter>", "2", "B", "/", ":", "P", "<Space>", "g", "g", "<Ctrl-p>", "K"] {
            assert_eq!(press(&mut app, key), [], "{size:?} {key}");
        }
        assert!(app.dialogs.is_empty() && app.line.is_none() && app.pending.is_empty());
        let paste = Msg::Input(Event::Paste("Dy".to_owned()));
        assert_eq!(update(&mut app, paste), []);
        let at = |kind| crossterm::event::MouseEvent { kind, column: 5, row: 6, modifiers: KeyModifiers::NONE };
        let click = at(crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left));
        assert_eq!(update(&mut app, Msg::Input(Event::Mouse(click))), []);
        assert_eq!(press(&mut app, "<Ctrl-l>"), [Cmd::Redraw]);
        assert_eq!(press(&mut app, "<Ctrl-z>"), [Cmd::Sleep]);
        assert_eq!(press(&mut app, "<Ctrl-c>"), [Cmd::Quit]);
        assert_eq!(press(&mut app, "q"), [Cmd::Quit]);
        // What was begun before stays as it was.
        screen(&mut app, (80, 24));
        press(&mut app, "D");
        let text = screen(&mut app, (40, 12));
        assert!(text.contains("Ctrl-c quits"), "{text}");
        assert_eq!(press(&mut app, "yq<Enter>"), []);
        assert!(screen(&mut app, (80, 24)).contains("Delete on local?"));
        assert_eq!(calls(&press(&mut app, "y")).len(), 1);
        // An end that is asked about is not asked about unseen.
        screen(&mut app, (40, 12));
        assert_eq!(press(&mut app, "q"), []);
        assert!(app.dialogs.is_empty());
    }
}

#[test]
fn old_numbers_are_told_from_the_second_missed_one_on() {
    let mut app = app("overview", State::Full);
    for (later, shown) in [
        (0, "● live 1s"),
        (1_400, "● live 1s"),
        (2_400, "● live 1s"),
        (2_600, "● live, data 2s"),
        (4_100, "● live, data 4s"),
    ] {
        app.set_clock(NOW_MS + later);
        let text = screen(&mut app, (120, 40));
        assert!(text.contains(shown), "{later}: {shown}:\n{text}");
    }
    update(&mut app, Msg::Link(Link::Up { live: false }));
    assert!(screen(&mut app, (80, 24)).contains("● polling  "));
    app.set_clock(NOW_MS + 5_000);
    assert!(screen(&mut app, (80, 24)).contains("● polling, data 5s"));
    // Numbers that seldom come are not late.
    let seldom = Options { refresh: Duration::from_secs(10), ..options("overview") };
    let mut app = app_with(seldom, State::Full);
    app.set_clock(NOW_MS + 15_000);
    assert!(screen(&mut app, (80, 24)).contains("● live 10s"));
    app.set_clock(NOW_MS + 21_000);
    assert!(screen(&mut app, (80, 24)).contains("● live, data 21s"));
}

#[test]
fn the_head_counts_the_time_on_and_knows_of_changes() {
    let mut app = app("overview", State::Full);
    let uptime = app.data.info.uptime;
    let up = |seconds: u64| format!("up {}", crate::commands::live::span(uptime + seconds));
    for later in [0, 1, 2, 3, 4] {
        app.set_clock(NOW_MS + later * 1_000);
        let text = screen(&mut app, (160, 50));
        assert!(text.contains(&up(later)), "{later}:\n{text}");
    }
    let revision = app.data.info.revision;
    assert!(screen(&mut app, (160, 50)).contains(&format!("rev {revision} ✓")));
    let change = serde_json::json!({"rev": revision + 1, "ts": 0, "op": "create", "resource": "routes", "id": "new", "after": {"uri": "/n"}});
    update(&mut app, told(crate::tui::msg::Source::Events, change));
    let text = screen(&mut app, (160, 50));
    assert!(text.contains(&format!("rev {} ", revision + 1)) && !text.contains('✓'), "{text}");
    let lost = Link::Lost { tries: 1, next: Duration::from_secs(1), why: "x".to_owned() };
    update(&mut app, Msg::Link(lost));
    app.set_clock(NOW_MS + 60_000);
    // Whether it still runs is not known.
    assert!(screen(&mut app, (160, 50)).contains(&up(0)));
}

/// What a program shows, with its colours: they show what has the keys.
fn picture(app: &mut App) -> ratatui::buffer::Buffer {
    screen(app, (160, 50));
    let mut terminal = Terminal::new(TestBackend::new(160, 50)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    terminal.backend().buffer().clone()
}

#[test]
fn hints_tell_what_does_something() {
    let mut idle = Vec::new();
    for entry in &crate::tui::screens::ALL {
        for state in [State::Full, State::Empty] {
            let own = (entry.make)().actions();
            let hints = app(entry.name, state).hints();
            // What moves needs a place to go to.
            use Action::{Bottom, Left, NextMatch, NextPanel, PreviousMatch, Right};
            let moves = [NextMatch, PreviousMatch, Bottom, Left, Right, NextPanel];
            for action in hints.into_iter().filter(|action| own.contains(action) && !moves.contains(action)) {
                let mut app = app(entry.name, state);
                let Some(key) = app.options.bindings.key(action) else { continue };
                let before = picture(&mut app);
                let named = key.chars().count() > 1 && key != "gg";
                let commands = press(&mut app, &if named { format!("<{key}>") } else { key.clone() });
                let does = !commands.is_empty() || before != picture(&mut app);
                idle.extend((!does).then(|| format!("{} {}: {key}", entry.name, state.name())));
            }
        }
    }
    assert_eq!(idle, [""; 0], "does nothing");
}

#[test]
fn sentences_of_empty_screens_are_whole_at_every_size() {
    for entry in &crate::tui::screens::ALL {
        for state in [State::Empty, State::Error, State::Loading] {
            let text = shows(entry.name, (80, 24), state);
            let notice: Vec<&str> = text.lines().skip(2).take(21).filter(|line| line.starts_with("  ")).collect();
            // One that is cut reaches to the edge.
            let cut = |line: &&&str| line.ends_with('…') && line.chars().count() > 76;
            assert!(!notice.iter().any(|line| cut(&line)), "{} {}:\n{text}", entry.name, state.name());
        }
    }
}

#[test]
fn fields_that_are_absent_are_what_the_schema_defaults_to() {
    let route = |id: &str, status: Option<u8>| {
        let mut value = serde_json::json!({"id": id, "uri": "/a", "upstream_id": "u1"});
        if let Some(status) = status {
            value["status"] = status.into();
        }
        value
    };
    let routes = serde_json::json!([route("plain", None), route("on", Some(1)), route("off", Some(0))]);
    for (filter, there) in [
        ("status=1", &["plain", "on"][..]),
        ("status!=1", &["off"]),
        ("!status=1", &["off"]),
        ("= status == 1", &["plain", "on"]),
        ("= priority == 0", &["plain", "on", "off"]),
        ("= has(status)", &["on", "off"]),
    ] {
        for name in ["routes", "tree"] {
            let mut app = app(name, State::Empty);
            update(&mut app, told(crate::tui::msg::Source::List("routes"), routes.clone()));
            settle(&mut app);
            press(&mut app, &format!("/{filter}<Enter>"));
            let text = screen(&mut app, (120, 40));
            for id in ["plain", "on", "off"] {
                let row = |line: &str| {
                    let mut words = line.trim_start_matches(['▸', ' ']).split_whitespace();
                    words.next().is_some_and(|word| word == id || word == format!("route/{id}"))
                };
                assert_eq!(text.lines().skip(2).any(row), there.contains(&id), "{name} {filter} {id}:\n{text}");
            }
        }
    }
    // A field that nobody has is said to be none, one with a default is not.
    let mut app = app("routes", State::Empty);
    update(&mut app, told(crate::tui::msg::Source::List("routes"), routes));
    settle(&mut app);
    press(&mut app, "/status=7<Enter>");
    assert!(!screen(&mut app, (120, 40)).contains("has a field"));
    press(&mut app, "/<Ctrl-u>stati=1<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("none of them has a field stati"));
}

#[test]
fn a_context_that_never_asks_does_not_ask() {
    let never = || Options { confirm: Confirm::Never, ..options("routes") };
    let mut app = app_with(never(), State::Full);
    assert_eq!(calls(&press(&mut app, "D")).len(), 1);
    // Many are a slip more easily.
    let mut app = app_with(never(), State::Full);
    assert_eq!(calls(&press(&mut app, "<Space><Space>D")), [""; 0]);
    assert!(screen(&mut app, (80, 24)).contains("Delete on local?"));
}

#[test]
fn what_is_long_can_be_read_in_dialogs_toasts_and_messages() {
    let id = |end: &str| format!("{}{end}", "c".repeat(63));
    for confirm in [Confirm::Deletes, Confirm::Writes] {
        let mut app = app_with(Options { confirm, ..options("routes") }, State::Empty);
        let route = |end: &str| serde_json::json!({"id": id(end), "uri": "/a", "upstream_id": "u1"});
        update(&mut app, told(crate::tui::msg::Source::List("routes"), serde_json::json!([route("a"), route("b")])));
        settle(&mut app);
        press(&mut app, "jD");
        let text = screen(&mut app, (80, 24));
        let dialog: String = text.chars().filter(|c| !c.is_whitespace() && *c != '│').collect();
        assert!(dialog.contains(&format!("deleteroute/{}", id("b"))), "{text}");
        press(&mut app, &id("b"));
        assert!(confirm == Confirm::Deletes || screen(&mut app, (80, 24)).contains("type it whole"), "{text}");
        let commands = if confirm == Confirm::Writes { press(&mut app, "<Enter>") } else { Vec::new() };
        assert_eq!(calls(&commands).len(), usize::from(confirm == Confirm::Writes));
    }
    let mut app = app("routes", State::Full);
    let path = format!("what you wrote is kept in /tmp/{}/the-end.yaml", "a-long-directory/".repeat(8));
    update(&mut app, Msg::Broken(path));
    let whole = |text: &str| text.replace(['\n', ' '], "").contains("the-end.yaml");
    assert!(whole(&screen(&mut app, (80, 24))));
    app.toasts.clear();
    press(&mut app, ":messages<Enter>");
    assert!(whole(&screen(&mut app, (80, 24))));
}
