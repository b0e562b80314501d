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
    assert_eq!(words(&["wait", "route", "a", "--for", "he"]), ["healthy", "healthy="]);
    assert_eq!(words(&["get", "routes", "--sort-by", "pr"]), ["priority"]);
    assert_eq!(words(&["get", "routes", "--sort-by", "priority:"]), ["priority:asc", "priority:desc"]);
    assert_eq!(words(&["config", "dump", "--only", "routes,up"]), ["routes,upstreams"]);
    assert_eq!(words(&["traffic", "tap", "--protocol", "http1,du"]), ["http1,dubbo"]);
    assert_eq!(words(&["traffic", "stat", "pro"]), ["protocol"]);
    assert_eq!(words(&["traffic", "top", "protocol", "gr"]), ["grpc"]);
    assert_eq!(words(&["ui", "--screen", "tr"]), ["traffic", "tree"]);
    assert_eq!(words(&["ui", "--theme", "n"]), ["nord"]);
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
    assert_eq!(offered(&scene, &["get", "routes", "-l", "!t"]), ["!team"]);
    assert_eq!(offered(&scene, &["get", "routes", "-l", "team=b"]), ["team=blue"]);
    assert_eq!(offered(&scene, &["get", "routes", "-l", "other,team!="]), ["other,team!=blue"]);
    assert_eq!(offered(&scene, &["traffic", "tap", "--route", "hello,o"]), ["hello,orders"]);
    assert_eq!(offered(&scene, &["traffic", "stat", "routes", "hello", "o"]), ["orders"]);
    fake.script("GET", "/plugins/list", &[(200, r#"["limit-count","limit-req","cors"]"#)]);
    assert_eq!(offered(&scene, &["plugins", "docs", "limit"]), ["limit-count", "limit-req"]);
    assert_eq!(offered(&scene, &["create", "route", "--plugin", "limit-c"]), ["limit-count"]);
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
    assert_eq!(offered(&scene, &["grpc", "call", "shop.Shop/Buy", "--proto", "proto/"]), ["proto/7"]);
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

/// Bash parts words at `=` and `:`; the tool is asked about whole ones, and bash is told of the part that it has.
#[cfg(unix)]
#[test]
fn bash_has_words_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (script, asked) = (dir.path().join("script"), dir.path().join("asked"));
    std::fs::write(&script, Scene::alone().run("completion bash").stdout).unwrap();
    let ask = r#"
        source "$1"; asked=$2; line=$3; part=$4; answer=$5; shift 5
        gatewayctl() { shift; printf '%s|' "$_CLAP_COMPLETE_INDEX" "$@" > "$asked"; printf '%s' "$answer"; }
        COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _clap_complete_gatewayctl gatewayctl "$part" before
        printf '%s\n' "${COMPREPLY[@]}""#;
    // What is typed, the part that is completed, bash's words, the tool's answer, what it is asked, what bash offers.
    type Case = (&'static str, &'static str, &'static [&'static str], &'static str, &'static str, &'static str);
    let cases: [Case; 6] = [
        ("gatewayctl get ro", "ro", &["gatewayctl", "get", "ro"], "routes", "2|gatewayctl|get|ro|", "routes"),
        ("gatewayctl get  ", "", &["gatewayctl", "get", ""], "routes", "2|gatewayctl|get||", "routes"),
        (
            "gatewayctl get --output=js",
            "js",
            &["gatewayctl", "get", "--output", "=", "js"],
            "--output=json\u{b}--output=jsonpath",
            "2|gatewayctl|get|--output=js|",
            "json\njsonpath",
        ),
        (
            "gatewayctl get --output=",
            "",
            &["gatewayctl", "get", "--output", "="],
            "--output=json",
            "2|gatewayctl|get|--output=|",
            "json",
        ),
        (
            "gatewayctl get -l team=b",
            "b",
            &["gatewayctl", "get", "-l", "team", "=", "b"],
            "team=blue",
            "3|gatewayctl|get|-l|team=b|",
            "blue",
        ),
        (
            "gatewayctl --server=http://h:1 get --sort-by uri:d",
            "d",
            &["gatewayctl", "--server", "=", "http", ":", "//h", ":", "1", "get", "--sort-by", "uri", ":", "d"],
            "uri:desc",
            "4|gatewayctl|--server=http://h:1|get|--sort-by|uri:d|",
            "desc",
        ),
    ];
    for (line, part, words, answer, expected, offered) in cases {
        let mut run = std::process::Command::new("bash");
        run.args(["--norc", "-c", ask, "bash"]).arg(&script).arg(&asked).args([line, part, answer]).args(words);
        let run = run.output().unwrap();
        let told = String::from_utf8(run.stdout).unwrap();
        assert_eq!(told.trim_end(), offered, "{line}: {}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(std::fs::read_to_string(&asked).unwrap(), expected, "{line}");
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
