//! Stories as data. Each file in `cases/` is one: who opens what, what happens then, and what must be so at the end. It is
//! played against the real binary and its sandbox, from outside, like every other story here. Whoever adds a file adds
//! its name to the list below.
//!
//! ```toml
//! shows = "A push to trunk past the queue costs only a retest."   # in one sentence
//! settings = "[queue]\nstrategy = \"batch\"\n"   # on trunk; may be left out. Without `[checks]` the check `ci` is required
//! pulls = [
//!     { name = "lamp" },                         # a branch `lamp` that adds `lamp.txt`, by `user`
//!     { name = "chair", fork = true, files = { "README.md" = "a commit of its own for each file\n" } },
//! ]
//! steps = [                                      # one after the other
//!     { label = ["lamp", "chair"] },             # somebody does something …
//!     { remember = { holds = ["lamp"], named = "old" } },
//!     { foreign = "moved.txt" },
//!     { green = "old" },                         # … or CI says something: of a remembered tip, of `trunk`, of a head,
//!     { green = ["lamp", "chair"] },             # or of the tip with exactly these on trunk, which is waited for
//!     { told = { on = "lamp", says = "{trunk}" } },
//! ]
//! [end]
//! trunk = ["lamp", "chair"]                      # what landed, in this order; these show as merged, all others are open
//! closed = ["chair"]                             # but for what is closed and not merged
//! codes = { }                                    # reason codes of those that did not land
//! comments = { lamp = 1 }                        # how many comments of ours
//! candidates = [["lamp", "chair"]]               # what each tag lists
//! starts = 3                                     # how often CI was started; `again`: on a tip for which it had been before
//! ```
//!
//! All steps, and all their members, are in `play/form.rs`. In texts `{lamp}` is a pull request's number, `{lamp.head}` its
//! head, `{old}` a remembered tip, `{trunk}` where trunk is, and `{ci}` the number of CI's App. A step that waits gives up
//! after [`crate::driver::until`]'s patience; there are no pauses. At the end of every case, whatever it says itself, trunk
//! is a commit that CI said is green or that a person pushed, no branch of a run is left, no tip was tested twice, and every
//! exchange was as GitHub describes it. A case that is not written rightly is refused with its line.

use crate::play::{Case, play};

macro_rules! cases {
    ($($name:ident,)*) => {
        const LISTED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                play(stringify!($name));
            }
        )*
    };
}

cases! {
    a_batch_is_halved_until_the_red_one_is_found,
    a_conflicting_one_leaves_nothing_behind,
    a_delegate_names_no_other,
    a_deleted_fork_takes_its_pull_request_out,
    a_foreign_push_costs_a_retest,
    a_landing_that_is_refused_for_good_sends_it_back,
    a_later_green_waits_for_those_ahead,
    a_push_into_the_middle_of_a_landing_stops_it,
    a_push_whose_webhook_is_lost_lands_neither_head,
    a_reopened_one_has_to_be_asked_for_again,
    a_reviewer_who_wants_changes_sets_it_aside,
    a_taken_candidate_name_is_left_and_the_next_one_used,
    approvals_that_do_not_count_say_why,
    broken_settings_leave_the_last_ones_in_force,
    cheap_checks_on_the_head_come_before_the_queue,
    checks_that_branch_protection_requires_have_to_pass,
    ci_that_never_starts_is_a_reason_of_its_own,
    green_on_the_head_is_not_green_on_the_tip,
    killed_in_a_landing_with_all_webhooks_lost,
    one_behind_trunk_lands_as_it_was_tested,
    skipped_passes_where_the_settings_say_so,
    the_word_written_last_counts,
    what_cannot_land_now_is_refused_with_its_state,
    what_stands_on_trunk_and_is_green_lands_without_a_run,
    who_lost_the_right_to_push_has_approved_nothing,
}

#[test]
fn the_list_has_every_case_and_no_other() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories/cases")).expect("it is there");
    let names = folder.map(|entry| entry.expect("it can be read").file_name().into_string().expect("a plain name"));
    let mut there: Vec<_> = names.filter_map(|name| name.strip_suffix(".toml").map(str::to_owned)).collect();
    there.sort();
    assert_eq!(there, LISTED, "the files in tests/stories/cases and the list in cases.rs, both in order");
}

#[test]
fn a_case_that_is_not_written_rightly_is_refused_with_its_line() {
    let right = "shows = \"It lands.\"\npulls = [\n    { name = \"lamp\" },\n]\nsteps = [\n    { label = \"lamp\" },\n]\n[end]\n";
    assert!(Case::read("a.toml", right).is_ok());
    for (from, to, told) in [
        ("label =", "lable =", "a.toml:6: unknown variant `lable`, expected one of `label`"),
        ("label = \"lamp\"", "label = \"lmap\"", "a.toml:6: `lmap` is no pull request of this case"),
        (
            "label = \"lamp\"",
            "green = \"old\"",
            "a.toml:6: `old` is no pull request of this case, nor remembered before",
        ),
        ("label = \"lamp\"", "told = { on = \"lamp\" }", "a.toml:6: missing field `says`"),
        ("{ name = \"lamp\" },", "{ name = \"lamp\", wears = \"a hat\" },", "a.toml:3: unknown field `wears`"),
        ("{ name = \"lamp\" },", "{ name = \"lamp\" }, { name = \"lamp\" },", "a.toml:3: `lamp` is taken"),
        ("[end]\n", "[end]\ntrunk = [\"chair\"]\n", "a.toml:8: `chair` is no pull request of this case"),
        ("[end]\n", "", "missing field `end`"),
        ("It lands.", "It lands", "a.toml:1: `shows` is a sentence"),
        ("steps = [", "steps = [[", "a.toml:"),
    ] {
        let refusal = Case::read("a.toml", &right.replace(from, to)).expect_err(to);
        assert!(refusal.contains(told), "{refusal}\n{told}");
    }
}
