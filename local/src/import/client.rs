//! How the stack's HTTP port describes the stack.

use super::ImportError;
use crate::front::{get, nobody};
use aws_sdk_s3::Client;
use chrono::{DateTime, Timelike, Utc};
use custodian_local_aws::{Endpoints, Message, sdk};
use custodian_runtime::{Clock, Environment};
use serde::Deserialize;
use serde_json::Value;

/// The HTTP port of a running stack.
pub(super) struct IntakeClient {
    pub(super) s3: Client,
    pub(super) bucket: String,
    /// The stack's own time when it was first called.
    pub(super) opened_at: DateTime<Utc>,
    function: String,
    url: String,
}

#[derive(Deserialize)]
struct StackView {
    endpoints: Endpoints,
    intake: Option<Intake>,
    now: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Intake {
    bucket: String,
    function: String,
}

#[derive(Deserialize)]
struct Queues {
    queues: Vec<Queue>,
}

#[derive(Deserialize)]
struct Queue {
    messages: Vec<Message>,
}

impl IntakeClient {
    /// Calls a port of this machine.
    pub(super) async fn open(port: u16) -> Result<Self, ImportError> {
        let url = crate::front::url(port);
        let stack: Option<StackView> = get(&format!("{url}/_local/endpoints")).await;
        let StackView {
            endpoints,
            intake,
            now,
        } = stack.ok_or_else(|| ImportError::Wrong(nobody(port)))?;
        let Intake { bucket, function } = intake.ok_or_else(|| {
            ImportError::Wrong(
                "the stack's template has no function import and so no intake".into(),
            )
        })?;
        let s3 = custodian_buckets::client(
            &Environment::new(endpoints.settings(), sdk(), Clock::system()).s3(),
        );
        // A report may give its time in whole seconds.
        let opened_at = now.with_nanosecond(0).unwrap_or(now);
        Ok(Self {
            s3,
            bucket,
            opened_at,
            function,
            url,
        })
    }

    /// Whether an import failed for good since the first call.
    pub(super) async fn failed(&self) -> bool {
        let queues: Option<Queues> = get(&format!("{}/_local/queues", self.url)).await;
        let mut messages = queues
            .into_iter()
            .flat_map(|it| it.queues)
            .flat_map(|queue| queue.messages);
        messages.any(|message| {
            let of = message
                .body
                .pointer("/requestContext/functionArn")
                .and_then(Value::as_str)
                .unwrap_or_default();
            of.strip_prefix(&self.function)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                && message.sent_at >= self.opened_at
        })
    }
}
