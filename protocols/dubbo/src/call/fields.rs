//! From a body to an exchange.
//!
//! Where attachments name another service than the strings in front, the attachments count, as they do with providers: whoever is
//! kept from a service by its path shall not get to it by an attachment.

use super::memo::Memo;
use super::{Unfit, limits, lookup};
use bytes::Bytes;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::{Flags, Serialization};
use gateway_dubbo_codec::hessian::Text;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::invocation::{Invocation, reads_attachments};
use gateway_engine::calls::{self as counted, Counted};
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
pub(crate) fn open(x: &mut Exchange, memo: &mut Memo, flags: Flags, body: Bytes) -> Result<(), Unfit> {
    let depth = x.worker().with_settings(|s| s.limits.dubbo.depth);
    let req = &mut x.req;
    let how = flags.serialization();
    let known = if how == Serialization::HESSIAN2 { memo.recall(&mut req.head, &body, depth) } else { None };
    let (found, names) = match known {
        Some(known) => known,
        None => {
            let (mut found, names) = read_anew(&mut req.head, memo, how, &body, depth)?;
            let text = |span| req.head.text(span);
            let [interface, method, version, group] = [names.path, names.method, names.version, found.group].map(text);
            found.counted = x.conn.worker.calls.counted(&counted::Names { interface, method, version, group });
            memo.count(found.counted);
            (found, names)
        }
    };
    req.version = Version::Dubbo2;
    req.method = names.post;
    req.method_bit = names.post_bit;
    req.target = names.target;
    req.authority = names.path;
    req.host = names.host;
    req.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
    req.received = body.len() as u64 + 16;
    if found.timeout_ms > 0 {
        req.until_ms = now_ms().saturating_add(found.timeout_ms);
    }
    req.call = Some(Call {
        reader: Some(lookup::READER),
        replies: None,
        interface: names.path,
        method: names.method,
        version: names.version,
        group: found.group,
        serialization: how.0,
        one_way: !flags.is_two_way(),
        reads_attachments: found.reads_attachments,
        attachments_at: found.attachments_at,
        takes_more: found.takes_more,
        latent: true,
        hidden: false,
        asked: false,
        counted: found.counted,
    });
    req.collected = Some(body);
    if found.claims {
        // What it may not say is taken away before it goes on.
        lookup::reveal(x).map_err(Unfit::Other)?;
    }
    Ok(())
}

/// Reads a call that does not begin as one before.
pub(super) fn read_anew(
    head: &mut Headers,
    memo: &mut Memo,
    how: Serialization,
    body: &[u8],
    depth: u32,
) -> Result<(Found, Names), Unfit> {
    let found = read(head, how, body, depth)?;
    let (path, method) = (found.path, found.method);
    let target = target(head, path, method);
    if head.text(target).len() != path.len() + method.len() + 2 {
        return Err(Unfit::Other("the names of the call are longer than is allowed"));
    }
    let post = head.store(b"POST");
    let host = if head.text(path).iter().any(u8::is_ascii_uppercase) { head.repeat_lower(path) } else { path };
    let post_bit = method_bit(b"POST");
    let names = Names { post, post_bit, target, path, method, host, version: found.version };
    if let Some(call) = &found.plain {
        memo.learn(head, call, body, &names, &found);
    }
    Ok((found, names))
}

/// Where the texts lie that an exchange keeps of a call's names.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// The method of the exchange, which is POST, and its bit.
    pub(super) post: Span,
    pub(super) post_bit: u16,
    pub(super) target: Span,
    pub(super) path: Span,
    pub(super) method: Span,
    /// The path in lower case.
    pub(super) host: Span,
    pub(super) version: Span,
}

impl Names {
    /// The same in a block where their texts stand at `kept`.
    #[inline]
    pub(super) fn behind(&self, kept: Span) -> Names {
        let by = kept.start() as u32;
        let moved = |span: Span| Span::new(span.start() as u32 + by, span.len() as u32);
        Names {
            post: moved(self.post),
            post_bit: self.post_bit,
            target: moved(self.target),
            path: moved(self.path),
            method: moved(self.method),
            host: moved(self.host),
            version: if self.version.is_empty() { Span::EMPTY } else { moved(self.version) },
        }
    }

    /// Their texts, one behind the other, and where in these.
    pub(super) fn apart(&self, head: &Headers) -> (Vec<u8>, Names) {
        let mut texts = Vec::new();
        let mut put = |span: Span| {
            let start = texts.len();
            texts.extend_from_slice(head.text(span));
            Span::new(start as u32, (texts.len() - start) as u32)
        };
        let names = Names {
            post: put(self.post),
            post_bit: self.post_bit,
            target: put(self.target),
            path: put(self.path),
            method: put(self.method),
            host: put(self.host),
            version: put(self.version),
        };
        (texts, names)
    }
}

/// What is found in a body: texts of the block.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Found {
    pub(crate) path: Span,
    pub(crate) method: Span,
    pub(crate) version: Span,
    pub(crate) group: Span,
    pub(crate) timeout_ms: u64,
    pub(super) reads_attachments: bool,
    /// Where it is counted, where that is known.
    pub(super) counted: Counted,
    /// Where the attachments begin; 0: that is not known.
    attachments_at: u32,
    /// The body ends with them.
    takes_more: bool,
    /// An attachment says what only the gateway may say of a client.
    claims: bool,
    /// An attachment that names the service is no text.
    pub(super) odd: bool,
    /// How the call began, where its attachments say the same and it is no generic one.
    plain: Option<Invocation>,
}

impl Found {
    /// What is found in front of the attachments.
    #[inline]
    pub(super) fn named(names: &Names, reads_attachments: bool, attachments_at: usize) -> Found {
        Found {
            path: names.path,
            method: names.method,
            version: names.version,
            reads_attachments,
            attachments_at: u32::try_from(attachments_at).unwrap_or(0),
            ..Found::default()
        }
    }
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
    let generic = call.argument_count() == 3 && (method == *"$invoke" || method == *"$invokeAsync");
    if generic && let Some(Item::Text(named)) = call.argument(body, 0, limits)? {
        found.method = keep(head, named);
    }
    let (path, version) = (found.path, found.version);
    let dubbo = call.dubbo_version(body);
    found.reads_attachments = dubbo == *"2.0.2" || reads_attachments(&dubbo.to_str());
    let attachments = call.attachments(body, limits)?;
    let start = attachments.start();
    found.attachments_at = u32::try_from(start).unwrap_or(0);
    let end = attachments.texts(|key, value| match key.in_place() {
        Some(key) => found.attachment(head, key, value),
        None => found.attachment(head, key.to_str().as_bytes(), value),
    })?;
    found.ends(start, end, body);
    let same = head.text(found.path) == head.text(path) && head.text(found.version) == head.text(version);
    found.plain = (same && !generic).then_some(call);
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
pub(super) trait Said {
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
    /// Takes over what was found of the same attachments before, which were [plain](Found::is_plain).
    #[inline]
    pub(super) fn end_as(&mut self, timeout_ms: u64, group: Span) {
        (self.timeout_ms, self.group, self.takes_more) = (timeout_ms, group, true);
    }

    /// Where the attachments begin in the body; 0: that is not known.
    pub(crate) fn attachments_at(&self) -> u32 {
        self.attachments_at
    }

    /// The rest of it, for comparisons.
    #[cfg(test)]
    pub(super) fn without_texts(&self) -> Found {
        let Found { timeout_ms, reads_attachments, attachments_at, takes_more, claims, odd, .. } = *self;
        Found { timeout_ms, reads_attachments, attachments_at, takes_more, claims, odd, ..Found::default() }
    }

    /// Whether the body ends with the attachments, and these say nothing that must be looked at each time.
    pub(super) fn is_plain(&self) -> bool {
        self.takes_more && !self.claims && !self.odd
    }

    /// Notes where the attachments stand.
    #[inline]
    pub(super) fn ends(&mut self, start: usize, end: usize, body: &[u8]) {
        // A map ends with this; where there is none at all, or null, there is no room.
        self.takes_more = end == body.len() && start < end && body.last() == Some(&b'Z');
    }

    #[inline]
    pub(super) fn attachment(&mut self, head: &mut Headers, key: &[u8], value: Option<impl Said>) {
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
