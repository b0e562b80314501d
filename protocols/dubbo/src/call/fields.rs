//! From a body to an exchange.
//!
//! Where attachments name another service than the strings in front, the attachments count, as they do with providers: whoever is
//! kept from a service by its path shall not get to it by an attachment.

use super::{Unfit, limits, lookup};
use bytes::Bytes;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::{Flags, Serialization};
use gateway_dubbo_codec::hessian::Text;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::invocation::{Invocation, reads_attachments};
use gateway_engine::exchange::{Call, Exchange, Framing, Version};
use gateway_engine::headers::{Headers, Span};
use gateway_engine::router::method_bit;
use gateway_engine::worker::now_ms;
use std::borrow::Cow;

/// Reads a call into `x`, whose body it becomes. Its attachments are looked through, and become fields when somebody is going to
/// look at those.
///
/// # Errors
/// It cannot be read, or is none that anything could be done with.
pub(crate) fn open(x: &mut Exchange, flags: Flags, body: Bytes) -> Result<(), Unfit> {
    let depth = x.worker().with_settings(|s| s.limits.dubbo.depth);
    let head = &mut x.req.head;
    let found = read(head, flags.serialization(), &body, depth)?;
    let (path, method) = (found.path, found.method);
    let target = target(head, path, method);
    let req = &mut x.req;
    if req.head.text(target).len() != path.len() + method.len() + 2 {
        return Err(Unfit::Other("the names of the call are longer than is allowed"));
    }
    req.version = Version::Dubbo2;
    req.method = req.head.store(b"POST");
    req.method_bit = method_bit(b"POST");
    req.target = target;
    req.authority = path;
    req.host = path;
    if req.head.text(path).iter().any(u8::is_ascii_uppercase) {
        req.host = req.head.repeat_lower(path);
    }
    req.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
    req.received = body.len() as u64 + 16;
    if found.timeout_ms > 0 {
        req.until_ms = now_ms().saturating_add(found.timeout_ms);
    }
    req.call = Some(Call {
        reader: Some(lookup::READER),
        replies: None,
        interface: path,
        method,
        version: found.version,
        group: found.group,
        serialization: flags.serialization().0,
        one_way: !flags.is_two_way(),
        reads_attachments: found.reads_attachments,
        attachments_at: found.attachments_at,
        latent: true,
        hidden: false,
    });
    req.collected = Some(body);
    if found.claims {
        // What it may not say is taken away before it goes on.
        lookup::reveal(x).map_err(Unfit::Other)?;
    }
    Ok(())
}

/// What is found in a body: texts of the block.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) path: Span,
    pub(crate) method: Span,
    pub(crate) version: Span,
    pub(crate) group: Span,
    pub(crate) timeout_ms: u64,
    reads_attachments: bool,
    /// Where the attachments begin; 0: that is not known.
    attachments_at: u32,
    /// An attachment says what only the gateway may say of a client.
    claims: bool,
    /// An attachment that names the service is no text.
    odd: bool,
}

/// Reads what a call is routed by.
///
/// # Errors
/// As for [`open`].
pub(crate) fn read(head: &mut Headers, how: Serialization, body: &[u8], depth: u32) -> Result<Found, Unfit> {
    let mut found = Found::default();
    match how {
        Serialization::HESSIAN2 => hessian2(head, &mut found, body, depth)?,
        Serialization::FASTJSON2 => in_fastjson2(head, &mut found, body)?,
        _ => return Err(Unfit::Other("the call is in a serialization that is not served; hessian2 and fastjson2 are")),
    }
    if found.odd {
        return Err(Unfit::Other("an attachment that names the service is no text"));
    }
    let (path, method) = (head.text(found.path), head.text(found.method));
    if !fit(path) || !fit(method) || method.contains(&b'/') {
        return Err(Unfit::Other("the name of the service or method cannot be that of one"));
    }
    Ok(found)
}

fn hessian2(head: &mut Headers, found: &mut Found, body: &[u8], depth: u32) -> Result<(), Unfit> {
    let limits = limits(depth);
    let call = Invocation::parse(body)?;
    found.path = keep(head, call.path(body));
    if let Some(version) = call.version(body) {
        found.version = keep(head, version);
    }
    let method = call.method(body);
    found.method = keep(head, method);
    if call.argument_count() == 3
        && (method == *"$invoke" || method == *"$invokeAsync")
        && let Some(Item::Text(named)) = call.argument(body, 0, limits)?
    {
        found.method = keep(head, named);
    }
    let dubbo = call.dubbo_version(body);
    found.reads_attachments = dubbo == *"2.0.2" || reads_attachments(&dubbo.to_str());
    let attachments = call.attachments(body, limits)?;
    found.attachments_at = u32::try_from(attachments.start()).unwrap_or(0);
    attachments.texts(|key, value| match key.in_place() {
        Some(key) => found.attachment(head, key, value),
        None => found.attachment(head, key.to_str().as_bytes(), value),
    })?;
    Ok(())
}

fn in_fastjson2(head: &mut Headers, found: &mut Found, body: &[u8]) -> Result<(), Unfit> {
    let call = fastjson2::Invocation::parse(body)?;
    found.path = head.store(call.path(body).as_bytes());
    if let Some(version) = call.version(body) {
        found.version = head.store(version.as_bytes());
    }
    let method = call.method(body);
    found.method = head.store(method.as_bytes());
    if call.argument_count() == 3
        && matches!(&*method, "$invoke" | "$invokeAsync")
        && let Some(named) = call.argument(body, 0)?.and_then(fastjson2::text)
    {
        found.method = head.store(named.as_bytes());
    }
    found.reads_attachments = call.reads_attachments(body);
    for attachment in call.attachments(body)? {
        let (key, value) = attachment?;
        found.attachment(head, key.as_bytes(), value);
    }
    Ok(())
}

/// A text, wherever it is from.
trait Said {
    fn keep(self, head: &mut Headers) -> Span;
    fn number(self) -> Option<u64>;
}

impl Said for Text<'_> {
    fn keep(self, head: &mut Headers) -> Span {
        keep(head, self)
    }

    fn number(self) -> Option<u64> {
        match self.in_place() {
            Some(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
            None => self.to_str().parse().ok(),
        }
    }
}

impl Said for Cow<'_, str> {
    fn keep(self, head: &mut Headers) -> Span {
        head.store(self.as_bytes())
    }

    fn number(self) -> Option<u64> {
        self.parse().ok()
    }
}

impl Found {
    #[inline]
    fn attachment(&mut self, head: &mut Headers, key: &[u8], value: Option<impl Said>) {
        match key {
            b"path" | b"version" | b"group" => {
                // What providers look at has to be what is looked at here.
                let Some(value) = value else {
                    self.odd = true;
                    return;
                };
                let span = value.keep(head);
                match key {
                    b"path" => self.path = span,
                    b"group" => self.group = span,
                    _ if matches!(head.text(span), b"" | b"0.0.0") => self.version = Span::EMPTY,
                    _ => self.version = span,
                }
            }
            // 0: there is no limit.
            b"timeout" => self.timeout_ms = value.and_then(Said::number).unwrap_or(0),
            [b'x' | b'X', b'-' | b'_', ..] => self.claims = true,
            [b'f' | b'F', ..] if key.eq_ignore_ascii_case(b"forwarded") => self.claims = true,
            _ => {}
        }
    }
}

/// Keeps a text in the block.
#[inline]
fn keep(head: &mut Headers, text: Text<'_>) -> Span {
    match text.in_place() {
        Some(bytes) if bytes.is_ascii() => head.store(bytes),
        _ => head.store(text.to_str().as_bytes()),
    }
}

/// `/path/method`, in one piece.
fn target(head: &mut Headers, path: Span, method: Span) -> Span {
    let start = head.store(b"/").start();
    head.repeat(path);
    head.store(b"/");
    let end = head.repeat(method);
    // Both lie in one block, one behind the other.
    Span::new(start as u32, (end.start() + end.len()).saturating_sub(start) as u32)
}

/// Whether a name can stand in a path as it is: what Java and Dubbo allow in names, and the `/` of a context path.
pub(crate) fn fit(text: &[u8]) -> bool {
    let odd = |text: &[u8]| text.split(|b| *b == b'/').any(|segment| matches!(segment, b"" | b"." | b".."));
    let seen = text.iter().fold(0, |seen, b| seen | KINDS.get(usize::from(*b)).copied().unwrap_or(UNFIT));
    // A segment that is none begins with one of these two, or ends the text.
    let suspicious = seen & SLASH != 0 || text.first() == Some(&b'.');
    !text.is_empty() && seen & UNFIT == 0 && !(suspicious && odd(text))
}

/// What a byte is to a name.
const UNFIT: u8 = 1;
const SLASH: u8 = 2;

const KINDS: [u8; 256] = {
    let mut table = [UNFIT; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'$' | b'_' | b'-' | b'~' | b':') || byte >= 0x80 {
            table[b] = 0;
        }
        b += 1;
    }
    table[b'/' as usize] = SLASH;
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_stand_in_a_path() {
        for good in ["a.B", "a.b.C$D", "$echo", "ctx/a.B", "订单", "a-b_c~d:e", "...a", "a..b"] {
            assert!(fit(good.as_bytes()), "{good}");
        }
        for bad in [
            "", ".", "..", "/", "a/", "/a", "a//b", "../a", "a/..", "a/./b", "a b", "a%2f", "a?b", "a#", "a\nb", "a;b",
            "\0",
        ] {
            assert!(!fit(bad.as_bytes()), "{bad:?}");
        }
    }
}
