//! The desk of the Data Protection Officer: what is asked, planned, approved and stopped.
//!
//! An erasure is planned, looked at, and approved by the hash of its plan. From then on every place is a task of its own,
//! which the Register's stream starts; what comes of them is told by the status.

mod approving;
mod desk;
mod error;
mod planning;

pub use error::Error;

use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use shared::domain::order::BadOrder;
use shared::edge::{Clock, Host, StartError, secret};
use shared::storage::packages::Packages;
use shared::storage::people::People;
use shared::storage::records::Records;
use shared::storage::requests::Requests as Register;
use shared::storage::tasks::Tasks;

/// Takes the DPO's orders.
#[derive(Debug)]
pub struct Requests {
    clock: Clock,
    people: People,
    records: Records,
    packages: Packages,
    register: Register,
    tasks: Tasks,
}

impl Requests {
    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing or unusable.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let (dynamodb, register) = (host.dynamodb(), host.setting("REGISTER_TABLE")?.to_owned());
        let records = Records::new(dynamodb.clone(), host.setting("RECORDS_TABLE")?.to_owned());
        Ok(Self {
            clock: host.clock(),
            people: People { keys: secret::subject_keys(host).await?, records: records.clone() },
            records,
            packages: Packages::new(dynamodb.clone(), register.clone()),
            register: Register::new(&dynamodb, &register),
            tasks: Tasks::new(dynamodb, register),
        })
    }

    /// Carries out `{"order": "plan" | "approve" | "status" | "stop" | "confirm", …}`.
    ///
    /// # Errors
    /// [`Error`] in words.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let answer = self.handle(&event.payload).await;
        Ok(answer.inspect_err(|error| tracing::error!(error = %error, outcome = "refused", "request"))?)
    }

    async fn handle(&self, order: &Value) -> Result<Value, Error> {
        match order.get("order").and_then(Value::as_str) {
            Some("plan") => Box::pin(self.plan(order)).await,
            Some("approve") => Box::pin(self.approve(order)).await,
            Some("status") => self.status(order).await,
            Some("stop") => self.stop(order).await,
            Some("confirm") => self.confirm(order).await,
            _ => Err(BadOrder::new("order", "must be plan, approve, status, stop or confirm").into()),
        }
    }
}
