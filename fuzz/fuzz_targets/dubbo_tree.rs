//! Values in hessian2: what is decoded and written again is the same, however it was written before, and is written so a second
//! time; the walker goes to its end.
#![no_main]

use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, NodeId, Tree};
use gateway_dubbo_codec::hessian::walk::Walker;
use gateway_dubbo_codec::hessian::write::Writer;
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { depth: 100, classes: 200, nodes: 1 << 16 };

fuzz_target!(|bytes: &[u8]| {
    let (tree, values) = decoded(bytes);
    assert!(tree.len() <= 1 << 16);
    let first = written(&tree, &values);
    let (again, same) = decoded(&first);
    assert_eq!(values.len(), same.len());
    for (a, b) in values.iter().zip(&same) {
        assert!(tree.same(*a, &again, *b), "{} became {}", bytes.escape_ascii(), first.escape_ascii());
    }
    assert_eq!(first, written(&again, &same), "written otherwise the second time");
    let mut walker = Walker::new(&first, LIMITS);
    values.iter().for_each(|_| walker.skip().expect("what was written"));
    assert!(walker.is_at_end());
});

/// The values at the beginning of some bytes, up to what is none.
fn decoded(bytes: &[u8]) -> (Tree, Vec<NodeId>) {
    let mut decoder = Decoder::new(bytes, LIMITS);
    let mut values = Vec::new();
    while let Ok(value) = decoder.value() {
        values.push(value);
    }
    (decoder.into_tree(), values)
}

fn written(tree: &Tree, values: &[NodeId]) -> Vec<u8> {
    let mut writer = Writer::new(tree, Vec::new());
    values.iter().for_each(|id| writer.value(*id));
    writer.into_bytes()
}
