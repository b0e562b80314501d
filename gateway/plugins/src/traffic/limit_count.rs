//! `limit-count`: a quota of requests in a window of time.

mod conf;
mod group;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use gateway_engine::exchange::{Exchange, RateLimit};
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use serde::Deserialize;
use serde_json::Value;
use smallvec::SmallVec;

use self::conf::{Compiled, Rule};
use self::group::{Groups, Membership};
use super::windows::{Owner, Verdict, Windows};
use crate::conf::{header_name, parse};
use crate::docs::Doc;
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
            plugin's own as it is, and are kept in this process: they are lost when it ends. The policies `redis`, \
            `redis-cluster` and `redis-sentinel` are not built yet and are refused.",
    fields: &[
        ("count", "Requests in a window: a number, or a template such as `${http_count ?? 10}` that gives one."),
        ("time_window", "Length of the window in seconds: a number or a template."),
        ("window_type", "Where a window begins."),
        ("key_type", "Whether `key` is a variable's name, a template of variables, or a text that all requests share."),
        ("key", "What is counted. Without a value it is the client's address."),
        ("rejected_code", "Status of refusals."),
        ("rejected_msg", "Text of refusals, sent as `{\"error_msg\": …}`."),
        ("policy", "Where counters are kept: in this process."),
        ("allow_degradation", "Lets requests pass where nothing can be counted."),
        ("show_limit_quota_header", "Adds the `X-RateLimit-*` headers to answers."),
        ("group", "Objects that name the same group share their counters."),
        ("sync_interval", "For the Redis policies."),
        ("rules", "Several limits at once."),
        ("rules[].count", "As above, for this rule."),
        ("rules[].time_window", "As above, for this rule."),
        ("rules[].key", "A template of variables."),
        ("rules[].header_prefix", "Stands in the names of this rule's headers."),
        ("metadata:limit_header", "Header for the limit."),
        ("metadata:remaining_header", "Header for what is left."),
        ("metadata:reset_header", "Header for the seconds until the window ends."),
    ],
    example: r#"{"limit-count": {"count": 100, "time_window": 60, "rejected_code": 429, "key": "consumer_name"}}"#,
};

struct LimitCount {
    rules: Box<[Rule]>,
    /// Whose counters: of this object's configuration, or of the group. One a rule.
    owners: Box<[Owner]>,
    /// Rules were given as a list, which may leave some out.
    listed: bool,
    sliding: bool,
    show: bool,
    degrade: bool,
    needs_body: bool,
    rejected: Exit,
    windows: Arc<Windows>,
    _membership: Option<Membership>,
}

impl LimitCount {
    fn build(build: &Build<'_>) -> Result<LimitCount, String> {
        let compiled = Compiled::new(build.conf)?;
        let version = conf::version(build.conf);
        let membership = match &compiled.group {
            Some(group) => Some(build.states.get::<Groups>().join(group, build.parent, version)?),
            None => None,
        };
        let windows = build.states.get::<Windows>();
        let owner = match &compiled.group {
            Some(group) => format!("group:{group}"),
            None => format!("{}:{version}", build.parent),
        };
        let owners = (0..compiled.rules.len()).map(|n| windows.owner(format!("{owner}:{n}").as_bytes())).collect();
        let rejected = match &compiled.rejected_msg {
            Some(text) => Exit::error_msg(compiled.rejected_code, text),
            None => Exit::page(compiled.rejected_code),
        };
        Ok(LimitCount {
            needs_body: compiled.rules.iter().any(Rule::needs_body),
            rules: compiled.rules,
            owners,
            listed: compiled.listed,
            sliding: compiled.sliding,
            show: compiled.show,
            degrade: compiled.degrade,
            rejected,
            windows,
            _membership: membership,
        })
    }

    /// Counts the request under one rule. `None`: nothing can be counted.
    #[inline]
    fn count(&self, x: &mut Exchange, rule: &Rule, owner: &Owner) -> Option<Verdict> {
        let mut key: SmallVec<[u8; 64]> = SmallVec::new();
        rule.key.write(x, &mut key);
        let limit = rule.limit(x)?;
        let id = self.windows.key(owner, &key);
        let verdict = match self.sliding {
            false => self.windows.fixed(id, now_ms(), limit, 1),
            true => self.windows.sliding(id, now_ms(), limit, 1),
        };
        let said = RateLimit {
            key: x.req.head.store(&key),
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
        Some(verdict)
    }

    #[cold]
    fn failed(&self) -> Step<'static> {
        if self.degrade {
            return Step::Next;
        }
        Step::Exit(Box::new(Exit::error_msg(500, "failed to limit count")))
    }
}

impl Plugin for LimitCount {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.needs_body, x) {
            return Step::Body(limit);
        }
        let mut applied = false;
        for (rule, owner) in self.rules.iter().zip(&self.owners) {
            if self.listed && !rule.key.resolves(x) {
                continue;
            }
            applied = true;
            match self.count(x, rule, owner) {
                Some(verdict) if verdict.allowed => {}
                Some(_) => return Step::Exit(Box::new(self.rejected.clone())),
                None => return self.failed(),
            }
        }
        if applied { Step::Next } else { self.failed() }
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
