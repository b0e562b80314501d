//! How much of what comes again and again is kept: a number of rows, and no more than some memory, for a row may be large.

use std::collections::VecDeque;

use serde_json::Value;

/// Memory of the rows of one kind, in bytes.
const BUDGET: usize = 8 << 20;

/// The weights of rows that are kept beside it, the oldest in front.
#[derive(Debug, Default, Clone)]
pub(super) struct Weights {
    of: VecDeque<usize>,
    total: usize,
}

impl Weights {
    /// Takes a row, of which there may be so many; how many of the oldest have to go. The newest one stays.
    pub(super) fn add(&mut self, row: &Value, most: usize) -> usize {
        let weight = weight(row);
        self.of.push_back(weight);
        self.total = self.total.saturating_add(weight);
        let mut gone = 0;
        while self.of.len() > 1 && (self.of.len() > most || self.total > BUDGET) {
            self.total = self.total.saturating_sub(self.of.pop_front().unwrap_or_default());
            gone += 1;
        }
        gone
    }

    pub(super) fn clear(&mut self) {
        *self = Weights::default();
    }
}

/// How many of these rows are kept, from the first on; the first one is always.
pub(super) fn first<'v>(rows: impl Iterator<Item = &'v Value>) -> usize {
    let mut total = 0_usize;
    let fits = |(place, row): &(usize, &Value)| {
        total = total.saturating_add(weight(row));
        *place == 0 || total <= BUDGET
    };
    rows.enumerate().take_while(fits).count()
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    /// What a value takes beside its content.
    const EACH: usize = 32;
    EACH + match value {
        Value::String(text) => text.len(),
        // Numbers are kept as they are written.
        Value::Number(number) => number.as_str().len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| 2 * EACH + name.len() + weight(value)).sum(),
        Value::Null | Value::Bool(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn so_many_rows_and_no_more_than_some_memory() {
        let mut weights = Weights::default();
        let small = json!({"id": 1});
        assert_eq!((0..10).map(|_| weights.add(&small, 4)).sum::<usize>(), 6);
        let large = json!({"text": "x".repeat(BUDGET / 2)});
        assert_eq!(weights.add(&large, 4), 1);
        assert_eq!(weights.add(&large, 4), 4, "all but the newest");
        assert_eq!(weights.add(&json!("x".repeat(2 * BUDGET)), 4), 1, "the newest stays, however large");
        assert_eq!(weights.add(&small, 4), 1);
        assert_eq!(first([&large, &large, &small].into_iter()), 1);
        assert_eq!(first([&small, &large, &large].into_iter()), 2);
    }
}
