//! The shape of ADC, APISIX's declarative client: services hold their routes, consumers their credentials, groups their
//! consumers; global rules and metadata are maps by plugin; what has no id gets one out of its name.

use std::collections::HashSet;

use aws_lc_rs::digest;
use gateway_model::Kind;
use serde_json::{Map, Value, json};

use super::shape::Shapes;
use super::write::{Entry, Notes, ordered};
use crate::error::Result;
use crate::{resources, suggest};

/// Whether a document is of this shape.
pub(super) fn is_adc(map: &Map<String, Value>) -> bool {
    let any = |list: &str, fields: &[&str]| {
        let items = map.get(list).and_then(Value::as_array).into_iter().flatten();
        items.into_iter().any(|item| fields.iter().any(|field| item.get(*field).is_some()))
    };
    ["global_rules", "plugin_metadata"].iter().any(|name| map.get(*name).is_some_and(Value::is_object))
        || any("services", &["routes", "stream_routes", "upstreams", "path_prefix", "description"])
        || any("consumers", &["credentials", "description"])
        || any("consumer_groups", &["consumers"])
        || any("ssls", &["certificates"])
}

/// The id that ADC makes out of a name: its SHA-1 in hexadecimal digits.
pub(crate) fn id_of(name: &str) -> String {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, name.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The objects of a document.
///
/// # Errors
/// Usage, with the place.
pub(super) fn objects(shapes: &mut Shapes<'_>, pointer: &str, map: &Map<String, Value>) -> Result<()> {
    for (name, part) in map {
        let pointer = format!("{pointer}/{name}");
        match name.as_str() {
            "services" => shapes.list(&pointer, part, service)?,
            "ssls" => shapes.list(&pointer, part, ssl)?,
            "consumers" => {
                shapes.list(&pointer, part, |shapes, pointer, item| consumer(shapes, pointer, item, None))?
            }
            "consumer_groups" => shapes.list(&pointer, part, group)?,
            "global_rules" => {
                for (plugin, conf) in part.as_object().into_iter().flatten() {
                    let value = json!({ "plugins": { plugin: conf } });
                    shapes.push("global-rules", &format!("{pointer}/{plugin}"), plugin, value)?;
                }
            }
            "plugin_metadata" => {
                for (plugin, conf) in part.as_object().into_iter().flatten() {
                    shapes.push("plugin-metadata", &format!("{pointer}/{plugin}"), plugin, conf.clone())?;
                }
            }
            "$schema" | "version" => {}
            _ => {
                let parts = ["services", "ssls", "consumers", "consumer_groups", "global_rules", "plugin_metadata"];
                let error = shapes.error(&pointer, &format!("\"{name}\" is no part of an ADC file"));
                shapes.note(Err(error.hints(suggest::hint(name, parts))));
            }
        }
    }
    Ok(())
}

fn service(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>) -> Result<()> {
    let name = named(shapes, pointer, item, "service")?;
    let id = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&name));
    let mut value = item.clone();
    for (list, resource) in [("routes", "routes"), ("stream_routes", "stream-routes")] {
        let Some(routes) = value.shift_remove(list) else { continue };
        shapes.list(&format!("{pointer}/{list}"), &routes, |shapes, pointer, item| {
            let own = named(shapes, pointer, item, "route")?;
            let id_of_route = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&format!("{name}.{own}")));
            let mut route = plain(item);
            route.insert("service_id".to_owned(), id.as_str().into());
            shapes.push(resource, pointer, &id_of_route, Value::Object(route))
        })?;
    }
    if let Some(upstreams) = value.shift_remove("upstreams") {
        shapes.list(&format!("{pointer}/upstreams"), &upstreams, |shapes, pointer, item| {
            let own = named(shapes, pointer, item, "upstream")?;
            let id = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&format!("{name}.{own}")));
            shapes.push("upstreams", pointer, &id, Value::Object(plain(item)))
        })?;
    }
    let mut value = plain(&value);
    if let Some(Value::Object(upstream)) = value.get_mut("upstream") {
        *upstream = plain(upstream);
    }
    shapes.push("services", pointer, &id, Value::Object(value))
}

fn ssl(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>) -> Result<()> {
    let mut value = plain(item);
    let snis: Vec<&str> =
        item.get("snis").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let id = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&snis.join(",")));
    let pairs = value.shift_remove("certificates");
    let pairs = pairs.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |name: &str| pairs.iter().map(|pair| pair.get(name).cloned().unwrap_or_default()).collect::<Vec<Value>>();
    for (from, one, many) in [("certificate", "cert", "certs"), ("key", "key", "keys")] {
        let mut all = of(from);
        // The keys of a dump are not there.
        if all.iter().any(Value::is_null) || all.is_empty() {
            continue;
        }
        value.insert(one.to_owned(), all.remove(0));
        if !all.is_empty() {
            value.insert(many.to_owned(), all.into());
        }
    }
    shapes.push("ssls", pointer, &id, Value::Object(value))
}

fn consumer(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>, group: Option<&str>) -> Result<()> {
    let Some(name) = shapes.text_or_number(pointer, "username", item)? else {
        return Err(shapes.error(pointer, "a consumer without \"username\""));
    };
    let mut value = plain(item);
    if let Some(group) = group {
        value.insert("group_id".to_owned(), group.into());
    }
    let credentials = value.shift_remove("credentials");
    shapes.push("consumers", pointer, &name, Value::Object(value))?;
    let Some(credentials) = credentials else { return Ok(()) };
    shapes.list(&format!("{pointer}/credentials"), &credentials, |shapes, pointer, item| {
        let own = named(shapes, pointer, item, "credential")?;
        let id = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&format!("{name}.{own}")));
        let mut value = plain(item);
        let config = value.shift_remove("config").unwrap_or_else(|| json!({}));
        let Some(Value::String(plugin)) = value.shift_remove("type") else {
            return Err(shapes.error(pointer, "a credential without \"type\", the name of its plugin"));
        };
        value.insert("plugins".to_owned(), json!({ plugin: config }));
        shapes.push("credentials", pointer, &format!("{name}/{id}"), Value::Object(value))
    })
}

fn group(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>) -> Result<()> {
    let name = named(shapes, pointer, item, "consumer group")?;
    let id = own_id(shapes, pointer, item)?.unwrap_or_else(|| id_of(&name));
    let mut value = plain(item);
    let consumers = value.shift_remove("consumers");
    shapes.push("consumer-groups", pointer, &id, Value::Object(value))?;
    let Some(consumers) = consumers else { return Ok(()) };
    shapes.list(&format!("{pointer}/consumers"), &consumers, |shapes, pointer, item| {
        consumer(shapes, pointer, item, Some(&id))
    })
}

fn named(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>, what: &str) -> Result<String> {
    let name = shapes.text_or_number(pointer, "name", item)?;
    name.ok_or_else(|| shapes.error(pointer, &format!("a {what} without \"name\"")))
}

fn own_id(shapes: &mut Shapes<'_>, pointer: &str, item: &Map<String, Value>) -> Result<Option<String>> {
    shapes.text_or_number(pointer, "id", item)
}

/// The fields by the names that the Admin API has for them.
fn plain(item: &Map<String, Value>) -> Map<String, Value> {
    let mut value = Map::new();
    for (name, inner) in item {
        match name.as_str() {
            "id" => {}
            "description" => drop(value.insert("desc".to_owned(), inner.clone())),
            // The Admin API has texts alone.
            "labels" => {
                let text = |value: &Value| if value.is_string() { value.clone() } else { value.to_string().into() };
                let labels = inner.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
                value.insert("labels".to_owned(), Value::Object(labels.collect()));
            }
            _ => drop(value.insert(name.clone(), inner.clone())),
        }
    }
    value
}

/// Objects as an ADC file, and what it cannot hold. `with_id`: also ids that ADC would make itself.
pub(crate) fn document(entries: &[Entry], with_id: bool) -> (Value, Notes) {
    let mut writer = Writer { entries, with_id, notes: Vec::new() };
    writer.note_what_is_no_part();
    let mut document = Map::new();
    for (name, list) in [
        ("services", writer.services()),
        ("ssls", writer.ssls()),
        ("consumers", writer.consumers(None)),
        ("consumer_groups", writer.groups()),
    ] {
        if !list.is_empty() {
            document.insert(name.to_owned(), list.into());
        }
    }
    let mut rules = Map::new();
    for rule in writer.of("global-rules") {
        let plugins = rule.value.get("plugins").and_then(Value::as_object).cloned().unwrap_or_default();
        if plugins.len() != 1 || !plugins.contains_key(&rule.reference.id) {
            writer.changes(rule, "becomes a rule for each of its plugins, with the plugin's name as id");
        }
        rules.extend(plugins);
    }
    let metadata = writer.of("plugin-metadata").map(|entry| (entry.reference.id.clone(), writer.fields(entry)));
    let metadata: Map<String, Value> = metadata.map(|(id, fields)| (id, Value::Object(fields))).collect();
    for (name, map) in [("global_rules", rules), ("plugin_metadata", metadata)] {
        if !map.is_empty() {
            document.insert(name.to_owned(), map.into());
        }
    }
    if document.is_empty() {
        document.insert("services".to_owned(), Value::Array(Vec::new()));
    }
    (Value::Object(document), writer.told())
}

/// What becomes of a part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// It is there, and another object, or of another name.
    Otherwise,
    Not,
}

struct Writer<'e> {
    entries: &'e [Entry],
    with_id: bool,
    /// What is lost, or becomes something else, each with the objects of which that is so.
    notes: Vec<(Kept, String, Vec<String>)>,
}

impl<'e> Writer<'e> {
    fn changes(&mut self, entry: &Entry, what: impl Into<String>) {
        self.note(Kept::Otherwise, entry, what.into());
    }

    fn loses(&mut self, entry: &Entry, what: impl Into<String>) {
        self.note(Kept::Not, entry, what.into());
    }

    fn note(&mut self, kept: Kept, entry: &Entry, what: String) {
        let name = entry.reference.to_string();
        match self.notes.iter_mut().find(|(_, of, _)| *of == what) {
            Some((_, _, names)) if names.contains(&name) => {}
            Some((_, _, names)) => names.push(name),
            None => self.notes.push((kept, what, vec![name])),
        }
    }

    /// The notes in words, of many objects the first ones.
    fn told(self) -> Notes {
        const SHOWN: usize = 10;
        let mut notes = Notes::default();
        for (kept, what, names) in self.notes {
            let more = names.len().checked_sub(SHOWN).filter(|more| *more > 0);
            let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
            let line = format!("{}{more}: {what}", names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", "));
            match kept {
                Kept::Otherwise => notes.changed.push(line),
                Kept::Not => notes.lost.push(line),
            }
        }
        notes
    }

    /// What an ADC file does not have, or not by itself.
    fn note_what_is_no_part(&mut self) {
        use gateway_model::references::targets;
        let by_field: HashSet<(Kind, String)> =
            self.entries.iter().flat_map(|entry| targets(entry.reference.resource.kind, &entry.value).0).collect();
        let all: HashSet<(Kind, &str)> =
            self.entries.iter().map(|entry| (entry.reference.resource.kind, entry.reference.id.as_str())).collect();
        let is_there = |entry: &Entry| {
            let (named, _) = targets(entry.reference.resource.kind, &entry.value);
            let above = entry.reference.above().filter(|above| above.resource.kind == Kind::Consumer);
            let within = |(kind, _): &&(Kind, String)| matches!(kind, Kind::Service | Kind::ConsumerGroup);
            named.iter().filter(within).all(|(kind, id)| all.contains(&(*kind, id.as_str())))
                && above.is_none_or(|above| all.contains(&(Kind::Consumer, above.id.as_str())))
        };
        for entry in self.entries {
            let resource = entry.reference.resource;
            match resource.kind {
                Kind::Proto | Kind::Secret | Kind::GraphqlCostDecoration => {
                    self.loses(entry, format!("an ADC file has no {}", resource.name));
                }
                Kind::Upstream | Kind::PluginConfig => {
                    let none = format!("an ADC file has no {}", resource.name);
                    match by_field.contains(&(resource.kind, entry.reference.id.clone())) {
                        true => self.changes(entry, format!("becomes a part of what names it, for {none}")),
                        false => self.loses(entry, format!("is left out, as nothing names it; {none}")),
                    }
                }
                _ if !is_there(entry) => {
                    self.loses(entry, "is left out: what it is a part of in an ADC file is not there")
                }
                _ => {}
            }
            for (kind, id) in targets(resource.kind, &entry.value).1 {
                if matches!(kind, Kind::Upstream | Kind::Proto)
                    && let Some(named) = resources::of_kind(kind, &id)
                {
                    self.loses(entry, format!("names {named} in a plugin, which an ADC file does not have"));
                }
            }
        }
    }

    fn of(&self, resource: &'static str) -> impl Iterator<Item = &'e Entry> + use<'e> {
        self.entries.iter().filter(move |entry| entry.reference.resource.name == resource)
    }

    fn find(&self, resource: &'static str, id: Option<&Value>) -> Option<&'e Entry> {
        let id = gateway_model::references::id_text(id?)?;
        self.of(resource).find(|entry| entry.reference.id == id)
    }

    fn fields(&self, entry: &Entry) -> Map<String, Value> {
        let value = crate::commands::change::writable_fields(&entry.reference, &entry.value);
        let Value::Object(fields) = value else { return Map::new() };
        let rename = |(name, value): (String, Value)| match name.as_str() {
            "desc" => ("description".to_owned(), value),
            _ => (name, value),
        };
        fields.into_iter().map(rename).collect()
    }

    /// Name and, where ADC would make another one of it, id.
    fn identity(&mut self, entry: &Entry, fields: &mut Map<String, Value>, id: &str, parent: Option<&str>) -> String {
        if !fields.contains_key("name") {
            self.changes(entry, "gets its id as its name");
        }
        let name = fields.get("name").and_then(Value::as_str).unwrap_or(id).to_owned();
        fields.insert("name".to_owned(), name.as_str().into());
        let made = id_of(&parent.map_or_else(|| name.clone(), |parent| format!("{parent}.{name}")));
        if self.with_id || made != id {
            fields.insert("id".to_owned(), id.into());
        }
        name
    }

    /// An upstream that is named becomes a part of who names it.
    fn inline_upstream(&mut self, entry: &Entry, fields: &mut Map<String, Value>) {
        if let Some(id) = fields.shift_remove("upstream_id") {
            match self.find("upstreams", Some(&id)) {
                Some(upstream) => {
                    self.changes(entry, "holds its upstream itself");
                    fields.insert("upstream".to_owned(), Value::Object(self.fields(upstream)));
                }
                None => self.loses(entry, format!("there is no upstream {id}")),
            }
        }
    }

    fn services(&mut self) -> Vec<Value> {
        let mut services = Vec::new();
        for entry in self.of("services") {
            let mut fields = self.fields(entry);
            self.inline_upstream(entry, &mut fields);
            let name = self.identity(entry, &mut fields, &entry.reference.id, None);
            for (resource, list) in [("routes", "routes"), ("stream-routes", "stream_routes")] {
                let mut routes = Vec::new();
                for route in self.of(resource) {
                    let service = route.value.get("service_id").and_then(gateway_model::references::id_text);
                    if service.as_deref() == Some(&entry.reference.id) {
                        routes.push(self.route(route, &name, &mut Map::new()));
                    }
                }
                if !routes.is_empty() {
                    fields.insert(list.to_owned(), routes.into());
                }
            }
            services.push(ordered(Value::Object(fields)));
        }
        // A route without a service gets one of its own.
        for (resource, list) in [("routes", "routes"), ("stream-routes", "stream_routes")] {
            for route in self.of(resource).filter(|route| route.value.get("service_id").is_none()) {
                self.changes(route, "gets a service of its own");
                let mut service = Map::new();
                let id = route.reference.id.clone();
                service.insert("name".to_owned(), id.as_str().into());
                let route = self.route(route, &id, &mut service);
                service.insert(list.to_owned(), vec![route].into());
                services.push(ordered(Value::Object(service)));
            }
        }
        services
    }

    /// A route; its upstream goes to the service where that is its own.
    fn route(&mut self, entry: &Entry, service: &str, upstream: &mut Map<String, Value>) -> Value {
        let mut fields = self.fields(entry);
        let shared = upstream.is_empty();
        fields.shift_remove("service_id");
        self.inline_upstream(entry, &mut fields);
        if let Some(own) = fields.shift_remove("upstream") {
            if shared {
                self.loses(
                    entry,
                    "its upstream is left out: an ADC file has none of a route beside that of its service",
                );
            } else {
                upstream.insert("upstream".to_owned(), own);
            }
        }
        if let Some(id) = fields.shift_remove("plugin_config_id") {
            let config =
                self.find("plugin-configs", Some(&id)).and_then(|entry| entry.value.get("plugins")?.as_object());
            match config {
                Some(_) => self.changes(entry, "holds the plugins of its plugin config itself"),
                None => self.loses(entry, format!("there is no plugin config {id}")),
            }
            let mut plugins = config.cloned().unwrap_or_default();
            plugins.extend(fields.get("plugins").and_then(Value::as_object).cloned().unwrap_or_default());
            fields.insert("plugins".to_owned(), Value::Object(plugins));
        }
        for (one, many) in [("uri", "uris"), ("host", "hosts"), ("remote_addr", "remote_addrs")] {
            if entry.reference.resource.name == "routes"
                && let Some(value) = fields.shift_remove(one)
            {
                fields.insert(many.to_owned(), vec![value].into());
            }
        }
        self.identity(entry, &mut fields, &entry.reference.id, Some(service));
        ordered(Value::Object(fields))
    }

    fn ssls(&mut self) -> Vec<Value> {
        let mut ssls = Vec::new();
        for entry in self.of("ssls") {
            let mut fields = self.fields(entry);
            if let Some(sni) = fields.shift_remove("sni") {
                fields.insert("snis".to_owned(), vec![sni].into());
            }
            let mut list = |one: &str, many: &str| -> Vec<Value> {
                let first = fields.shift_remove(one);
                let more = fields.shift_remove(many).and_then(|more| more.as_array().cloned()).unwrap_or_default();
                first.into_iter().chain(more).collect()
            };
            let (certs, keys) = (list("cert", "certs"), list("key", "keys"));
            let pair = |(i, cert): (usize, Value)| match keys.get(i) {
                Some(key) => json!({ "certificate": cert, "key": key }),
                None => json!({ "certificate": cert }),
            };
            fields.insert("certificates".to_owned(), certs.into_iter().enumerate().map(pair).collect());
            let snis = fields.get("snis").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            if self.with_id || id_of(&snis.collect::<Vec<_>>().join(",")) != entry.reference.id {
                fields.insert("id".to_owned(), entry.reference.id.as_str().into());
            }
            ssls.push(ordered(Value::Object(fields)));
        }
        ssls
    }

    /// Those of a group, or those of none.
    fn consumers(&mut self, group: Option<&str>) -> Vec<Value> {
        let mut consumers = Vec::new();
        for entry in self.of("consumers") {
            let own = entry.value.get("group_id").and_then(gateway_model::references::id_text);
            if own.as_deref() != group {
                continue;
            }
            let mut fields = self.fields(entry);
            fields.shift_remove("group_id");
            let mut credentials = Vec::new();
            for credential in self.of("credentials") {
                let Some((consumer, id)) = credential.reference.id.split_once('/') else { continue };
                if consumer != entry.reference.id {
                    continue;
                }
                let mut own = self.fields(credential);
                let plugins = own.shift_remove("plugins");
                let plugin = plugins.as_ref().and_then(Value::as_object).and_then(|plugins| plugins.iter().next());
                if plugins.as_ref().and_then(Value::as_object).is_some_and(|plugins| plugins.len() > 1) {
                    self.loses(credential, "keeps its first plugin alone");
                }
                if let Some((name, conf)) = plugin {
                    own.insert("type".to_owned(), name.as_str().into());
                    own.insert("config".to_owned(), conf.clone());
                }
                self.identity(credential, &mut own, id, Some(consumer));
                credentials.push(ordered(Value::Object(own)));
            }
            if !credentials.is_empty() {
                fields.insert("credentials".to_owned(), credentials.into());
            }
            consumers.push(ordered(Value::Object(fields)));
        }
        consumers
    }

    fn groups(&mut self) -> Vec<Value> {
        let mut groups = Vec::new();
        for entry in self.of("consumer-groups") {
            let mut fields = self.fields(entry);
            self.identity(entry, &mut fields, &entry.reference.id, None);
            let consumers = self.consumers(Some(&entry.reference.id));
            if !consumers.is_empty() {
                fields.insert("consumers".to_owned(), consumers.into());
            }
            groups.push(ordered(Value::Object(fields)));
        }
        groups
    }
}

impl Shapes<'_> {
    /// Every object of a list.
    fn list(
        &mut self,
        pointer: &str,
        list: &Value,
        mut each: impl FnMut(&mut Self, &str, &Map<String, Value>) -> Result<()>,
    ) -> Result<()> {
        let items = match list {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            _ => return Err(self.error(pointer, "expected a list of objects")),
        };
        for (i, item) in items.iter().enumerate() {
            let pointer = format!("{pointer}/{i}");
            let read = match item {
                Value::Object(item) => each(self, &pointer, item),
                _ => Err(self.error(&pointer, "expected an object")),
            };
            self.note(read);
        }
        Ok(())
    }

    fn push(&mut self, resource: &str, pointer: &str, id: &str, value: Value) -> Result<()> {
        let Value::Object(fields) = value else {
            return Err(self.error(pointer, "expected an object"));
        };
        self.object(resources::find(resource)?, pointer, &fields, Some(id.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_adc() {
        // echo -n abc | sha1sum
        assert_eq!(id_of("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
