//! The file itself: where it lies, and what it says at a moment.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::bundle::{Item, ORDER};
use crate::config::{self, Bundle, FileFormat, LARGEST_BUNDLE, Report, Severity};

/// The last line of a whole YAML file.
const END: &str = "#END";

/// A file that was written less than this ago may be written again without looking different: clocks of file systems are coarse.
const SETTLED: Duration = Duration::from_secs(2);

/// Where the configuration of a data plane comes from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    path: PathBuf,
    format: FileFormat,
}

/// What tells a file from another one in its place, or from itself after it was written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Print([i64; 7]);

/// What a file said.
#[derive(Debug)]
pub(super) struct Said {
    /// A hash of its bytes.
    pub(super) hash: u64,
    /// The objects in the order in which they are taken, and what else it holds; or why it is not to be taken.
    pub(super) content: Result<Content, String>,
}

#[derive(Debug)]
pub(super) struct Content {
    pub(super) items: Vec<Item>,
    pub(super) plugins: Option<Plugins>,
    /// What is passed over, and why.
    pub(super) problems: Vec<String>,
}

/// The plugins that a file switches on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plugins {
    pub(crate) http: Vec<String>,
    pub(crate) stream: Vec<String>,
}

impl Source {
    /// `gateway.standalone_file`, else `apisix.yaml` or `apisix.json` beside the configuration file; with `APISIX_PROFILE=x` it is
    /// `apisix-x.yaml`.
    pub(crate) fn of(format: FileFormat, named: Option<&Path>, config: Option<&Path>, profile: Option<&str>) -> Source {
        let beside = config.and_then(Path::parent).unwrap_or_else(|| Path::new(""));
        let profile = profile.filter(|p| !p.is_empty()).map(|p| format!("-{p}")).unwrap_or_default();
        let ending = match format {
            FileFormat::Yaml => "yaml",
            FileFormat::Json => "json",
        };
        let path = named.map_or_else(|| beside.join(format!("apisix{profile}.{ending}")), |path| beside.join(path));
        Source { path, format }
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The print of the file at present; `true`: it is old enough to be known by it.
    pub(super) fn print(&self) -> io::Result<(Print, bool)> {
        let meta = fs::metadata(&self.path)?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
        }
        let [dev, ino, size] = [meta.dev(), meta.ino(), meta.size()].map(u64::cast_signed);
        let print = Print([dev, ino, size, meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()]);
        let young = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        Ok((print, young.is_none_or(|age| age >= SETTLED)))
    }

    /// Reads the file. `known`: the hash of what was read before, which is not read again: `None`.
    pub(super) fn read(&self, known: Option<u64>) -> io::Result<Option<Said>> {
        let mut bytes = Vec::new();
        let most = LARGEST_BUNDLE as u64;
        fs::File::open(&self.path)?.take(most + 1).read_to_end(&mut bytes)?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        if known == Some(hash) {
            return Ok(None);
        }
        Ok(Some(Said { hash, content: self.content(bytes) }))
    }

    fn content(&self, bytes: Vec<u8>) -> Result<Content, String> {
        if bytes.len() > LARGEST_BUNDLE {
            return Err(format!("it is larger than {} MiB", LARGEST_BUNDLE >> 20));
        }
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        match self.format {
            FileFormat::Yaml if text.trim_end().lines().next_back().map(str::trim_end) != Some(END) => {
                return Err(format!("its last line is not `{END}`: it is still being written"));
            }
            // Half a JSON file may be a whole one in YAML: an empty one is.
            FileFormat::Json => drop(gateway_model::json::parse(text.as_bytes())?),
            FileFormat::Yaml => {}
        }
        let lookup = |name: &str| std::env::var(name).ok();
        let bundle = config::bundle(&text, &self.name(), &lookup).map_err(|report| errors(&report))?;
        if bundle.lists.is_empty() && bundle.plugins.is_none() {
            return Err("there is no list in it; an empty configuration is `routes: []`".to_owned());
        }
        Ok(Content { plugins: plugins(&bundle), problems: bundle.problems.clone(), items: items(bundle) })
    }
}

fn errors(report: &Report) -> String {
    let errors = report.diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    let told = errors.map(|problem| match problem.at {
        Some(at) => format!("{}:{}:{}: {problem}", report.file, at.line, at.column),
        None => problem.to_string(),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// `plugins: [{name: x}, {name: y, stream: true}]`, or names alone.
fn plugins(bundle: &Bundle) -> Option<Plugins> {
    let mut plugins = Plugins::default();
    for item in bundle.plugins.as_ref()?.as_array()? {
        let streams = item.get("stream").and_then(Value::as_bool) == Some(true);
        let name = item.as_str().or_else(|| item.get("name")?.as_str());
        if streams { &mut plugins.stream } else { &mut plugins.http }.extend(name.map(str::to_owned));
    }
    Some(plugins)
}

fn items(mut bundle: Bundle) -> Vec<Item> {
    let mut items = Vec::new();
    for kind in ORDER {
        let Some(list) = bundle.lists.remove(kind.plural()) else { continue };
        let list = list.into_iter().enumerate();
        items.extend(list.map(|(index, (value, place))| Item::read(kind, index, value, place)));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_lies_beside_the_configuration() {
        let of = |format, named: Option<&str>, config: Option<&str>, profile| {
            Source::of(format, named.map(Path::new), config.map(Path::new), profile).name()
        };
        assert_eq!(of(FileFormat::Yaml, None, Some("/etc/g/config.yaml"), None), "/etc/g/apisix.yaml");
        assert_eq!(of(FileFormat::Json, None, Some("conf/config.yaml"), Some("prod")), "conf/apisix-prod.json");
        assert_eq!(of(FileFormat::Yaml, Some("/r/x.yaml"), Some("/etc/g/c.yaml"), None), "/r/x.yaml");
        assert_eq!(of(FileFormat::Yaml, Some("x.yaml"), Some("/etc/g/c.yaml"), None), "/etc/g/x.yaml");
        assert_eq!(of(FileFormat::Yaml, None, None, Some("")), "apisix.yaml");
    }

    fn read(format: FileFormat, text: &str) -> Result<Content, String> {
        Source { path: "f".into(), format }.content(text.into())
    }

    #[test]
    fn what_is_half_or_nothing_is_not_taken() {
        for text in
            ["", "\n", "#END", "routes:\n- uri: /a\n", "routes: []\n#END x", "routes: [\n#END", "routes: {a: 1}\n#END"]
        {
            assert!(read(FileFormat::Yaml, text).is_err(), "{text}");
        }
        for text in
            ["", " \n", "{}", "{\"routes\": [", "routes: []", "{\"routes\": []} x", "{\"routes\": [], \"routes\": []}"]
        {
            assert!(read(FileFormat::Json, text).is_err(), "{text}");
        }
        for (format, text) in [
            (FileFormat::Yaml, "routes:\n#END"),
            (FileFormat::Yaml, "routes: []\n#END  \n\n"),
            (FileFormat::Json, "{\"routes\": []}"),
            (FileFormat::Json, "{\"routes\": {}}"),
        ] {
            assert!(read(format, text).unwrap().items.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let dir = tempfile::tempdir().unwrap();
        let source = Source { path: dir.path().join("f"), format: FileFormat::Yaml };
        let file = fs::File::create(&source.path).unwrap();
        file.set_len(LARGEST_BUNDLE as u64 * 1000).unwrap();
        let said = source.read(None).unwrap().unwrap();
        assert!(said.content.unwrap_err().contains("larger than 64 MiB"));
        assert!(source.read(Some(said.hash)).unwrap().is_none());
        let folder = Source { path: dir.path().into(), format: FileFormat::Yaml };
        assert!(folder.print().is_err(), "a folder is no file");
    }

    #[test]
    fn plugins_of_either_kind() {
        let said = read(FileFormat::Yaml, "plugins:\n- name: a\n- b\n- {name: c, stream: true}\n#END").unwrap();
        assert_eq!(said.plugins, Some(Plugins { http: vec!["a".into(), "b".into()], stream: vec!["c".into()] }));
    }
}
