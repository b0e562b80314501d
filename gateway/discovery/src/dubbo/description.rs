//! The methods and types of a service, as its provider has published them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_engine::upstream::{Description, Method, TypeDescription};
use parking_lot::Mutex;
use serde_json::Value;

use super::ServiceName;
use crate::SourceError;

/// Most methods, types and fields that are read.
const MOST: usize = 10_000;

/// Reads what providers publish.
///
/// # Errors
/// [`SourceError::Malformed`].
pub(crate) fn described(text: &[u8]) -> Result<Description, SourceError> {
    let value: Value = serde_json::from_slice(text).map_err(|error| SourceError::Malformed(error.to_string()))?;
    let Some(methods) = value.get("methods").and_then(Value::as_array) else {
        return Err(SourceError::Malformed("the description of a service has no methods".to_owned()));
    };
    let method = |of: &Value| {
        Some(Method {
            name: of.get("name")?.as_str()?.into(),
            parameters: names(of.get("parameterTypes")),
            result: of.get("returnType").and_then(Value::as_str).unwrap_or("void").into(),
        })
    };
    let kind = |of: &Value| {
        let properties = of.get("properties").and_then(Value::as_object).into_iter().flatten().take(MOST);
        Some(TypeDescription {
            name: of.get("type")?.as_str()?.into(),
            properties: properties.filter_map(|(name, of)| Some((name.as_str().into(), name_of(of)?))).collect(),
            enums: names(of.get("enums").or_else(|| of.get("enum"))),
            items: names(of.get("items")),
        })
    };
    let types = value.get("types").and_then(Value::as_array).into_iter().flatten();
    Ok(Description {
        interface: value.get("canonicalName").and_then(Value::as_str).unwrap_or_default().into(),
        methods: methods.iter().take(MOST).filter_map(method).collect(),
        types: types.take(MOST).filter_map(kind).collect(),
    })
}

/// Descriptions that were read not long ago.
#[derive(Debug, Default)]
pub(crate) struct Descriptions(Mutex<HashMap<ServiceName, (Instant, Arc<Description>)>>);

/// How long a description is used before it is read again.
const FRESH: Duration = Duration::from_secs(60);

/// Most that are kept; beyond, all are read anew.
const KEPT: usize = 4096;

impl Descriptions {
    pub(crate) fn get(&self, service: &ServiceName) -> Option<Arc<Description>> {
        let known = self.0.lock();
        known.get(service).filter(|(read, _)| read.elapsed() < FRESH).map(|(_, made)| Arc::clone(made))
    }

    pub(crate) fn put(&self, service: &ServiceName, made: &Arc<Description>) {
        let mut known = self.0.lock();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(service.clone(), (Instant::now(), Arc::clone(made)));
    }
}

fn names(value: Option<&Value>) -> Vec<Box<str>> {
    value.and_then(Value::as_array).into_iter().flatten().take(MOST).filter_map(name_of).collect()
}

/// The name of a type: a text, or an object that has one.
fn name_of(value: &Value) -> Option<Box<str>> {
    match value {
        Value::String(name) => Some(name.as_str().into()),
        other => other.get("type")?.as_str().map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions() {
        // Of a Dubbo 3.3.6 provider, less of its methods.
        let text = r#"{"annotations":[],"canonicalName":"peer.dubbo.api.OrderService","codeSource":"x.jar","methods":[
            {"annotations":[],"name":"next","parameterTypes":["peer.dubbo.api.OrderStatus"],"parameters":[],"returnType":"peer.dubbo.api.OrderStatus"},
            {"annotations":[],"name":"list","parameterTypes":["int"],"parameters":[],"returnType":"java.util.List<peer.dubbo.api.Order>"},{"x":1}],
            "parameters":{},"types":[
            {"enums":["NEW","PAID"],"items":[],"properties":{},"type":"peer.dubbo.api.OrderStatus"},
            {"enums":[],"items":[],"properties":{"id":"long","status":"peer.dubbo.api.OrderStatus","odd":{"type":"int"}},"type":"peer.dubbo.api.Order"},
            {"items":["peer.dubbo.api.Order"],"type":"java.util.List<peer.dubbo.api.Order>"}],"uniqueId":"u"}"#;
        let description = described(text.as_bytes()).unwrap();
        assert_eq!(&*description.interface, "peer.dubbo.api.OrderService");
        assert_eq!(description.methods.len(), 2);
        assert_eq!(&*description.methods[1].result, "java.util.List<peer.dubbo.api.Order>");
        let texts = |all: &[Box<str>]| all.join(" ");
        assert_eq!(texts(&description.methods[1].parameters), "int");
        assert_eq!(texts(&description.types[0].enums), "NEW PAID");
        let fields: Vec<_> = description.types[1].properties.iter().map(|(n, t)| (&**n, &**t)).collect();
        assert_eq!(fields, [("id", "long"), ("status", "peer.dubbo.api.OrderStatus"), ("odd", "int")]);
        assert_eq!(texts(&description.types[2].items), "peer.dubbo.api.Order");
        for bad in ["", "[]", "{}", r#"{"methods":{}}"#] {
            assert!(described(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
