//! A requester is asked by email whether an address is theirs, and the request says what came of it.

use crate::{Error, Requests};
use chrono::SubsecRound;
use serde_json::{Value, json};
use shared::domain::confirmation::{ConfirmLink, LINK, Purpose, seal_address};
use shared::domain::identifier::Kind;
use shared::domain::order::{BadOrder, Order};

impl Requests {
    /// Has a mail sent to a requester: `{"order", "request_id", "identifiers", "by"}`.
    pub(crate) async fn confirm_address(&self, order: &Value) -> Result<Value, Error> {
        let (order, now) = (Order::read(order, &["order", "request_id", "identifiers", "by"])?, self.clock.now());
        let (id, identifiers, by, now) =
            (order.request()?, order.identifiers()?, order.text("by")?, now.trunc_subsecs(0));
        let [address] = identifiers.as_slice() else {
            return Err(BadOrder::new(
                "identifiers",
                "must name one email address: each is asked by a mail of its own",
            )
            .into());
        };
        if address.kind() != Kind::Email {
            return Err(
                BadOrder::new("identifiers", "must name an email address: nothing else can be written to").into()
            );
        }
        if !self.confirms {
            return Err(Error::NotNow(
                "no mails are sent that ask people to confirm an address: make sure who it is in another way, or switch \
                 them on as docs/operations.md says",
            ));
        }
        let keys = &self.people.keys;
        let link = ConfirmLink { purpose: Purpose::Request, subject: keys.key(address), asked_at: now };
        let asked = self.confirmations.ask(&link, &seal_address(keys, address), Some(&id), now).await?;
        if asked {
            self.register.happened(&id, "asked to confirm an address", by, now).await?;
        }
        tracing::info!(outcome = if asked { "asked" } else { "repeated" }, "confirmation");
        let asking = self.confirmations.asking(link.purpose, &link.subject, now).await?;
        let asking = asking.ok_or(Error::NotNow("the mail is gone already: give the same order again"))?;
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
