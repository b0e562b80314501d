//! What the user writes in the terminal UI: whatever ends the editor or the program, it is on the server or in a file.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gateway_tests::terminal::Terminal;
use gateway_tests::{Ctl, Gateway, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

const NOTHING: Vec<&str> = Vec::new();

struct Scene {
    gateway: Gateway,
    ctl: Ctl,
    files: tempfile::TempDir,
}

impl Scene {
    fn open() -> Scene {
        let gateway = Gateway::start();
        let to = json!({ "type": "roundrobin", "nodes": { "127.0.0.1:1": 1 } });
        gateway.put("/routes/hello", &json!({ "uri": "/hello", "upstream": to }));
        let ctl = Ctl::of(&gateway);
        let files = tempfile::tempdir().unwrap();
        std::fs::create_dir(files.path().join("tmp")).unwrap();
        Scene { gateway, ctl, files }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The program, with an editor that does this to the file `$1`; `$T` is a folder for its own.
    fn command(&self, script: &str) -> Command {
        let editor = self.file("the editor");
        std::fs::write(&editor, format!("#!/bin/sh\nT='{}'\n{script}\n", self.files.path().display())).unwrap();
        std::fs::set_permissions(&editor, std::fs::Permissions::from_mode(0o700)).unwrap();
        let mut command = self.ctl.command(&["ui", "--screen", "routes"]);
        command.env("EDITOR", format!("'{}'", editor.display())).env("TMPDIR", self.file("tmp"));
        command
    }

    /// The program, with the route selected.
    fn start(&self, script: &str) -> Terminal {
        started(&self.command(script))
    }

    fn stored(&self) -> String {
        self.gateway.call("GET", "/routes/hello", None).json()["value"].to_string()
    }

    /// The texts that are kept, which are then deleted.
    fn kept(&self) -> Vec<String> {
        taken(&self.file("tmp"))
    }
}

fn started(command: &Command) -> Terminal {
    let mut ui = Terminal::start(command, 120, 40);
    ui.shows(&["● live 1s", "routes (1)"]);
    ui.keys(":routes hello\r");
    ui.shows(&["match   * * /hello"]);
    ui
}

fn taken(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|file| file.path().is_file());
    let named = files.filter(|file| file.file_name().to_string_lossy().starts_with("gatewayctl-"));
    named
        .map(|file| {
            let text = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned();
            std::fs::remove_file(file.path()).unwrap();
            text
        })
        .collect()
}

const WRITES: &str = "echo 'priority: 7' >> \"$1\"";
const REFUSED: &str = "echo 'prioritty: 7' >> \"$1\"";

#[test]
fn an_editor_that_fails() {
    let scene = Scene::open();
    for (end, why) in [("exit 1", "ended with exit status: 1"), ("printf '# \\351' >> \"$1\"", "it is not UTF-8")] {
        let mut ui = scene.start(&format!("{WRITES}\n{end}"));
        ui.keys("e");
        ui.shows(&[why, "what you wrote is kept in"]);
        ui.keys("q");
        assert!(ui.end().success());
        ui.shows(&["what you wrote is kept in", "route-hello.yaml"]);
        let kept = scene.kept();
        assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("priority: 7")), "{end}: {kept:?}");
    }
    // Nothing was written.
    let mut ui = scene.start("exit 1");
    ui.keys("e");
    ui.shows(&["ended with exit status: 1"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(scene.kept(), Vec::<String>::new());
    // Nor is an editor that nobody sits at opened for ever.
    let mut ui = scene.start("echo '\"' >> \"$1\"");
    ui.keys("e");
    ui.shows(&["10 times", "what you wrote is kept in"]);
    ui.keys("q");
    assert!(ui.end().success());
    let kept = scene.kept();
    assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("uri: /hello")), "{kept:?}");
    assert!(!scene.stored().contains("priority\":7"));
}

#[test]
fn the_program_ends_while_it_asks() {
    let scene = Scene::open();
    for end in ["TERM", "HUP", "USR1", "INT", "QUIT", "hang up", "quit"] {
        let mut ui = scene.start(REFUSED);
        ui.keys("e");
        ui.shows(&["Refused", "Edit it again?"]);
        match end {
            "TERM" => ui.signal(Signal::TERM),
            "HUP" => ui.signal(Signal::HUP),
            "USR1" => ui.signal(Signal::USR1),
            // That keys make these, too, is of the editor's time alone.
            "INT" => ui.signal(Signal::INT),
            "QUIT" => ui.signal(Signal::QUIT),
            "hang up" => ui.hang_up(),
            _ => ui.keys("\x03"),
        }
        let status = ui.end();
        match end {
            "USR1" => assert_eq!(status.signal(), Some(Signal::USR1.as_raw())),
            "QUIT" => assert_eq!(status.signal(), Some(Signal::QUIT.as_raw())),
            "hang up" => {}
            _ => assert!(status.success(), "{end}: {status}"),
        }
        if end != "hang up" {
            assert_eq!(ui.left_behind(), NOTHING, "{end}");
            ui.shows(&["what you wrote is kept in"]);
        }
        let kept = scene.kept();
        assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("prioritty: 7")), "{end}: {kept:?}");
    }
    // Where there is no room for files of the moment, another place takes it.
    let mut command = scene.command(REFUSED);
    command.env("XDG_STATE_HOME", scene.file("state"));
    let mut ui = started(&command);
    ui.keys("e");
    ui.shows(&["Refused"]);
    std::fs::remove_dir_all(scene.file("tmp")).unwrap();
    ui.keys("n");
    ui.shows(&["what you wrote is kept in"]);
    ui.keys("q");
    assert!(ui.end().success());
    let kept = taken(&scene.file("state/gatewayctl"));
    assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("prioritty: 7")), "{kept:?}");
}

/// Passes everything on but a PUT, which waits.
struct Between {
    addr: SocketAddr,
    came: Arc<AtomicBool>,
}

impl Between {
    fn start(admin: SocketAddr) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Between { addr: listener.local_addr().unwrap(), came: Arc::default() };
        let came = Arc::clone(&between.came);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let came = Arc::clone(&came);
                std::thread::spawn(move || pass(&stream, admin, &came));
            }
        });
        between
    }
}

fn pass(mut stream: &TcpStream, admin: SocketAddr, came: &AtomicBool) -> Option<()> {
    let there = TcpStream::connect(admin).ok()?;
    let (mut back, mut to) = (there.try_clone().ok()?, stream.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut back, &mut to));
    let mut piece = [0; 16_384];
    loop {
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        let piece = piece.get(..n)?;
        if piece.starts_with(b"PUT ") {
            came.store(true, Ordering::Release);
            continue;
        }
        std::io::Write::write_all(&mut &there, piece).ok()?;
    }
}

#[test]
fn the_program_ends_while_a_change_is_on_its_way() {
    let scene = Scene::open();
    for end in ["Ctrl-c", "q y", "TERM", "HUP"] {
        let between = Between::start(scene.gateway.admin);
        let mut command = scene.command(WRITES);
        command.env("GATEWAYCTL_SERVER", format!("http://{}", between.addr));
        let mut ui = started(&command);
        ui.keys("e");
        wait_for("the change", || between.came.load(Ordering::Acquire).then_some(()));
        match end {
            "Ctrl-c" => ui.keys("\x03"),
            "q y" => {
                ui.keys("q");
                ui.shows(&["Quit?", "route/hello", "what you wrote is kept in a file"]);
                ui.keys("y");
            }
            "TERM" => ui.signal(Signal::TERM),
            _ => ui.signal(Signal::HUP),
        }
        assert!(ui.end().success(), "{end}");
        ui.shows(&["what you wrote is kept in"]);
        let kept = scene.kept();
        assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("priority: 7")), "{end}: {kept:?}");
    }
    // What the server has is in no file.
    let mut ui = scene.start(WRITES);
    ui.keys("e");
    ui.shows(&["✓ route/hello configured"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(scene.kept(), Vec::<String>::new());
    assert!(scene.stored().contains("\"priority\":7"));
}

/// The process of the editor, once it has written.
fn editor(scene: &Scene) -> Pid {
    wait_for("the editor", || {
        let pid = std::fs::read_to_string(scene.file("pid")).ok()?;
        Pid::from_raw(pid.trim().parse().ok()?)
    })
}

fn sleeps(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.contains(") T ")
}

const WAITS: &str = "echo 'priority: 7' >> \"$1\"; echo $$ > \"$T/pid\"; while ! [ -e \"$T/go\" ]; do sleep 0.05; done";

#[test]
fn signals_while_the_editor_has_the_terminal() {
    let scene = Scene::open();
    // Those of the keyboard are the editor's.
    let mut ui = scene.start(&format!("trap '' INT QUIT\n{WAITS}"));
    ui.keys("e");
    editor(&scene);
    for signal in [Signal::INT, Signal::QUIT, Signal::TSTP] {
        ui.signal(signal);
    }
    ui.keys("\x03");
    std::thread::sleep(std::time::Duration::from_millis(300));
    std::fs::write(scene.file("go"), "").unwrap();
    ui.shows(&["✓ route/hello configured"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert!(scene.stored().contains("\"priority\":7"));
    // Others end both.
    for signal in [Signal::TERM, Signal::HUP] {
        for name in ["go", "pid"] {
            let _ = std::fs::remove_file(scene.file(name));
        }
        let mut ui = scene.start(&format!("sed -i '/^priority/d' \"$1\"\n{WAITS}").replace("7", "8"));
        ui.keys("e");
        let pid = editor(&scene);
        ui.signal(signal);
        assert!(ui.end().success(), "{signal:?}");
        assert_eq!(ui.left_behind(), NOTHING);
        ui.shows(&["what you wrote is kept in"]);
        wait_for("the editor to end", || kill_process(pid, Signal::CONT).is_err().then_some(()));
        let kept = scene.kept();
        assert!(kept.len() == 1 && kept.iter().all(|text| text.contains("priority: 8")), "{signal:?}: {kept:?}");
    }
}

/// As `fg` does after Ctrl-z in an editor.
#[test]
fn an_editor_that_is_stopped_stops_the_program() {
    let scene = Scene::open();
    let mut ui = scene.start(&format!("echo $$ > \"$T/pid\"; kill -STOP $$\n{WRITES}"));
    ui.keys("e");
    let pid = editor(&scene);
    wait_for("both to sleep", || (sleeps(pid) && sleeps(ui.pid())).then_some(()));
    assert_eq!(ui.left_behind(), NOTHING);
    ui.signal(Signal::CONT);
    ui.shows(&["✓ route/hello configured"]);
    // Of the program itself it is a key, also where it asks something.
    ui.keys("D");
    ui.shows(&["Delete on"]);
    ui.keys("\x1a");
    wait_for("the program to sleep", || sleeps(ui.pid()).then_some(()));
    ui.signal(Signal::CONT);
    ui.shows(&["Delete on", "● live 1s"]);
    ui.escape();
    ui.keys("q");
    assert!(ui.end().success());
    assert!(scene.stored().contains("\"priority\":7"));
}
