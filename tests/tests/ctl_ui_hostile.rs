//! The terminal UI where things go wrong: signals, terminals that change, stall and go away, names that would drive a terminal,
//! and servers that stall, flood, answer nonsense and come back as others.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway_tests::terminal::Terminal;
use gateway_tests::{Client, Ctl, Gateway, Upstream, wait_for};
use rustix::process::Signal;
use serde_json::json;

const NOTHING: Vec<&str> = Vec::new();

fn scene() -> (Gateway, Upstream, Ctl) {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("hello"));
    gateway.put("/upstreams/backend", &json!({ "type": "roundrobin", "nodes": { (upstream.node()): 1 } }));
    gateway.put("/routes/hello", &json!({ "name": "hi", "uri": "/*", "upstream_id": "backend" }));
    let ctl = Ctl::of(&gateway);
    (gateway, upstream, ctl)
}

fn start(ctl: &Ctl, arguments: &[&str]) -> Terminal {
    let ui = Terminal::start(&ctl.command(&[&["ui"], arguments].concat()), 120, 40);
    ui.shows(&["● live 1s"]);
    ui
}

/// Does something while requests pass.
fn busy<T>(gateway: &Gateway, act: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let mut client = Client::connect(gateway.proxy);
                for _ in 0..20 {
                    client.request("GET", "/a/b?c=d", &[("Host", "shop.example")], b"");
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        over.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn the_terminal_is_given_back_whatever_ends_the_program() {
    let (_gateway, _upstream, ctl) = scene();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut ui = start(&ctl, &[]);
        assert_eq!(ui.left_behind().len(), 5, "{:?}", ui.left_behind());
        ui.signal(signal);
        assert!(ui.end().success(), "{signal:?}");
        assert_eq!(ui.left_behind(), NOTHING, "{signal:?}");
    }
    // Of these a program dies, but on a terminal that is as before.
    for signal in [Signal::QUIT, Signal::USR1, Signal::ALARM] {
        let mut ui = start(&ctl, &[]);
        ui.signal(signal);
        assert_eq!(ui.end().signal(), Some(signal.as_raw()));
        assert_eq!(ui.left_behind(), NOTHING, "{signal:?}");
    }
    // Without the mouse nothing is said of it.
    let mut ui = start(&ctl, &["--no-mouse"]);
    assert_eq!(ui.left_behind().len(), 4, "{:?}", ui.left_behind());
    ui.keys("q");
    ui.end();
    assert_eq!(ui.left_behind(), NOTHING);
}

/// Only builds for developers have the command.
#[test]
fn a_defect_is_told_on_a_terminal_that_is_as_before() {
    let (_gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &[]);
    ui.keys(":panic!\r");
    if !ui.lacks(&["hit a defect of its own"], Duration::from_secs(5)).is_empty() {
        ui.shows(&["unknown command"]);
        return;
    }
    assert!(!ui.end().success());
    assert_eq!(ui.left_behind(), NOTHING);
}

/// What no terminal should send.
#[test]
fn places_of_the_mouse_that_are_none() {
    let (_gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &[]);
    for report in ["\x1b[<0;0;0M", "\x1b[<0;0;5m", "\x1b[<64;5;0M", "\x1b[<32;65535;65535M", "\x1b[M   ", "\x1b[0;0;0M"]
    {
        ui.keys(report);
        ui.keys("2");
        ui.shows(&["routes (1)", "hello"]);
        ui.keys("1");
        ui.shows(&["Requests/s"]);
    }
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), NOTHING);
}

#[test]
fn a_recording_that_cannot_be_written() {
    let (_gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &["--record", "/dev/full"]);
    ui.keys(":messages\r");
    ui.shows(&["the recording has ended: cannot write /dev/full"]);
    ui.keys("q");
    assert!(!ui.end().success());
    ui.shows(&["error: the recording has ended: cannot write /dev/full"]);
    let out = ctl.run(&["ui", "--record", "/dev/full", "--snapshot", "overview", "120x40"], "");
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("cannot write /dev/full"), "{out:?}");
}

/// As when the connection of a remote shell is lost: with SIGHUP, and where that is ignored.
#[test]
fn without_a_terminal_the_program_ends() {
    let (gateway, _upstream, ctl) = scene();
    for ignored in [false, true] {
        let command = ctl.command(&["ui"]);
        let mut shell = std::process::Command::new("sh");
        let trap = if ignored { "trap '' HUP; " } else { "" };
        shell.arg("-c").arg(format!("{trap}exec \"$0\" \"$@\"")).arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        busy(&gateway, || {
            let mut ui = Terminal::start(&shell, 120, 40);
            ui.shows(&["● live 1s"]);
            let before = ui.cpu();
            ui.hang_up();
            // Nothing that it would tell is a defect of its own.
            assert_ne!(ui.end().code(), Some(101));
            // Of a process that has ended nothing is known; it would have spun meanwhile.
            assert!(ui.cpu().saturating_sub(before) < Duration::from_secs(2));
        });
    }
}

#[test]
fn sleep_and_waking_up() {
    let (_gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &[]);
    for by_key in [true, false] {
        if by_key {
            ui.keys("\x1a");
        } else {
            ui.signal(Signal::TSTP);
        }
        wait_for("the terminal to be given back", || ui.left_behind().is_empty().then_some(()));
        let stat = || std::fs::read_to_string(format!("/proc/{}/stat", ui.pid().as_raw_nonzero())).unwrap();
        wait_for("the process to sleep", || stat().contains(") T ").then_some(()));
        ui.signal(Signal::CONT);
        ui.shows(&["● live 1s", "Requests/s"]);
        wait_for("the terminal to be taken", || (ui.left_behind().len() == 5).then_some(()));
    }
    ui.keys("2");
    ui.shows(&["routes (1)", "hello", "backend 1 ?"]);
    ui.keys("q");
    assert!(ui.end().success());
}

#[test]
fn storms_of_sizes() {
    let (gateway, _upstream, ctl) = scene();
    busy(&gateway, || {
        let mut ui = start(&ctl, &[]);
        let sizes = [(20, 5), (200, 60), (80, 24), (1, 1), (79, 24), (120, 40), (300, 10), (40, 100)];
        for (round, screen) in ["1", "2", "3", "7", "0", "L", ":tree\r", ":stat\r", "?"].iter().enumerate() {
            ui.keys(screen);
            for (width, height) in sizes.iter().cycle().skip(round).take(40) {
                ui.resize(*width, *height);
                std::thread::sleep(Duration::from_millis(2));
            }
            ui.resize(20, 5);
            ui.shows(&["too small", "20x5", "needs 80x24"]);
            ui.resize(120, 40);
            ui.shows(&["● live 1s", "1 Overview"]);
        }
        // Nothing of another size is left, and each line is where it belongs.
        ui.escape();
        ui.keys("1");
        let text = ui.shows(&["Requests/s", "Top routes"]);
        assert_eq!(text.lines().filter(|line| line.contains("1 Overview")).count(), 1, "{text}");
        ui.keys("q");
        assert!(ui.end().success());
        assert_eq!(ui.left_behind(), NOTHING);
    });
}

/// Nobody sees what a key is for where there is no room for a screen, so it is for nothing.
#[test]
fn keys_in_a_terminal_that_is_too_small() {
    let (gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &["--screen", "routes"]);
    ui.shows(&["routes (1)", "hello"]);
    for (width, height) in [(40, 12), (79, 24), (80, 23)] {
        ui.resize(width, height);
        ui.shows(&["too small", &format!("{width}x{height}"), "q quits"]);
        let before = gateway.call("GET", "/routes/hello", None).json();
        ui.keys("DyE2:tree\r");
        // What was typed is taken in before the size is another one.
        std::thread::sleep(Duration::from_millis(300));
        ui.resize(120, 40);
        let text = ui.shows(&["routes (1)", "● live 1s"]);
        assert!(!text.contains("Delete on"), "{text}");
        let after = gateway.call("GET", "/routes/hello", None).json();
        assert_eq!(before["modifiedIndex"], after["modifiedIndex"], "{width}x{height}");
    }
    ui.resize(40, 12);
    ui.shows(&["too small"]);
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), NOTHING);
}

/// The numbers of a gateway that stands still are told to be old long before it is given up.
#[test]
fn a_gateway_that_stands_still() {
    let (gateway, _upstream, ctl) = scene();
    busy(&gateway, || {
        let mut ui = start(&ctl, &[]);
        ui.shows(&["rev 2 ✓", "Top routes"]);
        gateway.put("/routes/other", &json!({ "uri": "/other", "upstream_id": "backend" }));
        // Long before it is asked again of itself.
        assert_eq!(ui.lacks(&["rev 3"], Duration::from_secs(3)), NOTHING);
        ui.shows(&["rev 3 ✓"]);
        gateway.signal(Signal::STOP);
        let stopped = Instant::now();
        let late = ui.lacks(&["● live, data "], Duration::from_secs(6));
        let lost = ui.until("the loss", |text| text.contains("reconnecting 1"));
        let passed = stopped.elapsed().as_secs();
        gateway.signal(Signal::CONT);
        assert_eq!(late, NOTHING, "{lost}");
        let told = lost.split("nothing came for ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let told: u64 = told.unwrap_or_else(|| panic!("{lost}")).parse().unwrap();
        assert!(told + 2 >= passed && told <= passed + 2, "{told} of {passed} s: {lost}");
        ui.shows(&["● live 1s"]);
        ui.keys("q");
        assert!(ui.end().success());
    });
}

/// What the lists hold is of the data that is there now.
#[test]
fn a_gateway_that_comes_back_with_other_data() {
    let (mut gateway, _upstream, ctl) = scene();
    gateway.put("/routes/older", &json!({ "uri": "/older", "upstream_id": "backend" }));
    let mut ui = start(&ctl, &["--screen", "routes"]);
    ui.shows(&["routes (2)", "hello", "older"]);
    for round in 0..3 {
        gateway.signal(Signal::KILL);
        gateway.wait();
        std::fs::remove_dir_all(gateway.data_dir()).unwrap();
        gateway.restart();
        let id = format!("only{round}");
        gateway
            .put(&format!("/routes/{id}"), &json!({ "uri": "/only", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
        let text = ui.shows(&["routes (1)", &id, "● live 1s"]);
        assert!(!text.contains("older"), "{text}");
    }
    ui.keys("q");
    assert!(ui.end().success());
}

/// Somebody has stopped the output, or the line is dead: the program waits, takes no memory for it, and can be ended.
#[test]
fn a_terminal_that_takes_nothing() {
    let (gateway, _upstream, ctl) = scene();
    busy(&gateway, || {
        let mut ui = start(&ctl, &["--screen", "traffic"]);
        ui.shows(&["/a/b?c=d"]);
        ui.stall(true);
        std::thread::sleep(Duration::from_secs(3));
        ui.stall(false);
        ui.shows(&["/a/b?c=d", "dropped"]);
        ui.stall(true);
        std::thread::sleep(Duration::from_secs(2));
        ui.signal(Signal::TERM);
        let began = Instant::now();
        wait_for("it to end", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", ui.pid().as_raw_nonzero()));
            stat.is_ok_and(|stat| stat.contains(") Z ")).then_some(())
        });
        assert!(began.elapsed() < Duration::from_secs(15));
        ui.stall(false);
        ui.end();
        assert!(!ui.left_behind().contains(&"raw mode"));
    });
}

/// What is stored and what is asked for reaches the screen, but never the terminal.
#[test]
fn names_do_not_drive_the_terminal() {
    let (gateway, upstream, ctl) = scene();
    let evil =
        "\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\u{202e}中文ｗｉ\u{301}e\u{301} שלום\u{1b}[?1049l\u{1b}[6n\r\n\t\u{7f}";
    let node = upstream.node();
    let to = json!({ "type": "roundrobin", "nodes": { (node.as_str()): 1 } });
    let route = json!({ "name": evil.chars().take(60).collect::<String>(), "desc": evil, "uri": "/evil/*", "upstream": to, "labels": { "l": "中文" } });
    gateway.put("/routes/evil", &route);
    gateway.put("/upstreams/evil", &json!({ "name": evil.chars().take(60).collect::<String>(), "desc": evil, "type": "roundrobin", "nodes": { (node): 1 } }));
    gateway.put("/consumers", &json!({ "username": "evil", "desc": evil }));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let fields =
                    [("Host", "shop.example"), ("X-Evil", "\u{9b}31m中文\u{202e}"), ("User-Agent", "a\u{85}b")];
                Client::connect(gateway.proxy).request("GET", "/evil/%1b%5b2J%07/%e4%b8%ad%9b31m", &fields, b"");
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let walked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut ui = start(&ctl, &[]);
            for screen in
                ["2", ":routes evil\r", "3", "4", "6", "7", "0", "L", ":tree\r", ":stat\r", ":metrics\r", ":messages\r"]
            {
                ui.keys(screen);
                ui.shows(&["● live 1s"]);
                for keys in ["\r", "y", "l", "\x1b", "d"] {
                    ui.keys(keys);
                    std::thread::sleep(Duration::from_millis(40));
                }
                ui.escape();
                let asked =
                    ui.asked(|asked| (asked.titles.len(), asked.bells, asked.copied.len(), asked.unknown.clone()));
                assert_eq!(asked, (0, 0, 0, Vec::new()), "{screen:?}");
                assert_eq!(ui.left_behind().len(), 5, "{screen:?}: {:?}", ui.left_behind());
            }
            ui.keys(":routes evil\r");
            ui.shows(&["\\u{1b}]0;title\\u{7}"]);
            ui.keys("7");
            ui.shows(&["/evil/"]);
            ui.keys("\x03");
            ui.end();
            assert_eq!(ui.left_behind(), NOTHING);
        }));
        over.store(true, Ordering::Relaxed);
        walked.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// What somebody between the program and the gateway does.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(u8)]
enum Mood {
    /// Passes everything on.
    Passes,
    /// Takes connections and requests and says nothing.
    Stalls,
    /// Answers half of a JSON text.
    Half,
    /// Answers what is no HTTP.
    Garbage,
    /// Answers a body without an end.
    Huge,
    /// Answers 10,000 changes at once, each with a long text, to who follows changes, and passes the rest on.
    Floods,
    /// Answers a line without an end to who follows, and passes the rest on.
    LongLine,
}

const MOODS: [Mood; 7] =
    [Mood::Passes, Mood::Stalls, Mood::Half, Mood::Garbage, Mood::Huge, Mood::Floods, Mood::LongLine];

/// Somebody in between, whose mood changes.
struct Between {
    addr: SocketAddr,
    mood: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Between {
    fn start(gateway: SocketAddr) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Between { addr: listener.local_addr().unwrap(), mood: Arc::default(), open: Arc::default() };
        let (mood, open) = (Arc::clone(&between.mood), Arc::clone(&between.open));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                open.lock().unwrap().push(stream.try_clone().unwrap());
                let (mood, open) = (Arc::clone(&mood), Arc::clone(&open));
                std::thread::spawn(move || {
                    serve(stream, gateway, MOODS[usize::from(mood.load(Ordering::Acquire))], &open)
                });
            }
        });
        between
    }

    /// Changes the mood: connections from before are cut.
    fn becomes(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::Release);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Reads the head of a request and does as the mood is.
fn serve(mut stream: TcpStream, gateway: SocketAddr, mood: Mood, open: &Mutex<Vec<TcpStream>>) -> Option<()> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        head.extend_from_slice(&piece[..n]);
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    let (changes, follows) =
        (line.contains("/live/events"), line.contains("/live/events") || line.contains("/live/logs"));
    let begun = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";
    match mood {
        Mood::Stalls => {
            let _ = stream.read(&mut piece);
        }
        Mood::Half => {
            let body = "{\"list\": [{\"key\": \"\u{1b}[2J";
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        }
        Mood::Garbage => stream.write_all(b"\x1b[2J\x1b]0;title\x07 what is this?\r\n\r\n\xff\xfe\0").ok()?,
        Mood::Huge => {
            stream.write_all(begun).ok()?;
            let piece = vec![b'['; 1 << 20];
            while stream.write_all(&piece).is_ok() {}
        }
        Mood::Floods if changes => {
            stream.write_all(begun).ok()?;
            let long = "中\u{202e}x".repeat(700);
            for n in 0..10_000 {
                let change = json!({ "rev": 1_000_000 + n, "ts": 1_795_550_587, "op": "update", "resource": "routes", "id": format!("flood-{n}"),
                    "by": { "key": "admin", "addr": "127.0.0.1" }, "before": null, "after": { "uri": "/x", "desc": long } });
                stream.write_all(format!("{change}\n").as_bytes()).ok()?;
            }
            let _ = stream.read(&mut piece);
        }
        Mood::LongLine if follows => {
            stream.write_all(begun).ok()?;
            let piece = vec![b'x'; 1 << 20];
            while stream.write_all(&piece).is_ok() {}
        }
        Mood::Passes | Mood::Floods | Mood::LongLine => {
            let mut there = TcpStream::connect(gateway).ok()?;
            // One request a connection: what it is about is looked at each time.
            let end = head.windows(2).position(|window| window == b"\r\n")?;
            there.write_all(&head[..end]).ok()?;
            there.write_all(b"\r\nConnection: close").ok()?;
            there.write_all(&head[end..]).ok()?;
            open.lock().unwrap().push(there.try_clone().ok()?);
            let (mut back, mut to) = (there.try_clone().ok()?, stream.try_clone().ok()?);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let _ = std::io::copy(&mut stream, &mut there);
            let _ = there.shutdown(Shutdown::Both);
        }
    }
    Some(())
}

/// The program tells what is wrong, goes on to take keys, keeps its memory, and is as before once the server is.
#[test]
fn servers_that_do_not_do_as_they_should() {
    let (gateway, _upstream, ctl) = scene();
    let between = Between::start(gateway.admin);
    let mut command = ctl.command(&["--timeout", "2s", "ui", "--screen", "events"]);
    command.env("GATEWAYCTL_SERVER", format!("http://{}", between.addr));
    let mut ui = Terminal::start(&command, 120, 40);
    ui.shows(&["● live 1s", "route/hello"]);
    for mood in MOODS {
        let began = Instant::now();
        between.becomes(mood);
        match mood {
            Mood::Floods => {
                ui.shows(&["route/flood-", "events ("]);
                // The selected row stays selected while more come.
                wait_for("the last change", || {
                    ui.keys("gg");
                    let facts = ["1009999", "route/flood-9999"];
                    ui.lacks(&facts, Duration::from_millis(300)).is_empty().then_some(())
                });
            }
            // Changes come no longer, which others do not feel.
            Mood::Passes | Mood::LongLine => drop(ui.shows(&["● live 1s"])),
            Mood::Stalls | Mood::Half | Mood::Garbage | Mood::Huge => drop(ui.shows(&["reconnecting"])),
        }
        for (keys, shown) in [("?", "On this screen"), ("", ""), ("2", "routes ("), ("0", "events (")] {
            let began = Instant::now();
            if keys.is_empty() {
                ui.escape();
            }
            ui.keys(keys);
            ui.shows(&[shown]);
            assert!(began.elapsed() < Duration::from_secs(3), "{keys} took {:?} with {mood:?}", began.elapsed());
        }
        between.becomes(Mood::Passes);
        ui.shows(&["● live 1s"]);
        ui.keys("2");
        ui.shows(&["hello", "backend 1 ?"]);
        ui.keys("0");
        ui.shows(&["events ("]);
        println!("{mood:?}: {:?}, {} KiB, at most {} KiB", began.elapsed(), ui.memory("VmRSS"), ui.memory("VmHWM"));
    }
    let most = ui.memory("VmHWM");
    assert!(most < 200 << 10, "{most} KiB");
    assert_eq!(ui.asked(|asked| (asked.titles.len(), asked.bells, asked.unknown.clone())), (0, 0, Vec::new()));
    ui.keys("q");
    assert!(ui.end().success());
    assert_eq!(ui.left_behind(), NOTHING);
}

#[test]
fn a_gateway_that_comes_back() {
    let (mut gateway, _upstream, ctl) = scene();
    let mut ui = start(&ctl, &["--screen", "routes"]);
    ui.shows(&["routes (1)"]);
    gateway.signal(Signal::KILL);
    gateway.wait();
    ui.shows(&["○ reconnecting", "hello"]);
    gateway.restart();
    gateway.put("/routes/second", &json!({ "uri": "/second", "upstream_id": "backend" }));
    ui.shows(&["● live 1s", "routes (2)", "second"]);
    ui.keys(":messages\r");
    ui.shows(&["connected again", "the gateway was started anew"]);
    ui.keys("q");
    assert!(ui.end().success());
}
