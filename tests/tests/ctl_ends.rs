//! How `gatewayctl` ends that somebody ends, and where its output goes nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gateway_tests::{Client, Ctl, Gateway, Upstream, pty, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// An Admin API without anything of ours that holds nothing and takes its time for writes.
fn slow() -> Upstream {
    Upstream::new(|got, stream| {
        let (status, body) = match got.line.split(' ').next().unwrap() {
            "PUT" => {
                thread::sleep(Duration::from_millis(200));
                ("201 Created", r#"{"key":"/apisix/routes/x","value":{}}"#)
            }
            _ if got.line.contains("/live") => ("404 Not Found", r#"{"error_msg":"Unsupported resource type: live"}"#),
            _ if got.line.contains("page") => ("200 OK", r#"{"list":[],"total":0}"#),
            _ => ("404 Not Found", r#"{"message":"Key not found"}"#),
        };
        let head = format!("HTTP/1.1 {status}\r\nServer: APISIX/3.11.0\r\nContent-Type: application/json");
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).is_ok()
    })
}

fn end(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
}

/// Waits for it, and gives its code and what it said on stderr.
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

#[test]
fn whoever_is_ended_tells_how_far_it_came() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let admin = slow();
    let routes: Vec<Value> = (0..400).map(|i| json!({ "id": format!("r{i}"), "uri": format!("/{i}") })).collect();
    let text = json!({ "routes": routes }).to_string();
    for signal in [Signal::TERM, Signal::INT] {
        for words in [
            &["config", "sync", "-f", "-", "--parallel", "1", "-o", "ndjson"][..],
            &["apply", "-f", "-", "-o", "ndjson"],
        ] {
            let mut command = ctl.command(words);
            command.env("GATEWAYCTL_SERVER", format!("http://{}", admin.addr));
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let mut rows = BufReader::new(child.stdout.take().unwrap()).lines();
            assert!(rows.next().unwrap().unwrap().contains("created"));
            end(&child, signal);
            let told = 1 + rows.count();
            let (code, said) = ended(child);
            assert_eq!(code, Some(130), "{words:?} {said}");
            assert!(said.contains(&format!("interrupted; {told} of 400 done")), "{words:?} {told}: {said}");
        }
    }
}

#[test]
fn a_load_that_is_ended_tells_what_it_measured() {
    let gateway = Gateway::start();
    let upstream = Upstream::text("hello");
    let target = format!("http://{}", upstream.addr);
    let child =
        Ctl::of(&gateway).spawn(&["bench", "GET", "/", "--target", &target, "--duration", "60s", "-o", "json"], "");
    wait_for("some requests", || (upstream.received().len() > 20).then_some(()));
    end(&child, Signal::TERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert!(serde_json::from_slice::<Value>(&output.stdout).unwrap().is_object());
}

#[test]
fn an_archive_that_is_ended_is_whole() {
    let gateway = Gateway::start();
    let upstream = Upstream::text("hello");
    gateway.put("/routes/a", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let mut child = Ctl::of(&gateway).spawn(&["traffic", "tap", "-o", "har"], "");
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..1000 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                Client::connect(gateway.proxy).request("GET", "/x", &[("Host", "a.example")], b"");
                thread::sleep(Duration::from_millis(20));
            }
        });
        while !text.contains("a.example") {
            assert!(stdout.read_line(&mut text).unwrap() > 0, "{text}");
        }
        end(&child, Signal::TERM);
        stdout.read_to_string(&mut text).unwrap();
        over.store(true, Ordering::Relaxed);
    });
    let (code, said) = ended(child);
    assert_eq!(code, Some(130), "{said}");
    let archive: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert!(!archive["log"]["entries"].as_array().unwrap().is_empty());
}

/// An answer that could not be written is none: that is said, and is the code, whatever the answer was.
#[test]
fn an_answer_that_cannot_be_written_is_said() {
    let gateway = Gateway::start();
    gateway.put("/routes/a", &json!({ "uri": "/a", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    let ctl = Ctl::of(&gateway);
    let wrong = r#"{"routes":[{"id":"a","uri":"/b","priorty":1}]}"#;
    for words in [
        &["config", "lint", "-f", "-"][..],
        &["config", "lint", "-f", "-", "-o", "sarif"],
        &["config", "validate", "-f", "-"],
        &["config", "validate", "-f", "-", "--server-side"],
        &["config", "diff", "-f", "-"],
        &["config", "diff", "-f", "-", "-o", "json"],
        &["config", "fmt", "-f", "-", "--check"],
        &["get", "routes"],
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = ctl.command(words);
        let mut child = command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(wrong.as_bytes()).unwrap_or_default();
        let (code, said) = ended(child);
        assert_eq!(code, Some(2), "{words:?} {said}");
        assert!(said.contains("cannot write the output: "), "{words:?} {said}");
    }
}

/// A question is no place where a signal is lost, whatever has waited for one before.
#[test]
fn whoever_is_asked_can_be_ended() {
    let gateway = Gateway::start();
    let route = json!({ "uri": "/a", "upstream": { "nodes": { "127.0.0.1:1": 1 } } });
    gateway.put("/routes/a", &route);
    let ctl = Ctl::of(&gateway);
    for signal in [Signal::TERM, Signal::INT] {
        for words in [
            &["patch", "route", "a", "-p", "{\"desc\":\"x\"}", "--diff"][..],
            &["create", "route", "b", "--uri", "/b", "--upstream-nodes", "127.0.0.1:1=1", "--diff"],
            &["delete", "route", "a"],
        ] {
            let shown = pty::run_until(ctl.command(words), 80, "[y/N] ", |child| end(child, signal));
            assert_eq!(shown.status.code(), Some(130), "{words:?} {shown:?}");
            assert_eq!(gateway.call("GET", "/routes", None).json()["total"], 1);
        }
    }
}
