//! Descriptors of parameter types, as the JVM writes them: `Ljava/lang/String;I[B`.

use std::borrow::Cow;

/// The JVM allows no more parameters (JVMS 4.3.3).
pub const MOST_PARAMETERS: usize = 255;

/// The types that a descriptor names, one after the other; an `Err` if it is none, and nothing behind it.
#[derive(Debug, Clone)]
pub struct Types<'a> {
    rest: &'a str,
    count: usize,
}

/// A text that is no descriptor, from where it stops to be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no parameter type: {0:?}")]
pub struct NoDescriptor(pub String);

/// The types in `descriptor`.
pub fn types(descriptor: &str) -> Types<'_> {
    Types { rest: descriptor, count: 0 }
}

/// How many types `descriptor` names; `None`: it is no descriptor.
#[inline]
pub fn count(descriptor: &str) -> Option<u32> {
    count_bytes(descriptor.as_bytes())
}

/// The same of a descriptor in place, in whatever encoding: what tells types apart is ASCII.
#[inline]
pub(crate) fn count_bytes(descriptor: &[u8]) -> Option<u32> {
    let (mut rest, mut count) = (descriptor, 0usize);
    while !rest.is_empty() {
        rest = rest.get(type_len(rest)?..)?;
        count += 1;
        if count > MOST_PARAMETERS {
            return None;
        }
    }
    u32::try_from(count).ok()
}

impl<'a> Iterator for Types<'a> {
    type Item = Result<&'a str, NoDescriptor>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.count += 1;
        let len = type_len(self.rest.as_bytes()).filter(|_| self.count <= MOST_PARAMETERS);
        match len.and_then(|len| self.rest.split_at_checked(len)) {
            Some((one, rest)) => {
                self.rest = rest;
                Some(Ok(one))
            }
            None => {
                let shown = self.rest.chars().take(40).collect();
                self.rest = "";
                Some(Err(NoDescriptor(shown)))
            }
        }
    }
}

/// The name of a type as Java's `Class.getName` gives it, which is what generic calls take: `int`, `java.lang.String`,
/// `[Ljava.lang.String;`, `[I`.
pub fn java_name(one: &str) -> Cow<'_, str> {
    let class = || one.strip_prefix('L').and_then(|name| name.strip_suffix(';')).unwrap_or(one);
    let name = primitive(one).unwrap_or_else(class);
    if name.contains('/') { Cow::Owned(name.replace('/', ".")) } else { Cow::Borrowed(name) }
}

/// The name of a primitive type, or `void`, by its letter; `None`: it is none of these.
pub(crate) fn primitive(letter: &str) -> Option<&'static str> {
    Some(match letter {
        "V" => "void",
        "Z" => "boolean",
        "B" => "byte",
        "C" => "char",
        "S" => "short",
        "I" => "int",
        "J" => "long",
        "F" => "float",
        "D" => "double",
        _ => return None,
    })
}

/// Length of the type that `bytes` begin with.
#[inline]
fn type_len(bytes: &[u8]) -> Option<usize> {
    let dimensions = bytes.iter().take_while(|b| **b == b'[').count();
    match bytes.get(dimensions)? {
        b'V' | b'Z' | b'B' | b'C' | b'S' | b'I' | b'J' | b'F' | b'D' => Some(dimensions + 1),
        b'L' => {
            let name = bytes.get(dimensions + 1..)?;
            let len = name.iter().position(|b| matches!(b, b';' | b'['))?;
            (len > 0 && name.get(len) == Some(&b';')).then_some(dimensions + len + 2)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_apart_and_named() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("", &[], &[]),
            ("I", &["I"], &["int"]),
            ("Ljava/lang/String;I", &["Ljava/lang/String;", "I"], &["java.lang.String", "int"]),
            ("[B[[J", &["[B", "[[J"], &["[B", "[[J"]),
            ("[Ljava/lang/String;D", &["[Ljava/lang/String;", "D"], &["[Ljava.lang.String;", "double"]),
            (
                "Lpeer/Outer$Inner;ZCSFV",
                &["Lpeer/Outer$Inner;", "Z", "C", "S", "F", "V"],
                &["peer.Outer$Inner", "boolean", "char", "short", "float", "void"],
            ),
        ];
        for (descriptor, parts, names) in cases {
            let found: Vec<&str> = types(descriptor).map(Result::unwrap).collect();
            assert_eq!(found, *parts);
            assert_eq!(count(descriptor), Some(parts.len() as u32));
            assert_eq!(found.iter().map(|one| java_name(one)).collect::<Vec<_>>(), *names);
        }
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        for bad in ["X", "L", "L;", "Ljava/lang/String", "[", "I ", "II[", "java.lang.String", "L[;", "é", "Lé"] {
            assert_eq!(count(bad), None, "{bad}");
            assert!(types(bad).any(|one| one.is_err()), "{bad}");
        }
        assert_eq!(count(&"I".repeat(255)), Some(255));
        assert_eq!(count(&"I".repeat(256)), None);
        assert!(types(&"I".repeat(256)).any(|one| one.is_err()));
        assert_eq!(types(&"I".repeat(256)).count(), 256);
    }
}
