//! Calls that the shell asks for.

use std::rc::Rc;

use reqwest::Method;
use serde_json::Value;

use super::connection::Connection;
use crate::commands::api::only_checks;
use crate::error::Result;
use crate::resources::{self, ALL, IdForm, Reference};
use crate::tui::msg::{Call, Failure};

/// Makes a call.
///
/// # Errors
/// What failed, in the words of the commands.
pub(super) async fn make(connection: Rc<Connection>, call: Call) -> std::result::Result<Value, Failure> {
    answer(&connection, &call).await.map_err(|error| Failure::of(&error))
}

/// Whether a call may change something.
pub(super) fn changes(call: &Call) -> bool {
    let path = call.path.split('?').next().unwrap_or_default();
    !matches!(call.method, Method::GET | Method::HEAD | Method::OPTIONS)
        && !only_checks(&call.path)
        && path.trim_end_matches('/') != "/live/explain"
}

async fn answer(connection: &Connection, call: &Call) -> Result<Value> {
    if changes(call) {
        connection.settings.writable()?;
    }
    let answer = connection.call(call, about(&call.path).or_else(|| named(call)).as_ref()).await?;
    match answer.body.trim_ascii().is_empty() {
        true => Ok(Value::Null),
        false => answer.json(),
    }
}

/// The object that a path names.
fn about(path: &str) -> Option<Reference> {
    let path = path.split('?').next().unwrap_or_default();
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    let resource = |form: fn(IdForm) -> bool, name: &str| ALL.iter().find(|of| form(of.id) && of.path() == name);
    match words.as_slice() {
        [_, _, _, _] => {
            let (resource, id) = resources::nested::of_key(&format!("/{}", words.join("/")))?;
            Reference::new(resource, &id).ok().filter(|_| resource.id.is_nested())
        }
        [name, manager, id] => {
            Reference::new(resource(|form| form == IdForm::Secret, name)?, &format!("{manager}/{id}")).ok()
        }
        [name, id] => {
            let plain = |form: IdForm| form != IdForm::Secret && !form.is_nested();
            Reference::new(resource(plain, name)?, id).ok()
        }
        _ => None,
    }
}

/// The object that a call names in its body alone, as those that put consumers do.
fn named(call: &Call) -> Option<Reference> {
    let resource = ALL.iter().find(|of| of.id == IdForm::Username && call.path == format!("/{}", of.path()))?;
    Reference::new(resource, call.body.as_ref()?.get("username")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_is_about() {
        for (path, object) in [
            ("/routes/1", Some("route/1")),
            ("/routes/1?force=true", Some("route/1")),
            ("/plugin_configs/a", Some("plugin-config/a")),
            ("/consumers/bob", Some("consumer/bob")),
            ("/consumers/bob/credentials/c1", Some("credential/bob/c1")),
            ("/services/s/graphql_cost_decorations/a", Some("graphql-cost-decoration/s/a")),
            ("/a/b/c/d", None),
            ("/secrets/vault/1", Some("secret/vault/1")),
            ("/routes", None),
            ("/live/info", None),
            ("/routes/..", None),
            ("/secrets/vault", None),
        ] {
            assert_eq!(about(path).map(|about| about.to_string()).as_deref(), object, "{path}");
        }
    }

    #[test]
    fn what_changes_something() {
        let changes = |method: &Method, path: &str| {
            let call = Call { method: method.clone(), path: path.into(), body: None, if_match: None, patience: None };
            super::changes(&call)
        };
        assert!(changes(&Method::PUT, "/routes/1") && changes(&Method::POST, "/live/rollback"));
        assert!(!changes(&Method::GET, "/routes/1") && !changes(&Method::POST, "/live/explain"));
        assert!(!changes(&Method::POST, "/schema/validate/routes"));
    }
}
