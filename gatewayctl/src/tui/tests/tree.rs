use serde_json::json;

use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    all_states(
        "tree",
        &[
            "tree (74 objects)",
            "[Tree]",
            "Unused 6",
            "Broken 2",
            "route/chat",
            "└─ upstream/u1",
            "10.0.0.5:80",
            "healthy",
            "upstream/gone",
            "missing",
        ],
    );
}

/// Lists come one after the other, and what stands in front not first.
#[test]
fn the_beginning_is_shown_until_somebody_moves() {
    let mut app = App::new(options("tree"), Theme::builtin("default", Depth::True));
    app.start();
    for message in fixture::messages(State::Full).into_iter().rev() {
        update(&mut app, message);
        settle(&mut app);
        screen(&mut app, (100, 24));
    }
    let text = screen(&mut app, (100, 24));
    assert!(text.lines().nth(4).unwrap_or_default().starts_with("▸route/chat"), "{text}");
}

/// The lines of the table.
fn lines(app: &mut App) -> Vec<String> {
    screen(app, (120, 40)).lines().skip(4).map(str::to_owned).collect()
}

#[test]
fn branches_fold() {
    let mut app = app("tree", State::Full);
    assert!(lines(&mut app)[1].contains("└─ upstream/u1"), "{:?}", lines(&mut app));
    press(&mut app, "h");
    let folded = lines(&mut app);
    assert!(folded[0].contains("route/chat (+1)") && folded[1].contains("route/dubbo-stock"), "{folded:?}");
    // What is told anew does not unfold it.
    update(&mut app, told(Source::List("protos"), json!([])));
    settle(&mut app);
    assert!(lines(&mut app)[0].contains("(+1)"));
    press(&mut app, "l");
    assert!(lines(&mut app)[1].contains("upstream/u1"));
    // A leaf folds what it is in.
    press(&mut app, "jjhh");
    assert!(lines(&mut app)[1].contains("upstream/u1 (+3)"), "{:?}", lines(&mut app));
}

#[test]
fn unused_and_broken_have_their_own_lists() {
    let mut app = app("tree", State::Full);
    press(&mut app, "<Tab>");
    let text = screen(&mut app, (120, 40));
    for fact in ["[Unused 6]", "service/users", "upstream/unused", "proto/orders"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "<Tab>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[Broken 2]") && text.contains("route/evil names upstream/gone"), "{text}");
    // It comes, and nothing is missing any more.
    let change =
        json!({"rev": 5_000, "ts": 0, "op": "create", "resource": "upstreams", "id": "gone", "after": {"nodes": {}}});
    update(&mut app, told(Source::Events, change));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[Broken 1]") && text.contains("consumer/dave names consumer-group/silver"), "{text}");
    let change = json!({"rev": 5_001, "ts": 0, "op": "create", "resource": "consumer_groups", "id": "silver", "after": {"plugins": {}}});
    update(&mut app, told(Source::Events, change));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("nothing is missing"), "{text}");
    press(&mut app, "<Esc>");
    assert!(screen(&mut app, (120, 40)).contains("[Tree]"));
}

#[test]
fn what_is_not_known_is_not_missing() {
    let mut app = App::new(options("tree"), Theme::builtin("default", Depth::True));
    app.start();
    update(&mut app, told(Source::List("routes"), json!([{"id": "a", "upstream_id": "u"}])));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("upstream/u") && text.contains("Broken 0") && text.contains("not known yet"), "{text}");
    // Objects that name each other end.
    let routes = json!([{"id": "a", "protocol": {"superior_id": "b"}}, {"id": "b", "protocol": {"superior_id": "a"}}]);
    update(&mut app, told(Source::List("routes"), json!([])));
    update(&mut app, told(Source::List("stream-routes"), routes));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("circle"), "{text}");
}

#[test]
fn every_action_of_the_tree() {
    let on = |keys: &str| {
        let mut app = app("tree", State::Full);
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    let place = on("<Enter>").0;
    assert_eq!((place.screen, place.id.as_deref()), ("routes", Some("chat")));
    let place = on("jr").0;
    assert_eq!((place.screen, place.id.as_deref(), place.tab), ("upstreams", Some("u1"), Some("References")));
    assert_eq!(on("jc").1, [Cmd::Copy("u1".to_owned())]);
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("uri: /chat")));
    assert_eq!(calls(&on("je").1), ["GET /upstreams/u1"]);
    assert_eq!(calls(&on("<Tab>/^upstream<Enter>Dy").1), ["DELETE /upstreams/unused"]);
    assert_eq!(calls(&on("<Tab>aD6<Enter>").1).len(), 1, "one after the other");
    assert!(on("R").1.contains(&Cmd::Refresh(Source::List("routes"))));
    let mut app = on("y").2;
    assert!(screen(&mut app, (120, 40)).contains("enable_websocket: true"));
    let mut app = on(":tree upstream/stock<Enter>").2;
    let text = screen(&mut app, (120, 40));
    let selected = text.lines().find(|line| line.starts_with('▸')).unwrap_or_default();
    assert!(selected.contains("upstream/stock"), "{text}");
    let mut app = on(":tree unused<Enter>").2;
    assert!(screen(&mut app, (120, 40)).contains("[Unused 6]"));
    let ascii = Options { glyphs: Glyphs::ascii(), ..options("tree") };
    let mut app = app_with(ascii, State::Full);
    press(&mut app, "/chat<Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(text.is_ascii() && text.contains("route/chat"), "{text}");
}

#[test]
fn what_a_server_does_not_have_need_not_be_known() {
    let off = |name: &'static str, message: &str| {
        let failure = json!({"failure": {"message": message, "hints": [], "status": 400}});
        told(Source::List(name), failure)
    };
    for state in [State::Full, State::Empty] {
        let mut app = app("tree", state);
        update(&mut app, told(Source::List("stream-routes"), json!([])));
        update(&mut app, off("stream-routes", "stream mode is disabled"));
        settle(&mut app);
        let text = screen(&mut app, (120, 40));
        assert!(!text.contains("not known") && !text.contains("stream mode"), "{text}");
        assert!(state == State::Full || text.contains("no objects"), "{text}");
    }
    // What it does have is named, with why.
    let mut app = app("tree", State::Full);
    update(&mut app, off("protos", "busy"));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("protos not known: busy"), "{text}");
}
