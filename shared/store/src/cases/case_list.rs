//! Pages of the lists of requests. Each page is one call of DynamoDB, however many requests there
//! are.

use super::Cases;
use super::case_note::CaseNote;
use crate::keys::{self, CASES_OPEN, SK};
use crate::{Item, read, text};
use chrono::{DateTime, NaiveDate, Utc};
use custodian_aws::StorageError;
use custodian_domain::identity::staff::StaffNumber;
use custodian_domain::rights::register::lists::RequestKind;
use custodian_dynamo::{Pages, Query, Shown};

/// How many requests a page has at most.
pub const PAGE: usize = 25;
/// How many requests are looked through for a page with only some kinds or states. A page can have
/// fewer requests than [`PAGE`], or none, and still not be the last.
pub const LOOKED_THROUGH: i32 = 1_000;

/// Which list is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// All that are open.
    Open,
    /// Those that are open and that somebody works on.
    With(StaffNumber),
    /// Those that were closed in the month of this day.
    Closed(NaiveDate),
}

/// Which requests of a list are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only those of this kind.
    pub kind: Option<RequestKind>,
    /// Only those in this state, by its word.
    pub state: Option<String>,
    /// Only those with a day before this one.
    pub due_before: Option<NaiveDate>,
}

/// A page of a list, in the order of the days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePage {
    /// The requests.
    pub notes: Vec<CaseNote>,
    /// Where the next page begins; `None` after the last.
    pub after: Option<String>,
}

impl Within {
    fn partition(&self) -> String {
        match self {
            Self::Open => CASES_OPEN.to_owned(),
            Self::With(handler) => keys::cases_with(handler),
            Self::Closed(month) => keys::cases_closed(*month),
        }
    }
}

impl Wanted {
    fn has(&self, note: &CaseNote) -> bool {
        self.kind.is_none_or(|kind| note.kind == kind)
            && self.state.as_ref().is_none_or(|state| note.state == *state)
    }
}

impl Cases {
    /// A page of a list: one call.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn list(
        &self,
        within: &Within,
        wanted: &Wanted,
        after: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<CasePage, StorageError> {
        let looks = wanted.kind.is_some() || wanted.state.is_some();
        let most = i32::try_from(PAGE).unwrap_or(LOOKED_THROUGH);
        let mut pages = self.pages(within, wanted.due_before, now);
        pages = pages.at_most(if looks { LOOKED_THROUGH } else { most });
        if let Some(after) = after {
            pages = pages.behind(&within.partition(), after);
        }
        let found = pages.next().await?.into_iter().flatten();
        let (mut notes, mut last) = (Vec::new(), None);
        for (sort, note) in found {
            last = Some(sort);
            if wanted.has(&note) {
                notes.push(note);
            }
            if notes.len() == PAGE {
                return Ok(CasePage { notes, after: last });
            }
        }
        Ok(CasePage {
            notes,
            after: last.filter(|_| !pages.is_over()),
        })
    }

    /// So many requests that are open, in the order of their days: one call.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn open(
        &self,
        after: Option<&str>,
        at_most: i32,
        now: DateTime<Utc>,
    ) -> Result<CasePage, StorageError> {
        let mut pages = self.pages(&Within::Open, None, now).at_most(at_most);
        if let Some(after) = after {
            pages = pages.behind(CASES_OPEN, after);
        }
        let found: Vec<_> = pages.next().await?.into_iter().flatten().collect();
        let last = found.last().map(|(sort, _)| sort.clone());
        Ok(CasePage {
            notes: found.into_iter().map(|(_, note)| note).collect(),
            after: last.filter(|_| !pages.is_over()),
        })
    }

    /// Everything that was closed in the month of this day.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    pub async fn closed_in(
        &self,
        month: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Vec<CaseNote>, StorageError> {
        let all = self.pages(&Within::Closed(month), None, now).all().await?;
        Ok(all.into_iter().map(|(_, note)| note).collect())
    }

    fn pages(
        &self,
        within: &Within,
        before: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Pages<(String, CaseNote)> {
        let query = Query::of(within.partition());
        let query = match before {
            Some(day) => query.up_to(keys::listed_before(day)),
            None => query,
        };
        let shown = Shown::LiveAt(now);
        self.table.query("list requests", query, shown, listed)
    }
}

fn listed(item: Item) -> Option<(String, CaseNote)> {
    let sort = text(&item, SK)?.to_owned();
    Some((sort, read(item)?))
}
