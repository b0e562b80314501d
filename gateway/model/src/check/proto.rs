//! The content of a proto: source, or a descriptor set in base64. Whoever compiles it reads it for good; here it only
//! has to be one of the two, so that a mistake is seen by who makes it.

use base64::Engine;
use serde_json::Value;

use super::Invalid;

/// Checks `content`.
pub(super) fn check(object: &Value) -> Result<(), Invalid> {
    let content = object.get("content").and_then(Value::as_str).unwrap_or_default();
    if is_descriptor_set(content) {
        return Ok(());
    }
    source(content).map_err(|error| Invalid::new("proto", format!("invalid content: {error}")).at("/content"))
}

/// Base64 of protobuf's wire form whose fields are all number 1 of type bytes: `repeated FileDescriptorProto file = 1`.
fn is_descriptor_set(content: &str) -> bool {
    let packed: String = content.split_ascii_whitespace().collect();
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(packed) else { return false };
    let mut rest = bytes.as_slice();
    if rest.is_empty() {
        return false;
    }
    while let Some((tag, behind)) = rest.split_first() {
        let Some((length, behind)) = (*tag == 0x0A).then(|| varint(behind)).flatten() else { return false };
        let Some(next) = behind.get(length..) else { return false };
        rest = next;
    }
    true
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for (i, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7F) << (7 * i);
        if byte & 0x80 == 0 {
            return bytes.get(i + 1..).map(|rest| (value, rest));
        }
    }
    None
}

/// Statements at the top of a file: each begins with one of the language's words and ends with `;` or a block; strings,
/// comments and brackets close.
fn source(content: &str) -> Result<(), String> {
    let mut scan = Scan { chars: content.chars().peekable(), line: 1 };
    let mut open: Vec<char> = Vec::new();
    let mut fresh = true; // at the beginning of a statement
    let mut statements = 0usize;
    while let Some(token) = scan.token()? {
        let line = scan.line;
        match token {
            Token::Symbol(c @ ('{' | '[' | '(')) => {
                // Whoever compiles it recurses.
                if open.len() >= MAX_DEPTH {
                    return Err(format!("line {line}: nested too deep"));
                }
                open.push(c);
                fresh = false;
            }
            Token::Symbol(c @ ('}' | ']' | ')')) => {
                let opened = open.pop();
                if opened
                    != Some(match c {
                        '}' => '{',
                        ']' => '[',
                        _ => '(',
                    })
                {
                    return Err(format!("line {line}: unexpected '{c}'"));
                }
                fresh = c == '}' && open.is_empty();
            }
            Token::Symbol(';') if open.is_empty() => fresh = true,
            Token::Word(word) if open.is_empty() && fresh => {
                if !TOP.contains(&&*word) {
                    return Err(format!("line {line}: unexpected '{word}'"));
                }
                fresh = false;
                statements += 1;
            }
            Token::Symbol(c) if open.is_empty() && fresh => return Err(format!("line {line}: unexpected '{c}'")),
            Token::Text if open.is_empty() && fresh => return Err(format!("line {line}: unexpected string")),
            _ => {}
        }
    }
    match open.pop() {
        Some(c) => Err(format!("'{c}' is never closed")),
        None if !fresh => Err("unexpected end".into()),
        None if statements == 0 => Err("neither proto source nor a base64 descriptor set".into()),
        None => Ok(()),
    }
}

/// Blocks and brackets nest so deep.
const MAX_DEPTH: usize = 100;

/// Words a statement at the top of a file may begin with.
const TOP: &[&str] = &["syntax", "edition", "package", "import", "option", "message", "enum", "service", "extend"];

enum Token {
    Word(String),
    Symbol(char),
    Text,
}

struct Scan<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn token(&mut self) -> Result<Option<Token>, String> {
        while let Some(c) = self.next() {
            match c {
                c if c.is_whitespace() => {}
                '/' if self.chars.peek() == Some(&'/') => while self.next().is_some_and(|c| c != '\n') {},
                '/' if self.chars.peek() == Some(&'*') => self.comment()?,
                '"' | '\'' => {
                    self.text(c)?;
                    return Ok(Some(Token::Text));
                }
                c if is_word(c) => {
                    let mut word = String::from(c);
                    while let Some(c) = self.chars.next_if(|c| is_word(*c)) {
                        word.push(c);
                    }
                    return Ok(Some(Token::Word(word)));
                }
                c => return Ok(Some(Token::Symbol(c))),
            }
        }
        Ok(None)
    }

    fn comment(&mut self) -> Result<(), String> {
        let start = self.line;
        self.next();
        let mut last = ' ';
        while let Some(c) = self.next() {
            if last == '*' && c == '/' {
                return Ok(());
            }
            last = c;
        }
        Err(format!("line {start}: comment is never closed"))
    }

    fn text(&mut self, quote: char) -> Result<(), String> {
        let start = self.line;
        while let Some(c) = self.next() {
            match c {
                '\\' => {
                    self.next();
                }
                '\n' => break,
                c if c == quote => return Ok(()),
                _ => {}
            }
        }
        Err(format!("line {start}: string is never closed"))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn source_and_descriptor_sets_pass() {
        let source = "// c\nsyntax = \"proto3\";\npackage a.b; /* {\n */\nimport 'x.proto';\noption (a).b = {c: [1]};\n\
            message M { string a = 1 [deprecated = true]; message N {} oneof o { int32 b = 2; } }\n\
            enum E { A = 0; }\nservice S { rpc F (M) returns (stream M) { option (x) = \"}\"; } };\n";
        let set = base64::engine::general_purpose::STANDARD.encode([0x0A, 0x03, 0x0A, 0x01, b'a', 0x0A, 0x00]);
        for content in [source.to_owned(), set] {
            assert_eq!(check(&json!({ "content": content })), Ok(()), "{content}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let cases = [
            ("hello", "invalid content: line 1: unexpected 'hello'"),
            ("", "invalid content: neither proto source nor a base64 descriptor set"),
            ("message M {", "invalid content: '{' is never closed"),
            ("message M }", "invalid content: line 1: unexpected '}'"),
            ("syntax = \"proto3", "invalid content: line 1: string is never closed"),
            ("package a", "invalid content: unexpected end"),
            ("\n/* x", "invalid content: line 2: comment is never closed"),
            ("1;", "invalid content: line 1: unexpected '1'"),
            (&format!("message M {{ option (a) = {}", "{".repeat(100)), "invalid content: line 1: nested too deep"),
        ];
        for (content, text) in cases {
            assert_eq!(check(&json!({ "content": content })).unwrap_err().message, text);
        }
    }

    proptest! {
        #[test]
        fn never_panics(content in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = source(&content);
            let _ = is_descriptor_set(&base64::engine::general_purpose::STANDARD.encode(bytes));
        }
    }
}
