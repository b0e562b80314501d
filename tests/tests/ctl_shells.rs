//! `gatewayctl` in the shells that people type it into, and its pages in what shows them: the completion scripts load without
//! a word and complete commands, resources and what only the server knows; `man` and `mandoc` have nothing to say of the pages.
//! A program that is not installed is told and left out, but with `NEED_SHELLS` in the environment, as in `.ci/run`, it fails.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gateway_tests::{Ctl, Gateway, binary};
use serde_json::json;

/// Whether a program is there to be tested with.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    assert!(found || std::env::var_os("NEED_SHELLS").is_none(), "{program} is not installed");
    if !found {
        eprintln!("left out: {program} is not installed");
    }
    found
}

struct Scene {
    _gateway: Gateway,
    ctl: Ctl,
    dir: tempfile::TempDir,
}

impl Scene {
    fn new() -> Scene {
        let gateway = Gateway::start();
        gateway.put("/upstreams/backend", &json!({ "nodes": { "127.0.0.1:1": 1 } }));
        for id in ["hello", "orders-eu", "orders-us"] {
            gateway.put(
                &format!("/routes/{id}"),
                &json!({ "uri": format!("/{id}"), "name": format!("about {id}"), "upstream_id": "backend" }),
            );
        }
        Scene { ctl: Ctl::of(&gateway), _gateway: gateway, dir: tempfile::tempdir().unwrap() }
    }

    /// A shell in whose path `gatewayctl` is, and that knows the gateway.
    fn shell(&self, program: &str) -> Command {
        let ctl = self.ctl.command(&[]);
        let mut command = Command::new(program);
        command.env_clear().envs(ctl.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let tools = binary("gatewayctl").parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path))).unwrap();
        command.env("PATH", path).env("TERM", "xterm").env("LC_ALL", "C.UTF-8").current_dir(self.dir.path());
        command
    }

    /// Runs a script of a shell, which must have nothing to complain about.
    fn run(&self, program: &str, arguments: &[&str], script: &str) -> String {
        let file = self.dir.path().join(format!("script.{program}"));
        std::fs::write(&file, script).unwrap();
        let output = self.shell(program).args(arguments).arg(&file).stdin(Stdio::null()).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && stderr.is_empty(), "{program}: {:?}\n{stdout}\n{stderr}", output.status);
        stdout.into_owned()
    }
}

/// A completion script of the checkout.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("completions").join(name)
}

/// What is typed, and what is offered.
const CASES: &[(&[&str], &[&str])] = &[
    (&["get", "rou"], &["routes"]),
    (&["get", "routes", "he"], &["hello"]),
    (&["get", "routes", "orders"], &["orders-eu", "orders-us"]),
    (&["describe", "route/h"], &["route/hello"]),
    (&["get", "routes", "--upstream", "b"], &["backend"]),
    (&["get", "routes", "-o", "ym"], &[]),
    (&["get", "routes", "-o", "y"], &["yaml"]),
    (&["plugins", "docs", "limit-c"], &["limit-conn", "limit-count"]),
    (&["certs", "expi"], &["expiry"]),
    (&["trace", "--curl"], &[]),
    (&["test", "--curl"], &[]),
];

#[test]
fn bash_completes() {
    if !is_there("bash") {
        return;
    }
    let scene = Scene::new();
    for (typed, expected) in CASES {
        let words = typed.join(" ");
        let last = typed.last().unwrap();
        let text = format!(
            "source {}\ncomplete -p gatewayctl >/dev/null || exit 3\nCOMP_WORDS=(gatewayctl {words}); COMP_CWORD={}; COMP_TYPE=9\n\
             _clap_complete_gatewayctl gatewayctl '{last}' x\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            script("gatewayctl.bash").display(),
            typed.len(),
        );
        let offered = scene.run("bash", &["--norc", "--noprofile"], &text);
        let offered: Vec<&str> = offered.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(&offered, expected, "{words}");
    }
}

#[test]
fn fish_completes() {
    if !is_there("fish") {
        return;
    }
    let scene = Scene::new();
    let mut text = format!("source {}\n", script("gatewayctl.fish").display());
    for (typed, _) in CASES {
        text.push_str(&format!("echo '=='\ncomplete -C 'gatewayctl {}'\n", typed.join(" ")));
    }
    let offered = scene.run("fish", &["--no-config"], &text);
    let mut parts = offered.split("==\n").skip(1);
    for (typed, expected) in CASES {
        let lines = parts.next().unwrap_or_default().lines();
        let words: Vec<&str> = lines.filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(&words, expected, "{typed:?}");
    }
    // Ids have the names of their objects beside them.
    assert!(offered.contains("hello\tabout hello"), "{offered}");
}

/// What a zsh has read before somebody types into it: a key completes, another one shows what the line has become.
const RC: &str = r#"
PS1=''; PS2=''; unset zle_bracketed_paste; setopt no_beep no_prompt_cr no_prompt_sp
autoload -Uz compinit; compinit -u -D
source $SCRIPT
show() { print -rn -- "<<$BUFFER>>"; BUFFER='' }
zle -N show; bindkey '^X' show; bindkey '^I' complete-word
print -rn -- '<<ready>>'
"#;

/// Who types, into a terminal of its own.
const TYPED: &str = r#"
zmodload zsh/zpty || exit 3
zpty z zsh -f -i
answer() { zpty -r z REPLY '*>>' || exit 4; REPLY=${REPLY##*<<}; print -r -- "${REPLY%%>>*}" }
zpty -w z 'source $RC'
answer
for line in "${(@f)LINES_TYPED}"; do
  zpty -w -n z "$line"$'\t\x18'
  answer
done
zpty -d z
"#;

#[test]
fn zsh_completes() {
    if !is_there("zsh") {
        return;
    }
    let scene = Scene::new();
    // It completes what is the only thing that can be meant.
    let cases: Vec<(String, String)> = CASES
        .iter()
        .filter(|(_, offered)| offered.len() == 1)
        .map(|(typed, offered)| {
            let (last, before) = typed.split_last().unwrap();
            assert!(offered[0].starts_with(last));
            let before = before.join(" ");
            (format!("gatewayctl {before} {last}"), format!("gatewayctl {before} {}", offered[0]))
        })
        .collect();
    let lines: Vec<&str> = cases.iter().map(|(line, _)| line.as_str()).collect();
    let file = scene.dir.path().join("typed.zsh");
    std::fs::write(&file, TYPED).unwrap();
    let rc = scene.dir.path().join("rc.zsh");
    std::fs::write(&rc, RC).unwrap();
    let mut command = scene.shell("zsh");
    command
        .arg("-f")
        .arg(&file)
        .env("RC", rc)
        .env("SCRIPT", script("_gatewayctl"))
        .env("LINES_TYPED", lines.join("\n"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stderr.is_empty(), "{:?}\n{stdout}\n{stderr}", output.status);
    let shown: Vec<&str> = stdout.lines().map(str::trim_end).collect();
    assert_eq!(shown.first(), Some(&"ready"), "{stdout}");
    for ((typed, expected), shown) in cases.iter().zip(shown.iter().skip(1)) {
        assert_eq!(shown, expected, "{typed}");
    }
    assert_eq!(shown.len(), cases.len() + 1, "{stdout}");
}

#[test]
fn elvish_loads_its_script() {
    // Few have it, and no distribution of a runner is sure to.
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|dir| dir.join("elvish").is_file()) {
        eprintln!("left out: elvish is not installed");
        return;
    }
    let scene = Scene::new();
    let mut child = scene.shell("elvish");
    let output = child.args(["-norc", "-compileonly"]).arg(script("gatewayctl.elv")).output().unwrap();
    // The script speaks to the editor, which only somebody who types has; that it can be read is what is asked here.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("Parse error") && !stderr.contains("parse error"), "{stderr}");
}

#[test]
fn nushell_is_answered_with_records() {
    let scene = Scene::new();
    let ask = |line: &str| {
        let output = scene.ctl.command(&["--", line]).env("GATEWAYCTL_COMPLETE", "nushell").output().unwrap();
        let records: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        records
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {}", one["value"].as_str().unwrap(), one["description"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ask("gatewayctl get routes he"), ["hello about hello"]);
    assert_eq!(ask("ls | gatewayctl get --upstream b"), ["backend "]);
    assert_eq!(ask("gatewayctl get rou"), ["routes "]);
}

/// Ids are found among many; servers that hang, flood or are down cost no more than the limit.
#[test]
fn completion_is_soon_over() {
    let scene = Scene::new();
    let routes: Vec<serde_json::Value> = (0..3000)
        .map(|n| json!({ "id": format!("n{n}"), "uri": format!("/n/{n}"), "upstream_id": "backend" }))
        .collect();
    let file = scene.dir.path().join("many.json");
    std::fs::write(&file, json!({ "routes": routes }).to_string()).unwrap();
    scene.ctl.ok(&["apply", "-f", file.to_str().unwrap(), "--yes"], "");
    let hang = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let flood = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = |listener: &std::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (hangs, floods) = (at(&hang), at(&flood));
    std::thread::spawn(move || {
        for mut stream in flood.incoming().flatten() {
            std::thread::spawn(move || {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                let mut sent = stream.write_all(head);
                while sent.is_ok() {
                    sent = stream.write_all(b"8\r\n[[[[[[[[\r\n");
                }
            });
        }
    });
    let down = format!("http://127.0.0.1:{}", gateway_tests::free_port());
    let ask = |server: Option<&str>, typed: &str| {
        let mut command = scene.ctl.command(&["--", "gatewayctl", "get", "routes", typed]);
        command.env("GATEWAYCTL_COMPLETE", "fish");
        if let Some(server) = server {
            command.env("GATEWAYCTL_SERVER", server);
        }
        let start = Instant::now();
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        // The limit is 300 ms; the machine of a test may be busy.
        assert!(start.elapsed() < Duration::from_millis(1500), "{server:?}: {:?}", start.elapsed());
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with('n') || line.starts_with('h'))
            .count()
    };
    for server in [&hangs, &floods, &down] {
        assert_eq!(ask(Some(server), "he"), 0, "{server}");
    }
    // On a machine that is busy not all of them come at once.
    gateway_tests::wait_for("an id far behind", || {
        let found = ask(None, "n2999");
        if found == 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        (found == 1).then_some(())
    });
}

#[test]
fn manual_pages_render_without_a_complaint() {
    let scene = Scene::new();
    let pages = scene.dir.path().join("man1");
    scene.ctl.ok(&["man", "--dir", pages.to_str().unwrap()], "");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&pages).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 60, "{files:?}");
    let (man, mandoc, groff) = (is_there("man"), is_there("mandoc"), is_there("groff"));
    if mandoc {
        let output = scene.shell("mandoc").args(["-Tlint", "-Wwarning"]).args(&files).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.is_empty(), "{said}");
    }
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("curl-word"), "{}", file.display());
        if groff {
            let output =
                scene.shell("groff").args(["-man", "-Tutf8", "-Kutf8", "-ww", "-b"]).arg(file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{}: {said}", file.display());
        }
        // The first of them as a reader sees it.
        if man && file.ends_with("gatewayctl-get.1") {
            let output = scene
                .shell("man")
                .env("MANWIDTH", "80")
                .args(["--warnings=w", "-P", "cat", "-l"])
                .arg(file)
                .output()
                .unwrap();
            let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(
                output.status.success()
                    && said.is_empty()
                    && shown.contains("--show-secrets")
                    && shown.contains("500ms"),
                "{shown}{said}"
            );
        }
    }
}
