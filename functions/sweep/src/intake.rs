//! Unread files in the intake bucket: they are started again, wherever they are, and reported until
//! they are read.

use crate::chore::Chore;
use crate::{AT_ONCE, Pass};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::{File, Files, Folder, Unread};
use custodian_domain::retention::INVOCATION;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// How long S3's own notification has to start a file.
const NOTIFIED: TimeDelta = TimeDelta::minutes(5);
/// How long Lambda keeps an event that it could not deliver yet (`MaximumEventAgeInSeconds` of
/// `import`): a file is not started again before that.
const QUEUED: TimeDelta = TimeDelta::hours(6);

/// The unread files in the intake bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Intake {
    /// How many files.
    pub unread: u64,
    /// How many of them are outside the agreed folders of sources.
    pub unknown: u64,
    /// For how many seconds the oldest has been there.
    pub oldest_seconds: i64,
    /// How many were started, or started again.
    pub started: u64,
}

/// Starts files that nobody reads.
#[derive(Debug)]
pub(crate) struct StartUnread(pub(crate) Files);

#[async_trait]
impl Chore for StartUnread {
    fn name(&self) -> &'static str {
        "intake"
    }

    fn weight(&self) -> u32 {
        2
    }

    /// Looks at every key of the bucket that is not our own, and has `import` read what nobody
    /// reads.
    async fn run(&self, pass: &mut Pass) -> Result<(), StorageError> {
        let (Self(files), now) = (self, pass.now);
        let (mut intake, mut pages) = (Intake::default(), files.unread().await?);
        while let Some(page) = pages.next().await? {
            for unread in &page {
                intake.unread += 1;
                intake.unknown += u64::from(unread.file.folder == Folder::Unknown);
                intake.oldest_seconds = intake
                    .oldest_seconds
                    .max((now - unread.since).num_seconds());
            }
            let forgotten: Vec<File> = page
                .into_iter()
                .filter(|unread| is_forgotten(unread, now))
                .map(|unread| unread.file)
                .collect();
            let started = stream::iter(forgotten).map(async |file| files.hand_over(&file).await);
            let started: Vec<()> = started.buffer_unordered(AT_ONCE).try_collect().await?;
            intake.started += u64::try_from(started.len()).unwrap_or(u64::MAX);
        }
        let Intake {
            unread,
            unknown,
            oldest_seconds,
            started,
        } = intake;
        tracing::info!(
            outcome = "intake",
            unread,
            unknown,
            oldest_unread_seconds = oldest_seconds,
            started,
            "sweep"
        );
        pass.report.intake = intake;
        Ok(())
    }
}

/// Whether nobody reads a file, or is about to.
fn is_forgotten(unread: &Unread, now: DateTime<Utc>) -> bool {
    // Outside the agreed folders of sources, S3 sends no notification.
    let is_told = unread.file.folder != Folder::Unknown && now - unread.since < NOTIFIED;
    // A run that saved its position recently is still reading.
    let is_read = unread.read_at.is_some_and(|at| now - at < INVOCATION);
    let is_queued = unread.handed_over_at.is_some_and(|at| now - at < QUEUED);
    !(is_told || is_read || is_queued)
}

#[cfg(test)]
mod tests {
    use super::is_forgotten;
    use chrono::{DateTime, TimeDelta, Utc};
    use custodian_buckets::files::{File, Unread};

    #[test]
    fn a_file_is_started_when_nobody_reads_it_and_nobody_is_about_to() {
        let now: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let ago = |minutes| now - TimeDelta::minutes(minutes);
        for (key, since, read, handed_over, forgotten) in [
            ("telephone/x.csv", 4, None, None, false),
            ("telephone/x.csv", 5, None, None, true),
            ("phone/x.csv", 0, None, None, true),
            ("phone/x.csv", 0, None, Some(0), false),
            ("telephone/x.csv", 60, Some(14), None, false),
            ("telephone/x.csv", 60, Some(15), None, true),
            ("telephone/x.csv", 600, Some(300), Some(359), false),
            ("telephone/x.csv", 600, Some(300), Some(360), true),
        ] {
            let unread = Unread {
                file: File::dropped(key, "1").unwrap(),
                since: ago(since),
                read_at: read.map(ago),
                handed_over_at: handed_over.map(ago),
            };
            assert_eq!(is_forgotten(&unread, now), forgotten, "{unread:?}");
        }
    }
}
