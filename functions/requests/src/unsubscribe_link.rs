//! A link with which a person ends a newsletter: for a newsletter that is sent, or for an answer to
//! a letter.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::identity::keyring::{Keyring, MailLinks};
use custodian_domain::record::Holder;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::subscription::Subscription;
use custodian_rights::people::People;
use custodian_store::requests::Requests;
use serde_json::{Value, json};

/// Makes links to unsubscribe.
#[derive(Debug)]
pub(crate) struct UnsubscribeLink {
    pub(crate) people: People,
    pub(crate) mail_links: Keyring<MailLinks>,
    pub(crate) register: Requests,
    pub(crate) public_url: String,
}

#[async_trait]
impl OrderHandler for UnsubscribeLink {
    /// Makes a link: `{"order", "identifiers", "list"?, "by", "request_id"?}`. The link is not
    /// stored, because any other to the same list is as good. Who asked for it is stored, but not
    /// for whom.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "identifiers", "list", "by", "request_id"])?;
        let (id, by, now) = (
            order.request_or(invocation.id)?,
            order.text("by")?,
            invocation.now,
        );
        let (address, list) = (order.address("a link")?, order.mailing_list()?);
        let subject = self.people.keys.key(&address);
        invocation
            .concerned
            .about(&[Holder::Subject(subject.clone())]);
        let token = Subscription { subject, list }.token(&self.mail_links);
        let url = format!("{}/unsubscribe/{token}", self.public_url);
        self.register
            .happened(&id, "made a link to unsubscribe", by, now)
            .await?;
        tracing::info!(outcome = "link_made", "unsubscribe");
        Ok(json!({
            "request_id": id,
            "list": list,
            "url": url,
            "headers": {"List-Unsubscribe": format!("<{url}>"), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        }))
    }
}
