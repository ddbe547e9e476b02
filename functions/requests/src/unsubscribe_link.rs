//! A link with which a person ends a newsletter: for a newsletter that goes out, or for an answer
//! to a letter.

use crate::{Error, Requests};
use chrono::SubsecRound;
use custodian_domain::rights::order::Order;
use custodian_domain::rights::subscription::Subscription;
use serde_json::{Value, json};

impl Requests {
    /// Makes a link: `{"order", "identifiers", "list"?, "by", "request_id"?}`. Of the link nothing
    /// is stored, as it is as good as any other to the same list; who asked for it is, and not for
    /// whom.
    pub(crate) async fn unsubscribe_link(
        &self,
        order: &Value,
        invocation: &str,
    ) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "identifiers", "list", "by", "request_id"])?;
        let (id, by, now) = (
            order.request_or(invocation)?,
            order.text("by")?,
            self.clock.now().trunc_subsecs(0),
        );
        let (address, list) = (order.address("a link")?, order.mailing_list()?);
        let token = Subscription {
            subject: self.people.keys.key(&address),
            list,
        }
        .token(&self.mail_links);
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
