//! Every refusal, as a page for a person and a problem document for a program.

use crate::pages::{self, GivenBack, Message};
use chrono::{NaiveDate, TimeDelta};
use custodian_aws::StorageError;
use custodian_domain::survey::answers::AnswerRule;
use custodian_domain::validation::violation::Violation;
use custodian_web::http;
use custodian_web::http::header::{ALLOW, HeaderValue};
use custodian_web::http::{Response, StatusCode};
use custodian_web::page::{self as frame, Page};
use custodian_web::problem::Problem;

/// How many seconds to wait before sending again what could not be stored.
const SOON: i64 = 5;

/// Why a request is refused.
#[derive(Debug)]
pub enum Rejection {
    /// There is nothing at this address.
    NotFound,
    /// This address supports these methods, and no other.
    Method(&'static str),
    /// That version of the privacy notice never existed.
    UnknownNotice,
    /// This address of a thank-you page was not signed here.
    NoReceipt,
    /// There is no such survey.
    UnknownSurvey,
    /// The survey opens later.
    NotYetOpen { title: String, opens: NaiveDate },
    /// The survey has closed.
    Closed { title: String, closed: NaiveDate },
    /// The body is too large.
    TooLarge,
    /// The body is neither a form nor JSON.
    MediaType,
    /// The body cannot be read in its declared format.
    Broken,
    /// The header `Idempotency-Key` is not a key that nobody can guess.
    BadKey,
    /// Some answers break a rule.
    Faults(Vec<Violation<AnswerRule>>),
    /// The token is not one of ours. Only a form has one.
    ForeignToken,
    /// The form showed a version of long ago, or an unknown one; only a form has a version.
    Reworded,
    /// It looks as if a program had filled in a person's form.
    Doubtful,
    /// Another answer was stored under the same key.
    Conflict,
    /// One client has sent more within the hour than it may.
    TooMany { wait: TimeDelta },
    /// DynamoDB does not answer.
    Unavailable(StorageError),
}

impl From<StorageError> for Rejection {
    fn from(error: StorageError) -> Self {
        Self::Unavailable(error)
    }
}

impl Rejection {
    /// The response to a person, or to a program.
    pub fn into_response(self, page: Page<'_>, program: bool) -> Response {
        self.log();
        let status = self.status();
        let (wait, allows) = (self.wait(), self.allows());
        let mut response = if program {
            self.problem(status).into_response()
        } else {
            http::status(
                frame::never_cached(frame::message(page, &self.message().to_page())),
                status,
            )
        };
        if let Some(allows) = allows {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static(allows));
        }
        match wait {
            Some(seconds) => http::retry_after(response, seconds),
            None => response,
        }
    }

    /// After how many seconds the same may be sent again, if that makes sense.
    pub fn wait(&self) -> Option<i64> {
        match self {
            Self::Unavailable(_) => Some(SOON),
            Self::TooMany { wait } => Some(wait.num_seconds()),
            _ => None,
        }
    }

    /// The response to a person who sent answers, with what they typed.
    pub fn give_back(self, page: Page<'_>, given_back: &GivenBack) -> Response {
        self.log();
        let (status, waits) = (self.status(), matches!(self, Self::Unavailable(_)));
        let message = if waits {
            Message::NotSaved
        } else {
            self.message()
        };
        let html = pages::given_back(page, &message, given_back);
        let response = http::status(frame::never_cached(html), status);
        if waits {
            http::retry_soon(response)
        } else {
            response
        }
    }

    fn log(&self) {
        if let Self::Unavailable(error) = self {
            tracing::error!(error = %error, outcome = "unavailable", "storage");
        }
    }

    const fn allows(&self) -> Option<&'static str> {
        match self {
            Self::Method(allows) => Some(allows),
            _ => None,
        }
    }

    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownNotice | Self::NoReceipt | Self::UnknownSurvey => {
                StatusCode::NOT_FOUND
            }
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotYetOpen { .. } | Self::Closed { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken | Self::BadKey => StatusCode::BAD_REQUEST,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Faults(_)
            | Self::ForeignToken
            | Self::Reworded
            | Self::Doubtful
            | Self::Conflict => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn problem(self, status: StatusCode) -> Problem {
        let new = |name, title| Problem::new(status, name, title);
        match self {
            Self::NotFound | Self::UnknownNotice => new("not-found", "There is nothing at this address"),
            Self::NoReceipt => new("no-receipt", "This address was not written here and confirms nothing"),
            Self::Method(allows) => {
                new("method", "This method is not answered here").detail(format!("Use {allows}."))
            }
            Self::UnknownSurvey => new("unknown-survey", "There is no such survey"),
            Self::NotYetOpen { opens, .. } => {
                new("survey-not-open", "This survey is not open yet").detail(format!("It opens on {opens}."))
            }
            Self::Closed { closed, .. } => {
                new("survey-closed", "This survey is closed").detail(format!("Its last day was {closed}."))
            }
            Self::TooLarge => new("too-large", "The body is too large")
                .detail("Make the longest answers shorter: together they are more than this survey takes."),
            Self::MediaType => new("media-type", "This media type is not taken")
                .detail("Send application/json or application/x-www-form-urlencoded, in UTF-8, not compressed."),
            Self::Broken => new("broken-body", "The body cannot be read as what its content type says"),
            Self::BadKey => new("idempotency-key", "The Idempotency-Key cannot be used")
                .detail("The header Idempotency-Key must be a random UUID (RFC 9562, version 4 or 7), which nobody guesses; or leave it out."),
            Self::Faults(faults) => {
                new("invalid-answers", "Some answers cannot be taken").violations(faults, |rule| rule.name())
            }
            Self::ForeignToken => new("form-token", "The submission_token is not one that was handed out"),
            Self::Reworded => new("form-version", "The survey asks something else by now")
                .detail("Get the form again, and send the answers under its submission_token."),
            Self::Doubtful => new("doubtful", "This looks as if a program had filled in a form that is for people")
                .detail("Nothing was saved. Send application/json instead; or, as a person, sent_by_a_person=yes beside the answers."),
            Self::Conflict => new("conflict", "Another answer was sent under the same key before")
                .detail("The first answer is kept. Send this one under a key of its own."),
            Self::TooMany { .. } => new("too-many", "Too much has been sent from this network within the hour")
                .detail("Send the same again after as many seconds as Retry-After says."),
            Self::Unavailable(_) => new("unavailable", "This cannot be done at the moment")
                .detail("Nothing was lost that was accepted. Send the same again, with the same Idempotency-Key."),
        }
    }

    fn message(self) -> Message {
        match self {
            Self::NotFound => Message::NotFound,
            Self::Method(_) => Message::Method,
            Self::UnknownNotice => Message::UnknownNotice,
            Self::NoReceipt => Message::NoReceipt,
            Self::UnknownSurvey => Message::UnknownSurvey,
            Self::NotYetOpen { title, opens } => Message::NotYetOpen { title, opens },
            Self::Closed { title, closed } => Message::Closed { title, closed },
            Self::TooLarge => Message::TooLarge,
            Self::MediaType => Message::MediaType,
            // For these the form comes back.
            Self::Broken
            | Self::BadKey
            | Self::Faults(_)
            | Self::ForeignToken
            | Self::Reworded
            | Self::Doubtful
            | Self::Conflict
            | Self::TooMany { .. } => Message::Broken,
            Self::Unavailable(_) => Message::Unavailable,
        }
    }
}
