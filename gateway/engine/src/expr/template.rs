//! Strings with variables: `$name`, `${name}`, `${name ?? default}`.
//!
//! Traps that are kept because configurations rely on them: `.` belongs to a name without braces (`$host.x` is the
//! variable `host.x`), a backslash before `$` stops the expansion and stays in the text, a default needs braces.

use super::Lookup;
use super::var::Var;

/// A compiled template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Box<[Part]>,
}

/// What a rendering found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Variables that had a value or a default. Where this is 0 though the template has variables, callers treat the
    /// whole text as missing.
    pub resolved: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<[u8]>),
    Var { var: Var, default: Option<Box<[u8]>> },
}

impl Template {
    /// Compiles a text; every text is a template.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut parts, mut plain, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            plain.extend_from_slice(before.as_bytes());
            let escaped = before.ends_with('\\');
            match variable(after).filter(|_| !escaped) {
                Some((part, tail)) => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain).into()));
                    }
                    parts.push(part);
                    rest = tail;
                }
                None => {
                    plain.push(b'$');
                    rest = after;
                }
            }
        }
        plain.extend_from_slice(rest.as_bytes());
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Self { parts: parts.into() }
    }

    /// The text of a template without variables.
    #[must_use]
    pub fn as_literal(&self) -> Option<&[u8]> {
        match &*self.parts {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variables, in order.
    pub fn vars(&self) -> impl Iterator<Item = &Var> {
        self.parts.iter().filter_map(|part| match part {
            Part::Var { var, .. } => Some(var),
            Part::Text(_) => None,
        })
    }

    /// Whether the request's body must be collected before.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.vars().any(Var::needs_body)
    }

    /// Appends the text with its variables replaced; one without a value is empty.
    pub fn render(&self, values: &dyn Lookup, out: &mut Vec<u8>) -> Rendered {
        self.render_with(values, out, |value, out| out.extend_from_slice(value))
    }

    /// [`Self::render`] with `write` deciding how a value (not a default) enters the text: escaped for a URI, say.
    pub fn render_with(
        &self,
        values: &dyn Lookup,
        out: &mut Vec<u8>,
        mut write: impl FnMut(&[u8], &mut Vec<u8>),
    ) -> Rendered {
        let mut rendered = Rendered::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Var { var, default } => match (values.var(var), default) {
                    (Some(value), _) => {
                        write(&value.to_bytes(), out);
                        rendered.resolved += 1;
                    }
                    (None, Some(default)) => {
                        out.extend_from_slice(default);
                        rendered.resolved += 1;
                    }
                    (None, None) => {}
                },
            }
        }
        rendered
    }
}

/// The variable behind a `$`, and what follows it.
fn variable(text: &str) -> Option<(Part, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        let (inner, tail) = braced.split_once('}')?;
        let (name, default) = match inner.split_once("??") {
            Some((name, default)) => (name, Some(default.trim().as_bytes().into())),
            None => (inner, None),
        };
        let name = name.trim();
        let is_name = !name.is_empty() && !name.contains(['{', '$', '\\']) && !name.contains(char::is_whitespace);
        return is_name.then(|| (Part::Var { var: Var::parse(name), default }, tail));
    }
    let len = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
    let (name, tail) = text.split_at_checked(len)?;
    (len > 0).then(|| (Part::Var { var: Var::parse(name), default: None }, tail))
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;
    use proptest::prelude::*;

    struct Table;

    impl Lookup for Table {
        fn var(&self, var: &Var) -> Option<Value<'_>> {
            Some(match &*var.name() {
                "uri" => "/hello?x".into(),
                "host" => "foo.com".into(),
                "arg_name" => "jack".into(),
                "status" => Value::Int(200),
                "post_arg.list[*]" => Value::List(vec!["a\"b".into(), Value::Num(1.5), Value::Bool(false)]),
                "1" => "group".into(),
                "empty" => "".into(),
                _ => return None,
            })
        }
    }

    #[test]
    fn renderings() {
        let cases = [
            ("", "", 0),
            ("plain", "plain", 0),
            ("$uri/test/a${arg_name}c", "/hello?x/test/ajackc", 2),
            ("$uri/$bad_var/bar", "/hello?x//bar", 1),
            ("/foo$$uri", "/foo$/hello?x", 1),
            ("\\$uri/foo$uri\\$uri/bar", "\\$uri/foo/hello?x\\$uri/bar", 1),
            ("\\${uri}", "\\${uri}", 0),
            ("\\$me", "\\$me", 0),
            ("$host.x", "", 0),
            ("${host}.x", "foo.com.x", 1),
            ("$host-x", "foo.com-x", 1),
            ("$host.", "", 0),
            ("${http_count ?? 2}", "2", 1),
            ("${arg_name ?? 2}", "jack", 1),
            ("${http_count ??}", "", 1),
            ("${http_count??a b}", "a b", 1),
            ("${ host }", "foo.com", 1),
            ("$http_count ?? 2", " ?? 2", 0),
            ("${", "${", 0),
            ("${}", "${}", 0),
            ("${a b}", "${a b}", 0),
            ("$", "$", 0),
            ("a$", "a$", 0),
            ("$-", "$-", 0),
            ("$1-${1}", "group-group", 2),
            ("$status", "200", 1),
            ("${post_arg.list[*]}", "[\"a\\\"b\",1.5,false]", 1),
            ("[$empty]", "[]", 1),
            ("é$hosté", "éfoo.comé", 1),
        ];
        for (text, expected, resolved) in cases {
            let mut out = Vec::new();
            let rendered = Template::parse(text).render(&Table, &mut out);
            assert_eq!((String::from_utf8_lossy(&out).as_ref(), rendered.resolved), (expected, resolved), "{text}");
        }
    }

    #[test]
    fn literals_are_known() {
        assert_eq!(Template::parse("").as_literal(), Some(&b""[..]));
        assert_eq!(Template::parse("\\$x $").as_literal(), Some(&b"\\$x $"[..]));
        assert_eq!(Template::parse("$x").as_literal(), None);
        assert!(Template::parse("a ${post_arg.x}").needs_body());
        assert_eq!(Template::parse("a $uri$host").vars().cloned().collect::<Vec<_>>(), [Var::Uri, Var::Host]);
    }

    #[test]
    fn values_can_be_escaped() {
        let mut out = Vec::new();
        Template::parse("$uri?a=${none ?? ?}").render_with(&Table, &mut out, |value, out| {
            for &b in value {
                if b == b'?' { out.extend_from_slice(b"%3F") } else { out.push(b) }
            }
        });
        assert_eq!(out, b"/hello%3Fx?a=?");
    }

    proptest! {
        #[test]
        fn a_literal_is_itself(text in "[^$]{0,24}") {
            let template = Template::parse(&text);
            prop_assert_eq!(template.as_literal(), Some(text.as_bytes()));
            let mut out = Vec::new();
            prop_assert_eq!(template.render(&Table, &mut out), Rendered { resolved: 0 });
            prop_assert_eq!(out, text.as_bytes());
        }

        #[test]
        fn never_panics(text in "[${}? .a-c\\\\é]{0,16}") {
            let mut out = Vec::new();
            Template::parse(&text).render(&Table, &mut out);
        }
    }
}
