use serde_json::{Value, json};

use super::*;
use crate::tui::msg::{Arguments, Source};

/// What the tap is asked for by the last of the commands.
fn asked(commands: &[Cmd]) -> Option<Arguments> {
    let of = |command: &Cmd| match command {
        Cmd::Watch(Source::Tap, arguments) => Some(arguments.clone()),
        _ => None,
    };
    commands.iter().rev().find_map(of)
}

fn pairs(arguments: &Arguments) -> Vec<(&str, &str)> {
    arguments.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// At a request for `/pay/7` that was answered with 503.
fn at_pay() -> App {
    let mut app = app("traffic", State::Full);
    press(&mut app, "/route=pay<Enter>");
    app
}

#[test]
fn every_state() {
    all_states(
        "traffic",
        &[
            "9.8/s shown of 1.23k/s, 0 dropped",
            "EXC",
            "503",
            "101",
            "/chat",
            "reduce(..)",
            "request 9f4f",
            "[Summary]",
            "total 30.0k",
            "20:03:06.9",
        ],
    );
}

#[test]
fn details_tell_where_the_time_went_and_what_ran() {
    let mut app = at_pay();
    for size in SIZES {
        let text = screen(&mut app, size);
        for fact in [
            "request 9f4b",
            "total 140",
            "upstream 139",
            "key-auth pass 0.05",
            "limit-req pass 0.08",
            "no live upstream",
        ] {
            assert!(text.contains(fact), "{fact} at {size:?}:\n{text}");
        }
        assert!(!text.contains("/chat"), "{text}");
    }
    press(&mut app, "<Enter>l");
    let text = screen(&mut app, (120, 40));
    for fact in ["[Headers]", "user-agent: curl/8", "retry-after: 1"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "l");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("[Plugins]") && text.contains("access"), "{text}");
    press(&mut app, "y");
    assert!(screen(&mut app, (120, 40)).contains("consumer: alice"), "{}", screen(&mut app, (120, 40)));
    press(&mut app, "<Esc>");
    assert_eq!(app.place().screen, "traffic");
    press(&mut app, "<Esc>");
    assert!(screen(&mut app, (120, 40)).contains("/chat"));
}

#[test]
fn filters_are_sent_once_they_are_typed() {
    let mut app = app("traffic", State::Full);
    screen(&mut app, (120, 40));
    let typing = press(&mut app, "/status>=400 && route=pay");
    assert_eq!(asked(&typing), None);
    // What is there follows every letter.
    assert!(!screen(&mut app, (120, 40)).contains("/chat"));
    let done = press(&mut app, "<Enter>");
    let arguments = asked(&done).unwrap();
    let vars = "[[\"status\",\">=\",400]]";
    assert_eq!(pairs(&arguments), [("route", "pay"), ("vars", vars), ("headers", "1")]);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("status>=400 && route=pay") && text.contains("/pay/7"), "{text}");
    // What the gateway cannot look at is looked at here.
    let commands = press(&mut app, "/<Ctrl-u>upstream.tries>1<Enter>");
    assert_eq!(pairs(&asked(&commands).unwrap()), [("headers", "1")]);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("/pay/7") && !text.contains("/chat"), "{text}");
    press(&mut app, "/<Ctrl-u>consumer=nobody<Enter>");
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("none of the last 80 requests matches consumer=nobody"), "{text}");
    // A text that is no condition is looked for in what is shown.
    press(&mut app, "/<Ctrl-u>reduce|chat<Enter>");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("/chat") && text.contains("reduce(..)") && !text.contains("/pay/7"), "{text}");
    let commands = press(&mut app, "/<Ctrl-u>sample=0.1 status=5xx host=api.*<Enter>");
    let arguments = asked(&commands).unwrap();
    assert_eq!(pairs(&arguments), [("sample", "0.1"), ("status", "5xx"), ("host", "api.*"), ("headers", "1")]);
    // Esc leaves it.
    let commands = press(&mut app, "/x<Esc>");
    assert_eq!(asked(&commands), None);
}

#[test]
fn a_pause_keeps_what_is_shown() {
    let mut app = app("traffic", State::Full);
    let next =
        |id: &str, path: &str| told(Source::Tap, json!({"id": id, "path": path, "protocol": "http1", "status": 200}));
    press(&mut app, "p");
    update(&mut app, next("n1", "/while-paused"));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("paused, 1 new, 0 dropped") && !text.contains("/while-paused"), "{text}");
    press(&mut app, "<Space>");
    assert!(screen(&mut app, (120, 40)).contains("/while-paused"));
    // Who has gone up stays there.
    press(&mut app, "gg");
    update(&mut app, next("n2", "/newest"));
    settle(&mut app);
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("request 9f00") && !text.contains("/newest"), "{text}");
    press(&mut app, "G");
    update(&mut app, next("n3", "/followed"));
    settle(&mut app);
    assert!(screen(&mut app, (120, 40)).contains("request n3"));
}

#[test]
fn what_is_left_out_and_what_fails_is_told() {
    let mut app = app("traffic", State::Full);
    update(&mut app, told(Source::Tap, json!({"dropped": 17})));
    update(&mut app, told(Source::Tap, json!({"failure": {"message": "the stream broke", "hints": []}})));
    settle(&mut app);
    let text = screen(&mut app, (80, 24));
    assert!(text.contains("17 dropped") && text.contains("the stream broke") && text.contains("/chat"), "{text}");
    let commands = press(&mut app, "R");
    assert!(commands.contains(&Cmd::Refresh(Source::Tap)));
    settle(&mut app);
    update(&mut app, told(Source::Tap, json!({"id": "a"})));
    settle(&mut app);
    assert!(screen(&mut app, (80, 24)).contains("0 dropped"));
}

#[test]
fn every_action_of_a_request() {
    let on = |keys: &str| {
        let mut app = at_pay();
        let commands = press(&mut app, keys);
        (app.place().clone(), commands)
    };
    let (place, commands) = on("x");
    assert_eq!((place.screen, calls(&commands)), ("explain", vec!["POST /live/explain".to_owned()]));
    let question: Value = serde_json::from_str(&place.id.unwrap()).unwrap();
    assert_eq!(
        question,
        json!({"method": "POST", "url": "https://api.example/pay/7", "client_addr": "10.1.2.3", "sni": "api.example",
            "protocol": "http2", "headers": {"user-agent": "curl/8"}})
    );
    assert_eq!((on("o").0.screen, on("o").0.id.as_deref()), ("routes", Some("pay")));
    let line = "curl -X POST --http2 https://api.example/pay/7 -H 'user-agent: curl/8'";
    assert_eq!(on("u").1, [Cmd::Copy(line.to_owned())]);
    assert_eq!(on("c").1, [Cmd::Copy("9f4b".to_owned())]);
    assert!(matches!(on("Y").1.as_slice(), [Cmd::Copy(text)] if text.contains("path: /pay/7")));
    let mut app = app("traffic", State::Full);
    let commands = press(&mut app, "t");
    assert_eq!(pairs(&asked(&commands).unwrap()), [("route", "chat"), ("headers", "1")]);
    press(&mut app, "/<Ctrl-u>protocol=dubbo<Enter>u");
    assert!(screen(&mut app, (120, 40)).contains("curl does not speak Dubbo"));
    press(&mut app, "ssS");
    assert!(screen(&mut app, (120, 40)).contains('▾'));
}

#[test]
fn what_the_gateway_adds_is_not_the_client_s() {
    let mut app = app("traffic", State::Empty);
    let fields =
        json!({"accept": "*/*", "apikey": "***", "x-consumer-username": "alice", "X-Credential-Identifier": "c1"});
    let row = json!({"id": "a", "method": "GET", "host": "api.example", "path": "/a", "protocol": "http1", "status": 200,
        "req_headers": fields});
    update(&mut app, told(Source::Tap, row));
    settle(&mut app);
    let copied = "curl http://api.example/a -H 'accept: */*' -H 'apikey: ***'";
    assert_eq!(press(&mut app, "u"), [Cmd::Copy(copied.to_owned())]);
    assert!(screen(&mut app, (120, 40)).contains("secrets in it are ***"));
    press(&mut app, "<Enter>l");
    let text = screen(&mut app, (200, 60));
    for fact in ["request, as forwarded", "apikey: ***", "x-consumer-username: alice  (of the gateway)"] {
        assert!(text.contains(fact), "{fact}:\n{text}");
    }
    press(&mut app, "x");
    let question: Value = serde_json::from_str(&app.place().id.clone().unwrap()).unwrap();
    assert_eq!(question["headers"], json!({"accept": "*/*", "apikey": "***"}));
}

#[test]
fn requests_of_one_id_are_rows_of_their_own() {
    let mut app = app("traffic", State::Empty);
    for number in 0..3 {
        let row = json!({"id": "same", "path": format!("/n{number}"), "protocol": "http1", "status": 200, "ms": {"total": 1.0}});
        update(&mut app, told(Source::Tap, row));
    }
    settle(&mut app);
    let selected = |app: &mut App| {
        let text = screen(app, (120, 40));
        text.lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_owned()
    };
    assert!(selected(&mut app).contains("/n2"));
    press(&mut app, "k");
    assert!(selected(&mut app).contains("/n1"));
    update(&mut app, told(Source::Tap, json!({"id": "other"})));
    settle(&mut app);
    assert!(selected(&mut app).contains("/n1"), "{}", screen(&mut app, (120, 40)));
}

#[test]
fn viewers_are_not_shown_fields() {
    let mut app = App::new(options("traffic"), Theme::builtin("default", Depth::True));
    let commands = app.start();
    assert_eq!(asked(&commands), Some(Vec::new()));
    let info =
        |role: &str| told(Source::Info, json!({"version": "0.3.0", "live": {"key": {"name": "k", "role": role}}}));
    update(&mut app, info("viewer"));
    let mut commands = settle(&mut app);
    commands.extend(update(&mut app, Msg::Tick));
    assert_eq!(asked(&commands), None);
    update(&mut app, info("admin"));
    let mut commands = settle(&mut app);
    commands.extend(update(&mut app, Msg::Tick));
    assert_eq!(pairs(&asked(&commands).unwrap()), [("headers", "1")]);
    // A key that is refused because of them does without.
    let refused = json!({"failure": {"message": "headers and bodies are shown to the role admin only", "hints": [], "status": 403}});
    update(&mut app, told(Source::Tap, refused));
    let mut commands = settle(&mut app);
    commands.extend(update(&mut app, Msg::Tick));
    assert_eq!(asked(&commands), Some(Vec::new()));
}
