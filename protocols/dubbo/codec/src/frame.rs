//! The frame of Dubbo2: a head of 16 bytes, and a body of as many bytes as it says. All integers are big-endian.

/// Length of a head in bytes.
pub const HEAD: usize = 16;

/// What every frame begins with.
pub const MAGIC: [u8; 2] = [0xda, 0xbb];

/// The longest body that Dubbo takes unless it is told otherwise (`payload`), in bytes.
pub const DEFAULT_PAYLOAD: u32 = 8 << 20;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What kind of frame it is, and how its body is written.
    pub flags: Flags,
    /// How a call went; means something in responses only.
    pub status: Status,
    /// What an answer is matched with its call by. Opaque: Java's are signed and often negative.
    pub id: u64,
    /// Length of the body in bytes.
    pub len: u32,
}

/// Why no frame can be read any more. The connection is to be closed, after an answer where there is an id to give it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not Dubbo2.
    #[error("a frame begins with da bb")]
    Magic,
    /// The body is longer than the limit, or its length is negative.
    #[error("a body of {announced} bytes is announced, {limit} are allowed")]
    Length {
        /// Kind and serialization of the frame: an answer is owed if it is a two-way request.
        flags: Flags,
        /// Whom to answer.
        id: u64,
        /// What the frame says, in bytes.
        announced: i32,
        /// What it may say at most, in bytes.
        limit: u32,
    },
}

impl Head {
    /// The head at the beginning of `bytes`, whose body may be `limit` bytes long; `None`: there is more of it to come.
    ///
    /// # Errors
    /// No frame begins so, as soon as that can be told; or its body is too long, before any of it was read.
    #[inline]
    pub fn parse(bytes: &[u8], limit: u32) -> Result<Option<Head>, FrameError> {
        let Some(head) = bytes.first_chunk::<HEAD>() else {
            let known = bytes.len().min(MAGIC.len());
            return if bytes.get(..known) == MAGIC.get(..known) { Ok(None) } else { Err(FrameError::Magic) };
        };
        let [m0, m1, flags, status, i0, i1, i2, i3, i4, i5, i6, i7, l0, l1, l2, l3] = *head;
        if [m0, m1] != MAGIC {
            return Err(FrameError::Magic);
        }
        let (flags, id) = (Flags(flags), u64::from_be_bytes([i0, i1, i2, i3, i4, i5, i6, i7]));
        let announced = i32::from_be_bytes([l0, l1, l2, l3]);
        match u32::try_from(announced) {
            Ok(len) if len <= limit => Ok(Some(Head { flags, status: Status::from_code(status), id, len })),
            _ => Err(FrameError::Length { flags, id, announced, limit }),
        }
    }

    /// The head as it goes over the wire.
    #[inline]
    pub fn encode(&self) -> [u8; HEAD] {
        let [i0, i1, i2, i3, i4, i5, i6, i7] = self.id.to_be_bytes();
        let [l0, l1, l2, l3] = self.len.to_be_bytes();
        let [m0, m1] = MAGIC;
        [m0, m1, self.flags.0, self.status.code(), i0, i1, i2, i3, i4, i5, i6, i7, l0, l1, l2, l3]
    }

    /// Length of the whole frame in bytes.
    #[inline]
    pub fn frame_len(&self) -> usize {
        HEAD.saturating_add(usize::try_from(self.len).unwrap_or(usize::MAX))
    }
}

/// Third byte of a head: the kind of frame, and the serialization of its body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    const REQUEST: u8 = 0x80;
    const TWO_WAY: u8 = 0x40;
    const EVENT: u8 = 0x20;
    const SERIALIZATION: u8 = 0x1f;

    /// A call that wants an answer.
    pub fn call(serialization: Serialization) -> Flags {
        Flags(Self::REQUEST | Self::TWO_WAY | serialization.0 & Self::SERIALIZATION)
    }

    /// A call that wants none.
    pub fn one_way(serialization: Serialization) -> Flags {
        Flags(Self::REQUEST | serialization.0 & Self::SERIALIZATION)
    }

    /// An answer.
    pub fn response(serialization: Serialization) -> Flags {
        Flags(serialization.0 & Self::SERIALIZATION)
    }

    /// The same, of an event.
    #[must_use]
    pub fn event(self) -> Flags {
        Flags(self.0 | Self::EVENT)
    }

    /// A request, not a response.
    #[inline]
    pub fn is_request(self) -> bool {
        self.0 & Self::REQUEST != 0
    }

    /// The sender of this request waits for an answer.
    #[inline]
    pub fn is_two_way(self) -> bool {
        self.0 & Self::TWO_WAY != 0
    }

    /// A word between the two sides of a connection (a heartbeat, …), no call.
    #[inline]
    pub fn is_event(self) -> bool {
        self.0 & Self::EVENT != 0
    }

    /// How the body is written.
    #[inline]
    pub fn serialization(self) -> Serialization {
        Serialization(self.0 & Self::SERIALIZATION)
    }
}

impl std::fmt::Debug for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_request() { "request" } else { "response" };
        let ways = if self.is_two_way() { ", two-way" } else { "" };
        let event = if self.is_event() { ", event" } else { "" };
        write!(f, "Flags({kind}{ways}{event}, {:?})", self.serialization())
    }
}

/// How a body is written. There are ids for some twenty ways; providers of Dubbo 3 have two of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Serialization(pub u8);

impl Serialization {
    /// hessian2, the usual one.
    pub const HESSIAN2: Serialization = Serialization(2);
    /// fastjson2, in its binary form.
    pub const FASTJSON2: Serialization = Serialization(23);

    /// Its name as Dubbo's configuration spells it; `None`: there is none of this id.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            2 => "hessian2",
            3 => "java",
            4 => "compactedjava",
            6 => "fastjson",
            7 => "nativejava",
            8 => "kryo",
            9 => "fst",
            10 => "native-hessian",
            11 => "avro",
            12 => "protostuff",
            16 => "gson",
            18 => "jackson",
            21 => "protobuf-json",
            22 => "protobuf",
            23 => "fastjson2",
            25 => "kryo2",
            27 => "msgpack",
            28 => "fury",
            31 => "custom-msgpack",
            _ => return None,
        })
    }
}

impl std::fmt::Debug for Serialization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "serialization {}", self.0),
        }
    }
}

/// How a call went. With any but [`Status::Ok`] the body is one string, what the matter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 20: the method was called; it may have thrown.
    Ok,
    /// 25: request or answer could not be written, or was too long.
    SerializationError,
    /// 30: the consumer's own timer.
    ClientTimeout,
    /// 31: the provider's timer, or that of a proxy.
    ServerTimeout,
    /// 35: the connection to the provider ended.
    ChannelInactive,
    /// 40: the request could not be read, or there is no such service.
    BadRequest,
    /// 50: the answer could not be read or written.
    BadResponse,
    /// 60: there is no such service.
    ServiceNotFound,
    /// 70: the provider failed before or behind the method.
    ServiceError,
    /// 80: the provider is broken.
    ServerError,
    /// 90: the consumer is broken.
    ClientError,
    /// 100: the provider's threads are all busy.
    ThreadpoolExhausted,
    /// Any other; in requests this is 0.
    Other(u8),
}

impl Status {
    /// The status of a code.
    #[inline]
    pub fn from_code(code: u8) -> Status {
        match code {
            20 => Status::Ok,
            25 => Status::SerializationError,
            30 => Status::ClientTimeout,
            31 => Status::ServerTimeout,
            35 => Status::ChannelInactive,
            40 => Status::BadRequest,
            50 => Status::BadResponse,
            60 => Status::ServiceNotFound,
            70 => Status::ServiceError,
            80 => Status::ServerError,
            90 => Status::ClientError,
            100 => Status::ThreadpoolExhausted,
            other => Status::Other(other),
        }
    }

    /// The code of a status.
    #[inline]
    pub fn code(self) -> u8 {
        match self {
            Status::Ok => 20,
            Status::SerializationError => 25,
            Status::ClientTimeout => 30,
            Status::ServerTimeout => 31,
            Status::ChannelInactive => 35,
            Status::BadRequest => 40,
            Status::BadResponse => 50,
            Status::ServiceNotFound => 60,
            Status::ServiceError => 70,
            Status::ServerError => 80,
            Status::ClientError => 90,
            Status::ThreadpoolExhausted => 100,
            Status::Other(code) => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CALL: [u8; 16] = [0xda, 0xbb, 0xc2, 0, 0xe9, 0x4c, 0x58, 0x51, 0x85, 0x97, 0xb8, 0x8e, 0, 0, 0, 0xdc];

    #[test]
    fn a_head_is_read_and_written() {
        let head = Head::parse(&CALL, DEFAULT_PAYLOAD).unwrap().unwrap();
        assert_eq!(head.flags, Flags::call(Serialization::HESSIAN2));
        assert!(head.flags.is_request() && head.flags.is_two_way() && !head.flags.is_event());
        assert_eq!((head.id, head.len, head.status), (0xe94c_5851_8597_b88e, 220, Status::Other(0)));
        assert_eq!(head.encode(), CALL);
        assert_eq!(head.frame_len(), 236);
        assert_eq!(format!("{:?}", head.flags), "Flags(request, two-way, hessian2)");
    }

    #[test]
    fn a_part_of_a_head_is_told_from_none() {
        for cut in 0..HEAD {
            assert_eq!(Head::parse(&CALL[..cut], 1000), Ok(None));
        }
        for bytes in [&b"G"[..], b"\xdaG", b"\xda\xbc", b"GET / HTTP/1.1\r\n\r\n", b"\xbb\xda"] {
            assert_eq!(Head::parse(bytes, 1000), Err(FrameError::Magic));
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_with_the_id() {
        let cases = [(220, true), (0, true), (221, false), (i32::MAX, false), (-1, false), (i32::MIN, false)];
        for (announced, good) in cases {
            let mut bytes = CALL;
            bytes[12..].copy_from_slice(&announced.to_be_bytes());
            match Head::parse(&bytes, 220) {
                Ok(Some(head)) => assert!(good && head.len == announced as u32),
                Err(FrameError::Length { flags, id, announced: said, limit }) => {
                    assert!(!good);
                    let two_way = Flags::call(Serialization::HESSIAN2);
                    assert_eq!((flags, id, said, limit), (two_way, 0xe94c_5851_8597_b88e, announced, 220));
                }
                other => panic!("{announced}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_a_head_is_written_as_it_was(bytes in proptest::array::uniform14(any::<u8>()), limit: u32) {
            let mut head = [0; HEAD];
            head[..2].copy_from_slice(&MAGIC);
            head[2..].copy_from_slice(&bytes);
            if let Ok(read) = Head::parse(&head, limit) {
                prop_assert_eq!(read.unwrap().encode(), head);
            }
        }

        #[test]
        fn every_status_keeps_its_code(code: u8) {
            prop_assert_eq!(Status::from_code(code).code(), code);
        }
    }
}
