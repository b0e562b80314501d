//! Bytes in texts that are usually short: paths, the keys of a branch of the routing tree.

/// Shorter texts are gone over in place: to choose and call what reads many bytes at once takes longer than to read these.
const SHORT: usize = 16;

/// Where a byte stands first.
#[inline]
pub(crate) fn find(byte: u8, text: &[u8]) -> Option<usize> {
    if text.len() < SHORT { text.iter().position(|b| *b == byte) } else { memchr::memchr(byte, text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_found_whatever_the_length() {
        for length in 0..3 * SHORT {
            let mut text = vec![b'a'; length];
            assert_eq!(find(b'?', &text), None);
            for at in (0..length).rev() {
                text[at] = b'?';
                assert_eq!(find(b'?', &text), Some(at), "{length}");
            }
        }
    }
}
