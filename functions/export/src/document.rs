//! The machine-readable document: what it says, piece by piece. Its schema is `docs/export.schema.json`.

use crate::order::PackageOrder;
use crate::supplementary::Council;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::domain::answers::Answer;
use shared::domain::package::PackageKind;
use shared::domain::record::{Contact, Record};
use shared::domain::satisfaction::Satisfaction;
use shared::domain::survey::{Kind, LawfulBasis, Survey};

/// What is said where nothing is held.
pub const NOBODY: &str = "Nothing is held under these identifiers. An answer that was given with an email address or a telephone number is \
     found by that, not by its reference.";

/// What a document says before and after its records.
pub struct Head<'a> {
    /// What was ordered.
    pub order: &'a PackageOrder,
    /// Whether some records were found through an identifier that others may share, and nobody confirmed that yet.
    pub shared: bool,
    /// Who made it.
    pub about: &'a Council,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// One record, as the document and the report tell it.
#[derive(Debug, Serialize)]
pub struct Said {
    /// How it reached the council.
    pub source: &'static str,
    /// The same for a lay person.
    #[serde(skip)]
    pub source_label: &'static str,
    /// What the person was given to quote.
    pub reference: String,
    /// Why the council holds it.
    pub lawful_basis: LawfulBasis,
    /// The privacy notice that the person was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice_version: Option<String>,
    /// What the person typed.
    pub provided: Provided,
    /// What was noted down as it happened.
    pub observed: Observed,
    /// What the council concluded; never part of portability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inferred: Option<Inferred>,
    /// Until when it is kept, for access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<DateTime<Utc>>,
}

/// What the person typed.
#[derive(Debug, Serialize)]
pub struct Provided {
    #[serde(skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newsletter: Option<bool>,
    pub answers: Vec<Answered>,
}

/// One question and its answer.
#[derive(Debug, Serialize)]
pub struct Answered {
    pub question: String,
    pub label: String,
    pub answer: Answer,
    /// Whether it is a point of the five-point scale.
    #[serde(skip)]
    pub rating: bool,
}

/// What was noted down.
#[derive(Debug, Serialize)]
pub struct Observed {
    pub collected_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// What the council concluded.
#[derive(Debug, Serialize)]
pub struct Inferred {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

impl Said {
    /// What a package of this kind says of a record; the survey, if there still is one, words the questions.
    pub fn of(record: &Record, survey: Option<&Survey>, kind: PackageKind) -> Self {
        let details = &record.details;
        let access = kind == PackageKind::Access;
        let asked = |id: &str| survey.and_then(|survey| survey.questions.iter().find(|question| question.id == id));
        let answers = details.answers.iter().map(|(id, answer)| Answered {
            question: id.clone(),
            label: asked(id).map_or_else(|| id.clone(), |question| question.label.clone()),
            answer: answer.clone(),
            rating: asked(id).is_some_and(|question| question.kind == Kind::Satisfaction),
        });
        Self {
            source: details.source.as_str(),
            source_label: details.source.label(),
            reference: details.reference.as_str().to_owned(),
            lawful_basis: details.lawful_basis,
            notice_version: details.notice_version.clone(),
            provided: Provided {
                contact: details.contact.clone(),
                satisfaction: details.satisfaction,
                newsletter: details.newsletter,
                answers: answers.collect(),
            },
            observed: Observed {
                collected_at: details.collected_at,
                survey: details.survey.clone(),
                survey_title: survey.map(|survey| survey.title.clone()),
                service: details.service.clone(),
            },
            inferred: access.then(|| Inferred { journey: details.journey.clone(), stage: details.stage.clone() }),
            kept_until: access.then(|| details.expires_at.instant()),
        }
    }

    /// The record as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Everything up to the records.
pub fn opening(head: &Head<'_>) -> String {
    let identifiers: Vec<Value> = head
        .order
        .identifiers
        .iter()
        .map(|identifier| json!({"type": identifier.kind(), "value": identifier.canonical()}))
        .collect();
    let mut fields = Map::from_iter([
        ("format".to_owned(), json!("custodian.export.v1")),
        ("kind".to_owned(), json!(head.order.kind)),
        ("request_id".to_owned(), json!(head.order.request)),
        ("made_at".to_owned(), json!(head.made_at)),
        ("controller".to_owned(), head.about.controller()),
        ("identifiers".to_owned(), json!(identifiers)),
    ]);
    if head.order.kind == PackageKind::Access {
        fields.insert("supplementary".to_owned(), head.about.supplementary());
    }
    let object = Value::Object(fields).to_string();
    format!("{},\n\"records\":[", object.strip_suffix('}').unwrap_or(&object))
}

/// Everything after the records.
pub fn closing(records: u64) -> String {
    if records == 0 {
        format!("],\n\"record_count\":0,\n\"message\":{}}}\n", json!(NOBODY))
    } else {
        format!("\n],\n\"record_count\":{records}}}\n")
    }
}
