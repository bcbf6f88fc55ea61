//! Who does not go through the queue: pushes to trunks past it, other settings there, hands on CI, and at the end whoever mends
//! what is broken. By seed, and blind to the queue.

use crate::ids::{BranchName, PrNumber, Sha};
use crate::port::store::Hint;
use crate::sim::ground::settings::Version;
use crate::sim::ground::truth::Rule;
use crate::sim::ground::world::{Due, Ground};
use crate::sim::topics::owners::OWNERS;

impl Ground {
    /// Somebody pushes to trunk past the queue: harmless, breaking, or curing.
    pub(in crate::sim) fn push_foreign(&mut self) {
        if crate::sim::judge::oracle::settling(self) {
            self.oracle.sometimes("a foreign push while something settled");
        }
        let trunk = self.any_trunk();
        let mut content = self.truth.get(self.tip_of(&trunk)).content.clone();
        let blob = self.truth.blob();
        let path = 1 + u8::try_from(self.dice.roll(6)).unwrap_or(0);
        if let Some(broken) = self.broken.take() {
            content.insert(broken, blob);
        } else if let (true, Some(wished)) = (!self.dice.one_in(3), self.wished.take()) {
            content.insert(path, wished);
        } else {
            content.insert(path, blob);
            if self.dice.one_in(3) {
                self.truth.rule(Rule { with: (blob, None), without: None });
                self.broken = Some(path);
            }
        }
        self.commit_to_trunk(&trunk, content);
    }

    /// Somebody pushes to trunk what others wait for.
    pub(in crate::sim) fn cure(&mut self) {
        let Some(wished) = self.wished.take() else { return };
        let trunk = self.any_trunk();
        let mut content = self.truth.get(self.tip_of(&trunk)).content.clone();
        content.insert(1 + u8::try_from(self.dice.roll(6)).unwrap_or(0), wished);
        self.commit_to_trunk(&trunk, content);
    }

    /// Somebody changes the settings on trunk.
    pub(in crate::sim) fn reorganise(&mut self) {
        if !self.dice.one_in(3) {
            return;
        }
        let version = Version::draft(&mut self.dice, self.customs);
        let trunk = self.any_trunk();
        let mut content = self.truth.get(self.tip_of(&trunk)).content.clone();
        content.insert(0, self.write_settings(version));
        self.commit_to_trunk(&trunk, content);
    }

    pub(in crate::sim) fn commit_to_trunk(&mut self, trunk: &BranchName, content: crate::sim::ground::truth::Content) {
        let tip = self.truth.commit(Some(self.tip_of(trunk)), content, None);
        self.push_past(trunk, tip);
    }

    /// Somebody merges a pull request past the queue.
    pub(in crate::sim) fn merge_by_hand(&mut self, pr: PrNumber) {
        let open = self.pulls.get(&pr).filter(|file| self.trunks().contains(&file.shown.base));
        let Some(trunk) = open.filter(|file| file.open()).map(|file| file.shown.base.clone()) else { return };
        let Some(head) = self.head(pr) else { return };
        if let Some(tip) = self.truth.merge(self.tip_of(&trunk), head) {
            if let Some(file) = self.pulls.get_mut(&pr) {
                file.by_hand = true;
            }
            self.oracle.sometimes("a pull request was merged by hand");
            self.push_past(&trunk, tip);
        }
    }

    fn push_past(&mut self, trunk: &BranchName, tip: Sha) {
        self.note(|| format!("somebody pushes {tip:?} to {trunk}"));
        self.trunk_moved(trunk, tip);
        if self.trunk_ci {
            self.check(tip);
        }
        self.after(1, Due::MergedNoticed);
    }

    /// Somebody stops CI, or has it run again.
    pub(in crate::sim) fn interfere_with_ci(&mut self) {
        let commits = self.checked_commits();
        if commits.is_empty() {
            return;
        }
        let commit = self.dice.pick(&commits);
        if self.dice.one_in(3) {
            self.stop_ci(commit);
        } else {
            self.after(1, Due::Rerun(commit));
        }
    }

    /// Faults end and people rest; trunk is mended, or nothing could ever land.
    pub fn calm_down(&mut self) {
        self.calm = true;
        self.note(|| "faults end".to_owned());
        let broken = self.broken.take();
        for trunk in self.trunks() {
            self.mend(&trunk, broken.is_some());
        }
        self.set_free();
        for trunk in self.trunks() {
            self.mail(Hint::Pushed(trunk.to_ref()));
        }
    }

    fn mend(&mut self, trunk: &BranchName, broken: bool) {
        let red = self.truth.red(&self.truth.get(self.tip_of(trunk)).content);
        if red || broken {
            let mut content = self.truth.get(self.tip_of(trunk)).content.clone();
            let harmless = self.truth.blob();
            for blob in content.iter_mut().filter(|(path, _)| **path > 0 && **path != OWNERS).map(|(_, blob)| blob) {
                *blob = harmless;
            }
            self.commit_to_trunk(trunk, content);
        }
        if self.settings.len() > 1 || self.customs.branched {
            // Settings that cannot be read may be the only ones there ever were.
            let version = Version::last(&mut self.dice, self.customs);
            let mut content = self.truth.get(self.tip_of(trunk)).content.clone();
            content.insert(0, self.write_settings(version));
            self.commit_to_trunk(trunk, content);
        }
    }
}
