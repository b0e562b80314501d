//! Expressions on the way of a request.

use super::Lookup;
use super::parse::{Expr, Node, Op, Order, Right, Test};
use super::value::Value;
use crate::regex::StepLimit;

/// An expression could not be judged. Routes then do not match; a plugin whose `filter` it is runs. Callers log it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A regular expression gave up.
    #[error(transparent)]
    StepLimit(#[from] StepLimit),
}

impl Expr {
    /// Whether the expression holds; one that cannot be judged does not.
    #[must_use]
    pub fn eval(&self, values: &dyn Lookup) -> bool {
        self.try_eval(values).unwrap_or(false)
    }

    /// [`Self::eval`] for callers that tell the two apart.
    ///
    /// # Errors
    /// See [`EvalError`].
    pub fn try_eval(&self, values: &dyn Lookup) -> Result<bool, EvalError> {
        eval(&self.root, values)
    }
}

impl Expr {
    /// The first of the conditions that must all hold which does not: its number, and the variable it is about with its value, where
    /// it is about one. `None`: all hold, or it is no list of such conditions.
    pub fn first_unmet(&self, values: &dyn Lookup) -> Option<(usize, Option<Looked>)> {
        let Node::All(nodes) = &self.root else { return None };
        let at = nodes.iter().position(|node| !eval(node, values).unwrap_or(false))?;
        let mut node = nodes.get(at)?;
        while let Node::Not(inner) = node {
            node = inner;
        }
        let Node::Test(test) = node else { return Some((at, None)) };
        let value = values.var(&test.var).map(|value| value.to_bytes().into_owned());
        Some((at, Some((test.var.name().into_owned(), value))))
    }
}

/// A variable's name, and its value if it has one.
pub type Looked = (String, Option<Vec<u8>>);

/// Recursion is bounded when the expression is parsed.
fn eval(node: &Node, values: &dyn Lookup) -> Result<bool, EvalError> {
    match node {
        Node::All(nodes) => {
            for node in nodes {
                if !eval(node, values)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Node::Any(nodes) => {
            for node in nodes {
                if eval(node, values)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Node::Not(node) => eval(node, values).map(|holds| !holds),
        Node::Test(test) => holds(test, values),
    }
}

fn holds(test: &Test, values: &dyn Lookup) -> Result<bool, EvalError> {
    let left = values.var(&test.var);
    let left = left.as_ref();
    Ok(match &test.op {
        Op::Equal(right) => equal(left, right),
        Op::Unequal(right) => !equal(left, right),
        Op::Compare(order, right) => match (left.and_then(Value::number), right) {
            (Some(left), Some(right)) => compare(*order, left, *right),
            _ => false,
        },
        Op::Matches(regex) => match left.and_then(|left| left.with_text(|text| regex.try_match(text))) {
            Some(found) => found?,
            None => false,
        },
        Op::In(list) => left.is_some_and(|left| list.iter().any(|right| same(left, right))),
        Op::Has(right) => match left {
            Some(Value::List(items)) => items.iter().any(|item| same(item, right)),
            _ => false,
        },
        Op::Within(set) => left.and_then(|left| left.with_text(|text| set.contains_text(text))).unwrap_or(false),
    })
}

/// `==`: a number on the right makes a number of the left.
fn equal(left: Option<&Value<'_>>, right: &Right) -> bool {
    match (left, right) {
        (None, Right::Absent) => true,
        (None, _) => false,
        #[expect(clippy::float_cmp, reason = "equality of numbers is what was asked for")]
        (Some(left), Right::Num(right)) => left.number().is_some_and(|left| left == *right),
        (Some(left), right) => same(left, right),
    }
}

/// Equality without conversion.
#[expect(clippy::float_cmp, clippy::cast_precision_loss, reason = "equality of numbers is what was asked for")]
fn same(left: &Value<'_>, right: &Right) -> bool {
    match (left, right) {
        (Value::Bytes(left), Right::Text(right)) => **left == **right,
        (Value::Int(left), Right::Text(right)) => itoa::Buffer::new().format(*left).as_bytes() == &**right,
        (Value::Num(left), Right::Num(right)) => left == right,
        (Value::Int(left), Right::Num(right)) => *left as f64 == *right,
        (Value::Bool(left), Right::Bool(right)) => left == right,
        _ => false,
    }
}

fn compare(order: Order, left: f64, right: f64) -> bool {
    match order {
        Order::Greater => left > right,
        Order::GreaterEqual => left >= right,
        Order::Less => left < right,
        Order::LessEqual => left <= right,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Var;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    struct Table;

    impl Lookup for Table {
        fn var(&self, var: &Var) -> Option<Value<'_>> {
            Some(match &*var.name() {
                "arg_name" => "jack".into(),
                "arg_age" => "20".into(),
                "arg_hex" => "0x10".into(),
                "arg_bad" => "20x".into(),
                "arg_inf" => "inf".into(),
                "arg_empty" => "".into(),
                "http_x" => "Version-1".into(),
                "status" => Value::Int(200),
                "post_arg.n" => Value::Num(1.0),
                "post_arg.t" => Value::Bool(true),
                "post_arg.o" => Value::Json(b"{}".as_slice().into()),
                "post_arg.list[*]" => Value::List(vec!["a".into(), Value::Num(2.0), Value::Bool(true)]),
                "remote_addr" => "127.0.0.1".into(),
                "uri" => "/echo".into(),
                _ => return None,
            })
        }
    }

    fn judge(cases: &[(serde_json::Value, bool)]) {
        for (rule, expected) in cases {
            assert_eq!(Expr::parse(rule).unwrap().eval(&Table), *expected, "{rule}");
        }
    }

    #[test]
    fn texts_and_numbers_are_compared() {
        judge(&[
            (json!([]), true),
            (json!([["arg_name", "==", "jack"]]), true),
            (json!([["arg_name", "jack"]]), true),
            (json!([["arg_name", "==", "Jack"]]), false),
            (json!([["arg_name", "~=", "x"]]), true),
            (json!([["arg_name", "!", "==", "jack"]]), false),
            (json!([["arg_none", "==", "x"]]), false),
            (json!([["arg_none", "~=", "x"]]), true),
            (json!([["arg_none", "==", null]]), true),
            (json!([["arg_none", "~=", null]]), false),
            (json!([["arg_empty", "==", null]]), false),
            (json!([["arg_empty", "==", ""]]), true),
            (json!([["arg_name", "~=", null]]), true),
            // Numbers.
            (json!([["arg_age", "==", 20]]), true),
            (json!([["arg_age", "==", 20.0]]), true),
            (json!([["arg_age", "==", "20"]]), true),
            (json!([["arg_age", "==", "20.0"]]), false),
            (json!([["arg_hex", "==", 16]]), true),
            (json!([["arg_bad", "==", 20]]), false),
            (json!([["arg_bad", "~=", 20]]), true),
            (json!([["arg_age", ">", 18]]), true),
            (json!([["arg_age", ">", "18"]]), true),
            (json!([["arg_age", ">=", 20], ["arg_age", "<=", "2e1"]]), true),
            (json!([["arg_age", "<", 18]]), false),
            (json!([["arg_age", "!", "<", 18]]), true),
            (json!([["arg_bad", "<", 99]]), false),
            (json!([["arg_inf", ">", 99]]), false),
            (json!([["arg_none", "<", 99]]), false),
            (json!([["arg_none", "!", "<", 99]]), true),
            (json!([["arg_age", ">", "x"]]), false),
            (json!([["arg_age", ">", null]]), false),
            (json!([["status", "==", 200], ["status", "==", "200"], ["status", "~~", "^20"]]), true),
            (json!([["post_arg.n", "==", 1]]), true),
            (json!([["post_arg.n", "==", "1"]]), false),
            (json!([["post_arg.t", "==", true]]), true),
            (json!([["post_arg.t", "==", "true"]]), false),
            (json!([["post_arg.o", "==", "{}"]]), false),
        ]);
    }

    #[test]
    fn patterns_match_lists_hold_and_addresses_lie_within() {
        judge(&[
            (json!([["http_x", "~~", "^V.*\\d$"]]), true),
            (json!([["http_x", "~~", "version"]]), false),
            (json!([["http_x", "~*", "version"]]), true),
            (json!([["http_x", "!", "~~", "^v"]]), true),
            (json!([["arg_none", "~~", ""]]), false),
            (json!([["http_x", "~~", "^(?!Beta)"]]), true),
            // Lists.
            (json!([["arg_name", "in", ["x", "jack"]]]), true),
            (json!([["arg_name", "IN", ["x", "jack"]]]), true),
            (json!([["arg_age", "in", [20]]]), false),
            (json!([["post_arg.n", "in", [1]]]), true),
            (json!([["arg_name", "in", "jack"]]), false),
            (json!([["arg_name", "!", "in", ["x"]]]), true),
            (json!([["post_arg.list[*]", "has", "a"]]), true),
            (json!([["post_arg.list[*]", "has", 2], ["post_arg.list[*]", "has", true]]), true),
            (json!([["post_arg.list[*]", "has", "2"]]), false),
            (json!([["arg_name", "has", "jack"]]), false),
            (json!([["post_arg.list[*]", "==", "a"]]), false),
            // Addresses.
            (json!([["remote_addr", "ipmatch", "127.0.0.1"]]), true),
            (json!([["remote_addr", "ipmatch", ["::1", "127.0.0.0/8"]]]), true),
            (json!([["remote_addr", "ipmatch", "127.0.0.2"]]), false),
            (json!([["arg_name", "ipmatch", "0.0.0.0/0"]]), false),
            (json!([["remote_addr", "!", "ipmatch", ["10.0.0.0/8"]]]), true),
        ]);
    }

    #[test]
    fn conditions_are_joined() {
        judge(&[
            (json!([["arg_name", "==", "jack"], ["uri", "==", "/x"]]), false),
            (json!(["OR", ["arg_name", "==", "x"], ["uri", "==", "/echo"]]), true),
            (
                json!([
                    "AND",
                    ["remote_addr", "ipmatch", "127.0.0.1"],
                    ["AND", ["uri", "==", "/echo"], ["arg_name", "jack"]]
                ]),
                true,
            ),
            (json!([["!AND", ["arg_name", "==", "jack"], ["arg_age", "!", "<", 18]]]), false),
            (json!(["!OR", ["arg_name", "==", "x"], ["uri", "==", "/x"]]), true),
            (json!([[["arg_name", "==", "jack"]]]), true),
            (json!([[["arg_name", "==", "jack"], ["uri", "==", "/x"]]]), false),
        ]);
    }

    #[test]
    fn giving_up_is_told() {
        struct Long;
        impl Lookup for Long {
            fn var(&self, _: &Var) -> Option<Value<'_>> {
                Some("a".repeat(64).into_bytes().into())
            }
        }
        let expr = Expr::parse(&json!([["uri", "!", "~~", "^(a|a)*(?<!a)b$"]])).unwrap();
        assert_eq!(expr.try_eval(&Long), Err(EvalError::StepLimit(StepLimit)));
        assert!(!expr.eval(&Long));
    }

    fn rules() -> impl Strategy<Value = serde_json::Value> {
        let text = prop_oneof![
            prop::sample::select(vec![
                "AND",
                "OR",
                "!AND",
                "!OR",
                "!",
                "==",
                "~=",
                ">",
                "<",
                "~~",
                "~*",
                "in",
                "has",
                "ipmatch",
                "arg_name",
                "arg_age",
                "uri",
                "127.0.0.1",
                "post_arg.list[*]",
                "post_arg.n",
                "status",
                "jack",
            ])
            .prop_map(str::to_owned),
            "\\PC{0,6}",
        ];
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            (-3i8..30).prop_map(Into::into),
            text.prop_map(Into::into),
            Just(json!({})),
        ];
        leaf.prop_recursive(4, 48, 5, |inner| prop::collection::vec(inner, 0..5).prop_map(Into::into))
    }

    proptest! {
        #[test]
        fn any_json_is_parsed_and_judged(rule in rules()) {
            if let Ok(expr) = Expr::parse(&rule) {
                let _ = (expr.eval(&Table), expr.first_equality(), expr.needs_body());
            }
        }

        #[test]
        fn negation_negates(name in prop::sample::select(vec!["arg_name", "arg_age", "arg_none", "status", "post_arg.n"]),
                            op in prop::sample::select(vec!["==", "~=", ">", ">=", "<", "<=", "~~", "in", "has"]),
                            value in prop_oneof![Just(json!("20")), Just(json!(20)), Just(json!(["jack"])), Just(json!("jack"))]) {
            let plain = Expr::parse(&json!([[name, op, value]]));
            let negated = Expr::parse(&json!([[name, "!", op, value]]));
            match (plain, negated) {
                (Ok(plain), Ok(negated)) => prop_assert_eq!(plain.eval(&Table), !negated.eval(&Table)),
                (plain, negated) => prop_assert_eq!(plain.is_err(), negated.is_err()),
            }
        }
    }
}
