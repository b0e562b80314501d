use serde_json::json;

use super::*;
use crate::tui::msg::{Failure, Source};

#[test]
fn every_state() {
    all_states("routes", &["routes (42)", "chat", "/chat", "dubbo-stock", "u1 3/3", "[Summary]", "off"]);
}

#[test]
fn details_tell_what_runs_and_where() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^hello<Enter>");
    let text = screen(&mut app, (200, 60));
    for fact in [
        "match   GET api.example /hello/*",
        "key-auth 2500 (route)",
        "limit-count 1002",
        "cors 4000 (global rule 1)",
        "10.0.0.5:80 ✓",
        "routes (1 of 42)  filter: ^hello",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "r");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("upstream/u1") && text.contains("[References]"), "{text}");
    press(&mut app, "y");
    assert!(screen(&mut app, (200, 60)).contains("plugin_config_id: \"7\""), "{}", screen(&mut app, (200, 60)));
}

#[test]
fn an_edit_is_loaded_edited_and_written_with_its_revision() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^hello<Enter>");
    let commands = press(&mut app, "e");
    assert_eq!(calls(&commands), ["GET /routes/hello"]);
    let Some(Cmd::Call(ticket, _)) = commands.into_iter().find(|command| matches!(command, Cmd::Call(..))) else {
        panic!()
    };
    let answer = json!({"key": "/apisix/routes/hello", "modifiedIndex": 4520, "value": {"id": "hello", "uri": "/hello/*", "plugins": {"key-auth": {"key": "s3"}}}});
    let commands = update(&mut app, Msg::Answer { ticket, result: Ok(answer) });
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(text.content.contains("uri: /hello/*") && !text.content.contains("s3"), "{}", text.content);
    let (ticket, edited) = (*ticket, text.content.replace("/hello/*", "/hi/*"));
    let commands = update(&mut app, Msg::Answer { ticket, result: Ok(json!(edited)) });
    let [Cmd::Call(ticket, call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((call.path.as_str(), call.if_match), ("/routes/hello", Some(4520)));
    assert_eq!(call.body, Some(json!({"uri": "/hi/*", "plugins": {"key-auth": {"key": "s3"}}})));
    update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(json!({})) });
    assert!(screen(&mut app, (120, 40)).contains("route/hello configured"));
}

#[test]
fn deleting_shows_what_breaks_and_asks() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^hello<Enter>");
    assert_eq!(calls(&press(&mut app, "D")), [""; 0]);
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("delete route/hello") && text.contains("800 requests/s go through"), "{text}");
    assert_eq!(calls(&press(&mut app, "n")), [""; 0]);
    assert_eq!(calls(&press(&mut app, "Dy")), ["DELETE /routes/hello"]);
}

#[test]
fn marked_routes_need_their_number_typed() {
    let mut app = app("routes", State::Full);
    press(&mut app, "<Space><Space>D");
    assert!(screen(&mut app, (80, 24)).contains("type 2 to go on"));
    assert_eq!(calls(&press(&mut app, "y<Enter>")), [""; 0]);
    assert_eq!(calls(&press(&mut app, "<Backspace>2<Enter>")).len(), 1);
}

#[test]
fn marks_that_a_filter_hides_take_no_action() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/^(hello|pay)<Enter><Space><Space>/<Ctrl-u>^pay<Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("2 marked, 1 of them hidden"), "{text}");
    assert_eq!(calls(&press(&mut app, "E")), ["PATCH /routes/pay"]);
    press(&mut app, "/<Ctrl-u>^old<Enter>");
    for keys in ["E", "Dy"] {
        assert_eq!(calls(&press(&mut app, keys)), [""; 0], "{keys}");
        assert!(screen(&mut app, (120, 40)).contains("nothing was done: the filter hides what is marked (2)"));
    }
    press(&mut app, "A");
    assert_eq!(calls(&press(&mut app, "E")), ["PATCH /routes/old"]);
}

#[test]
fn what_is_not_there_is_said() {
    let mut app = app("routes", State::Full);
    for (command, said) in [
        (":routes nosuch", "no route nosuch"),
        (":consumers nosuch", "no consumer nosuch"),
        (":upstreams services/nosuch", "no service nosuch"),
        (":certs nosuch", "no ssl nosuch"),
        (":plugins nosuch", "nosuch"),
        (":discovery nosuch", "no registry nosuch"),
    ] {
        press(&mut app, &format!("{command}<Enter>"));
        let text = screen(&mut app, (120, 40));
        assert!(text.contains(&format!("! {said}")) || text.contains(said), "{command}:\n{text}");
        assert!(app.toasts.iter().any(|toast| toast.text.ends_with(said)), "{command}");
        app.toasts.clear();
    }
    press(&mut app, ":routes pay<Enter>");
    assert!(app.toasts.is_empty() && screen(&mut app, (120, 40)).contains("▸pay"));
    // Before anything is known, nothing is claimed.
    let mut app = self::app("overview", State::Loading);
    press(&mut app, ":routes nosuch<Enter>");
    assert!(app.toasts.is_empty());
    for list in ["routes", "services", "upstreams", "plugin-configs", "global-rules"] {
        update(&mut app, told(Source::List(list), json!([{"id": "a", "uri": "/a"}])));
    }
    settle(&mut app);
    assert!(app.toasts.iter().any(|toast| toast.text == "no route nosuch"), "{:?}", app.toasts);
}

#[test]
fn a_term_goes_on_behind_a_filter() {
    let mut app = app("routes", State::Full);
    press(&mut app, "/uris=/pay<Enter>/status=1<Enter>");
    assert!(screen(&mut app, (120, 40)).contains("filter: uris=/pay status=1"));
}

#[test]
fn every_action_of_a_route() {
    let on = |keys: &str| {
        let mut app = app("routes", State::Full);
        press(&mut app, "/^hello<Enter>");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!(on("t").0.filter.as_deref(), Some("route=hello"));
    assert_eq!(on("x").0.id.as_deref(), Some("route/hello"));
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("upstreams", Some("u1")));
    assert_eq!(on("c").1, [Cmd::Copy("hello".to_owned())]);
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("uri: /hello/*")));
    assert_eq!(calls(&on("E").1), ["PATCH /routes/hello"]);
    assert!(matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-route.yaml"));
    let mut app = app("routes", State::Full);
    press(&mut app, "/^pay<Enter>");
    let commands = press(&mut app, "B");
    let [Cmd::Call(ticket, call)] = commands.as_slice() else { panic!("{commands:?}") };
    // The revision before that of the change.
    assert_eq!(call.body, Some(json!({"rev": 4695, "dry_run": true})));
    let plan = json!({"rev": 4711, "dry_run": true, "results": [{"path": "/routes/pay", "status": "updated"}]});
    update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(plan) });
    let text = screen(&mut app, (120, 40));
    assert!(
        text.contains("update route/pay") && text.contains("Back to revision 4695") && text.contains("+priority: 0"),
        "{text}"
    );
    let commands = press(&mut app, "y");
    let [Cmd::Call(_, call)] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(call.body, Some(json!({"rev": 4695, "if_match": 4711})));
}

#[test]
fn sorting_filters_and_columns() {
    let mut app = app("routes", State::Full);
    let order = |app: &mut App| {
        let text = screen(app, (120, 40));
        text.lines().nth(3).unwrap_or_default().split_whitespace().next().unwrap_or_default().to_owned()
    };
    assert_eq!(order(&mut app), "▸chat");
    press(&mut app, "ssssssS");
    press(&mut app, "gg");
    let text = screen(&mut app, (200, 40));
    assert!(text.contains('▾') || text.contains('▴'), "{text}");
    for (filter, shown) in [
        ("-l team=a", "1 of 42"),
        ("!svc", "8 of 42"),
        ("uri=/pay", "0 of 42"),
        ("uris=/pay", "1 of 42"),
        ("= status == 0", "1 of 42"),
    ] {
        press(&mut app, &format!("/<Ctrl-u>{filter}<Enter>"));
        let text = screen(&mut app, (120, 40));
        assert!(text.contains(&format!("routes ({shown})")), "{filter}:\n{text}");
    }
    press(&mut app, "<Esc>");
    press(&mut app, "CURI<Enter><Esc>");
    let text = screen(&mut app, (120, 40));
    assert!(!text.lines().nth(2).unwrap_or_default().contains("URI"), "{text}");
}

/// The program at an edit of `hello` that was sent, and the number of the call.
fn edited(confirm: Confirm) -> (App, Vec<Cmd>) {
    let mut app = app_with(Options { confirm, ..options("routes") }, State::Full);
    press(&mut app, "/^hello<Enter>");
    let commands = press(&mut app, "e");
    let Some(Cmd::Call(ticket, _)) = commands.into_iter().find(|command| matches!(command, Cmd::Call(..))) else {
        panic!()
    };
    let answer =
        json!({"key": "/apisix/routes/hello", "modifiedIndex": 4520, "value": {"id": "hello", "uri": "/hello/*"}});
    let commands = update(&mut app, Msg::Answer { ticket, result: Ok(answer) });
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    let text = text.content.replace("uri:", "urii:");
    let commands = update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(json!(text)) });
    (app, commands)
}

fn refuse(app: &mut App, commands: &[Cmd]) {
    let [Cmd::Call(ticket, _)] = commands else { panic!("{commands:?}") };
    let message = "route/hello: additional properties forbidden, found urii".to_owned();
    let failure = Failure { status: Some(400), message, hints: Vec::new() };
    update(app, Msg::Answer { ticket: *ticket, result: Err(failure) });
}

/// Keeps what is to be kept, and says where.
fn kept(app: &mut App, commands: &[Cmd]) {
    let Some(Cmd::Keep(ticket, text)) = commands.first() else { panic!("{commands:?}") };
    assert!(text.name == "route-hello.yaml" && text.content.contains("urii: /hello/*"), "{text:?}");
    update(app, Msg::Answer { ticket: *ticket, result: Ok(json!("/tmp/kept.yaml")) });
    assert!(screen(app, (120, 40)).contains("what you wrote is kept in /tmp/kept.yaml"));
}

#[test]
fn a_refused_edit_is_explained_and_never_lost() {
    let (mut app, commands) = edited(Confirm::Deletes);
    refuse(&mut app, &commands);
    let text = screen(&mut app, (120, 40));
    for fact in
        ["unknown field \"urii\"", "did you mean \"uri\"?", "the server says: additional properties", "Edit it again?"]
    {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    let commands = press(&mut app, "y");
    let [Cmd::Edit(ticket, text)] = commands.as_slice() else { panic!("{commands:?}") };
    let why = text.content.lines().find(|line| line.starts_with("# error: route/hello: ")).unwrap_or_default();
    assert!(why.contains("unknown field \"urii\""), "{}", text.content);
    // Closed as it was: given up.
    let commands = update(&mut app, Msg::Answer { ticket: *ticket, result: Ok(json!(text.content)) });
    kept(&mut app, &commands);
    for no in ["n", "<Esc>", "<Ctrl-c>"] {
        let (mut app, commands) = edited(Confirm::Deletes);
        refuse(&mut app, &commands);
        let commands = press(&mut app, no);
        kept(&mut app, &commands);
        assert_eq!(commands.contains(&Cmd::Quit), no == "<Ctrl-c>");
    }
}

#[test]
fn what_is_asked_about_first_is_not_lost_either() {
    let (mut app, commands) = edited(Confirm::Writes);
    assert_eq!(commands, []);
    let commands = press(&mut app, "n");
    kept(&mut app, &commands);
    let (mut app, _) = edited(Confirm::Writes);
    let commands = press(&mut app, "y");
    refuse(&mut app, &commands);
    assert!(screen(&mut app, (120, 40)).contains("did you mean \"uri\"?"));
    let commands = press(&mut app, "n");
    kept(&mut app, &commands);
    // Nor is what a server that is gone was sent.
    let (mut app, commands) = edited(Confirm::Deletes);
    let [Cmd::Call(ticket, _)] = commands.as_slice() else { panic!("{commands:?}") };
    let failure = Failure { status: None, message: "connection refused".to_owned(), hints: Vec::new() };
    update(&mut app, Msg::Answer { ticket: *ticket, result: Err(failure) });
    assert!(screen(&mut app, (120, 40)).contains("connection refused"));
    let commands = press(&mut app, "n");
    kept(&mut app, &commands);
}

#[test]
fn deleting_without_a_link_says_so() {
    let mut app = app("routes", State::Disconnected);
    press(&mut app, "/^hello<Enter>D");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("the server cannot be reached now; what is shown is"), "{text}");
    assert!(text.contains("800 requests/s went through route/hello before that"), "{text}");
    assert!(!text.contains("go through"), "{text}");
}

#[test]
fn of_nodes_that_nobody_looks_at_nothing_is_claimed() {
    let mut app = app("routes", State::Full);
    let node = |addr: &str| json!({"owner": "upstreams/u1", "addr": addr, "weight": 1, "state": "unchecked", "usable": true, "checks": null});
    update(&mut app, told(Source::Nodes, json!([node("10.0.0.5:80"), node("10.0.0.6:80")])));
    press(&mut app, "/^hello<Enter>");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("u1 2 ?") && text.contains("10.0.0.5:80 ○") && !text.contains("2/2"), "{text}");
    press(&mut app, ":upstreams u1<Enter>");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("2 ?") && text.contains("unchecked") && !text.contains("2/2"), "{text}");
    // One that is looked at makes a number of it.
    let mut checked = node("10.0.0.6:80");
    checked["state"] = "healthy".into();
    update(&mut app, told(Source::Nodes, json!([node("10.0.0.5:80"), checked])));
    assert!(screen(&mut app, (200, 60)).contains("2/2"));
}
