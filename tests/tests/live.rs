//! Whatever happens to a gateway that works, clients that behave do not notice: certificates change, upstreams and the gateway
//! say goodbye, the process is told to end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::live::{Figures, Load, Scene};
use gateway_tests::wait_for;
use rustix::process::Signal;
use serde_json::json;

fn workers(n: usize) -> serde_json::Value {
    json!({ "nginx_config": { "worker_processes": n }, "gateway": { "limits": { "http2_requests": 60 } } })
}

fn fine(figures: &Figures) {
    assert_eq!(figures.failed, 0, "{:?}", figures.failures);
    assert!(figures.served() > 0);
}

/// Everything that may happen to a gateway without a client that is harmed by it.
fn nobody_notices(n: usize) {
    let mut scene = Scene::start(100, workers(n));
    let load = Load::start(scene.plan());
    let all = scene.plan().streams + scene.plan().websockets;
    wait_for("streams and WebSockets", || (load.open() == all && load.figures().echoes > all).then_some(()));
    load.goes_on(300);
    let open = load.open();

    // Certificates: the next connection is shown the new one.
    for other in [true, false, true, false, true] {
        scene.certificate(other);
        load.goes_on(50);
    }
    wait_for("clients that were shown each", || (load.figures().shown.len() == 2).then_some(()));
    // Goodbyes on both sides.
    let before = scene.grpc.connections();
    wait_for("goodbyes of the gateway", || (load.figures().goodbyes >= 5).then_some(()));
    wait_for("goodbyes of the upstream", || (scene.grpc.connections() >= before + 5).then_some(()));
    let figures = load.figures();
    fine(&figures);
    assert_eq!(load.open(), open, "streams last: {figures:?}");
    // The end: what runs goes on until it is done.
    load.expect_the_end();
    scene.gateway.signal(Signal::TERM);
    wait_for("the listeners to close", || std::net::TcpStream::connect(scene.secure).is_err().then_some(()));
    wait_for("WebSockets to be closed", || (load.open() == scene.plan().streams).then_some(()));
    assert_eq!(load.figures().websockets.get("1001"), Some(&8), "{:?}", load.figures().websockets);
    let echoes = load.figures().echoes;
    wait_for("streams to go on", || (load.figures().echoes > echoes + 2 * scene.plan().streams).then_some(()));
    load.hang_up();
    let figures = load.finish();
    fine(&figures);
    assert_eq!(figures.streams.get("0"), Some(&8), "{:?}", figures.streams);
    assert!(scene.gateway.wait().success());
}

#[test]
fn op_11_certificates_goodbyes_and_the_end_harm_nobody_with_two_workers() {
    nobody_notices(2);
}

#[test]
fn op_11_certificates_goodbyes_and_the_end_harm_nobody_with_one_worker() {
    nobody_notices(1);
}

#[test]
fn op_11_streams_that_outlast_the_drain_end_with_a_status() {
    let config = json!({ "nginx_config": { "worker_shutdown_timeout": "1s" } });
    let mut scene = Scene::start(0, config);
    let load = Load::start(scene.plan());
    let all = scene.plan().streams + scene.plan().websockets;
    wait_for("streams and WebSockets", || (load.open() == all && load.figures().echoes > all).then_some(()));
    load.goes_on(100);
    load.expect_the_end();
    scene.gateway.signal(Signal::TERM);
    wait_for("all to end", || (load.open() == 0).then_some(()));
    let figures = load.finish();
    fine(&figures);
    const UNAVAILABLE: &str = "14";
    assert_eq!(figures.streams.get(UNAVAILABLE), Some(&8), "{:?}", figures.streams);
    assert_eq!(figures.websockets.get("1001"), Some(&8), "{:?}", figures.websockets);
    assert!(scene.gateway.wait().success());
}
