//! What a mask means in a file: the value that is stored there. A text may be masked in part (`http://********@host/`).

use gateway_model::masks::looks_like_url;
use serde_json::Value;

use super::{HIDDEN, MASK, escape, masked, unify};

/// Whether a value is a mask.
pub(crate) fn is_mask(value: &Value) -> bool {
    value.as_str() == Some(MASK)
}

/// Whether a value is a mask or a text with one where secrets of texts stand.
pub(crate) fn holds_mask(value: &Value) -> bool {
    let Some(text) = value.as_str().filter(|text| text.contains(MASK)) else { return false };
    text == MASK || looks_like_url(text) || is_field(text)
}

/// Whether a text is a line of a field whose value is masked.
fn is_field(text: &str) -> bool {
    text.strip_suffix(MASK).is_some_and(|name| name.ends_with(": "))
}

/// The JSON pointer of the first masked value, if any.
pub(crate) fn find_mask(value: &Value) -> Option<String> {
    let step = |name: &str, inner: &Value| find_mask(inner).map(|rest| format!("/{}{rest}", escape(name)));
    match value {
        Value::Object(map) => map.iter().find_map(|(name, inner)| step(name, inner)),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, inner)| step(&i.to_string(), inner)),
        leaf => holds_mask(leaf).then(String::new),
    }
}

/// What is stored, and how it is shown.
#[derive(Clone, Copy)]
struct Stored<'a> {
    plain: &'a Value,
    shown: &'a Value,
}

impl<'a> Stored<'a> {
    fn get(self, name: &str) -> Option<Stored<'a>> {
        Some(Stored { plain: self.plain.get(name)?, shown: self.shown.get(name)? })
    }

    fn items(self) -> Vec<Stored<'a>> {
        let (plain, shown) = (self.plain.as_array(), self.shown.as_array());
        let both = plain.into_iter().flatten().zip(shown.into_iter().flatten());
        both.map(|(plain, shown)| Stored { plain, shown }).collect()
    }
}

/// Puts the stored value in the place of every mask.
///
/// # Errors
/// The JSON pointer of the first mask for which nothing is stored, or that is a part of a text of which all is secret: what the
/// rest of that stood for nobody knows.
pub(crate) fn restore(new: &mut Value, stored: Option<&Value>) -> Result<(), String> {
    unify(new);
    if let Some(pointer) = in_part(new, &masked(new, false)) {
        return Err(pointer);
    }
    let shown = stored.map(|stored| masked(stored, false));
    let stored = stored.zip(shown.as_ref()).map(|(plain, shown)| Stored { plain, shown });
    restore_in(new, stored)
}

/// The place of the first text with a mask in it that would be masked as a whole.
fn in_part(new: &Value, shown: &Value) -> Option<String> {
    let step = |name: &str, new: &Value, shown: Option<&Value>| {
        in_part(new, shown?).map(|rest| format!("/{}{rest}", escape(name)))
    };
    match new {
        Value::Object(map) => map.iter().find_map(|(name, inner)| step(name, inner, shown.get(name))),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(i, inner)| step(&i.to_string(), inner, shown.get(i)))
        }
        Value::String(text) => (text != MASK && text.contains(MASK) && is_mask(shown)).then(String::new),
        _ => None,
    }
}

fn restore_in(new: &mut Value, stored: Option<Stored<'_>>) -> Result<(), String> {
    match new {
        leaf if is_mask(leaf) => match stored {
            Some(stored) => *leaf = stored.plain.clone(),
            None => return Err(String::new()),
        },
        Value::String(text) if text.contains(MASK) || text.contains(HIDDEN) => {
            if let Some(whole) = whole(text, stored)? {
                *text = whole;
            }
        }
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                let old = stored.and_then(|stored| stored.get(name));
                restore_in(inner, old).map_err(|rest| format!("/{}{rest}", escape(name)))?;
            }
        }
        Value::Array(items) => {
            let old = stored.map(Stored::items).unwrap_or_default();
            for (i, inner) in items.iter_mut().enumerate() {
                // Looked up only where something is masked: a moved element must not get another one's secret.
                if find_mask(inner).is_some() || inner.as_str().is_some_and(|text| text.contains(HIDDEN)) {
                    let twin = twin(inner, i, &old);
                    restore_in(inner, twin).map_err(|rest| format!("/{i}{rest}"))?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// A text that is masked in part, with what is stored in the place of its masks; `None`: it stays as it is.
///
/// # Errors
/// Nothing is stored for a mask.
fn whole(text: &str, stored: Option<Stored<'_>>) -> Result<Option<String>, String> {
    let masked = holds_mask(&Value::from(text));
    let refused = || if masked { Err(String::new()) } else { Ok(None) };
    let Some(stored) = stored else { return refused() };
    let (Some(plain), Some(shown)) = (stored.plain.as_str(), stored.shown.as_str()) else { return refused() };
    if plain == text {
        return Ok(None);
    }
    if is_shown(text, shown) {
        return Ok(Some(plain.to_owned()));
    }
    match filled(text, plain, shown) {
        Some(whole) => Ok(Some(whole)),
        // All of what is stored is secret: a part of it cannot be meant.
        None if shown == MASK && text.contains(MASK) => Err(String::new()),
        None => refused(),
    }
}

/// Whether a text is what is shown, by whichever mask.
fn is_shown(text: &str, shown: &str) -> bool {
    text == shown || text.replace(MASK, HIDDEN) == shown.replace(MASK, HIDDEN)
}

/// A text that was changed around its masks: they stand for the secrets of what is stored, one for one, each behind the same name.
fn filled(text: &str, plain: &str, shown: &str) -> Option<String> {
    let (around, known): (Vec<&str>, Vec<&str>) = (text.split(MASK).collect(), shown.split(MASK).collect());
    if around.len() != known.len() || known.len() < 2 || shown == MASK {
        return None;
    }
    let name = |before: &str| before.rsplit(['/', '?', '&', ';', '#', ' ']).next().unwrap_or_default().to_owned();
    let mut rest = plain;
    let mut whole = String::new();
    let last = known.len() - 1;
    for (i, (new, old)) in around.iter().zip(&known).enumerate() {
        if i < last && name(new) != name(old) {
            return None;
        }
        let (secret, behind) = match i {
            0 => ("", rest.strip_prefix(old)?),
            i if i == last => (rest.strip_suffix(old)?, ""),
            _ => rest.split_once(old)?,
        };
        rest = behind;
        whole.push_str(secret);
        whole.push_str(new);
    }
    Some(whole)
}

/// The stored element that a masked one came from: the one that is equal but for its masks (its own place first), else
/// the one of the same name.
fn twin<'a>(masked: &Value, place: usize, stored: &[Stored<'a>]) -> Option<Stored<'a>> {
    let own = stored.get(place).filter(|old| same_but_masks(masked, **old));
    let found = own.or_else(|| stored.iter().find(|old| same_but_masks(masked, **old))).or_else(|| {
        ["name", "id"].iter().find_map(|field| {
            let wanted = masked.get(field).filter(|value| !is_mask(value))?;
            stored.iter().find(|old| old.plain.get(field) == Some(wanted))
        })
    });
    found.copied()
}

fn same_but_masks(masked: &Value, old: Stored<'_>) -> bool {
    match (masked, old.plain) {
        (mask, _) if is_mask(mask) => true,
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| old.get(k).is_some_and(|old| same_but_masks(v, old)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(old.items()).all(|(v, old)| same_but_masks(v, old))
        }
        (Value::String(text), plain) => {
            masked == plain || old.shown.as_str().is_some_and(|shown| is_shown(text, shown))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_come_back_from_what_is_stored() {
        let stored = json!({"plugins":{"key-auth":{"key":"k"}},"list":[{"name":"a","secret":"A"},{"name":"b","secret":"B","x":1}]});
        let mut new = json!({"plugins":{"key-auth":{"key":MASK}},"list":[{"name":"b","secret":MASK,"x":2},{"name":"a","secret":MASK}]});
        restore(&mut new, Some(&stored)).unwrap();
        assert_eq!(
            new,
            json!({"plugins":{"key-auth":{"key":"k"}},"list":[{"name":"b","secret":"B","x":2},{"name":"a","secret":"A"}]})
        );

        let mut lost = json!({"a/b":{"secret":MASK}});
        assert_eq!(restore(&mut lost, Some(&stored)), Err("/a~1b/secret".to_owned()));
        assert_eq!(restore(&mut json!({"secret":MASK}), None), Err("/secret".to_owned()));
        assert_eq!(find_mask(&json!({"a":[1,{"k":MASK}]})).as_deref(), Some("/a/1/k"));
        assert_eq!(find_mask(&json!({"a":"b"})), None);
    }

    #[test]
    fn texts_that_are_masked_in_part() {
        let stored = json!({"uri":"http://u:PW@h/p?sig=K&a=1","l":["X-Token: T","X-A: b"],"v":"/v/eyJa.b.c/x","d":"http://h/********"});
        let shown = masked(&stored, false);
        assert_eq!(
            shown,
            json!({"uri":"http://********@h/p?sig=********&a=1","l":["X-Token: T","X-A: b"],"v":"/v/********/x","d":"http://h/********"})
        );
        let mut back = shown;
        restore(&mut back, Some(&stored)).unwrap();
        assert_eq!(back, stored);
        for (text, expected) in [
            ("http://***@h/p?sig=***&a=1", Ok("http://u:PW@h/p?sig=K&a=1")),
            ("http://********@other:81/q?sig=********&a=2", Ok("http://u:PW@other:81/q?sig=K&a=2")),
            ("http://x:y@h/p", Ok("http://x:y@h/p")),
            ("http://********@h/p", Err("/uri")),
            ("http://********@h/p?token=********", Err("/uri")),
            ("http://********@h/p?sig=********&token=********", Err("/uri")),
        ] {
            let mut new = json!({"uri": text});
            let done = restore(&mut new, Some(&stored));
            assert_eq!(
                done.map(|()| new["uri"].as_str().unwrap().to_owned()),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text}"
            );
        }
        assert_eq!(restore(&mut json!({"uri":"http://********@h/"}), None), Err("/uri".to_owned()));
        assert_eq!(restore(&mut json!({"desc":"******** is what is shown"}), None), Ok(()));
        let lines = json!({"headers":{"add":["X-Token: T","X-A: b"]}});
        let mut moved = json!({"headers":{"add":["X-A: b","X-Token: ********","X-C: d"]}});
        restore(&mut moved, Some(&lines)).unwrap();
        assert_eq!(moved, json!({"headers":{"add":["X-A: b","X-Token: T","X-C: d"]}}));
    }

    /// All of these are secret, so what stands around a mask in one cannot be told from it.
    #[test]
    fn a_mask_within_what_is_secret_as_a_whole_is_refused() {
        let stored = json!({
            "vars": [["http_authorization", "==", "Bearer VV"]],
            "plugins": {
                "key-auth": {"key": "K"},
                "proxy-rewrite": {"headers": {"set": {"Authorization": "Bearer HT"}}},
            },
        });
        for (pointer, text) in [
            ("/plugins/proxy-rewrite/headers/set/Authorization", "Bearer ********"),
            ("/plugins/key-auth/key", "x********"),
            ("/plugins/key-auth/key", "http://********@h/"),
            ("/vars/0/2", "Bearer ********"),
        ] {
            for stored in [Some(&stored), None] {
                let mut new = json!({
                    "vars": [["http_authorization", "==", "V"]],
                    "plugins": {"key-auth": {"key": "new"}, "proxy-rewrite": {"headers": {"set": {"Authorization": "n"}}}},
                });
                *new.pointer_mut(pointer).unwrap() = text.into();
                assert_eq!(restore(&mut new, stored), Err(pointer.to_owned()), "{text}");
            }
        }
        let mut back = masked(&stored, false);
        restore(&mut back, Some(&stored)).unwrap();
        assert_eq!(back, stored);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_is_stored(
            texts in prop::collection::vec("(/|a|b|[;?&=]|apikey=|sig=|eyJa.b.c|http://u:p@|%3D|[*]{3}|: ){0,8}", 1..4),
            name in "uri|headers|add|vars|token",
        ) {
            let stored = json!({ "plugins": {"x": { name: texts }}});
            for shown in [masked(&stored, false), masked(&masked(&stored, false), true)] {
                let mut back = shown;
                restore(&mut back, Some(&stored)).unwrap();
                prop_assert_eq!(&back, &stored);
            }
        }
    }
}
