//! What comes from outside: files and variables of the environment, each judged before it is used.

pub mod environment;
pub mod files;
