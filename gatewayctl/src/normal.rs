//! When two forms of an object mean the same: what `apply` compares, so that it writes only what changes something.

use serde_json::{Map, Number, Value};

/// Whether writing `new` over `stored` would change nothing.
///
/// Left out of the comparison: the times and the id, which the server sets. Objects are compared whatever their order of
/// keys, numbers by value, an upstream's nodes whatever their form, and an empty list equals an empty object.
pub(crate) fn same(new: &Value, stored: &Value) -> bool {
    form(new) == form(stored)
}

/// An object in the form in which it is compared.
pub(crate) fn form(value: &Value) -> Value {
    let mut normal = normalise(value, value.get("nodes").is_some());
    if let Value::Object(map) = &mut normal {
        map.shift_remove("id");
    }
    normal
}

fn normalise(value: &Value, upstream: bool) -> Value {
    match value {
        Value::Object(map) => {
            let mut normal = Map::new();
            for (name, inner) in map {
                if matches!(name.as_str(), "create_time" | "update_time") && inner.is_number() {
                    continue;
                }
                let inner = match name.as_str() {
                    "nodes" if upstream => nodes(inner),
                    _ => normalise(inner, name == "upstream"),
                };
                normal.insert(name.clone(), inner);
            }
            Value::Object(normal)
        }
        Value::Array(items) if items.is_empty() => Value::Object(Map::new()),
        Value::Array(items) => Value::Array(items.iter().map(|item| normalise(item, false)).collect()),
        Value::Number(number) => Value::Number(by_value(number)),
        leaf => leaf.clone(),
    }
}

/// `1`, `1.0` and `1e0` are one number.
fn by_value(number: &Number) -> Number {
    if let Some(integer) = number.as_i64() {
        return integer.into();
    }
    if let Some(integer) = number.as_u64() {
        return integer.into();
    }
    let Some(float) = number.as_f64() else { return number.clone() };
    // Below 2^53 a whole float is exactly the integer.
    if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 {
        return (float as i64).into();
    }
    Number::from_f64(float).unwrap_or_else(|| number.clone())
}

/// Nodes as a list of `{host, port, weight}` in the order of their addresses, whichever of the two forms they had.
pub(crate) fn nodes(value: &Value) -> Value {
    let mut list: Vec<Value> = match value {
        Value::Object(map) => map.iter().map(|(address, weight)| node(address, weight)).collect(),
        Value::Array(items) => items.iter().map(|item| normalise(item, false)).collect(),
        other => return other.clone(),
    };
    if list.is_empty() {
        return Value::Object(Map::new());
    }
    list.sort_by_cached_key(|node| {
        let part = |field: &str| node.get(field).map(Value::to_string).unwrap_or_default();
        (part("host"), part("port"), part("weight"))
    });
    Value::Array(list)
}

fn node(address: &str, weight: &Value) -> Value {
    let mut fields = Map::new();
    // `[::1]:80` and `[::1]`: a colon inside the brackets is none before a port.
    let split = address.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    match split.and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?))) {
        Some((host, port)) => {
            fields.insert("host".to_owned(), host.into());
            fields.insert("port".to_owned(), port.into());
        }
        None => {
            fields.insert("host".to_owned(), address.into());
        }
    }
    fields.insert("weight".to_owned(), normalise(weight, false));
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        let cases = [
            (
                json!({"uri":"/a","name":"n"}),
                json!({"id":"1","name":"n","uri":"/a","create_time":1,"update_time":2}),
                true,
            ),
            (json!({"uri":"/a"}), json!({"uri":"/a","name":"n"}), false),
            (
                json!({"nodes":{"a:80":1,"b":2}}),
                json!({"nodes":[{"host":"b","weight":2},{"host":"a","port":80,"weight":1}]}),
                true,
            ),
            (json!({"nodes":{"[::1]:80":1}}), json!({"nodes":[{"host":"[::1]","port":80,"weight":1.0}]}), true),
            (json!({"nodes":{"a:80":1}}), json!({"nodes":{"a:80":2}}), false),
            (
                json!({"upstream":{"nodes":{"a:80":1}}}),
                json!({"upstream":{"nodes":[{"host":"a","port":80,"weight":1}]}}),
                true,
            ),
            (json!({"timeout":{"read":1}}), serde_json::from_str(r#"{"timeout":{"read":1.0}}"#).unwrap(), true),
            (json!({"timeout":{"read":0.5}}), serde_json::from_str(r#"{"timeout":{"read":5e-1}}"#).unwrap(), true),
            (json!({"plugins":{}}), json!({"plugins":[]}), true),
            (json!({"methods":["GET","PUT"]}), json!({"methods":["PUT","GET"]}), false),
            (json!({"plugins":{"x":{"id":1}}}), json!({"plugins":{"x":{"id":2}}}), false),
        ];
        for (new, stored, expected) in cases {
            assert_eq!(same(&new, &stored), expected, "{new} {stored}");
        }
    }
}
