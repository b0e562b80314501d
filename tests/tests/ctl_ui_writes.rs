//! What is changed with the terminal UI, on a terminal in front of a gateway: nothing of anybody is overwritten unseen, and no key
//! is lost on the way to another server.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use gateway_tests::terminal::Terminal;
use gateway_tests::{Ctl, Gateway, KEY};
use serde_json::{Value, json};

fn file(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The UI at a screen, with an editor that does this to the file `$1`; it finds `gatewayctl` as `$CTL`.
fn ui(ctl: &Ctl, screen: &str, dir: &Path, script: &str) -> Terminal {
    let editor = dir.join("editor");
    file(&editor, &format!("#!/bin/sh\n{script}\n"), 0o700);
    let mut command = ctl.command(&["ui", "--screen", screen]);
    let program = command.get_program().to_owned();
    command.env("EDITOR", editor).env("CTL", program).env("TMPDIR", dir);
    Terminal::start(&command, 140, 45)
}

fn stored(gateway: &Gateway, path: &str) -> Value {
    gateway.call("GET", path, None).json()["value"].clone()
}

#[test]
fn a_new_object_never_takes_the_place_of_another() {
    let (gateway, dir) = (Gateway::start(), tempfile::tempdir().unwrap());
    let ctl = Ctl::of(&gateway);
    gateway.put(
        "/consumers",
        &json!({ "username": "bob", "plugins": { "basic-auth": { "username": "bob", "password": "p" } } }),
    );
    let before = stored(&gateway, "/consumers/bob");
    let mut ui = ui(&ctl, "consumers", dir.path(), "sed -i 's/^username: .*/username: bob/' \"$1\"");
    ui.shows(&["consumers (1)", "bob"]);
    ui.keys("N");
    ui.shows(&["consumer/bob exists already, and stays as it is", "Edit it again?"]);
    ui.keys("n");
    ui.shows(&["what you wrote is kept in"]);
    assert_eq!(stored(&gateway, "/consumers/bob"), before);
    // Left as it is, the template makes nothing; a name of its own makes one.
    file(&dir.path().join("editor"), "#!/bin/sh\ntrue\n", 0o700);
    ui.keys("N");
    ui.shows(&["unchanged, nothing was made", "consumers (1)"]);
    file(&dir.path().join("editor"), "#!/bin/sh\nsed -i 's/^username: .*/username: carol/' \"$1\"\n", 0o700);
    ui.keys("N");
    ui.shows(&["consumer/carol created", "consumers (2)"]);
    assert_eq!(stored(&gateway, "/consumers/carol")["username"], "carol");
    // Who is deleted takes the credentials along.
    gateway.put("/consumers/carol/credentials/c2", &json!({ "plugins": { "key-auth": { "key": "carols" } } }));
    ui.keys(":consumers carol\r");
    ui.shows(&["carol/c2"]);
    ui.keys("D");
    let text = ui.shows(&["delete consumer/carol", "the credentials of consumer/carol go with it: c2"]);
    assert!(!text.contains("refuses"), "{text}");
    ui.keys("y");
    ui.shows(&["consumer/carol deleted", "consumers (1)"]);
    // Somebody else makes it while the editor is open.
    let script = "\"$CTL\" create consumer dave --desc=theirs >/dev/null 2>&1 </dev/null\n\
        sed -i 's/^username: .*/username: dave/' \"$1\"";
    file(&dir.path().join("editor"), &format!("#!/bin/sh\n{script}\n"), 0o700);
    ui.keys("N");
    ui.shows(&["consumer/dave exists already, and stays as it is", "Edit it again?"]);
    ui.keys("n");
    ui.shows(&["what you wrote is kept in", "consumers (2)"]);
    assert_eq!(stored(&gateway, "/consumers/dave")["desc"], "theirs");
    ui.keys("q");
    assert!(ui.end().success());
}

#[test]
fn a_conflict_is_shown_and_resolved() {
    let (gateway, dir) = (Gateway::start(), tempfile::tempdir().unwrap());
    let ctl = Ctl::of(&gateway);
    gateway.put("/routes/two", &json!({ "uri": "/two/*", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    // Somebody else changes it while the editor is open.
    let script = "\"$CTL\" patch route two --set desc=theirs >/dev/null 2>\"$TMPDIR/said\" </dev/null\n\
        sed -i '/^priority:/d' \"$1\"; echo 'priority: 7' >> \"$1\"";
    let mut ui = ui(&ctl, "routes", dir.path(), script);
    ui.shows(&["routes (1)", "/two/*"]);
    ui.keys("e");
    let facts =
        ["route/two was changed meanwhile by", "+desc: theirs", "what you changed, on top of that", "+priority: 7"];
    let missing = ui.lacks(&facts, std::time::Duration::from_secs(10));
    let said = std::fs::read_to_string(dir.path().join("said")).unwrap_or_default();
    assert!(missing.is_empty(), "{missing:?}\n{said}\n{}", ui.text());
    assert_ne!(stored(&gateway, "/routes/two")["priority"], 7, "it is not written yet");
    ui.keys("y");
    ui.shows(&["route/two configured"]);
    let now = stored(&gateway, "/routes/two");
    assert_eq!((&now["priority"], &now["desc"]), (&json!(7), &json!("theirs")));
    ui.keys("q");
    assert!(ui.end().success());
}

#[test]
fn no_key_is_lost_on_the_way_to_another_server() {
    let (one, two, dir) = (Gateway::start(), Gateway::start(), tempfile::tempdir().unwrap());
    two.put("/routes/second", &json!({ "uri": "/second", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    let ctl = Ctl::of(&one);
    let key = dir.path().join("key");
    file(&key, KEY, 0o600);
    for (name, gateway) in [("one", &one), ("two", &two)] {
        let server = format!("http://{}", gateway.admin);
        ctl.ok(&["context", "create", name, "--server", &server, "--key-file", key.to_str().unwrap()], "");
    }
    let mut command: Command = ctl.command(&["ui", "--context", "one"]);
    command.env_remove("GATEWAYCTL_SERVER").env_remove("GATEWAYCTL_KEY");
    let mut ui = Terminal::start(&command, 120, 40);
    ui.shows(&["Requests/s", "● live"]);
    for (context, routes) in [("two", "routes (1)"), ("one", "routes (0)"), ("two", "routes (1)")] {
        ui.keys("X");
        ui.shows(&["Contexts"]);
        ui.keys(&format!("{context}\r"));
        ui.shows(&[&format!(" {context}  "), "Requests/s", "● live"]);
        ui.keys("2");
        ui.shows(&[routes]);
    }
    // Nor what is typed before the other one is there.
    ui.keys("Xone\r4");
    ui.shows(&[" one ", "consumers (0)"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), Vec::<&str>::new());
}
