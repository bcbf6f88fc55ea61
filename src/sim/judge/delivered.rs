//! The judge of deliveries: their lines in the ledger, taken in again by the core, must give a value in which everything that is
//! done makes sense. S14: none left out, none twice. S12: a stage gets only what its own record says may go there.

use crate::delivery::{Phase, State, step};
use crate::ids::{BranchName, Sha};
use crate::ledger::Delivered;
use crate::port::git::RefUpdate;
use crate::sim::ground::world::{Ground, Push};
use std::collections::BTreeMap;

/// What the ledger says of each trunk's delivery: the number of its last line, and the value that all of them make.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<BranchName, (u64, State)>);

impl Told {
    /// Takes a line in; what is wrong with it.
    pub fn take(&mut self, line: &Delivered) -> Option<String> {
        let (last, value) = self.0.entry(line.trunk.clone()).or_default();
        if line.n != *last + 1 {
            return Some(format!("line {} about {} follows line {last}", line.n, line.trunk));
        }
        *last = line.n;
        *value = step(std::mem::take(value), line.at, &line.event).0;
        None
    }

    /// The value that all lines about a trunk make.
    pub fn value(&self, trunk: &BranchName) -> Option<&State> {
        self.0.get(trunk).map(|(_, value)| value)
    }
}

impl Ground {
    /// The world is about to accept that a stage's ref is moved: by a deployment that begins, says the ledger.
    pub fn stage_accepted(&mut self, push: &Push, update: &RefUpdate) {
        let begins = |to: Sha| {
            let value = self.oracle.delivered.value(&push.trunk)?;
            let starting = value.deployments.values().filter(|deployment| deployment.phase == Phase::Starting);
            let here = starting.filter(|deployment| {
                value.policy.stage(&deployment.stage).is_some_and(|stage| stage.deploy_ref() == update.name)
            });
            here.filter_map(|deployment| value.candidates.get(&deployment.candidate)).find(|c| c.commit == to)
        };
        if update.to.and_then(begins).is_none() {
            let what = format!("{} goes to {:?}, and the ledger knows of no such deployment", update.name, update.to);
            self.oracle.breaks("S12", what);
        }
        self.oracle.sometimes("a stage got a candidate");
    }
}
