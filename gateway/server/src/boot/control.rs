//! The listeners of the control plane: all are bound before one of them serves, so that each can tell of the others.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use gateway_engine::snapshot::Shared;

use super::BootError;
use crate::config::{self, Config};
use crate::control_http::{Bounds, Gate};
use crate::logging::AccessLog;
use crate::state::State;
use crate::{admin, control_api, data_dir, metrics, status};

/// The listeners of the control plane, bound and silent; `None`: it is off.
pub(super) struct ControlPlane {
    admin: Option<(TcpListener, config::Admin)>,
    control: Option<TcpListener>,
    status: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

/// A listener of the control plane, as it is told about.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// `admin`, `control`, `status` or `metrics`.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// Where what it serves begins.
    pub(crate) path: String,
}

impl ControlPlane {
    /// Binds what is on. `successor`: another process is taken over, and all that it has must be had.
    ///
    /// # Errors
    /// An address cannot be listened on. The status server's own default is no reason: without it goes whoever did not ask for
    /// it, with a warning.
    pub(super) fn bind(config: &Config, dir: &Path, successor: bool) -> Result<ControlPlane, BootError> {
        let at = |addr: Option<SocketAddr>, key: &str| addr.map(|addr| listen(addr, key)).transpose();
        let admin = match with_key(config, dir)? {
            Some(admin) => Some((listen(admin.listen, "deployment.admin.admin_listen")?, admin)),
            None => None,
        };
        let control = at(config.control, "apisix.control")?;
        let status = match config.status {
            Some(addr) if !config.status_given && !successor => status_or_none(addr)?,
            addr => at(addr, "apisix.status")?,
        };
        let metrics = at(config.metrics.server, "plugin_attr.prometheus.export_addr")?;
        Ok(ControlPlane { admin, control, status, metrics })
    }

    /// Where each of them listens.
    fn doors(&self, config: &Config) -> Vec<Door> {
        let own = [
            ("admin", self.admin.as_ref().map(|(listener, _)| listener), "/apisix/admin"),
            ("control", self.control.as_ref(), "/"),
            ("status", self.status.as_ref(), "/status"),
            ("metrics", self.metrics.as_ref(), config.metrics.uri.as_str()),
        ];
        let door = |(name, listener, path): (_, Option<&TcpListener>, &str)| {
            Some(Door { name, addr: listener?.local_addr().ok()?, path: path.to_owned() })
        };
        own.into_iter().filter_map(door).collect()
    }

    /// Serves on all of them; gives the Admin API, if it is on.
    ///
    /// # Errors
    /// A socket cannot be used with the runtime.
    pub(super) fn serve(
        self,
        config: &Config,
        shared: &Arc<Shared>,
        state: &State,
        ready: &Arc<AtomicBool>,
        access_log: &Arc<OnceLock<Arc<AccessLog>>>,
        gate: &Gate,
    ) -> Result<Option<admin::Service>, BootError> {
        let (doors, bounds) = (self.doors(config), Bounds::of(config));
        let mut service = None;
        if let Some((listener, admin)) = self.admin {
            service = Some(admin::serve(listener, state.clone(), admin, config, &doors, gate)?);
        }
        if let Some(listener) = self.control {
            control_api::serve(listener, state.clone(), Arc::clone(shared), bounds, gate)?;
        }
        if let Some(listener) = self.status {
            status::serve(listener, Arc::clone(ready), bounds, gate)?;
        }
        let render = metrics::provider(Arc::clone(shared), state.clone(), Arc::clone(access_log));
        gateway_plugins::prometheus::provide(&shared.registry.states, Arc::clone(&render));
        if let Some(listener) = self.metrics {
            metrics::serve(listener, config.metrics.uri.clone(), render, bounds, gate)?;
        }
        Ok(service)
    }
}

/// The Admin API's configuration with the key of the data directory, where the file holds none.
pub(super) fn with_key(config: &Config, dir: &Path) -> Result<Option<config::Admin>, BootError> {
    let Some(mut admin) = config.admin.clone() else { return Ok(None) };
    if admin.generate_key {
        let generated = data_dir::admin_key(dir)?;
        if generated.new {
            // The path, never the key.
            let _ = writeln!(io::stderr(), "admin key written to {}", generated.path.display());
        }
        admin.keys.push(config::AdminKey {
            name: "admin".to_owned(),
            key: generated.key,
            role: config::AdminRole::Admin,
        });
    }
    Ok(Some(admin))
}

/// The status server where nobody has said: another gateway of this machine may have the address.
fn status_or_none(addr: SocketAddr) -> Result<Option<TcpListener>, BootError> {
    match TcpListener::bind(addr) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let said = format!(
                "no status server: {addr} is in use; apisix.status: {{port: N}} gives it another port, apisix.status: false turns it off"
            );
            tracing::warn!("{said}");
            // Where stderr is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "warning: {said}");
            Ok(None)
        }
        bound => {
            let listener = bound.map_err(|e| refused("apisix.status", addr, &e))?;
            listener.set_nonblocking(true)?;
            Ok(Some(listener))
        }
    }
}

fn listen(addr: SocketAddr, key: &str) -> Result<TcpListener, BootError> {
    let listener = TcpListener::bind(addr).map_err(|e| refused(key, addr, &e))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Why an address cannot be had, and how another is asked for.
fn refused(key: &str, addr: SocketAddr, error: &io::Error) -> BootError {
    let off = match key {
        "deployment.admin.admin_listen" => "apisix.enable_admin: false",
        "apisix.control" => "apisix.enable_control: false",
        "apisix.status" => "apisix.status: false",
        _ => "plugin_attr.prometheus.enable_export_server: false",
    };
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => format!("; give {key} another port, or turn it off with {off}"),
        _ => String::new(),
    };
    format!("{key}: cannot listen on {addr}: {error}{remedy}").into()
}
