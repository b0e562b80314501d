//! What a server refuses, told in the words of the offline check: those name every fault, with its place and what was
//! probably meant, where the server's name the first, in words that its clients match on.

use serde_json::Value;

use crate::error::{Error, Kind};
use crate::lint;
use crate::resources::Reference;

/// More faults of one object are counted only.
const SHOWN: usize = 5;

/// The refusal of an object as a whole; what only the server can tell stays in its words.
pub(crate) fn explained(error: Error, reference: &Reference, whole: &Value) -> Error {
    let told = error.said().map(details).unwrap_or_default();
    with_details(error, &told, reference, whole)
}

/// The same where all that the server says is wrong is known otherwise.
pub(crate) fn with_details(error: Error, told: &[Detail], reference: &Reference, whole: &Value) -> Error {
    if error.kind() != Kind::Rejected || !matches!(error.status(), None | Some(400)) {
        return error;
    }
    let faults = faults_behind(reference, whole, error.message());
    let field = match (faults.first(), told) {
        (Some(first), _) => first.path.clone(),
        (None, [(path, _), _, ..]) => Some(path.clone()).filter(|path| !path.is_empty()),
        // Nothing that it has not said already.
        (None, _) => return error,
    };
    let own = |path: &str| faults.iter().any(|fault| fault.path.as_deref().unwrap_or_default() == path);
    let others = told.iter().filter(|(path, _)| !own(path)).map(|(path, said)| match path.as_str() {
        "" => said.clone(),
        path => format!("{path}: {said}"),
    });
    let mut words: Vec<String> = faults.iter().map(|fault| fault.message.clone()).chain(others).collect();
    if let Some(more) = words.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        words.truncate(SHOWN);
        words.push(format!("and {more} more"));
    }
    error.in_words(&words.join("; "), field)
}

/// Where something is wrong, as a JSON pointer, and what.
pub(crate) type Detail = (String, String);

/// All that the server says is wrong; none from one that tells the first fault alone.
pub(crate) fn details(answer: &Value) -> Vec<Detail> {
    let all = answer.get("details").and_then(Value::as_array);
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let told = all.into_iter().flatten().map(|of| (text(of, "path"), text(of, "message")));
    told.filter(|(_, message)| !message.is_empty()).collect()
}

/// The faults of an object about which the server has said something.
pub(crate) fn faults_behind(reference: &Reference, whole: &Value, said: &str) -> Vec<lint::Fault> {
    // The server may have plugins that nobody here knows.
    let foreign = |fault: &lint::Fault| fault.is_unknown_plugin() && !said.contains("unknown plugin");
    lint::faults(reference, whole.clone()).into_iter().filter(|fault| !foreign(fault)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Form;

    fn told(kind: &str, said: &str, value: &Value) -> String {
        let reference = Reference::new(crate::resources::find(kind).unwrap(), "x").unwrap();
        explained(Error::new(Kind::Rejected, said), &reference, value).print(Form::Text, str::to_owned)
    }

    #[test]
    fn all_faults_with_what_was_meant() {
        let value = json!({"uri": "/a", "methods": ["GETT"], "upstreem": {}, "plugins": {"keyauth": {}}});
        insta::assert_snapshot!(told("route", "additional properties forbidden, found upstreem", &value));
        insta::assert_snapshot!(told("route", "unknown plugin [keyauth]", &value));
        let whole = json!({"cert": "-", "snis": ["a.example"]});
        insta::assert_snapshot!(told("ssl", "then clause did not match", &whole));
        insta::assert_snapshot!(told(
            "route",
            "allOf 1 failed: value should match only one schema",
            &json!({"uri": "/a"})
        ));
        let limited = json!({"uri": "/a", "plugins": {"limit-count": {"count": 1}}, "upstream_id": "u"});
        insta::assert_snapshot!(told(
            "route",
            "failed to check the configuration of plugin limit-count err: x",
            &limited
        ));
    }

    /// What only the server can see wrong is told beside what is seen here, and all of it.
    #[test]
    fn all_that_the_server_says() {
        let said = "failed to check the configuration of plugin a err: first";
        let refused = |details: Value| {
            let body = json!({"error_msg": said, "details": details});
            let http = crate::error::Http { method: "PUT".into(), path: "/x".into(), status: 400, body };
            Error::new(Kind::Rejected, said).http(http)
        };
        let reference = Reference::new(crate::resources::find("route").unwrap(), "x").unwrap();
        let two = json!([{"path": "/plugins/a", "code": "plugin", "message": "first"}, {"path": "/vars/0", "code": "expression", "message": "second"}]);
        let fine = json!({"uri": "/a", "upstream_id": "u"});
        let error = explained(refused(two.clone()), &reference, &fine);
        assert_eq!(
            (error.message(), error.field_pointer()),
            ("/plugins/a: first; /vars/0: second", Some("/plugins/a"))
        );
        let one = json!([{"path": "/plugins/a", "code": "plugin", "message": "first"}]);
        assert_eq!(explained(refused(one), &reference, &fine).message(), said);
        let both = explained(refused(two), &reference, &json!({"uri": "/a", "upstream_id": "u", "priorty": 1}));
        assert!(
            both.message().starts_with("unknown field \"priorty\"") && both.message().ends_with("; /vars/0: second"),
            "{both:?}"
        );
    }

    #[test]
    fn nothing_is_said_twice() {
        let value = json!({"plugins": {"cors": {}}, "upstream_id": "u"});
        let told = told("route", "allOf 1 failed: value should match only one schema", &value);
        assert_eq!(told.matches("is missing").count(), 1, "{told}");
    }

    #[test]
    fn what_only_the_server_knows_stays() {
        let value = json!({"uri": "/a", "upstream_id": "nope", "plugins": {"of-our-own": {}}});
        let said = "failed to fetch upstream info by upstream id [nope], response code: 404";
        assert_eq!(told("route", said, &value), format!("error: {said}\n"));
    }
}
