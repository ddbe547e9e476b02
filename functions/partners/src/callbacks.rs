//! A processor's message that something changed. It only causes a check, whoever sent it: the task
//! wakes, and `erase` asks the processor itself. So a forged or replayed callback can do nothing.

use crate::refusal::Rejection;
use chrono::{DateTime, Utc};
use custodian_domain::place::Place;
use custodian_domain::record::processor_copy::Processor;
use custodian_domain::rights::package::RequestId;
use custodian_domain::validation::json;
use custodian_partner_auth::processor::{Connector, CredentialCache};
use custodian_runtime::{Environment, StartError, settings};
use custodian_store::tasks::Tasks;
use custodian_web::http;
use custodian_web::http::Request;
use serde::Deserialize;

/// The largest callback that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// Takes callbacks of the processors that speak `OpenDSR`.
#[derive(Debug)]
pub struct Callbacks {
    known: Vec<(Processor, CredentialCache)>,
    tasks: Tasks,
}

/// The address of a callback: `/partners/{processor}/callbacks/{request}`.
#[derive(Debug)]
pub struct Path {
    place: Place,
    processor: Processor,
    request: RequestId,
}

/// The parts of a callback that are checked (`OpenDSR` 2.0, 8.6), once it is known who signed it.
#[derive(Deserialize)]
struct Callback {
    status_callback_url: String,
}

impl Path {
    /// Reads a path; `None` if it is another, or names no processor.
    pub fn read(path: &str) -> Option<Self> {
        let (place, request) = path.strip_prefix("/partners/")?.split_once("/callbacks/")?;
        let place = Place::named(place)?;
        let request = RequestId::try_from(request.to_owned()).ok()?;
        Some(Self {
            place,
            processor: place.processor()?,
            request,
        })
    }

    /// Whether this is an address that a processor was given.
    fn is_in(&self, url: &str) -> bool {
        let path = format!(
            "/partners/{}/callbacks/{}",
            self.place.as_str(),
            self.request.as_str()
        );
        url.ends_with(&path)
    }
}

impl Callbacks {
    /// Reads which processors call; their certificates are read when one does.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or cannot be used.
    pub fn start(environment: &Environment) -> Result<Self, StartError> {
        let mut known = Vec::new();
        for processor in Processor::ALL
            .into_iter()
            .filter(|it| *it != Processor::Notify)
        {
            if Connector::of(processor, environment)? == Connector::OpenDsr {
                known.push((
                    processor,
                    CredentialCache::of_certificates(processor, environment),
                ));
            }
        }
        Ok(Self {
            known,
            tasks: Tasks::new(
                custodian_store::client(&environment.dynamodb()),
                environment.owned(settings::REGISTER_TABLE)?,
            ),
        })
    }

    /// Takes a callback, and wakes the task that it is about.
    ///
    /// # Errors
    /// [`Rejection`] if it is not one, or if nobody known signed it.
    pub async fn take(
        &self,
        path: &Path,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        let known = self
            .known
            .iter()
            .find(|(processor, _)| *processor == path.processor);
        let (_, credential_cache) = known.ok_or(Rejection::NotFound)?;
        let body: &[u8] = &request.body;
        if body.len() > LIMIT {
            return Err(Rejection::TooLarge("Send at most 64 KiB."));
        }
        let credentials = credential_cache
            .open(now)
            .await
            .map_err(Rejection::Unreadable)?;
        let certificates = credentials
            .certificates
            .as_ref()
            .ok_or(Rejection::Uncertified)?;
        certificates
            .verify(&request.headers, body, now)
            .map_err(Rejection::Stranger)?;
        if http::media_type(&request.headers).as_deref() != Some("application/json") {
            return Err(Rejection::MediaType);
        }
        let body = json::read(body).map_err(|_| Rejection::NoCallback)?;
        let callback: Callback = serde_json::from_value(body).map_err(|_| Rejection::NoCallback)?;
        if !path.is_in(&callback.status_callback_url) {
            return Err(Rejection::NoCallback);
        }
        // The caller must not learn whether anything waits.
        let woken = self.tasks.wake(&path.request, path.place).await?;
        let outcome = if woken { "woken" } else { "nothing_waits" };
        tracing::info!(place = path.place.as_str(), outcome, "callback");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_names_a_processor_and_a_request() {
        let path = Path::read("/partners/granicus/callbacks/DPO-1").unwrap();
        assert!(path.is_in("https://insight.example/partners/granicus/callbacks/DPO-1"));
        for other in [
            "https://insight.example/partners/granicus/callbacks/DPO-2",
            "https://insight.example/partners/newsletter/callbacks/DPO-1",
            "DPO-1",
        ] {
            assert!(!path.is_in(other), "{other}");
        }
        for none in [
            "/partners/granicus/submissions",
            "/partners/acme/callbacks/DPO-1",
            "/partners/records/callbacks/DPO-1",
            "/partners/granicus/callbacks/",
            "/partners/granicus/callbacks/DPO 1",
            "/partners/granicus/callbacks/a/b",
        ] {
            assert!(Path::read(none).is_none(), "{none}");
        }
    }
}
