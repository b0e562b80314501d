//! What is masked in URLs and lines of logs: nothing of a secret is left, wherever it stands; what is masked stays as it is; a pattern
//! that fits what is shown fits what is there.
#![no_main]

use gateway_engine::watch::glob;
use gateway_model::masks::{self, MASK};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "S3CR3T";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (before, after) = text.split_once('\n').unwrap_or((&text, ""));
    if text.contains(SECRET) {
        return;
    }
    unchanged_by_another(data);
    for hidden in [format!("?apikey={SECRET}"), format!("http://u:{SECRET}@h/"), format!("&password={SECRET}")] {
        let whole = format!("{before}{hidden}{after}");
        let shown = masks::url(whole.as_bytes(), MASK, &|_, _| false).into_owned();
        assert!(!String::from_utf8_lossy(&shown).contains(SECRET), "{whole:?}");
        assert!(!masks::line(&whole, MASK, &|_, _| false).contains(SECRET), "{whole:?}");
        unchanged_by_another(whole.as_bytes());
    }
    // A URL in an argument of a URL in an argument of a URL.
    let mut inner = format!("/x?apikey={SECRET}{after}");
    for _ in 0..3 {
        inner = escaped(&inner);
        let whole = format!("{before}?u={inner}&a=1");
        assert!(!masks::line(&whole, MASK, &|_, _| false).contains(SECRET), "{whole:?}");
    }
    let mine = format!("{before}?mine={SECRET}{after}");
    let shown = masks::url(mine.as_bytes(), MASK, &|name, _| name == b"mine").into_owned();
    assert!(!String::from_utf8_lossy(&shown).contains(SECRET), "{mine:?}");
    // Within a text of JSON a quote would begin another one.
    if !before.contains(['"', '\\']) {
        let member = format!("{before}\"clientSecret\" : \"{SECRET}\"{after}");
        assert!(!masks::line(&member, MASK, &|_, _| false).contains(SECRET), "{member:?}");
    }
    assert_eq!(masks::is_credential(before), masks::is_credential(&before.replace('-', "_")), "{before:?}");
    assert!(!masks::is_secret(before) || masks::is_credential(before), "{before:?}");
    patterns(before.as_bytes(), after.as_bytes());
});

/// What is masked is shown the same when it is masked again.
fn unchanged_by_another(text: &[u8]) {
    let once = masks::url(text, MASK, &|_, _| false).into_owned();
    let twice = masks::url(&once, MASK, &|_, _| false);
    assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once), "{}", String::from_utf8_lossy(text));
    let text = String::from_utf8_lossy(text);
    let once = masks::line(&text, MASK, &|_, _| false).into_owned();
    assert_eq!(masks::line(&once, MASK, &|_, _| false), once, "{text}");
}

/// Who asks by patterns for what is shown is told of nothing that the same pattern does not fit.
fn patterns(pattern: &[u8], text: &[u8]) {
    if pattern.len() * text.len() <= 1 << 16 {
        let shown = masks::url(text, MASK, &|_, _| false);
        assert!(!glob(pattern, &shown) || glob(pattern, text), "{}", String::from_utf8_lossy(text));
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect()
}
