//! The screen `plugin-configs`.

use super::Screen;
use super::stub::Stub;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Stub("plugin-configs"))
}
