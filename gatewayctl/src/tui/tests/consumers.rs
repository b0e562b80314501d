use serde_json::json;

use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    let facts = [
        "consumers (6)",
        "alice",
        "alice/c1",
        "gold",
        "key-auth",
        "412",
        "now",
        "carol/c2",
        "hmac-auth",
        "6.0",
        "[Summary]",
    ];
    all_states("consumers", &facts);
    without_rows("consumers", "no consumers; N makes the first one");
}

/// The program at one row of the table.
fn at(filter: &str) -> App {
    let mut app = app("consumers", State::Full);
    press(&mut app, &format!("/{filter}<Enter>"));
    app
}

#[test]
fn a_consumer_in_all_tabs_without_its_secrets() {
    let mut app = at("^alice");
    for (keys, facts) in [
        (
            "d",
            &["[Summary]", "key-auth of its own", "jwt-auth (alice/c1)", "412 requests/s", "errors 0.10 %", "team=a"][..],
        ),
        ("l", &["[Credentials]", "alice/c1", "jwt-auth", "********", "of the consumer itself"]),
        ("l", &["[Plugins]", "of the group gold", "limit-count", "priority 1002"]),
        ("l", &["[YAML]", "group_id: gold", "********"]),
        ("l", &["[References]", "consumer-group/gold", "credential/alice/c1"]),
        ("l", &["[Traffic]", "412 requests/s", "p99 12.0 ms"]),
        ("l", &["[History]", "no change of it is known"]),
    ] {
        press(&mut app, keys);
        let text = screen(&mut app, (200, 60));
        for fact in facts {
            assert!(text.contains(fact), "{fact}:\n{text}");
        }
        for secret in ["alice-secret", "jwt-secret", "alice-jwt"] {
            assert!(!text.contains(secret), "{secret}:\n{text}");
        }
    }
}

#[test]
fn who_was_seen_and_when() {
    let mut app = at("^carol");
    update(&mut app, told(Source::Stats, json!({"ts": NOW_MS / 1_000, "instance": "a1", "by": {"consumer": []}})));
    app.set_clock(NOW_MS + 120_000);
    let request = json!({"id": "z", "ts": NOW_MS / 1_000 + 60, "consumer": "carol"});
    update(&mut app, told(Source::Tap, request));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("1m ago"), "{text}");
    let mut app = at("^dave");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("✗ missing") && text.contains("not since this program looks"), "{text}");
    assert!(screen(&mut app, (200, 60)).contains("silver"));
}

#[test]
fn every_action_of_a_consumer() {
    let on = |keys: &str| {
        let mut app = at("^alice");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!((on("t").0.screen, on("t").0.filter.as_deref()), ("traffic", Some("consumer=alice")));
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("consumer-groups", Some("gold")));
    assert_eq!(on("c").1, [Cmd::Copy("alice".to_owned())]);
    assert!(
        matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("********") && !text.contains("alice-secret"))
    );
    assert_eq!(calls(&on("e").1), ["GET /consumers/alice"]);
    assert_eq!(on("E").1, []);
    assert!(
        matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-consumer.yaml" && text.content.contains("username: new"))
    );
    let (_, commands, mut app) = on("D");
    assert_eq!(calls(&commands), [""; 0]);
    let text = screen(&mut app, (120, 40));
    for fact in [
        "delete consumer/alice",
        "the credentials of consumer/alice go with it: c1",
        "412 requests/s come from consumer/alice now",
    ] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    assert!(!text.contains("refuses") && !text.contains("uses consumer"), "{text}");
    assert_eq!(calls(&press(&mut app, "y")), ["DELETE /consumers/alice"]);
}

#[test]
fn every_action_of_a_credential() {
    let on = |keys: &str| {
        let mut app = at("^alice/c1");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands, app)
    };
    assert_eq!(on("t").0.filter.as_deref(), Some("consumer=alice"));
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("consumers", Some("alice")));
    assert_eq!(on("c").1, [Cmd::Copy("alice/c1".to_owned())]);
    assert_eq!(calls(&on("e").1), ["GET /consumers/alice/credentials/c1"]);
    assert_eq!(calls(&on("Dy").1), ["DELETE /consumers/alice/credentials/c1"]);
    assert!(
        matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-credential.yaml" && text.content.contains("alice/new"))
    );
    let (.., mut app) = on("d");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("of      consumer alice") && !text.contains("jwt-secret"), "{text}");
}
