//! Fields of `multipart/form-data` bodies (RFC 7578), looked up in the raw bytes.

use memchr::memmem;

/// The boundary of a `multipart/form-data` content type, without its quotes.
pub(super) fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    parameter(content_type, b"boundary").filter(|b| !b.is_empty() && b.len() <= 70)
}

/// The named parts of a body: name and content. Line ends may be bare LF, as sloppy clients send them.
pub(super) fn parts<'b>(body: &'b [u8], boundary: &[u8]) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
    let delimiter = [b"--", boundary].concat();
    let mut rest = after_delimiter(body, &delimiter).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            if rest.starts_with(b"--") || rest.is_empty() {
                return None;
            }
            let part = strip_line_end(rest)?;
            let end = find_delimiter(part, &delimiter)?;
            rest = part.get(end + delimiter.len()..).unwrap_or_default();
            let (head, content) = split_head(part.get(..end)?);
            if let Some(name) = field_name(head) {
                return Some((name, trim_line_end(content)));
            }
        }
    })
}

fn after_delimiter<'b>(body: &'b [u8], delimiter: &[u8]) -> Option<&'b [u8]> {
    body.get(find_delimiter(body, delimiter)? + delimiter.len()..)
}

/// A delimiter stands at the start of a line; a longer word there is none.
fn find_delimiter(text: &[u8], delimiter: &[u8]) -> Option<usize> {
    memmem::find_iter(text, delimiter).find(|at| {
        let starts = at.checked_sub(1).is_none_or(|before| text.get(before) == Some(&b'\n'));
        let rest = text.get(at + delimiter.len()..).unwrap_or_default();
        starts && (rest.starts_with(b"--") || rest.first().is_none_or(u8::is_ascii_whitespace))
    })
}

/// What follows a delimiter's line; the line may have white space at its end.
fn strip_line_end(text: &[u8]) -> Option<&[u8]> {
    let (line, rest) = text.split_at(memchr::memchr(b'\n', text)? + 1);
    line.trim_ascii().is_empty().then_some(rest)
}

fn trim_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// Head and content, told apart by the first empty line.
fn split_head(part: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(end) = part.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)).map(|n| from + n) {
        if part.get(from..end).is_some_and(|line| line.trim_ascii().is_empty()) {
            return (part.get(..from).unwrap_or_default(), part.get(end + 1..).unwrap_or_default());
        }
        from = end + 1;
    }
    (part, &[])
}

fn field_name(head: &[u8]) -> Option<&[u8]> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = (line.get(..colon)?, line.get(colon + 1..)?);
        if !name.trim_ascii().eq_ignore_ascii_case(b"content-disposition") {
            return None;
        }
        parameter(value.trim_ascii(), b"name")
    })
}

/// A parameter of a header value: `form-data; name="x"`. Semicolons inside quotes belong to the value.
fn parameter<'h>(value: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    let mut rest = value.get(memchr::memchr(b';', value)? + 1..)?;
    loop {
        let equals = memchr::memchr2(b'=', b';', rest)?;
        let (key, tail) = (rest.get(..equals)?.trim_ascii(), rest.get(equals + 1..)?);
        if rest.get(equals) == Some(&b';') {
            rest = tail;
            continue;
        }
        let tail = tail.trim_ascii_start();
        let (found, after) = match tail.strip_prefix(b"\"") {
            Some(quoted) => quoted.split_at_checked(memchr::memchr(b'"', quoted)?)?,
            None => tail.split_at_checked(memchr::memchr(b';', tail).unwrap_or(tail.len()))?,
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(if tail.starts_with(b"\"") { found } else { found.trim_ascii() });
        }
        rest = after.get(memchr::memchr(b';', after)? + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(body: &str) -> Vec<(String, String)> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        parts(body.as_bytes(), b"B").map(|(n, c)| (text(n), text(c))).collect()
    }

    #[test]
    fn boundaries() {
        let cases: &[(&str, Option<&str>)] = &[
            ("multipart/form-data; boundary=abc", Some("abc")),
            ("multipart/form-data; charset=utf-8; Boundary=\"a b;c\"", Some("a b;c")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; x; boundary=a", Some("a")),
        ];
        for (text, expected) in cases {
            assert_eq!(boundary(text.as_bytes()), expected.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn fields() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let body = "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\r\n\
                    content-type: text/plain\r\ncontent-disposition: form-data; filename=\"x;name=y\"; name=b\r\n\r\nl1\r\nl2 --B x\r\n--BB\r\n--B--\r\ntail";
        assert_eq!(all(body), [pair("a", "one"), pair("b", "l1\r\nl2 --B x\r\n--BB")]);
        // Bare line feeds, and no end of line before the final delimiter's end.
        assert_eq!(all("--B\nContent-Disposition: form-data; name=\"m\"\n\nopenai\n--B--"), [pair("m", "openai")]);
        for broken in
            ["", "--B", "--B\r\n", "--B--", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none", "x"]
        {
            assert_eq!(all(broken), [], "{broken}");
        }
        assert_eq!(all("--B\n\nno name\n--B--"), []);
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-B\r\n;=\" a:]{0,64}") {
            let _ = all(&text);
            let _ = all(&format!("--B\nContent-Disposition:{text}\n\n{text}\n--B"));
            let _ = boundary(text.as_bytes());
        }
    }
}
