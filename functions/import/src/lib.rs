//! What partners drop into the intake bucket becomes records.
//!
//! S3 starts it when a file lands. It reads the file as a stream and takes it in a chunk of rows at a time; what it can't
//! read goes to quarantine. When its time runs out it remembers where it is and hands over to another invocation.
//! Everything is safe to do again: wherever it breaks off, the next run ends in the same records.

mod checkpoint;
mod chunk;
mod event;
mod reading;
pub mod report;
pub mod rows;
pub mod sources;

use checkpoint::Checkpoint;
use chrono::{DateTime, TimeDelta, Utc};
use chunk::Chunk;
use event::Started;
use lambda_runtime::{Diagnostic, LambdaEvent};
use reading::{Reading, Refusal};
use report::{Report, Warning};
use serde_json::{Value, json};
use shared::domain::identifier::Identifier;
use shared::edge::{Clock, Deadline, Host, StartError, failure, secret};
use shared::storage::StorageError;
use shared::storage::files::{Beside, File, Files};
use shared::storage::imports::Imports;
use shared::storage::intake::Intake;
use shared::storage::ledger::Ledger;
use shared::storage::records::Records;
use shared::storage::suppressions::Suppressions;
use sources::Five9;

/// What this function is invoked with.
const S3: &str = "a notification of S3 about the intake bucket";
/// How much of an invocation is left for finishing what was begun: far longer than a chunk takes.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// After how many chunks it is remembered how far a file is read.
const CHUNKS: u32 = 10;

/// Turns files into records.
#[derive(Debug)]
pub struct Import {
    clock: Clock,
    files: Files,
    intake: Intake,
    imports: Imports,
    five9: Five9,
}

impl Import {
    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting, the secret or the tenant's configuration cannot be used.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let (dynamodb, register) = (host.dynamodb(), host.setting("REGISTER_TABLE")?.to_owned());
        // The tables of telephone numbers are read at the first that needs them: better now than in the first file.
        drop(Identifier::phone("+44 1305 221000"));
        let five9 = Five9::parse(include_str!("../../../config/five9.json"))
            .map_err(|_| StartError::Invalid("config/five9.json", "is not the tenant's configuration"))?;
        Ok(Self {
            clock: host.clock(),
            files: Files::new(host.s3(), host.setting("INTAKE_BUCKET")?.to_owned()),
            intake: Intake {
                records: Records::new(dynamodb.clone(), host.setting("RECORDS_TABLE")?.to_owned()),
                suppressions: Suppressions::new(dynamodb.clone(), register.clone()),
                ledger: Ledger::new(dynamodb.clone(), host.setting("LEDGER_TABLE")?.to_owned()),
                keys: secret::subject_keys(host).await?,
            },
            imports: Imports::new(dynamodb, register),
            five9,
        })
    }

    /// Imports the files that S3 tells of; gives their reports.
    ///
    /// # Errors
    /// A constant if the event is none of S3's; what could not be done, without saying what was in the file. Lambda
    /// invokes again then, and it goes on from where it was.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let (payload, context) = event.into_parts();
        let started = event::read(payload).ok_or_else(|| failure::not_an_event(S3))?;
        let mut reports = Vec::new();
        for one in started {
            let report = Box::pin(self.handle(one, Deadline::of(&context))).await.map_err(|error| {
                tracing::error!(error = %error, outcome = "unfinished", "import");
                failure::failure("Unavailable", error)
            })?;
            reports.extend(report);
        }
        Ok(json!({"reports": reports}))
    }

    /// Imports one file, or goes on with it; gives its report so far, or nothing if it is done with already.
    async fn handle(&self, started: Started, deadline: Deadline) -> Result<Option<Report>, StorageError> {
        let (source, id, beginning) = match started {
            Started::Dropped(file) => (file.source, file.id(), Some(Checkpoint::start(&file))),
            Started::HandedOver { source, id } => (source, id, None),
        };
        let saved = self.files.read(source, &id, Beside::Progress).await?;
        let checkpoint = saved.and_then(|saved| Checkpoint::parse(&saved)).or(beginning);
        let Some(checkpoint) = checkpoint else { return Ok(None) };
        let file = checkpoint.file();
        let Some(reading) = Reading::open(&self.files, &file, &checkpoint).await? else {
            // The same notification again, or a file that was replaced: the other one has its own.
            tracing::info!(source = file.source.as_str(), outcome = "gone", "import");
            return Ok(None);
        };
        Box::pin(self.read(&file, reading, checkpoint, deadline)).await.map(Some)
    }

    async fn read(
        &self,
        file: &File,
        mut reading: Reading,
        mut checkpoint: Checkpoint,
        deadline: Deadline,
    ) -> Result<Report, StorageError> {
        let mut next = Chunk::read(&mut reading, &self.five9, self.clock.now()).await;
        for count in 1_u32.. {
            let now = self.clock.now();
            let mut chunk = match next {
                Ok(chunk) => chunk,
                Err(Refusal::Storage(error)) => return Err(error),
                Err(Refusal::Unreadable(reason)) => {
                    self.files.quarantine(file).await?;
                    checkpoint.report.refused(reason, now);
                    break;
                }
            };
            if chunk.is_last {
                self.take(file, &mut chunk, now).await?;
                checkpoint.report.add(&chunk.report);
                if checkpoint.report.has_taken() {
                    self.imports.mark(file.source, now).await?;
                }
                if checkpoint.report.is_cut() {
                    // Behind what could not be framed there may be good rows: nothing of the file is lost.
                    self.files.quarantine(file).await?;
                    checkpoint.report.warn(Warning::KeptWhole);
                }
                checkpoint.report.done(now);
                break;
            }
            // The next chunk is read while this one is written. What it came to is told only when it is taken in.
            let ahead = Chunk::read(&mut reading, &self.five9, now);
            let (taken, ahead) = tokio::join!(self.take(file, &mut chunk, now), ahead);
            taken?;
            next = ahead;
            checkpoint.report.add(&chunk.report);
            let out_of_time = deadline.is_within(MARGIN);
            if out_of_time || count % CHUNKS == 0 {
                checkpoint.reached(&reading, chunk.end);
                self.files.write(file, Beside::Progress, checkpoint.to_json()).await?;
            }
            if out_of_time {
                self.files.write(file, Beside::Handover, Vec::new()).await?;
                tracing::info!(source = file.source.as_str(), outcome = "handed_over", "import");
                return Ok(checkpoint.report);
            }
        }
        self.finish(file, checkpoint.report).await
    }

    /// Takes in what a chunk hands over, and puts what it does not into quarantine.
    async fn take(&self, file: &File, chunk: &mut Chunk, now: DateTime<Utc>) -> Result<(), StorageError> {
        let (arrivals, quarantined) = (std::mem::take(&mut chunk.arrivals), std::mem::take(&mut chunk.quarantined));
        if !quarantined.is_empty() {
            self.files.write(file, Beside::Rows(chunk.begins_at), quarantined).await?;
        }
        for outcome in self.intake.take(arrivals, now).await? {
            chunk.report.taken(outcome);
        }
        Ok(())
    }

    /// The report first, then the file goes: what is not told of is still there.
    async fn finish(&self, file: &File, report: Report) -> Result<Report, StorageError> {
        let told = serde_json::to_vec(&report).unwrap_or_default();
        self.files.write(file, Beside::Report, told).await?;
        self.files.discard(file).await?;
        tracing::info!(
            source = file.source.as_str(),
            outcome = if report.reason.is_none() { "imported" } else { "file_refused" },
            import = report.import,
            count = report.rows,
            new = report.new,
            corrected = report.corrected,
            quarantined = report.quarantined(),
            suppressed = report.suppressed,
            warnings = report.warnings.len(),
            "import"
        );
        Ok(report)
    }
}
