//! What can go wrong, told the same way everywhere: a kind (which is the exit code), one line in plain words, and hints
//! that name a command. [`Error::print`] is the only place that writes an error.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::output::clean;

/// The shorthand used all over the crate.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// One failure, boxed so that a `Result` stays small.
#[derive(Debug)]
pub(crate) struct Error(Box<Report>);

#[derive(Debug, Serialize)]
struct Report {
    kind: Kind,
    code: u8,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
    /// It is an answer, and nothing went wrong.
    #[serde(skip)]
    answer: bool,
    /// Further mistakes of the same files, or those that this one sums up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more: Vec<Report>,
    /// It sums them up: as text they are told first.
    #[serde(skip)]
    sums: bool,
}

/// What kind of failure it is; scripts tell them apart by [`Kind::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The answer to the question is no.
    Negative,
    /// The command line or a file is wrong.
    Usage,
    /// The named object does not exist.
    NotFound,
    /// The server does not let this key in, or the context is read-only.
    Auth,
    /// The server refused the content.
    Rejected,
    /// No answer: DNS, connection, TLS, time-out.
    Unreachable,
    /// The server failed, or answered something the API does not define.
    Server,
    /// Some of a batch succeeded.
    Partial,
    /// The person said no, or nobody could be asked.
    Aborted,
    /// What was waited for did not come in time.
    Timeout,
    /// SIGINT or SIGTERM.
    Interrupted,
    /// Whoever read our output has gone; nothing is printed.
    BrokenPipe,
}

impl Kind {
    /// The exit code of this kind.
    pub(crate) fn code(self) -> u8 {
        match self {
            Kind::Negative => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Auth => 4,
            Kind::Rejected => 5,
            Kind::Unreachable => 6,
            Kind::Server => 7,
            Kind::Partial => 8,
            Kind::Aborted => 9,
            Kind::Timeout => 10,
            Kind::Interrupted => 130,
            Kind::BrokenPipe => 141,
        }
    }

    /// The kind that an HTTP status of the Admin API stands for.
    pub(crate) fn of_status(status: u16) -> Kind {
        match status {
            // A lock-out after wrong keys is the one reason for which the Admin API answers 429.
            401 | 403 | 429 => Kind::Auth,
            404 => Kind::NotFound,
            400 | 405 | 409 | 412 | 413 | 422 => Kind::Rejected,
            _ => Kind::Server,
        }
    }
}

/// The exchange in which the server said no.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// The place in a file of the user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Source {
    pub(crate) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<u64>,
}

/// How errors are written on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// `error: …` and `hint: …` lines.
    Text,
    /// One JSON object on one line.
    Json,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error(Box::new(Report {
            kind,
            code: kind.code(),
            message: message.into(),
            resource: None,
            id: None,
            field: None,
            http: None,
            source: None,
            hints: Vec::new(),
            answer: kind == Kind::Negative,
            more: Vec::new(),
            sums: false,
        }))
    }

    /// All of them as one, with the kind of the first; `None` where there are none.
    pub(crate) fn all(errors: Vec<Error>) -> Option<Error> {
        let mut errors = errors.into_iter();
        let mut first = errors.next()?;
        first.0.more.extend(errors.flat_map(Error::each));
        Some(first)
    }

    /// The same as what these come to: as text they are told before it, as JSON they are within it.
    pub(crate) fn behind(mut self, errors: Vec<Error>) -> Error {
        self.0.more.extend(errors.into_iter().flat_map(Error::each));
        self.0.sums = true;
        self
    }

    /// It and what is within it, one by one.
    fn each(mut self) -> impl Iterator<Item = Report> {
        let more = std::mem::take(&mut self.0.more);
        std::iter::once(*self.0).chain(more)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Error {
        Error::new(Kind::Usage, message)
    }

    /// An error of writing our own output: a closed pipe ends silently, anything else is told.
    pub(crate) fn from_output(error: &std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Error::new(Kind::BrokenPipe, "the reader of the output has gone"),
            _ => Error::usage(format!("cannot write the output: {error}")),
        }
    }

    /// The same with something in front of its message: `GATEWAYCTL_OUTPUT: …`.
    pub(crate) fn of(mut self, what: &str) -> Error {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hints.push(hint.into());
        self
    }

    /// The same as an answer to what was asked: as text it has no `error:` in front. What is [`Kind::Negative`] is one anyway.
    pub(crate) fn answer(mut self) -> Error {
        self.0.answer = true;
        self
    }

    /// The same with this hint alone.
    pub(crate) fn instead(mut self, hint: String) -> Error {
        self.0.hints = vec![hint];
        self
    }

    pub(crate) fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Error {
        self.0.hints.extend(hints);
        self
    }

    /// Names the object at fault (`id` may be empty) and puts it in front of the message, as `route/hello: …`.
    pub(crate) fn about(mut self, resource: &'static str, id: &str) -> Error {
        if self.0.resource.is_none() {
            let shown = if id.is_empty() { resource.to_owned() } else { format!("{resource}/{id}") };
            self.0.message = format!("{shown}: {}", self.0.message);
            self.0.resource = Some(resource);
            self.0.id = (!id.is_empty()).then(|| id.to_owned());
        }
        self
    }

    /// The same failure in other words, with the server's own as a hint.
    pub(crate) fn in_words(mut self, words: &str, field: Option<String>) -> Error {
        let object = match (self.0.resource, self.0.id.as_deref()) {
            (Some(resource), Some(id)) => format!("{resource}/{id}: "),
            (Some(resource), None) => format!("{resource}: "),
            _ => String::new(),
        };
        let said = std::mem::replace(&mut self.0.message, format!("{object}{words}"));
        let said = said.strip_prefix(&object).unwrap_or(&said);
        if said != words {
            self.0.hints.push(format!("the server says: {said}"));
        }
        self.field(field)
    }

    /// The field at fault, as a JSON pointer.
    pub(crate) fn field(mut self, pointer: Option<String>) -> Error {
        self.0.field = pointer.or(self.0.field);
        self
    }

    pub(crate) fn http(mut self, http: Http) -> Error {
        self.0.http = Some(http);
        self
    }

    /// The same with the exchange of another failure.
    pub(crate) fn http_of(mut self, other: Error) -> Error {
        self.0.http = other.0.http;
        self
    }

    pub(crate) fn at(mut self, source: Source) -> Error {
        self.0.source.get_or_insert(source);
        self
    }

    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// The place in a file, where it is known.
    pub(crate) fn source(&self) -> Option<&Source> {
        self.0.source.as_ref()
    }

    /// The status of the answer, where there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        self.0.http.as_ref().map(|http| http.status)
    }

    /// The body of the answer, where there was one.
    pub(crate) fn said(&self) -> Option<&Value> {
        self.0.http.as_ref().map(|http| &http.body)
    }

    /// What helps.
    pub(crate) fn helps(&self) -> &[String] {
        &self.0.hints
    }

    /// The field at fault, when the server or the check named one.
    pub(crate) fn field_pointer(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The error as the JSON object of the reference, `{"error":{…}}`.
    pub(crate) fn to_json(&self) -> Value {
        let report = serde_json::to_value(&*self.0).unwrap_or_else(|_| Value::Object(Map::new()));
        json!({ "error": report })
    }

    /// The error as it is written: text lines, or one JSON line. What came from the server is cleaned of control
    /// characters, so that it cannot drive the terminal.
    pub(crate) fn print(&self, form: Form, paint: impl Fn(&str) -> String) -> String {
        if self.0.kind == Kind::BrokenPipe {
            return String::new();
        }
        if form == Form::Json {
            return format!("{}\n", clean::json(&self.to_json().to_string()));
        }
        let own = self.0.text(&paint);
        let more: String = self.0.more.iter().map(|report| report.text(&paint)).collect();
        if self.0.sums { more + &own } else { own + &more }
    }
}

impl Report {
    fn text(&self, paint: &impl Fn(&str) -> String) -> String {
        let mut text = match self.answer {
            true => format!("{}\n", clean::line(&self.message)),
            false => format!("{} {}\n", paint("error:"), clean::line(&self.message)),
        };
        if let Some(source) = &self.source {
            let _ = write!(text, "  at {}", clean::line(&source.file));
            for number in [source.line, source.column].into_iter().flatten() {
                let _ = write!(text, ":{number}");
            }
            text.push('\n');
        }
        for hint in &self.hints {
            let _ = writeln!(text, "hint: {}", clean::line(hint));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_table() {
        let table = [
            (Kind::Negative, 1, "negative"),
            (Kind::Usage, 2, "usage"),
            (Kind::NotFound, 3, "not_found"),
            (Kind::Auth, 4, "auth"),
            (Kind::Rejected, 5, "rejected"),
            (Kind::Unreachable, 6, "unreachable"),
            (Kind::Server, 7, "server"),
            (Kind::Partial, 8, "partial"),
            (Kind::Aborted, 9, "aborted"),
            (Kind::Timeout, 10, "timeout"),
            (Kind::Interrupted, 130, "interrupted"),
            (Kind::BrokenPipe, 141, "broken_pipe"),
        ];
        for (kind, code, name) in table {
            assert_eq!(kind.code(), code, "{kind:?}");
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
    }

    #[test]
    fn statuses_map_to_kinds() {
        let table = [
            (400, Kind::Rejected),
            (401, Kind::Auth),
            (403, Kind::Auth),
            (404, Kind::NotFound),
            (429, Kind::Auth),
            (405, Kind::Rejected),
            (409, Kind::Rejected),
            (412, Kind::Rejected),
            (413, Kind::Rejected),
            (422, Kind::Rejected),
            (302, Kind::Server),
            (500, Kind::Server),
            (503, Kind::Server),
            (507, Kind::Server),
        ];
        for (status, kind) in table {
            assert_eq!(Kind::of_status(status), kind, "{status}");
        }
    }

    #[test]
    fn text_and_json_form() {
        let error = Error::new(Kind::Rejected, "property \"uri\" validation failed: \u{1b}[2Jx")
            .about("route", "hello")
            .field(Some("/uri".into()))
            .at(Source { file: "gw.yaml".into(), line: Some(12), column: Some(5) })
            .http(Http {
                method: "PUT".into(),
                path: "/apisix/admin/routes/hello".into(),
                status: 400,
                body: json!({ "error_msg": "invalid configuration: …" }),
            })
            .hint("gatewayctl explain route.uri");
        insta::assert_snapshot!(error.print(Form::Text, str::to_owned), @r#"
        error: route/hello: property "uri" validation failed: \u{1b}[2Jx
          at gw.yaml:12:5
        hint: gatewayctl explain route.uri
        "#);
        insta::assert_snapshot!(error.print(Form::Json, str::to_owned), @r#"{"error":{"kind":"rejected","code":5,"message":"route/hello: property \"uri\" validation failed: \u001b[2Jx","resource":"route","id":"hello","field":"/uri","http":{"method":"PUT","path":"/apisix/admin/routes/hello","status":400,"body":{"error_msg":"invalid configuration: …"}},"source":{"file":"gw.yaml","line":12,"column":5},"hints":["gatewayctl explain route.uri"]}}"#);
    }
}
