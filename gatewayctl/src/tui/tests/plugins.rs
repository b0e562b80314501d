use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    all_states(
        "plugins",
        &["plugins (10)", "cors", "4000", "rewrite", "jwt-auth", "2510", "access", "rule 1", "[Summary]"],
    );
}

/// A plugin that is selected, after some keys.
fn on(name: &str, keys: &str) -> (App, Vec<Cmd>) {
    let mut app = app("plugins", State::Full);
    press(&mut app, &format!("/^{name} <Enter>"));
    let commands = press(&mut app, keys);
    (app, commands)
}

#[test]
fn they_stand_in_the_order_in_which_they_run() {
    let mut app = app("plugins", State::Full);
    let text = screen(&mut app, (200, 60));
    let order = [
        "cors",
        "jwt-auth",
        "key-auth",
        "proxy-rewrite",
        "ip-restriction",
        "limit-count",
        "limit-req",
        "dubbo-proxy",
        "http-logger",
        "prometheus",
    ];
    let rows: Vec<String> = text.lines().skip(3).map(|line| line.trim_start_matches(['▸', ' ']).to_owned()).collect();
    for (row, name) in rows.iter().zip(order) {
        assert!(row.starts_with(name), "{name}: {row}\n{text}");
    }
}

#[test]
fn details_tell_where_and_how() {
    let (mut app, _) = on("key-auth", "r");
    let text = screen(&mut app, (200, 60));
    for fact in ["[References]", "enabled", "route/hello", "route/pay", "service/shop", "consumer/alice"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert!(!text.contains("alice-secret"), "{text}");
    let (mut app, _) = on("key-auth", "");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("2 routes, 1 service, 2 consumers") && text.contains("route,consumer"), "{text}");
    let (mut app, _) = on("limit-count", "<Enter>ll");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[Schema]") && text.contains("count:") && text.contains("integer"), "{text}");
    press(&mut app, "l");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[Docs]") && text.contains("window of time"), "{text}");
    let (mut app, _) = on("http-logger", "<Enter>llll");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[Metadata]") && text.contains("log_format"), "{text}");
    let (mut app, _) = on("limit-count", "<Enter>llll");
    assert!(screen(&mut app, (200, 60)).contains("nothing is set"));
}

#[test]
fn every_action_of_a_plugin() {
    assert_eq!(calls(&on("http-logger", "e").1), ["GET /plugin_metadata/http-logger"]);
    assert!(
        matches!(on("limit-count", "e").1.as_slice(), [Cmd::Edit(_, text)] if text.content.contains("id: limit-count"))
    );
    let (mut app, commands) = on("cors", "e");
    assert!(commands.is_empty(), "{commands:?}");
    assert!(screen(&mut app, (120, 40)).contains("no settings for the whole gateway"));
    let (mut app, _) = on("key-auth", "o");
    let text = screen(&mut app, (120, 40));
    assert!(app.place().screen == "routes" && text.contains("routes (2 of 42)"), "{text}");
    let (app, _) = on("cors", "o");
    assert_eq!((app.place().screen, app.place().id.as_deref()), ("global-rules", Some("1")));
    assert_eq!(on("cors", "c").1, [Cmd::Copy("cors".to_owned())]);
    assert!(matches!(on("cors", "Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("priority: 4000")));
    assert!(on("cors", "R").1.contains(&Cmd::Refresh(Source::Plugins)));
    assert_eq!(calls(&on("cors", "DyEB").1), [""; 0], "a plugin is no object");
    let mut app = app_with(Options { read_only: true, ..options("plugins") }, State::Full);
    assert_eq!(calls(&press(&mut app, "/^http-logger<Enter>e")), [""; 0]);
}
