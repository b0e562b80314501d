//! JSON that YAML does not take. As there, no name of an object may be there twice.

use std::collections::HashSet;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::scalars;

/// The values of a text, one behind the other.
///
/// # Errors
/// It is not JSON, or a name is in an object twice; with the place.
pub(super) fn values(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    for distinct in serde_json::Deserializer::from_str(text).into_iter::<Distinct>() {
        distinct?;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter().collect::<Result<Vec<Value>, _>>()?;
    values.iter_mut().for_each(settle);
    Ok(values)
}

/// Numbers as they are read out of YAML: a whole one has no exponent, and what is too large for one is its text.
fn settle(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            if scalars::plain(&text).is_none() {
                *value = scalars::decimal(&text).map_or_else(|| text.into(), Value::Number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(fields) => fields.values_mut().for_each(settle),
        _ => {}
    }
}

/// A value whose objects have each name once.
struct Distinct;

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Distinct, D::Error> {
        deserializer.deserialize_any(DistinctVisitor)
    }
}

struct DistinctVisitor;

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Distinct;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_str<E>(self, _: &str) -> Result<Distinct, E> {
        Ok(Distinct)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Distinct, A::Error> {
        while items.next_element::<Distinct>()?.is_some() {}
        Ok(Distinct)
    }

    /// Also numbers come this way.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distinct, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if seen.contains(&name) {
                return Err(A::Error::custom(format!("the name \"{name}\" is there twice")));
            }
            seen.insert(name);
            map.next_value::<Distinct>()?;
        }
        Ok(Distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_yaml() {
        let read: Vec<String> = values("[1.10,1e3,25e-2,1e999]").unwrap().iter().map(Value::to_string).collect();
        assert_eq!(read, [r#"[1.10,1000,25e-2,"1e+999"]"#]);
    }

    #[test]
    fn a_name_is_there_once() {
        let told = |text: &str| values(text).map(|values| values.len()).map_err(|error| error.to_string());
        assert_eq!(told("{\"a\":[1,1.50,{\"a\":null}],\"b\":{\"a\":true}} {}"), Ok(2));
        assert_eq!(
            told("{\"a\":1,\n\t\"b\":[{\"c\":1,\"c\":2}]}"),
            Err("the name \"c\" is there twice at line 2 column 16".to_owned())
        );
    }
}
