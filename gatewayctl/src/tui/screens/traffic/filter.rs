//! The filter of the tap: conditions with `&&` between them. What the gateway can look at is sent to it, and everything is
//! looked at here too, so that rows from before the filter follow it.

use serde_json::{Value, json};

use crate::filter::{Path, text_of};
use crate::tui::find;
use crate::tui::msg::Arguments;

/// The longest list of conditions.
const MOST: usize = 32;

/// What a request must be like to be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    text: String,
    terms: Vec<Term>,
    /// Of another form than conditions.
    rest: find::Filter,
}

/// `status>=400`.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    key: String,
    op: Op,
    value: String,
}

/// How the two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    Other,
    AtLeast,
    AtMost,
    More,
    Less,
}

impl Filter {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong, in a line.
    pub(super) fn parse(text: &str) -> Result<Filter, String> {
        let text = text.trim();
        let terms = terms(text.strip_prefix('=').map_or(text, str::trim));
        let rest = if terms.is_some() { find::Filter::default() } else { find::Filter::parse(text)? };
        Ok(Filter { text: text.to_owned(), terms: terms.unwrap_or_default(), rest })
    }

    /// As it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The same for a line that goes on with it: behind conditions another one may follow at once.
    pub(super) fn to_go_on(&self) -> String {
        format!("{}{}", self.text, if self.terms.is_empty() { "" } else { " " })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What is left to the table: a form that is no list of conditions.
    pub(super) fn rest(&self) -> &find::Filter {
        &self.rest
    }

    /// Whether the conditions hold.
    pub(super) fn holds(&self, row: &Value) -> bool {
        self.terms.iter().all(|term| term.holds(row))
    }

    /// What the gateway is asked for.
    pub(super) fn arguments(&self) -> Arguments {
        let mut all = Arguments::new();
        let mut conditions = Vec::new();
        for term in &self.terms {
            match term.sent() {
                Sent::Argument(name, value) if name == "header" || !all.iter().any(|(known, _)| *known == name) => {
                    all.push((name, value));
                }
                Sent::Condition(condition) => conditions.push(condition),
                _ => {}
            }
        }
        if !conditions.is_empty() {
            all.push(("vars", Value::Array(conditions).to_string()));
        }
        all
    }
}

/// What of a condition the gateway can look at.
enum Sent {
    Argument(&'static str, String),
    /// One of `vars`.
    Condition(Value),
    Nothing,
}

/// Conditions of which an equal one is an argument of `live/tap`.
const ARGUMENTS: [&str; 14] = [
    "route",
    "service",
    "upstream",
    "node",
    "consumer",
    "method",
    "host",
    "path",
    "protocol",
    "client",
    "status",
    "min_latency",
    "sample",
    "max_rps",
];

impl Term {
    fn sent(&self) -> Sent {
        let value = self.value.clone();
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        match (self.key.as_str(), self.op) {
            ("header", Op::Equal) => Sent::Argument("header", value),
            ("status", Op::Equal) if !value.split(',').all(|item| statuses(item).is_some()) => Sent::Nothing,
            ("min_latency", Op::Equal) if millis(&value).is_none() => Sent::Nothing,
            ("sample", Op::Equal) if number.is_none_or(|share| share > 1.0) => Sent::Nothing,
            ("max_rps", Op::Equal) if !value.parse::<u32>().is_ok_and(|rps| (1..=10_000).contains(&rps)) => {
                Sent::Nothing
            }
            ("client", Op::Equal) if !value.split(',').all(is_network) => Sent::Nothing,
            ("ms" | "ms.total", Op::AtLeast) if number.is_some() => Sent::Argument("min_latency", format!("{value}ms")),
            ("status", op) if op != Op::Equal => match value.parse::<u16>() {
                Ok(status) => Sent::Condition(json!(["status", op.word(), status])),
                Err(_) => Sent::Nothing,
            },
            (key, Op::Equal) => match ARGUMENTS.iter().find(|known| **known == key) {
                Some(name) => Sent::Argument(name, value),
                None => Sent::Nothing,
            },
            _ => Sent::Nothing,
        }
    }

    fn holds(&self, row: &Value) -> bool {
        if matches!(self.key.as_str(), "sample" | "max_rps" | "header") && self.op == Op::Equal {
            return true;
        }
        let text = |pointer: &str| row.pointer(pointer).filter(|value| !value.is_null()).map(text_of);
        let any = |test: &dyn Fn(&str) -> bool| self.value.split(',').any(|item| test(item.trim()));
        let same = |pointer: &str| text(pointer).is_some_and(|own| any(&|item| own.eq_ignore_ascii_case(item)));
        let like = |pointer: &str| text(pointer).is_some_and(|own| any(&|item| glob(&own, item)));
        let holds = match (self.key.as_str(), self.op) {
            ("route", Op::Equal | Op::Other) => same("/route/id") || same("/route/name"),
            ("upstream", Op::Equal | Op::Other) => same("/upstream/id"),
            ("node", Op::Equal | Op::Other) => same("/upstream/node"),
            (key @ ("service" | "consumer" | "method" | "protocol"), Op::Equal | Op::Other) => same(&format!("/{key}")),
            (key @ ("host" | "path"), Op::Equal | Op::Other) => like(&format!("/{key}")),
            ("client", Op::Equal | Op::Other) => {
                // Ranges are the gateway's to know.
                text("/client").is_some_and(|own| any(&|item| item.contains('/') || own.starts_with(item)))
            }
            ("status", Op::Equal | Op::Other) => {
                let status = row.get("status").and_then(Value::as_u64).unwrap_or_default();
                any(&|item| statuses(item).is_some_and(|(from, to)| (from..=to).contains(&status)))
            }
            ("min_latency", Op::Equal) => {
                let took = row.pointer("/ms/total").and_then(Value::as_f64).unwrap_or_default();
                millis(&self.value).is_none_or(|least| took >= least)
            }
            ("ms", _) => return self.compares(row, "ms.total"),
            (key, _) => return self.compares(row, key),
        };
        holds == (self.op == Op::Equal)
    }

    /// Any field by its path.
    fn compares(&self, row: &Value, path: &str) -> bool {
        let Ok(path) = Path::parse(path) else { return false };
        let found = path.all(row);
        let wanted = self.value.parse::<f64>().ok();
        let with = |value: &Value| match (value.as_f64(), wanted) {
            (Some(own), Some(wanted)) => match self.op {
                Op::Equal | Op::Other => own == wanted,
                Op::AtLeast => own >= wanted,
                Op::AtMost => own <= wanted,
                Op::More => own > wanted,
                Op::Less => own < wanted,
            },
            _ if matches!(self.op, Op::Equal | Op::Other) => {
                text_of(value).to_lowercase().contains(&self.value.to_lowercase())
            }
            _ => false,
        };
        let any = found.into_iter().filter(|value| !value.is_null()).any(with);
        any != (self.op == Op::Other)
    }
}

impl Op {
    /// As conditions of routes have it.
    fn word(self) -> &'static str {
        match self {
            Op::Equal => "==",
            Op::Other => "~=",
            Op::AtLeast => ">=",
            Op::AtMost => "<=",
            Op::More => ">",
            Op::Less => "<",
        }
    }
}

/// All conditions of a text; `None` where it has another form.
fn terms(text: &str) -> Option<Vec<Term>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<&str> = text.split("&&").map(str::trim).collect();
    let all: Option<Vec<Vec<Term>>> = parts
        .into_iter()
        .map(|part| match term(part) {
            Some(term) => Some(vec![term]),
            None => part.split_whitespace().map(term).collect(),
        })
        .collect();
    all.map(|all| all.concat()).filter(|all| !all.is_empty() && all.len() <= MOST)
}

fn term(text: &str) -> Option<Term> {
    const OPS: [(&str, Op); 7] = [
        (">=", Op::AtLeast),
        ("<=", Op::AtMost),
        ("!=", Op::Other),
        ("==", Op::Equal),
        ("=", Op::Equal),
        (">", Op::More),
        ("<", Op::Less),
    ];
    let at = text.find(['>', '<', '!', '='])?;
    let (key, rest) = text.split_at(at);
    let (op, value) = OPS.iter().find_map(|(word, op)| Some((*op, rest.strip_prefix(word)?)))?;
    let (key, value) = (key.trim(), value.trim());
    let quoted = |mark: char| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    let value = if quoted('"') || quoted('\'') {
        value.get(1..value.len() - 1)?
    } else if value.contains(char::is_whitespace) {
        return None;
    } else {
        value
    };
    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let term = Term { key: key.to_owned(), op, value: value.to_owned() };
    (plain && !value.is_empty() && Path::parse(key).is_ok()).then_some(term)
}

/// `429`, `5xx`, `400-499`.
fn statuses(text: &str) -> Option<(u64, u64)> {
    let text = text.trim();
    let one = |text: &str| text.parse::<u64>().ok().filter(|status| (100..=599).contains(status));
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let class = class.parse::<u64>().ok().filter(|class| (1..=5).contains(class))?;
        return Some((class * 100, class * 100 + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => Some((one(from)?, one(to)?)).filter(|(from, to)| from <= to),
        None => one(text).map(|status| (status, status)),
    }
}

/// `200ms`, `1.5s`, in milliseconds.
fn millis(text: &str) -> Option<f64> {
    let (number, factor) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1_000.0),
    };
    number.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0).map(|number| number * factor)
}

/// An address, or a range of them.
fn is_network(text: &str) -> bool {
    let (addr, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(addr, bits)| (addr, Some(bits)));
    addr.parse::<std::net::IpAddr>().is_ok() && bits.is_none_or(|bits| bits.parse::<u8>().is_ok_and(|bits| bits <= 128))
}

/// Whether a text is like a pattern, in which `*` stands for anything.
fn glob(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_gateway_is_asked_and_what_is_looked_at_here() {
        let row = json!({"status": 503, "method": "POST", "host": "api.example", "path": "/pay/7", "client": "10.1.2.3:51022", "protocol": "h2",
            "route": {"id": "pay", "name": "payments"}, "upstream": {"id": "u1", "node": "10.0.0.9:80", "tries": 2}, "ms": {"total": 140.0}});
        for (text, holds, sent) in [
            ("", true, ""),
            ("status>=400 && route=pay", true, "route=pay vars=[[\"status\",\">=\",400]]"),
            ("status >= 504", false, "vars=[[\"status\",\">=\",504]]"),
            ("route=payments status=5xx,429", true, "route=payments status=5xx,429"),
            ("status!=503", false, "vars=[[\"status\",\"~=\",503]]"),
            ("host=*.example path=/pay/*", true, "host=*.example path=/pay/*"),
            ("path=/pay", false, "path=/pay"),
            ("client=10.1.0.0/16", true, "client=10.1.0.0/16"),
            ("ms>=200", false, "min_latency=200ms"),
            ("min_latency=100ms sample=0.5", true, "min_latency=100ms sample=0.5"),
            ("sample=7", true, ""),
            ("upstream.tries>1", true, ""),
            ("= ms.total < 100 && method == 'POST'", false, "method=POST"),
            ("header='user-agent: curl/8'", true, "header=user-agent: curl/8"),
            ("status=5", false, ""),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.holds(&row), holds, "{text}");
            let arguments: Vec<String> =
                filter.arguments().iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(arguments.join(" "), sent, "{text}");
        }
        assert!(!Filter::parse("pay|orders").unwrap().rest().is_empty() && Filter::parse("(").is_err());
    }

    proptest! {
        #[test]
        fn anything_typed(text in ".{0,40}", own in ".{0,20}") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.arguments();
                filter.holds(&json!({"status": own, "path": own, "host": 7, "client": null, "ms": []}));
            }
        }
    }
}
