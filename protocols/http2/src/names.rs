//! Field names between the engine's form and the codec's. Well-known ones are looked up by their id: nothing is parsed, hashed
//! or allocated for them.

use bytes::Bytes;
use gateway_engine::headers::{Headers, Name, name, trailer};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::LazyLock;

/// The codec's form of a name, in lower case; `None` if it is none.
pub(crate) fn to_codec(n: Name<'_>) -> Option<HeaderName> {
    match KNOWN.get(usize::from(n.id())) {
        Some(Some(known)) => Some(known.clone()),
        _ => HeaderName::from_bytes(n.text()).ok(),
    }
}

/// Adds all fields of `from` to `into`; `false` if one may not stand there.
pub(crate) fn from_codec(from: &HeaderMap, into: &mut Headers) -> bool {
    from.iter().all(|(n, v)| Name::new(n.as_str().as_bytes()).is_some_and(|n| into.append(n, v.as_bytes()).is_ok()))
}

/// Adds the trailers of `from` that may be passed on to `into`; `true` if there are any.
pub(crate) fn trailers_from_codec(from: &HeaderMap, into: &mut Headers) -> bool {
    for (n, v) in from {
        if let Some(known) = Name::new(n.as_str().as_bytes())
            && trailer::passes(known)
        {
            // What may not stand in a field is left out.
            let _ = into.append(known, v.as_bytes());
        }
    }
    !into.fields().is_empty()
}

/// The fields of a trailer section, less those that decide about a message or a connection.
pub(crate) fn trailers_to_codec(from: &Headers) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(from.fields().len());
    let text = Bytes::copy_from_slice(from.block());
    for field in from.fields() {
        if field.flags & gateway_engine::headers::Field::DEAD != 0 || CONNECTION >> (field.id & 63) & 1 != 0 {
            continue;
        }
        let at = field.val as usize;
        let value = text.get(at..at + field.vlen as usize).map(|v| text.slice_ref(v)).unwrap_or_default();
        if let (Some(n), Ok(v)) = (to_codec(from.name(field)), HeaderValue::from_maybe_shared(value)) {
            map.append(n, v);
        }
    }
    (!map.is_empty()).then_some(map)
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

/// By [`Name::id`]; names without an id have the place 0.
static KNOWN: LazyLock<[Option<HeaderName>; 64]> = LazyLock::new(|| {
    std::array::from_fn(|id| name::by_id(id as u8).and_then(|n| HeaderName::from_bytes(n.text()).ok()))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_go_there_and_back() {
        let mut fields = Headers::new();
        for (n, v) in
            [("Content-Type", "a/b"), ("X-Own", "1"), ("Grpc-Status", "0"), ("x-own", "2"), ("Connection", "close")]
        {
            fields.append(Name::new(n.as_bytes()).unwrap(), v.as_bytes()).unwrap();
        }
        let map = trailers_to_codec(&fields).unwrap();
        let mut back = Headers::new();
        assert!(from_codec(&map, &mut back));
        let mut got: Vec<_> =
            back.iter().map(|(n, v)| format!("{}: {}", n.as_str(), String::from_utf8_lossy(v))).collect();
        got.sort();
        assert_eq!(got, ["content-type: a/b", "grpc-status: 0", "x-own: 1", "x-own: 2"]);
        assert!(trailers_to_codec(&Headers::new()).is_none());
    }

    #[test]
    fn trailers_that_decide_about_a_message_stay_behind_whoever_sent_them() {
        let mut came = HeaderMap::new();
        for (n, v) in
            [("grpc-status", "0"), ("content-length", "5"), ("set-cookie", "a=b"), ("x-forwarded-for", "6.6.6.6")]
        {
            came.append(HeaderName::from_static(n), HeaderValue::from_static(v));
        }
        let mut into = Headers::new();
        assert!(trailers_from_codec(&came, &mut into));
        let names: Vec<_> = into.iter().map(|(n, _)| n.as_str().to_owned()).collect();
        assert_eq!(names, ["grpc-status"]);
    }
}
