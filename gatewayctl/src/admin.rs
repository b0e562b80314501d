//! The calls of the Admin API in its own words: get, list, put, patch, delete, validate. A refusal becomes an [`Error`]
//! that names the object, the field and what helps.

mod list;
mod listeners;
mod live;
mod servers;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::schema::Schema;
use reqwest::{Method, Url};
use serde_json::{Value, json};

pub(crate) use self::listeners::Beside;
pub(crate) use self::servers::{lacks, lacks_endpoint, lacks_resource, origin, says_absent};
pub(crate) use self::words::{exists, field_of, hint};
use self::words::{failed_item, moved, said};
use crate::client::{Answer, Client, Request};
use crate::context::Settings;
use crate::error::{Error, Kind, Result};
use crate::normal;
use crate::resources::{self, IdForm, Item, Reference, Resource};

/// The Admin API of one gateway.
pub(crate) struct Admin<'a> {
    client: &'a Client<'a>,
    settings: &'a Settings,
    /// What the server told of schemas, by path.
    schemas: RefCell<HashMap<String, Option<Arc<Schema>>>>,
    /// What it told of itself, asked for once; `None`: it does not tell.
    info: tokio::sync::OnceCell<Option<Value>>,
}

/// A write of one object.
pub(crate) struct Write<'w> {
    pub(crate) method: Method,
    pub(crate) path: &'w str,
    pub(crate) value: &'w Value,
    /// Only if the object still has this revision; 0: only if there is none, which an APISIX does not look at.
    pub(crate) if_match: Option<u64>,
    /// Checked and not stored; for servers that say that they can.
    pub(crate) dry_run: bool,
    /// Whom a refusal is about.
    pub(crate) about: Option<&'w Reference>,
}

/// What of a list is asked for.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Conditions that the server knows.
    pub(crate) filters: Vec<(&'static str, String)>,
    /// How many objects at a time; all at once without.
    pub(crate) size: Option<u16>,
}

impl Page {
    fn query(&self, number: u64) -> String {
        let Ok(mut url) = Url::parse("http://x") else { return String::new() };
        let pages =
            self.size.into_iter().flat_map(|size| [("page", number.to_string()), ("page_size", size.to_string())]);
        for (name, value) in self.filters.iter().cloned().chain(pages) {
            url.query_pairs_mut().append_pair(name, &value);
        }
        url.query().map(|query| format!("?{query}")).unwrap_or_default()
    }
}

impl<'a> Admin<'a> {
    pub(crate) fn new(client: &'a Client<'a>, settings: &'a Settings) -> Admin<'a> {
        Admin { client, settings, schemas: RefCell::default(), info: tokio::sync::OnceCell::new() }
    }

    /// Any call, as it is answered. `path` begins below `/apisix/admin` and may have a query.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Answer> {
        self.client
            .send(Request { method, url: self.url(path)?, body, admin: true, if_match: None, patience: None })
            .await
    }

    /// One object, `None` if it does not exist.
    pub(crate) async fn get(&self, reference: &Reference) -> Result<Option<Item>> {
        let answer = self.call(Method::GET, &reference.path(), None).await?;
        if answer.status == 404 && is_missing(&answer) {
            return Ok(None);
        }
        let answer = self.success(answer, Some(reference))?;
        let Ok(envelope) = serde_json::from_slice(&answer.body) else { return Err(self.undefined(&answer)) };
        match Item::from_envelope(reference.resource, envelope) {
            // The id that was asked for is the one that is meant, whatever the key says.
            Some(mut item) => {
                item.reference = reference.clone();
                Ok(Some(item))
            }
            // The service itself, from a server that knows nothing below it.
            None if reference.resource.id.is_nested() => Ok(None),
            None => Err(self.undefined(&answer)),
        }
    }

    /// All objects of a resource, of those that live below others (credentials) those of one or of all, in the order of their
    /// keys.
    pub(crate) async fn list(&self, resource: &'static Resource, parent: Option<&str>) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        self.each(resource, parent, &Page::default(), &mut |item| {
            items.push(item);
            true
        })
        .await?;
        Ok(items)
    }

    /// Visits the objects of a resource one after another, until `visit` says that it has enough.
    pub(crate) async fn each(
        &self,
        resource: &'static Resource,
        parent: Option<&str>,
        page: &Page,
        visit: &mut dyn FnMut(Item) -> bool,
    ) -> Result<()> {
        let Some(above) = resource.parent().filter(|_| parent.is_none()) else {
            return self.pages(resource, parent, page, visit).await;
        };
        let parents = self.references(above).await?;
        if !self.serves(resource, parents.first()).await? {
            return Ok(());
        }
        for parent in parents {
            let mut more = true;
            let mut visit = |item| {
                more = visit(item);
                more
            };
            self.pages(resource, Some(&parent.id), page, &mut visit).await?;
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// The names of all objects of a resource. The Admin API has no list of all credentials, say: they are asked for consumer
    /// by consumer.
    async fn references(&self, resource: &'static Resource) -> Result<Vec<Reference>> {
        let mut names = Vec::new();
        self.pages(resource, None, &Page::default(), &mut |item| {
            // The names go into paths.
            names.extend(resources::of_kind(item.reference.resource.kind, &item.reference.id));
            true
        })
        .await?;
        Ok(names)
    }

    /// One list, whole or page by page.
    async fn pages(
        &self,
        resource: &'static Resource,
        parent: Option<&str>,
        page: &Page,
        visit: &mut dyn FnMut(Item) -> bool,
    ) -> Result<()> {
        for number in 1_u64.. {
            let path = format!("{}{}", resource.list_path(parent), page.query(number));
            let answer = self.call(Method::GET, &path, None).await?;
            if answer.status == 404 && is_missing(&answer) {
                return Ok(());
            }
            let answer = self.success(answer, None)?;
            let (mut wants_more, mut place, mut stranger) = (true, 0_usize, None);
            let seen = list::entries(&answer.body, &mut |entry| {
                place += 1;
                if !wants_more || stranger.is_some() {
                    return;
                }
                let what = list::stranger(&entry);
                match Item::from_envelope(resource, entry) {
                    Some(item) => wants_more = visit(item),
                    None => stranger = what.map(|what| (place, what)),
                }
            });
            let seen = match (seen, stranger) {
                (_, Some((place, what))) => {
                    let message = format!("the list of GET {path} has {what} where an object is to be (entry {place})");
                    return Err(Error::new(Kind::Server, message));
                }
                (Ok(seen), None) => seen,
                (Err(_), None) => {
                    // Told in the words for what it is instead.
                    return Err(self.undefined(&answer));
                }
            };
            if !wants_more || page.size.is_none_or(|size| seen < usize::from(size)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// How many objects of a resource there are; `None` where the server has no such resource or has it off.
    pub(crate) async fn count(&self, resource: &'static Resource) -> Result<Option<u64>> {
        let Some(above) = resource.parent() else { return self.one_count(&resource.list_path(None)).await };
        let mut sum = 0;
        for parent in self.references(above).await? {
            sum += self.one_count(&resource.list_path(Some(&parent.id))).await?.unwrap_or_default();
        }
        Ok(Some(sum))
    }

    async fn one_count(&self, list: &str) -> Result<Option<u64>> {
        let path = format!("{list}?page=1&page_size=10");
        let answer = self.call(Method::GET, &path, None).await?;
        match self.success(answer, None) {
            Ok(answer) => {
                self.is_one(&answer)?;
                Ok(answer.json()?.get("total").and_then(Value::as_u64))
            }
            Err(error) if lacks_resource(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes an object; `false` if there was none. `if_match`: only while it has that revision.
    pub(crate) async fn delete(&self, reference: &Reference, force: bool, if_match: Option<u64>) -> Result<bool> {
        if !self.may_be_below(reference).await? {
            return Ok(false);
        }
        let query = if force { "?force=true" } else { "" };
        let url = self.url(&format!("{}{query}", reference.path()))?;
        let request = Request { method: Method::DELETE, url, body: None, admin: true, if_match, patience: None };
        let answer = self.client.send(request).await?;
        if answer.status == 404 && is_missing(&answer) {
            // An earlier try whose answer was lost has done it.
            return Ok(answer.retried);
        }
        self.success(answer, Some(reference)).map(|_| true)
    }

    /// A write of one object that only happens if it still has a revision, or not at all.
    ///
    /// # Errors
    /// Rejected, also when the revision is another one (412).
    pub(crate) async fn write(&self, write: &Write<'_>) -> Result<Answer> {
        if write.about.is_some_and(|about| about.resource.kind == gateway_model::Kind::GraphqlCostDecoration)
            && write.method == Method::PUT
            && write.value.get("field_path").is_none()
        {
            // A server that knows no costs would put the service instead, if anything in it were one of its fields.
            return Err(Error::new(Kind::Rejected, "field_path is missing").hint("--set field_path=Query.products"));
        }
        let query = if write.dry_run { "?dry_run=true" } else { "" };
        let url = self.url(&format!("{}{query}", write.path))?;
        let request = Request {
            method: write.method.clone(),
            url,
            body: Some(body(write.value)),
            admin: true,
            if_match: write.if_match,
            patience: None,
        };
        let answer = self.client.send(request).await?;
        match self.was_made(&answer, write.if_match, write.about, Some(write.value)).await? {
            true => Ok(answer),
            false => self.success(answer, write.about),
        }
    }

    /// Whether a creation was refused because an earlier try of it, whose answer was lost, has made the object.
    ///
    /// # Errors
    /// Those of reading what is there.
    pub(crate) async fn was_made(
        &self,
        answer: &Answer,
        if_match: Option<u64>,
        about: Option<&Reference>,
        value: Option<&Value>,
    ) -> Result<bool> {
        let (412, true, Some(0), Some(about), Some(value)) = (answer.status, answer.retried, if_match, about, value)
        else {
            return Ok(false);
        };
        Ok(self.get(about).await?.is_some_and(|item| is_made_of(value, &item)))
    }

    /// Any call, as it is answered: with the revision that the object must still have, and the longest wait where it is not
    /// the usual one.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        if_match: Option<u64>,
        patience: Option<Duration>,
    ) -> Result<Answer> {
        let (url, body) = (self.url(path)?, body.map(self::body));
        self.client.send(Request { method, url, body, admin: true, if_match, patience }).await
    }

    /// Checks an object against the server's schema without storing it.
    pub(crate) async fn validate(&self, reference: &Reference, value: &Value) -> Result<()> {
        let path = format!("/schema/validate/{}", reference.resource.path());
        let mut value = value.clone();
        with_id(reference, &mut value, reference.id.rsplit('/').next().unwrap_or_default());
        let answer = self.call(Method::POST, &path, Some(body(&value))).await?;
        self.success(answer, Some(reference)).map(drop)
    }

    /// Checks many objects with their plugins: `{"routes":[…],…}`. Returns the failures as (resource, index, text); `None` from a
    /// server that cannot.
    pub(crate) async fn validate_all(&self, bundle: &Value) -> Result<Option<Vec<(String, usize, String)>>> {
        let answer = self.call(Method::POST, "/configs/validate", Some(body(bundle))).await?;
        if lacks_endpoint(&answer) {
            return Ok(None);
        }
        let errors = serde_json::from_slice::<Value>(&answer.body).ok().and_then(|mut told| {
            match told.get_mut("errors")?.take() {
                Value::Array(errors) => Some(errors),
                _ => None,
            }
        });
        match errors {
            Some(errors) if answer.status == 400 => Ok(Some(errors.iter().filter_map(failed_item).collect())),
            _ => self.success(answer, None).map(|_| Some(Vec::new())),
        }
    }

    /// The answer, if it is a success.
    ///
    /// # Errors
    /// The kind of the status, with the server's own words, the field at fault and a hint.
    pub(crate) fn success(&self, answer: Answer, about: Option<&Reference>) -> Result<Answer> {
        if answer.is_success() {
            return Ok(answer);
        }
        let exchange = answer.exchange();
        if let Some(error) = self.foreign(&answer, &exchange) {
            return Err(error.http(exchange));
        }
        let said = said(&exchange.body).unwrap_or_else(|| answer.told());
        if let Some(now) = said.strip_prefix("revision is ").filter(|_| answer.status == 412) {
            return Err(moved(about, now).http(exchange));
        }
        if answer.status == 412 && said.starts_with("the object exists") {
            return Err(exists(about).http(exchange));
        }
        let message = said.strip_prefix("invalid configuration: ").unwrap_or(&said);
        let field = field_of(&exchange.body, &said);
        // So it is said to readers, too.
        let adds = message.strip_suffix(", can not add stream routes");
        let message = adds.filter(|_| ["GET", "DELETE"].contains(&&*exchange.method)).unwrap_or(message);
        let mut error = Error::new(Kind::of_status(answer.status), message)
            .hints(adds.map(|_| "apisix.proxy_mode of the gateway's configuration file turns it on".to_owned()));
        if error.kind() == Kind::Rejected
            && let Some(hint) = about.and_then(|reference| hint(reference, &said))
        {
            error = error.hint(hint);
        }
        if let Some(elsewhere) = answer.location() {
            error = error.hint(format!("it points to {elsewhere}; --server names the Admin API itself"));
        }
        if error.kind() == Kind::Auth {
            error = match answer.status {
                401 if said.contains("role viewer") => {
                    error.hint("this key may only look; changes need one of role admin")
                }
                401 => error.hints(self.settings.withheld.as_ref().map(|context| {
                    format!("the key of the context {context} is for its own server, and was not sent; --key-file FILE gives one")
                })).hints(self.settings.key.hints(self.client.has_key())),
                429 => error.hint(match answer.retry_after() {
                    Some(wait) => format!("this address is locked out after wrong keys; try again in {wait} s"),
                    None => "this address is locked out after wrong keys; try again in a minute".to_owned(),
                }),
                403 if said.contains("role admin") => error.hint("this key may only look; this needs one of role admin"),
                403 if said.contains("gateway.admin.read_only") => {
                    error.hint("what it serves is changed where that comes from: in its file, or at another gateway")
                }
                403 if said.contains("gateway.admin.hosts") => {
                    error.hint("--server with an address, or the name in gateway.admin.hosts of its configuration file")
                }
                _ => {
                    error.hint("the gateway takes admin calls from the addresses of deployment.admin.allow_admin only")
                }
            };
        }
        if let Some(reference) = about {
            error = error.about(reference.resource.singular, &reference.id);
        }
        Err(error.field(field).http(exchange))
    }

    /// The URL of a path below `/apisix/admin`; one that begins there itself is taken from the server's root.
    fn url(&self, path: &str) -> Result<Url> {
        let base = &self.settings.admin;
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let root = base.path().strip_suffix("/apisix/admin").unwrap_or_default();
        let full = match path.strip_prefix("/apisix/admin") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{root}/apisix/admin{rest}"),
            _ => format!("{}/{}", base.path(), path.trim_start_matches('/')),
        };
        let mut url = base.clone();
        url.set_path(full.trim_end_matches('/'));
        url.set_query(query);
        if url.as_str().len() > LONGEST {
            let start: String = path.chars().take(40).collect();
            return Err(Error::usage(format!("{start}… is too long to be asked for")));
        }
        // `..` would leave the Admin API, and the key must not.
        match url.path().strip_prefix(base.path()) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(url),
            _ => Err(Error::usage(format!("{path} leaves the Admin API"))),
        }
    }
}

/// The longest URL, in bytes: what the HTTP library takes, with room for what it adds.
const LONGEST: usize = 60_000;

fn body(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Whether a 404 means "no such object", and not "no such path", nor that somebody else answers.
pub(crate) fn is_missing(answer: &Answer) -> bool {
    let told = serde_json::from_slice::<Value>(&answer.body).ok();
    let message = told.as_ref().and_then(|told| told.get("message")?.as_str());
    message.is_some_and(|message| message == "Key not found" || answer.gateway_version().is_some())
}

/// Whether an object is what was sent; private keys are never told.
fn is_made_of(sent: &Value, item: &Item) -> bool {
    let mut sent = sent.clone();
    if let (Value::Object(fields), "ssls") = (&mut sent, item.reference.resource.name) {
        fields.retain(|name, _| name != "key" && name != "keys");
    }
    normal::same(&sent, &item.value)
}

fn undefined(call: &str) -> Error {
    Error::new(Kind::Server, format!("{call} answered something the Admin API does not define"))
        .hint("gatewayctl speaks to APISIX 3 and this gateway; answers of admin_api_version v2 are not understood")
}

/// Puts the id back in, which a schema may ask for and a path has elsewhere.
fn with_id(reference: &Reference, value: &mut Value, id: &str) {
    if let Value::Object(fields) = value
        && reference.resource.id != IdForm::Username
    {
        fields.insert("id".to_owned(), id.into());
    }
}

/// The bundle for [`Admin::validate_all`]: objects under the names of their lists, with their ids back in.
pub(crate) fn bundle<'o>(objects: impl Iterator<Item = (&'o Reference, &'o Value)>) -> Value {
    let mut bundle = json!({});
    for (reference, value) in objects {
        let (list, id) = match reference.resource.id.nested() {
            Some(nested) => match (nested.bundled_in(), nested.whole(&reference.id)) {
                (Some(list), Some((whole, _))) => (list, whole),
                _ => continue,
            },
            None => (reference.resource.path(), reference.id.clone()),
        };
        let mut value = value.clone();
        with_id(reference, &mut value, &id);
        if let Value::Object(lists) = &mut bundle
            && let Value::Array(items) = lists.entry(list).or_insert_with(|| Value::Array(Vec::new()))
        {
            items.push(value);
        }
    }
    bundle
}
