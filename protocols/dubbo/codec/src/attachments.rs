//! Attachments: the map behind the arguments of a call, and behind its result.

use crate::hessian::walk::{Item, Numbers, Walker};
use crate::hessian::{Cursor, Error, Limits, Text};
use std::ops::Range;

/// Walks over the attachments of a body, in their order.
///
/// Keys may come twice; Java keeps the value that comes last, so whoever decides by one has to take that: [`Attachments::last`].
/// Entries whose keys are no strings are left out.
#[derive(Debug, Clone)]
pub struct Attachments<'a> {
    walker: Walker<'a>,
    /// Where the map begins.
    start: usize,
    open: bool,
}

/// Whether these bytes, whole, are a map of strings to strings: it says the same behind whatever values it stands.
pub fn only_texts(bytes: &[u8]) -> bool {
    let mut cursor = Cursor::new(bytes, 0);
    if cursor.byte() != Ok(b'H') {
        return false;
    }
    while cursor.peek() != Ok(b'Z') {
        if cursor.text().is_err() {
            return false;
        }
    }
    cursor.left() == 1
}

/// An attachment.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// Its name.
    pub key: Text<'a>,
    /// What it says: usually a string, though anything may be.
    pub value: Item<'a>,
}

impl<'a> Attachment<'a> {
    /// Its value, if that is a string.
    pub fn text(&self) -> Option<Text<'a>> {
        match self.value {
            Item::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> Attachments<'a> {
    /// Those that begin at a place of a body, where that is known: [`Attachments::start`]. Values that refer to others before that place are
    /// not well-formed then.
    ///
    /// # Errors
    /// No map stands there.
    pub fn at(body: &'a [u8], at: usize, limits: Limits) -> Result<Attachments<'a>, Error> {
        Attachments::new(Walker::at(body, at, limits))
    }

    /// Those that stand where `walker` is: a map, null, or nothing at all.
    pub(crate) fn new(mut walker: Walker<'a>) -> Result<Attachments<'a>, Error> {
        let start = walker.position();
        let open = !walker.is_at_end() && walker.enter_map()?.is_some();
        Ok(Attachments { walker, start, open })
    }

    /// Where no attachments can be.
    pub(crate) fn none(walker: Walker<'a>) -> Attachments<'a> {
        Attachments { start: walker.position(), walker, open: false }
    }

    /// The value of the last entry of this name, if it is a string.
    ///
    /// # Errors
    /// The attachments, up to their end, are not well-formed or beyond the limits.
    pub fn last(mut self, key: &str) -> Result<Option<Text<'a>>, Error> {
        let mut found = None;
        while let Some(entry) = self.entry()? {
            if matches!(entry.key, Item::Text(name) if name == *key) {
                found = match entry.value {
                    Item::Text(text) => Some(text),
                    _ => None,
                };
            }
        }
        Ok(found)
    }

    /// Goes over the entries whose names are strings: `each` gets a name, and the value where that is a string, too. It takes less
    /// than iterating. Says where the attachments end in the body, in bytes.
    ///
    /// # Errors
    /// The attachments, up to their end, are not well-formed or beyond the limits.
    #[inline]
    pub fn texts(mut self, mut each: impl FnMut(Text<'a>, Option<Text<'a>>)) -> Result<usize, Error> {
        while self.open && !self.walker.leave_map()? {
            let key = self.walker.text_if()?;
            if key.is_none() {
                self.walker.skip()?;
            }
            let value = self.walker.text_if()?;
            if value.is_none() {
                self.walker.skip()?;
            }
            if let Some(key) = key {
                each(key, value);
            }
        }
        Ok(self.walker.position())
    }

    /// Where they begin in the body, in bytes.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Where the next entry begins, or what is behind the map if there are no more.
    pub(crate) fn position(&self) -> usize {
        self.walker.position()
    }

    /// The next entry.
    pub(crate) fn entry(&mut self) -> Result<Option<Entry<'a>>, Error> {
        if !self.open {
            return Ok(None);
        }
        let read = self.read();
        self.open = matches!(read, Ok(Some(_)));
        read
    }

    fn read(&mut self) -> Result<Option<Entry<'a>>, Error> {
        if self.walker.leave_map()? {
            return Ok(None);
        }
        let (start, before) = (self.walker.position(), self.walker.numbers());
        let key = self.walker.item()?;
        let value = self.walker.item()?;
        Ok(Some(Entry { key, value, span: start..self.walker.position(), before, after: self.walker.numbers() }))
    }
}

impl<'a> Iterator for Attachments<'a> {
    type Item = Result<Attachment<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let entry = match self.entry() {
                Ok(entry) => entry?,
                Err(error) => return Some(Err(error)),
            };
            if let Item::Text(key) = entry.key {
                return Some(Ok(Attachment { key, value: entry.value }));
            }
        }
    }
}

/// An entry of the map, whatever its key is.
pub(crate) struct Entry<'a> {
    pub(crate) key: Item<'a>,
    pub(crate) value: Item<'a>,
    /// Its bytes in the body.
    pub(crate) span: Range<usize>,
    before: Numbers,
    after: Numbers,
}

impl Entry<'_> {
    /// Whether nothing behind it counts what is in it, so that it can be taken out.
    pub(crate) fn stands_alone(&self) -> bool {
        self.before == self.after
    }
}
