//! Addresses that somebody is asked to confirm, and those that are confirmed.
//!
//! What is asked waits in one partition of the Register, one item for each purpose and person: that
//! is the queue from which `notify` sends, and what a link is held against. What is confirmed lies
//! under the person. Neither outlasts an erasure.

mod mails;

pub use mails::{Asking, MailState, Tried};

use crate::keys::{self, CONFIRMATIONS, EXPIRES_AT, Key, PK, SK};
use crate::requests::Requests;
use crate::table::Table;
use crate::{Item, n, number, s, text};
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use custodian_aws::{StorageError, applied};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose, Confirmed, Means};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::OptInReason;

const ASKED_AT: &str = "asked_at";
const REFERENCE: &str = "reference";
const REQUEST: &str = "request";
const STATE: &str = "state";

/// Confirmations in the Register.
#[derive(Clone, Debug)]
pub struct Confirmations {
    table: Table,
    requests: Requests,
}

/// What came of somebody's word that an address is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// It is confirmed.
    First,
    /// It was confirmed before, by the same link.
    Again,
    /// The link works no longer: its time is over, a later one took its place, or the person was
    /// erased.
    Over,
}

/// The mail that an item of the Register's stream asks for, by the item's sort key: why, and to
/// whom.
#[must_use]
pub fn asked_by(sort: &str) -> Option<(ConfirmationPurpose, SubjectKey)> {
    keys::asked_to_confirm_of(sort)
}

impl Confirmations {
    /// The confirmations in the Register called `name`.
    #[must_use]
    pub fn new(client: &aws_sdk_dynamodb::Client, name: &str) -> Self {
        Self {
            table: Table::new(client.clone(), name.to_owned()),
            requests: Requests::new(client, name),
        }
    }

    /// Takes somebody's word that the address is theirs to which a link was sent: what is
    /// confirmed, how far the mail is, and the event of its request are one transaction.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be taken; saying it again is safe.
    pub async fn confirm(
        &self,
        link: &ConfirmLink,
        now: DateTime<Utc>,
    ) -> Result<ConfirmOutcome, StorageError> {
        const OPERATION: &str = "confirm an address";
        let asking = self.asking(link.purpose, &link.subject, now).await?;
        let stands = |asking: &Asking| {
            asking.link == *link && !link.is_over(now) && asking.state != MailState::Failed
        };
        let Some(asking) = asking.filter(stands) else {
            return Ok(ConfirmOutcome::Over);
        };
        if asking.state == MailState::Confirmed {
            return Ok(ConfirmOutcome::Again);
        }
        let key = keys::asked_to_confirm(link.purpose, &link.subject);
        let update = Update::builder()
            .table_name(&self.table.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression(
                "#reference = :reference AND #state <> :confirmed AND expires_at > :now",
            )
            .update_expression("SET #state = :confirmed REMOVE address, next_try, lease_until")
            .expression_attribute_names("#reference", REFERENCE)
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":reference", s(&asking.reference))
            .expression_attribute_values(":confirmed", s(MailState::Confirmed.as_str()))
            .expression_attribute_values(":now", n(now.timestamp()))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let confirmed = Confirmed {
            means: link.purpose.into(),
            asked_at: link.asked_at,
            at: now,
        };
        let mut actions = vec![
            TransactWriteItem::builder().update(update).build(),
            built(self.item(&link.subject, &confirmed))?,
        ];
        if let Some(request) = &asking.request {
            actions.extend(self.requests.confirmed(request, now)?);
        }
        // Where it did not hold, somebody followed the link at the same time, or another mail took
        // its place.
        if self.table.transact(OPERATION, actions).await? {
            return Ok(ConfirmOutcome::First);
        }
        let stands = self.asking(link.purpose, &link.subject, now).await?;
        let same = stands.is_some_and(|it| it.link == *link && it.state == MailState::Confirmed);
        Ok(if same {
            ConfirmOutcome::Again
        } else {
            ConfirmOutcome::Over
        })
    }

    /// What takes an opt-out back by the Data Protection Officer's order, and the event of the
    /// request: one transaction. Gives whether it was done now: the same request twice does not
    /// undo what the person said in between.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be done; doing it again is safe.
    pub async fn opt_in(
        &self,
        subjects: &[SubjectKey],
        request: &RequestId,
        (reason, by): (OptInReason, &str),
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let confirmed = Confirmed {
            means: Means::OptIn,
            asked_at: now,
            at: now,
        };
        let puts = subjects.iter().map(|subject| {
            let put = self
                .item(subject, &confirmed)
                .item("reason", s(reason.as_str()))
                .item("by", s(by));
            built(
                put.item(REQUEST, s(request.as_str()))
                    .condition_expression(
                        "attribute_not_exists(pk) OR expires_at <= :now OR #request <> :request",
                    )
                    .expression_attribute_names("#request", REQUEST)
                    .expression_attribute_values(":now", n(now.timestamp()))
                    .expression_attribute_values(":request", s(request.as_str())),
            )
        });
        let mut actions = puts.collect::<Result<Vec<_>, _>>()?;
        actions.extend(
            self.requests
                .happening(request, "opt-out taken back", by, now)
                .await?,
        );
        self.table.transact("take an opt-out back", actions).await
    }

    /// What a subject has confirmed, as far as it counts at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn of(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Vec<Confirmed>, StorageError> {
        let mut pages = self.table.live(
            "read what was confirmed",
            &keys::confirmed(subject),
            "",
            now,
            read_confirmed,
        );
        let mut confirmed = Vec::new();
        while let Some(page) = pages.next().await? {
            confirmed.extend(page);
        }
        Ok(confirmed)
    }

    /// Forgets what a subject was asked, and what they confirmed, up to `up_to`: what is asked
    /// later is a new matter.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be forgotten; a second time finds nothing to do.
    pub async fn forget(
        &self,
        subject: &SubjectKey,
        up_to: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "forget what was confirmed";
        let mut gone = Vec::new();
        for purpose in ConfirmationPurpose::ALL {
            let mut pages = self.table.all(
                OPERATION,
                CONFIRMATIONS,
                &keys::asked_to_confirm(purpose, subject).sort,
                read_moment,
            );
            while let Some(page) = pages.next().await? {
                gone.extend(page);
            }
        }
        let mut pages = self
            .table
            .all(OPERATION, &keys::confirmed(subject), "", read_moment);
        while let Some(page) = pages.next().await? {
            gone.extend(page);
        }
        for (key, asked_at) in gone {
            if asked_at <= up_to {
                self.forget_one(OPERATION, &key, asked_at).await?;
            }
        }
        Ok(())
    }

    /// What was asked in between in the place of what was read is left.
    async fn forget_one(
        &self,
        operation: &'static str,
        key: &Key,
        read: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let delete = self
            .table
            .client
            .delete_item()
            .table_name(&self.table.name)
            .key(PK, s(&key.partition))
            .key(SK, s(&key.sort))
            .condition_expression("asked_at = :read")
            .expression_attribute_values(":read", n(read.timestamp()));
        applied(operation, delete.send().await).map(drop)
    }

    fn item(&self, subject: &SubjectKey, confirmed: &Confirmed) -> PutBuilder {
        let item = Item::from([
            (PK.to_owned(), s(keys::confirmed(subject))),
            (SK.to_owned(), s(confirmed.means.as_str())),
            (ASKED_AT.to_owned(), n(confirmed.asked_at.timestamp())),
            ("at".to_owned(), n(confirmed.at.timestamp())),
            (EXPIRES_AT.to_owned(), n(confirmed.ends().epoch())),
        ]);
        Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(item))
    }
}

fn built(put: PutBuilder) -> Result<TransactWriteItem, StorageError> {
    let put = put
        .build()
        .map_err(|_| StorageError::unreadable("confirm an address"))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

fn read_confirmed(item: &Item) -> Option<Confirmed> {
    Some(Confirmed {
        means: Means::named(text(item, SK)?)?,
        asked_at: moment(item, ASKED_AT)?,
        at: moment(item, "at")?,
    })
}

fn read_moment(item: &Item) -> Option<(Key, DateTime<Utc>)> {
    Some((Key::of(item)?, moment(item, ASKED_AT)?))
}

fn moment(item: &Item, name: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(number(item, name)?, 0)
}
