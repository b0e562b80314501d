//! What the user has written is known to the program until a server has it, or a file.

use serde_json::json;

use super::*;
use crate::tui::msg::Failure;

fn ticket(commands: &[Cmd]) -> u64 {
    let of = |command: &Cmd| match command {
        Cmd::Call(ticket, _) | Cmd::Edit(ticket, _) | Cmd::Keep(ticket, _) => Some(*ticket),
        _ => None,
    };
    commands.iter().find_map(of).unwrap_or_else(|| panic!("{commands:?}"))
}

/// The program with an editor open for `hello`, and what it was given.
fn editing(confirm: Confirm) -> (App, Vec<Cmd>, String) {
    let mut app = app_with(Options { confirm, ..options("routes") }, State::Full);
    press(&mut app, "/^hello<Enter>");
    let commands = press(&mut app, "e");
    assert_eq!(app.texts(), []);
    let object =
        json!({"key": "/apisix/routes/hello", "modifiedIndex": 4520, "value": {"id": "hello", "uri": "/hello/*"}});
    let commands = update(&mut app, Msg::Answer { ticket: ticket(&commands), result: Ok(object) });
    let [Cmd::Edit(_, text)] = commands.as_slice() else { panic!("{commands:?}") };
    let text = text.content.replace("/hello/", "/other/");
    (app, commands, text)
}

fn saved(app: &mut App, commands: &[Cmd], text: &str) -> Vec<Cmd> {
    update(app, Msg::Answer { ticket: ticket(commands), result: Ok(json!(text)) })
}

fn texts(app: &App) -> Vec<String> {
    app.texts().into_iter().map(|text| text.content).collect()
}

#[test]
fn a_text_is_known_until_it_is_stored() {
    for confirm in [Confirm::Deletes, Confirm::Writes] {
        let (mut app, commands, text) = editing(confirm);
        let mut commands = saved(&mut app, &commands, &text);
        let written = texts(&app);
        assert!(written.len() == 1 && written[0].contains("uri: /other/*") && !written[0].contains('#'), "{written:?}");
        if confirm == Confirm::Writes {
            commands = press(&mut app, "y");
        }
        // On its way.
        assert_eq!(texts(&app), written);
        press(&mut app, "q");
        let shown = screen(&mut app, (120, 40));
        assert!(shown.contains("route/hello: the server has not answered yet") && shown.contains("kept in a file"));
        press(&mut app, "n");
        // Refused, and asked about; also below another dialog.
        let failure = Failure { status: Some(400), message: "no".to_owned(), hints: Vec::new() };
        update(&mut app, Msg::Answer { ticket: ticket(&commands), result: Err(failure) });
        assert_eq!(texts(&app), written);
        let refused = Link::Refused { why: "another key".to_owned() };
        update(&mut app, Msg::Link(refused));
        assert_eq!(texts(&app), written);
        press(&mut app, "<Esc>");
        // Neither of these is an answer.
        assert_eq!(press(&mut app, "<Ctrl-z>"), [Cmd::Sleep]);
        assert_eq!(press(&mut app, "<Ctrl-l>"), [Cmd::Redraw]);
        assert_eq!(texts(&app), written);
        let commands = press(&mut app, "y");
        let commands = saved(&mut app, &commands, &text.replace("/other/", "/more/"));
        let commands = if confirm == Confirm::Writes { press(&mut app, "y") } else { commands };
        assert_eq!(texts(&app).len(), 1);
        update(&mut app, Msg::Answer { ticket: ticket(&commands), result: Ok(json!({})) });
        assert_eq!(texts(&app), [""; 0]);
    }
}

#[test]
fn an_editor_that_fails_says_where_the_text_is() {
    let (mut app, commands, _) = editing(Confirm::Deletes);
    let hints = vec!["what you wrote is kept in /tmp/x.yaml".to_owned()];
    let failure = Failure { status: None, message: "the editor vi ended with 1".to_owned(), hints };
    update(&mut app, Msg::Answer { ticket: ticket(&commands), result: Err(failure) });
    let shown = screen(&mut app, (120, 40));
    assert!(shown.contains("the editor vi ended with 1") && shown.contains("is kept in /tmp/x.yaml"), "{shown}");
}

#[test]
fn an_editor_that_nobody_sits_at_is_not_opened_for_ever() {
    let (mut app, mut commands, mut text) = editing(Confirm::Deletes);
    for round in 0.. {
        text.push_str("\"\n");
        commands = saved(&mut app, &commands, &text);
        match commands.as_slice() {
            [Cmd::Edit(_, again)] => assert!(again.written && round < 10, "{round}"),
            [Cmd::Keep(_, kept)] => {
                assert!(kept.content.contains("/other/") && round == 10, "{round}: {kept:?}");
                return;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// An object that was made anew meanwhile is another one.
#[test]
fn what_is_deleted_is_what_was_shown() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^hello<Enter>");
    let shown = app.data.object("routes", "hello").unwrap().rev;
    let commands = press(&mut app, "Dy");
    let [Cmd::Call(_, call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(shown > 0 && call.if_match == Some(shown), "{call:?}");
}
