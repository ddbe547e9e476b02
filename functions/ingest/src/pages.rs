//! Every page a resident sees.
//!
//! Plain data in, HTML out: nothing here knows the storage or the time. The patterns are those of
//! the GOV.UK Design System. There is no script, no inline style and no image, so the pages comply
//! with [`HEADERS`](custodian_web::http::HEADERS).

mod field;
mod given_back;
mod list;
mod message;
mod notice;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use askama::Template;

use custodian_domain::rights::confirmation::LINK;
use custodian_domain::rights::receipt::AnswerReceipt;
use custodian_domain::survey::{HONEYPOT_FIELD, PERSON_FIELD, Question, QuestionKind, TOKEN_FIELD};
use custodian_web::page::{Page, spoken, written};
use field::{Field, Mistake};
pub use given_back::{GivenBack, MOST_GIVEN_BACK, TypedField, given_back};
pub use list::{Listed, list};
pub use message::Message;
pub use notice::notice;

/// The stylesheet compressed with gzip, in base64: neither is done at run time.
pub const STYLESHEET_GZIP: &str = include_str!(concat!(env!("OUT_DIR"), "/custodian.css.gz.txt"));

/// The schema of a package's document.
pub const EXPORT_SCHEMA: &str = include_str!("../../../docs/export.schema.json");

/// The notice on a form that was open for too long.
pub const NOTICE_EXPIRED: &str =
    "This form was open for too long. Check your answers and send them again.";

/// The notice on a form with other questions than those that were answered; what fits is filled in.
pub const NOTICE_REWORDED: &str = "The questions have changed since you opened this form. Check your answers and send them again.";

/// The notice on a form whose answers could not be stored; they are still in it.
pub const NOTICE_NOT_SAVED: &str = "Your answers were not saved because of a problem on our side. They are still here: send them again.";

/// The notice on a form when its network has sent too much.
pub const NOTICE_TOO_MANY: &str = "Your answers are not saved yet, because a great many have come from your network \
    within the hour. They are still here: wait until the next hour begins, then send them again.";

/// The notice on a form with an unusable header: browsers send none.
pub const NOTICE_BAD_KEY: &str = "Your answers are not saved yet, because something on their way to us marked them in a way \
    that we cannot use. They are still here: send them again. If this page comes back, use another browser or another network.";

/// The notice on a form that was sent before, with other answers; these are still in it.
pub const NOTICE_CONFLICT: &str = "We already have other answers that were sent with this form, and keep those. \
    The answers below are not saved yet: to send them as well, use the button again.";

/// The notice on a form that looks as if a program had filled it in.
pub const NOTICE_DOUBTFUL: &str =
    "Your answers are not saved yet. They are still here: tell us that a person is sending them.";

/// The mistake on a form that nobody says a person is sending.
pub const MISTAKE_PERSON: &str = "Select ‘A person is sending these answers’";

/// The `cache-control` of an empty form. A browser's Back button shows it again with what was typed
/// and its token.
pub const CACHE_EMPTY_FORM: &str = "private, no-cache";

/// The `cache-control` of the stylesheet at the address in our pages, which changes with it.
pub const CACHE_THIS_STYLESHEET: &str = "public, max-age=31536000, immutable";

/// The `cache-control` of the stylesheet, and of what changes as rarely.
pub const CACHE_STYLESHEET: &str = "public, max-age=3600";

/// The `cache-control` of a page that is the same for everybody until the next deployment.
pub const CACHE_PLAIN_PAGE: &str = "public, max-age=300";

/// The `cache-control` of the list of open surveys.
pub const CACHE_LIST: &str = "public, max-age=60";

/// The `cache-control` of the missing icon.
pub const CACHE_NO_ICON: &str = "public, max-age=86400";

/// What was typed, by the name of the field in the form. A date's three fields are `{id}-day`,
/// `-month` and `-year`.
pub type Typed = BTreeMap<String, Vec<String>>;

/// One survey as a form, empty or returned with its errors.
#[derive(Clone, Debug)]
pub struct FormView {
    /// The survey's id, part of the address that the form is sent to.
    pub survey_id: String,
    /// The survey's title: the page's heading.
    pub title: String,
    /// The hidden token that makes a retry of this form the same answer.
    pub token: String,
    /// The questions in the survey's order.
    pub questions: Vec<QuestionView>,
    /// The mistakes, in the order of the summary.
    pub errors: Vec<FieldErrorView>,
    /// What is wrong with the form as a whole, such as [`NOTICE_EXPIRED`].
    pub notice: Option<String>,
    /// Whether the form asks if a person is sending it, and what they said.
    pub person: Option<bool>,
    /// What was typed for questions that are no longer asked: to be copied.
    pub no_longer_asked: Vec<TypedField>,
    /// The version of the privacy notice that it leads to.
    pub privacy_notice: &'static str,
}

/// One question with what was typed into it.
#[derive(Clone, Debug)]
pub struct QuestionView {
    /// The question itself.
    pub question: Question,
    /// What was typed, for this question or for the whole form.
    pub typed: Typed,
}

/// One mistake, in the summary and at its field.
#[derive(Clone, Debug)]
pub struct FieldErrorView {
    /// The question's id, or one of a date's three fields; anything else is in the summary only.
    pub field: String,
    /// What to do about it, as a sentence without a full stop.
    pub message: String,
}

#[derive(Template)]
#[template(path = "form.html", whitespace = "minimize")]
struct FormPage<'a> {
    page: Page<'a>,
    form: &'a FormView,
    refused: bool,
    fields: Vec<Field<'a>>,
    mistakes: Vec<Mistake<'a>>,
}

#[derive(Template)]
#[template(path = "thank_you.html", whitespace = "minimize")]
struct ThankYouPage<'a> {
    page: Page<'a>,
    title: Option<&'a str>,
    reference: &'a str,
    deleted_on: String,
    /// For how many days the link in the confirmation email works, if one comes.
    confirm_within: Option<i64>,
}

#[derive(Template)]
#[template(path = "accessibility.html", whitespace = "minimize")]
struct AccessibilityPage<'a> {
    page: Page<'a>,
}

/// The form of a survey. With errors or a notice its title begins with "Error: ".
#[must_use]
pub fn form(page: Page<'_>, form: &FormView) -> String {
    let fields = form
        .questions
        .iter()
        .map(|question| Field::new(question, &form.errors))
        .collect();
    let mistakes = form
        .errors
        .iter()
        .map(|error| Mistake::new(error, &form.questions))
        .collect();
    let refused = form.notice.is_some() || !form.errors.is_empty();
    written(&FormPage {
        page,
        form,
        refused,
        fields,
        mistakes,
    })
}

/// The page after an answer: the survey's title if it is known, the reference, the day on which it
/// is deleted, and whether an email will be sent.
#[must_use]
pub fn thank_you(page: Page<'_>, title: Option<&str>, receipt: &AnswerReceipt) -> String {
    let confirm_within = receipt.asks_to_confirm.then_some(LINK.num_days());
    let deleted_on = spoken(receipt.until);
    written(&ThankYouPage {
        page,
        title,
        reference: receipt.reference.as_str(),
        deleted_on,
        confirm_within,
    })
}

/// The accessibility statement.
#[must_use]
pub fn accessibility(page: Page<'_>) -> String {
    written(&AccessibilityPage { page })
}
