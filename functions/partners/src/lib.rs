//! Turns what partners send into records.
//!
//! `POST /partners/granicus/submissions` takes one submission of a form on Granicus (Achieve),
//! signed by Standard Webhooks. `POST /partners/{processor}/callbacks/{request}` takes a
//! processor's message that an erasure has progressed, signed by `OpenDSR`. Nothing is parsed
//! before its signature is checked.

mod callbacks;
mod refusal;
mod submission;

use callbacks::{Callbacks, Path};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_buckets::files::Files;
use custodian_partner_auth::webhook::WebhookSecrets;
use custodian_rights::intake::{Intake, IntakeOutcome};
use custodian_runtime::{Clock, Environment, Function, Patience, StartError, secret, settings};
use custodian_store::ledger::Ledger;
use custodian_store::records::Records;
use custodian_store::suppressions::Suppressions;
use custodian_web::gateway;
use custodian_web::http::{Method, Request, Response, StatusCode};
use custodian_web::site::BasePath;
use custodian_web::{Edge, http};
use lambda_runtime::{Diagnostic, LambdaEvent};
use refusal::Rejection;
use serde_json::json;
use submission::Submission;

/// The sender's id of a message (Standard Webhooks); the same message again has the same.
const MESSAGE: &str = "webhook-id";
/// The largest body that is read, in bytes; its record fits into an item.
const LIMIT: usize = 256 * 1024;

/// Stores what partners send, one message at a time.
pub struct Partners {
    clock: Clock,
    edge: Edge,
    base: BasePath,
    granicus: WebhookSecrets,
    intake: Intake,
    files: Files,
    callbacks: Callbacks,
}

impl Function for Partners {
    const NAME: &'static str = "partners";
    const PATIENCE: Patience = Patience::PAGE;
    type Event = gateway::Event;
    type Answer = gateway::Answer;

    /// Makes clients once and reads the secrets.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or cannot be used.
    async fn start(environment: &Environment) -> Result<Self, StartError> {
        let dynamodb = custodian_store::client(&environment.dynamodb());
        let (keys, granicus) = tokio::join!(
            secret::subject_keys(environment),
            WebhookSecrets::read(environment, "GRANICUS_SECRET")
        );
        let keys = keys?;
        Ok(Self {
            callbacks: Callbacks::start(environment)?,
            clock: environment.clock(),
            edge: Edge::read(environment),
            base: BasePath::read(environment)?,
            granicus: granicus?,
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
                suppressions: Suppressions::new(
                    dynamodb.clone(),
                    environment.owned(settings::REGISTER_TABLE)?,
                ),
                ledger: Ledger::new(dynamodb, environment.owned(settings::LEDGER_TABLE)?),
                keys,
            },
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's; whatever a partner sends is answered,
    /// not failed.
    async fn invoke(&self, event: LambdaEvent<Self::Event>) -> Result<Self::Answer, Diagnostic> {
        gateway::answer(event.payload, &self.edge, &self.base, |request| {
            self.handle(request)
        })
        .await
    }
}

impl Partners {
    /// Answers one request; every failure becomes a problem document, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response {
        let path = request.path.as_str();
        let (about, answer) = match (&request.method, path, Path::read(path)) {
            (&Method::POST, "/partners/granicus/submissions", _) => {
                let outcome = self.granicus(&request).await;
                (
                    "granicus",
                    outcome
                        .map(|outcome| http::json(StatusCode::OK, &json!({ "outcome": outcome }))),
                )
            }
            (&Method::POST, _, Some(path)) => {
                let taken = self.callbacks.take(&path, &request, self.clock.now()).await;
                (
                    "callback",
                    taken.map(|()| http::json(StatusCode::ACCEPTED, &json!({"outcome": "taken"}))),
                )
            }
            _ => ("partners", Err(Rejection::NotFound)),
        };
        answer.unwrap_or_else(|refusal| refusal.into_response(about))
    }

    /// Takes one submission from Granicus, and returns its result. A message that nobody known
    /// signed is not looked at. A signed one that can't be stored is kept before it is refused,
    /// since its sender may never send it again.
    async fn granicus(&self, request: &Request) -> Result<&'static str, Rejection> {
        let (body, now): (&[u8], _) = (&request.body, self.clock.now());
        self.granicus.verify(&request.headers, body, now)?;
        let submission = match read(request, now) {
            Ok(submission) => submission,
            Err(refusal) => return Err(self.keep_refused(request, refusal, now).await?),
        };
        let taken = self
            .intake
            .take(vec![submission.into_source_record()], now)
            .await?;
        let outcome = match taken.first() {
            Some(IntakeOutcome::New) => "stored",
            Some(IntakeOutcome::Before) => "repeated",
            Some(IntakeOutcome::Corrected | IntakeOutcome::Joined) => "corrected",
            Some(IntakeOutcome::Suppressed | IntakeOutcome::Forgotten | IntakeOutcome::Held) => {
                "not_kept"
            }
            Some(IntakeOutcome::OfAnother) => {
                let refusal = Rejection::Faults(vec![submission::of_another()]);
                return Err(self.keep_refused(request, refusal, now).await?);
            }
            None => return Err(StorageError::unreadable("take in a record").into()),
        };
        tracing::info!(outcome, "granicus");
        Ok(outcome)
    }

    /// Keeps a signed message byte for byte, and returns why it is refused.
    async fn keep_refused(
        &self,
        request: &Request,
        refusal: Rejection,
        now: DateTime<Utc>,
    ) -> Result<Rejection, Rejection> {
        let id = request
            .headers
            .get(MESSAGE)
            .map_or("".into(), |id| String::from_utf8_lossy(id.as_bytes()));
        self.files
            .keep_message(&id, &request.body, &refusal.why(), now)
            .await?;
        Ok(refusal)
    }
}

/// The submission in a request, once it is known who signed it.
fn read(request: &Request, now: DateTime<Utc>) -> Result<Submission, Rejection> {
    let body: &[u8] = &request.body;
    if body.len() > LIMIT {
        return Err(Rejection::TooLarge("Send at most 256 KiB."));
    }
    if http::media_type(&request.headers).as_deref() != Some("application/json") {
        return Err(Rejection::MediaType);
    }
    Ok(Submission::read(body, now)?)
}
