//! What tells copies from requests, so that one that comes back here is not copied again and again.

use gateway_engine::exchange::Exchange;
use gateway_engine::headers::Name;

/// Field of a copy, and attachment of one that is a call, which holds the marks of the gateways that it comes from.
pub(super) const FIELD: &str = "x-gateway-mirrored";

/// The same, as a name of fields.
pub(super) const NAME: Name<'static> = Name::from_parts(0, FIELD.as_bytes());

/// Gateways whose marks a copy keeps; of more, those that were the last.
const MOST: usize = 16;

/// Characters of a mark.
const LENGTH: usize = 32;

/// By which a gateway knows its own copies: at random, and another one after every start. What clients write into the field means
/// nothing, for only servers that get copies get to know a mark.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark(Box<str>);

impl Mark {
    /// A new one.
    pub(super) fn new() -> Mark {
        let mut bytes = [0; LENGTH / 2];
        if aws_lc_rs::rand::fill(&mut bytes).is_err() {
            bytes = fastrand::u128(..).to_be_bytes();
        }
        Mark(format!("{:0LENGTH$x}", u128::from_be_bytes(bytes)).into())
    }

    /// Whether a request is a copy that was made here.
    pub(super) fn is_on(&self, x: &Exchange) -> bool {
        let mut found = false;
        each(x, |mark| found |= *mark == *self.0);
        found
    }

    /// What a copy of a request has to say: the marks that are on it, and this one behind them.
    pub(super) fn behind(&self, x: &Exchange) -> String {
        let mut all = Vec::new();
        each(x, |mark| all.push(mark.to_owned()));
        let from = (all.len() + 1).saturating_sub(MOST);
        let mut out = String::with_capacity((LENGTH + 1) * MOST);
        for mark in all.get(from..).unwrap_or_default() {
            out.push_str(mark);
            out.push(',');
        }
        out.push_str(&self.0);
        out
    }
}

/// All that may be marks on a request.
fn each(x: &Exchange, mut with: impl FnMut(&str)) {
    let mut line = |line: &[u8]| {
        let marks = line.split(|b| *b == b',').map(<[u8]>::trim_ascii);
        let marks = marks.filter(|mark| mark.len() == LENGTH && mark.iter().all(u8::is_ascii_hexdigit));
        marks.filter_map(|mark| std::str::from_utf8(mark).ok()).for_each(&mut with);
    };
    let mut fields = false;
    for value in x.req.head.get_all(NAME) {
        fields = true;
        line(value);
    }
    if !fields && let Some(value) = x.attachment(FIELD.as_bytes()) {
        line(&value);
    }
}
