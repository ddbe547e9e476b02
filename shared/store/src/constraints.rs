//! Holds and restrictions in the Register, until they are lifted.
//!
//! What a request has placed is stored with the request. What applies to a holder is stored under
//! the holder, as two sets of requests. So a function that stores something of somebody learns from
//! one item what applies to them. With sets, entering it once and twice has the same effect, in
//! whichever order several are placed and lifted.

use crate::effects::{Effects, HOLDS, RESTRICTIONS, distinct};
use crate::evidence;
use crate::keys::{self, EXPIRES_AT, PK, SK, STANDING};
use crate::requests::{Event, Events};
use crate::{Item, text, to_item};
use chrono::{DateTime, Months, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::periods;
use custodian_domain::rights::constraint::{Act, Constraint, ConstraintKind, Effect, Lifting};
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::register::InCase;
use custodian_dynamo::{
    AttributeValue, Condition, Pages, Table, Write, s, set, to_value, transact,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long the evidence of a hold or restriction is kept after it was lifted.
const EVIDENCE: Months = periods::EVIDENCE;

const ENTER: &str = "enter a constraint";
const LIFT: &str = "lift a constraint";

/// The holds and restrictions in the Register.
#[derive(Clone, Debug)]
pub struct Constraints(pub(crate) Table);

/// What a request has placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The hold or restriction, in force or lifted.
    #[serde(flatten)]
    pub standing: Constraint,
    /// A digest of what was ordered, so that one request is not two different things.
    pub order: String,
    /// Whose data it covers; empty once it is lifted and released for everybody.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Whether all their items were checked when nobody who had not seen it could still be writing.
    #[serde(default)]
    pub settled: bool,
    /// The request of a case that it carries out, if its order names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_case: Option<InCase>,
}

/// The restrictions of several holders, and when a request of theirs was last confirmed, as they
/// were read.
#[derive(Clone, Debug, Default)]
pub struct Restricting(BTreeMap<String, [Option<AttributeValue>; 2]>);

/// What changes whenever a request for a copy is confirmed to be a holder's: an approval of their
/// erasure that has not seen it does not go through.
const ASKED: &str = "asked";
/// How long that is kept of a holder whom nothing holds or restricts: longer than an approval takes.
const ASKED_FOR: TimeDelta = TimeDelta::days(1);

impl Constraints {
    /// The holds and restrictions in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Enters what a request places, and the writes `beside` it, before it is applied. Returns
    /// whether it is new.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn enter(
        &self,
        request: &RequestId,
        placed: &Placed,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        let mut writes = self.entering(request, placed).await?;
        writes.extend(beside);
        transact(ENTER, writes).await
    }

    /// The writes that enter what a request places, for a transaction about something else: it
    /// fails if the request has placed anything.
    ///
    /// # Errors
    /// [`StorageError`] if the request's events cannot be counted.
    pub async fn entering(
        &self,
        request: &RequestId,
        placed: &Placed,
    ) -> Result<Vec<Write>, StorageError> {
        let what = placed.standing.kind.placed();
        let mut writes = vec![
            Write::put(&self.0, keys::standing(request), to_item(ENTER, placed)?)
                .when(Condition::not_there()),
            Write::put(&self.0, keys::open_standing(request), Item::new()),
        ];
        writes.extend(self.event(request, &what, &placed.standing.placed).await?);
        Ok(writes)
    }

    /// What a request has placed.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Placed>, StorageError> {
        self.0
            .find("read a constraint", keys::standing(request), now)
            .await
    }

    /// Records that the person was informed that it will be lifted, and the writes `beside` it. Only the first call counts.
    /// Returns whether this was it.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be recorded.
    pub async fn notice(
        &self,
        request: &RequestId,
        act: &Act,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "record a notice";
        let noticed = self
            .change(request)
            .set("notice", to_value(OPERATION, act)?)
            .when(Condition::lacks("notice"))
            .when(Condition::lacks("lifted"));
        let mut writes = vec![noticed];
        writes.extend(self.event(request, "told of the lifting", act).await?);
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    /// Records that a hold or restriction of this kind is lifted, and the writes `beside` it, if it
    /// needs no notice or has it. Returns whether this was it.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be recorded.
    pub async fn lift(
        &self,
        request: &RequestId,
        kind: ConstraintKind,
        lifting: &Lifting,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        let mut writes = self.lifting(request, kind, lifting).await?;
        writes.extend(beside);
        transact(LIFT, writes).await
    }

    /// The writes that lift it, for a transaction about something else: it fails if it is lifted
    /// already, or needs a notice.
    ///
    /// # Errors
    /// [`StorageError`] if the request's events cannot be counted.
    pub async fn lifting(
        &self,
        request: &RequestId,
        kind: ConstraintKind,
        lifting: &Lifting,
    ) -> Result<Vec<Write>, StorageError> {
        let mut lifted = self
            .change(request)
            .set("lifted", to_value(LIFT, lifting)?)
            .when(Condition::lacks("lifted"));
        if kind.needs_notice() {
            lifted = lifted.when(Condition::has("notice"));
        }
        let what = format!("lifted, {}", lifting.reason.as_str());
        let mut writes = vec![lifted];
        writes.extend(self.event(request, &what, &lifting.act).await?);
        Ok(writes)
    }

    /// Stores under each holder that this applies to them. Twice has the effect of once.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain for all of them.
    pub async fn cover(&self, request: &RequestId, placed: &Placed) -> Result<(), StorageError> {
        // The item may have an end, while nothing stands.
        let endless = |update: Write| update.remove(EXPIRES_AT);
        self.store(request, placed, Write::add, endless).await
    }

    /// Stores under each holder that this no longer applies to them.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain for all of them.
    pub async fn uncover(&self, request: &RequestId, placed: &Placed) -> Result<(), StorageError> {
        self.store(request, placed, Write::take_out, |update| update)
            .await
    }

    /// Stores that all items of its holders were checked.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain to be stored.
    pub async fn settle(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "mark a constraint as applied";
        let settled = self
            .change(request)
            .set("settled", AttributeValue::Bool(true))
            .when(Condition::lacks("lifted"));
        let writes = vec![settled, self.unattested(request, now)?];
        transact(OPERATION, writes).await.map(drop)
    }

    /// Closes what was lifted: the Register no longer says for whom it was, only that it was.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be closed.
    pub async fn close(
        &self,
        request: &RequestId,
        placed: &Placed,
        lifted_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a constraint";
        for holder in &placed.holders {
            // Deletes a holder's item once nothing applies any longer.
            Write::delete(&self.0, keys::standing_of(holder))
                .when(Condition::lacks(HOLDS))
                .when(Condition::lacks(RESTRICTIONS))
                .send("remove the holders of a constraint")
                .await?;
        }
        let writes = vec![
            self.change(request)
                .ending(evidence_until(lifted_at).epoch())
                .remove("holders"),
            Write::delete(&self.0, keys::open_standing(request)),
            self.unattested(request, now)?,
        ];
        transact(OPERATION, writes).await.map(drop)
    }

    /// What is in force, and what is being lifted, in pages.
    #[must_use]
    pub fn open(&self) -> Pages<RequestId> {
        self.0.all("list constraints", keys::STANDINGS, "", |item| {
            text(&item, SK)?.to_owned().try_into().ok()
        })
    }

    /// The same, after a request, which need not exist any more.
    #[must_use]
    pub fn open_behind(&self, request: &str) -> Pages<RequestId> {
        self.open().behind(keys::STANDINGS, request)
    }

    /// What applies to any of these holders, each with its request: an erasure has to know it
    /// before it is approved.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn of(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Vec<(RequestId, Constraint)>, StorageError> {
        const OPERATION: &str = "look up a person's constraints";
        let items = self
            .0
            .get_all(
                OPERATION,
                distinct(holders.iter().map(keys::standing_of)),
                now,
            )
            .await?;
        let sets = items
            .iter()
            .flat_map(|item| [HOLDS, RESTRICTIONS].map(|set| item.get(set)));
        let requests: BTreeSet<String> = sets
            .flatten()
            .filter_map(|set| set.as_ss().ok())
            .flatten()
            .cloned()
            .collect();
        let mut standings = Vec::new();
        for request in requests {
            let request =
                RequestId::try_from(request).map_err(|_| StorageError::unreadable(OPERATION))?;
            let placed = self.find(&request, now).await?;
            standings.extend(
                placed
                    .filter(|it| it.standing.lifted.is_none())
                    .map(|it| (request, it.standing)),
            );
        }
        Ok(standings)
    }

    /// That a request for a copy was confirmed to be these holders', for the transaction that
    /// confirms it: whoever approves an erasure of theirs at this very moment reads it, or fails.
    ///
    /// # Errors
    /// [`StorageError`] if it is unknown what holds them, or there is no randomness.
    pub async fn asked(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Vec<Write>, StorageError> {
        const OPERATION: &str = "say that somebody asks for a copy";
        let keys = distinct(holders.iter().map(keys::standing_of));
        let items = self.0.get_all(OPERATION, keys.clone(), now).await?;
        let stands = |item: &&Item| item.contains_key(HOLDS) || item.contains_key(RESTRICTIONS);
        let standing: BTreeSet<&str> = items
            .iter()
            .filter(stands)
            .filter_map(|item| text(item, PK))
            .collect();
        let stands = Condition::has(HOLDS).or(Condition::has(RESTRICTIONS));
        let nothing = Condition::lacks(HOLDS).and(Condition::lacks(RESTRICTIONS));
        let mut writes = Vec::new();
        for key in keys {
            let is_standing = standing.contains(key.partition.as_str());
            let mark = hex::encode(custodian_dynamo::random(OPERATION)?);
            let update = Write::update(&self.0, key).set(ASKED, s(mark));
            writes.push(if is_standing {
                update.when(stands.clone())
            } else {
                let end = ExpiresAt::at(now + ASKED_FOR).epoch();
                update.ending(end).when(nothing.clone())
            });
        }
        Ok(writes)
    }

    /// The restrictions on these holders now, and when a request of theirs was last confirmed.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn restricting(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Restricting, StorageError> {
        let keys = distinct(holders.iter().map(keys::standing_of));
        let items = self
            .0
            .get_all("look up restrictions of holders", keys, now)
            .await?;
        let read = |item: &Item| {
            let both = [RESTRICTIONS, ASKED].map(|name| item.get(name).cloned());
            Some((text(item, PK)?.to_owned(), both))
        };
        Ok(Restricting(items.iter().filter_map(read).collect()))
    }

    /// A check in a transaction: no hold covers this holder, its restrictions are the same as
    /// `before`, and no request for a copy was confirmed to be theirs since.
    pub fn unheld(&self, holder: &Holder, before: &Restricting, now: DateTime<Utc>) -> Write {
        let key = keys::standing_of(holder);
        let [restrictions, asked] = match before.0.get(&key.partition) {
            Some(both) => both.clone(),
            None => [None, None],
        };
        let restricted = match restrictions {
            Some(set) => Condition::is(RESTRICTIONS, set),
            None => Condition::lacks(RESTRICTIONS),
        };
        let asked = match asked {
            Some(mark) => Condition::is(ASKED, mark),
            // TTL may be late.
            None => Condition::lacks(ASKED).or(Condition::over(now)),
        };
        let same = Condition::lacks(HOLDS).and(restricted).and(asked);
        Write::check(&self.0, key, same)
    }

    /// What applies to each of these holders, all together.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn effects(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Effects, StorageError> {
        let keys = distinct(holders.iter().map(keys::standing_of));
        let items = self
            .0
            .get_all("look up constraints of holders", keys, now)
            .await?;
        Ok(Effects::read(holders, &items))
    }

    async fn store(
        &self,
        request: &RequestId,
        placed: &Placed,
        how: impl Fn(Write, &'static str, AttributeValue) -> Write,
        also: impl Fn(Write) -> Write,
    ) -> Result<(), StorageError> {
        let Effect { held, restricted } = placed.standing.kind.effect();
        for holder in &placed.holders {
            let mut update = also(Write::update(&self.0, keys::standing_of(holder)));
            for (stands, attribute) in [(held, HOLDS), (restricted, RESTRICTIONS)] {
                if stands {
                    update = how(update, attribute, set([request.as_str().to_owned()]));
                }
            }
            update.send("store a holder's constraints").await?;
        }
        Ok(())
    }

    /// A change of what a request has placed, if it is there.
    fn change(&self, request: &RequestId) -> Write {
        Write::update(&self.0, keys::standing(request)).when(Condition::there())
    }

    /// An event of the request, among all its others.
    async fn event(
        &self,
        request: &RequestId,
        what: &str,
        act: &Act,
    ) -> Result<[Write; 2], StorageError> {
        Events(self.0.clone())
            .next(request, &Event::by(&act.by, what, act.at), &[STANDING])
            .await
    }

    /// A mark that what a request has placed differs from its attestation.
    fn unattested(&self, request: &RequestId, now: DateTime<Utc>) -> Result<Write, StorageError> {
        let items = vec![STANDING.to_owned()];
        evidence::mark(&self.0, &keys::request(request), items, now)
    }
}

fn evidence_until(at: DateTime<Utc>) -> ExpiresAt {
    ExpiresAt::at(at.checked_add_months(EVIDENCE).unwrap_or(at))
}
