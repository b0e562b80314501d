//! `kill -9` at random moments under writes (op.09).

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use gateway_store::{Embedded, Options, Store};

/// The example that writes. Cargo builds examples with the tests, next to them.
fn writer() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples/store_writer")
}

/// Lets a writer run, kills it, and returns the last number that it said was acknowledged.
fn run_and_kill(dir: &Path, batch: u64, rng: &mut fastrand::Rng) -> Option<u64> {
    let mut child = Command::new(writer())
        .args([dir.as_os_str(), batch.to_string().as_ref()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("run without `--test`, or `cargo build -p gateway-store --example store_writer` before");
    let mut out = BufReader::new(child.stdout.take().unwrap());
    // Some are killed while they start, most while they write: after the first line, a random moment.
    let mut first = String::new();
    if rng.u8(..5) != 0 {
        out.read_line(&mut first).unwrap();
        assert!(!first.is_empty(), "the writer ended by itself");
    }
    std::thread::sleep(Duration::from_micros(rng.u64(..60_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    // The last line may be cut in the middle of its number.
    let text = format!("{first}{rest}");
    text.rsplit_once('\n').and_then(|(lines, _)| lines.lines().last()).map(|n| n.parse().unwrap())
}

/// `STORE_KILL_ROUNDS` sets the rounds (20 if it is absent).
#[test]
fn kill_9_loses_no_acknowledged_write() {
    let rounds: u64 = std::env::var("STORE_KILL_ROUNDS").map_or(20, |n| n.parse().unwrap());
    let root = tempfile::tempdir().unwrap();
    let mut rng = fastrand::Rng::new();
    let mut acknowledged = 0;
    for round in 0..rounds {
        let batch = rng.u64(1..5);
        if let Some(last) = run_and_kill(root.path(), batch, &mut rng) {
            acknowledged = last + 1;
        }
        let store = Embedded::open(root.path(), Options::default()).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!(loaded.set_aside, [], "round {round}");
        let routes = store.list("/apisix/routes/").unwrap();
        assert_eq!(loaded.kvs.len(), 2 * routes.len(), "round {round}: half a transaction");
        assert!(routes.len() as u64 >= acknowledged, "round {round}: {} of {acknowledged} are there", routes.len());
        for (n, kv) in routes.iter().enumerate() {
            assert_eq!(kv.key, format!("/apisix/routes/{n:012}"), "round {round}");
        }
        assert_eq!(loaded.revision, routes.len() as u64, "round {round}: a revision a write");
        acknowledged = routes.len() as u64;
    }
    assert!(acknowledged > rounds, "the writers wrote next to nothing: {acknowledged}");
}
