//! Compares the ledger with its anchors, and with what is stored: every morning, by a role that can
//! change nothing.
//!
//! The chain must be unbroken, agree with its anchors, and be closed up to yesterday. The requests,
//! holds and restrictions in the Register must be as it attests them, and the audit trail as it
//! witnessed it. Some of the deletions that it
//! records are drawn by lot, different ones each day, and checked: what was deleted must be gone.

use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_buckets::anchors::Anchors;
use custodian_domain::ledger::{Cause, ChainEnd, Entry, ItemKind};
use custodian_rights::audit::evidence::{Proven, Scope, Unproven, prove};
use custodian_rights::audit::trail::{UnverifiedTrail, verify_trail};
use custodian_rights::audit::{Audited, Compared, Sample, Unverified, audit};
use custodian_runtime::{
    Clock, Deadline, Environment, Function, Patience, StartError, failure, settings,
};
use custodian_store::audit_log::AuditLog;
use custodian_store::evidence::Register;
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How many deletions are checked.
const DRAWN: usize = 50;
/// How much of an invocation is kept to say that the time did not suffice.
const MARGIN: Duration = Duration::from_secs(20);
/// How long a verification may take if nobody says.
const LONGEST: Duration = Duration::from_mins(15);

/// Verifies the ledger.
#[derive(Debug)]
pub struct Verify {
    clock: Clock,
    records: Records,
    ledger: Ledger,
    anchors: Anchors,
    register: Register,
    trail: AuditLog,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many links the chain has.
    pub links: u64,
    /// How many deletions they record.
    pub entries: u64,
    /// How many days are closed.
    pub days: u64,
    /// How many of them are anchored.
    pub anchored_days: u64,
    /// How many ends of the chain in between are anchored.
    pub anchored_heads: u64,
    /// How many entries the audit trail has.
    pub audited: u64,
    /// How many items of requests, holds and restrictions are in the Register as they were
    /// attested.
    pub attested: u64,
    /// How many were written since, and wait to be attested.
    pub waiting: u64,
    /// How many are older than the first attestation.
    pub older: u64,
    /// How many deletions were checked.
    pub looked_for: u64,
    /// How many of the deleted records are still there.
    pub still_there: u64,
    /// The first thing that is wrong with the ledger, or with what it attests, in words.
    pub fault: Option<String>,
}

/// Why the result is unknown.
#[derive(Debug, thiserror::Error)]
enum Unknown {
    /// It takes longer than an invocation may.
    #[error("there was not enough time to verify all of it")]
    Unfinished,
    /// DynamoDB or S3 does not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Unknown> for Diagnostic {
    fn from(unknown: Unknown) -> Self {
        failure::failure(failure::UNAVAILABLE, unknown)
    }
}

impl Function for Verify {
    const NAME: &'static str = "verify";
    const PATIENCE: Patience = Patience::LONG;
    type Event = Value;
    type Answer = Value;

    /// Makes the clients once.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let dynamodb = custodian_store::client(&environment.dynamodb());
        Ok(Self {
            clock: environment.clock(),
            records: Records::new(
                dynamodb.clone(),
                environment.owned(settings::RECORDS_TABLE)?,
            ),
            ledger: Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?),
            trail: AuditLog::new(
                &dynamodb,
                environment.setting(settings::AUDIT_TABLE)?,
                environment.setting(settings::REGISTER_TABLE)?,
            ),
            register: Register::new(dynamodb, environment.owned(settings::REGISTER_TABLE)?),
            anchors: Anchors::new(
                custodian_buckets::client(&environment.s3()),
                environment.owned(settings::ANCHORS_BUCKET)?,
            ),
        })
    }

    /// Verifies the ledger. A fault is an answer; an alarm reports it.
    ///
    /// # Errors
    /// In words if the event is not `{}`, if AWS does not answer, or if there was not enough time:
    /// then the result is unknown.
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        if !event
            .payload
            .as_object()
            .is_some_and(serde_json::Map::is_empty)
        {
            return Err(failure::not_an_event("{}"));
        }
        let deadline = event.context.deadline;
        let left = if deadline == 0 {
            LONGEST
        } else {
            Deadline::of(&event.context).left().min(LONGEST)
        };
        let verifying = tokio::time::timeout(
            left.saturating_sub(MARGIN),
            Box::pin(self.handle(self.clock.now())),
        );
        let report = verifying
            .await
            .unwrap_or(Err(Unknown::Unfinished))
            .inspect_err(|error| {
                tracing::error!(error = %error, outcome = "unverified", "verify");
            })?;
        Ok(json!(report))
    }
}

impl Verify {
    async fn handle(&self, now: DateTime<Utc>) -> Result<Report, Unknown> {
        let mut sample = Sample::of(DRAWN, now.date_naive().to_string());
        let offer = |entry: Entry| {
            if is_to_be_gone(&entry) {
                sample.offer(entry);
            }
        };
        let audited = audit(&self.ledger, Some(&self.anchors), None, now, offer).await;
        let mut witnessed = Vec::new();
        let mut report = match audited {
            Ok(Audited {
                chain,
                anchored,
                trail,
            }) => {
                witnessed = trail;
                let (days, heads) =
                    anchored.map_or((0, 0), |Compared { days, heads }| (days, heads));
                Report {
                    links: chain.links,
                    entries: chain.entries,
                    days: chain.days,
                    anchored_days: days,
                    anchored_heads: heads,
                    ..Report::default()
                }
            }
            Err(Unverified::Storage(error)) => return Err(error.into()),
            Err(fault) => {
                let fault = fault.to_string();
                tracing::error!(error = fault, outcome = "ledger_is_wrong", "verify");
                Report {
                    fault: Some(fault),
                    ..Report::default()
                }
            }
        };
        if report.fault.is_none() {
            self.prove(&mut report, now).await?;
        }
        if report.fault.is_none() {
            self.follow(&mut report, &witnessed, now).await?;
        }
        for entry in sample.drawn() {
            report.looked_for += 1;
            report.still_there += u64::from(self.records.still_has(&entry).await?);
        }
        let Report {
            looked_for,
            still_there,
            ..
        } = report;
        if still_there > 0 {
            tracing::error!(outcome = "not_gone", count = still_there, "verify");
        }
        // One line for each run that ended, whatever it found.
        tracing::info!(outcome = "verified", looked_for, still_there, "verify");
        Ok(report)
    }

    /// Checks whether the audit trail is whole, and as the chain witnessed it.
    async fn follow(
        &self,
        report: &mut Report,
        witnessed: &[(NaiveDate, ChainEnd)],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        match verify_trail(&self.trail, witnessed, now).await {
            Ok(entries) => report.audited = entries,
            Err(UnverifiedTrail::Storage(error)) => return Err(error),
            Err(fault) => {
                let fault = fault.to_string();
                tracing::error!(error = fault, outcome = "audit_trail_is_wrong", "verify");
                report.fault = Some(fault);
            }
        }
        Ok(())
    }

    /// Checks whether the Register is as the chain attests it.
    async fn prove(&self, report: &mut Report, now: DateTime<Utc>) -> Result<(), StorageError> {
        match prove(&self.ledger, &self.register, Scope::all(now)).await {
            Ok(Proven {
                attested,
                waiting,
                older,
                ..
            }) => {
                (report.attested, report.waiting, report.older) = (attested, waiting, older);
            }
            Err(Unproven::Storage(error)) => return Err(error),
            Err(fault) => {
                // The log has no id of a request. The answer has it, and so does a verification by
                // hand.
                tracing::error!(outcome = "evidence_is_wrong", "verify");
                report.fault = Some(fault.to_string());
            }
        }
        Ok(())
    }
}

/// Whether an item whose deletion was recorded can never be there again. One that was corrected, or
/// brought back by a restore, may be. Only records can be found by the day on which they were
/// collected.
fn is_to_be_gone(entry: &Entry) -> bool {
    let for_good = matches!(
        entry.cause,
        Cause::Retention | Cause::Sweep | Cause::Erasure
    );
    for_good && entry.kind == ItemKind::Record
}
