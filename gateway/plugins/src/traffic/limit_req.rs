//! `limit-req`: a steady rate, with bursts that wait their turn: the leaky bucket.

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Exit, Fields, Flow, Phases, Plugin, Step};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::PluginSpec;
use gateway_outbound::redis::{Failure, Script};
use serde::Deserialize;
use serde_json::Value;

use super::asked::{Counted, Subject};
use super::policy::{CounterName, Remote, settings, wall_ms};
use super::table::{Key, Owner, Remembered, Table};
use crate::conf::{int, parse};
use crate::docs::{Doc, Example};
use crate::transform::{missing_body, pause};

const NAME: &str = "limit-req";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            encrypt_fields: &["redis_password"],
            check: Some(|conf, _, _| Rate::new(conf).and(settings(conf)).map(drop)),
            ..PluginSpec::new(NAME, 1001, include_str!("../schemas/limit-req.json"))
        },
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(LimitReq::build(build)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets requests of a key pass at a steady rate. What comes faster waits until it is its turn, up to `burst` requests; \
            what is above that is refused with `rejected_code`. With `nodelay` the burst passes at once.\n\n\
            The first request of a key always passes. With the policy `local` the state is kept in this process, for all workers \
            together; with `redis` and `redis-cluster` all gateways that use the same Redis share it, one call a request. Their \
            clocks should agree. A Redis that does not answer ends requests with 500, or is passed over with \
            `allow_degradation`.",
    fields: fields_with_redis![
        ("rate", "Requests a second."),
        ("burst", "How many requests may wait."),
        ("key", "What is counted. Without a value it is the client's address."),
        ("key_type", "Whether `key` is a variable's name or a template of variables."),
        ("rejected_code", "Status of refusals."),
        ("rejected_msg", "Text of refusals, sent as `{\"error_msg\": …}`."),
        ("nodelay", "Lets the burst pass without waiting."),
        ("policy", "Where the state is kept."),
        ("allow_degradation", "Lets requests pass where Redis does not answer."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"limit-req": {"rate": 0.1, "burst": 1, "nodelay": true, "key": "remote_addr", "rejected_code": 429}}
}"#,
        )],
        requests: r#"# One in ten seconds, and a burst of one more:
$ for i in 1 2 3; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders; done
200
200
429"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    rate: f64,
    burst: f64,
    key: String,
    key_type: String,
    #[serde(deserialize_with = "int")]
    rejected_code: u16,
    rejected_msg: Option<String>,
    nodelay: bool,
    allow_degradation: bool,
}

struct LimitReq {
    subject: Subject,
    rate: Rate,
    nodelay: bool,
    degrade: bool,
    rejected: Exit,
    buckets: Arc<Buckets>,
    owner: Owner,
    remote: Option<Remote>,
}

/// The state on a Redis: a hash of what is above the rate and of when that was. A key that is not there is a request's first.
static SCRIPT: Script = Script::new(
    "local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) \
     local kept = redis.call('HMGET', KEYS[1], 'excess', 'last') \
     local excess = 0 \
     if kept[1] and kept[2] then \
       excess = math.max(tonumber(kept[1]) - rate * math.abs(now - tonumber(kept[2])) / 1000 + 1000, 0) \
       if excess > burst then return {0, tostring(excess)} end \
     end \
     redis.call('HSET', KEYS[1], 'excess', tostring(excess), 'last', ARGV[3]) \
     redis.call('EXPIRE', KEYS[1], ARGV[4]) \
     return {1, tostring(excess)}",
);

impl LimitReq {
    fn build(build: &Build<'_>) -> Result<LimitReq, String> {
        let conf: Conf = parse(build.conf)?;
        let name = CounterName::new(build, None);
        let buckets = build.states.get::<Buckets>();
        Ok(LimitReq {
            subject: Subject::new(&conf.key_type, &conf.key),
            rate: Rate::new(build.conf)?,
            nodelay: conf.nodelay,
            degrade: conf.allow_degradation,
            rejected: match &conf.rejected_msg {
                Some(text) => Exit::error_msg(conf.rejected_code, text),
                None => Exit::page(conf.rejected_code),
            },
            owner: buckets.0.keys.owner(&name.local(0)),
            buckets,
            remote: Remote::new(build, NAME, "limit_req:", &name)?,
        })
    }

    /// Seconds to wait, or `None`: too many.
    async fn ask(&self, remote: &Remote, counted: &[u8]) -> Result<Option<f64>, Failure> {
        let key = remote.key(counted, None);
        let args = [self.rate.milli.to_string(), self.rate.burst_milli.to_string(), wall_ms().to_string()];
        let ttl = self.rate.expires_s().to_string();
        let args = [args[0].as_bytes(), args[1].as_bytes(), args[2].as_bytes(), ttl.as_bytes()];
        let [passes, excess] = remote.numbers(&SCRIPT, &[&key], &args).await?;
        Ok((passes != 0.0).then(|| self.rate.delay_s(excess)))
    }

    fn refuse(&self) -> Box<Exit> {
        Box::new(self.rejected.clone())
    }
}

impl Plugin for LimitReq {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if let Some(limit) = missing_body(self.subject.needs_body(), x) {
            return Step::Body(limit);
        }
        let mut counted = Counted::new();
        self.subject.write(x, &mut counted);
        if let Some(remote) = &self.remote {
            return Step::wait(async move {
                match self.ask(remote, &counted).await {
                    Ok(Some(delay)) => {
                        self.wait(delay).await;
                        Flow::Next
                    }
                    Ok(None) => Flow::Exit(self.refuse()),
                    Err(_) if self.degrade => Flow::Next,
                    Err(_) => Flow::Exit(Box::new(Exit::page(500))),
                }
            });
        }
        match self.buckets.pour(self.buckets.0.keys.key(&self.owner, &counted), now_ms(), &self.rate) {
            None => Step::Exit(self.refuse()),
            Some(delay) if self.nodelay || delay < SHORTEST_S => Step::Next,
            Some(delay) => Step::wait(async move {
                self.wait(delay).await;
                Flow::Next
            }),
        }
    }
}

/// Nobody waits for less.
const SHORTEST_S: f64 = 0.001;

impl LimitReq {
    async fn wait(&self, delay: f64) {
        if !self.nodelay && delay >= SHORTEST_S {
            pause(delay).await;
        }
    }
}

/// A rate and its burst, in thousandths of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    /// A second.
    milli: f64,
    burst_milli: f64,
}

impl Rate {
    fn new(conf: &Value) -> Result<Rate, String> {
        let conf: Conf = parse(conf)?;
        Ok(Rate { milli: conf.rate * 1000.0, burst_milli: conf.burst * 1000.0 })
    }

    fn delay_s(&self, excess_milli: f64) -> f64 {
        excess_milli / self.milli
    }

    /// When a full bucket has run out, on Redis.
    fn expires_s(&self) -> u64 {
        whole((self.burst_milli / self.milli).ceil() + 1.0)
    }
}

/// A number that is not negative, without its fraction.
fn whole(number: f64) -> u64 {
    // Saturates, and is never negative here.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = number as u64;
    whole
}

/// The buckets of this process.
#[derive(Default)]
struct Buckets(Table<Bucket>);

struct Bucket {
    /// What has come above the rate and not run out yet, in thousandths of requests.
    excess_milli: f64,
    last_ms: u64,
    expires_ms: u64,
}

impl Remembered for Bucket {
    fn expires_ms(&self) -> u64 {
        self.expires_ms
    }

    fn is_slight(&self) -> bool {
        self.excess_milli == 0.0
    }
}

impl Buckets {
    /// Counts a request: how many seconds it has to wait, `None` if it is too many.
    fn pour(&self, key: Key, now_ms: u64, rate: &Rate) -> Option<f64> {
        let fresh = || Bucket { excess_milli: -1.0, last_ms: now_ms, expires_ms: 0 };
        self.0.with(key, now_ms, fresh, |bucket| {
            // Milliseconds of a process are far below what a double holds exactly.
            #[allow(clippy::cast_precision_loss)]
            let elapsed = now_ms.saturating_sub(bucket.last_ms) as f64;
            let excess = match bucket.excess_milli {
                // The first request of a key.
                none if none < 0.0 => 0.0,
                before => (before - rate.milli * elapsed / 1000.0 + 1000.0).max(0.0),
            };
            if excess > rate.burst_milli {
                return None;
            }
            let empty_ms = (excess + 1000.0) / rate.milli * 1000.0;
            *bucket = Bucket {
                excess_milli: excess,
                last_ms: now_ms,
                expires_ms: now_ms.saturating_add(whole(empty_ms.ceil())),
            };
            Some(rate.delay_s(excess))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Kit, Outcome};
    use serde_json::json;

    const GET: &str = "GET /hello HTTP/1.1";

    fn statuses(kit: &Kit, plugin: &Arc<dyn Plugin>, requests: &[&str]) -> Vec<u16> {
        let status = |request: &&str| match kit.access(plugin, &mut kit.exchange(request)) {
            Outcome::Next => 200,
            Outcome::Exit(exit) => exit.status,
            other => panic!("{other:?}"),
        };
        requests.iter().map(status).collect()
    }

    #[test]
    fn a_bucket_leaks_at_its_rate() {
        let buckets = Buckets::default();
        let key = buckets.0.keys.key(&buckets.0.keys.owner(b""), b"a");
        // Two a second, and two may wait.
        let rate = Rate { milli: 2000.0, burst_milli: 2000.0 };
        let cases = [
            (1000, Some(0.0)),
            (1000, Some(0.5)),
            (1000, Some(1.0)),
            // Full: what is refused changes nothing.
            (1000, None),
            (1400, None),
            (1500, Some(1.0)),
            (1500, None),
            (2000, Some(1.0)),
            (2250, None),
            (60_000, Some(0.0)),
            (60_000, Some(0.5)),
        ];
        for (now, delay) in cases {
            assert_eq!(buckets.pour(key, now, &rate), delay, "at {now}");
        }
    }

    #[test]
    fn what_is_above_the_burst_is_refused() {
        let kit = Kit::new();
        let conf =
            json!({"rate": 0.1, "burst": 0.1, "key": "http_user", "rejected_code": 429, "rejected_msg": "slow down"});
        let plugin = kit.plugin(NAME, conf.clone());
        let (a, b) = ("GET / HTTP/1.1\nuser: a", "GET / HTTP/1.1\nuser: b");
        assert_eq!(statuses(&kit, &plugin, &[a, a, b, GET, GET]), [200, 429, 200, 200, 429]);
        let Outcome::Exit(exit) = kit.access(&plugin, &mut kit.exchange(a)) else { panic!() };
        assert_eq!(Kit::text(&exit), "{\"error_msg\":\"slow down\"}\n");
        // Another instance of the same object and configuration goes on where this one is; another object does not.
        assert_eq!(statuses(&kit, &kit.plugin(NAME, conf.clone()), &[a]), [429]);
        assert_eq!(statuses(&kit, &kit.plugin_of("/apisix/routes/2", NAME, conf), &[a]), [200]);
    }

    #[test]
    fn what_is_within_the_burst_waits_its_turn() {
        let kit = Kit::new();
        let conf = json!({"rate": 0.5, "burst": 4, "key": "remote_addr"});
        let plugin = kit.plugin(NAME, conf.clone());
        for seconds in [0, 2, 4] {
            let waited = kit.waited(|| assert_eq!(statuses(&kit, &plugin, &[GET]), [200]));
            // The clock of buckets stands still in tests; that of the runtime does not.
            assert_eq!(waited.as_secs(), seconds);
        }
        let mut at_once = conf;
        at_once["nodelay"] = json!(true);
        let plugin = kit.plugin(NAME, at_once);
        let waited = kit.waited(|| assert_eq!(statuses(&kit, &plugin, &[GET; 6]), [200, 200, 200, 200, 200, 503]));
        assert!(waited.is_zero());
    }

    #[test]
    fn without_redis_requests_fail_or_pass() {
        let kit = Kit::new();
        let mut conf = json!({"rate": 1, "burst": 1, "key": "remote_addr", "policy": "redis", "redis_host": "127.0.0.1", "redis_port": 1});
        assert_eq!(statuses(&kit, &kit.plugin(NAME, conf.clone()), &[GET, GET]), [500, 500]);
        let failed = kit.shared.registry.states.get::<gateway_outbound::redis::Servers>().failures();
        assert_eq!(failed, [(NAME, 2)]);
        conf["allow_degradation"] = json!(true);
        assert_eq!(statuses(&kit, &kit.plugin(NAME, conf), &[GET, GET, GET]), [200, 200, 200]);
    }

    #[test]
    fn configurations() {
        let kit = Kit::new();
        let refused = [
            (json!({"rate": 1, "burst": 0}), "property \"key\" is required"),
            (json!({"rate": 0, "burst": 0, "key": "remote_addr"}), "property \"rate\" validation failed"),
            (json!({"rate": 1, "burst": 1, "key": "a", "policy": "redis"}), "then clause did not match"),
            (
                json!({"rate": 1, "burst": 1, "key": "a", "policy": "redis-cluster", "redis_cluster_name": "c",
                    "redis_cluster_nodes": ["nowhere"]}),
                "redis_cluster_nodes: \"nowhere\" is not host:port",
            ),
        ];
        for (conf, text) in refused {
            kit.refuses(NAME, conf, text);
        }
    }
}
