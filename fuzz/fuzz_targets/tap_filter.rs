//! Filters of `live/tap`: any arguments are taken or refused, the same with a veil; patterns fit what a slow reading of them fits; times
//! are what they say.
#![no_main]

use gateway_engine::watch::{Filter, glob, micros};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (first, second) = (&mut Filter::default(), &mut Filter::veiled(|_, _, value| value));
    for pair in text.split('\n') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        assert_eq!(first.take(name, value), second.take(name, value), "{name}={value}");
        assert_eq!(first.compares(|_| true).is_some(), second.compares(|_| true).is_some(), "{name}={value}");
        if let Some(us) = micros(value) {
            let (number, unit) = [("us", 1.0), ("ms", 1e3), ("s", 1e6), ("", 1e3)]
                .into_iter()
                .find_map(|(unit, micros)| Some((value.strip_suffix(unit)?, micros)))
                .unwrap();
            let slow = number.trim().parse::<f64>().unwrap() * unit;
            assert!((slow - us as f64).abs() <= 1.0, "{value}: {us} is not {slow}");
        }
        let (pattern, value) = (name.as_bytes(), value.as_bytes());
        // The slow reading takes a step for each pair of bytes.
        if pattern.len() * value.len() <= 1 << 16 {
            assert_eq!(glob(pattern, value), fits(pattern, value), "{name} {value:?}");
        }
    }
});

/// Whether a pattern fits: each beginning of the one against each of the other.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let mut row: Vec<bool> = std::iter::once(true).chain(text.iter().map(|_| false)).collect();
    for byte in pattern {
        let mut next = vec![false; row.len()];
        next[0] = *byte == b'*' && row[0];
        for at in 1..row.len() {
            next[at] = match byte {
                b'*' => row[at] || next[at - 1],
                _ => row[at - 1] && text[at - 1] == *byte,
            };
        }
        row = next;
    }
    row[text.len()]
}
