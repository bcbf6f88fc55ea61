//! What the forge shows of deliveries, as one process sees it.

use crate::ids::{RecordId, ReleaseId, Sha};
use crate::port::records::{NewRecord, NewRecordStatus, NewRelease, RecordStatus, Records, Release};
use crate::port::{Outcome, Trouble};
use crate::sim::bot::forge::SimForge;

impl Records for SimForge {
    async fn record(&self, new: &NewRecord) -> Result<Outcome<RecordId>, Trouble> {
        self.write(|ground, _| {
            let id = RecordId::new(ground.id());
            ground.stages.records.insert(id, (new.clone(), Vec::new()));
            Some(id)
        })
        .await
    }

    async fn recorded(&self, sha: Sha, environment: &str, key: &str) -> Result<Option<RecordId>, Trouble> {
        self.read(|ground| {
            let is = |new: &NewRecord| new.sha == sha && new.environment == environment && new.key == key;
            ground.stages.records.iter().find(|(_, (new, _))| is(new)).map(|(id, _)| *id)
        })
        .await
    }

    async fn record_statuses(&self, id: RecordId) -> Result<Option<Vec<RecordStatus>>, Trouble> {
        self.read(|ground| {
            let (_, statuses) = ground.stages.records.get(&id)?;
            let shown = statuses.iter().rev().map(|status| RecordStatus {
                state: status.state,
                by: None,
                ours: true,
                at: None,
                description: Some(status.description.clone()),
                log_url: status.log_url.clone(),
            });
            Some(shown.collect())
        })
        .await
    }

    async fn record_status(&self, id: RecordId, status: &NewRecordStatus) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, _| {
            ground.stages.records.get_mut(&id)?.1.push(status.clone());
            Some(())
        })
        .await
    }

    async fn release(&self, tag: &str) -> Result<Option<Release>, Trouble> {
        self.read(|ground| {
            let of_tag = ground.stages.releases.iter().filter(|(_, release)| release.tag == tag);
            let (id, found) = of_tag.min_by_key(|(_, release)| release.draft)?;
            let NewRelease { tag, draft, prerelease, .. } = found.clone();
            Some(Release { id: *id, tag, draft, prerelease, url: None })
        })
        .await
    }

    async fn make_release(&self, new: &NewRelease) -> Result<Outcome<ReleaseId>, Trouble> {
        self.write(|ground, _| {
            let id = ReleaseId::new(ground.id());
            ground.stages.releases.insert(id, new.clone());
            Some(id)
        })
        .await
    }

    async fn change_release(&self, id: ReleaseId, to: &NewRelease) -> Result<Outcome<()>, Trouble> {
        self.write(|ground, _| {
            *ground.stages.releases.get_mut(&id)? = to.clone();
            Some(())
        })
        .await
    }
}
