//! Where the bytes of a file go.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A log cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the {log} {}: {source}", path.display())]
pub struct LogError {
    /// What the file is: `access log`, `error log`.
    pub log: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// A place to write to, by name: what is behind the name may be exchanged ([`Sink::reopen`]).
#[derive(Debug)]
pub(super) struct Sink {
    place: Place,
    file: Option<File>,
    /// Missing folders are made.
    folders: bool,
}

/// Where, with relative paths resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, a named pipe, a device.
    File(PathBuf),
    /// What the process was started with.
    Stdout,
    /// What the process was started with.
    Stderr,
}

impl Place {
    /// A path; `/dev/stdout` and `/dev/stderr` are the process's own, whatever they are.
    pub fn of(path: PathBuf) -> Place {
        match path.to_str() {
            Some("/dev/stdout") => Place::Stdout,
            Some("/dev/stderr") => Place::Stderr,
            _ => Place::File(path),
        }
    }

    /// What it is called.
    pub fn path(&self) -> &Path {
        match self {
            Place::File(path) => path,
            Place::Stdout => Path::new("/dev/stdout"),
            Place::Stderr => Path::new("/dev/stderr"),
        }
    }
}

impl Sink {
    /// Opens the file at once, so that a wrong path is told at start. A named pipe is opened at the first record instead: that
    /// waits for its reader.
    pub(super) fn open(place: Place) -> io::Result<Sink> {
        let mut sink = Sink { place, file: None, folders: true };
        if let Place::File(path) = &sink.place
            && !fs::metadata(path).is_ok_and(|meta| meta.file_type().is_fifo())
        {
            sink.file = Some(append(path, true)?);
        }
        Ok(sink)
    }

    /// Opens nothing before the first record, and makes no folders: whether it works is seen then.
    pub(super) fn later(place: Place) -> Sink {
        Sink { place, file: None, folders: false }
    }

    /// Writes everything, opening the file where it is not. After an error the file is closed, and the next write opens it anew.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &self.place {
            Place::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Place::Stderr => io::stderr().lock().write_all(bytes),
            Place::File(path) => {
                let mut file = match self.file.take() {
                    Some(file) => file,
                    None => append(path, self.folders)?,
                };
                file.write_all(bytes)?;
                self.file = Some(file);
                Ok(())
            }
        }
    }

    /// Opens the name again; the old file is kept if that fails.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        *self = match self.folders {
            true => Sink::open(self.place.clone())?,
            false => Sink::later(self.place.clone()),
        };
        Ok(())
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

fn append(path: &Path, folders: bool) -> io::Result<File> {
    let open = || OpenOptions::new().append(true).create(true).mode(0o640).open(path);
    match open() {
        Err(error) if folders && error.kind() == io::ErrorKind::NotFound => {
            if let Some(dir) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o750).create(dir)?;
            }
            open()
        }
        result => result,
    }
}
