//! What requests bring to a limit: whom it counts, and how much is allowed.

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::{Lookup, Template, Value as Text, Var};
use serde_json::Value;
use smallvec::SmallVec;

use crate::conf::integer;

/// Largest amount: what a double holds exactly.
pub(crate) const MAX_AMOUNT: u64 = (1 << 53) - 1;

/// A number, perhaps one that requests bring.
pub(crate) enum Amount {
    Fixed(u64),
    Asked { template: Template, least: u64 },
}

impl Amount {
    /// A number from `least` on, or a template that gives one.
    ///
    /// # Errors
    /// The number is below or above what is allowed.
    pub(crate) fn new(value: &Value, least: u64) -> Result<Amount, String> {
        match value {
            Value::String(text) => Ok(Amount::Asked { template: Template::parse(text), least }),
            other => match integer::<u64>(other) {
                Some(number) if (least..=MAX_AMOUNT).contains(&number) => Ok(Amount::Fixed(number)),
                _ => Err(format!("{other} is out of range")),
            },
        }
    }

    /// The amount for a request; `None` when a template gives no whole number that is large enough.
    #[inline]
    pub(crate) fn get(&self, x: &Exchange) -> Option<u64> {
        match self {
            Amount::Fixed(number) => Some(*number),
            Amount::Asked { template, least } => {
                let mut text = Vec::with_capacity(16);
                template.render(x, &mut text);
                let number = Text::from(&text[..]).number()?;
                let whole = number.fract() == 0.0 && number >= *least as f64 && number <= MAX_AMOUNT as f64;
                // Whole, and within what a double holds exactly.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                whole.then_some(number as u64)
            }
        }
    }

    /// The number, if requests do not bring it.
    pub(crate) fn fixed(&self) -> Option<u64> {
        match self {
            Amount::Fixed(number) => Some(*number),
            Amount::Asked { .. } => None,
        }
    }

    /// Whether the request's body must be collected before.
    pub(crate) fn needs_body(&self) -> bool {
        matches!(self, Amount::Asked { template, .. } if template.needs_body())
    }
}

/// The text of what is counted.
pub(crate) type Counted = SmallVec<[u8; 64]>;

/// What is counted.
pub(crate) enum Subject {
    Var(Var),
    Template(Template),
    Constant(Box<[u8]>),
}

impl Subject {
    /// By `key_type` and `key`.
    pub(crate) fn new(kind: &str, key: &str) -> Subject {
        match kind {
            "constant" => Subject::Constant(key.as_bytes().into()),
            "var_combination" => {
                let template = Template::parse(key);
                match template.as_literal() {
                    Some(text) => Subject::Constant(text.into()),
                    None => Subject::Template(template),
                }
            }
            _ => Subject::Var(Var::parse(key)),
        }
    }

    /// The text for a request; what has no value is counted by the client's address.
    #[inline]
    pub(crate) fn write(&self, x: &Exchange, out: &mut Counted) {
        match self {
            Subject::Var(Var::RemoteAddr) => out.extend_from_slice(&x.client_text().to_bytes()),
            Subject::Var(var) => out.extend_from_slice(&x.var(var).unwrap_or_else(|| x.client_text()).to_bytes()),
            Subject::Constant(text) => out.extend_from_slice(text),
            Subject::Template(template) => {
                let mut text = Vec::with_capacity(64);
                if template.render(x, &mut text).resolved == 0 {
                    out.extend_from_slice(&x.client_text().to_bytes());
                } else {
                    out.extend_from_slice(&text);
                }
            }
        }
    }

    /// Some variable of it has a value, or it has none.
    pub(crate) fn resolves(&self, x: &Exchange) -> bool {
        match self {
            Subject::Var(var) => x.var(var).is_some(),
            Subject::Constant(_) => true,
            Subject::Template(template) => template.render(x, &mut Vec::with_capacity(64)).resolved > 0,
        }
    }

    /// Whether the request's body must be collected before.
    pub(crate) fn needs_body(&self) -> bool {
        match self {
            Subject::Var(var) => var.needs_body(),
            Subject::Constant(_) => false,
            Subject::Template(template) => template.needs_body(),
        }
    }
}
