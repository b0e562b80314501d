//! Client addresses as proxies in front of the gateway tell them.

use std::net::{IpAddr, SocketAddr};

use crate::cidr::IpSet;

/// The address that the lines of a list such as `X-Forwarded-For` name: the last one, or with `recursive`, walking from the right,
/// the first one that is not `trusted` to name others itself. `None`, and the client stays who it was, when it is no address.
pub fn named(lines: &[&[u8]], trusted: &IpSet, recursive: bool) -> Option<SocketAddr> {
    let list = lines.iter().flat_map(|line| line.split(|b| *b == b','));
    let mut found = None;
    for entry in list.rev() {
        // What is no address ends the walk: behind it stands what its sender was told.
        let Some(addr) = address(entry.trim_ascii()) else { break };
        found = Some(addr);
        if !recursive || !trusted.contains(addr.ip()) {
            break;
        }
    }
    found
}

/// An address, with a port or without (0); IPv6 with a port stands in brackets.
pub fn address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let addr = match bare.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, 0),
        // Port 0 is nobody's.
        Err(_) => text.parse().ok().filter(|addr: &SocketAddr| addr.port() != 0)?,
    };
    Some(SocketAddr::new(addr.ip().to_canonical(), addr.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_12_the_list_is_walked_from_the_right() {
        let cases: &[(&[&str], Option<&str>, Option<&str>)] = &[
            // (lines, not recursive, recursive)
            (&["192.0.2.7"], Some("192.0.2.7:0"), Some("192.0.2.7:0")),
            (&["192.0.2.7:81"], Some("192.0.2.7:81"), Some("192.0.2.7:81")),
            (&["2001:db8::1"], Some("[2001:db8::1]:0"), Some("[2001:db8::1]:0")),
            (&["[2001:db8::1]"], Some("[2001:db8::1]:0"), Some("[2001:db8::1]:0")),
            (&["[2001:db8::1]:81"], Some("[2001:db8::1]:81"), Some("[2001:db8::1]:81")),
            (&["::ffff:192.0.2.7"], Some("192.0.2.7:0"), Some("192.0.2.7:0")),
            (&["6.6.6.6, 192.0.2.7, 10.0.0.2 ,10.0.0.1"], Some("10.0.0.1:0"), Some("192.0.2.7:0")),
            (&["6.6.6.6", "192.0.2.7,10.0.0.2", "10.0.0.1"], Some("10.0.0.1:0"), Some("192.0.2.7:0")),
            (&["10.0.0.3,10.0.0.2"], Some("10.0.0.2:0"), Some("10.0.0.3:0")),
            (&["192.0.2.7, unknown, 10.0.0.2"], Some("10.0.0.2:0"), Some("10.0.0.2:0")),
            (&["unknown"], None, None),
            (&["192.0.2.7:0"], None, None),
            (&["192.0.2.7:65536"], None, None),
            (&["1.1.1.1.1"], None, None),
            (&["192.0.2.7,"], None, None),
            (&[""], None, None),
            (&[], None, None),
        ];
        for (lines, plain, recursive) in cases {
            let bytes: Vec<&[u8]> = lines.iter().map(|l| l.as_bytes()).collect();
            for (recursive, expected) in [(false, plain), (true, recursive)] {
                let from = IpSet::parse(["10.0.0.0/8"]).unwrap();
                let got = named(&bytes, &from, recursive).map(|a| a.to_string());
                assert_eq!(got.as_deref(), *expected, "{lines:?} {recursive}");
            }
        }
    }
}
