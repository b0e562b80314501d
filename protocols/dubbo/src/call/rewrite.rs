//! The body of a call as its provider gets it: the bytes that came, unless a plugin has changed fields, path or version.

use super::limits;
use bytes::Bytes;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::hessian::write::text as write;
use gateway_dubbo_codec::rewrite::{self, Change, Edit};
use gateway_engine::exchange::{Call, Exchange, Version};
use gateway_engine::headers::Field;

/// Why a change cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixed(pub(crate) &'static str);

/// The body of the call with what was changed of it since it came; `None`: nothing was.
///
/// # Errors
/// It cannot be changed; it is not to be sent as it came.
pub(crate) fn rewritten(x: &Exchange, call: &Call, body: &Bytes) -> Result<Option<Bytes>, Fixed> {
    if x.req.version != Version::Dubbo2 {
        // A plugin has made the body of something else.
        return Ok(None);
    }
    const TOUCHED: u8 = Field::EDITED | Field::DEAD;
    let fields = x.req.head.fields().iter().any(|f| f.flags & TOUCHED != 0);
    if !fields && x.req.upstream_target.is_none() {
        return Ok(None);
    }
    if call.latent
        && call.takes_more
        && x.req.upstream_target.is_none()
        && let Some(longer) = longer(x, body)?
    {
        return Ok(Some(longer));
    }
    changed(x, call, body)
}

/// The body with the fields as attachments behind those that are there, none of which is called so. `None`: a field is not such a one.
fn longer(x: &Exchange, body: &Bytes) -> Result<Option<Bytes>, Fixed> {
    let head = &x.req.head;
    let Some((end, start)) = body.split_last() else { return Ok(None) };
    let size: usize = head.fields().iter().map(|f| usize::from(f.nlen) + f.vlen as usize + 8).sum();
    let mut out = Vec::with_capacity(body.len() + size);
    out.extend_from_slice(start);
    for field in head.fields() {
        let name = head.name(field).text();
        if !matches!(name, [b'x' | b'X', b'-', ..]) || field.flags & Field::EDITED == 0 {
            return Ok(None);
        }
        if field.flags & Field::DEAD == 0 {
            write(&mut out, text(name)?);
            write(&mut out, text(head.value(field))?);
        }
    }
    out.push(*end);
    Ok(Some(out.into()))
}

fn text(bytes: &[u8]) -> Result<&str, Fixed> {
    std::str::from_utf8(bytes).map_err(|_| Fixed("a field is no text"))
}

#[cold]
fn changed(x: &Exchange, call: &Call, body: &Bytes) -> Result<Option<Bytes>, Fixed> {
    let head = &x.req.head;
    let mut changes: Vec<Change<'_>> = Vec::new();
    let mut edit = Edit::default();
    for field in head.fields() {
        let name = text(head.name(field).text())?;
        let here = field.flags & Field::DEAD == 0;
        let touched = field.flags & (Field::EDITED | Field::DEAD) != 0;
        if !touched || (!here && head.contains(head.name(field))) {
            continue;
        }
        let value = if here { Some(text(head.value(field))?) } else { None };
        match name {
            _ if name.eq_ignore_ascii_case("tri-service-version") => {
                edit.version = Some(value.unwrap_or(""));
                changes.push(change("version", value));
            }
            _ if name.eq_ignore_ascii_case("tri-service-group") => changes.push(change("group", value)),
            // The protocol's version is the consumer's, and answers go by it.
            _ if name.eq_ignore_ascii_case("dubbo-version") => {}
            _ => changes.push(change(name, value)),
        }
    }
    if let Some((path, method)) = target(x)? {
        if path.as_bytes() != head.text(call.interface) {
            edit.path = Some(path);
            changes.push(Change::Set("path", path));
            changes.push(Change::Set("interface", path));
        }
        if method.as_bytes() != head.text(call.method) {
            edit.method = Some(method);
        }
    }
    if changes.is_empty() && edit.path.is_none() && edit.method.is_none() && edit.version.is_none() {
        return Ok(None);
    }
    if Serialization(call.serialization) != Serialization::HESSIAN2 {
        return Err(Fixed("a call in fastjson2 cannot be changed on its way; consumers choose by `serialization`"));
    }
    let depth = x.worker().with_settings(|s| s.limits.dubbo.depth);
    edit.attachments = &changes;
    let out = rewrite::call(body, &edit, limits(depth)).map_err(|_| Fixed("the call cannot be read"))?;
    Ok(Some(out.into()))
}

fn change<'c>(name: &'c str, value: Option<&'c str>) -> Change<'c> {
    match value {
        Some(value) => Change::Set(name, value),
        None => Change::Remove(name),
    }
}

/// Where a plugin has sent the call, where one has: path of the service and method.
fn target(x: &Exchange) -> Result<Option<(&str, &str)>, Fixed> {
    if x.req.upstream_target.is_none() {
        return Ok(None);
    }
    let path = x.upstream_target().split(|b| *b == b'?').next().unwrap_or_default();
    let path = std::str::from_utf8(path).map_err(|_| Fixed("the new path is no text"))?;
    let parts = path.strip_prefix('/').and_then(|path| path.rsplit_once('/'));
    match parts {
        Some((path, method)) if !path.is_empty() && !method.is_empty() => Ok(Some((path, method))),
        _ => Err(Fixed("the new path is not /<interface>/<method>")),
    }
}
