//! The grammar of JSONPath templates.

use serde_json::Value;

use super::{Node, Op, Operand, Step};
use crate::filter::{MAX_LENGTH, Problem};

/// How deep ranges, and filters, may stand in each other.
const MAX_RANGES: usize = 16;

pub(super) fn parse(text: &str) -> Result<Vec<Node>, Problem> {
    if text.len() > MAX_LENGTH {
        return Err(Problem::new(MAX_LENGTH, "too long"));
    }
    let mut reader = Reader { text, at: 0, filters: 0 };
    if !text.contains('{') && !text.contains('}') {
        // A path without braces, as kubectl takes it.
        let steps = reader.path()?;
        return match reader.rest() {
            "" if steps.is_empty() => Err(Problem::new(0, "a path is expected")),
            "" => Ok(vec![Node::Path(steps)]),
            _ => Err(Problem::new(reader.at, "a path is expected")),
        };
    }
    let nodes = reader.nodes(0)?;
    match reader.rest() {
        "" => Ok(nodes),
        _ => Err(Problem::new(reader.at, "{end} without {range}")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// How many filters are open.
    filters: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.take(sign) { Ok(()) } else { Err(Problem::new(self.at, format!("\"{sign}\" is expected"))) }
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Up to the end, or to an `{end}`, which is not taken.
    fn nodes(&mut self, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut nodes = Vec::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['{', '}']).unwrap_or(rest.len());
            if plain > 0 {
                nodes.push(Node::Text(rest[..plain].to_owned()));
                self.at += plain;
            }
            if self.rest().is_empty() || self.rest().starts_with("{end}") {
                return Ok(nodes);
            }
            self.expect("{")?;
            self.blanks();
            if self.take("range ") {
                if depth == MAX_RANGES {
                    return Err(Problem::new(self.at, "ranges nested too deep"));
                }
                self.blanks();
                let steps = self.path()?;
                self.blanks();
                self.expect("}")?;
                let inner = self.nodes(depth + 1)?;
                if !self.take("{end}") {
                    return Err(Problem::new(self.at, "{range} without {end}"));
                }
                nodes.push(Node::Range(steps, inner));
                continue;
            }
            if self.rest().starts_with(['"', '\'']) {
                nodes.push(Node::Text(self.quoted()?));
            } else {
                let from = self.at;
                let steps = self.path()?;
                if steps.is_empty() {
                    return Err(Problem::new(from, "a path is expected"));
                }
                nodes.push(Node::Path(steps));
            }
            self.blanks();
            self.expect("}")?;
        }
    }

    fn path(&mut self) -> Result<Vec<Step>, Problem> {
        let mut steps = Vec::new();
        if self.take("$") {
            steps.push(Step::Root);
        } else if self.take("@") {
            steps.push(Step::Current);
        } else if self.rest().starts_with(|c| name_part(c) || c == '\\') {
            steps.push(Step::Field(self.name()));
        }
        loop {
            if self.take("..") {
                steps.push(Step::Deep);
                if self.take("*") {
                    steps.push(Step::Each);
                } else if self.rest().starts_with(|c| name_part(c) || c == '\\') {
                    steps.push(Step::Field(self.name()));
                } else if !self.rest().starts_with('[') {
                    return Err(Problem::new(self.at, "a name is expected"));
                }
            } else if self.take(".") {
                if self.take("*") {
                    steps.push(Step::Each);
                } else if self.rest().starts_with(|c| name_part(c) || c == '\\') {
                    steps.push(Step::Field(self.name()));
                } else if !self.rest().starts_with('[') {
                    // `.` by itself is the whole.
                    if steps.is_empty() {
                        steps.push(Step::Current);
                        return Ok(steps);
                    }
                    return Err(Problem::new(self.at, "a name is expected"));
                }
            } else if self.take("[") {
                self.blanks();
                steps.push(self.bracket()?);
                self.blanks();
                self.expect("]")?;
            } else {
                return Ok(steps);
            }
        }
    }

    fn bracket(&mut self) -> Result<Step, Problem> {
        if self.take("*") {
            return Ok(Step::Each);
        }
        if self.take("?") {
            self.blanks();
            self.expect("(")?;
            self.filters += 1;
            if self.filters > MAX_RANGES {
                return Err(Problem::new(self.at, "filters nested too deep"));
            }
            let filter = self.filter()?;
            self.filters -= 1;
            self.expect(")")?;
            return Ok(filter);
        }
        let mut all = Vec::new();
        loop {
            all.push(self.element()?);
            self.blanks();
            if !self.take(",") {
                break;
            }
            self.blanks();
        }
        match all.pop() {
            Some(only) if all.is_empty() => Ok(only),
            last => Ok(Step::Union(all.into_iter().chain(last).collect())),
        }
    }

    /// `'name'`, `1`, `1:2`, `::3`.
    fn element(&mut self) -> Result<Step, Problem> {
        if self.rest().starts_with(['"', '\'']) {
            return self.quoted().map(Step::Field);
        }
        let from = self.at;
        let first = self.integer()?;
        if !self.take(":") {
            return match first {
                Some(index) => Ok(Step::Index(index)),
                None => Err(Problem::new(from, "a number, 'name', * or ?() is expected")),
            };
        }
        let to = self.integer()?;
        let by = if self.take(":") { self.integer()?.unwrap_or(1) } else { 1 };
        if by < 1 {
            return Err(Problem::new(from, "a step of at least 1 is expected"));
        }
        Ok(Step::Slice(first, to, by))
    }

    fn integer(&mut self) -> Result<Option<i64>, Problem> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let length = rest.len() - digits.len() + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if length == 0 {
            return Ok(None);
        }
        let number = rest[..length].parse().map_err(|_| Problem::new(self.at, "not a number:"))?;
        self.at += length;
        Ok(Some(number))
    }

    fn filter(&mut self) -> Result<Step, Problem> {
        self.blanks();
        let path = self.path()?;
        if path.is_empty() {
            return Err(Problem::new(self.at, "a path like @.name is expected"));
        }
        self.blanks();
        let ops = [
            ("==", Op::Equal),
            ("!=", Op::Unequal),
            ("<=", Op::LessOrEqual),
            (">=", Op::GreaterOrEqual),
            ("<", Op::Less),
            (">", Op::Greater),
        ];
        let Some((_, op)) = ops.iter().find(|(sign, _)| self.take(sign)) else {
            return Ok(Step::Filter(path, None));
        };
        self.blanks();
        let operand = self.operand()?;
        self.blanks();
        Ok(Step::Filter(path, Some((*op, operand))))
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        let rest = self.rest();
        if rest.starts_with(['"', '\'']) {
            return self.quoted().map(|text| Operand::Value(Value::String(text)));
        }
        if rest.starts_with(['@', '$']) {
            return self.path().map(Operand::Path);
        }
        let length = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
        match serde_json::from_str::<Value>(&rest[..length]) {
            Ok(value) if !value.is_array() && !value.is_object() => {
                self.at += length;
                Ok(Operand::Value(value))
            }
            _ => Err(Problem::new(self.at, "a value is expected")),
        }
    }

    /// Text in either quotes; `\n`, `\t`, `\\` and the quote itself are escapes.
    fn quoted(&mut self) -> Result<String, Problem> {
        let mut chars = self.rest().char_indices();
        let quote = chars.next().map(|(_, c)| c);
        let mut text = String::new();
        while let Some((i, c)) = chars.next() {
            match c {
                c if Some(c) == quote => {
                    self.at += i + c.len_utf8();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, c)) => text.push(c),
                    None => {}
                },
                c => text.push(c),
            }
        }
        Err(Problem::new(self.at, "text without an end"))
    }

    /// A name; `\` keeps what follows in it.
    fn name(&mut self) -> String {
        let mut name = String::new();
        let mut chars = self.rest().char_indices();
        let mut end = self.rest().len();
        while let Some((i, c)) = chars.next() {
            match c {
                '\\' => name.extend(chars.next().map(|(_, c)| c)),
                c if name_part(c) => name.push(c),
                _ => {
                    end = i;
                    break;
                }
            }
        }
        self.at += end;
        name
    }
}

fn name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '/')
}
