//! Where the configuration lives: the Store trait and the embedded, crash-safe store.
