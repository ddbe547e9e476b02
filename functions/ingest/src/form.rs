//! A survey as a form, with what was typed into it.

use crate::pages::{self, FieldErrorView, FormView, GivenBack, QuestionView, Typed, TypedField};
use custodian_domain::survey::answers::{self, AnswerRule, FormData, RawValue, nameable};
use custodian_domain::survey::{Question, QuestionKind, Survey, TOKEN_FIELD};
use custodian_domain::validation::notice;
use custodian_domain::validation::text;
use custodian_domain::validation::violation::Violation;
use std::borrow::Cow;

/// The empty form.
pub fn empty(survey: &Survey, token: String) -> FormView {
    filled(survey, token, &Typed::new(), &[], None)
}

/// The form as it was sent, with its errors.
pub fn filled(
    survey: &Survey,
    token: String,
    typed: &Typed,
    faults: &[Violation<AnswerRule>],
    notice: Option<&str>,
) -> FormView {
    FormView {
        survey_id: survey.id.clone(),
        title: survey.title.clone(),
        token,
        questions: survey
            .questions
            .iter()
            .map(|question| view(question, typed))
            .collect(),
        errors: faults.iter().map(|fault| error(survey, fault)).collect(),
        notice: notice.map(str::to_owned),
        person: None,
        no_longer_asked: Vec::new(),
        // The form leads to the notice that the record will name.
        privacy_notice: notice::find(&survey.notice_version)
            .unwrap_or(notice::CURRENT)
            .version,
    }
}

/// What was typed for questions that the survey no longer has.
pub fn no_longer_asked(survey: &Survey, typed: &Typed) -> Vec<TypedField> {
    let is_part = |question: &Question, field: &String| question.date_fields().contains(field);
    let asked = |field: &String| {
        survey
            .questions
            .iter()
            .any(|one| one.id == *field || is_part(one, field))
    };
    let rest = typed
        .iter()
        .filter(|(field, _)| !asked(field))
        .flat_map(|(field, texts)| texts.iter().map(move |text| (field, text)));
    let rest = rest
        .filter(|(_, text)| !text.trim().is_empty())
        .take(pages::MOST_GIVEN_BACK);
    rest.map(|(field, text)| TypedField {
        name: None,
        label: nameable(field).to_owned(),
        value: text.clone(),
    })
    .collect()
}

/// What was typed, by question if the survey is known; else field by field, so that it can be sent
/// again as it came.
pub fn given_back(
    action: String,
    survey: Option<&Survey>,
    token: Option<&str>,
    typed: &Typed,
) -> GivenBack {
    let texts = |field: &str| {
        typed
            .get(field)
            .into_iter()
            .flatten()
            .filter(|text| !text.trim().is_empty())
    };
    let of_question = |question: &Question| {
        let parts = question.date_fields();
        let named = std::iter::once(question.id.as_str()).chain(parts.iter().map(String::as_str));
        let between = if question.kind == QuestionKind::Choices {
            ", "
        } else {
            " "
        };
        let value = named
            .flat_map(texts)
            .map(|sent| as_shown(question.kind, sent))
            .collect::<Vec<_>>()
            .join(between);
        TypedField {
            name: None,
            label: question.label.clone(),
            value,
        }
    };
    let of_field = |field: &str, text: &String| TypedField {
        name: Some(field.to_owned()),
        label: nameable(field).to_owned(),
        value: text.clone(),
    };
    let fields: Vec<TypedField> = if let Some(survey) = survey {
        survey
            .questions
            .iter()
            .map(of_question)
            .filter(|field| !field.value.is_empty())
            .collect()
    } else {
        let fields = typed
            .iter()
            .flat_map(|(field, texts)| texts.iter().map(|text| of_field(field, text)));
        fields
            .filter(|field| !field.value.trim().is_empty())
            .take(pages::MOST_GIVEN_BACK + 1)
            .collect()
    };
    let token = token.map(|token| (TOKEN_FIELD, token.to_owned()));
    GivenBack {
        action,
        token,
        fields,
    }
}

/// What was sent, in the words of the option.
fn as_shown(kind: QuestionKind, sent: &str) -> Cow<'_, str> {
    let point = || sent.trim().parse().ok().and_then(answers::point);
    match (kind, sent) {
        (QuestionKind::Satisfaction, _) => {
            point().map_or(Cow::Borrowed(sent), |point| point.label().into())
        }
        (QuestionKind::YesNo, "yes") => "Yes".into(),
        (QuestionKind::YesNo, "no") => "No".into(),
        _ => sent.into(),
    }
}

/// What was typed, for filling in again, without invisible characters; JSON fills in nothing.
pub fn typed(form_data: &FormData) -> Typed {
    let texts = form_data.iter().filter_map(|(field, given)| match given {
        RawValue::Texts(texts) => Some((
            field.clone(),
            texts.iter().map(|text| text::lines(text)).collect(),
        )),
        _ => None,
    });
    texts.collect()
}

fn view(question: &Question, typed: &Typed) -> QuestionView {
    QuestionView {
        question: question.clone(),
        typed: typed_for(question, typed),
    }
}

/// What was typed for a question, cleaned as it will be stored: nobody can remove what they cannot
/// see.
fn typed_for(question: &Question, typed: &Typed) -> Typed {
    let [day, month, year] = question.date_fields();
    let fields = match question.kind {
        QuestionKind::Date => vec![day, month, year],
        _ => vec![question.id.clone()],
    };
    let cleaned = |texts: &Vec<String>| {
        texts
            .iter()
            .map(|text| answers::tidy(question.kind, text))
            .collect()
    };
    fields
        .into_iter()
        .filter_map(|field| typed.get(&field).map(cleaned).map(|texts| (field, texts)))
        .collect()
}

/// A fault in the words of the GOV.UK error message pattern: what to do, and for which question.
fn error(survey: &Survey, fault: &Violation<AnswerRule>) -> FieldErrorView {
    let question = survey
        .questions
        .iter()
        .find(|question| has_field(question, &fault.field));
    let message = match question {
        Some(question) => message(question, fault.rule),
        None if fault.field == answers::UNNAMED => {
            "The form had other fields that are not part of this survey".to_owned()
        }
        None => format!(
            "The form had a field that is not part of this survey: {}",
            fault.field
        ),
    };
    FieldErrorView {
        field: fault.field.clone(),
        message,
    }
}

/// Whether a field is a question's own, or one of a date's three fields.
fn has_field(question: &Question, field: &str) -> bool {
    question.id == field
        || (question.kind == QuestionKind::Date
            && question.date_fields().iter().any(|part| part == field))
}

fn message(question: &Question, rule: AnswerRule) -> String {
    let label = &question.label;
    let selects = matches!(
        question.kind,
        QuestionKind::Satisfaction
            | QuestionKind::Choice
            | QuestionKind::Choices
            | QuestionKind::YesNo
    );
    match rule {
        AnswerRule::Required if selects => format!("Select an answer to ‘{label}’"),
        AnswerRule::Required => format!("Enter an answer to ‘{label}’"),
        AnswerRule::Length(limit) => format!("‘{label}’ must be {limit} characters or fewer"),
        AnswerRule::Rating | AnswerRule::Choice | AnswerRule::YesNo => {
            format!("Select one of the answers to ‘{label}’")
        }
        AnswerRule::Email => {
            "Enter an email address in the correct format, like name@example.org".to_owned()
        }
        AnswerRule::Address if question.kind == QuestionKind::Email => {
            "Enter your email address, so that we can send you the newsletter".to_owned()
        }
        AnswerRule::Address => {
            format!("Select ‘No’ for ‘{label}’: this survey cannot take an email address")
        }
        AnswerRule::Phone => {
            "Enter a telephone number, like 01305 221000 or 07700 900982".to_owned()
        }
        AnswerRule::Once => format!("Enter one answer to ‘{label}’"),
        AnswerRule::Unknown => format!(
            "The form had a field that is not part of this survey: {}",
            question.id
        ),
        // A problem with a number, a date or a text reads the same for a program and for a person.
        rule => format!("‘{label}’ {rule}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{empty, filled, typed};
    use crate::pages::{self, tests::site};
    use custodian_domain::survey::Survey;
    use custodian_domain::survey::answers::{FormData, RawValue, check};
    use custodian_web::page::Page;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_form_that_comes_back_is_no_larger_than_the_form_and_what_was_typed_into_it(
            fields in proptest::collection::vec(("satisfaction|visits|decided_on|decided_on-(day|month|year)|comment|[a-z]{1,50}|.{0,50}", "[<>&\"'a\\PC]{0,200}", 1_usize..40), 0..60)
        ) {
            let survey = Survey::parse(include_str!("../../../surveys/planning-application.json")).unwrap();
            let (mut form_data, mut sent) = (FormData::new(), 0);
            for (field, value, times) in fields {
                sent += (field.len() + value.len()) * times;
                form_data.insert(field, RawValue::Texts(vec![value; times]));
            }
            let typed = typed(&form_data);
            let site = site();
            let faults = check(&survey, form_data, "2026-11-23".parse().unwrap()).err().unwrap_or_default();
            let page = |view| pages::form(Page::of(&site), &view).len();
            let (plain, full) = (page(empty(&survey, "t".into())), page(filled(&survey, "t".into(), &typed, &faults, None)));
            // A character of HTML takes five bytes.
            prop_assert!(full <= plain + 5 * sent + 16 * 1024, "{} bytes of {}", full, sent);
        }
    }
}
