//! What is asked: a line for the request, and a line for each field of its head.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Map, Value, json};

use crate::call::Typed;
use crate::commands::{alias, trace};
use crate::error::Error;
use crate::filter::text_of;
use crate::tui::data::text;
use crate::tui::theme::Role;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::{Look, put, width};

/// Fields of a head that can be typed.
const FIELDS: usize = 32;
/// What stands for a secret in the tap.
const MASK: &str = "***";

/// What came of a key.
pub(super) enum Outcome {
    /// It was typed.
    Stays,
    /// The question is to be asked.
    Ask,
    /// No more is typed.
    Leaves,
    /// It was not for the form.
    Other,
}

/// The lines, and what of a question has no line.
#[derive(Debug, Default)]
pub(super) struct Form {
    request: Input,
    fields: Vec<Input>,
    /// The line that is typed into: 0 is the request.
    at: usize,
    /// Holds as long as the request is the one it came with.
    more: Map<String, Value>,
    of: String,
    /// What is typed next takes the place of the request, as with a text that is marked.
    marked: bool,
}

impl Form {
    /// The form of a request that was typed elsewhere.
    pub(super) fn typed(text: &str) -> Form {
        Form { request: Input::new(text), ..Form::default() }
    }

    /// The form of a question.
    pub(super) fn of(question: &Value) -> Form {
        let request = match question.get("dubbo").filter(|call| call.is_object()) {
            Some(call) => dubbo_in_words(call),
            None => format!("{} {}", text(question, "method"), text(question, "url")).trim().to_owned(),
        };
        let mut fields = Vec::new();
        for (name, value) in question.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let values: Vec<String> = match value {
                Value::Array(values) => values.iter().map(|value| text_of(value).into_owned()).collect(),
                one => vec![text_of(one).into_owned()],
            };
            fields.extend(values.iter().map(|value| Input::new(&format!("{name}: {value}"))));
        }
        fields.truncate(FIELDS);
        let known = ["method", "url", "headers", "dubbo"];
        let more = question.as_object().into_iter().flatten().filter(|(name, _)| !known.contains(&name.as_str()));
        let more = more.map(|(name, value)| (name.clone(), value.clone())).collect();
        Form { of: request.clone(), request: Input::new(&request), fields, more, ..Form::default() }
    }

    /// The request, as it is typed.
    pub(super) fn text(&self) -> &str {
        self.request.text()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.request.text().trim().is_empty()
    }

    /// Whether a field is not what was sent, because the tap does not show it.
    pub(super) fn has_masks(&self) -> bool {
        self.fields.iter().any(|field| field.text().ends_with(MASK))
    }

    /// The question, as `live/explain` takes it.
    ///
    /// # Errors
    /// What is wrong with what was typed, in a line.
    pub(super) fn question(&self) -> Result<Value, String> {
        let words = alias::words(self.request.text());
        let mut question = match words.first().map(String::as_str) {
            None => return Err("type a request: METHOD URL".to_owned()),
            Some("dubbo") => dubbo(&words)?,
            Some("grpc") => match words.get(1) {
                Some(method) => {
                    json!({ "protocol": "grpc", "method": "POST", "url": format!("/{}", method.trim_start_matches('/')) })
                }
                None => return Err("type a method: grpc package.Service/Method".to_owned()),
            },
            Some(_) => self.request_of_http()?,
        };
        let same = self.request.text() == self.of;
        for (name, value) in &self.more {
            if same || name == "client_addr" {
                question[name.as_str()] = value.clone();
            }
        }
        Ok(question)
    }

    fn request_of_http(&self) -> Result<Value, String> {
        let said = |error: Error| error.message().to_owned();
        let mut typed = match self.request.text().split_once(' ') {
            // As it came: what is in a path is not for a shell to read.
            Some((method, url)) if self.request.text() == self.of => {
                Typed { method: Some(method.to_owned()), target: Some(url.to_owned()), ..Typed::default() }
            }
            _ => Typed::words(&[self.request.text().trim().to_owned()]).map_err(said)?,
        };
        let fields = self.fields.iter().map(|field| field.text().trim()).filter(|field| !field.is_empty());
        typed.headers.extend(fields.map(str::to_owned));
        let call = typed.call(&|_| Err(Error::usage("files are not read here"))).map_err(said)?;
        Ok(trace::plain(&call))
    }

    /// Begins to type: another request, or changes of the one that is there.
    pub(super) fn begin(&mut self) {
        self.at = 0;
        self.marked = !self.is_empty();
    }

    /// Whether what is typed next takes the place of the request.
    pub(super) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        let marked = std::mem::take(&mut self.marked);
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => {
                self.fields.retain(|field| !field.text().trim().is_empty());
                self.at = 0;
                return Outcome::Leaves;
            }
            KeyCode::Enter => {
                self.fields.retain(|field| !field.text().trim().is_empty());
                self.at = self.at.min(self.fields.len());
                return Outcome::Ask;
            }
            KeyCode::Down | KeyCode::Tab if plain => self.next(),
            KeyCode::Up | KeyCode::BackTab => self.at = self.at.saturating_sub(1),
            _ => {
                if marked && plain && matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete) {
                    self.request.set("");
                    if !matches!(key.code, KeyCode::Char(_)) {
                        return Outcome::Stays;
                    }
                }
                if !self.line().key(key) {
                    return Outcome::Other;
                }
            }
        }
        Outcome::Stays
    }

    /// Takes a text in at the cursor; a command of several lines is one.
    pub(super) fn paste(&mut self, text: &str) {
        if std::mem::take(&mut self.marked) {
            self.request.set("");
        }
        let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
        self.line().insert(text.trim());
    }

    fn line(&mut self) -> &mut Input {
        match self.at.checked_sub(1).and_then(|place| self.fields.get_mut(place)) {
            Some(field) => field,
            None => &mut self.request,
        }
    }

    /// To the next line; behind the last one there is a new one, unless that is empty.
    fn next(&mut self) {
        if self.at < self.fields.len() {
            self.at += 1;
        } else if self.fields.len() < FIELDS && self.fields.last().is_none_or(|last| !last.text().trim().is_empty()) {
            self.fields.push(Input::default());
            self.at = self.fields.len();
        }
    }

    /// Lines that it takes, where there is room.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.fields.len() + 1).unwrap_or(u16::MAX).min(8)
    }

    /// Draws the lines around the one that is typed into.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, typing: bool) {
        let lines: Vec<&Input> = std::iter::once(&self.request).chain(&self.fields).collect();
        let first = (self.at + 1).saturating_sub(usize::from(area.height));
        for (y, (place, input)) in (0..area.height).zip(lines.into_iter().enumerate().skip(first)) {
            let label = if place == 0 { "request " } else { "field   " };
            let line = Rect { y: area.y + y, height: 1, ..area };
            let x = put(buffer, line, 0, 0, label, look.style(Role::Dim)).min(line.width);
            let field = Rect { x: line.x + x, width: line.width - x, ..line };
            let (x, y) = input.draw(buffer, field, look);
            if typing && place == 0 && self.marked {
                let wide = u16::try_from(width(input.text())).unwrap_or(u16::MAX).min(field.width);
                buffer.set_style(Rect { width: wide, ..field }.intersection(buffer.area), look.style(Role::Selection));
            } else if typing && place == self.at {
                buffer.set_style(Rect { x, y, width: 1, height: 1 }, look.style(Role::Selection));
            }
        }
    }
}

/// `dubbo INTERFACE[/VERSION[/GROUP]] METHOD`.
fn dubbo(words: &[String]) -> Result<Value, String> {
    let [_, service, method] = words else {
        return Err("type a call: dubbo INTERFACE[/VERSION[/GROUP]] METHOD".to_owned());
    };
    let mut parts = service.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (interface, version, group) = (part(), part(), part());
    Ok(
        json!({ "protocol": "dubbo", "dubbo": { "interface": interface, "method": method, "version": version, "group": group } }),
    )
}

fn dubbo_in_words(call: &Value) -> String {
    let [interface, version, group, method] = ["interface", "version", "group", "method"].map(|name| text(call, name));
    let service = match (version, group) {
        ("", "") => interface.to_owned(),
        (version, "") => format!("{interface}/{version}"),
        (version, group) => format!("{interface}/{version}/{group}"),
    };
    format!("dubbo {service} {method}")
}

/// A request that a route is made for, as far as that can be guessed.
pub(super) fn of_route(route: &Value, service: Option<&Value>) -> Value {
    let first = |value: &Value, one: &str, many: &str| -> Option<String> {
        let single = value.get(one).and_then(Value::as_str);
        single.or_else(|| value.get(many)?.get(0)?.as_str()).map(str::to_owned)
    };
    let method = route.pointer("/methods/0").and_then(Value::as_str).unwrap_or("GET");
    let host = first(route, "host", "hosts").or_else(|| service.and_then(|service| first(service, "host", "hosts")));
    let path = first(route, "uri", "uris").unwrap_or_else(|| "/".to_owned());
    // Parameters of a path need a value.
    let parts: Vec<&str> = path.split('/').map(|part| if part.starts_with(':') { "1" } else { part }).collect();
    let path = parts.join("/").replace('*', "");
    let url = match host {
        Some(host) => format!("http://{}{path}", host.replace('*', "a")),
        None => path,
    };
    let mut question = json!({ "method": method, "url": url });
    if route.get("enable_websocket").and_then(Value::as_bool) == Some(true) {
        question["protocol"] = "websocket".into();
    }
    question
}

/// The question as a row of the tap would have it, for a command line of curl; `None` of a call of Dubbo.
pub(super) fn as_row(question: &Value) -> Option<Value> {
    let url = text(question, "url");
    let url = if url.starts_with('/') { format!("http://127.0.0.1{url}") } else { url.to_owned() };
    let (scheme, rest) = url.split_once("://")?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    Some(json!({
        "method": text(question, "method"), "host": host, "path": if path.is_empty() { "/" } else { path },
        "protocol": if text(question, "protocol").is_empty() { "http1" } else { text(question, "protocol") },
        "tls": if scheme == "https" { json!({}) } else { Value::Null }, "req_headers": question.get("headers"),
        "req_body": question.get("body"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_to_and_fro() {
        for question in [
            json!({"method": "GET", "url": "http://api.example/x?a=1", "headers": {"apikey": "k"}, "protocol": "http2", "client_addr": "10.1.2.3"}),
            json!({"protocol": "dubbo", "dubbo": {"interface": "a.B", "method": "m", "version": "1.0", "group": "g"}}),
        ] {
            assert_eq!(Form::of(&question).question().unwrap(), question);
        }
        let question = |text: &str| Form::typed(text).question();
        assert_eq!(question("/x").unwrap()["method"], "GET");
        assert_eq!(question("curl -XPOST http://h/x -d a=1").unwrap()["body"], "a=1");
        assert_eq!(question("grpc a.B/C").unwrap()["url"], "/a.B/C");
        for bad in ["", "dubbo", "grpc", "GET", "GET /x /y", "curl -d @/etc/passwd http://h"] {
            assert!(question(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_of_routes() {
        let url = |route: Value, service: Option<Value>| {
            of_route(&route, service.as_ref())["url"].as_str().unwrap().to_owned()
        };
        assert_eq!(url(json!({"uris": ["/a/:id/*"], "hosts": ["*.x.example"]}), None), "http://a.x.example/a/1/");
        assert_eq!(url(json!({"uri": "/b"}), Some(json!({"hosts": ["h"]}))), "http://h/b");
        assert_eq!(url(json!({}), None), "/");
        assert_eq!(as_row(&json!({"url": "https://h:1?x", "method": "GET"})).unwrap()["host"], "h:1");
    }
}
