//! An expression's words.

use super::{MAX_LENGTH, Problem};

/// A word and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A field, function or word: letters, digits, `_`, `-`, `$`, `@`.
    Word(String),
    /// Text in quotes.
    Text(String),
    /// A number as it was typed.
    Number(serde_json::Number),
    /// Everything else: `&&`, `==`, `(`, …
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: [&str; 20] =
    ["&&", "||", "==", "!=", ">=", "<=", "=~", "!~", "!", ">", "<", "(", ")", "[", "]", ",", ".", "*", "=", "&"];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    if text.len() > MAX_LENGTH {
        return Err(Problem::new(MAX_LENGTH, "too long"));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' => quoted(rest, at)?,
            '\'' => single(rest, at)?,
            c if c.is_ascii_digit() || (c == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) => {
                number(rest, at)?
            }
            c if word_part(c) => {
                let length = rest.find(|c| !word_part(c)).unwrap_or(rest.len());
                (Kind::Word(rest[..length].to_owned()), length)
            }
            _ => match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign @ ("=" | "&")) => return Err(Problem::new(at, format!("expected \"{sign}{sign}\""))),
                Some(sign) => (Kind::Sign(sign), sign.len()),
                None => return Err(Problem::new(at, "unexpected character")),
            },
        };
        tokens.push(Token { at, kind });
        at += length;
    }
    tokens.push(Token { at: text.len(), kind: Kind::End });
    Ok(tokens)
}

fn word_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@')
}

/// A JSON string.
fn quoted(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    let Some((end, _)) = end else { return Err(Problem::new(at, "text without an end")) };
    let literal = &rest[..=end];
    match serde_json::from_str(literal) {
        Ok(text) => Ok((Kind::Text(text), literal.len())),
        // Backslashes of a regular expression need not be doubled.
        Err(_) => Ok((Kind::Text(literal[1..end].replace("\\\"", "\"")), literal.len())),
    }
}

/// Text as it stands, without escapes.
fn single(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    match rest[1..].find('\'') {
        Some(length) => Ok((Kind::Text(rest[1..=length].to_owned()), length + 2)),
        None => Err(Problem::new(at, "text without an end")),
    }
}

fn number(rest: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let length = rest[1..].find(|c| !part(c)).map_or(rest.len(), |length| length + 1);
    match rest[..length].parse::<serde_json::Number>() {
        Ok(number) => Ok((Kind::Number(number), length)),
        Err(_) => Err(Problem::new(at, "not a number:")),
    }
}
