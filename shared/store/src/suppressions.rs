//! Who was erased and when, so that an import or a restore does not store them again; and what a
//! source has withdrawn.

use crate::effects::{Effects, distinct};
use crate::keys::{self, PK};
use crate::{Item, n, number, s, set, text};
use chrono::{DateTime, Months, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::reference::Reference;
use custodian_domain::record::source::Source;
use custodian_domain::record::{Holder, RecordBody, RecordId};
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::periods;
use custodian_domain::rights::exclusion::Exclusion;
use custodian_dynamo::{Condition, Table, Write, from_value, to_value, transact, wait};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// How long an entry is needed: nothing older is stored, and no backup reaches back further.
const MONTHS: Months = periods::SUPPRESSIONS;

/// How many records can have been corrected into another holder's at a time: all are in one item.
const MOVES: usize = 5_000;

/// The suppression entries in the Register.
#[derive(Clone, Debug)]
pub struct Suppressions(pub(crate) Table);

/// What changes with every suppression, and with every record that is corrected into another
/// holder's. If it is unchanged, nothing of that happened in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    count: i64,
    /// The records that were corrected into another holder's, and the days on which they are over:
    /// a source that has not heard still names the first holder.
    moved: BTreeMap<String, NaiveDate>,
}

impl Epoch {
    /// Whether a record was corrected into another holder's.
    #[must_use]
    pub fn has_moved(&self, source: Source, id: &RecordId) -> bool {
        self.moved.contains_key(&keys::moved_name(source, id))
    }

    /// Whether any was.
    #[must_use]
    pub fn has_any_moved(&self) -> bool {
        !self.moved.is_empty()
    }
}

/// That a holder was erased, once or more often, or a record withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// When the last one was approved.
    pub erased_at: DateTime<Utc>,
    /// Every erasure, as it was approved.
    pub erasures: Vec<Erased>,
}

/// One erasure of a holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// What was collected up to then is suppressed.
    pub at: DateTime<Utc>,
    /// When it was approved; `None` if that is the same, and on earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approved_at: Option<DateTime<Utc>>,
    /// What it left, and so does not suppress.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Exclusion>,
}

impl Suppression {
    /// Whether it suppresses this record: one erasure is enough, whatever another one has left.
    #[must_use]
    pub fn covers(
        &self,
        source: Source,
        reference: &Reference,
        collected_at: DateTime<Utc>,
    ) -> bool {
        self.erasures
            .iter()
            .any(|erased| erased.covers(source, reference, collected_at))
    }

    /// When it is over: from then on nothing older is stored, and no backup reaches back further.
    #[must_use]
    pub fn ends(&self) -> ExpiresAt {
        end(self.erased_at)
    }

    /// Whether the last erasure has left something that was collected on this day: an excluded
    /// record, or one that came between its plan and its approval.
    #[must_use]
    pub fn leaves_something_of(&self, day: NaiveDate) -> bool {
        let leaves = |last: &Erased| {
            !last.except.is_empty() || (last.approved_at.is_some() && day >= last.at.date_naive())
        };
        self.erasures.last().is_some_and(leaves)
    }
}

impl Erased {
    /// When it was approved.
    #[must_use]
    pub fn approved_at(&self) -> DateTime<Utc> {
        self.approved_at.unwrap_or(self.at)
    }

    /// Whether this one suppresses the record.
    #[must_use]
    pub fn covers(
        &self,
        source: Source,
        reference: &Reference,
        collected_at: DateTime<Utc>,
    ) -> bool {
        collected_at <= self.at
            && !self
                .except
                .iter()
                .any(|left| left.covers(source, reference, collected_at))
    }
}

/// What is suppressed, and since when.
#[derive(Debug, Default)]
pub struct Suppressed(HashMap<String, Suppression>);

impl Suppressed {
    /// The suppression of a holder.
    #[must_use]
    pub fn of(&self, holder: &Holder) -> Option<&Suppression> {
        self.0.get(&keys::suppression(holder).partition)
    }

    /// Whether the holder was erased after this was collected.
    #[must_use]
    pub fn covers(
        &self,
        holder: &Holder,
        details: &RecordBody,
        collected_at: DateTime<Utc>,
    ) -> bool {
        let suppression = self.0.get(&keys::suppression(holder).partition);
        suppression.is_some_and(|it| it.covers(details.source, &details.reference, collected_at))
    }

    /// Whether the source has withdrawn the record.
    #[must_use]
    pub fn is_withdrawn(&self, source: Source, id: &RecordId) -> bool {
        self.0.contains_key(&keys::withdrawal(source, id).partition)
    }
}

impl Suppressions {
    /// The entries in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// Suppresses everything of a holder that was collected up to `up_to`, except what the erasure
    /// leaves: part of the transaction that approves it at `erased_at`. Its condition is not met if
    /// another was approved later than that.
    pub(super) fn entry(
        &self,
        holder: &Holder,
        up_to: DateTime<Utc>,
        erased_at: DateTime<Utc>,
        except: &[Exclusion],
    ) -> Result<Write, StorageError> {
        const OPERATION: &str = "suppress a holder";
        let approved_at = Some(erased_at).filter(|at| *at != up_to);
        let this = Erased {
            at: up_to,
            approved_at,
            except: except.to_vec(),
        };
        // Instants as UTC texts sort by time, with or without fractions: `+` sorts before `.` and
        // digits.
        let erased_at_text = s(erased_at.to_rfc3339());
        let earlier = Condition::at_most(ERASED_AT, erased_at_text.clone());
        Ok(Write::update(&self.0, keys::suppression(holder))
            .set(ERASED_AT, erased_at_text)
            .ending(end(erased_at).epoch())
            .append(ERASURES, to_value(OPERATION, this)?)
            .when(Condition::not_there().or(earlier)))
    }

    /// Counts the epoch up, in the same transaction. So a function that writes and then finds the
    /// epoch unchanged has written before anything is deleted after this.
    pub(super) fn counted(&self) -> Write {
        Write::update(&self.0, keys::suppression_epoch()).add(COUNT, n(1))
    }

    /// Takes back an erasure of a holder that was approved then: it was stopped before anything was
    /// deleted. Other erasures still suppress.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be taken back.
    pub async fn lift(
        &self,
        holder: &Holder,
        erased_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "take back a suppression";
        let mut tries = 0;
        while let Some(before) = self.of(holder, now).await? {
            let is_it = |erased: &Erased| erased.approved_at() == erased_at;
            if !before.erasures.iter().any(is_it) {
                break;
            }
            let others: Vec<Erased> = before
                .erasures
                .iter()
                .filter(|erased| !is_it(erased))
                .cloned()
                .collect();
            let instead = self.instead_of(OPERATION, holder, &before, &others)?;
            if transact(OPERATION, vec![instead]).await? {
                break;
            }
            // Another erasure was approved meanwhile.
            wait(OPERATION, &mut tries).await?;
        }
        Ok(())
    }

    /// Exactly these erasures of a holder, if they are still what they were before; without any the
    /// entry is deleted.
    fn instead_of(
        &self,
        operation: &'static str,
        holder: &Holder,
        before: &Suppression,
        left: &[Erased],
    ) -> Result<Write, StorageError> {
        let key = keys::suppression(holder);
        let unchanged = Condition::is(ERASURES, to_value(operation, &before.erasures)?);
        let Some(last) = left.last() else {
            return Ok(Write::delete(&self.0, key).when(unchanged));
        };
        Ok(Write::update(&self.0, key)
            .set(ERASED_AT, s(last.approved_at().to_rfc3339()))
            .ending(end(last.approved_at()).epoch())
            .set(ERASURES, to_value(operation, left)?)
            .when(unchanged))
    }

    /// Stores that a source has withdrawn a record, so that an older file does not bring it back.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain to be stored.
    pub async fn withdraw(
        &self,
        source: Source,
        id: &RecordId,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let withdrawn = Item::from([(ERASED_AT.to_owned(), s(now.to_rfc3339()))]);
        Write::put(&self.0, keys::withdrawal(source, id), withdrawn)
            .ending(end(now).epoch())
            .send("remember a withdrawal")
            .await
            .map(drop)
    }

    /// Stores that a record is corrected into this holder's, before it is: so that whatever its
    /// source sends finds it there, and is suppressed if that holder was erased. That matters until
    /// the record is over.
    ///
    /// # Errors
    /// [`StorageError`] unless that is certain to be stored.
    pub async fn note_move(
        &self,
        (source, id): (Source, &RecordId),
        to: &Holder,
        until: ExpiresAt,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        const OPERATION: &str = "note that a record moves";
        let (today, before) = (now.date_naive(), self.epoch(now).await?.moved);
        let over = before.iter().filter(|(_, day)| **day < today);
        let over: Vec<String> = over.map(|(name, day)| format!("{day}#{name}")).collect();
        if before.len() - over.len() >= MOVES {
            return Err(StorageError::because(OPERATION, "too many have moved"));
        }
        if !over.is_empty() {
            Write::update(&self.0, keys::suppression_epoch())
                .take_out(MOVED, set(over))
                .send(OPERATION)
                .await?;
        }
        let item = Item::from([(TO.to_owned(), s(keys::partition(to)))]);
        let noted = Write::put(&self.0, keys::moved(source, id), item).ending(until.epoch());
        let name = keys::moved_name(source, id);
        let entry = format!("{}#{name}", until.instant().date_naive());
        let counted = self.counted().add(MOVED, set([entry]));
        transact(OPERATION, vec![noted, counted]).await.map(drop)
    }

    /// Whose these records are now, if they were corrected into another holder's.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn moved_to(
        &self,
        records: impl IntoIterator<Item = (Source, RecordId)>,
        now: DateTime<Utc>,
    ) -> Result<HashMap<(Source, RecordId), Holder>, StorageError> {
        const OPERATION: &str = "look where records have moved";
        let records: HashMap<String, (Source, RecordId)> = records
            .into_iter()
            .map(|(source, id)| (keys::moved(source, &id).partition, (source, id)))
            .collect();
        let keys = records
            .values()
            .map(|(source, id)| keys::moved(*source, id));
        let items = self.0.get_all(OPERATION, distinct(keys), now).await?;
        let read = |item: &Item| {
            let record = records.get(text(item, PK)?)?.clone();
            Some((record, keys::holder(text(item, TO)?)?))
        };
        items
            .iter()
            .map(|item| read(item).ok_or_else(|| StorageError::unreadable(OPERATION)))
            .collect()
    }

    /// That the holder was erased, if that still matters at `now`.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn of(
        &self,
        holder: &Holder,
        now: DateTime<Utc>,
    ) -> Result<Option<Suppression>, StorageError> {
        const OPERATION: &str = "look for a suppression";
        let Some(item) = self
            .0
            .get(OPERATION, keys::suppression(holder), now)
            .await?
        else {
            return Ok(None);
        };
        read(&item)
            .map(Some)
            .ok_or_else(|| StorageError::unreadable(OPERATION))
    }

    /// Which of these are suppressed at `now`, and what applies to these holders.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn among(
        &self,
        holders: Vec<Holder>,
        records: impl IntoIterator<Item = (Source, RecordId)>,
        now: DateTime<Utc>,
    ) -> Result<(Suppressed, Effects), StorageError> {
        const OPERATION: &str = "look for suppressions";
        let of_holder = |holder: &Holder| [keys::suppression(holder), keys::standing_of(holder)];
        let of_record = |(source, id): (Source, RecordId)| keys::withdrawal(source, &id);
        let keys = distinct(
            holders
                .iter()
                .flat_map(of_holder)
                .chain(records.into_iter().map(of_record)),
        );
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let standing =
            |item: &&Item| text(item, PK).is_some_and(|pk| pk.starts_with(keys::STANDING_OF));
        let (standings, suppressions): (Vec<&Item>, Vec<&Item>) = items.iter().partition(standing);
        let entry = |item: &Item| Some((text(item, PK)?.to_owned(), read(item)?));
        let entry = |item| entry(item).ok_or_else(|| StorageError::unreadable(OPERATION));
        let suppressed = suppressions
            .into_iter()
            .map(entry)
            .collect::<Result<_, _>>()
            .map(Suppressed)?;
        Ok((suppressed, Effects::read(&holders, standings)))
    }

    /// How many suppressions there have been.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn epoch(&self, now: DateTime<Utc>) -> Result<Epoch, StorageError> {
        const OPERATION: &str = "count suppressions";
        let item = self
            .0
            .get(OPERATION, keys::suppression_epoch(), now)
            .await?;
        let Some(item) = item else {
            return Ok(Epoch::default());
        };
        let entry = |entry: &String| {
            let (day, name) = entry.split_once('#')?;
            Some((name.to_owned(), day.parse().ok()?))
        };
        let read = || {
            let moved = match item.get(MOVED) {
                Some(entries) => entries.as_ss().ok()?.iter().map(entry).collect(),
                None => Some(BTreeMap::new()),
            };
            Some(Epoch {
                count: number(&item, COUNT)?,
                moved: moved?,
            })
        };
        read().ok_or(StorageError::unreadable(OPERATION))
    }
}

const COUNT: &str = "count";
const MOVED: &str = "moved";
const TO: &str = "to";
const ERASED_AT: &str = "erased_at";
const ERASURES: &str = "erasures";

fn end(since: DateTime<Utc>) -> ExpiresAt {
    ExpiresAt::at(since.checked_add_months(MONTHS).unwrap_or(since))
}

fn read(item: &Item) -> Option<Suppression> {
    let erasures = item
        .get(ERASURES)
        .map_or_else(|| Some(Vec::new()), |it| from_value(it.clone()));
    Some(Suppression {
        erased_at: text(item, ERASED_AT)?.parse().ok()?,
        erasures: erasures?,
    })
}
