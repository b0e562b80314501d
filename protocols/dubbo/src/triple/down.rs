//! A consumer of Triple, a provider of Dubbo2: the call out of the request.

use super::answer::ANSWERS;
use super::{message, refused};
use crate::call::{READER, fit, limits};
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::triple::{self, BINARY, CONVERT, Converted, Target, Value, is_reserved, restored};
use gateway_engine::calls::Counted;
use gateway_engine::exchange::{Call, Exchange};
use gateway_engine::headers::{Field, Headers, Name, name};
use gateway_engine::pipeline::is_identity;
use gateway_engine::plugin::Exit;
use gateway_engine::worker::now_ms;

const SERVICE_VERSION: Name<'static> = Name::from_parts(0, b"tri-service-version");
const SERVICE_GROUP: Name<'static> = Name::from_parts(0, b"tri-service-group");
const APPLICATION: Name<'static> = Name::from_parts(0, b"tri-consumer-appname");
const CONVERTED: Name<'static> = Name::from_parts(0, CONVERT.as_bytes());
const ENCODING: Name<'static> = Name::from_parts(0, b"grpc-encoding");

/// Makes a call of a request whose body is collected.
///
/// # Errors
/// The answer that says why it cannot be one.
pub(super) fn make_call(x: &mut Exchange) -> Result<(), Box<Exit>> {
    let most = message::most(x);
    let depth = x.worker().with_settings(|s| s.limits.dubbo.depth);
    let body = x.req.collected.clone().unwrap_or_default();
    let coding = x.req.head.get(ENCODING);
    let message =
        message::only(&body, coding, most).map_err(|why| Box::new(Exit::error_msg(why.status(), &why.to_string())))?;
    let (path, method) = names(x)?;
    let head = &x.req.head;
    let text = |n| text(head, n).unwrap_or_default();
    let version = Some(text(SERVICE_VERSION)).filter(|version| *version != "0.0.0").unwrap_or_default();
    let target = Target { path: &path, version, group: text(SERVICE_GROUP), method: &method };
    let left = x.req.until_ms.saturating_sub(now_ms()).max(1).to_string();
    let mut attachments = Vec::new();
    if x.req.until_ms != 0 {
        attachments.push(("timeout", Value::Text(left.as_str().into())));
    }
    let application = text(APPLICATION);
    if !application.is_empty() {
        attachments.push(("remote.application", Value::Text(application.into())));
    }
    let converted = Converted::read(head.get(CONVERTED));
    let lower = lowered(head);
    let (bytes, texts): (Vec<_>, Vec<_>) = lower.iter().partition(|(_, name)| name.ends_with(BINARY));
    // What plugins have looked at counts: bytes are no second way to a name.
    for (field, name) in texts.into_iter().chain(bytes) {
        let spelled = head.name(field).as_str();
        let Some((plain, value)) = restored(name, head.value(field)) else { continue };
        let known = attachments.iter().any(|(known, _)| known.eq_ignore_ascii_case(plain));
        let forged = plain.len() < name.len() && is_identity(plain.as_bytes());
        if known || forged || is_reserved(plain) {
            continue;
        }
        // What a plugin has set is spelled as the plugin does.
        let name =
            if spelled == name { converted.original(plain) } else { spelled.get(..plain.len()).unwrap_or(plain) };
        attachments.push((name, value));
    }
    let (body, attachments_at) =
        triple::call(&message, &target, attachments, limits(depth), most).map_err(|unfit| refused(&unfit))?;
    let (version, group) = (version.to_owned(), target.group.to_owned());
    let head = &mut x.req.head;
    let call = Call {
        reader: Some(READER),
        replies: Some(ANSWERS),
        interface: head.store(path.as_bytes()),
        method: head.store(method.as_bytes()),
        version: head.store(version.as_bytes()),
        group: head.store(group.as_bytes()),
        serialization: Serialization::HESSIAN2.0,
        one_way: false,
        reads_attachments: true,
        attachments_at: u32::try_from(attachments_at).unwrap_or(0),
        takes_more: false,
        latent: false,
        hidden: false,
        asked: false,
        counted: Counted::default(),
    };
    x.req.call = Some(call);
    x.replace_body(body.into());
    Ok(())
}

/// Path of the service and method, where the request is sent to.
fn names(x: &Exchange) -> Result<(String, String), Box<Exit>> {
    let target = x.upstream_target().split(|b| *b == b'?').next().unwrap_or_default();
    let parts = gateway_engine::grpc::names(target).filter(|(path, method)| fit(path) && fit(method));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let none = || Box::new(Exit::error_msg(404, "the path is not /<interface>/<method>"));
    parts.map(|(path, method)| (text(path), text(method))).ok_or_else(none)
}

/// Fields that may be attachments, with their names in lower case; of those that come twice the first, which is the one that plugins see.
fn lowered(head: &Headers) -> Vec<(&Field, String)> {
    let mut all: Vec<(&Field, String)> = Vec::new();
    for field in head.fields().iter().filter(|f| f.flags & (Field::DEAD | Field::HOP) == 0) {
        let name = head.name(field).as_str().to_ascii_lowercase();
        if field.id == name::CONTENT_TYPE.id() || all.iter().any(|(_, known)| *known == name) {
            continue;
        }
        all.push((field, name));
    }
    all
}

fn text<'h>(head: &'h Headers, n: Name<'_>) -> Option<&'h str> {
    std::str::from_utf8(head.get(n)?).ok()
}
