//! What is read from files and streams, and never more of it than there may be: an endless one is an error, and not all memory.

use std::io::{Error, Read, Result};
use std::path::Path;

/// The longest file, in bytes, that is taken as configuration, a body or a certificate.
pub(crate) const FILE: usize = 64 << 20;

/// The longest text, in bytes, that comes back from an editor; no server takes an object of this size.
pub(crate) const OBJECT: usize = 8 << 20;

/// The longest key, in bytes, with whatever stands behind it on its line.
pub(crate) const KEY: usize = 16 << 10;

/// All that a stream holds.
///
/// # Errors
/// Those of reading; it holds more than [`FILE`] bytes.
pub(crate) fn all(from: &mut dyn Read) -> Result<Vec<u8>> {
    at_most(FILE, from)
}

/// The bytes of a file.
///
/// # Errors
/// As [`all`].
pub(crate) fn bytes(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    all(&mut std::fs::File::open(path)?)
}

/// All that a stream holds, as text.
///
/// # Errors
/// As [`all`]; it is not UTF-8.
pub(crate) fn text_of(from: &mut dyn Read) -> Result<String> {
    decoded(all(from)?)
}

/// The text of a file, which is no pipe or device by now.
///
/// # Errors
/// As [`text_of`], of more than [`OBJECT`] bytes; it is no file.
pub(crate) fn object(path: impl AsRef<Path>) -> Result<String> {
    // A pipe would be waited for when it is opened.
    if !std::fs::metadata(&path)?.is_file() {
        return Err(Error::other("it is no file"));
    }
    decoded(at_most(OBJECT, &mut std::fs::File::open(path)?)?)
}

/// The text of a file.
///
/// # Errors
/// As [`text_of`].
pub(crate) fn text(path: impl AsRef<Path>) -> Result<String> {
    decoded(bytes(path)?)
}

/// The first line of a stream, without its end. What stands behind it may be left unread.
///
/// # Errors
/// Those of reading; it is longer than [`KEY`] bytes, or not UTF-8.
pub(crate) fn first_line(from: &mut dyn Read) -> Result<String> {
    let mut line = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let read = match from.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let new = piece.get(..read).unwrap_or_default();
        let end = new.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(new.get(..end.unwrap_or(read)).unwrap_or_default());
        if line.len() > KEY {
            return Err(Error::other(format!("its first line is longer than {} KiB", KEY >> 10)));
        }
        if end.is_some() || read == 0 {
            return decoded(line);
        }
    }
}

/// All that a stream holds, if that is no more than so many bytes.
fn at_most(most: usize, from: &mut dyn Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() > most {
        true => Err(Error::other(format!("it is longer than {} MiB", most >> 20))),
        false => Ok(bytes),
    }
}

fn decoded(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let bytes = error.as_bytes();
        // By its mark, or by the zeros that ASCII has in it.
        let wide = |mark: [u8; 2], zero: usize| {
            bytes.starts_with(&mark)
                || (bytes.get(zero) == Some(&0) && bytes.get(1 - zero).is_some_and(|byte| *byte != 0))
        };
        if wide([0xFF, 0xFE], 1) || wide([0xFE, 0xFF], 0) {
            return Error::other("it is UTF-16, and only UTF-8 is read");
        }
        let good = error.utf8_error().valid_up_to();
        let lines = bytes.get(..good).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        Error::other(format!("it is not UTF-8: byte {} in line {}", good + 1, lines + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_for_ever() {
        assert_eq!(at_most(1 << 20, &mut std::io::repeat(b'x')).unwrap_err().to_string(), "it is longer than 1 MiB");
        assert_eq!(at_most(3, &mut &b"abc"[..]).unwrap(), b"abc");
        assert!(at_most(2, &mut &b"abc"[..]).is_err());
        assert_eq!(
            first_line(&mut std::io::repeat(0)).unwrap_err().to_string(),
            "its first line is longer than 16 KiB"
        );
        assert_eq!(first_line(&mut Read::chain(&b"key\n"[..], std::io::repeat(b'x'))).unwrap(), "key");
        assert_eq!(first_line(&mut &b"key"[..]).unwrap(), "key");
        assert_eq!(first_line(&mut &b""[..]).unwrap(), "");
    }

    #[test]
    fn what_is_no_utf8_is_named() {
        let told = |bytes: &[u8]| decoded(bytes.to_vec()).map_err(|error| error.to_string());
        assert_eq!(told("ä".as_bytes()), Ok("ä".to_owned()));
        assert_eq!(told(b"a\nb\xff"), Err("it is not UTF-8: byte 4 in line 2".to_owned()));
        let utf16 = Err("it is UTF-16, and only UTF-8 is read".to_owned());
        assert_eq!(told(b"\xff\xfea\0"), utf16);
        assert_eq!(told(b"\xfe\xff\0a"), utf16);
        assert_eq!(told(b"a\0:\0\xe4\0"), utf16);
    }
}
