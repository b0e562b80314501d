//! hessian2 as Java's writer writes it: everything in its shortest form, long strings in chunks.

use super::tree::{Node, NodeId, Numbered, Tree, TypeId};

/// Writes values of a tree, one after the other, into one stream.
#[derive(Debug)]
pub struct Writer<'t> {
    tree: &'t Tree,
    out: Vec<u8>,
    /// Numbers that classes, types and nodes of the tree have in the stream.
    classes: Numbers,
    types: Numbers,
    references: Numbers,
}

impl<'t> Writer<'t> {
    /// A stream of values of `tree`, behind what `out` holds already, which may be strings, numbers and dates alone.
    pub fn new(tree: &'t Tree, out: Vec<u8>) -> Writer<'t> {
        Writer::after(tree, &Numbered::default(), out)
    }

    /// A stream that goes on where `numbered` was taken; `out` holds what is before.
    pub(crate) fn after(tree: &'t Tree, numbered: &Numbered, out: Vec<u8>) -> Writer<'t> {
        let mut references = Numbers::new(tree.len());
        numbered.references.iter().for_each(|id| references.give(id.0));
        let (mut classes, mut types) = (Numbers::new(tree.classes().len()), Numbers::new(tree.types().len()));
        (0..numbered.classes).filter_map(|id| u32::try_from(id).ok()).for_each(|id| classes.give(id));
        (0..numbered.types).filter_map(|id| u32::try_from(id).ok()).for_each(|id| types.give(id));
        Writer { tree, out, classes, types, references }
    }

    /// Writes a value with all that is in it; a reference, if it was written before.
    pub fn value(&mut self, id: NodeId) {
        // Values within each other, and how many of what is in each are written.
        let mut open: Vec<(NodeId, usize)> = Vec::new();
        if self.begin(id) {
            open.push((id, 0));
        }
        while let Some((id, written)) = open.last_mut() {
            let (node, at) = (self.tree.node(*id), *written);
            *written += 1;
            let inner = match node {
                Node::List { items, .. } => items.get(at).copied(),
                Node::Object { fields, .. } => fields.get(at).copied(),
                Node::Map { entries, .. } => {
                    entries.get(at / 2).map(|(key, value)| if at % 2 == 0 { *key } else { *value })
                }
                _ => None,
            };
            match inner {
                Some(inner) if self.begin(inner) => open.push((inner, 0)),
                Some(_) => {}
                None => {
                    if matches!(node, Node::Map { .. }) {
                        self.out.push(b'Z');
                    }
                    open.pop();
                }
            }
        }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Writes a value without those in it; says whether those are to follow.
    fn begin(&mut self, id: NodeId) -> bool {
        let tree = self.tree;
        match tree.node(id) {
            Node::Null => self.out.push(b'N'),
            Node::Bool(value) => self.out.push(if *value { b'T' } else { b'F' }),
            Node::Int(value) => int(&mut self.out, *value),
            Node::Long(value) => long(&mut self.out, *value),
            Node::Double(value) => double(&mut self.out, *value),
            Node::Date(value) => date(&mut self.out, *value),
            Node::Text(value) => text(&mut self.out, value),
            Node::Binary(value) => binary(&mut self.out, value),
            compound => {
                if let Some(number) = self.references.of(id.0) {
                    self.out.push(b'Q');
                    index(&mut self.out, number);
                    return false;
                }
                self.references.give(id.0);
                self.begin_compound(compound);
                return true;
            }
        }
        false
    }

    fn begin_compound(&mut self, node: &Node) {
        match node {
            Node::List { kind, items } => self.begin_list(*kind, items.len()),
            Node::Map { kind: None, .. } => self.out.push(b'H'),
            Node::Map { kind: Some(kind), .. } => {
                self.out.push(b'M');
                self.kind(*kind);
            }
            Node::Object { class, .. } => {
                let number = self.classes.of(class.0).unwrap_or_else(|| {
                    let new = self.classes.next;
                    self.classes.give(class.0);
                    self.out.push(b'C');
                    if let Some(class) = self.tree.class(*class) {
                        text(&mut self.out, &class.name);
                        count(&mut self.out, class.fields.len());
                        class.fields.iter().for_each(|field| text(&mut self.out, field));
                    }
                    new
                });
                match u8::try_from(number) {
                    Ok(number @ 0..=15) => self.out.push(0x60 + number),
                    _ => {
                        self.out.push(b'O');
                        index(&mut self.out, number);
                    }
                }
            }
            _ => {}
        }
    }

    fn begin_list(&mut self, kind: Option<TypeId>, len: usize) {
        let short = u8::try_from(len).ok().filter(|len| *len <= 7);
        match (kind, short) {
            (None, _) => list_head(&mut self.out, len),
            (Some(kind), Some(len)) => {
                self.out.push(0x70 + len);
                self.kind(kind);
            }
            (Some(kind), None) => {
                self.out.push(b'V');
                self.kind(kind);
                count(&mut self.out, len);
            }
        }
    }

    /// The name of a type the first time, its number from then on.
    fn kind(&mut self, kind: TypeId) {
        match self.types.of(kind.0) {
            Some(number) => index(&mut self.out, number),
            None => {
                self.types.give(kind.0);
                text(&mut self.out, self.tree.type_name(kind));
            }
        }
    }
}

/// Which numbers in a stream things of a tree have.
#[derive(Debug)]
struct Numbers {
    given: Vec<u32>,
    next: u32,
}

impl Numbers {
    const NONE: u32 = u32::MAX;

    fn new(len: usize) -> Numbers {
        Numbers { given: vec![Numbers::NONE; len], next: 0 }
    }

    fn of(&self, id: u32) -> Option<u32> {
        let given = self.given.get(usize::try_from(id).ok()?).copied()?;
        (given != Numbers::NONE).then_some(given)
    }

    /// Gives the next number to `id`.
    fn give(&mut self, id: u32) {
        if let Some(given) = usize::try_from(id).ok().and_then(|id| self.given.get_mut(id)) {
            *given = self.next;
        }
        self.next = self.next.saturating_add(1);
    }
}

/// Writes an int.
pub fn int(out: &mut Vec<u8>, value: i32) {
    let [_, high, middle, low] = value.to_be_bytes();
    match value {
        -0x10..=0x2f => out.push(low.wrapping_add(0x90)),
        -0x800..=0x7ff => out.extend([middle.wrapping_add(0xc8), low]),
        -0x4_0000..=0x3_ffff => out.extend([high.wrapping_add(0xd4), middle, low]),
        _ => {
            out.push(b'I');
            out.extend(value.to_be_bytes());
        }
    }
}

/// Writes a long.
pub fn long(out: &mut Vec<u8>, value: i64) {
    let [.., high, middle, low] = value.to_be_bytes();
    match value {
        -0x08..=0x0f => out.push(low.wrapping_add(0xe0)),
        -0x800..=0x7ff => out.extend([middle.wrapping_add(0xf8), low]),
        -0x4_0000..=0x3_ffff => out.extend([high.wrapping_add(0x3c), middle, low]),
        _ => match i32::try_from(value) {
            Ok(value) => {
                out.push(0x59);
                out.extend(value.to_be_bytes());
            }
            Err(_) => {
                out.push(b'L');
                out.extend(value.to_be_bytes());
            }
        },
    }
}

/// Writes a double. Unlike Java's writer it keeps the sign of −0.0.
pub fn double(out: &mut Vec<u8>, value: f64) {
    let same = |other: f64| other.to_bits() == value.to_bits();
    // Out of range they are the nearest that there is, and not the same.
    let (whole, mills) = (value as i32, (value * 1000.0) as i32);
    if same(f64::from(whole))
        && let Ok(short) = i16::try_from(whole)
    {
        match (short, i8::try_from(short)) {
            (0, _) => out.push(0x5b),
            (1, _) => out.push(0x5c),
            (_, Ok(byte)) => {
                out.push(0x5d);
                out.extend(byte.to_be_bytes());
            }
            _ => {
                out.push(0x5e);
                out.extend(short.to_be_bytes());
            }
        }
    } else if same(f64::from(mills) * 0.001) && same(f64::from(mills) / 1000.0) {
        out.push(0x5f);
        out.extend(mills.to_be_bytes());
    } else {
        out.push(b'D');
        out.extend(value.to_bits().to_be_bytes());
    }
}

/// Writes a date, in milliseconds since 1970.
pub fn date(out: &mut Vec<u8>, millis: i64) {
    match i32::try_from(millis / 60_000) {
        Ok(minutes) if millis % 60_000 == 0 => {
            out.push(b'K');
            out.extend(minutes.to_be_bytes());
        }
        _ => {
            out.push(b'J');
            out.extend(millis.to_be_bytes());
        }
    }
}

/// Most UTF-16 units, or bytes of a binary, in one chunk.
const CHUNK: usize = 0x8000;

/// Writes a string.
pub fn text(out: &mut Vec<u8>, value: &str) {
    let mut rest = value;
    // No text has more units than bytes: most are seen to be short without being counted.
    while rest.len() > CHUNK && units(rest) > CHUNK {
        let (chunk, more) = split_units(rest, CHUNK);
        text_chunk(out, b'R', chunk);
        rest = more;
    }
    text_chunk(out, b'S', rest);
}

/// Writes a piece of a string, of [`CHUNK`] units at most, behind `tag` or, if it is the last, in its shortest form.
fn text_chunk(out: &mut Vec<u8>, tag: u8, chunk: &str) {
    let units = u16::try_from(units(chunk)).unwrap_or(u16::MAX);
    let [high, low] = units.to_be_bytes();
    match units {
        0..=0x1f if tag == b'S' => out.push(low),
        0x20..=0x3ff if tag == b'S' => out.extend([0x30 + high, low]),
        _ => out.extend([tag, high, low]),
    }
    if chunk.is_ascii() {
        out.extend_from_slice(chunk.as_bytes());
        return;
    }
    for c in chunk.chars() {
        let mut units = [0; 2];
        match c.encode_utf16(&mut units) {
            [high, low] => {
                surrogate(out, *high);
                surrogate(out, *low);
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Half of a character as three bytes.
fn surrogate(out: &mut Vec<u8>, unit: u16) {
    let [high, low] = unit.to_be_bytes();
    out.extend([0xe0 | high >> 4, 0x80 | (high & 0x0f) << 2 | low >> 6, 0x80 | low & 0x3f]);
}

fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The first characters of `text`, as many as are not more than `most` units, and the others.
fn split_units(text: &str, most: usize) -> (&str, &str) {
    let mut count = 0;
    let end = text.char_indices().find(|(_, c)| {
        count += c.len_utf16();
        count > most
    });
    text.split_at_checked(end.map_or(text.len(), |(at, _)| at)).unwrap_or((text, ""))
}

/// Writes bytes.
pub fn binary(out: &mut Vec<u8>, value: &[u8]) {
    let mut rest = value;
    while let Some((chunk, more)) = rest.split_at_checked(CHUNK).filter(|(_, more)| !more.is_empty()) {
        out.extend([b'A', 0x80, 0]);
        out.extend_from_slice(chunk);
        rest = more;
    }
    let len = u16::try_from(rest.len()).unwrap_or(u16::MAX);
    let [high, low] = len.to_be_bytes();
    match len {
        0..=0x0f => out.push(0x20 + low),
        0x10..=0x3ff => out.extend([0x34 + high, low]),
        _ => out.extend([b'B', high, low]),
    }
    out.extend_from_slice(rest);
}

/// Writes the beginning of an untyped list of so many values, which follow.
pub fn list_head(out: &mut Vec<u8>, len: usize) {
    match u8::try_from(len) {
        Ok(len @ 0..=7) => out.push(0x78 + len),
        _ => {
            out.push(b'X');
            count(out, len);
        }
    }
}

/// Writes the beginning of a list of so many values of a type, which follow, where the type is named for the first time.
pub fn typed_list_head(out: &mut Vec<u8>, kind: &str, len: usize) {
    match u8::try_from(len) {
        Ok(len @ 0..=7) => {
            out.push(0x70 + len);
            text(out, kind);
        }
        _ => {
            out.push(b'V');
            text(out, kind);
            count(out, len);
        }
    }
}

fn count(out: &mut Vec<u8>, count: usize) {
    int(out, i32::try_from(count).unwrap_or(i32::MAX));
}

fn index(out: &mut Vec<u8>, number: u32) {
    int(out, i32::try_from(number).unwrap_or(i32::MAX));
}

#[cfg(test)]
mod tests;
