//! Configurations that come whole: out of a file (`role: data_plane`, `config_provider: yaml` or `json`), or by the Admin API's
//! `/configs` (`role: traditional`, `config_provider: yaml`). They are kept in memory only, and pass the same checks and the same
//! compiler as single objects.

pub(crate) mod bundle;
mod check;
mod file;
mod source;

pub(crate) use self::check::check;
pub(crate) use self::file::{File, Status};
pub(crate) use self::source::{Plugins, Source};
