//! A persistent array of compiled objects by dense slot: a change copies one chunk and the list of chunks.

use std::sync::Arc;

const CHUNK: usize = 256;

type Chunk<T> = Vec<Option<Arc<T>>>;

/// Objects by slot.
pub struct Table<T> {
    chunks: Arc<Vec<Arc<Chunk<T>>>>,
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        Table { chunks: Arc::clone(&self.chunks) }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { chunks: Arc::default() }
    }
}

impl<T> Table<T> {
    /// The object of a slot.
    pub fn get(&self, slot: u32) -> Option<&Arc<T>> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref()
    }

    /// Puts an object into a slot, or empties it.
    pub fn set(&mut self, slot: u32, value: Option<Arc<T>>) {
        let slot = slot as usize;
        let chunks = Arc::make_mut(&mut self.chunks);
        while chunks.len() <= slot / CHUNK {
            chunks.push(Arc::default());
        }
        let Some(chunk) = chunks.get_mut(slot / CHUNK) else { return };
        let chunk = Arc::make_mut(chunk);
        if chunk.len() <= slot % CHUNK {
            chunk.resize_with(slot % CHUNK + 1, || None);
        }
        if let Some(place) = chunk.get_mut(slot % CHUNK) {
            *place = value;
        }
    }

    /// All objects with their slots.
    pub fn slots(&self) -> impl Iterator<Item = (u32, &Arc<T>)> {
        let chunks = self.chunks.iter().enumerate();
        let all = chunks.flat_map(|(n, c)| c.iter().enumerate().map(move |(at, slot)| (n * CHUNK + at, slot)));
        all.filter_map(|(slot, object)| Some((u32::try_from(slot).ok()?, object.as_ref()?)))
    }

    /// All objects.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.chunks.iter().flat_map(|c| c.iter()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_version_stays_as_it_was() {
        let mut table = Table::default();
        table.set(700, Some(Arc::new("a")));
        let old = table.clone();
        table.set(700, Some(Arc::new("b")));
        table.set(3, Some(Arc::new("c")));
        assert_eq!(old.get(700).map(|v| **v), Some("a"));
        assert_eq!(old.get(3), None);
        assert_eq!(table.get(700).map(|v| **v), Some("b"));
        table.set(700, None);
        assert_eq!(table.get(700), None);
        assert_eq!(table.iter().count(), 1);
    }
}
