//! The admin tool of the gateway.
fn main() {}
