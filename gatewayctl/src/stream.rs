//! Answers without an end: the live endpoints tell what happens as one JSON text a line (`application/x-ndjson`), for as
//! long as somebody reads. One reader for all commands that follow something.

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
    /// Who is asked what, for errors.
    what: String,
}

impl Rows {
    pub(crate) fn new(response: reqwest::Response, what: String) -> Rows {
        Rows { response, lines: Lines::default(), what }
    }

    /// The next line; `None` when the server has ended the stream.
    ///
    /// # Errors
    /// Interrupted by the user; unreachable: the connection is lost; server: a line that is not JSON.
    pub(crate) async fn next(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some(line) = self.lines.take() {
                return self.read(&line).map(Some);
            }
            if self.lines.waiting() > LONGEST {
                return Err(Error::new(Kind::Server, format!("{} sends a line that does not end", self.what)));
            }
            let chunk = tokio::select! {
                chunk = self.response.chunk() => chunk,
                _ = tokio::signal::ctrl_c() => return Err(Error::new(Kind::Interrupted, "interrupted")),
            };
            match chunk {
                Ok(Some(bytes)) => self.lines.push(&bytes),
                Ok(None) => {
                    let rest = self.lines.rest();
                    return rest.map(|line| self.read(&line)).transpose();
                }
                Err(_) => {
                    let message = format!("the connection was lost while {} was read", self.what);
                    return Err(Error::new(Kind::Unreachable, message));
                }
            }
        }
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

/// Bytes in, lines out.
#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
    /// Up to here there is no line end.
    seen: usize,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes that are no line yet.
    fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// The next line that is not empty.
    fn take(&mut self) -> Option<Vec<u8>> {
        loop {
            let unseen = self.buffer.get(self.seen..).unwrap_or_default();
            let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
                self.seen = self.buffer.len();
                return None;
            };
            let rest = self.buffer.split_off(self.seen + end + 1);
            let mut line = std::mem::replace(&mut self.buffer, rest);
            self.seen = 0;
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    /// What stands behind the last line end.
    fn rest(&mut self) -> Option<Vec<u8>> {
        self.seen = 0;
        let line = std::mem::take(&mut self.buffer);
        (!line.trim_ascii().is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            got.extend(lines.rest().map(|line| line.trim_ascii_end().to_vec()));
            let expected: Vec<Vec<u8>> =
                text.split('\n').map(|line| line.trim_ascii_end().as_bytes().to_vec()).filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
