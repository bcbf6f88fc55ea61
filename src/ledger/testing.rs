//! A small repository of numbered commits for tests of the ledger: a commit stands on every smaller one that is not on a side.

use super::audit::{Again, Tag, Witness};
use super::{Approved, Candidate, Green, Landing, Member, Via};
use crate::facts::{CheckState, InnerMerges, RequiredCheck, Strategy};
use crate::ids::{AppId, BranchName, CommentId, Moment, PrNumber, Sha, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

pub fn sha(number: u8) -> Sha {
    Sha::from_bytes([number; 20]).expect("numbers begin with 1")
}

fn number(sha: Sha) -> u8 {
    sha.as_bytes()[0]
}

/// The tag object of the candidate on a commit.
pub fn tag_object(to: u8) -> Sha {
    let mut bytes = [to; 20];
    bytes[19] = 0xff;
    Sha::from_bytes(bytes).expect("it ends in 255")
}

/// A sound landing of these pull requests, which became these commits.
pub fn landing(from: u8, to: u8, members: &[(u64, u8)]) -> Landing {
    let mut onto = from;
    let member = |(pr, tip): &(u64, u8)| {
        let head = sha(100 + u8::try_from(*pr).expect("a small number"));
        let approved = Approved {
            head,
            by: "ann".parse().expect("a login"),
            id: UserId::new(1),
            on_the_word_of: None,
            at: Moment::from_ms(0),
            via: Via::Comment(CommentId::new(5)),
        };
        let below = std::mem::replace(&mut onto, *tip);
        Member {
            pr: PrNumber::new(*pr),
            title: "A lamp".to_owned(),
            author: Some("ben".parse().expect("a login")),
            head,
            onto: sha(below),
            tip: sha(*tip),
            tree: sha(*tip),
            strategy: Strategy::Rebase,
            inner_merges: InnerMerges::Refuse,
            approved,
            unmoved: false,
        }
    };
    let members = members.iter().map(member).collect();
    let (name, app) = (|| "ci".parse().expect("a name"), Some(AppId::new(15)));
    Landing {
        trunk: "main".parse().expect("a branch"),
        from: sha(from),
        to: sha(to),
        at: Moment::from_ms(1_700_000_000_000),
        settings_at: sha(from),
        candidate: Some(Candidate { tag: format!("candidate/{to:06}"), object: tag_object(to) }),
        required: vec![RequiredCheck { name: name(), app }],
        green: vec![Green { name: name(), app, id: 9, state: CheckState::Success, url: None }],
        members,
    }
}

/// What the repository has.
pub struct Clone {
    /// Where trunk is.
    pub trunk: Option<Sha>,
    /// Its tags.
    pub tags: BTreeMap<String, Tag>,
    /// Commits that are not on trunk: nothing but themselves stands on them.
    pub aside: BTreeSet<u8>,
    /// Commits that are not there.
    pub gone: BTreeSet<u8>,
    /// Heads that are at hand.
    pub heads: BTreeSet<Sha>,
    /// Commits that git would make otherwise.
    pub wrong: BTreeSet<u8>,
}

impl Clone {
    /// One in which trunk is at a commit, with the candidates on these.
    pub fn at(trunk: u8, candidates: &[u8]) -> Self {
        let tag = |to: &u8| {
            let tag = Tag { object: tag_object(*to), peeled: Some(sha(*to)) };
            (format!("candidate/{to:06}"), tag)
        };
        let tags = candidates.iter().map(tag).collect();
        let none = BTreeSet::new;
        Self { trunk: Some(sha(trunk)), tags, aside: none(), gone: none(), heads: BTreeSet::new(), wrong: none() }
    }
}

impl Witness for Clone {
    type Trouble = Infallible;

    fn is_ancestor(&mut self, ancestor: Sha, descendant: Sha) -> Result<Option<bool>, Infallible> {
        let (low, high) = (number(ancestor), number(descendant));
        let gone = self.gone.contains(&low) || self.gone.contains(&high);
        Ok((!gone).then(|| low == high || (low < high && !self.aside.contains(&low))))
    }

    fn tree(&mut self, commit: Sha) -> Result<Option<Sha>, Infallible> {
        Ok((!self.gone.contains(&number(commit))).then_some(commit))
    }

    fn tags(&mut self) -> Result<BTreeMap<String, Tag>, Infallible> {
        Ok(self.tags.clone())
    }

    fn branch(&mut self, name: &BranchName) -> Result<Option<Sha>, Infallible> {
        Ok(self.trunk.filter(|_| name.as_str() == "main"))
    }

    fn again(&mut self, member: &Member) -> Result<Again, Infallible> {
        let wrong = self.wrong.contains(&number(member.tip));
        Ok(match (self.heads.contains(&member.head), wrong) {
            (false, _) => Again::Unable,
            (true, true) => Again::Other("another tree".to_owned()),
            (true, false) => Again::Same,
        })
    }
}
