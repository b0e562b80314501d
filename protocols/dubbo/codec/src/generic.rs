//! Calls of methods whose parameters nobody here knows the classes of: `$invoke`, which every service has, and what comes of it.

use serde_json::Value;

use crate::hessian::tree::Decoder;
use crate::hessian::walk::Item;
use crate::hessian::write::{self, text};
use crate::hessian::{Error, Limits};
use crate::json::{self, BadValue, Encoder, JsonError, Style, Type, Types};
use crate::outcome::{Kind, Outcome, Thrown};

/// A call, but for its arguments.
#[derive(Debug, Clone, Copy)]
pub struct GenericCall<'a> {
    /// Full name of the interface.
    pub interface: &'a str,
    /// Version of the service; empty: it has none.
    pub version: &'a str,
    /// Group of the service; empty: it has none.
    pub group: &'a str,
    /// The method.
    pub method: &'a str,
    /// How arguments and result are shown.
    pub mode: Mode,
    /// Objects of clients may have a member `class`, see [`Encoder::new`].
    pub class_keys: bool,
}

/// How a generic call shows arguments and result: the values of the attachment `generic`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The result comes as it is, with its classes.
    #[default]
    RawReturn,
    /// Beans of the result come as maps with a member `class`; what is no bean and no known value, likewise.
    True,
    /// Arguments and result are texts of JSON.
    Gson,
}

impl Mode {
    /// As the attachment spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::RawReturn => "raw.return",
            Mode::True => "true",
            Mode::Gson => "gson",
        }
    }
}

/// An argument.
#[derive(Debug, Clone, Copy)]
pub struct Argument<'v> {
    /// What it is.
    pub value: &'v Value,
    /// The Java type of its parameter, as `Class.getName` gives it or as in source. Where all arguments of a call have one, the
    /// provider is told: so it can choose among methods of the same name.
    pub kind: Option<&'v str>,
    /// The same, where the service is described, with the classes that it is made of. The provider is not told, but no number is
    /// written that it would cut, see [`Encoder::known`].
    pub of: Option<(&'v Type, &'v Types)>,
}

/// Descriptor of `$invoke`.
const DESCRIPTOR: &str = "Ljava/lang/String;[Ljava/lang/String;[Ljava/lang/Object;";

/// What every call says its protocol is.
const VERSION: &str = "2.0.2";

/// An argument, by its number from 0, that is none of its parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadArgument {
    /// Which.
    pub number: usize,
    /// Why, and where in it.
    pub why: BadValue,
}

impl GenericCall<'_> {
    /// The body of the call. `attachments` are put behind those that name the service; of those that do, none is replaced.
    ///
    /// # Errors
    /// An argument cannot be one of its type.
    pub fn body<'c>(
        &self,
        arguments: &[Argument<'_>],
        attachments: impl IntoIterator<Item = (&'c str, &'c str)>,
    ) -> Result<Vec<u8>, BadArgument> {
        let mut out = self.head("$invoke", DESCRIPTOR);
        text(&mut out, self.method);
        let types: Option<Vec<&str>> = arguments.iter().map(|argument| argument.kind).collect();
        match types.filter(|types| !types.is_empty()) {
            Some(types) => {
                write::typed_list_head(&mut out, "[string", types.len());
                types.iter().for_each(|kind| text(&mut out, kind));
            }
            None => out.push(b'N'),
        }
        write::typed_list_head(&mut out, "[object", arguments.len());
        let mut encoder = Encoder::new(out, self.class_keys);
        for (number, argument) in arguments.iter().enumerate() {
            let written = match (self.mode, argument.kind, argument.of) {
                (Mode::Gson, ..) => json::bounded(argument.value).map(|()| {
                    text(encoder.bytes_mut(), &argument.value.to_string());
                }),
                (_, kind, Some((of, types))) => {
                    encoder.known(argument.value, kind, of, types).map_err(|why| BadArgument { number, why })?;
                    Ok(())
                }
                (_, Some(kind), None) => encoder.typed(argument.value, kind),
                (_, None, None) => encoder.value(argument.value),
            };
            written.map_err(|mismatch| BadArgument { number, why: mismatch.into() })?;
        }
        let mut out = encoder.into_bytes();
        self.attach(&mut out, Some(self.mode), attachments);
        Ok(out)
    }

    /// The body of a plain call of a method whose one parameter is a map. The map's texts, and bytes if there are any, are `entries`
    /// and `body`.
    pub fn map_body<'c>(
        &self,
        entries: impl IntoIterator<Item = (&'c str, &'c str)>,
        body: Option<(&str, &[u8])>,
    ) -> Vec<u8> {
        let mut out = self.head(self.method, "Ljava/util/Map;");
        out.push(b'H');
        for (key, value) in entries {
            text(&mut out, key);
            text(&mut out, value);
        }
        if let Some((key, bytes)) = body {
            text(&mut out, key);
            write::binary(&mut out, bytes);
        }
        out.push(b'Z');
        self.attach(&mut out, None, []);
        out
    }

    fn head(&self, method: &str, descriptor: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        for part in [VERSION, self.interface, self.version_text(), method, descriptor] {
            text(&mut out, part);
        }
        out
    }

    fn attach<'c>(
        &self,
        out: &mut Vec<u8>,
        mode: Option<Mode>,
        attachments: impl IntoIterator<Item = (&'c str, &'c str)>,
    ) {
        out.push(b'H');
        let group = (!self.group.is_empty()).then_some(("group", self.group));
        let generic = mode.map(|mode| ("generic", mode.as_str()));
        let own = [("path", self.interface), ("interface", self.interface), ("version", self.version_text())];
        for (key, value) in own.into_iter().chain(group).chain(generic) {
            text(out, key);
            text(out, value);
        }
        for (key, value) in attachments {
            if !NAMING.contains(&key) {
                text(out, key);
                text(out, value);
            }
        }
        out.push(b'Z');
    }

    fn version_text(&self) -> &str {
        if self.version.is_empty() { "0.0.0" } else { self.version }
    }
}

/// Attachments that name the service, and how it is called.
const NAMING: [&str; 5] = ["path", "interface", "version", "group", "generic"];

/// What a generic call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The method returned: its result as JSON, `null` for nothing.
    Value(Vec<u8>),
    /// It threw.
    Exception(Exception),
}

/// What a method threw, as far as somebody may be told: never the trace of its stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Full name of its class.
    pub class: String,
    /// What it says, if it says anything.
    pub message: Option<String>,
    /// The code of an `RpcException`.
    pub code: Option<i32>,
}

/// Why an answer cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is no body of an answer in hessian2.
    #[error(transparent)]
    Body(#[from] Error),
    /// There is no JSON of its value.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// The longest message of an exception, in bytes.
const LONGEST_MESSAGE: usize = 8 << 10;

/// The longest name of a class, in bytes.
const LONGEST_CLASS: usize = 1024;

/// Reads the body of an answer of status 20 to a generic call of `mode`.
///
/// # Errors
/// It is not well-formed, not all there, beyond the limits; or there is no JSON of it.
pub fn answer(body: &[u8], mode: Mode, style: &Style<'_>, limits: Limits) -> Result<Answer, AnswerError> {
    let outcome = Outcome::parse(body)?;
    match outcome.kind {
        Kind::Null => Ok(Answer::Value(b"null".to_vec())),
        Kind::Exception => {
            let thrown = outcome.thrown(body, limits)?;
            Ok(Answer::Exception(thrown.map_or_else(unknown, |thrown| Exception::of(&thrown))))
        }
        Kind::Value if mode == Mode::Gson => gson(body, &outcome, style, limits),
        Kind::Value => {
            let mut decoder = Decoder::at(body, outcome.value_at(), limits);
            let id = decoder.value()?;
            let mut out = Vec::with_capacity(body.len());
            json::write(&decoder.into_tree(), id, style, &mut out)?;
            Ok(Answer::Value(out))
        }
    }
}

/// A text of JSON; whatever else it is, as JSON.
fn gson(body: &[u8], outcome: &Outcome, style: &Style<'_>, limits: Limits) -> Result<Answer, AnswerError> {
    if let Item::Text(text) = outcome.value(body, limits).item()? {
        let text = text.to_str();
        if text.len() > style.limit {
            return Err(JsonError::TooLong(style.limit).into());
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
            return Ok(Answer::Value(text.into_owned().into_bytes()));
        }
    }
    answer(body, Mode::True, style, limits)
}

fn unknown() -> Exception {
    Exception { class: "java.lang.Throwable".into(), message: None, code: None }
}

impl Exception {
    /// What was thrown; a `GenericException` (of either of its packages) stands for what the method threw.
    fn of(thrown: &Thrown<'_>) -> Exception {
        let class = thrown.class.to_str();
        let generic = class.ends_with(".rpc.service.GenericException");
        let cut = |text: &str, most| text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned();
        let message = |text: crate::hessian::Text<'_>| cut(&text.to_str(), LONGEST_MESSAGE);
        match thrown.original_class.filter(|class| generic && !class.is_empty()) {
            Some(original) => Exception {
                class: cut(&original.to_str(), LONGEST_CLASS),
                message: thrown.original_message.map(message),
                code: None,
            },
            None => {
                Exception { class: cut(&class, LONGEST_CLASS), message: thrown.message.map(message), code: thrown.code }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::invocation::Invocation;

    const CALL: GenericCall<'static> =
        GenericCall { interface: "a.B", version: "", group: "", method: "m", mode: Mode::RawReturn, class_keys: false };

    #[test]
    fn a_call_is_what_a_consumer_would_send() {
        let (one, two) = (json!(7), json!("x"));
        let arguments =
            [Argument { value: &one, kind: None, of: None }, Argument { value: &two, kind: Some("int"), of: None }];
        assert_eq!(CALL.body(&arguments, []).unwrap_err().number, 1);
        let arguments =
            [Argument { value: &one, kind: None, of: None }, Argument { value: &two, kind: None, of: None }];
        let body = CALL.body(&arguments, [("k", "v"), ("group", "evil"), ("path", "evil")]).unwrap();
        let call = Invocation::parse(&body).unwrap();
        assert!(call.path(&body) == *"a.B" && call.method(&body) == *"$invoke" && call.version(&body).is_none());
        assert_eq!(call.argument_count(), 3);
        let attachments = call.attachments(&body, Limits::default()).unwrap();
        let all: Vec<_> =
            attachments.map(|a| a.unwrap()).map(|a| (a.key.to_string(), a.text().unwrap().to_string())).collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(k, v)| (&**k, &**v)).collect();
        let named =
            [("path", "a.B"), ("interface", "a.B"), ("version", "0.0.0"), ("generic", "raw.return"), ("k", "v")];
        assert_eq!(all, named);
        let tail = b"\x01mNr\x07[object\x97\x01xH\x04path";
        assert!(body.windows(tail.len()).any(|w| w == tail), "{}", body.escape_ascii());
    }

    #[test]
    fn types_are_told_where_all_are_known() {
        let value = json!(7);
        let arguments = [Argument { value: &value, kind: Some("int"), of: None }];
        let call = GenericCall { version: "1.0", group: "g", ..CALL };
        let body = call.body(&arguments, []).unwrap();
        let tail = b"\x01mq\x07[string\x03intq\x07[object\x97H";
        assert!(body.windows(tail.len()).any(|w| w == tail), "{}", body.escape_ascii());
        let target = Invocation::parse(&body).unwrap().target(&body, Limits::default()).unwrap();
        assert!(target.version.unwrap() == *"1.0" && target.group.unwrap() == *"g");
        let gson = GenericCall { mode: Mode::Gson, ..CALL };
        let body = gson.body(&[Argument { value: &json!({"a": "b"}), kind: None, of: None }], []).unwrap();
        assert!(body.windows(11).any(|w| w == b"\x09{\"a\":\"b\"}H"), "{}", body.escape_ascii());
    }

    #[test]
    fn many_arguments_are_counted() {
        let value = json!(null);
        let arguments = vec![Argument { value: &value, kind: Some("x.Y"), of: None }; 9];
        let body = CALL.body(&arguments, []).unwrap();
        let call = Invocation::parse(&body).unwrap();
        let mut walker = call.arguments(&body, Limits::default());
        (0..4).for_each(|_| walker.skip().unwrap());
        assert!(walker.is_at_end());
    }

    #[test]
    fn a_map_is_one_argument() {
        let body = CALL.map_body([("a", "b")], Some(("body", b"\x01")));
        let call = Invocation::parse(&body).unwrap();
        assert!(call.method(&body) == *"m" && call.descriptor(&body) == *"Ljava/util/Map;");
        let argument = call.argument(&body, 0, Limits::default()).unwrap();
        assert!(matches!(argument, Some(Item::Compound(b"H\x01a\x01b\x04body\x21\x01Z"))));
        assert!(call.attachments(&body, Limits::default()).unwrap().last("generic").unwrap().is_none());
    }

    #[test]
    fn answers() {
        let read = |body: &[u8], mode| answer(body, mode, &Style::default(), Limits::default());
        let value = |text: &str| Ok(Answer::Value(text.as_bytes().to_vec()));
        assert_eq!(read(b"\x94\x02hiH\x05dubbo\x052.0.2Z", Mode::RawReturn), value("\"hi\""));
        assert_eq!(read(b"\x92", Mode::RawReturn), value("null"));
        assert_eq!(read(b"\x95HZ", Mode::RawReturn), value("null"));
        assert_eq!(read(b"\x91\x07{\"a\":1}", Mode::Gson), value("{\"a\":1}"));
        assert_eq!(read(b"\x91\x02{a", Mode::Gson), value("\"{a\""));
        assert_eq!(read(b"\x91\x95", Mode::Gson), value("5"));
        assert!(matches!(read(b"\x91", Mode::True), Err(AnswerError::Body(_))));
        assert!(matches!(read(b"\x91H\x01sQ\x90Z", Mode::True), Err(AnswerError::Json(JsonError::Cycle))));
        let thrown = |class: &str, message: Option<&str>| {
            Ok(Answer::Exception(Exception { class: class.into(), message: message.map(Into::into), code: None }))
        };
        for package in ["com.alibaba.dubbo", "org.apache.dubbo"] {
            let mut body = b"\x90C".to_vec();
            text(&mut body, &format!("{package}.rpc.service.GenericException"));
            body.extend(b"\x93\x10exceptionMessage\x0eexceptionClass\x0ddetailMessage\x60\x02no\x03x.E\x04x.E:");
            assert_eq!(read(&body, Mode::True), thrown("x.E", Some("no")));
        }
        assert_eq!(read(b"\x90C\x01E\x91\x0ddetailMessage\x60N", Mode::True), thrown("E", None));
        assert_eq!(read(b"\x90N", Mode::True), thrown("java.lang.Throwable", None));
    }
}
