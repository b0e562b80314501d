//! The PROXY protocol, versions 1 and 2: a balancer in front says whose connection it passes on.
//!
//! The header is bounded, comes before anything else, and is expected only on listeners that are configured for it: a listener
//! that took it from anybody would let every client choose its address.

use crate::limits::{Refuse, bad};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a header said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proxied {
    /// How many bytes the header is.
    pub len: usize,
    /// Source and destination of the passed connection; `None` for a connection of the balancer's own (`LOCAL`, `UNKNOWN`),
    /// whose own addresses hold.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
}

/// Longest version 1 header in bytes, its end included.
pub const V1_MAX: usize = 107;

/// Longest body of a version 2 header in bytes, addresses and extensions together.
pub const V2_MAX: usize = 4 << 10;

/// Reads the header at the beginning of `bytes`; `None`: not whole yet.
///
/// # Errors
/// When the bytes are no such header. The connection is to be closed without an answer.
pub fn proxy_protocol(bytes: &[u8]) -> Result<Option<Proxied>, Refuse> {
    match bytes.first() {
        None => Ok(None),
        Some(b'P') => version1(bytes),
        Some(b'\r') => version2(bytes),
        Some(_) => Err(bad("no PROXY header")),
    }
}

/// `PROXY TCP4|TCP6 source destination port port CRLF`, or `PROXY UNKNOWN … CRLF`.
fn version1(bytes: &[u8]) -> Result<Option<Proxied>, Refuse> {
    const START: &[u8] = b"PROXY ";
    let known = bytes.len().min(START.len());
    if bytes.get(..known) != START.get(..known) {
        return Err(bad("no PROXY header"));
    }
    let window = bytes.get(..bytes.len().min(V1_MAX)).unwrap_or_default();
    let Some(end) = window.iter().position(|b| *b == b'\n') else {
        return if bytes.len() >= V1_MAX { Err(bad("PROXY header too long")) } else { Ok(None) };
    };
    let line = window.get(START.len()..end).and_then(|line| line.strip_suffix(b"\r"));
    let line = line.and_then(|line| std::str::from_utf8(line).ok()).ok_or(bad("malformed PROXY header"))?;
    let len = end + 1;
    if line == "UNKNOWN" || line.starts_with("UNKNOWN ") {
        return Ok(Some(Proxied { len, addresses: None }));
    }
    let mut parts = line.split(' ');
    let family = parts.next();
    let source = parts.next().and_then(|text| address(family, text));
    let destination = parts.next().and_then(|text| address(family, text));
    let ports = (parts.next().and_then(port), parts.next().and_then(port));
    match (source, destination, ports, parts.next()) {
        (Some(source), Some(destination), (Some(from), Some(to)), None) => {
            let addresses = (SocketAddr::new(source, from), SocketAddr::new(destination, to));
            Ok(Some(Proxied { len, addresses: Some(addresses) }))
        }
        _ => Err(bad("malformed PROXY header")),
    }
}

fn address(family: Option<&str>, text: &str) -> Option<IpAddr> {
    match family? {
        "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        _ => None,
    }
}

/// Digits only, without a leading zero.
fn port(text: &str) -> Option<u16> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

/// Signature, version and command, family, length, addresses, extensions.
fn version2(bytes: &[u8]) -> Result<Option<Proxied>, Refuse> {
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    let known = bytes.len().min(SIGNATURE.len());
    if bytes.get(..known) != SIGNATURE.get(..known) {
        return Err(bad("no PROXY header"));
    }
    let Some([command, family, high, low, rest @ ..]) = bytes.get(SIGNATURE.len()..) else {
        return Ok(None);
    };
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    if command >> 4 != 2 {
        return Err(bad("unknown PROXY version"));
    }
    if len > V2_MAX {
        return Err(bad("PROXY header too long"));
    }
    let Some(body) = rest.get(..len) else { return Ok(None) };
    let whole = SIGNATURE.len() + 4 + len;
    let addresses = match (command & 15, family) {
        // The balancer's own connection, a health check mostly.
        (0, _) => None,
        (1, 0x11) => Some(pair::<4>(body)?),
        (1, 0x21) => Some(pair::<16>(body)?),
        // Local sockets and unspecified families name nobody.
        (1, _) => None,
        _ => return Err(bad("unknown PROXY command")),
    };
    Ok(Some(Proxied { len: whole, addresses }))
}

/// Two addresses of `N` bytes, then two ports.
fn pair<const N: usize>(body: &[u8]) -> Result<(SocketAddr, SocketAddr), Refuse>
where
    IpAddr: From<[u8; N]>,
{
    let parts = body.split_first_chunk::<N>().and_then(|(source, rest)| {
        let (destination, rest) = rest.split_first_chunk::<N>()?;
        Some((source, destination, rest.first_chunk::<4>()?))
    });
    let Some((source, destination, ports)) = parts else { return Err(bad("PROXY addresses cut short")) };
    let [a, b, c, d] = *ports;
    Ok((
        SocketAddr::new(IpAddr::from(*source), u16::from_be_bytes([a, b])),
        SocketAddr::new(IpAddr::from(*destination), u16::from_be_bytes([c, d])),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn version_1_names_source_and_destination() {
        let cases: &[(&str, Option<(&str, &str)>)] = &[
            ("PROXY TCP4 1.2.3.4 5.6.7.8 1000 80\r\n", Some(("1.2.3.4:1000", "5.6.7.8:80"))),
            ("PROXY TCP6 ::1 2001:db8::2 1 65535\r\n", Some(("[::1]:1", "[2001:db8::2]:65535"))),
            ("PROXY UNKNOWN\r\n", None),
            ("PROXY UNKNOWN ffff:f 1 2 3 whatever\r\n", None),
        ];
        for (text, want) in cases {
            let want = want.map(|(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
            let got = proxy_protocol(format!("{text}GET /").as_bytes());
            assert_eq!(got, Ok(Some(Proxied { len: text.len(), addresses: want })), "{text}");
        }
    }

    #[test]
    fn version_1_is_refused_when_malformed_or_too_long() {
        let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_MAX));
        let bad = [
            "GET / HTTP/1.1\r\n",
            "PROXZ",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1000 80\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1000\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1000 80 90\r\n",
            "PROXY TCP4 ::1 ::2 1 2\r\n",
            "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 65536 80\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 +1 80\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 01 80\r\n",
            "PROXY  TCP4 1.2.3.4 5.6.7.8 1 80\r\n",
            "PROXY UDP4 1.2.3.4 5.6.7.8 1 80\r\n",
            "PROXY \r\n",
            &long,
        ];
        for text in bad {
            assert!(proxy_protocol(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn version_2_names_source_and_destination() {
        let four = [1, 2, 3, 4, 5, 6, 7, 8, 3, 232, 0, 80];
        let got = proxy_protocol(&v2(0x21, 0x11, &four)).unwrap().unwrap();
        assert_eq!(
            got,
            Proxied { len: 28, addresses: Some(("1.2.3.4:1000".parse().unwrap(), "5.6.7.8:80".parse().unwrap())) }
        );
        let mut six = Ipv6Addr::LOCALHOST.octets().to_vec();
        six.extend(Ipv6Addr::UNSPECIFIED.octets());
        six.extend([0, 1, 0, 2, 0x03, 0, 1, b'x']);
        let got = proxy_protocol(&v2(0x21, 0x21, &six)).unwrap().unwrap();
        assert_eq!(got.addresses, Some(("[::1]:1".parse().unwrap(), "[::]:2".parse().unwrap())));
        for (command, family) in [(0x20, 0x11), (0x20, 0), (0x21, 0), (0x21, 0x31)] {
            assert_eq!(proxy_protocol(&v2(command, family, &[])), Ok(Some(Proxied { len: 16, addresses: None })));
        }
    }

    #[test]
    fn version_2_is_refused_when_malformed_or_too_long() {
        assert!(proxy_protocol(&v2(0x11, 0x11, &[0; 12])).is_err(), "version 1 in the binary form");
        assert!(proxy_protocol(&v2(0x22, 0x11, &[0; 12])).is_err(), "unknown command");
        assert!(proxy_protocol(&v2(0x21, 0x11, &[0; 11])).is_err(), "addresses cut short");
        assert!(proxy_protocol(&v2(0x21, 0x21, &[0; 12])).is_err(), "addresses of the other family");
        assert!(proxy_protocol(&v2(0x21, 0x11, &vec![0; V2_MAX + 1])[..16]).is_err(), "refused by its length alone");
        assert!(proxy_protocol(b"\r\n\r\n\0\r\nQUIX").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_may_come_and_a_part_of_a_header_is_never_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 0usize..40,
        ) {
            let _ = proxy_protocol(&bytes);
            for whole in [v2(0x21, 0x11, &[1; 12]), b"PROXY TCP4 1.2.3.4 5.6.7.8 1000 80\r\n".to_vec()] {
                let part = &whole[..cut.min(whole.len() - 1)];
                prop_assert_eq!(proxy_protocol(part), Ok(None));
            }
        }
    }
}
