//! Command lines of curl, as documents and browsers ("copy as cURL") have them.

use super::{Data, Speaks, Typed};
use crate::error::{Error, Result};

/// What an option does.
#[derive(Debug, Clone, Copy)]
enum Does {
    Method,
    Url,
    Header,
    Data,
    Raw,
    Binary,
    Encoded,
    Json,
    Form,
    FormText,
    Get,
    Head,
    User,
    Agent,
    Referer,
    Cookie,
    Http1,
    Http2,
    Prior,
    Resolve,
    Insecure,
    Compressed,
    /// It changes how curl shows or times things, and not what is sent.
    Nothing,
    NothingWithValue,
}

impl Does {
    fn takes_value(self) -> bool {
        !matches!(
            self,
            Does::Get
                | Does::Head
                | Does::Http1
                | Does::Http2
                | Does::Prior
                | Does::Insecure
                | Does::Compressed
                | Does::Nothing
        )
    }
}

/// Long options, and their letter.
const OPTIONS: &[(&str, char, Does)] = &[
    ("request", 'X', Does::Method),
    ("url", ' ', Does::Url),
    ("header", 'H', Does::Header),
    ("data", 'd', Does::Data),
    ("data-ascii", ' ', Does::Data),
    ("data-raw", ' ', Does::Raw),
    ("data-binary", ' ', Does::Binary),
    ("data-urlencode", ' ', Does::Encoded),
    ("json", ' ', Does::Json),
    ("form", 'F', Does::Form),
    ("form-string", ' ', Does::FormText),
    ("get", 'G', Does::Get),
    ("head", 'I', Does::Head),
    ("user", 'u', Does::User),
    ("user-agent", 'A', Does::Agent),
    ("referer", 'e', Does::Referer),
    ("cookie", 'b', Does::Cookie),
    ("http1.1", ' ', Does::Http1),
    ("http2", ' ', Does::Http2),
    ("http2-prior-knowledge", ' ', Does::Prior),
    ("resolve", ' ', Does::Resolve),
    ("insecure", 'k', Does::Insecure),
    ("compressed", ' ', Does::Compressed),
    ("silent", 's', Does::Nothing),
    ("show-error", 'S', Does::Nothing),
    ("verbose", 'v', Does::Nothing),
    ("include", 'i', Does::Nothing),
    ("location", 'L', Does::Nothing),
    ("fail", 'f', Does::Nothing),
    ("fail-with-body", ' ', Does::Nothing),
    ("globoff", 'g', Does::Nothing),
    ("no-buffer", 'N', Does::Nothing),
    ("progress-bar", '#', Does::Nothing),
    ("no-progress-meter", ' ', Does::Nothing),
    ("ipv4", '4', Does::Nothing),
    ("ipv6", '6', Does::Nothing),
    ("path-as-is", ' ', Does::Nothing),
    ("output", 'o', Does::NothingWithValue),
    ("max-time", 'm', Does::NothingWithValue),
    ("connect-timeout", ' ', Does::NothingWithValue),
    ("write-out", 'w', Does::NothingWithValue),
    ("dump-header", 'D', Does::NothingWithValue),
    ("cookie-jar", 'c', Does::NothingWithValue),
    ("retry", ' ', Does::NothingWithValue),
    ("retry-delay", ' ', Does::NothingWithValue),
    ("max-redirs", ' ', Does::NothingWithValue),
];

/// Reads the words behind `curl`.
///
/// # Errors
/// Usage: an option that would change the request and is not known, one without its value, more than one URL.
pub(crate) fn read(words: &[String]) -> Result<Typed> {
    let mut typed = Typed { curl: true, ..Typed::default() };
    let mut words = words.iter();
    let mut options = true;
    while let Some(word) = words.next() {
        if options && word == "--" {
            options = false;
        } else if let Some(long) = word.strip_prefix("--").filter(|_| options) {
            let found = OPTIONS.iter().find(|(name, ..)| *name == long);
            let (_, _, does) = found.ok_or_else(|| unknown(word))?;
            let value = if does.takes_value() { Some(value(word, words.next())?) } else { None };
            apply(&mut typed, *does, value)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|rest| options && !rest.is_empty()) {
            short(&mut typed, word, letters, &mut words)?;
        } else {
            apply(&mut typed, Does::Url, Some(word.clone()))?;
        }
    }
    Ok(typed)
}

/// `-sSk`, `-XPOST`, `-H 'a: b'`.
fn short<'w>(typed: &mut Typed, word: &str, letters: &str, words: &mut impl Iterator<Item = &'w String>) -> Result<()> {
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        let found = OPTIONS.iter().find(|(_, known, _)| *known == letter && letter != ' ');
        let (_, _, does) = found.ok_or_else(|| unknown(word))?;
        if !does.takes_value() {
            apply(typed, *does, None)?;
            continue;
        }
        let rest = letters.as_str();
        let value = if rest.is_empty() { value(word, words.next())? } else { rest.to_owned() };
        return apply(typed, *does, Some(value));
    }
    Ok(())
}

fn unknown(word: &str) -> Error {
    Error::usage(format!("curl's {word} is not understood here")).hint("METHOD URL -H 'Name: value' -d BODY")
}

fn value(option: &str, word: Option<&String>) -> Result<String> {
    word.cloned().ok_or_else(|| Error::usage(format!("curl's {option} needs a value")))
}

fn apply(typed: &mut Typed, does: Does, value: Option<String>) -> Result<()> {
    let value = value.unwrap_or_default();
    match does {
        Does::Method => typed.method = Some(value),
        Does::Url if typed.target.is_some() => {
            return Err(Error::usage(format!("one URL, and \"{value}\" is a second one")));
        }
        Does::Url => typed.target = Some(value),
        Does::Header if value.starts_with('@') => return Err(unknown("-H @FILE")),
        Does::Header => typed.headers.push(value),
        Does::Data => typed.data.push(match value.strip_prefix('@') {
            Some(path) => Data::Lines(path.to_owned()),
            None => Data::Text(value),
        }),
        Does::Raw => typed.data.push(Data::Text(value)),
        Does::Binary | Does::Json => {
            typed.json |= matches!(does, Does::Json);
            typed.data.push(file_or_text(value));
        }
        Does::Encoded => typed.data.push(Data::Encoded(value)),
        Does::Form => typed.form.push(value),
        Does::FormText => typed.form.push(value.replacen('=', "=\\", 1)),
        Does::Get => typed.get = true,
        Does::Head => typed.head = true,
        Does::User => typed.user = Some(value),
        Does::Agent => typed.headers.push(format!("User-Agent: {value}")),
        Does::Referer => typed.headers.push(format!("Referer: {value}")),
        Does::Cookie if !value.contains('=') => return Err(unknown("-b FILE")),
        Does::Cookie => typed.headers.push(format!("Cookie: {value}")),
        Does::Http1 => typed.speaks = Speaks::Http1,
        Does::Http2 => typed.speaks = Speaks::Http2,
        Does::Prior => typed.speaks = Speaks::PriorKnowledge,
        Does::Resolve => typed.resolve.push(value),
        Does::Insecure => typed.insecure = true,
        Does::Compressed => typed.headers.push("Accept-Encoding: deflate, gzip, br".to_owned()),
        Does::Nothing | Does::NothingWithValue => {}
    }
    Ok(())
}

/// `@FILE` is a file, anything else itself.
pub(crate) fn file_or_text(value: String) -> Data {
    match value.strip_prefix('@') {
        Some(path) => Data::File(path.to_owned()),
        None => Data::Text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Result<Typed> {
        read(&crate::commands::alias::words(line))
    }

    #[test]
    fn options_in_all_their_forms() {
        let line = "-sSk -XPUT -H 'a: b' --header 'c: d' -u me:pw -A agent -b k=v --resolve h:80:127.0.0.1 --http2 \
                    -o /dev/null -w '%{http_code}' --compressed --data-raw @x http://h/x";
        let got = typed(line).unwrap();
        let expected = Typed {
            method: Some("PUT".into()),
            target: Some("http://h/x".into()),
            headers: ["a: b", "c: d", "User-Agent: agent", "Cookie: k=v", "Accept-Encoding: deflate, gzip, br"]
                .map(str::to_owned)
                .to_vec(),
            data: vec![Data::Text("@x".into())],
            user: Some("me:pw".into()),
            speaks: Speaks::Http2,
            resolve: vec!["h:80:127.0.0.1".into()],
            insecure: true,
            curl: true,
            ..Typed::default()
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for line in ["--proxy x h", "-x p h", "-H", "a b", "-T file h", "-b cookies.txt h", "--ntlm h"] {
            assert!(typed(line).is_err(), "{line}");
        }
        assert_eq!(typed("-- -h").unwrap().target.as_deref(), Some("-h"));
    }
}
