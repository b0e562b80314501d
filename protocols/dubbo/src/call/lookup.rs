//! What is looked up in a body when somebody asks for it.

use super::limits;
use gateway_dubbo_codec::fastjson2;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_engine::exchange::{Call, CallReader};
use std::borrow::Cow;

/// Looks things up in bodies of either serialization.
pub(crate) const READER: &dyn CallReader = &Reader;

struct Reader;

/// Deeper ones were refused when the call came.
const DEPTH: u32 = u32::MAX;

impl CallReader for Reader {
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
                let read = Invocation::parse(body).ok()?;
                read.attachments(body, limits(DEPTH)).ok()?.last(name).ok()?.map(|text| bytes(text.to_str()))
            }
        }
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
