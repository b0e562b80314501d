//! Events: what the two sides of a connection tell each other beside calls.

use crate::frame::Serialization;

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The other side is there; to be answered at once if it is two-way.
    Heartbeat,
    /// The provider is about to leave: no new calls on this connection, please.
    ReadOnly,
    /// It has thought better of it.
    Writable,
    /// Anything else; Dubbo takes no notice either.
    Other,
}

/// The longest body of an event that Dubbo takes, in bytes.
pub const LONGEST_EVENT: usize = 15;

impl Event {
    /// What the body of an event says. Some write a heartbeat's null twice, some write nothing.
    pub fn parse(serialization: Serialization, body: &[u8]) -> Event {
        match (serialization, body) {
            (_, []) => Event::Heartbeat,
            (Serialization::HESSIAN2, [b'N', rest @ ..]) if rest.iter().all(|b| *b == b'N') => Event::Heartbeat,
            (Serialization::FASTJSON2, [0, 0, 0, 1, 0xaf]) => Event::Heartbeat,
            (Serialization::HESSIAN2, [1, b'R']) | (Serialization::FASTJSON2, [0, 0, 0, 2, 0x4a, b'R']) => {
                Event::ReadOnly
            }
            (Serialization::HESSIAN2, [1, b'W']) | (Serialization::FASTJSON2, [0, 0, 0, 2, 0x4a, b'W']) => {
                Event::Writable
            }
            _ => Event::Other,
        }
    }

    /// What says so; an event of no known serialization is written in hessian2.
    pub fn body(self, serialization: Serialization) -> &'static [u8] {
        let fastjson2 = serialization == Serialization::FASTJSON2;
        match self {
            Event::ReadOnly if fastjson2 => &[0, 0, 0, 2, 0x4a, b'R'],
            Event::ReadOnly => b"\x01R",
            Event::Writable if fastjson2 => &[0, 0, 0, 2, 0x4a, b'W'],
            Event::Writable => b"\x01W",
            _ if fastjson2 => &[0, 0, 0, 1, 0xaf],
            _ => b"N",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_are_written() {
        for serialization in [Serialization::HESSIAN2, Serialization::FASTJSON2] {
            for event in [Event::Heartbeat, Event::ReadOnly, Event::Writable] {
                assert_eq!(Event::parse(serialization, event.body(serialization)), event);
            }
            assert_eq!(Event::parse(serialization, b"\x01X"), Event::Other);
            assert_eq!(Event::parse(serialization, b""), Event::Heartbeat);
        }
        assert_eq!(Event::parse(Serialization::HESSIAN2, b"NN"), Event::Heartbeat);
        assert_eq!(Event::parse(Serialization(6), b"null"), Event::Other);
    }
}
