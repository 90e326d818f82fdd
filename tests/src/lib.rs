//! Continuo.
