//! GitHub's own examples of `CODEOWNERS`, and the corners between them, as tables.

use super::*;
use crate::ids::UserId;

fn rules(text: &str) -> Rules {
    Rules::parse(text)
}

fn owns(pattern: &str, path: &str) -> bool {
    !rules(&format!("{pattern} @ann")).owners(path).is_empty()
}

#[test]
fn patterns_mean_what_githubs_documentation_says() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("*", &["a", "a/b/c.rs", ".github/CODEOWNERS"], &[]),
        ("**", &["a", "a/b"], &[]),
        ("*.js", &["a.js", "src/deep/a.js"], &["a.jsx", "js"]),
        ("/build/logs/", &["build/logs/a", "build/logs/a/b"], &["build/logs", "x/build/logs/a", "build/logsx/a"]),
        ("docs/*", &["docs/getting-started.md"], &["docs/build-app/troubleshooting.md", "x/docs/a.md"]),
        ("apps/", &["apps/a", "x/apps/a/b"], &["apps", "apps.md"]),
        ("/docs/", &["docs/a/b"], &["x/docs/a"]),
        ("**/logs", &["logs", "logs/a", "build/logs/b", "deeply/nested/logs/c"], &["logsx"]),
        ("/apps/github", &["apps/github", "apps/github/a"], &["apps/githubx", "x/apps/github"]),
        ("a/**/z", &["a/z", "a/b/c/z", "a/b/z/under"], &["b/a/z", "a/b"]),
        ("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]),
        ("src/*/mod.rs", &["src/x/mod.rs"], &["src/mod.rs", "src/x/y/mod.rs"]),
        ("file?.txt", &["file1.txt", "d/fileä.txt"], &["file.txt", "file12.txt"]),
        ("my\\ file", &["my file"], &["my"]),
        ("*a*b*c", &["xaybzc", "abc"], &["ab", "acb"]),
        ("README.md", &["README.md", "sub/README.md"], &["readme.md"]),
        ("/", &[], &["a", "a/b"]),
    ];
    for (pattern, mean, mean_not) in table {
        for path in *mean {
            assert!(owns(pattern, path), "{pattern} means {path}");
        }
        for path in *mean_not {
            assert!(!owns(pattern, path), "{pattern} does not mean {path}");
        }
    }
}

#[test]
fn the_last_match_decides_and_may_take_owners_away() {
    let rules = rules("# all\r\n* @ann @acme/core # both\r\n/apps/ a@b.org\n/apps/free\n");
    let names = |path: &str| rules.owners(path).to_vec();
    let ann = Owner::Party("ann".parse().expect("a login"));
    let core = Owner::Party("acme/core".parse().expect("a team"));
    assert_eq!(names("x"), [ann, core]);
    assert_eq!(names("apps/x"), [Owner::Mail("a@b.org".into())]);
    assert_eq!(names("apps/free/x"), []);
    assert_eq!(rules.skipped, Skipped::default());
}

#[test]
fn a_wrong_line_is_left_out_and_counted() {
    let text = "* @ann\n!x @bob\n[ab] @bob\nx bob\n\\#x @bob\ny @acme/core/deep\n*** @bob\n";
    let rules = rules(text);
    assert_eq!(rules.skipped, Skipped { first: vec![2, 3, 4, 5, 6], count: 6 }, "of many only the first are named");
    assert_eq!(rules.owners("x").len(), 1);
}

#[test]
fn a_pattern_full_of_stars_ends_soon() {
    let text = format!("{}b @ann\n{}z @ann", "*a".repeat(60), "**/".repeat(60));
    let path = format!("{}/{}", "a".repeat(4_000), "a/".repeat(1_000));
    assert_eq!(rules(&text).owners(&path), []);
}

fn owned(text: &str, paths: &[&str], whole: bool) -> Owned {
    let mut sorting = Sorting::new(text);
    for path in paths {
        sorting.add(path);
    }
    sorting.done(whole)
}

fn login(name: &str) -> Login {
    name.parse().expect("a login")
}

fn left(owned: &Owned, approvers: &[&str], rolls: &Rolls) -> Vec<Obstacle> {
    let approvers: Vec<Login> = approvers.iter().map(|name| login(name)).collect();
    let approvers: Vec<&Login> = approvers.iter().collect();
    let author = Person { id: UserId::new(1), login: login("Ann"), bot: false };
    missing(owned, &approvers, &author, rolls)
}

#[test]
fn each_share_needs_one_of_its_owners() {
    let text = "*.rs @bob\n/docs/ @carol @dan\n/free\n";
    let paths = ["a.rs", "b.rs", "c.rs", "d.rs", "docs/x", "free", "other"];
    let owned = owned(text, &paths, true);
    let rolls = Rolls::default();
    let found = left(&owned, &["dan"], &rolls);
    let [Obstacle::Owners { paths, more, owners, .. }] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((paths.len(), *more, owners.as_slice()), (3, 1, ["@bob".to_owned()].as_slice()));
    assert_eq!(left(&owned, &["BOB", "carol"], &rolls), []);
    assert_eq!(left(&owned, &[], &rolls).len(), 2);
}

#[test]
fn a_team_counts_by_who_is_in_it_and_unreadable_is_not_no() {
    let owned = owned("* @Acme/Core @ann", &["a"], true);
    let (core, bob) = ("acme/core".parse::<TeamName>().expect("a team"), login("bob"));
    let asked: Vec<_> = asks(&owned, &[&bob]).into_iter().collect();
    let [(team, who)] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(team.is(&core) && who.is(&bob));
    let rolls = |membership| Rolls::from_iter([(core.clone(), bob.clone(), membership)]);
    assert_eq!(left(&owned, &["bob"], &rolls(Membership::Member)), []);
    let owners = Obstacle::Owners {
        paths: vec!["a".into()],
        more: 0,
        owners: vec!["@Acme/Core".into()],
        skipped: Skipped::default(),
    };
    assert_eq!(
        left(&owned, &["bob"], &rolls(Membership::Outsider)),
        std::slice::from_ref(&owners),
        "the author may not approve"
    );
    let unread = Obstacle::TeamsUnread(vec!["Acme/Core".into()]);
    assert_eq!(left(&owned, &["bob"], &rolls(Membership::Unreadable)), [owners, unread]);
}

#[test]
fn what_is_not_listed_or_not_known_passes_nobody_by() {
    let text = "*.rs @bob\n/docs/ @carol\n";
    let part = owned(text, &["a.rs"], false);
    assert_eq!(left(&part, &["bob"], &Rolls::default()).len(), 1, "carol's part may be changed as well");
    let large = Owned::TooLarge(".github/CODEOWNERS".into());
    assert_eq!(left(&large, &["bob"], &Rolls::default()), [Obstacle::OwnersTooLarge(".github/CODEOWNERS".into())]);
    assert_eq!(left(&Owned::default(), &[], &Rolls::default()), []);
}
