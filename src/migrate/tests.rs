//! Settings files of other bots as people write them, and what becomes of each of their keys. What stands in the written file
//! may be a comment, where this version has no such setting; so a line is looked for, and not whether it counts.

use super::*;
use crate::config::repo::PlanConfig;
use crate::facts::Strategy;

const BORS: &str = r#"status = [
    "unit",
    "vendor/build",
    "test %",
]
pr_status = ["lint"]
block_labels = ["on hold"]
timeout-sec = 5400
prerun_timeout_sec = 60
use_squash_merge = false
required_approvals = 2
up_to_date_approvals = true
cut_body_after = "---"
delete_merged_branches = true
use_codeowners = true
commit_title = "Land ${PR_REFS}"
update_base_for_deletes = true
max_batch_size = 5
pre_test_hooks = ["x"]
pre_try_hooks = []
pre_merge_hooks = []
staus = ["unit"]
[committer]
name = "Bot"
"#;

const KODIAK: &str = r#"version = 1
app_id = "1"
disable_bot_label = "hands off"
[merge]
automerge_label = ["go", "go go"]
require_automerge_label = false
show_missing_automerge_label_message = false
blocking_title_regex = "^Draft"
blocking_labels = ["wait"]
method = "squash"
delete_branch_on_merge = true
block_on_reviews_requested = true
block_on_neutral_required_check_runs = true
notify_on_conflict = false
optimistic_updates = false
dont_wait_on_status_checks = ["slow"]
update_branch_immediately = true
prioritize_ready_to_merge = true
priority_merge_label = "now"
do_not_merge = true
colour = "red"
[merge.automerge_dependencies]
versions = ["minor"]
usernames = ["robot"]
[merge.message]
title = "pull_request_title"
body = "pull_request_body"
include_pr_number = false
body_type = "html"
strip_html_comments = true
include_pull_request_author = true
include_coauthors = true
include_pull_request_url = true
cut_body_before = "Summary"
cut_body_after = ""
cut_body_and_text = true
[update]
always = true
require_automerge_label = true
autoupdate_label = "fresh"
ignored_usernames = ["robot"]
[approve]
auto_approve_usernames = ["robot"]
auto_approve_labels = ["easy"]
"#;

const MERGIFY: &str = r##"shared:
  green: &green check-success=unit
queue_rules:
  - name: old
    queue_conditions: [base=release]
    merge_method: merge
  - name: default
    queue_conditions:
      - base=main
      - check-success=lint
      - "#approved-reviews-by>=2"
      - label!=on hold
      - -title~=^WIP
      - -draft
    merge_conditions:
      - *green
      - or: [check-success=docs, check-skipped=docs]
      - or: [author=me, label=trusted]
    checks_timeout: 45 min
    max_checks_retries: 1
    merge_method: squash
    batch_max_wait_time: 1 min
merge_queue:
  max_parallel_checks: 3
pull_request_rules:
  - name: queue it
    conditions: [label=go]
    actions:
      queue:
        name: default
  - name: tidy up
    conditions: [merged]
    actions:
      delete_head_branch: {}
  - name: greet
    conditions: [-draft]
    actions:
      comment: { message: hello }
  - name: force
    conditions: [label=force]
    actions:
      merge: { method: merge }
surprise: 1
"##;

fn around() -> Around {
    let text = "on: [pull_request]\njobs:\n  unit:\n    runs-on: x\n  lint:\n    runs-on: x\n  docs:\n    runs-on: x\n";
    let workflow = Workflow::parse(text).expect("it is a workflow");
    Around::new(Some("main".into()), [(".github/workflows/ci.yml".to_owned(), workflow)].into())
}

fn imported(source: Source, text: &str) -> (Import, RepoConfig) {
    let import = import(source, source.file(), text, &around()).expect(text);
    let config = RepoConfig::parse(&import.toml).unwrap_or_else(|wrong| panic!("{wrong:?} in\n{}", import.toml));
    (import, config)
}

/// Whether the file says this, be it in a comment.
fn says(import: &Import, wanted: &str) -> bool {
    import.toml.lines().any(|line| line.trim_start_matches("# ") == wanted)
}

fn fate(import: &Import, line: usize) -> Vec<Fate> {
    import.notes.iter().filter(|note| note.line == Some(line)).map(|note| note.fate).collect()
}

/// The line of each key that is no table's name.
fn lines_of_keys(text: &str) -> Vec<usize> {
    let key = |line: &str| line.contains(" = ") && !line.starts_with([' ', '#']);
    text.lines().enumerate().filter(|(_, line)| key(line)).map(|(at, _)| at + 1).collect()
}

#[test]
fn a_bors_file_is_carried_over() {
    let (import, config) = imported(Source::Bors, BORS);
    assert_eq!(config.queue.plan, PlanConfig::Batch { size: 5 });
    assert_eq!(config.merge.strategy, Strategy::Merge);
    assert_eq!(config.checks.finish_deadline_ms, 5_400_000);
    let apps: Vec<_> = config.checks.required.iter().map(|check| (check.name.as_str(), check.app.is_some())).collect();
    assert_eq!(
        apps,
        [("unit", true), ("vendor/build", false)],
        "a workflow reports the first, nobody knows who the other"
    );
    for line in [
        "before = [",
        "blocking_labels = [\"on hold\"]",
        "approvals = 2",
        "code_owners = true",
        "cut_body_after = \"---\"",
        "delete_branch = true",
        "merge_message = \"Land #{number}\"",
    ] {
        assert!(says(&import, line), "{line} is not in\n{}", import.toml);
    }
    assert_eq!((fate(&import, 2), fate(&import, 3)), (vec![Fate::Carried], vec![Fate::Changed]));
    assert_eq!((fate(&import, 4), fate(&import, 12)), (vec![Fate::Dropped], vec![Fate::Needless]));
    let mistyped = import.notes.iter().find(|note| note.key == "staus").expect("it is told");
    assert!(mistyped.said.contains("if `status` was meant"), "{}", mistyped.said);
}

#[test]
fn the_defaults_of_a_bot_are_carried_over_too() {
    let (import, config) = imported(Source::Bors, "status = [\"unit\"]\n");
    assert_eq!(config.queue.plan, PlanConfig::Batch { size: 64 });
    assert_eq!((config.merge.strategy, config.checks.finish_deadline_ms), (Strategy::Merge, 3_600_000));
    assert_eq!(import.notes.iter().filter(|note| note.line.is_none()).count(), 3);
    let (import, config) = imported(Source::Kodiak, "version = 1\n");
    assert_eq!((config.queue.label.as_str(), config.merge.strategy), ("automerge", Strategy::Merge));
    assert!(says(&import, "blocking_titles = [\"^WIP:.*\"]"));
}

#[test]
fn a_kodiak_file_is_carried_over() {
    let (import, config) = imported(Source::Kodiak, KODIAK);
    assert_eq!((config.queue.label.as_str(), config.merge.strategy), ("go", Strategy::Squash));
    for line in [
        "blocking_titles = [\"^Draft\"]",
        "blocking_labels = [\"hands off\", \"wait\"]",
        "squash_message = \"{title}\\n\\n{body}\\n\\n{url}\"",
        "cut_body_before = \"Summary\"",
        "delete_branch = true",
    ] {
        assert!(says(&import, line), "{line} is not in\n{}", import.toml);
    }
    assert!(import.notes.iter().any(|note| note.key == "merge.colour" && note.said.contains("nothing is lost")));
    let doubled = imported(Source::Kodiak, "merge.merge.do_not_merge = true").0.notes;
    assert!(doubled.iter().any(|note| note.said.contains("if `merge.do_not_merge` was meant")), "{doubled:?}");
    assert_eq!(config.queue.hotfix_label.as_deref(), Some("now"));
}

#[test]
fn no_key_goes_without_a_word() {
    for (source, text) in [(Source::Bors, BORS), (Source::Kodiak, KODIAK)] {
        let (import, _) = imported(source, text);
        for line in lines_of_keys(text) {
            let inside = |note: &Note| note.line.is_some_and(|told| told >= line && told <= line + 4);
            // A list is told item by item, on the items' lines; a table as one.
            let above = line.checked_sub(2).and_then(|above| text.lines().nth(above));
            let table = above == Some("[committer]");
            let told = !fate(&import, line).is_empty() || (line == 1 && import.notes.iter().any(inside));
            assert!(told || table, "{source:?} line {line}");
        }
    }
}

#[test]
fn a_mergify_file_is_carried_over() {
    let (import, config) = imported(Source::Mergify, MERGIFY);
    assert_eq!(config.queue.label, "go");
    assert_eq!((config.queue.plan, config.queue.tries), (PlanConfig::Pipeline { depth: 3 }, 2));
    assert_eq!(config.merge.strategy, Strategy::Squash);
    assert_eq!(config.checks.finish_deadline_ms, 2_700_000);
    let names: Vec<&str> = config.checks.required.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["unit", "docs"]);
    assert_eq!(config.checks.skipped_passes.len(), 1);
    for line in [
        "before = [",
        "approvals = 2",
        "blocking_labels = [\"on hold\"]",
        "blocking_titles = [\"^WIP\"]",
        "delete_branch = true",
    ] {
        assert!(says(&import, line), "{line} is not in\n{}", import.toml);
    }
    let told = |key: &str| {
        let note = import.notes.iter().find(|note| note.key.contains(key)).unwrap_or_else(|| panic!("{key} is untold"));
        (note.line.unwrap_or_default(), note.fate)
    };
    for (key, line) in [("\"old\"", 4), ("or: author=me", 18), ("\"greet\"", 35), ("surprise", 43)] {
        assert_eq!(told(key), (line, Fate::Dropped), "{key}");
    }
    assert_eq!(told("batch_max_wait_time"), (22, Fate::Needless), "there is no batch");
    assert!(import.notes.iter().any(|note| note.key.contains("force") && note.said.contains("past the queue")));
    assert_eq!(told("-draft"), (14, Fate::Needless));
    assert_eq!(told("batch_max_wait_time"), (22, Fate::Needless), "no batch is formed");
}

#[test]
fn how_long_a_mergify_batch_waits_is_carried_over() {
    let file = |wait: &str| {
        format!(
            "queue_rules:\n  - name: default\n    batch_size: 5\n    batch_max_wait_time: {wait}\n    merge_conditions: [check-success=unit]\n"
        )
    };
    for (wait, ms, fate_of_it) in [
        ("30 s", 30_000, Fate::Changed),
        ("5 min", 300_000, Fate::Changed),
        ("2 days", 3_600_000, Fate::Changed),
        ("0 s", 0, Fate::Needless),
        ("soon", 0, Fate::Dropped),
    ] {
        let (import, config) = imported(Source::Mergify, &file(wait));
        assert_eq!(config.queue.plan, PlanConfig::Batch { size: 5 });
        assert_eq!((config.queue.gather_ms, fate(&import, 4)), (ms, vec![fate_of_it]), "{wait}");
    }
}

#[test]
fn what_is_said_in_few_words_is_carried_over_too() {
    let text = "queue_rules:\n  - name: default\n    batch_size: 5\n    batch_max_wait_time: 2 min\n    queue_conditions:\n      - \
                -label~=(on hold|not yet)\n      - \"#review-threads-unresolved=0\"\npull_request_rules:\n  - name: a\n    conditions: \
                []\n    actions: { comment: { message: hi } }\n  - name: b\n    conditions: []\n    actions: { comment: { message: ho } }\n";
    let (import, config) = imported(Source::Mergify, text);
    assert_eq!(config.queue.gather_ms, 120_000);
    assert_eq!(config.rules.blocking_labels, ["on hold", "not yet"]);
    assert!(config.rules.conversations_resolved);
    assert_eq!(fate(&import, 6), [Fate::Changed], "labels were looked into");
    let twice = import.toml.matches("its actions (comment)").count();
    assert_eq!(twice, 1, "one reason is told once\n{}", import.toml);
}

#[test]
fn the_queue_is_the_one_that_is_led_to_and_what_another_rule_lands_is_not_kept_out() {
    let text = "queue_rules:\n  - name: slow\n    merge_method: merge\n    queue_conditions: [label~=keep]\n  - name: usual\n    \
                merge_method: squash\n    queue_conditions: [-label~=(stop|keep), label!=urgent]\n  - name: first\n    \
                queue_conditions: [label=urgent]\npull_request_rules:\n  - name: a\n    conditions: [\"#approved-reviews-by>=1\"]\n    \
                actions: { queue: { name: usual } }\n";
    let (import, config) = imported(Source::Mergify, text);
    assert_eq!(config.merge.strategy, Strategy::Squash);
    assert_eq!(
        (config.rules.blocking_labels.as_slice(), config.rules.approvals),
        ([String::from("stop")].as_slice(), 1)
    );
    let told: Vec<&str> = import.notes.iter().filter(|n| n.line == Some(7)).map(|note| note.said.as_str()).collect();
    assert!(told.iter().any(|said| said.contains("another rule lands what carries urgent")), "{told:?}");
    assert!(told.iter().any(|said| said.contains("another rule lands what carries keep")), "{told:?}");
}

#[test]
fn bors_approvals_outlived_a_push_unless_it_was_told_otherwise() {
    let fate_of = |more: &str| {
        let (import, config) = imported(Source::Bors, &format!("required_approvals = 1\n{more}"));
        assert_eq!(config.rules.approvals, 1);
        fate(&import, 1)
    };
    assert_eq!(fate_of(""), [Fate::Changed]);
    assert_eq!(fate_of("up_to_date_approvals = true"), [Fate::Carried]);
    let (import, _) = imported(Source::Bors, "status = [\"unit\"]\npr_status = []\n");
    assert_eq!(fate(&import, 2), [Fate::Needless]);
}

#[test]
fn a_mergify_file_without_a_queue_has_its_merge_rule() {
    let text = "pull_request_rules:\n  - name: a\n    conditions:\n      - status-success=unit\n      - label=go\n    actions:\n      \
                merge: { method: rebase, strict: true }\n  - name: b\n    conditions: []\n    actions: { merge: {} }\n";
    let (import, config) = imported(Source::Mergify, text);
    assert_eq!((config.queue.label.as_str(), config.merge.strategy), ("go", Strategy::Rebase));
    assert_eq!(config.checks.required.len(), 1);
    assert_eq!(fate(&import, 8), [Fate::Dropped]);
}

#[test]
fn workflows_that_the_queue_waits_for_are_told_what_they_need() {
    for (source, text) in
        [(Source::Bors, "status = [\"unit\"]"), (Source::Kodiak, "version = 1"), (Source::Mergify, MERGIFY)]
    {
        let (import, _) = imported(source, text);
        assert_eq!(import.needed.len(), 1, "{source:?}");
        assert!(import.needed[0].1.write.join("\n").contains("branches: [\"greenline/**\"]"));
    }
    assert_eq!(imported(Source::Bors, "status = [\"other\"]").0.needed, []);
}

#[test]
fn nothing_in_a_foreign_file_becomes_anything_else() {
    for (source, text) in [
        (Source::Bors, "status = [\"x\\\" }]\\n[merge]\\nstrategy = \\\"squash\"]\nblock_labels = [\"\\n[queue]\"]"),
        (Source::Bors, "\"a\\n[merge]\\nstrategy = 'squash'\" = 1"),
        (Source::Kodiak, "merge.automerge_label = \"\\u202e\\n[merge]\""),
        (Source::Kodiak, "merge.blocking_title_regex = \"(((\""),
        (
            Source::Mergify,
            "queue_rules:\n  - name: \"x\\n[merge]\"\n    batch_size: 99999999999\n    max_checks_retries: 4294967295",
        ),
        (Source::Mergify, "[]"),
        (Source::Mergify, "queue_rules: 7\npull_request_rules: {a: b}\ndefaults: []\nmerge_queue: x"),
    ] {
        let (import, config) = imported(source, text);
        assert_ne!(config.merge.strategy, Strategy::Squash, "{}", import.toml);
        assert!(import.toml.lines().all(|line| !line.contains('\u{202e}')));
    }
}

#[test]
fn a_file_cut_off_anywhere_is_carried_over_or_told_where_it_is_wrong() {
    for (source, text) in [(Source::Bors, BORS), (Source::Kodiak, KODIAK), (Source::Mergify, MERGIFY)] {
        for end in (0..text.len()).step_by(3) {
            match import(source, "x", &text[..end], &Around::default()) {
                Ok(import) => assert!(RepoConfig::parse(&import.toml).is_ok(), "{}", import.toml),
                Err(broken) => assert!(broken.line <= text.lines().count() + 1, "{broken}"),
            }
        }
    }
}

mod first {
    use super::*;

    fn seen(workflows: &[(&str, &str)], landed: &[(usize, &str)]) -> First {
        let file = |(name, text): &(&str, &str)| {
            (format!(".github/workflows/{name}"), Workflow::parse(text).expect("it is a workflow"))
        };
        let landed = landed.iter().cycle().take(if landed.is_empty() { 0 } else { 12 });
        let first = first::first(&Seen {
            trunk: "main".into(),
            files: workflows.iter().map(file).collect(),
            broken: vec![(".github/workflows/bad.yml".into(), "line 1: this is not YAML".into())],
            landed: landed
                .map(|(parents, subject)| Landed { parents: *parents, subject: (*subject).to_owned() })
                .collect(),
        });
        assert!(RepoConfig::parse(&first.toml).is_ok(), "{}", first.toml);
        first
    }

    fn required(first: &First) -> Vec<String> {
        let config = RepoConfig::parse(&first.toml).expect("it is right");
        config.checks.required.iter().map(|check| check.name.to_string()).collect()
    }

    const CI: &str = "on:\n  pull_request:\njobs:\n  unit:\n    strategy:\n      matrix: { os: [a, b] }\n  docs:\n    \
                      if: github.actor != 'x'\n  odd:\n    name: ${{ github.ref }}\n";

    #[test]
    fn checks_come_from_the_workflows_that_see_every_pull_request() {
        let release = "on:\n  push:\n    tags: ['v*']\njobs:\n  publish:\n    runs-on: x\n";
        let labels = "on:\n  pull_request:\n    types: [labeled]\njobs:\n  label:\n    runs-on: x\n";
        let some = "on:\n  pull_request:\n    paths: [web/**]\n  push:\njobs:\n  web:\n    runs-on: x\n";
        let again = "on: [push]\njobs:\n  unit (a):\n    runs-on: x\n";
        let first = seen(
            &[("a.yml", CI), ("b.yml", release), ("c.yml", labels), ("d.yml", some), ("e.yml", again)],
            &[(2, "Merge pull request #1")],
        );
        assert_eq!(required(&first), ["unit (a)", "unit (b)"]);
        let told = first.decided.join("\n");
        for expected in [
            "trunk is `main`",
            "b.yml: not waited for, because it does not run on pull requests",
            "c.yml: not waited for, because it runs on pull requests that are labeled",
            "bad.yml: not read, because line 1",
            "`docs` of .github/workflows/a.yml: not required, because it is skipped unless",
            "not required, because its name is not known",
            "`web` of .github/workflows/d.yml: not required, because its workflow runs only if certain files changed",
            "another workflow reports a check of the same name",
            "strategy = \"merge\", because most of the latest commits on trunk are merges",
        ] {
            assert!(told.contains(expected), "{expected} is not in\n{told}");
        }
        assert_eq!(first.needed[0].0, ".github/workflows/a.yml");
        assert_eq!(first.needed[0].1.write, ["  push:", "    branches: [\"greenline/**\"]"]);
    }

    #[test]
    fn without_a_check_the_list_is_left_out() {
        for first in [seen(&[], &[]), seen(&[("a.yml", &CI.replace("pull_request", "workflow_dispatch"))], &[])] {
            assert_eq!(required(&first), [] as [String; 0]);
            assert!(first.decided.iter().any(|decision| decision.contains("branch protection")), "{:?}", first.decided);
        }
    }

    #[test]
    fn the_strategy_follows_what_was_done_so_far() {
        let strategy =
            |landed: &[(usize, &str)]| RepoConfig::parse(&seen(&[], landed).toml).expect("it is right").merge.strategy;
        assert_eq!(strategy(&[(1, "Add a thing (#12)"), (1, "Mend a thing (#13)"), (1, "oops")]), Strategy::Squash);
        assert_eq!(strategy(&[(2, "Merge pull request #1"), (2, "Merge #2"), (1, "x")]), Strategy::Merge);
        assert_eq!(strategy(&[(1, "plain"), (1, "see (#12) there")]), Strategy::Rebase);
        assert_eq!(strategy(&[]), Strategy::Rebase);
    }
}

#[test]
fn whose_settings_a_file_holds_follows_from_where_it_stands() {
    for (file, whose) in [
        ("bors.toml", Some(Source::Bors)),
        ("clone/.github/.kodiak.toml", Some(Source::Kodiak)),
        (".github/mergify.yml", Some(Source::Mergify)),
        (".mergify/config.yml", Some(Source::Mergify)),
        ("config.yml", None),
    ] {
        assert_eq!(Source::of(file.as_ref()), whose, "{file}");
    }
}
