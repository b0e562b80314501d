//! Field blocks as they come (RFC 7541 section 6).

use super::huffman;
use super::table::{Dynamic, Entry, OVERHEAD, STATIC, STATICS, clean, kind, kind_of};
use std::sync::LazyLock;

/// A block that is none: the tables of both sides do not agree any more (COMPRESSION_ERROR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadBlock;

/// One field of a block.
pub(crate) struct Got<'a> {
    /// What the name is: the id of a well-known one, 0, or one of [`kind`].
    pub(crate) kind: u8,
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// The value has no controls and no white space around it.
    pub(crate) clean: bool,
    /// The sender asked that nobody puts it into a table.
    pub(crate) secret: bool,
}

impl Got<'_> {
    /// What it counts in a list of fields (RFC 9113 section 6.5.2).
    pub(crate) fn size(&self) -> usize {
        self.name.len() + self.value.len() + OVERHEAD
    }
}

/// Reads the field blocks of one direction of a connection, in their order.
pub(crate) struct Decoder {
    table: Dynamic,
    /// What the peer may set the table to.
    limit: usize,
    /// Strings out of the Huffman code.
    scratch: Vec<u8>,
}

/// Longest string that is decoded, in bytes; blocks are bounded far below.
const LONGEST: usize = 1 << 20;

/// An emptied scratch keeps this much memory at most.
const KEEP: usize = 4 << 10;

/// What the names of the static table are.
static KINDS: LazyLock<[u8; STATICS]> =
    LazyLock::new(|| std::array::from_fn(|i| STATIC.get(i).map_or(kind::BAD, |s| kind_of(s.name.as_bytes()))));

impl Decoder {
    /// `limit`: the size of the table that the peer was told.
    pub(crate) fn new(limit: usize) -> Decoder {
        Decoder { table: Dynamic::new(limit), limit, scratch: Vec::new() }
    }

    /// Gives each field of `block` to `field`.
    ///
    /// # Errors
    /// The block is malformed; the connection cannot go on.
    pub(crate) fn decode(&mut self, block: &[u8], mut field: impl FnMut(&Got<'_>)) -> Result<(), BadBlock> {
        let kinds = &*KINDS;
        let mut rest = block;
        let mut begun = false;
        while let Some(&first) = rest.first() {
            if first & 0x80 != 0 {
                let index = int(&mut rest, 7)?;
                self.indexed(index, kinds, &mut field)?;
            } else if first & 0xe0 == 0x20 {
                let size = int(&mut rest, 5)?;
                if begun || size > self.limit {
                    return Err(BadBlock);
                }
                self.table.resize(size);
                continue;
            } else {
                self.literal(first, &mut rest, kinds, &mut field)?;
            }
            begun = true;
        }
        if self.scratch.capacity() > KEEP {
            self.scratch = Vec::new();
        }
        Ok(())
    }

    fn indexed(&self, index: usize, kinds: &[u8; STATICS], field: &mut impl FnMut(&Got<'_>)) -> Result<(), BadBlock> {
        let place = index.checked_sub(1).ok_or(BadBlock)?;
        if let (Some(entry), Some(kind)) = (STATIC.get(place), kinds.get(place)) {
            let (name, value) = (entry.name.as_bytes(), entry.value.as_bytes());
            field(&Got { kind: *kind, name, value, clean: true, secret: false });
        } else {
            let entry = self.table.get(place - STATICS).ok_or(BadBlock)?;
            let (name, value) = (entry.name(), entry.value());
            field(&Got { kind: entry.kind, name, value, clean: entry.clean, secret: false });
        }
        Ok(())
    }

    /// A field that is spelt out, with or without its name.
    fn literal(
        &mut self,
        first: u8,
        rest: &mut &[u8],
        kinds: &[u8; STATICS],
        field: &mut impl FnMut(&Got<'_>),
    ) -> Result<(), BadBlock> {
        let insert = first & 0x40 != 0;
        let index = int(rest, if insert { 6 } else { 4 })?;
        let Decoder { table, scratch, .. } = self;
        scratch.clear();
        let named = match index.checked_sub(1) {
            None => None,
            Some(place) => Some(match (STATIC.get(place), kinds.get(place)) {
                (Some(entry), Some(kind)) => (entry.name.as_bytes(), *kind),
                _ => table.get(place - STATICS).map(|entry| (entry.name(), entry.kind)).ok_or(BadBlock)?,
            }),
        };
        // The strings first, as places in the block or in the scratch: both are read out of there afterwards.
        let name = if named.is_none() { Some(string(rest, scratch)?) } else { None };
        let value = string(rest, scratch)?.get(scratch);
        let (name, kind) = match (named, name) {
            (Some(named), _) => named,
            (None, Some(name)) => {
                let name = name.get(scratch);
                (name, kind_of(name))
            }
            (None, None) => return Err(BadBlock),
        };
        let clean = clean(value);
        field(&Got { kind, name, value, clean, secret: first & 0x10 != 0 && !insert });
        if insert {
            let entry = Entry::new(kind, name, value, clean, 0);
            table.insert(entry);
        }
        Ok(())
    }
}

/// Where a string lies.
enum Text<'a> {
    Block(&'a [u8]),
    Scratch(usize, usize),
}

impl<'a> Text<'a> {
    fn get(self, scratch: &'a [u8]) -> &'a [u8] {
        match self {
            Text::Block(text) => text,
            Text::Scratch(start, end) => scratch.get(start..end).unwrap_or_default(),
        }
    }
}

fn string<'a>(rest: &mut &'a [u8], scratch: &mut Vec<u8>) -> Result<Text<'a>, BadBlock> {
    let coded = rest.first().ok_or(BadBlock)? & 0x80 != 0;
    let len = int(rest, 7)?;
    let (text, behind) = rest.split_at_checked(len).ok_or(BadBlock)?;
    *rest = behind;
    if !coded {
        return Ok(Text::Block(text));
    }
    let start = scratch.len();
    huffman::decode(text, LONGEST, scratch).ok_or(BadBlock)?;
    Ok(Text::Scratch(start, scratch.len()))
}

/// An integer whose first byte has `bits` bits of it (RFC 7541 section 5.1).
fn int(rest: &mut &[u8], bits: u8) -> Result<usize, BadBlock> {
    let (&first, mut more) = rest.split_first().ok_or(BadBlock)?;
    let full = (1u8 << bits) - 1;
    let mut n = usize::from(first & full);
    if n == usize::from(full) {
        // Four bytes more are 28 bits: enough for anything that is in bounds.
        for shift in [0, 7, 14, 21] {
            let (&byte, behind) = more.split_first().ok_or(BadBlock)?;
            more = behind;
            n += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                *rest = more;
                return Ok(n);
            }
        }
        return Err(BadBlock);
    }
    *rest = more;
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::super::encode::Encoder;
    use super::*;
    use proptest::prelude::*;

    fn read(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, BadBlock> {
        let mut got = Vec::new();
        decoder.decode(block, |f| {
            got.push(format!("{}: {}", String::from_utf8_lossy(f.name), String::from_utf8_lossy(f.value)));
        })?;
        Ok(got)
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter_map(|b| (b as char).to_digit(16).map(|d| d as u8)).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    #[test]
    fn the_requests_of_the_specification_are_read() {
        // RFC 7541 appendix C.3 and C.4: the same three, plain and in the Huffman code.
        let plain = [
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
            "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ];
        let coded = [
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
            "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ];
        for blocks in [plain, coded] {
            let mut decoder = Decoder::new(4096);
            let got: Vec<_> = blocks.iter().map(|block| read(&mut decoder, &hex(block)).unwrap().join(", ")).collect();
            assert_eq!(
                got,
                [
                    ":method: GET, :scheme: http, :path: /, :authority: www.example.com",
                    ":method: GET, :scheme: http, :path: /, :authority: www.example.com, cache-control: no-cache",
                    ":method: GET, :scheme: https, :path: /index.html, :authority: www.example.com, custom-key: custom-value",
                ]
            );
        }
    }

    #[test]
    fn h2_blocks_that_are_none_are_refused() {
        let bad: &[&[u8]] = &[
            &[0x80],                                     // index 0
            &[0xbe],                                     // an entry that is not there
            &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], // an integer without end
            &[0x40, 0x05, b'a'],                         // a name that is longer than the block
            &[0x00],                                     // no name
            &[0x00, 0x01, b'a'],                         // no value
            &[0x3f, 0xe2, 0x1f],                         // a table of 4097 bytes
            &[0x82, 0x20],                               // a size behind a field
            &[0x00, 0x81, 0x00, 0x00],                   // no Huffman code
        ];
        for block in bad {
            assert_eq!(read(&mut Decoder::new(4096), block), Err(BadBlock), "{block:x?}");
        }
        // What is fine: a size at the beginning, even two.
        assert_eq!(read(&mut Decoder::new(4096), &[0x20, 0x3f, 0xe1, 0x1f, 0x82]), Ok(vec![":method: GET".to_owned()]));
    }

    #[test]
    fn fields_that_must_not_be_kept_are_told() {
        let mut decoder = Decoder::new(4096);
        let mut secrets = Vec::new();
        decoder
            .decode(&[0x10, 1, b'a', 1, b'b', 0x00, 1, b'a', 1, b'b', 0x40, 1, b'a', 1, b'b'], |f| {
                secrets.push(f.secret)
            })
            .unwrap();
        assert_eq!(secrets, [true, false, false]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_block_or_refused(blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..6)) {
            let mut decoder = Decoder::new(256);
            for block in blocks {
                if decoder.decode(&block, |f| assert!(f.name.len() + f.value.len() <= LONGEST * 2)).is_err() {
                    break;
                }
            }
        }

        #[test]
        fn what_the_encoder_writes_is_read_the_same(
            messages in proptest::collection::vec(
                proptest::collection::vec(("[a-z][a-z-]{0,12}|host|content-type|authorization|date", "[ -~]{0,40}|x"), 0..12), 1..12),
            sizes in proptest::collection::vec(proptest::option::of(0usize..6000), 12),
        ) {
            let (mut encoder, mut decoder) = (Encoder::default(), Decoder::new(4096));
            for (fields, size) in messages.iter().zip(sizes) {
                if let Some(size) = size {
                    encoder.resize(size);
                }
                let mut block = Vec::new();
                encoder.begin(&mut block);
                for (n, v) in fields {
                    encoder.field(kind_of(n.as_bytes()), n.as_bytes(), v.as_bytes(), false, &mut block);
                }
                let got = read(&mut decoder, &block).unwrap();
                let want: Vec<_> = fields.iter().map(|(n, v)| format!("{n}: {v}")).collect();
                prop_assert_eq!(got, want);
            }
        }
    }
}
