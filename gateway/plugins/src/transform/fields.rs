//! Header fields added, set and removed as a configuration says, with values that are templates.

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Template;
use gateway_engine::headers::{HeaderName, Headers, name};
use serde_json::Value;
use smallvec::SmallVec;

use crate::conf::{header_name, header_value};

/// Edits in the order in which they are made: add, set, remove.
#[derive(Default)]
pub(crate) struct Edits {
    add: Vec<Edit>,
    set: Vec<Edit>,
    remove: Vec<HeaderName>,
}

/// One name and its values.
struct Edit {
    name: HeaderName,
    values: SmallVec<[Template; 1]>,
}

/// Which message is edited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Answer,
}

impl Edits {
    /// One more field to add.
    ///
    /// # Errors
    /// As [`header_name`] and [`header_value`].
    pub(crate) fn add(&mut self, name: &str, value: &Value) -> Result<(), String> {
        self.add.push(Edit::new(name, value)?);
        Ok(())
    }

    /// One more field to set.
    ///
    /// # Errors
    /// As [`header_name`] and [`header_value`].
    pub(crate) fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        self.set.push(Edit::new(name, value)?);
        Ok(())
    }

    /// One more name to remove.
    ///
    /// # Errors
    /// As [`header_name`].
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), String> {
        self.remove.push(header_name(name)?);
        Ok(())
    }

    /// Some value is made of the request's body.
    pub(crate) fn needs_body(&self) -> bool {
        self.add.iter().chain(&self.set).flat_map(|e| &e.values).any(Template::needs_body)
    }

    /// Makes the edits; `render` fills in a template. A value that may not stand in a header once its variables are filled in
    /// is left out, and what it was to replace is taken away. Tells whether a value for `Host` was such a one.
    pub(crate) fn apply(
        &self,
        x: &mut Exchange,
        side: Side,
        render: impl Fn(&Exchange, &Template, &mut Vec<u8>),
    ) -> bool {
        let mut host_left_out = false;
        let mut text = Vec::new();
        for edit in &self.add {
            for value in &edit.values {
                let value = filled(x, value, &mut text, &render);
                let _ = side.of(x).append(edit.name.as_name(), value);
            }
        }
        for edit in &self.set {
            for (n, value) in edit.values.iter().enumerate() {
                let field = edit.name.as_name();
                let value = filled(x, value, &mut text, &render);
                let head = side.of(x);
                // Toward the upstream an empty field is no field, as nginx has it.
                let sent = side == Side::Answer || !value.is_empty();
                match n {
                    0 if sent && head.set(field, value).is_ok() => {}
                    0 => {
                        host_left_out |= !value.is_empty() && edit.name == HeaderName::from(name::HOST);
                        head.remove(edit.name.as_name());
                    }
                    _ if sent => drop(head.append(field, value)),
                    _ => {}
                }
            }
        }
        for name in &self.remove {
            side.of(x).remove(name.as_name());
        }
        host_left_out
    }

    /// The field of this name that is set, for what lies outside of the header block.
    pub(crate) fn sets(&self, name: &HeaderName) -> bool {
        self.set.iter().any(|e| e.name == *name)
    }
}

/// The value for this request; a template without variables is its own.
#[inline]
fn filled<'t>(
    x: &Exchange,
    value: &'t Template,
    text: &'t mut Vec<u8>,
    render: &impl Fn(&Exchange, &Template, &mut Vec<u8>),
) -> &'t [u8] {
    if let Some(literal) = value.as_literal() {
        return literal;
    }
    text.clear();
    render(x, value, text);
    text
}

impl Edit {
    fn new(name: &str, value: &Value) -> Result<Edit, String> {
        let values = match value {
            Value::Array(values) => values.iter().map(template).collect::<Result<_, _>>()?,
            one => SmallVec::from_iter([template(one)?]),
        };
        Ok(Edit { name: header_name(name)?, values })
    }
}

fn template(value: &Value) -> Result<Template, String> {
    header_value(value).map(|text| Template::parse(&text))
}

impl Side {
    fn of(self, x: &mut Exchange) -> &mut Headers {
        match self {
            Side::Request => &mut x.req.head,
            Side::Answer => &mut x.resp.head,
        }
    }
}
