//! Field lines (RFC 9112 section 5), parsed strictly: what two recipients could understand differently is refused.

use crate::limits::{CONNECTION_TOKENS, Limits, Refuse, bad, refuse};
use gateway_engine::headers::{Field, Headers, Name, name, scan};

/// Parses the field lines of `bytes` from `at` on into `head`, as offsets in `bytes`, up to and with the empty line. Gives the
/// offset behind it, or `None` when it has not come yet.
///
/// # Errors
/// For whatever is not exactly `name ":" OWS value OWS CRLF`, and beyond the limits.
#[inline]
pub(crate) fn parse(bytes: &[u8], mut at: usize, limits: &Limits, head: &mut Headers) -> Result<Option<usize>, Refuse> {
    let mut count = 0;
    loop {
        match bytes.get(at) {
            None => return incomplete(bytes.len(), limits),
            Some(b'\r') => {
                return match bytes.get(at + 1) {
                    None => incomplete(bytes.len(), limits),
                    Some(b'\n') if at + 2 > limits.head => Err(HEAD),
                    Some(b'\n') => Ok(Some(at + 2)),
                    Some(_) => Err(bad("bare CR in the head")),
                };
            }
            Some(_) => {}
        }
        count += 1;
        if count > limits.fields {
            return Err(refuse(431, "too many fields"));
        }
        let Some((field, next)) = line(bytes, at)? else {
            return match bytes.len() - at > limits.field {
                true => Err(FIELD),
                false => incomplete(bytes.len(), limits),
            };
        };
        if next - at > limits.field {
            return Err(FIELD);
        }
        // An id is known only for names without underscores.
        if field.id != 0 || limits.underscores || !has_underscore(bytes, &field) {
            head.push(field);
        }
        at = next;
    }
}

/// The names of fields that concern one connection only, or are written anew from the parsed framing.
const HOP: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::TE.bit()
    | name::TRAILER.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit()
    | name::PROXY_AUTHENTICATE.bit()
    | name::PROXY_AUTHORIZATION.bit()
    | name::CONTENT_LENGTH.bit()
    | name::EXPECT.bit()
    | name::HTTP2_SETTINGS.bit();

const HEAD: Refuse = refuse(431, "head too long");
const FIELD: Refuse = refuse(431, "field too long");

fn incomplete(len: usize, limits: &Limits) -> Result<Option<usize>, Refuse> {
    if len > limits.head { Err(HEAD) } else { Ok(None) }
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

/// One line: the field and the offset behind its end, or `None` when its end has not come yet.
#[inline]
fn line(bytes: &[u8], at: usize) -> Result<Option<(Field, usize)>, Refuse> {
    let Some(colon) = scan::find(bytes, at, b':') else { return no_colon(bytes, at) };
    let nlen = colon - at;
    let id = name::known(bytes.get(at..).unwrap_or_default(), nlen);
    if id == 0 && !scan::is_token(bytes.get(at..colon).unwrap_or_default()) {
        return Err(bad_name(bytes, at));
    }
    let mut start = colon + 1;
    while let Some(b' ' | b'\t') = bytes.get(start) {
        start += 1;
    }
    let stop = scan::value_end(bytes, start);
    match (bytes.get(stop), bytes.get(stop + 1)) {
        (Some(b'\r'), Some(b'\n')) => {}
        (None, _) | (Some(b'\r'), None) => return Ok(None),
        (Some(b'\r'), _) => return Err(bad("bare CR in a field")),
        (Some(b'\n'), _) => return Err(bad("bare LF in a field")),
        _ => return Err(bad("control character in a field value")),
    }
    let mut end = stop;
    while end > start
        && let Some(b' ' | b'\t') = bytes.get(end - 1)
    {
        end -= 1;
    }
    // `name: value CRLF` to the byte: such lines are passed on as they lie.
    let plain = end == stop && start == colon + 2 && bytes.get(colon + 1) == Some(&b' ');
    let flags = if plain { Field::PLAIN } else { 0 } | if HOP >> id & 1 != 0 { Field::HOP } else { 0 };
    let (Ok(nlen), Ok(name), Ok(val), Ok(vlen)) =
        (u16::try_from(nlen), u32::try_from(at), u32::try_from(start), u32::try_from(end - start))
    else {
        return Err(FIELD);
    };
    Ok(Some((Field { name, val, vlen, nlen, id, flags }, stop + 2)))
}

/// A line whose colon has not come: the beginning of a name, or no name at all.
#[cold]
fn no_colon(bytes: &[u8], at: usize) -> Result<Option<(Field, usize)>, Refuse> {
    match scan::is_token(bytes.get(at..).unwrap_or_default()) {
        true => Ok(None),
        false => Err(bad_name(bytes, at)),
    }
}

/// Which rule the text at `at` breaks.
#[cold]
fn bad_name(bytes: &[u8], at: usize) -> Refuse {
    let rest = bytes.get(at..).unwrap_or_default();
    let len = rest.iter().position(|b| !scan::is_tchar(*b)).unwrap_or(rest.len());
    match (len, rest.get(len)) {
        (0, Some(b' ' | b'\t')) => bad("folded field line"),
        (_, Some(b' ' | b'\t')) => bad("white space before the colon"),
        (_, Some(b'\n')) => bad("bare LF in the head"),
        (_, Some(b'\r')) => bad("field line without a colon"),
        _ => bad("field name is not a token"),
    }
}

#[cold]
fn has_underscore(bytes: &[u8], field: &Field) -> bool {
    let start = field.name as usize;
    bytes.get(start..start + field.nlen as usize).is_some_and(|name| name.contains(&b'_'))
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
