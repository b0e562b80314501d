//! An OpenAPI 3.1 document of a Dubbo service, as clients reach it over HTTP with JSON (`dubbo-bridge`): a path for each method.

use std::collections::BTreeMap;

use gateway_engine::upstream::{Description, Method, TypeDescription};
use serde_json::{Map, Value, json};

/// What stands for the version of a service that has none: OpenAPI wants one.
const UNVERSIONED: &str = "unversioned";

/// The document.
pub(super) fn document(of: &Description, version: &str) -> Value {
    let interface = &of.interface;
    // Methods of the same name have one path.
    let mut names: BTreeMap<&str, Vec<&Method>> = BTreeMap::new();
    of.methods.iter().for_each(|method| names.entry(&method.name).or_default().push(method));
    let paths: Map<String, Value> =
        names.iter().map(|(name, forms)| (format!("/{interface}/{name}"), path(interface, name, forms, of))).collect();
    let schemas: Map<String, Value> = of
        .types
        .iter()
        .filter(|kind| is_own(kind))
        .map(|kind| (component(&kind.name), component_of(kind, of)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": &**interface, "version": if version.is_empty() { UNVERSIONED } else { version } },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn path(interface: &str, name: &str, forms: &[&Method], of: &Description) -> Value {
    let mut arguments: Vec<Value> = forms.iter().map(|method| arguments(method, of)).collect();
    let mut results: Vec<Value> = forms.iter().map(|method| schema(&method.result, of)).collect();
    results.dedup();
    let one_of = |mut all: Vec<Value>| match all.len() {
        1 => all.pop().unwrap_or_default(),
        _ => json!({ "oneOf": all }),
    };
    arguments.dedup();
    let needs = forms.iter().all(|method| !method.parameters.is_empty());
    let refused = json!({ "type": "object", "properties": { "error_msg": { "type": "string" } } });
    let threw = json!({ "type": "object", "properties": { "exception": { "type": "string" }, "message": { "type": ["string", "null"] } } });
    let answer = |what: &str, schema: Value| json!({ "description": what, "content": { "application/json": { "schema": schema } } });
    json!({ "post": {
        "operationId": name,
        "tags": [interface],
        "requestBody": {
            "description": "The arguments, in their order.",
            "required": needs,
            "content": { "application/json": { "schema": one_of(arguments) } },
        },
        "responses": {
            "200": answer("What the method returned.", one_of(results)),
            "400": answer("The request is no call of this method.", refused.clone()),
            "500": answer("The method threw an exception; the route may give its class another status.", threw),
            "default": answer("The call has not come to its method.", refused),
        },
    } })
}

fn arguments(method: &Method, of: &Description) -> Value {
    let items: Vec<Value> = method.parameters.iter().map(|kind| schema(kind, of)).collect();
    let count = items.len();
    match count {
        // JSON Schema wants one schema there at least.
        0 => json!({ "type": "array", "maxItems": 0 }),
        _ => json!({ "type": "array", "prefixItems": items, "minItems": count, "maxItems": count }),
    }
}

/// The schema of a Java type as JSON of `dubbo-bridge` has it.
fn schema(kind: &str, of: &Description) -> Value {
    schema_within(kind, of, 0)
}

/// Types within types that are looked into.
const DEEPEST: u32 = 16;

fn schema_within(kind: &str, of: &Description, depth: u32) -> Value {
    let kind = kind.trim();
    if depth >= DEEPEST {
        return json!({});
    }
    let within = |kind: &str| schema_within(kind, of, depth + 1);
    if let Some(item) = kind.strip_suffix("[]") {
        return if item == "byte" { bytes() } else { json!({ "type": "array", "items": within(item) }) };
    }
    let (name, parameters) = generic(kind);
    if of.types.iter().any(|known| *known.name == *name && is_own(known)) {
        return json!({ "$ref": format!("#/components/schemas/{}", component(name)) });
    }
    let short = ["java.lang.", "java.math.", "java.util.", "java.time.", "java.sql."]
        .iter()
        .find_map(|package| name.strip_prefix(package));
    match short.unwrap_or(name) {
        "void" | "Void" => json!({ "type": "null" }),
        "boolean" | "Boolean" => json!({ "type": "boolean" }),
        "int" | "Integer" | "short" | "Short" | "byte" | "Byte" => json!({ "type": "integer", "format": "int32" }),
        "long" | "Long" => json!({ "type": "integer", "format": "int64" }),
        "BigInteger" => json!({ "type": "integer" }),
        "float" | "Float" => json!({ "type": "number", "format": "float" }),
        "double" | "Double" => json!({ "type": "number", "format": "double" }),
        "BigDecimal" | "Number" => json!({ "type": "number" }),
        "String" | "CharSequence" | "Class" | "Locale" => json!({ "type": "string" }),
        "char" | "Character" => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        "UUID" => json!({ "type": "string", "format": "uuid" }),
        "Date" | "Timestamp" | "Instant" | "OffsetDateTime" | "ZonedDateTime" => {
            json!({ "type": "string", "format": "date-time" })
        }
        "LocalDate" => json!({ "type": "string", "format": "date" }),
        "LocalDateTime" | "LocalTime" | "Duration" | "Period" | "Year" | "YearMonth" | "MonthDay" => {
            json!({ "type": "string" })
        }
        "[B" => bytes(),
        "Optional" | "concurrent.CompletableFuture" => parameters.first().map_or_else(|| json!({}), |one| within(one)),
        of_many if of_many.ends_with("Map") && short.is_some() => {
            json!({ "type": "object", "additionalProperties": parameters.get(1).map_or_else(|| json!({}), |one| within(one)) })
        }
        of_many
            if short.is_some()
                && ["List", "Set", "Collection", "Queue", "Deque", "Iterable"]
                    .iter()
                    .any(|end| of_many.ends_with(end)) =>
        {
            json!({ "type": "array", "items": parameters.first().map_or_else(|| json!({}), |one| within(one)) })
        }
        // Anything: an interface, `Object`, a type that the provider says nothing of.
        _ => json!({}),
    }
}

fn bytes() -> Value {
    json!({ "type": "string", "contentEncoding": "base64" })
}

/// A type's name, and what stands in its angle brackets.
fn generic(kind: &str) -> (&str, Vec<&str>) {
    let Some((name, rest)) = kind.split_once('<') else { return (kind, Vec::new()) };
    let inner = rest.strip_suffix('>').unwrap_or(rest);
    let (mut all, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                all.extend(inner.get(start..at).map(str::trim));
                start = at + 1;
            }
            _ => {}
        }
    }
    all.extend(inner.get(start..).map(str::trim));
    (name.trim(), all)
}

/// Whether a type is one of the service's own: with fields, or an enum.
fn is_own(kind: &TypeDescription) -> bool {
    let builtin = ["java.", "javax."].iter().any(|package| kind.name.starts_with(package));
    !builtin && !kind.name.contains(['<', '[']) && (!kind.properties.is_empty() || !kind.enums.is_empty())
}

fn component_of(kind: &TypeDescription, of: &Description) -> Value {
    if !kind.enums.is_empty() {
        return json!({ "type": "string", "enum": kind.enums });
    }
    let properties: Map<String, Value> =
        kind.properties.iter().map(|(name, kind)| (name.to_string(), schema(kind, of))).collect();
    json!({ "type": "object", "properties": properties })
}

/// A name that components may have.
fn component(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Description {
        let method = |name: &str, parameters: &[&str], result: &str| Method {
            name: name.into(),
            parameters: parameters.iter().map(|p| (*p).into()).collect(),
            result: result.into(),
        };
        let kind = |name: &str, properties: &[(&str, &str)], enums: &[&str]| TypeDescription {
            name: name.into(),
            properties: properties.iter().map(|(n, k)| ((*n).into(), (*k).into())).collect(),
            enums: enums.iter().map(|e| (*e).into()).collect(),
            items: Vec::new(),
        };
        Description {
            interface: "a.Orders".into(),
            methods: vec![
                method("find", &["long"], "a.Order"),
                method("greet", &["java.lang.String"], "java.lang.String"),
                method("greet", &["java.lang.String", "int"], "java.lang.String"),
                method(
                    "byIds",
                    &["java.util.List<java.lang.Long>"],
                    "java.util.Map<java.lang.String, java.util.List<a.Order>>",
                ),
                method("touch", &[], "void"),
            ],
            types: vec![
                kind(
                    "a.Order",
                    &[
                        ("id", "long"),
                        ("state", "a.State"),
                        ("raw", "byte[]"),
                        ("next", "a.Order"),
                        ("any", "java.lang.Object"),
                    ],
                    &[],
                ),
                kind("a.State", &[], &["NEW", "PAID"]),
                kind("java.util.List<a.Order>", &[], &[]),
                kind("java.lang.String", &[("value", "byte[]")], &[]),
            ],
        }
    }

    #[test]
    fn a_service_as_a_document() {
        let made = document(&described(), "1.2.0");
        assert_eq!(made["info"], json!({ "title": "a.Orders", "version": "1.2.0" }));
        let keys = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&made["paths"]), ["/a.Orders/byIds", "/a.Orders/find", "/a.Orders/greet", "/a.Orders/touch"]);
        assert_eq!(keys(&made["components"]["schemas"]), ["a.Order", "a.State"]);
        let post = |name: &str| &made["paths"][format!("/a.Orders/{name}")]["post"];
        let asked = |name: &str| &post(name)["requestBody"]["content"]["application/json"]["schema"];
        let given = |name: &str| &post(name)["responses"]["200"]["content"]["application/json"]["schema"];
        let long = json!({ "type": "integer", "format": "int64" });
        assert_eq!(*asked("find"), json!({ "type": "array", "prefixItems": [long], "minItems": 1, "maxItems": 1 }));
        assert_eq!(*given("find"), json!({ "$ref": "#/components/schemas/a.Order" }));
        assert_eq!(asked("greet")["oneOf"].as_array().unwrap().len(), 2);
        assert_eq!(*given("greet"), json!({ "type": "string" }));
        assert_eq!(asked("byIds")["prefixItems"][0], json!({ "type": "array", "items": long }));
        assert_eq!(given("byIds")["additionalProperties"]["items"], json!({ "$ref": "#/components/schemas/a.Order" }));
        assert_eq!(
            (asked("touch"), given("touch")),
            (&json!({ "type": "array", "maxItems": 0 }), &json!({ "type": "null" }))
        );
        assert_eq!(
            (&post("touch")["requestBody"]["required"], &post("find")["requestBody"]["required"]),
            (&json!(false), &json!(true))
        );
        let order = &made["components"]["schemas"]["a.Order"]["properties"];
        assert_eq!(order["raw"], json!({ "type": "string", "contentEncoding": "base64" }));
        assert_eq!((&order["next"], &order["any"]), (&json!({ "$ref": "#/components/schemas/a.Order" }), &json!({})));
        assert_eq!(made["components"]["schemas"]["a.State"], json!({ "type": "string", "enum": ["NEW", "PAID"] }));
        // Every reference leads somewhere.
        let text = made.to_string();
        for at in text.match_indices("#/components/schemas/").map(|(at, found)| at + found.len()) {
            let name = text[at..].split('"').next().unwrap();
            assert!(made["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn types_within_types() {
        assert_eq!(generic("a<b, c<d, e>>"), ("a", vec!["b", "c<d, e>"]));
        assert_eq!(generic("a"), ("a", vec![]));
        let deep = "java.util.List<".repeat(100) + "int" + &">".repeat(100);
        assert!(schema(&deep, &described()).to_string().len() < 1000);
        for odd in ["", "<", "<>", "a<", "java.util.Map<", "[]", "[][]"] {
            let _ = schema(odd, &described());
        }
    }
}
