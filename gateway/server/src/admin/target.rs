//! What a path names, and which methods it takes.

use gateway_model::Kind;
use hyper::Method;
use percent_encoding::percent_decode_str;

use super::answers::Refusal;
use super::live::Live;
use crate::state::keys;

/// Where the API begins.
const PREFIX: &str = "/apisix/admin";

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `/apisix/admin` itself.
    Root,
    /// `plugins/list`.
    PluginList,
    /// `plugins/reload`.
    PluginReload,
    /// `plugins`, `plugins/NAME`, `schema/plugins/NAME`.
    Plugin(Option<String>),
    /// `schema/NAME`.
    Schema(String),
    /// `schema/validate/RESOURCES`.
    Validate(String),
    /// `configs`.
    Configs,
    /// `configs/validate`.
    Bundle,
    /// `live`, and what is below it.
    Live(Live),
    /// `live/dubbo/services`.
    DubboServices,
    /// `live/dubbo/invoke`.
    DubboInvoke,
    /// `live/dubbo/openapi`.
    DubboOpenapi,
    /// `live/grpc/services`.
    GrpcServices,
    /// `live/grpc/definitions`.
    GrpcDefinitions,
    /// `live/grpc/invoke`.
    GrpcInvoke,
    /// A resource or one object of it.
    Object(Place),
    /// No resource of this name.
    Unknown(String),
}

/// A resource, or one object of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// The consumer of credentials, the service of cost decorations, the manager of secrets.
    pub(super) scope: Option<String>,
    /// The id as the URI gives it; of a credential the short one.
    pub(super) id: Option<String>,
    /// What follows, for PATCH.
    pub(super) sub: Vec<String>,
}

/// What answers a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handler {
    Get,
    Put,
    Post,
    Patch,
    Delete,
    /// The resource leaves this method out.
    NotSupported(&'static str),
}

impl Target {
    /// What a path names; `None` outside of the API.
    pub(super) fn of(path: &str) -> Option<Target> {
        let rest = path.strip_prefix(PREFIX)?;
        if rest.is_empty() || rest == "/" {
            return Some(Target::Root);
        }
        let decode = |segment: &str| percent_decode_str(segment).decode_utf8().ok().map(String::from);
        let mut segments: Vec<String> = rest.strip_prefix('/')?.split('/').map(decode).collect::<Option<_>>()?;
        // `services/1/` is `services/1`.
        while segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match words.as_slice() {
            ["plugins", "list"] => Target::PluginList,
            ["plugins", "reload"] => Target::PluginReload,
            ["plugins"] => Target::Plugin(None),
            ["plugins", name] | ["schema", "plugins", name] => Target::Plugin(Some((*name).to_owned())),
            ["schema", "validate", resource] => Target::Validate((*resource).to_owned()),
            ["schema", name] => Target::Schema((*name).to_owned()),
            ["configs"] => Target::Configs,
            ["configs", "validate"] => Target::Bundle,
            ["live", "dubbo", "services"] => Target::DubboServices,
            ["live", "dubbo", "invoke"] => Target::DubboInvoke,
            ["live", "dubbo", "openapi"] => Target::DubboOpenapi,
            ["live", "grpc", "services"] => Target::GrpcServices,
            ["live", "grpc", "definitions"] => Target::GrpcDefinitions,
            ["live", "grpc", "invoke"] => Target::GrpcInvoke,
            ["live", rest @ ..] => Live::of(rest).map_or_else(|| Target::Unknown("live".to_owned()), Target::Live),
            // Asked for by old clients as resources of their own; they live below their consumer or service.
            [resource @ ("credentials" | "graphql_cost_decorations"), ..] => Target::Unknown((*resource).to_owned()),
            ["consumers", name, "credentials", rest @ ..] => Target::place(Kind::Credential, Some(name), rest),
            ["services", service, "graphql_cost_decorations", rest @ ..] => {
                Target::place(Kind::GraphqlCostDecoration, Some(service), rest)
            }
            ["secrets", manager, rest @ ..] => Target::place(Kind::Secret, Some(manager), rest),
            [resource, rest @ ..] => match Kind::from_plural(resource) {
                Some(kind) => Target::place(kind, None, rest),
                None => Target::Unknown((*resource).to_owned()),
            },
            [] => Target::Root,
        })
    }

    fn place(kind: Kind, scope: Option<&str>, rest: &[&str]) -> Target {
        Target::Object(Place {
            kind,
            scope: scope.map(str::to_owned),
            id: rest.first().map(|id| (*id).to_owned()),
            sub: rest.iter().skip(1).map(|step| (*step).to_owned()).collect(),
        })
    }
}

impl Place {
    /// Which handler a method has here.
    ///
    /// # Errors
    /// None.
    pub(super) fn handler(&self, method: &Method) -> Result<Handler, Refusal> {
        let handler = match *method {
            Method::GET => Handler::Get,
            Method::PUT => Handler::Put,
            Method::DELETE => Handler::Delete,
            Method::POST if self.posts() => Handler::Post,
            Method::POST => Handler::NotSupported("POST"),
            Method::PATCH if self.patches() => Handler::Patch,
            Method::PATCH => Handler::NotSupported("PATCH"),
            _ => return Err(Refusal::no_handler()),
        };
        // Only PATCH goes below an object. What APISIX ignores here may have been meant for something else.
        match self.sub.is_empty() || matches!(handler, Handler::Patch | Handler::NotSupported(_)) {
            true => Ok(handler),
            false => Err(Refusal::no_handler()),
        }
    }

    fn posts(&self) -> bool {
        matches!(
            self.kind,
            Kind::Route
                | Kind::Service
                | Kind::Upstream
                | Kind::Ssl
                | Kind::Proto
                | Kind::StreamRoute
                | Kind::GraphqlCostDecoration
        )
    }

    fn patches(&self) -> bool {
        matches!(
            self.kind,
            Kind::Route
                | Kind::Service
                | Kind::Upstream
                | Kind::Ssl
                | Kind::ConsumerGroup
                | Kind::GlobalRule
                | Kind::PluginConfig
                | Kind::Secret
                | Kind::GraphqlCostDecoration
        )
    }

    /// The id that the URI gives, in the form that bodies name it by: of a secret with its manager.
    pub(super) fn told(&self) -> Option<String> {
        let id = self.id.as_ref()?;
        Some(match (self.kind, &self.scope) {
            (Kind::Secret, Some(manager)) => format!("{manager}/{id}"),
            _ => id.clone(),
        })
    }

    /// The id under which an object is stored whose bodies name it `told`.
    pub(super) fn stored(&self, told: &str) -> String {
        match &self.scope {
            Some(parent) if self.kind.parent().is_some() => format!("{}{told}", self.kind.below(parent)),
            _ => told.to_owned(),
        }
    }

    /// How the stored ids of this resource begin.
    pub(super) fn prefix(&self) -> String {
        match &self.scope {
            Some(parent) if self.kind.parent().is_some() => self.kind.below(parent),
            Some(manager) => format!("{manager}/"),
            None => String::new(),
        }
    }

    /// The key of the directory that lists it.
    pub(super) fn directory(&self) -> String {
        let key = keys::key(self.kind, &self.prefix());
        key.trim_end_matches('/').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: Kind, scope: Option<&str>, id: Option<&str>, sub: &[&str]) -> Target {
        Target::Object(Place {
            kind,
            scope: scope.map(str::to_owned),
            id: id.map(str::to_owned),
            sub: sub.iter().map(|s| (*s).to_owned()).collect(),
        })
    }

    #[test]
    fn paths() {
        let cases = [
            ("/apisix/admin", Target::Root),
            ("/apisix/admin/", Target::Root),
            ("/apisix/admin/routes", object(Kind::Route, None, None, &[])),
            ("/apisix/admin/routes/", object(Kind::Route, None, None, &[])),
            ("/apisix/admin/routes/1/", object(Kind::Route, None, Some("1"), &[])),
            ("/apisix/admin/routes/1/upstream/nodes", object(Kind::Route, None, Some("1"), &["upstream", "nodes"])),
            ("/apisix/admin/routes/1/plugins/a%2Fb", object(Kind::Route, None, Some("1"), &["plugins", "a/b"])),
            ("/apisix/admin/consumers/b", object(Kind::Consumer, None, Some("b"), &[])),
            ("/apisix/admin/consumers/b/credentials", object(Kind::Credential, Some("b"), None, &[])),
            ("/apisix/admin/consumers/b/credentials/c", object(Kind::Credential, Some("b"), Some("c"), &[])),
            (
                "/apisix/admin/services/s/graphql_cost_decorations/d",
                object(Kind::GraphqlCostDecoration, Some("s"), Some("d"), &[]),
            ),
            ("/apisix/admin/graphql_cost_decorations/d", Target::Unknown("graphql_cost_decorations".into())),
            ("/apisix/admin/secrets", object(Kind::Secret, None, None, &[])),
            ("/apisix/admin/secrets/vault/1", object(Kind::Secret, Some("vault"), Some("1"), &[])),
            ("/apisix/admin/secrets/vault/1/token", object(Kind::Secret, Some("vault"), Some("1"), &["token"])),
            ("/apisix/admin/plugins/list", Target::PluginList),
            ("/apisix/admin/plugins/reload", Target::PluginReload),
            ("/apisix/admin/plugins", Target::Plugin(None)),
            ("/apisix/admin/plugins/cors", Target::Plugin(Some("cors".into()))),
            ("/apisix/admin/schema/plugins/cors", Target::Plugin(Some("cors".into()))),
            ("/apisix/admin/schema/route", Target::Schema("route".into())),
            ("/apisix/admin/schema/validate/routes", Target::Validate("routes".into())),
            ("/apisix/admin/configs/validate", Target::Bundle),
            ("/apisix/admin/live", Target::Live(Live::Root)),
            ("/apisix/admin/live/info", Target::Live(Live::Info)),
            ("/apisix/admin/live/events/", Target::Live(Live::Events)),
            ("/apisix/admin/live/x", Target::Unknown("live".into())),
            ("/apisix/admin/routs/1", Target::Unknown("routs".into())),
        ];
        for (path, target) in cases {
            assert_eq!(Target::of(path), Some(target), "{path}");
        }
        for path in ["/", "/apisix/adminx", "/apisix", "/ui/", "/apisix/admin/routes/%ff"] {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }

    #[test]
    fn where_things_are_stored() {
        let place = |path: &str| match Target::of(path) {
            Some(Target::Object(place)) => place,
            other => panic!("{path}: {other:?}"),
        };
        let credential = place("/apisix/admin/consumers/b/credentials/c");
        assert_eq!(credential.stored("c"), "b/credentials/c");
        assert_eq!(credential.directory(), "/apisix/consumers/b/credentials");
        let secret = place("/apisix/admin/secrets/vault/1");
        assert_eq!((secret.told().as_deref(), secret.stored("vault/1").as_str()), (Some("vault/1"), "vault/1"));
        assert_eq!(place("/apisix/admin/routes").directory(), "/apisix/routes");
    }
}
