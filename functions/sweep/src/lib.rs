//! What TTL left behind is deleted, and the ledger says so.
//!
//! Every hour: the index by day is asked for the days that should be empty, from a cursor on, so that the cost grows
//! with what is overdue and not with the table. Packages whose time is over go as well, and versions of surveys that no
//! record can need any longer.
//!
//! Days of the ledger that are over are closed with a certificate.
//!
//! Partners' files that nobody reads are started again, wherever in the intake bucket they lie.
//!
//! And it warns of what somebody has to do in time: telephone data that Five9 is about to delete, complaints that have to
//! be acknowledged or answered.

mod certificates;
mod complaints;
mod days;
mod intake;
mod packages;
mod standings;
mod surveys;
mod tasks;
mod telephone;

pub use complaints::{Complaints, Ending};
pub use intake::Intake;
pub use standings::Standing;
pub use tasks::Tasks;
pub use telephone::Telephone;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::json::Payload;
use shared::domain::ledger::{Cause, Entry};
use shared::domain::order::{BadOrder, Order, unambiguous};
use shared::edge::{Clock, Host, StartError, failure};
use shared::storage::exports::Exports;
use shared::storage::files::Files;
use shared::storage::imports::Imports;
use shared::storage::keys::SHARDS;
use shared::storage::ledger::Ledger;
use shared::storage::packages::Packages;
use shared::storage::records::{Doomed, Records};
use shared::storage::settling::Settling;
use shared::storage::standings::Standings;
use shared::storage::surveys::Surveys;
use shared::storage::surveys::tidying::Tidied;
use shared::storage::sweep_cursor::SweepCursor;
use shared::storage::{self, StorageError};

/// How many days' shards are asked at a time.
const AT_ONCE: usize = 16;

/// Deletes what is overdue.
#[derive(Debug)]
pub struct Sweep {
    clock: Clock,
    records: Records,
    ledger: Ledger,
    cursor: SweepCursor,
    packages: Packages,
    exports: Exports,
    files: Files,
    imports: Imports,
    settling: Settling,
    surveys: Surveys,
    tasks: storage::tasks::Tasks,
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
}

/// Why a sweep did not finish; the next one goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event is not one.
    #[error(transparent)]
    Order(#[from] BadOrder),
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

impl Sweep {
    /// Makes the clients once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    #[expect(clippy::unused_async, reason = "every function starts alike")]
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let (dynamodb, register) = (host.dynamodb(), host.setting("REGISTER_TABLE")?.to_owned());
        let records = Records::new(dynamodb.clone(), host.setting("RECORDS_TABLE")?.to_owned());
        let ledger = Ledger::new(dynamodb.clone(), host.setting("LEDGER_TABLE")?.to_owned());
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let standings = Standings::new(dynamodb.clone(), register.clone());
        Ok(Self {
            clock: host.clock(),
            settling: Settling {
                standings,
                records: records.clone(),
                ledger: ledger.clone(),
                packages: packages.clone(),
            },
            records,
            ledger,
            packages,
            cursor: SweepCursor::new(dynamodb.clone(), register.clone()),
            imports: Imports::new(dynamodb.clone(), register.clone()),
            surveys: Surveys::new(dynamodb.clone(), register.clone()),
            tasks: storage::tasks::Tasks::new(dynamodb, register),
            exports: Exports::new(host.s3(), host.setting("EXPORTS_BUCKET")?.to_owned()),
            files: Files::new(host.s3(), host.setting("INTAKE_BUCKET")?.to_owned()),
        })
    }

    /// Sweeps: from where the last sweep got to, or from `{"from": "YYYY-MM-DD"}` after a restore.
    ///
    /// # Errors
    /// [`Error`] in words; what is not swept now is swept the next time.
    pub async fn invoke(&self, event: LambdaEvent<Payload>) -> Result<Value, Diagnostic> {
        let from = match from(&event.payload) {
            Ok(from) => from,
            Err(refused) => return failure::answered(Err(Error::from(refused))),
        };
        let report = self.handle(from, self.clock.now()).await.inspect_err(|error| {
            tracing::error!(error = %error, outcome = "unfinished", "sweep");
        })?;
        Ok(json!(report))
    }

    /// Sweeps what is overdue at `now`, and looks at what will be.
    ///
    /// # Errors
    /// [`Error::Storage`] if it could not be finished; the cursor then stays where it was.
    pub async fn handle(&self, from: Option<NaiveDate>, now: DateTime<Utc>) -> Result<Report, Error> {
        let remembered = self.cursor.read(now).await?;
        // Told to begin later than where the last sweep got to, it passes nothing over.
        let cursor = from.zip(remembered).map(|(from, remembered)| from.min(remembered)).or(from).or(remembered);
        let days = days::to_look_at(cursor, now);
        let first = days.first().copied().unwrap_or_default();
        let older = days::older(first, now);
        let mut report = Report { days: days.len(), older_days: older.len(), ..Report::default() };
        let mut failed = Failed::default();
        let shards =
            older.into_iter().chain(days.iter().copied()).flat_map(|day| (0..SHARDS).map(move |shard| (day, shard)));
        let mut swept =
            stream::iter(shards).map(|(day, shard)| self.sweep_shard(day, shard, now)).buffer_unordered(AT_ONCE);
        // Holds before anything is deleted: what arrived since is theirs.
        let standings = self.settle_standings(now).await;
        // What is not known to be free is held.
        let held = standings.as_ref().map_or(true, |standings| standings.open > 0);
        report.standings = failed.unless(standings);
        while let Some(shard) = swept.next().await {
            let (deleted, lateness) = failed.unless(shard);
            report.deleted += deleted;
            report.oldest_lateness_seconds = report.oldest_lateness_seconds.max(lateness);
        }
        drop(swept);
        // A day is closed when it is known what is left of it.
        if failed.0.is_none() {
            let held = report.standings.settled.past_their_date;
            report.closed_days = failed.unless(self.close_days(&days, held, now).await);
        }
        report.packages = failed.unless(self.sweep_packages(now).await);
        report.surveys = failed.unless(self.tidy_surveys(held, now).await);
        report.intake = failed.unless(self.look_for_unread(now).await);
        report.telephone = failed.unless(self.look_for_telephone(now).await);
        report.complaints = failed.unless(self.look_at_complaints(now).await);
        let tasks = self.sweep_tasks(now).await;
        // What could not be counted is not none: an alarm stays as it is.
        if let Ok(Tasks { failing, late, .. }) = &tasks {
            tracing::info!(tasks_failing = failing, tasks_late = late, "tasks");
        }
        report.tasks = failed.unless(tasks);
        let Report { deleted, oldest_lateness_seconds, packages, .. } = report;
        if let Some(error) = failed.0 {
            // What is deleted by now is not found again: how late it was is told now or never.
            tracing::error!(outcome = "partly_swept", count = deleted, oldest_lateness_seconds, "sweep");
            return Err(error.into());
        }
        self.cursor.write(days::first_not_known_empty(now)).await?;
        tracing::info!(outcome = "swept", count = deleted, oldest_lateness_seconds, packages, "sweep");
        Ok(report)
    }

    /// Deletes what is overdue in one shard of one day; gives how much, and how late the latest was.
    async fn sweep_shard(&self, day: NaiveDate, shard: u8, now: DateTime<Utc>) -> Result<(u64, i64), StorageError> {
        let (mut deleted, mut lateness) = (0, 0);
        let mut pages = self.records.overdue(day, shard, now);
        while let Some(page) = pages.next().await? {
            let late = |doomed: &Doomed| doomed.due.map_or(0, |due| Entry::lateness(due, now));
            lateness = page.iter().map(late).fold(lateness, i64::max);
            deleted += self.records.forget(page, &self.ledger, Cause::Sweep, now).await?;
        }
        Ok((deleted, lateness))
    }
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

fn from(event: &Payload) -> Result<Option<NaiveDate>, BadOrder> {
    let order = Order::read(unambiguous(event)?, &["from"])?;
    let date = order.get("from").map(str::parse::<NaiveDate>).transpose();
    let date = date.map_err(|_| BadOrder::new("from", "must be a date, YYYY-MM-DD"))?;
    if order.has("from") && date.is_none() {
        return Err(BadOrder::new("from", "must be a date, YYYY-MM-DD"));
    }
    Ok(date)
}
