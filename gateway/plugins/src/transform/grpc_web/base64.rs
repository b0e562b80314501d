//! Base64 in pieces: what senders of `application/grpc-web-text` encoded one after another comes in pieces cut anywhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Appends `bytes` in base64, padded: a text of its own.
pub(crate) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    // Not longer than half as much again, or three bytes.
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = out.get_mut(start..).and_then(|room| BASE64.encode_slice(bytes, room).ok()).unwrap_or(0);
    out.truncate(start + written);
}

/// Decodes base64 whose texts follow each other, each with its padding.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// Values of up to three characters that wait for the rest of their group.
    bits: u32,
    have: u8,
    /// Of the present group, so many were padding.
    padding: u8,
}

/// The characters are no base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoBase64;

impl Decoder {
    /// Decodes a piece behind the ones before; with `last` the text must be whole.
    ///
    /// # Errors
    /// It is no base64: a wrong character, bits that no byte takes, a group of four that is not whole.
    pub(crate) fn piece(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), NoBase64> {
        for byte in piece {
            match byte {
                b'=' if self.have >= 2 && self.have + self.padding < 4 => self.padding += 1,
                _ if self.padding > 0 => return Err(NoBase64),
                byte => {
                    self.bits = self.bits << 6 | value(*byte).ok_or(NoBase64)?;
                    self.have += 1;
                }
            }
            if self.have + self.padding == 4 {
                self.end(out)?;
            }
        }
        // A group that is not whole was cut off, or never was one.
        if last && self.have > 0 { Err(NoBase64) } else { Ok(()) }
    }

    /// The bytes of a group of two, three or four characters.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), NoBase64> {
        let unused = match self.have {
            4 => 0,
            3 => 2,
            _ => 4,
        };
        if self.bits & ((1 << unused) - 1) != 0 {
            return Err(NoBase64);
        }
        let bytes = (self.bits >> unused).to_be_bytes();
        let count = usize::from(self.have) * 6 / 8;
        out.extend_from_slice(bytes.get(4 - count..).unwrap_or_default());
        *self = Decoder::default();
        Ok(())
    }
}

fn value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &[u8], piece: usize) -> Result<Vec<u8>, NoBase64> {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        let pieces: Vec<&[u8]> = text.chunks(piece).collect();
        for (i, piece) in pieces.iter().enumerate() {
            decoder.piece(piece, i + 1 == pieces.len(), &mut out)?;
        }
        Ok(out)
    }

    #[test]
    fn texts() {
        let cases: [(&str, Option<&[u8]>); 15] = [
            ("", Some(b"")),
            ("QUJD", Some(b"ABC")),
            ("QUI=", Some(b"AB")),
            ("QQ==", Some(b"A")),
            ("QQ==QUI=QUJD", Some(b"AABABC")),
            ("QUI", None),
            ("QQ", None),
            ("QUJDQUI", None),
            ("Q", None),
            ("QQ=", None),
            ("QUJDQ", None),
            ("QR==", None),
            ("QQ=A", None),
            ("=QQQ", None),
            ("QU\nJD", None),
        ];
        for (text, expected) in cases {
            for piece in 1..6 {
                assert_eq!(decode(text.as_bytes(), piece).ok().as_deref(), expected, "{text} in {piece}");
            }
        }
        assert_eq!(decode(b"-_==", 4), Err(NoBase64));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4), piece in 1usize..50) {
            let mut text = Vec::new();
            parts.iter().for_each(|part| encode(part, &mut text));
            prop_assert_eq!(decode(&text, piece), Ok(parts.concat()));
        }

        #[test]
        fn agrees_with_another_decoder(text in prop::collection::vec(prop::sample::select(b"ABQz/+=".to_vec()), 0..9), piece in 1usize..9) {
            // One text with its padding is the same to both.
            let other = BASE64.decode(&text).ok();
            if other.is_some() {
                prop_assert_eq!(decode(&text, piece).ok(), other);
            }
        }
    }
}
