//! What a provider of Triple gets in place of a call: head and message, made once and given at every try.

use crate::call::limits;
use crate::triple::{message, refused};
use bytes::Bytes;
use gateway_dubbo_codec::frame::Serialization;
use gateway_dubbo_codec::hessian::walk::Item;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::triple::{self, CONVERT, Converted, convert, field};
use gateway_engine::authority::authority;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Call, Exchange, Framing};
use gateway_engine::headers::{Field, Headers, Name, Span, name};
use gateway_engine::plugin::Exit;
use gateway_engine::wire::Upstream;
use gateway_engine::worker::now_ms;

/// A request of Triple. While it is given to the upstream's side it takes the place of what is swapped with it.
pub(super) struct Sent {
    message: Bytes,
    head: Headers,
    method: Span,
    target: Span,
    authority: Span,
    upstream_method: Option<Span>,
    upstream_target: Option<Span>,
    host: Option<Span>,
    framing: Framing,
}

/// Where an exchange keeps its own.
#[derive(Default)]
struct Kept(Option<Box<Sent>>);

impl Sent {
    /// Whether the call of an exchange is to go as one.
    pub(super) fn is_ready(x: &Exchange) -> bool {
        x.peek_state::<Kept>().is_some_and(|kept| kept.0.is_some())
    }

    /// Gives it to the upstream's side; `false`: there is none.
    pub(super) fn give(x: &mut Exchange, up: &mut dyn Upstream) -> bool {
        let Some(mut sent) = x.state::<Kept>().0.take() else { return false };
        sent.swap(x);
        up.request(x, Chunk::from(Bytes::clone(&sent.message)), true);
        sent.swap(x);
        x.state::<Kept>().0 = Some(sent);
        true
    }

    fn swap(&mut self, x: &mut Exchange) {
        let req = &mut x.req;
        std::mem::swap(&mut self.head, &mut req.head);
        std::mem::swap(&mut self.method, &mut req.method);
        std::mem::swap(&mut self.target, &mut req.target);
        std::mem::swap(&mut self.authority, &mut req.authority);
        std::mem::swap(&mut self.upstream_method, &mut req.upstream_method);
        std::mem::swap(&mut self.upstream_target, &mut req.upstream_target);
        std::mem::swap(&mut self.framing, &mut req.framing);
        std::mem::swap(&mut self.host, &mut x.upstream.host);
    }
}

const SERVICE_VERSION: Name<'static> = Name::from_parts(0, b"tri-service-version");
const SERVICE_GROUP: Name<'static> = Name::from_parts(0, b"tri-service-group");
const APPLICATION: Name<'static> = Name::from_parts(0, b"tri-consumer-appname");
const CONVERTED: Name<'static> = Name::from_parts(0, CONVERT.as_bytes());

/// Makes it out of the call of an exchange.
///
/// # Errors
/// The answer that says why that cannot be.
pub(in crate::triple) fn make_request(x: &mut Exchange) -> Result<(), Box<Exit>> {
    let (Some(call), Some(body)) = (x.req.call, x.req.collected.clone()) else { return Ok(()) };
    if Serialization(call.serialization) != Serialization::HESSIAN2 {
        let why =
            "a call that is not in hessian2 cannot go to a provider of Triple; consumers choose by `serialization`";
        return Err(Box::new(Exit::error_msg(415, why)));
    }
    let depth = x.worker().with_settings(|s| s.limits.dubbo.depth);
    let message = triple::request(&body, limits(depth), message::most(x)).map_err(|unfit| refused(&unfit))?;
    let (path, method) = names(x, &call, &body)?;
    let mut head = Headers::new();
    let post = head.store(b"POST");
    let target = head.store(format!("/{path}/{method}").as_bytes());
    let host = Some(path.as_str()).filter(|path| authority(path.as_bytes()).is_some()).unwrap_or("dubbo");
    let host = head.store(host.as_bytes());
    head.set_static(name::CONTENT_TYPE, "application/grpc+proto");
    if x.req.until_ms != 0 {
        let left = x.req.until_ms.saturating_sub(now_ms()).clamp(1, 99_999_999);
        set(&mut head, name::GRPC_TIMEOUT, &format!("{left}m"));
    }
    fields(x, &call, &body, depth, &mut head);
    let framing = Framing::Length(message.len() as u64);
    let upstream_host = x.upstream.host.map(|span| head.store(x.req.head.text(span)));
    let sent = Sent {
        message: message.into(),
        head,
        method: post,
        target,
        authority: host,
        upstream_method: None,
        upstream_target: None,
        host: upstream_host,
        framing,
    };
    x.state::<Kept>().0 = Some(Box::new(sent));
    Ok(())
}

/// Path of the service and method, as the provider knows them. A generic call is one of `$invoke`.
fn names(x: &Exchange, call: &Call, body: &[u8]) -> Result<(String, String), Box<Exit>> {
    let text = |span: Span| String::from_utf8_lossy(x.req.head.text(span)).into_owned();
    let (mut path, mut method) = (text(call.interface), text(call.method));
    let mut as_written = true;
    // A call that was made of another request has no path of its own.
    if call.replies.is_none() && x.req.upstream_target.is_some() {
        let target = x.upstream_target().split(|b| *b == b'?').next().unwrap_or_default();
        let none = || Box::new(Exit::error_msg(502, "the new path is not /<interface>/<method>"));
        let (new_path, new_method) = gateway_engine::grpc::names(target).ok_or_else(none)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        as_written = new_method == method.as_bytes();
        (path, method) = (text(new_path), text(new_method));
    }
    if as_written && let Ok(read) = Invocation::parse(body) {
        method = read.method(body).to_str().into_owned();
    }
    Ok((path, method))
}

/// Puts the attachments into a head, as plugins have left them.
fn fields(x: &Exchange, call: &Call, body: &[u8], depth: u32, into: &mut Headers) {
    let head = &x.req.head;
    let (mut converted, mut application) = (Converted::default(), None);
    if call.replies.is_none() {
        for f in head.fields().iter().filter(|f| f.flags & (Field::DEAD | Field::HOP) == 0) {
            let (Ok(value), spelled) = (std::str::from_utf8(head.value(f)), head.name(f).as_str()) else { continue };
            if spelled == "remote.application" {
                application = Some(value.to_owned());
            }
            if let Some(field) = field(spelled, value.to_owned()) {
                converted.note(spelled);
                add(into, &field);
            }
        }
        for name in [SERVICE_VERSION, SERVICE_GROUP] {
            if let Some(value) = head.get(name) {
                // It was a field's value.
                let _ = into.set(name, value);
            }
        }
    } else {
        for (name, span) in [(SERVICE_VERSION, call.version), (SERVICE_GROUP, call.group)] {
            if !span.is_empty() {
                let _ = into.set(name, head.text(span));
            }
        }
    }
    // Those that are no fields of the exchange.
    if (call.hidden || call.replies.is_some())
        && let Ok(read) = Invocation::parse(body)
        && let Ok(attachments) = read.attachments(body, limits(depth))
    {
        for attachment in attachments.map_while(Result::ok) {
            let text = matches!(attachment.value, Item::Text(_));
            let spelled = attachment.key.to_str();
            if text && *spelled == *"remote.application" {
                application = attachment.text().map(|text| text.to_str().into_owned());
            }
            if (text && call.replies.is_none()) || Name::new(spelled.as_bytes()).is_some_and(|name| into.contains(name))
            {
                continue;
            }
            if let Some(field) = convert(attachment.key, &attachment.value) {
                converted.note(&spelled);
                add(into, &field);
            }
        }
    }
    if let Some(application) = application {
        set(into, APPLICATION, &application);
    }
    if let Some(names) = converted.write() {
        set(into, CONVERTED, &names);
    }
}

fn add(head: &mut Headers, field: &triple::Field) {
    if let Some(name) = Name::new(field.name.as_bytes()) {
        set(head, name, &field.value);
    }
}

/// Sets a field; one that may not stand in a head is left out.
fn set(head: &mut Headers, name: Name<'_>, value: &str) {
    let _ = head.set(name, value.as_bytes());
}
