//! How an answer is shown.

use std::time::Duration;

use serde_json::{Value, json};

use super::{App, Came};
use crate::call::grpc;
use crate::call::send::Sent;
use crate::call::websocket::{Message, Talk};
use crate::error::Result;
use crate::output::clean;

/// Characters of a body in a line.
const SHORT: usize = 200;

/// The head and the body, as they came.
///
/// # Errors
/// The output cannot be written.
pub(super) fn answer(came: &Came, app: &App<'_>) -> Result<()> {
    match came {
        Came::Answer(sent) => {
            head(sent.version, sent.status, &sent.headers, app)?;
            body(sent, app)?;
            for (name, value) in &sent.trailers {
                app.out.line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
            }
            app.out.flush()?;
            app.out.note(&line(sent));
        }
        Came::Talk(talk) => {
            head(talk.version, talk.status, &talk.headers, app)?;
            for message in &talk.messages {
                match message {
                    Message::Text(text) => app.out.line(text)?,
                    Message::Binary(bytes) => app.out.line(&format!("({} bytes)", bytes.len()))?,
                }
            }
            app.out.flush()?;
            if let Some((code, why)) = &talk.closed {
                app.out.note(format!("closed with {code} {why}").trim_end());
            }
        }
    }
    Ok(())
}

fn head(version: &str, status: u16, headers: &reqwest::header::HeaderMap, app: &App<'_>) -> Result<()> {
    app.out.line(&format!("{version} {status}"))?;
    for (name, value) in headers {
        app.out.line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
    }
    app.out.line("")
}

fn body(sent: &Sent, app: &App<'_>) -> Result<()> {
    if sent.body.is_empty() {
        return Ok(());
    }
    if sent.field("content-type").is_some_and(|kind| kind.starts_with("application/grpc")) {
        let lengths: Vec<String> = grpc::messages(&sent.body).iter().map(|message| message.len().to_string()).collect();
        return app.out.line(&format!("({} messages of {} bytes)", lengths.len(), lengths.join(", ")));
    }
    match sent.text() {
        None if app.tty.stdout => app.out.line(&format!("({} bytes that are no text)", sent.body.len())),
        Some(text) if app.tty.stdout => {
            app.out.bytes(format!("{}\n", clean::lines(text).trim_end_matches('\n')).as_bytes())
        }
        // A program gets the bytes as they are.
        _ => {
            app.out.bytes(&sent.body)?;
            if sent.body.last() == Some(&b'\n') { Ok(()) } else { app.out.bytes(b"\n") }
        }
    }
}

/// What came and how long it took, in a line.
pub(crate) fn line(sent: &Sent) -> String {
    let from = sent.address.map(|address| format!(" from {address}")).unwrap_or_default();
    let status = match grpc::status(sent) {
        Some((status, said)) => format!(", gRPC {status} {} {said}", grpc::name(status)).trim_end().to_owned(),
        None => String::new(),
    };
    let (first, total, bytes) = (ms(sent.first), ms(sent.total), sent.body.len());
    format!("{} {}{status}, {bytes} bytes in {total} (the head in {first}){from}", sent.version, sent.status)
}

/// The beginning of the body in a line.
pub(crate) fn short_body(sent: &Sent) -> String {
    let Some(text) = sent.text() else { return format!("({} bytes that are no text)", sent.body.len()) };
    let mut short: String = text.trim().chars().take(SHORT).collect();
    if short.len() < text.trim().len() {
        short.push_str("...");
    }
    short
}

/// `3.21 ms`
pub(super) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// A WebSocket as a document.
pub(super) fn talk_document(talk: &Talk) -> Value {
    let messages = talk.messages.iter().map(|message| match message {
        Message::Text(text) => json!({ "text": text }),
        Message::Binary(bytes) => json!({ "bytes": bytes.len() }),
    });
    let closed = talk.closed.as_ref().map(|(code, why)| json!({ "code": code, "reason": why }));
    json!({
        "http": talk.version, "status": talk.status, "messages": messages.collect::<Vec<Value>>(), "closed": closed,
    })
}
