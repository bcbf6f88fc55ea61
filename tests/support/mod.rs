//! What several tests share. It tests nothing itself.

pub mod openapi;
