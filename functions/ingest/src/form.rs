//! A survey, and what was typed into it, as the form that a person sees.

use crate::pages::{self, FieldErrorView, FormView, QuestionView, Typed};
use shared::domain::answers::{Fault, Given, Rule, Sheet};
use shared::domain::survey::{Kind, Question, Survey};

/// The empty form.
pub fn empty(survey: &Survey, token: String) -> FormView {
    filled(survey, token, &Typed::new(), &[], None)
}

/// The form as it was sent, with what is wrong.
pub fn filled(survey: &Survey, token: String, typed: &Typed, faults: &[Fault], notice: Option<&str>) -> FormView {
    FormView {
        survey_id: survey.id.clone(),
        title: survey.title.clone(),
        token,
        questions: survey.questions.iter().map(|question| view(question, typed)).collect(),
        errors: faults.iter().map(|fault| error(survey, fault)).collect(),
        notice: notice.map(str::to_owned),
    }
}

/// What was typed, for filling it in again; JSON fills in nothing.
pub fn typed(sheet: &Sheet) -> Typed {
    let texts = sheet.iter().filter_map(|(field, given)| match given {
        Given::Texts(texts) => Some((field.clone(), texts.clone())),
        _ => None,
    });
    texts.collect()
}

fn view(question: &Question, typed: &Typed) -> QuestionView {
    QuestionView {
        id: question.id.clone(),
        label: question.label.clone(),
        hint: question.hint.clone(),
        kind: kind(question.kind),
        required: question.required,
        options: question.options.clone(),
        max_length: Some(question.limit()),
        typed: typed.clone(),
    }
}

const fn kind(kind: Kind) -> pages::Kind {
    match kind {
        Kind::Satisfaction => pages::Kind::Satisfaction,
        Kind::Text => pages::Kind::Text,
        Kind::Textarea => pages::Kind::Textarea,
        Kind::Choice => pages::Kind::Choice,
        Kind::Choices => pages::Kind::Choices,
        Kind::YesNo => pages::Kind::YesNo,
        Kind::Number => pages::Kind::Number,
        Kind::Date => pages::Kind::Date,
        Kind::Email => pages::Kind::Email,
        Kind::Phone => pages::Kind::Phone,
        Kind::Name => pages::Kind::Name,
    }
}

/// A fault in the words of the GOV.UK error message pattern: what to do, and for which question.
fn error(survey: &Survey, fault: &Fault) -> FieldErrorView {
    let question = survey.questions.iter().find(|question| question.id == fault.field);
    let message = question.map_or_else(
        || "The form had a field that is not part of this survey".to_owned(),
        |question| message(question, fault.rule),
    );
    FieldErrorView { field: fault.field.clone(), message }
}

fn message(question: &Question, rule: Rule) -> String {
    let label = &question.label;
    let selects = matches!(question.kind, Kind::Satisfaction | Kind::Choice | Kind::Choices | Kind::YesNo);
    match rule {
        Rule::Required if selects => format!("Select an answer to ‘{label}’"),
        Rule::Required => format!("Enter an answer to ‘{label}’"),
        Rule::Length(limit) => format!("‘{label}’ must be {limit} characters or fewer"),
        Rule::Rating | Rule::Choice | Rule::YesNo => format!("Select one of the answers to ‘{label}’"),
        Rule::Number => format!("‘{label}’ must be a number, like 3"),
        Rule::Date => format!("‘{label}’ must be a real date, like 27 3 2026"),
        Rule::Email => "Enter an email address in the correct format, like name@example.org".to_owned(),
        Rule::Phone => "Enter a telephone number, like 01305 221000 or 07700 900982".to_owned(),
        Rule::Once => format!("Enter one answer to ‘{label}’"),
        Rule::Text | Rule::Unknown => format!("‘{label}’ must be text"),
    }
}
