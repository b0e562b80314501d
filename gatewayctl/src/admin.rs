//! The calls of the Admin API in its own words: get, list, put, patch, delete, validate. A refusal becomes an [`Error`]
//! that names the object, the field and what helps.

mod list;
mod listeners;
mod servers;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::schema::Schema;
use reqwest::{Method, Url};
use serde_json::{Value, json};

pub(crate) use self::listeners::Beside;
pub(crate) use self::servers::{lacks, lacks_endpoint, lacks_resource, origin};
use crate::client::{Answer, Client, Opened, Request};
use crate::context::Settings;
use crate::error::{Error, Kind, Result};
use crate::resources::{self, IdForm, Item, Reference, Resource};
use crate::stream::Rows;

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
    /// Only if the object still has this revision.
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
        let envelope = self.success(answer, Some(reference))?.json()?;
        match Item::from_envelope(reference.resource, envelope) {
            // The id that was asked for is the one that is meant, whatever the key says.
            Some(mut item) => {
                item.reference = reference.clone();
                Ok(Some(item))
            }
            None => Err(undefined(&format!("GET {}", reference.path()))),
        }
    }

    /// All objects of a resource, for credentials those of a consumer or of all, in the order of their keys.
    pub(crate) async fn list(&self, resource: &'static Resource, consumer: Option<&str>) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        self.each(resource, consumer, &Page::default(), &mut |item| {
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
        consumer: Option<&str>,
        page: &Page,
        visit: &mut dyn FnMut(Item) -> bool,
    ) -> Result<()> {
        if resource.id != IdForm::Credential || consumer.is_some() {
            return self.pages(resource, consumer, page, visit).await;
        }
        for consumer in self.consumers().await? {
            let mut more = true;
            let mut visit = |item| {
                more = visit(item);
                more
            };
            self.pages(resource, Some(&consumer.id), page, &mut visit).await?;
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// The Admin API has no list of all credentials: they are asked for consumer by consumer.
    async fn consumers(&self) -> Result<Vec<Reference>> {
        let mut names = Vec::new();
        self.pages(resources::find("consumers")?, None, &Page::default(), &mut |item| {
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
        consumer: Option<&str>,
        page: &Page,
        visit: &mut dyn FnMut(Item) -> bool,
    ) -> Result<()> {
        for number in 1_u64.. {
            let path = format!("{}{}", list_path(resource, consumer), page.query(number));
            let answer = self.call(Method::GET, &path, None).await?;
            if answer.status == 404 && is_missing(&answer) {
                return Ok(());
            }
            let answer = self.success(answer, None)?;
            let mut wants_more = true;
            let seen = list::entries(&answer.body, &mut |entry| {
                if wants_more && let Some(item) = Item::from_envelope(resource, entry) {
                    wants_more = visit(item);
                }
            });
            let seen = match seen {
                Ok(seen) => seen,
                Err(_) => {
                    // Told in the words for what it is instead.
                    answer.json()?;
                    return Err(undefined(&format!("GET {path}")));
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
        if resource.id != IdForm::Credential {
            return self.one_count(&list_path(resource, None)).await;
        }
        let mut sum = 0;
        for consumer in self.consumers().await? {
            sum += self.one_count(&list_path(resource, Some(&consumer.id))).await?.unwrap_or_default();
        }
        Ok(Some(sum))
    }

    async fn one_count(&self, list: &str) -> Result<Option<u64>> {
        let path = format!("{list}?page=1&page_size=10");
        let answer = self.call(Method::GET, &path, None).await?;
        match self.success(answer, None) {
            Ok(answer) => Ok(answer.json()?.get("total").and_then(Value::as_u64)),
            Err(error) if lacks_resource(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes an object; `false` if there was none. `if_match`: only while it has that revision.
    pub(crate) async fn delete(&self, reference: &Reference, force: bool, if_match: Option<u64>) -> Result<bool> {
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
        self.success(answer, write.about)
    }

    /// Sends a change of many objects, or of the whole configuration, which may take longer than other calls.
    ///
    /// # Errors
    /// Those of the call; a refusal is an answer like any other.
    pub(crate) async fn post_live(&self, path: &str, value: &Value) -> Result<Answer> {
        let url = self.url(&format!("/live/{path}"))?;
        let patience = self.settings.patience;
        let body = Some(body(value));
        self.client.send(Request { method: Method::POST, url, body, admin: true, if_match: None, patience }).await
    }

    /// Whether the server says of itself that it can do something.
    pub(crate) async fn can(&self, ability: &str) -> Result<bool> {
        let answer = self.call(Method::GET, "/live", None).await?;
        if !answer.is_success() {
            self.is_one(&answer)?;
            return Ok(false);
        }
        let told = answer.json()?;
        let abilities = told.get("abilities").and_then(Value::as_array);
        Ok(abilities.is_some_and(|abilities| abilities.iter().any(|name| name.as_str() == Some(ability))))
    }

    /// A document of the live endpoints; `None` from a server that has none of that name.
    ///
    /// # Errors
    /// Not found: the endpoint is there, and what it is asked for is not.
    pub(crate) async fn live(&self, path: &str) -> Result<Option<Value>> {
        let answer = self.call(Method::GET, &format!("/live/{path}"), None).await?;
        if lacks_endpoint(&answer) {
            return Ok(None);
        }
        self.success(answer, None)?.json().map(Some)
    }

    /// As [`Admin::live`], for one that answers only after a while; `None` waits for ever.
    pub(crate) async fn live_within(&self, path: &str, patience: Option<Duration>) -> Result<Option<Value>> {
        let url = self.url(&format!("/live/{path}"))?;
        let patience = Some(patience.unwrap_or(Duration::from_secs(365 * 24 * 60 * 60)));
        let request = Request { method: Method::GET, url, body: None, admin: true, if_match: None, patience };
        let answer = self.client.send(request).await?;
        if lacks_endpoint(&answer) {
            return Ok(None);
        }
        self.success(answer, None)?.json().map(Some)
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

    /// A stream of the live endpoints, a row a line; `None` from a server that has none of that name.
    pub(crate) async fn follow(&self, path: &str) -> Result<Option<Rows>> {
        self.follow_as(path, "application/x-ndjson").await
    }

    /// As [`Admin::follow`], as events with heartbeats between them.
    pub(crate) async fn follow_events(&self, path: &str) -> Result<Option<Rows>> {
        self.follow_as(path, "text/event-stream").await
    }

    async fn follow_as(&self, path: &str, accept: &'static str) -> Result<Option<Rows>> {
        let url = self.url(&format!("/live/{path}"))?;
        let request = Request { method: Method::GET, url, body: None, admin: true, if_match: None, patience: None };
        self.opened(&request, accept, path).await
    }

    /// The same for a stream that begins with a question.
    pub(crate) async fn follow_post(&self, path: &str, value: &Value) -> Result<Option<Rows>> {
        let url = self.url(&format!("/live/{path}"))?;
        let body = Some(body(value));
        let request = Request { method: Method::POST, url, body, admin: true, if_match: None, patience: None };
        self.opened(&request, "application/x-ndjson", path).await
    }

    async fn opened(&self, request: &Request, accept: &'static str, path: &str) -> Result<Option<Rows>> {
        match self.client.open(request, accept).await? {
            Opened::Rows(rows) => Ok(Some(rows)),
            Opened::Refused(answer) if lacks_endpoint(&answer) => Ok(None),
            Opened::Refused(answer) => Err(match self.success(answer, None) {
                Err(error) => error,
                Ok(_) => undefined(&format!("{} /live/{path}", request.method)),
            }),
        }
    }

    /// Checks an object against the server's schema without storing it.
    pub(crate) async fn validate(&self, reference: &Reference, value: &Value) -> Result<()> {
        let path = format!("/schema/validate/{}", reference.resource.path());
        let answer = self.call(Method::POST, &path, Some(body(value))).await?;
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
        let said = said(&exchange.body).unwrap_or_else(|| format!("the server answered {}", answer.status));
        let message = said.strip_prefix("invalid configuration: ").unwrap_or(&said);
        let field = field_of(&exchange.body, &said);
        let mut error = Error::new(Kind::of_status(answer.status), message);
        if error.kind() == Kind::Rejected
            && let Some(hint) = about.and_then(|reference| hint(reference.resource, &said))
        {
            error = error.hint(hint);
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
        // `..` would leave the Admin API, and the key must not.
        match url.path().strip_prefix(base.path()) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(url),
            _ => Err(Error::usage(format!("{path} leaves the Admin API"))),
        }
    }
}

fn list_path(resource: &Resource, consumer: Option<&str>) -> String {
    match consumer {
        Some(consumer) => format!("/consumers/{consumer}/credentials"),
        None => format!("/{}", resource.path()),
    }
}

fn body(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Whether a 404 means "no such object", and not "no such path", nor that somebody else answers.
pub(crate) fn is_missing(answer: &Answer) -> bool {
    let told = serde_json::from_slice::<Value>(&answer.body).ok();
    let message = told.as_ref().and_then(|told| told.get("message")?.as_str());
    message.is_some_and(|message| message == "Key not found" || answer.gateway_version().is_some())
}

fn undefined(call: &str) -> Error {
    Error::new(Kind::Server, format!("{call} answered something the Admin API does not define"))
        .hint("gatewayctl speaks to APISIX 3 and this gateway; answers of admin_api_version v2 are not understood")
}

/// The server's words in an error body.
fn said(body: &Value) -> Option<String> {
    let text = body.get("error_msg").or_else(|| body.get("message"))?.as_str()?.to_owned();
    match body.get("description").and_then(Value::as_str) {
        Some(more) => Some(format!("{text}: {more}")),
        None => Some(text),
    }
}

fn failed_item(error: &Value) -> Option<(String, usize, String)> {
    let resource = error.get("resource_type")?.as_str()?.to_owned();
    let index = usize::try_from(error.get("index")?.as_u64()?).ok()?;
    Some((resource, index, error.get("error")?.as_str()?.to_owned()))
}

/// The JSON pointer of the field at fault: told by the server, else read out of its words.
pub(crate) fn field_of(body: &Value, said: &str) -> Option<String> {
    let told = body.pointer("/details/0/path").and_then(Value::as_str).filter(|path| !path.is_empty());
    if let Some(told) = told {
        return Some(told.to_owned());
    }
    let mut pointer = String::new();
    let mut rest = said;
    loop {
        if let Some(after) = rest
            .strip_prefix("invalid configuration: ")
            .or_else(|| rest.strip_prefix("invalid plugins configuration: "))
        {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("failed to check the configuration of plugin ") {
            let (plugin, after) = after.split_once(" err: ")?;
            pointer.push_str(&format!("/plugins/{plugin}"));
            rest = after;
        } else if let Some((name, after)) = quoted(rest, "property \"") {
            pointer.push_str(&format!("/{}", crate::output::mask::escape(name)));
            rest = match after.strip_prefix(" validation failed: ") {
                Some(after) => after,
                // The place of something that is missing is where it should be.
                None if after.starts_with(" is required") => break,
                None => return None,
            };
        } else if let Some(after) = rest.strip_prefix("failed to validate item ") {
            let (number, after) = after.split_once(": ")?;
            pointer.push_str(&format!("/{}", number.parse::<u64>().ok()?.checked_sub(1)?));
            rest = after;
        } else if let Some(name) = rest.strip_prefix("additional properties forbidden, found ") {
            pointer.push_str(&format!("/{name}"));
            break;
        } else if let Some((what, _)) =
            rest.strip_prefix("failed to fetch ").and_then(|after| after.split_once(" info by "))
        {
            let field = match what {
                "upstream" => "/upstream_id",
                "service" => "/service_id",
                "plugin config" => "/plugin_config_id",
                "consumer group" => "/group_id",
                _ => return None,
            };
            pointer.push_str(field);
            break;
        } else if let Some(after) = rest.strip_prefix("unknown plugin [") {
            pointer.push_str(&format!("/plugins/{}", after.strip_suffix(']')?));
            break;
        } else {
            break;
        }
    }
    (!pointer.is_empty()).then_some(pointer)
}

fn quoted<'t>(text: &'t str, head: &str) -> Option<(&'t str, &'t str)> {
    text.strip_prefix(head)?.split_once('"')
}

/// A command that says what the server would have taken.
pub(crate) fn hint(resource: &Resource, said: &str) -> Option<String> {
    if said.contains("unknown plugin [") {
        return Some("gatewayctl plugins list".to_owned());
    }
    if said.contains("still using it") {
        return Some("delete what uses it first, or --force".to_owned());
    }
    let about_fields = said.starts_with("invalid configuration: ") || said.contains("configuration of plugin ");
    about_fields.then(|| {
        let mut path = resource.singular.to_owned();
        for name in field_of(&Value::Null, said).unwrap_or_default().split('/').skip(1) {
            // Places in lists have no explanation of their own, nor has a field that there is none of.
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if !plain || said.ends_with(&format!("found {name}")) {
                break;
            }
            if !name.chars().all(|c| c.is_ascii_digit()) {
                path.push_str(&format!(".{name}"));
            }
        }
        format!("gatewayctl explain {path}")
    })
}

/// The bundle for [`Admin::validate_all`]: objects under the names of their lists, with their ids back in.
pub(crate) fn bundle<'o>(objects: impl Iterator<Item = (&'o Reference, &'o Value)>) -> Value {
    let mut bundle = json!({});
    for (reference, value) in objects {
        let (list, id) = match reference.id.split_once('/') {
            Some((consumer, id)) if reference.resource.path() == "credentials" => {
                ("consumers", format!("{consumer}/credentials/{id}"))
            }
            _ => (reference.resource.path(), reference.id.clone()),
        };
        let mut value = value.clone();
        if let Value::Object(fields) = &mut value
            && reference.resource.path() != "consumers"
        {
            fields.insert("id".to_owned(), Value::String(id));
        }
        if let Value::Object(lists) = &mut bundle
            && let Value::Array(items) = lists.entry(list).or_insert_with(|| Value::Array(Vec::new()))
        {
            items.push(value);
        }
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_read_out_of_the_servers_words() {
        for (said, field) in [
            (
                "invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number",
                Some("/uri"),
            ),
            (
                "invalid configuration: property \"upstream\" validation failed: property \"nodes\" validation failed: object matches none of the required",
                Some("/upstream/nodes"),
            ),
            (
                "invalid configuration: property \"methods\" validation failed: failed to validate item 2: matches none of the enum values",
                Some("/methods/1"),
            ),
            (
                "failed to check the configuration of plugin limit-count err: property \"count\" is required",
                Some("/plugins/limit-count/count"),
            ),
            ("invalid configuration: additional properties forbidden, found urri", Some("/urri")),
            ("unknown plugin [limit-cuont]", Some("/plugins/limit-cuont")),
            (
                "invalid plugins configuration: failed to check the configuration of plugin key-auth err: property \"key\" is required",
                Some("/plugins/key-auth/key"),
            ),
            ("failed to fetch upstream info by upstream id [u1], response code: 404", Some("/upstream_id")),
            ("failed to fetch ssl info by ssl id [1], response code: 404", None),
            ("", None),
        ] {
            assert_eq!(field_of(&Value::Null, said).as_deref(), field, "{said}");
        }
        assert_eq!(field_of(&json!({"details":[{"path":"/a/b"}]}), "x").as_deref(), Some("/a/b"));
    }
}
