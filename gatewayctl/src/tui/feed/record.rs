//! `--record FILE`: everything that is told, one JSON a line, so that it can be told again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::told;
use crate::error::{Error, Result};
use crate::output::mask;
use crate::private;
use crate::tui::msg::{Link, Source, Told};

/// The source under which links are stored.
pub(super) const LINK: &str = "link";

/// A recording that is being made.
pub(super) struct Recorder {
    file: File,
    /// Its name, for errors.
    name: String,
    broken: Broken,
}

/// The server that a recording is of, as the head names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The name of its context, or its address.
    pub(crate) context: String,
    /// Its address.
    pub(crate) server: String,
}

impl Recorded {
    /// Of the first line of a recording; `None` where it does not say.
    pub(super) fn of_line(line: &[u8]) -> Option<Recorded> {
        let line: Value = serde_json::from_slice(line).ok()?;
        let text = |name: &str| Some(line.get("value")?.get(name)?.as_str()?.to_owned());
        (line.get("source")? == LINK).then_some(())?;
        Some(Recorded { context: text("context")?, server: text("server")? })
    }
}

/// Why a recording has ended before its time, in words.
pub(super) type Broken = Arc<Mutex<Option<String>>>;

impl Recorder {
    /// Makes the file, which nobody else may read. One that is there already is written anew.
    ///
    /// # Errors
    /// Usage: it cannot be made.
    pub(super) fn create(path: &Path) -> Result<Recorder> {
        let name = path.display().to_string();
        let wrong = |error: &std::io::Error| Error::usage(format!("cannot write {name}: {error}"));
        let file = private::options().create(true).truncate(true).open(path).map_err(|error| wrong(&error))?;
        #[cfg(unix)]
        if file.metadata().is_ok_and(|about| about.is_file()) {
            // Of a file that was there the mode is as it was.
            let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600);
            file.set_permissions(mode).map_err(|error| wrong(&error))?;
        }
        Ok(Recorder { file, name, broken: Arc::default() })
    }

    /// Stores what server it is of: in a link, which whoever does not know of it reads as any other. Where that cannot be
    /// written, nor can what follows, which is told.
    pub(super) fn begin(&mut self, of: &Recorded) {
        let value = json!({ "state": "connecting", "context": of.context, "server": of.server });
        let _ = self.write(&Line::new(told::now_ms(), LINK, &value));
    }

    /// Where is said why it has ended.
    pub(super) fn broken(&self) -> Broken {
        Arc::clone(&self.broken)
    }

    /// Stores a line, at once.
    ///
    /// # Errors
    /// In words: it cannot be written.
    pub(super) fn write(&mut self, line: &Line) -> std::result::Result<(), String> {
        // A line is one write, so that what is cut off is at the end.
        self.file.write_all(line.0.as_bytes()).map_err(|error| {
            let why = format!("the recording has ended: cannot write {}: {error}", self.name);
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
            why
        })
    }
}

/// A line of a recording, with its end.
pub(super) struct Line(String);

impl Line {
    pub(super) fn of_told(told: &Told) -> Line {
        Line::new(told.at_ms, &told::name(told.source), &without_secrets(told))
    }

    pub(super) fn of_link(link: &Link) -> Line {
        Line::new(told::now_ms(), LINK, &told::of_link(link))
    }

    fn new(at_ms: u64, source: &str, value: &Value) -> Line {
        Line(format!("{}\n", json!({ "at_ms": at_ms, "source": source, "value": value })))
    }
}

/// What is told, with its secrets masked.
pub(super) fn without_secrets(told: &Told) -> Value {
    let mut value = told.value.clone();
    match told.source {
        // `key` is the name of a key in one, and its kind in another; neither tells secrets elsewhere.
        Source::Events => sides(&mut value),
        Source::History => {
            let changes = value.get_mut("changes").and_then(Value::as_array_mut);
            changes.into_iter().flatten().for_each(sides);
        }
        Source::List(_) | Source::Tap | Source::Discovery => mask::mask(&mut value),
        Source::Info
        | Source::Stats
        | Source::Nodes
        | Source::Certs
        | Source::Logs
        | Source::Dubbo
        | Source::Grpc
        | Source::Plugins
        | Source::Metrics => {}
    }
    value
}

/// The objects of a change.
fn sides(change: &mut Value) {
    for side in ["before", "after"] {
        if let Some(object) = change.get_mut(side) {
            mask::mask(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_where_they_may_stand() {
        let object = json!({"plugins": {"key-auth": {"key": "s3cret"}}});
        let rows = [
            (Source::List("consumers"), json!([object])),
            (Source::Events, json!({"by": {"key": "admin"}, "before": null, "after": object})),
            (Source::History, json!({"changes": [{"by": {"key": "admin"}, "before": object, "after": null}]})),
            (Source::Tap, json!({"req_headers": {"authorization": "s3cret", "x": "y"}})),
        ];
        for (source, value) in rows {
            let line = Line::of_told(&Told { source, at_ms: 1, value }).0;
            assert!(!line.contains("s3cret"), "{line}");
            assert!(source != Source::Events || line.contains("admin"), "{line}");
        }
        let certs = json!([{"key": "ec256"}]);
        assert_eq!(without_secrets(&Told { source: Source::Certs, at_ms: 1, value: certs.clone() }), certs);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rec.ndjson");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        Recorder::create(&path).unwrap().write(&Line::of_link(&Link::Connecting)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("{\"at_ms\":"));
        assert!(Recorder::create(&folder.path().join("no/such")).is_err());
    }
}
