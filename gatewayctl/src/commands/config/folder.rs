//! The files of a folder, which are there all or not at all: a sync of half of them would delete the rest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::dump::save;
use crate::error::{Error, Result};

/// Writes files below a folder: first all of them beside their places, then into these. What else a folder holds stays.
/// `private`: only their owner can read them; `step`: one more is written.
///
/// # Errors
/// Usage, with how many of them are there.
pub(super) fn write(
    root: &Path,
    files: &BTreeMap<PathBuf, String>,
    private: bool,
    mut step: impl FnMut(),
) -> Result<()> {
    let wrong = |path: &Path, error: &io::Error, rest: &str| {
        Error::usage(format!("cannot write {}: {error}; {rest}", path.display()))
    };
    let is_new = !root.is_dir();
    let staging = staging(root, is_new).map_err(|error| wrong(root, &error, "nothing was written"))?;
    let staged = files.iter().enumerate().try_for_each(|(at, (name, text))| {
        let count = format!("nothing was written, for only {at} of {} files could be", files.len());
        put(&staging.0.join(name), text, private).map_err(|error| wrong(&root.join(name), &error, &count))?;
        step();
        Ok(())
    });
    staged?;
    if is_new {
        return fs::rename(&staging.0, root).map_err(|error| wrong(root, &error, "nothing was written"));
    }
    for (at, (name, text)) in files.iter().enumerate() {
        let path = root.join(name);
        let moved =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| match path.exists() && !path.is_file() {
                // A pipe or a device, which nothing can take the place of.
                true => fs::write(&path, text),
                false => fs::rename(staging.0.join(name), &path),
            });
        match moved {
            // A folder below may be of another disk.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => save(&path, text, private)?,
            moved => moved.map_err(|error| {
                let rest = format!("{at} of {} files were written, so {} is incomplete", files.len(), root.display());
                wrong(&path, &error, &rest)
            })?,
        }
    }
    Ok(())
}

/// A folder that goes again with whatever is still in it.
struct Staging(PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where files are written first: on the disk they will be on, and hidden, so that no command reads it.
fn staging(root: &Path, is_new: bool) -> io::Result<Staging> {
    if is_new && fs::symlink_metadata(root).is_ok() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is no folder"));
    }
    let process = std::process::id();
    let path = match root.file_name() {
        Some(name) if is_new => {
            root.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), fs::create_dir_all)?;
            root.with_file_name(format!(".{}.{process}.tmp", name.to_string_lossy()))
        }
        _ => root.join(format!(".gatewayctl.{process}.tmp")),
    };
    fs::create_dir_all(&path)?;
    Ok(Staging(path))
}

fn put(path: &Path, text: &str, private: bool) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut options = if private { crate::private::options() } else { fs::OpenOptions::new() };
    options.write(true).create(true).truncate(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &[&str]) -> BTreeMap<PathBuf, String> {
        names.iter().map(|name| (PathBuf::from(name), format!("{name}\n"))).collect()
    }

    fn below(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root).unwrap().flatten() {
            match entry.path().is_dir() {
                true => found.extend(below(&entry.path())),
                false => found.push(entry.path().display().to_string()),
            }
        }
        found.sort();
        found
    }

    #[test]
    fn all_or_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("new/conf");
        write(&root, &files(&["routes/a.yaml", "b.yaml"]), false, || ()).unwrap();
        let whole = below(dir.path());
        assert_eq!(whole.len(), 2, "{whole:?}");
        fs::write(root.join("mine.yaml"), "mine").unwrap();
        // A file cannot be below another one.
        let error = write(&root, &files(&["c", "c/d", "e"]), false, || ()).unwrap_err();
        assert!(error.message().contains("nothing was written, for only 1 of 3 files"), "{}", error.message());
        let error = write(&dir.path().join("other"), &files(&["c", "c/d"]), false, || ()).unwrap_err();
        assert!(error.message().contains("nothing was written"), "{}", error.message());
        assert_eq!(below(dir.path()).len(), 3);
        // A folder is in the place of a file, which is only seen when it is to be moved there.
        let error = write(&root, &files(&["0.yaml", "routes"]), false, || ()).unwrap_err();
        assert!(error.message().contains("1 of 2 files were written, so "), "{}", error.message());
        assert!(error.message().ends_with("conf is incomplete"), "{}", error.message());
        assert_eq!(below(dir.path()).len(), 4);
        let error = write(&root.join("b.yaml"), &files(&["a"]), false, || ()).unwrap_err();
        assert!(error.message().contains("it is no folder; nothing was written"), "{}", error.message());
        // The names of the folder that is here, and of none.
        write(&root.join("."), &files(&["b.yaml"]), false, || ()).unwrap();
        write(&dir.path().join("slash/"), &files(&["b.yaml"]), true, || ()).unwrap();
        assert_eq!(below(dir.path()).len(), 5);
    }
}
