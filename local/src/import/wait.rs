//! Waits for the report.

use super::ImportError;
use super::client::IntakeClient;
use super::progress::ProgressView;
use aws_sdk_s3::error::SdkError;
use custodian_buckets::files::{Beside, File};
use custodian_import::report::Report;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(200);
/// How often a failure is looked for.
const FAILURE: Duration = Duration::from_secs(1);
/// How long a file may be gone without a report of its own: an earlier import of the same bytes
/// under the same key has then read it, and deleted it.
const GONE: Duration = Duration::from_secs(5);

/// How far an import has read.
#[derive(Deserialize)]
struct Progress {
    offset: u64,
    size: u64,
}

/// Waits for the report of the import that read this file, and shows how far it has read. A file
/// that was imported before has the same name, so a report is found by the errand that was uploaded
/// with the file.
pub(super) async fn wait(
    client: &IntakeClient,
    file: &File,
    errand: &str,
    view: &mut dyn ProgressView,
) -> Result<Report, ImportError> {
    let id = file.id();
    let (report_key, progress_key) = (
        Beside::Report.key(file.folder, &id),
        Beside::Progress.key(file.folder, &id),
    );
    let (mut there_at, mut asked_at) = (Instant::now(), Instant::now());
    loop {
        let report = get(client, &report_key)
            .await?
            .and_then(|bytes| serde_json::from_slice::<Report>(&bytes).ok());
        if let Some(report) = report
            .as_ref()
            .filter(|report| report.errand.as_deref() == Some(errand))
        {
            return Ok(report.clone());
        }
        let progress = get(client, &progress_key).await?;
        if let Some(Progress { offset, size }) =
            progress.and_then(|bytes| serde_json::from_slice(&bytes).ok())
        {
            there_at = Instant::now();
            view.read(offset, size);
        }
        if is_there(client, file).await? {
            there_at = Instant::now();
        }
        let is_later =
            |report: &Report| report.finished_at.is_some_and(|at| at >= client.opened_at);
        if let Some(report) = report.filter(|report| there_at.elapsed() > GONE && is_later(report))
        {
            return Ok(report);
        }
        if asked_at.elapsed() > FAILURE {
            asked_at = Instant::now();
            if client.failed().await {
                return Err(ImportError::Unfinished(
                    "the import failed after every retry; the queue at /_local/queues has the details".into(),
                ));
            }
        }
        sleep(LOOK).await;
    }
}

/// Whether the file is still there.
async fn is_there(client: &IntakeClient, file: &File) -> Result<bool, ImportError> {
    match client
        .s3
        .head_object()
        .bucket(&client.bucket)
        .key(&file.key)
        .send()
        .await
    {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(error)) if error.err().is_not_found() => Ok(false),
        Err(_) => Err(ended()),
    }
}

fn ended() -> ImportError {
    ImportError::Unfinished(
        "the stack stopped before the report was written; with DATA=folder, the next `make run` continues the import"
            .into(),
    )
}

/// An object's bytes; `None` if it is not there.
async fn get(client: &IntakeClient, key: &str) -> Result<Option<Vec<u8>>, ImportError> {
    match client
        .s3
        .get_object()
        .bucket(&client.bucket)
        .key(key)
        .send()
        .await
    {
        Ok(object) => object
            .body
            .collect()
            .await
            .map(|body| Some(body.to_vec()))
            .map_err(|_| ended()),
        Err(SdkError::ServiceError(error)) if error.err().is_no_such_key() => Ok(None),
        Err(_) => Err(ended()),
    }
}
