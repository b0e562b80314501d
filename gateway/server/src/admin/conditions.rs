//! What a client asks of a write beside the write itself: that nothing has changed meanwhile (`If-Match`, `If-None-Match`), and
//! that it is only tried (`dry_run=true`).

use hyper::StatusCode;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use hyper::http::request::Parts;

use super::answers::Refusal;
use super::query::Query;

/// The conditions of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    /// The revision the object must have.
    matching: Option<Tags>,
    /// The revision it must not have.
    other_than: Option<Tags>,
    /// Everything is checked and nothing stored.
    pub(super) rehearsal: bool,
}

/// Entity tags: revisions of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: any there is.
    Any,
    /// One of these. Tags that are no revision of ours match nothing.
    Revisions(Vec<u64>),
}

/// Most tags that are read.
const TAGS: usize = 100;

/// Whether everything is to be checked and nothing stored: `dry_run` of the query.
///
/// # Errors
/// It is neither `true` nor `false`: a write must not happen because of a typing error.
pub(super) fn rehearsal(query: &Query) -> Result<bool, Refusal> {
    match query.get("dry_run") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::bad("invalid argument dry_run: should be true or false")),
    }
}

impl Conditions {
    /// The conditions of a request.
    ///
    /// # Errors
    /// As for [`rehearsal`].
    pub(super) fn of(head: &Parts, query: &Query) -> Result<Conditions, Refusal> {
        let (matching, other_than) = (tags(head, &IF_MATCH), tags(head, &IF_NONE_MATCH));
        Ok(Conditions { matching, other_than, rehearsal: rehearsal(query)? })
    }

    /// Holds them against the object as it is now: its revision, `None` where there is no object.
    ///
    /// # Errors
    /// 412.
    pub(super) fn check(&self, revision: Option<u64>) -> Result<(), Refusal> {
        let failed = |text: String| Err(Refusal::new(StatusCode::PRECONDITION_FAILED, text));
        match (&self.matching, revision) {
            (Some(_), None) => {
                return failed("there is no such object, so no revision of it matches If-Match".to_owned());
            }
            (Some(tags), Some(revision)) if !tags.contain(revision) => {
                return failed(format!("revision is {revision}"));
            }
            _ => {}
        }
        match (&self.other_than, revision) {
            (Some(Tags::Any), Some(revision)) => {
                failed(format!("the object exists, which If-None-Match rules out; its revision is {revision}"))
            }
            (Some(tags), Some(revision)) if tags.contain(revision) => failed(format!("revision is {revision}")),
            _ => Ok(()),
        }
    }
}

impl Tags {
    fn contain(&self, revision: u64) -> bool {
        match self {
            Tags::Any => true,
            Tags::Revisions(revisions) => revisions.contains(&revision),
        }
    }
}

fn tags(head: &Parts, name: &HeaderName) -> Option<Tags> {
    let mut fields = head.headers.get_all(name).iter().peekable();
    fields.peek()?;
    let texts = fields.filter_map(|field| field.to_str().ok()).flat_map(|field| field.split(',')).map(str::trim);
    let mut revisions = Vec::new();
    for text in texts.take(TAGS) {
        if text == "*" {
            return Some(Tags::Any);
        }
        // What lies on the way may have weakened a tag; a revision is the same object to the byte all the same.
        let tag = text.strip_prefix("W/").unwrap_or(text);
        revisions.extend(tag.trim_matches('"').parse::<u64>());
    }
    Some(Tags::Revisions(revisions))
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::body::Bytes;

    use super::*;

    fn check(fields: &[(&str, &str)], revision: Option<u64>) -> bool {
        let mut request = Request::builder().uri("/");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let head = request.body(Bytes::new()).unwrap().into_parts().0;
        Conditions::of(&head, &Query::parse("")).unwrap().check(revision).is_ok()
    }

    #[test]
    fn tags_against_revisions() {
        for (name, value, revision, passes) in [
            ("If-Match", "\"7\"", Some(7), true),
            ("If-Match", "7", Some(7), true),
            ("If-Match", "W/\"7\"", Some(7), true),
            ("If-Match", "\"6\", \"7\"", Some(7), true),
            ("If-Match", "\"6\"", Some(7), false),
            ("If-Match", "\"x\"", Some(7), false),
            ("If-Match", "", Some(7), false),
            ("If-Match", "*", Some(7), true),
            ("If-Match", "*", None, false),
            ("If-Match", "\"7\"", None, false),
            ("If-None-Match", "*", None, true),
            ("If-None-Match", "*", Some(7), false),
            ("If-None-Match", "\"7\"", Some(7), false),
            ("If-None-Match", "\"6\"", Some(7), true),
            ("Accept", "*", Some(7), true),
        ] {
            assert_eq!(check(&[(name, value)], revision), passes, "{name}: {value} {revision:?}");
        }
        assert!(check(&[("If-Match", "\"1\""), ("If-Match", "\"7\"")], Some(7)));
    }

    #[test]
    fn a_dry_run_is_said_plainly() {
        let head = Request::new(Bytes::new()).into_parts().0;
        let dry = |query: &str| Conditions::of(&head, &Query::parse(query)).map(|c| c.rehearsal).map_err(drop);
        let cases = [("", Ok(false)), ("dry_run=true", Ok(true)), ("dry_run=false", Ok(false)), ("dry_run=1", Err(()))];
        for (query, expected) in cases {
            assert_eq!(dry(query), expected, "{query}");
        }
    }
}
