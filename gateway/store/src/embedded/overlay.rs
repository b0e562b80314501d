//! A file that is only read: what is written to it stays in memory.
//!
//! Under it a database can be opened that must not be changed (a damaged one, whose bytes are kept as they are) or
//! cannot be (redb writes a little when it opens, and the disk may be full).

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::disk::DiskFile;

const PAGE: usize = 4096;

/// Writes in memory over a file.
#[derive(Debug)]
pub(super) struct Overlay {
    file: Arc<dyn DiskFile>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    size: u64,
    /// How much of the file shows through; the rest are zeros.
    through: u64,
    pages: BTreeMap<u64, Box<[u8; PAGE]>>,
}

impl Overlay {
    pub(super) fn new(file: Arc<dyn DiskFile>) -> io::Result<Self> {
        let size = file.size()?;
        Ok(Self { file, state: Mutex::new(State { size, through: size, pages: BTreeMap::new() }) })
    }

    /// The page that contains `offset` as it is below.
    fn below(&self, page: u64, through: u64) -> io::Result<Box<[u8; PAGE]>> {
        let mut bytes = Box::new([0; PAGE]);
        let start = page * PAGE as u64;
        let len = usize::try_from(through.saturating_sub(start)).unwrap_or(PAGE).min(PAGE);
        self.file.read_at(start, bytes.get_mut(..len).unwrap_or_default())?;
        Ok(bytes)
    }
}

impl DiskFile for Overlay {
    fn size(&self) -> io::Result<u64> {
        Ok(self.state.lock().size)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state.lock();
        if offset + out.len() as u64 > state.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (page, at, piece) in pieces(offset, out.len()) {
            let bytes = match state.pages.get(&page) {
                Some(bytes) => bytes,
                None => &self.below(page, state.through)?,
            };
            let (Some(to), Some(from)) = (out.get_mut(piece.clone()), bytes.get(at..at + piece.len())) else {
                continue;
            };
            to.copy_from_slice(from);
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock();
        for (page, at, piece) in pieces(offset, data.len()) {
            let mut bytes = match state.pages.remove(&page) {
                Some(bytes) => bytes,
                None => self.below(page, state.through)?,
            };
            if let (Some(to), Some(from)) = (bytes.get_mut(at..at + piece.len()), data.get(piece)) {
                to.copy_from_slice(from);
            }
            state.pages.insert(page, bytes);
        }
        state.size = state.size.max(offset + data.len() as u64);
        Ok(())
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        if size < state.size {
            state.pages.split_off(&size.div_ceil(PAGE as u64));
            state.through = state.through.min(size);
            let (page, at) = (size / PAGE as u64, usize::try_from(size % PAGE as u64).unwrap_or(0));
            if let Some(rest) = state.pages.get_mut(&page).and_then(|bytes| bytes.get_mut(at..)) {
                rest.fill(0);
            }
        }
        state.size = size;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Cuts `len` bytes at `offset` at the borders of pages: page, position in it, range of the bytes.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        (done < len).then(|| {
            let position = offset + done as u64;
            // The remainder of a division by 4,096 fits.
            let at = (position % PAGE as u64) as usize;
            let piece = done..len.min(done + PAGE - at);
            done = piece.end;
            (position / PAGE as u64, at, piece)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Directory, Disk};
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Act {
        Write(u64, Vec<u8>),
        Size(u64),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0u64..20_000, proptest::collection::vec(any::<u8>(), 0..6_000))
                .prop_map(|(at, data)| Act::Write(at, data)),
            (0u64..20_000).prop_map(Act::Size),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn reads_as_a_file_would_and_leaves_the_file_alone(
            start in proptest::collection::vec(any::<u8>(), 0..10_000), acts in proptest::collection::vec(act(), 0..8)
        ) {
            let root = tempfile::tempdir().unwrap();
            let dir = Directory::open(root.path()).unwrap();
            let file = dir.create("f").unwrap();
            file.write_at(0, &start).unwrap();
            let overlay = Overlay::new(Arc::clone(&file)).unwrap();
            let mut model = start.clone();
            for act in acts {
                match act {
                    Act::Write(at, data) => {
                        overlay.write_at(at, &data).unwrap();
                        // Writing nothing grows nothing beyond the offset; the overlay is never asked to.
                        model.resize(model.len().max(at as usize + data.len()), 0);
                        model[at as usize..at as usize + data.len()].copy_from_slice(&data);
                    }
                    Act::Size(size) => {
                        overlay.set_size(size).unwrap();
                        model.resize(size as usize, 0);
                    }
                }
                let mut all = vec![0; overlay.size().unwrap() as usize];
                overlay.read_at(0, &mut all).unwrap();
                prop_assert_eq!(&all, &model);
            }
            let mut below = vec![0; file.size().unwrap() as usize];
            file.read_at(0, &mut below).unwrap();
            prop_assert_eq!(below, start);
        }
    }
}
