//! Packages in the Register: which request made them, whose data they hold, and until when.

mod closing;
mod decided;
mod gone;
mod grants;
mod reviewing;

pub use closing::Withdrawal;
pub use decided::Decided;
pub use gone::Gone;
pub use grants::{Fetch, Grant};
pub use reviewing::Review;

use crate::keys::{self, Key, PK, SK};
use crate::{Item, from_item, s, text, to_item, word};
use chrono::{DateTime, Months, TimeDelta, Utc};
use custodian_aws::StorageError;
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::retention::periods;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::package::{PackageKind, RequestId};
use custodian_domain::rights::register::InCase;
use custodian_dynamo::{Condition, Pages, Query, Shown, Table, Write, to_value, transact};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a package is kept at most; the bucket's lifecycle has the same.
pub const DAYS: TimeDelta = periods::PACKAGES;
/// How many holders one package can be about. Each is an action of the transaction that enters it,
/// of the hundred that DynamoDB accepts
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub const HOLDERS: usize = 90;
/// How long the Register keeps that there was one.
const REMEMBERED: Months = periods::PACKAGES_REMEMBERED;

/// The packages in the Register.
#[derive(Clone, Debug)]
pub struct Packages(Table);

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its kind.
    pub kind: PackageKind,
    /// Its state.
    pub state: State,
    /// A digest of the order, so that one request is not two different things; removed when the
    /// package is deleted.
    #[serde(default)]
    pub order: String,
    /// Who asked.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Whose data it holds; empty once it is deleted.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Links that were followed and that the DPO has not confirmed yet: it is not handed out before
    /// that.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
    /// Links that were not followed and that the DPO has not decided on yet: it is not handed out
    /// before that.
    #[serde(default, skip_serializing_if = "Undecided::is_empty")]
    pub undecided: Undecided,
    /// What was decided on its links, with its order and with its release; empty once it is
    /// deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<Decided>,
    /// What was made, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// When somebody first fetched a released file of it: from then on the request is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<DateTime<Utc>>,
    /// The link by which the person gets it, once it is released; `None` once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Grant>,
    /// The link by which the DPO reads it before that; `None` once it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Grant>,
    /// Every fetch of one of its files, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetched: Vec<Fetch>,
    /// Who withdrew it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
    /// The request of a case that it answers, if its order names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_case: Option<InCase>,
    /// That somebody has read it and decided what is taken out: it is not released before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Review>,
    /// Whether objects of an earlier version may still be there: then it is not released either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
}

/// The state of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is being made, or its making broke off.
    Started,
    /// It is there.
    Complete,
    /// Its time was over.
    Expired,
    /// Somebody whose data it held was erased.
    Erased,
    /// The DPO withdrew it.
    Withdrawn,
}

impl State {
    /// Whether it exists, or is being made.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Started | Self::Complete)
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The document's object.
    pub key: String,
    /// The report's object, for access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<String>,
    /// How many records are in it.
    pub records: u64,
    /// The document's size.
    pub bytes: u64,
    /// The document's SHA-256, in hexadecimal.
    pub sha256: String,
    /// When it is deleted: 14 days after it was ordered, or at the earliest end of something in it.
    pub expires_at: DateTime<Utc>,
    /// The latest end of a record in it, held or not; `None` if it has none, or on a package of an earlier
    /// version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records_until: Option<DateTime<Utc>>,
    /// How many there are of each kind of thing that is held, by its name; empty on a package of an
    /// earlier version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<String, u64>,
    /// How many links were not followed, and not decided on.
    #[serde(default, skip_serializing_if = "custodian_domain::validation::is_zero")]
    pub not_followed: u64,
    /// When it was made; `None` on a package of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<DateTime<Utc>>,
}

impl Packages {
    /// The packages in the Register named `name`.
    #[must_use]
    pub const fn new(client: custodian_dynamo::Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    /// The package of a request.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn find(
        &self,
        request: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<Package>, StorageError> {
        self.0
            .find("read a package's entry", entry(request), now)
            .await
    }

    /// The packages of these requests, as far as they exist, in no order.
    ///
    /// # Errors
    /// [`StorageError`] if one of them cannot be read.
    pub async fn find_all(
        &self,
        requests: impl IntoIterator<Item = RequestId>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(RequestId, Package)>, StorageError> {
        const OPERATION: &str = "read packages' entries";
        let keys = requests.into_iter().map(|request| entry(&request));
        let items = self.0.get_all(OPERATION, keys, now).await?;
        let read = |item: Item| {
            let request = text(&item, PK).and_then(keys::package_request);
            let request = request.ok_or(StorageError::unreadable(OPERATION))?;
            Ok((request, from_item(OPERATION, item)?))
        };
        items.into_iter().map(read).collect()
    }

    /// Enters a package before it is made, and the writes `beside` it, so that an erasure finds it
    /// from the first byte on.
    /// Returns whether it may be made: one that is complete, closed, or of another order may not.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn start(
        &self,
        request: &RequestId,
        package: &Package,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a package";
        let until = ExpiresAt::at(package.requested_at + DAYS);
        let remembered = package
            .requested_at
            .checked_add_months(REMEMBERED)
            .unwrap_or(package.requested_at);
        let same = Condition::is("state", word(State::Started))
            .and(Condition::is("order", s(&package.order)));
        let enter = Write::put(&self.0, entry(request), to_item(OPERATION, package)?)
            .ending(ExpiresAt::at(remembered).epoch())
            .when(Condition::not_there().or(same));
        let mut writes = vec![enter];
        for key in pointers(request, package) {
            writes.push(Write::put(&self.0, key, Item::new()).ending(until.epoch()));
        }
        writes.push(self.put_due(until, request));
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    /// Marks a package as complete, if nobody closed it meanwhile. Returns whether it was marked.
    ///
    /// # Errors
    /// [`StorageError`] if that is unknown.
    pub async fn complete(&self, request: &RequestId, made: &Made) -> Result<bool, StorageError> {
        const OPERATION: &str = "complete a package's entry";
        let due = ExpiresAt::at(made.expires_at);
        self.put_due(due, request).send(OPERATION).await?;
        let complete = Write::update(&self.0, entry(request))
            .set("state", word(State::Complete))
            .set("made", to_value(OPERATION, made)?)
            .when(Condition::is("state", word(State::Started)));
        Ok(complete.send(OPERATION).await?.is_applied())
    }

    /// Ends a package: nobody gets a link to it from now on, and the next sweep deletes it.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be ended.
    pub async fn end(&self, request: &RequestId, now: DateTime<Utc>) -> Result<(), StorageError> {
        const OPERATION: &str = "end a package";
        let due = ExpiresAt::at(now);
        self.put_due(due, request).send(OPERATION).await?;
        let end = Write::update(&self.0, entry(request))
            .set("made.expires_at", s(now.to_rfc3339()))
            .when(Condition::has("made.expires_at"));
        end.send(OPERATION).await.map(drop)
    }

    /// The requests whose packages have data of this holder, in pages.
    #[must_use]
    pub fn holding(&self, holder: &Holder) -> Pages<RequestId> {
        let read = |item: Item| text(&item, SK).and_then(keys::package_request);
        self.0.all(
            "look for packages",
            &keys::packages_of(holder),
            "PACKAGE#",
            read,
        )
    }

    /// The requests whose packages should be deleted at `now`, in pages; each with the key of its
    /// note.
    #[must_use]
    pub fn due(&self, now: DateTime<Utc>) -> Pages<(Key, RequestId)> {
        let read = |item: Item| {
            let key = Key::of(&item)?;
            let request = keys::package_request(&key.sort)?;
            Some((key, request))
        };
        let due = Query::of(keys::PACKAGES).up_to(keys::packages_due_by(now));
        self.0
            .query("look for packages that are over", due, Shown::All, read)
    }

    /// Deletes the note that a package has data of this holder, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn no_longer_holds(
        &self,
        holder: &Holder,
        request: &RequestId,
    ) -> Result<(), StorageError> {
        self.drop_entry(&keys::package_of(holder, request)).await
    }

    /// Deletes a note that [`Packages::due`] or [`Packages::holding`] returned, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be gone.
    pub async fn drop_entry(&self, key: &Key) -> Result<(), StorageError> {
        self.0.delete("delete a package's entry", key).await
    }

    /// Notes when the sweep has to check whether a package is over.
    fn put_due(&self, due: ExpiresAt, request: &RequestId) -> Write {
        Write::put(&self.0, keys::package_due(due, request), Item::new())
    }
}

/// The key of a package's entry.
fn entry(request: &RequestId) -> Key {
    Key::new(keys::request(request), keys::PACKAGE)
}

fn pointers(request: &RequestId, package: &Package) -> Vec<Key> {
    package
        .holders
        .iter()
        .map(|holder| keys::package_of(holder, request))
        .collect()
}
