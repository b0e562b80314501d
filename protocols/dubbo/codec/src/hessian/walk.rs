//! Over values without knowing their classes: where each ends, with no copy and no more memory than a few numbers a class.

use super::text::begins;
use super::{Binary, Cursor, Error, Fault, Limits, NESTED, Scalar, Text};
use smallvec::SmallVec;

/// Walks over the values of a body, one after the other.
///
/// Its way is as long as the body: what is announced is held against the bytes that are there, and lists, maps and objects within
/// each other are followed without recursion.
#[derive(Debug, Clone)]
pub struct Walker<'a> {
    cursor: Cursor<'a>,
    limits: Limits,
    /// How many fields the objects of each class have.
    classes: SmallVec<[u32; 8]>,
    /// How many names of types there were.
    types: u32,
    /// How many values there were that may be referred to.
    references: u32,
}

/// A value as a [`Walker`] sees it.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A byte, a short or an int.
    Int(i32),
    /// A long.
    Long(i64),
    /// A float or a double.
    Double(f64),
    /// A date, in milliseconds since 1970.
    Date(i64),
    /// A string or a character.
    Text(Text<'a>),
    /// An array of bytes.
    Binary(Binary<'a>),
    /// A list, a map, an object, or a reference to one: all of its bytes, and the class definitions in front of it.
    Compound(&'a [u8]),
}

/// What is known of a stream at a place; what stands between two places of equal numbers can be taken out without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    classes: usize,
    types: u32,
    references: u32,
}

impl Numbers {
    /// Nothing was counted yet.
    pub(crate) fn is_nothing(self) -> bool {
        (self.classes, self.types, self.references) == (0, 0, 0)
    }

    /// How many classes, names of types and values that may be referred to.
    pub(crate) fn counts(self) -> (u32, u32, u32) {
        (u32::try_from(self.classes).unwrap_or(u32::MAX), self.types, self.references)
    }
}

impl<'a> Walker<'a> {
    /// A walker at the beginning of `body`.
    pub fn new(body: &'a [u8], limits: Limits) -> Walker<'a> {
        Walker::at(body, 0, limits)
    }

    /// A walker at a place of `body` before which there are strings, numbers and dates alone.
    pub(crate) fn at(body: &'a [u8], at: usize, limits: Limits) -> Walker<'a> {
        Walker { cursor: Cursor::new(body, at), limits, classes: SmallVec::new(), types: 0, references: 0 }
    }

    /// Where it is, in bytes from the beginning of the body.
    pub fn position(&self) -> usize {
        self.cursor.at()
    }

    /// Whether nothing follows.
    pub fn is_at_end(&self) -> bool {
        self.cursor.left() == 0
    }

    /// The body that it walks over.
    pub fn body(&self) -> &'a [u8] {
        self.cursor.bytes()
    }

    pub(crate) fn numbers(&self) -> Numbers {
        Numbers { classes: self.classes.len(), types: self.types, references: self.references }
    }

    /// Goes behind the next value.
    ///
    /// # Errors
    /// It is not well-formed, not all there, or beyond the limits.
    pub fn skip(&mut self) -> Result<(), Error> {
        let mut open: SmallVec<[Open; 32]> = SmallVec::new();
        loop {
            match self.begin()? {
                Begun::Definition => continue,
                Begun::Whole => {}
                Begun::Holding(inner) => {
                    if open.len() as u64 >= u64::from(self.limits.depth) {
                        return Err(self.cursor.fail(Fault::Limit(NESTED)));
                    }
                    open.push(inner);
                }
            }
            // A value has ended, or an open one has just begun: which one goes on?
            loop {
                let Some(inner) = open.last_mut() else { return Ok(()) };
                match inner {
                    Open::Left(0) => {}
                    Open::Left(left) => {
                        *left -= 1;
                        break;
                    }
                    Open::Value => {
                        *inner = Open::Key;
                        break;
                    }
                    Open::List | Open::Key if self.cursor.peek()? == b'Z' => {
                        self.cursor.byte()?;
                    }
                    Open::List => break,
                    Open::Key => {
                        *inner = Open::Value;
                        break;
                    }
                }
                open.pop();
            }
        }
    }

    /// The next value. One that holds others is walked over.
    ///
    /// # Errors
    /// It is not well-formed, not all there, or beyond the limits.
    pub fn item(&mut self) -> Result<Item<'a>, Error> {
        let start = self.cursor.at();
        loop {
            let mut ahead = self.cursor;
            let tag = ahead.byte()?;
            // A definition of a class may stand in front of any value, whatever the value is.
            if tag == b'C' {
                self.cursor = ahead;
                self.definition()?;
                continue;
            }
            if let Some(scalar) = ahead.scalar(tag)? {
                self.cursor = ahead;
                return Ok(Item::from(scalar));
            }
            break;
        }
        self.skip()?;
        Ok(Item::Compound(self.body().get(start..self.cursor.at()).unwrap_or_default()))
    }

    /// The string that stands there, and goes behind it; `None`: something else does. Definitions of classes in front of it are behind then.
    #[inline]
    pub(crate) fn text_if(&mut self) -> Result<Option<Text<'a>>, Error> {
        let tag = self.cursor.peek()?;
        if !begins(tag) && (tag != b'C' || !self.begins_behind_definitions()?) {
            return Ok(None);
        }
        let span = self.cursor.text()?;
        Ok(Some(span.of(self.cursor.bytes())))
    }

    /// Goes behind definitions of classes; whether a string stands there. No writer puts one in front of a string, and readers take it.
    #[cold]
    fn begins_behind_definitions(&mut self) -> Result<bool, Error> {
        while self.cursor.peek()? == b'C' {
            self.cursor.byte()?;
            self.definition()?;
        }
        Ok(begins(self.cursor.peek()?))
    }

    /// Goes into a map; its first key follows. `None`: null stood there instead, and is behind.
    ///
    /// # Errors
    /// Neither stands there.
    pub(crate) fn enter_map(&mut self) -> Result<Option<()>, Error> {
        match self.cursor.byte()? {
            b'N' => return Ok(None),
            b'H' => {}
            b'M' => self.type_name()?,
            tag => return Err(self.cursor.unexpected("a map", tag)),
        }
        self.references = self.references.saturating_add(1);
        self.enter()?;
        Ok(Some(()))
    }

    /// What follows stands in a value, so that one fewer may stand within each other.
    fn enter(&mut self) -> Result<(), Error> {
        let left = self.limits.depth.checked_sub(1);
        self.limits.depth = left.ok_or(self.cursor.fail(Fault::Limit(NESTED)))?;
        Ok(())
    }

    /// Goes behind the end of a map, if that is where it is.
    pub(crate) fn leave_map(&mut self) -> Result<bool, Error> {
        let end = self.cursor.peek()? == b'Z';
        if end {
            self.cursor.byte()?;
            self.limits.depth = self.limits.depth.saturating_add(1);
        }
        Ok(end)
    }

    /// Goes into an object; its fields follow, in the order of their names. `None`: it is something else, or of a class that was
    /// defined before this value; its beginning is behind.
    pub(crate) fn enter_object(&mut self) -> Result<Option<Object<'a>>, Error> {
        let mut defined: SmallVec<[Cursor<'a>; 2]> = SmallVec::new();
        let before = self.classes.len();
        loop {
            let mut name = self.cursor;
            let tag = name.byte()?;
            match self.begin()? {
                Begun::Definition => defined.push(name),
                Begun::Holding(Open::Left(fields)) if matches!(tag, b'O' | 0x60..=0x6f) => {
                    let class = match tag {
                        b'O' => name.index("a class", self.classes.len())?,
                        _ => usize::from(tag - 0x60),
                    };
                    let Some(mut at) = class.checked_sub(before).and_then(|n| defined.get(n)).copied() else {
                        return Ok(None);
                    };
                    let class = at.text()?.of(at.bytes());
                    at.int()?;
                    self.enter()?;
                    return Ok(Some(Object { class, names: at, fields }));
                }
                _ => return Ok(None),
            }
        }
    }

    /// Reads what stands before a value's inner values, or all of it if it has none.
    #[inline]
    fn begin(&mut self) -> Result<Begun, Error> {
        let tag = self.cursor.byte()?;
        let inner = match tag {
            b'C' => {
                self.definition()?;
                return Ok(Begun::Definition);
            }
            b'H' => Open::Key,
            b'M' => {
                self.type_name()?;
                Open::Key
            }
            b'O' => {
                let class = self.cursor.index("a class", self.classes.len())?;
                self.object(class)?
            }
            0x60..=0x6f => self.object(usize::from(tag - 0x60))?,
            b'Q' => {
                self.cursor.index("a value", usize::try_from(self.references).unwrap_or(usize::MAX))?;
                return Ok(Begun::Whole);
            }
            b'U' => {
                self.type_name()?;
                Open::List
            }
            b'V' => {
                self.type_name()?;
                Open::Left(self.cursor.count()?)
            }
            b'W' => Open::List,
            b'X' => Open::Left(self.cursor.count()?),
            0x70..=0x77 => {
                self.type_name()?;
                Open::Left(u32::from(tag - 0x70))
            }
            0x78..=0x7f => Open::Left(u32::from(tag - 0x78)),
            _ => {
                return match self.cursor.scalar(tag)? {
                    Some(_) => Ok(Begun::Whole),
                    None => Err(self.cursor.unexpected("a value", tag)),
                };
            }
        };
        self.references = self.references.saturating_add(1);
        Ok(Begun::Holding(inner))
    }

    fn object(&self, class: usize) -> Result<Open, Error> {
        let fields = self.classes.get(class).copied();
        let fields = fields.ok_or(self.cursor.fail(Fault::Index("a class")))?;
        Ok(Open::Left(fields))
    }

    /// A class definition behind its tag: a name, a count, names of fields.
    fn definition(&mut self) -> Result<(), Error> {
        if self.classes.len() as u64 >= u64::from(self.limits.classes) {
            return Err(self.cursor.fail(Fault::Limit("classes")));
        }
        self.cursor.text()?;
        let fields = self.cursor.count()?;
        for _ in 0..fields {
            self.cursor.text()?;
        }
        self.classes.push(fields);
        Ok(())
    }

    /// The name of a type, or the number of one.
    fn type_name(&mut self) -> Result<(), Error> {
        if begins(self.cursor.peek()?) {
            self.cursor.text()?;
            self.types = self.types.saturating_add(1);
        } else {
            self.cursor.index("a type", usize::try_from(self.types).unwrap_or(usize::MAX))?;
        }
        Ok(())
    }
}

impl<'a> From<Scalar<'a>> for Item<'a> {
    fn from(scalar: Scalar<'a>) -> Item<'a> {
        match scalar {
            Scalar::Null => Item::Null,
            Scalar::Bool(bool) => Item::Bool(bool),
            Scalar::Int(int) => Item::Int(int),
            Scalar::Long(long) => Item::Long(long),
            Scalar::Double(double) => Item::Double(double),
            Scalar::Date(date) => Item::Date(date),
            Scalar::Text(text) => Item::Text(text),
            Scalar::Binary(binary) => Item::Binary(binary),
        }
    }
}

/// An object that a [`Walker`] has gone into.
pub(crate) struct Object<'a> {
    pub(crate) class: Text<'a>,
    names: Cursor<'a>,
    fields: u32,
}

impl<'a> Object<'a> {
    /// The names of its fields, which were read before.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Text<'a>> + use<'a> {
        let mut names = self.names;
        (0..self.fields).map_while(move |_| Some(names.text().ok()?.of(names.bytes())))
    }
}

/// What has begun.
enum Begun {
    /// A class definition, which is no value: one follows.
    Definition,
    /// A value that is at its end already.
    Whole,
    /// A value that holds others.
    Holding(Open),
}

/// A value whose end is to come.
enum Open {
    /// So many values.
    Left(u32),
    /// Values up to a `Z`.
    List,
    /// A key, or a `Z`.
    Key,
    /// The value of a key.
    Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(body: &[u8]) -> Result<usize, Fault> {
        let mut walker = Walker::new(body, Limits { depth: 4, classes: 2, nodes: 0 });
        walker.skip().map_err(|e| e.fault)?;
        Ok(walker.position())
    }

    #[test]
    fn every_form_is_walked_over() {
        let cases: &[&[u8]] = &[
            b"N",
            b"T",
            b"F",
            b"\x90",
            b"\xc8\x30",
            b"\xd4\x00\x00",
            b"I\0\0\0\0",
            b"\xe0",
            b"\xf8\x10",
            b"\x3c\x00\x00",
            b"\x59\0\0\0\0",
            b"L\0\0\0\0\0\0\0\0",
            b"\x5b",
            b"\x5c",
            b"\x5d\x02",
            b"\x5e\x00\xfe",
            b"\x5f\0\0\x0c\xb2",
            b"D\0\0\0\0\0\0\0\0",
            b"J\0\0\x01\x8b\xcf\xe5\x68\x00",
            b"K\0\0\0\0",
            b"\x05hello",
            b"\x23abc",
            b"\x34\x03abc",
            b"A\x00\x01aB\x00\x02bc",
            b"A\x00\x01aA\x00\x01b\x21c",
            b"HZ",
            b"H\x01a\x90\x01bHZZ",
            b"M\x01tZ",
            b"H\x01aM\x01tZ\x01bM\x90ZZ",
            b"H\x04selfQ\x90Z",
            b"WZ",
            b"W\x90\x91Z",
            b"U\x01t\x90Z",
            b"V\x04[int\x92\x90\x91",
            b"X\x91N",
            b"\x78",
            b"\x7a\x90\x91",
            b"\x72\x04[int\x90\x91",
            b"\x7a\x71\x01t\x90\x71\x90\x91",
            b"C\x01c\x92\x01a\x01b\x60\x90\x91",
            b"C\x01c\x90\x60",
            b"C\x01c\x90C\x01d\x91\x01aO\x91O\x90",
            b"\x7aC\x01c\x91\x01a\x60N\x60Q\x91",
        ];
        for body in cases {
            assert_eq!(walked(body), Ok(body.len()), "{}", body.escape_ascii());
            for cut in 0..body.len() {
                assert_eq!(walked(&body[..cut]), Err(Fault::Truncated), "{cut} of {}", body.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let unexpected = |expected, found| Fault::Unexpected { expected, found };
        let cases: &[(&[u8], Fault)] = &[
            (b"Z", unexpected("a value", b'Z')),
            (b"E", unexpected("a value", b'E')),
            (b"\x40", unexpected("a value", 0x40)),
            (b"H\x01aZ", unexpected("a value", b'Z')),
            (b"\x60\x90", Fault::Index("a class")),
            (b"O\x90", Fault::Index("a class")),
            (b"OI\xff\xff\xff\xff", Fault::Index("a class")),
            (b"Q\x90", Fault::Index("a value")),
            (b"\x79Q\x91", Fault::Index("a value")),
            (b"M\x90Z", Fault::Index("a type")),
            (b"V\x01tI\xff\xff\xff\xff", Fault::Malformed("a negative count")),
            (b"XI\x7f\xff\xff\xff\x90", Fault::Truncated),
            (b"C\x01cI\x7f\xff\xff\xff\x01a", Fault::Truncated),
            (b"C\x90", unexpected("a string", 0x90)),
            (b"C\x01cZ", unexpected("an int", b'Z')),
            (b"WC\x01c\x90Z", unexpected("a value", b'Z')),
            (b"A\x00\x01a\x01b", unexpected("more of a binary", 1)),
            (b"WWWWWZZZZZ", Fault::Limit(NESTED)),
            (b"C\x00\x90C\x00\x90C\x00\x90\x60", Fault::Limit("classes")),
        ];
        for (body, fault) in cases {
            assert_eq!(walked(body), Err(*fault), "{}", body.escape_ascii());
        }
        assert_eq!(walked(b"WWWWZZZZ"), Ok(8));
    }

    #[test]
    fn values_follow_each_other() {
        let mut walker = Walker::new(b"\x01a\x95C\x01c\x91\x01f\x60\x90\x60\x91N", Limits::default());
        assert!(matches!(walker.item(), Ok(Item::Text(text)) if text == *"a"));
        assert!(matches!(walker.item(), Ok(Item::Int(5))));
        assert!(matches!(walker.item(), Ok(Item::Compound(b"C\x01c\x91\x01f\x60\x90"))));
        assert!(matches!(walker.item(), Ok(Item::Compound(b"\x60\x91"))));
        assert!(matches!(walker.item(), Ok(Item::Null)));
        assert!(walker.is_at_end() && walker.item().is_err());
    }

    #[test]
    fn a_value_that_was_gone_into_counts_as_a_depth() {
        let limits = Limits { depth: 2, ..Limits::default() };
        let deep = Fault::Limit(NESTED);
        let cases: &[(&[u8], Result<(), Fault>)] = &[
            (b"HWZNZ", Ok(())),
            (b"HNWZZ", Ok(())),
            (b"HWWZZNZ", Err(deep)),
            (b"HNWWZZZ", Err(deep)),
            (b"M\x01tNWWZZZ", Err(deep)),
        ];
        for (body, expected) in cases {
            let mut map = Walker::new(body, limits);
            assert_eq!(map.enter_map().unwrap(), Some(()));
            let inner = map.skip().and_then(|()| map.skip()).map_err(|e| e.fault);
            assert_eq!((inner, Walker::new(body, limits).skip().map_err(|e| e.fault)), (*expected, *expected));
        }
        for (body, expected) in [(&b"C\x01c\x91\x01f\x60WZ"[..], Ok(())), (b"C\x01c\x91\x01f\x60WWZZ", Err(deep))] {
            let mut object = Walker::new(body, limits);
            assert!(object.enter_object().unwrap().is_some());
            let inner = object.skip().map_err(|e| e.fault);
            assert_eq!((inner, Walker::new(body, limits).skip().map_err(|e| e.fault)), (expected, expected));
        }
        let none = Limits { depth: 0, ..limits };
        assert_eq!(Walker::new(b"HZ", none).enter_map().map_err(|e| e.fault), Err(deep));
        let mut behind = Walker::new(b"HZWWZZ", limits);
        assert_eq!(behind.enter_map().and_then(|_| behind.leave_map()), Ok(true));
        assert_eq!(behind.skip(), Ok(()));
    }
}
