//! A WebSocket on a stream (RFC 8441) for an upstream that speaks HTTP/1.1: the keys that only HTTP/1.1 has are made and
//! checked here (RFC 6455 section 4).

use super::decode::Refusal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway_engine::headers::{Headers, Name, name};

/// What the upstream was asked.
#[derive(Debug)]
pub(super) struct Handshake {
    accept: String,
}

impl Handshake {
    /// Puts a fresh key into the request.
    pub(super) fn ask(head: &mut Headers) -> Result<Box<Handshake>, Refusal> {
        if head.get(name::SEC_WEBSOCKET_VERSION).is_some_and(|v| v != b"13") {
            return Err(Refusal::Status(400, "WebSocket version not served"));
        }
        let mut nonce = [0; 16];
        if aws_lc_rs::rand::fill(&mut nonce).is_err() {
            return Err(Refusal::Status(500, "no randomness"));
        }
        let key = STANDARD.encode(nonce);
        // Both are plain text.
        let _ = head.set(name::SEC_WEBSOCKET_KEY, key.as_bytes());
        head.set_static(name::SEC_WEBSOCKET_VERSION, "13");
        Ok(Box::new(Handshake { accept: accept(key.as_bytes()) }))
    }

    /// Whether a 101 is the answer to it.
    pub(super) fn answered(&self, head: &Headers) -> bool {
        let Some(n) = Name::new(ACCEPT) else { return false };
        head.get(n).is_some_and(|v| v == self.accept.as_bytes())
            && head.get(name::UPGRADE).is_some_and(|v| v.eq_ignore_ascii_case(b"websocket"))
    }
}

/// The field that proves that the upstream has understood.
pub(crate) const ACCEPT: &[u8] = b"sec-websocket-accept";

/// Its value for a key.
pub(crate) fn accept(key: &[u8]) -> String {
    const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, GUID].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_key_is_the_one_of_the_specification() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn every_request_has_a_key_of_its_own_and_only_its_answer_counts() {
        let (mut one, mut two) = (Headers::new(), Headers::new());
        let asked = Handshake::ask(&mut one).unwrap();
        Handshake::ask(&mut two).unwrap();
        let key = one.get(name::SEC_WEBSOCKET_KEY).unwrap().to_vec();
        assert_ne!(Some(&key[..]), two.get(name::SEC_WEBSOCKET_KEY));
        let mut head = Headers::new();
        head.set(name::UPGRADE, b"WebSocket").unwrap();
        assert!(!asked.answered(&head));
        let n = Name::new(b"Sec-WebSocket-Accept").unwrap();
        head.set(n, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").unwrap();
        assert!(!asked.answered(&head));
        head.set(n, accept(&key).as_bytes()).unwrap();
        assert!(asked.answered(&head));
        assert!(
            Handshake::ask(&mut {
                let mut h = Headers::new();
                h.set(name::SEC_WEBSOCKET_VERSION, b"8").unwrap();
                h
            })
            .is_err()
        );
    }
}
