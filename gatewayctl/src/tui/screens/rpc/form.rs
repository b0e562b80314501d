//! What a method is called with: JSON arguments, which are checked before they are sent.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::methods::{Protocol, method, params, protocol, takes_stream};
use crate::tui::data::{Row, flag, text};
use crate::tui::msg::Call;
use crate::tui::theme::Role;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::{Look, put};
use crate::tui::wish::send;

/// Time that a call has unless another one is typed, and the longest, in milliseconds.
const USUAL_MS: u64 = 5_000;
const LONGEST_MS: u64 = 60_000;

/// What came of a key.
pub(super) enum Outcome {
    Stays,
    /// The call is to be made.
    Send,
    /// The form is to be closed.
    Leaves,
    /// The call before this one, or the one behind it.
    Recall(isize),
    /// It was not for the form.
    Other,
}

/// The form of a method.
pub(super) struct Form {
    pub(super) row: Row,
    fields: [Input; 4],
    at: usize,
    pub(super) wrong: Option<String>,
    /// How far back in the history.
    pub(super) back: usize,
}

const ARGUMENTS: usize = 0;
const ATTACHMENTS: usize = 1;
const NODE: usize = 2;
const TIMEOUT: usize = 3;

impl Form {
    /// With values of the types that the method takes.
    pub(super) fn new(row: Row) -> Form {
        let arguments = match protocol(&row.value) {
            Protocol::Dubbo => {
                let given: Vec<Value> = params(&row.value).unwrap_or_default().iter().map(|of| example(of)).collect();
                Value::Array(given).to_string()
            }
            Protocol::Grpc => "{}".to_owned(),
        };
        let fields = [Input::new(&arguments), Input::default(), Input::default(), Input::new(&USUAL_MS.to_string())];
        Form { row, fields, at: ARGUMENTS, wrong: None, back: 0 }
    }

    /// As it was filled before.
    pub(super) fn fill(&mut self, fields: &[String]) {
        for (input, text) in self.fields.iter_mut().zip(fields) {
            input.set(text);
        }
        self.wrong = self.call().err();
    }

    /// What is in it.
    pub(super) fn texts(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.text().to_owned()).collect()
    }

    fn text(&self, place: usize) -> &str {
        self.fields.get(place).map_or("", |field| field.text().trim())
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => return Outcome::Leaves,
            KeyCode::Enter => return Outcome::Send,
            KeyCode::PageUp => return Outcome::Recall(1),
            KeyCode::PageDown => return Outcome::Recall(-1),
            KeyCode::Down | KeyCode::Tab if plain => self.at = (self.at + 1) % self.fields.len(),
            KeyCode::Up | KeyCode::BackTab => self.at = (self.at + self.fields.len() - 1) % self.fields.len(),
            _ => {
                let taken = self.fields.get_mut(self.at).is_some_and(|field| field.key(key));
                if !taken {
                    return Outcome::Other;
                }
                self.wrong = self.call().err();
            }
        }
        Outcome::Stays
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.at) {
            field.insert(text);
        }
        self.wrong = self.call().err();
    }

    /// The call.
    ///
    /// # Errors
    /// What is wrong with what was typed, in a line.
    pub(super) fn call(&self) -> Result<Call, String> {
        let value = &*self.row.value;
        if method(value).is_empty() {
            return Err("no method of this service is known".to_owned());
        }
        let timeout = self.text(TIMEOUT).parse::<u64>().ok().filter(|ms| (1..=LONGEST_MS).contains(ms));
        let timeout = timeout.ok_or_else(|| format!("timeout: expected 1 to {LONGEST_MS} milliseconds"))?;
        let (path, mut body) = match protocol(value) {
            Protocol::Dubbo => ("/live/dubbo/invoke", self.dubbo(value)?),
            Protocol::Grpc => ("/live/grpc/invoke", self.grpc(value)?),
        };
        if !self.text(NODE).is_empty() {
            body["node"] = self.text(NODE).into();
        }
        body["timeout_ms"] = timeout.into();
        // The answer has a little more time than the provider.
        let patience = Some(Duration::from_millis(timeout + 3_000));
        Ok(Call { patience, ..send(Method::POST, path, body) })
    }

    fn dubbo(&self, value: &Value) -> Result<Value, String> {
        let given = match self.text(ARGUMENTS) {
            "" => Value::Array(Vec::new()),
            text => serde_json::from_str(text).map_err(|error| format!("arguments: no JSON: {error}"))?,
        };
        let given = match given {
            Value::Array(given) => given,
            one => vec![one],
        };
        let types = params(value);
        if let Some(types) = &types {
            if types.len() != given.len() {
                return Err(format!("arguments: the method takes {}, and there are {}", types.len(), given.len()));
            }
            for (place, (of, given)) in types.iter().zip(&given).enumerate() {
                if !may_be(of, given) {
                    return Err(format!("arguments: number {} is no {of}", place + 1));
                }
            }
        }
        let mut attachments = Map::new();
        for pair in pairs(self.text(ATTACHMENTS)) {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| format!("attachments: \"{pair}\" is not name=value"))?;
            attachments.insert(name.trim().to_owned(), value.trim().into());
        }
        // Only where the name alone does not say which one.
        let types = types.filter(|_| flag(value, "overloaded")).unwrap_or_default();
        Ok(json!({
            "interface": text(value, "service"), "method": method(value), "version": text(value, "version"),
            "group": text(value, "group"), "types": types, "args": given, "attachments": attachments,
        }))
    }

    fn grpc(&self, value: &Value) -> Result<Value, String> {
        let messages: Result<Vec<Value>, _> =
            serde_json::Deserializer::from_str(self.text(ARGUMENTS)).into_iter().collect();
        let mut messages: Vec<Value> = messages.map_err(|error| format!("message: no JSON: {error}"))?;
        let mut headers = Map::new();
        for pair in pairs(self.text(ATTACHMENTS)) {
            let (name, value) =
                pair.split_once(':').ok_or_else(|| format!("metadata: \"{pair}\" is not name: value"))?;
            headers.insert(name.trim().to_owned(), value.trim().into());
        }
        let mut body = json!({ "service": text(value, "service"), "method": method(value), "headers": headers });
        if takes_stream(value) {
            body["messages"] = messages.into();
        } else if messages.len() > 1 {
            return Err(format!("message: the method takes one, and there are {}", messages.len()));
        } else {
            body["message"] = messages.pop().unwrap_or_else(|| json!({}));
        }
        Ok(body)
    }

    /// Lines that the fields take.
    pub(super) fn height(&self) -> u16 {
        self.fields.len() as u16
    }

    /// Draws the fields.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let names = match protocol(&self.row.value) {
            Protocol::Dubbo => ["arguments", "attachments", "node", "timeout ms"],
            Protocol::Grpc if takes_stream(&self.row.value) => ["messages", "metadata", "node", "timeout ms"],
            Protocol::Grpc => ["message", "metadata", "node", "timeout ms"],
        };
        let hints = match protocol(&self.row.value) {
            Protocol::Dubbo => ["a JSON array", "name=value; name=value", "the gateway chooses", ""],
            Protocol::Grpc => ["{}", "name: value; name: value", "the gateway chooses", ""],
        };
        for (y, (place, input)) in (0..area.height).zip(self.fields.iter().enumerate()) {
            let line = Rect { y: area.y + y, height: 1, ..area };
            let name = names.get(place).copied().unwrap_or_default();
            let x = put(buffer, line, 0, 0, &format!("{name:<12}"), look.style(Role::Dim)).min(line.width);
            let field = Rect { x: line.x + x, width: line.width - x, ..line };
            if input.text().is_empty() {
                let hint = hints.get(place).copied().unwrap_or_default();
                put(buffer, field, 2, 0, hint, look.style(Role::Off));
            }
            let (x, y) = input.draw(buffer, field, look);
            if place == self.at {
                buffer.set_style(Rect { x, y, width: 1, height: 1 }, look.style(Role::Selection));
            }
        }
    }
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|pair| !pair.is_empty())
}

/// A value of a Java type, to begin with.
fn example(of: &str) -> Value {
    match kind(of) {
        Some("text") => json!(""),
        Some("flag") => json!(false),
        Some("number") => json!(0),
        Some("list") => json!([]),
        _ => json!({}),
    }
}

/// What JSON a Java type is, where that is sure.
fn kind(of: &str) -> Option<&'static str> {
    if of.ends_with("[]") && of != "byte[]" {
        return Some("list");
    }
    Some(match of.split('<').next().unwrap_or_default() {
        "java.lang.String" | "char" | "java.lang.Character" => "text",
        "boolean" | "java.lang.Boolean" => "flag",
        "byte" | "short" | "int" | "long" | "float" | "double" | "java.lang.Byte" | "java.lang.Short"
        | "java.lang.Integer" | "java.lang.Long" | "java.lang.Float" | "java.lang.Double" => "number",
        "java.util.List" | "java.util.Set" | "java.util.Collection" => "list",
        _ => return None,
    })
}

/// Whether a value may be of a Java type; the gateway looks closer.
fn may_be(of: &str, value: &Value) -> bool {
    match (kind(of), value) {
        (None, _) => true,
        (Some(_), Value::Null) => of.contains('.') || of.ends_with("[]"),
        // Numbers beyond what JSON has are texts.
        (Some("number"), Value::Number(_) | Value::String(_)) => true,
        (Some("text"), Value::String(_)) | (Some("flag"), Value::Bool(_)) | (Some("list"), Value::Array(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(value: Value, fields: &[&str]) -> Form {
        let mut form = Form::new(Row::new("x", value));
        form.fill(&fields.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        form
    }

    #[test]
    fn arguments_are_checked_before_they_are_sent() {
        let reduce = json!({"protocol": "dubbo", "service": "a.B", "version": "1.0", "group": "g",
            "method": {"name": "reduce", "params": ["java.lang.String", "int"], "returns": "boolean"}});
        assert_eq!(form(reduce.clone(), &[]).text(ARGUMENTS), "[\"\",0]");
        for (arguments, wrong) in [
            ("[\"a\", 1]", None),
            ("[\"a\"", Some("arguments: no JSON")),
            ("[\"a\"]", Some("arguments: the method takes 2, and there are 1")),
            ("[1, 1]", Some("arguments: number 1 is no java.lang.String")),
            ("[\"a\", null]", Some("arguments: number 2 is no int")),
        ] {
            let said = form(reduce.clone(), &[arguments]).wrong;
            assert_eq!(said.is_none(), wrong.is_none(), "{arguments}: {said:?}");
            assert!(said.unwrap_or_default().starts_with(wrong.unwrap_or_default()), "{arguments}");
        }
        let call = form(reduce.clone(), &["[\"a\", 1]", "tenant=t1; k=v=w", "10.0.0.7:20880", "800"]).call().unwrap();
        let body = json!({"interface": "a.B", "method": "reduce", "version": "1.0", "group": "g", "types": [], "args": ["a", 1],
            "attachments": {"tenant": "t1", "k": "v=w"}, "node": "10.0.0.7:20880", "timeout_ms": 800});
        assert_eq!((call.path.as_str(), call.body), ("/live/dubbo/invoke", Some(body)));
        assert!(form(reduce.clone(), &["[\"a\", 1]", "x"]).wrong.is_some());
        assert!(form(reduce, &["[\"a\", 1]", "", "", "0"]).wrong.is_some());
    }

    #[test]
    fn messages_of_grpc() {
        let get = json!({"protocol": "grpc", "service": "users.Users", "method": {"name": "Get"}});
        let body = form(get.clone(), &["{\"id\": 7}", "tenant: t1"]).call().unwrap().body.unwrap();
        assert_eq!((&body["message"], &body["headers"]), (&json!({"id": 7}), &json!({"tenant": "t1"})));
        assert!(form(get.clone(), &["{} {}"]).wrong.is_some() && form(get, &["{"]).wrong.is_some());
        let talk =
            json!({"protocol": "grpc", "service": "c.Chat", "method": {"name": "Talk", "client_streaming": true}});
        assert_eq!(form(talk, &["{} {\"a\":1}"]).call().unwrap().body.unwrap()["messages"], json!([{}, {"a": 1}]));
    }
}
