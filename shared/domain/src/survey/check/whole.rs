//! What is wrong with the fields of a survey together, as far as they can be read.

use super::document::day;
use super::question::{LONGEST_OPTION, length};
use super::{Doubt, Findings, SurveyRule, no_line};
use crate::record::COMMENT;
use crate::survey::answers::tidy;
use crate::survey::{Purpose, QuestionKind, date_fields};
use crate::validation::notice;
use crate::validation::text;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// How many bytes of answers one record holds.
const TOGETHER: usize = 300_000;

/// A question, as far as it can be read.
struct QuestionOutline<'a> {
    /// Its address on the web.
    at: String,
    id: Option<&'a str>,
    label: Option<&'a str>,
    kind: Option<QuestionKind>,
    purpose: Option<Purpose>,
    options: &'a [Value],
    max_length: Option<usize>,
}

impl<'a> QuestionOutline<'a> {
    fn read((place, question): (usize, &'a Value)) -> Self {
        let text = |field: &str| question.get(field).and_then(Value::as_str);
        Self {
            at: format!("/questions/{place}"),
            id: text("id"),
            label: text("label"),
            kind: question
                .get("kind")
                .and_then(|kind| QuestionKind::deserialize(kind).ok()),
            purpose: question
                .get("purpose")
                .and_then(|purpose| Purpose::deserialize(purpose).ok()),
            options: question
                .get("options")
                .and_then(Value::as_array)
                .map_or(&[], Vec::as_slice),
            max_length: question.get("max_length").and_then(length),
        }
    }

    fn at(&self, field: &str) -> String {
        format!("{}/{field}", self.at)
    }

    /// Whether it asks, or may ask once it can be read, for the address of the newsletter.
    const fn may_ask_for_an_address(&self) -> bool {
        matches!(self.kind, None | Some(QuestionKind::Email))
            && matches!(self.purpose, None | Some(Purpose::Identity))
    }

    /// The longest answer to it, in bytes, if that is stored with the other answers.
    fn longest(&self) -> usize {
        match self.kind {
            Some(QuestionKind::Choice | QuestionKind::Choices) => self
                .options
                .iter()
                .filter_map(Value::as_str)
                .map(str::len)
                .sum(),
            Some(kind @ (QuestionKind::Text | QuestionKind::Textarea))
                if self.purpose == Some(Purpose::Answer) =>
            {
                text::largest(self.max_length.unwrap_or(kind.limit()))
            }
            _ => 0,
        }
    }
}

pub(super) fn check(document: &Value, findings: &mut Findings) {
    let opened = |field: &str| document.get(field).and_then(day);
    if opened("opens")
        .zip(opened("closes"))
        .is_some_and(|(opens, closes)| closes < opens)
    {
        findings.fault("/closes", SurveyRule::ClosesFirst);
    }
    let version = document.get("notice_version").and_then(Value::as_str);
    if version
        .and_then(notice::find)
        .is_some_and(|notice| notice != notice::CURRENT)
    {
        findings.doubt("/notice_version", Doubt::FormerNotice);
    }
    let Some(questions) = document.get("questions").and_then(Value::as_array) else {
        return;
    };
    let questions: Vec<QuestionOutline<'_>> = questions
        .iter()
        .enumerate()
        .map(QuestionOutline::read)
        .collect();
    fields(&questions, findings);
    purposes(&questions, findings);
    let mut labels = HashSet::new();
    let mut rated = false;
    for question in &questions {
        if question
            .label
            .is_some_and(|label| !labels.insert(as_read(label)))
        {
            findings.doubt(question.at("label"), Doubt::SameLabel);
        }
        if question.kind == Some(QuestionKind::Satisfaction) && std::mem::replace(&mut rated, true)
        {
            findings.doubt(question.at("kind"), Doubt::SecondRating);
        }
        let is_text = matches!(
            question.kind,
            None | Some(QuestionKind::Text | QuestionKind::Textarea)
        );
        if question.id == Some(COMMENT) && !is_text {
            findings.doubt(question.at("id"), Doubt::NotAComment);
        }
        options(question, findings);
    }
    if questions
        .iter()
        .map(QuestionOutline::longest)
        .sum::<usize>()
        > TOGETHER
    {
        findings.doubt("/questions", Doubt::LongTogether);
    }
}

/// Each answer has fields of its own.
fn fields(questions: &[QuestionOutline<'_>], findings: &mut Findings) {
    let dates = || {
        questions
            .iter()
            .filter(|question| question.kind == Some(QuestionKind::Date))
            .filter_map(|date| date.id)
    };
    let mut ids = HashSet::new();
    for question in questions {
        let Some(id) = question.id else { continue };
        if !ids.insert(id) {
            findings.fault(question.at("id"), SurveyRule::SameId);
        } else if let Some(date) =
            dates().find(|date| date_fields(date).iter().any(|field| field == id))
        {
            findings.fault(question.at("id"), SurveyRule::PartOfADate(date.to_owned()));
        }
    }
}

/// Each part of an identity has one question. So has the newsletter, which needs an address.
fn purposes(questions: &[QuestionOutline<'_>], findings: &mut Findings) {
    let mut asked = Vec::new();
    let mut newsletter = None;
    for question in questions {
        let at = question.at("purpose");
        match (question.purpose, question.kind) {
            (
                Some(Purpose::Identity),
                Some(kind @ (QuestionKind::Email | QuestionKind::Phone | QuestionKind::Name)),
            ) => {
                if asked.contains(&kind) {
                    findings.fault(at, SurveyRule::SameIdentity);
                } else {
                    asked.push(kind);
                }
            }
            (Some(Purpose::Newsletter), None | Some(QuestionKind::YesNo))
                if newsletter.is_some() =>
            {
                findings.fault(at, SurveyRule::SameNewsletter);
            }
            (Some(Purpose::Newsletter), None | Some(QuestionKind::YesNo)) => newsletter = Some(at),
            (
                Some(Purpose::Answer),
                Some(QuestionKind::Email | QuestionKind::Phone | QuestionKind::Name),
            ) => {
                findings.doubt(at, Doubt::NobodyIsFoundByIt);
            }
            _ => {}
        }
    }
    if let Some(at) = newsletter.filter(|_| {
        !questions
            .iter()
            .any(QuestionOutline::may_ask_for_an_address)
    }) {
        findings.fault(at, SurveyRule::NewsletterToNobody);
    }
}

/// Each option comes back from a form unchanged, and differs from the others.
fn options(question: &QuestionOutline<'_>, findings: &mut Findings) {
    let Some(kind @ (QuestionKind::Choice | QuestionKind::Choices)) = question.kind else {
        return;
    };
    let mut seen = HashSet::new();
    for (place, option) in question.options.iter().enumerate() {
        let Some(option) = option
            .as_str()
            .filter(|option| no_line(option, LONGEST_OPTION).is_none())
        else {
            continue;
        };
        let at = question.at(&format!("options/{place}"));
        if tidy(kind, option) != *option {
            findings.fault(&at, SurveyRule::Untidy);
        } else if !text::fits(option, kind.limit()) {
            findings.fault(&at, SurveyRule::LongOption(kind.limit()));
        }
        if !seen.insert(as_read(option)) {
            findings.fault(at, SurveyRule::SameOption);
        }
    }
    if question.options.len() == 1 {
        findings.doubt(question.at("options"), Doubt::OneOption);
    }
}

/// A text as people tell it from another: ignoring case, the width of letters, white space,
/// invisible characters, and which quotation marks and dashes a word processor made of those on the
/// keyboard.
fn as_read(text: &str) -> String {
    let seen: String = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !text::is_unseen(*c))
        .collect();
    let typed = |c| match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2BC}' | '`' | '\u{B4}' => '\'',
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{AB}' | '\u{BB}' => '"',
        c => c,
    };
    let seen: String = text::folded(&seen.nfkc().collect::<String>())
        .chars()
        .map(typed)
        .collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}
