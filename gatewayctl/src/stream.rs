//! Answers without an end: the live endpoints tell what happens as one JSON text a line (`application/x-ndjson`), or as
//! server-sent events whose data is one (`text/event-stream`), for as long as somebody reads. One reader for all that
//! follow something.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use crate::error::{Error, Kind, Result};

/// The longest line that is taken, in bytes: two forms of the largest object that a gateway stores, and room.
const LONGEST: usize = 64 << 20;

/// A line of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    /// What happened.
    Value(Value),
    /// So many were left out: the server does not wait for a slow reader, or no longer knows them.
    Dropped(u64),
}

/// The lines of a stream, as they come.
pub(crate) struct Rows {
    response: reqwest::Response,
    lines: Lines,
    /// Server-sent events, which have heartbeats.
    events: bool,
    ended: bool,
    /// The longest line that is taken, in bytes.
    most: usize,
    /// Who is asked what, for errors.
    what: String,
}

impl Rows {
    pub(crate) fn new(response: reqwest::Response, what: String) -> Rows {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let events = kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream");
        Rows { response, lines: Lines::default(), events, ended: false, most: LONGEST, what }
    }

    /// The same, for lines of so many bytes at most.
    pub(crate) fn at_most(self, most: usize) -> Rows {
        Rows { most, ..self }
    }

    /// Whether the server shows every ten seconds that the stream lives, also where nothing happens.
    pub(crate) fn has_heartbeats(&self) -> bool {
        self.events
    }

    /// The next line; `None` when the server has ended the stream.
    ///
    /// # Errors
    /// Interrupted by the user; unreachable: the connection is lost; server: a line that is not JSON.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(row) = self.ready()? {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            tokio::select! {
                more = self.more() => more?,
                error = crate::stop::wanted() => return Err(error),
            };
        }
    }

    /// The next line of those that are here; `None` when [`Rows::more`] has to be waited for.
    ///
    /// # Errors
    /// Server: a line that is not JSON, or that does not end.
    pub(crate) fn ready(&mut self) -> Result<Option<Row>> {
        while let Some(line) = self.lines.take() {
            if let Some(data) = data(&line, self.events) {
                return self.read(data).map(Some);
            }
        }
        match self.lines.waiting() > self.most {
            true => Err(Error::new(Kind::Server, format!("{} sends a line that does not end", self.what))),
            false => Ok(None),
        }
    }

    /// Waits for more bytes, whatever they are; `false` when the server has ended the stream.
    ///
    /// # Errors
    /// Unreachable: the connection is lost.
    pub(crate) async fn more(&mut self) -> Result<bool> {
        match self.response.chunk().await {
            Ok(Some(bytes)) => self.lines.push(&bytes),
            Ok(None) => {
                // The last line may lack its end; an event that lacks it is none.
                if !self.events {
                    self.lines.push(b"\n");
                }
                self.ended = true;
            }
            Err(_) => {
                let message = format!("the connection was lost while {} was read", self.what);
                return Err(Error::new(Kind::Unreachable, message));
            }
        }
        Ok(!self.ended)
    }

    fn read(&self, line: &[u8]) -> Result<Row> {
        let value = serde_json::from_slice::<Value>(line).map_err(|error| {
            Error::new(Kind::Server, format!("{} sent a line that is not JSON: {error}", self.what))
        })?;
        // An object of this field alone is the server's word that some are missing.
        match value.as_object().filter(|fields| fields.len() == 1).and_then(|fields| fields.get("dropped")) {
            Some(dropped) => Ok(Row::Dropped(dropped.as_u64().unwrap_or_default())),
            None => Ok(Row::Value(value)),
        }
    }
}

/// The JSON in a line; `None` for the other lines of an event, and for heartbeats.
fn data(line: &[u8], events: bool) -> Option<&[u8]> {
    if !events {
        return Some(line);
    }
    let data = line.strip_prefix(b"data:")?;
    Some(data.strip_prefix(b" ").unwrap_or(data))
}

/// Bytes in, lines out.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// What is in front of it was taken.
    start: usize,
    /// Up to here there is no line end.
    seen: usize,
}

impl Lines {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.seen -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes that are no line yet.
    fn waiting(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// The next line that is not empty.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        loop {
            let unseen = self.buffer.get(self.seen..).unwrap_or_default();
            let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
                self.seen = self.buffer.len();
                return None;
            };
            let line = self.buffer.get(self.start..self.seen + end).unwrap_or_default().trim_ascii_end().to_vec();
            self.start = self.seen + end + 1;
            self.seen = self.start;
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_events() {
        for (line, is) in [
            ("data: {}", Some("{}")),
            ("data:{}", Some("{}")),
            (": hb", None),
            ("id: 7", None),
            ("event: change", None),
            ("retry: 1000", None),
        ] {
            assert_eq!(data(line.as_bytes(), true), is.map(str::as_bytes), "{line}");
            assert_eq!(data(line.as_bytes(), false), Some(line.as_bytes()));
        }
    }

    proptest! {
        /// However the bytes are cut, the lines are the same.
        #[test]
        fn lines_are_whole(text in "[a-z\r\n]{0,60}", cuts in prop::collection::vec(1_usize..9, 0..20)) {
            let mut lines = Lines::default();
            let mut got = Vec::new();
            let (mut rest, mut cuts) = (text.as_bytes(), cuts.into_iter());
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(cuts.next().unwrap_or(rest.len()).min(rest.len()));
                lines.push(piece);
                rest = more;
                got.extend(std::iter::from_fn(|| lines.take()));
            }
            lines.push(b"\n");
            got.extend(std::iter::from_fn(|| lines.take()));
            prop_assert_eq!(lines.waiting(), 0);
            let expected: Vec<Vec<u8>> =
                text.split('\n').map(|line| line.trim_ascii_end().as_bytes().to_vec()).filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
