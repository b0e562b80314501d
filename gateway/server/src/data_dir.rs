//! The directory that holds what must survive: store, key ring, admin key, logs. Only its owner may look into it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::config::Secret;

/// Name of the file that holds the generated admin key.
pub const ADMIN_KEY_FILE: &str = "admin.key";

/// Beginnings of the names of our files: a directory that holds others is not taken over.
const OURS: [&str; 6] = ["admin.key", "id", "keyring", "lock", "logs", "store"];

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// No place is configured and there is no home directory.
    #[error("no data directory: give --data-dir, or set gateway.data_dir, XDG_STATE_HOME or HOME")]
    Nowhere,
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// It is something else than a directory.
    #[error("{} is not a directory: give another --data-dir", .0.display())]
    NotADirectory(PathBuf),
    /// It belongs to somebody else.
    #[error("{} belongs to user {owner}, the gateway runs as {me}: change the owner, or give another --data-dir", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// This process.
        me: u32,
    },
    /// Others may look into it, and it holds files that are not ours.
    #[error("{} is open to other users (mode {mode:o}) and holds {found}, which is not the gateway's: run chmod 700 on it, or give an empty --data-dir", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// A file in it that is not ours.
        found: String,
    },
    /// The admin key file holds no key.
    #[error("{} holds no key: remove it, and one is generated at the next start", .0.display())]
    NoKey(PathBuf),
    /// Others may read the admin key.
    #[error("{} is open to other users (mode {mode:o}): run chmod 600 on it, or remove it for a new key", path.display())]
    KeyOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
}

/// Where the data directory is: `--data-dir`, `gateway.data_dir`, `$STATE_DIRECTORY`, `$XDG_STATE_HOME/gateway`,
/// `~/.local/state/gateway`, in this order. Variables come from `lookup`.
///
/// # Errors
/// [`DataDirError::Nowhere`].
pub fn choose(
    argument: Option<&Path>,
    configured: Option<&Path>,
    lookup: crate::config::Lookup<'_>,
) -> Result<PathBuf, DataDirError> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    // systemd joins several directories by colons; the first is ours.
    let state = || set("STATE_DIRECTORY").and_then(|dirs| dirs.split(':').next().map(PathBuf::from));
    let xdg =
        || set("XDG_STATE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute()).map(|dir| dir.join("gateway"));
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/state/gateway"));
    let dir = argument
        .or(configured)
        .map(Path::to_path_buf)
        .or_else(state)
        .or_else(xdg)
        .or_else(home)
        .ok_or(DataDirError::Nowhere)?;
    std::path::absolute(&dir).map_err(|source| DataDirError::Io { path: dir, source })
}

/// Makes `dir` (mode 0700) where it is missing; else makes sure that it is ours and closed to others.
///
/// # Errors
/// It cannot be made, or is not ours.
pub fn prepare(dir: &Path) -> Result<(), DataDirError> {
    let io = |source| DataDirError::Io { path: dir.to_path_buf(), source };
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(|source| DataDirError::Io { path: parent.to_path_buf(), source })?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {
            // The umask may have taken bits away from the owner; nobody else ever had any.
            fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(io)?;
            return sync_parent(dir).map_err(io);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(io(error)),
    }
    let meta = fs::metadata(dir).map_err(io)?;
    if !meta.is_dir() {
        return Err(DataDirError::NotADirectory(dir.to_path_buf()));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me {
        return Err(DataDirError::Foreign { path: dir.to_path_buf(), owner: meta.uid(), me });
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 != 0 {
        // `--data-dir /tmp` by root must not close /tmp to everybody.
        if let Some(found) = stranger(dir).map_err(io)? {
            return Err(DataDirError::Open { path: dir.to_path_buf(), mode, found });
        }
        fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(io)?;
    }
    Ok(())
}

/// The admin key of `<dir>/admin.key`.
#[derive(Debug)]
pub struct GeneratedKey {
    /// The key.
    pub key: Secret,
    /// Its file.
    pub path: PathBuf,
    /// It was made just now: tell the operator where it lies.
    pub new: bool,
}

/// Reads the admin key of the data directory, or makes one: 32 random letters and digits, readable by its owner alone, on disk
/// before this returns.
///
/// # Errors
/// The file cannot be read or written, holds no key, or is open to others.
pub fn admin_key(dir: &Path) -> Result<GeneratedKey, DataDirError> {
    let path = dir.join(ADMIN_KEY_FILE);
    let io = |source| DataDirError::Io { path: path.clone(), source };
    if let Some(key) = read_key(&path)? {
        return Ok(GeneratedKey { key, path, new: false });
    }
    let key = random_key().map_err(io)?;
    let temporary = dir.join(format!("{ADMIN_KEY_FILE}.{}", std::process::id()));
    let written = write_key(&temporary, &key).and_then(|()| {
        // A link, not a rename: of two processes that start at once the first wins, and its key stays.
        fs::hard_link(&temporary, &path)
    });
    let _ = fs::remove_file(&temporary);
    match written {
        Ok(()) => {
            File::open(dir).and_then(|d| d.sync_all()).map_err(io)?;
            Ok(GeneratedKey { key, path, new: true })
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let key = read_key(&path)?.ok_or_else(|| DataDirError::NoKey(path.clone()))?;
            Ok(GeneratedKey { key, path, new: false })
        }
        Err(error) => Err(io(error)),
    }
}

fn read_key(path: &Path) -> Result<Option<Secret>, DataDirError> {
    let io = |source| DataDirError::Io { path: path.to_path_buf(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let mode = file.metadata().map_err(io)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(DataDirError::KeyOpen { path: path.to_path_buf(), mode });
    }
    let mut text = zeroize::Zeroizing::new(String::new());
    file.take(4096).read_to_string(&mut text).map_err(io)?;
    match text.lines().next().map(str::trim).filter(|key| !key.is_empty()) {
        Some(key) => Ok(Some(Secret::new(key.to_owned()))),
        None => Err(DataDirError::NoKey(path.to_path_buf())),
    }
}

fn write_key(path: &Path, key: &Secret) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(key.reveal().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// 43 letters and digits: what 32 random bytes say in base 62.
fn random_key() -> io::Result<Secret> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = zeroize::Zeroizing::new([0u8; 32]);
    getrandom::fill(number.as_mut()).map_err(|error| io::Error::other(error.to_string()))?;
    let mut key = String::with_capacity(43);
    // 62^43 > 2^256: 43 divisions leave nothing over.
    for _ in 0..43 {
        let mut rest = 0u32;
        for byte in number.iter_mut() {
            let value = rest << 8 | u32::from(*byte);
            // rest < 62, so value < 62 × 256 and the quotient fits a byte.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        key.push(DIGITS.get(rest as usize).copied().map_or('0', char::from));
    }
    Ok(Secret::new(key))
}

/// The name of a file in `dir` that is not ours.
fn stranger(dir: &Path) -> io::Result<Option<String>> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !OURS.iter().any(|ours| name.starts_with(ours)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Makes the new entry of `dir` in its parent survive a power cut.
fn sync_parent(dir: &Path) -> io::Result<()> {
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn the_first_place_that_is_named_wins() {
        let all = |name: &str| match name {
            "STATE_DIRECTORY" => Some("/var/lib/a:/var/lib/b".to_owned()),
            "XDG_STATE_HOME" => Some("/x".to_owned()),
            "HOME" => Some("/home/me".to_owned()),
            _ => None,
        };
        let without =
            |gone: &'static [&'static str]| move |name: &str| if gone.contains(&name) { None } else { all(name) };
        let (a, c) = (Some(Path::new("/arg")), Some(Path::new("/conf")));
        assert_eq!(choose(a, c, &all).unwrap(), Path::new("/arg"));
        assert_eq!(choose(None, c, &all).unwrap(), Path::new("/conf"));
        assert_eq!(choose(None, None, &all).unwrap(), Path::new("/var/lib/a"));
        assert_eq!(choose(None, None, &without(&["STATE_DIRECTORY"])).unwrap(), Path::new("/x/gateway"));
        let home = without(&["STATE_DIRECTORY", "XDG_STATE_HOME"]);
        assert_eq!(choose(None, None, &home).unwrap(), Path::new("/home/me/.local/state/gateway"));
        let none = without(&["STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"]);
        assert!(matches!(choose(None, None, &none), Err(DataDirError::Nowhere)));
        let relative = choose(Some(Path::new("data")), None, &all).unwrap();
        assert!(relative.is_absolute() && relative.ends_with("data"));
    }

    #[test]
    fn a_new_directory_is_closed_to_others() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("a/b");
        prepare(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        prepare(&dir).unwrap();
    }

    #[test]
    fn an_open_directory_is_closed_if_it_is_ours() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("d");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.join("admin.key"), "x").unwrap();
        prepare(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.join("thesis.txt"), "x").unwrap();
        let error = prepare(&dir).unwrap_err();
        assert!(error.to_string().contains("thesis.txt"), "{error}");
        assert_eq!(mode(&dir), 0o755);
        assert!(matches!(prepare(&dir.join("thesis.txt")), Err(DataDirError::NotADirectory(_))));
    }

    #[test]
    fn the_admin_key_is_made_once() {
        let temp = tempfile::tempdir().unwrap();
        let first = admin_key(temp.path()).unwrap();
        assert!(first.new);
        assert_eq!(first.path, temp.path().join("admin.key"));
        assert_eq!(mode(&first.path), 0o600);
        assert_eq!(first.key.reveal().len(), 43);
        assert!(first.key.reveal().bytes().all(|b| b.is_ascii_alphanumeric()));
        let again = admin_key(temp.path()).unwrap();
        assert!(!again.new);
        assert_eq!(again.key, first.key);
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1, "no temporary file is left");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(admin_key(other.path()).unwrap().key, first.key);
    }

    #[test]
    fn two_starts_at_once_agree() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        // The loser of the race sees the file appear between its look and its link.
        fs::write(dir.join(ADMIN_KEY_FILE), "winner\n").unwrap();
        fs::set_permissions(dir.join(ADMIN_KEY_FILE), Permissions::from_mode(0o600)).unwrap();
        let key = admin_key(dir).unwrap();
        assert_eq!((key.key.reveal(), key.new), ("winner", false));
    }

    #[test]
    fn a_key_file_that_is_open_or_empty_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(ADMIN_KEY_FILE);
        fs::write(&path, "secret\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let error = admin_key(temp.path()).unwrap_err();
        assert!(matches!(error, DataDirError::KeyOpen { mode: 0o644, .. }), "{error}");
        assert!(!error.to_string().contains("secret"));
        fs::write(&path, "\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(admin_key(temp.path()), Err(DataDirError::NoKey(_))));
    }
}
