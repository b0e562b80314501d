//! What the restrictions by a header share: a list of who gets in, or of who is kept out.

use gateway_engine::plugin::{Exit, Step};
use serde::Deserialize;
use serde_json::Value;

use crate::conf::parse;

#[derive(Deserialize)]
struct Conf {
    #[serde(alias = "allowlist")]
    whitelist: Option<Vec<String>>,
    #[serde(alias = "denylist")]
    blacklist: Option<Vec<String>>,
    bypass_missing: bool,
    message: String,
}

/// A compiled list.
pub(super) struct Listed<T> {
    /// What it lists.
    pub(super) items: Box<[T]>,
    /// What those on the list get; the others get the contrary.
    pub(super) admits: bool,
    bypass_missing: bool,
    refusal: Exit,
}

impl<T> Listed<T> {
    /// Out of a configuration that has passed its schema.
    ///
    /// # Errors
    /// What `item` says of an entry.
    pub(super) fn compile(conf: &Value, item: impl Fn(&str) -> Result<T, String>) -> Result<Listed<T>, String> {
        let conf: Conf = parse(conf)?;
        // The schema takes one of the two; where both got in another way, the list of the admitted decides.
        let admits = conf.whitelist.is_some();
        let list = conf.whitelist.or(conf.blacklist).unwrap_or_default();
        Ok(Listed {
            items: list.iter().map(|text| item(text)).collect::<Result<_, _>>()?,
            admits,
            bypass_missing: conf.bypass_missing,
            refusal: Exit::message(403, &conf.message),
        })
    }

    /// What becomes of a request: whether it is on the list, or `None` where it does not say what the list is about.
    pub(super) fn judge(&self, on_it: Option<bool>) -> Step<'static> {
        match on_it.map_or(self.bypass_missing, |on_it| on_it == self.admits) {
            true => Step::Next,
            false => Step::Exit(Box::new(self.refusal.clone())),
        }
    }
}
