//! Files in and out.

mod foreign_readers;
mod readers;
mod structures;
mod superposition;
mod support;
mod writers;
