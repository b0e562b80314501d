//! Values from one stream into another: what they say stays byte for byte, but for the numbers of classes, types and earlier values, which
//! every stream has of its own.
//!
//! A value that the new stream does not hold, for it stands in a part of the old one that does not come along, is written where it is
//! referred to. So two values that share a third one still say the same when they part; that it was one is lost.

use super::text::begins;
use super::walk::Walker;
use super::write::int;
use super::{Cursor, Error, Fault, Limits, NESTED};
use std::ops::Range;

/// Values of one stream as streams of their own.
///
/// `from` is where the first of them begins, before which there are strings, numbers and dates alone. Gives the new streams in one piece
/// and where each of them is. They are `most` bytes long together, at the most.
///
/// # Errors
/// A value is not well-formed, not all there, or beyond the limits.
pub fn split(body: &[u8], from: usize, count: u32, limits: Limits, most: usize) -> Result<Streams<'_>, Error> {
    let mut walker = Walker::at(body, from, limits);
    let (mut ranges, mut apart) = (Vec::with_capacity(room(count)), true);
    for _ in 0..count {
        // What stands behind values that are numbered may mean these.
        apart = apart && walker.numbers().is_nothing();
        let start = walker.position();
        walker.skip()?;
        ranges.push(start..walker.position());
    }
    if apart {
        return Ok(Streams { bytes: Bytes::Old(body), ranges, end: walker.position() });
    }
    let (mut source, mut target) = (Source::new(body, from, limits), Target::new(Vec::new(), most));
    for range in &mut ranges {
        let start = target.out.len();
        target.begin();
        source.forget();
        source.value(&mut target)?;
        *range = start..target.out.len();
    }
    Ok(Streams { bytes: Bytes::New(target.out), ranges, end: walker.position() })
}

/// Streams that lie in one piece of memory.
#[derive(Debug)]
pub struct Streams<'a> {
    bytes: Bytes<'a>,
    ranges: Vec<Range<usize>>,
    end: usize,
}

#[derive(Debug)]
enum Bytes<'a> {
    Old(&'a [u8]),
    New(Vec<u8>),
}

impl Streams<'_> {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let bytes: &[u8] = match &self.bytes {
            Bytes::Old(bytes) => bytes,
            Bytes::New(bytes) => bytes,
        };
        self.ranges.iter().map(|range| bytes.get(range.clone()).unwrap_or_default())
    }

    /// Where the values ended in the stream that they are from, in bytes from its beginning.
    pub fn end(&self) -> usize {
        self.end
    }
}

/// The first values of several streams, one after the other in one stream, behind what `out` holds already, which may be strings, numbers
/// and dates alone. It is `most` bytes long at the most. What stands behind the first value of a stream is left out.
///
/// # Errors
/// A value is not well-formed, not all there, or beyond the limits.
pub fn join<'a>(
    out: Vec<u8>,
    streams: impl IntoIterator<Item = &'a [u8]>,
    limits: Limits,
    most: usize,
) -> Result<Vec<u8>, Error> {
    let mut target = Target::new(out, most);
    for stream in streams {
        let mut walker = Walker::new(stream, limits);
        walker.skip()?;
        let numbers = walker.numbers();
        if numbers.is_nothing() || target.is_fresh() {
            // Its numbers are what they were.
            let (classes, types, references) = numbers.counts();
            target.put(stream.get(..walker.position()).unwrap_or_default())?;
            (target.classes, target.types, target.references) = (
                target.classes.saturating_add(classes),
                target.types.saturating_add(types),
                target.references.saturating_add(references),
            );
        } else {
            Source::new(stream, 0, limits).value(&mut target)?;
        }
    }
    Ok(target.out)
}

/// A stream that values go into.
struct Target {
    out: Vec<u8>,
    most: usize,
    /// How many there are in the present stream.
    classes: u32,
    types: u32,
    references: u32,
}

impl Target {
    fn new(out: Vec<u8>, most: usize) -> Target {
        Target { out, most, classes: 0, types: 0, references: 0 }
    }

    /// What comes now is another stream.
    fn begin(&mut self) {
        (self.classes, self.types, self.references) = (0, 0, 0);
    }

    fn is_fresh(&self) -> bool {
        (self.classes, self.types, self.references) == (0, 0, 0)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() > self.most.saturating_sub(self.out.len()) {
            return Err(Error { fault: Fault::Limit("bytes"), at: self.out.len() });
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn number(&mut self, number: u32) -> Result<(), Error> {
        int(&mut self.out, i32::try_from(number).unwrap_or(i32::MAX));
        self.put(&[])
    }

    /// What stands here is the value of this number.
    fn reference(&mut self, number: u32) -> Result<(), Error> {
        self.put(b"Q")?;
        self.number(number)
    }
}

/// A stream that values come from, and what of it the present target holds.
///
/// A part may be read again, where something refers to it from another value. What is numbered has its number from the first time.
struct Source<'a> {
    cursor: Cursor<'a>,
    limits: Limits,
    place: Place,
    classes: Vec<Class>,
    types: Vec<Type>,
    references: Vec<Reference>,
    /// Of these, those that the target holds.
    held: Vec<Held>,
    /// Where the value that is copied next is referred to, if that is elsewhere.
    back: Option<Place>,
}

/// How many classes, types and values there are in front of a place.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    at: u32,
    classes: u32,
    types: u32,
    references: u32,
}

struct Class {
    /// From its tag to its end.
    span: Range<usize>,
    fields: u32,
    /// Its number in the target, once it has one.
    number: Option<u32>,
}

struct Type {
    span: Range<usize>,
    number: Option<u32>,
}

struct Reference {
    /// Where the value begins.
    start: Place,
    /// What is behind it, once that is known.
    end: Place,
    number: Option<u32>,
}

enum Held {
    Class(usize),
    Type(usize),
    Reference(usize),
}

impl<'a> Source<'a> {
    fn new(body: &'a [u8], at: usize, limits: Limits) -> Source<'a> {
        Source {
            cursor: Cursor::new(body, at),
            limits,
            place: Place::default(),
            classes: Vec::new(),
            types: Vec::new(),
            references: Vec::new(),
            held: Vec::new(),
            back: None,
        }
    }

    /// The target holds nothing of this stream.
    fn forget(&mut self) {
        for held in self.held.drain(..) {
            match held {
                Held::Class(n) => self.classes.get_mut(n).map(|class| class.number = None),
                Held::Type(n) => self.types.get_mut(n).map(|kind| kind.number = None),
                Held::Reference(n) => self.references.get_mut(n).map(|value| value.number = None),
            };
        }
    }

    /// Copies the next value with all that is in it.
    fn value(&mut self, target: &mut Target) -> Result<(), Error> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            match self.begin(target)? {
                Begun::Definition => continue,
                Begun::Whole => {}
                Begun::Holding(number, inner) => {
                    if open.len() as u64 >= u64::from(self.limits.depth) {
                        return Err(self.cursor.fail(Fault::Limit(NESTED)));
                    }
                    open.push(Open { number, inner, back: self.back.take() });
                }
                Begun::Elsewhere => continue,
            }
            while let Some(last) = open.last_mut() {
                match &mut last.inner {
                    Inner::Left(0) => {}
                    Inner::Left(left) => {
                        *left -= 1;
                        break;
                    }
                    Inner::List | Inner::Key if self.cursor.peek()? == b'Z' => {
                        self.cursor.byte()?;
                        target.put(b"Z")?;
                    }
                    Inner::List => break,
                    inner @ Inner::Key => {
                        *inner = Inner::Value;
                        break;
                    }
                    inner @ Inner::Value => {
                        *inner = Inner::Key;
                        break;
                    }
                }
                let end = self.here(self.cursor.at());
                if let Some(value) = self.references.get_mut(last.number) {
                    value.end = end;
                }
                if let Some(back) = last.back {
                    self.go(back);
                }
                open.pop();
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    fn go(&mut self, place: Place) {
        self.cursor = Cursor::new(self.cursor.bytes(), index(place.at));
        self.place = place;
    }

    fn here(&self, at: usize) -> Place {
        Place { at: number(at), ..self.place }
    }

    /// Copies what stands before a value's inner values, or all of it if it has none.
    fn begin(&mut self, target: &mut Target) -> Result<Begun, Error> {
        let start = self.cursor.at();
        let tag = self.cursor.byte()?;
        match tag {
            b'C' => {
                self.define(start)?;
                Ok(Begun::Definition)
            }
            b'Q' => {
                let number = self.cursor.index("a value", index(self.place.references))?;
                self.refer(number, target)
            }
            b'H' | b'M' | b'O' | b'U'..=b'X' | 0x60..=0x7f => {
                let number = index(self.place.references);
                match self.references.get(number) {
                    // The target holds it already: something that stood in front of it was referred to by what is in it.
                    Some(Reference { number: Some(there), end, .. }) => {
                        let (there, end) = (*there, *end);
                        self.go(end);
                        target.reference(there)?;
                        return Ok(Begun::Whole);
                    }
                    Some(_) => {}
                    None if number as u64 >= u64::from(self.limits.nodes) => {
                        return Err(self.cursor.fail(Fault::Limit("values")));
                    }
                    None => {
                        let start = self.here(start);
                        self.references.push(Reference { start, end: start, number: None });
                    }
                }
                self.place.references = self.place.references.saturating_add(1);
                let inner = self.open(tag, number, target)?;
                Ok(Begun::Holding(number, inner))
            }
            _ => {
                self.cursor.scalar(tag)?.ok_or(self.cursor.unexpected("a value", tag))?;
                target.put(self.bytes(start..self.cursor.at()))?;
                Ok(Begun::Whole)
            }
        }
    }

    /// Copies the beginning of a value that holds others, behind its tag.
    fn open(&mut self, tag: u8, number: usize, target: &mut Target) -> Result<Inner, Error> {
        if matches!(tag, b'O' | 0x60..=0x6f) {
            let class = match tag {
                b'O' => self.cursor.index("a class", index(self.place.classes))?,
                _ => usize::from(tag - 0x60),
            };
            let (there, fields) = self.class(class, target)?;
            self.hold(number, target);
            match u8::try_from(there) {
                Ok(there @ 0..=15) => target.put(&[0x60 + there])?,
                _ => {
                    target.put(b"O")?;
                    target.number(there)?;
                }
            }
            return Ok(Inner::Left(fields));
        }
        self.hold(number, target);
        target.put(&[tag])?;
        if matches!(tag, b'M' | b'U' | b'V' | 0x70..=0x77) {
            self.kind(target)?;
        }
        Ok(match tag {
            b'H' | b'M' => Inner::Key,
            b'U' | b'W' => Inner::List,
            b'V' | b'X' => {
                let count = self.cursor.count()?;
                target.number(count)?;
                Inner::Left(count)
            }
            _ => Inner::Left(u32::from(tag & 7)),
        })
    }

    fn bytes(&self, span: Range<usize>) -> &'a [u8] {
        self.cursor.bytes().get(span).unwrap_or_default()
    }

    /// The target is going to hold a value.
    fn hold(&mut self, number: usize, target: &mut Target) {
        if let Some(value) = self.references.get_mut(number) {
            value.number = Some(target.references);
            self.held.push(Held::Reference(number));
        }
        target.references = target.references.saturating_add(1);
    }

    /// A reference: to what the target holds, or else that itself.
    fn refer(&mut self, number: usize, target: &mut Target) -> Result<Begun, Error> {
        let Some(value) = self.references.get(number) else { return Err(self.cursor.fail(Fault::Index("a value"))) };
        if let Some(there) = value.number {
            target.reference(there)?;
            return Ok(Begun::Whole);
        }
        let start = value.start;
        self.back = Some(self.here(self.cursor.at()));
        self.go(start);
        Ok(Begun::Elsewhere)
    }

    /// The number of a class in the target, where it is defined if it was not yet, and how many fields its objects have.
    fn class(&mut self, class: usize, target: &mut Target) -> Result<(u32, u32), Error> {
        let known = self.classes.get_mut(class).filter(|_| class < index(self.place.classes));
        let Some(known) = known else { return Err(self.cursor.fail(Fault::Index("a class"))) };
        let fields = known.fields;
        if let Some(there) = known.number {
            return Ok((there, fields));
        }
        let (span, there) = (known.span.clone(), target.classes);
        known.number = Some(there);
        self.held.push(Held::Class(class));
        target.classes = there.saturating_add(1);
        target.put(self.bytes(span))?;
        Ok((there, fields))
    }

    /// A class definition behind its tag. It goes to the target when something is of that class.
    fn define(&mut self, start: usize) -> Result<(), Error> {
        let number = index(self.place.classes);
        self.place.classes = self.place.classes.saturating_add(1);
        if let Some(known) = self.classes.get(number) {
            self.cursor = Cursor::new(self.cursor.bytes(), known.span.end);
            return Ok(());
        }
        if number as u64 >= u64::from(self.limits.classes) {
            return Err(self.cursor.fail(Fault::Limit("classes")));
        }
        self.cursor.text()?;
        let fields = self.cursor.count()?;
        for _ in 0..fields {
            self.cursor.text()?;
        }
        self.classes.push(Class { span: start..self.cursor.at(), fields, number: None });
        Ok(())
    }

    /// The name of a type, or the number of one: the same in the target.
    fn kind(&mut self, target: &mut Target) -> Result<(), Error> {
        let at = self.cursor.at();
        let number = if begins(self.cursor.peek()?) {
            let number = index(self.place.types);
            match self.types.get(number) {
                Some(known) => self.cursor = Cursor::new(self.cursor.bytes(), known.span.end),
                None => {
                    self.cursor.text()?;
                    self.types.push(Type { span: at..self.cursor.at(), number: None });
                }
            }
            self.place.types = self.place.types.saturating_add(1);
            number
        } else {
            self.cursor.index("a type", index(self.place.types))?
        };
        let Some(known) = self.types.get_mut(number) else { return Err(self.cursor.fail(Fault::Index("a type"))) };
        match known.number {
            Some(number) => target.number(number),
            None => {
                let span = known.span.clone();
                known.number = Some(target.types);
                self.held.push(Held::Type(number));
                target.types = target.types.saturating_add(1);
                target.put(self.bytes(span))
            }
        }
    }
}

/// What has begun.
enum Begun {
    /// A class definition, which is no value: one follows.
    Definition,
    /// A value that is at its end already.
    Whole,
    /// A value of this number that holds others.
    Holding(usize, Inner),
    /// A value that stands elsewhere follows.
    Elsewhere,
}

/// A value whose end is to come.
struct Open {
    number: usize,
    inner: Inner,
    /// Where it was referred to, if it stands elsewhere: there it goes on behind it.
    back: Option<Place>,
}

/// What is still to come of a value.
enum Inner {
    /// So many values.
    Left(u32),
    /// Values up to a `Z`.
    List,
    /// A key, or a `Z`.
    Key,
    /// The value of a key.
    Value,
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Bodies are shorter.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Room for what is announced.
fn room(count: u32) -> usize {
    index(count.min(64))
}

#[cfg(test)]
mod tests;
