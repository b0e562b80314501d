//! The end of a file that grows, and what comes behind it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most bytes that are looked at from the end.
const BACK: u64 = 4 << 20;

/// Most bytes that are read at a time, and of a line that does not end.
const PIECE: u64 = 256 << 10;

/// A file that is followed.
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    inode: u64,
    at: u64,
    /// Of a line whose end has not come.
    begun: Vec<u8>,
}

impl Tail {
    /// Opens a file, and gives its last lines, as many as are asked for and stand in its last 4 MiB.
    ///
    /// # Errors
    /// It cannot be read, or is no file: a pipe would be waited for.
    pub(super) fn open(path: &Path, lines: usize) -> io::Result<(Tail, Vec<String>)> {
        let about = std::fs::metadata(path)?;
        if !about.is_file() {
            return Err(io::Error::other("not a file"));
        }
        let mut file = File::open(path)?;
        let from = about.len().saturating_sub(BACK);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&file).take(BACK).read_to_end(&mut bytes)?;
        let at = from + bytes.len() as u64;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let begun = bytes.split_off(whole);
        let mut all: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        // Behind the last line end there is nothing; before the first there may be half a line.
        all.pop();
        if from > 0 && !all.is_empty() {
            all.remove(0);
        }
        let last = all.split_off(all.len().saturating_sub(lines));
        let last = last.into_iter().map(text).collect();
        let begun = if begun.len() as u64 > PIECE { Vec::new() } else { begun };
        Ok((Tail { path: path.to_owned(), file, inode: about.ino(), at, begun }, last))
    }

    /// The lines that have come since; of a file that was moved away or emptied, those of the new one behind its last.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub(super) fn more(&mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        let read = self.read(&mut lines)?;
        if read == 0 {
            match std::fs::metadata(&self.path) {
                Ok(now) if now.is_file() && (now.ino() != self.inode || now.len() < self.at) => {
                    self.file = File::open(&self.path)?;
                    (self.inode, self.at) = (now.ino(), 0);
                    self.begun.clear();
                    self.read(&mut lines)?;
                }
                // Moved away, and not there again yet.
                _ => {}
            }
        }
        Ok(lines)
    }

    /// Reads a piece; how many bytes there were.
    fn read(&mut self, lines: &mut Vec<String>) -> io::Result<usize> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(PIECE).read_to_end(&mut bytes)?;
        self.at += read as u64;
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(end) => {
                    self.begun.extend_from_slice(end);
                    lines.push(text(&self.begun));
                    self.begun.clear();
                }
                None if (self.begun.len() + part.len()) as u64 <= PIECE => self.begun.extend_from_slice(part),
                // No line of a log.
                None => self.begun.clear(),
            }
        }
        Ok(read)
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    fn append(path: &Path, text: &str) {
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_last_lines_and_those_that_come() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        append(&path, "1\n2\n3\nbeg");
        let (mut tail, lines) = Tail::open(&path, 2).unwrap();
        assert_eq!(lines, ["2", "3"]);
        assert!(tail.more().unwrap().is_empty());
        append(&path, "un\n4\n");
        assert_eq!(tail.more().unwrap(), ["begun", "4"]);
        std::fs::rename(&path, folder.path().join("a.1")).unwrap();
        assert!(tail.more().unwrap().is_empty(), "not there");
        append(&path, "5\n");
        assert_eq!(tail.more().unwrap(), ["5"]);
        std::fs::write(&path, "").unwrap();
        assert!(tail.more().unwrap().is_empty());
        append(&path, "6\n");
        assert_eq!(tail.more().unwrap(), ["6"]);
    }

    #[test]
    fn long_files_are_read_from_their_end_and_long_lines_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        append(&path, &"x".repeat(BACK as usize));
        append(&path, "\nlast\n");
        let (mut tail, lines) = Tail::open(&path, 10).unwrap();
        assert_eq!(lines, ["last"]);
        append(&path, &"y".repeat(PIECE as usize + 1));
        while tail.at < std::fs::metadata(&path).unwrap().len() {
            tail.more().unwrap();
        }
        assert!(tail.begun.len() as u64 <= PIECE);
        assert!(Tail::open(folder.path(), 1).is_err(), "a folder");
    }
}
