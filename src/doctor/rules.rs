//! Which rulesets and protections would refuse what Greenline pushes: trunk forward, branches for CI made and deleted,
//! candidate tags made. What only people are held to, it does not speak of.

use super::finding::Finding;
use super::reading::{Bypass, Inside, Origin, Protection, Rule};
use super::refs;
use super::repository::Place;
use crate::config::RepoConfig;
use crate::facts::Strategy;
use crate::ids::CandidateSeq;
use crate::wording::shown;

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ref {
    Trunk,
    Run,
    Tag,
}

/// How sure it is that GitHub refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refuses {
    Surely,
    Perhaps,
}

/// Everything GitHub would refuse in a repository.
pub(super) fn refusals(place: &Place<'_>, inside: &Inside, config: &RepoConfig) -> Vec<Finding> {
    let merges = matches!(config.merge.strategy, Strategy::Merge | Strategy::RebaseMerge);
    let judge = |rules: &[Rule], of: Ref, name: &str| -> Vec<Finding> {
        rules.iter().filter_map(|rule| by_rule(place, rule, of, name, merges)).collect()
    };
    let tag = config.candidate.tag.name(CandidateSeq::new(1));
    let (run, tag_ref) = (place.run_branch(), format!("refs/tags/{tag}"));
    let mut findings = Vec::new();
    let mut asked = |question: &str, judged: Result<Vec<Finding>, &super::Unasked>| match judged {
        Ok(found) => findings.extend(found),
        Err(unasked) => findings.push(Finding::unasked(place.name, question, unasked)),
    };
    let trunk_rules = inside.trunk_rules.as_ref().map(|rules| judge(rules, Ref::Trunk, place.trunk));
    asked(&format!("which rules hold for `{}`", place.trunk), trunk_rules);
    let run_rules = inside.run_rules.as_ref().map(|rules| judge(rules, Ref::Run, &run));
    asked("which rules hold for `greenline/**`", run_rules);
    let tag_rules = inside.tag_rulesets.as_ref().map(|sets| {
        let about = sets.iter().filter(|set| refs::covers(set, &tag_ref));
        about.flat_map(|set| judge(&set.rules, Ref::Tag, &tag)).collect()
    });
    asked("which rules hold for candidate tags", tag_rules);
    let classic = inside
        .protection
        .as_ref()
        .map(|found| found.as_ref().map(|protection| by_protection(place, protection, merges)).unwrap_or_default());
    asked(&format!("how branch protection guards `{}` (Administration: Read-only)", place.trunk), classic);
    findings.extend(unguarded(place, inside));
    let harmless = up_to_date(place, inside);
    if findings.is_empty() {
        findings.push(Finding::ok(place.name, "has no rule that would refuse what Greenline pushes"));
    }
    findings.extend(harmless);
    findings
}

fn by_rule(place: &Place<'_>, rule: &Rule, of: Ref, name: &str, merges: bool) -> Option<Finding> {
    if rule.origin.bypass == Bypass::Always {
        return None;
    }
    let (refuses, why) = says(rule, of, name, merges, place.ours.signs)?;
    let target = match of {
        Ref::Trunk => format!("`{}`", place.trunk),
        Ref::Run => "`greenline/**`".to_owned(),
        Ref::Tag => format!("the tag `{name}`"),
    };
    let sure = refuses == Refuses::Surely && rule.origin.bypass != Bypass::Unsaid;
    let (ruleset, may) = (shown(&rule.origin.ruleset), if sure { "" } else { "perhaps " });
    let what = format!("{may}refuses pushes to {target}: the ruleset `{ruleset}` {why}");
    let fix = mended(&rule.origin, of, place);
    Some(if sure { Finding::wrong(place.name, what, fix) } else { Finding::warning(place.name, what, fix) })
}

/// Whether a rule is in the way of what is done to such a ref, and how to say it. GitHub Docs, *Available rules for rulesets*.
fn says(rule: &Rule, of: Ref, name: &str, merges: bool, signs: bool) -> Option<(Refuses, &'static str)> {
    use Ref::{Run, Tag, Trunk};
    let surely = |why| Some((Refuses::Surely, why));
    let perhaps = |why| Some((Refuses::Perhaps, why));
    match (rule.kind.as_str(), of) {
        ("update", Trunk) => surely("restricts updates, and every landing is one"),
        ("creation", Run | Tag) => surely("restricts creations"),
        ("deletion", Run) => surely("restricts deletions, and a landing deletes the branch that CI tested"),
        ("pull_request", Trunk) => surely("requires pull requests, and a landing is a push"),
        ("pull_request", Run) => perhaps("requires pull requests, and what CI tests is pushed"),
        ("merge_queue", Trunk | Run) => surely("requires GitHub's own merge queue"),
        ("required_signatures", Trunk | Run | Tag) if !signs => {
            surely("requires signed commits, and those that Greenline composes have no signature")
        }
        ("required_linear_history", Trunk | Run) if merges => {
            surely("forbids merge commits, and [merge] strategy is \"merge\"")
        }
        ("required_deployments", Trunk | Run) => surely("requires deployments, which no tested commit has had"),
        ("required_status_checks", Run) if !rule.not_on_create => {
            surely("requires checks before a commit is pushed, and CI only tests what was pushed")
        }
        ("workflows", Trunk | Run) => perhaps("requires workflows, which GitHub runs on pull requests only"),
        ("code_scanning", Trunk | Run) => perhaps("requires results of code scanning, on the commit that lands"),
        ("commit_message_pattern" | "commit_author_email_pattern" | "committer_email_pattern", Trunk | Run) => {
            perhaps("has a pattern for commits, which those that Greenline composes must match as well")
        }
        ("branch_name_pattern", Run) | ("tag_name_pattern", Tag) => {
            match rule.names.as_ref().and_then(|pattern| refs::allowed(pattern, name)) {
                Some(true) => None,
                Some(false) => surely("has a pattern for names, which this name does not match"),
                None => perhaps("has a pattern for names"),
            }
        }
        _ => None,
    }
}

fn mended(origin: &Origin, of: Ref, place: &Place<'_>) -> String {
    let (page, slug) = (origin.page.as_ref().map(|page| format!("{page}: ")).unwrap_or_default(), &place.app.slug);
    let bypass = match origin.bypass {
        Bypass::PullRequestsOnly => format!("change the bypass of the App `{slug}` to \"Always allow\""),
        Bypass::Always | Bypass::Never | Bypass::Unsaid => {
            format!("add the App `{slug}` to the bypass list, \"Always allow\"")
        }
    };
    match of {
        Ref::Trunk => format!("{page}{bypass}"),
        Ref::Run => format!("{page}exclude `greenline/**` from its target branches, or {bypass}"),
        Ref::Tag => format!("{page}{bypass}, or choose another name in [candidate] tag"),
    }
}

/// Classic protection, which spares administrators only, and an App is none.
fn by_protection(place: &Place<'_>, protection: &Protection, merges: bool) -> Vec<Finding> {
    let slug = &place.app.slug;
    let (trunk, page) = (place.trunk, "Settings, Branches");
    let absent = |list: &[String]| !list.contains(slug);
    let mut findings = Vec::new();
    let mut refuse = |why: &str, fix: String| {
        let what = format!("refuses pushes to `{trunk}`: its branch protection {why}");
        findings.push(Finding::wrong(place.name, what, format!("{page}, `{trunk}`: {fix}")));
    };
    if protection.locked {
        refuse("locks it", "untick \"Lock branch\"".into());
    }
    if protection.pushers.as_deref().is_some_and(absent) {
        let fix = format!("add the App `{slug}` to \"Restrict who can push to matching branches\"");
        refuse("does not name the App among those who may push", fix);
    }
    if protection.reviews && absent(&protection.reviews_bypass) {
        let fix = format!("under \"Require a pull request\", let the App `{slug}` bypass it");
        refuse("requires pull requests, and a landing is a push", fix);
    }
    if protection.signatures && !place.ours.signs {
        let why = "requires signed commits, and those that Greenline composes have no signature";
        refuse(why, "untick \"Require signed commits\", or use a ruleset that the App bypasses".into());
    }
    if protection.linear && merges {
        let fix = "untick \"Require linear history\", or choose another [merge] strategy";
        refuse("forbids merge commits, and [merge] strategy is \"merge\"", fix.into());
    }
    findings
}

/// The rule that sounds as if it stood in the way, and does not: it is about the merge button. GitHub Docs, *Troubleshooting
/// required status checks*: what is up to date and has passed may be pushed.
fn up_to_date(place: &Place<'_>, inside: &Inside) -> Option<Finding> {
    let by_rule = inside.trunk_rules.iter().flatten().filter(|rule| rule.up_to_date);
    let by_rule = by_rule.map(|rule| format!("the ruleset `{}`", shown(&rule.origin.ruleset)));
    let classic = inside.protection.iter().flatten().filter(|protection| protection.up_to_date);
    let where_said: Vec<String> = by_rule.chain(classic.map(|_| "branch protection".to_owned())).collect();
    let what = format!(
        "requires branches to be up to date with `{}` before merging ({}), which does not stand in the way: what Greenline pushes \
         stands on it already, and was tested there. Nobody need press \"Update branch\"; that pushes a new head, which has to be \
         asked for anew",
        place.trunk,
        where_said.join(", ")
    );
    (!where_said.is_empty()).then(|| Finding::ok(place.name, what))
}

/// Nothing keeps people from pushing past the queue. Said only if all that could keep them was read.
fn unguarded(place: &Place<'_>, inside: &Inside) -> Option<Finding> {
    let (Ok(rules), Ok(classic)) = (&inside.trunk_rules, &inside.protection) else { return None };
    let by_rule =
        rules.iter().any(|rule| ["update", "pull_request", "required_status_checks"].contains(&rule.kind.as_str()));
    let by_classic =
        classic.as_ref().is_some_and(|p| p.pushers.is_some() || p.reviews || p.locked || !p.required.is_empty());
    if by_rule || by_classic {
        return None;
    }
    let what = format!("lets everybody with write permission push to `{}`, past the queue", place.trunk);
    let fix = format!(
        "Settings, Rules, new branch ruleset for the default branch: restrict updates, restrict deletions, block force \
         pushes, and the App `{}` in the bypass list, \"Always allow\"",
        place.app.slug
    );
    Some(Finding::warning(place.name, what, fix))
}
