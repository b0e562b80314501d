//! Nothing acknowledged is ever lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use gateway_tests::{Client, Gateway};
use rustix::process::Signal;
use serde_json::json;

/// Rounds of `kill -9`; the full run takes 200 (`GATEWAY_KILL_ROUNDS=200`).
fn rounds() -> u64 {
    std::env::var("GATEWAY_KILL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5)
}

#[test]
fn op_09_kill_9_under_writes_loses_no_acknowledged_write() {
    let mut gateway = Gateway::start();
    let acknowledged = Arc::new(AtomicU64::new(0));
    for round in 1..=rounds() {
        let (admin, key) = (gateway.admin, gateway.key());
        let stop = Arc::new(AtomicBool::new(false));
        let writer = {
            let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
            thread::spawn(move || {
                let mut client = Client::connect(admin);
                while !stop.load(Ordering::Acquire) {
                    let n = acknowledged.load(Ordering::Acquire) + 1;
                    let body = json!({ "uri": format!("/{n}"), "name": format!("{n}"), "upstream": { "nodes": {} } })
                        .to_string();
                    let path = format!("/apisix/admin/routes/r{}", n % 50);
                    let answer = client.request("PUT", &path, &[("X-API-KEY", key)], body.as_bytes());
                    if !matches!(answer.status, 200 | 201) {
                        return;
                    }
                    acknowledged.store(n, Ordering::Release);
                }
            })
        };
        // A moment that depends on what was written, so that rounds differ.
        let goal = acknowledged.load(Ordering::Acquire) + 1 + (round * 7) % 23;
        gateway_tests::wait_for("writes", || (acknowledged.load(Ordering::Acquire) >= goal).then_some(()));
        gateway.signal(Signal::KILL);
        gateway.wait();
        stop.store(true, Ordering::Release);
        writer.join().unwrap();
        gateway.restart();
        let last = acknowledged.load(Ordering::Acquire);
        for n in last.saturating_sub(49).max(1)..=last {
            let answer = gateway.call("GET", &format!("/routes/r{}", n % 50), None);
            assert_eq!(answer.status, 200, "round {round}: write {n} of {last} is gone");
            let name: u64 = answer.json()["value"]["name"].as_str().unwrap().parse().unwrap();
            assert!(name >= n, "round {round}: write {n} of {last} was acknowledged, {name} is stored");
        }
    }
}

#[test]
fn what_is_stored_is_live_after_a_restart_secrets_included() {
    let upstream = gateway_tests::Upstream::text("ok");
    let mut gateway = Gateway::start();
    gateway.put("/consumers", &json!({ "username": "jack", "plugins": { "key-auth": { "key": "jacks-secret-key" } } }));
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/*", "plugins": { "key-auth": {} }, "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    gateway.crash_and_restart();
    assert_eq!(gateway.get("/").status, 401);
    assert_eq!(gateway.get_with("/", &[("apikey", "jacks-secret-key")]).status, 200);
    for entry in std::fs::read_dir(gateway.data_dir()).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let plain = bytes.windows(16).any(|w| w == b"jacks-secret-key");
        assert!(!plain, "{} holds the key in clear text", entry.path().display());
    }
}

#[test]
fn op_07_damage_in_the_store_is_told_kept_aside_and_costs_nothing() {
    let mut gateway = Gateway::start();
    for n in 0..20 {
        gateway.put(&format!("/routes/{n}"), &json!({ "uri": format!("/{n}"), "upstream": { "nodes": {} } }));
    }
    for (file, change) in [("store.copy", 20), ("store.redb", 5000)] {
        gateway.signal(Signal::TERM);
        gateway.wait();
        let path = gateway.data_dir().join("store").join(file);
        let path = if path.exists() { path } else { gateway.data_dir().join(file) };
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().skip(change).step_by(61).for_each(|byte| *byte ^= 0x55);
        std::fs::write(&path, &bytes).unwrap();
        gateway.restart();
        for n in 0..20 {
            assert_eq!(gateway.call("GET", &format!("/routes/{n}"), None).status, 200, "{file} {n}");
        }
        assert_eq!(gateway.metric("apisix_gateway_store_damage{restored=\"true\"}"), 1, "{file}");
        assert_eq!(gateway.metric("apisix_gateway_store_damage{restored=\"false\"}"), 0, "{file}");
        gateway_tests::wait_for("a line in the error log", || {
            gateway
                .stderr()
                .lines()
                .any(|l| l.contains("ERROR") && l.contains(file) && l.contains("DAMAGED"))
                .then_some(())
        });
        let aside = std::fs::read_dir(path.parent().unwrap()).unwrap().flatten().any(|entry| {
            // A database notes in its head that it was opened.
            let same = std::fs::read(entry.path())
                .is_ok_and(|kept| kept[kept.len().min(4096)..] == bytes[bytes.len().min(4096)..]);
            entry.file_name().to_string_lossy().starts_with(&format!("{file}.corrupt-")) && same
        });
        assert!(aside, "{file} is kept as it was");
    }
}
