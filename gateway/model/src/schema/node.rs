//! A schema as the walk runs on it: a table of nodes, of which each knows its sub-schemas by their place.

use serde_json::Value;

use super::format::Format;
use super::pattern::Pattern;

/// Where a node lies in the schema's table.
pub(super) type Id = usize;

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

    /// Replaces defaults, by the positions that [`Properties::iter`] has.
    pub(super) fn set_defaults(&mut self, defaults: Vec<(usize, Value)>) {
        for (at, value) in defaults {
            if let Some((_, property)) = self.by_name.get_mut(at) {
                property.default = Some(value);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Property> {
        self.by_name.iter().map(|(_, property)| property)
    }

    pub(super) fn from_written(written: Vec<(Box<str>, Property)>) -> Self {
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

impl Type {
    pub(super) fn from_name(name: &str) -> Option<Self> {
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
    pub(super) fn children(&self) -> Vec<Id> {
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
