//! The heads of frames in a stream of bytes (RFC 6455 section 5.2): where frames begin and end, and whether they may stand there.
//! Payloads are not looked at, so what an extension does to them does not matter.

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Its frames are masked.
    Client,
    /// Its frames are not.
    Server,
}

/// Kinds of frames (RFC 6455 section 11.8).
pub mod opcode {
    /// More of a message.
    pub const CONTINUATION: u8 = 0;
    /// A text, or its beginning.
    pub const TEXT: u8 = 1;
    /// Bytes, or their beginning.
    pub const BINARY: u8 = 2;
    /// The last frame of a side.
    pub const CLOSE: u8 = 8;
    /// To be answered by a PONG of the same payload.
    pub const PING: u8 = 9;
    /// The answer to a PING, or none.
    pub const PONG: u8 = 10;
}

/// The longest head: two bytes, eight of a length, four of a mask.
pub(crate) const LONGEST_HEAD: usize = 14;

/// Longest payload of a control frame.
pub(crate) const LONGEST_CONTROL: u64 = 125;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// It ends its message.
    pub fin: bool,
    /// The bits that extensions use.
    pub reserved: u8,
    /// Its kind, see [`opcode`].
    pub opcode: u8,
    /// What its payload is masked with.
    pub mask: Option<[u8; 4]>,
    /// Length of the payload.
    pub len: u64,
    /// Length of the head itself.
    pub size: usize,
}

/// What may not stand in a stream of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// Against the protocol (close code 1002); what it is, in a few words.
    Protocol(&'static str),
    /// A message longer than it may be (close code 1009).
    TooLong,
}

impl Violation {
    /// The code for a close frame (RFC 6455 section 7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Violation::Protocol(_) => 1002,
            Violation::TooLong => 1009,
        }
    }
}

impl Head {
    /// The head at the beginning of `bytes`; `None`: there is more of it to come.
    ///
    /// # Errors
    /// No frame begins so, whoever sends it.
    pub fn parse(bytes: &[u8]) -> Result<Option<Head>, Violation> {
        let (first, second) = match bytes {
            [first, second, ..] => (*first, *second),
            _ => return Ok(None),
        };
        let kind = first & 0x0f;
        let fin = first & 0x80 != 0;
        let short = u64::from(second & 0x7f);
        if matches!(kind, 3..=7 | 11..) {
            return Err(Violation::Protocol("a kind of frame that there is not"));
        }
        if kind >= opcode::CLOSE && (!fin || short > LONGEST_CONTROL) {
            return Err(Violation::Protocol("a control frame that is long or fragmented"));
        }
        let (len, at) = match short {
            126 => match bytes.get(2..4).and_then(|b| b.try_into().ok()) {
                Some(len) => (u64::from(u16::from_be_bytes(len)), 4),
                None => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|b| b.try_into().ok()) {
                Some(len) => (u64::from_be_bytes(len), 10),
                None => return Ok(None),
            },
            len => (len, 2),
        };
        let least = match at {
            2 => 0,
            4 => 126,
            _ => 0x1_0000,
        };
        if len < least || len > i64::MAX as u64 {
            return Err(Violation::Protocol("a length in a form that it has not"));
        }
        let masked = second & 0x80 != 0;
        let mask = match (masked, bytes.get(at..at + 4).and_then(|b| b.try_into().ok())) {
            (false, _) => None,
            (true, Some(mask)) => Some(mask),
            (true, None) => return Ok(None),
        };
        let size = if masked { at + 4 } else { at };
        Ok(Some(Head { fin, reserved: first >> 4 & 7, opcode: kind, mask, len, size }))
    }
}

/// Where in its frames one side's stream of bytes is.
#[derive(Debug, Clone)]
pub struct Frames {
    /// What of the present payload is to come.
    left: u64,
    /// Length of the present message so far.
    message: u64,
    /// How long a message may be; 0: as it likes.
    most: u64,
    masked: bool,
    /// A message has begun and not ended.
    open: bool,
    /// A close frame has begun: nothing follows it.
    closed: bool,
}

/// What [`Frames::next`] has found at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// So many bytes of a payload.
    Payload(usize),
    /// A head; its payload follows.
    Head(Head),
    /// The beginning of a head: it has to be shown again together with what follows.
    Part,
}

impl Frames {
    /// The frames of `side`, whose messages may be `most` bytes long (0: any).
    pub fn new(side: Side, most: u64) -> Frames {
        Frames { left: 0, message: 0, most, masked: side == Side::Client, open: false, closed: false }
    }

    /// What is at the beginning of `bytes`, which are the next of the stream and at least one.
    ///
    /// # Errors
    /// What is there may not be there. After [`Violation::TooLong`] the frame's payload is what follows its head all the same; after
    /// any other, nothing can be said of what follows.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Found, Violation> {
        if self.left > 0 {
            let n = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= n as u64;
            return Ok(Found::Payload(n));
        }
        let Some(head) = Head::parse(bytes)? else { return Ok(Found::Part) };
        let fits = self.admit(&head)?;
        self.left = head.len;
        if fits { Ok(Found::Head(head)) } else { Err(Violation::TooLong) }
    }

    /// Whether `bytes`, the next of the stream, are one whole message in one frame that may stand here: what most pieces are. If
    /// they are not, nothing has changed.
    #[inline]
    pub fn whole(&mut self, bytes: &[u8]) -> bool {
        let [first, second, ..] = *bytes else { return false };
        let len = u64::from(second & 0x7f);
        let (mask, head) = if self.masked { (0x80, 6) } else { (0, 2) };
        let whole = self.left == 0
            && !self.open
            && !self.closed
            && matches!(first & 0x8f, 0x81 | 0x82)
            && len < 126
            && second & 0x80 == mask
            && bytes.len() as u64 == len + head
            && (self.most == 0 || len <= self.most);
        if whole {
            self.message = len;
        }
        whole
    }

    /// Between two frames, so that another one may stand here.
    pub fn between(&self) -> bool {
        self.left == 0
    }

    /// A close frame has begun.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Whether a frame may follow what came before; `false`: but for its message's length.
    fn admit(&mut self, head: &Head) -> Result<bool, Violation> {
        if self.closed {
            return Err(Violation::Protocol("a frame behind the last one"));
        }
        if head.mask.is_some() != self.masked {
            return Err(Violation::Protocol(if self.masked { "a frame without a mask" } else { "a masked frame" }));
        }
        match head.opcode {
            opcode::CLOSE => self.closed = true,
            opcode::PING | opcode::PONG => {}
            opcode::CONTINUATION if !self.open => {
                return Err(Violation::Protocol("more of a message that there is not"));
            }
            opcode::TEXT | opcode::BINARY if self.open => {
                return Err(Violation::Protocol("a message within another"));
            }
            kind => {
                let before = if kind == opcode::CONTINUATION { self.message } else { 0 };
                self.message = before.saturating_add(head.len);
                self.open = !head.fin;
                return Ok(self.most == 0 || self.message <= self.most);
            }
        }
        Ok(true)
    }
}

/// A control frame of the gateway's own, as `side` would send it.
pub(crate) fn control(side: Side, opcode: u8, payload: &[u8]) -> Vec<u8> {
    // Its payloads are short: codes, and what is to come back.
    let payload = payload.get(..payload.len().min(LONGEST_CONTROL as usize)).unwrap_or_default();
    let mut out = Vec::with_capacity(payload.len() + 6);
    let len = u8::try_from(payload.len()).unwrap_or(0);
    out.push(0x80 | opcode);
    match side {
        Side::Server => {
            out.push(len);
            out.extend_from_slice(payload);
        }
        Side::Client => {
            let mut mask = [0; 4];
            // Nobody but the gateway chooses what is masked here: where there is no randomness, zeros harm nobody.
            let _ = getrandom::fill(&mut mask);
            out.push(0x80 | len);
            out.extend_from_slice(&mask);
            out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests;
