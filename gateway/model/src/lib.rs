//! Resource types, schemas, validation and merge rules of the gateway; no I/O.
