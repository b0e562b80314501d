//! What very many consumers cost: `cargo run --release -p gateway-engine --example consumers [COUNT]`.
//!
//! Installs so many consumers with a key each, then tells the memory of one, and the time of a change, of a lookup over random
//! keys, and of one of the same key again and again.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_engine::plugin::{Definition, Phases, Registry};
use gateway_engine::router::Mode;
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::{Change, Control, Shared};
use gateway_engine::upstream::{Names, NamesSettings, Resolve, ResolveError, Resolving, TlsClients, Trust};
use gateway_model::Kind;
use gateway_model::plugin::PluginSpec;
use serde_json::json;

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(ResolveError::Timeout) })
    }
}

fn change(n: usize) -> Change {
    let conf = json!({"key-auth": {"key": key(n)}});
    let value = json!({"username": format!("consumer-{n}"), "plugins": conf});
    Change { kind: Kind::Consumer, id: format!("consumer-{n}"), value: Some(value) }
}

fn key(n: usize) -> String {
    format!("key-of-consumer-{n:08}")
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}

fn main() {
    let count: usize = std::env::args().nth(1).map_or(1_000_000, |n| n.parse().unwrap());
    let key_auth = Definition {
        spec: PluginSpec { kind: Some("auth"), unique: Some("key"), ..PluginSpec::new("key-auth", 2500, "{}") },
        phases: Phases::NONE,
        build: |_| Err("it is found by, never run".into()),
        metadata: None,
    };
    let registry = Arc::new(Registry::new(vec![key_auth], HashMap::new()));
    let shared = Shared::new(Settings::default(), registry, Mode::HostUri);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let names = Names::new(Arc::new(Nowhere), runtime.handle().clone(), NamesSettings::default(), |_| {});
    let mut control = Control::new(Arc::clone(&shared), names, TlsClients::new(Trust::System), false, "/apisix");

    let before = resident();
    let started = Instant::now();
    for n in 0..count {
        let prepared = control.prepare(&change(n)).unwrap();
        control.install(prepared);
    }
    control.publish(1);
    println!("{count} consumers in {:?}, {} bytes each", started.elapsed(), (resident() - before) / count);

    let mut changes: Vec<Duration> = (0..10_000)
        .map(|n| {
            let change = change(n * 7919 % count);
            let started = Instant::now();
            let prepared = control.prepare(&change).unwrap();
            control.install(prepared);
            control.publish(2);
            started.elapsed()
        })
        .collect();
    changes.sort_unstable();
    println!("a change: {:?}, p99 {:?}", changes[changes.len() / 2], changes[changes.len() * 99 / 100]);

    let snapshot = shared.snapshot();
    let keys: Vec<String> = (0..1_000_000).map(|n: usize| key(n.wrapping_mul(2_654_435_761) % count)).collect();
    let find = |key: &String| u32::from(snapshot.consumers.find("key-auth", key.as_bytes()).is_some());
    let started = Instant::now();
    let found: u32 = keys.iter().map(find).sum();
    println!("a lookup over random keys: {:?} ({found} found)", started.elapsed() / 1_000_000);
    let started = Instant::now();
    let found: u32 = (0..1_000_000).map(|_| find(std::hint::black_box(&keys[0]))).sum();
    println!("a lookup of a hot key: {:?} ({found} found)", started.elapsed() / 1_000_000);
}
