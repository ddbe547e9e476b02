//! Deletes what TTL left behind, and records it in the ledger.
//!
//! Every hour it asks the index by day for the days that should be empty, from a cursor on, so that
//! the cost grows with what is overdue and not with the table. It also deletes packages whose time
//! is over, and versions of surveys that no record can need any longer.
//!
//! It closes past days of the ledger with a certificate, and anchors the chain. It attests what was
//! written of requests, if the writer did not.
//!
//! It starts partners' files again that nobody reads, wherever they are in the intake bucket.
//!
//! Every night it works out again by when open requests of the register have to be answered, and
//! enters into their cases what has followed by itself.
//!
//! And it warns of what somebody has to do in time: telephone data that Five9 is about to delete,
//! complaints that must be acknowledged or answered.

mod anchoring;
mod chore;
mod closing;
mod complaints;
mod constraints;
mod dates;
mod days;
mod deletion;
mod evidence;
mod intake;
mod packages;
mod surveys;
mod tasks;
mod telephone;
mod witnessing;

pub use complaints::{Complaints, Ending};
pub use constraints::ConstraintsReport;
pub use intake::Intake;
pub use tasks::Tasks;
pub use telephone::Telephone;

use anchoring::Anchoring;
use chore::Chore;
use chrono::{DateTime, NaiveDate, Utc};
use closing::Closing;
use complaints::WatchComplaints;
use constraints::EnforceConstraints;
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchors;
use custodian_buckets::exports::Exports;
use custodian_buckets::files::Files;
use custodian_domain::rights::order::{Order, unambiguous};
use custodian_domain::validation::json::Payload;
use custodian_domain::validation::violation::Violation;
use custodian_rights::case_steps::CaseSteps;
use custodian_rights::hold_enforcement::HoldEnforcement;
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, failure, settings};
use custodian_store::audit_log::AuditLog;
use custodian_store::cases::Cases;
use custodian_store::constraints::Constraints;
use custodian_store::evidence::Evidence;
use custodian_store::imports::Imports;
use custodian_store::ledger::Ledger;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests;
use custodian_store::surveys::Surveys;
use custodian_store::surveys::tidying::Tidied;
use custodian_store::sweep_cursor::{Remembered, SweepCursor};
use dates::MoveDates;
use deletion::{Deleted, Deletion};
use evidence::Attesting;
use intake::StartUnread;
use lambda_runtime::{Diagnostic, LambdaEvent};
use packages::DeletePackages;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use surveys::TidySurveys;
use tasks::StartTasks;
use telephone::WatchTelephone;
use witnessing::Witnessing;

/// How many days' shards are asked at a time.
const AT_ONCE: usize = 16;

/// Does the hourly work.
#[derive(Debug)]
pub struct Sweep {
    clock: Clock,
    cursor: SweepCursor,
    /// What it does, in order.
    chores: Vec<Box<dyn Chore>>,
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
    /// How many packages were over and are deleted.
    pub packages: u64,
    /// The holds and restrictions in force, and what was applied.
    pub standings: ConstraintsReport,
    /// How many days of the ledger were closed.
    pub closed_days: usize,
    /// For how many days an anchor was put.
    pub anchored_days: usize,
    /// How many cases have a date that bank holidays moved since they were listed.
    pub moved_dates: u64,
    /// How many cases have a step that followed by itself since.
    pub followed_steps: u64,
    /// How many marks were attested and removed.
    pub attested: u64,
    /// Whether telephone data comes in; `None` if there never was any.
    pub telephone: Option<Telephone>,
    /// The unread files in the intake bucket.
    pub intake: Intake,
    /// The complaints whose deadline ends soon, or has ended.
    pub complaints: Complaints,
    /// What was done about versions of surveys.
    pub surveys: Tidied,
    /// The open tasks of requests.
    pub tasks: Tasks,
    /// The chores that ran out of their time; the next sweep continues.
    pub unfinished: Vec<&'static str>,
}

/// Why a sweep did not finish; the next one continues.
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
    const PATIENCE: Patience = Patience::LONG;
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
        let s3 = custodian_buckets::client(&environment.s3());
        let records = Records::new(
            dynamodb.clone(),
            environment.owned(settings::RECORDS_TABLE)?,
        );
        let ledger = Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?);
        let packages = Packages::new(dynamodb.clone(), register.clone());
        let exports = Exports::new(s3.clone(), environment.owned(settings::EXPORTS_BUCKET)?);
        let files = Files::new(s3.clone(), environment.owned(settings::INTAKE_BUCKET)?);
        let anchors = Anchors::new(s3, environment.owned(settings::ANCHORS_BUCKET)?);
        let evidence = Evidence::new(dynamodb.clone(), register.clone(), ledger.clone());
        let audit = AuditLog::new(
            &dynamodb,
            environment.setting(settings::AUDIT_TABLE)?,
            &register,
        );
        let steps = CaseSteps {
            cases: Cases::new(&dynamodb, &register),
            requests: Requests::new(&dynamodb, &register),
            packages: packages.clone(),
        };
        let imports = Imports::new(dynamodb.clone(), register.clone());
        let surveys = Surveys::new(dynamodb.clone(), register.clone());
        let tasks = custodian_store::tasks::Tasks::new(dynamodb.clone(), register.clone());
        let hold_enforcement = HoldEnforcement {
            constraints: Constraints::new(dynamodb.clone(), register.clone()),
            records: records.clone(),
            ledger: ledger.clone(),
            packages: packages.clone(),
        };
        Ok(Self {
            clock: environment.clock(),
            cursor: SweepCursor::new(dynamodb, register),
            chores: vec![
                // Holds before anything is deleted: what arrived since is covered by them.
                Box::new(EnforceConstraints(hold_enforcement)),
                Box::new(Deletion {
                    records: records.clone(),
                    ledger: ledger.clone(),
                }),
                Box::new(Closing {
                    ledger: ledger.clone(),
                    records: records.clone(),
                }),
                // Before what was written is attested.
                Box::new(MoveDates(steps)),
                Box::new(Attesting(evidence)),
                // Before the ledger is anchored, so that the trail is anchored with it.
                Box::new(Witnessing {
                    audit,
                    ledger: ledger.clone(),
                }),
                Box::new(Anchoring { ledger, anchors }),
                Box::new(DeletePackages { packages, exports }),
                Box::new(TidySurveys(surveys)),
                Box::new(StartUnread(files)),
                Box::new(WatchTelephone {
                    imports,
                    records: records.clone(),
                }),
                Box::new(WatchComplaints(records)),
                Box::new(StartTasks(tasks)),
            ],
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
        let time = chore::time_of(&event.context);
        let report = Box::pin(self.handle(from, self.clock.now(), time))
            .await
            .inspect_err(|error| {
                tracing::error!(error = %error, outcome = "unfinished", "sweep");
            })?;
        Ok(json!(report))
    }
}

impl Sweep {
    /// Does each chore as of `now`, all of them within this time, and stores where the next sweep
    /// continues.
    async fn handle(
        &self,
        from: Option<NaiveDate>,
        now: DateTime<Utc>,
        time: Duration,
    ) -> Result<Report, Error> {
        let remembered = self.cursor.read(now).await?;
        // With a later start than where the last sweep got to, it still skips nothing.
        let both = from
            .zip(remembered.day)
            .map(|(from, remembered)| from.min(remembered));
        let cursor = both.or(from).or(remembered.day);
        let mut pass = Pass::begin(cursor, remembered, now);
        let done = chore::run_all(&self.chores, &mut pass, time).await;
        let written = self.cursor.write(&pass.to_remember(cursor)).await;
        let report = pass.into_report();
        let Report {
            deleted,
            oldest_lateness_seconds,
            packages,
            ..
        } = report;
        if let Err(error) = done.and(written) {
            // What is deleted by now is not found again: how late it was is reported now or never.
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
}

/// One sweep: the input of its chores, and their results so far.
#[derive(Debug)]
pub(crate) struct Pass {
    now: DateTime<Utc>,
    /// The days whose records should be deleted, and those that should long be empty.
    days: Vec<NaiveDate>,
    older: Vec<NaiveDate>,
    deleted: Deleted,
    /// Whether everything overdue is deleted.
    through: bool,
    /// Whether all holds and restrictions are known.
    constraints_known: bool,
    /// How far it has come with holds and restrictions, and with the tasks.
    constraints: constraints::Progress,
    tasks: tasks::Progress,
    /// How far it has come with the dates of requests.
    dates: dates::Progress,
    /// The last entry of the audit trail that the ledger has a witness of.
    witnessed: Option<u64>,
    report: Report,
}

impl Pass {
    /// Begins where the last sweep got to.
    fn begin(cursor: Option<NaiveDate>, remembered: Remembered, now: DateTime<Utc>) -> Self {
        let days = days::to_look_at(cursor, now);
        let older = days
            .first()
            .map_or_else(Vec::new, |first| days::older(*first, now));
        let (constraints, standings) = constraints::Progress::from(remembered.standings);
        let (tasks, tasks_report) = tasks::Progress::from(remembered.tasks);
        Self {
            now,
            dates: dates::Progress {
                done_on: remembered.dated_on,
                behind: remembered.dated_behind,
            },
            witnessed: remembered.audit,
            deleted: Deleted::default(),
            through: false,
            constraints_known: false,
            constraints,
            tasks,
            report: Report {
                days: days.len(),
                older_days: older.len(),
                standings,
                tasks: tasks_report,
                ..Report::default()
            },
            days,
            older,
        }
    }

    /// Where the next sweep continues.
    fn to_remember(&self, cursor: Option<NaiveDate>) -> Remembered {
        let was_cut = |chore| self.report.unfinished.contains(&chore);
        Remembered {
            day: if self.through {
                Some(days::first_not_known_empty(self.now))
            } else {
                cursor
            },
            standings: was_cut(constraints::NAME)
                .then(|| self.constraints.reached(self.report.standings))
                .flatten(),
            tasks: was_cut(tasks::NAME)
                .then(|| self.tasks.reached(self.report.tasks))
                .flatten(),
            audit: self.witnessed,
            dated_on: self.dates.done_on,
            dated_behind: self.dates.behind.clone(),
        }
    }

    fn into_report(self) -> Report {
        Report {
            deleted: self.deleted.items.into_inner(),
            oldest_lateness_seconds: self.deleted.lateness_seconds.into_inner(),
            ..self.report
        }
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

#[cfg(test)]
mod tests;
