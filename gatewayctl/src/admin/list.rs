//! Reads the answer of a list entry by entry, so that a long one is never whole in memory as a tree.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Visits the entries of `{"list":[…]}` and returns how many there are.
///
/// # Errors
/// It is not of that form; entries in front of the fault were visited.
pub(super) fn entries(body: &[u8], visit: &mut dyn FnMut(Value)) -> Result<usize, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let seen = Answer(visit).deserialize(&mut deserializer)?;
    deserializer.end()?;
    seen.ok_or_else(|| serde_json::Error::missing_field("list"))
}

/// What an entry is that is no object, in words. `None`: a folder of the store, which is none and may be there.
pub(super) fn stranger(entry: &Value) -> Option<&'static str> {
    Some(match entry {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(fields) => {
            let key = fields.get("key").and_then(Value::as_str);
            match (fields.get("value"), key) {
                (_, Some(key)) if key.ends_with('/') => return None,
                (Some(Value::String(text)), _) if text == "init_dir" => return None,
                (Some(Value::Object(_)), _) => "an object without a key and an id",
                _ => "an object without a value",
            }
        }
    })
}

struct Answer<'v>(&'v mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Answer<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer of a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<usize>, A::Error> {
        let mut seen = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == "list" {
                seen = Some(map.next_value_seed(List(&mut *self.0))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(seen)
    }
}

struct List<'v>(&'v mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<usize, A::Error> {
        let mut seen = 0;
        while let Some(entry) = items.next_element::<Value>()? {
            (self.0)(entry);
            seen += 1;
        }
        Ok(seen)
    }

    /// What older servers send for nothing.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        match map.next_key::<IgnoredAny>()? {
            None => Ok(0),
            Some(_) => Err(A::Error::custom("a list that is no list")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_all_servers() {
        for (body, expected) in [
            (r#"{"list":[{"a":1},{"b":2}],"total":2}"#, Some(vec![json!({"a":1}), json!({"b":2})])),
            (r#"{"total":0,"list":[]}"#, Some(vec![])),
            (r#"{"total":0,"list":{}}"#, Some(vec![])),
            (r#"{"list":{"x":1}}"#, None),
            (r#"{"node":{}}"#, None),
            (r#"[]"#, None),
            (r#"{"list":[1"#, None),
            ("<html>", None),
        ] {
            let mut seen = Vec::new();
            let count = entries(body.as_bytes(), &mut |entry| seen.push(entry));
            assert_eq!(count.ok().map(|_| seen), expected, "{body}");
        }
    }
}
