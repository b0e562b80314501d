//! Bodies of the Admin API: the reader, then the checks of every kind of object without plugins.
#![no_main]

use gateway_engine::expr::Expr;
use gateway_model::check::{self, Context, Expressions};
use gateway_model::{Kind, NoPlugins, NoReferences, json};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    match json::parse(data) {
        Ok(value) => read(data, &value),
        Err(why) => return refused(data, &why),
    }
    // Types are made of what passes, and what passes passes again.
    gateway_model::fuzz::object(data);
    let Ok(value) = json::parse(data) else { return };
    let cx = Context::new(&NoPlugins, &NoReferences, &Language);
    for kind in Kind::ALL {
        for id in ["1", "vault/1", "jack/credentials/one", ""] {
            match check::object(kind, id, &value, &cx) {
                Ok(checked) => assert_eq!(check::object(kind, id, &checked, &cx).as_ref(), Ok(&checked), "{kind} {id}"),
                Err(why) => {
                    assert!(matches!(why.status, 400 | 404) && !why.message.is_empty(), "{kind} {id}: {why:?}");
                    assert!(why.path.is_empty() || why.path.starts_with('/'), "{kind} {id}: {why:?}");
                }
            }
        }
        let mut filled = value.clone();
        if check::schema(kind, &mut filled).is_ok() {
            let once = filled.clone();
            assert!(check::schema(kind, &mut filled).is_ok() && filled == once, "{kind} changes");
        }
    }
});

/// The language of routes, as the gateway checks it.
struct Language;

impl Expressions for Language {
    fn check_vars(&self, expression: &Value) -> Result<(), String> {
        Expr::parse(expression).map(drop).map_err(|error| error.to_string())
    }
}

/// What was read is what another reader reads, and written it is read as itself.
fn read(data: &[u8], value: &Value) {
    assert!(json::within_depth(value, json::MAX_DEPTH));
    let text = value.to_string();
    assert_eq!(json::parse(text.as_bytes()).as_ref(), Ok(value), "written and read again");
    // Raw controls are what this reader takes more in strings, and that other one has a name of its own for numbers.
    let plain: Vec<u8> = data.iter().map(|b| if *b < b' ' { b' ' } else { *b }).collect();
    if !text.contains("$serde_json") {
        let other = serde_json::from_slice::<Value>(&plain).expect("what another reader takes");
        assert!(plain != data || other == *value);
    }
}

/// A refusal says where. What a strict reader takes is refused only for being deep, ambiguous or beyond a double.
fn refused(data: &[u8], why: &str) {
    assert!(why.contains(" at line ") || why.starts_with("invalid UTF-8 at byte "), "{why}");
    if serde_json::from_slice::<Value>(data).is_ok() {
        let known = ["nesting deeper", "duplicate key", "number"];
        assert!(known.iter().any(|k| why.contains(k)), "{why}");
    }
}
