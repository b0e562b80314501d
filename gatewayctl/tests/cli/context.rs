use insta::assert_snapshot;

use crate::fake::{Fake, KEY};
use crate::scene::Scene;

fn with_config(fake: &Fake, more: &str) -> Scene {
    let scene = Scene::at(fake).env("GATEWAYCTL_KEY", "").env("GATEWAYCTL_SERVER", "");
    let text = format!(
        "current-context: main\ncontexts:\n  - name: main\n    server: http://{}\n    key: {KEY}\n{more}",
        fake.address
    );
    scene.file(".config/gatewayctl/config.yaml", &text);
    scene
}

#[test]
fn a_context_names_server_and_key() {
    let fake = Fake::with_objects();
    let scene = with_config(&fake, "aliases: {up: get upstreams -o name}\n");
    assert_snapshot!(scene.runs(&["get routes -o name", "up", "get routes --context mian"]));
}

#[test]
fn a_read_only_context_refuses_changes() {
    let fake = Fake::with_objects();
    let scene = with_config(&fake, "    read-only: true\n");
    scene.file("a.yaml", "kind: route\nid: a\nuri: /a\n");
    assert_snapshot!(scene.runs(&[
        "get routes -o name",
        "apply -f ~/a.yaml",
        "apply -f ~/a.yaml --dry-run",
        "delete route hello -y",
        "api DELETE /routes/hello -y"
    ]));
    assert!(fake.asked().iter().all(|asked| asked.starts_with("GET")));
}

#[test]
fn a_context_can_ask_before_any_write() {
    let fake = Fake::with_objects();
    let scene = with_config(&fake, "    confirm: writes\n").terminal(80).stdin("n\n");
    scene.file("a.yaml", "kind: route\nid: a\nuri: /a\n");
    assert_snapshot!(scene.runs(&["apply -f ~/a.yaml", "apply -f ~/a.yaml --yes"]));
    let scene = with_config(&fake, "    confirm: never\n");
    assert_eq!(scene.run("delete route a").code, 0);
}

#[test]
fn a_question_names_the_server() {
    let (fake, other) = (Fake::with_objects(), Fake::with_objects());
    let scene = with_config(&fake, "").terminal(80).stdin("n\n");
    let seen = scene.run("delete route hello");
    assert!(seen.stderr.contains("Continue on main (http://127.0.0.1:19180)?"), "{}", seen.text);
    let seen = scene.run(&format!("delete route hello --key {KEY} --server http://{}", other.address));
    let asked = format!("Continue on http://{}?", other.address);
    assert!(seen.stderr.contains(&asked) && !seen.stderr.contains("main"), "{}", seen.text);
}

#[test]
fn another_server_gets_nothing_of_the_context() {
    let (fake, other) = (Fake::with_objects(), Fake::with_objects());
    let more = "    gateway: http://127.0.0.1:1\n    confirm: never\n    read-only: true\n";
    let scene = with_config(&fake, more);
    let there = format!("http://{}", other.address);
    let seen = scene.run(&format!("get routes --server {there}"));
    assert!(seen.code == 4 && seen.stderr.contains("the key of the context main"), "{}", seen.text);
    assert!(other.heads().iter().all(|head| !head.contains(KEY)));
    let scene = scene.env("GATEWAYCTL_SERVER", &there).env("GATEWAYCTL_KEY", KEY);
    // Neither is it read-only, nor are there no questions.
    assert_eq!(scene.run("delete route hello").code, 9);
    assert_eq!(scene.run("delete route hello -y").code, 0);
    // Who names the context means what it guards against.
    assert_eq!(scene.run("delete route orders -y -C main").code, 4);
    // The same server is the context's, whatever it is called.
    let same = format!("http://localhost:{}", fake.address.port());
    assert_eq!(scene.env("GATEWAYCTL_SERVER", &same).env("GATEWAYCTL_KEY", "").run("delete route hello -y").code, 4);
}

#[test]
fn mistakes_in_the_file_are_told() {
    let fake = Fake::start();
    assert_snapshot!(with_config(&fake, "    readonly: true\n").run("get routes").text);
}

#[cfg(unix)]
#[test]
fn a_file_others_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let fake = Fake::with_objects();
    let scene = with_config(&fake, "");
    let path = scene.file("open.yaml", "current-context: null\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        scene
            .run("get routes --config ~/open.yaml --server http://127.0.0.1:1 --retries 0")
            .stderr
            .starts_with("warning: ~/open.yaml may hold keys")
    );
}

#[test]
fn the_key_of_a_gateway_on_this_machine_is_found() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).env("GATEWAYCTL_KEY", "");
    assert_snapshot!(scene.run("get routes -o name").text);
    let state = scene.file("state/gateway/admin.key", &format!("{KEY}\n"));
    let state = state.parent().unwrap().parent().unwrap().display().to_string();
    assert_eq!(scene.run("get routes -o name").code, 4);
    let scene = scene.env("XDG_STATE_HOME", &state);
    assert_eq!(scene.run("get routes -o name").code, 0);
    let scene = scene.env("XDG_STATE_HOME", "").env("STATE_DIRECTORY", &format!("{state}/gateway:/elsewhere"));
    assert_eq!(scene.run("get routes -o name").code, 0);
    let scene = scene.env("STATE_DIRECTORY", "").env("GATEWAY_DATA_DIR", &format!("{state}/gateway"));
    assert_eq!(scene.run("get routes -o name").code, 0);

    let scene = Scene::at(&fake).env("GATEWAYCTL_KEY", "");
    scene.file(".local/state/gateway/admin.key", &format!("{KEY}\n"));
    assert_eq!(scene.run("get routes -o name").code, 0);
}

#[test]
fn keys_from_files_and_standard_input() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).env("GATEWAYCTL_KEY", "").stdin(&format!("{KEY}\n"));
    scene.file("key", &format!("{KEY}\n"));
    assert_eq!(scene.run("get routes --key-file ~/key").code, 0);
    assert_eq!(scene.run("get routes --key-file -").code, 0);
    assert_eq!(scene.run(&format!("get routes --key {KEY}")).code, 0);
    assert!(
        Scene::at(&fake)
            .terminal(80)
            .run(&format!("get routes --key {KEY}"))
            .stderr
            .starts_with("hint: --key is visible")
    );
    assert_snapshot!(scene.run("get routes --key-file ~/none").text);
}

#[test]
fn a_key_that_was_found_and_is_wrong() {
    let fake = Fake::start();
    let scene = Scene::at(&fake).env("GATEWAYCTL_KEY", "");
    assert_snapshot!(scene.run("get routes").text);
    scene.file(".local/state/gateway/admin.key", "not-this-one\n");
    assert_snapshot!(scene.run("get routes").text);
    scene.file("own.key", "nor-this-one\n");
    assert_snapshot!(scene.run("get routes --key-file ~/own.key").text);
}

#[test]
fn locked_out_after_wrong_keys() {
    let fake = Fake::start();
    fake.script("GET", "/routes", &[(429, r#"{"error_msg":"too many wrong keys from this address"}"#)]);
    assert_snapshot!(Scene::at(&fake).run("get routes").text);
}
