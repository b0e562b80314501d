//! Which name an upstream is called by: in `Host`, and in TLS's server name.

use std::net::IpAddr;

use rustls::pki_types::{DnsName, ServerName};

/// What `pass_host` says, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostRule {
    /// The client's `Host`, port included.
    #[default]
    Pass,
    /// The node's own: [`Node::authority`](super::Node::authority).
    Node,
    /// The same without its port: upstreams that a plugin's configuration holds, as APISIX has it.
    NodeName,
    /// A configured one (`upstream_host`).
    Rewrite(Box<[u8]>),
}

/// A `Host` value without its port. Brackets of an IPv6 address stay.
pub fn without_port(host: &[u8]) -> &[u8] {
    let digits = host.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    match host.get(..host.len() - digits) {
        // Inside the brackets of an IPv6 address the last colon is no port's: "[::1]" ends in no digit, so it stays whole.
        Some([name @ .., b':']) if !name.contains(&b':') || name.ends_with(b"]") => name,
        _ => host,
    }
}

/// The name to ask a TLS upstream for: `host` without port, or, where that is no name of the DNS, the address that is
/// connected to (then no server name is sent, RFC 6066 §3).
pub fn server_name(host: &[u8], connected: IpAddr) -> ServerName<'static> {
    let text = std::str::from_utf8(without_port(host)).unwrap_or_default();
    // A final dot is legal in Host and not in a server name.
    let text = text.strip_suffix('.').unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return ServerName::IpAddress(ip.into());
    }
    match DnsName::try_from(text.to_ascii_lowercase()) {
        Ok(name) => ServerName::DnsName(name),
        Err(_) => ServerName::IpAddress(connected.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut() {
        let cases: &[(&str, &str)] = &[
            ("foo.com", "foo.com"),
            ("foo.com:8080", "foo.com"),
            ("foo.com:", "foo.com"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("::1", "::1"),
            ("80", "80"),
            ("", ""),
        ];
        for (host, expected) in cases {
            assert_eq!(without_port(host.as_bytes()), expected.as_bytes(), "{host}");
        }
    }

    #[test]
    fn server_names() {
        let cases: &[(&str, &str)] = &[
            ("Foo.com:8443", "foo.com"),
            ("foo.com.", "foo.com"),
            ("v1_test-api.com", "v1_test-api.com"),
            ("192.0.2.1:443", "192.0.2.1"),
            ("[::1]:443", "::1"),
            ("", "10.0.0.1"),
            ("a b", "10.0.0.1"),
            ("\u{fc}.com", "10.0.0.1"),
        ];
        for (host, expected) in cases {
            let name = server_name(host.as_bytes(), [10, 0, 0, 1].into());
            assert_eq!(name.to_str(), *expected, "{host}");
        }
    }
}
