//! A question as a field of the form: its controls, their descriptions, what was typed into it.

use super::{FieldErrorView, QuestionView};
use custodian_domain::survey::{Bound, PERSON_FIELD, Question, QuestionKind};

/// The five points of the domain's scale, as they are shown; the number is what is sent.
const SATISFACTION: [(&str, &str); 5] = [
    ("5", "Very satisfied"),
    ("4", "Satisfied"),
    ("3", "Neither satisfied nor dissatisfied"),
    ("2", "Dissatisfied"),
    ("1", "Very dissatisfied"),
];

const DATE_PARTS: [(&str, &str, &str); 3] = [
    ("day", "Day", "govuk-input--width-2"),
    ("month", "Month", "govuk-input--width-2"),
    ("year", "Year", "govuk-input--width-4"),
];

/// A question in the form that the template needs.
pub(super) struct Field<'a> {
    view: &'a QuestionView,
    errors: Vec<&'a FieldErrorView>,
}

/// A radio or a checkbox.
pub(super) struct Choice<'a> {
    pub id: String,
    pub value: &'a str,
    pub label: &'a str,
    pub checked: bool,
}

/// Day, month or year.
pub(super) struct DatePart<'a> {
    pub name: String,
    pub label: &'static str,
    pub width: &'static str,
    pub value: &'a str,
    pub wrong: bool,
}

impl<'a> Field<'a> {
    pub fn new(view: &'a QuestionView, errors: &'a [FieldErrorView]) -> Self {
        let errors = errors
            .iter()
            .filter(|error| view.anchor(&error.field).is_some())
            .collect();
        Self { view, errors }
    }

    pub fn id(&self) -> &'a str {
        &self.view.question.id
    }

    pub fn kind(&self) -> QuestionKind {
        self.view.question.kind
    }

    /// Whether several controls answer it, so that it is a fieldset with a legend.
    pub fn is_group(&self) -> bool {
        matches!(
            self.kind(),
            QuestionKind::Satisfaction
                | QuestionKind::Choice
                | QuestionKind::Choices
                | QuestionKind::YesNo
                | QuestionKind::Date
        )
    }

    pub fn label(&self) -> String {
        let Question {
            label, required, ..
        } = &self.view.question;
        if *required {
            label.clone()
        } else {
            format!("{label} (optional)")
        }
    }

    pub fn hint(&self) -> Option<String> {
        let usual = match self.kind() {
            QuestionKind::Choices => Some("Select all that apply."),
            QuestionKind::Date => Some("For example, 27 3 2026"),
            _ => None,
        };
        match (&self.view.question.hint, usual) {
            (Some(own), Some(usual)) if self.kind() == QuestionKind::Choices => {
                Some(format!("{own} {usual}"))
            }
            (Some(own), _) => Some(own.clone()),
            (None, usual) => usual.map(str::to_owned),
        }
    }

    pub fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    pub fn mistake(&self) -> Option<String> {
        let messages: Vec<_> = self
            .errors
            .iter()
            .map(|error| error.message.as_str())
            .collect();
        (!messages.is_empty()).then(|| messages.join(". "))
    }

    /// The limit that a textarea shows, with a comma for thousands: 1,250.
    pub fn limit(&self) -> Option<String> {
        (self.kind() == QuestionKind::Textarea)
            .then(|| thousands(&self.view.question.limit().to_string()))
    }

    /// The ids of what a screen reader reads after the label.
    pub fn described_by(&self) -> Option<String> {
        let parts = [
            self.hint().map(|_| "hint"),
            self.is_wrong().then_some("error"),
            self.limit().map(|_| "limit"),
        ];
        let ids: Vec<_> = parts
            .into_iter()
            .flatten()
            .map(|part| format!("{}-{part}", self.id()))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    pub fn value(&self) -> &'a str {
        self.view.first_typed(self.id())
    }

    /// The attributes for the right keyboard and the right suggestion.
    pub fn typing(&self) -> &'static str {
        match self.kind() {
            QuestionKind::Number if self.view.is_of_digits() => {
                r#"type="text" inputmode="numeric" spellcheck="false" autocomplete="off""#
            }
            QuestionKind::Number => r#"type="text" spellcheck="false" autocomplete="off""#,
            QuestionKind::Email => {
                r#"type="email" autocomplete="email" autocapitalize="none" spellcheck="false""#
            }
            QuestionKind::Phone => r#"type="tel" autocomplete="tel""#,
            QuestionKind::Name => {
                r#"type="text" autocomplete="name" spellcheck="false" dir="auto""#
            }
            _ => r#"type="text" dir="auto""#,
        }
    }

    pub fn width(&self) -> Option<&'static str> {
        match (self.kind(), self.view.question.limit()) {
            (QuestionKind::Number, _) => Some("govuk-input--width-5"),
            (QuestionKind::Text, ..=10) => Some("govuk-input--width-10"),
            (QuestionKind::Phone, _) | (QuestionKind::Text, ..=20) => Some("govuk-input--width-20"),
            _ => None,
        }
    }

    /// The radios or checkboxes; the first has the question's own id, to which the summary's link
    /// leads.
    pub fn choices(&self) -> Vec<Choice<'a>> {
        let question = &self.view.question;
        let pairs: Vec<(&str, &str)> = match self.kind() {
            QuestionKind::Satisfaction => SATISFACTION.to_vec(),
            QuestionKind::YesNo => vec![("yes", "Yes"), ("no", "No")],
            _ => question
                .options
                .iter()
                .map(|option| (option.as_str(), option.as_str()))
                .collect(),
        };
        let typed = self.view.typed.get(&question.id);
        let typed = typed.map_or(&[][..], Vec::as_slice);
        pairs
            .into_iter()
            .enumerate()
            .map(|(place, (value, label))| Choice {
                id: if place == 0 {
                    question.id.clone()
                } else {
                    format!("{}-{}", question.id, place + 1)
                },
                value,
                label,
                checked: typed.iter().any(|typed| typed == value),
            })
            .collect()
    }

    /// The three fields of a date. A mistake about one of them marks that one. Any other marks all.
    pub fn date_parts(&self) -> Vec<DatePart<'a>> {
        let whole = self.errors.iter().any(|error| error.field == self.id());
        DATE_PARTS
            .into_iter()
            .map(|(part, label, width)| {
                let name = format!("{}-{part}", self.id());
                let wrong = whole || self.errors.iter().any(|error| error.field == name);
                DatePart {
                    value: self.view.first_typed(&name),
                    name,
                    label,
                    width,
                    wrong,
                }
            })
            .collect()
    }
}

/// A line of the error summary.
pub(super) struct Mistake<'a> {
    pub anchor: Option<String>,
    pub message: &'a str,
}

impl<'a> Mistake<'a> {
    pub fn new(error: &'a FieldErrorView, questions: &[QuestionView]) -> Self {
        let own = (error.field == PERSON_FIELD).then(|| PERSON_FIELD.to_owned());
        let anchor = questions
            .iter()
            .find_map(|question| question.anchor(&error.field))
            .or(own);
        Self {
            anchor,
            message: &error.message,
        }
    }
}

impl QuestionView {
    /// The id of the control that a mistake in `field` leads to, if it is a field of this question.
    fn anchor(&self, field: &str) -> Option<String> {
        let is_part = |part: &str| {
            field
                .strip_prefix(&*self.question.id)
                .and_then(|rest| rest.strip_prefix('-'))
                == Some(part)
        };
        match self.question.kind {
            QuestionKind::Date if field == self.question.id => {
                Some(format!("{}-day", self.question.id))
            }
            QuestionKind::Date if DATE_PARTS.iter().any(|(part, ..)| is_part(part)) => {
                Some(field.to_owned())
            }
            _ => (field == self.question.id).then(|| field.to_owned()),
        }
    }

    /// Whether a number has no sign and no decimals, so that a numeric keypad is enough.
    fn is_of_digits(&self) -> bool {
        let least = self.question.min.and_then(Bound::number);
        self.question.whole && least.is_some_and(|least| least >= 0.0)
    }

    fn first_typed(&self, name: &str) -> &str {
        self.typed
            .get(name)
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }
}

fn thousands(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
