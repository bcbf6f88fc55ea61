//! The port of what GitHub shows of deliveries. Each question stands in a file of its own.

use super::GithubForge;
use crate::ids::{RecordId, ReleaseId, Sha};
use crate::port::records::{NewRecord, NewRecordStatus, NewRelease, RecordStatus, Records, Release};
use crate::port::{Outcome, Trouble};

impl Records for GithubForge {
    async fn record(&self, new: &NewRecord) -> Result<Outcome<RecordId>, Trouble> {
        self.make_record(new).await
    }

    async fn recorded(&self, sha: Sha, environment: &str, key: &str) -> Result<Option<RecordId>, Trouble> {
        self.record_with(sha, environment, key).await
    }

    async fn record_statuses(&self, id: RecordId) -> Result<Option<Vec<RecordStatus>>, Trouble> {
        self.statuses_of(id).await
    }

    async fn record_status(&self, id: RecordId, status: &NewRecordStatus) -> Result<Outcome<()>, Trouble> {
        self.show_status(id, status).await
    }

    async fn release(&self, tag: &str) -> Result<Option<Release>, Trouble> {
        self.release_of(tag).await
    }

    async fn make_release(&self, new: &NewRelease) -> Result<Outcome<ReleaseId>, Trouble> {
        self.new_release(new).await
    }

    async fn change_release(&self, id: ReleaseId, to: &NewRelease) -> Result<Outcome<()>, Trouble> {
        self.edit_release(id, to).await
    }
}
