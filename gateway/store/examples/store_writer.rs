//! Writes numbered keys into the store of the directory given, as fast as it takes them, and prints each number once
//! the store has acknowledged it: what the `kill -9` test runs and kills.
//!
//! `store_writer DIR [BATCH]`

#![allow(clippy::print_stdout)] // Its output is what it is for.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use gateway_store::{Embedded, Op, Options, Origin, Store, Txn};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("usage: store_writer DIR [BATCH]")?;
    let batch: u64 = args.next().map_or(Ok(1), |n| n.parse())?;
    let store = Embedded::open(Path::new(&dir), Options::default())?;
    let loaded = store.load()?;
    if let Some(aside) = loaded.set_aside.first() {
        return Err(format!("{}: {}", aside.what, aside.reason).into());
    }
    let mut next = loaded.kvs.len() as u64 / 2;
    let mut out = std::io::stdout();
    loop {
        let txns = (next..next + batch).map(|n| Txn {
            // Two keys that must be there together or not at all.
            ops: ["routes", "services"]
                .map(|kind| Op::Put { key: format!("/apisix/{kind}/{n:012}"), value: value(n), ttl: None })
                .into(),
            expect: vec![],
            origin: Origin::new("writer", ""),
        });
        for answer in store.commit(txns.collect()) {
            answer?;
            out.write_all(format!("{next}\n").as_bytes())?;
            next += 1;
        }
        out.flush()?;
    }
}

fn value(n: u64) -> Vec<u8> {
    format!("{{\"n\":{n},\"filling\":\"{}\"}}", "x".repeat(usize::try_from(n % 700).unwrap_or(0))).into_bytes()
}
