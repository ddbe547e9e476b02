//! The form's own fields, as they came back: its token, its trap, and the question that it asks of
//! whoever stepped into it.

use crate::sheet;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::survey::answers::FormData;
use custodian_domain::survey::form_token::{FormTokens, HandedOut};
use custodian_domain::survey::{FORMER_HONEYPOT_FIELD, HONEYPOT_FIELD, PERSON_FIELD, TOKEN_FIELD};

/// A form that comes back sooner was not filled in by a person, unless one says so.
pub const TYPING: TimeDelta = TimeDelta::seconds(2);

/// What a form says beside the answers; a program that sends JSON has nothing of it.
#[derive(Debug, Default)]
pub struct Own {
    /// The form's token.
    pub token: Option<String>,
    /// When the form was handed out and what it showed, if the token is one of ours and was made
    /// for this survey.
    pub handed_out: Option<HandedOut>,
    /// The field was filled in that people do not see.
    pub trapped: bool,
    /// A person says that they are one.
    pub person: bool,
}

impl Own {
    /// Takes them out of what a person sent.
    pub fn take(sheet: &mut FormData) -> Self {
        let mut filled = |field| sheet::take(sheet, field).is_some();
        let (now, before, person) = (
            filled(HONEYPOT_FIELD),
            filled(FORMER_HONEYPOT_FIELD),
            filled(PERSON_FIELD),
        );
        Self {
            token: sheet::take(sheet, TOKEN_FIELD),
            handed_out: None,
            trapped: now || before,
            person,
        }
    }

    /// Looks at the token, now that the survey is known.
    pub fn look_at(&mut self, tokens: &FormTokens, survey: &str, now: DateTime<Utc>) {
        self.handed_out = self
            .token
            .as_deref()
            .and_then(|token| tokens.read(survey, token, now).ok());
    }

    /// Whether it looks as if a program had sent it, and nobody says otherwise.
    pub fn is_doubtful(&self, now: DateTime<Utc>) -> bool {
        let too_fast = self
            .handed_out
            .as_ref()
            .is_some_and(|form| (TimeDelta::zero()..TYPING).contains(&(now - form.at)));
        (self.trapped || too_fast) && !self.person
    }
}
