//! The server with one key: what tasks ask it with. Several hold it at once; it goes with the last of them, so that what was begun
//! with one key ends with it.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::io::Read;

use reqwest::Method;
use serde_json::Value;

use crate::admin::{self, Admin, Beside, Page};
use crate::client::{Answer, Client, Request, Software, build};
use crate::context::{Key, KeySource, Listener, Settings};
use crate::error::{Error, Kind, Result};
use crate::output::Out;
use crate::resources::{Item, Reference, Resource};
use crate::stream::Rows;
use crate::tui::msg::Call;

/// The longest answer that is taken, in bytes: twice the longest that a gateway gives by itself. Several are on their way at once.
const LONGEST: usize = 32 << 20;

/// The longest line of a stream: a gateway keeps 4 MiB for a reader.
const LONGEST_LINE: usize = 8 << 20;

/// The server with one key.
pub(super) struct Connection {
    pub(super) settings: Settings,
    out: Out,
    stdin: RefCell<Box<dyn Read + Send>>,
    key: Option<Key>,
    /// Built with the first request, as that may fail.
    http: OnceCell<reqwest::Client>,
    /// What the server last said of itself.
    software: RefCell<Software>,
    /// Where the listeners beside the Admin API were found, as long as they answer.
    found: RefCell<HashMap<Beside, Listener>>,
}

impl Connection {
    pub(super) fn new(settings: Settings, key: Option<Key>) -> Connection {
        let out = Out::new(Box::new(std::io::sink()), Box::new(std::io::sink()));
        let stdin: Box<dyn Read + Send> = Box::new(std::io::empty());
        Connection {
            settings,
            out,
            stdin: RefCell::new(stdin),
            key,
            http: OnceCell::new(),
            software: RefCell::default(),
            found: RefCell::default(),
        }
    }

    /// The same server with a key that was typed.
    pub(super) fn with_key(&self, text: &str) -> Connection {
        let key = Key::typed(text);
        let other = Connection::new(self.settings.with_key(KeySource::Given(key.clone())), Some(key));
        if let Some(http) = self.http.get() {
            // It was empty.
            let _ = other.http.set(http.clone());
        }
        other
    }

    async fn client(&self) -> Result<Client<'_>> {
        let http = match self.http.get() {
            Some(http) => http.clone(),
            None => {
                let http = build(&self.settings).await?;
                self.http.get_or_init(|| http).clone()
            }
        };
        Ok(Client::sharing(&self.settings, &self.out, &self.stdin, http, self.key.clone()).at_most(LONGEST))
    }

    /// A document of the live endpoints; `None` from a server that has none of that name.
    ///
    /// # Errors
    /// As [`Admin::live`].
    pub(super) async fn live(&self, path: &str) -> Result<Option<Value>> {
        let client = self.client().await?;
        let told = Admin::new(&client, &self.settings).live(path).await;
        self.software.replace(client.software());
        absent(told)
    }

    /// The error for a server without a live endpoint.
    pub(super) fn lacks(&self, name: &str) -> Error {
        admin::lacks(self.software(), name)
    }

    /// What the server last said of itself.
    pub(super) fn software(&self) -> Software {
        self.software.borrow().clone()
    }

    /// Any document of the Admin API.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        let client = self.client().await?;
        let admin = Admin::new(&client, &self.settings);
        let answer = admin.call(Method::GET, path, None).await?;
        admin.success(answer, None)?.json()
    }

    /// A stream of the live endpoints; `None` from a server that has none of that name.
    ///
    /// # Errors
    /// As [`Admin::follow_events`].
    pub(super) async fn follow(&self, path: &str) -> Result<Option<Rows>> {
        let client = self.client().await?;
        let rows = Admin::new(&client, &self.settings).follow_events(path).await;
        self.software.replace(client.software());
        Ok(absent(rows)?.map(|rows| rows.at_most(LONGEST_LINE)))
    }

    /// Visits all objects of a resource, so many at a time.
    ///
    /// # Errors
    /// Those of the calls.
    pub(super) async fn each(
        &self,
        resource: &'static Resource,
        size: Option<u16>,
        visit: &mut dyn FnMut(Item),
    ) -> Result<()> {
        let client = self.client().await?;
        let page = Page { filters: Vec::new(), size };
        let mut visit = |item| {
            visit(item);
            true
        };
        Admin::new(&client, &self.settings).each(resource, None, &page, &mut visit).await
    }

    /// Where a listener that is no Admin API is: as somebody said, else as the gateway tells, else on its usual port. It is
    /// looked for again once it does not answer.
    ///
    /// # Errors
    /// Unreachable: the gateway says that it has none; those of making a client.
    pub(super) async fn listener(&self, which: Beside) -> Result<Listener> {
        if let Some(known) = self.found.borrow().get(&which) {
            return Ok(known.clone());
        }
        let client = self.client().await?;
        let listener = Admin::new(&client, &self.settings).beside(which).await?;
        self.found.borrow_mut().insert(which, listener.clone());
        Ok(listener)
    }

    /// Asks a listener that is no Admin API; the key is not sent.
    ///
    /// # Errors
    /// Unreachable; the kind of a status that is no success.
    pub(super) async fn beside(&self, listener: &Listener, path: &str) -> Result<Vec<u8>> {
        let body = self.asked_beside(listener, path).await;
        if body.is_err() {
            self.found.borrow_mut().clear();
        }
        body
    }

    async fn asked_beside(&self, listener: &Listener, path: &str) -> Result<Vec<u8>> {
        let mut url = listener.url.clone();
        if !path.is_empty() {
            url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        }
        let request = Request { method: Method::GET, url, body: None, admin: false, if_match: None, patience: None };
        let answer = self.client().await?.send(request).await?;
        match answer.is_success() {
            true => Ok(answer.body),
            false => Err(Error::new(Kind::of_status(answer.status), format!("answered {}", answer.status))),
        }
    }

    /// A call, and its answer if that is a success.
    ///
    /// # Errors
    /// Those of the call; a refusal names what it is about.
    pub(super) async fn call(&self, call: &Call, about: Option<&Reference>) -> Result<Answer> {
        let client = self.client().await?;
        let admin = Admin::new(&client, &self.settings);
        let Call { method, path, body, if_match, patience } = call;
        let answer = admin.ask(method.clone(), path, body.as_ref(), *if_match, *patience).await?;
        if admin.was_made(&answer, *if_match, about, body.as_ref()).await? {
            return Ok(answer);
        }
        match about {
            // An earlier try whose answer was lost has deleted it.
            Some(_) if *method == Method::DELETE && answer.retried && admin::is_missing(&answer) => Ok(answer),
            Some(about) if answer.status == 404 && admin::is_missing(&answer) => {
                Err(crate::commands::get::not_found(about).http(answer.exchange()))
            }
            about => admin.success(answer, about),
        }
    }
}

/// Whoever stands in front of a server says in words of its own that something is not there.
fn absent<T>(told: Result<Option<T>>) -> Result<Option<T>> {
    match told {
        Err(error) if error.status() == Some(404) => Ok(None),
        told => told,
    }
}
