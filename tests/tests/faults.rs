//! What goes wrong around a gateway: names, disks, clocks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gateway_tests::dns::{Dns, Said};
use gateway_tests::{Client, Gateway, Options, Upstream, wait_for};
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use serde_json::json;

#[test]
fn op_01_names_keep_their_last_answer_and_nobody_waits_for_a_silent_server() {
    let upstream = Upstream::text("here");
    let port = upstream.node().rsplit_once(':').unwrap().1.to_owned();
    let dns = Dns::start();
    let here = || Said::At(vec![Ipv4Addr::LOCALHOST], 1);
    dns.say("kept.test", here());
    dns.say("silent.test", Said::Silence);
    let gateway = Gateway::configured(json!({ "apisix": { "dns_resolver": [dns.address()], "resolver_timeout": 1 } }));
    for name in ["kept", "silent", "late"] {
        let nodes = json!({ (format!("{name}.test:{port}")): 1 });
        gateway.put(&format!("/routes/{name}"), &json!({ "uri": format!("/{name}"), "upstream": { "nodes": nodes } }));
    }
    assert_eq!(gateway.get("/kept").text(), "here");
    assert_eq!(gateway.get("/late").status, 503);

    for trouble in [Said::Silence, Said::Failure, Said::Nothing] {
        dns.say("kept.test", trouble.clone());
        let asked = dns.asked("kept.test");
        // Its time to live is a second: it is asked for again and again.
        wait_for("the name to be asked for", || {
            assert_eq!(gateway.get("/kept").status, 200, "{trouble:?}");
            (dns.asked("kept.test") > asked + 1).then_some(())
        });
        assert_eq!(gateway.get("/kept").status, 200, "{trouble:?}");
    }

    // One client waits for the name that nobody answers; the others of both workers do not.
    let mut waiting = Client::connect(gateway.proxy);
    waiting.write("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..20 {
        assert_eq!(gateway.get("/kept").status, 200);
    }
    assert_eq!(waiting.answer(false).status, 503, "no answer ever");

    dns.say("late.test", here());
    wait_for("the name to be found", || (gateway.get("/late").status == 200).then_some(()));
}

/// Every file of a directory and of those in it.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().flatten().map(|e| e.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn op_08_a_disk_that_takes_no_more_costs_the_write_and_nothing_else() {
    let upstream = Upstream::text("here");
    let route = |uri: &str| json!({ "uri": uri, "upstream": { "nodes": { (upstream.node()): 1 } } });
    let mut gateway = Gateway::start();
    gateway.put("/routes/1", &route("/old"));
    assert!(!files(&gateway.data_dir()).is_empty());

    // No file may be longer than a page: to a writer that looks as a full disk does.
    let maximum = getrlimit(Resource::Fsize).maximum;
    let limit = |gateway: &Gateway, to| prlimit(Some(gateway.pid()), Resource::Fsize, Rlimit { current: to, maximum });
    limit(&gateway, Some(4096)).unwrap();
    for (method, path, body) in [
        ("PUT", "/routes/1", Some(route("/new"))),
        ("PUT", "/routes/2", Some(route("/2"))),
        ("DELETE", "/routes/1", None),
    ] {
        let answer = gateway.call(method, path, body.as_ref());
        assert_eq!(answer.status, 507, "{method} {path}: {}", answer.text());
        assert!(answer.text().contains("error_msg"), "{}", answer.text());
    }
    assert_eq!(gateway.call("GET", "/routes/1", None).json()["value"]["uri"], "/old");
    assert_eq!(gateway.call("GET", "/routes/2", None).status, 404);
    for _ in 0..10 {
        assert_eq!(gateway.get("/old").text(), "here");
        assert_eq!(gateway.get("/new").status, 404);
    }
    assert!(gateway.running());

    limit(&gateway, maximum).unwrap();
    wait_for("writes to be taken again", || {
        (gateway.call("PUT", "/routes/2", Some(&route("/2"))).status < 300).then_some(())
    });
    gateway.crash_and_restart();
    assert_eq!((gateway.get("/old").status, gateway.get("/2").status), (200, 200));
}

/// Builds the library that gives a process another wall clock.
fn other_clock(dir: &Path) -> PathBuf {
    let library = dir.join("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/clock.c");
    let built =
        Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.expect("there is a C compiler").success());
    library
}

#[test]
fn op_16_a_jump_of_the_wall_clock_moves_no_timer_and_no_limit() {
    let dir = tempfile::tempdir().unwrap();
    let shift = dir.path().join("shift");
    std::fs::write(&shift, "0").unwrap();
    let upstream = Upstream::text("here");
    let env = vec![
        ("LD_PRELOAD".to_owned(), other_clock(dir.path()).display().to_string()),
        ("CLOCK_FILE".to_owned(), shift.display().to_string()),
    ];
    let gateway = Gateway::with(Options { env, ..Options::default() });
    let limited =
        json!({ "limit-count": { "count": 3, "time_window": 600, "key": "remote_addr", "rejected_code": 429 } });
    gateway.put(
        "/routes/1",
        &json!({ "uri": "/limited", "plugins": limited, "upstream": { "nodes": { (upstream.node()): 1 } } }),
    );
    gateway.put("/routes/2", &json!({ "uri": "/free", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut kept = Client::connect(gateway.proxy);
    // Minutes of the day, by the last line.
    let minutes = |text: &str| -> i32 {
        let clock = text.lines().next_back().unwrap().split(':').skip(1).take(2).map(|n| n.parse::<i32>().unwrap());
        clock.fold(0, |all, part| all * 60 + part)
    };
    assert_eq!(kept.request("GET", "/free", &[], b"").status, 200);
    let before = wait_for("a record", || Some(gateway.access_log()).filter(|t| !t.is_empty()));
    for (n, (jump, left)) in [("0", "2"), ("3600", "1"), ("-3600", "0")].into_iter().enumerate() {
        std::fs::write(&shift, jump).unwrap();
        // A connection that was idle is not idle for an hour, and a window has not passed.
        assert_eq!(kept.request("GET", "/free", &[], b"").status, 200, "{jump}");
        let answer = gateway.get("/limited");
        assert_eq!((answer.status, answer.header("X-RateLimit-Remaining")), (200, Some(left)), "{jump}");
        let text = wait_for("its records", || Some(gateway.access_log()).filter(|t| t.lines().count() == 2 * n + 3));
        // Logs tell the wall clock's time: the jump has happened.
        let apart = (minutes(&text) - minutes(&before)).rem_euclid(1440);
        assert_eq!((30..1410).contains(&apart), jump != "0", "{jump}: {text}");
    }
    assert_eq!(gateway.get("/limited").status, 429);
    let reset: f64 = gateway.get("/limited").header("X-RateLimit-Reset").unwrap().parse().unwrap();
    assert!(reset <= 600.0, "{reset}");
    gateway.put("/routes/3", &json!({ "uri": "/after", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    assert_eq!(gateway.get("/after").status, 200);
    let mut idle = Client::connect(gateway.proxy);
    assert_eq!(idle.request("GET", "/free", &[], b"").status, 200);
    std::fs::write(&shift, "3600").unwrap();
    idle.socket().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(idle.request("GET", "/free", &[], b"").status, 200, "it was not closed");
}
