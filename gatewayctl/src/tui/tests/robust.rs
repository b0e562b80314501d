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
