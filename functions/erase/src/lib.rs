//! Every place forgets one person and leaves a receipt.
//!
//! Suppress, plan, then one task per place; each can be done again without doing more. A run that broke off anywhere is
//! finished by the next with the same request id, and nothing is reported done that is not.

mod order;
mod places;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use lambda_runtime::{Diagnostic, LambdaEvent};
use order::ErasureOrder;
use serde_json::{Value, json};
use shared::domain::erasure::{Certificate, Receipt};
use shared::domain::london;
use shared::domain::order::BadOrder;
use shared::domain::package::RequestId;
use shared::domain::place::Place;
use shared::domain::record::Holder;
use shared::edge::{Clock, Host, StartError, failure, secret};
use shared::storage::StorageError;
use shared::storage::erasures::{Erasure, Erasures, Task};
use shared::storage::exports::Exports;
use shared::storage::keys;
use shared::storage::ledger::Ledger;
use shared::storage::packages::Packages;
use shared::storage::people::{Follow, Linked, People};
use shared::storage::records::Records;
use shared::storage::suppressions::Suppressions;

/// Erases one person from every place.
#[derive(Debug)]
pub struct Erase {
    clock: Clock,
    people: People,
    records: Records,
    ledger: Ledger,
    packages: Packages,
    exports: Exports,
    suppressions: Suppressions,
    erasures: Erasures,
    recovery: TimeDelta,
}

/// Why an erasure is not done; what was done stays done, and another run goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The order cannot be carried out.
    #[error(transparent)]
    Order(#[from] BadOrder),
    /// The request's id is taken.
    #[error("request_id was used for another erasure: give this one an id of its own")]
    AnotherRequest,
    /// DynamoDB or S3 does not answer.
    #[error("not finished, run it again with the same request_id: {0}")]
    Storage(#[from] StorageError),
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Order(_) => "BadOrder",
            Error::AnotherRequest => "AnotherRequest",
            Error::Storage(_) => "Unavailable",
        };
        failure::failure(kind, error)
    }
}

impl Erase {
    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing or unusable.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let (dynamodb, register) = (host.dynamodb(), host.setting("REGISTER_TABLE")?.to_owned());
        let records = Records::new(dynamodb.clone(), host.setting("RECORDS_TABLE")?.to_owned());
        let days = host.setting("RECOVERY_DAYS")?.parse().ok().filter(|days| (1..=35).contains(days));
        let days = days.ok_or(StartError::Invalid("RECOVERY_DAYS", "must be a number from 1 to 35"))?;
        Ok(Self {
            clock: host.clock(),
            people: People { keys: secret::subject_keys(host).await?, records: records.clone() },
            records,
            ledger: Ledger::new(dynamodb.clone(), host.setting("LEDGER_TABLE")?.to_owned()),
            packages: Packages::new(dynamodb.clone(), register.clone()),
            exports: Exports::new(host.s3(), host.setting("EXPORTS_BUCKET")?.to_owned()),
            suppressions: Suppressions::new(dynamodb.clone(), register.clone()),
            erasures: Erasures::new(dynamodb, register),
            recovery: TimeDelta::days(days),
        })
    }

    /// Carries out `{"identifiers": […], "ground", "approved_by", "request_id"?, "confirmed_links"?}`.
    ///
    /// # Errors
    /// [`Error`] in words.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let order = ErasureOrder::read(&event.payload, &event.context.request_id).map_err(Error::from)?;
        let answer = self.handle(&order).await.inspect_err(|error| {
            tracing::error!(error = %error, outcome = "unfinished", "erasure");
        })?;
        Ok(answer)
    }

    async fn handle(&self, order: &ErasureOrder) -> Result<Value, Error> {
        let (erasure, linked) = self.approved(order).await?;
        if erasure.order != order.digest(&self.people.keys) {
            return Err(Error::AnotherRequest);
        }
        let request = &order.request;
        let certificate = match self.erasures.certificate(request, self.clock.now()).await? {
            Some(certificate) => certificate,
            None => self.carry_out(request, &erasure).await?,
        };
        tracing::info!(outcome = "erased", "erasure");
        Ok(json!({
            "request_id": request.as_str(), "status": "erased", "receipts": certificate.receipts,
            "certificate": certificate, "linked": linked,
        }))
    }

    /// The erasure as it was approved: by an earlier run of this request, or now.
    async fn approved(&self, order: &ErasureOrder) -> Result<(Erasure, Vec<Linked>), Error> {
        let now = self.clock.now().trunc_subsecs(0);
        if let Some(before) = self.erasures.find(&order.request, now).await? {
            return Ok((before, Vec::new()));
        }
        let found = self.people.find(&order.identifiers, &order.confirmed_links, Follow::Confirmed, now).await?;
        People::must_know(&order.confirmed_links, &found)?;
        // First of all, so that nothing brings back what is about to go.
        for holder in &found.holders {
            self.suppressions.add(holder, now).await?;
        }
        let erasure = Erasure {
            order: order.digest(&self.people.keys),
            ground: order.ground,
            approved_by: order.approved_by.clone(),
            approved_at: now,
            holders: found.holders.iter().map(keys::partition).collect(),
        };
        let mut tasks = Vec::new();
        for place in Place::ALL {
            tasks.push(Task { place, held: self.held(place, &found.holders, now).await?, receipt: None });
        }
        if self.erasures.open(&order.request, &erasure, &tasks).await? {
            return Ok((erasure, found.linked));
        }
        // Another run entered the same request in between: that one stands.
        let other = self.erasures.find(&order.request, now).await?;
        Ok((other.ok_or(Error::AnotherRequest)?, Vec::new()))
    }

    async fn carry_out(&self, request: &RequestId, erasure: &Erasure) -> Result<Certificate, Error> {
        let holders: Vec<Holder> = erasure.holders.iter().filter_map(|partition| keys::holder(partition)).collect();
        let (mut tasks, mut receipts) = (Vec::new(), Vec::new());
        let mut pages = self.erasures.tasks(request, self.clock.now());
        while let Some(page) = pages.next().await? {
            tasks.extend(page);
        }
        tasks.sort_by_key(|task: &Task| Place::ALL.iter().position(|place| *place == task.place));
        for task in tasks {
            let receipt = match task.receipt {
                Some(receipt) => receipt,
                None => self.carry_out_task(request, task, &holders, erasure.approved_at).await?,
            };
            receipts.push(receipt);
        }
        let completed_at = receipts.iter().map(|receipt| receipt.finished_at).max().unwrap_or(erasure.approved_at);
        let certificate = Certificate {
            ground: erasure.ground,
            approved_by: erasure.approved_by.clone(),
            approved_at: erasure.approved_at,
            completed_at,
            backups_clear_on: london::date(completed_at + self.recovery),
            receipts,
        };
        self.erasures.close(request, &certificate).await?;
        Ok(certificate)
    }

    async fn carry_out_task(
        &self,
        request: &RequestId,
        task: Task,
        holders: &[Holder],
        approved_at: DateTime<Utc>,
    ) -> Result<Receipt, Error> {
        self.forget(task.place, holders, approved_at).await?;
        let receipt = Receipt::of(task.place, task.held, self.clock.now().trunc_subsecs(0));
        self.erasures.file(request, &receipt).await?;
        tracing::info!(place = task.place.as_str(), outcome = "forgotten", "erasure");
        Ok(receipt)
    }
}
