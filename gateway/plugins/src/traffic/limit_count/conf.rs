//! The configuration of `limit-count`: limits and keys, ready to be asked.

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Template, Value as Text, Var};
use gateway_engine::plugin::conf_version;
use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;

use super::super::windows::Limit;
use super::Names;
use crate::conf::{int, integer, parse};

/// Largest `count` and `time_window`: what a double holds exactly.
const MAX_AMOUNT: u64 = (1 << 53) - 1;

#[derive(Deserialize)]
struct Conf {
    count: Option<Value>,
    time_window: Option<Value>,
    window_type: String,
    key: String,
    key_type: String,
    #[serde(deserialize_with = "int")]
    rejected_code: u16,
    rejected_msg: Option<String>,
    policy: String,
    show_limit_quota_header: bool,
    allow_degradation: bool,
    group: Option<String>,
    rules: Option<Vec<RuleConf>>,
}

#[derive(Deserialize)]
struct RuleConf {
    count: Value,
    time_window: Value,
    key: String,
    header_prefix: Option<String>,
}

/// A checked configuration.
pub(super) struct Compiled {
    pub(super) rules: Box<[Rule]>,
    pub(super) listed: bool,
    pub(super) sliding: bool,
    pub(super) show: bool,
    pub(super) degrade: bool,
    pub(super) rejected_code: u16,
    pub(super) rejected_msg: Option<String>,
    pub(super) group: Option<String>,
}

impl Compiled {
    /// # Errors
    /// The texts of APISIX, and one for policies that are not built.
    pub(super) fn new(conf: &Value) -> Result<Compiled, String> {
        let conf: Conf = parse(conf)?;
        if conf.policy != "local" {
            return Err(format!("policy {} is not built yet; use local", conf.policy));
        }
        let listed = conf.rules.is_some();
        let rules = match (conf.rules, conf.count, conf.time_window) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                return Err("count/time_window and rules cannot be specified at the same time".into());
            }
            (Some(_), ..) if conf.group.is_some() => {
                return Err("group and rules cannot be specified at the same time".into());
            }
            (Some(rules), ..) => listed_rules(rules)?,
            (None, Some(count), Some(window)) => {
                let key = Key::new(&conf.key_type, &conf.key);
                Box::new([Rule { count: Amount::new(&count)?, window: Amount::new(&window)?, key, names: None }])
            }
            // The schema asks for both, or for rules.
            (None, ..) => return Err("count and time_window are required".into()),
        };
        Ok(Compiled {
            rules,
            listed,
            sliding: conf.window_type == "sliding",
            show: conf.show_limit_quota_header,
            degrade: conf.allow_degradation,
            rejected_code: conf.rejected_code,
            rejected_msg: conf.rejected_msg,
            group: conf.group,
        })
    }
}

fn listed_rules(rules: Vec<RuleConf>) -> Result<Box<[Rule]>, String> {
    let mut keys: Vec<&str> = Vec::with_capacity(rules.len());
    for rule in &rules {
        if keys.contains(&rule.key.as_str()) {
            return Err(format!("duplicate key '{}' in rules", rule.key));
        }
        keys.push(&rule.key);
    }
    let rule = |(index, rule): (usize, &RuleConf)| {
        let prefix = rule.header_prefix.clone().unwrap_or_else(|| (index + 1).to_string());
        let name = |what: &str| format!("X-{prefix}-RateLimit-{what}");
        Ok(Rule {
            count: Amount::new(&rule.count)?,
            window: Amount::new(&rule.time_window)?,
            key: Key::new("var_combination", &rule.key),
            names: Some(Names::new(&name("Limit"), &name("Remaining"), &name("Reset"))?),
        })
    };
    rules.iter().enumerate().map(rule).collect()
}

/// CRC-32 of the configuration without `_meta`, which says nothing about what is counted.
pub(super) fn version(conf: &Value) -> u32 {
    let mut own = conf.clone();
    if let Some(fields) = own.as_object_mut() {
        fields.shift_remove("_meta");
    }
    conf_version(&own)
}

/// One limit.
pub(super) struct Rule {
    count: Amount,
    window: Amount,
    pub(super) key: Key,
    /// Headers of its own.
    pub(super) names: Option<Names>,
}

impl Rule {
    /// The limit for this request; `None` when a template gives no whole number above 0.
    #[inline]
    pub(super) fn limit(&self, x: &Exchange) -> Option<Limit> {
        // At most 2^53 seconds.
        Some(Limit { count: self.count.get(x)?, window_ms: self.window.get(x)? * 1000 })
    }

    pub(super) fn needs_body(&self) -> bool {
        self.key.needs_body() || self.count.needs_body() || self.window.needs_body()
    }
}

/// A number, perhaps one that requests bring.
enum Amount {
    Fixed(u64),
    Asked(Template),
}

impl Amount {
    fn new(value: &Value) -> Result<Amount, String> {
        match value {
            Value::String(text) => Ok(Amount::Asked(Template::parse(text))),
            other => match integer::<u64>(other) {
                Some(number) if (1..=MAX_AMOUNT).contains(&number) => Ok(Amount::Fixed(number)),
                _ => Err(format!("{other} is out of range")),
            },
        }
    }

    #[inline]
    fn get(&self, x: &Exchange) -> Option<u64> {
        match self {
            Amount::Fixed(number) => Some(*number),
            Amount::Asked(template) => {
                let mut text = Vec::with_capacity(16);
                template.render(x, &mut text);
                let number = Text::from(&text[..]).number()?;
                let whole = number.fract() == 0.0 && number >= 1.0 && number <= MAX_AMOUNT as f64;
                // Whole, and within what a double holds exactly.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                whole.then_some(number as u64)
            }
        }
    }

    fn needs_body(&self) -> bool {
        matches!(self, Amount::Asked(template) if template.needs_body())
    }
}

/// What is counted.
pub(super) enum Key {
    Var(Var),
    Template(Template),
    Constant(Box<[u8]>),
}

impl Key {
    fn new(kind: &str, key: &str) -> Key {
        match kind {
            "constant" => Key::Constant(key.as_bytes().into()),
            "var_combination" => {
                let template = Template::parse(key);
                match template.as_literal() {
                    Some(text) => Key::Constant(text.into()),
                    None => Key::Template(template),
                }
            }
            _ => Key::Var(Var::parse(key)),
        }
    }

    /// The key of a request; what has no value is counted by the client's address.
    #[inline]
    pub(super) fn write(&self, x: &Exchange, out: &mut SmallVec<[u8; 64]>) {
        match self {
            Key::Var(Var::RemoteAddr) => out.extend_from_slice(&x.client_text().to_bytes()),
            Key::Var(var) => out.extend_from_slice(&x.var(var).unwrap_or_else(|| x.client_text()).to_bytes()),
            Key::Constant(text) => out.extend_from_slice(text),
            Key::Template(template) => {
                let mut text = Vec::with_capacity(64);
                if template.render(x, &mut text).resolved == 0 {
                    out.extend_from_slice(&x.client_text().to_bytes());
                } else {
                    out.extend_from_slice(&text);
                }
            }
        }
    }

    /// Some variable of it has a value, or it has none.
    pub(super) fn resolves(&self, x: &Exchange) -> bool {
        match self {
            Key::Var(var) => x.var(var).is_some(),
            Key::Constant(_) => true,
            Key::Template(template) => template.render(x, &mut Vec::with_capacity(64)).resolved > 0,
        }
    }

    fn needs_body(&self) -> bool {
        match self {
            Key::Var(var) => var.needs_body(),
            Key::Constant(_) => false,
            Key::Template(template) => template.needs_body(),
        }
    }
}
