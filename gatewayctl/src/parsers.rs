//! What reads text and bytes from outside, each by itself and with results that can be compared: for fuzz targets, which hold
//! every one against something slower. Nothing of the tool itself goes this way.

use serde_json::Value;

use crate::call::{curl, grpc, websocket};
use crate::commands::metrics;
use crate::error::Error;
use crate::files::{self, Files};
use crate::filter::{Filter, Path, Selector};
use crate::openapi::{self, GroupBy, PathParams, Wish};
use crate::output::yaml;
use crate::output::{Format, Output, Printing, Program};
use crate::stream::Lines;

/// What a parser made of its input, or why it refused it.
pub type Read<T> = std::result::Result<T, String>;

fn told(error: &Error) -> String {
    error.message().to_owned()
}

/// The request of the words behind `curl`, in its debug form.
///
/// # Errors
/// Why they are no request.
pub fn curl(words: &[String]) -> Read<String> {
    curl::read(words).map(|typed| format!("{typed:?}")).map_err(|error| told(&error))
}

/// The messages of a WebSocket whose bytes come in these pieces, in their debug forms, and the fault that ended it.
pub fn websocket(pieces: &[&[u8]]) -> (Vec<String>, Option<String>) {
    websocket::read_pieces(pieces)
}

/// The lengths of the messages of an answer of gRPC.
pub fn grpc(body: &[u8]) -> Vec<usize> {
    grpc::messages(body).iter().map(|message| message.len()).collect()
}

/// The lines of a stream whose bytes come in these pieces; what stands behind the last line end is one.
pub fn lines(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut lines = Lines::default();
    let mut found = Vec::new();
    for piece in pieces {
        lines.push(piece);
        found.extend(std::iter::from_fn(|| lines.take()));
    }
    lines.push(b"\n");
    found.extend(std::iter::from_fn(|| lines.take()));
    found
}

/// Whether a `--where` expression holds for a document.
///
/// # Errors
/// Why it is none.
pub fn holds(expression: &str, document: &Value) -> Read<bool> {
    Filter::parse(expression).map(|filter| filter.matches(document)).map_err(|error| told(&error))
}

/// Whether a selector takes an object.
///
/// # Errors
/// Why it is none.
pub fn selects(selector: &str, object: &Value) -> Read<bool> {
    Selector::parse(selector).map(|selector| selector.matches(object)).map_err(|error| told(&error))
}

/// A path as it is written in full.
///
/// # Errors
/// Why it is none.
pub fn path(text: &str) -> Read<String> {
    Path::parse(text).map(|path| path.to_string()).map_err(|problem| problem.message)
}

/// What a JSONPath gives of a document.
///
/// # Errors
/// Why it is none, or why it fails on it.
pub fn jsonpath(text: &str, document: &Value) -> Read<String> {
    let output = Output { format: Format::JsonPath, expression: text.to_owned() };
    let printing = Printing::of(&output).map_err(|error| told(&error))?;
    match &printing.program {
        Program::JsonPath(path) => path.run(document).map_err(|error| told(&error)),
        _ => Err("no JSONPath".to_owned()),
    }
}

/// One sample of a Prometheus text: its name, its labels, its value.
pub type Sample = (String, Vec<(String, String)>, f64);

/// The samples of a Prometheus text.
pub fn samples(text: &str) -> Vec<Sample> {
    metrics::samples(text)
}

/// The documents of a file of YAML or JSON.
///
/// # Errors
/// Why it is none.
pub fn documents(text: &str) -> Read<Vec<Value>> {
    let documents = files::parse::parse("fuzz", text).map_err(|error| told(&error))?;
    Ok(documents.into_iter().map(|document| document.value).collect())
}

/// A document as YAML.
///
/// # Errors
/// Why it has no form in YAML.
pub fn written(document: &Value) -> Read<String> {
    yaml::to_string(document).map_err(|error| error.to_string())
}

/// The objects of a file in any of the shapes, `route/hello` and what it is.
///
/// # Errors
/// Why it has none.
pub fn objects(text: &str) -> Read<Vec<(String, Value)>> {
    let documents = files::parse::parse("fuzz", text).map_err(|error| told(&error))?;
    let mut files = Files::default();
    files::take(&mut files, documents, None).map_err(|error| told(&error))?;
    Ok(files.objects.into_iter().map(|object| (object.reference.to_string(), object.value)).collect())
}

/// The names of the objects that an OpenAPI document becomes.
///
/// # Errors
/// Why it is none.
pub fn openapi(text: &str, by_path: bool, colon: bool, validate_requests: bool) -> Read<Vec<String>> {
    let documents = files::parse::parse("fuzz", text).map_err(|error| told(&error))?;
    let wish = Wish {
        group_by: if by_path { GroupBy::Path } else { GroupBy::Operation },
        path_params: if colon { PathParams::Colon } else { PathParams::Vars },
        validate_requests,
        allow_open: false,
    };
    let mut names = Vec::new();
    for document in &documents {
        let converted = openapi::convert(document, wish).map_err(|error| told(&error))?;
        names.extend(converted.entries.iter().map(|entry| entry.reference.to_string()));
    }
    Ok(names)
}
