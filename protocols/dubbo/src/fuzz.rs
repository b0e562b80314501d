//! What fuzz targets drive.

use crate::call;
use crate::input::Input;
use gateway_dubbo_codec::frame::Serialization;
use gateway_engine::buf::Buf;
use gateway_engine::exchange::Call;
use gateway_engine::headers::Headers;
use std::cell::Cell;

/// The frames of what comes over a wire: heads as they are written, and bodies.
type Frames = Vec<(Vec<u8>, Vec<u8>)>;

/// The frames of a wire that is read in pieces, up to the first that is none, and whether there was such.
pub fn frames(wire: &[u8], piece: usize, limit: u32) -> (Frames, bool) {
    let (mut input, mut all, mut buf) = (Input::default(), Vec::new(), Buf::take());
    let mut rest = wire;
    while !rest.is_empty() {
        let room = buf.unfilled();
        let n = piece.max(1).min(rest.len()).min(room.len());
        let (now, later) = rest.split_at(n);
        if let Some(room) = room.get_mut(..n) {
            room.copy_from_slice(now);
        }
        buf.filled(n);
        rest = later;
        loop {
            match input.next(&mut buf, limit) {
                Ok(Some((head, body))) => all.push((head.encode().to_vec(), body.to_vec())),
                Ok(None) => break,
                Err(_) => return (all, true),
            }
        }
        if buf.is_empty() {
            buf.clear();
        }
    }
    (all, false)
}

/// What a call is routed by.
#[derive(Debug, PartialEq, Eq)]
pub struct Routed {
    /// Path of the service.
    pub path: String,
    /// The method.
    pub method: String,
    /// Version of the service; empty: none.
    pub version: String,
    /// Group of the service; empty: none.
    pub group: String,
    /// How long the consumer waits; 0: it does not say.
    pub timeout_ms: u64,
}

/// What the gateway routes a call by; `None`: it refuses it.
pub fn routed(body: &[u8], serialization: u8) -> Option<Routed> {
    let mut head = Headers::new();
    let found = call::read(&mut head, Serialization(serialization), body, 64).ok()?;
    let text = |span| String::from_utf8_lossy(head.text(span)).into_owned();
    Some(Routed {
        path: text(found.path),
        method: text(found.method),
        version: text(found.version),
        group: text(found.group),
        timeout_ms: found.timeout_ms,
    })
}

/// What is seen of an attachment, by a way that knows where they begin and by one that does not: its value where that is a text, and whether
/// it is there more than once. `None`: the call is refused.
pub fn attachment(body: &[u8], serialization: u8, name: &str) -> Option<[(Option<String>, bool); 2]> {
    let mut head = Headers::new();
    let found = call::read(&mut head, Serialization(serialization), body, 64).ok()?;
    Some([found.attachments_at(), 0].map(|attachments_at| {
        let (call, ambiguous) = (Call { serialization, attachments_at, ..Call::default() }, Cell::new(false));
        let value = call::READER.attachment(&call, body, name.as_bytes(), &ambiguous);
        (value.map(|value| String::from_utf8_lossy(&value).into_owned()), ambiguous.get())
    }))
}
