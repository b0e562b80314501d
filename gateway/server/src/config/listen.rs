//! Sockets: where the proxy and the servers beside it listen, and that no two want the same place.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::check::{self, at, int_of, text_of};
use super::diagnostic::{Diagnostic, Position, Report};
use super::types::{Listener, Speaks};
use super::values::Values;
use super::yaml::{Node, Value};

/// A socket the file asks for, and the key that does.
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) addr: SocketAddr,
    pub(super) at: Option<Position>,
}

/// `apisix.node_listen` and `apisix.proxy_protocol.listen_http_port`.
pub(super) fn proxy(values: &Values<'_>, report: &mut Report) -> Vec<Listener> {
    let clear = Kind { http2: values.bool("apisix.enable_http2"), tls: false, port: 9080, speaks: Speaks::Http };
    of(values, clear, "apisix.node_listen", Some("apisix.proxy_protocol.listen_http_port"), report)
}

/// `apisix.ssl.listen` and `apisix.proxy_protocol.listen_https_port`.
pub(super) fn tls(values: &Values<'_>, report: &mut Report) -> Vec<Listener> {
    let http2 = values.get("apisix.ssl.enable_http2").and_then(check::bool_of);
    let http2 = http2.unwrap_or_else(|| values.bool("apisix.enable_http2"));
    let tls = Kind { http2, tls: true, port: 9443, speaks: Speaks::Http };
    of(values, tls, "apisix.ssl.listen", Some("apisix.proxy_protocol.listen_https_port"), report)
}

/// `gateway.dubbo.listen`; without it nobody listens for Dubbo.
pub(super) fn dubbo(values: &Values<'_>, report: &mut Report) -> Vec<Listener> {
    const KEY: &str = "gateway.dubbo.listen";
    if values.get(KEY).is_none() {
        return Vec::new();
    }
    let dubbo = Kind { http2: true, tls: false, port: 20880, speaks: Speaks::Dubbo };
    of(values, dubbo, KEY, None, report)
}

/// What listeners are that say nothing else.
#[derive(Clone, Copy)]
struct Kind {
    http2: bool,
    tls: bool,
    port: u16,
    speaks: Speaks,
}

/// The listeners at `key`, and the one at `proxied` whose connections begin with a PROXY protocol header.
fn of(values: &Values<'_>, kind: Kind, key: &str, proxied: Option<&str>, report: &mut Report) -> Vec<Listener> {
    let mut listeners = Vec::new();
    let mut add = Add { ipv6: values.bool("apisix.enable_ipv6"), kind, table: key, out: &mut listeners };
    match values.get(key) {
        None => add.port(key.into(), kind.port, false),
        Some(Node { value: Value::List(items), .. }) => {
            for (i, item) in items.iter().enumerate() {
                add.item(format!("{key}[{i}]"), item, report);
            }
        }
        Some(node) => add.item(key.into(), node, report),
    }
    if let Some((key, node)) = proxied.and_then(|key| Some((key, values.get(key)?))) {
        match (port_of(node), text_of(&node.value).and_then(|text| text.parse::<SocketAddr>().ok())) {
            (Some(port), _) => add.port(key.into(), port, true),
            (None, Some(addr)) => add.addr(key.into(), addr, true),
            _ => report.push(
                Diagnostic::error(key, Some(node.at), "neither a port nor `ip:port`")
                    .remedy("a port from 1 to 65535, or `ip:port`"),
            ),
        }
    }
    listeners
}

struct Add<'a> {
    ipv6: bool,
    kind: Kind,
    /// The key of the list.
    table: &'a str,
    out: &'a mut Vec<Listener>,
}

impl Add<'_> {
    fn item(&mut self, key: String, node: &Node, report: &mut Report) {
        let before = self.out.len();
        let Value::Map(_) = node.value else {
            match port_of(node) {
                Some(port) => self.port(key, port, false),
                None => report.push(
                    Diagnostic::error(key, Some(node.at), "neither a port nor `{ip, port}`")
                        .remedy(format!("a port from 1 to 65535, or `{{ip: 127.0.0.1, port: {}}}`", self.kind.port)),
                ),
            }
            return;
        };
        // A misspelt `ip` would open the port to everybody.
        let table = format!("{}[]", self.table);
        let known = check::names(&table);
        if let Some(entry) = node.entries().iter().find(|entry| !known.contains(&entry.key.as_str())) {
            let problem = Diagnostic::error(check::join(&key, &entry.key), Some(entry.at), "unknown key of a listener");
            report.push(problem.remedy(format!("known here: {}", known.join(", "))));
            return;
        }
        let port = node.get("port").and_then(port_of).unwrap_or(self.kind.port);
        match node.get("ip").filter(|ip| ip.value != Value::Null) {
            None => self.port(key, port, false),
            Some(ip) => {
                if let Some(ip) = address(ip, &check::join(&key, "ip"), report) {
                    self.addr(key, SocketAddr::new(ip, port), false);
                }
            }
        }
        // A port without an address is two listeners.
        let of_it = self.out.iter_mut().skip(before);
        let says = |key| node.get(key).and_then(check::bool_of);
        let (http2, tls, detect) = (says("enable_http2"), says("tls"), says("detect"));
        of_it.for_each(|listener| {
            listener.http2 = http2.unwrap_or(listener.http2);
            listener.tls = tls.unwrap_or(listener.tls);
            if detect == Some(true) {
                listener.speaks = Speaks::Any;
            }
        });
    }

    /// A port alone: every address.
    fn port(&mut self, key: String, port: u16, proxy_protocol: bool) {
        self.addr(key.clone(), SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port), proxy_protocol);
        if self.ipv6 {
            self.addr(key, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), proxy_protocol);
            if let Some(twin) = self.out.last_mut() {
                twin.optional = true;
            }
        }
    }

    fn addr(&mut self, key: String, addr: SocketAddr, proxy_protocol: bool) {
        let Kind { http2, tls, speaks, .. } = self.kind;
        self.out.push(Listener { addr, speaks, http2, tls, proxy_protocol, optional: false, key });
    }
}

/// `{ip, port}` at `key`, each with its default from the tables.
pub(super) fn server(values: &Values<'_>, key: &str, report: &mut Report) -> Wanted {
    let (ip_key, port_key) = (format!("{key}.ip"), format!("{key}.port"));
    let fallback = values.default_text(&ip_key).parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let ip = values.get(&ip_key).and_then(|node| address(node, &ip_key, report)).unwrap_or(fallback);
    let port = u16::try_from(values.int(&port_key)).unwrap_or_default();
    let at = at(values.get(&port_key).or_else(|| values.get(&ip_key)).or_else(|| values.get(key)));
    Wanted { key: key.into(), addr: SocketAddr::new(ip, port), at }
}

/// Each pair that cannot both be bound is an error naming both keys.
pub(super) fn collisions(wanted: &[Wanted], report: &mut Report) {
    for (i, b) in wanted.iter().enumerate() {
        for a in wanted.iter().take(i).filter(|a| overlap(a.addr, b.addr)) {
            let message = format!("{} conflicts with {} ({})", b.addr, a.key, a.addr);
            let problem = Diagnostic::error(&b.key, b.at.or(a.at), message);
            report.push(problem.remedy(format!("give {} or {} another port", a.key, b.key)));
        }
    }
}

fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port()
        && a.is_ipv4() == b.is_ipv4()
        && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
}

fn port_of(node: &Node) -> Option<u16> {
    int_of(node).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// An IP address, IPv6 also in brackets.
pub(super) fn address(node: &Node, key: &str, report: &mut Report) -> Option<IpAddr> {
    let text = text_of(&node.value).unwrap_or_default();
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(&text);
    let ip = bare.parse().ok();
    if ip.is_none() {
        report.push(
            Diagnostic::error(key, Some(node.at), format!("{text:?} is not an IP address"))
                .remedy("127.0.0.1, 0.0.0.0, ::1 or the like"),
        );
    }
    ip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_overlap_by_port_and_family() {
        let cases = [
            ("0.0.0.0:1", "127.0.0.1:1", true),
            ("127.0.0.2:1", "127.0.0.1:1", false),
            ("127.0.0.1:1", "127.0.0.1:2", false),
            ("[::]:1", "127.0.0.1:1", false),
            ("[::]:1", "[::1]:1", true),
        ];
        for (a, b, expected) in cases {
            assert_eq!(overlap(a.parse().unwrap(), b.parse().unwrap()), expected, "{a} {b}");
        }
    }
}
