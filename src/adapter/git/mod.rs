//! Git for one repository: a bare cache of ours and the remote it mirrors. The network is the git program's, composition is
//! in memory on the cache; nothing is checked out but for a program that deploys, no hook and no merge driver runs, and no ref is
//! moved but by a lease.
//!
//! | file | |
//! | --- | --- |
//! | `cache` | the port: one repository's cache and remote |
//! | `composer`, `wholes`, `lineage`, `autosquash`, `message` | what a pull request becomes |
//! | `three_way`, `tree`, `objects`, `unsaved` | merging trees without reading what did not change |
//! | `authority`, `recompute` | git's own word, where trees do not say and before a landing |
//! | `files` | what stands in a commit: settings, owners |
//! | `ledger` | commits of the ledger, made and read |
//! | `auditing` | somebody's clone, as far as an audit of the ledger asks |
//! | `signing`, `verifying` | signatures: of what we make, and by whom |
//! | `remote`, `push`, `program` | the git program and the network |
//! | `checkout`, `elsewhere` | what deploying needs: a commit's files, other remotes |
//! | `scratch` | composing over someone's repository without touching it |

mod auditing;
mod authority;
mod autosquash;
mod cache;
mod checkout;
mod composer;
mod elsewhere;
mod files;
mod ledger;
mod lineage;
mod local;
mod message;
mod objects;
mod program;
mod push;
mod recompute;
mod remote;
mod scratch;
mod signing;
mod three_way;
mod tree;
mod unsaved;
mod verifying;
mod wholes;

pub use auditing::AuditedClone;
pub use cache::{CacheOptions, GitCache};
pub use composer::{Composer, Identity};
pub use elsewhere::Elsewhere;
pub use local::LocalClone;
pub use program::git_version;
pub use remote::{TimeLimits, TokenSource};
pub use scratch::Scratch;
pub use signing::SigningKey;
pub use verifying::VerifyingKeys;
