//! Secrets within texts: in the queries and authorities of URLs, JSON Web Tokens anywhere, in the members of JSON that names call secret.

use std::borrow::Cow;

use super::{is_argument, is_credential};

/// How often an escaped URL within a URL is looked into.
const DEPTH: usize = 3;

/// Longest name of a member that is looked at.
const NAME: usize = 128;

/// Whether an argument, by its name and decoded value, is a secret beyond what its name says. The name is empty where there is none.
pub type Also<'a> = &'a dyn Fn(&[u8], &[u8]) -> bool;

/// What stands for a secret, and what else is one.
#[derive(Clone, Copy)]
struct Rule<'a> {
    mask: &'a str,
    also: Also<'a>,
}

/// A text that is one URL, or the target of a request, with its secrets masked by `mask`: values of arguments by their names, wherever
/// `;`, `?` or `#` may begin them, what stands before the `@` of an authority, tokens. `also` says which other arguments are secrets.
#[must_use]
pub fn url<'t>(text: &'t [u8], mask: &str, also: Also<'_>) -> Cow<'t, [u8]> {
    within(text, Rule { mask, also }, DEPTH)
}

/// A line of a log or another text with URLs in it, masked in the same way.
#[must_use]
pub fn line<'t>(text: &'t str, mask: &str, also: Also<'_>) -> Cow<'t, str> {
    let rule = Rule { mask, also };
    if !text.bytes().any(|b| matches!(b, b'=' | b'@' | b'%' | b'"')) && !text.contains("eyJ") {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if ends(*byte) {
            let value = if *byte == b'"' { secret_member(after, rule) } else { None };
            match value.and_then(|at| rest.split_at_checked(at + 1)) {
                Some((name, value)) => {
                    member_name(name, rule, &mut out);
                    out.extend_from_slice(rule.mask.as_bytes());
                    rest = quoted(value).and_then(|end| value.get(end..)).unwrap_or_default();
                }
                None => {
                    out.push(*byte);
                    rest = after;
                }
            }
            continue;
        }
        let (part, tail) = rest.split_at(run(rest));
        out.extend_from_slice(&within(part, rule, DEPTH));
        rest = tail;
    }
    match out == text.as_bytes() {
        true => text.into(),
        false => String::from_utf8_lossy(&out).into_owned().into(),
    }
}

/// Whether a byte stands between URLs.
fn ends(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || matches!(byte, b'"' | b'<' | b'>')
}

/// How long a text goes on until something ends it that is not escaped.
fn run(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let over = ends(*byte) && !(escaped && *byte == b'"');
        escaped = *byte == b'\\' && !escaped;
        over
    });
    end.unwrap_or(text.len()).max(1)
}

/// Where the quote is that ends a text in JSON.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let over = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        over
    })
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The name of a member with all around it, which may be a URL as any text may.
fn member_name(text: &[u8], rule: Rule<'_>, out: &mut Vec<u8>) {
    let end = text.get(1..).and_then(quoted).map_or(text.len(), |end| end + 1);
    let (name, behind) = text.split_at_checked(end).unwrap_or((text, b""));
    out.extend_from_slice(&within(name, rule, DEPTH));
    out.extend_from_slice(behind);
}

/// Where the value begins of a member whose name says that it is a secret, seen from behind the quote before the name.
fn secret_member(text: &[u8], rule: Rule<'_>) -> Option<usize> {
    let end = quoted(text.get(..NAME).unwrap_or(text))?;
    let name = std::str::from_utf8(text.get(..end)?).ok()?;
    let behind = text.get(end + 1..)?;
    let blanks = |text: &[u8]| text.iter().take(NAME).take_while(|byte| **byte == b' ').count();
    let colon = blanks(behind);
    let value = behind.get(colon..)?.strip_prefix(b":")?;
    let quote = blanks(value);
    let secret = value.get(quote) == Some(&b'"') && (is_credential(name) || (rule.also)(name.as_bytes(), b""));
    secret.then_some(end + 1 + colon + 1 + quote + 1)
}

fn within<'t>(text: &'t [u8], rule: Rule<'_>, depth: usize) -> Cow<'t, [u8]> {
    let bare = without_userinfo(text, rule.mask);
    let mut out = Vec::with_capacity(bare.len());
    let query = bare.iter().position(|b| matches!(b, b'?' | b'&' | b';' | b'#')).unwrap_or(bare.len());
    for (number, pair) in bare.split(|b| *b == b'&').enumerate() {
        if number > 0 {
            out.push(b'&');
        }
        let path = if number == 0 { query } else { 0 };
        argument(pair, path, rule, depth, &mut out);
    }
    let out = without_tokens(out, rule.mask);
    if out == text { text.into() } else { out.into() }
}

/// What stands between two `&`, the first `path` bytes of which are no argument yet; masked from where the first secret begins.
fn argument(pair: &[u8], path: usize, rule: Rule<'_>, depth: usize, out: &mut Vec<u8>) {
    let mut at = 0;
    let mut first = true;
    for piece in pair.split_inclusive(|b| matches!(b, b'?' | b';' | b'#')) {
        let text = piece.split(|b| matches!(b, b'?' | b';' | b'#')).next().unwrap_or_default();
        let in_path = at < path;
        let begin = if in_path { text.iter().rposition(|b| PATH.contains(b)).map_or(0, |at| at + 1) } else { 0 };
        let equals = text.iter().skip(begin).position(|b| *b == b'=').map(|equals| begin + equals);
        let secret = match equals {
            // Of the first one the value goes on to the end for those who know no `;`.
            Some(equals) => {
                let name = decode(text.get(begin..equals).unwrap_or_default());
                let value = decode(text.get(equals + 1..).unwrap_or_default());
                let whole = std::mem::take(&mut first) && !in_path && {
                    let value = decode(pair.get(at + equals + 1..).unwrap_or_default());
                    (rule.also)(&name, &value)
                };
                whole || named(&name, rule.also, &value, !in_path) || escaped(&value, text, rule, depth)
            }
            None => {
                let value = decode(text);
                !in_path && !text.is_empty() && (rule.also)(b"", &value) || escaped(&value, text, rule, depth)
            }
        };
        if secret {
            let kept = at + equals.map_or(begin, |equals| equals + 1);
            out.extend_from_slice(pair.get(at..kept).unwrap_or_default());
            out.extend_from_slice(rule.mask.as_bytes());
            return;
        }
        out.extend_from_slice(piece);
        at += piece.len();
    }
}

/// What ends a name in a path, seen from behind.
const PATH: &[u8] = b"/:,({'";

/// Whether a name, or a word of it (`user[password]`, `?token`), is that of a secret; in a query there are more of them.
fn named(name: &[u8], also: Also<'_>, value: &[u8], query: bool) -> bool {
    let secret = |word: &[u8]| {
        let word = String::from_utf8_lossy(word);
        if query { is_argument(&word) } else { is_credential(&word) }
    };
    let words = name.split(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_')).filter(|word| !word.is_empty());
    also(name, value) || words.into_iter().any(|word| secret(word) || *word != *name && also(word, value))
}

/// Whether a decoded text has a secret within that its escapes have hidden.
fn escaped(decoded: &[u8], text: &[u8], rule: Rule<'_>, depth: usize) -> bool {
    depth > 0 && text.contains(&b'%') && *within(decoded, rule, depth - 1) != *decoded
}

/// Masks who is named before the `@` of an authority.
fn without_userinfo<'t>(text: &'t [u8], mask: &str) -> Cow<'t, [u8]> {
    if !text.contains(&b'@') {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, b"//") {
        let (before, authority) = rest.split_at(at + 2);
        let of_url = before.len() > 2 && before.get(at.wrapping_sub(1)) == Some(&b':');
        out.extend_from_slice(before);
        let end = authority.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(authority.len());
        let user = authority.get(..end).and_then(|text| text.iter().rposition(|b| *b == b'@'));
        rest = match user {
            Some(user) if of_url || authority.iter().take(user).any(|b| *b == b':') => {
                out.extend_from_slice(mask.as_bytes());
                authority.get(user..).unwrap_or_default()
            }
            _ => authority,
        };
    }
    out.extend_from_slice(rest);
    out.into()
}

/// Masks JSON Web Tokens: what begins as one does and has its parts.
fn without_tokens(text: Vec<u8>, mask: &str) -> Vec<u8> {
    if find(&text, b"eyJ").is_none() {
        return text;
    }
    let of_token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let mut out = Vec::with_capacity(text.len());
    for part in text.chunk_by(|a, b| of_token(a) == of_token(b)) {
        let parts = part.iter().filter(|b| **b == b'.').count();
        let token = part.starts_with(b"eyJ") && (parts >= 2 || find(part, b".eyJ").is_some());
        out.extend_from_slice(if token { mask.as_bytes() } else { part });
    }
    out
}

/// Undoes percent-encoding and `+`, as those do who read arguments.
fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.iter().any(|b| matches!(b, b'%' | b'+')) {
        return raw.into();
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    rest = after;
                }
                _ => out.push(b'%'),
            },
            (other, _) => out.push(*other),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MASK: &str = "***";

    const NOTHING: Also<'_> = &|_, _| false;

    fn masked(text: &str) -> String {
        let also: Also<'_> = &|name, value| name == b"mine" || value == b"own-key";
        String::from_utf8(url(text.as_bytes(), MASK, also).into_owned()).unwrap()
    }

    #[test]
    fn urls() {
        for (text, expected) in [
            ("/x?apikey=K&a=1", "/x?apikey=***&a=1"),
            ("/x?a=1&API-Key=K#f", "/x?a=1&API-Key=***"),
            ("/x?%61pikey=K", "/x?%61pikey=***"),
            ("/x?a=1;apikey=K;b=2&c=3", "/x?a=1;apikey=***&c=3"),
            ("/x?apikey=K;L?M&c=3", "/x?apikey=***&c=3"),
            ("/x??apikey=K", "/x??apikey=***"),
            ("/x?%3Fapikey=K", "/x?%3Fapikey=***"),
            ("/x?apikey[]=K&user[password]=K", "/x?apikey[]=***&user[password]=***"),
            ("/x;apikey=K/y", "/x;apikey=***"),
            ("/x&apikey=K", "/x&apikey=***"),
            ("/x?jwt=K", "/x?jwt=***"),
            ("/x?a=1&sig=K&X-Amz-Signature=K&x=y", "/x?a=1&sig=***&X-Amz-Signature=***&x=y"),
            ("/cb?code=K&state=s&sessionId=K", "/cb?code=***&state=s&sessionId=***"),
            ("/x;sid=K?auth=K", "/x;sid=***"),
            ("code=502 auth=none", "code=502 auth=none"),
            ("http://u:p@h/x?a=1", "http://***@h/x?a=1"),
            ("http://u@h/x", "http://***@h/x"),
            ("http://u:p&q;r@h/x", "http://***@h/x"),
            ("//u:p@h/x", "//***@h/x"),
            ("//a@h/x", "//a@h/x"),
            ("/x?u=http://u:p@h/", "/x?u=http://***@h/"),
            ("/x?u=http%3A%2F%2Fu%3Ap%40h%2F&b=1", "/x?u=***&b=1"),
            ("/x?u=%252Fy%253Fapikey%253DK", "/x?u=***"),
            ("/x%3Fapikey=K", "/x%3Fapikey=***"),
            ("/x%3Fapikey%3DK?a=1", "/***"),
            ("/cb#access_token=K&x=1", "/cb#access_token=***&x=1"),
            ("/v/eyJhbGciOiJ9.eyJzdWIifQ.sig-_1/x", "/v/***/x"),
            ("/x?mine=1&a=own-key&own-key&own=own-key;1", "/x?mine=***&a=***&***&own=***"),
            ("/x?a=own%2Dkey", "/x?a=***"),
            ("/token/x?a=b", "/token/x?a=b"),
            ("/x?q=a+b%20c&tokens=3&key=v", "/x?q=a+b%20c&tokens=3&key=v"),
            ("http://h:80/a/b?c=d@e", "http://h:80/a/b?c=d@e"),
            ("", ""),
            ("&&??;;##==", "&&??;;##=="),
        ] {
            assert_eq!(masked(text), expected, "{text}");
            assert_eq!(masked(expected), expected, "again: {text}");
        }
    }

    #[test]
    fn lines() {
        for (text, expected) in [
            (
                r#"127.0.0.1 - - [x] h "GET /r1/x?apikey=K HTTP/1.1" 200 "http://u:p@h/?token=K" "curl" "http://up/x?apikey=K" """#,
                r#"127.0.0.1 - - [x] h "GET /r1/x?apikey=*** HTTP/1.1" 200 "http://***@h/?token=***" "curl" "http://up/x?apikey=***" """#,
            ),
            (
                r#"{"request":"GET /?apikey=a\"b HTTP/1.1","apikey":"K","x" : "y"}"#,
                r#"{"request":"GET /?apikey=*** HTTP/1.1","apikey":"***","x" : "y"}"#,
            ),
            (r#""Authorization" : "Basic \"x" 1"#, r#""Authorization" : "***" 1"#),
            (r#""/?apikey=K_token":"K","x":"y""#, r#""/?apikey=***":"***","x":"y""#),
            (r#""apikey":"cut off"#, r#""apikey":"***"#),
            ("apikey=K&x=1 a=b", "apikey=***&x=1 a=b"),
            ("no secrets at all: 1 = 1", "no secrets at all: 1 = 1"),
        ] {
            assert_eq!(line(text, MASK, NOTHING), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left_of_a_secret(before in "[a-z/?&;#=%@:\\[\\]\" \\\\]{0,20}", after in "[a-z/?;#=%@:\\[\\]]{0,20}") {
            let text = format!("{before}?apikey=S3CR3T{after}");
            prop_assert!(!line(&text, MASK, NOTHING).contains("S3CR3T"), "{}", line(&text, MASK, NOTHING));
            let shown = url(text.as_bytes(), MASK, NOTHING).into_owned();
            prop_assert!(find(&shown, b"S3CR3T").is_none());
        }

        #[test]
        fn anything_may_come(text in prop::collection::vec(any::<u8>(), 0..200), plain in "[a-z0-9/.]{0,40}") {
            let _ = url(&text, MASK, NOTHING);
            let _ = line(&String::from_utf8_lossy(&text), MASK, NOTHING);
            prop_assert_eq!(line(&plain, MASK, NOTHING).into_owned(), plain);
        }

        #[test]
        fn what_is_masked_stays_so(text in "[a-z/?&;#=%@:\\[\\]\" \\\\]{0,40}") {
            let once = line(&text, MASK, NOTHING).into_owned();
            prop_assert_eq!(line(&once, MASK, NOTHING).into_owned(), once);
        }
    }
}
