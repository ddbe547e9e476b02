//! Packages, as the Register knows them: which request made them, whose data they hold, and until
//! when.

mod closing;
mod decided;
mod gone;
mod grants;

pub use closing::Withdrawal;
pub use decided::Decided;
pub use gone::Gone;
pub use grants::{Fetch, Grant};

use crate::keys::{self, EXPIRES_AT, Key, PK, SK};
use crate::table::{Pages, Table};
use crate::{Item, n, s, text};
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use chrono::{DateTime, Months, TimeDelta, Utc};
use custodian_aws::{StorageError, applied};
use custodian_domain::record::Holder;
use custodian_domain::retention::ExpiresAt;
use custodian_domain::rights::decision::Undecided;
use custodian_domain::rights::package::{PackageKind, RequestId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a package is there at most, as the bucket's lifecycle has it too.
pub const DAYS: TimeDelta = TimeDelta::days(14);
/// How many holders one package can be about: each is an action of the transaction that enters it,
/// of the hundred that DynamoDB takes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>).
pub const HOLDERS: usize = 90;
/// How long the Register remembers that there was one.
const REMEMBERED: Months = Months::new(36);

/// The packages in the Register.
#[derive(Clone, Debug)]
pub struct Packages(Table);

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// What it holds.
    pub kind: PackageKind,
    /// How far it is.
    pub state: State,
    /// A digest of what was asked for, so that one request is not two different things; nothing
    /// once it is gone.
    #[serde(default)]
    pub order: String,
    /// Who asked.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Whose data it holds; nothing once it is gone.
    #[serde(default)]
    pub holders: Vec<Holder>,
    /// Links that were followed and that the DPO has not confirmed yet: it is not handed out
    /// before.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
    /// Links that were not followed and that the DPO has not decided on yet: it is not handed out
    /// before.
    #[serde(default, skip_serializing_if = "Undecided::is_empty")]
    pub undecided: Undecided,
    /// What was decided on its links, with its order and with its release; nothing once it is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<Decided>,
    /// What was made, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// When somebody first fetched a file of it that was released: from then on the request is
    /// answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<DateTime<Utc>>,
    /// The link by which the person gets it, once it is released; nothing once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Grant>,
    /// The link by which the DPO reads it before that; nothing once it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Grant>,
    /// Every fetch of one of its files, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fetched: Vec<Fetch>,
    /// Who took it back, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// How far a package is.
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
    /// The DPO took it back.
    Withdrawn,
}

impl State {
    /// Whether it is there, or being made.
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
    /// When it is gone: 14 days after it was asked for, or the earliest end of something in it.
    pub expires_at: DateTime<Utc>,
    /// How many there are of each kind of thing that is held, by its name; nothing on a package of
    /// an earlier version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<String, u64>,
    /// How many links were not followed, and that nobody had decided on.
    #[serde(default, skip_serializing_if = "custodian_domain::validation::is_zero")]
    pub not_followed: u64,
}

impl Packages {
    /// The packages in the Register called `name`.
    #[must_use]
    pub const fn new(client: aws_sdk_dynamodb::Client, name: String) -> Self {
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
        const OPERATION: &str = "read a package's entry";
        let item = self
            .0
            .get(
                OPERATION,
                &Key::new(keys::request(request), keys::PACKAGE),
                now,
            )
            .await?;
        let read =
            |item| serde_dynamo::from_item(item).map_err(|_| StorageError::unreadable(OPERATION));
        item.map(read).transpose()
    }

    /// The packages of these requests that are there, in no order.
    ///
    /// # Errors
    /// [`StorageError`] if one of them cannot be read.
    pub async fn find_all(
        &self,
        requests: impl IntoIterator<Item = RequestId>,
        now: DateTime<Utc>,
    ) -> Result<Vec<(RequestId, Package)>, StorageError> {
        const OPERATION: &str = "read packages' entries";
        let key = |request| Key::new(keys::request(&request), keys::PACKAGE);
        let items = self
            .0
            .get_all(OPERATION, requests.into_iter().map(key).collect(), now)
            .await?;
        let read = |item: Item| {
            let request = text(&item, PK).and_then(keys::package_request);
            let package = serde_dynamo::from_item(item).ok();
            request
                .zip(package)
                .ok_or(StorageError::unreadable(OPERATION))
        };
        items.into_iter().map(read).collect()
    }

    /// Enters a package before it is made, so that an erasure finds it from the first byte on;
    /// gives whether it may be made: one that is complete, closed, or of another order may not.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn start(
        &self,
        request: &RequestId,
        package: &Package,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a package";
        let until = ExpiresAt::at(package.requested_at + DAYS);
        let remembered = package
            .requested_at
            .checked_add_months(REMEMBERED)
            .unwrap_or(package.requested_at);
        let mut item: Item =
            serde_dynamo::to_item(package).map_err(|_| StorageError::unreadable(OPERATION))?;
        item.insert(EXPIRES_AT.to_owned(), n(ExpiresAt::at(remembered).epoch()));
        let entry = self.item(&Key::new(keys::request(request), keys::PACKAGE), item);
        let entry = entry
            .condition_expression(
                "attribute_not_exists(pk) OR (#state = :started AND #order = :order)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#order", "order")
            .expression_attribute_values(":started", s("started"))
            .expression_attribute_values(":order", s(&package.order))
            .build()
            .map_err(|_| StorageError::unreadable(OPERATION))?;
        let mut actions = vec![TransactWriteItem::builder().put(entry).build()];
        for key in pointers(request, package) {
            actions.push(self.put(
                &key,
                Item::from([(EXPIRES_AT.to_owned(), n(until.epoch()))]),
            )?);
        }
        actions.push(self.put(&keys::package_due(until, request), Item::new())?);
        self.0.transact(OPERATION, actions).await
    }

    /// Says that a package is there, if nobody closed it meanwhile; gives whether it stands.
    ///
    /// # Errors
    /// [`StorageError`] if that is not known.
    pub async fn complete(&self, request: &RequestId, made: &Made) -> Result<bool, StorageError> {
        const OPERATION: &str = "complete a package's entry";
        let due = keys::package_due(ExpiresAt::at(made.expires_at), request);
        self.0.put(OPERATION, &due, Item::new()).await?;
        let made: Item =
            serde_dynamo::to_item(made).map_err(|_| StorageError::unreadable(OPERATION))?;
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)))
            .key(SK, s(keys::PACKAGE))
            .condition_expression("#state = :started")
            .update_expression("SET #state = :complete, made = :made")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":started", s("started"))
            .expression_attribute_values(":complete", s("complete"))
            .expression_attribute_values(":made", aws_sdk_dynamodb::types::AttributeValue::M(made));
        Ok(applied(OPERATION, update.send().await)?.is_some())
    }

    /// Ends a package that is there: nobody gets a link to it from now on, and the next sweep
    /// deletes it.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be ended.
    pub async fn end(&self, request: &RequestId, now: DateTime<Utc>) -> Result<(), StorageError> {
        const OPERATION: &str = "end a package";
        self.0
            .put(
                OPERATION,
                &keys::package_due(ExpiresAt::at(now), request),
                Item::new(),
            )
            .await?;
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .key(PK, s(keys::request(request)))
            .key(SK, s(keys::PACKAGE))
            .condition_expression("attribute_exists(made.expires_at)")
            .update_expression("SET made.expires_at = :now")
            .expression_attribute_values(":now", s(now.to_rfc3339()));
        applied(OPERATION, update.send().await).map(drop)
    }

    /// The requests whose packages hold something of this holder, in pages.
    #[must_use]
    pub fn holding(&self, holder: &Holder) -> Pages<RequestId> {
        let read = |item: &Item| text(item, SK).and_then(keys::package_request);
        self.0.all(
            "look for packages",
            &keys::packages_of(holder),
            "PACKAGE#",
            read,
        )
    }

    /// The requests whose packages should be gone at `now`, in pages; each with where it says so.
    #[must_use]
    pub fn due(&self, now: DateTime<Utc>) -> Pages<(Key, RequestId)> {
        let read = |item: &Item| {
            let key = Key::of(item)?;
            let request = keys::package_request(&key.sort)?;
            Some((key, request))
        };
        self.0.up_to(
            "look for packages that are over",
            keys::PACKAGES,
            &keys::packages_due_by(now),
            read,
        )
    }

    /// Deletes what says that a package holds data of this holder, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be gone.
    pub async fn no_longer_holds(
        &self,
        holder: &Holder,
        request: &RequestId,
    ) -> Result<(), StorageError> {
        self.drop_entry(&keys::package_of(holder, request)).await
    }

    /// Deletes an entry that [`Packages::due`] or [`Packages::holding`] gave, if it is there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be gone.
    pub async fn drop_entry(&self, key: &Key) -> Result<(), StorageError> {
        self.0.delete("delete a package's entry", key).await
    }

    fn item(&self, key: &Key, mut item: Item) -> PutBuilder {
        item.extend([
            (PK.to_owned(), s(&key.partition)),
            (SK.to_owned(), s(&key.sort)),
        ]);
        Put::builder().table_name(&self.0.name).set_item(Some(item))
    }

    fn put(&self, key: &Key, item: Item) -> Result<TransactWriteItem, StorageError> {
        let put = self.item(key, item).build();
        put.map(|put| TransactWriteItem::builder().put(put).build())
            .map_err(|_| StorageError::unreadable("enter a package"))
    }

    fn delete(&self, key: &Key) -> Result<TransactWriteItem, StorageError> {
        let delete = Delete::builder()
            .table_name(&self.0.name)
            .key(PK, s(&key.partition))
            .key(SK, s(&key.sort))
            .build();
        delete
            .map(|delete| TransactWriteItem::builder().delete(delete).build())
            .map_err(|_| StorageError::unreadable("close a package's entry"))
    }
}

fn pointers(request: &RequestId, package: &Package) -> Vec<Key> {
    package
        .holders
        .iter()
        .map(|holder| keys::package_of(holder, request))
        .collect()
}
