//! The contract of `port::Git`: the same cases go through our engine and through the git program, on real repositories in
//! temporary directories, and must end the same.

#[path = "git_contract/command_line.rs"]
mod command_line;
#[path = "git_contract/hostile.rs"]
mod hostile;
#[path = "git_contract/ledger.rs"]
mod ledger;
#[path = "git_contract/memory.rs"]
mod memory;
#[path = "git_contract/merges.rs"]
mod merges;
#[path = "git_contract/random.rs"]
mod random;
#[path = "git_contract/rebases.rs"]
mod rebases;
#[path = "git_contract/recomputes.rs"]
mod recomputes;
#[path = "git_contract/remotes.rs"]
mod remotes;
#[path = "git_contract/signing.rs"]
mod signing;
#[path = "git_contract/wholes.rs"]
mod wholes;
#[path = "git_contract/world.rs"]
mod world;
