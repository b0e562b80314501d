//! Files: what is parsed, written as YAML, is parsed as the same; objects have names that read back, in whatever shape they
//! came; an OpenAPI document becomes objects of different names, or is refused.
#![no_main]

use std::collections::BTreeSet;

use gatewayctl::parsers::{documents, objects, openapi, written};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let Ok(found) = documents(&text) else { return };
    for document in &found {
        let Ok(yaml) = written(document) else { continue };
        let again = documents(&yaml);
        assert_eq!(again.as_deref(), Ok(std::slice::from_ref(document)), "{yaml}");
    }
    if let Ok(objects) = objects(&text) {
        for (name, value) in &objects {
            assert!(name.split_once('/').is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty()), "{name}");
            assert!(value.is_object(), "{name}");
        }
    }
    for flags in 0..4_u8 {
        if let Ok(names) = openapi(&text, flags & 1 != 0, flags & 2 != 0, flags & 2 == 0) {
            // Of one document; several may have the same.
            let different: BTreeSet<&String> = names.iter().collect();
            assert!(found.len() != 1 || different.len() == names.len(), "{names:?}");
        }
    }
});
