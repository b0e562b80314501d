//! What a consistent-hashing upstream hashes.

use crate::expr::{HeaderVar, Lookup, Template, Var};

/// What `hash_on` and `key` say, compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashKey {
    /// A variable: of `hash_on: vars`, or one that a header, a cookie or the consumer's name is.
    Var(Var),
    /// A text with variables in it: `$host$request_uri` (`hash_on: vars_combinations`).
    Template(Template),
}

impl HashKey {
    /// Compiles `hash_on` and `key`, which the schema has checked; an unknown `hash_on` counts as `vars`.
    pub fn new(hash_on: &str, key: &str) -> Self {
        match hash_on {
            "header" => Self::Var(Var::Http(HeaderVar::new(key))),
            "cookie" => Self::Var(Var::Cookie(key.as_bytes().into())),
            "consumer" => Self::Var(Var::ConsumerName),
            "vars_combinations" => Self::Template(Template::parse(key)),
            _ => Self::Var(Var::parse(key)),
        }
    }

    /// Calls `f` with what to hash for a request; where that is absent or empty, with the client's address.
    pub fn with<R>(&self, x: &dyn Lookup, f: impl FnOnce(&[u8]) -> R) -> R {
        let mut text = Vec::new();
        match self {
            Self::Var(var) => {
                let value = x.var(var);
                if let Some(value) = &value {
                    let bytes = value.to_bytes();
                    if !bytes.is_empty() {
                        return f(&bytes);
                    }
                }
            }
            Self::Template(template) => {
                if template.render(x, &mut text).resolved == 0 && template.vars().next().is_some() {
                    text.clear();
                }
                if !text.is_empty() {
                    return f(&text);
                }
            }
        }
        match x.var(&Var::RemoteAddr) {
            Some(address) => f(&address.to_bytes()),
            None => f(b""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Value;

    struct Table(&'static [(&'static str, &'static str)]);

    impl Lookup for Table {
        fn var(&self, var: &Var) -> Option<Value<'_>> {
            let name = var.name();
            self.0.iter().find(|(n, _)| *n == &*name).map(|(_, v)| Value::from(*v))
        }
    }

    #[test]
    fn what_is_hashed() {
        let request = Table(&[
            ("remote_addr", "192.0.2.1"),
            ("uri", "/a"),
            ("arg_device_id", "42"),
            ("http_x_sessionid", "s1"),
            ("cookie_custom-cookie", "c1"),
            ("host", "foo.com"),
            ("http_empty", ""),
        ]);
        let cases: &[(&str, &str, &str)] = &[
            ("vars", "uri", "/a"),
            ("vars", "arg_device_id", "42"),
            ("vars", "arg_absent", "192.0.2.1"),
            ("header", "X-Sessionid", "s1"),
            ("header", "empty", "192.0.2.1"),
            ("cookie", "custom-cookie", "c1"),
            ("cookie", "custom-Cookie", "192.0.2.1"),
            ("consumer", "", "192.0.2.1"),
            ("vars_combinations", "$host$uri-x", "foo.com/a-x"),
            ("vars_combinations", "$arg_absent-x", "192.0.2.1"),
            ("vars_combinations", "text", "text"),
        ];
        for (hash_on, key, expected) in cases {
            let seen = HashKey::new(hash_on, key).with(&request, <[u8]>::to_vec);
            assert_eq!(String::from_utf8_lossy(&seen), *expected, "{hash_on} {key}");
        }
    }
}
