//! The state of the look-alike. (Being written.)
