//! Other attachments, or another name of service or method, in a body that otherwise stays as it is.
//!
//! What stands in front of the attachments is copied byte for byte, and so is every attachment that nobody changes. Only where one
//! goes that others may refer to, or whose classes they may share, the attachments are decoded and written anew; their numbers go
//! on from those of the values in front.

use crate::attachments::Attachments;
use crate::hessian::tree::{Decoder, Node, NodeId, Tree};
use crate::hessian::walk::Item;
use crate::hessian::write::{Writer, text};
use crate::hessian::{Cursor, Error, Limits, Text};
use crate::invocation::Invocation;
use crate::outcome::{Kind, Outcome};

/// What becomes of an attachment, whose name is compared as those of fields are: without regard to the case of ASCII letters. Else
/// who sends `x-user` beside a field `X-User` that is set would have both arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'c> {
    /// This name has this value, and no other.
    Set(&'c str, &'c str),
    /// There is none of this name.
    Remove(&'c str),
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edit<'c> {
    /// Another path. Providers look at the attachment `path` as well, which is not changed by this.
    pub path: Option<&'c str>,
    /// Another version of the service; likewise beside the attachment `version`.
    pub version: Option<&'c str>,
    /// Another method.
    pub method: Option<&'c str>,
    /// Other attachments. Of several changes of one name the last counts.
    pub attachments: &'c [Change<'c>],
}

/// The body of a call with `edit` done to it.
///
/// # Errors
/// It is not well-formed, not all there, or beyond the limits.
pub fn call(body: &[u8], edit: &Edit<'_>, limits: Limits) -> Result<Vec<u8>, Error> {
    let call = Invocation::parse(body)?;
    let mut out = Vec::with_capacity(body.len().saturating_add(128));
    let mut cursor = Cursor::new(body, 0);
    for new in [None, edit.path, edit.version, edit.method, None] {
        let start = cursor.at();
        cursor.text_or_null()?;
        match new {
            Some(new) => text(&mut out, new),
            None => out.extend_from_slice(body.get(start..cursor.at()).unwrap_or_default()),
        }
    }
    if edit.attachments.is_empty() {
        out.extend_from_slice(body.get(cursor.at()..).unwrap_or_default());
        return Ok(out);
    }
    let place = Place { body, values_at: cursor.at(), values: call.argument_count(), limits };
    place.write(out, call.attachments(body, limits)?, edit.attachments)
}

/// The body of a response of status 20 with other attachments; `None`: it is of a type that has no place for any.
///
/// # Errors
/// It is not well-formed, not all there, or beyond the limits.
pub fn outcome(body: &[u8], changes: &[Change<'_>], limits: Limits) -> Result<Option<Vec<u8>>, Error> {
    let outcome = Outcome::parse(body)?;
    if !outcome.has_attachments {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(body.len().saturating_add(128));
    out.extend_from_slice(body.get(..outcome.value_at()).unwrap_or_default());
    let values = if outcome.kind == Kind::Null { 0 } else { 1 };
    let place = Place { body, values_at: outcome.value_at(), values, limits };
    place.write(out, outcome.attachments(body, limits)?, changes).map(Some)
}

/// Where attachments stand.
struct Place<'a> {
    body: &'a [u8],
    /// Where the values in front of them begin, and how many there are.
    values_at: usize,
    values: u32,
    limits: Limits,
}

impl Place<'_> {
    /// Writes the values behind `out`, then the attachments, then whatever followed.
    fn write(&self, mut out: Vec<u8>, list: Attachments<'_>, changes: &[Change<'_>]) -> Result<Vec<u8>, Error> {
        out.extend_from_slice(self.body.get(self.values_at..list.start()).unwrap_or_default());
        let before = out.len();
        if self.splice(&mut out, list, changes)? {
            return Ok(out);
        }
        out.truncate(before);
        self.anew(out, changes)
    }

    /// Copies what stays and writes what is new. `false`: an attachment that is to go does not stand alone.
    fn splice(&self, out: &mut Vec<u8>, mut list: Attachments<'_>, changes: &[Change<'_>]) -> Result<bool, Error> {
        let mut done = vec![false; changes.len()];
        let opening = self.body.get(list.start()..list.position()).unwrap_or_default();
        out.extend_from_slice(if matches!(opening, [] | [b'N']) { b"H" } else { opening });
        while let Some(entry) = list.entry()? {
            let change = match entry.key {
                Item::Text(key) => changes.iter().rposition(|change| change.names(key)),
                _ => None,
            };
            match change {
                None => out.extend_from_slice(self.body.get(entry.span.clone()).unwrap_or_default()),
                Some(_) if !entry.stands_alone() => return Ok(false),
                Some(n) => set(out, changes, n, &mut done),
            }
        }
        for n in 0..changes.len() {
            if is_last(changes, n) {
                set(out, changes, n, &mut done);
            }
        }
        out.push(b'Z');
        out.extend_from_slice(self.body.get(list.position()..).unwrap_or_default());
        Ok(true)
    }

    /// Decodes all values, changes the attachments among them, and writes these as the stream's writer would have done.
    fn anew(&self, out: Vec<u8>, changes: &[Change<'_>]) -> Result<Vec<u8>, Error> {
        let mut decoder = Decoder::at(self.body, self.values_at, self.limits);
        for _ in 0..self.values {
            decoder.value()?;
        }
        let numbered = decoder.numbered();
        let map = decoder.value()?;
        let rest = self.body.get(decoder.position()..).unwrap_or_default();
        let mut tree = decoder.into_tree();
        change(&mut tree, map, changes);
        let mut writer = Writer::after(&tree, &numbered, out);
        writer.value(map);
        let mut out = writer.into_bytes();
        out.extend_from_slice(rest);
        Ok(out)
    }
}

impl<'c> Change<'c> {
    fn key(&self) -> &'c str {
        match self {
            Change::Set(key, _) | Change::Remove(key) => key,
        }
    }

    /// Whether it is of the attachment of this name.
    fn names(&self, key: Text<'_>) -> bool {
        match key.in_place() {
            Some(key) if key.is_ascii() => key.eq_ignore_ascii_case(self.key().as_bytes()),
            _ => key.to_str().eq_ignore_ascii_case(self.key()),
        }
    }
}

/// Whether none of the changes behind it is of the same name.
fn is_last(changes: &[Change<'_>], n: usize) -> bool {
    let Some((change, others)) = changes.get(n..).and_then(<[_]>::split_first) else { return false };
    !others.iter().any(|other| other.key().eq_ignore_ascii_case(change.key()))
}

/// Writes what a change sets, once.
fn set(out: &mut Vec<u8>, changes: &[Change<'_>], n: usize, done: &mut [bool]) {
    if let (Some(Change::Set(key, value)), Some(done @ false)) = (changes.get(n), done.get_mut(n)) {
        text(out, key);
        text(out, value);
        *done = true;
    }
}

/// Does to a map of a tree what [`Place::splice`] does to its bytes.
fn change(tree: &mut Tree, map: NodeId, changes: &[Change<'_>]) {
    let Some(Node::Map { entries, .. }) = tree.node_mut(map) else { return };
    let mut kept = std::mem::take(entries);
    kept.retain(|(key, _)| {
        !tree.text(*key).is_some_and(|key| changes.iter().any(|change| change.key().eq_ignore_ascii_case(key)))
    });
    for (n, change) in changes.iter().enumerate() {
        if let (Change::Set(key, value), true) = (change, is_last(changes, n)) {
            kept.push((tree.push_text(key), tree.push_text(value)));
        }
    }
    if let Some(Node::Map { entries, .. }) = tree.node_mut(map) {
        *entries = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hessian::Fault;

    const HEAD: &[u8] = b"\x052.0.2\x01p\x00\x01m";

    fn edited(tail: &[u8], changes: &[Change<'_>]) -> Vec<u8> {
        let body = [HEAD, tail].concat();
        let edit = Edit { attachments: changes, ..Edit::default() };
        let out = call(&body, &edit, Limits::default()).unwrap();
        out.strip_prefix(HEAD).unwrap().to_vec()
    }

    #[test]
    fn attachments_are_set_and_removed_in_place() {
        let cases: &[(&[u8], &[Change<'_>], &[u8])] = &[
            (b"\x00HZ", &[Change::Set("k", "v")], b"\x00H\x01k\x01vZ"),
            (b"\x00N", &[Change::Set("k", "v")], b"\x00H\x01k\x01vZ"),
            (b"\x00", &[Change::Set("k", "v")], b"\x00H\x01k\x01vZ"),
            (b"\x00HZN", &[Change::Set("k", "v")], b"\x00H\x01k\x01vZN"),
            (b"\x00M\x01tZ", &[Change::Set("k", "v")], b"\x00M\x01t\x01k\x01vZ"),
            (b"\x01I\x90H\x01k\x01a\x01l\x01bZ", &[Change::Set("k", "v")], b"\x01I\x90H\x01k\x01v\x01l\x01bZ"),
            (b"\x00H\x01k\x01a\x01l\x01b\x01k\x01cZ", &[Change::Remove("k")], b"\x00H\x01l\x01bZ"),
            (b"\x00H\x01k\x01a\x01k\x01bZ", &[Change::Set("k", "v")], b"\x00H\x01k\x01vZ"),
            (b"\x00H\x01k\x01aZ", &[Change::Set("k", "v"), Change::Remove("k")], b"\x00HZ"),
            (b"\x00H\x01k\x01a\x01K\x01bZ", &[Change::Set("K", "v")], b"\x00H\x01K\x01vZ"),
            (b"\x00H\x01k\x01aS\x00\x01K\x01bZ", &[Change::Remove("K")], b"\x00HZ"),
            (b"\x00HZ", &[Change::Set("k", "v"), Change::Set("K", "w")], b"\x00H\x01K\x01wZ"),
            // A class that a value behind it shares: the attachments are written anew.
            (b"\x00H\x01kC\x01c\x90\x60\x01l\x60Z", &[Change::Set("K", "v")], b"\x00H\x01lC\x01c\x90\x60\x01K\x01vZ"),
            (b"\x00HZ", &[Change::Set("k", "v"), Change::Set("k", "w")], b"\x00H\x01k\x01wZ"),
            (b"\x00H\x90\x91\x01k\x01aZ", &[Change::Remove("k")], b"\x00H\x90\x91Z"),
        ];
        for (tail, changes, expected) in cases {
            assert_eq!(edited(tail, changes), *expected, "{}", tail.escape_ascii());
        }
    }

    #[test]
    fn numbers_go_on_where_an_attachment_that_was_counted_is_gone() {
        // An argument of class c; then attachments of classes c and d, and a list that is referred to.
        let tail =
            b"\x01IC\x01c\x91\x01f\x60\x90H\x01kC\x01d\x91\x01g\x61\x78\x01l\x60Q\x93\x01m\x61\x91\x01n\x71\x01t\x90Z";
        // Values that may be referred to: 0 the argument, 1 the map, 2 the object of d, 3 its list, 4 …
        let expected =
            b"\x01IC\x01c\x91\x01f\x60\x90H\x01l\x60\x78\x01mC\x01d\x91\x01g\x61\x91\x01n\x71\x01t\x90\x01o\x01pZ";
        assert_eq!(edited(tail, &[Change::Remove("k"), Change::Set("o", "p")]), expected);
    }

    #[test]
    fn names_are_changed_alone() {
        let body = [HEAD, b"\x01I\x90H\x01a\x01bZ"].concat();
        let edit = Edit { path: Some("q.R"), version: Some("1.0"), method: Some("n"), attachments: &[] };
        let out = call(&body, &edit, Limits::default()).unwrap();
        assert_eq!(out, b"\x052.0.2\x03q.R\x031.0\x01n\x01I\x90H\x01a\x01bZ");
        let same = call(&body, &Edit::default(), Limits::default()).unwrap();
        assert_eq!(same, body);
    }

    #[test]
    fn answers_keep_their_value() {
        let set = [Change::Set("k", "v")];
        let cases: &[(&[u8], Option<&[u8]>)] = &[
            (b"\x94\x01aH\x05dubbo\x052.0.2Z", Some(b"\x94\x01aH\x05dubbo\x052.0.2\x01k\x01vZ")),
            (b"\x95HZ", Some(b"\x95H\x01k\x01vZ")),
            (b"\x93HZHZ", Some(b"\x93HZH\x01k\x01vZ")),
            (b"\x91\x01a", None),
        ];
        for (body, expected) in cases {
            assert_eq!(outcome(body, &set, Limits::default()).unwrap().as_deref(), *expected);
        }
        assert_eq!(outcome(b"\x94\x01aH", &set, Limits::default()).unwrap_err().fault, Fault::Truncated);
    }
}
