//! `gatewayctl consumers who`: the consumer that a key or token belongs to.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{holders, jwt};
use crate::commands::App;
use crate::error::{Error, Kind, Result};
use crate::output::list::{Record, cell, head};
use crate::output::mask;
use crate::resources;

/// Say which consumer a key or token belongs to
#[derive(Debug, clap::Args)]
#[command(
    long_about = "Say which consumer a key or token belongs to

A key of key-auth, a token of jwt-auth, user:password or the field of basic-auth, a key id of hmac-auth. Keys are compared here \
and not shown. Those that stand elsewhere (references to secrets) cannot be compared.",
    before_help = "Examples:
  gatewayctl consumers who - < key.txt
  gatewayctl consumers who eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJrZXkiOiJib2IifQ.c2ln
  gatewayctl consumers who 'Basic Ym9iOnNlY3JldA=='",
    help_template = crate::cli::HELP
)]
pub(crate) struct Args {
    /// The key or token; - is standard input, which others on this machine do not see
    #[arg(value_name = "KEY")]
    shown: String,
}

/// Prints whose it is.
///
/// # Errors
/// Not found: nobody's; negative: it is somebody's, and would not do; those of the calls.
pub(super) async fn run(args: &Args, app: &App<'_>) -> Result<()> {
    let mut key = args.shown.clone();
    if key == "-" {
        key.clear();
        // No key is longer.
        let read = app.stdin.borrow_mut().by_ref().take(64 << 10).read_to_string(&mut key);
        read.map_err(|error| Error::usage(format!("cannot read standard input: {error}")))?;
    }
    let key = key.trim();
    if key.is_empty() {
        return Err(Error::usage("no key"));
    }
    let shown = Shown::of(key);
    let (mut found, mut verdicts) = (Vec::new(), Vec::new());
    let mut elsewhere = 0;
    for consumer in app.admin.list(resources::find("consumers")?, None).await? {
        let name = consumer.reference.id.clone();
        let group = cell(&consumer.value, "group_id");
        for holder in holders(app, consumer).await? {
            let plugins = holder.value.get("plugins").and_then(Value::as_object).into_iter().flatten();
            for (plugin, config) in plugins {
                if refers(config) {
                    elsewhere += 1;
                }
                if let Some(verdict) = shown.belongs(plugin, config, app.now.seconds()) {
                    let by = holder.reference.to_string();
                    verdicts.push(verdict);
                    found.push(vec![name.clone(), plugin.clone(), by, group.clone(), verdict.word().to_owned()]);
                }
            }
        }
    }
    let mut list = app.printer().list(vec![
        head("CONSUMER", 0),
        head("PLUGIN", 0),
        head("STANDS-IN", 1),
        head("GROUP", 1),
        head("VERDICT", 0),
    ])?;
    for cells in found {
        let of = |at: usize| cells.get(at).cloned().unwrap_or_default();
        let document =
            json!({ "consumer": of(0), "plugin": of(1), "stands_in": of(2), "group": of(3), "verdict": of(4) });
        list.push(&Record { name: format!("consumer/{}", of(0)), cells, document })?;
    }
    if list.finish()? > 0 {
        let refused = |verdict: &Verdict| !verdict.lets_in();
        return match verdicts.first().filter(|_| verdicts.iter().all(refused)) {
            None => Ok(()),
            Some(verdict) => Err(Error::new(Kind::Negative, format!("it lets nobody in: {}", verdict.word()))),
        };
    }
    let error = Error::new(Kind::NotFound, "no consumer has this key");
    Err(match elsewhere {
        0 => error,
        1 => error.hint("1 credential stands elsewhere and could not be compared"),
        some => error.hint(format!("{some} credentials stand elsewhere and could not be compared")),
    })
}

/// What comes of showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Valid,
    /// It only says whose it is: each request is signed.
    KeyId,
    NotLookedAt,
    WrongPassword,
    WrongSignature,
    Expired,
    NotYet,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::KeyId => "key id",
            Verdict::NotLookedAt => "the signature was not looked at",
            Verdict::WrongPassword => "the password is another one",
            Verdict::WrongSignature => "the signature is wrong",
            Verdict::Expired => "it has expired",
            Verdict::NotYet => "it is not valid yet",
        }
    }

    /// Whether somebody may be let in with it, as far as is known here.
    fn lets_in(self) -> bool {
        matches!(self, Verdict::Valid | Verdict::KeyId | Verdict::NotLookedAt)
    }
}

/// What somebody shows to be let in.
struct Shown<'k> {
    plain: &'k str,
    basic: Option<(String, String)>,
    token: Option<jwt::Token<'k>>,
}

impl<'k> Shown<'k> {
    fn of(key: &'k str) -> Shown<'k> {
        let plain = key.strip_prefix("Bearer ").unwrap_or(key).trim();
        let basic = match key.strip_prefix("Basic ") {
            Some(coded) => STANDARD.decode(coded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
            None => Some(key.to_owned()),
        };
        let basic = basic.and_then(|pair| pair.split_once(':').map(|(user, word)| (user.to_owned(), word.to_owned())));
        Shown { plain, basic, token: jwt::read(plain) }
    }

    /// Whether it belongs to a plugin's configuration of a consumer, and whether it would do.
    fn belongs(&self, plugin: &str, config: &Value, now: i64) -> Option<Verdict> {
        let is = |field: &str, text: &str| config.get(field).and_then(Value::as_str) == Some(text);
        match plugin {
            "jwt-auth" => {
                let token = self.token.as_ref()?;
                let key = token.claims.get("key")?.as_str()?;
                is("key", key).then(|| verdict(token, config, now))
            }
            "basic-auth" => {
                let (user, word) = self.basic.as_ref()?;
                is("username", user).then(|| if is("password", word) { Verdict::Valid } else { Verdict::WrongPassword })
            }
            "hmac-auth" => (is("key_id", self.plain) || is("access_key", self.plain)).then_some(Verdict::KeyId),
            _ => is("key", self.plain).then_some(Verdict::Valid),
        }
    }
}

fn verdict(token: &jwt::Token<'_>, config: &Value, now: i64) -> Verdict {
    let time = |name: &str| token.claims.get(name).and_then(|time| time.as_f64());
    let signed = jwt::secret(config).and_then(|secret| token.is_signed_by(&secret));
    match () {
        () if signed == Some(false) => Verdict::WrongSignature,
        () if time("exp").is_some_and(|end| end < now as f64) => Verdict::Expired,
        () if time("nbf").is_some_and(|start| start > now as f64) => Verdict::NotYet,
        () if signed.is_none() => Verdict::NotLookedAt,
        () => Verdict::Valid,
    }
}

/// Whether a secret stands elsewhere.
fn refers(config: &Value) -> bool {
    config.as_object().into_iter().flatten().any(|(_, value)| value.as_str().is_some_and(mask::is_reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_it_is() {
        let of = |key: &str, plugin: &str, config: Value| Shown::of(key).belongs(plugin, &config, 1_000);
        assert_eq!(of("k", "key-auth", json!({"key": "k"})), Some(Verdict::Valid));
        assert_eq!(of("k", "key-auth", json!({"key": "other"})), None);
        assert_eq!(
            of("Basic Ym9iOnNlY3JldA==", "basic-auth", json!({"username": "bob", "password": "secret"})),
            Some(Verdict::Valid)
        );
        assert_eq!(
            of("bob:x", "basic-auth", json!({"username": "bob", "password": "secret"})),
            Some(Verdict::WrongPassword)
        );
        let claims = |end: i64| json!({"key": "bob", "exp": end}).as_object().cloned().unwrap();
        let token = |end, secret: &str| jwt::sign("HS256", &claims(end), secret.as_bytes()).unwrap();
        let config = json!({"key": "bob", "secret": "s"});
        assert_eq!(of(&token(2_000, "s"), "jwt-auth", config.clone()), Some(Verdict::Valid));
        assert_eq!(of(&token(500, "s"), "jwt-auth", config.clone()), Some(Verdict::Expired));
        assert_eq!(of(&format!("Bearer {}", token(2_000, "x")), "jwt-auth", config), Some(Verdict::WrongSignature));
    }
}
