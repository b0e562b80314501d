//! The bench command `benches/floods`: each attack of `reference/hardening` section 3 again and again from several clients, and
//! what a client of good will feels of it meanwhile, in clear and over TLS.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gateway_tests::Upstream;
use gateway_tests::floods::{self, Flood};
use gateway_tests::frames::Door;
use gateway_tests::scene::Doors;
use serde_json::json;

/// Attackers at a time.
const ATTACKERS: usize = 4;

fn main() {
    let mut said = std::env::args().skip(1).map(|a| a.parse::<u32>().expect("seconds, workers"));
    let (seconds, workers) = (said.next().unwrap_or(5), said.next().unwrap_or(2));
    let upstream = floods::upstream();
    let mut config = floods::config();
    config["nginx_config"]["worker_processes"] = json!(workers);
    let doors = Doors::open(&upstream, config);
    // The good client has an upstream of its own: whether that of the attackers can open so many connections is not the question.
    let apart = Upstream::text("good");
    let route = json!({ "uri": "/good", "upstream": { "nodes": { (apart.node()): 1 } } });
    doors.gateway.put("/routes/good", &route);
    println!(
        "{ATTACKERS} attackers for {seconds} s each, {workers} worker(s); a good client asks one thing after the other"
    );
    println!(
        "{:<32} {:>5} {:>9} {:>9} {:>7} {:>8} {:>8} {:>8} {:>9}",
        "", "door", "attacks", "good", "failed", "p50 ms", "p99 ms", "max ms", "MiB more"
    );
    let none = Flood { name: "(nobody attacks)", attack: |_| std::thread::sleep(Duration::from_millis(100)) };
    let mut failed = 0;
    for flood in std::iter::once(&none).chain(&floods::ALL) {
        for (what, door) in ["clear", "tls"].into_iter().zip(doors.both()) {
            failed += row(flood, what, &door, &doors, Duration::from_secs(seconds.into()));
        }
    }
    if failed > 0 {
        std::process::exit(1);
    }
}

/// One attack on one door; gives how many requests failed.
fn row(flood: &Flood, what: &str, door: &Door, doors: &Doors, time: Duration) -> usize {
    let (over, attacks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let before = doors.gateway.memory();
    let (mut most, mut failed, mut micros) = (before, 0, Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    (flood.attack)(door);
                    attacks.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        let until = Instant::now() + time;
        let mut good = door.connect();
        while Instant::now() < until {
            let began = Instant::now();
            failed += usize::from(good.ask("/good").status != 200);
            micros.push(began.elapsed().as_micros() as f64);
            most = most.max(doors.gateway.memory());
            if good.ended {
                good = door.connect();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        over.store(true, Ordering::Release);
    });
    micros.sort_by(f64::total_cmp);
    let at = |p: f64| micros[((micros.len() - 1) as f64 * p).round() as usize] / 1000.0;
    println!(
        "{:<32} {what:>5} {:>9} {:>9} {failed:>7} {:>8.2} {:>8.2} {:>8.2} {:>9.1}",
        flood.name,
        attacks.load(Ordering::Acquire),
        micros.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        (most - before) as f64 / 1024.0,
    );
    failed
}
