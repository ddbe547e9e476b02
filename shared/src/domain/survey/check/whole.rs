//! What is wrong with a survey whose fields are each right: what they do to each other.

use super::{Doubt, Findings, Rule};
use crate::domain::answers::tidy;
use crate::domain::record::COMMENT;
use crate::domain::survey::{Kind, Purpose, Question, Survey};
use crate::domain::text;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// How many bytes of answers one record takes.
const TOGETHER: usize = 300_000;

pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    if survey.opens.zip(survey.closes).is_some_and(|(opens, closes)| closes < opens) {
        findings.fault("/closes", Rule::ClosesFirst);
    }
    fields(survey, findings);
    purposes(survey, findings);
    let mut labels = HashSet::new();
    let mut rated = false;
    for (place, question) in survey.questions.iter().enumerate() {
        let at = |field: &str| format!("/questions/{place}/{field}");
        if !labels.insert(as_read(&question.label)) {
            findings.doubt(at("label"), Doubt::SameLabel);
        }
        if question.kind == Kind::Satisfaction && std::mem::replace(&mut rated, true) {
            findings.doubt(at("kind"), Doubt::SecondRating);
        }
        if question.id == COMMENT && !matches!(question.kind, Kind::Text | Kind::Textarea) {
            findings.doubt(at("id"), Doubt::NotAComment);
        }
        options(question, &at("options"), findings);
    }
    if survey.questions.iter().map(longest).sum::<usize>() > TOGETHER {
        findings.doubt("/questions", Doubt::LongTogether);
    }
}

/// Each answer has fields of its own.
fn fields(survey: &Survey, findings: &mut Findings) {
    let dates = || survey.questions.iter().filter(|question| question.kind == Kind::Date);
    let mut ids = HashSet::new();
    for (place, question) in survey.questions.iter().enumerate() {
        let at = format!("/questions/{place}/id");
        if !ids.insert(question.id.as_str()) {
            findings.fault(at, Rule::SameId);
        } else if let Some(date) = dates().find(|date| date.date_fields().contains(&question.id)) {
            findings.fault(at, Rule::PartOfADate(date.id.clone()));
        }
    }
}

/// Each part of who somebody is has one question, and so has the newsletter, which needs an address.
fn purposes(survey: &Survey, findings: &mut Findings) {
    let mut asked = Vec::new();
    let mut newsletter = None;
    for (place, question) in survey.questions.iter().enumerate() {
        let at = format!("/questions/{place}/purpose");
        match question.purpose {
            Purpose::Identity if asked.contains(&question.kind) => findings.fault(at, Rule::SameIdentity),
            Purpose::Identity => asked.push(question.kind),
            Purpose::Newsletter if newsletter.is_some() => findings.fault(at, Rule::SameNewsletter),
            Purpose::Newsletter => newsletter = Some(at),
            Purpose::Answer if matches!(question.kind, Kind::Email | Kind::Phone | Kind::Name) => {
                findings.doubt(at, Doubt::NobodyIsFoundByIt);
            }
            Purpose::Answer => {}
        }
    }
    if let Some(at) = newsletter.filter(|_| !asked.contains(&Kind::Email)) {
        findings.fault(at, Rule::NewsletterToNobody);
    }
}

/// Each option comes back from a form as it is, and can be told from the others.
fn options(question: &Question, at: &str, findings: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, option) in question.options.iter().enumerate() {
        let at = format!("{at}/{place}");
        if tidy(question.kind, option) != *option {
            findings.fault(&at, Rule::Untidy);
        } else if !text::fits(option, question.limit()) {
            findings.fault(&at, Rule::LongOption(question.limit()));
        }
        if !seen.insert(as_read(option)) {
            findings.fault(at, Rule::SameOption);
        }
    }
    if question.options.len() == 1 {
        findings.doubt(at, Doubt::OneOption);
    }
}

/// A text as people tell it from another: not by its case, the width of its letters, its white space or what nobody sees.
fn as_read(text: &str) -> String {
    let seen: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| !text::is_unseen(*c)).collect();
    seen.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn longest(question: &Question) -> usize {
    match question.kind {
        Kind::Choice | Kind::Choices => question.options.iter().map(String::len).sum(),
        Kind::Text | Kind::Textarea if question.purpose == Purpose::Answer => text::largest(question.limit()),
        _ => 0,
    }
}
