//! The hosts file: names that need no server.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::SystemTime;

use parking_lot::Mutex;

/// A hosts file, read again when it has changed.
#[derive(Debug)]
pub struct Hosts {
    path: PathBuf,
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Read {
    /// Time and length of the file that `names` is of; `None`: there was none.
    version: Option<(SystemTime, u64)>,
    names: HashMap<Box<str>, Vec<IpAddr>>,
}

impl Hosts {
    /// Of the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), read: Mutex::default() }
    }

    /// The addresses of a lower-case name, in the file's order. `localhost` and the names under it are the loopback's even
    /// if the file does not say so (RFC 6761 §6.3).
    pub fn get(&self, name: &str) -> Vec<IpAddr> {
        let mut read = self.read.lock();
        self.refresh(&mut read);
        match read.names.get(name) {
            Some(addrs) => addrs.clone(),
            None if name == "localhost" || name.ends_with(".localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            None => Vec::new(),
        }
    }

    fn refresh(&self, read: &mut Read) {
        let version = std::fs::metadata(&self.path).and_then(|meta| Ok((meta.modified()?, meta.len()))).ok();
        if version == read.version {
            return;
        }
        read.version = version;
        // Names are ASCII; bytes that are not text belong to comments.
        read.names = match std::fs::read(&self.path) {
            Ok(text) => parse(&String::from_utf8_lossy(&text)),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "the hosts file is not readable");
                HashMap::new()
            }
        };
    }
}

/// Lines of `address name…`, with comments from `#` on. A line whose address is none (also one with a scope, `fe80::1%lo`)
/// is passed over.
fn parse(text: &str) -> HashMap<Box<str>, Vec<IpAddr>> {
    let mut names: HashMap<Box<str>, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(Ok(addr)) = words.next().map(str::parse::<IpAddr>) else { continue };
        for name in words {
            let addrs = names.entry(name.trim_end_matches('.').to_ascii_lowercase().into()).or_default();
            if !addrs.contains(&addr) {
                addrs.push(addr);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(addrs: &[IpAddr]) -> Vec<String> {
        addrs.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn lines() {
        let names = parse(
            "# comment\n127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\r\n\n 10.0.0.1  A.test. b.test # c.test\n\
             10.0.0.2 a.test\n10.0.0.1 a.test\nfe80::1%lo0 scoped\nnonsense x.test\n10.0.0.3\n",
        );
        let get = |name: &str| names.get(name).map(|a| texts(a)).unwrap_or_default();
        assert_eq!(get("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(get("ip6-localhost"), ["::1"]);
        assert_eq!(get("a.test"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(get("b.test"), ["10.0.0.1"]);
        assert!(get("c.test").is_empty() && get("scoped").is_empty() && get("x.test").is_empty());
    }

    #[test]
    fn a_changed_file_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let hosts = Hosts::new(dir.path().join("hosts"));
        assert!(hosts.get("a.test").is_empty());
        assert_eq!(texts(&hosts.get("x.localhost")), ["127.0.0.1", "::1"]);
        std::fs::write(dir.path().join("hosts"), "10.0.0.1 a.test").unwrap();
        assert_eq!(texts(&hosts.get("a.test")), ["10.0.0.1"]);
        std::fs::write(dir.path().join("hosts"), "10.0.0.99 a.test localhost").unwrap();
        assert_eq!(texts(&hosts.get("a.test")), ["10.0.0.99"]);
        assert_eq!(texts(&hosts.get("localhost")), ["10.0.0.99"]);
        std::fs::remove_file(dir.path().join("hosts")).unwrap();
        assert!(hosts.get("a.test").is_empty());
    }
}
