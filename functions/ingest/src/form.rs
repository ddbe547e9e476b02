//! A survey, and what was typed into it, as the form that a person sees.

use crate::pages::{self, FieldErrorView, FormView, GivenBack, QuestionView, Typed, TypedField};
use shared::domain::answers::{Fault, Given, Rule, Sheet, nameable};
use shared::domain::notice;
use shared::domain::survey::{Kind, Question, Survey, TOKEN_FIELD};

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
        person: None,
        no_longer_asked: Vec::new(),
        // What a record says that the person was shown is what the form leads to.
        privacy_notice: notice::find(&survey.notice_version).unwrap_or(notice::CURRENT).version,
    }
}

/// What was typed for questions that the survey does not have any more.
pub fn no_longer_asked(survey: &Survey, typed: &Typed) -> Vec<TypedField> {
    let is_part = |question: &Question, field: &String| question.date_fields().contains(field);
    let asked = |field: &String| survey.questions.iter().any(|one| one.id == *field || is_part(one, field));
    let rest = typed
        .iter()
        .filter(|(field, _)| !asked(field))
        .flat_map(|(field, texts)| texts.iter().map(move |text| (field, text)));
    let rest = rest.filter(|(_, text)| !text.trim().is_empty()).take(pages::MOST_GIVEN_BACK);
    rest.map(|(field, text)| TypedField { name: None, label: nameable(field).to_owned(), value: text.clone() })
        .collect()
}

/// What was typed, by question where the survey is known; else field by field, so that it can be sent again as it came.
pub fn given_back(action: String, survey: Option<&Survey>, token: Option<&str>, typed: &Typed) -> GivenBack {
    let texts = |field: &str| typed.get(field).into_iter().flatten().filter(|text| !text.trim().is_empty());
    let of_question = |question: &Question| {
        let parts = question.date_fields();
        let named = std::iter::once(question.id.as_str()).chain(parts.iter().map(String::as_str));
        let between = if question.kind == Kind::Choices { ", " } else { " " };
        let value = named.flat_map(texts).map(String::as_str).collect::<Vec<_>>().join(between);
        TypedField { name: None, label: question.label.clone(), value }
    };
    let of_field = |field: &str, text: &String| TypedField {
        name: Some(field.to_owned()),
        label: nameable(field).to_owned(),
        value: text.clone(),
    };
    let fields: Vec<TypedField> = if let Some(survey) = survey {
        survey.questions.iter().map(of_question).filter(|field| !field.value.is_empty()).collect()
    } else {
        let fields = typed.iter().flat_map(|(field, texts)| texts.iter().map(|text| of_field(field, text)));
        fields.filter(|field| !field.value.trim().is_empty()).take(pages::MOST_GIVEN_BACK + 1).collect()
    };
    let token = token.map(|token| (TOKEN_FIELD, token.to_owned()));
    GivenBack { action, token, fields }
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
        Rule::Address if question.kind == Kind::Email => {
            "Enter your email address, so that we can send you the newsletter".to_owned()
        }
        Rule::Address => format!("Select ‘No’ for ‘{label}’: this survey cannot take an email address"),
        Rule::Phone => "Enter a telephone number, like 01305 221000 or 07700 900982".to_owned(),
        Rule::Once => format!("Enter one answer to ‘{label}’"),
        Rule::Text | Rule::Unknown => format!("‘{label}’ must be text"),
    }
}
