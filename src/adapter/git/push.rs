//! Pushing: the arguments of a leased push, and what git's porcelain answer means for each ref. Pure; it starts nothing.

use super::program::{Ran, Stopped};
use crate::port::Trouble;
use crate::port::git::{Expect, Pushed, RefUpdate};
use std::collections::{BTreeMap, BTreeSet};

/// The arguments after `git`. No refspec begins with `+`, which would override the lease.
pub fn arguments(url: &str, updates: &[RefUpdate], atomic: bool) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"]
            .map(str::to_owned)
            .into();
    if atomic {
        arguments.push("--atomic".into());
    }
    for update in updates {
        let expected = match update.expect {
            Expect::Absent => String::new(),
            Expect::At(sha) => sha.to_string(),
        };
        arguments.push(format!("--force-with-lease={}:{expected}", update.name));
    }
    arguments.extend(["--end-of-options".to_owned(), url.to_owned()]);
    for update in updates {
        let to = update.to.map_or_else(String::new, |sha| sha.to_string());
        arguments.push(format!("{to}:{}", update.name));
    }
    arguments
}

/// Updates that could not be told apart in the answer, or that ask for nothing.
pub fn check(updates: &[RefUpdate]) -> Result<(), Trouble> {
    let mut names = BTreeSet::new();
    for update in updates {
        if !names.insert(&update.name) {
            return Err(Trouble::Bug(format!("{} stands twice in one push", update.name)));
        }
        if update.to.is_none() && update.expect == Expect::Absent {
            return Err(Trouble::Bug(format!("a push was to delete {} while expecting it to be absent", update.name)));
        }
    }
    Ok(())
}

/// What became of each update. Trouble only where certainly nothing happened to any of them.
pub fn outcome(ran: Result<Ran, Stopped>, updates: &[RefUpdate]) -> Result<Vec<Pushed>, Trouble> {
    let all = |pushed: Pushed| Ok(vec![pushed; updates.len()]);
    let ran = match ran {
        Ok(ran) => ran,
        Err(Stopped::NotStarted(what)) => return Err(Trouble::Denied(what)),
        Err(Stopped::Midway(what)) => return all(Pushed::Unknown(what)),
    };
    let answers = answers(&ran);
    if answers.is_empty() {
        let complaint = ran.complaint();
        if refused_at_the_door(&ran.stderr) {
            return Err(Trouble::Denied(format!(
                "the push was refused before it began ({complaint}); check that the App may write contents here"
            )));
        }
        // `match_push_refs` stops the whole push before anything is sent.
        if ran.stderr.contains("remote ref does not exist") {
            return all(Pushed::Rejected(format!("a ref to be deleted is not there: {complaint}")));
        }
        return all(Pushed::Unknown(complaint));
    }
    let silent = || Pushed::Unknown(format!("git said nothing about this ref: {}", ran.complaint()));
    Ok(updates.iter().map(|update| answers.get(update.name.as_str()).cloned().unwrap_or_else(silent)).collect())
}

/// The remote refused to talk to us at all: no ref was looked at.
fn refused_at_the_door(stderr: &str) -> bool {
    let fatal = stderr.lines().find(|line| line.starts_with("fatal: ")).unwrap_or_default();
    let code = |code: &str| fatal.contains("unable to access") && fatal.contains(&format!("returned error: {code}"));
    fatal.contains("Authentication failed")
        || fatal.contains("could not read Username")
        || (fatal.contains("repository") && fatal.contains("not found"))
        || code("401")
        || code("403")
        || code("404")
}

/// Reads `flag TAB from:to TAB summary` lines.
fn answers(ran: &Ran) -> BTreeMap<String, Pushed> {
    let remote = remote_words(&ran.stderr);
    let mut answers = BTreeMap::new();
    for line in ran.text().lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(flag), Some(refs), Some(summary)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let Some((_, name)) = refs.rsplit_once(':') else { continue };
        let pushed = match flag {
            "!" if lost(summary) => Pushed::Unknown(summary.to_owned()),
            "!" => {
                Pushed::Rejected(if remote.is_empty() { summary.to_owned() } else { format!("{summary}: {remote}") })
            }
            // `=`: it stood there already, which is what was wanted.
            " " | "*" | "+" | "-" | "=" => Pushed::Done,
            _ => continue,
        };
        answers.insert(name.to_owned(), pushed);
    }
    // Without the closing line a "done" may be a wish: git prints the table from what it knew when the line broke.
    if !ran.ok() && !ran.text().lines().any(|line| line == "Done") && connection_lost(&ran.stderr) {
        for pushed in answers.values_mut().filter(|pushed| **pushed == Pushed::Done) {
            *pushed = Pushed::Unknown(ran.complaint());
        }
    }
    answers
}

fn lost(summary: &str) -> bool {
    summary.starts_with("[remote failure]") || summary.contains("(remote failed to report status)")
}

fn connection_lost(stderr: &str) -> bool {
    ["RPC failed", "hung up", "early EOF", "unexpected disconnect", "Connection"]
        .iter()
        .any(|word| stderr.contains(word))
}

/// What the remote had to say, for the person who reads the reason.
fn remote_words(stderr: &str) -> String {
    let words = stderr.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
    let words: Vec<&str> = words.filter(|line| !line.is_empty()).take(8).collect();
    words.join(" ").chars().take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Sha;

    fn update(name: &str) -> RefUpdate {
        let sha: Sha = "1111111111111111111111111111111111111111".parse().expect("hex");
        RefUpdate { name: name.parse().expect("legal"), expect: Expect::Absent, to: Some(sha) }
    }

    fn ran(code: i32, stdout: &str, stderr: &str) -> Ran {
        Ran { code: Some(code), stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn no_argument_but_ours_begins_with_a_dash_and_none_with_a_plus() {
        let arguments =
            arguments("https://example.org/a/b.git", &[update("refs/heads/-x"), update("refs/tags/v1")], true);
        let end = arguments.iter().position(|a| a == "--end-of-options").expect("it is there");
        assert!(arguments[end + 1..].iter().all(|a| !a.starts_with('-') && !a.starts_with('+')), "{arguments:?}");
        assert!(arguments.contains(&"--force-with-lease=refs/heads/-x:".to_owned()), "{arguments:?}");
    }

    #[test]
    fn a_protected_branch_is_rejected_in_the_remotes_words() {
        let out = "To x\n!\t1:refs/heads/main\t[remote rejected] (protected branch hook declined)\nDone\n";
        let err = "remote: error: GH006: Protected branch update failed for refs/heads/main.        \nerror: failed";
        let pushed = outcome(Ok(ran(1, out, err)), &[update("refs/heads/main")]).expect("an answer");
        let [Pushed::Rejected(why)] = pushed.as_slice() else { panic!("{pushed:?}") };
        assert!(why.contains("GH006") && why.contains("protected branch hook declined"), "{why}");
    }

    #[test]
    fn only_a_refusal_at_the_door_is_trouble() {
        let refs = [update("refs/heads/main")];
        let door = "fatal: unable to access 'https://x/': The requested URL returned error: 403";
        assert!(matches!(outcome(Ok(ran(128, "", door)), &refs), Err(Trouble::Denied(_))));
        for unsure in ["error: RPC failed; HTTP 403 curl 22", "fatal: the remote end hung up unexpectedly", ""] {
            let pushed = outcome(Ok(ran(128, "", unsure)), &refs).expect("an answer");
            assert!(matches!(pushed.as_slice(), [Pushed::Unknown(_)]), "{unsure}: {pushed:?}");
        }
        let late = outcome(Err(Stopped::Midway("time is up".into())), &refs).expect("an answer");
        assert!(matches!(late.as_slice(), [Pushed::Unknown(_)]));
    }
}
