//! The path pattern of a route, split once into what the tree looks up and what is left to compare.
//!
//! `*name`, `*` (named `:ext`) and, in one router mode, `:name` segments capture; a `*` inside a segment only ends the
//! literal prefix. Everything else is literal text. APISIX puts literal segments unescaped into a regular expression once a
//! pattern captures; here `.`, `?` or `+` are always themselves (a deliberate difference).

use std::sync::Arc;

use smallvec::SmallVec;

use crate::path;
use crate::scan;

/// One entry of a route's `uris`.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The text before the first wildcard, in the form of [`path::normalize`]: the key in the tree.
    pub(super) literal: Box<[u8]>,
    /// Whether a path only has to begin with `literal`.
    pub(super) prefix: bool,
    /// Bytes of the pattern as written: among candidates of one bucket the longer one is tried first.
    pub(super) written: u32,
    /// What a path must look like beyond its literal prefix.
    pub(super) shape: Option<Arc<Shape>>,
}

/// A whole path with wildcards, in few cache lines: among many routes each match finds it cold.
#[derive(Debug)]
pub(super) struct Shape {
    pieces: SmallVec<[Piece; 6]>,
    /// The text of all [`Piece::Text`] in order.
    text: SmallVec<[u8; 32]>,
    /// Of all other pieces in order.
    names: Box<[Box<[u8]>]>,
    landmark: Option<(Place, Box<[u8]>)>,
}

/// Part of a [`Shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// So many bytes of literal text.
    Text(u32),
    /// `:name`: one segment, not empty.
    Segment,
    /// `*name`: anything, also nothing and `/`.
    Star,
}

/// Which segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Counted from the left; number 0 is what lies before the first slash.
    At(usize),
    Last,
}

/// What the wildcards of the matched pattern stood for, readable as `uri_param_<name>`. Reused from request to request.
#[derive(Clone, Debug, Default)]
pub struct Captures {
    shape: Option<Arc<Shape>>,
    spans: Vec<(usize, usize)>,
    text: Vec<u8>,
}

impl Captures {
    /// The text captured under `name` (without `uri_param_`); `:ext` is the name of a bare `*`. Of two captures with one
    /// name the later one counts.
    ///
    /// The only wildcard of `/a/*` is not captured: nothing can tell it from the path itself.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        let at = self.shape.as_ref()?.names.iter().rposition(|known| **known == *name)?;
        let &(start, end) = self.spans.get(at)?;
        self.text.get(start..end)
    }

    /// All captures in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let names = self.shape.iter().flat_map(|shape| shape.names.iter());
        names.zip(&self.spans).map(|(name, &(start, end))| (&**name, self.text.get(start..end).unwrap_or_default()))
    }

    /// Whether it holds memory: of a request whose route captured, or of an earlier one's.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.shape.is_some() || self.spans.capacity() > 0 || self.text.capacity() > 0
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.shape = None;
        self.spans.clear();
        self.text.clear();
    }

    /// Tries `shape` on `path`; what it finds is visible once [`Captures::keep`] was called.
    pub(super) fn attempt(&mut self, shape: &Shape, path: &[u8]) -> bool {
        self.spans.clear();
        self.spans.resize(shape.names.len(), (0, 0));
        shape.fit(path, &mut self.spans).is_some()
    }

    pub(super) fn keep(&mut self, shape: &Arc<Shape>, path: &[u8]) {
        self.shape = Some(shape.clone());
        self.text.extend_from_slice(path);
    }
}

impl Pattern {
    /// `parameters`: whether `:name` segments capture (`radixtree_uri_with_parameter`).
    pub(super) fn new(uri: &str, parameters: bool) -> Self {
        let written = u32::try_from(uri.len()).unwrap_or(u32::MAX);
        let mut cut = uri.find('*');
        let mut captures = 0;
        let mut start = 0;
        for segment in uri.split('/') {
            if capture(segment, parameters).is_some() {
                captures += 1;
                cut = cut.min(Some(start)).or(Some(start));
            }
            start += segment.len() + 1;
        }
        let Some(cut) = cut else {
            return Pattern { literal: path::literal(uri.as_bytes()), prefix: false, written, shape: None };
        };
        let (literal, rest) = uri.split_at_checked(cut).unwrap_or((uri, ""));
        // The only wildcard is a bare `*` at the end: the prefix alone decides.
        let decided = captures == 0 || (captures == 1 && rest == "*");
        let shape = (!decided).then(|| Arc::new(Shape::new(uri, parameters)));
        Pattern { literal: path::literal(literal.as_bytes()), prefix: true, written, shape }
    }
}

impl Shape {
    fn new(uri: &str, parameters: bool) -> Self {
        let mut shape = Shape {
            pieces: SmallVec::new(),
            text: SmallVec::new(),
            names: Box::default(),
            landmark: find_landmark(uri, parameters),
        };
        let mut names = Vec::new();
        let mut text = String::new();
        for (at, segment) in uri.split('/').enumerate() {
            if at > 0 {
                text.push('/');
            }
            match capture(segment, parameters) {
                None => text.push_str(segment),
                Some(found) => {
                    shape.push_text(&mut text);
                    names.push(Box::from(found.name.as_bytes()));
                    shape.pieces.push(if found.star { Piece::Star } else { Piece::Segment });
                }
            }
        }
        shape.push_text(&mut text);
        shape.names = names.into_boxed_slice();
        shape
    }

    fn push_text(&mut self, text: &mut String) {
        let literal = path::literal(std::mem::take(text).as_bytes());
        if !literal.is_empty() {
            self.pieces.push(Piece::Text(u32::try_from(literal.len()).unwrap_or(u32::MAX)));
            self.text.extend_from_slice(&literal);
        }
    }

    /// A literal segment behind the first capture that every fitting path has at this place.
    pub(super) fn landmark(&self) -> Option<(Place, &[u8])> {
        self.landmark.as_ref().map(|(place, text)| (*place, &**text))
    }

    /// Matches the whole of `path`, writing a span for each capture. An earlier `*` takes as much as it can.
    ///
    /// No step is ever taken back: what lies before the first `*` can only be at the left end, what lies behind the last at
    /// the right end, and putting each part between as far to the right as possible leaves the most room on its left.
    fn fit(&self, path: &[u8], spans: &mut [(usize, usize)]) -> Option<()> {
        let first = self.pieces.iter().position(|&piece| piece == Piece::Star);
        let head = self.pieces.get(..first.unwrap_or(self.pieces.len()))?;
        let (start, mut text) = forward(head, &self.text, path, spans)?;
        let Some(first) = first else { return (start == path.len()).then_some(()) };
        let mut captures = self.names.len();
        let mut right = path.len();
        // The capture of the `*` to the right of the part that is looked for; the last part has none.
        let mut star = None;
        for part in self.pieces.get(first + 1..)?.rsplit(|&piece| piece == Piece::Star) {
            let mut ends = if star.is_some() { start..=right } else { right..=right };
            let found = loop {
                let end = ends.next_back()?;
                let place = Part { pieces: part, text, captures };
                if let Some(found) = place.backward(path, start, end, spans) {
                    break (found, end);
                }
            };
            let ((from, before), end) = found;
            if let Some(star) = star {
                *spans.get_mut(star)? = (end, right);
            }
            captures = captures.checked_sub(1 + part.iter().filter(|&&piece| piece == Piece::Segment).count())?;
            (star, right, text) = (Some(captures), from, before);
        }
        *spans.get_mut(star?)? = (start, right);
        Some(())
    }
}

/// Where `pieces`, begun at the start of `path`, end, and the literal text behind theirs.
fn forward<'s>(
    pieces: &[Piece],
    text: &'s [u8],
    path: &[u8],
    spans: &mut [(usize, usize)],
) -> Option<(usize, &'s [u8])> {
    let mut text = text;
    let mut spans = spans.iter_mut();
    let mut rest = path;
    for piece in pieces {
        if let Piece::Text(length) = *piece {
            let (literal, behind) = text.split_at_checked(length as usize)?;
            rest = rest.strip_prefix(literal)?;
            text = behind;
        } else {
            let length = scan::find(b'/', rest).unwrap_or(rest.len());
            let at = path.len() - rest.len();
            *spans.next()? = (at, at + length);
            rest = rest.get(length..).filter(|_| length > 0)?;
        }
    }
    Some((path.len() - rest.len(), text))
}

/// What lies behind a `*`, up to the next.
struct Part<'s> {
    pieces: &'s [Piece],
    /// Ends with theirs.
    text: &'s [u8],
    /// The number behind that of its last capture.
    captures: usize,
}

impl<'s> Part<'s> {
    /// Where the part, ending at `end`, begins, if not before `from`, and the literal text before its own.
    fn backward(
        &self,
        path: &[u8],
        from: usize,
        end: usize,
        spans: &mut [(usize, usize)],
    ) -> Option<(usize, &'s [u8])> {
        let mut text = self.text;
        let mut room = path.get(from..end)?;
        let mut capture = self.captures;
        for piece in self.pieces.iter().rev() {
            if let Piece::Text(length) = *piece {
                let (before, literal) = text.split_at_checked(text.len().checked_sub(length as usize)?)?;
                room = room.strip_suffix(literal)?;
                text = before;
            } else {
                capture = capture.checked_sub(1)?;
                let begin = memchr::memrchr(b'/', room).map_or(0, |slash| slash + 1);
                *spans.get_mut(capture)? = (from + begin, from + room.len());
                room = room.get(..begin).filter(|_| begin < room.len())?;
            }
        }
        Some((from + room.len(), text))
    }
}

impl Place {
    /// The segment of `path` at this place.
    pub(super) fn of(self, path: &[u8]) -> Option<&[u8]> {
        let mut segments = path.split(|&byte| byte == b'/');
        match self {
            Place::At(number) => segments.nth(number),
            Place::Last => segments.next_back(),
        }
    }
}

/// Up to the first `*` capture the place of a segment is fixed from the left; else the last one may be literal.
fn find_landmark(uri: &str, parameters: bool) -> Option<(Place, Box<[u8]>)> {
    let literal = |segment: &str| path::literal(segment.as_bytes());
    let mut captured = false;
    for (at, segment) in uri.split('/').enumerate() {
        match capture(segment, parameters) {
            Some(found) if found.star => break,
            Some(_) => captured = true,
            None if captured => return Some((Place::At(at), literal(segment))),
            None => {}
        }
    }
    let last = uri.rsplit('/').next()?;
    capture(last, parameters).is_none().then(|| (Place::Last, literal(last)))
}

struct Capture<'a> {
    name: &'a str,
    star: bool,
}

fn capture(segment: &str, parameters: bool) -> Option<Capture<'_>> {
    if let Some(name) = segment.strip_prefix('*') {
        return Some(Capture { name: if name.is_empty() { ":ext" } else { name }, star: true });
    }
    let name = segment.strip_prefix(':').filter(|name| parameters && !name.is_empty())?;
    Some(Capture { name, star: false })
}
