use serde_json::json;

use super::*;
use crate::tui::msg::Source;

#[test]
fn every_state() {
    all_states(
        "certs",
        &["certs (4)", "api.example +1", "old.example", "ended", "soon", "good", "disabled", "[Summary]"],
    );
}

/// The line of a certificate in the table.
fn line(app: &mut App, name: &str) -> String {
    let text = screen(app, (200, 60));
    text.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned()
}

#[test]
fn bars_and_words_tell_the_days_that_are_left() {
    let mut app = app("certs", State::Full);
    // In the order in which they end.
    let text = screen(&mut app, (200, 60));
    let at = |name: &str| text.find(name).unwrap_or(usize::MAX);
    assert!(at("old.example") < at("api.example") && at("api.example") < at("fine.example"), "{text}");
    let now = i64::try_from(NOW_MS / 1_000).unwrap();
    let cert = |name: &str, days: i64| {
        let end = now + days * 86_400 + 60;
        json!({"ssl_id": name, "snis": [format!("{name}.test")], "not_after": end, "status": "valid", "warnings": []})
    };
    let unreadable = json!({"ssl_id": "f", "snis": ["f.test"], "status": "unreadable"});
    let certs = json!([cert("a", 6), cert("b", 7), cert("c", 29), cert("d", 30), cert("e", 0), unreadable]);
    update(&mut app, told(Source::Certs, certs));
    settle(&mut app);
    for (name, words) in [
        ("a.test", ["6", "█·········", "urgent"]),
        ("b.test", ["7", "█·········", "soon"]),
        ("c.test", ["29", "███·······", "soon"]),
        ("d.test", ["30", "███·······", "good"]),
        ("e.test", ["0", "█·········", "urgent"]),
        ("f.test", ["-", "-", "unreadable"]),
    ] {
        let line = line(&mut app, name);
        assert!(words.iter().all(|word| line.contains(word)), "{name}: {line}");
    }
}

#[test]
fn a_server_that_tells_nothing_of_certificates_still_has_objects() {
    let mut app = app("certs", State::Full);
    update(&mut app, told(Source::Certs, json!([])));
    let failure = json!({"failure": {"message": "the server has no live/certs", "hints": [], "status": 404}});
    update(&mut app, told(Source::Certs, failure));
    settle(&mut app);
    press(&mut app, "/^old<Enter>");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("certs (1 of 3)") && text.contains("the server has no live/certs"), "{text}");
    assert!(line(&mut app, "old.example").contains("unknown"), "{text}");
}

#[test]
fn details_tell_the_chain_and_the_object() {
    let mut app = app("certs", State::Full);
    press(&mut app, "/^api<Enter>");
    let text = screen(&mut app, (200, 60));
    for fact in
        ["api.example  *.api.example", "soon, 12 days left", "CN=Test CA", "ec256", "2 certificates, in order", "ab12"]
    {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "y");
    let text = screen(&mut app, (200, 60));
    assert!(text.contains("[YAML]") && text.contains("modifiedIndex") && !text.contains("days_left"), "{text}");
    press(&mut app, "<Esc>/<Ctrl-u>^new<Enter>d<Esc>");
    assert!(screen(&mut app, (200, 60)).contains("! weak signature"));
}

#[test]
fn long_values_are_whole() {
    let mut app = app("certs", State::Full);
    let print = "0123456789abcdef".repeat(4);
    let serial = "f".repeat(40);
    let cert = json!({"ssl_id": "7", "snis": ["api.example"], "not_after": NOW_MS / 1_000 + 900_000, "status": "valid",
        "sha256": print, "serial": serial, "warnings": []});
    update(&mut app, told(Source::Certs, json!([cert])));
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", "Q".repeat(64));
    update(&mut app, told(Source::List("ssls"), json!([{"id": "7", "snis": ["api.example"], "cert": pem}])));
    settle(&mut app);
    // The letters of the details, without what is around them.
    let letters = |app: &mut App, size: (u16, u16), wanted: char| {
        let text = screen(app, size);
        let detail = text.lines().map(|line| line.split('│').nth(1).unwrap_or_default().trim().to_owned());
        detail.collect::<String>().matches(wanted).count()
    };
    for size in [(120, 40), (160, 50), (200, 60)] {
        press(&mut app, "d");
        let text = screen(&mut app, size);
        let detail: String = text.lines().map(|line| line.split('│').nth(1).unwrap_or_default().trim()).collect();
        assert!(detail.contains(&print) && detail.contains(&serial), "{size:?}:\n{text}");
        press(&mut app, "y");
        assert_eq!(letters(&mut app, size, 'Q'), 64, "{size:?}:\n{}", screen(&mut app, size));
    }
}

#[test]
fn every_action_of_a_certificate() {
    let on = |keys: &str| {
        let mut app = app("certs", State::Full);
        press(&mut app, "/^api<Enter>");
        let commands = press(&mut app, keys);
        (app.place().clone(), commands)
    };
    assert_eq!((on("t").0.screen, on("t").0.filter.as_deref()), ("traffic", Some("host=api.example")));
    assert_eq!(calls(&on("e").1), ["GET /ssls/7"]);
    assert_eq!(calls(&on("E").1), ["PATCH /ssls/7"]);
    assert_eq!(calls(&on("D").1), [""; 0]);
    assert_eq!(calls(&on("Dy").1), ["DELETE /ssls/7"]);
    assert_eq!(calls(&on("B").1), ["POST /live/rollback"]);
    assert_eq!(on("c").1, [Cmd::Copy("7".to_owned())]);
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("snis:") && !text.contains("issuer")));
    assert!(matches!(on("N").1.as_slice(), [Cmd::Edit(_, text)] if text.name == "a-new-ssl.yaml"));
    assert!(on("R").1.contains(&Cmd::Refresh(Source::Certs)));
    let mut app = app_with(Options { read_only: true, ..options("certs") }, State::Full);
    assert_eq!(calls(&press(&mut app, "eEDy")), [""; 0]);
}

#[test]
fn bars_have_ascii() {
    let mut app = app_with(Options { glyphs: Glyphs::ascii(), ..options("certs") }, State::Full);
    let text = screen(&mut app, (120, 40));
    assert!(text.is_ascii() && text.contains("#....."), "{text}");
}
