//! Paths of `post_arg.<path>`: plain dotted names, or a subset of JSONPath.
//!
//! A path with `[`, `*` or `..` is JSONPath below `$.` and yields the list of all hits; any other is a walk over the keys
//! of objects and yields the value there. Filters and scripts (`[?(…)]`, `[(…)]`) are refused.

use std::fmt;

use super::json::{Node, string};
use super::value::Value;

/// Steps a path may have.
const MAX_STEPS: usize = 64;
/// Descents (`..`) a path may have: each multiplies the walk.
const MAX_DESCENTS: usize = 4;
/// Values a path may yield.
const MAX_HITS: usize = 10_000;

/// A compiled path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BodyPath {
    text: Box<str>,
    kind: Kind,
}

/// The text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid jsonpath '{0}'")]
pub struct BadPath(String);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Keys(Box<[Box<[u8]>]>),
    Steps(Box<[Step]>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// `*`
    All,
    /// `.a`, `['a','b']`, `[0,-1]`
    Any(Box<[Pick]>),
    /// `[start:end:step]`
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    /// `..`: this value and all below it, for the step that follows.
    Descend,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Pick {
    Key(Box<[u8]>),
    Index(i64),
}

impl BodyPath {
    /// Compiles the path behind `post_arg.`.
    ///
    /// # Errors
    /// The path is empty, no JSONPath, or uses a part of it that is not supported.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let kind = if text.contains(['[', '*']) || text.contains("..") {
            let steps = Parser { rest: text }
                .steps()
                .filter(|s| s.len() <= MAX_STEPS && s.iter().filter(|s| **s == Step::Descend).count() <= MAX_DESCENTS);
            Kind::Steps(steps.ok_or_else(|| BadPath(text.to_owned()))?.into())
        } else if text.is_empty() {
            return Err(BadPath(text.to_owned()));
        } else {
            Kind::Keys(text.split('.').map(|key| key.as_bytes().into()).collect())
        };
        Ok(Self { text: text.into(), kind })
    }

    /// The only key of the path, if it is that plain: what a form can have.
    #[must_use]
    pub fn single_key(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Keys(keys) => match &**keys {
                [key] => Some(key),
                _ => None,
            },
            Kind::Steps(_) => None,
        }
    }

    /// Whether the value is the list of all hits.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::Steps(_))
    }

    /// The value in a document.
    #[must_use]
    pub fn find<'t>(&self, doc: Node<'t>) -> Option<Value<'t>> {
        match &self.kind {
            Kind::Keys(keys) => keys.iter().try_fold(doc, |node, key| node.member(key))?.value(),
            Kind::Steps(steps) => {
                // Walking costs the bytes walked over; a descent walks deep documents many times.
                let mut walk =
                    Walk { hits: Vec::new(), budget: doc.raw().len().saturating_mul(4).saturating_add(16 << 20) };
                walk.run(doc, steps)?;
                (!walk.hits.is_empty()).then_some(Value::List(walk.hits))
            }
        }
    }

    /// Whether the path would hit members of a flat object (a form) of that name.
    pub(super) fn hits_flat(&self, name: &[u8]) -> bool {
        match &self.kind {
            Kind::Keys(_) => self.single_key() == Some(name),
            Kind::Steps(steps) => match &**steps {
                [Step::All] | [Step::Descend, Step::All] => true,
                [Step::Any(picks)] | [Step::Descend, Step::Any(picks)] => {
                    picks.iter().any(|p| matches!(p, Pick::Key(key) if **key == *name))
                }
                _ => false,
            },
        }
    }
}

impl fmt::Display for BodyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

struct Walk<'t> {
    hits: Vec<Value<'t>>,
    budget: usize,
}

impl<'t> Walk<'t> {
    /// `None` when the walk became too long. Depth is bounded by the document's and the path's.
    fn run(&mut self, node: Node<'t>, steps: &[Step]) -> Option<()> {
        let Some((step, rest)) = steps.split_first() else {
            self.hits.extend(node.value());
            return (self.hits.len() <= MAX_HITS).then_some(());
        };
        self.budget = self.budget.checked_sub(node.raw().len())?;
        match step {
            Step::All => self.children(node, rest)?,
            Step::Descend => {
                self.run(node, rest)?;
                self.children(node, steps)?;
            }
            Step::Any(picks) => {
                for pick in picks {
                    if let Some(found) = pick.of(node) {
                        self.run(found, rest)?;
                    }
                }
            }
            Step::Slice { start, end, step } => {
                let len = i64::try_from(node.elements().count()).unwrap_or(i64::MAX);
                let from_end = |n: i64| if n < 0 { n.saturating_add(len).max(0) } else { n };
                let (start, end) = (from_end(start.unwrap_or(0)), from_end(end.unwrap_or(len)));
                for (at, element) in (0i64..).zip(node.elements()) {
                    if at >= start && at < end && (at - start) % step == 0 {
                        self.run(element, rest)?;
                    }
                }
            }
        }
        Some(())
    }

    fn children(&mut self, node: Node<'t>, steps: &[Step]) -> Option<()> {
        for (_, value) in node.members() {
            self.run(value, steps)?;
        }
        for value in node.elements() {
            self.run(value, steps)?;
        }
        Some(())
    }
}

impl Pick {
    fn of<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        match self {
            Self::Key(key) => node.member(key),
            Self::Index(at) if *at < 0 => {
                let len = node.elements().count();
                let back = usize::try_from(at.unsigned_abs()).ok()?;
                node.elements().nth(len.checked_sub(back)?)
            }
            Self::Index(at) => node.elements().nth(usize::try_from(*at).ok()?),
        }
    }
}

struct Parser<'p> {
    rest: &'p str,
}

impl Parser<'_> {
    fn steps(mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        let mut first = true;
        while !self.rest.is_empty() {
            // A path is read below `$.`: it begins with a name, or with what may follow `$` or `$.`.
            if self.eat("..") {
                steps.push(Step::Descend);
                steps.push(if self.rest.starts_with('[') { self.bracket()? } else { self.name()? });
            } else if self.rest.starts_with('[') {
                steps.push(self.bracket()?);
            } else if first || self.eat(".") {
                steps.push(self.name()?);
            } else {
                return None;
            }
            first = false;
        }
        Some(steps)
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn name(&mut self) -> Option<Step> {
        if self.eat("*") {
            return Some(Step::All);
        }
        let end =
            self.rest.find(['.', '[', ']', '*', '\'', '"', ' ', '(', ')', '?', '@', ',']).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!name.is_empty()).then(|| Step::Any(Box::new([Pick::Key(name.as_bytes().into())])))
    }

    fn bracket(&mut self) -> Option<Step> {
        self.eat("[");
        self.space();
        if self.eat("*") {
            self.space();
            return self.eat("]").then_some(Step::All);
        }
        let mut picks = Vec::new();
        loop {
            self.space();
            let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
            picks.push(match quote {
                Some(quote) => Pick::Key(self.quoted(quote)?.into()),
                None => {
                    let number = self.number()?;
                    self.space();
                    if picks.is_empty() && self.rest.starts_with(':') {
                        return self.slice(number);
                    }
                    Pick::Index(number?)
                }
            });
            self.space();
            if self.eat("]") {
                return Some(Step::Any(picks.into()));
            }
            if !self.eat(",") {
                return None;
            }
        }
    }

    fn slice(&mut self, start: Option<i64>) -> Option<Step> {
        self.eat(":");
        self.space();
        let end = self.number()?;
        self.space();
        let step = if self.eat(":") {
            self.space();
            self.number()?.unwrap_or(1)
        } else {
            1
        };
        self.space();
        (self.eat("]") && step > 0).then_some(Step::Slice { start, end, step })
    }

    /// An integer, or nothing; `None` when it is too large.
    fn number(&mut self) -> Option<Option<i64>> {
        let sign = usize::from(self.rest.starts_with('-'));
        let len = sign + self.rest.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if len == 0 {
            return Some(None);
        }
        let (digits, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        digits.parse().ok().map(Some)
    }

    /// A quoted key, escapes as in JSON.
    fn quoted(&mut self, quote: char) -> Option<Vec<u8>> {
        let inner = self.rest.get(1..)?;
        let (mut end, mut escaped) = (None, false);
        for (at, c) in inner.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let end = end?;
        let raw = self.rest.get(..end + 2)?;
        self.rest = inner.get(end + 1..)?;
        Some(string(raw.as_bytes()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOC: &str = r#"{"model":"m","messages":[
        {"role":"system","content":[{"type":"text"},{"type":"image_url","n":1}]},
        {"role":"user","content":"hi"}],"a":{"b":{"c":2}},"x y":"z","":0,"list":[0,1,2,3,4]}"#;

    fn find(path: &str) -> String {
        let value = BodyPath::parse(path).unwrap().find(Node::parse(DOC.as_bytes()).unwrap());
        value.map_or_else(|| "nil".into(), |v| String::from_utf8(v.to_bytes().into_owned()).unwrap())
    }

    #[test]
    fn paths_find() {
        let cases = [
            ("model", "m"),
            ("a.b.c", "2"),
            ("a.b", r#"{"c":2}"#),
            ("a.x.c", "nil"),
            ("model.x", "nil"),
            ("list", "[0,1,2,3,4]"),
            ("list.0", "nil"),
            ("messages[*].content[*].type", r#"["text","image_url"]"#),
            ("messages[0].role", r#"["system"]"#),
            ("messages[-1].role", r#"["user"]"#),
            ("messages[-9].role", "nil"),
            ("messages[0,1]['role']", r#"["system","user"]"#),
            ("messages[0]['role','content'][0]['type']", r#"["text"]"#),
            ("['x y']", r#"["z"]"#),
            ("[\"x y\"]", r#"["z"]"#),
            ("..type", r#"["text","image_url"]"#),
            ("a..c", "[2]"),
            ("messages..n", "[1]"),
            ("messages..[0].type", r#"["text"]"#),
            ("a.*.c", "[2]"),
            ("a.b.*", "[2]"),
            ("list[1:3]", "[1,2]"),
            ("list[-2:]", "[3,4]"),
            ("list[::2]", "[0,2,4]"),
            ("list[:-3]", "[0,1]"),
            ("list[ 1 ]", "[1]"),
            ("nothing[*]", "nil"),
            ("messages[*].nothing", "nil"),
        ];
        for (path, expected) in cases {
            assert_eq!(find(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_path() {
        for path in [
            "",
            "messages[.x",
            "messages[.content[*].type",
            "a[",
            "a[]",
            "a[0",
            "a['b]",
            "a[0]b",
            "a...b",
            "a[?(@.b)]",
            "a[(1)]",
            "a..",
            "a[1:2:0]",
            "a[1:2:-1]",
            "a[99999999999999999999]",
            "a[1,]",
            "a..b..c..d..e..f",
        ] {
            assert_eq!(BodyPath::parse(path).unwrap_err().to_string(), format!("invalid jsonpath '{path}'"));
        }
    }

    #[test]
    fn deep_documents_end() {
        let doc = format!("{}{}", "[".repeat(64), "]".repeat(64));
        let node = Node::parse(doc.as_bytes()).unwrap();
        assert!(BodyPath::parse("..*..*..*..*").unwrap().find(node).is_none());
    }

    proptest! {
        #[test]
        fn parse_never_panics(path in "[a-z.\\[\\]*'\",:0-9\\\\é -]{0,16}", doc in "[\\[\\]{}\",:a-c0-9 ]{0,32}") {
            if let (Ok(path), Some(node)) = (BodyPath::parse(&path), Node::parse(doc.as_bytes())) {
                let _ = path.find(node);
            }
        }
    }
}
