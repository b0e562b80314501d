//! Header fields as offsets into one block of bytes: the form in which every protocol hands them to the engine.
//!
//! HTTP/1 copies a received head once and notes where its fields lie; HTTP/2 and Dubbo append decoded pairs; plugins see no
//! difference. An edit is appended at the block's end, a removed field only marked, so the order stays and nothing moves.

pub mod name;
pub mod scan;
pub mod trailer;

pub use name::{BadName, HeaderName, Name};

/// The fields of one message, and the other texts of its head ([`store`](Headers::store)).
#[derive(Default)]
pub struct Headers {
    block: Vec<u8>,
    fields: Vec<Field>,
    /// One bit a well-known name that occurs (or occurred); the lowest for all other names.
    present: u64,
}

impl Headers {
    /// An empty block; allocates when the first field comes.
    pub const fn new() -> Headers {
        Headers { block: Vec::new(), fields: Vec::new(), present: 0 }
    }

    /// Gives back the room that is not used.
    pub fn shrink(&mut self) {
        self.block.shrink_to_fit();
        self.fields.shrink_to_fit();
    }

    /// The value of the first field called `n`.
    #[inline]
    pub fn get(&self, n: Name<'_>) -> Option<&[u8]> {
        self.find(n).map(|f| self.value(f))
    }

    /// The values of all fields called `n`, in their order.
    #[inline]
    pub fn get_all<'a>(&'a self, n: Name<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let fields: &[Field] = if self.may_have(n) { &self.fields } else { &[] };
        fields.iter().filter(move |f| self.matches(f, n)).map(|f| self.value(f))
    }

    /// Whether a field called `n` is there.
    #[inline]
    pub fn contains(&self, n: Name<'_>) -> bool {
        self.find(n).is_some()
    }

    /// Makes `n` occur once, with the value `v`; spaces around it are dropped. An existing field keeps its place.
    ///
    /// # Errors
    /// [`BadValue`] when `v` holds a control (CR, LF and NUL among them) or there is no room; then nothing has changed.
    pub fn set(&mut self, n: Name<'_>, v: &[u8]) -> Result<(), BadValue> {
        let v = checked(v)?;
        let field = self.write(n, v)?;
        self.place(field, n);
        Ok(())
    }

    /// Adds one more field called `n` with the value `v`; spaces around it are dropped.
    ///
    /// # Errors
    /// As [`set`](Headers::set).
    pub fn append(&mut self, n: Name<'_>, v: &[u8]) -> Result<(), BadValue> {
        let v = checked(v)?;
        let field = self.write(n, v)?;
        self.push(field);
        Ok(())
    }

    /// [`set`](Headers::set) for a value the program itself holds, which is known to be good.
    pub fn set_static(&mut self, n: Name<'_>, v: &'static str) {
        debug_assert!(checked(v.as_bytes()) == Ok(v.as_bytes()));
        if let Ok(field) = self.write(n, v.as_bytes()) {
            self.place(field, n);
        }
    }

    /// [`append`](Headers::append) for a value the program itself holds, which is known to be good.
    pub fn append_static(&mut self, n: Name<'_>, v: &'static str) {
        debug_assert!(checked(v.as_bytes()) == Ok(v.as_bytes()));
        if let Ok(field) = self.write(n, v.as_bytes()) {
            self.push(field);
        }
    }

    /// [`set`](Headers::set) to a number, in decimal.
    pub fn set_number(&mut self, n: Name<'_>, v: u64) {
        if let Ok(field) = self.write(n, itoa::Buffer::new().format(v).as_bytes()) {
            self.place(field, n);
        }
    }

    /// [`append`](Headers::append) of a number, in decimal: nothing to check, nothing to look for.
    #[inline]
    pub fn append_number(&mut self, n: Name<'_>, v: u64) {
        if let Ok(field) = self.write(n, itoa::Buffer::new().format(v).as_bytes()) {
            self.push(field);
        }
    }

    /// Adds `v` to the list that the fields called `n` make together (`old, v`): how X-Forwarded-For and Via grow.
    ///
    /// # Errors
    /// As [`set`](Headers::set).
    pub fn join(&mut self, n: Name<'_>, v: &[u8]) -> Result<(), BadValue> {
        let v = checked(v)?;
        if !self.contains(n) {
            return self.append(n, v);
        }
        let mut list = Vec::with_capacity(64);
        for old in self.get_all(n).filter(|old| !old.is_empty()) {
            list.extend_from_slice(old);
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(v);
        let field = self.write(n, &list)?;
        self.place(field, n);
        Ok(())
    }

    /// Sets every field of `other` as it stands there: names that occur in both lose their old fields first. One copy for
    /// all of them, for texts that many messages repeat.
    pub fn overlay(&mut self, other: &Headers) {
        // Names without an id share a bit, so they are told apart one by one.
        if self.present & other.present != 0 {
            for field in other.fields.iter().filter(|f| f.flags & Field::DEAD == 0) {
                self.remove(other.name(field));
            }
        }
        let Ok(base) = u32::try_from(self.block.len()) else { return };
        if self.block.len() + other.block.len() > MAX_BLOCK {
            return;
        }
        self.block.extend_from_slice(&other.block);
        self.fields.extend(other.fields.iter().map(|f| Field { name: f.name + base, val: f.val + base, ..*f }));
        self.present |= other.present;
    }

    /// Takes all fields called `n` away; tells whether there were any.
    pub fn remove(&mut self, n: Name<'_>) -> bool {
        if !self.may_have(n) {
            return false;
        }
        let hit = self.kill_from(0, n);
        if n.id() != 0 {
            self.present &= !n.bit();
        }
        hit
    }

    /// Takes away every field whose id and name `gone` picks; the id is 0 for all but the well-known names.
    pub fn remove_where(&mut self, mut gone: impl FnMut(u8, &[u8]) -> bool) {
        for i in 0..self.fields.len() {
            // Below the length, which does not change here.
            let field = self.fields[i];
            if field.flags & Field::DEAD == 0 && gone(field.id, self.name(&field).text()) {
                self.fields[i].flags |= Field::DEAD;
            }
        }
    }

    /// Whether there may be a field whose name is none of the well-known ones.
    #[inline]
    pub fn has_unknown(&self) -> bool {
        self.present & 1 != 0
    }

    /// Keeps another text of the head here: method, target, a rewritten path. It lives as long as the block.
    #[inline]
    pub fn store(&mut self, b: &[u8]) -> Span {
        let start = self.block.len();
        if start + b.len() > MAX_BLOCK {
            return Span::EMPTY;
        }
        self.block.extend_from_slice(b);
        // Both are at most MAX_BLOCK.
        Span { start: start as u32, len: b.len() as u32 }
    }

    /// Keeps a text of this block once more, behind everything else.
    pub fn repeat(&mut self, span: Span) -> Span {
        let (from, to) = (span.start(), span.start() + span.len());
        let start = self.block.len();
        if to > start || start + span.len() > MAX_BLOCK {
            return Span::EMPTY;
        }
        self.block.extend_from_within(from..to);
        // Both are at most MAX_BLOCK.
        Span { start: start as u32, len: span.len() as u32 }
    }

    /// The same in lower case.
    pub fn repeat_lower(&mut self, span: Span) -> Span {
        let copy = self.repeat(span);
        if let Some(text) = self.block.get_mut(copy.start()..copy.start() + copy.len()) {
            text.make_ascii_lowercase();
        }
        copy
    }

    /// The text that `span` names; empty if it names none of this block.
    #[inline]
    pub fn text(&self, span: Span) -> &[u8] {
        let start = span.start as usize;
        self.block.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// All fields, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Name<'_>, &[u8])> {
        self.fields.iter().filter(|f| f.flags & Field::DEAD == 0).map(|f| (self.name(f), self.value(f)))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.iter().filter(|f| f.flags & Field::DEAD == 0).count()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything, spans included; the memory stays for the next message unless it is much.
    #[inline]
    pub fn clear(&mut self) {
        self.fields.clear();
        self.present = 0;
        self.block.clear();
        if self.block.capacity() > KEEP_BLOCK {
            self.block = Vec::new();
        }
        if self.fields.capacity() > KEEP_FIELDS {
            self.fields = Vec::new();
        }
    }
}

/// What codecs need: the fields as they lie in the block.
impl Headers {
    /// The whole block, in which the offsets of [`fields`](Headers::fields) count.
    #[inline]
    pub fn block(&self) -> &[u8] {
        &self.block
    }

    /// All fields, removed ones included.
    #[inline]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The set of well-known names that may occur, as made of [`Name::bit`].
    #[inline]
    pub fn present(&self) -> u64 {
        self.present
    }

    /// Notes a parsed field. Its offsets count from the start of the head that [`adopt`](Headers::adopt) brings.
    #[inline]
    pub fn push(&mut self, field: Field) {
        self.present |= 1 << (field.id & 63);
        self.fields.push(field);
    }

    /// Adds a field that a protocol has decoded and judged, with [`Field::HOP`] and [`Field::SECRET`] as they apply. `false`: no
    /// room.
    #[inline]
    pub fn received(&mut self, n: Name<'_>, v: &[u8], flags: u8) -> bool {
        let Ok(mut field) = self.write(n, v) else { return false };
        field.flags = Field::PLAIN | flags;
        self.push(field);
        true
    }

    /// Takes in the received head that the pushed fields lie in. The block must be empty, the values judged.
    #[inline]
    pub fn adopt(&mut self, head: &[u8]) {
        debug_assert!(self.block.is_empty() && head.len() <= MAX_BLOCK);
        self.block.extend_from_slice(head);
    }

    /// Marks all fields called `n` as concerning this connection only, unless a plugin set them.
    pub fn mark_hop(&mut self, n: Name<'_>) {
        self.each(n, |f| {
            if f.flags & Field::EDITED == 0 {
                f.flags |= Field::HOP;
            }
        });
    }

    /// Takes that mark away: the fields called `n` are passed on.
    pub fn unmark_hop(&mut self, n: Name<'_>) {
        self.each(n, |f| f.flags &= !Field::HOP);
    }

    fn each(&mut self, n: Name<'_>, mut act: impl FnMut(&mut Field)) {
        if !self.may_have(n) {
            return;
        }
        for i in 0..self.fields.len() {
            // Below the length, which does not change here.
            if self.matches(&self.fields[i], n) {
                act(&mut self.fields[i]);
            }
        }
    }

    /// The name of one of this block's fields.
    #[inline]
    pub fn name(&self, f: &Field) -> Name<'_> {
        let start = f.name as usize;
        Name::from_parts(f.id, self.block.get(start..start + f.nlen as usize).unwrap_or_default())
    }

    /// The value of one of this block's fields.
    #[inline]
    pub fn value(&self, f: &Field) -> &[u8] {
        let start = f.val as usize;
        self.block.get(start..start + f.vlen as usize).unwrap_or_default()
    }
}

impl Headers {
    #[inline]
    fn may_have(&self, n: Name<'_>) -> bool {
        self.present & n.bit() != 0
    }

    #[inline]
    fn find(&self, n: Name<'_>) -> Option<&Field> {
        if !self.may_have(n) {
            return None;
        }
        self.fields.iter().find(|f| self.matches(f, n))
    }

    #[inline]
    fn matches(&self, f: &Field, n: Name<'_>) -> bool {
        f.id == n.id()
            && f.flags & Field::DEAD == 0
            && (f.id != 0 || (f.nlen as usize == n.text().len() && self.name(f).text().eq_ignore_ascii_case(n.text())))
    }

    /// Writes the line of a new field at the block's end.
    fn write(&mut self, n: Name<'_>, v: &[u8]) -> Result<Field, BadValue> {
        let name = self.block.len();
        let line = n.text().len() + v.len() + 4;
        if name + line > MAX_BLOCK {
            return Err(BadValue::Room);
        }
        self.block.reserve(line);
        self.block.extend_from_slice(n.text());
        self.block.extend_from_slice(b": ");
        self.block.extend_from_slice(v);
        self.block.extend_from_slice(b"\r\n");
        Ok(Field {
            // All at most MAX_BLOCK; a Name is at most MAX_NAME long.
            name: name as u32,
            val: (name + n.text().len() + 2) as u32,
            vlen: v.len() as u32,
            nlen: n.text().len() as u16,
            id: n.id(),
            flags: Field::EDITED | Field::PLAIN,
        })
    }

    /// Puts `field` where the first field called `n` stands, or at the end, and takes the others away.
    fn place(&mut self, field: Field, n: Name<'_>) {
        let old = if self.may_have(n) { self.fields.iter().position(|f| self.matches(f, n)) } else { None };
        let Some(at) = old else { return self.push(field) };
        // `at` comes from `position`.
        self.fields[at] = field;
        self.kill_from(at + 1, n);
    }

    fn kill_from(&mut self, start: usize, n: Name<'_>) -> bool {
        let mut hit = false;
        for i in start..self.fields.len() {
            // Below the length, which does not change here.
            if self.matches(&self.fields[i], n) {
                self.fields[i].flags |= Field::DEAD;
                hit = true;
            }
        }
        hit
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(n, v)| (n, String::from_utf8_lossy(v)))).finish()
    }
}

/// Where a field lies in its block: 16 bytes, four to a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Offset of the name.
    pub name: u32,
    /// Offset of the value.
    pub val: u32,
    /// Length of the value.
    pub vlen: u32,
    /// Length of the name.
    pub nlen: u16,
    /// The id of a well-known name, or 0.
    pub id: u8,
    /// [`DEAD`](Field::DEAD), [`HOP`](Field::HOP), [`EDITED`](Field::EDITED), [`PLAIN`](Field::PLAIN).
    pub flags: u8,
}

impl Field {
    /// Removed.
    pub const DEAD: u8 = 1;
    /// Concerns one connection only (framing, hop-by-hop, named by `Connection`): never passed on.
    pub const HOP: u8 = 2;
    /// Set by the gateway or a plugin, so it is passed on whatever `Connection` named.
    pub const EDITED: u8 = 4;
    /// Its line in the block is exactly `name: value CRLF`, so that a run of such lines is encoded by one copy.
    pub const PLAIN: u8 = 8;
    /// Its sender asked that no table of fields keeps it (RFC 7541 section 7.1.3).
    pub const SECRET: u8 = 16;
}

/// A text in a [`Headers`] block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// Names nothing.
    pub const EMPTY: Span = Span { start: 0, len: 0 };

    /// The `len` bytes from `start` on.
    pub const fn new(start: u32, len: u32) -> Span {
        Span { start, len }
    }

    /// How many bytes it names.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether it names nothing.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Its offset in the block.
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The part from `from` up to `to`, as offsets in this span; what lies outside is left out.
    pub fn slice(self, from: usize, to: usize) -> Span {
        let to = to.min(self.len());
        let from = from.min(to);
        // Both are at most `self.len`, a u32.
        Span { start: self.start + from as u32, len: (to - from) as u32 }
    }
}

/// A field value that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// It holds a control character: with CR or LF it could end the field and begin another.
    #[error("a header value holds no control characters")]
    Control,
    /// The head would pass its bound of 16 MiB.
    #[error("the header block is full")]
    Room,
}

/// Offsets are 32 bits; this bound, far above every limit on received heads, stops runaway edits.
const MAX_BLOCK: usize = 16 << 20;

/// An emptied block keeps this much memory at most.
const KEEP_BLOCK: usize = 16 << 10;

/// An emptied block keeps room for this many fields at most.
const KEEP_FIELDS: usize = 256;

/// Whether `v` may be a field's value: what [`Headers::set`] asks before it changes anything.
///
/// # Errors
/// [`BadValue::Control`] when it holds a control character.
pub fn check_value(v: &[u8]) -> Result<(), BadValue> {
    checked(v).map(|_| ())
}

/// The one constructor of values (hardening: response splitting): `v` without the spaces around it.
fn checked(v: &[u8]) -> Result<&[u8], BadValue> {
    let v = scan::trim(v);
    if scan::value_end(v, 0) == v.len() { Ok(v) } else { Err(BadValue::Control) }
}

#[cfg(test)]
mod tests;
