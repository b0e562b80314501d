//! A DNS server of a test's own: one zone of A records in memory, which can fall silent.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// What is said of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Its addresses, and for how many seconds they hold.
    At(Vec<Ipv4Addr>, u32),
    /// There is no such name.
    Nothing,
    /// The server fails.
    Failure,
    /// No answer at all.
    Silence,
}

/// A running server; names that it was not told of do not exist.
pub struct Dns {
    addr: SocketAddr,
    zone: Arc<Mutex<HashMap<String, Said>>>,
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Dns {
    /// Starts one on a free port of the loopback.
    pub fn start() -> Dns {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let addr = socket.local_addr().expect("it is bound");
        let dns = Dns { addr, zone: Arc::default(), asked: Arc::default() };
        let (zone, asked) = (Arc::clone(&dns.zone), Arc::clone(&dns.asked));
        std::thread::spawn(move || {
            let mut question = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                let Some((name, end, kind)) = question.get(..length).and_then(asked_for) else { continue };
                *asked.lock().expect("nobody panics with it").entry(name.clone()).or_default() += 1;
                let said = zone.lock().expect("nobody panics with it").get(&name).cloned().unwrap_or(Said::Nothing);
                if let Some(answer) = answer(&question[..end], kind, &said) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        dns
    }

    /// `ip:port`, as `apisix.dns_resolver` names it.
    pub fn address(&self) -> String {
        self.addr.to_string()
    }

    /// From now on says this of `name` (lower case, no final dot).
    pub fn say(&self, name: &str, said: Said) {
        self.zone.lock().expect("nobody panics with it").insert(name.to_owned(), said);
    }

    /// How often it was asked for `name`.
    pub fn asked(&self, name: &str) -> usize {
        self.asked.lock().expect("nobody panics with it").get(name).copied().unwrap_or(0)
    }
}

/// The name of the one question (RFC 1035 §4.1.2), where it ends, and the kind of record that is asked for.
fn asked_for(message: &[u8]) -> Option<(String, usize, u16)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*message.get(at)?);
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at + 1..at + 1 + length)?).to_lowercase());
        at += 1 + length;
    }
    let kind = u16::from_be_bytes([*message.get(at + 1)?, *message.get(at + 2)?]);
    message.get(at + 4)?;
    Some((labels.join("."), at + 5, kind))
}

/// An answer to a question of head and name; `None`: nothing is said.
fn answer(question: &[u8], kind: u16, said: &Said) -> Option<Vec<u8>> {
    let (code, addresses, ttl) = match said {
        Said::Silence => return None,
        Said::Failure => (2, &[][..], 0),
        Said::Nothing => (3, &[][..], 0),
        Said::At(addresses, ttl) => (0, if kind == 1 { &addresses[..] } else { &[] }, *ttl),
    };
    let count = u8::try_from(addresses.len()).expect("few addresses");
    let mut out = question.to_vec();
    out[2..4].copy_from_slice(&[0x85, 0x80 | code]);
    out[4..12].copy_from_slice(&[0, 1, 0, count, 0, 0, 0, 0]);
    for address in addresses {
        out.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1]);
        out.extend_from_slice(&ttl.to_be_bytes());
        out.extend_from_slice(&[0, 4]);
        out.extend_from_slice(&address.octets());
    }
    Some(out)
}
