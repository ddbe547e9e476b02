//! The wait for the report.

use super::BringError;
use super::door::Door;
use super::screen::Screen;
use aws_sdk_s3::error::SdkError;
use import::report::Report;
use serde::Deserialize;
use shared::domain::source::Source;
use shared::storage::files::Beside;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How often a failure is looked for.
const FAILURE: Duration = Duration::from_secs(1);
/// How long an import may show nothing before the report of an earlier one of the same file counts.
const QUIET: Duration = Duration::from_secs(5);

/// How far an import has read.
#[derive(Deserialize)]
struct Progress {
    offset: u64,
    size: u64,
}

/// Waits for the report of an import, and shows how far it has read.
pub(super) async fn wait(door: &Door, source: Source, id: &str, screen: &mut dyn Screen) -> Result<Report, BringError> {
    let (report_key, progress_key) = (Beside::Report.key(source, id), Beside::Progress.key(source, id));
    let (mut quiet_since, mut asked_at) = (Instant::now(), Instant::now());
    loop {
        let report = get(door, &report_key).await?.and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
        let is_new = |report: &Report| report.finished_at.is_none_or(|at| at >= door.opened_at);
        if let Some(report) = report.as_ref().filter(|report| is_new(report)) {
            return Ok(report.clone());
        }
        let progress = get(door, &progress_key).await?;
        if let Some(Progress { offset, size }) = progress.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            quiet_since = Instant::now();
            screen.read(offset, size);
        }
        if let Some(report) = report.filter(|_| quiet_since.elapsed() > QUIET) {
            return Ok(report);
        }
        if asked_at.elapsed() > FAILURE {
            asked_at = Instant::now();
            if door.failed().await {
                return Err(BringError::Unfinished(
                    "the import failed after every retry; what is known of it is in the queue at /_local/queues".into(),
                ));
            }
        }
        sleep(LOOK).await;
    }
}

/// An object's bytes; nothing if it is not there.
async fn get(door: &Door, key: &str) -> Result<Option<Vec<u8>>, BringError> {
    let ended = |()| {
        BringError::Unfinished(
            "the stack has ended before the report was there; with DATA=folder, the next `make run` goes on with the import"
                .into(),
        )
    };
    match door.s3.get_object().bucket(&door.bucket).key(key).send().await {
        Ok(object) => object.body.collect().await.map(|body| Some(body.to_vec())).map_err(|_| ended(())),
        Err(SdkError::ServiceError(error)) if error.err().is_no_such_key() => Ok(None),
        Err(_) => Err(ended(())),
    }
}
