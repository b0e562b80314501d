//! A state for tests, with every plugin of the build.

use std::collections::HashMap;
use std::sync::Arc;

use gateway_discovery::{Dns, DnsSettings};
use gateway_engine::plugin::{Catalogue, Registry};
use gateway_engine::router::Mode;
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::{Control, Shared};
use gateway_engine::upstream::{Names, NamesSettings, TlsClients, Trust};
use gateway_plugins::catalogue;
use gateway_store::Store;
use gateway_store::keyring::Keyring;
use tokio::runtime::Handle;

use super::{State, keys};

/// Starts a state; the runtime resolves its names.
pub(crate) fn start(store: Arc<dyn Store>, keyring: Option<Arc<Keyring>>, runtime: Handle) -> (State, Arc<Shared>) {
    start_as(Mode::Uri, store, keyring, runtime)
}

/// The same with a router of this kind.
pub(crate) fn start_as(
    mode: Mode,
    store: Arc<dyn Store>,
    keyring: Option<Arc<Keyring>>,
    runtime: Handle,
) -> (State, Arc<Shared>) {
    let catalogue = Catalogue {
        streams: catalogue::stream_plugins(None),
        protocols: catalogue::stream_protocols(&["redis".to_owned(), "dubbo".to_owned()]),
        off: Vec::new(),
        names: catalogue::PLUGINS,
        unbuilt: Some(catalogue::unbuilt),
    };
    let registry = Registry::new(gateway_plugins::definitions(), HashMap::new())
        .with_protos(gateway_plugins::compile_proto)
        .with_credentials(gateway_plugins::compile_credential)
        .with_apis(gateway_plugins::apis)
        .with_catalogue(catalogue);
    let shared = Shared::new(Settings::default(), Arc::new(registry), mode);
    let dns = Arc::new(Dns::new(&DnsSettings::default()).unwrap());
    let names = Names::new(dns, runtime, NamesSettings::default(), |_| {});
    let control = Control::new(Arc::clone(&shared), names, TlsClients::new(Trust::System), false, keys::PREFIX);
    let (state, _thread) = State::start(store, control, keyring).unwrap();
    (state, shared)
}
