//! The mails that ask somebody to confirm an address: asked for, begun, left as each is after a
//! try.

use super::{ASKED_AT, Confirmations, REFERENCE, REQUEST, STATE, moment};
use crate::keys::{self, CONFIRMATIONS, EXPIRES_AT, PK, SK};
use crate::table::Pages;
use crate::{Item, n, number, s, text};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use chrono::{DateTime, TimeDelta, Utc};
use custodian_aws::{StorageError, applied};
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::record::Holder;
use custodian_domain::record::processor_copy::mails_end;
use custodian_domain::rights::confirmation::{
    APART, ConfirmLink, ConfirmationPurpose, LINK, SENDING,
};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::task::backoff;
use serde::Serialize;

/// How long whoever has begun to send a mail is left alone with it: longer than an invocation.
const LEASE: TimeDelta = TimeDelta::minutes(2);

const ADDRESS: &str = "address";
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
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| StorageError {
            operation: OPERATION,
            code: "randomness".to_owned(),
        })?;
        let key = keys::asked_to_confirm(link.purpose, &link.subject);
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .item(PK, s(key.partition))
            .item(SK, s(key.sort))
            .item(ASKED_AT, n(link.asked_at.timestamp()))
            .item(ADDRESS, s(sealed))
            .item(REFERENCE, s(hex::encode(random)))
            .item(STATE, s(MailState::Pending.as_str()))
            .item(TRIES, n(0))
            .item(NEXT_TRY, n(now.timestamp()))
            .item(EXPIRES_AT, n(mails_end(link.asked_at).timestamp()))
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at <= :now OR asked_at <= :apart OR left_at < :asked \
                 OR (#state = :failed AND attribute_not_exists(#request))",
            )
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#request", REQUEST)
            .expression_attribute_values(":failed", s(MailState::Failed.as_str()))
            .expression_attribute_values(":asked", n(link.asked_at.timestamp()))
            .expression_attribute_values(":now", n(now.timestamp()))
            .expression_attribute_values(":apart", n((now - APART).timestamp()));
        let put = request
            .iter()
            .fold(put, |put, request| put.item(REQUEST, s(request.as_str())));
        Ok(applied(OPERATION, put.send().await)?.is_some())
    }

    /// Notes that the person has left the list at `now`: a mail for a wish from before undoes
    /// nothing, and stands in the way of none for a later wish.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be noted; noting it again is safe.
    pub async fn left(&self, subject: &SubjectKey, now: DateTime<Utc>) -> Result<(), StorageError> {
        let update = self
            .update(ConfirmationPurpose::Newsletter, subject)
            .condition_expression("asked_at <= :now")
            .update_expression("SET left_at = :now")
            .expression_attribute_values(":now", n(now.timestamp()));
        applied("note that a list was left", update.send().await).map(drop)
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
        let item = self
            .table
            .get(OPERATION, &keys::asked_to_confirm(purpose, subject), now)
            .await?;
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
            read_asking,
        )
    }

    /// Every mail that whoever sends them may have, in pages.
    #[must_use]
    pub fn all(&self, now: DateTime<Utc>) -> Pages<Asking> {
        self.table.live(
            "look for mails to send",
            CONFIRMATIONS,
            "",
            now,
            read_asking,
        )
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
        let update = self
            .update(purpose, subject)
            .condition_expression(
                "#state = :pending AND next_try <= :now AND asked_at > :over \
                 AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .update_expression("SET lease_until = :lease, tries = tries + :one")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":pending", s(MailState::Pending.as_str()))
            .expression_attribute_values(":now", n(now.timestamp()))
            .expression_attribute_values(":over", n((now - LINK).timestamp()))
            .expression_attribute_values(":lease", n((now + LEASE).timestamp()))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        let Some(begun) = applied(OPERATION, update.send().await)? else {
            return Ok(None);
        };
        let item = begun.attributes.unwrap_or_default();
        read_asking(&item)
            .map(Some)
            .ok_or_else(|| StorageError::unreadable(OPERATION))
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
        let update = self
            .update(asking.link.purpose, &asking.link.subject)
            // Another mail may have taken its place, or its link may have been followed already.
            .condition_expression("#reference = :reference AND #state = :pending")
            .expression_attribute_names("#reference", REFERENCE)
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":reference", s(&asking.reference))
            .expression_attribute_values(":pending", s(MailState::Pending.as_str()));
        let update = if state == MailState::Pending {
            update
                .update_expression("SET next_try = :next REMOVE lease_until")
                .expression_attribute_values(":next", n(next_try.timestamp()))
        } else {
            update
                .update_expression("SET #state = :state REMOVE lease_until, next_try, address")
                .expression_attribute_values(":state", s(state.as_str()))
        };
        applied(OPERATION, update.send().await).map(|_| state)
    }

    /// A change of one mail.
    fn update(
        &self,
        purpose: ConfirmationPurpose,
        subject: &SubjectKey,
    ) -> UpdateItemFluentBuilder {
        let key = keys::asked_to_confirm(purpose, subject);
        let update = self.table.client.update_item().table_name(&self.table.name);
        update.key(PK, s(key.partition)).key(SK, s(key.sort))
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
