//! What TTL left behind is deleted, and the ledger says so.
//!
//! Every hour: the index by day is asked for the days that should be empty, from a cursor on, so
//! that the cost grows with what is overdue and not with the table. Packages whose time is over go
//! as well, and versions of surveys that no record can need any longer.
//!
//! Days of the ledger that are over are closed with a certificate, and what the chain says is
//! anchored. What was written of requests is attested in it, if whoever wrote it did not.
//!
//! Partners' files that nobody reads are started again, wherever in the intake bucket they lie.
//!
//! And it warns of what somebody has to do in time: telephone data that Five9 is about to delete,
//! complaints that have to be acknowledged or answered.

mod anchoring;
mod certificates;
mod complaints;
mod days;
mod evidence;
mod intake;
mod packages;
mod shares;
mod standings;
mod surveys;
mod tasks;
mod telephone;

pub use complaints::{Complaints, Ending};
pub use intake::Intake;
pub use shares::Chore;
pub use standings::Standing;
pub use tasks::Tasks;
pub use telephone::Telephone;

use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchors;
use custodian_buckets::exports::Exports;
use custodian_buckets::files::Files;
use custodian_domain::ledger::{Cause, Entry};
use custodian_domain::rights::order::{Order, unambiguous};
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::violation::Violation;
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_runtime::{Clock, Environment, Function, StartError, failure, settings};
use custodian_store::SHARDS;
use custodian_store::constraints::Constraints;
use custodian_store::evidence::Evidence;
use custodian_store::imports::Imports;
use custodian_store::ledger::Ledger;
use custodian_store::packages::Packages;
use custodian_store::records::{DeletionCandidate, Records};
use custodian_store::surveys::Surveys;
use custodian_store::surveys::tidying::Tidied;
use custodian_store::sweep_cursor::{Remembered, SweepCursor};
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};
use shares::Shares;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How many days' shards are asked at a time.
const AT_ONCE: usize = 16;

/// Deletes what is overdue.
#[derive(Debug)]
pub struct Sweep {
    clock: Clock,
    records: Records,
    ledger: Ledger,
    evidence: Evidence,
    cursor: SweepCursor,
    packages: Packages,
    exports: Exports,
    files: Files,
    anchors: Anchors,
    imports: Imports,
    hold_enforcement: HoldEnforcement,
    surveys: Surveys,
    tasks: custodian_store::tasks::Tasks,
}

/// What a sweep found and deleted, and what it warns of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many days were looked at.
    pub days: usize,
    /// How many days were looked at that should long be empty.
    pub older_days: usize,
    /// How many items were overdue and are deleted.
    pub deleted: u64,
    /// By how many seconds the most overdue of them was late.
    pub oldest_lateness_seconds: i64,
    /// How many packages were over and are gone.
    pub packages: u64,
    /// What stands for people, and what was made true of it.
    pub standings: Standing,
    /// How many days of the ledger were closed.
    pub closed_days: usize,
    /// Of how many days an anchor was put.
    pub anchored_days: usize,
    /// How many marks of what was written and not attested are gone.
    pub attested: u64,
    /// Whether telephone data comes in; nothing where none ever did.
    pub telephone: Option<Telephone>,
    /// What lies in the intake bucket and is not read.
    pub intake: Intake,
    /// The complaints whose clock ends soon, or has ended.
    pub complaints: Complaints,
    /// What became of the versions of surveys.
    pub surveys: Tidied,
    /// What there is to do of requests.
    pub tasks: Tasks,
    /// What has not come to its end in its part of the time; the next sweep goes on.
    pub unfinished: Vec<Chore>,
}

/// Why a sweep did not finish; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event is not one.
    #[error(transparent)]
    Order(#[from] Violation),
    /// DynamoDB or S3 does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Order(_) => "BadOrder",
            Error::Storage(_) => failure::UNAVAILABLE,
        };
        failure::failure(kind, error)
    }
}

impl Function for Sweep {
    const NAME: &'static str = "sweep";
    type Event = Payload;
    type Answer = Value;

    /// Makes the clients once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        let records = Records::new(
            dynamodb.clone(),
            environment.owned(settings::RECORDS_TABLE)?,
        );
        let ledger = Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?);
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let constraints = Constraints::new(dynamodb.clone(), register.clone());
        Ok(Self {
            clock: environment.clock(),
            hold_enforcement: HoldEnforcement {
                constraints,
                records: records.clone(),
                ledger: ledger.clone(),
                packages: packages.clone(),
            },
            records,
            evidence: Evidence::new(dynamodb.clone(), register.clone(), ledger.clone()),
            ledger,
            packages,
            cursor: SweepCursor::new(dynamodb.clone(), register.clone()),
            imports: Imports::new(dynamodb.clone(), register.clone()),
            surveys: Surveys::new(dynamodb.clone(), register.clone()),
            tasks: custodian_store::tasks::Tasks::new(dynamodb, register),
            exports: Exports::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::EXPORTS_BUCKET)?,
            ),
            files: Files::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::INTAKE_BUCKET)?,
            ),
            anchors: Anchors::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::ANCHORS_BUCKET)?,
            ),
        })
    }

    /// Sweeps: from where the last sweep got to, or from `{"from": "YYYY-MM-DD"}` after a restore.
    ///
    /// # Errors
    /// [`Error`] in words; what is not swept now is swept the next time.
    async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let from = match from(&event.payload) {
            Ok(from) => from,
            Err(refused) => return failure::answered(Err(Error::from(refused))),
        };
        let shares = Shares::of(&event.context);
        let report = Box::pin(self.handle(from, self.clock.now(), shares))
            .await
            .inspect_err(|error| {
                tracing::error!(error = %error, outcome = "unfinished", "sweep");
            })?;
        Ok(json!(report))
    }
}

impl Sweep {
    /// Sweeps what is overdue at `now`, and looks at what will be, each within its part of the
    /// time.
    #[expect(clippy::too_many_lines, reason = "each chore once, in their order")]
    async fn handle(
        &self,
        from: Option<NaiveDate>,
        now: DateTime<Utc>,
        mut shares: Shares,
    ) -> Result<Report, Error> {
        let remembered = self.cursor.read(now).await?;
        // Told to begin later than where the last sweep got to, it passes nothing over.
        let both = from
            .zip(remembered.day)
            .map(|(from, remembered)| from.min(remembered));
        let cursor = both.or(from).or(remembered.day);
        let days = days::to_look_at(cursor, now);
        let older = days
            .first()
            .map_or_else(Vec::new, |first| days::older(*first, now));
        let mut report = Report {
            days: days.len(),
            older_days: older.len(),
            ..Report::default()
        };
        let mut failed = Failed::default();
        // Holds before anything is deleted: what arrived since is theirs.
        let mut standings = standings::Pass::from(remembered.standings);
        let settled = shares
            .give(
                Chore::Standings,
                Box::pin(self.settle_standings(&mut standings, now)),
            )
            .await;
        let standings_known = matches!(settled, Some(Ok(())));
        failed.unless(settled.unwrap_or(Ok(())));
        report.standings = standings.standing;
        // What is not known to be free is held.
        let held = !standings_known || report.standings.open > 0;
        let (swept, all) = (
            Swept::default(),
            older.into_iter().chain(days.iter().copied()),
        );
        let deleted = shares
            .give(Chore::Deletion, self.sweep_days(all.collect(), &swept, now))
            .await;
        let through = matches!(deleted, Some(Ok(())));
        failed.unless(deleted.unwrap_or(Ok(())));
        report.deleted = swept.deleted.into_inner();
        report.oldest_lateness_seconds = swept.lateness.into_inner();
        // A day is closed when it is known what is left of it.
        if standings_known {
            let past = report.standings.settled.past_their_date;
            let closed = shares
                .give(
                    Chore::Closing,
                    Box::pin(self.close_days(&days, past, through, now)),
                )
                .await;
            report.closed_days = failed.unless(closed.unwrap_or(Ok(0)));
        } else {
            shares.pass_over(Chore::Closing);
        }
        let attested = shares
            .give(Chore::Evidence, Box::pin(self.attest(now)))
            .await;
        report.attested = failed.unless(attested.unwrap_or(Ok(0)));
        let anchored = shares.give(Chore::Anchoring, Box::pin(self.anchor())).await;
        report.anchored_days = failed.unless(anchored.unwrap_or(Ok(0)));
        let packages = shares
            .give(Chore::Packages, Box::pin(self.sweep_packages(now)))
            .await;
        report.packages = failed.unless(packages.unwrap_or(Ok(0)));
        let surveys = shares
            .give(Chore::Surveys, self.tidy_surveys(held, now))
            .await;
        report.surveys = failed.unless(surveys.unwrap_or_else(|| Ok(Tidied::default())));
        let intake = shares.give(Chore::Intake, self.look_for_unread(now)).await;
        report.intake = failed.unless(intake.unwrap_or_else(|| Ok(Intake::default())));
        let telephone = shares
            .give(Chore::Telephone, self.look_for_telephone(now))
            .await;
        report.telephone = failed.unless(telephone.unwrap_or(Ok(None)));
        let complaints = shares
            .give(Chore::Complaints, self.look_at_complaints(now))
            .await;
        report.complaints = failed.unless(complaints.unwrap_or_else(|| Ok(Complaints::default())));
        let mut tasks = tasks::Pass::from(remembered.tasks);
        let looked_at = shares
            .give(Chore::Tasks, self.sweep_tasks(&mut tasks, now))
            .await;
        // What could not be counted is not none: an alarm stays as it is.
        if let Some(Ok(())) = &looked_at {
            let Tasks { failing, late, .. } = tasks.told;
            tracing::info!(tasks_failing = failing, tasks_late = late, "tasks");
        }
        failed.unless(looked_at.unwrap_or(Ok(())));
        report.tasks = tasks.told;
        report.unfinished = shares.unfinished;
        let is_cut = |chore| report.unfinished.contains(&chore);
        let left = Remembered {
            day: if through {
                Some(days::first_not_known_empty(now))
            } else {
                cursor
            },
            standings: is_cut(Chore::Standings)
                .then(|| standings.reached())
                .flatten(),
            tasks: is_cut(Chore::Tasks).then(|| tasks.reached()).flatten(),
        };
        let written = self.cursor.write(&left).await;
        let Report {
            deleted,
            oldest_lateness_seconds,
            packages,
            ..
        } = report;
        if let Err(error) = failed.0.map_or(written, Err) {
            // What is deleted by now is not found again: how late it was is told now or never.
            tracing::error!(
                outcome = "partly_swept",
                count = deleted,
                oldest_lateness_seconds,
                "sweep"
            );
            return Err(error.into());
        }
        let outcome = if report.unfinished.is_empty() {
            "swept"
        } else {
            "swept_in_part"
        };
        tracing::info!(
            outcome,
            count = deleted,
            oldest_lateness_seconds,
            packages,
            "sweep"
        );
        Ok(report)
    }

    /// Deletes what is overdue on these days; one that fails does not keep the others.
    async fn sweep_days(
        &self,
        days: Vec<NaiveDate>,
        swept: &Swept,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let shards = days
            .into_iter()
            .flat_map(|day| (0..SHARDS).map(move |shard| (day, shard)));
        let mut shards = stream::iter(shards)
            .map(|(day, shard)| self.sweep_shard(day, shard, swept, now))
            .buffer_unordered(AT_ONCE);
        let mut failed = Failed::default();
        while let Some(shard) = shards.next().await {
            failed.unless(shard);
        }
        failed.0.map_or(Ok(()), Err)
    }

    /// Deletes what is overdue in one shard of one day.
    async fn sweep_shard(
        &self,
        day: NaiveDate,
        shard: u8,
        swept: &Swept,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut pages = self.records.overdue(day, shard, now);
        while let Some(page) = pages.next().await? {
            let late = |candidate: &DeletionCandidate| {
                candidate.due.map_or(0, |due| Entry::lateness(due, now))
            };
            let lateness = page.iter().map(late).fold(0, i64::max);
            swept.lateness.fetch_max(lateness, Ordering::Relaxed);
            let deleted = self
                .records
                .forget(page, &self.ledger, Cause::Sweep, now)
                .await?;
            swept.deleted.fetch_add(deleted, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What is deleted so far, and how late the latest of it was.
#[derive(Debug, Default)]
struct Swept {
    deleted: AtomicU64,
    lateness: AtomicI64,
}

/// The first thing that failed: it must not keep the rest of the sweep, nor be forgotten.
#[derive(Debug, Default)]
struct Failed(Option<StorageError>);

impl Failed {
    fn unless<T: Default>(&mut self, outcome: Result<T, StorageError>) -> T {
        outcome.unwrap_or_else(|error| {
            self.0.get_or_insert(error);
            T::default()
        })
    }
}

fn from(event: &Payload) -> Result<Option<NaiveDate>, Violation> {
    let order = Order::read(unambiguous(event)?, &["from"])?;
    let date = order.get("from").map(str::parse::<NaiveDate>).transpose();
    let date = date.map_err(|_| Violation::new("from", "must be a date, YYYY-MM-DD"))?;
    if order.has("from") && date.is_none() {
        return Err(Violation::new("from", "must be a date, YYYY-MM-DD"));
    }
    Ok(date)
}
