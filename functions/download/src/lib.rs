//! The door in front of packages.
//!
//! `GET /packages/{token}` looks whether the package may still be handed out, and only then leads on to the object, by a
//! link of S3's that works for a minute. A link of S3's alone would work until its own end whatever the Register says, and
//! where the object is gone it would answer as if there had never been one.

mod pages;
mod refusal;

use chrono::{DateTime, Utc};
use lambda_http::http::header::{HeaderValue, LOCATION};
use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::{Diagnostic, LambdaEvent};
use refusal::Refusal;
use serde_json::Value;
use shared::domain::package::File;
use shared::domain::package_token::PackageLink;
use shared::domain::subject::SubjectKeys;
use shared::edge::page::{self, Page};
use shared::edge::site::Site;
use shared::edge::{Clock, Host, StartError, http, secret};
use shared::storage::StorageError;
use shared::storage::exports::Exports;
use shared::storage::packages::Packages;
use shared::storage::suppressions::Suppressions;
use std::time::Duration;

/// How long the link of S3's works: whoever is led there goes at once.
const MINUTE: Duration = Duration::from_mins(1);

/// Leads on to what may be handed out.
pub struct Download {
    clock: Clock,
    subject_keys: SubjectKeys,
    packages: Packages,
    suppressions: Suppressions,
    exports: Exports,
    site: Site,
}

impl Download {
    /// Makes clients and keys once.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let (dynamodb, register) = (host.dynamodb(), host.setting("REGISTER_TABLE")?.to_owned());
        Ok(Self {
            clock: host.clock(),
            subject_keys: secret::subject_keys(host).await?,
            packages: Packages::new(dynamodb.clone(), register.clone()),
            suppressions: Suppressions::new(dynamodb, register),
            exports: Exports::new(host.s3(), host.setting("EXPORTS_BUCKET")?.to_owned()),
            site: Site::read(host)?,
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's; whatever a person sends is answered, not failed.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        http::answer(event, &self.site.base, |request| self.handle(request)).await
    }

    /// Answers one request; every failure becomes a page, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let answer = match (request.raw_http_path().strip_prefix("/packages/"), request.method()) {
            (None, _) => Err(Refusal::NotFound),
            // No token has a slash: one behind it is a slip of whoever copied the link.
            (Some(token), &Method::GET) => self.lead_on(token.trim_end_matches('/')).await,
            (Some(_), _) => Err(Refusal::Method),
        };
        page::discreet(answer.unwrap_or_else(|refusal| refusal.into_response(self.page())))
    }

    async fn lead_on(&self, token: &str) -> Result<Response<Body>, Refusal> {
        let now = self.clock.now();
        let link = PackageLink::of_token(&self.subject_keys, token).ok_or(Refusal::NotFound)?;
        let key = if link.until <= now { None } else { self.object(&link, now).await? };
        let url = self.exports.link(&key.ok_or(Refusal::Gone)?, MINUTE).await?;
        tracing::info!(outcome = "led_on", "download");
        let mut response = http::status(page::never_cached(String::new()), StatusCode::SEE_OTHER);
        let url = HeaderValue::try_from(url).map_err(|_| StorageError::unreadable("sign a link"))?;
        response.headers_mut().insert(LOCATION, url);
        Ok(response)
    }

    /// The key of what a link leads to, while it may be handed out.
    async fn object(&self, link: &PackageLink, now: DateTime<Utc>) -> Result<Option<String>, StorageError> {
        let Some(package) = self.packages.find(&link.request, now).await? else { return Ok(None) };
        if package.gone(&self.suppressions, now).await?.is_some() {
            return Ok(None);
        }
        let made = package.made.filter(|_| package.unconfirmed.is_empty());
        Ok(made.and_then(|made| match link.file {
            File::Document => Some(made.key),
            File::Report => made.report_key,
        }))
    }

    fn page(&self) -> Page<'_> {
        Page::of(&self.site)
    }
}
