//! The configuration of `limit-count`: limits and keys, ready to be asked.

use std::time::Duration;

use gateway_engine::exchange::Exchange;
use serde::Deserialize;
use serde_json::Value;

use super::super::asked::{Amount, Subject};
use super::super::policy;
use super::super::windows::Limit;
use super::Names;
use crate::conf::{int, parse};

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
    sync_interval: f64,
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
    /// How often Redis is told; `None`: with each request.
    pub(super) sync: Option<Duration>,
}

impl Compiled {
    /// # Errors
    /// The texts of APISIX, and some of ours for what it takes.
    pub(super) fn new(conf: &Value) -> Result<Compiled, String> {
        policy::settings(conf)?;
        let conf: Conf = parse(conf)?;
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
                let subject = Subject::new(&conf.key_type, &conf.key);
                let rule =
                    Rule { count: Amount::new(&count, 1)?, window: Amount::new(&window, 1)?, subject, names: None };
                Box::new([rule])
            }
            // The schema asks for both, or for rules.
            (None, ..) => return Err("count and time_window are required".into()),
        };
        let sync = match conf.policy != "local" {
            true => sync_interval(conf.sync_interval, &rules)?,
            false => None,
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
            sync,
        })
    }
}

/// Shortest time between two reports to Redis, in seconds.
const SHORTEST_SYNC_S: f64 = 0.1;

fn sync_interval(seconds: f64, rules: &[Rule]) -> Result<Option<Duration>, String> {
    if seconds == -1.0 {
        return Ok(None);
    }
    let shortest = rules.iter().filter_map(|rule| rule.window.fixed()).min();
    // Windows are at most 2^53 seconds.
    #[allow(clippy::cast_precision_loss)]
    let fits = seconds >= SHORTEST_SYNC_S && shortest.is_none_or(|window| seconds < window as f64);
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if fits => Ok(Some(time)),
        _ => Err(format!("sync_interval: {seconds} must be -1, or at least {SHORTEST_SYNC_S} and below time_window")),
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
            count: Amount::new(&rule.count, 1)?,
            window: Amount::new(&rule.time_window, 1)?,
            subject: Subject::new("var_combination", &rule.key),
            names: Some(Names::new(&name("Limit"), &name("Remaining"), &name("Reset"))?),
        })
    };
    rules.iter().enumerate().map(rule).collect()
}

/// One limit.
pub(super) struct Rule {
    count: Amount,
    window: Amount,
    pub(super) subject: Subject,
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
        self.subject.needs_body() || self.count.needs_body() || self.window.needs_body()
    }
}
