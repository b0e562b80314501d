//! Files that only their owner can read.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write as _};
use std::path::Path;

/// What such a file is opened with to be written; it has to be said whether it is made. Of one that is there already the mode
/// stays as it is.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A new file with this in it. Where it cannot be written whole, it is not there.
///
/// # Errors
/// Those of the file; there is one already.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<File> {
    let mut file = options().create_new(true).open(path)?;
    match file.write_all(content) {
        Ok(()) => Ok(file),
        Err(error) => {
            let _ = std::fs::remove_file(path);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, b"text").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // What is there stays, and so does what a link leads to.
        assert_eq!(create(&path, b"other").unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"text");
    }
}
