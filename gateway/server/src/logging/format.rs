//! The form of an access log record, compiled from a text with `$variables` when the configuration is read.

use gateway_engine::expr::{BadPath, Lookup, Value, Var};

use super::errors::hex;
use crate::config::{AccessLogConfig, Escape};

/// A compiled form.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessFormat {
    parts: Box<[Part]>,
    escape: Escape,
    field_bytes: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(Box<[u8]>),
    Var(Var),
}

/// A form cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A variable with a path that cannot be read.
    #[error("the variable ${name}: {source}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong with the path.
        #[source]
        source: BadPath,
    },
    /// Nothing collects bodies for the log.
    #[error("the variable ${0} reads the request's body, which is gone when the record is written")]
    Body(String),
    /// `${` without `}`.
    #[error("`${{` without `}}`")]
    Open,
}

impl AccessFormat {
    /// Compiles the form of `config`. Variables are written `$name` or `${name}`, as nginx reads them; a `$` before anything
    /// else stays.
    ///
    /// # Errors
    /// A variable cannot be read in a log.
    pub fn compile(config: &AccessLogConfig) -> Result<AccessFormat, FormatError> {
        let (mut parts, mut text) = (Vec::new(), Vec::new());
        let mut rest = config.format.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            literal(before, &mut text);
            let (name, tail) = name(after)?;
            rest = tail;
            if name.is_empty() {
                text.push(b'$');
                continue;
            }
            let var = Var::try_parse(name).map_err(|source| FormatError::Variable { name: name.to_owned(), source })?;
            if var.needs_body() {
                return Err(FormatError::Body(name.to_owned()));
            }
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text).into()));
            }
            parts.push(Part::Var(var));
        }
        literal(rest, &mut text);
        text.push(b'\n');
        parts.push(Part::Text(text.into()));
        Ok(AccessFormat { parts: parts.into(), escape: config.escape, field_bytes: config.field_bytes })
    }

    /// Names that are no variables of the gateway: they have a value only where a plugin sets one.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Var(Var::Custom(name)) if !SET_BY_PLUGINS.contains(&&**name) => Some(&**name),
            _ => None,
        })
    }

    /// Appends one record with its line end.
    pub fn render(&self, values: &dyn Lookup, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Var(var) => match values.var(var) {
                    Some(value) => self.value(&value, out),
                    None if self.escape == Escape::Json => {}
                    None => out.push(b'-'),
                },
            }
        }
    }

    fn value(&self, value: &Value<'_>, out: &mut Vec<u8>) {
        if value.with_text(|text| self.text(text, out)).is_none() {
            self.text(&value.to_bytes(), out);
        }
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let text = text.get(..self.field_bytes).unwrap_or(text);
        match self.escape {
            Escape::Default => runs(text, out, |b| !(0x20..0x7f).contains(&b) || b == b'"' || b == b'\\', hex),
            Escape::None => runs(text, out, is_control, hex),
            // Bytes that are not UTF-8 cannot stand in a JSON text: their escape is text.
            Escape::Json => {
                for chunk in text.utf8_chunks() {
                    runs(chunk.valid().as_bytes(), out, |b| is_control(b) || b == b'"' || b == b'\\', json);
                    for &byte in chunk.invalid() {
                        out.push(b'\\');
                        hex(byte, out);
                    }
                }
            }
        }
    }
}

/// What plugins set beyond the gateway's own variables.
const SET_BY_PLUGINS: [&str; 2] = ["apisix_request_id", "proxy_rewrite_regex_uri_captures"];

/// Copies runs of harmless bytes at once and gives each other one to `write`.
fn runs(text: &[u8], out: &mut Vec<u8>, harmful: impl Fn(u8) -> bool, write: impl Fn(u8, &mut Vec<u8>)) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&b| harmful(b)) {
        let (clean, tail) = rest.split_at(at);
        out.extend_from_slice(clean);
        let Some((&byte, tail)) = tail.split_first() else { return };
        write(byte, out);
        rest = tail;
    }
    out.extend_from_slice(rest);
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// A byte inside a JSON string (RFC 8259 §7).
fn json(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            // `\xHH` without its first two bytes.
            let start = out.len();
            hex(byte, out);
            out.drain(start..start + 2);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Control characters of the form itself become spaces: a record is one line.
fn literal(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().map(|b| if is_control(b) { b' ' } else { b }));
}

/// The name behind a `$` and what follows it; an empty name is none.
fn name(text: &str) -> Result<(&str, &str), FormatError> {
    match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or(FormatError::Open),
        None => {
            let end = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
            Ok(text.split_at(end))
        }
    }
}

/// APISIX's default record.
pub const LINE: &str = "$remote_addr - $remote_user [$time_local] $http_host \"$request\" $status $body_bytes_sent $request_time \
     \"$http_referer\" \"$http_user_agent\" $upstream_addr $upstream_status $upstream_response_time \
     \"$upstream_scheme://$upstream_host$upstream_uri\" \"$apisix_request_id\"";

/// The same as one JSON object (with the escapes of JSON).
pub const JSON: &str = "{\"time\":\"$time_iso8601\",\"remote_addr\":\"$remote_addr\",\"remote_user\":\"$remote_user\",\
     \"host\":\"$http_host\",\"request\":\"$request\",\"status\":\"$status\",\"body_bytes_sent\":\"$body_bytes_sent\",\
     \"request_time\":\"$request_time\",\"referer\":\"$http_referer\",\"user_agent\":\"$http_user_agent\",\
     \"upstream_addr\":\"$upstream_addr\",\"upstream_status\":\"$upstream_status\",\
     \"upstream_response_time\":\"$upstream_response_time\",\"upstream_scheme\":\"$upstream_scheme\",\
     \"upstream_host\":\"$upstream_host\",\"upstream_uri\":\"$upstream_uri\",\"route_id\":\"$route_id\",\
     \"consumer\":\"$consumer_name\",\"request_id\":\"$apisix_request_id\"}";

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::config::LogTarget;

    /// Every variable has the same value, except those whose name begins with `upstream`.
    struct Same<'a>(&'a [u8]);

    impl Lookup for Same<'_> {
        fn var(&self, var: &Var) -> Option<Value<'_>> {
            match var {
                Var::Status => Some(Value::Int(200)),
                _ if var.name().starts_with("upstream") => None,
                _ => Some(Value::from(self.0)),
            }
        }
    }

    fn compile(format: &str, escape: Escape) -> Result<AccessFormat, FormatError> {
        let target = LogTarget::File(PathBuf::from("a.log"));
        AccessFormat::compile(&AccessLogConfig {
            target,
            format: format.into(),
            escape,
            queue_records: 1,
            field_bytes: 40,
        })
    }

    fn render(format: &str, escape: Escape, value: &[u8]) -> String {
        let mut out = Vec::new();
        compile(format, escape).unwrap().render(&Same(value), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_and_variables() {
        let cases = [
            ("plain", "plain\n"),
            ("", "\n"),
            ("$status", "200\n"),
            ("a${status}b", "a200b\n"),
            ("$status.$status", "200.200\n"),
            ("$uri$status-", "x200-\n"),
            ("$ $$ 5$", "$ $$ 5$\n"),
            ("[$upstream_addr]", "[-]\n"),
            ("two\nlines\t", "two lines \n"),
            ("main '$request_line';", "main 'x';\n"),
        ];
        for (format, expected) in cases {
            assert_eq!(render(format, Escape::Default, b"x"), expected, "{format}");
        }
        assert!(matches!(compile("${uri", Escape::Default), Err(FormatError::Open)));
        assert!(matches!(compile("$post_arg_x", Escape::Default), Err(FormatError::Body(_))));
    }

    #[test]
    fn names_that_are_no_variables_are_found() {
        let format = compile("$uri $reqest_time ${http_x} $apisix_request_id $arg_a $nope", Escape::Default).unwrap();
        assert_eq!(format.unknown().collect::<Vec<_>>(), ["reqest_time", "nope"]);
        for shipped in [LINE, JSON] {
            assert_eq!(compile(shipped, Escape::Default).unwrap().unknown().count(), 0);
        }
    }

    #[test]
    fn values_are_escaped() {
        let value = b"a\"\\\n\x01\x7f\xff\xc3\xa4";
        assert_eq!(render("$uri", Escape::Default, value), "a\\x22\\x5C\\x0A\\x01\\x7F\\xFF\\xC3\\xA4\n");
        assert_eq!(render("$uri $upstream_addr", Escape::Json, value), "a\\\"\\\\\\n\\u0001\\u007F\\\\xFFä \n");
        let mut out = Vec::new();
        compile("$uri", Escape::None).unwrap().render(&Same(value), &mut out);
        assert_eq!(out, b"a\"\\\\x0A\\x01\\x7F\xff\xc3\xa4\n");
        assert_eq!(render("$uri", Escape::Default, &[b'x'; 100]), format!("{}\n", "x".repeat(40)));
    }

    #[test]
    fn the_default_record() {
        insta::assert_snapshot!(render(LINE, Escape::Default, b"x"), @r#"x - x [x] x "x" 200 x x "x" "x" - - - "-://--" "x""#);
    }

    proptest! {
        #[test]
        fn the_json_record_is_an_object_in_one_line(value in prop::collection::vec(any::<u8>(), 0..60)) {
            let text = render(JSON, Escape::Json, &value);
            prop_assert_eq!(text.matches('\n').count(), 1);
            let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
            if let Ok(value) = std::str::from_utf8(&value) && value.len() <= 40 {
                prop_assert_eq!(&parsed["request"], value);
            }
        }

        #[test]
        fn a_record_is_one_line(value in prop::collection::vec(any::<u8>(), 0..60), json in any::<bool>()) {
            let mut out = Vec::new();
            let escape = if json { Escape::None } else { Escape::Default };
            compile(LINE, escape).unwrap().render(&Same(&value), &mut out);
            prop_assert_eq!(out.iter().filter(|b| is_control(**b)).count(), 1);
        }
    }
}
