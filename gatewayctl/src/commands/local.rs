//! What commands work with that need no server.

use std::cell::RefCell;
use std::io::Read;

use crate::cli::Global;
use crate::context::Store;
use crate::error::Result;
use crate::output::{Out, Printer, Printing};
use crate::world::{Env, Terminal};

/// The parts of the world around them.
pub(crate) struct Local<'a> {
    pub(crate) global: &'a Global,
    pub(crate) env: &'a Env,
    pub(crate) out: &'a Out,
    pub(crate) tty: Terminal,
    pub(crate) printing: Printing,
    pub(crate) stdin: &'a RefCell<Box<dyn Read + Send>>,
    /// The moment of the run, in Unix seconds.
    pub(crate) now: i64,
}

impl Local<'_> {
    /// Prints in the format that was asked for.
    pub(crate) fn printer(&self) -> Printer<'_> {
        Printer { out: self.out, printing: &self.printing }
    }

    /// The configuration file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub(crate) fn store(&self) -> Result<Store> {
        Store::open(self.global.config.as_deref(), self.env)
    }

    /// The configuration file, to change it.
    ///
    /// # Errors
    /// As [`Store::open_to_change`].
    pub(crate) fn store_to_change(&self) -> Result<Store> {
        Store::open_to_change(self.global.config.as_deref(), self.env)
    }

    /// The name of the context that the next command would use.
    pub(crate) fn current(&self, store: &Store) -> Option<String> {
        let named = self.global.context.clone().or_else(|| self.env.get("GATEWAYCTL_CONTEXT"));
        named.or_else(|| store.current().map(str::to_owned))
    }
}
