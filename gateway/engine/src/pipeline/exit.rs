//! The one place where an exit becomes an answer.

use std::future::poll_fn;

use bytes::Bytes;

use super::{phases, proxy, relay};
use crate::buf::Chunk;
use crate::exchange::{Exchange, Framing, Origin};
use crate::grpc;
use crate::headers::name;
use crate::plugin::{Exit, ExitBody, phrase};
use crate::watch;
use crate::wire::Downstream;
use crate::worker::{now_ms, now_us};

/// Answers with `exit`: it passes `header_filter` and `body_filter` like any other answer.
pub(super) async fn respond(x: &mut Exchange, down: &mut dyn Downstream, exit: Box<Exit>) {
    if x.resp.started {
        // Its beginning is with the client: all that is left is to show that it is not whole.
        down.abort();
        return;
    }
    let mut body = prepare(x, *exit);
    phases::header_filter(x);
    phases::body_filter(x, &mut body, true);
    if x.resp.body_changes && body.is_empty() {
        x.resp.framing = Framing::Length(0);
    }
    if !body.is_empty() || x.resp.body_changes {
        x.resp.framing = Framing::Length(body.len() as u64);
    }
    down.stop();
    poll_fn(|cx| {
        let rest = down.poll_rest(cx);
        if rest.is_pending() {
            x.deadline.wait(cx.waker(), now_ms() + proxy::LOOK_MS);
        }
        rest
    })
    .await;
    relay::respond(x, down, body, true);
    if relay::flush_down(x, down).await.is_err() {
        down.abort();
    }
}

/// Answers `status` outside of the pipeline: to what its protocol refused before it was a request, or what panicked. It counts
/// and is logged like any other answer of the gateway's own once it is out and [`finish`](super::finish) is called.
pub fn refuse(x: &mut Exchange, down: &mut dyn Downstream, status: u16) {
    (x.times.start_ms, x.times.start_us) = (now_ms(), now_us());
    grpc::look(x);
    if !x.watched.is_on() {
        watch::look(x);
    }
    let snapshot = x.worker().snapshot();
    x.globals = x.worker().global_chain(&snapshot);
    let body = prepare(x, Exit::page(status));
    down.stop();
    relay::respond(x, down, body, true);
}

/// Fills in the answer's head; gives the body.
fn prepare(x: &mut Exchange, exit: Exit) -> Chunk {
    let origin = x.resp.origin;
    x.resp.reset();
    x.resp.origin = origin;
    x.resp.status = exit.status;
    let body = match exit.body {
        ExitBody::Text(text) => text,
        ExitBody::Page if exit.status >= 300 => page(x, exit.status),
        ExitBody::Page => Bytes::new(),
    };
    let kind: &[u8] = exit.content_type.as_deref().unwrap_or(b"text/plain; charset=utf-8");
    // What plugins give here was checked when it was made, or is refused by the same check now and left out.
    let _ = x.resp.head.set(name::CONTENT_TYPE, kind);
    for (name, value) in &exit.headers {
        let _ = x.resp.head.append(name.as_name(), value);
    }
    if origin == Origin::Proxy && !x.upstream.failed.is_empty() {
        relay::say_upstream_status(x, None);
    }
    x.apply_early_headers();
    if x.req.grpc && exit.status >= 300 {
        return status(x, exit.status, &body);
    }
    x.resp.framing = Framing::Length(body.len() as u64);
    Chunk::from(body)
}

/// The same answer as a gRPC caller understands it: a head alone, with the call's status.
fn status(x: &mut Exchange, http: u16, body: &[u8]) -> Chunk {
    let code = grpc::status_of(http);
    x.resp.status = 200;
    x.resp.grpc_status = Some(code);
    x.resp.framing = Framing::None;
    x.resp.head.set_static(name::CONTENT_TYPE, "application/grpc");
    grpc::put_status(&mut x.resp.head, code, &grpc::message_of(body, phrase(http)));
    Chunk::empty()
}

/// The standard body of a status, with the request's id where one is known.
fn page(x: &Exchange, status: u16) -> Bytes {
    let phrase = phrase(status);
    let mut text = format!("{{\"error_msg\":\"{status} {phrase}\"");
    if phrase.is_empty() {
        text = format!("{{\"error_msg\":\"{status}\"");
    }
    if let Some(id) = x.custom_var("apisix_request_id").and_then(|id| std::str::from_utf8(id).ok()) {
        text.push_str(",\"request_id\":");
        text.push_str(&serde_json::Value::from(id).to_string());
    }
    text.push_str("}\n");
    Bytes::from(text)
}

/// The exit for a failure between the gateway and an upstream.
pub(super) fn proxy_failure(x: &mut Exchange, status: u16) -> Box<Exit> {
    x.resp.reset();
    x.resp.origin = Origin::Proxy;
    Box::new(Exit::page(status))
}
