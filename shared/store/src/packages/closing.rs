//! Closing a package: its time was over, somebody in it was erased, or the DPO took it back.

use super::{DAYS, Package, Packages, State, pointers};
use crate::keys::{self, PK, SK};
use crate::requests::{Event, Events};
use crate::{Item, s};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::INVOCATION;
use custodian_domain::rights::package::RequestId;
use serde::{Deserialize, Serialize};

/// That a package was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the Register forgets of a package that is closed: whose it was, and what opens it.
const FORGET: &str =
    "REMOVE holders, made, unconfirmed, undecided, decided, #order, #release, #reading";

impl Packages {
    /// Closes a package whose objects are gone: the Register forgets whose it was, and remembers
    /// that it was.
    ///
    /// An export that was under way may have finished an object just before it learns of this, and
    /// then have broken off: so the sweep looks once more when no such export can be running any
    /// longer.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be closed.
    pub async fn close(
        &self,
        request: &RequestId,
        package: &Package,
        state: State,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a package's entry";
        let word = if state == State::Erased {
            "erased"
        } else {
            "expired"
        };
        let update = self
            .closed(request, word)
            .condition_expression("attribute_exists(pk)")
            .update_expression(format!("SET #state = :state {FORGET}"));
        let actions = self.closing(request, package, update, now)?;
        let unknown = || StorageError {
            operation: OPERATION,
            code: "there is no such package".to_owned(),
        };
        self.0
            .transact(OPERATION, actions)
            .await?
            .then_some(())
            .ok_or_else(unknown)
    }

    /// Closes a package that the DPO takes back, as [`Packages::close`] does, and remembers who
    /// did; gives whether it was open until then.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be closed.
    pub async fn withdraw(
        &self,
        request: &RequestId,
        package: &Package,
        withdrawal: &Withdrawal,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "withdraw a package";
        let item: Item =
            serde_dynamo::to_item(withdrawal).map_err(|_| StorageError::unreadable(OPERATION))?;
        let update = self
            .closed(request, "withdrawn")
            .condition_expression("#state IN (:started, :complete)")
            .update_expression(format!(
                "SET #state = :state, withdrawn = :withdrawn {FORGET}"
            ))
            .expression_attribute_values(":started", s("started"))
            .expression_attribute_values(":complete", s("complete"))
            .expression_attribute_values(":withdrawn", AttributeValue::M(item));
        let mut actions = self.closing(request, package, update, withdrawal.at)?;
        let event = Event::by(&withdrawal.by, "withdrawn", withdrawal.at);
        actions.extend(Events(self.0.clone()).next(request, &event, &[]).await?);
        self.0.transact(OPERATION, actions).await
    }

    fn closed(&self, request: &RequestId, word: &str) -> UpdateBuilder {
        let update = Update::builder()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)));
        update
            .key(SK, s(keys::PACKAGE))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#release", "release")
            .expression_attribute_names("#reading", "reading")
            .expression_attribute_names("#order", "order")
            .expression_attribute_values(":state", s(word))
    }

    /// What closes a package: its entry, what points to it, and when the sweep looks once more.
    fn closing(
        &self,
        request: &RequestId,
        package: &Package,
        update: UpdateBuilder,
        now: DateTime<Utc>,
    ) -> Result<Vec<TransactWriteItem>, StorageError> {
        let update = update
            .build()
            .map_err(|_| StorageError::unreadable("close a package's entry"))?;
        let mut actions = vec![TransactWriteItem::builder().update(update).build()];
        let mut gone = pointers(request, package);
        gone.push(keys::package_due(
            ExpiresAt::at(package.requested_at + DAYS),
            request,
        ));
        gone.extend(
            package
                .made
                .iter()
                .map(|made| keys::package_due(ExpiresAt::at(made.expires_at), request)),
        );
        gone.dedup();
        let again = keys::package_due(ExpiresAt::at(now + INVOCATION), request);
        gone.retain(|key| *key != again);
        actions.push(self.put(&again, Item::new())?);
        for key in gone {
            actions.push(self.delete(&key)?);
        }
        Ok(actions)
    }
}
