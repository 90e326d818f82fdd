//! What the programs can be told on the command line. Each option is defined once, here: `xtask` judges with it
//! before it builds a program, and the program itself when it starts. So nothing here needs what takes long to build.

pub mod bench;
pub mod demo;
pub mod eval;
pub mod live;
pub mod values;
