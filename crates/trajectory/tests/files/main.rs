//! Files in and out.

mod foreign_readers;
mod structures;
mod support;
mod writers;
