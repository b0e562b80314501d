//! Replacement texts of `ngx.re.sub` and `ngx.re.gsub`.

use super::{Groups, RegexError};

/// `$0`, `$1`, `${1}` are groups (empty when they took no part), `$$` is a dollar sign, all else is itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    parts: Box<[Part]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<[u8]>),
    Group(usize),
}

impl Replacement {
    /// Compiles a replacement text.
    ///
    /// # Errors
    /// A `$` that is followed by neither a number, `{number}` nor another `$`.
    pub fn parse(text: &str) -> Result<Self, RegexError> {
        let bad = || RegexError(format!("failed to compile the replacement template \"{text}\""));
        let (mut parts, mut plain, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            plain.extend_from_slice(before.as_bytes());
            if let Some(after) = after.strip_prefix('$') {
                plain.push(b'$');
                rest = after;
                continue;
            }
            let (digits, after) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}').ok_or_else(bad)?,
                None => after.split_at(after.bytes().take_while(u8::is_ascii_digit).count()),
            };
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            parts.push(Part::Group(digits.parse().map_err(|_| bad())?));
            rest = after;
        }
        plain.extend_from_slice(rest.as_bytes());
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(Self { parts: parts.into() })
    }

    /// A replacement that is inserted as it is, dollar signs included.
    #[must_use]
    pub fn literal(text: &[u8]) -> Self {
        Self { parts: Box::new([Part::Text(text.into())]) }
    }

    /// Appends the replacement for one match, whose groups lie in `text`.
    pub fn expand(&self, groups: &Groups, text: &[u8], out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(plain) => out.extend_from_slice(plain),
                Part::Group(number) => out.extend_from_slice(groups.text(*number, text).unwrap_or_default()),
            }
        }
    }

    /// How many bytes [`expand`](Self::expand) appends.
    pub(super) fn length(&self, groups: &Groups) -> usize {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(plain) => plain.len(),
            Part::Group(number) => groups.get(*number).map_or(0, |range| range.len()),
        });
        parts.fold(0, usize::saturating_add)
    }
}
