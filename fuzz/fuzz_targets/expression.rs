//! The expression language over a table of values and a request's body: what is true of an expression is what its parts and
//! its relatives say. The first line of the input is the expression, the rest the body.
#![no_main]

use bytes::Bytes;
use gateway_engine::expr::body::BodyDoc;
use gateway_engine::expr::graphql::{self, Operation};
use gateway_engine::expr::{Expr, Lookup, Template, Value, Var, args};
use gateway_model::json;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};
use std::cell::RefCell;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |b| *b == b'\n');
    let (text, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    assert_eq!(*args::decode(body), decoded(body)[..]);
    let table = Table::new(body);
    if let Ok(text) = std::str::from_utf8(text) {
        template(text, &table);
    }
    let Ok(rule) = json::parse(text) else { return };
    match Expr::parse(&rule) {
        Ok(expr) => {
            judged(&expr, &table);
            joined(&rule, &expr, &table, text.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let mut left = 8;
    conditions(&rule, &mut left, &mut |name, op, value| related(name, op, value, &table));
});

/// Percent-encodings and `+` undone, byte by byte.
fn decoded(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let digits = raw.get(at + 1..at + 3).filter(|d| raw[at] == b'%' && d.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => out.push(byte),
            None => out.push(if raw[at] == b'+' { b' ' } else { raw[at] }),
        }
        at += if digits.is_some() { 3 } else { 1 };
    }
    out
}

/// Values of variables; notes what was asked for.
struct Table {
    body: Option<BodyDoc>,
    raw: Bytes,
    operation: Option<Operation>,
    asked: RefCell<Vec<Var>>,
}

const QUERY: &[u8] = b"a=1&b=two&b=3&n=-1.5&h=0x10&e=&p=%41+b&x=10&flag";
const COOKIE: &[u8] = b"sid=abc; theme=\"dark\"; n=7";

impl Table {
    fn new(body: &[u8]) -> Table {
        let raw = Bytes::copy_from_slice(body);
        let kind: &[u8] = match body.first() {
            Some(b'{' | b'[' | b'"') => b"application/json",
            Some(b'-') => b"multipart/form-data; boundary=b",
            _ => b"application/x-www-form-urlencoded",
        };
        let document = graphql::document(b"POST", || None, kind, body);
        let operation = document.and_then(|text| Operation::parse(&text, 4096));
        Table { body: BodyDoc::parse(kind, raw.clone()), raw, operation, asked: RefCell::default() }
    }
}

impl Lookup for Table {
    fn var(&self, var: &Var) -> Option<Value<'_>> {
        self.asked.borrow_mut().push(var.clone());
        Some(match var {
            Var::Arg(name) => args::form(QUERY, name)?.into(),
            Var::Cookie(name) => args::cookie(COOKIE, name)?.into(),
            Var::Http(name) if name.name() == "x-id" => "Version-1".into(),
            Var::PostArg(name) => self.body.as_ref()?.form_field(name)?,
            Var::PostArgPath(path) => self.body.as_ref()?.path(path)?,
            Var::GraphqlName => self.operation.as_ref()?.name.as_str().into(),
            Var::GraphqlOperation => self.operation.as_ref()?.kind.into(),
            Var::GraphqlRootFields => {
                Value::List(self.operation.as_ref()?.root_fields.iter().map(|f| f.as_str().into()).collect())
            }
            Var::RequestBody => Value::Bytes((&self.raw[..]).into()),
            Var::Uri => "/echo/1".into(),
            Var::RemoteAddr => "127.0.0.1".into(),
            Var::Status => Value::Int(200),
            Var::Custom(name) if &**name == "yes" => Value::Bool(true),
            Var::Custom(name) if &**name == "num" => Value::Num(2.5),
            _ => return None,
        })
    }
}

/// What an expression says of itself holds when it is judged.
fn judged(expr: &Expr, table: &Table) {
    table.asked.borrow_mut().clear();
    let got = expr.try_eval(table);
    assert_eq!(expr.eval(table), got.unwrap_or(false));
    for var in table.asked.borrow().iter() {
        assert!(expr.any_var(|v| v == var), "asked for a variable it does not have");
        assert!(expr.needs_body() || !var.needs_body(), "needs the body and does not say so");
        assert_eq!(Var::parse(&var.name()), *var, "a name that is another variable's");
    }
    assert!(!expr.is_always() || got == Ok(true));
    if let Some((var, text)) = expr.first_equality() {
        let value = table.var(var).and_then(|v| v.with_text(<[u8]>::to_vec));
        assert!(value.as_deref() == Some(text) || got != Ok(true), "true without its first equality");
    }
}

/// A logic word around an expression means what it says.
fn joined(rule: &Json, expr: &Expr, table: &Table, which: usize) {
    if rule.as_array().is_none_or(|items| items.is_empty()) {
        return;
    }
    let got = expr.try_eval(table);
    let words = [("AND", got), ("OR", got), ("!AND", got.map(|b| !b)), ("!or", got.map(|b| !b))];
    let (word, want) = words[which % words.len()];
    // One level more may be one too many.
    if let Ok(outer) = Expr::parse(&json!([[word, rule, rule]])) {
        assert_eq!(outer.try_eval(table), want, "{word}");
    }
}

/// Calls `each` for what looks like a condition in `rule`.
fn conditions(rule: &Json, left: &mut u32, each: &mut impl FnMut(&str, &str, &Json)) {
    let Some(items) = rule.as_array() else { return };
    if *left == 0 {
        return;
    }
    *left -= 1;
    match &items[..] {
        [Json::String(name), Json::String(op), value] => each(name, op, value),
        items => items.iter().for_each(|item| conditions(item, left, each)),
    }
}

/// Operators agree with each other.
fn related(name: &str, op: &str, value: &Json, table: &Table) {
    let eval = |op: &str, value: &Json| -> Option<bool> {
        Expr::parse(&json!([[name, op, value]])).ok()?.try_eval(table).ok()
    };
    if ["and", "or"].iter().any(|word| name.trim_start_matches('!').eq_ignore_ascii_case(word)) {
        return;
    }
    let Some(got) = eval(op, value) else { return };
    if op.bytes().any(|b| b.is_ascii_lowercase()) {
        assert_eq!(eval(&op.to_ascii_uppercase(), value), Some(got), "operators are not case-sensitive");
    }
    let not = Expr::parse(&json!([[name, "!", op, value]])).expect("the negation of a condition");
    assert_eq!(not.try_eval(table), Ok(!got));
    let [equal, unequal] = ["==", "~="].map(|op| eval(op, value).expect("equality"));
    assert_ne!(equal, unequal);
    assert_eq!(Expr::parse(&json!([[name, value]])).map(|e| e.eval(table)).ok(), Some(equal));

    let [less, most, more, least] = ["<", "<=", ">", ">="].map(|op| eval(op, value).expect("order"));
    let comparable = less || most || more || least;
    assert_eq!((most, least), (comparable && !more, comparable && !less));
    assert!(!(less && more));
    if value.is_number() {
        assert!(!equal || (most && least), "equal numbers");
    }
    let Some(text) = value.as_str() else { return };
    assert_eq!(eval("in", &json!([text])), Some(equal));
    if equal && text.len() < 100 && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        assert_eq!(eval("~~", &json!(format!("^{text}$"))), Some(true), "a text matches itself");
        assert_eq!(eval("~*", &json!(format!("^{}$", text.to_ascii_uppercase()))), Some(true));
    }
}

/// Texts as templates.
fn template(text: &str, table: &Table) {
    let template = Template::parse(text);
    table.asked.borrow_mut().clear();
    let mut out = Vec::new();
    let rendered = template.render(table, &mut out);
    let vars: Vec<Var> = template.vars().cloned().collect();
    assert!(rendered.resolved <= vars.len());
    assert_eq!(*table.asked.borrow(), vars, "each variable is asked for once, in its place");
    assert!(template.needs_body() == vars.iter().any(Var::needs_body));
    if let Some(literal) = template.as_literal() {
        assert!(vars.is_empty() && out == literal);
    }
    if !text.contains('$') {
        assert_eq!(template.as_literal(), Some(text.as_bytes()));
    }
}
