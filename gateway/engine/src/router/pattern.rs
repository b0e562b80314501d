//! The path pattern of a route, split once into what the tree looks up and what is left to compare.
//!
//! `*name`, `*` (named `:ext`) and, in one router mode, `:name` segments capture; a `*` inside a segment only ends the
//! literal prefix. Everything else is literal text. APISIX puts literal segments unescaped into a regular expression once a
//! pattern captures; here `.`, `?` or `+` are always themselves (a deliberate difference).

use std::sync::Arc;

use crate::path;

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

/// A whole path with wildcards: the text up to the first `*` capture, then each `*` with what follows it.
#[derive(Debug)]
pub(super) struct Shape {
    head: Box<[Piece]>,
    stars: Box<[Star]>,
    names: Box<[Box<[u8]>]>,
    landmark: Option<(Place, Box<[u8]>)>,
}

/// Which segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Counted from the left; number 0 is what lies before the first slash.
    At(usize),
    Last,
}

/// Part of a [`Shape`] with a length that depends on nothing to its right.
#[derive(Debug)]
enum Piece {
    Text(Box<[u8]>),
    /// `:name`, one segment; the number of its capture.
    Segment(usize),
}

/// `*name`: anything, also nothing and `/`.
#[derive(Debug)]
struct Star {
    capture: usize,
    tail: Box<[Piece]>,
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
        let mut names = Vec::new();
        let mut stars: Vec<Star> = Vec::new();
        let mut head = None;
        let mut pieces = Vec::new();
        let mut text = String::new();
        let flush = |text: &mut String, pieces: &mut Vec<Piece>| {
            if !text.is_empty() {
                pieces.push(Piece::Text(path::literal(text.as_bytes())));
                text.clear();
            }
        };
        for (at, segment) in uri.split('/').enumerate() {
            if at > 0 {
                text.push('/');
            }
            let Some(found) = capture(segment, parameters) else {
                text.push_str(segment);
                continue;
            };
            flush(&mut text, &mut pieces);
            let number = names.len();
            names.push(Box::from(found.name.as_bytes()));
            if found.star {
                let before = std::mem::take(&mut pieces).into_boxed_slice();
                match stars.last_mut() {
                    Some(star) => star.tail = before,
                    None => head = Some(before),
                }
                stars.push(Star { capture: number, tail: Box::default() });
            } else {
                pieces.push(Piece::Segment(number));
            }
        }
        flush(&mut text, &mut pieces);
        let last = pieces.into_boxed_slice();
        match stars.last_mut() {
            Some(star) => star.tail = last,
            None => head = Some(last),
        }
        Shape {
            head: head.unwrap_or_default(),
            stars: stars.into_boxed_slice(),
            names: names.into_boxed_slice(),
            landmark: find_landmark(uri, parameters),
        }
    }

    /// A literal segment behind the first capture that every fitting path has at this place.
    pub(super) fn landmark(&self) -> Option<(Place, &[u8])> {
        self.landmark.as_ref().map(|(place, text)| (*place, &**text))
    }

    /// Matches the whole of `path`, writing a span for each capture. An earlier `*` takes as much as it can.
    ///
    /// No step is ever taken back: the head can only lie at the left end, the tail of the last `*` at the right end, and
    /// putting each tail between as far to the right as possible leaves the most room on its left.
    fn fit(&self, path: &[u8], spans: &mut [(usize, usize)]) -> Option<()> {
        let start = forward(&self.head, path, spans)?;
        let mut right = path.len();
        for (at, star) in self.stars.iter().enumerate().rev() {
            let last = at + 1 == self.stars.len();
            let ends = if last { right..=right } else { start..=right };
            let (from, to) = ends.rev().find_map(|end| Some((backward(&star.tail, path, start, end, spans)?, end)))?;
            // The star after this tail reaches from the tail's end to where its own tail begins.
            if let Some(next) = self.stars.get(at + 1).and_then(|next| spans.get_mut(next.capture)) {
                *next = (to, right);
            }
            right = from;
        }
        match self.stars.first() {
            Some(star) => *spans.get_mut(star.capture)? = (start, right),
            None => return (start == path.len()).then_some(()),
        }
        Some(())
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

/// Where `pieces`, begun at the start of `path`, end.
fn forward(pieces: &[Piece], path: &[u8], spans: &mut [(usize, usize)]) -> Option<usize> {
    let mut at = 0;
    for piece in pieces {
        let rest = path.get(at..)?;
        match piece {
            Piece::Text(text) => at += rest.starts_with(text).then_some(text.len())?,
            Piece::Segment(capture) => {
                let length = memchr::memchr(b'/', rest).unwrap_or(rest.len());
                *spans.get_mut(*capture)? = (at, at + length);
                at += (length > 0).then_some(length)?;
            }
        }
    }
    Some(at)
}

/// Where `pieces`, ending at `end`, begin, if not before `from`.
fn backward(pieces: &[Piece], path: &[u8], from: usize, end: usize, spans: &mut [(usize, usize)]) -> Option<usize> {
    let mut end = end;
    for piece in pieces.iter().rev() {
        let room = path.get(from..end)?;
        let length = match piece {
            Piece::Text(text) => room.ends_with(text).then_some(text.len())?,
            Piece::Segment(capture) => {
                let length = room.len() - memchr::memrchr(b'/', room).map_or(0, |slash| slash + 1);
                *spans.get_mut(*capture)? = (end.checked_sub(length)?, end);
                (length > 0).then_some(length)?
            }
        };
        end = end.checked_sub(length)?;
    }
    Some(end)
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
