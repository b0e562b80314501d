//! Comments of YAML, kept where the text is written anew. A line of comment belongs to what stands behind it, one that is
//! indented deeper than that to what is in front of it, and one at the end of a line to that line.

use std::collections::HashMap;

use serde_json::Value;

use super::Files;
use super::parse::{self, Document};
use crate::error::Result;

/// What is looked at again to tell comments from texts with a `#` in them; each time is a reading of the file.
const READINGS: usize = 200;

/// The comments of a text, each with what it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Comments(Vec<Comment>);

#[derive(Debug)]
struct Comment {
    text: String,
    place: Place,
}

/// Where a comment stands.
#[derive(Debug)]
enum Place {
    /// In front of everything.
    Top,
    /// On lines of its own in front of this, or where there is no such thing in front of an object in it.
    Before(Key, Option<Key>),
    /// On lines of its own behind this.
    After(Key),
    /// At the end of its line.
    Beside(Key),
    /// Behind everything.
    End,
}

/// Something in a file: the object and the JSON pointer in it, or the pointer in the document of what is in no object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    object: Option<String>,
    pointer: String,
}

impl Comments {
    /// Finds the comments of a text of YAML; `None` where they cannot be told from the rest of it.
    ///
    /// # Errors
    /// Usage: the text cannot be read.
    pub(crate) fn of(file: &str, text: &str, apart: bool) -> Result<Option<Comments>> {
        let Some(starts) = starts(text) else { return Ok(None) };
        if starts.is_empty() {
            return Ok(Some(Comments::default()));
        }
        let lines: Vec<&str> = text.lines().collect();
        let map = Map::of(file, &lines, &starts)?;
        let first = (0..lines.len()).find(|line| map.heads.contains_key(line)).unwrap_or(lines.len());
        let mut comments = Vec::new();
        for (line, whole) in lines.iter().enumerate() {
            let Some(start) = starts.get(&line) else { continue };
            let comment = whole.get(*start..).unwrap_or_default().trim_end().to_owned();
            let own = whole.get(..*start).unwrap_or_default().trim().is_empty();
            let place = match own {
                false => map.fields.get(&line).cloned().map_or(Place::End, Place::Beside),
                // A blank line tells what is about the file from what is about its first object.
                true if line < first && (!apart || blank_between(&lines, line, first)) => Place::Top,
                true => map.whole_line(&lines, line, *start),
            };
            comments.push(Comment { text: comment, place });
        }
        Ok(Some(Comments(comments)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text of the same objects in their canonical form, with the comments in it; `None` where they have no place in it.
    ///
    /// # Errors
    /// Usage: the text cannot be read.
    pub(crate) fn put_into(&self, file: &str, text: &str) -> Result<Option<String>> {
        let lines: Vec<&str> = text.lines().collect();
        let map = Map::of(file, &lines, &HashMap::new())?;
        let end = lines.iter().position(|line| *line == "#END").unwrap_or(lines.len());
        let mut before: Vec<Vec<String>> = vec![Vec::new(); lines.len() + 1];
        let (mut behind, mut beside) = (before.clone(), before.clone());
        let put = |place: &mut Vec<Vec<String>>, line: usize, text: String| {
            if let Some(at) = place.get_mut(line) {
                at.push(text);
            }
        };
        let indented = |line: usize, indent: fn(&str) -> usize, text: &str| {
            format!("{}{text}", " ".repeat(lines.get(line).map_or(0, |line| indent(line))))
        };
        for Comment { text, place } in &self.0 {
            match place {
                Place::Top => put(&mut behind, 0, text.clone()),
                Place::End => put(&mut before, end, text.clone()),
                Place::Before(key, lead) => {
                    match std::iter::once(key).chain(lead).find_map(|key| map.nearest(key, &map.head_lines)) {
                        Some((line, _)) => put(&mut before, line, indented(line, raw, text)),
                        None => put(&mut before, end, text.clone()),
                    }
                }
                Place::After(key) => match map.nearest(key, &map.field_lines) {
                    Some((line, _)) => put(&mut behind, subtree(&lines, line).min(end), indented(line, inner, text)),
                    None => put(&mut before, end, text.clone()),
                },
                Place::Beside(key) => match map.nearest(key, &map.field_lines) {
                    Some((line, true)) => put(&mut beside, line, text.clone()),
                    Some((line, false)) => put(&mut before, line, indented(line, raw, text)),
                    None => put(&mut before, end, text.clone()),
                },
            }
        }
        // What is deeper ends first.
        behind.iter_mut().for_each(|comments| comments.sort_by_key(|comment| std::cmp::Reverse(raw(comment))));
        let mut all = String::new();
        for line in 0..=lines.len() {
            for comments in [&behind, &before] {
                comments.get(line).into_iter().flatten().for_each(|comment| all.push_str(&format!("{comment}\n")));
            }
            let Some(own) = lines.get(line) else { continue };
            let beside = beside.get(line).into_iter().flatten().map(|comment| format!(" {comment}"));
            all.push_str(&format!("{own}{}\n", beside.collect::<String>()));
        }
        // What is no comment where it stands now would change an object.
        Ok((values(&all) == values(text)).then_some(all))
    }
}

/// What the lines of a text are about.
struct Map {
    /// Of each line of content: the object that begins there, or what stands behind its indentation.
    heads: HashMap<usize, Key>,
    /// Of each line of content: the field or item on it.
    fields: HashMap<usize, Key>,
    head_lines: HashMap<Key, usize>,
    field_lines: HashMap<Key, usize>,
    /// The first object in what begins on a line, where that is none itself.
    leads: HashMap<usize, Key>,
}

impl Map {
    fn of(file: &str, lines: &[&str], starts: &HashMap<usize, usize>) -> Result<Map> {
        let documents = parse::parse(file, &lines.join("\n"))?;
        let mut places: Vec<(u64, u64, usize, &str, bool)> = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let leaf =
                |pointer: &str| document.value.pointer(pointer).is_some_and(|at| !at.is_object() && !at.is_array());
            let own = document.places().map(|(pointer, line, column)| (line, column, number, pointer, leaf(pointer)));
            places.extend(own);
        }
        places.sort_unstable();
        let objects = Objects::of(&documents)?;
        let mut map = Map {
            heads: HashMap::new(),
            fields: HashMap::new(),
            head_lines: HashMap::new(),
            field_lines: HashMap::new(),
            leads: HashMap::new(),
        };
        for (number, text) in lines.iter().enumerate() {
            let own = starts.get(&number).and_then(|start| text.get(..*start)).unwrap_or(text).trim();
            if own.is_empty() || own.starts_with('#') || own == "---" || own == "..." {
                continue;
            }
            let line = number as u64 + 1;
            let behind = |indent: usize| {
                let at = places.partition_point(|(l, c, ..)| (*l, *c) <= (line, indent as u64 + 1));
                (at.checked_sub(1).and_then(|at| places.get(at)), places.get(at))
            };
            let key = |place: &(u64, u64, usize, &str, bool)| objects.key(place.2, place.3);
            if let (_, Some(head)) = behind(raw(text)) {
                let key = objects.first.get(&line).cloned().unwrap_or_else(|| key(head));
                let at = places.partition_point(|place| place < head);
                // A list names its first object soon.
                let mut below = places.iter().skip(at).take(8).take_while(|place| place.2 == head.2);
                let lead =
                    below.find_map(|place| objects.key(place.2, place.3).object).filter(|_| key.object.is_none());
                let lead = lead.map(|object| Key { object: Some(object), pointer: String::new() });
                match lead {
                    // A list that goes on in another document is one list afterwards: what is in front of it there is about
                    // what it goes on with.
                    Some(lead) if map.head_lines.contains_key(&key) => drop(map.heads.insert(number, lead)),
                    lead => {
                        map.head_lines.insert(key.clone(), number);
                        map.heads.insert(number, key);
                        map.leads.extend(lead.map(|lead| (number, lead)));
                    }
                }
            }
            let (exact, next) = behind(inner(text));
            let is_here = |at: &&(u64, u64, usize, &str, bool)| at.4 && (at.0, at.1) == (line, inner(text) as u64 + 1);
            match (exact.filter(is_here), next) {
                (Some(item), next) if next.is_none_or(|next| next.0 != line) => {
                    // A text of several lines may have begun on the line before.
                    map.field_lines.entry(key(item)).or_insert(number);
                    map.fields.insert(number, key(item));
                }
                (_, Some(field)) => {
                    map.field_lines.insert(key(field), number);
                    map.fields.insert(number, key(field));
                }
                (_, None) => {}
            }
        }
        Ok(map)
    }

    /// What a line of comment belongs to.
    fn whole_line(&self, lines: &[&str], line: usize, indent: usize) -> Place {
        let next = (line + 1..lines.len()).find(|line| self.heads.contains_key(line));
        let deeper = next.and_then(|next| lines.get(next)).map_or(0, |next| raw(next)) < indent;
        let previous = || {
            let fits =
                |at: &usize| lines.get(*at).is_some_and(|text| inner(text) <= indent) && self.fields.contains_key(at);
            (0..line).rev().find(fits)
        };
        match (deeper.then(previous).flatten().and_then(|line| self.fields.get(&line)), next) {
            (Some(key), _) => Place::After(key.clone()),
            (None, Some(next)) => match self.heads.get(&next).cloned() {
                Some(key) => Place::Before(key, self.leads.get(&next).cloned()),
                None => Place::End,
            },
            (None, None) => Place::End,
        }
    }

    /// The line of something, or of the nearest thing around it; and whether it is itself.
    fn nearest(&self, key: &Key, lines: &HashMap<Key, usize>) -> Option<(usize, bool)> {
        let mut around = key.clone();
        loop {
            if let Some(line) = lines.get(&around).or_else(|| self.head_lines.get(&around)) {
                return Some((*line, around == *key));
            }
            around.pointer.truncate(around.pointer.rfind('/')?);
        }
    }
}

/// Which part of which document is an object.
struct Objects {
    /// The object's pointer in its document, and its name.
    all: HashMap<(usize, String), String>,
    /// The objects by their first lines.
    first: HashMap<u64, Key>,
}

impl Objects {
    fn of(documents: &[Document]) -> Result<Objects> {
        let mut objects = Objects { all: HashMap::new(), first: HashMap::new() };
        for (number, document) in documents.iter().enumerate() {
            let mut files = Files::default();
            super::take(&mut files, vec![document.clone()], None)?;
            for object in files.objects {
                let name = object.reference.to_string();
                if let Some(line) = object.source(None).line {
                    objects.first.insert(line, Key { object: Some(name.clone()), pointer: String::new() });
                }
                objects.all.insert((number, object.pointer), name);
            }
        }
        Ok(objects)
    }

    fn key(&self, document: usize, pointer: &str) -> Key {
        let mut end = pointer.len();
        loop {
            let (head, rest) = pointer.split_at(end);
            if let Some(object) = self.all.get(&(document, head.to_owned())) {
                return Key { object: Some(object.clone()), pointer: rest.to_owned() };
            }
            match head.rfind('/') {
                Some(at) => end = at,
                None => return Key { object: None, pointer: pointer.to_owned() },
            }
        }
    }
}

/// The first byte of the comment of each line that has one; `None`: too many lines have a `#` that is none.
fn starts(text: &str) -> Option<HashMap<usize, usize>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut open: Vec<(usize, usize)> =
        lines.iter().enumerate().filter_map(|(n, line)| Some((n, hash(line, 0)?))).collect();
    if open.is_empty() {
        return Some(HashMap::new());
    }
    let wanted = values(text)?;
    let (mut found, mut readings) = (HashMap::new(), 0);
    let mut groups = vec![std::mem::take(&mut open)];
    while let Some(group) = groups.pop() {
        readings += 1;
        if readings > READINGS {
            return None;
        }
        // What can be taken away without a change is a comment.
        if values(&without(&lines, &group)).as_ref() == Some(&wanted) {
            found.extend(group);
        } else if let [(line, start)] = group.as_slice() {
            let next = lines.get(*line).and_then(|text| hash(text, start + 1));
            groups.extend(next.map(|next| vec![(*line, next)]));
        } else {
            let (a, b) = group.split_at(group.len() / 2);
            groups.extend([a.to_vec(), b.to_vec()]);
        }
    }
    Some(found)
}

/// The next place of a line where a comment could begin.
fn hash(line: &str, from: usize) -> Option<usize> {
    if line.trim() == "#END" {
        return None;
    }
    let blank_before =
        |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    line.match_indices('#').map(|(at, _)| at).find(|at| *at >= from && blank_before(*at))
}

/// The text without these comments.
fn without(lines: &[&str], comments: &[(usize, usize)]) -> String {
    let starts: HashMap<usize, usize> = comments.iter().copied().collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let kept = starts.get(&number).and_then(|start| line.get(..*start));
        if kept.is_some_and(|kept| kept.trim().is_empty()) {
            continue;
        }
        text.push_str(kept.unwrap_or(line));
        text.push('\n');
    }
    text
}

fn values(text: &str) -> Option<Vec<Value>> {
    let documents = parse::parse_yaml(text).ok()?;
    Some(documents.into_iter().map(|document| document.value).collect())
}

/// The indentation of a line.
fn raw(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The indentation of what stands behind the dashes of items.
fn inner(line: &str) -> usize {
    let mut rest = line.trim_start_matches(' ');
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start_matches(' ');
    }
    line.len() - rest.len()
}

/// The first line that is no part of what begins on a line.
fn subtree(lines: &[&str], line: usize) -> usize {
    let (indent, opens) = lines.get(line).map_or((0, false), |text| (inner(text), text.ends_with(':')));
    let within = |text: &&str| {
        text.trim().is_empty()
            || raw(text) > indent
            || opens && raw(text) == indent && text.trim_start().starts_with("- ")
    };
    let rest = lines.get(line + 1..).unwrap_or_default();
    line + 1 + rest.iter().take_while(|text| within(text)).count()
}

fn blank_between(lines: &[&str], from: usize, to: usize) -> bool {
    lines.get(from..to).unwrap_or_default().iter().any(|line| line.trim().is_empty() || line.trim() == "---")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::files::write::{self, Entry, Language};
    use crate::files::{Object, Shape, shape_of};

    /// A text in its canonical form, and that with its comments.
    fn formatted(text: &str) -> (String, String) {
        let documents = parse::parse("x", text).unwrap();
        let shape = documents.first().and_then(shape_of).unwrap();
        let mut files = Files::default();
        super::super::take(&mut files, documents, None).unwrap();
        let entry = |object: Object| Entry { reference: object.reference, value: object.value };
        let mut entries: Vec<Entry> = files.objects.into_iter().map(entry).collect();
        write::sort(&mut entries);
        let plain = write::text(&entries, shape, Language::Yaml).unwrap();
        let comments = Comments::of("x", text, shape == Shape::Object).unwrap().expect("comments can be told");
        let whole = comments.put_into("x", &plain).unwrap().expect("comments have a place");
        (plain, whole)
    }

    const NATIVE: &str = "# The shop.
# Ask the team before a change.

routes:
# the second
- uri: /b # with a field
  id: b
  plugins: # all of them
    serverless-pre-function:
      functions:
        - |
          # no comment
          return 1 # nor this
    # cors: {}
  # of the name
  name: 'x # y' # but this
  # behind the route
- {id: a, uri: /a} # the first
# what is in front of it
services: []
# the end
#END
";

    #[test]
    fn comments_go_where_their_objects_go() {
        let (_, whole) = formatted(NATIVE);
        insta::assert_snapshot!(whole);
        assert_eq!(formatted(&whole).1, whole);
        let (_, objects) = formatted(
            "# of b\nkind: route\nuri: /b\nid: b\n---\n# of a, and\n# more\nuri: /a # this\nkind: route\nid: a\n# the end\n",
        );
        insta::assert_snapshot!(objects);
        assert_eq!(formatted(&objects).1, objects);
    }

    #[test]
    fn a_comment_in_front_of_a_later_document_stays_with_its_objects() {
        let lists = "# one\nroutes:\n- {id: a, uri: /a}\n---\n# two\nroutes:\n- {id: b, uri: /b}\n---\n# three\nservices:\n- {id: s}\n";
        let (_, whole) = formatted(lists);
        assert_eq!(
            whole,
            "# one\nroutes:\n- id: a\n  uri: /a\n# two\n- id: b\n  uri: /b\n# three\nservices:\n- id: s\n#END\n"
        );
        assert_eq!(formatted(&whole).1, whole);
        let comments = Comments::of("x", lists, false).unwrap().unwrap();
        let apart = "kind: route\nid: a\nuri: /a\n---\nkind: route\nid: b\nuri: /b\n---\nkind: service\nid: s\n";
        let whole = comments.put_into("x", apart).unwrap().unwrap();
        assert_eq!(
            whole,
            "# one\nkind: route\nid: a\nuri: /a\n---\n# two\nkind: route\nid: b\nuri: /b\n---\n# three\nkind: service\nid: s\n"
        );
    }

    proptest! {
        /// Comments anywhere in a canonical file: all are kept, nothing else changes, and the result is canonical.
        #[test]
        fn none_is_lost(places in prop::collection::vec((0_usize..24, 0_usize..7, any::<bool>()), 0..8)) {
            let (plain, whole) = formatted(NATIVE);
            let canonical = formatted(&plain).1;
            prop_assert_eq!(&canonical, &plain);
            let mut lines: Vec<String> = plain.lines().map(str::to_owned).collect();
            let end = lines.len() - 1;
            for (number, (at, indent, beside)) in places.iter().enumerate() {
                let comment = format!("# comment {number}.");
                let at = at % end;
                // Text in a block is not to be touched.
                if lines[at].contains("return") || lines[at].contains("no comment") {
                    continue;
                }
                match beside {
                    true if !lines[at].trim_start().starts_with('#') && !lines[at].contains(" #") => {
                        lines[at].push_str(&format!(" {comment}"));
                    }
                    _ => lines[at].insert_str(0, &format!("{}{comment}\n", " ".repeat(*indent))),
                }
            }
            let text = format!("{}\n", lines.join("\n"));
            prop_assume!(values(&text) == values(&plain));
            let (again, kept) = formatted(&text);
            prop_assert_eq!(again, plain);
            for number in 0..places.len() {
                let comment = format!("# comment {number}.");
                prop_assert_eq!(kept.matches(&comment).count(), text.matches(&comment).count(), "{}\n{}", text, kept);
            }
            prop_assert_eq!(&formatted(&kept).1, &kept, "{}", text);
            prop_assert!(!whole.is_empty());
        }

        #[test]
        fn no_text_is_too_strange(text in "[ #a:\n-]{0,40}") {
            if let Ok(Some(comments)) = Comments::of("x", &text, false) {
                let _ = comments.put_into("x", "routes: []\n#END\n");
            }
        }
    }
}
