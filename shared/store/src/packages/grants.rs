//! Access to a package: which link opens it, how often and until when, and how it was used.
//!
//! Each attempt is one conditional update of one item, so attempts are counted one after the other,
//! however many come at once: of a hundred codes that are tried together no more than five are
//! checked.

use super::{Decided, Package, Packages, State, entry};
use crate::{n, s, word};
use chrono::{DateTime, Utc};
use custodian_aws::StorageError;
use custodian_domain::rights::package::{File, RequestId};
use custodian_domain::rights::package_token::{LinkId, LinkKind, WRONG_CODES};
use custodian_dynamo::{Condition, Write, to_value, transact};
use serde::{Deserialize, Serialize};

/// Access to a package: a link that opens with a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Which link; an earlier one no longer opens anything.
    pub link: LinkId,
    /// A keyed digest of its code.
    pub code: String,
    /// Who ordered it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The instant before which it works.
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
    /// How many more times a file may be fetched.
    #[must_use]
    pub const fn left(&self, file: File) -> u32 {
        let fetched = match file {
            File::Document => self.document,
            File::Report => self.report,
        };
        self.fetches.saturating_sub(fetched)
    }

    /// Whether the link of this kind works at `now`, as far as its time and its wrong codes say.
    #[must_use]
    pub fn is_open(&self, kind: LinkKind, now: DateTime<Utc>) -> bool {
        kind.is_open(self.until, now) && self.wrong_codes < WRONG_CODES
    }
}

impl Package {
    /// The grant of this kind, if one was made.
    #[must_use]
    pub const fn grant(&self, kind: LinkKind) -> Option<&Grant> {
        match kind {
            LinkKind::Release => self.release.as_ref(),
            LinkKind::Reading => self.reading.as_ref(),
        }
    }
}

impl Packages {
    /// Enters a link to a package, replacing the earlier one of its kind. With a release the
    /// package's links are decided, as `decided` says. Returns whether the package exists.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be entered.
    pub async fn grant(
        &self,
        request: &RequestId,
        kind: LinkKind,
        grant: &Grant,
        decided: Option<&Decided>,
        beside: Vec<Write>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "enter a link to a package";
        let mut entered = Write::update(&self.0, entry(request))
            .set(kind.as_str(), to_value(OPERATION, grant)?)
            .when(Condition::is("state", word(State::Complete)));
        if let Some(decided) = decided {
            entered = entered.append("decided", to_value(OPERATION, decided)?);
        }
        if kind == LinkKind::Release {
            entered = entered.remove("unconfirmed").remove("undecided");
        }
        let mut writes = vec![entered];
        writes.extend(beside);
        transact(OPERATION, writes).await
    }

    /// Counts that somebody with the right code fetches a file, if they still may. Returns whether
    /// they may. The first fetch of a release hands the package over.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be counted.
    pub async fn fetch(
        &self,
        request: &RequestId,
        kind: LinkKind,
        link: &LinkId,
        file: File,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const OPERATION: &str = "count a fetch of a package";
        let fetch = Fetch {
            at: now,
            file,
            link: kind,
        };
        let grant = kind.as_str();
        let fetched = format!("{grant}.{}", file.as_str());
        let mut counted = self
            .working(request, kind, link)
            .increase(&fetched, 1)
            .append("fetched", to_value(OPERATION, fetch)?)
            .when(Condition::is("state", word(State::Complete)))
            .when(Condition::below_attribute(
                fetched,
                format!("{grant}.fetches"),
            ));
        if kind == LinkKind::Release {
            counted = counted.set_once("handed_over_at", s(now.to_rfc3339()));
        }
        count(OPERATION, counted).await
    }

    /// Counts a wrong code, unless the link has ended.
    ///
    /// # Errors
    /// [`StorageError`] unless it is certain to be counted.
    pub async fn wrong_code(
        &self,
        request: &RequestId,
        kind: LinkKind,
        link: &LinkId,
    ) -> Result<(), StorageError> {
        let counted = self
            .working(request, kind, link)
            .increase(format!("{}.wrong_codes", kind.as_str()), 1)
            .when(Condition::there());
        count("count a wrong code", counted).await.map(drop)
    }

    /// A change of the entry, on condition that this link still works.
    fn working(&self, request: &RequestId, kind: LinkKind, link: &LinkId) -> Write {
        let grant = kind.as_str();
        Write::update(&self.0, entry(request))
            .when(Condition::is(format!("{grant}.link"), s(link.as_str())))
            .when(Condition::below(
                format!("{grant}.wrong_codes"),
                n(WRONG_CODES.into()),
            ))
    }
}

/// Returns whether the update's condition was met. It is a transaction because the SDK repeats one
/// under the same token when its answer is lost, so nothing is counted twice.
async fn count(operation: &'static str, update: Write) -> Result<bool, StorageError> {
    transact(operation, vec![update]).await
}
