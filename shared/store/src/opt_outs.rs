//! Who no longer wants a list. It is stored in the Register, which keeps it after an erasure, and
//! in the person's profile. The list's sender is informed through a request, which begins in the
//! same transaction.

use crate::keys::{self, DAY, PROFILE};
use crate::requests::{Approval, Request, Requests};
use crate::retention::retention;
use crate::{Item, s, text};
use chrono::{DateTime, Utc};
use custodian_aws::{Cause, StorageError};
use custodian_domain::identity::staff::THE_PERSON;
use custodian_domain::identity::subject::SubjectKey;
use custodian_domain::london;
use custodian_domain::place::Place;
use custodian_domain::record::Holder;
use custodian_domain::retention::Retention;
use custodian_domain::rights::erasure::Counts;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::subscription::{List, OptOut, Subscription, UNTIL_TOLD};
use custodian_domain::rights::task::{Action, Task};
use custodian_dynamo::{AttributeValue, Condition, Table, Write, transact};
use std::time::Duration;

const OPERATION: &str = "opt out of a list";
/// When it was said last.
const SINCE: &str = "since";
/// The request by which the list's sender is informed.
const REQUEST: &str = "request";
/// In a profile: when each list was opted out of.
const OPTED_OUT: &str = "opted_out";
/// How often it starts again because others wrote in between: two clicks of one person come close
/// together.
const TRIES: u32 = 5;

/// The opt-outs in the Register and in profiles.
#[derive(Clone, Debug)]
pub struct OptOuts {
    register: Table,
    records: Table,
    requests: Requests,
}

/// The result of an opt-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptOutOutcome {
    /// The list's sender will be informed.
    First,
    /// The sender is already being informed; the opt-out now counts from the last click.
    Again,
}

/// An opt-out as it is stored.
struct StoredOptOut {
    opt_out: OptOut,
    request: RequestId,
}

impl OptOuts {
    /// The opt-outs in these tables.
    #[must_use]
    pub fn new(client: &custodian_dynamo::Client, records: &str, register: &str) -> Self {
        let table = |name: &str| Table::new(client.clone(), name.to_owned());
        Self {
            register: table(register),
            records: table(records),
            requests: Requests::new(client, register),
        }
    }

    /// The opt-out in force at `now`, if there is one.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn find(
        &self,
        of: &Subscription,
        now: DateTime<Utc>,
    ) -> Result<Option<OptOut>, StorageError> {
        Ok(self.stored(of, now).await?.map(|stored| stored.opt_out))
    }

    /// The contents of a subject's profile at `now`: each list that was opted out of, when, and
    /// until when the profile is kept.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn profile_of(
        &self,
        subject: &SubjectKey,
        now: DateTime<Utc>,
    ) -> Result<Vec<(List, OptOut, Option<Retention>)>, StorageError> {
        const OPERATION: &str = "read a profile";
        let mut pages = self
            .records
            .live(OPERATION, subject.as_str(), PROFILE, now, Some);
        let mut new_opt_out = Vec::new();
        while let Some(page) = pages.next().await? {
            for item in &page {
                let unreadable = || StorageError::unreadable(OPERATION);
                let lists = item
                    .get(OPTED_OUT)
                    .and_then(|it| it.as_m().ok())
                    .ok_or_else(unreadable)?;
                for (list, since) in lists {
                    let since = since
                        .as_s()
                        .ok()
                        .and_then(|since| since.parse().ok())
                        .ok_or_else(unreadable)?;
                    let list = List::named(list).ok_or_else(unreadable)?;
                    new_opt_out.push((list, OptOut::at(since), retention(item)));
                }
            }
        }
        Ok(new_opt_out)
    }

    /// Stores an opt-out, in the Register and in the profile at once, and has the list's sender
    /// informed under `request`, unless an earlier such request is still open.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be stored. Repeating it is safe.
    pub async fn record(
        &self,
        of: &Subscription,
        new_opt_out: OptOut,
        request: &RequestId,
    ) -> Result<OptOutOutcome, StorageError> {
        for again in 1..=TRIES {
            match self.attempt(of, new_opt_out, request).await {
                Ok(Some(became)) => return Ok(became),
                Ok(None) => {}
                Err(error) if error.cause == Cause::Cancelled => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(Duration::from_millis(10 << again)).await;
        }
        Err(StorageError::because(
            OPERATION,
            "others say it at the same time",
        ))
    }

    /// Makes the same calls as a first opt-out, for `nobody`, and leaves nothing behind.
    ///
    /// # Errors
    /// The errors of [`OptOuts::record`].
    pub async fn pretend(
        &self,
        nobody: &Subscription,
        new_opt_out: OptOut,
        request: &RequestId,
    ) -> Result<(), StorageError> {
        self.stored(nobody, new_opt_out.since()).await?;
        // Nobody never exists.
        let put = self
            .put(nobody, new_opt_out, request)
            .when(Condition::there());
        match self.enter(nobody, new_opt_out, request, put).await {
            Err(error) if error.cause == Cause::Cancelled => Ok(()),
            entered => entered.map(drop),
        }
    }

    /// Returns `None` if somebody else wrote in between.
    async fn attempt(
        &self,
        of: &Subscription,
        new_opt_out: OptOut,
        request: &RequestId,
    ) -> Result<Option<OptOutOutcome>, StorageError> {
        let before = self.stored(of, new_opt_out.since()).await?;
        if let Some(before) = &before
            && self
                .is_open(of, &before.request, new_opt_out.since())
                .await?
        {
            let stands = before.opt_out.since() >= new_opt_out.since();
            let again = stands || self.enter_again(of, new_opt_out, &before.request).await?;
            return Ok(again.then_some(OptOutOutcome::Again));
        }
        let put = self.put(of, new_opt_out, request);
        let put = put.when(match &before {
            None => Condition::free(new_opt_out.since()),
            Some(before) => still_under(&before.request),
        });
        Ok(self
            .enter(of, new_opt_out, request, put)
            .await?
            .then_some(OptOutOutcome::First))
    }

    async fn stored(
        &self,
        of: &Subscription,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredOptOut>, StorageError> {
        const OPERATION: &str = "look for an opt-out";
        let read = |item: &Item| {
            let opt_out = OptOut::at(text(item, SINCE)?.parse().ok()?);
            Some(StoredOptOut {
                opt_out,
                request: RequestId::try_from(text(item, REQUEST)?.to_owned()).ok()?,
            })
        };
        let item = self.register.get(OPERATION, keys::opt_out(of), now).await?;
        item.map(|item| read(&item).ok_or_else(|| StorageError::unreadable(OPERATION)))
            .transpose()
    }

    /// Whether a request about this person is not closed yet. One of the first version is where a
    /// click can't look, so the sender is informed again.
    async fn is_open(
        &self,
        of: &Subscription,
        id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        if !id.is_click() {
            return Ok(false);
        }
        let key = keys::open_request(&Holder::Subject(of.subject.clone()), id);
        Ok(self
            .register
            .get("look for an open request", key, now)
            .await?
            .is_some())
    }

    async fn enter_again(
        &self,
        of: &Subscription,
        new_opt_out: OptOut,
        request: &RequestId,
    ) -> Result<bool, StorageError> {
        let put = self
            .put(of, new_opt_out, request)
            .when(still_under(request));
        transact(OPERATION, vec![put, self.profile(of, new_opt_out)]).await
    }

    /// Enters the request with the opt-out beside it. Returns whether the opt-out's condition was
    /// met.
    async fn enter(
        &self,
        of: &Subscription,
        new_opt_out: OptOut,
        id: &RequestId,
        opt_out: Write,
    ) -> Result<bool, StorageError> {
        let (now, today) = (new_opt_out.since(), london::date(new_opt_out.since()));
        let due = today.checked_add_signed(UNTIL_TOLD).unwrap_or(today);
        let place = match of.list {
            List::Newsletter => Place::Newsletter,
        };
        let task = Task::new(place, Action::Unsubscribe, Counts::new(), due, now);
        let beside = vec![opt_out, self.profile(of, new_opt_out)];
        let holder = Holder::Subject(of.subject.clone());
        let request = Request::entered(
            Action::Unsubscribe,
            String::new(),
            THE_PERSON,
            &[holder],
            now,
        );
        let approval = Approval {
            request: &request,
            tasks: &[task],
            suppress: false,
            beside,
        };
        self.requests.enter(id, approval, now).await
    }

    fn put(&self, of: &Subscription, new_opt_out: OptOut, request: &RequestId) -> Write {
        let item = Item::from([
            (SINCE.to_owned(), since(new_opt_out)),
            (REQUEST.to_owned(), s(request.as_str())),
        ]);
        Write::put(&self.register, keys::opt_out(of), item).ending(new_opt_out.ends().epoch())
    }

    /// The profile is stored under the person, and an erasure deletes it like everything else
    /// there.
    fn profile(&self, of: &Subscription, new_opt_out: OptOut) -> Write {
        let key = keys::profile(&of.subject);
        let opted_out = Item::from([(of.list.as_str().to_owned(), since(new_opt_out))]);
        let day = keys::day(new_opt_out.since().date_naive(), &key.sort);
        let item = Item::from([
            (OPTED_OUT.to_owned(), AttributeValue::M(opted_out)),
            (DAY.to_owned(), s(day)),
        ]);
        Write::put(&self.records, key, item).ending(new_opt_out.ends().epoch())
    }
}

fn since(new_opt_out: OptOut) -> AttributeValue {
    s(new_opt_out.since().to_rfc3339())
}

/// Only if this request is still the last one entered for it.
fn still_under(request: &RequestId) -> Condition {
    Condition::is(REQUEST, s(request.as_str()))
}
