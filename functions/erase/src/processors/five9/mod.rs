//! Five9's configuration web services (SOAP, `AdminWebService`): contacts are deleted by telephone
//! number and address.
//!
//! The contacts themselves show whether a person is there, before and after. So a deletion that was
//! begun but not noted is only done again, and one that is reported but not done is noticed. There
//! is no operation that deletes logs of calls: Five9 deletes them after 60 days, and the task notes
//! until when.

mod contacts;
mod soap;

use super::{Connector, ProcessorError, ProcessorJob, ProcessorProgress, human};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use contacts::{Search, searches};
use custodian_domain::london;
use custodian_domain::record::processor_copy::{CALLS, Processor};
use custodian_domain::rights::processor_exchange::ProcessorExchange;
use custodian_egress::Egress;
use custodian_partner_auth::processor::{CredentialCache, Credentials, Settings};
use custodian_runtime::{Environment, StartError};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use soap::Element;
use std::sync::Arc;

/// When an import is checked again; small ones take seconds.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// How long Five9 may wait for an import to end before it answers that it still runs, in seconds;
/// less than we wait for it.
const WAIT: &str = "2";
/// The answer of an operation without a result of its own.
const FAULT: ProcessorError = ProcessorError::new("fault");

/// A contact centre at Five9.
#[derive(Debug)]
pub struct Five9 {
    egress: Egress,
    url: Url,
    credential_cache: CredentialCache,
}

impl Five9 {
    /// Reads the address of the service.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    pub fn new(
        processor: Processor,
        environment: &Environment,
        egress: &Egress,
    ) -> Result<Self, StartError> {
        let url = egress.address(environment, Settings::of(processor).url)?;
        Ok(Self {
            url,
            egress: egress.clone(),
            credential_cache: CredentialCache::of(processor, environment),
        })
    }
}

#[async_trait]
impl Connector for Five9 {
    /// Checks whether the person is there, and deletes them if so.
    async fn step(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        let (searches, unknown) = searches(job.identities);
        exchange.not_asked_by = unknown;
        if searches.is_empty() {
            return Ok(human::step(job, exchange, now));
        }
        let credentials = self.credentials(now).await?;
        let session = Session {
            of: self,
            credentials: &credentials,
        };
        let begun = exchange.reference.is_some();
        if session.is_running(exchange).await? {
            return Ok(ProcessorProgress::Waiting {
                look_again: now + LOOK_AGAIN,
            });
        }
        exchange.logs_until = london::date(job.approved_at).checked_add_signed(CALLS);
        if !session.finds(&searches).await? {
            exchange.asked_at.get_or_insert(now);
            return Ok(ProcessorProgress::Done);
        }
        if begun {
            // It ran, and contacts are left: another try is another import.
            exchange.reference = None;
            return Err(ProcessorError::new("contacts_left"));
        }
        let mut imports = Vec::new();
        for search in &searches {
            imports.push(session.delete(search).await?);
        }
        exchange.asked_at.get_or_insert(now);
        exchange.reference = Some(imports.join(" "));
        // Most take seconds, and are over by now.
        let over = !session.is_running(exchange).await? && !session.finds(&searches).await?;
        Ok(if over {
            ProcessorProgress::Done
        } else {
            ProcessorProgress::Waiting {
                look_again: now + LOOK_AGAIN,
            }
        })
    }

    /// What has begun cannot be cancelled; what has not does not begin.
    async fn cancel(
        &self,
        job: &ProcessorJob<'_>,
        exchange: &mut ProcessorExchange,
        now: DateTime<Utc>,
    ) -> Result<ProcessorProgress, ProcessorError> {
        if exchange.reference.is_none() {
            return Ok(ProcessorProgress::Cancelled);
        }
        let credentials = self.credentials(now).await?;
        let session = Session {
            of: self,
            credentials: &credentials,
        };
        if session.is_running(exchange).await? {
            return Ok(ProcessorProgress::Waiting {
                look_again: now + LOOK_AGAIN,
            });
        }
        let left = session.finds(&searches(job.identities).0).await?;
        Ok(if left {
            ProcessorProgress::Cancelled
        } else {
            ProcessorProgress::Done
        })
    }
}

impl Five9 {
    async fn credentials(&self, now: DateTime<Utc>) -> Result<Arc<Credentials>, ProcessorError> {
        self.credential_cache
            .open(now)
            .await
            .map_err(|error| super::bad_secret(&error))
    }
}

/// An exchange with Five9, with credentials at hand.
struct Session<'a> {
    of: &'a Five9,
    credentials: &'a Credentials,
}

impl Session<'_> {
    /// Whether an import that was begun still runs. Its result is counted once it is over.
    async fn is_running(&self, exchange: &mut ProcessorExchange) -> Result<bool, ProcessorError> {
        let imports: Vec<String> = exchange
            .reference
            .iter()
            .flat_map(|all| all.split(' '))
            .map(str::to_owned)
            .collect();
        let mut removed = 0;
        for import in &imports {
            let named = || Element::with("identifier", vec![Element::of("identifier", import)]);
            let patient = Element::of("waitTime", WAIT);
            match self
                .call(&Element::with("isImportRunning", vec![named(), patient]))
                .await
            {
                Ok(answer) if answer.text_of("return") == Some("true") => return Ok(true),
                Ok(answer) if answer.text_of("return") == Some("false") => {}
                Ok(_) => return Err(ProcessorError::new("unreadable_answer")),
                // Five9 drops its imports: the code looks up in any case whether the person is
                // still there.
                Err(FAULT) => continue,
                Err(error) => return Err(error),
            }
            match self
                .call(&Element::with("getCrmImportResult", vec![named()]))
                .await
            {
                Ok(answer) => {
                    let count = answer
                        .child("return")
                        .and_then(|result| result.text_of("crmRecordsDeleted"));
                    // It says nothing about what it does not count: the code looks up who is still
                    // there.
                    removed += count
                        .and_then(|count| count.parse::<u64>().ok())
                        .unwrap_or(0);
                }
                Err(FAULT) => {}
                Err(error) => return Err(error),
            }
        }
        if !imports.is_empty() {
            exchange.removed = Some(removed);
        }
        Ok(false)
    }

    /// Whether there is any contact of the person.
    async fn finds(&self, searches: &[Search]) -> Result<bool, ProcessorError> {
        for look_up in searches.iter().flat_map(Search::look_ups) {
            let answer = self.call(&look_up).await?;
            let found = answer
                .child("return")
                .ok_or_else(|| ProcessorError::new("unreadable_answer"))?;
            if found.child("records").is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Begins to delete. Returns Five9's name for the import.
    async fn delete(&self, search: &Search) -> Result<String, ProcessorError> {
        let answer = self.call(&search.deletion()).await?;
        let import = answer
            .child("return")
            .and_then(|import| import.text_of("identifier"));
        // It is stored and sent again: a word, and nothing that could be more.
        let sound = |import: &&str| {
            (1..=64).contains(&import.len())
                && import
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        import
            .filter(sound)
            .map(str::to_owned)
            .ok_or_else(|| ProcessorError::new("unreadable_answer"))
    }

    /// Calls an operation.
    async fn call(&self, operation: &Element) -> Result<Element, ProcessorError> {
        let (user, password) = self
            .credentials
            .user
            .as_ref()
            .ok_or_else(|| ProcessorError::new("secret"))?;
        let request = self
            .of
            .egress
            .client()
            .post(self.of.url.clone())
            .basic_auth(user, Some(password));
        let request = request
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("soapaction", "\"\"");
        let answer = self
            .of
            .egress
            .send(request.body(soap::message(operation)?))
            .await?;
        match answer.status {
            // A fault comes with 500, by SOAP.
            200 | 500 => {}
            401 | 403 => return Err(ProcessorError::new("unauthorised")),
            502..=599 => return Err(ProcessorError::new("unavailable")),
            _ => return Err(ProcessorError::new("unexpected_answer")),
        }
        let body = soap::body(&answer.body)?;
        match body.name.strip_suffix("Response") {
            Some(name) if name == operation.name => Ok(body),
            _ if body.name == "Fault" => Err(FAULT),
            _ => Err(ProcessorError::new("unreadable_answer")),
        }
    }
}
