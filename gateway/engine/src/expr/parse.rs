//! The expression language: JSON to a compiled [`Expr`].

use serde_json::Value as Json;

use super::jsonpath::BadPath;
use super::value::number;
use super::var::Var;
use crate::cidr::{BadAddress, IpSet};
use crate::regex::{Regex, RegexError};

/// Lists inside lists that an expression may have.
const MAX_DEPTH: usize = 32;

/// A compiled expression: `[["arg_a","==","1"], ["OR", […], […]]]`.
#[derive(Clone, Debug)]
pub struct Expr {
    pub(super) root: Node,
    needs_body: bool,
}

/// Why an expression was refused. The texts are those of APISIX.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExprError {
    /// A condition of fewer than two items, or a logic word with fewer than two expressions.
    #[error("rule too short")]
    TooShort,
    /// No operator of that name.
    #[error("invalid operator '{0}'")]
    Operator(String),
    /// `!` without an operator and a value behind it.
    #[error("bad 'not' expression")]
    BadNot,
    /// A condition where a list of conditions is expected.
    #[error("rule should be wrapped inside brackets")]
    Unwrapped,
    /// Anything else that is no expression; the text says what.
    #[error("invalid expression: {0}")]
    Invalid(String),
    /// An entry of `ipmatch`.
    #[error(transparent)]
    Address(#[from] BadAddress),
}

impl From<BadPath> for ExprError {
    fn from(error: BadPath) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<RegexError> for ExprError {
    fn from(error: RegexError) -> Self {
        Self::Invalid(format!("bad regular expression: {error}"))
    }
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    All(Box<[Node]>),
    Any(Box<[Node]>),
    Not(Box<Node>),
    Test(Box<Test>),
}

#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) var: Var,
    pub(super) op: Op,
}

#[derive(Clone, Debug)]
pub(super) enum Op {
    Equal(Right),
    Unequal(Right),
    /// `None`: the right side is no number, so nothing compares.
    Compare(Order, Option<f64>),
    Matches(Regex),
    In(Box<[Right]>),
    Has(Right),
    Within(IpSet),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

/// The right side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Right {
    /// `null`: equal to no value.
    Absent,
    Text(Box<[u8]>),
    Num(f64),
    Bool(bool),
    /// A list or an object: equal to nothing.
    Nothing,
}

impl Expr {
    /// Compiles a list of conditions. The empty list is true.
    ///
    /// # Errors
    /// See [`ExprError`].
    pub fn parse(json: &Json) -> Result<Self, ExprError> {
        let root = match json {
            Json::Array(items) => list(items, 0)?,
            // Lua cannot tell an empty object from an empty list.
            Json::Object(map) if map.is_empty() => Node::All(Box::new([])),
            _ => return Err(ExprError::Unwrapped),
        };
        let needs_body = root.any_var(&|var| var.needs_body());
        Ok(Self { root, needs_body })
    }

    /// Whether the request's body must be collected before [`Self::eval`].
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.needs_body
    }

    /// Whether some variable of the expression answers yes.
    pub fn any_var(&self, asks: impl Fn(&Var) -> bool) -> bool {
        self.root.any_var(&asks)
    }

    /// Whether the expression is true for every request.
    #[must_use]
    pub fn is_always(&self) -> bool {
        matches!(&self.root, Node::All(nodes) if nodes.is_empty())
    }

    /// The first condition that must hold and says that a variable, which needs no body, is exactly this text: what a
    /// router can index many routes of one path by.
    #[must_use]
    pub fn first_equality(&self) -> Option<(&Var, &[u8])> {
        self.root.first_equality()
    }
}

impl Node {
    fn any_var(&self, asks: &dyn Fn(&Var) -> bool) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|n| n.any_var(asks)),
            Self::Not(node) => node.any_var(asks),
            Self::Test(test) => asks(&test.var),
        }
    }

    fn first_equality(&self) -> Option<(&Var, &[u8])> {
        match self {
            Self::All(nodes) => nodes.iter().find_map(Self::first_equality),
            Self::Test(test) => match &test.op {
                Op::Equal(Right::Text(text)) if !test.var.needs_body() => Some((&test.var, text)),
                _ => None,
            },
            Self::Any(_) | Self::Not(_) => None,
        }
    }
}

/// A list whose items are conditions, or a logic word and its operands.
fn list(items: &[Json], depth: usize) -> Result<Node, ExprError> {
    match items.split_first() {
        Some((Json::String(word), operands)) => logic(word, operands, depth)?.ok_or(ExprError::Unwrapped),
        _ => Ok(Node::All(all(items, depth)?)),
    }
}

/// `None` when the word is no logic word.
fn logic(word: &str, operands: &[Json], depth: usize) -> Result<Option<Node>, ExprError> {
    let (negated, word) = word.strip_prefix('!').map_or((false, word), |word| (true, word));
    let join = match word.to_ascii_uppercase().as_str() {
        "AND" => Node::All,
        "OR" => Node::Any,
        _ => return Ok(None),
    };
    if operands.len() < 2 {
        return Err(ExprError::TooShort);
    }
    let node = join(all(operands, depth)?);
    Ok(Some(if negated { Node::Not(Box::new(node)) } else { node }))
}

fn all(items: &[Json], depth: usize) -> Result<Box<[Node]>, ExprError> {
    if depth >= MAX_DEPTH {
        return Err(ExprError::Invalid("nested too deep".to_owned()));
    }
    items.iter().map(|item| element(item, depth + 1)).collect()
}

/// An item of a list: a condition, or a list again.
fn element(json: &Json, depth: usize) -> Result<Node, ExprError> {
    let items = match json {
        Json::Array(items) if !items.is_empty() => items,
        Json::Array(_) | Json::Object(_) => return Err(ExprError::TooShort),
        _ => return Err(ExprError::Unwrapped),
    };
    match items.split_first() {
        Some((Json::String(name), operands)) => match logic(name, operands, depth)? {
            Some(node) => Ok(node),
            None => condition(name, operands),
        },
        Some((Json::Array(_), _)) => list(items, depth),
        _ => Err(ExprError::Invalid("a condition begins with the name of a variable".to_owned())),
    }
}

/// `[name, value]`, `[name, op, value]`, `[name, "!", op, value]`: what follows the name.
fn condition(name: &str, operands: &[Json]) -> Result<Node, ExprError> {
    let test =
        |op: Op| -> Result<Node, ExprError> { Ok(Node::Test(Box::new(Test { var: Var::try_parse(name)?, op }))) };
    match operands {
        [] => Err(ExprError::TooShort),
        [value] => test(Op::Equal(right(value))),
        [not, op, value] if not == "!" => Ok(Node::Not(Box::new(test(operator(op, value)?)?))),
        [not, ..] if not == "!" => Err(ExprError::BadNot),
        [op, value] => test(operator(op, value)?),
        _ => Err(ExprError::Invalid("too many items in a condition".to_owned())),
    }
}

fn operator(op: &Json, value: &Json) -> Result<Op, ExprError> {
    let Json::String(op) = op else { return Err(ExprError::Operator(op.to_string())) };
    Ok(match op.to_ascii_lowercase().as_str() {
        "==" => Op::Equal(right(value)),
        "~=" => Op::Unequal(right(value)),
        ">" => Op::Compare(Order::Greater, right_number(value)),
        ">=" => Op::Compare(Order::GreaterEqual, right_number(value)),
        "<" => Op::Compare(Order::Less, right_number(value)),
        "<=" => Op::Compare(Order::LessEqual, right_number(value)),
        "~~" => Op::Matches(pattern(value, "")?),
        "~*" => Op::Matches(pattern(value, "i")?),
        // Only a list has elements: with anything else on the right nothing is in it.
        "in" => Op::In(value.as_array().map(|items| items.iter().map(right).collect()).unwrap_or_default()),
        "has" => Op::Has(right(value)),
        "ipmatch" => Op::Within(addresses(value)?),
        _ => return Err(ExprError::Operator(op.clone())),
    })
}

fn right(value: &Json) -> Right {
    match value {
        Json::Null => Right::Absent,
        Json::Bool(b) => Right::Bool(*b),
        Json::Number(n) => n.as_f64().map_or(Right::Nothing, Right::Num),
        Json::String(text) => Right::Text(text.as_bytes().into()),
        Json::Array(_) | Json::Object(_) => Right::Nothing,
    }
}

fn right_number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(n) => n.as_f64(),
        Json::String(text) => number(text.as_bytes()),
        _ => None,
    }
}

fn pattern(value: &Json, flags: &str) -> Result<Regex, ExprError> {
    match value {
        Json::String(text) => Ok(Regex::new(text, flags)?),
        Json::Number(n) => Ok(Regex::new(&n.to_string(), flags)?),
        _ => Err(ExprError::Invalid("a regular expression is a string".to_owned())),
    }
}

fn addresses(value: &Json) -> Result<IpSet, ExprError> {
    let entries = match value {
        Json::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let texts = entries.iter().map(|entry| match entry {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    });
    Ok(IpSet::parse(texts)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_refused() {
        let mut deep = json!(["a", "==", "1"]);
        for _ in 0..40 {
            deep = json!([deep]);
        }
        let cases = [
            (json!([{}]), "rule too short"),
            (json!([[]]), "rule too short"),
            (json!([["arg_a"]]), "rule too short"),
            (json!(["OR", ["arg_a", "1"]]), "rule too short"),
            (json!([["!AND", ["arg_a", "1"]]]), "rule too short"),
            (json!(["OR"]), "rule too short"),
            (json!([["bar", "<>", "foo"]]), "invalid operator '<>'"),
            (json!([["bar", "<!>", "foo"]]), "invalid operator '<!>'"),
            (json!([["bar", "=", "foo"]]), "invalid operator '='"),
            (json!([["bar", 1, "foo"]]), "invalid operator '1'"),
            (json!([["bar", "!", "x", "foo"]]), "invalid operator 'x'"),
            (json!([["bar", "!", "=="]]), "bad 'not' expression"),
            (json!([["bar", "!", "==", "a", "b"]]), "bad 'not' expression"),
            (json!(["arg_name", "!=", "jack"]), "rule should be wrapped inside brackets"),
            (json!(["arg_name", "==", "jack"]), "rule should be wrapped inside brackets"),
            (json!(["AND", "OR", ["uri", "==", "/"], ["arg_a", "1"]]), "rule should be wrapped inside brackets"),
            (json!([["arg_a", "1"], "x"]), "rule should be wrapped inside brackets"),
            (json!("arg_a"), "rule should be wrapped inside brackets"),
            (json!(null), "rule should be wrapped inside brackets"),
            (json!([["arg_a", "==", "x", "y"]]), "invalid expression: too many items in a condition"),
            (json!([[1, "==", "x"]]), "invalid expression: a condition begins with the name of a variable"),
            (json!([["remote_addr", "ipmatch", ["127.0.0.1", "x"]]]), "invalid ip address: x"),
            (json!([["remote_addr", "ipmatch", "::1/129"]]), "invalid ip address: ::1/129"),
            (json!([["remote_addr", "ipmatch", [1]]]), "invalid ip address: 1"),
            (
                json!([[["post_arg.messages[.content[*].type", "has", "x"]]]),
                "invalid expression: invalid jsonpath 'messages[.content[*].type'",
            ),
            (deep, "invalid expression: nested too deep"),
        ];
        for (rule, expected) in cases {
            assert_eq!(Expr::parse(&rule).unwrap_err().to_string(), expected, "{rule}");
        }
        let error = Expr::parse(&json!([["uri", "~~", "("]])).unwrap_err().to_string();
        assert!(error.starts_with("invalid expression: bad regular expression: ") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn what_is_known_of_an_expression() {
        let cases = [
            (json!([]), false, None),
            (json!([["arg_a", "==", "1"]]), false, Some(("arg_a", "1"))),
            (json!([["arg_a", "1"]]), false, Some(("arg_a", "1"))),
            (json!([["arg_a", ">", "1"], ["http_x", "==", "2"]]), false, Some(("http_x", "2"))),
            (json!([[[["uri", "==", "/"]]]]), false, Some(("uri", "/"))),
            (json!([["status", "==", 200]]), false, None),
            (json!([["arg_a", "==", null]]), false, None),
            (json!([["arg_a", "!", "==", "1"]]), false, None),
            (json!(["OR", ["arg_a", "1"], ["arg_b", "2"]]), false, None),
            (json!(["AND", ["arg_a", "1"], ["post_arg_b", "2"]]), true, Some(("arg_a", "1"))),
            (json!([["post_arg.a", "==", "1"]]), true, None),
            (json!([["graphql_name", "==", "x"]]), true, None),
        ];
        for (rule, body, equality) in cases {
            let expr = Expr::parse(&rule).unwrap();
            assert_eq!(expr.needs_body(), body, "{rule}");
            let expected = equality.map(|(name, text)| (Var::parse(name), text.as_bytes().to_vec()));
            assert_eq!(expr.first_equality().map(|(v, t)| (v.clone(), t.to_vec())), expected, "{rule}");
        }
        assert!(Expr::parse(&json!([])).unwrap().is_always());
        assert!(Expr::parse(&json!({})).unwrap().is_always());
    }
}
