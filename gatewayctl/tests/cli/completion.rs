use std::time::{Duration, Instant};

use crate::fake::Fake;
use crate::scene::Scene;

/// What fish is told for a line whose last word is being typed, after a bar of its own.
fn offered(scene: &Scene, line: &[&str]) -> Vec<String> {
    let words: Vec<&str> = ["--", "gatewayctl"].iter().chain(line).copied().collect();
    let seen = scene.run_words(&words);
    assert!(seen.code == 0 && seen.stderr.is_empty(), "{}", seen.text);
    seen.stdout.lines().map(|line| line.replace('\t', " | ")).filter(|line| !line.starts_with('-')).collect()
}

fn typing(fake: &Fake) -> Scene {
    Scene::at(fake).env("GATEWAYCTL_COMPLETE", "fish")
}

#[test]
fn every_shell_gets_a_script() {
    for (shell, has) in [
        ("bash", "complete -o nospace"),
        ("zsh", "#compdef gatewayctl"),
        ("fish", "complete --keep-order --exclusive --command gatewayctl"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
        ("nushell", "export extern gatewayctl"),
    ] {
        let seen = Scene::alone().run(&format!("completion {shell}"));
        assert!(seen.code == 0 && seen.stdout.contains(has), "{shell}: {}", seen.text);
        assert!(shell == "nushell" || seen.stdout.contains("GATEWAYCTL_COMPLETE"), "{shell}");
    }
    insta::assert_snapshot!(Scene::alone().run("completion tcsh").text);
}

#[test]
fn commands_flags_and_values_need_no_server() {
    let scene = Scene::alone().env("GATEWAYCTL_COMPLETE", "fish").env("GATEWAYCTL_SERVER", "http://127.0.0.1:1");
    let words = |line: &[&str]| -> Vec<String> {
        offered(&scene, line).iter().map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(words(&["cer"]), ["certs"]);
    assert_eq!(words(&["get", "glo"]), ["global-rules"]);
    assert_eq!(words(&["get", "routes", "-o", "js"]), ["json", "jsonpath"]);
    assert_eq!(words(&["logs", "--level", ""]), ["error", "warn", "info", "debug"]);
    assert_eq!(words(&["api", "PA"]), ["PATCH"]);
    scene.file(".config/gatewayctl/config.yaml", "contexts: [{name: prod, server: \"http://p:1\"}, {name: local}]\n");
    assert_eq!(offered(&scene, &["get", "routes", "-C", "p"]), ["prod | http://p:1"]);
}

#[test]
fn ids_come_from_the_server() {
    let fake = Fake::with_objects();
    let scene = typing(&fake);
    assert_eq!(offered(&scene, &["get", "routes", "h"]), ["hello"]);
    assert_eq!(offered(&scene, &["describe", "route/o"]), ["route/orders"]);
    assert_eq!(offered(&scene, &["delete", "upstreams", ""]), ["u1 | backend"]);
    assert_eq!(offered(&scene, &["delete", "upstreams", "u1", ""]), [""; 0]);
    assert_eq!(offered(&scene, &["get", "routes", "--service", "s"]), ["s1 | shop"]);
    assert_eq!(offered(&scene, &["get", "routes", "-l", "t"]), ["team"]);
    fake.script("GET", "/plugins/list", &[(200, r#"["limit-count","limit-req","cors"]"#)]);
    assert_eq!(offered(&scene, &["plugins", "docs", "limit"]), ["limit-count", "limit-req"]);
}

#[test]
fn services_of_grpc_and_their_methods_come_from_the_server() {
    let fake = Fake::start();
    fake.hold("protos/7", serde_json::json!({"id": "7", "content": ""}));
    let told = r#"[{"service":"shop.Shop","source":"upstreams/u","methods":[{"name":"Buy","input":"shop.Ask"},{"name":"Watch","input":"shop.Ask"}]},
        {"service":"","source":"upstreams/v","methods":[],"error":"refused"},{"service":"shop.Old","source":"protos/1","methods":[]}]"#;
    fake.script("GET", "/live/grpc/services", &[(200, told)]);
    let scene = typing(&fake);
    assert_eq!(offered(&scene, &["grpc", "call", "shop.Shop/B"]), ["shop.Shop/Buy | shop.Ask"]);
    assert_eq!(offered(&scene, &["grpc", "call", "sh"]), ["shop.Shop/Buy | shop.Ask", "shop.Shop/Watch | shop.Ask"]);
    assert_eq!(offered(&scene, &["grpc", "describe", "shop.O"]), ["shop.Old | protos/1"]);
    assert_eq!(offered(&scene, &["grpc", "describe", "shop.Shop.W"]), ["shop.Shop.Watch | shop.Ask"]);
    assert_eq!(offered(&scene, &["grpc", "call", "shop.Shop/Buy", "--proto", ""]), ["7"]);
}

#[test]
fn what_was_asked_is_kept_for_a_while() {
    let fake = Fake::with_objects();
    let scene = typing(&fake);
    for _ in 0..3 {
        assert_eq!(offered(&scene, &["get", "routes", "hel"]), ["hello"]);
    }
    assert_eq!(fake.asked().len(), 1, "{:?}", fake.asked());
}

#[test]
fn what_fails_is_silent_and_soon_over() {
    // Somebody listens and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let wrong = Fake::with_objects();
    for scene in [
        Scene::alone().env("GATEWAYCTL_SERVER", &silent).env("GATEWAYCTL_KEY", "x"),
        Scene::alone().env("GATEWAYCTL_SERVER", "http://127.0.0.1:1"),
        Scene::alone().env("GATEWAYCTL_SERVER", "nonsense"),
        Scene::at(&wrong).env("GATEWAYCTL_KEY", "wrong"),
    ] {
        let scene = scene.env("GATEWAYCTL_COMPLETE", "fish");
        let start = Instant::now();
        assert_eq!(offered(&scene, &["get", "routes", "hel"]), [""; 0]);
        // The limit is 300 ms; the machine of the test may be busy.
        assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
    }
}

#[test]
fn manual_pages_of_all_commands() {
    let scene = Scene::alone();
    let seen = scene.run("man certs upload");
    assert!(seen.code == 0 && seen.stdout.contains(".TH") && seen.stdout.contains("private key"), "{}", seen.text);
    let seen = scene.run("man --dir ~/man1");
    assert!(seen.code == 0 && scene.path("man1/gatewayctl-get.1").is_file(), "{}", seen.text);
    insta::assert_snapshot!(scene.run("man nothing").text);
}
