//! The head of an answer, made of its parsed form.

use crate::core::passes;
use crate::hpack::Encoder;
use crate::names;
use gateway_engine::exchange::time::tellable;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::name;
use gateway_engine::worker::now_ms;
use std::cell::RefCell;
use std::time::SystemTime;

/// What is known of an answer's body when its head is written.
pub(crate) struct Shape {
    /// The head is all there is.
    pub(crate) bodiless: bool,
    /// How long it is said to be.
    pub(crate) length: Option<u64>,
}

impl Shape {
    /// `first` bytes are in hand, with `last` all of them and nothing behind.
    #[inline]
    pub(crate) fn of(x: &Exchange, first: u64, last: bool, to_head: bool) -> Shape {
        let status = x.resp.status;
        let bodiless = to_head || status < 200 || matches!(status, 204 | 304);
        let length = match x.resp.framing {
            Framing::Tunnel => None,
            Framing::Length(n) if bodiless => to_head.then_some(n),
            _ if bodiless => None,
            // The stream's end says it.
            Framing::None if first == 0 => None,
            _ if last => Some(first),
            Framing::Length(n) => Some(n),
            _ => None,
        };
        Shape { bodiless, length }
    }
}

/// Writes the head of `x.resp` with `status`; gives how many bytes it stands for, too.
pub(crate) fn head(
    x: &Exchange,
    status: u16,
    shape: &Shape,
    tokens: bool,
    encoder: &mut Encoder,
    block: &mut Vec<u8>,
) -> u64 {
    let from = &x.resp.head;
    let mut sent = 9;
    encoder.status(status, block);
    if tokens && from.present() & name::SERVER.bit() == 0 {
        encoder.field(name::SERVER.id(), b"server", b"gateway", false, block);
        sent += 17;
    }
    // An answer without a body may tell the length of the one it stands for.
    let told = shape.bodiless && shape.length.is_none() && status != 204 && status >= 200;
    let never = if told { NEVER & !name::CONTENT_LENGTH.bit() } else { NEVER };
    for f in from.fields().iter().filter(|f| passes(f, never)) {
        names::field(encoder, block, from, f);
        sent += u64::from(f.vlen) + u64::from(f.nlen) + 4;
    }
    if from.present() & name::DATE.bit() == 0 {
        date(|value| encoder.field(name::DATE.id(), b"date", value, false, block));
        sent += 37;
    }
    if let Some(n) = shape.length {
        let mut digits = itoa::Buffer::new();
        encoder.field(name::CONTENT_LENGTH.id(), b"content-length", digits.format(n).as_bytes(), false, block);
        sent += 20;
    }
    sent
}

/// Names that HTTP/2 does not have, or that are made from the framing, whatever a plugin has set.
const NEVER: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::CONTENT_LENGTH.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit()
    | name::TE.bit()
    | name::TRAILER.bit();

/// Gives the date, rendered once a second.
fn date(give: impl FnOnce(&[u8])) {
    let second = now_ms() / 1000;
    NOW.with_borrow_mut(|(known, text)| {
        if *known != second {
            *known = second;
            *text = httpdate::fmt_http_date(tellable(SystemTime::now()));
        }
        give(text.as_bytes());
    });
}

thread_local! {
    static NOW: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}
