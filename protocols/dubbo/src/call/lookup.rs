//! What is looked up in a body when somebody asks for it.

use super::limits;
pub(crate) use super::reveal::reveal;
use super::reveal::{DUBBO_VERSION, SERVICE_GROUP, SERVICE_VERSION, can_be_field};
use bytes::Bytes;
use gateway_dubbo_codec::attachments::Attachments;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::hessian::{Error, Text};
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::exchange::{Call, CallReader, Exchange};
use gateway_engine::headers::Span;
use std::borrow::Cow;
use std::cell::Cell;

/// Looks things up in bodies of either serialization.
pub(crate) const READER: &dyn CallReader = &Reader;

struct Reader;

/// Deeper ones were refused when the call came.
const DEPTH: u32 = u32::MAX;

impl CallReader for Reader {
    fn reveal(&self, x: &mut Exchange) -> Result<(), &'static str> {
        reveal(x)
    }

    fn field<'x>(&self, x: &'x Exchange, named: &dyn Fn(&[u8]) -> bool) -> Option<Cow<'x, [u8]>> {
        let (call, body) = (x.req.call.as_ref()?, x.req.collected.as_ref()?);
        if let Some(own) = own(x, call, body, named) {
            return own;
        }
        match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                let read = fastjson2::Invocation::parse(body).ok()?;
                let list = read.attachments(body).ok()?.filter_map(Result::ok);
                let meant = list.filter(|(key, _)| named(key.as_bytes()) && can_be_field(key.as_bytes()));
                last_of(meant, &x.req.ambiguous)
            }
            _ => last_text(call, body, &x.req.ambiguous, &|key| match key.in_place() {
                Some(key) => named(key) && can_be_field(key),
                None => {
                    let key = key.to_str();
                    named(key.as_bytes()) && can_be_field(key.as_bytes())
                }
            }),
        }
    }

    fn attachment<'b>(
        &self,
        call: &Call,
        body: &'b [u8],
        name: &[u8],
        ambiguous: &Cell<bool>,
    ) -> Option<Cow<'b, [u8]>> {
        let name = std::str::from_utf8(name).ok()?;
        match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                let read = fastjson2::Invocation::parse(body).ok()?;
                let list = read.attachments(body).ok()?.filter_map(Result::ok);
                last_of(list.filter(|(key, _)| key == name), ambiguous)
            }
            _ => last_text(call, body, ambiguous, &|key| key == *name),
        }
    }

    fn rewritten(&self, x: &Exchange, call: &Call, body: &Bytes) -> Result<Option<Bytes>, &'static str> {
        super::rewrite::rewritten(x, call, body).map_err(|why| why.0)
    }

    fn argument<'b>(&self, call: &Call, body: &'b [u8], number: u32) -> Option<Cow<'b, [u8]>> {
        match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                let read = fastjson2::Invocation::parse(body).ok()?;
                fastjson2::text(read.argument(body, number).ok()??).map(bytes)
            }
            _ => {
                let read = Invocation::parse(body).ok()?;
                scalar(read.argument(body, number, limits(DEPTH)).ok()??)
            }
        }
    }
}

/// What is a field of a call's own, not of its attachments, if such a one is asked for.
fn own<'x>(
    x: &'x Exchange,
    call: &Call,
    body: &'x [u8],
    named: &dyn Fn(&[u8]) -> bool,
) -> Option<Option<Cow<'x, [u8]>>> {
    let text = |span: Span| (!span.is_empty()).then(|| x.req.head.text(span).into());
    if named(SERVICE_VERSION.text()) {
        Some(text(call.version))
    } else if named(SERVICE_GROUP.text()) {
        Some(text(call.group))
    } else if named(DUBBO_VERSION.text()) {
        Some(match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                fastjson2::Invocation::parse(body).ok().map(|read| bytes(read.dubbo_version(body)))
            }
            _ => Invocation::parse(body).ok().map(|read| bytes(read.dubbo_version(body).to_str())),
        })
    } else {
        None
    }
}

/// The value of the last attachment that is meant, where it is a text.
fn last_text<'b>(
    call: &Call,
    body: &'b [u8],
    ambiguous: &Cell<bool>,
    meant: &dyn Fn(Text<'b>) -> bool,
) -> Option<Cow<'b, [u8]>> {
    let near = match call.attachments_at {
        0 => None,
        at => Attachments::at(body, at as usize, limits(DEPTH)).ok(),
    };
    let found = near.and_then(|list| last(list, meant).ok()).unwrap_or_else(|| far(body, meant));
    if found.times > 1 {
        ambiguous.set(true);
    }
    found.last.map(|text| bytes(text.to_str()))
}

/// The same of a body in fastjson2, of attachments that are all meant.
fn last_of<'b>(
    meant: impl Iterator<Item = fastjson2::Attachment<'b>>,
    ambiguous: &Cell<bool>,
) -> Option<Cow<'b, [u8]>> {
    let (mut found, mut times) = (None, 0u32);
    for (_, value) in meant {
        (found, times) = (value, times.saturating_add(1));
    }
    if times > 1 {
        ambiguous.set(true);
    }
    found.map(bytes)
}

/// What is found of a name.
#[derive(Default)]
struct Meant<'b> {
    /// The last value, where it is a text.
    last: Option<Text<'b>>,
    /// How many attachments are meant.
    times: u32,
}

fn last<'b>(list: Attachments<'b>, meant: &dyn Fn(Text<'b>) -> bool) -> Result<Meant<'b>, Error> {
    let mut found = Meant::default();
    list.texts(|key, value| {
        if meant(key) {
            found = Meant { last: value, times: found.times.saturating_add(1) };
        }
    })?;
    Ok(found)
}

/// The same by the way of the arguments.
#[cold]
fn far<'b>(body: &'b [u8], meant: &dyn Fn(Text<'b>) -> bool) -> Meant<'b> {
    let list = Invocation::parse(body).and_then(|read| read.attachments(body, limits(DEPTH)));
    list.and_then(|list| last(list, meant)).unwrap_or_default()
}

fn scalar(item: Item<'_>) -> Option<Cow<'_, [u8]>> {
    Some(match item {
        Item::Text(text) => bytes(text.to_str()),
        Item::Bool(bool) => bytes(bool.to_string().into()),
        Item::Int(int) => bytes(int.to_string().into()),
        Item::Long(long) => bytes(long.to_string().into()),
        Item::Double(double) => bytes(double.to_string().into()),
        Item::Date(ms) => bytes(ms.to_string().into()),
        Item::Null | Item::Binary(_) | Item::Compound(_) => return None,
    })
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}
