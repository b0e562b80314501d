//! Field names in HTTP/2: in lower case. Those of well-known ones are looked up by their id.

use crate::hpack::Encoder;
use gateway_engine::headers::{Field, Headers, name};
use std::sync::LazyLock;

/// Writes a field of a head or of trailers.
#[inline]
pub(crate) fn field(encoder: &mut Encoder, block: &mut Vec<u8>, head: &Headers, f: &Field) {
    let value = head.value(f);
    let secret = f.flags & Field::SECRET != 0;
    match LOWER.get(usize::from(f.id)) {
        Some(known) if f.id != 0 => encoder.field(f.id, known, value, secret, block),
        _ => other(encoder, block, head.name(f).text(), value, secret),
    }
}

/// The well-known name `id`, in lower case.
#[inline]
pub(crate) fn lower(id: u8) -> &'static [u8] {
    LOWER.get(usize::from(id)).map_or(b"", |known| known)
}

fn other(encoder: &mut Encoder, block: &mut Vec<u8>, text: &[u8], value: &[u8], secret: bool) {
    if text.iter().any(u8::is_ascii_uppercase) {
        encoder.field(0, &text.to_ascii_lowercase(), value, secret, block);
    } else {
        encoder.field(0, text, value, secret, block);
    }
}

/// The names of fields that HTTP/2 does not have, or writes from what it knows.
pub(crate) const CONNECTION: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit()
    | name::HTTP2_SETTINGS.bit()
    | name::CONTENT_LENGTH.bit()
    | name::HOST.bit()
    | name::TE.bit()
    | name::TRAILER.bit()
    | name::EXPECT.bit();

/// The names of fields that make a message malformed (RFC 9113 section 8.2.2).
pub(crate) const MALFORMED: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit();

/// By [`gateway_engine::headers::Name::id`].
static LOWER: LazyLock<[Vec<u8>; 64]> = LazyLock::new(|| {
    std::array::from_fn(|id| name::by_id(id as u8).map_or(Vec::new(), |n| n.text().to_ascii_lowercase()))
});

/// The fields of a trailer section that go behind a body; `None`: there are none.
pub(crate) fn trailers(from: &Headers) -> Option<Headers> {
    let mut all = Headers::new();
    for f in from.fields().iter().filter(|f| crate::core::passes(f, CONNECTION)) {
        // It fails where there is no room, which trailers as long as that do not need.
        let _ = all.append(from.name(f), from.value(f));
    }
    (!all.fields().is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hpack::Decoder;
    use gateway_engine::headers::Name;

    #[test]
    fn fields_go_there_and_back_in_lower_case() {
        let mut fields = Headers::new();
        for (n, v) in
            [("Content-Type", "a/b"), ("X-Own", "1"), ("Grpc-Status", "0"), ("x-own", "2"), ("Connection", "close")]
        {
            fields.append(Name::new(n.as_bytes()).unwrap(), v.as_bytes()).unwrap();
        }
        let all = trailers(&fields).unwrap();
        let (mut encoder, mut block) = (Encoder::default(), Vec::new());
        all.fields().iter().for_each(|f| field(&mut encoder, &mut block, &all, f));
        let mut got = Vec::new();
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        Decoder::new(4096).decode(&block, |f| got.push(format!("{}: {}", text(f.name), text(f.value)))).unwrap();
        assert_eq!(got, ["content-type: a/b", "x-own: 1", "grpc-status: 0", "x-own: 2"]);
        assert!(trailers(&Headers::new()).is_none());
    }
}
