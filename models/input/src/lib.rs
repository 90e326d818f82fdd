//! What comes from outside: files and variables of the environment, each judged before it is used.

#![forbid(unsafe_code)]

pub mod environment;
pub mod files;
