//! Label selectors, as kubectl has them: `k=v,k2!=v,k3,!k4,k5 in (a,b),k6 notin (c)`.

use serde_json::{Map, Value};

use super::{MAX_LENGTH, Problem, text_of};
use crate::error::Result;

/// All of the requirements have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// Usage, with the column.
    pub(crate) fn parse(text: &str) -> Result<Selector> {
        read(text).map(Selector).map_err(|problem| problem.in_text("-l", text))
    }

    /// Whether an object's labels are those wanted. A label that is not there is unequal to everything.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = object.get("labels").and_then(Value::as_object);
        self.0.iter().all(|requirement| requirement.holds(labels))
    }

    /// A key that every selected object has: servers filter by the key of a label, not by its value.
    pub(crate) fn key(&self) -> Option<&str> {
        let positive = |requirement: &&Requirement| matches!(requirement.test, Test::Exists | Test::In(_));
        self.0.iter().find(positive).map(|requirement| requirement.key.as_str())
    }
}

impl Requirement {
    fn holds(&self, labels: Option<&Map<String, Value>>) -> bool {
        let value = labels.and_then(|labels| labels.get(&self.key));
        let among = |wanted: &[String]| value.is_some_and(|value| wanted.iter().any(|w| *w == text_of(value)));
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::In(wanted) => among(wanted),
            Test::NotIn(wanted) => !among(wanted),
        }
    }
}

fn read(text: &str) -> std::result::Result<Vec<Requirement>, Problem> {
    if text.len() > MAX_LENGTH {
        return Err(Problem::new(MAX_LENGTH, "too long"));
    }
    let mut reader = Reader { text, at: 0 };
    let mut all = Vec::new();
    loop {
        all.push(reader.requirement()?);
        if reader.rest().is_empty() {
            return Ok(all);
        }
        if !reader.take(",") {
            return Err(Problem::new(reader.at, "a comma is expected"));
        }
    }
}

const LABEL: &str = "a label";

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn requirement(&mut self) -> std::result::Result<Requirement, Problem> {
        if self.take("!") {
            return Ok(Requirement { key: self.word(LABEL)?, test: Test::Missing });
        }
        let key = self.word(LABEL)?;
        for (sign, unequal) in [("!=", true), ("==", false), ("=", false)] {
            if self.take(sign) {
                let value = vec![self.word("a value")?];
                return Ok(Requirement { key, test: if unequal { Test::NotIn(value) } else { Test::In(value) } });
            }
        }
        for (word, unequal) in [("notin", true), ("in", false)] {
            if self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.take(word);
                let values = self.values()?;
                return Ok(Requirement { key, test: if unequal { Test::NotIn(values) } else { Test::In(values) } });
            }
        }
        Ok(Requirement { key, test: Test::Exists })
    }

    fn values(&mut self) -> std::result::Result<Vec<String>, Problem> {
        self.take("(");
        let mut values = Vec::new();
        loop {
            values.push(self.word("a value")?);
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(Problem::new(self.at, "a comma or a closing bracket is expected"));
            }
        }
    }

    fn word(&mut self, what: &str) -> std::result::Result<String, Problem> {
        let rest = self.rest();
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '=' | '!' | '(' | ')')).unwrap_or(rest.len());
        if end == 0 {
            return Err(Problem::new(self.at, format!("{what} is expected")));
        }
        if what == LABEL
            && let Some(at) = rest[..end].find(['<', '>', '~'])
        {
            let message = "labels are compared with =, !=, in and notin (--where 'labels.team > 3' does more);";
            return Err(Problem::new(self.at + at, message));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// What is left, without white space in front.
    fn rest(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_forms() {
        let object = json!({"labels": {"team": "blue", "env": "prod", "n": 5, "instance": "x"}});
        for (text, expected) in [
            ("team=blue", true),
            ("team==blue", true),
            ("team=red", false),
            ("team!=red", true),
            ("none!=red", true),
            ("team", true),
            ("none", false),
            ("!none", true),
            ("! team", false),
            ("env in (dev, prod)", true),
            ("env in(dev)", false),
            ("env notin (dev)", true),
            ("none notin (dev)", true),
            ("n=5", true),
            ("team=blue, env=prod,!none", true),
            ("team=blue,env=dev", false),
            ("instance", true),
        ] {
            assert_eq!(Selector::parse(text).unwrap().matches(&object), expected, "{text}");
        }
        assert!(Selector::parse("!a").unwrap().matches(&json!({})));
        assert_eq!(Selector::parse("!a,b!=c,d=e").unwrap().key(), Some("d"));
        assert_eq!(Selector::parse("!a").unwrap().key(), None);
    }

    #[test]
    fn mistakes_say_where() {
        let mut all = String::new();
        for text in ["", "a,", "a=", "=b", "a b", "a in (b", "a in ()", "a=b)", "a!b", "a>3", "a=b,c<=3", "a~b"] {
            all.push_str(&format!("{text:10} {}\n", Selector::parse(text).unwrap_err().message()));
        }
        insta::assert_snapshot!(all);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-c =!(),]{0,20}|\\PC{0,16}") {
            if let Ok(selector) = Selector::parse(&text) {
                selector.matches(&json!({"labels": {"a": "b"}}));
            }
        }

        #[test]
        fn equal_and_unequal_are_opposites(key in "[a-z]{1,3}", value in "[a-z0-9.-]{1,3}", held in "[a-z]{1,3}") {
            let object = json!({"labels": {key.clone(): held.clone()}});
            let equal = Selector::parse(&format!("{key}={value}")).unwrap().matches(&object);
            prop_assert_eq!(equal, held == value);
            prop_assert_eq!(Selector::parse(&format!("{key}!={value}")).unwrap().matches(&object), !equal);
            prop_assert_eq!(Selector::parse(&format!("{key} in (q,{value})")).unwrap().matches(&object), equal || held == "q");
        }
    }
}
