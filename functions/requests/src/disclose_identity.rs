//! Whom an open request is about: for a person who deletes at a processor without an interface.

use crate::Error;
use crate::order::{Invocation, OrderHandler};
use async_trait::async_trait;
use custodian_domain::identity::keyring::{Identities, Keyring};
use custodian_domain::rights::order::Order;
use custodian_rights::people::People;
use custodian_rights::whom;
use custodian_store::requests::Requests;
use custodian_store::requests::Stage;
use serde_json::{Value, json};
use std::sync::Arc;

/// Says who a request is about.
#[derive(Debug)]
pub(crate) struct DiscloseIdentity {
    pub(crate) people: People,
    pub(crate) identities: Arc<Keyring<Identities>>,
    pub(crate) register: Requests,
}

#[async_trait]
impl OrderHandler for DiscloseIdentity {
    /// Says whom a request is about, and stores who asked: `{"order", "request_id", "by"}`.
    async fn carry_out(&self, order: &Value, invocation: &Invocation<'_>) -> Result<Value, Error> {
        let order = Order::read(order, &["order", "request_id", "by"])?;
        let (id, by, now) = (order.request()?, order.text("by")?, invocation.now);
        let request = self.register.find(&id, now).await?.ok_or(Error::Unknown)?;
        invocation.concerned.about(&request.holders);
        if request.stage == Stage::Closed {
            return Err(Error::NotNow(
                "the request is closed, and has forgotten whom it was about",
            ));
        }
        let identifiers = whom::identifiers(&request, &self.identities, &self.people, now).await?;
        let identifiers = identifiers.ok_or(Error::NotNow(
            "the secret that sealed whom it is about is no longer kept",
        ))?;
        self.register.happened(&id, "asked whom", by, now).await?;
        tracing::info!(outcome = "told_whom", "request");
        let disclosed: Vec<Value> = identifiers
            .iter()
            .map(|one| json!({"type": one.kind(), "value": one.canonical()}))
            .collect();
        Ok(json!({"request_id": id, "action": request.action, "identifiers": disclosed}))
    }
}
