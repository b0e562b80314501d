//! Objects from files: YAML or JSON, one document or many; files, folders, globs and `-`. [`shape`] says which forms an
//! object may have.

pub(crate) mod adc;
pub(crate) mod comments;
mod json;
pub(crate) mod parse;
pub(crate) mod placeholders;
pub(crate) mod scalars;
mod shape;
pub(crate) mod write;

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use crate::error::{Error, Result, Source};
use crate::resources::Reference;
use parse::Document;
pub(crate) use shape::{no_name, no_name_said};

/// What the named files hold.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) objects: Vec<Object>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
    /// How many documents there were, with objects or without.
    pub(crate) documents: usize,
    /// What could not be read: whole files, or things in them that are no objects or have no id.
    pub(crate) faults: Vec<Fault>,
    /// What the odd numbers of objects are, by their JSON pointers.
    settled: Vec<(String, Value)>,
}

/// Something that could not be read.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What and where.
    pub(crate) error: Error,
    /// It is the whole file, which is neither YAML nor JSON.
    pub(crate) whole: bool,
}

impl Files {
    pub(crate) fn fault(&mut self, error: Error) {
        self.faults.push(Fault { error, whole: false });
    }

    /// Refuses files in which something could not be read, with all of it.
    ///
    /// # Errors
    /// Usage, with the places.
    fn sound(&mut self) -> Result<()> {
        let faults = std::mem::take(&mut self.faults);
        Error::all(faults.into_iter().map(|fault| fault.error).collect()).map_or(Ok(()), Err)
    }
}

/// The forms that a file of objects may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shape {
    /// Lists under the names of the Admin paths, as in APISIX's standalone file
    Native,
    /// Objects with their `kind`, as `get -o yaml` prints them
    Object,
    /// `{key, value}`, as the Admin API answers
    Envelope,
    /// Services with their routes, consumers with their credentials, as ADC has them
    Adc,
}

impl Shape {
    /// As it is typed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shape::Native => "native",
            Shape::Object => "object",
            Shape::Envelope => "envelope",
            Shape::Adc => "adc",
        }
    }
}

/// One object from a file, and where it stands there.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) reference: Reference,
    /// The fields that are sent: without `kind`, the id in the path, and the times that only the server sets.
    pub(crate) value: Value,
    document: Rc<Document>,
    /// The JSON pointer of the object in its document.
    pointer: String,
}

impl Object {
    /// One that is in no file.
    pub(crate) fn alone(reference: &Reference, value: &Value) -> Object {
        Object { reference: reference.clone(), value: value.clone(), document: Rc::default(), pointer: String::new() }
    }

    /// The place of a field of the object, or of the nearest thing around it that has one.
    pub(crate) fn source(&self, field: Option<&str>) -> Source {
        self.document.source(&format!("{}{}", self.pointer, field.unwrap_or_default()))
    }
}

/// Reads every object out of the named files. `recursive`: folders with those below; `None`: the command cannot.
///
/// # Errors
/// Usage, with file, line and column: nothing found, unreadable, unparsable, an unknown shape, an object without id, the
/// same object twice.
pub(crate) fn read(paths: &[String], recursive: Option<bool>, stdin: &mut dyn Read) -> Result<Files> {
    let files = read_as(paths, recursive == Some(true), None, stdin)?;
    if files.objects.is_empty() {
        let error = Error::usage(format!("no object in {}", paths.join(", ")));
        return Err(error.hints(recursive.and_then(|recursive| deeper(paths, recursive))));
    }
    Ok(files)
}

/// The hint where nothing was found because the files are in folders below.
pub(crate) fn deeper(paths: &[String], recursive: bool) -> Option<String> {
    let below = |path: &String| {
        let entries = entries(Path::new(path)).unwrap_or_default();
        entries.iter().any(|entry| !is_hidden(entry) && entry.is_dir())
    };
    (!recursive && paths.iter().any(below)).then(|| "-R also takes the folders below".to_owned())
}

/// The same, of files in any shape or in this one only; there need not be any object in them.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_as(paths: &[String], recursive: bool, wanted: Option<Shape>, stdin: &mut dyn Read) -> Result<Files> {
    let mut files = read_all(paths, recursive, wanted, stdin)?;
    files.sound()?;
    unique(&files.objects)?;
    Ok(files)
}

/// The objects of the named files, and of what is no object or has no id the places and why.
///
/// # Errors
/// As [`read_as`], of whole files and of objects that are there twice.
pub(crate) fn read_sound(paths: &[String], stdin: &mut dyn Read) -> Result<(Files, Vec<Error>)> {
    let mut files = read_all(paths, true, None, stdin)?;
    let (whole, parts): (Vec<Fault>, Vec<Fault>) = std::mem::take(&mut files.faults).into_iter().partition(|f| f.whole);
    if let Some(error) = Error::all(whole.into_iter().map(|fault| fault.error).collect()) {
        return Err(error);
    }
    unique(&files.objects)?;
    Ok((files, parts.into_iter().map(|fault| fault.error).collect()))
}

/// Refuses objects that are there twice.
///
/// # Errors
/// Usage, with both places.
fn unique(objects: &[Object]) -> Result<()> {
    let mut seen: HashMap<String, Source> = HashMap::new();
    for object in objects {
        let place = object.source(None);
        if let Some(first) = seen.insert(object.reference.to_string(), place.clone()) {
            let line = first.line.map(|line| format!(":{line}")).unwrap_or_default();
            let message = format!("{} is there twice, first in {}{line}", object.reference, first.file);
            return Err(Error::usage(message).at(place));
        }
    }
    Ok(())
}

/// The same with objects that are there twice; what could not be read is among the [`Files::faults`].
///
/// # Errors
/// Usage: a file that is not there, or cannot be opened.
pub(crate) fn read_all(
    paths: &[String],
    recursive: bool,
    wanted: Option<Shape>,
    stdin: &mut dyn Read,
) -> Result<Files> {
    let mut files = Files::default();
    for path in paths {
        for (file, text) in texts(path, recursive, stdin)? {
            match parse::parse(&file, &text) {
                Ok(documents) => add(&mut files, documents, wanted),
                Err(error) => files.faults.push(Fault { error, whole: true }),
            }
        }
    }
    Ok(files)
}

/// The shape of a document, by what it begins with; `None` for what is none.
pub(crate) fn shape_of(document: &parse::Document) -> Option<Shape> {
    shape::shape(&document.value)
}

/// The value of a document in which the odd numbers of its objects are what is wanted at their places: texts and ids as they
/// are written, numbers as every reader takes them. What readers do not agree on stays as it was read.
pub(crate) fn settled(document: parse::Document) -> Value {
    let (document, mut files) = (Rc::new(document), Files::default());
    if document.odd("").next().is_none() {
        return document.value.clone();
    }
    shape::objects(Rc::clone(&document), None, &mut files);
    let mut value = document.value.clone();
    for (at, number) in files.settled {
        if let Some(value) = value.pointer_mut(&at) {
            *value = number;
        }
    }
    value
}

/// Adds the objects of documents.
///
/// # Errors
/// As [`read`].
pub(crate) fn take(files: &mut Files, documents: Vec<parse::Document>, wanted: Option<Shape>) -> Result<()> {
    add(files, documents, wanted);
    files.sound()
}

fn add(files: &mut Files, documents: Vec<parse::Document>, wanted: Option<Shape>) {
    for document in documents {
        files.documents += 1;
        shape::objects(Rc::new(document), wanted, files);
    }
}

/// The name and text of every file that a `-f` argument stands for, in a stable order.
pub(crate) fn texts(path: &str, recursive: bool, stdin: &mut dyn Read) -> Result<Vec<(String, String)>> {
    if path == "-" {
        let text = crate::input::text_of(stdin)
            .map_err(|error| Error::usage(format!("cannot read standard input: {error}")))?;
        return Ok(vec![("-".to_owned(), text)]);
    }
    let mut found = Vec::new();
    let exact = PathBuf::from(path);
    if exact.is_dir() {
        folder(&exact, recursive, &mut HashSet::new(), &mut found)?;
    } else if exact.exists() || !path.contains(['*', '?']) {
        found.push(exact);
    } else {
        glob(Path::new(""), &exact, &mut found)?;
        if found.is_empty() {
            return Err(Error::usage(format!("no file matches {path}")));
        }
    }
    found.into_iter().map(|file| Ok((file.display().to_string(), text_of(&file)?))).collect()
}

fn text_of(path: &Path) -> Result<String> {
    crate::input::text(path).map_err(|error| Error::usage(format!("cannot read {}: {error}", path.display())))
}

/// The `.yaml`, `.yml` and `.json` files of a folder, by name, but for hidden ones. Each folder below is read once, by however
/// many links it can be reached.
fn folder(path: &Path, recursive: bool, seen: &mut HashSet<PathBuf>, found: &mut Vec<PathBuf>) -> Result<()> {
    if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
        return Ok(());
    }
    // What is there itself comes before what a link leads to.
    let (links, own): (Vec<PathBuf>, Vec<PathBuf>) = entries(path)?
        .into_iter()
        .filter(|entry| !is_hidden(entry))
        .partition(|entry| entry.is_symlink() && entry.is_dir());
    for entry in own.into_iter().chain(links) {
        if entry.is_dir() {
            if recursive {
                folder(&entry, recursive, seen, found)?;
            }
        } else if entry.extension().is_some_and(|ending| ending == "yaml" || ending == "yml" || ending == "json") {
            found.push(entry);
        }
    }
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Files that match a pattern of `*` and `?`, part by part: neither matches a `/`, nor a leading dot.
fn glob(base: &Path, pattern: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut parts = pattern.components();
    let Some(part) = parts.next() else {
        // Also what cannot be read: that is told, and nothing passed over.
        if !base.is_dir() {
            found.push(base.to_owned());
        }
        return Ok(());
    };
    let rest = parts.as_path();
    let text = part.as_os_str().to_string_lossy();
    if !text.contains(['*', '?']) {
        let next = base.join(part);
        return if next.symlink_metadata().is_ok() { glob(&next, rest, found) } else { Ok(()) };
    }
    let here = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    if !here.is_dir() {
        return Ok(());
    }
    for entry in entries(here)? {
        let name = entry.file_name().unwrap_or_default();
        let hidden = is_hidden(&entry) && !text.starts_with('.');
        // A name need not be UTF-8.
        if !hidden && matches(text.as_bytes(), name.as_encoded_bytes()) {
            glob(&base.join(name), rest, found)?;
        }
    }
    Ok(())
}

fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable =
        |error: std::io::Error| Error::usage(format!("cannot read the folder {}: {error}", path.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// `*` is any run of bytes, `?` any one. Goes back to the last star only, so the time is at most the product of the lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = name.get(n) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
            }
            Some(c) if *c == b'?' || c == byte => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (p, n) = (after, taken + 1);
            }
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a.yml", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?.json", "a.json", true),
            ("?.json", "ab.json", false),
            ("*", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    /// What a name cannot be shown as is read all the same, and what cannot be read is told.
    #[cfg(unix)]
    #[test]
    fn no_file_of_a_pattern_is_passed_over() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join(std::ffi::OsStr::from_bytes(b"d\xff"));
        std::fs::create_dir(&below).unwrap();
        std::fs::write(below.join(std::ffi::OsStr::from_bytes(b"a\xff.yaml")), "kind: route\nid: a\nuri: /a\n")
            .unwrap();
        std::fs::write(below.join("b.yaml"), "kind: route\nid: b\nuri: /b\n").unwrap();
        let pattern = format!("{}/d*/*.yaml", dir.path().display());
        let ids = || {
            let files = read(std::slice::from_ref(&pattern), None, &mut "".as_bytes());
            files.map(|files| files.objects.into_iter().map(|of| of.reference.id).collect::<Vec<_>>())
        };
        assert_eq!(ids().unwrap(), ["a", "b"]);
        std::os::unix::fs::symlink("nowhere", below.join("c.yaml")).unwrap();
        let error = ids().unwrap_err();
        assert!(error.message().contains("c.yaml: "), "{}", error.message());
    }

    #[test]
    fn folders_globs_and_standard_input() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("b.yaml", "kind: route\nid: b\nuri: /b\n"),
            ("a.json", "{\"routes\":[{\"id\":\"a\",\"uri\":\"/a\"}]}"),
            ("notes.txt", "no configuration"),
            ("sub/c.yml", "kind: route\nid: c\nuri: /c\n"),
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = dir.path().display().to_string();
        let ids = |path: &str, recursive| -> Vec<String> {
            let files =
                read(&[path.to_owned()], Some(recursive), &mut "kind: route\nid: s\nuri: /s\n".as_bytes()).unwrap();
            files.objects.into_iter().map(|object| object.reference.id).collect()
        };
        assert_eq!(ids(&root, false), ["a", "b"]);
        assert_eq!(ids(&root, true), ["a", "b", "c"]);
        assert_eq!(ids(&format!("{root}/*.yaml"), false), ["b"]);
        assert_eq!(ids(&format!("{root}/s*/?.yml"), false), ["c"]);
        assert_eq!(ids("-", false), ["s"]);
        // A file in the place of a folder.
        assert_eq!(ids(&format!("{root}/*/*.yml"), false), ["c"]);

        let none = read(&[format!("{root}/*.toml")], None, &mut "".as_bytes()).unwrap_err();
        assert!(none.message().starts_with("no file matches"), "{}", none.message());
        let twice =
            read(&["-".into(), "-".into()], None, &mut "kind: route\nid: s\n---\nkind: routes\nid: s\n".as_bytes());
        assert_eq!(twice.unwrap_err().message(), "route/s is there twice, first in -:1");
    }

    #[test]
    fn hidden_folders_are_none_and_the_others_are_read_once() {
        let dir = tempfile::tempdir().unwrap();
        for (name, id) in [("sub/a.yaml", "a"), (".github/x.yaml", "x"), ("sub/.y.yaml", "y"), ("z/b.yaml", "b")] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("kind: route\nid: {id}\nuri: /{id}\n")).unwrap();
        }
        #[cfg(unix)]
        for (target, link) in [("..", "sub/up"), ("../z", "sub/also"), (".", "self")] {
            std::os::unix::fs::symlink(target, dir.path().join(link)).unwrap();
        }
        let root = dir.path().display().to_string();
        let files = read(std::slice::from_ref(&root), Some(true), &mut "".as_bytes()).unwrap();
        let ids: Vec<&str> = files.objects.iter().map(|object| object.reference.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);

        for (recursive, hints) in [(Some(false), 1), (None, 0)] {
            let none = read(std::slice::from_ref(&root), recursive, &mut "".as_bytes()).unwrap_err();
            assert_eq!((none.message(), none.helps().len()), (&*format!("no object in {root}"), hints));
        }
    }
}
