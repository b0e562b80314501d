//! Tokens of `jwt-auth`: read as a slow reading has them, by groups of base64url and another JSON reader; what is read is found
//! again where it is said.
#![no_main]

use gateway_plugins::fuzz::jwt;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CLAIM: &str = "key";

fuzz_target!(|data: &[u8]| {
    let read = jwt(data, CLAIM);
    // The scheme in front is one of seven bytes, in any case of letters.
    let token = match data.get(..7).filter(|s| s.eq_ignore_ascii_case(b"bearer ")) {
        Some(_) => data[7..].trim_ascii_start(),
        None => data,
    };
    let parts: Vec<&[u8]> = token.split(|b| *b == b'.').collect();
    let decoded = match parts[..] {
        [header, claims, _] => base64url(header).zip(base64url(claims)),
        _ => None,
    };
    let Some((header, claims)) = decoded else {
        assert_eq!(read, None, "three parts in base64url");
        return;
    };
    let Some(read) = read else {
        let good = |text: &[u8]| matches!(object(text), Other::Object(_));
        assert!(!good(&header) || !good(&claims), "two objects, and refused");
        return;
    };
    assert_eq!(read.signed, [parts[0], b".", parts[1]].concat());
    assert_eq!(read.signature, parts[2]);
    match (object(&header), object(&claims)) {
        (Other::Nothing, _) | (_, Other::Nothing) => panic!("no object, and accepted: {read:?}"),
        (Other::Object(header), Other::Object(claims)) => {
            let text =
                |object: &Value, name: &str| object.get(name).and_then(Value::as_str).map(|t| t.as_bytes().to_vec());
            assert_eq!(read.algorithm, text(&header, "alg"));
            assert_eq!(read.claim, text(&claims, CLAIM));
            let number = claims.get("exp").and_then(Value::as_number).and_then(|n| n.to_string().parse::<f64>().ok());
            assert_eq!(read.expires, number);
        }
        // It holds half of a surrogate pair, or text that is no UTF-8, of which readers think differently.
        _ => {}
    }
});

/// What another reader makes of a document.
enum Other {
    Object(Value),
    Nothing,
    Unsure,
}

fn object(text: &[u8]) -> Other {
    match serde_json::from_slice::<Value>(text) {
        Ok(value) if !value.is_object() => Other::Nothing,
        Ok(value) if depth(&value) > 64 => Other::Unsure,
        Ok(value) => Other::Object(value),
        Err(_) if std::str::from_utf8(text).is_err() || text.windows(2).any(|w| w == b"\\u") => Other::Unsure,
        Err(_) => Other::Nothing,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Six bits a digit, whole bytes, nothing left over.
fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = Vec::new();
    for digit in text {
        let value = DIGITS.iter().position(|d| d == digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1));
    }
    let whole = bits.len() / 8 * 8;
    if bits.len() - whole >= 6 || bits[whole..].contains(&1) {
        return None;
    }
    Some(bits[..whole].chunks(8).map(|byte| byte.iter().fold(0u8, |all, bit| all << 1 | *bit as u8)).collect())
}
