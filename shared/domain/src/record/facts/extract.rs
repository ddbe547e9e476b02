//! Which facts a record is made of, and the nature of each.

use super::Nature::{Inferred, Observed, Provided};
use super::by_source::add_source_details;
use super::list::{FactList, text};
use super::{Answered, Fact, FactCode, Value, Wording};
use crate::record::{COMMENT, RecordBody};
use crate::rights::subscription::{Consent, List};
use crate::survey::answers::Answer;
use crate::survey::words::Words;
use crate::survey::{Purpose, QuestionKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The lawful basis of what somebody asked to be sent.
const CONSENT: FactCode = FactCode {
    code: "consent",
    label: "Your consent (Article 6(1)(a) UK GDPR)",
};

impl RecordBody {
    /// Everything that an export may say of the record, in the words that the person was asked
    /// with, as far as they are known.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a list: one entry a fact")]
    pub fn facts<'a>(&'a self, words: &'a Words) -> Vec<Fact<'a>> {
        // This leaves out what a document says of every record beside its facts (source, reference,
        // basis, notice, end, restriction, custody), and bookkeeping that says nothing of the
        // person (fingerprint, submission, revision).
        let Self {
            source: _,
            reference: _,
            collected_at,
            retention: _,
            restricted: _,
            survey: survey_id,
            survey_version,
            service,
            journey,
            stage,
            satisfaction,
            contact,
            newsletter,
            consents,
            answers,
            lawful_basis: _,
            notice_version: _,
            fingerprint: _,
            submission: _,
            source_id,
            revision: _,
            custody: _,
            particulars,
            rectification,
        } = self;
        let mut facts = FactList::default();
        facts.add(
            Provided,
            "contact",
            "Who you are",
            (!contact.is_empty()).then_some(Value::Contact(contact)),
        );
        facts.add(
            Provided,
            "satisfaction",
            "How satisfied you were",
            satisfaction.map(Value::Rating),
        );
        facts.add(
            Provided,
            "answers",
            "Your answers",
            Some(Value::Answers(in_order(answers, words))),
        );
        facts.add(
            Provided,
            "newsletter",
            "Newsletter",
            newsletter.map(Value::YesNo),
        );
        for consent in consents {
            add_consent(&mut facts, consent);
        }
        let consented = newsletter
            .and_then(|_| newsletter_question(words))
            .map(Cow::Borrowed)
            .map(Value::Text);
        facts.add(
            Observed,
            "newsletter_question",
            "How we asked about the newsletter",
            consented,
        );
        facts.add(
            Observed,
            "collected_at",
            "When",
            Some(Value::Time(*collected_at)),
        );
        facts.add(
            Observed,
            "survey",
            "Survey or form",
            text(survey_id.as_ref()),
        );
        let title = words
            .survey()
            .map(|survey| Value::Text(Cow::Borrowed(&survey.title)));
        facts.add(Observed, "survey_title", "Title of the survey", title);
        let version = survey_version
            .as_ref()
            .map(|version| Value::Text(Cow::Borrowed(version.as_str())));
        facts.add(Observed, "survey_version", "Version of the survey", version);
        let wording = Wording::of(words).map(|wording| Value::Code(wording.into()));
        facts.add(Observed, "wording", "Wording of the questions", wording);
        facts.add(Observed, "service", "Service", text(service.as_ref()));
        add_source_details(&mut facts, particulars, contact.name.as_deref());
        facts.add(
            Observed,
            "source_id",
            "Known there as",
            text(source_id.as_ref()),
        );
        facts.add(
            Inferred,
            "journey",
            "Journey that we count it to",
            text(journey.as_ref()),
        );
        facts.add(
            Inferred,
            "stage",
            "Stage of that journey",
            text(stage.as_ref()),
        );
        let statement = rectification.statement.as_ref();
        facts.add(
            Provided,
            "statement",
            "What you say about this record",
            statement.map(|it| Value::Text(Cow::Borrowed(&it.text))),
        );
        facts.add(
            Observed,
            "corrected_at",
            "Last corrected",
            rectification
                .corrected
                .values()
                .max()
                .copied()
                .map(Value::Time),
        );
        facts.0
    }
}

/// One thing that the person agreed to, and what makes it lawful.
fn add_consent<'a>(facts: &mut FactList<'a>, consent: &'a Consent) {
    let Consent {
        to: List::Newsletter,
        given_at,
        notice_version,
    } = consent;
    facts.add(
        Provided,
        "newsletter_consent_at",
        "You asked for the newsletter",
        Some(Value::Time(*given_at)),
    );
    facts.add(
        Provided,
        "newsletter_basis",
        "Why we may send you the newsletter",
        Some(Value::Code(CONSENT)),
    );
    let version = text(Some(notice_version));
    facts.add(
        Provided,
        "newsletter_notice_version",
        "Privacy notice that you were shown with it",
        version,
    );
}

/// Answers in the order of the questions. Answers without a known question come last, by name.
fn in_order<'a>(answers: &'a BTreeMap<String, Answer>, words: &'a Words) -> Vec<Answered<'a>> {
    let mut placed: Vec<_> = answers
        .iter()
        .map(|(id, answer)| answered(id, answer, words))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, answered)| answered).collect()
}

/// An answer and its question's position.
fn answered<'a>(id: &'a str, answer: &'a Answer, words: &'a Words) -> (usize, Answered<'a>) {
    let Some((place, question)) = words.question(id, answer) else {
        let (label, kind) = if id == COMMENT {
            ("What you said", QuestionKind::Textarea)
        } else {
            (id, kind(answer))
        };
        return (
            usize::MAX,
            Answered {
                question: id,
                label,
                kind,
                answer: Cow::Borrowed(answer),
            },
        );
    };
    (
        place,
        Answered {
            question: id,
            label: &question.label,
            kind: question.kind,
            answer: Cow::Borrowed(answer),
        },
    )
}

/// What kind of question an answer may have been given to.
const fn kind(answer: &Answer) -> QuestionKind {
    match answer {
        Answer::YesNo(_) => QuestionKind::YesNo,
        Answer::Number(_) => QuestionKind::Number,
        Answer::Choices(_) => QuestionKind::Choices,
        Answer::Text(_) => QuestionKind::Text,
    }
}

/// The words that asked whether somebody wants the newsletter.
fn newsletter_question(words: &Words) -> Option<&str> {
    let questions = &words.survey()?.questions;
    questions
        .iter()
        .find(|question| question.purpose == Purpose::Newsletter)
        .map(|question| question.label.as_str())
}
