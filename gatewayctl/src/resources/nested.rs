//! Objects that live below others: credentials below their consumer, costs of GraphQL fields below their service. What
//! differs between them is data here.

use gateway_model::Kind;
use serde_json::{Map, Value};

use super::{IdForm, Reference, Resource, every, find, of_kind};

/// Where the objects of a resource live that live below others.
#[derive(Debug)]
pub(crate) struct Nested {
    /// Their kind.
    own: Kind,
    /// The kind of what they live below.
    above: Kind,
    /// The field by which a file says below which object.
    pub(crate) field: &'static str,
    /// Whether that is a field of the object itself, which the server tells.
    is_told: bool,
    /// Whether a standalone file has them in the list of what they live below.
    is_among: bool,
}

static CREDENTIALS: Nested =
    Nested { own: Kind::Credential, above: Kind::Consumer, field: "consumer", is_told: false, is_among: true };

static COSTS: Nested = Nested {
    own: Kind::GraphqlCostDecoration,
    above: Kind::Service,
    field: "service_id",
    is_told: true,
    is_among: false,
};

impl IdForm {
    /// Where objects with such ids live, if that is below others.
    pub(crate) fn nested(self) -> Option<&'static Nested> {
        match self {
            IdForm::Credential => Some(&CREDENTIALS),
            IdForm::Cost => Some(&COSTS),
            _ => None,
        }
    }

    /// Whether its objects are listed below those of another resource, one after the other.
    pub(crate) fn is_nested(self) -> bool {
        self.nested().is_some()
    }
}

impl Nested {
    /// The resource of what they live below.
    pub(crate) fn above(&self) -> Option<&'static Resource> {
        every().find(|resource| resource.kind == self.above)
    }

    /// The path of those below one object.
    pub(crate) fn list_path(&self, parent: &str) -> String {
        format!("/{}/{parent}/{}", self.above.plural(), self.own.plural())
    }

    /// `bob/c1` in a store key, whatever is in front of `/consumers/bob/credentials/c1`.
    pub(crate) fn id_of_key(&self, key: &str) -> Option<String> {
        let (_, rest) = key.split_once(&format!("/{}/", self.above.plural()))?;
        self.plain(rest)
    }

    /// `bob/c1` for `bob/credentials/c1`.
    fn plain(&self, id: &str) -> Option<String> {
        let (parent, id) = id.split_once(&format!("/{}/", self.own.plural()))?;
        (!parent.is_empty() && !id.is_empty()).then(|| format!("{parent}/{id}"))
    }

    /// `bob/credentials/c1` for `bob/c1`, and the `c1`.
    pub(crate) fn whole<'i>(&self, id: &'i str) -> Option<(String, &'i str)> {
        let (parent, own) = id.split_once('/')?;
        Some((format!("{parent}/{}/{own}", self.own.plural()), own))
    }

    /// Completes the fields of an object by what it lives below, where that is one of them; elsewhere takes it away.
    pub(crate) fn settle(&self, fields: &mut Map<String, Value>, id: &str) {
        match id.split_once('/') {
            Some((parent, _)) if self.is_told => {
                fields.entry(self.field).or_insert_with(|| parent.into());
            }
            None if self.is_told => {}
            _ => drop(fields.shift_remove(self.field)),
        }
    }

    /// Puts into the fields of an object what says which one it is.
    pub(crate) fn name(&self, fields: &mut Map<String, Value>, id: &str) {
        let Some((parent, own)) = id.split_once('/') else { return };
        fields.insert(self.field.to_owned(), parent.into());
        fields.insert("id".to_owned(), own.into());
    }

    /// The same as a standalone file has it, and the list they stand in.
    pub(crate) fn name_in_list(&self, fields: &mut Map<String, Value>, id: &str) -> &'static str {
        match self.whole(id) {
            Some((whole, _)) if self.is_among => {
                fields.insert("id".to_owned(), whole.into());
                self.above.plural()
            }
            _ => {
                self.name(fields, id);
                self.own.plural()
            }
        }
    }

    /// The list of a bundle that the server checks them in; `None`: it checks none.
    pub(crate) fn bundled_in(&self) -> Option<&'static str> {
        self.is_among.then(|| self.above.plural())
    }
}

impl Reference {
    /// What an object lives below: the consumer of a credential.
    pub(crate) fn above(&self) -> Option<Reference> {
        let nested = self.resource.id.nested()?;
        of_kind(nested.above, self.id.split_once('/')?.0)
    }
}

/// The resources whose objects live below those of a kind.
pub(crate) fn below(kind: Kind) -> impl Iterator<Item = &'static Resource> {
    every().filter(move |resource| resource.id.nested().is_some_and(|nested| nested.above == kind))
}

/// The resource and plain id of `bob/credentials/c1`.
pub(crate) fn of_whole(id: &str) -> Option<(&'static Resource, String)> {
    every().find_map(|resource| Some((resource, resource.id.nested()?.plain(id)?)))
}

/// Names the object of a change as lists do, `bob/c1`, where a server says `bob/credentials/c1`.
pub(crate) fn name_as_lists_do(change: &mut Value) {
    let below = change.get("id").and_then(Value::as_str).and_then(of_whole);
    if let Some((resource, id)) = below
        && change.get("resource").and_then(Value::as_str) == Some(resource.path())
        && let Value::Object(fields) = change
    {
        fields.insert("id".to_owned(), id.into());
    }
}

/// The resource and id in a store key or path. Keys of what lives below others contain those of the others.
pub(crate) fn of_key(key: &str) -> Option<(&'static Resource, String)> {
    let nested = every().filter(|resource| resource.id.is_nested());
    nested.chain(every()).find_map(|resource| Some((resource, super::id_of_key(resource, key)?)))
}

/// An object as everything calls it, out of the name of its list and its id as a server has them: `route/hello`,
/// `credential/bob/c1`. What is no resource keeps its name.
pub(crate) fn label(list: &str, id: &str) -> String {
    let below = of_whole(id).filter(|(resource, _)| {
        let above = resource.id.nested().and_then(Nested::above);
        list == resource.path() || above.is_some_and(|above| list == above.path())
    });
    if let Some((resource, id)) = below {
        return format!("{}/{id}", resource.singular);
    }
    let known = every().find(|resource| resource.path() == list);
    format!("{}/{id}", known.map_or(list, |resource| resource.singular))
}

/// The same out of a path (`/routes/hello`) or of what owns an upstream (`upstreams/u1`).
pub(crate) fn label_of_path(path: &str) -> String {
    let path = path.trim_start_matches('/');
    path.split_once('/').map_or_else(|| path.to_owned(), |(list, id)| label(list, id))
}

/// Flags that name what an object lives below.
#[derive(Debug, clap::Args)]
pub(crate) struct Above {
    /// Whose credentials
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Of which service the costs of GraphQL fields
    #[arg(long, value_name = "ID")]
    service: Option<String>,
}

impl Above {
    /// What is named for the resource of `RESOURCE ID` or `RESOURCE/ID`.
    pub(crate) fn of(&self, words: &[String]) -> Option<&str> {
        chosen(words, self.consumer.as_deref(), self.service.as_deref())
    }
}

/// Which of the two flags is about the resource of some words.
pub(crate) fn chosen<'f>(words: &[String], consumer: Option<&'f str>, service: Option<&'f str>) -> Option<&'f str> {
    let word = words.first()?;
    let resource = find(word.split_once('/').map_or(word.as_str(), |(resource, _)| resource));
    flag(resource.ok()?, consumer, service)
}

/// Which of the two flags is about a resource.
pub(crate) fn flag<'f>(resource: &Resource, consumer: Option<&'f str>, service: Option<&'f str>) -> Option<&'f str> {
    match resource.id.nested()?.above {
        Kind::Consumer => consumer,
        Kind::Service => service,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lives_below_others_is_named_as_lists_name_it() {
        for (resource, id, expected) in [
            ("credentials", "bob/credentials/c1", "bob/c1"),
            ("credentials", "bob/c1", "bob/c1"),
            ("graphql_cost_decorations", "s/graphql_cost_decorations/a", "s/a"),
            ("routes", "a", "a"),
        ] {
            let mut row = serde_json::json!({"resource": resource, "id": id});
            name_as_lists_do(&mut row);
            assert_eq!(row["id"], expected);
        }
    }

    #[test]
    fn one_label_for_each_object() {
        for (path, label) in [
            ("/routes/1", "route/1"),
            ("upstreams/u1", "upstream/u1"),
            ("/consumers/bob/credentials/c1", "credential/bob/c1"),
            ("/consumers/bob", "consumer/bob"),
            ("/services/s1/graphql_cost_decorations/a", "graphql-cost-decoration/s1/a"),
            ("/secrets/vault/1", "secret/vault/1"),
            ("/plugin_metadata/limit-count", "plugin-metadata/limit-count"),
            ("/others/1", "others/1"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(label_of_path(path), label);
        }
        assert_eq!(label("credentials", "bob/credentials/c1"), "credential/bob/c1");
        assert_eq!(label("credentials", "bob/c1"), "credential/bob/c1");
        assert_eq!(label("graphql_cost_decorations", "s/graphql_cost_decorations/1"), "graphql-cost-decoration/s/1");
        assert_eq!(label("routes", "bob/credentials/c1"), "route/bob/credentials/c1");
    }
}
