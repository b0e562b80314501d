//! Field lines (RFC 9112 section 5), parsed strictly: what two recipients could understand differently is refused.

use crate::limits::{CONNECTION_TOKENS, Limits, Refuse, bad, refuse};
use gateway_engine::headers::{Field, Headers, Name, name, scan};

/// Where field lines end, and where those stand on which framing and routing depend. Each of these may occur once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parsed {
    /// The offset behind the empty line.
    pub(crate) end: usize,
    /// Places among the fields, counted from 1; 0 where there is none.
    places: [u32; 3],
}

impl Parsed {
    /// `Host`.
    #[inline]
    pub(crate) fn host<'a>(&self, head: &'a Headers) -> Option<&'a Field> {
        Self::field(self.places[0], head)
    }

    /// The value of `Content-Length`.
    #[inline]
    pub(crate) fn length<'a>(&self, head: &'a Headers) -> Option<&'a [u8]> {
        Self::field(self.places[1], head).map(|f| head.value(f))
    }

    /// The value of `Transfer-Encoding`.
    #[inline]
    pub(crate) fn coding<'a>(&self, head: &'a Headers) -> Option<&'a [u8]> {
        Self::field(self.places[2], head).map(|f| head.value(f))
    }

    #[inline]
    fn field(place: u32, head: &Headers) -> Option<&Field> {
        head.fields().get(place.checked_sub(1)? as usize)
    }

    /// Notes that the field pushed last is one that may occur once.
    #[inline]
    fn once(&mut self, id: u8, count: usize) -> Result<(), Refuse> {
        const HOST: u8 = name::HOST.id();
        const LENGTH: u8 = name::CONTENT_LENGTH.id();
        let (place, again) = match id {
            HOST => (&mut self.places[0], "several Host"),
            LENGTH => (&mut self.places[1], "several Content-Length"),
            _ => (&mut self.places[2], "several Transfer-Encoding"),
        };
        if *place != 0 {
            return Err(bad(again));
        }
        *place = count as u32;
        Ok(())
    }
}

/// Parses the field lines of `bytes` from `at` on into `head`, as offsets in `bytes`, up to and with the empty line. `None`:
/// it has not come yet.
///
/// # Errors
/// For whatever is not exactly `name ":" OWS value OWS CRLF`, for a second field of a name that may occur once, and beyond the
/// limits.
#[inline]
pub(crate) fn parse(bytes: &[u8], at: usize, limits: &Limits, head: &mut Headers) -> Result<Option<Parsed>, Refuse> {
    let mut parsed = Parsed::default();
    if bytes.len() > MOST {
        return Err(HEAD);
    }
    let mut left = limits.fields;
    let mut line = bytes.get(at..).unwrap_or_default();
    loop {
        if let None | Some(b'\r') = line.first() {
            let whole = end(bytes, line, limits)?;
            return Ok(whole.map(|end| Parsed { end, ..parsed }));
        }
        if left == 0 {
            return Err(refuse(431, "too many fields"));
        }
        left -= 1;
        let Some((nlen, id)) = name::before_colon(line) else { return no_colon(bytes, line, limits).map(|()| None) };
        if id == 0 && !unknown(line, nlen) {
            return Err(bad_name(line));
        }
        let after = line.get(nlen + 1..).unwrap_or_default();
        let (value, spaced) = match after {
            [b' ', value @ ..] if !matches!(value.first(), Some(b' ' | b'\t')) => (value, true),
            _ => (skip(after), false),
        };
        let stop = scan::control(value, 0);
        let Some((text, next)) = split(value, stop).or_else(|| split_far(value, stop)) else {
            return no_end(bytes, line, value, limits).map(|()| None);
        };
        let (text, plain) = match text.last() {
            Some(b' ' | b'\t') => (scan::trim(text), false),
            _ => (text, spaced),
        };
        if line.len() - next.len() > limits.field {
            return Err(FIELD);
        }
        // An id is known only for names without underscores.
        if id != 0 || limits.underscores || !line.get(..nlen).unwrap_or_default().contains(&b'_') {
            // `name: value CRLF` to the byte: such lines are passed on as they lie.
            let flags =
                if plain { Field::PLAIN } else { 0 } | if name::HOP_BY_HOP >> id & 1 != 0 { Field::HOP } else { 0 };
            // At most MOST, and names at most `NAME`. Each of the three is a rest of `bytes`.
            let (name, val) = ((bytes.len() - line.len()) as u32, (bytes.len() - value.len()) as u32);
            head.push(Field { name, val, vlen: text.len() as u32, nlen: nlen as u16, id, flags });
            if ONCE >> id & 1 != 0 {
                parsed.once(id, head.fields().len())?;
            }
        }
        line = next;
    }
}

/// A value that ends at `stop`, and what follows its line; `None` where no line ends there.
#[inline]
fn split(value: &[u8], stop: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = value.split_at_checked(stop)?;
    let [b'\r', b'\n', next @ ..] = rest else { return None };
    Some((text, next))
}

/// The same for a value that has a control at `stop`, which may be a tab.
#[cold]
fn split_far(value: &[u8], stop: usize) -> Option<(&[u8], &[u8])> {
    split(value, scan::value_end(value, stop))
}

/// What follows the white space.
#[cold]
fn skip(text: &[u8]) -> &[u8] {
    let white = text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    text.get(white..).unwrap_or_default()
}

/// The names of fields that may occur once.
const ONCE: u64 = name::HOST.bit() | name::CONTENT_LENGTH.bit() | name::TRANSFER_ENCODING.bit();

const HEAD: Refuse = refuse(431, "head too long");
const FIELD: Refuse = refuse(431, "field too long");

/// Offsets and lengths are kept in 32 bits; no limit comes near this.
const MOST: usize = 16 << 20;

/// The length of a name is kept in 16 bits.
const NAME: usize = u16::MAX as usize;

/// The last rest of `bytes`, at which no name begins: the end of the head, or of what has come.
#[inline]
fn end(bytes: &[u8], rest: &[u8], limits: &Limits) -> Result<Option<usize>, Refuse> {
    let end = bytes.len() - rest.len() + 2;
    match rest.get(1) {
        None => incomplete(bytes.len(), limits).map(|()| None),
        Some(b'\n') if end > limits.head => Err(HEAD),
        Some(b'\n') => Ok(Some(end)),
        _ => Err(bad("bare CR in the head")),
    }
}

/// Nothing is wrong so far, but the end has not come.
fn incomplete(len: usize, limits: &Limits) -> Result<(), Refuse> {
    if len > limits.head { Err(HEAD) } else { Ok(()) }
}

/// Whether a name that is none of the well-known ones is a name at all.
#[inline]
fn unknown(line: &[u8], nlen: usize) -> bool {
    nlen <= NAME && scan::is_token(line.get(..nlen).unwrap_or_default())
}

/// A value that does not end as it should, or has not ended.
#[cold]
fn no_end(bytes: &[u8], line: &[u8], value: &[u8], limits: &Limits) -> Result<(), Refuse> {
    let stop = scan::value_end(value, 0);
    match (value.get(stop), value.get(stop + 1)) {
        (None, _) | (Some(b'\r'), None) if line.len() > limits.field => Err(FIELD),
        (None, _) | (Some(b'\r'), None) => incomplete(bytes.len(), limits),
        (Some(b'\r'), _) => Err(bad("bare CR in a field")),
        (Some(b'\n'), _) => Err(bad("bare LF in a field")),
        _ => Err(bad("control character in a field value")),
    }
}

/// A line whose colon has not come: the beginning of a name, or no name at all.
#[cold]
fn no_colon(bytes: &[u8], line: &[u8], limits: &Limits) -> Result<(), Refuse> {
    match scan::is_token(line) {
        true if line.len() > limits.field => Err(FIELD),
        true => incomplete(bytes.len(), limits),
        false => Err(bad_name(line)),
    }
}

/// Whether an incomplete head is worth another parse from its beginning now that it is `text`, of which `old` bytes were there
/// before and `parsed` were parsed last: so that bytes that drip cost no more than they bring, and wrong ones are still
/// refused soon.
pub(crate) fn worth_parsing(parsed: usize, text: &[u8], old: usize) -> bool {
    const STEP: usize = 1 << 10;
    text.len() < STEP
        || text.len() - parsed.min(text.len()) >= STEP
        || text.get(old..).unwrap_or_default().contains(&b'\n')
}

/// Which rule the beginning of a line breaks.
#[cold]
fn bad_name(line: &[u8]) -> Refuse {
    let len = line.iter().position(|b| !scan::is_tchar(*b)).unwrap_or(line.len());
    match (len, line.get(len)) {
        (0, Some(b' ' | b'\t')) => bad("folded field line"),
        (_, Some(b' ' | b'\t')) => bad("white space before the colon"),
        (_, Some(b'\n')) => bad("bare LF in the head"),
        (_, Some(b'\r')) => bad("field line without a colon"),
        _ => bad("field name is not a token"),
    }
}

/// What the `Connection` fields of a message say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connection {
    /// `close` is among the options.
    pub(crate) close: bool,
    /// `keep-alive` is among them.
    pub(crate) keep_alive: bool,
    /// `upgrade` is among them.
    pub(crate) upgrade: bool,
}

/// Reads the `Connection` fields, and marks each field that they name as hop-by-hop unless it is one that a peer may not
/// take away ([`protected`]).
///
/// # Errors
/// When an option is no token, or there are more than [`CONNECTION_TOKENS`].
pub(crate) fn connection(head: &mut Headers) -> Result<Connection, Refuse> {
    if head.get_all(name::CONNECTION).nth(1).is_none() {
        match head.get(name::CONNECTION) {
            Some(b"close" | b"Close") => return Ok(Connection { close: true, ..Connection::default() }),
            Some(b"keep-alive" | b"Keep-Alive") => return Ok(Connection { keep_alive: true, ..Connection::default() }),
            _ => {}
        }
    }
    options(head)
}

#[cold]
fn options(head: &mut Headers) -> Result<Connection, Refuse> {
    let list: Vec<u8> = head.get_all(name::CONNECTION).collect::<Vec<_>>().join(&b',');
    let mut found = Connection::default();
    let tokens = list.split(|b| *b == b',').map(scan::trim).filter(|t| !t.is_empty());
    for (i, token) in tokens.enumerate() {
        if i >= CONNECTION_TOKENS {
            return Err(bad("too many Connection options"));
        }
        let Some(option) = Name::new(token) else { return Err(bad("Connection option is not a token")) };
        if token.eq_ignore_ascii_case(b"close") {
            found.close = true;
        } else if option == name::KEEP_ALIVE {
            found.keep_alive = true;
        } else if option == name::UPGRADE {
            found.upgrade = true;
        } else if !protected(option) {
            head.mark_hop(option);
        }
    }
    Ok(found)
}

/// Fields that a `Connection` option never removes: routing, identity and content depend on them.
fn protected(n: Name<'_>) -> bool {
    const NAMES: u64 = name::HOST.bit()
        | name::AUTHORIZATION.bit()
        | name::COOKIE.bit()
        | name::X_REAL_IP.bit()
        | name::SET_COOKIE.bit();
    const PREFIXES: [&[u8]; 4] = [b"content-", b"x-forwarded-", b"x-consumer-", b"x-credential-"];
    (n.id() != 0 && NAMES & n.bit() != 0)
        || PREFIXES.iter().any(|p| n.text().get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)))
}
