//! Greenline, a git-native merge queue: trunk only ever moves to commits that were tested.
//!
//! This is the map, in reading order. A module sees only the floors below it (`tests/architecture.rs`); `ARCHITECTURE.md`
//! follows one pull request through all of them.
//!
//! | floor | module | |
//! | --- | --- | --- |
//! | 0 names | [`ids`] | names and numbers that are checked where they are made |
//! | | [`facts`] | what a forge can say: pull requests, people, checks |
//! | | [`message`] | what the messages of the commits that are made here say |
//! | | [`when`] | moments as text, and back |
//! | | [`wording`] | foreign words, made harmless inside our sentences |
//! | 1 decide | [`calendar`] | windows of time in time zones: open, closed, and when that changes |
//! | | [`delivery`] | from a landed commit to production as a value: events in, effects out |
//! | | [`ledger`] | what became of trunk, as entries that an outsider can hold against a clone |
//! | | [`config`] | `bot.toml` and `.github/greenline.toml`, all mistakes at once |
//! | | [`command`] | what a comment asks |
//! | | [`queue`] | the queue of one trunk as a value: events in, effects out |
//! | | [`trial`] | what would become of a pull request, checked and never landed |
//! | | [`checks`] | what green means |
//! | | [`admission`] | whose word counts, for exactly which head, and until when |
//! | | [`document`] | files of other programs as trees with lines |
//! | | [`workflow`] | a GitHub Actions workflow: on which branches it runs, which checks it reports |
//! | | [`migrate`] | a repository's first settings, from what it has or from another bot's |
//! | | [`doctor`] | what stands in the way on GitHub, and how to mend it |
//! | | [`text`] | every sentence a person reads about a pull request |
//! | 2 ask | [`port`] | what is asked of forge, git, store and clock |
//! | 3 carry out | [`engine`] | the only loop: take in, write down, then act |
//! | 4 know how | [`adapter`] | GitHub, git and SQLite |
//! | 5 doors | [`http`] | webhooks in; page, API, health and metrics out |
//! | | [`sandbox`] | a look-alike of GitHub on this machine, and the story it tells |
//! | | [`sim`] | the world by seed, with faults |
//! | 6 hands | [`cli`] | the command line; introduces everybody |

// floor 0: names
pub mod facts;
pub mod ids;
pub mod message;
pub mod when;
pub mod wording;
// floor 1: decide
pub mod admission;
pub mod calendar;
pub mod checks;
pub mod command;
pub mod config;
pub mod delivery;
pub mod doctor;
pub mod document;
pub mod ledger;
pub mod migrate;
pub mod queue;
pub mod text;
pub mod trial;
pub mod workflow;
// floor 2: ask
pub mod port;
// floor 3: carry out
pub mod engine;
// floor 4: know how
pub mod adapter;
// floor 5: doors
pub mod http;
pub mod sandbox;
pub mod sim;
// floor 6: hands
pub mod cli;
