//! `limit-conn`: so many requests at once.

mod held;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Flow, Phases, Plugin, Step};
use gateway_model::plugin::PluginSpec;
use gateway_outbound::redis::{Failure, Script};
use serde::Deserialize;
use serde_json::Value;

use self::held::{Holds, InFlight, Ticket};
use super::asked::{Amount, Counted, Subject};
use super::policy::{CounterName, Remote, settings, wall_ms};
use super::table::Owner;
use super::workflow;
use crate::conf::{int, integer, parse};
use crate::docs::{Doc, Example};
use crate::transform::{missing_body, pause};

const NAME: &str = "limit-conn";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            encrypt_fields: &["redis_password"],
            check: Some(|conf, _, _| Compiled::new(conf).and(settings(conf)).map(drop)),
            ..PluginSpec::new(NAME, 1003, include_str!("../schemas/limit-conn.json"))
        },
        phases: Phases::ACCESS | Phases::LOG,
        build: |build: &Build<'_>| Ok(Arc::new(LimitConn::build(build)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets so many requests of a key be under way at once. Up to `conn` pass as they come; up to `burst` more wait \
            `default_conn_delay` seconds, a multiple of it from twice `conn` on; what is above that is refused with \
            `rejected_code`.\n\n\
            A request is under way until its log phase, however it ends: answered, refused by another plugin, left by its client. \
            A WebSocket is under way until it is closed.\n\n\
            Instead of `conn`, `burst` and `key` a list of `rules` may be given, all of which a request must pass. A rule none of \
            whose variables has a value, or whose numbers are none, does not apply; if none applies the answer is 500 unless \
            `allow_degradation` is set.\n\n\
            With the policy `local` requests are counted in this process, for all workers together; with `redis` and \
            `redis-cluster` by all gateways that use the same Redis, one call a request and one behind it. There, who is under way \
            for longer than `key_ttl` is not counted any more, so that a gateway that is gone leaves nothing behind for good. \
            A Redis that does not answer ends requests with 500, or is passed over with `allow_degradation`.",
    fields: fields_with_redis![
        ("conn", "Requests at once: a number, or a template such as `${http_conn ?? 10}` that gives one."),
        ("burst", "How many more may be under way, after a wait: a number or a template."),
        ("default_conn_delay", "Seconds that requests of the burst wait."),
        ("only_use_default_delay", "Not used: the wait is always `default_conn_delay`."),
        ("key", "What is counted. Without a value it is the client's address."),
        ("key_type", "Whether `key` is a variable's name or a template of variables."),
        ("rules", "Several limits at once."),
        ("rules[].conn", "As above, for this rule."),
        ("rules[].burst", "As above, for this rule."),
        ("rules[].key", "A template of variables."),
        ("rejected_code", "Status of refusals."),
        ("rejected_msg", "Text of refusals, sent as `{\"error_msg\": …}`."),
        ("policy", "Where requests are counted."),
        ("allow_degradation", "Lets requests pass where nothing can be counted."),
        ("key_ttl", "Seconds after which Redis forgets a request that has not ended."),
    ],
    example: Example {
        about: "The slow upstream is another route of the gateway, which answers after two seconds.",
        objects: &[
            (
                "routes/slow",
                r#"{"uri": "/slow", "plugins": {"fault-injection": {"delay": {"duration": 2}}, "mocking": {"response_example": "done"}}}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream": {"nodes": {"127.0.0.1:9080": 1}},
  "plugins": {
    "proxy-rewrite": {"uri": "/slow"},
    "limit-conn": {"conn": 1, "burst": 0, "default_conn_delay": 0.1, "key": "remote_addr", "rejected_code": 429}
  }
}"#,
            ),
        ],
        requests: r#"# Three at once, then one by itself:
$ (for i in 1 2 3; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders & done; wait) | sort
200
429
429
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders
200"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    conn: Option<Value>,
    burst: Option<Value>,
    default_conn_delay: f64,
    key: Option<String>,
    key_type: String,
    rules: Option<Vec<RuleConf>>,
    #[serde(deserialize_with = "int")]
    rejected_code: u16,
    rejected_msg: Option<String>,
    allow_degradation: bool,
    key_ttl: Option<Value>,
}

#[derive(Deserialize)]
struct RuleConf {
    conn: Value,
    burst: Value,
    key: String,
}

/// A checked configuration.
struct Compiled {
    rules: Box<[Rule]>,
    listed: bool,
    delay_s: f64,
    degrade: bool,
    rejected: Exit,
    ttl_s: u32,
}

/// One limit.
struct Rule {
    conn: Amount,
    burst: Amount,
    subject: Subject,
}

impl Rule {
    fn new(conn: &Value, burst: &Value, subject: Subject) -> Result<Rule, String> {
        Ok(Rule { conn: Amount::new(conn, 1)?, burst: Amount::new(burst, 0)?, subject })
    }

    /// The limit for this request; `None` when a template gives no number.
    fn limit(&self, x: &Exchange) -> Option<Limit> {
        Some(Limit { conn: self.conn.get(x)?, burst: self.burst.get(x)? })
    }

    fn needs_body(&self) -> bool {
        self.subject.needs_body() || self.conn.needs_body() || self.burst.needs_body()
    }
}

/// A limit in force for one request.
#[derive(Debug, Clone, Copy)]
struct Limit {
    conn: u64,
    burst: u64,
}

impl Limit {
    fn most(self) -> u64 {
        self.conn + self.burst
    }

    /// How many times the delay the last of so many requests waits.
    fn delays(self, present: u64) -> u64 {
        if present > self.conn { (present - 1) / self.conn } else { 0 }
    }
}

impl Compiled {
    fn new(conf: &Value) -> Result<Compiled, String> {
        let conf: Conf = parse(conf)?;
        let listed = conf.rules.is_some();
        let rules = match (conf.rules, conf.conn, conf.burst, conf.key) {
            (Some(rules), ..) => {
                let rule = |r: &RuleConf| Rule::new(&r.conn, &r.burst, Subject::new("var_combination", &r.key));
                rules.iter().map(rule).collect::<Result<Box<[Rule]>, _>>()?
            }
            (None, Some(conn), Some(burst), Some(key)) => {
                Box::new([Rule::new(&conn, &burst, Subject::new(&conf.key_type, &key))?])
            }
            // The schema asks for all of them, or for rules.
            _ => return Err("conn, burst and key are required".to_owned()),
        };
        let ttl_s = match &conf.key_ttl {
            None => 3600,
            Some(given) => match integer::<u32>(given) {
                Some(seconds) if seconds > 0 => seconds,
                _ => return Err(format!("key_ttl: {given} is out of range: expected a number of seconds above 0")),
            },
        };
        Ok(Compiled {
            rules,
            listed,
            delay_s: conf.default_conn_delay,
            degrade: conf.allow_degradation,
            rejected: match &conf.rejected_msg {
                Some(text) => Exit::error_msg(conf.rejected_code, text),
                None => Exit::page(conf.rejected_code),
            },
            ttl_s,
        })
    }
}

struct LimitConn {
    conf: Compiled,
    needs_body: bool,
    /// One of several that a plugin holds: that one has been asked already.
    held: bool,
    in_flight: Arc<InFlight>,
    /// One a rule.
    owners: Box<[Owner]>,
    remote: Option<Arc<Remote>>,
}

/// Requests under way on a Redis: a sorted set of their names, by when they are forgotten.
static SCRIPT: Script = Script::new(
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[3]) \
     local present = redis.call('ZCARD', KEYS[1]) \
     if present >= tonumber(ARGV[1]) then return {0, present} end \
     redis.call('ZADD', KEYS[1], ARGV[3] + ARGV[2], ARGV[4]) \
     redis.call('EXPIRE', KEYS[1], ARGV[2]) \
     return {1, present + 1}",
);

impl LimitConn {
    fn build(build: &Build<'_>) -> Result<LimitConn, String> {
        let conf = Compiled::new(build.conf)?;
        let name = CounterName::new(build, None);
        let in_flight = build.states.get::<InFlight>();
        Ok(LimitConn {
            needs_body: conf.rules.iter().any(Rule::needs_body),
            held: build.variant.is_some(),
            owners: (0..conf.rules.len()).map(|n| in_flight.keys.owner(&name.local(n))).collect(),
            in_flight,
            remote: Remote::new(build, NAME, "limit_conn:", &name)?.map(Arc::new),
            conf,
        })
    }

    /// What a request is counted by under a rule, and the rule's limit for it.
    fn measure(&self, x: &Exchange, rule: &Rule) -> Measured {
        if self.conf.listed && !rule.subject.resolves(x) {
            return Measured::Apart;
        }
        match rule.limit(x) {
            Some(limit) => {
                let mut counted = Counted::new();
                rule.subject.write(x, &mut counted);
                Measured::Within(counted, limit)
            }
            None if self.conf.listed => Measured::Apart,
            None => Measured::Unclear,
        }
    }

    /// Counts a request in this process: how many delays it waits, or who answers instead.
    fn enter(&self, x: &mut Exchange) -> Result<u64, Flow> {
        let mut delays = None;
        for (rule, owner) in self.conf.rules.iter().zip(&self.owners) {
            let (counted, limit) = match self.measure(x, rule) {
                Measured::Within(counted, limit) => (counted, limit),
                Measured::Apart => continue,
                Measured::Unclear => return Err(self.failed()),
            };
            let key = self.in_flight.keys.key(owner, &counted);
            let Some((present, ticket)) = self.in_flight.enter(key, limit.most()) else {
                return Err(self.refused());
            };
            x.state::<Holds>().keep(ticket);
            delays = Some(delays.unwrap_or(0) + limit.delays(present));
        }
        delays.ok_or_else(|| self.failed())
    }

    /// The same on a Redis.
    async fn enter_remote(&self, x: &mut Exchange, remote: &Arc<Remote>) -> Result<u64, Flow> {
        let mut delays = None;
        for (n, rule) in self.conf.rules.iter().enumerate() {
            let (counted, limit) = match self.measure(x, rule) {
                Measured::Within(counted, limit) => (counted, limit),
                Measured::Apart => continue,
                Measured::Unclear => return Err(self.failed()),
            };
            let key = remote.key(&counted, self.conf.listed.then_some(n));
            // Kept before it is asked for: a client may leave while the answer is on its way.
            let ticket = Ticket::remote(remote, key);
            match self.ask(remote, &ticket, limit).await {
                Ok(Some(present)) => {
                    x.state::<Holds>().keep(ticket);
                    delays = Some(delays.unwrap_or(0) + limit.delays(present));
                }
                Ok(None) => {
                    ticket.void();
                    return Err(self.refused());
                }
                Err(failure) => {
                    if matches!(failure, Failure::Down(_)) {
                        ticket.void();
                    }
                    return Err(self.failed());
                }
            }
        }
        delays.ok_or_else(|| self.failed())
    }

    /// How many requests are under way with this one; `None`: too many without it.
    async fn ask(&self, remote: &Remote, ticket: &Ticket, limit: Limit) -> Result<Option<u64>, Failure> {
        let Ticket::Remote { key, name, .. } = ticket else { return Ok(None) };
        let numbers = [limit.most(), u64::from(self.conf.ttl_s), wall_ms() / 1000].map(|n| n.to_string());
        let [most, ttl, now] = &numbers;
        let args = [most.as_bytes(), ttl.as_bytes(), now.as_bytes(), name.as_bytes()];
        let [passes, present] = remote.numbers(&SCRIPT, &[key], &args).await?;
        // A count of Redis: not negative, far below what a double holds exactly.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok((passes != 0.0).then_some(present as u64))
    }

    fn refused(&self) -> Flow {
        Flow::Exit(Box::new(self.conf.rejected.clone()))
    }

    #[cold]
    fn failed(&self) -> Flow {
        if self.conf.degrade { Flow::Next } else { Flow::Exit(Box::new(Exit::page(500))) }
    }

    /// Lets a request of the burst wait.
    async fn wait(&self, delays: u64) -> Flow {
        // Delays are as many as requests at once.
        #[allow(clippy::cast_precision_loss)]
        pause(self.conf.delay_s * delays as f64).await;
        Flow::Next
    }
}

/// What a rule says of a request.
enum Measured {
    /// It is counted by this, within this limit.
    Within(Counted, Limit),
    /// The rule does not apply.
    Apart,
    /// Nothing can be counted.
    Unclear,
}

impl Plugin for LimitConn {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::LOG
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if !self.held && workflow::stands_for(x, NAME) {
            return Step::Next;
        }
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        if let Some(remote) = &self.remote {
            return Step::wait(async move {
                match self.enter_remote(x, remote).await {
                    Ok(delays) => self.wait(delays).await,
                    Err(flow) => flow,
                }
            });
        }
        match self.enter(x) {
            Ok(0) => Step::Next,
            Ok(delays) => Step::wait(self.wait(delays)),
            Err(flow) => flow.into(),
        }
    }

    fn log(&self, x: &Exchange) {
        if let Some(holds) = x.peek_state::<Holds>() {
            holds.let_go();
        }
    }
}
