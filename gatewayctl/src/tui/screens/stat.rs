//! The screen `stat`.

use super::Screen;
use super::stub::Stub;

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Stub("stat"))
}
