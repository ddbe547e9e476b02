//! Rows in quarantine that name a person are deleted.

use super::{OwnPlace, PlaceJob, TaskOutcome};
use async_trait::async_trait;
use chrono::TimeDelta;
use custodian_aws::StorageError;
use custodian_buckets::files::Files;

/// When waiting files are looked for again: most are read within minutes.
const READ_BY: TimeDelta = TimeDelta::minutes(10);

/// The bucket that partners' files are dropped into.
#[derive(Debug)]
pub(crate) struct IntakePlace(pub(crate) Files);

#[async_trait]
impl OwnPlace for IntakePlace {
    /// Deletes rows in quarantine that name the person. Files that wait to be read may put more
    /// there, and files that nobody can look into may name anybody. The task waits for both: for
    /// the second until somebody has mended them or their days in quarantine are over. Good rows of
    /// files that are read then are suppressed.
    async fn forget(&self, job: &mut PlaceJob<'_>) -> Result<Option<TaskOutcome>, StorageError> {
        // A file that was dropped before the approval may have been read without knowing of it.
        let before = job.request.approved_at.unwrap_or(job.request.planned_at);
        let has_time = || !job.is_out_of_time();
        let scrubbed = self
            .0
            .scrub(job.identities, before, job.now(), has_time)
            .await?;
        // What was found since the plan was held as well, and so was what nobody could look into.
        for (kind, count) in [("rows", scrubbed.rows), ("unreadable", scrubbed.unreadable)] {
            if count > job.task.held.get(kind).copied().unwrap_or(0) {
                job.task.held.insert(kind.to_owned(), count);
            }
        }
        if !scrubbed.is_whole {
            return Ok(Some(job.unfinished(scrubbed.rows)));
        }
        let waits = scrubbed.waiting + scrubbed.unreadable > 0;
        Ok(waits.then(|| TaskOutcome::Waiting(job.now() + READ_BY)))
    }
}
