//! What stands for people, as the Register knows it: holds and restrictions, until they are lifted.
//!
//! What a request has placed lies with the request. What stands for a holder lies under the holder,
//! as two sets of requests: whoever stores something of somebody learns from one item what stands
//! for them. Sets make it the same thing to enter it once and twice, in whichever order several are
//! placed and lifted.

use crate::effects::{Effects, HOLDS, RESTRICTIONS, distinct};
use crate::evidence;
use crate::keys::{self, EXPIRES_AT, Key, PK, SK, STANDING};
use crate::requests::{Event, Events};
use crate::table::{Pages, Table};
use crate::{Item, n, s, text};
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};
use chrono::{DateTime, Months, Utc};
use custodian_aws::{StorageError, applied, failed};
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::constraint::{Act, Constraint, ConstraintKind, Effect, Lifting};
use custodian_domain::rights::package::RequestId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long the evidence of a standing is kept after it was lifted.
const EVIDENCE: Months = Months::new(72);

/// What stands, in the Register.
#[derive(Clone, Debug)]
pub struct Constraints(pub(crate) Table);

/// What a request has placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// What stands, or stood.
    #[serde(flatten)]
    pub standing: Constraint,
    /// A digest of what was ordered, so that one request is not two different things.
    pub order: String,
    /// For whom; nothing once it is lifted and everybody has let go.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Whether everything of theirs was looked through when nobody could be writing any longer who
    /// had not seen it.
    #[serde(default)]
    pub settled: bool,
}

/// What restricts each of several holders, as it was read.
#[derive(Clone, Debug, Default)]
pub struct Restricting(BTreeMap<String, AttributeValue>);

impl Constraints {
    /// The standings in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Enters what a request places, and what begins `beside` it, before anything is done about it;
    /// gives whether it is new.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn enter(
        &self,
        request: &RequestId,
        placed: &Placed,
        beside: Vec<TransactWriteItem>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a standing";
        let item: Item =
            serde_dynamo::to_item(placed).map_err(|_| StorageError::unreadable(OPERATION))?;
        let entry = self
            .put(keys::standing(request), item)
            .condition_expression("attribute_not_exists(pk)")
            .build();
        let open = self.put(keys::open_standing(request), Item::new()).build();
        let put = |put: Result<Put, _>| {
            let put = put.map_err(|_| StorageError::unreadable(OPERATION))?;
            Ok::<_, StorageError>(TransactWriteItem::builder().put(put).build())
        };
        let what = placed.standing.kind.placed();
        let mut actions = vec![put(entry)?, put(open)?];
        actions.extend(self.event(request, &what, &placed.standing.placed).await?);
        actions.extend(beside);
        self.0.transact(OPERATION, actions).await
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
        const OPERATION: &str = "read a standing";
        let item = self.0.get(OPERATION, &keys::standing(request), now).await?;
        item.map(|item| {
            serde_dynamo::from_item(item).map_err(|_| StorageError::unreadable(OPERATION))
        })
        .transpose()
    }

    /// Records that the person was told that it will be lifted; the first time stands. Gives
    /// whether this was it.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be recorded.
    pub async fn notice(&self, request: &RequestId, act: &Act) -> Result<bool, StorageError> {
        let condition = "attribute_exists(pk) AND attribute_not_exists(notice) AND attribute_not_exists(lifted)";
        let mark = self.mark(request, condition, "SET notice = :act", act)?;
        let mut actions = vec![mark];
        actions.extend(self.event(request, "told of the lifting", act).await?);
        self.0.transact("record a notice", actions).await
    }

    /// Records that what is of this kind is lifted, and what begins `beside`, if that needs no
    /// notice or has it. Gives whether this was it.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be recorded.
    pub async fn lift(
        &self,
        request: &RequestId,
        kind: ConstraintKind,
        lifting: &Lifting,
        beside: Vec<TransactWriteItem>,
    ) -> Result<bool, StorageError> {
        let condition = if kind.needs_notice() {
            "attribute_exists(notice) AND attribute_not_exists(lifted)"
        } else {
            "attribute_exists(pk) AND attribute_not_exists(lifted)"
        };
        let mark = self.mark(request, condition, "SET lifted = :act", lifting)?;
        let what = format!("lifted, {}", lifting.reason.as_str());
        let mut actions = vec![mark];
        actions.extend(self.event(request, &what, &lifting.act).await?);
        actions.extend(beside);
        self.0.transact("lift a standing", actions).await
    }

    /// Says under each holder that this stands for them. Once is as good as twice.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known of all of them.
    pub async fn cover(&self, request: &RequestId, placed: &Placed) -> Result<(), StorageError> {
        self.say(request, placed, "ADD").await
    }

    /// Says under each holder that this does not stand for them any longer.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known of all of them.
    pub async fn uncover(&self, request: &RequestId, placed: &Placed) -> Result<(), StorageError> {
        self.say(request, placed, "DELETE").await
    }

    /// Remembers that everything of those for whom it stands was looked through.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be remembered.
    pub async fn settle(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let condition = "attribute_exists(pk) AND attribute_not_exists(lifted)";
        let mark = self.mark(request, condition, "SET settled = :act", &true)?;
        self.0
            .transact(
                "settle a standing",
                vec![mark, self.unattested(request, now)?],
            )
            .await
            .map(drop)
    }

    /// Closes what was lifted: the Register forgets whom it stood for, and keeps that it did.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be closed.
    pub async fn close(
        &self,
        request: &RequestId,
        placed: &Placed,
        lifted_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "close a standing";
        for holder in &placed.holders {
            self.drop_empty(&keys::standing_of(holder)).await?;
        }
        let (entry, open) = (keys::standing(request), keys::open_standing(request));
        let forget = Update::builder()
            .table_name(&self.0.name)
            .key(PK, s(entry.partition))
            .key(SK, s(entry.sort))
            .condition_expression("attribute_exists(pk)")
            .update_expression("SET #end = :end REMOVE holders")
            .expression_attribute_names("#end", EXPIRES_AT)
            .expression_attribute_values(":end", n(evidence_until(lifted_at).epoch()))
            .build();
        let delete = Delete::builder()
            .table_name(&self.0.name)
            .key(PK, s(open.partition))
            .key(SK, s(open.sort));
        let unreadable = |_| StorageError::unreadable(OPERATION);
        let actions = vec![
            TransactWriteItem::builder()
                .update(forget.map_err(unreadable)?)
                .build(),
            TransactWriteItem::builder()
                .delete(delete.build().map_err(unreadable)?)
                .build(),
            self.unattested(request, now)?,
        ];
        self.0.transact(OPERATION, actions).await.map(drop)
    }

    /// What stands, and what is being lifted, in pages.
    #[must_use]
    pub fn open(&self) -> Pages<RequestId> {
        self.0.all("look what stands", keys::STANDINGS, "", |item| {
            text(item, SK)?.to_owned().try_into().ok()
        })
    }

    /// The same from behind a request on, which need not be there any more.
    #[must_use]
    pub fn open_behind(&self, request: &str) -> Pages<RequestId> {
        self.open().behind(keys::STANDINGS, request)
    }

    /// What stands for any of these holders, each with its request: what an erasure has to know
    /// before it is approved.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn of(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Vec<(RequestId, Constraint)>, StorageError> {
        const OPERATION: &str = "look what stands for somebody";
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

    /// What restricts these holders now.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn restricting(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Restricting, StorageError> {
        let keys = distinct(holders.iter().map(keys::standing_of));
        let items = self
            .0
            .get_all("look what restricts holders", keys, now)
            .await?;
        let read =
            |item: &Item| Some((text(item, PK)?.to_owned(), item.get(RESTRICTIONS)?.clone()));
        Ok(Restricting(items.iter().filter_map(read).collect()))
    }

    /// That nothing holds what is of this holder, and that the same restricts it as `before`: a
    /// part of a transaction that may not happen otherwise.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be said.
    pub fn unheld(
        &self,
        holder: &Holder,
        before: &Restricting,
    ) -> Result<TransactWriteItem, StorageError> {
        let key = keys::standing_of(holder);
        let restricted = before.0.get(&key.partition);
        let same = match restricted {
            Some(_) => format!("{RESTRICTIONS} = :restrictions"),
            None => format!("attribute_not_exists({RESTRICTIONS})"),
        };
        let check = ConditionCheck::builder()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression(format!("attribute_not_exists({HOLDS}) AND {same}"))
            .set_expression_attribute_values(restricted.map(|set| {
                [(":restrictions".to_owned(), set.clone())]
                    .into_iter()
                    .collect()
            }));
        let check = check
            .build()
            .map_err(|_| StorageError::unreadable("require that nothing is held"))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// What stands for each of these holders, all together.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn effects(
        &self,
        holders: &[Holder],
        now: DateTime<Utc>,
    ) -> Result<Effects, StorageError> {
        let keys = distinct(holders.iter().map(keys::standing_of));
        let items = self
            .0
            .get_all("look what stands for holders", keys, now)
            .await?;
        Ok(Effects::read(holders, &items))
    }

    async fn say(
        &self,
        request: &RequestId,
        placed: &Placed,
        how: &str,
    ) -> Result<(), StorageError> {
        let Effect { held, restricted } = placed.standing.kind.effect();
        let sets: Vec<&str> = [(held, HOLDS), (restricted, RESTRICTIONS)]
            .iter()
            .filter(|it| it.0)
            .map(|it| it.1)
            .collect();
        let changes: Vec<String> = sets.iter().map(|set| format!("{set} :request")).collect();
        for holder in &placed.holders {
            let key = keys::standing_of(holder);
            let update = self
                .0
                .client
                .update_item()
                .table_name(&self.0.name)
                .key(PK, s(key.partition))
                .key(SK, s(key.sort))
                .update_expression(format!("{how} {}", changes.join(", ")))
                .expression_attribute_values(
                    ":request",
                    AttributeValue::Ss(vec![request.as_str().to_owned()]),
                );
            update
                .send()
                .await
                .map_err(failed("say what stands for a holder"))?;
        }
        Ok(())
    }

    /// Deletes what says of a holder that nothing stands any longer.
    async fn drop_empty(&self, key: &Key) -> Result<(), StorageError> {
        let delete = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .key(PK, s(&key.partition))
            .key(SK, s(&key.sort))
            .condition_expression(format!(
                "attribute_not_exists({HOLDS}) AND attribute_not_exists({RESTRICTIONS})"
            ));
        applied("forget whom something stood for", delete.send().await).map(drop)
    }

    fn mark(
        &self,
        request: &RequestId,
        condition: &str,
        how: &str,
        act: &impl Serialize,
    ) -> Result<TransactWriteItem, StorageError> {
        let unreadable = || StorageError::unreadable("mark a standing");
        let key = keys::standing(request);
        let update = Update::builder()
            .table_name(&self.0.name)
            .key(PK, s(key.partition))
            .key(SK, s(key.sort))
            .condition_expression(condition)
            .update_expression(how)
            .expression_attribute_values(
                ":act",
                serde_dynamo::to_attribute_value(act).map_err(|_| unreadable())?,
            );
        let update = update.build().map_err(|_| unreadable())?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// What happened, with whatever else happens to the request.
    async fn event(
        &self,
        request: &RequestId,
        what: &str,
        act: &Act,
    ) -> Result<[TransactWriteItem; 2], StorageError> {
        Events(self.0.clone())
            .next(request, &Event::by(&act.by, what, act.at), &[STANDING])
            .await
    }

    /// That what a request has placed is no longer as it is attested.
    fn unattested(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<TransactWriteItem, StorageError> {
        evidence::mark(
            &self.0,
            &keys::request(request),
            vec![STANDING.to_owned()],
            now,
        )
    }

    fn put(&self, key: Key, mut item: Item) -> PutBuilder {
        item.extend([
            (PK.to_owned(), s(key.partition)),
            (SK.to_owned(), s(key.sort)),
        ]);
        Put::builder().table_name(&self.0.name).set_item(Some(item))
    }
}

fn evidence_until(at: DateTime<Utc>) -> ExpiresAt {
    ExpiresAt::at(at.checked_add_months(EVIDENCE).unwrap_or(at))
}
