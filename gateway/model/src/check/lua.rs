//! Lua, which this gateway does not run: refused by name, with the way around.

use super::Invalid;

/// Plugins whose configuration is Lua, whether or not they are built in.
const PLUGINS: &[&str] = &["serverless-pre-function", "serverless-post-function", "exit-transformer"];

/// Whether a plugin runs Lua.
pub(super) fn is_lua(plugin: &str) -> bool {
    PLUGINS.contains(&plugin)
}

/// A route's `filter_func`.
pub(super) fn filter_func() -> Invalid {
    refused("failed to load 'filter_func' string: this gateway does not run Lua, use 'vars' instead", "/filter_func")
}

/// A route's or service's `script`.
pub(super) fn script() -> Invalid {
    refused(
        "failed to load 'script' string: this gateway does not run Lua, use plugins such as proxy-rewrite and response-rewrite instead",
        "/script",
    )
}

/// A plugin such as `serverless-pre-function`.
pub(super) fn plugin(name: &str) -> Invalid {
    refused(
        &format!(
            "plugin [{name}] runs Lua, which this gateway does not: use plugins such as proxy-rewrite and fault-injection, and 'vars', instead"
        ),
        &format!("/plugins/{name}"),
    )
}

/// `_meta.pre_function` of any plugin.
pub(super) fn pre_function(name: &str) -> Invalid {
    refused(
        &format!(
            "failed to load _meta.pre_function in plugin {name}: this gateway does not run Lua, use '_meta.filter' \
             instead"
        ),
        &format!("/plugins/{name}/_meta/pre_function"),
    )
}

fn refused(text: &str, path: &str) -> Invalid {
    Invalid::new("lua", text).at(path)
}
