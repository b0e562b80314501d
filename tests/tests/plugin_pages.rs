//! The examples of the plugins' pages, typed as they stand there: every command goes to a shell, and what comes back must be what
//! the page says. Only ports and `/tmp` are replaced by the test's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use gateway_tests::dubbo::Provider;
use gateway_tests::grpc::GrpcServer;
use gateway_tests::{Gateway, Options, acme, free_port};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for what comes "a moment later".
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends what a command wrote.
const MARK: &str = "\u{1e}";

/// A line of the pages that stands for what differs from time to time: in a line for some of it, alone for any lines.
const ANYTHING: char = '…';

#[test]
fn every_page_has_an_example_that_does_what_it_says() {
    let scene = Scene::start();
    let mut pages = BTreeSet::new();
    let mut wrong = String::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plugins");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "README" {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        for fault in scene.play(&page) {
            wrong.push_str(&format!("--- docs/plugins/{name}.md\n{fault}\n"));
        }
        pages.insert(name);
        scene.clear();
    }
    let built: Vec<String> = serde_json::from_slice(&scene.gateway.call("GET", "/plugins/list", None).body).unwrap();
    assert_eq!(pages, built.into_iter().collect(), "pages and plugins");
    assert!(wrong.is_empty(), "{wrong}");
}

/// A demo, and what the pages ask for beside it.
struct Scene {
    gateway: Gateway,
    dir: TempDir,
    /// What pages say, and what it is here.
    here: Vec<(String, String)>,
    _greeter: GrpcServer,
    _acme: Provider,
}

impl Scene {
    fn start() -> Scene {
        let consumers = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let config = json!({"gateway": {"dubbo": {"listen": [{"ip": "127.0.0.1", "port": consumers.port()}]}}});
        let gateway = Gateway::with(Options { demo: true, config: Some(config), ..Options::default() });
        let (dir, greeter, acme) = (tempfile::tempdir().unwrap(), GrpcServer::start(), acme::provider());
        std::fs::write(dir.path().join(".curlrc"), "silent\nshow-error\nmax-time = 30\n").unwrap();
        let mut here: Vec<(String, String)> = [
            (9080, gateway.proxy),
            (9180, gateway.admin),
            (9091, gateway.metrics),
            (50051, greeter.addr),
            (20880, acme.addr),
            (20881, consumers),
        ]
        .into_iter()
        .map(|(port, addr)| (format!("127.0.0.1:{port}"), addr.to_string()))
        .collect();
        here.push(("\"port\": 9080".to_owned(), format!("\"port\": {}", gateway.proxy.port())));
        here.push(("/tmp/".to_owned(), format!("{}/", dir.path().display())));
        let scene = Scene { gateway, dir, here, _greeter: greeter, _acme: acme };
        // The routes of the demo come a moment after the gateway.
        gateway_tests::wait_for("the demo", || (scene.gateway.get("/limited").status == 200).then_some(()));
        scene
    }

    /// Types a page's example. What is wrong with it.
    fn play(&self, page: &str) -> Vec<String> {
        let section = page.split("\n## ").find(|s| s.starts_with("Example\n")).unwrap_or_default();
        let blocks: Vec<(&str, &str)> = section
            .split("\n```")
            .skip(1)
            .step_by(2)
            .map(|block| block.split_once('\n').expect("a block has lines"))
            .collect();
        let [("sh", setup), ("console", terminal)] = blocks[..] else {
            return vec![format!("there are to be one block `sh` and one `console`: {blocks:?}")];
        };
        let mut shell = Shell::start(self);
        // Whatever is put must be taken.
        shell.run("curl() { command curl --fail-with-body \"$@\" || echo \"refused: $?\"; }");
        let put = shell.run(&self.localised(setup));
        shell.run("unset -f curl");
        if put.contains("refused: ") {
            return vec![format!("what it puts is refused: {put}")];
        }
        let (mut faults, mut later) = (Vec::new(), false);
        let asked = commands(terminal);
        if asked.is_empty() {
            faults.push("it asks nothing".to_owned());
        }
        for Asked { command, answer, announced } in asked {
            later = announced.map_or(later, |line| line.contains("later"));
            let since = Instant::now();
            loop {
                let got = self.as_on_the_page(&shell.run(&self.localised(&command)));
                let lines: Vec<&str> = got.lines().collect();
                if fits(&answer, &lines) {
                    break;
                }
                if !later || since.elapsed() > PATIENCE {
                    faults.push(format!("$ {command}\n{got}\n    … but the page says\n{}\n", answer.join("\n")));
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        faults
    }

    /// Takes away what a page has put, so that the next has the demo alone.
    fn clear(&self) {
        for kind in ["routes", "consumers", "plugin_metadata", "protos"] {
            let list: Value = self.gateway.call("GET", &format!("/{kind}"), None).json();
            for item in list["list"].as_array().into_iter().flatten() {
                let id = item["key"].as_str().and_then(|k| k.strip_prefix(&format!("/apisix/{kind}/"))).unwrap();
                if !id.starts_with("demo") {
                    self.gateway.delete(&format!("/{kind}/{id}"));
                }
            }
        }
    }

    fn localised(&self, text: &str) -> String {
        self.here.iter().fold(text.to_owned(), |text, (page, here)| text.replace(page, here))
    }

    fn as_on_the_page(&self, text: &str) -> String {
        self.here.iter().fold(text.to_owned(), |text, (page, here)| text.replace(here, page))
    }
}

/// A shell that is typed into.
struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Shell {
    fn start(scene: &Scene) -> Shell {
        let errors = std::fs::File::create(scene.dir.path().join("errors")).unwrap();
        let mut child = Command::new("bash")
            .env("CURL_HOME", scene.dir.path())
            .env("KEY", scene.gateway.key())
            .env("ADMIN", format!("http://{}/apisix/admin", scene.gateway.admin))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("bash is there");
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut shell = Shell { child, input, output };
        for tool in ["curl", "openssl"] {
            let found = shell.run(&format!("command -v {tool}"));
            assert!(!found.is_empty(), "the pages' examples need {tool}: install it");
        }
        shell
    }

    /// What a command writes, without the ends of its last lines.
    fn run(&mut self, command: &str) -> String {
        self.input.write_all(format!("{command}\necho; echo '{MARK}'\n").as_bytes()).unwrap();
        let mut all = Vec::new();
        let end = format!("{MARK}\n");
        while !all.ends_with(end.as_bytes()) {
            let n = self.output.read_until(b'\n', &mut all).unwrap();
            assert!(n > 0, "the shell ended at {command}");
        }
        all.truncate(all.len() - end.len());
        String::from_utf8_lossy(&all).replace('\r', "").trim_end_matches('\n').to_owned()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of a page.
#[derive(Debug, PartialEq)]
struct Asked<'a> {
    command: String,
    /// The lines that it gives.
    answer: Vec<&'a str>,
    /// The remark in front of it.
    announced: Option<&'a str>,
}

fn commands(terminal: &str) -> Vec<Asked<'_>> {
    let (mut all, mut announced) = (Vec::<Asked<'_>>::new(), None);
    let mut open = false;
    for line in terminal.lines() {
        match (all.last_mut(), line.strip_prefix("$ ")) {
            (Some(asked), _) if open => {
                asked.command.push('\n');
                asked.command.push_str(line);
                open = goes_on(&asked.command);
            }
            (_, Some(command)) => {
                all.push(Asked { command: command.to_owned(), answer: Vec::new(), announced: announced.take() });
                open = goes_on(command);
            }
            _ if line.starts_with("# ") => announced = Some(line),
            (Some(asked), None) => asked.answer.push(line),
            (None, None) => panic!("an answer to nothing: {line}"),
        }
    }
    all
}

/// Whether a shell waits for more: within quotes, behind a `|` or a `\`.
fn goes_on(command: &str) -> bool {
    let (mut quote, mut last) = (None, ' ');
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), _) if q == c => quote = None,
            // What stands behind it is not looked at.
            (None | Some('"'), '\\') if chars.next().is_none() => return true,
            _ => {}
        }
        last = if c.is_whitespace() { last } else { c };
    }
    quote.is_some() || last == '|'
}

/// Whether these lines are what a page says.
fn fits(page: &[&str], lines: &[&str]) -> bool {
    match page.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.trim() == ANYTHING.to_string() => {
            (0..=lines.len()).any(|n| fits(rest, &lines[n..]))
        }
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, more)| line_fits(first, line) && fits(rest, more))
        }
    }
}

fn line_fits(page: &str, line: &str) -> bool {
    let Some((start, rest)) = page.split_once(ANYTHING) else { return page == line };
    let Some(mut left) = line.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split(ANYTHING).collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

#[test]
fn a_page_is_read_as_a_terminal_shows_it() {
    let terminal = "$ a 'b\n c' |\n  d\nx…z\n…\nend\n# A moment later:\n$ e\n";
    let asked = commands(terminal);
    assert_eq!(asked[0].command, "a 'b\n c' |\n  d");
    assert_eq!(asked[1], Asked { command: "e".into(), answer: vec![], announced: Some("# A moment later:") });
    assert!(goes_on("a \\") && goes_on("a \"b'") && !goes_on("a '\\' \"\\\"\" | b"));
    for (lines, right) in [
        (&["xyz", "end"][..], true),
        (&["xz", "1", "2", "end"], true),
        (&["xy", "end"], false),
        (&["xyz", "end", "more"], false),
        (&["xyz"], false),
        (&[], false),
    ] {
        assert_eq!(fits(&asked[0].answer, lines), right, "{lines:?}");
    }
}
