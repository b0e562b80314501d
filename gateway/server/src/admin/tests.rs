//! The Admin API over a real socket, with a store in a temporary directory.

mod beyond;
mod doors;
mod harness;
mod live;
mod pages;
mod transactions;
mod writes;
