use super::*;
use crate::tui::msg::Source;
use crate::tui::screens;

#[test]
fn numbers_and_names_go_to_every_screen() {
    for entry in &screens::ALL {
        let mut app = app("overview", State::Full);
        press(&mut app, &format!(":{}<Enter>", entry.name));
        assert_eq!(app.place().screen, entry.name);
        if let Some(action) = entry.action {
            let key = app.options.bindings.key(action).unwrap();
            press(&mut app, "1");
            press(&mut app, &key);
            assert_eq!(app.place().screen, entry.name);
        }
    }
}

#[test]
fn history_goes_to_and_fro() {
    let mut app = app("overview", State::Full);
    press(&mut app, "234");
    press(&mut app, "[[");
    assert_eq!(app.place().screen, "routes");
    press(&mut app, "]");
    assert_eq!(app.place().screen, "upstreams");
    press(&mut app, "<Esc><Esc>");
    assert_eq!(app.place().screen, "overview");
}

#[test]
fn what_is_watched_follows_the_screen() {
    let mut app = App::new(options("overview"), Theme::builtin("default", Depth::True));
    let commands = app.start();
    let watches = |source| commands.iter().any(|command| matches!(command, Cmd::Watch(of, _) if *of == source));
    assert!(
        watches(Source::Info) && watches(Source::Stats) && watches(Source::Certs) && watches(Source::List("routes"))
    );
    let commands = press(&mut app, "2");
    assert!(commands.contains(&Cmd::Unwatch(Source::Certs)), "{commands:?}");
    assert!(!commands.contains(&Cmd::Unwatch(Source::List("routes"))));
    assert!(commands.contains(&Cmd::Watch(Source::Plugins, Vec::new())));
}

#[test]
fn the_mouse_selects_opens_sorts_and_goes() {
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
    let mut app = app("routes", State::Full);
    let at = |app: &mut App, kind, column, row| {
        screen(app, (120, 40));
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        update(app, Msg::Input(Event::Mouse(mouse)));
    };
    let left = MouseEventKind::Down(MouseButton::Left);
    at(&mut app, left, 4, 5);
    let text = screen(&mut app, (120, 40));
    assert!(text.lines().nth(5).unwrap_or_default().starts_with('▸'), "{text}");
    at(&mut app, MouseEventKind::ScrollDown, 4, 5);
    assert!(screen(&mut app, (120, 40)).lines().nth(8).unwrap_or_default().starts_with('▸'));
    at(&mut app, left, 2, 2);
    assert!(screen(&mut app, (120, 40)).contains("ID▴"));
    at(&mut app, left, 4, 1);
    assert_eq!(app.place().screen, "overview");
}
