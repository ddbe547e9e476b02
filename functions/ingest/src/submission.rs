//! One submitted form, from its body to its record.

use crate::refusal::Refusal;
use crate::sheet::{self, Sender};
use crate::{Ingest, form, pages, random, reply};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use lambda_http::http::{HeaderMap, StatusCode};
use lambda_http::{Body, Request, Response};
use serde_json::json;
use shared::domain::answers::{self, Answers, Sheet};
use shared::domain::form_token::HandedOut;
use shared::domain::london;
use shared::domain::particulars::Particulars;
use shared::domain::record::{Details, Fingerprint, Holder, Record, RecordId};
use shared::domain::reference::Reference;
use shared::domain::retention::{ExpiresAt, Retention};
use shared::domain::source::Source;
use shared::domain::survey::{HONEYPOT_FIELD, Survey, TOKEN_FIELD, VersionId};
use shared::edge::{http, page};
use shared::storage::StorageError;
use shared::storage::records::Kept;
use std::fmt::Write;
use std::sync::Arc;

/// A form that comes back sooner was not filled in by a person.
const TYPING: TimeDelta = TimeDelta::seconds(2);

/// What makes a submission the same as another.
struct Identity {
    id: RecordId,
    /// Sent back faster than a person can type.
    too_fast: bool,
}

/// What was asked, as far as anybody knows.
struct Asked {
    survey: Arc<Survey>,
    /// The version that the record keeps: nothing for a form from before versions were kept.
    version: Option<VersionId>,
}

/// What the sender is told of an answer.
struct Acknowledged {
    reference: Reference,
    collected_at: DateTime<Utc>,
    expires_at: ExpiresAt,
}

impl Ingest {
    /// Takes one submission: checks it, keeps it, and tells the sender the reference.
    pub(crate) async fn submit(&self, id: &str, request: Request) -> Result<Response<Body>, Refusal> {
        let survey = self.open_survey(id).await?;
        let now = self.clock.now();
        let (parts, body) = request.into_parts();
        let (sender, mut sheet) = sheet::read(&parts.headers, &body)?;
        let (token, trapped) = match sender {
            Sender::Person => (sheet::take(&mut sheet, TOKEN_FIELD), own_field(&mut sheet, HONEYPOT_FIELD)),
            Sender::Program => (None, false),
        };
        let typed = form::typed(&sheet);
        let mut shown = Arc::clone(&survey);
        let outcome = match self.read_token(&survey, token.as_deref()) {
            Ok(handed_out) => match self.asked(&survey, handed_out.as_ref(), now).await {
                Ok(asked) => {
                    shown = Arc::clone(&asked.survey);
                    match identify(&survey.id, &parts.headers, token.as_deref(), handed_out.as_ref(), now) {
                        Ok(identity) => self.take(&asked, sheet, &identity, trapped, now).await,
                        Err(refusal) => Err(refusal),
                    }
                }
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        let (faults, token, notice) = match outcome {
            Ok(acknowledged) => return Ok(acknowledge(&survey, sender, &acknowledged)),
            Err(refusal) if sender == Sender::Program => return Err(refusal),
            // Whatever went wrong, a person gets back what they typed.
            Err(Refusal::Faults(faults)) => (faults, token, None),
            Err(Refusal::ForeignToken) => (Vec::new(), None, Some(pages::NOTICE_EXPIRED)),
            Err(Refusal::Reworded) => (Vec::new(), None, Some(pages::NOTICE_REWORDED)),
            Err(Refusal::Unavailable(error)) => {
                tracing::error!(survey = survey.id, error = %error, outcome = "unavailable", "submission");
                (Vec::new(), token, Some(pages::NOTICE_NOT_SAVED))
            }
            Err(refusal) => return Err(refusal),
        };
        let status = if notice == Some(pages::NOTICE_NOT_SAVED) { 503 } else { 422 };
        // Whoever gets a form back has typed already, and may send it again at once.
        let token = token.unwrap_or_else(|| self.form_tokens.make(&shown.id, &shown.version, now - TYPING, random()));
        let view = form::filled(&shown, token, &typed, &faults, notice);
        let status = StatusCode::from_u16(status).unwrap_or_default();
        Ok(http::status(page::never_cached(pages::form(self.page(), &view)), status))
    }

    /// What a form's token tells; nothing where there is none.
    fn read_token(&self, survey: &Survey, token: Option<&str>) -> Result<Option<HandedOut>, Refusal> {
        let read = token.map(|token| self.form_tokens.read(&survey.id, token)).transpose();
        read.map_err(|_| Refusal::ForeignToken)
    }

    /// The version that somebody answers: the one that their form showed, else the one of today.
    async fn asked(
        &self,
        today: &Arc<Survey>,
        handed_out: Option<&HandedOut>,
        now: DateTime<Utc>,
    ) -> Result<Asked, Refusal> {
        let today = || Arc::clone(today);
        let Some(handed_out) = handed_out else {
            return Ok(Asked { version: Some(today().version.clone()), survey: today() });
        };
        match &handed_out.version {
            None => Ok(Asked { survey: today(), version: None }),
            Some(version) if *version == today().version => {
                Ok(Asked { survey: today(), version: Some(version.clone()) })
            }
            Some(version) => {
                let earlier = self.surveys.earlier(&today().id, version, now).await?.ok_or(Refusal::Reworded)?;
                Ok(Asked { survey: earlier.survey, version: Some(version.clone()) })
            }
        }
    }

    async fn take(
        &self,
        asked: &Asked,
        sheet: Sheet,
        identity: &Identity,
        trapped: bool,
        now: DateTime<Utc>,
    ) -> Result<Acknowledged, Refusal> {
        let log = |outcome| tracing::info!(survey = asked.survey.id, outcome, "submission");
        let answers = answers::check(&asked.survey, sheet).map_err(|faults| {
            log("refused");
            Refusal::Faults(faults)
        })?;
        let record = self.record(asked, answers, identity, now);
        if trapped || identity.too_fast {
            // A machine is told what a person is told, so that it does not learn to do better.
            log(if trapped { "decoy" } else { "too_fast" });
            return Ok(acknowledged(&record.details));
        }
        match self.keep(&record, now).await? {
            Kept::New => {
                log("stored");
                Ok(acknowledged(&record.details))
            }
            Kept::Before(first) => {
                log("repeated");
                Ok(acknowledged(&first))
            }
            Kept::Other => {
                log("conflict");
                Err(Refusal::Conflict)
            }
        }
    }

    /// Links first, then the record: a record is never there without the links that lead to it.
    async fn keep(&self, record: &Record, now: DateTime<Utc>) -> Result<Kept, StorageError> {
        let mut written = Vec::new();
        if let Some(subject) = record.holder.subject() {
            let (day, until) = (record.details.collected_at.date_naive(), record.details.retention.due());
            for further in record.details.contact.further_keys(&self.subject_keys) {
                written.extend(self.records.link(&further, subject, day, until).await?);
            }
        }
        let kept = self.records.keep(record, now).await?;
        let until = match &kept {
            Kept::New => return Ok(kept),
            // A retry renews nothing: the link lasts as long as the record that was kept before.
            Kept::Before(first) => first.retention.due(),
            // What was refused leaves nothing behind.
            Kept::Other => ExpiresAt::at(now),
        };
        for link in written {
            self.records.take_back(link, until).await?;
        }
        Ok(kept)
    }

    fn record(&self, asked: &Asked, answers: Answers, identity: &Identity, now: DateTime<Utc>) -> Record {
        let survey = &asked.survey;
        let collected_at = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        let reference = Reference::of(&identity.id);
        let fingerprint = Fingerprint::of(&answers);
        let subject = answers.contact.subject(&self.subject_keys);
        Record {
            holder: subject.map_or_else(|| Holder::Anonymous(reference.clone()), Holder::Subject),
            id: identity.id.clone(),
            details: Details {
                source: Source::WebForm,
                reference,
                collected_at,
                retention: Retention::Until(ExpiresAt::of(Source::WebForm, collected_at)),
                restricted: false,
                survey: Some(survey.id.clone()),
                survey_version: asked.version.clone(),
                service: Some(survey.service.clone()),
                journey: survey.journey.clone(),
                stage: survey.stage.clone(),
                satisfaction: answers.satisfaction,
                contact: answers.contact,
                newsletter: answers.newsletter,
                answers: answers.answers,
                lawful_basis: survey.lawful_basis,
                notice_version: Some(survey.notice_version.clone()),
                fingerprint: Some(fingerprint),
                source_id: None,
                revision: None,
                custody: Vec::new(),
                particulars: Particulars::default(),
            },
        }
    }
}

/// The key of a submission: the header's, else the form's token, else one of its own.
fn identify(
    survey: &str,
    headers: &HeaderMap,
    token: Option<&str>,
    handed_out: Option<&HandedOut>,
    now: DateTime<Utc>,
) -> Result<Identity, Refusal> {
    let too_fast = handed_out.is_some_and(|form| (TimeDelta::zero()..TYPING).contains(&(now - form.at)));
    let key = match (http::header(headers, "idempotency-key"), token) {
        (Some(key), _) if !is_key(&key) => return Err(Refusal::BadKey),
        (Some(key), _) => format!("key {key}"),
        (None, Some(token)) => format!("token {token}"),
        (None, None) => format!("random {:x}", u128::from_ne_bytes(random())),
    };
    Ok(Identity { id: RecordId::of_submission(survey, &key), too_fast })
}

fn is_key(key: &str) -> bool {
    (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

/// Whether a field of the form's own was filled in; it is taken out of the sheet.
fn own_field(sheet: &mut Sheet, field: &str) -> bool {
    sheet::take(sheet, field).is_some()
}

fn acknowledged(details: &Details) -> Acknowledged {
    Acknowledged {
        reference: details.reference.clone(),
        collected_at: details.collected_at,
        expires_at: details.retention.due(),
    }
}

fn acknowledge(survey: &Survey, sender: Sender, answer: &Acknowledged) -> Response<Body> {
    let rfc3339 = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    match sender {
        Sender::Person => {
            let mut location = format!("/surveys/{}/thank-you", survey.id);
            let until = london::date(answer.expires_at.instant());
            let _ = write!(location, "?reference={}&until={until}", answer.reference.as_str());
            reply::see_other(&location)
        }
        Sender::Program => http::json(
            StatusCode::CREATED,
            &json!({
                "reference": answer.reference.as_str(),
                "collected_at": rfc3339(answer.collected_at),
                "expires_at": rfc3339(answer.expires_at.instant()),
            }),
        ),
    }
}
