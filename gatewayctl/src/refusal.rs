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
    if error.kind() != Kind::Rejected || !matches!(error.status(), None | Some(400)) {
        return error;
    }
    let faults = faults_behind(reference, whole, error.message());
    let Some(first) = faults.first() else { return error };
    let field = first.path.clone();
    let mut words: Vec<String> = faults.iter().take(SHOWN).map(|fault| fault.message.clone()).collect();
    if faults.len() > SHOWN {
        words.push(format!("and {} more", faults.len() - SHOWN));
    }
    error.in_words(&words.join("; "), field)
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

    #[test]
    fn what_only_the_server_knows_stays() {
        let value = json!({"uri": "/a", "upstream_id": "nope", "plugins": {"of-our-own": {}}});
        let said = "failed to fetch upstream info by upstream id [nope], response code: 404";
        assert_eq!(told("route", said, &value), format!("error: {said}\n"));
    }
}
