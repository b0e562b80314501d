//! Keys under `deployment`.

use super::{Key, Kind};

const BOOL: Kind = Kind::Bool;
const IP: Kind = Kind::Custom("an IP address");
const PORT: Kind = Kind::Int { min: 1, max: 65535 };
const PROVIDER: Kind = Kind::Word(&["embedded", "etcd", "yaml", "json", "xds"]);

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "deployment.role",
        Kind::Word(&["traditional", "control_plane", "data_plane"]),
        "traditional",
        "`traditional`: proxy and Admin API; `control_plane`: Admin API only; `data_plane`: proxy only.",
    )
    .restart(),
    Key::new(
        "deployment.role_traditional.config_provider",
        PROVIDER,
        "embedded",
        "Where resources are kept: `embedded`, one crash-safe file in the data directory; or `yaml`: in memory only, put as a whole by `/apisix/admin/configs`.",
    )
    .restart(),
    Key::new(
        "deployment.role_control_plane.config_provider",
        PROVIDER,
        "embedded",
        "The same for role `control_plane`.",
    )
    .restart(),
    Key::new(
        "deployment.role_data_plane.config_provider",
        PROVIDER,
        "embedded",
        "The same for role `data_plane`: `yaml` or `json` is the file `apisix.yaml` or `apisix.json` beside this one, read again when it changes.",
    )
    .restart(),
    Key::new("deployment.role_control_plane.conf_server", Kind::Any, "", "Obsolete in APISIX.")
        .later("a configuration server"),
    Key::new("deployment.role_data_plane.control_plane", Kind::Any, "", "Obsolete in APISIX.")
        .later("a configuration server"),
    Key::new(
        "deployment.admin.admin_listen",
        Kind::Custom("`{ip, port}`"),
        "{ip: 127.0.0.1, port: 9180}",
        "Where the Admin API listens.",
    )
    .restart(),
    Key::new("deployment.admin.admin_listen.ip", IP, "127.0.0.1", "Its address (APISIX: 0.0.0.0).").restart(),
    Key::new("deployment.admin.admin_listen.port", PORT, "9180", "Its port.").restart(),
    Key::new(
        "deployment.admin.admin_key",
        Kind::Maps,
        "",
        "Who may use the Admin API. Without an entry of role `admin` that holds a key, one is generated at the first start into `<data_dir>/admin.key`.",
    ),
    Key::new("deployment.admin.admin_key[].name", Kind::Text, "", "Name of the key, for the journal."),
    Key::new(
        "deployment.admin.admin_key[].key",
        Kind::Text,
        "",
        "The key, best as `${{VAR}}`. Empty for role `admin`: generated.",
    ),
    Key::new(
        "deployment.admin.admin_key[].role",
        Kind::Word(&["admin", "viewer"]),
        "",
        "`admin`: everything; `viewer`: `GET` only.",
    ),
    Key::new(
        "deployment.admin.admin_key_required",
        BOOL,
        "true",
        "Whether requests need a key. `false` only where the Admin API listens on loopback.",
    ),
    Key::new(
        "deployment.admin.allow_admin",
        Kind::Texts,
        "127.0.0.0/24 and ::1",
        "Peers (IP or CIDR) that may use the Admin API; an empty list allows all.",
    ),
    Key::new("deployment.admin.enable_admin_cors", BOOL, "true", "Whether its answers carry CORS fields."),
    Key::new("deployment.admin.enable_admin_ui", BOOL, "true", "The embedded user interface.")
        .later("the user interface"),
    Key::new(
        "deployment.admin.admin_api_version",
        Kind::Text,
        "v3",
        "What `X-API-VERSION` of its answers says; anything but `v3` reads as `v2`.",
    ),
    Key::new(
        "deployment.admin.https_admin",
        BOOL,
        "false",
        "HTTPS for the Admin API, with the files of `admin_api_mtls`. Not built yet: `true` is refused, for plain HTTP would send keys in the clear.",
    )
    .restart(),
    Key::new(
        "deployment.admin.admin_api_mtls.admin_ssl_cert",
        Kind::Text,
        "",
        "PEM file of its certificate chain. Not built yet, as `https_admin`.",
    )
    .restart(),
    Key::new(
        "deployment.admin.admin_api_mtls.admin_ssl_cert_key",
        Kind::Text,
        "",
        "PEM file of its private key. Not built yet, as `https_admin`.",
    )
    .restart(),
    Key::new(
        "deployment.admin.admin_api_mtls.admin_ssl_ca_cert",
        Kind::Text,
        "",
        "PEM file of the authority of client certificates; present: clients must show one. Not built yet, as `https_admin`.",
    )
    .restart(),
    Key::new("deployment.etcd", Kind::Any, "", "Asks for the etcd store, which is not built yet: refused.").restart(),
    Key::new("deployment.certs", Kind::Any, "", "Certificates between control and data plane.")
        .later("a configuration server"),
];
