//! What holds for every command: no answer, no key, `-v`, retries, quiet, forms of errors, closed pipes.

use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn nobody_answers() {
    let scene = Scene::alone().env("GATEWAYCTL_SERVER", "http://127.0.0.1:1").env("GATEWAYCTL_KEY", "k");
    assert_snapshot!(scene.runs(&[
        "get routes --retries 0",
        "get routes --retries 0 -o json",
        "get routes --retries 1 -v"
    ]));
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let seen =
        Scene::alone().env("GATEWAYCTL_KEY", "k").run(&format!("get routes --server http://{address} --timeout 50ms"));
    assert_snapshot!(seen.stderr.replace(&address.to_string(), "ADDRESS"));
    assert_eq!(seen.code, 6);
}

#[test]
fn the_wrong_key() {
    let fake = Fake::start();
    assert_snapshot!(Scene::at(&fake).env("GATEWAYCTL_KEY", "wrong").runs(&["get routes", "get routes --errors json"]));
}

#[test]
fn verbosity_shows_no_secrets() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("bob.yaml", "kind: consumer\nusername: bob\nplugins: {key-auth: {key: another-secret}}\n");
    let seen = scene.run("apply -f ~/bob.yaml -vvv --header Authorization:Basic-abc");
    assert!(
        !["bobs-", "another-secret", crate::fake::KEY, "Basic-abc"]
            .iter()
            .any(|secret| seen.stdout.contains(secret) || seen.stderr.contains(secret)),
        "{}",
        seen.text
    );
    assert_snapshot!(seen.text);
    assert_snapshot!(scene.run("get routes -v -o name").text);
}

#[test]
fn what_can_be_repeated_is() {
    let fake = Fake::with_objects();
    fake.script("GET", "/routes/hello", &[(503, "{}"), (502, "x")]);
    let scene = Scene::at(&fake);
    assert_eq!(scene.run("get route hello").code, 0);
    assert_eq!(fake.asked().len(), 3);
    fake.script("PATCH", "/routes/hello", &[(503, "{\"error_msg\":\"value changed before overwritten\"}")]);
    let seen = Scene::at(&fake).stdin("{}").run("api PATCH /routes/hello -f -");
    assert_snapshot!(seen.text);
    assert_eq!(fake.asked().len(), 4);
}

#[test]
fn quiet_keeps_notes_back() {
    let fake = Fake::start();
    assert_snapshot!(Scene::at(&fake).runs(&["get routes", "get routes -q", "-q get route nothing"]));
}

#[test]
fn a_path_prefix_is_kept() {
    let fake = Fake::start();
    let server = format!("http://{}/behind/proxy/", fake.address);
    Scene::at(&fake).run(&format!("get routes --server {server}"));
    assert_eq!(fake.asked(), ["GET /behind/proxy/apisix/admin/routes"]);
}

#[test]
fn redirects_are_not_followed() {
    let fake = Fake::start();
    fake.script("GET", "/routes", &[(302, ""), (500, "<html>")]);
    assert_snapshot!(Scene::at(&fake).runs(&["get routes", "get routes"]));
}

#[test]
fn what_is_no_list_of_objects_is_no_success() {
    let fake = Fake::start();
    let mut all = String::new();
    for entry in [
        "1",
        "null",
        "\"a\"",
        "{\"value\":null}",
        "{\"key\":5,\"value\":[]}",
        "{\"value\":{}}",
        "{\"key\":\"/apisix/routes/\",\"value\":\"init_dir\"}",
    ] {
        let list = format!(
            "{{\"list\":[{{\"key\":\"/apisix/routes/a\",\"value\":{{\"id\":\"a\",\"uri\":\"/a\"}}}},{entry}],\"total\":2}}"
        );
        fake.script("GET", "/routes", &[(200, &list)]);
        all.push_str(&Scene::at(&fake).run("get routes -o name").text);
    }
    fake.script("GET", "/routes", &[(200, "{\"list\":[null],\"total\":1}")]);
    all.push_str(&Scene::at(&fake).run("config dump").text);
    fake.script("POST", "/live/explain", &[(200, "null")]);
    all.push_str(&Scene::at(&fake).run("trace GET /a").text);
    assert_snapshot!(all);
}

#[test]
fn what_cannot_be_asked_for() {
    let fake = Fake::start();
    let long = "x".repeat(100_000);
    let seen = Scene::at(&fake).run(&format!("get route {long}"));
    assert_eq!((seen.code, fake.asked().len()), (2, 0), "{}", seen.stderr);
    assert_snapshot!(seen.stderr);
    assert_snapshot!(Scene::at(&fake).runs(&["get routes --limit -1", "get routes -5"]));
}

#[test]
fn an_environment_that_says_nothing_is_refused() {
    let fake = Fake::with_objects();
    let mut all = String::new();
    for (name, value) in [
        ("GATEWAYCTL_INSECURE", "maybe"),
        ("GATEWAYCTL_INSECURE", "off"),
        ("GATEWAYCTL_NO_INPUT", "perhaps"),
        ("GATEWAYCTL_ERRORS", "xml"),
        ("GATEWAYCTL_LOG", "abc"),
    ] {
        all.push_str(&format!("{name}={value} "));
        all.push_str(&Scene::at(&fake).env(name, value).run("get route hello -o name").text);
    }
    assert_snapshot!(all);
    assert_eq!(Scene::alone().env("GATEWAYCTL_ERRORS", "xml").run("context list").code, 2);
}

/// The head of a stream, and then silence.
#[test]
fn a_stream_that_says_nothing_ends() {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let _ = head.take_while(|line| !line.is_empty()).count();
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nX-Gateway-Version: 0.1.0\r\n\r\n",
            );
            kept.push(stream);
        }
    });
    let scene = Scene::alone().env("GATEWAYCTL_KEY", "k").env("GATEWAYCTL_SERVER", &server);
    assert_snapshot!(
        scene.runs(&["traffic tap --duration 50ms", "traffic top --count 1 --interval 50ms --timeout 50ms"])
    );
}

#[test]
fn the_process_itself() {
    let program = env!("CARGO_BIN_EXE_gatewayctl");
    let output = Command::new(program).arg("--version").output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"gatewayctl "));
    let output = Command::new(program).args(["get", "rotues"]).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: unknown resource \"rotues\"\nhint: did you mean \"routes\"?\n"
    );
}

/// SIGINT ends a batch with what is done; the server here never answers.
#[cfg(unix)]
#[test]
fn an_interrupted_batch_says_how_far_it_got() {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a.yaml");
    std::fs::write(&file, "kind: route\nid: a\nuri: /a\n").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_gatewayctl"))
        .args(["apply", "--timeout", "60s", "-f"])
        .arg(&file)
        .env("HOME", home.path())
        .env("GATEWAYCTL_SERVER", format!("http://{}", listener.local_addr().unwrap()))
        .env("GATEWAYCTL_KEY", "k")
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The request is here, so the tool is waiting for the answer and listens for signals.
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0; 3]).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: interrupted; 0 of 1 done\n");
    assert_eq!(output.status.code(), Some(130));
}

#[test]
fn a_closed_pipe_ends_silently() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewayctl"))
        .args(["completion", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    // A script that fits into the pipe may have been written before it was closed.
    assert!(matches!(output.status.code(), Some(0 | 141)), "{:?}", output.status);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
