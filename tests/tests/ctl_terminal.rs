//! What `gatewayctl` prints where it is looked at, and where it is not: terminals of 40 columns, pipes, `NO_COLOR` and its
//! relatives, locales without anything but ASCII, readers that go away.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Stdio;

use gateway_tests::{Ctl, Gateway, Upstream, pty};
use serde_json::json;
use unicode_width::UnicodeWidthStr;

/// A gateway with some of everything, behind names that are long.
fn scene() -> (Gateway, Upstream, Ctl) {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("hello"));
    let node = upstream.node();
    let long = "a-name-that-is-longer-than-most-and-goes-on-for-a-while";
    gateway.put("/upstreams/backend", &json!({ "name": long, "nodes": { (node.as_str()): 1 }, "checks": {
        "active": { "http_path": "/health-of-the-thing", "healthy": { "interval": 1 }, "unhealthy": { "interval": 1 } } } }));
    gateway.put(
        "/services/shop",
        &json!({ "name": long, "hosts": ["shop.example", "www.shop.example"], "upstream_id": "backend",
        "plugins": { "limit-count": { "count": 1000, "time_window": 60 } } }),
    );
    gateway.put("/plugin_configs/common", &json!({ "plugins": { "cors": {}, "request-id": {} } }));
    gateway.put("/routes/hello", &json!({ "name": long, "uri": "/a/long/path/of/the/hello/service/*", "methods": ["GET", "HEAD", "POST"],
        "desc": "what it is for, in a sentence that is not short at all", "plugin_config_id": "common", "labels": { "team": "blue", "env": "production" },
        "service_id": "shop", "plugins": { "proxy-rewrite": { "uri": "/rewritten/to/something" } } }));
    gateway.put("/routes/old", &json!({ "uri": "/old", "status": 0, "upstream_id": "backend" }));
    gateway.put(
        "/consumer_groups/gold",
        &json!({ "plugins": { "limit-req": { "rate": 1, "burst": 1, "key": "remote_addr" } } }),
    );
    gateway.put(
        "/consumers",
        &json!({ "username": "jane", "group_id": "gold", "plugins": { "key-auth": { "key": "janes-key" } } }),
    );
    gateway.put(
        "/consumers/jane/credentials/phone",
        &json!({ "plugins": { "basic-auth": { "username": "jane", "password": "secret" } } }),
    );
    gateway.put(
        "/global_rules/everywhere",
        &json!({ "plugins": { "response-rewrite": { "headers": { "set": { "x-a": "b" } } } } }),
    );
    gateway.put("/plugin_metadata/file-logger", &json!({ "log_format": { "host": "$host" } }));
    gateway.put("/protos/greeter", &json!({ "content": "syntax = \"proto3\"; package a;\nservice Greeter {}\n" }));
    let ctl = Ctl::of(&gateway);
    let certs = format!("{}/tests/certificates", env!("CARGO_MANIFEST_DIR"));
    ctl.ok(
        &[
            "certs",
            "upload",
            "--cert",
            &format!("{certs}/one.pem"),
            "--key",
            &format!("{certs}/one.key"),
            "--id",
            "one",
        ],
        "",
    );
    for _ in 0..3 {
        gateway.get("/nothing/is/here");
        gateway.get_with("/a/long/path/of/the/hello/service/1", &[("host", "shop.example")]);
    }
    (gateway, upstream, ctl)
}

/// Tables, pages and errors of every kind. What is for programs is no part of it: nothing of that is ever shortened.
const PRINTED: &[&str] = &[
    "get routes",
    "get routes -o wide",
    "get routes --columns id,name,uri,target,status",
    "get routes -o custom-columns=ID:.id,NAME:.name,URI:.uri,SERVICE:.service_id",
    "get routes,services -o wide",
    "get services",
    "get upstreams -o wide",
    "get consumers",
    "get credentials",
    "get consumer-groups",
    "get ssls -o wide",
    "get global-rules",
    "get plugin-configs",
    "get plugin-metadata",
    "get stream-routes",
    "get protos",
    "get secrets",
    "get all",
    "describe route hello",
    "describe service shop",
    "describe upstream backend",
    "describe consumer jane",
    "describe ssl one",
    "tree",
    "tree --unused",
    "explain route",
    "explain route.upstream.checks --recursive",
    "status",
    "health",
    "doctor",
    "version",
    "ping",
    "events",
    "events --diff",
    "config diff -f FILE",
    "config history",
    "config lint -f FILE",
    "config validate -f FILE",
    "traffic stat --window 1s",
    "traffic stat --window 1s --by node -o wide",
    "traffic top --count 2 --interval 1s --plain",
    "metrics",
    "certs list",
    "certs inspect ssl/one",
    "certs expiry",
    "plugins list",
    "plugins docs cors --no-pager",
    "plugins docs limit-count --no-pager",
    "plugins example limit-count",
    "plugins usage cors",
    "discovery list",
    "dubbo services",
    "consumers who janes-key",
    "context list",
    "alias list",
    "trace GET http://shop.example/a/long/path/of/the/hello/service/7?with=a&long=query",
    "trace GET http://nobody.example/nothing",
    "help exit-codes",
    "help formatting",
    "help environment",
    "help filters",
    "help selectors",
    "help files",
    "help keys",
    "help",
    "get --help",
    "get -h",
    "traffic tap --help",
    "test --help",
    "config sync --help",
    "get rotues",
    "get route nothing",
    "gte routes",
    "get routes --where (",
];

/// What differs from what the gateway holds.
const FILE: &str = "routes:
- id: hello
  uri: /another/path/that/is/quite/long/and/goes/on/for/a/while
  upstream_id: nobody
- id: added
  uri: /added
  upstream: { nodes: { 127.0.0.1:80: 1 } }
";

impl Printed {
    fn of(ctl: &Ctl) -> Printed {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("gw.yaml"), FILE).unwrap();
        let file = dir.path().join("gw.yaml").display().to_string();
        let words = |line: &&str| line.split(' ').map(|word| word.replace("FILE", &file)).collect();
        let _ = ctl;
        Printed { lines: PRINTED.iter().map(words).collect(), _dir: dir }
    }
}

/// The commands with their words.
struct Printed {
    lines: Vec<Vec<String>>,
    _dir: tempfile::TempDir,
}

/// Runs each command on a terminal, and says what is wrong with what it shows.
fn on_terminals(
    ctl: &Ctl,
    columns: u16,
    env: &[(&str, &str)],
    wrong: impl Fn(&pty::Shown) -> Option<String>,
) -> Vec<String> {
    let printed = Printed::of(ctl);
    let mut faults = Vec::new();
    for line in &printed.lines {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let mut command = ctl.command(&words);
        command.env("TERM", "xterm").env("GATEWAYCTL_PAGER", "cat").envs(env.iter().copied());
        let shown = pty::run(command, columns);
        if let Some(fault) = wrong(&shown) {
            faults.push(format!("gatewayctl {}: {fault}\n{}", line.join(" "), shown.screen));
        }
    }
    faults
}

/// The text of what an SGR terminal shows.
fn plain(screen: &str) -> String {
    let mut plain = String::new();
    let mut rest = screen;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        let sequence = &rest[at..];
        let end = sequence.find('m').unwrap_or(sequence.len() - 1);
        assert!(sequence[1..end].chars().all(|c| c == '[' || c == ';' || c.is_ascii_digit()), "{sequence:?}");
        rest = &sequence[end + 1..];
    }
    plain + rest
}

#[test]
fn nothing_is_wider_than_a_narrow_terminal() {
    let (_gateway, _upstream, ctl) = scene();
    let too_wide = |shown: &pty::Shown| {
        let text = plain(&shown.screen);
        let line = text.lines().find(|line| line.width() > 40)?;
        Some(format!("{} cells: {line:?}", line.width()))
    };
    let faults = on_terminals(&ctl, 40, &[("LANG", "C.UTF-8")], too_wide);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // An ellipsis of ASCII has three cells.
    let faults = on_terminals(&ctl, 40, &[("LANG", "C"), ("NO_COLOR", "1")], too_wide);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_locale_c_gets_ascii() {
    let (gateway, _upstream, ctl) = scene();
    let env = [("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")];
    let faults = on_terminals(&ctl, 80, &env, |shown| {
        let text = format!("{}{}", shown.screen, shown.stderr);
        text.lines().find(|line| !line.is_ascii()).map(|line| format!("{line:?}"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // What a person called a thing stays what it is.
    gateway.put("/routes/named", &json!({ "name": "grün…", "uri": "/named", "upstream_id": "backend" }));
    let mut command = ctl.command(&["get", "route", "named"]);
    command.env("LC_ALL", "C");
    let text = pty::run(command, 120).screen;
    assert!(text.contains("grün…"), "{text}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (_gateway, _upstream, ctl) = scene();
    let colours = |shown: &pty::Shown| shown.screen.contains('\u{1b}').then(|| "colours".to_owned());
    for env in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let faults = on_terminals(&ctl, 80, &[env], colours);
        assert!(faults.is_empty(), "{env:?}: {}", faults.join("\n"));
    }
    let seen = |env: &[(&str, &str)], words: &[&str]| {
        let mut command = ctl.command(words);
        command.env("TERM", "xterm").envs(env.iter().copied());
        pty::run(command, 200).screen
    };
    let routes = ["get", "routes", "--columns", "id,status"];
    let colored = seen(&[], &routes);
    assert!(
        colored.contains("\u{1b}[32menabled\u{1b}[0m") && colored.contains("\u{1b}[33mdisabled\u{1b}[0m"),
        "{colored}"
    );
    // The words alone say the same.
    assert_eq!(plain(&colored), seen(&[("NO_COLOR", "1")], &routes));
    assert_eq!(plain(&colored), seen(&[], &["get", "routes", "--columns", "id,status", "--color", "never"]));

    let piped = |env: &[(&str, &str)], words: &[&str]| {
        let output = ctl.command(words).envs(env.iter().copied()).stdin(Stdio::null()).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    // A pipe gets colours only if somebody forces them, and everything at full length.
    let (text, _) = piped(&[], &["get", "routes"]);
    assert!(!text.contains(['\u{1b}', '…']) && text.contains("/a/long/path/of/the/hello/service/*"), "{text}");
    assert!(piped(&[("CLICOLOR_FORCE", "1")], &["get", "routes"]).0.contains('\u{1b}'));
    assert!(!piped(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["get", "routes"]).0.contains('\u{1b}'));
    assert!(piped(&[("NO_COLOR", "1")], &["get", "routes", "--color", "always"]).0.contains('\u{1b}'));
    assert!(!piped(&[], &["get", "rotues"]).1.contains('\u{1b}'));
    assert!(piped(&[("CLICOLOR_FORCE", "1")], &["get", "rotues"]).1.contains('\u{1b}'));
    // Programs never get any.
    for format in ["json", "yaml", "ndjson", "name", "csv", "markdown"] {
        assert!(!seen(&[], &["get", "routes", "-o", format]).contains('\u{1b}'), "{format}");
    }
}

#[test]
fn pipes_get_everything_and_no_colours() {
    let (_gateway, _upstream, ctl) = scene();
    for words in &Printed::of(&ctl).lines {
        let output =
            ctl.command(&words.iter().map(String::as_str).collect::<Vec<_>>()).stdin(Stdio::null()).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'), "{words:?}: {stdout}{stderr}");
    }
}

#[test]
fn quiet_leaves_data_and_errors() {
    let (_gateway, _upstream, ctl) = scene();
    for words in &Printed::of(&ctl).lines {
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        words.push("--quiet");
        let output = ctl.command(&words).stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let said = if output.status.success() { stderr.is_empty() } else { !stderr.contains("warning") };
        assert!(said, "{words:?}: {stderr}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (_gateway, _upstream, ctl) = scene();
    for words in [
        &["get", "all", "-o", "yaml"][..],
        &["get", "routes"],
        &["metrics", "--raw"],
        &["config", "dump"],
        &["plugins", "list"],
        &["plugins", "docs", "cors"],
        &["man", "get"],
        &["help", "files"],
        &["--help"],
        &["completion", "bash"],
        &["explain", "route", "--recursive"],
        &["describe", "route", "hello"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = ctl.command(words).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(141) && stderr.is_empty(), "{words:?}: {:?} {stderr}", output.status);
    }
}
