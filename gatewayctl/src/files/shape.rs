//! The shapes an object may have in a file:
//!
//! * **native**: lists under the names of the Admin paths, `routes: [...]`, as APISIX's standalone file has them;
//! * **object**: one object with `kind: route` beside its fields, or a list of them (also under `items`), which is what
//!   `get -o yaml` prints;
//! * **envelope**: `{key, value}` as the Admin API answers, or its `{list, total}`;
//! * **adc**: services with their routes, consumers with their credentials, as [`super::adc`] says.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::parse::Document;
use super::{Files, Object, Shape, adc, scalars};
use crate::error::{Error, Result};
use crate::resources::{self, IdForm, Reference, Resource, nested};
use crate::suggest;

/// Adds the objects of a document to `files`; with `wanted` it has to be of that shape. What is no object, has no id or is of
/// no known shape is a fault, and the rest is taken.
pub(crate) fn objects(document: Rc<Document>, wanted: Option<Shape>, files: &mut Files) {
    let found = shape(&document.value);
    // These two begin alike, and a file may be either.
    let alike = |shape: Option<Shape>| matches!(shape, Some(Shape::Native | Shape::Adc));
    if wanted.is_some() && found.is_some() && wanted != found && !(alike(wanted) && alike(found)) {
        let word = |shape: Option<Shape>| shape.map(Shape::word).unwrap_or_default();
        let error = Error::usage(format!("this is of the shape {}, and not {}", word(found), word(wanted)));
        return files.fault(error.at(document.source("")));
    }
    let mut shapes = Shapes { document: &document, files };
    let read = match (wanted.or(found), &document.value) {
        (Some(Shape::Adc), Value::Object(map)) => adc::objects(&mut shapes, "", map),
        (Some(Shape::Native), Value::Object(map)) if wanted.is_some() => shapes.native("", map),
        (_, value) => shapes.any("", value),
    };
    shapes.note(read);
}

/// The shape of a document, by what it begins with; `None` for what is none.
pub(super) fn shape(value: &Value) -> Option<Shape> {
    let map = match value {
        Value::Array(items) => return items.first().and_then(shape),
        Value::Object(map) => map,
        _ => return None,
    };
    if let Some(Value::Array(items)) = ["items", "list"].iter().find_map(|list| map.get(*list)) {
        return items.first().and_then(shape);
    }
    Some(match (map.contains_key("kind"), map.get("value")) {
        (true, _) => Shape::Object,
        (_, Some(Value::Object(_))) if map.contains_key("key") => Shape::Envelope,
        _ if adc::is_adc(map) => Shape::Adc,
        _ => Shape::Native,
    })
}

pub(super) struct Shapes<'a> {
    document: &'a Rc<Document>,
    files: &'a mut Files,
}

impl Shapes<'_> {
    fn any(&mut self, pointer: &str, value: &Value) -> Result<()> {
        let map = match value {
            Value::Array(items) => return self.each(pointer, items),
            Value::Object(map) => map,
            _ => return Err(self.error(pointer, "expected an object or a list of objects")),
        };
        for list in ["items", "list"] {
            if let Some(Value::Array(items)) = map.get(list) {
                return self.each(&format!("{pointer}/{list}"), items);
            }
        }
        if let (Some(Value::String(key)), Some(Value::Object(inner))) = (map.get("key"), map.get("value")) {
            return self.envelope(pointer, key, inner);
        }
        match map.get("kind") {
            Some(Value::String(kind)) => {
                let resource = resources::find(kind)
                    .map_err(|error| error.at(self.document.source(&format!("{pointer}/kind"))))?;
                self.object(resource, pointer, map, None)
            }
            Some(_) => Err(self.error(&format!("{pointer}/kind"), "\"kind\" is the name of a resource, like route")),
            None if adc::is_adc(map) => adc::objects(self, pointer, map),
            None => self.native(pointer, map),
        }
    }

    fn each(&mut self, pointer: &str, items: &[Value]) -> Result<()> {
        for (i, item) in items.iter().enumerate() {
            let read = self.any(&format!("{pointer}/{i}"), item);
            self.note(read);
        }
        Ok(())
    }

    /// Keeps a fault, so that what comes behind it is read, too.
    pub(super) fn note(&mut self, read: Result<()>) {
        if let Err(error) = read {
            self.files.fault(error);
        }
    }

    fn envelope(&mut self, pointer: &str, key: &str, value: &Map<String, Value>) -> Result<()> {
        match nested::of_key(key) {
            Some((resource, id)) => self.object(resource, &format!("{pointer}/value"), value, Some(id)),
            None => Err(self.error(&format!("{pointer}/key"), &format!("\"{key}\" is no key of the Admin API"))),
        }
    }

    fn native(&mut self, pointer: &str, map: &Map<String, Value>) -> Result<()> {
        for (name, list) in map {
            let pointer = format!("{pointer}/{name}");
            let Some(resource) = resources::every().find(|resource| resource.path() == name) else {
                let read = self.other_key(&pointer, name);
                self.note(read);
                continue;
            };
            let items = match list {
                Value::Array(items) => items.as_slice(),
                Value::Null => &[],
                _ => {
                    let error = self.error(&pointer, &format!("\"{name}\" is a list of objects"));
                    self.note(Err(error));
                    continue;
                }
            };
            for (i, item) in items.iter().enumerate() {
                let read = self.listed(resource, &format!("{pointer}/{i}"), item);
                self.note(read);
            }
        }
        Ok(())
    }

    /// One object of a native list.
    fn listed(&mut self, resource: &'static Resource, pointer: &str, item: &Value) -> Result<()> {
        let Value::Object(item) = item else {
            return Err(self.error(pointer, "expected an object"));
        };
        if let Some(nested) = ["routes", "stream_routes"].iter().find(|field| item.contains_key(**field)) {
            let error = self.error(&format!("{pointer}/{nested}"), &format!("{} has no \"{nested}\"", resource.one()));
            return Err(error.hint("this looks like an ADC file; give each route its own object with a service_id"));
        }
        self.object(resource, pointer, item, None)
    }

    /// A key of a native file that is no resource: known ones are left out and told, others are mistakes.
    fn other_key(&mut self, pointer: &str, name: &str) -> Result<()> {
        match name {
            "version" => Ok(()),
            "plugins" | "stream_plugins" => {
                let note = format!(
                    "{}: \"{name}\" (the list of enabled plugins) belongs to the gateway's own configuration; left out",
                    self.document.file
                );
                self.files.notes.push(note);
                Ok(())
            }
            _ if name.ends_with("_conf_version") => Ok(()),
            _ => {
                let error =
                    self.error(pointer, &format!("\"{name}\" is neither a list of resources nor part of an object"));
                let names = resources::every().map(|resource| resource.path()).chain(["kind", "items"]);
                Err(match suggest::hint(name, names) {
                    Some(hint) => error.hint(hint),
                    None => {
                        error.hint("an object needs \"kind: route\"; a list stands under its plural, \"routes: [...]\"")
                    }
                })
            }
        }
    }

    /// Takes one object; `id` where its fields do not tell it.
    ///
    /// # Errors
    /// Usage: no id, or one that nothing can be stored under.
    pub(super) fn object(
        &mut self,
        resource: &'static Resource,
        pointer: &str,
        fields: &Map<String, Value>,
        id: Option<String>,
    ) -> Result<()> {
        let mut fields = fields.clone();
        let mut resource = resource;
        // Of what a secret is for the id says already.
        let told = id.clone().or_else(|| resources::id_of_value(resource, &Value::Object(fields.clone())));
        let (told, settled) = (told.unwrap_or_default(), &mut self.files.settled);
        scalars::settle(self.document, pointer, resource, &told, &mut fields, settled)?;
        fields.shift_remove("kind");
        strip_times(&mut fields);
        let own = resources::id_of_value(resource, &Value::Object(fields.clone())).or_else(|| {
            // A standalone file keeps credentials among the consumers.
            fields.get("id").and_then(Value::as_str).filter(|id| nested::of_whole(id).is_some()).map(str::to_owned)
        });
        let Some(mut id) = id.or(own) else {
            let field = if resource.id == IdForm::Username { "username" } else { "id" };
            return Err(self.unnamed(pointer, resource, field, fields.get(field)));
        };
        if let Some((of, plain)) = nested::of_whole(&id) {
            (resource, id) = (of, plain);
        } else if let Some(nested) = resource.id.nested().filter(|_| !id.contains('/')) {
            let parent = match fields.shift_remove(nested.field) {
                Some(Value::String(parent)) => parent,
                Some(Value::Number(parent)) => parent.to_string(),
                other => return Err(self.unnamed(pointer, resource, nested.field, other.as_ref())),
            };
            id = format!("{parent}/{id}");
        }
        if let Some(nested) = resource.id.nested() {
            nested.settle(&mut fields, &id);
        }
        if resource.id != IdForm::Username {
            fields.shift_remove("id");
        }
        let reference = Reference::new(resource, &id).map_err(|error| error.at(self.document.source(pointer)))?;
        self.files.objects.push(Object {
            reference,
            value: Value::Object(fields),
            document: Rc::clone(self.document),
            pointer: pointer.to_owned(),
        });
        Ok(())
    }

    /// A field of an item that names an object, as it is written.
    ///
    /// # Errors
    /// Usage: it is neither a text nor a number.
    pub(super) fn text_or_number(
        &mut self,
        pointer: &str,
        field: &str,
        item: &Map<String, Value>,
    ) -> Result<Option<String>> {
        let at = format!("{pointer}/{field}");
        match item.get(field) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(Value::Number(number)) => {
                let Some(odd) = self.document.odd_at(&at) else { return Ok(Some(number.to_string())) };
                self.files.settled.push((at, odd.into()));
                Ok(Some(odd.to_owned()))
            }
            value => match value.and_then(no_name) {
                Some(what) => Err(self.error(&at, &no_name_said(field, &what))),
                None => Ok(None),
            },
        }
    }

    /// The error for an object whose name is not there, or is none.
    fn unnamed(&self, pointer: &str, resource: &Resource, field: &str, value: Option<&Value>) -> Error {
        match value.and_then(no_name) {
            Some(what) => self.error(&format!("{pointer}/{field}"), &no_name_said(field, &what)),
            None => self.error(pointer, &format!("{} without \"{field}\"", resource.one())),
        }
    }

    /// The error for a place of the document.
    pub(super) fn error(&self, pointer: &str, message: &str) -> Error {
        Error::usage(message).at(self.document.source(pointer))
    }
}

/// What a value that cannot be the name of an object is, in words; `None` of what can be one, or is nothing.
pub(crate) fn no_name(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(_) => Some("a list".to_owned()),
        Value::Object(_) => Some("an object".to_owned()),
        Value::String(text) if text.is_empty() => Some("empty".to_owned()),
        _ => None,
    }
}

/// The words for a name that is none.
pub(crate) fn no_name_said(field: &str, what: &str) -> String {
    format!("\"{field}\" is a text or a number, not {what}")
}

/// Only the server sets the times; in a write they are refused.
fn strip_times(fields: &mut Map<String, Value>) {
    for time in ["create_time", "update_time"] {
        fields.shift_remove(time);
        if let Some(Value::Object(upstream)) = fields.get_mut("upstream") {
            upstream.shift_remove(time);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Form;
    use crate::files::parse::parse;

    fn read(text: &str) -> Result<Vec<(String, String)>> {
        let mut files = Files::default();
        for document in parse("gw.yaml", text)? {
            objects(Rc::new(document), None, &mut files);
        }
        files.sound()?;
        Ok(files.objects.iter().map(|object| (object.reference.to_string(), object.value.to_string())).collect())
    }

    #[test]
    fn every_shape_gives_the_same_objects() {
        let route = ("route/1".to_owned(), "{\"uri\":\"/a\"}".to_owned());
        for text in [
            "routes: [{id: 1, uri: /a, create_time: 5}]",
            "version: \"1\"\nroutes:\n- id: \"1\"\n  uri: /a\nroutes_conf_version: 3\n#END",
            "kind: route\nid: 1\nuri: /a\nupdate_time: 7",
            "kind: Routes\nid: 1\nuri: /a",
            "items: [{kind: route, id: 1, uri: /a}]\ntotal: 1",
            "- {kind: route, id: 1, uri: /a}",
            "{key: /apisix/routes/1, value: {id: \"1\", uri: /a}, createdIndex: 1, modifiedIndex: 2}",
            "{total: 1, list: [{key: /apisix/routes/1, value: {id: \"1\", uri: /a}}]}",
        ] {
            assert_eq!(read(text).unwrap(), std::slice::from_ref(&route), "{text}");
        }
    }

    #[test]
    fn ids_of_all_forms() {
        let text = "
consumers:
  - {username: bob, plugins: {}}
  - {id: bob/credentials/c1, plugins: {}}
credentials:
  - {consumer: bob, id: c2, plugins: {}}
graphql_cost_decorations:
  - {service_id: 7, id: a, field_path: Query.a}
  - {id: s/b, field_path: Query.b}
secrets:
  - {id: vault/1, uri: u}
plugin_metadata:
  - {id: http-logger, log_format: {}}
upstreams: null
";
        let ids: Vec<String> = read(text).unwrap().into_iter().map(|(id, value)| format!("{id} {value}")).collect();
        insta::assert_snapshot!(ids.join("\n"));
    }

    #[test]
    fn odd_numbers_are_what_is_wanted() {
        let text = "
routes:
  - {id: 007, uri: /a, priority: +5, labels: {zip: 01234}, service_id: 1e3, timeout: {connect: .5, send: 0x10, read: 6}}
  - {id: 1_0, uri: /b, plugins: {basic-auth: {realm: 12_3}, limit-count: {count: 0x10, time_window: 60}}}
consumers:
  - {username: 010, plugins: {basic-auth: {username: .inf, password: 0123}}}
";
        let objects: Vec<String> = read(text).unwrap().into_iter().map(|(id, value)| format!("{id} {value}")).collect();
        assert_eq!(
            objects,
            [
                r#"route/007 {"uri":"/a","priority":5,"labels":{"zip":"01234"},"service_id":"1e3","timeout":{"connect":0.5,"send":16,"read":6}}"#,
                r#"route/1_0 {"uri":"/b","plugins":{"basic-auth":{"realm":"12_3"},"limit-count":{"count":16,"time_window":60}}}"#,
                r#"consumer/010 {"username":"010","plugins":{"basic-auth":{"username":".inf","password":"0123"}}}"#,
            ]
        );
        for (text, odd, line) in [
            ("routes: [{id: 1, priority: 010}]", "010", 1),
            ("routes:\n- id: 1\n  upstream:\n    retries: 1_0", "1_0", 4),
            ("kind: route\nid: 1\nplugins: {ours: {a: 007}}", "007", 3),
            ("key: /apisix/routes/1\nvalue: {priority: .inf}", ".inf", 2),
            ("plugin_metadata: [{id: http-logger, log_format: {a: 007}}]", "007", 1),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.message(), format!("{odd} is not the same number to every reader of YAML"), "{text}");
            assert_eq!(error.source().and_then(|source| source.line), Some(line), "{text}");
        }
    }

    #[test]
    fn other_shapes_are_refused_with_their_place() {
        let mut all = String::new();
        for text in [
            "routs: []",
            "hello",
            "kind: rout\nid: 1",
            "kind: 5",
            "routes:\n  - uri: /a",
            "kind: consumer\nplugins: {}",
            "kind: credential\nid: c",
            "kind: gqlcost\nid: c",
            "routes: {a: b}",
            "services:\n  - id: s\n    routes: []",
            "key: /apisix/nothing/1\nvalue: {}",
            "kind: route\nid: a/b",
            "routes:\n- {id: true, uri: /a}",
            "routes:\n- {id: [1], uri: /a}\n- {id: {}, uri: /a}\n- {id: '', uri: /a}",
            "consumers:\n- {username: no}\n- {username: false}",
            "kind: credential\nconsumer: true\nid: c",
        ] {
            all.push_str(&read(text).unwrap_err().print(Form::Text, str::to_owned));
        }
        insta::assert_snapshot!(all);
    }
}
