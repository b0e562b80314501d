use super::*;
use crate::hessian::Limits;
use crate::hessian::walk::{Item, Walker};

fn read(bytes: &[u8]) -> Item<'_> {
    let mut walker = Walker::new(bytes, Limits::default());
    let item = walker.item().unwrap();
    assert!(walker.is_at_end(), "{}", bytes.escape_ascii());
    item
}

/// Values are written in so many bytes, and read as what they were.
fn are_as_short<T: Copy + std::fmt::Debug>(
    cases: &[(T, usize)],
    write: fn(&mut Vec<u8>, T),
    is: fn(&Item<'_>, T) -> bool,
) {
    for (value, len) in cases {
        let mut out = Vec::new();
        write(&mut out, *value);
        assert_eq!(out.len(), *len, "{value:?}");
        assert!(is(&read(&out), *value), "{value:?}");
    }
}

#[test]
fn ints_have_their_shortest_forms() {
    let cases = [
        (0, 1),
        (-16, 1),
        (47, 1),
        (48, 2),
        (-17, 2),
        (2047, 2),
        (-2048, 2),
        (2048, 3),
        (-2049, 3),
        (262_143, 3),
        (-262_144, 3),
        (262_144, 5),
        (-262_145, 5),
        (i32::MAX, 5),
        (i32::MIN, 5),
    ];
    are_as_short(&cases, int, |item, value| matches!(item, Item::Int(got) if *got == value));
}

#[test]
fn longs_have_their_shortest_forms() {
    let cases = [
        (0, 1),
        (-8, 1),
        (15, 1),
        (16, 2),
        (-9, 2),
        (2047, 2),
        (-2048, 2),
        (2048, 3),
        (-262_144, 3),
        (262_143, 3),
        (262_144, 5),
        (-262_145, 5),
        (i64::from(i32::MIN), 5),
        (i64::from(i32::MAX) + 1, 9),
        (i64::MIN, 9),
        (i64::MAX, 9),
    ];
    are_as_short(&cases, long, |item, value| matches!(item, Item::Long(got) if *got == value));
}

#[test]
fn doubles_have_their_shortest_forms() {
    let cases = [
        (0.0, 1),
        (-0.0, 9),
        (1.0, 1),
        (2.0, 2),
        (-128.0, 2),
        (128.0, 3),
        (-32768.0, 3),
        (32768.0, 5),
        (0.5, 5),
        (24.48, 5),
        (0.009, 9),
        (1e300, 9),
        (f64::NAN, 9),
        (f64::INFINITY, 9),
        (f64::MIN, 9),
        (2_147_483.648, 9),
        (-2.5e-9, 9),
    ];
    are_as_short(&cases, double, |item, value| matches!(item, Item::Double(got) if got.to_bits() == value.to_bits()));
}

#[test]
fn dates_have_their_shortest_forms() {
    let cases = [(0, 5), (60_000, 5), (60_001, 9), (-60_000, 5), (i64::MAX, 9), (60_000 << 31, 9), (-60_000 << 31, 5)];
    are_as_short(&cases, date, |item, value| matches!(item, Item::Date(got) if *got == value));
}

#[test]
fn long_strings_are_cut_between_characters() {
    // The 32768th unit is the first half of a character.
    let text_of = |before: usize| format!("{}\u{1f600}{}", "a".repeat(before), "b".repeat(40_000));
    for (value, chunks) in [
        ("a".repeat(0x8000), vec![0x8000]),
        ("a".repeat(0x8001), vec![0x8000, 1]),
        (text_of(0x7fff), vec![0x7fff, 0x8000, 0x1c42]),
        (text_of(0x7ffe), vec![0x8000, 0x8000, 0x1c40]),
        ("é".repeat(0x8000), vec![0x8000]),
        ("\u{1f600}".repeat(0x8000), vec![0x8000, 0x8000]),
    ] {
        let mut out = Vec::new();
        text(&mut out, &value);
        let Item::Text(read) = read(&out) else { panic!("no text") };
        assert!(read == *value && read.to_str() == value);
        let units: Vec<usize> = read.pieces().map(|p| p.iter().filter(|b| **b & 0xc0 != 0x80).count()).collect();
        assert_eq!(units, chunks);
    }
}

#[test]
fn strings_and_binaries_have_their_shortest_forms() {
    for (len, head) in [(0, 1), (31, 1), (32, 2), (1023, 2), (1024, 3), (0x8000, 3)] {
        let mut out = Vec::new();
        text(&mut out, &"x".repeat(len));
        assert_eq!(out.len(), len + head);
    }
    for (len, head) in [(0, 1), (15, 1), (16, 2), (1023, 2), (1024, 3), (0x8000, 3), (0x8001, 4), (0x1_0000, 6)] {
        let (mut out, value) = (Vec::new(), vec![7; len]);
        binary(&mut out, &value);
        assert_eq!(out.len(), len + head);
        assert!(matches!(read(&out), Item::Binary(got) if *got.to_bytes() == *value));
    }
    let mut out = Vec::new();
    text(&mut out, "\u{1f600}é");
    assert_eq!(out, b"\x03\xed\xa0\xbd\xed\xb8\x80\xc3\xa9");
}
