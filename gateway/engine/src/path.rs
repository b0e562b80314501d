//! One normal form of a request's path, for matching, for plugins and for the upstream alike, so that no two of them can
//! understand one path differently.
//!
//! The **normal form** is decoded text. Dot segments are resolved, repeated slashes merged, every percent-encoding is
//! decoded except three that stay, in upper case, because their decoded byte would mean something else:
//!
//! | stays | because |
//! |---|---|
//! | `%2F` | a decoded slash would separate segments |
//! | `%5C` | some origins take a backslash for a slash |
//! | `%25` | so that a `%` in the normal form always begins one of these three |
//!
//! Therefore [`escape`], which writes reserved, control and 8-bit bytes as percent-encodings again, gives the upstream the
//! very path that was matched: `normalize(escape(n)) == n` for each normal form `n`. APISIX matches on a decoded path too, so
//! a space in a route's uri matches `%20`. It turns `%2F` into a separator unless `apisix.match_uri_encoded_slash` is
//! set; here it is always as if that were set.
//!
//! What can be read in two ways is refused ([`BadPath`]), never guessed.

/// What the configuration changes about matching; what goes upstream is never touched by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `apisix.delete_uri_tail_slash`: one trailing `/` is not matched, also that of the bare `/`, whose text for matching
    /// is then empty.
    pub delete_uri_tail_slash: bool,
    /// `apisix.normalize_uri_like_servlet`: `;parameters` of segments are not matched. It works on the path with its
    /// trailing slash, so it undoes `delete_uri_tail_slash`, and what it leaves is not normalised again.
    pub normalize_uri_like_servlet: bool,
}

/// Where [`normalize`] left its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normal {
    /// The path as received is normal, and already what [`escape`] would give; the output means nothing.
    Unchanged,
    /// The whole output is the normal form.
    Changed,
    /// An [option](Options) made the text for matching another one: it is the first so many bytes of the output, and the
    /// normal form is the rest.
    Split {
        /// Length of the text for matching.
        matching: usize,
    },
}

/// Why a path is refused (status 400).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It does not begin with `/`. The `*` of an `OPTIONS *` request is no path either.
    #[error("the path does not begin with a slash")]
    NoSlash,
    /// A space, a control or 8-bit byte, `?` or `#` (RFC 3986 §3.3).
    #[error("the path has a byte that must be percent-encoded")]
    Byte,
    /// `%` without two hexadecimal digits.
    #[error("the path has a malformed percent-encoding")]
    Escape,
    /// `%00`.
    #[error("the path has an encoded NUL")]
    Nul,
    /// An overlong UTF-8 form (RFC 3629 §3), by which `/` or `.` can be hidden.
    #[error("the path has an overlong UTF-8 sequence")]
    Overlong,
    /// `\`.
    #[error("the path has a backslash")]
    Backslash,
    /// A `..` without a segment to remove.
    #[error("the path leaves the root")]
    AboveRoot,
    /// `..;…`, or with `normalize_uri_like_servlet` any segment that becomes a dot segment or empty without its parameters:
    /// servlet origins resolve it.
    #[error("the path hides a dot segment behind parameters")]
    HiddenDots,
    /// A `..` in a [`rewritten`] path.
    #[error("a value climbs out of its place in the rewritten path")]
    Climbs,
}

impl Normal {
    /// The text to match routes and conditions with.
    #[inline]
    pub fn matching<'a>(self, raw: &'a [u8], out: &'a [u8]) -> &'a [u8] {
        match self {
            Normal::Unchanged => raw,
            Normal::Changed => out,
            Normal::Split { matching } => out.get(..matching).unwrap_or_default(),
        }
    }

    /// The normal form; what goes upstream is its [`escape`].
    #[inline]
    pub fn upstream<'a>(self, raw: &'a [u8], out: &'a [u8]) -> &'a [u8] {
        match self {
            Normal::Unchanged => raw,
            Normal::Changed => out,
            Normal::Split { matching } => out.get(matching..).unwrap_or_default(),
        }
    }
}

/// Brings the path of a request (without query) into the normal form. `out` is scratch space: a path
/// that is normal already, which one scan finds out, is not copied there ([`Normal::Unchanged`]).
///
/// # Errors
/// [`BadPath`]: answer 400.
#[inline]
pub fn normalize(raw: &[u8], options: Options, out: &mut Vec<u8>) -> Result<Normal, BadPath> {
    let normal = is_normal(raw);
    if normal && options == Options::default() {
        return Ok(Normal::Unchanged);
    }
    out.clear();
    if normal {
        out.extend_from_slice(raw);
    } else {
        resolve(raw, Dots::Resolved, out)?;
    }
    let changed = if normal { Normal::Unchanged } else { Normal::Changed };
    Ok(narrow(options, out)?.map_or(changed, |matching| Normal::Split { matching }))
}

/// Appends the upstream form of a normal (or rewritten) path: bytes that no path may hold (RFC 3986 §3.3) percent-encoded,
/// also a `%` that begins no percent-encoding.
pub fn escape(path: &[u8], out: &mut Vec<u8>) {
    let mut rest = path;
    loop {
        let plain = rest.iter().position(|&byte| CLASS[usize::from(byte)] & SPECIAL != 0).unwrap_or(rest.len());
        let (clean, tail) = rest.split_at(plain);
        out.extend_from_slice(clean);
        let Some((&byte, tail)) = tail.split_first() else { return };
        if byte == b'%' && escaped(tail).is_some() {
            out.push(byte);
        } else {
            encode(byte, out);
        }
        rest = tail;
    }
}

/// Appends the upstream form of a path that was made of pieces: a template's text, values of a request, groups of a regular
/// expression. Together they may be what none of them is alone, so the whole is brought into the normal form again, with one
/// difference: a `..` is refused. The request's own path has none, so it is a value's, and would let whoever chose the value
/// leave the place that the template gave it.
///
/// # Errors
/// [`BadPath`]: answer 400. Something may have been appended.
pub fn rewritten(path: &[u8], out: &mut Vec<u8>) -> Result<(), BadPath> {
    if is_normal(path) {
        out.extend_from_slice(path);
        return Ok(());
    }
    let mut escaped = Vec::with_capacity(path.len() + 32);
    escape(path, &mut escaped);
    let mut normal = Vec::with_capacity(escaped.len());
    resolve(&escaped, Dots::Refused, &mut normal)?;
    escape(&normal, out);
    Ok(())
}

/// Whether [`escape`] would change anything.
pub fn needs_escape(path: &[u8]) -> bool {
    path.iter().any(|&byte| CLASS[usize::from(byte)] & SPECIAL != 0)
}

/// Literal text of a route's uri in the normal form. Dots and slashes are left as they are, and since nothing here comes
/// from a request, nothing is refused: a `%` that begins no percent-encoding stands for itself.
pub fn literal(pattern: &[u8]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match escaped(tail).filter(|_| byte == b'%') {
            Some((decoded, tail)) => {
                push_decoded(decoded, &mut out);
                rest = tail;
            }
            None if byte == b'/' => out.push(byte),
            None => push_decoded(byte, &mut out),
        }
    }
    out.into_boxed_slice()
}

/// Class bits of [`CLASS`].
const SLASH: u8 = 1;
/// What behind a slash may need resolving: a slash or a dot.
const AFTER: u8 = 2;
/// Everything that a path may not hold as it is, and `%`.
const SPECIAL: u8 = 4;

const CLASS: [u8; 256] = {
    let mut class = [SPECIAL; 256];
    let plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~!$&'()*+,;=:@";
    let mut at = 0;
    while at < plain.len() {
        class[plain[at] as usize] = 0;
        at += 1;
    }
    class[b'.' as usize] = AFTER;
    class[b'/' as usize] = AFTER | SLASH;
    class
};

/// Whether the path can go through as it is. A segment that begins with a dot is looked at by [`resolve`].
#[inline]
fn is_normal(raw: &[u8]) -> bool {
    let Some((b'/', rest)) = raw.split_first() else { return false };
    // Branch-free: one table load a byte; `before` is AFTER behind a slash.
    let mut seen = 0;
    let mut before = AFTER;
    for &byte in rest {
        let class = CLASS[usize::from(byte)];
        seen |= class & (SPECIAL | before);
        before = (class & SLASH) << 1;
    }
    seen == 0
}

/// What becomes of a `..`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dots {
    Resolved,
    Refused,
}

/// Decodes, resolves and checks; fills `out` with the normal form.
fn resolve(raw: &[u8], dots: Dots, out: &mut Vec<u8>) -> Result<(), BadPath> {
    let Some((b'/', mut rest)) = raw.split_first() else { return Err(BadPath::NoSlash) };
    out.push(b'/');
    // Where the segment that is being read begins in `out`; the byte before is a slash.
    let mut start = out.len();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'/' => start = close(start, true, dots, out)?,
            b'\\' => return Err(BadPath::Backslash),
            b'%' => {
                let (decoded, tail) = escaped(tail).ok_or(BadPath::Escape)?;
                refuse_decoded(decoded, out)?;
                push_decoded(decoded, out);
                rest = tail;
            }
            0..=b' ' | 0x7f.. | b'?' | b'#' => return Err(BadPath::Byte),
            _ => out.push(byte),
        }
    }
    close(start, false, dots, out)?;
    Ok(())
}

/// Ends the segment at `start`: resolves it if it is a dot segment, forgets it if it is empty. Returns where the next one
/// begins; `slash` tells whether there is one.
fn close(start: usize, slash: bool, dots: Dots, out: &mut Vec<u8>) -> Result<usize, BadPath> {
    match out.get(start..).unwrap_or_default() {
        b"" => {}
        b"." => out.truncate(start),
        b".." if dots == Dots::Refused => return Err(BadPath::Climbs),
        b".." => {
            let above = start.checked_sub(1).and_then(|end| memchr::memrchr(b'/', out.get(..end)?));
            out.truncate(above.ok_or(BadPath::AboveRoot)? + 1);
        }
        [b'.', b'.', b';', ..] => return Err(BadPath::HiddenDots),
        _ if slash => out.push(b'/'),
        _ => {}
    }
    Ok(out.len())
}

/// Refuses a decoded byte that must not be in any path, judged with the bytes decoded before it.
fn refuse_decoded(byte: u8, out: &[u8]) -> Result<(), BadPath> {
    let overlong = match (out.last(), byte) {
        (_, 0) => return Err(BadPath::Nul),
        // Each lead byte with the continuations that would encode what a shorter form can (also the old five and six byte
        // forms, which lenient decoders still read).
        (_, 0xc0 | 0xc1) => true,
        (Some(0xe0), 0x80..=0x9f) | (Some(0xf0), 0x80..=0x8f) => true,
        (Some(0xf8), 0x80..=0x87) | (Some(0xfc), 0x80..=0x83) => true,
        _ => false,
    };
    if overlong { Err(BadPath::Overlong) } else { Ok(()) }
}

/// Appends what a decoded byte is in the normal form.
fn push_decoded(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'/' | b'\\' | b'%' => encode(byte, out),
        _ => out.push(byte),
    }
}

fn encode(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// The byte of the two hexadecimal digits behind a `%`, and what follows them.
fn escaped(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = tail.split_first_chunk()?;
    Some((digit(high)? << 4 | digit(low)?, rest))
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Puts the text for matching before the normal form in `out`, if an option makes it another one, and returns its length.
fn narrow(options: Options, out: &mut Vec<u8>) -> Result<Option<usize>, BadPath> {
    let matching = if options.normalize_uri_like_servlet {
        memchr::memchr(b';', out).map(|_| without_parameters(out)).transpose()?
    } else if options.delete_uri_tail_slash {
        out.strip_suffix(b"/").map(<[u8]>::to_vec)
    } else {
        None
    };
    Ok(matching.map(|text| {
        let length = text.len();
        out.splice(..0, text);
        length
    }))
}

fn without_parameters(path: &[u8]) -> Result<Vec<u8>, BadPath> {
    let mut out = Vec::with_capacity(path.len());
    let mut segments = path.split(|&byte| byte == b'/').enumerate().peekable();
    while let Some((at, segment)) = segments.next() {
        if at > 0 {
            out.push(b'/');
        }
        let Some(cut) = memchr::memchr(b';', segment) else {
            out.extend_from_slice(segment);
            continue;
        };
        let left = segment.get(..cut).unwrap_or_default();
        if is_dots(left) || (left.is_empty() && segments.peek().is_some()) {
            return Err(BadPath::HiddenDots);
        }
        out.extend_from_slice(left);
    }
    Ok(out)
}

/// One or two dots, each as it is or encoded twice (`%252e`), which an origin may decode once more.
fn is_dots(segment: &[u8]) -> bool {
    let mut rest = segment;
    let mut dots = 0;
    while let Some(tail) = rest.strip_prefix(b".").or_else(|| match rest.split_first_chunk::<5>() {
        Some((encoded, tail)) if encoded.eq_ignore_ascii_case(b"%252e") => Some(tail),
        _ => None,
    }) {
        rest = tail;
        dots += 1;
    }
    rest.is_empty() && (dots == 1 || dots == 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(raw: &str, options: Options) -> Result<(String, String), BadPath> {
        let mut out = b"left over".to_vec();
        let result = normalize(raw.as_bytes(), options, &mut out)?;
        let matching = String::from_utf8_lossy(result.matching(raw.as_bytes(), &out)).into_owned();
        let mut upstream = Vec::new();
        escape(result.upstream(raw.as_bytes(), &out), &mut upstream);
        Ok((matching, String::from_utf8_lossy(&upstream).into_owned()))
    }

    #[test]
    fn paths_become_one_form_for_matching_and_upstream() {
        // (received, matched, sent upstream); the comment names the row of the hardening table
        let cases = [
            ("/", "/", "/"),
            ("/a/b.c/~d-e_f", "/a/b.c/~d-e_f", "/a/b.c/~d-e_f"),
            ("/.well-known/x", "/.well-known/x", "/.well-known/x"),
            ("/a/..b/...", "/a/..b/...", "/a/..b/..."),
            // path.01
            ("/%41%7e%2Db", "/A~-b", "/A~-b"),
            // path.02
            ("/a/./b/../c", "/a/c", "/a/c"),
            ("/a/b/..", "/a/", "/a/"),
            ("/a/.", "/a/", "/a/"),
            ("/a/%2e%2E/b", "/b", "/b"),
            ("/a/.%2e", "/", "/"),
            ("/a/%2e", "/a/", "/a/"),
            // path.03
            ("//a///b//", "/a/b/", "/a/b/"),
            ("/a//../b", "/b", "/b"),
            // path.04
            ("/a%2fb%2Fc%5cd", "/a%2Fb%2Fc%5Cd", "/a%2Fb%2Fc%5Cd"),
            ("/a/..%2fb", "/a/..%2Fb", "/a/..%2Fb"),
            ("/a%252fb/100%25", "/a%252fb/100%25", "/a%252fb/100%25"),
            ("/%252e%252e/a", "/%252e%252e/a", "/%252e%252e/a"),
            // path.07
            ("/a;x=1/b;y", "/a;x=1/b;y", "/a;x=1/b;y"),
            ("/a%3bx", "/a;x", "/a;x"),
            // decoded to match, encoded again to send
            ("/with%20space", "/with space", "/with%20space"),
            ("/r%0d%0aX:1", "/r\r\nX:1", "/r%0D%0AX:1"),
            ("/%e4%b8%ad%3f%23", "/中?#", "/%E4%B8%AD%3F%23"),
            ("/a[1]{x}|\"<>^`", "/a[1]{x}|\"<>^`", "/a%5B1%5D%7Bx%7D%7C%22%3C%3E%5E%60"),
        ];
        for (raw, matched, sent) in cases {
            let expected = Ok((matched.to_owned(), sent.to_owned()));
            assert_eq!(normal(raw, Options::default()), expected, "{raw}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        let cases: &[(&[u8], BadPath)] = &[
            (b"", BadPath::NoSlash),
            (b"*", BadPath::NoSlash),
            (b"a/b", BadPath::NoSlash),
            (b"%2fa", BadPath::NoSlash),
            (b"/a b", BadPath::Byte),
            (b"/a?b", BadPath::Byte),
            (b"/a#b", BadPath::Byte),
            (b"/a\x7f", BadPath::Byte),
            (b"/\xc3\xa4", BadPath::Byte),
            (b"/a\0", BadPath::Byte),
            // path.05
            (b"/%00", BadPath::Nul),
            (b"/a%00.html", BadPath::Nul),
            (b"/%zz", BadPath::Escape),
            (b"/%", BadPath::Escape),
            (b"/%4", BadPath::Escape),
            (b"/%u0041", BadPath::Escape),
            (b"/%c0%af", BadPath::Overlong),
            (b"/%C1%9C", BadPath::Overlong),
            (b"/%e0%80%af", BadPath::Overlong),
            (b"/%f0%80%80%af", BadPath::Overlong),
            (b"/%f8%80%80%80%af", BadPath::Overlong),
            (b"/%fc%80%80%80%80%af", BadPath::Overlong),
            (b"/a\\b", BadPath::Backslash),
            // path.06
            (b"/..", BadPath::AboveRoot),
            (b"/a/../../b", BadPath::AboveRoot),
            (b"/%2e%2e/a", BadPath::AboveRoot),
            (b"//../a", BadPath::AboveRoot),
            // path.07
            (b"/a/..;/b", BadPath::HiddenDots),
            (b"/a/..;x=1", BadPath::HiddenDots),
            (b"/a/%2e.%3b/b", BadPath::HiddenDots),
        ];
        for (raw, expected) in cases {
            let result = normalize(raw, Options::default(), &mut Vec::new());
            assert_eq!(result, Err(*expected), "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn options_change_what_is_matched_not_what_is_sent() {
        let tail = Options { delete_uri_tail_slash: true, ..Options::default() };
        let servlet = Options { normalize_uri_like_servlet: true, ..Options::default() };
        let both = Options { delete_uri_tail_slash: true, normalize_uri_like_servlet: true };
        let cases = [
            (tail, "/hello/", "/hello", "/hello/"),
            (tail, "/hello//", "/hello", "/hello/"),
            (tail, "/hello", "/hello", "/hello"),
            (tail, "/a%20b/", "/a b", "/a%20b/"),
            (tail, "/", "", "/"),
            (servlet, "/a;v=1/b;w/", "/a/b/", "/a;v=1/b;w/"),
            (servlet, "/a/;x", "/a/", "/a/;x"),
            (servlet, "/a/b/", "/a/b/", "/a/b/"),
            (both, "/a;v=1/", "/a/", "/a;v=1/"),
            (both, "/a/", "/a/", "/a/"),
        ];
        for (options, raw, matched, sent) in cases {
            assert_eq!(normal(raw, options), Ok((matched.to_owned(), sent.to_owned())), "{raw} {options:?}");
        }
        for raw in ["/a/.;x/b", "/a/%2e;x", "/;x/a", "/a/;/b", "/a/%252e%252E;x", "/a/.%252e;/b"] {
            assert_eq!(normal(raw, servlet), Err(BadPath::HiddenDots), "{raw}");
        }
    }

    #[test]
    fn a_route_pattern_is_read_like_a_request() {
        let cases = [
            ("/a%20b", "/a b"),
            ("/a b", "/a b"),
            ("/a%2fb", "/a%2Fb"),
            ("/100%", "/100%25"),
            ("/%2525%zz", "/%2525%25zz"),
            ("/ä", "/ä"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(*literal(pattern.as_bytes()), *expected.as_bytes(), "{pattern}");
        }
    }

    #[test]
    fn rewritten_paths_are_normal_again_and_climb_nowhere() {
        let cases: &[(&[u8], Result<&str, BadPath>)] = &[
            (b"/api/a/items", Ok("/api/a/items")),
            (b"/a b/%41\xc3\xa4%", Ok("/a%20b/A%C3%A4%25")),
            (b"/a//b/./c/.", Ok("/a/b/c/")),
            (b"//host/x", Ok("/host/x")),
            (b"/a/..b/%3F", Ok("/a/..b/%3F")),
            (b"/a\\b%2fc", Ok("/a%5Cb%2Fc")),
            (b"/r\r\nX: 1", Ok("/r%0D%0AX:%201")),
            (b"/%252e%252e/a", Ok("/%252e%252e/a")),
            (b"/a/../b", Err(BadPath::Climbs)),
            (b"/a/..", Err(BadPath::Climbs)),
            (b"/a/%2e%2E/b", Err(BadPath::Climbs)),
            (b"/a/.%2e", Err(BadPath::Climbs)),
            (b"/..", Err(BadPath::Climbs)),
            (b"/a/..;x/b", Err(BadPath::HiddenDots)),
            (b"/a\0", Err(BadPath::Nul)),
            (b"/a/\xc0\xae/b", Err(BadPath::Overlong)),
            (b"http://other/", Err(BadPath::NoSlash)),
            (b"", Err(BadPath::NoSlash)),
        ];
        for (path, expected) in cases {
            let mut out = Vec::new();
            let result = rewritten(path, &mut out).map(|()| String::from_utf8_lossy(&out).into_owned());
            assert_eq!(result, expected.map(str::to_owned), "{}", path.escape_ascii());
        }
    }

    /// Paths made of what normalisation cares about.
    fn nasty_path() -> impl Strategy<Value = Vec<u8>> {
        let pieces = prop::sample::select(vec![
            "/", "/", ".", "..", "a", "b;c", ";", "%2e", "%2F", "%5c", "%25", "%20", "%41", "%00", "%c0", "%af", "%e4",
            "[", "%zz", "\\", "?",
        ]);
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()).into_bytes())
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(raw: Vec<u8>, tail: bool, servlet: bool) {
            let options = Options { delete_uri_tail_slash: tail, normalize_uri_like_servlet: servlet };
            let mut out = Vec::new();
            if let Ok(normal) = normalize(&raw, options, &mut out) {
                prop_assert!(normal.upstream(&raw, &out).starts_with(b"/"));
            }
            escape(&raw, &mut out);
            literal(&raw);
        }

        #[test]
        fn a_rewritten_path_is_one_that_is_received_as_itself(raw in nasty_path()) {
            let mut sent = Vec::new();
            if rewritten(&raw, &mut sent).is_ok() {
                let mut again = Vec::new();
                let normal = normalize(&sent, Options::default(), &mut again);
                let mut second = Vec::new();
                escape(normal.map(|normal| normal.upstream(&sent, &again)).unwrap_or_default(), &mut second);
                prop_assert_eq!(second, sent);
            }
        }

        #[test]
        fn what_goes_upstream_is_what_was_matched(raw in nasty_path()) {
            let mut out = Vec::new();
            if let Ok(normal) = normalize(&raw, Options::default(), &mut out) {
                let first = normal.matching(&raw, &out).to_vec();
                let mut sent = Vec::new();
                escape(&first, &mut sent);
                prop_assert!(sent.iter().all(|&byte| byte == b'%' || CLASS[usize::from(byte)] & SPECIAL == 0));
                prop_assert!(!first.split(|&byte| byte == b'/').skip(1).any(|segment| matches!(segment, b"." | b"..")));
                let mut again = Vec::new();
                let second = normalize(&sent, Options::default(), &mut again);
                prop_assert_eq!(second.map(|normal| normal.matching(&sent, &again).to_vec()), Ok(first.clone()));
                // The quick scan and the slow way agree.
                let mut slow = Vec::new();
                prop_assert_eq!(resolve(&raw, Dots::Resolved, &mut slow), Ok(()));
                prop_assert_eq!(slow, first);
            }
        }
    }
}
