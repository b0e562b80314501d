//! Which fields may stand behind a body (RFC 9110 section 6.5.1), the same for every protocol.

use super::name::{self, Name};

/// Whether a trailer may be passed on: it changes neither framing, routing, identity nor the meaning of the content.
pub fn passes(n: Name<'_>) -> bool {
    const NAMES: u64 = name::HOP_BY_HOP
        | name::HOST.bit()
        | name::AUTHORIZATION.bit()
        | name::WWW_AUTHENTICATE.bit()
        | name::COOKIE.bit()
        | name::SET_COOKIE.bit()
        | name::X_REAL_IP.bit()
        | name::FORWARDED.bit()
        | name::CACHE_CONTROL.bit()
        | name::RANGE.bit()
        | name::APIKEY.bit();
    const PREFIXES: [&[u8]; 13] = [
        b"content-",
        b"if-",
        b"x-forwarded-",
        b"x-http-method",
        b"x-method-override",
        // Who the client is (hardening path.13).
        b"x-access-token",
        b"x-consumer-",
        b"x-credential-",
        b"x-id-token",
        b"x-nickname",
        b"x-refresh-token",
        b"x-user",
        b"x-wolf-",
    ];
    let text = n.text();
    (n.id() == 0 || NAMES & n.bit() == 0)
        && !text.eq_ignore_ascii_case(b"max-forwards")
        // An upstream may read `_` as `-`.
        && !text.contains(&b'_')
        && !PREFIXES.iter().any(|p| text.get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)))
}

#[cfg(test)]
mod tests {
    use super::{Name, passes};

    #[test]
    fn what_decides_about_a_message_does_not_pass() {
        for good in ["grpc-status", "Grpc-Message", "etag", "Server-Timing", "x-checksum"] {
            assert!(passes(Name::new(good.as_bytes()).unwrap()), "{good}");
        }
        let bad = "Content-Length transfer-encoding Host connection Set-Cookie Authorization x-forwarded-for X-Consumer-Username \
                   max-forwards content-type x_real_ip te expect http2-settings apikey if-match If-None-Match \
                   x-http-method-override X-Method-Override x-id-token x-access-token x-refresh-token x-wolf-id x-nickname \
                   x-userinfo";
        for bad in bad.split_whitespace() {
            assert!(!passes(Name::new(bad.as_bytes()).unwrap()), "{bad}");
        }
    }
}
