//! Addresses that somebody is asked to confirm, and confirmed addresses.
//!
//! Requests to confirm wait in one partition of the Register, one item for each purpose and person.
//! It is the queue from which `notify` sends, and validates the links. Confirmations are stored
//! under the person. An erasure deletes both.

mod mails;

pub use mails::{Asking, MailState, Tried};

use crate::keys::{self, CONFIRMATIONS, EXPIRES_AT, Key, SK};
use crate::requests::Requests;
use crate::{Item, n, number, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::rights::confirmation::{ConfirmLink, ConfirmationPurpose, Confirmed, Means};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::OptInReason;
use custodian_dynamo::{Condition, Pages, Table, Write, transact};
use futures_util::future::try_join_all;

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

/// The result when somebody says that an address is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmOutcome {
    /// It is confirmed.
    First,
    /// It was confirmed before, by the same link.
    Again,
    /// The link no longer works: its time is over, a later one replaced it, or the person was
    /// erased.
    Over,
}

/// The email that an item of the Register's stream asks for, by the item's sort key: its purpose,
/// and to whom.
#[must_use]
pub fn asked_by(sort: &str) -> Option<(ConfirmationPurpose, SubjectKey)> {
    keys::asked_to_confirm_of(sort)
}

impl Confirmations {
    /// The confirmations in the Register named `name`.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, name: &str) -> Self {
        Self {
            table: Table::new(client.clone(), name.to_owned()),
            requests: Requests::new(client, name),
        }
    }

    /// Stores that somebody has confirmed the address to which a link was sent. The confirmation,
    /// the state of the email and the event of its request are one transaction.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored. Repeating it is safe.
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
        let state = s(MailState::Confirmed.as_str());
        let update = Write::update(&self.table, key)
            .set(STATE, state.clone())
            .remove_all(&["address", "next_try", "lease_until"])
            .when(Condition::is(REFERENCE, s(&asking.reference)))
            .when(Condition::is_not(STATE, state))
            .when(Condition::above(EXPIRES_AT, n(now.timestamp())));
        let confirmed = Confirmed {
            means: link.purpose.into(),
            asked_at: link.asked_at,
            at: now,
        };
        let mut writes = vec![update, self.put(&link.subject, &confirmed, &[])];
        if let Some(request) = &asking.request {
            writes.extend(self.requests.confirmed(request, now)?);
        }
        // If the condition was not met, somebody followed the link at the same time, or another
        // email replaced it.
        if transact(OPERATION, writes).await? {
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

    /// Stores that the Data Protection Officer takes an opt-out back, and the event of the request,
    /// in one transaction. Returns whether it was done now: the same request twice does not undo
    /// what the person said in between.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be done. Repeating it is safe.
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
        let order = [
            ("reason", reason.as_str()),
            ("by", by),
            (REQUEST, request.as_str()),
        ];
        let other = Condition::is_not(REQUEST, s(request.as_str()));
        let puts = subjects.iter().map(|subject| {
            self.put(subject, &confirmed, &order)
                .when(Condition::free(now).or(other.clone()))
        });
        let mut writes: Vec<Write> = puts.collect();
        writes.extend(
            self.requests
                .happening(request, "opt-out taken back", by, now)
                .await?,
        );
        transact("take an opt-out back", writes).await
    }

    /// The confirmations of a subject that count at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn of(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Vec<Confirmed>, StorageError> {
        self.table
            .live(
                "read confirmations",
                &keys::confirmed(subject),
                "",
                now,
                |item| read_confirmed(&item),
            )
            .all()
            .await
    }

    /// Deletes what a subject was asked, and what they confirmed, up to `up_to`. What is asked
    /// later stays.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be deleted. A second time finds nothing to do.
    pub async fn forget(
        &self,
        subject: &SubjectKey,
        up_to: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "delete confirmations";
        let read = |item| read_moment(&item);
        let asked = ConfirmationPurpose::ALL.map(|purpose| {
            let key = keys::asked_to_confirm(purpose, subject);
            self.table.all(OPERATION, CONFIRMATIONS, &key.sort, read)
        });
        let confirmed = self
            .table
            .all(OPERATION, &keys::confirmed(subject), "", read);
        let lists = asked.into_iter().chain([confirmed]).map(Pages::all);
        let gone = try_join_all(lists).await?.into_iter().flatten();
        for (key, asked_at) in gone {
            if asked_at <= up_to {
                self.forget_one(OPERATION, &key, asked_at).await?;
            }
        }
        Ok(())
    }

    /// If another request has replaced the one that was read, it stays.
    async fn forget_one(
        &self,
        operation: &'static str,
        key: &Key,
        read: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let unchanged = Condition::is(ASKED_AT, n(read.timestamp()));
        let gone = Write::delete(&self.table, key).when(unchanged);
        gone.send(operation).await.map(drop)
    }

    fn put(&self, subject: &SubjectKey, confirmed: &Confirmed, more: &[(&str, &str)]) -> Write {
        let mut item = Item::from([
            (ASKED_AT.to_owned(), n(confirmed.asked_at.timestamp())),
            ("at".to_owned(), n(confirmed.at.timestamp())),
        ]);
        item.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), s(*value))),
        );
        let key = Key::new(keys::confirmed(subject), confirmed.means.as_str());
        Write::put(&self.table, key, item).ending(confirmed.ends().epoch())
    }
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
