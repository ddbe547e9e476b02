//! A package is read before it is released, and what is not the person's to see is taken out.

use super::{Made, Package, Packages, State, entry};
use crate::{s, word};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::RequestId;
use custodian_domain::rights::package_token::LinkKind;
use custodian_domain::rights::register::lists::TakenOutGround;
use custodian_dynamo::{AttributeValue, Condition, Write, to_value, transact};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// That a package was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who read it, and decided.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// A digest of the order, so that the same one twice is one.
    pub order: String,
    /// How many passages were taken out in all, by ground. Where they were is stored nowhere.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken_out: BTreeMap<TakenOutGround, u64>,
}

impl Package {
    /// Whether a file of it was fetched to be read at this time or later.
    #[must_use]
    pub fn was_opened_since(&self, at: DateTime<Utc>) -> bool {
        let mut fetched = self.fetched.iter();
        fetched.any(|fetch| fetch.link == LinkKind::Reading && fetch.at >= at)
    }
}

impl Packages {
    /// Enters that a package was reviewed, with the writes `beside` it. If something is taken out,
    /// `instead` is the version without it, and `made` the one that was read: from now on every
    /// link leads to the new one. Returns whether the package is there and still what was read.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn review(
        &self,
        request: &RequestId,
        (made, instead): (&Made, Option<&Made>),
        review: &Review,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a review";
        let mut reviewed = Write::update(&self.0, entry(request))
            .set("reviewed", to_value(OPERATION, review)?)
            .when(Condition::is("state", word(State::Complete)))
            .when(Condition::is("made.key", s(&made.key)));
        if let Some(instead) = instead {
            reviewed = reviewed
                .set("made", to_value(OPERATION, instead)?)
                .set("superseded", AttributeValue::Bool(true));
        }
        let mut writes = vec![reviewed];
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    /// Enters that no object of an earlier version is there any more.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn is_alone(&self, request: &RequestId, made: &Made) -> Result<(), StorageError> {
        let alone = Write::update(&self.0, entry(request))
            .remove("superseded")
            .when(Condition::is("made.key", s(&made.key)));
        alone
            .send("enter what is left of a package")
            .await
            .map(drop)
    }
}
