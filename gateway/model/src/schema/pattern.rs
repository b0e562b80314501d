//! The `pattern` keyword: expressions written for PCRE, run by a linear-time engine wherever it can.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use fancy_regex::{Regex, RegexBuilder};

/// A compiled pattern. `\d`, `\w`, `\s` mean ASCII, as PCRE reads bytes; `$` matches at the very end only, since an id
/// with a line end behind it is no id.
#[derive(Debug, Clone)]
pub struct Pattern(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: Box<str>,
    /// `None`: matches everything.
    regex: Option<Regex>,
}

/// Steps of the backtracking engine before a match is given up, for the few patterns with look-around.
const STEPS: usize = 100_000;

/// The same few patterns (ids, hosts, labels) occur in every schema: each is compiled once for the whole process.
static COMPILED: LazyLock<Mutex<HashMap<Box<str>, Weak<Compiled>>>> = LazyLock::new(Mutex::default);

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// The text of the engine.
    pub fn new(source: &str) -> Result<Self, String> {
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(source).and_then(Weak::upgrade) {
            return Ok(Pattern(known));
        }
        let regex = match source {
            "" | ".*" | "^.*" | "^" => None,
            _ => Some(
                RegexBuilder::new(&translated(source))
                    .backtrack_limit(STEPS)
                    .build()
                    .map_err(|error| error.to_string())?,
            ),
        };
        let pattern = Arc::new(Compiled { source: source.into(), regex });
        compiled.retain(|_, known| known.strong_count() > 0);
        compiled.insert(source.into(), Arc::downgrade(&pattern));
        Ok(Pattern(pattern))
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it is found anywhere in `text`. Giving up counts as not found.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.regex.as_ref().is_none_or(|regex| regex.is_match(text).unwrap_or(false))
    }
}

/// Rewrites what this engine would read differently from PCRE.
fn translated(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let mut chars = source.chars().peekable();
    let mut class = false;
    let mut first = false; // the next character is the first of a class, where `]` is an ordinary one
    let mut last = '\0';
    while let Some(c) = chars.next() {
        let was_first = std::mem::replace(&mut first, false);
        match c {
            '\\' => {
                let Some(escaped) = chars.next() else {
                    out.push('\\');
                    break;
                };
                escape(escaped, class, &mut out);
                last = '\0';
                continue;
            }
            '[' if !class => {
                class = true;
                first = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
            }
            // `[:alpha:]` stays; any other bracket in a class is an ordinary character.
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' => out.push_str("\\["),
            ']' if class && was_first => out.push_str("\\]"),
            ']' if class => {
                class = false;
                out.push(']');
            }
            // `&&`, `--` and `~~` are set operations here.
            '&' | '-' | '~' if class && last == c => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        last = c;
    }
    out
}

fn escape(c: char, class: bool, out: &mut String) {
    let set = match c {
        'd' | 'D' => "0-9",
        'w' | 'W' => "0-9A-Za-z_",
        's' | 'S' => "\\t\\n\\x0B\\f\\r ",
        '/' => return out.push('/'),
        c => {
            out.push('\\');
            return out.push(c);
        }
    };
    match (c.is_ascii_uppercase(), class) {
        (false, true) => out.push_str(set),
        (false, false) => {
            out.push('[');
            out.push_str(set);
            out.push(']');
        }
        (true, _) => {
            out.push_str("[^");
            out.push_str(set);
            out.push(']');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_pcre_means() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("^[a-zA-Z0-9-_.]+$", &["a-b_c.d", "1"], &["", "a b", "$#^@", "a\n"]),
            (r"^\*$|^\*?[0-9a-zA-Z-._\[\]:]+$", &["*", "*.a.com", "[::1]:80"], &["a*", "a/b", ""]),
            (r"^[^\/]+:\/\/([\da-zA-Z.-]+|\[[\da-fA-F:]+\])(:\d+)?", &["http://a", "x://[::1]:1"], &["/a://b", "a"]),
            (r"^[ -!#-[\]-~]+$", &["a b", "[]", "~"], &["\"", "\\", "é"]),
            (r"^[\p{L}][\p{L}\p{N}_.:/-]*(?<!:)$", &["é1", "a:b"], &["a:", "1"]),
            (r"^\S+$", &["é", "a"], &["a b", "", "a\t"]),
            (r"^\d$", &["1"], &["١", "a"]),
            (r"^[\S]$", &["é"], &[" "]),
            (r"^[^\D]$", &["1"], &["a"]),
            ("^[]a]$", &["]", "a"], &["b"]),
            ("^[+--]$", &["+", ",", "-"], &["."]),
            ("^[a&&b]$", &["a", "b", "&"], &["c"]),
            ("^[[:alpha:]]$", &["a"], &["1"]),
            ("^[a[]$", &["[", "a"], &["b"]),
            (".*", &["", "a\nb"], &[]),
        ];
        for (source, good, bad) in cases {
            let pattern = Pattern::new(source).unwrap_or_else(|error| panic!("{source}: {error}"));
            good.iter().for_each(|text| assert!(pattern.is_match(text), "{source} refuses {text:?}"));
            bad.iter().for_each(|text| assert!(!pattern.is_match(text), "{source} takes {text:?}"));
        }
    }

    #[test]
    fn equal_patterns_are_compiled_once() {
        let (a, b) = (Pattern::new("^only-here$").unwrap(), Pattern::new("^only-here$").unwrap());
        assert!(Arc::ptr_eq(&a.0, &b.0));
        assert!(Pattern::new("(").is_err());
    }
}
