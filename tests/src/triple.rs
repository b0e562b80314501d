//! Triple's messages that wrap values, for tests, written anew so that they agree with the gateway's own codec by the protocol alone.

/// A field of a protobuf message.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut len = value.len();
    while len > 0x7f {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    [out, value.to_vec()].concat()
}

/// The message of a call: arguments in hessian2, each with the name of its type.
pub fn arguments(arguments: &[(&[u8], &str)]) -> Vec<u8> {
    let mut out = field(1, b"hessian4");
    arguments.iter().for_each(|(value, _)| out.extend(field(2, value)));
    arguments.iter().for_each(|(_, name)| out.extend(field(3, name.as_bytes())));
    out
}

/// The message of an answer: a result in hessian2, and the name of its type.
pub fn result(value: &[u8], name: &str) -> Vec<u8> {
    [field(1, b"hessian4"), field(2, value), field(3, name.as_bytes())].concat()
}

/// Bytes in hessian2.
pub fn binary(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while rest.len() > 0x8000 {
        let (chunk, more) = rest.split_at(0x8000);
        out.extend([b'A', 0x80, 0]);
        out.extend(chunk);
        rest = more;
    }
    out.push(b'B');
    out.extend(u16::try_from(rest.len()).expect("a chunk").to_be_bytes());
    out.extend(rest);
    out
}
