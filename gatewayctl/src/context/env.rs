//! What the variables of the environment may say.

use crate::error::{Error, Result};
use crate::world::{Env, switch};

/// Whether the variables of the environment say something that can be understood. What is not UTF-8 would else be as if it
/// were not there, and another server be used.
///
/// # Errors
/// Usage.
pub(crate) fn check_env(env: &Env) -> Result<()> {
    const TEXTS: [&str; 14] = [
        "SERVER",
        "CONTROL_SERVER",
        "GATEWAY",
        "METRICS",
        "CONTEXT",
        "KEY",
        "TIMEOUT",
        "OUTPUT",
        "ERRORS",
        "LOG",
        "INSECURE",
        "NO_INPUT",
        "PAGER",
        "COMPLETE",
    ];
    for name in TEXTS.map(|name| format!("GATEWAYCTL_{name}")) {
        if env.is_no_text(&name) {
            return Err(Error::usage(format!("{name} is not UTF-8")));
        }
    }
    let wrong = |name: &str, value: &str, words: &str| Err(Error::usage(format!("{name}={value}: expected {words}")));
    for name in ["GATEWAYCTL_INSECURE", "GATEWAYCTL_NO_INPUT"] {
        if let Some(value) = env.get(name).filter(|value| switch(value).is_none()) {
            return wrong(name, &value, "1 or 0");
        }
    }
    if let Some(value) = env.get("GATEWAYCTL_ERRORS").filter(|value| !matches!(value.as_str(), "text" | "json")) {
        return wrong("GATEWAYCTL_ERRORS", &value, "text or json");
    }
    if let Some(value) = env.get("GATEWAYCTL_LOG").filter(|value| value.parse::<u8>().is_err()) {
        return wrong("GATEWAYCTL_LOG", &value, "1, 2 or 3");
    }
    Ok(())
}
