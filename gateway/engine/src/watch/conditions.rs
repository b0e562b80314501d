//! Conditions on variables, as filters have them: on what is there, or on what somebody sees of it.

use memchr::memmem::Finder;
use serde_json::Value as Json;

use crate::exchange::Exchange;
use crate::expr::{Expr, ExprError, Lookup, Value, Var};

/// What is seen of a variable's value by somebody who may not see all of a request.
pub type Veil = for<'x> fn(&'x Exchange, &Var, Value<'x>) -> Value<'x>;

/// Conditions on variables. What would let no request pass that they do is asked first.
pub(super) struct Condition {
    pub(super) expr: Expr,
    /// An argument that has to be there, as it is written without escapes.
    pub(super) argument: Option<Box<Finder<'static>>>,
    pub(super) veil: Option<Veil>,
}

impl Condition {
    pub(super) fn new(expr: Expr, veil: Option<Veil>) -> Condition {
        let argument = match expr.first_equality() {
            Some((Var::Arg(name), b"")) => Some(name.to_vec()),
            Some((Var::Arg(name), value)) => Some([&**name, b"=", value].concat()),
            _ => None,
        };
        // What is seen may be another text than what is there.
        let argument = argument.filter(|_| veil.is_none()).map(|text| Box::new(Finder::new(&text).into_owned()));
        Condition { expr, argument, veil }
    }

    pub(super) fn holds(&self, x: &Exchange) -> bool {
        match self.veil {
            None => self.may_hold(x) && self.expr.eval(x),
            Some(veil) => self.expr.eval(&Veiled { x, veil }),
        }
    }

    fn may_hold(&self, x: &Exchange) -> bool {
        self.argument.as_ref().is_none_or(|argument| may_have(x.query(), argument))
    }
}

/// A request as it is seen.
struct Veiled<'x> {
    x: &'x Exchange,
    veil: Veil,
}

impl Lookup for Veiled<'_> {
    fn var(&self, var: &Var) -> Option<Value<'_>> {
        self.x.var(var).map(|value| (self.veil)(self.x, var, value))
    }
}

/// A query of so many bytes is read byte by byte: what looks for texts in long ones takes long to begin.
const SHORT: usize = 16;

/// Whether a query may have an argument: one that is nowhere in it can only be there with escapes, which are longer.
fn may_have(query: &[u8], argument: &Finder<'_>) -> bool {
    let text = argument.needle();
    if query.len() < text.len() {
        return false;
    }
    if query.len() > SHORT {
        return may_have_far(query, argument);
    }
    let begins = |rest: &[u8]| rest.len() >= text.len() && rest.iter().zip(text).all(|(a, b)| a == b);
    let mut rest = query;
    while let Some((byte, behind)) = rest.split_first() {
        if matches!(byte, b'%' | b'+') || begins(rest) {
            return true;
        }
        rest = behind;
    }
    false
}

/// The same of a long query.
#[inline(never)]
fn may_have_far(query: &[u8], argument: &Finder<'_>) -> bool {
    argument.find(query).is_some() || memchr::memchr2(b'%', b'+', query).is_some()
}

/// Conditions on the status alone.
pub(super) struct StatusVars {
    pub(super) all: Vec<Expr>,
    /// Whether they all hold, for each status that is usual.
    usual: Box<[bool]>,
}

/// Statuses in [`StatusVars::usual`].
pub(super) const USUAL: std::ops::Range<u16> = 100..600;

impl StatusVars {
    pub(super) fn new(all: Vec<Expr>) -> StatusVars {
        let usual = USUAL.map(|status| all.iter().all(|expr| expr.eval(&OfStatus(status)))).collect();
        StatusVars { all, usual }
    }

    /// `None`: the status is none that is usual.
    pub(super) fn known(&self, status: u16) -> Option<bool> {
        let at = status.checked_sub(USUAL.start)?;
        self.usual.get(usize::from(at)).copied()
    }

    pub(super) fn hold(&self, x: &Exchange) -> bool {
        self.known(x.resp.status).unwrap_or_else(|| self.all.iter().all(|expr| expr.eval(x)))
    }
}

/// A status, and nothing else.
struct OfStatus(u16);

impl Lookup for OfStatus {
    fn var(&self, var: &Var) -> Option<Value<'_>> {
        (*var == Var::Status).then(|| Value::Int(self.0.into()))
    }
}

/// Conditions that must all hold, each for itself where they can be told apart.
pub(super) fn conditions(json: Json) -> Result<Vec<Expr>, ExprError> {
    match json {
        Json::Array(items) if items.iter().all(Json::is_array) => {
            items.into_iter().map(|item| Expr::parse(&Json::Array(vec![item]))).collect()
        }
        other => Ok(vec![Expr::parse(&other)?]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::expr::args;

    /// A query, and what an argument of it may be asked to be.
    struct Of<'q>(&'q [u8]);

    impl Lookup for Of<'_> {
        fn var(&self, var: &Var) -> Option<Value<'_>> {
            let Var::Arg(name) = var else { return None };
            args::read(self.0, usize::MAX).find(|arg| arg.is(name)).map(|arg| arg.value().into())
        }
    }

    proptest! {
        #[test]
        fn no_argument_that_is_there_is_passed_over(
            query in "([ab]{0,2}|[&=+%]|%61|%62|%20){0,8}",
            name in "[ab]{1,2}",
            value in "[ab ]{0,3}",
        ) {
            let expr = Expr::parse(&json!([[format!("arg_{name}"), "==", value]])).unwrap();
            let condition = Condition::new(expr.clone(), None);
            let query = query.as_bytes();
            if expr.eval(&Of(query)) {
                prop_assert!(may_have(query, condition.argument.as_ref().unwrap()));
            }
        }

        #[test]
        fn a_status_is_judged_as_any_variable_is(
            status in 100_u16..700,
            op in prop::sample::select(vec!["==", "~=", ">", "<=", "~~"]),
            value in prop_oneof![Just(json!(404)), Just(json!("404")), Just(json!("40")), Just(json!(500))],
        ) {
            let expr = Expr::parse(&json!([["status", op, value]])).unwrap();
            let vars = StatusVars::new(vec![expr.clone()]);
            let known = vars.known(status);
            prop_assert_eq!(known.is_some(), status < 600);
            prop_assert!(known.is_none_or(|known| known == expr.eval(&OfStatus(status))));
        }

        #[test]
        fn a_long_query_is_looked_through_as_a_short_one_is(
            pairs in prop::collection::vec("([ab]{0,2}=?[abc%+]{0,3})", 0..20),
            name in "[ab]{1,2}",
            value in "[abc]{0,3}",
        ) {
            let expr = Expr::parse(&json!([[format!("arg_{name}"), "==", value]])).unwrap();
            let condition = Condition::new(expr, None);
            let (argument, query) = (condition.argument.as_ref().unwrap(), pairs.join("&"));
            let there = query.contains(std::str::from_utf8(argument.needle()).unwrap());
            let escapes = query.contains(['%', '+']) && query.len() >= argument.needle().len();
            prop_assert_eq!(may_have(query.as_bytes(), argument), there || escapes);
        }
    }
}
