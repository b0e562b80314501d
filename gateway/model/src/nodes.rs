//! The nodes of an upstream: two ways to write them, one normal form.

use std::net::Ipv6Addr;

use serde_json::{Map, Value};

use crate::check::Invalid;

/// One node in normal form.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
    /// Share of the traffic; 0: none.
    pub weight: u32,
    /// Larger is used first; smaller only once the larger are exhausted.
    pub priority: i32,
    /// What the user or a registry noted.
    pub metadata: Option<Map<String, Value>>,
}

/// The port of a node that names none, by the upstream's scheme.
pub fn default_port(scheme: &str) -> u16 {
    match scheme {
        "https" | "grpcs" | "tls" => 443,
        "dubbo" => 20880,
        "tri" => 50051,
        _ => 80,
    }
}

/// Reads `nodes` in either form: `{"host:port": weight}` or `[{"host", "port", "weight", "priority", "metadata"}]`.
///
/// # Errors
/// An address that is none, with the text of the Admin API.
pub fn parse(nodes: &Value, scheme: &str) -> Result<Vec<Node>, Invalid> {
    match nodes {
        Value::Object(nodes) => nodes.iter().map(|(address, weight)| by_address(address, weight, scheme)).collect(),
        Value::Array(nodes) => nodes.iter().map(|node| by_fields(node, scheme)).collect(),
        _ => Err(shape()),
    }
}

/// Splits `host`, `host:port`, `[v6]` or `[v6]:port`.
///
/// # Errors
/// Brackets that don't close, an IPv6 address without them, a port that is none.
pub fn split_address(address: &str) -> Result<(&str, Option<u16>), Invalid> {
    if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(unbracketed)?;
        host.parse::<Ipv6Addr>().map_err(|_| unbracketed())?;
        return match rest.strip_prefix(':') {
            Some(digits) => Ok((host, Some(port(digits)?))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(unbracketed()),
        };
    }
    match address.rsplit_once(':') {
        None => Ok((address, None)),
        Some((host, _)) if host.contains(':') || address.parse::<Ipv6Addr>().is_ok() => Err(unbracketed()),
        Some((host, digits)) => Ok((host, Some(port(digits)?))),
    }
}

fn by_address(address: &str, weight: &Value, scheme: &str) -> Result<Node, Invalid> {
    let (host, port) = split_address(address).map_err(|error| error.at("/nodes"))?;
    Ok(Node {
        host: named(host)?.to_owned(),
        port: port.unwrap_or_else(|| default_port(scheme)),
        weight: weight_of(weight)?,
        priority: 0,
        metadata: None,
    })
}

fn by_fields(node: &Value, scheme: &str) -> Result<Node, Invalid> {
    let host = node.get("host").and_then(Value::as_str).ok_or_else(shape)?;
    let (host, inline) = split_address(host).map_err(|error| error.at("/nodes"))?;
    let port = match node.get("port") {
        None => inline.unwrap_or_else(|| default_port(scheme)),
        Some(value) => value.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0).ok_or_else(shape)?,
    };
    Ok(Node {
        host: named(host)?.to_owned(),
        port,
        weight: weight_of(node.get("weight").unwrap_or(&Value::Null))?,
        priority: match node.get("priority").and_then(Value::as_i64).unwrap_or(0) {
            priority if priority < 0 => i32::try_from(priority).unwrap_or(i32::MIN),
            priority => i32::try_from(priority).unwrap_or(i32::MAX),
        },
        metadata: node.get("metadata").and_then(Value::as_object).cloned(),
    })
}

/// Weights beyond the range count as the largest: only their proportions matter.
fn weight_of(value: &Value) -> Result<u32, Invalid> {
    match value.as_u64() {
        Some(weight) => Ok(u32::try_from(weight).unwrap_or(u32::MAX)),
        // `1.0` is an integer to the schema.
        None => value.as_f64().filter(|w| w.fract() == 0.0 && *w >= 0.0).ok_or_else(shape).map(|w| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, and is a whole number
            {
                w as u32
            }
        }),
    }
}

fn named(host: &str) -> Result<&str, Invalid> {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '?' | '#');
    if host.is_empty() || host.contains(wrong) {
        return Err(Invalid::new(
            "nodes",
            format!("invalid configuration: invalid node host '{}'", host.escape_debug()),
        )
        .at("/nodes"));
    }
    Ok(host)
}

fn port(digits: &str) -> Result<u16, Invalid> {
    let number = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty();
    digits.parse::<u16>().ok().filter(|port| number && *port > 0).ok_or_else(|| {
        let plain = digits.trim_start_matches('0');
        let shown = if !number || (plain.is_empty() && !digits.is_empty()) { digits } else { plain };
        Invalid::new("port", format!("invalid port {}", shown.escape_debug()))
    })
}

fn unbracketed() -> Invalid {
    Invalid::new("nodes", "invalid configuration: IPv6 address must be enclosed with '[' and ']'")
}

fn shape() -> Invalid {
    Invalid::new(
        "anyOf",
        "invalid configuration: property \"nodes\" validation failed: object matches none of the required",
    )
    .at("/nodes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn node(host: &str, port: u16, weight: u32) -> Node {
        Node { host: host.into(), port, weight, priority: 0, metadata: None }
    }

    #[test]
    fn both_forms_give_the_same() {
        let object = json!({"a:8080": 1, "b": 2, "[::1]:81": 0, "[::2]": 1});
        let array = json!([{"host": "a", "port": 8080, "weight": 1}, {"host": "b", "weight": 2},
            {"host": "[::1]", "port": 81, "weight": 0}, {"host": "[::2]", "weight": 1, "priority": 0}]);
        let nodes = vec![node("a", 8080, 1), node("b", 443, 2), node("::1", 81, 0), node("::2", 443, 1)];
        assert_eq!(parse(&object, "https").unwrap(), nodes);
        assert_eq!(parse(&array, "https").unwrap(), nodes);
        assert_eq!(parse(&json!([]), "http").unwrap(), []);
        assert_eq!(parse(&json!({}), "http").unwrap(), []);
    }

    #[test]
    fn ports_go_by_the_scheme() {
        for (scheme, port) in [("http", 80), ("grpcs", 443), ("dubbo", 20880), ("tri", 50051), ("tcp", 80)] {
            assert_eq!(parse(&json!({"a": 1}), scheme).unwrap(), [node("a", port, 1)]);
        }
    }

    #[test]
    fn wrong_addresses_are_named() {
        let v6 = "invalid configuration: IPv6 address must be enclosed with '[' and ']'";
        let shape = "invalid configuration: property \"nodes\" validation failed: object matches none of the required";
        let cases = [
            (json!({"127.0.0.1:65536": 1}), "invalid port 65536"),
            (json!({"127.0.0.1:0": 1}), "invalid port 0"),
            (json!({"a:x": 1}), "invalid port x"),
            (json!({"a:+1": 1}), "invalid port +1"),
            (json!({"a:": 1}), "invalid port "),
            (json!({"::1": 1}), v6),
            (json!({"::1:80": 1}), v6),
            (json!({"[::1": 1}), v6),
            (json!({"[a]:1": 1}), v6),
            (json!({"[::1]x": 1}), v6),
            (json!([{"host": "fe80::1", "weight": 1}]), v6),
            (json!([{"host": "a", "port": 70000, "weight": 1}]), shape),
            (json!([{"host": "a"}]), shape),
            (json!("a"), shape),
            (json!({"": 1}), "invalid configuration: invalid node host ''"),
            (json!({"a b:1": 1}), "invalid configuration: invalid node host 'a b'"),
        ];
        for (nodes, text) in cases {
            assert_eq!(parse(&nodes, "http").unwrap_err().message, text, "{nodes}");
        }
    }

    #[test]
    fn large_numbers_are_cut_not_refused() {
        let nodes = json!([{"host": "a", "weight": 1u64 << 40, "priority": -(1i64 << 40)}]);
        let parsed = parse(&nodes, "http").unwrap();
        assert_eq!((parsed[0].weight, parsed[0].priority), (u32::MAX, i32::MIN));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*", value in crate::check::arbitrary::json()) {
            let _ = split_address(&text);
            let _ = parse(&value, "http");
        }
    }
}
