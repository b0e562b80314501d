//! `--where`, `-l` and JSONPath: a condition and its negation are never both so, conditions add up, paths read back as they
//! are written, and whatever is typed is taken or refused.
#![no_main]

use gatewayctl::parsers::{holds, jsonpath, path, selects};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn document() -> Value {
    json!({
        "id": "a", "b": 5, "c": [1, "x", { "d": null }], "e": { "f": true, "g.h": -1.5 }, "": 1,
        "labels": { "a": "b", "team": "blue", "k": "" }
    })
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let document = document();
    let so = holds(&text, &document);
    assert_eq!(so, holds(&text, &document));
    if let Ok(so) = so
        && text.len() < 1000
    {
        // In brackets it is one more level deep, which may be one too many.
        if let Ok(not) = holds(&format!("!({text})"), &document) {
            assert_eq!(so, !not, "{text}");
        }
        if let (Ok(and), Ok(or)) =
            (holds(&format!("({text}) && b == 5"), &document), holds(&format!("({text}) || b == 6"), &document))
        {
            assert_eq!((so, so), (and, or), "{text}");
        }
    }
    if let Some((left, right)) = text.split_once('\n')
        && let (Ok(first), Ok(second)) = (selects(left, &document), selects(right, &document))
        && !left.trim().is_empty()
        && !right.trim().is_empty()
    {
        assert_eq!(selects(&format!("{left},{right}"), &document), Ok(first && second), "{left},{right}");
    }
    let _ = selects(&text, &document);
    if let Ok(written) = path(&text) {
        assert_eq!(path(&written).as_ref(), Ok(&written), "{text}");
    }
    let found = jsonpath(&text, &document);
    assert_eq!(found, jsonpath(&text, &document));
});
