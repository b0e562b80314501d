use serde_json::json;

use super::*;
use crate::tui::msg::{Call, Source};

#[test]
fn every_state() {
    all_states(
        "events",
        &[
            "events (3)",
            "20:01:07",
            "4711",
            "updated",
            "route/pay",
            "admin from 127.0.0.1",
            "ssl/7",
            "created",
            "upstream/u1",
            "[Diff]",
            "route/pay updated by admin",
        ],
    );
    let text = shows("events", (120, 40), State::Error);
    assert!(text.contains("events: the server answered 500") && text.contains("gatewayctl doctor"), "{text}");
    assert!(shows("events", (120, 40), State::Empty).contains("no change is known"));
    assert!(shows("events", (120, 40), State::Loading).contains("loading events"));
}

/// One more change of `route/pay`.
fn later() -> Msg {
    let after = json!({"name": "pay", "methods": ["POST", "PUT"], "uri": "/pay/*", "priority": 20});
    let before = json!({"name": "pay", "methods": ["POST", "PUT"], "uris": ["/pay/*", "/refund/*"], "priority": 10});
    let by = json!({"key": "bob", "addr": "10.0.0.1"});
    told(
        Source::Events,
        json!({"rev": 4712, "ts": NOW_MS / 1_000, "op": "update", "resource": "routes", "id": "pay", "by": by, "before": before, "after": after}),
    )
}

fn sent(commands: &[Cmd]) -> (u64, Call) {
    match commands {
        [Cmd::Call(ticket, call)] => (*ticket, call.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn details_show_what_a_change_did() {
    let mut app = app("events", State::Full);
    let text = screen(&mut app, (200, 60));
    for fact in ["+priority: 10", "-priority: 0", "~methods", "+plugins", "-uri", "rev 4711, 2m ago"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "d");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[Summary]") && text.contains("2026-11-24T20:01:07Z (2m ago)"), "{text}");
    press(&mut app, "l");
    assert!(screen(&mut app, (200, 60)).contains("[Before]"));
    press(&mut app, "l");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[After]") && text.contains("priority: 10"), "{text}");
    press(&mut app, "y");
    assert!(screen(&mut app, (200, 60)).contains("rev: 4711"));
}

#[test]
fn what_differs_between_any_two() {
    let mut app = app("events", State::Full);
    press(&mut app, "v");
    assert!(screen(&mut app, (120, 40)).contains("route/pay was not changed after revision 4711"));
    // What is being read stays when a change comes.
    press(&mut app, "<Enter>");
    update(&mut app, later());
    settle(&mut app);
    press(&mut app, "v");
    let text = screen(&mut app, (120, 40));
    for fact in ["From revision 4711 to now", "-priority: 10", "+priority: 20", "by bob from 10.0.0.1"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "<Esc><Esc>gg<Space><Space>v");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("From revision 4711 to revision 4712"), "{text}");
    press(&mut app, "<Esc>AG<Space>gg<Space>v");
    let text = screen(&mut app, (120, 60));
    // All that was changed between them, each object once.
    for fact in
        ["From revision 4690 to revision 4712", "ssl/7 created", "route/pay updated", "+priority: 20", "-priority: 0"]
    {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "<Esc>av");
    assert!(screen(&mut app, (120, 40)).contains("mark two changes to compare"));
}

#[test]
fn a_roll_back_is_tried_shown_asked_and_done() {
    let mut app = app("events", State::Full);
    press(&mut app, "<Enter>");
    update(&mut app, later());
    settle(&mut app);
    let (ticket, call) = sent(&press(&mut app, "B"));
    assert_eq!((call.path.as_str(), call.body), ("/live/rollback", Some(json!({"rev": 4695, "dry_run": true}))));
    let plan = json!({"rev": 4712, "dry_run": true, "results": [{"path": "/routes/pay", "status": "updated"}]});
    update(&mut app, Msg::Answer { ticket, result: Ok(plan.clone()) });
    let text = screen(&mut app, (120, 50));
    // Both changes are undone, as one difference.
    for fact in ["Back to revision 4695 on local?", "update route/pay", "-priority: 20", "+priority: 0"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert_eq!(press(&mut app, "n"), []);
    let (ticket, _) = sent(&press(&mut app, "B"));
    update(&mut app, Msg::Answer { ticket, result: Ok(plan) });
    let (ticket, call) = sent(&press(&mut app, "y"));
    assert_eq!(call.body, Some(json!({"rev": 4695, "if_match": 4712})));
    update(&mut app, Msg::Answer { ticket, result: Ok(json!({})) });
    assert!(screen(&mut app, (120, 40)).contains("back to revision 4695"));
    press(&mut app, "<Esc>gg<Space><Space>");
    assert_eq!(press(&mut app, "B"), []);
    assert!(screen(&mut app, (120, 40)).contains("several changes are marked"));
}

#[test]
fn only_an_admin_rolls_back() {
    let mut viewer = options("events");
    viewer.read_only = true;
    let mut app = app_with(viewer, State::Full);
    assert_eq!(press(&mut app, "B"), []);
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("this session is read-only") && !text.contains("roll back"), "{text}");
}

#[test]
fn what_a_change_leads_to() {
    let on = |keys: &str| {
        let mut app = app("events", State::Full);
        let commands = press(&mut app, keys);
        (app.place().clone(), commands)
    };
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("routes", Some("pay")));
    assert_eq!((on("jo").0.screen, on("jo").0.id.as_deref()), ("certs", Some("7")));
    assert_eq!(on("t").0.filter.as_deref(), Some("route=pay"));
    assert_eq!(calls(&on("e").1), ["GET /routes/pay"]);
    assert_eq!(on("c").1, [Cmd::Copy("4711".to_owned())]);
    assert_eq!(on("D").1, []);
    let mut app = app("events", State::Full);
    press(&mut app, "/resource=ssls<Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("events (1 of 3)") && !text.contains("route/pay"), "{text}");
}

#[test]
fn the_journal_alone_is_enough() {
    let mut app = App::new(options("events"), Theme::builtin("default", Depth::True));
    app.start();
    let change = json!({"rev": 5, "ts": 7, "op": "delete", "resource": "routes", "id": "x", "by": "ops", "before": {"uri": "/x"}, "after": null});
    update(&mut app, told(Source::History, json!({"rev": 5, "oldest": 1, "more": false, "changes": [change]})));
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("route/x") && text.contains("deleted") && text.contains("01-01 00:00"), "{text}");
}

/// A change that replaced the secret of a credential.
fn secret_change(rev: u64) -> Msg {
    let hidden = json!({"plugins": {"key-auth": {"key": "********"}}});
    told(
        Source::Events,
        json!({"rev": rev, "ts": NOW_MS / 1_000, "op": "update", "resource": "credentials", "id": "alice/c1", "by": {"key": "bob"},
            "before": hidden, "after": hidden, "secrets_changed": ["/plugins/key-auth/key"]}),
    )
}

#[test]
fn a_roll_back_names_each_object_and_what_becomes_of_it() {
    let mut app = app("events", State::Full);
    press(&mut app, "<Enter>");
    update(&mut app, secret_change(4713));
    let mut last = later();
    if let Msg::Told(told) = &mut last {
        told.value["rev"] = 4714.into();
    }
    update(&mut app, last);
    settle(&mut app);
    let (ticket, _) = sent(&press(&mut app, "B"));
    let mut results = vec![
        json!({"path": "/consumers/alice/credentials/c1", "status": "updated"}),
        json!({"path": "/routes/pay", "status": "deleted"}),
        json!({"path": "/services/shop/graphql_cost_decorations/first", "status": "created"}),
        json!({"path": "/ssls/7", "status": "unchanged"}),
    ];
    results.extend((0..40).map(|number| json!({"path": format!("/routes/r{number}"), "status": "updated"})));
    update(&mut app, Msg::Answer { ticket, result: Ok(json!({"rev": 4714, "results": results})) });
    let text = screen(&mut app, (120, 40));
    for fact in [
        "update credential/alice/c1 (secret changed)",
        "delete route/pay",
        "create graphql-cost-decoration/shop/first",
        "update route/r12",
        "arrows read on",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert!(!text.contains("ssl/7 (") && !text.contains("unchanged"), "{text}");
    // What has no room is read before the answer.
    press(&mut app, "<PgDn><PgDn>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("update route/r39") && text.contains("plugins.key-auth.key (secret changed)"), "{text}");
    assert_eq!(calls(&press(&mut app, "y")), ["POST /live/rollback"]);
}

#[test]
fn what_lives_below_others_has_one_name() {
    let mut app = app("events", State::Empty);
    let change = |rev: u64, id: &str, op: &str| {
        let object = json!({"plugins": {"key-auth": {"key": "***"}}, "desc": op});
        json!({"rev": rev, "ts": NOW_MS / 1_000 - 60, "op": op, "resource": "credentials", "id": id,
            "path": format!("/consumers/{id}"), "by": {"key": "admin"}, "before": null, "after": object})
    };
    // As the journal says it, and as the stream is told.
    let journal = [change(8, "alice/credentials/c2", "update"), change(7, "alice/credentials/c2", "create")];
    update(&mut app, told(Source::History, json!(journal)));
    update(&mut app, told(Source::Events, change(8, "alice/c2", "update")));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("events (2)") && text.contains("credential/alice/c2"), "{text}");
    assert!(!text.contains("alice/credentials/c2"), "{text}");
    press(&mut app, "<Space><Space>v");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("From revision 7 to revision 8") && !text.contains("nothing differs"), "{text}");
    let (ticket, _) = sent(&press(&mut app, "<Esc><Esc>B"));
    let results = json!([{"path": "/consumers/alice/credentials/c2", "status": "deleted"}]);
    update(&mut app, Msg::Answer { ticket, result: Ok(json!({"rev": 8, "results": results})) });
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("delete credential/alice/c2") && !text.contains("nothing differs"), "{text}");
    press(&mut app, "<Esc>1");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("credential/alice/c2") && !text.contains("alice/credentials/c2"), "{text}");
}

#[test]
fn the_newest_is_followed_until_somebody_moves() {
    let mut app = app("events", State::Full);
    let flood = |app: &mut App, from: u64| {
        for rev in from..from + 100 {
            update(app, secret_change(rev));
        }
        settle(app);
        screen(app, (120, 40))
    };
    let text = flood(&mut app, 5_000);
    assert!(text.lines().any(|line| line.starts_with('▸') && line.contains("5099")), "{text}");
    // The second row stays the one that it is, and in sight.
    press(&mut app, "j");
    let text = flood(&mut app, 5_100);
    assert!(text.lines().any(|line| line.starts_with('▸') && line.contains("5098")), "{text}");
    press(&mut app, "gg");
    let text = flood(&mut app, 5_200);
    assert!(text.lines().any(|line| line.starts_with('▸') && line.contains("5299")), "{text}");
    // Marks are for what somebody looks at.
    press(&mut app, "<Space>");
    let text = flood(&mut app, 5_300);
    assert!(!text.lines().any(|line| line.starts_with('▸') && line.contains("5399")), "{text}");
}
