//! The grammar of expressions, by recursive descent.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::lex::{Kind, Token, tokens};
use super::path::{Path, Step};
use super::{MAX_DEPTH, Problem};

/// A condition.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Or(Vec<Expr>),
    And(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Operand, Op, Operand),
    Matches(Operand, Regex),
    In(Operand, Vec<Operand>),
    Has(Path),
    Truth(Operand),
}

impl Expr {
    /// Adds the paths in it, in the order in which they were typed.
    pub(super) fn paths<'e>(&'e self, paths: &mut Vec<&'e Path>) {
        match self {
            Expr::Or(all) | Expr::And(all) => all.iter().for_each(|expr| expr.paths(paths)),
            Expr::Not(inner) => inner.paths(paths),
            Expr::Compare(left, _, right) => {
                left.path(paths);
                right.path(paths);
            }
            Expr::In(operand, list) => {
                operand.path(paths);
                list.iter().for_each(|item| item.path(paths));
            }
            Expr::Matches(operand, _) | Expr::Truth(operand) => operand.path(paths),
            Expr::Has(path) => paths.push(path),
        }
    }
}

/// A value of a document, or one that was typed.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Path(Path),
    Value(Value),
    Len(Box<Operand>),
    Lower(Box<Operand>),
}

impl Operand {
    fn path<'e>(&'e self, paths: &mut Vec<&'e Path>) {
        match self {
            Operand::Path(path) => paths.push(path),
            Operand::Value(_) => {}
            Operand::Len(inner) | Operand::Lower(inner) => inner.path(paths),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A regular expression may take this much memory once compiled.
const REGEX_LIMIT: usize = 1 << 20;

pub(super) fn parse(text: &str) -> Result<Expr, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        Token { kind: Kind::End, .. } => Ok(expr),
        other => Err(Problem::new(other.at, "&& or || is expected")),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr, Problem> {
        let mut all = vec![self.and()?];
        while self.take("||") {
            all.push(self.and()?);
        }
        Ok(one_or(all, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, Problem> {
        let mut all = vec![self.not()?];
        while self.take("&&") {
            all.push(self.not()?);
        }
        Ok(one_or(all, Expr::And))
    }

    fn not(&mut self) -> Result<Expr, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(self.peek().at, "nested too deep"));
        }
        let expr = if self.take("!") {
            Expr::Not(Box::new(self.not()?))
        } else if self.take("(") {
            let inner = self.or()?;
            self.expect(")")?;
            inner
        } else if self.word_before_bracket("has") {
            self.next += 2;
            let at = self.peek().at;
            let Operand::Path(path) = self.operand()? else {
                return Err(Problem::new(at, "has() takes a path like labels.team"));
            };
            self.expect(")")?;
            Expr::Has(path)
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let left = self.operand()?;
        let token = self.peek().clone();
        let op = match &token.kind {
            Kind::Sign("==") => Op::Equal,
            Kind::Sign("!=") => Op::Unequal,
            Kind::Sign("<") => Op::Less,
            Kind::Sign("<=") => Op::LessOrEqual,
            Kind::Sign(">") => Op::Greater,
            Kind::Sign(">=") => Op::GreaterOrEqual,
            Kind::Sign(sign @ ("=~" | "!~")) => {
                self.next += 1;
                let matches = Expr::Matches(left, self.regex()?);
                return Ok(if *sign == "!~" { Expr::Not(Box::new(matches)) } else { matches });
            }
            Kind::Word(word) if word == "in" => {
                self.next += 1;
                return Ok(Expr::In(left, self.list()?));
            }
            _ => return Ok(Expr::Truth(left)),
        };
        self.next += 1;
        Ok(Expr::Compare(left, op, self.operand()?))
    }

    fn regex(&mut self) -> Result<Regex, Problem> {
        let token = self.peek().clone();
        let Kind::Text(pattern) = token.kind else {
            return Err(Problem::new(token.at, "a regular expression in quotes is expected"));
        };
        self.next += 1;
        RegexBuilder::new(&pattern).size_limit(REGEX_LIMIT).build().map_err(|error| {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            Problem::new(token.at, format!("not a regular expression ({why})"))
        })
    }

    fn list(&mut self) -> Result<Vec<Operand>, Problem> {
        self.expect("[")?;
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(items);
        }
        loop {
            items.push(self.operand()?);
            if self.take("]") {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        let token = self.peek().clone();
        match token.kind {
            Kind::Text(text) => {
                self.next += 1;
                Ok(Operand::Value(Value::String(text)))
            }
            Kind::Number(number) => {
                self.next += 1;
                Ok(Operand::Value(Value::Number(number)))
            }
            Kind::Word(word) if self.word_before_bracket(&word) => self.function(&word, token.at),
            Kind::Word(word) => {
                self.next += 1;
                match word.as_str() {
                    "true" => Ok(Operand::Value(Value::Bool(true))),
                    "false" => Ok(Operand::Value(Value::Bool(false))),
                    "null" => Ok(Operand::Value(Value::Null)),
                    _ => self.path(vec![Step::Field(word)]).map(Operand::Path),
                }
            }
            Kind::Sign(".") => self.path(Vec::new()).map(Operand::Path),
            _ => Err(Problem::new(token.at, "a field or a value is expected")),
        }
    }

    fn function(&mut self, name: &str, at: usize) -> Result<Operand, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::new(at, "nested too deep"));
        }
        self.next += 2;
        let wrap = match name {
            "len" => Operand::Len,
            "lower" => Operand::Lower,
            "has" => return Err(Problem::new(at, "has() is a condition and no value:")),
            _ => return Err(Problem::new(at, "no such function (there are has, len and lower):")),
        };
        let inner = self.operand()?;
        self.expect(")")?;
        self.depth -= 1;
        Ok(wrap(Box::new(inner)))
    }

    /// What follows the first field: `.name`, `[0]`, `[*]`, `["name"]`.
    fn path(&mut self, mut steps: Vec<Step>) -> Result<Path, Problem> {
        loop {
            if self.take(".") {
                let token = self.peek().clone();
                match token.kind {
                    Kind::Word(word) => steps.push(Step::Field(word)),
                    Kind::Text(text) => steps.push(Step::Field(text)),
                    Kind::Number(number) => steps.push(Step::Field(number.to_string())),
                    _ => return Err(Problem::new(token.at, "a name is expected")),
                }
                self.next += 1;
            } else if self.take("[") {
                let token = self.peek().clone();
                match token.kind {
                    Kind::Text(text) => steps.push(Step::Field(text)),
                    Kind::Sign("*") => steps.push(Step::Each),
                    Kind::Number(number) if number.is_i64() => {
                        steps.push(Step::Index(number.as_i64().unwrap_or_default()));
                    }
                    _ => return Err(Problem::new(token.at, "a number, \"name\" or * is expected")),
                }
                self.next += 1;
                self.expect("]")?;
            } else {
                return Ok(Path::of(steps));
            }
        }
    }

    fn peek(&self) -> &Token {
        // The last token is the end, and nothing is taken behind it.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn word_before_bracket(&self, name: &str) -> bool {
        let word = matches!(&self.peek().kind, Kind::Word(word) if word == name);
        word && self.tokens.get(self.next + 1).is_some_and(|token| token.kind == Kind::Sign("("))
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek().kind, Kind::Sign(found) if found == sign);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.take(sign) { Ok(()) } else { Err(Problem::new(self.peek().at, format!("\"{sign}\" is expected"))) }
    }
}

fn one_or(mut all: Vec<Expr>, wrap: fn(Vec<Expr>) -> Expr) -> Expr {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            all.extend(last);
            wrap(all)
        }
    }
}
