//! "Did you mean": the nearest known word, by edit distance of at most 2 or a shared beginning.

/// The best candidate for a word that is not known, if any is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| Some((score(&word, &candidate.to_ascii_lowercase())?, candidate)))
        .min_by_key(|(score, candidate)| (*score, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// A hint line for [`nearest`], ready for an error.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|found| format!("did you mean \"{found}\"?"))
}

/// Small is near; `None` is too far to be worth a suggestion.
fn score(word: &str, candidate: &str) -> Option<usize> {
    let edits = distance(word, candidate);
    // A word of two letters is within two edits of everything; that says nothing.
    let near = edits <= 2 && edits < word.chars().count().max(2) && edits < candidate.chars().count();
    if near {
        return Some(edits);
    }
    let shared =
        word.len() >= 3 && (candidate.starts_with(word) || word.starts_with(candidate) && candidate.len() >= 3);
    shared.then_some(10)
}

/// Optimal string alignment: insert, delete, replace, and swap of neighbours each cost 1.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            // `above` has b.len() + 1 cells and `row` has j + 1 here, so every index below exists.
            let replace = above[j] + usize::from(ca != cb);
            let mut best = replace.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *cb && *ca == b[j - 1] {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let words = ["routes", "services", "upstreams", "consumers", "ssls", "get", "delete"];
        let cases = [
            ("rotues", Some("routes")),
            ("route", Some("routes")),
            ("upstram", Some("upstreams")),
            ("gte", Some("get")),
            ("consum", Some("consumers")),
            ("ROUTES", Some("routes")),
            ("zzz", None),
            ("", None),
            ("x", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, words), expected, "{word:?}");
        }
    }

    #[test]
    fn counts_edits() {
        for (a, b, n) in
            [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("straße", "strasse", 2)]
        {
            assert_eq!(distance(a, b), n, "{a} {b}");
        }
    }
}
