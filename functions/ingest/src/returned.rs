//! The pages for a person whose answers were not stored: the form again, or what they typed, to be
//! copied.

use crate::form_fields::{FormFields, TYPING};
use crate::pages::{self, FieldErrorView, FormView, Typed};
use crate::refusal::Rejection;
use crate::{Ingest, form, random};
use chrono::{DateTime, Utc};
use custodian_domain::survey::{PERSON_FIELD, Survey};
use custodian_web::http::{Response, StatusCode};
use custodian_web::{http, page};

impl Ingest {
    /// The form again, with everything that was typed and what is wrong. A problem that no form can
    /// solve is refused.
    pub(crate) fn return_form(
        &self,
        survey: &Survey,
        form_fields: &FormFields,
        typed: &Typed,
        refusal: Rejection,
        now: DateTime<Utc>,
    ) -> Result<Response, Rejection> {
        // A person who gets a form back has typed already and may send it again at once; and a form
        // that replaces another is as old as that.
        let since = form_fields
            .handed_out
            .as_ref()
            .map_or(now - TYPING, |form| form.at.min(now - TYPING));
        let another = || {
            self.form_tokens
                .make(&survey.id, &survey.version, since, random())
        };
        let same = || form_fields.token.clone().unwrap_or_else(another);
        let again =
            |token, faults: &[_], notice| form::filled(survey, token, typed, faults, notice);
        // A person who has mistakes to correct is slow enough the next time.
        let asks = form_fields.is_doubtful(now)
            && (form_fields.trapped || matches!(refusal, Rejection::Doubtful));
        let (mut status, wait) = (StatusCode::UNPROCESSABLE_ENTITY, refusal.wait());
        let mut view = match refusal {
            Rejection::Faults(faults) => again(same(), &faults, None),
            Rejection::Doubtful => again(same(), &[], Some(pages::NOTICE_DOUBTFUL)),
            Rejection::ForeignToken => again(another(), &[], Some(pages::NOTICE_EXPIRED)),
            Rejection::Reworded => FormView {
                no_longer_asked: form::no_longer_asked(survey, typed),
                ..again(another(), &[], Some(pages::NOTICE_REWORDED))
            },
            Rejection::Conflict => again(another(), &[], Some(pages::NOTICE_CONFLICT)),
            Rejection::BadKey => {
                status = StatusCode::BAD_REQUEST;
                again(same(), &[], Some(pages::NOTICE_BAD_KEY))
            }
            Rejection::TooMany { .. } => {
                status = StatusCode::TOO_MANY_REQUESTS;
                again(same(), &[], Some(pages::NOTICE_TOO_MANY))
            }
            Rejection::Unavailable(error) => {
                tracing::error!(survey = survey.id, error = %error, outcome = "unavailable", "submission");
                status = StatusCode::SERVICE_UNAVAILABLE;
                again(same(), &[], Some(pages::NOTICE_NOT_SAVED))
            }
            refusal => return Err(refusal),
        };
        view.person = (asks || form_fields.person).then_some(form_fields.person);
        if asks {
            let message = pages::MISTAKE_PERSON.to_owned();
            view.errors.push(FieldErrorView {
                field: PERSON_FIELD.to_owned(),
                message,
            });
        }
        let response = http::status(self.typed_page(&view), status);
        Ok(match wait {
            Some(seconds) => http::retry_after(response, seconds),
            None => response,
        })
    }

    fn typed_page(&self, view: &FormView) -> Response {
        page::never_cached(pages::form(self.page().with_what_was_typed(), view))
    }

    /// The page that says why an answer was not saved, with what was typed: to be copied, and to be
    /// sent again where that can help.
    pub(crate) fn give_back(
        &self,
        id: &str,
        survey: Option<&Survey>,
        refusal: Rejection,
        form_fields: &FormFields,
        typed: &Typed,
    ) -> Response {
        let action = self.link(&["surveys", id, "responses"]);
        let given_back = form::given_back(action, survey, form_fields.token.as_deref(), typed);
        refusal.give_back(self.page().with_what_was_typed(), &given_back)
    }
}
