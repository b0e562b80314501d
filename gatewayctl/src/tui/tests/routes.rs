use serde_json::json;

use super::*;

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
        text.contains("/routes/pay updated") && text.contains("Back to revision 4695") && text.contains("+priority: 0"),
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
