//! One more link, and what it tells of, in one transaction.

use super::{Ledger, head, placed};
use crate::keys::{self, Key, PK, SK};
use crate::table::transaction::{is_passing, is_refused, wait};
use crate::{Item, n, s};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, failed};
use custodian_domain::ledger::{Attestation, Entry, Head, Link};

/// Something to be done and told, both or neither. Where the action's condition does not hold, it
/// is left out.
pub(super) struct LedgeredWrite {
    pub(super) action: TransactWriteItem,
    pub(super) tells: Tells,
}

/// What a block tells of a deed.
pub(super) enum Tells {
    /// That something was deleted.
    Gone(Entry),
    /// What lies in the Register.
    Attested(Vec<Attestation>),
}

/// What became of a transaction.
pub(super) enum Outcome {
    /// It went through.
    Sealed,
    /// Nothing has changed.
    Refused(Refused),
}

/// Why nothing has changed.
pub(super) struct Refused {
    /// Of each action beside links and head, whether its condition did not hold.
    pub(super) actions: Vec<bool>,
    /// Whether others, or a throttle, were in the way.
    pub(super) crowded: bool,
}

impl Ledger {
    /// Does what it can of `deeds` and seals a block about them; gives how many it did.
    pub(super) async fn append_block(
        &self,
        operation: &'static str,
        mut deeds: Vec<LedgeredWrite>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let mut tries = 0;
        while !deeds.is_empty() {
            let refused = match self.attempt(operation, &deeds, now).await? {
                Outcome::Sealed => return Ok(u64::try_from(deeds.len()).unwrap_or_default()),
                Outcome::Refused(refused) => refused,
            };
            if refused.crowded {
                wait(operation, &mut tries).await?;
            }
            let done = deeds.into_iter().zip(refused.actions);
            deeds = done
                .filter(|(_, refused)| !refused)
                .map(|(deed, _)| deed)
                .collect();
        }
        Ok(0)
    }

    async fn attempt(
        &self,
        operation: &'static str,
        deeds: &[LedgeredWrite],
        now: DateTime<Utc>,
    ) -> Result<Outcome, StorageError> {
        // Held until the answer is there: whoever else waits here then knows how the chain ends.
        let mut known = self.head.lock().await;
        let before = match known.take() {
            Some(head) => Some(head),
            None => self.head().await?,
        };
        let begun = before
            .clone()
            .unwrap_or_else(|| Head::begin(now.date_naive()));
        let (mut entries, mut attestations) = (Vec::new(), Vec::new());
        for deed in deeds {
            match &deed.tells {
                Tells::Gone(entry) => entries.push(entry.clone()),
                Tells::Attested(some) => attestations.extend_from_slice(some),
            }
        }
        let (day, link, after) = begun
            .tell(entries, attestations, now)
            .ok_or(StorageError::unreadable(operation))?;
        let actions = deeds.iter().map(|deed| deed.action.clone()).collect();
        let links = vec![(keys::block(day, link.n), link)];
        let (outcome, head) = self
            .transact(operation, actions, links, before.as_ref(), &after)
            .await?;
        *known = head;
        Ok(outcome)
    }

    /// Does everything and moves the head, if the chain still ends at `before`. Also gives how the
    /// chain ends now, if that is known.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        mut actions: Vec<TransactWriteItem>,
        links: Vec<(Key, Link)>,
        before: Option<&Head>,
        after: &Head,
    ) -> Result<(Outcome, Option<Head>), StorageError> {
        let (deeds, linked) = (actions.len(), links.len());
        for (key, link) in &links {
            actions.push(
                self.put(key, link)
                    .ok_or(StorageError::unreadable(operation))?,
            );
        }
        actions.push(
            self.moved(before, after)
                .ok_or(StorageError::unreadable(operation))?,
        );
        let sent = self
            .table
            .client
            .transact_write_items()
            .set_transact_items(Some(actions))
            .send()
            .await;
        let Err(error) = sent else {
            return Ok((Outcome::Sealed, Some(after.clone())));
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(failed(operation)(error));
        };
        let reasons = cancelled.cancellation_reasons();
        let refused: Vec<bool> = reasons.iter().take(deeds).map(is_refused).collect();
        let moved = reasons
            .get(deeds + linked)
            .filter(|reason| is_refused(reason));
        if moved.is_none() && reasons.iter().skip(deeds).any(is_refused) {
            return Err(StorageError {
                operation,
                code: "the ledger's head is behind its chain".to_owned(),
            });
        }
        let crowded = moved.is_some() || reasons.iter().any(is_passing);
        if refused.len() < deeds || !(crowded || refused.contains(&true)) {
            return Err(failed(operation)(error));
        }
        // A condition that did not hold says nothing about the head, and then the head has not
        // moved.
        let known = match moved {
            Some(reason) => reason.item().and_then(head),
            None => before.cloned().filter(|_| !crowded),
        };
        Ok((
            Outcome::Refused(Refused {
                actions: refused,
                crowded,
            }),
            known,
        ))
    }

    fn put(&self, key: &Key, link: &Link) -> Option<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(placed(key, link)?))
            .condition_expression("attribute_not_exists(pk)");
        Some(TransactWriteItem::builder().put(put.build().ok()?).build())
    }

    /// The head moves on, if it is where it was seen.
    fn moved(&self, before: Option<&Head>, after: &Head) -> Option<TransactWriteItem> {
        let (key, to): (Key, Item) = (keys::chain_head(), serde_dynamo::to_item(after).ok()?);
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort));
        let mut set = Vec::new();
        for (name, value) in to {
            set.push(format!("#{name} = :{name}"));
            update = update.expression_attribute_names(format!("#{name}"), &name);
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        update = update.update_expression(format!("SET {}", set.join(", ")));
        update = match before {
            None => update.condition_expression("attribute_not_exists(pk)"),
            Some(head) => update
                .condition_expression("#n = :was AND #hash = :before")
                .expression_attribute_values(":was", n(i64::try_from(head.n).ok()?))
                .expression_attribute_values(":before", s(head.hash.as_str())),
        };
        let update = update
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Some(
            TransactWriteItem::builder()
                .update(update.build().ok()?)
                .build(),
        )
    }
}
