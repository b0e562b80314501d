//! The client's side: a task drives the connection, and a task of its own takes each stream through the pipeline.
