//! Erases one person in one place and leaves a receipt.
//!
//! The Register's stream starts it, once for each task. It does not trust what starts it: it reads
//! the request, which has to be what was approved. A task can be begun again without doing more. A
//! failed task is left with the time of its next try, and the sweep starts it again. Nothing is
//! reported done that is not.

mod closing;
mod places;
pub mod processors;
mod working;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_buckets::exports::Exports;
use custodian_buckets::files::Files;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_rights::people::People;
use custodian_runtime::{
    Clock, Deadline, Environment, Function, Patience, StartError, failure, secret, settings,
};
use custodian_store::asked::Asked;
use custodian_store::confirmations::Confirmations;
use custodian_store::evidence::Evidence;
use custodian_store::ledger::Ledger;
use custodian_store::looks::Looks;
use custodian_store::packages::Packages;
use custodian_store::records::Records;
use custodian_store::requests::Requests;
use custodian_store::suppressions::Suppressions;
use custodian_store::tasks::{self, Tasks};
use lambda_runtime::{Diagnostic, LambdaEvent};
use places::{ExportsPlace, IntakePlace, Places, RecordsPlace};
use processors::Processors;
use serde_json::{Value, json};
use std::time::Duration;

/// Carries out the tasks of requests.
#[derive(Debug)]
pub struct Erase {
    clock: Clock,
    identities: Keyring<Identities>,
    people: People,
    evidence: Evidence,
    suppressions: Suppressions,
    places: Places,
    requests: Requests,
    tasks: Tasks,
    processors: Processors,
    recovery: TimeDelta,
}

impl Function for Erase {
    const NAME: &'static str = "erase";
    const PATIENCE: Patience = Patience::LONG;
    type Event = Value;
    type Answer = Value;

    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or unusable.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let (dynamodb, register) = (
            custodian_store::client(&environment.dynamodb()),
            environment.owned(settings::REGISTER_TABLE)?,
        );
        let records = Records::new(
            dynamodb.clone(),
            environment.owned(settings::RECORDS_TABLE)?,
        );
        let confirmations = Confirmations::new(&dynamodb, &register);
        let ledger = Ledger::new(dynamodb.clone(), environment.owned(settings::LEDGER_TABLE)?);
        let keys = secret::subject_keys(environment).await?;
        let exports = Exports::new(
            custodian_buckets::client(&environment.s3()),
            environment.owned(settings::EXPORTS_BUCKET)?,
        );
        let files = Files::new(
            custodian_buckets::client(&environment.s3()),
            environment.owned(settings::INTAKE_BUCKET)?,
        )
        .indexing(&keys);
        Ok(Self {
            clock: environment.clock(),
            people: People {
                keys: keys.clone(),
                records: records.clone(),
                confirmations: confirmations.clone(),
            },
            identities: secret::keyring(environment).await?,
            evidence: Evidence::new(dynamodb.clone(), register.clone(), ledger.clone()),
            suppressions: Suppressions::new(dynamodb.clone(), register.clone()),
            places: Places {
                records: RecordsPlace {
                    keys,
                    records,
                    ledger,
                    confirmations,
                    looks: Looks::new(&dynamodb, &register),
                    asked: Asked::new(&dynamodb, &register),
                },
                exports: ExportsPlace {
                    packages: Packages::new(dynamodb.clone(), register.clone()),
                    exports,
                },
                intake: IntakePlace(files),
            },
            requests: Requests::new(&dynamodb, &register),
            tasks: Tasks::new(dynamodb, register),
            processors: Processors::start(environment).await?,
            recovery: TimeDelta::days(settings::recovery_days(environment)?.into()),
        })
    }

    /// Carries out the tasks that a batch of the Register's stream starts.
    ///
    /// # Errors
    /// A constant if the event is not one, or the operation that could not even be left for later:
    /// Lambda tries again, and so does the sweep.
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let deadline = Deadline::of(&event.context);
        let started = event.payload.get("Records").and_then(Value::as_array);
        let started = started.ok_or_else(|| failure::not_an_event("an event of a stream"))?;
        for record in started {
            let partition = record
                .pointer("/dynamodb/Keys/pk/S")
                .and_then(Value::as_str);
            let Some((request, place)) = partition.and_then(tasks::started_by) else {
                return Err(failure::not_an_event("what starts a task"));
            };
            Box::pin(self.carry_out(&request, place, &deadline)).await.map_err(|error: StorageError| {
                tracing::error!(error = %error, place = place.as_str(), outcome = "unfinished", "task");
                failure::failure("Unavailable", error)
            })?;
        }
        Ok(json!({"tasks": started.len()}))
    }
}

impl Erase {
    /// The same as [`Erase::start`], where a processor may take `patience` to answer.
    ///
    /// # Errors
    /// As [`Erase::start`].
    pub async fn patient_for(
        environment: &Environment,
        patience: Duration,
    ) -> Result<Self, StartError> {
        Ok(Self {
            processors: Processors::patient_for(environment, patience)?,
            ..Self::start(environment).await?
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(0)
    }
}
