//! How holds and restrictions are applied to a person's items: a hold removes their end, a
//! restriction marks them.

use super::{DeletionCandidate, Records, deletion_candidate};
use crate::keys::{self, DAY, EXPIRES_AT, PK, RESTRICTED, RETENTION_DUE_AT, SK};
use crate::retention::retention;
use crate::{Item, n};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::ledger::ItemKind;
use custodian_domain::record::Holder;
use custodian_domain::retention::Retention;
use custodian_domain::rights::constraint::Effect;
use custodian_dynamo::Pages;
use custodian_dynamo::{AttributeValue, Condition, Write};

/// All that is read of an item: its key and its end, and nothing that anybody told the council.
const SHOWN: [&str; 7] = [
    PK,
    SK,
    DAY,
    "source",
    EXPIRES_AT,
    RETENTION_DUE_AT,
    RESTRICTED,
];

/// An item in the table, with its hold and restriction only.
#[derive(Clone, Debug)]
pub struct RetentionView {
    /// The same, as a candidate for deletion.
    pub candidate: DeletionCandidate,
    /// Until when it is kept; `None` if it never had an end.
    pub retention: Option<Retention>,
    /// Whether it may only be stored.
    pub restricted: bool,
}

/// What has to change about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldChange {
    /// Whether it has to be held, or released.
    pub hold: Option<bool>,
    /// Whether it has to be restricted, or no longer.
    pub restrict: Option<bool>,
}

impl HoldChange {
    /// Whether it has its end again.
    #[must_use]
    pub fn releases(self) -> bool {
        self.hold == Some(false)
    }
}

impl RetentionView {
    /// What has to change so that exactly this applies to it; `None` if it already does, or if the
    /// item is over: no hold brings that back.
    #[must_use]
    pub fn change_to(&self, effect: Effect, now: DateTime<Utc>) -> Option<HoldChange> {
        let retention = self.retention?;
        if self.is_over(now) {
            return None;
        }
        let restricted = effect.restricted && self.candidate.kind == ItemKind::Record;
        let change = HoldChange {
            hold: (retention.is_held() != effect.held).then_some(effect.held),
            restrict: (self.restricted != restricted).then_some(restricted),
        };
        (change.hold.is_some() || change.restrict.is_some()).then_some(change)
    }

    /// Whether its time is over, and nothing holds it.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.retention
            .and_then(Retention::end)
            .is_some_and(|end| end.has_passed(now))
    }

    /// Whether its time would be over without a hold.
    #[must_use]
    pub fn is_past_its_date(&self, now: DateTime<Utc>) -> bool {
        self.retention
            .is_some_and(|retention| retention.due().has_passed(now))
    }
}

impl Records {
    /// Every item under a holder, over or not, without its contents; in pages.
    #[must_use]
    pub fn retention_view(&self, holder: &Holder) -> Pages<RetentionView> {
        self.0
            .all(
                "look up what is stored of a holder",
                &keys::partition(holder),
                "",
                |item| retention_view(&item),
            )
            .showing(&SHOWN)
    }

    /// The links to a subject that were last renewed for a record of this day. The index follows
    /// the table within moments.
    ///
    /// # Errors
    /// [`StorageError`] if the index cannot be read.
    pub async fn links_to(
        &self,
        to: &SubjectKey,
        day: NaiveDate,
    ) -> Result<Vec<RetentionView>, StorageError> {
        let sort = keys::link(to, to).sort;
        let read = |item| retention_view(&item);
        self.of_day("look for links by their day", day, &sort, read)
            .await
    }

    /// Applies a change, unless the item is gone or somebody else has changed it. Returns whether
    /// it did.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown; a second time changes nothing.
    pub async fn apply(
        &self,
        item: &RetentionView,
        change: HoldChange,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut turned = Write::update(&self.0, &item.candidate.key).when(match change.hold {
            Some(true) => Condition::above(EXPIRES_AT, n(now.timestamp())),
            Some(false) => Condition::has(RETENTION_DUE_AT),
            None => Condition::there(),
        });
        turned = match change.hold {
            Some(true) => turned.copy(RETENTION_DUE_AT, EXPIRES_AT).remove(EXPIRES_AT),
            Some(false) => turned
                .copy(EXPIRES_AT, RETENTION_DUE_AT)
                .remove(RETENTION_DUE_AT),
            None => turned,
        };
        turned = match change.restrict {
            Some(true) => turned.set(RESTRICTED, AttributeValue::Bool(true)),
            Some(false) => turned.remove(RESTRICTED),
            None => turned,
        };
        Ok(turned
            .send("apply a constraint to an item")
            .await?
            .is_applied())
    }
}

pub(crate) fn retention_view(item: &Item) -> Option<RetentionView> {
    Some(RetentionView {
        candidate: deletion_candidate(item)?,
        retention: retention(item),
        restricted: item.contains_key(RESTRICTED),
    })
}
