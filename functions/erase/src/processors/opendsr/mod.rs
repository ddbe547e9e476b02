//! `OpenDSR` 2.0, as controller: <https://github.com/opengdpr/OpenDSR>.
//!
//! The id of a request is made from our request and the processor, so asking again after a crash is
//! asking the same. Before anything is asked, the code looks up whether the processor knows it
//! already. Every answer about a request must be signed by a pinned certificate; otherwise it does
//! not count.

mod identities;
mod wire;

use super::{Connector, ProcessorError, ProcessorJob, ProcessorProgress, human};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::processor_exchange::ProcessorExchange;
use custodian_egress::{Answer, Egress};
use custodian_partner_auth::processor::{CredentialCache, Credentials, Settings};
use custodian_runtime::{Environment, StartError, settings};
use identities::Identities;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;
use wire::{Discovery, Order, Status, SubjectRequest};

/// The path of callbacks, without the origin; `partners` has the route.
const CALLBACKS: &str = "callbacks";
/// How soon a request is checked again, and how late at most: a callback also wakes the task.
const SOONEST: TimeDelta = TimeDelta::minutes(15);
const LATEST: TimeDelta = TimeDelta::hours(6);
/// How often a request that the processor has dropped is made again in one step.
const ROUNDS: u32 = 3;
const JSON: &str = "application/json";

/// A processor that speaks `OpenDSR`.
#[derive(Debug)]
pub struct OpenDsr {
    egress: Egress,
    url: Url,
    credential_cache: CredentialCache,
    /// Our own origin.
    public: Url,
}

impl OpenDsr {
    /// Reads the address of the processor.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    pub fn new(
        processor: Processor,
        environment: &Environment,
        egress: &Egress,
    ) -> Result<Self, StartError> {
        Ok(Self {
            url: egress.address(environment, Settings::of(processor).url)?,
            public: egress.address(environment, settings::PUBLIC_URL)?,
            egress: egress.clone(),
            credential_cache: CredentialCache::of(processor, environment),
        })
    }
}

#[async_trait]
impl Connector for OpenDsr {
    /// Asks for the state of the request, and makes the request if the processor does not know it.
    async fn step(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        let credentials = self.credentials(now).await?;
        let session = Session {
            of: self,
            credentials: &credentials,
            identities: job.identities,
            now,
        };
        for _ in 0..ROUNDS {
            let id = subject_request_id(job, exchange);
            match session.status(&id).await? {
                Some(known_request) if known_request.is(Status::Completed) => {
                    note(exchange, &id, None, now);
                    exchange.said = known_request.said;
                    return Ok(ProcessorProgress::Done);
                }
                // We did not cancel it, or it is wanted after all: it is made again under another
                // id.
                Some(known_request) if known_request.is(Status::Cancelled) => {
                    exchange.round = Some(exchange.round.unwrap_or(0).saturating_add(1));
                }
                Some(known_request) => {
                    note(exchange, &id, known_request.expected_completion_time, now);
                    return Ok(waiting(exchange, now));
                }
                None => return session.ask(job, exchange, id).await,
            }
        }
        Err(ProcessorError::new("cancelled_there"))
    }

    /// Cancels the request. What is in progress already continues, and what is done stays done.
    async fn cancel(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        let credentials = self.credentials(now).await?;
        let session = Session {
            of: self,
            credentials: &credentials,
            identities: job.identities,
            now,
        };
        let id = subject_request_id(job, exchange);
        if let Some(known_request) = session.take_back(&id).await? {
            exchange.said = known_request.said;
            return Ok(ProcessorProgress::Cancelled);
        }
        match session.status(&id).await? {
            None => Ok(ProcessorProgress::Cancelled),
            Some(known_request) if known_request.is(Status::Cancelled) => {
                exchange.said = known_request.said;
                Ok(ProcessorProgress::Cancelled)
            }
            Some(known_request) if known_request.is(Status::Completed) => {
                exchange.said = known_request.said;
                Ok(ProcessorProgress::Done)
            }
            Some(known_request) => {
                note(exchange, &id, known_request.expected_completion_time, now);
                Ok(waiting(exchange, now))
            }
        }
    }
}

impl OpenDsr {
    async fn credentials(&self, now: DateTime<Utc>) -> Result<Arc<Credentials>, ProcessorError> {
        self.credential_cache
            .open(now)
            .await
            .map_err(|error| super::bad_secret(&error))
    }

    fn at(&self, path: &[&str]) -> Url {
        joined(&self.url, &[&["v2"], path].concat())
    }
}

/// An exchange with the processor, with credentials at hand.
struct Session<'a> {
    of: &'a OpenDsr,
    credentials: &'a Credentials,
    /// Whom it is about.
    identities: &'a [Identifier],
    now: DateTime<Utc>,
}

impl Session<'_> {
    /// The state of a request; `None` if the processor does not know it.
    async fn status(&self, id: &Uuid) -> Result<Option<SubjectRequest>, ProcessorError> {
        let answer = self
            .send(Method::GET, &["requests", &id.to_string()], None)
            .await?;
        match answer.status {
            200 => {
                let known_request = self.believed(&answer, id)?;
                if known_request.request_status.is_none() {
                    return Err(ProcessorError::new("unreadable_answer"));
                }
                Ok(Some(known_request))
            }
            // The specification answers every error with 400; processors use 404 for unknown
            // requests.
            400 | 404 => Ok(None),
            status => Err(unexpected(status)),
        }
    }

    /// Asks for erasure, by the identities that the processor says it knows people by.
    async fn ask(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        id: Uuid,
    ) -> Result<ProcessorProgress, ProcessorError> {
        let answer = self.send(Method::GET, &["discovery"], None).await?;
        let discovery: Discovery = match answer.status {
            200 => read(&answer)?,
            status => return Err(unexpected(status)),
        };
        if !discovery.erases() {
            return Err(ProcessorError::new("erasure_not_supported"));
        }
        let Identities { known, unknown } = Identities::of(job.identities, &discovery);
        exchange.not_asked_by = unknown;
        if known.is_empty() {
            // It cannot be asked about this person at all: a human can.
            return Ok(human::step(job, exchange, self.now));
        }
        let order = Order {
            regulation: "gdpr",
            subject_request_id: id,
            subject_request_type: "erasure",
            submitted_time: job.approved_at,
            subject_identities: known,
            api_version: "2.0",
            status_callback_urls: [self.of.callback(job)],
        };
        let body = serde_json::to_vec(&order).map_err(|_| ProcessorError::new("unwritable"))?;
        let encoded = STANDARD.encode(&body);
        let answer = self.send(Method::POST, &["requests"], Some(body)).await?;
        match answer.status {
            200..=202 => {
                let known_request = self.believed(&answer, &id)?;
                // The receipt contains what was received: it is compared, and never stored.
                if known_request
                    .encoded_request
                    .is_some_and(|received| received != encoded)
                {
                    return Err(ProcessorError::new("another_request_received"));
                }
                note(
                    exchange,
                    &id,
                    known_request.expected_completion_time,
                    self.now,
                );
                // A processor that is this quick is asked at once whether it is done.
                let quick = exchange.expected_by.is_some_and(|at| at <= self.now);
                let done = if quick { self.status(&id).await? } else { None };
                match done.filter(|known_request| known_request.is(Status::Completed)) {
                    Some(known_request) => {
                        exchange.said = known_request.said;
                        Ok(ProcessorProgress::Done)
                    }
                    None => Ok(waiting(exchange, self.now)),
                }
            }
            400..=499 => Err(ProcessorError::new("refused")),
            status => Err(unexpected(status)),
        }
    }

    /// Cancels a request; `None` if the processor refuses.
    async fn take_back(&self, id: &Uuid) -> Result<Option<SubjectRequest>, ProcessorError> {
        let answer = self
            .send(Method::DELETE, &["requests", &id.to_string()], None)
            .await?;
        match answer.status {
            200 | 202 => self.believed(&answer, id).map(Some),
            400..=499 => Ok(None),
            status => Err(unexpected(status)),
        }
    }

    /// What the processor says about this request, once it is certain that the processor says it.
    fn believed(&self, answer: &Answer, id: &Uuid) -> Result<SubjectRequest, ProcessorError> {
        let certificates = self.credentials.certificates.as_ref();
        let certificates =
            certificates.ok_or_else(|| ProcessorError::new("certificate_missing"))?;
        let keeps_body = wire::says_nothing_of_anybody(&answer.body, self.identities);
        let said = certificates.keep(&answer.headers, &answer.body, keeps_body, self.now);
        let said = said.map_err(|_| ProcessorError::new("signature"))?;
        let known_request: SubjectRequest = read(answer)?;
        if known_request.subject_request_id != *id {
            return Err(ProcessorError::new("another_matter"));
        }
        Ok(SubjectRequest {
            said: Some(Box::new(said)),
            ..known_request
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, ProcessorError> {
        let mut request = self
            .of
            .egress
            .client()
            .request(method, self.of.at(path))
            .header(ACCEPT, JSON);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, JSON).body(body);
        }
        let answer = self.of.egress.send(self.known(request)).await?;
        if [401, 403].contains(&answer.status) {
            Err(ProcessorError::new("unauthorised"))
        } else {
            Ok(answer)
        }
    }

    /// The processor decides how it knows us (`OpenDSR` 2.0, 4.3).
    fn known(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.credentials.token, &self.credentials.user) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Some((user, password))) => request.basic_auth(user, Some(password)),
            (None, None) => request,
        }
    }
}

impl OpenDsr {
    /// Where the processor has to report changes.
    fn callback(&self, job: &ProcessorJob<'_>) -> String {
        let path = [
            "partners",
            job.processor.as_str(),
            CALLBACKS,
            job.request.as_str(),
        ];
        joined(&self.public, &path).into()
    }
}

/// The id of a request: the same whenever the same is asked of the same processor, in the form of a
/// random one, as is demanded.
fn subject_request_id(job: &ProcessorJob<'_>, exchange: &ProcessorExchange) -> Uuid {
    let (processor, request) = (job.processor.as_str(), job.request.as_str());
    let digest = Sha256::digest(format!(
        "opendsr\n{processor}\n{request}\n{}",
        exchange.round.unwrap_or(0)
    ));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

fn note(
    exchange: &mut ProcessorExchange,
    id: &Uuid,
    expected: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) {
    exchange.asked_at.get_or_insert(now);
    exchange.reference = Some(id.to_string());
    exchange.expected_by = expected.or(exchange.expected_by);
}

fn waiting(exchange: &ProcessorExchange, now: DateTime<Utc>) -> ProcessorProgress {
    let expected = exchange.expected_by.map_or(SOONEST, |at| at - now);
    ProcessorProgress::Waiting {
        look_again: now + expected.clamp(SOONEST, LATEST),
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ProcessorError> {
    serde_json::from_slice(&answer.body).map_err(|_| ProcessorError::new("unreadable_answer"))
}

const fn unexpected(status: u16) -> ProcessorError {
    ProcessorError::new(if status >= 500 {
        "unavailable"
    } else {
        "unexpected_answer"
    })
}

/// An address with more segments at its end.
fn joined(url: &Url, segments: &[&str]) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
