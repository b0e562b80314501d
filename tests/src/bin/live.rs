//! The bench command `benches/live`: unary calls and requests over HTTP/2 at a rate, beside streams and WebSockets, while
//! certificates change, upstreams and the gateway say goodbye, and at last the process is told to end. Prints what clients saw.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use gateway_tests::live::{Figures, Load, Plan, Scene};
use gateway_tests::wait_for;
use rustix::process::Signal;
use serde_json::json;

/// Streams of gRPC, which the end does not cut off.
const STREAMS: usize = 50;

fn main() {
    let mut said = std::env::args().skip(1).map(|a| a.parse::<u32>().expect("rate, seconds, workers"));
    let (rate, seconds, workers) = (said.next().unwrap_or(2000), said.next().unwrap_or(5), said.next().unwrap_or(2));
    let phase = Duration::from_secs(seconds.into());
    let limits = json!({ "http2_requests": 500 });
    let config = json!({ "nginx_config": { "worker_processes": workers, "worker_shutdown_timeout": "30s" }, "gateway": { "limits": limits } });
    let mut scene = Scene::start(500, config);
    let load = Load::start(Plan { callers: 8, rate: Some(rate), streams: STREAMS, websockets: 50, ..scene.plan() });
    println!(
        "{rate} requests a second for {seconds} s each, {workers} worker(s), {STREAMS} streams, 50 WebSockets; half of all over TLS"
    );
    println!(
        "{:<34} {:>9} {:>7} {:>8} {:>8} {:>8} {:>9} {:>8}",
        "", "requests", "failed", "p50 ms", "p99 ms", "max ms", "goodbyes", "echoes"
    );
    let mut last = Figures::default();
    let mut row = |what: &str, load: &Load| {
        let mut now = load.lap();
        let figures = [now.percentile(0.5), now.percentile(0.99), now.percentile(1.0)];
        println!(
            "{what:<34} {:>9} {:>7} {:>8.2} {:>8.2} {:>8.2} {:>9} {:>8}",
            now.served() - last.served(),
            now.failed - last.failed,
            figures[0],
            figures[1],
            figures[2],
            now.goodbyes - last.goodbyes,
            now.echoes - last.echoes,
        );
        last = now;
    };
    std::thread::sleep(Duration::from_secs(1));
    row("(the first second)", &load);
    std::thread::sleep(phase);
    row("nothing but goodbyes", &load);
    let until = Instant::now() + phase;
    let mut swaps = 0;
    while Instant::now() < until {
        scene.certificate(swaps % 2 == 0);
        swaps += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    row(&format!("{swaps} certificates"), &load);
    load.expect_the_end();
    scene.gateway.signal(Signal::TERM);
    wait_for("WebSockets to be closed", || (load.open() <= STREAMS).then_some(()));
    load.hang_up();
    row("the end", &load);
    let code = scene.gateway.wait();
    let figures = load.finish();
    println!(
        "connections {}, of the gateway's upstream {}; the gateway ended with {code}",
        figures.connections,
        scene.grpc.connections()
    );
    println!("streams ended with {:?}, WebSockets with {:?}", figures.streams, figures.websockets);
    figures.failures.iter().for_each(|why| println!("failed: {why}"));
    if figures.failed > 0 {
        std::process::exit(1);
    }
}
