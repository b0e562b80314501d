//! What is looked up in a body when somebody asks for it.

use super::limits;
pub(crate) use super::reveal::reveal;
use bytes::Bytes;
use gateway_dubbo_codec::attachments::Attachments;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::hessian::{Error, Text};
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::exchange::{Call, CallReader, Exchange};
use gateway_engine::expr::HeaderVar;
use std::borrow::Cow;

/// Looks things up in bodies of either serialization.
pub(crate) const READER: &dyn CallReader = &Reader;

struct Reader;

/// Deeper ones were refused when the call came.
const DEPTH: u32 = u32::MAX;

impl CallReader for Reader {
    fn reveal(&self, x: &mut Exchange) -> Result<(), &'static str> {
        reveal(x)
    }

    fn field<'x>(&self, x: &'x Exchange, name: &HeaderVar) -> Option<Cow<'x, [u8]>> {
        let (call, body) = (x.req.call.as_ref()?, x.req.collected.as_ref()?);
        let head = &x.req.head;
        let own = match name.name() {
            "tri-service-version" => Some(call.version),
            "tri-service-group" => Some(call.group),
            _ => None,
        };
        if let Some(span) = own {
            return (!span.is_empty()).then(|| head.text(span).into());
        }
        let mut found = None;
        match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                let read = fastjson2::Invocation::parse(body).ok()?;
                for (key, value) in read.attachments(body).ok()?.filter_map(Result::ok) {
                    if name.matches(key.as_bytes()) {
                        found = value.map(bytes);
                    }
                }
            }
            _ => {
                let read = Invocation::parse(body).ok()?;
                let attachments = read.attachments(body, limits(DEPTH)).ok()?;
                let read = attachments.texts(|key, value| {
                    if name.matches(key.to_str().as_bytes()) {
                        found = value.map(|text| bytes(text.to_str()));
                    }
                });
                read.ok()?;
            }
        }
        found
    }

    fn attachment<'b>(&self, call: &Call, body: &'b [u8], name: &[u8]) -> Option<Cow<'b, [u8]>> {
        let name = std::str::from_utf8(name).ok()?;
        match Serialization(call.serialization) {
            Serialization::FASTJSON2 => {
                let read = fastjson2::Invocation::parse(body).ok()?;
                let found =
                    read.attachments(body).ok()?.filter_map(Result::ok).filter(|(key, _)| key == name).last()?;
                found.1.map(bytes)
            }
            _ => {
                let near = match call.attachments_at {
                    0 => None,
                    at => Attachments::at(body, at as usize, limits(DEPTH)).ok(),
                };
                near.and_then(|list| last(list, name).ok())
                    .unwrap_or_else(|| far(body, name))
                    .map(|text| bytes(text.to_str()))
            }
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

/// The value of the last attachment of this name, where it is a text.
fn last<'b>(list: Attachments<'b>, name: &str) -> Result<Option<Text<'b>>, Error> {
    let mut found = None;
    list.texts(|key, value| {
        if key == *name {
            found = value;
        }
    })?;
    Ok(found)
}

/// The same by the way of the arguments.
#[cold]
fn far<'b>(body: &'b [u8], name: &str) -> Option<Text<'b>> {
    let read = Invocation::parse(body).ok()?;
    last(read.attachments(body, limits(DEPTH)).ok()?, name).ok()?
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
