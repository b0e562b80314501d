//! Methods of the same name: which of them a request means, by what the registry knows of the service. The provider is told the types then.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_dubbo_codec::json::Type;
use gateway_engine::exchange::Exchange;
use gateway_engine::upstream::{Description, Method, ServiceKey, Services, Wanted};
use gateway_engine::worker::{Target, now_ms};
use serde_json::Value;
use tokio::time::timeout;

use crate::transform::dubbo::described::{Described, erased, listed};

/// How long a registry may take to describe a service; then the call goes without.
const PATIENCE: Duration = Duration::from_secs(2);

/// So long a description is used before it is asked for again, and so long nobody asks again where there was none, in milliseconds.
const FRESH_MS: u64 = 60_000;

/// Most services that a worker remembers.
const KNOWN: usize = 1000;

thread_local! {
    static DESCRIBED: RefCell<HashMap<ServiceKey, Known>> = RefCell::default();
}

#[derive(Clone)]
struct Known {
    described: Option<Arc<Described>>,
    until_ms: u64,
}

/// The service of a registry that the nodes of the exchange's upstream are of.
fn own(x: &Exchange) -> Option<&ServiceKey> {
    let Some(Target::Upstream(upstream)) = x.route.as_ref().map(|route| &route.target) else { return None };
    upstream.upstream().service()
}

/// The same, where it is this one; `None`: they are of no registry, or of another service.
pub(super) fn key<'x>(x: &'x Exchange, interface: &str) -> Option<&'x ServiceKey> {
    own(x).filter(|own| own.name.split(':').next() == Some(interface))
}

/// Whether the nodes are of another service than this one: clients that name services in their paths do not get there.
pub(super) fn is_other(x: &Exchange, interface: &str) -> bool {
    own(x).is_some_and(|own| own.protocol == Wanted::Dubbo && own.name.split(':').next() != Some(interface))
}

/// What is known of a service; `None`: it has to be [asked for](ask).
pub(super) fn known(key: &ServiceKey) -> Option<Option<Arc<Described>>> {
    let known = DESCRIBED.with_borrow(|all| all.get(key).cloned())?;
    (known.until_ms > now_ms()).then_some(known.described)
}

/// Asks the registry. What it says, or that it says nothing, is known afterwards.
pub(super) async fn ask(services: &Services, key: ServiceKey) {
    let description = match services.describe(key.clone()) {
        Some(describing) => timeout(PATIENCE, describing).await,
        None => return remember(key, None),
    };
    match description {
        Ok(Ok(description)) => remember(key, Some(Arc::new(Described::new(description)))),
        failed => {
            tracing::debug!(service = &*key.name, ?failed, "dubbo-bridge: a registry does not describe a service");
            // What was known before is better than nothing.
            let before = DESCRIBED.with_borrow(|all| all.get(&key).and_then(|known| known.described.clone()));
            remember(key, before);
        }
    }
}

fn remember(key: ServiceKey, described: Option<Arc<Described>>) {
    DESCRIBED.with_borrow_mut(|all| {
        if all.len() >= KNOWN {
            all.clear();
        }
        all.insert(key, Known { described, until_ms: now_ms().saturating_add(FRESH_MS) });
    });
}

/// The method that a call means.
#[derive(Debug, Default)]
pub(super) struct Meant<'d> {
    /// The types that the provider has to be told, for it has several methods of the name.
    pub(super) told: Option<Vec<Box<str>>>,
    /// The types of its parameters; `None`: nobody knows.
    pub(super) of: Option<&'d [Type]>,
}

/// The one method of a service that takes these arguments.
///
/// # Errors
/// There are such methods, and none takes them, or more than one does as well; in words.
pub(super) fn meant<'d>(described: &'d Described, method: &str, values: &[Value]) -> Result<Meant<'d>, String> {
    described.counts(method, values.len())?;
    let description = described.description();
    let named: Vec<(usize, &Method)> =
        description.methods.iter().enumerate().filter(|(_, m)| *m.name == *method).collect();
    if named.len() < 2 {
        return Ok(Meant { told: None, of: described.only(method, values.len(), None) });
    }
    let ranked = named.iter().filter_map(|(n, m)| Some((rank(m, values, description)?, *n, *m)));
    let mut ranked: Vec<(u32, usize, &Method)> = ranked.collect();
    ranked.sort_by_key(|(rank, ..)| *rank);
    let listed = || listed(named.iter().map(|(_, m)| *m));
    match &*ranked {
        [] => Err(format!("no method {method} takes these arguments; there are {method} of {}", listed())),
        [(first, ..), (second, ..), ..] if first == second => Err(format!(
            "more than one method {method} takes these arguments: `parameters` with types tell which; there are {method} of {}",
            listed()
        )),
        [(_, number, m), ..] => {
            let told = m.parameters.iter().map(|of| erased(of).into()).collect();
            Ok(Meant { told: Some(told), of: Some(described.parameters(*number)) })
        }
    }
}

/// How well arguments fit the parameters of a method, 0 best; `None`: they do not.
fn rank(method: &Method, values: &[Value], of: &Description) -> Option<u32> {
    if method.parameters.len() != values.len() {
        return None;
    }
    method.parameters.iter().zip(values).try_fold(0, |all, (kind, value)| Some(all + fit(value, kind, of)?))
}

const ANY: u32 = 20;

fn fit(value: &Value, kind: &str, of: &Description) -> Option<u32> {
    let name = &*erased(kind);
    let short = name.strip_prefix("java.lang.").unwrap_or(name);
    let array = name.ends_with("[]") || name.starts_with('[');
    let primitive = matches!(name, "int" | "long" | "short" | "byte" | "char" | "float" | "double" | "boolean");
    if name == "java.lang.Object" {
        return Some(ANY);
    }
    let at = |names: &[&str]| names.iter().position(|known| *known == short).map(|at| u32::try_from(at).unwrap_or(ANY));
    match value {
        Value::Null => (!primitive).then_some(0),
        Value::Bool(_) => at(&["boolean", "Boolean"]),
        Value::Number(number) => {
            const WHOLE: [&str; 12] = [
                "int",
                "Integer",
                "long",
                "Long",
                "java.math.BigInteger",
                "short",
                "Short",
                "byte",
                "Byte",
                "double",
                "Double",
                "float",
            ];
            const MORE: [&str; 5] = ["Float", "java.math.BigDecimal", "Number", "java.util.Date", "java.sql.Timestamp"];
            const FRACTION: [&str; 6] = ["double", "Double", "java.math.BigDecimal", "float", "Float", "Number"];
            let holds = match short {
                "int" | "Integer" => number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
                "long" | "Long" => number.as_i64().is_some(),
                "short" | "Short" => number.as_i64().is_some_and(|n| i16::try_from(n).is_ok()),
                "byte" | "Byte" => number.as_i64().is_some_and(|n| i8::try_from(n).is_ok()),
                _ => true,
            };
            let whole = !number.to_string().contains(['.', 'e', 'E']);
            match whole {
                _ if !holds => None,
                true => at(&WHOLE).or_else(|| at(&MORE).map(|at| at + 12)),
                false => at(&FRACTION),
            }
        }
        Value::String(text) => match short {
            "String" => Some(0),
            "CharSequence" => Some(1),
            "char" | "Character" => (text.chars().count() == 1).then_some(2),
            _ if is_enum(name, of) => enums(name, of).any(|known| **known == **text).then_some(1),
            // Dates, UUIDs, numbers by their digits, and what else is made of a text.
            _ if primitive || array || is_bean(name, of) || is_container(name) => None,
            _ => Some(10),
        },
        Value::Array(_) => match name {
            _ if array => Some(0),
            "java.util.List" | "java.util.Collection" | "java.lang.Iterable" => Some(1),
            _ => (is_container(name) && !is_map(name)).then_some(2),
        },
        Value::Object(_) if is_enum(name, of) || primitive || array || short != name => None,
        Value::Object(_) => match name {
            _ if is_bean(name, of) => Some(0),
            _ if is_map(name) => Some(2),
            _ => (!is_container(name)).then_some(3),
        },
    }
}

fn is_container(name: &str) -> bool {
    name.starts_with("java.util.")
        && ["List", "Set", "Collection", "Queue", "Deque", "Map"].iter().any(|end| name.ends_with(end))
}

/// Only those of the JDK: a class of somebody's own that is called so may be a bean.
fn is_map(name: &str) -> bool {
    is_container(name) && name.ends_with("Map")
}

fn is_bean(name: &str, of: &Description) -> bool {
    of.types.iter().any(|known| *known.name == *name && !known.properties.is_empty() && known.enums.is_empty())
}

fn is_enum(name: &str, of: &Description) -> bool {
    enums(name, of).next().is_some()
}

fn enums<'d>(name: &'d str, of: &'d Description) -> impl Iterator<Item = &'d Box<str>> {
    of.types.iter().filter(move |known| *known.name == *name).flat_map(|known| &known.enums)
}

#[cfg(test)]
mod tests {
    use gateway_engine::upstream::TypeDescription;
    use serde_json::json;

    use super::*;

    fn described(methods: &[(&str, &[&str])]) -> Description {
        let method = |(name, parameters): &(&str, &[&str])| Method {
            name: (*name).into(),
            parameters: parameters.iter().map(|p| (*p).into()).collect(),
            result: "void".into(),
        };
        let bean = TypeDescription {
            name: "a.Order".into(),
            properties: vec![("id".into(), "long".into())],
            ..Default::default()
        };
        let state = TypeDescription { name: "a.State".into(), enums: vec!["PAID".into()], ..Default::default() };
        Description { interface: "a.B".into(), methods: methods.iter().map(method).collect(), types: vec![bean, state] }
    }

    #[test]
    fn arguments_choose_the_method() {
        let of = described(&[
            ("one", &["int"]),
            ("m", &["java.lang.String"]),
            ("m", &["java.lang.String", "int"]),
            ("m", &["int"]),
            ("m", &["long"]),
            ("m", &["double"]),
            ("m", &["a.Order"]),
            ("m", &["a.State"]),
            ("m", &["java.util.List<a.Order>"]),
            ("m", &["java.util.Map<java.lang.String, a.Order>", "boolean"]),
            ("m", &["java.util.List<a.Order>[]", "boolean"]),
        ]);
        let of = Described::new(Arc::new(of));
        let chosen = |values: Value| {
            meant(&of, "m", values.as_array().unwrap()).map(|found| found.told.map(|all| all.join(" ")))
        };
        for (values, expected) in [
            (json!(["Ada"]), "java.lang.String"),
            (json!(["Ada", 2]), "java.lang.String int"),
            (json!([2]), "int"),
            (json!([5_000_000_000_u64]), "long"),
            (json!([0.5]), "double"),
            (json!([{"id": 1}]), "a.Order"),
            (json!([[{"id": 1}]]), "java.util.List"),
            (json!([{"k": {"id": 1}}, true]), "java.util.Map boolean"),
            (json!([[[{"id": 1}]], true]), "java.util.List[] boolean"),
        ] {
            assert_eq!(chosen(values.clone()).unwrap().as_deref(), Some(expected), "{values}");
        }
        let one = meant(&of, "one", &[json!(1)]).unwrap();
        assert!(one.told.is_none() && one.of.is_some_and(|of| of.len() == 1), "there is only one");
        let unknown = meant(&of, "unknown", &[]).unwrap();
        assert!(unknown.told.is_none() && unknown.of.is_none());
        let none = chosen(json!([1, 2, 3])).unwrap_err();
        assert!(none.starts_with("no method m takes 3 arguments; there are m of (java.lang.String), "), "{none}");
        let none = chosen(json!([1, 2])).unwrap_err();
        assert!(none.starts_with("no method m takes these arguments; there are m of (java.lang.String), "), "{none}");
        let none = meant(&of, "one", &[json!(1), json!(2)]).unwrap_err();
        assert_eq!(none, "no method one takes 2 arguments; there are one of (int)");
        let many = chosen(json!([null])).unwrap_err();
        assert!(many.starts_with("more than one method m takes these arguments"), "{many}");
    }

    #[test]
    fn texts_and_numbers_that_may_be_several_things() {
        let of = described(&[
            ("m", &["a.State"]),
            ("m", &["java.util.UUID"]),
            ("n", &["java.lang.Object"]),
            ("n", &["int"]),
        ]);
        let of = Described::new(Arc::new(of));
        let chosen =
            |method: &str, value: Value| meant(&of, method, &[value]).map(|found| found.told.map(|all| all.join(" ")));
        assert_eq!(chosen("m", json!("PAID")), Ok(Some("a.State".into())));
        assert_eq!(chosen("m", json!("another")), Ok(Some("java.util.UUID".into())));
        assert_eq!(chosen("n", json!(1)), Ok(Some("int".into())));
        assert_eq!(chosen("n", json!("x")), Ok(Some("java.lang.Object".into())));
        assert_eq!(chosen("n", json!({"a": 1})), Ok(Some("java.lang.Object".into())));
    }
    #[test]
    fn a_class_that_is_called_like_a_collection_is_none() {
        let mut of = described(&[
            ("m", &["a.RoadMap"]),
            ("m", &["java.util.Map<java.lang.String, java.lang.String>"]),
            ("n", &["a.PriceList"]),
            ("n", &["java.util.List<java.lang.String>"]),
            ("o", &["b.SiteMap"]),
            ("o", &["java.util.HashMap<java.lang.String, java.lang.String>"]),
        ]);
        for name in ["a.RoadMap", "a.PriceList"] {
            let properties = vec![("id".into(), "long".into())];
            of.types.push(TypeDescription { name: name.into(), properties, ..Default::default() });
        }
        let of = Described::new(Arc::new(of));
        let chosen =
            |method: &str, value: Value| meant(&of, method, &[value]).map(|found| found.told.map(|all| all.join(" ")));
        assert_eq!(chosen("m", json!({"id": 1})), Ok(Some("a.RoadMap".into())));
        assert_eq!(chosen("n", json!({"id": 1})), Ok(Some("a.PriceList".into())));
        assert_eq!(chosen("n", json!(["x"])), Ok(Some("java.util.List".into())));
        // What nobody describes is less likely than a map.
        assert_eq!(chosen("o", json!({"id": 1})), Ok(Some("java.util.HashMap".into())));
    }
}
