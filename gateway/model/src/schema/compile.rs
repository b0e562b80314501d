//! From a schema's JSON to the nodes that the walk runs on.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::CompileError;
use super::equal::amount;
use super::format::Format;
use super::pattern::Pattern;
use super::text::lua_type;

/// Where a node lies in the schema's table.
pub(super) type Id = usize;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 64;

/// One schema, its sub-schemas by position.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Empty: any type.
    pub(super) types: Box<[Type]>,
    pub(super) object: Option<Box<ObjectRules>>,
    pub(super) array: Option<Box<ArrayRules>>,
    pub(super) string: Option<Box<StringRules>>,
    pub(super) number: Option<Box<NumberRules>>,
    pub(super) one_of_values: Option<Box<[Value]>>,
    pub(super) all_of: Box<[Id]>,
    pub(super) any_of: Option<Box<AnyOf>>,
    pub(super) one_of: Box<[Id]>,
    /// What `one_of` asks for, where its branches only ask for properties.
    pub(super) one_of_hint: Option<Box<str>>,
    pub(super) condition: Option<Condition>,
    pub(super) not: Option<Id>,
    /// What `not` keeps apart, where it does that to properties.
    pub(super) not_hint: Option<Box<str>>,
    pub(super) format: Option<Format>,
    pub(super) constant: Option<Box<Value>>,
    pub(super) contains: Option<Id>,
    /// `$ref`: everything else is elsewhere.
    pub(super) reference: Option<Id>,
    /// The schema `false`.
    pub(super) never: bool,
    /// Whether a walk may write a default somewhere below. A branch that does is tried on a copy.
    pub(super) fills: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Object,
    Array,
    /// Either of the two.
    Table,
    String,
    Number,
    Integer,
    Boolean,
    Null,
    /// A type of Lua that no JSON has.
    Function,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) properties: Properties,
    /// Required names that are no properties.
    pub(super) required: Box<[Box<str>]>,
    /// `required: []`.
    pub(super) must_be_empty: bool,
    pub(super) dependencies: Box<[(Box<str>, Dependency)]>,
    pub(super) patterns: Box<[(Pattern, Id)]>,
    pub(super) additional: Additional,
    pub(super) min: usize,
    pub(super) max: Option<usize>,
}

/// Properties by name. Objects have fewer fields than schemas have properties: the fields are looked up here, and only
/// those properties looked up there that must be there or have a default.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// Sorted by name.
    by_name: Box<[(Box<str>, Property)]>,
    /// Positions of those with a default or a duty, as they were written.
    expected: Box<[usize]>,
}

impl Properties {
    pub(super) fn get(&self, name: &str) -> Option<&Property> {
        let at = self.by_name.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.by_name.get(at).map(|(_, property)| property)
    }

    pub(super) fn expected(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.expected.iter().filter_map(|at| self.by_name.get(*at)).map(|(name, property)| (&**name, property))
    }

    fn iter(&self) -> impl Iterator<Item = &Property> {
        self.by_name.iter().map(|(_, property)| property)
    }

    fn from_written(written: Vec<(Box<str>, Property)>) -> Self {
        let expected: Vec<Box<str>> = written
            .iter()
            .filter(|(_, property)| property.required || property.default.is_some())
            .map(|(name, _)| name.clone())
            .collect();
        let mut by_name = written;
        by_name.sort_by(|a, b| a.0.cmp(&b.0));
        let expected = expected.iter().filter_map(|name| by_name.iter().position(|(known, _)| known == name)).collect();
        Properties { by_name: by_name.into(), expected }
    }
}

#[derive(Debug)]
pub(super) struct Property {
    pub(super) id: Id,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
}

#[derive(Debug)]
pub(super) enum Dependency {
    Properties(Box<[Box<str>]>),
    Schema(Id),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Additional {
    #[default]
    Allowed,
    Forbidden,
    Schema(Id),
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    pub(super) unique: bool,
    pub(super) items: Option<Id>,
    pub(super) tuple: Box<[Id]>,
    pub(super) additional: Additional,
}

#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    pub(super) pattern: Option<Pattern>,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) below: Option<f64>,
    pub(super) multiple_of: Option<f64>,
}

#[derive(Debug)]
pub(super) struct AnyOf {
    pub(super) branches: Box<[Id]>,
    /// The `required` lists of the branches that have one, as the message shows them.
    pub(super) hint: Option<Box<str>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    pub(super) test: Id,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
}

/// Compiles a schema; its root becomes node 0.
pub(super) fn compile(schema: &Value) -> Result<Box<[Node]>, CompileError> {
    let mut compiler = Compiler { root: schema, nodes: Vec::new(), path: Vec::new(), references: HashMap::new() };
    compiler.schema(schema)?;
    let mut nodes = compiler.nodes;
    mark_filling(&mut nodes);
    complete_defaults(&mut nodes);
    Ok(nodes.into())
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
                .map(|sets| format!("exactly one of these must be there: {}", sets.join(", ")).into()),
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

impl Type {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "table" => Self::Table,
            "string" => Self::String,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "null" => Self::Null,
            "function" => Self::Function,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::Table => "table",
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Null => "null",
            Self::Function => "function",
        }
    }
}

impl Node {
    fn children(&self) -> Vec<Id> {
        let mut ids: Vec<Id> = self.all_of.iter().chain(&self.one_of).copied().collect();
        ids.extend(self.any_of.iter().flat_map(|any| any.branches.iter().copied()));
        ids.extend(self.condition.iter().flat_map(|c| [Some(c.test), c.then, c.otherwise]).flatten());
        ids.extend([self.not, self.contains, self.reference].into_iter().flatten());
        let schema = |additional: Additional| match additional {
            Additional::Schema(id) => Some(id),
            _ => None,
        };
        if let Some(rules) = &self.object {
            ids.extend(rules.properties.iter().map(|p| p.id));
            ids.extend(rules.patterns.iter().map(|(_, id)| *id));
            ids.extend(schema(rules.additional));
            ids.extend(rules.dependencies.iter().filter_map(|(_, d)| match d {
                Dependency::Schema(id) => Some(*id),
                Dependency::Properties(_) => None,
            }));
        }
        if let Some(rules) = &self.array {
            ids.extend(rules.items);
            ids.extend(rules.tuple.iter());
            ids.extend(schema(rules.additional));
        }
        ids
    }
}

/// Sets `fills`, until nothing changes any more: references may go in circles.
fn mark_filling(nodes: &mut [Node]) {
    let filling =
        |node: &Node| node.object.as_ref().is_some_and(|rules| rules.properties.iter().any(|p| p.default.is_some()));
    let mut changed = true;
    let mut fills: Vec<bool> = nodes.iter().map(filling).collect();
    let children: Vec<Vec<Id>> = nodes.iter().map(Node::children).collect();
    while changed {
        changed = false;
        // Children mostly lie behind their parents.
        for (id, ids) in children.iter().enumerate().rev() {
            let below = ids.iter().any(|child| fills.get(*child).copied().unwrap_or(false));
            if let Some(fill) = fills.get_mut(id)
                && below
                && !*fill
            {
                *fill = true;
                changed = true;
            }
        }
    }
    for (node, fill) in nodes.iter_mut().zip(fills) {
        node.fills = fill;
    }
}

/// Fills the defaults inside of defaults, so that a value that was filled once is not filled any further.
fn complete_defaults(nodes: &mut [Node]) {
    for id in (0..nodes.len()).rev() {
        let Some(rules) = nodes.get(id).and_then(|node| node.object.as_ref()) else { continue };
        let filled: Vec<(usize, Value)> = rules
            .properties
            .iter()
            .enumerate()
            .filter(|(_, property)| nodes.get(property.id).is_some_and(|node| node.fills))
            .filter_map(|(at, property)| {
                let mut value = property.default.clone()?;
                super::walk::check_node(nodes, property.id, &mut value).ok()?;
                Some((at, value))
            })
            .collect();
        let Some(rules) = nodes.get_mut(id).and_then(|node| node.object.as_mut()) else { continue };
        for (at, value) in filled {
            if let Some((_, property)) = rules.properties.by_name.get_mut(at) {
                property.default = Some(value);
            }
        }
    }
}
