//! The upstream's side: streams on a few connections that a worker shares among its exchanges.
