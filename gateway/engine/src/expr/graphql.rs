//! GraphQL documents, read as far as routing needs: the first operation's kind, name and root fields (GraphQL
//! specification, October 2021, §2). The whole document must be well formed; type system definitions are refused.

use std::borrow::Cow;

use super::json;

/// Nesting of selections and values a document may have.
pub const MAX_DEPTH: usize = 50;
/// Bytes a document may have unless `graphql.max_size` says otherwise.
pub const MAX_SIZE: usize = 1 << 20;

/// The first operation of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `query`, `mutation` or `subscription`.
    pub kind: &'static str,
    /// Empty for an anonymous operation.
    pub name: String,
    /// Names (not aliases) of the fields selected at the root, in order, those of fragments included.
    pub root_fields: Vec<String>,
}

impl Operation {
    /// Reads a document of at most `max_size` bytes; `None` for a larger one, one that is not well formed, is nested
    /// deeper than [`MAX_DEPTH`], or has no operation.
    #[must_use]
    pub fn parse(document: &[u8], max_size: usize) -> Option<Self> {
        if document.len() > max_size {
            return None;
        }
        let text = std::str::from_utf8(document).ok()?;
        let mut parser =
            Parser { lexer: Lexer { rest: text.strip_prefix('\u{feff}').unwrap_or(text) }, next: Token::End };
        parser.advance()?;
        parser.document()
    }
}

/// The document of a request: of a GET the query argument `query`, which `argument` gives; of a POST the field `query` when the
/// content type is exactly `application/json` (as APISIX compares it, without parameters), else the body. Other methods have none.
#[must_use]
pub fn document<'r>(
    method: &[u8],
    argument: impl FnOnce() -> Option<Cow<'r, [u8]>>,
    content_type: &[u8],
    body: &'r [u8],
) -> Option<Cow<'r, [u8]>> {
    match method {
        b"GET" => argument(),
        b"POST" if content_type == b"application/json" => json::Node::parse(body)?.member(b"query")?.text(),
        b"POST" if !body.is_empty() => Some(Cow::Borrowed(body)),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'t> {
    End,
    Punct(&'t str),
    Name(&'t str),
    /// A number or a string, whose value nobody asks for.
    Scalar,
}

struct Lexer<'t> {
    rest: &'t str,
}

impl<'t> Lexer<'t> {
    fn token(&mut self) -> Option<Token<'t>> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
            match self.rest.strip_prefix('#') {
                Some(comment) => {
                    self.rest = comment.find(['\n', '\r']).map_or("", |at| comment.get(at..).unwrap_or(""))
                }
                None => break,
            }
        }
        let Some(first) = self.rest.bytes().next() else { return Some(Token::End) };
        Some(match first {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|' | b'}' => {
                Token::Punct(self.take(1)?)
            }
            b'.' if self.rest.starts_with("...") => Token::Punct(self.take(3)?),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let len = self.rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                Token::Name(self.take(len)?)
            }
            _ => return None,
        })
    }

    fn take(&mut self, len: usize) -> Option<&'t str> {
        let (head, tail) = self.rest.split_at_checked(len)?;
        self.rest = tail;
        Some(head)
    }

    fn string(&mut self) -> Option<Token<'t>> {
        if let Some(block) = self.rest.strip_prefix("\"\"\"") {
            let mut from = 0;
            loop {
                let at = from + block.get(from..)?.find("\"\"\"")?;
                self.rest = block.get(at + 3..)?;
                if !block.get(..at)?.ends_with('\\') {
                    return Some(Token::Scalar);
                }
                from = at + 3;
            }
        }
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                '\n' | '\r' => return None,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.take(at + 1)?;
                    return Some(Token::Scalar);
                }
                _ => {}
            }
        }
        None
    }

    fn number(&mut self) -> Option<Token<'t>> {
        let len = self.rest.bytes().take_while(|b| b.is_ascii_digit() || b"-+.eE".contains(b)).count();
        let text = self.take(len)?;
        // A name must not follow at once (§2.9.1).
        let end = self.rest.bytes().next().is_none_or(|b| !(b.is_ascii_alphanumeric() || b == b'_'));
        (end && text.parse::<f64>().is_ok()).then_some(Token::Scalar)
    }
}

/// What a selection set holds at its first level.
#[derive(Default)]
struct Selections<'t> {
    fields: Vec<Pick<'t>>,
}

enum Pick<'t> {
    Field(&'t str),
    Spread(&'t str),
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    next: Token<'t>,
}

impl<'t> Parser<'t> {
    fn advance(&mut self) -> Option<()> {
        self.next = self.lexer.token()?;
        Some(())
    }

    fn eat(&mut self, punct: &str) -> Option<bool> {
        let found = self.next == Token::Punct(punct);
        if found {
            self.advance()?;
        }
        Some(found)
    }

    fn expect(&mut self, punct: &str) -> Option<()> {
        self.eat(punct)?.then_some(())
    }

    fn name(&mut self) -> Option<&'t str> {
        let Token::Name(name) = self.next else { return None };
        self.advance()?;
        Some(name)
    }

    fn document(&mut self) -> Option<Operation> {
        let mut first: Option<(&'static str, &'t str, Selections<'t>)> = None;
        let mut fragments: Vec<(&'t str, Selections<'t>)> = Vec::new();
        while self.next != Token::End {
            if self.next == Token::Punct("{") {
                let selections = self.selection_set(1)?;
                first.get_or_insert(("query", "", selections));
                continue;
            }
            match self.name()? {
                "fragment" => {
                    let name = self.name().filter(|name| *name != "on")?;
                    self.type_condition()?;
                    self.directives()?;
                    fragments.push((name, self.selection_set(1)?));
                }
                word => {
                    let kind = *["query", "mutation", "subscription"].iter().find(|kind| **kind == word)?;
                    let name = if matches!(self.next, Token::Name(_)) { self.name()? } else { "" };
                    self.variables()?;
                    self.directives()?;
                    let selections = self.selection_set(1)?;
                    first.get_or_insert((kind, name, selections));
                }
            }
        }
        let (kind, name, selections) = first?;
        Some(Operation { kind, name: name.to_owned(), root_fields: root_fields(&selections, &fragments) })
    }

    fn type_condition(&mut self) -> Option<()> {
        (self.name()? == "on").then_some(())?;
        self.name().map(|_| ())
    }

    fn variables(&mut self) -> Option<()> {
        if !self.eat("(")? {
            return Some(());
        }
        loop {
            self.expect("$")?;
            self.name()?;
            self.expect(":")?;
            self.type_reference()?;
            if self.eat("=")? {
                self.value(1)?;
            }
            self.directives()?;
            if self.eat(")")? {
                return Some(());
            }
        }
    }

    fn type_reference(&mut self) -> Option<()> {
        let mut lists = 0usize;
        while self.eat("[")? {
            lists += 1;
        }
        self.name()?;
        self.eat("!")?;
        for _ in 0..lists {
            self.expect("]")?;
            self.eat("!")?;
        }
        Some(())
    }

    fn directives(&mut self) -> Option<()> {
        while self.eat("@")? {
            self.name()?;
            self.arguments()?;
        }
        Some(())
    }

    fn arguments(&mut self) -> Option<()> {
        if !self.eat("(")? {
            return Some(());
        }
        loop {
            self.name()?;
            self.expect(":")?;
            self.value(1)?;
            if self.eat(")")? {
                return Some(());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.next {
            Token::Scalar | Token::Name(_) => self.advance(),
            Token::Punct("$") => {
                self.advance()?;
                self.name().map(|_| ())
            }
            Token::Punct("[") => {
                self.advance()?;
                while !self.eat("]")? {
                    self.value(depth + 1)?;
                }
                Some(())
            }
            Token::Punct("{") => {
                self.advance()?;
                while !self.eat("}")? {
                    self.name()?;
                    self.expect(":")?;
                    self.value(depth + 1)?;
                }
                Some(())
            }
            Token::Punct(_) | Token::End => None,
        }
    }

    fn selection_set(&mut self, depth: usize) -> Option<Selections<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.expect("{")?;
        let mut found = Selections::default();
        loop {
            if self.eat("...")? {
                self.fragment(depth, &mut found)?;
            } else {
                let mut name = self.name()?;
                if self.eat(":")? {
                    name = self.name()?;
                }
                self.arguments()?;
                self.directives()?;
                if self.next == Token::Punct("{") {
                    self.selection_set(depth + 1)?;
                }
                found.fields.push(Pick::Field(name));
            }
            if self.eat("}")? {
                return Some(found);
            }
        }
    }

    fn fragment(&mut self, depth: usize, into: &mut Selections<'t>) -> Option<()> {
        match self.next {
            Token::Name(name) if name != "on" => {
                self.advance()?;
                self.directives()?;
                into.fields.push(Pick::Spread(name));
            }
            _ => {
                if self.next == Token::Name("on") {
                    self.type_condition()?;
                }
                self.directives()?;
                // What an inline fragment selects is selected here.
                into.fields.extend(self.selection_set(depth + 1)?.fields);
            }
        }
        Some(())
    }
}

/// Resolves spreads, so that a field cannot hide in a fragment. Each fragment counts once: they may be circular.
fn root_fields(root: &Selections<'_>, fragments: &[(&str, Selections<'_>)]) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = vec![false; fragments.len()];
    let mut stack = vec![root.fields.iter()];
    while let Some(top) = stack.last_mut() {
        match top.next() {
            None => {
                stack.pop();
            }
            Some(Pick::Field(name)) => out.push((*name).to_owned()),
            Some(Pick::Spread(name)) => {
                let Some(at) = fragments.iter().position(|(n, _)| n == name) else { continue };
                if let (Some(seen), Some((_, fragment))) = (seen.get_mut(at), fragments.get(at))
                    && !std::mem::replace(seen, true)
                {
                    stack.push(fragment.fields.iter());
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::args;
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<(&'static str, String, String)> {
        Operation::parse(text.as_bytes(), MAX_SIZE).map(|o| (o.kind, o.name, o.root_fields.join(",")))
    }

    #[test]
    fn first_operations() {
        let cases = [
            ("query repo {\n owner {\n name\n }\n}", "query", "repo", "owner"),
            ("query{owner{name}}", "query", "", "owner"),
            ("{ owner { name } repo }", "query", "", "owner,repo"),
            (
                "mutation repo($ep: Episode!, $r: [In!]! = [1 {a: \"x\"}]) { createReview(e: $ep, r: $r) { stars } }\nquery q { a }",
                "mutation",
                "repo",
                "createReview",
            ),
            (
                "subscription S @live(if: true) { alias: tick(every: -1.5e3, s: \"\"\"a \\\"\"\" b\"\"\") @x }",
                "subscription",
                "S",
                "tick",
            ),
            (
                "fragment F on Q { secret ...G } fragment G on Q { deep ...F } query { ... on Q { a } ... @include(if: $x) { b } ...F c ...F }",
                "query",
                "",
                "a,b,secret,deep,c",
            ),
            ("# comment { \n, query # x\n named { query }", "query", "named", "query"),
            (
                "\u{feff}query Q($n: Int = 50) { products(first: $n, f: {a: [], b: {}}) { nodes { name } } }",
                "query",
                "Q",
                "products",
            ),
        ];
        for (text, kind, name, fields) in cases {
            assert_eq!(parse(text), Some((kind, name.to_owned(), fields.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_document() {
        let deep = |n: usize| format!("{}a{}", "{a".repeat(n), "}".repeat(n));
        assert!(parse(&deep(50)).is_some());
        let values = |n: usize| format!("{{a(b:{}{})}}", "[".repeat(n), "]".repeat(n));
        assert!(parse(&values(50)).is_some());
        for text in [
            "",
            "AA",
            "{",
            "{}",
            "{a",
            "{a}}",
            "query",
            "query {a} extra",
            "{a(b:)}",
            "{a(b:1a)}",
            "{a(b:01x)}",
            "{a \"}",
            "fragment F on Q {a}",
            "type Q { a: Int }",
            "{a(b:\"x\ny\")}",
            "{a..b}",
            "fragment on on Q {a} {b}",
            "query ($a Int) {a}",
            "{a(b:1.2.3)}",
            "\u{1f600}",
            &deep(51),
            &values(51),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(Operation::parse(b"query {a}", 5), None);
        assert_eq!(Operation::parse(b"\xff{a}", MAX_SIZE), None);
    }

    #[test]
    fn where_the_document_is() {
        let json = "application/json";
        let cases: &[(&str, &str, &str, &str, Option<&str>)] = &[
            ("GET", "query=query{owner{name}}&query=x", "", "", Some("query{owner{name}}")),
            ("GET", "a=1", "", "{b}", None),
            ("POST", "query={x}", "", "{b}", Some("{b}")),
            ("POST", "", json, "{\"query\":\"query{a(b:\\\"c\\\")}\"}", Some("query{a(b:\"c\")}")),
            ("POST", "", json, "{}", None),
            ("POST", "", json, "{\"query\":1}", None),
            ("POST", "", json, "query {a}", None),
            ("POST", "", "application/json; charset=utf-8", "{a}", Some("{a}")),
            ("POST", "", "", "", None),
            ("PUT", "query={x}", "", "{b}", None),
        ];
        for (method, query, content_type, body, expected) in cases {
            let found = document(
                method.as_bytes(),
                || args::form(query.as_bytes(), b"query"),
                content_type.as_bytes(),
                body.as_bytes(),
            );
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{method} {query} {content_type} {body}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[{}()\\[\\]:$@!.\"#=a-c1 \\-\\\\\nquery]{0,48}") {
            let _ = parse(&text);
        }
    }
}
