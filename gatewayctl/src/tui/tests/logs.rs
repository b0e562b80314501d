use serde_json::json;

use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    all_states(
        "logs",
        &[
            "logs (60)",
            "[Gateway log]",
            "[debug]",
            "following, 60 lines",
            "20:03:06.250",
            "ERROR",
            "10.0.0.7:80 does not answer",
            "WARN",
            "limit reached",
            "DEBUG",
            "[Summary]",
        ],
    );
    let text = shows("logs", (80, 24), State::Error);
    assert!(text.contains("logs: the server answered 500"), "{text}");
    assert!(shows("logs", (80, 24), State::Empty).contains("no lines of the log"));
}

fn line(text: &str) -> Msg {
    told(Source::Logs, json!({"ts": NOW_MS / 1_000, "level": "info", "target": "admin", "msg": text, "fields": {}}))
}

/// What the selected line is.
fn selected(app: &mut App) -> String {
    let text = screen(app, (200, 60));
    let line = text.lines().find_map(|line| line.strip_prefix('▸'));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or_default().to_owned()
}

#[test]
fn levels_components_and_filters() {
    let mut app = app("logs", State::Full);
    let shown = |app: &mut App, words: &str| {
        let text = screen(app, (120, 40));
        assert!(text.contains(words), "{words}:\n{text}");
    };
    press(&mut app, "h");
    shown(&mut app, "following, 48 lines");
    press(&mut app, "hh");
    shown(&mut app, "[error]");
    shown(&mut app, "following, 12 lines");
    press(&mut app, "h");
    shown(&mut app, "[error]");
    press(&mut app, "lllo");
    shown(&mut app, "12 lines  component evil");
    press(&mut app, "<Esc>");
    shown(&mut app, "following, 60 lines");
    press(&mut app, "/level=error target=upstream<Enter>");
    shown(&mut app, "12 lines of 60");
    press(&mut app, "/<Ctrl-u>revision [0-9]+ applied<Enter>");
    shown(&mut app, "logs (12 of 60)");
    press(&mut app, "<Esc>");
    shown(&mut app, "logs (60)");
}

#[test]
fn it_follows_stays_and_pauses() {
    let mut app = app("logs", State::Full);
    assert_eq!(selected(&mut app), "20:03:06.250");
    update(&mut app, line("new"));
    assert_eq!(selected(&mut app), "20:03:07.000");
    press(&mut app, "kk");
    let here = selected(&mut app);
    update(&mut app, line("newer"));
    assert_eq!(selected(&mut app), here);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("stays, 62 lines, G follows"), "{text}");
    press(&mut app, "G");
    assert!(screen(&mut app, (120, 40)).contains("following, 62 lines"));
    press(&mut app, "p");
    update(&mut app, line("while paused"));
    update(&mut app, line("while paused"));
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("paused, 2 new") && !text.contains("while paused"), "{text}");
    press(&mut app, "p");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("following, 64 lines") && text.contains("while paused"), "{text}");
}

#[test]
fn searching_keeps_all_lines() {
    let mut app = app("logs", State::Full);
    press(&mut app, "/~does not<Enter>");
    assert_eq!(selected(&mut app), "20:03:02.250");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("60 lines") && text.contains("search does not"), "{text}");
    press(&mut app, "N");
    assert_eq!(selected(&mut app), "20:02:57.250");
    press(&mut app, "n");
    assert_eq!(selected(&mut app), "20:03:02.250");
    press(&mut app, "n");
    assert_eq!(selected(&mut app), "20:03:02.250", "there is no later one");
    press(&mut app, "<Esc>n");
    assert_eq!(selected(&mut app), "20:03:03.250", "without a search it is the next line");
}

#[test]
fn the_access_log_is_another_stream() {
    let mut app = app("logs", State::Full);
    let commands = press(&mut app, "<Tab>");
    let arguments = vec![("n", "2000".to_owned()), ("kind", "access".to_owned())];
    assert!(commands.contains(&Cmd::Watch(Source::Logs, arguments)), "{commands:?}");
    for (status, path) in [(200, "/hello/a"), (404, "/nothing"), (503, "/pay/7")] {
        let line = format!("10.0.0.1 - - [24/Nov/2026:20:03:07 +0000] \"GET {path} HTTP/1.1\" {status} 12");
        update(&mut app, told(Source::Logs, json!({ "line": line })));
    }
    let text = screen(&mut app, (120, 40));
    for fact in ["[Access log]", "STATUS", "503", "GET /pay/7", "/nothing", "following, 3 lines", "access"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "h");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[4xx 5xx]") && text.contains("2 lines") && !text.contains("/hello/a"), "{text}");
    press(&mut app, "<Tab>");
    assert!(screen(&mut app, (120, 40)).contains("[Gateway log]"));
}

#[test]
fn lines_are_read_and_copied() {
    let mut app = app("logs", State::Full);
    press(&mut app, "/limit<Enter>");
    assert_eq!(press(&mut app, "c"), [Cmd::Copy("warn plugins::limit_count limit reached n=56".to_owned())]);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("from    plugins::limit_count") && text.contains("n=56"), "{text}");
    assert_eq!(press(&mut app, "DENx"), [], "lines are no objects");
    assert_eq!(app.place().screen, "logs");
}
