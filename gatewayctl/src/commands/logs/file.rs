//! Lines of a log file of this machine.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};

use super::{Args, Level, Shown};
use crate::error::{Error, Result};
use crate::output::clock::Now;

/// How often is looked whether the file has grown.
const LOOK: Duration = Duration::from_millis(250);

/// The longest line that is kept whole, in bytes.
const LONGEST: u64 = 1 << 20;

/// Prints the last lines that are wanted, and with `-f` those that come.
///
/// # Errors
/// Usage: it cannot be read; interrupted.
pub(super) async fn run(args: &Args, path: &Path, from: Option<i64>, mut shown: Shown<'_>) -> Result<()> {
    let wanted = Wanted {
        level: args.level,
        component: args.component.clone(),
        // It was read before.
        pattern: args.grep.as_deref().and_then(|pattern| Regex::new(pattern).ok()),
        from: from.map(|from| Now::at(from).rfc3339()),
    };
    let failed = |error: std::io::Error| Error::usage(format!("cannot read {}: {error}", path.display()));
    let open = || File::open(path).map(|file| Lines { reader: BufReader::new(file), open: 0 });
    let mut lines = open().map_err(failed)?;
    let mut last: VecDeque<String> = VecDeque::new();
    let most = usize::from(args.lines);
    while let Some(line) = lines.next(!args.follow).map_err(failed)? {
        if wanted.takes(&line) {
            last.push_back(line);
            if last.len() > most {
                last.pop_front();
            }
        }
    }
    for line in last {
        shown.push(json!({ "line": line }))?;
    }
    if !args.follow {
        if shown.list.finish()? == 0 {
            shown.app.out.note("no lines");
        }
        return Ok(());
    }
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            error = crate::stop::wanted() => return Err(error),
        }
        // A file that is shorter than it was, or another one by the name, is read from its beginning.
        let place = lines.reader.stream_position().map_err(failed)?;
        if std::fs::metadata(path).is_ok_and(|facts| facts.len() < place || !is_same(&facts, lines.reader.get_ref())) {
            lines = open().map_err(failed)?;
        }
        while let Some(line) = lines.next(false).map_err(failed)? {
            if wanted.takes(&line) {
                shown.push(json!({ "line": line }))?;
            }
        }
    }
}

#[cfg(unix)]
fn is_same(facts: &std::fs::Metadata, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|own| own.ino() == facts.ino() && own.dev() == facts.dev())
}

#[cfg(not(unix))]
fn is_same(_: &std::fs::Metadata, _: &File) -> bool {
    true
}

/// The lines of a file, however long they are.
struct Lines<R> {
    reader: BufReader<R>,
    /// So many bytes of a line that has not ended were taken as lines of their own.
    open: u64,
}

impl<R: Read + Seek> Lines<R> {
    /// The next line. One that has no end yet is read again later, unless nobody comes back for it.
    ///
    /// # Errors
    /// Those of reading; a line does not end within what is read of any file.
    fn next(&mut self, last: bool) -> std::io::Result<Option<String>> {
        let place = self.reader.stream_position()?;
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        let ended = line.last() == Some(&b'\n');
        if read == 0 || (!last && !ended && (read as u64) < LONGEST) {
            self.reader.seek(SeekFrom::Start(place))?;
            return Ok(None);
        }
        self.open = if ended { 0 } else { self.open + read as u64 };
        if self.open > crate::input::FILE as u64 {
            return Err(std::io::Error::other(format!("a line of it goes on after {} bytes", crate::input::FILE)));
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}

/// Which lines are asked for.
struct Wanted {
    level: Option<Level>,
    component: Option<String>,
    pattern: Option<Regex>,
    /// A moment of RFC 3339.
    from: Option<String>,
}

impl Wanted {
    fn takes(&self, line: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(line))
            && self.level.is_none_or(|least| level(line).is_some_and(|own| own <= least))
            && self
                .component
                .as_deref()
                .is_none_or(|name| line.contains(&format!(" {name}")) || line.contains(&format!("\"{name}")))
            && self
                .from
                .as_deref()
                .is_none_or(|from| time(line).is_none_or(|time| time.as_str() >= from.trim_end_matches('Z')))
    }
}

/// The level of a line: `… WARN …`, `{"level":"WARN",…}`, or as nginx writes it, `… [warn] …`.
fn level(line: &str) -> Option<Level> {
    let word = match serde_json::from_str::<Value>(line) {
        Ok(object) => object.get("level").and_then(Value::as_str)?.to_ascii_lowercase(),
        Err(_) => {
            let known = |word: &str| {
                matches!(word, "error" | "warn" | "info" | "debug" | "trace" | "notice" | "crit" | "alert" | "emerg")
            };
            let words = line.split_whitespace().take(4).map(|word| word.trim_matches(['[', ']']).to_ascii_lowercase());
            words.into_iter().find(|word| known(word))?
        }
    };
    Some(match word.as_str() {
        "error" | "crit" | "alert" | "emerg" => Level::Error,
        "warn" => Level::Warn,
        "info" | "notice" => Level::Info,
        _ => Level::Debug,
    })
}

/// The second of a line, `2026-11-27T07:48:42`: its first word, or the field `timestamp` of a JSON object.
fn time(line: &str) -> Option<String> {
    let object = serde_json::from_str::<Value>(line).ok();
    let own = match &object {
        Some(object) => object.get("timestamp").or_else(|| object.get("time"))?.as_str()?,
        None => line.split_whitespace().next()?,
    };
    let second = own.get(..19)?;
    (second.as_bytes().get(10) == Some(&b'T')).then(|| second.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads zeros without an end.
    struct Zeros;

    impl Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(0);
            Ok(buffer.len())
        }
    }

    impl Seek for Zeros {
        fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn a_line_without_an_end_is_an_error() {
        let mut lines = Lines { reader: BufReader::new(Zeros), open: 0 };
        let mut read = 0;
        let error = loop {
            match lines.next(true) {
                Ok(line) => read += line.map_or(0, |line| line.len()),
                Err(error) => break error,
            }
        };
        assert!(read <= crate::input::FILE && error.to_string().contains("goes on"), "{error}");
        let text = format!("{}\nb\nc", "a".repeat(3 << 20));
        let mut lines = Lines { reader: BufReader::new(std::io::Cursor::new(text)), open: 0 };
        let all: Vec<String> = std::iter::from_fn(|| lines.next(true).unwrap()).collect();
        assert_eq!(all.iter().map(String::len).collect::<Vec<_>>(), [1 << 20, 1 << 20, 1 << 20, 0, 1, 1]);
    }

    #[test]
    fn lines_are_chosen_by_what_they_say() {
        let wanted = |level, component: Option<&str>, from: Option<&str>| Wanted {
            level,
            component: component.map(str::to_owned),
            pattern: None,
            from: from.map(str::to_owned),
        };
        let line = "2026-11-27T07:48:42.152536Z  INFO audit: the configuration has changed who=\"demo\"";
        let json = r#"{"timestamp":"2026-11-27T07:48:42.1Z","level":"WARN","target":"gateway_health"}"#;
        assert!(wanted(Some(Level::Info), Some("audit"), Some("2026-11-27T07:48:42Z")).takes(line));
        assert!(!wanted(Some(Level::Warn), None, None).takes(line));
        assert!(!wanted(None, None, Some("2026-11-27T07:48:43Z")).takes(line));
        assert!(wanted(Some(Level::Warn), Some("gateway_health"), None).takes(json));
        assert!(!wanted(None, None, Some("2026-11-28T00:00:00Z")).takes(json));
        assert_eq!(level("2026/11/27 07:48:42 [crit] 1#1: x"), Some(Level::Error));
        assert_eq!((level("no level"), time("")), (None, None));
    }
}
