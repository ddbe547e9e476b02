//! The mails that ask somebody to confirm an address: asked for, begun, left as each is after a
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

/// How long whoever has begun to send a mail is left alone with it: longer than an invocation.
const LEASE: TimeDelta = TimeDelta::minutes(2);

const ADDRESS: &str = "address";
const LEASE_UNTIL: &str = "lease_until";
const LEFT_AT: &str = "left_at";
const NEXT_TRY: &str = "next_try";
const TRIES: &str = "tries";

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// It waits to be sent.
    Pending,
    /// It was handed to who sends it.
    Sent,
    /// It could not be sent, and is not tried any longer.
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

/// A mail that asks somebody to confirm an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// What the link in it stands for.
    pub link: ConfirmLink,
    /// The address, sealed; nothing once it was sent or given up.
    pub address: Option<String>,
    /// What whoever sends it calls it: random.
    pub reference: String,
    /// The request that it is about.
    pub request: Option<RequestId>,
    /// How far it is.
    pub state: MailState,
    /// How often it was tried to send it.
    pub tries: u32,
}

/// What came of a try to send a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was taken.
    Sent,
    /// It never will be.
    Refused,
    /// It may be later.
    Later,
}

impl Confirmations {
    /// Has somebody asked to confirm an address: one conditional put. Gives whether they will be;
    /// where a mail for the same purpose was asked for within the last day, it stands. It does not
    /// where the person has left the list since, or where it could not be sent; a requester's that
    /// could not be sent stands, so that its request can tell.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known; asking again is safe.
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

    /// Notes that the person has left the list at `now`: a mail for a wish from before undoes
    /// nothing, and stands in the way of none for a later wish.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be noted; noting it again is safe.
    pub async fn left(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Result<(), StorageError> {
        let left = self
            .update(ConfirmationPurpose::Newsletter, subject)
            .set(LEFT_AT, n(now.timestamp()))
            .when(Condition::at_most(ASKED_AT, n(now.timestamp())));
        left.send("note that a list was left").await.map(drop)
    }

    /// Until when whoever sends has each mail about a request to one of these: the mails about a
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

    /// The mail for a purpose to a subject, as long as whoever sends it may have it.
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

    /// The mails to requesters that whoever sends them may have, in pages.
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

    /// Every mail that whoever sends them may have, in pages.
    #[must_use]
    pub fn all(&self, now: DateTime<Utc>) -> Pages<Asking> {
        self.table
            .live("look for mails to send", CONFIRMATIONS, "", now, |item| {
                read_asking(&item)
            })
    }

    /// Begins to send a mail; gives nothing where it is not due, somebody is at it, or it is over.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
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

    /// Leaves a mail as it is after a try; gives how far it is then. The address goes with the last
    /// try.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn leave(
        &self,
        asking: &Asking,
        tried: Tried,
        now: DateTime<Utc>,
    ) -> Result<MailState, StorageError> {
        const OPERATION: &str = "leave a mail";
        let next_try = now + backoff(asking.tries, &asking.reference);
        let state = match tried {
            Tried::Sent => MailState::Sent,
            Tried::Later if next_try < asking.link.asked_at + SENDING => MailState::Pending,
            Tried::Refused | Tried::Later => MailState::Failed,
        };
        let left = self
            .update(asking.link.purpose, &asking.link.subject)
            .remove(LEASE_UNTIL)
            // Another mail may have taken its place, or its link may have been followed already.
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

    /// A change of one mail.
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
