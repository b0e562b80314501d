//! Where the counters of a limit are kept: in this process, or on a Redis that several gateways share.

use std::sync::Arc;
use std::time::Duration;

use gateway_engine::plugin::{Build, conf_version};
use gateway_outbound::redis::{Address, Failure, Login, Place, Redis, Script, Servers, Settings, Tls, Value as Reply};
use serde::Deserialize;
use serde_json::Value;

use crate::conf::{maybe_int, parse};

/// What configurations say of Redis. Schemas fill the defaults of the chosen policy.
#[derive(Deserialize)]
struct Conf {
    policy: String,
    redis_host: Option<String>,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_port: Option<u16>,
    redis_username: Option<String>,
    redis_password: Option<String>,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_database: Option<u32>,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_timeout: Option<u32>,
    #[serde(default)]
    redis_ssl: bool,
    #[serde(default)]
    redis_ssl_verify: bool,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_keepalive_timeout: Option<u32>,
    #[serde(default)]
    redis_cluster_nodes: Vec<String>,
    #[serde(default)]
    redis_cluster_ssl: bool,
    #[serde(default)]
    redis_cluster_ssl_verify: bool,
    #[serde(default)]
    redis_sentinels: Vec<Sentinel>,
    redis_master_name: Option<String>,
    #[serde(default)]
    redis_role: String,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_connect_timeout: Option<u32>,
    #[serde(default, deserialize_with = "maybe_int")]
    redis_read_timeout: Option<u32>,
    sentinel_username: Option<String>,
    sentinel_password: Option<String>,
}

#[derive(Deserialize)]
struct Sentinel {
    host: String,
    #[serde(deserialize_with = "crate::conf::int")]
    port: u16,
}

/// The Redis that a checked configuration names; `None`: counters are kept in this process.
///
/// # Errors
/// A node of a cluster that is not `host:port`.
pub(crate) fn settings(conf: &Value) -> Result<Option<Settings>, String> {
    let conf: Conf = parse(conf)?;
    let millis = |ms: Option<u32>, or: u32| Duration::from_millis(u64::from(ms.unwrap_or(or)));
    let tls = |on: bool, verify: bool| on.then_some(Tls { verify });
    let (place, tls) = match &*conf.policy {
        "redis" => {
            let host = conf.redis_host.unwrap_or_default();
            let place = Place::One(Address { host, port: conf.redis_port.unwrap_or(6379) });
            (place, tls(conf.redis_ssl, conf.redis_ssl_verify))
        }
        "redis-cluster" => {
            let nodes = conf.redis_cluster_nodes.iter().map(|node| cluster_node(node)).collect::<Result<_, _>>()?;
            (Place::Cluster(nodes), tls(conf.redis_cluster_ssl, conf.redis_cluster_ssl_verify))
        }
        "redis-sentinel" => {
            let sentinels = conf.redis_sentinels.into_iter();
            let place = Place::Sentinel {
                sentinels: sentinels.map(|s| Address { host: s.host, port: s.port }).collect(),
                master: conf.redis_master_name.unwrap_or_default(),
                replica: conf.redis_role == "slave",
                login: Login { username: conf.sentinel_username, password: conf.sentinel_password },
            };
            (place, None)
        }
        _ => return Ok(None),
    };
    let timeout = millis(conf.redis_read_timeout.or(conf.redis_timeout), 1000);
    Ok(Some(Settings {
        place,
        login: Login { username: conf.redis_username, password: conf.redis_password },
        database: conf.redis_database.unwrap_or_default(),
        tls,
        connect_timeout: conf.redis_connect_timeout.map_or(timeout, |ms| millis(Some(ms), 0)),
        timeout,
        keepalive: millis(conf.redis_keepalive_timeout, 10_000),
    }))
}

fn cluster_node(text: &str) -> Result<Address, String> {
    match Address::parse(text) {
        Some(address) => Ok(address),
        // A reference that is replaced before the node is used; one that nobody knows is a host that nobody has.
        None if text.starts_with('$') => Ok(Address { host: text.to_owned(), port: 6379 }),
        None => Err(format!("redis_cluster_nodes: \"{text}\" is not host:port")),
    }
}

/// A Redis, and what a plugin's counters are called on it.
pub(crate) struct Remote {
    redis: Redis,
    servers: Arc<Servers>,
    plugin: &'static str,
    prefix: Box<[u8]>,
    suffix: Box<[u8]>,
}

impl Remote {
    /// Counters of a plugin on the Redis its configuration names, if it names one. `kind` begins their names; `name` says whose
    /// they are.
    ///
    /// # Errors
    /// The configuration names no server that could be spoken to.
    pub(crate) fn new(
        build: &Build<'_>,
        plugin: &'static str,
        kind: &str,
        name: &CounterName,
    ) -> Result<Option<Remote>, String> {
        let Some(settings) = settings(build.conf)? else { return Ok(None) };
        let servers = build.states.get::<Servers>();
        let redis = servers.get(settings)?;
        let prefix = format!("{kind}{}:", name.owner).into_bytes().into();
        let suffix = name.variant.map(|v| format!(":{v}")).unwrap_or_default().into_bytes().into();
        Ok(Some(Remote { redis, servers, plugin, prefix, suffix }))
    }

    /// The server.
    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    /// What the counter of `counted` is called. Of several rules each has its own.
    pub(crate) fn key(&self, counted: &[u8], rule: Option<usize>) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.prefix.len() + counted.len() + self.suffix.len() + 4);
        key.extend_from_slice(&self.prefix);
        key.extend_from_slice(counted);
        key.extend_from_slice(&self.suffix);
        if let Some(rule) = rule {
            key.push(b'#');
            key.extend_from_slice(itoa::Buffer::new().format(rule + 1).as_bytes());
        }
        key
    }

    /// Runs a script whose answer is a list of numbers; a failure is counted.
    pub(crate) async fn numbers<const N: usize>(
        &self,
        script: &Script,
        keys: &[&[u8]],
        args: &[&[u8]],
    ) -> Result<[f64; N], Failure> {
        let answer = self.redis.run(script, keys, args).await;
        let read = answer.and_then(|reply| numbers(&reply).ok_or(Failure::Odd));
        if let Err(failure) = &read {
            self.failed(failure);
        }
        read
    }

    /// A call failed.
    pub(crate) fn failed(&self, failure: &Failure) {
        self.servers.failed(self.plugin);
        tracing::debug!(plugin = self.plugin, error = %failure, "Redis did not count");
    }
}

/// The numbers of a list, each an integer or a text.
fn numbers<const N: usize>(reply: &Reply) -> Option<[f64; N]> {
    let Reply::Array(items) = reply else { return None };
    let mut all = [0.0; N];
    for (number, item) in all.iter_mut().zip(items) {
        *number = number_of(item)?;
    }
    (items.len() == N).then_some(all)
}

/// The number that an answer is.
pub(crate) fn number_of(reply: &Reply) -> Option<f64> {
    match reply {
        // Far below what a double holds exactly.
        #[allow(clippy::cast_precision_loss)]
        Reply::Int(number) => Some(*number as f64),
        Reply::BulkString(text) => std::str::from_utf8(text).ok()?.parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// The wall clock in milliseconds, which gateways that share counters have in common.
pub(crate) fn wall_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Whose counters: part of their names here and on a Redis.
pub(crate) struct CounterName {
    /// The object and its configuration's version, or a group.
    pub(crate) owner: String,
    grouped: bool,
    /// One of several instances that a plugin holds.
    pub(crate) variant: Option<u32>,
    /// Changes exactly when the configuration does.
    pub(crate) version: u32,
}

impl CounterName {
    /// By the object that holds the plugin, and what it is configured as; or by the group that is named instead.
    pub(crate) fn new(build: &Build<'_>, group: Option<&str>) -> CounterName {
        let version = version(build.conf);
        match group {
            Some(group) => CounterName { owner: group.to_owned(), grouped: true, variant: None, version },
            None => {
                // A held one is what it is only in its holder's configuration.
                let version_of_all = build.variant.map_or(version, |variant| version ^ variant.holder.rotate_left(1));
                let owner = format!("{}:{version_of_all}", build.parent);
                CounterName { owner, grouped: false, variant: build.variant.map(|v| v.number), version }
            }
        }
    }

    /// For the tables of this process, which know no names.
    pub(crate) fn local(&self, rule: usize) -> Vec<u8> {
        format!("{}:{}:{:?}:{rule}", self.grouped, self.owner, self.variant).into_bytes()
    }
}

/// CRC-32 of a configuration without `_meta`, which says nothing about what is counted.
fn version(conf: &Value) -> u32 {
    let mut own = conf.clone();
    if let Some(fields) = own.as_object_mut() {
        fields.shift_remove("_meta");
    }
    conf_version(&own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn configurations_name_servers() {
        assert_eq!(settings(&json!({"policy": "local"})), Ok(None));
        let one = settings(&json!({"policy": "redis", "redis_host": "r", "redis_timeout": 50.0, "redis_ssl": true}));
        let one = one.unwrap().unwrap();
        assert_eq!(one.place, Place::One(Address { host: "r".into(), port: 6379 }));
        assert_eq!((one.timeout, one.tls), (Duration::from_millis(50), Some(Tls { verify: false })));
        let cluster = json!({"policy": "redis-cluster", "redis_cluster_nodes": ["a:1", "[::1]:2", "$ENV://NODE"]});
        let Ok(Some(Settings { place: Place::Cluster(nodes), .. })) = settings(&cluster) else { panic!() };
        assert_eq!(nodes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a:1", "[::1]:2", "$ENV://NODE:6379"]);
        let bad = settings(&json!({"policy": "redis-cluster", "redis_cluster_nodes": ["a"]}));
        assert_eq!(bad, Err("redis_cluster_nodes: \"a\" is not host:port".to_owned()));
        let sentinel = json!({"policy": "redis-sentinel", "redis_sentinels": [{"host": "s", "port": 3}],
            "redis_master_name": "m", "redis_role": "slave", "redis_read_timeout": 7, "redis_connect_timeout": 8});
        let sentinel = settings(&sentinel).unwrap().unwrap();
        assert_eq!((sentinel.timeout, sentinel.connect_timeout), (Duration::from_millis(7), Duration::from_millis(8)));
        assert!(matches!(sentinel.place, Place::Sentinel { replica: true, .. }));
    }

    #[test]
    fn answers_are_read_as_numbers() {
        let text = |text: &str| Reply::BulkString(text.into());
        assert_eq!(numbers(&Reply::Array(vec![Reply::Int(1), text("2.5")])), Some([1.0, 2.5]));
        for odd in [Reply::Nil, Reply::Array(vec![Reply::Int(1)]), Reply::Array(vec![Reply::Int(1), text("nan")])] {
            assert_eq!(numbers::<2>(&odd), None);
        }
    }
}
