//! The files under the embedded store.
//!
//! The store reaches its directory only through [`Disk`] and [`DiskFile`], so that a test can put a layer there
//! which loses what was not synced, tears writes, or runs full. [`Directory`] is the real one.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::StoreError;

/// One flat directory. What it promises is what a POSIX file system promises: a change of names is lasting only
/// after [`Disk::sync_names`].
pub trait Disk: Debug + Send + Sync {
    /// Opens the file `name` for reading and writing; `None` if there is none.
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>>;
    /// Creates `name`, or empties it.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives `from` the name `to`, in place of what had it.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes `name`; no error if there is none.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Returns once all changes of names are lasting.
    fn sync_names(&self) -> io::Result<()>;
    /// Where the directory is, for messages.
    fn place(&self) -> String;
    /// Lets another process have the directory.
    fn unlock(&self) {}
    /// Takes it again after [`Disk::unlock`].
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it.
    fn relock(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// One open file. Writes are lasting only after [`DiskFile::sync`], and until then in no order.
pub trait DiskFile: Debug + Send + Sync {
    /// The length in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Fills `out` from `offset`; an error if the file ends before.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all of `data` at `offset`, growing the file if needed.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;
    /// Cuts the file, or grows it with zeros.
    fn set_size(&self, size: u64) -> io::Result<()>;
    /// Returns once everything written is lasting.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of the file system, for one process at a time: 0700, its files 0600, owned by who runs the gateway.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Holds the advisory lock while it is open.
    lock: Mutex<Option<File>>,
}

impl Directory {
    /// Opens the directory, creating it if needed, and locks it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] names the process that has it; [`StoreError::Invalid`] if it belongs to another user.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let fail = |what: &str, e| StoreError::io(format!("{what} {}", path.display()), e);
        if !path.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| fail("creating", e))?;
            if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
                File::open(parent).and_then(|d| d.sync_all()).map_err(|e| fail("syncing the parent of", e))?;
            }
        }
        let meta = fs::metadata(path).map_err(|e| fail("looking at", e))?;
        if !meta.is_dir() {
            return Err(StoreError::Invalid(format!(
                "{} is not a directory; choose another --data-dir",
                path.display()
            )));
        }
        let me = rustix::process::geteuid();
        if !me.is_root() && meta.uid() != me.as_raw() {
            return Err(StoreError::Invalid(format!(
                "{} belongs to user {}, and the gateway runs as user {}; chown it or choose another --data-dir",
                path.display(),
                meta.uid(),
                me.as_raw(),
            )));
        }
        if meta.permissions().mode() & 0o077 != 0 {
            tracing::warn!(dir = %path.display(), "the data directory was open to other users; closing it to 0700");
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|e| fail("closing", e))?;
        }
        let lock = Mutex::new(Some(lock(path)?));
        Ok(Self { path: path.to_owned(), lock })
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        options
    }
}

impl Disk for Directory {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>> {
        match Self::options().open(self.path.join(name)) {
            Ok(file) => Ok(Some(Arc::new(PlainFile(file)))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(PlainFile(Self::options().create(true).truncate(true).open(self.path.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn unlock(&self) {
        *self.lock.lock() = None;
    }

    fn relock(&self) -> Result<(), StoreError> {
        let mut held = self.lock.lock();
        if held.is_none() {
            *held = Some(lock(&self.path)?);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct PlainFile(File);

impl DiskFile for PlainFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Takes the lock of the directory, which the system gives back when the process ends, however it ends. The file
/// stays: removing it would let two processes lock two files of one name.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let fail = |e| StoreError::io(format!("locking {}", path.display()), e);
    let mut file = Directory::options().create(true).truncate(false).open(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {
            let pid = format!("{}\n", std::process::id());
            file.set_len(0).and_then(|()| file.write_all(pid.as_bytes())).map_err(fail).or_else(|e| match e {
                // The number only serves the message to a second process; a full disk must not stop the first.
                StoreError::Full => Ok(()),
                other => Err(other),
            })?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Another program may have put anything here: a few bytes are enough for a number.
            let _ = (&file).take(32).read_to_string(&mut pid);
            let pid = pid.trim();
            let known = !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
            let pid = if known { pid } else { "unknown" }.to_owned();
            Err(StoreError::Locked { dir: dir.display().to_string(), pid })
        }
        Err(TryLockError::Error(e)) => Err(fail(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn directory_and_files_are_closed_to_others() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let dir = Directory::open(&path).unwrap();
        dir.create("file").unwrap();
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("file")), 0o600);
        assert_eq!(mode(&path.join("lock")), 0o600);
    }

    #[test]
    fn second_instance_is_told_who_has_the_directory() {
        let root = tempfile::tempdir().unwrap();
        let first = Directory::open(root.path()).unwrap();
        let error = Directory::open(root.path()).unwrap_err();
        let StoreError::Locked { pid, .. } = &error else { panic!("{error}") };
        assert_eq!(*pid, std::process::id().to_string());
        drop(first);
        Directory::open(root.path()).unwrap();
    }

    #[test]
    fn a_file_in_place_of_the_directory_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(matches!(Directory::open(&path), Err(StoreError::Invalid(_))));
    }
}
