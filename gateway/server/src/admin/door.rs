//! Who may come near: peers by address, requests by the host they name.

use std::net::IpAddr;

use hyper::StatusCode;
use hyper::header::HOST;
use hyper::http::request::Parts;
use ipnet::IpNet;

use super::answers::Refusal;
use crate::config::Admin;

/// The checks that come before any key.
pub(super) struct Door {
    allow: Vec<IpNet>,
    hosts: Vec<String>,
}

impl Door {
    pub(super) fn new(admin: &Admin) -> Door {
        Door { allow: admin.allow.clone(), hosts: admin.hosts.clone() }
    }

    /// `peer` is the socket's: no header field says who somebody is.
    ///
    /// # Errors
    /// 403.
    pub(super) fn admit(&self, head: &Parts, peer: IpAddr) -> Result<(), Refusal> {
        if !self.allow.is_empty() && !self.allow.iter().any(|net| net.contains(&peer)) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "403 Forbidden"));
        }
        let fields = head.headers.get_all(HOST).iter().map(|host| host.to_str().unwrap_or("\0"));
        // The target in absolute form is the request's host too (RFC 9112, 3.2.2). HTTP/1.0 has neither; browsers speak 1.1.
        match fields.chain(head.uri.authority().map(|a| a.as_str())).find(|host| !knows_host(host, &self.hosts)) {
            None => Ok(()),
            Some(host) => {
                let name = name(host).chars().filter(|c| !c.is_control()).take(255).collect::<String>();
                let message =
                    format!("the host {name:?} is neither an address, nor localhost, nor in gateway.admin.hosts");
                Err(Refusal::new(StatusCode::FORBIDDEN, message))
            }
        }
    }
}

/// Whether a request may name this host: an address, localhost, or one of `more`. A page of somewhere else whose name leads here
/// (DNS rebinding) gives itself away by that name.
pub(crate) fn knows_host(host: &str, more: &[String]) -> bool {
    let name = name(host);
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
    bare.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || more.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The host without its port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let more = ["admin.example.org".to_owned()];
        for host in
            ["127.0.0.1", "127.0.0.1:9180", "[::1]", "[::1]:9180", "localhost", "LOCALHOST:1", "Admin.Example.org:9180"]
        {
            assert!(knows_host(host, &more), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:9180",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "\0",
            "a@127.0.0.1",
        ] {
            assert!(!knows_host(host, &more), "{host}");
        }
    }
}
