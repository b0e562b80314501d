//! HTTP/1.1: strict codec, downstream and upstream side.
