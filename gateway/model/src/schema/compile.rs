//! From a schema's JSON to the nodes that the walk runs on.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::CompileError;
use super::defaults;
use super::equal::amount;
use super::format::Format;
use super::node::{
    Additional, AnyOf, ArrayRules, Condition, Dependency, Id, Node, NumberRules, ObjectRules, Properties, Property,
    StringRules, Type,
};
use super::pattern::Pattern;
use super::text::lua_type;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 64;

/// Compiles a schema; its root becomes node 0.
pub(super) fn compile(schema: &Value) -> Result<Box<[Node]>, CompileError> {
    let mut compiler = Compiler { root: schema, nodes: Vec::new(), path: Vec::new(), references: HashMap::new() };
    compiler.schema(schema)?;
    let mut nodes = compiler.nodes;
    defaults::mark(&mut nodes);
    defaults::complete(&mut nodes);
    Ok(nodes.into())
}

/// What must be there beside certain values, where the branches of a `oneOf` are told apart by those.
fn companions(ways: &Value) -> Option<String> {
    let mut told = Vec::new();
    for way in ways.as_array()? {
        let required = way.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<String> = required.filter_map(Value::as_str).map(|name| format!("{name:?}")).collect();
        let fields = way.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, field) in fields.filter(|_| !required.is_empty()) {
            let values = field.get("enum").and_then(Value::as_array).into_iter().flatten();
            let values: Vec<&str> = values.filter_map(Value::as_str).collect();
            if !values.is_empty() {
                told.push(format!("{} must be there where {name:?} is {}", required.join(", "), values.join(", ")));
            }
        }
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// The properties that each of several branches demands, where that is all they do, as people read it: `uri`, `host and path`.
fn demands(branches: &Value) -> Option<Vec<String>> {
    let demand = |branch: &Value| {
        let keywords = branch.as_object().filter(|keywords| keywords.len() == 1)?;
        let names: Vec<&str> = keywords.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect();
        (!names.is_empty()).then(|| names.join(" and "))
    };
    branches.as_array()?.iter().map(demand).collect()
}

struct Compiler<'a> {
    root: &'a Value,
    nodes: Vec<Node>,
    path: Vec<String>,
    references: HashMap<&'a str, Id>,
}

type Result<T, E = CompileError> = std::result::Result<T, E>;

impl<'a> Compiler<'a> {
    fn error<T>(&self, reason: impl Into<String>) -> Result<T> {
        Err(CompileError { path: format!("/{}", self.path.join("/")), reason: reason.into() })
    }

    /// Runs `f` one step deeper, so that errors tell where.
    fn at<T>(&mut self, step: impl ToString, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.path.len() >= 2 * MAX_DEPTH {
            return self.error("nested too deeply");
        }
        self.path.push(step.to_string());
        let result = f(self);
        self.path.pop();
        result
    }

    fn schema(&mut self, schema: &'a Value) -> Result<Id> {
        let id = self.nodes.len();
        self.nodes.push(Node::default());
        let node = match schema {
            Value::Bool(accept) => Node { never: !accept, ..Node::default() },
            Value::Object(keywords) => self.keywords(keywords, id)?,
            // An empty object may have come as an empty array.
            Value::Array(items) if items.is_empty() => Node::default(),
            _ => return self.error("a schema is an object or a boolean"),
        };
        if let Some(slot) = self.nodes.get_mut(id) {
            *slot = node;
        }
        Ok(id)
    }

    fn keywords(&mut self, keywords: &'a Map<String, Value>, id: Id) -> Result<Node> {
        if self.path.is_empty() {
            self.references.insert("#", id);
        }
        if let Some(reference) = keywords.get("$ref") {
            let reference = self.at("$ref", |c| c.reference(reference))?;
            return Ok(Node { reference: Some(reference), ..Node::default() });
        }
        Ok(Node {
            types: self.types(keywords)?,
            object: self.object(keywords)?,
            array: self.array(keywords)?,
            string: self.string(keywords)?,
            number: self.number(keywords)?,
            one_of_values: self.values(keywords)?,
            all_of: self.list(keywords, "allOf")?,
            any_of: self.any_of(keywords)?,
            one_of: self.list(keywords, "oneOf")?,
            one_of_hint: keywords
                .get("oneOf")
                .and_then(demands)
                .map(|sets| format!("exactly one of these must be there: {}", sets.join(", ")))
                .or_else(|| keywords.get("oneOf").and_then(companions))
                .map(Into::into),
            condition: self.condition(keywords)?,
            not: self.child(keywords, "not")?,
            not_hint: keywords
                .get("not")
                .and_then(|not| demands(not.get("anyOf").unwrap_or(&Value::Array(vec![not.clone()]))))
                .map(|sets| format!("these must not be there together: {}", sets.join(", or ")).into()),
            format: keywords.get("format").and_then(Value::as_str).and_then(Format::from_name),
            constant: keywords.get("const").map(|value| Box::new(value.clone())),
            contains: self.child(keywords, "contains")?,
            ..Node::default()
        })
    }

    /// References within the schema only; each target is compiled once, so that a schema may refer to itself.
    fn reference(&mut self, reference: &'a Value) -> Result<Id> {
        let Some(text) = reference.as_str() else { return self.error("$ref is a string") };
        if let Some(id) = self.references.get(text) {
            return Ok(*id);
        }
        let Some(target) = text.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else {
            return self.error(format!("reference {text} leads nowhere within the schema"));
        };
        self.references.insert(text, self.nodes.len());
        self.schema(target)
    }

    fn child(&mut self, keywords: &'a Map<String, Value>, name: &str) -> Result<Option<Id>> {
        keywords.get(name).map(|schema| self.at(name, |c| c.schema(schema))).transpose()
    }

    fn list(&mut self, keywords: &'a Map<String, Value>, name: &str) -> Result<Box<[Id]>> {
        let Some(list) = keywords.get(name) else { return Ok(Box::default()) };
        self.at(name, |c| {
            let Some(schemas) = list.as_array() else { return c.error("is a list of schemas") };
            schemas.iter().enumerate().map(|(i, schema)| c.at(i, |c| c.schema(schema))).collect()
        })
    }

    fn any_of(&mut self, keywords: &'a Map<String, Value>) -> Result<Option<Box<AnyOf>>> {
        let Some(list) = keywords.get("anyOf") else { return Ok(None) };
        let branches = self.list(keywords, "anyOf")?;
        let hints: Vec<String> = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|branch| branch.get("required"))
            .map(Value::to_string)
            .collect();
        let hint = if hints.is_empty() { None } else { Some(hints.join(" or ").into()) };
        Ok(Some(Box::new(AnyOf { branches, hint })))
    }

    fn condition(&mut self, keywords: &'a Map<String, Value>) -> Result<Option<Condition>> {
        let Some(test) = self.child(keywords, "if")? else { return Ok(None) };
        let then = self.child(keywords, "then")?;
        let otherwise = self.child(keywords, "else")?;
        Ok(Some(Condition { test, then, otherwise }))
    }

    fn types(&mut self, keywords: &Map<String, Value>) -> Result<Box<[Type]>> {
        let names: Vec<&Value> = match keywords.get("type") {
            None => return Ok(Box::default()),
            Some(Value::Array(names)) => names.iter().collect(),
            Some(name) => vec![name],
        };
        names
            .into_iter()
            .map(|name| match name.as_str().and_then(Type::from_name) {
                Some(kind) => Ok(kind),
                None => self.error(format!(
                    "invalid JSON type: {}",
                    name.as_str().map_or_else(|| name.to_string(), str::to_owned)
                )),
            })
            .collect()
    }

    fn values(&self, keywords: &Map<String, Value>) -> Result<Option<Box<[Value]>>> {
        match keywords.get("enum") {
            None => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values.clone().into())),
            Some(other) => self.error(format!("enum: table expected, got {}", lua_type(other))),
        }
    }

    fn count(&self, keywords: &Map<String, Value>, name: &str) -> Result<Option<usize>> {
        let Some(value) = keywords.get(name) else { return Ok(None) };
        match value.as_u64().and_then(|n| usize::try_from(n).ok()) {
            Some(count) => Ok(Some(count)),
            None => self.error(format!("{name} is a whole number")),
        }
    }

    fn amount(&self, keywords: &Map<String, Value>, name: &str) -> Result<Option<f64>> {
        match keywords.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(amount(number))),
            // Draft 4: `exclusiveMinimum: true` sharpens `minimum`.
            Some(Value::Bool(_)) if name.starts_with("exclusive") => Ok(None),
            Some(_) => self.error(format!("{name} is a number")),
        }
    }

    fn names(&self, value: &Value, keyword: &str) -> Result<Box<[Box<str>]>> {
        let wrong = || self.error::<Box<[Box<str>]>>(format!("{keyword}: table expected, got {}", lua_type(value)));
        let unnamed = || self.error(format!("{keyword} is a list of names"));
        match value {
            Value::Array(names) => {
                names.iter().map(|name| name.as_str().map_or_else(unnamed, |name| Ok(name.into()))).collect()
            }
            Value::Object(fields) if fields.is_empty() => Ok(Box::default()),
            _ => wrong(),
        }
    }

    fn map(&self, keywords: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>> {
        match keywords.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(Value::Array(items)) if items.is_empty() => Ok(None),
            Some(_) => self.error(format!("{name} is an object")),
        }
    }

    fn object(&mut self, keywords: &'a Map<String, Value>) -> Result<Option<Box<ObjectRules>>> {
        const OWN: [&str; 7] = [
            "properties",
            "required",
            "dependencies",
            "patternProperties",
            "additionalProperties",
            "minProperties",
            "maxProperties",
        ];
        if !OWN.iter().any(|name| keywords.contains_key(*name)) {
            return Ok(None);
        }
        let required = keywords.get("required").map(|value| self.names(value, "required")).transpose()?;
        let must_be_empty = required.as_ref().is_some_and(|names| names.is_empty());
        let required = required.unwrap_or_default();
        let properties = self.properties(keywords, &required)?;
        let required = required.into_iter().filter(|name| properties.get(name).is_none()).collect();
        let mut dependencies = Vec::new();
        for (name, value) in self.map(keywords, "dependencies")?.into_iter().flatten() {
            let dependency = match value {
                Value::Array(_) => Dependency::Properties(self.names(value, "dependencies")?),
                schema => Dependency::Schema(self.at("dependencies", |c| c.at(name, |c| c.schema(schema)))?),
            };
            dependencies.push((name.as_str().into(), dependency));
        }
        let mut patterns = Vec::new();
        for (source, schema) in self.map(keywords, "patternProperties")?.into_iter().flatten() {
            let pattern = self.pattern(source)?;
            patterns.push((pattern, self.at("patternProperties", |c| c.at(source, |c| c.schema(schema)))?));
        }
        let additional = self.additional(keywords, "additionalProperties")?;
        Ok(Some(Box::new(ObjectRules {
            properties,
            required,
            must_be_empty,
            dependencies: dependencies.into(),
            patterns: patterns.into(),
            additional,
            min: self.count(keywords, "minProperties")?.unwrap_or(0),
            max: self.count(keywords, "maxProperties")?,
        })))
    }

    fn properties(&mut self, keywords: &'a Map<String, Value>, required: &[Box<str>]) -> Result<Properties> {
        let mut written = Vec::new();
        for (name, schema) in self.map(keywords, "properties")?.into_iter().flatten() {
            let id = self.at("properties", |c| c.at(name, |c| c.schema(schema)))?;
            let required = required.iter().any(|r| **r == **name);
            written.push((name.as_str().into(), Property { id, required, default: schema.get("default").cloned() }));
        }
        Ok(Properties::from_written(written))
    }

    fn additional(&mut self, keywords: &'a Map<String, Value>, name: &str) -> Result<Additional> {
        Ok(match keywords.get(name) {
            None | Some(Value::Bool(true)) => Additional::Allowed,
            Some(Value::Bool(false)) => Additional::Forbidden,
            Some(schema) => Additional::Schema(self.at(name, |c| c.schema(schema))?),
        })
    }

    fn array(&mut self, keywords: &'a Map<String, Value>) -> Result<Option<Box<ArrayRules>>> {
        const OWN: [&str; 5] = ["items", "minItems", "maxItems", "uniqueItems", "additionalItems"];
        if !OWN.iter().any(|name| keywords.contains_key(*name)) {
            return Ok(None);
        }
        let mut rules = ArrayRules {
            min: self.count(keywords, "minItems")?.unwrap_or(0),
            max: self.count(keywords, "maxItems")?,
            unique: keywords.get("uniqueItems").and_then(Value::as_bool).unwrap_or(false),
            ..ArrayRules::default()
        };
        match keywords.get("items") {
            Some(Value::Array(_)) => {
                rules.tuple = self.list(keywords, "items")?;
                rules.additional = self.additional(keywords, "additionalItems")?;
            }
            Some(_) => rules.items = self.child(keywords, "items")?,
            None => {}
        }
        Ok(Some(Box::new(rules)))
    }

    fn pattern(&self, source: &str) -> Result<Pattern> {
        Pattern::new(source).or_else(|error| self.error(format!("pattern {source}: {error}")))
    }

    fn string(&self, keywords: &Map<String, Value>) -> Result<Option<Box<StringRules>>> {
        let pattern = match keywords.get("pattern") {
            None => None,
            Some(Value::String(source)) => Some(self.pattern(source)?),
            Some(_) => return self.error("pattern is a string"),
        };
        let rules = StringRules {
            min: self.count(keywords, "minLength")?.unwrap_or(0),
            max: self.count(keywords, "maxLength")?,
            pattern,
        };
        let any = rules.min > 0 || rules.max.is_some() || rules.pattern.is_some();
        Ok(any.then(|| Box::new(rules)))
    }

    fn number(&self, keywords: &Map<String, Value>) -> Result<Option<Box<NumberRules>>> {
        let mut rules = NumberRules {
            minimum: self.amount(keywords, "minimum")?,
            maximum: self.amount(keywords, "maximum")?,
            above: self.amount(keywords, "exclusiveMinimum")?,
            below: self.amount(keywords, "exclusiveMaximum")?,
            multiple_of: self.amount(keywords, "multipleOf")?,
        };
        if keywords.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
            rules.above = rules.minimum.take();
        }
        if keywords.get("exclusiveMaximum") == Some(&Value::Bool(true)) {
            rules.below = rules.maximum.take();
        }
        let any = [rules.minimum, rules.maximum, rules.above, rules.below, rules.multiple_of];
        Ok(any.iter().any(Option::is_some).then(|| Box::new(rules)))
    }
}
