//! Who the client is where the peer is one that may say so (`nginx_config.http.real_ip_*`).

use std::net::{IpAddr, SocketAddr};

use crate::exchange::Exchange;
use crate::settings::RealIp;

/// Takes the client's address from the field that names it. Asked only on connections of peers that may name one.
#[cold]
pub(super) fn apply(x: &mut Exchange) {
    let settings = x.worker().settings();
    let Some(real_ip) = &settings.real_ip else { return };
    let head = &x.req.head;
    let lines: Vec<&[u8]> = head.get_all(real_ip.header.as_name()).collect();
    if let Some(named) = named(&lines, real_ip) {
        x.client_addr = Some(named);
    }
}

/// The address that the lines of the field name: of a list the last one, or, walking from the right, the first one that may not
/// name others itself. `None`, and the peer stays the client, when it is no address.
fn named(lines: &[&[u8]], real_ip: &RealIp) -> Option<SocketAddr> {
    let list = lines.iter().flat_map(|line| line.split(|b| *b == b','));
    let mut found = None;
    for entry in list.rev() {
        // What is no address ends the walk: behind it stands what its sender was told.
        let Some(addr) = address(entry.trim_ascii()) else { break };
        found = Some(addr);
        if !real_ip.recursive || !real_ip.from.contains(addr.ip()) {
            break;
        }
    }
    found
}

/// An address, with a port or without (0).
fn address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let addr = match bare.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, 0),
        Err(_) => text.parse().ok()?,
    };
    Some(SocketAddr::new(addr.ip().to_canonical(), addr.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cidr::IpSet;
    use crate::headers::HeaderName;

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
            (&["192.0.2.7,"], None, None),
            (&[""], None, None),
            (&[], None, None),
        ];
        for (lines, plain, recursive) in cases {
            let bytes: Vec<&[u8]> = lines.iter().map(|l| l.as_bytes()).collect();
            for (recursive, expected) in [(false, plain), (true, recursive)] {
                let from = IpSet::parse(["10.0.0.0/8"]).unwrap();
                let real_ip = RealIp { from, header: HeaderName::new(b"X-Any").unwrap(), recursive };
                let got = named(&bytes, &real_ip).map(|a| a.to_string());
                assert_eq!(got.as_deref(), *expected, "{lines:?} {recursive}");
            }
        }
    }
}
