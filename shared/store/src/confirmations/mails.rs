//! The emails that ask somebody to confirm an address: requested, begun, and their state after each
//! try.

use super::{ASKED_AT, Confirmations, REFERENCE, REQUEST, STATE, moment};
use crate::keys::{self, CONFIRMATIONS, SK};
use crate::{Item, n, number, s, text};
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::Holder;
use custodian_domain::record::processor_copy::mails_end;
use custodian_domain::rights::confirmation::{
    APART, ConfirmLink, ConfirmationPurpose, LINK, SENDING,
};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::backoff;
use custodian_dynamo::{Condition, Outcome, Pages, Returning, Write, random};
use serde::Serialize;

/// How long an email stays with the run that began to send it: longer than an invocation.
const LEASE: TimeDelta = TimeDelta::minutes(2);

const ADDRESS: &str = "address";
const LEASE_UNTIL: &str = "lease_until";
const LEFT_AT: &str = "left_at";
const NEXT_TRY: &str = "next_try";
const TRIES: &str = "tries";

/// The state of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It waits to be sent.
    Pending,
    /// GOV.UK Notify has accepted it.
    Sent,
    /// It could not be sent, and is no longer tried.
    Failed,
    /// The link in it was followed, and the address confirmed.
    Confirmed,
}

impl MailState {
    const ALL: [Self; 4] = [Self::Pending, Self::Sent, Self::Failed, Self::Confirmed];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Confirmed => "confirmed",
        }
    }
}

/// An email that asks somebody to confirm an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The meaning of its link.
    pub link: ConfirmLink,
    /// The address, sealed; `None` once it was sent or given up.
    pub address: Option<String>,
    /// Its random name at GOV.UK Notify.
    pub reference: String,
    /// The request that it is about.
    pub request: Option<RequestId>,
    /// Its state.
    pub state: MailState,
    /// How often it was tried.
    pub tries: u32,
}

/// The result of a try to send an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was accepted.
    Sent,
    /// It never will be.
    Refused,
    /// It may be sent later.
    Later,
}

impl Confirmations {
    /// Requests an email that asks somebody to confirm an address: one conditional put. Returns
    /// whether it was requested. It is not if an email for the same purpose was requested within
    /// the last day, unless the person has left the list since or that email could not be sent. A
    /// requester's email that could not be sent is kept, so that its request can say so.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown. Asking again is safe.
    pub async fn ask(
        &self,
        link: &ConfirmLink,
        sealed: &str,
        request: Option<&RequestId>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "ask to confirm an address";
        let reference = hex::encode(random(OPERATION)?);
        let mut item = Item::from([
            (ASKED_AT.to_owned(), n(link.asked_at.timestamp())),
            (ADDRESS.to_owned(), s(sealed)),
            (REFERENCE.to_owned(), s(reference)),
            (STATE.to_owned(), s(MailState::Pending.as_str())),
            (TRIES.to_owned(), n(0)),
            (NEXT_TRY.to_owned(), n(now.timestamp())),
        ]);
        if let Some(request) = request {
            item.insert(REQUEST.to_owned(), s(request.as_str()));
        }
        let long_ago = Condition::at_most(ASKED_AT, n((now - APART).timestamp()));
        let left = Condition::below(LEFT_AT, n(link.asked_at.timestamp()));
        let failed =
            Condition::is(STATE, s(MailState::Failed.as_str())).and(Condition::lacks(REQUEST));
        let key = keys::asked_to_confirm(link.purpose, &link.subject);
        let asked = Write::put(&self.table, key, item)
            .ending(mails_end(link.asked_at).timestamp())
            .when(Condition::free(now).or(long_ago).or(left).or(failed));
        Ok(asked.send(OPERATION).await?.is_applied())
    }

    /// Notes that the person has left the list at `now`. An email for an earlier wish then undoes
    /// nothing, and blocks no email for a later wish.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be noted. Repeating it is safe.
    pub async fn left(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Result<(), StorageError> {
        let left = self
            .update(ConfirmationPurpose::Newsletter, subject)
            .set(LEFT_AT, n(now.timestamp()))
            .when(Condition::at_most(ASKED_AT, n(now.timestamp())));
        left.send("note an opt-out after an email").await.map(drop)
    }

    /// Until when GOV.UK Notify has each email about a request to one of these. The emails about a
    /// newsletter are on records.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn mailed(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StorageError> {
        let mut ends = Vec::new();
        for subject in holders.iter().filter_map(Holder::subject) {
            let asking = self
                .asking(ConfirmationPurpose::Request, subject, now)
                .await?;
            ends.extend(asking.map(|asking| mails_end(asking.link.asked_at)));
        }
        Ok(ends)
    }

    /// The email for a purpose to a subject, for as long as GOV.UK Notify may have it.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn asking(
        &self,
        purpose: ConfirmationPurpose,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Option<Asking>, StorageError> {
        const OPERATION: &str = "look for a mail";
        let key = keys::asked_to_confirm(purpose, subject);
        let item = self.table.get(OPERATION, key, now).await?;
        item.map(|item| read_asking(&item).ok_or_else(|| StorageError::unreadable(OPERATION)))
            .transpose()
    }

    /// The emails to requesters that GOV.UK Notify may have, in pages.
    #[must_use]
    pub fn to_requesters(&self, now: DateTime<Utc>) -> Pages<Asking> {
        let purpose = format!("{}#", ConfirmationPurpose::Request.as_str());
        self.table.live(
            "look for mails to requesters",
            CONFIRMATIONS,
            &purpose,
            now,
            |item| read_asking(&item),
        )
    }

    /// Every email that GOV.UK Notify may have, in pages.
    #[must_use]
    pub fn all(&self, now: DateTime<Utc>) -> Pages<Asking> {
        self.table
            .live("look for mails to send", CONFIRMATIONS, "", now, |item| {
                read_asking(&item)
            })
    }

    /// Begins to send an email. Returns `None` if it is not due, somebody is sending it, or it is
    /// over.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn begin(
        &self,
        purpose: ConfirmationPurpose,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Option<Asking>, StorageError> {
        const OPERATION: &str = "begin to send a mail";
        let free =
            Condition::lacks(LEASE_UNTIL).or(Condition::at_most(LEASE_UNTIL, n(now.timestamp())));
        let begun = self
            .update(purpose, subject)
            .set(LEASE_UNTIL, n((now + LEASE).timestamp()))
            .increase(TRIES, 1)
            .when(Condition::is(STATE, s(MailState::Pending.as_str())))
            .when(Condition::at_most(NEXT_TRY, n(now.timestamp())))
            .when(Condition::above(ASKED_AT, n((now - LINK).timestamp())))
            .when(free)
            .returning(Returning::New);
        match begun.send(OPERATION).await? {
            Outcome::Refused(_) => Ok(None),
            Outcome::Applied(begun) => begun
                .as_ref()
                .and_then(read_asking)
                .map(Some)
                .ok_or_else(|| StorageError::unreadable(OPERATION)),
        }
    }

    /// Stores the state of an email after a try, and returns it. The address is removed with the
    /// last try.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn leave(
        &self,
        asking: &Asking,
        tried: Tried,
        now: DateTime<Utc>,
    ) -> Result<MailState, StorageError> {
        const OPERATION: &str = "note the result of a mail";
        let next_try = now + backoff(asking.tries, &asking.reference);
        let state = match tried {
            Tried::Sent => MailState::Sent,
            Tried::Later if next_try < asking.link.asked_at + SENDING => MailState::Pending,
            Tried::Refused | Tried::Later => MailState::Failed,
        };
        let left = self
            .update(asking.link.purpose, &asking.link.subject)
            .remove(LEASE_UNTIL)
            // Another email may have replaced it, or its link may have been followed already.
            .when(Condition::is(REFERENCE, s(&asking.reference)))
            .when(Condition::is(STATE, s(MailState::Pending.as_str())));
        let left = if state == MailState::Pending {
            left.set(NEXT_TRY, n(next_try.timestamp()))
        } else {
            left.set(STATE, s(state.as_str()))
                .remove(NEXT_TRY)
                .remove(ADDRESS)
        };
        left.send(OPERATION).await.map(|_| state)
    }

    /// A change of one email.
    fn update(&self, purpose: ConfirmationPurpose, subject: &SubjectKey) -> Write {
        Write::update(&self.table, keys::asked_to_confirm(purpose, subject))
    }
}

fn read_asking(item: &Item) -> Option<Asking> {
    let (purpose, subject) = keys::asked_to_confirm_of(text(item, SK)?)?;
    let state = text(item, STATE)?;
    Some(Asking {
        link: ConfirmLink {
            purpose,
            subject,
            asked_at: moment(item, ASKED_AT)?,
        },
        address: text(item, ADDRESS).map(str::to_owned),
        reference: text(item, REFERENCE)?.to_owned(),
        request: text(item, REQUEST).and_then(|id| RequestId::try_from(id.to_owned()).ok()),
        state: MailState::ALL.into_iter().find(|it| it.as_str() == state)?,
        tries: u32::try_from(number(item, TRIES)?).ok()?,
    })
}
