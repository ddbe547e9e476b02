//! One submission of a form on Granicus, from its JSON to a record.

mod field;
mod reader;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use custodian_domain::identity::contact::Contact;
use custodian_domain::record::processor_copy::ProcessorCopy;
use custodian_domain::record::revision::Revision;
use custodian_domain::record::satisfaction::Satisfaction;
use custodian_domain::record::source::Source;
use custodian_domain::record::source_details::{SourceDetails, WebForm};
use custodian_domain::record::source_record::{AHEAD, SourceRecord};
use custodian_domain::record::{COMMENT, RecordBody};
use custodian_domain::retention::ExpiresAt;
use custodian_domain::survey::answers::Answer;
use custodian_domain::validation::json::{self, Unreadable};
use custodian_domain::validation::rule::Rule;
use custodian_domain::validation::surrogates::mended;
use custodian_domain::validation::violation::Violation;
use reader::{Reader, WHOLE};
use serde_json::Value;
use std::collections::BTreeMap;

/// The fields of a message.
const FIELDS: [&str; 3] = ["type", "timestamp", "data"];

/// The contents of one submission.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// Granicus's name for the case; the same again is the same record.
    pub case_reference: String,
    /// The form.
    pub form: String,
    /// The form's version: a later one corrects an earlier one.
    pub form_version: u32,
    /// When the person sent it: the retention anchor.
    pub submitted_at: DateTime<Utc>,
    /// When Granicus sent it: of two messages with one version of the form, the later one counts.
    pub sent_at: DateTime<Utc>,
    /// Granicus's name for the person.
    pub ucrn: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Email address, as it was typed.
    pub email: Option<String>,
    /// Telephone number, as it was typed.
    pub phone: Option<String>,
    /// The council's service that it is about.
    pub service: Option<String>,
    /// How satisfied the person was.
    pub satisfaction: Option<Satisfaction>,
    /// What the person wrote.
    pub comment: Option<String>,
    /// The other answers, by question.
    pub answers: BTreeMap<String, Answer>,
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Submission(..)")
    }
}

impl Submission {
    /// Reads a message's body. Unknown fields are ignored: partners add some.
    ///
    /// # Errors
    /// Every fault, which shows nothing of what was sent.
    pub fn read(body: &[u8], now: DateTime<Utc>) -> Result<Self, Vec<Violation<Rule>>> {
        // A text that was cut in the middle of an emoji must not cost the whole answer.
        let text = std::str::from_utf8(body).map(mended);
        let body = json::read(text.as_ref().map_or(body, |text| text.as_bytes())).map_err(
            |unreadable| match unreadable {
                Unreadable::NotJson => vec![Violation::new(WHOLE, Rule::Json)],
                Unreadable::Repeated(repeated) => {
                    let field = repeated.among(&FIELDS).unwrap_or(WHOLE);
                    vec![Violation::new(field, Rule::Once)]
                }
            },
        )?;
        let mut reader = Reader::default();
        let message = reader.message(&body);
        reader.required(&message, "type", field::kind);
        let sent_at = reader.required(&message, "timestamp", |value| not_ahead(value, now));
        let data = reader.part(&message, "data");
        let case_reference = reader.required(&data, "case_reference", field::code);
        let form = reader.required(&data, "form", field::name);
        let form_version = reader.required(&data, "form_version", field::whole_number);
        let submitted_at = reader.required(&data, "submitted_at", |value| to_be_kept(value, now));
        let ucrn = reader.optional(&data, "ucrn", field::reference);
        let profile = reader.part_if_there(&data, "profile");
        let name = reader.optional(&profile, "name", field::person);
        let email = reader.optional(&profile, "email", field::email);
        let phone = reader.optional(&profile, "phone", field::phone);
        let service = reader.optional(&data, "service", field::name);
        let satisfaction = reader.optional(&data, "satisfaction", field::rating);
        let comment = reader.optional(&data, COMMENT, field::text);
        let answers = reader.answers(&data, "answers");
        let required = (
            case_reference,
            form,
            form_version,
            submitted_at,
            sent_at,
            reader.faults(),
        );
        let (
            Some(case_reference),
            Some(form),
            Some(form_version),
            Some(submitted_at),
            Some(sent_at),
            [],
        ) = required
        else {
            return Err(reader.into_faults());
        };
        Ok(Self {
            case_reference,
            form,
            form_version,
            submitted_at,
            sent_at,
            ucrn,
            name,
            email,
            phone,
            service,
            satisfaction,
            comment,
            answers,
        })
    }

    /// The record to store.
    pub fn into_source_record(self) -> SourceRecord {
        let revision = Revision::submission(self.form_version, self.sent_at);
        let particulars = SourceDetails::WebForm(WebForm {
            form_version: Some(self.form_version),
        });
        let mut answers = self.answers;
        if let Some(comment) = self.comment {
            // A form may have a question of that name as well.
            if let Some(other) = answers.insert(COMMENT.to_owned(), Answer::Text(comment)) {
                answers.entry(format!("answers.{COMMENT}")).or_insert(other);
            }
        }
        let name = self.case_reference;
        let body = RecordBody {
            survey: Some(self.form),
            service: self.service,
            satisfaction: self.satisfaction,
            contact: Contact {
                name: self.name,
                email: self.email,
                phone: self.phone,
                reference: self.ucrn,
            },
            answers,
            custody: vec![ProcessorCopy::granicus()],
            ..RecordBody::from_source(&name, self.submitted_at, revision, particulars)
        };
        SourceRecord::upsert(&name, body)
    }
}

/// A case that storage refused, because it is about somebody else than the record that it would
/// correct.
pub fn of_another() -> Violation<Rule> {
    Violation::new("data.case_reference", Rule::OfAnother)
}

/// A time that is not in the future: a message from the future could not be corrected until then.
fn not_ahead(value: &Value, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Rule> {
    let time = field::time(value)?;
    if time.is_some_and(|time| time > now + AHEAD) {
        Err(Rule::InFuture)
    } else {
        Ok(time)
    }
}

/// A time whose retention period is not over.
fn to_be_kept(value: &Value, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Rule> {
    let time = not_ahead(value, now)?;
    let over = |time| ExpiresAt::of(Source::WebForm, time).has_passed(now);
    if time.is_some_and(over) {
        Err(Rule::TooOld)
    } else {
        Ok(time)
    }
}
