//! Turns what partners drop into the intake bucket into records.
//!
//! S3 starts it when a file arrives. It reads the file as a stream and stores it a chunk of rows at
//! a time. What it can't read goes to quarantine. When its time runs out it saves its position and
//! hands over to another invocation. Everything is safe to do again: wherever it breaks off, the
//! next run ends with the same records.

mod checkpoint;
mod chunk;
mod event;
mod lease;
mod reading;
pub mod report;
pub mod rows;
pub mod sources;

use checkpoint::Checkpoint;
use chrono::{DateTime, TimeDelta, Utc};
use chunk::Chunk;
use custodian_aws::StorageError;
use custodian_buckets::files::{self, Beside, File, Files, Folder, Why};
use custodian_domain::record::source::Source;
use custodian_domain::record::source_record::SourceRecord;
use custodian_rights::intake::{Intake, IntakeOutcome};
use custodian_runtime::{
    Clock, Deadline, Environment, Function, Patience, StartError, failure, secret, settings,
};
use custodian_store::imports::Imports;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use event::Started;
use lambda_runtime::{Diagnostic, LambdaEvent};
use reading::{ReadError, Reading};
use report::{Reason, Report, Warning};
use rows::Position;
use serde::Deserialize;
use serde_json::{Value, json};
use sources::Five9;
use std::time::Duration;

/// The event that this function is invoked with.
const S3: &str = "a notification of S3 about the intake bucket";
/// How much of an invocation is kept to finish what was begun: far longer than a chunk takes.
const MARGIN: TimeDelta = TimeDelta::minutes(1);
/// How long it waits before a chunk that the tables had no room for is tried again, at first and at
/// most; each time at least half of it.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];
/// Why a file outside the agreed folders of sources is kept whole.
const UNKNOWN_FOLDER: &str = "unknown_folder";
/// Why a file with rows that could not be framed is kept whole.
const KEPT_WHOLE: &str = "kept_whole";
/// After how many chunks the position in a file is saved.
const CHUNKS: u32 = 10;

/// What is kept of a file: its bad rows, with what came before the first.
struct Kept<'a> {
    file: &'a File,
    dropped_at: DateTime<Utc>,
    before_first_row: Vec<u8>,
}

/// Turns files into records.
#[derive(Debug)]
pub struct Import {
    clock: Clock,
    files: Files,
    intake: Intake,
    imports: Imports,
    five9: Five9,
}

impl Function for Import {
    const NAME: &'static str = "import";
    const PATIENCE: Patience = Patience::LONG;
    type Event = Value;
    type Answer = Value;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting, the secret or the tenant's configuration cannot be used.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        let keys = secret::subject_keys(environment).await?;
        let five9 = Five9::parse(include_str!("../../../config/five9.json")).map_err(|_| {
            StartError::Invalid("config/five9.json", "is not the tenant's configuration")
        })?;
        Ok(Self {
            clock: environment.clock(),
            files: Files::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::INTAKE_BUCKET)?,
            )
            .indexing(&keys),
            intake: Intake {
                records: Records::new(
                    dynamodb.clone(),
                    environment.owned(settings::RECORDS_TABLE)?,
                ),
                suppressions: Suppressions::new(dynamodb.clone(), register.clone()),
                ledger: Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?),
                keys,
            },
            imports: Imports::new(dynamodb, register),
            five9,
        })
    }

    /// Imports the files in S3's notification. Returns their reports.
    ///
    /// # Errors
    /// A constant if the event is not S3's; else what failed, without saying what was in the file.
    /// Lambda then invokes again, and the import continues from where it was.
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let (payload, context) = event.into_parts();
        let started = event::read(payload).ok_or_else(|| failure::not_an_event(S3))?;
        let mut reports = Vec::new();
        for one in started {
            let reading = self.in_turn(one, &context.request_id, Deadline::of(&context));
            let report = Box::pin(reading).await.map_err(|error| {
                tracing::error!(error = %error, outcome = "unfinished", "import");
                failure::failure("Unavailable", error)
            })?;
            reports.extend(report);
        }
        Ok(json!({"reports": reports}))
    }
}

impl Import {
    /// Imports one file, or continues it. Returns its report so far, or `None` if it is finished
    /// already.
    async fn handle(
        &self,
        started: Started,
        deadline: Deadline,
    ) -> Result<Option<Report>, StorageError> {
        let (folder, id, beginning) = match started {
            Started::Dropped { file, arrived } => (
                file.folder,
                file.id(),
                Some(Checkpoint::start(&file, Some(arrived))),
            ),
            Started::HandedOver { folder, id } => (folder, id, None),
        };
        let saved = self.files.read(folder, &id, Beside::Progress).await?;
        let checkpoint = match saved
            .and_then(|saved| Checkpoint::parse(&saved))
            .or(beginning)
        {
            Some(checkpoint) => checkpoint,
            None => match self.found(folder, &id).await? {
                Some(file) => Checkpoint::start(&file, None),
                None => return Ok(None),
            },
        };
        let file = checkpoint.file();
        let Some(source) = file.folder.source() else {
            return self.set_aside(&file, checkpoint.report, deadline).await;
        };
        let Some(reading) = Reading::open(&self.files, &file, source, &checkpoint).await? else {
            // The same notification again, or a file that was replaced: the other one has its own
            // notification.
            tracing::info!(source = file.folder.as_str(), outcome = "gone", "import");
            return Ok(None);
        };
        Box::pin(self.read(&file, source, reading, checkpoint, deadline))
            .await
            .map(Some)
    }

    /// The file that the sweep found, which had no notification.
    async fn found(&self, folder: Folder, id: &str) -> Result<Option<File>, StorageError> {
        #[derive(Deserialize)]
        struct Found {
            key: String,
            etag: String,
        }
        let handover = self.files.read(folder, id, Beside::Handover).await?;
        let found = handover.and_then(|body| serde_json::from_slice::<Found>(&body).ok());
        Ok(found
            .and_then(|found| File::dropped(&found.key, &found.etag))
            .filter(|file| file.id() == id))
    }

    /// Keeps whole a file outside the agreed folders of sources: nobody knows how to read it.
    async fn set_aside(
        &self,
        file: &File,
        mut report: Report,
        deadline: Deadline,
    ) -> Result<Option<Report>, StorageError> {
        let Some(opened) = self.files.open(file, 0).await? else {
            return Ok(None);
        };
        let reason = Reason {
            rule: UNKNOWN_FOLDER.to_owned(),
            field: None,
        };
        let why = Why {
            rule: Some(reason.rule.clone()),
            field: None,
        };
        self.files
            .quarantine(file, &why, opened.dropped_at, spare(deadline))
            .await?;
        report.errand = opened.errand;
        report.refused(reason, self.clock.now());
        self.finish(file, report).await.map(Some)
    }

    async fn read(
        &self,
        file: &File,
        source: Source,
        mut reading: Reading,
        mut checkpoint: Checkpoint,
        deadline: Deadline,
    ) -> Result<Report, StorageError> {
        let dropped_at = reading.arrived().at;
        if let Some(errand) = reading.errand() {
            checkpoint.report.errand = Some(errand.to_owned());
        }
        let mut next = Chunk::read(&mut reading, &self.five9, self.clock.now()).await;
        let mut count = 0_u32;
        loop {
            count += 1;
            let now = self.clock.now();
            let mut chunk = match next {
                Ok(chunk) => chunk,
                Err(ReadError::Storage(error)) => return Err(error),
                Err(ReadError::Unreadable(reason)) => {
                    let why = Why {
                        rule: Some(reason.rule.clone()),
                        field: reason.field.clone(),
                    };
                    self.files
                        .quarantine(file, &why, dropped_at, spare(deadline))
                        .await?;
                    checkpoint.report.refused(reason, now);
                    break;
                }
            };
            let kept = Kept {
                file,
                dropped_at,
                before_first_row: reading.before_first_row().to_vec(),
            };
            // The next chunk is read while this one is written, even after the last, where there is
            // nothing. Its result is used only when it is stored.
            let ahead = Chunk::read(&mut reading, &self.five9, now);
            let is_last = chunk.is_last;
            let (taken, ahead) = tokio::join!(self.take(&kept, &mut chunk, deadline), ahead);
            next = ahead;
            if !taken? {
                return self
                    .hand_over(file, checkpoint, &reading, chunk.begin)
                    .await;
            }
            checkpoint.report.add(&chunk.report);
            if is_last {
                if checkpoint.report.has_taken() {
                    self.imports.mark(source, now).await?;
                }
                if checkpoint.report.is_cut() {
                    // There may be good rows after what could not be framed: nothing of the file is
                    // lost.
                    let why = Why {
                        rule: Some(KEPT_WHOLE.to_owned()),
                        field: None,
                    };
                    self.files
                        .quarantine(file, &why, dropped_at, spare(deadline))
                        .await?;
                    checkpoint.report.warn(Warning::KeptWhole);
                }
                checkpoint.report.done(now);
                break;
            }
            if deadline.is_within(MARGIN) {
                return self.hand_over(file, checkpoint, &reading, chunk.end).await;
            }
            if count.is_multiple_of(CHUNKS) {
                reading.reached(&mut checkpoint, chunk.end);
                self.files
                    .write(file, Beside::Progress, checkpoint.to_json()?)
                    .await?;
            }
        }
        self.finish(file, checkpoint.report).await
    }

    /// Leaves the file to another invocation, which continues at a boundary: it waits like every
    /// other when this turn is over.
    async fn hand_over(
        &self,
        file: &File,
        mut checkpoint: Checkpoint,
        reading: &Reading,
        position: Position,
    ) -> Result<Report, StorageError> {
        reading.reached(&mut checkpoint, position);
        self.files
            .write(file, Beside::Progress, checkpoint.to_json()?)
            .await?;
        tracing::info!(
            source = file.folder.as_str(),
            outcome = "handed_over",
            "import"
        );
        Ok(checkpoint.report)
    }

    /// Stores the records of a chunk, and puts the other rows, and those that storage did not
    /// accept, into quarantine. Returns whether it was stored. If it was not, or the run is
    /// interrupted, nothing of it is counted, and it is read again.
    async fn take(
        &self,
        kept: &Kept<'_>,
        chunk: &mut Chunk,
        deadline: Deadline,
    ) -> Result<bool, StorageError> {
        let (sent, raws) = (
            std::mem::take(&mut chunk.sent),
            std::mem::take(&mut chunk.raws),
        );
        let Some(outcomes) = self.taken_in(sent, kept.file, deadline).await? else {
            return Ok(false);
        };
        for (outcome, raw) in outcomes.into_iter().zip(raws) {
            chunk.taken(outcome, raw)?;
        }
        let quarantined = std::mem::take(&mut chunk.quarantined);
        if !quarantined.is_empty() {
            let Kept {
                file,
                dropped_at,
                before_first_row,
            } = kept;
            if !before_first_row.is_empty() {
                self.files
                    .keep(file, Beside::Header, before_first_row.clone(), *dropped_at)
                    .await?;
            }
            self.files
                .keep(
                    file,
                    Beside::Rows(chunk.begin.offset),
                    quarantined,
                    *dropped_at,
                )
                .await?;
        }
        Ok(true)
    }

    /// The result of each. If the tables have no room for them, or have a fault, it is tried again
    /// as long as there is time.
    async fn taken_in(
        &self,
        sent: Vec<SourceRecord>,
        file: &File,
        deadline: Deadline,
    ) -> Result<Option<Vec<IntakeOutcome>>, StorageError> {
        let [mut wait, longest] = WAITS;
        loop {
            match self.intake.take(sent.clone(), self.clock.now()).await {
                Err(error) if error.is_passing() => {
                    tracing::warn!(error = %error, source = file.folder.as_str(), outcome = "throttled", "import");
                    if deadline.is_within(MARGIN + TimeDelta::from_std(wait).unwrap_or(MARGIN)) {
                        return Ok(None);
                    }
                    let most = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
                    let random = most / 2 + getrandom::u32().unwrap_or(most) % (most / 2 + 1);
                    tokio::time::sleep(Duration::from_millis(random.into())).await;
                    wait = (2 * wait).min(longest);
                }
                taken => return taken.map(Some),
            }
        }
    }

    /// Writes the report first, then deletes the file: a file without a report is still there.
    async fn finish(&self, file: &File, report: Report) -> Result<Report, StorageError> {
        self.files
            .write(
                file,
                Beside::Report,
                files::json("report an import", &report)?,
            )
            .await?;
        self.files.discard(file).await?;
        tracing::info!(
            source = file.folder.as_str(),
            outcome = if report.reason.is_none() {
                "imported"
            } else {
                "file_refused"
            },
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

/// How much time an invocation has for what need not be done.
fn spare(deadline: Deadline) -> Duration {
    let left = TimeDelta::from_std(deadline.left()).unwrap_or(TimeDelta::MAX) - MARGIN;
    left.to_std().unwrap_or(Duration::ZERO)
}
