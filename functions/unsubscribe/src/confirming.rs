//! `/confirm/{token}`: somebody says that the address to which the link was sent is theirs.
//!
//! `GET` shows everybody the same button and changes nothing. Only `POST` checks the token. For one
//! of ours the page says what happened; for all others it says that the link no longer works.

use crate::Unsubscribe;
use crate::body;
use crate::field::CONFIRM;
use crate::pages;
use crate::refusal::{Ended, Rejection};
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose};
use custodian_domain::rights::subscription::{List, Subscription};
use custodian_store::confirmations::ConfirmOutcome;
use custodian_web::http::{Method, Response};
use custodian_web::page;

impl Unsubscribe {
    pub(crate) async fn confirm(
        &self,
        token: &str,
        method: &Method,
        body: &[u8],
    ) -> Result<Response, Rejection> {
        match *method {
            Method::GET => Ok(page::never_cached(pages::confirm_address(self.page()))),
            Method::POST => {
                body::must_mean(&CONFIRM, body).await?;
                let purpose = self.confirmed(token).await?;
                Ok(page::never_cached(pages::address_confirmed(
                    self.page(),
                    purpose,
                )))
            }
            _ => Err(Rejection::Method),
        }
    }

    /// The purpose that the token confirmed.
    async fn confirmed(&self, token: &str) -> Result<ConfirmationPurpose, Rejection> {
        let log = |outcome| tracing::info!(outcome, "confirmation");
        let now = self.clock.now();
        let link = ConfirmLink::of_token(&self.keys, token);
        if link.is_none() && !self.keys.is_settled() {
            return Err(Rejection::Own(Ended::Unsettled));
        }
        let Some(link) = link.filter(|link| !link.is_over(now)) else {
            log("not_confirmed");
            return Err(Rejection::Own(Ended::Over));
        };
        if self.has_left_since(&link).await? {
            log("left_since");
            return Err(Rejection::Own(Ended::LeftSince));
        }
        match self.confirmations.confirm(&link, now).await? {
            ConfirmOutcome::First => log("address_confirmed"),
            ConfirmOutcome::Again => log("repeated"),
            ConfirmOutcome::Over => {
                log("not_confirmed");
                return Err(Rejection::Own(Ended::Over));
            }
        }
        Ok(link.purpose)
    }

    /// Whether the person has left the list after the wish that the link is about: then it would
    /// change nothing.
    async fn has_left_since(&self, link: &ConfirmLink) -> Result<bool, Rejection> {
        if link.purpose != ConfirmationPurpose::Newsletter {
            return Ok(false);
        }
        let of = Subscription {
            subject: link.subject.clone(),
            list: List::Newsletter,
        };
        let opt_out = self.opt_outs.find(&of, self.clock.now()).await?;
        Ok(opt_out.is_some_and(|opt_out| link.asked_at <= opt_out.since()))
    }
}
