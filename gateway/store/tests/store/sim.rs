//! A disk in memory that behaves as badly as a real one may: what was not synced is lost, or partly lost, when the
//! power is cut; it runs full; its syncs fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use gateway_store::disk::{Disk, DiskFile};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    lasting_names: BTreeMap<String, usize>,
    /// Changes of names since they were synced, oldest first.
    renames: Vec<BTreeMap<String, usize>>,
    /// What was done so far.
    acts: u64,
    syncs: BTreeMap<String, u64>,
    cut_at: Option<u64>,
    off: bool,
    room: Option<usize>,
    failing_syncs: u32,
}

#[derive(Debug, Default, Clone)]
struct File {
    now: Vec<u8>,
    lasting: Vec<u8>,
    unsynced: Vec<Change>,
    /// Pages that take room; a hole does not.
    pages: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Size(usize),
}

impl SimDisk {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Cuts the power at the `acts`-th act from now: it and all later ones fail.
    pub(crate) fn cut_in(&self, acts: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.acts + acts);
    }

    pub(crate) fn acts(&self) -> u64 {
        self.state().acts
    }

    pub(crate) fn is_off(&self) -> bool {
        self.state().off
    }

    /// How often the file that now has this name was synced.
    pub(crate) fn syncs(&self, name: &str) -> u64 {
        self.state().syncs.get(name).copied().unwrap_or(0)
    }

    /// From now on the files may take `room` bytes more, or any number.
    pub(crate) fn set_room(&self, more: Option<usize>) {
        let mut state = self.state();
        let used = state.used();
        state.room = more.map(|more| used + more);
    }

    pub(crate) fn fail_syncs(&self, count: u32) {
        self.state().failing_syncs = count;
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state().names.keys().cloned().collect()
    }

    pub(crate) fn contents(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        state.files[state.names[name]].now.clone()
    }

    /// Changes bytes behind everyone's back, lastingly.
    pub(crate) fn damage(&self, name: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.names[name];
        change(&mut state.files[file].now);
        change(&mut state.files[file].lasting);
    }

    pub(crate) fn forget(&self, name: &str) {
        self.state().names.remove(name);
        self.state().lasting_names.remove(name);
    }

    /// The disk after the power came back: of what was not synced, some pages are there, some are not, some in part.
    pub(crate) fn restart(&self, rng: &mut fastrand::Rng) -> Self {
        let state = self.state();
        let mut files = state.files.clone();
        for file in &mut files {
            for change in std::mem::take(&mut file.unsynced) {
                lose_some(&mut file.lasting, change, rng);
            }
            file.now = file.lasting.clone();
            file.pages = (0..file.now.len().div_ceil(PAGE)).collect();
        }
        let kept = rng.usize(..=state.renames.len());
        let names = kept.checked_sub(1).map_or(&state.lasting_names, |last| &state.renames[last]).clone();
        let state = State { files, lasting_names: names.clone(), names, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }
}

fn lose_some(bytes: &mut Vec<u8>, change: Change, rng: &mut fastrand::Rng) {
    match change {
        Change::Size(size) if rng.bool() => bytes.resize(size, 0),
        Change::Size(_) => {}
        Change::Write(offset, data) => {
            let mut at = 0;
            while at < data.len() {
                let page_end = data.len().min(at + PAGE - (offset + at) % PAGE);
                let fate = rng.u8(..3);
                while at < page_end {
                    let end = page_end.min(at + SECTOR - (offset + at) % SECTOR);
                    if fate == 0 || (fate == 1 && rng.bool()) {
                        write(bytes, offset + at, &data[at..end]);
                    }
                    at = end;
                }
            }
        }
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if bytes.len() < offset + data.len() {
        bytes.resize(offset + data.len(), 0);
    }
    bytes[offset..offset + data.len()].copy_from_slice(data);
}

impl State {
    /// Counts an act; whether the power still is on before and after it.
    fn act(&mut self) -> (bool, bool) {
        let before = !self.off;
        self.acts += 1;
        if self.cut_at.is_some_and(|at| self.acts >= at) {
            self.off = true;
        }
        (before, !self.off)
    }

    fn used(&self) -> usize {
        self.files.iter().map(|file| file.pages.len() * PAGE).sum()
    }

    fn rename(&mut self, change: impl FnOnce(&mut BTreeMap<String, usize>)) -> io::Result<()> {
        let (before, after) = self.act();
        if before {
            change(&mut self.names);
            self.renames.push(self.names.clone());
        }
        on(after)
    }
}

fn on(on: bool) -> io::Result<()> {
    if on { Ok(()) } else { Err(io::Error::other("the power is off")) }
}

impl Disk for SimDisk {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>> {
        let state = self.state();
        on(!state.off)?;
        Ok(state.names.get(name).map(|&file| Arc::new(SimFile { disk: self.clone(), file }) as Arc<dyn DiskFile>))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let file = state.files.len();
        state.files.push(File::default());
        state.rename(|names| {
            names.insert(name.to_owned(), file);
        })?;
        Ok(Arc::new(SimFile { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.state().rename(|names| {
            let file = names.remove(from).unwrap();
            names.insert(to.to_owned(), file);
        })
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        on(!state.off)?;
        if !state.names.contains_key(name) {
            return Ok(());
        }
        state.rename(|names| {
            names.remove(name);
        })
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.state();
        let (_, after) = state.act();
        on(after)?;
        state.lasting_names = state.names.clone();
        state.renames.clear();
        Ok(())
    }

    fn place(&self) -> String {
        "a simulated disk".into()
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: usize,
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        let state = self.disk.state();
        on(!state.off)?;
        Ok(state.files[self.file].now.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.disk.state();
        on(!state.off)?;
        let bytes = &state.files[self.file].now;
        let end = offset as usize + out.len();
        out.copy_from_slice(bytes.get(offset as usize..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let (before, after) = state.act();
        on(before)?;
        let offset = offset as usize;
        let mut free = state.room.map_or(usize::MAX, |room| room.saturating_sub(state.used()) / PAGE);
        let file = &mut state.files[self.file];
        let mut fits = 0;
        for page in offset / PAGE..(offset + data.len()).div_ceil(PAGE) {
            if !file.pages.contains(&page) {
                if free == 0 {
                    break;
                }
                free -= 1;
                file.pages.insert(page);
            }
            fits = data.len().min((page + 1) * PAGE - offset);
        }
        let written = &data[..fits];
        write(&mut file.now, offset, written);
        file.unsynced.push(Change::Write(offset, written.to_vec()));
        if fits < data.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        on(after)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let (before, after) = state.act();
        on(before)?;
        let file = &mut state.files[self.file];
        file.now.resize(size as usize, 0);
        file.pages.split_off(&(size as usize).div_ceil(PAGE));
        file.unsynced.push(Change::Size(size as usize));
        on(after)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        let (_, after) = state.act();
        on(after)?;
        if let Some(name) = state.names.iter().find(|(_, file)| **file == self.file).map(|(name, _)| name.clone()) {
            *state.syncs.entry(name).or_default() += 1;
        }
        let failing = state.failing_syncs > 0;
        state.failing_syncs = state.failing_syncs.saturating_sub(1);
        let file = &mut state.files[self.file];
        let unsynced = std::mem::take(&mut file.unsynced);
        if failing {
            // The system takes the pages for clean all the same: they are read back, and never written again.
            return Err(io::Error::from_raw_os_error(5));
        }
        for change in unsynced {
            match change {
                Change::Write(offset, data) => write(&mut file.lasting, offset, &data),
                Change::Size(size) => file.lasting.resize(size, 0),
            }
        }
        Ok(())
    }
}
