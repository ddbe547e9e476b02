//! One submitted form, from its body to its record.
//!
//! A person gets back what they typed, whatever goes wrong, and is thanked only for what is stored.

use crate::form_data::{self, Sender};
use crate::form_fields::FormFields;
use crate::key::IdempotencyKey;
use crate::pages::Typed;
use crate::refusal::Rejection;
use crate::{Ingest, form, random, reply};
use chrono::{DateTime, SecondsFormat, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::IdentifierKind;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::london;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::rectification::Rectification;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::SourceDetails;
use custodian_domain::record::{Fingerprint, Holder, Record, RecordBody, RecordId};
use custodian_domain::retention::{ExpiresAt, Retention};
use custodian_domain::rights::confirmation::{
    APART, ConfirmLink, ConfirmationPurpose, seal_address,
};
use custodian_domain::rights::receipt::AnswerReceipt;
use custodian_domain::rights::subscription::{Consent, List};
use custodian_domain::survey::answers::{self, Answers, FormData};
use custodian_domain::survey::form_token::GRACE;
use custodian_domain::survey::{Opening, Survey, VersionId};
use custodian_store::records::Kept;
use custodian_web::http;
use custodian_web::http::{HeaderMap, Request, Response, StatusCode};
use custodian_web::limits::TooMany;
use serde_json::json;
use std::sync::Arc;

/// How many references of an anonymous answer are tried. One in a million is taken, for each
/// 100,000 answers that are stored.
const REFERENCES: u8 = 4;

/// What was asked, as far as it is known.
struct SurveyAtVersion {
    survey: Arc<Survey>,
    /// The version that the record keeps: `None` for a form from before versions were kept.
    version: Option<VersionId>,
}

/// What the sender learns about an answer.
struct Acknowledged {
    reference: Reference,
    collected_at: DateTime<Utc>,
    expires_at: ExpiresAt,
    /// Whether an email asks the person to confirm their address.
    asked_to_confirm: bool,
}

impl Ingest {
    /// Takes one submission: checks it, stores it, and gives the sender the reference.
    pub(crate) async fn submit(
        &self,
        id: &str,
        request: Request,
        program: bool,
    ) -> Result<Response, Rejection> {
        let now = self.clock.now();
        let Request {
            headers,
            body,
            client,
            ..
        } = request;
        let (sender, mut form_data) = form_data::read(&headers, &body)?;
        let mut form_fields = if sender == Sender::Person {
            FormFields::take(&mut form_data)
        } else {
            FormFields::default()
        };
        let program = program || sender == Sender::Program;
        // A program learns what is wrong; only a person gets back what was typed.
        let typed = if program {
            Typed::new()
        } else {
            form::typed(&form_data)
        };
        let found = match self.survey(id).await {
            Err(Rejection::UnknownSurvey) => self.removed(id, &mut form_fields, now).await,
            found => found,
        };
        let survey = match found {
            Ok(survey) => survey,
            Err(refusal) if program => return Err(refusal),
            Err(refusal) => return Ok(self.give_back(id, None, refusal, &form_fields, &typed)),
        };
        form_fields.look_at(&self.form_tokens, &survey.id, now);
        if let Err(refusal) = Self::takes(&survey, &form_fields, now) {
            return if program {
                Err(refusal)
            } else {
                Ok(self.give_back(id, Some(&survey), refusal, &form_fields, &typed))
            };
        }
        let asked = match self.survey_at_version(&survey, &form_fields, now).await {
            Ok(asked) => asked,
            Err(refusal) if program => return Err(refusal),
            // It is not known which words were shown, so it is sent again as it came.
            Err(refusal @ Rejection::Unavailable(_)) => {
                return Ok(self.give_back(id, None, refusal, &form_fields, &typed));
            }
            Err(refusal) => return self.return_form(&survey, &form_fields, &typed, refusal, now),
        };
        // A person learns which answer is too long, and gets all of them back.
        if program && body.len() > form_data::limit(&asked.survey) {
            return Err(Rejection::TooLarge);
        }
        let named = match self.limits.admit(client, now).await {
            Ok(()) => identify(&survey.id, &headers, &form_fields),
            Err(TooMany { wait }) => {
                tracing::warn!(survey = survey.id, outcome = "limited", "submission");
                Err(Rejection::TooMany { wait })
            }
        };
        let outcome = match named {
            Ok(id) => self.take(&asked, form_data, id, &form_fields, now).await,
            Err(refusal) => Err(refusal),
        };
        match outcome {
            Ok(acknowledged) => Ok(self.acknowledge(&survey, sender, &acknowledged)),
            Err(refusal) if program => Err(refusal),
            Err(refusal) => self.return_form(&asked.survey, &form_fields, &typed, refusal, now),
        }
    }

    /// A survey that was removed while somebody had its form open. It is over since then, and an
    /// answer is accepted as long as for one that closed.
    async fn removed(
        &self,
        id: &str,
        form_fields: &mut FormFields,
        now: DateTime<Utc>,
    ) -> Result<Arc<Survey>, Rejection> {
        form_fields.look_at(&self.form_tokens, id, now);
        let shown = form_fields
            .handed_out
            .as_ref()
            .and_then(|form| form.version.as_ref());
        let version = self
            .surveys
            .earlier(id, shown.ok_or(Rejection::UnknownSurvey)?, now)
            .await?;
        let in_time =
            version.filter(|version| version.retired_at.is_none_or(|end| now < end + GRACE));
        in_time
            .map(|version| version.survey)
            .ok_or(Rejection::UnknownSurvey)
    }

    /// Whether the survey accepts an answer now: while it is open, and for a while from somebody
    /// who got the form in time.
    fn takes(
        survey: &Survey,
        form_fields: &FormFields,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        match survey.opening(now) {
            Opening::Open => Ok(()),
            Opening::Opens(opens) => Err(Rejection::NotYetOpen {
                title: survey.title.clone(),
                opens,
            }),
            Opening::Closed(closed) => {
                let end = london::end(closed);
                let in_time = form_fields
                    .handed_out
                    .as_ref()
                    .is_some_and(|form| form.at < end)
                    && now < end + GRACE;
                if in_time {
                    Ok(())
                } else {
                    Err(Rejection::Closed {
                        title: survey.title.clone(),
                        closed,
                    })
                }
            }
        }
    }

    /// The version that somebody answers: the one that their form showed, else today's.
    async fn survey_at_version(
        &self,
        today: &Arc<Survey>,
        form_fields: &FormFields,
        now: DateTime<Utc>,
    ) -> Result<SurveyAtVersion, Rejection> {
        let of_today = |version| SurveyAtVersion {
            survey: Arc::clone(today),
            version,
        };
        let version = match &form_fields.handed_out {
            None if form_fields.token.is_some() => return Err(Rejection::ForeignToken),
            None => return Ok(of_today(Some(today.version.clone()))),
            Some(form) => form.version.clone(),
        };
        match version {
            Some(version) if version != today.version => {
                let earlier = self
                    .surveys
                    .earlier(&today.id, &version, now)
                    .await?
                    .ok_or(Rejection::Reworded)?;
                Ok(SurveyAtVersion {
                    survey: earlier.survey,
                    version: Some(version),
                })
            }
            version => Ok(of_today(version)),
        }
    }

    async fn take(
        &self,
        asked: &SurveyAtVersion,
        form_data: FormData,
        id: RecordId,
        form_fields: &FormFields,
        now: DateTime<Utc>,
    ) -> Result<Acknowledged, Rejection> {
        let log = |outcome| tracing::info!(survey = asked.survey.id, outcome, "submission");
        let answers =
            answers::check(&asked.survey, form_data, london::date(now)).map_err(|faults| {
                log("refused");
                Rejection::Faults(faults)
            })?;
        if form_fields.is_doubtful(now) {
            log(if form_fields.trapped {
                "trapped"
            } else {
                "too_fast"
            });
            return Err(Rejection::Doubtful);
        }
        let mut keys = answers.contact.keys(&self.subject_keys).into_iter();
        let (subject, further) = (keys.next(), keys.as_slice());
        let mut record = self.record(asked, answers, subject, id.clone(), now);
        for taken in 0..REFERENCES {
            if record.holder.subject().is_none() {
                record = self.anonymous(record, &id, taken);
            }
            match self.keep(&record, further, now).await? {
                Kept::New => {
                    log("stored");
                    let asked = self.ask_to_confirm(&record.details, now).await;
                    return Ok(acknowledged(&record.details, asked));
                }
                Kept::Before(first) => {
                    log("repeated");
                    let asked = self.ask_to_confirm(&first, now).await;
                    return Ok(acknowledged(&first, asked));
                }
                Kept::Other => break,
                Kept::Another => {}
            }
        }
        log("conflict");
        Err(Rejection::Conflict)
    }

    /// The same answer of somebody whom only its reference leads to. The reference makes the
    /// record's id, so that no two answers share one.
    fn anonymous(&self, mut record: Record, submission: &RecordId, taken: u8) -> Record {
        let reference = self.references.of(submission, taken);
        record.id = self.references.id(&reference);
        record.holder = Holder::Anonymous(reference.clone());
        record.details.submission = Some(submission.clone());
        record.details.reference = reference;
        record
    }

    /// Has a person who asked for the newsletter asked whether the address is theirs; a question
    /// from the last day stands. Returns whether an email asks. The answer is stored by then, so it
    /// is not refused if this fails: an alarm reports it, and the same answer again, or another,
    /// asks again.
    async fn ask_to_confirm(&self, details: &RecordBody, now: DateTime<Utc>) -> bool {
        let Some((confirmations, keys)) = self
            .confirmations
            .as_ref()
            .filter(|_| details.newsletter == Some(true))
        else {
            return false;
        };
        let identifiers = details.contact.identifiers();
        let address = identifiers
            .iter()
            .find(|identifier| identifier.kind() == IdentifierKind::Email);
        let Some(address) = address.filter(|_| now < details.collected_at + APART) else {
            return false;
        };
        let (purpose, asked_at) = (ConfirmationPurpose::Newsletter, details.collected_at);
        let link = ConfirmLink {
            purpose,
            subject: self.subject_keys.key(address),
            asked_at,
        };
        let sealed = seal_address(keys, address);
        let asked = confirmations.ask(&link, &sealed, None, now).await;
        match &asked {
            Ok(true) => tracing::info!(outcome = "asked", "confirmation"),
            Ok(false) => tracing::info!(outcome = "asked_before", "confirmation"),
            Err(error) => tracing::error!(error = %error, outcome = "not_asked", "confirmation"),
        }
        asked.is_ok()
    }

    /// Writes the links from the further keys first, then the record: a record is never there
    /// without the links that lead to it.
    async fn keep(
        &self,
        record: &Record,
        further: &[SubjectKey],
        now: DateTime<Utc>,
    ) -> Result<Kept, StorageError> {
        let mut written = Vec::new();
        if let Some(subject) = record.holder.subject() {
            let (day, until) = (
                record.details.collected_at.date_naive(),
                record.details.retention.due(),
            );
            for further in further {
                let link = self.records.link(further, subject, day, until).await?;
                written.extend(link.map(|link| (further.clone(), link)));
            }
        }
        let kept = self.records.keep(record, now).await?;
        let until = match &kept {
            Kept::New => return Ok(kept),
            // A retry renews nothing: the link lasts as long as the record that was stored before.
            Kept::Before(first) => first.retention.due(),
            // A refused answer leaves nothing behind.
            Kept::Other | Kept::Another => ExpiresAt::at(now),
        };
        for (from, link) in written {
            // A number that was corrected since leads to nobody.
            let is_named = match &kept {
                Kept::Before(first) => first
                    .contact
                    .further_keys(&self.subject_keys)
                    .contains(&from),
                _ => true,
            };
            let until = if is_named { until } else { ExpiresAt::at(now) };
            self.records.take_back(link, until).await?;
        }
        Ok(kept)
    }

    fn record(
        &self,
        asked: &SurveyAtVersion,
        answers: Answers,
        subject: Option<SubjectKey>,
        id: RecordId,
        now: DateTime<Utc>,
    ) -> Record {
        let survey = &asked.survey;
        let collected_at = DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        let reference = self.references.of(&id, 0);
        let fingerprint = Fingerprint::of(&answers);
        let asked_for = answers.newsletter == Some(true);
        // GOV.UK Notify, which sends the email that asks whether the address is theirs, has the
        // address and the email for some days.
        let confirms = asked_for && self.confirmations.is_some();
        let consent = Consent {
            to: List::Newsletter,
            given_at: collected_at,
            notice_version: survey.notice_version.clone(),
        };
        Record {
            holder: subject.map_or_else(|| Holder::Anonymous(reference.clone()), Holder::Subject),
            id,
            details: RecordBody {
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
                consents: asked_for.then_some(consent).into_iter().collect(),
                answers: answers.answers,
                lawful_basis: survey.lawful_basis,
                notice_version: Some(survey.notice_version.clone()),
                fingerprint: Some(fingerprint),
                submission: None,
                source_id: None,
                revision: None,
                custody: confirms
                    .then(|| ProcessorCopy::notify(collected_at))
                    .into_iter()
                    .collect(),
                particulars: SourceDetails::default(),
                rectification: Rectification::default(),
            },
        }
    }

    /// What the sender learns about a stored answer.
    fn acknowledge(&self, survey: &Survey, sender: Sender, answer: &Acknowledged) -> Response {
        let rfc3339 = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        match sender {
            Sender::Person => {
                let until = london::date(answer.expires_at.instant());
                let (reference, asks_to_confirm) =
                    (answer.reference.clone(), answer.asked_to_confirm);
                let receipt = AnswerReceipt {
                    reference,
                    until,
                    asks_to_confirm,
                };
                let query = self.receipts.query(&survey.id, &receipt);
                reply::see_other(&format!(
                    "{}?{query}",
                    self.link(&["surveys", &survey.id, "thank-you"])
                ))
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
}

/// The key of a submission: the header's, else the form's token, else a random one.
fn identify(
    survey: &str,
    headers: &HeaderMap,
    form_fields: &FormFields,
) -> Result<RecordId, Rejection> {
    let key = match (http::header(headers, "idempotency-key"), &form_fields.token) {
        (Some(key), _) => format!(
            "key {}",
            IdempotencyKey::read(&key)
                .ok_or(Rejection::BadKey)?
                .as_str()
        ),
        (None, Some(token)) => format!("token {token}"),
        (None, None) => format!("random {:x}", u128::from_ne_bytes(random())),
    };
    Ok(RecordId::of_submission(survey, &key))
}

fn acknowledged(details: &RecordBody, asked_to_confirm: bool) -> Acknowledged {
    Acknowledged {
        reference: details.reference.clone(),
        collected_at: details.collected_at,
        expires_at: details.retention.due(),
        asked_to_confirm,
    }
}
