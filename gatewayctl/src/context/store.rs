//! The configuration file as it is changed by the tool: read, changed in one place, checked, and put in its place whole.
//! Comments are not kept.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::config;
use crate::error::{Error, Result};
use crate::files::parse;
use crate::output::yaml;
use crate::private;
use crate::world::Env;

/// The file and what it holds.
pub(crate) struct Store {
    pub(crate) path: PathBuf,
    /// Held while the file is changed, so that what another process changes meanwhile is not lost.
    _lock: Option<File>,
    fields: Map<String, Value>,
}

impl Store {
    /// Reads the file named by flag or environment, or the usual one. One that is not there is empty.
    ///
    /// # Errors
    /// Usage: it cannot be read, or is not as it should be.
    pub(crate) fn open(flag: Option<&Path>, env: &Env) -> Result<Store> {
        let path = path(flag, env)?;
        let text = match crate::input::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::usage(format!("cannot read {}: {error}", path.display()))),
        };
        let file = path.display().to_string();
        config::parse(&file, &text)?;
        let fields = match parse::parse(&file, &text)?.pop().map(|document| document.value) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        Ok(Store { path, _lock: None, fields })
    }

    /// The same for somebody who will change it. Others who will wait until that is done.
    ///
    /// # Errors
    /// As [`Store::open`]; another process takes too long.
    pub(crate) fn open_to_change(flag: Option<&Path>, env: &Env) -> Result<Store> {
        let lock = lock(&path(flag, env)?)?;
        Ok(Store { _lock: Some(lock), ..Store::open(flag, env)? })
    }

    /// What the file holds.
    pub(crate) fn value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// The fields of the file.
    pub(crate) fn fields(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    /// The contexts, by name.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.fields.get("contexts").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|context| Some((context.get("name")?.as_str()?, context)))
    }

    /// Changes the list of contexts.
    pub(crate) fn change_contexts(&mut self, change: impl FnOnce(&mut Vec<Value>)) {
        let mut contexts = match self.fields.get_mut("contexts").map(Value::take) {
            Some(Value::Array(contexts)) => contexts,
            _ => Vec::new(),
        };
        change(&mut contexts);
        self.fields.insert("contexts".to_owned(), Value::Array(contexts));
    }

    /// The aliases: a word and the line it stands for.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.fields.get("aliases").and_then(Value::as_object).into_iter().flatten();
        all.filter_map(|(name, line)| Some((name.as_str(), line.as_str()?)))
    }

    /// The name of the context that is used where none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        self.fields.get("current-context").and_then(Value::as_str)
    }

    /// Puts the file in its place, readable by its owner alone.
    ///
    /// # Errors
    /// Usage: what would be written is not a configuration; it cannot be written.
    pub(crate) fn save(&self) -> Result<()> {
        let text = yaml::to_string(&self.value())
            .map_err(|error| Error::usage(format!("the configuration cannot be written as YAML: {error}")))?;
        config::parse(&self.path.display().to_string(), &text)?;
        write(&self.path, &text).map_err(|error| Error::usage(format!("cannot write {}: {error}", self.path.display())))
    }
}

/// The longest wait for another process that changes the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes the lock of a file that is changed: that of the file `.lock` beside it, since the file itself is replaced.
///
/// # Errors
/// Usage: it cannot be made; another process has it for too long.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    let beside = path.with_file_name(name);
    let wrong = |error: std::io::Error| Error::usage(format!("cannot lock {}: {error}", beside.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    let file = private::options().create(true).truncate(false).open(&beside).map_err(wrong)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10))
            }
            Err(TryLockError::WouldBlock) => {
                return Err(Error::usage(format!("another gatewayctl is changing {}", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
        }
    }
}

/// Where the configuration file is, or would be.
///
/// # Errors
/// Usage: there is no home directory, and none was named.
pub(crate) fn path(flag: Option<&Path>, env: &Env) -> Result<PathBuf> {
    let found = config::path(flag, env).map(|(path, _)| path);
    found.ok_or_else(|| Error::usage("there is no home directory for the configuration file").hint("--config FILE"))
}

/// Writes beside the file and moves it there, so that a failure leaves the old one.
pub(crate) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{:08x}", fastrand::u32(..)));
    let beside = path.with_file_name(name);
    let file = private::create(&beside, text.as_bytes())?;
    let done = file.sync_all().and_then(|()| std::fs::rename(&beside, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}
