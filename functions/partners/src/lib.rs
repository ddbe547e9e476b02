//! What partners hand over becomes records.
//!
//! `POST /partners/granicus/submissions` takes one submission of a form on Granicus (Achieve), signed by Standard
//! Webhooks. `POST /partners/{processor}/callbacks/{request}` takes a processor's word that an erasure went on, signed by
//! `OpenDSR`. Nothing is parsed before its signature is known.

mod callbacks;
mod refusal;
mod submission;

use callbacks::{Callbacks, Path};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::{Diagnostic, LambdaEvent};
use refusal::Refusal;
use serde_json::{Value, json};
use shared::edge::site::BasePath;
use shared::edge::webhook::WebhookSecrets;
use shared::edge::{Clock, Host, StartError, http, secret};
use shared::storage::StorageError;
use shared::storage::intake::{Intake, Taken};
use shared::storage::ledger::Ledger;
use shared::storage::records::Records;
use shared::storage::suppressions::Suppressions;
use submission::{Fault, Submission};

/// The largest body that is read, in bytes; a record that is made of it fits into an item.
const LIMIT: usize = 256 * 1024;

/// Takes in what partners hand over, one message at a time.
pub struct Partners {
    clock: Clock,
    base: BasePath,
    granicus: WebhookSecrets,
    intake: Intake,
    callbacks: Callbacks,
}

impl Partners {
    /// Makes clients once and reads the secrets.
    ///
    /// # Errors
    /// [`StartError`] if a setting or a secret is missing or cannot be used.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let dynamodb = host.dynamodb();
        let (keys, granicus) = tokio::join!(secret::subject_keys(host), secret::webhook(host, "GRANICUS_SECRET"));
        Ok(Self {
            callbacks: Callbacks::start(host)?,
            clock: host.clock(),
            base: BasePath::read(host)?,
            granicus: granicus?,
            intake: Intake {
                records: Records::new(dynamodb.clone(), host.setting("RECORDS_TABLE")?.to_owned()),
                suppressions: Suppressions::new(dynamodb.clone(), host.setting("REGISTER_TABLE")?.to_owned()),
                ledger: Ledger::new(dynamodb, host.setting("LEDGER_TABLE")?.to_owned()),
                keys: keys?,
            },
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's; whatever a partner sends is answered, not failed.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        http::answer(event, &self.base, |request| self.handle(request)).await
    }

    /// Answers one request; every failure becomes a problem document, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let path = request.raw_http_path();
        let (about, answer) = match (request.method(), path, Path::read(path)) {
            (&Method::POST, "/partners/granicus/submissions", _) => {
                let outcome = self.granicus(&request).await;
                ("granicus", outcome.map(|outcome| http::json(StatusCode::OK, &json!({ "outcome": outcome }))))
            }
            (&Method::POST, _, Some(path)) => {
                let taken = self.callbacks.take(&path, &request, self.clock.now()).await;
                ("callback", taken.map(|()| http::json(StatusCode::ACCEPTED, &json!({"outcome": "taken"}))))
            }
            _ => ("partners", Err(Refusal::NotFound)),
        };
        answer.unwrap_or_else(|refusal| refusal.into_response(about))
    }

    /// Takes one submission from Granicus, and gives what became of it.
    async fn granicus(&self, request: &Request) -> Result<&'static str, Refusal> {
        let (body, now): (&[u8], _) = (request.body(), self.clock.now());
        if body.len() > LIMIT {
            return Err(Refusal::TooLarge("Send at most 256 KiB."));
        }
        self.granicus.verify(request.headers(), body, now)?;
        if http::media_type(request.headers()).as_deref() != Some("application/json") {
            return Err(Refusal::MediaType);
        }
        let submission = Submission::read(body, now)?;
        let taken = self.intake.take(vec![submission.into_arrival()], now).await?;
        let outcome = match taken.first() {
            Some(Taken::New) => "stored",
            Some(Taken::Before) => "repeated",
            Some(Taken::Corrected | Taken::Joined) => "corrected",
            Some(Taken::Suppressed | Taken::Forgotten | Taken::Held) => "not_kept",
            Some(Taken::OfAnother) => return Err(Refusal::Faults(vec![Fault::of_another()])),
            None => return Err(StorageError::unreadable("take in a record").into()),
        };
        tracing::info!(outcome, "granicus");
        Ok(outcome)
    }
}
