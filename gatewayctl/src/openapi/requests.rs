//! What an operation wants of its requests, as the configuration of `request-validation`.

use serde_json::{Map, Value, json};

/// How deeply schemas may refer to others, and how many values all of it may have.
const DEPTH: usize = 24;
const VALUES: usize = 20_000;

/// The configuration; `None` where there is nothing to check. With it what could not be converted.
pub(super) fn validation(root: &Value, item: &Value, operation: &Value) -> (Option<Value>, Vec<String>) {
    let mut resolver = Resolver { root, left: VALUES, notes: Vec::new() };
    let mut conf = Map::new();
    let media = operation.get("requestBody").map(|body| resolver.follow(body));
    let json_body = media.as_ref().and_then(|body| body.get("content")?.as_object()).and_then(|content| {
        let is_json = |name: &str| name.starts_with("application/json") || name.contains("+json");
        content.iter().find(|(name, _)| is_json(name)).and_then(|(_, media)| media.get("schema"))
    });
    let parameters: Vec<Value> = [item, operation]
        .iter()
        .filter_map(|of| of.get("parameters")?.as_array())
        .flatten()
        .map(|parameter| resolver.follow(parameter))
        .collect();
    let of = |parameter: &Value, place: &str| parameter.get("in").and_then(Value::as_str) == Some(place);
    // Documents of version 2 have the body among the parameters.
    let body = parameters.iter().find(|parameter| of(parameter, "body")).and_then(|body| body.get("schema"));
    if let Some(schema) = json_body.or(body) {
        conf.insert("body_schema".to_owned(), resolver.whole(schema, 0));
    }
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for parameter in parameters.iter().filter(|parameter| of(parameter, "header")) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        if parameter.get("required").and_then(Value::as_bool) == Some(true) {
            required.push(Value::from(name));
            // What comes in a header is a text, whatever it stands for.
            properties.insert(name.to_owned(), json!({ "type": "string" }));
        }
    }
    if !required.is_empty() {
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        conf.insert("header_schema".to_owned(), schema);
    }
    ((!conf.is_empty()).then_some(Value::Object(conf)), resolver.notes)
}

struct Resolver<'r> {
    root: &'r Value,
    left: usize,
    notes: Vec<String>,
}

impl Resolver<'_> {
    /// What a reference leads to, or the value itself.
    fn follow(&mut self, value: &Value) -> Value {
        let Some(target) = value.get("$ref").and_then(Value::as_str) else { return value.clone() };
        match target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
            Some(found) => found.clone(),
            None => {
                self.notes.push(format!("$ref {target} leads nowhere in this document"));
                json!({})
            }
        }
    }

    /// A schema without references, as JSON Schema has it.
    fn whole(&mut self, schema: &Value, depth: usize) -> Value {
        if depth > DEPTH || self.left == 0 {
            self.notes.push("a schema that refers to itself is checked only so deep".to_owned());
            return json!({});
        }
        self.left -= 1;
        if schema.get("$ref").is_some() {
            let found = self.follow(schema);
            return self.whole(&found, depth + 1);
        }
        match schema {
            Value::Object(fields) => {
                let mut whole = Map::new();
                let nullable = fields.get("nullable").and_then(Value::as_bool) == Some(true);
                for (name, inner) in fields {
                    // Words of OpenAPI alone.
                    let foreign = ["nullable", "discriminator", "xml", "externalDocs", "example", "examples"];
                    if foreign.contains(&name.as_str()) || name.starts_with("x-") {
                        continue;
                    }
                    let inner = match (name.as_str(), inner) {
                        ("properties", Value::Object(properties)) => {
                            let of = |(name, inner): (&String, &Value)| (name.clone(), self.whole(inner, depth + 1));
                            Value::Object(properties.iter().map(of).collect())
                        }
                        ("enum" | "const" | "default" | "required", inner) => inner.clone(),
                        ("type", Value::String(word)) if nullable => json!([word, "null"]),
                        (_, inner) => self.whole(inner, depth + 1),
                    };
                    whole.insert(name.clone(), inner);
                }
                Value::Object(whole)
            }
            Value::Array(items) => items.iter().map(|item| self.whole(item, depth + 1)).collect(),
            leaf => leaf.clone(),
        }
    }
}
