use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::output::clean;
use crate::tui::msg::{Source, Told};
use crate::tui::screens;

/// Whatever the size, nothing panics, and every screen has something to say.
#[test]
fn every_screen_at_every_size() {
    for entry in &screens::ALL {
        for state in [State::Full, State::Loading, State::Error] {
            let mut app = app(entry.name, state);
            for size in [(1, 1), (20, 5), (79, 24), (80, 23), (80, 24), (100, 30), (160, 50), (3, 60), (300, 2)] {
                let text = screen(&mut app, size);
                assert!(size.0 < 3 || !text.trim().is_empty(), "{} at {size:?}", entry.name);
            }
        }
    }
}

/// Nothing that a server sends drives the terminal.
#[test]
fn names_cannot_drive_the_terminal() {
    for entry in &screens::ALL {
        let mut app = app(entry.name, State::Full);
        for keys in ["", "<Enter>", "y", "<Esc>G<Enter>"] {
            press(&mut app, keys);
            let text = screen(&mut app, (200, 60));
            let driving = text.chars().find(|c| *c != '\n' && clean::is_dangerous(*c));
            assert_eq!(driving, None, "{}:\n{text}", entry.name);
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(Into::into),
        "[a-z\u{1b}\u{202e}中]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let name = prop_oneof![
            Just("id".to_owned()),
            Just("name".to_owned()),
            Just("uri".to_owned()),
            Just("by".to_owned()),
            Just("req".to_owned()),
            Just("status".to_owned()),
            Just("plugins".to_owned()),
            Just("owner".to_owned()),
            Just("snis".to_owned()),
            Just("ms".to_owned()),
            Just("upstream".to_owned()),
            Just("hist".to_owned()),
            Just("route".to_owned()),
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::Array),
            prop::collection::vec((name, inner), 0..8)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Texts that servers should not send: control characters, such as are two columns wide or none, such as go to the left, and
/// long ones.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[2J".to_owned()),
        Just("\u{1b}]0;title\u{7}".to_owned()),
        Just("\u{9b}31m\u{85}\u{7f}\r\n\t\0".to_owned()),
        Just("中文字".to_owned()),
        Just("ｗｉｄｅ".to_owned()),
        Just("e\u{301}\u{302}\u{303}".to_owned()),
        Just("\u{301}\u{200b}\u{200d}\u{feff}\u{2060}".to_owned()),
        Just("👩\u{200d}👩\u{200d}👧🏽\u{fe0f}".to_owned()),
        Just("שלום مرحبا".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}\u{61c}".to_owned()),
        Just("x".repeat(5_000)),
        "[a-z/. -]{0,12}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// The names that screens look for.
const NAMES: &str = "id name uri uris host hosts methods status by req ms upstream hist route plugins snis owner nodes key addr \
    type desc labels service service_id upstream_id username group_id rev ts op resource before after level target message fields \
    path method protocol client consumer protocol codes rps err p50 p95 p99 max le_ms n latency_ms conn active by_protocol rx_bps tx_bps \
    config revision version instance uptime_s not_after not_before issuer subject chain warnings sni state error services instances \
    since server interface group methods providers stats calls input output schema priority metadata count sum percentiles value \
    modifiedIndex create_time update_time content checks weight host port req_headers resp_headers dubbo grpc_status tries node";

/// JSON with such texts below names that screens look for, and any others.
fn any_document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| json!(number)),
        any_text().prop_map(Into::into),
        any_text().prop_map(Into::into),
    ];
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    leaf.prop_recursive(5, 96, 10, move |inner| {
        let name = prop_oneof![8 => prop::sample::select(names.clone()).prop_map(str::to_owned), 1 => any_text()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::Array),
            prop::collection::vec((name, inner), 0..14)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What a source tells: a document, rows of one, or that it cannot.
fn any_told() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        4 => any_document(),
        4 => prop::collection::vec(any_document(), 0..8).prop_map(serde_json::Value::Array),
        1 => any_text().prop_map(|why| json!({"failure": {"message": why, "hints": [why], "status": 500}})),
        1 => any::<u64>().prop_map(|rows| json!({"dropped": rows})),
    ]
}

/// What is told belongs on the screen, whatever it is: no character drives the terminal, and each line has just as many columns
/// as the screen.
fn is_sound(app: &mut App, (width, height): (u16, u16)) -> Result<(), TestCaseError> {
    update(app, Msg::Input(Event::Resize(width, height)));
    settle(app);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(app, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            prop_assert!(!symbol.chars().any(clean::is_dangerous), "{:?} at {}, {}", symbol, x, y);
            let wide = super::super::widgets::width(symbol).clamp(1, 8) as u16;
            prop_assert!(x + wide <= width, "{:?} at {}, {} of {} columns", symbol, x, y, width);
            x += wide;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A server that answers anything, on every screen, at any size.
    #[test]
    fn anything_told_at_any_size(
        told in prop::collection::vec((0..26_usize, any_told(), 0..4_000_000_000_000_u64), 1..6),
        answers in prop::collection::vec(any_document(), 4),
        why in any_text(),
        sizes in prop::collection::vec((1..=250_u16, 1..=70_u16), 3),
        place in 0..23_usize,
    ) {
        let sources: Vec<Source> = fixture::LIVE.into_iter().chain(fixture::LISTS.map(Source::List)).collect();
        let mut app = app(screens::ALL[place].name, State::Full);
        for (source, value, at_ms) in told {
            update(&mut app, Msg::Told(Told { source: sources[source], at_ms, value }));
        }
        let mut answers = answers.into_iter().cycle();
        for (keys, size) in ["", "G<Enter>", "lyd", "<Esc>jjx", "<Esc>e", "B", "<Esc>D", "<Esc>i", "?"].iter().zip(sizes.iter().cycle()) {
            for command in press(&mut app, keys) {
                if let Cmd::Call(ticket, _) = command {
                    let result = Ok(answers.next().unwrap());
                    update(&mut app, Msg::Answer { ticket, result });
                }
            }
            is_sound(&mut app, *size)?;
            is_sound(&mut app, (80, 24))?;
        }
        press(&mut app, "<Esc><Esc>");
        update(&mut app, Msg::Link(Link::Lost { tries: 1, next: Duration::from_secs(1), why: why.clone() }));
        is_sound(&mut app, sizes[0])?;
        update(&mut app, Msg::Link(Link::Refused { why }));
        is_sound(&mut app, sizes[1])?;
    }
}

/// Ten thousand changes, requests and lines at once, each large: no more of them are kept than some memory holds.
#[test]
fn floods_are_bounded() {
    let mut app = app("events", State::Full);
    let large = "x".repeat(100_000);
    for n in 0..10_000_u64 {
        let text = if n % 20 == 0 { large.as_str() } else { "short" };
        let change = json!({"rev": 5_000 + n, "ts": 1, "op": "update", "resource": "routes", "id": format!("r{n}"), "after": {"desc": text}});
        update(&mut app, told(Source::Events, change));
        update(&mut app, told(Source::Tap, json!({"id": n.to_string(), "path": text})));
        update(&mut app, told(Source::Logs, json!({"ts": 1, "level": "info", "message": text})));
    }
    let bytes = |values: Vec<String>| values.iter().map(String::len).sum::<usize>();
    let data = app.shown();
    for (rows, bytes) in [
        (data.events.len(), bytes(data.events.iter().map(|change| change.value.to_string()).collect())),
        (data.tap.len(), bytes(data.tap.iter().map(|row| row.value.to_string()).collect())),
        (data.logs.len(), bytes(data.logs.iter().map(|row| row.value.to_string()).collect())),
    ] {
        assert!(rows > 100 && bytes < 8 << 20, "{rows} rows of {bytes} bytes");
    }
    press(&mut app, "gg");
    let text = screen(&mut app, (120, 40));
    assert!(text.contains("14999") && text.contains("route/r9999"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A server that answers garbage.
    #[test]
    fn garbage_is_shown_or_left(values in prop::collection::vec((0..15_usize, any_json(), 0..4_000_000_000_000_u64), 1..8), place in 0..23_usize) {
        const SOURCES: [Source; 15] = [
            Source::Info, Source::Stats, Source::Nodes, Source::Certs, Source::Discovery, Source::Events, Source::History,
            Source::Logs, Source::Tap, Source::Dubbo, Source::Grpc, Source::Plugins, Source::Metrics, Source::List("routes"), Source::List("upstreams"),
        ];
        let mut app = app(screens::ALL[place].name, State::Full);
        for (source, value, at_ms) in values {
            update(&mut app, Msg::Told(Told { source: SOURCES[source], at_ms, value }));
        }
        press(&mut app, "jG<Enter>yhl");
        let text = screen(&mut app, (100, 30));
        prop_assert!(!text.chars().any(|c| c != '\n' && clean::is_dangerous(c)));
    }

    /// Any keys in any order.
    #[test]
    fn any_keys(keys in prop::collection::vec(any::<char>(), 0..40), place in 0..23_usize) {
        let mut app = app(screens::ALL[place].name, State::Full);
        for c in keys {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            update(&mut app, Msg::Input(Event::Key(key)));
        }
        screen(&mut app, (80, 24));
    }
}
