//! Workflows as people write them: when they run, what they report, what they need.

use super::*;

const RUN: &str = "greenline/main/run-7";

fn workflow(text: &str) -> Workflow {
    Workflow::parse(text).expect(text)
}

fn on(on: &str) -> Workflow {
    workflow(&format!("{on}\njobs:\n  ci:\n    runs-on: x\n"))
}

fn names(text: &str) -> Vec<String> {
    names_in(&workflow(text), &Files::new())
}

fn names_in(workflow: &Workflow, files: &Files) -> Vec<String> {
    let told = workflow.checks(files).into_iter().map(|check| match check.name {
        Reported::As(name) => name,
        Reported::Unknown { written, why } => format!("?{written}: {why}"),
    });
    told.collect()
}

#[test]
fn it_is_known_on_which_branches_a_push_runs() {
    for (text, main, run) in [
        ("on: push", true, true),
        ("on: [pull_request, push]", true, true),
        ("on: pull_request", false, false),
        ("on:\n  push:", true, true),
        ("on:\n  push:\n    branches: main", true, false),
        ("on:\n  push:\n    branches: [main, 'greenline/**']", true, true),
        ("on:\n  push:\n    branches: ['**', '!greenline/**']", true, false),
        ("on:\n  push:\n    branches: ['!greenline/**', '**']", true, true),
        ("on:\n  push:\n    branches-ignore: ['greenline/**']", true, false),
        ("on:\n  push:\n    tags: ['v*']", false, false),
        ("on:\n  push:\n    tags: ['v*']\n    branches: [main]", true, false),
        ("'on':\n  push:\n    branches:\n", true, true),
        ("on:\n  push: { branches: ['*'] }", true, false),
    ] {
        let workflow = on(text);
        assert_eq!((workflow.runs_on_push("main"), workflow.runs_on_push(RUN)), (main, run), "{text}");
    }
    assert!(on("on: [merge_group]").on.merge_group);
    let workflow = on("on:\n  push:\n    paths: ['src/**']\n  pull_request: { branches: [main], types: [opened] }");
    assert_eq!(workflow.on.push.as_ref().and_then(|push| push.paths), Some(3));
    assert!(workflow.runs_on_pull_request("main") && !workflow.runs_on_pull_request("dev"));
    assert_eq!(workflow.on.pull_request.expect("it is there").types, ["opened"]);
}

#[test]
fn checks_have_the_names_of_their_jobs() {
    assert_eq!(
        names("on: push\njobs:\n  lint:\n    runs-on: x\n  test:\n    name: Unit tests\n    runs-on: x\n"),
        ["lint", "Unit tests"]
    );
    let odd = names("on: push\njobs:\n  a:\n    name: On ${{ github.ref }}\n  b:\n    name: ${{ 'fixed' }} name\n");
    assert_eq!(odd, ["?On ${{ github.ref }}: `${{ github.ref }}` is known only when it runs", "fixed name"]);
}

#[test]
fn a_matrix_is_expanded() {
    let job = |strategy: &str| names(&format!("on: push\njobs:\n  t:\n    strategy:\n      matrix: {strategy}\n"));
    assert_eq!(
        job("{ os: [linux, mac], v: [1, 3.10] }"),
        ["t (linux, 1)", "t (linux, 3.1)", "t (mac, 1)", "t (mac, 3.1)"]
    );
    assert_eq!(job("{ os: [a, b], v: [1, 2], exclude: [{ os: a, v: 1 }, { v: 2, os: b }] }"), ["t (a, 2)", "t (b, 1)"]);
    assert_eq!(job("{ include: [{ os: a, v: 1 }, { os: b }] }"), ["t (a, 1)", "t (b)"]);
    assert_eq!(
        job("{ os: [a, b], include: [{ os: a, x: 1 }, { os: c }, { x: 2 }] }"),
        ["t (a, 2)", "t (b, 2)", "t (c)"]
    );
    assert_eq!(job("{ cfg: [{ name: A, os: x }, { name: B, os: y }] }"), ["t (A, x)", "t (B, y)"]);
    assert_eq!(job("${{ fromJSON(needs.a.outputs.m) }}"), ["?t: `the matrix` is computed when it runs"]);
    assert_eq!(job("{ os: '${{ fromJSON(x) }}' }"), ["?t: `os` is computed when it runs"]);
    assert_eq!(job("{ a: [1,2,3,4,5,6,7,8,9], b: [1,2,3,4,5,6,7,8,9], c: [1,2,3,4,5,6,7,8,9], d: [1,2,3] }").len(), 1);
}

/// The example of GitHub's documentation for `include`.
#[test]
fn include_adds_and_extends_as_documented() {
    let text = "on: push\njobs:\n  t:\n    name: ${{ matrix.fruit }} ${{ matrix.animal }} ${{ matrix.color }}${{ matrix.shape }}.\n    \
                strategy:\n      matrix:\n        fruit: [apple, pear]\n        animal: [cat, dog]\n        include:\n          \
                - color: green\n          - color: pink\n            animal: cat\n          - fruit: apple\n            \
                shape: circle\n          - fruit: banana\n          - fruit: banana\n            animal: cat\n";
    assert_eq!(
        names(text),
        [
            "apple cat pinkcircle.",
            "apple dog greencircle.",
            "pear cat pink.",
            "pear dog green.",
            "banana  .",
            "banana cat ."
        ]
    );
}

#[test]
fn names_refer_to_the_matrix() {
    let text = |name: &str| {
        format!(
            "on: push\njobs:\n  t:\n    name: {name}\n    strategy:\n      matrix:\n        os: [a, b]\n        \
             c: [{{ n: 1, secret: '${{{{ x }}}}' }}]\n"
        )
    };
    assert_eq!(names(&text("test")), ["?test: `matrix.c.secret` is empty or computed when it runs"]);
    assert_eq!(names(&text("on ${{ matrix.os }}, ${{matrix.C.N}}")), ["on a, 1", "on b, 1"]);
    assert_eq!(names(&text("all${{ matrix.absent }}")), ["all"]);
    assert!(names(&text("${{ matrix.c }}"))[0].contains("known only when it runs"));
    assert!(names(&text("${{ matrix.c.secret }}"))[0].contains("known only when it runs"));
    assert!(names(&text("${{ matrix.os || 'x' }}"))[0].contains("known only when it runs"));
}

#[test]
fn called_workflows_are_followed_within_the_repository() {
    let mut files = Files::new();
    let local = "on:\n  workflow_call:\n    inputs:\n      v: { type: string, default: '9' }\njobs:\n  build:\n    \
                  name: build ${{ inputs.v }}\n  unit:\n    if: inputs.v\n";
    files.insert(".github/workflows/callee.yml".into(), workflow(local));
    let caller = workflow(
        "on: push\njobs:\n  a:\n    uses: ./.github/workflows/callee.yml\n  b:\n    name: B\n    strategy:\n      \
         matrix: { v: [1, 2] }\n    uses: ./.github/workflows/callee.yml\n    with: { v: '${{ matrix.v }}' }\n  c:\n    \
         uses: org/repo/.github/workflows/x.yml@v1\n",
    );
    let told = names_in(&caller, &files);
    assert_eq!(told[..4], ["a / build 9", "a / unit", "B (1) / build 1", "B (1) / unit"]);
    assert_eq!(told[6], "?c / …: its jobs are in `org/repo/.github/workflows/x.yml@v1`, another repository");
    assert_eq!(caller.checks(&files)[1].condition.as_deref(), Some("inputs.v"));

    let path = ".github/workflows/loop.yml";
    let looping =
        workflow(&format!("on: [workflow_call]\njobs:\n  a:\n    uses: ./{path}\n  b:\n    uses: ./{path}\n"));
    files.insert(path.into(), looping.clone());
    assert!(names_in(&looping, &files).iter().all(|name| name.starts_with('?')));
}

#[test]
fn a_condition_that_always_holds_is_none() {
    let text = |condition: &str| format!("on: push\njobs:\n  a:\n    if: {condition}\n    runs-on: x\n");
    for (condition, doubtful) in [
        ("always()", false),
        ("${{ !cancelled() }}", false),
        ("success() || failure()", false),
        ("github.event_name == 'push'", true),
        ("false", true),
    ] {
        let checks = workflow(&text(condition)).checks(&Files::new());
        assert_eq!(checks[0].condition.is_some(), doubtful, "{condition}");
    }
}

#[test]
fn concurrency_that_does_not_tell_branches_apart_is_seen() {
    for (text, apart) in [
        ("concurrency: ci", false),
        ("concurrency:\n  group: ci-${{ github.ref }}", true),
        ("concurrency:\n  group: ${{ github.workflow }}-${{ github.head_ref }}\n  cancel-in-progress: true", false),
        ("concurrency:\n  group: ${{github.head_ref||github.run_id}}", true),
        ("concurrency: ${{ github.ref_type }}", false),
    ] {
        let workflow = on(&format!("on: push\n{text}"));
        let concurrency = workflow.concurrency.as_ref().expect("it is there");
        assert_eq!((concurrency.line, concurrency.tells_branches_apart()), (2, apart), "{text}");
        assert_eq!(workflow.advice(RUN).is_empty(), apart);
    }
}

#[test]
fn what_a_workflow_needs_is_said_with_the_lines() {
    for (text, line, write) in [
        ("on: pull_request", 1, "on:\n  pull_request:\n  push:\n    branches: [\"greenline/**\"]"),
        ("on:\n  pull_request:", 1, "  push:\n    branches: [\"greenline/**\"]"),
        ("on:\n  push:\n    branches: [main, 'v*']", 3, "    branches: [main, \"v*\", \"greenline/**\"]"),
        ("on:\n  push:\n    branches-ignore: ['greenline/**', x]", 3, "    branches-ignore: [x]"),
        ("on:\n  push:\n    branches-ignore: ['**']", 3, "    branches: [\"**\"]"),
        ("on:\n  push:\n    tags: [v1]", 2, "    branches: [\"greenline/**\"]"),
    ] {
        let advice = on(text).advice(RUN);
        assert_eq!((advice.len(), advice[0].line, advice[0].write.join("\n").as_str()), (1, line, write), "{text}");
    }
    assert_eq!(on("on: push").advice(RUN), []);
    assert_eq!(on("on:\n  push:\n    paths: [x]").advice(RUN)[0].line, 3);
}

#[test]
fn what_is_no_workflow_is_told() {
    for (text, what) in [("", "has no `on:`"), ("on: push", "has no `jobs:`"), ("a: [", "not YAML")] {
        assert!(Workflow::parse(text).expect_err(text).what.contains(what), "{text}");
    }
}
