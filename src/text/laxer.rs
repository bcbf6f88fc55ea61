//! What a change of the settings would make less strict on the way to production, in words. It judges nothing.

use super::code;
use crate::config::changes::{Laxer, promote_written};
use crate::delivery::policy::{Mode, Policy};

/// A sentence for each, and one before them that says what they are; none where nothing is less strict.
pub(super) fn laxer(old: &Policy, new: &Policy, found: &[Laxer]) -> Vec<String> {
    let mut said: Vec<String> = found.iter().map(one).collect();
    if old.mode != new.mode {
        said.insert(0, mode(new.mode).to_owned());
    }
    if !found.is_empty() {
        let stage =
            old.strictest().map(|stage| format!(", so it concerns whoever approves for {}", code(stage.name.as_str())));
        said.insert(0, format!("**This makes delivery less strict**{}.", stage.unwrap_or_default()));
    }
    said
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "Nothing would be delivered any more; candidates would still be made.",
        Mode::Delivery => "Production would wait for a person, where its stages do not say otherwise.",
        Mode::Deployment => "Production would not wait for a person, where its stages do not say otherwise.",
    }
}

fn one(laxer: &Laxer) -> String {
    let (stage, what) = match laxer {
        Laxer::Gone(stage) => (Some(stage), "would be gone, and nothing would be verified there".to_owned()),
        Laxer::Promote(stage, was, will) => {
            let (was, will) = (promote_written(*was), promote_written(*will));
            (Some(stage), format!("would get candidates by {} instead of {}", code(&will), code(&was)))
        }
        Laxer::After(stage) => (Some(stage), "would get candidates that fewer stages have verified".to_owned()),
        Laxer::Approval(stage) => (Some(stage), "would need fewer approvals, or those of other people".to_owned()),
        Laxer::Verify(stage) => (Some(stage), "would be verified by less than now".to_owned()),
        Laxer::Soak(stage) => (Some(stage), "would count as verified after a shorter time".to_owned()),
        Laxer::Windows(stage) => (Some(stage), "might get candidates at times at which it may not now".to_owned()),
        Laxer::Failure(stage) => (Some(stage), "would stop less when something fails there".to_owned()),
        Laxer::PostMerge => (None, "Less would have to be green after a landing".to_owned()),
        Laxer::Hotfix => (None, "A hotfix would need less before it goes to production".to_owned()),
        Laxer::Lock => (None, "Pull requests would land on a red trunk".to_owned()),
        Laxer::Trust => {
            (None, "Tests would be trusted sooner without a person, or again sooner after a rollback".to_owned())
        }
    };
    stage.map_or_else(|| format!("{what}."), |stage| format!("{} {what}.", code(stage.as_str())))
}

#[cfg(test)]
mod tests {
    use crate::config::RepoConfig;
    use crate::config::changes::laxer;

    fn said(old: &str, new: &str) -> Vec<String> {
        let policy = |text: &str| RepoConfig::parse(text).unwrap_or_else(|why| panic!("{why:?}")).delivery;
        let (old, new) = (policy(old), policy(new));
        super::laxer(&old, &new, &laxer(&old, &new))
    }

    #[test]
    fn the_switch_is_told_with_what_it_means() {
        assert_eq!(
            said("", "[delivery]\nmode = \"deployment\""),
            [
                "**This makes delivery less strict**, so it concerns whoever approves for `production`.",
                "Production would not wait for a person, where its stages do not say otherwise.",
                "`production` would get candidates by `auto` instead of `approve`.",
            ]
        );
        let back = ["Production would wait for a person, where its stages do not say otherwise."];
        assert_eq!(said("[delivery]\nmode = \"deployment\"", ""), back, "what is stricter is no warning");
    }

    #[test]
    fn each_thing_that_becomes_less_strict_has_its_sentence() {
        let strict = "[delivery]\npost_merge = [{ name = \"ci\", app = \"any\" }]\n[[stage]]\nname = \"staging\"\nsoak = \"1h\"\n\
                      verify = [{ check = \"e2e\", app = 7 }]\n[[stage]]\nname = \"canary\"\n[[stage]]\nname = \"production\"\n\
                      windows = [{ allow = \"mon-thu\" }, { deny = \"fri\", reason = \"x\" }]\napproval = { min = 2 }\n";
        let lax = "[[stage]]\nname = \"staging\"\nsoak = \"30m\"\nverify = [{ check = \"e2e\", app = 7, dry_run = true }]\n\
                   [[stage]]\nname = \"production\"\non_failure = \"notify\"\npromote = \"veto after 1h\"\n\
                   [hotfix]\nthrough = []\n[red]\nlock = false\n[trust]\ndays = 1\n";
        let told = said(strict, lax);
        for part in [
            "`staging` would be verified by less",
            "`staging` would count as verified after a shorter time",
            "`canary` would be gone",
            "`production` would get candidates by `veto after 1h` instead of `approve`",
            "`production` would get candidates that fewer stages",
            "`production` would need fewer approvals",
            "`production` might get candidates at times",
            "`production` would stop less",
            "Less would have to be green",
            "A hotfix would need less",
            "on a red trunk",
            "trusted sooner",
        ] {
            assert_eq!(told.iter().filter(|said| said.contains(part)).count(), 1, "{part}: {told:#?}");
        }
        assert_eq!(told.len(), 13, "{told:#?}");
        assert_eq!(said(lax, strict), [] as [&str; 0], "the way back is stricter in all of it");
    }
}
