//! Name resolution and service registries.
