//! The door to a package, as the Register knows it: which link opens it, how often and until when,
//! and what came of it.
//!
//! Each attempt is one conditional update of one item, so attempts are counted one after the other,
//! however many come at once: of a hundred codes that are tried together no more than five are.

use super::{Decided, Package, Packages};
use crate::keys::{self, PK, SK};
use crate::{Item, n, s};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::{File, RequestId};
use custodian_domain::rights::package_token::{LinkId, LinkKind, WRONG_CODES};
use serde::{Deserialize, Serialize};

/// What lets somebody fetch a package: a link that opens with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which link; one that was made before opens nothing any more.
    pub link: LinkId,
    /// A keyed digest of its code.
    pub code: String,
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// It works before then.
    pub until: DateTime<Utc>,
    /// How often each file may be fetched.
    pub fetches: u32,
    /// How often the document was fetched.
    #[serde(default)]
    pub document: u32,
    /// How often the report was.
    #[serde(default)]
    pub report: u32,
    /// How many wrong codes were tried.
    #[serde(default)]
    pub wrong_codes: u32,
}

/// A file of a package that somebody fetched: when, and not by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// When.
    pub at: DateTime<Utc>,
    /// Which file.
    pub file: File,
    /// By which kind of link.
    pub link: LinkKind,
}

impl Grant {
    /// How often a file may still be fetched.
    #[must_use]
    pub const fn left(&self, file: File) -> u32 {
        let fetched = match file {
            File::Document => self.document,
            File::Report => self.report,
        };
        self.fetches.saturating_sub(fetched)
    }

    /// Whether the link, which is of this kind, works at `now`, as far as its time and its codes
    /// go.
    #[must_use]
    pub fn is_open(&self, kind: LinkKind, now: DateTime<Utc>) -> bool {
        kind.is_open(self.until, now) && self.wrong_codes < WRONG_CODES
    }
}

impl Package {
    /// What a link of this kind opens with, if one was made.
    #[must_use]
    pub const fn grant(&self, kind: LinkKind) -> Option<&Grant> {
        match kind {
            LinkKind::Release => self.release.as_ref(),
            LinkKind::Reading => self.reading.as_ref(),
        }
    }
}

impl Packages {
    /// Enters a link to a package that is there, instead of the one of its kind before; with a
    /// release the package's links are decided, as `decided` says. Gives whether the package is
    /// there.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be entered.
    pub async fn grant(
        &self,
        request: &RequestId,
        kind: LinkKind,
        grant: &Grant,
        decided: Option<&Decided>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a link to a package";
        let grant: Item =
            serde_dynamo::to_item(grant).map_err(|_| StorageError::unreadable(OPERATION))?;
        let unread = |_| StorageError::unreadable(OPERATION);
        let decided: Option<Item> = decided
            .map(serde_dynamo::to_item)
            .transpose()
            .map_err(unread)?;
        let remember = if decided.is_some() {
            ", decided = list_append(if_not_exists(decided, :none), :decided)"
        } else {
            ""
        };
        let no_longer = if kind == LinkKind::Release {
            " REMOVE unconfirmed, undecided"
        } else {
            ""
        };
        let mut update = self.entry(request, kind);
        if let Some(decided) = decided {
            update = update
                .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
                .expression_attribute_values(
                    ":decided",
                    AttributeValue::L(vec![AttributeValue::M(decided)]),
                );
        }
        let update = update
            .condition_expression("#state = :complete")
            .update_expression(format!("SET #grant = :grant{remember}{no_longer}"))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":complete", s("complete"))
            .expression_attribute_values(":grant", AttributeValue::M(grant));
        self.count(OPERATION, update).await
    }

    /// Counts that somebody with the right code fetches a file, if they still may; gives whether
    /// they may. The first fetch of a release hands the package over.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be counted.
    pub async fn fetch(
        &self,
        request: &RequestId,
        kind: LinkKind,
        link: &LinkId,
        file: File,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "count a fetch of a package";
        let fetch: Item = serde_dynamo::to_item(Fetch {
            at: now,
            file,
            link: kind,
        })
        .map_err(|_| StorageError::unreadable(OPERATION))?;
        let update = working(
            self.entry(request, kind),
            link,
            "#state = :complete AND #grant.#file < #grant.#fetches",
        )
        .expression_attribute_names("#state", "state")
        .expression_attribute_names("#file", file.as_str())
        .expression_attribute_names("#fetches", "fetches")
        .expression_attribute_values(":complete", s("complete"))
        .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
        .expression_attribute_values(":fetch", AttributeValue::L(vec![AttributeValue::M(fetch)]));
        let counted = "SET #grant.#file = #grant.#file + :one, fetched = list_append(if_not_exists(fetched, :none), :fetch)";
        let update = match kind {
            LinkKind::Reading => update.update_expression(counted),
            LinkKind::Release => update
                .update_expression(format!(
                    "{counted}, handed_over_at = if_not_exists(handed_over_at, :now)"
                ))
                .expression_attribute_values(":now", s(now.to_rfc3339())),
        };
        self.count(OPERATION, update).await
    }

    /// Counts a wrong code, unless the link has ended.
    ///
    /// # Errors
    /// [`StorageError`] if it is not known to be counted.
    pub async fn wrong_code(
        &self,
        request: &RequestId,
        kind: LinkKind,
        link: &LinkId,
    ) -> Result<(), StorageError> {
        let update = working(self.entry(request, kind), link, "attribute_exists(pk)")
            .update_expression("SET #grant.#wrong = #grant.#wrong + :one");
        self.count("count a wrong code", update).await.map(drop)
    }

    fn entry(&self, request: &RequestId, kind: LinkKind) -> UpdateBuilder {
        let update = Update::builder()
            .table_name(&self.0.name)
            .expression_attribute_names("#grant", kind.as_str());
        update
            .key(PK, s(keys::request(request)))
            .key(SK, s(keys::PACKAGE))
    }

    /// Gives whether the update's condition held. It is a transaction because the SDK sends one
    /// again under the same token when its answer is lost, and nothing is counted twice.
    async fn count(
        &self,
        operation: &'static str,
        update: UpdateBuilder,
    ) -> Result<bool, StorageError> {
        let update = update
            .build()
            .map_err(|_| StorageError::unreadable(operation))?;
        self.0
            .transact(
                operation,
                vec![TransactWriteItem::builder().update(update).build()],
            )
            .await
    }
}

/// An update that counts, on condition that this is the link that works, and on another.
fn working(update: UpdateBuilder, link: &LinkId, also: &str) -> UpdateBuilder {
    update
        .condition_expression(format!(
            "#grant.#link = :link AND #grant.#wrong < :most AND {also}"
        ))
        .expression_attribute_names("#link", "link")
        .expression_attribute_names("#wrong", "wrong_codes")
        .expression_attribute_values(":link", s(link.as_str()))
        .expression_attribute_values(":most", n(WRONG_CODES.into()))
        .expression_attribute_values(":one", n(1))
}
