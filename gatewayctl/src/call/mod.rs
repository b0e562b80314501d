//! A request through the gateway's proxy listener, as `trace`, `test` and `bench` are given it: words of the command line,
//! a command line of curl, or an entry of a suite.

pub(crate) mod args;
pub(crate) mod curl;
mod form;
pub(crate) mod grpc;
pub(crate) mod place;
pub(crate) mod seen;
pub(crate) mod send;
pub(crate) mod websocket;

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::error::{Error, Result};
pub(crate) use curl::file_or_text;
pub(crate) use place::Resolve;

/// The largest body that is sent or kept, in bytes.
pub(crate) const LARGEST: usize = 64 << 20;

/// A request that can be sent.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// With scheme and host, or a path alone.
    pub(crate) target: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) speaks: Speaks,
    pub(crate) resolve: Vec<Resolve>,
    /// Certificates are not verified.
    pub(crate) insecure: bool,
}

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// What both sides like best: HTTP/2 where TLS agrees on it.
    #[default]
    Any,
    Http1,
    /// HTTP/2, which TLS agrees on.
    Http2,
    /// HTTP/2 from the first byte, in the clear.
    PriorKnowledge,
}

impl Call {
    /// The first value of a field.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.to_str().ok())
    }

    /// Adds a field where there is none of its name.
    pub(crate) fn default_header(&mut self, name: HeaderName, value: &'static str) {
        if self.header(&name).is_none() {
            self.headers.push((name, HeaderValue::from_static(value)));
        }
    }
}

/// What was typed of a request, by whichever words.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Typed {
    pub(crate) method: Option<String>,
    pub(crate) target: Option<String>,
    /// `Name: value`; `Name:` takes a field away that would be added, `Name;` is an empty one.
    pub(crate) headers: Vec<String>,
    pub(crate) data: Vec<Data>,
    pub(crate) form: Vec<String>,
    /// The data go into the query.
    pub(crate) get: bool,
    pub(crate) head: bool,
    pub(crate) json: bool,
    /// As curl has it: data are a form whatever they look like.
    pub(crate) curl: bool,
    pub(crate) user: Option<String>,
    pub(crate) speaks: Speaks,
    pub(crate) resolve: Vec<String>,
    pub(crate) insecure: bool,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    Text(String),
    File(String),
    /// A file without its line ends.
    Lines(String),
    /// Percent-encoded, as `content`, `=content` or `name=content`.
    Encoded(String),
}

/// How files are read; `-` is standard input.
pub(crate) type Read<'r> = dyn Fn(&str) -> Result<Vec<u8>> + 'r;

impl Typed {
    /// Reads `METHOD URL`, `URL`, or a whole command line of curl.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn words(words: &[String]) -> Result<Typed> {
        let split;
        let words = match words {
            [one] if one.trim().contains(char::is_whitespace) => {
                split = crate::commands::alias::words(one);
                split.as_slice()
            }
            words => words,
        };
        match words {
            [curl, rest @ ..] if curl == "curl" => curl::read(rest),
            [target] if !is_method(target) => Ok(Typed { target: Some(target.clone()), ..Typed::default() }),
            [method, target] if is_method(method) => {
                Ok(Typed { method: Some(method.clone()), target: Some(target.clone()), ..Typed::default() })
            }
            [method] => Err(Error::usage(format!("\"{method}\" is no URL")).hint("GET /hello, or a path alone")),
            _ => Err(Error::usage("a request is METHOD URL, or a command line of curl").hint("GET /hello")),
        }
    }

    /// The request, with files read and what goes without saying added.
    ///
    /// # Errors
    /// Usage: a field, file, method or target that is none.
    pub(crate) fn call(&self, read: &Read<'_>) -> Result<Call> {
        let mut target = self.target.clone().ok_or_else(|| Error::usage("no URL").hint("GET /hello"))?;
        let mut data = self.data(read)?;
        if self.get
            && let Some(bytes) = data.take()
        {
            let joint = if target.contains('?') { '&' } else { '?' };
            target.push(joint);
            target.push_str(&String::from_utf8_lossy(&bytes));
        }
        let mut kind = data.as_deref().map(|bytes| self.kind_of(bytes).to_owned());
        if !self.form.is_empty() {
            if data.is_some() {
                return Err(Error::usage("a body is -d or -F, not both"));
            }
            let form = form::build(&self.form, read)?;
            (data, kind) = (Some(form.body), Some(form.content_type));
        }
        if data.as_ref().is_some_and(|data| data.len() > LARGEST) {
            return Err(Error::usage(format!("the body is larger than {LARGEST} bytes")));
        }
        let method = match &self.method {
            Some(name) => method(name)?,
            None if self.head => Method::HEAD,
            None if data.is_some() => Method::POST,
            None => Method::GET,
        };
        let mut call = Call {
            method,
            target,
            headers: Vec::new(),
            body: data,
            speaks: self.speaks,
            resolve: self.resolve.iter().map(|text| Resolve::read(text)).collect::<Result<_>>()?,
            insecure: self.insecure,
        };
        let mut without = Vec::new();
        for line in &self.headers {
            match field(line)? {
                (name, Some(value)) => call.headers.push((name, value)),
                (name, None) => without.push(name),
            }
        }
        if let Some(user) = &self.user {
            let value = format!("Basic {}", base64(user.as_bytes()));
            if let Ok(value) = HeaderValue::from_str(&value) {
                call.headers.push((reqwest::header::AUTHORIZATION, value));
            }
        }
        if self.json {
            call.default_header(ACCEPT, "application/json");
        }
        if let Some(kind) = kind.filter(|_| !without.contains(&CONTENT_TYPE))
            && call.header(&CONTENT_TYPE).is_none()
            && let Ok(kind) = HeaderValue::from_str(&kind)
        {
            call.headers.push((CONTENT_TYPE, kind));
        }
        Ok(call)
    }

    fn kind_of(&self, body: &[u8]) -> &'static str {
        let looks = || {
            let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
            matches!(first, Some(b'{' | b'[')) && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
        };
        if self.json || !self.curl && looks() { "application/json" } else { "application/x-www-form-urlencoded" }
    }

    fn data(&self, read: &Read<'_>) -> Result<Option<Vec<u8>>> {
        let mut body: Option<Vec<u8>> = None;
        for part in &self.data {
            let bytes = match part {
                Data::Text(text) => text.clone().into_bytes(),
                Data::File(path) => read(path)?,
                Data::Lines(path) => {
                    read(path)?.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect()
                }
                Data::Encoded(text) => encoded(text).into_bytes(),
            };
            match &mut body {
                // As curl joins the fields of a form; pieces of JSON are put together as they are.
                Some(body) => {
                    if !self.json {
                        body.push(b'&');
                    }
                    body.extend(bytes);
                }
                None => body = Some(bytes),
            }
        }
        Ok(body)
    }
}

/// Whether a word is a method, and no target.
fn is_method(word: &str) -> bool {
    !word.is_empty() && word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
}

fn method(name: &str) -> Result<Method> {
    let upper = name.to_ascii_uppercase();
    Method::from_bytes(upper.as_bytes()).map_err(|_| Error::usage(format!("\"{name}\" is no method")))
}

/// A field, or the name of one that is not to be added.
fn field(line: &str) -> Result<(HeaderName, Option<HeaderValue>)> {
    let wrong = || Error::usage(format!("-H {line:?}: a field is 'Name: value'"));
    let (name, value) = match (line.split_once(':'), line.strip_suffix(';')) {
        (Some((name, value)), _) => (name, Some(value.trim()).filter(|value| !value.is_empty())),
        (None, Some(name)) => (name, Some("")),
        (None, None) => return Err(wrong()),
    };
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    let value = value.map(|value| HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())).transpose()?;
    Ok((name, value))
}

/// As `--data-urlencode` has it.
fn encoded(text: &str) -> String {
    let (name, content) = match text.split_once('=') {
        Some((name, content)) => (name, content),
        None => ("", text),
    };
    let content: String = reqwest::Url::parse("http://x").map_or_else(
        |_| String::new(),
        |mut url| {
            url.query_pairs_mut().append_key_only(content);
            url.query().unwrap_or_default().replace('+', "%20")
        },
    );
    if name.is_empty() { content } else { format!("{name}={content}") }
}

/// RFC 4648 §4, with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap_or_default();
            let letter = ALPHABET.get(index).copied().unwrap_or(b'=');
            text.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nothing(path: &str) -> Result<Vec<u8>> {
        match path {
            "body.bin" => Ok(b"a\r\nb\n".to_vec()),
            _ => Err(Error::usage(format!("cannot read {path}"))),
        }
    }

    fn call(words: &[&str]) -> Call {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Typed::words(&words).unwrap().call(&nothing).unwrap()
    }

    #[test]
    fn words_are_a_request() {
        for (words, method, target) in [
            (&["GET", "/x"][..], "GET", "/x"),
            (&["/x"], "GET", "/x"),
            (&["delete", "http://h/x"], "DELETE", "http://h/x"),
            (&["PUT /x"], "PUT", "/x"),
            (&["curl -X PUT 'http://h/x'"], "PUT", "http://h/x"),
            (&["curl", "http://h/x", "-d", "a=1"], "POST", "http://h/x"),
            (&["curl", "-G", "http://h/x?b", "-d", "a=1", "-d", "c=2"], "GET", "http://h/x?b&a=1&c=2"),
            (&["curl", "-I", "h/x"], "HEAD", "h/x"),
        ] {
            let call = call(words);
            assert_eq!((call.method.as_str(), &*call.target), (method, target), "{words:?}");
        }
        for words in [&["GET"][..], &["GET", "/x", "/y"], &[], &["/x", "/y"]] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert!(Typed::words(&words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn bodies_and_their_kind() {
        let of = |typed: Typed| {
            let call = Typed { target: Some("/x".into()), ..typed }.call(&nothing).unwrap();
            let kind = call.header(&CONTENT_TYPE).map(str::to_owned);
            (call.method.to_string(), kind, call.body.map(|body| String::from_utf8(body).unwrap()))
        };
        let text = |text: &str| vec![Data::Text(text.to_owned())];
        let json = of(Typed { data: text("{\"a\": 1}"), ..Typed::default() });
        assert_eq!(json, ("POST".into(), Some("application/json".into()), Some("{\"a\": 1}".into())));
        let curl = of(Typed { data: text("{\"a\": 1}"), curl: true, ..Typed::default() });
        assert_eq!(curl.1.as_deref(), Some("application/x-www-form-urlencoded"));
        let lines = of(Typed { data: vec![Data::Lines("body.bin".into())], ..Typed::default() });
        assert_eq!(lines.2.as_deref(), Some("ab"));
        let encoded = of(Typed { data: vec![Data::Encoded("a=b c&d".into())], ..Typed::default() });
        assert_eq!(encoded.2.as_deref(), Some("a=b%20c%26d"));
        let own = of(Typed { data: text("x"), headers: vec!["content-type: text/plain".into()], ..Typed::default() });
        assert_eq!(own.1.as_deref(), Some("text/plain"));
        let none = of(Typed { data: text("x"), headers: vec!["Content-Type:".into()], ..Typed::default() });
        assert_eq!(none.1, None);
    }

    #[test]
    fn base64_of_the_rfc() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    proptest! {
        #[test]
        fn no_words_panic(words in prop::collection::vec("\\PC{0,12}|-[a-zA-Z]{1,3}|--[a-z-]{1,12}|curl", 0..6)) {
            if let Ok(typed) = Typed::words(&words) {
                let _ = typed.call(&nothing);
            }
        }
    }
}
