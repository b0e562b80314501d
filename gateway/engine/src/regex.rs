//! Regular expressions as users of OpenResty write them (PCRE, the flags of `ngx.re.*`), compiled when the
//! configuration changes.
//!
//! The linear-time engine (`regex`) comes first: its run time is bounded by the length of the text whatever the pattern.
//! Only what it cannot express (look-around, back-references, possessive quantifiers, atomic groups) goes to a
//! backtracking engine with a step limit. Both work on bytes, and by default on bytes alone as PCRE without its UTF mode:
//! `\w`, `\d`, `\s` are ASCII and `.` is one byte. The module `pcre` rewrites the spellings that differ.
//!
//! Not taken: `\C`, `\X`, branch reset groups, recursion, callouts. Neither engine has PCRE's `$`, which also matches
//! before a newline that ends the text (`world$` in `"hello world\n"`); a text that ends so is searched a second time
//! without it, and the earlier match counts.

mod pcre;
mod replace;

pub use replace::Replacement;

use std::ops::Range;
use std::time::Instant;

use smallvec::SmallVec;

/// Size of a compiled pattern in bytes, for each engine.
pub const SIZE_LIMIT: usize = 1 << 20;
/// Steps back that one search of the backtracking engine may take.
pub const STEP_LIMIT: usize = 100_000;
/// Length of a pattern in bytes.
pub const PATTERN_LIMIT: usize = 64 << 10;
/// Instructions of a program of the backtracking engine; each may carry a delegated automaton.
const PROGRAM_LIMIT: usize = 8_192;

/// A compiled pattern. Searches keep scratch memory inside it, handed from thread to thread; a clone has its own, so a
/// thread that searches much does best with a clone.
#[derive(Clone, Debug)]
pub struct Regex {
    engine: Engine,
    /// The pattern has an end that may lie before a final newline.
    before_newline: bool,
    pattern: Box<str>,
}

#[derive(Clone, Debug)]
enum Engine {
    Linear(regex::bytes::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Why a pattern, its flags or a replacement were refused; one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RegexError(String);

/// A search took more than [`STEP_LIMIT`] steps back. Callers treat the text as not matching, and log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("regular expression gave up after {STEP_LIMIT} steps")]
pub struct StepLimit;

/// Why a bounded replacement was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreplaced {
    /// One search was.
    #[error(transparent)]
    Search(#[from] StepLimit),
    /// The result would be longer than it may be.
    #[error("the result of a replacement is too long")]
    TooLong,
    /// The time for it was over.
    #[error("a replacement takes too long")]
    TooSlow,
}

/// What replacing may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many matches are replaced.
    pub matches: usize,
    /// Length of the result in bytes.
    pub bytes: usize,
    /// When to give up: each search is bounded, but there may be as many as the text has bytes.
    pub until: Instant,
}

/// Where a match and its groups lie in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    spans: SmallVec<[Option<(usize, usize)>; 4]>,
}

impl Regex {
    /// Compiles `pattern` under the flags of `ngx.re.*`: `a` (anchored at the start), `i`, `m`, `s`, `u` and `U` (UTF-8),
    /// `x`; `d`, `D`, `j`, `J`, `o` are taken and mean nothing here.
    ///
    /// # Errors
    /// An unknown flag, a bad pattern, or one larger than [`PATTERN_LIMIT`] or, compiled, than [`SIZE_LIMIT`].
    pub fn new(pattern: &str, flags: &str) -> Result<Self, RegexError> {
        if pattern.len() > PATTERN_LIMIT {
            return Err(RegexError(format!("pattern is longer than {PATTERN_LIMIT} bytes")));
        }
        let flags = Flags::parse(flags)?;
        let modes = pcre::Modes { extended: flags.extended, multi_line: flags.multi_line };
        let mut translated = pcre::translate(pattern, modes, flags.utf)?;
        if flags.anchored {
            translated.text = format!(r"\A(?:{})", translated.text);
        }
        let engine = match linear(&translated, flags)? {
            Some(re) => Engine::Linear(re),
            None => Engine::Backtracking(Box::new(backtracking(&translated, flags)?)),
        };
        Ok(Self { engine, before_newline: translated.before_newline, pattern: pattern.into() })
    }

    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether searches run in time linear to the text, so that [`StepLimit`] cannot happen.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        matches!(self.engine, Engine::Linear(_))
    }

    /// Whether the pattern is found somewhere in the text; a search that gave up has not found it.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.try_match(text).unwrap_or(false)
    }

    /// [`Self::is_match`] for callers that tell giving up from not matching.
    ///
    /// # Errors
    /// [`StepLimit`], of the backtracking engine only.
    pub fn try_match(&self, text: &[u8]) -> Result<bool, StepLimit> {
        let found = |text: &[u8]| match &self.engine {
            Engine::Linear(re) => Ok(re.is_match(text)),
            Engine::Backtracking(re) => re.is_match(text).map_err(|_| StepLimit),
        };
        match self.without_newline(text) {
            Some(shorter) => Ok(found(shorter)? || found(text)?),
            None => found(text),
        }
    }

    /// The first match and its groups.
    ///
    /// # Errors
    /// [`StepLimit`], of the backtracking engine only.
    pub fn captures(&self, text: &[u8]) -> Result<Option<Groups>, StepLimit> {
        self.captures_from(text, 0)
    }

    /// Calls `each` with the groups of every match, first to last, until it returns false.
    ///
    /// # Errors
    /// [`StepLimit`]; matches found before it were handed out.
    pub fn each_match(&self, text: &[u8], mut each: impl FnMut(&Groups) -> bool) -> Result<(), StepLimit> {
        let (mut from, mut last_end) = (0, None);
        while from <= text.len() {
            let Some(groups) = self.captures_from(text, from)? else { break };
            let found = groups.whole();
            // An empty match right behind the last one is none: go on one byte later.
            if found.is_empty() && last_end == Some(found.end) {
                from = found.end + 1;
                continue;
            }
            // `\K` may put the start behind where the search began, never the end before it.
            from = found.end.max(from);
            last_end = Some(found.end);
            if !each(&groups) {
                break;
            }
        }
        Ok(())
    }

    fn captures_from(&self, text: &[u8], from: usize) -> Result<Option<Groups>, StepLimit> {
        let search = |text: &[u8]| match &self.engine {
            _ if from > text.len() => Ok(None),
            Engine::Linear(re) => Ok(re.captures_at(text, from).map(|c| Groups::linear(&c))),
            Engine::Backtracking(re) => {
                let found = re.captures_from_pos(text, from).map_err(|_| StepLimit)?;
                Ok(found.map(|c| Groups::backtracking(&c)))
            }
        };
        let found = search(text)?;
        let Some(shorter) = self.without_newline(text) else { return Ok(found) };
        let before = search(shorter)?;
        let start = |groups: &Option<Groups>| groups.as_ref().map_or(usize::MAX, |g| g.whole().start);
        Ok(if start(&before) < start(&found) { before } else { found })
    }

    fn without_newline<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        if self.before_newline { text.strip_suffix(b"\n") } else { None }
    }

    /// The number of the group `(?<name>…)`.
    #[must_use]
    pub fn group_number(&self, name: &str) -> Option<usize> {
        match &self.engine {
            Engine::Linear(re) => re.capture_names().position(|n| n == Some(name)),
            Engine::Backtracking(re) => re.capture_names().position(|n| n == Some(name)),
        }
    }

    /// The text with its first match replaced (`ngx.re.sub`); `None` when there is no match.
    ///
    /// # Errors
    /// [`StepLimit`], of the backtracking engine only.
    pub fn replace_once(&self, text: &[u8], with: &Replacement) -> Result<Option<Vec<u8>>, StepLimit> {
        self.replace(text, with, 1)
    }

    /// The text with every match replaced (`ngx.re.gsub`); `None` when there is no match.
    ///
    /// # Errors
    /// [`StepLimit`], of the backtracking engine only.
    pub fn replace_all(&self, text: &[u8], with: &Replacement) -> Result<Option<Vec<u8>>, StepLimit> {
        self.replace(text, with, usize::MAX)
    }

    /// The text with matches replaced within `bounds`; `None` when there is no match. The room is looked at before a
    /// replacement is written, and the clock once for some matches.
    ///
    /// # Errors
    /// Which bound was met.
    pub fn replace_within(
        &self,
        text: &[u8],
        with: &Replacement,
        bounds: Bounds,
    ) -> Result<Option<Vec<u8>>, Unreplaced> {
        // A search of the backtracking engine may be some thousand times as long as one of the other.
        let each = if self.is_linear() { 64 } else { 1 };
        let (mut out, mut done, mut count, mut met) = (Vec::new(), 0, 0, None);
        self.each_match(text, |groups| {
            let whole = groups.whole();
            let before = text.get(done..whole.start).unwrap_or_default();
            let room = bounds.bytes.saturating_sub(out.len()).saturating_sub(before.len());
            if with.length(groups) > room {
                met = Some(Unreplaced::TooLong);
                return false;
            }
            if count % each == 0 && Instant::now() >= bounds.until {
                met = Some(Unreplaced::TooSlow);
                return false;
            }
            out.extend_from_slice(before);
            with.expand(groups, text, &mut out);
            done = whole.end;
            count += 1;
            count < bounds.matches
        })?;
        if let Some(met) = met {
            return Err(met);
        }
        if count == 0 {
            return Ok(None);
        }
        let rest = text.get(done..).unwrap_or_default();
        if rest.len() > bounds.bytes.saturating_sub(out.len()) {
            return Err(Unreplaced::TooLong);
        }
        out.extend_from_slice(rest);
        Ok(Some(out))
    }

    fn replace(&self, text: &[u8], with: &Replacement, limit: usize) -> Result<Option<Vec<u8>>, StepLimit> {
        let (mut out, mut done, mut left) = (Vec::new(), 0, limit);
        self.each_match(text, |groups| {
            let whole = groups.whole();
            out.extend_from_slice(text.get(done..whole.start).unwrap_or_default());
            with.expand(groups, text, &mut out);
            done = whole.end;
            left -= 1;
            left > 0
        })?;
        if left == limit {
            return Ok(None);
        }
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        Ok(Some(out))
    }
}

impl Groups {
    /// The range of the whole match.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        self.get(0).unwrap_or(0..0)
    }

    /// The range of group `number` (0 is the whole match), if it took part in the match.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Range<usize>> {
        self.spans.get(number).copied().flatten().map(|(start, end)| start..end)
    }

    /// The bytes of group `number` in the text that was searched.
    #[must_use]
    pub fn text<'t>(&self, number: usize, text: &'t [u8]) -> Option<&'t [u8]> {
        text.get(self.get(number)?)
    }

    /// How many groups the pattern has, the whole match included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    fn linear(c: &regex::bytes::Captures<'_>) -> Self {
        Self { spans: c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect() }
    }

    fn backtracking(c: &fancy_regex::Captures<'_, [u8]>) -> Self {
        Self { spans: c.iter().map(|m| m.map(|m| (m.start(), m.end()))).collect() }
    }
}

impl RegexError {
    /// Keeps the text to one line, whatever an engine says.
    fn new(text: impl std::fmt::Display) -> Self {
        Self(text.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    anchored: bool,
    caseless: bool,
    multi_line: bool,
    dot_all: bool,
    utf: bool,
    extended: bool,
}

impl Flags {
    fn parse(text: &str) -> Result<Self, RegexError> {
        let mut flags = Self::default();
        for letter in text.chars() {
            match letter {
                'a' => flags.anchored = true,
                'i' => flags.caseless = true,
                'm' => flags.multi_line = true,
                's' => flags.dot_all = true,
                'u' | 'U' => flags.utf = true,
                'x' => flags.extended = true,
                'd' | 'D' | 'j' | 'J' | 'o' => {}
                _ => return Err(RegexError(format!("unknown flag \"{letter}\" (flags \"{text}\")"))),
            }
        }
        Ok(flags)
    }
}

/// `None`: not for this engine.
fn linear(t: &pcre::Translated, flags: Flags) -> Result<Option<regex::bytes::Regex>, RegexError> {
    if t.backtracking {
        return Ok(None);
    }
    let built = regex::bytes::RegexBuilder::new(&t.text)
        .unicode(t.utf)
        .case_insensitive(flags.caseless)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_all)
        .size_limit(SIZE_LIMIT)
        .build();
    match built {
        Ok(re) => Ok(Some(re)),
        Err(regex::Error::CompiledTooBig(_)) => {
            Err(RegexError(format!("compiled pattern is larger than {SIZE_LIMIT} bytes")))
        }
        Err(_) => Ok(None),
    }
}

fn backtracking(t: &pcre::Translated, flags: Flags) -> Result<fancy_regex::Regex, RegexError> {
    let mode = if t.utf { fancy_regex::BytesMode::UnicodeBytes } else { fancy_regex::BytesMode::Ascii };
    fancy_regex::RegexBuilder::new(&t.text)
        .bytes_mode(mode)
        .case_insensitive(flags.caseless)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_all)
        .backtrack_limit(STEP_LIMIT)
        .delegate_size_limit(SIZE_LIMIT)
        .max_prog_size(PROGRAM_LIMIT)
        .build()
        .map_err(RegexError::new)
}

#[cfg(test)]
mod tests;
