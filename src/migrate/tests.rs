//! Settings files of other bots as people write them, and what becomes of each of their keys.
use super::*;
