//! The words of a command line that say what is sent.

use super::{Call, Speaks, Typed, file_or_text};
use crate::commands::App;
use crate::error::{Error, Result};

/// A request on the command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CallArgs {
    /// METHOD URL, a URL or path alone, or a command line of curl; whatever host a URL names, the gateway is asked
    #[arg(value_name = "REQUEST")]
    pub(crate) request: Vec<String>,
    /// Field of the request, 'Name: value'; may be repeated
    #[arg(short = 'H', value_name = "K: V")]
    pub(crate) fields: Vec<String>,
    /// Body, or @FILE, or @- for standard input; the method is then POST; JSON is sent as JSON, anything else as a form
    #[arg(long = "data", short = 'd', value_name = "BODY")]
    pub(crate) data: Vec<String>,
    /// Field of a form of several parts, name=value or name=@FILE; may be repeated
    #[arg(long = "form", short = 'F', value_name = "NAME=VALUE")]
    pub(crate) form: Vec<String>,
    /// Speak HTTP/1.1
    #[arg(long = "http1.1", group = "http_version")]
    pub(crate) http1: bool,
    /// Speak HTTP/2, which TLS agrees on
    #[arg(long, group = "http_version")]
    pub(crate) http2: bool,
    /// Speak HTTP/2 from the first byte, in the clear
    #[arg(long, group = "http_version")]
    pub(crate) http2_prior_knowledge: bool,
    /// Where a host is; may be repeated [default: the gateway]
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub(crate) resolve: Vec<String>,
    /// Do not verify the certificate
    #[arg(long, short = 'k')]
    pub(crate) insecure: bool,
    /// A word of a command line of curl, which may look like one of our own.
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub(crate) curl_word: Vec<String>,
}

impl CallArgs {
    /// Whether no request was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.request.is_empty() && self.curl_word.is_empty()
    }

    /// What was typed.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn typed(&self) -> Result<Typed> {
        let words: Vec<String> = match self.curl_word.is_empty() {
            true => self.request.clone(),
            false => self
                .request
                .iter()
                .cloned()
                .chain(std::iter::once("curl".to_owned()))
                .chain(self.curl_word.iter().cloned())
                .collect(),
        };
        self.over(Typed::words(&words)?)
    }

    /// The flags over what the words say.
    pub(crate) fn over(&self, mut typed: Typed) -> Result<Typed> {
        typed.headers.extend(self.fields.iter().cloned());
        if !self.data.is_empty() {
            if self.data.len() > 1 && self.data.iter().any(|data| data.starts_with('@')) {
                return Err(Error::usage("-d @FILE is the whole body, and cannot be repeated"));
            }
            typed.curl = false;
            typed.data.extend(self.data.iter().cloned().map(file_or_text));
        }
        typed.form.extend(self.form.iter().cloned());
        typed.resolve.extend(self.resolve.iter().cloned());
        typed.insecure |= self.insecure;
        typed.speaks = match (self.http1, self.http2, self.http2_prior_knowledge) {
            (true, ..) => Speaks::Http1,
            (_, true, _) => Speaks::Http2,
            (.., true) => Speaks::PriorKnowledge,
            _ => typed.speaks,
        };
        Ok(typed)
    }

    /// The request.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn call(&self, app: &App<'_>) -> Result<Call> {
        self.typed()?.call(&|path: &str| read(path, app))
    }
}

/// A file, or standard input.
///
/// # Errors
/// Usage.
pub(crate) fn read(path: &str, app: &App<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = match path {
        "-" => crate::input::all(&mut **app.stdin.borrow_mut()).map(|read| bytes = read),
        path => crate::input::bytes(path).map(|read| bytes = read),
    };
    read.map(|()| bytes).map_err(|error| Error::usage(format!("cannot read {path}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::Data;
    use super::*;

    #[test]
    fn flags_go_over_the_words_of_curl() {
        let args = CallArgs {
            curl_word: ["-X", "PUT", "http://h/x", "--http1.1"].map(str::to_owned).to_vec(),
            fields: vec!["a: b".into()],
            data: vec!["{}".into()],
            http2_prior_knowledge: true,
            ..CallArgs::default()
        };
        let typed = args.typed().unwrap();
        assert_eq!((typed.method.as_deref(), typed.speaks), (Some("PUT"), Speaks::PriorKnowledge));
        assert_eq!((typed.headers, typed.data), (vec!["a: b".to_owned()], vec![Data::Text("{}".into())]));
    }
}
