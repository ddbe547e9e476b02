//! Pages that only have a message.

use chrono::NaiveDate;
use custodian_web::page::{self, spoken};

/// The messages of a page without a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// There is no such survey.
    UnknownSurvey,
    /// There is no such page at all.
    NotFound,
    /// That version of the privacy notice never existed.
    UnknownNotice,
    /// The address says that an answer was stored, but it was not signed here.
    NoReceipt,
    /// The page does not support the request's method.
    Method,
    /// The answers could not be saved, and the form could not be rendered again.
    NotSaved,
    /// The survey opens later.
    NotYetOpen {
        /// The survey's title.
        title: String,
        /// The first day on which it can be answered.
        opens: NaiveDate,
    },
    /// The survey has closed.
    Closed {
        /// The survey's title.
        title: String,
        /// The day on which it closed.
        closed: NaiveDate,
    },
    /// The body is too large.
    TooLarge,
    /// The body is neither a form nor JSON.
    MediaType,
    /// The body cannot be read.
    Broken,
    /// The page could not be rendered.
    Unavailable,
}

impl Message {
    /// The HTTP status that goes with the page.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownSurvey | Self::NotFound | Self::UnknownNotice | Self::NoReceipt => 404,
            Self::Method => 405,
            Self::NotYetOpen { .. } | Self::Closed { .. } => 403,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Broken => 400,
            Self::NotSaved | Self::Unavailable => 503,
        }
    }

    /// What the page says: what happened, and what to do now.
    #[must_use]
    pub fn to_page(&self) -> page::Message {
        let of = page::Message::of;
        match self {
            Self::NotFound => page::Message::not_found(),
            Self::UnknownSurvey => of(
                "Survey not found",
                &[
                    "If you typed the web address, check it is correct.",
                    "If you followed a link, the survey may have been taken down.",
                ],
            ),
            Self::UnknownNotice => of(
                "Version not found",
                &[
                    "There is no version of our privacy notice that is called so.",
                    "The privacy notice that is in use lists the earlier ones.",
                ],
            ),
            Self::NoReceipt => of(
                "This page confirms nothing",
                &[
                    "The web address is not complete, or somebody changed it. We cannot confirm an answer by it.",
                    "If you have a reference, you can quote it to our Data Protection Officer.",
                    "If you typed or copied the web address, check it is all there.",
                ],
            ),
            Self::Method => of(
                "This page does not take what was sent",
                &[
                    "Nothing was saved.",
                    "If you typed the web address, check it is correct. To answer a survey, open its form first.",
                ],
            ),
            Self::NotSaved => of(
                "Sorry, your answers are not saved yet",
                &[
                    "This is a problem on our side. What you typed is below.",
                    "Send it again in a few minutes. It is saved once, however often you send it.",
                ],
            ),
            Self::NotYetOpen { title, opens } => {
                let from = format!("You can answer “{title}” from {}.", spoken(*opens));
                of("This survey is not open yet", &[&from, "Come back then."])
            }
            Self::Closed { title, closed } => {
                let closed = format!("“{title}” closed on {}.", spoken(*closed));
                let thanks = "Thank you for wanting to tell us what you think. We cannot take any more answers.";
                of("This survey is closed", &[&closed, thanks])
            }
            Self::TooLarge => of(
                "Your answers are too long",
                &[
                    "Your answers were not saved.",
                    "Go back to the form: what you typed should still be there. Make your longest answers shorter and send it again.",
                ],
            ),
            Self::MediaType => of(
                "We could not read your answers",
                &[
                    "They were sent in a form that we do not accept, and nothing was saved.",
                    "Use the form on our website to send them.",
                ],
            ),
            Self::Broken => of(
                "We could not read your answers",
                &[
                    "Something went wrong on the way to us, and nothing was saved.",
                    "Go back to the form: what you typed should still be there. Send it again.",
                ],
            ),
            Self::Unavailable => of(
                "Sorry, there is a problem with this page",
                &[
                    "This is a problem on our side.",
                    "Try again in a few minutes: reload this page.",
                ],
            ),
        }
    }
}
