//! `limit-count`: a quota of requests in a window of time.

mod conf;
mod delayed;
mod group;
mod remote;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use gateway_engine::exchange::{Exchange, RateLimit};
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Flow, Phases, Plugin, Step};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;

use self::conf::{Compiled, Rule};
use self::delayed::Delayed;
use self::group::{Groups, Membership};
use super::asked::Counted;
use super::policy::{CounterName, Remote};
use super::table::Owner;
use super::windows::{Limit, Verdict, Windows};
use super::workflow;
use crate::conf::{header_name, parse};
use crate::docs::{Doc, Example};
use crate::transform::missing_body;

const NAME: &str = "limit-count";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            version: 0.5,
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/limit-count.metadata.json"))),
            encrypt_fields: &["redis_password", "sentinel_password"],
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Names::from_metadata(conf).map(drop),
                _ => Compiled::new(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 1002, include_str!("../schemas/limit-count.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(LimitCount::build(build)?)),
        metadata: Some(|value| Ok(Arc::new(Names::from_metadata(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets so many requests pass in a window of time, counted by a key: the client's address, a header, the consumer, any \
            variables. Above the limit it answers with `rejected_code`.\n\n\
            A *fixed* window begins with its key's first request. A *sliding* one estimates how much of the window before still \
            lies in it, so no burst of twice the limit passes where two windows meet.\n\n\
            Answers tell the state: `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds). The names can \
            be changed for the whole gateway by the plugin's metadata. `$rate_limiting_info` is the same as JSON for access logs.\n\n\
            Instead of `count` and `time_window` a list of `rules` may be given, each with its own key, all counted in order; \
            the first that is exceeded ends the request. Their headers carry `header_prefix`, or the rule's number: \
            `X-<prefix>-RateLimit-Limit`. A rule none of whose variables has a value does not apply; if none applies the answer is \
            500 unless `allow_degradation` is set.\n\n\
            Objects have counters of their own, also where their configurations are the same, unless they name one `group`; all \
            members of a group must be configured alike. Counters outlive changes of the configuration that leave the \
            plugin's own as it is.\n\n\
            With the policy `local` they are kept in this process, for all workers together, and are lost when it ends. With \
            `redis`, `redis-cluster` and `redis-sentinel` all gateways that use the same Redis count together, one call a request \
            (two in a cluster if the window slides); sliding windows need clocks that agree. A Redis that does not answer ends \
            requests with 500, or is passed over with `allow_degradation`; while it is away nobody waits for it. With \
            `sync_interval` requests are counted here and Redis is told now and then, so that none waits and somewhat more may pass \
            than the limit. Members of a `group` count together with nodes of APISIX; the names that APISIX gives to other counters \
            depend on how it holds a configuration in memory, so those are counted apart.",
    fields: fields_with_redis![
        ("count", "Requests in a window: a number, or a template such as `${http_count ?? 10}` that gives one."),
        ("time_window", "Length of the window in seconds: a number or a template."),
        ("window_type", "Where a window begins."),
        ("key_type", "Whether `key` is a variable's name, a template of variables, or a text that all requests share."),
        ("key", "What is counted. Without a value it is the client's address."),
        ("rejected_code", "Status of refusals."),
        ("rejected_msg", "Text of refusals, sent as `{\"error_msg\": …}`."),
        ("policy", "Where counters are kept."),
        ("allow_degradation", "Lets requests pass where nothing can be counted."),
        ("show_limit_quota_header", "Adds the `X-RateLimit-*` headers to answers."),
        ("group", "Objects that name the same group share their counters."),
        (
            "sync_interval",
            "Seconds between two reports to Redis, from 0.1 on and below `time_window`; -1: each request is one.",
        ),
        ("rules", "Several limits at once."),
        ("rules[].count", "As above, for this rule."),
        ("rules[].time_window", "As above, for this rule."),
        ("rules[].key", "A template of variables."),
        ("rules[].header_prefix", "Stands in the names of this rule's headers."),
        ("redis_sentinels", "The sentinels, asked in this order."),
        ("redis_sentinels[].host", "A sentinel's host."),
        ("redis_sentinels[].port", "Its port."),
        ("redis_master_name", "The name they know the master by."),
        ("redis_role", "Whether the master is meant, or a replica, which can count only if it may be written."),
        ("redis_connect_timeout", "Milliseconds for each step of a connection."),
        ("redis_read_timeout", "Milliseconds for an answer."),
        ("sentinel_username", "Who logs in at the sentinels; needs a password."),
        ("sentinel_password", "Without one nobody logs in at the sentinels."),
        ("metadata:limit_header", "Header for the limit."),
        ("metadata:remaining_header", "Header for what is left."),
        ("metadata:reset_header", "Header for the seconds until the window ends."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "limit-count": {"count": 2, "time_window": 60, "key_type": "var", "key": "http_x_tenant", "rejected_code": 429, "rejected_msg": "come back later"}
  }
}"#,
        )],
        requests: r#"$ curl -s -D - -o /dev/null http://127.0.0.1:9080/orders -H 'X-Tenant: a' | grep RateLimit
X-RateLimit-Limit: 2
X-RateLimit-Remaining: 1
X-RateLimit-Reset: …
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -H 'X-Tenant: a'
200
$ curl -i http://127.0.0.1:9080/orders -H 'X-Tenant: a'
HTTP/1.1 429 Too Many Requests
Server: gateway
Content-Type: text/plain; charset=utf-8
X-RateLimit-Limit: 2
X-RateLimit-Remaining: 0
X-RateLimit-Reset: …
Date: …
Content-Length: 32

{"error_msg":"come back later"}
# Another tenant has a count of its own:
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders -H 'X-Tenant: b'
200"#,
    },
};

struct LimitCount {
    rules: Box<[Rule]>,
    counters: Counters,
    /// Rules were given as a list, which may leave some out.
    listed: bool,
    sliding: bool,
    show: bool,
    degrade: bool,
    needs_body: bool,
    /// One of several that a plugin holds: that one has been asked already.
    held: bool,
    rejected: Exit,
    _membership: Option<Membership>,
}

/// Where requests are counted.
enum Counters {
    /// In this process. One owner a rule: this object's configuration, or the group.
    Local(Arc<Windows>, Box<[Owner]>),
    /// On a Redis.
    Remote(Remote),
    /// Here, and on a Redis later.
    Delayed(Arc<Delayed>),
}

impl LimitCount {
    fn build(build: &Build<'_>) -> Result<LimitCount, String> {
        let compiled = Compiled::new(build.conf)?;
        let name = CounterName::new(build, compiled.group.as_deref());
        let membership = match &compiled.group {
            Some(group) => Some(build.states.get::<Groups>().join(group, build.parent, name.version)?),
            None => None,
        };
        let kind = if compiled.sliding { "plugin-limit-count:" } else { "plugin-limit-count:v1:" };
        let counters = match (Remote::new(build, NAME, kind, &name)?, compiled.sync) {
            (Some(remote), Some(interval)) => Counters::Delayed(Delayed::new(remote, compiled.sliding, interval)),
            (Some(remote), None) => Counters::Remote(remote),
            (None, _) => {
                let windows = build.states.get::<Windows>();
                let owners = (0..compiled.rules.len()).map(|n| windows.0.keys.owner(&name.local(n))).collect();
                Counters::Local(windows, owners)
            }
        };
        let rejected = match &compiled.rejected_msg {
            Some(text) => Exit::error_msg(compiled.rejected_code, text),
            None => Exit::page(compiled.rejected_code),
        };
        Ok(LimitCount {
            needs_body: compiled.rules.iter().any(Rule::needs_body),
            rules: compiled.rules,
            counters,
            listed: compiled.listed,
            sliding: compiled.sliding,
            show: compiled.show,
            degrade: compiled.degrade,
            held: build.variant.is_some(),
            rejected,
            _membership: membership,
        })
    }

    /// Counts a request in this process.
    #[inline]
    fn count_local(&self, x: &mut Exchange, windows: &Windows, owners: &[Owner]) -> Step<'static> {
        let mut applied = false;
        for (rule, owner) in self.rules.iter().zip(owners) {
            if self.listed && !rule.subject.resolves(x) {
                continue;
            }
            applied = true;
            let mut counted = Counted::new();
            rule.subject.write(x, &mut counted);
            let Some(limit) = rule.limit(x) else { return self.failed().into() };
            let key = windows.0.keys.key(owner, &counted);
            let verdict = match self.sliding {
                false => windows.fixed(key, now_ms(), limit, 1),
                true => windows.sliding(key, now_ms(), limit, 1),
            };
            if !self.tell(x, rule, &counted, limit, verdict) {
                return Step::Exit(Box::new(self.rejected.clone()));
            }
        }
        if applied { Step::Next } else { self.failed().into() }
    }

    /// Counts a request on a Redis, or here if it is told later.
    async fn count_remote(&self, x: &mut Exchange, remote: &Remote, delayed: Option<&Arc<Delayed>>) -> Flow {
        let mut applied = false;
        for (n, rule) in self.rules.iter().enumerate() {
            if self.listed && !rule.subject.resolves(x) {
                continue;
            }
            applied = true;
            let mut counted = Counted::new();
            rule.subject.write(x, &mut counted);
            let Some(limit) = rule.limit(x) else { return self.failed() };
            let key = remote.key(&counted, self.listed.then_some(n));
            let here = delayed.and_then(|delayed| delayed.count(&key, limit, 1));
            let verdict = match here {
                Some(verdict) => verdict,
                None => match remote::count(remote, self.sliding, &key, limit, 1).await {
                    Ok(verdict) => verdict,
                    Err(_) => return self.failed(),
                },
            };
            if !self.tell(x, rule, &counted, limit, verdict) {
                return Flow::Exit(Box::new(self.rejected.clone()));
            }
        }
        if applied { Flow::Next } else { self.failed() }
    }

    /// Tells the client and the log; whether the request may go on.
    #[inline]
    fn tell(&self, x: &mut Exchange, rule: &Rule, counted: &[u8], limit: Limit, verdict: Verdict) -> bool {
        let said = RateLimit {
            key: x.req.head.store(counted),
            limit: limit.count,
            remaining: verdict.remaining,
            reset_cs: verdict.reset_ms / 10,
        };
        let again = x.rate_limit.replace(said).is_some();
        if self.show {
            match &rule.names {
                Some(names) => names.tell(x, said, again),
                None => tell(x, said, again),
            }
        }
        verdict.allowed
    }

    #[cold]
    fn failed(&self) -> Flow {
        match self.degrade {
            true => Flow::Next,
            false => Flow::Exit(Box::new(Exit::error_msg(500, "failed to limit count"))),
        }
    }
}

impl Plugin for LimitCount {
    fn phases(&self) -> Phases {
        Phases::ACCESS
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
        match &self.counters {
            Counters::Local(windows, owners) => self.count_local(x, windows, owners),
            Counters::Remote(remote) => Step::wait(self.count_remote(x, remote, None)),
            Counters::Delayed(delayed) => Step::wait(self.count_remote(x, delayed.remote(), Some(delayed))),
        }
    }
}

/// The headers that tell the state of a limit.
#[derive(Debug)]
struct Names {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
}

#[derive(Deserialize)]
struct Metadata {
    limit_header: String,
    remaining_header: String,
    reset_header: String,
}

static USUAL: LazyLock<Option<Names>> =
    LazyLock::new(|| Names::new("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset").ok());

impl Names {
    fn new(limit: &str, remaining: &str, reset: &str) -> Result<Names, String> {
        Ok(Names { limit: header_name(limit)?, remaining: header_name(remaining)?, reset: header_name(reset)? })
    }

    fn from_metadata(value: &Value) -> Result<Names, String> {
        let given: Metadata = parse(value)?;
        Names::new(&given.limit_header, &given.remaining_header, &given.reset_header)
    }

    /// Puts the state on the answer. `again`: another limit has done so, perhaps under the same names.
    #[inline]
    fn tell(&self, x: &mut Exchange, said: RateLimit, again: bool) {
        let [limit, remaining, reset] = [&self.limit, &self.remaining, &self.reset].map(HeaderName::as_name);
        let mut digits = itoa::Buffer::new();
        // Digits may stand in a header; a head that is full loses these fields only.
        if again {
            let _ = x.set_response_header(limit, digits.format(said.limit).as_bytes());
            let _ = x.set_response_header(remaining, digits.format(said.remaining).as_bytes());
            let _ = x.set_response_header(reset, &seconds(said.reset_cs, &mut digits));
            return;
        }
        x.add_response_number(limit, said.limit);
        x.add_response_number(remaining, said.remaining);
        let _ = x.add_response_header(reset, &seconds(said.reset_cs, &mut digits));
    }
}

/// Under the names of the plugin's metadata, else the usual ones.
#[inline]
fn tell(x: &mut Exchange, said: RateLimit, again: bool) {
    let snapshot = x.worker().snapshot();
    let chosen = snapshot.metadata.get(NAME).and_then(|m| m.downcast_ref::<Names>());
    if let Some(names) = chosen.or(USUAL.as_ref()) {
        names.tell(x, said, again);
    }
}

/// Hundredths of a second as seconds, without trailing zeros: `60`, `59.9`, `59.99`.
#[inline]
fn seconds(cs: u64, digits: &mut itoa::Buffer) -> SmallVec<[u8; 24]> {
    let mut text = SmallVec::from_slice(digits.format(cs / 100).as_bytes());
    // Each below ten.
    let (tenths, hundredths) = ((cs / 10 % 10) as u8, (cs % 10) as u8);
    if tenths > 0 || hundredths > 0 {
        text.extend_from_slice(&[b'.', b'0' + tenths]);
    }
    if hundredths > 0 {
        text.push(b'0' + hundredths);
    }
    text
}
