//! A web form becomes a record.
//!
//! `GET /surveys/{survey}` gives the form, `POST /surveys/{survey}/responses` takes it: one request, one conditional
//! put. This function can put records and cannot read them.

mod form;
pub mod pages;
mod refusal;
mod reply;
mod sheet;
mod submission;

use chrono::{Months, NaiveDate};
use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::{Diagnostic, LambdaEvent};
use refusal::Refusal;
use serde_json::Value;
use shared::domain::form_token::FormTokens;
use shared::domain::london;
use shared::domain::reference::Reference;
use shared::domain::source::Source;
use shared::domain::subject::SubjectKeys;
use shared::domain::survey::{Opening, Survey};
use shared::edge::page::{self, Page};
use shared::edge::{Clock, Host, StartError, http, secret};
use shared::storage::records::Records;
use shared::storage::surveys::Surveys;
use std::sync::Arc;

/// Turns one submitted form into one record.
pub struct Ingest {
    clock: Clock,
    surveys: Surveys,
    records: Records,
    subject_keys: SubjectKeys,
    form_tokens: FormTokens,
    council: String,
    dpo_email: String,
}

impl Ingest {
    /// Makes clients and keys once, and opens the connection to DynamoDB by reading the surveys.
    ///
    /// # Errors
    /// [`StartError`] if a setting or the secret is missing. Surveys that cannot be read now are read later.
    pub async fn start(host: &Host) -> Result<Self, StartError> {
        let dynamodb = host.dynamodb();
        let surveys = Surveys::new(dynamodb.clone(), host.setting("REGISTER_TABLE")?.to_owned());
        let clock = host.clock();
        let (subject_keys, read) = tokio::join!(secret::subject_keys(host), surveys.all(clock.now()));
        if let Err(error) = read {
            tracing::warn!(error = %error, outcome = "later", "surveys");
        }
        let subject_keys = subject_keys?;
        Ok(Self {
            clock,
            surveys,
            records: Records::new(dynamodb, host.setting("RECORDS_TABLE")?.to_owned()),
            form_tokens: FormTokens::new(&subject_keys),
            subject_keys,
            council: host.setting("COUNCIL_NAME")?.to_owned(),
            dpo_email: host.setting("DPO_EMAIL")?.to_owned(),
        })
    }

    /// Answers an event of API Gateway (HTTP API, payload 2.0).
    ///
    /// # Errors
    /// A constant if the event is not one of API Gateway's; whatever a person sends is answered, not failed.
    pub async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        http::answer(event, |request| self.handle(request)).await
    }

    /// Answers one request; every failure becomes a page or a problem document, so this cannot fail.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let path = request.raw_http_path().to_owned();
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let program = reply::is_for_a_program(&request);
        let answer = match (request.method(), segments.as_slice()) {
            (&Method::GET, ["surveys", id]) => self.form(id).await,
            (&Method::POST, ["surveys", id, "responses"]) => self.submit(id, request).await,
            (&Method::GET, ["surveys", id, "thank-you"]) => self.thank_you(id, &request).await,
            (&Method::GET, ["privacy"]) => Ok(page::never_cached(pages::privacy(self.page()))),
            (&Method::GET, ["assets", "custodian.css"]) => Ok(reply::stylesheet()),
            _ => Err(Refusal::NotFound),
        };
        answer.unwrap_or_else(|refusal| refusal.into_response(self.page(), program))
    }

    /// The empty form of a survey.
    async fn form(&self, id: &str) -> Result<Response<Body>, Refusal> {
        let survey = self.open_survey(id).await?;
        let view = form::empty(&survey, self.new_token(&survey));
        Ok(page::cached(pages::form(self.page(), &view), pages::CACHE_EMPTY_FORM))
    }

    /// The page after an answer. It shows what its address says, so that is held to be a reference and a date.
    async fn thank_you(&self, id: &str, request: &Request) -> Result<Response<Body>, Refusal> {
        let survey = self.survey(id).await?;
        let query = request.query_string_parameters();
        let reference = query.first("reference").and_then(|typed| Reference::try_from(typed.to_owned()).ok());
        let today = london::date(self.clock.now());
        let kept =
            |until: &NaiveDate| (today..=today + Months::new(Source::WebForm.retention_months())).contains(until);
        let until = query.first("until").and_then(|date| date.parse().ok()).filter(kept);
        let (Some(reference), Some(until)) = (reference, until) else { return Err(Refusal::NotFound) };
        Ok(page::never_cached(pages::thank_you(self.page(), &survey.title, reference.as_str(), until)))
    }

    async fn survey(&self, id: &str) -> Result<Arc<Survey>, Refusal> {
        self.surveys.find(id, self.clock.now()).await?.ok_or(Refusal::UnknownSurvey)
    }

    async fn open_survey(&self, id: &str) -> Result<Arc<Survey>, Refusal> {
        let survey = self.survey(id).await?;
        match survey.opening(self.clock.now()) {
            Opening::Open => Ok(survey),
            Opening::Opens(opens) => Err(Refusal::NotYetOpen { title: survey.title.clone(), opens }),
            Opening::Closed(closed) => Err(Refusal::Closed { title: survey.title.clone(), closed }),
        }
    }

    fn new_token(&self, survey: &Survey) -> String {
        self.form_tokens.make(&survey.id, &survey.version, self.clock.now(), random())
    }

    fn page(&self) -> Page<'_> {
        Page { council: &self.council, dpo_email: &self.dpo_email }
    }
}

/// Sixteen bytes that nobody can guess.
fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "without randomness nothing can be kept apart: better no answer")]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
