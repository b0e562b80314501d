//! The items of a message in protobuf's wire form.

use super::{FIXED32, FIXED64, GROUP, GROUP_END, LENGTH, VARINT};

/// A value as it lies on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A number of any width.
    Bits(u64),
    /// A text, a message, packed numbers.
    Bytes(&'a [u8]),
    /// The inside of a group.
    Group(&'a [u8]),
}

/// The items of a message, one after another: field number, wire type, value. Ends with an `Err` where the bytes are no message.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    broken: bool,
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Fields<'a> {
        Fields { rest: message, broken: false }
    }

    fn item(&mut self) -> Result<(u32, u8, Item<'a>), Malformed> {
        let tag = u32::try_from(varint(&mut self.rest)?).map_err(|_| Malformed)?;
        // The low three bits.
        let (number, wire) = (tag >> 3, (tag & 7) as u8);
        if number == 0 {
            return Err(Malformed);
        }
        let item = match wire {
            GROUP => Item::Group(self.group(number)?),
            _ => value(&mut self.rest, wire)?,
        };
        Ok((number, wire, item))
    }

    /// What lies before the end of the group that has just begun; groups inside are stepped over without recursion.
    fn group(&mut self, number: u32) -> Result<&'a [u8], Malformed> {
        let start = self.rest;
        let mut open = vec![number];
        loop {
            let inside = start.len() - self.rest.len();
            let tag = u32::try_from(varint(&mut self.rest)?).map_err(|_| Malformed)?;
            let number = tag >> 3;
            match (tag & 7) as u8 {
                GROUP if open.len() < super::MAX_DEPTH => open.push(number),
                GROUP => return Err(Malformed),
                GROUP_END => {
                    if open.pop() != Some(number) {
                        return Err(Malformed);
                    }
                    if open.is_empty() {
                        return start.get(..inside).ok_or(Malformed);
                    }
                }
                wire => drop(value(&mut self.rest, wire)?),
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, u8, Item<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let item = self.item();
        self.broken = item.is_err();
        Some(item)
    }
}

/// A value of a wire type that is no group.
pub(super) fn value<'a>(rest: &mut &'a [u8], wire: u8) -> Result<Item<'a>, Malformed> {
    Ok(match wire {
        VARINT => Item::Bits(varint(rest)?),
        FIXED64 => Item::Bits(u64::from_le_bytes(*take(rest)?)),
        FIXED32 => Item::Bits(u32::from_le_bytes(*take(rest)?).into()),
        LENGTH => {
            let length = usize::try_from(varint(rest)?).map_err(|_| Malformed)?;
            let (bytes, behind) = rest.split_at_checked(length).ok_or(Malformed)?;
            *rest = behind;
            Item::Bytes(bytes)
        }
        _ => return Err(Malformed),
    })
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Malformed> {
    let (bytes, behind) = rest.split_first_chunk().ok_or(Malformed)?;
    *rest = behind;
    Ok(bytes)
}

/// A varint: at most ten bytes, of which the last holds one bit.
pub(super) fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or(Malformed)?;
        *rest = behind;
        if shift == 63 && *byte > 1 {
            return Err(Malformed);
        }
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

/// Appends a varint.
pub(super) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        // The low seven bits.
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
