//! Texts with places that arguments and attachments of a call fill: `/orders/{order.id}`.

use gateway_engine::exchange::Exchange;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::call::Call;

/// A text with its places.
pub(super) struct Template(Vec<Part>);

enum Part {
    Text(Box<str>),
    Place(Place),
}

/// What fills a place.
pub(super) enum Place {
    /// An argument, or what a path names in it.
    Argument {
        number: usize,
        path: Vec<Box<str>>,
        label: Box<str>,
    },
    Attachment(Box<str>),
    Interface,
    Method,
}

/// What a place is filled with.
pub(super) enum Filling<'c> {
    Text(Box<str>),
    Items(&'c [Value]),
    /// An object, of which there is no text.
    Object,
    Nothing,
}

/// All but what has no meaning anywhere in a target (RFC 3986 §2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends a text so that it is no more than a part of a path or query.
pub(super) fn escape(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, ESCAPED));
}

impl Template {
    /// `names` are those of the arguments.
    pub(super) fn parse(text: &str, names: &[Box<str>]) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}').ok_or(format!("\"{text}\": a brace is not closed"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(Part::Place(Place::parse(name, names).ok_or(format!(
                "\"{text}\": {{{name}}} is no argument: there are its number from 0, names of \"parameters\", @attachments, \
                 {{interface}} and {{method}}"
            ))?));
            rest = behind;
        }
        if rest.contains('}') {
            return Err(format!("\"{text}\": a brace is closed and not opened"));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Template(parts))
    }

    /// The text parts, as a check of them needs it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(&**text),
            Part::Place(_) => None,
        })
    }

    /// The one place that all of the text is.
    pub(super) fn single(&self) -> Option<&Place> {
        match &self.0[..] {
            [Part::Place(place)] => Some(place),
            _ => None,
        }
    }

    /// Numbers of the arguments that have places here.
    pub(super) fn arguments(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|part| match part {
            Part::Place(Place::Argument { number, .. }) => Some(*number),
            _ => None,
        })
    }

    /// The path of a target. Every place is a text within its segment.
    pub(super) fn path(&self, x: &Exchange, call: &Call) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Place(place) => match place.fill(x, call)? {
                    Filling::Text(text) if !text.is_empty() => escape(&text, &mut out),
                    Filling::Items(_) | Filling::Object => return Err(format!("{} is no single value", place.label())),
                    // An empty segment would name another resource.
                    _ => return Err(format!("{} is empty, and a part of the path", place.label())),
                },
            }
        }
        if out.split('/').any(|segment| segment == "." || segment == "..") {
            return Err("a part of the path would lead out of its place".into());
        }
        Ok(out)
    }

    /// The text; `None`: all of it is a place that there is nothing for.
    pub(super) fn text(&self, x: &Exchange, call: &Call) -> Result<Option<String>, String> {
        let mut out = String::new();
        let mut some = false;
        for part in &self.0 {
            match part {
                Part::Text(text) => {
                    some = true;
                    out.push_str(text);
                }
                Part::Place(place) => match place.fill(x, call)? {
                    Filling::Text(text) => {
                        some = true;
                        out.push_str(&text);
                    }
                    Filling::Nothing => {}
                    Filling::Items(_) | Filling::Object => return Err(format!("{} is no single value", place.label())),
                },
            }
        }
        Ok(some.then_some(out))
    }
}

impl Place {
    fn parse(name: &str, names: &[Box<str>]) -> Option<Place> {
        match name {
            "interface" => return Some(Place::Interface),
            "method" => return Some(Place::Method),
            _ => {}
        }
        if let Some(attachment) = name.strip_prefix('@') {
            return (!attachment.is_empty()).then(|| Place::Attachment(attachment.into()));
        }
        let mut parts = name.split('.');
        let first = parts.next()?;
        let known = names.iter().position(|known| **known == *first);
        let number = known.or_else(|| first.parse().ok().filter(|number| *number < 255))?;
        let path: Vec<Box<str>> = parts.map(Into::into).collect();
        let good = path.iter().all(|part| !part.is_empty());
        good.then(|| Place::Argument { number, path, label: format!("argument {name}").into() })
    }

    pub(super) fn label(&self) -> &str {
        match self {
            Place::Argument { label, .. } => label,
            Place::Attachment(name) => name,
            Place::Interface => "the interface",
            Place::Method => "the method",
        }
    }

    /// What it is filled with.
    ///
    /// # Errors
    /// The call has no such argument; in words for its consumer.
    pub(super) fn fill<'c>(&self, x: &Exchange, call: &'c Call) -> Result<Filling<'c>, String> {
        Ok(match self {
            Place::Interface => Filling::Text(call.interface.clone()),
            Place::Method => Filling::Text(call.method.clone()),
            Place::Attachment(name) => match x.attachment(name.as_bytes()) {
                Some(text) => Filling::Text(String::from_utf8_lossy(&text).into()),
                None => Filling::Nothing,
            },
            Place::Argument { .. } => match self.value(call)? {
                Value::Null => Filling::Nothing,
                Value::Array(items) => Filling::Items(items),
                Value::Object(_) => Filling::Object,
                single => Filling::Text(plain(single).into()),
            },
        })
    }

    /// The argument's value, null where there is nothing at the end of its path.
    ///
    /// # Errors
    /// The call has no such argument, or this is none.
    pub(super) fn value<'c>(&self, call: &'c Call) -> Result<&'c Value, String> {
        let Place::Argument { number, path, .. } = self else { return Err(format!("{} is no argument", self.label())) };
        let argument = call.arguments.get(*number).ok_or_else(|| format!("the call has no argument {number}"))?;
        let member = |value: &'c Value, name: &str| match value {
            Value::Object(members) => members.get(name),
            Value::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        };
        Ok(path.iter().try_fold(argument, |value, name| member(value, name)).unwrap_or(&Value::Null))
    }
}

/// The text of a single value.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
