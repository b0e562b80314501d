//! Suites: files with many requests and what is expected of each.

use serde_json::{Map, Value};

use super::expect::Expect;
use super::{Args, Case};
use crate::call::args::read;
use crate::call::{Data, Speaks, Typed};
use crate::commands::App;
use crate::error::{Error, Result, Source};
use crate::files::parse::{Document, parse};
use crate::filter::text_of;
use crate::output::mask::{self, escape};
use crate::suggest;

/// A test of a suite.
pub(super) struct Test {
    /// The suite it is of: its own name, else its file's.
    pub(super) suite: String,
    pub(super) name: String,
    pub(super) source: Source,
    /// Why it is not run.
    pub(super) skip: Option<String>,
    pub(super) case: Case,
}

const OF_SUITE: [&str; 3] = ["name", "defaults", "tests"];
const OF_TEST: [&str; 13] = [
    "name", "request", "method", "url", "headers", "body", "form", "http", "resolve", "insecure", "grpc", "ws", "skip",
];
const OF_EXPECT: [&str; 9] =
    ["status", "headers", "json", "body", "route", "upstream", "time", "grpc_status", "messages"];
const OF_DEFAULTS: [&str; 4] = ["headers", "http", "resolve", "insecure"];

/// The tests of a file, in their order.
///
/// # Errors
/// Usage, with file, line and column.
pub(super) fn load(file: &str, args: &Args, app: &App<'_>) -> Result<Vec<Test>> {
    let bytes = read(file, app)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::usage(format!("{file} is no UTF-8 text")))?;
    let mut tests = Vec::new();
    for document in parse(if file == "-" { "(stdin)" } else { file }, &text)? {
        let suite = Suite { document: &document, args, app };
        tests.extend(suite.tests()?);
    }
    if tests.is_empty() {
        return Err(Error::usage(format!("{file} has no tests")).hint("tests: [{request: GET /hello}]"));
    }
    Ok(tests)
}

/// One document.
struct Suite<'s> {
    document: &'s Document,
    args: &'s Args,
    app: &'s App<'s>,
}

impl Suite<'_> {
    fn wrong(&self, pointer: &str, message: impl Into<String>) -> Error {
        Error::usage(message).at(self.document.source(pointer)).field(Some(pointer.to_owned()))
    }

    /// An object with no fields but these.
    fn object<'v>(
        &self,
        value: &'v Value,
        pointer: &str,
        what: &str,
        known: &[&str],
    ) -> Result<&'v Map<String, Value>> {
        let Some(fields) = value.as_object() else {
            return Err(self.wrong(pointer, format!("{what} is an object")));
        };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(fields),
            Some(name) => {
                let hint = suggest::hint(name, known.iter().copied());
                let hint = hint.unwrap_or_else(|| format!("fields are {}", known.join(", ")));
                let at = format!("{pointer}/{}", escape(name));
                Err(self.wrong(&at, format!("{what} has no field \"{name}\"")).hint(hint))
            }
        }
    }

    fn tests(&self) -> Result<Vec<Test>> {
        let suite = self.object(&self.document.value, "", "a suite", &OF_SUITE)?;
        let name = suite.get("name").map_or_else(|| self.document.file.clone(), |name| text_of(name).into_owned());
        let nothing = Value::Object(Map::new());
        let defaults = suite.get("defaults").unwrap_or(&nothing);
        let defaults = self.object(defaults, "/defaults", "defaults", &OF_DEFAULTS)?;
        let Some(tests) = suite.get("tests").and_then(Value::as_array) else {
            return Err(self.wrong("/tests", "tests is a list").hint("tests: [{request: GET /hello}]"));
        };
        let test = |(i, test)| self.test(&name, test, &format!("/tests/{i}"), defaults);
        tests.iter().enumerate().map(test).collect()
    }

    fn test(&self, suite: &str, test: &Value, at: &str, defaults: &Map<String, Value>) -> Result<Test> {
        let known: Vec<&str> = OF_TEST.iter().chain(&["expect"]).copied().collect();
        let fields = self.object(test, at, "a test", &known)?;
        let text = |name: &str| fields.get(name).map(|value| text_of(value).into_owned());
        let place = |error: Error| error.at(self.document.source(at));
        let mut typed = match (text("request"), text("url")) {
            (Some(request), None) => {
                Typed::words(&[request]).map_err(|error| error.at(self.document.source(&format!("{at}/request"))))?
            }
            (None, Some(url)) => Typed { method: text("method"), target: Some(url), ..Typed::default() },
            (None, None) if fields.contains_key("grpc") => Typed { target: Some("/".into()), ..Typed::default() },
            _ => return Err(self.wrong(at, "a test has a request, or method and url").hint("request: GET /hello")),
        };
        for (fields, at) in [(defaults, "/defaults"), (fields, at)] {
            self.more(&mut typed, fields, at)?;
        }
        let typed = self.args.call.over(typed).map_err(place)?;
        let folder = std::path::Path::new(&self.document.file).parent();
        // Files stand beside the suite.
        let beside = |path: &str| match folder.filter(|folder| path != "-" && folder.as_os_str() != "") {
            Some(folder) => read(&folder.join(path).to_string_lossy(), self.app),
            None => read(path, self.app),
        };
        let call = typed.call(&beside).map_err(place)?;
        let name = text("name").unwrap_or_else(|| format!("{} {}", call.method, mask::text(&call.target)));
        let nothing = Value::Object(Map::new());
        let (expect, messages) = self.expect(fields.get("expect").unwrap_or(&nothing), &format!("{at}/expect"))?;
        let ws = fields.get("ws").and_then(Value::as_bool) == Some(true);
        let grpc = text("grpc");
        let mut case = Case::new(call, grpc.as_deref(), ws.then_some(messages), expect).map_err(place)?;
        if !case.expect.has_status() && grpc.is_none() {
            case.expect.status("100-399")?;
        }
        let skip = fields.get("skip").filter(|skip| !matches!(skip, Value::Null | Value::Bool(false)));
        let skip = skip.map(|why| why.as_str().unwrap_or_default().to_owned());
        Ok(Test { suite: suite.to_owned(), name, source: self.document.source(at), skip, case })
    }

    /// What a test and the defaults both have.
    fn more(&self, typed: &mut Typed, fields: &Map<String, Value>, at: &str) -> Result<()> {
        let headers = fields.get("headers").map(|headers| match headers.as_object() {
            Some(headers) => Ok(headers),
            None => Err(self.wrong(&format!("{at}/headers"), "headers is an object of names and values")),
        });
        for (name, value) in headers.transpose()?.into_iter().flatten() {
            // What the test says goes over what all of them say.
            typed.headers.retain(|line| !line.split(':').next().unwrap_or_default().trim().eq_ignore_ascii_case(name));
            typed.headers.push(format!("{name}: {}", text_of(value)));
        }
        match fields.get("body") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => typed.data = vec![crate::call::file_or_text(text.clone())],
            Some(value) => typed.data = vec![Data::Text(value.to_string())],
        }
        match fields.get("form") {
            None => {}
            Some(Value::Object(form)) => {
                typed.form = form.iter().map(|(name, value)| format!("{name}={}", text_of(value))).collect();
            }
            Some(_) => return Err(self.wrong(&format!("{at}/form"), "form is an object of names and values")),
        }
        match fields.get("http").map(text_of).as_deref() {
            None => {}
            Some("1.1") => typed.speaks = Speaks::Http1,
            Some("2") => typed.speaks = Speaks::Http2,
            Some("2-prior-knowledge") => typed.speaks = Speaks::PriorKnowledge,
            Some(_) => return Err(self.wrong(&format!("{at}/http"), "http is 1.1, 2 or 2-prior-knowledge")),
        }
        typed.resolve.extend(texts(fields.get("resolve")));
        typed.insecure |= fields.get("insecure").and_then(Value::as_bool) == Some(true);
        Ok(())
    }

    /// Expectations, and how many messages are waited for.
    fn expect(&self, value: &Value, at: &str) -> Result<(Expect, usize)> {
        let fields = self.object(value, at, "expect", &OF_EXPECT)?;
        let mut expect = Expect::default();
        let mut messages = 1;
        for (name, value) in fields {
            let at = format!("{at}/{}", escape(name));
            let read = match name.as_str() {
                "status" => expect.status(&texts(Some(value)).join(",")),
                "headers" => self.headers(&mut expect, value, &at),
                "json" => texts(Some(value)).iter().try_for_each(|text| expect.json(text)),
                "body" => texts(Some(value)).iter().try_for_each(|text| expect.body(text)),
                "route" => {
                    expect.route = Some(text_of(value).into_owned());
                    Ok(())
                }
                "upstream" => {
                    expect.upstream = Some(text_of(value).into_owned());
                    Ok(())
                }
                "time" => crate::context::duration("time", &text_of(value)).map(|limit| expect.time = limit),
                "messages" => {
                    messages = value.as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
                    Ok(())
                }
                _ => expect.grpc_status(&text_of(value)),
            };
            read.map_err(|error| error.at(self.document.source(&at)))?;
        }
        Ok((expect, messages))
    }

    fn headers(&self, expect: &mut Expect, value: &Value, at: &str) -> Result<()> {
        let Some(headers) = value.as_object() else {
            return Err(self.wrong(at, "headers is an object of names and values"));
        };
        headers.iter().try_for_each(|(name, value)| match value {
            Value::Null => expect.header(&format!("!{name}")),
            Value::Bool(true) => expect.header(name),
            value => expect.header(&format!("{name}: {}", text_of(value))),
        })
    }
}

/// One text, or a list of them.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(|value| text_of(value).into_owned()).collect(),
        Some(value) => vec![text_of(value).into_owned()],
    }
}
