//! Pages of the lists of breaches. Each page is one call of DynamoDB.

use super::Breaches;
use crate::keys::{self, BREACHES_OPEN, Key, SK};
use crate::{Item, read, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::london;
use custodian_domain::rights::breach::{Breach, BreachId};
use custodian_dynamo::{Query, Shown};
use serde::{Deserialize, Serialize};

/// How many breaches a page has at most.
pub const PAGE: usize = 25;

/// Which list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreachesWithin {
    /// All that are open: first those whose 72 hours run, by when these are over.
    Open,
    /// Those that were closed in the month of this day.
    Closed(NaiveDate),
}

/// A breach in a list: a cache, made anew with every event. It says nothing about anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachNote {
    /// The breach.
    pub breach_id: BreachId,
    /// The word for its state.
    pub state: String,
    /// When the council became aware of it.
    pub aware_at: DateTime<Utc>,
    /// When the 72 hours are over, or were.
    pub due: DateTime<Utc>,
    /// When the Commissioner was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<DateTime<Utc>>,
    /// When somebody decided that the Commissioner need not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
    /// About how many people are affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_people: Option<u32>,
    /// About how many records are affected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about_records: Option<u32>,
    /// Whether the risk is high and nobody has dealt with telling the people.
    pub must_tell_people: bool,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachPage {
    /// The breaches.
    pub notes: Vec<BreachNote>,
    /// Where the next page begins; `None` after the last.
    pub after: Option<String>,
}

impl BreachNote {
    pub(super) fn of(breach: &Breach) -> Self {
        let (clock, scope) = (breach.clock(), breach.scope());
        Self {
            breach_id: breach.id().clone(),
            state: breach.state().as_str().to_owned(),
            aware_at: clock.aware_at,
            due: clock.due(),
            told_at: clock.told_at,
            decided_at: clock.decided_at,
            about_people: scope.about_people,
            about_records: scope.about_records,
            must_tell_people: breach.must_tell_people(),
            closed_at: breach.closed_at(),
        }
    }

    /// Where it is listed.
    pub(super) fn key(&self) -> Key {
        if let Some(at) = self.closed_at {
            keys::breach_closed(london::date(at), at, &self.breach_id)
        } else {
            let has_ended = self.told_at.or(self.decided_at).is_some();
            keys::breach_open(self.due, has_ended, &self.breach_id)
        }
    }
}

impl Breaches {
    /// A page of a list: one call.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn list(
        &self,
        within: BreachesWithin,
        after: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<BreachPage, StorageError> {
        let partition = match within {
            BreachesWithin::Open => BREACHES_OPEN.to_owned(),
            BreachesWithin::Closed(month) => keys::breaches_closed(month),
        };
        let (query, shown) = (Query::of(&partition), Shown::LiveAt(now));
        let pages = self.table.query("list breaches", query, shown, listed);
        let mut pages = pages.at_most(i32::try_from(PAGE).unwrap_or(i32::MAX));
        if let Some(after) = after {
            pages = pages.behind(&partition, after);
        }
        let found: Vec<_> = pages.next().await?.into_iter().flatten().collect();
        let last = found.last().map(|(sort, _)| sort.clone());
        Ok(BreachPage {
            notes: found.into_iter().map(|(_, note)| note).collect(),
            after: last.filter(|_| !pages.is_over()),
        })
    }
}

fn listed(item: Item) -> Option<(String, BreachNote)> {
    let sort = text(&item, SK)?.to_owned();
    Some((sort, read(item)?))
}
