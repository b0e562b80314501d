//! What a client says of its signature (`hmac-auth`): as a slow reading has it; written again it says the same.
#![no_main]

use gateway_plugins::fuzz::{Signed, signature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let read = signature(data);
    assert_eq!(read, slow(data));
    let Some(read) = read else { return };
    let mut again = b"Signature".to_vec();
    let headers = (!read.headers.is_empty()).then(|| read.headers.join(&b' '));
    for (name, value) in
        [("headers", &headers), ("signature", &read.signature), ("algorithm", &read.algorithm), ("keyId", &read.key_id)]
    {
        if let Some(value) = value {
            again.extend([b" ", name.as_bytes(), b"=\"", value, b"\","].concat());
        }
    }
    assert_eq!(signature(&again), Some(read));
});

/// Byte by byte: between commas a name, an equals sign, and between the first and the last quote behind it the value.
fn slow(line: &[u8]) -> Option<Signed> {
    if line.len() < 9 || &line[..9] != b"Signature" {
        return None;
    }
    let mut read = Signed::default();
    let mut field = Vec::new();
    for byte in line[9..].iter().chain(b",") {
        if *byte != b',' {
            field.push(*byte);
            continue;
        }
        if let Some((name, value)) = parameter(&field) {
            match &name[..] {
                b"keyId" => read.key_id = Some(value),
                b"algorithm" => read.algorithm = Some(value),
                b"signature" => read.signature = Some(value),
                b"headers" => {
                    let names = value.split(|b| *b == b' ').filter(|name| !name.is_empty());
                    read.headers = names.map(<[u8]>::to_vec).collect();
                }
                _ => {}
            }
        }
        field.clear();
    }
    Some(read)
}

fn parameter(field: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let blank = |b: &u8| b" \t\n\r\x0c".contains(b);
    let mut name = Vec::new();
    let mut rest = field.iter().copied();
    loop {
        match rest.next()? {
            b'=' => break,
            byte => name.push(byte),
        }
    }
    while name.last().is_some_and(blank) {
        name.pop();
    }
    let name = name.into_iter().skip_while(blank).collect();
    let mut value: Vec<u8> = rest.collect();
    while value.last().is_some_and(blank) {
        value.pop();
    }
    let quoted = value.len() >= 2 && value[0] == b'"' && value[value.len() - 1] == b'"';
    quoted.then(|| (name, value[1..value.len() - 1].to_vec()))
}
