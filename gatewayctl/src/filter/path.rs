//! Places in a document: `labels.team`, `nodes[0].host`, `plugins["limit-count"].count`.

use std::fmt;

use serde_json::Value;

use super::{MAX_LENGTH, Problem};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A field of an object.
    Field(String),
    /// An element of a list; negative ones count from the end.
    Index(i64),
    /// Every element of a list or object.
    Each,
}

/// The way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    pub(crate) fn of(steps: Vec<Step>) -> Path {
        Path(steps)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Reads a path. Names end at `.` and `[`; any others stand in `["…"]`, or have `\` before the `.`.
    ///
    /// # Errors
    /// Where it is no path.
    pub(crate) fn parse(text: &str) -> Result<Path, Problem> {
        if text.len() > MAX_LENGTH {
            return Err(Problem::new(MAX_LENGTH, "too long"));
        }
        let mut steps = Vec::new();
        let mut at = usize::from(text.starts_with('.'));
        if at == text.len() {
            return if at == 0 { Err(Problem::new(0, "a field is expected")) } else { Ok(Path(steps)) };
        }
        let mut named = true;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with('[') {
                let (step, length) = bracket(rest).map_err(|message| Problem::new(at, message))?;
                steps.push(step);
                at += length;
                named = false;
            } else if rest.starts_with('.') && !named {
                at += 1;
                named = true;
                if at == text.len() {
                    return Err(Problem::new(at, "a name is expected"));
                }
            } else {
                let (name, length) = name(rest);
                if name.is_empty() || !named {
                    return Err(Problem::new(at, "a name is expected"));
                }
                steps.push(if name == "*" { Step::Each } else { Step::Field(name) });
                at += length;
                named = false;
            }
        }
        Ok(Path(steps))
    }

    /// Every value the path leads to.
    pub(crate) fn all<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![document];
        for step in &self.0 {
            let mut next = Vec::new();
            for value in found {
                match (step, value) {
                    (Step::Field(name), Value::Object(map)) => next.extend(map.get(name)),
                    (Step::Field(name), Value::Array(items)) => {
                        next.extend(name.parse().ok().and_then(|i: usize| items.get(i)));
                    }
                    (Step::Index(i), Value::Array(items)) => {
                        next.extend(place(*i, items.len()).and_then(|i| items.get(i)))
                    }
                    (Step::Each, Value::Array(items)) => next.extend(items),
                    (Step::Each, Value::Object(map)) => next.extend(map.values()),
                    _ => {}
                }
            }
            found = next;
        }
        found
    }

    /// The first value the path leads to.
    pub(crate) fn first<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.all(document).into_iter().next()
    }
}

/// The index from the front.
pub(crate) fn place(index: i64, length: usize) -> Option<usize> {
    if index >= 0 {
        usize::try_from(index).ok()
    } else {
        length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        let plain = |name: &str| !name.is_empty() && name != "*" && !name.contains(['.', '[', ']', '"', '\'', '\\']);
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if plain(name) => write!(f, "{}{name}", if i > 0 { "." } else { "" })?,
                Step::Field(name) => write!(f, "[{}]", Value::String(name.clone()))?,
                Step::Index(i) => write!(f, "[{i}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn bracket(rest: &str) -> Result<(Step, usize), &'static str> {
    const EXPECTED: &str = "a number, \"name\" or * in brackets is expected";
    let inner = &rest[1..];
    if inner.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let Some(Ok(name)) = stream.next() else { return Err(EXPECTED) };
        let end = stream.byte_offset();
        return match inner.get(end..).is_some_and(|rest| rest.starts_with(']')) {
            true => Ok((Step::Field(name), end + 2)),
            false => Err(EXPECTED),
        };
    }
    if let Some(quoted) = inner.strip_prefix('\'') {
        let end = quoted.find("']").ok_or(EXPECTED)?;
        return Ok((Step::Field(quoted[..end].to_owned()), end + 4));
    }
    let end = inner.find(']').ok_or(EXPECTED)?;
    let step = match &inner[..end] {
        "*" => Step::Each,
        number => Step::Index(number.parse().map_err(|_| EXPECTED)?),
    };
    Ok((step, end + 2))
}

/// A name up to the next `.` or `[`; `\` keeps what follows in the name.
fn name(rest: &str) -> (String, usize) {
    let mut name = String::new();
    let mut chars = rest.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '.' | '[' => return (name, i),
            '\\' => name.extend(chars.next().map(|(_, c)| c)),
            c => name.push(c),
        }
    }
    (name, rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn ways_to_values() {
        let document = json!({"a": {"b.c": [1, {"d": 2}], "x-y": "z"}, "": 5});
        for (text, found) in [
            ("a.x-y", vec![json!("z")]),
            (".a.x-y", vec![json!("z")]),
            ("a[\"b.c\"][0]", vec![json!(1)]),
            ("a['b.c'][-1].d", vec![json!(2)]),
            ("a.b\\.c.0", vec![json!(1)]),
            ("a[\"b.c\"].*", vec![json!(1), json!({"d": 2})]),
            ("[\"\"]", vec![json!(5)]),
            ("a.none.b", vec![]),
            (".", vec![document.clone()]),
        ] {
            let path = Path::parse(text).unwrap();
            assert_eq!(path.all(&document), found.iter().collect::<Vec<_>>(), "{text}");
            let again = Path::parse(&path.to_string()).unwrap();
            assert_eq!(again.to_string(), path.to_string(), "{text}");
        }
        for (text, at) in [("", 0), ("a..b", 2), ("a.", 2), ("a[", 1), ("a[x]", 1), ("a[0]b", 4), ("a[\"x]", 1)] {
            assert_eq!(Path::parse(text).unwrap_err().at, at, "{text}");
        }
    }

    fn steps() -> impl Strategy<Value = Step> {
        prop_oneof!["\\PC{0,6}".prop_map(Step::Field), any::<i64>().prop_map(Step::Index), Just(Step::Each)]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(steps in prop::collection::vec(steps(), 1..6)) {
            let path = Path::of(steps);
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path.clone()), "{}", path);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,24}") {
            if let Ok(path) = Path::parse(&text) {
                path.all(&json!({"a": [1]}));
            }
        }
    }
}
