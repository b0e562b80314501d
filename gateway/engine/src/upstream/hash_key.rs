//! What a consistent-hashing upstream hashes.

/// What `hash_on` and `key` say, compiled. An empty or absent value falls back to `remote_addr`; the pipeline sees to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashKey {
    /// A variable, without `$` (`hash_on: vars`).
    Var(Box<str>),
    /// A request header, by the name as configured (`hash_on: header`).
    Header(Box<str>),
    /// A cookie (`hash_on: cookie`).
    Cookie(Box<str>),
    /// The consumer's name (`hash_on: consumer`).
    Consumer,
    /// A text with variables in it: `$host$request_uri` (`hash_on: vars_combinations`).
    Template(Box<str>),
}

impl HashKey {
    /// Compiles `hash_on` and `key`, which the schema has checked; an unknown `hash_on` counts as `vars`.
    pub fn new(hash_on: &str, key: &str) -> Self {
        match hash_on {
            "header" => Self::Header(key.into()),
            "cookie" => Self::Cookie(key.into()),
            "consumer" => Self::Consumer,
            "vars_combinations" => Self::Template(key.into()),
            _ => Self::Var(key.into()),
        }
    }
}
