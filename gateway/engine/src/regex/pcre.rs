//! Rewrites a PCRE pattern into the common dialect of our two engines.
//!
//! What is valid in both and means the same passes through; what differs is spelled out: classes are written anew with
//! every item escaped (in the engines `[`, `&&`, `--`, `~~` inside a class are syntax, in PCRE they are text), braces
//! that form no quantifier become text, `\h \v \R \N \e \cX \Q…\E`, octal escapes and the many spellings of
//! back-references get one form, extended mode and comments are dropped here. Errors name what PCRE would refuse too;
//! everything else that is wrong is left to the engine that gets the result.

use super::RegexError;

/// A pattern in the engines' dialect.
pub(super) struct Translated {
    pub(super) text: String,
    /// Holds a construct that the linear engine would read as something else, or not at all.
    pub(super) backtracking: bool,
    /// Holds a `$` (outside multi-line mode) or `\Z`, which also match before a newline that ends the text. The result
    /// says `\z` there: see [`super::Regex`].
    pub(super) before_newline: bool,
    /// Works on characters of UTF-8 instead of bytes.
    pub(super) utf: bool,
}

/// The modes that change how a pattern is read; inline flags change them until the group around ends.
#[derive(Clone, Copy)]
pub(super) struct Modes {
    pub(super) extended: bool,
    pub(super) multi_line: bool,
}

pub(super) fn translate(pattern: &str, modes: Modes, utf: bool) -> Result<Translated, RegexError> {
    let mut t = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        modes,
        outer: Vec::new(),
        groups: 0,
        all_groups: count_groups(pattern),
        backtracking: false,
        dollar: false,
        very_end: false,
        utf,
    };
    t.verbs();
    t.run()?;
    let before_newline = t.dollar && !t.very_end;
    Ok(Translated { text: t.out, backtracking: t.backtracking, before_newline, utf: t.utf })
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    /// The modes here, and in the groups around.
    modes: Modes,
    outer: Vec<Modes>,
    /// Capturing groups opened so far, and in the whole pattern.
    groups: usize,
    all_groups: usize,
    backtracking: bool,
    /// Seen: an end that may lie before a final newline, and one that may not.
    dollar: bool,
    very_end: bool,
    utf: bool,
}

impl<'p> Translator<'p> {
    fn run(&mut self) -> Result<(), RegexError> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => {
                    self.modes = self.outer.pop().unwrap_or(self.modes);
                    self.out.push(')');
                }
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.after_quantifier();
                }
                '{' => match quantifier(self.rest) {
                    Some(len) => {
                        self.out.push('{');
                        let body = self.take(len);
                        self.out.push_str(body);
                        self.after_quantifier();
                    }
                    None => self.out.push_str(r"\{"),
                },
                '}' | ']' => self.literal(c),
                c if self.modes.extended && c.is_ascii_whitespace() => {}
                '#' if self.modes.extended => {
                    self.rest = self.rest.split_once('\n').map_or("", |(_, after)| after);
                }
                '$' if !self.modes.multi_line => self.end(),
                '^' | '$' | '.' | '|' => self.out.push(c),
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        self.out.push_str(r"\z");
        self.dollar = true;
    }

    /// Leading `(*UTF8)` and its like; those about newlines and limits have no meaning here.
    fn verbs(&mut self) {
        while let Some((verb, after)) = self.rest.strip_prefix("(*").and_then(|r| r.split_once(')')) {
            match verb {
                "UTF" | "UTF8" | "UCP" => self.utf = true,
                "CR" | "LF" | "CRLF" | "ANYCRLF" | "ANY" | "BSR_ANYCRLF" | "BSR_UNICODE" | "NO_START_OPT"
                | "NO_AUTO_POSSESS" => {}
                _ => return,
            }
            self.rest = after;
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn take(&mut self, len: usize) -> &'p str {
        let (head, tail) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    fn take_while(&mut self, max: usize, keep: impl Fn(u8) -> bool) -> &'p str {
        self.take(self.rest.bytes().take(max).take_while(|b| keep(*b)).count())
    }

    fn skip(&mut self, prefix: &str) -> bool {
        self.rest.strip_prefix(prefix).map(|rest| self.rest = rest).is_some()
    }

    /// A character that stands for itself. Escaping by number is understood by both engines in every place.
    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() || " !\"%',/:;<=>@_`".contains(c) {
            self.out.push(c);
        } else {
            self.code(u32::from(c));
        }
    }

    fn code(&mut self, code: u32) {
        // Without UTF mode \xE9 is the byte, as in PCRE.
        if code > 0xff {
            self.utf = true;
            self.out.push_str(&format!("\\x{{{code:x}}}"));
        } else {
            self.out.push_str(&format!("\\x{code:02x}"));
        }
    }

    /// `a++` is possessive in PCRE, and a repetition of a repetition in the linear engine.
    fn after_quantifier(&mut self) {
        if self.skip("+") {
            self.out.push('+');
            self.backtracking = true;
        } else if self.skip("?") {
            self.out.push('?');
        }
    }

    fn open(&mut self) -> Result<(), RegexError> {
        if self.skip("?#") {
            self.rest = self.rest.split_once(')').ok_or_else(|| bad("missing ) after (?# comment"))?.1;
            return Ok(());
        }
        if self.skip("?P=") {
            let (name, after) = self.rest.split_once(')').ok_or_else(|| bad("missing closing parenthesis"))?;
            self.rest = after;
            return self.named_reference(name);
        }
        self.outer.push(self.modes);
        self.out.push('(');
        if !self.rest.starts_with('?') {
            self.groups += usize::from(!self.rest.starts_with('*'));
            return Ok(());
        }
        self.take(1);
        if self.skip("'") {
            let (name, after) = self.rest.split_once('\'').ok_or_else(|| bad("syntax error in subpattern name"))?;
            self.rest = after;
            self.groups += 1;
            self.out.push_str(&format!("?<{name}>"));
        } else if self.rest.starts_with("P<") || named_group(self.rest) {
            self.groups += 1;
            self.out.push('?');
            let head = self.rest.find('>').map_or(0, |at| at + 1);
            let head = self.take(head);
            self.out.push_str(head);
        } else if self.rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '^') {
            self.inline_flags()?;
        } else {
            self.out.push('?');
            let head = if self.rest.starts_with('<') { 2 } else { 1 };
            let head = self.take(head);
            self.backtracking |= head != ":";
            self.out.push_str(head);
        }
        Ok(())
    }

    /// `(?i)`, `(?i-s:…)`: extended mode is ours, `J` and `^` have no counterpart worth one.
    fn inline_flags(&mut self) -> Result<(), RegexError> {
        let letters = self.take_while(32, |b| b.is_ascii_alphabetic() || b == b'-');
        let (on, off) = letters.split_once('-').unwrap_or((letters, ""));
        if !letters.bytes().all(|b| b"imsxJU-".contains(&b)) || !matches!(self.rest.bytes().next(), Some(b')' | b':')) {
            return Err(bad("unrecognized character after (?"));
        }
        let mode = |now: bool, letter| (now || on.contains(letter)) && !off.contains(letter);
        let modes = Modes { extended: mode(self.modes.extended, 'x'), multi_line: mode(self.modes.multi_line, 'm') };
        let keep = |s: &str| s.chars().filter(|c| !"xJ".contains(*c)).collect::<String>();
        let (on, off) = (keep(on), keep(off));
        let minus = if off.is_empty() { "" } else { "-" };
        if self.skip(":") {
            self.out.push_str(&format!("?{on}{minus}{off}:"));
            self.modes = modes;
        } else {
            // Flags hold until the group around ends, so the parenthesis just opened opens no group.
            self.take(1);
            self.outer.pop();
            self.modes = modes;
            if on.is_empty() && off.is_empty() {
                self.out.pop();
            } else {
                self.out.push_str(&format!("?{on}{minus}{off})"));
            }
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), RegexError> {
        let c = self.next().ok_or_else(|| bad("\\ at end of pattern"))?;
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B' | 'A' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'z' => {
                self.out.push_str(r"\z");
                self.very_end = true;
            }
            'Z' => self.end(),
            'G' | 'K' => {
                self.out.push('\\');
                self.out.push(c);
                self.backtracking = true;
            }
            'h' => self.out.push_str(r"[\x09\x20]"),
            'H' => self.out.push_str(r"[^\x09\x20]"),
            'v' => self.out.push_str(r"[\x0a-\x0d]"),
            'V' => self.out.push_str(r"[^\x0a-\x0d]"),
            'R' => self.out.push_str(r"(?:\x0d\x0a|[\x0a-\x0d])"),
            'N' => self.out.push_str(r"[^\x0a]"),
            'Q' => {
                let (text, after) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = after;
                text.chars().for_each(|c| self.literal(c));
            }
            'E' => {}
            'p' | 'P' => self.property(c)?,
            'k' => {
                let name = self.delimited(&[("<", ">"), ("'", "'"), ("{", "}")])?;
                self.named_reference(name)?;
            }
            'g' => self.g_reference()?,
            '1'..='9' => self.number_escape(c)?,
            c if !c.is_ascii() => self.literal(c),
            c => {
                let code = self.character(c)?;
                self.code_or_literal(code);
            }
        }
        Ok(())
    }

    fn code_or_literal(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) if c.is_ascii() => self.literal(c),
            _ => self.code(code),
        }
    }

    /// Escapes that stand for one character, inside classes as well as outside.
    fn character(&mut self, c: char) -> Result<u32, RegexError> {
        Ok(match c {
            'a' => 7,
            'e' => 0x1b,
            'f' => 0xc,
            'n' => 0xa,
            'r' => 0xd,
            't' => 9,
            'c' => {
                let c = self.next().filter(char::is_ascii).ok_or_else(|| bad("\\c at end of pattern"))?;
                u32::from(c.to_ascii_uppercase()) ^ 0x40
            }
            'x' if self.rest.starts_with('{') => number(self.delimited(&[("{", "}")])?, 16)?,
            'x' => number(self.take_while(2, |b| b.is_ascii_hexdigit()), 16)?,
            'o' => number(self.delimited(&[("{", "}")])?, 8)?,
            '0' => number(self.take_while(2, is_octal), 8)?,
            c if c.is_ascii_alphanumeric() => return Err(bad("unrecognized character follows \\")),
            c => u32::from(c),
        })
    }

    fn property(&mut self, c: char) -> Result<(), RegexError> {
        self.utf = true;
        let name = if self.rest.starts_with('{') {
            self.delimited(&[("{", "}")])?
        } else {
            self.take_while(1, |b| b.is_ascii_alphabetic())
        };
        let (name, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_ &=".contains(&b)) {
            return Err(bad("malformed \\P or \\p sequence"));
        }
        // `L&` is PCRE's own name for cased letters.
        let name = if name == "L&" { "LC" } else { name };
        self.out.push_str(&format!("\\{}{{{name}}}", if (c == 'P') == negated { 'p' } else { 'P' }));
        Ok(())
    }

    /// `\12`: a back-reference if so many groups exist (or below 10), else octal.
    fn number_escape(&mut self, first: char) -> Result<(), RegexError> {
        let more = self.rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
        let digits = format!("{first}{}", self.rest.get(..more).unwrap_or_default());
        let value = digits.parse::<usize>().unwrap_or(usize::MAX);
        if more == 0 || value <= self.all_groups {
            self.take(more);
            return self.reference(value);
        }
        let octal = digits.bytes().take(3).take_while(|b| is_octal(*b)).count();
        if octal == 0 {
            return Err(bad("reference to non-existent subpattern"));
        }
        self.take(octal - 1);
        let code = number(digits.get(..octal).unwrap_or_default(), 8)?;
        self.code_or_literal(code);
        Ok(())
    }

    fn g_reference(&mut self) -> Result<(), RegexError> {
        if self.rest.starts_with(['<', '\'']) {
            return Err(bad("subroutine calls are not supported"));
        }
        let name = if self.rest.starts_with('{') {
            self.delimited(&[("{", "}")])?
        } else {
            self.take_while(4, |b| b.is_ascii_digit() || b == b'-')
        };
        match (name.strip_prefix('-'), name.parse::<usize>()) {
            (Some(back), _) => {
                let target = back.parse::<usize>().ok().and_then(|n| (self.groups + 1).checked_sub(n));
                self.reference(target.unwrap_or(0))
            }
            (None, Ok(target)) => self.reference(target),
            (None, Err(_)) => self.named_reference(name),
        }
    }

    fn reference(&mut self, group: usize) -> Result<(), RegexError> {
        if group == 0 || group > self.all_groups {
            return Err(bad("reference to non-existent subpattern"));
        }
        self.backtracking = true;
        // Grouped, so that a digit that follows stays one.
        self.out.push_str(&format!("(?:\\{group})"));
        Ok(())
    }

    fn named_reference(&mut self, name: &str) -> Result<(), RegexError> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(bad("syntax error in subpattern name"));
        }
        self.backtracking = true;
        self.out.push_str(&format!("\\k<{name}>"));
        Ok(())
    }

    fn delimited(&mut self, pairs: &[(&str, &str)]) -> Result<&'p str, RegexError> {
        let (open, close) = pairs
            .iter()
            .find(|(open, _)| self.rest.starts_with(open))
            .ok_or_else(|| bad("missing delimiter after escape"))?;
        let inner = self.rest.get(open.len()..).unwrap_or_default();
        let (name, after) = inner.split_once(close).ok_or_else(|| bad("missing terminator of escape"))?;
        self.rest = after;
        Ok(name)
    }

    fn class(&mut self) -> Result<(), RegexError> {
        self.out.push('[');
        if self.skip("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            if !first && self.skip("]") {
                self.out.push(']');
                return Ok(());
            }
            first = false;
            let Some(low) = self.class_item()? else { continue };
            // A hyphen makes a range only between two characters.
            let range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if !range {
                self.code_in_class(low);
                continue;
            }
            let before = self.out.len();
            self.take(1);
            match self.class_item()? {
                Some(high) if high < low => return Err(bad("range out of order in character class")),
                Some(high) => {
                    self.code_in_class(low);
                    self.out.push('-');
                    self.code_in_class(high);
                }
                None => {
                    let set = self.out.split_off(before);
                    self.code_in_class(low);
                    self.out.push_str(r"\x2d");
                    self.out.push_str(&set);
                }
            }
        }
    }

    /// The next single character of a class; `None` when it was a set, which is written already, or nothing (`\E`).
    fn class_item(&mut self) -> Result<Option<u32>, RegexError> {
        let c = self.next().ok_or_else(|| bad("missing terminating ] for character class"))?;
        if c == '[' && self.rest.starts_with(':') {
            let name = self.rest.get(1..).and_then(|r| r.split_once(":]")).map(|(name, _)| name);
            if let Some(name) = name.filter(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'^')) {
                if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
                    return Err(bad("unknown POSIX class name"));
                }
                self.take(name.len() + 3);
                self.out.push_str(&format!("[:{name}:]"));
                return Ok(None);
            }
        }
        if c != '\\' {
            // A class of the bytes of one character would match halves of others.
            self.utf |= !c.is_ascii();
            return Ok(Some(u32::from(c)));
        }
        let c = self.next().ok_or_else(|| bad("\\ at end of pattern"))?;
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'h' => self.out.push_str(r"\x09\x20"),
            'H' => self.out.push_str(r"[^\x09\x20]"),
            'v' => self.out.push_str(r"\x0a-\x0d"),
            'V' => self.out.push_str(r"[^\x0a-\x0d]"),
            'p' | 'P' => self.property(c)?,
            'Q' => {
                let (text, after) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = after;
                self.utf |= !text.is_ascii();
                text.chars().for_each(|c| self.code_in_class(u32::from(c)));
            }
            'E' => {}
            'b' => return Ok(Some(8)),
            '1'..='7' => {
                let more = self.rest.bytes().take(2).take_while(|b| is_octal(*b)).count();
                let digits = format!("{c}{}", self.take(more));
                return number(&digits, 8).map(Some);
            }
            'B' | 'R' | 'X' | 'N' => return Err(bad("escape sequence is invalid in character class")),
            c => {
                self.utf |= !c.is_ascii();
                return self.character(c).map(Some);
            }
        }
        Ok(None)
    }

    fn code_in_class(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) if c.is_ascii_alphanumeric() => self.out.push(c),
            _ => self.code(code),
        }
    }
}

const POSIX_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// The length of `n}`, `n,}` or `n,m}` at the start of the text.
fn quantifier(text: &str) -> Option<usize> {
    let (inner, _) = text.split_once('}')?;
    let (low, high) = inner.split_once(',').unwrap_or((inner, "0"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    (!low.is_empty() && digits(low) && digits(high)).then_some(inner.len() + 1)
}

/// `<name>` and not the look-behind `<=` or `<!`.
fn named_group(text: &str) -> bool {
    text.starts_with('<') && !text.starts_with("<=") && !text.starts_with("<!")
}

/// Capturing groups of the pattern, near enough to tell `\12` from an octal escape.
fn count_groups(pattern: &str) -> usize {
    let (mut count, mut rest, mut in_class) = (0, pattern, false);
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => rest = rest.chars().next().and_then(|c| rest.get(c.len_utf8()..)).unwrap_or_default(),
            '[' if !in_class => {
                in_class = true;
                rest = rest.strip_prefix('^').unwrap_or(rest);
                rest = rest.strip_prefix(']').unwrap_or(rest);
            }
            ']' => in_class = false,
            '(' if !in_class => match rest.strip_prefix('?') {
                Some(r) => count += usize::from(r.starts_with("P<") || r.starts_with('\'') || named_group(r)),
                None => count += usize::from(!rest.starts_with('*')),
            },
            _ => {}
        }
    }
    count
}

fn is_octal(b: u8) -> bool {
    matches!(b, b'0'..=b'7')
}

/// The number of an escape; none at all is 0 (`\x`, `\0`).
fn number(digits: &str, radix: u32) -> Result<u32, RegexError> {
    if digits.is_empty() {
        return Ok(0);
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|code| char::from_u32(*code).is_some())
        .ok_or_else(|| bad("character value in \\x{} or \\o{} is too large"))
}

fn bad(text: &str) -> RegexError {
    RegexError(text.to_owned())
}
