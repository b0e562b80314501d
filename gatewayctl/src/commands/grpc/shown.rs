//! How the answer of a call is shown: messages one a line as they come, or the whole of it at the end.

use gateway_grpc::name;
use serde_json::{Map, Value};

use super::super::App;
use crate::error::{Error, Kind, Result};
use crate::output::{Format, clean};

/// The answer of a call, as far as it is there.
pub(super) struct Shown<'a> {
    app: &'a App<'a>,
    /// Messages are printed as they come.
    lines: bool,
    messages: Vec<Value>,
}

impl<'a> Shown<'a> {
    /// `streams`: there may be more than one message.
    pub(super) fn new(app: &'a App<'a>, streams: bool) -> Shown<'a> {
        let lines = match app.format() {
            Format::Ndjson => true,
            format => streams && format.is_human(),
        };
        Shown { app, lines, messages: Vec::new() }
    }

    /// Whether messages are printed as they come.
    pub(super) fn is_lines(&self) -> bool {
        self.lines
    }

    /// A message has come.
    ///
    /// # Errors
    /// It cannot be printed.
    pub(super) fn message(&mut self, mut message: Value) -> Result<()> {
        if !self.lines {
            self.messages.push(message);
            return Ok(());
        }
        message.sort_all_objects();
        self.app.out.bytes(clean::json(&message.to_string()).as_bytes())?;
        self.app.out.bytes(b"\n")?;
        self.app.out.flush()
    }

    /// The call has ended: `told` is how, in the words of the gateway's answer.
    ///
    /// # Errors
    /// Rejected: not well.
    pub(super) fn end(mut self, mut told: Map<String, Value>) -> Result<()> {
        let number = told.get("status").and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok()).unwrap_or(2);
        let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (message, node) = (text("message"), text("node"));
        let ms = told.get("ms").map(Value::to_string).unwrap_or_default();
        if !self.lines && !self.app.format().is_human() {
            told.shift_insert(0, "messages".to_owned(), Value::Array(std::mem::take(&mut self.messages)));
            self.app.printer().document(Value::Object(told))?;
        } else if !self.lines {
            for message in std::mem::take(&mut self.messages) {
                self.app.printer().document(message)?;
            }
        }
        if number == 0 {
            if self.app.format().is_human() {
                self.app.out.note(&format!("{ms} ms at {node}"));
            }
            return Ok(());
        }
        let said = if message.is_empty() { String::new() } else { format!(": {message}") };
        Err(Error::new(Kind::Rejected, format!("{} ({number}){said}", name(number))))
    }
}
