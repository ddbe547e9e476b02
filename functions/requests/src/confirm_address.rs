//! Asks a requester by email whether an address is theirs; the request records the result.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::identifier::Identifier;
use custodian_domain::identity::keyring::{Addresses, Keyring};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::Holder;
use custodian_domain::rights::confirmation::{
    ConfirmLink, ConfirmationPurpose, LINK, seal_address,
};
use custodian_domain::rights::order::Order;
use custodian_domain::rights::package::RequestId;
use custodian_rights::people::People;
use custodian_store::confirmations::Confirmations;
use custodian_store::packages::Packages;
use custodian_store::requests::ASKED_TO_CONFIRM;
use custodian_store::requests::Requests;
use serde_json::{Value, json};

/// Requests an email that asks whether an address is theirs.
#[derive(Debug)]
pub(crate) struct ConfirmAddress {
    pub(crate) people: People,
    pub(crate) addresses: Keyring<Addresses>,
    pub(crate) confirmations: Confirmations,
    pub(crate) packages: Packages,
    pub(crate) register: Requests,
    /// Whether such emails are sent at all.
    pub(crate) is_on: bool,
}

#[async_trait]
impl OrderHandler for ConfirmAddress {
    /// Has an email sent to a requester: `{"order", "request_id", "identifiers", "by"}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "identifiers", "by"])?;
        let (id, address, by, now) = (
            order.request()?,
            order.address("a mail")?,
            order.text("by")?,
            invocation.now,
        );
        if !self.is_on {
            return Err(Error::NotNow(
                "no mails are sent that ask people to confirm an address: make sure who it is in another way, or switch \
                 them on as docs/operations.md says",
            ));
        }
        if self.is_about_another(&id, &address, now).await? {
            return Err(Error::AnotherRequest);
        }
        let subject = self.people.keys.key(&address);
        invocation
            .concerned
            .about(&[Holder::Subject(subject.clone())]);
        let link = ConfirmLink {
            purpose: ConfirmationPurpose::Request,
            subject,
            asked_at: now,
        };
        let asked = self
            .confirmations
            .ask(
                &link,
                &seal_address(&self.addresses, &address),
                Some(&id),
                now,
            )
            .await?;
        if asked {
            self.register
                .happened(&id, ASKED_TO_CONFIRM, by, now)
                .await?;
        }
        tracing::info!(
            outcome = if asked { "asked" } else { "repeated" },
            "confirmation"
        );
        let asking = self
            .confirmations
            .asking(link.purpose, &link.subject, now)
            .await?;
        let asking = asking.ok_or(Error::NotNow(
            "the mail is gone already: give the same order again",
        ))?;
        if asking.request.as_ref() != Some(&id) {
            return Err(Error::NotNow(
                "this address was asked within the last day for another request: one mail a day goes to an address",
            ));
        }
        Ok(json!({
            "request_id": id, "asked_at": asking.link.asked_at, "works_until": asking.link.asked_at + LINK,
            "state": asking.state, "repeated": !asked,
        }))
    }
}

impl ConfirmAddress {
    /// Whether a request is about others than the owner of this address, or already asks about
    /// another address: "address confirmed" would then be read as a word on this one.
    async fn is_about_another(
        &self,
        id: &RequestId,
        address: &Identifier,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let own: Vec<SubjectKey> = self.people.keys.keys(address).collect();
        let is_own = |holder: &Holder| holder.subject().is_some_and(|key| own.contains(key));
        let package = self
            .packages
            .find(id, now)
            .await?
            .map(|package| package.holders);
        let request = self
            .register
            .find(id, now)
            .await?
            .map(|request| request.holders);
        let known = [package, request]
            .into_iter()
            .flatten()
            .filter(|holders| !holders.is_empty());
        if known.into_iter().any(|holders| !holders.iter().any(is_own)) {
            return Ok(true);
        }
        let mut pages = self.confirmations.to_requesters(now);
        while let Some(page) = pages.next().await? {
            if page
                .iter()
                .any(|one| one.request.as_ref() == Some(id) && !own.contains(&one.link.subject))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
