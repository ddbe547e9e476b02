//! The form's own fields, as they came back: its token, its trap, and its question to anybody who
//! filled in the trap.

use crate::form_data;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_domain::survey::answers::FormData;
use custodian_domain::survey::form_token::{FormTokens, HandedOut};
use custodian_domain::survey::{FORMER_HONEYPOT_FIELD, HONEYPOT_FIELD, PERSON_FIELD, TOKEN_FIELD};

/// A form that comes back sooner was not filled in by a person, unless the sender says so.
pub const TYPING: TimeDelta = TimeDelta::seconds(2);

/// The form's own fields; a program that sends JSON has none of them.
#[derive(Debug, Default)]
pub struct FormFields {
    /// The form's token.
    pub token: Option<String>,
    /// When the form was handed out and what it showed, if the token is one of ours and was made
    /// for this survey.
    pub handed_out: Option<HandedOut>,
    /// Whether the field that people do not see was filled in.
    pub trapped: bool,
    /// Whether the sender says that they are a person.
    pub person: bool,
}

impl FormFields {
    /// Takes these fields out of what a person sent.
    pub fn take(form_data: &mut FormData) -> Self {
        let mut filled = |field| form_data::take(form_data, field).is_some();
        let (now, before, person) = (
            filled(HONEYPOT_FIELD),
            filled(FORMER_HONEYPOT_FIELD),
            filled(PERSON_FIELD),
        );
        Self {
            token: form_data::take(form_data, TOKEN_FIELD),
            handed_out: None,
            trapped: now || before,
            person,
        }
    }

    /// Checks the token, now that the survey is known.
    pub fn look_at(&mut self, tokens: &FormTokens, survey: &str, now: DateTime<Utc>) {
        self.handed_out = self
            .token
            .as_deref()
            .and_then(|token| tokens.read(survey, token, now).ok());
    }

    /// Whether it looks as if a program had sent it, and the sender does not say otherwise.
    pub fn is_doubtful(&self, now: DateTime<Utc>) -> bool {
        let too_fast = self
            .handed_out
            .as_ref()
            .is_some_and(|form| (TimeDelta::zero()..TYPING).contains(&(now - form.at)));
        (self.trapped || too_fast) && !self.person
    }
}
