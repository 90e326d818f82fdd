//! What the programs are told: options on the command line and variables of the environment, each defined once, and
//! judged before any work begins.

pub mod environment;
pub mod live;
pub mod numbers;
