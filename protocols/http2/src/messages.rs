//! Where the messages of a gRPC body end (five bytes in front of each: a flag, and its length).

/// Follows the messages of a body on its way out.
///
/// A body of gRPC may be cut into DATA frames anywhere, and programs read it whatever the cut. Those that do not are served by a frame that
/// holds one message, or a part of one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Messages {
    /// What came of the bytes in front of a message.
    head: [u8; HEAD],
    have: u8,
    /// How much of a message is still to come.
    left: usize,
}

const HEAD: usize = 5;

impl Messages {
    /// How many of the next bytes are to go in one frame: all of them, or up to the end of the first message that ends in them.
    pub(crate) fn cut(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        loop {
            if self.left > 0 {
                let n = self.left.min(rest.len());
                self.left -= n;
                return bytes.len() - rest.len() + n;
            }
            let Some((first, behind)) = rest.split_first() else { return bytes.len() };
            if let Some(at) = self.head.get_mut(usize::from(self.have)) {
                *at = *first;
            }
            self.have += 1;
            rest = behind;
            if usize::from(self.have) == HEAD {
                self.have = 0;
                let [_, length @ ..] = self.head;
                self.left = u32::from_be_bytes(length) as usize;
                if self.left == 0 {
                    return bytes.len() - rest.len();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cuts(pieces: &[&[u8]]) -> Vec<usize> {
        let (mut messages, mut out) = (Messages::default(), Vec::new());
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                let n = messages.cut(piece);
                out.push(n);
                piece = &piece[n..];
            }
        }
        out
    }

    fn message(length: usize) -> Vec<u8> {
        [&[0][..], &u32::try_from(length).unwrap().to_be_bytes(), &vec![7; length]].concat()
    }

    #[test]
    fn each_message_has_its_own_frame() {
        let body = [message(3), message(0), message(300)].concat();
        assert_eq!(cuts(&[&body]), [8, 5, 305]);
        // The third comes in two pieces, the first in three.
        assert_eq!(cuts(&[&body[..2], &body[2..6], &body[6..100], &body[100..]]), [2, 4, 2, 5, 87, 218]);
    }

    proptest! {
        #[test]
        fn nothing_is_held_back_and_no_frame_holds_the_end_of_one_message_and_more(
            lengths in prop::collection::vec(0_usize..40, 0..20),
            pieces in prop::collection::vec(1_usize..60, 1..60),
        ) {
            let all: Vec<Vec<u8>> = lengths.iter().map(|n| message(*n)).collect();
            let mut ends = vec![0];
            all.iter().for_each(|m| ends.push(ends[ends.len() - 1] + m.len()));
            let body = all.concat();
            let (mut messages, mut at) = (Messages::default(), 0);
            let mut sizes = pieces.iter().cycle();
            while at < body.len() {
                let end = (at + sizes.next().unwrap()).min(body.len());
                while at < end {
                    let n = messages.cut(&body[at..end]);
                    prop_assert!(n > 0);
                    prop_assert!(!ends.iter().any(|e| *e > at && *e < at + n));
                    prop_assert!(at + n == end || ends.contains(&(at + n)));
                    at += n;
                }
            }
        }

        #[test]
        fn whatever_passes(body in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(cuts(&[&body]).iter().sum::<usize>(), body.len());
        }
    }
}
