//! Which server, with which key, how. Each setting comes from the first place that has it: flag, environment, context of
//! the configuration file, default. For the admin key of a gateway on this machine there is one place more: the file the
//! gateway itself wrote at its first start.

mod config;
mod env;
mod key;
mod store;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use crate::cli::{Color, Global};
use crate::error::{Error, Kind, Result};
use crate::output::{Format, Output, Printing};
use crate::suggest;
use crate::world::Env;
pub(crate) use config::{Accent, Confirm, File};
pub(crate) use env::check_env;
pub(crate) use key::{Key, KeySource};
pub(crate) use store::{Store, lock, path as store_path, write};

/// The Admin API of a gateway of this machine.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:9180";

/// Everything a command needs to know about where it works.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Name of the context in use, if the configuration file has one.
    pub(crate) context: Option<String>,
    /// Base of the Admin API, ending in `/apisix/admin`.
    pub(crate) admin: Url,
    pub(crate) control: Listener,
    pub(crate) gateway: Listener,
    pub(crate) metrics: Listener,
    pub(crate) key: KeySource,
    pub(crate) tls: Tls,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `None` waits for ever.
    pub(crate) timeout: Option<Duration>,
    /// How long is waited for something to become so: the time-out, where one was given, else a minute.
    pub(crate) patience: Option<Duration>,
    pub(crate) retries: u8,
    /// How data is printed.
    pub(crate) printing: Printing,
    /// Every write is refused here.
    pub(crate) read_only: bool,
    pub(crate) confirm: Confirm,
    pub(crate) yes: bool,
    pub(crate) no_input: bool,
    /// The configuration file that was named.
    pub(crate) file: Option<PathBuf>,
    /// The context whose key is for another server than the one that was named, and was not sent.
    pub(crate) withheld: Option<String>,
    /// Things worth a warning: a readable configuration file, an unverified certificate.
    pub(crate) warnings: Vec<String>,
    /// Things worth a hint to a person.
    pub(crate) hints: Vec<String>,
}

/// A listener beside the Admin API.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) url: Url,
    /// Named by the user, and not only supposed to be beside the Admin API.
    pub(crate) given: bool,
    /// The port of the other scheme, in the clear or TLS, where the gateway tells of one.
    pub(crate) other_port: Option<u16>,
    /// The port that a request names, where the gateway tells that it has such a listener.
    pub(crate) named_port: Option<u16>,
}

/// How TLS connections are made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tls {
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<(PathBuf, PathBuf)>,
    pub(crate) server_name: Option<String>,
    pub(crate) insecure: bool,
}

impl Settings {
    /// Merges flags, environment and configuration file.
    ///
    /// # Errors
    /// Usage: a value that cannot be read, an unknown context, a broken configuration file.
    pub(crate) fn resolve(global: &Global, env: &Env) -> Result<Settings> {
        check_env(env)?;
        let mut warnings = Vec::new();
        let file = config::load(global.config.as_deref(), env, &mut warnings)?;
        let picked = pick_context(global, env, &file)?;
        let named = global.context.is_some() || env.get("GATEWAYCTL_CONTEXT").is_some();
        // What a context says of its server is not true of another one, and its key is for nobody else.
        let context = match picked {
            Some(context) if elsewhere(global, env, context)? => None,
            picked => picked,
        };
        let name = context.map(|context| context.name.clone());
        // What guards against mistakes holds for whoever names it.
        let guards = context.or(picked.filter(|_| named));
        // A value, and what it was given by.
        let of = |what: &'static str, flag: &Option<String>, variable: &'static str, stored: Option<&String>| {
            let given =
                flag.clone().map(|value| (what, value)).or_else(|| env.get(variable).map(|value| (variable, value)));
            given.or_else(|| stored.map(|value| (what, value.clone())))
        };

        let stored = context.and_then(|c| c.server.as_ref());
        let server = match of("--server", &global.server, "GATEWAYCTL_SERVER", stored) {
            Some((what, url)) => parse_url(what, &url)?,
            None => parse_url("--server", DEFAULT_SERVER)?,
        };
        let listener = |what, flag, variable, stored, port, path| match of(what, flag, variable, stored) {
            Some((what, url)) => {
                Ok(Listener { url: parse_url(what, &url)?, given: true, other_port: None, named_port: None })
            }
            None => Ok(Listener { url: beside(&server, port, path), given: false, other_port: None, named_port: None }),
        };
        let stored = context.and_then(|c| c.control_server.as_ref());
        let control =
            listener("--control-server", &global.control_server, "GATEWAYCTL_CONTROL_SERVER", stored, 9090, "/")?;
        let stored = context.and_then(|c| c.gateway.as_ref());
        let gateway = listener("--gateway", &global.gateway, "GATEWAYCTL_GATEWAY", stored, 9080, "/")?;
        let stored = context.and_then(|c| c.metrics.as_ref());
        let path = "/apisix/prometheus/metrics";
        let metrics = listener("--metrics", &global.metrics, "GATEWAYCTL_METRICS", stored, 9091, path)?;

        let tls = tls(global, env, context)?;
        if tls.insecure {
            warnings.push("the server's certificate is not verified".to_owned());
        }
        let mut hints = Vec::new();
        if global.key.is_some() {
            hints.push(
                "--key is visible to other users of this machine; --key-file or GATEWAYCTL_KEY is not".to_owned(),
            );
        }
        let timeout = of("--timeout", &global.timeout, "GATEWAYCTL_TIMEOUT", file.defaults.timeout.as_ref());
        let timeout = timeout.map(|(what, text)| duration(what, &text)).transpose()?;
        Ok(Settings {
            key: key::source(global, env, context, is_loopback(&server)),
            admin: admin_base(server),
            control,
            gateway,
            metrics,
            tls,
            headers: global.headers.iter().map(|text| header(text)).collect::<Result<_>>()?,
            patience: timeout.unwrap_or(Some(Duration::from_secs(60))),
            timeout: timeout.unwrap_or(Some(Duration::from_secs(10))),
            retries: global.retries.unwrap_or(2),
            printing: printing(global, env, &file.defaults.output)?,
            read_only: guards.is_some_and(|context| context.read_only),
            confirm: guards.map(|context| context.confirm).unwrap_or_default(),
            withheld: withheld(picked.filter(|_| context.is_none())),
            yes: global.yes,
            no_input: global.no_input || env.flag("GATEWAYCTL_NO_INPUT") || env.flag("CI"),
            context: name,
            file: global.config.clone(),
            warnings,
            hints,
        })
    }

    /// The same server with another key, and with nothing to print.
    pub(crate) fn with_key(&self, key: KeySource) -> Settings {
        Settings {
            context: self.context.clone(),
            admin: self.admin.clone(),
            control: self.control.clone(),
            gateway: self.gateway.clone(),
            metrics: self.metrics.clone(),
            key,
            tls: self.tls.clone(),
            headers: self.headers.clone(),
            timeout: self.timeout,
            patience: self.patience,
            retries: self.retries,
            printing: Printing::default(),
            read_only: self.read_only,
            confirm: self.confirm,
            yes: self.yes,
            no_input: self.no_input,
            file: self.file.clone(),
            withheld: None,
            warnings: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// Refuses any change where the context says so.
    ///
    /// # Errors
    /// Auth.
    pub(crate) fn writable(&self) -> Result<()> {
        if !self.read_only {
            return Ok(());
        }
        let context = self.context.as_deref().unwrap_or_default();
        Err(Error::new(Kind::Auth, format!("the context \"{context}\" is read-only"))
            .hint("another one with --context, or read-only: false in the configuration file"))
    }

    /// The form of output.
    pub(crate) fn format(&self) -> Format {
        self.printing.format
    }

    /// Whether the Admin API is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        is_loopback(&self.admin)
    }
}

/// Whether the flags that say where a server is make sense.
///
/// # Errors
/// Usage.
pub(crate) fn check(global: &Global) -> Result<()> {
    let urls = [
        ("--server", &global.server),
        ("--control-server", &global.control_server),
        ("--gateway", &global.gateway),
        ("--metrics", &global.metrics),
    ];
    for (flag, url) in urls {
        url.as_deref().map(|url| parse_url(flag, url)).transpose()?;
    }
    tls(global, &Env::of(std::iter::empty::<(String, String)>()), None).map(drop)
}

/// The configuration file by itself, for what is needed before there are settings.
///
/// # Errors
/// Usage, as [`Settings::resolve`].
pub(crate) fn load(named: Option<&Path>, env: &Env) -> Result<File> {
    config::load(named, env, &mut Vec::new())
}

/// Whether colours are used on a stream: flag, `NO_COLOR`, `CLICOLOR_FORCE`, then whether it is a terminal that can.
pub(crate) fn colors(flag: Option<Color>, env: &Env, terminal: bool) -> bool {
    match flag.unwrap_or(Color::Auto) {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env.get("NO_COLOR").is_some() => false,
        Color::Auto if env.flag("CLICOLOR_FORCE") => true,
        Color::Auto => terminal && env.get("TERM").as_deref() != Some("dumb"),
    }
}

/// How much is told, from `-v` or `GATEWAYCTL_LOG`.
pub(crate) fn verbosity(flag: u8, env: &Env) -> u8 {
    if flag > 0 { flag } else { env.get("GATEWAYCTL_LOG").and_then(|text| text.parse().ok()).unwrap_or_default() }
}

fn pick_context<'a>(global: &Global, env: &Env, file: &'a File) -> Result<Option<&'a config::Context>> {
    let wanted =
        global.context.clone().or_else(|| env.get("GATEWAYCTL_CONTEXT")).or_else(|| file.current_context.clone());
    let Some(wanted) = wanted else { return Ok(None) };
    if let Some(context) = file.contexts.iter().find(|context| context.name == wanted) {
        return Ok(Some(context));
    }
    let names = || file.contexts.iter().map(|context| context.name.as_str());
    let error = Error::usage(format!("unknown context \"{wanted}\""));
    let error = match (&global.context, env.get("GATEWAYCTL_CONTEXT")) {
        (None, Some(_)) => error.of("GATEWAYCTL_CONTEXT"),
        _ => error,
    };
    Err(match suggest::hint(&wanted, names()) {
        Some(hint) => error.hint(hint),
        None if file.contexts.is_empty() => error.hint("the configuration file has no contexts"),
        None => error.hint(format!("contexts are {}", names().collect::<Vec<_>>().join(", "))),
    })
}

/// Whether flag or environment name another server than the context has.
fn elsewhere(global: &Global, env: &Env, context: &config::Context) -> Result<bool> {
    let named = match (&global.server, env.get("GATEWAYCTL_SERVER")) {
        (Some(server), _) => parse_url("--server", server)?,
        (None, Some(server)) => parse_url("GATEWAYCTL_SERVER", &server)?,
        (None, None) => return Ok(false),
    };
    let own = parse_url("--server", context.server.as_deref().unwrap_or(DEFAULT_SERVER))?;
    let host = |url: &Url| {
        if is_loopback(url) { "localhost".to_owned() } else { url.host_str().unwrap_or_default().to_owned() }
    };
    let of = |url: &Url| (url.scheme().to_owned(), host(url), url.port_or_known_default());
    Ok(of(&named) != of(&own))
}

/// The name of a context that has a key.
fn withheld(context: Option<&config::Context>) -> Option<String> {
    let has = |context: &&config::Context| {
        context.key.is_some() || context.key_file.is_some() || context.key_command.is_some() || context.keyring
    };
    context.filter(has).map(|context| context.name.clone())
}

/// How data is printed, from flags, `GATEWAYCTL_OUTPUT` and the default of the configuration file.
///
/// # Errors
/// Usage: an unknown format, an expression that is none.
pub(crate) fn printing(global: &Global, env: &Env, default: &Option<String>) -> Result<Printing> {
    let output = match &global.output {
        Some(output) => output.clone(),
        None => match (env.get("GATEWAYCTL_OUTPUT"), default) {
            (Some(text), _) => {
                let output = Output::parse(&text).and_then(|output| Printing::of(&output).map(|_| output));
                output.map_err(|error| error.of("GATEWAYCTL_OUTPUT"))?
            }
            (None, Some(text)) => Output::parse(text)?,
            (None, None) => Output { format: Format::Table, expression: String::new() },
        },
    };
    Ok(Printing {
        typed: global.output.is_some(),
        columns: (!global.columns.is_empty()).then(|| global.columns.clone()),
        no_headers: global.no_headers,
        plain: global.plain,
        compact: global.compact,
        ..Printing::of(&output)?
    })
}

fn tls(global: &Global, env: &Env, context: Option<&config::Context>) -> Result<Tls> {
    let of = |flag: &Option<PathBuf>, variable: &str, stored: Option<&PathBuf>| {
        flag.clone().or_else(|| env.path(variable)).or_else(|| stored.map(|path| config::expand(path, env)))
    };
    let cert = of(&global.cert, "GATEWAYCTL_CERT", context.and_then(|c| c.cert.as_ref()));
    let cert_key = of(&global.cert_key, "GATEWAYCTL_CERT_KEY", context.and_then(|c| c.cert_key.as_ref()));
    let cert = match (cert, cert_key) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        (Some(_), None) => {
            let what = if global.cert.is_none() && env.path("GATEWAYCTL_CERT").is_some() {
                "GATEWAYCTL_CERT"
            } else {
                "--cert"
            };
            return Err(Error::usage(format!("{what} needs --cert-key")));
        }
        (None, Some(_)) => {
            let variable = global.cert_key.is_none() && env.path("GATEWAYCTL_CERT_KEY").is_some();
            let what = if variable { "GATEWAYCTL_CERT_KEY" } else { "--cert-key" };
            return Err(Error::usage(format!("{what} needs --cert")));
        }
    };
    Ok(Tls {
        ca: of(&global.ca, "GATEWAYCTL_CA", context.and_then(|c| c.ca.as_ref())),
        cert,
        server_name: global.tls_server_name.clone().or_else(|| context.and_then(|c| c.tls_server_name.clone())),
        insecure: global.insecure_skip_verify
            || env.flag("GATEWAYCTL_INSECURE")
            || context.is_some_and(|context| context.insecure_skip_verify),
    })
}

fn parse_url(what: &str, text: &str) -> Result<Url> {
    let wrong = |why: &str| Error::usage(format!("{what}: {why}"));
    if !text.contains("://") {
        return Err(wrong(&format!("\"{text}\" is no URL")).hint(format!("http://{text}")));
    }
    // The text is not repeated below: it may hold a password.
    let url = Url::parse(text).map_err(|error| wrong(&format!("not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(&format!("the scheme is http or https, not {}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("no user and password in a URL").hint("--header 'Authorization: Basic ...' sends them"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("no query and no fragment"));
    }
    Ok(url)
}

/// Appends `/apisix/admin` unless it is there, and takes a final `/` away.
fn admin_base(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    let path = if path.ends_with("/apisix/admin") { path } else { format!("{path}/apisix/admin") };
    url.set_path(&path);
    url
}

/// Another port of the server's host, in the clear as the gateway's defaults have it.
fn beside(server: &Url, port: u16, path: &str) -> Url {
    let mut url = server.clone();
    // None of these can fail for an http(s) URL with a host.
    let _ = url.set_scheme("http");
    let _ = url.set_port(Some(port));
    url.set_path(path);
    url
}

/// Whether a URL's host is this machine by its name or address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']')) {
        Some("localhost") => true,
        Some(host) => host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue)> {
    let wrong = || Error::usage("--header is of the form 'Name: value'");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// `500ms`, `30s`, `2m`, `1h`, `7d`; a bare number is seconds, `0` is no limit.
///
/// # Errors
/// Usage, naming the flag.
pub(crate) fn duration(flag: &str, text: &str) -> Result<Option<Duration>> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => Some(1),
        "s" | "" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    let millis = factor.zip(number.parse::<u64>().ok()).and_then(|(factor, number)| number.checked_mul(factor));
    match millis {
        Some(0) => Ok(None),
        Some(millis) => Ok(Some(Duration::from_millis(millis))),
        None => Err(Error::usage(format!("{flag}: \"{text}\" is no duration")).hint("like 500ms, 30s or 2m")),
    }
}

/// A flag's value that is a duration, refused before anything is done where it is none.
pub(crate) fn as_duration(text: &str) -> std::result::Result<String, String> {
    match duration("", text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("it is no duration like 500ms, 30s or 2m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(global: Global, env: &[(&str, &str)]) -> Result<Settings> {
        Settings::resolve(&global, &Env::of(env.iter().map(|(k, v)| (*k, *v))))
    }

    #[test]
    fn defaults() {
        let settings = resolve(Global::default(), &[]).unwrap();
        assert_eq!(settings.admin.as_str(), "http://127.0.0.1:9180/apisix/admin");
        assert_eq!(settings.control.url.as_str(), "http://127.0.0.1:9090/");
        assert_eq!(settings.gateway.url.as_str(), "http://127.0.0.1:9080/");
        assert_eq!(settings.metrics.url.as_str(), "http://127.0.0.1:9091/apisix/prometheus/metrics");
        assert_eq!(settings.timeout, Some(Duration::from_secs(10)));
        assert_eq!((settings.retries, settings.format(), settings.read_only), (2, Format::Table, false));
    }

    #[test]
    fn the_environment_is_understood_or_refused() {
        for (pair, on) in [(("GATEWAYCTL_INSECURE", "yes"), true), (("GATEWAYCTL_INSECURE", "off"), false)] {
            assert_eq!(resolve(Global::default(), &[pair]).unwrap().tls.insecure, on);
        }
        for (name, value) in [
            ("GATEWAYCTL_INSECURE", "maybe"),
            ("GATEWAYCTL_NO_INPUT", "perhaps"),
            ("GATEWAYCTL_ERRORS", "xml"),
            ("GATEWAYCTL_LOG", "abc"),
            ("GATEWAYCTL_TIMEOUT", "abc"),
            ("GATEWAYCTL_OUTPUT", "xml"),
            ("GATEWAYCTL_OUTPUT", "jq=.["),
            ("GATEWAYCTL_SERVER", "nowhere"),
            ("GATEWAYCTL_CONTROL_SERVER", "nowhere"),
            ("GATEWAYCTL_GATEWAY", "ftp://x"),
            ("GATEWAYCTL_METRICS", "nowhere"),
            ("GATEWAYCTL_CONTEXT", "nobody"),
            ("GATEWAYCTL_CERT", "a.pem"),
            ("GATEWAYCTL_CERT_KEY", "a.key"),
        ] {
            let error = resolve(Global::default(), &[(name, value)]).unwrap_err();
            assert_eq!((error.kind(), error.message().starts_with(name)), (Kind::Usage, true), "{}", error.message());
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            for name in ["SERVER", "CONTEXT", "KEY", "OUTPUT"] {
                let name = format!("GATEWAYCTL_{name}");
                let env = Env::of([(name.clone(), std::ffi::OsString::from_vec(b"a\xff".to_vec()))]);
                let error = Settings::resolve(&Global::default(), &env).unwrap_err();
                assert_eq!(error.message(), format!("{name} is not UTF-8"));
            }
        }
    }

    #[test]
    fn servers() {
        for (given, admin) in [
            ("https://gw.example", "https://gw.example/apisix/admin"),
            ("http://gw:1/pre/", "http://gw:1/pre/apisix/admin"),
            ("http://gw:1/pre/apisix/admin/", "http://gw:1/pre/apisix/admin"),
            ("http://[::1]:9180", "http://[::1]:9180/apisix/admin"),
        ] {
            let settings = resolve(Global { server: Some(given.into()), ..Global::default() }, &[]).unwrap();
            assert_eq!(settings.admin.as_str(), admin);
        }
        for wrong in ["127.0.0.1:9180", "ftp://x", "http://u:p@x", "http://x?y=1", "http://"] {
            let error = resolve(Global { server: Some(wrong.into()), ..Global::default() }, &[]).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{wrong}");
            assert!(!error.message().contains("u:p"), "{}", error.message());
        }
    }

    #[test]
    fn flags_outrank_the_environment_which_outranks_the_context() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.yaml");
        let text = "current-context: a\ncontexts:\n- {name: a, server: 'http://a', read-only: true, confirm: writes}\n- {name: b, server: 'http://b'}\ndefaults: {output: json, timeout: 1s}\n";
        std::fs::write(&path, text).unwrap();
        let config = path.display().to_string();
        let server = |global: Global, env: &[(&str, &str)]| {
            let mut all = vec![("GATEWAYCTL_CONFIG", config.as_str())];
            all.extend(env);
            let settings = resolve(global, &all).unwrap();
            (settings.admin.host_str().unwrap_or_default().to_owned(), settings.read_only, settings.format())
        };
        let flag = |name: &str| Global { context: Some(name.to_owned()), ..Global::default() };
        assert_eq!(server(Global::default(), &[]), ("a".into(), true, Format::Json));
        assert_eq!(server(flag("b"), &[]), ("b".into(), false, Format::Json));
        assert_eq!(
            server(Global::default(), &[("GATEWAYCTL_CONTEXT", "b"), ("GATEWAYCTL_OUTPUT", "yaml")]),
            ("b".into(), false, Format::Yaml)
        );
        assert_eq!(server(flag("a"), &[("GATEWAYCTL_CONTEXT", "b")]).0, "a");
        assert_eq!(server(Global::default(), &[("GATEWAYCTL_SERVER", "http://e")]).0, "e");
        assert_eq!(
            server(
                Global { server: Some("http://f".into()), ..Global::default() },
                &[("GATEWAYCTL_SERVER", "http://e")]
            )
            .0,
            "f"
        );

        let error = resolve(flag("bb"), &[("GATEWAYCTL_CONFIG", &config)]).unwrap_err();
        assert_eq!(error.message(), "unknown context \"bb\"");
    }

    #[test]
    fn durations() {
        for (text, millis) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("2d", Some(172_800_000)),
            ("7", Some(7_000)),
            ("0", None),
            ("0s", None),
        ] {
            assert_eq!(duration("--x", text).unwrap(), millis.map(Duration::from_millis), "{text}");
        }
        for wrong in ["", "s", "1.5s", "-1s", "1w", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration("--x", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn when_colours_are_used() {
        let env = |pairs: &[(&str, &str)]| Env::of(pairs.iter().map(|(k, v)| (*k, *v)));
        for (flag, pairs, terminal, expected) in [
            (None, &[][..], true, true),
            (None, &[][..], false, false),
            (None, &[("NO_COLOR", "1")][..], true, false),
            (None, &[("NO_COLOR", "")][..], true, true),
            (None, &[("TERM", "dumb")][..], true, false),
            (None, &[("CLICOLOR_FORCE", "1")][..], false, true),
            (Some(Color::Always), &[("NO_COLOR", "1")][..], false, true),
            (Some(Color::Never), &[][..], true, false),
        ] {
            assert_eq!(colors(flag, &env(pairs), terminal), expected, "{flag:?} {pairs:?} {terminal}");
        }
    }

    #[test]
    fn halves_of_tls_options_are_refused() {
        let error = resolve(Global { cert: Some("c".into()), ..Global::default() }, &[]).unwrap_err();
        assert_eq!(error.message(), "--cert needs --cert-key");
        let error = resolve(Global { headers: vec!["x".into()], ..Global::default() }, &[]).unwrap_err();
        assert_eq!(error.message(), "--header is of the form 'Name: value'");
    }
}
