//! Runs a compiled schema over a value: checks, fills defaults, words the first failure.

use serde_json::{Map, Number, Value};

use super::equal::{amount, equal, twins};
use super::node::{Additional, ArrayRules, Dependency, Id, Node, NumberRules, ObjectRules, StringRules, Type};
use super::text::{lua_type, number as spelled, quoted};
use super::{MOST_VIOLATIONS, Violation};
use crate::secret::is_reference;

/// Deepest nesting of schemas in one walk: references may refer to themselves.
const MAX_DEPTH: usize = 160;

/// Schemas visited in one walk: alternatives that refer to themselves multiply.
const MAX_VISITS: usize = 4_000_000;

/// Values of an `enum` that are shown.
const ENUM_SHOWN: usize = 30;

/// Checks `value` against the root.
pub(super) fn check(nodes: &[Node], value: &mut Value) -> Result<(), Violation> {
    check_node(nodes, 0, value)
}

/// Checks `value` against the root; a reference to a secret is a text like others.
pub(super) fn check_untrusted(nodes: &[Node], value: &mut Value) -> Result<(), Violation> {
    Walk { references: false, ..Walk::over(nodes) }.run(0, value)
}

/// All that is wrong with `value`.
pub(super) fn violations(nodes: &[Node], value: &mut Value) -> Vec<Violation> {
    match (Walk { all: true, ..Walk::over(nodes) }).node(0, value) {
        Ok(()) => Vec::new(),
        Err(mut fail) => {
            fail.0.truncate(MOST_VIOLATIONS);
            fail.0
        }
    }
}

/// Checks `value` against one node.
pub(super) fn check_node(nodes: &[Node], id: Id, value: &mut Value) -> Result<(), Violation> {
    Walk::over(nodes).run(id, value)
}

impl Violation {
    fn unworded() -> Self {
        Violation {
            message: "invalid value".into(),
            path: String::new(),
            code: "invalid",
            reason: "invalid value".into(),
        }
    }
}

struct Walk<'s> {
    nodes: &'s [Node],
    /// Above 0 nobody will read the words: none are made.
    quiet: usize,
    /// Goes on after a failure.
    all: bool,
    depth: usize,
    visits: usize,
    /// Texts that refer to secrets pass as what they lead to.
    references: bool,
}

/// A failure, or several where all are looked for; without words where the walk is quiet.
struct Fail(Vec<Violation>);

type Verdict = Result<(), Fail>;

impl Fail {
    /// The same failure seen from one level further out.
    fn within(self, step: &str, word: impl Fn(&str) -> String) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        let mut fail = self.reworded(word);
        for violation in &mut fail.0 {
            violation.path = format!("/{step}{}", violation.path);
        }
        fail
    }

    fn reworded(mut self, word: impl Fn(&str) -> String) -> Self {
        for violation in &mut self.0 {
            violation.message = word(&violation.message);
        }
        self
    }

    fn verdict(self) -> Verdict {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl<'s> Walk<'s> {
    fn over(nodes: &'s [Node]) -> Self {
        Walk { nodes, quiet: 0, all: false, depth: 0, visits: MAX_VISITS, references: true }
    }

    fn run(mut self, id: Id, value: &mut Value) -> Result<(), Violation> {
        // A failure is always worded while `quiet` is 0.
        self.node(id, value).map_err(|fail| fail.0.into_iter().next().unwrap_or_else(Violation::unworded))
    }

    fn fail(&self, code: &'static str, word: impl FnOnce() -> String) -> Verdict {
        Err(self.failure(code, word))
    }

    fn failure(&self, code: &'static str, word: impl FnOnce() -> String) -> Fail {
        self.explained(code, None, word)
    }

    /// A failure with a better explanation for people than its words.
    fn explained(&self, code: &'static str, reason: Option<&str>, word: impl FnOnce() -> String) -> Fail {
        if self.quiet > 0 {
            return Fail(Vec::new());
        }
        let message = word();
        let reason = reason.map_or_else(|| message.clone(), str::to_owned);
        Fail(vec![Violation { message, path: String::new(), code, reason }])
    }

    /// Keeps a failure and goes on, where all are looked for; ends the walk where one is enough, or enough were found.
    fn gather(&self, fails: &mut Fail, verdict: Verdict) -> Verdict {
        let Err(fail) = verdict else { return Ok(()) };
        if !self.all || self.quiet > 0 {
            return Err(fail);
        }
        fails.0.extend(fail.0);
        if fails.0.len() < MOST_VIOLATIONS { Ok(()) } else { Err(Fail(std::mem::take(&mut fails.0))) }
    }

    fn node(&mut self, id: Id, value: &mut Value) -> Verdict {
        // Ids come from the compiler and lie in the table.
        let Some(node) = self.nodes.get(id) else { return Ok(()) };
        if self.depth >= MAX_DEPTH {
            return self.fail("limit", || "nested too deeply".into());
        }
        let Some(visits) = self.visits.checked_sub(1) else {
            return self.fail("limit", || "too large to be checked".into());
        };
        self.visits = visits;
        self.depth += 1;
        let verdict = match node.reference {
            Some(target) => self.node(target, value),
            None => self.keywords(node, value),
        };
        self.depth -= 1;
        verdict
    }

    fn keywords(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        if node.never {
            return self.fail("false", || "expectation failed".into());
        }
        self.types(node, value)?;
        if let Value::String(text) = value
            && self.references
            && (node.types.is_empty() || node.types.contains(&Type::String))
            && is_reference(text)
        {
            return Ok(());
        }
        let mut fails = Fail(Vec::new());
        let verdict = self.containers(node, value);
        self.gather(&mut fails, verdict)?;
        let verdict = self.scalars(node, value);
        self.gather(&mut fails, verdict)?;
        let verdict = self.combinations(node, value);
        self.gather(&mut fails, verdict)?;
        let verdict = self.last_rules(node, value);
        self.gather(&mut fails, verdict)?;
        fails.verdict()
    }

    fn scalars(&self, node: &'s Node, value: &Value) -> Verdict {
        match value {
            Value::String(text) => node.string.as_ref().map_or(Ok(()), |rules| self.string(rules, text))?,
            Value::Number(number) => node.number.as_ref().map_or(Ok(()), |rules| self.number(rules, number))?,
            _ => {}
        }
        if let Some(values) = &node.one_of_values
            && !values.iter().any(|allowed| equal(allowed, value))
        {
            let allowed: Vec<String> = values.iter().take(ENUM_SHOWN).map(Value::to_string).collect();
            let more = if values.len() > ENUM_SHOWN { ", …" } else { "" };
            let reason = format!("expected one of {}{more}", allowed.join(", "));
            return Err(self.explained("enum", Some(&reason), || "matches none of the enum values".into()));
        }
        Ok(())
    }

    fn last_rules(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        if let (Some(format), Value::String(text)) = (node.format, &*value)
            && !format.fits(text)
        {
            return self.fail("format", || format!("expect valid {} format but got: {text}", format.name()));
        }
        if let Some(constant) = &node.constant
            && !equal(constant, value)
        {
            return self.fail("const", || "failed to check const value".into());
        }
        self.contains(node, value)
    }

    /// The type, and the value brought into its form: `[]` for an empty object becomes `{}`, `1.0` for an integer `1`.
    fn types(&mut self, node: &Node, value: &mut Value) -> Verdict {
        if node.types.is_empty() {
            return Ok(());
        }
        if !node.types.iter().any(|kind| fits(*kind, value)) {
            return self.fail("type", || {
                let names: Vec<&str> = node.types.iter().map(|kind| kind.name()).collect();
                let one_of = if names.len() > 1 { "one of " } else { "" };
                format!("wrong type: expected {one_of}{}, got {}", names.join(", "), lua_type(value))
            });
        }
        match (&*node.types, &*value) {
            ([Type::Object], Value::Array(_)) => *value = Value::Object(Map::new()),
            ([Type::Array], Value::Object(_)) => *value = Value::Array(Vec::new()),
            ([Type::Integer], Value::Number(number)) => {
                if let Some(plain) = plain_integer(number) {
                    *value = Value::Number(plain);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn containers(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        if let Some(rules) = &node.object {
            match value {
                Value::Object(fields) => self.object(rules, fields)?,
                Value::Array(items) if items.is_empty() => {
                    let mut fields = Map::new();
                    self.object(rules, &mut fields)?;
                    if !fields.is_empty() {
                        *value = Value::Object(fields);
                    }
                }
                _ => {}
            }
        }
        if let Some(rules) = &node.array {
            match value {
                Value::Array(items) => self.array(rules, items)?,
                Value::Object(fields) if fields.is_empty() => self.array(rules, &mut Vec::new())?,
                _ => {}
            }
        }
        Ok(())
    }

    fn object(&mut self, rules: &'s ObjectRules, fields: &mut Map<String, Value>) -> Verdict {
        let mut unknown = false;
        let mut fails = Fail(Vec::new());
        for (name, value) in fields.iter_mut() {
            match rules.properties.get(name) {
                Some(property) => {
                    let verdict = self.node(property.id, value).map_err(|fail| {
                        fail.within(name, |inner| format!("property \"{name}\" validation failed: {inner}"))
                    });
                    self.gather(&mut fails, verdict)?;
                }
                None => unknown = true,
            }
        }
        for (name, property) in rules.properties.expected() {
            if fields.contains_key(name) {
                continue;
            }
            match &property.default {
                Some(default) => {
                    fields.insert(name.to_owned(), default.clone());
                }
                None => self.gather(&mut fails, self.required(name))?,
            }
        }
        for name in rules.required.iter().filter(|name| !fields.contains_key(&***name)) {
            self.gather(&mut fails, self.required(name))?;
        }
        if rules.must_be_empty && !fields.is_empty() {
            let verdict = self.fail("required", || "the input data should be an empty table".into());
            self.gather(&mut fails, verdict)?;
        }
        let verdict = self.dependencies(rules, fields);
        self.gather(&mut fails, verdict)?;
        if unknown || !rules.patterns.is_empty() {
            let verdict = self.other_fields(rules, fields);
            self.gather(&mut fails, verdict)?;
        }
        self.gather(&mut fails, self.property_count(rules, fields.len()))?;
        fails.verdict()
    }

    fn property_count(&self, rules: &ObjectRules, count: usize) -> Verdict {
        if count < rules.min {
            let min = rules.min;
            return self.fail("minProperties", || format!("expect object to have at least {min} properties"));
        }
        if let Some(max) = rules.max
            && count > max
        {
            return self.fail("maxProperties", || format!("expect object to have at most {max} properties"));
        }
        Ok(())
    }

    fn required(&self, name: &str) -> Verdict {
        self.fail("required", || format!("property \"{name}\" is required"))
    }

    fn dependencies(&mut self, rules: &'s ObjectRules, fields: &mut Map<String, Value>) -> Verdict {
        for (name, dependency) in &rules.dependencies {
            if !fields.contains_key(&**name) {
                continue;
            }
            match dependency {
                Dependency::Properties(needed) => {
                    if let Some(absent) = needed.iter().find(|needed| !fields.contains_key(&***needed)) {
                        return self.fail("dependencies", || {
                            format!("property \"{absent}\" is required when \"{name}\" is set")
                        });
                    }
                }
                Dependency::Schema(id) => {
                    let mut whole = Value::Object(std::mem::take(fields));
                    let verdict = self.node(*id, &mut whole);
                    if let Value::Object(whole) = whole {
                        *fields = whole;
                    }
                    verdict.map_err(|fail| {
                        fail.reworded(|inner| format!("failed to validate dependent schema for \"{name}\": {inner}"))
                    })?;
                }
            }
        }
        Ok(())
    }

    /// `patternProperties` and `additionalProperties`.
    fn other_fields(&mut self, rules: &'s ObjectRules, fields: &mut Map<String, Value>) -> Verdict {
        if rules.patterns.is_empty() && rules.additional == Additional::Allowed {
            return Ok(());
        }
        let mut fails = Fail(Vec::new());
        for (name, value) in fields.iter_mut() {
            let verdict = self.other_field(rules, name, value);
            self.gather(&mut fails, verdict)?;
        }
        fails.verdict()
    }

    fn other_field(&mut self, rules: &'s ObjectRules, name: &str, value: &mut Value) -> Verdict {
        let mut known = rules.properties.get(name).is_some();
        for (pattern, id) in &rules.patterns {
            if pattern.is_match(name) {
                known = true;
                self.node(*id, value).map_err(|fail| {
                    fail.within(name, |inner| {
                        format!("failed to validate {name} (matching \"{}\"): {inner}", pattern.source())
                    })
                })?;
            }
        }
        match rules.additional {
            _ if known => Ok(()),
            Additional::Allowed => Ok(()),
            Additional::Forbidden => {
                let fail =
                    self.failure("additionalProperties", || format!("additional properties forbidden, found {name}"));
                Err(fail.within(name, str::to_owned))
            }
            Additional::Schema(id) => self.node(id, value).map_err(|fail| {
                fail.within(name, |inner| format!("failed to validate additional property {name}: {inner}"))
            }),
        }
    }

    fn array(&mut self, rules: &'s ArrayRules, items: &mut [Value]) -> Verdict {
        let count = items.len();
        if count < rules.min {
            let min = rules.min;
            return self.fail("minItems", || format!("expect array to have at least {min} items"));
        }
        if let Some(max) = rules.max
            && count > max
        {
            return self.fail("maxItems", || format!("expect array to have at most {max} items"));
        }
        if rules.unique
            && let Some((i, j)) = twins(items)
        {
            return self
                .fail("uniqueItems", || format!("expected unique items but items {} and {} are equal", i + 1, j + 1));
        }
        let tuple = !rules.tuple.is_empty();
        let mut fails = Fail(Vec::new());
        for (at, item) in items.iter_mut().enumerate() {
            let i = at + 1;
            let (id, additional) = match (rules.tuple.get(at).copied().or(rules.items), rules.additional) {
                (Some(id), _) => (id, false),
                (None, Additional::Schema(id)) => (id, true),
                (None, Additional::Forbidden) if tuple => {
                    return self.fail("additionalItems", || "found unexpected extra items in array".into());
                }
                (None, _) => break,
            };
            let kind = if additional { "additional item" } else { "item" };
            let verdict = self.node(id, item).map_err(|fail| {
                fail.within(&at.to_string(), |inner| format!("failed to validate {kind} {i}: {inner}"))
            });
            self.gather(&mut fails, verdict)?;
        }
        fails.verdict()
    }

    fn string(&self, rules: &StringRules, text: &str) -> Verdict {
        if rules.min > 0 || rules.max.is_some() {
            let length = text.chars().count();
            if length < rules.min {
                let min = rules.min;
                return self.fail("minLength", || format!("string too short, expected at least {min}, got {length}"));
            }
            if let Some(max) = rules.max
                && length > max
            {
                return self.fail("maxLength", || format!("string too long, expected at most {max}, got {length}"));
            }
        }
        match &rules.pattern {
            Some(pattern) if !pattern.is_match(text) => self.fail("pattern", || {
                format!("failed to match pattern {} with {}", quoted(pattern.source()), quoted(text))
            }),
            _ => Ok(()),
        }
    }

    fn number(&self, rules: &NumberRules, number: &Number) -> Verdict {
        let x = amount(number);
        let bounds: [(Option<f64>, &'static str, &str, bool); 4] = [
            (rules.minimum, "minimum", "at least", rules.minimum.is_some_and(|min| x < min)),
            (rules.maximum, "maximum", "at most", rules.maximum.is_some_and(|max| x > max)),
            (rules.above, "exclusiveMinimum", "greater than", rules.above.is_some_and(|min| x <= min)),
            (rules.below, "exclusiveMaximum", "smaller than", rules.below.is_some_and(|max| x >= max)),
        ];
        for (bound, code, words, broken) in bounds {
            if let (Some(bound), true) = (bound, broken) {
                return self.fail(code, || format!("expected {} to be {words} {}", spelled(x), spelled(bound)));
            }
        }
        match rules.multiple_of {
            Some(step) if (x / step).fract() != 0.0 => {
                self.fail("multipleOf", || format!("expected {} to be a multiple of {}", spelled(x), spelled(step)))
            }
            _ => Ok(()),
        }
    }

    fn combinations(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        let mut fails = Fail(Vec::new());
        for (i, id) in node.all_of.iter().enumerate() {
            let verdict =
                self.node(*id, value).map_err(|fail| fail.reworded(|inner| format!("allOf {} failed: {inner}", i + 1)));
            self.gather(&mut fails, verdict)?;
        }
        if let Some(any) = &node.any_of
            && !any.branches.iter().any(|id| self.try_on(*id, value))
        {
            let verdict = self.fail("anyOf", || match &any.hint {
                Some(hint) => format!("object matches none of the required: {hint}"),
                None => "object matches none of the required".into(),
            });
            self.gather(&mut fails, verdict)?;
        }
        let verdict = self.one_of(node, value);
        self.gather(&mut fails, verdict)?;
        let verdict = self.condition(node, value);
        self.gather(&mut fails, verdict)?;
        if let Some(id) = node.not
            && self.holds(id, value)
        {
            let words = || "value wasn't supposed to match schema".into();
            let verdict = Err(self.explained("not", node.not_hint.as_deref(), words));
            self.gather(&mut fails, verdict)?;
        }
        fails.verdict()
    }

    fn condition(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        let Some(condition) = node.condition else { return Ok(()) };
        let holds = self.holds(condition.test, value);
        let (branch, code, words) = match holds {
            true => (condition.then, "then", "then clause did not match"),
            false => (condition.otherwise, "else", "else clause did not match"),
        };
        let Some(id) = branch else { return Ok(()) };
        self.node(id, value).map_err(|fail| {
            let mut fail = fail.reworded(|_| words.to_owned());
            fail.0.iter_mut().for_each(|violation| violation.code = code);
            fail
        })
    }

    fn one_of(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        let (branches, hint) = (&node.one_of, node.one_of_hint.as_deref());
        let mut matched = None;
        for (i, id) in branches.iter().enumerate() {
            if !self.holds(*id, value) {
                continue;
            }
            if let Some((first, _)) = matched {
                let words = || {
                    format!("value should match only one schema, but matches both schemas {} and {}", first + 1, i + 1)
                };
                return Err(self.explained("oneOf", hint, words));
            }
            matched = Some((i, *id));
        }
        match matched {
            Some((_, id)) => {
                if self.nodes.get(id).is_some_and(|node| node.fills) {
                    self.try_on(id, value);
                }
                Ok(())
            }
            None if branches.is_empty() => Ok(()),
            None => {
                let words = || "value should match only one schema, but matches none".into();
                Err(self.explained("oneOf", hint, words))
            }
        }
    }

    fn contains(&mut self, node: &'s Node, value: &mut Value) -> Verdict {
        let Some(id) = node.contains else { return Ok(()) };
        let found = match value {
            Value::Array(items) => items.iter_mut().any(|item| self.holds(id, item)),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        };
        if found { Ok(()) } else { self.fail("contains", || "failed to check contains".into()) }
    }

    /// Whether `value` fits; it is left without defaults.
    fn holds(&mut self, id: Id, value: &mut Value) -> bool {
        self.quiet += 1;
        let fits = if self.nodes.get(id).is_some_and(|node| node.fills) {
            self.node(id, &mut value.clone()).is_ok()
        } else {
            self.node(id, value).is_ok()
        };
        self.quiet -= 1;
        fits
    }

    /// Whether `value` fits; only then does it get the defaults of that branch.
    fn try_on(&mut self, id: Id, value: &mut Value) -> bool {
        if !self.nodes.get(id).is_some_and(|node| node.fills) {
            return self.holds(id, value);
        }
        self.quiet += 1;
        let mut copy = value.clone();
        let fits = self.node(id, &mut copy).is_ok();
        if fits {
            *value = copy;
        }
        self.quiet -= 1;
        fits
    }
}

fn fits(kind: Type, value: &Value) -> bool {
    match (kind, value) {
        (Type::Object | Type::Table, Value::Object(_)) | (Type::Array | Type::Table, Value::Array(_)) => true,
        (Type::Object, Value::Array(items)) => items.is_empty(),
        (Type::Array, Value::Object(fields)) => fields.is_empty(),
        (Type::String, Value::String(_)) | (Type::Number, Value::Number(_)) => true,
        (Type::Boolean, Value::Bool(_)) | (Type::Null, Value::Null) => true,
        (Type::Integer, Value::Number(number)) => number.is_i64() || number.is_u64() || amount(number).fract() == 0.0,
        _ => false,
    }
}

/// An integer that is written otherwise (`1.0`, `1e3`), written plainly. `None` where it is plain already, or too
/// large for that.
fn plain_integer(number: &Number) -> Option<Number> {
    if number.is_i64() || number.is_u64() {
        return None;
    }
    /// Up to here doubles hold every integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let x = amount(number);
    #[allow(clippy::cast_possible_truncation)] // bounded by EXACT
    (x.abs() <= EXACT).then(|| Number::from(x as i64))
}
