use super::*;
use proptest::prelude::*;

fn re(pattern: &str) -> Regex {
    Regex::new(pattern, "jo").unwrap_or_else(|e| panic!("{pattern}: {e}"))
}
