//! Filters: a regular expression over what is shown, `!` for what does not match, `-f` for letters in their order, `-l` for
//! labels, `key=value` terms on fields, and `=` for an expression.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::filter::{self, Path, Selector, text_of};

/// What a row must be like to be shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, Default)]
enum Test {
    #[default]
    All,
    Match(Regex),
    Not(Box<Test>),
    Fuzzy(String),
    Labels(String),
    Terms(Vec<(String, bool, String)>),
    Expression(String),
}

/// A filter that was read, ready for many rows.
pub(crate) enum Ready<'a> {
    All,
    Match(&'a Regex),
    Not(Box<Ready<'a>>),
    Fuzzy(&'a str),
    Labels(Selector),
    Terms(Vec<(Path, bool, &'a str)>),
    Expression(filter::Filter),
}

impl Filter {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong, in a line.
    pub(crate) fn parse(text: &str) -> Result<Filter, String> {
        let test = test(text.trim())?;
        Ok(Filter { text: text.trim().to_owned(), test })
    }

    /// As it was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The fields that it looks at.
    pub(crate) fn paths(&self) -> Vec<Path> {
        paths(&self.test)
    }

    /// Why it holds for none of some rows, where that is likely to be a slip. Each row comes with a fuller form of it, where
    /// there is one.
    pub(crate) fn slip<'v>(
        &self,
        rows: impl Iterator<Item = (&'v Value, Option<&'v Value>)> + Clone,
    ) -> Option<String> {
        let has = |path: &Path, value: &Value| path.first(value).is_some();
        let unknown = |path: &Path| {
            !rows.clone().any(|(row, fuller)| has(path, row) || fuller.is_some_and(|fuller| has(path, fuller)))
        };
        match &self.test {
            Test::Terms(terms) => {
                let mut keys = terms.iter().map(|(key, ..)| key);
                let stranger = keys.find(|key| Path::parse(key).is_ok_and(|path| unknown(&path)))?;
                Some(format!("none of them has a field {stranger}"))
            }
            Test::Expression(text) => {
                let filter = filter::Filter::parse(text).ok()?;
                let stranger = filter.paths().into_iter().find(|path| unknown(path))?;
                Some(format!("none of them has a field {stranger}"))
            }
            Test::Match(_) if compares(&self.text) => {
                Some(format!("it was looked for as a text; = {} looks at fields", self.text))
            }
            _ => None,
        }
    }

    /// Made ready for many rows.
    pub(crate) fn ready(&self) -> Ready<'_> {
        ready(&self.test)
    }
}

/// A filter in a line that goes on with it: behind terms another one may follow at once.
pub(crate) fn to_go_on(mut text: String) -> String {
    let is_term = |word: &str| word == "&&" || term(word).is_some();
    if text.split_whitespace().last().is_some() && text.split_whitespace().all(is_term) && !text.ends_with(' ') {
        text.push(' ');
    }
    text
}

fn test(text: &str) -> Result<Test, String> {
    if text.is_empty() {
        return Ok(Test::All);
    }
    if let Some(rest) = text.strip_prefix('!') {
        return Ok(Test::Not(Box::new(test(rest.trim())?)));
    }
    if let Some(letters) = text.strip_prefix("-f ") {
        return Ok(Test::Fuzzy(letters.trim().to_lowercase()));
    }
    if let Some(selector) = text.strip_prefix("-l ") {
        Selector::parse(selector.trim()).map_err(|error| error.message().to_owned())?;
        return Ok(Test::Labels(selector.trim().to_owned()));
    }
    if let Some(expression) = text.strip_prefix('=') {
        filter::Filter::parse(expression.trim()).map_err(|error| error.message().to_owned())?;
        return Ok(Test::Expression(expression.trim().to_owned()));
    }
    if let Some(terms) = text.split_whitespace().map(term).collect::<Option<Vec<_>>>() {
        return Ok(Test::Terms(terms));
    }
    let regex = RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build();
    regex.map(Test::Match).map_err(|_| format!("\"{text}\" is no regular expression"))
}

/// Whether a text looks like an expression.
fn compares(text: &str) -> bool {
    let Some((name, value)) = ["==", "!=", ">=", "<=", ">", "<"].iter().find_map(|op| text.split_once(op)) else {
        return false;
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
    !value.trim().is_empty() && name.trim().chars().all(plain) && Path::parse(name.trim()).is_ok()
}

fn paths(test: &Test) -> Vec<Path> {
    match test {
        Test::Not(test) => paths(test),
        Test::Terms(terms) => terms.iter().filter_map(|(key, ..)| Path::parse(key).ok()).collect(),
        Test::Expression(text) => {
            let filter = filter::Filter::parse(text).ok();
            filter.iter().flat_map(filter::Filter::paths).cloned().collect()
        }
        Test::All | Test::Match(_) | Test::Fuzzy(_) | Test::Labels(_) => Vec::new(),
    }
}

/// `key=value`, `key!=value`.
fn term(word: &str) -> Option<(String, bool, String)> {
    let (key, value) = word.split_once('=')?;
    let (key, equal) = key.strip_suffix('!').map_or((key, true), |key| (key, false));
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    (plain && Path::parse(key).is_ok()).then(|| (key.to_owned(), equal, value.to_lowercase()))
}

fn ready(test: &Test) -> Ready<'_> {
    match test {
        Test::All => Ready::All,
        Test::Match(regex) => Ready::Match(regex),
        Test::Not(test) => Ready::Not(Box::new(ready(test))),
        Test::Fuzzy(letters) => Ready::Fuzzy(letters),
        // Both were read before.
        Test::Labels(text) => Selector::parse(text).map_or(Ready::All, Ready::Labels),
        Test::Expression(text) => filter::Filter::parse(text).map_or(Ready::All, Ready::Expression),
        Test::Terms(terms) => {
            let read =
                |(key, equal, value): &'_ (String, bool, String)| Some((Path::parse(key).ok()?, *equal, value.len()));
            let paths = terms.iter().filter_map(read);
            Ready::Terms(
                paths.zip(terms).map(|((path, equal, _), (_, _, value))| (path, equal, value.as_str())).collect(),
            )
        }
    }
}

impl Ready<'_> {
    /// Whether a row is shown. `fuller` is the row with its defaults, where it does not have them itself; `cells` gives what
    /// the row shows, where that is asked for.
    pub(crate) fn holds(&self, value: &Value, fuller: Option<&Value>, cells: &dyn Fn() -> String) -> bool {
        match self {
            Ready::All => true,
            Ready::Match(regex) => regex.is_match(&cells()),
            Ready::Not(test) => !test.holds(value, fuller, cells),
            Ready::Fuzzy(letters) => fuzzy(&cells(), letters),
            Ready::Labels(selector) => selector.matches(value),
            Ready::Expression(filter) => filter.holds(value, fuller),
            Ready::Terms(terms) => terms.iter().all(|(path, equal, wanted)| {
                let has = path
                    .all(fuller.unwrap_or(value))
                    .into_iter()
                    .any(|found| text_of(found).to_lowercase().contains(wanted));
                has == *equal
            }),
        }
    }
}

/// Whether a text has the letters in their order.
pub(crate) fn fuzzy(text: &str, letters: &str) -> bool {
    let mut rest = text.chars().flat_map(char::to_lowercase);
    letters.chars().filter(|c| !c.is_whitespace()).all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form() {
        let value = json!({"id": "pay", "uri": "/pay/*", "labels": {"team": "a"}, "status": 1});
        let holds =
            |text: &str| Filter::parse(text).unwrap().ready().holds(&value, None, &|| "pay /pay/* GET".to_owned());
        for (text, expected) in [
            ("", true),
            ("PAY.*get", true),
            ("!pay", false),
            ("orders", false),
            ("-f pgt", true),
            ("-f tgp", false),
            ("-l team=a", true),
            ("-l team=b", false),
            ("uri=pay status=1", true),
            ("uri!=pay", false),
            ("= status == 1 && has(labels.team)", true),
        ] {
            assert_eq!(holds(text), expected, "{text}");
        }
        for (text, expected) in
            [("uri=/a", "uri=/a "), ("a=1 && b!=2", "a=1 && b!=2 "), ("pay", "pay"), ("", ""), ("= a", "= a")]
        {
            assert_eq!(to_go_on(text.to_owned()), expected);
        }
        let rows = [value.clone()];
        let slip = |text: &str| Filter::parse(text).unwrap().slip(rows.iter().map(|row| (row, None)));
        assert_eq!(slip("rps=1 uri=x").unwrap(), "none of them has a field rps");
        assert_eq!(slip("= rps > 0").unwrap(), "none of them has a field rps");
        assert_eq!(slip("rps > 0").unwrap(), "it was looked for as a text; = rps > 0 looks at fields");
        assert_eq!((slip("status=2"), slip("orders"), slip("(?<a>x)")), (None, None, None));
        assert!(Filter::parse("(").is_err() && Filter::parse("= a ==").is_err() && Filter::parse("-l =").is_err());
    }
}
